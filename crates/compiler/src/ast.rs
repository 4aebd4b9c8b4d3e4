//! The tree of a chunk, with names resolved.
//!
//! Expressions lie in one vector and refer to each other by number: a chain of a hundred thousand operators is
//! neither built, read nor dropped by recursion. Statements, arguments and so on lie in vectors too ([`Lists`]), so that
//! a tree is a few pieces of memory whatever its size.
//!
//! A node carries the [`Place`]s at which the code generator decides on instructions, since line numbers in error
//! messages depend on them.

use std::marker::PhantomData;

use crate::fold::Folded;
use crate::lexer::Place;
use crate::symbol::{Symbol, Symbols};

/// An expression of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExprId(pub u32);

/// The arguments of a call of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArgsId(pub u32);

/// A function of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionId(pub u32);

/// A local variable of a function, in order of declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VarId(pub u32);

/// A label of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelId(pub u32);

/// A `goto` statement of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GotoId(pub u32);

/// Neighbours in the vector of a tree that has all lists of their kind.
#[derive(Debug)]
pub struct List<T> {
    start: u32,
    len: u32,
    items: PhantomData<fn() -> T>,
}

impl<T> Clone for List<T> {
    fn clone(&self) -> List<T> {
        *self
    }
}

impl<T> Copy for List<T> {}

impl<T> List<T> {
    /// A list without items.
    pub const EMPTY: List<T> = List { start: 0, len: 0, items: PhantomData };

    /// How many items it has.
    pub fn len(self) -> usize {
        self.len as usize
    }

    /// Whether it has no items.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// All lists of one kind of item. Lists are read inside lists: one that is being read is the end of `open`.
#[derive(Debug)]
pub struct Lists<T> {
    ended: Vec<T>,
    open: Vec<T>,
}

impl<T> Default for Lists<T> {
    fn default() -> Lists<T> {
        Lists { ended: Vec::new(), open: Vec::new() }
    }
}

impl<T> Lists<T> {
    /// Where a list that starts now starts, for [`Lists::end`].
    pub(crate) fn start(&self) -> usize {
        self.open.len()
    }

    /// Adds an item to the innermost list that is being read.
    pub(crate) fn push(&mut self, item: T) {
        self.open.push(item);
    }

    /// Adds an item between those that are being read.
    pub(crate) fn insert(&mut self, at: usize, item: T) {
        self.open.insert(at, item);
    }

    /// Ends the list that began at `start`.
    pub(crate) fn end(&mut self, start: usize) -> List<T> {
        let list = List { start: self.ended.len() as u32, len: (self.open.len() - start) as u32, items: PhantomData };
        if list.len == 1 {
            self.ended.extend(self.open.pop());
        } else {
            self.ended.extend(self.open.drain(start..));
        }
        list
    }

    fn clear(&mut self) {
        debug_assert!(self.open.is_empty());
        self.ended.clear();
    }

    /// A list of these items.
    pub(crate) fn add(&mut self, items: impl Iterator<Item = T>) -> List<T> {
        let start = self.ended.len();
        self.ended.extend(items);
        List { start: start as u32, len: (self.ended.len() - start) as u32, items: PhantomData }
    }

    /// The items of a list.
    pub fn get(&self, list: List<T>) -> &[T] {
        &self.ended[list.start as usize..][..list.len()]
    }
}

/// Local variables of a function that are declared one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Vars {
    first: u32,
    len: u32,
}

impl Vars {
    /// `len` variables from `first` on.
    pub fn new(first: VarId, len: usize) -> Vars {
        Vars { first: first.0, len: len as u32 }
    }

    /// One variable.
    pub fn one(var: VarId) -> Vars {
        Vars::new(var, 1)
    }

    /// These and the one declared after them.
    pub(crate) fn one_more(self) -> Vars {
        Vars { len: self.len + 1, ..self }
    }

