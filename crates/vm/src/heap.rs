//! Memory of objects: a heap for each thread, the dead heap, allocation, and collections.
//!
//! Objects are allocated in the blocks ([`block`]) of their thread's heap and never move. At first they are **local**:
//! only their thread knows them. [`publish`] makes an object, and what it reaches, **shared**. A **local collection**
//! ([`collect`]) frees local garbage, by its owner, alone, while other threads run; a **global collection** stops the
//! world and frees everything. Both mark ([`mark`], [`weak`]) and then only count bitmaps; nothing is swept object by
//! object. When a thread ends, its blocks with shared objects go to the **dead heap**, which global collections look
//! after.
//!
//! Invariants (those of blocks are B-1 to B-4 in [`block`]):
//!
//! - H-1 No shared object refers to a local one. Exempt are the registers of a coroutine that some thread runs, and
//!   the stack and frame arrays that it allocated since it was resumed (I-24).
//! - H-2 Only the owner of a heap allocates in it, publishes from it and collects it, or anybody while the owner is
//!   stopped.
//! - H-3 Allocation never collects; it raises [`POLL_COLLECT`] (contract 7). Between an allocation and the next
//!   safepoint of its thread a fresh object is never freed, rooted or not.
//! - H-4 A run of free cells belongs to one class's cursor from the moment it is taken to the next collection of the
//!   heap; after a collection no heap has a run. So a cell is handed out once.
//! - H-5 Live local objects are marked after each local collection, live shared ones after each global collection; in
//!   between, `shared` bits alone keep shared objects. A shared bit is cleared only while the world is stopped.
//! - H-6 After a collection no live object refers to a free cell, a key of a table with a nil value included: such
//!   keys become TOMB when their object dies (I-39).
//! - H-7 The lists of objects with finalizers and payloads are of the thread that owns the object, or of the machine
//!   if it is shared; an entry of an object that was published moves at the next collection of its thread (or when
//!   the thread ends). An object is on at most one list of a sort.
//!
//! Leaves to others: what objects mean, running finalizers ([`crate::interpreter`]), stopping ([`crate::stop`]).

pub mod block;
pub mod pool;

mod large;
pub mod publish;
pub mod trace;
mod worklist;

pub mod collect;
mod dead;
pub mod finalizer;
pub mod mark;
pub mod weak;

pub mod torture;
pub mod verify;

#[cfg(test)]
mod tests;

pub use block::block_of;
pub use torture::Torture;

use crate::object::{Header, Kind, LuaClosure, Store, Table};
use crate::sync::{AcqRel, AtomicU32, AtomicU64, AtomicUsize, Lock};
use crate::table::empty_store;
use crate::thread::{POLL_COLLECT, POLL_TORTURE, Record};
use block::{Block, CELL_SPACE, FIRST_GRANULE, GRANULE};
use dead::DeadHeap;
use finalizer::{LocalLists, SharedLists};
use pool::Pool;
use std::cell::{Cell, UnsafeCell};
use worklist::Worklist;

/// Cell sizes. Up to 256 each multiple of 16; above, sizes that divide a block well and fit stores of 2^n entries.
const CLASS_SIZES: [usize; CLASSES] = [
    16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 384, 448, 544, 640, 800, 1056,
    1312, 1584, 2112, 2640, 3168, 4528, 5280, 6336, 7936, 10576,
];
const CLASSES: usize = 34;
/// The largest size that shares blocks with others.
pub const MAX_SMALL: usize = CLASS_SIZES[CLASSES - 1];
/// Sizes up to here have the class `size / 16`, rounded up, minus one.
const DENSE: usize = 256;

/// The class of each size, by 16-byte steps.
static CLASS_OF: [u8; MAX_SMALL / GRANULE + 1] = {
    let mut table = [0; MAX_SMALL / GRANULE + 1];
    let (mut i, mut class) = (0, 0);
    while i < table.len() {
        if i * GRANULE > CLASS_SIZES[class] {
            class += 1;
        }
        table[i] = class as u8;
        i += 1;
    }
    table
};

