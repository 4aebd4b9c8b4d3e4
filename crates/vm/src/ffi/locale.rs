//! The C locale in use: decimal points, the order of strings, the classes and cases of bytes.
//!
//! Promises: while a category is as in the C locale, asking about it costs one load. Leaves to others: that the locale
//! does not change while several threads run (contract 28), and that a host which changes it calls [`changed`].

use super::stdio::CText;
use core::cmp::Ordering;
use core::ffi::{CStr, c_int};
use core::ptr::null;
use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicBool, AtomicU8};

/// The categories of a locale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    All,
    Collate,
    Ctype,
    Monetary,
    Numeric,
    Time,
}

// What follows is written by `changed` only, while one thread runs, and published to others as everything is when a
// thread starts; a stale value is an answer by the former locale, nothing worse.

/// The decimal point, or 0 when it takes more than one byte.
static DECIMAL_POINT: AtomicU8 = AtomicU8::new(b'.');
/// Whether strings have another order than that of their bytes.
static COLLATES: AtomicBool = AtomicBool::new(false);
/// Whether some byte has another class or case than in the C locale.
static CLASSIFIES: AtomicBool = AtomicBool::new(false);

/// Sets the locale of a category, or asks for it (`None`); its name, or `None` when it cannot be set.
pub fn set(category: Category, name: Option<&CText>) -> Option<Vec<u8>> {
    let category = match category {
        Category::All => libc::LC_ALL,
        Category::Collate => libc::LC_COLLATE,
        Category::Ctype => libc::LC_CTYPE,
        Category::Monetary => libc::LC_MONETARY,
        Category::Numeric => libc::LC_NUMERIC,
        Category::Time => libc::LC_TIME,
    };
    // SAFETY: null, or a name that ends in NUL.
    let set = unsafe { libc::setlocale(category, name.map_or(null(), CText::pointer)) };
    if set.is_null() {
        return None;
    }
    // SAFETY: `setlocale` returned a text that ends in NUL, and nothing runs before the copy.
    let set = unsafe { CStr::from_ptr(set) }.to_bytes().to_vec();
    if name.is_some() {
        changed();
    }
    Some(set)
}

/// Looks at the locale again. Call it after each `setlocale` of others.
pub fn changed() {
    let point = decimal_point_text();
    DECIMAL_POINT.store(if let [point] = point[..] { point } else { 0 }, Relaxed);
    // SAFETY: null asks for the name, a text that ends in NUL.
    let order = unsafe { CStr::from_ptr(libc::setlocale(libc::LC_COLLATE, null())) }.to_bytes();
    COLLATES.store(order != b"C" && order != b"POSIX", Relaxed);
    let plain = (0..=u8::MAX).all(|c| {
        to_upper(c) == c.to_ascii_uppercase()
            && to_lower(c) == c.to_ascii_lowercase()
            && in_class(b'a', c) == c.is_ascii_alphabetic()
            && in_class(b'c', c) == c.is_ascii_control()
            && in_class(b'g', c) == c.is_ascii_graphic()
            && in_class(b'p', c) == c.is_ascii_punctuation()
            && in_class(b's', c) == (c == b' ' || (9..=13).contains(&c))
    });
    CLASSIFIES.store(!plain, Relaxed);
}

// ---- numbers -----------------------------------------------------------------------------------------------------

/// The decimal point, or 0 when it takes more than one byte.
#[inline]
pub fn decimal_point() -> u8 {
    DECIMAL_POINT.load(Relaxed)
}

/// The decimal point, of any length.
pub fn decimal_point_text() -> Vec<u8> {
    // SAFETY: `localeconv` has no preconditions but that no other thread changes the locale at this moment (contract
    // 28); its `decimal_point` is a text that ends in NUL.
    unsafe { CStr::from_ptr((*libc::localeconv()).decimal_point) }.to_bytes().to_vec()
}

// ---- order -------------------------------------------------------------------------------------------------------

/// Whether the order of strings is that of their bytes.
#[inline]
pub fn orders_by_bytes() -> bool {
    !COLLATES.load(Relaxed)
}

/// Compares two strings in the order of the locale.
#[inline]
pub fn compare(a: &[u8], b: &[u8]) -> Ordering {
    if orders_by_bytes() { a.cmp(b) } else { compare_slow(a, b) }
}

/// Compares piece by piece between NULs, which C strings cannot hold.
#[cold]
fn compare_slow(a: &[u8], b: &[u8]) -> Ordering {
    let (mut a_pieces, mut b_pieces) = (a.split(|&c| c == 0), b.split(|&c| c == 0));
    loop {
        match (a_pieces.next(), b_pieces.next()) {
            (Some(x), Some(y)) => {
                let (Some(x), Some(y)) = (CText::new(x), CText::new(y)) else {
                    return a.cmp(b); // no memory
                };
                // SAFETY: both end in NUL.
                match unsafe { libc::strcoll(x.pointer(), y.pointer()) }.cmp(&0) {
                    Ordering::Equal => {}
                    unequal => return unequal,
                }
            }
            (x, y) => return x.is_some().cmp(&y.is_some()),
        }
    }
}

// ---- bytes -------------------------------------------------------------------------------------------------------

/// Whether all bytes have the classes and cases of the C locale, those of ASCII.
#[inline]
pub fn is_ascii() -> bool {
    !CLASSIFIES.load(Relaxed)
}

/// Whether a byte is in the class of this lower case letter, one of `acdglpsuwx` as in patterns.
pub fn in_class(letter: u8, c: u8) -> bool {
    let c = c_int::from(c);
    // SAFETY: these functions take any value of an unsigned char.
    let yes = unsafe {
        match letter {
            b'a' => libc::isalpha(c),
            b'c' => libc::iscntrl(c),
            b'd' => libc::isdigit(c),
            b'g' => libc::isgraph(c),
            b'l' => libc::islower(c),
            b'p' => libc::ispunct(c),
            b's' => libc::isspace(c),
            b'u' => libc::isupper(c),
            b'w' => libc::isalnum(c),
            b'x' => libc::isxdigit(c),
            _ => 0,
        }
    };
    yes != 0
}

/// A byte in upper case.
pub fn to_upper(c: u8) -> u8 {
    // SAFETY: it takes any value of an unsigned char, and returns one.
    unsafe { libc::toupper(c_int::from(c)) as u8 }
}

/// A byte in lower case.
pub fn to_lower(c: u8) -> u8 {
    // SAFETY: it takes any value of an unsigned char, and returns one.
    unsafe { libc::tolower(c_int::from(c)) as u8 }
}
