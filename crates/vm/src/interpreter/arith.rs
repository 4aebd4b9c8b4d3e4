//! Arithmetic out of line: mixed and wide numbers, strings, metamethods; exactly as the manual's section 3.4.

use super::{CONTINUE, Flow, call, register};
use crate::debuginfo;
use crate::error;
use crate::metamethod::Event;
use crate::object::Table;
use crate::sync::Acquire;
use crate::table;
use crate::thread::Record;
use crate::value::{Type, Value, small_float};
use luas_compiler::number::{Number, float_to_integer};

/// An arithmetic or bitwise operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Op {
    /// +
    Add,
    /// -
    Sub,
    /// *
    Mul,
    /// %
    Mod,
    /// ^
    Pow,
    /// /
    Div,
    /// //
    IDiv,
    /// &
    BAnd,
    /// |
    BOr,
    /// ~
    BXor,
    /// <<
    Shl,
    /// >>
    Shr,
    /// unary -
    Unm,
    /// unary ~
    BNot,
}

impl Op {
    /// All of them, by number.
    pub const ALL: [Op; 14] = [
        Op::Add,
        Op::Sub,
        Op::Mul,
        Op::Mod,
        Op::Pow,
        Op::Div,
        Op::IDiv,
        Op::BAnd,
        Op::BOr,
        Op::BXor,
        Op::Shl,
        Op::Shr,
        Op::Unm,
        Op::BNot,
    ];
    /// Its metamethod.
    pub fn event(self) -> Event {
        match self {
            Op::Add => Event::Add,
            Op::Sub => Event::Sub,
            Op::Mul => Event::Mul,
            Op::Mod => Event::Mod,
            Op::Pow => Event::Pow,
            Op::Div => Event::Div,
            Op::IDiv => Event::IDiv,
            Op::BAnd => Event::BAnd,
            Op::BOr => Event::BOr,
            Op::BXor => Event::BXor,
            Op::Shl => Event::Shl,
            Op::Shr => Event::Shr,
            Op::Unm => Event::Unm,
            Op::BNot => Event::BNot,
        }
    }
    /// Works on integers only.
    pub fn is_bitwise(self) -> bool {
        matches!(self, Op::BAnd | Op::BOr | Op::BXor | Op::Shl | Op::Shr | Op::BNot)
    }
    /// The operator of a metamethod.
    pub fn from_event(e: Event) -> Option<Op> {
        const ALL: [Op; 14] = [
            Op::Add,
            Op::Sub,
            Op::Mul,
            Op::Mod,
            Op::Pow,
            Op::Div,
            Op::IDiv,
            Op::BAnd,
            Op::BOr,
            Op::BXor,
            Op::Shl,
            Op::Shr,
            Op::Unm,
            Op::BNot,
        ];
        ALL.into_iter().find(|op| op.event() == e)
    }
}

/// `%` of integers: the result has the divisor's sign.
pub mod modulo {
    /// Both of 32 bits.
    #[inline(always)]
    pub fn narrow(m: u32, n: u32) -> i64 {
        (m % n) as i64
    }
    /// A positive divisor.
    #[inline(always)]
    pub fn wide(m: i64, n: i64) -> i64 {
        let r = m.wrapping_rem(n);
        if r < 0 { r + n } else { r }
    }
}

/// `//` of integers: rounds towards minus infinity.
pub mod floor_division {
    /// Both of 32 bits.
    #[inline(always)]
    pub fn narrow(m: u32, n: u32) -> i64 {
        (m / n) as i64
    }
    /// A positive divisor.
    #[inline(always)]
    pub fn wide(m: i64, n: i64) -> i64 {
        let q = m.wrapping_div(n);
        if m.wrapping_rem(n) < 0 { q - 1 } else { q }
    }
}

/// `m % n` of floats.
#[inline]
pub fn float_mod(m: f64, n: f64) -> f64 {
    // Integral values that fit 32 bits: the library's remainder is a loop over bits.
    if m >= 0.0 && n > 0.0 && m <= u32::MAX as f64 && n <= u32::MAX as f64 {
        let (i, j) = (m as u32, n as u32);
        // By bits, for −0.0 stays.
        if (i as f64).to_bits() == m.to_bits() && j as f64 == n {
            return (i % j) as f64;
        }
    }
    let r = m % n;
    // Signs one by one: a product of small numbers would vanish.
    if if r > 0.0 { n < 0.0 } else { r < 0.0 && n > 0.0 } { r + n } else { r }
}

