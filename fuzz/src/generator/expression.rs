//! Expressions of a kind, over literals that lie at edges and over the visible variables.

use super::{Generator, KINDS, Kind};

const INTEGERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "-2",
    "3",
    "5",
    "7",
    "-7",
    "10",
    "16",
    "31",
    "32",
    "63",
    "64",
    "-63",
    "-64",
    "65",
    "100",
    "127",
    "128",
    "-128",
    "-129",
    "255",
    "256",
    "32767",
    "32768",
    "-32768",
    "65535",
    "65536",
    "1000000",
    "0x7fffffff",
    "0x80000000",
    "-0x80000000",
    "0xffffffff",
    "281474976710655",
    "281474976710656",
    "562949953421311",
    "562949953421312",
    "-562949953421312",
    "-562949953421313",
    "9007199254740992",
    "9007199254740993",
    "-9007199254740993",
    "4611686018427387904",
    "9223372036854775807",
    "0x8000000000000000",
    "-9223372036854775807",
    "math.maxinteger",
    "math.mininteger",
    "0xffffffffffffffff",
    "0x7ffffffffffffffe",
];

const FLOATS: &[&str] = &[
    "0.0",
    "-0.0",
    "0.5",
    "1.0",
    "-1.0",
    "1.5",
    "-1.5",
    "2.5",
    "3.0",
    "-3.75",
    "0.1",
    "3.14159",
    "1e15",
    "1e16",
    "123456.789",
    "1e100",
    "-1e100",
    "1e308",
    "5e-324",
    "2.0^53",
    "2.0^53 + 1",
    "2^63",
    "-2^63",
    "2^64",
    "9007199254740993.0",
    "1/0",
    "-1/0",
    "0/0",
    "0x1p-3",
    "0x.8p1",
    "math.pi",
    "math.huge",
    "-math.huge",
    "9223372036854775807.0",
    "127.0",
    "-128.0",
    "32768.0",
    "562949953421312.0",
    "1e-7",
    "64.0",
    "4294967296.0",
];

const STRINGS: &[&str] = &[
    "''",
    "'a'",
    "'abc'",
    "'hello'",
    "'10'",
    "'0x10'",
    "' 7 '",
    "'1e1'",
    "'-3'",
    "'3.5'",
    "'x y z'",
    "'\\0'",
    "'\\n'",
    "'a\\0b'",
    "'%d'",
    "'9223372036854775807'",
    "'9223372036854775808'",
    "'\\u{20AC}'",
    "'\\xff\\x80'",
    "'nil'",
    "'__index'",
    "[[long]]",
    "'0x'",
    "'1e'",
    "'inf'",
    "'nan'",
    "'Z'",
    "'aa'",
    "'b'",
    "'The quick brown fox jumps over the lazy dog and runs away'",
];

const FIELDS: &[&str] = &["a", "b", "c", "d", "e"];

impl Generator {
    /// An expression that most probably has this kind. It never prints an address or depends on the order of pairs.
    pub(super) fn expr(&mut self, kind: Kind, depth: usize) -> String {
        if self.wild > 0 && self.random.one_in(self.wild) {
            return self.misfit(depth);
        }
        match kind {
            Kind::Int => self.int(depth),
            Kind::Float => self.float(depth),
            Kind::Str => self.string(depth),
            Kind::Bool => self.boolean(depth),
            Kind::Seq => self.sequence(depth),
            Kind::Rec => self.record(depth),
            Kind::Fun => self.function(depth),
        }
    }

    /// Something of any kind, nil included.
    pub(super) fn any(&mut self, depth: usize) -> String {
        match self.random.below(12) {
            0 => "nil".to_string(),
            1 => self.field_read(),
            2 if depth > 0 => self.call(depth - 1),
            3 if depth > 0 => {
                let (a, b) = (self.any(depth - 1), self.any(depth - 1));
                format!("({a} {} {b})", self.pick(&["and", "or"]))
            }
            _ => {
                let kind = self.some_kind();
                self.expr(kind, depth)
            }
        }
    }

