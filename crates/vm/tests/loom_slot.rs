//! A model of the slots of a shared table: updates, deletes and reads against a migration to a larger store.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p luas-vm --release --test loom_slot`
//!
//! The functions of [`luas_vm::slot`] run, unchanged, in the loops of `table::find`, `table::get_key` and
//! `table::shared` with two slots that become four. What is checked: an update is never lost, a present key is never
//! read as absent, reads of one key never go back, and what a write returns is what was there.
#![cfg(loom)]

use loom::sync::{Arc, Mutex};
use luas_vm::slot::{self, EMPTY, MOVED, Moved, NIL};
use luas_vm::sync::{Acquire, AtomicU64, AtomicUsize, Relaxed, Release};

const A: u64 = 4;
const B: u64 = 8;
const C: u64 = 12;

struct Store {
    slots: Vec<(AtomicU64, AtomicU64)>,
    /// Number of the next store; 0 for none.
    next: AtomicUsize,
}

/// Where a key is in one store.
enum Found<'a> {
    Hit(&'a AtomicU64),
    Absent(Option<usize>),
    Closed,
}

impl Store {
    fn new(entries: &[(u64, u64)], slots: usize) -> Store {
        let entry = |i| entries.get(i).copied().unwrap_or((EMPTY, EMPTY));
        let new = |(k, v)| (AtomicU64::new(k), AtomicU64::new(v));
        Store { slots: (0..slots).map(|i| new(entry(i))).collect(), next: AtomicUsize::new(0) }
    }

    /// All keys collide: probing starts at slot 0.
    fn find(&self, key: u64) -> Found<'_> {
        for (i, (k, v)) in self.slots.iter().enumerate() {
            match k.load(Acquire) {
                k if k == key => return Found::Hit(v),
                EMPTY => return Found::Absent(Some(i)),
                slot::DEAD => return Found::Closed,
                _ => {}
            }
        }
        Found::Absent(None)
    }
}

/// A table whose root store has two slots, and the store that it grows into.
struct Table {
    stores: [Store; 2],
    root: AtomicUsize,
    lock: Mutex<()>,
}

impl Table {
    fn new(entries: &[(u64, u64)]) -> Arc<Table> {
        Arc::new(Table {
            stores: [Store::new(entries, 2), Store::new(&[], 4)],
            root: AtomicUsize::new(0),
            lock: Mutex::new(()),
        })
    }

    fn after(&self, s: &Store) -> usize {
        let n = s.next.load(Acquire);
        assert_ne!(n, 0, "T-5: a moved slot without a next store");
        n
    }

    /// As `table::get_key`.
    fn get(&self, key: u64) -> u64 {
        let mut s = &self.stores[self.root.load(Acquire)];
        loop {
            match s.find(key) {
                Found::Hit(value) => match value.load(Acquire) {
                    MOVED => s = &self.stores[self.after(s)],
                    v if slot::is_nil_like(v) => return NIL,
                    v => return v,
                },
                Found::Closed => s = &self.stores[self.after(s)],
                Found::Absent(Some(_)) => return NIL,
                Found::Absent(None) => match s.next.load(Acquire) {
                    0 => return NIL,
                    n => s = &self.stores[n],
                },
            }
        }
    }

    /// As `table::shared::locate`: where the key is missing are the store's number and the EMPTY slot that ended the search.
    fn locate(&self, key: u64) -> Result<&AtomicU64, (usize, Option<usize>)> {
        let mut n = self.root.load(Acquire);
        loop {
            let s = &self.stores[n];
            match s.find(key) {
                Found::Hit(value) if value.load(Acquire) != MOVED => return Ok(value),
                Found::Hit(_) | Found::Closed => n = self.after(s),
                Found::Absent(Some(i)) => return Err((n, Some(i))),
                Found::Absent(None) => match s.next.load(Acquire) {
                    0 => return Err((n, None)),
                    next => n = next,
                },
            }
        }
    }

