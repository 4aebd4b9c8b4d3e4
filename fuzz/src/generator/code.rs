//! Scenes with `load` of generated text, environments, deep recursion and functions of unusual size.

use super::Generator;

impl Generator {
    pub(super) fn codes(&mut self) {
        self.open("do");
        match self.random.below(24) {
            0..7 => self.loaded(),
            7..10 => self.environments(),
            10..13 => self.recursion(),
            13..17 => self.deep_code(),
            17..20 => self.long_lists(),
            20 => self.many_constants(),
            21 => self.many_variables(),
            22 => self.infinite_recursion(),
            _ => self.classes(),
        }
        self.close("end");
    }

    /// Text that is compiled while the program runs; it sees globals only.
    fn loaded(&mut self) {
        let vars = std::mem::take(&mut self.vars);
        let vararg = std::mem::replace(&mut self.vararg, true);
        let text = match self.random.below(6) {
            0 => self.any(3),
            1 => "return return".to_string(),
            2 => format!("return ... , {}", self.any(1)),
            3 => format!("local a <const> = {} a = 1", self.any(0)),
            4 => format!("x = {} return x, _ENV.x", self.any(1)),
            _ => format!("return {}, {}", self.any(2), self.any(1)),
        };
        let (name, mode) = (
            self.pick(&["'=c'", "'@file.lua'", "'text'", "nil", "'two\\nlines'"]),
            self.pick(&["'t'", "'bt'", "nil", "'b'"]),
        );
        let env =
            self.pick(&["", "", ", {x = 1}", ", setmetatable({}, {__index = function(_, k) return k end})", ", nil"]);
        self.line("do");
        say!(self, line, " local f, m = load([==[{text}]==], {name}, {mode}{env})");
        self.line(" print(f, m)");
        self.line(" if f then trace(f, 1, nil, 'x') end");
        self.line("end");
        if self.random.one_in(3) {
            let pieces = self.pick(&[
                "{'return ', '1', nil}",
                "{'ret', 'urn 1, ', '2'}",
                "{'x = ', '', '5'}",
                "{'a b'}",
                "{1}",
                "{}",
            ]);
            say!(
                self,
                line,
                "local pieces, i = {pieces}, 0 print(load(function() i = i + 1 return pieces[i] end, '=pieces'))"
            );
        }
        (self.vars, self.vararg) = (vars, vararg);
    }

    fn environments(&mut self) {
        let v = self.any(1);
        let text = match self.random.below(6) {
            0 => format!("local _ENV = {{print = print, g = {v}}} print(g, h) h = 1 print(h, _ENV.h)"),
            1 => "local function f(_ENV) x = 1 return x, y end print(f({y = 2}))".to_string(),
            2 => "try(function() local _ENV = nil return x end)".to_string(),
            3 => "try(function() local _ENV <const> = {} x = 1 return y.z end)".to_string(),
            4 => format!("local p, t = print, try local _ENV = setmetatable({{}}, {{__index = function(_, k) return k .. '!' end, __newindex = function(_, k, v) p('global', k, v) end}}) p(abc) xyz = {v} p(xyz)"),
            _ => "local e = {} local function get() local _ENV <close> = nil return _ENV end print(get()) local _ENV, p = e, print a = 1 p(e)".to_string(),
        };
        self.line(text);
    }