    fn misfit(&mut self, depth: usize) -> String {
        match self.random.below(6) {
            0 => "nil".to_string(),
            1 => format!("undefined{}", self.random.below(3)),
            2 => self.field_read(),
            3 => {
                let r = self.base(Kind::Rec);
                format!("{r}.missing")
            }
            _ => {
                let kind = self.random.pick(&KINDS);
                self.tame(|g| g.expr(kind, depth.min(1)))
            }
        }
    }

    /// A variable of this kind, or a literal where there is none.
    pub(super) fn read(&mut self, kind: Kind) -> String {
        if !self.random.one_in(8)
            && let Some(name) = self.visible(kind, false)
        {
            return name;
        }
        self.literal(kind)
    }

    pub(super) fn literal(&mut self, kind: Kind) -> String {
        match kind {
            Kind::Int => match self.random.below(3) {
                0 => self.random.between(-12, 20).to_string(),
                _ => self.pick(INTEGERS).to_string(),
            },
            Kind::Float => self.pick(FLOATS).to_string(),
            Kind::Str => self.pick(STRINGS).to_string(),
            Kind::Bool => self.pick(&["true", "false"]).to_string(),
            Kind::Seq => {
                self.pick(&["{}", "{1}", "{3, 1, 2}", "{'a', 'b'}", "{10, 20, 30, 40, 50}", "{{}, {}}"]).to_string()
            }
            Kind::Rec => {
                self.pick(&["{}", "{a = 1}", "{a = 1, b = 'x'}", "{b = {c = 2}}", "{a = 2.5, e = false}"]).to_string()
            }
            Kind::Fun => {
                let code = self.pick(&[
                    "(function() end)",
                    "(function(...) return ... end)",
                    "(function(a, b) return b, a end)",
                    "math.abs",
                    "type",
                    "tostring",
                    "(function(a) return a end)",
                    "(function(...) return select('#', ...) end)",
                    "string.len",
                    "select",
                    "rawequal",
                    "(function(a, b) return a, b, a end)",
                    "print",
                    "tonumber",
                    "math.type",
                ]);
                code.to_string()
            }
        }
    }

    /// A number literal or variable of either subtype, parenthesised where that is needed.
    pub(super) fn number(&mut self, depth: usize) -> String {
        match self.random.below(5) {
            0 | 1 => self.expr(Kind::Float, depth),
            _ => self.expr(Kind::Int, depth),
        }
    }

    pub(super) fn int(&mut self, depth: usize) -> String {
        if depth == 0 || self.random.one_in(5) {
            return self.read(Kind::Int);
        }
        let d = depth - 1;
        match self.random.below(22) {
            0..9 => {
                let op = self.pick(&["+", "-", "*", "+", "-", "//", "%", "&", "|", "~", "<<", ">>"]);
                let a = self.expr(Kind::Int, d);
                let mut b = self.expr(Kind::Int, d);
                // Mostly no division by zero.
                if (op == "//" || op == "%") && !self.random.one_in(12) {
                    b = format!("({b} | 1)");
                }
                match self.random.below(4) {
                    0 => format!("{a} {op} {b}"),
                    _ => format!("({a} {op} {b})"),
                }
            }
            9 | 10 => {
                // An operand that fits the instruction word.
                let op = self.pick(&["+", "-", "*", "//", "%", "&", "|", "~", "<<", ">>"]);
                let (a, k) = (self.expr(Kind::Int, d), self.random.pick(&[1i64, 2, 3, 7, 64, 127, 128, 255, 1000, -3]));
                if op == "<<" && self.random.one_in(3) { format!("({k} << {a})") } else { format!("({a} {op} {k})") }
            }
            11 => format!("-{}", self.parenthesised(Kind::Int, d)),
            12 => format!("~{}", self.parenthesised(Kind::Int, d)),
            13 => format!("#{}", self.parenthesised(Kind::Str, d)),
            14 => format!("#{}", self.parenthesised(Kind::Seq, d)),
            15 => {
                let (c, a, b) = (self.expr(Kind::Bool, d), self.expr(Kind::Int, d), self.expr(Kind::Int, d));
                format!("({c} and {a} or {b})")
            }
            16 => format!("int({})", self.call(d)),
            17 if self.vararg => {
                self.pick(&["select('#', ...)", "int((...))", "int((select(-1, 0, ...)))"]).to_string()
            }
            18 => {
                let f = self.pick(&["max", "min"]);
                format!("math.{f}({}, {})", self.expr(Kind::Int, d), self.expr(Kind::Int, d))
            }
            19 => format!("int({})", self.field_read()),
            20 => {
                let f = self.pick(&["math.floor", "math.ceil", "math.tointeger", "math.abs"]);
                format!("int({f}({}))", self.number(d))
            }
            _ => self.read(Kind::Int),
        }
    }

