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
    entries: Vec<Entry>,
    /// As many as a power of two, `64 - shift` bits.
    slots: Vec<u32>,
    shift: u32,
}

/// A text of the table.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// See [`key`].
    key: u64,
    /// Where it lies.
    start: u32,
    len: u32,
}

impl Symbols {
    /// An empty table.
    pub(crate) fn new() -> Symbols {
        Symbols { slots: vec![0; FIRST_SLOTS], shift: u64::BITS - FIRST_SLOTS.ilog2(), ..Symbols::default() }
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
        renew(&mut self.entries, &from.entries, 32);
        renew(&mut self.slots, &from.slots, 0);
        self.shift = from.shift;
    }

    /// The symbol of `text`, made if it is new.
    ///
    /// # Errors
    /// "not enough memory" if the copy of the text cannot be allocated.
    #[inline]
    pub(crate) fn intern(&mut self, text: &[u8]) -> Result<Symbol> {
        let key = key(text);
        let mask = self.slots.len() - 1;
        let mut slot = self.first_slot(key, text.len());
        loop {
            let index = match self.slots[slot & mask] {
                0 => return self.add(slot & mask, key, text),
                n => n - 1,
            };
            let entry = &self.entries[index as usize];
            if entry.key == key
                && entry.len as usize == text.len()
                && (text.len() <= 8 || self.text(Symbol(index)) == text)
            {
                return Ok(Symbol(index));
            }
            slot += 1;
        }
    }

    fn first_slot(&self, key: u64, len: usize) -> usize {
        const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
        ((key ^ len as u64).wrapping_mul(FACTOR) >> self.shift) as usize
    }

    #[inline(never)]
    fn add(&mut self, slot: usize, key: u64, text: &[u8]) -> Result<Symbol> {
        let (Ok(start), Ok(len)) = (u32::try_from(self.bytes.len()), u32::try_from(text.len())) else {
            return Err(CompileError::memory());
        };
        self.bytes.try_reserve(text.len()).map_err(|_| CompileError::memory())?;
        self.bytes.extend_from_slice(text);
        self.entries.push(Entry { key, start, len });
        self.slots[slot] = self.entries.len() as u32;
        if self.entries.len() * 2 > self.slots.len() {
            self.grow();
        }
        Ok(Symbol(self.entries.len() as u32 - 1))
    }

    /// The bytes of a symbol.
    pub fn text(&self, symbol: Symbol) -> &[u8] {
        let entry = &self.entries[symbol.0 as usize];
        &self.bytes[entry.start as usize..][..entry.len as usize]
    }

    /// Whether a text begins with these bytes.
    pub(crate) fn any_begins(&self, with: &[u8]) -> bool {
        (0..self.entries.len() as u32).any(|index| self.text(Symbol(index)).starts_with(with))
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 2 - 1;
        self.shift -= 1;
        self.slots = vec![0; mask + 1];
        for (index, entry) in self.entries.iter().enumerate() {
            let mut slot = self.first_slot(entry.key, entry.len as usize);
            while self.slots[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            self.slots[slot] = index as u32 + 1;
        }
    }
}

/// The text itself when it has up to eight bytes, so that texts of one length and key are the same; else its hash.
#[inline]
fn key(text: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>())
        && text.len() <= 8
    {
        return u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32;
    }
    match *text {
        [] => 0,
        [a] => u64::from(a),
        [a, b] => u64::from(a) | u64::from(b) << 8,
        [a, b, c] => u64::from(a) | u64::from(b) << 8 | u64::from(c) << 16,
        _ => hash(text),
    }
}

/// A hash of a text of more than eight bytes.
fn hash(text: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut h = text.len() as u64;
    let mut add = |word: &[u8; 8]| h = (h ^ u64::from_le_bytes(*word)).wrapping_mul(FACTOR).rotate_left(29);
    let (words, _) = text.as_chunks::<8>();
    words.iter().for_each(&mut add);
    text.last_chunk::<8>().into_iter().for_each(&mut add);
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

    #[test]
    fn texts_of_all_lengths_differ_from_their_neighbors() {
        let text: Vec<u8> = (0..40).map(|n| b"ab\0"[n % 3]).collect();
        let mut symbols = Symbols::new();
        let mut seen = std::collections::HashMap::new();
        for len in 0..40 {
            for at in 0..=len {
                let mut changed = text[..len].to_vec();
                if let Some(byte) = changed.get_mut(at) {
                    *byte = byte.wrapping_add(1);
                }
                let symbol = symbols.intern(&changed).unwrap();
                assert_eq!(*seen.entry(changed.clone()).or_insert(symbol), symbol);
                assert_eq!(symbols.text(symbol), changed);
            }
        }
        assert_eq!(seen.values().map(|s| s.0).collect::<std::collections::HashSet<_>>().len(), seen.len());
    }
}
