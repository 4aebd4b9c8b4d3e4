//! The patterns that this OS thread used last, compiled.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};

use super::Matcher;
use luas_vm::ffi::locale;

const SLOTS: usize = 64;

/// Longer patterns are compiled each time.
const LONGEST_CACHED: usize = 256;

thread_local! {
    /// The patterns used last on this OS thread. A slot is empty while its matcher is on loan.
    static CACHE: [Cell<Option<Box<Matcher>>>; SLOTS] = const { [const { Cell::new(None) }; SLOTS] };
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
        if !locale::is_ascii() || pattern.len() > LONGEST_CACHED {
            return Loan { matcher: Some(Box::new(Matcher::new(pattern))), slot: SLOTS as u32 };
        }
        let ends = Ends::of(pattern);
        let slot = ends.slot();
        let cached = CACHE.try_with(|cache| cache[slot].take()).unwrap_or(None);
        let matcher = match cached {
            Some(mut matcher) if matcher.ends == ends && (ends.say_all() || matcher.pattern == pattern) => {
                matcher.paused = None;
                matcher
            }
            _ => Box::new(Matcher::new(pattern)),
        };
        Loan { matcher: Some(matcher), slot: slot as u32 }
    }
}

impl Drop for Loan {
    #[inline]
    fn drop(&mut self) {
        let matcher = self.matcher.take();
        if (self.slot as usize) < SLOTS {
            // An error only says that this OS thread is ending.
            let _ = CACHE.try_with(|cache| cache[self.slot as usize].set(matcher));
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

    #[inline]
    fn slot(self) -> usize {
        let mixed = self.first ^ self.last.rotate_left(31) ^ self.length as u64;
        (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - SLOTS.ilog2())) as usize
    }
}
