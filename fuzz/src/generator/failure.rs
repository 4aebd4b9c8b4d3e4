//! Scenes whose point is an error: operations on values of wrong types, reached through every sort of name; levels and
//! error objects; handlers; errors while errors are handled.

use super::Generator;

impl Generator {
    pub(super) fn failures(&mut self) {
        let mark = self.vars.len();
        self.open("do");
        match self.random.below(6) {
            0..3 => self.wrong_types(),
            3 => self.levels(),
            4 => self.handlers(),
            _ => self.natives_misused(),
        }
        self.close("end");
        self.vars.truncate(mark);
    }

    /// A name of some sort for a value that does not fit, and an operation on it.
    fn wrong_types(&mut self) {
        let value =
            self.pick(&["nil", "true", "{}", "'text'", "1.5", "print", "coroutine.create(print)", "7", "2^63", "''"]);
        let holder = self.fresh("h");
        say!(self, line, "local up, upfixed <const> = {value}, {value}");
        say!(self, line, "local {holder} = {{field = {value}, [1] = {value}, deep = {{field = {value}}}}}");
        say!(self, line, "glob = {value}");
        if self.random.one_in(3) {
            self.line("up = up");
        }
        for _ in 0..3 + self.random.below(6) {
            let subject = match self.random.below(15) {
                0 => "up".to_string(),
                1 => "upfixed".to_string(),
                2 => format!("{holder}.field"),
                3 => format!("{holder}[1]"),
                4 => format!("{holder}.deep.field"),
                5 => "glob".to_string(),
                6 => "here".to_string(),
                7 => "fixed".to_string(),
                8 => format!("{holder}[key]"),
                9 => "parameter".to_string(),
                10 => "_ENV.glob".to_string(),
                11 => format!("{holder}.missing"),
                12 => "(here)".to_string(),
                13 => "missing".to_string(),
                _ => format!("(function() return {value} end)()"),
            };
            let s = subject;
            let other = self.pick(&["1", "2.5", "'x'", "nil", "{}", "here", "'10'", "up", "true", "1 << 62"]);
            let op =
                self.pick(&["+", "-", "*", "/", "//", "%", "^", "&", "|", "~", "<<", ">>", "..", "<", "<=", ">", ">="]);
            let k = self.pick(&["1", "3", "0.5", "200", "-1", "'k'"]);
            let statement = match self.random.below(26) {
                0..4 => format!("return {s} {op} {other}"),
                4 | 5 => format!("return {other} {op} {s}"),
                6 => format!("return {s} {op} {k}"),
                7 => format!("return {k} {op} {s}"),
                8 => format!("return -{s}"),
                9 => format!("return ~{s}"),
                10 => format!("return #{s}"),
                11 => format!("return {s}.x.y"),
                12 => format!("local z = {s} z.x = 1"),
                13 => format!("local z = {s} z[1] = 1"),
                14 => format!("local z = {s} return z[key]"),
                15 => format!("local z = {s} return z()"),
                16 => format!("local z = {s} return z:method(1)"),
                17 => {
                    if s.starts_with('(') {
                        format!("local z = {s}(1)")
                    } else {
                        format!("{s}(1)")
                    }
                }
                18 => format!("for i = {s}, 3 do end"),
                19 => format!("for i = 1, {s} do if i > 3 then break end end"),
                20 => format!("for i = 1, 2, {s} do if i > 3 then break end end"),
                21 => format!("for a in {s} do break end"),
                22 => format!("local c <close> = {s}"),
                23 => {
                    format!("if {s} {} {other} then return 'yes' end return 'no'", self.pick(&["<", "<=", ">", ">="]))
                }
                24 => format!("return 'a' .. 'b' .. {s} .. 'c'"),
                _ => format!("return {{}}, {{[{s}] = 1}}"),
            };
            let call = self.pick(&["try", "try", "trace"]);
            say!(self, open, "{call}(function(parameter)");
            say!(self, line, "local here, fixed <const>, key = {value}, {value}, 'field'");
            if self.random.one_in(4) {
                self.line("local function inner() here = here end");
            }
            let inner = self.random.one_in(5);
            if inner {
                self.open("local f = function()");
            }
            say!(self, line, "do {statement} end");
            if inner {
                self.close("end");
                let call = self_call(self.random.below(4));
                self.line(call);
            }
            say!(self, close, "end, {value})");
        }
    }

    fn levels(&mut self) {
        let v = self.pick(&["'text'", "{code = 1}", "nil", "12", "1.5", "true", "print", "''"]);
        for _ in 0..2 + self.random.below(3) {
            let level = self.random.between(0, 4);
            let call = self.pick(&["try", "trace"]);
            let text = match self.random.below(6) {
                0 => format!("{call}(function() error({v}, {level}) end)"),
                1 => format!("{call}(function() local function f() error({v}, {level}) end\n f()\n end)"),
                2 => format!("{call}(error, {v}, {level})"),
                3 => format!("{call}(function() local function f() return error({v}, {level}) end\n return f()\n end)"),
                4 => format!(
                    "{call}(function() local t = setmetatable({{}}, {{__index = function(t, k) error({v}, {level}) end}})\n local x = t.key\n end)"
                ),
                _ => format!("{call}(function() for i in function() error({v}, {level}) end do end end)"),
            };
            self.line(text);
        }
    }