    fn recursion(&mut self) {
        let n = self.random.between(0, 30);
        let text = match self.random.below(7) {
            0 => {
                format!("local function f(n) tick() if n <= 0 then return 0 end return n + f(n - 1) end print(f({n}))")
            }
            1 => format!(
                "local function f(n, a) tick() if n <= 0 then return a end return f(n - 1, a * 3 + n) end print(f({n}, 1))"
            ),
            2 => format!(
                "local function even(n) tick() if n == 0 then return true end return _G.odd(n - 1) end function odd(n) if n == 0 then return false end return even(n - 1) end print(even({n}), pcall(odd, {n}))"
            ),
            3 => format!(
                "local function f(n) tick() if n == 0 then error('bottom') end local ok, e = pcall(f, n - 1) error(e, 0) end print(pcall(f, {n}))"
            ),
            4 => format!(
                "local f = function(n, ...) tick() if n == 0 then return ... end return f2(n - 1, n, ...) end f2 = f print(f({n}, 'end'))"
            ),
            5 => format!(
                "local function f(n) if n < 2 then return n end tick() return f(n - 1) + f(n - 2) end print(f({}))",
                n % 13
            ),
            _ => format!(
                "local function f(n) local c <close> = closer(n) if n == 0 then return 'done' end return (f(n - 1)) end print(f({}))",
                n % 8
            ),
        };
        self.line(text);
    }

    /// Nested expressions, functions and blocks.
    fn deep_code(&mut self) {
        let n = self.random.between(2, 40) as usize;
        let e = self.int(0);
        let text = match self.random.below(8) {
            0 => format!("print({}{e}{})", "(".repeat(n), ")".repeat(n)),
            1 => format!("print({}{e})", "- ".repeat(n)),
            2 => format!("print({}1{})", "{".repeat(n % 4), "}".repeat(n % 4)),
            3 => format!("print({}{e}{})", "(function() return ".repeat(n), " end)()".repeat(n)),
            4 => format!("{}print({e}){}", "do local z = 1 ".repeat(n), " end".repeat(n)),
            5 => format!("print({})", vec!["'s'"; n].join(" .. ")),
            6 => format!("print(2 ^ {}1)", "0.5 ^ ".repeat(n)),
            _ => {
                let parts: Vec<String> = (0..n).map(|_| self.int(1)).collect();
                let op = self.pick(&[" + ", " - ", " * ", " ~ ", " | "]);
                format!("print({})", parts.join(op))
            }
        };
        self.line(text);
    }

    fn long_lists(&mut self) {
        let n = self.random.pick(&[49i64, 50, 51, 60, 100, 101, 128, 250, 260, 600]);
        let parts: Vec<String> = (1..=n).map(|i| if i % 7 == 0 { format!("'k{i}'") } else { i.to_string() }).collect();
        let tail = self.pick(&["", ", ...", ", (...)", ", table.unpack({1, 2, 3})", ", x = 1"]);
        self.open("try(function(...)");
        say!(self, line, "local t = {{{}{tail}}}", parts.join(", "));
        self.line("print(#t, t[1], t[49], t[50], t[51], t[#t])");
        if n < 250 {
            say!(self, line, "print(select('#', {}))", parts.join(", "));
        }
        self.close("end, 'a', 'b')");
    }

    /// More constants than an operand can name; rarely more than a word can.
    fn many_constants(&mut self) {
        let n = if self.random.one_in(40) { 66_000 } else { 300 };
        let parts: Vec<String> = (0..n).map(|i| if n < 1000 { format!("'c{i}'") } else { format!("{i}.5") }).collect();
        say!(self, line, "local t = {{{}}}", parts.join(","));
        self.line("print(#t, t[1], t[#t])");
        for _ in 0..6 {
            let (k, v) = (self.random.below(1000), self.any(0));
            let text = match self.random.below(8) {
                0 => format!("t.field{k} = {v}"),
                1 => format!("t.field{k} = 'new{k}'"),
                2 => format!("print(t.field{k}, t[{k}])"),
                3 => format!("glob{k} = 'value{k}' print(glob{k})"),
                4 => format!("print(pcall(function() return t:method{k}('arg{k}') end))"),
                5 => {
                    format!("local x = #t print(x + {k}.25, x * {k}, x // {k}.5, x & {k}000, x == {k}.75, x == 'x{k}')")
                }
                6 => format!("try(function() return t.nofield{k}.x end)"),
                _ => format!("print('a{k}' .. #t .. 'b{k}', t.field{k} == 'lit{k}')"),
            };
            self.line(text);
        }
    }

