//! Byte strings of compiled functions: names of variables and string constants.
//!
//! There are many and most are short: up to [`IN_PLACE`] bytes lie in the value itself and need no memory of their own.

use std::fmt;
use std::ops::Deref;

/// The most bytes that a [`Text`] holds itself.
const IN_PLACE: usize = 22;

/// A byte string.
#[derive(Clone)]
pub struct Text(Bytes);

#[derive(Clone)]
enum Bytes {
    /// This many of these
    Short(u8, [u8; IN_PLACE]),
    Long(Box<[u8]>),
}

impl Text {
    /// A copy of a byte string; None when there is no memory for it.
    pub fn copy(bytes: &[u8]) -> Option<Text> {
        if bytes.len() <= IN_PLACE {
            let mut short = [0; IN_PLACE];
            short[..bytes.len()].copy_from_slice(bytes);
            return Some(Text(Bytes::Short(bytes.len() as u8, short)));
        }
        let mut long = Vec::new();
        long.try_reserve_exact(bytes.len()).ok()?;
        long.extend_from_slice(bytes);
        Some(Text(Bytes::Long(long.into_boxed_slice())))
    }
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Bytes::Short(len, bytes) => &bytes[..usize::from(*len)],
            Bytes::Long(bytes) => bytes,
        }
    }
}

impl From<&[u8]> for Text {
    fn from(bytes: &[u8]) -> Text {
        Text::copy(bytes).unwrap_or_else(|| Text(Bytes::Long(bytes.into())))
    }
}

impl Default for Text {
    fn default() -> Text {
        Text(Bytes::Short(0, [0; IN_PLACE]))
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(self), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_texts_are_what_they_were_made_of() {
        let bytes: Vec<u8> = (0..60).collect();
        for len in 0..60 {
            let text = Text::from(&bytes[..len]);
            assert_eq!(&*text, &bytes[..len]);
            assert_eq!(text, text.clone());
            assert_ne!(text, Text::from(&bytes[..len + 1]));
        }
        assert_eq!(size_of::<Text>(), size_of::<Vec<u8>>());
    }
}
