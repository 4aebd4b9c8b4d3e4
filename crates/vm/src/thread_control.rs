//! The life of Lua threads: start, end, join, cancel; and what each thread's record keeps for that.
//!
//! A thread is three things. Its [`Record`] holds what runs, and goes when the OS thread ends. Its [`ThreadCore`] is
//! reference counted and holds what others may ask or wait for. Its handle is the userdata of Lua programs: a
//! [`ThreadHandle`] with the core, and the results once there are some.
//!
//! Promises: no other thread touches a record but through its core, under the lock `life`, while the thread is known
//! to live; a thread's results and all its writes happen before a join that succeeds; a panic in a thread ends that
//! thread alone, as an error.
//! Leaves to others: what programs see of this (stdlib's `threads`), the stop handshake ([`crate::stop`]).
//!
//! C-1 The handle is a root of its thread, so live threads keep their handles. It is shared from before the thread
//! starts; the values in the core (`reason`, `inbox`) are traced through it.
//! C-2 A cancel request only ever rises (none, asked). It is looked at by the thread itself: at blocking calls, at
//! `check`, and, for a hard one, at the polls of the interpreter. It waits while a `__close` or a finalizer runs.
//! C-3 Locks here (`life`, `name`, a mutex's queue, the roster's) are held for a few instructions: no safepoint, no
//! allocation of Lua objects and no parking under them.

pub mod loading;
pub mod mutex;
pub mod roster;
pub mod wait;

use crate::coroutine::{CALL_CLOSE, CALL_FINALIZER, CallInfo, Coroutine};
use crate::native::{ALL, Error, NativeFn, Payload, Result, Table};
use crate::sync::{Acquire, AtomicU32, AtomicU64, Relaxed, Release};
use crate::thread::{Record, Thread};
use crate::value::{Held, Val, Value};
use mutex::HeldMutex;
use parking_lot::{Condvar, Mutex};
use roster::Roster;
use std::cell::{Cell, OnceCell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Instant;
pub use wait::{On, Ticket, Waked};

/// Bit of [`Record::poll`]: a hard cancel waits; the interpreter's poll then calls [`Thread::poll_cancel`].
pub const POLL_CANCEL: u32 = 32;
/// Registry key of the handles' metatable.
pub const HANDLE_META: &str = "luas.thread";
/// Registry key of the cancel errors' metatable.
pub const CANCEL_META: &str = "luas.cancel";

/// The C stack of a thread: enough for 200 nested native calls. Unoptimized frames are several times as large.
const STACK_SIZE: usize = if cfg!(luas_dispatch = "loop") { 16 << 20 } else { 2 << 20 };

const STATUS_RUNNING: u32 = 0;

/// Where a thread is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Status {
    /// Started, perhaps not running yet.
    Running = STATUS_RUNNING,
    /// Its function returned.
    Done,
    /// Its function raised an error.
    Error,
    /// Its function was ended by a cancel.
    Cancelled,
}

impl Status {
    /// As programs see it.
    pub fn name(self) -> &'static str {
        match self {
            Status::Running => "running",
            Status::Done => "done",
            Status::Error => "error",
            Status::Cancelled => "cancelled",
        }
    }
}

/// How to start a thread.
pub struct SpawnOptions {
    /// Name for messages and the OS; None means "thread-N".
    pub name: Option<Vec<u8>>,
    /// The end of the program does not wait for it.
    pub daemon: bool,
    /// Its error is nobody's business but its joiners'.
    pub quiet: bool,
    /// What runs: called with the function and its arguments. Its results or error are the thread's.
    pub body: NativeFn,
}

/// What others may ask of a thread, alive or not.
pub struct ThreadCore {
    id: u64,
    daemon: bool,
    quiet: bool,
    name: Mutex<Vec<u8>>,
    /// The OS's number of the thread; 0 before it runs.
    os_id: AtomicU32,
    /// A [`Status`]; written under `life`.
    status: AtomicU32,
    life: Mutex<Life>,
    /// Number of results, valid once done.
    results: AtomicU32,
    /// Some join has seen the error.
    error_seen: AtomicU32,
    /// 1 when a cancel was requested (C-2).
    cancel: AtomicU32,
    reason: Held,
    /// The handle's value word; only good while the thread lives (C-1).
    handle: AtomicU64,
    /// It waits for the end of the process.
    away: AtomicU32,
    /// It was chosen to report that all threads are blocked.
    deadlocked: AtomicU32,
    // See `wait` for these.
    wait: AtomicU64,
    token: Mutex<bool>,
    wake: Condvar,
    inbox: Held,
}

