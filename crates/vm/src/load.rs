//! From the compiler's output, or a binary chunk, to functions of the heap; and back to a binary chunk.
//!
//! Promises: a Proto, its constants and its code are born shared (contract 24); string constants are atoms; of a
//! binary chunk only what the verifier accepts becomes a function.

use crate::error;
use crate::interpreter::feedback::Feedback;
use crate::interpreter::index::new_cell;
use crate::native::{Error, Result};
use crate::object::{CAPTURE_REGISTER, Header, Kind, LuaClosure, Proto, ProtoInfo};
use crate::sync::AtomicU32;
use crate::thread::{Record, Thread};
use crate::value::{Val, Value};
use luas_compiler::binary::{self, BinaryError, Literal, SIGNATURE, Writer};
use luas_compiler::bytecode::{Constant, Function};
use luas_compiler::verify;

/// Makes a Proto; None when there is no memory.
pub fn load_function(rec: &Record, mut f: Function) -> Option<*mut Proto> {
    // No safepoint on the way: what is allocated here needs no roots.
    let mut constants = Vec::new();
    constants.try_reserve_exact(f.constants.len()).ok()?;
    for c in std::mem::take(&mut f.constants) {
        constants.push(match c {
            Constant::Nil => Value::NIL,
            Constant::Bool(b) => Value::bool(b),
            Constant::Int(i) => {
                let v = rec.new_int(i)?;
                rec.publish(v);
                v
            }
            Constant::Float(x) => Value::float(x),
            Constant::Str(s) => rec.atom(&s)?,
        });
    }
    let mut protos = Vec::new();
    protos.try_reserve_exact(f.protos.len()).ok()?;
    for inner in std::mem::take(&mut f.protos) {
        protos.push(load_function(rec, inner)?);
    }
    let code: Vec<AtomicU32> = f.code.iter().map(|&w| AtomicU32::new(w)).collect();
    let captures: Vec<u16> =
        f.upvals.iter().map(|d| if d.in_stack { CAPTURE_REGISTER } else { 0 } | u16::from(d.index)).collect();
    let p = rec.alloc(Kind::Proto, std::mem::size_of::<Proto>(), 0)?.cast::<Proto>();
    let (max_stack, num_params, is_vararg) = (f.max_stack as u32, f.num_params, f.is_vararg);
    let info = Box::into_raw(Box::new(ProtoInfo {
        function: f,
        code,
        constants,
        protos,
        captures,
        feedback: Feedback::default(),
    }));
    // SAFETY: fresh memory; the vectors behind the pointers live as long as `info`, which the object owns.
    unsafe {
        (*p).code = (*info).code.as_ptr().cast();
        (*p).constants = (*info).constants.as_ptr();
        (*p).max_stack = max_stack;
        (*p).num_params = num_params;
        (*p).is_vararg = is_vararg;
        (*p).plain_params = if is_vararg { u8::MAX } else { num_params };
        (*p).num_captures = (*info).captures.len() as u8;
        (*p).captures = (*info).captures.as_ptr();
        (*p).protos = (*info).protos.as_ptr();
        (*p).info = info;
    }
    if !rec.register_proto(p.cast::<Header>()) {
        // SAFETY: nobody has seen the object yet.
        drop(unsafe { Box::from_raw(info) });
        return None;
    }
    rec.publish_object(p.cast::<Header>());
    Some(p)
}