/// Rounds down. A call of the C library costs more than the operation.
#[inline(always)]
pub fn floor(f: f64) -> f64 {
    small_floor(f).unwrap_or_else(|| f.floor())
}

/// Rounds down what is small enough to do so with two additions; None for the rest and NaN.
#[inline(always)]
pub fn small_floor(f: f64) -> Option<f64> {
    /// 2^51: below, adding the bias rounds to an integer.
    const LIMIT: f64 = (1u64 << 51) as f64;
    /// 1.5 * 2^52, where the last bit of a float counts as one.
    const BIAS: f64 = 6_755_399_441_055_744.0;
    if f.abs() < LIMIT {
        let near = (f + BIAS) - BIAS;
        // The sign of a negative zero stays.
        return Some((if near > f { near - 1.0 } else { near }).copysign(f));
    }
    None
}

/// A shift to the left; to the right for negative `n`.
#[inline]
pub fn shift_left(x: i64, n: i64) -> i64 {
    if n <= -64 || n >= 64 {
        0
    } else if n >= 0 {
        ((x as u64) << n) as i64
    } else {
        ((x as u64) >> -n) as i64
    }
}

/// The result of an operator on two integers; None for a division by zero, and for `/` and `^`.
#[inline]
pub fn on_ints(op: Op, a: i64, b: i64) -> Option<i64> {
    Some(match op {
        Op::Add => a.wrapping_add(b),
        Op::Sub => a.wrapping_sub(b),
        Op::Mul => a.wrapping_mul(b),
        Op::Mod => {
            if b == 0 {
                return None;
            }
            let r = a.wrapping_rem(b);
            if r != 0 && (r ^ b) < 0 { r + b } else { r }
        }
        Op::IDiv => {
            if b == 0 {
                return None;
            }
            let q = a.wrapping_div(b);
            if a.wrapping_rem(b) != 0 && (a ^ b) < 0 { q - 1 } else { q }
        }
        Op::BAnd => a & b,
        Op::BOr => a | b,
        Op::BXor => a ^ b,
        Op::Shl => shift_left(a, b),
        Op::Shr => shift_left(a, b.checked_neg().unwrap_or(i64::MAX)),
        Op::Unm => a.wrapping_neg(),
        Op::BNot => !a,
        Op::Pow | Op::Div => return None,
    })
}

/// The result of an operator on two floats.
#[inline]
pub fn on_floats(op: Op, a: f64, b: f64) -> f64 {
    match op {
        Op::Add => a + b,
        Op::Sub => a - b,
        Op::Mul => a * b,
        Op::Mod => float_mod(a, b),
        Op::Pow => {
            if b == 2.0 {
                a * a
            } else {
                a.powf(b)
            }
        }
        Op::Div => a / b,
        Op::IDiv => floor(a / b),
        Op::Unm => -a,
        _ => unreachable!("a bitwise operator on floats"),
    }
}

/// A number as an operand.
#[inline(always)]
fn number(v: Value) -> Option<Number> {
    if v.is_double() { Some(Number::Float(v.as_double())) } else { v.as_int().map(Number::Int) }
}

/// The operator on an inline integer and a float, or two floats (for `^` also two integers); None for anything else.
#[inline(always)]
pub fn mixed(op: Op, a: Value, b: Value) -> Option<Value> {
    if op.is_bitwise() {
        return None;
    }
    let x = if a.is_double() {
        a.as_double()
    } else if a.is_small_int() && (b.is_double() || op == Op::Pow) {
        a.small_int_as_float()
    } else {
        return None;
    };
    let y = if b.is_double() {
        b.as_double()
    } else if b.is_small_int() {
        b.small_int_as_float()
    } else {
        return None;
    };
    Some(Value::float(on_floats(op, x, y)))
}

/// The integer of an inline or boxed word.
#[inline(always)]
fn wide(v: Value) -> Option<i64> {
    if v.is_small_int() { Some(v.as_small_int()) } else { v.as_int() }
}

