//! The io library: files, pipes and standard streams.
//!
//! A file handle is a userdata that owns a [`CFile`]. Default input and output lie in the registry under
//! `_IO_input` and `_IO_output`; functions that need one have that key as their upvalue.
//!
//! Each piece that a call reads is read in one [`Thread::blocking_on`], so that a thread which waits for input stops
//! nobody; the bytes travel through a [`Buffer`]. Writes go straight from Lua strings to the stream until a second
//! thread has started; from then on they are gathered first and written parked.

use luas_vm::ffi::stdio::{Buffer, Buffering, CFile, CText, Closed, Errno, Exit, NumberText, Origin, Used};
use luas_vm::native::{Error, NativeFn, Payload, Result};
use luas_vm::sync::threaded;
use luas_vm::thread::Thread;
use luas_vm::value::{Type, Val};

/// `__name` of file handles, and the registry's key of their metatable.
const HANDLE: &str = "FILE*";
const INPUT: &str = "_IO_input";
const OUTPUT: &str = "_IO_output";

/// Most formats that `lines` takes.
const MAX_FORMATS: usize = 250;

/// Reads larger than this announce the string's memory first, in bytes.
const LARGE: usize = 64 << 10;

/// Makes the library and its standard handles.
pub fn open(th: &mut Thread) -> Result<()> {
    let methods = th.new_table(0, 8)?;
    th.register(
        methods,
        &[
            ("close", file_close),
            ("flush", file_flush),
            ("lines", file_lines),
            ("read", file_read),
            ("seek", file_seek),
            ("setvbuf", file_setvbuf),
            ("write", file_write),
        ],
    )?;
    let meta = th.new_table(0, 8)?;
    th.register(meta, &[("__gc", file_gc), ("__close", file_gc), ("__tostring", file_tostring)])?;
    th.raw_set_str(meta, "__index", methods.into())?;
    th.raw_set_str(meta, "__name", th.atom(HANDLE.as_bytes())?)?;
    th.raw_set_str(th.registry(), HANDLE, meta.into())?;

    let io = th.new_table(0, 16)?;
    th.register(io, &[("open", io_open), ("popen", io_popen), ("tmpfile", io_tmpfile), ("type", io_type)])?;
    let with_default: [(&'static str, NativeFn, &str); 7] = [
        ("close", io_close, OUTPUT),
        ("flush", io_flush, OUTPUT),
        ("input", io_input, INPUT),
        ("lines", io_lines, INPUT),
        ("output", io_output, OUTPUT),
        ("read", io_read, INPUT),
        ("write", io_write, OUTPUT),
    ];
    for (name, function, key) in with_default {
        th.push(th.atom(key.as_bytes())?);
        th.raw_set_str(io, name, th.new_native(name, function, 1)?)?;
    }
    for (name, file, key) in [
        ("stdin", CFile::standard_input(), Some(INPUT)),
        ("stdout", CFile::standard_output(), Some(OUTPUT)),
        ("stderr", CFile::standard_error(), None),
    ] {
        let handle = th.new_userdata(Handle(file), Some(meta), 0)?;
        th.raw_set_str(io, name, handle)?;
        if let Some(key) = key {
            th.raw_set_str(th.registry(), key, handle)?;
        }
    }
    crate::publish_library(th, "io", io)
}

/// The payload of a file handle.
pub struct Handle(CFile);

impl Payload for Handle {}

// ---- results ---------------------------------------------------------------------------------------------------

/// The three results of a failed operation: nil, "name: reason" (or the reason alone), the error number.
pub(crate) fn failure(th: &Thread, name: Option<&[u8]>, errno: Errno) -> Result<u32> {
    let mut message = Vec::new();
    if let Some(name) = name {
        message.try_reserve(name.len() + 64).map_err(|_| no_memory(th))?;
        message.extend_from_slice(name);
        message.extend_from_slice(b": ");
    }
    message.extend_from_slice(&errno.message());
    th.push_nil();
    th.push_bytes(&message)?;
    th.push_int(i64::from(errno.0))?;
    Ok(3)
}

/// The three results that tell how a command ended: true (for status 0) or nil, "exit" or "signal", the number.
pub(crate) fn exit_results(th: &Thread, exit: Exit) -> Result<u32> {
    let (what, number) = match exit {
        Exit::Code(code) => ("exit", code),
        Exit::Signal(signal) => ("signal", signal),
    };
    if exit == Exit::Code(0) {
        th.push_bool(true);
    } else {
        th.push_nil();
    }
    th.push_bytes(what.as_bytes())?;
    th.push_int(i64::from(number))?;
    Ok(3)
}

/// True, or the results of a failure.
pub(crate) fn success(th: &Thread, name: Option<&[u8]>, outcome: core::result::Result<(), Errno>) -> Result<u32> {
    match outcome {
        Ok(()) => th.ret_bool(true),
        Err(errno) => failure(th, name, errno),
    }
}

/// A string argument for a C function, cut at its first NUL.
pub(crate) fn check_text(th: &Thread, n: usize) -> Result<CText> {
    CText::new(th.check_bytes(n)?).ok_or_else(|| no_memory(th))
}

pub(crate) fn no_memory(th: &Thread) -> Error {
    th.error_plain("not enough memory")
}

fn closed(th: &Thread) -> Error {
    th.error("attempt to use a closed file")
}

// ---- handles ---------------------------------------------------------------------------------------------------

/// The stream at a stack index, when that is a file handle.
fn handle<'t>(v: Val<'t>) -> Option<&'t CFile> {
    v.as_userdata::<Handle>().map(|h| &h.0)
}

