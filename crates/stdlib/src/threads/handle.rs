//! Thread handles: `threads.run` and the methods of what it returns; reports of errors.

use super::{LIBRARY, class, deadline, fail};
use luas_vm::ffi::stdio::write_stderr;
use luas_vm::native::{ALL, Event, Result};
use luas_vm::thread::Thread;
use luas_vm::thread_control::{CANCEL_META, HANDLE_META, SpawnOptions, Status, ThreadCore, ThreadHandle};
use luas_vm::value::{Type, Val};
use std::sync::Arc;

const NAME: &str = "thread handle";

pub fn open(th: &Thread) -> Result<()> {
    let methods = &[
        ("join", join as _),
        ("wait", wait as _),
        ("status", status as _),
        ("cancel", cancel as _),
        ("name", name as _),
        ("id", id as _),
    ];
    let meta = class(th, HANDLE_META, NAME, methods)?;
    th.register(meta, &[("__tostring", tostring)])?;
    let meta = class(th, CANCEL_META, "cancel", &[])?;
    th.raw_set_str(meta, "__index", Val::NIL)?;
    th.register(meta, &[("__tostring", cancel_tostring)])
}

/// run([opts,] fn, ...): starts a thread.
pub fn run(th: &mut Thread) -> Result<u32> {
    let options = take_options(th)?;
    th.spawn(th.top() - 1, options)?;
    Ok(1)
}

/// Reads and removes the options before the function; checks the function, which is then argument 1.
fn take_options(th: &Thread) -> Result<SpawnOptions> {
    let mut options = SpawnOptions { name: None, daemon: false, quiet: false, body: loud_body };
    if let Some(t) = th.arg(1).as_table() {
        th.check_type(2, Type::Function)?;
        let name = th.raw_get_str(t, "name");
        if !name.is_nil() {
            match name.as_bytes() {
                Some(s) => options.name = Some(s.to_vec()),
                None => return Err(th.arg_error(1, "field 'name' must be a string")),
            }
        }
        options.daemon = th.raw_get_str(t, "daemon").truthy();
        options.quiet = th.raw_get_str(t, "quiet").truthy();
        th.remove(1);
    } else {
        th.check_type(1, Type::Function)?;
    }
    if options.quiet {
        options.body = quiet_body;
    }
    Ok(options)
}

/// As `take_options` for `s:run([opts,] fn, ...)`, whose argument 1 is the scope and stays there.
pub fn take_scope_options(th: &Thread, body: luas_vm::native::NativeFn) -> Result<SpawnOptions> {
    let mut name = None;
    let n = if let Some(t) = th.arg(2).as_table() {
        name = th.raw_get_str(t, "name").as_bytes().map(<[u8]>::to_vec);
        3
    } else {
        2
    };
    th.check_type(n, Type::Function)?;
    if n == 3 {
        th.remove(2);
    }
    Ok(SpawnOptions { name, daemon: false, quiet: true, body })
}

/// What a quiet thread runs.
fn quiet_body(th: &mut Thread) -> Result<u32> {
    th.call(th.top() - 1, ALL)?;
    Ok(th.top() as u32)
}

/// What any other thread runs: its error is reported before the thread ends.
fn loud_body(th: &mut Thread) -> Result<u32> {
    // Upvalue of the handler: a table for the traceback, which must not replace the error value.
    let note = th.new_table(1, 0)?;
    th.push(note.into());
    th.insert(1);
    th.push(th.at(1));
    let handler = th.new_native("traceback", note_traceback, 1)?;
    th.push(handler);
    th.insert(2);
    let nargs = th.top() - 3;
    if th.xpcall(nargs, ALL, 2)? {
        return Ok(th.top() as u32 - 2);
    }
    let error = th.top() as i32;
    if !was_cancelled(th, th.at(error)) {
        report_with_hook(th, error)?;
    }
    Err(th.throw(th.at(error)))
}

/// Whether this thread ends by `error` because it was asked to.
pub fn was_cancelled(th: &Thread, error: Val<'_>) -> bool {
    th.core().cancel_requested() && th.is_cancel_error(error)
}

fn note_traceback(th: &mut Thread) -> Result<u32> {
    let text = th.traceback(None, None, 1)?;
    if let Some(note) = th.upvalue(1).as_table()
        && let Ok(text) = th.new_bytes(&text)
    {
        th.raw_set_int(note, 1, text)?;
    }
    th.ret(th.arg(1))
}

