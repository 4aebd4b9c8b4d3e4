//! Writing to local tables: plain accesses by the owner.
//!
//! Promises: no read-modify-write, no fence. Claimed slots whose value is nil are reused by new keys.

use super::{
    Found, Key, SetError, TOMB, count_sizes, find, first_of_int, forget_absent, is_dense, new_store, note_key,
    store_word,
};
use crate::object::{FLAG_REPLACED, STORE_HEADER, Store, Table};
use crate::thread::Record;
use crate::value::Value;

/// `t[key] = v`.
/// # Safety
/// `t` is a live local table of this thread; the key is neither nil nor NaN; all are live.
#[inline]
pub unsafe fn set(rec: &Record, t: *mut Table, key: Key, v: Value) -> Result<(), SetError> {
    // SAFETY: caller.
    unsafe {
        let s = (*t).store.get() as *mut Store;
        match find(s, &key) {
            Found::Hit(slot, offset) => {
                let old = Value(slot.get());
                slot.set(v.0);
                if old.is_nil_like() && !v.is_nil() && offset != u32::MAX {
                    forget_absent(t, &key);
                }
                // The key becomes the atom, so that the next lookup by a constant meets an identical word. Not when the
                // entry goes: a traversal holds on to the key as it was.
                if let Key::Str(word, _) = key
                    && word.is_atom()
                    && !v.is_nil()
                    && offset != u32::MAX
                {
                    Store::slot(s, offset as usize).0.set(word.0);
                }
                Ok(())
            }
            Found::Absent(offset) => {
                if v.is_nil() {
                    return Ok(());
                }
                insert(rec, t, s, key, v, offset)
            }
            Found::Closed => unreachable!("T-5: a local store has no next"),
        }
    }
}

/// `t[key] = v` for an inline integer, which may be at its first place in the hash part.
/// # Safety
/// As [`set`].
#[inline]
pub unsafe fn set_int(rec: &Record, t: *mut Table, key: Value, v: Value) -> Result<(), SetError> {
    let i = key.as_small_int();
    // SAFETY: caller; the offset is masked.
    unsafe {
        let s = (*t).store.get() as *mut Store;
        // Neither an item of the array nor the one after it.
        if (i as u64).wrapping_sub(1) > (*s).acap as u64 {
            let (k, slot) = Store::slot(s, first_of_int(i, (*s).mask as usize));
            let word = Value(k.get());
            if word == key {
                slot.set(v.0);
                return Ok(());
            }
            if word == Value::EMPTY {
                let used = (*s).used.get();
                if v.is_nil() {
                    return Ok(());
                }
                if used < (*s).limit {
                    (*s).used.set(used + 1);
                    k.set(key.0);
                    slot.set(v.0);
                    return Ok(());
                }
            }
        }
        set(rec, t, Key::Int(i), v)
    }
}

/// Enters a key that is not in the table; a search for it ended at `free`.
#[inline(never)]
unsafe fn insert(rec: &Record, t: *mut Table, s: *mut Store, key: Key, v: Value, free: u32) -> Result<(), SetError> {
    // SAFETY: caller of `set`.
    unsafe {
        forget_absent(t, &key);
        if let Key::Int(i) = key {
            let acap = (*s).acap as usize;
            // The next list item: double the array without counting all keys.
            if i == acap as i64 + 1 && ((*s).used.get() == 0 || acap >= 4) && is_dense(s) {
                let hcap = if (*s).limit == 0 { 0 } else { (*s).mask as usize / 16 + 1 };
                let n = resize(rec, t, s, (acap * 2).max(4), hcap)?;
                Store::array(n, acap).set(v.0);
                return Ok(());
            }
        }
        let word = store_word(rec, &key).ok_or(SetError::Memory)?;
        let used = (*s).used.get();
        if used < (*s).limit {
            debug_assert_ne!(free, u32::MAX, "fewer slots are claimed than there are");
            (*s).used.set(used + 1);
            let (k, slot) = Store::slot(s, free as usize);
            note_key(s, &key);
            k.set(word.0);
            slot.set(v.0);
            return Ok(());
        }
        if (*s).limit <= 8 && place(s, &key, word, v) {
            return Ok(());
        }
        let (acap, hcap) = count_sizes(s, &key);
        let same = (*s).limit != 0 && acap == (*s).acap as usize && hcap == (*s).mask as usize / 16 + 1;
        if same && forget_dead(s) && place(s, &key, word, v) {
            return Ok(());
        }
        let n = resize(rec, t, s, acap, hcap)?;
        if let Key::Int(i) = key
            && (i as u64).wrapping_sub(1) < (*n).acap as u64
        {
            Store::array(n, i as usize - 1).set(v.0);
            return Ok(());
        }
        let placed = place(n, &key, word, v);
        debug_assert!(placed, "count_sizes left no room");
        Ok(())
    }
}

