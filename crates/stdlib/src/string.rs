//! The library `string`, and the metatable of strings.
//!
//! Strings are bytes; letters and classes are those of the locale in use. Positions count from 1, negative ones from the
//! end. Here are the functions on whole strings and the arithmetic of numeral strings; the larger families have their
//! own files.

use crate::scratch::{BULK, Scratch};
use luas_vm::ffi::locale;
use luas_vm::metamethod::Event;
use luas_vm::native::{NativeFn, Result};
use luas_vm::thread::Thread;
use luas_vm::value::{Type, Val};

mod format;
mod pack;
mod pattern;
mod search;

/// No string is longer than this.
const LONGEST: usize = i32::MAX as usize;

const FUNCTIONS: &[(&str, NativeFn)] = &[
    ("byte", byte),
    ("char", char),
    ("dump", dump),
    ("find", search::find),
    ("format", format::format),
    ("gmatch", search::gmatch),
    ("gsub", search::gsub),
    ("len", len),
    ("lower", lower),
    ("match", search::match_),
    ("pack", pack::pack),
    ("packsize", pack::packsize),
    ("rep", rep),
    ("reverse", reverse),
    ("sub", sub),
    ("unpack", pack::unpack),
    ("upper", upper),
];

const METAMETHODS: &[(&str, NativeFn)] = &[
    ("__add", |th| arith(th, Event::Add, "__add")),
    ("__sub", |th| arith(th, Event::Sub, "__sub")),
    ("__mul", |th| arith(th, Event::Mul, "__mul")),
    ("__mod", |th| arith(th, Event::Mod, "__mod")),
    ("__pow", |th| arith(th, Event::Pow, "__pow")),
    ("__div", |th| arith(th, Event::Div, "__div")),
    ("__idiv", |th| arith(th, Event::IDiv, "__idiv")),
    ("__unm", |th| arith(th, Event::Unm, "__unm")),
];

/// Makes the library, and the metatable of all strings, whose `__index` it is.
pub fn open(th: &mut Thread) -> Result<()> {
    let th = &*th;
    let library = th.new_table(0, FUNCTIONS.len())?;
    th.register(library, FUNCTIONS)?;
    let meta = th.new_table(0, METAMETHODS.len() + 1)?;
    th.register(meta, METAMETHODS)?;
    th.raw_set_str(meta, "__index", library.into())?;
    th.set_metatable(th.new_bytes(b"")?, Some(meta))?;
    crate::publish_library(th, "string", library)
}

/// The first position of a range that the program gave: at least 1, perhaps behind the end of the string.
#[inline]
fn first_position(position: i64, length: usize) -> usize {
    if position > 0 {
        position as usize
    } else if position == 0 || position < -(length as i64) {
        1
    } else {
        length - position.unsigned_abs() as usize + 1
    }
}

/// The last position of a range that the program gave: 0 to `length`.
#[inline]
fn last_position(position: i64, length: usize) -> usize {
    if position >= 0 {
        (position as u64).min(length as u64) as usize
    } else {
        (length as u64).saturating_sub(position.unsigned_abs() - 1) as usize
    }
}

/// A position or length as a value. No string is so long that this could need a wide integer.
#[inline]
fn small(n: usize) -> Val<'static> {
    Val::small_int(n as i64)
}

fn len(th: &mut Thread) -> Result<u32> {
    let length = th.check_bytes(1)?.len();
    th.ret(small(length))
}

fn sub(th: &mut Thread) -> Result<u32> {
    let s = th.check_bytes(1)?;
    let first = first_position(th.check_int(2)?, s.len());
    let last = last_position(th.opt_int(3, -1)?, s.len());
    if first > last {
        th.ret_bytes(b"")
    } else if last - first + 1 == s.len() {
        th.ret(th.arg(1))
    } else {
        th.ret_bytes(&s[first - 1..last])
    }
}

fn byte(th: &mut Thread) -> Result<u32> {
    let s = th.check_bytes(1)?;
    let position = th.opt_int(2, 1)?;
    let first = first_position(position, s.len());
    let last = last_position(th.opt_int(3, position)?, s.len());
    if first > last {
        return Ok(0);
    }
    let bytes = &s[first - 1..last];
    if let [byte] = bytes {
        return th.ret(Val::small_int(i64::from(*byte)));
    }
    if th.check_stack(bytes.len()).is_err() {
        return Err(th.error("stack overflow (string slice too long)"));
    }
    for &byte in bytes {
        th.push(Val::small_int(i64::from(byte)));
    }
    Ok(bytes.len() as u32)
}

fn char(th: &mut Thread) -> Result<u32> {
    let count = th.arg_count();
    let byte = |n: usize| {
        let code = th.check_int(n)?;
        u8::try_from(code).map_err(|_| th.arg_error(n, "value out of range"))
    };
    let mut few = [0; 16];
    if count <= few.len() {
        for (i, place) in few[..count].iter_mut().enumerate() {
            *place = byte(i + 1)?;
        }
        return th.ret_bytes(&few[..count]);
    }
    let mut out = Scratch::take();
    out.room(th, count)?;
    for n in 1..=count {
        out.push(byte(n)?);
    }
    out.finish(th)
}

