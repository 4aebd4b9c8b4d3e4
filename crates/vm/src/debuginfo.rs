//! What can be told about frames and functions: names, lines, tracebacks.
//!
//! Names of variables in messages come from a symbolic run over the code before the instruction in progress, as
//! PUC's `ldebug.c` does: the last instruction that wrote a register tells what it holds.

use crate::coroutine::*;
use crate::interpreter::forloop;
use crate::metamethod::Event;
use crate::native::Result;
use crate::object::{Coroutine, Kind, LuaClosure, NativeClosure, Proto, Store, Str, Table};
use crate::sync::Acquire;
use crate::table;
use crate::thread::{Record, Thread};
use crate::value::{Type, Val, Value};
use luas_compiler::bytecode::{ALL_OPCODES, Extra, Function, Instruction, LocalVar, NO_LINE, Opcode};

// ---- metatables -----------------------------------------------------------------------------------------------------------

/// The metatable that governs a value, or null.
#[inline]
pub fn metatable_of(rec: &Record, v: Value) -> *const Table {
    if v.is_object() {
        // SAFETY: a live object.
        if let Kind::Table | Kind::Userdata = unsafe { (*v.as_object()).kind() } {
            // SAFETY: as above.
            return unsafe { crate::interpreter::index::own_meta(v) };
        }
    }
    rec.machine().type_meta[v.type_of() as usize].load(Acquire) as *const Table
}

/// A metamethod of a value, nil when absent.
#[inline]
pub fn metamethod_of(rec: &Record, v: Value, event: Event) -> Value {
    // SAFETY: a live metatable or null.
    unsafe { table::metamethod(rec, metatable_of(rec, v), event) }
}

/// The name of a value's type, with `__name` when it is a string (luaT_objtypename).
pub fn type_name(rec: &Record, v: Value) -> Vec<u8> {
    let own = if matches!(v.type_of(), Type::Table | Type::Userdata) { own_name(rec, v) } else { None };
    own.unwrap_or_else(|| v.type_of().name().as_bytes().to_vec())
}

/// `__name` of a value of any type, when it is a string. Complaints about arguments, and `tostring`, show it.
pub fn own_name(rec: &Record, v: Value) -> Option<Vec<u8>> {
    // SAFETY: a live string.
    metamethod_of(rec, v, Event::Name).as_str().map(|s| unsafe { Str::bytes(s) }.to_vec())
}

// ---- frames -----------------------------------------------------------------------------------------------------------------

/// The frames of a coroutine, running or not.
#[derive(Clone, Copy)]
struct Frames {
    frames: *mut CallInfo,
    stack: *mut Value,
    last: usize,
    top: usize,
}

impl Frames {
    fn running(rec: &Record) -> Frames {
        // SAFETY: the running coroutine.
        let top = unsafe { rec.top.get().offset_from_unsigned(rec.stack.get()) };
        Frames { frames: rec.frame(0), stack: rec.stack.get(), last: rec.frame_index(), top }
    }
    /// Of a suspended or dead coroutine, or of one below the running one.
    unsafe fn of(rec: &Record, co: *const Coroutine) -> Frames {
        if std::ptr::eq(co, rec.coroutine.get()) {
            return Frames::running(rec);
        }
        // SAFETY: caller: `co` is live and not running elsewhere.
        unsafe {
            Frames {
                frames: (*co).first_frame(),
                stack: Record::stack_slots((*co).stack.get()),
                last: (*co).at.get().offset_from_unsigned((*co).first_frame()),
                top: (*co).top.get() as usize,
            }
        }
    }
    /// The frame at a level; None beyond the first function.
    fn level(&self, level: usize) -> Option<usize> {
        if level < self.last { Some(self.last - level) } else { None }
    }
    fn frame(&self, i: usize) -> &CallInfo {
        // SAFETY: `i` is at most `last`.
        unsafe { &*self.frames.add(i) }
    }
    fn function(&self, i: usize) -> Value {
        // SAFETY: a frame's function lies one below its base.
        unsafe { *self.stack.add(self.frame(i).base as usize - 1) }
    }
    fn proto(&self, i: usize) -> Option<*mut Proto> {
        if self.frame(i).flags & CALL_NATIVE != 0 {
            return None;
        }
        // SAFETY: a live closure.
        self.function(i).as_kind::<LuaClosure>(Kind::LuaClosure).map(|c| unsafe { (*c).proto })
    }
    /// Word offset of the instruction in progress.
    fn pc(&self, i: usize) -> Option<usize> {
        let p = self.proto(i)?;
        // SAFETY: a Lua frame's pc lies in its function's code, past the first word once it ran.
        Some(unsafe { self.frame(i).pc.offset_from((*p).code) as usize }.saturating_sub(1))
    }
    fn line(&self, i: usize) -> Option<u32> {
        let (p, pc) = (self.proto(i)?, self.pc(i)?);
        // A function may start with instructions that have no line.
        function_of(p).lines.get(pc..)?.iter().copied().find(|&line| line != NO_LINE)
    }
}

