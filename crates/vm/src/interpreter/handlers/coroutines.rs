//! The calls that switch coroutines: `coroutine.resume`, functions that `coroutine.wrap` made, and `coroutine.yield`.
//!
//! What is plain is done here: a Lua function calls with a fixed number of arguments, the coroutine that goes on is
//! local, waits in such a call itself, and has no hook. Everything else is an ordinary call of the native function, which
//! [`crate::control`] has. Both leave the same frames and fields behind.

use super::*;
use crate::coroutine::{CallInfo, Coroutine, NORMAL, RUNNING, SUSPENDED};
use crate::object::COROUTINE_LOCAL;

/// The frame in which `$co` waits, if it has `$state` and no hook, and if a Lua function called the native one that is
/// to return `$n` values there. A fixed number of results finds room in the frame of that function; any number, only
/// where there is some.
macro_rules! waits_plainly {
    ($co:expr, $at:expr, $state:expr, $n:expr) => {
        (*$co).plain_state() == $state as u64
            && (*$at).flags == CALL_NATIVE
            && ((*$at).wanted != 0 || has_room($co, $at, $n as u32))
    };
}
/// Whether `n` results fit below the limit of the stack.
#[inline(always)]
unsafe fn has_room(co: *const Coroutine, at: *const CallInfo, n: u32) -> bool {
    // SAFETY: caller: `at` is the current frame of the live `co`.
    unsafe { Record::stack_slots((*co).stack.get()).wrapping_add(((*at).base + n) as usize) < (*co).stack_limit.get() }
}

/// The frame above `$ci`, made that of the native function which the Lua function there calls by `$ins`.
macro_rules! native_frame {
    ($ci:expr, $pc:expr, $ins:expr, $nargs:expr, $continuation:expr) => {{
        let ci: *mut CallInfo = $ci;
        (*ci).pc = $pc;
        let own = ci.add(1);
        let offset = in_order((*ci).base as u64 + a_first!($ins) as u64 + 1) as u32;
        (*own).k = $continuation as usize as *const Value;
        (*own).base = offset;
        (*own).top = offset + $nargs as u32;
        let word = ($ins as u32 >> 24) as u64 | (CALL_NATIVE as u64) << 16 | ($nargs as u64) << 32;
        *(&raw mut (*own).wanted).cast::<u64>() = word;
        own
    }};
}

/// Resumes the object `$co`, if that is plain, with the `$n` arguments at `$first`, of `$nargs` in all.
macro_rules! resume_plainly {
    ($co:expr, $first:expr, $n:expr, $nargs:expr, $continuation:expr, $pc:expr, $ins:expr, $th:expr) => {{
        let co = $co as *const Coroutine;
        let at = (*co).at.get();
        if waits_plainly!(co, at, SUSPENDED, $n)
            && (*(*$th).coroutine.get()).nesting.get() < call::MAX_NATIVE_DEPTH
            && (*$th).ci.get() < (*$th).ci_last.get()
        {
            let own = native_frame!((*$th).ci.get(), $pc, $ins, $nargs, $continuation);
            let from = (*$th).coroutine.get();
            (*from).at.set(own);
            (*from).top.set((*own).top);
            (*from).set_plain_state(NORMAL);
            (*co).resumer.set(from);
            (*co).nesting.set((*from).nesting.get() + 1);
            (*co).run_depth.set((*$th).run_depth.get());
            (*co).set_plain_state(RUNNING);
            return switch_to(at.cast(), $first, $n, $th, co.cast());
        }
    }};
}

