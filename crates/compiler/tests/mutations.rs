//! Damaged programs: whatever the bytes, the compiler returns a function that passes the verifier, or a message.

use std::fs;
use std::path::PathBuf;

use luas_compiler::{compile, dump};

/// How many programs are tried.
const COUNT: usize = 20_000;

/// A generator of numbers that are the same in every run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

const PIECES: &[&str] = &[
    "and ",
    "break ",
    "do ",
    "else ",
    "elseif ",
    "end ",
    "false ",
    "for ",
    "function ",
    "goto ",
    "if ",
    "in ",
    "local ",
    "nil ",
    "not ",
    "or ",
    "repeat ",
    "return ",
    "then ",
    "true ",
    "until ",
    "while ",
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
    " x ",
    " a ",
    " 1 ",
    " 1.5 ",
    " 0x",
    "\"",
    "'",
    "[[",
    "]]",
    "--",
    "--[[",
    "\\",
    "\n",
    "\r",
    "<const>",
    "<close>",
    "::l::",
    "goto l ",
    "_ENV ",
    "debug ",
    " 300 ",
    "nil,",
    "f()",
    "(f)",
    "\0",
    "\u{7f}",
    "é",
];

fn mutate(random: &mut Random, source: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = source.to_vec();
    for _ in 0..1 + random.below(4) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(20)).min(bytes.len());
        match random.below(6) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let piece = PIECES[random.below(PIECES.len())];
                bytes.splice(at..at, piece.bytes());
            }
            2 => {
                let piece = PIECES[random.below(PIECES.len())];
                bytes.splice(at..end, piece.bytes());
            }
            3 if at < bytes.len() => bytes[at] = random.below(256) as u8,
            4 => bytes.truncate(at),
            _ => {
                let from = random.below(other.len());
                let to = (from + random.below(60)).min(other.len());
                bytes.splice(at..at, other[from..to].iter().copied());
            }
        }
    }
    bytes
}

#[test]
fn damaged_programs_do_no_harm() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("the folder can be read").map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "lua"));
    paths.sort();
    let programs: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).expect("a program")).collect();
    let mut random = Random(0x5EED_1234_5678_9ABC);
    let mut compiled = 0;
    for _ in 0..COUNT {
        let program = random.below(programs.len());
        let other = random.below(programs.len());
        let source = mutate(&mut random, &programs[program], &programs[other]);
        if let Ok(function) = compile(&source, b"=damaged") {
            compiled += 1;
            assert!(!dump::bytecode(&function).is_empty());
            assert!(dump::tree(&source, b"=damaged").is_ok());
        }
    }
    assert!(compiled > COUNT / 100, "only {compiled} of {COUNT} programs compiled: the damage is too great");
}
