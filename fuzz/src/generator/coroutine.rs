//! Scenes with coroutines: values in and out, errors, closing, yields in unusual places.

use super::Generator;

impl Generator {
    pub(super) fn coroutines(&mut self) {
        let mark = self.vars.len();
        self.open("do");
        match self.random.below(8) {
            0..4 => self.driven(),
            4 => self.generator(),
            5 => self.barriers(),
            6 => self.nested(),
            _ => self.wrapped_errors(),
        }
        self.close("end");
        self.vars.truncate(mark);
    }

    /// One step in the body of a coroutine.
    fn step(&mut self, depth: usize) {
        let v = self.any(1);
        match self.random.below(13) {
            0..3 => say!(self, line, "print('got', coroutine.yield({v}, {}))", self.any(0)),
            3 => self.line("print(select('#', coroutine.yield()))"),
            4 => say!(self, line, "print(pcall(coroutine.yield, {v}))"),
            5 if depth > 0 => {
                self.open("print(pcall(function(...)");
                self.inside_function(true, |g| {
                    for _ in 0..1 + g.random.below(3) {
                        g.step(depth - 1);
                    }
                    if g.random.one_in(2) {
                        let text = g.raise();
                        g.line(text);
                    }
                });
                self.close("end, 1, 2))");
            }
            6 if depth > 0 => {
                let n = self.random.between(1, 3);
                say!(self, open, "for i = 1, {n} do");
                self.line("tick()");
                self.line("local got = coroutine.yield(i)");
                self.step(depth - 1);
                self.close("end");
            }
            7 if depth > 0 => {
                self.open("do");
                let kind = self.pick(&["", ", 'error'", ", 'yield'", ", 'yield'"]);
                let name = self.fresh("c");
                say!(self, line, "local {name} <close> = closer('{name}'{kind})");
                self.step(depth - 1);
                self.close("end");
            }
            8 if depth > 0 => {
                self.open("print(xpcall(function(...)");
                self.inside_function(true, |g| {
                    g.step(depth - 1);
                    let text = g.raise();
                    say!(g, line, "if {} then {text} end", g.pick(&["true", "..."]));
                    g.step(depth - 1);
                });
                self.close("end, function(m) return 'handled', m end, 'x'))");
            }
            9 => self.line("for k, v in coroutine.wrap(function() coroutine.yield(1, 2) coroutine.yield('k') end) do print(k, v) end"),
            10 => self.line("print(coroutine.isyieldable(), select(2, coroutine.running()))"),
            11 => self.statement(),
            _ => {
                let text = format!("print((function(...) return ... end)(coroutine.yield({v})))");
                self.line(text);
            }
        }
    }

    /// A coroutine that is resumed until it is dead, and looked at between.
    fn driven(&mut self) {
        let co = self.fresh("co");
        self.budget = self.budget.min(6);
        say!(self, open, "local {co} = coroutine.create(function(...)");
        self.inside_function(true, |g| {
            g.line("print('start', ...)");
            for _ in 0..2 + g.random.below(5) {
                g.step(2);
            }
            match g.random.below(5) {
                0 => {
                    let text = g.raise();
                    g.line(text);
                }
                1 => g.line("return coroutine.yield('last'), ..."),
                2 => g.line("return ..."),
                _ => {}
            }
        });
        self.close("end)");
        let n = self.random.between(1, 8);
        let args = self.arguments(1).replace("...", "7");
        say!(self, line, "print(coroutine.resume({co}, {}))", if args.is_empty() { "nil" } else { &args });
        say!(self, line, "for i = 1, {n} do print(i, coroutine.status({co}), coroutine.resume({co}, i, 'in')) end");
        match self.random.below(6) {
            0..3 => {
                say!(self, line, "print(coroutine.close({co}))");
                say!(self, line, "print(coroutine.status({co}), coroutine.resume({co}))");
            }
            3 => say!(self, line, "print(debug.traceback({co}))"),
            4 => {
                say!(
                    self,
                    line,
                    "print(debug.traceback({co}, 'message', 1)) print(pcall(coroutine.close, {co})) print(coroutine.close({co}))"
                )
            }
            _ => say!(self, line, "while coroutine.status({co}) ~= 'dead' do tick() print(coroutine.resume({co})) end"),
        }
    }

    fn generator(&mut self) {
        let n = self.random.between(0, 5);
        let e = self.any(1);
        self.open("local function produce(n)");
        say!(self, line, "for i = 1, n do coroutine.yield(i, {e}) if i > 6 then return 'enough' end end");
        self.close("end");
        match self.random.below(3) {
            0 => {
                say!(self, open, "for a, b in coroutine.wrap(function() produce({n}) end) do");
                self.line("tick()");
                self.line("print(a, b)");
                self.close("end");
            }
            1 => {
                say!(self, line, "local p = coroutine.wrap(produce) print(p({n}))");
                self.line("for i = 1, 7 do print(pcall(p)) end");
            }
            _ => {
                self.line("local function filter(p, f) return coroutine.wrap(function() for v in p do tick() if f(v) then coroutine.yield(v) end end end) end");
                say!(
                    self,
                    line,
                    "for v in filter(coroutine.wrap(function() produce({n}) end), function(v) return v % 2 == 1 end) do print(v) end"
                );
            }
        }
    }

