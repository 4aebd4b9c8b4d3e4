//! A stack of objects still to scan that never aborts: when it cannot grow, the object gets a flag instead of an entry,
//! and the user of the list walks the heap for such objects when the list is empty.

use crate::object::Header;

/// The stack.
#[derive(Default)]
pub struct Worklist {
    items: Vec<usize>,
    overflow: bool,
    /// It must not grow beyond [`TINY`] entries.
    tiny: bool,
}

/// In [`Header::flags`]: the object's entry did not fit.
const FLAG_DROPPED: u8 = 0x80;
/// Entries that are kept from one use to the next.
const KEEP: usize = 1 << 14;
/// Entries of a list that is to overflow early.
const TINY: usize = 64;

impl Worklist {
    /// An empty list, which overflows early if `tiny`.
    pub const fn new(tiny: bool) -> Worklist {
        Worklist { items: Vec::new(), overflow: false, tiny }
    }

    /// Enters an object.
    /// # Safety
    /// `p` is a live object that no other thread looks at meanwhile.
    #[inline(always)]
    pub unsafe fn push(&mut self, p: *mut Header) {
        if self.items.len() < self.items.capacity() {
            self.items.push(p.expose_provenance());
        } else {
            // SAFETY: caller.
            unsafe { self.push_slow(p) };
        }
    }

    /// Enters an object with a tag in its address.
    /// # Safety
    /// As for [`Worklist::push`].
    #[inline(always)]
    pub unsafe fn push_tagged(&mut self, p: *mut Header, tag: usize) {
        if self.items.len() < self.items.capacity() {
            self.items.push(p.expose_provenance() + tag);
        } else if self.grow() {
            self.items.push(p.expose_provenance() + tag);
        } else {
            // SAFETY: caller. The whole object will be scanned.
            unsafe { self.drop_entry(p) };
        }
    }

    /// Enters an object and where in it to go on; [`Worklist::pop`] returns the address plus one, then the position.
    /// # Safety
    /// As for [`Worklist::push`].
    pub unsafe fn push_position(&mut self, p: *mut Header, position: usize) {
        if self.items.capacity() - self.items.len() < 2 && !self.grow() {
            // SAFETY: caller. The whole object will be scanned again.
            unsafe { self.drop_entry(p) };
            return;
        }
        self.items.push(position);
        self.items.push(p.expose_provenance() + 1);
    }

    #[cold]
    #[inline(never)]
    unsafe fn push_slow(&mut self, p: *mut Header) {
        if self.grow() {
            self.items.push(p.expose_provenance());
        } else {
            // SAFETY: caller of `push`.
            unsafe { self.drop_entry(p) };
        }
    }

    unsafe fn drop_entry(&mut self, p: *mut Header) {
        self.overflow = true;
        // SAFETY: caller of `push`.
        unsafe { (*p).flags.set((*p).flags.get() | FLAG_DROPPED) };
    }

    fn grow(&mut self) -> bool {
        if self.tiny {
            return self.items.is_empty() && self.items.try_reserve_exact(TINY).is_ok();
        }
        self.items.try_reserve(1024.max(self.items.len())).is_ok()
    }

    /// The latest entry.
    #[inline(always)]
    pub fn pop(&mut self) -> Option<usize> {
        self.items.pop()
    }

    /// Whether entries were dropped since this was last asked.
    pub fn take_overflow(&mut self) -> bool {
        std::mem::take(&mut self.overflow)
    }

    /// Gives memory of an unusually large use back.
    pub fn trim(&mut self) {
        debug_assert!(self.items.is_empty());
        if self.items.capacity() > KEEP {
            self.items = Vec::new();
        }
    }
}

/// Takes the flag of an object whose entry was dropped; whether it had it.
/// # Safety
/// `p` is a live object that no other thread changes meanwhile if it has the flag.
pub unsafe fn take_dropped(p: *mut Header) -> bool {
    // SAFETY: caller.
    unsafe {
        let flags = (*p).flags.get();
        if flags & FLAG_DROPPED == 0 {
            return false;
        }
        (*p).flags.set(flags & !FLAG_DROPPED);
        true
    }
}
