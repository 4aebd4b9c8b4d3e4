//! Damaged binary chunks: `load` refuses them, or they run without harm.
//!
//! The functions of all test programs, and of `tests/fuzz/seeds.lua`, are written as chunks and damaged; what loads is run in a worker process (this
//! program again), on arguments and captured variables of all kinds and without access to files. A worker that ends
//! by a signal or a panic is a failure, and so is one that can no longer be stopped. Loops are interrupted after a few
//! milliseconds.
//!
//! `LUAS_FUZZ_COUNT` sets how many chunks are tried (default 3000), `LUAS_FUZZ_SEED` the choices; each chunk depends
//! on the seed and its number only. `LUAS_FUZZ_FIRST` is the first number, `LUAS_FUZZ_KEEP` a folder where the chunks
//! of failures are kept.

use luas::{Lua, Value};
use luas_compiler::binary::write;
use luas_compiler::bytecode::{Constant, Function, OPCODE_COUNT};
use luas_compiler::compile;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|s| s.parse().ok())
}

/// Numbers that are the same in every run (splitmix).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }
    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

// ---- chunks ------------------------------------------------------------------------------------------------------

/// Larger functions take long to write and read, and most damage would miss what runs.
const MAX_WORDS: usize = 1500;

/// The functions of all test programs, each with those inside it, and small ones that need nothing from outside.
struct Corpus {
    programs: Vec<Function>,
    seeds: Vec<Function>,
}

impl Corpus {
    fn pick(&self, random: &mut Random) -> &Function {
        let list = if random.below(2) == 0 { &self.seeds } else { &self.programs };
        &list[random.below(list.len())]
    }
}

fn corpus() -> Corpus {
    fn collect(f: &Function, all: &mut Vec<Function>) {
        if f.code.len() <= MAX_WORDS {
            all.push(f.clone());
        }
        f.protos.iter().for_each(|p| collect(p, all));
    }
    let mut all = Vec::new();
    for folder in ["tests/lua", "tests/threads", "examples"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut paths: Vec<_> =
            std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()).collect();
        paths.sort();
        for path in paths.iter().filter(|p| p.extension().is_some_and(|e| e == "lua")) {
            let source = std::fs::read(path).expect("a readable file");
            collect(&compile(&source, b"=corpus").expect("a correct program"), &mut all);
        }
    }
    assert!(all.len() > 500, "only {} functions", all.len());
    let seeds = compile(include_bytes!("fuzz/seeds.lua"), b"=seeds").expect("a correct program");
    Corpus { programs: all, seeds: seeds.protos }
}

/// Some function of a tree.
fn pick<'a>(f: &'a mut Function, random: &mut Random) -> &'a mut Function {
    if f.protos.is_empty() || random.below(3) == 0 {
        return f;
    }
    let n = random.below(f.protos.len());
    pick(&mut f.protos[n], random)
}

