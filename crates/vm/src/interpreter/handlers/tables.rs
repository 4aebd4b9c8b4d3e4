//! The bodies of the instructions that make, read and write tables.
//!
//! The first look is at a local table, whose kind is one compare, and at one place: the array part, or the hash slot
//! that the hint names. What it does not find there goes to a handler that looks at few more places, and then out of
//! line.

use super::*;
use crate::heap::MAX_BUMPED_LIST;
use crate::table::{NO_PLACE, first_place, is_empty_store};

/// The key word of a slot, for comparison. Relaxed: a value that is there beside the key was stored with Release (I-11), and
/// what is nil-like goes another way.
macro_rules! key_at {
    ($slot:expr) => {
        (*$slot.add(STORE_HEADER).cast::<AtomicU64>()).get()
    };
}

op! { GetTabUp(pc, base, ins, th, k) {
    let cell = Value(LuaClosure::upval(closure!(base), b!(ins)).load(Acquire));
    let p = object_bits!(cell_get!(cell, th));
    if is_table!(p, th) {
        let s = (*(p as *const Table)).store.load(Acquire) as *mut Store;
        let slot = hinted!(pc, s);
        if key_at!(slot) == (*k.add(c!(ins))).0 {
            let found = Value((*slot.add(STORE_HEADER + 8).cast::<AtomicU64>()).load(Acquire));
            if !is_nil_like!(found) {
                *base.add(a!(ins)) = found;
                next!(pc.add(1), base, th, k)
            }
        }
    }
    return get_tab_up_slow(pc, base, ins, th, k);
} }
stub! { get_tab_up_slow(pc, base, ins, th, k) {
    let cell = Value(LuaClosure::upval(closure!(base), b!(ins)).load(Acquire));
    index::get_field(&*th, cell_get!(cell, th), *k.add(c!(ins)), a!(ins), pc)
} }

