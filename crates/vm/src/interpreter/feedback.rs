//! Feedback: who is called where, and how often calls are made, functions entered and loops turned. Beside the forms
//! ([`super::forms`]) and the slot hints (contract 22) it is what a compiler will want to know of a function.
//!
//! CALL and the instructions that turn loops begin in a form that counts here. When it has counted [`ENOUGH`] the
//! instruction takes a form that does not. So what runs often pays nothing, several threads do not write to one cache
//! line for ever, and a count says all that matters: seldom, sometimes, often (docs/decisions/0012).
//!
//! K-1 A site counts about [`ENOUGH`] times (threads that count together may lose some), then never again.
//! K-2 A target is an identity. That of a Lua function is the address of a Proto, cleared in the global collection that
//! finds it dead; that of a native function is the address of its code.
//! K-3 A table of sites belongs to its Proto: made once, freed with it, at one place. So it is read without a lock.
//!
//! Leaves to others: when to count ([`super::handlers`]), clearing ([`crate::heap`]).

use super::forms::{self, Form, plain};
use crate::object::{Header, Kind, LuaClosure, NativeClosure, Proto, ProtoInfo};
use crate::sync::{Acquire, AtomicU32, AtomicU64, Release, threaded};
use crate::thread::Record;
use luas_compiler::bytecode::{Extra, Instruction, NO_LINE, Opcode};
use std::fmt::Write;

/// How often a site is counted.
pub const ENOUGH: u32 = 256;

/// Bit of a target that is the code of a native function.
const NATIVE: u64 = 1 << 63;
/// The target of a site that called several functions, or something that is no function.
const SEVERAL: u64 = 1;

/// A call, or the instruction that turns a loop.
#[derive(Debug)]
pub struct Site {
    /// Its offset in the code.
    pub pc: u32,
    count: AtomicU32,
    target: AtomicU64,
}

/// Who was called at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Nobody, or a function that was collected.
    None,
    /// Closures of one Lua function.
    Lua(*const Proto),
    /// One native function, by the address of its code.
    Native(usize),
    /// Several functions, or a value that is no function.
    Several,
}

impl Site {
    /// How often it was executed: exact below [`ENOUGH`] but for what threads lost that counted together.
    pub fn count(&self) -> u32 {
        self.count.get()
    }

    /// Who was called.
    pub fn target(&self) -> Target {
        match self.target.get() {
            0 => Target::None,
            SEVERAL => Target::Several,
            t if t & NATIVE != 0 => Target::Native((t & !NATIVE) as usize),
            t => Target::Lua(t as *const Proto),
        }
    }

    /// Forgets a Lua function that is not `alive` (K-2).
    pub(crate) fn forget(&self, mut alive: impl FnMut(*mut Header) -> bool) {
        if let Target::Lua(p) = self.target()
            && !alive(p.cast_mut().cast())
        {
            self.target.set(0);
        }
    }

    fn saw(&self, target: u64) {
        debug_assert!(target == SEVERAL || target & NATIVE != 0 || is_proto(target), "K-2: {target:#x} is no function");
        let known = self.target.get();
        if known != target && known != SEVERAL {
            self.target.set(if known == 0 { target } else { SEVERAL });
        }
    }
}

/// Whether a target is the address of a Proto; a dead one has another kind, or its memory is gone.
fn is_proto(target: u64) -> bool {
    // SAFETY: the target of a call in progress, or one that no collection has cleared.
    unsafe { (*(target as *const Header)).kind() == Kind::Proto }
}

/// What is counted of a function; part of [`ProtoInfo`].
#[derive(Debug)]
pub struct Feedback {
    entered: AtomicU32,
    len: AtomicU32,
    // Of a boxed slice of `len` sites; null until something is counted.
    sites: AtomicU64,
}

impl Default for Feedback {
    fn default() -> Feedback {
        Feedback { entered: AtomicU32::new(0), len: AtomicU32::new(0), sites: AtomicU64::new(0) }
    }
}

impl Feedback {
    /// How often counted calls entered the function, up to [`ENOUGH`].
    pub fn entered(&self) -> u32 {
        self.entered.get()
    }

    /// Its calls and loops, in the order of the code; none before the first of them was counted.
    pub fn sites(&self) -> &[Site] {
        // Acquire: pairs with the release store in `make`.
        let p = self.sites.load(Acquire) as *const Site;
        if p.is_null() {
            return &[];
        }
        // SAFETY: K-3; `len` was stored before.
        unsafe { std::slice::from_raw_parts(p, self.len.get() as usize) }
    }

