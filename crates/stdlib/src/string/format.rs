//! `string.format`: C's conversions, and `%q`.
//!
//! The format string stays in argument 1 and is fetched again for each conversion, because `%s` may call `__tostring`.

use luas_vm::ffi::cformat::{float_to_lua_string, format_float, format_int, int_to_lua_string};
use luas_vm::ffi::locale;
use luas_vm::metamethod::Event;
use luas_vm::native::{Error, Result};
use luas_vm::thread::Thread;
use luas_vm::value::{Type, Val};

use crate::scratch::Scratch;

/// Strings of at most this many bytes show the address of their atom (contract 21).
const SHORT: usize = 40;

pub fn format(th: &mut Thread) -> Result<u32> {
    th.check_bytes(1)?;
    let count = th.arg_count();
    let mut out = Scratch::take();
    let mut at = 0; // in the format string
    let mut arg = 1;
    loop {
        let rest = &th.check_bytes(1)?[at..];
        let Some(plain) = rest.iter().position(|&c| c == b'%') else {
            out.append(th, rest)?;
            return out.finish(th);
        };
        out.append(th, &rest[..plain])?;
        let rest = &rest[plain + 1..];
        at += plain + 1;
        if rest.first() == Some(&b'%') {
            out.push(b'%');
            at += 1;
            continue;
        }
        arg += 1;
        if arg > count {
            return Err(th.arg_error(arg, "no value"));
        }
        let directive = Directive::read(th, rest)?;
        at += directive.length - 1;
        convert(th, &directive, arg, &mut out)?;
    }
}

/// Appends argument `arg` as `directive` says.
fn convert(th: &mut Thread, directive: &Directive, arg: usize, out: &mut Scratch) -> Result<()> {
    match directive.conversion() {
        b's' => string(th, directive, arg, out),
        b'd' | b'i' => {
            let n = th.check_int(arg)?;
            if directive.is_bare() {
                out.room(th, 24)?;
                int_to_lua_string(n, out);
                return Ok(());
            }
            integer(th, directive, b"-+0 ", n, out)
        }
        b'u' => integer(th, directive, b"-0", th.check_int(arg)?, out),
        b'o' | b'x' | b'X' => integer(th, directive, b"-#0", th.check_int(arg)?, out),
        b'e' | b'E' | b'f' | b'g' | b'G' => {
            let n = th.check_number(arg)?;
            directive.check(th, FLOAT_FLAGS, true)?;
            format_float(directive.text(), n, out);
            Ok(())
        }
        b'a' | b'A' => {
            directive.check(th, FLOAT_FLAGS, true)?;
            format_float(directive.text(), th.check_number(arg)?, out);
            Ok(())
        }
        b'c' => {
            let shape = directive.check(th, b"-", false)?;
            let c = th.check_int(arg)? as u8; // as C converts
            shape.add(th, &[c], out)
        }
        b'p' => {
            let shape = directive.check(th, b"-", false)?;
            let v = th.arg(arg);
            let shown = match v.as_bytes() {
                // Equal short strings show one address.
                Some(bytes) if bytes.len() <= SHORT => th.atom(bytes)?,
                _ => v,
            };
            match shown.address() {
                0 => shape.add(th, b"(null)", out),
                address => shape.add(th, std::format!("{address:#x}").as_bytes(), out),
            }
        }
        b'q' => {
            if !directive.is_bare() {
                return Err(th.error("specifier '%q' cannot have modifiers"));
            }
            literal(th, arg, out)
        }
        _ => Err(directive.error(th, "invalid conversion '", "' to 'format'")),
    }
}

/// `%s`.
fn string(th: &mut Thread, directive: &Directive, arg: usize, out: &mut Scratch) -> Result<()> {
    let value = th.arg(arg);
    if directive.is_bare() && matches!(value.type_of(), Type::String | Type::Number) {
        // As `to_string` does, without making the string.
        if th.metamethod(value, Event::ToString).is_none() {
            return bare(th, value, out);
        }
    }
    th.to_string(arg as i32)?;
    let text = th.at(-1).as_bytes().unwrap_or_default();
    if directive.is_bare() {
        out.append(th, text)?;
    } else {
        if text.contains(&0) {
            return Err(th.arg_error(arg, "string contains zeros"));
        }
        let shape = directive.check(th, b"-", true)?;
        match shape.precision {
            Some(precision) => shape.add(th, &text[..text.len().min(precision)], out)?,
            None => shape.add(th, text, out)?,
        }
    }
    th.pop(1);
    Ok(())
}

/// Appends a string or number.
fn bare(th: &Thread, value: Val<'_>, out: &mut Scratch) -> Result<()> {
    if let Some(text) = value.as_bytes() {
        return out.append(th, text);
    }
    out.room(th, 32)?;
    if let Some(n) = value.as_int() {
        int_to_lua_string(n, out);
    } else if let Some(n) = value.as_float() {
        float_to_lua_string(n, out);
    }
    Ok(())
}

fn integer(th: &Thread, directive: &Directive, flags: &[u8], n: i64, out: &mut Scratch) -> Result<()> {
    directive.check(th, flags, true)?;
    format_int(directive.text(), n, out);
    Ok(())
}

// ---- %q ----------------------------------------------------------------------------------------------------------

