//! Binary chunks: functions as bytes, and back.
//!
//! A chunk is the header of PUC Lua's chunks, a number that stands for this set of instructions, and a function.
//! Numbers without a stated size are unsigned, seven bits a byte, lowest first, the last byte without its top bit;
//! words and constants are little-endian.
//!
//! | part of a function | form |
//! | --- | --- |
//! | source | string, or 0: that of the enclosing function (of a main function: unknown) |
//! | lines of `function` and `end` | two numbers |
//! | fixed parameters, vararg, registers | three bytes |
//! | code | count, words of 4 bytes |
//! | constants | count, a tag and its value each |
//! | captured variables | count, flags and index each |
//! | names of captured variables | 0 or their count, strings |
//! | lines of words | 0 or the count of words, each the difference to the one before, zigzag |
//! | local variables | count; name, first word, length, register, in a cell |
//! | functions inside | count, then the functions |
//!
//! A string is its length plus one, then its bytes; 0 is no string.
//! Without debug information the source, the lines and all names are left out. What registers hold local variables
//! stays, for the collector asks (contract 12).
//!
//! Promises: any bytes may be read; what is asked of memory is in proportion to the bytes, and the native stack used
//! is bounded. What was read is a function in form only: [`verify`](crate::verify) says whether it may run.

use std::sync::Arc;

use crate::bytecode::{ALL_OPCODES, Constant, Function, LocalVar, OPCODE_COUNT, UpvalDesc};
use crate::text::Text;

/// The first byte of a binary chunk.
pub const SIGNATURE: u8 = 0x1B;

/// Up to the number of the instruction set: what PUC Lua 5.4 writes.
const SIGNATURE_REST: &[u8] = b"Lua";
const VERSION: u8 = 0x54;
const FORMAT: u8 = 0;
const DATA: &[u8] = b"\x19\x93\r\n\x1a\n";
const INSTRUCTION_SIZE: u8 = 4;
const NUMBER_SIZE: u8 = 8;
const INT: i64 = 0x5678;
const FLOAT: f64 = 370.5;

/// Raised when instructions or this format change their meaning and keep their names.
const REVISION: u8 = 1;

/// Stands for the set of instructions: chunks of another one are refused.
const FINGERPRINT: u32 = {
    let mut hash = 0x811C_9DC5 ^ REVISION as u32;
    let mut op = 0;
    while op < OPCODE_COUNT {
        let name = ALL_OPCODES[op].name().as_bytes();
        let mut i = 0;
        while i < name.len() {
            hash = (hash ^ name[i] as u32).wrapping_mul(0x0100_0193);
            i += 1;
        }
        hash = (hash ^ ALL_OPCODES[op].format() as u32).wrapping_mul(0x0100_0193);
        hash = (hash ^ ALL_OPCODES[op].extra() as u32).wrapping_mul(0x0100_0193);
        op += 1;
    }
    hash
};

/// How deep functions may nest, as in the texts that the parser takes.
const MAX_DEPTH: u32 = 200;

const IN_STACK: u8 = 1;
const IS_CELL: u8 = 2;
const READ_ONLY: u8 = 4;

/// A constant, as the owner of a function keeps it.
#[derive(Clone, Copy, Debug)]
pub enum Literal<'a> {
    /// nil
    Nil,
    /// false or true
    Bool(bool),
    /// An integer
    Int(i64),
    /// A float
    Float(f64),
    /// A string
    Str(&'a [u8]),
}

const NIL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const INT_TAG: u8 = 3;
const FLOAT_TAG: u8 = 4;
const STR: u8 = 5;

/// Why bytes are no chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryError {
    /// As PUC Lua names it: "truncated chunk", "version mismatch" and so on.
    Bad(&'static str),
    /// No memory.
    Memory,
}

type Result<T> = std::result::Result<T, BinaryError>;

// ---- writing -----------------------------------------------------------------------------------------------------

/// Writes a chunk: the outermost function, and after each function those inside it.
pub struct Writer {
    bytes: Vec<u8>,
    strip: bool,
    no_memory: bool,
}

impl Writer {
    /// Writes the header. Debug information is left out when `strip`.
    pub fn new(strip: bool) -> Writer {
        let mut w = Writer { bytes: Vec::new(), strip, no_memory: false };
        w.byte(SIGNATURE);
        w.append(SIGNATURE_REST);
        w.append(&[VERSION, FORMAT]);
        w.append(DATA);
        w.append(&[INSTRUCTION_SIZE, NUMBER_SIZE, NUMBER_SIZE]);
        w.append(&INT.to_le_bytes());
        w.append(&FLOAT.to_le_bytes());
        w.append(&FINGERPRINT.to_le_bytes());
        w
    }