#[inline(always)]
fn class_of(size: usize) -> usize {
    if size <= DENSE { size.div_ceil(GRANULE).wrapping_sub(1) } else { CLASS_OF[size.div_ceil(GRANULE)] as usize }
}

/// The longest list whose store, with one hash slot, [`Record::bump_store`] makes.
pub const MAX_BUMPED_LIST: usize = (DENSE - Store::size(0, 1)) / 8;

/// Least allocation between two local collections, in bytes.
const NURSERY: usize = 4 << 20;
/// Least amount of shared memory for a global collection, in bytes.
const SHARED_FLOOR: usize = 32 << 20;
/// The same while there is one thread, which waits for no other: the functions of chunks are shared from birth.
const SHARED_FLOOR_ALONE: usize = 8 << 20;
/// Counters are passed on to the machine's in steps of this many bytes.
const FLUSH: usize = 64 << 10;

/// The free run that a class allocates from.
struct Run {
    /// The next cell.
    cursor: Cell<*mut u8>,
    /// The end; the distance is a multiple of the cell size.
    end: Cell<*mut u8>,
}

/// The blocks of a class.
struct Class {
    /// All blocks: fresh ones, then those with free cells, then full ones.
    blocks: Cell<*mut Block>,
    /// The next block to look for runs in, null when there is none left.
    scan: Cell<*mut Block>,
    /// Where the blocks that were full at the last collection start.
    full: Cell<*mut Block>,
    /// The block that runs come from, and the bit from which it has not been looked at.
    current: Cell<*mut Block>,
    position: Cell<usize>,
}

/// The heap of one thread. The owner's alone, or anybody's while the owner is stopped (H-2).
pub struct Heap {
    runs: [Run; CLASSES],
    classes: [Class; CLASSES],
    /// Large objects.
    large: Cell<*mut Block>,
    /// Bytes of cells handed to runs, and of large objects, since the last collection.
    taken: Cell<usize>,
    /// How many such bytes raise POLL_COLLECT.
    threshold: Cell<usize>,
    /// Bytes in use after the last collection, local and shared.
    live: Cell<usize>,
    /// Local ones of them.
    local_live: Cell<usize>,
    /// What the machine's total knows of this heap.
    flushed: Cell<usize>,
    /// Bytes published since the machine's counter was last told.
    published: Cell<usize>,
    /// Publishing's list of objects to scan.
    worklist: UnsafeCell<Worklist>,
    lists: UnsafeCell<LocalLists>,
    torture: Torture,
}

/// What the machine has of memory. Aligned so that its words, which all threads write, are not on lines with those of the
/// machine that all read.
#[repr(align(128))]
pub struct GlobalHeap {
    pool: Lock<Pool>,
    lists: Lock<SharedLists>,
    /// Blocks without an owner.
    dead: Lock<DeadHeap>,
    /// A bit for each class of which the dead heap has a block with room. Written under its lock, read by anybody as a
    /// hint.
    adoptable: AtomicU64,
    /// How many finalizers wait in the lists, for a look without the lock. Written under the lock.
    pending: AtomicUsize,
    /// Bytes in use, all heaps, give or take what they have not passed on.
    total: AtomicUsize,
    /// Bytes of shared objects: what the last global collection left, and what was published since.
    shared: AtomicUsize,
    /// How many shared bytes ask for a global collection. Written under a stop.
    shared_threshold: AtomicUsize,
    /// `collectgarbage("stop")`: 1. Written and read by any thread, alone.
    pub(crate) stopped: AtomicU32,
    /// `setpause`, in percent; likewise.
    pub(crate) pause: AtomicU32,
    /// `setstepmul`; only remembered.
    pub(crate) step_multiplier: AtomicU32,
    /// `collectgarbage("generational")`; only remembered.
    pub(crate) generational: AtomicU32,
    /// Credit of `collectgarbage("step")`, in bytes.
    pub(crate) step_credit: AtomicUsize,
    /// Global collections so far.
    cycles: AtomicUsize,
}

impl Default for Heap {
    fn default() -> Self {
        Self::new()
    }
}

