//! Numerals: from text to numbers, by the rules of `tonumber`.
//!
//! The lexer reads literals with it and the machine converts strings with it. Results are correctly rounded and do
//! not depend on the locale.

/// A Lua number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// An integer
    Int(i64),
    /// A float
    Float(f64),
}

/// Whether Lua takes this byte for white space.
pub const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C)
}

/// The number that a text stands for: an optional sign and a numeral, with white space around.
///
/// Hexadecimal integers wrap around; decimal integers that do not fit become floats. `inf` and `nan` are no numerals.
pub fn str_to_number(text: &[u8]) -> Option<Number> {
    match short_integer(text) {
        Some(n) => Some(Number::Int(n)),
        None => str_to_number_slow(text),
    }
}

/// Nothing but digits, so few that they cannot overflow: the most common numerals.
#[inline]
fn short_integer(text: &[u8]) -> Option<i64> {
    let mut n = 0;
    if text.is_empty() || text.len() > 18 {
        return None;
    }
    for &byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        n = n * 10 + i64::from(digit);
    }
    Some(n)
}

fn str_to_number_slow(text: &[u8]) -> Option<Number> {
    let text = trim(text);
    let (negative, digits) = match text.first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if let [b'0', b'x' | b'X', digits @ ..] = digits {
        return match hex_integer(digits) {
            Some(n) => Some(Number::Int(if negative { n.wrapping_neg() } else { n })),
            None => hex_float(digits).map(|f| Number::Float(if negative { -f } else { f })),
        };
    }
    if let Some(n) = decimal_integer(digits, negative) {
        return Some(Number::Int(n));
    }
    decimal_float(digits).map(|f| Number::Float(if negative { -f } else { f }))
}

/// The integer that equals a float, if there is one.
pub fn float_to_integer(f: f64) -> Option<i64> {
    // 2^63 is exact as a float, 2^63 - 1 is not.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    let i = f as i64;
    (i as f64 == f && f < LIMIT).then_some(i)
}

fn trim(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_space(*first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_space(*last)
    {
        text = rest;
    }
    text
}

fn hex_integer(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0i64, |n, &b| Some((n << 4) | i64::from(hex_value(b)?)))
}

