//! Sets of bytes, and the classes (`%a` and the like) of the C locale and of the one in use.

use luas_vm::ffi::locale;

/// A set of bytes as bits, for computing with sets, and as a table, for loops.
pub struct Set {
    pub bits: Bits,
    pub table: [bool; 256],
}

pub type Bits = [u64; 4];

#[inline]
pub const fn has(bits: &Bits, c: u8) -> bool {
    bits[c as usize >> 6] >> (c & 63) & 1 != 0
}

pub const fn with(mut bits: Bits, c: u8) -> Bits {
    bits[c as usize >> 6] |= 1 << (c & 63);
    bits
}

pub fn union(a: &Bits, b: &Bits) -> Bits {
    [a[0] | b[0], a[1] | b[1], a[2] | b[2], a[3] | b[3]]
}

pub fn disjoint(a: &Bits, b: &Bits) -> bool {
    a.iter().zip(b).all(|(a, b)| a & b == 0)
}

impl Set {
    pub const fn new(bits: Bits) -> Set {
        let mut table = [false; 256];
        let mut c = 0;
        while c < 256 {
            table[c] = has(&bits, c as u8);
            c += 1;
        }
        Set { bits, table }
    }
}

/// The letters of the classes, in the order of `CLASSES`.
const LETTERS: &[u8; 11] = b"acdglpsuwxz";

/// The classes of the C locale, and behind them their complements (the upper case letters).
pub static CLASSES: [Set; 22] = {
    let mut classes = [const { Set::new([0; 4]) }; 22];
    let mut i = 0;
    while i < LETTERS.len() {
        let mut bits = [0; 4];
        let mut c = 0;
        while c < 128 {
            if in_class(c, LETTERS[i]) {
                bits = with(bits, c);
            }
            c += 1;
        }
        classes[i] = Set::new(bits);
        classes[LETTERS.len() + i] = Set::new([!bits[0], !bits[1], !bits[2], !bits[3]]);
        i += 1;
    }
    classes
};

const fn in_class(c: u8, letter: u8) -> bool {
    match letter {
        b'a' => c.is_ascii_alphabetic(),
        b'c' => c.is_ascii_control(),
        b'd' => c.is_ascii_digit(),
        b'g' => c.is_ascii_graphic(),
        b'l' => c.is_ascii_lowercase(),
        b'p' => c.is_ascii_punctuation(),
        b's' => c == b' ' || (c >= 9 && c <= 13),
        b'u' => c.is_ascii_uppercase(),
        b'w' => c.is_ascii_alphanumeric(),
        b'x' => c.is_ascii_hexdigit(),
        _ => c == 0, // 'z', which is deprecated
    }
}

/// The class of `%letter`; None when the letter stands for itself.
pub fn class(letter: u8) -> Option<u32> {
    let index = LETTERS.iter().position(|l| *l == letter.to_ascii_lowercase())?;
    Some((index + if letter.is_ascii_uppercase() { LETTERS.len() } else { 0 }) as u32)
}

/// The set of `%letter` in the locale in use; None when the letter stands for itself.
pub fn class_of_locale(letter: u8) -> Option<Set> {
    class(letter)?;
    let (lower, complement) = (letter.to_ascii_lowercase(), letter.is_ascii_uppercase());
    let mut bits = [0; 4];
    for c in 0..=u8::MAX {
        let within = if lower == b'z' { c == 0 } else { locale::in_class(lower, c) };
        if within != complement {
            bits = with(bits, c);
        }
    }
    Some(Set::new(bits))
}

/// The class, or the set of this pattern behind the classes.
#[inline]
pub fn set_at(sets: &[Set], index: u32) -> &Set {
    match CLASSES.get(index as usize) {
        Some(class) => class,
        None => &sets[index as usize - CLASSES.len()],
    }
}