    /// How many they are.
    pub fn len(self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The last one, and those before it.
    pub fn split_last(self) -> Option<(VarId, Vars)> {
        let len = self.len.checked_sub(1)?;
        Some((VarId(self.first + len), Vars { first: self.first, len }))
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = VarId> {
        (self.first..self.first + self.len).map(VarId)
    }
}

/// A parsed chunk.
#[derive(Default)]
pub struct Tree {
    /// Names and strings.
    pub symbols: Symbols,
    /// All expressions.
    pub exprs: Vec<Expr>,
    /// Expressions separated by commas.
    pub exprs_listed: Lists<Listed>,
    /// The arguments of all calls.
    pub args: Vec<Args>,
    /// The items of table constructors.
    pub fields: Lists<Field>,
    /// The statements of blocks.
    pub stats: Lists<Stat>,
    /// The conditions of `if`s.
    pub clauses: Lists<Clause>,
    /// The local variables of functions.
    pub vars: Lists<Var>,
    /// What functions capture.
    pub upvals: Lists<Upval>,
    /// Where the `goto`s of functions lead.
    pub gotos: Lists<LabelId>,
    /// All functions, each after those inside it; the last is the main function.
    pub functions: Vec<FunctionNode>,
    /// A name or string of the chunk begins with `debug`: then all captured variables live in cells (contract 19).
    pub names_debug: bool,
}

impl Tree {
    /// Makes it a tree without anything; the vectors keep their memory.
    pub(crate) fn clear(&mut self) {
        self.exprs.clear();
        self.exprs_listed.clear();
        self.args.clear();
        self.fields.clear();
        self.stats.clear();
        self.clauses.clear();
        self.vars.clear();
        self.upvals.clear();
        self.gotos.clear();
        self.functions.clear();
    }

    /// Makes room for the tree of a long text, so that its vectors need not grow, and move, many times. What is not
    /// needed of it is never touched, so that it takes no memory of the machine.
    pub(crate) fn reserve(&mut self, source: usize) {
        /// Most texts need less than one of these for so many bytes.
        const EXPR: usize = 4;
        const LISTED: usize = 8;
        const ARGS: usize = 14;
        const STAT: usize = 16;
        // Growth is there for those that need more, and for those that no memory is found for.
        let _ = self.exprs.try_reserve(source / EXPR);
        let _ = self.exprs_listed.ended.try_reserve(source / LISTED);
        let _ = self.args.try_reserve(source / ARGS);
        let _ = self.stats.ended.try_reserve(source / STAT);
    }

    /// An expression.
    pub fn expr(&self, id: ExprId) -> &Expr {
        &self.exprs[id.0 as usize]
    }

    /// A function.
    pub fn function(&self, id: FunctionId) -> &FunctionNode {
        &self.functions[id.0 as usize]
    }

    /// The arguments of a call.
    pub fn args(&self, id: ArgsId) -> &Args {
        &self.args[id.0 as usize]
    }

    /// A local variable of a function.
    pub fn var(&self, function: FunctionId, var: VarId) -> &Var {
        &self.vars.get(self.function(function).vars)[var.0 as usize]
    }

    /// The main function.
    pub fn main(&self) -> FunctionId {
        FunctionId(self.functions.len() as u32 - 1)
    }

    /// The bytes of a name or string.
    pub fn text(&self, symbol: Symbol) -> &[u8] {
        self.symbols.text(symbol)
    }
}

/// An expression and where it ends.
#[derive(Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// The end of its last token.
    pub place: Place,
}

/// What an expression is.
#[derive(Debug)]
pub enum ExprKind {
    /// `nil`
    Nil,
    /// `false`
    False,
    /// `true`
    True,
    /// An integer literal
    Int(i64),
    /// A float literal
    Float(f64),
    /// A string literal
    Str(Symbol),
    /// `...`
    Vararg,
    /// `function ... end`
    Function(FunctionId),
    /// A local variable
    Local(VarId),
    /// A captured variable, by its number in the function
    Upval(u8),
    /// A name that stands for a compile-time constant
    Constant {
        /// The name
        name: Symbol,
        /// What it stands for
        value: Folded,
    },
    /// A global name: a field of whatever `_ENV` is here
    Global {
        /// `_ENV`
        env: ExprId,
        /// The name
        name: Symbol,
    },
    /// `object[key]` and `object.name`
    Index {
        /// The table
        object: ExprId,
        /// The key; a string for a name
        key: ExprId,
    },
    /// `function(arguments)`
    Call {
        /// What is called
        function: ExprId,
        /// With what
        args: ArgsId,
    },
    /// `object:name(arguments)`
    Method {
        /// The object
        object: ExprId,
        /// The method
        name: Symbol,
        /// After the name
        name_place: Place,
        /// The arguments after the object
        args: ArgsId,
    },
    /// `op operand`
    Unary {
        /// The operator
        op: UnaryOp,
        /// Its line
        line: u32,
        /// The operand
        operand: ExprId,
    },
    /// `left op right`
    Binary {
        /// The operator
        op: BinaryOp,
        /// After the operator
        op_place: Place,
        /// The first operand
        left: ExprId,
        /// The second operand
        right: ExprId,
    },
    /// `(inner)`, which is one value and not a variable
    Paren(ExprId),
    /// `{ ... }`
    Table {
        /// After the `{`
        open: Place,
        /// The items
        fields: List<Field>,
    },
}

/// An expression of a list, with what follows it.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    /// The expression
    pub expr: ExprId,
    /// After the comma; for the last one after the expression.
    pub after: Place,
}

