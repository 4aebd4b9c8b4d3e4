//! The debug library.
//!
//! Functions that look at a stack take a coroutine as an optional first argument, which shifts the others.
//! One that runs in another thread is refused.

use luas_vm::control;
use luas_vm::ffi::stdio::{Buffer, CFile, write_stderr};
use luas_vm::hook::{HOOK_CALL, HOOK_COUNT, HOOK_LINE, HOOK_RETURN};
use luas_vm::native::Result;
use luas_vm::thread::Thread;
use luas_vm::value::{Type, Val};

/// What `setcstacklimit` reports; the limit itself does not exist any more.
const C_STACK_LIMIT: i64 = 200;

/// Makes the library.
pub fn open(th: &mut Thread) -> Result<()> {
    let library = th.new_table(0, 24)?;
    th.register(
        library,
        &[
            ("traceback", traceback),
            ("getinfo", get_info),
            ("getlocal", get_local),
            ("setlocal", set_local),
            ("getupvalue", get_upvalue),
            ("setupvalue", set_upvalue),
            ("upvalueid", upvalue_id),
            ("upvaluejoin", upvalue_join),
            ("getmetatable", get_metatable),
            ("setmetatable", set_metatable),
            ("getuservalue", get_user_value),
            ("setuservalue", set_user_value),
            ("getregistry", get_registry),
            ("gethook", get_hook),
            ("sethook", set_hook),
            ("setcstacklimit", set_c_stack_limit),
            ("debug", debug),
        ],
    )?;
    crate::publish_library(th, "debug", library)
}

// ---- stacks ------------------------------------------------------------------------------------------------------

/// The coroutine given as argument 1, if there is one.
fn coroutine(th: &Thread) -> Option<Val<'_>> {
    Some(th.arg(1)).filter(|v| v.type_of() == Type::Coroutine)
}

/// How far a coroutine as argument 1 shifts the other arguments.
fn shift(th: &Thread) -> usize {
    usize::from(coroutine(th).is_some())
}

/// A level of a stack; `None` when it is negative or beyond any stack. C takes the low 32 bits.
fn check_level(th: &Thread, n: usize) -> Result<Option<usize>> {
    Ok(usize::try_from(th.check_int(n)? as i32).ok())
}

/// `traceback([coroutine,] message, level)`: a message that is neither a string nor nil is returned as it is.
fn traceback(th: &mut Thread) -> Result<u32> {
    let shift = shift(th);
    let message = th.arg(shift + 1);
    if !matches!(message.type_of(), Type::String | Type::Number | Type::None | Type::Nil) {
        return th.ret(message);
    }
    // Level 1 leaves out `traceback` itself, which is on the stack of the running coroutine only.
    let default = i64::from(shift == 0 || is_running(th)?);
    let level = th.opt_int(shift + 2, default)? as i32;
    let has_message = !th.arg(shift + 1).is_nil();
    let message = if has_message { Some(th.check_bytes(shift + 1)?) } else { None };
    // Below level 0 there is nothing, as in PUC Lua.
    let level = usize::try_from(level).unwrap_or(i32::MAX as usize);
    // The message is a C string to PUC Lua: it ends at its first NUL.
    let message = message.and_then(|m| m.split(|b| *b == 0).next());
    let text = th.traceback(coroutine(th), message, level)?;
    th.ret_bytes(&text)
}

/// Whether argument 1 is the running coroutine.
fn is_running(th: &mut Thread) -> Result<bool> {
    let before = th.top();
    control::co_running(th)?;
    let same = th.at(before as i32 + 1).same(th.arg(1));
    th.set_top(before);
    Ok(same)
}

/// `getinfo([coroutine,] level or function, what)`.
fn get_info(th: &mut Thread) -> Result<u32> {
    let shift = shift(th);
    let options = th.opt_bytes(shift + 2, b"flnSrtu")?;
    if options.first() == Some(&b'>') {
        return Err(th.arg_error(shift + 2, "invalid option '>'"));
    }
    let wants = |option: u8| options.contains(&option);
    let subject = th.arg(shift + 1);
    // The function goes to the top of the stack when it is asked for.
    let info = if subject.is_function() {
        if wants(b'f') {
            th.push(subject);
        }
        th.function_info(subject, options)
    } else {
        let Some(level) = check_level(th, shift + 1)? else { return th.ret_nil() };
        match th.frame_info(coroutine(th), level, options)? {
            Some(info) => info,
            None => return th.ret_nil(),
        }
    };
    if !options.iter().all(|option| b"SlnrutLf".contains(option)) {
        return Err(th.arg_error(shift + 2, "invalid option"));
    }
    let result = th.new_table(0, 16)?;
    let set_bytes = |key: &str, bytes: &[u8]| th.raw_set_str(result, key, th.new_bytes(bytes)?);
    let set_int = |key: &str, i: i64| th.raw_set_str(result, key, th.new_int(i)?);
    let set_bool = |key: &str, b: bool| th.raw_set_str(result, key, Val::bool(b));
    if wants(b'S') {
        set_bytes("source", &info.source)?;
        set_bytes("short_src", &info.short_src)?;
        set_bytes("what", info.what.as_bytes())?;
        set_int("linedefined", info.line_defined)?;
        set_int("lastlinedefined", info.last_line_defined)?;
    }
    if wants(b'l') {
        set_int("currentline", info.current_line)?;
    }
    if wants(b'u') {
        set_int("nups", i64::from(info.nups))?;
        set_int("nparams", i64::from(info.num_params))?;
        set_bool("isvararg", info.is_vararg)?;
    }
    if wants(b'n') {
        if let Some(name) = &info.name {
            set_bytes("name", name)?;
        }
        set_bytes("namewhat", info.name_what.as_bytes())?;
    }
    if wants(b'r') {
        set_int("ftransfer", i64::from(info.transfer.0))?;
        set_int("ntransfer", i64::from(info.transfer.1))?;
    }
    if wants(b't') {
        set_bool("istailcall", info.is_tail_call)?;
    }
    if wants(b'L') && info.what != "C" {
        let lines = th.new_table(0, info.active_lines.len())?;
        for &line in &info.active_lines {
            th.raw_set_int(lines, i64::from(line), Val::TRUE)?;
        }
        th.raw_set_str(result, "activelines", lines.into())?;
    }
    if wants(b'f') {
        th.raw_set_str(result, "func", th.at(-1))?;
    }
    th.ret(result.into())
}

