//! Damaged sources: token by token for syntax errors, byte by byte for robustness.

use crate::generator;
use crate::random::Random;

const INSERTS: &[&str] = &[
    "and",
    "break",
    "do",
    "else",
    "elseif",
    "end",
    "false",
    "for",
    "function",
    "goto",
    "if",
    "in",
    "local",
    "nil",
    "not",
    "or",
    "repeat",
    "return",
    "then",
    "true",
    "until",
    "while",
    "+",
    "-",
    "*",
    "/",
    "%",
    "^",
    "#",
    "&",
    "~",
    "|",
    "<<",
    ">>",
    "//",
    "==",
    "~=",
    "<=",
    ">=",
    "<",
    ">",
    "=",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "::",
    ";",
    ":",
    ",",
    ".",
    "..",
    "...",
    "<const>",
    "<close>",
    "<other>",
    "::l::",
    "goto l",
    "local x <const> = 1 x = 2",
    "break",
    "1",
    "0x",
    "1e",
    "3x",
    "0xep",
    "1..2",
    "'",
    "\"",
    "'\\q'",
    "'\\300'",
    "'\\xz'",
    "'\\u{110000000}'",
    "'\\u{zz}'",
    "'\\400'",
    "[[",
    "[==[",
    "]]",
    "--[[",
    "--",
    "@",
    "$",
    "!",
    "?",
    "`",
    "\\",
    "\u{e9}",
    "x",
    "_ENV",
    "\n",
    "'a\nb'",
    "'\\z  x'",
    "\"\\",
    "function f(a, ..., b) end",
    "local function",
    "for x",
    "for x in",
    "for 1",
    "a.b:c = 1",
    "f() = 1",
    "a, b",
    "local a <const>, b <close>, c <close>",
    "#!",
    "\0",
    "0xffffffffffffffffff",
    "1e400",
    "a.1",
    "::l:: ::l::",
    "...",
    "return 1 2",
];

/// A source whose tokens were deleted, swapped, doubled, replaced or added.
pub fn tokens(seed: u64, index: u64) -> String {
    let mut random = Random::new(seed ^ 0x7073, index);
    let program = generator::program(seed, index);
    // A few neighbouring lines, so that errors are not always the same "<eof>".
    let lines: Vec<&str> = program.lines().collect();
    let from = random.below(lines.len().max(1));
    let size = 1 + random.below(12);
    let text = if random.one_in(3) { program.clone() } else { lines[from..lines.len().min(from + size)].join("\n") };
    let mut tokens = split(&text);
    for _ in 0..1 + random.below(3) {
        if tokens.is_empty() {
            break;
        }
        let i = random.below(tokens.len());
        match random.below(8) {
            0 | 1 => {
                tokens.remove(i);
            }
            2 => {
                let j = random.below(tokens.len());
                tokens.swap(i, j);
            }
            3 if i + 1 < tokens.len() => tokens.swap(i, i + 1),
            4 => {
                let t = tokens[i].clone();
                tokens.insert(i, t);
            }
            5 => tokens[i] = random.pick(INSERTS).to_string(),
            6 => tokens.insert(i, random.pick(INSERTS).to_string()),
            _ if random.one_in(4) => tokens.truncate(i),
            _ => tokens.insert(i, random.pick(INSERTS).to_string()),
        }
    }
    let mut out = String::new();
    for t in &tokens {
        // Neighbours that would grow together are kept apart, mostly.
        let glue = out.ends_with(|c: char| c.is_alphanumeric() || c == '_')
            && t.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if glue && !random.one_in(30) {
            out.push(' ');
        }
        out.push_str(t);
    }
    out
}

/// A source with damaged bytes.
pub fn bytes(seed: u64, index: u64) -> Vec<u8> {
    let mut random = Random::new(seed ^ 0x6279, index);
    let mut text = generator::program(seed, index).into_bytes();
    for _ in 0..1 + random.below(6) {
        if text.is_empty() {
            break;
        }
        let i = random.below(text.len());
        let j = (i + 1 + random.below(12)).min(text.len());
        match random.below(8) {
            0 => text[i] ^= 1 << random.below(8),
            1 => {
                text.drain(i..j);
            }
            2 => text[i] = random.pick(b"\0\n\r\\\"'[]{}()%=~<>.:-#0189eExXpP \xff\x80\xc3"),
            3 => {
                let part = text[i..j].to_vec();
                let k = random.below(text.len());
                text.splice(k..k, part);
            }
            4 => text.insert(i, random.word() as u8),
            5 => {
                let word = random.pick(INSERTS).as_bytes();
                text.splice(i..i, word.iter().copied());
            }
            6 => text[i] = b'0' + random.below(10) as u8,
            _ => {
                let k = random.below(text.len());
                text.swap(i, k);
            }
        }
    }
    text
}

/// The tokens of a program, roughly: names and numbers, strings, symbols, line ends. Blanks are dropped.
pub fn split(text: &str) -> Vec<String> {
    let b = text.as_bytes();
    let mut tokens = Vec::new();
    let mut i = 0;
    while i < b.len() {
        let start = i;
        let c = b[i];
        i += 1;
        if c == b' ' {
            continue;
        }
        if c.is_ascii_alphanumeric() || c == b'_' {
            while i < b.len() && (b[i].is_ascii_alphanumeric() || b[i] == b'_') {
                i += 1;
            }
        } else if c == b'\'' || c == b'"' {
            while i < b.len() && b[i] != c && b[i] != b'\n' {
                i += 1 + usize::from(b[i] == b'\\');
            }
            i = (i + 1).min(b.len());
        } else {
            for symbol in ["...", "::", "<<", ">>", "//", "==", "~=", "<=", ">=", "..", "[==[", "]==]"] {
                if text.as_bytes()[start..].starts_with(symbol.as_bytes()) {
                    i = start + symbol.len();
                    break;
                }
            }
        }
        while !text.is_char_boundary(i) {
            i += 1;
        }
        tokens.push(text[start..i].to_string());
    }
    tokens
}