    fn many_variables(&mut self) {
        let n = self.random.between(90, 120) as usize;
        let names: Vec<String> = (0..n).map(|i| format!("m{i}")).collect();
        let values: Vec<String> = (0..n).map(|i| i.to_string()).collect();
        self.open("try(function()");
        say!(self, line, "local {} = {}", names.join(", "), values.join(", "));
        say!(self, line, "local function sum() return {} end", names.join(" + "));
        say!(self, line, "m1, m{} = 100, 200", n - 1);
        say!(self, line, "local function change() {} = {} + 1 end", names[n / 2], names[n / 3]);
        self.line("change()");
        say!(self, line, "print(sum(), {})", names.join(", "));
        self.close("end)");
    }

    fn infinite_recursion(&mut self) {
        let text = self.pick(&[
            "local function f() return 1 + f() end local ok, m = pcall(f) print(ok, (m:gsub('%b()', '')))",
            "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end local ok, m = pcall(function() return t.a end) print(ok, type(m))",
            "local function f(...) return select('#', ...) + f(1, ...) end local ok, m = pcall(f) print(ok, type(m))",
            "local t = setmetatable({}, {}) getmetatable(t).__index = t print(pcall(function() return t.x end))",
            "local t = setmetatable({}, {}) getmetatable(t).__newindex = t print(pcall(function() t.x = 1 end))",
            "local function f() return pcall(f) end print((f()))",
            "local s = string.rep('(', 300) .. '1' .. string.rep(')', 300) print(load('return ' .. s, '=deep'))",
            "local s = string.rep('{', 300) .. string.rep('}', 300) print(load('return ' .. s, '=deep'))",
            "local s = string.rep('do ', 300) .. string.rep(' end', 300) print(load(s, '=deep'))",
            "local s = string.rep('a', 10, '.') print(load('return ' .. string.rep('-', 300, ' ') .. s, '=deep'))",
            "print(load('local ' .. string.rep('a', 201, ','), '=many'))",
            "print(load('return ' .. string.rep('a', 260, '..') , '=long'))",
        ]);
        self.line(text);
    }

    /// Objects in the usual style, with inheritance and methods.
    fn classes(&mut self) {
        let (a, b) = (self.fresh("C"), self.fresh("C"));
        let v = self.int(1);
        say!(self, line, "local {a} = {{}} {a}.__index = {a}");
        say!(self, line, "function {a}.new(v, class) return setmetatable({{v = v}}, class or {a}) end");
        say!(self, line, "function {a}:get(...) return self.v, ... end");
        say!(self, line, "function {a}:set(v) self.v = v return self end");
        say!(self, line, "local {b} = setmetatable({{}}, {a}) {b}.__index = {b}");
        say!(self, line, "function {b}:get(x) return 'sub', {a}.get(self, x) end");
        say!(
            self,
            line,
            "{b}.__lt = function(x, y) return x.v < y.v end {b}.__eq = function(x, y) return x.v == y.v end"
        );
        let o = self.fresh("o");
        say!(self, line, "local {o} = {b}.new({v}, {b})");
        for _ in 0..3 + self.random.below(4) {
            let kind = self.some_kind();
            let e = self.tame(|g| g.expr(kind, 1));
            let text = match self.random.below(6) {
                0 => format!("print({o}:get({e}))"),
                1 => format!("{o}:set({})", self.int(1)),
                2 => format!("print({o}:set({}):get(1))", self.int(0)),
                3 => {
                    format!("print({o} < {b}.new({}, {b}), {o} == {b}.new({o}.v, {b}), {o} ~= {a}.new(1))", self.int(0))
                }
                4 => format!("try(function() return {o}:absent({e}) end)"),
                _ => format!("try({o}.get, {e})"),
            };
            self.line(text);
        }
    }
}
