//! The stop handshake: one thread brings all others to a halt, works, and lets them go (I-27, I-30).
//!
//! Each thread has a seat with two words: `state`, written by its thread only, and `poll`, into which a stopper sets
//! a bit so that the thread comes to [`Handshake::rest`] at its next safepoint. The handshake has one word, `stop`,
//! written under the lock of the seat list.
//!
//! ```text
//!  PARKED --unpark--> RUNNING --park--> PARKED
//!                     RUNNING --rest, unpark or stop while another stop is on--> STOPPED --end of it--> RUNNING
//! ```
//!
//! Invariants:
//!
//! - S-1 Work under a stop begins only when every seat but the stopper's is not RUNNING, and nobody becomes RUNNING
//!   before `stop` is 0 again: whoever leaves PARKED or STOPPED looks at `stop` afterwards (see Note D) or under the
//!   lock, which the stopper holds.
//! - S-2 There is one stop at a time; who comes second rests instead, and the first one's work counts for both.
//! - S-3 No wake-up is lost: a state that a stopper may wait for is followed by a look at `stop`, and if it is on, under
//!   the lock, by a look at all seats: who finds that nobody runs any more wakes the stopper. The last one does.
//! - S-4 A seat joins as PARKED and leaves when its heap is empty, both under the lock, which the stopper holds while it
//!   works and gives up while it waits; so both may happen at any moment, and neither waits for the end of a stop that
//!   could wait for the caller.
//!
//! Note D (Dekker): a thread writes `state` and then reads `stop`; a stopper writes `stop` and then reads `state`. Both
//! put a SeqCst fence between the two, so at least one sees the other's write. Release and acquire alone would allow
//! that both read the old word.
//!
//! While no second thread has ever started all of this is plain loads and stores (contract 10).
//! Leaves to others: what is done under a stop ([`crate::heap`]), who is in the list ([`crate::stop`]).

use crate::sync::{AcqRel, Acquire, AtomicU32, Gate, Inside, Monitor, Relaxed, Release, SeqCst, fence, threaded};

/// In Lua: touches its heap.
pub const RUNNING: u32 = 0;
/// Outside Lua: counts as stopped.
pub const PARKED: u32 = 1;
/// Waits for the end of a stop.
pub const STOPPED: u32 = 2;
/// The bit of a seat's `poll` by which a stopper asks its thread to rest.
pub const POLL_STOP: u32 = 2;

/// A thread's two words.
pub trait Seat {
    /// Why the thread's next safepoint takes the slow way.
    fn poll(&self) -> &AtomicU32;
    /// RUNNING, PARKED or STOPPED.
    fn state(&self) -> &AtomicU32;
}

/// The seats, and whether a stop is on.
pub struct Handshake<S: Seat> {
    /// 1 while a stop is on. Written under the lock of `seats`; read by everybody.
    stop: AtomicU32,
    seats: Monitor<Seats<S>>,
    /// Where STOPPED threads wait for the end of a stop.
    ended: Gate,
}

struct Seats<S: Seat> {
    list: Vec<*const S>,
    /// Whose stop is on; null when none is.
    stopper: *const S,
}

impl<S: Seat> Seats<S> {
    /// Whether a thread runs that the stopper has to wait for.
    fn running(&self) -> impl Iterator<Item = &S> {
        // SAFETY: listed seats are alive.
        let seats = self.list.iter().filter(|s| !std::ptr::eq(**s, self.stopper)).map(|s| unsafe { &**s });
        // Acquire: pairs with the release stores of PARKED and STOPPED; the thread's heap is visible.
        seats.filter(|s| s.state().load(Acquire) == RUNNING)
    }
}

// SAFETY: the pointers are to seats, whose two words are atomics; their owners keep them alive while they are listed.
unsafe impl<S: Seat> Send for Handshake<S> {}
// SAFETY: as above; the list is behind its lock.
unsafe impl<S: Seat> Sync for Handshake<S> {}

impl<S: Seat> Default for Handshake<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Seat> Handshake<S> {
    /// No seats, no stop.
    pub fn new() -> Self {
        let seats = Seats { list: Vec::new(), stopper: std::ptr::null() };
        Self { stop: AtomicU32::new(0), seats: Monitor::new(seats), ended: Gate::new() }
    }

    /// Enters a seat, which becomes PARKED; its thread calls [`Handshake::unpark`] before it touches anything. False
    /// when there is no memory for the list.
    /// # Safety
    /// The seat lives until it has left.
    pub unsafe fn join(&self, seat: *const S) -> bool {
        let mut seats = self.seats.lock();
        if seats.list.try_reserve(1).is_err() {
            return false;
        }
        // SAFETY: caller; its thread does not run yet, so nobody else writes its state.
        unsafe { (*seat).state().store(PARKED, Relaxed) };
        seats.list.push(seat);
        true
    }

