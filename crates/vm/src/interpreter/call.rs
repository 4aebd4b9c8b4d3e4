//! Calls, returns, errors: everything that pushes or pops frames.
//!
//! Promises: Lua calls, metamethods, pcall, iteration and coroutines do not recurse natively; only native functions
//! that call back do ([`call_nested`]), with PUC's depth limit. An error finds its handler before any frame is popped
//! (contract 16).

use super::{CONTINUE, EXIT_DONE, EXIT_ERROR, Flow, execute, finish};
use crate::control;
use crate::coroutine::*;
use crate::debuginfo;
use crate::error;
use crate::frame::{GrowError, MIN_NATIVE};
use crate::hook;
use crate::metamethod::Event;
use crate::native::{Error, NativeFn};
use crate::object::{Kind, LuaClosure, NativeClosure, Table};
use crate::sync::Acquire;
use crate::thread::{POLL_FINALIZERS, POLL_INTERRUPT, Record, Thread};
use crate::value::{Val, Value};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Depth of nested native runs (LUAI_MAXCCALLS).
pub const MAX_NATIVE_DEPTH: u32 = 200;

/// Further levels while a message handler runs.
const HANDLER_DEPTH: u32 = 20;

/// Result counts from here on are not counts: the native function has already arranged how to go on.
pub const SWITCHED: u32 = 0xFFFF_FFF0;

/// [`CallInfo::wanted`] for a number of results, -1 for all.
#[inline(always)]
fn wanted(nresults: i16) -> u16 {
    nresults.wrapping_add(1) as u16
}

/// The function of the frame `ci` of the running coroutine.
/// # Safety
/// `ci` is a frame in use.
#[inline(always)]
pub unsafe fn function_slot(rec: &Record, ci: *const CallInfo) -> *mut Value {
    // SAFETY: caller.
    unsafe { rec.stack.get().add((*ci).base as usize - 1) }
}

/// A safepoint in a Lua frame whose next instruction is saved.
#[inline(never)]
pub fn safepoint(rec: &Record) -> Flow {
    // SAFETY: the current frame is a Lua function's, with its pc saved; frames do not move before `top` is restored.
    unsafe {
        let ci = rec.ci.get();
        let full = (*ci).top;
        // At a jump target no temporary is live: what lies above the active locals is garbage.
        (*ci).top = (*ci).base + active_registers(rec, ci);
        rec.top.set(rec.stack.get().add((*ci).top as usize));
        let left = rec.safepoint_slow();
        (*ci).top = full;
        rec.shrink_idle_stack();
        if handle_rest(rec, left) { throw(rec) } else { CONTINUE }
    }
}

/// How many registers hold active locals at the frame's saved pc.
/// # Safety
/// `ci` is a frame of a Lua function of the running coroutine, its pc saved.
unsafe fn active_registers(rec: &Record, ci: *const CallInfo) -> u32 {
    // SAFETY: caller.
    unsafe {
        let c = (*function_slot(rec, ci)).as_object().cast::<crate::object::LuaClosure>();
        let proto = (*c).proto;
        let pc = (*ci).pc.offset_from_unsigned((*proto).code) as u32;
        let locals = (*(*proto).info).function.locals.iter();
        let active = locals.filter(|l| l.start_pc <= pc + 1 && pc < l.end_pc).map(|l| l.reg as u32 + 1).max();
        // The variables of a loop, which go into cells first.
        let code = &(*(*proto).info).function.code;
        let put_into_cells = u32::from(luas_compiler::verify::put_into_cells(&code[pc as usize..]));
        active.unwrap_or(0).max((*proto).num_params as u32).max(put_into_cells)
    }
}

/// A safepoint in a Lua frame; whether it raised an error, which nobody has caught yet.
pub fn safepoint_raises(rec: &Record) -> bool {
    let left = rec.safepoint_slow();
    handle_rest(rec, left)
}

/// Handles what a safepoint leaves to the interpreter; whether it raised an error.
fn handle_rest(rec: &Record, left: u32) -> bool {
    if left & POLL_INTERRUPT != 0 {
        // What else was asked for comes at the next safepoint.
        if left & !POLL_INTERRUPT != 0 {
            rec.raise_poll(left & !POLL_INTERRUPT);
        }
        // Positioned as in PUC Lua, where a hook raises it: at the caller of the interrupted function.
        let mut text = error::position(rec, 1);
        text.extend_from_slice(b"interrupted!");
        error::set_message(rec, &text);
        return true;
    }
    if left & POLL_FINALIZERS != 0 {
        run_finalizers(rec);
    }
    if left & crate::thread_control::POLL_CANCEL != 0 {
        // SAFETY: the record is this thread's.
        let th = unsafe { Thread::from_record(rec) };
        return th.poll_cancel().is_err();
    }
    false
}

