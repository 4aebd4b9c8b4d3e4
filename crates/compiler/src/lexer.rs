//! Bytes to tokens.
//!
//! The lexer reads one token at a time, so that the first error in the text is the one reported, and counts lines.
//! The text may come in pieces; a token that ends where the known text ends is read again when there is more.
//! It accepts any bytes. It keeps the text of its last token for messages and interns names and strings; what the
//! tokens mean together is the parser's business.

use crate::error::{CompileError, Result};
use crate::number::{Number, hex_value, is_space, str_to_number};
use crate::symbol::{Symbol, Symbols};
use std::sync::LazyLock;

macro_rules! tokens {
    ($( $name:ident $text:literal )*) => {
        /// A token. Reserved words come first, in the order in which the lexer interns them.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Token {
            $( #[doc = concat!("`", $text, "`")] $name, )*
            /// The end of the source
            Eof,
            /// A float literal
            Float(f64),
            /// An integer literal
            Int(i64),
            /// A name
            Name(Symbol),
            /// A string literal
            Str(Symbol),
            /// Any other byte, among them the operators of one character
            Char(u8),
        }

        /// The tokens with a fixed text of several characters, reserved words first.
        const FIXED: &[(Token, &str)] = &[$( (Token::$name, $text), )*];
    };
}

tokens! {
    And "and" Break "break" Do "do" Else "else" ElseIf "elseif" End "end" False "false" For "for"
    Function "function" Goto "goto" If "if" In "in" Local "local" Nil "nil" Not "not" Or "or" Repeat "repeat"
    Return "return" Then "then" True "true" Until "until" While "while"
    IDiv "//" Concat ".." Dots "..." Eq "==" Ge ">=" Le "<=" Ne "~=" Shl "<<" Shr ">>" DoubleColon "::"
}

/// How many of the fixed tokens are reserved words; their symbols are 0, 1, ...
const RESERVED: usize = 22;

/// Which bytes may be in a name.
const IN_NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_';
        byte += 1;
    }
    table
};

/// What the table of each chunk starts with.
static RESERVED_WORDS: LazyLock<Symbols> = LazyLock::new(|| {
    let mut symbols = Symbols::new();
    for (_, word) in &FIXED[..RESERVED] {
        symbols.intern(word.as_bytes()).expect("a table of this size fits into memory");
    }
    symbols
});

impl Token {
    /// How messages name a kind of token: quoted if its text is fixed.
    pub fn describe(self) -> String {
        match self {
            Token::Eof => "<eof>".into(),
            Token::Float(_) => "<number>".into(),
            Token::Int(_) => "<integer>".into(),
            Token::Name(_) => "<name>".into(),
            Token::Str(_) => "<string>".into(),
            Token::Char(byte @ b' '..=b'~') => format!("'{}'", char::from(byte)),
            Token::Char(byte) => format!("'<\\{byte}>'"),
            fixed => {
                let text = FIXED.iter().find(|(token, _)| *token == fixed).map_or("", |(_, text)| text);
                format!("'{text}'")
            }
        }
    }
}

/// The end of a token: the line that the lexer was in after it and the offset of the byte after it.
///
/// Instructions are attributed to the line of the token before the point at which they were decided on, as in PUC
/// Lua; the offset finds the token after it for the rare message of the code generator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Offset in the source.
    pub end: u32,
}

/// Appends the next piece of a chunk's text; false at its end, an error when there is none to be had.
pub type Reader<'a> = &'a mut dyn FnMut(&mut Vec<u8>) -> std::result::Result<bool, ()>;

/// The state of reading one chunk.
pub struct Lexer<'a> {
    /// The text, as far as it is known.
    source: Vec<u8>,
    /// Where more of it comes from, until it has ended.
    reader: Option<Reader<'a>>,
    chunk_name: &'a [u8],
    /// Offset of the next byte.
    pos: usize,
    /// Line of the next byte.
    line: u32,
    /// Offset at which the last token starts, and its line.
    start: usize,
    start_line: u32,
    /// The last string literal with its delimiters, escapes resolved: what messages show of it.
    buffer: Vec<u8>,
    /// Names and strings so far.
    pub symbols: Symbols,
}

