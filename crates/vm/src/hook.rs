//! Debug hooks: a function of a coroutine that is called at events (contract 20).
//!
//! Promises: a program without hooks pays one test of the record's `hook_mask` at calls of native functions and at
//! returns that are slow anyway. A hook swaps the dispatch table: line and count events come from handlers that look
//! before they jump to the real one, call and return events from calls and returns that then all take the slow way
//! ([`crate::interpreter::table_for`]). A hook does not run while one runs, nor in finalizers.
//!
//! Differs from `ldebug.c` in what one instruction is, so count events come at other places than in PUC Lua.

use crate::coroutine::{CALL_HOOK, CALL_NATIVE, CALL_TAIL, CallInfo, Coroutine};
use crate::debuginfo;
use crate::interpreter::call::{call_nested_as, function_slot, grow_error, no_memory, throw};
use crate::interpreter::{self, CONTINUE, EXIT_DONE, EXIT_ERROR, Flow, current_instruction};
use crate::native::Result;
use crate::object::{Kind, LuaClosure};
use crate::thread::{Record, Thread};
use crate::value::{Val, Value};
use luas_compiler::bytecode::{Function, NO_LINE, Opcode};

/// Events before a function's first instruction.
pub const HOOK_CALL: u32 = 1;
/// Events before a function returns.
pub const HOOK_RETURN: u32 = 2;
/// Events before the first instruction of a line, and when a jump goes back to it.
pub const HOOK_LINE: u32 = 4;
/// Events after a number of instructions.
pub const HOOK_COUNT: u32 = 8;

/// The hook was not called, or has returned: the instruction, call or return in progress goes on.
pub const PROCEED: Flow = u64::MAX;

/// [`Hook::pc`] when the instruction in progress starts again after a `__close`: it has had its events.
const AGAIN: u32 = u32::MAX;

/// What a coroutine knows of its hook. Belongs to whoever runs the coroutine, or has claimed it (I-25).
#[derive(Clone, Copy)]
pub struct Hook {
    /// The function, nil for none. Traced.
    pub function: Value,
    /// `HOOK_*` bits. A new coroutine inherits them without the function, as in PUC Lua.
    pub mask: u32,
    /// Instructions between two count events.
    pub count: i32,
    /// Instructions up to the next count event.
    left: i32,
    /// Word offset of the instruction last looked at, to see lines change; may belong to another function.
    pc: u32,
    /// The hook or a finalizer runs: no events.
    pub off: bool,
    /// Number of the first value given or returned, as [`Thread::get_local`] counts, and how many there are; while the
    /// hook runs.
    pub transfer: (u16, u16),
}

impl Hook {
    /// No hook.
    pub const NONE: Hook =
        Hook { function: Value::NIL, mask: 0, count: 0, left: 0, pc: 0, off: false, transfer: (0, 0) };

    /// What a coroutine inherits from the one that creates it.
    pub fn inherited(self) -> Hook {
        Hook { mask: self.mask, count: self.count, left: self.count, ..Hook::NONE }
    }

    /// The events that are wanted now.
    pub fn active_mask(&self) -> u32 {
        if self.off || self.function.is_nil() { 0 } else { self.mask }
    }
}

impl Record {
    fn hook(&self) -> Hook {
        // SAFETY: the running coroutine is live.
        unsafe { (*self.coroutine.get()).hook.get() }
    }

    /// Changes the running coroutine's hook, and how this thread dispatches.
    fn change_hook(&self, change: impl FnOnce(&mut Hook)) {
        // SAFETY: the running coroutine is live, and this thread's.
        unsafe { (*self.coroutine.get()).change_hook(change) };
        self.follow_hook();
    }

    /// The running coroutine's hook is in force from here on.
    #[cold]
    pub fn follow_hook(&self) {
        // SAFETY: the running coroutine is live.
        let mask = unsafe { (*self.coroutine.get()).hook_active.get() };
        if mask != self.hook_mask.get() {
            self.hook_mask.set(mask);
            // SAFETY: the owner's alone; handlers read it entry by entry, each time anew.
            unsafe { *self.dispatch.get() = *interpreter::table_for(mask) }
        }
    }

