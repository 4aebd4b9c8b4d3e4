//! Writing to shared tables: updates of existing keys by CAS, inserts and resizes under the table's lock.
//!
//! The lock is the list-lock byte of the table's header. Under it: no safepoint, no Lua code, no panic; allocation
//! never collects (contract 7), so whoever waits for it waits for a few microseconds and may spin (I-27 is not
//! needed: the holder never waits for a stop).
//! Linearization points: update: the CAS; insert: the release store of the key; delete: a CAS to nil; hand-over: the
//! CAS to MOVED (docs/tables.md).

use super::{
    Found, Key, SetError, count_sizes, find, forget_absent, is_dense, is_empty_store, new_store, next_store, store_word,
};
use crate::object::{Header, Store, Table};
use crate::slot;
use crate::sync::{AcqRel, Acquire, AtomicU64, Relaxed, Release};
use crate::thread::Record;
use crate::value::Value;

/// The lock of a shared table, held.
pub struct TableLock(*const Header);

impl TableLock {
    /// Waits for the lock of `t`.
    /// # Safety
    /// `t` is a live shared table and stays so while the lock is held (no safepoint under it).
    pub unsafe fn take(t: *const Table) -> TableLock {
        // SAFETY: caller.
        let header = unsafe { &(*t).header };
        let mut spins = 0u32;
        // Acquire: pairs with the release store in `drop`.
        while header.lock.compare_exchange(0, 1, AcqRel, Relaxed).is_err() {
            while header.lock.load(Relaxed) != 0 {
                spins += 1;
                if spins.is_multiple_of(64) {
                    std::thread::yield_now();
                } else {
                    std::hint::spin_loop();
                }
            }
        }
        TableLock(header)
    }
}

impl Drop for TableLock {
    fn drop(&mut self) {
        // SAFETY: `take`'s contract. Release: what was done under the lock is visible to the next holder.
        unsafe { (*self.0).lock.store(0, Release) }
    }
}

/// Where the search for an absent key ended: the store, and the offset of the EMPTY slot (`u32::MAX`: there was none).
#[derive(Clone, Copy)]
pub struct Vacant(*const Store, u32);

impl Vacant {
    /// Looks for the key in the root store, under the lock. Whoever entered it since then claimed the slot that ended the
    /// search, for keys never leave the slots before it (T-1): while it is EMPTY there is nothing to look for.
    unsafe fn find_again<'a>(self, root: *const Store, key: &Key) -> Found<'a> {
        let Vacant(s, offset) = self;
        // SAFETY: caller: a live store; the offset came from a search in it.
        unsafe {
            if s == root && offset != u32::MAX && Store::slot(s, offset as usize).0.load(Acquire) == slot::EMPTY {
                return Found::Absent(offset);
            }
            find(root, key)
        }
    }
}

/// A claimed key's value slot in whichever store decides about it now, and whether it is an array slot; or where the key
/// is missing.
unsafe fn locate<'a>(t: *const Table, key: &Key) -> Result<(&'a AtomicU64, bool), Vacant> {
    // SAFETY: caller: `t` is live; its stores are until the next safepoint (T-8).
    unsafe {
        let mut s = (*t).store.load(Acquire) as *const Store;
        loop {
            match find(s, key) {
                Found::Hit(value, offset) => {
                    if value.load(Acquire) != slot::MOVED {
                        return Ok((value, offset == u32::MAX));
                    }
                    s = next_store(s);
                }
                Found::Closed => s = next_store(s),
                Found::Absent(offset) => {
                    let n = (*s).next.load(Acquire) as *const Store;
                    if offset != u32::MAX || n.is_null() {
                        return Err(Vacant(s, offset));
                    }
                    s = n;
                }
            }
        }
    }
}

/// `t[key] = v`; `v` is published already.
/// # Safety
/// `t` is a live shared table, key and value are live, the key is neither nil nor NaN.
pub unsafe fn set(rec: &Record, t: *mut Table, key: Key, v: Value) -> Result<(), SetError> {
    // SAFETY: caller.
    unsafe {
        swap(rec, t, key, v)?;
        Ok(())
    }
}

