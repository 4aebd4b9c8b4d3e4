//! The prompt: reads a piece of program, runs it, prints its results.
//!
//! Promises: what `lua` does with its lines. While the prompt waits for input its thread is PARKED, so that other
//! threads and their collections go on (contract 10): it lives outside of Lua and goes in to run what was read.
//! Leaves to others: reading and editing a line ([`crate::line`]).

use crate::line::{Line, Reader};
use luas::Thread;
use luas_vm::ffi::signal;
use luas_vm::ffi::stdio::{flush_stdout, write_stdout};
use luas_vm::native::{ALL, Outside, Result};

/// Errors at the prompt are reported without the program's name.
const NOBODY: &[u8] = b"";

/// What a chunk at the prompt is called.
const NAME: &[u8] = b"=stdin";

/// What one look at the input came to.
enum Read {
    /// A function at the top of the stack.
    Function,
    /// Nothing to run: an error that was reported, or an input that was dropped.
    Nothing,
    /// The end of the input.
    End,
}

/// Reads and runs until the end of input; false when a prompt's `__tostring` failed, which ends it too.
pub fn run(th: &mut Thread) -> bool {
    let below = th.top();
    let ended = th.outside(|outside| {
        let mut reader = Reader::new(outside);
        loop {
            match read(outside, &mut reader)? {
                Read::End => return Ok(()),
                Read::Nothing => {}
                Read::Function => outside.inside(|th| {
                    if crate::call(th, NOBODY, 0, ALL) {
                        print(th, below);
                    }
                    // A Ctrl-C that came too late for this command is none for the next.
                    signal::forget_interrupt(th);
                }),
            }
            outside.inside(|th| th.set_top(below));
        }
    });
    if ended.is_ok() {
        write_stdout(b"\n");
        flush_stdout();
    }
    crate::check(th, NOBODY, ended)
}

/// Reads lines until they are a chunk (first an expression, then statements that may go on in further lines), and
/// pushes its function.
fn read(outside: &Outside, reader: &mut Reader<'_>) -> Result<Read> {
    let mut text = match reader.read(&prompt(outside, "_PROMPT", b"> ")?) {
        Line::Text(line) => line,
        Line::Dropped => return Ok(Read::Nothing),
        Line::End => return Ok(Read::End),
    };
    if text.first() == Some(&b'=') {
        text.splice(..1, *b"return ");
    }
    let expression = [b"return ", &text[..], b";"].concat();
    if outside.inside(|th| load(th, &expression).is_ok()) {
        reader.remember(&text);
        return Ok(Read::Function);
    }
    loop {
        let message = match outside.inside(|th| load(th, &text)) {
            Ok(()) => {
                reader.remember(&text);
                return Ok(Read::Function);
            }
            Err(message) => message,
        };
        if message.ends_with(b"<eof>") {
            match reader.read(&prompt(outside, "_PROMPT2", b">> ")?) {
                Line::Text(more) => {
                    text.push(b'\n');
                    text.extend_from_slice(&more);
                    continue;
                }
                Line::Dropped => return Ok(Read::Nothing),
                Line::End => {}
            }
        }
        reader.remember(&text);
        crate::report(NOBODY, &message);
        return Ok(Read::Nothing);
    }
}

/// The text of a prompt: what `tostring` makes of a global variable, or the default.
fn prompt(outside: &Outside, variable: &str, default: &[u8]) -> Result<Vec<u8>> {
    outside.inside(|th| {
        let below = th.top();
        crate::push_global(th, variable.as_bytes())?;
        if th.at(-1).is_nil() {
            th.set_top(below);
            return Ok(default.to_vec());
        }
        th.to_string(-1)?;
        let text = th.at(-1).as_bytes().unwrap_or_default().to_vec();
        th.set_top(below);
        Ok(text)
    })
}

/// Pushes the function of a text, or says why there is none.
fn load(th: &mut Thread, text: &[u8]) -> std::result::Result<(), Vec<u8>> {
    match th.load(text, NAME) {
        Ok(f) => {
            th.push(f);
            Ok(())
        }
        Err(e) => Err(luas_vm::host::describe_error(th, th.error_value(e))),
    }
}

/// Calls the global `print` on the values above `below`.
fn print(th: &mut Thread, below: usize) {
    let n = th.top() - below;
    if n == 0 {
        return;
    }
    let printed = th.check_stack(20).and_then(|()| {
        crate::push_global(th, b"print")?;
        th.insert(below as i32 + 1);
        th.pcall(n, 0)
    });
    let failure = match printed {
        Ok(true) => return,
        Ok(false) => th.at(-1).as_bytes().unwrap_or(b"(null)").to_vec(),
        Err(e) => luas_vm::host::describe_error(th, th.error_value(e)),
    };
    crate::report(NOBODY, &[b"error calling 'print' (", &failure[..], b")"].concat());
}
