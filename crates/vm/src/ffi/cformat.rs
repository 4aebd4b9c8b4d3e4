//! Numbers as text, byte for byte as C's `printf` family writes them.
//!
//! The common forms (integers, `%.nf`, `%.ng` without exponent) are written here with exact integer arithmetic, which
//! is several times faster than the C library; everything else goes to `snprintf`. The unit tests hold both to the
//! same bytes. A conversion specification is given as in C, without length modifier: `b"%-8.3f"`.
//!
//! Rounding is to nearest, ties to even, on the exact binary value. The decimal point is the locale's.

use super::locale;

/// Appends `value` formatted by `spec`, whose conversion is one of `aAeEfFgG`.
///
/// Panics when `spec` is not a single well-formed specification of such a conversion.
pub fn format_float(spec: &[u8], value: f64, out: &mut Vec<u8>) {
    let Some(parsed) = Spec::parse(spec).filter(|s| b"aAeEfFgG".contains(&s.conversion)) else {
        panic!("not a specification of a float: {}", String::from_utf8_lossy(spec));
    };
    if !parsed.alternate && value.is_finite() {
        let mut text = Text::new();
        let upper = parsed.conversion.is_ascii_uppercase();
        let done = match parsed.conversion {
            b'f' | b'F' => write_fixed(value.abs(), parsed.precision.unwrap_or(6), &mut text),
            b'g' | b'G' => write_general(value.abs(), parsed.precision.unwrap_or(6).max(1), upper, &mut text),
            b'e' | b'E' => write_exponential(value.abs(), parsed.precision.unwrap_or(6) + 1, false, upper, &mut text),
            _ => false,
        };
        if done {
            let start = out.len();
            write_sign(&parsed, value.is_sign_negative(), out);
            let first = out.len();
            out.extend_from_slice(text.bytes());
            pad(&parsed, parsed.zero, start, first, out);
            return;
        }
    }
    format_float_slow(spec, value, out);
}

/// Appends `value` formatted by `spec`, whose conversion is one of `diouxX`; all but `d` and `i` read it as unsigned.
///
/// Panics when `spec` is not a single well-formed specification of such a conversion.
pub fn format_int(spec: &[u8], value: i64, out: &mut Vec<u8>) {
    let Some(parsed) = Spec::parse(spec).filter(|s| b"diouxX".contains(&s.conversion)) else {
        panic!("not a specification of an integer: {}", String::from_utf8_lossy(spec));
    };
    let start = out.len();
    let mut text = [0; 24];
    let digits = match parsed.conversion {
        b'd' | b'i' => {
            write_sign(&parsed, value < 0, out);
            decimal(value.unsigned_abs(), &mut text)
        }
        b'u' => decimal(value as u64, &mut text),
        b'o' => octal(value as u64, &mut text),
        upper_or_lower => {
            if parsed.alternate && value != 0 {
                out.extend_from_slice(&[b'0', upper_or_lower]);
            }
            hexadecimal(value as u64, upper_or_lower == b'X', &mut text)
        }
    };
    let digits = if value == 0 && parsed.precision == Some(0) { &digits[..0] } else { digits };
    let first = out.len();
    let mut zeros = parsed.precision.unwrap_or(0).saturating_sub(digits.len());
    if parsed.conversion == b'o' && parsed.alternate && zeros == 0 && digits.first() != Some(&b'0') {
        zeros = 1;
    }
    out.resize(first + zeros, b'0');
    out.extend_from_slice(digits);
    pad(&parsed, parsed.zero && parsed.precision.is_none(), start, first, out);
}

/// Appends a float as Lua's `tostring` shows it: `%.14g`, with ".0" when that looks like an integer.
pub fn float_to_lua_string(value: f64, out: &mut Vec<u8>) {
    let mut buffer = [0; LUA_NUMBER];
    let length = float_to_lua_text(value, &mut buffer);
    out.extend_from_slice(&buffer[..length]);
}

