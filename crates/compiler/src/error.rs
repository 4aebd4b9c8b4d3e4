//! What a failed compilation says, and how chunk names are shown.
//!
//! A message is complete when it is made: chunk, line, text and the token that it is about. Wording follows PUC Lua
//! byte for byte, since programs match on it.

/// The longest chunk name shown in messages, with a terminator that we do not have (PUC's `LUA_IDSIZE`).
const ID_SIZE: usize = 60;

/// Why a chunk could not be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// The whole message, as `load` returns it.
    pub message: Vec<u8>,
}

/// How the stages of the compiler pass an error on: boxed, since it is rare.
pub(crate) type Result<T> = std::result::Result<T, Box<CompileError>>;

impl CompileError {
    /// A message without a position.
    pub(crate) fn bare(text: &str) -> Box<CompileError> {
        Box::new(CompileError { message: text.as_bytes().to_vec() })
    }

    /// A message about a line of a chunk, and perhaps about a token.
    pub(crate) fn at(chunk_name: &[u8], line: u32, text: &[u8], near: Option<&[u8]>) -> Box<CompileError> {
        let mut message = chunk_id(chunk_name);
        message.extend_from_slice(format!(":{line}: ").as_bytes());
        message.extend_from_slice(text);
        if let Some(near) = near {
            message.extend_from_slice(b" near ");
            message.extend_from_slice(near);
        }
        Box::new(CompileError { message })
    }

    /// The error for a text of 4 GiB and more.
    pub(crate) fn too_large() -> Box<CompileError> {
        CompileError::bare("chunk too large")
    }

    /// The error for a buffer that could not be allocated.
    pub(crate) fn memory() -> Box<CompileError> {
        CompileError::bare("not enough memory")
    }
}

impl std::fmt::Display for CompileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.message))
    }
}

impl std::error::Error for CompileError {}

/// The short form of a chunk name: `=name` and `@name` without the mark, anything else as `[string "first line"]`,
/// each cut to 59 bytes.
pub fn chunk_id(name: &[u8]) -> Vec<u8> {
    let mut id = match name.first() {
        Some(b'=') => name[1..name.len().min(ID_SIZE)].to_vec(),
        Some(b'@') if name.len() <= ID_SIZE => name[1..].to_vec(),
        Some(b'@') => {
            let tail = ID_SIZE - 1 - b"...".len();
            [b"...", &name[name.len() - tail..]].concat()
        }
        _ => {
            let room = ID_SIZE - 1 - br#"[string "..."]"#.len();
            let line_end = name.iter().position(|&b| b == b'\n');
            let shown = &name[..line_end.unwrap_or(name.len()).min(room)];
            let cut: &[u8] = if line_end.is_none() && name.len() < room { b"" } else { b"..." };
            [br#"[string ""#, shown, cut, br#""]"#].concat()
        }
    };
    // Names with a zero byte are shown up to it.
    if let Some(zero) = id.iter().position(|&b| b == 0) {
        id.truncate(zero);
    }
    id
}

#[cfg(test)]
mod tests {
    use super::chunk_id;

    #[test]
    fn chunk_names_are_cut_as_in_puc_lua() {
        assert_eq!(chunk_id(b"=stdin"), b"stdin");
        assert_eq!(chunk_id(b"@file.lua"), b"file.lua");
        assert_eq!(chunk_id(b"x = 1"), br#"[string "x = 1"]"#);
        assert_eq!(chunk_id(b"x = 1\ny"), br#"[string "x = 1..."]"#);
        assert_eq!(chunk_id(b""), br#"[string ""]"#);
        let long = vec![b'a'; 100];
        assert_eq!(chunk_id(&[b"=", &long[..]].concat()), &long[..59]);
        assert_eq!(chunk_id(&[b"@", &long[..]].concat()), [b"...", &long[..56]].concat());
        assert_eq!(chunk_id(&long), [br#"[string ""#, &long[..45], br#"..."]"#].concat());
        assert_eq!(chunk_id(&long[..44]), [br#"[string ""#, &long[..44], br#""]"#].concat());
        assert_eq!(chunk_id(&long[..45]), [br#"[string ""#, &long[..45], br#"..."]"#].concat());
    }
}
