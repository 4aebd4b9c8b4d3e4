//! Coroutines: a value stack and an array of call frames (contract 5).
//!
//! Promises: resuming and yielding never recurse natively; a frame stores its base as an offset, so stacks may move;
//! a coroutine's fields are touched by the thread that runs it, or while its status is claimed (I-24, I-25).
//! Leaves to others: what the frames do ([`crate::interpreter`]), how it is collected ([`crate::heap`]).

use crate::hook::Hook;
use crate::object::{BUFFER_HEADER, Bytes, Header, Stack};
use crate::sync::{AcqRel, Acquire, AtomicU32, AtomicU64, Release};
use crate::value::Value;
use std::cell::Cell;

/// States of a coroutine.
///
/// ```text
///  SUSPENDED --resume--> RUNNING --yield--> SUSPENDED
///                        RUNNING --resumes another--> NORMAL --the other stops--> RUNNING
///                        RUNNING --returns or raises--> DEAD
/// ```
/// Of a shared coroutine the step from SUSPENDED to RUNNING is a CAS; the other steps are the runner's own. Closing one
/// that died by an error steps from DEAD to RUNNING, likewise; whoever closes one steps on to CLOSING, then to DEAD.
pub const SUSPENDED: u32 = 0;
/// The thread's current coroutine.
pub const RUNNING: u32 = 1;
/// It resumed another one.
pub const NORMAL: u32 = 2;
/// Ended, by return or by error.
pub const DEAD: u32 = 3;
/// Beside SUSPENDED or DEAD of a shared coroutine: a thread looks at its frames, for a few instructions and without a
/// safepoint; who wants to run it waits for that (I-25).
pub const INSPECTED: u32 = 4;
/// Suspended or dead by an error before, now its variables are being closed, on another coroutine's stack. Its own
/// registers stay as they are: they are published when it is (unlike those of one that runs, I-24).
pub const CLOSING: u32 = 8;

/// A call in progress.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CallInfo {
    /// Lua: the next instruction, saved when control leaves the frame. Native: unused.
    pub pc: *const u32,
    /// Lua: the function's constants. Native: the continuation, as [`crate::control::Continuation`] or 0.
    pub k: *const Value,
    /// Offset in slots of the frame's first register; the function lies one below.
    pub base: u32,
    /// Lua: `base + max_stack`. Native: where its values end is the thread's `top` while it runs, and here when it
    /// has called something.
    pub top: u32,
    /// How many results the caller wants, plus one; 0 for all. As the operand C of CALL.
    pub wanted: u16,
    /// `CALL_*` bits.
    pub flags: u16,
    /// Lua: extra (vararg) arguments below the function. Native: number of arguments.
    pub extra: u32,
}

/// The frame was entered from native code: returning from it leaves the interpreter loop.
pub const CALL_FRESH: u16 = 1;
/// The frame runs a metamethod for the instruction before the caller's pc, which is then finished.
pub const CALL_META: u16 = 2;
/// A native function's frame.
pub const CALL_NATIVE: u16 = 4;
/// A frame that catches errors (pcall, xpcall).
pub const CALL_PROTECTED: u16 = 8;
/// The first frame of a coroutine: returning from it ends the coroutine.
pub const CALL_COROUTINE: u16 = 16;
/// The frame was entered by a tail call.
pub const CALL_TAIL: u16 = 32;
/// The frame runs a finalizer.
pub const CALL_FINALIZER: u16 = 64;
/// The caller's frame is native and waits with a continuation.
pub const CALL_TO_NATIVE: u16 = 128;
/// The frame runs a `__close` metamethod.
pub const CALL_CLOSE: u16 = 256;
/// A RETURN is closing variables; the number of results lies below the frame's top.
pub const CALL_RETURNING: u16 = 512;
/// The frame lies above its extra arguments.
pub const CALL_VARARG: u16 = 1024;
/// Native code in this frame is calling a function that has no frame yet: errors end here.
pub const CALL_GUARD: u16 = 2048;
/// The frame runs the hook.
pub const CALL_HOOK: u16 = 4096;
/// The caller's frame is that of a pcall without hooks, called by a Lua function. Beside CALL_TO_NATIVE.
pub const CALL_IN_PCALL: u16 = 8192;
/// The frame below a coroutine's first function.
pub const CALL_BOTTOM: u16 = 16384;
/// Bits that make a return take the slow way.
pub const CALL_SLOW_RETURN: u16 =
    CALL_FRESH | CALL_META | CALL_COROUTINE | CALL_FINALIZER | CALL_TO_NATIVE | CALL_CLOSE;