/// Bytes that the text of any number takes at most, with some to spare.
pub const LUA_NUMBER: usize = 48;

/// As [`float_to_lua_string`], into a buffer; the length.
pub fn float_to_lua_text(value: f64, buffer: &mut [u8; LUA_NUMBER]) -> usize {
    const SIGNIFICANT: usize = 14;
    let mut put = |text: &[u8]| {
        buffer[..text.len()].copy_from_slice(text);
        text.len()
    };
    let negative = value.is_sign_negative();
    if value.is_nan() {
        return put(if negative { b"-nan" } else { b"nan" });
    }
    if value.is_infinite() {
        return put(if negative { b"-inf" } else { b"inf" });
    }
    let mut text = Text::new();
    if negative {
        text.push(b'-');
    }
    if !write_general(value.abs(), SIGNIFICANT, false, &mut text) {
        let mut slow = Vec::with_capacity(LUA_NUMBER);
        format_float_slow(b"%.14g", value, &mut slow);
        text.clear();
        text.extend_from_slice(&slow);
    }
    if text.bytes().iter().all(|c| c.is_ascii_digit() || *c == b'-') {
        text.push(match locale::decimal_point() {
            0 => b'.',
            point => point,
        });
        text.push(b'0');
    }
    put(text.bytes())
}

/// Appends an integer in decimal, as Lua's `tostring` shows it.
pub fn int_to_lua_string(value: i64, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(decimal(value.unsigned_abs(), &mut [0; 24]));
}

/// As [`int_to_lua_string`], into a buffer; the length.
pub fn int_to_lua_text(value: i64, buffer: &mut [u8; LUA_NUMBER]) -> usize {
    let mut text = [0; 24];
    let digits = decimal(value.unsigned_abs(), &mut text);
    let sign = usize::from(value < 0);
    buffer[0] = b'-';
    buffer[sign..sign + digits.len()].copy_from_slice(digits);
    sign + digits.len()
}

/// A conversion specification taken apart. Widths and precisions have at most four digits.
#[derive(Clone, Copy, Debug, Default)]
struct Spec {
    left: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
    conversion: u8,
}

impl Spec {
    /// None unless `spec` is one whole specification.
    fn parse(spec: &[u8]) -> Option<Spec> {
        let mut parsed = Spec::default();
        let (percent, mut rest) = spec.split_first()?;
        while let Some((flag, after)) = rest.split_first() {
            match flag {
                b'-' => parsed.left = true,
                b'+' => parsed.plus = true,
                b' ' => parsed.space = true,
                b'#' => parsed.alternate = true,
                b'0' => parsed.zero = true,
                _ => break,
            }
            rest = after;
        }
        parsed.width = number(&mut rest)?;
        if let Some(after) = rest.strip_prefix(b".") {
            rest = after;
            parsed.precision = Some(number(&mut rest)?);
        }
        parsed.conversion = *rest.first()?;
        (*percent == b'%' && rest.len() == 1).then_some(parsed)
    }
}

/// Reads a numeral of at most four digits off the front of `rest`; 0 when there is none.
fn number(rest: &mut &[u8]) -> Option<usize> {
    let digits = rest.iter().take_while(|c| c.is_ascii_digit()).count();
    let (text, after) = rest.split_at(digits);
    *rest = after;
    (digits <= 4).then(|| text.iter().fold(0, |n, c| n * 10 + usize::from(c - b'0')))
}

/// The text of one number while it is written. No form that is written here is longer.
struct Text {
    bytes: [u8; 64],
    length: usize,
}