/// Stores `v`, returns the old value.
/// # Safety
/// As [`set`].
pub unsafe fn swap(rec: &Record, t: *mut Table, key: Key, v: Value) -> Result<Value, SetError> {
    // SAFETY: caller: `v` is live.
    debug_assert!(!v.is_object() || unsafe { (*v.as_object()).is_shared() }, "a local value into a shared table");
    // SAFETY: caller.
    unsafe {
        loop {
            let (value, in_array) = match locate(t, &key) {
                Ok(found) => found,
                Err(_) if v.is_nil() => return Ok(Value::NIL),
                Err(vacant) => {
                    let lock = TableLock::take(t);
                    if insert_locked(rec, t, key, v, vacant, &lock)? {
                        return Ok(Value::NIL);
                    }
                    continue;
                }
            };
            let done = if in_array { slot::update(value, v.0) } else { slot::update_live(value, v.0) };
            match done {
                Ok(old) if slot::is_nil_like(old) => {
                    if v.is_nil() {
                        return Ok(Value::NIL);
                    }
                    if !in_array {
                        // Under the lock, so that a migration can count on how many entries there are at most.
                        let _lock = TableLock::take(t);
                        if slot::exchange(value, old, v.0) != Ok(true) {
                            continue;
                        }
                    }
                    forget_absent(t, &key);
                    return Ok(Value::NIL);
                }
                Ok(old) => return Ok(Value(old)),
                Err(slot::Moved) => {}
            }
        }
    }
}

/// What [`modify`]'s function wants done.
pub enum Change<R> {
    /// Store this (published) word.
    To(Value, R),
    /// Leave the entry as it is.
    Keep(R),
}

/// Reads the entry (nil when absent), asks `f` for the new word, and stores it if nothing came between, else asks
/// again. `f` must not reach a safepoint.
/// # Safety
/// As [`set`].
pub unsafe fn modify<R>(
    rec: &Record,
    t: *mut Table,
    key: Key,
    mut f: impl FnMut(Value) -> Change<R>,
) -> Result<R, SetError> {
    // SAFETY: caller.
    unsafe {
        loop {
            let (value, in_array) = match locate(t, &key) {
                Ok(found) => found,
                Err(vacant) => {
                    let (v, r) = match f(Value::NIL) {
                        Change::Keep(r) => return Ok(r),
                        Change::To(v, r) => (v, r),
                    };
                    if v.is_nil() {
                        return Ok(r);
                    }
                    let lock = TableLock::take(t);
                    if insert_locked(rec, t, key, v, vacant, &lock)? {
                        return Ok(r);
                    }
                    continue;
                }
            };
            let old = value.load(Acquire);
            if old == slot::MOVED {
                continue;
            }
            let seen = if slot::is_nil_like(old) { Value::NIL } else { Value(old) };
            match f(seen) {
                Change::Keep(r) => return Ok(r),
                Change::To(v, r) => {
                    let revives = seen.is_nil() && !v.is_nil();
                    // As in `swap`.
                    let lock = (revives && !in_array).then(|| TableLock::take(t));
                    let done = slot::exchange(value, old, v.0);
                    drop(lock);
                    if done == Ok(true) {
                        if revives {
                            forget_absent(t, &key);
                        }
                        return Ok(r);
                    }
                }
            }
        }
    }
}

/// Enters a key that was absent when it was looked for. False, and nothing is done, when somebody stored there first.
/// # Safety
/// As [`set`]; the lock is `t`'s, and there was no safepoint since `vacant` was found.
pub unsafe fn insert_locked(
    rec: &Record,
    t: *mut Table,
    key: Key,
    v: Value,
    vacant: Vacant,
    _lock: &TableLock,
) -> Result<bool, SetError> {
    // SAFETY: caller. Under the lock the root store has no migration in progress.
    unsafe {
        let word = store_word(rec, &key).ok_or(SetError::Memory)?;
        rec.publish(word);
        let mut s = (*t).store.load(Acquire) as *mut Store;
        let mut found = vacant.find_again(s, &key);
        loop {
            match found {
                Found::Hit(value, _) => {
                    // Somebody has entered the key, or the array of a larger store has a place for it.
                    let old = value.load(Acquire);
                    if !slot::is_nil_like(old) || slot::exchange(value, old, v.0) != Ok(true) {
                        return Ok(false);
                    }
                    break;
                }
                Found::Absent(offset) if offset != u32::MAX && (*s).used.get() < (*s).limit => {
                    (*s).used.set((*s).used.get() + 1);
                    super::note_key(s, &key);
                    let (k, value) = Store::slot(s, offset as usize);
                    slot::insert_locked(k, value, word.0, v.0);
                    break;
                }
                _ => s = grow_locked(rec, t, s, &key)?,
            }
            found = find(s, &key);
        }
        forget_absent(t, &key);
        Ok(true)
    }
}

