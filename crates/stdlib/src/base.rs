//! The basic functions: what Lua programs find in the global table itself.
//!
//! Functions that direct the interpreter (`pcall`, `error`, `next`, `select`, ...) are the machine's own and only get
//! their names here. How chunks are loaded from files is here too, for the package library and the program.

use crate::scratch::{Scratch, no_memory};
use luas_compiler::binary::SIGNATURE;
use luas_compiler::number::is_space;
use luas_vm::control;
use luas_vm::ffi::cformat::{float_to_lua_string, int_to_lua_string};
use luas_vm::ffi::stdio::{Buffer, CFile, CText, Errno, flush_stdout, write_stdout};
use luas_vm::native::{Error, Event, Result};
use luas_vm::thread::Thread;
use luas_vm::value::Type;

/// Makes the functions, `_G` and `_VERSION`.
pub fn open(th: &mut Thread) -> Result<()> {
    let globals = th.globals();
    th.register(
        globals,
        &[
            ("print", print),
            ("tostring", to_string),
            ("tonumber", to_number),
            ("getmetatable", get_metatable),
            ("setmetatable", set_metatable),
            ("rawget", raw_get),
            ("rawset", raw_set),
            ("rawequal", raw_equal),
            ("rawlen", raw_len),
            ("assert", assert),
            ("error", control::error),
            ("pcall", control::pcall),
            ("xpcall", control::xpcall),
            ("next", control::next),
            ("pairs", control::pairs),
            ("ipairs", control::ipairs),
            ("select", control::select),
            ("load", load),
            ("loadfile", loadfile),
            ("dofile", dofile),
            ("collectgarbage", collect_garbage),
            ("warn", warn),
        ],
    )?;
    for name in TYPES.map(Type::name) {
        th.push(th.atom(name.as_bytes())?);
    }
    th.raw_set_str(globals, "type", th.new_native("type", type_of, TYPES.len())?)?;
    th.raw_set_str(globals, "_VERSION", th.atom(b"Lua 5.4")?)?;
    crate::publish_library(th, "_G", globals)
}

// ---- types and texts -------------------------------------------------------------------------------------------

/// The types of which `type` keeps the names, each at this place of its upvalues.
const TYPES: [Type; 8] = [
    Type::Nil,
    Type::Boolean,
    Type::Number,
    Type::String,
    Type::Table,
    Type::Function,
    Type::Userdata,
    Type::Coroutine,
];

fn type_of(th: &mut Thread) -> Result<u32> {
    let place = match th.check_any(1)?.type_of() {
        Type::None | Type::Nil => 1,
        Type::Boolean => 2,
        Type::Number => 3,
        Type::String => 4,
        Type::Table => 5,
        Type::Function => 6,
        Type::Userdata | Type::LightUserdata => 7,
        Type::Coroutine => 8,
    };
    th.ret(th.upvalue(place))
}

/// Writes its arguments to C's standard output, with tabs between them and a newline, in one piece.
fn print(th: &mut Thread) -> Result<u32> {
    let mut line = Scratch::take();
    for i in 1..=th.arg_count() {
        if i > 1 {
            line.append(th, b"\t")?;
        }
        if !line.append_shown(th, th.arg(i))? {
            th.to_string(i as i32)?;
            line.append_value(th, th.at(-1))?;
            th.pop(1);
        }
    }
    line.append(th, b"\n")?;
    th.blocking(|| {
        write_stdout(&line);
        flush_stdout();
    });
    Ok(0)
}

fn to_string(th: &mut Thread) -> Result<u32> {
    th.check_any(1)?;
    th.to_string(1)?;
    Ok(1)
}

/// A number, or what a numeral string stands for; with a base (2 to 36), the integer that a string of digits stands
/// for, wrapping around. nil when the text is none.
fn to_number(th: &mut Thread) -> Result<u32> {
    if th.arg(2).is_nil() {
        let v = th.check_any(1)?;
        if v.type_of() == Type::Number {
            return th.ret(v);
        }
        let number = v.as_bytes().map_or(Ok(None), |text| th.number_from(text))?;
        return match number {
            Some(number) => th.ret(number),
            None => th.ret_nil(),
        };
    }
    let base = th.check_int(2)?;
    th.check_type(1, Type::String)?;
    let text = th.check_bytes(1)?;
    if !(2..=36).contains(&base) {
        return Err(th.arg_error(2, "base out of range"));
    }
    match digits_to_int(text, base as u64) {
        Some(i) => th.ret_int(i),
        None => th.ret_nil(),
    }
}

