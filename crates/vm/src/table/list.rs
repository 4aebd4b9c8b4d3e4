//! Tables as lists: borders, and the operations of `table.insert` and `table.remove`, atomic on shared tables.
//!
//! Promises (docs/memory-model.md): on a shared table append, pop, insert, remove, copies within it and the end of a sort
//! are atomic among each other, because each holds the table's lock; none loses or duplicates an element. Racing plain stores inside a moved range may be
//! moved or overwritten.

use super::shared::{self, TableLock};
use super::{Key, SetError, get_key, raw_get_int, set_key};
use crate::object::{Store, Table};
use crate::slot;
use crate::sync::Acquire;
use crate::thread::Record;
use crate::value::Value;

/// A border of the table: n with `t[n]` present (or n = 0) and `t[n+1]` absent, each as one read saw it (I-21).
/// # Safety
/// `t` is live.
#[inline]
pub unsafe fn len(t: *const Table) -> i64 {
    // SAFETY: caller.
    unsafe {
        let s = (*t).store.load(Acquire) as *const Store;
        let acap = (*s).acap as i64;
        let present = |i: i64| !raw_get_int(t, i).is_nil();
        if acap > 0 && !present(acap) {
            if acap >= 2 && present(acap - 1) {
                return acap - 1;
            }
            let hint = (*t).header.aux.get() as i64;
            if hint > 0 && hint < acap && present(hint) {
                for h in hint..(hint + 3).min(acap) {
                    if !present(h + 1) {
                        remember(t, h);
                        return h;
                    }
                }
            } else if hint > 1 && hint <= acap && present(hint - 1) {
                remember(t, hint - 1);
                return hint - 1;
            }
            let n = search(0, acap, present);
            remember(t, n);
            return n;
        }
        if (*s).limit == 0 && (*s).next.get() == 0 || !present(acap + 1) {
            return acap;
        }
        // The list goes on in the hash part: double until absent.
        let mut low = acap + 1;
        let mut high = if low > i64::MAX / 2 { i64::MAX } else { low * 2 };
        while present(high) {
            if high == i64::MAX {
                return high;
            }
            low = high;
            high = if high > i64::MAX / 2 { i64::MAX } else { high * 2 };
        }
        search(low, high, present)
    }
}

unsafe fn remember(t: *const Table, n: i64) {
    // SAFETY: caller's table. A hint: a plain store that may be lost.
    unsafe {
        if (*t).header.aux.get() != n as u32 {
            (*t).header.aux.set(n as u32);
        }
    }
}

