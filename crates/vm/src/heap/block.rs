//! Blocks: 32 KiB of cells of one size, with the bitmaps that say which of them are in use.
//!
//! ```text
//!  0          64                        576          832     1024                               32768
//!  | owner .. | (lmark, shared) x 32    | gmark x 32 |       | cell | cell | cell | ...           |
//! ```
//!
//! A bitmap has one bit for each 16 bytes of the block, so the bit of an object is found from its address alone; only
//! bits of cell starts are ever set. A large object is a block too, of one cell and as long as it needs to be.
//!
//! Invariants:
//!
//! - B-1 A block starts at a multiple of 32 KiB, and every reference points at the start of a cell: [`block_of`] is a
//!   mask.
//! - B-2 `lmark` is written by the owner of the block, or by anyone while the owner is stopped; `shared` likewise;
//!   `gmark` by whoever collects globally. So each word has one writer at a time and needs no read-modify-write
//!   (contract 14).
//! - B-3 A cell is in use when its bit is set in `lmark` or `shared`, or when it was allocated since the last
//!   collection of its heap. Everything else is free: the bitmap is the free list.
//! - B-4 The bit in `shared` and the state in the object's kind byte agree.
//!
//! Leaves to others: where blocks come from ([`super::pool`]), who fills them ([`super`]).

use crate::object::Header;
use crate::sync::{AtomicU64, AtomicUsize};
use crate::thread::Record;
use std::cell::Cell;

/// Bytes and alignment of a block.
pub const BLOCK_SIZE: usize = 32 * 1024;
/// Where cells start.
pub const FIRST_CELL: usize = 1024;
/// Bytes for cells in a block.
pub const CELL_SPACE: usize = BLOCK_SIZE - FIRST_CELL;
/// Bytes per bit.
pub const GRANULE: usize = 16;
/// Bit number of the first cell.
pub const FIRST_GRANULE: usize = FIRST_CELL / GRANULE;
const GRANULES: usize = BLOCK_SIZE / GRANULE;
const WORDS: usize = GRANULES / 64;

/// The bits that a local collection looks at, side by side in one cache line.
#[repr(C)]
pub struct Pair {
    /// Marked by the owner's last collection (for shared objects: meaningless).
    pub lmark: AtomicU64,
    /// Shared, that is: live until a global collection says otherwise.
    pub shared: AtomicU64,
}

/// The head of a block.
#[repr(C, align(64))]
pub struct Block {
    /// The record whose heap this is, 0 for the dead heap. Written when the block changes hands: by the owner, or
    /// while the world is stopped.
    pub owner: AtomicUsize,
    /// Next block of the same list of the same heap. The owner's, like the rest of this line.
    pub next: Cell<*mut Block>,
    /// Bytes of a cell.
    pub cell_size: Cell<usize>,
    /// How many cells.
    pub cells: Cell<u32>,
    /// Size class, or [`LARGE`].
    pub class: Cell<u32>,
    /// Of a large object in the pool's chunks: how many blocks it takes. 0: it has its own mapping.
    pub span: Cell<usize>,
    /// Of a large object with its own mapping: its bytes.
    pub mapped: Cell<usize>,
    pairs: Line<[Pair; WORDS]>,
    gmark: Line<[AtomicU64; WORDS]>,
}

/// Starts on a cache line of its own.
#[repr(C, align(64))]
struct Line<T>(T);

const _: () = assert!(std::mem::size_of::<Block>() <= FIRST_CELL);

/// [`Block::class`] of a large object.
pub const LARGE: u32 = u32::MAX;

/// The block of an object (B-1).
#[inline(always)]
pub fn block_of<T>(p: *const T) -> *mut Block {
    p.map_addr(|a| a & !(BLOCK_SIZE - 1)).cast_mut().cast()
}

#[inline(always)]
fn bit_of<T>(p: *const T) -> (usize, u64) {
    let offset = p.addr() & (BLOCK_SIZE - 1);
    (offset >> 10, 1 << (offset >> 4 & 63))
}

/// The bits of an object that a local collection looks at, and their mask.
/// # Safety
/// `p` is an object of a heap (not a static one), whose block stays for `'a`.
#[inline(always)]
pub unsafe fn pair_of<'a, T>(p: *const T) -> (&'a Pair, u64) {
    let (word, mask) = bit_of(p);
    // SAFETY: caller; the word is below WORDS because the offset is below the block size.
    unsafe { ((*block_of(p)).pairs.0.get_unchecked(word), mask) }
}

/// The word with the global mark of an object, and the mask.
/// # Safety
/// As for [`pair_of`].
#[inline(always)]
pub unsafe fn gmark_of<'a, T>(p: *const T) -> (&'a AtomicU64, u64) {
    let (word, mask) = bit_of(p);
    // SAFETY: as in `pair_of`.
    unsafe { ((*block_of(p)).gmark.0.get_unchecked(word), mask) }
}

/// Whether the object's bit says shared (B-4).
/// # Safety
/// As for [`pair_of`].
#[inline(always)]
pub unsafe fn is_shared_bit<T>(p: *const T) -> bool {
    // SAFETY: caller.
    let (pair, mask) = unsafe { pair_of(p) };
    pair.shared.get() & mask != 0
}

