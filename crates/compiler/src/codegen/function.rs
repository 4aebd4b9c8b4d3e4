//! Functions, blocks, local variables and labels.

use std::mem;
use std::ops::Range;

use super::jumps::JumpList;
use super::{Active, BlockState, Generator, LabelState, PendingJump, VarState};
use crate::ast::{FunctionId, LabelId, UpvalSource, VarId, Vars};
use crate::bytecode::{Function, LocalVar, NO_LINE, Opcode, UpvalDesc};
use crate::error::Result;
use crate::verify;

impl Generator<'_> {
    /// Generates a function of the tree, inside the current one.
    pub(super) fn function(&mut self, id: FunctionId) -> Result<Function> {
        let node = self.tree.function(id);
        let mut state = self.spare.pop().unwrap_or_default();
        state.id = Some(id);
        state.upvals = self.captures(id);
        state.is_vararg = node.is_vararg;
        state.max_stack = 2;
        let vars = self.tree.vars.get(node.vars);
        state.vars.extend(vars.iter().map(|var| VarState { reg: 0, is_cell: self.lives_in_cell(var) }));
        state.labels.resize_with(node.labels as usize, || None);
        let around = mem::replace(&mut self.f, state);
        self.open_block(false);
        self.place = node.open;
        let entry = self.params(node.params)?;
        self.block(&node.block)?;
        self.place = node.end;
        self.ret(self.f.active_regs, Some(0));
        // Making cells for parameters shows as part of the first line.
        let first_line = self.f.lines[entry.end];
        self.f.lines[entry].fill(first_line);
        self.close_block()?;
        self.finish_code()?;
        let mut state = mem::replace(&mut self.f, around);
        let function = Function {
            source: self.shared_name.clone(),
            line_defined: node.line,
            last_line_defined: node.last_line,
            num_params: node.params.len() as u8,
            is_vararg: node.is_vararg,
            max_stack: state.max_stack,
            code: state.code.as_slice().into(),
            lines: state.lines.as_slice().into(),
            constants: state.constants.drain(..).collect(),
            upvals: mem::take(&mut state.upvals),
            protos: state.protos.drain(..).collect(),
            locals: state.locals.drain(..).collect(),
        };
        state.clear();
        self.spare.push(state);
        if cfg!(debug_assertions)
            && let Err(problem) = verify::verify(&function)
        {
            panic!("the code of the function at line {} is wrong: {problem}", function.line_defined);
        }
        Ok(function)
    }

    /// Where the current function finds what a function inside it captures.
    fn captures(&self, id: FunctionId) -> Vec<UpvalDesc> {
        let describe = |upval: &crate::ast::Upval| {
            let (in_stack, index, is_cell) = match upval.source {
                UpvalSource::Environment => (true, 0, true),
                UpvalSource::Local(var) => {
                    let VarState { reg, is_cell } = self.var_state(var);
                    (true, reg, is_cell)
                }
                UpvalSource::Upval(index) => (false, index, self.f.upvals[index as usize].is_cell),
            };
            let name = self.tree.text(upval.name).into();
            UpvalDesc { name, in_stack, index, is_cell, read_only: upval.read_only }
        };
        self.tree.upvals.get(self.tree.function(id).upvals).iter().map(describe).collect()
    }

    /// Parameters are there when the function is entered; those that live in cells get them first thing.
    /// Returns where that code is.
    fn params(&mut self, params: Vars) -> Result<Range<usize>> {
        let count = params.len() as u8;
        params.iter().for_each(|var| self.enter_var(var));
        if self.f.is_vararg {
            self.emit(Opcode::VarargPrep, count, 0, 0);
        }
        self.reserve(count)?;
        let start = self.f.code.len();
        if self.make_cells(params) {
            // Until then they are values, as who looks at a function that is just being called sees.
            let here = self.f.code.len() as u32;
            let mut values = self.f.locals.clone();
            for value in &mut values {
                value.is_cell = false;
                value.end_pc = here;
            }
            for local in &mut self.f.locals {
                local.start_pc = here;
            }
            self.f.locals.splice(0..0, values);
            for active in &mut self.f.active {
                active.debug += params.len();
            }
        }
        Ok(start..self.f.code.len())
    }

    // Local variables

    /// Brings variables into scope whose values are in the next registers.
    pub(super) fn activate(&mut self, vars: Vars) {
        let first = self.f.locals.len();
        vars.iter().for_each(|var| self.enter_var(var));
        if self.make_cells(vars) {
            let here = self.f.code.len() as u32;
            self.f.locals[first..].iter_mut().for_each(|local| local.start_pc = here);
        }
    }

    /// Brings the hidden variables of a loop into scope.
    pub(super) fn activate_hidden(&mut self, count: u8) {
        (0..count).for_each(|_| self.enter_local(b"(for state)", false));
    }

    /// Gives a variable the next register, without making a cell.
    pub(super) fn enter_var(&mut self, var: VarId) {
        let state = &mut self.f.vars[var.0 as usize];
        state.reg = self.f.active_regs;
        let is_cell = state.is_cell;
        let name = self.tree.text(self.var(var).name);
        self.enter_local(name, is_cell);
    }

    fn enter_local(&mut self, name: &[u8], is_cell: bool) {
        let reg = self.f.active_regs;
        self.f.active_regs += 1;
        self.f.active.push(Active { reg, debug: self.f.locals.len() });
        let start_pc = self.f.code.len() as u32;
        self.f.locals.push(LocalVar { name: name.into(), start_pc, end_pc: start_pc, reg, is_cell });
    }

    /// Puts the values of variables that live in cells into cells. Returns whether there were any.
    pub(super) fn make_cells(&mut self, vars: Vars) -> bool {
        let mut any = false;
        for var in vars.iter() {
            let VarState { reg, is_cell } = self.var_state(var);
            if is_cell {
                self.emit(Opcode::NewCell, reg, 0, 0);
                self.fix_line(NO_LINE);
                any = true;
            }
        }
        any
    }

    /// The debug entry of the variable that came into scope last starts here.
    pub(super) fn restart_last_local(&mut self) {
        let here = self.f.code.len() as u32;
        if let Some(active) = self.f.active.last() {
            self.f.locals[active.debug].start_pc = here;
        }
    }

    // Blocks

    pub(super) fn open_block(&mut self, is_loop: bool) {
        debug_assert_eq!(self.f.free, self.f.active_regs);
        self.f.blocks.push(BlockState {
            is_loop,
            active: self.f.active.len(),
            regs: self.f.active_regs,
            to_close: self.f.to_close.len(),
            first_pending: self.f.pending.len(),
        });
    }

    /// Ends the scope of a block: of its variables, of what is to be closed, and of `break`.
    /// Returns whether the block had something to close.
    pub(super) fn close_block(&mut self) -> Result<bool> {
        let block = self.f.blocks.pop().expect("a block is open");
        let here = self.f.code.len() as u32;
        for active in self.f.active.drain(block.active..) {
            debug_assert_eq!(self.f.locals[active.debug].reg, active.reg);
            self.f.locals[active.debug].end_pc = here;
        }
        self.f.active_regs = block.regs;
        let needs_close = self.f.to_close.len() > block.to_close;
        let mut closed = false;
        if block.is_loop {
            closed = self.resolve(None, block.first_pending)?;
        }
        if needs_close && !closed && !self.f.blocks.is_empty() {
            self.emit(Opcode::Close, block.regs, 0, 0);
        }
        self.f.to_close.truncate(block.to_close);
        self.f.free = block.regs;
        for jump in &mut self.f.pending[block.first_pending..] {
            jump.close |= needs_close && jump.regs > block.regs;
            jump.regs = block.regs;
        }
        Ok(needs_close)
    }

    // Labels

    /// Jumps that lead to a label which comes later, or out of the loop.
    pub(super) fn jump_later(&mut self, label: Option<LabelId>, jumps: JumpList) {
        let regs = self.f.active_regs;
        self.f.pending.push(PendingJump { label, jumps, regs, close: false });
    }

    /// Lets the pending jumps to a label, from `first` on, lead to here. If one of them left the scope of a
    /// to-be-closed variable, the variable is closed here; returns whether that was so.
    ///
    /// A jump may skip the declarations of variables that end here, and arrive with fewer registers than there are:
    /// what it left began where its own registers end.
    fn resolve(&mut self, label: Option<LabelId>, first: usize) -> Result<bool> {
        let here = self.here();
        if self.f.pending.len() == first {
            return Ok(false);
        }
        let mut close = None;
        let pending = self.f.pending.split_off(first);
        for jump in pending {
            if jump.label == label {
                if jump.close {
                    close = Some(close.unwrap_or(self.f.active_regs).min(jump.regs));
                }
                self.patch(jump.jumps, here)?;
            } else {
                self.f.pending.push(jump);
            }
        }
        if let Some(regs) = close {
            self.emit(Opcode::Close, regs, 0, 0);
        }
        Ok(close.is_some())
    }

    pub(super) fn label(&mut self, label: LabelId) -> Result<()> {
        let first = self.f.blocks.last().map_or(0, |block| block.first_pending);
        let state = LabelState { pc: self.here(), regs: self.f.active_regs };
        self.f.labels[label.0 as usize] = Some(state);
        self.resolve(Some(label), first).map(drop)
    }

    pub(super) fn goto(&mut self, label: LabelId) -> Result<()> {
        let Some(LabelState { pc, regs }) = self.f.labels[label.0 as usize] else {
            let jump = self.jump();
            self.jump_later(Some(label), jump);
            return Ok(());
        };
        if self.f.to_close.last().is_some_and(|&reg| reg >= regs) {
            self.emit(Opcode::Close, regs, 0, 0);
        }
        self.jump_to(pc)
    }
}
