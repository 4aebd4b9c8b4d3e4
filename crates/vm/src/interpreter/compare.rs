//! Equality and order: the manual's sections 3.4.4 and 2.4.

use super::{CONTINUE, Flow, call};
use crate::debuginfo;
use crate::error;
use crate::metamethod::Event;
use crate::object::{BoxedLight, Kind};
use crate::string;
use crate::sync::AtomicU32;
use crate::thread::Record;
use crate::value::Value;

/// `<` or `<=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// <
    Lt,
    /// <=
    Le,
}

/// rawequal (I-3: different words may be equal strings, numbers, or boxed values).
#[inline(never)]
pub extern "C" fn raw_equal(a: Value, b: Value) -> bool {
    if a == b {
        return !(a.is_double() && a.as_double().is_nan());
    }
    if a.is_double() || b.is_double() {
        return match (a.is_double(), b.is_double()) {
            (true, true) => a.as_double() == b.as_double(),
            (true, false) => b.as_int().is_some_and(|i| int_equals_float(i, a.as_double())),
            _ => a.as_int().is_some_and(|i| int_equals_float(i, b.as_double())),
        };
    }
    if !a.is_object() || !b.is_object() {
        return false;
    }
    // SAFETY: live objects.
    unsafe {
        match ((*a.as_object()).kind(), (*b.as_object()).kind()) {
            (Kind::Str, Kind::Str) => string::equal_strings(a, b),
            (Kind::BoxedInt, Kind::BoxedInt) => a.as_int() == b.as_int(),
            (Kind::BoxedLight, Kind::BoxedLight) => {
                (*a.as_object().cast::<BoxedLight>()).value == (*b.as_object().cast::<BoxedLight>()).value
            }
            _ => false,
        }
    }
}

fn int_equals_float(i: i64, f: f64) -> bool {
    luas_compiler::number::float_to_integer(f) == Some(i)
}

/// The `__eq` metamethod for two values that are not raw-equal: both tables or both userdata.
pub fn eq_metamethod(rec: &Record, a: Value, b: Value) -> Value {
    if !a.is_object() || !b.is_object() {
        return Value::NIL;
    }
    // SAFETY: live objects.
    let (ka, kb) = unsafe { ((*a.as_object()).kind(), (*b.as_object()).kind()) };
    if ka != kb || !matches!(ka, Kind::Table | Kind::Userdata) {
        return Value::NIL;
    }
    let m = debuginfo::metamethod_of(rec, a, Event::Eq);
    if m.is_nil() { debuginfo::metamethod_of(rec, b, Event::Eq) } else { m }
}

/// Completes a comparison with its result.
/// # Safety
/// The current Lua frame is in a comparison, pc saved.
pub unsafe fn complete(rec: &Record, result: bool, want: bool) -> Flow {
    // SAFETY: caller; the second word is the jump distance.
    unsafe {
        let ci = rec.ci.get();
        let distance = (*(*ci).pc.cast::<AtomicU32>()).get() as i32 as isize;
        (*ci).pc = (*ci).pc.add(1);
        if result == want {
            (*ci).pc = (*ci).pc.offset(distance);
            if distance < 0 && rec.poll.get() != 0 {
                return call::safepoint(rec);
            }
        }
        CONTINUE
    }
}

/// The rest of EQ.
#[inline(never)]
pub fn eq(rec: &Record, a: Value, b: Value, want: bool) -> Flow {
    // SAFETY: the current Lua frame, pc saved.
    unsafe {
        if raw_equal(a, b) {
            return complete(rec, true, want);
        }
        let m = eq_metamethod(rec, a, b);
        if m.is_nil() {
            return complete(rec, false, want);
        }
        call::call_meta(rec, m, &[a, b], 1, 0)
    }
}

/// `i < f`, exactly.
fn int_less_float(i: i64, f: f64) -> bool {
    if f.is_nan() {
        return false;
    }
    if i.unsigned_abs() <= 1 << 53 {
        return (i as f64) < f;
    }
    // The least integer not below f.
    let c = f.ceil();
    if c >= 9_223_372_036_854_775_808.0 {
        true
    } else if c <= -9_223_372_036_854_775_808.0 {
        f > -9_223_372_036_854_775_808.0 && i < c as i64
    } else {
        i < c as i64
    }
}

fn int_at_most_float(i: i64, f: f64) -> bool {
    if f.is_nan() {
        return false;
    }
    if i.unsigned_abs() <= 1 << 53 {
        return i as f64 <= f;
    }
    let c = f.floor();
    if c >= 9_223_372_036_854_775_808.0 {
        true
    } else if c < -9_223_372_036_854_775_808.0 {
        false
    } else {
        i <= c as i64
    }
}