/// Whether a value of a local table is nil: there are no other nil-like words beside a key or in an array part. The word
/// is in the record, for a compare with memory takes no register.
macro_rules! is_nil {
    ($v:expr, $th:expr) => {
        $v == (*$th).nil.get()
    };
}
/// The field that the hint finds in a table that `$is` recognizes.
macro_rules! get_hinted {
    ($is:ident, $missed:ident, $pc:expr, $base:expr, $ins:expr, $th:expr, $k:expr) => {{
        let p = object_bits!(*$base.add(b!($ins)));
        if $is!(p, $th) {
            let s = (*(p as *const Table)).store.load(Acquire) as *mut Store;
            let slot = hinted!($pc, s);
            if key_at!(slot) == (*$k.add(c!($ins))).0 {
                let found = Value((*slot.add(STORE_HEADER + 8).cast::<AtomicU64>()).load(Acquire));
                if !is_nil!(found, $th) {
                    *$base.add(a!(in_order($ins))) = found;
                    next!($pc.add(1), $base, $th, $k)
                }
            }
        }
        return $missed($pc, $base, $ins, $th, $k);
    }};
}
op! { GetField(pc, base, ins, th, k) { get_hinted!(is_local_table, get_field_missed, pc, base, ins, th, k) } }
/// Where an atom is in a store: the offset of its slot, [`NOWHERE`], or [`UNSURE`] when the general way must look.
/// # Safety
/// `s` is a live store, `key` the word of an atom.
#[inline(always)]
unsafe fn probe(s: *const Store, key: u64) -> usize {
    // SAFETY: caller; offsets are masked.
    unsafe {
        let hash = (*atom_address!(key)).aux.get();
        if (*s).header.aux.get() & filter_bit(hash) != 0 {
            let start = hash << 4 & (*s).mask;
            let mut offset = start;
            loop {
                let word = Store::slot(s, offset as usize).0.load(Acquire);
                if word == key {
                    return offset as usize;
                }
                if word == Value::EMPTY.0 {
                    return NOWHERE;
                }
                // A string that is no atom may be equal.
                if word == Value::DEAD.0 || word & ATOM_MASK == TAG_OBJECT {
                    return UNSURE;
                }
                offset = (offset + 16) & (*s).mask;
                if offset == start {
                    break;
                }
            }
        }
        // T-10, and docs/tables.md: a full store is not the last word when another one follows.
        if (*s).next.load(Acquire) == 0 { NOWHERE } else { UNSURE }
    }
}
const NOWHERE: usize = usize::MAX;
const UNSURE: usize = NOWHERE - 1;
/// The address of a slot, less the header of the store.
macro_rules! slot_at {
    ($s:expr, $offset:expr) => {
        ($s as *const u8).add((*$s).acap as usize * 8 + $offset)
    };
}
/// A field that is not where the hint says in a local table: it is elsewhere, or in a table along its chain of
/// metatables, or nowhere.
macro_rules! field_missed {
    ($name:ident, $slow:ident, |$base:ident, $ins:ident, $v:ident, $found:ident| $store:expr) => {
        op! {
            #[inline(never)]
            $name(pc, $base, $ins, th, k) {
                let $v = *$base.add(b!($ins));
                let mut p = object_bits!($v);
                // Short chains; longer ones are looked through out of line.
                let mut tables = 4;
                loop {
                    let key = word_at!(k.add(c!($ins)));
                    if !is_table!(p, th) || key & ATOM_BIT == 0 {
                        return $slow(pc, $base, $ins, th, k);
                    }
                    let s = (*(p as *const Table)).store.load(Acquire) as *mut Store;
                    let mut slot = hinted!(pc, s);
                    // Acquire: the value beside it was there before; what is read below may be nil, but not EMPTY.
                    if (*slot.add(STORE_HEADER).cast::<AtomicU64>()).load(Acquire) != key {
                        let offset = probe(s, key);
                        if offset == UNSURE {
                            return $slow(pc, $base, $ins, th, k);
                        }
                        slot = std::ptr::null();
                        if offset != NOWHERE {
                            slot = slot_at!(s, offset);
                            index::set_hint(pc, s, (*atom_address!(key)).aux.get(), offset as u32);
                        }
                    }
                    let mut $found = Value::NIL;
                    if !slot.is_null() {
                        $found = Value((*slot.add(STORE_HEADER + 8).cast::<AtomicU64>()).load(Acquire));
                        if $found == Value::MOVED {
                            return $slow(pc, $base, $ins, th, k);
                        }
                    }
                    let meta = (*(p as *const Table)).meta.load(Acquire) as *const Table;
                    if !is_nil_like!($found) || meta.is_null() {
                        $store;
                        next!(pc.add(1), $base, th, k)
                    }
                    tables -= 1;
                    if tables == 0 {
                        return $slow(pc, $base, $ins, th, k);
                    }
                    p = object_bits!(index::index_event(meta));
                }
            }
        }
    };
}
field_missed!(get_field_missed, get_field_slow, |base, ins, v, found| *base.add(a!(ins)) = found);
op! {
    #[inline(never)]
    get_field_slow(pc, base, ins, th, k) {
        let v = *base.add(b!(ins));
        let p = object_bits!(v);
        if is_table!(p, th) {
            let found = index::field_or_call(&*th, p as *mut Table, *k.add(c!(ins)), pc);
            if found == Value::EMPTY {
                return enter_index(pc, base, ins, th, k);
            }
            if found != Value::DEAD {
                *base.add(a!(ins)) = found;
                next!(pc.add(1), base, th, k)
            }
        }
        return get_field_stub(pc, base, ins, th, k);
    }
}
stub! { get_field_stub(pc, base, ins, th, k)
    index::get_field(&*th, *base.add(b!(ins)), *k.add(c!(ins)), a!(ins), pc)
}

