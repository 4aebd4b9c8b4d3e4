//! Strings and atoms (contracts 4 and 21).
//!
//! Promises: a string is immutable and never moves; it is not interned. An atom is a fresh string of the machine's
//! atom table, born shared; every reference to an atom carries [`ATOM_BIT`], so that two atoms are equal exactly when
//! their words are. Constants of chunks, keys named by native code and strings of one byte are atoms.
//! Leaves to others: keys of tables ([`crate::table`]), concatenation ([`crate::interpreter`]).
//!
//! The atom table is read without locks: an open-addressing array of addresses, replaced when it is half full. A small
//! filter of hash bits in front keeps lookups of words that are no atoms cheap (I-17).

use crate::object::{Header, Kind, MAX_STR_LEN, STR_BYTES, Str};
use crate::sync::{Acquire, AtomicU64, AtomicUsize, Lock, Release};
use crate::thread::Record;
use crate::value::Value;
use rapidhash::v3::RapidSecrets;

/// The hash of some bytes, never 0 (0 in a header means "not computed").
#[inline]
pub fn hash_bytes(secrets: &RapidSecrets, bytes: &[u8]) -> u32 {
    let h = rapidhash::v3::rapidhash_v3_nano_inline::<true, false>(bytes, secrets);
    let h = (h ^ h >> 32) as u32;
    if h == 0 { 1 } else { h }
}

/// The cached hash of a string.
/// # Safety
/// `s` is a live string.
#[inline(always)]
pub unsafe fn hash_of(rec: &Record, s: *const Str) -> u32 {
    // SAFETY: caller.
    unsafe {
        let h = (*s).header.aux.get();
        if h != 0 { h } else { hash_slow(rec, s) }
    }
}

#[cold]
unsafe fn hash_slow(rec: &Record, s: *const Str) -> u32 {
    // SAFETY: caller of `hash_of`. Two threads may both store; they store the same word (I-18).
    unsafe {
        let h = hash_bytes(&rec.machine().secrets, Str::bytes(s));
        (*s).header.aux.set(h);
        h
    }
}

/// Whether two strings that are not the same object have the same bytes. (In checked builds this and [`equal_strings`]
/// are out of line: handlers call them, and locals of unoptimized reads would keep those from ending in jumps.)
/// # Safety
/// Both are live strings.
#[cfg_attr(debug_assertions, inline(never))]
#[cfg_attr(not(debug_assertions), inline)]
pub unsafe fn same_bytes(a: *const Str, b: *const Str) -> bool {
    // SAFETY: caller.
    unsafe {
        let len = (*a).len as usize;
        if (*b).len as usize != len {
            return false;
        }
        if len <= 20 {
            return same_short(a, b, len);
        }
        let (ha, hb) = ((*a).header.aux.get(), (*b).header.aux.get());
        if ha != hb && ha != 0 && hb != 0 {
            return false;
        }
        Str::bytes(a) == Str::bytes(b)
    }
}

/// As [`same_bytes`] for strings of the same length, at most 20: without a call. Words of eight bytes are read, from the
/// length on, which precedes the bytes, up to the last byte of the strings.
#[inline(always)]
unsafe fn same_short(a: *const Str, b: *const Str, len: usize) -> bool {
    const { assert!(STR_BYTES == 12 && std::mem::offset_of!(Str, len) == 8) };
    // SAFETY: caller; cells are multiples of 16 bytes, so four bytes of text are there in any case; the words that end
    // with the text begin at the length or behind it.
    unsafe {
        let first = word_of(a, 8) ^ word_of(b, 8);
        if len < 4 {
            return first << (32 - 8 * len) == 0;
        }
        let end = STR_BYTES + len - 8;
        first == 0 && word_of(a, end) == word_of(b, end) && (len <= 12 || word_of(a, 16) == word_of(b, 16))
    }
}

/// Eight bytes of a string object.
/// # Safety
/// They are within its cell.
#[inline(always)]
unsafe fn word_of(s: *const Str, at: usize) -> u64 {
    // SAFETY: caller.
    unsafe { s.cast::<u8>().add(at).cast::<u64>().read_unaligned() }
}

/// Raw equality of two values that are both strings.
#[cfg_attr(debug_assertions, inline(never))]
#[cfg_attr(not(debug_assertions), inline)]
pub fn equal_strings(a: Value, b: Value) -> bool {
    if a == b {
        return true;
    }
    if a.is_atom() && b.is_atom() {
        return false;
    }
    match (a.as_str(), b.as_str()) {
        // SAFETY: values of live objects.
        (Some(x), Some(y)) => unsafe { same_bytes(x, y) },
        _ => false,
    }
}

