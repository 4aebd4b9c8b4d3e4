//! Native functions that direct the interpreter: pcall, coroutines, iteration.
//!
//! They arrange frames and let the interpreter go on, so none of them recurses natively: a coroutine may yield across
//! pcall, metamethods and iterators. A native frame that waits for a call has CALL_TO_NATIVE on the callee and its
//! continuation in `ci.k`.

use crate::coroutine::*;
use crate::debuginfo;
use crate::error;
use crate::frame::{EXTRA_SLOTS, MAX_STACK, MIN_NATIVE};
use crate::hook::Hook;
use crate::interpreter::call::{self, SWITCHED, call_nested_as, finish_call, return_native, throw};
use crate::interpreter::{EXIT_DONE, EXIT_ERROR, Flow};
use crate::metamethod::Event;
use crate::native::Result;
use crate::object::{Coroutine, Kind};
use crate::sync::Release;
use crate::thread::{Record, Thread};
use crate::value::{Type, Val, Value};

/// What a native frame does when its callee returns (in `ci.k`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Continuation {
    /// Nothing waits.
    None,
    /// pcall: `true` and the results.
    Pcall,
    /// xpcall: likewise, one slot higher.
    Xpcall,
    /// pcall after an error: closing variables; then `false` and the error.
    PcallClosing,
    /// xpcall after an error.
    XpcallClosing,
    /// coroutine.resume: `true` and what the coroutine gave, or `false` and its error.
    Resume,
    /// The function of coroutine.wrap: what the coroutine gave, or its error raised.
    Wrap,
    /// A tail call of a native function: the callee's results.
    Tail,
    /// pairs with `__pairs`: three of the callee's results.
    Pairs,
    /// Another coroutine's variables are being closed; nobody returns here.
    Closing,
}

fn continuation(ci: *const CallInfo) -> Continuation {
    // SAFETY: a native frame's `k` is set by `set_continuation`, or null.
    unsafe { std::mem::transmute::<usize, Continuation>((*ci).k as usize) }
}

fn set_continuation(ci: *mut CallInfo, c: Continuation) {
    // SAFETY: a native frame in use.
    unsafe { (*ci).k = c as usize as *const Value }
}

/// The protected call of frame `ci` is over, whose `pc` is what [`Coroutine::enter_protected`] gave.
fn end_protection(rec: &Record, ci: *mut CallInfo) {
    // SAFETY: the current frame, of pcall or xpcall, and the running coroutine.
    unsafe {
        (*rec.coroutine.get()).protection.set((*ci).pc as u64);
        (*ci).flags &= !CALL_PROTECTED;
    }
}

/// Hands a flow to the interpreter from inside a native function.
fn switched(rec: &Record, flow: Flow) -> Result<u32> {
    rec.pending_flow.set(flow);
    Ok(SWITCHED)
}

/// A callee returned to the native frame that is current now: its `n` results start at `first`.
/// # Safety
/// Called by `finish_call` only.
pub unsafe fn continue_native(rec: &Record, first: *mut Value, n: usize) -> Flow {
    // SAFETY: the frame that waits is current; slots below `first` are its own.
    unsafe {
        let ci = rec.ci.get();
        match continuation(ci) {
            Continuation::Pcall | Continuation::Xpcall => {
                end_protection(rec, ci);
                *first.sub(1) = Value::TRUE;
                finish_call(rec, first.sub(1), n + 1)
            }
            Continuation::PcallClosing | Continuation::XpcallClosing => close_after_error(rec),
            Continuation::Tail => finish_call(rec, first, n),
            Continuation::Pairs => {
                for i in n..3 {
                    *first.add(i) = Value::NIL;
                }
                finish_call(rec, first, 3)
            }
            c => unreachable!("no callee returns to {c:?}"),
        }
    }
}

/// The native function's frame becomes the caller of a tail call.
pub fn tail_call(rec: &Record, nargs: usize) -> Result<u32> {
    call_with(rec, nargs, Continuation::Tail)
}

/// Calls the function below its arguments at the top; `c` says what becomes of its results.
fn call_with(rec: &Record, nargs: usize, c: Continuation) -> Result<u32> {
    // SAFETY: a native frame; the function lies below its arguments at the top.
    unsafe {
        let ci = rec.ci.get();
        set_continuation(ci, c);
        let func = rec.top.get().sub(nargs + 1);
        let flow = call::call(rec, func, -1, CALL_TO_NATIVE);
        switched(rec, flow)
    }
}

