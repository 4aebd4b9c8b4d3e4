//! `luas --check FILE...` compiles files without running them, as `luac -p` does; `luas --compile [-s] -o OUT FILE`
//! writes the binary chunk of a file, as `luac` does.

use crate::report;
use luas::{Lua, LuaError};
use std::process::ExitCode;

/// Reports what is wrong with each file; success when nothing is.
pub fn check(program: &[u8], files: &[Vec<u8>]) -> ExitCode {
    if files.is_empty() {
        report(program, b"'--check' needs files");
        return ExitCode::FAILURE;
    }
    let mut failed = false;
    for file in files {
        if let Err(e) = binary(file, false) {
            report(program, &e.message);
            failed = true;
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Writes the binary chunk of a file; the arguments are those after `--compile`.
pub fn compile(program: &[u8], arguments: &[Vec<u8>]) -> ExitCode {
    let mut strip = false;
    let (mut out, mut file) = (None, None);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match &argument[..] {
            b"-s" => strip = true,
            b"-o" => out = rest.next(),
            _ if file.is_none() => file = Some(argument),
            _ => file = None,
        }
    }
    let (Some(out), Some(file)) = (out, file) else {
        report(program, b"'--compile' needs '-o OUT' and one file");
        return ExitCode::FAILURE;
    };
    let path: &std::path::Path =
        std::path::Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(out));
    let message = match binary(file, strip) {
        Err(e) => e.message,
        Ok(chunk) => match std::fs::write(path, chunk) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(e) => format!("cannot write {}: {e}", path.display()).into_bytes(),
        },
    };
    report(program, &message);
    ExitCode::FAILURE
}

/// The binary chunk of a file ('-': standard input).
fn binary(file: &[u8], strip: bool) -> Result<Vec<u8>, LuaError> {
    Lua::bare()?.with(|th| {
        super::load_file(th, if file == b"-" { None } else { Some(file) })?;
        Ok(th.dump(th.at(-1), strip)?.unwrap_or_default())
    })
}
