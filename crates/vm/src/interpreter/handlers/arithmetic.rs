//! The bodies of arithmetic and bitwise instructions, and of their [forms](super::super::forms).
//!
//! The compiler's form tries inline integers. What it meets else goes to a handler that changes the form: `F` computes
//! on doubles and looks at the result alone, which is a NaN when one of the words is no double, for those are NaNs by
//! their bits; `M` tries integers of any width and all numbers. What no form does goes out of line.

use super::*;

/// Ends a handler with a result.
macro_rules! done {
    ($r:expr, $pc:expr, $base:expr, $ins:expr, $th:expr, $k:expr) => {{
        *$base.add(a!($ins)) = $r;
        next!($pc, $base, $th, $k)
    }};
}
/// Stores an integer of any width when it is inline or a box fits the current run: no call, so no spills.
macro_rules! wide_done {
    ($r:expr, $tag:ident, $rest:ident, $pc:expr, $base:expr, $ins:expr, $th:expr, $k:expr) => {{
        let r: i64 = $r;
        let word = in_order(INT_ZERO.wrapping_add(r as u64));
        // Loaded again: kept from the operands, it would be a register too many.
        if word >= anew(TAG_INT) {
            done!(Value(word), $pc, $base, $ins, $th, $k)
        }
        if let Some(p) = (*$th).bump_int(r) {
            done!(Value($tag | p as u64), $pc, $base, $ins, $th, $k)
        }
        return $rest($pc, $base, $ins, $th, $k);
    }};
}
/// An inline integer or a double.
#[inline(always)]
fn inline_number(v: Value) -> bool {
    v.0 < TAG_BASE || v.0 >= TAG_INT
}
/// What an inline number is as a double.
#[inline(always)]
fn float_of(v: Value) -> f64 {
    if v.0 < TAG_BASE { v.as_double() } else { v.small_int_as_float() }
}
/// `+`, `-`, `*`: the compiler's form, what changes it, and the two others.
macro_rules! ring {
    (
        $name:ident, $other:ident, $f:ident, $mixed:ident, $m:ident, $numbers:ident, $rest:ident, $first:ident, $second:ident,
        $int:ident, $wrapping:ident, $float:tt, $constant:tt $i:ident) => {
        op! { $name(pc, base, ins, th, k) {
            $int!($first, $second, pc, base, ins, th, k);
            return $other(pc, base, ins, th, k);
        } }
        op! { $f(pc, base, ins, th, k) {
            let r = double_at!($first(base, k, ins)) $float double_at!($second(base, k, ins));
            if !r.is_nan() {
                done!(Value(r.to_bits()), pc, base, ins, th, k)
            }
            return $mixed(pc, base, ins, th, k);
        } }
        op! {
            #[inline(never)]
            $mixed(pc, base, ins, th, k) {
                let (x, y) = (*$first(base, k, ins), *$second(base, k, ins));
                if inline_number(x) && inline_number(y) && x.0 & y.0 < TAG_INT {
                    done!(Value::float(float_of(x) $float float_of(y)), pc, base, ins, th, k)
                }
                $int!($first, $second, pc, base, ins, th, k);
                return $other(pc, base, ins, th, k);
            }
        }
        op! { $m(pc, base, ins, th, k) {
            let (limit, tag) = (in_order(TAG_INT), in_order(TAG_OBJECT));
            let x = integer!(*$first(base, k, ins), limit, tag, $numbers, pc, base, ins, th, k);
            let y = integer!(*$second(base, k, ins), limit, tag, $numbers, pc, base, ins, th, k);
            wide_done!(x.$wrapping(y), tag, $rest, pc, base, ins, th, k)
        } }
        op! {
            #[inline(never)]
            $numbers(pc, base, ins, th, k) {
                let (x, y) = (*$first(base, k, ins), *$second(base, k, ins));
                if inline_number(x) && inline_number(y) {
                    done!(Value::float(float_of(x) $float float_of(y)), pc, base, ins, th, k)
                }
                return $rest(pc, base, ins, th, k);
            }
        }
        op! {
            #[inline(never)]
            $other(pc, base, ins, th, k) {
                let (x, y) = (*$first(base, k, ins), *$second(base, k, ins));
                if inline_number(x) && inline_number(y) && x.0 & y.0 < TAG_INT {
                    // A sum that begins with the integer 0 is one of floats; a constant stays an integer.
                    change(pc, ins, if [x, y][$constant].0 >= TAG_INT { Form::$i } else { Form::$f });
                    done!(Value::float(float_of(x) $float float_of(y)), pc, base, ins, th, k)
                }
                if x.as_int().is_some() && y.as_int().is_some() {
                    change(pc, ins, Form::$m);
                    return $m(pc, base, ins, th, k);
                }
                return $rest(pc, base, ins, th, k);
            }
        }
    };
}
/// One compare says that both operands and their sum are inline integers. The operands are read again where they are
/// used: a word less to keep is a spill less.
macro_rules! int_sum {
    ($int:ident, $first:ident, $second:ident, $pc:expr, $base:expr, $ins:expr, $th:expr, $k:expr) => {
        let (xp, yp) = ($first($base, $k, $ins), $second($base, $k, $ins));
        let r = in_order($int(word_at!(xp), word_at!(yp)));
        if word_at!(xp) & word_at!(yp) & r >= TAG_INT {
            done!(Value(r), $pc, $base, $ins, $th, $k)
        }
    };
}
macro_rules! int_plus {
    ($($rest:tt)*) => { int_sum!(int_add, $($rest)*) };
}
macro_rules! int_minus {
    ($($rest:tt)*) => { int_sum!(int_sub, $($rest)*) };
}
/// One factor is scaled so that the product overflows exactly when it is not inline.
macro_rules! int_times {
    ($first:ident, $second:ident, $pc:expr, $base:expr, $ins:expr, $th:expr, $k:expr) => {
        let (x, y) = (word_at!($first($base, $k, $ins)), word_at!($second($base, $k, $ins)));
        if x & y >= TAG_INT
            && let Some(r) = (Value(x).as_small_int() << 14).checked_mul(Value(y).as_small_int())
        {
            done!(Value::int_unchecked(r >> 14), $pc, $base, $ins, $th, $k)
        }
    };
}
/// The rest of an arithmetic instruction: other numbers out of line, everything else in the stub.
macro_rules! out_of_line {
    ($rest:ident, $stub:ident, $op:ident, $first:ident, $second:ident) => {
        op! {
            #[inline(never)]
            $rest(pc, base, ins, th, k) {
                let r = arith::numbers::<{ arith::Op::$op as u8 }>(&*th, *$first(base, k, ins), *$second(base, k, ins));
                if r != Value::EMPTY {
                    done!(r, pc, base, ins, th, k)
                }
                return $stub(pc, base, ins, th, k);
            }
        }
        stub! { $stub(pc, base, ins, th, k) {
            arith::general(&*th, arith::Op::$op, *$first(base, k, ins), *$second(base, k, ins), a!(ins))
        } }
    };
}
/// As [`out_of_line`], after integers of any width.
macro_rules! wide_and_out_of_line {
    ($wide:ident, $rest:ident, $stub:ident, $op:ident, $second:ident) => {
        op! {
            #[inline(never)]
            $wide(pc, base, ins, th, k) {
                let (limit, tag) = (in_order(TAG_INT), in_order(TAG_OBJECT));
                let x = integer!(*reg_b(base, k, ins), limit, tag, $rest, pc, base, ins, th, k);
                let y = integer!(*$second(base, k, ins), limit, tag, $rest, pc, base, ins, th, k);
                let Some(r) = arith::on_ints(arith::Op::$op, x, y) else { return $rest(pc, base, ins, th, k) };
                wide_done!(r, tag, $rest, pc, base, ins, th, k)
            }
        }
        out_of_line!($rest, $stub, $op, reg_b, $second);
    };
}