fn numbers(order: Order, a: Value, b: Value) -> Option<bool> {
    Some(match (a.is_double(), b.is_double()) {
        (true, true) => match order {
            Order::Lt => a.as_double() < b.as_double(),
            Order::Le => a.as_double() <= b.as_double(),
        },
        (false, false) => {
            let (x, y) = (a.as_int()?, b.as_int()?);
            match order {
                Order::Lt => x < y,
                Order::Le => x <= y,
            }
        }
        (false, true) => {
            let (x, y) = (a.as_int()?, b.as_double());
            match order {
                Order::Lt => int_less_float(x, y),
                Order::Le => int_at_most_float(x, y),
            }
        }
        (true, false) => {
            let (x, y) = (a.as_double(), b.as_int()?);
            !x.is_nan()
                && match order {
                    Order::Lt => !int_at_most_float(y, x),
                    Order::Le => !int_less_float(y, x),
                }
        }
    })
}

/// What a comparison came to.
pub enum Outcome {
    /// The result.
    Is(bool),
    /// Call this metamethod with both operands, and take the truth of its result.
    Call(Value),
    /// Call this `__lt`, which stands in for `__le`, with the operands exchanged, and take the opposite.
    Opposite(Value),
    /// Not comparable.
    Never,
}

/// `a < b` or `a <= b`.
#[inline]
pub fn ordered(rec: &Record, order: Order, a: Value, b: Value) -> Outcome {
    match strings(order, a, b) {
        Some(r) => Outcome::Is(r),
        None => ordered_others(rec, order, a, b),
    }
}

/// Strings compare in the order of the locale in use.
#[inline(always)]
fn strings(order: Order, a: Value, b: Value) -> Option<bool> {
    let (x, y) = (a.as_str()?, b.as_str()?);
    // SAFETY: live strings.
    let c = unsafe { crate::ffi::locale::compare(crate::object::Str::bytes(x), crate::object::Str::bytes(y)) };
    Some(match order {
        Order::Lt => c.is_lt(),
        Order::Le => c.is_le(),
    })
}

/// [`ordered`] of anything but two strings.
#[inline(never)]
fn ordered_others(rec: &Record, order: Order, a: Value, b: Value) -> Outcome {
    if a.as_table().is_none()
        && let Some(r) = numbers(order, a, b)
    {
        return Outcome::Is(r);
    }
    let event = if order == Order::Lt { Event::Lt } else { Event::Le };
    let mut m = debuginfo::metamethod_of(rec, a, event);
    if m.is_nil() {
        m = debuginfo::metamethod_of(rec, b, event);
    }
    if !m.is_nil() {
        return Outcome::Call(m);
    }
    if order == Order::Le {
        m = debuginfo::metamethod_of(rec, b, Event::Lt);
        if m.is_nil() {
            m = debuginfo::metamethod_of(rec, a, Event::Lt);
        }
    }
    if m.is_nil() { Outcome::Never } else { Outcome::Opposite(m) }
}

/// Whether the result will be the opposite of the metamethod's lies below the call, where [`result`] looks.
unsafe fn set_opposite(rec: &Record, yes: bool) {
    // SAFETY: caller: a Lua frame, above which EXTRA_SLOTS are free.
    unsafe { *rec.stack.get().add((*rec.ci.get()).top as usize) = Value::bool(yes) }
}

/// The outcome of an order whose metamethod has returned `v`.
/// # Safety
/// The current Lua frame is in the comparison that [`order`] began.
pub unsafe fn result(rec: &Record, v: Value) -> bool {
    // SAFETY: caller.
    let opposite = unsafe { *rec.stack.get().add((*rec.ci.get()).top as usize) };
    v.is_falsy() != opposite.is_falsy()
}

/// The rest of LT, LE and their relatives.
#[inline(never)]
pub fn order(rec: &Record, order: Order, a: Value, b: Value, want: bool) -> Flow {
    // SAFETY: the current Lua frame, pc saved.
    unsafe {
        if let Some(r) = strings(order, a, b) {
            return complete(rec, r, want);
        }
        match ordered_others(rec, order, a, b) {
            Outcome::Is(r) => complete(rec, r, want),
            Outcome::Call(m) => {
                set_opposite(rec, false);
                call::call_meta(rec, m, &[a, b], 1, 1)
            }
            Outcome::Opposite(m) => {
                set_opposite(rec, true);
                call::call_meta(rec, m, &[b, a], 1, 1)
            }
            Outcome::Never => {
                error::set_compare_error(rec, a, b);
                call::throw(rec)
            }
        }
    }
}
