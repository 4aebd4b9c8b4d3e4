//! A campaign: many programs on both sides, in several jobs, with the findings saved and counted.

use crate::known::{self, Oracle};
use crate::worker::{Reply, Request, Worker};
use crate::{generator, mutate};
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What is generated and compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Programs; everything they print.
    Programs,
    /// Sources with damaged tokens; the syntax error.
    Syntax,
    /// Sources with damaged bytes; luas must survive them.
    Bytes,
}

impl Mode {
    /// The word that chooses it.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Programs => "programs",
            Mode::Syntax => "syntax",
            Mode::Bytes => "bytes",
        }
    }

    /// The source `index` of a campaign.
    pub fn source(self, seed: u64, index: u64) -> Vec<u8> {
        match self {
            Mode::Programs => generator::program(seed, index).into_bytes(),
            Mode::Syntax => mutate::tokens(seed, index).into_bytes(),
            Mode::Bytes => mutate::bytes(seed, index),
        }
    }

    fn request(self) -> Request {
        if self == Mode::Syntax { Request::Load } else { Request::Run }
    }
}

/// What a campaign is to do.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// What is generated.
    pub mode: Mode,
    /// With the index it decides every program.
    pub seed: u64,
    /// The first index.
    pub from: u64,
    /// How many programs.
    pub count: u64,
    /// How many pairs of workers.
    pub jobs: usize,
    /// The program under test.
    pub luas: PathBuf,
    /// The reference.
    pub oracle: PathBuf,
    /// How long one program may take.
    pub limit: Duration,
    /// Where findings are saved; `None` for nowhere.
    pub save: Option<PathBuf>,
    /// After so many findings the campaign stops.
    pub most: usize,
}

/// A source on which luas and the reference differ, or that luas did not survive.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Index of the source.
    pub index: u64,
    /// What is wrong, with the first lines that differ.
    pub text: String,
}

/// What came out of a campaign.
#[derive(Default, Debug)]
pub struct Report {
    /// Sources that were run.
    pub count: u64,
    /// How often luas answered with each outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// How often each known difference was met.
    pub known: BTreeMap<&'static str, u64>,
    /// Indices of sources that were too slow on both sides.
    pub slow: Vec<u64>,
    /// The findings.
    pub findings: Vec<Finding>,
    /// Largest and last resident memory of a luas worker, in KiB.
    pub memory_kib: (u64, u64),
    /// How long it took.
    pub time: Duration,
}

/// What two replies say about one source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The same, or whatever happens is allowed.
    Same,
    /// Different for a known reason.
    Known(&'static str),
    /// Too slow on both sides.
    Slow,
    /// A finding.
    Different(String),
}

/// Both workers of a job.
pub struct Pair {
    /// The program under test.
    pub luas: Worker,
    /// The reference; it is only started where answers are compared.
    pub oracle: Option<Worker>,
    path: PathBuf,
    release: Oracle,
    limit: Duration,
}

impl Pair {
    /// Starts the workers of a campaign. Errors: a program cannot be started.
    pub fn start(campaign: &Campaign) -> io::Result<Pair> {
        let banner = std::process::Command::new(&campaign.oracle).arg("-v").output();
        let banner = banner.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
        Ok(Pair {
            luas: Worker::start(&campaign.luas)?,
            oracle: if campaign.mode == Mode::Bytes { None } else { Some(Worker::start(&campaign.oracle)?) },
            path: campaign.oracle.clone(),
            release: Oracle::from_banner(&banner),
            limit: campaign.limit,
        })
    }

    /// Runs one source on both sides; also what luas replied.
    pub fn judge(&mut self, mode: Mode, source: &[u8]) -> io::Result<(Verdict, Reply)> {
        let request = mode.request();
        if mode == Mode::Bytes {
            let reply = self.luas.ask(request, source, self.limit)?;
            let verdict = match &reply {
                Reply::Answer(_) => Verdict::Same,
                Reply::Died(how) => Verdict::Different(format!("luas died: {how}")),
                // A damaged program may well run forever. Then the reference does the same.
                Reply::TimedOut => match Worker::start(&self.path)?.ask(request, source, self.limit * 2)? {
                    Reply::Answer(_) => Verdict::Different("luas hangs, the reference does not".to_string()),
                    _ => Verdict::Slow,
                },
            };
            return Ok((verdict, reply));
        }
        let Some(oracle) = &mut self.oracle else { return Err(io::Error::other("no reference in this mode")) };
        self.luas.send(request, source);
        oracle.send(request, source);
        let mine = self.luas.receive(self.limit)?;
        let other = oracle.receive(self.limit)?;
        let verdict = match (&mine, &other) {
            (Reply::Answer(a), Reply::Answer(b)) if a == b => Verdict::Same,
            (Reply::Answer(a), Reply::Answer(b)) => match known::explain(&self.release, a, b) {
                Some(name) => Verdict::Known(name),
                None => Verdict::Different(difference(a, b)),
            },
            (Reply::Died(how), _) => Verdict::Different(format!("luas died: {how}")),
            (Reply::TimedOut, Reply::TimedOut) => Verdict::Slow,
            (Reply::TimedOut, _) => Verdict::Different("luas hangs".to_string()),
            (_, Reply::TimedOut) => Verdict::Different("the reference hangs".to_string()),
            (_, Reply::Died(how)) => Verdict::Different(format!("the reference died: {how}")),
        };
        Ok((verdict, mine))
    }
}

