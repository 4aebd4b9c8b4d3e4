//! `luas --dump=STAGE FILE`: the stages of compilation as text; `luas --dump=build`: how the program was built.

use std::process::ExitCode;

/// Prints one stage of a file's compilation.
pub fn run(program: &[u8], stage: &str, file: Option<&[u8]>) -> ExitCode {
    if stage == "build" {
        let dispatch = if luas_vm::interpreter::TAIL_CALLS { "tail" } else { "loop" };
        let profile = if cfg!(debug_assertions) { "checked" } else { "release" };
        luas_vm::ffi::stdio::write_stdout(format!("dispatch={dispatch}\nprofile={profile}\n").as_bytes());
        luas_vm::ffi::stdio::flush_stdout();
        return ExitCode::SUCCESS;
    }
    let Some(file) = file else {
        super::report(program, b"'--dump' needs a file");
        return ExitCode::FAILURE;
    };
    let path: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(file);
    let source = match std::fs::read(path) {
        Ok(s) => s,
        Err(e) => {
            super::report(program, format!("cannot open {}: {e}", path.display()).as_bytes());
            return ExitCode::FAILURE;
        }
    };
    let mut name = b"@".to_vec();
    name.extend_from_slice(file);
    let source = luas_stdlib::base::skip_first_line(&source);
    let text = match stage {
        "tokens" => luas_compiler::dump::tokens(source, &name),
        "tree" => luas_compiler::dump::tree(source, &name),
        "bytecode" => luas_compiler::compile(source, &name).map(|f| luas_compiler::dump::bytecode(&f)),
        _ => {
            super::report(program, format!("unknown stage '{stage}' (tokens, tree, bytecode or build)").as_bytes());
            return ExitCode::FAILURE;
        }
    };
    match text {
        Ok(t) => {
            luas_vm::ffi::stdio::write_stdout(t.as_bytes());
            luas_vm::ffi::stdio::flush_stdout();
            ExitCode::SUCCESS
        }
        Err(e) => {
            super::report(program, &e.message);
            ExitCode::FAILURE
        }
    }
}
