//! The dead heap: blocks that ended threads left because shared objects lie in them.
//!
//! Promises: global collections free what lies there (I-38); a living thread that needs a block of some class **adopts**
//! one that has room, so that a program which starts many short threads does not take fresh blocks for each of them.
//! Between collections nothing in these blocks changes: their local objects died with their threads.
//! Leaves to others: when a thread ends ([`Record::retire_heap`]), marking.

use super::block::{Block, Census, FIRST_GRANULE};
use super::collect::{Line, for_each_in, trap_free_cells};
use super::{CLASS_SIZES, CLASSES, Pool, large};
use crate::sync::AtomicU64;
use crate::thread::Record;

/// The blocks, reached under the lock only.
pub(super) struct DeadHeap {
    /// Those of each class that are worth adopting.
    open: [*mut Block; CLASSES],
    /// The others, and large objects.
    full: *mut Block,
    /// Bytes in use.
    pub(super) live: usize,
}

// SAFETY: the blocks are nobody's but the dead heap's.
unsafe impl Send for DeadHeap {}

impl DeadHeap {
    /// Without blocks.
    pub(super) const fn new() -> DeadHeap {
        DeadHeap { open: [std::ptr::null_mut(); CLASSES], full: std::ptr::null_mut(), live: 0 }
    }

    /// The lists of blocks.
    pub(super) fn lists(&self) -> impl Iterator<Item = *mut Block> {
        self.open.into_iter().chain([self.full])
    }

    /// Calls `f` with each block.
    pub(super) fn for_each_block(&self, mut f: impl FnMut(&Block)) {
        self.lists().for_each(|list| for_each_in(list, &mut f));
    }

    /// Takes a list of blocks over, without their bytes. `adoptable` is the hint of classes that have room.
    /// # Safety
    /// The blocks are in no heap, nothing local lies in them, and shared bits say what is in use.
    pub(super) unsafe fn take_over(&mut self, mut blocks: *mut Block, adoptable: &AtomicU64) {
        while !blocks.is_null() {
            // SAFETY: listed blocks are mapped.
            let block = unsafe { &*blocks };
            let next = block.next.get();
            block.owner.set(0);
            let class = block.class.get() as usize;
            // Of one that is nearly full an adopter would have nothing but the trouble.
            let cells = block.cells.get() as usize;
            let list = if !block.is_large() && block.census().shared < cells - cells / 8 {
                adoptable.set(adoptable.get() | 1 << class);
                &mut self.open[class]
            } else {
                &mut self.full
            };
            block.next.set(*list);
            *list = blocks;
            blocks = next;
        }
    }

    /// After a global mark: frees what was not reached. Returns the bytes in use.
    /// # Safety
    /// Marks are complete; all threads are stopped.
    pub(super) unsafe fn settle(&mut self, pool: &mut Pool, adoptable: &AtomicU64) -> Census {
        let mut total = Census::default();
        let mut kept = Line::new();
        for mut b in self.lists() {
            while !b.is_null() {
                // SAFETY: listed blocks are mapped; freed ones leave the list here.
                unsafe {
                    let block = &*b;
                    let next = block.next.get();
                    block.settle();
                    let census = block.census();
                    debug_assert_eq!(census.local, 0, "a local object in the dead heap");
                    if census.shared == 0 {
                        large::release(pool, b);
                    } else {
                        trap_free_cells(block);
                        total.add_cells(census, block.cell_size.get());
                        kept.push(b);
                    }
                    b = next;
                }
            }
        }
        *self = DeadHeap { live: total.shared, ..DeadHeap::new() };
        adoptable.set(0);
        // SAFETY: caller; they left the lists.
        unsafe { self.take_over(kept.before(Line::new()), adoptable) };
        total
    }

    /// Gives everything back to the pool, at the end of the machine.
    /// # Safety
    /// Nobody refers to the objects any more.
    pub(super) unsafe fn release_all(&mut self, pool: &mut Pool) {
        for mut b in self.lists() {
            while !b.is_null() {
                // SAFETY: listed blocks are mapped; caller.
                unsafe {
                    let next = (*b).next.get();
                    large::release(pool, b);
                    b = next;
                }
            }
        }
        *self = DeadHeap::new();
    }
}

impl Record {
    /// Adopts a block of a class from the dead heap, if there is one: its first free run. The class has no run left.
    pub(super) fn adopt_run(&self, class: usize) -> Option<(*mut u8, *mut u8)> {
        let global = &self.machine().heap;
        if global.adoptable.get() & 1 << class == 0 {
            return None;
        }
        let mut dead = global.dead.lock();
        let b = dead.open[class];
        if b.is_null() {
            return None;
        }
        // SAFETY: listed blocks are mapped.
        let block = unsafe { &*b };
        dead.open[class] = block.next.get();
        if dead.open[class].is_null() {
            global.adoptable.set(global.adoptable.get() & !(1 << class));
        }
        let bytes = block.census().shared * CLASS_SIZES[class];
        dead.live -= bytes;
        drop(dead);
        block.owner.set(std::ptr::from_ref(self) as usize);
        // The machine's total knows these bytes.
        let heap = &self.heap;
        heap.live.set(heap.live.get() + bytes);
        heap.flushed.set(heap.flushed.get() + bytes);
        let list = &heap.classes[class];
        block.next.set(list.blocks.get());
        list.blocks.set(b);
        let (start, end) = block.next_run(FIRST_GRANULE)?;
        list.current.set(b);
        list.position.set(end);
        Some((block.at(start).cast(), block.at(end).cast()))
    }
}
