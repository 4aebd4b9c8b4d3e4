//! Expressions of the tree.

use super::operand::{Kind, Operand};
use super::{Generator, VarState};
use crate::ast::{ArgsId, ExprId, ExprKind, Field, FunctionId, List, Listed};
use crate::bytecode::Opcode;
use crate::error::Result;
use crate::lexer::Place;

/// Items of a table constructor that are collected in registers before they are stored.
const FIELDS_PER_FLUSH: u8 = 50;

impl Generator<'_> {
    /// An expression.
    #[inline]
    pub(super) fn expr(&mut self, id: ExprId) -> Result<Operand> {
        match self.tree.expr(id).kind {
            ExprKind::Binary { .. } | ExprKind::Index { .. } | ExprKind::Call { .. } | ExprKind::Method { .. } => {
                self.chain(id)
            }
            _ => self.first(id),
        }
    }

    /// An expression that starts with another one. Chains of first operands, of any length, are walked without recursion.
    fn chain(&mut self, id: ExprId) -> Result<Operand> {
        let tree = self.tree;
        let bottom = self.spine.len();
        let mut at = id;
        while let ExprKind::Binary { left: first, .. }
        | ExprKind::Index { object: first, .. }
        | ExprKind::Call { function: first, .. }
        | ExprKind::Method { object: first, .. } = tree.expr(at).kind
        {
            self.spine.push(at);
            at = first;
        }
        let mut e = self.first(at)?;
        while self.spine.len() > bottom {
            if let Some(next) = self.spine.pop() {
                self.extend(next, &mut e)?;
            }
        }
        Ok(e)
    }

    /// An expression that does not start with another one.
    fn first(&mut self, id: ExprId) -> Result<Operand> {
        let tree = self.tree;
        let node = tree.expr(id);
        let mut e = match node.kind {
            ExprKind::Nil => Operand::new(Kind::Nil),
            ExprKind::False => Operand::new(Kind::False),
            ExprKind::True => Operand::new(Kind::True),
            ExprKind::Int(n) => Operand::new(Kind::Int(n)),
            ExprKind::Float(f) => Operand::new(Kind::Float(f)),
            ExprKind::Str(s) => Operand::new(Kind::Str(s)),
            ExprKind::Constant { value, .. } => value.into(),
            ExprKind::Vararg => Operand::new(Kind::Vararg(self.emit(Opcode::Vararg, 0, 0, 1))),
            ExprKind::Local(var) => {
                let VarState { reg, is_cell } = self.var_state(var);
                Operand::new(if is_cell { Kind::Cell(reg) } else { Kind::Local(reg) })
            }
            ExprKind::Upval(index) => {
                let is_cell = self.f.upvals[index as usize].is_cell;
                Operand::new(if is_cell { Kind::UpvalCell(index) } else { Kind::Upval(index) })
            }
            ExprKind::Function(function) => return self.closure(function),
            ExprKind::Table { open, fields } => return self.table(open, fields, node.place),
            ExprKind::Global { env, name } => {
                let mut e = self.first(env)?;
                self.put_any_or_upval(&mut e)?;
                self.index(&mut e, &mut Operand::new(Kind::Str(name)))?;
                e
            }
            ExprKind::Unary { op, line, operand } => {
                let mut e = self.expr(operand)?;
                self.unary(op, &mut e, line)?;
                return Ok(e);
            }
            ExprKind::Paren(inner) => self.expr(inner)?,
            ExprKind::Binary { .. } | ExprKind::Index { .. } | ExprKind::Call { .. } | ExprKind::Method { .. } => {
                unreachable!("the walk goes on to the first operand")
            }
        };
        self.place = node.place;
        if let ExprKind::Paren(_) = node.kind
            && !matches!(e.kind, Kind::Cell(_))
        {
            self.discharge(&mut e);
        }
        Ok(e)
    }

    /// The rest of an expression whose first operand is in `e`.
    fn extend(&mut self, id: ExprId, e: &mut Operand) -> Result<()> {
        let tree = self.tree;
        let node = tree.expr(id);
        match node.kind {
            ExprKind::Binary { op, op_place, right, .. } => {
                self.place = op_place;
                self.first_operand(op, e)?;
                let right = self.expr(right)?;
                self.binary(op, e, right, op_place.line)
            }
            ExprKind::Index { key, .. } => {
                self.put_any_or_upval(e)?;
                let mut key = self.expr(key)?;
                self.make_value(&mut key)?;
                self.place = node.place;
                self.index(e, &mut key)
            }
            ExprKind::Call { args, .. } => {
                self.put_next(e)?;
                self.call(e, args, node.place)
            }
            ExprKind::Method { name, name_place, args, .. } => {
                self.place = name_place;
                self.method(e, name)?;
                self.call(e, args, node.place)
            }
            _ => unreachable!("only these have a first operand"),
        }
    }

    /// Expressions separated by commas: all but the last go into the next registers, the last is returned.
    pub(super) fn expr_list(&mut self, list: List<Listed>) -> Result<Operand> {
        self.exprs(self.tree.exprs_listed.get(list))
    }

    /// As [`Generator::expr_list`] of expressions in a row.
    pub(super) fn exprs(&mut self, list: &[Listed]) -> Result<Operand> {
        let mut last = Operand::new(Kind::Void);
        for (index, item) in list.iter().enumerate() {
            if index > 0 {
                self.put_next(&mut last)?;
            }
            last = self.expr(item.expr)?;
            self.place = item.after;
        }
        Ok(last)
    }

    /// A call of the function in the last register taken (and, for a method, the object after it).
    fn call(&mut self, e: &mut Operand, args: ArgsId, end: Place) -> Result<()> {
        let Kind::Fixed(base) = e.kind else { unreachable!("the function is in a register") };
        let args = self.tree.args(args);
        if let Some(open) = args.open {
            self.place = open;
        }
        let mut last = self.expr_list(args.list)?;
        let b = if last.is_open() {
            self.set_results(&last, None)?;
            0
        } else {
            self.place = end;
            if last.kind != Kind::Void {
                self.put_next(&mut last)?;
            }
            self.f.free - base
        };
        self.place = end;
        *e = Operand::new(Kind::Call(self.emit(Opcode::Call, base, b, 2)));
        self.fix_line(args.line);
        self.f.free = base + 1;
        Ok(())
    }

    /// A closure of a function of the tree, in the next register.
    pub(super) fn closure(&mut self, function: FunctionId) -> Result<Operand> {
        let proto = self.function(function)?;
        let Ok(index) = u16::try_from(self.f.protos.len()) else {
            return Err(self.error("too many functions (limit is 65536)"));
        };
        self.f.protos.push(proto);
        let mut e = Operand::new(Kind::Pending(self.emit_bx(Opcode::Closure, 0, index)));
        self.put_next(&mut e)?;
        Ok(e)
    }

    fn table(&mut self, open: Place, fields: List<Field>, end: Place) -> Result<Operand> {
        let pc = self.emit_extra(Opcode::NewTable, 0, 0, 0, 0);
        let reg = self.reserve(1)?;
        self.f.set_a(pc, reg);
        self.place = open;
        // List items go to the registers after the table and are stored together.
        let mut item = Operand::new(Kind::Void);
        let (mut waiting, mut stored, mut hashed) = (0, 0u32, 0u32);
        for field in self.tree.fields.get(fields) {
            if item.kind != Kind::Void {
                self.put_next(&mut item)?;
                item.kind = Kind::Void;
                if waiting == FIELDS_PER_FLUSH {
                    self.set_list(reg, waiting, stored);
                    stored += u32::from(waiting);
                    waiting = 0;
                }
            }
            if let Some(key) = &field.key {
                hashed += 1;
                let free = self.f.free;
                let mut key_value = self.expr(key.expr)?;
                self.make_value(&mut key_value)?;
                self.place = key.equals;
                let mut target = Operand::new(Kind::Fixed(reg));
                self.index(&mut target, &mut key_value)?;
                let mut value = self.expr(field.value)?;
                self.store(target.kind, &mut value)?;
                self.f.free = free;
            } else {
                item = self.expr(field.value)?;
                waiting += 1;
            }
            self.place = field.after;
        }
        self.place = end;
        if waiting > 0 {
            if item.is_open() {
                self.set_results(&item, None)?;
                self.set_list(reg, 0, stored);
                waiting -= 1; // how many more will come is not known
            } else {
                if item.kind != Kind::Void {
                    self.put_next(&mut item)?;
                }
                self.set_list(reg, waiting, stored);
            }
            stored += u32::from(waiting);
        }
        // A list that is stored in one go gets its place then, with the right size; so does an open one.
        if stored <= u32::from(FIELDS_PER_FLUSH) && hashed == 0 {
            stored = 0;
        }
        let hash_bits = if hashed == 0 { 0 } else { hashed.next_power_of_two().trailing_zeros() as u8 + 1 };
        self.f.set_b(pc, hash_bits);
        self.f.code[pc + 1] = stored;
        Ok(Operand::new(Kind::Fixed(reg)))
    }

    /// Stores `count` items (0: up to the top) after `stored` others.
    fn set_list(&mut self, table: u8, count: u8, stored: u32) {
        self.emit_extra(Opcode::SetList, table, count, 0, stored);
        self.f.free = table + 1;
    }
}
