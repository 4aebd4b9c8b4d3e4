//! The bodies of comparisons, and of their [forms](super::super::forms).

use super::*;

/// The two forms of a test: the jump is taken when the condition is `$sense`.
macro_rules! eq {
    ($name:ident, $other:ident, $sense:literal) => {
        op! { $name(pc, base, ins, th, k) {
            let (x, y) = ((*base.add(a!(ins))).0, (*base.add(b!(ins))).0);
            // The same word: the same value, unless it is a NaN.
            if x == y && x >= TAG_BASE {
                jump_if!($sense, pc, base, ins, th, k)
            }
            if x & y >= TAG_INT {
                jump_if!(!$sense, pc, base, ins, th, k)
            }
            return $other(pc, base, ins, th, k);
        } }
        op! {
            #[inline(never)]
            $other(pc, base, ins, th, k) {
                let (x, y) = (*base.add(a!(ins)), *base.add(b!(ins)));
                if x.0 < TAG_BASE && y.0 < TAG_BASE {
                    jump_if!((x.as_double() == y.as_double()) == $sense, pc, base, ins, th, k)
                }
                // Two different words of which one is an inline non-number are different values; so are two atoms.
                let inline = |v: Value| v.0.wrapping_sub(TAG_BASE) < 6;
                if inline(x) || inline(y) || x.is_atom() && y.is_atom() {
                    jump_if!(!$sense, pc, base, ins, th, k)
                }
                return eq_strings(pc, base, ins, th, k);
            }
        }
    };
}
eq!(Eq, eq_other, true);
eq!(NotEq, not_eq_other, false);
op! {
    #[inline(never)]
    eq_strings(pc, base, ins, th, k) {
        if let (Some(x), Some(y)) = ((*base.add(a!(ins))).as_str(), (*base.add(b!(ins))).as_str()) {
            // Not the same word: two atoms are then different strings.
            let equal = !((*base.add(a!(ins))).is_atom() && (*base.add(b!(ins))).is_atom()) && same_bytes(x, y);
            jump_if!(equal == (c!(ins) != 0), pc, base, ins, th, k)
        }
        if let (Some(x), Some(y)) = ((*base.add(a!(ins))).as_int(), (*base.add(b!(ins))).as_int()) {
            jump_if!((x == y) == (c!(ins) != 0), pc, base, ins, th, k)
        }
        return eq_slow(pc, base, ins, th, k);
    }
}
stub! { eq_slow(pc, base, ins, th, k) compare::eq(&*th, *base.add(a!(ins)), *base.add(b!(ins)), c!(ins) != 0) }
macro_rules! eq_k {
    ($name:ident, $other:ident, $sense:literal) => {
        op! { $name(pc, base, ins, th, k) {
            let (x, y) = (*base.add(a!(ins)), (*k.add(b!(ins))).0);
            if x.0 == y && x.0 >= TAG_BASE {
                jump_if!($sense, pc, base, ins, th, k)
            }
            // Strings among constants are atoms: another atom is another value, and so is an inline non-number.
            if x.is_atom() || x.0.wrapping_sub(TAG_BASE) < 6 {
                jump_if!(!$sense, pc, base, ins, th, k)
            }
            return $other(pc, base, ins, th, k);
        } }
        op! {
            #[inline(never)]
            $other(pc, base, ins, th, k) {
                let equal = compare::raw_equal(*base.add(a!(ins)), *k.add(b!(ins)));
                jump_if!(equal == $sense, pc, base, ins, th, k)
            }
        }
    };
}
eq_k!(EqK, eq_k_other, true);
eq_k!(NotEqK, not_eq_k_other, false);
macro_rules! eq_i {
    ($name:ident, $other:ident, $f:ident, $mixed:ident, $sense:literal) => {
        op! { $name(pc, base, ins, th, k) {
            eq_immediate!($sense, pc, base, ins, th, k);
            return $other(pc, base, ins, th, k);
        } }
        op! { $f(pc, base, ins, th, k) {
            let x = double_at!(base.add(a!(ins)));
            if !x.is_nan() {
                jump_if!((x == small_float(sb!(ins))) == $sense, pc, base, ins, th, k)
            }
            return $mixed(pc, base, ins, th, k);
        } }
        op! {
            #[inline(never)]
            $mixed(pc, base, ins, th, k) {
                eq_immediate!($sense, pc, base, ins, th, k);
                jump_if!(!$sense, pc, base, ins, th, k)
            }
        }
        op! {
            #[inline(never)]
            $other(pc, base, ins, th, k) {
                let x = *base.add(a!(ins));
                if x.0 < TAG_BASE {
                    change(pc, ins, Form::$f);
                    jump_if!((x.as_double() == small_float(sb!(ins))) == $sense, pc, base, ins, th, k)
                }
                jump_if!(!$sense, pc, base, ins, th, k)
            }
        }
    };
}
/// An inline integer against the operand.
macro_rules! eq_immediate {
    ($sense:literal, $pc:expr, $base:expr, $ins:expr, $th:expr, $k:expr) => {
        let x = (*$base.add(a!($ins))).0;
        if x >= TAG_INT {
            jump_if!((x == INT_ZERO.wrapping_add(sb!($ins) as u64)) == $sense, $pc, $base, $ins, $th, $k)
        }
    };
}
eq_i!(EqI, eq_i_other, EqIF, eq_i_mixed, true);
eq_i!(NotEqI, not_eq_i_other, NotEqIF, not_eq_i_mixed, false);