    /// Writes a function without those inside it, of which `functions` must follow. Constants and functions of `f`
    /// itself are not looked at. `around` is the source of the enclosing function.
    pub fn function<'a>(
        &mut self,
        f: &Function,
        constants: impl ExactSizeIterator<Item = Literal<'a>>,
        functions: usize,
        around: Option<&Arc<[u8]>>,
    ) {
        if self.strip || around.is_some_and(|source| *source == f.source) {
            self.byte(0);
        } else {
            self.string(&f.source);
        }
        self.number(f.line_defined.into());
        self.number(f.last_line_defined.into());
        self.append(&[f.num_params, u8::from(f.is_vararg), f.max_stack]);
        self.number(f.code.len() as u64);
        f.code.iter().for_each(|word| self.append(&word.to_le_bytes()));
        self.number(constants.len() as u64);
        constants.for_each(|constant| self.constant(constant));
        self.number(f.upvals.len() as u64);
        for upval in &f.upvals {
            let flag = |yes, bit| if yes { bit } else { 0 };
            let flags =
                flag(upval.in_stack, IN_STACK) | flag(upval.is_cell, IS_CELL) | flag(upval.read_only, READ_ONLY);
            self.append(&[flags, upval.index]);
        }
        if self.strip {
            self.append(&[0, 0]);
        } else {
            self.number(f.upvals.len() as u64);
            f.upvals.iter().for_each(|upval| self.string(&upval.name));
            self.number(f.lines.len() as u64);
            let mut before = 0;
            for &line in &f.lines {
                let step = i64::from(line) - i64::from(before);
                self.number((step << 1 ^ step >> 63) as u64);
                before = line;
            }
        }
        self.number(f.locals.len() as u64);
        for local in &f.locals {
            self.string(if self.strip { b"" } else { &local.name });
            self.number(local.start_pc.into());
            self.number(local.end_pc.saturating_sub(local.start_pc).into());
            self.append(&[local.reg, u8::from(local.is_cell)]);
        }
        self.number(functions as u64);
    }

    /// The chunk; None when there was no memory for it.
    pub fn finish(self) -> Option<Vec<u8>> {
        (!self.no_memory).then_some(self.bytes)
    }

    fn constant(&mut self, constant: Literal<'_>) {
        match constant {
            Literal::Nil => self.byte(NIL),
            Literal::Bool(b) => self.byte(if b { TRUE } else { FALSE }),
            Literal::Int(i) => {
                self.byte(INT_TAG);
                self.append(&i.to_le_bytes());
            }
            Literal::Float(x) => {
                self.byte(FLOAT_TAG);
                self.append(&x.to_bits().to_le_bytes());
            }
            Literal::Str(s) => {
                self.byte(STR);
                self.string(s);
            }
        }
    }

    fn string(&mut self, s: &[u8]) {
        self.number(s.len() as u64 + 1);
        self.append(s);
    }

    fn number(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.byte(n as u8 | 0x80);
            n >>= 7;
        }
        self.byte(n as u8);
    }

    fn byte(&mut self, byte: u8) {
        self.append(&[byte]);
    }

    fn append(&mut self, bytes: &[u8]) {
        if self.no_memory || self.bytes.try_reserve(bytes.len()).is_err() {
            self.no_memory = true;
            return;
        }
        self.bytes.extend_from_slice(bytes);
    }
}

/// Writes a function as the compiler made it, with those inside it, as a chunk; None when there is no memory.
pub fn write(function: &Function, strip: bool) -> Option<Vec<u8>> {
    fn inner(w: &mut Writer, f: &Function, around: Option<&Arc<[u8]>>) {
        let constants = f.constants.iter().map(|constant| match constant {
            Constant::Nil => Literal::Nil,
            Constant::Bool(b) => Literal::Bool(*b),
            Constant::Int(i) => Literal::Int(*i),
            Constant::Float(x) => Literal::Float(*x),
            Constant::Str(s) => Literal::Str(s),
        });
        w.function(f, constants, f.protos.len(), around);
        f.protos.iter().for_each(|p| inner(w, p, Some(&f.source)));
    }
    let mut w = Writer::new(strip);
    inner(&mut w, function, None);
    w.finish()
}

// ---- reading -----------------------------------------------------------------------------------------------------

/// Reads a chunk. Bytes after it are left alone.
///
/// # Errors
/// The bytes are no chunk of this format, or there is no memory.
pub fn read(chunk: &[u8]) -> Result<Function> {
    let mut r = Reader { rest: chunk };
    r.expect(&[SIGNATURE], "not a binary chunk")?;
    r.expect(SIGNATURE_REST, "not a binary chunk")?;
    r.expect(&[VERSION], "version mismatch")?;
    r.expect(&[FORMAT], "format mismatch")?;
    r.expect(DATA, "corrupted chunk")?;
    r.expect(&[INSTRUCTION_SIZE], "Instruction size mismatch")?;
    r.expect(&[NUMBER_SIZE], "lua_Integer size mismatch")?;
    r.expect(&[NUMBER_SIZE], "lua_Number size mismatch")?;
    r.expect(&INT.to_le_bytes(), "integer format mismatch")?;
    r.expect(&FLOAT.to_le_bytes(), "float format mismatch")?;
    r.expect(&FINGERPRINT.to_le_bytes(), "format mismatch")?;
    let unknown = Arc::from(b"=?".as_slice());
    r.function(&unknown, 0)
}