/// `pcall(f, ...)`: calls `f` and catches errors: `true` and its results, or `false` and the error value.
pub fn pcall(th: &mut Thread) -> Result<u32> {
    th.check_any(1)?;
    let rec = th.rec();
    // SAFETY: the running native frame; its first slot is the function.
    unsafe { protect(rec, Continuation::Pcall, 0, 0) }
}

/// `xpcall(f, handler, ...)`: as pcall, with `handler` called on the error value before the stack unwinds.
pub fn xpcall(th: &mut Thread) -> Result<u32> {
    th.check_type(2, Type::Function)?;
    let rec = th.rec();
    // SAFETY: the running native frame with two slots at least: the handler goes first, the function second.
    unsafe {
        let base = rec.stack.get().add((*rec.ci.get()).base as usize);
        std::ptr::swap(base, base.add(1));
        protect(rec, Continuation::Xpcall, 1, (*rec.ci.get()).base)
    }
}

unsafe fn protect(rec: &Record, c: Continuation, function: usize, handler: u32) -> Result<u32> {
    // SAFETY: caller.
    unsafe {
        let ci = rec.ci.get();
        let co = rec.coroutine.get();
        // Not for our sake, since this does not recurse: as in PUC Lua, a program that nests so deep does not mean to,
        // and each level on the way out may make its error message longer.
        if (*co).protected() + rec.run_depth.get() >= call::MAX_NATIVE_DEPTH {
            error::set_message(rec, b"C stack overflow");
            return Err(crate::native::Error(()));
        }
        set_continuation(ci, c);
        (*ci).flags |= CALL_PROTECTED;
        (*ci).pc = (*co).enter_protected(handler) as *const u32;
        let func = rec.stack.get().add((*ci).base as usize + function);
        let flow = call::call(rec, func, -1, CALL_TO_NATIVE);
        switched(rec, flow)
    }
}

/// The current frame (pcall's) catches the raised error.
pub fn caught(rec: &Record) -> Flow {
    // SAFETY: a native frame of pcall or xpcall: the slot of the function it called is free now.
    unsafe {
        let ci = rec.ci.get();
        let (next, slot) = match continuation(ci) {
            Continuation::Pcall | Continuation::PcallClosing => (Continuation::PcallClosing, 0),
            _ => (Continuation::XpcallClosing, 1),
        };
        set_continuation(ci, next);
        let e = rec.stack.get().add((*ci).base as usize + slot);
        *e = rec.error_value.replace(Value::NIL);
        rec.error_handled.set(false);
        rec.top.set(e.add(1));
        close_after_error(rec)
    }
}

/// Calls `__close` of the variables that the failed call left, topmost first, with the error; then returns it.
fn close_after_error(rec: &Record) -> Flow {
    // SAFETY: as in `caught`; marked slots lie above the error value.
    unsafe {
        let ci = rec.ci.get();
        let co = rec.coroutine.get();
        let slot = if continuation(ci) == Continuation::PcallClosing { 0 } else { 1 };
        let offset = (*ci).base as usize + slot;
        let Some(marked) = Record::tbc_last(co, offset as u32 + 1) else {
            end_protection(rec, ci);
            rec.shrink_after_overflow();
            let e = rec.stack.get().add(offset);
            *e.sub(1) = Value::FALSE;
            return finish_call(rec, e.sub(1), 2);
        };
        Record::tbc_pop(co);
        let v = *rec.stack.get().add(marked as usize);
        let func = rec.stack.get().add(marked as usize + 1);
        *func = debuginfo::metamethod_of(rec, v, Event::Close);
        *func.add(1) = v;
        *func.add(2) = *rec.stack.get().add(offset);
        rec.top.set(func.add(3));
        call::call(rec, func, 0, CALL_CLOSE | CALL_TO_NATIVE)
    }
}

