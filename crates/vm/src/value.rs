//! One Lua value in one 64-bit word (contract 1), and the borrowed form in which native code sees it.
//!
//! Promises: raw equality of words implies Lua raw equality; the reverse fails only for wide integers, strings that
//! are not the same object, and a float against an integer (I-3). Every double that enters is canonical (I-1).
//! Leaves to others: what the objects look like ([`crate::object`]), metamethods, conversions of strings.
//!
//! ```text
//! below 0xFFF9_…            a double, raw
//! 0xFFF9_0000_0000_000x     nil, EMPTY, MOVED, DEAD, false, true
//! 0xFFFA_pppp_pppp_pppp     light userdata of 48 bits
//! 0xFFFB_pppp_pppp_pppf     a heap object at p, 16-aligned; f bit 0: an atom
//! from 0xFFFC_0000_…        integers, biased around 0xFFFE_0000_0000_0000 (50 bits)
//! ```

use crate::object::{self, Header, Kind};
use std::marker::PhantomData;

/// First word that is not a double.
pub const TAG_BASE: u64 = 0xFFF9 << 48;
/// Tag of light userdata.
pub const TAG_LIGHT: u64 = 0xFFFA << 48;
/// Tag of heap objects.
pub const TAG_OBJECT: u64 = 0xFFFB << 48;
/// Smallest integer word: the check for an integer is one compare with it.
pub const TAG_INT: u64 = 0xFFFC << 48;
/// The word of integer 0.
pub const INT_ZERO: u64 = 0xFFFE << 48;
/// The canonical NaN (what x86 produces by itself).
pub const CANONICAL_NAN: u64 = 0xFFF8 << 48;
/// Least inline integer.
pub const INT_MIN: i64 = -(1 << 49);
/// Greatest inline integer.
pub const INT_MAX: i64 = (1 << 49) - 1;
/// In an object word: the object is an atom.
pub const ATOM_BIT: u64 = 1;
const ADDRESS_MASK: u64 = 0x0000_FFFF_FFFF_FFF0;

/// One Lua value. Copying it roots nothing: see contract 8.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Value(pub u64);

/// `i as f64` for integers of at most 51 bits, by arithmetic on floats: the x86-64 conversion instruction waits for the
/// former content of its destination, which ties independent operations of a loop together.
#[inline(always)]
pub const fn small_float(i: i64) -> f64 {
    /// 1.5 * 2^52, where the last bit of a float counts as one.
    const BIAS: f64 = 6_755_399_441_055_744.0;
    f64::from_bits(BIAS.to_bits().wrapping_add(i as u64)) - BIAS
}

impl Value {
    /// nil
    pub const NIL: Value = Value(TAG_BASE);
    /// A hash key word that was never used.
    pub const EMPTY: Value = Value(TAG_BASE + 1);
    /// A value word whose slot has moved to the next store.
    pub const MOVED: Value = Value(TAG_BASE + 2);
    /// A hash key word that will never be used: the chain goes on in the next store. Also a collected key.
    pub const DEAD: Value = Value(TAG_BASE + 3);
    /// false
    pub const FALSE: Value = Value(TAG_BASE + 4);
    /// true
    pub const TRUE: Value = Value(TAG_BASE + 5);

