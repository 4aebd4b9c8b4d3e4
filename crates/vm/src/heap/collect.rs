//! Collections: local, global, and the end of a heap.
//!
//! ```text
//!  local:   clear lmark | mark own roots, local objects only | weak tables, finalizers | count
//!  global:  stop | clear lmark, gmark | mark all roots, everything | weak tables, finalizers, atoms | count | go
//! ```
//!
//! Counting looks at bitmaps only: blocks without a used cell go back to the pool, the others are lined up for
//! allocation. In checked builds free cells are then filled with [`TRAP`], so that a stale reference meets no object.
//!
//! Promises: after a collection H-4 to H-6 hold; [`super::verify`] checks them under torture.
//! Leaves to others: when ([`Record::safepoint_slow`] is called at safepoints), running finalizers.

use super::block::{Block, Census};
use super::finalizer::{Dead, LocalLists};
use super::mark::Marker;
use super::pool::Surplus;
use super::torture::Due;
use super::{GlobalHeap, Heap, NURSERY, SHARED_FLOOR, SHARED_FLOOR_ALONE, large};
use crate::object::{BUFFER_HEADER, Header, Kind, Stack};
use crate::stop::Stopped;
use crate::thread::{POLL_COLLECT, POLL_FINALIZERS, POLL_STOP, POLL_TORTURE, Record};

/// What free cells hold in checked builds, after a header that says [`Kind::Free`].
pub const TRAP: u8 = 0xDD;

impl Record {
    /// Writes the running coroutine's frame, top and stack back into it, where a scan looks for them.
    #[inline]
    pub fn sync_coroutine(&self) {
        let co = self.coroutine.get();
        if co.is_null() || self.ci.get().is_null() {
            return;
        }
        // SAFETY: the running coroutine is live; its frames and stack are those that the record points into.
        unsafe {
            let stack = self.stack.get();
            (*co).stack.set(stack.cast::<u8>().sub(BUFFER_HEADER).cast::<Stack>());
            (*co).top.set(self.top.get().offset_from(stack) as u32);
            (*co).at.set(self.ci.get());
        }
    }

    /// Everything that the poll word asks of the collector: collections and stops. Returns the other bits, cleared, for
    /// the caller to handle. Called at safepoints only: the frame's pc and top are saved.
    #[cold]
    #[inline(never)]
    pub fn safepoint_slow(&self) -> u32 {
        let bits = self.poll.get();
        if bits & POLL_STOP != 0 {
            self.rest();
        }
        if bits & POLL_TORTURE != 0 {
            match self.heap.torture.safepoint() {
                Due::Nothing => {}
                Due::Local => self.collect_local(),
                Due::Global => self.collect_global(),
            }
        }
        if bits & POLL_COLLECT != 0 {
            self.clear_poll(POLL_COLLECT);
            self.collect_if_due();
        }
        // Read again: collections may have queued finalizers.
        let rest = self.poll.get() & !(POLL_COLLECT | POLL_STOP | POLL_TORTURE);
        if rest != 0 {
            self.clear_poll(rest);
        }
        rest
    }

    fn collect_if_due(&self) {
        let global = &self.machine().heap;
        if global.stopped.get() != 0 {
            // Ask again after some more allocation, in case it was restarted.
            self.heap.threshold.set(self.heap.taken.get() + NURSERY);
        } else if global.shared.get() >= global.shared_threshold.get() {
            self.collect_global();
        } else {
            self.collect_local();
        }
    }

    /// Frees the local garbage of this thread, by itself. Called at safepoints only.
    pub fn collect_local(&self) {
        let machine = self.machine();
        self.sync_coroutine();
        let mut dead = Dead::default();
        // SAFETY: the heap is ours (H-2); we are at a safepoint, so all that the program may still use is rooted.
        unsafe {
            if (*self.heap.lists.get()).has_shared() {
                (*self.heap.lists.get()).hand_over(&mut machine.heap.lists.lock());
            }
            self.heap.for_each_block(Block::clear_lmarks);
            let heaps = [&self.heap];
            let mut marker = Marker::<false>::new(machine, &heaps, None, self);
            marker.roots(self);
            let lists = &mut *self.heap.lists.get();
            marker.finish(|marker| marker.separate_local(lists, self));
            lists.sift_payloads(&mut dead, &mut |p| marker.is_marked(p));
            let (_, empty) = self.heap.count();
            // Under the lock only what must be: others allocate meanwhile.
            let mut pool = machine.heap.pool.lock();
            release_all(&mut pool, empty);
            let unused = pool.trim();
            drop(pool);
            drop(unused);
        }
        self.tune();
        if self.heap.torture.collects() {
            self.verify_heap();
        }
        drop(dead);
        self.age_compiler();
    }

