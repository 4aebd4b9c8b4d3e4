//! Mutexes of Lua programs.
//!
//! The word says who owns the mutex and whether anybody waits; taking a free one and giving it up with nobody waiting
//! is one exchange each. Waiters queue behind a lock of their own. Giving up wakes the first waiter, which competes
//! with whoever comes by (no forced switch at each turn); one that has lost twice is handed the mutex.
//!
//! M-1 The WAITERS bit is set and cleared under the queue's lock, and set whenever the queue is not empty; with the
//! bit set, giving up goes through that lock. So no waiter is forgotten.
//! M-2 What `session` and `abandoned` say belongs to the owner; the word's Release and Acquire carry it to the next.
//! M-3 A thread lists what it owns in its control record, and its end releases that, as abandoned.

use super::wait::{On, Ticket, Waked};
use crate::native::Result;
use crate::object::{Kind, LuaClosure};
use crate::sync::{AcqRel, Acquire, AtomicU32, AtomicU64, Relaxed, Release};
use crate::thread::Thread;
use crate::value::{Val, Value};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

/// In the word: somebody waits. The rest of the word is the owner's id.
const WAITERS: u64 = 1;
/// Cases of a claim.
const TRY_AGAIN: u32 = 0;
const HANDED_OVER: u32 = 1;
/// Lost turns after which a waiter is handed the mutex.
const PATIENCE: u32 = 2;
/// Looks at the word before queueing.
const SPINS: u32 = 40;

/// A mutex.
pub struct MutexCore {
    /// Owner's id times 2, plus WAITERS; owner 0 means free.
    word: AtomicU64,
    /// Counts the times it was taken; owner-written.
    session: AtomicU64,
    /// Its last owner ended without giving it up.
    abandoned: AtomicU32,
    queue: Mutex<VecDeque<Waiter>>,
    name: Box<[u8]>,
}

struct Waiter {
    ticket: Ticket,
    hand_over: bool,
}

/// A mutex was taken.
#[derive(Clone, Copy, Debug)]
pub struct Locked {
    /// Identifies this time among all times it was taken.
    pub session: u64,
    /// Its last owner ended without giving it up; told once.
    pub abandoned: bool,
}

/// What a thread knows of a mutex that it owns.
pub struct HeldMutex {
    core: Arc<MutexCore>,
    /// The function that took it and where (instruction offset), for the warning; nil when native. A root.
    pub(super) function: Value,
    offset: u32,
}

