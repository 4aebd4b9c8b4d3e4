//! Scenes with metamethods of every event, on tables that meet each other, numbers and strings.

use super::{Generator, Kind};

/// Event and operator of the binary ones.
const BINARY: &[(&str, &str)] = &[
    ("__add", "+"),
    ("__sub", "-"),
    ("__mul", "*"),
    ("__div", "/"),
    ("__mod", "%"),
    ("__pow", "^"),
    ("__idiv", "//"),
    ("__band", "&"),
    ("__bor", "|"),
    ("__bxor", "~"),
    ("__shl", "<<"),
    ("__shr", ">>"),
    ("__concat", ".."),
    ("__eq", "=="),
    ("__lt", "<"),
    ("__le", "<="),
];

const UNARY: &[(&str, &str)] = &[("__unm", "-"), ("__bnot", "~"), ("__len", "#")];

impl Generator {
    pub(super) fn metamethods(&mut self) {
        let mark = self.vars.len();
        self.open("do");
        match self.random.below(10) {
            0..5 => self.operators(),
            5 => self.index_chains(),
            6 => self.new_index(),
            7 => self.callables(),
            8 => self.tostring_and_others(),
            _ => self.yielding_metamethods(),
        }
        self.close("end");
        self.vars.truncate(mark);
    }

    /// What a metamethod returns.
    fn outcome(&mut self) -> String {
        match self.random.below(9) {
            0 => String::new(),
            1 => "return nil".to_string(),
            2 => "return a, b".to_string(),
            3 => format!("return {}", self.any(1)),
            4 => "return rawequal(a, b)".to_string(),
            5 if self.wild > 0 => self.raise(),
            6 => "return (type(a) == 'table' and a.v or a) == (type(b) == 'table' and b.v or b)".to_string(),
            7 => "return int(type(a) == 'table' and a.v) * 2 + int(type(b) == 'table' and b.v)".to_string(),
            _ => format!("return {}", self.pick(&["1", "false", "true", "'m'", "2.5", "0"])),
        }
    }

    /// An operand: an object, or something an object can meet.
    fn operand(&mut self, objects: &[String]) -> String {
        if self.random.one_in(3) {
            return self.any(1);
        }
        objects[self.random.below(objects.len())].clone()
    }

    fn metatable(&mut self, events: &[&str]) -> String {
        let mt = self.fresh("mt");
        say!(self, open, "local {mt} = {{");
        for event in events {
            let body = self.outcome();
            let what = if *event == "__call" { "..." } else { "b" };
            let list = if *event == "__call" { "a, ..." } else { "a, b" };
            let body = if *event == "__call" { body.replace('b', "(...)").replace("t(...)", "tb") } else { body };
            let body = if *event == "__call" { "return select('#', ...), a.v, ...".to_string() } else { body };
            say!(self, line, "{event} = function({list}) print('{event}', a, {what}) {body} end,");
        }
        self.close("}");
        mt
    }

    fn operators(&mut self) {
        let mut objects = Vec::new();
        for _ in 0..1 + self.random.below(2) {
            let mut events: Vec<&str> = Vec::new();
            for (e, _) in BINARY.iter().chain(UNARY) {
                if !self.random.one_in(3) {
                    events.push(e);
                }
            }
            // Some builds of the reference take `__lt` for a missing `__le`.
            if !events.contains(&"__le") {
                events.retain(|e| *e != "__lt");
            }
            let mt = self.metatable(&events);
            for _ in 0..1 + self.random.below(2) {
                let o = self.fresh("o");
                let v = self.int(0);
                say!(self, line, "local {o} = setmetatable({{v = {v}}}, {mt})");
                objects.push(o);
            }
        }
        objects.push("{}".to_string());
        for _ in 0..4 + self.random.below(8) {
            let (a, mut b) = (self.operand(&objects), self.operand(&objects));
            if self.random.one_in(4) {
                b = self.pick(&["1", "2.5", "'x'", "'10'", "0", "-1", "nil", "300", "127"]).to_string();
            }
            let a = if a.starts_with('{') { format!("({a})") } else { a };
            let op = self.random.pick(BINARY).1;
            let text = match self.random.below(8) {
                0 => {
                    let op = self.random.pick(UNARY).1;
                    format!("try(function() return {op}{a} end)")
                }
                1 => {
                    let op = self.pick(&["~=", ">", ">="]);
                    format!("try(function() return {a} {op} {b} end)")
                }
                2 => {
                    let op = self.pick(&["<", "<=", "==", "~=", ">", ">="]);
                    format!("try(function() if {a} {op} {b} then return 'yes' end return 'no' end)")
                }
                3 => format!("try(function() return 'a' .. {a} .. {b} .. 1 end)"),
                4 => format!("try(function() local x = {b} x = x {op} {a} return x end)"),
                5 => format!("try(function() return {b} {op} {a} end)"),
                _ => format!("try(function() return {a} {op} {b} end)"),
            };
            self.line(text);
        }
    }

