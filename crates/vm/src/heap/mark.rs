//! Marking: from the roots to everything that can still be used.
//!
//! One marker serves both collections. A **local** one follows local objects of its owner and takes shared ones for
//! live without looking into them; a **global** one follows everything, and uses `gmark` for shared objects and
//! `lmark` for local ones (contract 14).
//!
//! The marker never recurses: objects wait in a worklist, large stores are scanned piece by piece so that the list
//! stays short, and when it cannot grow the heaps are walked for what did not fit.
//!
//! Tables whose metatable has a `__mode` and keys of nil entries are put on lists for [`super::weak`].
//!
//! Invariants:
//!
//! - M-1 An object is marked when it is entered in the worklist, and scanned once when it is taken out.
//! - M-2 A table is scanned together with its store, whatever the store's mark (contract 15).
//! - M-3 Marking changes nothing but marks, lists, and dead registers (contract 12); keys become TOMB only after it
//!   (contract 15).

use super::Heap;
use super::block::{Block, gmark_of, pair_of};
use super::dead::DeadHeap;
use super::trace::{children, registers};
use super::worklist::{Next, Worklist, take_dropped};
use crate::machine::Machine;
use crate::metamethod::Event;
use crate::object::{Coroutine, Header, Kind, Store, Str, Table};
use crate::table::{is_empty_store, raw_get_str};
use crate::thread::Record;
use crate::value::Value;

/// Slots of a store that are scanned at a time.
const PIECE: usize = 1024;
/// Places in [`Marker::pinned`].
const PINNED: usize = 64;

/// Which entries of a table keep what they refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// All.
    Strong,
    /// `"v"`: keys keep themselves, values do not.
    WeakValues,
    /// `"k"`: a value is kept if its key is.
    Ephemeron,
    /// `"kv"`: none.
    AllWeak,
}

/// The state of one mark.
pub(super) struct Marker<'a, const GLOBAL: bool> {
    work: Worklist,
    /// The atom "__mode"; 0 while the machine is being made.
    mode_name: Value,
    /// The heaps that are marked.
    heaps: &'a [&'a Heap],
    /// The dead heap, if it is marked too.
    dead: Option<&'a DeadHeap>,
    pub(super) weak_values: Vec<*mut Table>,
    pub(super) ephemerons: Vec<*mut Table>,
    pub(super) all_weak: Vec<*mut Table>,
    /// Stores with an unmarked key whose value is nil.
    pub(super) tombs: Vec<*mut Store>,
    /// While ephemerons converge: (key, value) pairs, sorted, whose key was not marked at the start.
    pub(super) waiting: Vec<(usize, Value)>,
    /// Stores that [`Marker::pinned`] has seen, each at a place of its address, for many coroutines may walk one table.
    pinned: [*mut Store; PINNED],
    /// Debug: whose local objects may be met, 0 for anybody's.
    owner: usize,
}

