//! Every stage as text: tokens, tree, bytecode.
//!
//! For people and for golden tests; nothing reads the listings back. Bytecode is listed as `luac -l` does it, with
//! offsets of words from 0, and with what an operand stands for after a `;`.

use std::fmt::{self, Write};

use crate::ast::*;
use crate::bytecode::{Constant, Extra, Format, Function, Instruction, NO_LINE, Opcode};
use crate::error::CompileError;
use crate::fold::Folded;
use crate::lexer::{Lexer, Token};
use crate::parser;
use crate::workspace::Workspace;

/// The tokens of a source, one on each line after its line number.
///
/// # Errors
/// The first error that the lexer finds.
pub fn tokens(source: &[u8], chunk_name: &[u8]) -> Result<String, CompileError> {
    let mut out = String::new();
    let mut lexer = Lexer::new(source.to_vec(), None, chunk_name);
    loop {
        let token = lexer.next_token().map_err(|e| *e)?;
        let text = match token {
            Token::Name(name) => format!("name {}", Bytes(lexer.symbols.text(name))),
            Token::Str(s) => format!("string {}", Quoted(lexer.symbols.text(s))),
            Token::Int(n) => format!("integer {n}"),
            Token::Float(f) => format!("float {f:?}"),
            other => other.describe(),
        };
        out += &format!("{}\t{text}\n", lexer.line());
        if token == Token::Eof {
            return Ok(out);
        }
    }
}

/// The tree of a source, indented, with line numbers.
///
/// # Errors
/// The first error in the text.
pub fn tree(source: &[u8], chunk_name: &[u8]) -> Result<String, CompileError> {
    let work = Box::new(Workspace { source: source.to_vec(), ..Workspace::default() });
    let tree = parser::parse(work, None, chunk_name).map_err(|e| *e)?.tree;
    let mut printer = TreePrinter { tree: &tree, function: tree.main(), out: String::new(), depth: 0 };
    printer.function(tree.main());
    Ok(printer.out)
}

/// The code of a function and of those inside it.
pub fn bytecode(function: &Function) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = list_function(&mut out, function);
    out
}

/// Bytes as text; those that are not are escaped.
struct Bytes<'a>(&'a [u8]);

impl fmt::Display for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for &byte in self.0 {
            match byte {
                b' '..=b'~' => f.write_char(char::from(byte))?,
                b'\n' => f.write_str("\\n")?,
                _ => write!(f, "\\{byte:03}")?,
            }
        }
        Ok(())
    }
}

/// Bytes in double quotes.
struct Quoted<'a>(&'a [u8]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for piece in self.0.split_inclusive(|b| matches!(b, b'"' | b'\\')) {
            match piece {
                [text @ .., last @ (b'"' | b'\\')] => write!(f, "{}\\{}", Bytes(text), char::from(*last))?,
                text => write!(f, "{}", Bytes(text))?,
            }
        }
        f.write_char('"')
    }
}

// The tree

struct TreePrinter<'a> {
    tree: &'a Tree,
    /// The function that variables belong to.
    function: FunctionId,
    out: String,
    depth: usize,
}