    /// Runs `f` without hooks in the running coroutine, which is the running one again when `f` returns.
    pub fn without_hooks<R>(&self, f: impl FnOnce() -> R) -> R {
        let off = self.hook().off;
        self.change_hook(|h| h.off = true);
        let result = f();
        self.change_hook(|h| h.off = off);
        result
    }
}

impl Coroutine {
    /// Changes the hook of a coroutine that the caller runs or has claimed.
    fn change_hook(&self, change: impl FnOnce(&mut Hook)) {
        let mut hook = self.hook.get();
        change(&mut hook);
        self.hook.set(hook);
        self.hook_active.set(hook.active_mask());
    }
}

/// Calls the running coroutine's hook above the current frame and above `top`. PROCEED when it returned, with frame and
/// `top` as before (the stack may have moved); otherwise what the interpreter is to do.
/// # Safety
/// The current frame is live; if it is a Lua function's, its pc is saved, and `top` is nowhere below what it needs.
unsafe fn run(rec: &Record, event: &str, line: Option<u32>, transfer: (usize, usize)) -> Flow {
    let hook = rec.hook();
    if hook.function.is_nil() || hook.off {
        return PROCEED;
    }
    // SAFETY: caller; the slots above the frame's extent are free.
    unsafe {
        let index = rec.frame_index();
        let ci = rec.ci.get();
        let top = rec.top.get().offset_from_unsigned(rec.stack.get());
        let func = if (*ci).flags & CALL_NATIVE == 0 { top.max((*ci).top as usize) } else { top };
        if let Err(e) = rec.ensure_stack(func + 3) {
            return grow_error(rec, e);
        }
        let Some(event) = rec.atom(event.as_bytes()) else { return no_memory(rec) };
        let slot = rec.stack.get().add(func);
        *slot = hook.function;
        *slot.add(1) = event;
        *slot.add(2) = line.map_or(Value::NIL, |l| Value::int_unchecked(l as i64));
        rec.top.set(slot.add(3));
        let (first, count) = if transfer.1 == 0 { (0, 0) } else { transfer };
        rec.change_hook(|h| (h.off, h.transfer) = (true, (first as u16, count as u16)));
        let flow = call_nested_as(rec, func, 0, CALL_HOOK);
        rec.change_hook(|h| (h.off, h.transfer) = (false, (0, 0)));
        rec.ci.set(rec.frame(index));
        rec.top.set(rec.stack.get().add(top));
        match flow {
            EXIT_DONE => PROCEED,
            EXIT_ERROR => throw(rec),
            other => other,
        }
    }
}

/// The running Lua function, and the word offset of the instruction in progress.
/// # Safety
/// `ci` is a Lua frame of the running coroutine with a saved pc.
unsafe fn position<'a>(rec: &Record, ci: *const CallInfo) -> (&'a Function, u32) {
    // SAFETY: caller: a Lua frame's function is a live Lua closure.
    unsafe {
        let closure = (*function_slot(rec, ci)).as_kind::<LuaClosure>(Kind::LuaClosure).unwrap_unchecked();
        let proto = (*closure).proto;
        (&(*(*proto).info).function, ((*ci).pc.offset_from((*proto).code) - 1) as u32)
    }
}

