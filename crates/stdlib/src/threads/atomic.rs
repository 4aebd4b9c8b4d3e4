//! `threads.atomic`: single steps on table fields that no other thread can come between. They are raw: no metamethods.

use luas_vm::native::{Result, Table};
use luas_vm::thread::Thread;
use luas_vm::value::Val;

pub fn table(th: &Thread) -> Result<Table<'_>> {
    let t = th.new_table(0, 4)?;
    th.register(t, &[("add", add), ("cas", cas), ("swap", swap), ("update", update)])?;
    Ok(t)
}

/// add(t, k[, n]): `t[k] = (t[k] or 0) + n`; the new value. n is 1 when absent.
fn add(th: &mut Thread) -> Result<u32> {
    let t = th.check_table(1)?;
    let n = if th.arg(3).is_nil() { Val::small_int(1) } else { th.arg(3) };
    if n.as_number().is_none() {
        return Err(th.type_error(3, "number"));
    }
    match th.raw_add(t, th.arg(2), n)? {
        Some(v) => th.ret(v),
        None => {
            let got = th.raw_get(t, th.arg(2)).type_of().name();
            Err(th.arg_error(1, format!("the field is a {got} value, not a number")))
        }
    }
}

/// cas(t, k, old, new): true when `t[k]` was `old` and now is `new`; else false and the value that it has.
fn cas(th: &mut Thread) -> Result<u32> {
    let t = th.check_table(1)?;
    match th.raw_cas(t, th.arg(2), th.arg(3), th.arg(4))? {
        Ok(()) => th.ret_bool(true),
        Err(current) => {
            th.push_bool(false);
            th.push(current);
            Ok(2)
        }
    }
}

/// swap(t, k, v): stores `v`; the value before.
fn swap(th: &mut Thread) -> Result<u32> {
    let t = th.check_table(1)?;
    th.ret(th.raw_swap(t, th.arg(2), th.arg(3))?)
}

/// update(t, k, fn): stores `fn(t[k])`, calling again when the field changed meanwhile; the new value.
fn update(th: &mut Thread) -> Result<u32> {
    th.check_table(1)?;
    th.check_any(3)?;
    loop {
        th.set_top(3);
        let old = th.raw_get(th.check_table(1)?, th.arg(2));
        if old.as_float().is_some_and(f64::is_nan) {
            return Err(th.arg_error(1, "the field is NaN, which equals nothing"));
        }
        th.push(old);
        th.push(th.at(3));
        th.push(th.at(4));
        th.call(1, 1)?;
        if th.raw_cas(th.check_table(1)?, th.arg(2), th.at(4), th.at(5))?.is_ok() {
            return Ok(1);
        }
    }
}
