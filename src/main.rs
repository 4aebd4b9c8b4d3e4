//! The `luas` program: runs scripts as `lua` does, and prints every stage of compilation.
//!
//! Promises: the options, exit codes and messages of `lua` 5.4. Leaves to others: everything about the language.
#![forbid(unsafe_code)]

mod options;

mod prompt;

mod line;

mod complete;
mod history;

mod compile;
mod dump;

use luas::{Lua, Thread};
use luas_vm::ffi::stdio::{CText, flush_stdout, write_stderr, write_stdout};
use luas_vm::native::{ALL, Result};
use luas_vm::value::{Type, Val};
use options::{Action, Options};
use std::process::ExitCode;
use std::sync::OnceLock;

/// What `luas -v` prints: ours, the language's, and whose that is.
const VERSION: &str = concat!("Luas ", env!("CARGO_PKG_VERSION"), "  Lua 5.4 with threads; Lua is by Lua.org, PUC-Rio");

/// The command line, for [`protected_main`].
struct Invocation {
    /// The program's name in messages.
    program: Vec<u8>,
    arguments: Vec<Vec<u8>>,
    options: Options,
}

static INVOCATION: OnceLock<Invocation> = OnceLock::new();

fn main() -> ExitCode {
    luas_vm::ffi::cenv::restore_broken_pipe();
    let arguments: Vec<Vec<u8>> = std::env::args_os().map(std::os::unix::ffi::OsStringExt::into_vec).collect();
    let program = arguments.first().filter(|name| !name.is_empty()).cloned().unwrap_or_else(|| b"luas".to_vec());
    let options = match options::parse(&arguments) {
        Ok(o) => o,
        Err(bad) => {
            options::print_usage(&program, &bad);
            return ExitCode::FAILURE;
        }
    };
    if let Some((stage, file)) = &options.dump {
        return dump::run(&program, stage, file.as_deref());
    }
    if let Some(files) = &options.check {
        return compile::check(&program, files);
    }
    if let Some(rest) = &options.compile {
        return compile::compile(&program, rest);
    }
    let Invocation { program, options, .. } = INVOCATION.get_or_init(|| Invocation { program, arguments, options });
    let mut lua = match Lua::bare() {
        Ok(lua) => lua,
        Err(e) => {
            report(program, &e.message);
            return ExitCode::FAILURE;
        }
    };
    let th = lua.thread();
    let ok = match th.new_native("main", protected_main, 0).map(|f| th.push(f)).and_then(|()| th.call(0, 1)) {
        Ok(()) => th.at(-1).truthy(),
        Err(e) => {
            let message = luas_vm::host::describe_error(th, th.error_value(e));
            report(program, &message);
            false
        }
    };
    th.set_top(0);
    // Ctrl-C also ends the wait for threads that are left.
    luas_vm::ffi::signal::catch_interrupt(th);
    let status = luas_vm::exit::finish_main(th, !ok);
    luas_vm::ffi::signal::release_interrupt();
    if options.feedback {
        flush_stdout();
        write_stderr(luas_vm::interpreter::feedback::listing(lua.thread().rec()).as_bytes());
    }
    drop(lua);
    flush_stdout();
    ExitCode::from(status as u8)
}

/// Everything runs inside this native function, so that tracebacks end in "[C]: in ?" as those of `lua` do. Returns
/// whether all went well; what is raised here (a prompt whose `__tostring` fails) is reported by `main`.
fn protected_main(th: &mut Thread) -> Result<u32> {
    let ok = match INVOCATION.get() {
        Some(Invocation { program, arguments, options }) => run(th, program, arguments, options)?,
        None => false,
    };
    th.ret_bool(ok)
}

/// Prints "program: message" on stderr; the message alone without a program.
fn report(program: &[u8], message: &[u8]) {
    let mut line = program.to_vec();
    if !program.is_empty() {
        line.extend_from_slice(b": ");
    }
    line.extend_from_slice(message);
    line.push(b'\n');
    flush_stdout();
    write_stderr(&line);
}

