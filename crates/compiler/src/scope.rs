//! Names to variables.
//!
//! The parser tells this module of functions, blocks, declarations, labels and jumps in the order of the text, so
//! that errors come up where PUC Lua reports them, and asks what a name means. At the end of a function the module
//! has found out for each of its variables whether it is captured and whether it is assigned to after its
//! declaration; the code generator puts variables that are both into cells (contract 19).

use crate::ast::{Attrib, GotoId, LabelId, List, Lists, Upval, UpvalSource, Var, VarId};
use crate::fold::Folded;
use crate::symbol::{Symbol, Symbols};

/// The most local variables that may be active in a function, hidden ones of loops included.
const MAX_LOCALS: usize = 200;
/// The most variables that a function may capture.
const MAX_UPVALS: usize = 255;

/// What a name means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Meaning {
    /// A local variable of this function
    Local(VarId),
    /// A captured variable of this function
    Upval(u8),
    /// A compile-time constant
    Constant(Folded),
    /// No variable: the name is a field of `_ENV`
    Global,
}

/// What is wrong with a name, a label or a jump.
#[derive(Debug)]
pub struct ScopeError {
    /// The message
    pub text: String,
    /// It is to name the current token (limits do, the others do not)
    pub near: bool,
}

type Result<T> = std::result::Result<T, ScopeError>;

fn semantic<T>(text: String) -> Result<T> {
    Err(ScopeError { text, near: false })
}

/// All functions that are being read, the innermost last.
#[derive(Default)]
pub struct Scope {
    functions: Vec<Function>,
    /// Functions that have been read, for the memory of their vectors.
    spare: Vec<Function>,
    /// For each symbol whether some local variable has had that name so far: most names in a text are global, and not
    /// looked for in the functions around.
    declared: Vec<bool>,
    /// The name of the variable that the main function captures.
    env: Option<Symbol>,
    /// The variables of all functions that have been read.
    pub vars: Lists<Var>,
    /// What all functions that have been read capture.
    pub upvals: Lists<Upval>,
    /// Where all jumps of those functions lead.
    pub gotos: Lists<LabelId>,
}

/// What is known of a function that has been read.
pub struct Finished {
    /// Its local variables
    pub vars: List<Var>,
    /// The variables that it captures
    pub upvals: List<Upval>,
    /// How many labels it has
    pub labels: u32,
    /// Where each of its `goto`s leads
    pub gotos: List<LabelId>,
}

#[derive(Default)]
struct Function {
    line: u32,
    is_vararg: bool,
    vars: Vec<Var>,
    /// Declared variables whose block is open, with their names; those from `visible` on are not in scope yet.
    active: Vec<(Symbol, VarId)>,
    visible: usize,
    upvals: Vec<Upval>,
    blocks: Vec<Block>,
    labels: Vec<Label>,
    label_count: u32,
    /// Jumps whose label has not been seen.
    pending: Vec<Pending>,
    gotos: Vec<Option<LabelId>>,
}

struct Block {
    is_loop: bool,
    visible: usize,
    first_label: usize,
    first_pending: usize,
}

struct Label {
    name: Symbol,
    id: LabelId,
    line: u32,
}

struct Pending {
    /// The label, or nothing for a `break`
    target: Option<(Symbol, GotoId)>,
    line: u32,
    visible: usize,
}

impl Scope {
    fn function(&mut self) -> &mut Function {
        self.functions.last_mut().expect("a function is open")
    }

    /// Starts the main function; it captures `env`.
    pub fn open_main(&mut self, env: Symbol) {
        self.declared.clear();
        self.env = Some(env);
        self.open_function(0);
        let upval = Upval { name: env, source: UpvalSource::Environment, read_only: false };
        self.function().upvals.push(upval);
    }

    /// Starts a function; `line` is that of its definition, 0 for the main function.
    pub fn open_function(&mut self, line: u32) {
        let spare = self.spare.pop().unwrap_or_default();
        self.functions.push(Function { line, is_vararg: false, visible: 0, label_count: 0, ..spare });
        self.open_block(false);
    }

    /// Ends the innermost function.
    ///
    /// # Errors
    /// A jump without a label, a `break` without a loop.
    pub fn close_function(&mut self, symbols: &Symbols) -> Result<Finished> {
        self.close_block();
        let mut function = self.functions.pop().expect("a function is open");
        if let Some(jump) = function.pending.first() {
            let line = jump.line;
            return match jump.target {
                None => semantic(format!("break outside loop at line {line}")),
                Some((name, _)) => {
                    let name = String::from_utf8_lossy(symbols.text(name));
                    semantic(format!("no visible label '{name}' for <goto> at line {line}"))
                }
            };
        }
        let targets = function.gotos.drain(..).map(|g| g.expect("a goto that is not pending has a label"));
        let finished = Finished {
            gotos: self.gotos.add(targets),
            vars: self.vars.add(function.vars.drain(..)),
            upvals: self.upvals.add(function.upvals.drain(..)),
            labels: function.label_count,
        };
        // Closing the outermost block has emptied the other vectors.
        self.spare.push(function);
        Ok(finished)
    }