#[inline(always)]
fn reg_b(base: *mut Value, _k: *const Value, ins: u64) -> *const Value {
    base.wrapping_add(b!(ins))
}
#[inline(always)]
fn reg_c(base: *mut Value, _k: *const Value, ins: u64) -> *const Value {
    base.wrapping_add(c!(ins))
}
#[inline(always)]
fn const_c(_base: *mut Value, k: *const Value, ins: u64) -> *const Value {
    k.wrapping_add(c!(ins))
}
#[inline(always)]
pub(super) fn int_add(x: u64, y: u64) -> u64 {
    in_order(x.wrapping_sub(INT_ZERO)).wrapping_add(y)
}
#[inline(always)]
fn int_sub(x: u64, y: u64) -> u64 {
    in_order(x.wrapping_add(INT_ZERO)).wrapping_sub(y)
}

// ---- + - * ----------------------------------------------------------------------------------------------------------

ring!(Add, add_other, AddF, add_mixed, AddM, add_numbers, add_rest, reg_b, reg_c, int_plus, wrapping_add, +, 1 AddF);
out_of_line!(add_rest, add_stub, Add, reg_b, reg_c);
ring!(AddK, add_k_other, AddKF, add_k_mixed, AddKM, add_k_numbers, add_k_rest, reg_b, const_c, int_plus, wrapping_add, +, 1 AddKI);
out_of_line!(add_k_rest, add_k_stub, Add, reg_b, const_c);
ring!(KAdd, k_add_other, KAddF, k_add_mixed, KAddM, k_add_numbers, k_add_rest, const_c, reg_b, int_plus, wrapping_add, +, 0 KAddI);
out_of_line!(k_add_rest, k_add_stub, Add, const_c, reg_b);
ring!(Sub, sub_other, SubF, sub_mixed, SubM, sub_numbers, sub_rest, reg_b, reg_c, int_minus, wrapping_sub, -, 1 SubF);
out_of_line!(sub_rest, sub_stub, Sub, reg_b, reg_c);
ring!(SubK, sub_k_other, SubKF, sub_k_mixed, SubKM, sub_k_numbers, sub_k_rest, reg_b, const_c, int_minus, wrapping_sub, -, 1 SubKI);
out_of_line!(sub_k_rest, sub_k_stub, Sub, reg_b, const_c);
ring!(KSub, k_sub_other, KSubF, k_sub_mixed, KSubM, k_sub_numbers, k_sub_rest, const_c, reg_b, int_minus, wrapping_sub, -, 0 KSubI);
out_of_line!(k_sub_rest, k_sub_stub, Sub, const_c, reg_b);
ring!(Mul, mul_other, MulF, mul_mixed, MulM, mul_numbers, mul_rest, reg_b, reg_c, int_times, wrapping_mul, *, 1 MulF);
out_of_line!(mul_rest, mul_stub, Mul, reg_b, reg_c);
ring!(MulK, mul_k_other, MulKF, mul_k_mixed, MulKM, mul_k_numbers, mul_k_rest, reg_b, const_c, int_times, wrapping_mul, *, 1 MulKI);
out_of_line!(mul_k_rest, mul_k_stub, Mul, reg_b, const_c);
ring!(KMul, k_mul_other, KMulF, k_mul_mixed, KMulM, k_mul_numbers, k_mul_rest, const_c, reg_b, int_times, wrapping_mul, *, 0 KMulI);
out_of_line!(k_mul_rest, k_mul_stub, Mul, const_c, reg_b);