    /// Places where a yield is refused, and calls with wrong arguments.
    fn barriers(&mut self) {
        for _ in 0..2 + self.random.below(4) {
            let text = match self.random.below(14) {
                0 => {
                    "print(coroutine.resume(coroutine.create(function() table.sort({3, 2, 1}, function(a, b) coroutine.yield() return a < b end) end)))"
                }
                1 => {
                    "print(coroutine.resume(coroutine.create(function() return string.gsub('abc', '.', function(c) return coroutine.yield(c) end) end)))"
                }
                2 => "print(pcall(coroutine.yield, 1))",
                3 => {
                    "print(pcall(coroutine.resume, 1)) print(pcall(coroutine.create, 'x')) print(pcall(coroutine.wrap))"
                }
                4 => {
                    "local co co = coroutine.create(function() print(coroutine.resume(co)) print(coroutine.status(co)) print(pcall(coroutine.close, co)) end) print(coroutine.resume(co))"
                }
                5 => "local co co = coroutine.wrap(function() return co() end) print(pcall(co))",
                6 => {
                    "local co co = coroutine.create(function() local d = coroutine.create(function() print(coroutine.status(co), pcall(coroutine.close, co)) print(coroutine.resume(co)) end) print(coroutine.resume(d)) end) print(coroutine.resume(co))"
                }
                7 => "print(pcall(coroutine.close, coroutine.running()))",
                8 => {
                    "local co = coroutine.create(print) print(coroutine.resume(co, 1, nil, 'x')) print(coroutine.resume(co))"
                }
                9 => {
                    "local co = coroutine.wrap(pcall) print(co(coroutine.yield, 'from pcall')) print(co('back')) print(pcall(co))"
                }
                10 => "local co = coroutine.wrap(pcall) print(co(pcall, coroutine.yield, 1)) print(co(error)) ",
                11 => {
                    "print(coroutine.resume(coroutine.create(function() return load(function() return coroutine.yield('x') end) end)))"
                }
                12 => {
                    "print(pcall(coroutine.status)) print(pcall(coroutine.isyieldable, 1)) print(coroutine.isyieldable())"
                }
                _ => {
                    "local co = coroutine.create(function() error(setmetatable({}, {__tostring = function() return 'E' end})) end) local a, b = coroutine.resume(co) print(a, tostring(b), coroutine.close(co))"
                }
            };
            self.open("do");
            self.line(text);
            self.close("end");
        }
    }

    fn nested(&mut self) {
        let depth = self.random.between(1, 6);
        let inner = self.any(1);
        self.line("local function nest(n)");
        say!(self, line, " if n == 0 then return coroutine.yield({inner}) end");
        let hop = match self.random.below(4) {
            0 => "return coroutine.wrap(nest)(n - 1)",
            1 => "return select(2, pcall(nest, n - 1))",
            2 => {
                "local co = coroutine.create(nest) local r = table.pack(coroutine.resume(co, n - 1)) while coroutine.status(co) ~= 'dead' do tick() r = table.pack(coroutine.resume(co, coroutine.yield(table.unpack(r, 2, r.n)))) end return table.unpack(r, 1, r.n)"
            }
            _ => {
                "local ok, v = pcall(function(...) local c <close> = closer('n' .. n) return nest(n - 1) end) return ok, v"
            }
        };
        say!(self, line, " {hop}");
        self.line("end");
        self.line("local co = coroutine.create(nest)");
        say!(self, line, "print(coroutine.resume(co, {depth}))");
        let v = self.any(0);
        say!(self, line, "for i = 1, 3 do print(coroutine.status(co), coroutine.resume(co, {v}, i)) end");
        self.line("print(coroutine.close(co))");
    }

    fn wrapped_errors(&mut self) {
        let text = self.raise();
        self.line("local w = coroutine.wrap(function(a)");
        let kind = self.pick(&["", ", 'error'", ", 'yield'"]);
        if self.random.one_in(2) {
            say!(self, line, " local c <close> = closer('w'{kind})");
        }
        self.line(" local b = coroutine.yield(a)");
        say!(self, line, " if b then {text} end");
        self.line(" return b.x.y");
        self.line("end)");
        let v = self.pick(&["true", "false", "nil", "{}"]);
        say!(self, line, "print(pcall(w, 1)) print(pcall(w, {v})) print(pcall(w)) print(pcall(w))");
        say!(self, line, "trace(function() local w = coroutine.wrap(function() {text} end) w() end)");
    }
}