/// Calls the `__gc` metamethods that wait; their errors become warnings.
pub fn run_finalizers(rec: &Record) {
    if rec.in_finalizer.get() {
        return;
    }
    rec.in_finalizer.set(true);
    // The frame in progress may use all its registers: call from above them. Its top may delimit an open operand.
    let ci_top = rec.frame_index();
    // SAFETY: top lies in the stack.
    let top = unsafe { rec.top.get().offset_from_unsigned(rec.stack.get()) };
    rec.without_hooks(|| {
        while let Some(object) = rec.take_pending_finalizer() {
            let meta = debuginfo::metatable_of(rec, object);
            // SAFETY: a live metatable or null.
            let f = unsafe { crate::table::metamethod(rec, meta, Event::Gc) };
            if f.is_nil() {
                continue;
            }
            let saved = (rec.error_value.get(), rec.error_handled.get());
            // SAFETY: the slots above the current frame's extent are free.
            unsafe {
                let frame = rec.frame(ci_top);
                let extent = rec.stack.get().add((*frame).top as usize);
                if (*frame).flags & CALL_NATIVE == 0 && rec.top.get() < extent {
                    rec.top.set(extent);
                }
                let func = rec.top.get();
                *func = f;
                *func.add(1) = object;
                rec.top.set(func.add(2));
                let offset = func.offset_from_unsigned(rec.stack.get());
                if !call_with_handler(rec, offset, 0, 0, CALL_FINALIZER) {
                    let message = Val::new(rec.error_value.get());
                    let mut text = b"error in __gc (".to_vec();
                    text.extend_from_slice(message.as_bytes().unwrap_or(b"error object is not a string"));
                    text.push(b')');
                    // SAFETY: the record is this thread's.
                    Thread::from_record(rec).warn(&text, false);
                }
                rec.top.set(rec.stack.get().add(top));
            }
            rec.error_value.set(saved.0);
            rec.error_handled.set(saved.1);
        }
    });
    rec.in_finalizer.set(false);
}

/// "not enough memory"
#[inline(never)]
pub fn no_memory(rec: &Record) -> Flow {
    error::set_no_memory(rec);
    throw(rec)
}

/// The error that goes with a stack that cannot grow.
pub fn grow_error(rec: &Record, e: GrowError) -> Flow {
    match e {
        GrowError::Overflow => error::runtime(rec, "stack overflow"),
        GrowError::InHandler => {
            error::set_message(rec, b"error in error handling");
            rec.error_handled.set(true);
            throw(rec)
        }
        GrowError::Memory => no_memory(rec),
    }
}

/// Calls the function at `func` with the arguments up to `top`.
/// # Safety
/// `func` is a slot of the running coroutine below `top`; the current frame's pc is saved.
#[inline(never)]
pub unsafe fn call(rec: &Record, func: *mut Value, nresults: i16, flags: u16) -> Flow {
    // SAFETY: caller; the stack is re-read after each growth.
    unsafe {
        let offset = func.offset_from_unsigned(rec.stack.get());
        loop {
            let f = *rec.stack.get().add(offset);
            if let Some(closure) = f.as_kind::<LuaClosure>(Kind::LuaClosure) {
                return enter_lua(rec, offset, closure, nresults, flags);
            }
            if let Some(closure) = f.as_kind::<NativeClosure>(Kind::NativeClosure) {
                return call_native(rec, offset, (*closure).function, nresults, flags);
            }
            if let Err(flow) = resolve_call(rec, offset, flags) {
                return flow;
            }
        }
    }
}