    fn index_chains(&mut self) {
        let depth = 1 + self.random.below(4);
        let last = match self.random.below(5) {
            0 => "function(t, k) print('__index', k) return k end".to_string(),
            1 => "nil".to_string(),
            2 => format!("function(t, k) {} end", self.raise()),
            3 => "string".to_string(),
            _ => "{a = 'base', b = function(self, ...) return self.name, ... end, [1] = 'one', len = 3}".to_string(),
        };
        let mut below = last;
        let mut name = String::new();
        for i in 0..depth {
            name = self.fresh("o");
            let own = self.pick(&["", "a = 1", "c = 2, d = 'd'", "[2] = 'two'", "e = false", "name = 'me'"]);
            if i > 0 && self.random.one_in(4) {
                below = format!("function(t, k) print('hop', k) return {below}[k] end");
            }
            if below.starts_with('{') || below.starts_with("function") || below == "nil" || below == "string" {
                say!(self, line, "local {name} = setmetatable({{{own}}}, {{__index = {below}}})");
            } else if self.random.one_in(3) {
                say!(self, line, "{below}.__index = {below}");
                say!(self, line, "local {name} = setmetatable({{{own}}}, {below})");
            } else {
                say!(self, line, "local {name} = setmetatable({{{own}}}, {{__index = {below}}})");
            }
            below = name.clone();
        }
        let o = name;
        for _ in 0..3 + self.random.below(6) {
            let k = self.pick(&["a", "b", "c", "d", "e", "name", "len", "missing", "upper"]);
            let text = match self.random.below(11) {
                0 => format!("try(function() return {o}[{}] end)", self.random.below(4)),
                1 => format!("try(function() return {o}[{}] end)", self.any(1)),
                2 => format!("try(function() return {o}:{k}({}) end)", self.any(0)),
                3 => format!("{o}.{k} = {}", self.any(1)),
                4 => format!("print(rawget({o}, '{k}'), #{o})"),
                5 => format!("try(function() return {o}.{k}.{k} end)"),
                6 => format!(
                    "try(function() for i, v in ipairs({o}) do tick() print(i, v) if i > 4 then break end end end)"
                ),
                7 => format!("try(function() return {o}.{k} + 1 end)"),
                8 => format!("try(function() return table.unpack({o}, 1, 3) end)"),
                _ => format!("try(function() return {o}.{k}, {o}['{k}'] end)"),
            };
            self.line(text);
        }
    }

    fn new_index(&mut self) {
        let (log, o) = (self.fresh("t"), self.fresh("o"));
        say!(self, line, "local {log} = {{}}");
        let handler = match self.random.below(5) {
            0 => log.clone(),
            1 => "function(t, k, v) print('__newindex', k, v) rawset(t, k, v) end".to_string(),
            2 => format!("setmetatable({{}}, {{__newindex = function(t, k, v) {log}[k] = v end}})"),
            3 => "function(t, k, v) error('read only ' .. tostring(k), 2) end".to_string(),
            _ => format!("setmetatable({{}}, {{__newindex = {log}}})"),
        };
        let index = self.pick(&["nil", "function(t, k) return k end", "{a = 1}"]);
        say!(self, line, "local {o} = setmetatable({{a = 0, 10}}, {{__newindex = {handler}, __index = {index}}})");
        for _ in 0..4 + self.random.below(5) {
            let k = self.pick(&["a", "b", "c"]);
            let v = self.any(1);
            let text = match self.random.below(9) {
                0 => format!("try(function() {o}[{}] = {v} end)", self.random.below(4)),
                1 => format!("try(function() {o}[{}] = {v} end)", self.any(1)),
                2 => format!("try(function() {o}.{k}, {o}.{k} = 1, {v} end)"),
                3 => format!("try(table.insert, {o}, {v})"),
                4 => format!("{o}.{k} = nil"),
                5 => format!("try(rawset, {o}, '{k}', {v})"),
                6 => format!("try(function() {o}.{k} = ({o}.{k} or 0) .. 'x' end)"),
                _ => format!("try(function() {o}.{k} = {v} return {o}.{k} end)"),
            };
            self.line(text);
        }
        say!(self, line, "print({o}, {log})");
    }

    fn callables(&mut self) {
        let (mt, o, p) = (self.metatable(&["__call"]), self.fresh("o"), self.fresh("o"));
        say!(self, line, "local {o} = setmetatable({{v = 1}}, {mt})");
        say!(self, line, "local {p} = setmetatable({{v = 2}}, {{__call = {o}}})");
        for _ in 0..3 + self.random.below(4) {
            let args = self.arguments(1);
            let f = self.random.pick(&[&o, &p]).to_string();
            let text = match self.random.below(10) {
                0 => format!("print(pcall({f}, {}))", self.any(1)),
                1 => format!("for a, b in {f}, 1, 2 do print(a, b) break end"),
                2 => format!("try(function(...) return {f}({args}) end, 5, 6)"),
                3 => format!("try(function() print(coroutine.wrap({f})({args})) end)"),
                4 => format!("try(string.gsub, 'abc', '.', {f})"),
                5 => format!("try(table.sort, {{3, 2, 1}}, {f})"),
                6 => format!("try(function() local c <close> = setmetatable({{}}, {{__close = {f}}}) return 'r' end)"),
                7 => format!("print(select('#', {f}({args})))"),
                8 => format!(
                    "local k = setmetatable({{}}, {{__index = {f}, __add = {f}, __lt = {f}}}) print(k.x, k + 1, k < 2)"
                ),
                _ => format!("print({f}({args}))"),
            };
            self.line(text.replace("...)", "(...))").replace("function((...))", "function(...)"));
        }
        self.line("try(function() return setmetatable({}, {__call = 1})() end)");
    }