    /// Takes a seat out for good. Called by its thread as its last act, or before it ever ran (S-4).
    pub fn leave(&self, seat: &S) {
        let mut seats = self.seats.lock();
        seats.list.retain(|s| !std::ptr::eq(*s, seat));
        seat.state().store(PARKED, Relaxed);
        arrived(&seats);
    }

    /// Counts the calling thread as stopped until [`Handshake::unpark`]. Until then it touches no heap.
    #[inline]
    pub fn park(&self, seat: &S) {
        debug_assert_eq!(seat.state().get(), RUNNING, "parked twice");
        // Release: what this thread wrote is visible to a stopper who reads the state.
        seat.state().store(PARKED, Release);
        if threaded() {
            fence(SeqCst); // Note D
            if self.stop.load(Relaxed) != 0 {
                // The lock orders this after the stopper's look at our state, or before it.
                arrived(&self.seats.lock());
            }
        }
    }

    /// Ends [`Handshake::park`]; waits while a stop is on.
    #[inline]
    pub fn unpark(&self, seat: &S) {
        debug_assert_eq!(seat.state().get(), PARKED, "not parked");
        seat.state().store(RUNNING, Relaxed);
        if threaded() {
            fence(SeqCst); // Note D
            // Acquire: pairs with the release store of 0 at the end of a stop; what was done under it is visible.
            if self.stop.load(Acquire) != 0 {
                self.wait_for_end(seat);
            }
        }
    }

    /// At a safepoint with [`POLL_STOP`] set: rests while a stop is on, and clears the bit.
    pub fn rest(&self, seat: &S) {
        if !threaded() {
            // Nobody has ever set the bit.
            return;
        }
        loop {
            self.wait_for_end(seat);
            seat.poll().fetch_and(!POLL_STOP, AcqRel);
            // The bit may have been that of the next stop. Who sets it has written `stop` before, which the AcqRel makes
            // visible here. Acquire: as in `unpark`.
            if self.stop.load(Acquire) == 0 {
                return;
            }
        }
    }

    /// Stops all other threads, calls `work` with the list of seats, and lets them go. None when another stop was on:
    /// the caller has rested until its end (S-2). `seat` is the calling thread's, RUNNING.
    pub fn stop_others<R>(&self, seat: &S, work: impl FnOnce(&[*const S]) -> R) -> Option<R> {
        let mut seats = self.seats.lock();
        if !threaded() {
            return Some(work(&seats.list));
        }
        if self.stop.load(Relaxed) != 0 {
            drop(seats);
            self.wait_for_end(seat);
            return None;
        }
        self.stop.store(1, Relaxed);
        seats.stopper = seat;
        let mut on = On { handshake: self, seats };
        fence(SeqCst); // Note D
        while on.ask_running() {
            on.seats.wait();
        }
        // The lock stays held: nobody joins, leaves or becomes RUNNING (S-1).
        Some(work(&on.seats.list))
    }

    /// Whether a stop is on.
    pub fn is_stopping(&self) -> bool {
        self.stop.load(Relaxed) != 0
    }

    /// Calls `f` with the list of seats, under its lock; they may be running.
    pub fn with_seats<R>(&self, f: impl FnOnce(&[*const S]) -> R) -> R {
        f(&self.seats.lock().list)
    }

    /// Rests while a stop is on; RUNNING afterwards.
    fn wait_for_end(&self, seat: &S) {
        // Acquire, here and below: as in `unpark`.
        loop {
            {
                let seats = self.seats.lock();
                if self.stop.load(Acquire) == 0 {
                    return seat.state().store(RUNNING, Relaxed);
                }
                seat.state().store(STOPPED, Release);
                arrived(&seats);
            }
            self.ended.wait(|| self.stop.load(Acquire) == 0);
            seat.state().store(RUNNING, Relaxed);
            fence(SeqCst); // Note D
            if self.stop.load(Acquire) == 0 {
                return;
            }
        }
    }
}

/// A thread that a stopper may wait for does not run any more: the last one wakes it (S-3).
fn arrived<S: Seat>(seats: &Inside<'_, Seats<S>>) {
    if !seats.stopper.is_null() && seats.running().next().is_none() {
        seats.notify();
    }
}

/// A stop that is on; dropping it ends the stop, also when the work panics.
struct On<'a, S: Seat> {
    handshake: &'a Handshake<S>,
    seats: Inside<'a, Seats<S>>,
}

impl<S: Seat> On<'_, S> {
    /// Asks each other thread that runs to rest; whether there was one.
    fn ask_running(&self) -> bool {
        let mut running = false;
        for s in self.seats.running() {
            s.poll().fetch_or(POLL_STOP, AcqRel);
            running = true;
        }
        running
    }
}

impl<S: Seat> Drop for On<'_, S> {
    fn drop(&mut self) {
        self.seats.stopper = std::ptr::null();
        // Release: pairs with the acquire loads in `unpark` and `wait_for_end`.
        self.handshake.stop.store(0, Release);
        self.handshake.ended.notify_all();
    }
}
