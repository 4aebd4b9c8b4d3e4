//! Tables: lookup, and what local and shared tables have in common.
//!
//! One store per table: an array part and an open-addressing hash part in one object, replaced as a whole when it
//! must grow. Where the slot of key k is: an integer in 1..=acap in the array, any other key by probing from
//! its hash. Probing stops at EMPTY, at DEAD (go to the next store), or after all slots.
//!
//! Promises: reads of local and shared tables run the same code and never wait; a present key is never seen absent
//! because of a resize (docs/tables.md). Keys are normalised before probing (I-2).
//! Leaves to others: writing to local tables ([`local`]), to shared tables ([`shared`]), lists ([`list`]),
//! iteration ([`iterate`]), metamethods ([`crate::interpreter`]).

pub mod iterate;
pub mod list;
pub mod local;
pub mod shared;

use crate::metamethod::{EVENT_NAMES, Event};
use crate::object::{BoxedInt, Header, Kind, STORE_HEADER, Store, Str, Table};
use crate::slot;
use crate::string;
use crate::sync::{AcqRel, Acquire, AtomicU64, Release};
use crate::thread::Record;
use crate::value::{ATOM_BIT, TAG_OBJECT, Value};
use luas_compiler::number::float_to_integer;

/// Key word of an entry whose key object was collected: it keeps probe chains whole and matches no key.
pub const TOMB: Value = Value::NIL;

/// The store of tables without entries: no array, one hash slot that stays EMPTY. Not an object of any heap.
#[repr(C, align(16))]
struct EmptyStore {
    store: Store,
    key: AtomicU64,
    value: AtomicU64,
}

static EMPTY_STORE: EmptyStore = EmptyStore {
    store: Store {
        header: Header {
            kind: crate::sync::AtomicU8::new((Kind::Store as u8) << 2 | crate::object::SHARED),
            flags: crate::sync::AtomicU8::new(0),
            remote: crate::sync::AtomicU8::new(0),
            lock: crate::sync::AtomicU8::new(0),
            aux: crate::sync::AtomicU32::new(0),
        },
        acap: 0,
        mask: 0,
        used: crate::sync::AtomicU32::new(0),
        limit: 0,
        next: AtomicU64::new(0),
    },
    key: AtomicU64::new(Value::EMPTY.0),
    value: AtomicU64::new(Value::EMPTY.0),
};

/// The store of tables without entries.
#[inline(always)]
pub fn empty_store() -> *mut Store {
    (&raw const EMPTY_STORE.store).cast_mut()
}

/// Whether this is the static empty store, which is no object of any heap.
#[inline(always)]
pub fn is_empty_store(s: *const Store) -> bool {
    std::ptr::eq(s, &raw const EMPTY_STORE.store)
}

/// A key ready for probing.
#[derive(Clone, Copy, Debug)]
pub enum Key {
    /// An integer (a float with an exact integer value becomes one).
    Int(i64),
    /// A string, with its hash.
    Str(Value, u32),
    /// Anything whose word is its identity.
    Word(Value),
    /// nil: reads as absent, refused for writes.
    Nil,
    /// NaN: likewise.
    NaN,
}

/// 2^64 divided by the golden ratio: its multiples lie evenly in the range of a word, and so do their upper bits.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The home of a word that is no integer, in a hash part whose last slot is at `mask`.
#[inline(always)]
fn home_of_word(w: u64, mask: usize) -> usize {
    upper_bits((w ^ w >> 32).wrapping_mul(GOLDEN), mask) & !15
}

/// Where an integer key is looked for first: integers in a row have slots in a row. Of n slots it is the one of i, plus
/// one for each time that n is in i: so strides that are powers of two take different slots, too.
#[inline(always)]
fn first_of_int(i: i64, mask: usize) -> usize {
    let log = (mask as u32 | 15).ilog2() - 3;
    (i.wrapping_add(i >> log) as usize) << 4 & mask
}

