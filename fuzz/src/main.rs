//! The command of the fuzzer: options, and what each of them starts.

use luas_fuzz::campaign::{Campaign, Mode, Pair, Report};
use luas_fuzz::{minimise, quality};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

const USAGE: &str = "usage: luas-fuzz [options]
  --mode programs|syntax|bytes   what is generated (programs)
  --seed S          the seed (by the clock)
  --from I          the first index (0)
  --count N         how many (10000)
  --jobs N          how many pairs of processes (2)
  --oracle PATH     the reference (lua5.4)
  --luas PATH       the program under test (luas beside this program)
  --limit SECONDS   for one program (10; 5 for bytes)
  --save FOLDER     where findings go (target/fuzz)
  --most N          stop after so many findings (20)
  --print I         print source I and what both sides answer
  --minimise I|FILE print a smaller source that still differs
  --quality         count instructions, outcomes and events of N programs";

enum Action {
    Run,
    Print(u64),
    Minimise(String),
    Quality,
}

fn options() -> Result<(Campaign, Action), String> {
    let exe = std::env::current_exe().map_err(|e| e.to_string())?;
    let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(1, |d| d.as_nanos() as u64);
    let mut c = Campaign {
        mode: Mode::Programs,
        seed: clock % 1_000_000_000,
        from: 0,
        count: 10_000,
        jobs: 2,
        luas: exe.with_file_name("luas"),
        oracle: PathBuf::from("lua5.4"),
        limit: Duration::ZERO,
        save: Some(PathBuf::from("target/fuzz")),
        most: 20,
    };
    let mut action = Action::Run;
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        if name == "--quality" {
            action = Action::Quality;
            continue;
        }
        let value = args.next().ok_or(USAGE)?;
        let number = || value.parse::<u64>().map_err(|_| format!("{name} needs a number, not '{value}'"));
        match name.as_str() {
            "--mode" => {
                c.mode = [Mode::Programs, Mode::Syntax, Mode::Bytes]
                    .into_iter()
                    .find(|m| m.name() == value)
                    .ok_or_else(|| format!("unknown mode '{value}'"))?;
            }
            "--seed" => c.seed = number()?,
            "--from" => c.from = number()?,
            "--count" => c.count = number()?,
            "--jobs" => c.jobs = number()? as usize,
            "--oracle" => c.oracle = value.into(),
            "--luas" => c.luas = value.into(),
            "--limit" => c.limit = Duration::from_secs(number()?),
            "--save" => c.save = Some(value.into()),
            "--most" => c.most = number()? as usize,
            "--print" => action = Action::Print(number()?),
            "--minimise" => action = Action::Minimise(value),
            _ => return Err(USAGE.to_string()),
        }
    }
    if c.limit.is_zero() {
        c.limit = Duration::from_secs(if c.mode == Mode::Bytes { 5 } else { 10 });
    }
    Ok((c, action))
}

fn show(c: &Campaign, report: &Report) {
    let rate = report.count as f64 / report.time.as_secs_f64().max(0.001);
    println!("{} {} in {:.0} s ({rate:.0} a second)", report.count, c.mode.name(), report.time.as_secs_f64());
    println!("outcomes: {:?}", report.outcomes);
    println!("known differences: {:?}", report.known);
    println!("too slow on both sides: {:?}", report.slow);
    println!("memory of luas: largest {} KiB, last {} KiB", report.memory_kib.0, report.memory_kib.1);
    println!("findings: {}", report.findings.len());
}

fn run(c: &Campaign, action: Action) -> io::Result<ExitCode> {
    match action {
        Action::Run => {
            println!("seed {}", c.seed);
            let report = c.run(true)?;
            show(c, &report);
            return Ok(if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Action::Print(index) => {
            let source = c.mode.source(c.seed, index);
            io::stdout().write_all(&source)?;
            let (verdict, reply) = Pair::start(c)?.judge(c.mode, &source)?;
            if let luas_fuzz::worker::Reply::Answer(a) = reply {
                println!("\n-- luas answers:\n{}", String::from_utf8_lossy(&a));
            }
            println!("-- {verdict:?}");
        }
        Action::Minimise(which) => {
            let source = match which.parse() {
                Ok(index) => c.mode.source(c.seed, index),
                Err(_) => std::fs::read(&which)?,
            };
            let mut pair = Pair::start(c)?;
            let small = minimise::minimise(&mut pair, c.mode, &source)?;
            io::stdout().write_all(&small)?;
            match pair.judge(c.mode, &small)?.0 {
                luas_fuzz::campaign::Verdict::Different(text) => println!("\n-- {text}"),
                other => println!("\n-- {other:?}"),
            }
        }
        Action::Quality => print!("{}", quality::report(&c.luas, c.seed, c.count)?),
    }
    Ok(ExitCode::SUCCESS)
}

fn main() -> ExitCode {
    match options() {
        Ok((c, action)) => run(&c, action).unwrap_or_else(|e| {
            eprintln!("luas-fuzz: {e}");
            ExitCode::FAILURE
        }),
        Err(text) => {
            eprintln!("luas-fuzz: {text}");
            ExitCode::FAILURE
        }
    }
}
