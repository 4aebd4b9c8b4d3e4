//! The command line: options, arguments, exit statuses and messages are those of `lua`.
//!
//! Each case runs under both programs; the name of the program in messages is made equal first.

#[path = "harness/run.rs"]
mod run;

use run::{all, difference, lua54, luas};
use std::process::Command;
use std::time::Duration;

struct Case {
    name: &'static str,
    args: &'static [&'static str],
    input: &'static str,
    env: &'static [(&'static str, &'static str)],
    /// Status and standard output where no reference is there to ask.
    expect: (i32, &'static str),
}

const fn case(
    name: &'static str,
    args: &'static [&'static str],
    input: &'static str,
    status: i32,
    out: &'static str,
) -> Case {
    Case { name, args, input, env: &[], expect: (status, out) }
}

const ARGS: &str = "for i = -10, 10 do if arg[i] and i ~= -1 - 0 then end end print(#arg, arg[0], ...)";

const CASES: &[Case] = &[
    case("-e", &["-e", "print(1 + 1)"], "", 0, "2\n"),
    case("-e joined", &["-eprint(3)"], "", 0, "3\n"),
    case("two -e", &["-e", "x = 5", "-e", "print(x)"], "", 0, "5\n"),
    case("-e fails", &["-e", "error('boom')"], "", 1, ""),
    case("-e fails in the second", &["-e", "print(1)", "-e", "error('boom')", "-e", "print(3)"], "", 1, "1\n"),
    case("-e syntax", &["-e", "x ="], "", 1, ""),
    case("-e without text", &["-e"], "", 1, ""),
    case("unknown option", &["-x"], "", 1, ""),
    case("unknown long option", &["--nope"], "", 1, ""),
    case("option with a tail", &["-vx"], "", 1, ""),
    case("-", &["-"], "print('in', ...)", 0, "in\n"),
    case("- with arguments", &["-", "a", "b"], "print(arg[0], #arg, ...)", 0, "-\t2\ta\tb\n"),
    case("standard input", &[], "print('piped')", 0, "piped\n"),
    case("standard input fails", &["-"], "local t = nil\nt.x = 1", 1, ""),
    case("standard input syntax", &["-"], "for", 1, ""),
    case("first line comment", &["-"], "#!/usr/bin/lua\nprint('shebang')", 0, "shebang\n"),
    case("-- ends options", &["-e", "print(1)", "--"], "", 0, "1\n"),
    case("missing file", &["no-such-file.lua"], "", 1, ""),
    case("os.exit", &["-e", "os.exit(7)"], "", 7, ""),
    case("os.exit true", &["-e", "io.write('x') os.exit(true)"], "", 0, "x"),
    case("os.exit false", &["-e", "os.exit(false)"], "", 1, ""),
    case(
        "os.exit closes",
        &["-e", "local x <close> = setmetatable({}, {__close = print}) os.exit(3, true)"],
        "",
        3,
        "",
    ),
    case("error table", &["-e", "error({})"], "", 1, ""),
    case("error nil", &["-e", "error(nil)"], "", 1, ""),
    case("error number", &["-e", "error(42)"], "", 1, ""),
    case("error boolean", &["-e", "error(true)"], "", 1, ""),
    case(
        "error with __tostring",
        &["-e", "error(setmetatable({}, {__tostring = function() return 'MSG' end}))"],
        "",
        1,
        "",
    ),
    case("error level 0", &["-e", "error('plain', 0)"], "", 1, ""),
    case("error level 2", &["-e", "local function f() error('two', 2) end\nf()"], "", 1, ""),
    case(
        "traceback",
        &["-e", "local function f() error('deep') end local function g() f() end function h() g() end h()"],
        "",
        1,
        "",
    ),
    case(
        "traceback of tail calls",
        &["-e", "local function f() error('deep') end local function g() return f() end g()"],
        "",
        1,
        "",
    ),
    case("traceback of methods", &["-e", "local o = {} function o:m() local x = self.a.b end o:m()"], "", 1, ""),
    case("runtime error", &["-e", "local a = {} print(a.b.c)"], "", 1, ""),
    case("global function", &["-e", "nofunction()"], "", 1, ""),
    case(
        "debug.debug",
        &["-e", "debug.debug() print('on')"],
        "print(1)\nx =\nerror('e')\ncont\nprint(2)\n",
        0,
        "1\non\n",
    ),
    case("debug.debug ends with the input", &["-e", "debug.debug() print('on')"], "x = 1\ncont", 0, "on\n"),
    case("error in a coroutine", &["-e", "coroutine.wrap(function() error('co') end)()"], "", 1, ""),
    case(
        "error in __gc goes on",
        &["-e", "setmetatable({}, {__gc = function() print('gc') end}) collectgarbage() print('end')"],
        "",
        0,
        "gc\nend\n",
    ),
    case(
        "__gc at the end",
        &["-e", "x = setmetatable({}, {__gc = function() print('at end') end})"],
        "",
        0,
        "at end\n",
    ),
    case("warnings", &["-W", "-e", "warn('one ', 'two')"], "", 0, ""),
    case("warnings off", &["-e", "warn('nothing')"], "", 0, ""),
    case("warnings on", &["-e", "warn('@on') warn('shown')"], "", 0, ""),
    case("-l", &["-l", "string", "-e", "print(string.len('abc'))"], "", 0, "3\n"),
    case("-l missing", &["-l", "no_such_module_here"], "", 1, ""),
    case("-E", &["-E", "-e", "print(1)"], "", 0, "1\n"),
    case("print to closed", &["-e", "io.stdout:close() print('x')"], "", 0, ""),
    case("arg from -e", &["-e", "print(#arg, arg[0] ~= nil)"], "", 0, "0\ttrue\n"),
    case("negative arguments", &["-e", "print(arg[1], arg[2])", "-", "p", "q"], "print(...)", 0, "p\tq\np\tq\n"),
    case(
        "-i",
        &["-i"],
        "print(1)\nx = 5\nx\n= x\n1 +\n1\nfor i = 1, 2 do\nprint(i)\nend\nerror('e')\nnil\nlocal q = 1\n",
        0,
        "",
    ),
    case("-i after -e", &["-i", "-e", "y = 9"], "y\n", 0, ""),
    case("-i with prompts", &["-e", "_PROMPT, _PROMPT2 = 1.5, 'more '", "-i"], "x =\n1\nx\n", 0, ""),
    case(
        "-i with a prompt that counts",
        &[
            "-e",
            "local n = 0 _PROMPT = setmetatable({}, {__tostring = function() n = n + 1 return n .. '> ' end})",
            "-i",
        ],
        "7\n8\n",
        0,
        "",
    ),
    case(
        "-i with a prompt that fails",
        &["-e", "_PROMPT = setmetatable({}, {__tostring = function() error('no prompt') end})", "-i"],
        "7\n",
        1,
        "",
    ),
    case("-i without print", &["-e", "print = nil", "-i"], "10\nx = 1\n", 0, ""),
    case("-i and a print that fails", &["-e", "function print() error({}) end", "-i"], "10\n", 0, ""),
    case("-i and results", &["-i"], "nil, 1, 'x'\n;\nreturn 5\n=6, 7\n\nx = (3\n)\nx\n", 0, ""),
    case("standard input fails without a hyphen", &[], "error(1)", 0, ""),
    case("-l alone", &["-l", "string"], "print('input', ...)", 0, "input\n"),
    case("-l with a name", &["-l", "s=string", "-lm=math", "-e", "print(s.upper('x'), m.pi > 3)"], "", 0, "X\ttrue\n"),
    case("-l fails in the module", &["-e", "package.preload.m = function() error('bad') end", "-l", "m"], "", 1, ""),
    case("-W alone", &["-W"], "warn('on')", 0, ""),
    case("-W in its place", &["-e", "warn('no')", "-W", "-e", "warn('yes')"], "", 0, ""),
    case("-- alone", &["--"], "print('input')", 0, "input\n"),
    case("-- before a hyphen", &["--", "-"], "print('input')", 1, ""),
    case("-E with a tail", &["-Ex"], "", 1, ""),
    case("-l without a name", &["-l", "-e", "x"], "", 1, ""),
    case("arg replaced", &["-e", "arg = 1", "-"], "print(1)", 1, ""),
    case("arg changed", &["-e", "arg[1] = 100", "-"], "print(...)", 0, "100\n"),
    case(
        "arg with __len",
        &["-e", "setmetatable(arg, {__len = function() return 2 end}) arg[1], arg[2] = nil, 'b'", "-"],
        "print(...)",
        0,
        "nil\tb\n",
    ),
    case("error of a number", &["-e", "error(10)"], "", 1, ""),
    case("error of a float", &["-e", "error(1.5)"], "", 1, ""),
    case("error of a boolean", &["-e", "error(true)"], "", 1, ""),
    case("error of a file", &["-e", "error(setmetatable({}, {__name = 'NAME'}))"], "", 1, ""),
    case(
        "error with __tostring",
        &["-e", "error(setmetatable({}, {__tostring = function() return 'T' end}))"],
        "",
        1,
        "",
    ),
    case(
        "error with a __tostring that is no string",
        &["-e", "error(setmetatable({}, {__tostring = function() return {} end}))"],
        "",
        1,
        "",
    ),
    case(
        "os.exit in a finalizer",
        &[
            "-e",
            "setmetatable({}, {__gc = function() print(1) end}) \
                 setmetatable({}, {__gc = function() print(2) setmetatable({}, {__gc = print}) os.exit(4, true) end})",
        ],
        "",
        4,
        "2\n1\n",
    ),
    Case {
        name: "-E ignores LUA_PATH",
        args: &["-E", "-e", "print(package.path, package.cpath)"],
        input: "",
        env: &[("LUA_PATH", "x"), ("LUA_CPATH_5_4", "y")],
        expect: (0, ""),
    },
    Case {
        name: "LUA_INIT of a file",
        args: &["-e", "print(1)"],
        input: "",
        env: &[("LUA_INIT", "@no-such-file.lua")],
        expect: (1, ""),
    },
    Case { name: "LUA_INIT empty", args: &["-e", "print(1)"], input: "", env: &[("LUA_INIT", "")], expect: (0, "1\n") },
    Case {
        name: "LUA_INIT",
        args: &["-e", "print(v)"],
        input: "",
        env: &[("LUA_INIT", "v = 'init'")],
        expect: (0, "init\n"),
    },
    Case {
        name: "LUA_INIT fails",
        args: &["-e", "print(1)"],
        input: "",
        env: &[("LUA_INIT", "error('bad')")],
        expect: (1, ""),
    },
    Case {
        name: "LUA_INIT_5_4 first",
        args: &["-e", "print(v)"],
        input: "",
        env: &[("LUA_INIT", "v = 1"), ("LUA_INIT_5_4", "v = 2")],
        expect: (0, "2\n"),
    },
    Case {
        name: "-E ignores LUA_INIT",
        args: &["-E", "-e", "print(v)"],
        input: "",
        env: &[("LUA_INIT", "v = 1")],
        expect: (0, "nil\n"),
    },
    Case {
        name: "LUA_PATH",
        args: &["-e", "print(package.path)"],
        input: "",
        env: &[("LUA_PATH", "./?.x;;./z.lua")],
        expect: (0, ""),
    },
    case("arguments", &["-e", ARGS], "", 0, ""),
];

