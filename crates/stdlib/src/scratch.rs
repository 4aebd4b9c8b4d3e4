//! The byte buffer in which a result of unknown length grows.
//!
//! Each OS thread keeps one for reuse, so that building a result allocates nothing but the string. A nested use (a
//! replacement function that calls `gsub` itself) takes a new one.

use luas_vm::ffi::cformat::{float_to_lua_string, int_to_lua_string};
use luas_vm::native::{Error, Event, Result};
use luas_vm::thread::Thread;
use luas_vm::value::{Type, Val};
use std::cell::Cell;
use std::ops::{Deref, DerefMut};

/// The largest buffer that is kept for reuse, in bytes.
const KEPT: usize = 1 << 20;

/// Results of at least this many bytes are announced with `reserve` before they are made.
pub(crate) const BULK: usize = 1 << 16;

/// Longest string, in bytes (contract 4).
const MAX_STRING: usize = i32::MAX as usize;

/// Most bytes that the text of a number takes.
const NUMERAL: usize = 64;

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A growing byte string, empty when taken. What the program chooses the size of goes through `append`, `fill` or
/// `room`, which raise a Lua error when there is no memory; a few bytes may be pushed as on any `Vec`.
pub(crate) struct Scratch(Vec<u8>);

impl Scratch {
    /// An empty buffer, with the memory of the last one that this OS thread dropped.
    pub(crate) fn take() -> Scratch {
        let mut bytes = SPARE.try_with(Cell::take).unwrap_or_default();
        bytes.clear();
        Scratch(bytes)
    }

    /// Adds bytes at the end. Errors: "resulting string too large", "not enough memory".
    #[inline]
    pub(crate) fn append(&mut self, th: &Thread, bytes: &[u8]) -> Result<()> {
        self.room(th, bytes.len())?;
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    /// Adds `count` times `byte`. Errors as `append`.
    pub(crate) fn fill(&mut self, th: &Thread, count: usize, byte: u8) -> Result<()> {
        self.room(th, count)?;
        self.0.resize(self.0.len() + count, byte);
        Ok(())
    }

    /// Makes room for `more` bytes. Errors as `append`.
    #[inline]
    pub(crate) fn room(&mut self, th: &Thread, more: usize) -> Result<()> {
        if self.0.capacity() - self.0.len() >= more { Ok(()) } else { self.room_slow(th, more) }
    }

    #[cold]
    fn room_slow(&mut self, th: &Thread, more: usize) -> Result<()> {
        if more > (MAX_STRING + NUMERAL).saturating_sub(self.0.len()) {
            return Err(th.error("resulting string too large"));
        }
        self.0.try_reserve(more.max(NUMERAL)).map_err(|_| no_memory(th))
    }

    /// Adds a string or a number as `..` does; false when the value is neither.
    #[inline]
    pub(crate) fn append_value(&mut self, th: &Thread, v: Val<'_>) -> Result<bool> {
        if let Some(bytes) = v.as_bytes() {
            self.append(th, bytes)?;
        } else if let Some(i) = v.as_int() {
            self.room(th, NUMERAL)?;
            int_to_lua_string(i, &mut self.0);
        } else if let Some(f) = v.as_float() {
            self.room(th, NUMERAL)?;
            float_to_lua_string(f, &mut self.0);
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Adds `tostring(v)` where that runs no Lua code and names no address; false when it does.
    #[inline]
    pub(crate) fn append_shown(&mut self, th: &Thread, v: Val<'_>) -> Result<bool> {
        if th.metamethod(v, Event::ToString).is_some() {
            return Ok(false);
        }
        let text: &[u8] = match v.type_of() {
            Type::Nil => b"nil",
            Type::Boolean if v.truthy() => b"true",
            Type::Boolean => b"false",
            _ => return self.append_value(th, v),
        };
        self.append(th, text)?;
        Ok(true)
    }

    /// Returns the content as the single result of a native function.
    pub(crate) fn finish(&self, th: &mut Thread) -> Result<u32> {
        if self.0.len() >= BULK {
            th.reserve(self.0.len())?;
        }
        th.ret_bytes(&self.0)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.0.capacity() <= KEPT {
            // A failure (the OS thread is ending) drops it.
            let _ = SPARE.try_with(|spare| spare.set(std::mem::take(&mut self.0)));
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

/// The error of a buffer that cannot grow.
#[cold]
pub(crate) fn no_memory(th: &Thread) -> Error {
    th.error_plain("not enough memory")
}
