//! Numbers to text and back give what the C library gives, bit for bit and byte for byte.
//!
//! The values come from a seeded generator; the seed is printed. `LUAS_NUMBERS` is how many there are of each kind and
//! `LUAS_SEED` starts the generator elsewhere.

use luas_compiler::number::{Number, str_to_number};
use luas_vm::ffi::cformat::{float_to_lua_string, format_float};
use std::ffi::CString;

/// Values of each kind when the environment names no other number.
const FEW: u64 = 100_000;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A generator of test values, so that a failure repeats.
struct Seeded(u64);

impl Seeded {
    fn start(kind: &str) -> (Seeded, u64) {
        let (seed, count) = (setting("LUAS_SEED", 0x2545_F491_4F6C_DD1D), setting("LUAS_NUMBERS", FEW));
        println!("{kind}: {count} values, seed {seed}");
        (Seeded(seed | 1), count)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 11) % limit
    }

    /// A finite float of one of many kinds, of either sign.
    fn float(&mut self) -> f64 {
        let bits = self.next();
        let whole = self.below(2_000_001) as f64;
        let value = match self.below(10) {
            0 | 1 => f64::from_bits(bits),
            2 => f64::from_bits(bits & ((1 << 52) - 1)), // subnormal
            3 => f64::from_bits((bits % 2047) << 52),    // a power of two
            4 => 10f64.powi((bits % 633) as i32 - 324),
            5 => whole / 1000.0,
            6 => whole / 1024.0, // often halfway
            7 => whole * 10f64.powi((bits % 40) as i32 - 20),
            8 => bits as f64,
            _ => (bits % 100_000_000_000_000_000) as f64 / 100.0,
        };
        // Then a neighbor, sometimes.
        let near = f64::from_bits(value.to_bits().wrapping_add(self.below(5)).wrapping_sub(2));
        let value = if near.is_finite() { near } else { f64::MAX };
        if self.below(2) == 0 { value } else { -value }
    }
}

fn printed(spec: &str, value: f64) -> String {
    let spec = CString::new(spec).expect("no NUL");
    let mut text = [0u8; 512];
    // SAFETY: the buffer is as long as said, and the specification reads one double.
    let length = unsafe { libc::snprintf(text.as_mut_ptr().cast(), text.len(), spec.as_ptr(), value) };
    String::from_utf8(text[..length as usize].to_vec()).expect("ASCII")
}

/// What C's `strtod` reads; None unless that is the whole text.
fn read_by_c(text: &str) -> Option<f64> {
    let bytes = CString::new(text).ok()?;
    let mut end = std::ptr::null_mut();
    // SAFETY: the text ends in NUL, and the end is written where it may be.
    let value = unsafe { libc::strtod(bytes.as_ptr(), &mut end) };
    (end as usize - bytes.as_ptr() as usize == text.len()).then_some(value)
}

fn check_reading(text: &str) {
    let expected = read_by_c(text).expect("a numeral");
    let read = match str_to_number(text.as_bytes()) {
        Some(Number::Float(f)) => f,
        Some(Number::Int(i)) => i as f64,
        None => panic!("{text:?} was refused"),
    };
    // An integer has no negative zero.
    assert!(read.to_bits() == expected.to_bits() || read == 0.0 && expected == 0.0, "{text} read as {read:?}");
}

#[test]
fn floats_are_written_as_c_does() {
    let (mut seeded, count) = Seeded::start("written floats");
    let mut out = Vec::new();
    for _ in 0..count {
        let value = seeded.float();
        out.clear();
        float_to_lua_string(value, &mut out);
        let mut expected = printed("%.14g", value);
        if expected.bytes().all(|c| c == b'-' || c.is_ascii_digit()) {
            expected.push_str(".0");
        }
        assert_eq!(String::from_utf8_lossy(&out), expected, "{:#x}", value.to_bits());
        let precision = seeded.below(21);
        let letter = ["g", "e", "f", "a"][seeded.below(4) as usize];
        let spec = format!("%.{precision}{letter}");
        out.clear();
        format_float(spec.as_bytes(), value, &mut out);
        assert_eq!(String::from_utf8_lossy(&out), printed(&spec, value), "{spec} of {:#x}", value.to_bits());
    }
}

#[test]
fn written_floats_are_read_as_c_does() {
    let (mut seeded, count) = Seeded::start("read floats");
    for _ in 0..count {
        let value = seeded.float();
        for spec in ["%.17g", "%.14g", "%a"] {
            check_reading(&printed(spec, value));
        }
        let exact = printed("%.17g", value);
        if let Some(Number::Float(f)) = str_to_number(exact.as_bytes()) {
            assert_eq!(f.to_bits(), value.to_bits(), "{exact}");
        }
    }
}

