//! Stacks and frames of the running coroutine: growth, switching, to-be-closed variables.
//!
//! Promises: after any of these functions the record's `stack`, `ci`, `top` and limits are those of the running
//! coroutine. Growing moves the stack: pointers into it die, offsets stay (contract 5).

use crate::coroutine::{CallInfo, Coroutine};
use crate::object::{BUFFER_HEADER, Bytes, Kind, Stack};
use crate::thread::Record;
use crate::value::Value;

/// Slots that every frame may use beyond its limit: for metamethod calls and errors.
pub const EXTRA_SLOTS: usize = 16;
/// Greatest number of slots of a stack (LUAI_MAXSTACK).
pub const MAX_STACK: usize = 1_000_000;
/// Further slots for handling a stack overflow.
pub const ERROR_SLOTS: usize = 2_000;
/// Values a native function may push without asking (LUA_MINSTACK).
pub const MIN_NATIVE: usize = 20;

/// Why a stack could not grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrowError {
    /// "stack overflow"
    Overflow,
    /// Overflow while a stack overflow is being handled: "error in error handling".
    InHandler,
    /// No memory.
    Memory,
}

impl Record {
    /// A fresh stack, all nil.
    pub fn new_stack(&self, slots: usize) -> Option<*mut Stack> {
        let s = self.alloc(Kind::Stack, BUFFER_HEADER + slots * 8, 0)?.cast::<Stack>();
        // SAFETY: fresh memory of that size.
        unsafe {
            (*s).len = slots as u64;
            let words = Record::stack_slots(s);
            for i in 0..slots {
                *words.add(i) = Value::NIL;
            }
        }
        Some(s)
    }

    /// First slot of a stack object.
    #[inline(always)]
    pub fn stack_slots(s: *mut Stack) -> *mut Value {
        s.cast::<u8>().wrapping_add(BUFFER_HEADER).cast()
    }

    /// A fresh buffer without references.
    pub fn new_buffer(&self, bytes: usize) -> Option<*mut Bytes> {
        let b = self.alloc(Kind::Bytes, BUFFER_HEADER + bytes, 0)?.cast::<Bytes>();
        // SAFETY: fresh memory.
        unsafe { (*b).len = bytes as u64 };
        Some(b)
    }

    /// Contents of a buffer.
    #[inline(always)]
    pub fn buffer_contents<T>(b: *mut Bytes) -> *mut T {
        b.cast::<u8>().wrapping_add(BUFFER_HEADER).cast()
    }

    /// Makes `co` the one whose stack and frames the record shows. Its status is the caller's business.
    /// # Safety
    /// `co` is live, and this thread may run it.
    pub unsafe fn load_coroutine(&self, co: *mut Coroutine) {
        // SAFETY: caller.
        unsafe {
            self.coroutine.set(co);
            let slots = Record::stack_slots((*co).stack.get());
            self.stack.set(slots);
            self.top.set(slots.add((*co).top.get() as usize));
            self.ci.set((*co).at.get());
            self.set_frames_limit();
            self.set_stack_limit();
            if (*co).hook_active.get() != self.hook_mask.get() {
                self.follow_hook();
            }
        }
    }

    /// Index of the current frame.
    pub fn frame_index(&self) -> usize {
        // SAFETY: ci points into the running coroutine's frames.
        unsafe { self.ci.get().offset_from_unsigned((*self.coroutine.get()).first_frame()) }
    }

    /// Frame `i` of the running coroutine.
    pub fn frame(&self, i: usize) -> *mut CallInfo {
        // SAFETY: as in `frame_index`; callers stay within the frames in use.
        unsafe { (*self.coroutine.get()).first_frame().add(i) }
    }

    fn stack_len(&self) -> usize {
        // SAFETY: the running coroutine is live.
        unsafe { (*(*self.coroutine.get()).stack.get()).len as usize }
    }

    /// The limit of the running coroutine's stack, there and in the record.
    fn set_stack_limit(&self) {
        let mut limit = self.stack.get();
        // With that torture every Lua call takes the slow way, which may move the stack.
        if !self.torture().move_stacks {
            limit = limit.wrapping_add(self.stack_len() - EXTRA_SLOTS);
        }
        self.stack_limit.set(limit);
        // SAFETY: the running coroutine is live.
        unsafe { (*self.coroutine.get()).stack_limit.set(limit) };
    }

    /// The last frame of the running coroutine's array, there and in the record.
    fn set_frames_limit(&self) {
        // SAFETY: the running coroutine is live and has frames.
        unsafe {
            let co = self.coroutine.get();
            let count = (*(*co).frames.get()).len as usize / std::mem::size_of::<CallInfo>();
            let last = (*co).first_frame().add(count - 1);
            self.ci_last.set(last);
            (*co).ci_last.set(last);
        }
    }

    /// Makes sure that slots up to `end` (an offset) plus the extra ones exist.
    #[inline]
    pub fn ensure_stack(&self, end: usize) -> Result<(), GrowError> {
        if end + EXTRA_SLOTS <= self.stack_len() && !self.torture().moves_stack(self.stack_len()) {
            return Ok(());
        }
        self.grow_stack(end)
    }

    #[cold]
    fn grow_stack(&self, end: usize) -> Result<(), GrowError> {
        let old_len = self.stack_len();
        let mut new_len = old_len;
        if end + EXTRA_SLOTS > old_len {
            if old_len > MAX_STACK {
                return Err(GrowError::InHandler);
            }
            new_len = (old_len * 2).max(end + EXTRA_SLOTS).min(MAX_STACK);
            if end + EXTRA_SLOTS > MAX_STACK {
                // Room for the message handler, then the error.
                self.move_stack(MAX_STACK + ERROR_SLOTS)?;
                return Err(GrowError::Overflow);
            }
        }
        self.move_stack(new_len)
    }