impl TreePrinter<'_> {
    fn line(&mut self, text: fmt::Arguments<'_>) {
        let _ = writeln!(self.out, "{:width$}{text}", "", width = self.depth * 2);
    }

    fn indented(&mut self, print: impl FnOnce(&mut Self)) {
        self.depth += 1;
        print(self);
        self.depth -= 1;
    }

    fn text(&self, symbol: crate::symbol::Symbol) -> String {
        Bytes(self.tree.text(symbol)).to_string()
    }

    fn var(&self, var: VarId) -> String {
        let var = self.tree.var(self.function, var);
        let mut text = self.text(var.name);
        match var.attrib {
            Attrib::Regular => {}
            Attrib::Const => text += " <const>",
            Attrib::Close => text += " <close>",
            Attrib::Constant(value) => text += &format!(" <const> = {}", self.folded(value)),
        }
        if var.captured {
            text += " captured";
        }
        if var.assigned {
            text += " assigned";
        }
        text
    }

    fn vars(&self, vars: Vars) -> String {
        vars.iter().map(|var| self.var(var)).collect::<Vec<_>>().join(", ")
    }

    fn folded(&self, value: Folded) -> String {
        match value {
            Folded::Nil => "nil".into(),
            Folded::Bool(b) => b.to_string(),
            Folded::Int(n) => n.to_string(),
            Folded::Float(f) => format!("{f:?}"),
            Folded::Str(s) => Quoted(self.tree.text(s)).to_string(),
        }
    }

    fn function(&mut self, id: FunctionId) {
        let around = std::mem::replace(&mut self.function, id);
        let tree = self.tree;
        let node = tree.function(id);
        let mut params: Vec<String> = node.params.iter().map(|param| self.var(param)).collect();
        if node.is_vararg {
            params.push("...".into());
        }
        self.line(format_args!("function ({}) {}-{}", params.join(", "), node.line, node.last_line));
        self.indented(|p| {
            for upval in p.tree.upvals.get(node.upvals) {
                let read_only = if upval.read_only { " read-only" } else { "" };
                let source = match upval.source {
                    UpvalSource::Environment => "environment",
                    UpvalSource::Local(_) => "local",
                    UpvalSource::Upval(_) => "upvalue",
                };
                p.line(format_args!("captures {source} {}{read_only}", p.text(upval.name)));
            }
            p.block(&node.block);
        });
        self.function = around;
    }

    fn block(&mut self, block: &Block) {
        self.indented(|p| p.tree.stats.get(block.stats).iter().for_each(|stat| p.stat(stat)));
    }

    fn exprs(&mut self, list: List<Listed>) {
        self.indented(|p| p.tree.exprs_listed.get(list).iter().for_each(|item| p.expr(item.expr)));
    }

    fn stat(&mut self, stat: &Stat) {
        match stat {
            Stat::Call(call) => self.expr(*call),
            Stat::Local { vars, values, place } => {
                self.line(format_args!("local {} @{}", self.vars(*vars), place.line));
                self.exprs(*values);
            }
            Stat::Assign { targets, place, values } => {
                self.line(format_args!("assign @{}", place.line));
                self.exprs(*targets);
                self.line(format_args!("to"));
                self.exprs(*values);
            }
            Stat::LocalFunction { var, function, .. } => {
                self.line(format_args!("local function {}", self.var(*var)));
                self.indented(|p| p.function(*function));
            }
            Stat::Function { target, function, line } => {
                self.line(format_args!("define @{line}"));
                self.indented(|p| {
                    p.expr(*target);
                    p.function(*function);
                });
            }
            Stat::If { clauses, otherwise, .. } => {
                for (index, clause) in self.tree.clauses.get(*clauses).iter().enumerate() {
                    self.line(format_args!("{}", if index == 0 { "if" } else { "elseif" }));
                    self.indented(|p| p.expr(clause.cond));
                    self.line(format_args!("then"));
                    self.block(&clause.block);
                }
                if let Some(block) = otherwise {
                    self.line(format_args!("else"));
                    self.block(block);
                }
            }
            Stat::While { cond, block, .. } => {
                self.line(format_args!("while"));
                self.indented(|p| p.expr(*cond));
                self.line(format_args!("do"));
                self.block(block);
            }
            Stat::Repeat { block, cond } => {
                self.line(format_args!("repeat"));
                self.block(block);
                self.line(format_args!("until"));
                self.indented(|p| p.expr(*cond));
            }
            Stat::NumericFor(stat) => {
                self.line(format_args!("for {} @{}", self.var(stat.var), stat.line));
                self.indented(|p| {
                    p.expr(stat.start);
                    p.expr(stat.limit);
                    stat.step.into_iter().for_each(|step| p.expr(step));
                });
                self.line(format_args!("do"));
                self.block(&stat.block);
            }
            Stat::GenericFor(stat) => {
                self.line(format_args!("for {} @{} in", self.vars(stat.vars), stat.line));
                self.exprs(stat.values);
                self.line(format_args!("do"));
                self.block(&stat.block);
            }
            Stat::Do { block, .. } => {
                self.line(format_args!("do"));
                self.block(block);
            }
            Stat::Return { values, .. } => {
                self.line(format_args!("return"));
                self.exprs(*values);
            }
            Stat::Break(place) => self.line(format_args!("break @{}", place.line)),
            Stat::Goto { name, place, .. } => self.line(format_args!("goto {} @{}", self.text(*name), place.line)),
            Stat::Label { name, .. } => self.line(format_args!("label {}", self.text(*name))),
        }
    }

    fn args(&mut self, args: ArgsId) {
        self.exprs(self.tree.args(args).list);
    }

    /// Prints an expression. Chains of first operands are printed by a loop, outermost first, since they may be long.
    fn expr(&mut self, id: ExprId) {
        let tree = self.tree;
        let depth = self.depth;
        // What is printed after the first operand of each link of the chain, at its depth.
        let mut rest = Vec::new();
        let mut at = id;
        loop {
            let node = tree.expr(at);
            let line = node.place.line;
            let first = match &node.kind {
                ExprKind::Binary { op, op_place, left, .. } => {
                    self.line(format_args!("{} @{}", op.text(), op_place.line));
                    *left
                }
                ExprKind::Index { object, .. } => {
                    self.line(format_args!("index @{line}"));
                    *object
                }
                ExprKind::Call { function, args } => {
                    self.line(format_args!("call @{}", tree.args(*args).line));
                    *function
                }
                ExprKind::Method { object, name, args, .. } => {
                    self.line(format_args!("method {} @{}", self.text(*name), tree.args(*args).line));
                    *object
                }
                _ => {
                    self.first(node);
                    break;
                }
            };
            rest.push(at);
            at = first;
            self.depth += 1;
        }
        while let Some(at) = rest.pop() {
            self.depth -= 1;
            match &tree.expr(at).kind {
                ExprKind::Binary { right, .. } => self.indented(|p| p.expr(*right)),
                ExprKind::Index { key, .. } => self.indented(|p| p.expr(*key)),
                ExprKind::Call { args, .. } | ExprKind::Method { args, .. } => self.args(*args),
                _ => {}
            }
        }
        debug_assert_eq!(self.depth, depth);
    }

    /// Prints an expression that does not start with another one.
    fn first(&mut self, node: &Expr) {
        match &node.kind {
            ExprKind::Nil => self.line(format_args!("nil")),
            ExprKind::False => self.line(format_args!("false")),
            ExprKind::True => self.line(format_args!("true")),
            ExprKind::Int(n) => self.line(format_args!("{n}")),
            ExprKind::Float(f) => self.line(format_args!("{f:?}")),
            ExprKind::Str(s) => self.line(format_args!("{}", Quoted(self.tree.text(*s)))),
            ExprKind::Vararg => self.line(format_args!("...")),
            ExprKind::Function(function) => self.function(*function),
            ExprKind::Local(var) => self.line(format_args!("local {}", self.var(*var))),
            ExprKind::Upval(index) => {
                let upvals = self.tree.function(self.function).upvals;
                let name = self.tree.upvals.get(upvals)[*index as usize].name;
                self.line(format_args!("upvalue {}", self.text(name)));
            }
            ExprKind::Constant { name, value } => {
                self.line(format_args!("constant {} = {}", self.text(*name), self.folded(*value)));
            }
            ExprKind::Global { env, name } => {
                self.line(format_args!("global {} @{}", self.text(*name), node.place.line));
                if !matches!(self.tree.expr(*env).kind, ExprKind::Upval(_)) {
                    self.indented(|p| p.expr(*env));
                }
            }
            ExprKind::Unary { op, line, operand } => {
                self.line(format_args!("{} @{line}", op.text()));
                self.indented(|p| p.expr(*operand));
            }
            ExprKind::Paren(inner) => {
                self.line(format_args!("paren"));
                self.indented(|p| p.expr(*inner));
            }
            ExprKind::Table { fields, .. } => {
                self.line(format_args!("table"));
                self.indented(|p| {
                    for field in p.tree.fields.get(*fields) {
                        if let Some(key) = &field.key {
                            p.line(format_args!("key"));
                            p.indented(|p| p.expr(key.expr));
                        }
                        p.expr(field.value);
                    }
                });
            }
            ExprKind::Binary { .. } | ExprKind::Index { .. } | ExprKind::Call { .. } | ExprKind::Method { .. } => {}
        }
    }
}