fn print_version() {
    write_stdout(format!("{VERSION}\n").as_bytes());
    flush_stdout();
}

/// Everything that the command line asks for; false when something failed (and was reported).
fn run(th: &mut Thread, program: &[u8], arguments: &[Vec<u8>], options: &Options) -> Result<bool> {
    if options.version {
        print_version();
    }
    if options.ignore_environment {
        // The libraries look at it as they open.
        th.raw_set_str(th.registry(), "LUA_NOENV", Val::bool(true))?;
    }
    luas_stdlib::open_all(th)?;
    set_arguments(th, arguments, options)?;
    // What `lua` chooses too.
    th.gc_set_generational(true);
    if !options.ignore_environment && !run_init(th, program) {
        return Ok(false);
    }
    for action in &options.actions {
        let done = match action {
            Action::Execute(code) => run_text(th, program, code, b"=(command line)"),
            Action::Require(spec) => {
                let (global, module) = match spec.iter().position(|&c| c == b'=') {
                    Some(i) => (&spec[..i], &spec[i + 1..]),
                    // The global is named without what follows a hyphen.
                    None => (&spec[..spec.iter().position(|&c| c == b'-').unwrap_or(spec.len())], &spec[..]),
                };
                require(th, program, global, module)?
            }
            Action::Warnings => {
                th.warn(b"@on", false);
                true
            }
        };
        if !done {
            return Ok(false);
        }
    }
    if let Some(script) = options.script {
        let name = &arguments[script];
        let from_stdin = name == b"-" && arguments[script - 1] != b"--";
        if !run_script(th, program, if from_stdin { None } else { Some(name) })? {
            return Ok(false);
        }
    }
    if options.interactive {
        return Ok(prompt::run(th));
    }
    if options.script.is_none() && !options.version && !options.runs_code() {
        if luas_vm::ffi::signal::stdin_is_terminal() {
            print_version();
            return Ok(prompt::run(th));
        }
        run_file(th, program, None);
    }
    Ok(true)
}

/// The global table `arg`.
fn set_arguments(th: &mut Thread, arguments: &[Vec<u8>], options: &Options) -> Result<()> {
    let script = options.script.unwrap_or(0);
    let t = th.new_table(arguments.len().saturating_sub(script + 1), script + 1)?;
    for (i, a) in arguments.iter().enumerate() {
        let v = th.new_bytes(a)?;
        th.raw_set_int(t, i as i64 - script as i64, v)?;
    }
    th.raw_set_str(th.globals(), "arg", t.into())
}

/// LUA_INIT_5_4 or LUA_INIT.
fn run_init(th: &mut Thread, program: &[u8]) -> bool {
    let found = ["LUA_INIT_5_4", "LUA_INIT"].into_iter().find_map(|n| std::env::var_os(n).map(|v| (n, v)));
    let Some((name, value)) = found else { return true };
    let value = std::os::unix::ffi::OsStringExt::into_vec(value);
    match value.strip_prefix(b"@") {
        Some(file) => run_file(th, program, Some(file)),
        None => run_text(th, program, &value, format!("={name}").as_bytes()),
    }
}

/// `global = require(module)`
fn require(th: &mut Thread, program: &[u8], global: &[u8], module: &[u8]) -> Result<bool> {
    push_global(th, b"require")?;
    th.push_bytes(module)?;
    if !call(th, program, 1, 1) {
        return Ok(false);
    }
    th.push(th.globals().into());
    th.insert(-2);
    th.push_bytes(global)?;
    th.insert(-2);
    th.set_table(-3)?;
    th.pop(1);
    Ok(true)
}

/// Pushes a global variable, with the metamethods of the global table.
fn push_global(th: &mut Thread, name: &[u8]) -> Result<()> {
    th.push(th.globals().into());
    th.push_bytes(name)?;
    th.get_table(-2)?;
    th.remove(-2);
    Ok(())
}

