//! Torture modes, from the environment, in checked builds: what makes a bug in the heap show early.
//!
//! `LUAS_TORTURE` is a list of words with commas between them:
//! - `gc=N`: collect at every N-th safepoint (every tenth time globally), and verify the heap after each collection;
//! - `publish`: every object is published at birth, so that everything takes the shared paths;
//! - `stack`: stacks move at every call, large ones at every so many calls;
//! - `tiny`: the collector's worklists overflow early.
//!
//! In unchecked builds all of it is off and costs nothing.

use std::cell::Cell;

/// What is on, for one heap.
pub struct Torture {
    /// Publish every object at birth.
    pub publish_at_birth: bool,
    /// Move the stack at every call.
    pub move_stacks: bool,
    /// Worklists overflow early.
    pub tiny_lists: bool,
    /// Slots that calls since the last move of a stack have paid for.
    paid: Cell<usize>,
    every: u32,
    safepoints: Cell<u32>,
    collections: Cell<u32>,
}

/// What a safepoint has to do for torture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing.
    Nothing,
    /// A local collection.
    Local,
    /// A global collection.
    Global,
}

impl Torture {
    /// Everything off.
    pub const fn off() -> Torture {
        Torture {
            publish_at_birth: false,
            move_stacks: false,
            tiny_lists: false,
            paid: Cell::new(0),
            every: 0,
            safepoints: Cell::new(0),
            collections: Cell::new(0),
        }
    }

    /// What the environment asks for.
    pub fn from_env() -> Torture {
        let mut torture = Torture::off();
        if cfg!(debug_assertions)
            && let Ok(words) = std::env::var("LUAS_TORTURE")
        {
            for word in words.split(',') {
                match word.split_once('=').unwrap_or((word, "")) {
                    ("gc", n) => torture.every = n.parse().expect("LUAS_TORTURE: gc=N needs a number"),
                    ("publish", _) => torture.publish_at_birth = true,
                    ("stack", _) => torture.move_stacks = true,
                    ("tiny", _) => torture.tiny_lists = true,
                    ("", _) => {}
                    (other, _) => panic!("LUAS_TORTURE: unknown word {other:?}"),
                }
            }
        }
        torture
    }

    /// Collections at every N-th safepoint.
    pub fn collect_every(n: u32) -> Torture {
        Torture { every: n, ..Torture::off() }
    }

    /// Worklists that overflow early.
    pub fn with_tiny_lists() -> Torture {
        Torture { tiny_lists: true, ..Torture::off() }
    }

    /// Whether safepoints collect; the heap is then verified after each collection.
    #[inline(always)]
    pub fn collects(&self) -> bool {
        cfg!(debug_assertions) && self.every != 0
    }

    /// Whether a stack of so many slots moves at this call. Each call pays for a thousand slots, and fresh memory for
    /// really large stacks is dear: so deep recursion, in which a move at every call would be quadratic, only takes
    /// longer by a factor.
    #[inline(always)]
    pub fn moves_stack(&self, slots: usize) -> bool {
        if !(cfg!(debug_assertions) && self.move_stacks) {
            return false;
        }
        let paid = self.paid.get() + 1000;
        let due = paid >= if slots < 100_000 { slots } else { 10 * slots };
        self.paid.set(if due { 0 } else { paid });
        due
    }

    /// Counts a safepoint.
    pub fn safepoint(&self) -> Due {
        if !self.collects() {
            return Due::Nothing;
        }
        self.safepoints.set(self.safepoints.get() + 1);
        if !self.safepoints.get().is_multiple_of(self.every) {
            return Due::Nothing;
        }
        self.collections.set(self.collections.get() + 1);
        if self.collections.get().is_multiple_of(10) { Due::Global } else { Due::Local }
    }
}
