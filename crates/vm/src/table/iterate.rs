//! Iteration: `next`, and the hidden cursor of `pairs` loops.
//!
//! Promises: on a local table the manual's rules and PUC's error. On a shared table `next` never raises: when its key
//! is no longer there it goes on from the key's home slot, and may then repeat or skip (I-20). A `pairs` loop on a
//! shared table walks the store it started with: a key present all the time is visited exactly once (I-19).

use super::{Found, Key, TOMB, find, get_key, key_of};
use crate::object::{Store, Table};
use crate::sync::Acquire;
use crate::thread::Record;
use crate::value::Value;

/// An entry and its position.
pub struct Entry {
    /// Position in the store, for [`entry_from`] to go on after.
    pub position: usize,
    /// Key.
    pub key: Value,
    /// Value.
    pub value: Value,
}

/// The first entry of `s` at or after `position` whose value is not nil; values that moved are fetched through `t`.
/// # Safety
/// `t` is live, `s` is its store or an earlier one of it that is live.
#[inline]
pub unsafe fn entry_from(rec: &Record, t: *const Table, s: *const Store, mut position: usize) -> Option<Entry> {
    // SAFETY: caller; positions are checked against the capacities.
    unsafe {
        let acap = (*s).acap as usize;
        while position < acap {
            let v = Value(Store::array(s, position).load(Acquire));
            let v = if v == Value::MOVED { get_key(t, &Key::Int(position as i64 + 1)) } else { v };
            if !v.is_nil_like() {
                return Some(Entry { position, key: Value::int_unchecked(position as i64 + 1), value: v });
            }
            position += 1;
        }
        let slots = (*s).mask as usize / 16 + 1;
        while position - acap < slots {
            let (k, v) = Store::slot(s, (position - acap) * 16);
            let v = Value(v.load(Acquire));
            if !v.is_nil_like() || v == Value::MOVED {
                let word = Value(k.load(Acquire));
                if word != Value::EMPTY && word != Value::DEAD && word != TOMB {
                    let v = if v == Value::MOVED { get_key(t, &key_of(rec, word)) } else { v };
                    if !v.is_nil_like() {
                        return Some(Entry { position, key: word, value: v });
                    }
                }
            }
            position += 1;
        }
        None
    }
}

/// The position of a key in `s`.
/// # Safety
/// `s` is live.
pub unsafe fn position_of(rec: &Record, s: *const Store, k: Value) -> Option<usize> {
    let key = key_of(rec, k);
    // SAFETY: caller.
    unsafe {
        let acap = (*s).acap as usize;
        if let Key::Int(i) = key {
            if k.is_double() {
                // Tables never give out such a key, and PUC Lua does not look for it.
                return None;
            }
            let index = (i as u64).wrapping_sub(1);
            if index < acap as u64 {
                return Some(index as usize);
            }
        }
        match find(s, &key) {
            Found::Hit(_, offset) => Some(acap + offset as usize / 16),
            _ => None,
        }
    }
}

/// The key given to `next` is not in the table.
pub struct NoSuchKey;

/// The entry after `k` (nil starts); Err when a local table has no such key.
/// # Safety
/// `t` and `k` are live.
pub unsafe fn next(rec: &Record, t: *const Table, k: Value) -> Result<Option<(Value, Value)>, NoSuchKey> {
    // SAFETY: caller.
    unsafe {
        let shared = (*t).header.is_shared();
        if shared && (*((*t).store.load(Acquire) as *const Store)).next.load(Acquire) != 0 {
            // A migration is in progress under the lock: wait for it, so that keys born in the next store are seen.
            drop(super::shared::TableLock::take(t));
        }
        let s = (*t).store.load(Acquire) as *const Store;
        let from = if k.is_nil() {
            0
        } else {
            match position_of(rec, s, k) {
                Some(p) => p + 1,
                None if !shared => return Err(NoSuchKey),
                None => {
                    let home = key_of(rec, k).home((*s).mask as usize);
                    (*s).acap as usize + home / 16
                }
            }
        };
        Ok(entry_from(rec, t, s, from).map(|e| (e.key, e.value)))
    }
}
