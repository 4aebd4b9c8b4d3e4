//! Machines and threads whose objects the tests make by hand.

use super::Torture;
use crate::machine::{Machine, free_thread_record, new_thread_record};
use crate::thread::Record;
use std::ops::Deref;
use std::ptr::NonNull;

/// A record in its machine's world, RUNNING on the calling OS thread, until dropped.
pub struct Host {
    rec: NonNull<Record>,
    /// The first thread's host: it drops the machine.
    first: bool,
}

/// A record for another OS thread, PARKED.
pub struct Guest(NonNull<Record>);

// SAFETY: nobody runs on the record; the thread that gets it becomes its owner.
unsafe impl Send for Guest {}

fn torment(mut rec: NonNull<Record>, torture: Torture) {
    // SAFETY: nobody uses the record yet.
    let rec = unsafe { rec.as_mut() };
    rec.heap.torture = torture;
    rec.poll.set(rec.heap.initial_poll());
}

impl Host {
    /// A new machine and its first thread.
    pub fn start(torture: Torture) -> Host {
        let rec = Machine::start().unwrap();
        torment(rec, torture);
        Host { rec, first: true }
    }

    /// Another thread of the machine.
    pub fn invite(&self, torture: Torture) -> Guest {
        let rec = new_thread_record(self).unwrap();
        torment(rec, torture);
        Guest(rec)
    }
}

impl Guest {
    /// Begins to run on the calling OS thread.
    pub fn enter(self) -> Host {
        let host = Host { rec: self.0, first: false };
        host.leave_parked();
        host
    }
}

impl Deref for Host {
    type Target = Record;
    fn deref(&self) -> &Record {
        // SAFETY: the record lives until the drop below.
        unsafe { self.rec.as_ref() }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Others of the machine would wait for this thread for ever.
            if crate::sync::threaded() && self.machine().world.thread_count() > 1 {
                std::process::abort();
            }
            return;
        }
        self.queue_all_finalizers(self.first);
        while self.take_pending_finalizer().is_some() {}
        let machine = self.machine;
        // SAFETY: this is the record's thread; the first one ends last.
        unsafe {
            free_thread_record(self.rec);
            if self.first {
                drop(Box::from_raw(machine.as_ptr()));
            }
        }
    }
}