/// Closes the variables at or above `level` from native code, after an error whose value is in the record; an error of
/// a `__close` replaces it.
pub fn close_all_nested(rec: &Record, level: u32) {
    // SAFETY: marked slots of the running coroutine; everything above the topmost is free.
    unsafe {
        let co = rec.coroutine.get();
        while let Some(marked) = Record::tbc_last(co, level) {
            Record::tbc_pop(co);
            let v = *rec.stack.get().add(marked as usize);
            // The error so far stays below the call, for errors caught inside it replace the one in the record.
            let kept = rec.stack.get().add(marked as usize + 1);
            *kept = rec.error_value.get();
            let func = kept.add(1);
            *func = debuginfo::metamethod_of(rec, v, Event::Close);
            *func.add(1) = v;
            *func.add(2) = *kept;
            rec.top.set(func.add(3));
            let index = rec.frame_index();
            let handled = rec.error_handled.replace(false);
            if call_nested_as(rec, marked as usize + 2, 0, CALL_CLOSE) == EXIT_DONE {
                rec.error_value.set(*rec.stack.get().add(marked as usize + 1));
            } else {
                rec.ci.set(rec.frame(index));
            }
            rec.error_handled.set(handled);
        }
        rec.top.set(rec.stack.get().add(level as usize));
    }
}

// ---- coroutines ------------------------------------------------------------------------------------------------------------

/// A fresh coroutine whose first frame holds `function`; None when there is no memory.
pub fn new_coroutine(rec: &Record, function: Value) -> Option<*mut Coroutine> {
    const SLOTS: usize = EXTRA_SLOTS + MIN_NATIVE + 10;
    const FRAMES: usize = 4;
    let stack = rec.new_stack(SLOTS)?;
    let frames = rec.new_buffer(FRAMES * std::mem::size_of::<CallInfo>())?;
    let co = rec.alloc(Kind::Coroutine, std::mem::size_of::<Coroutine>(), 0)?.cast::<Coroutine>();
    // SAFETY: fresh memory of the right sizes, no safepoint between the allocations.
    unsafe {
        let c = &raw mut *co;
        (&raw mut (*c).status).write(crate::sync::AtomicU32::new(SUSPENDED));
        (*c).run_depth.set(0);
        (*c).nesting.set(0);
        (*c).protection.set(0);
        (*c).stack.set(stack);
        (*c).frames.set(frames);
        (*c).at.set((*c).first_frame());
        (*c).stack_limit.set(std::ptr::null_mut());
        (*c).ci_last.set(std::ptr::null_mut());
        (*c).resumer.set(std::ptr::null_mut());
        (*c).tbc.set(std::ptr::null_mut());
        (*c).tbc_len.set(0);
        (*c).high_water.set(SLOTS as u32);
        (*c).failed.set(false);
        (*c).hook_active.set(0);
        let creator = rec.coroutine.get();
        let inherits = !creator.is_null() && (*creator).hook.get().mask != 0;
        (*c).hook.set(if inherits { (*creator).hook.get().inherited() } else { Hook::NONE });
        let slots = Record::stack_slots(stack);
        *slots.add(1) = function;
        (*c).top.set(2);
        *(*c).first_frame() = CallInfo {
            pc: std::ptr::null(),
            k: std::ptr::null(),
            base: 1,
            top: 1 + MIN_NATIVE as u32,
            wanted: 1,
            flags: CALL_NATIVE | CALL_BOTTOM,
            extra: 0,
        };
    }
    Some(co)
}

fn check_coroutine(th: &Thread, n: usize) -> Result<*mut Coroutine> {
    match th.arg(n).0.as_kind::<Coroutine>(Kind::Coroutine) {
        Some(co) => Ok(co),
        None => Err(th.type_error(n, "thread")),
    }
}

/// `coroutine.create(f)`
pub fn co_create(th: &mut Thread) -> Result<u32> {
    th.check_type(1, Type::Function)?;
    let rec = th.rec();
    let Some(co) = new_coroutine(rec, th.arg(1).0) else { return Err(error::memory(rec)) };
    th.ret(Val::new(rec.born(Value::object(co.cast()))))
}

/// `coroutine.wrap(f)`
pub fn co_wrap(th: &mut Thread) -> Result<u32> {
    co_create(th)?;
    let f = th.new_native("wrap", wrapped, 1)?;
    th.ret(f)
}