/// The operator number `OP` on two numbers; EMPTY when an operand is no number, or the operator needs more than
/// numbers. One copy for each operator: wide integers are the common case here.
/// # Safety
/// `a` and `b` are live.
#[inline(never)]
pub unsafe extern "C" fn numbers<const OP: u8>(rec: &Record, a: Value, b: Value) -> Value {
    let op = Op::ALL[OP as usize];
    if !matches!(op, Op::Pow | Op::Div)
        && let (Some(x), Some(y)) = (wide(a), wide(b))
    {
        return match on_ints(op, x, y) {
            Some(i) => rec.new_int(i).unwrap_or(Value::EMPTY),
            None => Value::EMPTY,
        };
    }
    let (Some(a), Some(b)) = (number(a), number(b)) else { return Value::EMPTY };
    apply(rec, op, a, b).unwrap_or(Value::EMPTY)
}

/// As [`numbers`]; None also when there is no memory for a wide integer.
#[inline(always)]
fn apply(rec: &Record, op: Op, a: Number, b: Number) -> Option<Value> {
    match (a, b) {
        (Number::Int(x), Number::Int(y)) if !matches!(op, Op::Pow | Op::Div) => rec.new_int(on_ints(op, x, y)?),
        _ if op.is_bitwise() => {
            let x = integer(a)?;
            let y = integer(b)?;
            rec.new_int(on_ints(op, x, y)?)
        }
        _ => Some(Value::float(on_floats(op, float(a), float(b)))),
    }
}

fn float(n: Number) -> f64 {
    match n {
        Number::Int(i) if i.unsigned_abs() < 1 << 50 => small_float(i),
        Number::Int(i) => i as f64,
        Number::Float(f) => f,
    }
}

fn integer(n: Number) -> Option<i64> {
    match n {
        Number::Int(i) => Some(i),
        Number::Float(f) => float_to_integer(f),
    }
}

/// What an operator came to.
pub enum Outcome {
    /// The value.
    Value(Value),
    /// Call this metamethod with both operands.
    Call(Value),
    /// An error was raised (its value is in the record).
    Failed,
}

/// The operator on any values. Arithmetic on strings is done by the metamethods of strings.
pub fn operate(rec: &Record, op: Op, a: Value, b: Value) -> Outcome {
    if let Some(t) = a.as_table() {
        // SAFETY: a live table, its metatable likewise.
        let m = unsafe { table::metamethod(rec, (*t).meta.load(Acquire) as *const Table, op.event()) };
        if !m.is_nil() {
            return Outcome::Call(m);
        }
    }
    if let (Some(x), Some(y)) = (number(a), number(b)) {
        if let Some(v) = apply(rec, op, x, y) {
            return Outcome::Value(v);
        }
        if let (Number::Int(_), Number::Int(0)) = (x, y)
            && matches!(op, Op::Mod | Op::IDiv)
        {
            let text = if op == Op::Mod { "attempt to perform 'n%0'" } else { "attempt to divide by zero" };
            error::set_positioned(rec, text.as_bytes());
            return Outcome::Failed;
        }
    }
    // A metamethod of the first operand, else of the second; strings have theirs in the string metatable.
    let mut m = debuginfo::metamethod_of(rec, a, op.event());
    if m.is_nil() {
        m = debuginfo::metamethod_of(rec, b, op.event());
    }
    if !m.is_nil() {
        return Outcome::Call(m);
    }
    if op.is_bitwise() {
        if number(a).is_some() && number(b).is_some() {
            error::set_to_integer_error(rec, a, b);
            return Outcome::Failed;
        }
        let culprit = if a.type_of() == Type::Number { b } else { a };
        error::set_operand_error(rec, "perform bitwise operation on", culprit);
        return Outcome::Failed;
    }
    let culprit = if number(a).is_some() { b } else { a };
    error::set_operand_error(rec, "perform arithmetic on", culprit);
    Outcome::Failed
}

/// The rest of a binary instruction.
#[inline(never)]
pub fn general(rec: &Record, op: Op, a: Value, b: Value, dest: usize) -> Flow {
    // SAFETY: the current Lua frame, pc saved; arithmetic instructions have one word.
    unsafe {
        match operate(rec, op, a, b) {
            Outcome::Value(v) => {
                *register(rec, dest as u8) = v;
                CONTINUE
            }
            Outcome::Call(m) => call::call_meta(rec, m, &[a, b], 1, 0),
            Outcome::Failed => call::throw(rec),
        }
    }
}

/// The rest of UNM and BNOT.
#[inline(never)]
pub fn unary(rec: &Record, op: Op, v: Value, dest: usize) -> Flow {
    general(rec, op, v, v, dest)
}
