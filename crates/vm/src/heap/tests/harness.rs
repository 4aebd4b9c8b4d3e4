//! A machine and records without an interpreter.

use super::*;
use std::cell::{Cell, UnsafeCell};
use std::ops::Deref;
use std::ptr::NonNull;

pub fn machine() -> Box<Machine> {
    Box::new(Machine {
        world: crate::stop::World::new(),
        heap: super::super::GlobalHeap::new(),
        atoms: crate::string::AtomTable::new(),
        secrets: rapidhash::v3::RapidSecrets::seed(1),
        globals: Cell::new(std::ptr::null_mut()),
        registry: Cell::new(std::ptr::null_mut()),
        type_meta: std::array::from_fn(|_| sync::AtomicU64::new(0)),
        event_names: std::array::from_fn(|_| sync::AtomicU64::new(0)),
        next_function: sync::AtomicU64::new(Value::NIL.0),
        ipairs_function: sync::AtomicU64::new(Value::NIL.0),
        memory_message: sync::AtomicU64::new(Value::NIL.0),
        main_thread: Cell::new(std::ptr::null()),
        warnings: sync::AtomicU32::new(0),
    })
}

unsafe extern "C" fn no_handler(
    _: *const u32,
    _: *mut Value,
    _: u64,
    _: *const Record,
    _: *const Value,
) -> u64 {
    0
}

pub fn record(m: &Machine, torture: Torture) -> Box<Record> {
    let heap = Heap::with_torture(torture);
    Box::new(Record {
        poll: sync::AtomicU32::new(heap.initial_poll()),
        state: sync::AtomicU32::new(crate::thread::STATE_PARKED),
        ci: Cell::new(std::ptr::null_mut()),
        ci_last: Cell::new(std::ptr::null_mut()),
        stack: Cell::new(std::ptr::null_mut()),
        stack_limit: Cell::new(std::ptr::null_mut()),
        top: Cell::new(std::ptr::null_mut()),
        dispatch: [no_handler; luas_compiler::bytecode::OPCODE_COUNT],
        loop_state: Cell::new((std::ptr::null(), std::ptr::null_mut(), std::ptr::null())),
        heap,
        coroutine: Cell::new(std::ptr::null_mut()),
        main_coroutine: Cell::new(std::ptr::null_mut()),
        error_value: Cell::new(Value::NIL),
        error_handled: Cell::new(false),
        run_depth: Cell::new(0),
        pending_flow: Cell::new(0),
        handles: UnsafeCell::new(Vec::new()),
        machine: NonNull::from(m),
        control: crate::thread_control::Control,
        in_finalizer: Cell::new(false),
        handler_depth: Cell::new(0),
    })
}

/// A record in its machine's world, RUNNING, until dropped.
pub struct Host(Box<Record>);

impl Host {
    pub fn enter(rec: Box<Record>) -> Host {
        // SAFETY: the record lives until the drop below.
        assert!(unsafe { rec.machine().world.add_thread(&*rec) });
        rec.leave_parked();
        for (name, word) in EVENT_NAMES.iter().zip(&rec.machine().event_names) {
            if word.get() == 0 {
                word.set(rec.atom(name.as_bytes()).unwrap().0);
            }
        }
        Host(rec)
    }
}

impl Deref for Host {
    type Target = Record;
    fn deref(&self) -> &Record {
        &self.0
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        self.queue_all_finalizers(false);
        while self.take_pending_finalizer().is_some() {}
        self.retire_heap();
        self.machine().world.remove_thread(self);
    }
}
