//! Memory of the machine: chunks of 4 MiB from the operating system, handed out in blocks of 32 KiB.
//!
//! Promises: what is handed out is aligned to 32 KiB; None when the operating system refuses, never an abort; memory
//! that stays free goes back.
//! Leaves to others: the contents ([`super::block`]); locking (it lies in a `Lock`).

use super::block::BLOCK_SIZE;

/// Bytes and alignment of a chunk.
const CHUNK_SIZE: usize = 4 << 20;
const CHUNK_BLOCKS: usize = CHUNK_SIZE / BLOCK_SIZE;
/// From this many chunks on the system is asked for huge pages: a small program stays small.
const HUGE_FROM: usize = 4;
/// Bytes of a huge page.
const HUGE_PAGE: usize = 2 << 20;
/// From this size on a large mapping asks for them: keys of a table that large are met in any order.
const LARGE_HUGE_FROM: usize = 2 * HUGE_PAGE;
/// Free chunks that are kept in any case.
const SPARE: usize = 2;

const _: () = assert!(CHUNK_BLOCKS == 128, "one bit of a u128 each");

struct Chunk {
    base: *mut u8,
    /// A set bit for each free block.
    free: u128,
}

/// Most bytes of freed large mappings that are kept for reuse.
const KEPT_LARGE: usize = 16 << 20;

/// A large mapping that nobody uses now.
struct Kept {
    base: *mut u8,
    size: usize,
    /// It was already there at the last `trim`.
    old: bool,
}

/// The chunks, in order of their addresses, and a few large mappings.
pub struct Pool {
    chunks: Vec<Chunk>,
    /// No chunk below this index has a free block.
    hint: usize,
    /// What was freed lately, together at most [`KEPT_LARGE`] bytes: a program that reads a file in large pieces then
    /// does not have each page mapped and cleared again.
    kept: Vec<Kept>,
}

// SAFETY: the addresses are of memory that no other code knows.
unsafe impl Send for Pool {}

impl Default for Pool {
    fn default() -> Self {
        Self::new()
    }
}

impl Pool {
    /// No memory yet.
    pub const fn new() -> Pool {
        Pool { chunks: Vec::new(), hint: 0, kept: Vec::new() }
    }

    /// `n` adjacent blocks, uninitialised.
    pub fn take(&mut self, n: usize) -> Option<*mut u8> {
        debug_assert!((1..=CHUNK_BLOCKS / 4).contains(&n));
        for i in self.hint..self.chunks.len() {
            let chunk = &mut self.chunks[i];
            if chunk.free == 0 {
                if i == self.hint {
                    self.hint += 1;
                }
                continue;
            }
            let starts = runs_of(chunk.free, n);
            if starts != 0 {
                let at = starts.trailing_zeros() as usize;
                chunk.free &= !(ones(n) << at);
                return Some(chunk.base.wrapping_add(at * BLOCK_SIZE));
            }
        }
        self.chunks.try_reserve(1).ok()?;
        let base = self.map(CHUNK_SIZE, CHUNK_SIZE)?;
        if self.chunks.len() >= HUGE_FROM {
            advise_huge(base, CHUNK_SIZE);
        }
        let i = self.chunks.partition_point(|c| c.base < base);
        self.chunks.insert(i, Chunk { base, free: !ones(n) });
        self.hint = self.hint.min(i);
        Some(base)
    }

    /// Takes back what [`Pool::take`] gave.
    pub fn give(&mut self, p: *mut u8, n: usize) {
        let i = self.chunks.partition_point(|c| c.base <= p) - 1;
        let chunk = &mut self.chunks[i];
        let bits = ones(n) << ((p.addr() - chunk.base.addr()) / BLOCK_SIZE);
        debug_assert!(chunk.free & bits == 0, "a block was freed twice");
        chunk.free |= bits;
        self.hint = self.hint.min(i);
    }

