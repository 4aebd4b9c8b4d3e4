//! The buffer in which a result of unknown length grows.
//!
//! Each OS thread keeps one block of memory for it, so that building a short string costs no allocation but the
//! string's own. A nested use (a replacement function that calls `gsub` itself) simply takes a new block.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};

use luas_vm::native::Result;
use luas_vm::thread::Thread;

use super::{BULK, LONGEST};

/// A growing byte string. Appends of a size that the program chooses go through [`Scratch::add`] or
/// [`Scratch::room`], which raise a Lua error when there is no memory; a few bytes may be pushed as on any `Vec`.
pub struct Scratch(Vec<u8>);

/// Larger blocks are given back to the system.
const LARGEST_KEPT: usize = 1 << 20;

thread_local! {
    /// The block, while no `Scratch` uses it.
    static BLOCK: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl Scratch {
    /// An empty buffer.
    pub fn new() -> Scratch {
        let mut block = BLOCK.try_with(Cell::take).unwrap_or_default();
        block.clear();
        Scratch(block)
    }

    /// Appends `bytes`. Errors: "not enough memory", "resulting string too large".
    #[inline]
    pub fn add(&mut self, th: &Thread, bytes: &[u8]) -> Result<()> {
        self.room(th, bytes.len())?;
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    /// Appends `count` times `byte`. Errors as `add`.
    pub fn fill(&mut self, th: &Thread, count: usize, byte: u8) -> Result<()> {
        self.room(th, count)?;
        self.0.resize(self.0.len() + count, byte);
        Ok(())
    }

    /// Makes room for `more` bytes. Errors as `add`.
    #[inline]
    pub fn room(&mut self, th: &Thread, more: usize) -> Result<()> {
        if self.0.capacity() - self.0.len() >= more { Ok(()) } else { self.room_slow(th, more) }
    }

    #[cold]
    fn room_slow(&mut self, th: &Thread, more: usize) -> Result<()> {
        if more > LONGEST - self.0.len().min(LONGEST) {
            return Err(th.error("resulting string too large"));
        }
        self.0.try_reserve(more.max(64)).map_err(|_| th.error_plain("not enough memory"))
    }

    /// Returns the bytes as the single result of a native function.
    pub fn finish(&self, th: &mut Thread) -> Result<u32> {
        if self.0.len() >= BULK {
            th.reserve(self.0.len())?;
        }
        th.ret_bytes(&self.0)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.0.capacity() <= LARGEST_KEPT {
            // An error only says that this OS thread is ending.
            let _ = BLOCK.try_with(|block| block.set(std::mem::take(&mut self.0)));
        }
    }
}

impl Deref for Scratch {
    type Target = Vec<u8>;
    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}