/// The hash slot where a key is in most cases, by its offset: that of an inline integer which is not in the array, of a
/// boolean or of a table. [`NO_PLACE`] for other keys.
/// # Safety
/// `s` is a live store, `key` is live.
#[inline(always)]
pub unsafe fn first_place(s: *const Store, key: Value) -> usize {
    // SAFETY: caller.
    unsafe {
        let mask = (*s).mask as usize;
        if key.is_small_int() {
            let i = key.as_small_int();
            if (i as u64).wrapping_sub(1) < (*s).acap as u64 {
                return NO_PLACE;
            }
            return first_of_int(i, mask);
        }
        if key == Value::TRUE
            || key == Value::FALSE
            || key.is_object() && (*key.as_object()).kind() as u8 == Kind::Table as u8
        {
            return home_of_word(key.0, mask);
        }
        NO_PLACE
    }
}

/// No offset of a slot.
pub const NO_PLACE: usize = usize::MAX;

/// The home of an integer key whose first slot another key has: eight integers in a row share two cache lines.
#[inline(always)]
fn home_of_int(i: i64, mask: usize) -> usize {
    let group = upper_bits(((i >> 3) as u64).wrapping_mul(GOLDEN), mask) & !127;
    (group | (i as usize & 7) << 4) & mask
}

/// How far it is to the next place for an integer: an odd number of slots, so that all are reached, and far, so that
/// integers do not go step by step through those of a row.
#[inline(always)]
fn step_of_int(mask: usize) -> usize {
    mask.wrapping_mul(0x9E37) >> 16 & !15 | 16
}

/// As much of the upper bits of `h` as counts the bytes of a hash part.
#[inline(always)]
fn upper_bits(h: u64, mask: usize) -> usize {
    (((h >> 32) * (mask as u64 + 16)) >> 32) as usize
}

/// Normalises a key (I-2).
#[inline]
pub fn key_of(rec: &Record, k: Value) -> Key {
    if k.is_small_int() {
        return Key::Int(k.as_small_int());
    }
    if k.is_object() {
        let p = k.as_object();
        // SAFETY: a live object.
        return match unsafe { (*p).kind() } {
            // SAFETY: a live string.
            Kind::Str => Key::Str(k, unsafe { string::hash_of(rec, p.cast()) }),
            // SAFETY: a live boxed integer.
            Kind::BoxedInt => Key::Int(unsafe { (*p.cast::<BoxedInt>()).value }),
            _ => Key::Word(k),
        };
    }
    if k.is_double() {
        let f = k.as_double();
        return match float_to_integer(f) {
            Some(i) => Key::Int(i),
            None if f.is_nan() => Key::NaN,
            None => Key::Word(k),
        };
    }
    if k.is_nil_like() { Key::Nil } else { Key::Word(k) }
}

impl Key {
    /// Where to look before probing starts: integers have such a place, for others it is their home.
    #[inline(always)]
    pub fn first(&self, mask: usize) -> usize {
        if let Key::Int(i) = *self { first_of_int(i, mask) } else { self.home(mask) }
    }

    /// Where probing starts in a hash part whose last slot is at `mask`: a byte offset.
    #[inline(always)]
    pub fn home(&self, mask: usize) -> usize {
        match *self {
            Key::Int(i) => home_of_int(i, mask),
            Key::Str(_, h) => (h as usize) << 4 & mask,
            Key::Word(w) => home_of_word(w.0, mask),
            Key::Nil | Key::NaN => 0,
        }
    }

    /// How far it is from one place to the next, in bytes.
    #[inline(always)]
    pub fn step(&self, mask: usize) -> usize {
        if let Key::Int(_) = *self { step_of_int(mask) } else { 16 }
    }
}

/// Whether a key word of a slot is the string `v`, which has this hash.
/// # Safety
/// `word` came from a store that is live.
#[inline(always)]
unsafe fn is_string(word: Value, v: Value, hash: u32) -> bool {
    if word == v {
        return true;
    }
    // Strings that are keys know their hash; so most steps end here. Another atom is another key.
    // SAFETY: caller: a live object.
    word.is_object()
        && word.0 & v.0 & ATOM_BIT == 0
        && unsafe { (*word.as_object()).aux.get() } == hash
        && string::equal_strings(word, v)
}

/// Where a key is in one store.
pub enum Found<'a> {
    /// Its value slot; the byte offset of the hash slot, or `u32::MAX` in the array.
    Hit(&'a AtomicU64, u32),
    /// Not here; the offset of the EMPTY slot that ended the search, or `u32::MAX` when all slots are claimed.
    Absent(u32),
    /// Not here, and the chain is closed: look in the next store.
    Closed,
}

