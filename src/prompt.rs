//! The plain prompt: reads a line, runs it, prints its results.

use luas::Thread;
use luas_vm::native::{ALL, Result};
use std::io::{BufRead, Write};

/// Reads and runs lines until the end of input; true.
pub fn run(th: &mut Thread) -> bool {
    // Errors at the prompt are reported without the program's name.
    let program = b"";
    let stdin = std::io::stdin();
    while let Some(line) = read_line(th, &stdin, "_PROMPT", "> ") {
        let below = th.top();
        if load(th, program, &stdin, line) && super::call(th, program, 0, ALL) {
            let n = th.top() - below;
            if n > 0 {
                let printed = print(th, below, n);
                if !super::check(th, program, printed) {
                    th.set_top(below);
                }
            }
        }
        th.set_top(below);
    }
    luas_vm::ffi::stdio::write_stdout(b"\n");
    true
}

fn read_line(th: &mut Thread, stdin: &std::io::Stdin, variable: &str, default: &str) -> Option<Vec<u8>> {
    let prompt = th.raw_get_str(th.globals(), variable);
    let text = prompt.as_bytes().unwrap_or(default.as_bytes());
    luas_vm::ffi::stdio::write_stdout(text);
    luas_vm::ffi::stdio::flush_stdout();
    let _ = std::io::stdout().flush();
    let mut line = Vec::new();
    let n = th.blocking(|| stdin.lock().read_until(b'\n', &mut line)).ok()?;
    if n == 0 {
        return None;
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Some(line)
}

/// Pushes the function of a line (first as an expression, then as a statement that may go on in further lines).
fn load(th: &mut Thread, program: &[u8], stdin: &std::io::Stdin, line: Vec<u8>) -> bool {
    let line = match line.strip_prefix(b"=") {
        Some(rest) => [b"return ", rest].concat(),
        None => line,
    };
    let mut expression = b"return ".to_vec();
    expression.extend_from_slice(&line);
    if luas_compiler::compile(&expression, b"=stdin").is_ok() {
        let loaded = th.load(&expression, b"=stdin").map(|f| th.push(f));
        return super::check(th, program, loaded);
    }
    let mut text = line;
    loop {
        match luas_compiler::compile(&text, b"=stdin") {
            Err(e) if e.message.ends_with(b"<eof>") => {
                let Some(more) = read_line(th, stdin, "_PROMPT2", ">> ") else {
                    super::report(program, &e.message);
                    return false;
                };
                text.push(b'\n');
                text.extend_from_slice(&more);
            }
            _ => {
                let loaded = th.load(&text, b"=stdin").map(|f| th.push(f));
                return super::check(th, program, loaded);
            }
        }
    }
}

/// Calls the global `print` on the `n` topmost values.
fn print(th: &mut Thread, below: usize, n: usize) -> Result<()> {
    th.check_stack(2)?;
    let f = th.raw_get_str(th.globals(), "print");
    th.push(f);
    th.insert(below as i32 + 1);
    th.call(n, 0)
}
