//! Completion at the prompt: the names that may stand where the cursor is.
//!
//! `str` becomes `string`, `string.re` becomes `string.rep` or `string.reverse`, `text:up` becomes `text:upper` for a
//! global `text`. Promises: nothing of the program runs: values are read raw, and metatables are followed through
//! tables in `__index` only.

use luas::Thread;
use luas_vm::native::Table;
use luas_vm::value::Val;

/// How many tables `__index` is followed through.
const MAX_CHAIN: usize = 100;
/// How many names are offered at most.
const MAX_NAMES: usize = 10_000;

const KEYWORDS: [&str; 22] = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
    "not", "or", "repeat", "return", "then", "true", "until", "while",
];

/// Where the name before the cursor starts, in bytes, and what it may become.
pub fn candidates(th: &Thread, before: &str) -> (usize, Vec<String>) {
    let is_part = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.' | b':');
    let from = before.bytes().rposition(|c| !is_part(c)).map_or(0, |i| i + 1);
    let path = &before[from..];
    let name = path.rfind(['.', ':']).map_or(0, |i| i + 1);
    let start = from + name;
    let prefix = &path[name..];
    let mut names = Vec::new();
    if name == 0 {
        names.extend(KEYWORDS.iter().filter(|k| k.starts_with(prefix)).map(|k| k.to_string()));
        add_names(th, th.globals().into(), prefix, false, &mut names);
    } else if let Some(v) = value_of(th, &path[..name - 1]) {
        add_names(th, v, prefix, path.as_bytes()[name - 1] == b':', &mut names);
    }
    names.sort();
    names.dedup();
    (start, names)
}

/// The value of a chain of names that starts at a global variable.
fn value_of<'t>(th: &'t Thread, path: &str) -> Option<Val<'t>> {
    let mut v: Val<'t> = th.globals().into();
    for name in path.split(['.', ':']) {
        v = chain(th, v).map(|t| th.raw_get_str(t, name)).find(|v| !v.is_nil())?;
    }
    Some(v)
}

/// The tables in which a value's fields are looked up: itself, and along `__index`.
fn chain<'t>(th: &'t Thread, v: Val<'t>) -> impl Iterator<Item = Table<'t>> {
    let index = move |v: Val<'t>| th.metafield(v, "__index").filter(|i| i.as_table().is_some());
    let first = if v.as_table().is_some() { Some(v) } else { index(v) };
    std::iter::successors(first, move |&v| index(v)).take(MAX_CHAIN).filter_map(|v| v.as_table())
}

/// Adds the fields of a value that start so and are names; functions only, for a method call.
fn add_names(th: &Thread, v: Val<'_>, prefix: &str, methods: bool, names: &mut Vec<String>) {
    for t in chain(th, v) {
        let mut key = Val::NIL;
        // A table that other threads change meanwhile may end early, or name a key twice.
        while let Ok(Some((k, value))) = th.raw_next(t, key) {
            key = k;
            let Some(name) = k.as_bytes().and_then(|b| std::str::from_utf8(b).ok()) else { continue };
            if name.starts_with(prefix) && is_name(name) && (!methods || value.is_function()) {
                names.push(name.into());
            }
            if names.len() >= MAX_NAMES {
                return;
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    let first = text.bytes().next().is_some_and(|c| c.is_ascii_alphabetic() || c == b'_');
    first && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_') && !KEYWORDS.contains(&text)
}