// A method is mostly in the table that the object's metatable names: the object lacks it by its filter (T-10), and the
// hint finds it there.
op! { SelfField(pc, base, ins, th, k) {
    let p = object_bits!(*base.add(b!(ins)));
    if !is_table!(p, th) {
        return self_fast(pc, base, ins, th, k);
    }
    let s = (*(p as *const Table)).store.load(Acquire) as *mut Store;
    let key = word_at!(k.add(c!(anew(ins))));
    if key & ATOM_BIT == 0 {
        return self_fast(pc, base, ins, th, k);
    }
    let hash = (*((key ^ anew(TAG_OBJECT | ATOM_BIT)) as *const Header)).aux.get();
    if (*s).header.aux.get() & filter_bit(hash) != 0 || (*s).next.load(Acquire) != 0 {
        return self_missed(pc, base, ins, th, k);
    }
    let meta = (*(p as *const Table)).meta.load(Acquire) as *const Table;
    if meta.is_null() {
        return self_missed(pc, base, ins, th, k);
    }
    let s = (*meta).store.load(Acquire) as *mut Store;
    let place = (*s).header.lock.get() as usize;
    if place == 0 {
        return self_missed(pc, base, ins, th, k);
    }
    let p = in_order(Store::slot(s, place * 16 - 16).1.load(Acquire) ^ anew(TAG_OBJECT));
    if is_table!(p, th) {
        let s = (*(p as *const Table)).store.load(Acquire) as *mut Store;
        let slot = hinted!(pc, s);
        if key_at!(slot) == word_at!(k.add(c!(anew(ins)))) {
            let found = Value((*slot.add(STORE_HEADER + 8).cast::<AtomicU64>()).load(Acquire));
            if !is_nil_like!(found) {
                let v = word_at!(base.add(b!(anew(ins))));
                let a = base.add(a!(ins));
                *a.add(1) = Value(v);
                *a = found;
                next!(pc.add(1), base, th, k)
            }
        }
    }
    return self_missed(pc, base, ins, th, k);
} }
field_missed!(self_missed, self_fast, |base, ins, v, found| {
    *base.add(a!(ins) + 1) = v;
    *base.add(a!(ins)) = found;
});
op! {
    #[inline(never)]
    self_fast(pc, base, ins, th, k) {
        let v = *base.add(b!(ins));
        let p = object_bits!(v);
        if is_table!(p, th) {
            let found = index::field_fast(&*th, p as *mut Table, *k.add(c!(ins)), pc);
            if found != Value::EMPTY {
                *base.add(a!(ins) + 1) = v;
                *base.add(a!(ins)) = found;
                next!(pc.add(1), base, th, k)
            }
            return self_slow(pc, base, ins, th, k);
        }
        if v.is_object() {
            let found = index::method(&*th, v, *k.add(c!(ins)), pc);
            if found != Value::EMPTY {
                *base.add(a!(ins) + 1) = v;
                *base.add(a!(ins)) = found;
                next!(pc.add(1), base, th, k)
            }
        }
        return self_slow(pc, base, ins, th, k);
    }
}
stub! { self_slow(pc, base, ins, th, k) {
    let v = *base.add(b!(ins));
    *base.add(a!(ins) + 1) = v;
    index::get_field(&*th, v, *k.add(c!(ins)), a!(ins), pc)
} }

