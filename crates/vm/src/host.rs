//! A machine and its first thread, owned by a program in Rust.

use crate::error;
use crate::machine::Machine;
use crate::thread::{Record, Thread};
use crate::value::Val;
use std::ptr::NonNull;

/// Owns a machine. Neither Send nor Sync.
pub struct Host {
    thread: Thread,
    record: NonNull<Record>,
}

impl Host {
    /// A machine with empty globals; None when there is no memory.
    pub fn new() -> Option<Host> {
        let record = Machine::start()?;
        // SAFETY: the record of the calling OS thread, just started.
        let thread = unsafe { Thread::from_record(record.as_ptr()) };
        Some(Host { thread, record })
    }

    /// The thread's handle.
    pub fn thread(&mut self) -> &mut Thread {
        &mut self.thread
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let rec = self.record;
        // SAFETY: the record lives until the end of this function.
        let machine = unsafe { rec.as_ref() }.machine;
        // SAFETY: as above.
        if unsafe { machine.as_ref() }.world.thread_count() > 1 {
            // Other threads still run on the machine: it stays (memory is never freed under a running thread).
            return;
        }
        self.thread.close_state();
        // SAFETY: nothing runs on the record any more; it was the machine's last thread.
        unsafe {
            crate::machine::free_thread_record(rec);
            drop(Box::from_raw(machine.as_ptr()));
        }
    }
}

/// The text of an error value that left a program.
pub fn describe_error(th: &Thread, v: Val<'_>) -> Vec<u8> {
    error::describe(th.rec(), v.0)
}
