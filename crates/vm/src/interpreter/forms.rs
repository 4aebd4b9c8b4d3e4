//! Forms: what the machine makes of instructions while it runs them (contract 22).
//!
//! An instruction begins in the form that the compiler wrote, which tries inline integers first. Where it meets other
//! operands it changes the operation code of its own word, and from then on another handler looks first for what was
//! seen there: arithmetic, comparisons, and access by a key in a register, which tries integers first and has a form for
//! atoms. Calls and loops begin in a form that counts ([`super::feedback`]). A form is also what a compiler will want to
//! know of an instruction: the kinds of its operands, and whether it runs often.
//!
//! F-1 A form does what the instruction does that it was made of, for all operands; only the order of its tests
//! differs. So it does not matter which of several threads' changes a word keeps, or when another thread sees it.
//! F-2 A word only goes on: the compiler's form, then `F` or `I`, then `M`; of `//` `M` and then `F`; of CALL `C`, then perhaps `N`, and then `H`; the others have one
//! form or two in a row. So no site bounces a cache line for ever. (Of two threads that change one word at the same
//! moment one may take it one step back, once.)
//! F-3 Whoever reads the words of running code goes through [`plain`]; dumps and listings have the compiler's words.
//!
//! Leaves to others: the handlers ([`super::handlers`]).

use crate::sync::AtomicU32;
use luas_compiler::bytecode::{Instruction, OPCODE_COUNT, Opcode};

macro_rules! forms {
    ($d:tt $($name:ident $plain:ident)*) => {
        /// The forms; their numbers follow those of the operation codes. `F`: floats were seen. `M`: integers that
        /// are not inline were seen; in comparisons, several kinds of numbers. `A`: atoms were keys.
        /// `I`: a float was seen beside a constant that is an integer. `C`: counts ([`super::feedback`]). `H`: counted
        /// often enough; `N` likewise, of natives.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)] // `PLAIN` says what each is made of.
        pub enum Form { $( $name, )* }

        const PLAIN: &[Opcode] = &[$( Opcode::$plain ),*];
        const FORMS: &[Form] = &[$( Form::$name ),*];

        /// Calls `$m!` with the list of all forms, for the dispatch table.
        macro_rules! for_each_form { ($d m:ident) => { $d m! { $( $name )* } } }
        pub(super) use for_each_form;
    };
}

forms! { $
    CallC Call CallN Call CallH Call TailCallH TailCall ForLoopH ForLoop ForLoop1H ForLoop1 JmpBackH JmpBack TForCallH TForCall
    LoopH Loop GetTableA GetTable SetTableA SetTable IDivF IDiv IDivKF IDivK KDivF KDiv KDivI KDiv DivKI DivK
    AddKI AddK KAddI KAdd SubKI SubK KSubI KSub MulKI MulK KMulI KMul
    AddF Add AddM Add SubF Sub SubM Sub MulF Mul MulM Mul AddKF AddK AddKM AddK
    SubKF SubK SubKM SubK MulKF MulK MulKM MulK KAddF KAdd KAddM KAdd KSubF KSub
    KSubM KSub KMulF KMul KMulM KMul AddIM AddI ModPF ModP
    DivKF DivK DivKP DivK AddIF AddI ModM Mod ModKM ModK IDivM IDiv IDivKM IDivK EqIF EqI NotEqIF NotEqI
    LtIF LtI NotLtIF NotLtI LeIF LeI NotLeIF NotLeI GtIF GtI NotGtIF NotGtI GeIF GeI NotGeIF NotGeI
    BAndM BAnd BAndKM BAndK BOrM BOr BOrKM BOrK BXorM BXor BXorKM BXorK ShlM Shl ShrM Shr ShrIRight ShrI ShrILeft ShrI
    ShrIRightM ShrI ShrILeftM ShrI LtF Lt LtM Lt NotLtF NotLt NotLtM NotLt LeF Le LeM Le NotLeF NotLe NotLeM NotLe
}

/// How many handlers there are: one for each operation code and each form.
pub const HANDLER_COUNT: usize = OPCODE_COUNT + PLAIN.len();
const _: () = assert!(HANDLER_COUNT <= 256);