/// The function that `coroutine.wrap` makes.
pub fn wrapped(th: &mut Thread) -> Result<u32> {
    let rec = th.rec();
    let Some(co) = th.upvalue(1).0.as_kind::<Coroutine>(Kind::Coroutine) else {
        return Err(th.error("not a coroutine"));
    };
    // SAFETY: a live coroutine; all arguments of the running native frame go to it.
    unsafe {
        match claim(rec, co) {
            Ok(()) if !fits(co, th.top()) => {
                (*co).status.store(SUSPENDED, Release);
                Err(th.error(TOO_MANY_ARGUMENTS))
            }
            Ok(()) => resume(rec, co, Continuation::Wrap, 0),
            Err(message) => Err(th.error(message)),
        }
    }
}

/// `coroutine.resume(co, ...)`: `true` and what it yields or returns, or `false` and the error.
pub fn co_resume(th: &mut Thread) -> Result<u32> {
    let co = check_coroutine(th, 1)?;
    let rec = th.rec();
    // SAFETY: a live coroutine; the arguments after the first go to it.
    unsafe {
        let message = match claim(rec, co) {
            Ok(()) if !fits(co, th.top()) => {
                (*co).status.store(SUSPENDED, Release);
                TOO_MANY_ARGUMENTS
            }
            Ok(()) => return resume(rec, co, Continuation::Resume, 1),
            Err(message) => message,
        };
        th.push_bool(false);
        th.push_bytes(message.as_bytes())?;
        Ok(2)
    }
}

const TOO_MANY_ARGUMENTS: &str = "too many arguments to resume";

/// Whether the stack of `co` can take `n` more values.
/// # Safety
/// `co` is live, not the running coroutine, and claimed by this thread.
unsafe fn fits(co: *const Coroutine, n: usize) -> bool {
    // SAFETY: caller.
    unsafe { (*co).top.get() as usize + n + EXTRA_SLOTS <= MAX_STACK }
}

/// Takes a suspended coroutine for running (I-24: of a shared one by CAS, so one thread wins).
unsafe fn claim(rec: &Record, co: *mut Coroutine) -> std::result::Result<(), &'static str> {
    // SAFETY: caller: `co` is live.
    unsafe {
        let status = (*co).state();
        if status == DEAD {
            return Err("cannot resume dead coroutine");
        }
        // SAFETY: the running coroutine is live.
        if status == SUSPENDED && (*rec.coroutine.get()).nesting.get() >= call::MAX_NATIVE_DEPTH {
            return Err("C stack overflow");
        }
        // Yield happens before the next resume: pairs with the release store of SUSPENDED in `deliver`.
        if (*co).step(SUSPENDED, RUNNING) { Ok(()) } else { Err("cannot resume non-suspended coroutine") }
    }
}

/// Switches to the claimed `co`, giving it the running native frame's arguments from number `skip` on.
unsafe fn resume(rec: &Record, co: *mut Coroutine, c: Continuation, skip: usize) -> Result<u32> {
    // SAFETY: caller.
    unsafe {
        let from = rec.coroutine.get();
        let ci = rec.ci.get();
        set_continuation(ci, c);
        let first = rec.stack.get().add((*ci).base as usize + skip);
        let n = rec.top.get().offset_from_unsigned(first);
        rec.sync_coroutine();
        (*from).status.store(NORMAL, Release);
        (*co).resumer.set(from);
        (*co).run_depth.set(rec.run_depth.get());
        (*co).nesting.set((*from).nesting.get() + 1);
        rec.load_coroutine(co);
        let end = rec.top.get().offset_from_unsigned(rec.stack.get()) + n;
        if let Err(e) = rec.ensure_stack(end) {
            let flow = call::grow_error(rec, e);
            return switched(rec, flow);
        }
        std::ptr::copy_nonoverlapping(first, rec.top.get(), n);
        rec.top.set(rec.top.get().add(n));
        let flow = if (*(*co).at.get()).flags & CALL_BOTTOM != 0 {
            call::call(rec, rec.top.get().sub(n + 1), -1, CALL_COROUTINE)
        } else {
            // The frame of `yield` returns the values.
            return_native(rec, n)
        };
        switched(rec, flow)
    }
}