/// An item of the array part of a table that `$is` recognizes.
macro_rules! get_item {
    ($table:expr, $is:ident, $index:expr, $slow:ident, $pc:expr, $base:expr, $ins:expr, $th:expr, $k:expr) => {{
        let p = object_bits!($table);
        if $is!(p, $th) {
            let s = (*(p as *const Table)).store.load(Acquire) as *mut Store;
            let i: u64 = $index;
            if i < (*s).acap as u64 {
                let found = Value(Store::array(s, i as usize).load(Acquire));
                if !is_nil!(found, $th) {
                    *$base.add(a!($ins)) = found;
                    next!($pc, $base, $th, $k)
                }
            }
        }
        return $slow($pc, $base, $ins, $th, $k);
    }};
}
// Local tables first: their kind is one compare.
op! { GetTable(pc, base, ins, th, k) {
    let i = (*base.add(c!(ins))).0.wrapping_sub(INT_ZERO + 1);
    get_item!(*base.add(b!(ins)), is_local_table, i, get_table_missed, pc, base, ins, th, k)
} }
/// The rest of [`get_item`]: an item of a shared table; nil where there is nothing and nobody wants to know.
macro_rules! item_missed {
    ($name:ident, $slow:ident, |$base:ident, $ins:ident| $is_int:expr, $index:expr) => {
        op! {
            #[inline(never)]
            $name(pc, $base, $ins, th, k) {
                let p = object_bits!(*$base.add(b!($ins)));
                if is_table!(p, th) && $is_int {
                    let t = p as *const Table;
                    let s = (*t).store.load(Acquire) as *mut Store;
                    let i: u64 = $index;
                    let mut found = Value::NIL;
                    if i < (*s).acap as u64 {
                        found = Value(Store::array(s, i as usize).load(Acquire));
                    } else if (*s).used.get() != 0 || (*s).next.load(Acquire) != 0 {
                        return $slow(pc, $base, $ins, th, k);
                    }
                    if !is_nil_like!(found) || found != Value::MOVED && (*t).meta.load(Acquire) == 0 {
                        *$base.add(a!($ins)) = found;
                        next!(pc, $base, th, k)
                    }
                }
                return $slow(pc, $base, $ins, th, k);
            }
        }
    };
}
item_missed!(
    get_table_missed,
    get_table_slow,
    |base, ins| (*base.add(c!(ins))).0 >= TAG_INT,
    (*base.add(c!(ins))).0.wrapping_sub(INT_ZERO + 1)
);
/// The home slot of an atom in a store.
macro_rules! home {
    ($key:expr, $s:expr) => {{
        let offset = ((*$key.as_object()).aux.get() << 4 & (*$s).mask) as usize;
        in_order($s as u64 + ((*$s).acap as usize * 8 + offset) as u64) as *const u8
    }};
}
// The form for atoms as keys ([`forms`](super::super::forms)).
op! { GetTableA(pc, base, ins, th, k) {
    let key = *base.add(c!(ins));
    let p = object_bits!(*base.add(b!(ins)));
    if key.is_atom() {
        if is_table!(p, th) {
            let s = (*(p as *const Table)).store.load(Acquire) as *mut Store;
            let slot = home!(key, s);
            if key_at!(slot) == key.0 {
                let found = Value((*slot.add(STORE_HEADER + 8).cast::<AtomicU64>()).load(Acquire));
                if !is_nil_like!(found) {
                    *base.add(a!(ins)) = found;
                    next!(pc, base, th, k)
                }
            }
        }
        return get_table_slow(pc, base, ins, th, k);
    }
    return get_table_missed(pc, base, ins, th, k);
} }
op! {
    #[inline(never)]
    get_table_slow(pc, base, ins, th, k) {
        let v = *base.add(b!(ins));
        let p = object_bits!(v);
        if is_table!(p, th) {
            if (*base.add(c!(ins))).is_atom() {
                change(pc, ins, Form::GetTableA);
            }
            let s = (*(p as *const Table)).store.load(Acquire) as *mut Store;
            let offset = first_place(s, *base.add(c!(ins)));
            if offset != NO_PLACE && Store::slot(s, offset).0.load(Acquire) == (*base.add(c!(ins))).0 {
                let found = Value(Store::slot(s, offset).1.load(Acquire));
                if !is_nil_like!(found) {
                    *base.add(a!(ins)) = found;
                    next!(pc, base, th, k)
                }
            }
            let found = index::get_or_call(&*th, p as *mut Table, *base.add(c!(ins)));
            if found == Value::EMPTY {
                return enter_index(pc, base, ins, th, k);
            }
            if found != Value::DEAD {
                *base.add(a!(ins)) = found;
                next!(pc, base, th, k)
            }
        }
        return get_table_stub(pc, base, ins, th, k);
    }
}
stub! { get_table_stub(pc, base, ins, th, k)
    index::get(&*th, *base.add(b!(ins)), *base.add(c!(ins)), a!(ins))
}

op! { GetI(pc, base, ins, th, k) {
    get_item!(*base.add(b!(ins)), is_local_table, (c!(ins) as u64).wrapping_sub(1), get_i_missed, pc, base, ins, th, k)
} }
item_missed!(get_i_missed, get_i_slow, |base, ins| true, (c!(ins) as u64).wrapping_sub(1));
stub! { get_i_slow(pc, base, ins, th, k)
    index::get(&*th, *base.add(b!(ins)), Value::int_unchecked(c!(ins) as i64), a!(ins))
}

