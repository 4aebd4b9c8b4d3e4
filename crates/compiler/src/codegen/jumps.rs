//! Jumps whose target is not known yet.
//!
//! Such jumps form lists through their own distance: a jump of a list holds the way to the next one, or to itself at
//! the end. `Jmp` keeps its distance in the word, tests and comparisons in the word after it.
//! A `TestSet` in a list delivers a value to where it jumps; it is made a `Test` when nobody wants the value.

use super::{FunctionState, Generator};
use crate::bytecode::{ALL_OPCODES, Constant, Extra, Instruction, Opcode};
use crate::error::Result;

/// The first jump of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct JumpList(u32);

/// The register of a `TestSet` that is not decided yet.
pub(super) const NO_REG: u8 = 255;

impl JumpList {
    pub(super) const EMPTY: JumpList = JumpList(u32::MAX);

    pub(super) fn one(pc: usize) -> JumpList {
        JumpList(pc as u32)
    }

    fn first(self) -> Option<usize> {
        (self != JumpList::EMPTY).then_some(self.0 as usize)
    }

    pub(super) fn is_empty(self) -> bool {
        self == JumpList::EMPTY
    }
}

impl FunctionState {
    /// Where the jump at `pc` leads.
    fn jump_target(&self, pc: usize) -> usize {
        let i = self.instruction(pc);
        if i.op().has_extra() {
            (pc + 2).wrapping_add_signed(self.code[pc + 1] as i32 as isize)
        } else {
            (pc + 1).wrapping_add_signed(i.sj_value() as isize)
        }
    }

    /// The rest of a list after its first jump.
    fn rest(&self, pc: usize) -> JumpList {
        let next = self.jump_target(pc);
        if next == pc { JumpList::EMPTY } else { JumpList::one(next) }
    }

    /// Whether a constant is an integer 2^n, 0 < n < 48.
    fn is_power_of_two(&self, index: u8) -> bool {
        matches!(self.constants[index as usize], Constant::Int(2..0x1_0000_0000_0000))
            && matches!(self.constants[index as usize], Constant::Int(n) if n & (n - 1) == 0)
    }

    fn has_value(&self, pc: usize) -> bool {
        self.instruction(pc).op() == Opcode::TestSet
    }

    /// Whether some jump of a list does not deliver its value itself.
    fn needs_value(&self, mut list: JumpList) -> bool {
        while let Some(pc) = list.first() {
            if !self.has_value(pc) {
                return true;
            }
            list = self.rest(pc);
        }
        false
    }

    /// Lets a `TestSet` deliver its value to `reg`, or to nobody. False if the jump at `pc` is none.
    fn direct_value(&mut self, pc: usize, reg: Option<u8>) -> bool {
        if !self.has_value(pc) {
            return false;
        }
        let i = self.instruction(pc);
        match reg {
            Some(reg) if reg != i.b() => self.set_a(pc, reg),
            _ => self.code[pc] = Instruction::abc(Opcode::Test, i.b(), 0, i.c()).0,
        }
        true
    }

    /// Nobody wants the values of a list.
    pub(super) fn drop_values(&mut self, mut list: JumpList) {
        while let Some(pc) = list.first() {
            list = self.rest(pc);
            self.direct_value(pc, None);
        }
    }
}

