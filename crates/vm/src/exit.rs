//! The end of the process while threads may be running.
//!
//! Promises: memory is never freed under a running thread: finalizers and destructors run only when every other
//! thread has unwound; else the standard streams are flushed and the process ends where it is. Of several threads
//! that ask, the first one ends the process with its status; the others wait for that, PARKED.
//! Leaves to others: closing the state ([`Thread::close_state`]), reporting the error of a script.

use crate::ffi::stdio::flush_free_standard_streams;
use crate::sync::{AcqRel, Acquire, AtomicU32, threaded};
use crate::thread::Thread;
use crate::thread_control::roster::{ALL_BLOCKED, Edge, Graph, MAIN};
use crate::thread_control::{On, Status};
use crate::value::{Val, Value};
use std::convert::Infallible;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long a waiting thread sleeps before it looks around: for an interrupt, and whether it has waited enough.
const NAP: Duration = Duration::from_millis(100);
/// How long cancelled threads have to unwind: a second, in naps. On a machine that is short of processors, or that
/// stood still, each nap leaves the others a turn; a point in time may pass before anyone has had one.
const GRACE: u32 = 10;
/// How long flushing may take when another thread holds a stream: a few naps.
const FLUSH_LIMIT: u32 = 3;

/// [`AT_ONCE`] or [`CLOSING`] once a thread has asked for the end of the process.
static ENDING: AtomicU32 = AtomicU32::new(0);
const AT_ONCE: u32 = 1;
/// The state is to be closed, if all threads unwind.
const CLOSING: u32 = 2;

enum Waited {
    Gone,
    Enough,
    Deadlock,
    Interrupted,
}

/// Ends the process with this status: `os.exit`. The first caller wins. With `close`, all other threads are cancelled
/// and the state is closed, if they unwind within a second.
pub fn exit(th: &mut Thread, code: i32, close: bool) -> ! {
    if threaded() {
        let how = if close { CLOSING } else { AT_ONCE };
        if ENDING.compare_exchange(0, how, AcqRel, Acquire).is_err() {
            stay(th);
        }
        th.roster().close();
        let mut alone = alone(th);
        if close && !alone {
            cancel_others(th, "exit");
            alone = matches!(wait_for_others(th, true, Some(GRACE)), Waited::Gone);
        }
        if !alone {
            leave(th, code);
        }
    }
    if close {
        th.close_state();
    }
    // SAFETY: no other thread runs Lua, so what `exit` runs and frees is used by nobody.
    unsafe { libc::exit(code) }
}

/// The end of the main thread's script: waits for all threads that are not daemons, then cancels the daemons and gives
/// them a second; after a failed script (or Ctrl-C, or when nobody can go on) cancels all at once. Returns the status
/// of the process when every thread has unwound and the state may be closed; else ends the process.
pub fn finish_main(th: &mut Thread, script_failed: bool) -> i32 {
    if !threaded() {
        return script_failed as i32;
    }
    match ENDING.load(Acquire) {
        0 => {}
        how => {
            if how == CLOSING {
                // As any other thread at its end: who closes the state cannot do it.
                th.finish_finalizers();
            }
            stay(th)
        }
    }
    th.core().complete(if script_failed { Status::Error } else { Status::Done });
    let mut failed = script_failed;
    if !failed {
        let trouble = match wait_for_others(th, false, None) {
            Waited::Gone | Waited::Enough => None,
            Waited::Deadlock => Some(ALL_BLOCKED),
            Waited::Interrupted => Some("interrupted!"),
        };
        if let Some(text) = trouble {
            failed = true;
            let line = format!("luas: {text}\n");
            th.blocking(|| crate::ffi::stdio::write_stderr(line.as_bytes()));
        }
    }
    th.roster().close();
    let mut gone = alone(th);
    if !gone {
        cancel_others(th, "main");
        gone = matches!(wait_for_others(th, true, Some(GRACE)), Waited::Gone);
    }
    let status = (failed || th.roster().unseen_errors() > 0) as i32;
    if !gone {
        if ENDING.compare_exchange(0, AT_ONCE, AcqRel, Acquire).is_err() {
            stay(th);
        }
        leave(th, status);
    }
    if ENDING.load(Acquire) != 0 {
        stay(th);
    }
    status
}

fn alone(th: &Thread) -> bool {
    let id = th.core().id();
    th.roster().ask(|g| !g.others(id, true))
}

/// Waits until no other thread (no other but daemons, unless `daemons`) is left, for so many naps.
fn wait_for_others(th: &mut Thread, daemons: bool, mut naps: Option<u32>) -> Waited {
    let core = th.core().clone();
    let roster = th.roster().clone();
    let is_main = core.id() == MAIN;
    let forever = naps.is_none();
    let gone = |g: &Graph| !g.others(core.id(), daemons);
    if forever && roster.block(core.id(), Edge { on: On::End, seq: 0, masked: true }).is_err() {
        return Waited::Deadlock;
    }
    let mut until = Instant::now() + NAP;
    let result = loop {
        if th.blocking(|| roster.watch(Some(until), gone)) {
            break Waited::Gone;
        }
        if core.is_deadlocked() {
            break Waited::Deadlock;
        }
        if is_main && th.rec().take_interrupt() {
            break Waited::Interrupted;
        }
        if until <= Instant::now() {
            if let Some(left) = &mut naps {
                *left -= 1;
                if *left == 0 {
                    break Waited::Enough;
                }
            }
            until = Instant::now() + NAP;
        }
    };
    if forever {
        roster.unblock(&core);
    }
    result
}

/// Asks all other threads to end, at their next poll or blocking call.
fn cancel_others(th: &Thread, reason: &str) {
    let reason = th.new_bytes(reason.as_bytes()).unwrap_or(Val::NIL);
    let id = th.core().id();
    for core in th.roster().live() {
        let handle = Value(core.handle_word());
        if core.id() != id && !handle.is_nil() {
            core.request_cancel(th, Val::new(handle), reason, true);
        }
    }
}

/// Waits for the end of the process, which another thread brings about.
fn stay(th: &mut Thread) -> ! {
    let core = th.core().clone();
    let roster = th.roster().clone();
    core.set_away();
    roster.notify();
    match th.blocking(|| -> Infallible {
        loop {
            std::thread::park();
        }
    }) {}
}

/// Ends the process under running threads: flushes what can be flushed, runs no destructors.
fn leave(th: &mut Thread, code: i32) -> ! {
    th.blocking(|| {
        // What the program has printed is not lost for want of a thread or of time.
        flush_free_standard_streams();
        // A thread that reads holds its stream's lock, for as long as nothing comes. So the flush of all has a thread
        // of its own, and a limit.
        let (done, wait) = channel();
        let flusher = std::thread::Builder::new().spawn(move || {
            // SAFETY: null means all streams; the C library locks each.
            unsafe { libc::fflush(std::ptr::null_mut()) };
            let _ = done.send(());
        });
        if flusher.is_ok() {
            for _ in 0..FLUSH_LIMIT {
                if wait.recv_timeout(NAP) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
        }
    });
    // SAFETY: ends the process at once.
    unsafe { libc::_exit(code) }
}