fn decimal_integer(digits: &[u8], negative: bool) -> Option<i64> {
    if digits.is_empty() {
        return None;
    }
    // Nineteen digits fit 64 bits.
    if digits.len() > 19 && digits.iter().all(u8::is_ascii_digit) {
        let zeros = digits.iter().take_while(|&&b| b == b'0').count();
        return if digits.len() - zeros <= 19 {
            decimal_integer(&digits[zeros.min(digits.len() - 1)..], negative)
        } else {
            None
        };
    }
    let mut magnitude = 0u64;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        magnitude = magnitude.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// The value of a hexadecimal digit.
pub(crate) fn hex_value(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

fn decimal_float(digits: &[u8]) -> Option<f64> {
    let (mantissa, exponent) = match digits.iter().position(|b| matches!(b, b'e' | b'E')) {
        Some(at) => (&digits[..at], Some(&digits[at + 1..])),
        None => (digits, None),
    };
    let point = mantissa.iter().position(|&b| b == b'.').unwrap_or(mantissa.len());
    let (whole, fraction) = (&mantissa[..point], mantissa.get(point + 1..).unwrap_or(b""));
    if whole.is_empty() && fraction.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    if let Some(exponent) = exponent {
        let exponent = exponent.strip_prefix(b"-").or(exponent.strip_prefix(b"+")).unwrap_or(exponent);
        if exponent.is_empty() || !all_digits(exponent) {
            return None;
        }
    }
    // What remains is a subset of what Rust reads, and Rust rounds correctly.
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn all_digits(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
}

/// A hexadecimal float after its `0x`: the leading 64 bits are kept as an integer, what is lost below them in one
/// sticky bit.
fn hex_float(digits: &[u8]) -> Option<f64> {
    let (mut mantissa, mut exponent, mut sticky) = (0u64, 0i64, false);
    let (mut any, mut after_point) = (false, false);
    let mut rest = digits;
    while let [byte, tail @ ..] = rest {
        if *byte == b'.' && !after_point {
            after_point = true;
        } else if let Some(digit) = hex_value(*byte) {
            any = true;
            if mantissa >> 60 == 0 {
                mantissa = mantissa << 4 | u64::from(digit);
                exponent -= if after_point { 4 } else { 0 };
            } else {
                sticky |= digit != 0;
                exponent += if after_point { 0 } else { 4 };
            }
        } else {
            break;
        }
        rest = tail;
    }
    if !any {
        return None;
    }
    if let [b'p' | b'P', power @ ..] = rest {
        let (negative, power) = match power {
            [b'-', power @ ..] => (true, power),
            [b'+', power @ ..] | power => (false, power),
        };
        if power.is_empty() || !all_digits(power) {
            return None;
        }
        // Far beyond any float, and far from overflow.
        let power = power.iter().fold(0i64, |n, &b| (n * 10 + i64::from(b - b'0')).min(1 << 50));
        exponent += if negative { -power } else { power };
    } else if !rest.is_empty() {
        return None;
    }
    Some(scale(mantissa, exponent, sticky))
}

/// `mantissa * 2^exponent`, plus a little if `sticky`, rounded to nearest, ties to even.
fn scale(mantissa: u64, exponent: i64, sticky: bool) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let shift_up = mantissa.leading_zeros();
    let (mantissa, exponent) = (mantissa << shift_up, exponent - i64::from(shift_up));
    let magnitude = exponent + 63; // of the leading bit
    if magnitude > 1023 {
        return f64::INFINITY;
    }
    // A float has 53 bits, fewer below its least normal exponent.
    let dropped = if magnitude >= -1022 { 11 } else { 11 + (-1022 - magnitude) };
    if dropped > 64 {
        return 0.0;
    }
    let (kept, below, half) = if dropped == 64 {
        (0, mantissa, 1 << 63)
    } else {
        (mantissa >> dropped, mantissa & ((1 << dropped) - 1), 1u64 << (dropped - 1))
    };
    let up = below > half || below == half && (sticky || kept & 1 == 1);
    // The result is exact, so two multiplications that stay among the normal floats until the last are too.
    let power = (exponent + dropped) as i32;
    (kept + u64::from(up)) as f64 * power_of_two(power / 2) * power_of_two(power - power / 2)
}

fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(text: &str) -> i64 {
        match str_to_number(text.as_bytes()) {
            Some(Number::Int(n)) => n,
            other => panic!("{text} is {other:?}"),
        }
    }

    fn float(text: &str) -> f64 {
        match str_to_number(text.as_bytes()) {
            Some(Number::Float(f)) => f,
            other => panic!("{text} is {other:?}"),
        }
    }

    #[test]
    fn integers_wrap_in_hex_and_overflow_to_floats_in_decimal() {
        assert_eq!(int(" \t\n\x0b\x0c\r12 "), 12);
        assert_eq!(int("-0"), 0);
        assert_eq!(int("+7"), 7);
        assert_eq!(int("0xffffffffffffffff"), -1);
        assert_eq!(int("-0x10"), -16);
        assert_eq!(int("0x1ffffffffffffffff"), -1);
        assert_eq!(int("9223372036854775807"), i64::MAX);
        assert_eq!(int("-9223372036854775808"), i64::MIN);
        assert_eq!(float("9223372036854775808"), 9223372036854775808.0);
        assert_eq!(float("1e2"), 100.0);
        assert_eq!(float(".5"), 0.5);
        assert_eq!(float("5."), 5.0);
        assert_eq!(float("1e999"), f64::INFINITY);
        assert!(float("-0.0").is_sign_negative());
    }

    #[test]
    fn hex_floats_round_correctly() {
        assert_eq!(float("0x.8"), 0.5);
        assert_eq!(float("0xA.8p1"), 21.0);
        assert_eq!(float("0x1p-1074"), f64::from_bits(1));
        assert_eq!(float("0x1p-1075"), 0.0);
        assert_eq!(float("0x1.8p-1075"), f64::from_bits(1));
        assert_eq!(float("0x1.00000000000001p-1075"), f64::from_bits(1));
        assert_eq!(float("0x1p-1076"), 0.0);
        assert_eq!(float("0x1.fffffffffffffp1023"), f64::MAX);
        assert_eq!(float("0x1.fffffffffffff8p1023"), f64::INFINITY);
        assert_eq!(float("0x1p99999999999999999999"), f64::INFINITY);
        assert_eq!(float("0x1p-99999999999999999999"), 0.0);
        assert_eq!(float("0x1.00000000000008p0"), 1.0);
        assert_eq!(float("0x1.000000000000080000000000001p0"), 1.0 + f64::EPSILON);
        assert_eq!(float("0x1.00000000000018p0"), 1.0 + 2.0 * f64::EPSILON);
        assert_eq!(float("0x0.0p5"), 0.0);
        assert_eq!(float("0x1.0p-1022"), f64::MIN_POSITIVE);
        assert_eq!(float("0x123456789abcdef123456.8"), 0x123456789abcdef123456u128 as f64);
    }

    #[test]
    fn other_texts_are_no_numbers() {
        for text in [
            "", " ", "-", "+", "0x", "0xg", "1e", "1e+", "e1", ".", "0x.", "0x.p1", "0x1p", "0x1p+", "inf", "nan",
            "-inf", "1 2", "1_0", "--1", "- 1", "1..2", "0x1e+5", "1.2.3", "1\0", "infinity", "0x1.8.1", "1e1.0",
        ] {
            assert_eq!(str_to_number(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn floats_convert_to_integers_only_exactly() {
        assert_eq!(float_to_integer(3.0), Some(3));
        assert_eq!(float_to_integer(3.5), None);
        assert_eq!(float_to_integer(-9223372036854775808.0), Some(i64::MIN));
        assert_eq!(float_to_integer(9223372036854775808.0), None);
        assert_eq!(float_to_integer(f64::NAN), None);
        assert_eq!(float_to_integer(f64::NEG_INFINITY), None);
    }
}
