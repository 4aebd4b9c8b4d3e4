//! Ctrl-C: an interrupt of the main thread.
//!
//! The handler only sets a bit of the poll word (I-31); the error is raised at the thread's next safepoint.

use crate::sync::{AtomicU64, Relaxed, SeqCst};
use crate::thread::{POLL_INTERRUPT, Thread};

/// Address of the poll word of the thread that interrupts go to, 0 for none.
static TARGET: AtomicU64 = AtomicU64::new(0);

extern "C" fn on_interrupt(_signal: libc::c_int) {
    let p = TARGET.load(Relaxed);
    if p != 0 {
        // A second Ctrl-C before the first is handled ends the process the default way.
        // SAFETY: resetting a handler is allowed in one; the record outlives its time as target.
        unsafe {
            libc::signal(libc::SIGINT, libc::SIG_DFL);
            (*(p as *const crate::sync::AtomicU32)).fetch_or(POLL_INTERRUPT, SeqCst);
        }
    }
}

/// From now on Ctrl-C interrupts this thread's Lua code, once.
pub fn catch_interrupt(th: &Thread) {
    TARGET.store(std::ptr::from_ref(&th.rec().poll) as u64, Relaxed);
    let handler: extern "C" fn(libc::c_int) = on_interrupt;
    // SAFETY: a handler that only touches atomics.
    unsafe { libc::signal(libc::SIGINT, handler as libc::sighandler_t) };
}

/// Ctrl-C ends the process again.
pub fn release_interrupt() {
    TARGET.store(0, Relaxed);
    // SAFETY: the default action.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) };
}

/// Whether standard input is a terminal.
pub fn stdin_is_terminal() -> bool {
    // SAFETY: asks about a descriptor.
    unsafe { libc::isatty(0) == 1 }
}