/// The compiler's form, which tries inline integers, what changes it, and the two others (see [`arithmetic`]).
macro_rules! order {
    ($name:ident, $other:ident, $f:ident, $m:ident, $wide:ident, $sense:literal, $slow:ident, $op:tt) => {
        op! { $name(pc, base, ins, th, k) {
            let (x, y) = (*base.add(a!(ins)), *base.add(b!(ins)));
            if x.0 & y.0 >= TAG_INT {
                // The bias keeps the order.
                jump_if!((x.0 $op y.0) == $sense, pc, base, ins, th, k)
            }
            return $other(pc, base, ins, th, k);
        } }
        op! { $f(pc, base, ins, th, k) {
            let (x, y) = (double_at!(base.add(a!(ins))), double_at!(base.add(b!(ins))));
            if !(x.is_nan() || y.is_nan()) {
                jump_if!((x $op y) == $sense, pc, base, ins, th, k)
            }
            return $other(pc, base, ins, th, k);
        } }
        op! { $m(pc, base, ins, th, k) {
            let (x, y) = (*base.add(a!(ins)), *base.add(b!(ins)));
            if x.0 & y.0 >= TAG_INT {
                jump_if!((x.0 $op y.0) == $sense, pc, base, ins, th, k)
            }
            let inline = |v: Value| v.0 < TAG_BASE || v.0 >= TAG_INT;
            if inline(x) && inline(y) {
                // Inline integers are exact as doubles.
                let float = |v: Value| if v.0 < TAG_BASE { v.as_double() } else { v.small_int_as_float() };
                jump_if!((float(x) $op float(y)) == $sense, pc, base, ins, th, k)
            }
            return $wide(pc, base, ins, th, k);
        } }
        op! {
            #[inline(never)]
            $wide(pc, base, ins, th, k) {
                let (limit, tag) = (in_order(TAG_INT), in_order(TAG_OBJECT));
                let x = integer!(*base.add(a!(ins)), limit, tag, $slow, pc, base, ins, th, k);
                let y = integer!(*base.add(b!(ins)), limit, tag, $slow, pc, base, ins, th, k);
                jump_if!((x $op y) == $sense, pc, base, ins, th, k)
            }
        }
        op! {
            #[inline(never)]
            $other(pc, base, ins, th, k) {
                let (x, y) = (*base.add(a!(ins)), *base.add(b!(ins)));
                if x.0 < TAG_BASE && y.0 < TAG_BASE {
                    change(pc, ins, Form::$f);
                    jump_if!((x.as_double() $op y.as_double()) == $sense, pc, base, ins, th, k)
                }
                if x.type_of() == Type::Number && y.type_of() == Type::Number {
                    change(pc, ins, Form::$m);
                    return $m(pc, base, ins, th, k);
                }
                return $slow(pc, base, ins, th, k);
            }
        }
    };
}
macro_rules! order_slow {
    ($slow:ident, $event:ident) => {
        stub! { $slow(pc, base, ins, th, k)
            compare::order(&*th, compare::Order::$event, *base.add(a!(ins)), *base.add(b!(ins)), c!(ins) != 0)
        }
    };
}
order!(Lt, lt_other, LtF, LtM, lt_wide, true, lt_slow, <);
order!(NotLt, not_lt_other, NotLtF, NotLtM, not_lt_wide, false, lt_slow, <);
order_slow!(lt_slow, Lt);
order!(Le, le_other, LeF, LeM, le_wide, true, le_slow, <=);
order!(NotLe, not_le_other, NotLeF, NotLeM, not_le_wide, false, le_slow, <=);
order_slow!(le_slow, Le);

