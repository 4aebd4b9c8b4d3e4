//! Objects with an end: finalizers (`__gc`), payloads of userdata, and protos (H-7).
//!
//! ```text
//!  setmetatable --> list --found unreachable--> queue --take_pending_finalizer--> the interpreter calls __gc
//! ```
//!
//! Promises: finalizers come in reverse order of registering, once; the object is kept, with what it reaches, until
//! the collection after its finalizer was taken (I-34). A payload is dropped when its userdata is unreachable and has
//! no finalizer pending.
//! Leaves to others: calling `__gc` ([`crate::interpreter`]); who is unreachable ([`super::mark`]).

use super::GlobalHeap;
use crate::native::Payload;
use crate::object::{FLAG_FINALIZER, Header, Kind, Proto, Userdata};
use crate::sync::{AcqRel, threaded};
use crate::thread::{POLL_FINALIZERS, Record};
use crate::value::Value;
use std::collections::VecDeque;

/// What a thread keeps of its local objects; entries whose object was published meanwhile wait to be moved.
#[derive(Default)]
pub struct LocalLists {
    /// Objects with finalizers, in order of registering.
    pub(super) finalizers: Vec<*mut Header>,
    /// Objects whose finalizer is due, first one first. Roots.
    pub(super) queue: VecDeque<*mut Header>,
    /// Userdata with payloads.
    pub(super) payloads: Vec<*mut Header>,
}

impl LocalLists {
    /// Empty lists.
    pub const fn new() -> LocalLists {
        LocalLists { finalizers: Vec::new(), queue: VecDeque::new(), payloads: Vec::new() }
    }
}

/// What the machine keeps of shared objects.
#[derive(Default)]
pub struct SharedLists {
    pub(super) finalizers: Vec<*mut Header>,
    pub(super) queue: VecDeque<*mut Header>,
    pub(super) payloads: Vec<*mut Header>,
    pub(super) protos: Vec<*mut Header>,
}

// SAFETY: the objects are shared, and the lists are reached under their lock.
unsafe impl Send for SharedLists {}

impl SharedLists {
    /// Empty lists.
    pub const fn new() -> SharedLists {
        SharedLists { finalizers: Vec::new(), queue: VecDeque::new(), payloads: Vec::new(), protos: Vec::new() }
    }
}

/// About what a proto owns outside of the heap: in any case, and for each instruction word (with its line, constants
/// and names).
const PROTO_BYTES: usize = 512;
const WORD_BYTES: usize = 16;

/// What a collection found dead, to be dropped after it: drops are foreign code, so no lock is held then and the world
/// runs.
#[derive(Default)]
pub(super) struct Dead {
    payloads: Vec<Box<dyn Payload>>,
}

impl Dead {
    /// Takes the payload of a dead userdata.
    /// # Safety
    /// Nobody can reach the userdata any more.
    unsafe fn payload(&mut self, p: *mut Header) {
        // SAFETY: only userdata are on the list.
        if let Some(payload) = unsafe { (*p.cast::<Userdata>()).take_payload() } {
            // Without memory for the list it is dropped at once, which is only less considerate.
            if self.payloads.try_reserve(1).is_ok() {
                self.payloads.push(payload);
            }
        }
    }

    /// Frees what a dead proto owns.
    /// # Safety
    /// Nobody can reach the proto any more.
    unsafe fn proto(&mut self, p: *mut Header) {
        // SAFETY: caller; the info came from a Box, and a proto is freed once.
        unsafe {
            let proto = p.cast::<Proto>();
            let info = std::mem::replace(&mut (*proto).info, std::ptr::null_mut());
            if !info.is_null() {
                drop(Box::from_raw(info));
            }
        }
    }
}

/// Keeps the entries for which `keep` says yes.
fn sift(list: &mut Vec<*mut Header>, mut keep: impl FnMut(*mut Header) -> bool) {
    list.retain(|&p| keep(p));
}

/// Moves the entries whose finalizer is due to the queue, latest first. False when there was no memory for that and
/// nothing was moved.
fn separate(
    list: &mut Vec<*mut Header>,
    queue: &mut VecDeque<*mut Header>,
    is_marked: &mut impl FnMut(*mut Header) -> bool,
) -> bool {
    let due = list.iter().filter(|&&p| !is_marked(p)).count();
    if due == 0 {
        return true;
    }
    if queue.try_reserve(due).is_err() {
        return false;
    }
    for &p in list.iter().rev().filter(|&&p| !is_marked(p)) {
        // SAFETY: an object of the list: not freed yet. Its entry is gone, so registering again arms it again.
        unsafe { (*p).flags.set((*p).flags.get() & !FLAG_FINALIZER) };
        queue.push_back(p);
    }
    list.retain(|&p| is_marked(p));
    true
}

