//! What each register holds at each word, on every way there.
//!
//! A forward data-flow analysis over registers. States are kept where ways meet (at jump targets) and met there until
//! nothing changes; between them one state is carried along. A register that holds different things on two ways, or
//! that nobody has set, is junk: it may be written, never read.
//!
//! A backward jump is a safepoint, where the collector may clear what lies above the local variables
//! (contract 12): these registers are junk at its target. So local variables of the debug information are believed
//! only as far as the code agrees with them.

use std::collections::BTreeSet;

use crate::bytecode::{Extra, Format, Function, Instruction, Opcode};

/// What a register holds: one of these, and perhaps [`TO_CLOSE`].
type Slot = u8;
/// Anything: a dead value, a cell, nothing set.
const JUNK: Slot = 0;
/// A value of Lua.
const VALUE: Slot = 1;
/// A cell with a value in it.
const CELL: Slot = 2;
/// The hidden cursor of a generic loop.
const CURSOR: Slot = 3;
const WHAT: Slot = 3;
/// The register may be on the list of those to be closed. If it is, it holds a value (or a cursor's first value),
/// even when it is junk here because it is not on another way.
const TO_CLOSE: Slot = 4;

type Result<T> = std::result::Result<T, String>;

/// Checks that registers are used as what they are on every way.
pub(super) fn verify(function: &Function, starts: &[bool]) -> Result<()> {
    let mut flow = Flow::new(function, starts)?;
    let mut entry = vec![JUNK; function.max_stack as usize];
    entry[..function.num_params as usize].fill(VALUE);
    let mut waiting = BTreeSet::new();
    flow.run(0, entry, &mut waiting)?;
    while let Some(pc) = waiting.pop_first() {
        let state = flow.state(pc).map(<[Slot]>::to_vec).ok_or("a target without a state")?;
        flow.run(pc, state, &mut waiting)?;
    }
    Ok(())
}

struct Flow<'a> {
    function: &'a Function,
    /// For each word: its place among the jump targets, or NO_TARGET.
    target: Vec<u32>,
    /// For each jump target: where in `states` its state is, once it was reached.
    reached: Vec<Option<usize>>,
    /// How many registers the collector leaves alone at each target.
    kept: Vec<u8>,
    states: Vec<Slot>,
}

const NO_TARGET: u32 = u32::MAX;