impl Heap {
    /// A heap without blocks, under the torture that the environment asks for.
    pub fn new() -> Heap {
        Heap::with_torture(Torture::from_env())
    }

    /// A heap without blocks.
    pub fn with_torture(torture: Torture) -> Heap {
        Heap {
            runs: std::array::from_fn(|_| Run {
                cursor: Cell::new(std::ptr::null_mut()),
                end: Cell::new(std::ptr::null_mut()),
            }),
            classes: std::array::from_fn(|_| Class {
                blocks: Cell::new(std::ptr::null_mut()),
                scan: Cell::new(std::ptr::null_mut()),
                full: Cell::new(std::ptr::null_mut()),
                current: Cell::new(std::ptr::null_mut()),
                position: Cell::new(0),
            }),
            large: Cell::new(std::ptr::null_mut()),
            taken: Cell::new(0),
            threshold: Cell::new(NURSERY),
            live: Cell::new(0),
            local_live: Cell::new(0),
            flushed: Cell::new(0),
            published: Cell::new(0),
            worklist: UnsafeCell::new(Worklist::new(torture.tiny_lists)),
            lists: UnsafeCell::new(LocalLists::new()),
            torture,
        }
    }

    /// What a new record's `poll` starts with.
    pub fn initial_poll(&self) -> u32 {
        if self.torture.collects() { POLL_TORTURE } else { 0 }
    }

    /// Bytes in use: cells handed out, live or not yet known to be dead.
    pub fn bytes(&self) -> usize {
        let unused: usize = self.runs.iter().map(|r| r.end.get().addr() - r.cursor.get().addr()).sum();
        self.live.get() + self.taken.get() - unused
    }

    /// Calls `f` with each block.
    fn for_each_block(&self, mut f: impl FnMut(&Block)) {
        let heads = self.classes.iter().map(|c| c.blocks.get());
        for mut b in heads.chain([self.large.get()]) {
            while !b.is_null() {
                // SAFETY: listed blocks are mapped, with a valid head.
                let block = unsafe { &*b };
                b = block.next.get();
                f(block);
            }
        }
    }
}

impl Default for GlobalHeap {
    fn default() -> Self {
        Self::new()
    }
}

impl GlobalHeap {
    /// No memory yet.
    pub fn new() -> GlobalHeap {
        GlobalHeap {
            pool: Lock::new(Pool::new()),
            lists: Lock::new(SharedLists::new()),
            dead: Lock::new(DeadHeap::new()),
            adoptable: AtomicU64::new(0),
            pending: AtomicUsize::new(0),
            total: AtomicUsize::new(0),
            shared: AtomicUsize::new(0),
            shared_threshold: AtomicUsize::new(SHARED_FLOOR_ALONE),
            stopped: AtomicU32::new(0),
            pause: AtomicU32::new(200),
            step_multiplier: AtomicU32::new(100),
            generational: AtomicU32::new(0),
            step_credit: AtomicUsize::new(0),
            cycles: AtomicUsize::new(0),
        }
    }
}

/// Adds to a counter that several threads change; without a read-modify-write while there is one (contract 10).
fn add(counter: &AtomicUsize, n: usize) {
    if crate::sync::threaded() {
        counter.fetch_add(n, AcqRel);
    } else {
        counter.set(counter.get().wrapping_add(n));
    }
}

impl Record {
    /// Memory for an object of `size` bytes (header included), aligned to 16, with the header of a local object and
    /// nothing else written. None when the system has no memory. Never collects (H-3).
    #[inline(always)]
    pub fn alloc(&self, kind: Kind, size: usize, aux: u32) -> Option<*mut Header> {
        debug_assert!(size >= std::mem::size_of::<Header>());
        let p = if size <= MAX_SMALL {
            let class = class_of(size);
            // SAFETY: `class_of` is below CLASSES for sizes up to MAX_SMALL.
            let (run, cell) = unsafe { (self.heap.runs.get_unchecked(class), *CLASS_SIZES.get_unchecked(class)) };
            let p = run.cursor.get();
            let next = p.wrapping_add(cell);
            if next <= run.end.get() {
                run.cursor.set(next);
                p
            } else {
                self.alloc_slow(class)?
            }
        } else {
            self.alloc_large(size)?
        };
        let p = p.cast::<u64>();
        // SAFETY: a free cell, ours since the cursor passed it (H-4); a header is 8 bytes.
        unsafe { p.write(Header::word(kind, aux)) };
        Some(p.cast())
    }