/// Gives control back to the resumer with `n` values at `first` of the running coroutine, which then has `status`.
unsafe fn deliver(rec: &Record, first: *mut Value, n: usize, status: u32) -> Flow {
    // SAFETY: caller: the running coroutine has a resumer, whose current frame waits in `resume` or `wrapped`.
    unsafe {
        let co = rec.coroutine.get();
        let to = (*co).resumer.get();
        rec.sync_coroutine();
        let fits = fits(to, n + 1);
        rec.load_coroutine(to);
        (*to).status.store(RUNNING, Release);
        let end = rec.top.get().offset_from_unsigned(rec.stack.get()) + n + 1;
        let grown = if fits { rec.ensure_stack(end) } else { Ok(()) };
        if fits && grown.is_ok() {
            *rec.top.get() = Value::TRUE;
            std::ptr::copy_nonoverlapping(first, rec.top.get().add(1), n);
            rec.top.set(rec.top.get().add(n + 1));
        }
        (*co).resumer.set(std::ptr::null_mut());
        // What was handed over does not stay behind.
        (*co).top.set(first.offset_from_unsigned(Record::stack_slots((*co).stack.get())) as u32);
        if status == DEAD {
            (*co).clear_frames();
        }
        if (*co).header.is_shared() {
            rec.publish_coroutine_stack(co);
        }
        // Release: pairs with the CAS in `claim`.
        (*co).status.store(status, Release);
        if let Err(e) = grown {
            return call::grow_error(rec, e);
        }
        let resume = continuation(rec.ci.get()) == Continuation::Resume;
        if !fits {
            return too_many_results(rec, resume);
        }
        return_native(rec, n + usize::from(resume))
    }
}

/// The running coroutine's stack cannot take what another one hands over, which is lost.
#[cold]
fn too_many_results(rec: &Record, resume: bool) -> Flow {
    const MESSAGE: &[u8] = b"too many results to resume";
    if !resume {
        let mut message = error::position(rec, 1);
        message.extend_from_slice(MESSAGE);
        error::set_message(rec, &message);
        return throw(rec);
    }
    error::set_message(rec, MESSAGE);
    // SAFETY: the frame of `resume` has room for two values.
    unsafe {
        *rec.top.get() = Value::FALSE;
        *rec.top.get().add(1) = rec.error_value.replace(Value::NIL);
        rec.top.set(rec.top.get().add(2));
    }
    return_native(rec, 2)
}

/// The first function of the running coroutine returned.
/// # Safety
/// Called by `finish_call` only.
pub unsafe fn coroutine_returned(rec: &Record, first: *mut Value, n: usize) -> Flow {
    // SAFETY: caller.
    unsafe { deliver(rec, first, n, DEAD) }
}

/// The running coroutine ends by the raised error; its frames stay for tracebacks.
pub fn coroutine_failed(rec: &Record) -> Flow {
    // SAFETY: the running coroutine and its resumer.
    unsafe {
        let co = rec.coroutine.get();
        let to = (*co).resumer.get();
        if to.is_null() {
            return EXIT_ERROR;
        }
        rec.sync_coroutine();
        (*co).failed.set(true);
        let e = rec.error_value.get();
        // The error stays with the coroutine, for `coroutine.close`.
        let extent = ((*co).top.get()).max((*rec.ci.get()).top);
        *rec.stack.get().add(extent as usize) = e;
        (*co).top.set(extent + 1);
        rec.load_coroutine(to);
        (*to).status.store(RUNNING, Release);
        (*co).resumer.set(std::ptr::null_mut());
        if (*co).header.is_shared() {
            rec.publish_coroutine_stack(co);
        }
        rec.error_handled.set(false);
        if continuation(rec.ci.get()) == Continuation::Resume {
            (*co).status.store(DEAD, Release);
            rec.error_value.set(Value::NIL);
            *rec.top.get() = Value::FALSE;
            *rec.top.get().add(1) = e;
            rec.top.set(rec.top.get().add(2));
            return return_native(rec, 2);
        }
        let _ = close_coroutine(rec, co);
        let e = rec.error_value.get();
        if let Some(text) = Val::new(e).as_bytes()
            && !error::is_memory(rec, e)
        {
            let mut message = error::position(rec, 1);
            message.extend_from_slice(text);
            error::set_message(rec, &message);
        }
        throw(rec)
    }
}

