//! Statements over the visible variables: declarations, assignments, control structures, functions.

use super::{Generator, Kind};

impl Generator {
    /// Up to `size` statements in a scope of their own. The caller writes what opens and closes it.
    pub(super) fn block(&mut self, size: usize) {
        let mark = self.vars.len();
        for _ in 0..1 + self.random.below(size) {
            self.statement();
        }
        if self.functions > 0 && self.random.one_in(6) {
            self.leave();
        }
        self.vars.truncate(mark);
    }

    /// A `return`, which ends a block.
    fn leave(&mut self) {
        let text = match self.random.below(6) {
            0 => "return".to_string(),
            1 => format!("return {}", self.call(2)),
            2 if self.vararg => "return ...".to_string(),
            3 => format!("return {}, {}, {}", self.any(1), self.any(1), self.any(1)),
            _ => format!("return {}", self.any(2)),
        };
        self.line(text);
    }

    pub(super) fn statement(&mut self) {
        if self.budget == 0 {
            return self.print();
        }
        self.budget -= 1;
        let deep = self.indent > 5;
        match self.random.below(if deep { 50 } else { 100 }) {
            0..14 => self.local(),
            14..26 => self.assign(),
            26..34 => self.print(),
            34..38 => self.update(),
            38..41 => {
                let call = self.call(2);
                let text = if call.starts_with('(') { format!(";{call}") } else { call };
                self.line(text);
            }
            41..44 => self.global(),
            44..47 => self.many(),
            47..50 => {
                if self.loops > 0 && self.random.one_in(2) {
                    let c = self.expr(Kind::Bool, 2);
                    say!(self, line, "if {c} then break end");
                } else {
                    self.print();
                }
            }
            50..58 => self.branch(),
            58..66 => self.numeric_loop(),
            66..71 => self.generic_loop(),
            71..75 => self.while_loop(),
            75..78 => self.repeat_loop(),
            78..82 => self.goto_loop(),
            82..89 => self.named_function(),
            89..93 => self.closures_of_a_loop(),
            93..96 => self.protected(),
            96..98 => self.closing(),
            _ => {
                self.open("do");
                self.block(4);
                self.close("end");
            }
        }
    }

    pub(super) fn print(&mut self) {
        let parts: Vec<String> = (0..1 + self.random.below(3)).map(|_| self.any(2)).collect();
        say!(self, line, "print({})", parts.join(", "));
    }

    fn local(&mut self) {
        let count = self.random.pick(&[1, 1, 1, 1, 2, 3]);
        let kinds: Vec<Kind> = (0..count).map(|_| self.some_kind()).collect();
        let mut values: Vec<String> = kinds.iter().map(|k| self.expr(*k, 3)).collect();
        if self.random.one_in(20) {
            values.push(self.any(1));
        }
        let names: Vec<String> = kinds
            .iter()
            .map(|k| {
                let attribute = self.random.one_in(7);
                let name = self.variable(*k, attribute);
                if attribute { format!("{name} <const>") } else { name }
            })
            .collect();
        say!(self, line, "local {} = {}", names.join(", "), values.join(", "));
    }

    /// A value for a variable that already exists: strings and sequences stay small in loops.
    fn bounded(&mut self, kind: Kind, depth: usize) -> String {
        match kind {
            Kind::Str => format!("({}):sub(1, 40)", self.expr(Kind::Str, depth)),
            _ => self.expr(kind, depth),
        }
    }

    fn assign(&mut self) {
        let kind = self.random.pick(&[
            Kind::Int,
            Kind::Int,
            Kind::Int,
            Kind::Float,
            Kind::Str,
            Kind::Bool,
            Kind::Seq,
            Kind::Rec,
        ]);
        let Some(name) = self.visible(kind, true) else { return self.local() };
        let value = self.bounded(kind, 3);
        say!(self, line, "{name} = {value}");
    }

    /// Assignments to several places at once.
    fn many(&mut self) {
        let mut targets = Vec::new();
        let mut values = Vec::new();
        for _ in 0..2 + self.random.below(2) {
            let kind = self.random.pick(&[Kind::Int, Kind::Float, Kind::Bool]);
            if self.random.one_in(3) {
                if let Some(r) = self.visible(Kind::Rec, false) {
                    targets.push(format!("{r}.{}", self.pick(&["a", "b", "c"])));
                    values.push(self.any(1));
                }
            } else if let Some(v) = self.visible(kind, true) {
                targets.push(v);
                values.push(self.expr(kind, 1));
            }
        }
        if targets.is_empty() {
            return self.print();
        }
        say!(self, line, "{} = {}", targets.join(", "), values.join(", "));
    }