    /// A cell for `size` bytes from the current run of its class; None when the run is used up. The caller writes the
    /// header at once.
    #[inline(always)]
    pub fn bump(&self, size: usize) -> Option<*mut u8> {
        debug_assert!(size <= MAX_SMALL);
        let class = class_of(size);
        // SAFETY: `class_of` is below CLASSES for sizes up to MAX_SMALL.
        let (run, cell) = unsafe { (self.heap.runs.get_unchecked(class), *CLASS_SIZES.get_unchecked(class)) };
        let p = run.cursor.get();
        let next = p.wrapping_add(cell);
        if next > run.end.get() {
            return None;
        }
        run.cursor.set(next);
        Some(p)
    }

    /// An empty table in the current run of its size class, to be given to `born` when it is complete; None when the run
    /// is used up.
    #[inline(always)]
    pub fn bump_table(&self) -> Option<*mut Table> {
        let t = self.bump(std::mem::size_of::<Table>())?.cast::<Table>();
        // SAFETY: a free cell of that size, ours from now on.
        unsafe {
            t.cast::<u64>().write(Header::word(Kind::Table, 0));
            (*t).meta.set(0);
            (*t).store.set(empty_store() as u64);
            (*t).absent.set(0);
        }
        Some(t)
    }

    /// A closure with this many captured words in the current run of its size class, without its function and the words;
    /// None when that is used up, or it is a large one.
    #[inline(always)]
    pub fn bump_closure(&self, captures: usize) -> Option<*mut LuaClosure> {
        let granules = LuaClosure::size(captures).div_ceil(GRANULE);
        if granules > DENSE / GRANULE {
            return None;
        }
        // SAFETY: a class for each number of granules.
        let run = unsafe { self.heap.runs.get_unchecked(granules - 1) };
        let p = run.cursor.get();
        let next = p.wrapping_add(granules * GRANULE);
        if next > run.end.get() {
            return None;
        }
        run.cursor.set(next);
        // SAFETY: a free cell of that size, ours from now on.
        unsafe { p.cast::<u64>().write(Header::word(Kind::LuaClosure, captures as u32)) };
        Some(p.cast())
    }

    /// A store of these capacities, which take `granules` granules, in the current run of its size class; None when that
    /// is used up. No key can be entered until `limit` is set. The caller fills the slots at once.
    /// # Safety
    /// There is at least one hash slot, the size is right and at most [`DENSE`].
    #[inline(always)]
    pub unsafe fn bump_store(&self, granules: usize, acap: usize, slots: usize) -> Option<*mut Store> {
        debug_assert!(granules <= DENSE / GRANULE && Store::size(acap, slots).div_ceil(GRANULE) == granules);
        // SAFETY: caller: a class for each number of granules.
        let run = unsafe { self.heap.runs.get_unchecked(granules - 1) };
        let p = run.cursor.get();
        let next = p.wrapping_add(granules * GRANULE);
        if next > run.end.get() {
            return None;
        }
        run.cursor.set(next);
        let s = p.cast::<Store>();
        // SAFETY: a free cell of that size, ours from now on.
        unsafe {
            s.cast::<u64>().write(Header::word(Kind::Store, 0));
            (*s).acap = acap as u32;
            (*s).mask = ((slots - 1) * 16) as u32;
            (*s).used.set(0);
            (*s).limit = 0;
            (*s).next.set(0);
        }
        Some(s)
    }

    /// The torture modes of this thread.
    #[inline(always)]
    pub fn torture(&self) -> &Torture {
        &self.heap.torture
    }

    /// Checks, in checked builds, that a local object is ours (I-6).
    #[inline(always)]
    pub(crate) fn owner_assert(&self, p: *const Header) {
        if cfg!(debug_assertions) {
            // SAFETY: a live object that the caller may read; static stores are born shared.
            let fine = unsafe { (*p).is_shared() || (*block_of(p)).owner.get() == std::ptr::from_ref(self) as usize };
            assert!(fine, "I-6: a thread met another thread's local object {p:p}");
        }
    }

