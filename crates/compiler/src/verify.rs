//! A checker of generated code, for debug builds.
//!
//! It checks what the machine takes for granted: that the words are instructions, that jumps lead to instructions,
//! that registers, constants, captured variables and functions exist and have the right kind, and that execution
//! cannot run off the end.

use crate::bytecode::{Constant, Extra, Format, Function, Instruction, Opcode};

/// Checks one function, without those inside it.
///
/// # Errors
/// What is wrong, and where.
pub fn verify(function: &Function) -> Result<(), String> {
    let code = &function.code;
    if function.lines.len() != code.len() {
        return Err(format!("{} words have {} lines", code.len(), function.lines.len()));
    }
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
        match op.extra() {
            Extra::Jump => targets.push((pc, next as i64 + i64::from(code[next - 1] as i32))),
            Extra::Hint if code[next - 1] != 0 => return fail("a hint is not 0".into()),
            _ => {}
        }
        if op.format() == Format::SJ {
            targets.push((pc, next as i64 + i64::from(i.sj_value())));
            if (op == Opcode::JmpBack) != (i.sj_value() < 0) {
                return fail(format!("{} leads the wrong way", op.name()));
            }
        }
        if op == Opcode::LFalseSkip && (code.get(next).is_none_or(|&word| Instruction(word).op() != Opcode::LoadTrue)) {
            return fail("LFALSESKIP is not before LOADTRUE".into());
        }
        if let Err(what) = operands(function, op, i, code.get(pc + 1).copied()) {
            return fail(what);
        }
        last = Some(op);
        pc = next;
    }
    for (pc, target) in targets {
        if !usize::try_from(target).is_ok_and(|target| starts.get(target) == Some(&true)) {
            return Err(format!("word {pc}: a jump leads to {target}"));
        }
    }
    if !matches!(last, Some(Opcode::Return | Opcode::Return0 | Opcode::Return1)) {
        return Err("the last instruction is no return".into());
    }
    if function.is_vararg != (code.first().map(|&word| Instruction(word).op()) == Some(Opcode::VarargPrep)) {
        return Err("VARARGPREP is not where it should be".into());
    }
    Ok(())
}

/// Checks the operands of one instruction.
fn operands(function: &Function, op: Opcode, i: Instruction, extra: Option<u32>) -> Result<(), String> {
    use Opcode::*;
    let (a, b, c) = (i.a() as usize, i.b() as usize, i.c() as usize);
    let extra = extra.unwrap_or(0) as usize;
    // The highest register that is touched; open operands reach to the top, which the machine checks.
    let highest = match op {
        Jmp | JmpBack | Return0 | VarargPrep => return Ok(()),
        SetTabUp => c,
        SetTabUpK => 0,
        Move | GetCell | SetCell | AddI | AddK | SubK | MulK | ModK | PowK | DivK | IDivK | BAndK | BOrK | BXorK
        | ShrI | ShlI | Unm | BNot | Not | Len | GetI | GetField | SetTableK | Eq | Lt | Le | TestSet => a.max(b),
        SetI | SetField => a.max(c),
        GetTable | SetTable | Add | Sub | Mul | Mod | Pow | Div | IDiv | BAnd | BOr | BXor | Shl | Shr => {
            a.max(b).max(c)
        }
        SelfField => b.max(a + 1),
        LoadNil => a + b,
        Concat => a + b - 1,
        Call => a.max((a + b).saturating_sub(1)).max((a + c).saturating_sub(2)),
        TailCall => a.max((a + b).saturating_sub(1)),
        // A return of no values names a register that need not exist.
        Return if b == 1 => 0,
        Return => a + b.saturating_sub(2),
        Vararg => a + c.saturating_sub(2),
        ForPrep | ForLoop | ForPrep1 | ForLoop1 | TForPrep => a + 3,
        TForCall => (a + 3 + c).max(a + 6),
        TForLoop => a + 4,
        SetList => a + b,
        _ => a,
    };
    if highest >= function.max_stack as usize {
        return Err(format!("{} touches register {highest} of {}", op.name(), function.max_stack));
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
        AddK | SubK | MulK | ModK | PowK | DivK | IDivK => match constant(c)? {
            Constant::Int(_) | Constant::Float(_) => {}
            other => return Err(format!("{} computes with {other:?}", op.name())),
        },
        BAndK | BOrK | BXorK => match constant(c)? {
            Constant::Int(_) => {}
            other => return Err(format!("{} computes with {other:?}", op.name())),
        },
        EqK => drop(constant(b)?),
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
    if op == Closure && i.bx() as usize >= function.protos.len() {
        return Err(format!("CLOSURE uses function {} of {}", i.bx(), function.protos.len()));
    }
    Ok(())
}