op! {
    #[inline(never)]
    call_resume(pc, base, ins, th, native) {
        let first = base.add(a_first!(ins) + 1);
        let p = object_bits!(*first);
        let n = in_order(b!(ins) as u64).wrapping_sub(2);
        if (n as i64) >= 0 && is_kind!(p, th, kind => kind == COROUTINE_LOCAL) {
            resume_plainly!(p, first.add(1), n, n + 1, Continuation::Resume, pc, ins, th);
        }
        return call_native(pc, base, ins, th, native);
    }
}
op! {
    #[inline(never)]
    call_wrapped(pc, base, ins, th, native) {
        let p = object_bits!(Value(NativeClosure::upval(native.cast(), 0).load(Acquire)));
        let n = in_order(b!(ins) as u64).wrapping_sub(1);
        if (n as i64) >= 0 && is_kind!(p, th, kind => kind == COROUTINE_LOCAL) {
            let first = base.add(a_first!(ins) + 1);
            resume_plainly!(p, first, n, n, Continuation::Wrap, pc, ins, th);
        }
        return call_native(pc, base, ins, th, native);
    }
}
op! {
    #[inline(never)]
    call_yield(pc, base, ins, th, native) {
        let co = (*th).coroutine.get();
        let to = (*co).resumer.get();
        let n = in_order(b!(ins) as u64).wrapping_sub(1);
        if *co.cast::<u8>() == COROUTINE_LOCAL
            && !to.is_null()
            && (*co).run_depth.get() == (*th).run_depth.get()
            && (n as i64) >= 0
        {
            let at = (*to).at.get();
            let ci = (*th).ci.get();
            let waiting = (*at).k as usize;
            if waits_plainly!(to, at, NORMAL, n + 1)
                && (waiting == Continuation::Resume as usize || waiting == Continuation::Wrap as usize)
                && ci < (*th).ci_last.get()
            {
                let own = native_frame!(ci, pc, ins, n, Continuation::None);
                (*co).at.set(own);
                // What is handed over does not stay behind.
                (*co).top.set((*own).base);
                (*co).resumer.set(std::ptr::null_mut());
                (*co).set_plain_state(SUSPENDED);
                (*to).set_plain_state(RUNNING);
                let first = base.add(a_first!(ins) + 1);
                if waiting == Continuation::Resume as usize {
                    return switch_back(at.cast(), first, n, th, to.cast());
                }
                return switch_to(at.cast(), first, n, th, to.cast());
            }
        }
        return call_native(pc, base, ins, th, native);
    }
}

/// Makes `$co` the running coroutine, in the Lua frame below the native frame `$at`, which returns `true` if `$lead` says
/// so, and `$n` values at `$first`.
macro_rules! switch {
    ($at:expr, $first:expr, $n:expr, $th:expr, $co:expr, $lead:expr) => {{
        let co = $co.cast_mut().cast::<Coroutine>();
        let at = $at.cast_mut().cast::<CallInfo>();
        let stack = Record::stack_slots((*co).stack.get());
        (*$th).coroutine.set(co);
        (*$th).stack.set(stack);
        (*$th).stack_limit.set((*co).stack_limit.get());
        (*$th).ci_last.set((*co).ci_last.get());
        let caller = at.sub(1);
        (*$th).ci.set(caller);
        let mut to = stack.add((*at).base as usize).sub(1);
        let mut count = ((*at).wanted as usize).wrapping_sub(1);
        if count == usize::MAX {
            count = $n as usize + $lead as usize;
        }
        if $lead {
            // When nothing is wanted, this is where the function was.
            *to = Value::TRUE;
            to = to.add(1);
            count = count.saturating_sub(1);
        }
        (*$th).top.set(to.add(count));
        if count == 1 && $n != 0 {
            *to = *$first;
        } else {
            move_results!($first, $n as usize, to, count);
        }
        next!((*caller).pc, stack.add((*caller).base as usize), $th, (*caller).k)
    }};
}
op! {
    #[inline(never)]
    switch_to(at, first, n, th, co) {
        switch!(at, first, n, th, co, false)
    }
}
op! {
    #[inline(never)]
    switch_back(at, first, n, th, co) {
        switch!(at, first, n, th, co, true)
    }
}