    /// A mapping of its own for something larger than the chunks hold, uninitialised, and its size: `size`, which is a
    /// multiple of the page size, or a little more.
    pub fn take_large(&mut self, size: usize) -> Option<(*mut u8, usize)> {
        let fits = |kept: &Kept| kept.size >= size && kept.size - size <= size / 4;
        if let Some(i) = self.kept.iter().rposition(fits) {
            let kept = self.kept.remove(i);
            return Some((kept.base, kept.size));
        }
        if size < LARGE_HUGE_FROM {
            return Some((self.map(size, BLOCK_SIZE)?, size));
        }
        let base = self.map(size, HUGE_PAGE)?;
        advise_huge(base, size);
        Some((base, size))
    }

    /// A fresh mapping; when the system refuses, what is kept goes back first.
    fn map(&mut self, size: usize, align: usize) -> Option<*mut u8> {
        if let Some(base) = map_aligned(size, align) {
            return Some(base);
        }
        if self.kept.is_empty() {
            return None;
        }
        self.give_kept_back();
        map_aligned(size, align)
    }

    fn give_kept_back(&mut self) {
        for kept in self.kept.drain(..) {
            // SAFETY: nobody knows it, and it leaves the list.
            unsafe { unmap(kept.base, kept.size) };
        }
    }

    /// Takes back what [`Pool::take_large`] gave.
    /// # Safety
    /// Nobody uses the mapping any more.
    pub unsafe fn give_large(&mut self, base: *mut u8, size: usize) {
        let total: usize = self.kept.iter().map(|kept| kept.size).sum();
        if total + size <= KEPT_LARGE && self.kept.try_reserve(1).is_ok() {
            self.kept.push(Kept { base, size, old: false });
        } else {
            // SAFETY: caller.
            unsafe { unmap(base, size) };
        }
    }

    /// Takes out what is to go back to the system: large mappings that were not used since the last time, and free
    /// chunks except for a reserve that grows with the heap.
    pub fn trim(&mut self) -> Surplus {
        let mut out = Surplus { first: std::ptr::null_mut() };
        self.kept.retain_mut(|kept| {
            if kept.old {
                // SAFETY: nobody knows it, and it leaves the list.
                unsafe { out.push(kept.base, kept.size) };
                return false;
            }
            kept.old = true;
            true
        });
        let empty = self.chunks.iter().filter(|c| c.free == u128::MAX).count();
        let mut surplus = empty.saturating_sub(SPARE + (self.chunks.len() - empty) / 4);
        if surplus == 0 {
            return out;
        }
        // The highest addresses first: allocation prefers low ones.
        for chunk in self.chunks.iter_mut().rev() {
            if surplus > 0 && chunk.free == u128::MAX {
                // SAFETY: all of its blocks are free, and it leaves the list below.
                unsafe { out.push(chunk.base, CHUNK_SIZE) };
                chunk.base = std::ptr::null_mut();
                surplus -= 1;
            }
        }
        self.chunks.retain(|c| !c.base.is_null());
        self.hint = 0;
        out
    }

    /// Whether the address lies in a block that was handed out.
    pub fn owns<T>(&self, p: *const T) -> bool {
        let i = self.chunks.partition_point(|c| c.base.addr() <= p.addr());
        i > 0 && {
            let chunk = &self.chunks[i - 1];
            let offset = p.addr() - chunk.base.addr();
            offset < CHUNK_SIZE && chunk.free >> (offset / BLOCK_SIZE) & 1 == 0
        }
    }

    /// Bytes mapped.
    pub fn mapped(&self) -> usize {
        self.chunks.len() * CHUNK_SIZE
    }
}

/// Mappings that nobody uses; dropping it gives them back to the system, which takes long: without the pool's lock.
/// Each one holds the address of the next one and its own size in its first words.
#[must_use]
pub struct Surplus {
    first: *mut u8,
}