impl<'a> Lexer<'a> {
    /// A lexer at the start of a text of less than 4 GiB, of which `source` is known.
    pub fn new(source: Vec<u8>, reader: Option<Reader<'a>>, chunk_name: &'a [u8]) -> Lexer<'a> {
        Lexer::reuse(source, reader, chunk_name, Symbols::default(), Vec::new())
    }

    /// As [`Lexer::new`], with the memory of a table and a buffer.
    pub(crate) fn reuse(
        source: Vec<u8>,
        reader: Option<Reader<'a>>,
        chunk_name: &'a [u8],
        mut symbols: Symbols,
        buffer: Vec<u8>,
    ) -> Lexer<'a> {
        symbols.restart(&RESERVED_WORDS);
        Lexer { source, reader, chunk_name, pos: 0, line: 1, start: 0, start_line: 1, buffer, symbols }
    }

    /// A lexer that continues after `place`.
    pub fn resume(source: &[u8], chunk_name: &'a [u8], place: Place) -> Lexer<'a> {
        let mut lexer = Lexer::new(source[place.end as usize..].to_vec(), None, chunk_name);
        lexer.line = place.line;
        lexer
    }

    /// The text, as far as it was read, and the memory of the buffer.
    pub(crate) fn into_parts(self) -> (Vec<u8>, Vec<u8>) {
        (self.source, self.buffer)
    }

    /// Where the last token ended.
    pub fn place(&self) -> Place {
        Place { line: self.line, end: self.pos as u32 }
    }

    /// The line that the lexer is in.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// An error in the current line about a token, which must be the last one read.
    pub(crate) fn error_near(&self, text: &str, token: Token) -> Box<CompileError> {
        let near = match token {
            // A zero byte is PUC Lua's mark for "no token".
            Token::Char(0) => return self.error(text),
            Token::Name(_) | Token::Int(_) | Token::Float(_) => quote(&self.source[self.start..self.pos]),
            Token::Str(_) => quote(&self.buffer),
            other => other.describe().into_bytes(),
        };
        CompileError::at(self.chunk_name, self.line, text.as_bytes(), Some(&near))
    }

    /// An error in the current line about no token in particular.
    pub(crate) fn error(&self, text: &str) -> Box<CompileError> {
        CompileError::at(self.chunk_name, self.line, text.as_bytes(), None)
    }

    /// An error inside a string or number; the text read so far is in the buffer.
    fn error_in_text(&self, text: &str) -> Box<CompileError> {
        CompileError::at(self.chunk_name, self.line, text.as_bytes(), Some(&quote(&self.buffer)))
    }

    fn peek(&self) -> Option<u8> {
        self.source.get(self.pos).copied()
    }

    /// Skips the next byte if it is `byte`.
    fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.pos += usize::from(found);
        found
    }

    /// Reads the next token.
    ///
    /// # Errors
    /// Malformed numbers, strings and escape sequences, strings and comments without an end, and a reader that fails.
    #[inline]
    pub fn next_token(&mut self) -> Result<Token> {
        if self.reader.is_none() {
            return self.scan();
        }
        self.next_of_pieces()
    }

    /// As [`Lexer::next_token`] while there may be more text than is known.
    fn next_of_pieces(&mut self) -> Result<Token> {
        loop {
            let token = self.scan();
            if self.pos < self.source.len() || self.reader.is_none() {
                return token;
            }
            if !self.read_more()? {
                return token;
            }
            self.pos = self.start;
            self.line = self.start_line;
        }
    }

    /// Gets more text behind the token at `start`; false at the end of the text.
    #[cold]
    fn read_more(&mut self) -> Result<bool> {
        let known = self.source.len();
        // The longer a token, the more text at a time: it is read from its start again.
        let wanted = if known - self.start < 256 { 1 } else { known - self.start };
        while let Some(reader) = &mut self.reader
            && self.source.len() - known < wanted
        {
            match reader(&mut self.source) {
                Ok(true) if u32::try_from(self.source.len()).is_err() => return Err(CompileError::too_large()),
                Ok(true) => {}
                Ok(false) => self.reader = None,
                Err(()) => return Err(CompileError::bare("cannot read the chunk")),
            }
        }
        Ok(self.source.len() > known)
    }

    /// Reads the next token of the known text. When the text ends with it or in it, the token may be another one with
    /// more text, from `start` on.
    fn scan(&mut self) -> Result<Token> {
        loop {
            self.start = self.pos;
            self.start_line = self.line;
            let Some(byte) = self.peek() else { return Ok(Token::Eof) };
            match byte {
                b'\n' | b'\r' => {
                    self.newline();
                    if self.pos == self.source.len() {
                        return Ok(Token::Eof);
                    }
                }
                b' ' | b'\t' | 0x0B | 0x0C => {
                    self.pos += 1;
                    while self.peek() == Some(b' ') {
                        self.pos += 1;
                    }
                }
                b'-' => {
                    self.pos += 1;
                    if !self.skip(b'-') {
                        return Ok(Token::Char(b'-'));
                    }
                    self.comment()?;
                    if self.pos == self.source.len() {
                        return Ok(Token::Eof);
                    }
                }
                b'[' => {
                    return match self.long_bracket() {
                        Bracket::Open(level) => self.long_string(level),
                        Bracket::Single => Ok(Token::Char(b'[')),
                        Bracket::Broken => {
                            self.buffer.clear();
                            self.buffer.extend_from_slice(&self.source[self.start..self.pos]);
                            Err(self.error_in_text("invalid long string delimiter"))
                        }
                    };
                }
                b'"' | b'\'' => return self.string(byte),
                b'0'..=b'9' => return self.number(),
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => return self.name(),
                b'.' => {
                    self.pos += 1;
                    if self.skip(b'.') {
                        return Ok(if self.skip(b'.') { Token::Dots } else { Token::Concat });
                    }
                    return if self.peek().is_some_and(|b| b.is_ascii_digit()) {
                        self.number()
                    } else {
                        Ok(Token::Char(b'.'))
                    };
                }
                _ => {
                    self.pos += 1;
                    return Ok(self.operator(byte));
                }
            }
        }
    }

    fn operator(&mut self, byte: u8) -> Token {
        match byte {
            b'=' if self.skip(b'=') => Token::Eq,
            b'<' if self.skip(b'=') => Token::Le,
            b'<' if self.skip(b'<') => Token::Shl,
            b'>' if self.skip(b'=') => Token::Ge,
            b'>' if self.skip(b'>') => Token::Shr,
            b'/' if self.skip(b'/') => Token::IDiv,
            b'~' if self.skip(b'=') => Token::Ne,
            b':' if self.skip(b':') => Token::DoubleColon,
            other => Token::Char(other),
        }
    }

    /// Skips a line break: `\n`, `\r`, `\n\r` or `\r\n`.
    fn newline(&mut self) {
        let first = self.source[self.pos];
        self.pos += 1;
        if let Some(second @ (b'\n' | b'\r')) = self.peek()
            && second != first
        {
            self.pos += 1;
        }
        self.line += 1;
    }

    fn name(&mut self) -> Result<Token> {
        let text = &self.source[self.start..];
        let len = text.iter().position(|&b| !IN_NAME[usize::from(b)]).unwrap_or(text.len());
        self.pos += len;
        let symbol = self.symbols.intern(&text[..len])?;
        Ok(match FIXED[..RESERVED].get(symbol.0 as usize) {
            Some((word, _)) => *word,
            None => Token::Name(symbol),
        })
    }

    /// Reads what looks like a numeral and lets [`str_to_number`] decide.
    fn number(&mut self) -> Result<Token> {
        let mut exponent = [b'e', b'E'];
        // A leading point has been skipped already.
        if self.peek() == Some(b'0') && matches!(self.source.get(self.pos + 1), Some(b'x' | b'X')) {
            exponent = [b'p', b'P'];
            self.pos += 2;
        }
        while let Some(byte) = self.peek() {
            if exponent.contains(&byte) {
                self.pos += 1;
                let _ = self.skip(b'-') || self.skip(b'+');
            } else if byte.is_ascii_hexdigit() || byte == b'.' {
                self.pos += 1;
            } else {
                break;
            }
        }
        // A letter that touches the numeral spoils it.
        if self.peek().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_') {
            self.pos += 1;
        }
        match str_to_number(&self.source[self.start..self.pos]) {
            Some(Number::Int(n)) => Ok(Token::Int(n)),
            Some(Number::Float(f)) => Ok(Token::Float(f)),
            None => Err(self.error_near("malformed number", Token::Int(0))),
        }
    }

    /// Skips `[`, any number of `=` and, if it follows, the second `[`.
    fn long_bracket(&mut self) -> Bracket {
        self.pos += 1;
        let level = self.source[self.pos..].iter().take_while(|&&b| b == b'=').count();
        self.pos += level;
        if self.skip(b'[') {
            Bracket::Open(level)
        } else if level == 0 {
            Bracket::Single
        } else {
            Bracket::Broken
        }
    }

    fn comment(&mut self) -> Result<()> {
        if self.peek() == Some(b'[')
            && let Bracket::Open(level) = self.long_bracket()
        {
            return self.long_text(level, "comment", false);
        }
        let text = &self.source[self.pos..];
        self.pos += text.iter().position(|&b| b == b'\n' || b == b'\r').unwrap_or(text.len());
        Ok(())
    }

    fn long_string(&mut self, level: usize) -> Result<Token> {
        self.buffer.clear();
        self.save(self.start, self.pos)?;
        self.long_text(level, "string", true)?;
        let content = level + 2..self.buffer.len() - level - 2;
        Ok(Token::Str(self.symbols.intern(&self.buffer[content])?))
    }

    /// Reads up to and including the closing bracket of `level`, into the buffer if `keep`.
    fn long_text(&mut self, level: usize, what: &str, keep: bool) -> Result<()> {
        let first_line = self.line;
        if matches!(self.peek(), Some(b'\n' | b'\r')) {
            self.newline();
        }
        loop {
            let run = self.source[self.pos..].iter().take_while(|b| !matches!(b, b']' | b'\n' | b'\r')).count();
            let from = self.pos;
            self.pos += run;
            let mut closed = false;
            let mut line_break = false;
            match self.peek() {
                None => {
                    let text = format!("unfinished long {what} (starting at line {first_line})");
                    return Err(self.error_near(&text, Token::Eof));
                }
                Some(b']') => {
                    let equals = self.source[self.pos + 1..].iter().take_while(|&&b| b == b'=').count();
                    self.pos += 1 + equals;
                    closed = equals == level && self.skip(b']');
                }
                Some(_) => line_break = true,
            }
            if keep {
                self.save(from, self.pos)?;
            }
            if closed {
                return Ok(());
            }
            if line_break {
                self.newline();
                if keep {
                    self.buffer.push(b'\n');
                }
            }
        }
    }

    /// Appends source bytes to the buffer.
    fn save(&mut self, from: usize, to: usize) -> Result<()> {
        self.buffer.try_reserve(to - from + 1).map_err(|_| CompileError::memory())?;
        self.buffer.extend_from_slice(&self.source[from..to]);
        Ok(())
    }

    fn string(&mut self, delimiter: u8) -> Result<Token> {
        self.buffer.clear();
        self.pos += 1;
        self.save(self.start, self.pos)?;
        loop {
            let from = self.pos;
            let text = &self.source[from..];
            let ends = |&b: &u8| b == delimiter || matches!(b, b'\\' | b'\n' | b'\r');
            self.pos += text.iter().position(ends).unwrap_or(text.len());
            self.save(from, self.pos)?;
            match self.peek() {
                None => return Err(self.error_near("unfinished string", Token::Eof)),
                Some(b'\n' | b'\r') => return Err(self.error_in_text("unfinished string")),
                Some(b'\\') => self.escape()?,
                Some(_) => break,
            }
        }
        self.pos += 1;
        self.buffer.push(delimiter);
        Ok(Token::Str(self.symbols.intern(&self.buffer[1..self.buffer.len() - 1])?))
    }

    /// Reads an escape sequence, of which the backslash is next.
    fn escape(&mut self) -> Result<()> {
        let start = self.pos;
        self.pos += 1;
        let Some(byte) = self.peek() else { return Ok(()) }; // the string is unfinished
        let plain = match byte {
            b'a' => 0x07,
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0B,
            b'\\' | b'"' | b'\'' => byte,
            b'\n' | b'\r' => {
                self.newline();
                self.buffer.push(b'\n');
                return Ok(());
            }
            b'x' => {
                self.pos += 1;
                let high = self.hex_digit(start)?;
                let low = self.hex_digit(start)?;
                self.buffer.push(high << 4 | low);
                return Ok(());
            }
            b'u' => return self.utf8_escape(start),
            b'z' => {
                self.pos += 1;
                while let Some(space) = self.peek().filter(|&b| is_space(b)) {
                    if matches!(space, b'\n' | b'\r') {
                        self.newline();
                    } else {
                        self.pos += 1;
                    }
                }
                return Ok(());
            }
            b'0'..=b'9' => {
                let mut value = 0;
                for _ in 0..3 {
                    let Some(digit) = self.peek().filter(u8::is_ascii_digit) else { break };
                    value = value * 10 + u32::from(digit - b'0');
                    self.pos += 1;
                }
                let Ok(value) = u8::try_from(value) else {
                    return Err(self.bad_escape(start, "decimal escape too large"));
                };
                self.buffer.push(value);
                return Ok(());
            }
            _ => return Err(self.bad_escape(start, "invalid escape sequence")),
        };
        self.pos += 1;
        self.buffer.push(plain);
        Ok(())
    }

    fn hex_digit(&mut self, escape: usize) -> Result<u8> {
        match self.peek().and_then(hex_value) {
            Some(digit) => {
                self.pos += 1;
                Ok(digit)
            }
            None => Err(self.bad_escape(escape, "hexadecimal digit expected")),
        }
    }

    /// Reads `u{XXX}`: up to 31 bits, encoded as UTF-8 was first defined.
    fn utf8_escape(&mut self, start: usize) -> Result<()> {
        self.pos += 1;
        if !self.skip(b'{') {
            return Err(self.bad_escape(start, "missing '{'"));
        }
        let mut value = u32::from(self.hex_digit(start)?);
        while let Some(digit) = self.peek().and_then(hex_value) {
            if value > 0x7FFF_FFFF >> 4 {
                return Err(self.bad_escape(start, "UTF-8 value too large"));
            }
            value = value << 4 | u32::from(digit);
            self.pos += 1;
        }
        if !self.skip(b'}') {
            return Err(self.bad_escape(start, "missing '}'"));
        }
        if value < 0x80 {
            self.buffer.push(value as u8);
            return Ok(());
        }
        // Continuation bytes take six bits each; the first byte has one bit less with each of them.
        let (mut tail, mut room) = (Vec::new(), 0x3F);
        while value > room {
            tail.push(0x80 | (value & 0x3F) as u8);
            value >>= 6;
            room >>= 1;
        }
        self.buffer.push((!room << 1) as u8 | value as u8);
        self.buffer.extend(tail.iter().rev());
        Ok(())
    }

    /// An error in the escape sequence that began at `start`; the message shows it up to the offending byte.
    fn bad_escape(&mut self, start: usize, text: &str) -> Box<CompileError> {
        let end = (self.pos + 1).min(self.source.len());
        self.pos = end;
        self.buffer.extend_from_slice(&self.source[start..end]);
        self.error_in_text(text)
    }
}