/// The form for a double and a constant that is an inline integer, which it stays.
macro_rules! integer_constant {
    ($name:ident, $mixed:ident, |$x:ident, $c:ident| $r:expr) => {
        op! { $name(pc, base, ins, th, k) {
            let $c = (*const_c(base, k, ins)).small_int_as_float();
            let $x = double_at!(reg_b(base, k, ins));
            let r: f64 = $r;
            if !r.is_nan() {
                done!(Value(r.to_bits()), pc, base, ins, th, k)
            }
            return $mixed(pc, base, ins, th, k);
        } }
    };
}
integer_constant!(AddKI, add_k_mixed, |x, c| x + c);
integer_constant!(KAddI, k_add_mixed, |x, c| c + x);
integer_constant!(SubKI, sub_k_mixed, |x, c| x - c);
integer_constant!(KSubI, k_sub_mixed, |x, c| c - x);
integer_constant!(MulKI, mul_k_mixed, |x, c| x * c);
integer_constant!(KMulI, k_mul_mixed, |x, c| c * x);
integer_constant!(DivKI, div_k_other, |x, c| x / c);
integer_constant!(KDivI, k_div_other, |x, c| c / x);

/// One compare says that the operand and the sum are inline integers.
macro_rules! int_plus_immediate {
    ($pc:expr, $base:expr, $ins:expr, $th:expr, $k:expr) => {
        let x = (*$base.add(b!($ins))).0;
        let r = in_order(x.wrapping_add(sc!($ins) as u64));
        if x & r >= TAG_INT {
            done!(Value(r), $pc, $base, $ins, $th, $k)
        }
    };
}
op! { AddI(pc, base, ins, th, k) {
    int_plus_immediate!(pc, base, ins, th, k);
    return add_i_other(pc, base, ins, th, k);
} }
op! { AddIF(pc, base, ins, th, k) {
    let r = double_at!(base.add(b!(ins))) + small_float(sc!(ins));
    if !r.is_nan() {
        done!(Value(r.to_bits()), pc, base, ins, th, k)
    }
    return add_i_mixed(pc, base, ins, th, k);
} }
op! {
    #[inline(never)]
    add_i_mixed(pc, base, ins, th, k) {
        int_plus_immediate!(pc, base, ins, th, k);
        return add_i_other(pc, base, ins, th, k);
    }
}
op! {
    #[inline(never)]
    add_i_other(pc, base, ins, th, k) {
        let x = *base.add(b!(ins));
        if x.0 < TAG_BASE {
            change(pc, ins, Form::AddIF);
            done!(Value::float(x.as_double() + small_float(sc!(ins))), pc, base, ins, th, k)
        }
        if x.as_int().is_some() {
            change(pc, ins, Form::AddIM);
            return AddIM(pc, base, ins, th, k);
        }
        return add_i_rest(pc, base, ins, th, k);
    }
}
op! { AddIM(pc, base, ins, th, k) {
    let (limit, tag) = (in_order(TAG_INT), in_order(TAG_OBJECT));
    let x = integer!(*base.add(b!(ins)), limit, tag, add_i_rest, pc, base, ins, th, k);
    wide_done!(x.wrapping_add(sc!(ins)), tag, add_i_rest, pc, base, ins, th, k)
} }
op! {
    #[inline(never)]
    add_i_rest(pc, base, ins, th, k) {
        let (x, y) = (*base.add(b!(ins)), Value::int_unchecked(sc!(ins)));
        let r = arith::numbers::<{ arith::Op::Add as u8 }>(&*th, x, y);
        if r != Value::EMPTY {
            done!(r, pc, base, ins, th, k)
        }
        return add_i_stub(pc, base, ins, th, k);
    }
}
stub! { add_i_stub(pc, base, ins, th, k)
    arith::general(&*th, arith::Op::Add, *base.add(b!(ins)), Value::int_unchecked(sc!(ins)), a!(ins))
}

