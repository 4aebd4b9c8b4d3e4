//! The file in which the prompt keeps what was typed: one input a line, newlines in it as `\n`, backslashes doubled.
//!
//! It is `$LUAS_HISTORY` (empty: none), else `luas/history` in the XDG folder for state. Only its owner may read it.
//! A history is a convenience: what fails here fails in silence.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

/// How many entries are kept, at least; the file grows to twice as many before it is cut.
const KEPT: usize = 1000;

/// The history's file, if there is to be one.
pub struct HistoryFile(Option<PathBuf>);

impl HistoryFile {
    /// Where the environment says.
    pub fn find() -> HistoryFile {
        if let Some(path) = std::env::var_os("LUAS_HISTORY") {
            return HistoryFile((!path.is_empty()).then(|| path.into()));
        }
        let state = match std::env::var_os("XDG_STATE_HOME") {
            Some(dir) if PathBuf::from(&dir).is_absolute() => Some(PathBuf::from(dir)),
            _ => std::env::var_os("HOME").filter(|h| !h.is_empty()).map(|h| PathBuf::from(h).join(".local/state")),
        };
        HistoryFile(state.map(|dir| dir.join("luas/history")))
    }

    /// The last entries, oldest first.
    pub fn entries(&self) -> Vec<String> {
        let Some(path) = &self.0 else { return Vec::new() };
        let text = std::fs::read(path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let last = &lines[lines.len().saturating_sub(KEPT)..];
        if lines.len() > 2 * KEPT {
            // In one step, so that a second prompt sees the old file or the new one.
            let fresh = path.with_extension(std::process::id().to_string());
            if self.write(&fresh, &(last.join("\n") + "\n")).is_ok() {
                let _ = std::fs::rename(&fresh, path);
            }
        }
        last.iter().map(|line| unescaped(line)).collect()
    }

    /// Adds an entry.
    pub fn append(&self, entry: &str) {
        if let Some(path) = &self.0 {
            let line = entry.replace('\\', "\\\\").replace('\n', "\\n") + "\n";
            let _ = self.write(path, &line);
        }
    }

    /// Adds text to a file, which is made when absent.
    fn write(&self, path: &PathBuf, text: &str) -> std::io::Result<()> {
        if let Some(folder) = path.parent()
            && !folder.as_os_str().is_empty()
        {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut file = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        // One write, so that the entries of two prompts do not mix.
        file.write_all(text.as_bytes())
    }
}

fn unescaped(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => text.push('\n'),
                Some(other) => text.push(other),
                None => text.push('\\'),
            },
            c => text.push(c),
        }
    }
    text
}
