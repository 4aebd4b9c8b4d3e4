//! The bytecode: the one definition of every instruction, and what the compiler hands to the machine.
//!
//! This file is the specification.
//! The compiler emits these words, the interpreter runs them, `luas --dump=bytecode` lists them.
//!
//! An instruction is one 32-bit word, `op | A | B | C`, eight bits each, `op` in the lowest byte.
//! `Bx` is B and C together (unsigned 16 bits, B is its low byte), `sBx` the same signed;
//! `sB` and `sC` are signed bytes; `sJ` is A, B and C together, signed 24 bits.
//! Some instructions carry one more word, written `W` (see [`Opcode::has_extra`]): a jump distance, a slot hint
//! or a count. Jump distances count words from the first word *after* the whole instruction.
//!
//! `R[x]` is a register of the frame, `K[x]` a constant, `U[x]` a captured word of the running closure.
//! `U[x]` is either the captured value itself or a reference to a cell; the compiler knows which
//! (`UpvalDesc::is_cell`), so the code never tests. A register may hold a cell reference too: a local variable
//! that is captured *and* reassigned lives in a cell from its declaration (`NewCell`) and is then only touched by
//! `GetCell`, `SetCell` and `Closure` (see contract 19 in docs/contracts.md).
//!
//! Open operands: `B = 0` in `Call`, `TailCall`, `Return`, `SetList` means "up to the top that the previous
//! open instruction left"; `C = 0` in `Call` and `Vararg` means "all results, and set the top".

use crate::text::Text;

macro_rules! opcodes {
    ($d:tt $( $(#[doc = $doc:expr])* $name:ident $upper:literal $fmt:ident $extra:ident $sets:ident )*) => {
        /// The operation codes. Names are those of PUC Lua's `lopcodes.h` where there is one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Opcode { $( $(#[doc = $doc])* $name, )* }

        /// How many operation codes there are.
        pub const OPCODE_COUNT: usize = [$( Opcode::$name ),*].len();

        /// All of them, in numeric order.
        pub const ALL_OPCODES: [Opcode; OPCODE_COUNT] = [$( Opcode::$name ),*];

        impl Opcode {
            /// The name in listings, as `luac -l` spells it.
            pub const fn name(self) -> &'static str { match self { $( Opcode::$name => $upper, )* } }
            /// Which operands the word has.
            pub const fn format(self) -> Format { match self { $( Opcode::$name => Format::$fmt, )* } }
            /// Whether a second word follows, and what it means.
            pub const fn extra(self) -> Extra { match self { $( Opcode::$name => Extra::$extra, )* } }
            /// Whether the instruction writes register A (used to name variables in error messages).
            pub const fn sets_a(self) -> bool { match self { $( Opcode::$name => sets!($sets), )* } }
        }

        /// Calls `$m!` with the list of all operation codes, for the dispatch table.
        #[macro_export]
        macro_rules! for_each_opcode { ($d m:ident) => { $d m! { $( $name )* } } }
    };
}

macro_rules! sets {
    (y) => {
        true
    };
    (n) => {
        false
    };
}

/// The operands of an instruction word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// No operand.
    None,
    /// `A`
    A,
    /// `A B`
    AB,
    /// `A B C`
    ABC,
    /// `A sB C`
    AsBC,
    /// `A B sC`
    ABsC,
    /// `A C`
    AC,
    /// `A Bx`
    ABx,
    /// `A sBx`
    AsBx,
    /// `sJ`
    SJ,
}

/// The meaning of the second word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extra {
    /// There is no second word.
    No,
    /// A signed jump distance, from the word after it.
    Jump,
    /// A slot hint: byte offset into the hash part; rewritten while running (contract 22). Emitted as 0.
    Hint,
    /// An unsigned number.
    Count,
}