impl LocalLists {
    /// Hands entries of published objects to the machine (H-7). What does not fit stays for the next time: such an
    /// object is shared, so no local collection frees it, and global ones see both lists.
    pub(super) fn hand_over(&mut self, shared: &mut SharedLists) {
        // SAFETY: entries are objects that are not freed.
        let is_shared = |p: *mut Header| unsafe { (*p).is_shared() };
        for (from, to) in [(&mut self.finalizers, &mut shared.finalizers), (&mut self.payloads, &mut shared.payloads)] {
            let n = from.iter().filter(|&&p| is_shared(p)).count();
            if n != 0 && to.try_reserve(n).is_ok() {
                sift(from, |p| {
                    let moves = is_shared(p);
                    if moves {
                        to.push(p);
                    }
                    !moves
                });
            }
        }
    }

    /// Whether entries of published objects are here.
    pub(super) fn has_shared(&self) -> bool {
        // SAFETY: as in `hand_over`.
        self.finalizers.iter().chain(&self.payloads).any(|&p| unsafe { (*p).is_shared() })
    }

    /// See [`separate`].
    pub(super) fn separate(&mut self, is_marked: &mut impl FnMut(*mut Header) -> bool) -> bool {
        separate(&mut self.finalizers, &mut self.queue, is_marked)
    }

    /// Takes the payloads of unmarked objects.
    /// # Safety
    /// Marking has ended, finalizers included.
    pub(super) unsafe fn sift_payloads(&mut self, dead: &mut Dead, is_marked: &mut impl FnMut(*mut Header) -> bool) {
        sift(&mut self.payloads, |p| {
            let keep = is_marked(p);
            if !keep {
                // SAFETY: unmarked: unreachable.
                unsafe { dead.payload(p) };
            }
            keep
        });
    }
}

impl SharedLists {
    /// See [`separate`].
    pub(super) fn separate(&mut self, is_marked: &mut impl FnMut(*mut Header) -> bool) -> bool {
        separate(&mut self.finalizers, &mut self.queue, is_marked)
    }

    /// Takes the payloads of unmarked objects, and frees unmarked protos, which those that live forget as targets (K-2).
    /// # Safety
    /// A global mark has ended, finalizers included.
    pub(super) unsafe fn sift_dead(&mut self, dead: &mut Dead, is_marked: &mut impl FnMut(*mut Header) -> bool) {
        sift(&mut self.payloads, |p| {
            let keep = is_marked(p);
            if !keep {
                // SAFETY: unmarked: unreachable.
                unsafe { dead.payload(p) };
            }
            keep
        });
        for &p in &self.protos {
            if !is_marked(p) {
                continue;
            }
            // SAFETY: a live proto with its info; the world is stopped.
            let sites = unsafe { (*(*p.cast::<Proto>()).info).feedback.sites() };
            sites.iter().for_each(|site| site.forget(&mut *is_marked));
        }
        sift(&mut self.protos, |p| {
            let keep = is_marked(p);
            if !keep {
                // SAFETY: unmarked: unreachable.
                unsafe { dead.proto(p) };
            }
            keep
        });
    }
}

impl GlobalHeap {
    /// Drops all payloads and protos that are left. Called when the machine ends.
    pub(super) fn drop_all(&mut self) {
        let mut dead = Dead::default();
        let mut lists = self.lists.lock();
        // SAFETY: the machine ends: nobody reaches its objects any more.
        unsafe { lists.sift_dead(&mut dead, &mut |_| false) };
        drop(lists);
        drop(dead);
    }
}