    /// The site at an offset of the code.
    fn site(&self, rec: &Record, code: &[u32], pc: u32) -> Option<&Site> {
        let mut sites = self.sites();
        if sites.is_empty() {
            self.make(rec, code)?;
            sites = self.sites();
        }
        let found = sites.binary_search_by_key(&pc, |site| site.pc);
        debug_assert!(found.is_ok(), "K-3: no site at {pc} in the table of this function");
        found.ok().map(|i| &sites[i])
    }

    /// Makes the table of sites; None when there is no memory.
    #[cold]
    fn make(&self, rec: &Record, code: &[u32]) -> Option<()> {
        let n = instructions(code).filter(|&(_, i)| counts(i.op())).count();
        let mut sites = Vec::new();
        sites.try_reserve_exact(n).ok()?;
        for (pc, _) in instructions(code).filter(|&(_, i)| counts(i.op())) {
            sites.push(Site { pc, count: AtomicU32::new(0), target: AtomicU64::new(0) });
        }
        // One of several threads makes it: under the lock of the list of functions.
        rec.with_protos(|_| {
            if self.sites.load(Acquire) == 0 {
                self.len.set(n as u32);
                // Release: pairs with the acquire load in `sites`.
                self.sites.store(Box::into_raw(sites.into_boxed_slice()).cast::<Site>() as u64, Release);
            }
        });
        Some(())
    }
}

impl Drop for Feedback {
    fn drop(&mut self) {
        let p = self.sites.get() as *mut Site;
        if !p.is_null() {
            let sites = std::ptr::slice_from_raw_parts_mut(p, self.len.get() as usize);
            // SAFETY: K-3: from a box, and nobody else has it any more.
            drop(unsafe { Box::from_raw(sites) });
        }
    }
}

/// Whether an instruction has a site.
fn counts(op: Opcode) -> bool {
    use Opcode::*;
    matches!(op, Call | TailCall | ForLoop | ForLoop1 | JmpBack | TForCall | Loop)
}

/// The instructions of some code, with their offsets.
fn instructions(code: &[u32]) -> impl Iterator<Item = (u32, Instruction)> + '_ {
    let mut pc = 0;
    std::iter::from_fn(move || {
        let i = Instruction(*code.get(pc)?);
        let at = pc as u32;
        pc += if i.op().has_extra() { 2 } else { 1 };
        Some((at, i))
    })
}

/// The instruction in progress, whose word is before `pc`, in the code of `info`.
struct InProgress<'a> {
    info: &'a ProtoInfo,
    word: u32,
    at: u32,
}

/// # Safety
/// The current frame is a Lua frame, and `pc` the word after that of its instruction in progress.
unsafe fn in_progress<'a>(rec: &Record, pc: *const u32) -> InProgress<'a> {
    // SAFETY: caller: the slot below the frame has its closure, which keeps the Proto alive.
    unsafe {
        let base = rec.stack.get().add((*rec.ci.get()).base as usize);
        let closure = (*base.sub(1)).as_object().cast::<LuaClosure>();
        let info = &*(*(*closure).proto).info;
        let at = pc.sub(1).offset_from_unsigned(info.code.as_ptr().cast::<u32>()) as u32;
        InProgress { info, word: info.code[at as usize].get(), at }
    }
}

/// Counts the call in progress of R[A], or the turn of a loop that calls it; `done` when that was enough.
/// # Safety
/// The current frame is a Lua frame, its registers are complete, and `pc` is the word after that of the instruction.
pub unsafe fn call(rec: &Record, pc: *const u32, done: Form) {
    // SAFETY: caller.
    unsafe { call_of(rec, pc, done, done) };
}

/// As [`call`], of CALL: done is another form when the last callee is a native function.
/// # Safety
/// As [`call`].
pub unsafe fn call_site(rec: &Record, pc: *const u32, done: Form) {
    // SAFETY: caller.
    unsafe { call_of(rec, pc, done, Form::CallN) };
}

unsafe fn call_of(rec: &Record, pc: *const u32, done: Form, done_native: Form) {
    // SAFETY: caller.
    unsafe {
        let here = in_progress(rec, pc);
        let base = rec.stack.get().add((*rec.ci.get()).base as usize);
        let f = *base.add(plain(here.word).a() as usize);
        let (mut target, mut done) = (SEVERAL, done);
        if let Some(c) = f.as_kind::<LuaClosure>(Kind::LuaClosure) {
            target = (*c).proto as u64;
            let entered = &(*(*(*c).proto).info).feedback.entered;
            if entered.get() < ENOUGH {
                entered.set(entered.get() + 1);
            }
        } else if let Some(c) = f.as_kind::<NativeClosure>(Kind::NativeClosure) {
            target = (*c).function as usize as u64 | NATIVE;
            done = done_native;
        }
        count(rec, pc, &here, Some(target), done);
    }
}

