//! The programs in `tests/threads` check themselves: they end with status 0 and their last line is `ok`.
//!
//! Lines at the head of a file may say otherwise: `-- status: N`, and `-- stderr: TEXT` or `-- stdout: TEXT`
//! for text that must appear there (`-- stderr: nothing` for none at all).

#[path = "harness/run.rs"]
mod run;

use run::{all, directives, files, folder, luas, stem};
use std::path::{Path, PathBuf};
use std::time::Duration;

fn programs() -> Vec<PathBuf> {
    let only = std::env::var("LUAS_ONLY").unwrap_or_default();
    files(&folder("threads"), "lua").into_iter().filter(|p| stem(p).contains(&only)).collect()
}

fn check(path: &Path, torture: &str) -> Result<(), String> {
    let mut command = luas();
    command.current_dir(folder("threads")).arg(path.file_name().expect("a file"));
    if !torture.is_empty() {
        command.env("LUAS_TORTURE", torture).env("LUAS_TEST_SCALE", "small");
    }
    let done = run::run(&mut command, b"", Duration::from_secs(300));
    let (out, err) = (done.out(), done.err());
    let report = |why: String| Err(format!("{why} ({})\n--- stdout\n{out}--- stderr\n{err}", done.ending()));
    let status = directives(path, "status").first().and_then(|s| s.parse().ok()).unwrap_or(0);
    if done.timed_out || done.status != Some(status) {
        return report(format!("wanted status {status}"));
    }
    for text in directives(path, "stdout") {
        if !out.contains(&text) {
            return report(format!("stdout lacks {text:?}"));
        }
    }
    let wanted = directives(path, "stderr");
    for text in &wanted {
        if if text == "nothing" { !err.is_empty() } else { !err.contains(text.as_str()) } {
            return report(format!("stderr lacks {text:?}"));
        }
    }
    if status == 0 && wanted.is_empty() && !err.is_empty() {
        return report("unexpected text on stderr".to_string());
    }
    if status == 0 && directives(path, "stdout").is_empty() && out.lines().last() != Some("ok") {
        return report("the last line is not ok".to_string());
    }
    Ok(())
}

#[test]
fn threads() {
    all("threads", &programs(), |p| stem(p), |p| check(p, ""));
}

#[test]
fn threads_under_torture() {
    if !cfg!(debug_assertions) {
        println!("skipped: torture modes exist in checked builds only");
        return;
    }
    for mode in ["gc=101", "publish,stack", "gc=211,publish,stack"] {
        all(
            mode,
            &programs(),
            |p| stem(p),
            |p| {
                if directives(p, "torture").iter().any(|k| k == "off") { Ok(()) } else { check(p, mode) }
            },
        );
    }
}
