//! The world: the threads of one machine, and bringing them to a halt.
//!
//! Promises: [`Record::stop_the_world`] runs its work while every other thread of the machine is PARKED or STOPPED, so
//! that their heaps, stacks and records may be read and written; the handshake itself is [`crate::handshake`].
//! Leaves to others: creating and ending threads ([`crate::thread_control`]), the work under a stop ([`crate::heap`]).

use crate::handshake::{self, Handshake, Seat};
use crate::sync::{AtomicU32, AtomicUsize, Relaxed};
use crate::thread::{POLL_INTERRUPT, POLL_STOP, Record, STATE_PARKED, STATE_RUNNING, STATE_STOPPED};
use std::marker::PhantomData;

const _: () = assert!(
    POLL_STOP == handshake::POLL_STOP
        && STATE_RUNNING == handshake::RUNNING
        && STATE_PARKED == handshake::PARKED
        && STATE_STOPPED == handshake::STOPPED
);

impl Seat for Record {
    #[inline(always)]
    fn poll(&self) -> &AtomicU32 {
        &self.poll
    }
    #[inline(always)]
    fn state(&self) -> &AtomicU32 {
        &self.state
    }
}

/// The threads of a machine.
pub struct World {
    handshake: Handshake<Record>,
    /// Address of the record that joined first, 0 when it has left. It runs the finalizers of shared objects (I-33).
    /// Written by `add_thread` of that record, by itself at its end, and by who closes the state.
    main: AtomicUsize,
}

/// The proof that every other thread of the machine is stopped.
pub struct Stopped<'a> {
    records: &'a [*const Record],
    not_send: PhantomData<*const ()>,
}

impl Stopped<'_> {
    /// All threads of the machine, the stopper too.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        // SAFETY: listed records are alive (see `World::add_thread`), and the list cannot change under a stop (S-1).
        self.records.iter().map(|r| unsafe { &**r })
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A world without threads.
    pub fn new() -> World {
        World { handshake: Handshake::new(), main: AtomicUsize::new(0) }
    }

    /// Enters a thread, which is PARKED until it calls [`Record::leave_parked`]; any thread may do this for it. The
    /// first one is the main thread. False when there is no memory.
    /// # Safety
    /// The record is complete, of this machine, and lives until [`World::remove_thread`].
    #[must_use]
    pub unsafe fn add_thread(&self, rec: *const Record) -> bool {
        // SAFETY: caller.
        let added = unsafe { self.handshake.join(rec) };
        self.handshake.with_seats(|seats| {
            if added && seats.len() == 1 {
                self.main.store(rec as usize, Relaxed);
            }
        });
        added
    }

    /// Takes a thread out of the world: called by itself as its last act, or by the thread that made it if it never
    /// ran; after [`Record::retire_heap`] (I-30).
    pub fn remove_thread(&self, rec: &Record) {
        if self.main.get() == std::ptr::from_ref(rec) as usize {
            self.main.store(0, Relaxed);
        }
        // Nothing of the world is touched after this: the machine may end with its last thread.
        self.handshake.leave(rec);
    }

    /// Whether this is the thread that runs finalizers of shared objects: the main one, or any when it has gone.
    pub(crate) fn runs_shared_finalizers(&self, rec: &Record) -> bool {
        let main = self.main.get();
        main == 0 || main == std::ptr::from_ref(rec) as usize
    }

    /// Makes this thread the one that runs finalizers of shared objects. Called by the last one that runs.
    pub(crate) fn run_shared_finalizers_on(&self, rec: &Record) {
        self.main.store(std::ptr::from_ref(rec) as usize, Relaxed);
    }

    /// How many threads the machine has.
    pub fn thread_count(&self) -> usize {
        self.handshake.with_seats(<[_]>::len)
    }
}

impl Record {
    /// From here to [`Record::leave_parked`] this thread touches no heap and counts as stopped. It leaves its frames
    /// anchored: `ci`, `top` and the frames' pc are current.
    #[inline]
    pub fn enter_parked(&self) {
        self.sync_coroutine();
        self.machine().world.handshake.park(self);
    }

    /// Ends [`Record::enter_parked`]; waits while a stop is on.
    #[inline]
    pub fn leave_parked(&self) {
        self.machine().world.handshake.unpark(self);
    }

    /// Runs `work` while every other thread of the machine is stopped. None when another thread was stopping already:
    /// this one has rested until the end of it, and its work counts. No lock of the machine may be held.
    pub fn stop_the_world<R>(&self, work: impl FnOnce(&Stopped<'_>) -> R) -> Option<R> {
        self.sync_coroutine();
        self.machine().world.handshake.stop_others(self, |records| work(&Stopped { records, not_send: PhantomData }))
    }

    /// Rests at a safepoint while a stop is on.
    pub(crate) fn rest(&self) {
        self.sync_coroutine();
        self.machine().world.handshake.rest(self);
    }

    /// Sets bits of `poll`; any thread may.
    #[inline]
    pub fn raise_poll(&self, bits: u32) {
        if crate::sync::threaded() {
            // AcqRel: whoever takes the bits sees why they were set.
            self.poll.fetch_or(bits, crate::sync::AcqRel);
        } else {
            self.poll.set(self.poll.get() | bits);
            self.keep_interrupt();
        }
    }

    /// Clears bits of `poll`; the owner only.
    #[inline]
    pub fn clear_poll(&self, bits: u32) {
        if bits & POLL_INTERRUPT != 0 {
            crate::ffi::signal::set_taken();
        }
        if crate::sync::threaded() {
            self.poll.fetch_and(!bits, crate::sync::AcqRel);
        } else {
            self.poll.set(self.poll.get() & !bits);
            self.keep_interrupt();
        }
    }
}
