//! Runs commands for the test suites: with a time limit, all output captured, several at once.
#![allow(dead_code)] // Each suite uses its part.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What a finished command left behind.
#[derive(Debug)]
pub struct Finished {
    /// The exit status; `None` when a signal ended it.
    pub status: Option<i32>,
    /// Whether the time limit ended it.
    pub timed_out: bool,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Finished {
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
    /// One line on how it ended, for messages.
    pub fn ending(&self) -> String {
        match (self.timed_out, self.status) {
            (true, _) => "timed out".to_string(),
            (_, Some(code)) => format!("status {code}"),
            (_, None) => "ended by a signal".to_string(),
        }
    }
}

/// The program under test.
pub fn luas() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_luas"));
    clean(&mut command);
    command
}

/// The reference program, when the machine has one.
pub fn lua54() -> Option<Command> {
    let found = Command::new("lua5.4").arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let mut command = Command::new("lua5.4");
    clean(&mut command);
    found.is_ok_and(|s| s.success()).then_some(command)
}

/// Results must not depend on who runs the tests.
fn clean(command: &mut Command) {
    for name in ["LUA_INIT", "LUA_INIT_5_4", "LUA_PATH", "LUA_PATH_5_4", "LUA_CPATH", "LUA_CPATH_5_4", "LUAS_TORTURE"] {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C").env("TZ", "UTC");
}

/// A folder of the tests.
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// The files of a folder with this ending, sorted.
pub fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display()));
    let mut found: Vec<PathBuf> = entries
        .map(|e| e.expect("a readable folder").path())
        .filter(|p| p.extension().is_some_and(|e| e == extension))
        .collect();
    found.sort();
    found
}

/// The name of a file without folder and ending.
pub fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Runs a command to its end or to the limit.
pub fn run(command: &mut Command, input: &[u8], limit: Duration) -> Finished {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|e| panic!("cannot start {command:?}: {e}"));
    let mut stdin = child.stdin.take().expect("a pipe");
    let mut stdout = child.stdout.take().expect("a pipe");
    let mut stderr = child.stderr.take().expect("a pipe");
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // The program may end without reading its input.
            let _ = stdin.write_all(input);
        });
        let out = scope.spawn(move || {
            let mut bytes = Vec::new();
            let _ = stdout.read_to_end(&mut bytes);
            bytes
        });
        let err = scope.spawn(move || {
            let mut bytes = Vec::new();
            let _ = stderr.read_to_end(&mut bytes);
            bytes
        });
        let start = Instant::now();
        let mut timed_out = false;
        let status = loop {
            match child.try_wait().expect("a child to wait for") {
                Some(status) => break status,
                None if start.elapsed() > limit && !timed_out => {
                    timed_out = true;
                    let _ = child.kill();
                }
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        Finished {
            status: status.code(),
            timed_out,
            stdout: out.join().expect("a reader"),
            stderr: err.join().expect("a reader"),
        }
    })
}

/// Runs `check` over all items on as many threads as the machine has cores; panics with every failure at the end.
pub fn all<T: Sync>(
    what: &str,
    items: &[T],
    name: impl Fn(&T) -> String + Sync,
    check: impl Fn(&T) -> Result<(), String> + Sync,
) {
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(2, |n| n.get()).min(items.len().max(1));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let started = Instant::now();
                    if let Err(why) = check(item) {
                        let text = format!("{} (after {:.1?}): {}", name(item), started.elapsed(), shortened(&why));
                        failures.lock().expect("no panic inside").push(text);
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().expect("no panic inside");
    failures.sort();
    println!("{what}: {} passed, {} failed", items.len() - failures.len(), failures.len());
    assert!(failures.is_empty(), "{what}: {} of {} failed\n{}", failures.len(), items.len(), failures.join("\n"));
}

/// Of a long text the beginning and the end.
fn shortened(text: &str) -> String {
    const FIRST: usize = 5;
    const LAST: usize = 20;
    let lines: Vec<String> = text.lines().map(|l| l.chars().take(400).collect()).collect();
    if lines.len() <= FIRST + LAST {
        return lines.join("\n");
    }
    let (first, last) = (&lines[..FIRST], &lines[lines.len() - LAST..]);
    format!("{}\n... {} lines ...\n{}", first.join("\n"), lines.len() - FIRST - LAST, last.join("\n"))
}

/// The first line where two texts differ.
pub fn difference(expected: &[u8], got: &[u8]) -> Option<String> {
    if expected == got {
        return None;
    }
    let (mut a, mut b) = (expected.split(|&c| c == b'\n'), got.split(|&c| c == b'\n'));
    let mut line = 1;
    loop {
        let (x, y) = (a.next(), b.next());
        if x != y || x.is_none() {
            let show = |l: Option<&[u8]>| match l {
                Some(l) => format!("{:?}", String::from_utf8_lossy(l).chars().take(300).collect::<String>()),
                None => "end of output".to_string(),
            };
            return Some(format!("line {line}:\n    expected {}\n    got      {}", show(x), show(y)));
        }
        line += 1;
    }
}

/// The values of `-- name: value` lines at the head of a Lua file.
pub fn directives(path: &Path, name: &str) -> Vec<String> {
    let text = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let mark = format!("-- {name}: ");
    text.lines().take_while(|l| l.starts_with("--")).filter_map(|l| l.strip_prefix(&mark)).map(str::to_string).collect()
}
