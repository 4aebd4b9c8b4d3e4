//! Differences that are known and tolerated, by name: few against the release that we follow, more against an older one.

/// The reference implementation that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oracle {
    /// Its release, as in "5.4.4".
    pub release: String,
}

impl Oracle {
    /// From the first line of `lua -v`.
    pub fn from_banner(banner: &str) -> Oracle {
        Oracle { release: banner.split_whitespace().nth(1).unwrap_or("unknown").to_string() }
    }
}

/// A known difference, seen in a line of luas and the same line of the reference.
struct Known {
    name: &'static str,
    same: fn(&str, &str) -> bool,
    /// What is printed afterwards may differ for the same reason.
    rest: bool,
}

/// What every release does differently from luas; docs/compatibility.md has the same list.
const ALWAYS: &[Known] = &[
    Known {
        name: "x - 0 is x + 0 for the compiler of the reference",
        same: |a, b| reduced(a, b, unsigned_zero),
        rest: false,
    },
    Known {
        name: "limits of functions are found after syntax errors",
        same: |_, b| b.contains("function or expression needs too many registers"),
        rest: false,
    },
];

/// What 5.4.4 does differently from the releases after it.
const SINCE_5_4_4: &[Known] = &[
    Known {
        name: "argument number of a position out of bounds",
        same: |a, b| reduced(a, b, position_out_of_bounds),
        rest: false,
    },
    Known { name: "line of an unclosed bracket in a syntax error", same: |a, b| reduced(a, b, unclosed), rest: false },
    Known { name: "line of an operation that spans lines", same: |a, b| reduced(a, b, operation_line), rest: false },
    Known {
        name: "index by the result of a comparison of constants",
        same: |_, b| b.contains("attempt to index a ") && b.ends_with(" value\""),
        rest: true,
    },
    Known {
        name: "break at the end of a loop with a closing value",
        same: |a, _| a.starts_with("\"close\""),
        rest: true,
    },
    Known {
        name: "yield while a coroutine is closed",
        same: |a, b| b.contains("error in error handling") || a.contains("yield across a C-call boundary"),
        rest: false,
    },
];

/// The name of the known difference that explains these two answers; `None` when some line is not explained.
pub fn explain(oracle: &Oracle, luas: &[u8], other: &[u8]) -> Option<&'static str> {
    let older: &[Known] = if oracle.release == "5.4.4" { SINCE_5_4_4 } else { &[] };
    let (a, b) = (String::from_utf8_lossy(luas), String::from_utf8_lossy(other));
    let mut name = None;
    // The first line is the outcome, which later lines explain.
    for (x, y) in a.lines().zip(b.lines()).skip(1).filter(|(x, y)| x != y) {
        let known = ALWAYS.iter().chain(older).find(|k| (k.same)(x, y))?;
        name = Some(known.name);
        if known.rest {
            return name;
        }
    }
    name.filter(|_| a.lines().count() == b.lines().count())
}

fn reduced(a: &str, b: &str, reduce: fn(&str) -> Option<String>) -> bool {
    reduce(a).is_some_and(|a| Some(a) == reduce(b))
}

/// Without the signs of zeros, infinities and what is not a number.
fn unsigned_zero(line: &str) -> Option<String> {
    Some(line.replace("-0f", "0f").replace("-0.0", "0.0").replace("-inf", "inf"))
}

fn position_out_of_bounds(line: &str) -> Option<String> {
    line.contains("position out of bounds").then(|| line.replace("argument #1", "argument #2"))
}

fn unclosed(line: &str) -> Option<String> {
    let Some(from) = line.find(" (to close ") else {
        return line.contains(" expected near ").then(|| line.to_string());
    };
    let to = line[from..].find(") near").map(|n| from + n + 1)?;
    Some(format!("{}{}", &line[..from], &line[to..]))
}

/// Without the numbers of lines in positions of this chunk.
fn operation_line(line: &str) -> Option<String> {
    let arithmetic = [
        ": in ",
        "attempt to divide by zero",
        "attempt to perform",
        "attempt to concatenate",
        "attempt to compare",
        "no integer representation",
    ];
    if !arithmetic.iter().any(|a| line.contains(a)) {
        return None;
    }
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("p:") {
        out.push_str(&rest[..at + 2]);
        rest = rest[at + 2..].trim_start_matches(|c: char| c.is_ascii_digit());
    }
    Some(out + rest)
}
