//! Tokens to a tree.
//!
//! A recursive descent in the order of the grammar in the manual. The parser reports the first error in the text:
//! what is wrong with names and jumps it learns from [`Scope`] on the way. Limits of registers and jumps show only
//! when code is generated.
//!
//! Recursion follows the nesting of the text, which is limited to [`MAX_LEVELS`]; chains of operators, calls and
//! indices are loops.

use std::mem;

use crate::ast::*;
use crate::error::{CompileError, Result};
use crate::fold;
use crate::lexer::{Lexer, Place, Reader, Token};
use crate::scope::{Meaning, ScopeError};
use crate::symbol::Symbol;
use crate::workspace::Workspace;

/// How deep statements and expressions may nest, as in PUC Lua when a main chunk calls `load`.
pub const MAX_LEVELS: u32 = 197;

/// For a text of more bytes room is made before it is read.
const LONG_SOURCE: usize = 1 << 14;

/// Parses a chunk, of whose text the source of `work` is known; its tree is then the chunk's, its source the whole text.
///
/// # Errors
/// The first error in the text.
pub(crate) fn parse<'a>(
    mut work: Box<Workspace>,
    reader: Option<Reader<'a>>,
    chunk_name: &'a [u8],
) -> Result<Box<Workspace>> {
    let source = mem::take(&mut work.source);
    if u32::try_from(source.len()).is_err() {
        return Err(CompileError::too_large());
    }
    if source.len() > LONG_SOURCE {
        work.tree.reserve(source.len());
    }
    let (symbols, buffer) = (mem::take(&mut work.tree.symbols), mem::take(&mut work.buffer));
    let mut parser = Parser::new(Lexer::reuse(source, reader, chunk_name, symbols, buffer), work)?;
    let main = parser.main()?;
    let Parser { mut work, mut lexer, .. } = parser;
    let (tree, scope) = (&mut work.tree, &mut work.scope);
    tree.functions.push(main);
    mem::swap(&mut tree.vars, &mut scope.vars);
    mem::swap(&mut tree.upvals, &mut scope.upvals);
    mem::swap(&mut tree.gotos, &mut scope.gotos);
    tree.symbols = mem::take(&mut lexer.symbols);
    tree.names_debug = tree.symbols.any_begins(b"debug");
    (work.source, work.buffer) = lexer.into_parts();
    Ok(work)
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The current token and where it ends.
    token: Token,
    token_end: u32,
    /// The token after it, if it has been read already, and where it ends.
    ahead: Option<(Token, u32)>,
    /// Where the token before the current one ended.
    last: Place,
    level: u32,
    /// The tree so far, and the names.
    work: Box<Workspace>,
    env_name: Symbol,
    self_name: Symbol,
    state_name: Symbol,
}