fn function_of<'a>(p: *const Proto) -> &'a Function {
    // SAFETY: a live Proto owns its info.
    unsafe { &(*(*p).info).function }
}

/// "chunk:line: " of the function at `level`, or nothing for native functions.
pub fn position_of_level(rec: &Record, level: usize) -> Vec<u8> {
    let frames = Frames::running(rec);
    let Some(i) = frames.level(level) else { return Vec::new() };
    let Some(p) = frames.proto(i) else { return Vec::new() };
    let line = match frames.line(i) {
        Some(line) => i64::from(line),
        // Without debug information: the machine's own messages say so, `error` adds nothing.
        None if level == 0 => -1,
        None => return Vec::new(),
    };
    let mut text = luas_compiler::chunk_id(&function_of(p).source);
    text.extend_from_slice(format!(":{line}: ").as_bytes());
    text
}

// ---- names of variables -------------------------------------------------------------------------------------------------------

type Name = (&'static str, Vec<u8>);

/// The named local variables at `pc`. Functions without debug information have no names.
fn locals_at(f: &Function, pc: usize) -> impl Iterator<Item = &LocalVar> {
    f.locals.iter().filter(move |l| l.start_pc as usize <= pc && pc < l.end_pc as usize && !l.name.is_empty())
}

/// The name of the local variable in `reg` at `pc`.
fn local_at(f: &Function, reg: usize, pc: usize) -> Option<&[u8]> {
    locals_at(f, pc).find(|l| l.reg as usize == reg).map(|l| &*l.name)
}

/// The name of the local variable in register `reg` of a Lua frame of the running coroutine, for TBC.
pub fn local_name(rec: &Record, ci: *const CallInfo, reg: usize) -> Option<Vec<u8>> {
    let frames = Frames::running(rec);
    let _ = ci;
    let i = frames.last;
    let p = frames.proto(i)?;
    // The variable becomes visible with the instruction after its TBC.
    let pc = frames.pc(i)?;
    let f = function_of(p);
    local_at(f, reg, pc).or_else(|| local_at(f, reg, pc + 1)).or_else(|| local_at(f, reg, pc + 2)).map(<[u8]>::to_vec)
}

/// A name as messages show it: up to its first NUL.
fn shown(name: &[u8]) -> Vec<u8> {
    name.split(|b| *b == 0).next().unwrap_or_default().to_vec()
}

/// The constant string `K[i]`.
fn constant_name(p: *const Proto, i: usize) -> Vec<u8> {
    // SAFETY: a live Proto; operands are in range.
    let v = unsafe { *(*p).constants.add(i) };
    Val::new(v).as_bytes().map_or_else(|| b"?".to_vec(), shown)
}

fn upval_name(f: &Function, i: usize) -> Vec<u8> {
    f.upvals.get(i).filter(|u| !u.name.is_empty()).map_or_else(|| b"?".to_vec(), |u| u.name.to_vec())
}

/// For each operation code, what [`last_writer`] must know of it.
static EFFECTS: [u8; 256] = {
    let mut effects = [LOOK; 256];
    let mut n = 0;
    while n < ALL_OPCODES.len() {
        let op = ALL_OPCODES[n];
        let looks = matches!(
            op,
            Opcode::LoadNil
                | Opcode::TForCall
                | Opcode::Call
                | Opcode::TailCall
                | Opcode::SelfField
                | Opcode::Vararg
                | Opcode::Jmp
                | Opcode::JmpBack
        );
        let looks = looks || matches!(op.extra(), Extra::Jump);
        effects[op as usize] =
            (op.sets_a() as u8 * WRITES_A) | (op.has_extra() as u8 * TWO_WORDS) | (looks as u8 * LOOK);
        n += 1;
    }
    effects
};
const WRITES_A: u8 = 1;
const TWO_WORDS: u8 = 2;
/// It jumps, or writes several registers.
const LOOK: u8 = 4;

/// Word offset of the last instruction before `last` that wrote `reg`.
fn last_writer(f: &Function, last: usize, reg: usize) -> Option<usize> {
    let mut writer = None;
    let mut jump_target = 0;
    // Word by word: to wait for the length of each instruction takes several times as long.
    let mut is_second = false;
    for (pc, &word) in f.code[..last].iter().enumerate() {
        if is_second {
            is_second = false;
            continue;
        }
        let ins = Instruction(word);
        let a = ins.a() as usize;
        let effect = EFFECTS[usize::from(word as u8)];
        is_second = effect & TWO_WORDS != 0;
        let mut writes = effect & WRITES_A != 0 && a == reg;
        if effect & LOOK != 0 {
            let op = ins.op();
            let mut jump = |distance: i32, after: usize| {
                let target = after as i64 + distance as i64;
                if target as usize <= last && target as usize > jump_target {
                    jump_target = target as usize;
                }
            };
            writes = match op {
                Opcode::LoadNil => a <= reg && reg <= a + ins.b() as usize,
                Opcode::TForCall => reg >= a + 2,
                Opcode::Call | Opcode::TailCall => reg >= a,
                Opcode::SelfField => reg == a || reg == a + 1,
                Opcode::Vararg => reg >= a,
                Opcode::Jmp | Opcode::JmpBack => {
                    jump(ins.sj_value(), pc + 1);
                    false
                }
                _ => op.sets_a() && reg == a,
            };
            if op.extra() == Extra::Jump {
                jump(f.code[pc + 1] as i32, pc + 2);
            }
        }
        if writes {
            // Inside a conditional part: nobody knows who wrote last.
            writer = if pc < jump_target { None } else { Some(pc) };
        }
    }
    writer
}

/// What register `reg` holds at `pc`, if that shows without looking at other registers (but through moves); and the
/// instruction that says what else it holds.
fn simple_name(p: *const Proto, pc: usize, reg: usize) -> (Option<Name>, Option<usize>) {
    let f = function_of(p);
    let (mut at, mut reg) = (pc, reg);
    loop {
        if let Some(name) = local_at(f, reg, at) {
            return (Some(("local", name.to_vec())), None);
        }
        let Some(writer) = last_writer(f, at, reg) else { return (None, None) };
        at = writer;
        let ins = Instruction(f.code[at]);
        let b = ins.b() as usize;
        let name = match ins.op() {
            Opcode::Move if b < ins.a() as usize => {
                reg = b;
                continue;
            }
            Opcode::GetUpval | Opcode::GetUpCell => Some(("upvalue", upval_name(f, b))),
            Opcode::GetCell => local_at(f, b, at).map(|n| ("local", n.to_vec())),
            Opcode::LoadK | Opcode::LoadKX => {
                let i = if ins.op() == Opcode::LoadK { ins.bx() as usize } else { f.code[at + 1] as usize };
                // SAFETY: as in `constant_name`.
                let v = unsafe { *(*p).constants.add(i) };
                Val::new(v).as_bytes().map(|s| ("constant", shown(s)))
            }
            _ => None,
        };
        return (name, Some(at));
    }
}

/// What register `reg` holds at `pc`.
fn register_name(p: *const Proto, pc: usize, reg: usize) -> Option<Name> {
    let at = match simple_name(p, pc, reg) {
        (None, Some(at)) => at,
        (name, _) => return name,
    };
    let f = function_of(p);
    let ins = Instruction(f.code[at]);
    let (b, c) = (ins.b() as usize, ins.c() as usize);
    match ins.op() {
        Opcode::GetTabUp => Some((field_or_global(&upval_name(f, b)), constant_name(p, c))),
        Opcode::GetTable => {
            let key = match simple_name(p, at, c).0 {
                // So the compiler looks up a method whose name is beyond the constants that `SelfField` reaches.
                Some(("constant", name)) if c == ins.a() as usize && b == c + 1 => return Some(("method", name)),
                Some(("constant", name)) => name,
                _ => b"?".to_vec(),
            };
            Some((field_kind(p, at, b), key))
        }
        Opcode::GetI => Some(("field", b"integer index".to_vec())),
        Opcode::GetField => Some((field_kind(p, at, b), constant_name(p, c))),
        Opcode::SelfField => Some(("method", constant_name(p, c))),
        _ => None,
    }
}

fn field_or_global(table: &[u8]) -> &'static str {
    if table == b"_ENV" { "global" } else { "field" }
}

