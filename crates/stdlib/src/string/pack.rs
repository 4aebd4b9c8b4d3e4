//! `string.pack`, `string.packsize` and `string.unpack`: values as bytes.
//!
//! The formats are those of the manual; native sizes and alignment are the ones of a 64-bit C compiler, where `l`, `j`
//! and `T` have eight bytes and nothing aligns to more than eight.

use luas_vm::native::Result;
use luas_vm::thread::Thread;

use super::{LONGEST, first_position, small};
use crate::scratch::Scratch;

/// The most bytes an integer may take.
const WIDEST: usize = 16;

/// Bytes of a Lua integer.
const INTEGER: usize = size_of::<i64>();

/// What one option of a format says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Item {
    Int,
    Uint,
    Float,
    Double,
    /// A string of fixed size.
    Chars,
    /// A string behind its length.
    Counted,
    /// A string before a zero.
    ZeroEnded,
    Padding,
    Align,
    /// A setting, or a space.
    Nothing,
}

/// An option with its bytes: `padding` for alignment, then `size` (for a counted string, of the length).
struct Step {
    item: Item,
    padding: usize,
    size: usize,
}

/// Reads a format, up to its end or a zero.
struct Format<'t> {
    th: &'t Thread,
    rest: &'t [u8],
    little: bool,
    most_align: usize,
}

impl<'t> Format<'t> {
    fn new(th: &'t Thread, format: &'t [u8]) -> Format<'t> {
        let end = memchr::memchr(0, format).unwrap_or(format.len());
        Format { th, rest: &format[..end], little: cfg!(target_endian = "little"), most_align: 1 }
    }

    /// The next option, for data that has `total` bytes so far; None at the end.
    fn next(&mut self, total: usize) -> Result<Option<Step>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (item, size) = self.option()?;
        let mut align = size;
        if item == Item::Align {
            let next = if self.rest.is_empty() { None } else { Some(self.option()?) };
            align = match next {
                Some((item, size)) if item != Item::Chars && size != 0 => size,
                _ => return Err(self.th.arg_error(1, "invalid next option for option 'X'")),
            };
        }
        let mut padding = 0;
        if align > 1 && item != Item::Chars {
            align = align.min(self.most_align);
            if !align.is_power_of_two() {
                return Err(self.th.arg_error(1, "format asks for alignment not power of 2"));
            }
            padding = total.wrapping_neg() & (align - 1);
        }
        Ok(Some(Step { item, padding, size }))
    }

    /// Reads one option with its size.
    fn option(&mut self) -> Result<(Item, usize)> {
        let Some((&letter, rest)) = self.rest.split_first() else { return Ok((Item::Nothing, 0)) };
        self.rest = rest;
        Ok(match letter {
            b'b' => (Item::Int, 1),
            b'B' => (Item::Uint, 1),
            b'h' => (Item::Int, 2),
            b'H' => (Item::Uint, 2),
            b'l' | b'j' => (Item::Int, 8),
            b'L' | b'J' | b'T' => (Item::Uint, 8),
            b'f' => (Item::Float, 4),
            b'd' | b'n' => (Item::Double, 8),
            b'i' => (Item::Int, self.limited(4)?),
            b'I' => (Item::Uint, self.limited(4)?),
            b's' => (Item::Counted, self.limited(8)?),
            b'c' => match self.number() {
                Some(size) => (Item::Chars, size),
                None => return Err(self.th.error("missing size for format option 'c'")),
            },
            b'z' => (Item::ZeroEnded, 0),
            b'x' => (Item::Padding, 1),
            b'X' => (Item::Align, 0),
            b' ' => (Item::Nothing, 0),
            b'<' | b'>' | b'=' => {
                self.little = letter == b'<' || (letter == b'=' && cfg!(target_endian = "little"));
                (Item::Nothing, 0)
            }
            b'!' => {
                self.most_align = self.limited(8)?;
                (Item::Nothing, 0)
            }
            _ => return Err(self.th.error([b"invalid format option '", &[letter][..], b"'"].concat())),
        })
    }

    /// Reads a numeral, as far as it stays a length that a string can have.
    fn number(&mut self) -> Option<usize> {
        let mut number = None;
        while let Some((digit @ b'0'..=b'9', rest)) = self.rest.split_first() {
            let so_far = number.unwrap_or(0);
            if so_far > (LONGEST - 9) / 10 {
                break;
            }
            number = Some(so_far * 10 + usize::from(digit - b'0'));
            self.rest = rest;
        }
        number
    }

    /// Reads the size of an integer.
    fn limited(&mut self, default: usize) -> Result<usize> {
        match self.number().unwrap_or(default) {
            size @ 1..=WIDEST => Ok(size),
            size => Err(self.th.error(format!("integral size ({size}) out of limits [1,{WIDEST}]"))),
        }
    }
}