/// Raises unless argument `n` is an open file.
fn check_open(th: &Thread, n: usize) -> Result<()> {
    if th.check_userdata::<Handle>(n, HANDLE)?.0.is_open() { Ok(()) } else { Err(closed(th)) }
}

/// The default file of the running function (its upvalue is the key).
fn default_file(th: &Thread) -> Val<'_> {
    th.raw_get(th.registry(), th.upvalue(1))
}

/// Pushes the default file of the running function; raises unless it is open.
fn push_default(th: &Thread) -> Result<()> {
    let file = default_file(th);
    if handle(file).is_some_and(CFile::is_open) {
        th.push(file);
        return Ok(());
    }
    let key = th.upvalue(1).as_bytes().unwrap_or_default();
    let which = if key == INPUT.as_bytes() { "input" } else { "output" };
    Err(th.error(format!("default {which} file is closed")))
}

/// Uses the file at stack index `i` while this thread is parked; raises when it is closed.
fn parked<T>(th: &mut Thread, i: i32, f: impl FnOnce(&CFile) -> Used<T>) -> Result<core::result::Result<T, Errno>> {
    match th.blocking_on::<Handle, _>(i, |h| f(&h.0)).flatten() {
        Some(outcome) => Ok(outcome),
        None => Err(closed(th)),
    }
}

/// Pushes a new handle.
fn push_handle(th: &Thread, file: CFile) -> Result<u32> {
    let meta = th.raw_get_str(th.registry(), HANDLE).as_table();
    th.ret(th.new_userdata(Handle(file), meta, 0)?)
}

/// Opens the file that argument 1 names and pushes its handle; failure is an error.
fn push_opened(th: &mut Thread, mode: &str) -> Result<u32> {
    let name = check_text(th, 1)?;
    let mode = CText::new(mode.as_bytes()).ok_or_else(|| no_memory(th))?;
    match th.blocking(|| CFile::open(&name, &mode)) {
        Ok(file) => push_handle(th, file),
        Err(errno) => {
            let message = [b"cannot open file '", name.bytes(), b"' (", &errno.message(), b")"].concat();
            Err(th.error(message))
        }
    }
}