impl Text {
    fn new() -> Text {
        Text { bytes: [0; 64], length: 0 }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn clear(&mut self) {
        self.length = 0;
    }

    fn push(&mut self, byte: u8) {
        self.bytes[self.length] = byte;
        self.length += 1;
    }

    fn extend_from_slice(&mut self, more: &[u8]) {
        self.bytes[self.length..self.length + more.len()].copy_from_slice(more);
        self.length += more.len();
    }

    fn zeros(&mut self, count: usize) {
        self.bytes[self.length..self.length + count].fill(b'0');
        self.length += count;
    }
}

fn write_sign(spec: &Spec, negative: bool, out: &mut Vec<u8>) {
    if negative {
        out.push(b'-');
    } else if spec.plus {
        out.push(b'+');
    } else if spec.space {
        out.push(b' ');
    }
}

/// Pads the item that starts at `start` to the width; zeros go to `digits`, behind sign and prefix.
fn pad(spec: &Spec, zeros: bool, start: usize, digits: usize, out: &mut Vec<u8>) {
    let end = out.len();
    let missing = spec.width.saturating_sub(end - start);
    if missing == 0 {
        return;
    }
    out.resize(end + missing, b' ');
    if !spec.left {
        let at = if zeros { digits } else { start };
        out.copy_within(at..end, at + missing);
        out[at..at + missing].fill(if zeros { b'0' } else { b' ' });
    }
}

const POWERS: [u64; 20] = {
    let mut powers = [1; 20];
    let mut i = 1;
    while i < powers.len() {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

/// `magnitude * 10^digits` rounded to an integer, ties to even, exactly; None when it does not fit. `digits` <= 19.
fn scaled(magnitude: f64, digits: usize) -> Option<u64> {
    const FRACTION: u64 = (1 << 52) - 1;
    let bits = magnitude.to_bits();
    let exponent = (bits >> 52) as i32;
    // magnitude = mantissa / 2^shift
    let (mantissa, shift) =
        if exponent == 0 { (bits & FRACTION, 1074) } else { (bits & FRACTION | (FRACTION + 1), 1075 - exponent) };
    let product = u128::from(mantissa) * u128::from(POWERS[digits]); // less than 2^53 * 2^64
    let rounded = match shift {
        ..-10 => return None,
        -10..=0 => product << -shift,
        1..120 => {
            let floor = product >> shift;
            let rest = product & ((1 << shift) - 1);
            let half = 1 << (shift - 1);
            floor + u128::from(rest > half || (rest == half && floor & 1 == 1))
        }
        _ => 0, // less than one half
    };
    u64::try_from(rounded).ok()
}

/// `%.{precision}f` of a finite, non-negative number; false (with nothing of use written) when it is not a common form.
fn write_fixed(magnitude: f64, precision: usize, out: &mut Text) -> bool {
    if precision >= POWERS.len() {
        return false;
    }
    match scaled(magnitude, precision) {
        Some(value) => write_decimals(value, precision, out),
        None => false,
    }
}

/// `%.{precision}g` of a finite, non-negative number; false (with nothing of use written) when it is not a common form.
fn write_general(magnitude: f64, precision: usize, upper: bool, out: &mut Text) -> bool {
    const TENS: [f64; 20] =
        [1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    /// Index of 1e0, where the whole numbers start.
    const ONE: usize = 4;
    if precision > 15 {
        return false;
    }
    let whole = magnitude as u64;
    if whole as f64 == magnitude && whole < POWERS[precision] {
        out.extend_from_slice(decimal(whole, &mut [0; 24]));
        return true;
    }
    // 10^exponent <= magnitude < 10^(exponent + 1), where exponent = index - ONE
    if magnitude < TENS[0] {
        return write_exponential(magnitude, precision, true, upper, out);
    }
    let mut index = if magnitude < 1.0 { 0 } else { ONE };
    while index + 1 < TENS.len() && TENS[index + 1] <= magnitude {
        index += 1;
    }
    if index >= precision + ONE {
        return write_exponential(magnitude, precision, true, upper, out);
    }
    let mut decimals = precision + ONE - 1 - index;
    let Some(mut value) = scaled(magnitude, decimals) else { return false };
    if value == POWERS[precision] && decimals == 0 {
        return write_exponential(magnitude, precision, true, upper, out); // rounded up into an exponent
    }
    for (step, power) in [(8, 100_000_000), (4, 10_000), (2, 100), (1, 10), (1, 10)] {
        while decimals >= step && value % power == 0 {
            value /= power;
            decimals -= step;
        }
    }
    write_decimals(value, decimals, out)
}

/// Writes `value / 10^decimals` with that many digits behind the point. False when the point is not a single byte.
fn write_decimals(value: u64, decimals: usize, out: &mut Text) -> bool {
    let mut text = [0; 24];
    if decimals == 0 {
        out.extend_from_slice(decimal(value, &mut text));
        return true;
    }
    let point = locale::decimal_point();
    if point == 0 {
        return false;
    }
    out.extend_from_slice(decimal(value / POWERS[decimals], &mut text));
    out.push(point);
    let fraction = decimal(value % POWERS[decimals], &mut text);
    out.zeros(decimals - fraction.len());
    out.extend_from_slice(fraction);
    true
}

/// `%.{digits - 1}e` of a finite, non-negative number, for `%g` (`short`) without zeros at the end; false (with nothing
/// of use written) when the exact value does not fit the arithmetic here, or when `%g` writes it without exponent.
fn write_exponential(magnitude: f64, digits: usize, short: bool, upper: bool, out: &mut Text) -> bool {
    let point = locale::decimal_point();
    if !(1..=17).contains(&digits) || point == 0 {
        return false;
    }
    let (mut value, mut exponent) = (0, 0);
    if magnitude != 0.0 {
        // A guess from the binary exponent, which may be one too low.
        let binary = (magnitude.to_bits() >> 52) as i32 - 1023;
        exponent = (f64::from(binary) * std::f64::consts::LOG10_2).floor() as i32;
        loop {
            match scaled_by(magnitude, digits as i32 - 1 - exponent) {
                None => return false,
                Some(v) if v >= POWERS[digits] => exponent += 1,
                Some(v) if v < POWERS[digits - 1] => return false, // a subnormal number
                Some(v) => {
                    value = v;
                    break;
                }
            }
        }
    }
    if short && (-4..digits as i32).contains(&exponent) {
        return false; // rounded up out of the exponents
    }
    let mut buffer = [0; 24];
    let mut shown = if value == 0 { &[b'0'; 17][..digits] } else { decimal(value, &mut buffer) };
    while short && shown.len() > 1 && shown.ends_with(b"0") {
        shown = &shown[..shown.len() - 1];
    }
    out.push(shown[0]);
    if shown.len() > 1 {
        out.push(point);
        out.extend_from_slice(&shown[1..]);
    }
    out.push(if upper { b'E' } else { b'e' });
    out.push(if exponent < 0 { b'-' } else { b'+' });
    if exponent.unsigned_abs() < 10 {
        out.push(b'0');
    }
    out.extend_from_slice(decimal(u64::from(exponent.unsigned_abs()), &mut [0; 24]));
    true
}

/// `magnitude * 10^power` rounded to an integer, ties to even, exactly; None when that does not fit 128 bits on the way.
fn scaled_by(magnitude: f64, power: i32) -> Option<u64> {
    const FRACTION: u64 = (1 << 52) - 1;
    let bits = magnitude.to_bits();
    let exponent = (bits >> 52) as i32;
    if exponent == 0 {
        return None;
    }
    // magnitude = mantissa * 2^shift
    let (mantissa, shift) = (u128::from(bits & FRACTION | (FRACTION + 1)), exponent - 1075);
    let ten = 10u128.checked_pow(power.unsigned_abs())?;
    let (mut top, mut bottom) = if power >= 0 { (mantissa.checked_mul(ten)?, 1) } else { (mantissa, ten) };
    if shift >= 0 {
        if shift as u32 >= top.leading_zeros() {
            return None;
        }
        top <<= shift;
    } else {
        if -shift as u32 + 1 >= bottom.leading_zeros() {
            return None;
        }
        bottom <<= -shift;
    }
    let (floor, rest) = if bottom.is_power_of_two() {
        (top >> bottom.trailing_zeros(), top & (bottom - 1))
    } else {
        (top / bottom, top % bottom)
    };
    let rounded = floor + u128::from(rest * 2 > bottom || rest * 2 == bottom && floor & 1 == 1);
    u64::try_from(rounded).ok()
}

/// The decimal digits of `value`, written at the end of `text`.
fn decimal(mut value: u64, text: &mut [u8; 24]) -> &[u8] {
    const PAIRS: [[u8; 2]; 100] = {
        let mut pairs = [[b'0'; 2]; 100];
        let mut i = 0;
        while i < 100 {
            pairs[i] = [b'0' + (i / 10) as u8, b'0' + (i % 10) as u8];
            i += 1;
        }
        pairs
    };
    let mut at = text.len();
    while value >= 100 {
        at -= 2;
        text[at..at + 2].copy_from_slice(&PAIRS[(value % 100) as usize]);
        value /= 100;
    }
    if value >= 10 {
        at -= 2;
        text[at..at + 2].copy_from_slice(&PAIRS[value as usize]);
    } else {
        at -= 1;
        text[at] = b'0' + value as u8;
    }
    &text[at..]
}

fn octal(mut value: u64, text: &mut [u8; 24]) -> &[u8] {
    let mut at = text.len();
    loop {
        at -= 1;
        text[at] = b'0' + (value & 7) as u8;
        value >>= 3;
        if value == 0 {
            return &text[at..];
        }
    }
}

fn hexadecimal(mut value: u64, upper: bool, text: &mut [u8; 24]) -> &[u8] {
    let digits = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    let mut at = text.len();
    loop {
        at -= 1;
        text[at] = digits[(value & 15) as usize];
        value >>= 4;
        if value == 0 {
            return &text[at..];
        }
    }
}

/// `snprintf`. `spec` has been checked by `format_float`, or is a constant of this file.
#[cold]
fn format_float_slow(spec: &[u8], value: f64, out: &mut Vec<u8>) {
    let mut format = [0_u8; 32];
    let mut wide_format;
    let format: &mut [u8] = if spec.len() < format.len() {
        &mut format
    } else {
        wide_format = vec![0; spec.len() + 1];
        &mut wide_format
    };
    format[..spec.len()].copy_from_slice(spec);
    let start = out.len();
    let mut room = 128;
    loop {
        out.resize(start + room, 0);
        let text = &mut out[start..];
        // SAFETY: `format` ends with a zero byte and is one specification of a float without length modifier (checked
        // by the callers), so the only variable argument read is the f64 that is passed; at most `text.len()` bytes are
        // written to `text`.
        let length = unsafe { libc::snprintf(text.as_mut_ptr().cast(), text.len(), format.as_ptr().cast(), value) };
        let length = usize::try_from(length).expect("snprintf fails for no float");
        if length < room {
            out.truncate(start + length);
            return;
        }
        room = length + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small generator of test numbers, so that a failure repeats.
    struct Seeded(u64);
    impl Seeded {
        fn next(&mut self) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0
        }

        fn float(&mut self) -> f64 {
            let bits = self.next();
            let small = (self.next() % 2_000_001) as f64 - 1_000_000.0;
            match self.next() % 8 {
                0 => f64::from_bits(bits),
                1 => bits as f64 / (1_u64 << 50) as f64,
                2 => small,
                3 => small / 1000.0,
                4 => small / 1024.0, // many ties
                5 => small * 10_f64.powi((bits % 40) as i32 - 20),
                6 => (bits as i64) as f64,
                _ => 10_f64.powi((bits % 40) as i32 - 20) * (1.0 - f64::EPSILON * (bits >> 62) as f64),
            }
        }
    }

    fn slow(spec: &[u8], value: f64) -> Vec<u8> {
        let mut out = Vec::new();
        format_float_slow(spec, value, &mut out);
        out
    }

    fn check(spec: &str, value: f64) {
        let mut out = b"x".to_vec();
        format_float(spec.as_bytes(), value, &mut out);
        let expected = [b"x", &slow(spec.as_bytes(), value)[..]].concat();
        assert_eq!(out, expected, "{spec} of {value:?} ({:#x})", value.to_bits());
    }

    #[test]
    fn floats_are_those_of_the_c_library() {
        let mut seeded = Seeded(0x9E37_79B9_7F4A_7C15);
        let specs = ["%.14g", "%g", "%f", "%.3f", "%.0f", "%.1g", "%.15g", "%.17g", "%e", "%a", "%+.2f", "%-12.4gx"];
        for _ in 0..40_000 {
            let value = seeded.float();
            for spec in &specs[..specs.len() - 1] {
                check(spec, value);
            }
            let spec = format!(
                "%{}{}{}{}",
                ["", "-", "+", " ", "0", "#", "-+", "+0", " 0", "#0"][(seeded.next() % 10) as usize],
                ["", "5", "12", "40"][(seeded.next() % 4) as usize],
                ["", ".", ".0", ".2", ".7", ".19", ".25", ".99"][(seeded.next() % 8) as usize],
                ["f", "F", "e", "E", "g", "G", "a", "A"][(seeded.next() % 8) as usize],
            );
            check(&spec, value);
        }
        let nan = f64::NAN;
        for value in [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, nan, -nan, f64::MAX, f64::MIN_POSITIVE, 5e-324] {
            for spec in ["%.14g", "%5.1f", "%-9g", "%09f", "%+g", "%.99f"] {
                check(spec, value);
            }
        }
    }

    #[test]
    fn tostring_of_floats() {
        let text = |value: f64| {
            let mut out = Vec::new();
            float_to_lua_string(value, &mut out);
            String::from_utf8(out).unwrap()
        };
        let mut seeded = Seeded(42);
        for _ in 0..100_000 {
            let value = seeded.float();
            let mut expected = String::from_utf8(slow(b"%.14g", value)).unwrap();
            if expected.bytes().all(|c| c == b'-' || c.is_ascii_digit()) {
                expected.push_str(".0");
            }
            assert_eq!(text(value), expected);
        }
        assert_eq!(text(-0.0), "-0.0");
        assert_eq!(text(1e14), "1e+14");
        assert_eq!(text(99_999_999_999_999.0), "99999999999999.0");
        assert_eq!(text(99_999_999_999_999.9), "1e+14");
        assert_eq!(text(0.1), "0.1");
        assert_eq!(text(-f64::INFINITY), "-inf");
    }

    #[test]
    fn integers_are_those_of_the_c_library() {
        let mut seeded = Seeded(7);
        for round in 0..20_000 {
            let value = [0, 1, -1, i64::MIN, i64::MAX, (seeded.next() >> (seeded.next() % 64)) as i64][round % 6];
            let flags = ["", "-", "+", " ", "0", "#", "-+", "+0", "#0", "#-"][(seeded.next() % 10) as usize];
            let width = ["", "3", "12", "40"][(seeded.next() % 4) as usize];
            let precision = ["", ".", ".0", ".2", ".7", ".30"][(seeded.next() % 6) as usize];
            for conversion in ["d", "i", "u", "o", "x", "X"] {
                let mut out = Vec::new();
                format_int(format!("%{flags}{width}{precision}{conversion}").as_bytes(), value, &mut out);
                let mut expected = [0_u8; 64];
                let format = format!("%{flags}{width}{precision}ll{conversion}\0");
                // SAFETY: the format reads one long long and its text is far shorter than the buffer.
                let length = unsafe {
                    libc::snprintf(expected.as_mut_ptr().cast(), expected.len(), format.as_ptr().cast(), value)
                };
                assert_eq!(out, &expected[..length as usize], "{format} of {value}");
            }
            let mut out = Vec::new();
            int_to_lua_string(value, &mut out);
            assert_eq!(out, value.to_string().as_bytes());
        }
    }

    #[test]
    #[should_panic(expected = "not a specification of a float")]
    fn a_specification_of_another_type_is_refused() {
        format_float(b"%s", 1.0, &mut Vec::new());
    }
}
