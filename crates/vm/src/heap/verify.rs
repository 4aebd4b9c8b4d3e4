//! The verifier: the sentences of the heap's invariants, checked against every live object.
//!
//! Run after each collection under torture, and by tests. It panics with the invariant's name.
//!
//! - Every block belongs to the heap in whose list it is, and every bit stands at the start of one of its cells (B-1).
//! - The shared bit and the kind byte agree (B-4), and the kind is one of an object.
//! - No shared object refers to a local one (H-1), no object to another thread's local one (I-6).
//! - Every reference of a live object is to a live object (H-6).
//! - The counters are what the bitmaps say.

use super::block::{Block, Census, block_of, is_shared_bit, pair_of};
use super::trace::{children, is_active, registers};
use super::{CLASSES, Heap};
use crate::machine::Machine;
use crate::object::{Coroutine, Header, Kind};
use crate::stop::Stopped;
use crate::sync::threaded;
use crate::thread::Record;
use crate::value::Value;

impl Record {
    /// Checks this thread's heap right after a collection of it; while no other thread runs, also its shared objects.
    pub fn verify_heap(&self) {
        verify(&self.heap, self, !threaded());
    }
}

/// Checks all heaps right after a global collection.
pub(super) fn verify_all(machine: &Machine, stopped: &Stopped<'_>) {
    for rec in stopped.records() {
        verify(&rec.heap, rec, true);
    }
    let dead = machine.heap.dead.lock();
    let mut census = Census::default();
    dead.for_each_block(|block| verify_block(block, std::ptr::null(), true, &mut census));
    assert_eq!((census.local, census.shared), (0, dead.live), "the dead heap's counter");
}

/// Checks one heap; its shared objects too if nobody changes them meanwhile.
fn verify(heap: &Heap, rec: *const Record, shared_too: bool) {
    let mut census = Census::default();
    heap.for_each_block(|block| verify_block(block, rec, shared_too, &mut census));
    if heap.taken.get() == 0 {
        assert!(census.local <= heap.local_live.get(), "the counter of local bytes: some were published since");
        assert_eq!(census.local + census.shared, heap.live.get(), "the counter of live bytes");
    }
}

fn verify_block(block: &Block, owner: *const Record, shared_too: bool, census: &mut Census) {
    assert_eq!(block.owner.get(), owner as usize, "H-2: a block in another heap's list");
    let cells = block.census();
    census.local += cells.local * block.cell_size.get();
    census.shared += cells.shared * block.cell_size.get();
    block.for_each_used(|p| {
        assert!(block.is_cell_start(p), "B-1: a bit beside the cells: {p:p}");
        // SAFETY: a used cell of a heap that stands still.
        unsafe {
            check_header(p);
            let shared = (*p).is_shared();
            if shared && !shared_too {
                return;
            }
            children(p, &mut |child| check_reference(p, child, owner));
            if (*p).kind() == Kind::Coroutine {
                let co = p.cast::<Coroutine>();
                for slot in registers(co) {
                    let v = Value(slot.get());
                    assert!(!v.is_nil_like() || v.is_nil(), "I-4: a sentinel in a register of {p:p}");
                    if v.is_object() {
                        check_reference(p, v.as_object(), owner);
                    }
                }
            }
        }
    });
}

/// # Safety
/// `p` is a used cell.
unsafe fn check_header(p: *mut Header) {
    // SAFETY: caller.
    unsafe {
        let byte = (*p).kind.get();
        let valid = byte >> 2 > Kind::Free as u8 && byte >> 2 <= Kind::BoxedInt as u8 && byte & 3 != 3;
        assert!(valid, "H-6: {p:p} is no object: kind byte {byte:#x}");
        assert_eq!(is_shared_bit(p), (*p).is_shared(), "B-4: {:?} {p:p}", (*p).kind());
    }
}

/// # Safety
/// `holder` is a live object of `owner`, and `child` a reference in it.
unsafe fn check_reference(holder: *mut Header, child: *mut Header, owner: *const Record) {
    // SAFETY: caller. If the reference is wrong this may fault, which is also an answer.
    unsafe {
        let holder_kind = (*holder).kind();
        assert!(child.addr().is_multiple_of(16) && !child.is_null(), "B-1: {holder_kind:?} {holder:p} -> {child:p}");
        let block = block_of(child);
        let class = (*block).class.get();
        assert!(
            (class < CLASSES as u32 || (*block).is_large()) && (*block).is_cell_start(child),
            "B-1: {holder_kind:?} {holder:p} refers beside a cell: {child:p}"
        );
        let (pair, mask) = pair_of(child);
        assert!(
            (pair.lmark.get() | pair.shared.get()) & mask != 0,
            "H-6: {holder_kind:?} {holder:p} refers to a free cell {child:p} (kind byte {:#x})",
            (*child).kind.get()
        );
        check_header(child);
        if !(*child).is_shared() {
            if (*holder).is_shared() {
                // What a shared coroutine has in its registers is its runner's, whose heap need not be the holder's (I-24).
                assert!(
                    holder_kind == Kind::Coroutine && is_active(holder.cast()),
                    "H-1: shared {holder_kind:?} {holder:p} refers to local {:?} {child:p}",
                    (*child).kind()
                );
            } else {
                assert_eq!((*block).owner.get(), owner as usize, "I-6: {holder_kind:?} {holder:p} -> {child:p}");
            }
        }
    }
}