/// Calls `threads.onerror(t, error, traceback)`; the traceback lies in the table at 1.
fn report_with_hook(th: &mut Thread, error: i32) -> Result<()> {
    let hook = match th.raw_get_str(th.registry(), LIBRARY).as_table() {
        Some(lib) => th.raw_get_str(lib, "onerror"),
        None => Val::NIL,
    };
    let hook = if hook.is_nil() { th.new_native("onerror", report, 0)? } else { hook };
    th.push(hook);
    th.push(th.current_thread()?);
    th.push(th.at(error));
    let traceback = th.at(1).as_table().map_or(Val::NIL, |t| th.raw_get_int(t, 1));
    th.push(traceback);
    if !th.pcall(3, 0)? {
        let mut text = b"luas: error in threads.onerror: ".to_vec();
        message(th, -1, &mut text);
        text.push(b'\n');
        th.blocking(|| write_stderr(&text));
        th.pop(1);
    }
    Ok(())
}

/// onerror(t, error, traceback) as it is at first: prints all in one piece on the standard error stream.
pub fn report(th: &mut Thread) -> Result<u32> {
    let mut text = b"luas: thread '".to_vec();
    match th.arg(1).as_userdata::<ThreadHandle>() {
        Some(h) => text.extend(h.core().name()),
        None => text.push(b'?'),
    }
    text.extend(b"': ");
    th.set_top(3);
    if message(th, 2, &mut text)
        && let Some(traceback) = th.at(3).as_bytes()
    {
        text.push(b'\n');
        text.extend(traceback);
    }
    text.push(b'\n');
    th.blocking(|| write_stderr(&text));
    Ok(0)
}

/// Appends the error value at `i` as the stand-alone program shows it; false when it speaks for itself, so that a
/// traceback would be too much.
fn message(th: &mut Thread, i: i32, text: &mut Vec<u8>) -> bool {
    let v = th.at(i);
    if let Some(s) = v.as_bytes() {
        text.extend(s);
        return true;
    }
    if v.type_of() == Type::Number || th.metamethod(v, Event::ToString).is_some() {
        let plain = v.type_of() == Type::Number;
        th.push(v);
        let native = th.new_native("tostring", call_tostring, 0);
        match native {
            Ok(f) => th.push(f),
            Err(_) => th.push_nil(),
        }
        th.insert(-2);
        // The value's own __tostring may fail: that is no reason to lose the report.
        let ok = th.pcall(1, 1);
        match (ok, th.at(-1).as_bytes()) {
            (Ok(true), Some(s)) => text.extend(s),
            _ => text.extend(b"(error object without a message)"),
        }
        th.pop(1);
        return plain;
    }
    text.extend(format!("(error object is a {} value)", v.type_of().name()).as_bytes());
    true
}

fn call_tostring(th: &mut Thread) -> Result<u32> {
    th.to_string(1)?;
    Ok(1)
}

// ---- methods ---------------------------------------------------------------------------------------------------

fn core(th: &Thread) -> Result<&Arc<ThreadCore>> {
    Ok(th.check_userdata::<ThreadHandle>(1, NAME)?.core())
}

/// t:join(): the function's results, or its error.
fn join(th: &mut Thread) -> Result<u32> {
    core(th)?;
    th.join(1)
}

/// t:wait([timeout])
fn wait(th: &mut Thread) -> Result<u32> {
    let deadline = deadline(th, 2)?;
    let core = core(th)?.clone();
    if th.await_thread(&core, deadline, false)? { th.ret_bool(true) } else { fail(th, "timeout") }
}

/// t:status()
fn status(th: &mut Thread) -> Result<u32> {
    let status: Status = core(th)?.status();
    th.ret_bytes(status.name().as_bytes())
}

/// t:cancel([reason[, hard]])
fn cancel(th: &mut Thread) -> Result<u32> {
    let running = core(th)?.request_cancel(th, th.arg(1), th.arg(2), th.arg(3).truthy());
    th.ret_bool(running)
}

/// t:name([s])
fn name(th: &mut Thread) -> Result<u32> {
    let core = core(th)?;
    if th.arg(2).is_nil() {
        return th.ret_bytes(&core.name());
    }
    core.set_name(th.check_bytes(2)?);
    Ok(0)
}

/// t:id()
fn id(th: &mut Thread) -> Result<u32> {
    th.ret_int(core(th)?.id() as i64)
}

fn tostring(th: &mut Thread) -> Result<u32> {
    let core = core(th)?;
    let mut text = format!("thread {} '", core.id()).into_bytes();
    text.extend(core.name());
    text.push(b'\'');
    th.ret_bytes(&text)
}

fn cancel_tostring(th: &mut Thread) -> Result<u32> {
    let reason = th.raw_get_str(th.check_table(1)?, "reason");
    if reason.is_nil() {
        return th.ret_bytes(b"thread cancelled");
    }
    th.push_bytes(b"thread cancelled: ")?;
    let reason = th.raw_get_str(th.check_table(1)?, "reason");
    th.push(reason);
    th.to_string(-1)?;
    th.remove(-2);
    th.concat(2)?;
    Ok(1)
}
