//! A model of the quick looks at a shared table: at the slot that a hint names, and at the filter of a store (T-10),
//! against an insert that makes the table grow.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p luas-vm --release --test loom_hint`
//!
//! A hint's reader takes the key without ordering and the value with Acquire, as the handlers of field accesses do; the
//! filter's reader is that of `table::find_atom`. What is checked: a value that such a reader gets is whole (I-11) and
//! known to the filter, a present key is never absent, and one that was seen stays there.
#![cfg(loom)]

use loom::sync::{Arc, Mutex};
use luas_vm::slot::{self, DEAD, EMPTY, MOVED, NIL};
use luas_vm::sync::{Acquire, AtomicU32, AtomicU64, AtomicUsize, Relaxed, Release};

const A: u64 = 4;
const B: u64 = 8;

/// The bit of a key in the filter of a store.
fn bit(key: u64) -> u32 {
    1 << (key / 4)
}

struct Store {
    filter: AtomicU32,
    slots: Vec<(AtomicU64, AtomicU64)>,
    next: AtomicUsize,
}

impl Store {
    fn new(slots: usize) -> Store {
        let slot = |_| (AtomicU64::new(EMPTY), AtomicU64::new(EMPTY));
        Store { filter: AtomicU32::new(0), slots: (0..slots).map(slot).collect(), next: AtomicUsize::new(0) }
    }
    fn note(&self, key: u64) {
        self.filter.store(self.filter.load(Relaxed) | bit(key), Relaxed);
    }
    /// The slot of a key, or the first EMPTY one; None when the store is full or closed.
    fn place(&self, key: u64) -> Option<&(AtomicU64, AtomicU64)> {
        self.slots.iter().find(|(k, _)| matches!(k.load(Acquire), w if w == key || w == EMPTY))
    }
}

struct Table {
    stores: [Store; 2],
    root: AtomicUsize,
    lock: Mutex<()>,
    /// What the value of B refers to: written by its thread before the insert, without ordering, as a fresh object is.
    object: AtomicU64,
}

/// What a quick look came to.
#[derive(Debug, PartialEq)]
enum Look {
    Value(u64),
    Absent,
    /// The general way must look.
    Unsure,
}

impl Table {
    /// A holds 1; the first store has room for so many keys.
    fn new(slots: usize) -> Arc<Table> {
        let t = Table {
            stores: [Store::new(slots), Store::new(4)],
            root: AtomicUsize::new(0),
            lock: Mutex::new(()),
            object: AtomicU64::new(0),
        };
        t.stores[0].note(A);
        let (k, v) = &t.stores[0].slots[0];
        slot::insert_locked(k, v, A, 1);
        Arc::new(t)
    }

    fn root(&self) -> &Store {
        &self.stores[self.root.load(Acquire)]
    }

    /// As the handlers: the slot at this offset.
    fn hinted(&self, offset: usize, key: u64) -> Look {
        let (k, v) = &self.root().slots[offset];
        if k.get() != key {
            return Look::Unsure;
        }
        match v.load(Acquire) {
            v if slot::is_nil_like(v) => Look::Unsure,
            v => Look::Value(v),
        }
    }

    /// As `table::find_atom`.
    fn filtered(&self, key: u64) -> Look {
        let s = self.root();
        let absent = || if s.next.load(Acquire) == 0 { Look::Absent } else { Look::Unsure };
        if s.filter.get() & bit(key) == 0 {
            return absent();
        }
        for (k, v) in &s.slots {
            match k.load(Acquire) {
                w if w == key => {
                    return match v.load(Acquire) {
                        MOVED => Look::Unsure,
                        v if slot::is_nil_like(v) => Look::Absent,
                        v => Look::Value(v),
                    };
                }
                EMPTY => return Look::Absent,
                DEAD => return Look::Unsure,
                _ => {}
            }
        }
        absent()
    }

