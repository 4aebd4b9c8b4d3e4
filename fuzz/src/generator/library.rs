//! Scenes with the libraries of tables, numbers, times and the functions without a library.

use super::{Generator, Kind};

impl Generator {
    pub(super) fn libraries(&mut self) {
        let mark = self.vars.len();
        self.open("do");
        match self.random.below(10) {
            0..4 => self.tables(),
            4..6 => self.numbers(),
            6 => self.sorting(),
            7 => self.varargs(),
            8 => self.conversions(),
            _ => self.next_and_times(),
        }
        self.close("end");
        self.vars.truncate(mark);
    }

    fn tables(&mut self) {
        let parts: Vec<String> = (0..self.random.below(9)).map(|_| self.element()).collect();
        let q = self.variable(Kind::Seq, false);
        say!(self, line, "local {q} = {{{}}}", parts.join(", "));
        for _ in 0..4 + self.random.below(8) {
            let (i, j, k) = (self.random.between(-2, 9), self.random.between(-2, 9), self.random.between(0, 10));
            let e = self.element();
            let text = match self.random.below(16) {
                0 | 1 => format!("try(table.insert, {q}, {i}, {e})"),
                2 => format!("table.insert({q}, {e})"),
                3 | 4 => format!("try(table.remove, {q}, #{q} - {})", self.random.below(3)),
                5 => format!("if #{q} > 0 then try(table.remove, {q}, 1) end"),
                6 => format!("try(table.concat, {q}, {}, {i}, {j})", self.pick(&["','", "''", "1", "nil"])),
                7 => format!("try(table.unpack, {q}, {i}, {j})"),
                8 => format!("try(table.move, {q}, 1, #{q}, {k}, {{}})"),
                9 => format!(
                    "if #{q} > 3 then table.move({q}, {}, 3, {}) end",
                    self.random.between(1, 3),
                    self.random.between(1, 3)
                ),
                10 => format!("print(#{q}, {q}[#{q}], {q}[{i}])"),
                11 => format!("print(select('#', table.unpack({q})), table.pack(table.unpack({q})).n)"),
                12 => format!("for i, v in ipairs({q}) do if v == {e} then print(i, v) end end"),
                13 => format!("{q}[#{q} + 1], {q}[#{q} + 2] = {e}, {e}"),
                14 => format!("{q}[#{q}] = nil"),
                _ => format!("try(table.concat, {q}, '-')"),
            };
            self.line(text);
        }
        say!(self, line, "print({q}, #{q})");
        if self.random.one_in(6) {
            let text = self.pick(&[
                "try(table.unpack, {}, 1, 1e7)",
                "try(table.unpack, {}, math.mininteger, math.maxinteger)",
                "try(table.move, {1, 2}, 1, math.maxinteger, 2)",
                "try(table.move, {1, 2}, math.mininteger, 2, 1)",
                "print(table.unpack({1, 2, 3}, math.maxinteger - 1, math.maxinteger))",
                "try(table.concat, {1, {}, 3})",
                "try(table.concat, {}, 'x', 1, 1)",
                "print(table.concat({}, 'x', math.maxinteger, math.mininteger))",
                "try(table.insert, {1}, 2, 3, 4)",
                "try(table.insert, {})",
                "print(table.remove({}), table.remove({}, 0))",
                "try(table.remove, {1, 2, 3}, 7)",
                "try(table.insert, {1, 2, 3}, 5, 1)",
                "try(table.insert, nil, 1)",
            ]);
            self.line(text);
        }
        if self.random.one_in(5) {
            // Grow and shrink across the limits of the array part.
            let n = self.random.pick(&[3i64, 16, 33, 64, 100]);
            say!(
                self,
                line,
                "local t = {{}} for i = {n}, 1, -1 do t[i] = i end print(#t) for i = {n}, 2, -1 do t[i] = nil end print(#t, t)"
            );
            say!(
                self,
                line,
                "for i = 1, {n} do t['k' .. i] = i end for i = 1, {n} do if i % 3 > 0 then t['k' .. i] = nil end end print(t)"
            );
        }
    }

    fn sorting(&mut self) {
        let n = self.random.below(30);
        let floats = self.random.one_in(3);
        let parts: Vec<String> = (0..n)
            .map(|_| match floats {
                true => format!("{}.5", self.random.between(-50, 50)),
                false => self.random.between(-20, 20).to_string(),
            })
            .collect();
        let list = parts.join(", ");
        let text = match self.random.below(7) {
            0 => "table.sort(t)".to_string(),
            1 => "table.sort(t, function(a, b) return a > b end)".to_string(),
            2 => "for i = 1, #t do t[i] = tostring(t[i]) end table.sort(t)".to_string(),
            3 => "for i = 1, #t do t[i] = {key = t[i]} end table.sort(t, function(a, b) return a.key < b.key end)".to_string(),
            4 => "local m = {__lt = function(a, b) return a[1] < b[1] end} for i = 1, #t do t[i] = setmetatable({t[i]}, m) end table.sort(t)".to_string(),
            5 => "t[#t + 1] = 'x' t[#t + 1] = 1 print(pcall(table.sort, t)) t = {}".to_string(),
            _ => "local n = 0 print(pcall(table.sort, t, function(a, b) n = n + 1 if n > 5 then error('stop', 0) end return a < b end)) t = {}".to_string(),
        };
        say!(self, line, "local t = {{{list}}} {text} print(t)");
    }