struct Life {
    joiners: Vec<Ticket>,
    /// The thread's record while it lives.
    record: Option<RecordRef>,
}

/// A record that is reached from another thread.
#[derive(Clone, Copy)]
struct RecordRef(NonNull<Record>);
// SAFETY: other threads use only the record's atomics, and while it lives (under `life`, or the new thread itself).
unsafe impl Send for RecordRef {}

/// What the record keeps. Owner only, but for `for_each_root` while the thread is stopped.
#[derive(Default)]
pub struct Control {
    core: OnceCell<Arc<ThreadCore>>,
    handle: Cell<Option<Value>>,
    locals: Cell<Option<Value>>,
    held: RefCell<Vec<HeldMutex>>,
}

impl Control {
    /// Of a thread that nobody has asked anything of.
    pub fn new() -> Control {
        Control::default()
    }

    /// The values that the thread library keeps for this thread. Caller: the owner, or anyone while it is stopped.
    pub fn for_each_root(&self, visit: &mut dyn FnMut(Value)) {
        if let Some(v) = self.handle.get() {
            visit(v);
        }
        if let Some(v) = self.locals.get() {
            visit(v);
        }
        if let Some(core) = self.core.get() {
            visit(Value(core.inbox.0.get()));
        }
        for h in self.held.borrow().iter() {
            visit(h.function);
        }
    }
}

/// The payload of a handle.
pub struct ThreadHandle {
    core: Arc<ThreadCore>,
    /// Once done: a table of the results. After an error: its value.
    result: Held,
}

impl ThreadHandle {
    /// What is known of the thread.
    pub fn core(&self) -> &Arc<ThreadCore> {
        &self.core
    }
}

impl Payload for ThreadHandle {
    fn trace(&self, visit: &mut dyn FnMut(&Held)) {
        visit(&self.result);
        visit(&self.core.reason);
        visit(&self.core.inbox);
    }
}

impl ThreadCore {
    fn new(id: u64, name: Option<Vec<u8>>, daemon: bool, quiet: bool) -> ThreadCore {
        let name =
            name.unwrap_or_else(|| if id == roster::MAIN { b"main".into() } else { format!("thread-{id}").into() });
        ThreadCore {
            id,
            daemon,
            quiet,
            name: Mutex::new(name),
            os_id: AtomicU32::new(0),
            status: AtomicU32::new(STATUS_RUNNING),
            life: Mutex::new(Life { joiners: Vec::new(), record: None }),
            results: AtomicU32::new(0),
            error_seen: AtomicU32::new(0),
            cancel: AtomicU32::new(0),
            reason: Held::nil(),
            handle: AtomicU64::new(Value::NIL.0),
            away: AtomicU32::new(0),
            deadlocked: AtomicU32::new(0),
            wait: AtomicU64::new(0),
            token: Mutex::new(false),
            wake: Condvar::new(),
            inbox: Held::nil(),
        }
    }

    /// Its number, never given again.
    pub fn id(&self) -> u64 {
        self.id
    }
    /// The program's end does not wait for it.
    pub fn is_daemon(&self) -> bool {
        self.daemon
    }
    /// Its error is not reported.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }
    fn is_main(&self) -> bool {
        self.id == roster::MAIN
    }
    /// Its name.
    pub fn name(&self) -> Vec<u8> {
        self.name.lock().clone()
    }
    fn name_text(&self) -> String {
        String::from_utf8_lossy(&self.name.lock()).into_owned()
    }
    /// Renames it, also for the OS (which keeps 15 bytes, and none of a name with a NUL).
    pub fn set_name(&self, name: &[u8]) {
        *self.name.lock() = name.to_vec();
        let os_id = self.os_id.get();
        if cfg!(target_os = "linux") && os_id != 0 && !name.contains(&0) {
            // An id of a thread that has ended names no task; one that was given again within this process is as
            // likely as any other mix-up of names, and harmless.
            let _ = std::fs::write(format!("/proc/self/task/{os_id}/comm"), &name[..name.len().min(15)]);
        }
    }
    /// Where it is in its life.
    pub fn status(&self) -> Status {
        // Acquire: pairs with the release in `complete`, so what the thread did is seen.
        match self.status.load(Acquire) {
            STATUS_RUNNING => Status::Running,
            1 => Status::Done,
            2 => Status::Error,
            _ => Status::Cancelled,
        }
    }
    /// A cancel was requested.
    pub fn cancel_requested(&self) -> bool {
        self.cancel.load(Acquire) != 0
    }