/// The instruction that a word of running code was before the machine gave it another form (F-3).
pub const fn plain(word: u32) -> Instruction {
    let op = (word & 0xFF) as usize;
    if op < OPCODE_COUNT { Instruction(word) } else { Instruction(word).with_op(PLAIN[op - OPCODE_COUNT]) }
}

impl Form {
    /// The form of a word of running code; None for that of the compiler.
    pub fn of(word: u32) -> Option<Form> {
        let n = (word & 0xFF) as usize;
        n.checked_sub(OPCODE_COUNT).map(|i| FORMS[i])
    }
}

/// How far each form has gone on, at least (F-2).
static STEPS: [u8; HANDLER_COUNT] = {
    use Form::*;
    let mut steps = [0; HANDLER_COUNT];
    let mut i = 0;
    while i < FORMS.len() {
        steps[OPCODE_COUNT + i] = match FORMS[i] {
            CallH => 3,
            CallN | IDivF | IDivKF | AddM | SubM | MulM | AddKM | SubKM | MulKM | KAddM | KSubM | KMulM | AddIM
            | LtM | NotLtM | LeM | NotLeM | ShrIRightM | ShrILeftM => 2,
            _ => 1,
        };
        i += 1;
    }
    steps
};

#[inline(always)]
fn step(word: u32) -> u8 {
    // SAFETY: the operation code of running code is that of a handler.
    unsafe { *STEPS.get_unchecked((word & 0xFF) as usize) }
}

/// Whether a word of running code is a CALL.
#[inline(always)]
pub const fn is_call(word: u32) -> bool {
    let op = (word & 0xFF) as usize;
    op == Opcode::Call as usize
        || op == OPCODE_COUNT + Form::CallC as usize
        || op == OPCODE_COUNT + Form::CallN as usize
        || op == OPCODE_COUNT + Form::CallH as usize
}

/// Gives the instruction in progress another form.
/// # Safety
/// `pc` is the word after that of the instruction in running code, `ins` is its word.
#[inline(always)]
pub unsafe fn change(pc: *const u32, ins: u64, form: Form) {
    let new = ins as u32 & !0xFF | (OPCODE_COUNT + form as usize) as u32;
    // SAFETY: caller; the words of running code are atomics.
    let word = unsafe { &*pc.sub(1).cast::<AtomicU32>() };
    let now = word.get();
    debug_assert_eq!(plain(new).0, plain(now).0, "F-1: {form:?} is no form of what is there");
    // Relaxed and without partner: the operands stay, and any order of changes will do (F-1).
    if now != new && step(now) < step(new) {
        word.set(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_keep_operands() {
        for (i, &op) in PLAIN.iter().enumerate() {
            let word = Instruction::abc(op, 1, 2, 3).0 & !0xFF | (OPCODE_COUNT + i) as u32;
            assert_eq!(plain(word).0, Instruction::abc(op, 1, 2, 3).0);
        }
        assert_eq!(plain(7).0, 7);
    }

    #[test]
    fn forms_only_go_on() {
        // What a thread does that saw an earlier form than another one has made meanwhile.
        let go = |from: u32, to| {
            let word = AtomicU32::new(from);
            // SAFETY: the word is before the pc, which is not read.
            unsafe { change((&raw const word).cast::<u32>().add(1), u64::from(from), to) };
            word.get()
        };
        let plain = Instruction::abc(Opcode::Add, 1, 2, 3).0;
        let floats = go(plain, Form::AddF);
        let mixed = go(floats, Form::AddM);
        assert_eq!((Form::of(floats), Form::of(mixed)), (Some(Form::AddF), Some(Form::AddM)));
        assert_eq!(go(mixed, Form::AddF), mixed);
        assert_eq!(go(floats, Form::AddF), floats);
        let call = Instruction::abc(Opcode::Call, 1, 2, 3).0;
        let hot = go(go(go(call, Form::CallC), Form::CallN), Form::CallH);
        assert_eq!(Form::of(hot), Some(Form::CallH));
        assert_eq!(go(hot, Form::CallN), hot);
    }
}