fn digits(seeded: &mut Seeded, letters: &[u8], most: u64, text: &mut String) {
    for _ in 0..seeded.below(most + 1) {
        text.push(char::from(letters[seeded.below(letters.len() as u64) as usize]));
    }
}

#[test]
fn random_numerals_are_read_as_c_does() {
    let (mut seeded, count) = Seeded::start("numerals");
    for round in 0..count {
        let hex = seeded.below(3) == 0;
        let letters: &[u8] = if hex { b"0123456789abcdefABCDEF" } else { b"0123456789" };
        let most = if round % 64 == 0 { 900 } else { 24 };
        let mut text = String::from(if hex { "0x" } else { "" });
        if seeded.below(4) == 0 {
            text.push_str(&"0".repeat(seeded.below(most) as usize));
        }
        text.push('1');
        digits(&mut seeded, letters, most, &mut text);
        text.push('.'); // makes it a float
        digits(&mut seeded, letters, most, &mut text);
        let range = [30, 330, 1200][seeded.below(3) as usize];
        let exponent = seeded.below(2 * range) as i64 - range as i64;
        match seeded.below(3) {
            0 => {}
            1 => text.push_str(&format!("{}{exponent}", if hex { 'p' } else { 'e' })),
            _ => text.push_str(&format!("{}{exponent:+}", if hex { 'P' } else { 'E' })),
        }
        check_reading(&text);
    }
}

/// The decimal digits of `mantissa * 2^exponent`, all of them.
fn exact_decimal(mantissa: u64, exponent: i32) -> String {
    // Nine digits a limb, the least first.
    let mut limbs: Vec<u64> =
        vec![mantissa % 1_000_000_000, mantissa / 1_000_000_000 % 1_000_000_000, mantissa / 1_000_000_000_000_000_000];
    let factor = if exponent < 0 { 5 } else { 2 };
    for _ in 0..exponent.unsigned_abs() {
        let mut carry = 0;
        for limb in &mut limbs {
            let product = *limb * factor + carry;
            (*limb, carry) = (product % 1_000_000_000, product / 1_000_000_000);
        }
        if carry != 0 {
            limbs.push(carry);
        }
    }
    let mut text: String = limbs.iter().rev().map(|limb| format!("{limb:09}")).collect();
    if exponent < 0 {
        let places = exponent.unsigned_abs() as usize;
        if text.len() <= places {
            text = "0".repeat(places + 1 - text.len()) + &text;
        }
        text.insert(text.len() - places, '.');
    }
    text
}

#[test]
fn halfway_numerals_are_read_as_c_does() {
    let (mut seeded, count) = Seeded::start("halfway numerals");
    assert_eq!(exact_decimal(3, -2).trim_start_matches('0'), ".75");
    for _ in 0..count / 50 {
        let bits = seeded.float().abs().to_bits();
        let (fraction, biased) = (bits & ((1 << 52) - 1), (bits >> 52) as i32);
        let (mantissa, exponent) = if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) };
        // Halfway between the float and the next one, a little above and a little below.
        let halfway = exact_decimal(2 * mantissa + 1, exponent - 1);
        check_reading(&format!("{halfway}e0"));
        let point = if halfway.contains('.') { "" } else { "." };
        check_reading(&format!("{halfway}{point}{}1", "0".repeat(seeded.below(40) as usize)));
        let mut below = halfway.trim_end_matches('0').to_string();
        if let Some(last @ '1'..='9') = below.pop() {
            below.push(char::from(last as u8 - 1));
            below.push_str(&"9".repeat(1 + seeded.below(40) as usize));
            if halfway.contains('.') {
                check_reading(&below);
            }
        }
    }
}

#[test]
fn integers_are_read_with_their_overflow() {
    let (mut seeded, count) = Seeded::start("integers");
    for _ in 0..count {
        let value = (seeded.next() >> seeded.below(64)) as i64;
        let value = if seeded.below(2) == 0 { value } else { value.wrapping_neg() };
        assert_eq!(str_to_number(value.to_string().as_bytes()), Some(Number::Int(value)));
        assert_eq!(str_to_number(format!("0x{value:x}").as_bytes()), Some(Number::Int(value)));
        assert_eq!(str_to_number(format!("0xabc{value:016X}").as_bytes()), Some(Number::Int(value)));
        // One more than the greatest integers is a float.
        let large = u128::from(seeded.next() >> 4) + (1 << 63);
        assert_eq!(str_to_number(large.to_string().as_bytes()), Some(Number::Float(large as f64)));
        assert_eq!(str_to_number(format!("-{}", large + 1).as_bytes()), Some(Number::Float(-((large + 1) as f64))));
    }
}