/// Copies the bytes of a string; short ones, the most common, without a call.
/// # Safety
/// As `copy_nonoverlapping`.
#[inline(always)]
pub(crate) unsafe fn copy_bytes(from: *const u8, to: *mut u8, len: usize) {
    // SAFETY: caller; each branch reads all it needs within `len` before it writes within `len`.
    unsafe {
        if len > 16 {
            std::ptr::copy_nonoverlapping(from, to, len);
        } else if len >= 8 {
            let first = from.cast::<u64>().read_unaligned();
            let last = from.add(len - 8).cast::<u64>().read_unaligned();
            to.cast::<u64>().write_unaligned(first);
            to.add(len - 8).cast::<u64>().write_unaligned(last);
        } else if len >= 4 {
            let first = from.cast::<u32>().read_unaligned();
            let last = from.add(len - 4).cast::<u32>().read_unaligned();
            to.cast::<u32>().write_unaligned(first);
            to.add(len - 4).cast::<u32>().write_unaligned(last);
        } else if len > 0 {
            let (first, middle, last) = (*from, *from.add(len / 2), *from.add(len - 1));
            *to = first;
            *to.add(len / 2) = middle;
            *to.add(len - 1) = last;
        }
    }
}

impl Record {
    /// A fresh string whose bytes the caller fills in at once; None when there is no memory. `len` is at most
    /// [`MAX_STR_LEN`].
    #[inline]
    pub fn alloc_str(&self, len: usize) -> Option<*mut Str> {
        debug_assert!(len <= MAX_STR_LEN);
        let s = self.alloc(Kind::Str, STR_BYTES + len + 1, 0)?.cast::<Str>();
        // SAFETY: fresh memory of that size.
        unsafe {
            (*s).len = len as u32;
            *Str::bytes_ptr(s).add(len) = 0;
        }
        Some(s)
    }

    /// A string with these bytes. Those of one byte are atoms, made once: programs that look at text byte by byte ask
    /// for the same few all the time.
    #[inline]
    pub fn new_str(&self, bytes: &[u8]) -> Option<Value> {
        if let &[byte] = bytes {
            // Acquire: pairs with the release store in `make_byte_string`.
            let word = self.machine().byte_strings[byte as usize].load(Acquire);
            return if word != 0 { Some(Value(word)) } else { self.make_byte_string(byte) };
        }
        if bytes.len() > MAX_STR_LEN {
            return None;
        }
        let s = self.alloc_str(bytes.len())?;
        // SAFETY: `alloc_str` made room for the bytes.
        unsafe { copy_bytes(bytes.as_ptr(), Str::bytes_ptr(s), bytes.len()) };
        Some(self.born(Value::object(s.cast())))
    }

    #[cold]
    fn make_byte_string(&self, byte: u8) -> Option<Value> {
        let atom = self.atom(&[byte])?;
        // Release: pairs with the acquire load in `new_str`. Threads that come at once store the same word.
        self.machine().byte_strings[byte as usize].store(atom.0, Release);
        Some(atom)
    }

    /// The atom with these bytes.
    pub fn atom(&self, bytes: &[u8]) -> Option<Value> {
        let machine = self.machine();
        if let &[byte] = bytes {
            // Acquire: pairs with the release store in `make_byte_string`.
            let word = machine.byte_strings[byte as usize].load(Acquire);
            if word != 0 {
                return Some(Value(word));
            }
        }
        let hash = hash_bytes(&machine.secrets, bytes);
        if let Some(a) = machine.atoms.find(hash, bytes) {
            return Some(Value::atom(a.cast()));
        }
        if bytes.len() > MAX_STR_LEN {
            return None;
        }
        let s = self.alloc_str(bytes.len())?;
        // SAFETY: `alloc_str` made room for the bytes.
        unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), Str::bytes_ptr(s), bytes.len());
            (*s).header.aux.set(hash);
        }
        self.publish_object(s.cast());
        Some(Value::atom(machine.atoms.insert(hash, bytes, s)?.cast()))
    }

    /// The word under which a string is stored as a key: its atom if there is one, else itself.
    #[inline]
    pub fn key_word(&self, v: Value) -> Value {
        if v.is_atom() {
            return v;
        }
        let Some(s) = v.as_str() else { return v };
        // SAFETY: a live string.
        let hash = unsafe { hash_of(self, s) };
        let atoms = &self.machine().atoms;
        if !atoms.may_contain(hash) {
            return v;
        }
        // SAFETY: a live string.
        match atoms.find(hash, unsafe { Str::bytes(s) }) {
            Some(a) => Value::atom(a.cast()),
            None => v,
        }
    }
}

const FILTER_WORDS: usize = 1024;
/// Slots of the smallest array, a power of two.
const LEAST_SLOTS: usize = 1024;

/// One generation of the array: addresses of atoms, 0 for free, 1 for removed.
struct AtomArray {
    slots: Box<[AtomicU64]>,
}

/// The machine's atoms.
pub struct AtomTable {
    /// The current array; replaced under `lock`, never while the world runs without keeping the old one.
    current: AtomicUsize,
    /// Bits of hashes that some atom has, or had at the last global collection: a clear bit means "no atom".
    filter: Box<[AtomicU64]>,
    lock: Lock<AtomGrowth>,
}

struct AtomGrowth {
    used: usize,
    /// Arrays that readers may still look at; freed while the world is stopped.
    retired: Vec<*mut AtomArray>,
}

// SAFETY: the retired arrays are only touched under the lock.
unsafe impl Send for AtomGrowth {}

