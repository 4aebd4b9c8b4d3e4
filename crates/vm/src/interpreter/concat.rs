//! `..`: strings and numbers in one pass; metamethods from the right, pair by pair.

use super::{CONTINUE, Flow, call, register};
use crate::debuginfo;
use crate::error;
use crate::ffi::cformat::LUA_NUMBER;
use crate::metamethod::Event;
use crate::number_text;
use crate::object::{MAX_STR_LEN, Str};
use crate::string::copy_bytes;
use crate::thread::Record;
use crate::value::Value;

/// The texts of the numbers among the pieces, in their order, as far as there is room; further ones are written twice.
struct NumberTexts {
    bytes: [[u8; LUA_NUMBER]; NumberTexts::ROOM],
    lengths: [usize; NumberTexts::ROOM],
}

impl NumberTexts {
    const ROOM: usize = 4;
}

fn piece_len(v: Value) -> Option<usize> {
    match v.as_str() {
        // SAFETY: a live string.
        Some(s) => Some(unsafe { (*s).len } as usize),
        None => number_text::write(v, &mut [0; LUA_NUMBER]),
    }
}

/// The concatenation of `n` values when all are strings or numbers, else EMPTY (also when it would be too long or
/// there is no memory).
/// # Safety
/// `n` live values start at `first`.
#[inline(never)]
pub unsafe extern "C" fn fast(rec: &Record, first: *mut Value, n: usize) -> Value {
    // SAFETY: caller.
    unsafe {
        let mut total = 0usize;
        let mut i = 0;
        while i < n {
            match (*first.add(i)).as_str() {
                Some(s) => total += (*s).len as usize,
                None => return with_numbers(rec, first, n),
            }
            i += 1;
        }
        if n == 2 {
            // A string with nothing is itself.
            let length = |v: Value| (*v.as_object().cast::<Str>()).len as usize;
            if length(*first) == total {
                return *first;
            }
            if length(*first.add(1)) == total {
                return *first.add(1);
            }
        }
        if total > MAX_STR_LEN {
            return Value::EMPTY;
        }
        let Some(s) = rec.alloc_str(total) else { return Value::EMPTY };
        let mut to = Str::bytes_ptr(s);
        for i in 0..n {
            if let Some(p) = (*first.add(i)).as_str() {
                let len = (*p).len as usize;
                copy_bytes(Str::bytes_ptr(p), to, len);
                to = to.add(len);
            }
        }
        rec.born(Value::object(s.cast()))
    }
}

/// As [`fast`], when not all are strings.
#[inline(never)]
unsafe fn with_numbers(rec: &Record, first: *mut Value, n: usize) -> Value {
    // SAFETY: caller of `fast`.
    unsafe {
        let mut texts = NumberTexts { bytes: [[0; LUA_NUMBER]; NumberTexts::ROOM], lengths: [0; NumberTexts::ROOM] };
        let mut numbers = 0;
        let mut total = 0usize;
        for i in 0..n {
            let v = *first.add(i);
            let length = if v.as_str().is_some() || numbers >= NumberTexts::ROOM {
                piece_len(v)
            } else {
                let length = number_text::write(v, &mut texts.bytes[numbers]);
                texts.lengths[numbers] = length.unwrap_or(0);
                numbers += 1;
                length
            };
            match length {
                Some(l) => total += l,
                None => return Value::EMPTY,
            }
        }
        if total > MAX_STR_LEN {
            return Value::EMPTY;
        }
        let Some(s) = rec.alloc_str(total) else { return Value::EMPTY };
        let mut to = Str::bytes_ptr(s);
        let mut put = |from: *const u8, len: usize| {
            copy_bytes(from, to, len);
            to = to.add(len);
        };
        let mut seen = 0;
        for i in 0..n {
            let v = *first.add(i);
            if let Some(p) = v.as_str() {
                put(Str::bytes_ptr(p), (*p).len as usize);
            } else if seen < numbers {
                put(texts.bytes[seen].as_ptr(), texts.lengths[seen]);
                seen += 1;
            } else {
                let mut text = [0; LUA_NUMBER];
                let len = number_text::write(v, &mut text).unwrap_or(0);
                put(text.as_ptr(), len);
            }
        }
        rec.born(Value::object(s.cast()))
    }
}

fn is_piece(v: Value) -> bool {
    v.as_str().is_some() || v.is_double() || v.as_int().is_some()
}

/// CONCAT when an operand needs a metamethod, or to raise what stands in the way.
#[inline(never)]
pub fn general(rec: &Record, a: usize, b: usize) -> Flow {
    proceed(rec, a, b)
}

/// Concatenates R[a..a+n] from the right; goes on here after each metamethod.
pub fn proceed(rec: &Record, a: usize, mut n: usize) -> Flow {
    // SAFETY: registers of the current Lua frame, pc saved.
    unsafe {
        let first = register(rec, a as u8);
        while n > 1 {
            let left = *first.add(n - 2);
            let right = *first.add(n - 1);
            if !is_piece(left) || !is_piece(right) {
                let mut m = debuginfo::metamethod_of(rec, left, Event::Concat);
                if m.is_nil() {
                    m = debuginfo::metamethod_of(rec, right, Event::Concat);
                }
                if m.is_nil() {
                    let culprit = if is_piece(left) { n - 1 } else { n - 2 };
                    error::set_register_error(rec, "concatenate", a + culprit);
                    return call::throw(rec);
                }
                // How far it is lies below the call, where `finish` looks.
                let ci = rec.ci.get();
                *rec.stack.get().add((*ci).top as usize) = Value::int_unchecked(n as i64 - 1);
                return call::call_meta(rec, m, &[left, right], 1, 1);
            }
            // As many pieces as there are from the right, in one pass.
            let mut count = 2;
            while count < n && is_piece(*first.add(n - count - 1)) {
                count += 1;
            }
            let from = first.add(n - count);
            let v = fast(rec, from, count);
            if v == Value::EMPTY {
                let total: usize = (0..count).filter_map(|i| piece_len(*from.add(i))).sum();
                if total > MAX_STR_LEN {
                    return error::runtime(rec, "string length overflow");
                }
                return call::no_memory(rec);
            }
            *from = v;
            n -= count - 1;
        }
        CONTINUE
    }
}
