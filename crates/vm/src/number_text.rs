//! The text of numbers, as `tostring` writes and `tonumber` reads it.

use crate::ffi::cformat::{self, LUA_NUMBER};
use crate::ffi::locale;
use crate::value::Value;
use luas_compiler::number::{Number, str_to_number};

/// Writes a number; its length, or None when `v` is no number.
#[inline]
pub fn write(v: Value, buffer: &mut [u8; LUA_NUMBER]) -> Option<usize> {
    if let Some(i) = v.as_int() {
        return Some(cformat::int_to_lua_text(i, buffer));
    }
    if v.is_double() { Some(cformat::float_to_lua_text(v.as_double(), buffer)) } else { None }
}

/// The number that a text stands for, written with a dot or with the decimal point of the locale in use.
#[inline]
pub fn read(text: &[u8]) -> Option<Number> {
    str_to_number(text).or_else(|| read_slow(text))
}

#[cold]
fn read_slow(text: &[u8]) -> Option<Number> {
    if locale::decimal_point() == b'.' {
        return None;
    }
    let point = locale::decimal_point_text();
    let at = text.windows(point.len().max(1)).position(|piece| piece == point)?;
    let mut dotted = Vec::new();
    dotted.try_reserve_exact(text.len()).ok()?;
    dotted.extend_from_slice(&text[..at]);
    dotted.push(b'.');
    dotted.extend_from_slice(&text[at + point.len()..]);
    str_to_number(&dotted)
}