/// Looks a key up in one store.
/// # Safety
/// `s` is a live store; the result lives as long as it.
#[inline]
pub unsafe fn find<'a>(s: *const Store, key: &Key) -> Found<'a> {
    // SAFETY: caller.
    unsafe {
        let home = key.home((*s).mask as usize);
        match *key {
            Key::Int(i) => {
                let index = (i as u64).wrapping_sub(1);
                if index < (*s).acap as u64 {
                    return Found::Hit(Store::array(s, index as usize), u32::MAX);
                }
                let mask = (*s).mask as usize;
                let (first, step) = (first_of_int(i, mask), step_of_int(mask));
                match Value::small_int(i) {
                    Some(v) => {
                        let same = |word| word == v;
                        look(s, first, same).unwrap_or_else(|| search(s, home, step, same))
                    }
                    None => {
                        let same = |word: Value| word.as_int() == Some(i);
                        look(s, first, same).unwrap_or_else(|| search(s, home, step, same))
                    }
                }
            }
            Key::Str(v, hash) => search(s, home, 16, |word| is_string(word, v, hash)),
            Key::Word(v) => search(s, home, 16, |word| word == v),
            Key::Nil | Key::NaN => search(s, home, 16, |_| false),
        }
    }
}

/// Probes from `home` for a key word that `matches` accepts.
/// # Safety
/// As [`find`]; `home` is within the hash part.
#[inline(always)]
unsafe fn search<'a>(s: *const Store, home: usize, step: usize, matches: impl Fn(Value) -> bool) -> Found<'a> {
    // SAFETY: caller; offsets are masked.
    unsafe {
        let mask = (*s).mask as usize;
        let mut offset = home;
        loop {
            if let Some(found) = look(s, offset, &matches) {
                return found;
            }
            offset = (offset + step) & mask;
            if offset == home {
                return Found::Absent(u32::MAX);
            }
        }
    }
}

/// Looks at one slot: None when another key has it.
/// # Safety
/// As [`find`]; `offset` is that of a slot.
#[inline(always)]
unsafe fn look<'a>(s: *const Store, offset: usize, matches: impl Fn(Value) -> bool) -> Option<Found<'a>> {
    // SAFETY: caller.
    unsafe {
        let (k, v) = Store::slot(s, offset);
        // Acquire: pairs with the release store in `slot::insert_locked`.
        let word = Value(k.load(Acquire));
        if matches(word) {
            return Some(Found::Hit(v, offset as u32));
        }
        if word == Value::EMPTY {
            return Some(Found::Absent(offset as u32));
        }
        (word == Value::DEAD).then_some(Found::Closed)
    }
}

/// The bit of a string key in the filter of a store (T-10), by upper bits of its hash: the lower ones choose the slot.
#[inline(always)]
pub fn filter_bit(hash: u32) -> u32 {
    1 << (hash >> 27)
}

/// Notes in the filter of a store that a key comes (T-10). The caller alone writes to the store's hash part.
/// # Safety
/// `s` is a live store of a heap.
#[inline(always)]
pub unsafe fn note_key(s: *const Store, key: &Key) {
    if let Key::Str(_, hash) = *key {
        // SAFETY: caller. Relaxed is enough: the release store of the key, or of MOVED, comes after it.
        unsafe {
            let filter = &(*s).header.aux;
            filter.set(filter.get() | filter_bit(hash));
        }
    }
}

/// What [`find_atom`] met.
pub enum AtomFound {
    /// The key's value (not nil-like) and the byte offset of its slot.
    Value(Value, u32),
    /// The key is not here, or its value is nil.
    Absent,
    /// A migration is in progress: look the general way.
    Moving,
}

/// The value beside an atom in the hash slot at `offset`, masked to be in the store; nil-like when another key is there
/// or the value is.
/// # Safety
/// `s` is a live store.
#[inline(always)]
pub unsafe fn at_offset(s: *const Store, key: Value, offset: u32) -> Value {
    // SAFETY: caller; the offset is masked.
    unsafe {
        let p = Store::hash_base(s).add((offset & (*s).mask) as usize);
        if (*p.cast::<AtomicU64>()).load(Acquire) == key.0 {
            Value((*p.add(8).cast::<AtomicU64>()).load(Acquire))
        } else {
            Value::NIL
        }
    }
}