// ---- / // % ^ -------------------------------------------------------------------------------------------------------

macro_rules! div {
    ($name:ident, $other:ident, $rest:ident, $stub:ident, $first:ident, $second:ident) => {
        op! { $name(pc, base, ins, th, k) {
            let r = double_at!($first(base, k, ins)) / double_at!($second(base, k, ins));
            if !r.is_nan() {
                done!(Value(r.to_bits()), pc, base, ins, th, k)
            }
            return $other(pc, base, ins, th, k);
        } }
        op! {
            #[inline(never)]
            $other(pc, base, ins, th, k) {
                let (x, y) = (*$first(base, k, ins), *$second(base, k, ins));
                if inline_number(x) && inline_number(y) {
                    done!(Value::float(float_of(x) / float_of(y)), pc, base, ins, th, k)
                }
                return $rest(pc, base, ins, th, k);
            }
        }
        out_of_line!($rest, $stub, Div, $first, $second);
    };
}
div!(Div, div_other, div_rest, div_stub, reg_b, reg_c);
div!(DivKF, div_k_other, div_k_rest, div_k_stub, reg_b, const_c);
// By a constant: how is decided when the instruction first runs.
op! { DivK(pc, base, ins, th, k) {
    if has_exact_reciprocal(*const_c(base, k, ins)) {
        change(pc, ins, Form::DivKP);
        return DivKP(pc, base, ins, th, k);
    }
    if (*const_c(base, k, ins)).0 >= TAG_INT {
        change(pc, ins, Form::DivKI);
        return DivKI(pc, base, ins, th, k);
    }
    change(pc, ins, Form::DivKF);
    return DivKF(pc, base, ins, th, k);
} }
// By a power of two: the product with its reciprocal, which is as exact and several times cheaper.
op! { DivKP(pc, base, ins, th, k) {
    let divisor = float_of(*const_c(base, k, ins)).to_bits();
    let r = double_at!(reg_b(base, k, ins)) * f64::from_bits(POWER_SUM.wrapping_sub(divisor));
    if !r.is_nan() {
        done!(Value(r.to_bits()), pc, base, ins, th, k)
    }
    return div_k_other(pc, base, ins, th, k);
} }
/// What the bits of a power of two and of its reciprocal sum up to: no fraction, and the bias of the exponent twice.
const POWER_SUM: u64 = 2 * (1023 << 52);
/// Whether a number is a positive power of two whose reciprocal is a normal number.
fn has_exact_reciprocal(divisor: Value) -> bool {
    let bits = if inline_number(divisor) { float_of(divisor).to_bits() } else { 0 };
    bits & ((1 << 52) - 1) == 0 && (1..2046).contains(&(bits >> 52))
}
div!(KDivF, k_div_other, k_div_rest, k_div_stub, const_c, reg_b);
op! { KDiv(pc, base, ins, th, k) {
    if (*const_c(base, k, ins)).0 >= TAG_INT {
        change(pc, ins, Form::KDivI);
        return KDivI(pc, base, ins, th, k);
    }
    change(pc, ins, Form::KDivF);
    return KDivF(pc, base, ins, th, k);
} }