/// SETFIELD and SETTABUP when the key is present in a local table.
macro_rules! set_hinted {
    ($table:expr, $key:expr, $value:expr, $slow:ident, $pc:expr, $base:expr, $ins:expr, $th:expr, $k:expr) => {{
        let p = object_bits!($table);
        if is_local_table!(p, $th) {
            let s = (*(p as *const Table)).store.get() as *mut Store;
            let slot = hinted!($pc, s);
            if key_at!(slot) == $key.0 {
                let value = &*slot.add(STORE_HEADER + 8).cast::<AtomicU64>();
                if !is_nil!(Value(value.get()), $th) {
                    value.set($value.0);
                    next!($pc.add(1), $base, $th, $k)
                }
            }
        }
        return $slow($pc, $base, $ins, $th, $k);
    }};
}
/// The rest of [`set_hinted`] for a local table in which no metamethod wants to know of a new key: the key is somewhere
/// else, or there with nil, or it is new and there is room. A new key takes its slot even when its value is nil, so that
/// tables which are made in the same way have their fields at the same places.
macro_rules! set_field_missed {
    ($name:ident, $slow:ident, |$base:ident, $ins:ident, $k:ident| $table:expr, $key:expr, $value:expr) => {
        op! {
            #[inline(never)]
            $name(pc, $base, $ins, th, $k) {
                let p = object_bits!($table);
                let key = $key.0;
                if !is_local_table!(p, th) || key & ATOM_BIT == 0 {
                    return $slow(pc, $base, $ins, th, $k);
                }
                let t = p as *const Table;
                let meta = (*t).meta.get() as *const Table;
                if !meta.is_null() && (*meta).absent.get() & 1 << Event::NewIndex as u32 == 0 {
                    return $slow(pc, $base, $ins, th, $k);
                }
                let s = (*t).store.get() as *mut Store;
                let hash = (*atom_address!(key)).aux.get();
                let start = hash << 4 & (*s).mask;
                let mut offset = start;
                let mut word = Store::slot(s, offset as usize).0.get();
                while word != key {
                    if word == Value::EMPTY.0 {
                        let used = (*s).used.get();
                        if used >= (*s).limit {
                            return $slow(pc, $base, $ins, th, $k);
                        }
                        (*s).used.set(used + 1);
                        (*s).header.aux.set((*s).header.aux.get() | filter_bit(hash));
                        Store::slot(s, offset as usize).0.set(key);
                        break;
                    }
                    offset = (offset + 16) & (*s).mask;
                    // A string that is no atom may be equal; TOMB is a place for a new key.
                    if offset == start || word == TOMB.0 || word & ATOM_MASK == TAG_OBJECT {
                        return $slow(pc, $base, $ins, th, $k);
                    }
                    word = Store::slot(s, offset as usize).0.get();
                }
                // What was known to be absent may not be any more (as `forget_absent`).
                (*t).absent.set(0);
                Store::slot(s, offset as usize).1.set($value.0);
                index::set_hint(pc, s, hash, offset);
                next!(pc.add(1), $base, th, $k)
            }
        }
    };
}
op! { SetTabUp(pc, base, ins, th, k) {
    let cell = Value(LuaClosure::upval(closure!(base), a!(ins)).load(Acquire));
    set_hinted!(cell_get!(cell, th), *k.add(b!(ins)), *base.add(c!(ins)), set_tab_up_slow, pc, base, ins, th, k)
} }
stub! { set_tab_up_slow(pc, base, ins, th, k) {
    let cell = Value(LuaClosure::upval(closure!(base), a!(ins)).load(Acquire));
    index::set_field(&*th, cell_get!(cell, th), *k.add(b!(ins)), *base.add(c!(ins)), pc)
} }
op! { SetTabUpK(pc, base, ins, th, k) {
    let cell = Value(LuaClosure::upval(closure!(base), a!(ins)).load(Acquire));
    set_hinted!(cell_get!(cell, th), *k.add(b!(ins)), *k.add(c!(ins)), set_tab_up_k_slow, pc, base, ins, th, k)
} }
stub! { set_tab_up_k_slow(pc, base, ins, th, k) {
    let cell = Value(LuaClosure::upval(closure!(base), a!(ins)).load(Acquire));
    index::set_field(&*th, cell_get!(cell, th), *k.add(b!(ins)), *k.add(c!(ins)), pc)
} }
op! { SetField(pc, base, ins, th, k) {
    set_hinted!(*base.add(a_first!(ins)), *k.add(b!(ins)), *base.add(c!(ins)), set_field_missed, pc, base, ins, th, k)
} }
set_field_missed!(
    set_field_missed,
    set_field_slow,
    |base, ins, k| *base.add(a!(ins)),
    *k.add(b!(ins)),
    *base.add(c!(ins))
);
stub! { set_field_slow(pc, base, ins, th, k)
    index::set_field(&*th, *base.add(a!(ins)), *k.add(b!(ins)), *base.add(c!(ins)), pc)
}
op! { SetFieldK(pc, base, ins, th, k) {
    set_hinted!(*base.add(a_first!(ins)), *k.add(b!(ins)), *k.add(c!(ins)), set_field_k_missed, pc, base, ins, th, k)
} }
set_field_missed!(
    set_field_k_missed,
    set_field_k_slow,
    |base, ins, k| *base.add(a!(ins)),
    *k.add(b!(ins)),
    *k.add(c!(ins))
);
stub! { set_field_k_slow(pc, base, ins, th, k)
    index::set_field(&*th, *base.add(a!(ins)), *k.add(b!(ins)), *k.add(c!(ins)), pc)
}

