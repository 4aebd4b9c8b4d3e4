//! Operators.
//!
//! A binary operator is prepared when its first operand is known and finished when the second is, since the first
//! one must be in a register before the second is computed, unless it can be an operand of the instruction itself.

use super::Generator;
use super::operand::{Kind, Operand};
use crate::ast::{BinaryOp, UnaryOp};
use crate::bytecode::Opcode;
use crate::error::Result;
use crate::fold::{self, Folded};
use crate::number::{Number, float_to_integer};

impl Generator<'_> {
    /// Applies a unary operator in line `line`.
    pub(super) fn unary(&mut self, op: UnaryOp, e: &mut Operand, line: u32) -> Result<()> {
        self.discharge(e);
        if let Some(number) = e.numeral().and_then(|n| fold::unary(op, n)) {
            *e = Folded::from(number).into();
            return Ok(());
        }
        let opcode = match op {
            UnaryOp::Not => return self.not(e),
            UnaryOp::Minus => Opcode::Unm,
            UnaryOp::BNot => Opcode::BNot,
            UnaryOp::Len => Opcode::Len,
        };
        let reg = self.put_any(e)?;
        self.free_operand(e);
        e.kind = Kind::Pending(self.emit(opcode, 0, reg, 0));
        self.fix_line(line);
        Ok(())
    }

    fn not(&mut self, e: &mut Operand) -> Result<()> {
        match e.kind {
            Kind::Nil | Kind::False => e.kind = Kind::True,
            Kind::Constant(_) | Kind::Int(_) | Kind::Float(_) | Kind::Str(_) | Kind::True => e.kind = Kind::False,
            Kind::Jump(pc) => self.negate(pc),
            _ => {
                self.discharge_to_any(e)?;
                self.free_operand(e);
                let Kind::Fixed(reg) = e.kind else { unreachable!("the operand is in a register") };
                e.kind = Kind::Pending(self.emit(Opcode::Not, 0, reg, 0));
            }
        }
        std::mem::swap(&mut e.if_true, &mut e.if_false);
        // The jumps delivered the operand, not its negation.
        self.f.drop_values(e.if_true);
        self.f.drop_values(e.if_false);
        Ok(())
    }

    /// Prepares the first operand, before the second is computed.
    pub(super) fn first_operand(&mut self, op: BinaryOp, e: &mut Operand) -> Result<()> {
        use BinaryOp::*;
        if matches!(e.kind, Kind::Cell(_)) && !matches!(op, And | Or | Concat) {
            // Like any local variable it is read when the operator runs, after what the second operand does to it.
            return Ok(());
        }
        self.discharge(e);
        match op {
            And => self.go_if_true(e)?,
            Or => self.go_if_false(e)?,
            Concat => drop(self.put_next(e)?),
            Add | Sub | Mul | Div | IDiv | Mod | Pow | BAnd | BOr | BXor | Shl | Shr => {
                if e.numeral().is_none() {
                    self.put_any(e)?;
                }
            }
            Eq | Ne => {
                if e.numeral().is_none() && self.make_constant(e)?.is_none() {
                    self.put_any(e)?;
                }
            }
            Lt | Le | Gt | Ge => {
                if small_number(e).is_none() {
                    self.put_any(e)?;
                }
            }
        }
        Ok(())
    }

    /// Applies a binary operator in line `line`; the result is in `a`.
    pub(super) fn binary(&mut self, op: BinaryOp, a: &mut Operand, mut b: Operand, line: u32) -> Result<()> {
        use BinaryOp::*;
        let b = &mut b;
        self.discharge(b);
        if matches!(a.kind, Kind::Cell(_)) && !matches!(op, And | Or | Concat) {
            // The second operand goes first, unless it is a constant that an instruction may name.
            if b.has_jumps() || matches!(b.kind, Kind::Pending(_) | Kind::Jump(_)) {
                self.put_any(b)?;
            }
            self.put_any(a)?;
        }
        if let (Some(x), Some(y)) = (a.numeral(), b.numeral())
            && let Some(result) = fold::binary(op, x, y)
        {
            *a = Folded::from(result).into();
            return Ok(());
        }
        match op {
            And => {
                b.if_false = self.join(b.if_false, a.if_false)?;
                *a = *b;
            }
            Or => {
                b.if_true = self.join(b.if_true, a.if_true)?;
                *a = *b;
            }
            Concat => {
                self.put_next(b)?;
                self.concat(a, b, line);
            }
            Eq | Ne => self.equality(op, a, b)?,
            Lt => self.order(Opcode::Lt, a, b)?,
            Le => self.order(Opcode::Le, a, b)?,
            Gt | Ge => {
                // a > b is b < a.
                std::mem::swap(a, b);
                self.order(if op == Gt { Opcode::Lt } else { Opcode::Le }, a, b)?;
            }
            Add | Sub | Mul | Div | IDiv | Mod | Pow | BAnd | BOr | BXor | Shl | Shr => {
                self.arithmetic(op, a, b, line)?;
            }
        }
        Ok(())
    }

    fn arithmetic(&mut self, op: BinaryOp, a: &mut Operand, b: &mut Operand, line: u32) -> Result<()> {
        use BinaryOp::*;
        match (op, small_int(b)) {
            (Add, Some(n)) => return self.finish(Opcode::AddI, a, b, n as u8, line),
            // The sign of the distance tells `>>` from `<<`, for metamethods.
            (Shr, Some(n @ 0..)) => return self.finish(Opcode::ShrI, a, b, n as u8, line),
            (Shl, Some(n @ 1..)) => return self.finish(Opcode::ShrI, a, b, (-n) as u8, line),
            _ => {}
        }
        if op == Shl
            && let Some(n) = small_int(a)
        {
            let reg = self.put_any(b)?;
            self.free_operands(a, b);
            *a = Operand::new(Kind::Pending(self.emit(Opcode::ShlI, 0, reg, n as u8)));
            self.fix_line(line);
            return Ok(());
        }
        let reversed = match op {
            Add => Some(Opcode::KAdd),
            Sub => Some(Opcode::KSub),
            Mul => Some(Opcode::KMul),
            Div => Some(Opcode::KDiv),
            _ => None,
        };
        if let Some(opcode) = reversed
            && a.numeral().is_some()
            && let Some(index) = self.make_constant(a)?
        {
            let reg = self.put_any(b)?;
            self.free_operands(a, b);
            *a = Operand::new(Kind::Pending(self.emit(opcode, 0, reg, index)));
            self.fix_line(line);
            return Ok(());
        }
        let (with_constant, with_register) = match op {
            Add => (Some(Opcode::AddK), Opcode::Add),
            Sub => (Some(Opcode::SubK), Opcode::Sub),
            Mul => (Some(Opcode::MulK), Opcode::Mul),
            Mod => (Some(Opcode::ModK), Opcode::Mod),
            Pow => (Some(Opcode::PowK), Opcode::Pow),
            Div => (Some(Opcode::DivK), Opcode::Div),
            IDiv => (Some(Opcode::IDivK), Opcode::IDiv),
            BAnd => (Some(Opcode::BAndK), Opcode::BAnd),
            BOr => (Some(Opcode::BOrK), Opcode::BOr),
            BXor => (Some(Opcode::BXorK), Opcode::BXor),
            Shl => (None, Opcode::Shl),
            Shr => (None, Opcode::Shr),
            _ => unreachable!("an arithmetic operator"),
        };
        if let Some(opcode) = with_constant {
            let fits = match b.numeral() {
                Some(Number::Int(_)) => true,
                Some(Number::Float(_)) => !matches!(op, BAnd | BOr | BXor),
                None => false,
            };
            if fits && let Some(index) = self.make_constant(b)? {
                return self.finish(opcode, a, b, index, line);
            }
        }
        let c = self.put_any(b)?;
        self.finish(with_register, a, b, c, line)
    }

    /// Emits an instruction on the register of `a` and on `c`, which stands for `b`.
    fn finish(&mut self, opcode: Opcode, a: &mut Operand, b: &Operand, c: u8, line: u32) -> Result<()> {
        let reg = self.put_any(a)?;
        self.free_operands(a, b);
        *a = Operand::new(Kind::Pending(self.emit(opcode, 0, reg, c)));
        self.fix_line(line);
        Ok(())
    }

    /// Concatenates neighboring registers; `a .. (b .. c)` is one instruction.
    fn concat(&mut self, a: &Operand, b: &Operand, line: u32) {
        let Kind::Fixed(reg) = a.kind else { unreachable!("the first operand is in a register") };
        if let Some((pc, before)) = self.f.previous_instruction()
            && before.op() == Opcode::Concat
            && before.a() == reg + 1
        {
            self.f.set_a(pc, reg);
            self.f.set_b(pc, before.b() + 1);
            self.free_operand(b);
        } else {
            self.emit(Opcode::Concat, reg, 2, 0);
            self.free_operand(b);
            self.fix_line(line);
        }
    }

    fn equality(&mut self, op: BinaryOp, a: &mut Operand, b: &mut Operand) -> Result<()> {
        if !matches!(a.kind, Kind::Fixed(_)) {
            // The first operand is a constant; no metamethod can tell.
            std::mem::swap(a, b);
        }
        let reg = self.put_any(a)?;
        let (opcode, operand) = if let Some(n) = small_number(b) {
            (Opcode::EqI, n as u8)
        } else if let Some(index) = self.make_constant(b)? {
            (Opcode::EqK, index)
        } else {
            (Opcode::Eq, self.put_any(b)?)
        };
        self.free_operands(a, b);
        *a = Operand::new(Kind::Jump(self.jump_if(opcode, reg, operand, u8::from(op == BinaryOp::Eq))));
        Ok(())
    }

    /// Compares `a < b` or `a <= b`. A flag tells a small float from a small integer, for metamethods.
    fn order(&mut self, opcode: Opcode, a: &mut Operand, b: &mut Operand) -> Result<()> {
        let is_less = opcode == Opcode::Lt;
        let float = |e: &Operand| if small_int(e).is_none() { 2 } else { 0 };
        let (opcode, reg, operand, flag) = if let Some(n) = small_number(b) {
            (if is_less { Opcode::LtI } else { Opcode::LeI }, self.put_any(a)?, n as u8, float(b))
        } else if let Some(n) = small_number(a) {
            (if is_less { Opcode::GtI } else { Opcode::GeI }, self.put_any(b)?, n as u8, float(a))
        } else {
            let reg = self.put_any(a)?;
            (opcode, reg, self.put_any(b)?, 0)
        };
        self.free_operands(a, b);
        *a = Operand::new(Kind::Jump(self.jump_if(opcode, reg, operand, 1 | flag)));
        Ok(())
    }
}

/// The integer numeral that an operand is, if it fits into a signed byte.
fn small_int(e: &Operand) -> Option<i8> {
    e.int().and_then(|n| i8::try_from(n).ok())
}

/// The numeral with an integral value that an operand is, if it fits into a signed byte.
fn small_number(e: &Operand) -> Option<i8> {
    let n = match e.numeral()? {
        Number::Int(n) => n,
        Number::Float(f) => float_to_integer(f)?,
    };
    i8::try_from(n).ok()
}