    /// A change inside a table.
    fn update(&mut self) {
        if self.random.one_in(2)
            && let Some(q) = self.visible(Kind::Seq, false)
        {
            let e = self.element();
            let text = match self.random.below(7) {
                0 | 1 => format!("{q}[#{q} + 1] = {e}"),
                2 => format!("table.insert({q}, {e})"),
                3 => format!("table.insert({q}, 1, {e})"),
                4 => format!("print(table.remove({q}))"),
                5 => format!("if {q}[2] then print(table.remove({q}, 1)) end"),
                _ => format!("if {q}[1] ~= nil then {q}[1] = {e} end"),
            };
            return self.line(text);
        }
        if let Some(r) = self.visible(Kind::Rec, false) {
            let (f, v) = (self.pick(&["a", "b", "c", "d", "e"]), self.any(2));
            let text = match self.random.below(6) {
                0 => format!("{r}['{f}'] = {v}"),
                1 => format!("{r}[{}] = {v}", self.expr(Kind::Bool, 1)),
                2 => format!("{r}.{f} = {}", self.pick(&["1", "'k'", "nil", "true", "2.5"])),
                3 => format!("{r}[({}) .. ''] = {}", self.expr(Kind::Str, 0), self.pick(&["7", "'k'", "nil"])),
                _ => format!("{r}.{f} = {v}"),
            };
            return self.line(text);
        }
        self.local();
    }

    fn global(&mut self) {
        let (g, v) = (self.random.below(4), self.any(2));
        let text = match self.random.below(4) {
            0 => format!("g{g} = {}", self.pick(&["1", "'k'", "nil", "2.5", "false"])),
            1 => format!("_ENV['g{g}'] = {v}"),
            _ => format!("g{g} = {v}"),
        };
        self.line(text);
    }

    fn branch(&mut self) {
        let c = self.expr(Kind::Bool, 3);
        say!(self, open, "if {c} then");
        self.block(3);
        for _ in 0..self.random.pick(&[0, 0, 1, 2]) {
            let c = self.expr(Kind::Bool, 2);
            say!(self, between, "elseif {c} then");
            self.block(3);
        }
        if self.random.one_in(2) {
            self.between("else");
            self.block(3);
        }
        self.close("end");
    }

    /// The body of a loop: it always counts.
    fn loop_body(&mut self, size: usize) {
        self.loops += 1;
        self.line("tick()");
        self.block(size);
        self.loops -= 1;
    }

    fn numeric_loop(&mut self) {
        let (kind, range) = match self.random.below(9) {
            0 => (
                Kind::Int,
                format!(
                    "{}, {}, {}",
                    self.random.between(3, 9),
                    self.random.between(-2, 4),
                    self.random.between(-4, -1)
                ),
            ),
            1 => (
                Kind::Int,
                self.pick(&[
                    "math.maxinteger - 2, math.maxinteger",
                    "math.mininteger + 2, math.mininteger, -1",
                    "math.maxinteger - 5, math.maxinteger, 3",
                    "1, math.maxinteger, 0x3fffffffffffffff",
                    "math.mininteger, math.maxinteger, math.maxinteger",
                    "3, math.mininteger, math.mininteger",
                    "562949953421310, 562949953421314",
                    "-562949953421311, -562949953421315, -1",
                    "math.maxinteger, math.maxinteger + 1.0",
                    "1, 3.9",
                    "-1, -3.5, -1",
                    "1, math.huge, 0x2000000000000000",
                    "1, -math.huge",
                    "1, 0/0",
                    "2, 1",
                    "1, 0",
                ])
                .to_string(),
            ),
            2 => (
                Kind::Float,
                self.pick(&[
                    "1.0, 3",
                    "0.1, 0.5, 0.1",
                    "1, 2, 0.25",
                    "3, 1, -0.5",
                    "1.5, 1.5",
                    "2^53, 2^53 + 4",
                    "1e308, 1/0, 1e308",
                    "1.0, 0.0",
                    "-1.0, -2.0, -0.5",
                    "0.0, 1, 1",
                ])
                .to_string(),
            ),
            3 => (Kind::Int, format!("{}, {}", self.expr(Kind::Int, 0), self.random.between(-1, 4))),
            4 if self.wild > 0 => (Kind::Int, format!("{}, {}, {}", self.number(1), self.any(0), self.any(0))),
            _ => (Kind::Int, format!("{}, {}", self.random.between(0, 3), self.random.between(1, 5))),
        };
        let name = self.fresh("n");
        say!(self, open, "for {name} = {range} do");
        let mark = self.vars.len();
        // The control variable is a local of the body like any other.
        self.declare(&name, kind, false);
        self.loop_body(4);
        self.vars.truncate(mark);
        self.close("end");
    }

