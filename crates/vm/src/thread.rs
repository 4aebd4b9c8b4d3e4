//! One OS thread's record, and the handle through which native code sees it.
//!
//! Promises: an owner of heap objects is a [`Record`], passed explicitly, never an OS thread id (contract 11). Fields
//! that other threads touch are atomics and say who writes them; everything else belongs to the owner alone.
//! Leaves to others: memory ([`crate::heap`]), stopping ([`crate::stop`]), running code ([`crate::interpreter`]).

use crate::coroutine::{CallInfo, Coroutine};
use crate::heap::Heap;
use crate::interpreter::forms::HANDLER_COUNT;
use crate::machine::Machine;
use crate::object::Table;
use crate::sync::AtomicU32;
use crate::value::Value;
use luas_compiler::Compiler;
use std::cell::{Cell, UnsafeCell};
use std::ptr::NonNull;

/// Bits of [`Record::poll`]: why the next safepoint takes the slow way.
pub const POLL_COLLECT: u32 = 1;
/// Another thread wants the world stopped.
pub const POLL_STOP: u32 = 2;
/// Finalizers wait.
pub const POLL_FINALIZERS: u32 = 4;
/// Interrupt from outside (Ctrl-C): raises "interrupted!".
pub const POLL_INTERRUPT: u32 = 8;
/// Torture mode: look at every safepoint.
pub const POLL_TORTURE: u32 = 16;

/// States of a thread for the stop handshake (I-27).
///
/// ```text
///  PARKED --leave--> RUNNING --blocking--> PARKED
///                    RUNNING --safepoint while a stop is on--> STOPPED --released--> RUNNING
/// ```
pub const STATE_RUNNING: u32 = 0;
/// Outside Lua: counts as stopped.
pub const STATE_PARKED: u32 = 1;
/// At a safepoint, waiting for the end of a stop.
pub const STATE_STOPPED: u32 = 2;

/// A handler of one instruction (see [`crate::interpreter`]).
pub type Handler =
    unsafe extern "C" fn(pc: *const u32, base: *mut Value, ins: u64, th: *const Record, k: *const Value) -> u64;

/// Everything a thread has. Lives in a Box of the machine, never moves.
///
/// The first fields are what handlers use; the dispatch table is reached with one index from the record. Aligned so that
/// no line of it is another thread's too (processors fetch lines by twos).
#[repr(C, align(128))]
pub struct Record {
    /// `POLL_*` bits. Set by the owner and by any thread that wants it to stop; cleared by the owner.
    pub poll: AtomicU32,
    /// STATE_*. Written by the owner; read by whoever stops the world.
    pub state: AtomicU32,
    /// Current frame.
    pub ci: Cell<*mut CallInfo>,
    /// Last usable frame of the current coroutine's array.
    pub ci_last: Cell<*mut CallInfo>,
    /// First slot of the current stack.
    pub stack: Cell<*mut Value>,
    /// First slot that a frame may not reach (the end less a reserve for errors and metamethods).
    pub stack_limit: Cell<*mut Value>,
    /// First free slot: of native frames always, of Lua frames after an open instruction.
    pub top: Cell<*mut Value>,
    /// The events that the running coroutine's hook wants now, as [`crate::hook`] has them.
    pub hook_mask: Cell<u32>,
    /// nil, always.
    pub nil: Cell<Value>,
    /// The dispatch table: that of [`crate::interpreter::table_for`] the mask.
    pub dispatch: UnsafeCell<[Handler; HANDLER_COUNT]>,
    /// Registers of the loop expansion between two instructions (unused with tail calls).
    pub loop_state: Cell<(*const u32, *mut Value, *const Value)>,
    /// Allocation.
    pub heap: Heap,
    /// Running coroutine.
    pub coroutine: Cell<*mut Coroutine>,
    /// The thread's first coroutine.
    pub main_coroutine: Cell<*mut Coroutine>,
    /// The raised error's value (contract 16); nil when none.
    pub error_value: Cell<Value>,
    /// The message handler has already seen the raised error.
    pub error_handled: Cell<bool>,
    /// What a native function that switched frames wants the interpreter to do.
    pub pending_flow: Cell<u64>,
    /// How many native runs of the interpreter are nested.
    pub run_depth: Cell<u32>,
    /// Values that native code holds beyond a safepoint: roots.
    pub handles: UnsafeCell<Vec<Value>>,
    /// The machine.
    pub machine: NonNull<Machine>,
    /// What the thread library keeps of this thread (cancel requests, its handle); see [`crate::thread_control`].
    pub control: crate::thread_control::Control,
    /// Whether finalizers are being run (they are not nested).
    pub in_finalizer: Cell<bool>,
    /// The state is being closed by this thread, the last one: objects made now are not finalized.
    pub closing: Cell<bool>,
    /// What compiles this thread's chunks; taken while it does.
    pub compiler: Cell<Compiler>,
    /// Message handler nesting, for "error in error handling".
    pub handler_depth: Cell<u32>,
}

impl Record {
    /// The machine.
    #[inline(always)]
    pub fn machine(&self) -> &Machine {
        // SAFETY: a machine outlives the records in its list.
        unsafe { self.machine.as_ref() }
    }
    /// The globals.
    pub fn globals(&self) -> *mut Table {
        self.machine().globals.get()
    }
}

/// The handle of the current OS thread's record: what native functions get.
///
/// It is neither Send nor Sync. `&Thread` allows reading and allocating, `&mut Thread` also what may reach a
/// safepoint (contract 8).
#[repr(transparent)]
pub struct Thread(NonNull<Record>);

impl Thread {
    /// # Safety
    /// `rec` is the record of the calling OS thread, and no other handle that borrows values is in use.
    #[inline(always)]
    pub unsafe fn from_record(rec: *const Record) -> Thread {
        // SAFETY: records are never null.
        Thread(unsafe { NonNull::new_unchecked(rec.cast_mut()) })
    }
    /// The record.
    #[inline(always)]
    pub fn rec(&self) -> &Record {
        // SAFETY: the record lives as long as the thread runs.
        unsafe { self.0.as_ref() }
    }
}