/// Digits of this base, with an optional sign before and white space around them.
fn digits_to_int(text: &[u8], base: u64) -> Option<i64> {
    let start = text.iter().position(|&c| !is_space(c))?;
    let end = text.iter().rposition(|&c| !is_space(c))? + 1;
    let (negative, digits) = match &text[start..end] {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let mut n = 0u64;
    for &c in digits {
        let digit = match c {
            b'0'..=b'9' => c - b'0',
            b'a'..=b'z' => c - b'a' + 10,
            b'A'..=b'Z' => c - b'A' + 10,
            _ => return None,
        };
        if u64::from(digit) >= base {
            return None;
        }
        n = n.wrapping_mul(base).wrapping_add(u64::from(digit));
    }
    Some(if negative { n.wrapping_neg() } else { n } as i64)
}

// ---- metatables and raw access ---------------------------------------------------------------------------------

/// The metatable, or its field "__metatable" if there is one.
fn get_metatable(th: &mut Thread) -> Result<u32> {
    let v = th.check_any(1)?;
    match th.metatable(v) {
        None => th.ret_nil(),
        Some(meta) => th.ret(th.metamethod(v, Event::Metatable).unwrap_or(meta.into())),
    }
}

/// Sets or (with nil) removes a table's metatable, unless its field "__metatable" protects it; returns the table.
fn set_metatable(th: &mut Thread) -> Result<u32> {
    th.check_type(1, Type::Table)?;
    let (t, meta) = (th.arg(1), th.arg(2));
    if meta.as_table().is_none() && !(meta.is_nil() && th.has_arg(2)) {
        return Err(th.type_error(2, "nil or table"));
    }
    if th.metamethod(t, Event::Metatable).is_some() {
        return Err(th.error("cannot change a protected metatable"));
    }
    th.set_metatable(t, meta.as_table())?;
    th.ret(t)
}

fn raw_get(th: &mut Thread) -> Result<u32> {
    let t = th.check_table(1)?;
    th.ret(th.raw_get(t, th.check_any(2)?))
}

fn raw_set(th: &mut Thread) -> Result<u32> {
    let t = th.check_table(1)?;
    let (k, v) = (th.check_any(2)?, th.check_any(3)?);
    th.raw_set(t, k, v)?;
    th.ret(t.into())
}

fn raw_equal(th: &mut Thread) -> Result<u32> {
    let (a, b) = (th.check_any(1)?, th.check_any(2)?);
    th.ret_bool(th.raw_equal(a, b))
}

fn raw_len(th: &mut Thread) -> Result<u32> {
    let v = th.arg(1);
    if let Some(t) = v.as_table() {
        th.ret_int(th.raw_len(t))
    } else if let Some(bytes) = v.as_bytes() {
        th.ret_int(bytes.len() as i64)
    } else {
        Err(th.type_error(1, "table or string"))
    }
}

// ---- errors and warnings ---------------------------------------------------------------------------------------

/// Returns its arguments if the first one is true, else raises the second one as `error` does.
fn assert(th: &mut Thread) -> Result<u32> {
    if th.arg(1).truthy() {
        return Ok(th.arg_count() as u32);
    }
    th.check_any(1)?;
    if !th.has_arg(2) {
        return Err(th.error("assertion failed!"));
    }
    let message = th.arg(2);
    match message.as_bytes() {
        Some(bytes) => Err(th.error(bytes)),
        None => Err(th.throw(message)),
    }
}

/// Emits a warning composed of all arguments, which must be strings.
fn warn(th: &mut Thread) -> Result<u32> {
    let n = th.arg_count().max(1);
    for i in 1..=n {
        th.check_bytes(i)?;
    }
    for i in 1..=n {
        // Warnings are C strings.
        th.warn(c_text(th.check_bytes(i)?), i < n);
    }
    Ok(0)
}

// ---- garbage collection ----------------------------------------------------------------------------------------

/// All options of the manual. Parameters that the collector does not have are accepted and ignored.
fn collect_garbage(th: &mut Thread) -> Result<u32> {
    const OPTIONS: [&str; 10] = [
        "collect",
        "count",
        "step",
        "stop",
        "restart",
        "isrunning",
        "setpause",
        "setstepmul",
        "incremental",
        "generational",
    ];
    let option = th.check_option(1, Some("collect"), &OPTIONS)?;
    if th.in_finalizer() {
        // The collector is not reentrant.
        return th.ret_nil();
    }
    match OPTIONS[option] {
        "collect" => {
            th.collect()?;
            th.ret_int(0)
        }
        // In KiB, as a float.
        "count" => th.ret_float(th.bytes_in_use() as f64 / 1024.0),
        "step" => {
            let size = parameter(th, 2)?;
            // A step back (a negative one) does nothing now.
            let finished = match usize::try_from(size) {
                Ok(size) => th.collect_step(size)?,
                Err(_) => false,
            };
            th.ret_bool(finished)
        }
        "stop" => {
            th.gc_stop();
            th.ret_int(0)
        }
        "restart" => {
            th.gc_restart();
            th.ret_int(0)
        }
        "isrunning" => th.ret_bool(th.gc_is_running()),
        "setpause" => {
            let former = th.gc_set_pause(parameter(th, 2)?);
            th.ret_int(i64::from(former))
        }
        "setstepmul" => {
            let former = th.gc_set_step_multiplier(parameter(th, 2)?);
            th.ret_int(i64::from(former))
        }
        "incremental" => {
            let (pause, multiplier) = (parameter(th, 2)?, parameter(th, 3)?);
            parameter(th, 4)?;
            if pause != 0 {
                th.gc_set_pause(pause);
            }
            if multiplier != 0 {
                th.gc_set_step_multiplier(multiplier);
            }
            set_mode(th, false)
        }
        _ => {
            parameter(th, 2)?;
            parameter(th, 3)?;
            set_mode(th, true)
        }
    }
}

/// An optional number, 0 when absent, cut to a C int.
fn parameter(th: &Thread, n: usize) -> Result<i32> {
    Ok(th.opt_int(n, 0)? as i32)
}

/// Chooses a mode of collection; returns the name of the former one.
fn set_mode(th: &Thread, generational: bool) -> Result<u32> {
    let former = th.gc_set_generational(generational);
    th.ret_bytes(if former { b"generational" } else { b"incremental" })
}

// ---- loading ---------------------------------------------------------------------------------------------------

/// `load(chunk, name, mode, env)`: compiles a string or takes a binary chunk, or the pieces that a function returns
/// until it returns nil or an empty string. Pieces of text are read as the compiler needs them.
fn load(th: &mut Thread) -> Result<u32> {
    let from_string = matches!(th.arg(1).type_of(), Type::String | Type::Number);
    th.opt_bytes(3, b"")?;
    if from_string {
        th.check_bytes(1)?;
        th.opt_bytes(2, b"")?;
        let outcome = load_string(th);
        let outcome = show_overflow(th, outcome);
        return loaded(th, outcome, 4);
    }
    th.opt_bytes(2, b"")?;
    th.check_type(1, Type::Function)?;
    let outcome = load_reader(th);
    let outcome = show_overflow(th, outcome);
    loaded(th, outcome, 4)
}

/// Nesting that is too deep is an error of `load` itself in PUC Lua, so the message handler in force sees it.
fn show_overflow(th: &mut Thread, outcome: Result<()>) -> Result<()> {
    outcome.map_err(|e| {
        let message = th.error_value(e);
        let overflow = message.as_bytes() == Some(b"C stack overflow");
        let e = th.throw(message);
        if overflow { th.handle_error(e) } else { e }
    })
}

/// Pushes the function that the pieces of text from the reader function in argument 1 compile to.
fn load_reader(th: &mut Thread) -> Result<()> {
    let name = c_text(th.opt_bytes(2, b"=(load)")?).to_vec();
    let mode = th.opt_bytes(3, b"bt")?.to_vec();
    let mut source = Vec::new();
    let more = read_piece(th, &mut source)?;
    if source.first() == Some(&SIGNATURE) {
        while more && read_piece(th, &mut source)? {}
        return compile(th, &source, &name, &mode);
    }
    if !more || !mode.contains(&b't') {
        return compile(th, &source, &name, &mode);
    }
    th.load_pieces(source, &name, read_piece)
}

fn load_string(th: &Thread) -> Result<()> {
    let source = th.check_bytes(1)?;
    let name = c_text(th.opt_bytes(2, source)?);
    compile(th, source, name, th.opt_bytes(3, b"bt")?)
}

/// Appends what the reader function in argument 1 returns next; false when that is nothing.
fn read_piece(th: &mut Thread, source: &mut Vec<u8>) -> Result<bool> {
    th.push(th.arg(1));
    if !th.pcall_handled(0, 1)? {
        return Err(th.throw(th.at(-1)));
    }
    let known = source.len();
    let piece = th.at(-1);
    if let Some(bytes) = piece.as_bytes() {
        source.try_reserve(bytes.len()).map_err(|_| no_memory(th))?;
        source.extend_from_slice(bytes);
    } else if let Some(i) = piece.as_int() {
        int_to_lua_string(i, source);
    } else if let Some(f) = piece.as_float() {
        float_to_lua_string(f, source);
    } else if !piece.is_nil() {
        let e = th.error("reader function must return a string");
        return Err(th.handle_error(e));
    }
    th.pop(1);
    Ok(source.len() > known)
}

/// Pushes the function that `source` compiles to, or that it is in binary form. Errors are raised as their messages.
fn compile(th: &Thread, source: &[u8], name: &[u8], mode: &[u8]) -> Result<()> {
    let (kind, letter) = if source.first() == Some(&SIGNATURE) { ("binary", b'b') } else { ("text", b't') };
    if !mode.contains(&letter) {
        let mode = String::from_utf8_lossy(c_text(mode));
        return Err(th.error_plain(format!("attempt to load a {kind} chunk (mode is '{mode}')")));
    }
    th.push(if letter == b'b' { th.load_binary(source, name)? } else { th.load(source, name)? });
    Ok(())
}

/// The results of the loading functions: the function at the top, with argument `env` (if given) as its
/// environment; or nil and the error value.
fn loaded(th: &Thread, outcome: Result<()>, env: usize) -> Result<u32> {
    match outcome {
        Ok(()) => {
            if th.has_arg(env) {
                th.set_env(th.at(-1), th.arg(env));
            }
            Ok(1)
        }
        Err(e) => {
            let message = th.error_value(e);
            th.push_nil();
            th.push(message);
            Ok(2)
        }
    }
}

/// `loadfile(name, mode, env)`; standard input when there is no name.
fn loadfile(th: &mut Thread) -> Result<u32> {
    let name = opt_text(th, 1)?;
    let mode = opt_text(th, 2)?;
    let outcome = load_file(th, name.as_ref(), mode.as_ref().map_or(b"bt", CText::bytes));
    loaded(th, outcome, 3)
}

/// `dofile(name)`: runs a file (or standard input) and returns what it returns.
fn dofile(th: &mut Thread) -> Result<u32> {
    let name = opt_text(th, 1)?;
    load_file(th, name.as_ref(), b"bt")?;
    th.tail_call(0)
}

/// Pushes the function that a file (standard input for `None`) compiles to.
///
/// A byte order mark and a first line that starts with `#` are skipped; the lines keep their numbers. Errors:
/// "cannot open name: reason", "cannot read name: reason", and those of `load`.
pub fn load_file(th: &mut Thread, name: Option<&CText>, mode: &[u8]) -> Result<()> {
    let (content, what) = th.blocking(|| read_file(name));
    let content = content.map_err(|errno| file_error(th, what, name, errno))?;
    let mut chunk_name = Vec::new();
    match name {
        Some(name) => {
            chunk_name.push(b'@');
            chunk_name.extend_from_slice(name.bytes());
        }
        None => chunk_name.extend_from_slice(b"=stdin"),
    }
    compile(th, skip_first_line(content.bytes()), &chunk_name, mode)
}

/// The content, or an error of what was attempted.
fn read_file(name: Option<&CText>) -> (core::result::Result<Buffer, Errno>, &'static str) {
    let file = match name {
        None => CFile::standard_input(),
        Some(name) => {
            let mode = CText::new(b"r").ok_or(Errno::NO_MEMORY);
            match mode.and_then(|mode| CFile::open(name, &mode)) {
                Ok(file) => file,
                Err(errno) => return (Err(errno), "open"),
            }
        }
    };
    let mut content = Buffer::take();
    match file.read_all(true, &mut content) {
        Some(Err(errno)) => (Err(errno), "read"),
        _ => (Ok(content), "read"),
    }
}

#[cold]
fn file_error(th: &Thread, what: &str, name: Option<&CText>, errno: Errno) -> Error {
    let mut message = format!("cannot {what} ").into_bytes();
    message.extend_from_slice(name.map_or(b"stdin", CText::bytes));
    if errno.0 != 0 {
        message.extend_from_slice(b": ");
        message.extend_from_slice(&errno.message());
    }
    th.error_plain(message)
}

/// The source without a byte order mark and without a first line that starts with `#`, whose newline stays.
pub fn skip_first_line(source: &[u8]) -> &[u8] {
    let source = source.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(source);
    if source.first() != Some(&b'#') {
        return source;
    }
    let end = source.iter().position(|&c| c == b'\n').unwrap_or(source.len());
    match &source[end..] {
        // A precompiled chunk starts with its signature.
        [b'\n', binary @ ..] if binary.first() == Some(&SIGNATURE) => binary,
        rest => rest,
    }
}

/// An optional string argument as a text for C.
fn opt_text(th: &Thread, n: usize) -> Result<Option<CText>> {
    if th.arg(n).is_nil() {
        return Ok(None);
    }
    CText::new(th.check_bytes(n)?).map(Some).ok_or_else(|| no_memory(th))
}

/// The bytes before the first NUL.
fn c_text(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.iter().position(|&c| c == 0).unwrap_or(bytes.len())]
}
