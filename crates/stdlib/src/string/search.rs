//! `find`, `match`, `gmatch` and `gsub`: patterns applied to arguments.
//!
//! The subject stays in its argument slot (or upvalue) and is fetched again after each safepoint. Matching itself
//! reaches one whenever its budget is spent, see [`super::pattern`].

use std::ops::Range;

use luas_vm::ffi::cformat::{float_to_lua_string, int_to_lua_string};
use luas_vm::native::{Error, Result};
use luas_vm::thread::Thread;
use luas_vm::value::{Type, Val};

use super::pattern::{Capture, Found, Loan, MAX_CAPTURES, Malformed, Matcher, Stop};
use super::{first_position, small};
use crate::scratch::Scratch;

/// Replacements between two safepoints of `gsub`.
const STRIDE: i64 = 1 << 16;

pub fn find(th: &mut Thread) -> Result<u32> {
    search(th, true)
}

pub fn match_(th: &mut Thread) -> Result<u32> {
    search(th, false)
}

#[inline]
fn search(th: &mut Thread, find: bool) -> Result<u32> {
    let subject = th.check_bytes(1)?;
    let pattern = th.check_bytes(2)?;
    let from = first_position(th.opt_int(3, 1)?, subject.len()) - 1;
    if from > subject.len() {
        return th.ret_nil();
    }
    if find && (is_plain(pattern) || th.arg(4).truthy()) {
        return match find_plain(&subject[from..], pattern) {
            Some(n) => {
                let start = from + n;
                th.push(small(start + 1));
                th.push(small(start + pattern.len()));
                Ok(2)
            }
            None => th.ret_nil(),
        };
    }
    let (anchored, pattern) = anchor(pattern);
    let mut matcher = Loan::new(pattern);
    let Some(whole) = next_match(th, &mut matcher, subject_argument, from, anchored, None)? else {
        return th.ret_nil();
    };
    let subject = subject_argument(th);
    if !find {
        return push_captures(th, subject, &matcher, &whole, true);
    }
    th.push(small(whole.start + 1));
    th.push(small(whole.end));
    Ok(2 + push_captures(th, subject, &matcher, &whole, false)?)
}

/// Whether a pattern matches only its own text.
fn is_plain(pattern: &[u8]) -> bool {
    const SPECIAL: [bool; 256] = {
        let mut special = [false; 256];
        let mut list: &[u8] = b"^$*+?.([%-";
        while let [c, rest @ ..] = list {
            special[*c as usize] = true;
            list = rest;
        }
        special
    };
    !pattern.iter().any(|&c| SPECIAL[c as usize])
}

/// Where `text` occurs first in `subject`, from 0.
fn find_plain(subject: &[u8], text: &[u8]) -> Option<usize> {
    /// So many places with the right first byte are looked at before the general algorithm pays for its preparation.
    const PLACES: usize = 16;
    let (first, rest) = match text {
        [] => return Some(0),
        [byte] => return memchr::memchr(*byte, subject),
        [first, rest @ ..] => (*first, rest),
    };
    let starts = subject.get(..(subject.len() + 1).checked_sub(text.len())?)?;
    let mut at = 0;
    for _ in 0..PLACES {
        at += memchr::memchr(first, &starts[at..])?;
        let behind = &subject[at + 1..];
        if behind[0] == rest[0] && behind.starts_with(rest) {
            return Some(at);
        }
        at += 1;
    }
    memchr::memmem::find(&subject[at..], text).map(|n| at + n)
}

/// Splits off the `^` that ties a match to the start.
fn anchor(pattern: &[u8]) -> (bool, &[u8]) {
    match pattern {
        [b'^', rest @ ..] => (true, rest),
        _ => (false, pattern),
    }
}

/// Argument 1, which `check_bytes` has made a string.
#[inline]
fn subject_argument(th: &Thread) -> &[u8] {
    th.arg(1).as_bytes().unwrap_or_default()
}

/// `Matcher::search` on what `subject` fetches, with a safepoint at each pause.
#[inline]
fn next_match(
    th: &mut Thread,
    matcher: &mut Matcher,
    subject: impl Fn(&Thread) -> &[u8],
    from: usize,
    anchored: bool,
    barred: Option<usize>,
) -> Result<Found> {
    loop {
        match matcher.search(subject(th), from, anchored, barred) {
            Ok(found) => return Ok(found),
            Err(stop) => pause(th, stop)?,
        }
    }
}