impl<'a> Parser<'a> {
    fn new(mut lexer: Lexer<'a>, work: Box<Workspace>) -> Result<Parser<'a>> {
        let symbols = &mut lexer.symbols;
        Ok(Parser {
            env_name: symbols.intern(b"_ENV")?,
            self_name: symbols.intern(b"self")?,
            state_name: symbols.intern(b"(for state)")?,
            token: Token::Eof,
            token_end: 0,
            ahead: None,
            last: Place { line: 1, end: 0 },
            level: 0,
            work,
            lexer,
        })
    }

    // Tokens

    /// Steps to the next token.
    #[inline(never)]
    fn next(&mut self) -> Result<()> {
        self.last = Place { line: self.lexer.line(), end: self.token_end };
        if let Some(ahead) = self.ahead {
            (self.token, self.token_end) = ahead;
            self.ahead = None;
        } else {
            (self.token, self.token_end) = self.read()?;
        }
        Ok(())
    }

    #[inline(always)]
    fn read(&mut self) -> Result<(Token, u32)> {
        let token = self.lexer.next_token()?;
        Ok((token, self.lexer.place().end))
    }

    /// The token after the current one.
    fn look_ahead(&mut self) -> Result<Token> {
        let ahead = match self.ahead {
            Some(ahead) => ahead,
            None => self.read()?,
        };
        self.ahead = Some(ahead);
        Ok(ahead.0)
    }

    /// The line of the current token, or of the one after it if that has been read.
    fn line(&self) -> u32 {
        self.lexer.line()
    }

    #[cold]
    fn error(&self, text: &str) -> Box<CompileError> {
        self.lexer.error_near(text, self.token)
    }

    #[cold]
    fn scope_error(&self, error: ScopeError) -> Box<CompileError> {
        if error.near { self.error(&error.text) } else { self.lexer.error(&error.text) }
    }

    #[cold]
    fn expected(&self, token: Token) -> Box<CompileError> {
        self.error(&format!("{} expected", token.describe()))
    }

    /// Skips `token` if it is the current one.
    #[inline(always)]
    fn skip(&mut self, token: Token) -> Result<bool> {
        let found = self.token == token;
        if found {
            self.next()?;
        }
        Ok(found)
    }

    /// Skips `token`, which must be the current one.
    #[inline(always)]
    fn expect(&mut self, token: Token) -> Result<()> {
        if self.skip(token)? { Ok(()) } else { Err(self.expected(token)) }
    }

    /// Skips `token`, which must be the current one, since `opening` in line `line` needs it.
    #[inline(always)]
    fn expect_match(&mut self, token: Token, opening: Token, line: u32) -> Result<()> {
        if self.skip(token)? { Ok(()) } else { Err(self.unmatched(token, opening, line)) }
    }

    #[cold]
    fn unmatched(&self, token: Token, opening: Token, line: u32) -> Box<CompileError> {
        if line == self.line() {
            return self.expected(token);
        }
        let (token, opening) = (token.describe(), opening.describe());
        self.error(&format!("{token} expected (to close {opening} at line {line})"))
    }

    fn name(&mut self) -> Result<Symbol> {
        match self.token {
            Token::Name(name) => {
                self.next()?;
                Ok(name)
            }
            _ => Err(self.error("<name> expected")),
        }
    }

    /// Goes one level deeper; the caller goes up again with [`Parser::leave`].
    fn enter(&mut self) -> Result<()> {
        self.level += 1;
        if self.level > MAX_LEVELS {
            return Err(CompileError::bare("C stack overflow"));
        }
        Ok(())
    }

    fn leave(&mut self) {
        self.level -= 1;
    }

    // Names

    fn declare(&mut self, name: Symbol) -> Result<VarId> {
        self.work.scope.declare(name).map_err(|e| self.scope_error(e))
    }

    fn resolve(&mut self, name: Symbol) -> Result<Meaning> {
        self.work.scope.resolve(name).map_err(|e| self.scope_error(e))
    }

    /// A name as an expression.
    fn variable(&mut self, name: Symbol) -> Result<ExprId> {
        let meaning = self.resolve(name)?;
        let kind = match meaning {
            Meaning::Global => {
                let env = match self.resolve(self.env_name)? {
                    Meaning::Global => unreachable!("the main function captures _ENV"),
                    meaning => Self::variable_kind(meaning, self.env_name),
                };
                ExprKind::Global { env: self.push(env), name }
            }
            meaning => Self::variable_kind(meaning, name),
        };
        Ok(self.push(kind))
    }

    fn variable_kind(meaning: Meaning, name: Symbol) -> ExprKind {
        match meaning {
            Meaning::Local(var) => ExprKind::Local(var),
            Meaning::Upval(index) => ExprKind::Upval(index),
            Meaning::Constant(value) => ExprKind::Constant { name, value },
            Meaning::Global => unreachable!("a global name is a field"),
        }
    }

    /// `target` is assigned to.
    fn assign(&mut self, target: ExprId) -> Result<()> {
        // What the name of a variable is has been resolved; only messages need it again.
        let (meaning, name) = match self.work.tree.exprs[target.0 as usize].kind {
            ExprKind::Local(var) => (Meaning::Local(var), self.work.scope.var_name(var)),
            ExprKind::Upval(index) => (Meaning::Upval(index), self.work.scope.upval_name(index)),
            ExprKind::Constant { name, value } => (Meaning::Constant(value), name),
            _ => return Ok(()),
        };
        let result = self.work.scope.assign(meaning, name, &self.lexer.symbols);
        result.map_err(|e| self.scope_error(e))
    }

    // Functions

    fn main(&mut self) -> Result<FunctionNode> {
        self.work.scope.open_main(self.env_name);
        self.work.scope.set_vararg();
        self.next()?;
        // Nothing has been read before the first token.
        self.last = Place { line: 1, end: 0 };
        let open = self.last;
        let block = self.block()?;
        if self.token != Token::Eof {
            return Err(self.expected(Token::Eof));
        }
        self.finish_function(0, 0, 0, true, open, block)
    }

    /// Parameters and body of a function, up to its `end`.
    fn function(&mut self, is_method: bool, line: u32) -> Result<FunctionId> {
        self.work.scope.open_function(line);
        self.expect(Token::Char(b'('))?;
        let mut params = 0;
        if is_method {
            self.declare(self.self_name)?;
            params += 1;
            self.work.scope.activate();
        }
        let mut is_vararg = false;
        if self.token != Token::Char(b')') {
            loop {
                match self.token {
                    Token::Name(name) => {
                        self.next()?;
                        self.declare(name)?;
                        params += 1;
                    }
                    Token::Dots => {
                        self.next()?;
                        is_vararg = true;
                    }
                    _ => return Err(self.error("<name> or '...' expected")),
                }
                if is_vararg || !self.skip(Token::Char(b','))? {
                    break;
                }
            }
        }
        self.work.scope.activate();
        if is_vararg {
            self.work.scope.set_vararg();
        }
        self.expect(Token::Char(b')'))?;
        let open = self.last;
        let block = self.block()?;
        let last_line = self.line();
        self.expect_match(Token::End, Token::Function, line)?;
        let node = self.finish_function(line, last_line, params, is_vararg, open, block)?;
        self.work.tree.functions.push(node);
        Ok(FunctionId(self.work.tree.functions.len() as u32 - 1))
    }

    fn finish_function(
        &mut self,
        line: u32,
        last_line: u32,
        params: usize,
        is_vararg: bool,
        open: Place,
        block: Block,
    ) -> Result<FunctionNode> {
        let finished = self.work.scope.close_function(&self.lexer.symbols).map_err(|e| self.scope_error(e))?;
        Ok(FunctionNode {
            line,
            last_line,
            params: Vars::new(VarId(0), params),
            is_vararg,
            open,
            end: self.last,
            block,
            vars: finished.vars,
            upvals: finished.upvals,
            labels: finished.labels,
            gotos: finished.gotos,
        })
    }

    // Expressions

    /// A node that ends with the last token.
    fn push(&mut self, kind: ExprKind) -> ExprId {
        self.work.tree.exprs.push(Expr { kind, place: self.last });
        ExprId(self.work.tree.exprs.len() as u32 - 1)
    }

    /// A node of the current token alone.
    fn literal(&mut self, kind: ExprKind) -> Result<ExprId> {
        self.next()?;
        Ok(self.push(kind))
    }

    fn expr(&mut self) -> Result<ExprId> {
        self.operand(0)
    }

    /// An expression whose binary operators bind stronger than `limit`.
    fn operand(&mut self, limit: u8) -> Result<ExprId> {
        self.enter()?;
        let mut left = match unary_op(self.token) {
            Some(op) => {
                let line = self.line();
                self.next()?;
                let operand = self.operand(UNARY_PRIORITY)?;
                self.push(ExprKind::Unary { op, line, operand })
            }
            None => self.simple_expr()?,
        };
        while let Some(op) = binary_op(self.token)
            && op.priority().0 > limit
        {
            self.next()?;
            let op_place = self.last;
            let right = self.operand(op.priority().1)?;
            left = self.push(ExprKind::Binary { op, op_place, left, right });
        }
        self.leave();
        Ok(left)
    }

    fn simple_expr(&mut self) -> Result<ExprId> {
        match self.token {
            Token::Float(f) => self.literal(ExprKind::Float(f)),
            Token::Int(n) => self.literal(ExprKind::Int(n)),
            Token::Str(s) => self.literal(ExprKind::Str(s)),
            Token::Nil => self.literal(ExprKind::Nil),
            Token::True => self.literal(ExprKind::True),
            Token::False => self.literal(ExprKind::False),
            Token::Dots if !self.work.scope.is_vararg() => {
                Err(self.error("cannot use '...' outside a vararg function"))
            }
            Token::Dots => self.literal(ExprKind::Vararg),
            Token::Char(b'{') => self.table(),
            Token::Function => {
                self.next()?;
                let function = self.function(false, self.line())?;
                Ok(self.push(ExprKind::Function(function)))
            }
            _ => self.suffixed_expr(),
        }
    }

    fn primary_expr(&mut self) -> Result<ExprId> {
        match self.token {
            Token::Name(name) => {
                self.next()?;
                self.variable(name)
            }
            Token::Char(b'(') => {
                let line = self.line();
                self.next()?;
                let inner = self.expr()?;
                self.expect_match(Token::Char(b')'), Token::Char(b'('), line)?;
                Ok(self.push(ExprKind::Paren(inner)))
            }
            _ => Err(self.error("unexpected symbol")),
        }
    }

    fn suffixed_expr(&mut self) -> Result<ExprId> {
        let mut expr = self.primary_expr()?;
        loop {
            let kind = match self.token {
                Token::Char(b'.') => {
                    self.next()?;
                    let name = self.name()?;
                    let key = self.push(ExprKind::Str(name));
                    ExprKind::Index { object: expr, key }
                }
                Token::Char(b'[') => ExprKind::Index { object: expr, key: self.bracketed_key()? },
                Token::Char(b':') => {
                    self.next()?;
                    let name = self.name()?;
                    let name_place = self.last;
                    let args = self.args()?;
                    ExprKind::Method { object: expr, name, name_place, args }
                }
                Token::Char(b'(' | b'{') | Token::Str(_) => ExprKind::Call { function: expr, args: self.args()? },
                _ => return Ok(expr),
            };
            expr = self.push(kind);
        }
    }

    /// `[key]`
    fn bracketed_key(&mut self) -> Result<ExprId> {
        self.next()?;
        let key = self.expr()?;
        self.expect(Token::Char(b']'))?;
        Ok(key)
    }

    fn args(&mut self) -> Result<ArgsId> {
        let line = self.line();
        let mut args = Args { open: None, line, list: List::EMPTY };
        match self.token {
            Token::Char(b'(') => {
                self.next()?;
                args.open = Some(self.last);
                if self.token != Token::Char(b')') {
                    args.list = self.expr_list()?;
                }
                self.expect_match(Token::Char(b')'), Token::Char(b'('), line)?;
            }
            Token::Char(b'{') => {
                let expr = self.table()?;
                args.list = self.work.tree.exprs_listed.add([Listed { expr, after: self.last }].into_iter());
            }
            Token::Str(s) => {
                let expr = self.literal(ExprKind::Str(s))?;
                args.list = self.work.tree.exprs_listed.add([Listed { expr, after: self.last }].into_iter());
            }
            _ => return Err(self.error("function arguments expected")),
        }
        self.work.tree.args.push(args);
        Ok(ArgsId(self.work.tree.args.len() as u32 - 1))
    }

    fn expr_list(&mut self) -> Result<List<Listed>> {
        let start = self.work.tree.exprs_listed.start();
        loop {
            let expr = self.expr()?;
            let more = self.skip(Token::Char(b','))?;
            self.work.tree.exprs_listed.push(Listed { expr, after: self.last });
            if !more {
                return Ok(self.work.tree.exprs_listed.end(start));
            }
        }
    }

    fn table(&mut self) -> Result<ExprId> {
        let line = self.line();
        self.expect(Token::Char(b'{'))?;
        let open = self.last;
        let start = self.work.tree.fields.start();
        while self.token != Token::Char(b'}') {
            let key = match self.token {
                Token::Name(name) => {
                    let is_key = self.look_ahead()? == Token::Char(b'=');
                    if is_key { Some(self.literal(ExprKind::Str(name))?) } else { None }
                }
                Token::Char(b'[') => Some(self.bracketed_key()?),
                _ => None,
            };
            let key = match key {
                Some(expr) => {
                    self.expect(Token::Char(b'='))?;
                    Some(FieldKey { expr, equals: self.last })
                }
                None => None,
            };
            let value = self.expr()?;
            let more = self.skip(Token::Char(b','))? || self.skip(Token::Char(b';'))?;
            self.work.tree.fields.push(Field { key, value, after: self.last });
            if !more {
                break;
            }
        }
        self.expect_match(Token::Char(b'}'), Token::Char(b'{'), line)?;
        let fields = self.work.tree.fields.end(start);
        Ok(self.push(ExprKind::Table { open, fields }))
    }

    // Statements

    /// Whether the current token ends a block. An `until` ends it, but not its scope.
    fn block_ends(&self, with_until: bool) -> bool {
        match self.token {
            Token::Else | Token::ElseIf | Token::End | Token::Eof => true,
            Token::Until => with_until,
            _ => false,
        }
    }

    /// Statements, in the scope that the caller has opened.
    fn block(&mut self) -> Result<Block> {
        let start = self.last;
        let first = self.work.tree.stats.start();
        while !self.block_ends(true) {
            let is_return = self.token == Token::Return;
            self.statement()?;
            if is_return {
                break;
            }
        }
        Ok(Block { start, stats: self.work.tree.stats.end(first), end: self.last })
    }

    /// Statements in a scope of their own.
    fn scoped_block(&mut self) -> Result<Block> {
        self.work.scope.open_block(false);
        let block = self.block()?;
        self.work.scope.close_block();
        Ok(block)
    }

    /// Reads a statement and adds it to those of its block, unless it is empty.
    fn statement(&mut self) -> Result<()> {
        let line = self.line();
        self.enter()?;
        let stat = match self.token {
            Token::Char(b';') => {
                self.next()?;
                self.leave();
                return Ok(());
            }
            Token::If => self.if_stat(line)?,
            Token::While => self.while_stat(line)?,
            Token::Do => {
                self.next()?;
                let block = self.scoped_block()?;
                self.expect_match(Token::End, Token::Do, line)?;
                Stat::Do { block, end: self.last }
            }
            Token::For => self.for_stat(line)?,
            Token::Repeat => self.repeat_stat(line)?,
            Token::Function => self.function_stat(line)?,
            Token::Local => {
                self.next()?;
                if self.skip(Token::Function)? { self.local_function()? } else { self.local_stat()? }
            }
            Token::DoubleColon => {
                self.next()?;
                let name = self.name()?;
                return self.label_stat(name, line);
            }
            Token::Return => self.return_stat()?,
            Token::Break => {
                self.next()?;
                self.work.scope.add_break(line);
                Stat::Break(self.last)
            }
            Token::Goto => {
                self.next()?;
                let line = self.line();
                let name = self.name()?;
                Stat::Goto { goto: self.work.scope.add_goto(name, line), name, place: self.last }
            }
            _ => self.expr_stat()?,
        };
        self.leave();
        self.work.tree.stats.push(stat);
        Ok(())
    }

    fn if_stat(&mut self, line: u32) -> Result<Stat> {
        let start = self.work.tree.clauses.start();
        loop {
            self.next()?;
            let cond = self.expr()?;
            self.expect(Token::Then)?;
            let block = self.scoped_block()?;
            self.work.tree.clauses.push(Clause { cond, block });
            if self.token != Token::ElseIf {
                break;
            }
        }
        let clauses = self.work.tree.clauses.end(start);
        let otherwise = if self.skip(Token::Else)? { Some(self.scoped_block()?) } else { None };
        self.expect_match(Token::End, Token::If, line)?;
        Ok(Stat::If { clauses, otherwise, end: self.last })
    }

    fn while_stat(&mut self, line: u32) -> Result<Stat> {
        self.next()?;
        let cond = self.expr()?;
        self.work.scope.open_block(true);
        self.expect(Token::Do)?;
        let block = self.scoped_block()?;
        self.expect_match(Token::End, Token::While, line)?;
        self.work.scope.close_block();
        Ok(Stat::While { cond, block, end: self.last })
    }

    fn repeat_stat(&mut self, line: u32) -> Result<Stat> {
        self.work.scope.open_block(true);
        self.work.scope.open_block(false);
        self.next()?;
        let block = self.block()?;
        self.expect_match(Token::Until, Token::Repeat, line)?;
        let cond = self.expr()?;
        self.work.scope.close_block();
        self.work.scope.close_block();
        Ok(Stat::Repeat { block, cond })
    }

    fn for_stat(&mut self, line: u32) -> Result<Stat> {
        self.work.scope.open_block(true);
        self.next()?;
        let name = self.name()?;
        let stat = match self.token {
            Token::Char(b'=') => self.numeric_for(name, line)?,
            Token::Char(b',') | Token::In => self.generic_for(name, line)?,
            _ => return Err(self.error("'=' or 'in' expected")),
        };
        self.work.scope.close_block();
        Ok(stat)
    }

    /// Declares the hidden variables of a loop.
    fn declare_hidden(&mut self, count: usize) -> Result<()> {
        (0..count).try_for_each(|_| self.declare(self.state_name).map(drop))
    }

    /// The body of a `for`; its variables have been declared and come into scope in it.
    fn for_body(&mut self, line: u32) -> Result<Block> {
        self.expect(Token::Do)?;
        self.work.scope.open_block(false);
        self.work.scope.activate();
        let block = self.scoped_block()?;
        self.work.scope.close_block();
        self.expect_match(Token::End, Token::For, line)?;
        Ok(block)
    }

    fn numeric_for(&mut self, name: Symbol, line: u32) -> Result<Stat> {
        self.declare_hidden(3)?;
        let var = self.declare(name)?;
        self.expect(Token::Char(b'='))?;
        let start = self.expr()?;
        self.expect(Token::Char(b','))?;
        let limit = self.expr()?;
        let step = if self.skip(Token::Char(b','))? { Some(self.expr()?) } else { None };
        let block = self.for_body(line)?;
        Ok(Stat::NumericFor(NumericFor { line, var, start, limit, step, block, end: self.last }))
    }

    fn generic_for(&mut self, name: Symbol, line: u32) -> Result<Stat> {
        self.declare_hidden(4)?;
        let first = self.declare(name)?;
        let mut count = 1;
        while self.skip(Token::Char(b','))? {
            let name = self.name()?;
            self.declare(name)?;
            count += 1;
        }
        self.expect(Token::In)?;
        let call_line = self.line();
        let values = self.expr_list()?;
        let block = self.for_body(line)?;
        let vars = Vars::new(first, count);
        Ok(Stat::GenericFor(GenericFor { line: call_line, vars, values, block, end: self.last }))
    }

    fn function_stat(&mut self, line: u32) -> Result<Stat> {
        self.next()?;
        let name = self.name()?;
        let mut target = self.variable(name)?;
        let mut is_method = false;
        while !is_method && matches!(self.token, Token::Char(b'.' | b':')) {
            is_method = self.token == Token::Char(b':');
            self.next()?;
            let name = self.name()?;
            let key = self.push(ExprKind::Str(name));
            target = self.push(ExprKind::Index { object: target, key });
        }
        let function = self.function(is_method, line)?;
        self.assign(target)?;
        Ok(Stat::Function { target, function, line })
    }

    fn local_function(&mut self) -> Result<Stat> {
        let name = self.name()?;
        let place = self.last;
        let var = self.declare(name)?;
        self.work.scope.activate();
        let function = self.function(false, self.line())?;
        Ok(Stat::LocalFunction { var, place, function })
    }

    fn attrib(&mut self) -> Result<Attrib> {
        if !self.skip(Token::Char(b'<'))? {
            return Ok(Attrib::Regular);
        }
        let name = self.name()?;
        self.expect(Token::Char(b'>'))?;
        match self.lexer.symbols.text(name) {
            b"const" => Ok(Attrib::Const),
            b"close" => Ok(Attrib::Close),
            other => {
                let other = String::from_utf8_lossy(other);
                Err(self.lexer.error(&format!("unknown attribute '{other}'")))
            }
        }
    }

    fn local_stat(&mut self) -> Result<Stat> {
        let mut vars: Option<Vars> = None;
        let mut has_close = false;
        let mut attrib;
        loop {
            let name = self.name()?;
            let var = self.declare(name)?;
            attrib = self.attrib()?;
            self.work.scope.set_attrib(var, attrib);
            vars = Some(vars.map_or(Vars::one(var), Vars::one_more));
            if attrib == Attrib::Close {
                if has_close {
                    return Err(self.lexer.error("multiple to-be-closed variables in local list"));
                }
                has_close = true;
            }
            if !self.skip(Token::Char(b','))? {
                break;
            }
        }
        let has_values = self.skip(Token::Char(b'='))?;
        let place = self.last;
        let values = if has_values { self.expr_list()? } else { List::EMPTY };
        let vars = vars.expect("the loop has run once");
        if attrib == Attrib::Const
            && vars.len() == values.len()
            && let (Some((var, _)), Some(value)) = (vars.split_last(), self.work.tree.exprs_listed.get(values).last())
            && let Some(value) = fold::constant(&self.work.tree.exprs, value.expr)
        {
            self.work.scope.set_attrib(var, Attrib::Constant(value));
        }
        self.work.scope.activate();
        Ok(Stat::Local { vars, place, values })
    }

    fn label_stat(&mut self, name: Symbol, line: u32) -> Result<()> {
        self.expect(Token::DoubleColon)?;
        // Labels and empty statements that follow come first, so that the last label of a block is known as such.
        let at = self.work.tree.stats.start();
        while matches!(self.token, Token::Char(b';') | Token::DoubleColon) {
            self.statement()?;
        }
        let last = self.block_ends(false);
        let label = self.work.scope.add_label(name, line, last, &self.lexer.symbols);
        let label = label.map_err(|e| self.scope_error(e))?;
        self.work.tree.stats.insert(at, Stat::Label { label, name });
        self.leave();
        Ok(())
    }

    fn return_stat(&mut self) -> Result<Stat> {
        self.next()?;
        let place = self.last;
        let is_empty = self.block_ends(true) || self.token == Token::Char(b';');
        let values = if is_empty { List::EMPTY } else { self.expr_list()? };
        self.skip(Token::Char(b';'))?;
        Ok(Stat::Return { place, values })
    }

    fn expr_stat(&mut self) -> Result<Stat> {
        let expr = self.suffixed_expr()?;
        if !matches!(self.token, Token::Char(b'=' | b',')) {
            return match self.work.tree.exprs[expr.0 as usize].kind {
                ExprKind::Call { .. } | ExprKind::Method { .. } => Ok(Stat::Call(expr)),
                _ => Err(self.error("syntax error")),
            };
        }
        let start = self.work.tree.exprs_listed.start();
        let mut target = expr;
        loop {
            match self.work.tree.exprs[target.0 as usize].kind {
                ExprKind::Local(_) | ExprKind::Upval(_) | ExprKind::Constant { .. } => self.assign(target)?,
                ExprKind::Global { .. } | ExprKind::Index { .. } => {}
                _ => return Err(self.error("syntax error")),
            }
            self.work.tree.exprs_listed.push(Listed { expr: target, after: self.last });
            if !self.skip(Token::Char(b','))? {
                break;
            }
            target = self.suffixed_expr()?;
            self.enter()?;
        }
        let targets = self.work.tree.exprs_listed.end(start);
        self.level -= targets.len() as u32 - 1;
        self.expect(Token::Char(b'='))?;
        let place = self.last;
        let values = self.expr_list()?;
        Ok(Stat::Assign { targets, place, values })
    }
}

fn unary_op(token: Token) -> Option<UnaryOp> {
    match token {
        Token::Not => Some(UnaryOp::Not),
        Token::Char(b'-') => Some(UnaryOp::Minus),
        Token::Char(b'~') => Some(UnaryOp::BNot),
        Token::Char(b'#') => Some(UnaryOp::Len),
        _ => None,
    }
}

fn binary_op(token: Token) -> Option<BinaryOp> {
    Some(match token {
        Token::Char(b'+') => BinaryOp::Add,
        Token::Char(b'-') => BinaryOp::Sub,
        Token::Char(b'*') => BinaryOp::Mul,
        Token::Char(b'%') => BinaryOp::Mod,
        Token::Char(b'^') => BinaryOp::Pow,
        Token::Char(b'/') => BinaryOp::Div,
        Token::IDiv => BinaryOp::IDiv,
        Token::Char(b'&') => BinaryOp::BAnd,
        Token::Char(b'|') => BinaryOp::BOr,
        Token::Char(b'~') => BinaryOp::BXor,
        Token::Shl => BinaryOp::Shl,
        Token::Shr => BinaryOp::Shr,
        Token::Concat => BinaryOp::Concat,
        Token::Eq => BinaryOp::Eq,
        Token::Ne => BinaryOp::Ne,
        Token::Char(b'<') => BinaryOp::Lt,
        Token::Le => BinaryOp::Le,
        Token::Char(b'>') => BinaryOp::Gt,
        Token::Ge => BinaryOp::Ge,
        Token::And => BinaryOp::And,
        Token::Or => BinaryOp::Or,
        _ => return None,
    })
}