fn field_kind(p: *const Proto, pc: usize, reg: usize) -> &'static str {
    match simple_name(p, pc, reg).0 {
        Some(("local" | "upvalue", name)) => field_or_global(&name),
        _ => "field",
    }
}

/// The name of the operand with this value of the instruction in progress.
pub fn operand_name(rec: &Record, v: Value) -> Option<Name> {
    let frames = Frames::running(rec);
    let i = frames.last;
    let p = frames.proto(i)?;
    let pc = frames.pc(i)?;
    let f = function_of(p);
    let ins = Instruction(f.code[pc]);
    let (a, b, c) = (ins.a() as usize, ins.b() as usize, ins.c() as usize);
    // SAFETY: registers of the current Lua frame.
    let holds = |r: usize| unsafe { *frames.stack.add(frames.frame(i).base as usize + r) } == v;
    let captured = |n: usize| {
        let (name, word, _) = upvalue(frames.function(i), n as i64 + 1)?;
        // SAFETY: a captured word of a live function. A value further down an __index chain has no name.
        let is = unsafe { through_cell(Value(word.load(Acquire))) } == v;
        is.then_some(("upvalue", name))
    };
    let reg = match ins.op() {
        Opcode::GetTabUp => return captured(b),
        Opcode::SetTabUp | Opcode::SetTabUpK => return captured(a),
        Opcode::GetTable | Opcode::GetField | Opcode::GetI | Opcode::SelfField => b,
        Opcode::SetTable | Opcode::SetTableK | Opcode::SetField | Opcode::SetFieldK | Opcode::SetI | Opcode::SetIK => a,
        op => {
            let three = matches!(
                op,
                Opcode::Add
                    | Opcode::Sub
                    | Opcode::Mul
                    | Opcode::Mod
                    | Opcode::Pow
                    | Opcode::Div
                    | Opcode::IDiv
                    | Opcode::BAnd
                    | Opcode::BOr
                    | Opcode::BXor
                    | Opcode::Shl
                    | Opcode::Shr
            );
            if holds(b) {
                b
            } else if three && holds(c) {
                c
            } else {
                // A constant operand, which is named as one.
                return match op.plain() {
                    Opcode::AddK
                    | Opcode::SubK
                    | Opcode::MulK
                    | Opcode::ModK
                    | Opcode::PowK
                    | Opcode::DivK
                    | Opcode::IDivK
                    | Opcode::BAndK
                    | Opcode::BOrK
                    | Opcode::BXorK
                    | Opcode::KAdd
                    | Opcode::KSub
                    | Opcode::KMul
                    | Opcode::KDiv => {
                        // SAFETY: as in `constant_name`.
                        let k = unsafe { *(*p).constants.add(c) };
                        Val::new(k).as_bytes().map(|s| ("constant", shown(s)))
                    }
                    _ => None,
                };
            }
        }
    };
    if !holds(reg) {
        // A value further down an __index chain has no name.
        return None;
    }
    register_name(p, pc, reg)
}