    pub(super) fn float(&mut self, depth: usize) -> String {
        if depth == 0 || self.random.one_in(4) {
            let text = self.read(Kind::Float);
            return if text.contains([' ', '/', '^', '-']) { format!("({text})") } else { text };
        }
        let d = depth - 1;
        match self.random.below(10) {
            0..6 => {
                let op = self.pick(&["+", "-", "*", "/", "//", "%", "^"]);
                let (a, b) = match self.random.below(3) {
                    0 => (self.expr(Kind::Int, d), self.expr(Kind::Float, d)),
                    1 => (self.expr(Kind::Float, d), self.expr(Kind::Int, d)),
                    _ => (self.expr(Kind::Float, d), self.expr(Kind::Float, d)),
                };
                format!("({a} {op} {b})")
            }
            6 => {
                let (op, k) = (
                    self.pick(&["+", "-", "*", "/", "//", "%", "^"]),
                    self.pick(&["2", "0.5", "3", "-1", "10.0", "0"]),
                );
                let a = self.expr(Kind::Float, d);
                if self.random.one_in(4) { format!("({k} {op} {a})") } else { format!("({a} {op} {k})") }
            }
            7 => format!("-{}", self.parenthesised(Kind::Float, d)),
            8 => {
                let f = self.pick(&["math.sqrt", "math.abs", "math.floor", "math.ceil", "math.exp", "math.sin"]);
                format!("{f}({})", self.number(d))
            }
            _ => {
                let (a, b) = (self.number(d), self.number(d));
                format!("math.{}({a}, {b})", self.pick(&["fmod", "max", "min"]))
            }
        }
    }

    fn parenthesised(&mut self, kind: Kind, depth: usize) -> String {
        let text = self.expr(kind, depth);
        let simple = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !text.starts_with(|c: char| c.is_ascii_digit());
        if simple { text } else { format!("({text})") }
    }

    pub(super) fn string(&mut self, depth: usize) -> String {
        if depth == 0 || self.random.one_in(4) {
            return self.read(Kind::Str);
        }
        let d = depth - 1;
        match self.random.below(14) {
            0..5 => {
                let count = 2 + self.random.below(3);
                let parts: Vec<String> = (0..count)
                    .map(|_| match self.random.below(4) {
                        0 => format!("({})", self.int(d)),
                        1 => self.float(0),
                        _ => self.expr(Kind::Str, d),
                    })
                    .collect();
                if self.random.one_in(3) { parts.join(" .. ") } else { format!("({})", parts.join(" .. ")) }
            }
            5 => format!("tostring({})", self.number(d)),
            6 => {
                let (s, i, j) =
                    (self.parenthesised(Kind::Str, d), self.random.between(-5, 5), self.random.between(-5, 9));
                format!("{s}:sub({i}, {j})")
            }
            7 => {
                let (f, s) = (self.pick(&["upper", "lower", "reverse"]), self.parenthesised(Kind::Str, d));
                format!("{s}:{f}()")
            }
            8 => format!(
                "string.rep({}, {}, {})",
                self.expr(Kind::Str, 0),
                self.random.between(-1, 4),
                self.literal(Kind::Str)
            ),
            9 => format!("type({})", self.any(d)),
            10 => {
                let (f, n) = (self.pick(&["%d", "%5d", "%x", "%s", "%q"]), self.expr(Kind::Int, d));
                format!("string.format('{f}', {n})")
            }
            11 => {
                let (s, t) = (
                    self.parenthesised(Kind::Str, 0),
                    self.pick(&["'<%0>'", "''", "{a = 'A', b = false}", "string.upper"]),
                );
                let p = self.pick(&["'%a'", "'.'", "'%s*'", "'[a-c]+'", "'(.)(.)'"]);
                format!("({s}:gsub({p}, {t}))")
            }
            12 => format!("table.concat({}, {})", self.expr(Kind::Seq, 0), self.pick(&["','", "''", "'--'"])),
            _ => {
                let (c, a, b) = (self.expr(Kind::Bool, d), self.expr(Kind::Str, d), self.expr(Kind::Str, d));
                format!("({c} and {a} or {b})")
            }
        }
    }

