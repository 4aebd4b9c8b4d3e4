//! The programs of benches/threads and the script that measures them keep working: with 1, 2 and 4 threads each gives
//! the same checksum.

#[path = "harness/run.rs"]
mod run;

use run::{Finished, files, luas, run, stem};
use std::path::{Path, PathBuf};
use std::time::Duration;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/threads")
}

fn scale(arguments: &[&str]) -> Finished {
    run(luas().arg(folder().join("scale.lua")).args(arguments), b"", Duration::from_secs(300))
}

#[test]
fn numbers_of_threads_agree() {
    let quick = scale(&["-q"]);
    assert_eq!(quick.status, Some(0), "{}: {}{}", quick.ending(), quick.out(), quick.err());
    let programs = files(&folder().join("programs"), "lua");
    assert!(programs.len() > 20, "the programs are there");
    for program in &programs {
        let row = format!("| {} |", stem(program));
        let out = quick.out();
        let row = out.lines().find(|line| line.starts_with(&row)).unwrap_or_else(|| panic!("no row {row}:\n{out}"));
        assert!(!row.contains("n/a"), "{row}");
    }
}

#[test]
fn options_and_remarks() {
    let some = scale(&["-t", "1,3", "-n", "2", "-s", "0.001", "-w", "publish", "mutex"]);
    assert_eq!(some.status, Some(0), "{}: {}{}", some.ending(), some.out(), some.err());
    for text in ["| mutex |", "| publish |", "gain 3", "- publish, 3: longest pause", "*geometric mean*"] {
        assert!(some.out().contains(text), "{text} is missing:\n{}", some.out());
    }
    assert!(!some.out().contains("arithmetic"), "{}", some.out());
}

#[test]
fn a_failure_is_told() {
    let broken = scale(&["-q", "-l", "false", "mutex"]);
    assert_eq!(broken.status, Some(1), "{}: {}{}", broken.ending(), broken.out(), broken.err());
    assert!(broken.out().contains("mutex fails with 2 threads"), "{}", broken.out());
}