impl AtomTable {
    /// An empty table.
    pub fn new() -> AtomTable {
        AtomTable {
            current: AtomicUsize::new(Box::into_raw(AtomArray::new(LEAST_SLOTS)) as usize),
            filter: (0..FILTER_WORDS).map(|_| AtomicU64::new(0)).collect(),
            lock: Lock::new(AtomGrowth { used: 0, retired: Vec::new() }),
        }
    }

    fn array(&self) -> &AtomArray {
        // Acquire: pairs with the release store in `insert`. SAFETY: arrays are freed while the world is stopped.
        unsafe { &*(self.current.load(Acquire) as *const AtomArray) }
    }

    /// False only if no atom has this hash.
    #[inline(always)]
    pub fn may_contain(&self, hash: u32) -> bool {
        let bit = hash >> 16;
        self.filter[(bit >> 6) as usize & (FILTER_WORDS - 1)].get() & 1 << (bit & 63) != 0
    }

    /// Sets the bit of a hash in the filter. Caller: holds the lock.
    fn note(&self, hash: u32) {
        let bit = hash >> 16;
        let word = &self.filter[(bit >> 6) as usize & (FILTER_WORDS - 1)];
        word.store(word.get() | 1 << (bit & 63), Release);
    }

    /// The atom with these bytes.
    pub fn find(&self, hash: u32, bytes: &[u8]) -> Option<*mut Str> {
        let array = self.array();
        let mask = array.slots.len() - 1;
        let mut i = hash as usize & mask;
        loop {
            // Acquire: pairs with the release store in `insert`; the atom's bytes are visible.
            let p = array.slots[i].load(Acquire);
            if p == 0 {
                return None;
            }
            if p != 1 {
                let s = p as *mut Str;
                // SAFETY: atoms in the array are live: they leave it before they are freed, in a stopped world.
                if unsafe { (*s).header.aux.get() == hash && Str::bytes(s) == bytes } {
                    return Some(s);
                }
            }
            i = (i + 1) & mask;
        }
    }

    #[cfg(test)]
    pub fn slots(&self) -> usize {
        self.array().slots.len()
    }

    /// Enters a fresh atom; the one that another thread entered meanwhile wins. None when there is no memory.
    fn insert(&self, hash: u32, bytes: &[u8], s: *mut Str) -> Option<*mut Str> {
        let mut growth = self.lock.lock();
        if let Some(other) = self.find(hash, bytes) {
            return Some(other);
        }
        let mut array = self.array();
        if growth.used * 2 >= array.slots.len() {
            // Room for as many again as there are: those that were removed count no more.
            let live = array.slots.iter().filter(|slot| slot.get() > 1).count();
            let next = Box::into_raw(AtomArray::new((live * 4).next_power_of_two().max(LEAST_SLOTS)));
            // SAFETY: just made.
            let target = unsafe { &*next };
            for slot in &array.slots {
                let p = slot.get();
                if p > 1 {
                    // SAFETY: a live atom.
                    target.place(unsafe { (*(p as *const Str)).header.aux.get() }, p);
                }
            }
            growth.used = live;
            growth.retired.push(self.current.get() as *mut AtomArray);
            // Release: pairs with the acquire load in `array`.
            self.current.store(next as usize, Release);
            array = target;
        }
        // Before the atom itself, so that a reader that could see the atom sees the bit; under the lock.
        self.note(hash);
        array.place(hash, s as u64);
        growth.used += 1;
        Some(s)
    }

    /// Removes the atoms for which `live` says no. Caller: the world is stopped.
    pub fn sweep(&self, live: &mut dyn FnMut(*mut Header) -> bool) {
        let mut growth = self.lock.lock();
        for old in growth.retired.drain(..) {
            // SAFETY: no reader is left in a stopped world.
            drop(unsafe { Box::from_raw(old) });
        }
        for word in &self.filter {
            word.set(0);
        }
        for slot in &self.array().slots {
            let p = slot.get();
            if p > 1 {
                if live(p as *mut Header) {
                    // SAFETY: a live atom.
                    self.note(unsafe { (*(p as *const Str)).header.aux.get() });
                } else {
                    slot.set(1);
                }
            }
        }
    }
}

impl Default for AtomTable {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for AtomTable {
    fn drop(&mut self) {
        // SAFETY: nobody uses the table any more; each array is owned here.
        unsafe {
            drop(Box::from_raw(self.current.get() as *mut AtomArray));
            for old in self.lock.lock().retired.drain(..) {
                drop(Box::from_raw(old));
            }
        }
    }
}

impl AtomArray {
    fn new(len: usize) -> Box<AtomArray> {
        Box::new(AtomArray { slots: (0..len).map(|_| AtomicU64::new(0)).collect() })
    }
    fn place(&self, hash: u32, p: u64) {
        let mask = self.slots.len() - 1;
        let mut i = hash as usize & mask;
        while self.slots[i].get() != 0 {
            i = (i + 1) & mask;
        }
        // Release: pairs with the acquire load in `find`.
        self.slots[i].store(p, Release);
    }
}