/// Puts a function at `offset`, where a value is that is none: its `__call`, or the `__call` of that, and so on; each
/// value passed on the way becomes the first argument of the one before it.
/// # Safety
/// As [`call`].
#[cold]
unsafe fn resolve_call(rec: &Record, offset: usize, flags: u16) -> Result<(), Flow> {
    // SAFETY: caller. The chain is collected above the arguments and moved below them at its end, so that long chains
    // take linear time.
    unsafe {
        let end = rec.top.get().offset_from_unsigned(rec.stack.get());
        let mut f = *rec.stack.get().add(offset);
        // Mostly a table whose `__call` is a function.
        if let Some(t) = f.as_table()
            && let m = crate::table::metamethod(rec, (*t).meta.load(Acquire) as *const Table, Event::Call)
            && m.type_of() == crate::value::Type::Function
        {
            if let Err(e) = rec.ensure_stack(end + 1) {
                return Err(grow_error(rec, e));
            }
            let slot = rec.stack.get().add(offset);
            std::ptr::copy(slot, slot.add(1), end - offset);
            *slot = m;
            rec.top.set(rec.stack.get().add(end + 1));
            return Ok(());
        }
        let mut n = 0;
        while f.type_of() != crate::value::Type::Function {
            let m = debuginfo::metamethod_of(rec, f, Event::Call);
            if m.is_nil() {
                let slot = rec.stack.get().add(offset);
                *slot = f;
                return Err(error::call_error(rec, slot, flags));
            }
            if let Err(e) = rec.ensure_stack(end + n + 1) {
                return Err(grow_error(rec, e));
            }
            *rec.stack.get().add(end + n) = m;
            n += 1;
            rec.top.set(rec.stack.get().add(end + n));
            f = m;
        }
        let slots = std::slice::from_raw_parts_mut(rec.stack.get().add(offset), end + n - offset);
        slots.rotate_right(n);
        slots[..n].reverse();
        Ok(())
    }
}

unsafe fn enter_lua(rec: &Record, offset: usize, closure: *mut LuaClosure, nresults: i16, flags: u16) -> Flow {
    // SAFETY: caller of `call`.
    unsafe {
        let proto = (*closure).proto;
        let mut nargs = rec.top.get().offset_from_unsigned(rec.stack.get()) - offset - 1;
        let max_stack = (*proto).max_stack as usize;
        if let Err(e) = rec.ensure_stack((offset + 1 + max_stack).max(offset + 1 + nargs)) {
            return grow_error(rec, e);
        }
        let frame = rec.stack.get().add(offset + 1);
        while nargs < (*proto).num_params as usize {
            *frame.add(nargs) = Value::NIL;
            nargs += 1;
        }
        let ci = match rec.next_frame() {
            Ok(ci) => ci,
            Err(e) => return grow_error(rec, e),
        };
        *ci = CallInfo {
            pc: (*proto).code,
            k: (*proto).constants,
            base: offset as u32 + 1,
            top: (offset + 1 + max_stack) as u32,
            wanted: wanted(nresults),
            flags,
            extra: 0,
        };
        rec.ci.set(ci);
        // A vararg function is ready after its VARARGPREP only.
        if rec.hook_mask.get() != 0 && !(*proto).is_vararg {
            return hook::called(rec);
        }
        CONTINUE
    }
}

unsafe fn call_native(rec: &Record, offset: usize, function: NativeFn, nresults: i16, flags: u16) -> Flow {
    // SAFETY: caller of `call`.
    unsafe {
        let end = rec.top.get().offset_from_unsigned(rec.stack.get());
        if let Err(e) = rec.ensure_stack(end + MIN_NATIVE) {
            return grow_error(rec, e);
        }
        let ci = match rec.next_frame() {
            Ok(ci) => ci,
            Err(e) => return grow_error(rec, e),
        };
        *ci = CallInfo {
            pc: std::ptr::null(),
            k: std::ptr::null(),
            base: offset as u32 + 1,
            top: (end + MIN_NATIVE) as u32,
            wanted: wanted(nresults),
            flags: flags | CALL_NATIVE,
            extra: (end - offset - 1) as u32,
        };
        rec.ci.set(ci);
        if rec.hook_mask.get() & hook::HOOK_CALL != 0 {
            let flow = hook::called_native(rec);
            if flow != hook::PROCEED {
                return flow;
            }
        }
        match boundary(&mut Thread::from_record(rec), function) {
            Ok(n) if n < SWITCHED => return_native(rec, n as usize),
            Ok(_) => rec.pending_flow.get(),
            Err(Error(())) => throw(rec),
        }
    }
}