/// The text of a stream with what must differ made equal.
fn normal(bytes: &[u8], case: &Case) -> String {
    let mut text =
        String::from_utf8_lossy(bytes).replace("lua5.4: ", "luas: ").replace("usage: lua5.4 ", "usage: luas ");
    text = text.replace(env!("CARGO_BIN_EXE_luas"), "luas").replace("lua5.4\t", "luas\t").replace("lua5.4\n", "luas\n");
    // Addresses of objects, and the version lines of the prompt.
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find("0x") {
        let digits = rest[at + 2..].bytes().take_while(u8::is_ascii_hexdigit).count();
        out.push_str(&rest[..at]);
        out.push_str(if digits >= 6 { "ADDRESS" } else { &rest[at..at + 2 + digits] });
        rest = &rest[at + 2 + digits..];
    }
    out.push_str(rest);
    if case.args.contains(&"-i") {
        out = without_prompts(&out, case.input);
    }
    // The usage text lists options of our own too: only its first lines are compared.
    if let Some(at) = out.find("usage: ") {
        out.truncate(at);
    }
    out
}

/// The output of a prompt, without prompts and version lines: a reference built with readline echoes what it reads.
fn without_prompts(out: &str, input: &str) -> String {
    let mut kept = String::new();
    let first = format!("> {}", input.lines().next().unwrap_or(""));
    let echoes = out.lines().any(|l| l == first);
    for line in out.lines().filter(|l| !l.starts_with("Lua ") && !l.starts_with("Luas ")) {
        let mut text = line;
        while let Some(rest) = text.strip_prefix("> ").or(text.strip_prefix(">> ")) {
            text = rest;
        }
        let echoed = echoes && text.len() < line.len() && input.lines().any(|l| l == text);
        if !echoed && !text.is_empty() {
            kept.push_str(text);
            kept.push('\n');
        }
    }
    kept
}

