//! The interpreter: one handler for each instruction.
//!
//! A handler is an `extern "C"` function whose five arguments are the registers of the machine: `pc` (the word after
//! the instruction's first), `base` (first register of the frame), `ins` (the instruction), `th` (the thread's
//! record) and `k` (the function's constants). It ends by jumping to the next handler. The bodies are written once;
//! `next!` expands to a tail call, or, in the loop expansion, to a return to [`execute`] (contract 23).
//!
//! Rules that keep the dispatch a jump (docs/interpreter.md has the measurements; tests/dispatch.rs checks):
//! - no local's address leaves a handler, nothing with a destructor lives in one;
//! - a slow path is `return stub(pc, base, ins, th, k)` with the same signature; the stub saves `pc`, calls the real
//!   function by value and continues from the record (contract 12);
//! - errors are a status, never a panic and never a diverging call.
//!
//! Saved pc: `ci.pc` is the word after the first word of the instruction in progress; a function that completes an
//! instruction with a second word steps over it. Slow functions return a [`Flow`].
//!
//! Leaves to others: calls and returns ([`call`]), arithmetic out of line ([`arith`]), indexing with metamethods
//! ([`index`]), comparison ([`compare`]), concatenation ([`concat`]), the rest of an instruction whose metamethod
//! has returned ([`finish`]).

pub mod arith;
pub mod call;
pub mod compare;
pub mod concat;
pub mod feedback;
pub mod finish;
pub mod forloop;
pub mod forms;
mod handlers;
pub mod index;

use crate::hook::{HOOK_COUNT, HOOK_LINE};
use crate::sync::AtomicU32;
use crate::thread::{Handler, Record};
use crate::value::Value;
use forms::HANDLER_COUNT;

/// What a slow function tells its stub.
pub type Flow = u64;
/// Go on with the frame in the record.
pub const CONTINUE: Flow = 0;
/// The frame that native code waits for has returned.
pub const EXIT_DONE: Flow = 1;
/// An error leaves this run: its value is in the record.
pub const EXIT_ERROR: Flow = 2;
/// The thread ends without unwinding (os.exit in another thread); never caught.
pub const EXIT_KILLED: Flow = 3;

pub use handlers::native_entry;

/// The dispatch table for a hook that wants these events, in the order of the operation codes.
pub fn table_for(hook_mask: u32) -> &'static [Handler; HANDLER_COUNT] {
    if hook_mask & (HOOK_LINE | HOOK_COUNT) != 0 {
        &handlers::TRACED
    } else if hook_mask != 0 {
        &handlers::HOOKED
    } else {
        &handlers::TABLE
    }
}

/// Runs from the record's current frame until a frame marked `CALL_FRESH` returns or an error leaves it.
///
/// # Safety
/// The current frame is a Lua frame ready to run, on the calling OS thread.
pub unsafe fn execute(rec: &Record) -> Flow {
    // SAFETY: caller.
    unsafe {
        let ci = rec.ci.get();
        let mut pc = (*ci).pc;
        let mut base = rec.stack.get().add((*ci).base as usize);
        let mut k = (*ci).k;
        loop {
            let ins = (*pc.cast::<AtomicU32>()).get();
            let handler = (*rec.dispatch.get())[(ins & 0xFF) as usize];
            let flow = handler(pc.add(1), base, ins as u64, rec, k);
            if flow != CONTINUE || cfg!(luas_dispatch = "tail") {
                return flow;
            }
            (pc, base, k) = rec.loop_state.get();
        }
    }
}

/// Whether handlers jump to each other (as opposed to the loop expansion).
pub const TAIL_CALLS: bool = cfg!(luas_dispatch = "tail");

/// The instruction in progress in a Lua frame.
/// # Safety
/// `ci` is a Lua frame with a saved pc.
#[inline(always)]
pub unsafe fn current_instruction(ci: *const crate::coroutine::CallInfo) -> luas_compiler::bytecode::Instruction {
    // SAFETY: caller; pc is at least one word past the start of the code.
    unsafe { forms::plain((*(*ci).pc.sub(1).cast::<AtomicU32>()).get()) }
}

/// Register `i` of the current Lua frame.
/// # Safety
/// The current frame is a Lua frame with more than `i` registers.
#[inline(always)]
pub unsafe fn register(rec: &Record, i: u8) -> *mut Value {
    // SAFETY: caller.
    unsafe { rec.stack.get().add((*rec.ci.get()).base as usize + i as usize) }
}