impl<'a> Flow<'a> {
    fn new(function: &'a Function, starts: &[bool]) -> Result<Flow<'a>> {
        let code = &function.code;
        let mut targets: Vec<usize> = (0..code.len())
            .filter(|&pc| starts[pc])
            .filter_map(|pc| match Instruction(code[pc]).op() {
                Opcode::LFalseSkip => Some(pc + 2),
                op if op.extra() == Extra::Jump || op.format() == Format::SJ => Some(jump_target(code, pc)),
                _ => None,
            })
            .collect();
        targets.sort_unstable();
        targets.dedup();
        let mut target = vec![NO_TARGET; code.len()];
        for (n, &pc) in targets.iter().enumerate() {
            // No instruction, or between the two of an open pair.
            if takes_open_values(code, pc) {
                return Err(format!("a jump leads to {pc}, which takes what is open"));
            }
            target[pc] = n as u32;
        }
        let mut kept = kept_registers(function, &targets);
        // Of a LOOP that has counted enough, jumps lead to the word behind it: what the collector leaves alone there.
        let behind: Vec<usize> =
            targets.iter().map(|&pc| pc + usize::from(code[pc] as u8 == Opcode::Loop as u8)).collect();
        for (kept, behind) in kept.iter_mut().zip(kept_registers(function, &behind)) {
            *kept = behind.min(*kept);
        }
        let reached = vec![None; targets.len()];
        Ok(Flow { function, target, reached, kept, states: Vec::new() })
    }

    fn state(&self, pc: usize) -> Option<&[Slot]> {
        let at = self.reached[self.target[pc] as usize]?;
        Some(&self.states[at..at + self.function.max_stack as usize])
    }

    /// Carries a state from `pc` along the code up to the next target or return.
    fn run(&mut self, start: usize, mut state: Vec<Slot>, waiting: &mut BTreeSet<usize>) -> Result<()> {
        let code = &self.function.code;
        let mut pc = start;
        // Where the values up to the top begin.
        let mut open = 0;
        loop {
            if pc != start && self.target[pc] != NO_TARGET {
                return self.meet(pc, &state, waiting);
            }
            let i = Instruction(code[pc]);
            let op = i.op();
            let next = pc + if op.has_extra() { 2 } else { 1 };
            let mut step = Step { function: self.function, state: &mut state, open };
            let way = step.instruction(i).map_err(|what| format!("word {pc}: {} {what}", op.name()))?;
            open = i.a() as usize;
            let fail = |what: String| format!("word {pc}: {what}");
            match way {
                Way::On => {}
                Way::Ends => return Ok(()),
                Way::Jumps => {
                    let to = if op == Opcode::LFalseSkip { pc + 2 } else { jump_target(code, pc) };
                    return self.jump(pc, to, state, waiting).map_err(fail);
                }
                Way::Forks => {
                    let mut taken = state.clone();
                    Step { function: self.function, state: &mut taken, open }.taken(i);
                    let to = jump_target(code, pc);
                    self.jump(pc, to, taken, waiting).map_err(fail)?;
                    Step { function: self.function, state: &mut state, open }.not_taken(i).map_err(fail)?;
                }
            }
            pc = next;
        }
    }

    /// A jump: backward, the collector may pass on the way.
    fn jump(&mut self, from: usize, to: usize, mut state: Vec<Slot>, waiting: &mut BTreeSet<usize>) -> Result<()> {
        if to <= from {
            let kept = self.kept[self.target[to] as usize] as usize;
            for slot in state.iter_mut().skip(kept) {
                if *slot & TO_CLOSE != 0 {
                    return Err("a variable to be closed is left behind".into());
                }
                *slot = JUNK;
            }
        }
        self.meet(to, &state, waiting)
    }

    /// Another way to a target.
    fn meet(&mut self, pc: usize, state: &[Slot], waiting: &mut BTreeSet<usize>) -> Result<()> {
        let n = self.target[pc] as usize;
        let Some(at) = self.reached[n] else {
            self.reached[n] = Some(self.states.len());
            self.states.try_reserve(state.len()).map_err(|_| "no memory")?;
            self.states.extend_from_slice(state);
            waiting.insert(pc);
            return Ok(());
        };
        let mut changed = false;
        for (old, new) in self.states[at..].iter_mut().zip(state) {
            let what = if *old & WHAT == *new & WHAT { *old & WHAT } else { JUNK };
            let met = what | (*old | *new) & TO_CLOSE;
            changed |= met != *old;
            *old = met;
        }
        if changed {
            waiting.insert(pc);
        }
        Ok(())
    }
}

fn jump_target(code: &[u32], pc: usize) -> usize {
    let i = Instruction(code[pc]);
    if i.op().has_extra() {
        (pc + 2).wrapping_add_signed(code[pc + 1] as i32 as isize)
    } else {
        (pc + 1).wrapping_add_signed(i.sj_value() as isize)
    }
}

fn takes_open_values(code: &[u32], pc: usize) -> bool {
    code.get(pc).is_none_or(|&word| super::takes_open(Instruction(word)).is_some())
}

/// How many registers the NEWCELLs at the head of some code read: what they put into cells, the variables of a loop,
/// was set before the jump that leads there. A safepoint counts them too.
pub fn put_into_cells(code: &[u32]) -> u8 {
    let cells = code.iter().take(255).map_while(|&word| {
        let i = Instruction(word);
        (word as u8 == Opcode::NewCell as u8).then(|| i.a().saturating_add(1))
    });
    cells.max().unwrap_or(0)
}

/// For each target: how many registers hold local variables there, as a safepoint counts them.
fn kept_registers(function: &Function, targets: &[usize]) -> Vec<u8> {
    let mut events: Vec<(u32, u8, bool)> = Vec::new();
    for local in &function.locals {
        // A variable is there from the word before its scope: the one that the jump leads to sets no other.
        let start = local.start_pc.saturating_sub(1);
        if start < local.end_pc {
            events.push((start, local.reg, true));
            events.push((local.end_pc, local.reg, false));
        }
    }
    events.sort_unstable();
    let mut events = events.into_iter().peekable();
    let mut live = [0u32; 256];
    let mut kept = Vec::with_capacity(targets.len());
    for &target in targets {
        while let Some((_, reg, begins)) = events.next_if(|&(pc, ..)| pc as usize <= target) {
            let count = &mut live[reg as usize];
            *count = if begins { *count + 1 } else { count.wrapping_sub(1) };
        }
        let highest = live.iter().rposition(|&count| count > 0).map_or(0, |reg| reg + 1);
        let put_into_cells = usize::from(put_into_cells(&function.code[target..]));
        kept.push(highest.max(function.num_params as usize).max(put_into_cells) as u8);
    }
    kept
}

/// How the code goes on after an instruction.
enum Way {
    On,
    Jumps,
    Forks,
    Ends,
}

/// One instruction's effect on the registers.
struct Step<'a> {
    function: &'a Function,
    state: &'a mut [Slot],
    open: usize,
}