pub fn pack(th: &mut Thread) -> Result<u32> {
    th.check_bytes(1)?;
    // A first missing value counts as nil in messages, as in PUC Lua.
    th.push_nil();
    let mut out = Scratch::take();
    let mut format = Format::new(th, th.check_bytes(1)?);
    let th_ref = format.th;
    let mut arg = 1;
    while let Some(Step { item, padding, size }) = format.next(out.len())? {
        out.fill(th_ref, padding, 0)?;
        if !matches!(item, Item::Padding | Item::Align | Item::Nothing) {
            arg += 1;
        }
        pack_item(th_ref, &mut out, item, size, format.little, arg)?;
    }
    out.finish(th)
}

/// Appends argument `arg` as `item` says.
fn pack_item(th: &Thread, out: &mut Scratch, item: Item, size: usize, little: bool, arg: usize) -> Result<()> {
    match item {
        Item::Int => {
            let n = th.check_int(arg)?;
            if size < INTEGER {
                let limit = 1_i64 << (size * 8 - 1);
                if !(-limit..limit).contains(&n) {
                    return Err(th.arg_error(arg, "integer overflow"));
                }
            }
            pack_int(out, i128::from(n), size, little);
        }
        Item::Uint => {
            let n = th.check_int(arg)? as u64;
            if size < INTEGER && n >> (size * 8) != 0 {
                return Err(th.arg_error(arg, "unsigned overflow"));
            }
            pack_int(out, i128::from(n), size, little);
        }
        Item::Float => {
            let n = th.check_number(arg)? as f32;
            out.extend_from_slice(&if little { n.to_le_bytes() } else { n.to_be_bytes() });
        }
        Item::Double => {
            let n = th.check_number(arg)?;
            out.extend_from_slice(&if little { n.to_le_bytes() } else { n.to_be_bytes() });
        }
        Item::Chars => {
            let text = th.check_bytes(arg)?;
            if text.len() > size {
                return Err(th.arg_error(arg, "string longer than given size"));
            }
            out.append(th, text)?;
            out.fill(th, size - text.len(), 0)?;
        }
        Item::Counted => {
            let text = th.check_bytes(arg)?;
            if size < INTEGER && text.len() >> (size * 8) != 0 {
                return Err(th.arg_error(arg, "string length does not fit in given size"));
            }
            pack_int(out, text.len() as i128, size, little);
            out.append(th, text)?;
        }
        Item::ZeroEnded => {
            let text = th.check_bytes(arg)?;
            if memchr::memchr(0, text).is_some() {
                return Err(th.arg_error(arg, "string contains zeros"));
            }
            out.append(th, text)?;
            out.fill(th, 1, 0)?;
        }
        Item::Padding => out.fill(th, 1, 0)?,
        Item::Align | Item::Nothing => {}
    }
    Ok(())
}

/// Appends the low `size` bytes of `n`, at most 16.
fn pack_int(out: &mut Vec<u8>, n: i128, size: usize, little: bool) {
    if little {
        out.extend_from_slice(&n.to_le_bytes()[..size]);
    } else {
        out.extend_from_slice(&n.to_be_bytes()[WIDEST - size..]);
    }
}

