//! Where the value of an expression is.
//!
//! An [`Operand`] describes a value that may not have been computed yet, so that it can still be put where it is
//! wanted, be a constant operand of an instruction, or be assigned to. *Discharging* it emits what is missing.

use super::Generator;
use super::jumps::{JumpList, NO_REG};
use crate::bytecode::{NO_LINE, Opcode};
use crate::error::Result;
use crate::fold::Folded;
use crate::number::Number;
use crate::symbol::Symbol;

/// An expression, with the jumps out of its middle: the value of `a and b` is `b` or comes by a jump.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operand {
    pub(super) kind: Kind,
    /// Jumps taken when the expression is true
    pub(super) if_true: JumpList,
    /// Jumps taken when the expression is false
    pub(super) if_false: JumpList,
}

/// What an operand is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// No expression (of an empty list)
    Void,
    Nil,
    True,
    False,
    Int(i64),
    Float(f64),
    Str(Symbol),
    /// A constant of the function
    Constant(u32),
    /// The value is in this register and stays there
    Fixed(u8),
    /// A local variable in this register
    Local(u8),
    /// A local variable in a cell in this register
    Cell(u8),
    /// A captured value
    Upval(u8),
    /// A captured cell
    UpvalCell(u8),
    /// `U[table].value[K[key]]`
    UpvalField {
        table: u8,
        key: u8,
    },
    /// `R[table][R[key]]`
    Indexed {
        table: u8,
        key: u8,
    },
    /// `R[table][key]`
    IntIndexed {
        table: u8,
        key: u8,
    },
    /// `R[table][K[key]]`
    Field {
        table: u8,
        key: u8,
    },
    /// The comparison at this offset jumps when the expression is true
    Jump(usize),
    /// The instruction at this offset puts the value into a register to be filled in
    Pending(usize),
    /// The call at this offset
    Call(usize),
    /// The `Vararg` at this offset
    Vararg(usize),
}

impl Operand {
    pub(super) fn new(kind: Kind) -> Operand {
        Operand { kind, if_true: JumpList::EMPTY, if_false: JumpList::EMPTY }
    }

    pub(super) fn has_jumps(&self) -> bool {
        self.if_true != self.if_false
    }

    /// The number, if it is a numeral.
    pub(super) fn numeral(&self) -> Option<Number> {
        match self.kind {
            _ if self.has_jumps() => None,
            Kind::Int(n) => Some(Number::Int(n)),
            Kind::Float(f) => Some(Number::Float(f)),
            _ => None,
        }
    }

    /// The integer, if it is an integer numeral.
    pub(super) fn int(&self) -> Option<i64> {
        match self.numeral()? {
            Number::Int(n) => Some(n),
            Number::Float(_) => None,
        }
    }

    /// Whether it may have more or fewer values than one.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.kind, Kind::Call(_) | Kind::Vararg(_))
    }
}

impl From<Folded> for Operand {
    fn from(value: Folded) -> Operand {
        Operand::new(match value {
            Folded::Nil => Kind::Nil,
            Folded::Bool(false) => Kind::False,
            Folded::Bool(true) => Kind::True,
            Folded::Int(n) => Kind::Int(n),
            Folded::Float(f) => Kind::Float(f),
            Folded::Str(s) => Kind::Str(s),
        })
    }
}