    pub(super) fn boolean(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.read(Kind::Bool);
        }
        let d = depth - 1;
        match self.random.below(14) {
            0..3 => {
                let op = self.pick(&["<", "<=", ">", ">=", "==", "~="]);
                let (a, b) = (self.number(d), self.number(d));
                format!("({a} {op} {b})")
            }
            3 | 4 => {
                // An immediate operand, on either side.
                let op = self.pick(&["<", "<=", ">", ">=", "==", "~="]);
                let (a, k) =
                    (self.number(d), self.pick(&["0", "1", "-1", "10", "127", "-128", "128", "1.0", "2.5", "1000"]));
                if self.random.one_in(2) { format!("({a} {op} {k})") } else { format!("({k} {op} {a})") }
            }
            5 => {
                let op = self.pick(&["<", "<=", ">", ">=", "==", "~="]);
                let (a, b) = (self.expr(Kind::Str, d), self.expr(Kind::Str, d));
                format!("({a} {op} {b})")
            }
            6 => {
                let (op, k) = (self.pick(&["==", "~="]), self.pick(&["nil", "true", "false", "'a'", "'abc'"]));
                format!("({} {op} {k})", self.any(d))
            }
            7 => format!("({} == {})", self.any(d), self.any(d)),
            8 | 9 => format!("not {}", self.parenthesised(Kind::Bool, d)),
            10 | 11 => {
                let (a, b) = (self.expr(Kind::Bool, d), self.expr(Kind::Bool, d));
                format!("({a} {} {b})", self.pick(&["and", "or"]))
            }
            12 => {
                let f = self.pick(&["rawequal", "math.ult"]);
                let (a, b) = (self.expr(Kind::Int, d), self.expr(Kind::Int, d));
                format!("{f}({a}, {b})")
            }
            _ => self.read(Kind::Bool),
        }
    }

    /// An element of a sequence: never nil, so that the length is the only border.
    pub(super) fn element(&mut self) -> String {
        let kind = self.random.pick(&[Kind::Int, Kind::Int, Kind::Int, Kind::Float, Kind::Str]);
        if self.random.one_in(3) {
            return format!("nn({})", self.expr(kind, 1));
        }
        self.literal(kind)
    }

    pub(super) fn sequence(&mut self, depth: usize) -> String {
        if depth == 0 || self.random.one_in(2) {
            return self.read(Kind::Seq);
        }
        match self.random.below(6) {
            0 if self.vararg => "table.pack(nn(...), nn((select(2, 0, ...))))".to_string(),
            1 => format!(
                "table.move({}, 1, {}, 1, {{}})",
                self.pick(&["{5, 6, 7}", "{'p', 'q', 'r'}"]),
                self.random.between(0, 3)
            ),
            2 => format!("{{('{}'):byte(1, -1)}}", self.pick(&["abc", "", "xy", "0123456789"])),
            _ => {
                let parts: Vec<String> = (0..self.random.below(7)).map(|_| self.element()).collect();
                format!("{{{}}}", parts.join(", "))
            }
        }
    }

    pub(super) fn record(&mut self, depth: usize) -> String {
        if depth == 0 || self.random.one_in(2) {
            return self.read(Kind::Rec);
        }
        let parts: Vec<String> = (0..self.random.below(5))
            .map(|_| {
                let (f, v) = (self.pick(FIELDS), self.any(depth - 1));
                match self.random.below(4) {
                    0 => format!("['{f}'] = {v}"),
                    _ => format!("{f} = {v}"),
                }
            })
            .collect();
        format!("{{{}}}", parts.join(self.pick(&[", ", "; "])))
    }

    /// A read of a field or an element.
    pub(super) fn field_read(&mut self) -> String {
        match self.random.below(8) {
            0..3 => {
                let r = self.base(Kind::Rec);
                format!("{r}.{}", self.pick(FIELDS))
            }
            3 => {
                let (r, k) = (self.base(Kind::Rec), self.expr(Kind::Str, 0));
                format!("{r}[{k}]")
            }
            4 => {
                let q = self.base(Kind::Seq);
                format!("{q}[{}]", self.random.below(6))
            }
            5 => {
                let (q, i) = (self.base(Kind::Seq), self.expr(Kind::Int, 1));
                format!("{q}[{i}]")
            }
            6 => {
                let q = self.base(Kind::Seq);
                format!("{q}[#{q}]")
            }
            _ => format!("g{}", self.random.below(4)),
        }
    }

    /// Something that can stand before an index.
    fn base(&mut self, kind: Kind) -> String {
        let text = self.read(kind);
        if text.starts_with('{') { format!("({text})") } else { text }
    }

    pub(super) fn arguments(&mut self, depth: usize) -> String {
        let mut parts: Vec<String> = (0..self.random.below(4)).map(|_| self.any(depth.min(1))).collect();
        if self.vararg && self.random.one_in(5) {
            parts.push("...".to_string());
        }
        parts.join(", ")
    }

    /// A call of a visible function, or of one made on the spot.
    pub(super) fn call(&mut self, depth: usize) -> String {
        let f =
            if self.wild > 0 && self.random.one_in(self.wild) { self.read(Kind::Int) } else { self.read(Kind::Fun) };
        let f = if f.starts_with(|c: char| c.is_ascii_digit() || c == '-') { format!("({f})") } else { f };
        match f.as_str() {
            // Natives that insist on their arguments.
            "math.abs" | "math.type" => format!("{f}({})", self.number(depth.min(1))),
            "string.len" => format!("{f}({})", self.expr(Kind::Str, depth.min(1))),
            "select" => format!("select({}, {})", self.random.between(1, 3), self.any(0)),
            "rawequal" => format!("rawequal({}, {})", self.any(0), self.any(0)),
            "type" | "tonumber" => format!("{f}({})", self.any(0)),
            "tostring" => format!("tostring({})", self.number(depth.min(1))),
            _ => format!("{f}({})", self.arguments(depth)),
        }
    }

    /// A function as an expression on one line.
    pub(super) fn function(&mut self, depth: usize) -> String {
        if depth == 0 || self.random.one_in(2) {
            return self.read(Kind::Fun);
        }
        let (mark, vararg) = (self.vars.len(), self.vararg);
        // Parameters may hold anything, so they are only passed on.
        let mut parameters: Vec<String> = (0..self.random.below(3)).map(|_| self.fresh("p")).collect();
        let passed = if parameters.is_empty() { self.any(0) } else { parameters[0].clone() };
        self.vararg = self.random.one_in(3);
        if self.vararg {
            parameters.push("...".to_string());
        }
        let body = match self.random.below(6) {
            0 => match self.visible(Kind::Int, true) {
                Some(i) => format!("{i} = int({i}) + {} return {i}", self.random.between(-2, 3)),
                None => format!("return {}", self.any(1)),
            },
            1 => format!("return {}, {passed}", self.any(1)),
            2 => match self.random.below(3) {
                0 => format!("return {passed} == {}", self.any(0)),
                1 if !parameters.is_empty() => format!("{passed} = {passed} or {} return {passed}", self.any(0)),
                _ => format!("return {{a = {passed}, b = {}}}", self.any(0)),
            },
            3 => format!("tick() local z = {} return z", self.any(depth - 1)),
            4 => format!("tick() return {}", self.call(depth - 1)),
            _ => format!("return {}", self.any(depth - 1)),
        };
        self.vars.truncate(mark);
        self.vararg = vararg;
        format!("(function({}) {body} end)", parameters.join(", "))
    }
}