impl Campaign {
    /// Runs it. Errors: a worker cannot be started, a finding cannot be saved.
    pub fn run(&self, progress: bool) -> io::Result<Report> {
        let start = Instant::now();
        let next = AtomicU64::new(self.from);
        let found = AtomicUsize::new(0);
        let report = Mutex::new(Report::default());
        let failures: Vec<io::Result<()>> = std::thread::scope(|scope| {
            let jobs: Vec<_> = (0..self.jobs.max(1))
                .map(|_| scope.spawn(|| self.job(&next, &found, &report, progress, start)))
                .collect();
            jobs.into_iter().map(|j| j.join().unwrap_or_else(|_| Err(io::Error::other("a job panicked")))).collect()
        });
        failures.into_iter().collect::<io::Result<()>>()?;
        let mut report = report.into_inner().unwrap_or_else(|e| e.into_inner());
        report.time = start.elapsed();
        report.findings.sort_by_key(|f| f.index);
        Ok(report)
    }

    fn job(
        &self,
        next: &AtomicU64,
        found: &AtomicUsize,
        report: &Mutex<Report>,
        progress: bool,
        start: Instant,
    ) -> io::Result<()> {
        let mut pair = Pair::start(self)?;
        loop {
            // Counters only: nothing is published through them.
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= self.from + self.count || found.load(Ordering::Relaxed) >= self.most {
                return Ok(());
            }
            let source = self.mode.source(self.seed, index);
            let (verdict, reply) = pair.judge(self.mode, &source)?;
            let memory = if index % 500 == 499 { pair.luas.memory_kib() } else { None };
            let mut r = report.lock().unwrap_or_else(|e| e.into_inner());
            r.count += 1;
            if let Some(m) = memory {
                r.memory_kib = (r.memory_kib.0.max(m), m);
            }
            let outcome = match &reply {
                Reply::Answer(a) => {
                    String::from_utf8_lossy(a.split(|b| *b == b'\n').next().unwrap_or_default()).into_owned()
                }
                Reply::Died(_) => "died".to_string(),
                Reply::TimedOut => "too slow".to_string(),
            };
            *r.outcomes.entry(outcome).or_default() += 1;
            match verdict {
                Verdict::Same => {}
                Verdict::Known(name) => *r.known.entry(name).or_default() += 1,
                Verdict::Slow => r.slow.push(index),
                Verdict::Different(text) => {
                    found.fetch_add(1, Ordering::Relaxed);
                    if progress {
                        println!("-- {} {index}: {text}", self.mode.name());
                    }
                    self.keep(index, &source, &text)?;
                    r.findings.push(Finding { index, text });
                }
            }
            if progress && r.count.is_multiple_of(20_000) {
                let (s, m) = (start.elapsed().as_secs_f64(), r.memory_kib);
                println!(
                    "{} done, {:.0} a second, {} findings, memory {} KiB",
                    r.count,
                    r.count as f64 / s,
                    r.findings.len(),
                    m.1
                );
            }
        }
    }

    fn keep(&self, index: u64, source: &[u8], text: &str) -> io::Result<()> {
        let Some(folder) = &self.save else { return Ok(()) };
        std::fs::create_dir_all(folder)?;
        let name = format!("{}-{}-{index}", self.mode.name(), self.seed);
        std::fs::write(folder.join(format!("{name}.lua")), source)?;
        std::fs::write(folder.join(format!("{name}.txt")), text)
    }
}

/// The first lines that differ.
pub fn difference(luas: &[u8], other: &[u8]) -> String {
    let (a, b) = (String::from_utf8_lossy(luas), String::from_utf8_lossy(other));
    let (mut x, mut y) = (a.lines(), b.lines());
    let mut n = 0;
    loop {
        n += 1;
        match (x.next(), y.next()) {
            (None, None) => return "they differ in line ends".to_string(),
            (l, o) if l != o => {
                return format!(
                    "line {n}\n  luas:      {}\n  reference: {}",
                    l.unwrap_or("(end)"),
                    o.unwrap_or("(end)")
                );
            }
            _ => {}
        }
    }
}