    pub(crate) fn is_deadlocked(&self) -> bool {
        self.deadlocked.load(Acquire) != 0
    }
    pub(crate) fn handle_word(&self) -> u64 {
        self.handle.load(Acquire)
    }
    pub(crate) fn set_away(&self) {
        self.away.store(1, Release);
    }
    /// Whether an error of this thread matters to the exit status.
    fn reports(&self) -> bool {
        !self.quiet
    }

    /// Ends the thread's life as its joiners see it.
    pub(crate) fn complete(&self, status: Status) {
        let joiners = {
            let mut life = self.life.lock();
            self.status.store(status as u32, Release);
            std::mem::take(&mut life.joiners)
        };
        for j in joiners {
            if j.claim(0) {
                j.wake();
            }
        }
    }

    /// Asks the thread to end; false when it has ended. `handle` is its handle.
    pub fn request_cancel(&self, th: &Thread, handle: Val<'_>, reason: Val<'_>, hard: bool) -> bool {
        let item = Held::nil();
        item.set(th, handle, reason);
        let life = self.life.lock();
        if self.status.get() != STATUS_RUNNING {
            return false;
        }
        if self.cancel.get() == 0 {
            self.reason.0.store(item.0.get(), Release);
            // Release: who sees the request sees the reason.
            self.cancel.store(1, Release);
        }
        if hard && let Some(record) = life.record {
            // SAFETY: the record lives while `life.record` names it, and we hold the lock.
            unsafe { record.0.as_ref() }.raise_poll(POLL_CANCEL);
        }
        drop(life);
        self.unpark();
        true
    }
}

/// The frames of a thread, innermost first, through all coroutines that wait for the running one.
fn frames(rec: &Record) -> impl Iterator<Item = &CallInfo> {
    fn first(co: *const Coroutine) -> *const CallInfo {
        // SAFETY: a coroutine that runs, or waits for one that runs, is live and has frames.
        unsafe { (*co).first_frame() }
    }
    let mut co: *const Coroutine = rec.coroutine.get();
    let mut at: *const CallInfo = rec.ci.get();
    std::iter::from_fn(move || {
        if co.is_null() {
            return None;
        }
        // SAFETY: `at` is a frame in use of `co`: the record's current one, or at or below the one at which it stopped.
        let frame = unsafe { &*at };
        if at > first(co) {
            // SAFETY: not the first frame, so there is one below.
            at = unsafe { at.sub(1) };
        } else {
            // SAFETY: as in `first`.
            co = unsafe { (*co).resumer.get() };
            if !co.is_null() {
                // SAFETY: the resumer's fields are current since it gave control away.
                at = unsafe { (*co).at.get() };
            }
        }
        Some(frame)
    })
}

impl Thread {
    pub(crate) fn roster(&self) -> &Arc<Roster> {
        &self.rec().machine().threads
    }

    /// What is known of this thread. The first question makes the main thread known.
    pub fn core(&self) -> &Arc<ThreadCore> {
        let rec = self.rec();
        rec.control.core.get_or_init(|| {
            let core = Arc::new(ThreadCore::new(roster::MAIN, None, false, false));
            core.os_id.set(os_thread_id());
            core.life.lock().record = Some(RecordRef(NonNull::from(rec)));
            self.roster().enter(&core);
            core
        })
    }

