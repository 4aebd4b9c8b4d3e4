//! `luas --check FILE...`: compiles files without running them, as `luac -p` does.

use luas::Lua;
use std::process::ExitCode;

/// Reports what is wrong with each file; success when nothing is.
pub fn run(program: &[u8], files: &[Vec<u8>]) -> ExitCode {
    if files.is_empty() {
        super::report(program, b"'--check' needs files");
        return ExitCode::FAILURE;
    }
    let mut failed = false;
    for file in files {
        let loaded = Lua::bare().and_then(|mut lua| {
            let file = if file == b"-" { None } else { Some(&file[..]) };
            lua.with(|th| super::load_file(th, file))
        });
        if let Err(e) = loaded {
            super::report(program, &e.message);
            failed = true;
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