pub fn packsize(th: &mut Thread) -> Result<u32> {
    let mut format = Format::new(th, th.check_bytes(1)?);
    let mut total = 0;
    while let Some(Step { item, padding, size }) = format.next(total)? {
        if matches!(item, Item::Counted | Item::ZeroEnded) {
            return Err(th.arg_error(1, "variable-length format"));
        }
        let size = padding + size;
        if size > LONGEST || total > LONGEST - size {
            return Err(th.arg_error(1, "format result too large"));
        }
        total += size;
    }
    th.ret(small(total))
}

pub fn unpack(th: &mut Thread) -> Result<u32> {
    let th = &*th;
    let mut format = Format::new(th, th.check_bytes(1)?);
    let data = th.check_bytes(2)?;
    let mut at = first_position(th.opt_int(3, 1)?, data.len()) - 1;
    if at > data.len() {
        return Err(th.arg_error(3, "initial position out of string"));
    }
    let short = || th.arg_error(2, "data string too short");
    let mut count = 0;
    while let Some(Step { item, padding, size }) = format.next(at)? {
        if padding + size > data.len() - at {
            return Err(short());
        }
        at += padding;
        if count >= 16 && th.check_stack(2).is_err() {
            return Err(th.error("stack overflow (too many results)"));
        }
        count += 1;
        let bytes = &data[at..at + size];
        at += size;
        match item {
            Item::Int | Item::Uint => th.push_int(unpack_int(th, bytes, format.little, item == Item::Int)?)?,
            Item::Float => {
                let bits = unpack_int(th, bytes, format.little, false)? as u32;
                th.push_float(f64::from(f32::from_bits(bits)));
            }
            Item::Double => th.push_float(f64::from_bits(unpack_int(th, bytes, format.little, false)? as u64)),
            Item::Chars => th.push_bytes(bytes)?,
            Item::Counted => {
                let length = unpack_int(th, bytes, format.little, false)? as u64;
                let length = usize::try_from(length).ok().filter(|n| *n <= data.len() - at).ok_or_else(short)?;
                th.push_bytes(&data[at..at + length])?;
                at += length;
            }
            Item::ZeroEnded => {
                let Some(length) = memchr::memchr(0, &data[at..]) else {
                    return Err(th.arg_error(2, "unfinished string for format 'z'"));
                };
                th.push_bytes(&data[at..at + length])?;
                at += length + 1;
            }
            Item::Padding | Item::Align | Item::Nothing => count -= 1,
        }
    }
    th.push(small(at + 1));
    Ok(count + 1)
}

/// Reads an integer of 1 to 16 bytes. Error when it needs more than the eight of a Lua integer.
fn unpack_int(th: &Thread, bytes: &[u8], little: bool, signed: bool) -> Result<i64> {
    let size = bytes.len();
    let common = match *bytes {
        [a] => Some(u64::from(a)),
        [a, b] => Some(u64::from(if little { u16::from_le_bytes([a, b]) } else { u16::from_be_bytes([a, b]) })),
        [a, b, c, d] => {
            let bytes = [a, b, c, d];
            Some(u64::from(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }))
        }
        [a, b, c, d, e, f, g, h] => {
            let bytes = [a, b, c, d, e, f, g, h];
            Some(if little { u64::from_le_bytes(bytes) } else { u64::from_be_bytes(bytes) })
        }
        _ => None,
    };
    if let Some(n) = common {
        let shift = (INTEGER - size) * 8;
        return Ok(if signed { (n << shift) as i64 >> shift } else { n as i64 });
    }
    // In the order from the least byte, filled up by the sign when that counts.
    let mut wide = [0; WIDEST];
    wide[..size].copy_from_slice(bytes);
    if !little {
        wide[..size].reverse();
    }
    let shift = (WIDEST - size) * 8;
    let value = i128::from_le_bytes(wide);
    if signed {
        let value = value << shift >> shift;
        return i64::try_from(value).map_err(|_| too_wide(th, size));
    }
    u64::try_from(value).map(|n| n as i64).map_err(|_| too_wide(th, size))
}

#[cold]
fn too_wide(th: &Thread, size: usize) -> luas_vm::native::Error {
    th.error(format!("{size}-byte integer does not fit into Lua Integer"))
}
