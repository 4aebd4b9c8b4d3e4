//! A model of publishing: the owner sets the flags of an object and then stores the reference with Release; whoever
//! loads it with Acquire sees the object whole (I-11). A second reader gets the reference through another slot.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p luas-vm --release --test loom_publish`
//!
//! The slots' own functions run, unchanged; the object is a few words, as a header, a bitmap and fields.
#![cfg(loom)]

use loom::sync::Arc;
use luas_vm::slot;
use luas_vm::sync::{Acquire, AtomicU8, AtomicU64};

const SHARED: u8 = 2;
const REFERENCE: u64 = 0xFFFB << 48 | 16;

struct Model {
    kind: AtomicU8,
    shared_bit: AtomicU64,
    field: AtomicU64,
    /// A slot of a shared table, whose key is there already, and another one.
    value: AtomicU64,
    copy: AtomicU64,
    /// A slot that is claimed by the store.
    fresh_key: AtomicU64,
    fresh_value: AtomicU64,
}

impl Model {
    fn new() -> Arc<Model> {
        Arc::new(Model {
            kind: AtomicU8::new(0),
            shared_bit: AtomicU64::new(0),
            field: AtomicU64::new(0),
            value: AtomicU64::new(slot::NIL),
            copy: AtomicU64::new(slot::NIL),
            fresh_key: AtomicU64::new(slot::EMPTY),
            fresh_value: AtomicU64::new(slot::EMPTY),
        })
    }

    /// What the owner does before anybody can know the object.
    fn make_and_flip(&self) {
        self.field.set(42);
        self.shared_bit.set(self.shared_bit.get() | 1);
        self.kind.set(self.kind.get() & !3 | SHARED);
    }

    fn check(&self) {
        assert_eq!(self.kind.get(), SHARED);
        assert_eq!(self.shared_bit.get(), 1);
        assert_eq!(self.field.get(), 42);
    }
}

#[test]
fn a_reader_sees_the_whole_object() {
    loom::model(|| {
        let model = Model::new();
        let m = model.clone();
        let passer = loom::thread::spawn(move || {
            if m.value.load(Acquire) == REFERENCE {
                m.check();
                // Stores it again, where a third thread finds it.
                slot::update(&m.copy, REFERENCE).unwrap();
            }
        });
        let m = model.clone();
        let reader = loom::thread::spawn(move || {
            if m.copy.load(Acquire) == REFERENCE {
                m.check();
            }
        });
        model.make_and_flip();
        slot::update(&model.value, REFERENCE).unwrap();
        passer.join().unwrap();
        reader.join().unwrap();
    });
}

#[test]
fn an_inserted_key_is_seen_with_its_value() {
    loom::model(|| {
        let model = Model::new();
        let m = model.clone();
        let reader = loom::thread::spawn(move || {
            if m.fresh_key.load(Acquire) == REFERENCE {
                m.check();
                assert_eq!(m.fresh_value.load(Acquire), REFERENCE);
            }
        });
        model.make_and_flip();
        slot::insert_locked(&model.fresh_key, &model.fresh_value, REFERENCE, REFERENCE);
        reader.join().unwrap();
    });
}