    /// As `table::shared::swap`.
    fn swap(&self, key: u64, v: u64) -> u64 {
        loop {
            let value = match self.locate(key) {
                Ok(value) => value,
                Err(_) if v == NIL => return NIL,
                Err(vacant) => {
                    let _lock = self.lock.lock().unwrap();
                    if self.insert_locked(key, v, vacant) {
                        return NIL;
                    }
                    continue;
                }
            };
            match slot::update(value, v) {
                Ok(old) if slot::is_nil_like(old) => return NIL,
                Ok(old) => return old,
                Err(Moved) => {}
            }
        }
    }

    /// As `table::shared::modify` with an addition.
    fn add(&self, key: u64) -> u64 {
        loop {
            let value = self.locate(key).expect("a key that is never removed");
            let old = value.load(Acquire);
            if old != MOVED && slot::exchange(value, old, old + 1) == Ok(true) {
                return old + 1;
            }
        }
    }

    /// As `table::shared::insert_locked`.
    fn insert_locked(&self, key: u64, v: u64, vacant: (usize, Option<usize>)) -> bool {
        let root = self.root.load(Acquire);
        let mut s = &self.stores[root];
        // As `Vacant::find_again`.
        let mut found = match vacant {
            (n, Some(i)) if n == root && s.slots[i].0.load(Acquire) == EMPTY => Found::Absent(Some(i)),
            _ => s.find(key),
        };
        loop {
            match found {
                Found::Hit(value) => {
                    let old = value.load(Acquire);
                    return slot::is_nil_like(old) && slot::exchange(value, old, v) == Ok(true);
                }
                Found::Absent(Some(i)) => {
                    let (k, value) = &s.slots[i];
                    slot::insert_locked(k, value, key, v);
                    return true;
                }
                Found::Absent(None) => s = self.grow_locked(s),
                Found::Closed => unreachable!("nobody else migrates"),
            }
            found = s.find(key);
        }
    }

    /// As `table::shared::grow_locked`.
    fn grow_locked(&self, s: &Store) -> &Store {
        let n = &self.stores[1];
        s.next.store(1, Release);
        for (k, value) in &s.slots {
            let key = slot::close(k);
            if key == slot::DEAD {
                value.store(MOVED, Release);
                continue;
            }
            slot::migrate(value, || match n.find(key) {
                Found::Hit(target) => target,
                Found::Absent(Some(i)) => {
                    n.slots[i].0.store(key, Relaxed);
                    &n.slots[i].1
                }
                _ => unreachable!("the next store has room"),
            });
        }
        self.root.store(1, Release);
        n
    }
}

fn explore(bound: usize, f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(bound);
    builder.check(f);
}

fn spawn<T: 'static>(t: &Arc<Table>, f: impl FnOnce(&Table) -> T + 'static) -> loom::thread::JoinHandle<T> {
    let t = t.clone();
    loom::thread::spawn(move || f(&t))
}

#[test]
fn an_update_meets_a_migration() {
    explore(4, || {
        let t = Table::new(&[(A, 1), (B, 10)]);
        let grower = spawn(&t, |t| assert_eq!(t.swap(C, 100), NIL));
        let updater = spawn(&t, |t| {
            assert_eq!(t.swap(A, 2), 1);
            assert_eq!(t.get(A), 2, "one's own update");
        });
        let (first, second) = (t.get(A), t.get(A));
        assert!(first == 1 || first == 2, "a present key was absent: {first:x}");
        assert!(second == 2 || second == first, "a read went back");
        assert_eq!(t.get(B), 10);
        grower.join().unwrap();
        updater.join().unwrap();
        assert_eq!((t.get(A), t.get(B), t.get(C)), (2, 10, 100));
    });
}