/// `coroutine.yield(...)`
pub fn co_yield(th: &mut Thread) -> Result<u32> {
    let rec = th.rec();
    // SAFETY: the running native frame is yield's; its arguments are handed over.
    unsafe {
        let co = rec.coroutine.get();
        if (*co).resumer.get().is_null() {
            return Err(th.error_plain(if closes_another(rec) {
                "attempt to yield across a C-call boundary"
            } else {
                "attempt to yield from outside a coroutine"
            }));
        }
        if (*co).run_depth.get() != rec.run_depth.get() {
            return Err(th.error_plain("attempt to yield across a C-call boundary"));
        }
        let first = rec.stack.get().add((*rec.ci.get()).base as usize);
        let n = rec.top.get().offset_from_unsigned(first);
        let flow = deliver(rec, first, n, SUSPENDED);
        switched(rec, flow)
    }
}

/// Whether the running coroutine lends its stack to `__close` handlers of another one.
fn closes_another(rec: &Record) -> bool {
    // SAFETY: the frames in use of the running coroutine.
    (0..=rec.frame_index()).any(|i| unsafe {
        let ci = rec.frame(i);
        (*ci).flags & CALL_NATIVE != 0 && continuation(ci) == Continuation::Closing
    })
}

/// `coroutine.status(co)`
pub fn co_status(th: &mut Thread) -> Result<u32> {
    let co = check_coroutine(th, 1)?;
    let text = status_of(th.rec(), co);
    let v = th.atom(text.as_bytes())?;
    th.ret(v)
}

fn status_of(rec: &Record, co: *mut Coroutine) -> &'static str {
    if co == rec.coroutine.get() {
        return "running";
    }
    // SAFETY: a live coroutine; the status is one atomic (I-25).
    match unsafe { (*co).state() } {
        SUSPENDED => "suspended",
        RUNNING | CLOSING => "running",
        NORMAL => "normal",
        _ => "dead",
    }
}

/// `coroutine.isyieldable([co])`
pub fn co_is_yieldable(th: &mut Thread) -> Result<u32> {
    let rec = th.rec();
    let co = if th.has_arg(1) { check_coroutine(th, 1)? } else { rec.coroutine.get() };
    // SAFETY: a live coroutine.
    let yes = unsafe {
        if co == rec.coroutine.get() {
            !(*co).resumer.get().is_null() && (*co).run_depth.get() == rec.run_depth.get()
        } else {
            co != rec.main_coroutine.get()
        }
    };
    th.ret_bool(yes)
}

/// `coroutine.running()`
pub fn co_running(th: &mut Thread) -> Result<u32> {
    let rec = th.rec();
    let co = rec.coroutine.get();
    th.push(Val::new(Value::object(co.cast())));
    th.push_bool(co == rec.main_coroutine.get());
    Ok(2)
}

/// `coroutine.close(co)`: closes its pending variables and kills it: `true`, or `false` and the error.
pub fn co_close(th: &mut Thread) -> Result<u32> {
    let co = check_coroutine(th, 1)?;
    let rec = th.rec();
    // SAFETY: a live coroutine, claimed before it is touched.
    unsafe {
        let status = status_of(rec, co);
        match status {
            "dead" if (*co).step(DEAD, RUNNING) => {}
            "suspended" if claim(rec, co) == Ok(()) => {}
            _ => return Err(th.error(format!("cannot close a {} coroutine", status_of(rec, co)))),
        }
        rec.error_value.set(Value::NIL);
        let ok = close_coroutine(rec, co);
        if ok {
            return th.ret_bool(true);
        }
        th.push_bool(false);
        th.push(Val::new(rec.error_value.replace(Value::NIL)));
        Ok(2)
    }
}