    #[cold]
    #[inline(never)]
    fn alloc_slow(&self, class: usize) -> Option<*mut u8> {
        let cell = CLASS_SIZES[class];
        let (start, end) = match self.next_run(class) {
            Some(run) => run,
            None => match self.adopt_run(class) {
                Some(run) => run,
                None => self.fresh_run(class)?,
            },
        };
        self.count_taken(end.addr() - start.addr());
        let run = &self.heap.runs[class];
        run.cursor.set(start.wrapping_add(cell));
        run.end.set(end);
        Some(start)
    }

    /// The next free run in the blocks that the class has.
    fn next_run(&self, class: usize) -> Option<(*mut u8, *mut u8)> {
        let class = &self.heap.classes[class];
        loop {
            let b = class.current.get();
            if !b.is_null() {
                // SAFETY: a block of this heap.
                let block = unsafe { &*b };
                if let Some((start, end)) = block.next_run(class.position.get()) {
                    class.position.set(end);
                    return Some((block.at(start).cast(), block.at(end).cast()));
                }
            }
            let b = class.scan.get();
            if b == class.full.get() {
                class.current.set(std::ptr::null_mut());
                return None;
            }
            class.current.set(b);
            class.position.set(FIRST_GRANULE);
            // SAFETY: a block of this heap.
            class.scan.set(unsafe { (*b).next.get() });
        }
    }

    /// A fresh block of the class, as one run.
    fn fresh_run(&self, class: usize) -> Option<(*mut u8, *mut u8)> {
        let size = CLASS_SIZES[class];
        let Some(b) = self.machine().heap.pool.lock().take(1) else {
            // Whatever can be freed should be, before the program is told that there is no memory for the next object.
            self.raise_poll(POLL_COLLECT);
            return None;
        };
        let b = b.cast::<Block>();
        let cells = CELL_SPACE / size;
        // SAFETY: the pool gave this memory away for good.
        let block = unsafe {
            Block::init(b, self, class as u32, size, cells as u32);
            &*b
        };
        let list = &self.heap.classes[class];
        // In front of everything that is still to be scanned: it has no holes.
        block.next.set(list.blocks.get());
        list.blocks.set(b);
        Some((block.at(FIRST_GRANULE).cast(), block.at(block.end()).cast()))
    }

    /// Counts allocated bytes, and asks for a collection when they pass the threshold.
    fn count_taken(&self, bytes: usize) {
        let heap = &self.heap;
        heap.taken.set(heap.taken.get() + bytes);
        if heap.taken.get() >= heap.threshold.get() {
            self.raise_poll(POLL_COLLECT);
        }
        if (heap.live.get() + heap.taken.get()).wrapping_sub(heap.flushed.get()) >= FLUSH {
            self.flush_total();
        }
    }

    /// Tells the machine's total how much this heap has.
    fn flush_total(&self) {
        let now = self.heap.live.get() + self.heap.taken.get();
        add(&self.machine().heap.total, now.wrapping_sub(self.heap.flushed.get()));
        self.heap.flushed.set(now);
    }

    /// Counts published bytes, and asks for a global collection when there are many.
    fn count_published(&self, bytes: usize) {
        let heap = &self.heap;
        heap.published.set(heap.published.get() + bytes);
        if heap.published.get() >= FLUSH {
            self.flush_published();
        }
    }

    fn flush_published(&self) {
        let global = &self.machine().heap;
        add(&global.shared, self.heap.published.replace(0));
        if global.shared.get() >= global.shared_threshold.get() {
            self.raise_poll(POLL_COLLECT);
        }
    }

    /// Bytes in use by all heaps of the machine: exact for this thread, a little behind for others.
    pub fn bytes_in_use(&self) -> usize {
        self.machine().heap.total.get().wrapping_sub(self.heap.flushed.get()).wrapping_add(self.heap.bytes())
    }
}
