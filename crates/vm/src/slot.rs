//! The protocol of one slot of a shared table: update by CAS, hand-over to the next store.
//!
//! These few functions are everything that decides between a writer and a migration; loom runs them as they are
//! (tests/loom_slot.rs). Invariants (docs/tables.md):
//!
//! - T-1 A key word goes EMPTY to a key, or EMPTY to DEAD, once.
//! - T-2 A value word may take any value until MOVED; MOVED is final.
//! - T-3 A key that is not MOVED in a store is neither read nor written in the next one.
//! - T-4 Only the migrator writes the next store's slot before MOVED.
//! - T-5 DEAD or MOVED in a store implies that its `next` is set.

use crate::sync::{AcqRel, Acquire, AtomicU64, Relaxed, Release};

/// Word of a nil value (see [`crate::value`]; repeated here so that the protocol stands alone under loom).
pub const NIL: u64 = 0xFFF9 << 48;
/// Word of a key that was never claimed, and of a value never written.
pub const EMPTY: u64 = NIL + 1;
/// Word of a value that lives in the next store.
pub const MOVED: u64 = NIL + 2;
/// Word of a key slot that closes its chain: look in the next store.
pub const DEAD: u64 = NIL + 3;

/// The slot's value lives in the next store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved;

/// nil, EMPTY, MOVED or DEAD.
#[inline(always)]
pub const fn is_nil_like(v: u64) -> bool {
    v.wrapping_sub(NIL) < 4
}

/// Stores `new`; the old word, or `Moved` and nothing happened. The linearization point is the CAS (T-2: a plain
/// store could land on MOVED and vanish).
#[inline]
pub fn update(value: &AtomicU64, new: u64) -> Result<u64, Moved> {
    let mut old = value.load(Acquire);
    loop {
        if old == MOVED {
            return Err(Moved);
        }
        // Release: whoever reads the reference sees the published object (I-11). Acquire: the old value is returned.
        match value.compare_exchange(old, new, AcqRel, Acquire) {
            Ok(_) => return Ok(old),
            Err(seen) => old = seen,
        }
    }
}

/// As [`update`], but never brings a nil entry to life: Ok of the nil-like word when `new` is a value, and nothing
/// happened.
#[inline]
pub fn update_live(value: &AtomicU64, new: u64) -> Result<u64, Moved> {
    let mut old = value.load(Acquire);
    loop {
        if old == MOVED {
            return Err(Moved);
        }
        if is_nil_like(old) && !is_nil_like(new) {
            return Ok(old);
        }
        // As in `update`.
        match value.compare_exchange(old, new, AcqRel, Acquire) {
            Ok(_) => return Ok(old),
            Err(seen) => old = seen,
        }
    }
}

/// Stores `new` if the word is still `old`; Ok(false) when it is another one.
#[inline]
pub fn exchange(value: &AtomicU64, old: u64, new: u64) -> Result<bool, Moved> {
    match value.compare_exchange(old, new, AcqRel, Acquire) {
        Ok(_) => Ok(true),
        Err(MOVED) => Err(Moved),
        Err(_) => Ok(false),
    }
}

/// Closes a key slot for good if nobody has claimed it (T-1); the key word that decides.
#[inline]
pub fn close(key: &AtomicU64) -> u64 {
    match key.compare_exchange(EMPTY, DEAD, AcqRel, Acquire) {
        Ok(_) => DEAD,
        Err(seen) => seen,
    }
}

/// Hands one value word over to the next store: `place(word)` is called with each candidate that is not nil-like and
/// returns the slot in the next store, which nobody else writes yet (T-4). The linearization point is the CAS to
/// MOVED; readers of the old value stay right until then.
#[inline]
pub fn migrate<'a>(value: &AtomicU64, mut place: impl FnMut() -> &'a AtomicU64) {
    let mut target: Option<&AtomicU64> = None;
    let mut old = value.load(Acquire);
    loop {
        debug_assert!(old != MOVED, "T-4: two migrators");
        if is_nil_like(old) {
            if let Some(t) = target {
                t.store(NIL, Relaxed);
            }
        } else {
            let t = *target.get_or_insert_with(&mut place);
            // Relaxed: made visible by the CAS below, which every reader of the target has acquired.
            t.store(old, Relaxed);
        }
        match value.compare_exchange(old, MOVED, AcqRel, Acquire) {
            Ok(_) => return,
            Err(seen) => old = seen,
        }
    }
}

/// Makes an entry of a fresh slot visible: the value first, then the key, so that the insert is one step.
/// Caller: holds the table's lock, and the slot is EMPTY.
#[inline]
pub fn insert_locked(key: &AtomicU64, value: &AtomicU64, k: u64, v: u64) {
    // Release: pairs with the acquire load of the value by those who look at the key without ordering, by a hint (I-11).
    value.store(v, Release);
    // Release: pairs with the acquire load of the key in every other lookup.
    key.store(k, Release);
}
