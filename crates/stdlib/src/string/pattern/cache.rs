//! The patterns that this OS thread used last, compiled.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};

use super::Matcher;
use luas_vm::ffi::locale;

const SLOTS: usize = 128;

/// A pattern may lie in this many slots next to each other, so that a program's patterns do not drive each other out.
const WAYS: usize = 4;

/// Longer patterns are compiled each time.
const LONGEST_CACHED: usize = 256;

/// A place in the cache.
struct Slot {
    /// Of the pattern that belongs here.
    ends: Cell<Ends>,
    /// None while it is on loan.
    matcher: Cell<Option<Box<Matcher>>>,
}

/// The patterns used last on an OS thread.
struct Cache {
    slots: [Slot; SLOTS],
    /// Counts the patterns that came in.
    turn: Cell<usize>,
}

thread_local! {
    static CACHE: Cache = const {
        Cache {
            slots: [const { Slot { ends: Cell::new(Ends::NONE), matcher: Cell::new(None) } }; SLOTS],
            turn: Cell::new(0),
        }
    };
}

impl Cache {
    /// The matcher of a pattern with these ends, and its slot.
    #[inline]
    fn take(&self, pattern: &[u8], ends: Ends) -> Option<(Box<Matcher>, usize)> {
        let first = ends.first_slot();
        for (i, slot) in self.slots[first..first + WAYS].iter().enumerate() {
            if slot.ends.get() == ends
                && let Some(matcher) = slot.matcher.take()
            {
                if ends.say_all() || matcher.pattern == pattern {
                    return Some((matcher, first + i));
                }
                slot.matcher.set(Some(matcher));
            }
        }
        None
    }

    /// A slot for a pattern that is not there: an unused one, or each in its turn.
    #[cold]
    fn claim(&self, ends: Ends) -> usize {
        let first = ends.first_slot();
        let unused = (first..first + WAYS).find(|&i| self.slots[i].ends.get() == Ends::NONE);
        let i = unused.unwrap_or_else(|| {
            self.turn.set(self.turn.get().wrapping_add(1));
            first + self.turn.get() % WAYS
        });
        self.slots[i].ends.set(ends);
        self.slots[i].matcher.set(None);
        i
    }
}

/// A matcher that goes back to the cache when dropped.
pub struct Loan {
    matcher: Option<Box<Matcher>>,
    /// Its place in the cache, or `SLOTS` when it is not kept: it is long, or compiled for the classes of another locale
    /// than C's.
    slot: u32,
}

impl Loan {
    /// The compiled form of `pattern`, from the cache if it is there. See [`Matcher::new`].
    #[inline]
    pub fn new(pattern: &[u8]) -> Loan {
        let ends = Ends::of(pattern);
        let mut slot = SLOTS;
        if locale::is_ascii() && pattern.len() <= LONGEST_CACHED {
            if let Ok(Some((mut matcher, slot))) = CACHE.try_with(|cache| cache.take(pattern, ends)) {
                matcher.paused = None;
                return Loan { matcher: Some(matcher), slot: slot as u32 };
            }
            slot = CACHE.try_with(|cache| cache.claim(ends)).unwrap_or(SLOTS);
        }
        Loan { matcher: Some(Box::new(Matcher::new(pattern))), slot: slot as u32 }
    }
}

impl Drop for Loan {
    #[inline]
    fn drop(&mut self) {
        let matcher = self.matcher.take();
        if (self.slot as usize) < SLOTS {
            // An error only says that this OS thread is ending.
            let _ = CACHE.try_with(|cache| {
                let slot = &cache.slots[self.slot as usize];
                // Another pattern may have taken the slot meanwhile.
                if matcher.as_ref().is_some_and(|matcher| matcher.ends == slot.ends.get()) {
                    slot.matcher.set(matcher);
                }
            });
        }
    }
}

impl Deref for Loan {
    type Target = Matcher;
    #[inline]
    fn deref(&self) -> &Matcher {
        self.matcher.as_ref().expect("the matcher leaves its loan only when dropped")
    }
}

impl DerefMut for Loan {
    #[inline]
    fn deref_mut(&mut self) -> &mut Matcher {
        self.matcher.as_mut().expect("the matcher leaves its loan only when dropped")
    }
}

/// The length of a pattern, its first bytes and its last ones.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    length: usize,
    first: u64,
    last: u64,
}

impl Ends {
    /// Of no pattern.
    const NONE: Ends = Ends { length: usize::MAX, first: 0, last: 0 };

    #[inline]
    pub fn of(pattern: &[u8]) -> Ends {
        let length = pattern.len();
        let (first, last) = if let (Some(first), Some(last)) = (pattern.first_chunk::<8>(), pattern.last_chunk::<8>()) {
            (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
        } else if let (Some(first), Some(last)) = (pattern.first_chunk::<4>(), pattern.last_chunk::<4>()) {
            (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)))
        } else {
            match *pattern {
                [] => (0, 0),
                [a] => (u64::from(a), 0),
                [a, b] => (u64::from(a) | u64::from(b) << 8, 0),
                [a, b, c, ..] => (u64::from(a) | u64::from(b) << 8, u64::from(c)),
            }
        };
        Ends { length, first, last }
    }

    /// Whether no other pattern has these ends.
    #[inline]
    fn say_all(self) -> bool {
        self.length <= 16
    }

    /// The first of the slots where its pattern may be.
    #[inline]
    fn first_slot(self) -> usize {
        let mixed = self.first ^ self.last.rotate_left(31) ^ self.length as u64;
        (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - (SLOTS / WAYS).ilog2())) as usize * WAYS
    }
}