/// Closes the pending variables of a coroutine that this thread has claimed or that is dead; false when it had failed
/// or a `__close` failed, with the error in the record.
unsafe fn close_coroutine(rec: &Record, co: *mut Coroutine) -> bool {
    // SAFETY: caller. The calls run on the running coroutine, above its top.
    unsafe {
        (*co).status.store(CLOSING, Release);
        let slots = Record::stack_slots((*co).stack.get());
        let mut failed = (*co).failed.get();
        if failed {
            rec.error_value.set(*slots.add((*co).top.get() as usize - 1));
        }
        let frame = rec.frame_index();
        let waiting = continuation(rec.ci.get());
        set_continuation(rec.ci.get(), Continuation::Closing);
        // The hook of the running coroutine does not concern them.
        rec.without_hooks(|| {
            while let Some(marked) = Record::tbc_last(co, 0) {
                Record::tbc_pop(co);
                let v = *Record::stack_slots((*co).stack.get()).add(marked as usize);
                let offset = rec.top.get().offset_from_unsigned(rec.stack.get());
                if rec.ensure_stack(offset + MIN_NATIVE).is_err() {
                    break;
                }
                // The error so far stays below the call, for errors caught inside it replace the one in the record.
                let kept = rec.stack.get().add(offset);
                *kept = if failed { rec.error_value.get() } else { Value::NIL };
                let func = kept.add(1);
                *func = debuginfo::metamethod_of(rec, v, Event::Close);
                *func.add(1) = v;
                *func.add(2) = *kept;
                rec.top.set(func.add(3));
                // A new error is left in the record.
                if call::call_with_handler(rec, offset + 1, 0, 0, CALL_CLOSE) {
                    rec.error_value.set(*rec.stack.get().add(offset));
                } else {
                    failed = true;
                }
                rec.top.set(rec.stack.get().add(offset));
            }
        });
        set_continuation(rec.frame(frame), waiting);
        (*co).failed.set(false);
        (*co).clear_frames();
        (*co).status.store(DEAD, Release);
        !failed
    }
}

// ---- iteration ---------------------------------------------------------------------------------------------------------------

/// `next(t [, key])`
pub fn next(th: &mut Thread) -> Result<u32> {
    let t = th.check_table(1)?;
    let key = th.arg(2);
    if key.as_float().is_some() && key.to_int().is_some() {
        // Such a key is in no table; here, as in PUC Lua, it does not stand for the integer.
        return Err(th.error_plain("invalid key to 'next'"));
    }
    match th.raw_next(t, key)? {
        Some((k, v)) => {
            th.push(k);
            th.push(v);
            Ok(2)
        }
        None => th.ret_nil(),
    }
}

/// `pairs(t)`: `__pairs`'s three results, or next, t, nil.
pub fn pairs(th: &mut Thread) -> Result<u32> {
    th.check_any(1)?;
    if let Some(f) = th.metamethod(th.arg(1), Event::Pairs) {
        th.push(f);
        th.push(th.arg(1));
        return call_with(th.rec(), 1, Continuation::Pairs);
    }
    let f = th.new_native("next", next, 0)?;
    th.push(f);
    th.push(th.arg(1));
    th.push_nil();
    Ok(3)
}

/// The iterator of `ipairs`.
pub fn ipairs_step(th: &mut Thread) -> Result<u32> {
    let i = th.check_int(2)?.wrapping_add(1);
    if let Some(t) = th.arg(1).as_table() {
        let v = th.raw_get_int(t, i);
        if !v.is_nil() {
            th.push_int(i)?;
            th.push(v);
            return Ok(2);
        }
    }
    th.push_int(i)?;
    th.get_i(1, i)?;
    Ok(if th.at(-1).is_nil() { 1 } else { 2 })
}

/// `ipairs(t)`
pub fn ipairs(th: &mut Thread) -> Result<u32> {
    th.check_any(1)?;
    let f = th.new_native("ipairs_aux", ipairs_step, 0)?;
    th.push(f);
    th.push(th.arg(1));
    th.push_int(0)?;
    Ok(3)
}

/// `select(n, ...)`
pub fn select(th: &mut Thread) -> Result<u32> {
    let n = th.arg_count() as i64;
    if th.arg(1).as_bytes().is_some_and(|option| option.first() == Some(&b'#')) {
        return th.ret_int(n - 1);
    }
    let i = th.check_int(1)?;
    let i = if i < 0 { n + i } else { i.min(n) };
    if i < 1 {
        return Err(th.arg_error(1, "index out of range"));
    }
    Ok((n - i) as u32)
}

/// `error(message [, level])`
pub fn error(th: &mut Thread) -> Result<u32> {
    // A C int there: of a wider level the low bits count.
    let level = th.opt_int(2, 1)? as i32;
    if level > 0
        && let Some(text) = th.arg(1).as_bytes()
    {
        let mut message = th.where_(level as usize);
        message.extend_from_slice(text);
        return Err(th.error_plain(message));
    }
    Err(th.throw(th.arg(1)))
}

/// Closes the pending variables of the main coroutine, at the end of the program.
pub fn close_main(rec: &Record) {
    close_all_nested(rec, 1);
}
