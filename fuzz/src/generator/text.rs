//! Scenes with the string library: generated patterns and subjects, formats, binary packing.

use super::{Generator, Kind};

impl Generator {
    pub(super) fn texts(&mut self) {
        self.open("do");
        for _ in 0..3 + self.random.below(6) {
            match self.random.below(9) {
                0..4 => self.matching(),
                4 | 5 => self.formatting(),
                6 => self.packing(),
                7 => self.slices(),
                _ => self.comparing(),
            }
        }
        self.close("end");
    }

    /// Text over few letters, so that patterns match it, quoted.
    fn subject(&mut self) -> String {
        let mut text = String::from("'");
        for _ in 0..self.random.below(14) {
            text.push_str(self.pick(&[
                "a", "b", "a", "b", "1", "2", " ", ".", "x", "A", "(", ")", "-", "%", "_", "\\0", "\\n", "\\xe9", "]",
                "^",
            ]));
        }
        text.push('\'');
        text
    }

    /// One item of a pattern, without its repetition.
    fn item(&mut self) -> String {
        match self.random.below(14) {
            0..4 => self.pick(&["a", "b", "1", " ", "x", "A"]).to_string(),
            4 => ".".to_string(),
            5 | 6 => format!(
                "%{}",
                self.pick(&[
                    "a", "d", "s", "w", "p", "l", "u", "x", "c", "g", "A", "D", "W", "S", ".", "%", "(", "]", "-"
                ])
            ),
            7..10 => {
                let mut set = String::from(if self.random.one_in(3) { "[^" } else { "[" });
                for _ in 0..1 + self.random.below(3) {
                    set.push_str(
                        self.pick(&[
                            "a", "b", "a-c", "0-9", "%d", "%a", "%s", "_", ".", "-", "%]", "%-", "x-", "]", "^",
                        ]),
                    );
                }
                set.push(']');
                set
            }
            10 => self.pick(&["%b()", "%bab", "%f[%w]", "%f[^a]", "%f[%z]"]).to_string(),
            11 => "()".to_string(),
            _ => {
                format!("({}{})", self.pick(&["a", ".", "%w", "[ab]", "%d", "b"]), self.pick(&["", "*", "+", "-", "?"]))
            }
        }
    }

    fn pattern(&mut self) -> String {
        let mut p = String::from("'");
        if self.random.one_in(6) {
            p.push('^');
        }
        for _ in 0..1 + self.random.below(5) {
            p.push_str(&self.item());
            if self.random.one_in(3) {
                p.push_str(self.pick(&["*", "+", "-", "?"]));
            }
            if self.random.one_in(12) {
                p.push_str(self.pick(&["%1", "%2", "%1", "$"]));
            }
            if self.random.one_in(40) {
                p.push_str(self.pick(&["%", "[", "(", ")", "[a", "[%", "%b", "%f", "%ba", "[^", "[a-", "%9", "%0"]));
            }
        }
        if self.random.one_in(6) {
            p.push('$');
        }
        p.push('\'');
        p
    }

    fn matching(&mut self) {
        let (s, p) = (self.subject(), self.pattern());
        let init = self.random.between(-6, 12);
        let text = match self.random.below(11) {
            0 | 1 => format!("try(string.find, {s}, {p})"),
            2 => format!("try(string.find, {s}, {p}, {init}{})", self.pick(&["", ", true", ", false"])),
            3 | 4 => format!("try(string.match, {s}, {p}, {init})"),
            5 => format!("try(function() for a, b in ({s}):gmatch({p}) do print(a, b) end end)"),
            6 => format!("try(function() for a, b in string.gmatch({s}, {p}, {init}) do print(a, b) end end)"),
            7 => {
                let r = self.pick(&["'<%0>'", "'%1%1'", "'%2'", "'%%'", "''", "'[%1]'", "'%'", "'%x'", "'a\\0b'"]);
                format!("try(string.gsub, {s}, {p}, {r})")
            }
            8 => {
                let r = self.pick(&[
                    "{a = 'X', b = 1, ['1'] = false}",
                    "function(a, b) return b end",
                    "function(...) return select('#', ...) end",
                    "string.upper",
                    "function(a) return {} end",
                    "{}",
                    "print",
                ]);
                format!("try(string.gsub, {s}, {p}, {r})")
            }
            9 => format!("try(string.gsub, {s}, {p}, '(%0)', {})", self.random.between(-1, 3)),
            _ => format!("print(({s}):match({p}))").replace("print(", "try(function() return ").replace("))", ") end)"),
        };
        self.line(text);
    }