/// A border in `low..high`, where `low` is present (or 0) and `high` absent.
fn search(mut low: i64, mut high: i64, present: impl Fn(i64) -> bool) -> i64 {
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if present(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// Appends. The linearization point on a shared table is the store into slot n+1 under the lock.
/// # Safety
/// `t` and `v` are live.
pub unsafe fn append(rec: &Record, t: *mut Table, v: Value) -> Result<(), SetError> {
    // SAFETY: caller.
    unsafe {
        if !(*t).header.is_shared() {
            let n = len(t).wrapping_add(1);
            set_key(rec, t, Key::Int(n), v)?;
            remember(t, n);
            return Ok(());
        }
        rec.publish(v);
        let lock = TableLock::take(t);
        let mut n = len(t).wrapping_add(1);
        loop {
            match shared::locate_slot(t, &Key::Int(n)) {
                Err(_) if v.is_nil() => return Ok(()),
                Err(vacant) => {
                    if shared::insert_locked(rec, t, Key::Int(n), v, vacant, &lock)? {
                        break;
                    }
                }
                Ok(value) => {
                    // Never overwrites a racing t[n] = x.
                    let old = value.load(Acquire);
                    if !slot::is_nil_like(old) {
                        n = n.wrapping_add(1);
                    } else if slot::exchange(value, old, v.0) == Ok(true) {
                        break;
                    }
                }
            }
        }
        remember(t, n);
        Ok(())
    }
}

/// Removes the last element; nil when the list is empty.
/// # Safety
/// `t` is live.
pub unsafe fn pop(rec: &Record, t: *mut Table) -> Value {
    // SAFETY: caller.
    unsafe {
        if !(*t).header.is_shared() {
            let n = len(t);
            let v = raw_get_int(t, n);
            if !v.is_nil() {
                let removed = set_key(rec, t, Key::Int(n), Value::NIL);
                debug_assert!(removed.is_ok(), "removing needs no memory");
            }
            remember(t, (n - 1).max(0));
            return v;
        }
        let _lock = TableLock::take(t);
        let mut n = len(t);
        loop {
            match shared::locate_slot(t, &Key::Int(n)) {
                Ok(value) => {
                    if let Ok(old) = slot::update(value, Value::NIL.0)
                        && !slot::is_nil_like(old)
                    {
                        remember(t, (n - 1).max(0));
                        return Value(old);
                    }
                }
                Err(_) if n <= 0 => return Value::NIL,
                Err(_) => {}
            }
            // Others have made the list shorter by plain stores, or it is empty and t[0], which counts then, is nil.
            n -= 1;
            if n <= 0 {
                return Value::NIL;
            }
        }
    }
}

/// Stores an item of a list under the lock when the table is shared.
unsafe fn put(rec: &Record, t: *mut Table, i: i64, v: Value, lock: Option<&TableLock>) -> Result<(), SetError> {
    // SAFETY: caller.
    unsafe {
        let Some(lock) = lock else { return set_key(rec, t, Key::Int(i), v) };
        debug_assert!(!v.is_object() || (*v.as_object()).is_shared(), "a local value into a shared table");
        loop {
            match shared::locate_slot(t, &Key::Int(i)) {
                Ok(value) => {
                    let done = slot::update(value, v.0);
                    debug_assert!(done.is_ok(), "no migration under the lock");
                    return Ok(());
                }
                Err(_) if v.is_nil() => return Ok(()),
                Err(vacant) => {
                    if shared::insert_locked(rec, t, Key::Int(i), v, vacant, lock)? {
                        return Ok(());
                    }
                }
            }
        }
    }
}

unsafe fn lock_if_shared(t: *mut Table) -> Option<TableLock> {
    // SAFETY: caller.
    unsafe { if (*t).header.is_shared() { Some(TableLock::take(t)) } else { None } }
}

/// Inserts at `pos`, shifting up; Ok(false) unless `1 <= pos <= #t + 1`.
/// # Safety
/// `t` and `v` are live.
pub unsafe fn insert(rec: &Record, t: *mut Table, pos: i64, v: Value) -> Result<bool, SetError> {
    // SAFETY: caller.
    unsafe {
        rec.publish_if_shared(Value::object(t.cast()), v);
        let lock = lock_if_shared(t);
        let e = len(t).wrapping_add(1);
        if (pos as u64).wrapping_sub(1) >= e as u64 {
            return Ok(false);
        }
        // The last item first, so that a failed growth changes nothing.
        if e > pos {
            put(rec, t, e, raw_get_int(t, e - 1), lock.as_ref())?;
            if lock.is_none() && (e as u64) <= (*((*t).store.get() as *const Store)).acap as u64 {
                let s = (*t).store.get() as *const Store;
                let items = std::ptr::from_ref(Store::array(s, 0)).cast_mut().cast::<u64>();
                std::ptr::copy(items.add(pos as usize - 1), items.add(pos as usize), (e - 1 - pos) as usize);
            } else {
                let mut i = e - 1;
                while i > pos {
                    put(rec, t, i, raw_get_int(t, i - 1), lock.as_ref())?;
                    i -= 1;
                }
            }
        }
        put(rec, t, pos, v, lock.as_ref())?;
        remember(t, e);
        Ok(true)
    }
}

/// Copies `count` items within the table, `t[from]` to `t[to]` and so on, or the last one first unless `upwards`.
/// # Safety
/// `t` is live.
pub unsafe fn copy(rec: &Record, t: *mut Table, from: i64, to: i64, count: i64, upwards: bool) -> Result<(), SetError> {
    // SAFETY: caller.
    unsafe {
        let lock = lock_if_shared(t);
        for i in 0..count {
            let i = if upwards { i } else { count - 1 - i };
            put(rec, t, to.wrapping_add(i), raw_get_int(t, from.wrapping_add(i)), lock.as_ref())?;
        }
        Ok(())
    }
}

/// Reads the items 1 to `n` at once; false, and nothing is read, when a shared list is not that long any more (I-22).
/// # Safety
/// `t` is live. `item` gets live values; it must not reach a safepoint.
pub unsafe fn read(t: *mut Table, n: i64, mut item: impl FnMut(i64, Value)) -> bool {
    // SAFETY: caller.
    unsafe {
        let lock = lock_if_shared(t);
        if lock.is_some() && len(t) != n {
            return false;
        }
        (1..=n).for_each(|i| item(i, raw_get_int(t, i)));
        true
    }
}

/// Replaces the items 1 to `n` by others; Ok(false), and nothing is done, when a shared list is not that long any more
/// (I-22).
/// # Safety
/// `t` is live, and so are the items; those of a shared table are shared.
pub unsafe fn install(
    rec: &Record,
    t: *mut Table,
    n: i64,
    mut item: impl FnMut(i64) -> Value,
) -> Result<bool, SetError> {
    // SAFETY: caller.
    unsafe {
        let lock = lock_if_shared(t);
        if lock.is_some() && len(t) != n {
            return Ok(false);
        }
        for i in 1..=n {
            put(rec, t, i, item(i), lock.as_ref())?;
        }
        Ok(true)
    }
}

/// Removes at `pos`, shifting down, with the range rule of `table.remove`: `1 <= pos <= #t + 1` or `pos == #t`;
/// Ok(None) out of range.
/// # Safety
/// `t` is live.
pub unsafe fn remove(rec: &Record, t: *mut Table, pos: i64) -> Result<Option<Value>, SetError> {
    // SAFETY: caller.
    unsafe {
        let lock = lock_if_shared(t);
        let size = len(t);
        if pos != size && (pos as u64).wrapping_sub(1) > size as u64 {
            return Ok(None);
        }
        let v = get_key(t, &Key::Int(pos));
        if lock.is_none()
            && size > pos
            && (size as u64) <= (*((*t).store.get() as *const Store)).acap as u64
            && pos >= 1
        {
            let s = (*t).store.get() as *const Store;
            let items = std::ptr::from_ref(Store::array(s, 0)).cast_mut().cast::<u64>();
            std::ptr::copy(items.add(pos as usize), items.add(pos as usize - 1), (size - pos) as usize);
            put(rec, t, size, Value::NIL, None)?;
        } else {
            let mut i = pos;
            while i < size {
                put(rec, t, i, raw_get_int(t, i + 1), lock.as_ref())?;
                i += 1;
            }
            put(rec, t, i.max(pos), Value::NIL, lock.as_ref())?;
        }
        if pos <= size {
            remember(t, (size - 1).max(0));
        }
        Ok(Some(v))
    }
}