/// Stores into the array part of a local table when the item is present, or when there is no metatable.
macro_rules! set_item {
    ($table:expr, $index:expr, $value:expr, $slow:ident, $pc:expr, $base:expr, $ins:expr, $th:expr, $k:expr) => {{
        let p = object_bits!($table);
        if is_local_table!(p, $th) {
            let t = p as *mut Table;
            let s = (*t).store.get() as *mut Store;
            let i: u64 = $index;
            if i < (*s).acap as u64 {
                let slot = Store::array(s, i as usize);
                if (*t).meta.get() == 0 || !is_nil!(Value(slot.get()), $th) {
                    slot.set($value.0);
                    next!($pc, $base, $th, $k)
                }
            }
        }
        return $slow($pc, $base, $ins, $th, $k);
    }};
}
op! { SetTable(pc, base, ins, th, k) {
    let i = (*base.add(b!(ins))).0.wrapping_sub(INT_ZERO + 1);
    set_item!(*base.add(a_first!(ins)), i, *base.add(c!(ins)), set_table_atom, pc, base, ins, th, k)
} }
op! {
    #[inline(never)]
    set_table_atom(pc, base, ins, th, k) {
        let p = object_bits!(*base.add(a!(ins)));
        let key = *base.add(b!(ins));
        if key.is_atom() && is_local_table!(p, th) {
            // A key that is there with a value: no metamethod, no new key.
            let s = (*(p as *const Table)).store.get() as *const Store;
            change(pc, ins, Form::SetTableA);
            if let AtomFound::Value(_, offset) = find_atom(s, key, (*key.as_object()).aux.get()) {
                Store::slot(s, offset as usize).1.set((*base.add(c!(ins))).0);
                next!(pc, base, th, k)
            }
        }
        return set_table_slow(pc, base, ins, th, k);
    }
}
op! { SetTableA(pc, base, ins, th, k) {
    let key = *base.add(b!(ins));
    let p = object_bits!(*base.add(a_first!(ins)));
    if key.is_atom() {
        if is_local_table!(p, th) {
            let s = (*(p as *const Table)).store.get() as *mut Store;
            let slot = home!(key, s);
            if key_at!(slot) == key.0 {
                let value = &*slot.add(STORE_HEADER + 8).cast::<AtomicU64>();
                if !is_nil!(Value(value.get()), th) {
                    value.set((*base.add(c!(ins))).0);
                    next!(pc, base, th, k)
                }
            }
        }
        return set_table_atom(pc, base, ins, th, k);
    }
    return set_table_int(pc, base, ins, th, k);
} }
op! {
    #[inline(never)]
    set_table_int(pc, base, ins, th, k) {
        let i = (*base.add(b!(ins))).0.wrapping_sub(INT_ZERO + 1);
        set_item!(*base.add(a!(ins)), i, *base.add(c!(ins)), set_table_atom, pc, base, ins, th, k)
    }
}
/// An assignment that is not to a present item.
macro_rules! set_other {
    ($name:ident, $stub:ident, |$base:ident, $ins:ident, $k:ident| $key:expr, $value:expr) => {
        op! {
            #[inline(never)]
            $name(pc, $base, $ins, th, $k) {
                let p = object_bits!(*$base.add(a!($ins)));
                if is_local_table!(p, th) {
                    // What is present at the first place where it may be.
                    let s = (*(p as *const Table)).store.get() as *mut Store;
                    let offset = first_place(s, $key);
                    if offset != NO_PLACE && Store::slot(s, offset).0.get() == $key.0 {
                        let value = Store::slot(s, offset).1;
                        if !is_nil!(Value(value.get()), th) {
                            value.set($value.0);
                            next!(pc, $base, th, $k)
                        }
                    }
                    let done = index::set_or_call(&*th, p as *mut Table, $key, $value);
                    if done == Value::NIL {
                        next!(pc, $base, th, $k)
                    }
                    if done == Value::EMPTY {
                        return enter_newindex(pc, $base, $ins, th, $k);
                    }
                }
                return $stub(pc, $base, $ins, th, $k);
            }
        }
        stub! { $stub(pc, $base, $ins, th, $k) index::set(&*th, *$base.add(a!($ins)), $key, $value) }
    };
}
set_other!(set_table_slow, set_table_stub, |base, ins, k| *base.add(b!(ins)), *base.add(c!(ins)));
op! { SetTableK(pc, base, ins, th, k) {
    let i = (*base.add(b!(ins))).0.wrapping_sub(INT_ZERO + 1);
    set_item!(*base.add(a_first!(ins)), i, *k.add(c!(ins)), set_table_k_slow, pc, base, ins, th, k)
} }
set_other!(set_table_k_slow, set_table_k_stub, |base, ins, k| *base.add(b!(ins)), *k.add(c!(ins)));
op! { SetI(pc, base, ins, th, k) {
    set_item!(*base.add(a_first!(ins)), (b!(ins) as u64).wrapping_sub(1), *base.add(c!(ins)), set_i_slow, pc, base, ins, th, k)
} }
set_other!(set_i_slow, set_i_stub, |base, ins, k| Value::int_unchecked(b!(ins) as i64), *base.add(c!(ins)));
op! { SetIK(pc, base, ins, th, k) {
    set_item!(*base.add(a_first!(ins)), (b!(ins) as u64).wrapping_sub(1), *k.add(c!(ins)), set_i_k_slow, pc, base, ins, th, k)
} }
set_other!(set_i_k_slow, set_i_k_stub, |base, ins, k| Value::int_unchecked(b!(ins) as i64), *k.add(c!(ins)));