/// Counts a turn of the loop that the instruction in progress turns; `done` when that was enough.
/// # Safety
/// As [`call`].
pub unsafe fn turn(rec: &Record, pc: *const u32, done: Form) {
    // SAFETY: caller.
    unsafe { count(rec, pc, &in_progress(rec, pc), None, done) };
}

/// Counts a turn of a `repeat` loop at its head. After the last one that counts, the jumps to it lead to the
/// instruction behind it.
/// # Safety
/// As [`call`].
pub unsafe fn repeat(rec: &Record, pc: *const u32) {
    // SAFETY: caller.
    unsafe {
        let here = in_progress(rec, pc);
        if !count(rec, pc, &here, None, Form::LoopH) {
            return;
        }
        let code = &here.info.function.code;
        for (at, i) in instructions(code).skip_while(|&(at, _)| at <= here.at) {
            let next = at + 2;
            if i.op().extra() == Extra::Jump
                && i64::from(next) + i64::from(code[at as usize + 1] as i32) == i64::from(here.at)
            {
                // Relaxed and without partner: both ways lead on.
                here.info.code[at as usize + 1].set(code[at as usize + 1].wrapping_add(1));
            }
        }
    }
}

/// Whether it was counted often enough now. Without memory for a table it is.
unsafe fn count(rec: &Record, pc: *const u32, here: &InProgress<'_>, target: Option<u64>, done: Form) -> bool {
    let mut n = ENOUGH;
    if let Some(site) = here.info.feedback.site(rec, &here.info.function.code, here.at) {
        n = site.count.get() + 1;
        // Others may have come here together with the last one that counts.
        debug_assert!(n <= ENOUGH || threaded(), "K-1: site {} was counted {n} times", here.at);
        site.count.set(n);
        if let Some(target) = target {
            site.saw(target);
        }
    }
    if n >= ENOUGH {
        // SAFETY: caller.
        unsafe { forms::change(pc, u64::from(here.word), done) };
    }
    n >= ENOUGH
}

/// The name of a function in a listing: its chunk and lines.
fn name(info: &ProtoInfo) -> String {
    let f = &info.function;
    let source = luas_compiler::chunk_id(&f.source);
    format!("{}:{},{}", String::from_utf8_lossy(&source), f.line_defined, f.last_line_defined)
}

fn amount(n: u32) -> String {
    if n >= ENOUGH { format!("{ENOUGH} or more") } else { n.to_string() }
}

/// What the machine has learned of all functions, as text for people: for each how often it was entered, and then the
/// instructions that have another form, a hint, or a count.
pub fn listing(rec: &Record) -> String {
    rec.with_protos(|protos| {
        // SAFETY: functions that are not freed have their info.
        protos.iter().map(|&p| unsafe { describe(&*(*p.cast::<Proto>()).info) }).collect()
    })
}

/// What was learned of one function; empty when nothing was.
fn describe(info: &ProtoInfo) -> String {
    let sites = info.feedback.sites();
    let mut lines = String::new();
    for (at, plain) in instructions(&info.function.code) {
        let live = info.code[at as usize].get();
        let mut what = String::new();
        if let Some(form) = Form::of(live) {
            let _ = write!(what, " form {form:?}");
        }
        if plain.op().extra() == Extra::Hint {
            let hint = info.code[at as usize + 1].get();
            if hint != 0 {
                let _ = write!(what, " hint {}", hint & super::index::HINT_OFFSET);
            }
        }
        if let Ok(i) = sites.binary_search_by_key(&at, |site| site.pc)
            && sites[i].count() > 0
        {
            let _ = write!(what, " count {}", amount(sites[i].count()));
            match sites[i].target() {
                Target::None => {}
                // SAFETY: K-2.
                Target::Lua(p) => what += &format!(" target {}", name(unsafe { &*(*p).info })),
                Target::Native(_) => what += " target native",
                Target::Several => what += " target several",
            }
        }
        if !what.is_empty() {
            let line = info.function.lines.get(at as usize).map_or(NO_LINE, |&line| line);
            let _ = writeln!(lines, "\t{at}\t[{line}]\t{:<10}\t{}", plain.op().name(), what.trim_start());
        }
    }
    if lines.is_empty() && info.feedback.entered() == 0 {
        return lines;
    }
    format!("{} entered {}\n{lines}", name(info), amount(info.feedback.entered()))
}