/// Makes room for list items 1..=n in a table that never had an entry: with holes among them the border depends on it.
/// # Safety
/// `t` is a live shared table.
pub unsafe fn reserve_array(rec: &Record, t: *mut Table, n: usize) -> Result<(), SetError> {
    // SAFETY: caller. Entries come under the lock, so the empty store stays while we look.
    unsafe {
        let _lock = TableLock::take(t);
        if n > 0 && is_empty_store((*t).store.load(Acquire) as *const Store) {
            let s = new_store(rec, n, 0).ok_or(SetError::Memory)?;
            rec.publish_empty(s.cast());
            // Release: pairs with the acquire load of the root in every operation.
            (*t).store.store(s as u64, Release);
        }
        Ok(())
    }
}

/// Moves all entries of the root store `s` to a larger one.
/// # Safety
/// As [`insert_locked`].
unsafe fn grow_locked(rec: &Record, t: *mut Table, s: *mut Store, key: &Key) -> Result<*mut Store, SetError> {
    // SAFETY: caller holds the lock, so nobody else claims slots or migrates.
    unsafe {
        let old_acap = (*s).acap as usize;
        // Hash entries whose value is nil come to life under the lock only, so there will not be more than now. Items of
        // the array may: never a smaller array. Some hash slots stay free, for slots of removed keys are not used again; not
        // for list items, which would go there as long as they find one.
        let (mut acap, mut hcap) = if let Key::Int(i) = *key
            && i == old_acap as i64 + 1
            && is_dense(s)
        {
            ((old_acap * 2).max(4), 0)
        } else {
            count_sizes(s, key)
        };
        acap = acap.max(old_acap);
        let in_array = |i: i64| (i as u64).wrapping_sub(1) < acap as u64;
        let live = (0..=(*s).mask as usize)
            .step_by(16)
            .filter(|&offset| {
                let (k, value) = Store::slot(s, offset);
                !slot::is_nil_like(value.load(Acquire)) && !Value(k.load(Acquire)).as_int().is_some_and(in_array)
            })
            .count();
        let own = !matches!(*key, Key::Int(i) if in_array(i));
        hcap = hcap.max(super::hash_capacity(live + live / 2 + own as usize));
        let n = new_store(rec, acap, hcap).ok_or(SetError::Memory)?;
        rec.publish_empty(n.cast());
        if is_empty_store(s) {
            // Nothing to move, and nobody claims slots of the static store: no need to close it (it is not ours).
            // Release: pairs with the acquire load of the root in every operation.
            (*t).store.store(n as u64, Release);
            return Ok(n);
        }
        // Release: pairs with the acquire load in `next_store` (T-5: before any MOVED or DEAD).
        (*s).next.store(n as u64, Release);
        for i in 0..old_acap {
            slot::migrate(Store::array(s, i), || Store::array(n, i));
        }
        let mut used = 0;
        let mut offset = 0;
        while offset <= (*s).mask as usize {
            let (k, value) = Store::slot(s, offset);
            offset += 16;
            let word = Value(slot::close(k));
            if word == Value::DEAD || word == super::TOMB {
                value.store(slot::MOVED, Release);
                continue;
            }
            let moved = super::key_of(rec, word);
            slot::migrate(value, || match find(n, &moved) {
                Found::Hit(target, _) => target,
                Found::Absent(free) if free != u32::MAX => {
                    let (k, target) = Store::slot(n, free as usize);
                    used += 1;
                    super::note_key(n, &moved);
                    let word = if let Key::Str(w, _) = moved { rec.key_word(w) } else { word };
                    // Nobody takes the key for his own before its value in `s` is MOVED (T-3). Release: but who comes from
                    // a full `s` compares with it, and it may be another string than in `s` (an atom).
                    k.store(word.0, Release);
                    target
                }
                _ => unreachable!("the next store has room for every entry"),
            });
        }
        (*n).used.set(used);
        debug_assert!(used <= (*n).limit);
        // Release: pairs with the acquire load of the root in every operation.
        (*t).store.store(n as u64, Release);
        Ok(n)
    }
}

/// The value slot of a claimed key, or where it is missing.
/// # Safety
/// `t` is a live shared table.
pub unsafe fn locate_slot<'a>(t: *const Table, key: &Key) -> Result<&'a AtomicU64, Vacant> {
    // SAFETY: caller.
    unsafe { locate(t, key).map(|(value, _)| value) }
}