    /// A boolean.
    #[inline(always)]
    pub const fn bool(b: bool) -> Value {
        Value(Self::FALSE.0 + b as u64)
    }
    /// A float; any NaN becomes the canonical one (I-1).
    #[inline(always)]
    pub fn float(f: f64) -> Value {
        let bits = f.to_bits();
        // Every NaN above the canonical one would look like a tag.
        if bits >= TAG_BASE { Value(CANONICAL_NAN) } else { Value(bits) }
    }
    /// An integer that fits the inline range.
    #[inline(always)]
    pub const fn int_unchecked(i: i64) -> Value {
        debug_assert!(i >= INT_MIN && i <= INT_MAX);
        Value(INT_ZERO.wrapping_add(i as u64))
    }
    /// An integer, if it fits the inline range.
    #[inline(always)]
    pub const fn small_int(i: i64) -> Option<Value> {
        let w = INT_ZERO.wrapping_add(i as u64);
        if i >= INT_MIN && i <= INT_MAX { Some(Value(w)) } else { None }
    }
    /// A heap object.
    #[inline(always)]
    pub fn object(p: *const Header) -> Value {
        Value(TAG_OBJECT | p as u64)
    }
    /// An atom.
    #[inline(always)]
    pub fn atom(p: *const Header) -> Value {
        Value(TAG_OBJECT | p as u64 | ATOM_BIT)
    }
    /// nil, EMPTY, MOVED or DEAD.
    #[inline(always)]
    pub const fn is_nil_like(self) -> bool {
        self.0.wrapping_sub(TAG_BASE) < 4
    }
    /// nil
    #[inline(always)]
    pub const fn is_nil(self) -> bool {
        self.0 == TAG_BASE
    }
    /// nil or false
    #[inline(always)]
    pub const fn is_falsy(self) -> bool {
        self.0 & !4 == TAG_BASE
    }
    /// A double.
    #[inline(always)]
    pub const fn is_double(self) -> bool {
        self.0 < TAG_BASE
    }
    /// The double; only meaningful when `is_double`.
    #[inline(always)]
    pub const fn as_double(self) -> f64 {
        f64::from_bits(self.0)
    }
    /// An inline integer.
    #[inline(always)]
    pub const fn is_small_int(self) -> bool {
        self.0 >= TAG_INT
    }
    /// The inline integer; only meaningful when `is_small_int`.
    #[inline(always)]
    pub const fn as_small_int(self) -> i64 {
        self.0.wrapping_sub(INT_ZERO) as i64
    }
    /// The inline integer as a float; only meaningful when `is_small_int`.
    #[inline(always)]
    pub const fn small_int_as_float(self) -> f64 {
        small_float(self.as_small_int())
    }
    /// A heap object.
    #[inline(always)]
    pub const fn is_object(self) -> bool {
        self.0 >> 48 == TAG_OBJECT >> 48
    }
    /// The object's address; only meaningful when `is_object`.
    #[inline(always)]
    pub const fn as_object(self) -> *mut Header {
        (self.0 & ADDRESS_MASK) as *mut Header
    }
    /// A reference to an atom.
    #[inline(always)]
    pub const fn is_atom(self) -> bool {
        self.is_object() && self.0 & ATOM_BIT != 0
    }
    /// The object as a `T` when it is an object of type `kind`.
    #[inline(always)]
    pub fn as_kind<T>(self, kind: Kind) -> Option<*mut T> {
        if self.is_object() {
            let p = self.as_object();
            // SAFETY: an object word refers to a live object (it is rooted, or its thread has not reached a safepoint).
            if unsafe { (*p).kind() } == kind {
                return Some(p.cast());
            }
        }
        None
    }
    /// A boxed wide integer or an inline one.
    #[inline(always)]
    pub fn as_int(self) -> Option<i64> {
        if self.is_small_int() {
            return Some(self.as_small_int());
        }
        self.as_kind::<object::BoxedInt>(Kind::BoxedInt).map(|b| {
            // SAFETY: the kind says so, and the payload is immutable.
            unsafe { (*b).value }
        })
    }
    /// The number as a float, if this is a number.
    #[inline(always)]
    pub fn as_number(self) -> Option<f64> {
        if self.is_double() {
            Some(self.as_double())
        } else if self.is_small_int() {
            Some(self.small_int_as_float())
        } else {
            self.as_int().map(|i| i as f64)
        }
    }
    /// The string, if this is one.
    #[inline(always)]
    pub fn as_str(self) -> Option<*mut object::Str> {
        self.as_kind(Kind::Str)
    }
    /// The table, if this is one.
    #[inline(always)]
    pub fn as_table(self) -> Option<*mut object::Table> {
        self.as_kind(Kind::Table)
    }
    /// Lua's type.
    pub fn type_of(self) -> Type {
        if self.is_double() || self.is_small_int() {
            return Type::Number;
        }
        if self.is_object() {
            // SAFETY: as in `as_kind`.
            return match unsafe { (*self.as_object()).kind() } {
                Kind::Str => Type::String,
                Kind::Table => Type::Table,
                Kind::LuaClosure | Kind::NativeClosure => Type::Function,
                Kind::BoxedInt => Type::Number,
                Kind::BoxedLight => Type::LightUserdata,
                Kind::Userdata => Type::Userdata,
                Kind::Coroutine => Type::Coroutine,
                // Never in a register that Lua sees; named so that a listing of a broken state can say something.
                Kind::Free | Kind::Store | Kind::Cell | Kind::Proto | Kind::Stack | Kind::Bytes => Type::None,
            };
        }
        if self.0 >> 48 == TAG_LIGHT >> 48 {
            return Type::LightUserdata;
        }
        if self.is_nil_like() { Type::Nil } else { Type::Boolean }
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Value({:#018x})", self.0)
    }
}

/// Types of Lua values, as `type()` tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// No value at all: an argument that was not given.
    None,
    /// nil
    Nil,
    /// true, false
    Boolean,
    /// A pointer of the host
    LightUserdata,
    /// Integers and floats
    Number,
    /// Strings
    String,
    /// Tables
    Table,
    /// Functions in Lua or native
    Function,
    /// Objects of the host
    Userdata,
    /// What `type()` calls a thread
    Coroutine,
}

impl Type {
    /// As `type()` prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Type::None => "no value",
            Type::Nil => "nil",
            Type::Boolean => "boolean",
            Type::LightUserdata | Type::Userdata => "userdata",
            Type::Number => "number",
            Type::String => "string",
            Type::Table => "table",
            Type::Function => "function",
            Type::Coroutine => "thread",
        }
    }
}