/// Whether a key of a local store has this word (T-10).
#[cfg(debug_assertions)]
unsafe fn holds(s: *const Store, key: Value) -> bool {
    // SAFETY: caller: a live store of this thread; offsets within it.
    unsafe { (0..=(*s).mask as usize).step_by(16).any(|offset| Store::slot(s, offset).0.get() == key.0) }
}

/// Looks an atom up in one store: the loop of field accesses.
/// # Safety
/// `s` is a live store, `key` an atom and `hash` its hash.
#[inline(always)]
pub unsafe fn find_atom(s: *const Store, key: Value, hash: u32) -> AtomFound {
    // SAFETY: caller; offsets are masked.
    unsafe {
        if (*s).header.aux.get() & filter_bit(hash) == 0 {
            // T-10. The table's next store is filled after `next` is set: then it must be asked.
            #[cfg(debug_assertions)]
            assert!((*s).header.is_shared() || !holds(s, key), "T-10: a key that the filter does not know");
            return if (*s).next.load(Acquire) == 0 { AtomFound::Absent } else { AtomFound::Moving };
        }
        let mask = (*s).mask as usize;
        let slots = Store::hash_base(s);
        let start = (hash as usize) << 4 & mask;
        let mut offset = start;
        loop {
            let p = slots.add(offset);
            let word = Value((*p.cast::<AtomicU64>()).load(Acquire));
            // Another atom is another key; so most steps end here.
            if word == key || word.0 & ATOM_MASK != TAG_OBJECT | ATOM_BIT {
                if word == key || word.0 & ATOM_MASK == TAG_OBJECT && string::equal_strings(word, key) {
                    let v = Value((*p.add(8).cast::<AtomicU64>()).load(Acquire));
                    if !v.is_nil_like() {
                        return AtomFound::Value(v, offset as u32);
                    }
                    return if v == Value::MOVED { AtomFound::Moving } else { AtomFound::Absent };
                }
                if word == Value::EMPTY {
                    return AtomFound::Absent;
                }
                if word == Value::DEAD {
                    return AtomFound::Moving;
                }
            }
            offset = (offset + 16) & mask;
            if offset == start {
                return if (*s).next.get() == 0 { AtomFound::Absent } else { AtomFound::Moving };
            }
        }
    }
}

/// Under this mask an atom is the object tag and the atom bit, any other object the object tag alone.
pub const ATOM_MASK: u64 = 0xFFFF << 48 | ATOM_BIT;

/// The store that follows `s` (T-5: set when a slot of `s` is MOVED or DEAD).
/// # Safety
/// `s` is a live store.
#[inline]
pub unsafe fn next_store(s: *const Store) -> *mut Store {
    // SAFETY: caller. Acquire: pairs with the release store in `shared::grow_locked`.
    let n = unsafe { (*s).next.load(Acquire) } as *mut Store;
    debug_assert!(!n.is_null(), "T-5: a moved slot without a next store");
    n
}

/// `t[key]`, raw; nil when absent.
/// # Safety
/// `t` is a live table.
#[inline]
pub unsafe fn get_key(t: *const Table, key: &Key) -> Value {
    // SAFETY: caller; stores reached from a live table are live until the next safepoint (T-8).
    unsafe {
        let mut s = (*t).store.load(Acquire) as *const Store;
        loop {
            match find(s, key) {
                Found::Hit(slot, _) => {
                    let v = Value(slot.load(Acquire));
                    if !v.is_nil_like() {
                        return v;
                    }
                    if v != Value::MOVED {
                        return Value::NIL;
                    }
                    s = next_store(s);
                }
                Found::Closed => s = next_store(s),
                Found::Absent(u32::MAX) => {
                    // All slots are claimed by other keys; a migration in progress may have placed the key beyond.
                    let n = (*s).next.load(Acquire) as *const Store;
                    if n.is_null() {
                        return Value::NIL;
                    }
                    s = n;
                }
                Found::Absent(_) => return Value::NIL,
            }
        }
    }
}

/// `t[k]`, raw.
/// # Safety
/// `t` is a live table.
#[inline]
pub unsafe fn raw_get(rec: &Record, t: *const Table, k: Value) -> Value {
    // SAFETY: caller.
    unsafe { get_key(t, &key_of(rec, k)) }
}