/// `//` of inline integers and doubles, not both integers.
macro_rules! float_idiv {
    ($slow:ident, $wide:ident, $second:ident) => {
        op! {
            #[inline(never)]
            $slow(pc, base, ins, th, k) {
                let (x, y) = (*base.add(b!(ins)), *$second(base, k, ins));
                if x.0 & y.0 < TAG_INT
                    && inline_number(x)
                    && inline_number(y)
                    && let Some(r) = arith::small_floor(float_of(x) / float_of(y))
                {
                    done!(Value(r.to_bits()), pc, base, ins, th, k)
                }
                return $wide(pc, base, ins, th, k);
            }
        }
    };
}
/// `//` and `%`: the compiler's form is for integers of 32 bits that are not negative, where the machine's division is
/// several times cheaper; `M` for inline integers with a positive divisor. Floats and the rest out of line.
macro_rules! int_div {
    ($name:ident, $other:ident, $m:ident, $slow:ident, $second:ident, $method:ident) => {
        op! { $name(pc, base, ins, th, k) {
            // One compare says that both are integers, of 32 bits, and not negative.
            let x = (*reg_b(base, k, ins)).0.wrapping_sub(INT_ZERO);
            let y = (*$second(base, k, ins)).0.wrapping_sub(INT_ZERO);
            if in_order(x | y) >> 32 == 0 && y != 0 {
                let r = arith::$method::narrow(x as u32, y as u32);
                done!(Value(INT_ZERO | r as u64), pc, base, ins, th, k)
            }
            return $other(pc, base, ins, th, k);
        } }
        op! {
            #[inline(never)]
            $other(pc, base, ins, th, k) {
                let (x, y) = (*reg_b(base, k, ins), *$second(base, k, ins));
                if x.0 & y.0 >= TAG_INT && y.0 > INT_ZERO {
                    change(pc, ins, Form::$m);
                    return $m(pc, base, ins, th, k);
                }
                return $slow(pc, base, ins, th, k);
            }
        }
        op! { $m(pc, base, ins, th, k) {
            let (x, y) = (*reg_b(base, k, ins), *$second(base, k, ins));
            if x.0 & y.0 >= TAG_INT && y.0 > INT_ZERO {
                let r = arith::$method::wide(x.as_small_int(), y.as_small_int());
                done!(Value::int_unchecked(r), pc, base, ins, th, k)
            }
            return $slow(pc, base, ins, th, k);
        } }
    };
}
/// The form of `//` for a double by a double or an inline integer, and what changes to it.
macro_rules! float_form {
    ($float:ident, $f:ident, $slow:ident, $second:ident) => {
        op! {
            #[inline(never)]
            $float(pc, base, ins, th, k) {
                if (*reg_b(base, k, ins)).0 < TAG_BASE {
                    change(pc, ins, Form::$f);
                }
                return $slow(pc, base, ins, th, k);
            }
        }
        op! { $f(pc, base, ins, th, k) {
            let y = *$second(base, k, ins);
            if inline_number(y)
                && let Some(r) = arith::small_floor(double_at!(reg_b(base, k, ins)) / float_of(y))
            {
                done!(Value(r.to_bits()), pc, base, ins, th, k)
            }
            return $slow(pc, base, ins, th, k);
        } }
    };
}
int_div!(Mod, mod_other, ModM, mod_slow, reg_c, modulo);
wide_and_out_of_line!(mod_slow, mod_rest, mod_stub, Mod, reg_c);
int_div!(ModK, mod_k_other, ModKM, mod_k_slow, const_c, modulo);
wide_and_out_of_line!(mod_k_slow, mod_k_rest, mod_k_stub, Mod, const_c);
int_div!(IDiv, idiv_other, IDivM, idiv_float, reg_c, floor_division);
float_form!(idiv_float, IDivF, idiv_slow, reg_c);
float_idiv!(idiv_slow, idiv_wide, reg_c);
wide_and_out_of_line!(idiv_wide, idiv_rest, idiv_stub, IDiv, reg_c);
int_div!(IDivK, idiv_k_other, IDivKM, idiv_k_float, const_c, floor_division);
float_form!(idiv_k_float, IDivKF, idiv_k_slow, const_c);
float_idiv!(idiv_k_slow, idiv_k_wide, const_c);
wide_and_out_of_line!(idiv_k_wide, idiv_k_rest, idiv_k_stub, IDiv, const_c);

