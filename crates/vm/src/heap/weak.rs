//! Weak tables and the end of a mark, in PUC Lua's order (I-35).
//!
//! 1. Ephemerons converge: a value is marked when its key is.
//! 2. Weak values that are not marked are cleared.
//! 3. Unmarked objects with finalizers move to the queue and are marked with what they reach; ephemerons converge
//!    again.
//! 4. Entries with unmarked weak keys are cleared, and once more weak values, in tables that came to light in 3.
//! 5. Keys of nil entries whose object is unmarked become TOMB.
//!
//! So a finalizer still finds its object as a key, but no longer as a weak value. Strings and boxed numbers are values,
//! not objects: they are never cleared from weak tables.
//!
//! Converging is by rounds at first; what remains is then done with a sorted list of waiting pairs, so that a long
//! chain through ephemerons costs no more than its length (times a logarithm).

use super::mark::{Marker, Mode};
use crate::object::{Header, Kind, Store, Table};
use crate::table::{TOMB, is_empty_store};
use crate::value::Value;

/// Rounds before waiting pairs are collected.
const ROUNDS: usize = 4;

/// Calls `f` with each store of a table: its own, and the next one while it is migrating.
unsafe fn each_store(t: *const Table, mut f: impl FnMut(*mut Store)) {
    // SAFETY: a live table of a stopped or own thread; stores of a live table are live.
    unsafe {
        let mut s = (*t).store.get() as *mut Store;
        while !s.is_null() && !is_empty_store(s) {
            f(s);
            s = (*s).next.get() as *mut Store;
        }
    }
}

/// The hash slots of a store: key and value words.
unsafe fn hash_slots<'a>(
    s: *mut Store,
) -> impl Iterator<Item = (&'a crate::sync::AtomicU64, &'a crate::sync::AtomicU64)> {
    // SAFETY: a live store; the offsets are those of its slots.
    unsafe { (0..=(*s).mask as usize).step_by(16).map(move |offset| Store::slot(s, offset)) }
}

/// A word that refers to an object, as its address.
fn object_in(v: Value) -> Option<*mut Header> {
    v.is_object().then(|| v.as_object())
}