impl Surplus {
    /// # Safety
    /// The memory came from `map_aligned`, and nobody uses it any more.
    unsafe fn push(&mut self, base: *mut u8, size: usize) {
        // SAFETY: caller; mappings are aligned and larger than two words.
        unsafe { base.cast::<(*mut u8, usize)>().write((self.first, size)) };
        self.first = base;
    }
}

impl Drop for Surplus {
    fn drop(&mut self) {
        while !self.first.is_null() {
            // SAFETY: `push`.
            unsafe {
                let (next, size) = self.first.cast::<(*mut u8, usize)>().read();
                unmap(self.first, size);
                self.first = next;
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.give_kept_back();
        for chunk in &self.chunks {
            // SAFETY: the machine ends: nobody refers to its heap any more.
            unsafe { unmap(chunk.base, CHUNK_SIZE) };
        }
    }
}

fn ones(n: usize) -> u128 {
    u128::MAX >> (128 - n)
}

/// A set bit wherever `n` adjacent bits start that are all set.
fn runs_of(free: u128, n: usize) -> u128 {
    let (mut starts, mut have) = (free, 1);
    while have < n {
        let step = have.min(n - have);
        starts &= starts >> step;
        have += step;
    }
    starts
}

#[cfg(unix)]
mod system {
    fn map(size: usize) -> Option<*mut u8> {
        // SAFETY: a fresh private mapping touches no memory of ours.
        let p = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                size,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if p == libc::MAP_FAILED { None } else { Some(p.cast()) }
    }

    /// A mapping at a multiple of `align`, a power of two.
    pub fn map_aligned(size: usize, align: usize) -> Option<*mut u8> {
        let p = map(size)?;
        if p.addr().is_multiple_of(align) {
            return Some(p);
        }
        // SAFETY: just mapped.
        unsafe { unmap(p, size) };
        let p = map(size.checked_add(align)?)?;
        let skip = p.addr().next_multiple_of(align) - p.addr();
        // SAFETY: the parts before and behind the aligned part, which nobody uses; all are multiples of the page size.
        unsafe {
            if skip != 0 {
                unmap(p, skip);
            }
            unmap(p.add(skip + size), align - skip);
        }
        Some(p.wrapping_add(skip))
    }

    /// # Safety
    /// The memory came from `map_aligned`, and nobody uses it any more.
    pub unsafe fn unmap(p: *mut u8, size: usize) {
        if size != 0 {
            // SAFETY: caller. It fails only for arguments that are no mapping.
            let failed = unsafe { libc::munmap(p.cast(), size) };
            debug_assert_eq!(failed, 0);
        }
    }

    pub fn advise_huge(p: *mut u8, size: usize) {
        #[cfg(target_os = "linux")]
        // SAFETY: advice about our own mapping.
        unsafe {
            libc::madvise(p.cast(), size, libc::MADV_HUGEPAGE);
        }
        #[cfg(not(target_os = "linux"))]
        let _ = (p, size);
    }
}

#[cfg(not(unix))]
mod system {
    use std::alloc::{Layout, alloc_zeroed, dealloc};

    // The alignment must be the same for taking and giving.
    const ALIGN: usize = super::CHUNK_SIZE;

    pub fn map_aligned(size: usize, _align: usize) -> Option<*mut u8> {
        let layout = Layout::from_size_align(size, ALIGN).ok()?;
        // SAFETY: the size is not 0.
        let p = unsafe { alloc_zeroed(layout) };
        if p.is_null() { None } else { Some(p) }
    }

    /// # Safety
    /// The memory came from `map_aligned`, whole, and nobody uses it any more.
    pub unsafe fn unmap(p: *mut u8, size: usize) {
        // SAFETY: caller; the layout was valid when it was taken.
        unsafe { dealloc(p, Layout::from_size_align_unchecked(size, ALIGN)) }
    }

    pub fn advise_huge(_p: *mut u8, _size: usize) {}
}

pub use system::unmap;
use system::{advise_huge, map_aligned};
