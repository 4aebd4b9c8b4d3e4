//! Writing instruction words: operands, lines, constants, registers.

use super::{ConstantKey, FunctionState, Generator};
use crate::bytecode::{Constant, Instruction, Opcode};
use crate::error::{CompileError, Result};
use crate::number::float_to_integer;
use crate::symbol::Symbol;
use crate::text::Text;

/// More registers a function cannot have.
const MAX_REGISTERS: usize = 255;
/// Constants of so many are found by looking at each; with more there is an index.
const KEYS_IN_A_ROW: usize = 16;

impl Generator<'_> {
    /// Emits an instruction of one word and returns its offset.
    pub(super) fn emit(&mut self, op: Opcode, a: u8, b: u8, c: u8) -> usize {
        debug_assert!(!op.has_extra());
        self.emit_word(Instruction::abc(op, a, b, c))
    }

    /// Emits an instruction with a second word.
    pub(super) fn emit_extra(&mut self, op: Opcode, a: u8, b: u8, c: u8, extra: u32) -> usize {
        debug_assert!(op.has_extra());
        let pc = self.emit_word(Instruction::abc(op, a, b, c));
        self.f.code.push(extra);
        self.f.lines.push(self.place.line);
        pc
    }

    pub(super) fn emit_bx(&mut self, op: Opcode, a: u8, bx: u16) -> usize {
        self.emit_word(Instruction::abx(op, a, bx))
    }

    fn emit_word(&mut self, word: Instruction) -> usize {
        let pc = self.f.code.len();
        self.f.code.push(word.0);
        self.f.lines.push(self.place.line);
        self.f.last_instruction = Some(pc);
        pc
    }

    /// Attributes the last instruction to another line.
    pub(super) fn fix_line(&mut self, line: u32) {
        let pc = self.f.last_instruction.expect("an instruction was just emitted");
        self.f.lines[pc..].fill(line);
    }

    /// Takes back the last instruction.
    pub(super) fn take_back(&mut self) {
        let pc = self.f.last_instruction.take().expect("an instruction was just emitted");
        self.f.code.truncate(pc);
        self.f.lines.truncate(pc);
    }

    // Constants

    fn constant(&mut self, key: ConstantKey, value: Constant) -> u32 {
        self.known_constant(key).unwrap_or_else(|| self.new_constant(key, value))
    }

    fn new_constant(&mut self, key: ConstantKey, value: Constant) -> u32 {
        let index = self.f.constants.len() as u32;
        self.f.constants.push(value);
        self.f.keys.push(key);
        if self.f.keys.len() > KEYS_IN_A_ROW {
            if self.f.constant_index.is_empty() {
                self.f.constant_index.extend(self.f.keys.iter().copied().zip(0..));
            } else {
                self.f.constant_index.insert(key, index);
            }
        }
        index
    }

    /// A constant that the function has already.
    fn known_constant(&self, key: ConstantKey) -> Option<u32> {
        if self.f.keys.len() > KEYS_IN_A_ROW {
            return self.f.constant_index.get(&key).copied();
        }
        self.f.keys.iter().position(|&known| known == key).map(|index| index as u32)
    }

    pub(super) fn nil_constant(&mut self) -> u32 {
        self.constant(ConstantKey::Nil, Constant::Nil)
    }

    pub(super) fn bool_constant(&mut self, b: bool) -> u32 {
        self.constant(ConstantKey::Bool(b), Constant::Bool(b))
    }

    pub(super) fn int_constant(&mut self, n: i64) -> u32 {
        self.constant(ConstantKey::Int(n), Constant::Int(n))
    }

    pub(super) fn float_constant(&mut self, f: f64) -> u32 {
        self.constant(ConstantKey::Float(f.to_bits()), Constant::Float(f))
    }

    pub(super) fn string_constant(&mut self, s: Symbol) -> Result<u32> {
        let key = ConstantKey::Str(s);
        if let Some(index) = self.known_constant(key) {
            return Ok(index);
        }
        let text = Text::copy(self.tree.text(s)).ok_or_else(CompileError::memory)?;
        Ok(self.new_constant(key, Constant::Str(text)))
    }

    // Loading

    pub(super) fn load_constant(&mut self, reg: u8, index: u32) {
        match u16::try_from(index) {
            Ok(bx) => self.emit_bx(Opcode::LoadK, reg, bx),
            Err(_) => self.emit_extra(Opcode::LoadKX, reg, 0, 0, index),
        };
    }

    pub(super) fn load_int(&mut self, reg: u8, n: i64) {
        match i16::try_from(n) {
            Ok(small) => {
                self.emit_bx(Opcode::LoadI, reg, small as u16);
            }
            Err(_) => {
                let index = self.int_constant(n);
                self.load_constant(reg, index);
            }
        }
    }

    pub(super) fn load_float(&mut self, reg: u8, f: f64) {
        let small = float_to_integer(f).and_then(|n| i16::try_from(n).ok());
        match small {
            // LoadF cannot make -0.0.
            Some(small) if small != 0 || f.is_sign_positive() => {
                self.emit_bx(Opcode::LoadF, reg, small as u16);
            }
            _ => {
                let index = self.float_constant(f);
                self.load_constant(reg, index);
            }
        }
    }

    /// Sets `count > 0` registers to nil, together with the instruction before if it does the same next to them.
    pub(super) fn load_nil(&mut self, from: u8, count: u8) {
        let last = from + (count - 1);
        if let Some((pc, before)) = self.f.previous_instruction()
            && before.op() == Opcode::LoadNil
        {
            let (before_from, before_last) = (before.a(), before.a() + before.b());
            if before_from <= last.saturating_add(1) && from <= before_last.saturating_add(1) {
                let (from, last) = (from.min(before_from), last.max(before_last));
                self.f.code[pc] = Instruction::abc(Opcode::LoadNil, from, last - from, 0).0;
                return;
            }
        }
        self.emit(Opcode::LoadNil, from, count - 1, 0);
    }

    // Registers

    /// The function needs `count` registers from the first free one on.
    ///
    /// # Errors
    /// There are no more.
    pub(super) fn check_registers(&mut self, count: usize) -> Result<()> {
        let needed = self.f.free as usize + count;
        if needed >= MAX_REGISTERS {
            return Err(self.error("function or expression needs too many registers"));
        }
        self.f.max_stack = self.f.max_stack.max(needed as u8);
        Ok(())
    }

    /// Takes `count` registers and returns the first.
    pub(super) fn reserve(&mut self, count: u8) -> Result<u8> {
        self.check_registers(count as usize)?;
        let first = self.f.free;
        self.f.free += count;
        Ok(first)
    }

    /// Gives back a register, unless it belongs to a local variable.
    pub(super) fn free_reg(&mut self, reg: u8) {
        if reg >= self.f.active_regs {
            self.f.free -= 1;
            debug_assert_eq!(reg, self.f.free, "registers are freed in the order of a stack");
        }
    }

    /// Gives back two registers in the right order.
    pub(super) fn free_regs(&mut self, a: u8, b: u8) {
        self.free_reg(a.max(b));
        self.free_reg(a.min(b));
    }
}