/// What a register of the running Lua function holds, and its name.
pub fn register_operand(rec: &Record, reg: usize) -> (Value, Option<Name>) {
    let frames = Frames::running(rec);
    let i = frames.last;
    // SAFETY: a register of the current Lua frame.
    let v = unsafe { *frames.stack.add(frames.frame(i).base as usize + reg) };
    (v, frames.proto(i).zip(frames.pc(i)).and_then(|(p, pc)| register_name(p, pc, reg)))
}

/// How the instruction in progress names the function that it calls.
fn call_name(p: *const Proto, pc: usize) -> Option<Name> {
    let f = function_of(p);
    let ins = Instruction(f.code[pc]);
    let event = match ins.op().plain() {
        Opcode::Call | Opcode::TailCall => return register_name(p, pc, ins.a() as usize),
        Opcode::TForCall => return Some(("for iterator", b"for iterator".to_vec())),
        Opcode::SelfField | Opcode::GetTabUp | Opcode::GetTable | Opcode::GetI | Opcode::GetField => "index",
        Opcode::SetTabUp
        | Opcode::SetTabUpK
        | Opcode::SetTable
        | Opcode::SetTableK
        | Opcode::SetI
        | Opcode::SetIK
        | Opcode::SetField
        | Opcode::SetFieldK => "newindex",
        Opcode::Add | Opcode::AddK | Opcode::AddI | Opcode::KAdd => "add",
        Opcode::Sub | Opcode::SubK | Opcode::KSub => "sub",
        Opcode::Mul | Opcode::MulK | Opcode::KMul => "mul",
        Opcode::Mod | Opcode::ModK => "mod",
        Opcode::Pow | Opcode::PowK => "pow",
        Opcode::Div | Opcode::DivK | Opcode::KDiv => "div",
        Opcode::IDiv | Opcode::IDivK => "idiv",
        Opcode::BAnd | Opcode::BAndK => "band",
        Opcode::BOr | Opcode::BOrK => "bor",
        Opcode::BXor | Opcode::BXorK => "bxor",
        Opcode::Shl | Opcode::ShlI => "shl",
        Opcode::ShrI if ins.sc() < 0 => "shl",
        Opcode::Shr | Opcode::ShrI => "shr",
        Opcode::Unm => "unm",
        Opcode::BNot => "bnot",
        Opcode::Len => "len",
        Opcode::Concat => "concat",
        Opcode::Eq => "eq",
        Opcode::Lt | Opcode::LtI | Opcode::GtI => "lt",
        Opcode::Le | Opcode::LeI | Opcode::GeI => "le",
        Opcode::Close | Opcode::Return => "close",
        _ => return None,
    };
    Some(("metamethod", event.as_bytes().to_vec()))
}

/// The name of the value at `slot`, which the instruction in progress tried to call.
/// # Safety
/// `slot` is one of the running coroutine.
pub unsafe fn called_name(rec: &Record, slot: *const Value) -> Option<Name> {
    let frames = Frames::running(rec);
    let i = frames.last;
    let p = frames.proto(i)?;
    let pc = frames.pc(i)?;
    let ins = Instruction(function_of(p).code[pc]);
    // SAFETY: caller.
    let offset = unsafe { slot.offset_from(frames.stack) as usize };
    let register = offset.wrapping_sub(frames.frame(i).base as usize);
    if matches!(ins.op(), Opcode::Call | Opcode::TailCall) && register != ins.a() as usize {
        return None;
    }
    call_name(p, pc)
}

/// The name of the function of frame `i`, as its caller knows it.
fn frame_name(frames: &Frames, i: usize) -> Option<Name> {
    let flags = frames.frame(i).flags;
    if flags & CALL_TAIL != 0 || i == 0 {
        return None;
    }
    if flags & CALL_HOOK != 0 {
        return Some(("hook", b"?".to_vec()));
    }
    if flags & CALL_FINALIZER != 0 {
        return Some(("metamethod", b"__gc".to_vec()));
    }
    let p = frames.proto(i - 1)?;
    call_name(p, frames.pc(i - 1)?)
}