// Bytecode

fn list_function(out: &mut String, f: &Function) -> fmt::Result {
    let kind = if f.line_defined == 0 { "main" } else { "function" };
    let source = crate::chunk_id(&f.source);
    writeln!(
        out,
        "{kind} <{}:{},{}> ({})",
        Bytes(&source),
        f.line_defined,
        f.last_line_defined,
        Count(f.code.len(), "word")
    )?;
    writeln!(
        out,
        "{}{} param{}, {}, {}, {}, {}, {}",
        f.num_params,
        if f.is_vararg { "+" } else { "" },
        if f.num_params == 1 { "" } else { "s" },
        Count(f.max_stack as usize, "slot"),
        Count(f.upvals.len(), "upvalue"),
        Count(f.locals.len(), "local"),
        Count(f.constants.len(), "constant"),
        Count(f.protos.len(), "function"),
    )?;
    let mut pc = 0;
    while pc < f.code.len() {
        pc = list_instruction(out, f, pc)?;
    }
    writeln!(out, "constants ({}):", f.constants.len())?;
    for (index, constant) in f.constants.iter().enumerate() {
        writeln!(out, "\t{index}\t{}", Value(constant))?;
    }
    writeln!(out, "locals ({}):", f.locals.len())?;
    for local in &f.locals {
        let cell = if local.is_cell { "\tcell" } else { "" };
        writeln!(out, "\t{}\t{}\t{}\t{}{cell}", local.reg, Bytes(&local.name), local.start_pc, local.end_pc)?;
    }
    writeln!(out, "upvalues ({}):", f.upvals.len())?;
    for (index, upval) in f.upvals.iter().enumerate() {
        let source = if upval.in_stack { "register" } else { "upvalue" };
        let cell = if upval.is_cell { "\tcell" } else { "" };
        let read_only = if upval.read_only { "\tread-only" } else { "" };
        writeln!(out, "\t{index}\t{}\t{source} {}{cell}{read_only}", Bytes(&upval.name), upval.index)?;
    }
    for proto in &f.protos {
        writeln!(out)?;
        list_function(out, proto)?;
    }
    Ok(())
}

