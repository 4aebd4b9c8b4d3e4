//! The machine: what all threads of one Lua universe have in common, and how threads' records come and go.

use crate::heap::{GlobalHeap, Heap};
use crate::metamethod::{EVENT_COUNT, EVENT_NAMES};
use crate::native::NativeFn;
use crate::object::{Kind, NativeClosure, Table};
use crate::stop::World;
use crate::string::AtomTable;
use crate::sync::{AtomicU32, AtomicU64};
use crate::table;
use crate::thread::{Record, STATE_PARKED, Thread};
use crate::thread_control::loading::Loading;
use crate::thread_control::roster::Roster;
use crate::value::Value;
use rapidhash::v3::RapidSecrets;
use std::cell::{Cell, UnsafeCell};
use std::hash::{BuildHasher, Hasher};
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// How many types have a metatable of their own ([`crate::value::Type`] numbers).
pub const TYPE_COUNT: usize = 10;

/// One Lua universe. Lives in a Box, never moves.
pub struct Machine {
    /// Threads and the stop handshake.
    pub world: World,
    /// The dead heap, memory that is free for any thread, counters.
    pub heap: GlobalHeap,
    /// The atoms.
    pub atoms: AtomTable,
    /// Seed of string hashes (I-18).
    pub secrets: RapidSecrets,
    /// The globals; set once before any code runs. A root.
    pub globals: Cell<*mut Table>,
    /// The registry; likewise.
    pub registry: Cell<*mut Table>,
    /// Metatables of basic types: address or 0. Written with Release, read with Acquire. Roots.
    pub type_meta: [AtomicU64; TYPE_COUNT],
    /// Atoms of the metamethod names, in the order of [`crate::metamethod::Event`]. Roots; written once.
    pub event_names: [AtomicU64; EVENT_COUNT],
    /// Atoms of the strings of one byte, 0 until one is wanted. Roots. Written with Release, read with Acquire.
    pub byte_strings: [AtomicU64; 256],
    /// The native functions `next` and the iterator of `ipairs`: generic loops know them. Roots; written once.
    pub next_function: AtomicU64,
    /// See `next_function`.
    pub ipairs_function: AtomicU64,
    /// The function `select`, known to VARARG.
    pub select_function: AtomicU64,
    /// The atom "not enough memory". A root; written once.
    pub memory_message: AtomicU64,
    /// warn() is on.
    pub warnings: AtomicU32,
    /// The live threads, as the thread library knows them.
    pub threads: Arc<Roster>,
    /// The modules that threads are loading.
    pub loading: Loading,
}

// SAFETY: the Cells are written before a second thread exists and only read afterwards; everything else is atomic or
// behind a Lock.
unsafe impl Sync for Machine {}
// SAFETY: as above.
unsafe impl Send for Machine {}

fn random_seed() -> u64 {
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}

impl Machine {
    /// A machine without threads and objects.
    pub fn new() -> Box<Machine> {
        Box::new(Machine {
            world: World::new(),
            heap: GlobalHeap::new(),
            atoms: AtomTable::new(),
            secrets: RapidSecrets::seed(random_seed()),
            globals: Cell::new(ptr::null_mut()),
            registry: Cell::new(ptr::null_mut()),
            type_meta: [const { AtomicU64::new(0) }; TYPE_COUNT],
            event_names: [const { AtomicU64::new(0) }; EVENT_COUNT],
            byte_strings: [const { AtomicU64::new(0) }; 256],
            next_function: AtomicU64::new(0),
            ipairs_function: AtomicU64::new(0),
            select_function: AtomicU64::new(0),
            memory_message: AtomicU64::new(0),
            warnings: AtomicU32::new(0),
            threads: Arc::new(Roster::default()),
            loading: Loading::new(),
        })
    }

    /// Starts a machine: the record of its first thread, RUNNING on the calling OS thread, with empty globals and
    /// registry. None when there is no memory.
    pub fn start() -> Option<NonNull<Record>> {
        let machine = NonNull::from(Box::leak(Machine::new()));
        let rec = new_record(machine)?;
        // SAFETY: just made; nobody else knows it.
        let r = unsafe { rec.as_ref() };
        r.leave_parked();
        let m = r.machine();
        for (name, word) in EVENT_NAMES.iter().zip(&m.event_names) {
            word.set(r.atom(name.as_bytes())?.0);
        }
        m.memory_message.set(r.atom(b"not enough memory")?.0);
        m.globals.set(table::new_table(r, 0, 0)?);
        m.registry.set(table::new_table(r, 0, 0)?);
        make_main_coroutine(r)?;
        m.next_function.set(known_function(r, "next", crate::control::next)?.0);
        m.ipairs_function.set(known_function(r, "ipairs_aux", crate::control::ipairs_step)?.0);
        m.select_function.set(known_function(r, "select", crate::control::select)?.0);
        Some(rec)
    }
}

fn known_function(rec: &Record, name: &'static str, f: NativeFn) -> Option<Value> {
    let c = rec.alloc(Kind::NativeClosure, std::mem::size_of::<NativeClosure>(), 0)?.cast::<NativeClosure>();
    // SAFETY: fresh memory.
    unsafe {
        (*c).function = f;
        (*c).entry = crate::interpreter::native_entry(f);
        (*c).name = name;
    }
    rec.publish_object(c.cast());
    Some(Value::object(c.cast()))
}