    fn formatting(&mut self) {
        let mut format = String::new();
        let mut values = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            format.push_str(self.pick(&["", "x", " ", "%%"]));
            format.push('%');
            for _ in 0..self.random.below(3) {
                format.push_str(self.pick(&["-", "0", "+", " ", "#"]));
            }
            if self.random.one_in(2) {
                format.push_str(&self.random.below(if self.random.clone().one_in(10) { 200 } else { 25 }).to_string());
            }
            if self.random.one_in(3) {
                format.push('.');
                if !self.random.one_in(4) {
                    format.push_str(&self.random.below(20).to_string());
                }
            }
            let c = self.pick(&[
                "d", "i", "u", "c", "x", "X", "o", "e", "E", "f", "F", "g", "G", "a", "A", "s", "q", "s", "d", "g",
                "y", "",
            ]);
            format.push_str(c);
            let value = match c {
                "d" | "i" | "x" | "X" | "o" | "u" => self.int(1),
                "c" => self.random.below(256).to_string(),
                "s" => match self.random.below(4) {
                    0 => self.number(0),
                    1 => self.pick(&["nil", "true", "{}", "'a\\0b'"]).to_string(),
                    _ => self.literal(Kind::Str),
                },
                "q" => self.any(0),
                _ => self.number(1),
            };
            values.push(value);
        }
        if self.random.one_in(10) {
            values.pop();
        }
        if self.random.one_in(12) {
            values.insert(0, self.any(0));
        }
        let values: String = values.iter().map(|v| format!(", {v}")).collect();
        say!(self, line, "try(string.format, '{format}'{values})");
    }

    fn packing(&mut self) {
        let mut format = String::from(self.pick(&["", "<", ">", "=", "!", "!4", "<!8", ">!2", "!16"]));
        let mut values = Vec::new();
        for _ in 0..1 + self.random.below(4) {
            let n = self.random.between(1, 17);
            let option = match self.random.below(18) {
                0 => format!("i{n}"),
                1 => format!("I{n}"),
                2 => format!("s{}", self.random.between(1, 9)),
                3 => format!("c{}", self.random.below(9)),
                n => ["b", "B", "h", "H", "i", "I", "l", "L", "j", "J", "T", "f", "d", "n"][n - 4].to_string(),
            };
            let value = match option.as_bytes()[0] {
                b's' | b'c' => self.literal(Kind::Str),
                b'f' | b'd' | b'n' => self.tame(|g| g.number(0)),
                _ if self.random.one_in(4) => self.int(0),
                _ => self.random.between(-3, 130).to_string(),
            };
            values.push(value);
            format.push_str(&option);
            format.push_str(self.pick(&["", "", "", " ", "x", "Xi4", "<", ">", "z", "Xd", "X"]));
            if format.ends_with('z') {
                values.push(self.pick(&["'zero'", "''", "'a\\0'"]).to_string());
            }
        }
        let all = values.join(", ");
        self.open("try(function()");
        say!(self, line, "local p = string.pack('{format}', {all})");
        self.line("print(p)");
        say!(self, line, "print(string.unpack('{format}', p))");
        say!(self, line, "print(pcall(string.packsize, '{format}'))");
        say!(self, line, "print(pcall(string.unpack, '{format}', p, {}))", self.random.between(-4, 6));
        say!(self, line, "print(pcall(string.unpack, '{format}', p:sub(1, -2)))");
        self.close("end)");
    }

    fn slices(&mut self) {
        let (s, i, j) = (self.subject(), self.random.between(-15, 15), self.random.between(-15, 15));
        let edge = self.pick(&["math.maxinteger", "math.mininteger", "0", "1", "-1", "2.0", "nil", "'2'"]);
        let text = match self.random.below(10) {
            0 => format!("print(({s}):sub({i}, {j}), ({s}):sub({i}))"),
            1 => format!("print(({s}):byte({i}, {j}))"),
            2 => format!("try(string.sub, {s}, {edge}, {j})"),
            3 => format!("try(string.sub, {s}, {i}, {edge})"),
            4 => format!("try(string.rep, {s}, {}, {})", self.random.between(-2, 5), self.subject()),
            5 => format!("print(({s}):upper(), ({s}):lower(), ({s}):reverse(), #{s})"),
            6 => format!(
                "try(string.char, {}, {}, {})",
                self.random.between(-1, 256),
                self.random.below(256),
                self.random.below(256)
            ),
            7 => format!("try(string.byte, {s}, {edge})"),
            8 => format!("print(string.format('%q', {s}))"),
            _ => format!("print({s} .. {s} == {s}, {s} .. 1 .. 2.0)"),
        };
        self.line(text);
    }

    fn comparing(&mut self) {
        let (a, b) = (self.subject(), self.subject());
        say!(self, line, "print({a} < {b}, {a} <= {b}, {a} == {b}, {a} > {b})");
    }
}