/// Empties the slots whose value is nil, if all other keys are integers at their first places: then no search leads
/// over those slots. So it is with queues, whose integers walk upwards.
unsafe fn forget_dead(s: *mut Store) -> bool {
    // SAFETY: caller of `set`; offsets are masked.
    unsafe {
        let mask = (*s).mask as usize;
        let mut live = 0;
        for offset in (0..=mask).step_by(16) {
            let (k, value) = Store::slot(s, offset);
            if !Value(value.get()).is_nil_like() {
                let k = Value(k.get());
                if !k.is_small_int() || first_of_int(k.as_small_int(), mask) != offset {
                    return false;
                }
                live += 1;
            }
        }
        for offset in (0..=mask).step_by(16) {
            let (k, value) = Store::slot(s, offset);
            if Value(value.get()).is_nil_like() {
                k.set(Value::EMPTY.0);
                value.set(Value::EMPTY.0);
            }
        }
        (*s).used.set(live);
        (*s).header.aux.set(0);
        (*s).header.lock.set(0);
        true
    }
}

/// Puts an absent key into a hash slot. A fresh one while there is room: where a nil entry is, its own key comes back
/// to, and then it is where the hints of field accesses remember it. Else that of a nil entry on the way; false when
/// there is none.
unsafe fn place(s: *mut Store, key: &Key, word: Value, v: Value) -> bool {
    // SAFETY: caller; offsets are masked.
    unsafe {
        let mask = (*s).mask as usize;
        let mut offset = key.first(mask);
        let mut next = key.home(mask);
        let step = key.step(mask);
        let mut vacant = usize::MAX;
        let used = (*s).used.get();
        for _ in 0..=mask / 16 + 1 {
            let (k, val) = Store::slot(s, offset);
            let w = Value(k.get());
            if w == Value::EMPTY {
                if used < (*s).limit {
                    (*s).used.set(used + 1);
                    vacant = offset;
                }
                break;
            }
            if w == TOMB {
                vacant = offset;
                break;
            }
            if vacant == usize::MAX && Value(val.get()).is_nil_like() {
                vacant = offset;
            }
            offset = next;
            next = (next + step) & mask;
        }
        if vacant == usize::MAX {
            return false;
        }
        let (k, val) = Store::slot(s, vacant);
        if Value(k.get()) != Value::EMPTY {
            // It may have been that of `__index`.
            (*s).header.lock.set(0);
        }
        note_key(s, key);
        k.set(word.0);
        val.set(v.0);
        true
    }
}

/// Replaces the store by one of these capacities; the old store becomes garbage.
/// # Safety
/// `t` is a live local table of this thread and `s` its store; the new one has room for every entry.
pub unsafe fn resize(
    rec: &Record,
    t: *mut Table,
    s: *mut Store,
    acap: usize,
    hcap: usize,
) -> Result<*mut Store, SetError> {
    // SAFETY: caller.
    unsafe {
        let old_acap = (*s).acap as usize;
        let n = new_store(rec, acap, hcap).ok_or(SetError::Memory)?;
        let common = old_acap.min(acap);
        std::ptr::copy_nonoverlapping(
            s.cast::<u8>().add(STORE_HEADER).cast::<u64>(),
            n.cast::<u8>().add(STORE_HEADER).cast::<u64>(),
            common,
        );
        for i in common..old_acap {
            let v = Value(Store::array(s, i).get());
            if !v.is_nil_like() {
                let placed = place(n, &Key::Int(i as i64 + 1), Value::int_unchecked(i as i64 + 1), v);
                debug_assert!(placed);
            }
        }
        let mut offset = 0;
        while offset <= (*s).mask as usize {
            let (k, val) = Store::slot(s, offset);
            let v = Value(val.get());
            if !v.is_nil_like() {
                let word = Value(k.get());
                let key = super::key_of(rec, word);
                match key {
                    Key::Int(i) if (i as u64).wrapping_sub(1) < acap as u64 => {
                        Store::array(n, i as usize - 1).set(v.0);
                    }
                    _ => {
                        let word = if let Key::Str(w, _) = key { rec.key_word(w) } else { word };
                        let placed = place(n, &key, word, v);
                        debug_assert!(placed, "the new store is too small");
                    }
                }
            }
            offset += 16;
        }
        (*t).store.set(n as u64);
        if !super::is_empty_store(s) {
            (*s).header.flags.set((*s).header.flags.get() | FLAG_REPLACED);
        }
        Ok(n)
    }
}

/// Makes room for list items 1..=n.
/// # Safety
/// `t` is a live local table of this thread.
pub unsafe fn reserve_array(rec: &Record, t: *mut Table, n: usize) -> Result<(), SetError> {
    // SAFETY: caller.
    unsafe {
        let s = (*t).store.get() as *mut Store;
        if n > (*s).acap as usize {
            let hcap = if (*s).limit == 0 { 0 } else { (*s).mask as usize / 16 + 1 };
            resize(rec, t, s, n, hcap)?;
        }
        Ok(())
    }
}