fn make_main_coroutine(rec: &Record) -> Option<()> {
    let co = crate::control::new_coroutine(rec, Value::NIL)?;
    // SAFETY: fresh; this thread runs it from now on.
    unsafe {
        (*co).top.set(1);
        (*co).status.set(crate::coroutine::RUNNING);
        rec.main_coroutine.set(co);
        rec.load_coroutine(co);
    }
    Some(())
}

/// A record in the world of `machine`, PARKED and without coroutine.
fn new_record(machine: NonNull<Machine>) -> Option<NonNull<Record>> {
    let heap = Heap::new();
    let poll = heap.initial_poll();
    let rec = Box::new(Record {
        poll: AtomicU32::new(poll),
        state: AtomicU32::new(STATE_PARKED),
        ci: Cell::new(ptr::null_mut()),
        ci_last: Cell::new(ptr::null_mut()),
        stack: Cell::new(ptr::null_mut()),
        stack_limit: Cell::new(ptr::null_mut()),
        top: Cell::new(ptr::null_mut()),
        hook_mask: Cell::new(0),
        nil: Cell::new(Value::NIL),
        dispatch: UnsafeCell::new(*crate::interpreter::table_for(0)),
        loop_state: Cell::new((ptr::null(), ptr::null_mut(), ptr::null())),
        heap,
        coroutine: Cell::new(ptr::null_mut()),
        main_coroutine: Cell::new(ptr::null_mut()),
        error_value: Cell::new(Value::NIL),
        error_handled: Cell::new(false),
        pending_flow: Cell::new(0),
        run_depth: Cell::new(0),
        handles: UnsafeCell::new(Vec::new()),
        machine,
        control: crate::thread_control::Control::new(),
        in_finalizer: Cell::new(false),
        closing: Cell::new(false),
        compiler: Cell::default(),
        handler_depth: Cell::new(0),
    });
    let rec = NonNull::from(Box::leak(rec));
    // SAFETY: complete; it leaves the world in `free_thread_record`.
    unsafe {
        if !machine.as_ref().world.add_thread(rec.as_ptr()) {
            drop(Box::from_raw(rec.as_ptr()));
            return None;
        }
    }
    Some(rec)
}

/// A record for a thread that is about to start, PARKED, with its own heap and first coroutine; None when there is no
/// memory. Its OS thread calls `leave_parked` first and [`free_thread_record`] last.
pub fn new_thread_record(parent: &Record) -> Option<NonNull<Record>> {
    let rec = new_record(parent.machine)?;
    // SAFETY: nobody runs on the record yet, and a stop waits for the parent, which is RUNNING.
    let r = unsafe { rec.as_ref() };
    if make_main_coroutine(r).is_none() {
        // SAFETY: as above.
        unsafe { free_thread_record(rec) };
        return None;
    }
    Some(rec)
}

/// Takes a record out of the world and frees it; its shared objects go to the dead heap.
/// # Safety
/// Nothing runs on the record any more, and the caller is its thread or the one that made it.
pub unsafe fn free_thread_record(rec: NonNull<Record>) {
    // SAFETY: caller.
    unsafe {
        let r = rec.as_ref();
        // Other threads may know a coroutine that ends here: it keeps no register, for local objects die now.
        let mut co = r.coroutine.get();
        while !co.is_null() {
            let resumer = (*co).resumer.replace(ptr::null_mut());
            (*co).clear_frames();
            (*co).tbc_len.set(0);
            // Release: whoever sees it dead sees it empty.
            (*co).status.store(crate::coroutine::DEAD, crate::sync::Release);
            co = resumer;
        }
        r.coroutine.set(ptr::null_mut());
        r.main_coroutine.set(ptr::null_mut());
        r.retire_heap();
        r.machine().world.remove_thread(r);
        drop(Box::from_raw(rec.as_ptr()));
    }
}

impl Thread {
    /// Runs the finalizers of this thread's own objects, at its end.
    pub fn finish_finalizers(&mut self) {
        let rec = self.rec();
        for _ in 0..10 {
            rec.queue_all_finalizers(false);
            if !rec.has_pending_finalizers() {
                break;
            }
            crate::interpreter::call::run_finalizers(rec);
        }
    }

    /// Closes the state at the end of the program: runs all finalizers that are left, those of shared objects too, and
    /// drops what natives own. The caller is the last thread.
    pub fn close_state(&mut self) {
        let rec = self.rec();
        crate::control::close_main(rec);
        // The main thread may be waiting for the end of the process (`os.exit` in another one).
        rec.machine().world.run_shared_finalizers_on(rec);
        // Once: what finalizers create now is not finalized any more, as in PUC Lua. One of them may come here again
        // (`os.exit`) and then runs those that are left.
        if !rec.closing.replace(true) {
            rec.queue_all_finalizers(true);
        }
        rec.in_finalizer.set(false);
        crate::interpreter::call::run_finalizers(rec);
        crate::ffi::stdio::flush_stdout();
    }
}