opcodes! { $
    /// `R[A] := R[B]`
    Move "MOVE" AB No y
    /// `R[A] := sBx` as an integer
    LoadI "LOADI" AsBx No y
    /// `R[A] := sBx` as a float
    LoadF "LOADF" AsBx No y
    /// `R[A] := K[Bx]`
    LoadK "LOADK" ABx No y
    /// `R[A] := K[W]`
    LoadKX "LOADKX" A Count y
    /// `R[A] := false`
    LoadFalse "LOADFALSE" A No y
    /// `R[A] := false; pc++` (skips one word; the next instruction is a one-word `LoadTrue`)
    LFalseSkip "LFALSESKIP" A No y
    /// `R[A] := true`
    LoadTrue "LOADTRUE" A No y
    /// `R[A], R[A+1], ..., R[A+B] := nil`
    LoadNil "LOADNIL" AB No y
    /// `R[A] := U[B]` (a value captured as it was)
    GetUpval "GETUPVAL" AB No y
    /// `R[A] := U[B].value` (U[B] is a cell)
    GetUpCell "GETUPCELL" AB No y
    /// `U[B].value := R[A]`
    SetUpCell "SETUPCELL" AB No n
    /// `R[A] := a fresh cell holding R[A]`
    NewCell "NEWCELL" A No n
    /// `R[A] := R[B].value` (R[B] is a cell)
    GetCell "GETCELL" AB No y
    /// `R[A].value := R[B]` (R[A] is a cell)
    SetCell "SETCELL" AB No n
    /// `R[A] := U[B].value[K[C]]` (U[B] is a cell, K[C] a string)
    GetTabUp "GETTABUP" ABC Hint y
    /// `R[A] := R[B][R[C]]`
    GetTable "GETTABLE" ABC No y
    /// `R[A] := R[B][C]`
    GetI "GETI" ABC No y
    /// `R[A] := R[B][K[C]]` (K[C] a string)
    GetField "GETFIELD" ABC Hint y
    /// `U[A].value[K[B]] := R[C]`
    SetTabUp "SETTABUP" ABC Hint n
    /// `U[A].value[K[B]] := K[C]`
    SetTabUpK "SETTABUPK" ABC Hint n
    /// `R[A][R[B]] := R[C]`
    SetTable "SETTABLE" ABC No n
    /// `R[A][R[B]] := K[C]`
    SetTableK "SETTABLEK" ABC No n
    /// `R[A][B] := R[C]`
    SetI "SETI" ABC No n
    /// `R[A][B] := K[C]`
    SetIK "SETIK" ABC No n
    /// `R[A][K[B]] := R[C]` (K[B] a string)
    SetField "SETFIELD" ABC Hint n
    /// `R[A][K[B]] := K[C]` (K[B] a string)
    SetFieldK "SETFIELDK" ABC Hint n
    /// `R[A] := {}` with room for `B > 0 and 2^(B-1) or 0` hash entries and `W` list items
    NewTable "NEWTABLE" AB Count y
    /// `R[A+1] := R[B]; R[A] := R[B][K[C]]` (K[C] a string)
    SelfField "SELF" ABC Hint y
    /// `R[A] := R[B] + sC`
    AddI "ADDI" ABsC No y
    /// `R[A] := R[B] + K[C]` (K[C] a number, as in the next nine)
    AddK "ADDK" ABC No y
    /// `R[A] := R[B] - K[C]`
    SubK "SUBK" ABC No y
    /// `R[A] := R[B] * K[C]`
    MulK "MULK" ABC No y
    /// `R[A] := R[B] % K[C]`
    ModK "MODK" ABC No y
    /// `R[A] := R[B] ^ K[C]`
    PowK "POWK" ABC No y
    /// `R[A] := R[B] / K[C]`
    DivK "DIVK" ABC No y
    /// `R[A] := R[B] // K[C]`
    IDivK "IDIVK" ABC No y
    /// `ModK` where K[C] is an integer, a power of two below 2^48 and not 1: what the compiler makes of it in the end
    ModP "MODP" ABC No y
    /// `IDivK` likewise
    IDivP "IDIVP" ABC No y
    /// `R[A] := R[B] & K[C]` (K[C] an integer, as in the next two)
    BAndK "BANDK" ABC No y
    /// `R[A] := R[B] | K[C]`
    BOrK "BORK" ABC No y
    /// `R[A] := R[B] ~ K[C]`
    BXorK "BXORK" ABC No y
    /// `R[A] := R[B] >> sC` (a `<<` by a constant is emitted as `>>` by its negative)
    ShrI "SHRI" ABsC No y
    /// `R[A] := sC << R[B]`
    ShlI "SHLI" ABsC No y
    /// `R[A] := K[C] + R[B]` (K[C] a number, as in the next three)
    KAdd "KADD" ABC No y
    /// `R[A] := K[C] - R[B]`
    KSub "KSUB" ABC No y
    /// `R[A] := K[C] * R[B]`
    KMul "KMUL" ABC No y
    /// `R[A] := K[C] / R[B]`
    KDiv "KDIV" ABC No y
    /// `R[A] := R[B] + R[C]`
    Add "ADD" ABC No y
    /// `R[A] := R[B] - R[C]`
    Sub "SUB" ABC No y
    /// `R[A] := R[B] * R[C]`
    Mul "MUL" ABC No y
    /// `R[A] := R[B] % R[C]`
    Mod "MOD" ABC No y
    /// `R[A] := R[B] ^ R[C]`
    Pow "POW" ABC No y
    /// `R[A] := R[B] / R[C]`
    Div "DIV" ABC No y
    /// `R[A] := R[B] // R[C]`
    IDiv "IDIV" ABC No y
    /// `R[A] := R[B] & R[C]`
    BAnd "BAND" ABC No y
    /// `R[A] := R[B] | R[C]`
    BOr "BOR" ABC No y
    /// `R[A] := R[B] ~ R[C]`
    BXor "BXOR" ABC No y
    /// `R[A] := R[B] << R[C]`
    Shl "SHL" ABC No y
    /// `R[A] := R[B] >> R[C]`
    Shr "SHR" ABC No y
    /// `R[A] := -R[B]`
    Unm "UNM" AB No y
    /// `R[A] := ~R[B]`
    BNot "BNOT" AB No y
    /// `R[A] := not R[B]`
    Not "NOT" AB No y
    /// `R[A] := #R[B]`
    Len "LEN" AB No y
    /// `R[A] := R[A] .. ... .. R[A+B-1]`
    Concat "CONCAT" AB No y
    /// Closes all to-be-closed variables at registers `>= A`
    Close "CLOSE" A No n
    /// Marks R[A] to be closed
    Tbc "TBC" A No n
    /// `pc += sJ` (forward)
    Jmp "JMP" SJ No n
    /// `pc += sJ` with a safepoint (backward: every backward `goto` and loop end)
    JmpBack "JMPBACK" SJ No n
    /// The head of a `repeat` loop, whose turns are counted here: the tests at its end jump backward themselves
    Loop "LOOP" None No n
    /// `if (R[A] == R[B]) == (C ~= 0) then pc += W`
    Eq "EQ" ABC Jump n
    /// `if (R[A] < R[B]) == (C ~= 0) then pc += W`
    Lt "LT" ABC Jump n
    /// `if (R[A] <= R[B]) == (C ~= 0) then pc += W`
    Le "LE" ABC Jump n
    /// `if (R[A] == K[B]) == (C ~= 0) then pc += W` (raw equality suffices: K[B] is no table or userdata)
    EqK "EQK" ABC Jump n
    /// `if (R[A] == sB) == (C ~= 0) then pc += W`
    EqI "EQI" AsBC Jump n
    /// `if (R[A] < sB) == (C & 1 ~= 0) then pc += W`; C & 2: sB was written as a float
    LtI "LTI" AsBC Jump n
    /// `if (R[A] <= sB) == (C & 1 ~= 0) then pc += W`; C & 2: sB was written as a float
    LeI "LEI" AsBC Jump n
    /// `if (R[A] > sB) == (C & 1 ~= 0) then pc += W`; C & 2: sB was written as a float
    GtI "GTI" AsBC Jump n
    /// `if (R[A] >= sB) == (C & 1 ~= 0) then pc += W`; C & 2: sB was written as a float
    GeI "GEI" AsBC Jump n
    /// `if (not R[A]) ~= (C ~= 0) then pc += W`: with C = 1 jumps when R[A] is true, with C = 0 when it is false
    Test "TEST" AC Jump n
    /// `Eq` with C = 0: this and the next nine are what the compiler makes, when a function is complete, of tests that
    /// jump when they fail; the operand stays (see [`Opcode::plain`])
    NotEq "NOTEQ" ABC Jump n
    /// `Lt` with C = 0
    NotLt "NOTLT" ABC Jump n
    /// `Le` with C = 0
    NotLe "NOTLE" ABC Jump n
    /// `EqK` with C = 0
    NotEqK "NOTEQK" ABC Jump n
    /// `EqI` with C = 0
    NotEqI "NOTEQI" AsBC Jump n
    /// `LtI` with C = 0
    NotLtI "NOTLTI" AsBC Jump n
    /// `LeI` with C = 0
    NotLeI "NOTLEI" AsBC Jump n
    /// `GtI` with C = 0
    NotGtI "NOTGTI" AsBC Jump n
    /// `GeI` with C = 0
    NotGeI "NOTGEI" AsBC Jump n
    /// `Test` with C = 0
    NotTest "NOTTEST" AC Jump n
    /// `if (not R[B]) ~= (C ~= 0) then R[A] := R[B]; pc += W`
    TestSet "TESTSET" ABC Jump y
    /// `R[A], ..., R[A+C-2] := R[A](R[A+1], ..., R[A+B-1])`
    Call "CALL" ABC No y
    /// `return R[A](R[A+1], ..., R[A+B-1])`
    TailCall "TAILCALL" AB No y
    /// `return R[A], ..., R[A+B-2]`; C = 1: close to-be-closed variables first
    Return "RETURN" ABC No n
    /// `return` (only in functions without varargs and to-be-closed variables)
    Return0 "RETURN0" None No n
    /// `return R[A]` (likewise)
    Return1 "RETURN1" A No n
    /// Checks and prepares the numeric loop at R[A..A+3]; if it runs no turn, `pc += W` (to after its `ForLoop`)
    ForPrep "FORPREP" A Jump y
    /// `R[A] += R[A+2]; if it is in range then R[A+3] := R[A]; pc += W` (backward, to the loop body)
    ForLoop "FORLOOP" A Jump y
    /// `ForPrep` of a loop whose step was left out (R[A+2] is then not read)
    ForPrep1 "FORPREP1" A Jump y
    /// `ForLoop` of a loop whose step was left out
    ForLoop1 "FORLOOP1" A Jump y
    /// Marks R[A+3] to be closed (if not nil); `pc += W` (to the `TForCall`)
    TForPrep "TFORPREP" A Jump n
    /// `R[A+4], ..., R[A+3+C] := R[A](R[A+1], R[A+2])`; always followed by the loop's `TForLoop`
    TForCall "TFORCALL" AC No n
    /// `if R[A+4] ~= nil then R[A+2] := R[A+4]; pc += W` (backward, to the loop body)
    TForLoop "TFORLOOP" A Jump n
    /// `R[A][W+i] := R[A+i]` for `1 <= i <= B` (`B = 0`: up to the top)
    SetList "SETLIST" AB Count n
    /// `R[A] := closure(protos[Bx])`; R[A] is written before the captures are read, so that a function may capture itself
    Closure "CLOSURE" ABx No y
    /// `R[A], R[A+1], ..., R[A+C-2] := ...`
    Vararg "VARARG" AC No y
    /// First instruction of a vararg function with A fixed parameters: moves the frame above the extra arguments
    VarargPrep "VARARGPREP" A No n
}