/// Runs the native function whose frame is the current one, with an event for a hook neither before nor after: the
/// number of its results, which are the topmost values; or [`SWITCHED`], and `pending_flow` says how to go on.
/// # Safety
/// The current frame is that function's, made as in [`call`].
#[inline(never)]
pub unsafe fn run_native(rec: &Record, function: NativeFn) -> u32 {
    // SAFETY: the record is the calling thread's; the handle lives for the call.
    let mut handle = unsafe { Thread::from_record(rec) };
    // The record is found through the handle afterwards: so no register has to be saved for it.
    match boundary(&mut handle, function) {
        Ok(n) => n,
        Err(Error(())) => failed(&handle),
    }
}

#[cold]
#[inline(never)]
fn failed(th: &Thread) -> u32 {
    let rec = th.rec();
    rec.pending_flow.set(throw(rec));
    SWITCHED
}

/// The one boundary around every native function: a panic becomes a Lua error that names the function (contract 17).
#[inline(always)]
fn boundary(handle: &mut Thread, function: NativeFn) -> Result<u32, Error> {
    match catch_unwind(AssertUnwindSafe(|| function(handle))) {
        Ok(r) => r,
        Err(payload) => Err(panicked(handle, payload)),
    }
}

#[cold]
#[inline(never)]
fn panicked(th: &Thread, payload: Box<dyn std::any::Any + Send>) -> Error {
    let rec = th.rec();
    let text = payload
        .downcast_ref::<&str>()
        .map(|s| s.to_string())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "unknown panic".into());
    // SAFETY: the current frame is the native function's, or one that it left behind; its function slot is live.
    let name = unsafe { (*function_slot(rec, rec.ci.get())).as_kind::<NativeClosure>(Kind::NativeClosure) }
        // SAFETY: a live closure.
        .map_or("?", |c| unsafe { (*c).name });
    error::set_message(rec, format!("panic in native function '{name}': {text}").as_bytes());
    Error(())
}

/// The running native function returns its `n` topmost values.
#[inline]
pub fn return_native(rec: &Record, n: usize) -> Flow {
    // SAFETY: a native function's results are its topmost values.
    unsafe {
        debug_assert!(
            rec.top.get().offset_from(rec.stack.get().add((*rec.ci.get()).base as usize)) >= n as isize - 1,
            "a native function returns more values than it has"
        );
        let first = rec.top.get().sub(n);
        finish_call(rec, first, n)
    }
}

/// Ends the current frame with `n` results at `first`: moves them to the function's place, adjusted to what the caller
/// wants, and goes on with the caller.
/// # Safety
/// The results lie in the stack at or above the function's slot.
pub unsafe fn finish_call(rec: &Record, first: *mut Value, n: usize) -> Flow {
    // SAFETY: caller.
    unsafe {
        let mut first = first;
        if rec.hook_mask.get() != 0 {
            match hook::returned(rec, first, n) {
                Ok(moved) => first = moved,
                Err(flow) => return flow,
            }
        }
        finish_frame(rec, first, n)
    }
}

/// [`finish_call`] without its event.
#[inline(always)]
unsafe fn finish_frame(rec: &Record, first: *mut Value, n: usize) -> Flow {
    // SAFETY: caller.
    unsafe {
        let ci = rec.ci.get();
        let flags = (*ci).flags;
        let result = rec.stack.get().add((*ci).base as usize - 1);
        let wanted = (*ci).wanted.wrapping_sub(1) as i16;
        let end;
        match wanted {
            0 => end = result,
            1 => {
                *result = if n > 0 { *first } else { Value::NIL };
                end = result.add(1);
            }
            _ => {
                let count = if wanted < 0 { n } else { n.min(wanted as usize) };
                let mut i = 0;
                if count <= 4 {
                    // Upwards: the results lie above their place.
                    while i < count {
                        *result.add(i) = *first.add(i);
                        i += 1;
                    }
                } else {
                    std::ptr::copy(first, result, count);
                    i = count;
                }
                while (i as isize) < wanted as isize {
                    *result.add(i) = Value::NIL;
                    i += 1;
                }
                end = result.add(i);
            }
        }
        rec.top.set(end);
        rec.ci.set(ci.sub(1));
        if flags & CALL_SLOW_RETURN == 0 {
            return CONTINUE;
        }
        if flags & CALL_META != 0 {
            return finish::metamethod(rec, *result);
        }
        if flags & CALL_CLOSE != 0 && flags & (CALL_TO_NATIVE | CALL_FRESH) == 0 {
            // The instruction that closes goes on with the next variable.
            let caller = rec.ci.get();
            (*caller).pc = (*caller).pc.sub(1);
            if rec.hook_mask.get() != 0 {
                hook::again(rec);
            }
            return CONTINUE;
        }
        if flags & CALL_COROUTINE != 0 {
            return control::coroutine_returned(rec, result, end.offset_from_unsigned(result));
        }
        if flags & CALL_TO_NATIVE != 0 {
            return control::continue_native(rec, result, end.offset_from_unsigned(result));
        }
        debug_assert!(flags & CALL_FRESH != 0);
        EXIT_DONE
    }
}