// ---- opening and closing ---------------------------------------------------------------------------------------

/// `io.open(name [, mode])`
fn io_open(th: &mut Thread) -> Result<u32> {
    let name = check_text(th, 1)?;
    let mode = CText::new(th.opt_bytes(2, b"r")?).ok_or_else(|| no_memory(th))?;
    if !is_open_mode(mode.bytes()) {
        return Err(th.arg_error(2, "invalid mode"));
    }
    match th.blocking(|| CFile::open(&name, &mode)) {
        Ok(file) => push_handle(th, file),
        Err(errno) => failure(th, Some(name.bytes()), errno),
    }
}

/// Whether a mode is one of r, w, a, then perhaps "+", then any number of "b".
fn is_open_mode(mode: &[u8]) -> bool {
    let [b'r' | b'w' | b'a', rest @ ..] = mode else {
        return false;
    };
    rest.strip_prefix(b"+").unwrap_or(rest).iter().all(|&c| c == b'b')
}

/// `io.popen(command [, mode])`
fn io_popen(th: &mut Thread) -> Result<u32> {
    let command = check_text(th, 1)?;
    let mode = CText::new(th.opt_bytes(2, b"r")?).ok_or_else(|| no_memory(th))?;
    let to = match mode.bytes() {
        b"r" => false,
        b"w" => true,
        _ => return Err(th.arg_error(2, "invalid mode")),
    };
    match th.blocking(|| CFile::popen(&command, to)) {
        Ok(file) => push_handle(th, file),
        Err(errno) => failure(th, Some(command.bytes()), errno),
    }
}

/// `io.tmpfile()`
fn io_tmpfile(th: &mut Thread) -> Result<u32> {
    match th.blocking(CFile::temporary) {
        Ok(file) => push_handle(th, file),
        Err(errno) => failure(th, None, errno),
    }
}

/// `io.type(value)`: "file", "closed file", or nil for any other value.
fn io_type(th: &mut Thread) -> Result<u32> {
    match handle(th.check_any(1)?) {
        Some(file) if file.is_open() => th.ret_bytes(b"file"),
        Some(_) => th.ret_bytes(b"closed file"),
        None => th.ret_nil(),
    }
}

/// `io.close([file])`
fn io_close(th: &mut Thread) -> Result<u32> {
    if th.has_arg(1) {
        return file_close(th);
    }
    th.push(default_file(th));
    if !handle(th.at(1)).is_some_and(CFile::is_open) {
        return Err(closed(th));
    }
    close(th, 1)
}

/// `file:close()`
fn file_close(th: &mut Thread) -> Result<u32> {
    check_open(th, 1)?;
    close(th, 1)
}

fn close(th: &mut Thread, i: i32) -> Result<u32> {
    match th.blocking_on::<Handle, _>(i, |h| h.0.close()) {
        Some(Closed::Done) => th.ret_bool(true),
        Some(Closed::Failed(errno)) => failure(th, None, errno),
        Some(Closed::Ended(exit)) => exit_results(th, exit),
        Some(Closed::Kept) => {
            th.push_nil();
            th.push_bytes(b"cannot close standard file")?;
            Ok(2)
        }
        // Another thread was faster.
        Some(Closed::Already) | None => Err(closed(th)),
    }
}

/// `__gc` and `__close`: closes the file unless it is closed or standard; results of a command are lost.
fn file_gc(th: &mut Thread) -> Result<u32> {
    if th.check_userdata::<Handle>(1, HANDLE)?.0.is_open() {
        th.blocking_on::<Handle, _>(1, |h| h.0.close());
    }
    Ok(0)
}

/// `tostring(file)`
fn file_tostring(th: &mut Thread) -> Result<u32> {
    match th.check_userdata::<Handle>(1, HANDLE)?.0.address() {
        0 => th.ret_bytes(b"file (closed)"),
        address => th.ret_bytes(format!("file ({address:#x})").as_bytes()),
    }
}