/// A Lua value that cannot outlive a safepoint: it borrows the thread that could collect it (contract 8).
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Val<'t>(pub(crate) Value, pub(crate) PhantomData<&'t ()>);

impl<'t> Val<'t> {
    /// nil
    pub const NIL: Val<'static> = Val(Value::NIL, PhantomData);
    /// true
    pub const TRUE: Val<'static> = Val(Value::TRUE, PhantomData);
    /// false
    pub const FALSE: Val<'static> = Val(Value::FALSE, PhantomData);

    /// Caller: `v` is a value of this machine, live until the thread's next safepoint.
    #[inline(always)]
    pub(crate) fn new(v: Value) -> Val<'t> {
        debug_assert!(!v.is_nil_like() || v.is_nil(), "I-4: a sentinel left its table");
        Val(v, PhantomData)
    }
    /// A boolean.
    pub fn bool(b: bool) -> Val<'static> {
        Val(Value::bool(b), PhantomData)
    }
    /// A float.
    pub fn float(f: f64) -> Val<'static> {
        Val(Value::float(f), PhantomData)
    }
    /// An integer of at most 50 bits; panics outside of that range (use `Thread::new_int` for any).
    pub fn small_int(i: i64) -> Val<'static> {
        Val(Value::small_int(i).expect("integer beyond the inline range"), PhantomData)
    }
    /// Lua's type.
    pub fn type_of(self) -> Type {
        self.0.type_of()
    }
    /// nil
    #[inline(always)]
    pub fn is_nil(self) -> bool {
        self.0.is_nil()
    }
    /// Neither nil nor false.
    #[inline(always)]
    pub fn truthy(self) -> bool {
        !self.0.is_falsy()
    }
    /// The integer, if this is one (no conversion).
    #[inline(always)]
    pub fn as_int(self) -> Option<i64> {
        self.0.as_int()
    }
    /// The float, if this is one (no conversion).
    #[inline(always)]
    pub fn as_float(self) -> Option<f64> {
        if self.0.is_double() { Some(self.0.as_double()) } else { None }
    }
    /// Any number as a float (no strings).
    #[inline(always)]
    pub fn as_number(self) -> Option<f64> {
        self.0.as_number()
    }
    /// An integer, a float with an exact integer value, or a numeral string with one.
    pub fn to_int(self) -> Option<i64> {
        if let Some(i) = self.as_int() {
            return Some(i);
        }
        if let Some(f) = self.as_float() {
            return luas_compiler::number::float_to_integer(f);
        }
        match crate::number_text::read(self.as_bytes()?)? {
            luas_compiler::number::Number::Int(i) => Some(i),
            luas_compiler::number::Number::Float(f) => luas_compiler::number::float_to_integer(f),
        }
    }
    /// A number or a numeral string, as a float.
    pub fn to_number(self) -> Option<f64> {
        if let Some(f) = self.as_number() {
            return Some(f);
        }
        match crate::number_text::read(self.as_bytes()?)? {
            luas_compiler::number::Number::Int(i) => Some(i as f64),
            luas_compiler::number::Number::Float(f) => Some(f),
        }
    }
    /// The boolean, if this is one.
    pub fn as_bool(self) -> Option<bool> {
        match self.0 {
            Value::TRUE => Some(true),
            Value::FALSE => Some(false),
            _ => None,
        }
    }
    /// The bytes, if this is a string (numbers are not converted).
    #[inline(always)]
    pub fn as_bytes(self) -> Option<&'t [u8]> {
        self.0.as_str().map(|s| {
            // SAFETY: strings are immutable and never move, and this one lives at least until the next safepoint,
            // which ends 't.
            unsafe { object::Str::bytes(s) }
        })
    }
    /// The table, if this is one.
    #[inline(always)]
    pub fn as_table(self) -> Option<crate::native::Table<'t>> {
        self.0.as_table().map(|_| crate::native::Table(self))
    }
    /// A function, in Lua or native.
    pub fn is_function(self) -> bool {
        self.type_of() == Type::Function
    }
    /// A native function.
    pub fn is_native(self) -> bool {
        self.0.as_kind::<Header>(Kind::NativeClosure).is_some()
    }
    /// The payload, if this is a userdata made with a payload of type `T`.
    pub fn as_userdata<T: std::any::Any>(self) -> Option<&'t T> {
        let u = self.0.as_kind::<object::Userdata>(Kind::Userdata)?;
        // SAFETY: a userdata's payload lives as long as the userdata, which lives at least until the next safepoint.
        unsafe { (*u).payload()?.as_any().downcast_ref::<T>() }
    }
    /// The same word. Not raw equality: equal strings and equal wide integers may be different objects.
    pub fn same(self, other: Val<'_>) -> bool {
        self.0 == other.0
    }
    /// The address that `%p` and `tostring` show; 0 for values that are no pointers.
    pub fn address(self) -> usize {
        if self.0.is_object() && self.type_of() != Type::Number {
            return self.0.as_object() as usize;
        }
        if self.0.0 >> 48 == TAG_LIGHT >> 48 { (self.0.0 & 0xFFFF_FFFF_FFFF) as usize } else { 0 }
    }
}

impl std::fmt::Debug for Val<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A Lua value inside a native payload: the collector sees it through [`crate::native::Payload::trace`], and setting
/// it publishes the value when the owner is shared.
#[derive(Debug)]
pub struct Held(pub(crate) crate::sync::AtomicU64);

impl Held {
    /// Holds nil.
    pub fn nil() -> Held {
        Held(crate::sync::AtomicU64::new(Value::NIL.0))
    }
    /// Stores `v`; `owner` is the userdata whose payload this is part of.
    pub fn set(&self, th: &crate::thread::Thread, owner: Val<'_>, v: Val<'_>) {
        th.rec().publish_if_shared(owner.0, v.0);
        // Release: pairs with the acquire load in `get`, so that a reader sees the published object whole (I-11).
        self.0.store(v.0.0, crate::sync::Release);
    }
    /// The value.
    pub fn get<'t>(&self, _th: &'t crate::thread::Thread) -> Val<'t> {
        Val::new(Value(self.0.load(crate::sync::Acquire)))
    }
}