    fn generic_loop(&mut self) {
        let (k, v) = (self.fresh("k"), self.fresh("v"));
        let mark = self.vars.len();
        match self.random.below(7) {
            0 => {
                let q = self.sequence(1);
                say!(self, open, "for {k}, {v} in ipairs({q}) do");
                self.declare(&k, Kind::Int, false);
            }
            1 => {
                let r = self.record(1);
                say!(self, open, "for {k}, {v} in sorted({r}) do");
            }
            2 => {
                let s = self.string(1);
                let p = self.pick(&["'%w'", "'%a+'", "'(.)(.)'", "''", "'()%d'"]);
                say!(self, open, "for {k}, {v} in ({s}):gmatch({p}) do");
            }
            3 => {
                let n = self.random.between(0, 4);
                let close = self.pick(&["nil", "closer('loop')", "closer('loop', 'error')"]);
                say!(
                    self,
                    open,
                    "for {k}, {v} in function(s, c) if c < s then return c + 1, c * 2 end end, {n}, 0, {close} do"
                );
                self.declare(&k, Kind::Int, false);
                self.declare(&v, Kind::Int, false);
            }
            4 => {
                // The order of pairs is not looked at, only a sum.
                let r = self.sequence(1);
                let sum = self.fresh("i");
                say!(self, line, "local {sum} = 0");
                let how = if self.random.one_in(3) { format!("next, {r}") } else { format!("pairs({r})") };
                say!(self, line, "for {k}, {v} in {how} do {sum} = {sum} + int({v}) ~ {k} end");
                say!(self, line, "print({sum})");
                return;
            }
            5 => {
                let n = self.random.between(1, 4);
                say!(
                    self,
                    open,
                    "for {k} in coroutine.wrap(function() for i = 1, {n} do coroutine.yield(i) end end) do"
                );
                self.declare(&k, Kind::Int, false);
            }
            _ => {
                say!(self, open, "for {k}, {v} in next, {{{}}} do", self.random.between(1, 9));
                self.declare(&k, Kind::Int, false);
            }
        }
        say!(self, line, "print({k}, {v})");
        self.loop_body(3);
        self.vars.truncate(mark);
        self.close("end");
    }

    fn while_loop(&mut self) {
        let (i, n) = (self.fresh("i"), self.random.between(1, 4));
        let c = self.expr(Kind::Bool, 1);
        say!(self, line, "local {i} = 0");
        say!(
            self,
            open,
            "while {i} < {n} {} do",
            if self.random.one_in(2) { format!("and {c}") } else { String::new() }
        );
        say!(self, line, "{i} = {i} + 1");
        let mark = self.vars.len();
        self.declare(&i, Kind::Int, true);
        self.loop_body(3);
        self.vars.truncate(mark);
        self.close("end");
    }

    fn repeat_loop(&mut self) {
        let (i, n) = (self.fresh("i"), self.random.between(1, 4));
        say!(self, line, "local {i} = 0");
        self.open("repeat");
        say!(self, line, "{i} = {i} + 1");
        let mark = self.vars.len();
        self.declare(&i, Kind::Int, true);
        self.loops += 1;
        self.line("tick()");
        // No `return` or `break` may end this block, because the condition sees its locals.
        for _ in 0..1 + self.random.below(3) {
            self.statement();
        }
        self.loops -= 1;
        let c = self.expr(Kind::Bool, 1);
        say!(self, close, "until {i} >= {n} or {c}");
        self.vars.truncate(mark);
    }

