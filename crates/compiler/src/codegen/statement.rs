//! Statements of the tree.

use super::Generator;
use super::jumps::JumpList;
use super::operand::{Kind, Operand};
use crate::ast::{Attrib, Block, Clause, ExprId, GenericFor, List, Listed, NumericFor, Stat, Vars};
use crate::bytecode::{Instruction, NO_LINE, Opcode};
use crate::error::Result;
use crate::lexer::Place;

impl Generator<'_> {
    /// The statements of a block, in the scope that is open.
    pub(super) fn block(&mut self, block: &Block) -> Result<()> {
        self.place = block.start;
        self.stats(self.tree.stats.get(block.stats), block.end)
    }

    fn stats(&mut self, stats: &[Stat], end: Place) -> Result<()> {
        for stat in stats {
            self.stat(stat)?;
            debug_assert!(self.f.free >= self.f.active_regs && self.f.max_stack >= self.f.free);
            self.f.free = self.f.active_regs;
        }
        self.place = end;
        Ok(())
    }

    fn scoped_block(&mut self, block: &Block) -> Result<()> {
        self.open_block(false);
        self.block(block)?;
        self.close_block().map(drop)
    }

    fn stat(&mut self, stat: &Stat) -> Result<()> {
        match stat {
            Stat::Call(call) => self.call_stat(*call),
            Stat::Local { vars, place, values } => self.local(*vars, *place, *values),
            Stat::Assign { targets, place, values } => self.assign(*targets, *place, *values),
            Stat::LocalFunction { var, place, function } => {
                self.place = *place;
                if self.var_state(*var).is_cell {
                    // As far as lines show, everything happens when the function is there.
                    self.place = self.tree.function(*function).end;
                    let reg = self.reserve(1)?;
                    self.enter_var(*var);
                    self.load_nil(reg, 1);
                    self.make_cells(Vars::one(*var));
                    let mut closure = self.closure(*function)?;
                    self.store(Kind::Cell(reg), &mut closure)?;
                } else {
                    // The closure goes into the register of the variable.
                    self.enter_var(*var);
                    self.closure(*function)?;
                }
                self.restart_last_local();
                Ok(())
            }
            Stat::Function { target, function, line } => {
                let target = self.expr(*target)?;
                let mut closure = self.closure(*function)?;
                self.store(target.kind, &mut closure)?;
                self.fix_line(*line);
                Ok(())
            }
            Stat::If { clauses, otherwise, end } => self.if_stat(*clauses, otherwise.as_ref(), *end),
            Stat::While { cond, block, end } => self.while_stat(*cond, block, *end),
            Stat::Repeat { block, cond } => self.repeat_stat(block, *cond),
            Stat::NumericFor(stat) => self.numeric_for(stat),
            Stat::GenericFor(stat) => self.generic_for(stat),
            Stat::Do { block, end } => {
                self.scoped_block(block)?;
                self.place = *end;
                Ok(())
            }
            Stat::Return { place, values } => {
                self.place = *place;
                self.return_stat(*values)
            }
            Stat::Break(place) => {
                self.place = *place;
                let jump = self.jump();
                self.jump_later(None, jump);
                Ok(())
            }
            Stat::Goto { goto, place, .. } => {
                self.place = *place;
                let function = self.f.id.expect("the state of a function knows the function");
                self.goto(self.tree.gotos.get(self.tree.function(function).gotos)[goto.0 as usize])
            }
            Stat::Label { label, .. } => self.label(*label),
        }
    }

    fn call_stat(&mut self, call: ExprId) -> Result<()> {
        let e = self.expr(call)?;
        let Kind::Call(pc) = e.kind else { unreachable!("the statement is a call") };
        self.f.set_c(pc, 1);
        Ok(())
    }

    // Assignments

    /// Makes the values of a list, of which `last` is not in a register yet, as many as there are variables.
    fn adjust(&mut self, variables: usize, values: usize, mut last: Operand) -> Result<()> {
        if last.is_open() {
            // The last expression gives what is missing.
            let wanted = (variables + 1).saturating_sub(values) as u8;
            self.set_results(&last, Some(wanted))?;
            if wanted > 1 {
                self.reserve(wanted - 1)?;
            }
        } else {
            if last.kind != Kind::Void {
                self.put_next(&mut last)?;
            }
            if variables > values {
                let missing = (variables - values) as u8;
                let first = self.reserve(missing)?;
                self.load_nil(first, missing);
            }
        }
        if values > variables {
            self.f.free -= (values - variables) as u8;
        }
        Ok(())
    }

    fn local(&mut self, vars: Vars, place: Place, values: List<Listed>) -> Result<()> {
        self.place = place;
        let mut in_registers = vars;
        match vars.split_last() {
            Some((last, others)) if matches!(self.var(last).attrib, Attrib::Constant(_)) => {
                in_registers = others;
                let values = self.tree.exprs_listed.get(values);
                let mut e = self.exprs(&values[..others.len()])?;
                if e.kind != Kind::Void {
                    self.put_next(&mut e)?;
                }
                self.place = values[others.len()].after;
            }
            _ => {
                let last = self.expr_list(values)?;
                self.adjust(vars.len(), values.len(), last)?;
            }
        }
        self.activate(in_registers);
        for var in in_registers.iter() {
            if self.var(var).attrib == Attrib::Close {
                let reg = self.var_state(var).reg;
                self.f.to_close.push(reg);
                self.emit(Opcode::Tbc, reg, 0, 0);
            }
        }
        Ok(())
    }

    fn assign(&mut self, targets: List<Listed>, place: Place, values: List<Listed>) -> Result<()> {
        if let ([target], 1) = (self.tree.exprs_listed.get(targets), values.len()) {
            let variable = self.expr(target.expr)?.kind;
            self.place = place;
            let mut value = self.expr_list(values)?;
            self.set_one_result(&mut value);
            return self.store(variable, &mut value);
        }
        let mut variables: Vec<Kind> = Vec::with_capacity(targets.len());
        for target in self.tree.exprs_listed.get(targets) {
            let variable = self.expr(target.expr)?.kind;
            self.save_from(&mut variables, variable)?;
            variables.push(variable);
        }
        self.place = place;
        let mut last = self.expr_list(values)?;
        if targets.len() == values.len() {
            self.set_one_result(&mut last);
            if let Some(variable) = variables.pop() {
                self.store(variable, &mut last)?;
            }
        } else {
            self.adjust(targets.len(), values.len(), last)?;
        }
        while let Some(variable) = variables.pop() {
            let mut value = Operand::new(Kind::Fixed(self.f.free - 1));
            self.store(variable, &mut value)?;
        }
        Ok(())
    }

    /// If `variable`, which is being assigned to, is a table or key of one of the variables before it, those use a
    /// copy of its value.
    fn save_from(&mut self, before: &mut [Kind], variable: Kind) -> Result<()> {
        let copy = self.f.free;
        let mut conflict = false;
        for other in before {
            match (variable, &mut *other) {
                (Kind::UpvalCell(upval), &mut Kind::UpvalField { table, key }) if table == upval => {
                    *other = Kind::Field { table: copy, key };
                    conflict = true;
                }
                (Kind::Local(reg), Kind::Indexed { table, key }) => {
                    for operand in [table, key] {
                        if *operand == reg {
                            *operand = copy;
                            conflict = true;
                        }
                    }
                }
                (Kind::Local(reg), Kind::Field { table, .. } | Kind::IntIndexed { table, .. }) if *table == reg => {
                    *table = copy;
                    conflict = true;
                }
                _ => {}
            }
        }
        if conflict {
            match variable {
                Kind::UpvalCell(upval) => self.emit(Opcode::GetUpCell, copy, upval, 0),
                Kind::Local(reg) => self.emit(Opcode::Move, copy, reg, 0),
                _ => unreachable!("only these conflict"),
            };
            self.reserve(1)?;
        }
        Ok(())
    }

    // Conditions and loops

    fn if_stat(&mut self, clauses: List<Clause>, otherwise: Option<&Block>, end: Place) -> Result<()> {
        let mut done = JumpList::EMPTY;
        for (index, Clause { cond, block }) in self.tree.clauses.get(clauses).iter().enumerate() {
            let mut cond = self.expr(*cond)?;
            self.place = block.start;
            let skip = if let [Stat::Break(place), rest @ ..] = self.tree.stats.get(block.stats) {
                // The condition itself jumps out of the loop.
                self.go_if_false(&mut cond)?;
                self.place = *place;
                self.open_block(false);
                self.jump_later(None, cond.if_true);
                if rest.is_empty() {
                    self.place = block.end;
                    self.close_block()?;
                    continue;
                }
                let skip = self.jump();
                self.stats(rest, block.end)?;
                skip
            } else {
                self.go_if_true(&mut cond)?;
                self.open_block(false);
                self.block(block)?;
                cond.if_false
            };
            self.close_block()?;
            if index + 1 < clauses.len() || otherwise.is_some() {
                let jump = self.jump();
                done = self.join(jump, done)?;
            }
            self.patch_here(skip)?;
        }
        if let Some(block) = otherwise {
            self.scoped_block(block)?;
        }
        self.place = end;
        self.patch_here(done)
    }

    /// The condition of a loop; returns the jumps taken when it is false.
    fn cond(&mut self, cond: ExprId) -> Result<JumpList> {
        let mut e = self.expr(cond)?;
        if e.kind == Kind::Nil {
            e.kind = Kind::False;
        }
        self.go_if_true(&mut e)?;
        Ok(e.if_false)
    }

    fn while_stat(&mut self, cond: ExprId, block: &Block, end: Place) -> Result<()> {
        let start = self.here();
        let exit = self.cond(cond)?;
        self.open_block(true);
        self.scoped_block(block)?;
        self.jump_to(start)?;
        self.place = end;
        self.close_block()?;
        self.patch_here(exit)
    }

    fn repeat_stat(&mut self, block: &Block, cond: ExprId) -> Result<()> {
        let start = self.here();
        self.emit(Opcode::Loop, 0, 0, 0);
        self.fix_line(NO_LINE);
        self.open_block(true);
        self.open_block(false);
        self.block(block)?;
        let mut again = self.cond(cond)?;
        let outer_regs = self.f.blocks.last().map_or(0, |block| block.regs);
        if self.close_block()? {
            // Both ways out of the body close its variables.
            let exit = self.jump();
            self.patch_here(again)?;
            self.emit(Opcode::Close, outer_regs, 0, 0);
            again = self.jump();
            self.patch_here(exit)?;
        }
        self.patch(again, start)?;
        self.close_block().map(drop)
    }

    fn numeric_for(&mut self, stat: &NumericFor) -> Result<()> {
        self.open_block(true);
        let base = self.f.free;
        for value in [Some(stat.start), Some(stat.limit), stat.step] {
            match value {
                Some(value) => {
                    let mut value = self.expr(value)?;
                    self.put_next(&mut value)?;
                }
                None => drop(self.reserve(1)?),
            }
        }
        self.activate_hidden(3);
        let (prepare, turn) = match stat.step {
            Some(_) => (Opcode::ForPrep, Opcode::ForLoop),
            None => (Opcode::ForPrep1, Opcode::ForLoop1),
        };
        self.place = stat.block.start;
        let prepare = self.emit_extra(prepare, base, 0, 0, 0);
        self.for_body(Vars::one(stat.var), &stat.block)?;
        let turn = self.emit_extra(turn, base, 0, 0, 0);
        self.fix_line(stat.line);
        self.set_target(turn, prepare + 2)?;
        let after = self.here();
        self.set_target(prepare, after)?;
        self.place = stat.end;
        self.close_block().map(drop)
    }

    fn generic_for(&mut self, stat: &GenericFor) -> Result<()> {
        self.open_block(true);
        let base = self.f.free;
        let last = self.expr_list(stat.values)?;
        self.adjust(4, stat.values.len(), last)?;
        self.activate_hidden(4);
        self.f.to_close.push(base + 3);
        // The call of the iterator needs a register for the function and two for its arguments.
        self.check_registers(3)?;
        self.place = stat.block.start;
        let prepare = self.emit_extra(Opcode::TForPrep, base, 0, 0, 0);
        self.for_body(stat.vars, &stat.block)?;
        let call = self.here();
        self.set_target(prepare, call)?;
        self.emit(Opcode::TForCall, base, 0, stat.vars.len() as u8);
        self.fix_line(stat.line);
        let turn = self.emit_extra(Opcode::TForLoop, base, 0, 0, 0);
        self.fix_line(stat.line);
        self.set_target(turn, prepare + 2)?;
        self.place = stat.end;
        self.close_block().map(drop)
    }

    fn for_body(&mut self, vars: Vars, block: &Block) -> Result<()> {
        self.open_block(false);
        self.reserve(vars.len() as u8)?;
        self.activate(vars);
        self.scoped_block(block)?;
        self.close_block().map(drop)
    }

    // Return

    fn return_stat(&mut self, values: List<Listed>) -> Result<()> {
        let mut first = self.f.active_regs;
        let mut last = self.expr_list(values)?;
        let mut count = Some(values.len() as u8);
        if last.is_open() {
            self.set_results(&last, None)?;
            count = None;
            if let Kind::Call(pc) = last.kind
                && values.len() == 1
                && self.f.to_close.is_empty()
            {
                let call = self.f.instruction(pc);
                debug_assert_eq!(call.a(), first);
                self.f.code[pc] = Instruction::abc(Opcode::TailCall, call.a(), call.b(), 0).0;
            }
        } else if values.len() == 1 {
            first = self.put_any(&mut last)?;
        } else if !values.is_empty() {
            self.put_next(&mut last)?;
        }
        self.ret(first, count);
        Ok(())
    }

    /// Emits a return of `count` values, or of all up to the top.
    pub(super) fn ret(&mut self, first: u8, count: Option<u8>) {
        let close = !self.f.to_close.is_empty();
        match count {
            Some(0) if !close && !self.f.is_vararg => self.emit(Opcode::Return0, 0, 0, 0),
            Some(1) if !close && !self.f.is_vararg => self.emit(Opcode::Return1, first, 0, 0),
            _ => self.emit(Opcode::Return, first, count.map_or(0, |count| count + 1), u8::from(close)),
        };
    }
}