/// Damages what a chunk says.
fn damage(f: &mut Function, random: &mut Random) {
    let f = pick(f, random);
    let at = random.below(f.code.len());
    let registers = f.max_stack as usize + 1;
    match random.below(24) {
        // One operand, mostly to something that could be right.
        0..=6 => {
            let shift = 8 * (1 + random.below(3));
            let operand = if random.below(4) == 0 { random.below(256) } else { random.below(registers) };
            f.code[at] = f.code[at] & !(0xFF << shift) | (operand as u32) << shift;
        }
        7..=9 => f.code[at] = f.code[at] & !0xFF | random.below(OPCODE_COUNT) as u32,
        10 => f.code[at] ^= 1 << random.below(32),
        11 => f.code[at] = f.code[at].wrapping_add_signed(random.below(9) as i32 - 4),
        12 | 13 => {
            let other = random.below(f.code.len());
            f.code.swap(at, other);
        }
        14 => f.code[at] = f.code[random.below(f.code.len())],
        15 => {
            let word = f.code.remove(at);
            let to = random.below(f.code.len() + 1);
            f.code.insert(to, word);
        }
        16 => {
            // A word more or less; lines follow.
            if random.below(2) == 0 && f.code.len() > 1 {
                f.code.remove(at);
                f.lines.pop();
            } else {
                let word = f.code[random.below(f.code.len())];
                f.code.insert(at, word);
                f.lines.push(1);
            }
        }
        17 => match f.upvals.len() {
            0 => f.num_params = f.num_params.wrapping_add(1),
            n => {
                let upval = &mut f.upvals[random.below(n)];
                match random.below(3) {
                    0 => upval.is_cell = !upval.is_cell,
                    1 => upval.in_stack = !upval.in_stack,
                    _ => upval.index = random.below(registers) as u8,
                }
            }
        },
        18 => match f.locals.len() {
            0 => f.lines.clear(),
            n => {
                let local = &mut f.locals[random.below(n)];
                match random.below(4) {
                    0 => local.reg = random.below(registers) as u8,
                    1 => local.end_pc = random.below(f.code.len() + 2) as u32,
                    2 => local.start_pc = random.below(f.code.len()) as u32,
                    _ => local.name = Default::default(),
                }
                local.end_pc = local.end_pc.max(local.start_pc);
            }
        },
        19 => match random.below(4) {
            0 => f.num_params = random.below(registers) as u8,
            1 => f.is_vararg = !f.is_vararg,
            2 => f.max_stack = f.max_stack.wrapping_add_signed(random.below(5) as i8 - 2),
            _ => f.max_stack = 255,
        },
        20 | 21 => {
            let constant = match random.below(6) {
                0 => Constant::Nil,
                1 => Constant::Bool(random.below(2) == 0),
                2 => Constant::Int(random.next() as i64 >> random.below(64)),
                3 => Constant::Float(f64::from_bits(random.next())),
                4 => Constant::Str(vec![b'x'; random.below(60)].as_slice().into()),
                _ => Constant::Str(b"__index"[..].into()),
            };
            match f.constants.len() {
                0 => f.constants.push(constant),
                n => f.constants[random.below(n)] = constant,
            }
        }
        22 => match f.protos.len() {
            0 => f.locals.clear(),
            n => f.protos.swap(0, random.below(n)),
        },
        _ => {
            // Part of the code twice, or what somebody else does there.
            let length = 1 + random.below(12);
            let from = random.below(f.code.len());
            let part: Vec<u32> = f.code[from..].iter().take(length).copied().collect();
            for (word, new) in f.code[at..].iter_mut().zip(part) {
                *word = new;
            }
        }
    }
}

/// Chunk `n` of a seed.
fn chunk(corpus: &Corpus, seed: u64, n: u64) -> Vec<u8> {
    const HEADER: usize = 35;
    let mut random = Random(seed ^ n.wrapping_mul(0xD6E8_FEB8_6659_FD93));
    let mut f = corpus.pick(&mut random).clone();
    if random.below(4) > 0 {
        for _ in 0..=random.below(3) {
            damage(&mut f, &mut random);
        }
        return write(&f, random.below(3) == 0).expect("memory");
    }
    let mut bytes = write(&f, random.below(2) == 0).expect("memory");
    for _ in 0..=random.below(3) {
        let at =
            if random.below(50) == 0 { random.below(bytes.len()) } else { HEADER + random.below(bytes.len() - HEADER) };
        match random.below(8) {
            0..=2 => bytes[at] ^= 1 << random.below(8),
            3 | 4 => bytes[at] = random.next() as u8,
            5 => bytes[at] = bytes[at].wrapping_add(1),
            6 => {
                let other = write(corpus.pick(&mut random), true).expect("memory");
                let from = random.below(other.len());
                let part = &other[from..(from + random.below(40)).min(other.len())];
                let end = (at + random.below(40)).min(bytes.len());
                bytes.splice(at..end, part.iter().copied());
            }
            _ => bytes.truncate(at.max(HEADER + 1)),
        }
        if bytes.len() <= HEADER {
            break;
        }
    }
    bytes
}