/// The arguments of a call.
#[derive(Debug)]
pub struct Args {
    /// After the `(`, if there is one.
    pub open: Option<Place>,
    /// The line that the call is attributed to: that of its `(`, string or table.
    pub line: u32,
    /// The arguments.
    pub list: List<Listed>,
}

/// An item of a table constructor.
#[derive(Debug)]
pub struct Field {
    /// Its key; an item of the list part has none
    pub key: Option<FieldKey>,
    /// Its value
    pub value: ExprId,
    /// After its separator, or after its value if there is none.
    pub after: Place,
}

/// The key of a field.
#[derive(Clone, Copy, Debug)]
pub struct FieldKey {
    /// The key; a string for `name =`
    pub expr: ExprId,
    /// After the `=`
    pub equals: Place,
}

/// The unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`
    Minus,
    /// `~`
    BNot,
    /// `not`
    Not,
    /// `#`
    Len,
}

macro_rules! binary_operators {
    ($( $name:ident $text:literal $left:literal $right:literal )*) => {
        /// The binary operators.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum BinaryOp { $( #[doc = concat!("`", $text, "`")] $name, )* }

        impl BinaryOp {
            /// How it is written.
            pub const fn text(self) -> &'static str { match self { $( BinaryOp::$name => $text, )* } }
            /// How strongly it binds the operand on its left and on its right.
            pub const fn priority(self) -> (u8, u8) { match self { $( BinaryOp::$name => ($left, $right), )* } }
        }
    };
}

binary_operators! {
    Add "+" 10 10   Sub "-" 10 10   Mul "*" 11 11   Mod "%" 11 11   Pow "^" 14 13   Div "/" 11 11   IDiv "//" 11 11
    BAnd "&" 6 6    BOr "|" 4 4     BXor "~" 5 5    Shl "<<" 7 7    Shr ">>" 7 7    Concat ".." 9 8
    Eq "==" 3 3     Lt "<" 3 3      Le "<=" 3 3     Ne "~=" 3 3     Gt ">" 3 3      Ge ">=" 3 3
    And "and" 2 2   Or "or" 1 1
}

/// How strongly a unary operator binds.
pub const UNARY_PRIORITY: u8 = 12;

impl UnaryOp {
    /// How it is written.
    pub const fn text(self) -> &'static str {
        match self {
            UnaryOp::Minus => "-",
            UnaryOp::BNot => "~",
            UnaryOp::Not => "not",
            UnaryOp::Len => "#",
        }
    }
}

/// A function body.
#[derive(Debug)]
pub struct FunctionNode {
    /// Line of the `function` keyword, or of the `(` where there is none before a name; 0 for the main function.
    pub line: u32,
    /// Line of the `end`; 0 for the main function.
    pub last_line: u32,
    /// The parameters, `self` among them.
    pub params: Vars,
    /// Takes extra arguments.
    pub is_vararg: bool,
    /// After the `)` of the parameters.
    pub open: Place,
    /// After the `end`.
    pub end: Place,
    /// The statements.
    pub block: Block,
    /// Every local variable declared in it.
    pub vars: List<Var>,
    /// Every variable that it captures.
    pub upvals: List<Upval>,
    /// How many labels it has.
    pub labels: u32,
    /// Where each of its `goto`s leads.
    pub gotos: List<LabelId>,
}

