//! Waiting: how one thread sleeps until another decides what it gets.
//!
//! A wait is a [`Ticket`]. Its owner puts copies of it into the queues of whatever it waits for (one channel, several
//! in a select, a mutex, the end of a thread) and calls [`Thread::wait`]. Whoever can serve it *claims* a copy; of all
//! claims, and the owner's own giving up at a deadline or a cancel, exactly one succeeds. So an operation either
//! happened or did not, whatever else comes at the same moment.
//!
//! ```text
//!  WAITING --claim--> DECIDED          the claimer says which case it is
//!          --reserve--> BUSY --decide--> DECIDED    as claim, with something to store in between
//!          --withdraw--> WITHDRAWN     deadline, cancel, deadlock: the owner alone does this
//! ```
//!
//! W-1 The word carries the number of the wait, so a copy left over from an earlier wait claims nothing.
//! W-2 The word is changed before the token is set, and the token is set under the lock that the owner sleeps with: a
//! wake-up is never lost. A token too many only makes the owner look again.
//! W-3 A value handed over lies in the inbox, a root of the receiving thread, from before DECIDED until it is taken.
//! W-4 Nobody meets a safepoint between `reserve` and `decide`, or while holding the lock of a queue.

use super::mutex::MutexCore;
use super::{ThreadCore, roster::Edge};
use crate::native::Error;
use crate::sync::{AcqRel, Acquire, Release};
use crate::thread::{POLL_INTERRUPT, Thread};
use crate::value::{Held, Val, Value};
use std::sync::Arc;
use std::time::{Duration, Instant};

const WAITING: u32 = 1;
const BUSY: u32 = 2;
const WITHDRAWN: u32 = 3;
/// Phases from here on: decided; the rest is the case.
const DECIDED: u32 = 16;
/// How often a waiter looks at its word before it sleeps: about two microseconds, the price of going to sleep.
const SPINS: u32 = 100;
/// How often the main thread looks for an interrupt while it sleeps: a signal handler cannot wake it.
const INTERRUPT_CHECK: Duration = Duration::from_millis(100);

/// One wait of one thread; copies of it lie in the queues of what it waits for.
#[derive(Clone)]
pub struct Ticket {
    core: Arc<ThreadCore>,
    seq: u32,
}

/// What a thread waits for, as the deadlock check sees it.
#[derive(Clone)]
pub enum On {
    /// Something that any thread may do: a send, a receive, a signal.
    Anyone,
    /// The end of this thread.
    Thread(Arc<ThreadCore>),
    /// This mutex.
    Mutex(Arc<MutexCore>),
    /// The end of a load, by the thread with this id.
    Load {
        /// Its id.
        loader: u64,
        /// Name of the module, for messages.
        module: Box<[u8]>,
    },
    /// The end of all threads that are not daemons (the main thread, when its script has ended).
    End,
}

/// How a wait ended.
#[must_use]
#[derive(Debug)]
pub enum Waked {
    /// Somebody claimed the ticket with this case.
    Case(u32),
    /// The deadline passed; nobody can claim the ticket any more. So too for the following.
    Timeout,
    /// The thread was asked to end.
    Cancelled,
    /// Nobody could ever have claimed it; why.
    Deadlock(String),
    /// Ctrl-C, on the main thread.
    Interrupted,
}

fn word(seq: u32, phase: u32) -> u64 {
    (seq as u64) << 32 | phase as u64
}

impl Ticket {
    fn step(&self, from: u32, to: u32) -> bool {
        // AcqRel: who claims sees what the owner did before it queued, and the owner sees what the claimer did.
        self.core.wait.compare_exchange(word(self.seq, from), word(self.seq, to), AcqRel, Acquire).is_ok()
    }

    /// Decides the wait, as case `case` (below 2^32 - 16). False when it is decided already. Then call
    /// [`Ticket::wake`], after releasing locks.
    #[must_use]
    pub fn claim(&self, case: u32) -> bool {
        self.step(WAITING, DECIDED + case)
    }

    /// First half of a claim: the owner waits for [`Ticket::decide`], which must follow at once (W-4).
    #[must_use]
    pub fn reserve(&self) -> bool {
        self.step(WAITING, BUSY)
    }

    /// Second half of a claim.
    pub fn decide(&self, case: u32) {
        // Release: pairs with the acquire in `phase`.
        self.core.wait.store(word(self.seq, DECIDED + case), Release);
    }

    /// Claims, and hands over `item`; gives it back when the wait is decided already. `item` was stored with a shared
    /// owner, or the two threads are one.
    pub fn deliver(&self, case: u32, item: Held) -> Result<(), Held> {
        if !self.reserve() {
            return Err(item);
        }
        self.core.inbox.0.store(item.0.get(), Release);
        self.decide(case);
        Ok(())
    }

    /// Wakes the owner after a claim.
    pub fn wake(&self) {
        self.core.unpark();
    }

    /// Whether both are of the same wait.
    pub fn is(&self, other: &Ticket) -> bool {
        self.seq == other.seq && Arc::ptr_eq(&self.core, &other.core)
    }

    /// Id of the waiting thread.
    pub fn thread_id(&self) -> u64 {
        self.core.id
    }