// ---- for the debug library --------------------------------------------------------------------------------------------------

/// What `debug.getinfo` tells of a frame or function.
#[derive(Clone, Debug, Default)]
pub struct FrameInfo {
    /// The chunk's name, with its `=` or `@`.
    pub source: Vec<u8>,
    /// For messages.
    pub short_src: Vec<u8>,
    /// "Lua", "C" or "main".
    pub what: &'static str,
    /// Line in progress, -1 when unknown.
    pub current_line: i64,
    /// First line of the definition, -1 for native functions.
    pub line_defined: i64,
    /// Last line of the definition.
    pub last_line_defined: i64,
    /// The function's name as its caller knows it.
    pub name: Option<Vec<u8>>,
    /// "global", "local", "method", "field", "upvalue", "metamethod", "for iterator" or "".
    pub name_what: &'static str,
    /// Captured variables.
    pub nups: u32,
    /// Fixed parameters.
    pub num_params: u32,
    /// Takes extra arguments.
    pub is_vararg: bool,
    /// Entered by a tail call.
    pub is_tail_call: bool,
    /// For the function that a hook looks at: number of the first value given or returned, and how many there are.
    pub transfer: (u16, u16),
    /// Lines with code, ascending; only when `L` is asked for.
    pub active_lines: Vec<u32>,
}

/// What is known of a function; of its lines, when `what` has an `L`.
fn describe_function(v: Value, what: &[u8]) -> FrameInfo {
    let mut info = FrameInfo { current_line: -1, ..FrameInfo::default() };
    if let Some(c) = v.as_kind::<LuaClosure>(Kind::LuaClosure) {
        // SAFETY: a live closure.
        let p = unsafe { (*c).proto };
        let f = function_of(p);
        info.source = f.source.to_vec();
        info.short_src = luas_compiler::chunk_id(&f.source);
        info.what = if f.line_defined == 0 { "main" } else { "Lua" };
        info.line_defined = f.line_defined as i64;
        info.last_line_defined = f.last_line_defined as i64;
        info.nups = f.upvals.len() as u32;
        info.num_params = f.num_params as u32;
        info.is_vararg = f.is_vararg;
        if what.contains(&b'L') {
            let skip = usize::from(f.is_vararg);
            info.active_lines = f.lines.get(skip..).unwrap_or_default().to_vec();
            info.active_lines.retain(|&line| line != NO_LINE);
            info.active_lines.sort_unstable();
            info.active_lines.dedup();
        }
    } else {
        info.source = b"=[C]".to_vec();
        info.short_src = b"[C]".to_vec();
        info.what = "C";
        info.line_defined = -1;
        info.last_line_defined = -1;
        info.is_vararg = true;
        if v.is_object() {
            // SAFETY: a live object; a native closure's aux is its number of upvalues.
            info.nups = unsafe { (*v.as_object()).aux.get() };
        }
    }
    info
}

/// The coroutine behind an argument of a debug function.
pub fn coroutine_of(rec: &Record, co: Option<Val<'_>>) -> *const Coroutine {
    co.and_then(|v| v.0.as_kind::<Coroutine>(Kind::Coroutine)).map_or(rec.coroutine.get().cast_const(), |c| c)
}

/// Permission to look at a coroutine, or to change it: none is needed for one of this thread; a suspended or dead one
/// stays so as long as the result lives. Error if it runs in another thread.
pub fn inspect<'a>(th: &'a Thread, co: Option<Val<'_>>) -> Result<Option<Inspection<'a>>> {
    let rec = th.rec();
    let co = coroutine_of(rec, co);
    // SAFETY: a live coroutine.
    unsafe {
        let mut mine = rec.coroutine.get().cast_const();
        while !mine.is_null() && !std::ptr::eq(mine, co) {
            mine = (*mine).resumer.get();
        }
        if !mine.is_null() || !(*co).header.is_shared() {
            return Ok(None);
        }
        match Inspection::begin(&*co) {
            Some(inspection) => Ok(Some(inspection)),
            None if (*co).state() == CLOSING => Err(th.arg_error(1, "coroutine is being closed")),
            None => Err(th.arg_error(1, "coroutine is running in another thread")),
        }
    }
}

/// The frames of a coroutine that [`inspect`] permits to look at.
fn frames_of<'a>(th: &'a Thread, co: Option<Val<'_>>) -> Result<(Frames, Option<Inspection<'a>>)> {
    let inspection = inspect(th, co)?;
    let rec = th.rec();
    // SAFETY: a live coroutine; its frames are read while it is ours, or while it is inspected (I-25).
    Ok((unsafe { Frames::of(rec, coroutine_of(rec, co)) }, inspection))
}