// The divisor is a positive power of two, as an integer. The bias of inline integers is a multiple of it, so the low
// bits of the word are those of the integer.
op! { ModP(pc, base, ins, th, k) {
    let x = *base.add(b!(ins));
    let low = (*k.add(c!(ins))).0.wrapping_sub(INT_ZERO + 1);
    if x.0 >= TAG_INT {
        *base.add(a!(ins)) = Value(INT_ZERO | x.0 & low);
        next!(pc, base, th, k)
    }
    return mod_p_other(pc, base, ins, th, k);
} }
op! {
    #[inline(never)]
    mod_p_other(pc, base, ins, th, k) {
        if (*base.add(b!(ins))).0 < TAG_BASE {
            change(pc, ins, Form::ModPF);
            return ModPF(pc, base, ins, th, k);
        }
        return mod_k_slow(pc, base, ins, th, k);
    }
}
op! { ModPF(pc, base, ins, th, k) {
    // Integral and not negative; -0.0 has a sign.
    let x = *base.add(b!(ins));
    if x.0 < 1075 << 52 {
        let (f, low) = (x.as_double(), (*k.add(c!(ins))).0.wrapping_sub(INT_ZERO + 1));
        let i = f.to_int_unchecked::<i64>();
        if i as f64 == f {
            done!(Value(((i as u64 & low) as i64 as f64).to_bits()), pc, base, ins, th, k)
        }
    }
    return mod_k_slow(pc, base, ins, th, k);
} }
op! { IDivP(pc, base, ins, th, k) {
    let x = *base.add(b!(ins));
    if x.0 >= TAG_INT {
        let shift = (*k.add(c!(ins))).0.wrapping_sub(INT_ZERO).trailing_zeros();
        // The count is below 64: the shift of a word takes no more.
        *base.add(a!(ins)) = Value::int_unchecked(x.as_small_int().wrapping_shr(shift));
        next!(pc, base, th, k)
    }
    return idiv_k_slow(pc, base, ins, th, k);
} }

op! { Pow(pc, base, ins, th, k) { return pow_slow(pc, base, ins, th, k); } }
wide_and_out_of_line!(pow_slow, pow_rest, pow_stub, Pow, reg_c);
op! { PowK(pc, base, ins, th, k) {
    let (x, y) = (*base.add(b!(ins)), *k.add(c!(ins)));
    // Squares; a float 2.0 is no common way to write them.
    if y.0 == INT_ZERO + 2 {
        let x = if x.0 < TAG_BASE {
            x.as_double()
        } else if x.0 >= TAG_INT {
            x.small_int_as_float()
        } else {
            return pow_k_slow(pc, base, ins, th, k);
        };
        *base.add(a!(ins)) = Value((x * x).to_bits());
        next!(pc, base, th, k)
    }
    return pow_k_slow(pc, base, ins, th, k);
} }
wide_and_out_of_line!(pow_k_slow, pow_k_rest, pow_k_stub, Pow, const_c);

// ---- bitwise --------------------------------------------------------------------------------------------------------

