//! The verifier: what the machine takes for granted about code is checked here.
//!
//! The interpreter trusts every word. Code of the compiler is trusted as it is (debug builds check it); code of a
//! binary chunk is checked when it is loaded, and may come from anywhere. docs/bytecode.md states what a verified
//! function guarantees. It is checked in two passes:
//!
//! - this file looks at each instruction alone: words are instructions, jumps lead to instructions and in the right
//!   direction, registers, constants, captured variables and functions exist and have the right kind, sizes are in
//!   proportion, and open instructions come in pairs;
//! - [`flow`] follows the ways through the code and knows at each word which registers hold a value and which a cell.

mod flow;

pub use flow::put_into_cells;

use crate::bytecode::{Constant, Extra, Format, Function, Instruction, Opcode};

/// What a register list entry may stand for at most: how many items one word of code can make.
const ITEMS_PER_WORD: usize = 256;

/// Checks one function, without those inside it, but for what they capture.
///
/// # Errors
/// What is wrong, and where.
pub fn verify(function: &Function) -> Result<(), String> {
    head(function)?;
    let starts = words(function)?;
    pairs(function, &starts)?;
    flow::verify(function, &starts)
}

/// Checks a function and those inside it.
///
/// # Errors
/// What is wrong, and where.
pub fn verify_all(function: &Function) -> Result<(), String> {
    verify(function)?;
    function.protos.iter().try_for_each(verify_all)
}

/// What is said about the function as a whole.
fn head(function: &Function) -> Result<(), String> {
    let code = &function.code;
    if !function.lines.is_empty() && function.lines.len() != code.len() {
        return Err(format!("{} words have {} lines", code.len(), function.lines.len()));
    }
    if function.max_stack < 2 || function.num_params > function.max_stack {
        return Err(format!("{} parameters in {} registers", function.num_params, function.max_stack));
    }
    if i32::try_from(code.len()).is_err() || function.upvals.len() > 255 {
        return Err("too long".into());
    }
    for local in &function.locals {
        if local.reg >= function.max_stack || local.start_pc > local.end_pc || local.end_pc as usize > code.len() {
            return Err(format!("a local variable lies in register {} from {}", local.reg, local.start_pc));
        }
    }
    if function.is_vararg != (code.first().map(|&word| word as u8) == Some(Opcode::VarargPrep as u8)) {
        return Err("VARARGPREP is not where it should be".into());
    }
    Ok(())
}

/// Checks each instruction alone. Returns which words begin an instruction.
fn words(function: &Function) -> Result<Vec<bool>, String> {
    let code = &function.code;
    let mut starts = vec![false; code.len()];
    let mut targets = Vec::new();
    let (mut pc, mut last) = (0, None);
    while pc < code.len() {
        let fail = |what: String| Err(format!("word {pc}: {what}"));
        starts[pc] = true;
        let Some(op) = Opcode::from_u8(code[pc] as u8) else {
            return fail(format!("no instruction has the code {}", code[pc] as u8));
        };
        let i = Instruction(code[pc]);
        let next = pc + if op.has_extra() { 2 } else { 1 };
        if next > code.len() {
            return fail("the second word is missing".into());
        }
        let distance = match op.extra() {
            Extra::Jump => Some(code[next - 1] as i32),
            _ if op.format() == Format::SJ => Some(i.sj_value()),
            Extra::Hint if code[next - 1] != 0 => return fail("a hint is not 0".into()),
            _ => None,
        };
        if let Some(distance) = distance {
            targets.push((pc, next as i64 + i64::from(distance)));
            if goes_back(op).is_some_and(|back| back != (distance < 0)) {
                return fail(format!("{} leads the wrong way", op.name()));
            }
        }
        if op == Opcode::LFalseSkip && (code.get(next).is_none_or(|&word| word as u8 != Opcode::LoadTrue as u8)) {
            return fail("LFALSESKIP is not before LOADTRUE".into());
        }
        if op == Opcode::VarargPrep && pc > 0 {
            return fail("VARARGPREP is not where it should be".into());
        }
        if let Err(what) = operands(function, op, i, code.get(pc + 1).copied()) {
            return fail(what);
        }
        last = Some(op);
        pc = next;
    }
    for (pc, target) in targets {
        // The first word of a vararg function runs once.
        if !usize::try_from(target).is_ok_and(|target| starts.get(target) == Some(&true))
            || target == 0 && function.is_vararg
        {
            return Err(format!("word {pc}: a jump leads to {target}"));
        }
    }
    if !matches!(last, Some(Opcode::Return | Opcode::Return0 | Opcode::Return1)) {
        return Err("the last instruction is no return".into());
    }
    Ok(starts)
}