impl Record {
    /// Puts an object whose metatable has `__gc` on the finalizer list, once. False when there is no memory.
    pub(crate) fn register_finalizer(&self, p: *mut Header) -> bool {
        // SAFETY: a live object, ours or shared.
        let (flags, shared) = unsafe { (&(*p).flags, (*p).is_shared()) };
        if flags.get() & FLAG_FINALIZER != 0 {
            return true;
        }
        if !shared {
            // SAFETY: the owner's alone (H-2).
            let list = unsafe { &mut (*self.heap.lists.get()).finalizers };
            if list.try_reserve(1).is_err() {
                return false;
            }
            list.push(p);
            flags.set(flags.get() | FLAG_FINALIZER);
            return true;
        }
        let mut lists = self.machine().heap.lists.lock();
        if lists.finalizers.try_reserve(1).is_err() {
            return false;
        }
        // Several threads may arrive here with the same object; the lock orders them.
        if threaded() {
            if flags.fetch_or(FLAG_FINALIZER, AcqRel) & FLAG_FINALIZER != 0 {
                return true;
            }
        } else {
            flags.set(flags.get() | FLAG_FINALIZER);
        }
        lists.finalizers.push(p);
        true
    }

    /// Puts a userdata with a payload on the list of those. False when there is no memory.
    #[must_use]
    pub(crate) fn register_payload(&self, p: *mut Header) -> bool {
        // SAFETY: a fresh userdata of this thread, or one published at birth.
        unsafe {
            debug_assert!((*p).kind() == Kind::Userdata);
            // The owner's alone (H-2). Shared ones move with the next collection.
            let list = &mut (*self.heap.lists.get()).payloads;
            if list.try_reserve(1).is_err() {
                return false;
            }
            list.push(p);
        }
        true
    }

    /// Puts a proto, complete with its `info`, on the machine's list, so that its `info` is dropped when it dies. False when there is no memory.
    #[must_use]
    pub(crate) fn register_proto(&self, p: *mut Header) -> bool {
        let mut lists = self.machine().heap.lists.lock();
        if lists.protos.try_reserve(1).is_err() {
            return false;
        }
        lists.protos.push(p);
        drop(lists);
        // What it owns outside of the heap counts too, or a program that loads chunks for ever would never collect.
        // SAFETY: a fresh proto with its info.
        let code = unsafe { (*p.cast::<Proto>()).info.as_ref().map_or(0, |info| info.code.len()) };
        self.count_published(PROTO_BYTES + code * WORD_BYTES);
        true
    }

    /// Looks at the functions that are not freed; none is before `look` is done. It is under a lock of the machine's
    /// lists: no safepoint.
    pub(crate) fn with_protos<R>(&self, look: impl FnOnce(&[*mut Header]) -> R) -> R {
        look(&self.machine().heap.lists.lock().protos)
    }

    /// Whether [`Record::take_pending_finalizer`] would find one.
    pub fn has_pending_finalizers(&self) -> bool {
        let machine = self.machine();
        // SAFETY: the owner's alone (H-2).
        let own = unsafe { !(*self.heap.lists.get()).queue.is_empty() };
        own || machine.heap.pending.get() != 0 && machine.world.runs_shared_finalizers(self)
    }

    /// The next object whose finalizer this thread has to call: its own first; then shared ones, if this is the main
    /// thread or that has gone (I-33). The object is no root any more: the caller keeps it in a slot.
    pub fn take_pending_finalizer(&self) -> Option<Value> {
        // SAFETY: the owner's alone (H-2).
        if let Some(p) = unsafe { (*self.heap.lists.get()).queue.pop_front() } {
            return Some(Value::object(p));
        }
        let machine = self.machine();
        if machine.heap.pending.get() == 0 || !machine.world.runs_shared_finalizers(self) {
            return None;
        }
        let mut lists = machine.heap.lists.lock();
        let p = lists.queue.pop_front()?;
        machine.heap.pending.set(lists.queue.len());
        Some(Value::object(p))
    }

    /// Makes the finalizer of every local object due, reachable or not, latest first: the thread ends. With
    /// `machine_too` also of all shared objects: the machine ends, and this is its last thread. False when there was
    /// no memory for all of them.
    pub fn queue_all_finalizers(&self, machine_too: bool) -> bool {
        // SAFETY: the owner's alone (H-2).
        let local = unsafe { &mut *self.heap.lists.get() };
        let global = &self.machine().heap;
        let mut shared = global.lists.lock();
        local.hand_over(&mut shared);
        // SAFETY: entries are objects that are not freed.
        let mut done = local.separate(&mut |p| unsafe { (*p).is_shared() });
        if machine_too {
            done &= shared.separate(&mut |_| false);
            global.pending.set(shared.queue.len());
        }
        if !local.queue.is_empty() || machine_too && !shared.queue.is_empty() {
            drop(shared);
            self.raise_poll(POLL_FINALIZERS);
        }
        done
    }
}
