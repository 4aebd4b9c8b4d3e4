//! Large objects: a block each, as long as the object needs. Up to [`POOLED`] they take adjacent blocks of the pool;
//! above, a mapping of their own.

use super::block::{BLOCK_SIZE, Block, FIRST_CELL, LARGE};
use super::pool::Pool;
use crate::thread::{POLL_COLLECT, Record};

/// The largest block that comes from the pool's chunks.
const POOLED: usize = 32 * BLOCK_SIZE;
const PAGE: usize = 4096;

impl Record {
    /// Memory for an object larger than the classes.
    #[cold]
    #[inline(never)]
    pub(super) fn alloc_large(&self, size: usize) -> Option<*mut u8> {
        // The limit keeps sums of sizes from wrapping.
        let total = if size < isize::MAX as usize / 2 { size + FIRST_CELL } else { return None };
        let pooled = total <= POOLED;
        let (memory, total) = if pooled {
            let n = total.div_ceil(BLOCK_SIZE);
            (self.machine().heap.pool.lock().take(n), n * BLOCK_SIZE)
        } else {
            let total = total.next_multiple_of(PAGE);
            let taken = self.machine().heap.pool.lock().take_large(total);
            (taken.map(|(memory, _)| memory), taken.map_or(total, |(_, size)| size))
        };
        let Some(b) = memory else {
            self.raise_poll(POLL_COLLECT);
            return None;
        };
        let b = b.cast::<Block>();
        // SAFETY: fresh memory of at least the head's size.
        let block = unsafe {
            Block::init(b, self, LARGE, total - FIRST_CELL, 1);
            &*b
        };
        block.span.set(if pooled { total / BLOCK_SIZE } else { 0 });
        block.mapped.set(if pooled { 0 } else { total });
        block.next.set(self.heap.large.get());
        self.heap.large.set(b);
        self.count_taken(total - FIRST_CELL);
        Some(b.cast::<u8>().wrapping_add(FIRST_CELL))
    }
}

/// Gives the memory of any block back.
/// # Safety
/// Nothing refers to the block, and it is in no list.
pub(super) unsafe fn release(pool: &mut Pool, b: *mut Block) {
    // SAFETY: caller; the head says where the memory came from.
    unsafe {
        let (large, span, mapped) = ((*b).is_large(), (*b).span.get(), (*b).mapped.get());
        (*b).retire();
        if large && mapped != 0 {
            pool.give_large(b.cast(), mapped);
        } else {
            pool.give(b.cast(), if large { span } else { 1 });
        }
    }
}