    fn numbers(&mut self) {
        for _ in 0..4 + self.random.below(8) {
            let (a, b) = (self.number(1), self.number(1));
            let text = match self.random.below(20) {
                0 => format!("print({a} // {b}, {a} % {b})").replace("// 0,", "// 1,").replace("% 0)", "% 1)"),
                1 => format!("try(function() local a, b = {a}, {b} return a // b, a % b, a - b * (a // b) end)"),
                2 => format!("try(function() local a, b = {a}, {b} return a & b, a | b, a ~ b, a << b, a >> b end)"),
                3 => format!("local a, b = {a}, {b} print(a < b, a <= b, a > b, a >= b, a == b, a ~= b)"),
                4 => format!("try(math.fmod, {a}, {b})"),
                5 => format!("try(math.tointeger, {a})"),
                6 => format!("print(math.floor({a}), math.ceil({a}), math.type({a}), math.modf({a}))"),
                7 => format!("try(string.format, '%.14g %a', {a}, {b})"),
                8 => format!("print(tostring({a}), {a} .. '')").replace("-inf ..", "(-inf) .."),
                9 => format!("print(math.max({a}, {b}), math.min({a}, {b}), math.abs({a}))"),
                10 => format!("print({a} == {b}, ({{[{a}] = 1}})[{a}])").replace("{[0/0]", "{[1]"),
                11 => format!("try(function() local t = {{}} t[{a}] = 'v' return t, t[{b}] end)"),
                12 => format!("print(math.ult(int({a}), int({b})), int({a}) * int({b}), int({a}) - int({b}))"),
                13 => format!(
                    "math.randomseed({}) print(math.random({}), math.random(), math.random(3, 9), math.random(0))",
                    self.random.below(1000),
                    1 + self.random.below(100)
                ),
                14 => format!("try(math.random, {a}, {b})"),
                15 => format!("print(-{a} == 0 - {a}, {a} * -1, ~int({b}))"),
                16 => format!("print({a} ^ 2, {a} / {b}, 2 ^ {b})"),
                17 => {
                    format!("local s = 0 for i = {a}, {a} + 3 do tick() s = s + 1 if s > 6 then break end end print(s)")
                }
                18 => format!(
                    "try(math.{}, {a}, {b})",
                    self.pick(&["log", "exp", "sin", "cos", "atan", "sqrt", "deg", "rad", "tan", "asin", "acos"])
                ),
                _ => format!("print({a} < {b}, {a} + {b}, {a} - {b}, {a} * {b})"),
            };
            self.open("do");
            self.line(text);
            self.close("end");
        }
    }

    fn varargs(&mut self) {
        let args: Vec<String> = (0..self.random.below(6)).map(|_| self.any(1)).collect();
        let name = self.fresh("f");
        let fixed = self.pick(&["", "a, ", "a, b, "]);
        say!(self, open, "local function {name}({fixed}...)");
        for _ in 0..2 + self.random.below(4) {
            let n = self.random.between(-3, 4);
            let text = match self.random.below(12) {
                0 => "print(...)".to_string(),
                1 => "print((...))".to_string(),
                2 => format!("try(select, {n}, ...)"),
                3 => "local x, y, z = ... print(x, y, z)".to_string(),
                4 => "local t = {...} print(select('#', ...), t[1], t[2])".to_string(),
                5 => "local t = {'first', ..., 'last'} print(t[1], t[2], t[3])".to_string(),
                6 => "print(table.pack(...))".to_string(),
                7 => "print(..., 'end')".to_string(),
                8 => "local t = {n = select('#', ...), ...} for i = 1, t.n do print(i, t[i]) end".to_string(),
                9 => "print((function(...) return select('#', ...), ... end)(...))".to_string(),
                10 => "print(pcall(select, 0, ...))".to_string(),
                _ => "if ... then print('some', ...) else print('none') end".to_string(),
            };
            self.line(text);
        }
        let last = self.pick(&["return ...", "return (...)", "return", "return select(2, 0, ...)", "return ..., ..."]);
        self.line(last);
        self.close("end");
        say!(self, line, "print({name}({}))", args.join(", "));
        say!(self, line, "print({name}({name}({})))", args.first().map_or("", |s| s.as_str()));
        say!(self, line, "print(({name}({})))", args.join(", "));
        if self.random.one_in(3) {
            let n = self.random.pick(&[10i64, 49, 50, 51, 100, 150, 253]);
            say!(
                self,
                line,
                "local big = table.pack({name}(table.unpack({{}}, 1, {n}))) print(big.n, select('#', {name}(1, table.unpack({{1, 2, 3}}))))"
            );
        }
    }

