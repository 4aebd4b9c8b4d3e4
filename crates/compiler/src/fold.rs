//! Constant expressions: the operations that the compiler does itself.
//!
//! What could raise an error is left to the machine, and so are results that are zero floats or NaN: then neither
//! the sign of a zero nor the bits of a NaN depend on folding.

use crate::ast::{BinaryOp, Expr, ExprId, ExprKind, UnaryOp};
use crate::number::{Number, float_to_integer};
use crate::symbol::Symbol;

/// The value of a compile-time constant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Folded {
    /// nil
    Nil,
    /// false or true
    Bool(bool),
    /// An integer
    Int(i64),
    /// A float
    Float(f64),
    /// A string
    Str(Symbol),
}

impl Folded {
    fn is_false(self) -> bool {
        matches!(self, Folded::Nil | Folded::Bool(false))
    }

    fn number(self) -> Option<Number> {
        match self {
            Folded::Int(n) => Some(Number::Int(n)),
            Folded::Float(f) => Some(Number::Float(f)),
            _ => None,
        }
    }
}

impl From<Number> for Folded {
    fn from(number: Number) -> Folded {
        match number {
            Number::Int(n) => Folded::Int(n),
            Number::Float(f) => Folded::Float(f),
        }
    }
}

/// The value of an expression that needs no code, as the code generator will find it too.
pub fn constant(exprs: &[Expr], expr: ExprId) -> Option<Folded> {
    // Operands on the left may be many and are walked without recursion; the parser bounds every other nesting.
    let mut spine = Vec::new();
    let mut at = expr;
    while let ExprKind::Binary { op, left, right, .. } = exprs[at.0 as usize].kind {
        spine.push((op, right));
        at = left;
    }
    let mut value = match exprs[at.0 as usize].kind {
        ExprKind::Nil => Folded::Nil,
        ExprKind::False => Folded::Bool(false),
        ExprKind::True => Folded::Bool(true),
        ExprKind::Int(n) => Folded::Int(n),
        ExprKind::Float(f) => Folded::Float(f),
        ExprKind::Str(s) => Folded::Str(s),
        ExprKind::Constant { value, .. } => value,
        ExprKind::Paren(inner) => constant(exprs, inner)?,
        ExprKind::Unary { op: UnaryOp::Not, operand, .. } => Folded::Bool(constant(exprs, operand)?.is_false()),
        ExprKind::Unary { op, operand, .. } => unary(op, constant(exprs, operand)?.number()?)?.into(),
        _ => return None,
    };
    for (op, right) in spine.into_iter().rev() {
        value = match op {
            BinaryOp::And if !value.is_false() => constant(exprs, right)?,
            BinaryOp::Or if value.is_false() => constant(exprs, right)?,
            _ => binary(op, value.number()?, constant(exprs, right)?.number()?)?.into(),
        };
    }
    Some(value)
}

/// The result of a unary operation on a number, if it is to be folded.
pub fn unary(op: UnaryOp, a: Number) -> Option<Number> {
    match (op, a) {
        (UnaryOp::Minus, Number::Int(n)) => Some(Number::Int(n.wrapping_neg())),
        (UnaryOp::Minus, Number::Float(f)) => plain(-f),
        (UnaryOp::BNot, a) => Some(Number::Int(!to_integer(a)?)),
        (UnaryOp::Not | UnaryOp::Len, _) => None,
    }
}

