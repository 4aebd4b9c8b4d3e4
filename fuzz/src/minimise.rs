//! Makes a source that shows a difference small: lines, blocks and tokens are dropped while it still shows one.

use crate::campaign::{Mode, Pair, Verdict};
use crate::mutate::split;
use std::io;

/// A smaller source that still is a finding; the source itself when it is none. Errors: a worker cannot be started.
pub fn minimise(pair: &mut Pair, mode: Mode, source: &[u8]) -> io::Result<Vec<u8>> {
    if !differs(pair, mode, source)? {
        return Ok(source.to_vec());
    }
    let Ok(text) = std::str::from_utf8(source) else { return shrink_bytes(pair, mode, source.to_vec()) };
    let mut best: Vec<String> = text.lines().map(str::to_string).collect();
    loop {
        let before = best.len();
        best = drop_blocks(pair, mode, best)?;
        best = drop_windows(pair, mode, best, "\n")?;
        if best.len() == before {
            break;
        }
    }
    // Tokens of the rest, with line ends among them so that positions stay.
    let tokens = drop_windows(pair, mode, split(&best.join("\n")), " ")?;
    let small = tokens.join(" ");
    Ok(if differs(pair, mode, small.as_bytes())? { small.into_bytes() } else { best.join("\n").into_bytes() })
}

fn differs(pair: &mut Pair, mode: Mode, source: &[u8]) -> io::Result<bool> {
    Ok(matches!(pair.judge(mode, source)?.0, Verdict::Different(_)))
}

/// Drops windows of neighbours, large ones first.
fn drop_windows(pair: &mut Pair, mode: Mode, mut parts: Vec<String>, glue: &str) -> io::Result<Vec<String>> {
    if !differs(pair, mode, parts.join(glue).as_bytes())? {
        return Ok(parts);
    }
    let mut size = parts.len() / 2;
    while size > 0 {
        let mut i = 0;
        while i + size <= parts.len() {
            let mut fewer = parts.clone();
            fewer.drain(i..i + size);
            if differs(pair, mode, fewer.join(glue).as_bytes())? {
                parts = fewer;
            } else {
                i += 1.max(size / 2);
            }
        }
        size = if size > 8 { size / 2 } else { size - 1 };
    }
    Ok(parts)
}

/// Drops a line and the next one of the same indentation together (a block's head and end), keeping the body; or all.
fn drop_blocks(pair: &mut Pair, mode: Mode, mut lines: Vec<String>) -> io::Result<Vec<String>> {
    let depth = |l: &String| l.len() - l.trim_start().len();
    let mut i = 0;
    while i < lines.len() {
        let end = (i + 1..lines.len()).find(|j| depth(&lines[*j]) <= depth(&lines[i]));
        let mut dropped = false;
        if let Some(j) = end
            && j > i + 1
        {
            for whole in [true, false] {
                let mut fewer = lines.clone();
                if whole {
                    fewer.drain(i..=j);
                } else {
                    fewer.remove(j);
                    fewer.remove(i);
                }
                if differs(pair, mode, fewer.join("\n").as_bytes())? {
                    lines = fewer;
                    dropped = true;
                    break;
                }
            }
        }
        if !dropped {
            i += 1;
        }
    }
    Ok(lines)
}

fn shrink_bytes(pair: &mut Pair, mode: Mode, mut source: Vec<u8>) -> io::Result<Vec<u8>> {
    let mut size = source.len() / 2;
    while size > 0 {
        let mut i = 0;
        while i + size <= source.len() {
            let mut fewer = source.clone();
            fewer.drain(i..i + size);
            if differs(pair, mode, &fewer)? {
                source = fewer;
            } else {
                i += size;
            }
        }
        size /= 2;
    }
    Ok(source)
}