/// Appends the argument so that Lua reads the same value back.
fn literal(th: &Thread, arg: usize, out: &mut Scratch) -> Result<()> {
    let value = th.arg(arg);
    if let Some(text) = value.as_bytes() {
        quote(th, text, out)
    } else if let Some(n) = value.as_int() {
        match n {
            i64::MIN => out.extend_from_slice(b"0x8000000000000000"), // in decimal it would read as a float
            _ => int_to_lua_string(n, out),
        }
        Ok(())
    } else if let Some(n) = value.as_float() {
        literal_float(n, out);
        Ok(())
    } else if let Some(b) = value.as_bool() {
        out.append(th, if b { b"true" } else { b"false" })
    } else if value.is_nil() {
        out.append(th, b"nil")
    } else {
        Err(th.arg_error(arg, "value has no literal form"))
    }
}

/// A float in hexadecimal, which keeps all its bits.
fn literal_float(n: f64, out: &mut Vec<u8>) {
    if n.is_nan() {
        out.extend_from_slice(b"(0/0)");
    } else if n.is_infinite() {
        out.extend_from_slice(if n > 0.0 { b"1e9999" } else { b"-1e9999" });
    } else {
        let start = out.len();
        format_float(b"%a", n, out);
        // Lua source has a dot, whatever the locale.
        let of_point = |c: &u8| !c.is_ascii_alphanumeric() && !b"+-".contains(c);
        if let Some(point) = out[start..].iter().position(of_point) {
            let point = start + point;
            let length = out[point..].iter().take_while(|c| of_point(c)).count();
            out.drain(point + 1..point + length);
            out[point] = b'.';
        }
    }
}

/// A string between quotes, with escapes for what a source text cannot hold as it is.
fn quote(th: &Thread, text: &[u8], out: &mut Scratch) -> Result<()> {
    out.room(th, text.len() + 2)?;
    out.push(b'"');
    for (i, &c) in text.iter().enumerate() {
        out.room(th, 8)?;
        match c {
            b'"' | b'\\' | b'\n' => out.extend_from_slice(&[b'\\', c]),
            _ if c.is_ascii_control() || !locale::is_ascii() && locale::in_class(b'c', c) => {
                let digit_follows = text.get(i + 1).is_some_and(u8::is_ascii_digit);
                out.push(b'\\');
                format_int(if digit_follows { b"%03d" } else { b"%d" }, i64::from(c), out);
            }
            _ => out.push(c),
        }
    }
    out.room(th, 1)?;
    out.push(b'"');
    Ok(())
}

// ---- conversion specifications -----------------------------------------------------------------------------------

const FLOAT_FLAGS: &[u8] = b"-+#0 ";

/// How long a specification may be, with its `%`.
const LONGEST_DIRECTIVE: usize = 22;

/// One conversion specification, copied out of the format string. At the end of that string the conversion is 0.
struct Directive {
    bytes: [u8; LONGEST_DIRECTIVE],
    length: usize,
}

/// Width and precision of a conversion that has no sign.
struct Shape {
    left: bool,
    width: usize,
    precision: Option<usize>,
}

impl Directive {
    /// Reads the specification whose `%` lies right before `rest`.
    #[inline]
    fn read(th: &Thread, rest: &[u8]) -> Result<Directive> {
        let modifiers = rest.iter().take_while(|c| matches!(c, b'-' | b'+' | b'#' | b' ' | b'.' | b'0'..=b'9')).count();
        let mut bytes = [0; LONGEST_DIRECTIVE];
        if modifiers + 2 > LONGEST_DIRECTIVE {
            return Err(th.error("invalid format (too long)"));
        }
        bytes[0] = b'%';
        bytes[1..=modifiers].copy_from_slice(&rest[..modifiers]);
        bytes[1 + modifiers] = rest.get(modifiers).copied().unwrap_or(0);
        Ok(Directive { bytes, length: modifiers + 2 })
    }

    fn text(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn conversion(&self) -> u8 {
        self.bytes[self.length - 1]
    }

    /// Whether there are no modifiers.
    fn is_bare(&self) -> bool {
        self.length == 2
    }

    /// Checks that the modifiers are some of `flags`, a width of two digits and (if allowed) a precision of two digits.
    fn check(&self, th: &Thread, flags: &[u8], precision_allowed: bool) -> Result<Shape> {
        let mut rest = &self.text()[1..];
        let flag_count = rest.iter().take_while(|c| flags.contains(c)).count();
        let left = rest[..flag_count].contains(&b'-');
        rest = &rest[flag_count..];
        let mut width = 0;
        let mut precision = None;
        if rest[0] != b'0' {
            width = two_digits(&mut rest);
            if rest[0] == b'.' && precision_allowed {
                rest = &rest[1..];
                precision = Some(two_digits(&mut rest));
            }
        }
        if rest[0].is_ascii_alphabetic() {
            Ok(Shape { left, width, precision })
        } else {
            Err(self.error(th, "invalid conversion specification: '", "'"))
        }
    }

    #[cold]
    fn error(&self, th: &Thread, before: &str, after: &str) -> Error {
        let text = self.text();
        let text = text.strip_suffix(b"\0").unwrap_or(text);
        th.error([before.as_bytes(), text, after.as_bytes()].concat())
    }
}

/// Reads up to two digits off the front. There is always a conversion behind them.
fn two_digits(rest: &mut &[u8]) -> usize {
    let mut n = 0;
    for _ in 0..2 {
        if rest[0].is_ascii_digit() {
            n = n * 10 + usize::from(rest[0] - b'0');
            *rest = &rest[1..];
        }
    }
    n
}

impl Shape {
    /// Appends `text`, filled up to the width with spaces.
    fn add(&self, th: &Thread, text: &[u8], out: &mut Scratch) -> Result<()> {
        let missing = self.width.saturating_sub(text.len());
        if !self.left {
            out.fill(th, missing, b' ')?;
        }
        out.append(th, text)?;
        if self.left {
            out.fill(th, missing, b' ')?;
        }
        Ok(())
    }
}