/// The result of a binary operation on two numbers, if it is to be folded.
pub fn binary(op: BinaryOp, a: Number, b: Number) -> Option<Number> {
    use BinaryOp::*;
    use Number::Int;
    match (op, a, b) {
        (Add, Int(a), Int(b)) => Some(Int(a.wrapping_add(b))),
        (Sub, Int(a), Int(b)) => Some(Int(a.wrapping_sub(b))),
        (Mul, Int(a), Int(b)) => Some(Int(a.wrapping_mul(b))),
        (Mod | IDiv, Int(_), Int(0)) => None,
        (Mod, Int(a), Int(b)) => {
            let r = a.wrapping_rem(b);
            Some(Int(if r != 0 && (r ^ b) < 0 { r + b } else { r }))
        }
        (IDiv, Int(a), Int(b)) => {
            let q = a.wrapping_div(b);
            Some(Int(if (a ^ b) < 0 && q.wrapping_mul(b) != a { q - 1 } else { q }))
        }
        (Add, ..) => plain(to_float(a) + to_float(b)),
        (Sub, ..) => plain(to_float(a) - to_float(b)),
        (Mul, ..) => plain(to_float(a) * to_float(b)),
        (Div | IDiv | Mod, ..) if to_float(b) == 0.0 => None,
        (Div, ..) => plain(to_float(a) / to_float(b)),
        (IDiv, ..) => plain((to_float(a) / to_float(b)).floor()),
        (Mod, ..) => {
            let (a, b) = (to_float(a), to_float(b));
            let r = a % b;
            plain(if r != 0.0 && (r < 0.0) != (b < 0.0) { r + b } else { r })
        }
        (Pow, ..) if to_float(b) == 2.0 => plain(to_float(a) * to_float(a)),
        (Pow, ..) => plain(to_float(a).powf(to_float(b))),
        (BAnd, ..) => Some(Int(to_integer(a)? & to_integer(b)?)),
        (BOr, ..) => Some(Int(to_integer(a)? | to_integer(b)?)),
        (BXor, ..) => Some(Int(to_integer(a)? ^ to_integer(b)?)),
        (Shl, ..) => Some(Int(shift_left(to_integer(a)?, to_integer(b)?))),
        (Shr, ..) => Some(Int(shift_left(to_integer(a)?, to_integer(b)?.wrapping_neg()))),
        _ => None,
    }
}

/// A float result, unless folding should keep away from it.
fn plain(f: f64) -> Option<Number> {
    (!f.is_nan() && f != 0.0).then_some(Number::Float(f))
}

fn to_float(n: Number) -> f64 {
    match n {
        Number::Int(n) => n as f64,
        Number::Float(f) => f,
    }
}

fn to_integer(n: Number) -> Option<i64> {
    match n {
        Number::Int(n) => Some(n),
        Number::Float(f) => float_to_integer(f),
    }
}

fn shift_left(n: i64, by: i64) -> i64 {
    match by {
        0..=63 => ((n as u64) << by) as i64,
        -63..=-1 => ((n as u64) >> -by) as i64,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Number::{Float, Int};

    #[test]
    fn integer_division_rounds_down() {
        assert_eq!(binary(BinaryOp::IDiv, Int(-7), Int(2)), Some(Int(-4)));
        assert_eq!(binary(BinaryOp::Mod, Int(-7), Int(2)), Some(Int(1)));
        assert_eq!(binary(BinaryOp::Mod, Int(7), Int(-2)), Some(Int(-1)));
        assert_eq!(binary(BinaryOp::IDiv, Int(i64::MIN), Int(-1)), Some(Int(i64::MIN)));
        assert_eq!(binary(BinaryOp::Mod, Int(i64::MIN), Int(-1)), Some(Int(0)));
        assert_eq!(binary(BinaryOp::Mod, Float(-5.5), Int(2)), Some(Float(0.5)));
        assert_eq!(binary(BinaryOp::Mod, Float(5.0), Float(f64::NEG_INFINITY)), Some(Float(f64::NEG_INFINITY)));
    }

    #[test]
    fn what_may_fail_or_lose_a_sign_is_not_folded() {
        assert_eq!(binary(BinaryOp::IDiv, Int(1), Int(0)), None);
        assert_eq!(binary(BinaryOp::Div, Int(1), Int(0)), None);
        assert_eq!(binary(BinaryOp::Mul, Float(0.0), Int(-1)), None);
        assert_eq!(binary(BinaryOp::BAnd, Float(1.5), Int(1)), None);
        assert_eq!(unary(UnaryOp::Minus, Float(0.0)), None);
        assert_eq!(unary(UnaryOp::Minus, Int(0)), Some(Int(0)));
        assert_eq!(binary(BinaryOp::Shl, Int(1), Int(64)), Some(Int(0)));
        assert_eq!(binary(BinaryOp::Shr, Int(-1), Int(63)), Some(Int(1)));
        assert_eq!(binary(BinaryOp::Shl, Int(1), Int(i64::MIN)), Some(Int(0)));
        assert_eq!(binary(BinaryOp::Shr, Int(1), Int(i64::MIN)), Some(Int(0)));
    }
}