/// `t[i]`, raw.
/// # Safety
/// `t` is a live table.
#[inline(always)]
pub unsafe fn raw_get_int(t: *const Table, i: i64) -> Value {
    // SAFETY: caller.
    unsafe {
        let s = (*t).store.load(Acquire) as *const Store;
        let index = (i as u64).wrapping_sub(1);
        if index < (*s).acap as u64 {
            let v = Value(Store::array(s, index as usize).load(Acquire));
            if !v.is_nil_like() {
                return v;
            }
            if v != Value::MOVED {
                return Value::NIL;
            }
        }
        get_key(t, &Key::Int(i))
    }
}

/// `t[key]`, raw, for an inline integer that is more likely in the hash part.
/// # Safety
/// `t` is a live table.
#[inline(always)]
pub unsafe fn raw_get_hashed(t: *const Table, key: Value) -> Value {
    let i = key.as_small_int();
    // SAFETY: caller; offsets are masked.
    unsafe {
        let s = (*t).store.load(Acquire) as *const Store;
        if (i as u64).wrapping_sub(1) >= (*s).acap as u64 {
            let mask = (*s).mask as usize;
            let mut offset = first_of_int(i, mask);
            let mut next = home_of_int(i, mask);
            let step = step_of_int(mask);
            for _ in 0..=mask / 16 {
                let (k, v) = Store::slot(s, offset);
                let word = Value(k.load(Acquire));
                if word == key {
                    let v = Value(v.load(Acquire));
                    if !v.is_nil_like() {
                        return v;
                    }
                    break;
                }
                if word == Value::EMPTY {
                    return Value::NIL;
                }
                if word == Value::DEAD {
                    break;
                }
                offset = next;
                next = (next + step) & mask;
            }
        }
        raw_get_int(t, i)
    }
}

/// `t[atom]`, raw; `atom` is an atom.
/// # Safety
/// `t` is a live table.
#[inline]
pub unsafe fn raw_get_str(t: *const Table, atom: Value) -> Value {
    debug_assert!(atom.is_atom());
    // SAFETY: caller; an atom's hash is computed at birth.
    unsafe {
        let hash = (*atom.as_object()).aux.get();
        get_key(t, &Key::Str(atom, hash))
    }
}

/// What went wrong with a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetError {
    /// No memory for a larger store.
    Memory,
    /// "index is nil"
    NilIndex,
    /// "index is NaN"
    NaNIndex,
}

/// `t[k] = v`, raw, in a local or shared table; publishes key and value when the table is shared (contract 13).
/// # Safety
/// `t`, `k` and `v` are live.
pub unsafe fn raw_set(rec: &Record, t: *mut Table, k: Value, v: Value) -> Result<(), SetError> {
    let key = key_of(rec, k);
    match key {
        Key::Nil => return Err(SetError::NilIndex),
        Key::NaN => return Err(SetError::NaNIndex),
        _ => {}
    }
    // SAFETY: caller.
    unsafe { set_key(rec, t, key, v) }
}

/// As [`raw_set`] with a normalised key that is neither nil nor NaN.
/// # Safety
/// `t`, the key and `v` are live.
#[inline]
pub unsafe fn set_key(rec: &Record, t: *mut Table, key: Key, v: Value) -> Result<(), SetError> {
    // SAFETY: caller.
    unsafe {
        if (*t).header.is_shared() {
            rec.publish(v);
            shared::set(rec, t, key, v)
        } else {
            rec.owner_assert(t.cast());
            local::set(rec, t, key, v)
        }
    }
}

/// The word that a key is stored under; None when there is no memory for a wide integer.
#[inline]
fn store_word(rec: &Record, key: &Key) -> Option<Value> {
    match *key {
        Key::Int(i) => rec.new_int(i),
        Key::Str(v, _) => Some(rec.key_word(v)),
        Key::Word(v) => Some(v),
        Key::Nil | Key::NaN => unreachable!("refused before"),
    }
}

