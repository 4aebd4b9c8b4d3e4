//! `tests/stress/stress.lua`: many threads on a few shared tables, for some seconds in each mode.
//!
//! `LUAS_STRESS_SECONDS` sets how long (default 4), `LUAS_SEED` the choices; the seed is printed.

#[path = "harness/run.rs"]
mod run;

use run::{all, folder, luas};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[test]
fn stress() {
    let number = |name: &str| std::env::var(name).ok().and_then(|s| s.parse::<u64>().ok());
    let seconds = number("LUAS_STRESS_SECONDS").unwrap_or(4);
    let seed = number("LUAS_SEED")
        .unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64));
    println!("LUAS_SEED={seed} LUAS_STRESS_SECONDS={seconds}");
    // Torture modes exist in checked builds only.
    let modes: &[&str] = if cfg!(debug_assertions) { &["", "gc=97,publish"] } else { &[""] };
    let check = |mode: &&str| {
        let mut command = luas();
        command.current_dir(folder("stress")).arg("stress.lua");
        command.env("LUAS_SEED", seed.to_string()).env("LUAS_STRESS_SECONDS", seconds.to_string());
        if !mode.is_empty() {
            command.env("LUAS_TORTURE", mode);
        }
        let done = run::run(&mut command, b"", Duration::from_secs(seconds * 4 + 60));
        let (out, err) = (done.out(), done.err());
        if !done.timed_out && done.status == Some(0) && err.is_empty() && out.lines().last() == Some("ok") {
            return Ok(());
        }
        Err(format!("LUAS_SEED={seed} {}\n--- stdout\n{out}--- stderr\n{err}", done.ending()))
    };
    all("stress", modes, |mode| format!("LUAS_TORTURE={mode}"), check);
}