    /// What this thread's compiler keeps after a long text is given back at the second collection after it.
    fn age_compiler(&self) {
        let mut compiler = self.compiler.take();
        compiler.age();
        self.compiler.set(compiler);
    }

    /// Stops the world and frees all garbage. When another thread is doing that already, its work counts. Called at
    /// safepoints only, with no lock held.
    pub fn collect_global(&self) {
        let left = self.stop_the_world(|stopped| {
            // SAFETY: everybody is stopped, and we are at a safepoint.
            let left = unsafe { self.collect_stopped(stopped) };
            if self.heap.torture.collects() {
                super::verify::verify_all(self.machine(), stopped);
            }
            left
        });
        // Foreign code, and calls of the system that take long: after the release.
        drop(left);
        self.age_compiler();
    }

    /// # Safety
    /// The world is stopped, and everything that programs may still use is rooted.
    unsafe fn collect_stopped(&self, stopped: &Stopped<'_>) -> (Dead, Option<Surplus>) {
        let machine = self.machine();
        let global = &machine.heap;
        let mut dead = Dead::default();
        let mut shared = global.lists.lock();
        let mut dead_heap = global.dead.lock();
        let unused;
        // SAFETY: caller: every heap may be read and written.
        unsafe {
            let mut heaps = Vec::new();
            if heaps.try_reserve(stopped.records().count()).is_err() {
                return (dead, None);
            }
            for rec in stopped.records() {
                rec.sync_coroutine();
                (*rec.heap.lists.get()).hand_over(&mut shared);
                rec.heap.for_each_block(|block| {
                    block.clear_lmarks();
                    block.clear_gmarks();
                });
                heaps.push(&rec.heap);
            }
            dead_heap.for_each_block(|block| {
                block.clear_lmarks();
                block.clear_gmarks();
            });

            let mut marker = Marker::<true>::new(machine, &heaps, Some(&*dead_heap), std::ptr::null());
            for rec in stopped.records() {
                marker.roots(rec);
            }
            for &p in &shared.queue {
                marker.object(p);
            }
            marker.finish(|marker| {
                for rec in stopped.records() {
                    marker.separate_local(&mut *rec.heap.lists.get(), rec);
                }
                let had = shared.queue.len();
                if !shared.separate(&mut |p| marker.is_marked(p)) {
                    // Without memory for the queue they live on.
                    for &p in &shared.finalizers {
                        marker.object(p);
                    }
                }
                for &p in shared.queue.iter().skip(had) {
                    marker.object(p);
                }
            });
            global.pending.set(shared.queue.len());
            if !shared.queue.is_empty() {
                for rec in stopped.records().filter(|rec| machine.world.runs_shared_finalizers(rec)) {
                    rec.raise_poll(POLL_FINALIZERS);
                }
            }

            for rec in stopped.records() {
                (*rec.heap.lists.get()).sift_payloads(&mut dead, &mut |p| marker.is_marked(p));
            }
            shared.sift_dead(&mut dead, &mut |p| marker.is_marked(p));
            machine.atoms.sweep(&mut |p| marker.is_marked(p));

            let mut pool = global.pool.lock();
            let mut total = Census::default();
            for rec in stopped.records() {
                rec.heap.for_each_block(Block::settle);
                let (census, empty) = rec.heap.count();
                total.add(census);
                release_all(&mut pool, empty);
                rec.heap.published.set(0);
            }
            let before = dead_heap.live;
            total.add(dead_heap.settle(&mut pool, &global.adoptable));
            super::add(&global.total, dead_heap.live.wrapping_sub(before));
            unused = pool.trim();
            global.shared.set(total.shared);
            let floor = if crate::sync::threaded() { SHARED_FLOOR } else { SHARED_FLOOR_ALONE };
            global.shared_threshold.set((total.shared * 2).max(floor));
            global.cycles.set(global.cycles.get() + 1);
        }
        for rec in stopped.records() {
            rec.tune();
        }
        (dead, Some(unused))
    }

