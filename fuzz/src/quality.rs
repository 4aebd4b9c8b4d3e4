//! How good the generator is: which instructions its programs have, how many run to their end, which events they reach.

use crate::campaign::Mode;
use crate::worker::{Reply, Request, Worker};
use luas_compiler::bytecode::{ALL_OPCODES, Function, Instruction};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;

const EVENTS: &[&str] = &[
    "__add",
    "__sub",
    "__mul",
    "__div",
    "__mod",
    "__pow",
    "__idiv",
    "__band",
    "__bor",
    "__bxor",
    "__shl",
    "__shr",
    "__concat",
    "__eq",
    "__lt",
    "__le",
    "__unm",
    "__bnot",
    "__len",
    "__index",
    "__newindex",
    "__call",
    "__close",
];

/// Counts over `count` programs, as text. Errors: luas cannot be started.
pub fn report(luas: &Path, seed: u64, count: u64) -> io::Result<String> {
    let mut worker = Worker::start(luas)?;
    let mut opcodes = vec![0u64; ALL_OPCODES.len()];
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    let mut events: BTreeMap<&str, u64> = EVENTS.iter().map(|e| (*e, 0)).collect();
    let mut errors: BTreeMap<String, u64> = BTreeMap::new();
    let (mut lines, mut printed) = (0, 0);
    for index in 0..count {
        let source = Mode::Programs.source(seed, index);
        lines += source.iter().filter(|b| **b == b'\n').count();
        match luas_compiler::compile(&source, b"=p") {
            Ok(f) => instructions(&f, &mut opcodes),
            Err(e) => *errors.entry(format!("syntax: {}", String::from_utf8_lossy(&e.message))).or_default() += 1,
        }
        if let Reply::Answer(answer) = worker.ask(Request::Run, &source, Duration::from_secs(10))? {
            let text = String::from_utf8_lossy(&answer);
            let outcome = text.lines().next().unwrap_or_default().to_string();
            if outcome != "ok" {
                *errors.entry(text.lines().last().unwrap_or_default().to_string()).or_default() += 1;
            }
            *outcomes.entry(outcome).or_default() += 1;
            printed += text.lines().count();
            for (e, n) in &mut events {
                *n += text.matches(&format!("\"{e}")).count() as u64;
            }
        }
    }
    let mut out = format!("{count} programs, {lines} lines, {printed} lines printed\noutcomes: {outcomes:?}\n");
    let mut frequent: Vec<_> = errors.iter().collect();
    frequent.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
    for (text, n) in frequent.iter().take(12) {
        out.push_str(&format!("  {n} ended with {text}\n"));
    }
    let missing: Vec<&str> = ALL_OPCODES.iter().filter(|o| opcodes[**o as usize] == 0).map(|o| o.name()).collect();
    for op in ALL_OPCODES {
        out.push_str(&format!("{:12} {}\n", op.name(), opcodes[op as usize]));
    }
    out.push_str(&format!("instructions never generated: {missing:?}\nevents seen: {events:?}\n"));
    Ok(out)
}

fn instructions(f: &Function, counts: &mut [u64]) {
    let mut pc = 0;
    while pc < f.code.len() {
        let op = Instruction(f.code[pc]).op();
        counts[op as usize] += 1;
        pc += 1 + usize::from(op.has_extra());
    }
    for inner in &f.protos {
        instructions(inner, counts);
    }
}