impl Generator<'_> {
    /// Marks the current end of the code as the target of jumps.
    pub(super) fn here(&mut self) -> usize {
        self.f.last_target = self.f.code.len();
        self.f.last_target
    }

    /// Emits a jump to be patched later.
    pub(super) fn jump(&mut self) -> JumpList {
        let pc = self.f.code.len();
        self.emit(Opcode::Jmp, 0, 0, 0);
        self.f.code[pc] = Instruction::sj(Opcode::Jmp, -1).0;
        JumpList::one(pc)
    }

    /// Emits a jump to a target that lies behind.
    pub(super) fn jump_to(&mut self, target: usize) -> Result<()> {
        let jump = self.jump();
        self.patch(jump, target)
    }

    /// Emits a test or comparison that jumps.
    pub(super) fn jump_if(&mut self, op: Opcode, a: u8, b: u8, c: u8) -> usize {
        debug_assert_eq!(op.extra(), Extra::Jump);
        self.emit_extra(op, a, b, c, -2i32 as u32)
    }

    /// Sets the target of one jump.
    pub(super) fn set_target(&mut self, pc: usize, target: usize) -> Result<()> {
        let i = self.f.instruction(pc);
        if i.op().has_extra() {
            let distance = target as i64 - (pc as i64 + 2);
            let Ok(distance) = i32::try_from(distance) else {
                return Err(self.error("control structure too long"));
            };
            self.f.code[pc + 1] = distance as u32;
        } else {
            let distance = target as i64 - (pc as i64 + 1);
            if !(-(1 << 23)..1 << 23).contains(&distance) {
                return Err(self.error("control structure too long"));
            }
            let op = if distance < 0 { Opcode::JmpBack } else { Opcode::Jmp };
            self.f.code[pc] = Instruction::sj(op, distance as i32).0;
        }
        Ok(())
    }

    /// The jumps of both lists. The first is walked, so it should be the shorter one.
    pub(super) fn join(&mut self, short: JumpList, long: JumpList) -> Result<JumpList> {
        let (Some(first), Some(next)) = (short.first(), long.first()) else {
            return Ok(if short.is_empty() { long } else { short });
        };
        let mut last = first;
        while let Some(pc) = self.f.rest(last).first() {
            last = pc;
        }
        // The link is not a jump yet, so a `Jmp` may look backward.
        self.set_target(last, next)?;
        Ok(short)
    }

    /// All jumps of a list lead to `target`; nobody wants values.
    pub(super) fn patch(&mut self, list: JumpList, target: usize) -> Result<()> {
        self.patch_values(list, target, None, target)
    }

    /// All jumps of a list lead to the current end of the code.
    pub(super) fn patch_here(&mut self, list: JumpList) -> Result<()> {
        let here = self.here();
        self.patch(list, here)
    }

    /// Jumps of a list that deliver a value put it into `reg` and lead to `target`, the others lead to `other`.
    pub(super) fn patch_values(
        &mut self,
        mut list: JumpList,
        target: usize,
        reg: Option<u8>,
        other: usize,
    ) -> Result<()> {
        while let Some(pc) = list.first() {
            list = self.f.rest(pc);
            let delivers = self.f.direct_value(pc, reg);
            self.set_target(pc, if delivers { target } else { other })?;
        }
        Ok(())
    }

    /// Whether some jump of the lists does not deliver its value itself.
    pub(super) fn needs_value(&self, a: JumpList, b: JumpList) -> bool {
        self.f.needs_value(a) || self.f.needs_value(b)
    }

    /// When the code of the function is complete: lets jumps to unconditional jumps lead to where those lead, and
    /// gives instructions their special forms.
    pub(super) fn finish_code(&mut self) -> Result<()> {
        let mut pc = 0;
        while let Some(&word) = self.f.code.get(pc) {
            let traits = TRAITS[usize::from(word as u8)];
            pc += 1 + usize::from(traits & LONG);
            if traits & !LONG == 0 {
                continue;
            }
            let pc = pc - 1 - usize::from(traits & LONG);
            let i = Instruction(word);
            let op = i.op();
            let special = match op {
                Opcode::ModK if self.f.is_power_of_two(i.c()) => Opcode::ModP,
                Opcode::IDivK if self.f.is_power_of_two(i.c()) => Opcode::IDivP,
                _ if i.c() & 1 == 0 => op.negative(),
                _ => op,
            };
            self.f.code[pc] = i.with_op(special).0;
            if traits & FREE_JUMP != 0 {
                let mut target = self.f.jump_target(pc);
                // A loop of jumps would never end.
                for _ in 0..100 {
                    match self.f.code.get(target) {
                        Some(&word) if is_jump_word(word) => target = self.f.jump_target(target),
                        _ => break,
                    }
                }
                self.set_target(pc, target)?;
            }
        }
        Ok(())
    }
}

/// What [`Generator::finish_code`] wants to know of an instruction: it has two words (which makes this 1); it is a jump
/// that may lead anywhere; it may have a special form.
const LONG: u8 = 1;
const FREE_JUMP: u8 = 2;
const SPECIAL: u8 = 4;

static TRAITS: [u8; 256] = {
    let mut traits = [0; 256];
    let mut n = 0;
    while n < ALL_OPCODES.len() {
        let op = ALL_OPCODES[n];
        if op.has_extra() {
            traits[n] |= LONG;
        }
        if is_free_jump(op) {
            traits[n] |= FREE_JUMP;
        }
        if matches!(op, Opcode::ModK | Opcode::IDivK) || op.negative() as u8 != op as u8 {
            traits[n] |= SPECIAL;
        }
        n += 1;
    }
    traits
};

fn is_jump_word(word: u32) -> bool {
    matches!(Instruction(word).op(), Opcode::Jmp | Opcode::JmpBack)
}

/// Jumps that may lead anywhere; those of loops keep to their loop.
const fn is_free_jump(op: Opcode) -> bool {
    match op {
        Opcode::Jmp | Opcode::JmpBack => true,
        Opcode::ForPrep
        | Opcode::ForPrep1
        | Opcode::ForLoop
        | Opcode::ForLoop1
        | Opcode::TForPrep
        | Opcode::TForLoop => false,
        _ => matches!(op.extra(), Extra::Jump),
    }
}
