//! Every name and string of a chunk once.
//!
//! A [`Symbol`] is the place of a byte string in the table of its chunk, so that names compare as numbers.
//! Reserved words are put in first by the lexer.

use crate::error::{CompileError, Result};

/// A name or string of one chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Symbol(pub u32);

/// Slots of an empty table.
const FIRST_SLOTS: usize = 128;

/// The table: texts in order of appearance, and a hash index with open addressing (0 is a free slot, `n` is text
/// `n - 1`).
#[derive(Debug, Default)]
pub struct Symbols {
    /// All texts, one behind the other.
    bytes: Vec<u8>,
    /// Where each text ends in `bytes`.
    ends: Vec<usize>,
    hashes: Vec<u64>,
    slots: Vec<u32>,
}

impl Symbols {
    /// An empty table.
    pub(crate) fn new() -> Symbols {
        Symbols { slots: vec![0; FIRST_SLOTS], ..Symbols::default() }
    }

    /// Makes it a copy of `from`, a table that has not grown, in the memory that it has.
    pub(crate) fn restart(&mut self, from: &Symbols) {
        debug_assert_eq!(from.slots.len(), FIRST_SLOTS);
        fn renew<T: Copy>(to: &mut Vec<T>, from: &[T], more: usize) {
            to.clear();
            to.reserve(from.len() + more);
            to.extend_from_slice(from);
        }
        renew(&mut self.bytes, &from.bytes, 256);
        renew(&mut self.ends, &from.ends, 32);
        renew(&mut self.hashes, &from.hashes, 32);
        renew(&mut self.slots, &from.slots, 0);
    }

    /// The symbol of `text`, made if it is new.
    ///
    /// # Errors
    /// "not enough memory" if the copy of the text cannot be allocated.
    pub(crate) fn intern(&mut self, text: &[u8]) -> Result<Symbol> {
        let hash = hash(text);
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        while self.slots[slot] != 0 {
            let index = self.slots[slot] as usize - 1;
            if self.hashes[index] == hash && self.text(Symbol(index as u32)) == text {
                return Ok(Symbol(index as u32));
            }
            slot = (slot + 1) & mask;
        }
        self.bytes.try_reserve(text.len()).map_err(|_| CompileError::memory())?;
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len());
        self.hashes.push(hash);
        self.slots[slot] = self.ends.len() as u32;
        if self.ends.len() * 2 > self.slots.len() {
            self.grow();
        }
        Ok(Symbol(self.ends.len() as u32 - 1))
    }

    /// The bytes of a symbol.
    pub fn text(&self, symbol: Symbol) -> &[u8] {
        let index = symbol.0 as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start..self.ends[index]]
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 2 - 1;
        self.slots = vec![0; mask + 1];
        for (index, hash) in self.hashes.iter().enumerate() {
            let mut slot = *hash as usize & mask;
            while self.slots[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            self.slots[slot] = index as u32 + 1;
        }
    }
}

fn hash(text: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut h = text.len() as u64;
    let mut words = text.chunks_exact(8);
    for word in &mut words {
        let word = u64::from_le_bytes(word.try_into().expect("chunks of eight bytes"));
        h = (h ^ word).wrapping_mul(FACTOR).rotate_left(29);
    }
    for &byte in words.remainder() {
        h = (h ^ u64::from(byte)).wrapping_mul(FACTOR).rotate_left(29);
    }
    h ^ (h >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_one_symbol() {
        let mut symbols = Symbols::new();
        let numbers: Vec<Symbol> = (0..1000).map(|n| symbols.intern(format!("n{n}").as_bytes()).unwrap()).collect();
        for (n, &symbol) in numbers.iter().enumerate() {
            assert_eq!(symbols.intern(format!("n{n}").as_bytes()).unwrap(), symbol);
            assert_eq!(symbols.text(symbol), format!("n{n}").as_bytes());
        }
    }
}
