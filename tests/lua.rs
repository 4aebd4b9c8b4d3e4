//! Every program in `tests/lua` prints what the reference implementation printed (`NAME.out`).
//!
//! The same programs run under the torture modes of the checked build, where they must print the same again.
//! `LUAS_BLESS=1` writes the expected files anew with `lua5.4`; `LUAS_ONLY=text` runs only files whose name has it.

#[path = "harness/run.rs"]
mod run;

use run::{all, difference, directives, files, folder, lua54, luas, stem};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

fn programs() -> Vec<PathBuf> {
    let only = std::env::var("LUAS_ONLY").unwrap_or_default();
    files(&folder("lua"), "lua").into_iter().filter(|p| stem(p).contains(&only)).collect()
}

/// Runs one program from its folder, so that chunk names are bare file names, and compares its output.
fn same(mut command: Command, path: &Path, limit: Duration) -> Result<(), String> {
    command.current_dir(folder("lua")).arg(path.file_name().expect("a file"));
    let expected = std::fs::read(path.with_extension("out")).map_err(|e| format!("no expected output: {e}"))?;
    let done = run::run(&mut command, b"", limit);
    if let Some(d) = difference(&expected, &done.stdout) {
        return Err(format!("{}, {d}\n{}", done.ending(), done.err()));
    }
    if done.timed_out || done.status != Some(0) {
        return Err(format!("{}\n{}", done.ending(), done.err()));
    }
    Ok(())
}

#[test]
fn as_the_reference() {
    all("lua", &programs(), |p| stem(p), |p| same(luas(), p, Duration::from_secs(300)));
}

#[test]
fn expected_files_are_the_references() {
    if lua54().is_none() {
        println!("skipped: no lua5.4 on this machine");
        return;
    }
    if std::env::var_os("LUAS_BLESS").is_some() {
        for path in programs() {
            let mut command = lua54().expect("seen above");
            command.current_dir(folder("lua")).arg(path.file_name().expect("a file"));
            let done = run::run(&mut command, b"", Duration::from_secs(120));
            assert!(done.status == Some(0), "{}: {}", path.display(), done.err());
            std::fs::write(path.with_extension("out"), done.stdout).expect("a writable folder");
        }
    }
    all("lua5.4", &programs(), |p| stem(p), |p| same(lua54().expect("seen above"), p, Duration::from_secs(120)));
}

/// Runs everything under one torture mode. Files marked `-- torture: light` do much work and are collected rarely;
/// those marked `deep` fill stacks, which moving at each call would make quadratic.
fn torture(mode: &str) {
    if !cfg!(debug_assertions) {
        println!("skipped: torture modes exist in checked builds only");
        return;
    }
    all(
        mode,
        &programs(),
        |p| stem(p),
        |p| {
            let kinds = directives(p, "torture");
            let marked = |kind: &str| kinds.iter().any(|k| k == kind);
            if marked("off") {
                return Ok(());
            }
            let mut words: Vec<&str> = mode.split(',').collect();
            if marked("light") {
                words.iter_mut().filter(|w| **w == "gc=7").for_each(|w| *w = "gc=20011");
            }
            if marked("deep") {
                words.retain(|w| *w != "stack");
            }
            let mut command = luas();
            command.env("LUAS_TORTURE", words.join(","));
            same(command, p, Duration::from_secs(600))
        },
    );
}

#[test]
fn under_frequent_collection() {
    torture("gc=7");
}

#[test]
fn published_at_birth() {
    torture("publish");
}

#[test]
fn with_moving_stacks() {
    torture("stack");
}

#[test]
fn under_everything_at_once() {
    torture("gc=7,publish,stack");
}