    fn conversions(&mut self) {
        for _ in 0..4 + self.random.below(6) {
            let s = self.pick(&[
                "'10'",
                "' 10 '",
                "'0x10'",
                "'-0x10'",
                "'1e2'",
                "'1e'",
                "'.5'",
                "'5.'",
                "'0x.8p1'",
                "'0x1p-2'",
                "'1 2'",
                "''",
                "' '",
                "'abc'",
                "'9223372036854775807'",
                "'9223372036854775808'",
                "'-9223372036854775808'",
                "'-9223372036854775809'",
                "'0x8000000000000000'",
                "'0xffffffffffffffffff'",
                "'1e308'",
                "'1e309'",
                "'inf'",
                "'nan'",
                "'0b1'",
                "'1_000'",
                "'\\t7\\n'",
                "'7\\0'",
                "'+7'",
                "'- 7'",
                "'0x'",
                "'1e+'",
                "'١'",
                "'zz'",
                "'ZZ'",
                "'777'",
                "'-ff'",
                "'1.0'",
                "'0.1e1'",
                "'00012'",
                "'1e-5'",
                "'12345678901234567890'",
                "'0x1.8'",
                "'1..2'",
            ]);
            let base = self.random.pick(&[2i64, 8, 10, 16, 36, 3, 35, 37, 1, 0, -1]);
            let op = self.pick(&["+", "-", "*", "/", "//", "%", "^", "&", "|", "<<", ">>", "~", "..", "<", "=="]);
            let other = self.pick(&["1", "2.5", "'3'", "'0x1'", "'1e1'", "10", "3", "0.5"]);
            let text = match self.random.below(10) {
                0 | 1 => format!("try(tonumber, {s})"),
                2 => format!("try(tonumber, {s}, {base})"),
                3 => format!("try(function() return {s} {op} {other} end)"),
                4 => format!("try(function() return {other} {op} {s} end)"),
                5 => format!("try(function() return -{s}, {s} * 1 end)"),
                6 => format!("try(function() for i = {s}, 3 do tick() if i < 0 then break end end end)"),
                7 => format!("try(math.floor, {s}) try(string.rep, 'x', ({s}):sub(1, 2))"),
                8 => format!("print(math.type({s}), math.tointeger({s}), {s} == tonumber({s}))"),
                _ => format!("print(tostring(tonumber({s})), #tostring(tonumber({s})))"),
            };
            self.line(text);
        }
    }

    fn next_and_times(&mut self) {
        for _ in 0..2 + self.random.below(4) {
            let (n, v) = (self.random.between(-100_000, 4_000_000_000), self.any(0));
            let text = match self.random.below(11) {
                0 => format!("try(next, {{}}, {v})"),
                1 => format!("try(next, {{{v}}})"),
                2 => format!("print(os.date('!%Y-%m-%d %H:%M:%S %j %a %b', {n}))"),
                3 => format!("print(os.date('!*t', {n}))"),
                4 => format!(
                    "try(os.time, {{year = {}, month = {}, day = {}, hour = {}}})",
                    self.random.between(1970, 2037), self.random.between(-3, 20), self.random.between(-40, 80), self.random.between(-30, 60)
                ),
                5 => "local t = {1, 2, 3, a = 1} for k in pairs(t) do t[k] = nil end print(next(t))".to_string(),
                6 => "local t = {1, 2, 3, a = 1, b = 2} local n = 0 for k, v in next, t do t[k] = v + 1 n = n + v end print(n, t)".to_string(),
                7 => format!("try(rawlen, {v}) try(rawequal, {v}, {v}) try(rawget, {{{v}}}, 1)"),
                8 => format!("try(utf8.char, {}, 72, 0x20AC)", self.random.pick(&[0i64, 65, 0x7ff, 0x800, 0xffff, 0x10000, 0x10ffff, 0x7fffffff, -1])),
                9 => format!("try(utf8.len, 'a\\u{{20AC}}b\\xff', {}) try(utf8.codepoint, '\\u{{20AC}}x\\u{{10FFFF}}', 1, -1) try(utf8.offset, 'a\\u{{7FFFFFFF}}b', {})", self.random.between(-6, 6), self.random.between(-4, 4)),
                _ => "try(function() for p, c in utf8.codes('ab\\u{20AC}\\xe4') do print(p, c) end end)".to_string(),
            };
            self.line(text);
        }
    }
}