impl Generator<'_> {
    /// Gives back the register of an operand that is not needed any more.
    pub(super) fn free_operand(&mut self, e: &Operand) {
        if let Kind::Fixed(reg) = e.kind {
            self.free_reg(reg);
        }
    }

    /// Gives back the registers of two operands.
    pub(super) fn free_operands(&mut self, a: &Operand, b: &Operand) {
        match (a.kind, b.kind) {
            (Kind::Fixed(a), Kind::Fixed(b)) => self.free_regs(a, b),
            (Kind::Fixed(reg), _) | (_, Kind::Fixed(reg)) => self.free_reg(reg),
            _ => {}
        }
    }

    /// A call or `...` gives exactly `count` values, or all (`None`).
    pub(super) fn set_results(&mut self, e: &Operand, count: Option<u8>) -> Result<()> {
        let c = count.map_or(0, |count| count + 1);
        match e.kind {
            Kind::Call(pc) => self.f.set_c(pc, c),
            Kind::Vararg(pc) => {
                self.f.set_c(pc, c);
                let reg = self.reserve(1)?;
                self.f.set_a(pc, reg);
            }
            _ => unreachable!("only calls and ... have several values"),
        }
        Ok(())
    }

    /// A call or `...` gives one value.
    pub(super) fn set_one_result(&mut self, e: &mut Operand) {
        match e.kind {
            Kind::Call(pc) => e.kind = Kind::Fixed(self.f.instruction(pc).a()),
            Kind::Vararg(pc) => {
                self.f.set_c(pc, 2);
                e.kind = Kind::Pending(pc);
            }
            _ => {}
        }
    }

    /// Reads a variable: afterwards the operand is a value.
    pub(super) fn discharge(&mut self, e: &mut Operand) {
        let pc = match e.kind {
            Kind::Local(reg) => {
                e.kind = Kind::Fixed(reg);
                return;
            }
            Kind::Call(_) | Kind::Vararg(_) => return self.set_one_result(e),
            Kind::Cell(reg) => self.emit(Opcode::GetCell, 0, reg, 0),
            Kind::Upval(index) => self.emit(Opcode::GetUpval, 0, index, 0),
            Kind::UpvalCell(index) => self.emit(Opcode::GetUpCell, 0, index, 0),
            Kind::UpvalField { table, key } => self.emit_extra(Opcode::GetTabUp, 0, table, key, 0),
            Kind::Indexed { table, key } => {
                self.free_regs(table, key);
                self.emit(Opcode::GetTable, 0, table, key)
            }
            Kind::IntIndexed { table, key } => {
                self.free_reg(table);
                self.emit(Opcode::GetI, 0, table, key)
            }
            Kind::Field { table, key } => {
                self.free_reg(table);
                self.emit_extra(Opcode::GetField, 0, table, key, 0)
            }
            _ => return,
        };
        e.kind = Kind::Pending(pc);
    }

    /// Puts the value into `reg`, but for jumps.
    fn discharge_to(&mut self, e: &mut Operand, reg: u8) -> Result<()> {
        self.discharge(e);
        match e.kind {
            Kind::Nil => self.load_nil(reg, 1),
            Kind::False => drop(self.emit(Opcode::LoadFalse, reg, 0, 0)),
            Kind::True => drop(self.emit(Opcode::LoadTrue, reg, 0, 0)),
            Kind::Int(n) => self.load_int(reg, n),
            Kind::Float(f) => self.load_float(reg, f),
            Kind::Str(s) => {
                let index = self.string_constant(s)?;
                self.load_constant(reg, index);
            }
            Kind::Constant(index) => self.load_constant(reg, index),
            Kind::Pending(pc) => self.f.set_a(pc, reg),
            Kind::Fixed(from) if from != reg => drop(self.emit(Opcode::Move, reg, from, 0)),
            Kind::Fixed(_) => {}
            _ => {
                debug_assert!(matches!(e.kind, Kind::Jump(_)));
                return Ok(());
            }
        }
        e.kind = Kind::Fixed(reg);
        Ok(())
    }

    /// Puts the value into some register, but for jumps.
    pub(super) fn discharge_to_any(&mut self, e: &mut Operand) -> Result<()> {
        if !matches!(e.kind, Kind::Fixed(_)) {
            let reg = self.reserve(1)?;
            self.discharge_to(e, reg)?;
            self.hide_cell_read();
        }
        Ok(())
    }

    /// An operand was just put into a register. If it was read from a cell, that is no instruction of PUC Lua's, which
    /// would have found it in its own register: hooks do not see it.
    fn hide_cell_read(&mut self) {
        if self.f.previous_instruction().is_some_and(|(_, ins)| ins.op() == Opcode::GetCell) {
            self.fix_line(NO_LINE);
        }
    }

    /// Puts the value into `reg`, wherever it comes from.
    pub(super) fn put_in(&mut self, e: &mut Operand, reg: u8) -> Result<()> {
        self.discharge_to(e, reg)?;
        if let Kind::Jump(pc) = e.kind {
            e.if_true = self.join(JumpList::one(pc), e.if_true)?;
        }
        if e.has_jumps() {
            let (mut load_false, mut load_true) = (0, 0);
            if self.needs_value(e.if_true, e.if_false) {
                // Jumps without a value lead to instructions that load false or true; a value that is there already
                // goes around them.
                let around = if let Kind::Jump(_) = e.kind { JumpList::EMPTY } else { self.jump() };
                load_false = self.here();
                self.emit(Opcode::LFalseSkip, reg, 0, 0);
                load_true = self.here();
                self.emit(Opcode::LoadTrue, reg, 0, 0);
                self.patch_here(around)?;
            }
            let end = self.here();
            self.patch_values(e.if_false, end, Some(reg), load_false)?;
            self.patch_values(e.if_true, end, Some(reg), load_true)?;
        }
        *e = Operand::new(Kind::Fixed(reg));
        Ok(())
    }

    /// Puts the value into the first free register and returns it.
    pub(super) fn put_next(&mut self, e: &mut Operand) -> Result<u8> {
        self.discharge(e);
        self.free_operand(e);
        let reg = self.reserve(1)?;
        self.put_in(e, reg)?;
        Ok(reg)
    }

    /// Puts the value into some register, if it is not in one, and returns it.
    pub(super) fn put_any(&mut self, e: &mut Operand) -> Result<u8> {
        self.discharge(e);
        if let Kind::Fixed(reg) = e.kind {
            if !e.has_jumps() {
                return Ok(reg);
            }
            // The values of jumps cannot go into the register of a local variable.
            if reg >= self.f.active_regs {
                self.put_in(e, reg)?;
                return Ok(reg);
            }
        }
        let plain = !e.has_jumps();
        let reg = self.put_next(e)?;
        if plain {
            self.hide_cell_read();
        }
        Ok(reg)
    }

    /// Puts the value into some register, unless it is in a captured cell.
    pub(super) fn put_any_or_upval(&mut self, e: &mut Operand) -> Result<()> {
        if !matches!(e.kind, Kind::UpvalCell(_)) || e.has_jumps() {
            self.put_any(e)?;
        }
        Ok(())
    }

    /// Makes the operand a value, in a register if it has jumps.
    pub(super) fn make_value(&mut self, e: &mut Operand) -> Result<()> {
        if matches!(e.kind, Kind::Jump(_)) || e.has_jumps() {
            self.put_any(e)?;
        } else {
            self.discharge(e);
        }
        Ok(())
    }

    /// The number of the constant that the operand is, if it is one whose number fits into an instruction.
    pub(super) fn make_constant(&mut self, e: &mut Operand) -> Result<Option<u8>> {
        if e.has_jumps() {
            return Ok(None);
        }
        let index = match e.kind {
            Kind::Nil => self.nil_constant(),
            Kind::True => self.bool_constant(true),
            Kind::False => self.bool_constant(false),
            Kind::Int(n) => self.int_constant(n),
            Kind::Float(f) => self.float_constant(f),
            Kind::Str(s) => self.string_constant(s)?,
            Kind::Constant(index) => index,
            _ => return Ok(None),
        };
        let index = u8::try_from(index).ok();
        if let Some(index) = index {
            e.kind = Kind::Constant(u32::from(index));
        }
        Ok(index)
    }

    /// Makes `table` the variable `table[key]`. The table is in a register or a captured cell.
    pub(super) fn index(&mut self, table: &mut Operand, key: &mut Operand) -> Result<()> {
        let string = match key.kind {
            Kind::Str(_) => self.make_constant(key)?,
            _ => None,
        };
        if let Kind::UpvalCell(upval) = table.kind {
            if let Some(key) = string {
                table.kind = Kind::UpvalField { table: upval, key };
                return Ok(());
            }
            self.put_any(table)?;
        }
        let (Kind::Fixed(reg) | Kind::Local(reg)) = table.kind else {
            unreachable!("an indexed value is in a register");
        };
        table.kind = if let Some(key) = string {
            Kind::Field { table: reg, key }
        } else if let Some(key) = key.int().and_then(|n| u8::try_from(n).ok()) {
            Kind::IntIndexed { table: reg, key }
        } else {
            Kind::Indexed { table: reg, key: self.put_any(key)? }
        };
        Ok(())
    }

    /// Assigns a value to a variable.
    pub(super) fn store(&mut self, variable: Kind, value: &mut Operand) -> Result<()> {
        use Opcode::*;
        match variable {
            Kind::Local(reg) => {
                self.free_operand(value);
                return self.put_in(value, reg);
            }
            Kind::Cell(cell) => {
                let reg = self.put_any(value)?;
                self.emit(SetCell, cell, reg, 0);
            }
            Kind::UpvalCell(upval) => {
                let reg = self.put_any(value)?;
                self.emit(SetUpCell, reg, upval, 0);
            }
            Kind::UpvalField { table, key } => {
                let (op, c) = self.stored(value, SetTabUp, SetTabUpK)?;
                self.emit_extra(op, table, key, c, 0);
            }
            Kind::Field { table, key } => {
                let (op, c) = self.stored(value, SetField, SetFieldK)?;
                self.emit_extra(op, table, key, c, 0);
            }
            Kind::IntIndexed { table, key } => {
                let (op, c) = self.stored(value, SetI, SetIK)?;
                self.emit(op, table, key, c);
            }
            Kind::Indexed { table, key } => {
                let (op, c) = self.stored(value, SetTable, SetTableK)?;
                self.emit(op, table, key, c);
            }
            other => unreachable!("{other:?} is assigned to"),
        }
        self.free_operand(value);
        Ok(())
    }

    /// A value to be stored: the instruction for a register or a constant, and its operand.
    fn stored(&mut self, value: &mut Operand, from_reg: Opcode, from_constant: Opcode) -> Result<(Opcode, u8)> {
        Ok(match self.make_constant(value)? {
            Some(constant) => (from_constant, constant),
            None => (from_reg, self.put_any(value)?),
        })
    }

    /// Emits `object:name`: the method and the object in the next two registers.
    pub(super) fn method(&mut self, object: &mut Operand, name: Symbol) -> Result<()> {
        let reg = self.put_any(object)?;
        self.free_operand(object);
        let base = self.reserve(2)?;
        let index = self.string_constant(name)?;
        match u8::try_from(index) {
            Ok(key) => drop(self.emit_extra(Opcode::SelfField, base, reg, key, 0)),
            Err(_) => {
                // The object may be in `base`, so it is copied first.
                self.emit(Opcode::Move, base + 1, reg, 0);
                self.load_constant(base, index);
                self.emit(Opcode::GetTable, base, base + 1, base);
            }
        }
        object.kind = Kind::Fixed(base);
        Ok(())
    }

    // Conditions

    /// Emits a jump that is taken when the operand is `cond`; it delivers the value if somebody wants it.
    fn jump_on(&mut self, e: &mut Operand, cond: bool) -> Result<JumpList> {
        if let Kind::Pending(pc) = e.kind {
            let i = self.f.instruction(pc);
            if i.op() == Opcode::Not {
                self.take_back();
                return Ok(JumpList::one(self.jump_if(Opcode::Test, i.b(), 0, u8::from(!cond))));
            }
        }
        self.discharge_to_any(e)?;
        self.free_operand(e);
        let Kind::Fixed(reg) = e.kind else { unreachable!("the operand is in a register") };
        Ok(JumpList::one(self.jump_if(Opcode::TestSet, NO_REG, reg, u8::from(cond))))
    }

    /// What follows runs only if the operand is true; otherwise its list `if_false` is taken.
    pub(super) fn go_if_true(&mut self, e: &mut Operand) -> Result<()> {
        self.discharge(e);
        let jump = match e.kind {
            Kind::Jump(pc) => {
                self.negate(pc);
                JumpList::one(pc)
            }
            Kind::Constant(_) | Kind::Int(_) | Kind::Float(_) | Kind::Str(_) | Kind::True => JumpList::EMPTY,
            _ => self.jump_on(e, false)?,
        };
        e.if_false = self.join(jump, e.if_false)?;
        self.patch_here(e.if_true)?;
        e.if_true = JumpList::EMPTY;
        Ok(())
    }

    /// What follows runs only if the operand is false; otherwise its list `if_true` is taken.
    pub(super) fn go_if_false(&mut self, e: &mut Operand) -> Result<()> {
        self.discharge(e);
        let jump = match e.kind {
            Kind::Jump(pc) => JumpList::one(pc),
            Kind::Nil | Kind::False => JumpList::EMPTY,
            _ => self.jump_on(e, true)?,
        };
        e.if_true = self.join(jump, e.if_true)?;
        self.patch_here(e.if_false)?;
        e.if_false = JumpList::EMPTY;
        Ok(())
    }

    /// The comparison at `pc` jumps in the opposite case.
    pub(super) fn negate(&mut self, pc: usize) {
        let c = self.f.instruction(pc).c();
        self.f.set_c(pc, c ^ 1);
    }
}