impl<'a, const GLOBAL: bool> Marker<'a, GLOBAL> {
    /// Nothing marked by this marker yet. `owner` is the only thread whose local objects it may meet (null: any).
    pub(super) fn new(
        machine: &Machine,
        heaps: &'a [&'a Heap],
        dead: Option<&'a DeadHeap>,
        owner: *const Record,
    ) -> Self {
        Marker {
            work: Worklist::new(heaps[0].torture.tiny_lists),
            mode_name: Value(machine.event_names[Event::Mode as usize].get()),
            heaps,
            dead,
            weak_values: Vec::new(),
            ephemerons: Vec::new(),
            all_weak: Vec::new(),
            tombs: Vec::new(),
            waiting: Vec::new(),
            pinned: [std::ptr::null_mut(); PINNED],
            owner: owner as usize,
        }
    }

    /// Whether an object is marked, or beyond this marker's business.
    /// # Safety
    /// `p` is an object of a heap that is not freed.
    #[inline(always)]
    pub(super) unsafe fn is_marked(&self, p: *mut Header) -> bool {
        // SAFETY: caller.
        unsafe {
            let (pair, mask) = pair_of(p);
            if !GLOBAL {
                return (pair.lmark.get() | pair.shared.get()) & mask != 0;
            }
            let word = if pair.shared.get() & mask != 0 { gmark_of(p).0 } else { &pair.lmark };
            word.get() & mask != 0
        }
    }

    /// Sets an object's mark; false if it had it (or is beyond this marker's business).
    /// # Safety
    /// As for [`Marker::is_marked`].
    #[inline(always)]
    unsafe fn set_mark(&self, p: *mut Header) -> bool {
        // SAFETY: caller. The words are ours: our own heap's, or the world is stopped (B-2).
        unsafe {
            let (pair, mask) = pair_of(p);
            let word = if !GLOBAL {
                if (pair.lmark.get() | pair.shared.get()) & mask != 0 {
                    return false;
                }
                debug_assert!(
                    self.owner == 0 || (*super::block_of(p)).owner.get() == self.owner,
                    "I-6: a local collection met another thread's local object {p:p}"
                );
                &pair.lmark
            } else if pair.shared.get() & mask != 0 {
                gmark_of(p).0
            } else {
                &pair.lmark
            };
            let old = word.get();
            word.set(old | mask);
            old & mask == 0
        }
    }

    /// Marks an object and enters it in the worklist.
    /// # Safety
    /// As for [`Marker::is_marked`].
    #[inline(always)]
    pub(super) unsafe fn object(&mut self, p: *mut Header) {
        // SAFETY: caller.
        unsafe {
            if self.set_mark(p) {
                self.work.push(p);
            }
        }
    }

    /// Marks what a value refers to.
    /// # Safety
    /// As for [`Marker::is_marked`].
    #[inline(always)]
    pub(super) unsafe fn value(&mut self, v: Value) {
        if v.is_object() {
            // SAFETY: caller.
            unsafe { self.object(v.as_object()) };
        }
    }

    /// Marks an object without references, or one whose references are followed elsewhere.
    /// # Safety
    /// As for [`Marker::is_marked`].
    pub(super) unsafe fn leaf(&self, p: *mut Header) {
        // SAFETY: caller.
        unsafe { self.set_mark(p) };
    }

    /// Marks the roots of a thread; also the machine's, which belong to its only thread as long as they are local.
    /// # Safety
    /// The thread is the calling one or stopped, and its coroutines' fields are current.
    pub(super) unsafe fn roots(&mut self, rec: &Record) {
        // SAFETY: caller; roots are live.
        unsafe {
            for co in [rec.coroutine.get(), rec.main_coroutine.get()] {
                let mut co = co;
                while !co.is_null() {
                    // The marks of shared ones may be beyond us; their registers are not (I-24).
                    self.object(co.cast());
                    if !GLOBAL && (*co).header.is_shared() {
                        self.coroutine(co);
                    }
                    co = (*co).resumer.get();
                }
            }
            self.value(rec.error_value.get());
            for v in &*rec.handles.get() {
                self.value(*v);
            }
            rec.control.for_each_root(&mut |v| self.value(v));
            for &p in &(*rec.heap.lists.get()).queue {
                self.object(p);
            }
            self.machine_roots(rec.machine());
        }
    }

    unsafe fn machine_roots(&mut self, machine: &Machine) {
        // SAFETY: roots are live objects.
        unsafe {
            for t in [machine.globals.get(), machine.registry.get()] {
                if !t.is_null() {
                    self.object(t.cast());
                }
            }
            for meta in &machine.type_meta {
                if meta.get() != 0 {
                    self.object(meta.get() as *mut Header);
                }
            }
            let functions = [&machine.next_function, &machine.ipairs_function, &machine.select_function];
            let single = functions.into_iter().chain([&machine.memory_message]);
            for word in machine.event_names.iter().chain(&machine.byte_strings).chain(single) {
                self.value(Value(word.get()));
            }
        }
    }

    /// Marks everything that the marked objects reach.
    /// # Safety
    /// As for [`Marker::roots`], for all heaps of the marker.
    pub(super) unsafe fn drain(&mut self) {
        loop {
            while let Some(next) = self.work.pop() {
                // SAFETY: entries are marked objects; those with a tag or position are stores of marked tables.
                unsafe {
                    match next {
                        Next::Object(p) => self.scan(p),
                        Next::Tagged(s) => self.scan_store(s.cast(), 0),
                        Next::From(s, position) => self.scan_store(s.cast(), position),
                    }
                }
            }
            if !self.work.take_overflow() {
                return;
            }
            let heaps = self.heaps;
            for heap in heaps {
                // SAFETY: as below.
                heap.for_each_block(|block| unsafe { self.scan_dropped(block) });
            }
            if let Some(dead) = self.dead {
                // SAFETY: as below.
                dead.for_each_block(|block| unsafe { self.scan_dropped(block) });
            }
        }
    }

    /// # Safety
    /// The block's heap is marked by this marker.
    unsafe fn scan_dropped(&mut self, block: &Block) {
        block.for_each_used(|p| {
            // SAFETY: cells with a mark, or with the shared bit, are objects. The flag is only set by this marker.
            unsafe {
                if self.is_marked(p) && take_dropped(p) {
                    if (*p).kind() == Kind::Store { self.scan_store(p.cast(), 0) } else { self.scan(p) }
                }
            }
        });
    }

    #[inline(always)]
    unsafe fn scan(&mut self, p: *mut Header) {
        // SAFETY: a marked object, taken from the worklist.
        unsafe {
            if !self.waiting.is_empty() {
                self.wake_waiting(p);
            }
            match (*p).kind() {
                Kind::Str | Kind::BoxedInt | Kind::BoxedLight | Kind::Stack | Kind::Bytes => {}
                Kind::Table => self.table(p.cast()),
                // One that is not reached through its table: an older store, pinned by a loop.
                Kind::Store => self.store(p.cast()),
                Kind::Coroutine => self.coroutine(p.cast()),
                _ => children(p, &mut |child| self.object(child)),
            }
        }
    }

    #[inline(always)]
    unsafe fn table(&mut self, t: *mut Table) {
        // SAFETY: a marked table.
        unsafe {
            let meta = (*t).meta.get() as *mut Table;
            if !meta.is_null() {
                self.object(meta.cast());
                let mode = self.mode_of(meta);
                if mode != Mode::Strong {
                    return self.weak_table(t, mode);
                }
            }
            let s = (*t).store.get() as *mut Store;
            if !is_empty_store(s) {
                self.leaf(s.cast());
                self.work.push_tagged(s.cast());
            }
        }
    }

    /// The mode that a metatable asks for.
    unsafe fn mode_of(&self, meta: *const Table) -> Mode {
        // SAFETY: a live metatable.
        unsafe {
            if (*meta).absent.get() & 1 << Event::Mode as u32 != 0 || !self.mode_name.is_atom() {
                return Mode::Strong;
            }
            let Some(mode) = raw_get_str(meta, self.mode_name).as_str() else { return Mode::Strong };
            let mode = Str::bytes(mode);
            match (mode.contains(&b'k'), mode.contains(&b'v')) {
                (false, false) => Mode::Strong,
                (false, true) => Mode::WeakValues,
                (true, false) => Mode::Ephemeron,
                (true, true) => Mode::AllWeak,
            }
        }
    }

    /// Marks a store and all its entries.
    #[inline(always)]
    pub(super) unsafe fn store(&mut self, s: *mut Store) {
        // SAFETY: a store of a live table, or a static one.
        unsafe {
            if !is_empty_store(s) {
                self.leaf(s.cast());
                self.scan_store(s, 0);
            }
        }
    }

    /// Marks the entries of a store from slot `position` on: array first, then hash.
    #[inline]
    unsafe fn scan_store(&mut self, s: *mut Store, position: usize) {
        // SAFETY: a live store; positions are below its number of slots.
        unsafe {
            let acap = (*s).acap as usize;
            let slots = acap + (*s).mask as usize / 16 + 1;
            let mut end = slots;
            if slots - position > PIECE {
                end = position + PIECE;
                self.work.push_position(s.cast(), end);
            } else if (*s).next.get() != 0 {
                self.object((*s).next.get() as *mut Header);
            }
            for i in position..end.min(acap) {
                self.value(Value(Store::array(s, i).get()));
            }
            let mut has_tombs = false;
            for i in position.max(acap)..end {
                let (k, v) = Store::slot(s, (i - acap) * 16);
                let (k, v) = (Value(k.get()), Value(v.get()));
                if v.is_nil_like() && v != Value::MOVED {
                    has_tombs |= k.is_object() && !self.is_marked(k.as_object());
                } else {
                    self.value(k);
                    self.value(v);
                }
            }
            if has_tombs {
                self.expect_tombs(s);
            }
        }
    }

    /// Puts a store on the list of those with dead keys. Without memory for it its keys live on.
    #[cold]
    pub(super) unsafe fn expect_tombs(&mut self, s: *mut Store) {
        if self.tombs.try_reserve(1).is_ok() {
            self.tombs.push(s);
            return;
        }
        // SAFETY: a live store.
        unsafe {
            for offset in (0..=(*s).mask as usize).step_by(16) {
                self.value(Value(Store::slot(s, offset).0.get()));
            }
        }
    }

    unsafe fn coroutine(&mut self, co: *mut Coroutine) {
        // SAFETY: a live coroutine that nobody runs meanwhile but the calling thread, whose fields are current.
        unsafe {
            children(co.cast(), &mut |child| {
                // The arrays, not the hook.
                if let Kind::Stack | Kind::Bytes = (*child).kind() {
                    self.leaf(child);
                }
            });
            self.value((*co).hook.get().function);
            for slot in registers(co) {
                let v = Value(slot.get());
                self.value(v);
                if let Some(s) = v.as_kind::<Store>(Kind::Store)
                    && (GLOBAL || !(*s).header.is_shared())
                {
                    self.pinned(s);
                }
            }
        }
    }

    /// A store that a `pairs` loop walks keeps its keys, also those of nil entries: as a TOMB such a key could come
    /// back in another slot and be visited twice (I-19), and the loop itself remembers its last key by the position.
    #[cold]
    unsafe fn pinned(&mut self, s: *mut Store) {
        let seen = &mut self.pinned[(s.addr() >> 4 ^ s.addr() >> 12) % PINNED];
        if std::mem::replace(seen, s) == s {
            return;
        }
        // SAFETY: a live store; loops over the static one keep no cursor.
        unsafe {
            for offset in (0..=(*s).mask as usize).step_by(16) {
                self.value(Value(Store::slot(s, offset).0.get()));
            }
        }
    }
}
