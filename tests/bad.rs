//! Bad input of every kind ends in a clear message and exit status 1: no hang, no abort, no signal.
//!
//! Files in `tests/bad` say at their head what they expect: `-- stderr: TEXT` (one or more) and `-- stdout: TEXT`.
//! Inputs that are not text, or need special circumstances, are made here.

#[path = "harness/run.rs"]
mod run;

use run::{all, directives, files, folder, luas, stem};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(180);

/// Status 1, nothing that smells of a crash, and each text on stderr.
fn fails_clearly(command: &mut Command, input: &[u8], texts: &[String]) -> Result<(), String> {
    let done = run::run(command, input, LIMIT);
    let err = done.err();
    if done.timed_out || done.status != Some(1) {
        return Err(format!("wanted status 1, {}\n{}", done.ending(), cut(&err)));
    }
    for crash in ["panicked at", "overflowed its stack", "Segmentation", "memory allocation of"] {
        if err.contains(crash) {
            return Err(format!("a crash, not a message:\n{}", cut(&err)));
        }
    }
    match texts.iter().find(|t| !err.contains(t.as_str())) {
        Some(text) => Err(format!("stderr lacks {text:?}:\n{}", cut(&err))),
        None => Ok(()),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(1500).collect()
}

#[test]
fn bad_programs() {
    let dir = folder("bad");
    all(
        "bad",
        &files(&dir, "lua"),
        |p| stem(p),
        |p| {
            let mut command = luas();
            command.current_dir(&dir).arg(p.file_name().expect("a file"));
            fails_clearly(&mut command, b"", &directives(p, "stderr"))
        },
    );
}

#[test]
fn garbage_bytes() {
    let mut inputs: Vec<(String, Vec<u8>)> = Vec::new();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for n in 0..40 {
        let len = 1 + (next() % 4096) as usize;
        // A first byte that no chunk starts with, so that every input is an error.
        let bytes = std::iter::once(b'@').chain((0..len).map(|_| (next() >> 24) as u8)).collect();
        inputs.push((format!("random {n}"), bytes));
    }
    for (name, bytes) in [
        ("binary chunk", b"\x1bLua\x54\x00\x19\x93\r\n\x1a\n".to_vec()),
        ("short binary chunk", b"\x1bLua".to_vec()),
        ("nul bytes", vec![0; 1000]),
        ("high bytes", vec![0xff; 1000]),
        ("open parentheses", vec![b'('; 300_000]),
        ("open braces", [b"x = ".to_vec(), vec![b'{'; 300_000]].concat()),
        ("unary operators", [b"x = ".to_vec(), b"- ".repeat(300_000), b"(".to_vec()].concat()),
        ("nots", [b"x = ".to_vec(), b"not ".repeat(300_000)].concat()),
        ("do do do", b"do ".repeat(300_000)),
        ("functions", b"local function f() ".repeat(100_000)),
        ("powers", [b"x = ".to_vec(), b"2^".repeat(300_000)].concat()),
        ("concats", [b"x = ".to_vec(), b"a..".repeat(300_000)].concat()),
        ("long bracket", [b"x = [".to_vec(), vec![b'='; 1_000_000], b"[".to_vec()].concat()),
        ("unfinished string", [b"x = '".to_vec(), vec![b'a'; 1_000_000]].concat()),
        ("unfinished comment", [b"--[[".to_vec(), vec![b'a'; 1_000_000]].concat()),
        ("assignments", [b"a".to_vec(), b",a".repeat(300_000), b" = 1".to_vec()].concat()),
        ("else ifs", [b"if a then ".to_vec(), b"elseif a then ".repeat(100_000)].concat()),
    ] {
        inputs.push((name.to_string(), bytes));
    }
    all(
        "garbage",
        &inputs,
        |(name, _)| name.clone(),
        |(_, bytes)| fails_clearly(luas().arg("-"), bytes, &["luas: ".to_string()]),
    );
}

#[test]
fn bad_files() {
    let dir = std::env::temp_dir();
    let cases: Vec<(PathBuf, &str)> =
        vec![("no-such-file.lua".into(), "cannot open no-such-file.lua"), (dir, "cannot read")];
    all(
        "files",
        &cases,
        |(p, _)| p.display().to_string(),
        |(path, text)| fails_clearly(luas().arg(path), b"", &[text.to_string()]),
    );
}

/// With the address space limited, programs that grow without end get a catchable error, or end with a message.
#[test]
fn memory_limit() {
    let programs = [
        ("tables", "local t = {} while true do t[#t + 1] = {} end"),
        ("strings", "local s = 'x' while true do s = s .. s end"),
        ("distinct strings", "local t = {} for i = 1, math.huge do t[i] = tostring(i):rep(100) end"),
        ("one table", "local t = {} for i = 1, math.huge do t[i] = i end"),
        ("hash", "local t = {} for i = 1, math.huge do t[i + 0.5] = i end"),
        ("rep", "local s = ('x'):rep(1 << 30) local t = {} for i = 1, 100 do t[i] = s .. i end"),
        (
            "concat",
            "local t = {} for i = 1, 1e6 do t[i] = ('x'):rep(1000) end t = {table.concat(t), table.concat(t), table.concat(t)}",
        ),
        ("closures", "local f while true do local g = f f = function() return g end end"),
        (
            "coroutines",
            "local t = {} while true do t[#t + 1] = coroutine.wrap(function() coroutine.yield() end) t[#t]() end",
        ),
        ("load", "local s = 'return {' .. ('1,'):rep(1 << 27) .. '}' assert(load(s))"),
        ("gsub", "local s = ('x'):rep(1 << 20) s = s:gsub('x', s)"),
        ("format", "local t = {} while true do t[#t + 1] = ('%99d'):format(1):rep(1000) end"),
    ];
    if !cfg!(target_os = "linux") {
        println!("skipped: ulimit -v is for Linux");
        return;
    }
    all(
        "memory",
        &programs,
        |(name, _)| name.to_string(),
        |(_, code)| {
            let limited = |code: &str| {
                let mut command = Command::new("sh");
                command
                    .arg("-c")
                    .arg("ulimit -v 600000; exec \"$0\" -e \"$1\"")
                    .arg(env!("CARGO_BIN_EXE_luas"))
                    .arg(code);
                command
            };
            fails_clearly(&mut limited(code), b"", &["not enough memory".to_string()])?;
            // Caught, and the program goes on with what it has.
            let caught = format!(
                "local ok, e = pcall(function() {code} end) collectgarbage() local t = {{}} for i = 1, 1000 do t[i] = {{i}} end \
             print(ok, tostring(e):find('not enough memory') ~= nil, #t)"
            );
            let done = run::run(&mut limited(&caught), b"", LIMIT);
            if done.status == Some(0) && done.out() == "false\ttrue\t1000\n" {
                Ok(())
            } else {
                Err(format!("caught: {}, {:?}\n{}", done.ending(), done.out(), cut(&done.err())))
            }
        },
    );
}

/// Errors that programs catch and go on from.
#[test]
fn hostile_but_caught() {
    let dir = folder("bad").join("caught");
    all(
        "caught",
        &files(&dir, "lua"),
        |p| stem(p),
        |p| {
            let mut command = luas();
            command.current_dir(&dir).arg(p.file_name().expect("a file"));
            let done = run::run(&mut command, b"", LIMIT);
            if done.status == Some(0) && done.out().lines().last() == Some("ok") {
                Ok(())
            } else {
                Err(format!("{}\n{}{}", done.ending(), cut(&done.out()), cut(&done.err())))
            }
        },
    );
}