/// RETURN in its general form.
#[inline(never)]
pub fn return_values(rec: &Record, a: usize, b: usize, close: usize) -> Flow {
    // SAFETY: operands of verified code in the current Lua frame.
    unsafe {
        let ci = rec.ci.get();
        let mut first = rec.stack.get().add((*ci).base as usize + a);
        let n = if (*ci).flags & CALL_RETURNING != 0 {
            (*rec.stack.get().add((*ci).top as usize - 1)).as_small_int() as usize
        } else if b == 0 {
            rec.top.get().offset_from_unsigned(first)
        } else {
            b - 1
        };
        if close != 0 && Record::tbc_last(rec.coroutine.get(), (*ci).base).is_some() {
            if (*ci).flags & CALL_RETURNING == 0 {
                // The results and their number stay below the calls of the __close metamethods.
                let end = ((*ci).base as usize + a + n).max((*ci).top as usize);
                if let Err(e) = rec.ensure_stack(end + 2) {
                    return grow_error(rec, e);
                }
                *rec.stack.get().add(end) = Value::int_unchecked(n as i64);
                (*ci).top = end as u32 + 1;
                (*ci).flags |= CALL_RETURNING;
            }
            return close_next(rec, (*ci).base);
        }
        if rec.hook_mask.get() != 0 {
            match hook::returned(rec, first, n) {
                Ok(moved) => first = moved,
                Err(flow) => return flow,
            }
        }
        let ci = rec.ci.get();
        if (*ci).flags & CALL_VARARG != 0 {
            // Back below the extra arguments.
            let params = (*(*(*function_slot(rec, ci)).as_kind::<LuaClosure>(Kind::LuaClosure).unwrap_unchecked())
                .proto)
                .num_params as u32;
            (*ci).base -= (*ci).extra + params + 1;
        }
        finish_frame(rec, first, n)
    }
}

/// VARARGPREP: moves the function and its fixed parameters above the extra arguments.
#[inline(never)]
pub fn vararg_prepare(rec: &Record, params: usize) -> Flow {
    // SAFETY: the first instruction of a vararg function; `top` is the end of its arguments, at least `params` long.
    unsafe {
        let ci = rec.ci.get();
        let base = (*ci).base as usize;
        let nargs = rec.top.get().offset_from_unsigned(rec.stack.get().add(base)).max(params);
        let extra = nargs - params;
        let max_stack = (*ci).top as usize - base;
        let new_base = base + nargs + 1;
        if let Err(e) = rec.ensure_stack(new_base + max_stack) {
            return grow_error(rec, e);
        }
        let ci = rec.ci.get();
        let old = rec.stack.get().add(base - 1);
        let new = rec.stack.get().add(new_base - 1);
        *new = *old;
        let mut i = 1;
        while i <= params {
            *new.add(i) = *old.add(i);
            *old.add(i) = Value::NIL;
            i += 1;
        }
        (*ci).base = new_base as u32;
        (*ci).top = (new_base + max_stack) as u32;
        (*ci).extra = extra as u32;
        (*ci).flags |= CALL_VARARG;
        if rec.hook_mask.get() != 0 {
            return hook::called(rec);
        }
        CONTINUE
    }
}

/// VARARG
#[inline(never)]
pub fn varargs(rec: &Record, a: usize, c: usize) -> Flow {
    // SAFETY: operands of verified code in a vararg frame.
    unsafe {
        let ci = rec.ci.get();
        let extra = (*ci).extra as usize;
        let base = (*ci).base as usize;
        let wanted = if c == 0 { extra } else { c - 1 };
        if c == 0
            && let Err(e) = rec.ensure_stack(base + a + extra)
        {
            return grow_error(rec, e);
        }
        let slots = rec.stack.get();
        let from = slots.add(base - 1 - extra);
        let to = slots.add(base + a);
        let mut i = 0;
        while i < wanted && i < extra {
            *to.add(i) = *from.add(i);
            i += 1;
        }
        while i < wanted {
            *to.add(i) = Value::NIL;
            i += 1;
        }
        if c == 0 {
            rec.top.set(to.add(wanted));
        }
        CONTINUE
    }
}

