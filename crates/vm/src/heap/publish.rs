//! Publishing: making an object, and everything it reaches, shared (I-6 to I-12).
//!
//! Order: an object's shared bit is set when it is entered in the worklist; its kind byte is set and its fields are
//! followed when it is taken out; at the end everything reached is shared and complete (B-4 holds again), and only then
//! does the caller store the reference with Release (I-11), which makes all of it visible to whoever loads it with Acquire. No Lua code runs in between
//! (I-8). Publishing cannot fail half way: when the worklist cannot grow, the heap is walked for what did not fit.
//!
//! The registers of a coroutine that this thread runs stay local until it yields (I-24): its owner publishes them then
//! with [`Record::publish_coroutine_stack`].

use super::block::{cell_size_of, pair_of};
use super::trace::{children, is_active, registers};
use super::worklist::{Next, Worklist, take_dropped};
use crate::coroutine::Coroutine;
use crate::object::{FLAG_REPLACED, Header, Kind, Store};
use crate::thread::Record;
use crate::value::Value;

impl Record {
    /// Makes what `v` refers to shared. Then, and not before, it may be stored where other threads find it, with
    /// Release.
    #[inline(always)]
    pub fn publish(&self, v: Value) {
        if v.is_object() {
            self.publish_object(v.as_object());
        }
    }

    /// As [`Record::publish`], if `owner`, into which `v` is about to be stored, is shared.
    #[inline(always)]
    pub fn publish_if_shared(&self, owner: Value, v: Value) {
        // SAFETY: `owner` is a live object.
        if owner.is_object() && unsafe { (*owner.as_object()).is_shared() } {
            self.publish(v);
        }
    }

    /// Makes an object shared, and all that it reaches.
    #[inline(always)]
    pub(crate) fn publish_object(&self, p: *mut Header) {
        // SAFETY: a live object; it is ours or shared (I-6).
        if !unsafe { (*p).is_shared() } {
            self.publish_slow(p);
        }
    }

    /// Makes an object shared that refers to nothing yet.
    /// # Safety
    /// `p` is a local object of this thread without references.
    pub(crate) unsafe fn publish_empty(&self, p: *mut Header) {
        // SAFETY: caller.
        unsafe {
            self.owner_assert(p);
            let (pair, mask) = pair_of(p);
            pair.shared.set(pair.shared.get() | mask);
            (*p).set_shared();
            self.count_published(cell_size_of(p));
        }
    }

    /// Publishes the registers of a coroutine, and the arrays it has allocated since it was resumed. The runner of a
    /// shared coroutine calls this whenever it stops running it, by yield, return or error, after its fields are
    /// written back and before its status is (I-24).
    pub(crate) fn publish_coroutine_stack(&self, co: *mut Coroutine) {
        // SAFETY: the caller runs the coroutine; its fields are current.
        unsafe {
            debug_assert!((*co).header.is_shared(), "only shared coroutines are looked at by others");
            self.publish_with(|work| {
                self.flip_arrays(co, work);
                self.flip_registers(co, work);
            });
        }
    }

    #[cold]
    #[inline(never)]
    fn publish_slow(&self, p: *mut Header) {
        self.publish_with(|work| self.flip(p, work));
    }

    fn publish_with(&self, start: impl FnOnce(&mut Worklist)) {
        // SAFETY: the owner's alone (H-2), and publishing does not nest: no foreign code runs in it but
        // `Payload::trace`, which cannot reach a Thread.
        let work = unsafe { &mut *self.heap.worklist.get() };
        start(work);
        loop {
            while let Some(next) = work.pop() {
                let (Next::Object(p) | Next::Tagged(p) | Next::From(p, _)) = next;
                // SAFETY: entries are live objects of this thread whose bit was just set.
                unsafe { self.scan(p, work) };
            }
            if !work.take_overflow() {
                break;
            }
            // What was dropped was flipped before: it is among this heap's shared objects, and no other thread has
            // met it yet.
            self.heap.for_each_block(|block| {
                block.for_each_used(|p| {
                    // SAFETY: a used cell of our heap; the flag is only set by publishing, which is not nested.
                    unsafe {
                        if take_dropped(p) {
                            self.scan(p, work);
                        }
                    }
                });
            });
        }
        work.trim();
    }

    /// Makes an object shared whose bit is set already, and enters what it refers to.
    /// # Safety
    /// `p` is a live object of this thread that was entered in this publish.
    #[inline(always)]
    unsafe fn scan(&self, p: *mut Header, work: &mut Worklist) {
        // SAFETY: caller; until the reference is stored nobody else can see the object, or only the same objects again.
        unsafe {
            self.owner_assert(p);
            (*p).set_shared();
            self.count_published(cell_size_of(p));
            children(p, &mut |child| self.flip(child, work));
            if (*p).kind() == Kind::Coroutine && !is_active(p.cast()) {
                self.flip_registers(p.cast(), work);
            }
        }
    }

    /// Enters what the registers of a coroutine refer to. A `pairs` loop has the store that it walks in R[A+3], and its
    /// table in R[A+1] (see [`crate::interpreter::forloop`]). When such a loop was left that register may still have the
    /// store of a table which stays local: it is emptied, for the owner of that table goes on to store local references.
    /// # Safety
    /// `co` is a live coroutine of this thread that nobody runs from now on, its fields current.
    unsafe fn flip_registers(&self, co: *const Coroutine, work: &mut Worklist) {
        // SAFETY: caller; what registers refer to is live.
        unsafe {
            let registers = registers(co);
            for (i, slot) in registers.iter().enumerate() {
                let v = Value(slot.get());
                if let Some(s) = v.as_kind::<Store>(Kind::Store)
                    && !(*s).header.is_shared()
                    && (*s).header.flags.get() & FLAG_REPLACED == 0
                {
                    let table = i.checked_sub(2).and_then(|t| Value(registers[t].get()).as_table());
                    if table.is_none_or(|t| (*t).store.get() != s as u64) {
                        slot.set(Value::NIL.0);
                        continue;
                    }
                }
                self.flip_value(v, work);
            }
        }
    }

    fn flip_value(&self, v: Value, work: &mut Worklist) {
        if v.is_object() {
            self.flip(v.as_object(), work);
        }
    }

    /// Sets an object's shared bit and enters it in the list, if the bit is not set. Its kind byte follows when it is
    /// scanned: the object itself is not touched here, so that it can arrive in the cache meanwhile.
    #[inline(always)]
    fn flip(&self, p: *mut Header, work: &mut Worklist) {
        // SAFETY: a live object, ours or shared (I-6).
        unsafe {
            let (pair, mask) = pair_of(p);
            if pair.shared.get() & mask == 0 {
                pair.shared.set(pair.shared.get() | mask);
                work.push(p);
            }
        }
    }

    /// # Safety
    /// `co` is a live coroutine that this thread runs or may run.
    unsafe fn flip_arrays(&self, co: *mut Coroutine, work: &mut Worklist) {
        // SAFETY: caller.
        unsafe { children(co.cast(), &mut |array| self.flip(array, work)) }
    }
}