// An empty table, or one for a list, which comes with SETLIST.
op! { NewTable(pc, base, ins, th, k) {
    if b!(ins) != 0 || *pc != 0 {
        return new_table_sized(pc, base, ins, th, k);
    }
    if let Some(t) = (*th).bump_table() {
        *base.add(a!(ins)) = (*th).born(Value::object(t.cast()));
        next!(pc.add(1), base, th, k)
    }
    return new_table_slow(pc, base, ins, th, k);
} }
op! {
    #[inline(never)]
    new_table_sized(pc, base, ins, th, k) {
        // Up to 8 hash slots, all of which may be used.
        if *pc == 0 && b!(ins) <= 4 {
            let slots = 1 << (b!(ins) - 1);
            if let Some(s) = (*th).bump_store(2 + slots, 0, slots) {
                let mut i = 0;
                while i < slots {
                    let (key, value) = Store::slot(s, i * 16);
                    key.set(Value::EMPTY.0);
                    value.set(Value::EMPTY.0);
                    i += 1;
                }
                (*s).limit = slots as u32;
                if let Some(t) = (*th).bump_table() {
                    (*t).store.set(s as u64);
                    *base.add(a!(ins)) = (*th).born(Value::object(t.cast()));
                    next!(pc.add(1), base, th, k)
                }
            }
        }
        return new_table_slow(pc, base, ins, th, k);
    }
}
op! {
    #[inline(never)]
    new_table_slow(pc, base, ins, th, k) {
        let t = index::new_table(&*th, b!(ins) as u32, *pc);
        if t.is_nil_like() {
            return no_memory(pc, base, ins, th, k);
        }
        *base.add(a!(ins)) = t;
        next!(pc.add(1), base, th, k)
    }
}
/// How many items SETLIST stores.
macro_rules! item_count {
    ($base:expr, $ins:expr, $th:expr) => {{
        let ins = anew($ins);
        let n = b!(ins);
        if n != 0 { n } else { (*$th).top.get().offset_from_unsigned($base.add(a!(ins) + 1)) }
    }};
}
// The first items of a table for which nothing was allocated yet.
op! { SetList(pc, base, ins, th, k) {
    let p = object_bits!(*base.add(a_first!(ins)));
    if is_local_table!(p, th) && is_empty_store((*(p as *const Table)).store.get() as *mut Store) && *pc == 0 {
        let n = item_count!(base, ins, th);
        if n.wrapping_sub(1) < MAX_BUMPED_LIST
            && let Some(s) = (*th).bump_store((n + 7) / 2, n, 1)
        {
            (*(p as *const Table)).store.set(s as u64);
            let (key, value) = Store::slot(s, 0);
            key.set(Value::EMPTY.0);
            value.set(Value::EMPTY.0);
            let items = base.add(a!(ins) + 1);
            let mut i = n;
            while i > 0 {
                i = in_order(i as u64 - 1) as usize;
                Store::array(s, i).set((*items.add(i)).0);
            }
            next!(pc.add(1), base, th, k)
        }
    }
    return set_list_more(pc, base, ins, th, k);
} }
op! {
    #[inline(never)]
    set_list_more(pc, base, ins, th, k) {
        let p = object_bits!(*base.add(a!(ins)));
        if is_local_table!(p, th) {
            let s = (*(p as *const Table)).store.get() as *mut Store;
            let (from, mut n) = (*pc as usize, item_count!(base, ins, th));
            if from + n <= (*s).acap as usize {
                while n > 0 {
                    Store::array(s, from + n - 1).set((*base.add(a!(ins) + n)).0);
                    n -= 1;
                }
                next!(pc.add(1), base, th, k)
            }
        }
        return set_list_slow(pc, base, ins, th, k);
    }
}
stub! { set_list_slow(pc, base, ins, th, k) index::set_list(&*th, a!(ins), b!(ins), *pc as usize) }

