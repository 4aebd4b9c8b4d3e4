//! The library `utf8`.
//!
//! A sequence decodes as in the original UTF-8, up to six bytes and 2^31 - 1. Unless a function is told to be lax, it
//! refuses surrogates and what lies above 10FFFF. Overlong forms are never valid. Positions count bytes, from 1.

use luas_vm::native::{NativeFn, Result};
use luas_vm::thread::Thread;
use luas_vm::value::Val;

use crate::scratch::Scratch;

const FUNCTIONS: &[(&str, NativeFn)] = &[("char", char), ("codepoint", codepoint), ("len", len), ("offset", offset)];

/// A pattern that matches one sequence, if the subject is valid UTF-8.
const CHAR_PATTERN: &[u8] = b"[\0-\x7F\xC2-\xFD][\x80-\xBF]*";

const INVALID: &str = "invalid UTF-8 code";

/// The largest code that six bytes can hold.
const LARGEST: u32 = 0x7FFF_FFFF;

/// Makes the library.
pub fn open(th: &mut Thread) -> Result<()> {
    let th = &*th;
    let library = th.new_table(0, FUNCTIONS.len() + 2)?;
    th.register(library, FUNCTIONS)?;
    th.raw_set_str(library, "charpattern", th.new_bytes(CHAR_PATTERN)?)?;
    th.push(th.new_native("codes_iterator", next_strict, 0)?);
    th.push(th.new_native("codes_iterator", next_lax, 0)?);
    th.raw_set_str(library, "codes", th.new_native("codes", codes, 2)?)?;
    crate::publish_library(th, "utf8", library)
}

/// Decodes the sequence at the start of `s`: its code and its length in bytes. None when it is not valid.
#[inline]
fn decode(s: &[u8], lax: bool) -> Option<(u32, usize)> {
    match s.first() {
        Some(&c) if c < 0x80 => Some((u32::from(c), 1)),
        _ => decode_slow(s, lax),
    }
}

fn decode_slow(s: &[u8], lax: bool) -> Option<(u32, usize)> {
    /// The least code that needs a sequence of the index plus one bytes.
    const LEAST: [u32; 6] = [0, 0x80, 0x800, 0x1_0000, 0x20_0000, 0x400_0000];
    let first = *s.first()?;
    let length = first.leading_ones() as usize;
    if !(2..=6).contains(&length) {
        return None; // a continuation byte, FE or FF
    }
    let mut code = u32::from(first) & (0x7F >> length);
    for &c in s.get(1..length)? {
        if !is_continuation(c) {
            return None;
        }
        code = code << 6 | u32::from(c & 0x3F);
    }
    let valid = code >= LEAST[length - 1] && (lax || char::from_u32(code).is_some());
    valid.then_some((code, length))
}

/// Appends the sequence of `code`, at most 2^31 - 1.
fn encode(code: u32, out: &mut Vec<u8>) {
    if code < 0x80 {
        out.push(code as u8);
        return;
    }
    let mut bytes = [0; 6];
    let mut at = bytes.len();
    let mut rest = code;
    // What the first byte can hold: one bit less for each continuation byte.
    let mut room = 0x3F;
    while rest > room {
        at -= 1;
        bytes[at] = 0x80 | (rest & 0x3F) as u8;
        rest >>= 6;
        room >>= 1;
    }
    at -= 1;
    bytes[at] = (!room << 1) as u8 | rest as u8;
    out.extend_from_slice(&bytes[at..]);
}

#[inline]
fn is_continuation(c: u8) -> bool {
    c & 0xC0 == 0x80
}

/// Whether a continuation byte lies at `at` (from 0); there is none at the end.
#[inline]
fn continues(s: &[u8], at: usize) -> bool {
    s.get(at).is_some_and(|c| is_continuation(*c))
}

/// A position that counts from the end when negative; 0 when that lies before the start.
fn position(given: i64, length: usize) -> i64 {
    if given >= 0 {
        given
    } else if given.unsigned_abs() > length as u64 {
        0
    } else {
        length as i64 + given + 1
    }
}

fn char(th: &mut Thread) -> Result<u32> {
    let mut out = Scratch::take();
    let count = th.arg_count();
    out.room(th, count)?;
    for n in 1..=count {
        match u32::try_from(th.check_int(n)?) {
            Ok(code) if code <= LARGEST => {
                out.room(th, 6)?;
                encode(code, &mut out);
            }
            _ => return Err(th.arg_error(n, "value out of range")),
        }
    }
    out.finish(th)
}

fn codepoint(th: &mut Thread) -> Result<u32> {
    let s = th.check_bytes(1)?;
    let first = position(th.opt_int(2, 1)?, s.len());
    let last = position(th.opt_int(3, first)?, s.len());
    let lax = th.arg(4).truthy();
    if first < 1 {
        return Err(th.arg_error(2, "out of bounds"));
    }
    if last > s.len() as i64 {
        return Err(th.arg_error(3, "out of bounds"));
    }
    if first > last {
        return Ok(0);
    }
    let (mut at, end) = (first as usize - 1, last as usize);
    if th.check_stack(end - at).is_err() {
        return Err(th.error("stack overflow (string slice too long)"));
    }
    let mut count = 0;
    while at < end {
        let Some((code, length)) = decode(&s[at..], lax) else {
            return Err(th.error(INVALID));
        };
        th.push(Val::small_int(i64::from(code)));
        at += length;
        count += 1;
    }
    Ok(count)
}