const CORRUPTED: BinaryError = BinaryError::Bad("corrupted chunk");

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn function(&mut self, around: &Arc<[u8]>, depth: u32) -> Result<Function> {
        if depth > MAX_DEPTH {
            return Err(CORRUPTED);
        }
        let source = match self.string()? {
            Some(name) => Arc::from(name),
            None => around.clone(),
        };
        let (line_defined, last_line_defined) = (self.number_u32()?, self.number_u32()?);
        let (num_params, is_vararg, max_stack) = (self.byte()?, self.flag()?, self.byte()?);
        let code = self.list(4, |r| Ok(u32::from_le_bytes(r.array()?)))?;
        let constants = self.list(1, Reader::constant)?;
        let mut upvals = self.list(2, |r| {
            let (flags, index) = (r.byte()?, r.byte()?);
            if flags & !(IN_STACK | IS_CELL | READ_ONLY) != 0 {
                return Err(CORRUPTED);
            }
            let (in_stack, is_cell) = (flags & IN_STACK != 0, flags & IS_CELL != 0);
            Ok(UpvalDesc { name: Text::default(), in_stack, index, is_cell, read_only: flags & READ_ONLY != 0 })
        })?;
        let names = self.list(1, Reader::text)?;
        if !names.is_empty() && names.len() != upvals.len() {
            return Err(CORRUPTED);
        }
        upvals.iter_mut().zip(names).for_each(|(upval, name)| upval.name = name);
        let mut line = 0i64;
        let lines = self.list(1, |r| {
            let n = r.number()?;
            line = line.wrapping_add((n >> 1) as i64 ^ -((n & 1) as i64));
            u32::try_from(line).map_err(|_| CORRUPTED)
        })?;
        let locals = self.list(5, |r| {
            let (name, start_pc, length) = (r.text()?, r.number_u32()?, r.number_u32()?);
            let end_pc = start_pc.checked_add(length).ok_or(CORRUPTED)?;
            Ok(LocalVar { name, start_pc, end_pc, reg: r.byte()?, is_cell: r.flag()? })
        })?;
        let protos = self.list(12, |r| r.function(&source, depth + 1))?;
        Ok(Function {
            source,
            line_defined,
            last_line_defined,
            num_params,
            is_vararg,
            max_stack,
            code,
            lines,
            constants,
            upvals,
            protos,
            locals,
        })
    }

    fn constant(&mut self) -> Result<Constant> {
        Ok(match self.byte()? {
            NIL => Constant::Nil,
            FALSE => Constant::Bool(false),
            TRUE => Constant::Bool(true),
            INT_TAG => Constant::Int(i64::from_le_bytes(self.array()?)),
            FLOAT_TAG => {
                let x = f64::from_bits(u64::from_le_bytes(self.array()?));
                // The other NaNs are no values (contract 1).
                Constant::Float(if x.is_nan() { f64::NAN } else { x })
            }
            STR => Constant::Str(copy(self.string()?.ok_or(BinaryError::Bad("bad format for constant string"))?)?),
            _ => return Err(CORRUPTED),
        })
    }

    /// A count and that many elements of at least `least` bytes each.
    fn list<T>(&mut self, least: usize, mut element: impl FnMut(&mut Reader<'a>) -> Result<T>) -> Result<Vec<T>> {
        let count = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        if count > self.rest.len() / least {
            return Err(BinaryError::Bad("truncated chunk"));
        }
        let mut list = Vec::new();
        if size_of::<T>() <= least {
            list.try_reserve_exact(count).map_err(|_| BinaryError::Memory)?;
        }
        for _ in 0..count {
            // Elements that take more memory than bytes get it one by one: the count is not to be believed.
            let element = element(self)?;
            list.try_reserve(1).map_err(|_| BinaryError::Memory)?;
            list.push(element);
        }
        Ok(list)
    }

    fn text(&mut self) -> Result<Text> {
        copy(self.string()?.ok_or(CORRUPTED)?)
    }

    fn string(&mut self) -> Result<Option<&'a [u8]>> {
        match self.number()? {
            0 => Ok(None),
            n => self.take(usize::try_from(n - 1).unwrap_or(usize::MAX)).map(Some),
        }
    }

    fn number_u32(&mut self) -> Result<u32> {
        u32::try_from(self.number()?).map_err(|_| BinaryError::Bad("integer overflow"))
    }

    fn number(&mut self) -> Result<u64> {
        let mut n = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            if shift == 63 && byte > 1 {
                break;
            }
            n |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(n);
            }
        }
        Err(BinaryError::Bad("integer overflow"))
    }

    fn flag(&mut self) -> Result<bool> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(CORRUPTED),
        }
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    fn expect(&mut self, bytes: &[u8], otherwise: &'static str) -> Result<()> {
        if self.take(bytes.len())? == bytes { Ok(()) } else { Err(BinaryError::Bad(otherwise)) }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let bytes = self.take(N)?;
        Ok(bytes.try_into().unwrap_or([0; N]))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(BinaryError::Bad("truncated chunk"))?;
        self.rest = rest;
        Ok(taken)
    }
}

fn copy(bytes: &[u8]) -> Result<Text> {
    Text::copy(bytes).ok_or(BinaryError::Memory)
}
