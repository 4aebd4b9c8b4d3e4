//! Golden tests: the tokens, tree and bytecode of each program in `golden/`, kept beside it.
//!
//! `UPDATE_GOLDEN=1 cargo test -p luas-compiler` writes them anew.

use std::fs;
use std::path::PathBuf;

use luas_compiler::{CompileError, compile, dump};

#[test]
fn every_stage_is_as_it_was() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut programs = 0;
    let mut different = Vec::new();
    for entry in fs::read_dir(&folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if path.extension().is_none_or(|extension| extension != "lua") {
            continue;
        }
        programs += 1;
        let source = fs::read(&path).expect("the program can be read");
        let name = format!("@{}", path.file_name().expect("a file has a name").display());
        let name = name.as_bytes();
        let code = compile(&source, name).map(|function| dump::bytecode(&function));
        let stages = [("tokens", dump::tokens(&source, name)), ("tree", dump::tree(&source, name)), ("bytecode", code)];
        for (stage, text) in stages {
            let text = text.unwrap_or_else(|CompileError { message }| String::from_utf8_lossy(&message).into_owned());
            let golden = path.with_extension(stage);
            if update {
                fs::write(&golden, text).expect("the golden file can be written");
            } else if fs::read_to_string(&golden).ok().as_deref() != Some(&text) {
                different.push(golden.display().to_string());
            }
        }
    }
    assert!(programs > 0, "there are no programs in {}", folder.display());
    assert!(different.is_empty(), "different (UPDATE_GOLDEN=1 rewrites them): {}", different.join(", "));
}
