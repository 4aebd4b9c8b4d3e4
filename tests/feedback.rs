//! What the machine records of calls and loops (`luas --feedback`): counts, targets, and that they end (K-1, K-2 of
//! crates/vm/src/interpreter/feedback.rs).

#[path = "harness/run.rs"]
mod run;

use run::luas;

/// The listing of a program's functions. Lines of the program are those of `lines`.
fn feedback(name: &str, lines: &[&str]) -> String {
    let path = std::env::temp_dir().join(format!("luas-feedback-{name}-{}.lua", std::process::id()));
    std::fs::write(&path, lines.join("\n")).expect("a file in the folder for temporary files");
    let out = luas().arg("--feedback").arg(&path).env_remove("LUAS_TORTURE").output().expect("luas runs");
    let text = String::from_utf8(out.stderr).expect("text");
    assert!(out.status.success(), "{text}");
    let _ = std::fs::remove_file(&path);
    text.replace(path.to_str().expect("a name of letters"), "P")
}

/// What the listing says of the instruction `op` at this line.
fn says(listing: &str, line: usize, op: &str) -> Vec<String> {
    let place = format!("[{line}]");
    let mut found = Vec::new();
    for text in listing.lines() {
        let columns: Vec<&str> = text.split('\t').collect();
        if let [_, _, at, name, what] = columns[..]
            && at == place
            && name.trim_end() == op
        {
            found.push(what.to_string());
        }
    }
    found
}

#[test]
fn calls_and_loops_are_counted() {
    let text = feedback(
        "counts",
        &[
            "local function add(a, b) return a + b end",
            "local function twice(x) return add(x, x) end",
            "local n = 0",
            "for i = 1, 1000 do n = twice(i) end",
            "for i = 1, 10, 3 do n = add(n, i) end",
            "for k in pairs({1, 2, 3}) do n = n + k end",
            "while n > 2000 do n = n - 1 end",
            "repeat n = n - 1 until n < 1900",
            "local many = {add, function(a) return a end, math.max}",
            "for i = 1, 9 do n = many[i % 3 + 1](n, 1) end",
            "for i = 1, 7 do n = math.floor(n) end",
            "add(1, 2)",
            "local function count(_, i) if i < 300 then return i + 1 end end",
            "for i in count, nil, 0 do n = n + i end",
            "local floor = math.floor for i = 1, 300 do n = floor(n) end",
            "local f = floor for i = 1, 600 do n = f(n) if i == 400 then f = function(x) return x end end end",
        ],
    );
    let often = "count 256 or more";
    assert!(text.contains("P:1,1 entered 256 or more\n"), "{text}");
    assert!(text.contains("P:0,0 entered 0\n"), "{text}");
    assert_eq!(says(&text, 2, "TAILCALL"), [format!("form TailCallH {often} target P:1,1")], "{text}");
    assert_eq!(says(&text, 4, "CALL"), [format!("form CallH {often} target P:2,2")], "{text}");
    assert_eq!(says(&text, 4, "FORLOOP1"), [format!("form ForLoop1H {often}")], "{text}");
    // The first call of a site is not counted.
    assert_eq!(says(&text, 5, "CALL"), ["form CallC count 3 target P:1,1"], "{text}");
    assert_eq!(says(&text, 5, "FORLOOP"), ["count 4"], "{text}");
    assert_eq!(says(&text, 6, "TFORCALL"), ["count 4 target native"], "{text}");
    assert_eq!(says(&text, 7, "JMPBACK"), ["count 28"], "{text}");
    assert!(text.contains("LOOP      \tcount 101\n"), "{text}");
    assert_eq!(says(&text, 10, "CALL"), ["form CallC count 8 target several"], "{text}");
    assert_eq!(says(&text, 11, "CALL"), ["form CallC count 6 target native"], "{text}");
    assert_eq!(says(&text, 12, "CALL"), ["form CallC"], "{text}");
    // Native functions have a form of their own, until another one is met.
    assert_eq!(says(&text, 15, "CALL"), [format!("form CallN {often} target native")], "{text}");
    assert_eq!(says(&text, 16, "CALL"), [format!("form CallH {often} target native")], "{text}");
    assert_eq!(says(&text, 14, "TFORCALL"), [format!("form TForCallH {often} target P:13,13")], "{text}");
}

#[test]
fn collected_targets_are_forgotten() {
    let program = |keep: &str| {
        feedback(
            "targets",
            &[
                "local f = load('return 1')",
                "for i = 1, 20 do f() end",
                &format!("local kept = {keep}"),
                "f = nil",
                "collectgarbage()",
                "for i = 1, 20 do local g = load('return 2') if i > 30 then g() end end",
                "collectgarbage()",
            ],
        )
    };
    assert_eq!(says(&program("f"), 2, "CALL"), ["form CallC count 19 target [string \"return 1\"]:0,0"]);
    assert_eq!(says(&program("1"), 2, "CALL"), ["form CallC count 19"]);
}

#[test]
fn threads_count_together() {
    let text = feedback(
        "threads",
        &[
            "local function f(x) return x end",
            "local function work() local n = 0 for i = 1, 100000 do n = f(i) end repeat n = n - 1 until n == 0 end",
            "local running = {}",
            "for i = 1, 8 do running[i] = threads.run(work) end",
            "for i = 1, 8 do running[i]:join() end",
        ],
    );
    assert_eq!(says(&text, 2, "CALL"), ["form CallH count 256 or more target P:1,1"], "{text}");
    assert_eq!(says(&text, 2, "FORLOOP1"), ["form ForLoop1H count 256 or more"], "{text}");
    assert!(text.contains("LOOP      \tform LoopH count 256 or more\n"), "{text}");
}