impl Thread {
    /// The frame at `level` (0: the running function) of a coroutine (None: the running one). `what` has the letters of
    /// `debug.getinfo`: what takes long is told only when it is asked for (`n`, `L`), and with `f` the function is
    /// pushed. None beyond the last level. Error if the coroutine runs in another thread, as in all functions here
    /// that take one.
    pub fn frame_info(&self, coroutine: Option<Val<'_>>, level: usize, what: &[u8]) -> Result<Option<FrameInfo>> {
        let (frames, _inspection) = frames_of(self, coroutine)?;
        let Some(i) = frames.level(level) else { return Ok(None) };
        let mut info = describe_function(frames.function(i), what);
        info.current_line = frames.line(i).map_or(-1, |l| l as i64);
        if what.contains(&b'n')
            && let Some((kind, name)) = frame_name(&frames, i)
        {
            info.name = Some(name);
            info.name_what = kind;
        }
        info.is_tail_call = frames.frame(i).flags & CALL_TAIL != 0;
        if i < frames.last && frames.frame(i + 1).flags & CALL_HOOK != 0 {
            // SAFETY: as in `frames_of`.
            info.transfer = unsafe { (*coroutine_of(self.rec(), coroutine)).hook.get().transfer };
        }
        if what.contains(&b'f') {
            self.push(Val::new(frames.function(i)));
        }
        Ok(Some(info))
    }

    /// What is known of a function that is not running; `what` as in `frame_info`, but nothing is pushed.
    pub fn function_info(&self, function: Val<'_>, what: &[u8]) -> FrameInfo {
        describe_function(function.0, what)
    }

    /// luaL_traceback: "stack traceback:" and a line for each function from `level` on, after `message`.
    pub fn traceback(&self, coroutine: Option<Val<'_>>, message: Option<&[u8]>, level: usize) -> Result<Vec<u8>> {
        const FIRST: usize = 10;
        const LAST: usize = 11;
        let mut text = Vec::new();
        if let Some(m) = message {
            text.extend_from_slice(m);
            text.push(b'\n');
        }
        text.extend_from_slice(b"stack traceback:");
        let (frames, _inspection) = frames_of(self, coroutine)?;
        // The last level: frame 0 is nobody's.
        let last = frames.last.saturating_sub(1);
        let mut level = level;
        let skipping = last > level && last - level > FIRST + LAST;
        let first = level;
        while let Some(i) = frames.level(level) {
            if skipping && level == first + FIRST {
                // PUC Lua counts one less than it skips.
                let n = last - level - LAST;
                text.extend_from_slice(format!("\n\t...\t(skipping {n} levels)").as_bytes());
                level += n + 1;
                continue;
            }
            level += 1;
            let function = frames.function(i);
            let info = describe_function(function, b"S");
            text.extend_from_slice(b"\n\t");
            text.extend_from_slice(&info.short_src);
            match frames.line(i) {
                Some(line) => text.extend_from_slice(format!(":{line}: in ").as_bytes()),
                None => text.extend_from_slice(b": in "),
            }
            if let Some(name) = global_name(self, function) {
                text.extend_from_slice(b"function '");
                text.extend_from_slice(&name);
                text.push(b'\'');
            } else if let Some((kind, name)) = frame_name(&frames, i) {
                text.extend_from_slice(kind.as_bytes());
                text.extend_from_slice(b" '");
                text.extend_from_slice(&name);
                text.push(b'\'');
            } else if info.what == "main" {
                text.extend_from_slice(b"main chunk");
            } else if info.what == "C" {
                text.push(b'?');
            } else {
                text.extend_from_slice(b"function <");
                text.extend_from_slice(&info.short_src);
                text.extend_from_slice(format!(":{}>", info.line_defined).as_bytes());
            }
            if frames.frame(i).flags & CALL_TAIL != 0 {
                text.extend_from_slice(b"\n\t(...tail calls...)");
            }
        }
        Ok(text)
    }

    /// The name of local variable `n` (from 1; negative: extra arguments) at a level; pushes its value.
    pub fn get_local(&self, coroutine: Option<Val<'_>>, level: usize, n: i64) -> Result<Option<Vec<u8>>> {
        let (frames, _inspection) = frames_of(self, coroutine)?;
        let Some(i) = frames.level(level) else { return Ok(None) };
        let Some((name, slot)) = find_local(&frames, i, n) else { return Ok(None) };
        // SAFETY: a slot of the frame; a cell never leaves its register (contract 19).
        unsafe {
            let v = match pairs_loop(&frames, i, slot) {
                Some(r) if slot == r.add(2) => forloop::last_key(r),
                _ => *slot,
            };
            self.push(Val::new(through_cell(v)));
        }
        Ok(Some(name))
    }