fn finish(mut command: Command, case: &Case) -> run::Finished {
    command.args(case.args).envs(case.env.iter().copied()).current_dir(std::env::temp_dir());
    run::run(&mut command, case.input.as_bytes(), Duration::from_secs(120))
}

#[test]
fn as_the_reference() {
    let reference = lua54().is_some();
    if !reference {
        println!("no lua5.4 on this machine: statuses only");
    }
    all(
        "cli",
        CASES,
        |c| c.name.to_string(),
        |c| {
            let ours = finish(luas(), c);
            let (status, out) = c.expect;
            if !reference {
                let fine = ours.status == Some(status) && (out.is_empty() || ours.out() == out);
                return if fine {
                    Ok(())
                } else {
                    Err(format!("{}: {:?} {:?}", ours.ending(), ours.out(), ours.err()))
                };
            }
            let theirs = finish(lua54().expect("seen above"), c);
            if theirs.status != Some(status) {
                return Err(format!("the case is wrong: lua5.4 ended with {}", theirs.ending()));
            }
            if ours.status != theirs.status {
                return Err(format!("{}, lua5.4 {}\n{}", ours.ending(), theirs.ending(), ours.err()));
            }
            for (stream, a, b) in [("stdout", &theirs.stdout, &ours.stdout), ("stderr", &theirs.stderr, &ours.stderr)] {
                if let Some(d) = difference(normal(a, c).as_bytes(), normal(b, c).as_bytes()) {
                    return Err(format!("{stream} differs, {d}"));
                }
            }
            Ok(())
        },
    );
}