    /// The innermost function takes extra arguments.
    pub fn set_vararg(&mut self) {
        self.function().is_vararg = true;
    }

    /// Whether the innermost function takes extra arguments.
    pub fn is_vararg(&mut self) -> bool {
        self.function().is_vararg
    }

    /// Starts a block. A `break` inside a loop block leads to its end.
    pub fn open_block(&mut self, is_loop: bool) {
        let f = self.function();
        f.blocks.push(Block {
            is_loop,
            visible: f.visible,
            first_label: f.labels.len(),
            first_pending: f.pending.len(),
        });
    }

    /// Ends the innermost block, and with it its variables and labels.
    pub fn close_block(&mut self) {
        let f = self.function();
        let block = f.blocks.pop().expect("a block is open");
        f.active.truncate(block.visible);
        f.visible = block.visible;
        f.labels.truncate(block.first_label);
        let ended = &mut f.pending[block.first_pending..];
        ended.iter_mut().for_each(|jump| jump.visible = block.visible);
        if block.is_loop && !ended.is_empty() {
            let mut at = 0;
            f.pending.retain(|jump| {
                at += 1;
                at <= block.first_pending || jump.target.is_some()
            });
        }
    }

    /// Declares a local variable, which is not in scope before [`Scope::activate`].
    ///
    /// # Errors
    /// Too many local variables.
    pub fn declare(&mut self, name: Symbol) -> Result<VarId> {
        self.note_declared(name);
        let f = self.function();
        if f.active.len() >= MAX_LOCALS {
            return Err(f.limit("local variables", MAX_LOCALS));
        }
        let var = VarId(f.vars.len() as u32);
        f.vars.push(Var { name, attrib: Attrib::Regular, captured: false, assigned: false });
        f.active.push((name, var));
        Ok(var)
    }

    fn note_declared(&mut self, name: Symbol) {
        let index = name.0 as usize;
        if index >= self.declared.len() {
            self.declared.resize(index + 1, false);
        }
        self.declared[index] = true;
    }

    /// Says what the declaration of a variable says of it.
    pub fn set_attrib(&mut self, var: VarId, attrib: Attrib) {
        self.function().vars[var.0 as usize].attrib = attrib;
    }

    /// The name of a variable of the innermost function.
    pub fn var_name(&mut self, var: VarId) -> Symbol {
        self.function().vars[var.0 as usize].name
    }

    /// The name of a captured variable of the innermost function.
    pub fn upval_name(&mut self, index: u8) -> Symbol {
        self.function().upvals[index as usize].name
    }

    /// The declared variables come into scope.
    pub fn activate(&mut self) {
        let f = self.function();
        f.visible = f.active.len();
    }

    /// What `name` means here. A local variable of a function around is captured by this.
    ///
    /// # Errors
    /// Too many captured variables.
    pub fn resolve(&mut self, name: Symbol) -> Result<Meaning> {
        let declared = self.declared.get(name.0 as usize).is_some_and(|&declared| declared);
        if !declared && self.env != Some(name) {
            return Ok(Meaning::Global);
        }
        let innermost = self.functions.len() - 1;
        // Search outwards, then pass what was found inwards again.
        let mut found = None;
        let mut depth = innermost;
        loop {
            let f = &self.functions[depth];
            let local = if declared { f.local(name) } else { None };
            if let Some(meaning) = local.or_else(|| f.upval(name)) {
                found = Some(meaning);
                break;
            }
            if depth == 0 {
                break;
            }
            depth -= 1;
        }
        let mut meaning = match found {
            None => return Ok(Meaning::Global),
            Some(constant @ Meaning::Constant(_)) => return Ok(constant),
            Some(meaning) => meaning,
        };
        while depth < innermost {
            let f = &mut self.functions[depth];
            let (source, read_only) = match meaning {
                Meaning::Local(var) => {
                    let v = &mut f.vars[var.0 as usize];
                    v.captured = true;
                    (UpvalSource::Local(var), v.attrib != Attrib::Regular)
                }
                Meaning::Upval(index) => (UpvalSource::Upval(index), f.upvals[index as usize].read_only),
                Meaning::Constant(_) | Meaning::Global => unreachable!("only variables are captured"),
            };
            depth += 1;
            let f = &mut self.functions[depth];
            if f.upvals.len() >= MAX_UPVALS {
                return Err(f.limit("upvalues", MAX_UPVALS));
            }
            meaning = Meaning::Upval(f.upvals.len() as u8);
            f.upvals.push(Upval { name, source, read_only });
        }
        Ok(meaning)
    }