    /// As `table::get_key`.
    fn get(&self, key: u64) -> u64 {
        let mut s = self.root();
        'stores: loop {
            for (k, v) in &s.slots {
                match k.load(Acquire) {
                    w if w == key => match v.load(Acquire) {
                        MOVED => {
                            s = &self.stores[s.next.load(Acquire)];
                            continue 'stores;
                        }
                        v if slot::is_nil_like(v) => return NIL,
                        v => return v,
                    },
                    EMPTY => return NIL,
                    DEAD => {
                        s = &self.stores[s.next.load(Acquire)];
                        continue 'stores;
                    }
                    _ => {}
                }
            }
            match s.next.load(Acquire) {
                0 => return NIL,
                n => s = &self.stores[n],
            }
        }
    }

    fn read(&self, key: u64) -> u64 {
        match self.filtered(key) {
            Look::Value(v) => v,
            Look::Absent => NIL,
            Look::Unsure => self.get(key),
        }
    }

    /// As `table::shared::insert_locked`, of a key that is absent.
    fn insert(&self, key: u64, v: u64) {
        self.object.set(v);
        let _lock = self.lock.lock().unwrap();
        let mut s = self.root();
        if s.place(key).is_none() {
            s = self.grow(s);
        }
        s.note(key);
        let (k, value) = s.place(key).expect("room");
        slot::insert_locked(k, value, key, v);
    }

    /// As `table::shared::grow_locked`.
    fn grow(&self, s: &Store) -> &Store {
        let n = &self.stores[1];
        s.next.store(1, Release);
        for (k, value) in &s.slots {
            let key = slot::close(k);
            if key == DEAD {
                value.store(MOVED, Release);
                continue;
            }
            slot::migrate(value, || {
                let (k, target) = n.place(key).expect("room");
                n.note(key);
                k.store(key, Release);
                target
            });
        }
        self.root.store(1, Release);
        n
    }

    /// A reader who has B sees the object behind it, and finds it in all other ways from then on.
    fn check_seen(&self, v: u64) {
        assert_eq!(v, 7);
        assert_eq!(self.object.get(), 7, "I-11: a reference to what is not there yet");
        assert_eq!(self.read(B), 7, "a read went back");
    }
}

fn explore(f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(4);
    builder.check(f);
}

fn insert_beside(t: &Arc<Table>) -> loom::thread::JoinHandle<()> {
    let t = t.clone();
    loom::thread::spawn(move || t.insert(B, 7))
}

#[test]
fn a_hint_leads_to_a_fresh_slot() {
    explore(|| {
        let t = Table::new(2);
        let writer = insert_beside(&t);
        if let Look::Value(v) = t.hinted(1, B) {
            t.check_seen(v);
        }
        assert_eq!(t.hinted(0, A), Look::Value(1));
        writer.join().unwrap();
        assert_eq!(t.read(B), 7);
    });
}

#[test]
fn the_filter_of_a_store_that_gets_a_key() {
    explore(|| {
        let t = Table::new(2);
        let writer = insert_beside(&t);
        let first = t.read(B);
        if first != NIL {
            t.check_seen(first);
        }
        assert_eq!(t.read(A), 1, "a present key was absent");
        writer.join().unwrap();
        assert_eq!(t.read(B), 7);
    });
}

#[test]
fn quick_looks_meet_a_migration() {
    explore(|| {
        let t = Table::new(1);
        let writer = insert_beside(&t);
        let other = {
            let t = t.clone();
            loom::thread::spawn(move || match t.hinted(0, A) {
                Look::Value(v) => assert_eq!(v, 1),
                _ => assert_eq!(t.get(A), 1, "a present key was absent"),
            })
        };
        assert_eq!(t.read(A), 1, "a present key was absent");
        let first = t.read(B);
        if first != NIL {
            t.check_seen(first);
        }
        writer.join().unwrap();
        other.join().unwrap();
        assert_eq!((t.read(A), t.read(B), t.hinted(1, B)), (1, 7, Look::Value(7)));
    });
}

/// What asking `next` is for: a key that a larger store has got already would be absent.
#[test]
#[should_panic]
fn a_filter_alone_would_not_do() {
    explore(|| {
        let t = Table::new(1);
        let writer = insert_beside(&t);
        let s = t.root();
        let seen = t.get(B) != NIL;
        let absent = s.filter.get() & bit(B) == 0;
        assert!(!(seen && absent), "seen before, and absent by the filter of the store that was left");
        writer.join().unwrap();
    });
}
