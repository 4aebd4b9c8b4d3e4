//! `threads.mutex`, its guards, and `threads.condition`.
//!
//! A guard is a userdata with two user values: the mutex, and the number of the time it was locked, so that an old
//! guard never gives up a later lock.

use super::{class, deadline, fail, set_closure};
use luas_vm::native::{ALL, Payload, Result};
use luas_vm::thread::Thread;
use luas_vm::thread_control::mutex::{Locked, MutexCore};
use luas_vm::thread_control::{On, Ticket, Waked};
use luas_vm::value::Val;
use parking_lot::Mutex as Lock;
use std::collections::VecDeque;
use std::sync::Arc;

const META: &str = "luas.mutex";
const GUARD_META: &str = "luas.guard";
const CONDITION_META: &str = "luas.condition";
const NAME: &str = "mutex";
const GUARD_NAME: &str = "mutex guard";
const CONDITION_NAME: &str = "condition";

struct Mutex(Arc<MutexCore>);
impl Payload for Mutex {}

struct Guard;
impl Payload for Guard {}

struct Condition {
    mutex: Arc<MutexCore>,
    waiters: Arc<Lock<VecDeque<Ticket>>>,
}
impl Payload for Condition {}

pub fn open(th: &Thread) -> Result<()> {
    let guard = class(th, GUARD_META, GUARD_NAME, &[("unlock", guard_unlock)])?;
    th.register(guard, &[("__close", guard_close)])?;
    let meta = class(th, META, NAME, &[("unlock", unlock), ("with", with), ("name", name)])?;
    if let Some(index) = th.raw_get_str(meta, "__index").as_table() {
        set_closure(th, index, "lock", lock, guard.into())?;
        set_closure(th, index, "trylock", try_lock, guard.into())?;
    }
    th.register(meta, &[("__tostring", tostring)])?;
    let methods = &[("wait", wait as _), ("signal", signal as _), ("broadcast", broadcast as _)];
    class(th, CONDITION_META, CONDITION_NAME, methods)?;
    Ok(())
}

/// mutex([name])
pub fn new(th: &mut Thread) -> Result<u32> {
    let core = Arc::new(MutexCore::new(th.opt_bytes(1, b"unnamed")?));
    let meta = th.raw_get_str(th.registry(), META).as_table();
    th.ret(th.new_userdata(Mutex(core), meta, 0)?)
}

fn core(th: &Thread) -> Result<&Arc<MutexCore>> {
    Ok(&th.check_userdata::<Mutex>(1, NAME)?.0)
}

/// Makes the guard of a lock just taken; upvalue 1 is the guards' metatable.
fn guard(th: &Thread, locked: Locked) -> Result<u32> {
    match th.new_userdata(Guard, th.upvalue(1).as_table(), 2) {
        Ok(guard) => {
            th.set_user_value(guard, 1, th.arg(1));
            th.set_user_value(guard, 2, Val::small_int(locked.session as i64));
            th.push(guard);
        }
        Err(e) => {
            core(th)?.unlock(th);
            return Err(e);
        }
    }
    if locked.abandoned {
        // Without memory for the word, the caller does not learn of it, but has its guard.
        if th.push_bytes(b"abandoned").is_err() {
            return Ok(1);
        }
        return Ok(2);
    }
    Ok(1)
}

/// m:lock([timeout])
fn lock(th: &mut Thread) -> Result<u32> {
    let deadline = deadline(th, 2)?;
    th.check_cancel()?;
    if let Some(locked) = core(th)?.try_lock(th)? {
        return guard(th, locked);
    }
    let core = core(th)?.clone();
    match core.lock(th, deadline)? {
        Some(locked) => guard(th, locked),
        None => fail(th, "timeout"),
    }
}

/// m:trylock()
fn try_lock(th: &mut Thread) -> Result<u32> {
    match core(th)?.try_lock(th)? {
        Some(locked) => guard(th, locked),
        None => fail(th, "locked"),
    }
}

/// m:unlock()
fn unlock(th: &mut Thread) -> Result<u32> {
    let core = core(th)?;
    if !core.unlock(th) {
        let name = String::from_utf8_lossy(core.name());
        return Err(th.error(format!("mutex '{name}' is not locked by this thread")));
    }
    Ok(0)
}