/// TAILCALL: the callee takes the frame's place.
/// # Safety
/// `func` is a register of the current Lua frame, the arguments end at `top`.
#[inline(never)]
pub unsafe fn tail_call(rec: &Record, func: *mut Value) -> Flow {
    // SAFETY: caller.
    unsafe {
        let mut func = func;
        // Resolve __call first, so that what remains is a Lua or a native function.
        if (*func).type_of() != crate::value::Type::Function {
            let offset = func.offset_from_unsigned(rec.stack.get());
            if let Err(flow) = resolve_call(rec, offset, 0) {
                return flow;
            }
            func = rec.stack.get().add(offset);
        }
        let ci = rec.ci.get();
        if (*func).as_kind::<NativeClosure>(Kind::NativeClosure).is_some() {
            // A native function needs no frame of ours: call it, then return what it gave (as PUC does).
            return call_then_return(rec, func);
        }
        let params = if (*ci).flags & CALL_VARARG != 0 {
            let own = (*function_slot(rec, ci)).as_kind::<LuaClosure>(Kind::LuaClosure).unwrap_unchecked();
            (*ci).extra + (*(*own).proto).num_params as u32 + 1
        } else {
            0
        };
        let target = (*ci).base as usize - 1 - params as usize;
        let count = rec.top.get().offset_from_unsigned(func);
        let closure = (*func).as_kind::<LuaClosure>(Kind::LuaClosure).unwrap_unchecked();
        let max_stack = (*(*closure).proto).max_stack as usize;
        // Here, not in `enter_lua`: an error must meet the frame, whose flags say where this run ends.
        let offset = func.offset_from_unsigned(rec.stack.get());
        if let Err(e) = rec.ensure_stack(target + 1 + max_stack.max(count)) {
            return grow_error(rec, e);
        }
        let func = rec.stack.get().add(offset);
        let to = rec.stack.get().add(target);
        std::ptr::copy(func, to, count);
        rec.top.set(to.add(count));
        let (nresults, flags) = ((*ci).wanted.wrapping_sub(1) as i16, (*ci).flags & CALL_SLOW_RETURN);
        rec.ci.set(ci.sub(1));
        enter_lua(rec, target, closure, nresults, flags | CALL_TAIL)
    }
}

/// A tail call of a native function: an ordinary call with all results, whose RETURN follows in the code.
unsafe fn call_then_return(rec: &Record, func: *mut Value) -> Flow {
    // SAFETY: caller of `tail_call`. The compiler puts `RETURN A 0` after every TAILCALL.
    unsafe { call(rec, func, -1, 0) }
}

// ---- metamethods ----------------------------------------------------------------------------------------------------------------

/// Calls metamethod `f` with up to three arguments for the instruction in progress, which [`finish`] completes.
/// `skip` slots above the frame are left as they are.
/// # Safety
/// The current frame is a Lua frame with its pc saved.
pub unsafe fn call_meta(rec: &Record, f: Value, args: &[Value], nresults: i16, skip: usize) -> Flow {
    // SAFETY: caller; EXTRA_SLOTS cover the function and its arguments.
    unsafe {
        let ci = rec.ci.get();
        let func = rec.stack.get().add((*ci).top as usize + skip);
        *func = f;
        for (i, v) in args.iter().enumerate() {
            *func.add(1 + i) = *v;
        }
        // As in the handlers of calls: a Lua function that gets all its parameters, and whose frame fits.
        if let Some(closure) = f.as_kind::<LuaClosure>(Kind::LuaClosure)
            && let proto = (*closure).proto
            && (*proto).plain_params as usize <= args.len()
            && rec.hook_mask.get() == 0
            && func.add(1 + (*proto).max_stack as usize) <= rec.stack_limit.get()
            && ci < rec.ci_last.get()
        {
            let callee = ci.add(1);
            let base = (*ci).top + skip as u32 + 1;
            *callee = CallInfo {
                pc: (*proto).code,
                k: (*proto).constants,
                base,
                top: base + (*proto).max_stack,
                wanted: wanted(nresults),
                flags: CALL_META,
                extra: 0,
            };
            rec.ci.set(callee);
            return CONTINUE;
        }
        rec.top.set(func.add(1 + args.len()));
        call(rec, func, nresults, CALL_META)
    }
}