    /// Sets local variable `n` at a level to the value at the top, which is popped; its name.
    pub fn set_local(&self, coroutine: Option<Val<'_>>, level: usize, n: i64) -> Result<Option<Vec<u8>>> {
        let rec = self.rec();
        let v = self.at(-1).0;
        self.pop(1);
        let co = coroutine_of(rec, coroutine);
        let (frames, _inspection) = frames_of(self, coroutine)?;
        let Some(i) = frames.level(level) else { return Ok(None) };
        let Some((name, slot)) = find_local(&frames, i, n) else { return Ok(None) };
        // SAFETY: a slot of the frame.
        unsafe {
            if let Some(cell) = (*slot).as_kind::<crate::object::Cell>(Kind::Cell) {
                crate::interpreter::index::set_cell(rec, cell, v);
            } else {
                if (*co).header.is_shared() && !std::ptr::eq(co, rec.coroutine.get()) {
                    rec.publish(v);
                }
                if let Some(r) = pairs_loop(&frames, i, slot) {
                    forloop::unpin(r);
                }
                *slot = v;
            }
        }
        Ok(Some(name))
    }

    /// The name of parameter `n` of a Lua function that is not running.
    pub fn param_name(&self, function: Val<'_>, n: i64) -> Option<Vec<u8>> {
        let c = function.0.as_kind::<LuaClosure>(Kind::LuaClosure)?;
        // SAFETY: a live closure.
        let f = function_of(unsafe { (*c).proto });
        if n < 1 || n > f.num_params as i64 {
            return None;
        }
        let mut params = f.locals.iter().filter(|l| l.start_pc <= 1 + f.num_params as u32);
        params.nth(n as usize - 1).map(|l| l.name.to_vec()).filter(|name| !name.is_empty())
    }

    /// Pushes captured variable `n` (from 1) of a function; its name ("" for native functions).
    pub fn get_upvalue(&self, function: Val<'_>, n: i64) -> Option<Vec<u8>> {
        let (name, word, _) = upvalue(function.0, n)?;
        // SAFETY: a captured word.
        self.push(Val::new(unsafe { through_cell(Value(word.load(Acquire))) }));
        Some(name)
    }

    /// Sets captured variable `n` of a function; its name. On a variable captured by value it concerns this closure
    /// alone (contract 19).
    pub fn set_upvalue_of(&self, function: Val<'_>, n: i64, v: Val<'_>) -> Option<Vec<u8>> {
        let (name, word, is_cell) = upvalue(function.0, n)?;
        let rec = self.rec();
        // SAFETY: a captured word; a cell when the function's descriptor says so.
        unsafe {
            if is_cell && let Some(cell) = Value(word.load(Acquire)).as_kind::<crate::object::Cell>(Kind::Cell) {
                crate::interpreter::index::set_cell(rec, cell, v.0);
            } else {
                rec.publish_if_shared(function.0, v.0);
                word.store(v.0.0, crate::sync::Release);
            }
        }
        Some(name)
    }

    /// Identifies captured variable `n`: equal for closures that share it.
    pub fn upvalue_id(&self, function: Val<'_>, n: i64) -> Option<usize> {
        let (_, word, is_cell) = upvalue(function.0, n)?;
        Some(if is_cell { Value(word.load(Acquire)).as_object() as usize } else { std::ptr::from_ref(word) as usize })
    }

    /// Makes captured variable `n1` of `f1` refer to `n2` of `f2`; false when either does not exist.
    pub fn upvalue_join(&self, f1: Val<'_>, n1: i64, f2: Val<'_>, n2: i64) -> bool {
        let (Some((_, to, to_cell)), Some((_, from, from_cell))) = (upvalue(f1.0, n1), upvalue(f2.0, n2)) else {
            return false;
        };
        let rec = self.rec();
        let mut word = Value(from.load(Acquire));
        if to_cell != from_cell {
            // One side is captured by value: what can be joined is the value.
            // SAFETY: captured words.
            unsafe {
                word = through_cell(word);
                if to_cell {
                    word = crate::interpreter::index::new_cell(rec, word);
                    if word.is_nil_like() {
                        return false;
                    }
                }
            }
        }
        rec.publish_if_shared(f1.0, word);
        to.store(word.0, crate::sync::Release);
        true
    }
}

/// # Safety
/// `v` is live.
unsafe fn through_cell(v: Value) -> Value {
    match v.as_kind::<crate::object::Cell>(Kind::Cell) {
        // SAFETY: a live cell.
        Some(c) => Value(unsafe { (*c).value.load(Acquire) }),
        // Stores in hidden loop slots are no values of Lua.
        None if v.type_of() == Type::None => Value::NIL,
        None => v,
    }
}

fn upvalue<'a>(f: Value, n: i64) -> Option<(Vec<u8>, &'a crate::sync::AtomicU64, bool)> {
    let i = usize::try_from(n - 1).ok()?;
    // SAFETY: live closures; the index is checked.
    unsafe {
        if let Some(c) = f.as_kind::<LuaClosure>(Kind::LuaClosure) {
            let d = function_of((*c).proto).upvals.get(i)?;
            let name = if d.name.is_empty() { b"(no name)".to_vec() } else { d.name.to_vec() };
            return Some((name, LuaClosure::upval(c, i), d.is_cell));
        }
        let c = f.as_kind::<NativeClosure>(Kind::NativeClosure)?;
        if i >= (*c).header.aux.get() as usize {
            return None;
        }
        Some((Vec::new(), NativeClosure::upval(c, i), false))
    }
}