/// `&`, `|`, `~`: the result of two integers of 50 bits has 50 bits. On words, xor with the bias takes the place of
/// adding and subtracting it.
macro_rules! bitwise {
    ($name:ident, $other:ident, $m:ident, $rest:ident, $stub:ident, $op:ident, $second:ident, $bits:tt) => {
        op! { $name(pc, base, ins, th, k) {
            let (x, y) = (*reg_b(base, k, ins), *$second(base, k, ins));
            if x.0 & y.0 >= TAG_INT {
                done!(Value(((x.0 ^ INT_ZERO) $bits (y.0 ^ INT_ZERO)) ^ INT_ZERO), pc, base, ins, th, k)
            }
            return $other(pc, base, ins, th, k);
        } }
        wide_form!($other, $m, $rest, $stub, $op, $second);
    };
}
/// The form for integers of any width, what changes to it, and the rest.
macro_rules! wide_form {
    ($other:ident, $m:ident, $rest:ident, $stub:ident, $op:ident, $second:ident) => {
        op! {
            #[inline(never)]
            $other(pc, base, ins, th, k) {
                if (*reg_b(base, k, ins)).as_int().is_some() && (*$second(base, k, ins)).as_int().is_some() {
                    change(pc, ins, Form::$m);
                    return $m(pc, base, ins, th, k);
                }
                return $rest(pc, base, ins, th, k);
            }
        }
        op! { $m(pc, base, ins, th, k) {
            let (limit, tag) = (in_order(TAG_INT), in_order(TAG_OBJECT));
            let x = integer!(*reg_b(base, k, ins), limit, tag, $rest, pc, base, ins, th, k);
            let y = integer!(*$second(base, k, ins), limit, tag, $rest, pc, base, ins, th, k);
            let Some(r) = arith::on_ints(arith::Op::$op, x, y) else { return $rest(pc, base, ins, th, k) };
            wide_done!(r, tag, $rest, pc, base, ins, th, k)
        } }
        out_of_line!($rest, $stub, $op, reg_b, $second);
    };
}
bitwise!(BAnd, band_other, BAndM, band_rest, band_stub, BAnd, reg_c, &);
bitwise!(BAndK, band_k_other, BAndKM, band_k_rest, band_k_stub, BAnd, const_c, &);
bitwise!(BOr, bor_other, BOrM, bor_rest, bor_stub, BOr, reg_c, |);
bitwise!(BOrK, bor_k_other, BOrKM, bor_k_rest, bor_k_stub, BOr, const_c, |);
bitwise!(BXor, bxor_other, BXorM, bxor_rest, bxor_stub, BXor, reg_c, ^);
bitwise!(BXorK, bxor_k_other, BXorKM, bxor_k_rest, bxor_k_stub, BXor, const_c, ^);

/// Shifts by what a register holds: inline integers, and an inline result.
macro_rules! shift {
    ($name:ident, $other:ident, $m:ident, $rest:ident, $stub:ident, $op:ident) => {
        op! { $name(pc, base, ins, th, k) {
            let (x, y) = (*reg_b(base, k, ins), *reg_c(base, k, ins));
            if x.0 & y.0 >= TAG_INT
                && let Some(r) = arith::on_ints(arith::Op::$op, x.as_small_int(), y.as_small_int())
                && let Some(v) = Value::small_int(r)
            {
                done!(v, pc, base, ins, th, k)
            }
            return $other(pc, base, ins, th, k);
        } }
        wide_form!($other, $m, $rest, $stub, $op, reg_c);
    };
}
shift!(Shl, shl_other, ShlM, shl_rest, shl_stub, Shl);
shift!(Shr, shr_other, ShrM, shr_rest, shr_stub, Shr);

