//! The `luas` program: runs scripts as `lua` does, and prints every stage of compilation.
//!
//! Promises: the options, exit codes and messages of `lua` 5.4. Leaves to others: everything about the language.
#![forbid(unsafe_code)]

mod dump;
mod options;
mod prompt;

use luas::{Lua, Thread};
use luas_vm::native::Result;
use luas_vm::value::Type;
use options::{Action, Options};
use std::process::ExitCode;
use std::sync::OnceLock;

/// What `luas -v` prints.
const VERSION: &str = concat!("Luas ", env!("CARGO_PKG_VERSION"), "  (Lua 5.4)");

/// The command line, for [`protected_main`].
struct Invocation {
    program: Vec<u8>,
    arguments: Vec<Vec<u8>>,
    options: Options,
}

static INVOCATION: OnceLock<Invocation> = OnceLock::new();

fn main() -> ExitCode {
    luas_vm::ffi::cenv::restore_broken_pipe();
    let arguments: Vec<Vec<u8>> = std::env::args_os().map(std::os::unix::ffi::OsStringExt::into_vec).collect();
    let program = arguments.first().cloned().unwrap_or_else(|| b"luas".to_vec());
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
    let Invocation { program, .. } = INVOCATION.get_or_init(|| Invocation { program, arguments, options });
    let mut lua = match Lua::new() {
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
    let status = luas_vm::exit::finish_main(th, !ok);
    drop(lua);
    luas_vm::ffi::stdio::flush_stdout();
    ExitCode::from(status as u8)
}

/// Everything runs inside this native function, so that tracebacks end in "[C]: in ?" as those of `lua` do. Returns
/// whether all went well.
fn protected_main(th: &mut Thread) -> Result<u32> {
    // What `lua` chooses too.
    th.gc_set_generational(true);
    let ok = match INVOCATION.get() {
        Some(Invocation { program, arguments, options }) => run(th, program, arguments, options),
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
    luas_vm::ffi::stdio::flush_stdout();
    luas_vm::ffi::stdio::write_stderr(&line);
}

/// Everything that the command line asks for; false when something failed (and was reported).
fn run(th: &mut Thread, program: &[u8], arguments: &[Vec<u8>], options: &Options) -> bool {
    if options.version {
        luas_vm::ffi::stdio::write_stdout(format!("{VERSION}\n").as_bytes());
    }
    if options.warnings {
        th.warn(b"@on", false);
    }
    let prepared = set_arguments(th, arguments, options);
    if !check(th, program, prepared) {
        return false;
    }
    if !options.ignore_environment && !run_init(th, program) {
        return false;
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
                require(th, program, global, module)
            }
        };
        if !done {
            return false;
        }
    }
    if let Some(script) = options.script {
        let name = &arguments[script];
        let from_stdin = name == b"-" && (script == 0 || arguments[script - 1] != b"--");
        if !run_script(th, program, if from_stdin { None } else { Some(name) }, script_arguments(arguments, script)) {
            return false;
        }
    }
    if options.interactive {
        return prompt::run(th);
    }
    if options.script.is_none() && options.actions.is_empty() && !options.version {
        if luas_vm::ffi::signal::stdin_is_terminal() {
            luas_vm::ffi::stdio::write_stdout(format!("{VERSION}\n").as_bytes());
            return prompt::run(th);
        }
        return run_script(th, program, None, &[]);
    }
    true
}

fn script_arguments(arguments: &[Vec<u8>], script: usize) -> &[Vec<u8>] {
    &arguments[script + 1..]
}

/// Reports a raised error that did not come through [`call`].
fn check(th: &mut Thread, program: &[u8], r: Result<()>) -> bool {
    match r {
        Ok(()) => true,
        Err(e) => {
            let v = th.error_value(e);
            let message = luas_vm::host::describe_error(th, v);
            report(program, &message);
            th.set_top(0);
            false
        }
    }
}

/// The global table `arg`.
fn set_arguments(th: &mut Thread, arguments: &[Vec<u8>], options: &Options) -> Result<()> {
    let script = options.script.unwrap_or(0);
    let t = th.new_table(arguments.len().saturating_sub(script), script + 1)?;
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
        Some(file) => run_script(th, program, Some(file), &[]),
        None => run_text(th, program, &value, format!("={name}").as_bytes()),
    }
}

/// `global = require(module)`
fn require(th: &mut Thread, program: &[u8], global: &[u8], module: &[u8]) -> bool {
    let f = th.raw_get_str(th.globals(), "require");
    th.push(f);
    let named = th.push_bytes(module);
    if !check(th, program, named) || !call(th, program, 1, 1) {
        return false;
    }
    let set = th.atom(global).and_then(|key| th.raw_set(th.globals(), key, th.at(-1)));
    th.pop(1);
    check(th, program, set)
}

/// Runs a piece of source text.
fn run_text(th: &mut Thread, program: &[u8], code: &[u8], name: &[u8]) -> bool {
    let loaded = th.load(code, name).map(|f| th.push(f));
    check(th, program, loaded) && call(th, program, 0, 0)
}

/// Runs a file (None: standard input) with arguments.
fn run_script(th: &mut Thread, program: &[u8], file: Option<&[u8]>, arguments: &[Vec<u8>]) -> bool {
    let loaded = match file.map(luas_vm::ffi::stdio::CText::new) {
        Some(None) => Err(th.error_plain("not enough memory")),
        Some(Some(name)) => luas_stdlib::base::load_file(th, Some(&name), b"bt"),
        None => luas_stdlib::base::load_file(th, None, b"bt"),
    };
    if !check(th, program, loaded) {
        return false;
    }
    let pushed = th.check_stack(arguments.len() + 4).and_then(|()| {
        for a in arguments {
            th.push_bytes(a)?;
        }
        Ok(())
    });
    check(th, program, pushed) && call(th, program, arguments.len(), 0)
}

/// Calls the function below its arguments with a traceback on errors, which are reported.
fn call(th: &mut Thread, program: &[u8], nargs: usize, nresults: i32) -> bool {
    let at = th.top() - nargs;
    let handler = match th.new_native("traceback", message_handler, 0) {
        Ok(v) => v,
        Err(_) => return false,
    };
    th.push(handler);
    th.insert(at as i32);
    luas_vm::ffi::signal::catch_interrupt(th);
    let r = th.xpcall(nargs, nresults, at as i32);
    luas_vm::ffi::signal::release_interrupt();
    th.remove(at as i32);
    match r {
        Ok(true) => true,
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
        None => {
            if th.metafield(v, "__tostring").is_some() {
                th.to_string(1)?;
                return Ok(1);
            }
            if v.type_of() == Type::Number {
                luas_vm::host::describe_error(th, v)
            } else {
                format!("(error object is a {} value)", String::from_utf8_lossy(&th.type_name(v))).into_bytes()
            }
        }
    };
    let text = th.traceback(None, Some(&message), 1);
    th.ret_bytes(&text)
}
