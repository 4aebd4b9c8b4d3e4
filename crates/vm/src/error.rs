//! Error values and the wording of the machine's own errors.
//!
//! A raised error is a token; its value lies in the record (contract 16). The functions named `set_…` put a message
//! there; the caller then raises with [`throw`] or returns the token.

use crate::coroutine::{CALL_FINALIZER, CALL_NATIVE};
use crate::debuginfo;
use crate::interpreter::Flow;
use crate::interpreter::call::throw;
use crate::native::Error;
use crate::thread::Record;
use crate::value::{Type, Val, Value};

/// Puts a message into the record as the error value.
pub fn set_message(rec: &Record, message: &[u8]) {
    let v = rec.new_str(message).unwrap_or(Value(rec.machine().memory_message.get()));
    set_value(rec, v);
}

/// Puts any value into the record as the error value.
pub fn set_value(rec: &Record, v: Value) {
    rec.error_value.set(v);
    rec.error_handled.set(false);
}

/// "not enough memory": needs no memory itself.
pub fn set_no_memory(rec: &Record) {
    set_value(rec, Value(rec.machine().memory_message.get()));
}

/// Whether an error value is the one of [`set_no_memory`].
pub fn is_memory(rec: &Record, v: Value) -> bool {
    v.0 == rec.machine().memory_message.get()
}

/// The token of "not enough memory".
pub fn memory(rec: &Record) -> Error {
    set_no_memory(rec);
    Error(())
}

/// "chunk:line: " of the function at `level` (0: the running one), or nothing.
pub fn position(rec: &Record, level: usize) -> Vec<u8> {
    debuginfo::position_of_level(rec, level)
}

/// A message with the position of the running function in front when that is a Lua function.
pub fn set_positioned(rec: &Record, message: &[u8]) {
    // SAFETY: the current frame.
    let native = unsafe { (*rec.ci.get()).flags & CALL_NATIVE != 0 };
    let mut text = if native { Vec::new() } else { position(rec, 0) };
    text.extend_from_slice(message);
    set_message(rec, &text);
}

/// Raises a message from a Lua frame.
#[cold]
pub fn runtime(rec: &Record, message: impl AsRef<[u8]>) -> Flow {
    set_positioned(rec, message.as_ref());
    throw(rec)
}

/// A value's text for a report: the message when it is a string or number.
pub fn describe(rec: &Record, v: Value) -> Vec<u8> {
    if let Some(text) = Val::new(v).as_bytes() {
        return text.to_vec();
    }
    let mut buffer = [0; 48];
    if let Some(n) = crate::number_text::write(v, &mut buffer) {
        return buffer[..n].to_vec();
    }
    let mut text = b"(error object is a ".to_vec();
    text.extend_from_slice(&debuginfo::type_name(rec, v));
    text.extend_from_slice(b" value)");
    text
}

fn operand_message(rec: &Record, what: &str, v: Value, name: Option<(&str, Vec<u8>)>) {
    let mut text = format!("attempt to {what} a ").into_bytes();
    text.extend_from_slice(&debuginfo::type_name(rec, v));
    text.extend_from_slice(b" value");
    if let Some((kind, name)) = name {
        text.extend_from_slice(format!(" ({kind} '").as_bytes());
        text.extend_from_slice(&name);
        text.extend_from_slice(b"')");
    }
    set_positioned(rec, &text);
}

/// "attempt to WHAT a TYPE value (KIND 'NAME')" about an operand of the instruction in progress.
pub fn set_operand_error(rec: &Record, what: &str, v: Value) {
    operand_message(rec, what, v, debuginfo::operand_name(rec, v));
}

/// "attempt to WHAT a TYPE value (…)" about what register `reg` of the running Lua function holds.
pub fn set_register_error(rec: &Record, what: &str, reg: usize) {
    let (v, name) = debuginfo::register_operand(rec, reg);
    operand_message(rec, what, v, name);
}

/// Raises [`set_operand_error`].
#[cold]
pub fn operand_error(rec: &Record, what: &str, v: Value) -> Flow {
    set_operand_error(rec, what, v);
    throw(rec)
}

/// "attempt to index a TYPE value (…)".
#[cold]
pub fn index_error(rec: &Record, v: Value, _key: Value) -> Flow {
    operand_error(rec, "index", v)
}

/// "attempt to call a TYPE value (…)" about the function at `slot`, which was to be called with `flags`.
/// # Safety
/// `slot` is a slot of the running coroutine.
#[cold]
pub unsafe fn call_error(rec: &Record, slot: *const Value, flags: u16) -> Flow {
    // SAFETY: caller.
    let (v, mut name) = unsafe { (*slot, debuginfo::called_name(rec, slot)) };
    if flags & CALL_FINALIZER != 0 {
        name = Some(("metamethod", b"__gc".to_vec()));
    }
    operand_message(rec, "call", v, name);
    throw(rec)
}

/// "number (…) has no integer representation".
pub fn set_to_integer_error(rec: &Record, a: Value, b: Value) {
    let culprit = if Val::new(a).to_int().is_none() { a } else { b };
    let mut text = b"number".to_vec();
    if let Some((kind, name)) = debuginfo::operand_name(rec, culprit) {
        text.extend_from_slice(format!(" ({kind} '").as_bytes());
        text.extend_from_slice(&name);
        text.extend_from_slice(b"')");
    }
    text.extend_from_slice(b" has no integer representation");
    set_positioned(rec, &text);
}

/// "attempt to compare two TYPE values" or "… TYPE with TYPE".
pub fn set_compare_error(rec: &Record, a: Value, b: Value) {
    let (x, y) = (debuginfo::type_name(rec, a), debuginfo::type_name(rec, b));
    let mut text = b"attempt to compare ".to_vec();
    if x == y {
        text.extend_from_slice(b"two ");
        text.extend_from_slice(&x);
        text.extend_from_slice(b" values");
    } else {
        text.extend_from_slice(&x);
        text.extend_from_slice(b" with ");
        text.extend_from_slice(&y);
    }
    set_positioned(rec, &text);
}

/// The name of a type for messages of natives ("light userdata" is told apart there).
pub fn plain_type_name(v: Value) -> &'static str {
    match v.type_of() {
        Type::LightUserdata => "light userdata",
        t => t.name(),
    }
}