impl FunctionState {
    /// Makes it a state in which nothing has been generated; its vectors keep their memory.
    pub(super) fn clear(&mut self) {
        self.code.clear();
        self.lines.clear();
        self.keys.clear();
        self.constant_index.clear();
        self.active.clear();
        self.vars.clear();
        self.to_close.clear();
        self.blocks.clear();
        self.labels.clear();
        self.pending.clear();
        (self.free, self.active_regs) = (0, 0);
        (self.last_instruction, self.last_target) = (None, 0);
    }

    /// The last instruction and its offset, if the next one always runs after it.
    pub(super) fn previous_instruction(&self) -> Option<(usize, Instruction)> {
        let pc = self.last_instruction?;
        (self.code.len() > self.last_target).then(|| (pc, Instruction(self.code[pc])))
    }

    pub(super) fn instruction(&self, pc: usize) -> Instruction {
        Instruction(self.code[pc])
    }

    pub(super) fn set_a(&mut self, pc: usize, a: u8) {
        let i = self.instruction(pc);
        self.code[pc] = Instruction::abc(i.op(), a, i.b(), i.c()).0;
    }

    pub(super) fn set_b(&mut self, pc: usize, b: u8) {
        let i = self.instruction(pc);
        self.code[pc] = Instruction::abc(i.op(), i.a(), b, i.c()).0;
    }

    pub(super) fn set_c(&mut self, pc: usize, c: u8) {
        let i = self.instruction(pc);
        self.code[pc] = Instruction::abc(i.op(), i.a(), i.b(), c).0;
    }
}
