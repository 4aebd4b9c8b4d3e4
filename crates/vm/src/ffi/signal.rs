//! Ctrl-C: an interrupt of the thread that asks for it.
//!
//! The handler sets a word of its own, PENDING, and then the bit of the thread's poll word that brings it to the slow
//! way of its next safepoint, where the error is raised.
//!
//! Why no interrupt is lost, without read-modify-writes while the program has one thread (contract 10): the handler
//! interrupts that very thread, perhaps between the load and the store of a plain change of the poll word, and then the
//! store wipes out the bit. So whoever changes the word plainly looks at PENDING afterwards ([`Record::raise_poll`],
//! [`Record::clear_poll`], which end in [`Record::keep_interrupt`]): the handler has run before that look as a whole, or not at all, because it runs on the same
//! processor as a call in the middle of the program would; a compiler fence keeps the compiler from moving the look.
//! If it runs after the look, no store of that change is left to wipe it out. Once threads exist the handler may run
//! on any of them, and all changes are atomic.
//! PENDING is cleared before the bit when an interrupt is taken, so a bit without PENDING is at most one spurious look.
//! A second Ctrl-C meanwhile cannot come through here: the handler resets itself to the default action, which ends the
//! process.

use crate::sync::{AtomicU32, AtomicUsize, SeqCst, compiler_fence};
use crate::thread::{POLL_INTERRUPT, Record, Thread};

/// Address of the record that interrupts go to, 0 for none. Written by that thread, read by the handler.
static TARGET: AtomicUsize = AtomicUsize::new(0);

/// 1 from the handler until the target has taken the interrupt. It belongs to the target of the moment.
static PENDING: AtomicU32 = AtomicU32::new(0);

extern "C" fn on_interrupt(_signal: libc::c_int) {
    set_action(libc::SIG_DFL);
    let target = TARGET.get();
    if target != 0 {
        PENDING.set(1);
        compiler_fence(SeqCst);
        // SAFETY: a record is target only while it lives (`catch_interrupt`), and only its atomics are touched.
        unsafe { (*(target as *const Record)).raise_poll(POLL_INTERRUPT) };
    }
}

fn set_action(action: libc::sighandler_t) {
    // SAFETY: zeros are a valid structure: no flags, so that calls that wait are interrupted, and an empty mask. The
    // action is the default one or a handler that only touches atomics.
    unsafe {
        let mut how: libc::sigaction = core::mem::zeroed();
        how.sa_sigaction = action;
        libc::sigaction(libc::SIGINT, &how, core::ptr::null_mut());
    }
}

/// From now on Ctrl-C interrupts this thread's Lua code, once. Its caller outlives no `release_interrupt`.
pub fn catch_interrupt(th: &Thread) {
    TARGET.set(std::ptr::from_ref(th.rec()) as usize);
    let handler: extern "C" fn(libc::c_int) = on_interrupt;
    set_action(handler as libc::sighandler_t);
}

/// Ctrl-C ends the process again. An interrupt that is still pending stays so, for the next call into Lua.
pub fn release_interrupt() {
    set_action(libc::SIG_DFL);
    TARGET.set(0);
}

/// Drops an interrupt that is still pending.
pub fn forget_interrupt(th: &Thread) {
    th.rec().take_interrupt();
}

impl Record {
    /// Sets the bit again that a plain change of the poll word may have wiped out; called after each such change.
    #[inline]
    pub(crate) fn keep_interrupt(&self) {
        // The look comes after the change, for the compiler too.
        compiler_fence(SeqCst);
        if PENDING.get() != 0 && TARGET.get() == std::ptr::from_ref(self) as usize {
            self.poll.set(self.poll.get() | POLL_INTERRUPT);
        }
    }

    /// Takes a pending interrupt, if there is one; whether there was. By the thread that interrupts go to.
    pub(crate) fn take_interrupt(&self) -> bool {
        let pending = self.poll.get() & POLL_INTERRUPT != 0;
        if pending {
            self.clear_poll(POLL_INTERRUPT);
        }
        pending
    }
}

/// The interrupt is being taken: no longer pending. Called before the bit is cleared.
pub(crate) fn set_taken() {
    PENDING.set(0);
    compiler_fence(SeqCst);
}

/// Whether standard input is a terminal.
pub fn stdin_is_terminal() -> bool {
    // SAFETY: asks about a descriptor.
    unsafe { libc::isatty(0) == 1 }
}

/// Whether standard output is a terminal.
pub fn stdout_is_terminal() -> bool {
    // SAFETY: as above.
    unsafe { libc::isatty(1) == 1 }
}