/// A coroutine.
///
/// While it runs, `stack`, `at` and `top` here are stale: the thread's record has the current ones.
#[repr(C)]
pub struct Coroutine {
    /// Header.
    pub header: Header,
    /// SUSPENDED, RUNNING, NORMAL, DEAD or CLOSING.
    pub status: AtomicU32,
    /// [`Hook::active_mask`] of its hook, in one word with the status for [`Coroutine::plain_state`].
    pub hook_active: Cell<u32>,
    /// Depth of native runs at which it was resumed; yielding deeper is "across a C-call boundary".
    pub run_depth: Cell<u32>,
    /// How many coroutines are below it in the chain of resumes.
    pub nesting: Cell<u32>,
    /// The current frame, in `frames`.
    pub at: Cell<*mut CallInfo>,
    /// Its registers.
    pub stack: Cell<*mut Stack>,
    /// What [`crate::thread::Record::stack_limit`] is while it runs; current from its first run on.
    pub stack_limit: Cell<*mut Value>,
    /// What [`crate::thread::Record::ci_last`] is while it runs; likewise.
    pub ci_last: Cell<*mut CallInfo>,
    /// Low half: offset of the message handler in force, 0 for none. High half: how many protected calls (pcall, xpcall)
    /// it is inside of. One word, for each of those calls saves and changes both.
    pub protection: Cell<u64>,
    /// Its frames: an array of [`CallInfo`].
    pub frames: Cell<*mut Bytes>,
    /// Offset of the first free slot.
    pub top: Cell<u32>,
    /// Who resumed it; null while suspended and for a thread's first coroutine.
    pub resumer: Cell<*mut Coroutine>,
    /// Offsets of the to-be-closed variables, u32 each, ascending; null when there never was one.
    pub tbc: Cell<*mut Bytes>,
    /// How many of `tbc` are pending.
    pub tbc_len: Cell<u32>,
    /// High-water mark: slots from here on have never been written (contract 12).
    pub high_water: Cell<u32>,
    /// It was ended by an error whose value lies at `top - 1`.
    pub failed: Cell<bool>,
    /// Its hook.
    pub hook: Cell<Hook>,
}

impl Coroutine {
    /// Offset of the message handler in force, 0 for none.
    pub fn error_handler(&self) -> u32 {
        self.protection.get() as u32
    }

    /// Puts another message handler in force; the one before.
    pub fn replace_error_handler(&self, offset: u32) -> u32 {
        let old = self.protection.get();
        self.protection.set(old & !u64::from(u32::MAX) | u64::from(offset));
        old as u32
    }

    /// How many protected calls it is inside of.
    pub fn protected(&self) -> u32 {
        (self.protection.get() >> 32) as u32
    }

    /// Enters a protected call with this message handler; what is to be restored at its end.
    #[inline(always)]
    pub fn enter_protected(&self, handler: u32) -> u64 {
        let old = self.protection.get();
        self.protection.set((old | u64::from(u32::MAX)) + 1 + u64::from(handler));
        old
    }

    /// First of its frames.
    #[inline(always)]
    pub fn first_frame(&self) -> *mut CallInfo {
        self.frames.get().cast::<u8>().wrapping_add(BUFFER_HEADER).cast()
    }

    /// Forgets all frames: nothing of it is left but its end.
    pub fn clear_frames(&self) {
        self.at.set(self.first_frame());
        self.top.set(1);
    }

    /// Of one that this thread runs, or that is local: its state alone if its hook wants no event; otherwise a number
    /// that is no state.
    #[inline(always)]
    pub fn plain_state(&self) -> u64 {
        const { assert!(std::mem::offset_of!(Coroutine, hook_active) == std::mem::offset_of!(Coroutine, status) + 4) };
        // SAFETY: the two fields, in one aligned word. The status of such a coroutine is written by this thread alone.
        u64::from_le(unsafe { (*(&raw const self.status).cast::<AtomicU64>()).get() })
    }

    /// Its next state, when [`Self::plain_state`] was one. Release, as the steps of [`Self::step`]. The whole word is
    /// written, for a processor would have to wait before it reads what was written in parts.
    #[inline(always)]
    pub fn set_plain_state(&self, state: u32) {
        // SAFETY: as in `plain_state`; the other half is 0 and stays so.
        unsafe { (*(&raw const self.status).cast::<AtomicU64>()).store(u64::from(state).to_le(), Release) }
    }

    /// Where it is in its life.
    pub fn state(&self) -> u32 {
        self.status.load(Acquire) & !INSPECTED
    }

    /// Steps from one state to another, by CAS if the coroutine is shared; false when it is in another one.
    pub fn step(&self, from: u32, to: u32) -> bool {
        if !self.header.is_shared() {
            let is = self.status.get() == from;
            if is {
                self.status.set(to);
            }
            return is;
        }
        loop {
            // Acquire: pairs with the release store of whoever stopped running it; Release: with the next one's step.
            match self.status.compare_exchange(from, to, AcqRel, Acquire) {
                Ok(_) => return true,
                Err(seen) if seen == from | INSPECTED => std::thread::yield_now(),
                Err(_) => return false,
            }
        }
    }
}

/// Keeps a shared coroutine that nobody runs as it is while its frames are looked at. No safepoint meanwhile.
pub struct Inspection<'a> {
    co: &'a Coroutine,
    state: u32,
}

impl<'a> Inspection<'a> {
    /// None when somebody runs it.
    pub fn begin(co: &'a Coroutine) -> Option<Inspection<'a>> {
        [SUSPENDED, DEAD]
            .into_iter()
            .find(|&state| co.step(state, state | INSPECTED))
            .map(|state| Inspection { co, state })
    }
}

impl Drop for Inspection<'_> {
    fn drop(&mut self) {
        // Release: pairs with the acquire in `step`.
        self.co.status.store(self.state, Release);
    }
}