fn len(th: &mut Thread) -> Result<u32> {
    let s = th.check_bytes(1)?;
    let first = position(th.opt_int(2, 1)?, s.len());
    let last = position(th.opt_int(3, -1)?, s.len());
    let lax = th.arg(4).truthy();
    if first < 1 || first - 1 > s.len() as i64 {
        return Err(th.arg_error(2, "initial position out of bounds"));
    }
    if last > s.len() as i64 {
        return Err(th.arg_error(3, "final position out of bounds"));
    }
    let (mut at, end) = (first as usize - 1, last as usize);
    let mut count = 0;
    while at < end {
        // Eight bytes of ASCII at a time.
        if let Some(chunk) = s[at..end].first_chunk::<8>()
            && u64::from_le_bytes(*chunk) & 0x8080_8080_8080_8080 == 0
        {
            at += 8;
            count += 8;
            continue;
        }
        let Some((_, length)) = decode(&s[at..], lax) else {
            th.push_nil();
            th.push(Val::small_int(at as i64 + 1));
            return Ok(2);
        };
        at += length;
        count += 1;
    }
    th.ret(Val::small_int(count))
}

fn offset(th: &mut Thread) -> Result<u32> {
    let s = th.check_bytes(1)?;
    let mut n = th.check_int(2)?;
    let default = if n >= 0 { 1 } else { s.len() as i64 + 1 };
    let start = position(th.opt_int(3, default)?, s.len());
    if start < 1 || start - 1 > s.len() as i64 {
        return Err(th.arg_error(3, "position out of bounds"));
    }
    let mut at = start as usize - 1;
    if n == 0 {
        while at > 0 && continues(s, at) {
            at -= 1;
        }
        return th.ret(Val::small_int(at as i64 + 1));
    }
    if continues(s, at) {
        return Err(th.error("initial position is a continuation byte"));
    }
    if n < 0 {
        while n < 0 && at > 0 {
            at -= 1;
            while at > 0 && continues(s, at) {
                at -= 1;
            }
            n += 1;
        }
    } else {
        n -= 1; // the first one lies here
        while n > 0 && at < s.len() {
            at += 1;
            while continues(s, at) {
                at += 1;
            }
            n -= 1;
        }
    }
    if n == 0 { th.ret(Val::small_int(at as i64 + 1)) } else { th.ret_nil() }
}

/// Its upvalues are the strict and the lax iterator.
fn codes(th: &mut Thread) -> Result<u32> {
    let lax = th.arg(2).truthy();
    if continues(th.check_bytes(1)?, 0) {
        return Err(th.arg_error(1, INVALID));
    }
    th.push(th.upvalue(if lax { 2 } else { 1 }));
    th.push(th.arg(1));
    th.push(Val::small_int(0));
    Ok(3)
}

fn next_strict(th: &mut Thread) -> Result<u32> {
    next(th, false)
}

fn next_lax(th: &mut Thread) -> Result<u32> {
    next(th, true)
}

/// Arguments: the string, and the position of the sequence before.
#[inline]
fn next(th: &Thread, lax: bool) -> Result<u32> {
    let s = th.check_bytes(1)?;
    let before = th.arg(2).to_int().unwrap_or(0);
    let Ok(mut at) = usize::try_from(before) else { return Ok(0) };
    // `at` (from 0) is already behind the first byte of the sequence before.
    while continues(s, at) {
        at += 1;
    }
    if at >= s.len() {
        return Ok(0);
    }
    match decode(&s[at..], lax) {
        Some((code, length)) if !continues(s, at + length) => {
            th.push(Val::small_int(at as i64 + 1));
            th.push(Val::small_int(i64::from(code)));
            Ok(2)
        }
        _ => Err(th.error(INVALID)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_decodes() {
        let mut code = 0_u32;
        while code <= LARGEST {
            let mut bytes = Vec::new();
            encode(code, &mut bytes);
            assert_eq!(decode(&bytes, true), Some((code, bytes.len())), "{code:#x}");
            let strict = char::from_u32(code);
            assert_eq!(decode(&bytes, false).is_some(), strict.is_some(), "{code:#x}");
            if let Some(c) = strict {
                assert_eq!(bytes, c.to_string().as_bytes());
            }
            code += 1 + code / 1000;
        }
    }

    #[test]
    fn what_is_not_valid() {
        let invalid: [&[u8]; 9] = [
            b"",
            b"\x80",
            b"\xC2",
            b"\xC0\x80",
            b"\xE0\x80\x80",
            b"\xFE\x80\x80\x80\x80\x80\x80",
            b"\xFF",
            b"\xE2\x82a",
            b"\xF4\x90\x80\x80",
        ];
        for s in invalid {
            assert_eq!(decode(s, false), None, "{s:x?}");
        }
        assert_eq!(decode(b"\xF4\x90\x80\x80", true), Some((0x11_0000, 4)));
    }
}