    fn handlers(&mut self) {
        let raise = self.raise();
        for _ in 0..1 + self.random.below(3) {
            let text = match self.random.below(10) {
                0 => format!("print(xpcall(function() {raise} end, function(m) return m, 'second' end))"),
                1 => format!("print(xpcall(function() {raise} end, function(m) error('again') end))"),
                2 => format!(
                    "print(xpcall(function() {raise} end, function(m) print(pcall(error, m)) return 'fine' end))"
                ),
                3 => format!(
                    "print(xpcall(function() local ok, e = pcall(function() {raise} end) print(ok, e) error(e, 0) end, function(m) return {{m}} end))"
                ),
                4 => "print(xpcall(print)) print(pcall(xpcall)) print(pcall(pcall))".to_string(),
                5 => "print(xpcall(nil, print)) print(xpcall(function() end, nil)) print(pcall(nil))".to_string(),
                6 => format!("print(xpcall(function(...) print(...) {raise} end, debug.traceback, 1, nil, 3))"),
                7 => format!(
                    "local function f(n) if n == 0 then {raise} end f(n - 1) end print(xpcall(f, debug.traceback, {}))",
                    self.random.pick(&[1i64, 3, 20, 30])
                ),
                8 => format!(
                    "print(xpcall(function() local c <close> = closer('x', 'error') {raise} end, function(m) print('handler', m) return m end))"
                ),
                _ => format!(
                    "print(pcall(function() local ok <close> = closer('a') local f = coroutine.wrap(function() {raise} end) f() end))"
                ),
            };
            self.open("try(function()");
            self.line(text);
            self.close("end)");
        }
    }

    /// Library functions with arguments that they refuse, under several names.
    fn natives_misused(&mut self) {
        for _ in 0..4 + self.random.below(6) {
            let f = self.pick(&[
                "string.rep",
                "string.sub",
                "string.byte",
                "string.char",
                "string.format",
                "string.find",
                "string.gsub",
                "string.len",
                "string.upper",
                "string.pack",
                "string.unpack",
                "string.packsize",
                "string.gmatch",
                "table.insert",
                "table.remove",
                "table.concat",
                "table.unpack",
                "table.sort",
                "table.move",
                "table.pack",
                "math.floor",
                "math.max",
                "math.fmod",
                "math.random",
                "math.tointeger",
                "math.abs",
                "math.ult",
                "math.type",
                "setmetatable",
                "getmetatable",
                "rawset",
                "rawget",
                "rawlen",
                "rawequal",
                "select",
                "tonumber",
                "ipairs",
                "pairs",
                "next",
                "assert",
                "error",
                "load",
                "coroutine.create",
                "coroutine.resume",
                "coroutine.wrap",
                "coroutine.status",
                "coroutine.close",
                "utf8.char",
                "utf8.codepoint",
                "utf8.len",
                "utf8.offset",
                "utf8.codes",
                "os.time",
                "os.date",
                "tostring",
                "type",
                "pcall",
                "xpcall",
            ]);
            if f == "string.rep" && self.random.one_in(2) {
                // Too large for both, before anything is allocated.
                let n = self.pick(&["math.maxinteger", "1 << 62", "-1", "math.mininteger", "'3'", "2.5", "nil"]);
                say!(self, line, "try(string.rep, {}, {n})", self.pick(&["'xyz'", "12", "nil"]));
                continue;
            }
            let parts: Vec<&str> = (0..self.random.below(4))
                .map(|_| {
                    self.pick(&[
                        "nil",
                        "true",
                        "{}",
                        "'x'",
                        "''",
                        "1",
                        "-1",
                        "0",
                        "2.5",
                        "print",
                        "{1, 2, 3}",
                        "'10'",
                        "3.0",
                        "'%d'",
                        "math.mininteger",
                        "coroutine.create(print)",
                        "'i4'",
                        "100",
                    ])
                })
                .collect();
            if f == "string.rep" && parts.iter().any(|p| p.contains("mininteger")) {
                continue;
            }
            let args = parts.join(", ");
            let text = match self.random.below(6) {
                0 => format!("try({f}{}{args})", if args.is_empty() { "" } else { ", " }),
                1 => {
                    let method = f.rsplit('.').next().unwrap_or(f);
                    format!("try(function() return ('str'):{method}({args}) end)")
                }
                2 => format!("try(function() local f = {f} return f({args}) end)"),
                3 => format!("try(function() local t = {{m = {f}}} local x = t.m({args}) return x end)"),
                4 => format!("try(function() local t = {{m = {f}}} local x = t:m({args}) return x end)"),
                _ => format!("try(function() local x = {f}({args}) return x end)"),
            };
            self.line(text);
        }
    }
}

/// Ways of calling the function `f` from the place below it.
fn self_call(n: usize) -> &'static str {
    match n {
        0 => "return f()",
        1 => "local r = f() return r",
        2 => "local t = {f = f} local r = t:f() return r",
        _ => "return setmetatable({}, {__index = f}).x",
    }
}