    /// Gives back most of a stack that deep recursion has left behind; at a safepoint of a Lua frame.
    pub fn shrink_idle_stack(&self) {
        // SAFETY: the current frame.
        let extent = unsafe { (*self.ci.get()).top } as usize + EXTRA_SLOTS;
        if self.stack_len() > 4096 && extent * 8 < self.stack_len() {
            // Without memory the old stack stays.
            let _ = self.move_stack(extent * 2);
        }
    }

    /// Gives back the room that handling a stack overflow took.
    pub fn shrink_after_overflow(&self) {
        if self.stack_len() > MAX_STACK {
            // SAFETY: the running coroutine; failing to shrink changes nothing.
            let used = unsafe { self.top.get().offset_from_unsigned(self.stack.get()) };
            // SAFETY: the current frame is in use.
            let extent = used.max(unsafe { (*self.ci.get()).top as usize });
            if extent + EXTRA_SLOTS <= MAX_STACK {
                let _ = self.move_stack(((extent + EXTRA_SLOTS) * 2).min(MAX_STACK));
            }
        }
    }

    /// Replaces the running coroutine's stack by one of `len` slots; poisons the old one in checked builds.
    fn move_stack(&self, len: usize) -> Result<(), GrowError> {
        // SAFETY: the running coroutine's stack; every saved position is an offset.
        unsafe {
            let co = self.coroutine.get();
            let old = (*co).stack.get();
            let old_slots = Record::stack_slots(old);
            let top = self.top.get().offset_from_unsigned(old_slots);
            let new = self.new_stack(len).ok_or(GrowError::Memory)?;
            let slots = Record::stack_slots(new);
            std::ptr::copy_nonoverlapping(old_slots, slots, ((*old).len as usize).min(len));
            if (*co).header.is_shared() {
                self.publish_object(new.cast());
            }
            (*co).stack.set(new);
            (*co).high_water.set(len as u32);
            self.stack.set(slots);
            self.top.set(slots.add(top));
            self.set_stack_limit();
            if cfg!(debug_assertions) {
                for i in 0..(*old).len as usize {
                    *old_slots.add(i) = Value::NIL;
                }
            }
            Ok(())
        }
    }

    /// The frame after the current one, uninitialised.
    #[inline]
    pub fn next_frame(&self) -> Result<*mut CallInfo, GrowError> {
        if self.ci.get() < self.ci_last.get() {
            return Ok(self.ci.get().wrapping_add(1));
        }
        self.grow_frames()
    }

    #[cold]
    fn grow_frames(&self) -> Result<*mut CallInfo, GrowError> {
        // SAFETY: the running coroutine's frames, copied whole.
        unsafe {
            let co = self.coroutine.get();
            let old = (*co).frames.get();
            let index = self.frame_index();
            let size = std::mem::size_of::<CallInfo>();
            let count = (*old).len as usize / size;
            let new = self.new_buffer(count * 2 * size).ok_or(GrowError::Memory)?;
            std::ptr::copy_nonoverlapping(
                Record::buffer_contents::<CallInfo>(old),
                Record::buffer_contents::<CallInfo>(new),
                count,
            );
            if (*co).header.is_shared() {
                self.publish_object(new.cast());
            }
            (*co).frames.set(new);
            let frames = Record::buffer_contents::<CallInfo>(new);
            self.ci.set(frames.add(index));
            self.set_frames_limit();
            Ok(frames.add(index + 1))
        }
    }

    // ---- to-be-closed variables -----------------------------------------------------------------------------------

    /// Marks the slot at `offset`; false when there is no memory.
    pub fn tbc_push(&self, offset: u32) -> bool {
        // SAFETY: the running coroutine's list.
        unsafe {
            let co = self.coroutine.get();
            let n = (*co).tbc_len.get() as usize;
            let list = (*co).tbc.get();
            let capacity = if list.is_null() { 0 } else { (*list).len as usize / 4 };
            if n == capacity {
                let Some(new) = self.new_buffer((capacity * 2).max(8) * 4) else { return false };
                if !list.is_null() {
                    std::ptr::copy_nonoverlapping(
                        Record::buffer_contents::<u32>(list),
                        Record::buffer_contents::<u32>(new),
                        n,
                    );
                }
                if (*co).header.is_shared() {
                    self.publish_object(new.cast());
                }
                (*co).tbc.set(new);
            }
            *Record::buffer_contents::<u32>((*co).tbc.get()).add(n) = offset;
            (*co).tbc_len.set(n as u32 + 1);
            true
        }
    }

    /// The topmost marked slot of `co` at or above `level`.
    /// # Safety
    /// `co` is live and not running elsewhere.
    pub unsafe fn tbc_last(co: *const Coroutine, level: u32) -> Option<u32> {
        // SAFETY: caller.
        unsafe {
            let n = (*co).tbc_len.get();
            if n == 0 {
                return None;
            }
            let last = *Record::buffer_contents::<u32>((*co).tbc.get()).add(n as usize - 1);
            if last >= level { Some(last) } else { None }
        }
    }

    /// Forgets the topmost marked slot of `co`.
    /// # Safety
    /// As [`Self::tbc_last`], which returned Some.
    pub unsafe fn tbc_pop(co: *const Coroutine) {
        // SAFETY: caller.
        unsafe { (*co).tbc_len.set((*co).tbc_len.get() - 1) }
    }
}