fn find_local(frames: &Frames, i: usize, n: i64) -> Option<(Vec<u8>, *mut Value)> {
    let ci = frames.frame(i);
    let base = ci.base as usize;
    let mut limit = if i == frames.last { frames.top } else { frames.frame(i + 1).base as usize - 1 };
    let hooked = i < frames.last && frames.frame(i + 1).flags & CALL_HOOK != 0;
    if let Some(p) = frames.proto(i)
        && !hooked
    {
        // Beyond the registers lie counts that the instruction in progress relies on; a hook runs between instructions,
        // and may see more results than there are registers.
        // SAFETY: a live Proto.
        limit = limit.min(base + unsafe { (*p).max_stack } as usize);
    }
    if let (Some(p), Some(pc)) = (frames.proto(i), frames.pc(i)) {
        let f = function_of(p);
        if n < 0 {
            let k = n.unsigned_abs() as usize;
            if ci.flags & CALL_VARARG == 0 || k > ci.extra as usize {
                return None;
            }
            // SAFETY: the extra arguments lie below the function.
            let slot = unsafe { frames.stack.add(base - 1 - ci.extra as usize + (k - 1)) };
            return Some((b"(vararg)".to_vec(), slot));
        }
        if let Some(l) = locals_at(f, pc).nth(usize::try_from(n - 1).ok()?) {
            // SAFETY: a register of the frame.
            return Some((l.name.to_vec(), unsafe { frames.stack.add(base + l.reg as usize) }));
        }
    } else if n < 0 {
        return None;
    }
    let slot = base + usize::try_from(n - 1).ok()?;
    if n > 0 && slot < limit {
        let name: &[u8] = if frames.proto(i).is_some() { b"(temporary)" } else { b"(C temporary)" };
        // SAFETY: below the frame's end.
        return Some((name.to_vec(), unsafe { frames.stack.add(slot) }));
    }
    None
}

/// R[A] of the loop over `next` that walks a store at this moment and has `slot` among its hidden registers R[A] to R[A+3].
/// # Safety
/// `slot` is one that [`find_local`] has found in frame `i`.
unsafe fn pairs_loop(frames: &Frames, i: usize, slot: *mut Value) -> Option<*mut Value> {
    let (function, pc) = (function_of(frames.proto(i)?), frames.pc(i)? as u32);
    // SAFETY: caller; registers of local variables lie in the frame.
    unsafe {
        let base = frames.stack.add(frames.frame(i).base as usize);
        let active = |l: &&LocalVar| l.start_pc <= pc && pc < l.end_pc && l.reg >= 3;
        // A variable has been assigned before it becomes active: a store there is the loop's, behind its position. Where
        // the debug information of a binary chunk tells otherwise, both are dead values.
        let stores = function.locals.iter().filter(active).map(|l| base.add(l.reg as usize));
        let mut near = stores.filter(|&s| s >= slot && s <= slot.add(3) && (*s.sub(1)).is_small_int());
        near.find(|&s| (*s).as_kind::<Store>(Kind::Store).is_some()).map(|s| s.sub(3))
    }
}

/// The name under which a function is found in `package.loaded`, without "_G.".
pub fn global_name(th: &Thread, function: Value) -> Option<Vec<u8>> {
    let rec = th.rec();
    let loaded = th.raw_get_str(th.registry(), "_LOADED").as_table()?;
    // SAFETY: live tables; no safepoint on the way.
    unsafe {
        let search = |t: *mut Table| -> Option<Value> {
            let s = (*t).store.load(Acquire) as *const crate::object::Store;
            let mut position = 0;
            while let Some(e) = table::iterate::entry_from(rec, t, s, position) {
                if e.value == function && e.key.as_str().is_some() {
                    return Some(e.key);
                }
                position = e.position + 1;
            }
            None
        };
        let t = loaded.0.0.as_table()?;
        // The globals first: their functions have the shortest names.
        if let Some(g) = th.raw_get_str(loaded, "_G").as_table()
            && let Some(key) = search(g.0.0.as_table()?)
        {
            return Val::new(key).as_bytes().map(<[u8]>::to_vec);
        }
        // A module that is a function.
        if let Some(key) = search(t) {
            return Val::new(key).as_bytes().map(<[u8]>::to_vec);
        }
        let s = (*t).store.load(Acquire) as *const crate::object::Store;
        let mut position = 0;
        while let Some(e) = table::iterate::entry_from(rec, t, s, position) {
            position = e.position + 1;
            let (Some(module), Some(inner)) = (Val::new(e.key).as_bytes(), e.value.as_table()) else { continue };
            if let Some(key) = search(inner) {
                let mut name = module.to_vec();
                name.push(b'.');
                name.extend_from_slice(Val::new(key).as_bytes()?);
                return Some(name);
            }
        }
    }
    None
}

/// The name of the running native function for "bad argument" messages, and whether it is a method.
pub fn running_name(th: &Thread) -> (Option<Name>, Value) {
    let frames = Frames::running(th.rec());
    let i = frames.last;
    (frame_name(&frames, i), frames.function(i))
}