impl Opcode {
    /// Whether a second word follows.
    pub const fn has_extra(self) -> bool {
        !matches!(self.extra(), Extra::No)
    }

    /// The operation that this one is a special form of: what it does is the same, only faster.
    pub const fn plain(self) -> Opcode {
        match self {
            Opcode::NotEq => Opcode::Eq,
            Opcode::NotLt => Opcode::Lt,
            Opcode::NotLe => Opcode::Le,
            Opcode::NotEqK => Opcode::EqK,
            Opcode::NotEqI => Opcode::EqI,
            Opcode::NotLtI => Opcode::LtI,
            Opcode::NotLeI => Opcode::LeI,
            Opcode::NotGtI => Opcode::GtI,
            Opcode::NotGeI => Opcode::GeI,
            Opcode::NotTest => Opcode::Test,
            Opcode::ModP => Opcode::ModK,
            Opcode::IDivP => Opcode::IDivK,
            other => other,
        }
    }

    /// The form for C = 0 of a test or comparison; itself for all others.
    pub const fn negative(self) -> Opcode {
        match self {
            Opcode::Eq => Opcode::NotEq,
            Opcode::Lt => Opcode::NotLt,
            Opcode::Le => Opcode::NotLe,
            Opcode::EqK => Opcode::NotEqK,
            Opcode::EqI => Opcode::NotEqI,
            Opcode::LtI => Opcode::NotLtI,
            Opcode::LeI => Opcode::NotLeI,
            Opcode::GtI => Opcode::NotGtI,
            Opcode::GeI => Opcode::NotGeI,
            Opcode::Test => Opcode::NotTest,
            other => other,
        }
    }