    /// After a collection: when the next one is due, and what the machine's total is.
    fn tune(&self) {
        let pause = self.machine().heap.pause.get() as usize;
        let growth = self.heap.local_live.get() / 100 * pause.saturating_sub(100);
        self.heap.threshold.set(growth.max(NURSERY));
        self.flush_total();
    }

    /// At the end of a thread, its last use of its heap: frees blocks without shared objects, hands the others to the
    /// dead heap, and drops the payloads of local userdata. The results of the thread were published and its
    /// finalizers run; nothing local is used any more. Then the thread leaves the world.
    pub fn retire_heap(&self) {
        let global = &self.machine().heap;
        let mut dead = Dead::default();
        // SAFETY: the heap is ours, and the caller says that nobody uses its local objects any more.
        unsafe {
            let lists = &mut *self.heap.lists.get();
            {
                let mut shared = global.lists.lock();
                lists.hand_over(&mut shared);
            }
            lists.sift_payloads(&mut dead, &mut |p| (*p).is_shared());
            // Finalizers that did not come to run in the rounds that I-37 allows never run.
            *lists = LocalLists::new();

            self.heap.for_each_block(Block::clear_lmarks);
            let (census, empty) = self.heap.count();
            debug_assert_eq!(census.local, 0);
            let orphans = self.heap.take_blocks();
            {
                let mut pool = global.pool.lock();
                release_all(&mut pool, empty);
            }
            let mut dead_heap = global.dead.lock();
            dead_heap.take_over(orphans, &global.adoptable);
            dead_heap.live += census.shared;
        }
        // What was counted as this heap's is now the dead heap's: the machine's total already knows it.
        self.flush_total();
        self.flush_published();
        self.heap.live.set(0);
        self.heap.local_live.set(0);
        self.heap.flushed.set(0);
        drop(dead);
    }
}

impl Census {
    fn add(&mut self, other: Census) {
        self.local += other.local;
        self.shared += other.shared;
    }
}

impl<const GLOBAL: bool> Marker<'_, GLOBAL> {
    /// Queues the due finalizers of a thread's list, and marks those objects.
    unsafe fn separate_local(&mut self, lists: &mut LocalLists, rec: &Record) {
        let had = lists.queue.len();
        // SAFETY: entries of the lists are objects that are not freed yet.
        unsafe {
            if !lists.separate(&mut |p| self.is_marked(p)) {
                // Without memory for the queue they live on.
                for &p in &lists.finalizers {
                    self.object(p);
                }
            }
            for &p in lists.queue.iter().skip(had) {
                self.object(p);
            }
        }
        if !lists.queue.is_empty() {
            rec.raise_poll(POLL_FINALIZERS);
        }
    }
}

impl Heap {
    /// After marking: lines blocks with used cells up for allocation, forgets all runs (H-4), and counts. Returns the
    /// bytes in use, and the list of the blocks without used cells, which are in no heap any more.
    /// # Safety
    /// Marks are complete, and every unmarked object is garbage.
    pub(super) unsafe fn count(&self) -> (Census, *mut Block) {
        let mut total = Census::default();
        let mut empty = Line::new();
        for (class, run) in self.classes.iter().zip(&self.runs) {
            run.cursor.set(std::ptr::null_mut());
            run.end.set(std::ptr::null_mut());
            let mut open = Line::new();
            let mut full = Line::new();
            let mut b = class.blocks.get();
            while !b.is_null() {
                // SAFETY: listed blocks are mapped; freed ones leave the list here.
                unsafe {
                    let block = &*b;
                    let next = block.next.get();
                    let census = block.census();
                    let used = census.local + census.shared;
                    if used == 0 {
                        empty.push(b);
                    } else {
                        debug_assert!(used <= block.cells.get() as usize, "H-6: bits beside the cells of {b:p}");
                        trap_free_cells(block);
                        total.add_cells(census, block.cell_size.get());
                        if used == block.cells.get() as usize { full.push(b) } else { open.push(b) }
                    }
                    b = next;
                }
            }
            class.full.set(full.first);
            let first = open.before(full);
            class.blocks.set(first);
            class.scan.set(first);
            class.current.set(std::ptr::null_mut());
        }
        let mut kept = Line::new();
        let mut b = self.large.get();
        while !b.is_null() {
            // SAFETY: as above.
            unsafe {
                let block = &*b;
                let next = block.next.get();
                let census = block.census();
                if census == Census::default() {
                    empty.push(b);
                } else {
                    total.add_cells(census, block.cell_size.get());
                    kept.push(b);
                }
                b = next;
            }
        }
        self.large.set(kept.before(Line::new()));
        self.taken.set(0);
        self.live.set(total.local + total.shared);
        self.local_live.set(total.local);
        (total, empty.before(Line::new()))
    }