/// Asks for the cache line at an address, which may be any.
#[inline(always)]
pub fn prefetch<T>(p: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint that never faults.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(p.cast());
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: as above.
    unsafe {
        std::arch::asm!("prfm pldl1keep, [{}]", in(reg) p, options(nostack, readonly, preserves_flags));
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = p;
}

/// Bytes that the object's cell takes.
/// # Safety
/// As for [`pair_of`].
#[inline(always)]
pub unsafe fn cell_size_of<T>(p: *const T) -> usize {
    // SAFETY: caller.
    unsafe { (*block_of(p)).cell_size.get() }
}

/// What a block holds after a collection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Cells of local objects.
    pub local: usize,
    /// Cells of shared objects.
    pub shared: usize,
}

impl Block {
    /// Writes the head of a fresh block.
    /// # Safety
    /// `b` is memory for the block, of nobody else, aligned to its size.
    pub unsafe fn init(b: *mut Block, owner: *const Record, class: u32, cell_size: usize, cells: u32) {
        debug_assert!(b.addr().is_multiple_of(BLOCK_SIZE), "B-1");
        // SAFETY: caller. All-zero is a valid head: no owner, no cells, nothing marked.
        unsafe {
            b.cast::<u8>().write_bytes(0, std::mem::size_of::<Block>());
            (*b).owner.set(owner as usize);
            (*b).cell_size.set(cell_size);
            (*b).cells.set(cells);
            (*b).class.set(class);
        }
    }

    /// Of a block that holds nothing any more: a stale reference into it then fails the owner and cell checks instead
    /// of looking valid.
    pub fn retire(&self) {
        self.owner.set(usize::MAX);
        self.cells.set(0);
    }

    /// Whether the block holds one large object.
    #[inline(always)]
    pub fn is_large(&self) -> bool {
        self.class.get() == LARGE
    }

    /// Clears the local marks.
    pub fn clear_lmarks(&self) {
        for pair in &self.pairs.0 {
            pair.lmark.set(0);
        }
    }

    /// Clears the global marks.
    pub fn clear_gmarks(&self) {
        for word in &self.gmark.0 {
            word.set(0);
        }
    }

    /// After a global mark: what is shared and was not reached is free.
    pub fn settle(&self) {
        for (pair, gmark) in self.pairs.0.iter().zip(&self.gmark.0) {
            pair.shared.set(pair.shared.get() & gmark.get());
        }
    }

    /// Counts the cells in use.
    pub fn census(&self) -> Census {
        let mut census = Census::default();
        for pair in &self.pairs.0 {
            let shared = pair.shared.get();
            census.shared += shared.count_ones() as usize;
            census.local += (pair.lmark.get() & !shared).count_ones() as usize;
        }
        census
    }

    /// The address of bit `granule`.
    #[inline(always)]
    pub fn at(&self, granule: usize) -> *mut Header {
        std::ptr::from_ref(self).cast_mut().wrapping_byte_add(granule * GRANULE).cast()
    }

    /// The bit number after the last cell.
    #[inline(always)]
    pub fn end(&self) -> usize {
        if self.is_large() {
            FIRST_GRANULE + 1
        } else {
            FIRST_GRANULE + self.cells.get() as usize * (self.cell_size.get() / GRANULE)
        }
    }

    /// The first free run that starts at bit `from` or later, as bit numbers; `from` is a cell's bit or the end.
    #[inline]
    pub fn next_run(&self, from: usize) -> Option<(usize, usize)> {
        debug_assert!(!self.is_large());
        let step = self.cell_size.get() / GRANULE;
        let end = self.end();
        let mut start = from;
        while start < end && self.is_used(start) {
            start += step;
        }
        if start >= end {
            return None;
        }
        Some((start, self.next_used(start + step, end)))
    }

    /// Calls `f` with each cell in use.
    pub fn for_each_used(&self, mut f: impl FnMut(*mut Header)) {
        for (i, pair) in self.pairs.0.iter().enumerate() {
            let mut bits = pair.lmark.get() | pair.shared.get();
            while bits != 0 {
                f(self.at(i * 64 + bits.trailing_zeros() as usize));
                bits &= bits - 1;
            }
        }
    }

    /// Calls `f` with each cell that is not in use; only right after a collection are these all free.
    pub fn for_each_free(&self, mut f: impl FnMut(*mut Header)) {
        let step = if self.is_large() { 1 } else { self.cell_size.get() / GRANULE };
        let mut granule = FIRST_GRANULE;
        while granule < self.end() {
            if !self.is_used(granule) {
                f(self.at(granule));
            }
            granule += step;
        }
    }

    /// Whether an address is the start of a cell.
    pub fn is_cell_start<T>(&self, p: *const T) -> bool {
        let offset = p.addr().wrapping_sub(std::ptr::from_ref(self).addr()).wrapping_sub(FIRST_CELL);
        if self.is_large() {
            return offset == 0;
        }
        let size = self.cell_size.get();
        size != 0 && offset.is_multiple_of(size) && offset / size < self.cells.get() as usize
    }

    #[inline(always)]
    fn is_used(&self, granule: usize) -> bool {
        let pair = &self.pairs.0[granule / 64];
        (pair.lmark.get() | pair.shared.get()) >> (granule % 64) & 1 != 0
    }

    /// The first set bit from `from` on, or `end`.
    #[inline]
    fn next_used(&self, from: usize, end: usize) -> usize {
        if from >= end {
            return end;
        }
        let mut word = from / 64;
        let mut mask = u64::MAX << (from % 64);
        while word < WORDS {
            let bits = (self.pairs.0[word].lmark.get() | self.pairs.0[word].shared.get()) & mask;
            if bits != 0 {
                return (word * 64 + bits.trailing_zeros() as usize).min(end);
            }
            mask = u64::MAX;
            word += 1;
        }
        end
    }
}
