//! The text of numbers, as `tostring` writes them.

use crate::ffi::cformat;
use crate::value::Value;

/// Writes a number into a buffer of at least 48 bytes; its length, or None when `v` is no number.
pub fn write(v: Value, buffer: &mut [u8; 48]) -> Option<usize> {
    if let Some(i) = v.as_int() {
        return Some(write_int(i, buffer));
    }
    if !v.is_double() {
        return None;
    }
    let mut text = Vec::with_capacity(32);
    cformat::float_to_lua_string(v.as_double(), &mut text);
    buffer[..text.len()].copy_from_slice(&text);
    Some(text.len())
}

/// Writes an integer in decimal; its length.
pub fn write_int(i: i64, buffer: &mut [u8; 48]) -> usize {
    let mut digits = [0u8; 20];
    let mut n = i.unsigned_abs();
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            break;
        }
    }
    let mut len = 0;
    if i < 0 {
        buffer[0] = b'-';
        len = 1;
    }
    let count = digits.len() - at;
    buffer[len..len + count].copy_from_slice(&digits[at..]);
    len + count
}