// The border is often where it was found last, or one item further: `t[#t + 1] = v`. (The last two slots of the array
// are looked at for the sake of lists with holes, as `list::len` does.)
op! { Len(pc, base, ins, th, k) {
    let p = object_bits!(*base.add(b!(ins)));
    if is_table!(p, th) && (*(p as *const Table)).meta.load(Acquire) == 0 {
        let t = p as *const Table;
        let s = (*t).store.load(Acquire) as *mut Store;
        let hint = (*t).header.aux.get() as usize;
        let acap = (*s).acap as usize;
        if hint + 2 < acap
            && hint != 0
            && Store::array(s, acap - 1).load(Acquire) == Value::NIL.0
            && Store::array(s, acap - 2).load(Acquire) == Value::NIL.0
            && !is_nil_like!(Value(Store::array(s, hint - 1).load(Acquire)))
        {
            let mut n = hint;
            let after = Store::array(s, hint).load(Acquire);
            if after != Value::NIL.0 {
                n = hint + 1;
                // What has moved may have been nil (I-21).
                if after == Value::MOVED.0 || Store::array(s, n).load(Acquire) != Value::NIL.0 {
                    return len_of_table(pc, base, ins, th, k);
                }
                (*t).header.aux.set(n as u32);
            }
            *base.add(a!(ins)) = Value(INT_ZERO + n as u64);
            next!(pc, base, th, k)
        }
    }
    return len_of_table(pc, base, ins, th, k);
} }
op! {
    #[inline(never)]
    len_of_table(pc, base, ins, th, k) {
        let p = object_bits!(*base.add(b!(ins)));
        if is_table!(p, th) && (*(p as *const Table)).meta.load(Acquire) == 0 {
            let n = index::len_raw(p as *mut Table);
            if n != Value::EMPTY {
                *base.add(a!(ins)) = n;
                next!(pc, base, th, k)
            }
        }
        let v = *base.add(b!(ins));
        if let Some(text) = v.as_str() {
            *base.add(a!(ins)) = Value::int_unchecked((*text).len as i64);
            next!(pc, base, th, k)
        }
        return len_slow(pc, base, ins, th, k);
    }
}
stub! { len_slow(pc, base, ins, th, k) index::len(&*th, *base.add(b!(ins)), a!(ins)) }