    /// The operation code with this number, if there is one.
    pub fn from_u8(n: u8) -> Option<Opcode> {
        ALL_OPCODES.get(n as usize).copied()
    }
}

/// Field access on instruction words.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Instruction(pub u32);

impl Instruction {
    /// `op A B C`
    pub const fn abc(op: Opcode, a: u8, b: u8, c: u8) -> Instruction {
        Instruction(op as u32 | (a as u32) << 8 | (b as u32) << 16 | (c as u32) << 24)
    }
    /// `op A Bx`
    pub const fn abx(op: Opcode, a: u8, bx: u16) -> Instruction {
        Instruction(op as u32 | (a as u32) << 8 | (bx as u32) << 16)
    }
    /// `op sJ`; `sj` must fit 24 bits.
    pub const fn sj(op: Opcode, sj: i32) -> Instruction {
        Instruction(op as u32 | (sj as u32) << 8)
    }
    /// The operation code. Words come from the compiler, which only writes valid ones.
    pub fn op(self) -> Opcode {
        Opcode::from_u8(self.0 as u8).expect("bytecode word with an unknown operation code")
    }
    /// The same operands for another operation.
    pub const fn with_op(self, op: Opcode) -> Instruction {
        Instruction(self.0 & !0xFF | op as u32)
    }
    /// Operand A.
    pub const fn a(self) -> u8 {
        (self.0 >> 8) as u8
    }
    /// Operand B.
    pub const fn b(self) -> u8 {
        (self.0 >> 16) as u8
    }
    /// Operand C.
    pub const fn c(self) -> u8 {
        (self.0 >> 24) as u8
    }
    /// Operand B, signed.
    pub const fn sb(self) -> i8 {
        (self.0 >> 16) as i8
    }
    /// Operand C, signed.
    pub const fn sc(self) -> i8 {
        (self.0 >> 24) as i8
    }
    /// Operand Bx.
    pub const fn bx(self) -> u16 {
        (self.0 >> 16) as u16
    }
    /// Operand sBx.
    pub const fn sbx(self) -> i16 {
        (self.0 >> 16) as i16
    }
    /// Operand sJ.
    pub const fn sj_value(self) -> i32 {
        (self.0 as i32) >> 8
    }
}