/// A safepoint, if that is why the search stopped.
fn pause(th: &mut Thread, stop: Stop) -> Result<()> {
    match stop {
        Stop::Pause => th.safepoint(),
        Stop::Malformed(malformed) => Err(raise(th, malformed)),
    }
}

#[cold]
fn raise(th: &Thread, malformed: Malformed) -> Error {
    th.error(malformed.message())
}

/// Pushes all captures; the whole match when there is none and `whole_counts`. Returns how many values.
fn push_captures(
    th: &Thread,
    subject: &[u8],
    matcher: &Matcher,
    whole: &Range<usize>,
    whole_counts: bool,
) -> Result<u32> {
    let count = matcher.captures().max(usize::from(whole_counts));
    if count > 8 {
        th.check_stack(count)?;
    }
    for index in 0..count {
        push_capture(th, subject, matcher, index, whole)?;
    }
    Ok(count as u32)
}

fn push_capture(th: &Thread, subject: &[u8], matcher: &Matcher, index: usize, whole: &Range<usize>) -> Result<()> {
    match matcher.capture(index, whole) {
        Ok(Capture::Text(range)) => th.push_bytes(&subject[range]),
        Ok(Capture::Position(position)) => {
            th.push(small(position));
            Ok(())
        }
        Err(malformed) => Err(raise(th, malformed)),
    }
}

// ---- gmatch ------------------------------------------------------------------------------------------------------

/// Returns a function with three upvalues: subject, pattern, and where to go on. That is the end of the previous match
/// or, before the first match, the complement (`!`) of the start.
pub fn gmatch(th: &mut Thread) -> Result<u32> {
    let length = th.check_bytes(1)?.len();
    th.check_bytes(2)?;
    let from = first_position(th.opt_int(3, 1)?, length) - 1;
    th.push(th.arg(1));
    th.push(th.arg(2));
    th.push(Val::small_int(!(from.min(length + 1) as i64)));
    let next = th.new_native("gmatch_iterator", gmatch_next, 3)?;
    th.ret(next)
}

fn gmatch_next(th: &mut Thread) -> Result<u32> {
    let [subject, pattern, state] = th.upvalues();
    let subject = subject.as_bytes().unwrap_or_default();
    let state = state.as_int().unwrap_or_default();
    let (from, barred) = if state < 0 { (!state as usize, None) } else { (state as usize, Some(state as usize)) };
    if from > subject.len() {
        return Ok(0);
    }
    let mut matcher = Loan::new(pattern.as_bytes().unwrap_or_default());
    match matcher.search(subject, from, false, barred) {
        Ok(Some(whole)) => gmatch_found(th, subject, &matcher, &whole),
        Ok(None) => Ok(0),
        Err(stop) => gmatch_next_slow(th, matcher, stop, from, barred),
    }
}

#[inline(always)]
fn gmatch_found(th: &Thread, subject: &[u8], matcher: &Matcher, whole: &Range<usize>) -> Result<u32> {
    th.set_upvalue(3, small(whole.end));
    if matcher.captures() == 0 {
        return th.ret_bytes(&subject[whole.clone()]);
    }
    push_captures(th, subject, matcher, whole, true)
}

#[cold]
fn gmatch_next_slow(th: &mut Thread, mut matcher: Loan, stop: Stop, from: usize, barred: Option<usize>) -> Result<u32> {
    fn subject_upvalue(th: &Thread) -> &[u8] {
        th.upvalue(1).as_bytes().unwrap_or_default()
    }
    pause(th, stop)?;
    match next_match(th, &mut matcher, subject_upvalue, from, false, barred)? {
        Some(whole) => gmatch_found(th, subject_upvalue(th), &matcher, &whole),
        None => Ok(0),
    }
}

// ---- gsub --------------------------------------------------------------------------------------------------------

/// What argument 3 of `gsub` is.
#[derive(Clone, Copy)]
enum Replacement {
    /// A string without escapes.
    Text,
    /// A string with `%1` and the like.
    Template,
    Function,
    Table,
}