// ---- the default files -----------------------------------------------------------------------------------------

/// `io.input([file])`
fn io_input(th: &mut Thread) -> Result<u32> {
    choose_default(th, "r")
}

/// `io.output([file])`
fn io_output(th: &mut Thread) -> Result<u32> {
    choose_default(th, "w")
}

/// Makes argument 1, a handle or the name of a file, the default file; returns the default file.
fn choose_default(th: &mut Thread, mode: &str) -> Result<u32> {
    match th.arg(1).type_of() {
        Type::None | Type::Nil => {}
        kind => {
            if matches!(kind, Type::String | Type::Number) {
                push_opened(th, mode)?;
            } else {
                check_open(th, 1)?;
                th.push(th.arg(1));
            }
            th.raw_set(th.registry(), th.upvalue(1), th.at(-1))?;
        }
    }
    th.ret(default_file(th))
}

// ---- reading ---------------------------------------------------------------------------------------------------

/// `io.read(...)`
fn io_read(th: &mut Thread) -> Result<u32> {
    let count = th.top();
    push_default(th)?;
    read(th, count as i32 + 1, 1, count)
}

/// `file:read(...)`
fn file_read(th: &mut Thread) -> Result<u32> {
    check_open(th, 1)?;
    let count = th.top() - 1;
    read(th, 1, 2, count)
}

/// What one format of `read` asks for.
enum Format {
    Line { keep: bool },
    All,
    Numeral,
    Bytes(usize),
}

/// Reads from the file at stack index `i` by the `count` formats from stack index `first` on (none: a line), and
/// pushes the results: a value for each format, the last one nil where nothing is left; or those of a failure.
fn read(th: &mut Thread, i: i32, first: usize, count: usize) -> Result<u32> {
    let mut text = Buffer::take();
    if count == 0 {
        return match parked(th, i, |f| f.read_line(true, false, &mut text))? {
            Ok(true) => push_text(th, &text).map(|()| 1),
            Ok(false) => th.ret_nil(),
            Err(errno) => read_failure(th, errno),
        };
    }
    th.check_stack(count + 20)?;
    for k in 0..count {
        let format = format_at(th, first + k)?;
        let fresh = k == 0;
        let outcome = parked(th, i, |f| match format {
            Format::Line { keep } => f.read_line(fresh, keep, &mut text),
            Format::All => f.read_all(fresh, &mut text),
            Format::Numeral => f.read_numeral(fresh, &mut text),
            Format::Bytes(0) => f.has_more(fresh),
            Format::Bytes(n) => f.read_bytes(fresh, n, &mut text),
        })?;
        let found = match outcome {
            Err(errno) => return read_failure(th, errno),
            Ok(found) => found,
        };
        match format {
            _ if !found => th.push_nil(),
            Format::Numeral => push_numeral(th, text.bytes())?,
            Format::Bytes(0) => th.push_bytes(b"")?,
            _ => push_text(th, &text)?,
        }
        if th.at(-1).is_nil() {
            return Ok(k as u32 + 1);
        }
    }
    Ok(count as u32)
}

/// The format at stack index `n`: a count of bytes, or a letter, perhaps after "*".
fn format_at(th: &Thread, n: usize) -> Result<Format> {
    let v = th.at(n as i32);
    if v.type_of() == Type::Number {
        let Some(count) = v.to_int() else {
            return Err(th.arg_error(n, "number has no integer representation"));
        };
        // No file has more bytes than that, and no string so many.
        return match usize::try_from(count) {
            Ok(count) if count < 1 << 40 => Ok(Format::Bytes(count)),
            _ => Err(no_memory(th)),
        };
    }
    let Some(name) = v.as_bytes() else {
        return Err(th.type_error(n, "string"));
    };
    match name.strip_prefix(b"*").unwrap_or(name).first() {
        Some(b'l') => Ok(Format::Line { keep: false }),
        Some(b'L') => Ok(Format::Line { keep: true }),
        Some(b'n') => Ok(Format::Numeral),
        Some(b'a') => Ok(Format::All),
        _ => Err(th.arg_error(n, "invalid format")),
    }
}