impl MutexCore {
    /// A free mutex.
    pub fn new(name: &[u8]) -> MutexCore {
        MutexCore {
            word: AtomicU64::new(0),
            session: AtomicU64::new(0),
            abandoned: AtomicU32::new(0),
            queue: Mutex::new(VecDeque::new()),
            name: name.into(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    pub(super) fn name_text(&self) -> String {
        String::from_utf8_lossy(&self.name).into_owned()
    }

    /// Id of the owner, 0 when free.
    pub fn owner(&self) -> u64 {
        self.word.load(Acquire) >> 1
    }

    fn try_take(&self, me: u64) -> bool {
        let w = self.word.load(Relaxed);
        // Acquire: pairs with the release of the one who gave it up (M-2).
        w >> 1 == 0 && self.word.compare_exchange(w, me << 1 | w & WAITERS, Acquire, Relaxed).is_ok()
    }

    /// Notes that the calling thread owns it now.
    fn taken(self: &Arc<Self>, th: &Thread) -> Locked {
        let session = self.session.get() + 1;
        self.session.set(session);
        let abandoned = self.abandoned.get() != 0;
        if abandoned {
            self.abandoned.set(0);
        }
        let (function, offset) = caller_site(th);
        th.rec().control.held.borrow_mut().push(HeldMutex { core: self.clone(), function, offset });
        Locked { session, abandoned }
    }

    /// Waits for the mutex and takes it; None when the deadline came first. Raises when the caller owns it, is asked
    /// to end, or would wait forever.
    pub fn lock(self: &Arc<Self>, th: &mut Thread, deadline: Option<Instant>) -> Result<Option<Locked>> {
        th.check_cancel()?;
        let me = th.core().id;
        if self.try_take(me) {
            return Ok(Some(self.taken(th)));
        }
        if self.owner() == me {
            return Err(th.error(format!("mutex '{}' is already locked by this thread", self.name_text())));
        }
        self.lock_slow(th, deadline, false)
    }

    /// Takes the mutex if it is free. Raises when the caller owns it.
    pub fn try_lock(self: &Arc<Self>, th: &Thread) -> Result<Option<Locked>> {
        let me = th.core().id;
        // A second look: the exchange also fails when only the WAITERS bit has changed.
        if self.try_take(me) || self.try_take(me) {
            return Ok(Some(self.taken(th)));
        }
        if self.owner() == me {
            return Err(th.error(format!("mutex '{}' is already locked by this thread", self.name_text())));
        }
        Ok(None)
    }

    #[cold]
    fn lock_slow(self: &Arc<Self>, th: &mut Thread, deadline: Option<Instant>, masked: bool) -> Result<Option<Locked>> {
        let me = th.core().id;
        let mut lost = 0;
        loop {
            for _ in 0..SPINS {
                if self.try_take(me) {
                    return Ok(Some(self.taken(th)));
                }
                std::hint::spin_loop();
            }
            let ticket = th.begin_wait();
            if !self.enqueue(me, &ticket, lost) {
                return Ok(Some(self.taken(th)));
            }
            match th.wait_masked(&ticket, deadline, On::Mutex(self.clone()), masked) {
                Waked::Case(HANDED_OVER) => {
                    debug_assert_eq!(self.owner(), me, "handed over");
                    return Ok(Some(self.taken(th)));
                }
                // Whoever is woken looks at the word again, so the wake-up is used even if the next wait gives up.
                Waked::Case(_) => lost += 1,
                other => {
                    self.forget(&ticket);
                    return match other {
                        Waked::Timeout => Ok(None),
                        other => Err(th.wake_error(other)),
                    };
                }
            }
        }
    }

    /// Queues unless the mutex is free: then takes it and returns false.
    fn enqueue(&self, me: u64, ticket: &Ticket, lost: u32) -> bool {
        let mut queue = self.queue.lock();
        loop {
            let w = self.word.load(Relaxed);
            if w >> 1 == 0 {
                if self.word.compare_exchange(w, me << 1 | w & WAITERS, Acquire, Relaxed).is_ok() {
                    return false;
                }
            } else if w & WAITERS != 0 || self.word.compare_exchange(w, w | WAITERS, AcqRel, Relaxed).is_ok() {
                break;
            }
        }
        let waiter = Waiter { ticket: ticket.clone(), hand_over: lost >= PATIENCE };
        if lost > 0 {
            queue.push_front(waiter);
        } else {
            queue.push_back(waiter);
        }
        true
    }

    /// Takes a withdrawn ticket out of the queue.
    fn forget(&self, ticket: &Ticket) {
        let mut queue = self.queue.lock();
        queue.retain(|w| !w.ticket.is(ticket));
        if queue.is_empty() {
            self.word.fetch_and(!WAITERS, Relaxed);
        }
    }

    /// Gives the mutex up; false when the caller does not own it.
    pub fn unlock(&self, th: &Thread) -> bool {
        let me = th.core().id;
        if self.word.load(Relaxed) >> 1 != me {
            return false;
        }
        let mut held = th.rec().control.held.borrow_mut();
        if let Some(i) = held.iter().rposition(|h| std::ptr::eq(&*h.core, self)) {
            held.remove(i);
        }
        drop(held);
        self.release(me);
        true
    }

    /// As `unlock`, when it is still the time it was taken that `session` says.
    pub fn unlock_session(&self, th: &Thread, session: u64) -> bool {
        self.owns(th, session) && self.unlock(th)
    }

    /// Whether the caller owns it, taken the time that `session` says.
    pub fn owns(&self, th: &Thread, session: u64) -> bool {
        self.word.load(Relaxed) >> 1 == th.core().id && self.session.get() == session
    }

    /// Gives it up for a wait on a condition; None when the caller does not own it. Take it back with `resume`.
    pub fn suspend(&self, th: &Thread) -> Option<u64> {
        let session = self.session.get();
        self.unlock(th).then_some(session)
    }

    /// Takes it back after `suspend`, without regard to cancels.
    pub fn resume(self: &Arc<Self>, th: &mut Thread, session: u64) -> Result<()> {
        let me = th.core().id;
        let locked = if self.try_take(me) { Some(self.taken(th)) } else { self.lock_slow(th, None, true)? };
        self.session.set(session);
        if locked.is_some_and(|l| l.abandoned) {
            self.abandoned.set(1);
        }
        Ok(())
    }

    fn release(&self, me: u64) {
        // Release: pairs with the acquire of the next owner.
        if self.word.compare_exchange(me << 1, 0, Release, Relaxed).is_err() {
            self.release_slow();
        }
    }

    #[cold]
    fn release_slow(&self) {
        let mut woken = None;
        {
            let mut queue = self.queue.lock();
            let mut word = 0;
            while let Some(w) = queue.pop_front() {
                if w.hand_over {
                    if w.ticket.reserve() {
                        word = w.ticket.thread_id() << 1;
                        woken = Some((w.ticket, HANDED_OVER));
                        break;
                    }
                } else if w.ticket.claim(TRY_AGAIN) {
                    woken = Some((w.ticket, TRY_AGAIN));
                    break;
                }
            }
            if !queue.is_empty() {
                word |= WAITERS;
            }
            // With WAITERS set and an owner, only this lock's holder changes the word (M-1).
            self.word.store(word, Release);
            if let Some((ticket, HANDED_OVER)) = &woken {
                ticket.decide(HANDED_OVER);
            }
        }
        if let Some((ticket, _)) = woken {
            ticket.wake();
        }
    }
}

/// The Lua function that called the running native one, and where it is.
fn caller_site(th: &Thread) -> (Value, u32) {
    let rec = th.rec();
    let Some(frame) = super::frames(rec).nth(1) else { return (Value::NIL, 0) };
    if frame.flags & crate::coroutine::CALL_NATIVE != 0 {
        return (Value::NIL, 0);
    }
    // SAFETY: a Lua frame's function lies one slot below its base, in the running stack.
    let function = unsafe { *rec.stack.get().add(frame.base as usize - 1) };
    let Some(closure) = function.as_kind::<LuaClosure>(Kind::LuaClosure) else { return (Value::NIL, 0) };
    // SAFETY: the closure is live (it is running), and its frame's pc points into its code.
    let offset = unsafe { frame.pc.offset_from((*(*closure).proto).code) };
    (function, offset as u32)
}

impl Thread {
    /// Gives up, as abandoned, what the ending thread still owns (M-3).
    pub(super) fn abandon_mutexes(&mut self) {
        loop {
            let Some(held) = self.rec().control.held.borrow_mut().pop() else { return };
            let site = self.site_text(&held);
            let text = format!(
                "luas: warning: thread '{}' abandoned mutex '{}'{site}\n",
                self.core().name_text(),
                held.core.name_text()
            );
            // Released first: a slow reader of the message must not keep the others waiting.
            held.core.abandoned.set(1);
            held.core.release(self.core().id);
            self.blocking(|| crate::ffi::stdio::write_stderr(text.as_bytes()));
        }
    }

    fn site_text(&self, held: &HeldMutex) -> String {
        let Some(closure) = held.function.as_kind::<LuaClosure>(Kind::LuaClosure) else { return String::new() };
        // SAFETY: the function was a root while it lay in the list, and no safepoint came since.
        let line = unsafe {
            let info = (*(*closure).proto).info;
            let lines = &(*info).function.lines;
            lines.get((held.offset as usize).wrapping_sub(1)).copied().unwrap_or(0)
        };
        let info = self.function_info(Val::new(held.function), b"S");
        format!(", locked at {}:{line}", String::from_utf8_lossy(&info.short_src))
    }
}