/// A local variable.
#[derive(Clone, Debug)]
pub struct Var {
    /// Its name
    pub name: Symbol,
    /// What its declaration says of it
    pub attrib: Attrib,
    /// A function inside its scope uses it
    pub captured: bool,
    /// It is assigned to after its declaration
    pub assigned: bool,
}

/// What a declaration says of a variable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Attrib {
    /// Nothing
    Regular,
    /// `<const>`
    Const,
    /// `<close>`
    Close,
    /// `<const>` with a value known now: there is no variable when the chunk runs
    Constant(Folded),
}

/// A captured variable.
#[derive(Clone, Debug)]
pub struct Upval {
    /// Its name
    pub name: Symbol,
    /// Where the function around has it
    pub source: UpvalSource,
    /// It is declared `<const>` or `<close>`
    pub read_only: bool,
}

/// Where a captured variable comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum UpvalSource {
    /// It is the `_ENV` of the main function
    Environment,
    /// It is a local variable of the function around
    Local(VarId),
    /// It is a captured variable of the function around
    Upval(u8),
}

/// Statements in one scope.
#[derive(Debug)]
pub struct Block {
    /// After the token before the first statement
    pub start: Place,
    /// The statements
    pub stats: List<Stat>,
    /// After the last token of the last statement
    pub end: Place,
}

/// A statement.
#[derive(Debug)]
pub enum Stat {
    /// A function call
    Call(ExprId),
    /// `local names = values`
    Local {
        /// The variables. If the last is a compile-time constant, its value needs no code.
        vars: Vars,
        /// After the last name or, if there are values, after the `=`
        place: Place,
        /// The values
        values: List<Listed>,
    },
    /// `targets = values`
    Assign {
        /// The variables
        targets: List<Listed>,
        /// After the `=`
        place: Place,
        /// The values
        values: List<Listed>,
    },
    /// `local function name() end`
    LocalFunction {
        /// The variable
        var: VarId,
        /// After the name
        place: Place,
        /// The function
        function: FunctionId,
    },
    /// `function name() end`
    Function {
        /// The variable
        target: ExprId,
        /// The function
        function: FunctionId,
        /// The line of `function`
        line: u32,
    },
    /// `if ... end`
    If {
        /// `if` and each `elseif`
        clauses: List<Clause>,
        /// `else`
        otherwise: Option<Block>,
        /// After the `end`
        end: Place,
    },
    /// `while cond do block end`
    While {
        /// The condition
        cond: ExprId,
        /// The body
        block: Block,
        /// After the `end`
        end: Place,
    },
    /// `repeat block until cond`
    Repeat {
        /// The body
        block: Block,
        /// The condition, in the scope of the body
        cond: ExprId,
    },
    /// `for var = start, limit, step do block end`
    NumericFor(NumericFor),
    /// `for vars in values do block end`
    GenericFor(GenericFor),
    /// `do block end`
    Do {
        /// The statements
        block: Block,
        /// After the `end`
        end: Place,
    },
    /// `return values`
    Return {
        /// After the `return`
        place: Place,
        /// The values
        values: List<Listed>,
    },
    /// `break`, and where it ends
    Break(Place),
    /// `goto name`
    Goto {
        /// Its number in the function
        goto: GotoId,
        /// The name
        name: Symbol,
        /// After the name
        place: Place,
    },
    /// `::name::`
    Label {
        /// Its number in the function
        label: LabelId,
        /// The name
        name: Symbol,
    },
}

/// `if cond then block` or `elseif cond then block`
#[derive(Debug)]
pub struct Clause {
    /// The condition
    pub cond: ExprId,
    /// What to do if it holds; its start is after the `then`
    pub block: Block,
}

/// A numeric loop.
#[derive(Debug)]
pub struct NumericFor {
    /// The line of `for`
    pub line: u32,
    /// The variable
    pub var: VarId,
    /// The first value
    pub start: ExprId,
    /// The limit
    pub limit: ExprId,
    /// The step, if it is written
    pub step: Option<ExprId>,
    /// The body
    pub block: Block,
    /// After the `end`
    pub end: Place,
}

/// A generic loop.
#[derive(Debug)]
pub struct GenericFor {
    /// The line of the first value: the call of the iterator is attributed to it
    pub line: u32,
    /// The variables
    pub vars: Vars,
    /// The iterator
    pub values: List<Listed>,
    /// The body
    pub block: Block,
    /// After the `end`
    pub end: Place,
}
