//! The tree to bytecode.
//!
//! Register code is made as PUC Lua makes it, in one walk over the tree: an expression is first a description
//! ([`operand::Operand`]) of where its value is or could come from, and is put into a register only when it must be.
//! Comparisons and tests are jumps whose targets are filled in later ([`jumps`]).
//!
//! Each instruction gets the line of the token at which PUC Lua would have decided on it: `Generator::place` follows
//! the tokens as the walk passes them.
//!
//! What differs from PUC Lua: local variables that are captured and reassigned live in cells, whose registers are
//! only touched by cell instructions; other captured variables are copied into closures (contract 19), so leaving a
//! block closes nothing but to-be-closed variables. Operands of arithmetic are never exchanged and never negated,
//! since metamethods see them.

mod emit;
mod expression;
mod function;
mod jumps;
mod operand;
mod operator;
mod statement;

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::mem;
use std::sync::{Arc, LazyLock};

use crate::ast::{Attrib, ExprId, FunctionId, LabelId, Tree, Var, VarId};
use crate::bytecode::{Constant, Function, LocalVar, UpvalDesc};
use crate::error::{CompileError, Result};
use crate::lexer::{Lexer, Place};
use crate::symbol::Symbol;
use crate::workspace::Workspace;

use jumps::JumpList;

/// Generates the code of a chunk.
///
/// # Errors
/// Too many registers are needed, a jump is too long, memory runs out.
pub(crate) fn generate(work: &mut Workspace, chunk_name: &[u8]) -> Result<Function> {
    let mut states = mem::take(&mut work.states);
    let mut generator = Generator {
        tree: &work.tree,
        source: &work.source,
        chunk_name,
        shared_name: chunk_name.into(),
        place: Place { line: 1, end: 0 },
        spine: mem::take(&mut work.spine),
        f: states.pop().unwrap_or_default(),
        spare: states,
    };
    let function = generator.function(work.tree.main())?;
    let Generator { f, mut spare, spine, .. } = generator;
    spare.push(f);
    (work.states, work.spine) = (spare, spine);
    Ok(function)
}

/// The walk over a tree.
struct Generator<'a> {
    tree: &'a Tree,
    source: &'a [u8],
    chunk_name: &'a [u8],
    shared_name: Arc<[u8]>,
    /// The last token passed.
    place: Place,
    /// Chains of first operands that are being walked, see [`Generator::expr`].
    spine: Vec<ExprId>,
    /// The function being generated.
    f: Box<FunctionState>,
    /// States of functions that are ready, for the memory of their vectors.
    #[allow(clippy::vec_box, reason = "they go to `f` and back")]
    spare: Vec<Box<FunctionState>>,
}

/// A function being generated.
#[derive(Default)]
pub(crate) struct FunctionState {
    id: Option<FunctionId>,
    code: Vec<u32>,
    lines: Vec<u32>,
    constants: Vec<Constant>,
    /// What each constant is, and, when they are many, where.
    keys: Vec<ConstantKey>,
    constant_index: HashMap<ConstantKey, u32, Seed>,
    upvals: Vec<UpvalDesc>,
    protos: Vec<Function>,
    locals: Vec<LocalVar>,
    is_vararg: bool,
    max_stack: u8,
    /// First free register.
    free: u8,
    /// Registers taken by local variables.
    active_regs: u8,
    /// Local variables in scope that have a register.
    active: Vec<Active>,
    /// What is known of each variable of the tree.
    vars: Vec<VarState>,
    /// Offset of the last instruction, while nothing was taken back.
    last_instruction: Option<usize>,
    /// Jumps may lead to here; instructions before and after it must not be merged.
    last_target: usize,
    /// Registers of the to-be-closed variables in scope.
    to_close: Vec<u8>,
    blocks: Vec<BlockState>,
    /// Where each label of the function is.
    labels: Vec<Option<LabelState>>,
    /// Jumps to labels not reached yet.
    pending: Vec<PendingJump>,
}

/// A variable of the tree.
#[derive(Clone, Copy)]
struct VarState {
    /// Its register, once it is in scope.
    reg: u8,
    /// It lives in a cell.
    is_cell: bool,
}

/// A local variable in scope.
struct Active {
    reg: u8,
    /// Its entry in `locals`
    debug: usize,
}

/// What there was before a block.
struct BlockState {
    is_loop: bool,
    active: usize,
    regs: u8,
    to_close: usize,
    first_pending: usize,
}

struct LabelState {
    pc: usize,
    /// Registers of local variables in scope at the label.
    regs: u8,
}

struct PendingJump {
    /// The label, or nothing for a `break`
    label: Option<LabelId>,
    jumps: JumpList,
    /// Registers of local variables in scope where it comes from, in terms of the block that it has reached.
    regs: u8,
    /// It leaves the scope of a to-be-closed variable.
    close: bool,
}

/// Hashes keys of constants by one multiplication each, with a seed of this run of the program.
#[derive(Clone)]
struct Seed(u64);

impl Default for Seed {
    fn default() -> Seed {
        static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0));
        Seed(*SEED)
    }
}

impl BuildHasher for Seed {
    type Hasher = Mixer;

    #[inline]
    fn build_hasher(&self) -> Mixer {
        Mixer(self.0)
    }
}

struct Mixer(u64);

impl Hasher for Mixer {
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }

    #[inline]
    fn write_u64(&mut self, n: u64) {
        const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
        let product = u128::from(self.0 ^ n) * u128::from(FACTOR);
        self.0 = product as u64 ^ (product >> 64) as u64;
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(u64::from(byte)));
    }
}

impl Hash for ConstantKey {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Keys of different kinds may have one hash.
        state.write_u64(match *self {
            ConstantKey::Nil => 1,
            ConstantKey::Bool(b) => u64::from(b) + 2,
            ConstantKey::Int(n) => n as u64,
            ConstantKey::Float(bits) => bits,
            ConstantKey::Str(symbol) => u64::from(symbol.0),
        });
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ConstantKey {
    Nil,
    Bool(bool),
    Int(i64),
    Float(u64),
    Str(Symbol),
}

impl Generator<'_> {
    fn var(&self, var: VarId) -> &Var {
        let id = self.f.id.expect("the state of a function knows the function");
        self.tree.var(id, var)
    }

    /// What is known of a local variable of the current function.
    fn var_state(&self, var: VarId) -> VarState {
        self.f.vars[var.0 as usize]
    }

    /// Whether a local variable lives in a cell. Variables to be closed never do: they are read-only, and `Tbc` wants the
    /// value.
    fn lives_in_cell(&self, var: &Var) -> bool {
        var.captured && (var.assigned || self.tree.names_debug) && var.attrib != Attrib::Close
    }

    /// An error at the current place, about the token after it.
    #[cold]
    fn error(&self, text: &str) -> Box<CompileError> {
        let mut lexer = Lexer::resume(self.source, self.chunk_name, self.place);
        match lexer.next_token() {
            Ok(token) => lexer.error_near(text, token),
            Err(error) => error,
        }
    }
}