pub fn gsub(th: &mut Thread) -> Result<u32> {
    let length = th.check_bytes(1)?.len();
    let pattern = th.check_bytes(2)?;
    let most = th.opt_int(4, length as i64 + 1)?;
    let replacement = match th.arg(3).type_of() {
        Type::String | Type::Number => match memchr::memchr(b'%', th.check_bytes(3)?) {
            None => Replacement::Text,
            Some(_) => Replacement::Template,
        },
        Type::Function => Replacement::Function,
        Type::Table => Replacement::Table,
        _ => return Err(th.type_error(3, "string/function/table")),
    };
    let (anchored, pattern) = anchor(pattern);
    let mut matcher = Loan::new(pattern);
    th.check_stack(MAX_CAPTURES + 4)?;
    let mut out = Scratch::take();
    // The part of the subject that is already in `out`, changed or not.
    let mut done = 0;
    let mut changed = false;
    let mut from = 0;
    let mut barred = None;
    let mut count = 0;
    while count < most {
        if matches!(replacement, Replacement::Text | Replacement::Template) {
            // Without Lua code in between, subject and replacement stay where they are.
            let (subject, text) = (subject_argument(th), th.arg(3).as_bytes().unwrap_or_default());
            match matcher.search(subject, from, anchored, barred) {
                Ok(Some(whole)) => {
                    out.append(th, &subject[done..whole.start])?;
                    match replacement {
                        Replacement::Text => out.append(th, text)?,
                        _ => expand(th, &mut out, text, subject, &matcher, &whole)?,
                    }
                    changed = true;
                    done = whole.end;
                    from = whole.end;
                    barred = Some(whole.end);
                }
                Ok(None) => break,
                Err(stop) => {
                    pause(th, stop)?;
                    continue;
                }
            }
            count += 1;
            if count % STRIDE == 0 {
                th.safepoint()?;
            }
            if anchored {
                break;
            }
            continue;
        }
        let Some(whole) = next_match(th, &mut matcher, subject_argument, from, anchored, barred)? else {
            break;
        };
        count += 1;
        if count % STRIDE == 0 {
            th.safepoint()?;
        }
        let replaced = match replacement {
            Replacement::Text | Replacement::Template => unreachable!("done above"),
            Replacement::Function => {
                th.push(th.arg(3));
                let captures = push_captures(th, subject_argument(th), &matcher, &whole, true)?;
                th.call(captures as usize, 1)?;
                replace_by_top(th, &mut out, done, &whole)?
            }
            Replacement::Table => {
                push_capture(th, subject_argument(th), &matcher, 0, &whole)?;
                th.get_table(3)?;
                replace_by_top(th, &mut out, done, &whole)?
            }
        };
        if replaced {
            changed = true;
            done = whole.end;
        }
        from = whole.end;
        barred = Some(whole.end);
        if anchored {
            break;
        }
    }
    if changed {
        out.append(th, &subject_argument(th)[done..])?;
        out.finish(th)?;
    } else {
        th.push(th.arg(1));
    }
    th.push_int(count)?;
    Ok(2)
}

/// Pops the value that a replacement function or table gave and appends it, behind the subject from `done` up to the
/// match. False, with nothing appended, when the match is to stay as it is.
fn replace_by_top(th: &Thread, out: &mut Scratch, done: usize, whole: &Range<usize>) -> Result<bool> {
    let value = th.at(-1);
    let replaced = value.truthy();
    if replaced {
        out.append(th, &subject_argument(th)[done..whole.start])?;
        if let Some(text) = value.as_bytes() {
            out.append(th, text)?;
        } else if let Some(n) = value.as_int() {
            int_to_lua_string(n, out);
        } else if let Some(n) = value.as_float() {
            float_to_lua_string(n, out);
        } else {
            return Err(th.error(format!("invalid replacement value (a {})", value.type_of().name())));
        }
    }
    th.pop(1);
    Ok(replaced)
}

/// Appends a replacement string with its escapes expanded.
fn expand(
    th: &Thread,
    out: &mut Scratch,
    template: &[u8],
    subject: &[u8],
    matcher: &Matcher,
    whole: &Range<usize>,
) -> Result<()> {
    let mut rest = template;
    while let Some(n) = memchr::memchr(b'%', rest) {
        out.append(th, &rest[..n])?;
        match rest.get(n + 1) {
            Some(b'%') => out.append(th, b"%")?,
            Some(b'0') => out.append(th, &subject[whole.clone()])?,
            Some(digit @ b'1'..=b'9') => match matcher.capture(usize::from(digit - b'1'), whole) {
                Ok(Capture::Text(range)) => out.append(th, &subject[range])?,
                Ok(Capture::Position(position)) => int_to_lua_string(position as i64, out),
                Err(malformed) => return Err(raise(th, malformed)),
            },
            _ => return Err(th.error("invalid use of '%' in replacement string")),
        }
        rest = &rest[n + 2..];
    }
    out.append(th, rest)
}