/// Whether loading went well; reports it otherwise.
fn check(th: &mut Thread, program: &[u8], loaded: Result<()>) -> bool {
    match loaded {
        Ok(()) => true,
        Err(e) => {
            let message = luas_vm::host::describe_error(th, th.error_value(e));
            report(program, &message);
            false
        }
    }
}

/// Runs a piece of source text.
fn run_text(th: &mut Thread, program: &[u8], code: &[u8], name: &[u8]) -> bool {
    let loaded = th.load(code, name).map(|f| th.push(f));
    check(th, program, loaded) && call(th, program, 0, 0)
}

/// Pushes the function of a file (None: standard input).
fn load_file(th: &mut Thread, file: Option<&[u8]>) -> Result<()> {
    match file.map(CText::new) {
        Some(None) => Err(th.error_plain("not enough memory")),
        Some(Some(name)) => luas_stdlib::base::load_file(th, Some(&name), b"bt"),
        None => luas_stdlib::base::load_file(th, None, b"bt"),
    }
}

/// Runs a file without arguments.
fn run_file(th: &mut Thread, program: &[u8], file: Option<&[u8]>) -> bool {
    let loaded = load_file(th, file);
    check(th, program, loaded) && call(th, program, 0, 0)
}

/// Runs the script with what the global `arg` says its arguments are.
fn run_script(th: &mut Thread, program: &[u8], file: Option<&[u8]>) -> Result<bool> {
    let below = th.top();
    let loaded = load_file(th, file);
    if !check(th, program, loaded) {
        return Ok(false);
    }
    push_global(th, b"arg")?;
    if th.at(-1).as_table().is_none() {
        return Err(th.error_plain("'arg' is not a table"));
    }
    let at = th.top() as i32;
    let count = usize::try_from(th.len(at)?).unwrap_or(0);
    if th.check_stack(count.saturating_add(4)).is_err() {
        return Err(th.error_plain("stack overflow (too many arguments to script)"));
    }
    for i in 1..=count {
        let argument = th.at(at).as_table().map(|t| th.raw_get_int(t, i as i64));
        th.push(argument.unwrap_or(Val::NIL));
    }
    th.remove(at);
    let ok = call(th, program, count, ALL);
    th.set_top(below);
    Ok(ok)
}

/// Calls the function below its arguments with a traceback on errors, which are reported; Ctrl-C interrupts it.
fn call(th: &mut Thread, program: &[u8], nargs: usize, nresults: i32) -> bool {
    let at = th.top() - nargs;
    let handler = match th.new_native("traceback", message_handler, 0) {
        Ok(v) => v,
        Err(e) => return check(th, program, Err(e)),
    };
    th.push(handler);
    th.insert(at as i32);
    luas_vm::ffi::signal::catch_interrupt(th);
    let r = th.xpcall(nargs, nresults, at as i32);
    // One that came at the very end, or while a function of C waited.
    let interrupted = th.safepoint();
    luas_vm::ffi::signal::release_interrupt();
    th.remove(at as i32);
    match r {
        Ok(true) => check(th, program, interrupted),
        _ => {
            let message = luas_vm::host::describe_error(th, th.at(-1));
            report(program, &message);
            th.pop(1);
            false
        }
    }
}

/// Turns an error value into a message with a traceback, as the handler of `lua` does.
fn message_handler(th: &mut Thread) -> Result<u32> {
    let v = th.arg(1);
    let message = match v.as_bytes() {
        Some(s) => s.to_vec(),
        None if v.type_of() == Type::Number => luas_vm::host::describe_error(th, v),
        None => {
            if let Some(f) = th.metafield(v, "__tostring") {
                th.push(f);
                th.push(th.arg(1));
                th.call(1, 1)?;
                if th.at(-1).as_bytes().is_some() {
                    return Ok(1);
                }
            }
            format!("(error object is a {} value)", th.arg(1).type_of().name()).into_bytes()
        }
    };
    let text = th.traceback(None, Some(&message), 1)?;
    th.ret_bytes(&text)
}