/// Count and line events before the instruction in progress.
/// # Safety
/// The current frame is a Lua frame with its pc saved, a hook is in force.
#[cold]
pub unsafe fn trace(rec: &Record) -> Flow {
    // SAFETY: caller.
    unsafe {
        let ins = current_instruction(rec.ci.get());
        if ins.op() == Opcode::VarargPrep {
            // Events start after it.
            return PROCEED;
        }
        let (function, pc) = position(rec, rec.ci.get());
        let line = function.lines.get(pc as usize).copied();
        if line == Some(NO_LINE) {
            return PROCEED;
        }
        let hook = rec.hook();
        if hook.pc == AGAIN {
            rec.change_hook(|h| h.pc = pc);
            return PROCEED;
        }
        if ends_tail_call(rec) {
            return PROCEED;
        }
        let counted = hook.mask & HOOK_COUNT != 0 && hook.left <= 1;
        if counted {
            rec.change_hook(|h| h.left = h.count);
        } else {
            if hook.mask & HOOK_COUNT != 0 {
                rec.change_hook(|h| h.left -= 1);
            }
            if hook.mask & HOOK_LINE == 0 {
                return PROCEED;
            }
        }
        let open = match ins.op() {
            Opcode::Call | Opcode::TailCall | Opcode::Return | Opcode::SetList => ins.b() == 0,
            _ => false,
        };
        if !open {
            rec.top.set(rec.stack.get().add((*rec.ci.get()).top as usize));
        }
        if counted {
            let flow = run(rec, "count", None, (0, 0));
            if flow != PROCEED {
                return flow;
            }
        }
        if hook.mask & HOOK_LINE != 0 {
            let before = if (hook.pc as usize) < function.code.len() { hook.pc } else { 0 };
            if pc <= before || line != function.lines.get(before as usize).copied() {
                let flow = run(rec, "line", line, (0, 0));
                if flow != PROCEED {
                    return flow;
                }
            }
            rec.change_hook(|h| h.pc = pc);
        }
        PROCEED
    }
}

/// Whether the instruction in progress is the RETURN behind a TAILCALL that a native function has answered: in PUC Lua
/// that instruction returns by itself.
/// # Safety
/// The current frame is a Lua frame with its pc saved, a hook is in force.
unsafe fn ends_tail_call(rec: &Record) -> bool {
    // SAFETY: caller.
    unsafe {
        let ci = rec.ci.get();
        let (function, pc) = position(rec, ci);
        let before = rec.hook().pc;
        current_instruction(ci).op() == Opcode::Return
            && before.wrapping_add(1) == pc
            && function.code[before as usize] as u8 == Opcode::TailCall as u8
    }
}

/// A Lua function has been entered and is about to run its first instruction, or the one after VARARGPREP.
/// # Safety
/// The current frame is that function's, its pc the next instruction.
#[cold]
pub unsafe fn called(rec: &Record) -> Flow {
    // SAFETY: caller.
    unsafe {
        let ci = rec.ci.get();
        (*ci).pc = (*ci).pc.add(1);
        let (function, pc) = position(rec, ci);
        // Whatever its line, it is a new one.
        rec.change_hook(|h| h.pc = pc);
        if rec.hook_mask.get() & HOOK_CALL != 0 {
            let event = if (*ci).flags & CALL_TAIL != 0 { "tail call" } else { "call" };
            rec.top.set(rec.stack.get().add((*ci).top as usize));
            let flow = run(rec, event, None, (1, function.num_params as usize));
            if flow != PROCEED {
                return flow;
            }
        }
        let ci = rec.ci.get();
        (*ci).pc = (*ci).pc.sub(1);
        CONTINUE
    }
}

/// A native function is about to run.
/// # Safety
/// The current frame is that function's, `top` the end of its arguments.
#[cold]
pub unsafe fn called_native(rec: &Record) -> Flow {
    // SAFETY: caller.
    unsafe { run(rec, "call", None, (1, (*rec.ci.get()).extra as usize)) }
}