/// Whether the instruction's jump leads backward (where it polls) or forward; None for tests, which do both.
fn goes_back(op: Opcode) -> Option<bool> {
    match op {
        Opcode::JmpBack | Opcode::ForLoop | Opcode::ForLoop1 | Opcode::TForLoop => Some(true),
        Opcode::Jmp | Opcode::ForPrep | Opcode::ForPrep1 | Opcode::TForPrep => Some(false),
        _ => None,
    }
}

/// Checks the operands of one instruction.
fn operands(function: &Function, op: Opcode, i: Instruction, extra: Option<u32>) -> Result<(), String> {
    use Opcode::*;
    let (a, b, c) = (i.a() as usize, i.b() as usize, i.c() as usize);
    let extra = extra.unwrap_or(0) as usize;
    let unused = match op.format() {
        Format::None => a | b | c,
        Format::A => b | c,
        Format::AB => c,
        Format::AC => b,
        Format::ABC | Format::AsBC | Format::ABsC | Format::ABx | Format::AsBx | Format::SJ => 0,
    };
    if unused != 0 {
        return Err(format!("{} has an operand too many", op.name()));
    }
    if registers(op, a, b, c) > function.max_stack as usize {
        return Err(format!("{} goes beyond register {}", op.name(), function.max_stack));
    }
    let constant = |index: usize| {
        let constant = function.constants.get(index);
        constant.ok_or_else(|| format!("{} uses constant {index} of {}", op.name(), function.constants.len()))
    };
    let string = |index: usize| match constant(index)? {
        Constant::Str(_) => Ok(()),
        other => Err(format!("{} uses {other:?} as a name", op.name())),
    };
    match op {
        LoadK => drop(constant(i.bx() as usize)?),
        LoadKX => drop(constant(extra)?),
        GetTabUp | GetField | SelfField => string(c)?,
        SetTabUp | SetField => string(b)?,
        SetTabUpK | SetFieldK => {
            string(b)?;
            constant(c)?;
        }
        SetTableK | SetIK => drop(constant(c)?),
        ModP | IDivP => match constant(c)? {
            Constant::Int(2..0x1_0000_0000_0000) => {}
            other => return Err(format!("{} computes with {other:?}", op.name())),
        },
        AddK | SubK | MulK | ModK | PowK | DivK | IDivK | KAdd | KSub | KMul | KDiv => match constant(c)? {
            Constant::Int(_) | Constant::Float(_) => {}
            other => return Err(format!("{} computes with {other:?}", op.name())),
        },
        BAndK | BOrK | BXorK => match constant(c)? {
            Constant::Int(_) => {}
            other => return Err(format!("{} computes with {other:?}", op.name())),
        },
        EqK | NotEqK => drop(constant(b)?),
        _ => {}
    }
    let cell = match op {
        GetUpval => Some((b, false)),
        GetUpCell | SetUpCell | GetTabUp => Some((b, true)),
        SetTabUp | SetTabUpK => Some((a, true)),
        _ => None,
    };
    if let Some((index, is_cell)) = cell {
        match function.upvals.get(index) {
            Some(upval) if upval.is_cell == is_cell => {}
            Some(_) => return Err(format!("{} takes a value for a cell or a cell for a value", op.name())),
            None => return Err(format!("{} uses captured variable {index}", op.name())),
        }
    }
    let words = function.code.len();
    let fits = match op {
        Closure => (i.bx() as usize) < function.protos.len(),
        Concat => b >= 2,
        TForCall => c >= 1,
        Vararg => function.is_vararg,
        VarargPrep => a == function.num_params as usize,
        Return0 | Return1 => !function.is_vararg,
        // One word sets one field, or some items.
        NewTable => extra <= words * ITEMS_PER_WORD && (b == 0 || b <= 31 && 1 << (b - 1) <= 2 * words),
        SetList => extra <= words * ITEMS_PER_WORD,
        // Tests have the form that their operand says.
        _ if op.negative() != op => c & 1 != 0,
        _ if op.plain().negative() == op && op.plain() != op => c & 1 == 0,
        _ => true,
    };
    if fits { Ok(()) } else { Err(format!("{} has an operand out of range", op.name())) }
}