/// A constant of a function.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// nil (only as an operand of `EqK` and stores)
    Nil,
    /// false or true
    Bool(bool),
    /// An integer
    Int(i64),
    /// A float (compared by bits when constants are shared, so 0.0 and -0.0 differ)
    Float(f64),
    /// A string
    Str(Text),
}

/// Where a closure finds one of its captured variables when it is made.
#[derive(Clone, Debug, PartialEq)]
pub struct UpvalDesc {
    /// The variable's name.
    pub name: Text,
    /// Copy register `index` of the enclosing frame; otherwise captured word `index` of the enclosing closure.
    pub in_stack: bool,
    /// See `in_stack`.
    pub index: u8,
    /// The captured word is a reference to a cell, not the value.
    pub is_cell: bool,
    /// The variable is read-only (`<const>`, `<close>`).
    pub read_only: bool,
}

/// A local variable for debug information: live for `start_pc <= pc < end_pc` (word offsets).
#[derive(Clone, Debug, PartialEq)]
pub struct LocalVar {
    /// Its name; hidden loop variables are called `(for state)`.
    pub name: Text,
    /// First word where it is visible.
    pub start_pc: u32,
    /// First word where it is not visible any more.
    pub end_pc: u32,
    /// Its register.
    pub reg: u8,
    /// The register holds a cell with the value in it.
    pub is_cell: bool,
}

/// The line of instructions that have none in PUC Lua: reads of a cell for an operand, and NEWCELL.
pub const NO_LINE: u32 = 0;

/// One compiled function, with the functions inside it. The main function of a chunk has one captured variable,
/// `_ENV`, which is a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// The chunk's name as given to `load` (with its `=` or `@`).
    pub source: std::sync::Arc<[u8]>,
    /// Line of the `function` keyword, 0 for a main function.
    pub line_defined: u32,
    /// Line of its `end`, 0 for a main function.
    pub last_line_defined: u32,
    /// Fixed parameters.
    pub num_params: u8,
    /// Takes extra arguments; its first instruction is then `VarargPrep`.
    pub is_vararg: bool,
    /// Registers it needs, at least 2.
    pub max_stack: u8,
    /// Instruction words.
    pub code: Vec<u32>,
    /// Line of each word of `code`; [`NO_LINE`] for instructions that hooks do not see. Empty without debug information.
    pub lines: Vec<u32>,
    /// Constants.
    pub constants: Vec<Constant>,
    /// Captured variables.
    pub upvals: Vec<UpvalDesc>,
    /// Functions inside.
    pub protos: Vec<Function>,
    /// Local variables, in order of declaration.
    pub locals: Vec<LocalVar>,
}