/// A fresh table with room for this many list items and other keys; None when there is no memory.
#[inline]
pub fn new_table(rec: &Record, array: usize, hash: usize) -> Option<*mut Table> {
    let t = rec.alloc(Kind::Table, std::mem::size_of::<Table>(), 0)?.cast::<Table>();
    // SAFETY: fresh memory; the store is set before anything else can see the table.
    unsafe {
        (*t).meta.set(0);
        (*t).absent.set(0);
        (*t).store.set(empty_store() as u64);
        if array | hash != 0 {
            let s = new_store(rec, array, hash_capacity(hash))?;
            (*t).store.set(s as u64);
        }
    }
    rec.born(Value::object(t.cast()));
    Some(t)
}

/// Hash slots for `n` keys: a power of two, at least 1, with some slots left free in larger parts.
pub fn hash_capacity(n: usize) -> usize {
    if n == 0 {
        return 0;
    }
    let cap = n.next_power_of_two();
    if n > hash_limit(cap) { cap * 2 } else { cap }
}

/// How many of `cap` slots may be claimed.
pub const fn hash_limit(cap: usize) -> usize {
    if cap <= 8 { cap } else { cap - cap / 4 }
}

/// A fresh local store; `hcap` 0 stands for "one slot that is never claimed". None when there is no memory or the
/// sizes exceed the format.
pub fn new_store(rec: &Record, acap: usize, hcap: usize) -> Option<*mut Store> {
    if acap > (1 << 30) || hcap > (1 << 27) {
        return None;
    }
    let slots = hcap.max(1);
    let s = rec.alloc(Kind::Store, Store::size(acap, slots), 0)?.cast::<Store>();
    // SAFETY: fresh memory of that size.
    unsafe {
        (*s).acap = acap as u32;
        (*s).mask = ((slots - 1) * 16) as u32;
        (*s).used.set(0);
        (*s).limit = hash_limit(hcap) as u32;
        (*s).next.set(0);
        let words = s.cast::<u8>().add(STORE_HEADER).cast::<u64>();
        for i in 0..acap {
            words.add(i).write(Value::NIL.0);
        }
        for i in acap..acap + slots * 2 {
            words.add(i).write(Value::EMPTY.0);
        }
    }
    Some(s)
}

/// Whether the array may double for the next list item: its last item and more than half of all are in use. (Of a queue
/// whose items are removed at the other end only the last are; its array must not grow for ever.)
/// # Safety
/// `s` is a live store.
unsafe fn is_dense(s: *const Store) -> bool {
    // SAFETY: caller; indices within the array.
    unsafe {
        let acap = (*s).acap as usize;
        let used = |i: usize| !Value(Store::array(s, i).load(Acquire)).is_nil_like();
        acap == 0 || used(acap - 1) && (0..acap).filter(|&i| used(i)).count() > acap / 2
    }
}

/// Sizes for the entries of `s` and one more key: array and hash capacity (PUC's rule: the largest n such that more
/// than half of 1..n is in use).
/// # Safety
/// `s` is a live store.
unsafe fn count_sizes(s: *const Store, extra: &Key) -> (usize, usize) {
    let mut ints = [0usize; 64];
    let mut total = 0usize;
    let mut int_total = 0usize;
    let mut count_int = |i: i64| -> bool {
        if i > 0 && i <= 1 << 30 {
            // Slot b counts keys in 2^(b-1)+1 ..= 2^b.
            ints[(64 - ((i - 1) as u64).leading_zeros()) as usize] += 1;
            int_total += 1;
            true
        } else {
            false
        }
    };
    // SAFETY: caller; indices within the store's capacities.
    unsafe {
        for i in 0..(*s).acap as usize {
            if !Value(Store::array(s, i).load(Acquire)).is_nil_like() {
                total += 1;
                count_int(i as i64 + 1);
            }
        }
        let mut offset = 0;
        while offset <= (*s).mask as usize {
            let (k, v) = Store::slot(s, offset);
            if !Value(v.load(Acquire)).is_nil_like() {
                total += 1;
                if let Some(i) = Value(k.load(Acquire)).as_int() {
                    count_int(i);
                }
            }
            offset += 16;
        }
    }
    total += 1;
    if let Key::Int(i) = *extra {
        count_int(i);
    }
    let (mut sum, mut array, mut in_array) = (0, 0, 0);
    let mut power = 1usize;
    for n in ints.iter().take(32) {
        if int_total <= power / 2 {
            break;
        }
        sum += n;
        if sum > power / 2 {
            array = power;
            in_array = sum;
        }
        power *= 2;
    }
    // A third more slots: where keys come and go, the next count shall not follow at once. (A part that only grows
    // doubles with or without them.)
    let in_hash = total - in_array;
    (array, hash_capacity(if in_hash > 2 { in_hash + in_hash / 3 } else { in_hash }))
}