/// Lists one instruction and returns the offset of the next.
fn list_instruction(out: &mut String, f: &Function, pc: usize) -> Result<usize, fmt::Error> {
    use Opcode::*;
    let i = Instruction(f.code[pc]);
    let op = i.op();
    let next = pc + if op.has_extra() { 2 } else { 1 };
    match f.lines.get(pc) {
        Some(&line) if line != NO_LINE => write!(out, "\t{pc}\t[{line}]\t{:<10}\t", op.name())?,
        _ => write!(out, "\t{pc}\t[-]\t{:<10}\t", op.name())?,
    }
    match op.format() {
        Format::None => {}
        Format::A => write!(out, "{}", i.a())?,
        Format::AB => write!(out, "{} {}", i.a(), i.b())?,
        Format::ABC => write!(out, "{} {} {}", i.a(), i.b(), i.c())?,
        Format::AsBC => write!(out, "{} {} {}", i.a(), i.sb(), i.c())?,
        Format::ABsC => write!(out, "{} {} {}", i.a(), i.b(), i.sc())?,
        Format::AC => write!(out, "{} {}", i.a(), i.c())?,
        Format::ABx => write!(out, "{} {}", i.a(), i.bx())?,
        Format::AsBx => write!(out, "{} {}", i.a(), i.sbx())?,
        Format::SJ => write!(out, "{}", i.sj_value())?,
    }
    let extra = f.code.get(pc + 1).copied().unwrap_or(0);
    match op.extra() {
        Extra::No | Extra::Hint => {}
        Extra::Jump => write!(out, " {}", extra as i32)?,
        Extra::Count => write!(out, " {extra}")?,
    }
    let constant = |index: usize| Value(&f.constants[index]);
    let upval = |index: u8| Bytes(&f.upvals[index as usize].name);
    let (a, b, c) = (i.a(), i.b(), i.c());
    match op {
        LoadK => write!(out, "\t; {}", constant(i.bx() as usize))?,
        LoadKX => write!(out, "\t; {}", constant(extra as usize))?,
        GetUpval | GetUpCell | SetUpCell => write!(out, "\t; {}", upval(b))?,
        GetTabUp => write!(out, "\t; {} {}", upval(b), constant(c as usize))?,
        SetTabUp => write!(out, "\t; {} {}", upval(a), constant(b as usize))?,
        SetTabUpK => write!(out, "\t; {} {} {}", upval(a), constant(b as usize), constant(c as usize))?,
        GetField | SelfField | SetTableK | SetIK | AddK | SubK | MulK | ModK | PowK | DivK | IDivK | BAndK | BOrK
        | BXorK | ModP | IDivP | KAdd | KSub | KMul | KDiv => write!(out, "\t; {}", constant(c as usize))?,
        SetField => write!(out, "\t; {}", constant(b as usize))?,
        SetFieldK => write!(out, "\t; {} {}", constant(b as usize), constant(c as usize))?,
        EqK | NotEqK => write!(out, "\t; {} to {}", constant(b as usize), next as i64 + i64::from(extra as i32))?,
        Jmp | JmpBack => write!(out, "\t; to {}", next as i64 + i64::from(i.sj_value()))?,
        Closure => {
            let proto = &f.protos[i.bx() as usize];
            write!(out, "\t; function at line {}", proto.line_defined)?;
        }
        Call => {
            write!(out, "\t; ")?;
            if b == 0 {
                write!(out, "all in")?
            } else {
                write!(out, "{} in", b - 1)?
            }
            if c == 0 { write!(out, " all out")? } else { write!(out, " {} out", c - 1)? }
        }
        _ if op.extra() == Extra::Jump => write!(out, "\t; to {}", next as i64 + i64::from(extra as i32))?,
        _ => {}
    }
    writeln!(out)?;
    Ok(next)
}

/// A constant in a listing.
struct Value<'a>(&'a Constant);

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Constant::Nil => f.write_str("nil"),
            Constant::Bool(b) => write!(f, "{b}"),
            Constant::Int(n) => write!(f, "{n}"),
            Constant::Float(n) => write!(f, "{n:?}"),
            Constant::Str(s) => write!(f, "{}", Quoted(s)),
        }
    }
}

/// "1 slot", "2 slots"
struct Count(usize, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.0, self.1, if self.0 == 1 { "" } else { "s" })
    }
}
