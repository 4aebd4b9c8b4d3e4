//! A byte buffer that each OS thread keeps for reuse, so that building a result allocates only once it is a string.

use luas_vm::ffi::cformat::{float_to_lua_string, int_to_lua_string};
use luas_vm::native::{Error, Event, Result};
use luas_vm::thread::Thread;
use luas_vm::value::{Type, Val};
use std::cell::Cell;

/// The largest buffer that is kept for reuse, in bytes.
const KEPT: usize = 1 << 20;

/// Longest string, in bytes (contract 4).
const MAX_STRING: usize = i32::MAX as usize;

/// Most bytes that the text of a number takes.
const NUMERAL: usize = 64;

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The buffer, empty when taken. Nested users get one of their own.
pub(crate) struct Scratch(Vec<u8>);

impl Scratch {
    /// An empty buffer, with the memory of the last one that this OS thread dropped.
    pub(crate) fn take() -> Scratch {
        let mut bytes = SPARE.try_with(Cell::take).unwrap_or_default();
        bytes.clear();
        Scratch(bytes)
    }

    /// The content.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Adds bytes at the end. Errors: "resulting string too large", "not enough memory".
    #[inline]
    pub(crate) fn append(&mut self, th: &Thread, bytes: &[u8]) -> Result<()> {
        if bytes.len() > self.0.capacity() - self.0.len() {
            self.grow(th, bytes.len())?;
        }
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    /// Adds a string or a number as `..` does; false when the value is neither.
    #[inline]
    pub(crate) fn append_value(&mut self, th: &Thread, v: Val<'_>) -> Result<bool> {
        if let Some(bytes) = v.as_bytes() {
            self.append(th, bytes)?;
        } else if let Some(i) = v.as_int() {
            self.grow(th, NUMERAL)?;
            int_to_lua_string(i, &mut self.0);
        } else if let Some(f) = v.as_float() {
            self.grow(th, NUMERAL)?;
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

    fn grow(&mut self, th: &Thread, more: usize) -> Result<()> {
        if self.0.len() + more > MAX_STRING + NUMERAL {
            return Err(th.error("resulting string too large"));
        }
        self.0.try_reserve(more).map_err(|_| no_memory(th))
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

/// The error of a buffer that cannot grow.
#[cold]
pub(crate) fn no_memory(th: &Thread) -> Error {
    th.error_plain("not enough memory")
}