    /// This thread's handle.
    pub fn current_thread(&self) -> Result<Val<'_>> {
        let control = &self.rec().control;
        if control.handle.get().is_none() {
            let handle = self.new_handle(self.core().clone())?.0;
            if self.is_shared(Val::from(self.registry())) {
                self.rec().publish(handle);
            }
            control.handle.set(Some(handle));
            self.core().handle.store(handle.0, Release);
        }
        Ok(Val::new(control.handle.get().unwrap_or(Value::NIL)))
    }

    fn new_handle(&self, core: Arc<ThreadCore>) -> Result<Val<'_>> {
        let meta = self.raw_get_str(self.registry(), HANDLE_META).as_table();
        self.new_userdata(ThreadHandle { core, result: Held::nil() }, meta, 0)
    }

    /// Handles of all living threads, by age.
    pub fn live_threads(&self) -> Result<Vec<Val<'_>>> {
        self.current_thread()?;
        // A thread that ends meanwhile leaves its handle valid until our next safepoint: freeing it, a shared object,
        // takes a stop of all threads.
        // Who has been joined is no longer listed, though its OS thread may still be on its way out.
        let live = self.roster().live().into_iter().filter(|c| c.status() == Status::Running);
        let words = live.map(|c| Value(c.handle.load(Acquire)));
        Ok(words.filter(|v| !v.is_nil()).map(Val::new).collect())
    }

    /// The thread's private table, dropped when it ends.
    pub fn thread_locals(&self) -> Result<Table<'_>> {
        let control = &self.rec().control;
        if control.locals.get().is_none() {
            control.locals.set(Some(self.new_table(0, 0)?.0.0));
        }
        let v: Val<'_> = Val::new(control.locals.get().unwrap_or(Value::NIL));
        Ok(Table(v))
    }

    // ---- start --------------------------------------------------------------------------------------------------

    /// Starts a thread that runs the function below its `nargs` arguments at the top of the stack (through
    /// `options.body`); they are replaced by its handle. Everything it reaches becomes shared. Error "cannot create
    /// thread: why".
    pub fn spawn(&mut self, nargs: usize, options: SpawnOptions) -> Result<()> {
        self.check_stack(1)?;
        self.current_thread()?;
        let SpawnOptions { name, daemon, quiet, body } = options;
        self.share_machine();
        let roster = self.roster().clone();
        let core = Arc::new(ThreadCore::new(roster.next_id(), name, daemon, quiet));
        let handle = self.new_handle(core.clone())?.0;
        let rec = self.rec();
        rec.publish(handle);
        let mut values = Vec::new();
        if values.try_reserve_exact(nargs + 1).is_err() {
            return Err(self.error_plain("not enough memory"));
        }
        for i in 0..=nargs {
            let v = self.at(i as i32 - nargs as i32 - 1).0;
            rec.publish(v);
            values.push(v);
        }
        let Some(child) = crate::machine::new_thread_record(rec) else {
            return Err(self.error("cannot create thread: not enough memory"));
        };
        core.handle.store(handle.0, Release);
        core.life.lock().record = Some(RecordRef(child));
        {
            // SAFETY: the record is new: nobody runs on it, and whoever stops the world waits for us.
            let child = unsafe { child.as_ref() };
            // SAFETY: as above, so nobody else looks at its handles.
            unsafe { *child.handles.get() = values };
            child.control.handle.set(Some(handle));
            let fresh = child.control.core.set(core.clone()).is_ok();
            debug_assert!(fresh, "a new record has no core");
        }
        let started = if roster.enter(&core) {
            start_os_thread(RecordRef(child), core.clone(), roster.clone(), body)
        } else {
            Err("the program is ending".into())
        };
        if let Err(why) = started {
            core.life.lock().record = None;
            // SAFETY: the record is the one just made, and nothing ran on it.
            unsafe { crate::machine::free_thread_record(child) };
            roster.leave(&core);
            return Err(self.error(format!("cannot create thread: {why}")));
        }
        self.pop(nargs + 1);
        self.push(Val::new(handle));
        Ok(())
    }

    /// Before the first start of a thread: what the machine itself refers to becomes shared (contract 13).
    fn share_machine(&self) {
        // Also when torture has shared everything from the start.
        if crate::sync::threaded() && self.is_shared(Val::from(self.registry())) {
            return;
        }
        crate::sync::set_threaded();
        let rec = self.rec();
        rec.publish(Val::from(self.registry()).0);
        rec.publish(Val::from(self.globals()).0);
        for meta in &rec.machine().type_meta {
            let address = meta.get();
            if address != 0 {
                rec.publish(Value::object(address as *const _));
            }
        }
        if let Some(handle) = rec.control.handle.get() {
            rec.publish(handle);
        }
    }

    // ---- life ---------------------------------------------------------------------------------------------------

    /// Runs the thread's function and keeps what comes out of it in the handle.
    fn run_thread(&mut self, core: &ThreadCore, body: NativeFn) -> Status {
        let below = self.top();
        let status = match self.run_body(body) {
            Ok(true) => match self.keep_results(core, below) {
                Ok(()) => Status::Done,
                Err(e) => self.keep_error(e),
            },
            Ok(false) => {
                let e = self.throw(self.at(-1));
                self.keep_error(e)
            }
            Err(e) => self.keep_error(e),
        };
        self.set_top(below);
        status
    }

    fn run_body(&mut self, body: NativeFn) -> Result<bool> {
        // SAFETY: the record is ours, and no other reference to its handles is in use.
        let values = unsafe { std::mem::take(&mut *self.rec().handles.get()) };
        let nargs = values.len();
        // No safepoint until they all lie on the stack.
        self.check_stack(nargs + 2)?;
        let body = self.new_native("thread", body, 0)?;
        self.push(body);
        for v in values {
            self.push(Val::new(v));
        }
        self.pcall(nargs, ALL)
    }

    fn own_handle(&self) -> Val<'_> {
        Val::new(self.rec().control.handle.get().unwrap_or(Value::NIL))
    }

    fn keep_results(&self, core: &ThreadCore, below: usize) -> Result<()> {
        let n = self.top() - below;
        let table = self.new_table(n, 0)?;
        for i in 1..=n {
            self.raw_set_int(table, i as i64, self.at((below + i) as i32))?;
        }
        core.results.set(n as u32);
        self.keep(Val::from(table));
        Ok(())
    }

    fn keep_error(&self, e: Error) -> Status {
        let v = self.error_value(e);
        self.keep(v);
        if self.core().cancel_requested() && self.is_cancel_error(v) { Status::Cancelled } else { Status::Error }
    }

    fn keep(&self, v: Val<'_>) {
        let handle = self.own_handle();
        if let Some(h) = handle.as_userdata::<ThreadHandle>() {
            h.result.set(self, handle, v);
        }
    }

    /// Waits for the end of a thread: false when the deadline came first. With `masked`, without regard to cancels.
    pub fn await_thread(&mut self, core: &Arc<ThreadCore>, deadline: Option<Instant>, masked: bool) -> Result<bool> {
        if !masked {
            self.check_cancel()?;
        }
        if core.status() != Status::Running {
            return Ok(true);
        }
        let ticket = self.begin_wait();
        {
            let mut life = core.life.lock();
            if core.status.get() != STATUS_RUNNING {
                return Ok(true);
            }
            life.joiners.push(ticket.clone());
        }
        match self.wait_masked(&ticket, deadline, On::Thread(core.clone()), masked) {
            Waked::Case(_) => Ok(true),
            other => {
                core.life.lock().joiners.retain(|j| !j.is(&ticket));
                match other {
                    Waked::Timeout => Ok(false),
                    other => Err(self.wake_error(other)),
                }
            }
        }
    }

    /// Waits for the thread whose handle is at `i`, then pushes its results and says how many they are, or raises its
    /// error.
    pub fn join(&mut self, i: i32) -> Result<u32> {
        let Some(core) = self.at(i).as_userdata::<ThreadHandle>().map(|h| h.core.clone()) else {
            return Err(self.type_error(1, "thread"));
        };
        self.await_thread(&core, None, false)?;
        let n = if core.status() == Status::Done { core.results.get() } else { 0 };
        self.check_stack(n as usize)?;
        let Some(h) = self.at(i).as_userdata::<ThreadHandle>() else { return Ok(0) };
        let result = h.result.get(self);
        if core.status() != Status::Done {
            if core.status() == Status::Error && core.error_seen.swap(1, Relaxed) == 0 && core.reports() {
                self.roster().unseen_error(true);
            }
            return Err(self.throw(result));
        }
        if let Some(t) = result.as_table() {
            for k in 1..=n {
                self.push(self.raw_get_int(t, k as i64));
            }
        } else {
            // The main thread has no results.
            return Ok(0);
        }
        Ok(n)
    }

    // ---- cancel -------------------------------------------------------------------------------------------------

    /// Raises the cancel error when this thread was asked to end and is not cleaning up. Every call that may block
    /// starts with this.
    #[inline]
    pub fn check_cancel(&self) -> Result<()> {
        match self.rec().control.core.get() {
            Some(core) if core.cancel_requested() => self.check_cancel_slow(),
            _ => Ok(()),
        }
    }

    #[cold]
    fn check_cancel_slow(&self) -> Result<()> {
        if self.cancel_masked() { Ok(()) } else { Err(self.cancel_error()) }
    }

    /// For the interpreter's poll when it took POLL_CANCEL: raises the cancel error unless the thread owns a mutex or
    /// cleans up; then the bit is set again. A request raises here once; it goes on raising at blocking calls.
    pub fn poll_cancel(&self) -> Result<()> {
        if !self.rec().control.held.borrow().is_empty() || self.cancel_masked() {
            self.rec().raise_poll(POLL_CANCEL);
            return Ok(());
        }
        self.check_cancel()
    }

    /// Whether a `__close` or a finalizer runs. Walks all frames.
    pub(crate) fn cancel_masked(&self) -> bool {
        let rec = self.rec();
        rec.in_finalizer.get() || frames(rec).any(|f| f.flags & (CALL_CLOSE | CALL_FINALIZER) != 0)
    }

    /// The error that ends a cancelled thread: `{reason = ...}`.
    pub fn cancel_error(&self) -> Error {
        let make = || -> Result<Val<'_>> {
            let t = self.new_table(0, 1)?;
            self.raw_set_str(t, "reason", self.core().reason.get(self))?;
            self.set_metatable(t.into(), self.raw_get_str(self.registry(), CANCEL_META).as_table())?;
            Ok(t.into())
        };
        match make() {
            Ok(v) => self.throw(v),
            Err(e) => e,
        }
    }

    /// Whether `v` is an error made by [`Thread::cancel_error`].
    pub fn is_cancel_error(&self, v: Val<'_>) -> bool {
        let meta = self.raw_get_str(self.registry(), CANCEL_META);
        v.as_table().is_some() && self.metatable(v).is_some_and(|m| Val::from(m).same(meta))
    }
}