/// m:with(fn, ...)
fn with(th: &mut Thread) -> Result<u32> {
    th.check_any(2)?;
    let core = core(th)?.clone();
    let Some(locked) = core.lock(th, None)? else { return fail(th, "timeout") };
    let called = th.pcall(th.top() - 2, ALL);
    core.unlock_session(th, locked.session);
    if called? { Ok(th.top() as u32 - 1) } else { Err(th.throw(th.at(-1))) }
}

/// m:name()
fn name(th: &mut Thread) -> Result<u32> {
    th.ret_bytes(core(th)?.name())
}

fn tostring(th: &mut Thread) -> Result<u32> {
    let mut text = b"mutex '".to_vec();
    text.extend(core(th)?.name());
    text.push(b'\'');
    th.ret_bytes(&text)
}

/// Gives up what the guard at argument 1 holds; false when it holds nothing any more.
fn release_guard(th: &Thread) -> Result<bool> {
    th.check_userdata::<Guard>(1, GUARD_NAME)?;
    let guard = th.arg(1);
    let session = th.user_value(guard, 2).and_then(Val::as_int).unwrap_or(0);
    let mutex = th.user_value(guard, 1).and_then(Val::as_userdata::<Mutex>);
    Ok(mutex.is_some_and(|m| m.0.unlock_session(th, session as u64)))
}

/// g:unlock()
fn guard_unlock(th: &mut Thread) -> Result<u32> {
    if !release_guard(th)? {
        return Err(th.error("the guard does not hold its mutex any more, or another thread locked it"));
    }
    Ok(0)
}

fn guard_close(th: &mut Thread) -> Result<u32> {
    release_guard(th)?;
    Ok(0)
}

// ---- conditions ------------------------------------------------------------------------------------------------

/// condition(m)
pub fn new_condition(th: &mut Thread) -> Result<u32> {
    let mutex = core(th)?.clone();
    let meta = th.raw_get_str(th.registry(), CONDITION_META).as_table();
    let waiters = Arc::new(Lock::new(VecDeque::new()));
    th.ret(th.new_userdata(Condition { mutex, waiters }, meta, 0)?)
}

fn condition(th: &Thread) -> Result<&Condition> {
    th.check_userdata::<Condition>(1, CONDITION_NAME)
}

/// c:wait([timeout])
fn wait(th: &mut Thread) -> Result<u32> {
    let deadline = deadline(th, 2)?;
    let Condition { mutex, waiters } = condition(th)?;
    let (mutex, waiters) = (mutex.clone(), waiters.clone());
    th.check_cancel()?;
    let ticket = th.begin_wait();
    waiters.lock().push_back(ticket.clone());
    let Some(session) = mutex.suspend(th) else {
        waiters.lock().retain(|t| !t.is(&ticket));
        let name = String::from_utf8_lossy(mutex.name());
        return Err(th.error(format!("mutex '{name}' is not locked by this thread")));
    };
    let waked = th.wait(&ticket, deadline, On::Anyone);
    if !matches!(waked, Waked::Case(_)) {
        waiters.lock().retain(|t| !t.is(&ticket));
    }
    mutex.resume(th, session)?;
    match waked {
        Waked::Case(_) => th.ret_bool(true),
        Waked::Timeout => fail(th, "timeout"),
        other => Err(th.wake_error(other)),
    }
}

/// c:signal()
fn signal(th: &mut Thread) -> Result<u32> {
    let woken = {
        let mut waiters = condition(th)?.waiters.lock();
        loop {
            match waiters.pop_front() {
                Some(t) if t.claim(0) => break Some(t),
                Some(_) => {}
                None => break None,
            }
        }
    };
    if let Some(t) = woken {
        t.wake();
    }
    Ok(0)
}

/// c:broadcast()
fn broadcast(th: &mut Thread) -> Result<u32> {
    let all = std::mem::take(&mut *condition(th)?.waiters.lock());
    for t in all {
        if t.claim(0) {
            t.wake();
        }
    }
    Ok(0)
}