fn push_text(th: &mut Thread, text: &Buffer) -> Result<()> {
    if text.bytes().len() > LARGE {
        th.reserve(text.bytes().len())?;
    }
    th.push_bytes(text.bytes())
}

/// Pushes the number that a text stands for, or nil.
fn push_numeral(th: &Thread, text: &[u8]) -> Result<()> {
    match th.number_from(text)? {
        Some(number) => th.push(number),
        None => th.push_nil(),
    }
    Ok(())
}

#[cold]
fn read_failure(th: &Thread, errno: Errno) -> Result<u32> {
    match errno {
        Errno::NO_MEMORY => Err(no_memory(th)),
        Errno::TOO_LONG => Err(th.error("resulting string too large")),
        _ => failure(th, None, errno),
    }
}

// ---- lines -----------------------------------------------------------------------------------------------------

/// `file:lines(...)`
fn file_lines(th: &mut Thread) -> Result<u32> {
    check_open(th, 1)?;
    push_iterator(th, false)?;
    Ok(1)
}

/// `io.lines([name, ...])`. With a name, the file is closed at its end, and is the fourth result besides, so that a
/// loop left early closes it too.
fn io_lines(th: &mut Thread) -> Result<u32> {
    if !th.has_arg(1) {
        th.push_nil();
    }
    if th.at(1).is_nil() {
        th.set_at(1, default_file(th));
        if !handle(th.at(1)).is_some_and(CFile::is_open) {
            return Err(closed(th));
        }
        push_iterator(th, false)?;
        return Ok(1);
    }
    push_opened(th, "r")?;
    th.set_at(1, th.at(-1));
    th.pop(1);
    push_iterator(th, true)?;
    th.push_nil();
    th.push_nil();
    th.push(th.at(1));
    Ok(4)
}

/// Replaces the formats behind the file at stack index 1 by the function that reads them. Its upvalues: the file,
/// the number of formats, whether to close the file at its end, the formats.
fn push_iterator(th: &Thread, close: bool) -> Result<()> {
    let count = th.top() - 1;
    if count > MAX_FORMATS {
        return Err(th.arg_error(MAX_FORMATS + 2, "too many arguments"));
    }
    th.push(th.at(1));
    th.insert(2);
    th.push_int(count as i64)?;
    th.insert(3);
    th.push_bool(close);
    th.insert(4);
    th.push(th.new_native("lines", next_line, count + 3)?);
    Ok(())
}

fn next_line(th: &mut Thread) -> Result<u32> {
    if !handle(th.upvalue(1)).is_some_and(CFile::is_open) {
        return Err(th.error("file is already closed"));
    }
    let count = th.upvalue(2).as_int().unwrap_or(0) as usize;
    th.set_top(0);
    th.check_stack(count + 1)?;
    th.push(th.upvalue(1));
    for k in 1..=count {
        th.push(th.upvalue(3 + k));
    }
    let results = read(th, 1, 2, count)?;
    if th.at(-(results as i32)).truthy() {
        return Ok(results);
    }
    if results > 1 {
        let message = th.at(1 - results as i32).as_bytes().unwrap_or_default();
        return Err(th.error(message));
    }
    if th.upvalue(3).truthy() {
        th.blocking_on::<Handle, _>(1, |h| h.0.close());
    }
    Ok(0)
}

// ---- writing ---------------------------------------------------------------------------------------------------

/// `io.write(...)`
fn io_write(th: &mut Thread) -> Result<u32> {
    let last = th.top();
    push_default(th)?;
    write(th, last as i32 + 1, 1, last)
}

