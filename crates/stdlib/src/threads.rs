//! `threads`: real threads for Lua programs.
//!
//! Same globals, same upvalues, same heap in every thread. Rules of the whole library: expected failures return
//! `nil, "reason"`, misuse raises; times are seconds, absent means forever and 0 means now; every call that may block
//! raises the cancel error when its thread was asked to end, before it does anything; guards are `<close>` values.
//!
//! Leaves to others: the life of threads, waiting, deadlock checks ([`luas_vm::thread_control`]); the end of the
//! process ([`luas_vm::exit`]). The memory model is in the book, chapter threads.

mod atomic;
mod channel;
mod handle;
mod mutex;
mod scope;
mod select;

use luas_vm::native::{NativeFn, Result, Table};
use luas_vm::thread::Thread;
use luas_vm::thread_control::{On, Waked};
use luas_vm::value::Val;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Registry key of the library's table.
const LIBRARY: &str = "luas.threads";
/// Longer timeouts (some 30 years) count as forever.
const FOREVER: f64 = 1e9;

/// Opens the library: global `threads`, also in `package.loaded`.
pub fn open(th: &mut Thread) -> Result<()> {
    clock_start();
    let th = &*th;
    let lib = th.new_table(0, 24)?;
    th.register(
        lib,
        &[
            ("run", handle::run),
            ("self", this),
            ("list", list),
            ("cpus", cpus),
            ("sleep", sleep),
            ("yield", give_way),
            ("check", check),
            ("clock", clock),
            ("locals", locals),
            ("iscancel", is_cancel),
            ("onerror", handle::report),
            ("mutex", mutex::new),
            ("condition", mutex::new_condition),
            ("channel", channel::new),
            ("select", select::select),
            ("scope", scope::scope),
        ],
    )?;
    th.raw_set_str(lib, "atomic", atomic::table(th)?.into())?;
    handle::open(th)?;
    mutex::open(th)?;
    channel::open(th)?;
    scope::open(th)?;
    th.raw_set_str(th.registry(), LIBRARY, lib.into())?;
    crate::publish_library(th, "threads", lib)
}

/// Makes the metatable of a type: its methods, its name in messages, its place in the registry.
fn class<'t>(th: &'t Thread, key: &str, name: &str, methods: &[(&'static str, NativeFn)]) -> Result<Table<'t>> {
    let meta = th.new_table(0, 6)?;
    let index = th.new_table(0, methods.len())?;
    th.register(index, methods)?;
    th.raw_set_str(meta, "__index", index.into())?;
    th.raw_set_str(meta, "__name", th.new_bytes(name.as_bytes())?)?;
    th.raw_set_str(th.registry(), key, meta.into())?;
    Ok(meta)
}

/// Sets `t[name]` to a native function whose upvalue is `upvalue`.
fn set_closure(th: &Thread, t: Table<'_>, name: &'static str, f: NativeFn, upvalue: Val<'_>) -> Result<()> {
    th.push(upvalue);
    let f = th.new_native(name, f, 1)?;
    th.raw_set_str(t, name, f)
}

/// The deadline that a timeout argument sets; None for forever.
fn deadline(th: &Thread, n: usize) -> Result<Option<Instant>> {
    if th.arg(n).is_nil() {
        return Ok(None);
    }
    let seconds = th.check_number(n)?;
    if seconds.is_nan() {
        return Err(th.arg_error(n, "time is not a number"));
    }
    Ok(after(seconds))
}

/// The instant so many seconds from now; None for never.
fn after(seconds: f64) -> Option<Instant> {
    if seconds > FOREVER {
        return None;
    }
    let now = Instant::now();
    if seconds > 0.0 { now.checked_add(Duration::from_secs_f64(seconds)) } else { Some(now) }
}

/// `nil, "reason"`
fn fail(th: &Thread, reason: &str) -> Result<u32> {
    th.push_nil();
    th.push_bytes(reason.as_bytes())?;
    Ok(2)
}

fn clock_start() -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now)
}

/// clock(): seconds since the library was opened, as a float that never goes back.
fn clock(th: &mut Thread) -> Result<u32> {
    th.ret_float(clock_start().elapsed().as_secs_f64())
}

/// self()
fn this(th: &mut Thread) -> Result<u32> {
    th.ret(th.current_thread()?)
}

/// list(): handles of the threads that live, oldest first.
fn list(th: &mut Thread) -> Result<u32> {
    let handles = th.live_threads()?;
    let t = th.new_table(handles.len(), 0)?;
    for (i, h) in handles.into_iter().enumerate() {
        th.raw_set_int(t, i as i64 + 1, h)?;
    }
    th.ret(t.into())
}

/// cpus(): cores that this process may use, at least 1.
fn cpus(th: &mut Thread) -> Result<u32> {
    th.ret_int(std::thread::available_parallelism().map_or(1, |n| n.get() as i64))
}

/// sleep([seconds])
fn sleep(th: &mut Thread) -> Result<u32> {
    let deadline = deadline(th, 1)?;
    th.check_cancel()?;
    let ticket = th.begin_wait();
    match th.wait(&ticket, deadline, On::Anyone) {
        Waked::Timeout | Waked::Case(_) => Ok(0),
        other => Err(th.wake_error(other)),
    }
}

/// yield(): gives up the core.
fn give_way(th: &mut Thread) -> Result<u32> {
    th.blocking(std::thread::yield_now);
    Ok(0)
}

/// check(): raises the cancel error if this thread was asked to end.
fn check(th: &mut Thread) -> Result<u32> {
    th.check_cancel()?;
    Ok(0)
}

/// locals(): this thread's private table.
fn locals(th: &mut Thread) -> Result<u32> {
    th.ret(th.thread_locals()?.into())
}

/// iscancel(e)
fn is_cancel(th: &mut Thread) -> Result<u32> {
    let v = th.check_any(1)?;
    th.ret_bool(th.is_cancel_error(v))
}