    fn tostring_and_others(&mut self) {
        for _ in 0..2 + self.random.below(4) {
            let v = self.any(1);
            let text = match self.random.below(12) {
                0 => format!("try(tostring, setmetatable({{}}, {{__tostring = function(t) return {v} end}}))"),
                1 => "try(tostring, setmetatable({}, {__name = 'My.Type'}))".to_string(),
                2 => format!("print(getmetatable(setmetatable({{}}, {{__metatable = {v}}})))"),
                3 => "try(setmetatable, setmetatable({}, {__metatable = 1}), {})".to_string(),
                4 => format!("for k, v in pairs(setmetatable({{}}, {{__pairs = function(t) return function(s, c) if c < 3 then return c + 1, {v} end end, t, 0 end}})) do print(k, v) end"),
                5 => format!("try(function() return #setmetatable({{}}, {{__len = function() return {v} end}}) end)"),
                6 => format!("try(table.concat, setmetatable({{}}, {{__len = function() return {} end, __index = function(t, i) return 'e' .. i end}}), ',')", self.random.below(6)),
                7 => "try(function() return setmetatable({}, {__name = 'My.Type'}) + 1 end)".to_string(),
                8 => "try(function() return setmetatable({}, {__name = 'My.Type'}) < setmetatable({}, {__name = 'Other'}) end)".to_string(),
                9 => format!("try(table.unpack, setmetatable({{}}, {{__len = function() return {v} end, __index = function(t, i) return i * i end}}))"),
                10 => format!("try(string.format, '%s|%10s', setmetatable({{}}, {{__tostring = function() return 'obj' end}}), {v})"),
                _ => "try(function() return math.floor(setmetatable({}, {__name = 'My.Type'})) end)".to_string(),
            };
            self.line(text);
        }
    }

    /// Every metamethod may yield.
    fn yielding_metamethods(&mut self) {
        let mt = self.fresh("mt");
        say!(self, open, "local {mt} = {{");
        for (event, _) in BINARY.iter().chain(UNARY) {
            let kind = self.random.pick(&[Kind::Int, Kind::Bool, Kind::Str]);
            let back = self.tame(|g| g.literal(kind));
            say!(self, line, "{event} = function(a, b) print('in', coroutine.yield('{event}')) return {back} end,");
        }
        self.line("__index = function(t, k) return coroutine.yield('__index ' .. tostring(k)) end,");
        self.line("__newindex = function(t, k, v) print('set', k, coroutine.yield('__newindex')) end,");
        self.line("__call = function(self, ...) return 'called', coroutine.yield('__call', ...) end,");
        self.line("__close = function(o, e) print('closed', e, coroutine.yield('__close')) end,");
        self.close("}");
        let co = self.fresh("co");
        say!(self, open, "local {co} = coroutine.wrap(function(o, p)");
        self.inside_function(false, |g| {
            for _ in 0..2 + g.random.below(5) {
                let (op, u) = (g.random.pick(BINARY).1, g.random.pick(UNARY).1);
                let v = g.pick(&["p", "1", "'s'", "2.5", "o"]);
                let text = match g.random.below(12) {
                    0 => format!("print({u}o)"),
                    1 => "print(o.key, o[1])".to_string(),
                    2 => format!("o.key = {v}"),
                    3 => format!("print(o({v}, 2))"),
                    4 => "do local c <close> = o print('body') end".to_string(),
                    5 => format!("if o < {v} then print('less') else print('not less') end"),
                    6 => format!("print('a' .. o .. {v} .. 'b')"),
                    7 => format!("print(pcall(function() return o {op} {v} end))"),
                    8 => "for i in o, 1, 2 do print(i) if i then break end end".to_string(),
                    9 => format!("print(o ~= {v}, o >= {v}, not (o <= {v}))"),
                    10 => "print(pcall(function() local c <close> = o error('x', 0) end))".to_string(),
                    _ => format!("print(o {op} {v}, {v} {op} o)"),
                };
                g.line(text);
            }
            g.line("return 'end', o:method()");
        });
        self.close("end)");
        self.line("try(function()");
        say!(self, line, " print({co}(setmetatable({{}}, {mt}), setmetatable({{}}, {mt})))");
        say!(self, line, " for i = 1, {} do print({co}(i, 'sent')) end", self.random.between(3, 15));
        self.line("end)");
    }
}
