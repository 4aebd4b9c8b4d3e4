//! One line of input for the prompt: edited on a terminal, plain elsewhere.
//!
//! Promises: a terminal gets keys to edit with, a history that outlives the program, and completion
//! ([`crate::complete`]); where standard input is no terminal, or one without abilities (`TERM=dumb`), lines are read
//! from C's standard input, which programs read too. As GNU readline does, what comes from no terminal is echoed, so
//! that the output reads like a session.

use crate::complete;
use crate::history::HistoryFile;
use luas_vm::ffi::signal::{stdin_is_terminal, stdout_is_terminal};
use luas_vm::ffi::stdio::{Buffer, CFile, flush_stdout, write_stdout};
use luas_vm::native::Outside;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Context, Editor, Helper};

/// What reading a line came to.
pub enum Line {
    /// A line, without its newline.
    Text(Vec<u8>),
    /// Ctrl-C: whatever was typed does not count.
    Dropped,
    /// The end of the input, or input that cannot be read.
    End,
}

/// Reads lines.
pub enum Reader<'o> {
    /// From a stream.
    Plain {
        /// Whether lines are written out again.
        echo: bool,
    },
    /// From a terminal.
    Edited(Box<Editor<Names<'o>, MemHistory>>, HistoryFile),
}

impl<'o> Reader<'o> {
    /// A reader for the streams that the process has; `outside` is the way to the names that completion offers.
    pub fn new(outside: &'o Outside) -> Reader<'o> {
        let dumb = std::env::var_os("TERM").is_none_or(|t| t.is_empty() || t == "dumb");
        let terminal = stdin_is_terminal();
        if dumb || !terminal || !stdout_is_terminal() {
            return Reader::Plain { echo: !terminal };
        }
        let config = Config::builder().completion_type(CompletionType::List).build();
        let Ok(mut editor) = Editor::with_history(config.clone(), MemHistory::with_config(&config)) else {
            return Reader::Plain { echo: false };
        };
        editor.set_helper(Some(Names(outside)));
        let file = HistoryFile::find();
        for entry in file.entries() {
            let _ = editor.add_history_entry(entry);
        }
        Reader::Edited(Box::new(editor), file)
    }

    /// Shows a prompt and reads a line. Called outside of Lua.
    pub fn read(&mut self, prompt: &[u8]) -> Line {
        match self {
            Reader::Plain { echo } => {
                write_stdout(prompt);
                flush_stdout();
                let mut line = Buffer::take();
                if !matches!(CFile::standard_input().read_line(true, false, &mut line), Some(Ok(true))) {
                    return Line::End;
                }
                if *echo {
                    write_stdout(&[line.bytes(), b"\n"].concat());
                    flush_stdout();
                }
                Line::Text(line.bytes().to_vec())
            }
            Reader::Edited(editor, _) => {
                fresh_line(editor.dimensions().map_or(0, |(columns, _)| columns.into()));
                match editor.readline(&*String::from_utf8_lossy(prompt)) {
                    Ok(line) => Line::Text(line.into_bytes()),
                    Err(ReadlineError::Interrupted) => Line::Dropped,
                    Err(_) => Line::End,
                }
            }
        }
    }

    /// Adds an input, perhaps of several lines, to the history.
    pub fn remember(&mut self, text: &[u8]) {
        if let (Reader::Edited(editor, file), Ok(text)) = (self, std::str::from_utf8(text))
            && editor.add_history_entry(text).unwrap_or(false)
        {
            file.append(text);
        }
    }
}

/// Brings the cursor to the start of a line, so that the editor overwrites no output that ended without a newline: a
/// line of spaces wraps unless the cursor was at the start. (To ask the terminal for the cursor's place would mix its
/// answer with keys that were typed ahead.)
fn fresh_line(columns: usize) {
    let mut spaces = vec![b' '; columns];
    spaces.push(b'\r');
    write_stdout(&spaces);
    flush_stdout();
}

/// What the editor asks about a line: the names that may stand at the cursor.
pub struct Names<'o>(&'o Outside);

impl Completer for Names<'_> {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.0.inside(|th| complete::candidates(th, &line[..at])))
    }
}

impl Hinter for Names<'_> {
    type Hint = String;
}
impl Highlighter for Names<'_> {}
impl Validator for Names<'_> {}
impl Helper for Names<'_> {}