#[test]
fn version() {
    let done = finish(luas(), &case("-v", &["-v"], "", 0, ""));
    assert!(
        done.status == Some(0) && done.out().contains("Luas") && done.out().contains("5.4"),
        "{}{}",
        done.out(),
        done.err()
    );
}

/// Where lua 5.4.4, or a reference with readline, does otherwise than 5.4.8 without.
#[test]
fn the_prompt_and_its_input() {
    let done = finish(luas(), &case("", &["-i"], "f(\n1,\n", 0, ""));
    assert_eq!(done.err(), "stdin:2: unexpected symbol near <eof>\n");
    // Programs read what follows; what the prompt reads from no terminal is echoed.
    let done = finish(luas(), &case("", &["-i"], "l = io.read()\nthe line\n=l", 0, ""));
    let out = done.out();
    assert_eq!(out.split_once('\n').map(|(_, rest)| rest), Some("> l = io.read()\n> =l\nthe line\n> \n"), "{out}");
}

#[test]
fn scripts_get_their_arguments() {
    let dir = std::env::temp_dir().join(format!("luas-cli-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a temporary folder");
    let script = dir.join("args.lua");
    std::fs::write(&script, "print(arg[-1] ~= nil, arg[0], #arg, ...) os.exit(tonumber(arg[1]))").expect("writable");
    let done = run::run(luas().arg(&script).args(["5", "-e", "--", "x y", ""]), b"", Duration::from_secs(120));
    std::fs::remove_dir_all(&dir).expect("removable");
    assert_eq!(done.status, Some(5), "{}", done.err());
    assert_eq!(done.out(), format!("true\t{}\t5\t5\t-e\t--\tx y\t\n", script.display()));
}

#[test]
fn checks_files() {
    let dir = std::env::temp_dir().join(format!("luas-check-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a temporary folder");
    std::fs::write(dir.join("good.lua"), "#!/usr/bin/luas\nprint('not run')").expect("writable");
    std::fs::write(dir.join("bad.lua"), "x = 1\nx = = 2").expect("writable");
    let check = |files: &[&str]| {
        run::run(luas().current_dir(&dir).arg("--check").args(files), b"x =", Duration::from_secs(120))
    };
    let (good, bad, none) = (check(&["good.lua"]), check(&["bad.lua", "missing.lua", "good.lua", "-"]), check(&[]));
    std::fs::remove_dir_all(&dir).expect("removable");
    assert_eq!((good.status, good.out(), good.err()), (Some(0), String::new(), String::new()));
    assert_eq!(bad.status, Some(1));
    let lines: Vec<String> = bad.err().lines().map(|l| l.split_once(": ").expect("a name").1.to_string()).collect();
    assert_eq!(
        lines,
        [
            "bad.lua:2: unexpected symbol near '='",
            "cannot open missing.lua: No such file or directory",
            "stdin:1: unexpected symbol near <eof>"
        ]
    );
    assert_eq!(none.status, Some(1));
}

#[test]
fn compiles_files() {
    let dir = std::env::temp_dir().join(format!("luas-compile-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a temporary folder");
    std::fs::write(dir.join("a.lua"), "local name = ...\nprint('ran', name, #arg)\nerror('at the end')")
        .expect("writable");
    std::fs::write(dir.join("bad.lua"), "x = = 2").expect("writable");
    let luas = |args: &[&str]| run::run(luas().current_dir(&dir).args(args), b"", Duration::from_secs(120));
    let made = luas(&["--compile", "-o", "a.luac", "a.lua"]);
    let stripped = luas(&["--compile", "-s", "a.lua", "-o", "s.luac"]);
    let (full, bare) = (luas(&["a.luac", "p"]), luas(&["s.luac", "p"]));
    let checked = luas(&["--check", "a.luac"]);
    let wrong: Vec<_> = [
        &["--compile", "-o", "x", "bad.lua"][..],
        &["--compile", "a.lua"],
        &["--compile", "-o", "/no/such/x", "a.lua"],
    ]
    .iter()
    .map(|args| luas(args).status)
    .collect();
    let sizes = ["a.luac", "s.luac"].map(|f| std::fs::metadata(dir.join(f)).expect("a chunk").len());
    std::fs::remove_dir_all(&dir).expect("removable");
    assert_eq!((made.status, made.err()), (Some(0), String::new()));
    assert_eq!((stripped.status, checked.status), (Some(0), Some(0)), "{}", checked.err());
    assert_eq!((full.out(), bare.out()), ("ran\tp\t1\n".to_string(), "ran\tp\t1\n".to_string()));
    assert!(
        full.err().contains("a.lua:3: at the end") && !bare.err().contains("a.lua:3"),
        "{} {}",
        full.err(),
        bare.err()
    );
    assert!(sizes[1] < sizes[0], "{sizes:?}");
    assert_eq!(wrong, [Some(1); 3]);
}

#[test]
fn dumps_every_stage() {
    let dir = std::env::temp_dir().join(format!("luas-dump-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a temporary folder");
    let script = dir.join("d.lua");
    std::fs::write(&script, "local x = 1 print(x + 1)").expect("writable");
    let mut problems = Vec::new();
    for stage in ["tokens", "tree", "bytecode"] {
        let done = run::run(luas().arg(format!("--dump={stage}")).arg(&script), b"", Duration::from_secs(120));
        if done.status != Some(0) || done.stdout.is_empty() {
            problems.push(format!("--dump={stage}: {} {}", done.ending(), done.err()));
        }
    }
    std::fs::remove_dir_all(&dir).expect("removable");
    assert!(problems.is_empty(), "{problems:?}");
}

#[test]
fn runs_binary_chunks() {
    let dir = std::env::temp_dir().join(format!("luas-binary-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a temporary folder");
    let (chunk, script) = (dir.join("chunk"), dir.join("script"));
    let dump = "local f = load('print(arg and arg[0] ~= nil, ...)', '=s') io.write(string.dump(f, ... == 'strip'))";
    let mut bytes = Vec::new();
    for strip in ["", "strip"] {
        let write = dir.join("write.lua");
        std::fs::write(&write, dump).expect("writable");
        let done = run::run(luas().arg(&write).arg(strip), b"", Duration::from_secs(120));
        assert_eq!(done.status, Some(0), "{}", done.err());
        bytes = done.stdout;
        std::fs::write(&chunk, &bytes).expect("writable");
        std::fs::write(&script, [b"#!/usr/bin/env luas\n", bytes.as_slice()].concat()).expect("writable");
        for file in [&chunk, &script] {
            let done = run::run(luas().arg(file).args(["1", "two"]), b"", Duration::from_secs(120));
            assert_eq!((done.status, done.out().as_str()), (Some(0), "true\t1\ttwo\n"), "{}", done.err());
        }
        let done = run::run(luas().arg("-").arg("one"), &bytes, Duration::from_secs(120));
        assert_eq!((done.status, done.out().as_str()), (Some(0), "true\tone\n"), "{}", done.err());
    }
    std::fs::write(&chunk, &bytes[..bytes.len() - 1]).expect("writable");
    let done = run::run(luas().arg(&chunk), b"", Duration::from_secs(120));
    std::fs::remove_dir_all(&dir).expect("removable");
    let wanted = format!("{}: bad binary format (truncated chunk)\n", chunk.display());
    assert!(done.status == Some(1) && done.err().ends_with(&wanted), "{}", done.err());
}

#[test]
fn stripped_functions_have_no_lines() {
    // Here and not among the programs with reference output: lua5.4.4 crashes.
    let code = "local f = load(string.dump(load 'local a = 1; return a', true))
        local info = debug.getinfo(f, 'Ll')
        print(type(info.activelines), next(info.activelines), info.currentline)";
    let done = run::run(luas().args(["-e", code]), b"", Duration::from_secs(120));
    assert_eq!((done.status, done.out().as_str()), (Some(0), "table\tnil\t-1\n"), "{}", done.err());
}