fn upper(th: &mut Thread) -> Result<u32> {
    transform(th, |s| {
        if locale::is_ascii() {
            s.make_ascii_uppercase();
        } else {
            s.iter_mut().for_each(|c| *c = locale::to_upper(*c));
        }
    })
}

fn lower(th: &mut Thread) -> Result<u32> {
    transform(th, |s| {
        if locale::is_ascii() {
            s.make_ascii_lowercase();
        } else {
            s.iter_mut().for_each(|c| *c = locale::to_lower(*c));
        }
    })
}

fn reverse(th: &mut Thread) -> Result<u32> {
    transform(th, |s| s.reverse())
}

/// Returns a copy of the first argument, changed in place.
#[inline]
fn transform(th: &mut Thread, change: impl FnOnce(&mut [u8])) -> Result<u32> {
    let mut s = th.check_bytes(1)?;
    if s.len() >= BULK {
        let length = s.len();
        th.reserve(length)?;
        s = th.check_bytes(1)?;
    }
    let made = th.new_bytes_with(s.len(), |out| {
        out.copy_from_slice(s);
        change(out);
    })?;
    th.ret(made)
}

fn rep(th: &mut Thread) -> Result<u32> {
    let length = th.check_bytes(1)?.len();
    let count = th.check_int(2)?;
    let unit = length + th.opt_bytes(3, b"")?.len();
    if count <= 0 || unit == 0 {
        return th.ret_bytes(b"");
    }
    if unit as u64 > LONGEST as u64 / count as u64 {
        return Err(th.error("resulting string too large"));
    }
    if count == 1 {
        return th.ret(th.arg(1));
    }
    let total = unit * count as usize - (unit - length);
    if total >= BULK {
        th.reserve(total)?;
    }
    let s = th.check_bytes(1)?;
    let separator = th.opt_bytes(3, b"")?;
    let made = th.new_bytes_with(total, |out| {
        if let (&[byte], []) = (s, separator) {
            out.fill(byte);
            return;
        }
        // One unit, then what is there already, again and again: twice as much each time.
        out[..length].copy_from_slice(s);
        out[length..unit].copy_from_slice(separator);
        let mut done = unit;
        while done < total {
            let more = done.min(total - done);
            out.copy_within(..more, done);
            done += more;
        }
    })?;
    th.ret(made)
}

/// `dump(f, strip)`: the function as a binary chunk that `load` takes, without debug information if `strip` is true.
fn dump(th: &mut Thread) -> Result<u32> {
    th.check_type(1, Type::Function)?;
    match th.dump(th.arg(1), th.arg(2).truthy())? {
        Some(chunk) => th.ret_bytes(&chunk),
        None => Err(th.error("unable to dump given function")),
    }
}

// ---- arithmetic --------------------------------------------------------------------------------------------------

/// A metamethod of strings: the operation on the two numbers that the operands denote, else what the second operand's
/// own metamethod makes of them.
fn arith(th: &mut Thread, operation: Event, name: &str) -> Result<u32> {
    // Without a second operand it is the first one's number, as in PUC Lua. A unary operation takes the second, which the
    // machine makes a copy of the first.
    let second = if th.has_arg(2) { 2 } else { 1 };
    if push_number(th, 1)? && push_number(th, second)? {
        th.arith(operation)?;
        return Ok(1);
    }
    th.set_top(2);
    let (left, right) = (th.at(1), th.at(2));
    let handler = if right.type_of() == Type::String { None } else { th.metafield(right, name) };
    let Some(handler) = handler else {
        let (left, right) = (left.type_of().name(), right.type_of().name());
        return Err(th.error(format!("attempt to {} a '{left}' with a '{right}'", &name[2..])));
    };
    th.push(handler);
    th.push(left);
    th.push(right);
    th.call(2, 1)?;
    Ok(1)
}

/// Pushes argument `n` if it is a number or denotes one.
fn push_number(th: &Thread, n: usize) -> Result<bool> {
    let operand = th.arg(n);
    let number = match operand.as_bytes() {
        _ if operand.type_of() == Type::Number => Some(operand),
        Some(s) => th.number_from(s)?,
        None => None,
    };
    if let Some(number) = number {
        th.push(number);
    }
    Ok(number.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_clipped() {
        let first = [(0, 1), (1, 1), (9, 9), (-1, 5), (-5, 1), (-6, 1), (i64::MIN, 1), (i64::MAX, i64::MAX as usize)];
        for (position, expected) in first {
            assert_eq!(first_position(position, 5), expected, "first {position}");
        }
        let last = [(0, 0), (1, 1), (9, 5), (-1, 5), (-5, 1), (-6, 0), (i64::MIN, 0), (i64::MAX, 5)];
        for (position, expected) in last {
            assert_eq!(last_position(position, 5), expected, "last {position}");
        }
    }
}