#[test]
fn two_threads_count_while_a_third_makes_room() {
    explore(3, || {
        let t = Table::new(&[(A, 1), (B, 10)]);
        let grower = spawn(&t, |t| assert_eq!(t.swap(C, 100), NIL));
        let other = spawn(&t, |t| t.add(A));
        let mine = t.add(A);
        let others = other.join().unwrap();
        assert!((mine, others) == (2, 3) || (mine, others) == (3, 2), "a lost update");
        grower.join().unwrap();
        assert_eq!((t.get(A), t.get(B), t.get(C)), (3, 10, 100));
    });
}

#[test]
fn a_key_is_removed_and_comes_back_during_a_migration() {
    explore(4, || {
        let t = Table::new(&[(A, 1), (B, 10)]);
        let grower = spawn(&t, |t| assert_eq!(t.swap(C, 100), NIL));
        let remover = spawn(&t, |t| {
            assert_eq!(t.swap(B, NIL), 10);
            assert_eq!(t.get(B), NIL, "one's own removal");
            assert_eq!(t.swap(B, 11), NIL);
        });
        let (first, second) = (t.get(B), t.get(B));
        let age = |v| [10, NIL, 11].iter().position(|&w| w == v).expect("a value that was stored");
        assert!(age(first) <= age(second), "a read went back");
        assert_eq!(t.get(A), 1, "a present key was absent");
        grower.join().unwrap();
        remover.join().unwrap();
        assert_eq!((t.get(A), t.get(B), t.get(C)), (1, 11, 100));
    });
}

#[test]
fn a_key_stays_removed() {
    explore(4, || {
        let t = Table::new(&[(A, 1), (B, 10)]);
        let grower = spawn(&t, |t| assert_eq!(t.swap(C, 100), NIL));
        let remover = spawn(&t, |t| t.swap(A, NIL));
        let mine = t.swap(A, NIL);
        let others = remover.join().unwrap();
        assert!((mine, others) == (1, NIL) || (mine, others) == (NIL, 1), "removed once");
        grower.join().unwrap();
        assert_eq!((t.get(A), t.get(B), t.get(C)), (NIL, 10, 100));
    });
}

#[test]
fn two_threads_insert_one_key() {
    explore(2, || {
        let t = Table::new(&[(A, 1), (B, 10)]);
        let other = spawn(&t, |t| t.swap(C, 100));
        let reader = spawn(&t, |t| {
            let (first, second) = (t.get(C), t.get(C));
            assert!(first == NIL || second != NIL, "a read went back");
            assert_eq!(t.get(A), 1, "a present key was absent");
        });
        let mine = t.swap(C, 101);
        let others = other.join().unwrap();
        assert!((mine, others) == (NIL, 101) || (mine, others) == (100, NIL), "{mine:x} {others:x}");
        reader.join().unwrap();
        assert_eq!(t.get(C), if mine == NIL { 100 } else { 101 });
    });
}

#[test]
fn two_threads_insert_where_both_saw_the_same_free_slot() {
    explore(3, || {
        let t = Table::new(&[(A, 1)]);
        let one = spawn(&t, |t| t.swap(B, 10));
        let two = spawn(&t, |t| t.swap(B, 11));
        let (before, mine) = (t.get(C), t.swap(C, 100));
        assert_eq!((before, mine), (NIL, NIL));
        let others = (one.join().unwrap(), two.join().unwrap());
        assert!(others == (NIL, 10) || others == (11, NIL), "{others:x?}");
        assert_eq!((t.get(A), t.get(B), t.get(C)), (1, if others.0 == NIL { 11 } else { 10 }, 100));
    });
}

/// What the CAS is for (T-2): a plain store lands on MOVED and is lost.
#[test]
#[should_panic]
fn a_plain_store_would_be_lost() {
    explore(4, || {
        let t = Table::new(&[(A, 1), (B, 10)]);
        let grower = spawn(&t, |t| assert_eq!(t.swap(C, 100), NIL));
        t.locate(A).unwrap().store(2, Release);
        grower.join().unwrap();
        assert_eq!(t.get(A), 2);
    });
}
