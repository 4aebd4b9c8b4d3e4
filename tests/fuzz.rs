//! A short campaign of the differential fuzzer with a fixed seed: generated programs on luas and on lua5.4, damaged
//! sources on both, damaged bytes on luas. Longer ones are started by hand; see fuzz/README.md.

use luas_fuzz::campaign::{Campaign, Mode};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

fn campaign(mode: Mode, count: u64) {
    let oracle = PathBuf::from("lua5.4");
    if Command::new(&oracle).arg("-v").stdout(Stdio::null()).status().is_err() {
        println!("skipped: no lua5.4 on this machine");
        return;
    }
    let campaign = Campaign {
        mode,
        seed: 54,
        from: 0,
        count,
        jobs: 2,
        luas: PathBuf::from(env!("CARGO_BIN_EXE_luas")),
        oracle,
        limit: Duration::from_secs(60),
        save: None,
        most: 10,
    };
    let report = campaign.run(false).expect("workers that start");
    let texts: Vec<String> =
        report.findings.iter().map(|f| format!("{} {} {}: {}", mode.name(), campaign.seed, f.index, f.text)).collect();
    assert!(
        texts.is_empty(),
        "luas and lua5.4 differ (--seed SEED --print INDEX shows a program):\n{}",
        texts.join("\n")
    );
    assert_eq!(report.count, count, "every source is judged");
    assert!(report.slow.is_empty(), "too slow on both sides: {:?}", report.slow);
    let ended = report.outcomes.get("ok").copied().unwrap_or_default();
    assert!(mode != Mode::Programs || ended * 10 > count * 7, "most programs run to their end: {:?}", report.outcomes);
}

#[test]
fn programs() {
    campaign(Mode::Programs, 400);
}

#[test]
fn syntax_errors() {
    campaign(Mode::Syntax, 3000);
}

#[test]
fn damaged_bytes() {
    campaign(Mode::Bytes, 400);
}