// ---- closing ------------------------------------------------------------------------------------------------------------------------

/// CLOSE
#[inline(never)]
pub fn close_instruction(rec: &Record, a: usize) -> Flow {
    // SAFETY: a Lua frame.
    unsafe { close_next(rec, (*rec.ci.get()).base + a as u32) }
}

/// Calls `__close` of the topmost variable at or above `level`; the instruction in progress runs again afterwards, and
/// gets past here when none is left.
unsafe fn close_next(rec: &Record, level: u32) -> Flow {
    // SAFETY: caller: a Lua frame in the instruction CLOSE or RETURN.
    unsafe {
        let co = rec.coroutine.get();
        let Some(slot) = Record::tbc_last(co, level) else { return CONTINUE };
        Record::tbc_pop(co);
        let v = *rec.stack.get().add(slot as usize);
        let ci = rec.ci.get();
        let func = rec.stack.get().add((*ci).top as usize);
        *func = debuginfo::metamethod_of(rec, v, Event::Close);
        *func.add(1) = v;
        *func.add(2) = Value::NIL;
        rec.top.set(func.add(3));
        call(rec, func, 0, CALL_CLOSE)
    }
}

/// TBC
#[inline(never)]
pub fn mark_to_be_closed(rec: &Record, a: usize) -> Flow {
    // SAFETY: a Lua frame.
    unsafe {
        let offset = (*rec.ci.get()).base + a as u32;
        let v = *rec.stack.get().add(offset as usize);
        if v.is_falsy() {
            return CONTINUE;
        }
        if debuginfo::metamethod_of(rec, v, Event::Close).is_nil() {
            let name = debuginfo::local_name(rec, rec.ci.get(), a).unwrap_or_else(|| b"(temporary)".to_vec());
            let mut message = b"variable '".to_vec();
            message.extend_from_slice(&name);
            message.extend_from_slice(b"' got a non-closable value");
            return error::runtime(rec, message);
        }
        if !rec.tbc_push(offset) {
            return no_memory(rec);
        }
        CONTINUE
    }
}

// ---- errors --------------------------------------------------------------------------------------------------------------------------

/// Raises the error in the record: calls the message handler in force, then gives control to the innermost frame that
/// catches errors, or leaves the run or the coroutine.
#[cold]
pub fn throw(rec: &Record) -> Flow {
    // SAFETY: frames and slots of the running coroutine.
    unsafe {
        handle_error(rec);
        rec.error_handled.set(true);
        let first = rec.frame(0);
        let mut ci = rec.ci.get();
        while ci > first {
            let flags = (*ci).flags;
            if flags & CALL_PROTECTED != 0 {
                rec.ci.set(ci);
                return control::caught(rec);
            }
            if flags & (CALL_FRESH | CALL_GUARD) != 0 {
                rec.ci.set(ci);
                return EXIT_ERROR;
            }
            ci = ci.sub(1);
        }
        // Nobody catches: the coroutine dies with its frames, which tracebacks show.
        control::coroutine_failed(rec)
    }
}

/// Calls the message handler in force, if any, unless it has seen this error. As in PUC Lua it does not see "not enough
/// memory": it might need some.
pub fn handle_error(rec: &Record) {
    // SAFETY: the running coroutine, whose handler lies in its stack.
    unsafe {
        let handler = (*rec.coroutine.get()).error_handler();
        if handler != 0 && !rec.error_handled.get() && !error::is_memory(rec, rec.error_value.get()) {
            call_handler(rec);
        }
    }
}

