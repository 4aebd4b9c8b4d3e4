//! The text of numbers, as `tostring` writes them.

use crate::ffi::cformat::{self, LUA_NUMBER};
use crate::value::Value;

/// Writes a number; its length, or None when `v` is no number.
#[inline]
pub fn write(v: Value, buffer: &mut [u8; LUA_NUMBER]) -> Option<usize> {
    if let Some(i) = v.as_int() {
        return Some(cformat::int_to_lua_text(i, buffer));
    }
    if v.is_double() { Some(cformat::float_to_lua_text(v.as_double(), buffer)) } else { None }
}