/// `getlocal([coroutine,] level or function, n)`: name and value of a variable; of a function, names of parameters.
fn get_local(th: &mut Thread) -> Result<u32> {
    let shift = shift(th);
    let n = i64::from(th.check_int(shift + 2)? as i32);
    let subject = th.arg(shift + 1);
    if subject.is_function() {
        return match th.param_name(subject, n) {
            Some(name) => th.ret_bytes(&name),
            None => th.ret_nil(),
        };
    }
    let level = check_frame(th, shift)?;
    match th.get_local(coroutine(th), level, n)? {
        Some(name) => {
            th.push_bytes(&name)?;
            th.insert(-2);
            Ok(2)
        }
        None => th.ret_nil(),
    }
}

/// `setlocal([coroutine,] level, n, value)`: the variable's name, or nil when there is none.
fn set_local(th: &mut Thread) -> Result<u32> {
    let shift = shift(th);
    // Both numbers are checked before the level is looked at.
    th.check_int(shift + 1)?;
    let n = i64::from(th.check_int(shift + 2)? as i32);
    let level = check_frame(th, shift)?;
    th.push(th.check_any(shift + 3)?);
    match th.set_local(coroutine(th), level, n)? {
        Some(name) => th.ret_bytes(&name),
        None => th.ret_nil(),
    }
}

/// The level given in the first argument after the coroutine; "level out of range" unless a function is active there.
fn check_frame(th: &Thread, shift: usize) -> Result<usize> {
    if let Some(level) = check_level(th, shift + 1)?
        && th.frame_info(coroutine(th), level, b"")?.is_some()
    {
        return Ok(level);
    }
    Err(th.arg_error(shift + 1, "level out of range"))
}

// ---- upvalues ----------------------------------------------------------------------------------------------------

/// An upvalue's number. C takes the low 32 bits.
fn check_upvalue(th: &Thread, function: usize, n: usize) -> Result<i64> {
    let number = i64::from(th.check_int(n)? as i32);
    th.check_type(function, Type::Function)?;
    Ok(number)
}

/// `getupvalue(f, n)`: name and value of an upvalue; nothing when there is none.
fn get_upvalue(th: &mut Thread) -> Result<u32> {
    let n = check_upvalue(th, 1, 2)?;
    match th.get_upvalue(th.arg(1), n) {
        Some(name) => {
            th.push_bytes(&name)?;
            th.insert(-2);
            Ok(2)
        }
        None => Ok(0),
    }
}

/// `setupvalue(f, n, value)`: the upvalue's name; nothing when there is none.
fn set_upvalue(th: &mut Thread) -> Result<u32> {
    th.check_any(3)?;
    let n = check_upvalue(th, 1, 2)?;
    match th.set_upvalue_of(th.arg(1), n, th.arg(3)) {
        Some(name) => th.ret_bytes(&name),
        None => Ok(0),
    }
}

/// `upvalueid(f, n)`: a light userdata that is the same for upvalues which are one variable; nil when there is none.
fn upvalue_id(th: &mut Thread) -> Result<u32> {
    let n = check_upvalue(th, 1, 2)?;
    match th.upvalue_id(th.arg(1), n) {
        Some(id) => th.ret(th.new_light(id)?),
        None => th.ret_nil(),
    }
}

/// `upvaluejoin(f1, n1, f2, n2)`: makes an upvalue of `f1` the variable that an upvalue of `f2` is.
fn upvalue_join(th: &mut Thread) -> Result<u32> {
    let mut numbers = [0; 2];
    for (number, function) in numbers.iter_mut().zip([1, 3]) {
        *number = check_upvalue(th, function, function + 1)?;
        if th.upvalue_id(th.arg(function), *number).is_none() {
            return Err(th.arg_error(function + 1, "invalid upvalue index"));
        }
    }
    for function in [1, 3] {
        if th.arg(function).is_native() {
            return Err(th.arg_error(function, "Lua function expected"));
        }
    }
    th.upvalue_join(th.arg(1), numbers[0], th.arg(3), numbers[1]);
    Ok(0)
}