    /// Loops made of labels: `continue`, leaving nested loops, and going back past declarations.
    fn goto_loop(&mut self) {
        let (label, i) = (self.fresh("l"), self.fresh("i"));
        let mark = self.vars.len();
        match self.random.below(3) {
            0 => {
                say!(self, open, "for {i} = 1, {} do", self.random.between(2, 4));
                self.declare(&i, Kind::Int, true);
                let c = self.expr(Kind::Bool, 2);
                say!(self, line, "if {c} then goto {label} end");
                self.open("do");
                self.loop_body(3);
                self.close("end");
                say!(self, line, "::{label}::");
                self.close("end");
            }
            1 => {
                self.open("do");
                say!(self, line, "local {i}, kept = 0, {{}}");
                say!(self, line, "::{label}::");
                say!(self, line, "{i} = {i} + 1");
                self.open("do");
                let c = self.fresh("i");
                say!(self, line, "local {c} = {i} * 10");
                say!(self, line, "kept[{i}] = function() {c} = {c} + 1 return {c}, {i} end");
                self.declare(&c, Kind::Int, false);
                let loops = std::mem::take(&mut self.loops);
                self.line("tick()");
                self.open("do");
                self.block(3);
                self.close("end");
                self.loops = loops;
                say!(self, line, "if {i} < {} then goto {label} end", self.random.between(1, 4));
                self.close("end");
                self.line("for _, f in ipairs(kept) do print(f()) print(f()) end");
                self.close("end");
            }
            _ => {
                let (x, y) = (self.fresh("n"), self.fresh("n"));
                self.open("do");
                say!(self, open, "for {x} = 1, 3 do");
                say!(self, open, "for {y} = 1, 3 do");
                self.declare(&x, Kind::Int, true);
                self.declare(&y, Kind::Int, true);
                if self.random.one_in(3) {
                    say!(self, line, "local guard <close> = closer('{label}')");
                }
                let c = self.expr(Kind::Bool, 2);
                say!(self, line, "if {x} * {y} > {} and {c} then goto {label} end", self.random.between(0, 6));
                say!(self, line, "print({x}, {y})");
                self.close("end");
                self.close("end");
                say!(self, line, "::{label}::");
                self.close("end");
            }
        }
        self.vars.truncate(mark);
    }

    /// A local function with parameters that are made to fit, and calls of it.
    fn named_function(&mut self) {
        let kinds: Vec<Kind> = (0..self.random.below(4))
            .map(|_| self.random.pick(&[Kind::Int, Kind::Str, Kind::Rec, Kind::Float]))
            .collect();
        let name = self.fresh("f");
        let names: Vec<String> = kinds.iter().map(|_| self.fresh("p")).collect();
        let vararg = self.random.one_in(3);
        let mut list = names.clone();
        if vararg {
            list.push("...".to_string());
        }
        match self.random.below(4) {
            0 => say!(self, open, "local {name} = function({})", list.join(", ")),
            1 => say!(self, open, "local {name} <const> = function({})", list.join(", ")),
            _ => say!(self, open, "local function {name}({})", list.join(", ")),
        }
        self.inside_function(vararg, |g| {
            g.line("tick()");
            for (n, k) in names.iter().zip(&kinds) {
                if *k == Kind::Int && g.random.one_in(2) {
                    say!(g, line, "{n} = int({n})");
                    g.declare(n, Kind::Int, false);
                } else if *k == Kind::Rec {
                    say!(g, line, "if type({n}) ~= 'table' then {n} = {{a = {n}}} end");
                    g.declare(n, Kind::Rec, false);
                } else if *k == Kind::Str {
                    say!(g, line, "local s{n} = type({n}) .. 'x'");
                    g.declare(&format!("s{n}"), Kind::Str, false);
                }
            }
            g.block(4);
        });
        self.close("end");
        self.declare(&name, Kind::Fun, true);
        if self.random.one_in(2) {
            let args = self.arguments(1);
            say!(self, line, "print({name}({args}))");
        }
    }

