//! The whole programs of benches/single and the script that compares interpreters by them keep working: each program
//! runs at its tiny size and prints what the reference prints, when the machine has one.

#[path = "harness/run.rs"]
mod run;

use run::{all, difference, files, lua54, luas, run, stem};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

fn single() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/single")
}

#[test]
fn programs_as_the_reference() {
    let reference = lua54().is_some();
    if !reference {
        println!("not compared with the reference: no lua5.4 on this machine");
    }
    let programs = files(&single().join("programs"), "lua");
    assert!(programs.len() > 10, "the programs are there");
    all(
        "programs",
        &programs,
        |p| stem(p),
        |path| {
            let ours = run(luas().arg(path), b"", LIMIT);
            // Each prints its name and what it computed.
            if ours.status != Some(0) || !ours.out().starts_with(&format!("{} ", stem(path))) {
                return Err(format!("{}: {}{}", ours.ending(), ours.out(), ours.err()));
            }
            if let Some(mut command) = lua54() {
                let theirs = run(command.arg(path), b"", LIMIT);
                if let Some(difference) = difference(&theirs.stdout, &ours.stdout) {
                    return Err(difference);
                }
            }
            Ok(())
        },
    );
}

/// Runs the comparing script, under luas, with these arguments.
fn compare(arguments: &[&str]) -> run::Finished {
    run(luas().arg(single().join("compare.lua")).args(["--tiny", "--rounds", "1"]).args(arguments), b"", LIMIT)
}

#[test]
fn interpreters_are_compared() {
    if Command::new("bash").args(["-c", "true"]).status().is_err() {
        println!("skipped: no bash on this machine");
        return;
    }
    let program = env!("CARGO_BIN_EXE_luas");
    let same = compare(&["--only", "re", &format!("one={program}"), &format!("two={program}")]);
    assert_eq!(same.status, Some(0), "{}{}", same.out(), same.err());
    for name in ["report", "retry", "streams", "geometric mean"] {
        assert!(same.out().contains(name), "{name} has no row:\n{}", same.out());
    }
    let other = compare(&["--only", "report", &format!("one={program}"), "two=echo"]);
    assert_eq!(other.status, Some(1), "{}{}", other.out(), other.err());
    assert!(other.out().contains("two prints something else for report"), "{}", other.out());
    let broken = compare(&["--only", "report", &format!("one={program}"), "two=false"]);
    assert_eq!(broken.status, Some(1), "{}{}", broken.out(), broken.err());
    assert!(broken.out().contains("two does not run report"), "{}", broken.out());
}