    /// The variable that `name` was found to be is assigned to.
    ///
    /// # Errors
    /// It is read-only.
    pub fn assign(&mut self, meaning: Meaning, name: Symbol, symbols: &Symbols) -> Result<()> {
        let mut depth = self.functions.len() - 1;
        let mut at = meaning;
        loop {
            let f = &mut self.functions[depth];
            match at {
                Meaning::Global => return Ok(()),
                Meaning::Local(var) if f.vars[var.0 as usize].attrib == Attrib::Regular => {
                    f.vars[var.0 as usize].assigned = true;
                    return Ok(());
                }
                Meaning::Upval(index) if !f.upvals[index as usize].read_only => {
                    at = match f.upvals[index as usize].source {
                        UpvalSource::Environment => return Ok(()),
                        UpvalSource::Local(var) => Meaning::Local(var),
                        UpvalSource::Upval(index) => Meaning::Upval(index),
                    };
                    depth -= 1;
                }
                _ => {
                    let name = String::from_utf8_lossy(symbols.text(name));
                    return semantic(format!("attempt to assign to const variable '{name}'"));
                }
            }
        }
    }

    /// A `break` in this line.
    pub fn add_break(&mut self, line: u32) {
        let f = self.function();
        f.pending.push(Pending { target: None, line, visible: f.visible });
    }

    /// A `goto name` in this line.
    pub fn add_goto(&mut self, name: Symbol, line: u32) -> GotoId {
        let f = self.function();
        let goto = GotoId(f.gotos.len() as u32);
        let label = f.labels.iter().find(|label| label.name == name).map(|label| label.id);
        f.gotos.push(label);
        if label.is_none() {
            f.pending.push(Pending { target: Some((name, goto)), line, visible: f.visible });
        }
        goto
    }

    /// A label that has been read in this line. `last` says that nothing follows it in its block; then the local
    /// variables of the block count as out of scope.
    ///
    /// # Errors
    /// The label exists already; a jump to it leads into the scope of a local variable.
    pub fn add_label(&mut self, name: Symbol, line: u32, last: bool, symbols: &Symbols) -> Result<LabelId> {
        let f = self.function();
        let text = |name: Symbol| String::from_utf8_lossy(symbols.text(name)).into_owned();
        if let Some(label) = f.labels.iter().find(|label| label.name == name) {
            return semantic(format!("label '{}' already defined on line {}", text(name), label.line));
        }
        let block = f.blocks.last().expect("a block is open");
        let visible = if last { block.visible } else { f.visible };
        let id = LabelId(f.label_count);
        f.label_count += 1;
        f.labels.push(Label { name, id, line });
        // Those that stay move down over those that are settled.
        let mut kept = block.first_pending;
        for at in block.first_pending..f.pending.len() {
            let jump = &f.pending[at];
            match jump.target {
                Some((target, goto)) if target == name => {
                    if jump.visible < visible {
                        let local = f.active[jump.visible].0;
                        return semantic(format!(
                            "<goto {}> at line {} jumps into the scope of local '{}'",
                            text(name),
                            jump.line,
                            text(local)
                        ));
                    }
                    f.gotos[goto.0 as usize] = Some(id);
                }
                _ => {
                    f.pending.swap(kept, at);
                    kept += 1;
                }
            }
        }
        f.pending.truncate(kept);
        Ok(id)
    }
}

impl Function {
    fn local(&self, name: Symbol) -> Option<Meaning> {
        let (_, var) = *self.active[..self.visible].iter().rev().find(|(known, _)| *known == name)?;
        Some(match self.vars[var.0 as usize].attrib {
            Attrib::Constant(value) => Meaning::Constant(value),
            _ => Meaning::Local(var),
        })
    }

    fn upval(&self, name: Symbol) -> Option<Meaning> {
        self.upvals.iter().position(|upval| upval.name == name).map(|index| Meaning::Upval(index as u8))
    }

    fn limit(&self, what: &str, limit: usize) -> ScopeError {
        let place = match self.line {
            0 => "main function".to_string(),
            line => format!("function at line {line}"),
        };
        ScopeError { text: format!("too many {what} (limit is {limit}) in {place}"), near: true }
    }
}