// ---- workers -----------------------------------------------------------------------------------------------------

/// The process ends so when a chunk cannot be interrupted any more (`while true do pcall(f) end` cannot).
const ENDLESS: i32 = 9;
/// And so when something panicked.
const PANICKED: i32 = 101;

/// Runs the chunks of a worker's share; the parent reads the numbers that it prints.
#[test]
fn worker() {
    let Ok(share) = std::env::var("LUAS_FUZZ_WORKER") else { return };
    let numbers: Vec<u64> = share.split(':').map(|s| s.parse().expect("a number")).collect();
    let (seed, first, end, patience) = (numbers[0], numbers[1], numbers[2], numbers[3]);
    std::panic::set_hook(Box::new(|info| {
        eprintln!("PANIC {info}");
        std::process::exit(PANICKED);
    }));
    // What runs since when, in microseconds; 0 for nothing.
    let start = Instant::now();
    let since: &'static AtomicU64 = Box::leak(Box::new(AtomicU64::new(0)));
    std::thread::spawn(move || {
        let (mut last, mut tries) = (0, 0);
        loop {
            std::thread::sleep(Duration::from_millis(patience));
            let began = since.load(Ordering::SeqCst);
            if began == 0 || began != last {
                (last, tries) = (began, 0);
                continue;
            }
            tries += 1;
            if tries == 1 {
                let _ = Command::new("kill").args(["-INT", &std::process::id().to_string()]).status();
            } else if tries == 50 {
                std::process::exit(ENDLESS);
            }
        }
    });
    let corpus = corpus();
    let (mut loaded, mut returned) = (0, 0);
    for n in first..end {
        println!("\nAT {n} {loaded} {returned}");
        let bytes = chunk(&corpus, seed, n);
        let mut lua = Lua::new().expect("a state");
        lua.load(include_str!("fuzz/run.lua")).set_name("=run").exec().expect("a correct program");
        since.store(start.elapsed().as_micros() as u64 | 1, Ordering::SeqCst);
        lua.with(|th| {
            luas_vm::ffi::signal::catch_interrupt(th);
            Ok(())
        })
        .expect("no error");
        let result = lua.call("run", &[Value::String(bytes), Value::Integer(n as i64)]);
        luas_vm::ffi::signal::release_interrupt();
        since.store(0, Ordering::SeqCst);
        if let Ok(result) = result {
            match result.first() {
                Some(Value::Boolean(true)) => (loaded, returned) = (loaded + 1, returned + 1),
                Some(Value::Boolean(false)) => loaded += 1,
                _ => {}
            }
        } else {
            // Interrupted.
            loaded += 1;
        }
    }
    println!("\nDONE {loaded} {returned}");
    std::process::exit(0);
}

/// What came of some chunks.
#[derive(Default)]
struct Tally {
    chunks: u64,
    loaded: u64,
    returned: u64,
    endless: u64,
}