// ---- metamethod absence -------------------------------------------------------------------------------------------

/// The metamethod `event` of a metatable, nil when absent. Absence is cached in the metatable's `absent` word: its
/// high half is a version that a key starting with `__` bumps, so that a stale "absent" is never installed (I-15).
/// # Safety
/// `meta` is a live table or null.
#[inline(always)]
pub unsafe fn metamethod(rec: &Record, meta: *const Table, event: Event) -> Value {
    if meta.is_null() {
        return Value::NIL;
    }
    // SAFETY: caller.
    unsafe {
        if (*meta).absent.get() & 1 << event as u32 != 0 {
            return Value::NIL;
        }
        metamethod_slow(rec, meta, event)
    }
}

#[inline(never)]
unsafe fn metamethod_slow(rec: &Record, meta: *const Table, event: Event) -> Value {
    // SAFETY: caller of `metamethod`.
    unsafe {
        // Most are found at the first place where they may be.
        let name = Value(rec.machine().event_names[event as usize].get());
        let s = (*meta).store.load(Acquire) as *const Store;
        let v = at_offset(s, name, (*name.as_object()).aux.get() << 4);
        if v.is_nil_like() { find_metamethod(rec, meta, event) } else { v }
    }
}

#[inline(never)]
unsafe fn find_metamethod(rec: &Record, meta: *const Table, event: Event) -> Value {
    // SAFETY: caller of `metamethod`.
    unsafe {
        // Acquire: pairs with the CAS in `forget_absent`.
        let before = (*meta).absent.load(Acquire);
        let name = Value(rec.machine().event_names[event as usize].get());
        let s = (*meta).store.load(Acquire) as *const Store;
        let v = match find_atom(s, name, (*name.as_object()).aux.get()) {
            AtomFound::Value(v, _) => return v,
            AtomFound::Absent => Value::NIL,
            AtomFound::Moving => raw_get_str(meta, name),
        };
        if v.is_nil() {
            let after = before | 1 << event as u32;
            if (*meta).header.is_shared() {
                // A lost race only costs another lookup.
                let _ = (*meta).absent.compare_exchange(before, after, AcqRel, Acquire);
            } else {
                (*meta).absent.set(after);
            }
        }
        v
    }
}

/// A key of `t` has come to life: what was known to be absent may not be any more.
/// # Safety
/// `t` is a live table.
#[inline]
pub unsafe fn forget_absent(t: *const Table, key: &Key) {
    // SAFETY: caller.
    unsafe {
        if !(*t).header.is_shared() {
            (*t).absent.set(0);
            return;
        }
        let Key::Str(v, _) = *key else { return };
        let Some(s) = v.as_str() else { return };
        if !Str::bytes(s).starts_with(b"__") {
            return;
        }
        let mut old = (*t).absent.load(Acquire);
        loop {
            let new = ((old >> 32) + 1) << 32;
            match (*t).absent.compare_exchange(old, new, AcqRel, Acquire) {
                Ok(_) => return,
                Err(seen) => old = seen,
            }
        }
    }
}

/// The name of an event.
pub fn event_name(event: Event) -> &'static str {
    EVENT_NAMES[event as usize]
}

/// Sets the metatable of a table or userdata; publishes it when the object is shared (I-14).
/// # Safety
/// `p` is a live table or userdata, `meta` a live table or null.
pub unsafe fn set_meta(rec: &Record, p: *mut Header, meta: *mut Table) {
    // SAFETY: caller; both kinds have the metatable word right after the header.
    unsafe {
        debug_assert!(matches!((*p).kind(), Kind::Table | Kind::Userdata));
        if !meta.is_null() && (*p).is_shared() {
            rec.publish_object(meta.cast());
        }
        // Release: pairs with the acquire loads of `meta` (I-14).
        (*p.cast::<Table>()).meta.store(meta as u64, Release);
    }
}

pub use slot::is_nil_like;