/// A closure of a function that nobody encloses: its first captured variable (the `_ENV` of a main function) has the
/// globals, the others nil; each in a fresh cell where the function expects cells.
/// # Safety
/// `p` is live.
pub unsafe fn new_main(rec: &Record, p: *mut Proto) -> Option<Value> {
    // SAFETY: caller; a Proto has its info; fresh memory; no safepoint on the way.
    unsafe {
        let upvals = &(*(*p).info).function.upvals;
        let c = rec.alloc(Kind::LuaClosure, 16 + upvals.len() * 8, upvals.len() as u32)?.cast::<LuaClosure>();
        (*c).proto = p;
        for i in 0..upvals.len() {
            LuaClosure::upval(c, i).set(Value::NIL.0);
        }
        for (i, upval) in upvals.iter().enumerate() {
            let mut word = if i == 0 { Value::object(rec.globals().cast()) } else { Value::NIL };
            if upval.is_cell {
                word = new_cell(rec, word);
                if word.is_nil_like() {
                    return None;
                }
            }
            LuaClosure::upval(c, i).set(word.0);
        }
        Some(rec.born(Value::object(c.cast())))
    }
}

/// Writes a function and those inside it.
/// # Safety
/// `p` is live.
unsafe fn write_proto(w: &mut Writer, p: *const Proto, around: Option<&std::sync::Arc<[u8]>>) {
    // SAFETY: caller; a Proto has its info and keeps what it refers to alive; no safepoint on the way.
    let info = unsafe { &*(*p).info };
    let constants = info.constants.iter().map(|&v| {
        let v = Val::new(v);
        if let Some(s) = v.as_bytes() {
            Literal::Str(s)
        } else if let Some(i) = v.as_int() {
            Literal::Int(i)
        } else if let Some(x) = v.as_float() {
            Literal::Float(x)
        } else if v.is_nil() {
            Literal::Nil
        } else {
            Literal::Bool(v.truthy())
        }
    });
    w.function(&info.function, constants, info.protos.len(), around);
    for &inner in &info.protos {
        // SAFETY: as above.
        unsafe { write_proto(w, inner, Some(&info.function.source)) };
    }
}

/// The name of a chunk in messages about its form.
fn binary_name(chunk_name: &[u8]) -> &[u8] {
    match chunk_name {
        [b'@' | b'=', name @ ..] => name,
        [SIGNATURE, ..] => b"binary string",
        name => name,
    }
}

/// Whether there is memory for the tree and the code of this much text (contract 9): the compiler itself allocates
/// without asking, so what it may need at most is asked for before, and given back.
fn room_to_compile(source: &[u8]) -> bool {
    /// Small chunks fit the reserve that any program has.
    const SMALL: usize = 1 << 16;
    /// Bytes for a token; what takes most is statements like `f()` and `a=b`.
    const FACTOR: usize = 200;
    let room = |tokens: usize| {
        let bytes = source.len().saturating_add(tokens.saturating_mul(FACTOR));
        Vec::<u8>::new().try_reserve_exact(bytes).is_ok()
    };
    // Tokens are counted only where memory is short.
    source.len() < SMALL || room(source.len()) || room(most_tokens(source))
}

/// At most how many tokens a text has: words, and bytes that are neither of a word nor space.
fn most_tokens(source: &[u8]) -> usize {
    let mut in_word = false;
    let starts = |&byte: &u8| {
        let word = byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
        let starts = !(byte.is_ascii_whitespace() || word && in_word);
        in_word = word;
        starts
    };
    source.iter().copied().filter(starts).count()
}

