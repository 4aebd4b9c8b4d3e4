//! Marking by several threads: the longest part of a stop, during which everybody waits.
//!
//! The stopper starts helpers for one mark. Each has a marker with its own worklist; who runs out of work waits for a
//! **bundle** of entries, and whoever has many gives half of them away as long as somebody waits. The mark is complete
//! when all wait. What helpers found of weak tables goes to the stopper's marker, which does the rest alone.
//!
//! Promises: the same marks as one marker makes; helpers that cannot be started are done without.
//! Leaves to others: which objects are scanned how ([`super::mark`]).
//!
//! - TM-1 An object is scanned by the marker that set its mark, and a mark is set by a read-modify-write: once.
//! - TM-2 What a helper reads was written before the stop began, or by a marker before it gave the bundle away, under
//!   the lock.

use super::mark::Marker;
use super::worklist::Worklist;
use crate::sync::{AtomicUsize, Inside, Monitor, threaded};
use std::sync::OnceLock;

/// Helpers at most: memory does not keep up with more.
const MOST: usize = 8;
/// A marker for each so many bytes in use: below, starting a helper takes longer than it saves.
const SHARE: usize = 8 << 20;
/// Entries between two looks whether somebody waits.
const STEPS: u32 = 64;
/// Entries of a bundle at most.
const MOST_ENTRIES: usize = 1 << 13;
/// The C stack of a helper, which does not recurse.
const STACK: usize = 256 << 10;

/// How many markers a mark of a heap with so many bytes in use is worth; under torture always several.
pub(super) fn size(bytes: usize, torture: bool) -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    if !threaded() {
        return 1;
    }
    if torture {
        return 3;
    }
    let processors = *PROCESSORS.get_or_init(|| std::thread::available_parallelism().map_or(1, |n| n.get()));
    (bytes / SHARE).clamp(1, MOST.min(processors))
}

/// The markers of one mark.
struct Team {
    work: Monitor<Work>,
    /// How many wait for whom there is no bundle yet. Written under the lock, read by anybody as a hint.
    hungry: AtomicUsize,
}

struct Work {
    bundles: Vec<Vec<usize>>,
    members: usize,
    waiting: usize,
    done: bool,
}

impl Team {
    /// Of one member.
    fn new() -> Team {
        let work = Work { bundles: Vec::new(), members: 1, waiting: 0, done: false };
        Team { work: Monitor::new(work), hungry: AtomicUsize::new(0) }
    }

    /// One more member.
    fn join(&self) {
        self.work.lock().members += 1;
    }

    /// Gives some entries of a list to who waits, if there are many and there is memory for it.
    fn give(&self, list: &mut Worklist) {
        let mut work = self.work.lock();
        if work.bundles.try_reserve(1).is_ok()
            && let Some(bundle) = list.split(MOST_ENTRIES)
        {
            work.bundles.push(bundle);
            self.update(&work);
            work.notify();
        }
    }

    /// Entries from somebody else; None when all is marked.
    fn get(&self) -> Option<Vec<usize>> {
        let mut work = self.work.lock();
        work.waiting += 1;
        loop {
            if let Some(bundle) = work.bundles.pop() {
                work.waiting -= 1;
                self.update(&work);
                return Some(bundle);
            }
            if work.waiting == work.members {
                work.done = true;
                work.notify_all();
            }
            if work.done {
                self.hungry.set(0);
                return None;
            }
            self.update(&work);
            work.wait();
        }
    }

    fn update(&self, work: &Inside<'_, Work>) {
        self.hungry.set(work.waiting.saturating_sub(work.bundles.len()));
    }
}

/// A marker on its way to another thread and back.
struct Helper<'a>(Marker<'a, true>);

// SAFETY: the world is stopped, and markers that work together touch nothing but what TM-1 and TM-2 allow: marks, by
// read-modify-writes, and objects that they marked. A helper does not walk heaps.
unsafe impl Send for Helper<'_> {}

impl Helper<'_> {
    fn run(mut self, team: &Team) -> Self {
        team.join();
        // SAFETY: as for `Send`.
        unsafe { self.0.work_for(team) };
        self
    }
}

impl Marker<'_, true> {
    /// Marks everything that the marked objects reach, by so many threads.
    /// # Safety
    /// As for [`Marker::drain`]; the world is stopped.
    pub(super) unsafe fn drain_together(&mut self, size: usize) {
        if size > 1 {
            let team = Team::new();
            self.together = true;
            std::thread::scope(|scope| {
                let mut helpers = Vec::new();
                for _ in 1..size {
                    if helpers.try_reserve(1).is_err() {
                        break;
                    }
                    let (helper, team) = (Helper(self.helper()), &team);
                    let builder = std::thread::Builder::new().name("luas-mark".into()).stack_size(STACK);
                    match builder.spawn_scoped(scope, move || helper.run(team)) {
                        Ok(started) => helpers.push(started),
                        Err(_) => break,
                    }
                }
                // SAFETY: caller.
                unsafe { self.work_for(&team) };
                for helper in helpers {
                    match helper.join() {
                        // SAFETY: it has marked from what this one gave it.
                        Ok(helper) => unsafe { self.take_over(helper.0) },
                        Err(panic) => std::panic::resume_unwind(panic),
                    }
                }
            });
            self.together = false;
        }
        // What did not fit in the lists.
        // SAFETY: caller.
        unsafe { self.drain() };
    }

    /// Marks until all markers of the team have nothing left.
    unsafe fn work_for(&mut self, team: &Team) {
        let mut steps = 0u32;
        loop {
            while let Some(next) = self.work.pop() {
                // SAFETY: an entry of this list, or of one that gave it away.
                unsafe { self.step(next) };
                steps = steps.wrapping_add(1);
                if steps.is_multiple_of(STEPS) && team.hungry.get() > 0 {
                    team.give(&mut self.work);
                }
            }
            match team.get() {
                Some(bundle) => self.work.load(bundle),
                None => return,
            }
        }
    }
}
