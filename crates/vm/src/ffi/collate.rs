//! Order of strings.

use std::cmp::Ordering;

/// Compares two strings byte by byte, as `strcoll` does in the C locale.
pub fn compare(a: &[u8], b: &[u8]) -> Ordering {
    a.cmp(b)
}