/// Runs chunks `first..end` in workers; the numbers of those that did harm, with the worker's last words.
fn share(seed: u64, first: u64, end: u64, torture: &str, tally: &mut Tally) -> Vec<String> {
    let patience = if cfg!(debug_assertions) { 60 } else { 8 };
    let mut failures = Vec::new();
    let mut at = first;
    while at < end {
        let mut worker = Command::new(std::env::current_exe().expect("this program"));
        worker.args(["worker", "--exact", "--nocapture", "--test-threads=1"]);
        worker.env("LUAS_FUZZ_WORKER", format!("{seed}:{at}:{end}:{patience}")).env("RUST_BACKTRACE", "1");
        worker.env_remove("LUAS_TORTURE");
        if !torture.is_empty() {
            worker.env("LUAS_TORTURE", torture);
        }
        let done = worker.stdin(Stdio::null()).output().expect("a worker");
        let text = String::from_utf8_lossy(&done.stdout);
        let counts = |line: &str| -> Vec<u64> { line.split(' ').skip(1).filter_map(|s| s.parse().ok()).collect() };
        let last = text.lines().rev().find(|l| l.starts_with("AT ") || l.starts_with("DONE ")).unwrap_or("");
        let reached = counts(last);
        if done.status.code() == Some(0) && last.starts_with("DONE ") {
            tally.chunks += end - at;
            tally.loaded += reached[0];
            tally.returned += reached[1];
            return failures;
        }
        let Some(&number) = reached.first() else {
            failures.push(format!("{torture}: no worker: {} {}", done.status, String::from_utf8_lossy(&done.stderr)));
            return failures;
        };
        tally.chunks += number + 1 - at;
        tally.loaded += reached[1] + 1;
        tally.returned += reached[2];
        // An interrupt that came just after the end of a run is no harm either.
        if done.status.code() == Some(ENDLESS) || done.status.to_string().contains("signal: 2") {
            tally.endless += 1;
        } else {
            let words = String::from_utf8_lossy(&done.stderr);
            let words: String = words.chars().take(3000).collect();
            failures.push(format!(
                "LUAS_FUZZ_SEED={seed} LUAS_FUZZ_FIRST={number} LUAS_FUZZ_COUNT=1 LUAS_TORTURE={torture} ({})\n{words}",
                done.status
            ));
            if let Some(folder) = std::env::var_os("LUAS_FUZZ_KEEP") {
                let path = Path::new(&folder).join(format!("{seed}-{number}.luac"));
                std::fs::write(path, chunk(&corpus(), seed, number)).expect("a writable folder");
            }
        }
        at = number + 1;
    }
    failures
}

#[test]
fn damaged_chunks_do_no_harm() {
    if std::env::var_os("LUAS_FUZZ_WORKER").is_some() {
        return;
    }
    let count = number("LUAS_FUZZ_COUNT").unwrap_or(3000);
    let seed = number("LUAS_FUZZ_SEED").unwrap_or(548);
    let start = number("LUAS_FUZZ_FIRST").unwrap_or(0);
    println!("LUAS_FUZZ_SEED={seed} LUAS_FUZZ_FIRST={start} LUAS_FUZZ_COUNT={count}");
    // Torture modes exist in checked builds only.
    let modes: Vec<String> = match std::env::var("LUAS_TORTURE") {
        Ok(mode) => vec![mode],
        Err(_) if cfg!(debug_assertions) => ["", "gc=97", "publish", "gc=31,publish,stack"].map(String::from).into(),
        Err(_) => vec![String::new()],
    };
    let workers = std::thread::available_parallelism().map_or(2, |n| n.get()) as u64;
    let size = count.div_ceil(workers * modes.len() as u64).clamp(1, 2000);
    let next = AtomicU64::new(start);
    let results: Vec<(Tally, Vec<String>)> = std::thread::scope(|scope| {
        let run = || {
            let (mut tally, mut failures) = (Tally::default(), Vec::new());
            loop {
                let first = next.fetch_add(size, Ordering::SeqCst);
                if first >= start + count || failures.len() > 20 {
                    return (tally, failures);
                }
                let mode = &modes[((first - start) / size) as usize % modes.len()];
                failures.extend(share(seed, first, (first + size).min(start + count), mode, &mut tally));
            }
        };
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|t| t.join().expect("no panic inside")).collect()
    });
    let sum = |field: fn(&Tally) -> u64| results.iter().map(|(t, _)| field(t)).sum::<u64>();
    println!(
        "{} chunks, {} loaded, {} returned, {} without end",
        sum(|t| t.chunks),
        sum(|t| t.loaded),
        sum(|t| t.returned),
        sum(|t| t.endless)
    );
    let failures: Vec<String> = results.into_iter().flat_map(|(_, f)| f).collect();
    assert!(failures.is_empty(), "{} chunks did harm\n{}", failures.len(), failures.join("\n"));
}
