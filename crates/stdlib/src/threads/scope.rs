//! `threads.scope`: threads that end before the block that started them.
//!
//! A scope's user value is a table: the handles of its children, and under `failed` a box with the first error, of a
//! child or of the block. Whoever puts the box there cancels the children; the scope's end raises what is in it.

use super::class;
use super::handle::{take_scope_options, was_cancelled};
use luas_vm::native::{ALL, Payload, Result, Table};
use luas_vm::thread::Thread;
use luas_vm::thread_control::ThreadHandle;
use luas_vm::value::Val;
use parking_lot::Mutex;

const META: &str = "luas.scope";
const NAME: &str = "scope";

#[derive(Default)]
struct Scope(Mutex<Gate>);

#[derive(Default)]
struct Gate {
    /// All children have ended; no more may start.
    closed: bool,
    /// Starts between the check of `closed` and the entry in the list.
    starting: usize,
}

impl Payload for Scope {}

pub fn open(th: &Thread) -> Result<()> {
    class(th, META, NAME, &[("run", run as _)]).map(drop)
}

/// The children of the scope at argument 1.
fn children(th: &Thread) -> Result<Table<'_>> {
    th.check_userdata::<Scope>(1, NAME)?;
    match th.user_value(th.arg(1), 1).and_then(Val::as_table) {
        Some(t) => Ok(t),
        None => Err(th.error("scope without children")),
    }
}

/// scope(fn): calls `fn(s)`; returns its results when all children of `s` have ended.
pub fn scope(th: &mut Thread) -> Result<u32> {
    th.check_any(1)?;
    th.check_cancel()?;
    th.set_top(1);
    let meta = th.raw_get_str(th.registry(), META).as_table();
    let scope = th.new_userdata(Scope::default(), meta, 1)?;
    th.set_user_value(scope, 1, th.new_table(4, 1)?.into());
    th.push(scope);
    // The scope is argument 1 for the functions here; then come the function and its argument.
    th.insert(1);
    th.push(th.at(1));
    let ok = th.pcall(1, ALL)?;
    if !ok {
        fail(th, th.top() as i32)?;
    }
    wait_for_children(th)?;
    let failed = th.raw_get_str(children(th)?, "failed");
    if let Some(failed) = failed.as_table() {
        return Err(th.throw(th.raw_get_int(failed, 1)));
    }
    Ok(th.top() as u32 - 1)
}

/// Waits until every child has ended and closes the gate behind them.
fn wait_for_children(th: &mut Thread) -> Result<()> {
    let mut masked = false;
    let mut i = 1;
    loop {
        let child = th.raw_get_int(children(th)?, i);
        if let Some(h) = child.as_userdata::<ThreadHandle>() {
            let core = h.core().clone();
            match th.await_thread(&core, None, masked) {
                Ok(_) => i += 1,
                Err(e) if !masked => {
                    // This thread was asked to end, or is part of a deadlock: the children go first.
                    masked = true;
                    let e = th.error_value(e);
                    th.push(e);
                    fail(th, th.top() as i32)?;
                    th.pop(1);
                }
                Err(e) => return Err(e),
            }
            continue;
        }
        let more = {
            let list = children(th)?;
            let mut gate = th.check_userdata::<Scope>(1, NAME)?.0.lock();
            let more = gate.starting > 0 || !th.raw_get_int(list, i).is_nil();
            gate.closed = !more;
            more
        };
        if !more {
            return Ok(());
        }
        th.blocking(std::thread::yield_now);
    }
}

/// The error at stack index `error` is the scope's, if it is the first one: then all children are cancelled.
fn fail(th: &Thread, error: i32) -> Result<()> {
    let list = children(th)?;
    let first = th.new_table(1, 0)?;
    th.raw_set_int(first, 1, th.at(error))?;
    if th.raw_cas(list, th.atom(b"failed")?, Val::NIL, first.into())?.is_ok() {
        let mut i = 1;
        while cancel_child(th, th.raw_get_int(list, i)) {
            i += 1;
        }
    }
    Ok(())
}

fn cancel_child(th: &Thread, child: Val<'_>) -> bool {
    let Some(h) = child.as_userdata::<ThreadHandle>() else { return false };
    h.core().request_cancel(th, child, th.new_bytes(b"scope").unwrap_or(Val::NIL), false);
    true
}

/// s:run([opts,] fn, ...): starts a child. Of the options only `name` means something here.
fn run(th: &mut Thread) -> Result<u32> {
    children(th)?;
    let options = take_scope_options(th, child_body)?;
    {
        let mut gate = th.check_userdata::<Scope>(1, NAME)?.0.lock();
        if gate.closed {
            drop(gate);
            return Err(th.error("the scope has ended"));
        }
        gate.starting += 1;
    }
    let started = start(th, options);
    th.check_userdata::<Scope>(1, NAME)?.0.lock().starting -= 1;
    started?;
    Ok(1)
}

fn start(th: &mut Thread, options: luas_vm::thread_control::SpawnOptions) -> Result<()> {
    // The scope travels as first of the values; it stays here too.
    th.check_stack(1)?;
    let nargs = th.top() - 1;
    th.push(th.at(1));
    th.insert(2);
    th.spawn(nargs, options)?;
    let list = children(th)?;
    th.list_append(list, th.at(-1))?;
    if !th.raw_get_str(list, "failed").is_nil() {
        cancel_child(th, th.at(-1));
    }
    Ok(())
}

/// What a child runs: its arguments are the scope, the function and its arguments.
fn child_body(th: &mut Thread) -> Result<u32> {
    if th.pcall(th.top() - 2, ALL)? {
        return Ok(th.top() as u32 - 1);
    }
    let error = th.top() as i32;
    if !was_cancelled(th, th.at(error)) {
        fail(th, error)?;
    }
    Err(th.throw(th.at(error)))
}