// By a constant: which way it goes is decided when the instruction first runs.
op! { ShrI(pc, base, ins, th, k) {
    let n = sc!(ins);
    if n == 0 || n <= -64 || n >= 64 {
        return shr_i_rest(pc, base, ins, th, k);
    }
    let inline = (*base.add(b!(ins))).0 >= TAG_INT;
    match (n > 0, inline) {
        (true, true) => {
            change(pc, ins, Form::ShrIRight);
            return ShrIRight(pc, base, ins, th, k);
        }
        (false, true) => {
            change(pc, ins, Form::ShrILeft);
            return ShrILeft(pc, base, ins, th, k);
        }
        (true, false) => {
            change(pc, ins, Form::ShrIRightM);
            return ShrIRightM(pc, base, ins, th, k);
        }
        (false, false) => {
            change(pc, ins, Form::ShrILeftM);
            return ShrILeftM(pc, base, ins, th, k);
        }
    }
} }
op! { ShrIRight(pc, base, ins, th, k) {
    let x = *base.add(b!(ins));
    if x.0 >= TAG_INT {
        // Counts are from 1 to 63: the shift of a word takes no more.
        let word = INT_ZERO.wrapping_add((x.as_small_int() as u64).wrapping_shr(c!(ins) as u32));
        if word >= TAG_INT {
            done!(Value(word), pc, base, ins, th, k)
        }
    }
    change(pc, ins, Form::ShrIRightM);
    return ShrIRightM(pc, base, ins, th, k);
} }
op! { ShrILeft(pc, base, ins, th, k) {
    let x = *base.add(b!(ins));
    if x.0 >= TAG_INT {
        let i = x.as_small_int();
        let n = sc!(ins).wrapping_neg() as u32;
        let r = i.wrapping_shl(n);
        let word = INT_ZERO.wrapping_add(r as u64);
        if word >= TAG_INT {
            done!(Value(word), pc, base, ins, th, k)
        }
    }
    change(pc, ins, Form::ShrILeftM);
    return ShrILeftM(pc, base, ins, th, k);
} }
op! { ShrIRightM(pc, base, ins, th, k) {
    let (limit, tag) = (in_order(TAG_INT), in_order(TAG_OBJECT));
    let x = integer!(*base.add(b!(ins)), limit, tag, shr_i_rest, pc, base, ins, th, k);
    wide_done!((x as u64).wrapping_shr(c!(ins) as u32) as i64, tag, shr_i_rest, pc, base, ins, th, k)
} }
op! { ShrILeftM(pc, base, ins, th, k) {
    let (limit, tag) = (in_order(TAG_INT), in_order(TAG_OBJECT));
    let x = integer!(*base.add(b!(ins)), limit, tag, shr_i_rest, pc, base, ins, th, k);
    wide_done!(x.wrapping_shl(sc!(ins).wrapping_neg() as u32), tag, shr_i_rest, pc, base, ins, th, k)
} }
op! {
    #[inline(never)]
    shr_i_rest(pc, base, ins, th, k) {
        let (x, y) = (*base.add(b!(ins)), Value::int_unchecked(sc!(ins)));
        let r = arith::numbers::<{ arith::Op::Shr as u8 }>(&*th, x, y);
        if r != Value::EMPTY {
            done!(r, pc, base, ins, th, k)
        }
        return shr_i_stub(pc, base, ins, th, k);
    }
}
// A negative count was written as `<<`.
stub! { shr_i_stub(pc, base, ins, th, k) {
    let n = sc!(ins);
    let op = if n < 0 { arith::Op::Shl } else { arith::Op::Shr };
    arith::general(&*th, op, *base.add(b!(ins)), Value::int_unchecked(n.abs()), a!(ins))
} }
op! { ShlI(pc, base, ins, th, k) { return shl_i_slow(pc, base, ins, th, k); } }
op! {
    #[inline(never)]
    shl_i_slow(pc, base, ins, th, k) {
        let r = arith::numbers::<{ arith::Op::Shl as u8 }>(&*th, Value::int_unchecked(sc!(ins)), *base.add(b!(ins)));
        if r != Value::EMPTY {
            *base.add(a!(ins)) = r;
            next!(pc, base, th, k)
        }
        return shl_i_stub(pc, base, ins, th, k);
    }
}
stub! { shl_i_stub(pc, base, ins, th, k)
    arith::general(&*th, arith::Op::Shl, Value::int_unchecked(sc!(ins)), *base.add(b!(ins)), a!(ins))
}

op! { Unm(pc, base, ins, th, k) {
    let x = *base.add(b!(ins));
    if x.0 < TAG_BASE {
        *base.add(a!(ins)) = Value::float(-x.as_double());
        next!(pc, base, th, k)
    }
    if x.0 >= TAG_INT
        && let Some(v) = Value::small_int(-x.as_small_int())
    {
        *base.add(a!(ins)) = v;
        next!(pc, base, th, k)
    }
    return unm_wide(pc, base, ins, th, k);
} }
op! {
    #[inline(never)]
    unm_wide(pc, base, ins, th, k) {
        let (limit, tag) = (in_order(TAG_INT), in_order(TAG_OBJECT));
        let x = integer!(*base.add(b!(ins)), limit, tag, unm_slow, pc, base, ins, th, k);
        wide_done!(x.wrapping_neg(), tag, unm_slow, pc, base, ins, th, k)
    }
}
stub! { unm_slow(pc, base, ins, th, k) arith::unary(&*th, arith::Op::Unm, *base.add(b!(ins)), a!(ins)) }
op! { BNot(pc, base, ins, th, k) {
    let x = *base.add(b!(ins));
    if x.0 >= TAG_INT {
        *base.add(a!(ins)) = Value::int_unchecked(!x.as_small_int());
        next!(pc, base, th, k)
    }
    return bnot_wide(pc, base, ins, th, k);
} }
op! {
    #[inline(never)]
    bnot_wide(pc, base, ins, th, k) {
        let (limit, tag) = (in_order(TAG_INT), in_order(TAG_OBJECT));
        let x = integer!(*base.add(b!(ins)), limit, tag, bnot_slow, pc, base, ins, th, k);
        wide_done!(!x, tag, bnot_slow, pc, base, ins, th, k)
    }
}
stub! { bnot_slow(pc, base, ins, th, k) arith::unary(&*th, arith::Op::BNot, *base.add(b!(ins)), a!(ins)) }