    /// Takes all blocks out of the heap, as one list.
    fn take_blocks(&self) -> *mut Block {
        let mut all = Line::new();
        let heads = self.classes.iter().map(|c| c.blocks.replace(std::ptr::null_mut()));
        for head in heads.chain([self.large.replace(std::ptr::null_mut())]) {
            let mut b = head;
            while !b.is_null() {
                // SAFETY: listed blocks are mapped.
                let next = unsafe { (*b).next.get() };
                all.push(b);
                b = next;
            }
        }
        for class in &self.classes {
            class.scan.set(std::ptr::null_mut());
            class.full.set(std::ptr::null_mut());
            class.current.set(std::ptr::null_mut());
        }
        all.before(Line::new())
    }
}

/// Gives a list of blocks back.
/// # Safety
/// Nothing refers to them, and they are in no other list.
unsafe fn release_all(pool: &mut super::Pool, mut blocks: *mut Block) {
    while !blocks.is_null() {
        // SAFETY: listed blocks are mapped; caller.
        unsafe {
            let next = (*blocks).next.get();
            large::release(pool, blocks);
            blocks = next;
        }
    }
}

impl Census {
    pub(super) fn add_cells(&mut self, cells: Census, size: usize) {
        self.local += cells.local * size;
        self.shared += cells.shared * size;
    }
}

/// A list of blocks that is being put together, in order.
pub(super) struct Line {
    first: *mut Block,
    last: *mut Block,
}

impl Line {
    pub(super) fn new() -> Line {
        Line { first: std::ptr::null_mut(), last: std::ptr::null_mut() }
    }

    pub(super) fn push(&mut self, b: *mut Block) {
        if self.last.is_null() {
            self.first = b;
        } else {
            // SAFETY: a block that was pushed: mapped.
            unsafe { (*self.last).next.set(b) };
        }
        self.last = b;
    }

    /// Ends this list with another one; the first block of both.
    pub(super) fn before(self, rest: Line) -> *mut Block {
        if !rest.last.is_null() {
            // SAFETY: pushed blocks are mapped.
            unsafe { (*rest.last).next.set(std::ptr::null_mut()) };
        }
        if self.last.is_null() {
            return rest.first;
        }
        // SAFETY: as above.
        unsafe { (*self.last).next.set(rest.first) };
        self.first
    }
}

impl Drop for GlobalHeap {
    fn drop(&mut self) {
        self.drop_all();
        // The pool unmaps its chunks itself; large objects have mappings of their own.
        // SAFETY: the machine ends: nobody refers to its heap any more.
        unsafe { self.dead.lock().release_all(&mut self.pool.lock()) };
    }
}

/// Calls `f` with each block of a list.
pub(super) fn for_each_in(mut b: *mut Block, mut f: impl FnMut(&Block)) {
    while !b.is_null() {
        // SAFETY: listed blocks are mapped.
        let block = unsafe { &*b };
        b = block.next.get();
        f(block);
    }
}

/// Fills the free cells of a block, in checked builds.
pub(super) fn trap_free_cells(block: &Block) {
    if cfg!(debug_assertions) && !block.is_large() {
        let size = block.cell_size.get();
        block.for_each_free(|p| {
            // SAFETY: a free cell, of this size; it was an object or a trap, or is fresh (all zero reads as Free).
            unsafe {
                if p.cast::<u64>().read() == Header::word(Kind::Free, 0) {
                    return;
                }
                p.cast::<u8>().write_bytes(TRAP, size);
                p.cast::<u64>().write(Header::word(Kind::Free, 0));
            }
        });
    }
}