/// Calls the message handler with the error value, on top of all frames.
unsafe fn call_handler(rec: &Record) {
    // SAFETY: caller: `throw`.
    unsafe {
        let co = rec.coroutine.get();
        if rec.handler_depth.get() >= 10 {
            // The handler keeps failing.
            error::set_message(rec, b"error in error handling");
            return;
        }
        rec.handler_depth.set(rec.handler_depth.get() + 1);
        let index = rec.frame_index();
        let handler = *rec.stack.get().add((*co).error_handler() as usize);
        let ci = rec.ci.get();
        let mut top = rec.top.get().offset_from_unsigned(rec.stack.get());
        if (*ci).flags & CALL_NATIVE == 0 {
            top = top.max((*ci).top as usize);
        }
        if rec.ensure_stack(top + 2).is_ok() {
            let func = rec.stack.get().add(top);
            *func = handler;
            *func.add(1) = rec.error_value.get();
            rec.top.set(func.add(2));
            let flow = call_nested(rec, top, 1);
            if flow == EXIT_DONE {
                rec.error_value.set(*rec.stack.get().add(top));
            }
        } else {
            error::set_message(rec, b"error in error handling");
        }
        rec.ci.set(rec.frame(index));
        rec.top.set(rec.stack.get().add(top));
        rec.handler_depth.set(rec.handler_depth.get() - 1);
    }
}

// ---- from native code ------------------------------------------------------------------------------------------------------------------

/// Calls the function at `offset` with the arguments up to `top`, from native code, and waits: EXIT_DONE with the
/// results at `offset`, or EXIT_ERROR with the frames of the failed call still there for the caller to cut.
/// # Safety
/// `offset` is a slot of the running coroutine.
pub unsafe fn call_nested(rec: &Record, offset: usize, nresults: i16) -> Flow {
    // SAFETY: caller.
    unsafe { call_nested_as(rec, offset, nresults, 0) }
}

/// As [`call_nested`], with further flags for the callee's frame: CALL_CLOSE for a `__close`.
/// # Safety
/// As [`call_nested`].
pub unsafe fn call_nested_as(rec: &Record, offset: usize, nresults: i16, flags: u16) -> Flow {
    // SAFETY: caller.
    unsafe {
        // A message handler has some levels of its own, for the report of the overflow.
        let spare = if rec.handler_depth.get() > 0 { HANDLER_DEPTH } else { 0 };
        if rec.run_depth.get() >= MAX_NATIVE_DEPTH + spare {
            if spare > 0 {
                error::set_message(rec, b"error in error handling");
            } else {
                error::set_positioned(rec, b"C stack overflow");
                if (*rec.coroutine.get()).error_handler() != 0 {
                    call_handler(rec);
                }
            }
            rec.error_handled.set(true);
            return EXIT_ERROR;
        }
        rec.run_depth.set(rec.run_depth.get() + 1);
        // An error before the callee has its frame (it is not callable, the stack cannot grow) ends here too, not in
        // some frame below, which belongs to another run.
        let co = rec.coroutine.get();
        let index = rec.frame_index();
        (*rec.ci.get()).flags |= CALL_GUARD;
        let mut flow = call(rec, rec.stack.get().add(offset), nresults, CALL_FRESH | flags);
        // The frames may have moved, and the callee may have switched to another coroutine.
        let own = Record::buffer_contents::<CallInfo>((*co).frames.get()).add(index);
        (*own).flags &= !CALL_GUARD;
        if flow == CONTINUE {
            flow = execute(rec);
        }
        rec.run_depth.set(rec.run_depth.get() - 1);
        flow
    }
}

/// As [`call_nested`], but catches: false when an error was raised; it is in `error_value`, the frames are cut, and
/// to-be-closed variables of the call are closed.
/// # Safety
/// As [`call_nested`].
pub unsafe fn call_protected(rec: &Record, offset: usize, nresults: i16) -> bool {
    // SAFETY: caller. Handler 0 is none.
    unsafe { call_with_handler(rec, offset, nresults, 0, 0) }
}

/// As [`call_protected`] with the message handler at offset `handler`, and flags as for [`call_nested_as`].
/// # Safety
/// As [`call_nested`].
pub unsafe fn call_with_handler(rec: &Record, offset: usize, nresults: i16, handler: u32, flags: u16) -> bool {
    // SAFETY: caller.
    unsafe {
        let co = rec.coroutine.get();
        let index = rec.frame_index();
        let old = (*co).replace_error_handler(handler);
        let handled = rec.error_handled.replace(false);
        let ok = call_nested_as(rec, offset, nresults, flags) == EXIT_DONE;
        if !ok {
            rec.ci.set(rec.frame(index));
            rec.top.set(rec.stack.get().add(offset));
            control::close_all_nested(rec, offset as u32);
            rec.shrink_after_overflow();
        }
        (*co).replace_error_handler(old);
        rec.error_handled.set(handled);
        ok
    }
}