impl Thread {
    /// Compiles a chunk into a function whose `_ENV` is a fresh cell with the globals. A syntax error is raised as its
    /// message.
    pub fn load(&self, source: &[u8], chunk_name: &[u8]) -> Result<Val<'_>> {
        let rec = self.rec();
        if !room_to_compile(source) {
            return Err(error::memory(rec));
        }
        let mut compiler = rec.compiler.take();
        let compiled = compiler.compile(source, chunk_name);
        rec.compiler.set(compiler);
        self.loaded(compiled)
    }

    /// As [`Thread::load`], and pushes the function, of a text whose beginning is `source`. `reader` appends its next
    /// piece, and tells whether there was one; it is called as text is needed, so never again after an error.
    pub fn load_pieces(
        &mut self,
        source: Vec<u8>,
        chunk_name: &[u8],
        mut reader: impl FnMut(&mut Thread, &mut Vec<u8>) -> Result<bool>,
    ) -> Result<()> {
        // What the reader loads meanwhile is compiled by another one.
        let mut compiler = self.rec().compiler.take();
        let mut failed = None;
        let mut checked = source.len();
        let mut next = |text: &mut Vec<u8>| {
            let more = reader(self, text).and_then(|more| {
                if text.len() / 2 > checked {
                    checked = text.len();
                    if !room_to_compile(text) {
                        return Err(error::memory(self.rec()));
                    }
                }
                Ok(more)
            });
            more.map_err(|e| failed = Some(e))
        };
        let compiled = compiler.compile_pieces(source, &mut next, chunk_name);
        self.rec().compiler.set(compiler);
        match failed {
            Some(e) => Err(e),
            None => {
                self.push(self.loaded(compiled)?);
                Ok(())
            }
        }
    }

    fn loaded(&self, compiled: std::result::Result<Function, luas_compiler::CompileError>) -> Result<Val<'_>> {
        match compiled {
            Ok(f) => self.outermost(f),
            Err(e) => {
                error::set_message(self.rec(), &e.message);
                Err(Error(()))
            }
        }
    }

    /// Makes a function of a binary chunk (see [`Thread::dump`]), if the verifier accepts it; `chunk_name` is for
    /// messages only. Its first captured variable has the globals, the others nil.
    pub fn load_binary(&self, chunk: &[u8], chunk_name: &[u8]) -> Result<Val<'_>> {
        let rec = self.rec();
        let function = binary::read(chunk).and_then(|f| match verify::verify_all(&f) {
            Ok(()) => Ok(f),
            Err(_) => Err(BinaryError::Bad("corrupted chunk")),
        });
        match function {
            Ok(f) => self.outermost(f),
            Err(BinaryError::Memory) => Err(error::memory(rec)),
            Err(BinaryError::Bad(why)) => {
                let mut message = binary_name(chunk_name).to_vec();
                message.extend_from_slice(format!(": bad binary format ({why})").as_bytes());
                error::set_message(rec, &message);
                Err(Error(()))
            }
        }
    }

    /// The binary chunk of a Lua function, without debug information when `strip`; None for a native function.
    pub fn dump(&self, function: Val<'_>, strip: bool) -> Result<Option<Vec<u8>>> {
        let Some(c) = function.0.as_kind::<LuaClosure>(Kind::LuaClosure) else { return Ok(None) };
        let mut w = Writer::new(strip);
        // SAFETY: a live closure has a live Proto.
        unsafe { write_proto(&mut w, (*c).proto, None) };
        w.finish().map(Some).ok_or_else(|| error::memory(self.rec()))
    }

    fn outermost(&self, function: Function) -> Result<Val<'_>> {
        let rec = self.rec();
        // SAFETY: a Proto just made; nothing collects before a safepoint.
        match load_function(rec, function).and_then(|p| unsafe { new_main(rec, p) }) {
            Some(v) => Ok(Val::new(v)),
            None => Err(error::memory(rec)),
        }
    }

    /// Sets the value of the first captured variable of a Lua function (its `_ENV`), in a fresh cell; false when it has
    /// none.
    pub fn set_env(&self, function: Val<'_>, env: Val<'_>) -> bool {
        let Some(c) = function.0.as_kind::<LuaClosure>(Kind::LuaClosure) else { return false };
        // SAFETY: a live closure.
        unsafe {
            let upvals = &(*(*(*c).proto).info).function.upvals;
            if upvals.is_empty() {
                return false;
            }
            let word = if upvals[0].is_cell { new_cell(self.rec(), env.0) } else { env.0 };
            if word.is_nil_like() && !word.is_nil() {
                return false;
            }
            self.rec().publish_if_shared(function.0, word);
            LuaClosure::upval(c, 0).store(word.0, crate::sync::Release);
            true
        }
    }
}