    fn withdraw(&self) -> bool {
        self.step(WAITING, WITHDRAWN)
    }

    fn phase(&self) -> u32 {
        let w = self.core.wait.load(Acquire);
        debug_assert_eq!((w >> 32) as u32, self.seq, "W-1: a thread has one wait at a time");
        w as u32
    }
}

impl ThreadCore {
    /// Number of the current wait, and whether it is still undecided.
    pub(super) fn undecided(&self, seq: u32) -> bool {
        self.wait.load(Acquire) == word(seq, WAITING)
    }

    /// Makes the thread look at its wait again.
    pub(crate) fn unpark(&self) {
        let mut token = self.token.lock();
        *token = true;
        self.wake.notify_one();
    }

    /// Sleeps until `unpark` or the deadline. Caller: the thread itself, PARKED.
    fn park(&self, until: Option<Instant>) {
        let mut token = self.token.lock();
        while !*token {
            match until {
                None => self.wake.wait(&mut token),
                Some(t) => {
                    if self.wake.wait_until(&mut token, t).timed_out() {
                        break;
                    }
                }
            }
        }
        *token = false;
    }
}

impl Thread {
    /// Starts a wait. Its ticket goes into queues; then comes [`Thread::wait`], or nothing at all.
    pub fn begin_wait(&self) -> Ticket {
        let core = self.core().clone();
        let seq = ((core.wait.get() >> 32) as u32).wrapping_add(1);
        // Release: who reads the ticket from a queue sees it through the queue's lock anyway.
        core.wait.store(word(seq, WAITING), Release);
        Ticket { core, seq }
    }

    /// Sleeps, PARKED, until the ticket is claimed, or `deadline`, or a cancel. After anything but a case the caller
    /// takes its ticket out of the queues, and raises [`Thread::wake_error`] unless it was the deadline.
    pub fn wait(&mut self, ticket: &Ticket, deadline: Option<Instant>, on: On) -> Waked {
        self.wait_masked(ticket, deadline, on, false)
    }

    /// As `wait`; with `masked`, without regard to cancels and interrupts.
    pub(super) fn wait_masked(
        &mut self,
        ticket: &Ticket,
        deadline: Option<Instant>,
        on: On,
        mut masked: bool,
    ) -> Waked {
        let core = ticket.core.clone();
        if deadline.is_none_or(|t| t > Instant::now()) {
            for _ in 0..SPINS {
                if ticket.phase() != WAITING {
                    break;
                }
                std::hint::spin_loop();
            }
        }
        let forever = deadline.is_none() && ticket.phase() == WAITING;
        if forever {
            let edge = Edge { on: on.clone(), seq: ticket.seq, masked };
            if let Err(why) = self.roster().block(core.id, edge)
                && ticket.withdraw()
            {
                return Waked::Deadlock(why);
            }
        }
        let result = loop {
            match ticket.phase() {
                WAITING => {}
                BUSY => {
                    // The claimer is between two stores (W-4).
                    std::thread::yield_now();
                    continue;
                }
                p => break Waked::Case(p - DECIDED),
            }
            let mut cancelled = !masked && core.cancel_requested();
            if cancelled && self.cancel_masked() {
                // The deadlock check took the request for the end of this wait: now it knows better.
                (cancelled, masked) = (false, true);
                if forever {
                    let edge = Edge { on: on.clone(), seq: ticket.seq, masked };
                    if let Err(why) = self.roster().block(core.id, edge)
                        && ticket.withdraw()
                    {
                        return Waked::Deadlock(why);
                    }
                }
            }
            let give_up = if cancelled {
                Some(Waked::Cancelled)
            } else if core.is_deadlocked() {
                Some(Waked::Deadlock(super::roster::ALL_BLOCKED.into()))
            } else if !masked && core.is_main() && self.rec().poll.get() & POLL_INTERRUPT != 0 {
                Some(Waked::Interrupted)
            } else if deadline.is_some_and(|t| t <= Instant::now()) {
                Some(Waked::Timeout)
            } else {
                None
            };
            if let Some(why) = give_up {
                if ticket.withdraw() {
                    break why;
                }
                continue;
            }
            let mut until = deadline;
            if core.is_main() {
                let check = Instant::now() + INTERRUPT_CHECK;
                until = Some(until.map_or(check, |t| t.min(check)));
            }
            self.blocking(|| core.park(until));
        };
        if forever {
            self.roster().unblock(&core);
        }
        result
    }

    /// The value that came with the claim ([`Ticket::deliver`]); taken once.
    pub fn take_delivery(&self) -> Val<'_> {
        let core = self.core();
        let v = Value(core.inbox.0.load(Acquire));
        core.inbox.0.store(Value::NIL.0, Release);
        Val::new(v)
    }

    /// The error to raise after a wait that ended so.
    pub fn wake_error(&mut self, waked: Waked) -> Error {
        match waked {
            Waked::Cancelled => self.cancel_error(),
            Waked::Deadlock(why) => self.error(why),
            Waked::Interrupted => match self.safepoint() {
                Err(e) => e,
                Ok(()) => self.error("interrupted!"),
            },
            Waked::Timeout => self.error("timeout"),
            Waked::Case(_) => self.error("woken"),
        }
    }
}