#[cfg(target_os = "linux")]
fn os_thread_id() -> u32 {
    // SAFETY: no arguments, no effects.
    unsafe { libc::gettid() as u32 }
}
#[cfg(not(target_os = "linux"))]
fn os_thread_id() -> u32 {
    0
}

fn start_os_thread(
    record: RecordRef,
    core: Arc<ThreadCore>,
    roster: Arc<Roster>,
    body: NativeFn,
) -> std::result::Result<(), String> {
    let name: String = core.name_text().chars().filter(|c| *c != '\0').collect();
    std::thread::Builder::new()
        .name(name)
        .stack_size(STACK_SIZE)
        .spawn(move || thread_main(record, &core, &roster, body))
        .map(drop)
        .map_err(|e| e.to_string())
}

/// The whole life of a thread that `spawn` started.
fn thread_main(record: RecordRef, core: &Arc<ThreadCore>, roster: &Arc<Roster>, body: NativeFn) {
    let RecordRef(ptr) = record;
    core.os_id.set(os_thread_id());
    // SAFETY: the record was made for this thread, which alone uses and frees it.
    let rec = unsafe { ptr.as_ref() };
    rec.leave_parked();
    // SAFETY: this is the record's thread, and there is no other handle.
    let mut th = unsafe { Thread::from_record(rec) };
    // A panic that got through the boundary of native functions is ours; it ends this thread like an error without a
    // value, and the others go on.
    let run = catch_unwind(AssertUnwindSafe(|| th.run_thread(core, body)));
    let mut status = run.unwrap_or(Status::Error);
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        th.abandon_mutexes();
        th.finish_finalizers();
    }));
    if unwound.is_err() {
        status = Status::Error;
    }
    rec.control.locals.set(None);
    if status == Status::Error && core.reports() {
        roster.unseen_error(false);
    }
    core.life.lock().record = None;
    core.complete(status);
    // SAFETY: nobody reaches the record any more but through the list that this takes it from.
    unsafe { crate::machine::free_thread_record(ptr) };
    // Last: the machine may be freed from here on.
    roster.leave(core);
}
