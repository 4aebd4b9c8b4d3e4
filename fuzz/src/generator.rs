//! The generator: from a seed and an index to the text of a program that ends, prints its results and knows its scopes.
//!
//! A program is a handful of scenes. Some scenes are general (`statement`): statements and expressions over variables
//! of known kinds. Others each concern one chapter of the manual and vary it: metamethods, coroutines, strings, and so
//! on. A scene that may fail early stands in a function of its own that is called protected.
//!
//! Kinds are promises, not proofs: with a small probability that each program chooses, an expression of another kind
//! takes the place of the expected one, so that errors with names of variables arise everywhere.

/// Formats a text and then writes it: its parts may come from the generator too.
macro_rules! say {
    ($g:ident, $how:ident, $($text:tt)*) => {{
        let text = format!($($text)*);
        $g.$how(text)
    }};
}

pub mod expression;
pub mod statement;
pub mod metamethod;
pub mod coroutine;
pub mod failure;
pub mod library;
pub mod text;
pub mod code;

use crate::random::Random;

/// What a variable most probably holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// An integer
    Int,
    /// A float
    Float,
    /// A string
    Str,
    /// false or true
    Bool,
    /// A table that is a sequence without holes
    Seq,
    /// A table with fields `a` to `e`
    Rec,
    /// A function that ends and returns something
    Fun,
}

/// All kinds.
pub const KINDS: [Kind; 7] = [Kind::Int, Kind::Float, Kind::Str, Kind::Bool, Kind::Seq, Kind::Rec, Kind::Fun];

#[derive(Clone)]
struct Var {
    name: String,
    kind: Kind,
    /// `<const>`, `<close>` or the control variable of a loop that must end.
    fixed: bool,
}

/// A program in the making.
pub struct Generator {
    random: Random,
    out: String,
    indent: usize,
    vars: Vec<Var>,
    names: usize,
    /// Statements that may still be made.
    budget: usize,
    /// Loops around, in the function that is being made.
    loops: usize,
    /// Functions around.
    functions: usize,
    vararg: bool,
    /// One in so many expressions has a kind that does not fit; 0 for never.
    wild: usize,
}

/// The program `index` of the campaign `seed`.
pub fn program(seed: u64, index: u64) -> String {
    let mut random = Random::new(seed, index);
    let wild = random.pick(&[0, 0, 0, 400, 60, 20]);
    let scenes = 1 + random.below(5);
    let mut g = Generator {
        random,
        out: String::new(),
        indent: 0,
        vars: Vec::new(),
        names: 0,
        budget: 0,
        loops: 0,
        functions: 0,
        vararg: true,
        wild,
    };
    for _ in 0..scenes {
        g.scene();
    }
    // `x - 0` is compiled as `x + 0` by the reference, which is not the same for -0.0.
    g.out.replace("- 0)", "- 0.0)").replace("- 0 ", "- 0.0 ").replace("- 0,", "- 0.0,")
}

impl Generator {
    fn scene(&mut self) {
        self.budget = 8 + self.random.below(25);
        // Only general statements stand where `...` is known.
        let scene = self.random.below(100);
        self.vararg = scene < 30;
        match scene {
            0..30 => self.general(),
            30..48 => self.metamethods(),
            48..63 => self.coroutines(),
            63..73 => self.failures(),
            73..85 => self.libraries(),
            85..95 => self.texts(),
            _ => self.codes(),
        }
    }

    /// Statements over variables, in the chunk itself or in a function that is called protected.
    fn general(&mut self) {
        let mark = self.vars.len();
        match self.random.below(4) {
            0 => {
                self.open("do");
                self.block(6);
                self.close("end");
            }
            1 => {
                self.open("trace(function(...)");
                self.inside_function(true, |g| g.block(6));
                self.close("end, 1, nil, 'three')");
            }
            _ => {
                self.open("try(function(...)");
                self.inside_function(true, |g| g.block(7));
                self.close("end, 10, nil, 'x', nil)");
            }
        }
        self.vars.truncate(mark);
    }

    /// Makes the body of a function: loops and scopes of the outside do not count inside.
    fn inside_function(&mut self, vararg: bool, body: impl FnOnce(&mut Generator)) {
        let (mark, loops, outer) = (self.vars.len(), self.loops, self.vararg);
        (self.loops, self.vararg) = (0, vararg);
        self.functions += 1;
        body(self);
        self.functions -= 1;
        (self.loops, self.vararg) = (loops, outer);
        self.vars.truncate(mark);
    }

    fn line(&mut self, text: impl AsRef<str>) {
        for line in text.as_ref().lines() {
            self.out.extend(std::iter::repeat_n(' ', self.indent));
            self.out.push_str(line);
            self.out.push('\n');
        }
    }

    fn open(&mut self, head: impl AsRef<str>) {
        self.line(head);
        self.indent += 1;
    }

    fn close(&mut self, tail: impl AsRef<str>) {
        self.indent -= 1;
        self.line(tail);
    }

    /// The branch between: `else`, `elseif`.
    fn between(&mut self, head: impl AsRef<str>) {
        self.close(head);
        self.indent += 1;
    }

    fn fresh(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn declare(&mut self, name: &str, kind: Kind, fixed: bool) {
        self.vars.push(Var { name: name.to_string(), kind, fixed });
    }

    /// A new name, declared.
    fn variable(&mut self, kind: Kind, fixed: bool) -> String {
        let prefix = match kind {
            Kind::Int => "i",
            Kind::Float => "x",
            Kind::Str => "s",
            Kind::Bool => "b",
            Kind::Seq => "q",
            Kind::Rec => "r",
            Kind::Fun => "f",
        };
        let name = self.fresh(prefix);
        self.declare(&name, kind, fixed);
        name
    }

    /// A visible variable of this kind; `change`: one that may be assigned.
    fn visible(&mut self, kind: Kind, change: bool) -> Option<String> {
        let fits: Vec<usize> = (0..self.vars.len())
            .filter(|i| self.vars[*i].kind == kind && !(change && (self.vars[*i].fixed || kind == Kind::Fun)))
            .collect();
        if fits.is_empty() {
            return None;
        }
        // Near ones are better: two of three come from the last four.
        let near = fits.len().saturating_sub(4);
        let i = if self.random.one_in(3) {
            self.random.below(fits.len())
        } else {
            near + self.random.below(fits.len() - near)
        };
        Some(self.vars[fits[i]].name.clone())
    }

    fn some_kind(&mut self) -> Kind {
        self.random.pick(&[
            Kind::Int,
            Kind::Int,
            Kind::Int,
            Kind::Float,
            Kind::Str,
            Kind::Str,
            Kind::Bool,
            Kind::Seq,
            Kind::Rec,
            Kind::Fun,
        ])
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        self.random.pick(from)
    }

    /// Without misfits while `f` runs.
    fn tame<R>(&mut self, f: impl FnOnce(&mut Generator) -> R) -> R {
        let wild = std::mem::replace(&mut self.wild, 0);
        let r = f(self);
        self.wild = wild;
        r
    }
}