impl<const GLOBAL: bool> Marker<'_, GLOBAL> {
    /// Scans a weak table: marks what it keeps, and puts it on the list of its mode.
    /// # Safety
    /// `t` is a marked table.
    #[cold]
    pub(super) unsafe fn weak_table(&mut self, t: *mut Table, mode: Mode) {
        let list = match mode {
            Mode::Strong | Mode::WeakValues => &mut self.weak_values,
            Mode::Ephemeron => &mut self.ephemerons,
            Mode::AllWeak => &mut self.all_weak,
        };
        // SAFETY: caller; the stores of a live table are live.
        unsafe {
            if list.try_reserve(1).is_err() {
                // Without memory for the list the table is strong this time.
                each_store(t, |s| self.store(s));
                return;
            }
            list.push(t);
            each_store(t, |s| self.leaf(s.cast()));
            match mode {
                Mode::Strong | Mode::AllWeak => {}
                Mode::WeakValues => self.keys(t),
                Mode::Ephemeron => {
                    self.ephemeron(t);
                }
            }
        }
    }

    /// Marks the keys of a table with weak values.
    unsafe fn keys(&mut self, t: *mut Table) {
        // SAFETY: a marked table.
        unsafe {
            each_store(t, |s| {
                for (k, v) in hash_slots(s) {
                    let v = Value(v.get());
                    if !v.is_nil_like() || v == Value::MOVED {
                        self.value(Value(k.get()));
                    }
                }
            });
        }
    }

    /// Marks the values of an ephemeron whose keys are marked; whether it marked any.
    unsafe fn ephemeron(&mut self, t: *mut Table) -> bool {
        let mut marked = false;
        let mut mark = |this: &mut Self, v: Value| {
            if let Some(p) = object_in(v) {
                // SAFETY: values in a live table are live.
                unsafe {
                    if !this.is_marked(p) {
                        this.object(p);
                        marked = true;
                    }
                }
            }
        };
        // SAFETY: a marked table.
        unsafe {
            each_store(t, |s| {
                for i in 0..(*s).acap as usize {
                    mark(self, Value(Store::array(s, i).get()));
                }
                for (k, v) in hash_slots(s) {
                    let v = Value(v.get());
                    if !v.is_nil_like() && !self.is_dead(Value(k.get())) {
                        mark(self, v);
                    }
                }
            });
        }
        marked
    }

    /// Marks values of ephemerons until nothing changes.
    unsafe fn converge(&mut self) {
        // SAFETY: the listed tables are marked.
        unsafe {
            self.drain();
            for round in 0.. {
                let late = round >= ROUNDS && self.collect_waiting();
                let mut changed = false;
                // Tables that come to light meanwhile are appended, and looked at in this round too.
                let mut i = 0;
                while i < self.ephemerons.len() {
                    // Every other round backwards: chains of tables mostly run one way.
                    let at = if round % 2 == 0 { i } else { self.ephemerons.len() - 1 - i };
                    if self.ephemeron(self.ephemerons[at]) {
                        changed = true;
                        self.drain();
                    }
                    i += 1;
                }
                if late {
                    self.waiting.clear();
                }
                if !changed {
                    return;
                }
            }
        }
    }

    /// Collects the entries of ephemerons with unmarked key and value; false when there is no memory for them.
    unsafe fn collect_waiting(&mut self) -> bool {
        let mut waiting = Vec::new();
        for &t in &self.ephemerons {
            let mut full = false;
            // SAFETY: a marked table.
            unsafe {
                each_store(t, |s| {
                    for (k, v) in hash_slots(s) {
                        if let (Some(k), Some(v)) = (object_in(Value(k.get())), object_in(Value(v.get())))
                            && !self.is_marked(k)
                            && !self.is_marked(v)
                        {
                            full |= waiting.try_reserve(1).is_err();
                            if !full {
                                waiting.push((k.addr(), Value::object(v)));
                            }
                        }
                    }
                });
            }
            if full {
                return false;
            }
        }
        waiting.sort_unstable_by_key(|&(k, _)| k);
        self.waiting = waiting;
        true
    }

    /// A key was marked: marks the values that waited for it.
    #[cold]
    pub(super) unsafe fn wake_waiting(&mut self, key: *mut Header) {
        let mut i = self.waiting.partition_point(|&(k, _)| k < key.addr());
        while let Some(&(k, v)) = self.waiting.get(i)
            && k == key.addr()
        {
            // SAFETY: a value of a live table.
            unsafe { self.value(v) };
            i += 1;
        }
    }

    /// Whether a key or value is an object about to die. Strings and boxed numbers are kept, here and now.
    unsafe fn is_dead(&mut self, v: Value) -> bool {
        let Some(p) = object_in(v) else { return false };
        // SAFETY: a word of a live table: its object is not freed yet.
        unsafe {
            if self.is_marked(p) {
                return false;
            }
            if matches!((*p).kind(), Kind::Str | Kind::BoxedInt | Kind::BoxedLight) {
                self.leaf(p);
                return false;
            }
            true
        }
    }

    /// Clears entries whose value is about to die.
    unsafe fn clear_values(&mut self, list: &[*mut Table]) {
        for &t in list {
            // SAFETY: marked tables of stopped threads or our own.
            unsafe {
                each_store(t, |s| {
                    for i in 0..(*s).acap as usize {
                        let slot = Store::array(s, i);
                        if self.is_dead(Value(slot.get())) {
                            slot.set(Value::NIL.0);
                        }
                    }
                    for (_, v) in hash_slots(s) {
                        if self.is_dead(Value(v.get())) {
                            v.set(Value::NIL.0);
                        }
                    }
                });
            }
        }
    }

    /// Clears entries whose key is about to die.
    unsafe fn clear_keys(&mut self, list: &[*mut Table]) {
        for &t in list {
            // SAFETY: as in `clear_values`.
            unsafe {
                each_store(t, |s| {
                    for (k, v) in hash_slots(s) {
                        let value = Value(v.get());
                        if !value.is_nil_like() && self.is_dead(Value(k.get())) {
                            v.set(Value::NIL.0);
                        }
                    }
                });
            }
        }
    }

    /// Makes the keys of a store's nil entries TOMB where the object is unmarked (I-39).
    unsafe fn bury(&self, s: *mut Store) {
        // SAFETY: a marked store; marking has ended.
        unsafe {
            for (k, v) in hash_slots(s) {
                let v = Value(v.get());
                if v.is_nil_like()
                    && v != Value::MOVED
                    && let Some(p) = object_in(Value(k.get()))
                    && !self.is_marked(p)
                {
                    k.set(TOMB.0);
                }
            }
        }
    }

    /// From the roots' mark to the end: see the head of this file. `separate` moves the objects whose finalizers are
    /// due to their queues and marks them.
    /// # Safety
    /// All roots were marked; the heaps are the calling thread's own or stopped.
    pub(super) unsafe fn finish(&mut self, separate: impl FnOnce(&mut Self)) {
        // SAFETY: caller.
        unsafe {
            self.drain();
            self.converge();
            let (values, all) = (self.weak_values.len(), self.all_weak.len());
            let clear_values = |this: &mut Self, values: usize, all: usize| {
                let (v, a) = (std::mem::take(&mut this.weak_values), std::mem::take(&mut this.all_weak));
                this.clear_values(&v[values..]);
                this.clear_values(&a[all..]);
                (this.weak_values, this.all_weak) = (v, a);
            };
            clear_values(self, 0, 0);
            separate(self);
            self.drain();
            self.converge();
            let (ephemerons, all_weak) = (std::mem::take(&mut self.ephemerons), std::mem::take(&mut self.all_weak));
            self.clear_keys(&ephemerons);
            self.clear_keys(&all_weak);
            (self.ephemerons, self.all_weak) = (ephemerons, all_weak);
            clear_values(self, values, all);
            for list in [&self.weak_values, &self.ephemerons, &self.all_weak] {
                for &t in list {
                    each_store(t, |s| self.bury(s));
                }
            }
            // A large store is there once for each of its pieces.
            self.tombs.sort_unstable();
            self.tombs.dedup();
            for &s in &self.tombs {
                self.bury(s);
            }
        }
    }
}