/// How many registers an instruction needs; open operands reach to the top, which the machine checks.
fn registers(op: Opcode, a: usize, b: usize, c: usize) -> usize {
    use Opcode::*;
    match op.plain() {
        Jmp | JmpBack | Loop | Return0 | VarargPrep | SetTabUpK => 0,
        SetTabUp => c + 1,
        Move | GetCell | SetCell | AddI | AddK | SubK | MulK | ModK | PowK | DivK | IDivK | BAndK | BOrK | BXorK
        | KAdd | KSub | KMul | KDiv | ShrI | ShlI | Unm | BNot | Not | Len | GetI | GetField | SetTableK | Eq | Lt
        | Le | TestSet => a.max(b) + 1,
        SetI | SetField => a.max(c) + 1,
        GetTable | SetTable | Add | Sub | Mul | Mod | Pow | Div | IDiv | BAnd | BOr | BXor | Shl | Shr => {
            a.max(b).max(c) + 1
        }
        SelfField => b.max(a + 1) + 1,
        LoadNil | SetList => a + b + 1,
        Concat => a + b,
        Call => (a + 1).max(a + b).max((a + c).saturating_sub(1)),
        TailCall => (a + 1).max(a + b),
        // A return of no values names a register that need not exist.
        Return if b == 1 => 0,
        Return => (a + 1).max((a + b).saturating_sub(1)),
        Vararg => (a + 1).max((a + c).saturating_sub(1)),
        ForPrep | ForLoop | ForPrep1 | ForLoop1 | TForPrep => a + 4,
        TForCall => a + 7.max(4 + c),
        TForLoop => a + 5,
        _ => a + 1,
    }
}

/// Whether an instruction leaves its values up to the top.
fn opens(i: Instruction) -> bool {
    match i.op() {
        Opcode::TailCall => true,
        Opcode::Call | Opcode::Vararg => i.c() == 0,
        _ => false,
    }
}

/// The first register of the values up to the top that an instruction takes, at least.
fn takes_open(i: Instruction) -> Option<usize> {
    match i.op() {
        Opcode::Call | Opcode::TailCall | Opcode::SetList if i.b() == 0 => Some(i.a() as usize + 1),
        Opcode::Return if i.b() == 0 => Some(i.a() as usize),
        _ => None,
    }
}

/// Open instructions come in pairs without a way in between, and iterators are called before their loop's turn.
fn pairs(function: &Function, starts: &[bool]) -> Result<(), String> {
    let code = &function.code;
    let mut before: Option<Instruction> = None;
    for pc in (0..code.len()).filter(|&pc| starts[pc]) {
        let i = Instruction(code[pc]);
        let fail = |what: &str| Err(format!("word {pc}: {what}"));
        let opened = before.filter(|&before| opens(before));
        match (opened, takes_open(i)) {
            (None, None) => {}
            (Some(producer), Some(first)) => {
                if (producer.a() as usize) < first {
                    return fail("an open operand begins after its values");
                }
                if producer.op() == Opcode::TailCall && i.op() != Opcode::Return {
                    return fail("no return after TAILCALL");
                }
            }
            _ => return fail("an open operand stands alone"),
        }
        if let Some(before) = before.filter(|before| before.op() == Opcode::TForCall)
            && (i.op() != Opcode::TForLoop || i.a() != before.a())
        {
            return fail("no TFORLOOP after TFORCALL");
        }
        before = Some(i);
    }
    Ok(())
}