// ---- metatables, user values, registry -----------------------------------------------------------------------------

/// The metatable, whatever its field "__metatable" says.
fn get_metatable(th: &mut Thread) -> Result<u32> {
    match th.metatable(th.check_any(1)?) {
        Some(meta) => th.ret(meta.into()),
        None => th.ret_nil(),
    }
}

/// Sets the metatable of any value (of a type, for values other than tables and userdata); returns the value.
fn set_metatable(th: &mut Thread) -> Result<u32> {
    let meta = th.arg(2);
    if meta.as_table().is_none() && !(meta.is_nil() && th.has_arg(2)) {
        return Err(th.type_error(2, "nil or table"));
    }
    th.set_metatable(th.arg(1), meta.as_table())?;
    th.ret(th.arg(1))
}

/// `getuservalue(u, n)`: a userdata's value and true; nil when it has none of that number.
fn get_user_value(th: &mut Thread) -> Result<u32> {
    let n = th.opt_int(2, 1)?;
    let u = th.arg(1);
    if u.type_of() != Type::Userdata {
        return th.ret_nil();
    }
    match usize::try_from(n).ok().and_then(|n| th.user_value(u, n)) {
        Some(v) => {
            th.push(v);
            th.push_bool(true);
            Ok(2)
        }
        None => th.ret_nil(),
    }
}

/// `setuservalue(u, value, n)`: the userdata; nil when it has no value of that number.
fn set_user_value(th: &mut Thread) -> Result<u32> {
    let n = th.opt_int(3, 1)?;
    th.check_type(1, Type::Userdata)?;
    let v = th.check_any(2)?;
    let u = th.arg(1);
    if usize::try_from(n).is_ok_and(|n| th.set_user_value(u, n, v)) { th.ret(u) } else { th.ret_nil() }
}

fn get_registry(th: &mut Thread) -> Result<u32> {
    th.ret(th.registry().into())
}

// ---- hooks and the rest ----------------------------------------------------------------------------------------------

/// The letters of masks.
const EVENTS: [(u8, u32); 3] = [(b'c', HOOK_CALL), (b'r', HOOK_RETURN), (b'l', HOOK_LINE)];

/// `gethook([coroutine])`: hook, mask and count; nil when there is none.
fn get_hook(th: &mut Thread) -> Result<u32> {
    let Some((function, mask, count)) = th.hook(coroutine(th))? else { return th.ret_nil() };
    th.push(function);
    let letters: Vec<u8> = EVENTS.iter().filter(|(_, bit)| mask & bit != 0).map(|&(letter, _)| letter).collect();
    th.push_bytes(&letters)?;
    th.push_int(i64::from(count))?;
    Ok(3)
}

/// `sethook([coroutine,] hook, mask, count)`: `hook` is called at events in that coroutine; no hook, or no event to
/// call it at, removes the one there is.
fn set_hook(th: &mut Thread) -> Result<u32> {
    let shift = shift(th);
    if th.arg(shift + 1).is_nil() {
        th.set_hook(coroutine(th), Val::NIL, 0, 0)?;
        return Ok(0);
    }
    let letters = th.check_bytes(shift + 2)?;
    let mut mask = EVENTS.iter().filter(|(letter, _)| letters.contains(letter)).fold(0, |mask, (_, bit)| mask | bit);
    th.check_type(shift + 1, Type::Function)?;
    let count = th.opt_int(shift + 3, 0)? as i32;
    if count > 0 {
        mask |= HOOK_COUNT;
    }
    th.set_hook(coroutine(th), th.arg(shift + 1), mask, count)?;
    Ok(0)
}

fn set_c_stack_limit(th: &mut Thread) -> Result<u32> {
    th.check_int(1)?;
    th.ret_int(C_STACK_LIMIT)
}

/// Runs lines from standard input until its end or a line `cont`.
fn debug(th: &mut Thread) -> Result<u32> {
    let input = CFile::standard_input();
    let mut line = Buffer::take();
    loop {
        let read = th.blocking(|| {
            write_stderr(b"lua_debug> ");
            input.read_line(true, true, &mut line)
        });
        if !matches!(read, Some(Ok(true))) || line.bytes() == b"cont\n" {
            return Ok(0);
        }
        let succeeded = match th.load(line.bytes(), b"=(debug command)") {
            Ok(function) => {
                th.push(function);
                th.pcall(0, 0)?
            }
            Err(e) => {
                th.push(th.error_value(e));
                false
            }
        };
        if !succeeded {
            th.to_string(-1)?;
            let mut message = th.at(-1).as_bytes().unwrap_or_default().to_vec();
            message.push(b'\n');
            write_stderr(&message);
        }
        th.set_top(0);
    }
}