/// Against the operand: the compiler's form for inline integers, `F` for doubles.
macro_rules! order_imm {
    ($name:ident, $other:ident, $f:ident, $mixed:ident, $sense:literal, $slow:ident, $op:tt) => {
        op! { $name(pc, base, ins, th, k) {
            let x = *base.add(a!(ins));
            if x.0 >= TAG_INT {
                jump_if!((x.0 $op INT_ZERO.wrapping_add(sb!(ins) as u64)) == $sense, pc, base, ins, th, k)
            }
            return $other(pc, base, ins, th, k);
        } }
        op! { $f(pc, base, ins, th, k) {
            let x = double_at!(base.add(a!(ins)));
            if !x.is_nan() {
                jump_if!((x $op small_float(sb!(ins))) == $sense, pc, base, ins, th, k)
            }
            return $mixed(pc, base, ins, th, k);
        } }
        op! {
            #[inline(never)]
            $mixed(pc, base, ins, th, k) {
                let x = *base.add(a!(ins));
                if x.0 >= TAG_INT {
                    jump_if!((x.0 $op INT_ZERO.wrapping_add(sb!(ins) as u64)) == $sense, pc, base, ins, th, k)
                }
                return $other(pc, base, ins, th, k);
            }
        }
        op! {
            #[inline(never)]
            $other(pc, base, ins, th, k) {
                let x = *base.add(a!(ins));
                if x.0 < TAG_BASE {
                    change(pc, ins, Form::$f);
                    jump_if!((x.as_double() $op small_float(sb!(ins))) == $sense, pc, base, ins, th, k)
                }
                // A wide integer; the operand, which may stand for a float, is one that both have.
                if let Some(i) = x.as_int() {
                    jump_if!((i $op sb!(ins)) == $sense, pc, base, ins, th, k)
                }
                return $slow(pc, base, ins, th, k);
            }
        }
    };
}
macro_rules! order_imm_slow {
    ($slow:ident, $order:ident, $flip:literal) => {
        stub! { $slow(pc, base, ins, th, k) {
            let n = sb!(ins);
            let (x, y) = (*base.add(a!(ins)), if c!(ins) & 2 != 0 { Value::float(n as f64) } else { Value::int_unchecked(n) });
            let (x, y) = if $flip { (y, x) } else { (x, y) };
            compare::order(&*th, compare::Order::$order, x, y, c!(ins) & 1 != 0)
        } }
    };
}
order_imm!(LtI, lt_i_other, LtIF, lt_i_mixed, true, lt_i_slow, <);
order_imm!(NotLtI, not_lt_i_other, NotLtIF, not_lt_i_mixed, false, lt_i_slow, <);
order_imm_slow!(lt_i_slow, Lt, false);
order_imm!(LeI, le_i_other, LeIF, le_i_mixed, true, le_i_slow, <=);
order_imm!(NotLeI, not_le_i_other, NotLeIF, not_le_i_mixed, false, le_i_slow, <=);
order_imm_slow!(le_i_slow, Le, false);
order_imm!(GtI, gt_i_other, GtIF, gt_i_mixed, true, gt_i_slow, >);
order_imm!(NotGtI, not_gt_i_other, NotGtIF, not_gt_i_mixed, false, gt_i_slow, >);
order_imm_slow!(gt_i_slow, Lt, true);
order_imm!(GeI, ge_i_other, GeIF, ge_i_mixed, true, ge_i_slow, >=);
order_imm!(NotGeI, not_ge_i_other, NotGeIF, not_ge_i_mixed, false, ge_i_slow, >=);
order_imm_slow!(ge_i_slow, Le, true);
