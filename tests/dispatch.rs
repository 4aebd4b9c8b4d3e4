//! The dispatch of every instruction handler is a jump (contract 23).
//!
//! Stable Rust has no guaranteed tail calls, so the built program is disassembled: a handler (a function of the module
//! `interpreter::handlers`) that ends in an indirect *call* would grow the native stack with each instruction. A long
//! run on a small stack checks the same.

#[path = "harness/run.rs"]
mod run;

use std::process::{Command, Stdio};
use std::time::Duration;

/// How the names of handlers begin, demangled.
const HANDLERS: &str = "luas_vm::interpreter::handlers::";

/// Whether this build dispatches by tail calls; the program says so itself.
fn tail_dispatch() -> bool {
    let done = run::run(run::luas().arg("--dump=build"), b"", Duration::from_secs(60));
    assert!(
        done.out().contains("dispatch="),
        "--dump=build does not say the dispatch: {} {}",
        done.ending(),
        done.err()
    );
    done.out().contains("dispatch=tail")
}

#[test]
fn handlers_jump() {
    if !tail_dispatch() {
        println!("skipped: this build dispatches from a loop");
        return;
    }
    let mut objdump = Command::new("objdump");
    objdump.args(["-d", "-C", "--no-show-raw-insn", env!("CARGO_BIN_EXE_luas")]);
    let Ok(output) = objdump.stderr(Stdio::null()).output() else {
        println!("skipped: no objdump on this machine");
        return;
    };
    let listing = String::from_utf8_lossy(&output.stdout);
    let x86 = cfg!(target_arch = "x86_64");
    let (mut handlers, mut jumps, mut wrong, mut current) = (0, 0, Vec::new(), None::<String>);
    for line in listing.lines() {
        if let Some(head) = line.strip_suffix(">:") {
            let name = head.split_once('<').map_or("", |(_, n)| n);
            current = name.contains(HANDLERS).then(|| name.to_string());
            handlers += usize::from(current.is_some());
            continue;
        }
        let Some(name) = &current else { continue };
        let Some(instruction) = line.split_once(":\t").map(|(_, i)| i.trim()) else { continue };
        let (jump, call) = if x86 {
            // Calls through the import table (`*0x...(%rip)`) are calls of known functions; a handler is called
            // through a register or through the table of the thread, `*%rax` or `*0x40(%rcx,%rax,8)`.
            let indirect =
                |op: &str| instruction.starts_with(op) && instruction.contains('*') && !instruction.contains("(%rip)");
            (indirect("jmp"), indirect("call"))
        } else {
            (instruction.starts_with("br\t") || instruction.starts_with("br "), instruction.starts_with("blr"))
        };
        jumps += usize::from(jump);
        if call {
            wrong.push(format!("{name}: {instruction}"));
        }
    }
    assert!(handlers >= 80, "only {handlers} functions of {HANDLERS} in the program");
    assert!(jumps >= handlers, "{jumps} indirect jumps in {handlers} handlers");
    assert!(wrong.is_empty(), "indirect calls in handlers:\n{}", wrong.join("\n"));
    println!("{handlers} handlers, {jumps} dispatches, all jumps");
}

/// More than 10^8 instructions of many kinds on a native stack of 256 KiB, where one frame of 16 bytes for each would
/// need gigabytes.
#[test]
fn long_run_on_a_small_stack() {
    let script = "local t, s, mt = {x = 0, f = function(a) return a + 1 end}, 0, {} \
        function mt.__index(_, k) return k end setmetatable(t, mt) \
        for i = 1, 5000000 do t.x = t.x + 1; s = s + (i % 3) * 0.5; if s > 100 then s = t.f(s) - 100 end \
            local u = t[i] if u ~= i or not (u >= 1) then error(u) end end \
        for i = 1, 200000 do local n = 0 for k, v in ipairs {i, i, i} do n = n + v end \
            local c = {(select(2, pcall(t.f, n)))} s = s + #c + #(i .. '') end \
        local co = coroutine.wrap(function() while true do coroutine.yield(1) end end) \
        for i = 1, 200000 do s = s + co() end \
        local function tail(n) if n == 0 then return 'done' end return tail(n - 1) end \
        local i = 0 repeat i = i + 1 until i == 20000000 \
        print(t.x, tail(5000000))";
    let mut command = Command::new("sh");
    command.arg("-c").arg("ulimit -s 256; exec \"$0\" -e \"$1\"").arg(env!("CARGO_BIN_EXE_luas")).arg(script);
    let done = run::run(&mut command, b"", Duration::from_secs(300));
    assert!(
        done.status == Some(0) && done.out() == "5000000\tdone\n",
        "{}: {} {}",
        done.ending(),
        done.out(),
        done.err()
    );
}