/// `file:write(...)`
fn file_write(th: &mut Thread) -> Result<u32> {
    check_open(th, 1)?;
    let last = th.top();
    write(th, 1, 2, last)
}

/// Writes the values at stack indices `first..=last` to the file at index `i`; returns the file.
fn write(th: &mut Thread, i: i32, first: usize, last: usize) -> Result<u32> {
    let outcome = if threaded() {
        write_gathered(th, i, first, last)?
    } else {
        let Some(file) = handle(th.at(i)) else {
            return Err(closed(th));
        };
        let single = if first == last { th.at(first as i32).as_bytes() } else { None };
        match single {
            Some(text) => file.write(text).ok_or_else(|| closed(th))?,
            None => {
                let mut writer = file.writer().ok_or_else(|| closed(th))?;
                for n in first..=last {
                    if !with_text(th.at(n as i32), |text| writer.write(text)) {
                        drop(writer);
                        return Err(th.type_error(n, "string"));
                    }
                }
                writer.finish()
            }
        }
    };
    match outcome {
        Ok(()) => th.ret(th.at(i)),
        Err(errno) => failure(th, None, errno),
    }
}

/// As `write` while several threads may run: gathers a copy of the texts and writes it parked. What comes before a
/// wrong argument is written.
fn write_gathered(th: &mut Thread, i: i32, first: usize, last: usize) -> Result<core::result::Result<(), Errno>> {
    let mut text = Buffer::take();
    let mut wrong = None;
    for n in first..=last {
        let mut room = true;
        if !with_text(th.at(n as i32), |piece| room = text.append(piece)) {
            wrong = Some(n);
            break;
        }
        if !room {
            return Err(no_memory(th));
        }
    }
    let outcome = parked(th, i, |f| f.write(text.bytes()))?;
    match wrong {
        Some(n) => Err(th.type_error(n, "string")),
        None => Ok(outcome),
    }
}

/// Hands the text of a string or number to `f`; false for any other value.
#[inline]
fn with_text(v: Val<'_>, f: impl FnOnce(&[u8])) -> bool {
    if let Some(text) = v.as_bytes() {
        f(text);
    } else if let Some(i) = v.as_int() {
        f(NumberText::of_int(i).bytes());
    } else if let Some(x) = v.as_float() {
        f(NumberText::of_float(x).bytes());
    } else {
        return false;
    }
    true
}

// ---- position and buffering ------------------------------------------------------------------------------------

/// `io.flush()`
fn io_flush(th: &mut Thread) -> Result<u32> {
    push_default(th)?;
    let i = th.top() as i32;
    let outcome = parked(th, i, CFile::flush)?;
    success(th, None, outcome)
}

/// `file:flush()`
fn file_flush(th: &mut Thread) -> Result<u32> {
    check_open(th, 1)?;
    let outcome = parked(th, 1, CFile::flush)?;
    success(th, None, outcome)
}

/// `file:seek([whence [, offset]])`
fn file_seek(th: &mut Thread) -> Result<u32> {
    check_open(th, 1)?;
    let origins = [Origin::Start, Origin::Current, Origin::End];
    let origin = origins[th.check_option(2, Some("cur"), &["set", "cur", "end"])?];
    let offset = th.opt_int(3, 0)?;
    match parked(th, 1, |f| f.seek(origin, offset))? {
        Ok(position) => th.ret_int(position),
        Err(errno) => failure(th, None, errno),
    }
}

/// `file:setvbuf(mode [, size])`
fn file_setvbuf(th: &mut Thread) -> Result<u32> {
    check_open(th, 1)?;
    let modes = [Buffering::No, Buffering::Full, Buffering::Line];
    let mode = modes[th.check_option(2, None, &["no", "full", "line"])?];
    let size = th.opt_int(3, 1024)?;
    let outcome = parked(th, 1, |f| f.set_buffering(mode, size as usize))?;
    success(th, None, outcome)
}