    /// Functions that a loop makes each keep the variables of their own turn.
    fn closures_of_a_loop(&mut self) {
        let (t, i, c) = (self.fresh("t"), self.fresh("n"), self.fresh("i"));
        say!(self, line, "local {t} = {{}}");
        let n = self.random.between(2, 4);
        let head = match self.random.below(3) {
            0 => format!("for {i} = {n}, 1, -1 do"),
            1 => format!("for {i} in ipairs({{{}}}) do", vec!["0"; n as usize].join(", ")),
            _ => format!("for {i} = 1, {n} do"),
        };
        self.open(head);
        self.line("tick()");
        say!(self, line, "local {c} = {i}{}", self.pick(&["", " * 2", " + 0.5"]));
        let mark = self.vars.len();
        self.declare(&i, Kind::Int, false);
        self.declare(&c, Kind::Int, false);
        if self.random.one_in(2) {
            self.assign();
        }
        let step = self.random.between(1, 3);
        match self.random.below(4) {
            0 => say!(self, line, "{t}[#{t} + 1] = function(d) {c} = {c} + {step} return {c}, {i} end"),
            1 => say!(
                self,
                line,
                "{t}[#{t} + 1] = function() {i} = {i} + {step} return function() {c} = {c} - 1 return {c}, {i} end end"
            ),
            2 => {
                say!(self, line, "local function set(v) {c} = v end");
                say!(self, line, "{t}[#{t} + 1] = function() set({c} * 2) return {c}, {i} end");
            }
            _ => {
                let e = self.any(2);
                say!(self, line, "{t}[#{t} + 1] = function() {i} = {i} + {step} return {i}, {c}, {e} end");
            }
        }
        if self.random.one_in(3) {
            say!(self, line, "{c} = {c} + 100");
        }
        self.vars.truncate(mark);
        self.close("end");
        say!(self, line, "for _, f in ipairs({t}) do");
        self.line(" local a, b = f()");
        self.line(" print(a, b, f())");
        self.line(" if type(a) == 'function' then print(a()) print(a()) end");
        self.line("end");
    }

    /// A function that is called protected, with a handler now and then.
    fn protected(&mut self) {
        let (head, tail) = match self.random.below(5) {
            0 => ("print(xpcall(function(...)", "end, function(m) print('handler', m) return 'handled' end, 1, 2))"),
            1 => ("trace(function(...)", "end, 'arg')"),
            2 => ("print(select('#', pcall(function(...)", "end, 1, 2, nil)))"),
            _ => ("try(function(...)", "end, 1, nil)"),
        };
        self.open(head);
        self.inside_function(true, |g| {
            if !g.random.one_in(3) {
                g.block(4);
            } else {
                g.open("do");
                g.block(4);
                g.close("end");
                let text = g.raise();
                say!(g, line, "if {} then {text} end", g.pick(&["true", "...", "not ...", "_G"]));
                g.print();
            }
        });
        self.close(tail);
    }

    /// A call of `error` or the like.
    pub(super) fn raise(&mut self) -> String {
        match self.random.below(7) {
            0 => format!("error({})", self.any(1)),
            1 => format!("error('level', {})", self.random.between(0, 3)),
            2 => "error({code = 7})".to_string(),
            3 => format!("assert({}, {})", self.pick(&["false", "nil"]), self.any(0)),
            4 => "error()".to_string(),
            5 => format!("error('text ' .. {}, {})", self.expr(Kind::Str, 0), self.random.between(1, 2)),
            _ => "assert(nil)".to_string(),
        }
    }

    /// Variables that are closed, in the order opposite to their declaration, whatever ends the block.
    fn closing(&mut self) {
        let mark = self.vars.len();
        self.open("try(function(...)");
        self.inside_function(true, |g| {
            for _ in 0..1 + g.random.below(3) {
                let name = g.fresh("c");
                let kind = g.pick(&["", "", "", ", 'error'"]);
                match g.random.below(5) {
                    0 => say!(g, line, "local {name} <close> = nil"),
                    1 => say!(g, line, "local {name} <close> = setmetatable({{}}, {{__close = function(o, e) print('{name}', e) {} end}})", if kind.is_empty() { "return 1" } else { "error({'in close'})" }),
                    2 if g.random.one_in(6) => say!(g, line, "local {name} <close> = {}", g.pick(&["1", "{}", "'x'", "print"])),
                    _ => say!(g, line, "local {name} <close> = closer('{name}'{kind})"),
                }
                if g.random.one_in(2) {
                    g.statement();
                }
            }
            match g.random.below(5) {
                0 => {
                    let text = g.raise();
                    g.line(text);
                }
                1 => {
                    let call = g.call(1);
                    say!(g, line, "return {call}");
                }
                2 => g.line("return 1, ..."),
                _ => {}
            }
        });
        self.close("end, 'first', nil)");
        self.vars.truncate(mark);
    }
}