/// The current function is about to return `n` values at `first`; gives back where they are then, or what the
/// interpreter is to do after an error.
/// # Safety
/// The current frame is that function's, of a vararg function where VARARGPREP put it.
#[cold]
pub unsafe fn returned(rec: &Record, first: *mut Value, n: usize) -> std::result::Result<*mut Value, Flow> {
    // SAFETY: caller; below the first frame, a native one, nothing returns.
    unsafe {
        let mut first = first;
        if rec.hook_mask.get() & HOOK_RETURN != 0 {
            let mut offset = first.offset_from_unsigned(rec.stack.get());
            let base = (*rec.ci.get()).base as usize;
            if offset < base {
                // pcall's results start in the function's place, where no hook can look.
                if let Err(e) = rec.ensure_stack(base + n) {
                    return Err(grow_error(rec, e));
                }
                let slots = rec.stack.get();
                std::ptr::copy(slots.add(offset), slots.add(base), n);
                offset = base;
            }
            let number = offset + 1 - base;
            rec.top.set(rec.stack.get().add(offset + n));
            let back = (*rec.ci.get()).flags & CALL_NATIVE == 0 && ends_tail_call(rec);
            let ci = rec.ci.get();
            (*ci).pc = (*ci).pc.wrapping_sub(back as usize);
            let flow = run(rec, "return", None, (number, n));
            if flow != PROCEED {
                return Err(flow);
            }
            let ci = rec.ci.get();
            (*ci).pc = (*ci).pc.wrapping_add(back as usize);
            first = rec.stack.get().add(offset);
        }
        let caller = rec.ci.get().sub(1);
        if (*caller).flags & CALL_NATIVE == 0 {
            let (_, pc) = position(rec, caller);
            rec.change_hook(|h| h.pc = pc);
        }
        Ok(first)
    }
}

/// The instruction in progress of the current frame starts again, after a `__close`.
#[cold]
pub fn again(rec: &Record) {
    rec.change_hook(|h| h.pc = AGAIN);
}

// ---- for the debug library --------------------------------------------------------------------------------------------------

impl Thread {
    /// Sets the hook of a coroutine (None: the running one): a function that is called at the events in `mask`, every
    /// `count` instructions for [`HOOK_COUNT`]; no hook when the function is nil or the mask empty. Error if the
    /// coroutine runs in another thread.
    pub fn set_hook(&self, coroutine: Option<Val<'_>>, function: Val<'_>, mask: u32, count: i32) -> Result<()> {
        let rec = self.rec();
        let _inspection = debuginfo::inspect(self, coroutine)?;
        let co = debuginfo::coroutine_of(rec, coroutine);
        self.note_hook(Val::new(Value::object(co.cast_mut().cast())), function)?;
        // SAFETY: a live coroutine, which is ours or kept as it is.
        let co = unsafe { &*co };
        let none = function.is_nil() || mask == 0;
        if co.header.is_shared() {
            rec.publish(function.0);
        }
        co.change_hook(|h| {
            h.function = if none { Value::NIL } else { function.0 };
            h.mask = if none { 0 } else { mask };
            (h.count, h.left) = (count, count);
        });
        rec.follow_hook();
        Ok(())
    }

    /// Enters a hook in the registry's table `_HOOKKEY`, which programs know from PUC Lua; its keys are weak. Once the
    /// registry is shared nothing is entered, for that would publish coroutine and hook.
    fn note_hook(&self, coroutine: Val<'_>, function: Val<'_>) -> Result<()> {
        const KEY: &str = "_HOOKKEY";
        // SAFETY: a live table.
        if unsafe { (*self.registry().raw()).header.is_shared() } {
            return Ok(());
        }
        let hooks = match self.raw_get_str(self.registry(), KEY).as_table() {
            Some(hooks) => hooks,
            None => {
                let hooks = self.new_table(0, 1)?;
                self.raw_set_str(hooks, "__mode", self.atom(b"k")?)?;
                self.set_metatable(hooks.into(), Some(hooks))?;
                self.raw_set_str(self.registry(), KEY, hooks.into())?;
                hooks
            }
        };
        self.raw_set(hooks, coroutine, function)
    }

    /// The hook of a coroutine (None: the running one): its function, which may be nil, mask and count; None if there
    /// is no hook. Error if the coroutine runs in another thread.
    pub fn hook(&self, coroutine: Option<Val<'_>>) -> Result<Option<(Val<'_>, u32, i32)>> {
        let _inspection = debuginfo::inspect(self, coroutine)?;
        // SAFETY: as in `set_hook`; what a coroutine refers to lives.
        let hook = unsafe { (*debuginfo::coroutine_of(self.rec(), coroutine)).hook.get() };
        Ok((hook.mask != 0).then_some((Val::new(hook.function), hook.mask, hook.count)))
    }
}