impl Step<'_> {
    fn instruction(&mut self, i: Instruction) -> Result<Way> {
        use Opcode::*;
        let (a, b, c) = (i.a() as usize, i.b() as usize, i.c() as usize);
        let op = i.op();
        match op {
            Move | AddI | AddK | SubK | MulK | ModK | PowK | DivK | IDivK | BAndK | BOrK | BXorK | ModP | IDivP
            | KAdd | KSub | KMul | KDiv | ShrI | ShlI | Unm | BNot | Not | Len | GetI | GetField => {
                self.values(b, 1)?;
                self.set(a, 1);
            }
            LoadI | LoadF | LoadK | LoadKX | LoadFalse | LoadTrue | GetUpval | GetUpCell | GetTabUp | NewTable => {
                self.set(a, 1);
            }
            LFalseSkip => {
                self.set(a, 1);
                return Ok(Way::Jumps);
            }
            LoadNil => self.set(a, b + 1),
            SetUpCell => self.values(a, 1)?,
            NewCell => {
                self.values(a, 1)?;
                self.lose(a..a + 1)?;
                self.state[a] = CELL;
            }
            GetCell => {
                self.cell(b)?;
                self.set(a, 1);
            }
            SetCell => {
                self.cell(a)?;
                self.values(b, 1)?;
            }
            GetTable | Add | Sub | Mul | Mod | Pow | Div | IDiv | BAnd | BOr | BXor | Shl | Shr => {
                self.values(b, 1)?;
                self.values(c, 1)?;
                self.set(a, 1);
            }
            SetTabUp => self.values(c, 1)?,
            SetTabUpK | VarargPrep | Loop => {}
            SetTable => {
                self.values(a, 1)?;
                self.values(b, 1)?;
                self.values(c, 1)?;
            }
            SetTableK => {
                self.values(a, 1)?;
                self.values(b, 1)?;
            }
            SetI | SetField => {
                self.values(a, 1)?;
                self.values(c, 1)?;
            }
            SetIK | SetFieldK => self.values(a, 1)?,
            SelfField => {
                self.values(b, 1)?;
                self.set(a, 2);
            }
            Concat => self.values(a, b)?,
            Close => self.state[a..].iter_mut().for_each(|slot| *slot &= WHAT),
            Tbc => {
                self.values(a, 1)?;
                self.will_close(a)?;
            }
            Jmp | JmpBack => return Ok(Way::Jumps),
            Eq | Lt | Le | NotEq | NotLt | NotLe => {
                self.values(a, 1)?;
                self.values(b, 1)?;
                return Ok(Way::Forks);
            }
            EqK | EqI | LtI | LeI | GtI | GeI | Test | NotEqK | NotEqI | NotLtI | NotLeI | NotGtI | NotGeI
            | NotTest => {
                self.values(a, 1)?;
                return Ok(Way::Forks);
            }
            TestSet => {
                self.values(b, 1)?;
                return Ok(Way::Forks);
            }
            Call | TailCall => {
                self.values_or_open(a, b)?;
                if op == TailCall {
                    self.nothing_to_close(0)?;
                }
                self.lose(a..self.state.len())?;
                if op == Call && c > 1 {
                    self.set(a, c - 1);
                }
            }
            Return => {
                if b != 1 {
                    self.values_or_open(a, b.saturating_sub(1))?;
                }
                if c == 0 {
                    self.nothing_to_close(0)?;
                }
                return Ok(Way::Ends);
            }
            Return0 | Return1 => {
                if op == Return1 {
                    self.values(a, 1)?;
                }
                self.nothing_to_close(0)?;
                return Ok(Way::Ends);
            }
            ForPrep | ForLoop | ForLoop1 => {
                self.values(a, 3)?;
                return Ok(Way::Forks);
            }
            ForPrep1 => {
                self.values(a, 2)?;
                return Ok(Way::Forks);
            }
            TForPrep => {
                self.values(a + 3, 1)?;
                self.will_close(a + 3)?;
                self.state[a + 3] = CURSOR | TO_CLOSE;
                return Ok(Way::Jumps);
            }
            TForCall => {
                self.values(a, 3)?;
                self.expect(a + 3, CURSOR)?;
                self.lose(a + 4..self.state.len())?;
                self.set(a + 4, c);
            }
            TForLoop => {
                self.values(a + 4, 1)?;
                return Ok(Way::Forks);
            }
            SetList => {
                self.values(a, 1)?;
                self.values_or_open(a + 1, b)?;
            }
            Closure => {
                self.set(a, 1);
                for upval in &self.function.protos[i.bx() as usize].upvals {
                    let index = upval.index as usize;
                    let fits = if upval.in_stack {
                        let what = if upval.is_cell { CELL } else { VALUE };
                        self.state.get(index).is_some_and(|slot| slot & WHAT == what)
                    } else {
                        self.function.upvals.get(index).is_some_and(|outer| outer.is_cell == upval.is_cell)
                    };
                    if !fits {
                        return Err(format!("captures what is not there, {index}"));
                    }
                }
            }
            Vararg => {
                if c == 0 {
                    self.lose(a..self.state.len())?;
                } else {
                    self.set(a, c - 1);
                }
            }
        }
        Ok(Way::On)
    }

    /// What is set when the jump of a fork is taken.
    fn taken(&mut self, i: Instruction) {
        let a = i.a() as usize;
        match i.op() {
            Opcode::TestSet => self.set(a, 1),
            Opcode::ForLoop | Opcode::ForLoop1 => self.set(a + 3, 1),
            Opcode::TForLoop => self.set(a + 2, 1),
            _ => {}
        }
    }

    /// What is set or lost when the jump of a fork is not taken.
    fn not_taken(&mut self, i: Instruction) -> Result<()> {
        let a = i.a() as usize;
        match i.op() {
            Opcode::ForPrep | Opcode::ForPrep1 => self.set(a, 4),
            // The machine may leave the loop before it has set the variables.
            Opcode::TForLoop => self.lose(a + 4..self.state.len())?,
            _ => {}
        }
        Ok(())
    }

    /// These registers are read as values.
    fn values(&self, first: usize, count: usize) -> Result<()> {
        (first..first + count).try_for_each(|reg| self.expect(reg, VALUE))
    }

    /// As [`Step::values`]; no count stands for all up to those that are open.
    fn values_or_open(&self, first: usize, count: usize) -> Result<()> {
        self.values(first, if count == 0 { self.open.saturating_sub(first) } else { count })
    }

    fn cell(&self, reg: usize) -> Result<()> {
        self.expect(reg, CELL)
    }

    fn expect(&self, reg: usize, what: Slot) -> Result<()> {
        match self.state.get(reg) {
            Some(slot) if slot & WHAT == what => Ok(()),
            _ => Err(format!("takes register {reg} for what it is not")),
        }
    }

    /// These registers get values.
    fn set(&mut self, first: usize, count: usize) {
        for slot in &mut self.state[first..first + count] {
            *slot = *slot & TO_CLOSE | VALUE;
        }
    }

    /// These registers get something that is no value, or what somebody else leaves in them.
    fn lose(&mut self, registers: std::ops::Range<usize>) -> Result<()> {
        self.nothing_to_close_in(registers.clone())?;
        self.state[registers].fill(JUNK);
        Ok(())
    }

    /// A register gets on the list; those on it lie below.
    fn will_close(&mut self, reg: usize) -> Result<()> {
        self.nothing_to_close(reg)?;
        self.state[reg] |= TO_CLOSE;
        Ok(())
    }

    fn nothing_to_close(&self, first: usize) -> Result<()> {
        self.nothing_to_close_in(first..self.state.len())
    }

    fn nothing_to_close_in(&self, registers: std::ops::Range<usize>) -> Result<()> {
        match self.state[registers].iter().any(|slot| slot & TO_CLOSE != 0) {
            true => Err("forgets a variable to be closed".into()),
            false => Ok(()),
        }
    }
}