enum Bracket {
    /// `[`, this many `=`, `[`
    Open(usize),
    /// `[` and something else
    Single,
    /// `[=` without a second bracket
    Broken,
}

/// Quoted for a message; a zero byte ends what is shown.
fn quote(text: &[u8]) -> Vec<u8> {
    let shown = text.split(|&b| b == 0).next().unwrap_or(b"");
    let mut quoted = vec![b'\''];
    quoted.extend_from_slice(shown);
    quoted.push(b'\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(source: &[u8]) -> Vec<Vec<u8>> {
        let mut lexer = Lexer::new(source.to_vec(), None, b"=c");
        let mut found = Vec::new();
        loop {
            match lexer.next_token().unwrap_or_else(|e| panic!("{e}")) {
                Token::Eof => return found,
                Token::Str(s) | Token::Name(s) => found.push(lexer.symbols.text(s).to_vec()),
                other => found.push(other.describe().into_bytes()),
            }
        }
    }

    fn error(source: &[u8]) -> String {
        let mut lexer = Lexer::new(source.to_vec(), None, b"=c");
        loop {
            match lexer.next_token() {
                Ok(Token::Eof) => panic!("no error"),
                Ok(_) => {}
                Err(e) => return e.to_string(),
            }
        }
    }

    #[test]
    fn reserved_words_are_the_first_symbols() {
        for (index, (token, text)) in FIXED[..RESERVED].iter().enumerate() {
            let mut lexer = Lexer::new(text.as_bytes().to_vec(), None, b"=c");
            assert_eq!(lexer.symbols.text(Symbol(index as u32)), text.as_bytes());
            assert_eq!(lexer.next_token().unwrap(), *token);
        }
        assert_eq!(FIXED[RESERVED].0, Token::IDiv);
    }

    #[test]
    fn escapes_become_bytes() {
        assert_eq!(strings(br#""\a\b\f\n\r\t\v\\\"\'" "#), [b"\x07\x08\x0c\n\r\t\x0b\\\"'"]);
        assert_eq!(
            strings(
                br#"'\x41\65\0651\z   
             x'"#
            ),
            [b"AAA1x"]
        );
        assert_eq!(strings(b"'a\\\r\nb'"), [b"a\nb"]);
        assert_eq!(
            strings(br#"'\u{7F}\u{80}\u{7FF}\u{800}\u{FFFF}\u{10000}\u{7FFFFFFF}'"#),
            [b"\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xFD\xBF\xBF\xBF\xBF\xBF"]
        );
    }

    #[test]
    fn long_strings_normalize_line_breaks() {
        assert_eq!(strings(b"[[\r\na\rb\n\rc]d]]"), [b"a\nb\nc]d"]);
        assert_eq!(strings(b"[==[]]]=]x]==]"), [b"]]]=]x"]);
        assert_eq!(strings(b"--[[x\n]]a--b\n--[=c\nd"), [b"a", b"d"]);
        assert_eq!(strings(b"a[b[1]]"), [&b"a"[..], b"'['", b"b", b"'['", b"<integer>", b"']'", b"']'"]);
    }

    #[test]
    fn operators_take_the_longest_match() {
        let texts = strings(b"...  .. . <<= >>= //= ~== ::: --\n-");
        let expected =
            ["'...'", "'..'", "'.'", "'<<'", "'='", "'>>'", "'='", "'//'", "'='", "'~='", "'='", "'::'", "':'", "'-'"];
        assert_eq!(texts, expected.map(str::as_bytes));
    }

    #[test]
    fn messages_show_the_text_so_far() {
        assert_eq!(error(b"'abc"), "c:1: unfinished string near <eof>");
        assert_eq!(error(b"\n'abc\n"), "c:2: unfinished string near ''abc'");
        assert_eq!(error(br"'\q'"), r"c:1: invalid escape sequence near ''\q'");
        assert_eq!(error(br"'\300'"), r"c:1: decimal escape too large near ''\300''");
        assert_eq!(error(br"'\xzz'"), r"c:1: hexadecimal digit expected near ''\xz'");
        assert_eq!(error(br"'\u{80000000}'"), r"c:1: UTF-8 value too large near ''\u{80000000'");
        assert_eq!(error(br"'\u123'"), r"c:1: missing '{' near ''\u1'");
        assert_eq!(error(br"'\u{123'"), r"c:1: missing '}' near ''\u{123''");
        assert_eq!(error(b"3x"), "c:1: malformed number near '3x'");
        assert_eq!(error(b"[=abc"), "c:1: invalid long string delimiter near '[='");
        assert_eq!(error(b"\n[[\n"), "c:3: unfinished long string (starting at line 2) near <eof>");
        assert_eq!(error(b"--[["), "c:1: unfinished long comment (starting at line 1) near <eof>");
    }
}
