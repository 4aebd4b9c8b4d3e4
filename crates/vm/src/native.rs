//! What native functions see of the machine: arguments, results, values, errors.
//!
//! A native function is a `fn(&mut Thread) -> Result<u32>`: it reads its arguments with [`Thread::arg`] and the
//! `check_*` family, pushes its results, and returns how many of the topmost values they are.
//!
//! Safety by borrowing (contract 8): a [`Val`] borrows the thread, so it cannot outlive a call that may reach a
//! safepoint (every function that takes `&mut Thread`: calls into Lua, metamethods, `safepoint`, `blocking`).
//! Allocation takes `&Thread` and never collects (contract 7). What must survive a call lies in a stack slot.
//!
//! Stack slots of the running function are numbered from 1 (arguments first), negative numbers count from the top.

use crate::debuginfo;
use crate::error;
use crate::interpreter::call;
use crate::metamethod::EVENT_NAMES;
use crate::object::{BoxedInt, BoxedLight, Kind, MAX_STR_LEN, NativeClosure, Store, Str, Userdata};
use crate::sync::{Acquire, Release};
use crate::table::shared::Change;
use crate::table::{self, Key, SetError, iterate, list, local, shared};
use crate::thread::{Record, Thread};
use crate::value::{Held, Type, Val, Value};
use std::any::Any;

pub use crate::metamethod::Event;

/// The token of a raised error: the error value itself lies in a slot of the thread (contract 16).
#[derive(Debug, PartialEq, Eq)]
pub struct Error(pub(crate) ());

/// The result of anything that may raise a Lua error.
pub type Result<T> = core::result::Result<T, Error>;

/// A function of Lua written in Rust. Returns the number of results, which are the topmost values of the stack.
pub type NativeFn = fn(&mut Thread) -> Result<u32>;

/// All results of a call, in the `nresults` argument of [`Thread::call`].
pub const ALL: i32 = -1;

/// A table, as a reference that cannot outlive a safepoint.
#[derive(Clone, Copy)]
pub struct Table<'t>(pub(crate) Val<'t>);

impl<'t> From<Table<'t>> for Val<'t> {
    fn from(t: Table<'t>) -> Val<'t> {
        t.0
    }
}

impl Table<'_> {
    pub(crate) fn raw(self) -> *mut crate::object::Table {
        self.0.0.as_object().cast()
    }
}

/// What a userdata may own. `trace` reports the Lua values inside it.
pub trait Payload: Any + Send + Sync {
    /// Reports each held value; none by default.
    fn trace(&self, _visit: &mut dyn FnMut(&Held)) {}
}

impl dyn Payload {
    /// For downcasting.
    pub fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A thread that is PARKED, see [`Thread::outside`]; dropping it ends that.
pub struct Outside(std::cell::RefCell<Thread>);

impl Outside {
    /// Runs `f` in Lua, RUNNING as any other code of the thread. Not from within such an `f`: that panics.
    pub fn inside<R>(&self, f: impl FnOnce(&mut Thread) -> R) -> R {
        struct Running<'a>(std::cell::RefMut<'a, Thread>);
        impl Drop for Running<'_> {
            fn drop(&mut self) {
                self.0.rec().enter_parked();
            }
        }
        let thread = self.0.borrow_mut();
        thread.rec().leave_parked();
        f(&mut Running(thread).0)
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        self.0.get_mut().rec().leave_parked();
    }
}

impl Record {
    /// A fresh object is complete: in the torture mode "publish" it is published at once.
    #[inline(always)]
    pub fn born(&self, v: Value) -> Value {
        if cfg!(debug_assertions) && self.torture().publish_at_birth {
            self.publish(v);
        }
        v
    }

    /// An integer, boxed when it is wide; None when there is no memory.
    #[inline(always)]
    pub fn new_int(&self, i: i64) -> Option<Value> {
        match Value::small_int(i) {
            Some(v) => Some(v),
            None => self.box_int(i),
        }
    }

    /// A box with a wide integer in the current run of its size class; None when that is used up (and in checked
    /// builds, where birth has more to do).
    #[inline(always)]
    pub fn bump_int(&self, i: i64) -> Option<*mut BoxedInt> {
        if cfg!(debug_assertions) {
            return None;
        }
        let b = self.bump(std::mem::size_of::<BoxedInt>())?.cast::<BoxedInt>();
        // SAFETY: a free cell of that size, ours from now on.
        unsafe {
            b.cast::<u64>().write(crate::object::Header::word(Kind::BoxedInt, 0));
            (*b).value = i;
        }
        Some(b)
    }

    #[inline(never)]
    fn box_int(&self, i: i64) -> Option<Value> {
        let b = self.alloc(Kind::BoxedInt, std::mem::size_of::<BoxedInt>(), 0)?.cast::<BoxedInt>();
        // SAFETY: fresh memory.
        unsafe { (*b).value = i };
        Some(self.born(Value::object(b.cast())))
    }
}

// ---- arguments -----------------------------------------------------------------------------------------------
impl Thread {
    #[inline(always)]
    fn base(&self) -> *mut Value {
        let rec = self.rec();
        // SAFETY: the current frame is the running native function's.
        unsafe { rec.stack.get().add((*rec.ci.get()).base as usize) }
    }
    /// How many arguments the running native function got.
    #[inline]
    pub fn arg_count(&self) -> usize {
        // SAFETY: as in `base`.
        unsafe { (*self.rec().ci.get()).extra as usize }
    }
    /// Argument `n` (from 1); nil when absent.
    #[inline]
    pub fn arg(&self, n: usize) -> Val<'_> {
        if n == 0 || n > self.arg_count() {
            return Val::NIL;
        }
        // SAFETY: an argument's slot.
        Val::new(unsafe { *self.base().add(n - 1) })
    }
    /// Whether argument `n` was given (even as nil).
    pub fn has_arg(&self, n: usize) -> bool {
        n >= 1 && n <= self.arg_count()
    }
    /// "bad argument #n to 'f' (value expected)" when absent.
    pub fn check_any(&self, n: usize) -> Result<Val<'_>> {
        if self.has_arg(n) { Ok(self.arg(n)) } else { Err(self.arg_error(n, "value expected")) }
    }
    /// An integer, or a float or numeral string with an exact integer value.
    #[inline]
    pub fn check_int(&self, n: usize) -> Result<i64> {
        let v = self.arg(n);
        if let Some(i) = v.as_int() {
            return Ok(i);
        }
        self.check_int_slow(n)
    }
    #[cold]
    fn check_int_slow(&self, n: usize) -> Result<i64> {
        let v = self.arg(n);
        match v.to_int() {
            Some(i) => Ok(i),
            None if v.to_number().is_some() => Err(self.arg_error(n, "number has no integer representation")),
            None => Err(self.type_error(n, "number")),
        }
    }
    /// As `check_int`; `default` when the argument is absent or nil.
    #[inline]
    pub fn opt_int(&self, n: usize, default: i64) -> Result<i64> {
        if self.arg(n).is_nil() { Ok(default) } else { self.check_int(n) }
    }
    /// A number, or a numeral string, as a float.
    #[inline]
    pub fn check_number(&self, n: usize) -> Result<f64> {
        match self.arg(n).as_float() {
            Some(f) => Ok(f),
            None => self.check_number_slow(n),
        }
    }
    #[inline(never)]
    fn check_number_slow(&self, n: usize) -> Result<f64> {
        match self.arg(n).to_number() {
            Some(f) => Ok(f),
            None => Err(self.type_error(n, "number")),
        }
    }
    /// As `check_number`; `default` when the argument is absent or nil.
    pub fn opt_number(&self, n: usize, default: f64) -> Result<f64> {
        if self.arg(n).is_nil() { Ok(default) } else { self.check_number(n) }
    }
    /// A string or a number (converted; the argument's slot then holds the string).
    #[inline]
    pub fn check_bytes(&self, n: usize) -> Result<&[u8]> {
        if let Some(s) = self.arg(n).as_bytes() {
            return Ok(s);
        }
        self.check_bytes_slow(n)
    }
    #[cold]
    fn check_bytes_slow(&self, n: usize) -> Result<&[u8]> {
        let mut buffer = [0; 48];
        let Some(len) = crate::number_text::write(self.arg(n).0, &mut buffer) else {
            return Err(self.type_error(n, "string"));
        };
        let v = self.new_bytes(&buffer[..len])?;
        // SAFETY: an argument's slot: `arg(n)` was not nil.
        unsafe { *self.base().add(n - 1) = v.0 };
        Ok(v.as_bytes().unwrap_or_default())
    }
    /// As `check_bytes`; `default` when the argument is absent or nil.
    pub fn opt_bytes<'t>(&'t self, n: usize, default: &'t [u8]) -> Result<&'t [u8]> {
        if self.arg(n).is_nil() { Ok(default) } else { self.check_bytes(n) }
    }
    /// A table.
    #[inline]
    pub fn check_table(&self, n: usize) -> Result<Table<'_>> {
        match self.arg(n).as_table() {
            Some(t) => Ok(t),
            None => Err(self.type_error(n, "table")),
        }
    }
    /// "bad argument #n to 'f' (T expected, got U)" unless the argument has this type.
    pub fn check_type(&self, n: usize, t: Type) -> Result<()> {
        if self.has_arg(n) && self.arg(n).type_of() == t { Ok(()) } else { Err(self.type_error(n, t.name())) }
    }
    /// Index of the argument (a string, or `default` when absent or nil) in `list`; error "invalid option 'x'".
    pub fn check_option(&self, n: usize, default: Option<&str>, list: &[&str]) -> Result<usize> {
        let name = match default {
            Some(d) => self.opt_bytes(n, d.as_bytes())?,
            None => self.check_bytes(n)?,
        };
        match list.iter().position(|s| s.as_bytes() == name) {
            Some(i) => Ok(i),
            None => {
                let mut text = b"invalid option '".to_vec();
                text.extend_from_slice(name);
                text.push(b'\'');
                Err(self.arg_error(n, text))
            }
        }
    }
    /// Payload of a userdata argument made by `new_userdata::<T>`; type error naming `tname` otherwise.
    pub fn check_userdata<T: Any>(&self, n: usize, tname: &str) -> Result<&T> {
        match self.arg(n).as_userdata::<T>() {
            Some(p) => Ok(p),
            None => Err(self.type_error(n, tname)),
        }
    }
}

// ---- the stack -----------------------------------------------------------------------------------------------
impl Thread {
    /// Number of values in the running function's frame.
    #[inline]
    pub fn top(&self) -> usize {
        // SAFETY: top is never below the frame's base.
        unsafe { self.rec().top.get().offset_from_unsigned(self.base()) }
    }
    /// Cuts the frame to `n` values or fills it with nil up to `n`.
    pub fn set_top(&self, n: usize) {
        let old = self.top();
        for _ in old..n {
            self.push_nil();
        }
        // SAFETY: within the frame.
        self.rec().top.set(unsafe { self.base().add(n) });
    }
    /// Removes the `n` topmost values.
    #[inline]
    pub fn pop(&self, n: usize) {
        assert!(n <= self.top(), "pop of more values than there are");
        // SAFETY: checked.
        self.rec().top.set(unsafe { self.rec().top.get().sub(n) });
    }
    #[inline]
    fn slot(&self, i: i32) -> *mut Value {
        let top = self.top();
        let at = if i > 0 { i as usize - 1 } else { top.wrapping_sub(i.unsigned_abs() as usize) };
        assert!(at < top, "stack index {i} out of range");
        // SAFETY: checked.
        unsafe { self.base().add(at) }
    }
    /// The value at index `i` (from 1, or negative from the top); nil beyond the top.
    #[inline]
    pub fn at(&self, i: i32) -> Val<'_> {
        if i > 0 && i as usize > self.top() {
            return Val::NIL;
        }
        // SAFETY: a slot of the frame.
        Val::new(unsafe { *self.slot(i) })
    }
    /// Replaces the value at index `i`.
    #[inline]
    pub fn set_at(&self, i: i32, v: Val<'_>) {
        // SAFETY: a slot of the frame.
        unsafe { *self.slot(i) = v.0 }
    }
    /// Moves the top value to index `i`, shifting up.
    pub fn insert(&self, i: i32) {
        let at = self.slot(i);
        // SAFETY: from `at` to the top are slots of the frame.
        unsafe {
            let last = self.rec().top.get().sub(1);
            let v = *last;
            std::ptr::copy(at, at.add(1), last.offset_from_unsigned(at));
            *at = v;
        }
    }
    /// Removes the value at index `i`, shifting down.
    pub fn remove(&self, i: i32) {
        let at = self.slot(i);
        // SAFETY: as in `insert`.
        unsafe {
            let last = self.rec().top.get().sub(1);
            std::ptr::copy(at.add(1), at, last.offset_from_unsigned(at));
            self.rec().top.set(last);
        }
    }
    /// Makes sure that `n` more values can be pushed; error "stack overflow". 20 are always there on entry.
    #[inline]
    pub fn check_stack(&self, n: usize) -> Result<()> {
        let rec = self.rec();
        // SAFETY: the current frame; its top is within the stack.
        let limit = unsafe { rec.stack.get().add((*rec.ci.get()).top as usize) };
        if rec.top.get().wrapping_add(n) <= limit && n <= crate::frame::MIN_NATIVE {
            return Ok(());
        }
        self.check_stack_slow(n)
    }
    #[inline(never)]
    fn check_stack_slow(&self, n: usize) -> Result<()> {
        let rec = self.rec();
        // SAFETY: top lies in the stack.
        let end = unsafe { rec.top.get().offset_from_unsigned(rec.stack.get()) }.saturating_add(n);
        match rec.ensure_stack(end) {
            Ok(()) => {
                // SAFETY: the current frame.
                unsafe {
                    let ci = rec.ci.get();
                    (*ci).top = (*ci).top.max(end as u32);
                }
                Ok(())
            }
            Err(crate::frame::GrowError::Memory) => Err(error::memory(rec)),
            Err(_) => Err(self.error("stack overflow")),
        }
    }
    /// Pushes a value.
    #[inline]
    pub fn push(&self, v: Val<'_>) {
        let rec = self.rec();
        let top = rec.top.get();
        if cfg!(debug_assertions) {
            // SAFETY: the current frame.
            let limit = unsafe { rec.stack.get().add((*rec.ci.get()).top as usize + crate::frame::EXTRA_SLOTS / 2) };
            assert!(top < limit, "a native function pushes without check_stack");
        }
        // SAFETY: every frame has room for MIN_NATIVE values, or asked for more.
        unsafe {
            *top = v.0;
            rec.top.set(top.add(1));
        }
    }
    /// Pushes nil.
    pub fn push_nil(&self) {
        self.push(Val::NIL);
    }
    /// Pushes a boolean.
    pub fn push_bool(&self, b: bool) {
        self.push(Val::bool(b));
    }
    /// Pushes an integer; may allocate (integers of more than 50 bits are boxed).
    pub fn push_int(&self, i: i64) -> Result<()> {
        self.push(self.new_int(i)?);
        Ok(())
    }
    /// Pushes a float.
    pub fn push_float(&self, f: f64) {
        self.push(Val::float(f));
    }
    /// Pushes a fresh string.
    pub fn push_bytes(&self, s: &[u8]) -> Result<()> {
        self.push(self.new_bytes(s)?);
        Ok(())
    }
    /// Pushes one result: `return th.ret(v)`.
    #[inline]
    pub fn ret(&self, v: Val<'_>) -> Result<u32> {
        self.push(v);
        Ok(1)
    }
    /// Pushes an integer as the result.
    #[inline]
    pub fn ret_int(&self, i: i64) -> Result<u32> {
        self.push_int(i)?;
        Ok(1)
    }
    /// Pushes a float as the result.
    pub fn ret_float(&self, f: f64) -> Result<u32> {
        self.ret(Val::float(f))
    }
    /// Pushes a boolean as the result.
    pub fn ret_bool(&self, b: bool) -> Result<u32> {
        self.ret(Val::bool(b))
    }
    /// Pushes a fresh string as the result.
    pub fn ret_bytes(&self, s: &[u8]) -> Result<u32> {
        self.push_bytes(s)?;
        Ok(1)
    }
    /// Pushes nil as the result.
    pub fn ret_nil(&self) -> Result<u32> {
        self.ret(Val::NIL)
    }
}

// ---- making values (never collects; Err only for memory or size) --------------------------------------------------
impl Thread {
    fn memory<T>(&self, v: Option<T>) -> Result<T> {
        match v {
            Some(v) => Ok(v),
            None => Err(error::memory(self.rec())),
        }
    }
    /// An integer of any size.
    #[inline]
    pub fn new_int(&self, i: i64) -> Result<Val<'_>> {
        self.memory(self.rec().new_int(i)).map(Val::new)
    }
    /// The number that a numeral denotes, as `tonumber(s)` reads it; None when it is no numeral.
    pub fn number_from(&self, s: &[u8]) -> Result<Option<Val<'_>>> {
        match crate::number_text::read(s) {
            Some(luas_compiler::number::Number::Int(i)) => self.new_int(i).map(Some),
            Some(luas_compiler::number::Number::Float(f)) => Ok(Some(Val::float(f))),
            None => Ok(None),
        }
    }
    /// A fresh string.
    #[inline]
    pub fn new_bytes(&self, s: &[u8]) -> Result<Val<'_>> {
        if s.len() > MAX_STR_LEN {
            return Err(self.error("resulting string too large"));
        }
        self.memory(self.rec().new_str(s)).map(Val::new)
    }
    /// A string of `len` bytes filled in place; more than 2^31-1 is "resulting string too large".
    pub fn new_bytes_with(&self, len: usize, fill: impl FnOnce(&mut [u8])) -> Result<Val<'_>> {
        if len > MAX_STR_LEN {
            return Err(self.error("resulting string too large"));
        }
        let s = self.memory(self.rec().alloc_str(len))?;
        // SAFETY: `alloc_str` made room for `len` bytes; they are initialised before `fill` sees them.
        unsafe {
            let p = Str::bytes_ptr(s);
            std::ptr::write_bytes(p, 0, len);
            fill(std::slice::from_raw_parts_mut(p, len));
        }
        Ok(Val::new(self.rec().born(Value::object(s.cast()))))
    }
    /// The atom of these bytes: for keys and names known to native code.
    pub fn atom(&self, s: &[u8]) -> Result<Val<'_>> {
        self.memory(self.rec().atom(s)).map(Val::new)
    }
    /// A fresh table with room for this many items and other keys.
    pub fn new_table(&self, array: usize, hash: usize) -> Result<Table<'_>> {
        let t = self.memory(table::new_table(self.rec(), array, hash))?;
        Ok(Table(Val::new(Value::object(t.cast()))))
    }
    /// A native function; its upvalues are the `upvals` topmost stack values, which are popped.
    pub fn new_native(&self, name: &'static str, f: NativeFn, upvals: usize) -> Result<Val<'_>> {
        let rec = self.rec();
        if upvals == 0 {
            // Instructions know these by identity.
            let machine = rec.machine();
            for word in [&machine.next_function, &machine.ipairs_function, &machine.select_function] {
                if let Some(known) = Value(word.get()).as_kind::<NativeClosure>(Kind::NativeClosure)
                    // SAFETY: a live closure.
                    && let NativeClosure { function, name: its_name, .. } = unsafe { &*known }
                    && name == *its_name
                    && std::ptr::fn_addr_eq(*function, f)
                {
                    return Ok(Val::new(Value(word.get())));
                }
            }
        }
        let size = std::mem::size_of::<NativeClosure>() + upvals * 8;
        let c = self.memory(rec.alloc(Kind::NativeClosure, size, upvals as u32))?.cast::<NativeClosure>();
        // SAFETY: fresh memory of that size; the upvalues are the topmost values.
        unsafe {
            (*c).function = f;
            (*c).entry = crate::interpreter::native_entry(f);
            (*c).name = name;
            let first = rec.top.get().sub(upvals);
            for i in 0..upvals {
                NativeClosure::upval(c, i).set((*first.add(i)).0);
            }
            rec.top.set(first);
        }
        Ok(Val::new(rec.born(Value::object(c.cast()))))
    }
    #[inline]
    fn running_closure(&self) -> Option<*mut NativeClosure> {
        // SAFETY: the function lies below the frame's base.
        unsafe { (*self.base().sub(1)).as_kind(Kind::NativeClosure) }
    }
    /// Upvalue `i` (from 1) of the running native function; nil when there is none.
    pub fn upvalue(&self, i: usize) -> Val<'_> {
        match self.running_closure() {
            // SAFETY: a live closure; the index is checked.
            Some(c) if i >= 1 && i <= unsafe { (*c).header.aux.get() } as usize => {
                // SAFETY: as above.
                Val::new(Value(unsafe { NativeClosure::upval(c, i - 1) }.load(Acquire)))
            }
            _ => Val::NIL,
        }
    }
    /// The first `N` upvalues of the running native function; nil where there is none.
    #[inline]
    pub fn upvalues<const N: usize>(&self) -> [Val<'_>; N] {
        match self.running_closure() {
            // SAFETY: a live closure; the indices are checked.
            Some(c) if N <= unsafe { (*c).header.aux.get() } as usize => {
                // SAFETY: as above.
                std::array::from_fn(|i| Val::new(Value(unsafe { NativeClosure::upval(c, i) }.load(Acquire))))
            }
            _ => std::array::from_fn(|i| self.upvalue(i + 1)),
        }
    }
    /// Sets upvalue `i` (from 1) of the running native function.
    #[inline]
    pub fn set_upvalue(&self, i: usize, v: Val<'_>) {
        let Some(c) = self.running_closure() else { return };
        self.rec().publish_if_shared(Value::object(c.cast()), v.0);
        // SAFETY: a live closure; the index is checked.
        unsafe {
            assert!(i >= 1 && i <= (*c).header.aux.get() as usize, "upvalue {i} out of range");
            NativeClosure::upval(c, i - 1).store(v.0.0, Release);
        }
    }
    /// A full userdata that owns `payload` (dropped when collected), with `uservalues` Lua values beside it.
    pub fn new_userdata<T: Payload>(&self, payload: T, meta: Option<Table<'_>>, uservalues: usize) -> Result<Val<'_>> {
        let rec = self.rec();
        let size = std::mem::size_of::<Userdata>() + uservalues * 8;
        let u = self.memory(rec.alloc(Kind::Userdata, size, uservalues as u32))?.cast::<Userdata>();
        // SAFETY: fresh memory of that size.
        unsafe {
            (*u).meta.set(0);
            (*u).payload[0].set(0);
            for i in 0..uservalues {
                Userdata::user_value(u, i).set(Value::NIL.0);
            }
            (*u).set_payload(Box::new(payload));
        }
        if (std::mem::needs_drop::<T>() || std::mem::size_of::<T>() != 0) && !rec.register_payload(u.cast()) {
            // SAFETY: nobody has seen the object yet.
            drop(unsafe { (*u).take_payload() });
            return Err(error::memory(rec));
        }
        let v = Val::new(Value::object(u.cast()));
        if let Some(m) = meta {
            self.set_metatable(v, Some(m))?;
        }
        Ok(Val::new(rec.born(v.0)))
    }
    /// A light userdata: `address` as a value.
    pub fn new_light(&self, address: usize) -> Result<Val<'_>> {
        let a = address as u64;
        if a >> 48 == 0 {
            return Ok(Val::new(Value(crate::value::TAG_LIGHT | a)));
        }
        let b = self.memory(self.rec().alloc(Kind::BoxedLight, 16, 0))?.cast::<BoxedLight>();
        // SAFETY: fresh memory.
        unsafe { (*b).value = a };
        Ok(Val::new(self.rec().born(Value::object(b.cast()))))
    }
    fn user_slot(&self, u: Val<'_>, i: usize) -> Option<&crate::sync::AtomicU64> {
        let p = u.0.as_kind::<Userdata>(Kind::Userdata)?;
        // SAFETY: a live userdata; the index is checked.
        unsafe {
            if i < 1 || i > (*p).header.aux.get() as usize {
                return None;
            }
            Some(Userdata::user_value(p, i - 1))
        }
    }
    /// User value `i` (from 1).
    pub fn user_value(&self, u: Val<'_>, i: usize) -> Option<Val<'_>> {
        self.user_slot(u, i).map(|s| Val::new(Value(s.load(Acquire))))
    }
    /// Sets user value `i` (from 1); false when there is none.
    pub fn set_user_value(&self, u: Val<'_>, i: usize, v: Val<'_>) -> bool {
        let Some(s) = self.user_slot(u, i) else { return false };
        self.rec().publish_if_shared(u.0, v.0);
        s.store(v.0.0, Release);
        true
    }
    /// Sets `t[name] = native f` for each pair.
    pub fn register(&self, t: Table<'_>, functions: &[(&'static str, NativeFn)]) -> Result<()> {
        for &(name, f) in functions {
            let v = self.new_native(name, f, 0)?;
            self.raw_set_str(t, name, v)?;
        }
        Ok(())
    }
}

// ---- tables, raw (no metamethods, never a safepoint) ------------------------------------------------------------
impl Thread {
    fn set_result(&self, r: core::result::Result<(), SetError>) -> Result<()> {
        match r {
            Ok(()) => Ok(()),
            Err(SetError::Memory) => Err(error::memory(self.rec())),
            Err(SetError::NilIndex) => Err(self.error_plain("table index is nil")),
            Err(SetError::NaNIndex) => Err(self.error_plain("table index is NaN")),
        }
    }
    /// `t[k]`
    #[inline]
    pub fn raw_get(&self, t: Table<'_>, k: Val<'_>) -> Val<'_> {
        // SAFETY: live values.
        Val::new(unsafe { table::raw_get(self.rec(), t.raw(), k.0) })
    }
    /// `t[k]`
    #[inline]
    pub fn raw_get_int(&self, t: Table<'_>, k: i64) -> Val<'_> {
        // SAFETY: a live table.
        Val::new(unsafe { table::raw_get_int(t.raw(), k) })
    }
    /// Pushes `t[first]`, ... `t[last]`, for which there must be room.
    pub fn push_items(&self, t: Table<'_>, first: i64, last: i64) {
        let rec = self.rec();
        let count = (last.wrapping_sub(first) as usize).wrapping_add(1);
        let top = rec.top.get();
        // SAFETY: a live table; of a shared one, a store that was left says so in its slots. The caller has made room.
        unsafe {
            debug_assert!(
                top.add(count) <= rec.stack_limit.get().add(crate::frame::EXTRA_SLOTS) || rec.torture().move_stacks
            );
            let store = (*t.raw()).store.load(Acquire) as *const Store;
            for k in 0..count {
                let i = first.wrapping_add(k as i64);
                let index = (i as u64).wrapping_sub(1);
                let mut v = Value::NIL;
                if index < (*store).acap as u64 {
                    v = Value(Store::array(store, index as usize).load(Acquire));
                }
                if v.is_nil_like() {
                    v = table::raw_get_int(t.raw(), i);
                }
                *top.add(k) = v;
            }
            rec.top.set(top.add(count));
        }
    }
    /// `t[1]`, ... of a fresh table become the arguments of the running function.
    pub fn set_arguments(&self, t: Table<'_>) -> Result<()> {
        let count = self.arg_count();
        // SAFETY: a live table; into the array of a local one whatever it holds may be stored plainly.
        unsafe {
            let t = t.raw();
            let store = (*t).store.load(Acquire) as *const Store;
            if (*t).header.is_shared() || ((*store).acap as usize) < count {
                for i in 1..=count {
                    self.set_result(table::set_key(self.rec(), t, Key::Int(i as i64), self.arg(i).0))?;
                }
                return Ok(());
            }
            for i in 0..count {
                Store::array(store, i).set((*self.base().add(i)).0);
            }
        }
        Ok(())
    }
    /// `t[k]`
    pub fn raw_get_str(&self, t: Table<'_>, k: &str) -> Val<'_> {
        match self.rec().atom(k.as_bytes()) {
            // SAFETY: a live table.
            Some(a) => Val::new(unsafe { table::raw_get_str(t.raw(), a) }),
            None => Val::NIL,
        }
    }
    /// `t[k] = v`. Errors: "table index is nil", "table index is NaN", memory.
    #[inline]
    pub fn raw_set(&self, t: Table<'_>, k: Val<'_>, v: Val<'_>) -> Result<()> {
        // SAFETY: live values.
        self.set_result(unsafe { table::raw_set(self.rec(), t.raw(), k.0, v.0) })
    }
    /// `t[k] = v`
    #[inline]
    pub fn raw_set_int(&self, t: Table<'_>, k: i64, v: Val<'_>) -> Result<()> {
        // SAFETY: live values.
        self.set_result(unsafe { table::set_key(self.rec(), t.raw(), Key::Int(k), v.0) })
    }
    /// `t[k] = v`
    pub fn raw_set_str(&self, t: Table<'_>, k: &str, v: Val<'_>) -> Result<()> {
        let a = self.atom(k.as_bytes())?;
        self.raw_set(t, a, v)
    }
    /// A border (the `#` operator without metamethods).
    pub fn raw_len(&self, t: Table<'_>) -> i64 {
        // SAFETY: a live table.
        unsafe { list::len(t.raw()) }
    }
    /// The entry after `k` (nil starts); Ok(None) at the end; error "invalid key to 'next'" on local tables.
    pub fn raw_next(&self, t: Table<'_>, k: Val<'_>) -> Result<Option<(Val<'_>, Val<'_>)>> {
        // SAFETY: live values.
        match unsafe { iterate::next(self.rec(), t.raw(), k.0) } {
            Ok(e) => Ok(e.map(|(k, v)| (Val::new(k), Val::new(v)))),
            Err(iterate::NoSuchKey) => Err(self.error_plain("invalid key to 'next'")),
        }
    }
    /// Atomic append (the shared path holds the table's lock).
    pub fn list_append(&self, t: Table<'_>, v: Val<'_>) -> Result<()> {
        // SAFETY: live values.
        self.set_result(unsafe { list::append(self.rec(), t.raw(), v.0) })
    }
    /// Atomic removal of the last element; nil when empty.
    pub fn list_pop(&self, t: Table<'_>) -> Result<Val<'_>> {
        // SAFETY: a live table.
        Ok(Val::new(unsafe { list::pop(self.rec(), t.raw()) }))
    }
    /// Atomic insert at `pos` in 1..=#t+1 (Ok(false) when out of range), shifting up.
    pub fn list_insert(&self, t: Table<'_>, pos: i64, v: Val<'_>) -> Result<bool> {
        // SAFETY: live values.
        match unsafe { list::insert(self.rec(), t.raw(), pos, v.0) } {
            Ok(b) => Ok(b),
            Err(e) => self.set_result(Err(e)).map(|()| false),
        }
    }
    /// Atomic removal at `pos` with `table.remove`'s range rule; Ok(None) when out of range.
    pub fn list_remove(&self, t: Table<'_>, pos: i64) -> Result<Option<Val<'_>>> {
        // SAFETY: a live table.
        match unsafe { list::remove(self.rec(), t.raw(), pos) } {
            Ok(v) => Ok(v.map(Val::new)),
            Err(e) => self.set_result(Err(e)).map(|()| None),
        }
    }
    /// Atomic copy of `count` items within the table, from `from` on to `to` on; the last one first unless `upwards`.
    pub fn list_copy(&self, t: Table<'_>, from: i64, to: i64, count: i64, upwards: bool) -> Result<()> {
        // SAFETY: a live table.
        self.set_result(unsafe { list::copy(self.rec(), t.raw(), from, to, count, upwards) })
    }
    /// Gives the items 1 to `n` to `item` in one step; false, and nothing is read, when a shared list is not that long any
    /// more. `item` uses neither this table nor much time.
    pub fn list_read<'t>(&'t self, t: Table<'_>, n: i64, mut item: impl FnMut(i64, Val<'t>)) -> bool {
        // SAFETY: a live table; `&self` is no way to a safepoint.
        unsafe { list::read(t.raw(), n, |i, v| item(i, Val::new(v))) }
    }
    /// Replaces the items 1 to `n` in one step; Ok(false), and nothing is done, when a shared list is not that long any
    /// more.
    pub fn list_install<'t>(&self, t: Table<'_>, n: i64, mut item: impl FnMut(i64) -> Val<'t>) -> Result<bool> {
        let rec = self.rec();
        let new = |i| {
            let v = item(i);
            rec.publish_if_shared(t.0.0, v.0);
            v.0
        };
        // SAFETY: live values.
        match unsafe { list::install(rec, t.raw(), n, new) } {
            Ok(b) => Ok(b),
            Err(e) => self.set_result(Err(e)).map(|()| false),
        }
    }
    fn modify<R>(&self, t: Table<'_>, k: Val<'_>, mut f: impl FnMut(Value) -> Change<R>) -> Result<R> {
        let rec = self.rec();
        let key = table::key_of(rec, k.0);
        match key {
            Key::Nil => return Err(self.error("table index is nil")),
            Key::NaN => return Err(self.error("table index is NaN")),
            _ => {}
        }
        let t = t.raw();
        // SAFETY: live values; a local table belongs to this thread alone.
        let r = unsafe {
            if (*t).header.is_shared() {
                shared::modify(rec, t, key, f)
            } else {
                match f(table::get_key(t, &key)) {
                    Change::Keep(r) => Ok(r),
                    Change::To(v, r) => local::set(rec, t, key, v).map(|()| r),
                }
            }
        };
        match r {
            Ok(r) => Ok(r),
            Err(e) => match self.set_result(Err(e)) {
                Err(e) => Err(e),
                Ok(()) => unreachable!("a set error is an error"),
            },
        }
    }
    /// `t[k] = new` if `t[k]` is raw-equal to `old` (nil = absent); else the current value.
    pub fn raw_cas(
        &self,
        t: Table<'_>,
        k: Val<'_>,
        old: Val<'_>,
        new: Val<'_>,
    ) -> Result<core::result::Result<(), Val<'_>>> {
        self.rec().publish_if_shared(t.0.0, new.0);
        self.modify(t, k, |seen| {
            if crate::interpreter::compare::raw_equal(seen, old.0) {
                Change::To(new.0, Ok(()))
            } else {
                Change::Keep(Err(Val::new(seen)))
            }
        })
    }
    /// Stores `new`, returns the old value.
    pub fn raw_swap(&self, t: Table<'_>, k: Val<'_>, new: Val<'_>) -> Result<Val<'_>> {
        self.rec().publish_if_shared(t.0.0, new.0);
        self.modify(t, k, |seen| Change::To(new.0, Val::new(seen)))
    }
    /// Atomically `t[k] = (t[k] or 0) + n`; the new value. Ok(None) when the old value or `n` is no number.
    pub fn raw_add(&self, t: Table<'_>, k: Val<'_>, n: Val<'_>) -> Result<Option<Val<'_>>> {
        use crate::interpreter::arith;
        let rec = self.rec();
        let shared = self.is_shared(t.0);
        self.modify(t, k, |seen| {
            let old = if seen.is_nil() { Value::int_unchecked(0) } else { seen };
            // The common sum takes no allocation and no publishing. Two inline integers do not overflow.
            if old.is_small_int()
                && n.0.is_small_int()
                && let Some(sum) = Value::small_int(old.as_small_int() + n.0.as_small_int())
            {
                return Change::To(sum, Some(Val::new(sum)));
            }
            // SAFETY: live values.
            let sum = unsafe { arith::numbers::<{ arith::Op::Add as u8 }>(rec, old, n.0) };
            if sum == Value::EMPTY {
                return Change::Keep(None);
            }
            if shared {
                rec.publish(sum);
            }
            Change::To(sum, Some(Val::new(sum)))
        })
    }
    /// Whether other threads may see this object.
    pub fn is_shared(&self, v: Val<'_>) -> bool {
        // SAFETY: a live object.
        v.0.is_object() && unsafe { (*v.0.as_object()).is_shared() }
    }
    /// Of a table or userdata: its own; of any other value: its type's.
    pub fn metatable(&self, v: Val<'_>) -> Option<Table<'_>> {
        let p = debuginfo::metatable_of(self.rec(), v.0);
        if p.is_null() { None } else { Some(Table(Val::new(Value::object(p.cast())))) }
    }
    /// Of a table or userdata: its own; of any other value: its type's. Arms `__gc`.
    pub fn set_metatable(&self, v: Val<'_>, meta: Option<Table<'_>>) -> Result<()> {
        let rec = self.rec();
        let raw = meta.map_or(std::ptr::null_mut(), Table::raw);
        // SAFETY: live values.
        unsafe {
            if v.0.is_object() && matches!((*v.0.as_object()).kind(), Kind::Table | Kind::Userdata) {
                let p = v.0.as_object();
                table::set_meta(rec, p, raw);
                if !raw.is_null() && !table::metamethod(rec, raw, Event::Gc).is_nil() {
                    rec.register_finalizer(p);
                }
            } else {
                let word = &rec.machine().type_meta[v.type_of() as usize];
                if !raw.is_null() && (crate::sync::threaded() || self.is_shared(self.registry().0)) {
                    rec.publish_object(raw.cast());
                }
                word.store(raw as u64, Release);
            }
        }
        Ok(())
    }
    /// A metamethod; None when absent.
    pub fn metamethod(&self, v: Val<'_>, event: Event) -> Option<Val<'_>> {
        let m = debuginfo::metamethod_of(self.rec(), v.0, event);
        if m.is_nil() { None } else { Some(Val::new(m)) }
    }
    /// Whether a table redefines none of these events.
    #[inline]
    pub fn lacks(&self, t: Table<'_>, events: &[Event]) -> bool {
        // SAFETY: a live table, its metatable likewise.
        unsafe {
            let meta = (*t.raw()).meta.load(Acquire) as *const crate::object::Table;
            meta.is_null() || events.iter().all(|&event| table::metamethod(self.rec(), meta, event).is_nil())
        }
    }
    /// A field of the metatable by name; None when absent or nil.
    pub fn metafield(&self, v: Val<'_>, name: &str) -> Option<Val<'_>> {
        let m = self.raw_get_str(self.metatable(v)?, name);
        if m.is_nil() { None } else { Some(m) }
    }
    /// rawequal
    pub fn raw_equal(&self, a: Val<'_>, b: Val<'_>) -> bool {
        crate::interpreter::compare::raw_equal(a.0, b.0)
    }
    /// The globals.
    pub fn globals(&self) -> Table<'_> {
        Table(Val::new(Value::object(self.rec().machine().globals.get().cast())))
    }
    /// The registry.
    pub fn registry(&self) -> Table<'_> {
        Table(Val::new(Value::object(self.rec().machine().registry.get().cast())))
    }
}

// ---- operations that may run Lua code (safepoints) ----------------------------------------------------------------
impl Thread {
    /// Calls the function below its `nargs` arguments at the top; they are replaced by `nresults` values (or `ALL`).
    pub fn call(&mut self, nargs: usize, nresults: i32) -> Result<()> {
        let rec = self.rec();
        let index = rec.frame_index();
        assert!(self.top() > nargs, "call without a function");
        // SAFETY: the function lies below its arguments.
        unsafe {
            let offset = rec.top.get().offset_from_unsigned(rec.stack.get()) - nargs - 1;
            if call::call_nested(rec, offset, nresults as i16) == crate::interpreter::EXIT_DONE {
                return Ok(());
            }
            // The frames of the failed call are cut; whoever catches closes its variables.
            rec.ci.set(rec.frame(index));
            rec.top.set(rec.stack.get().add(offset));
            Err(Error(()))
        }
    }
    /// As `call`; on error the stack is cut to below the function, to-be-closed variables are closed and the error
    /// value is pushed: Ok(false).
    pub fn pcall(&mut self, nargs: usize, nresults: i32) -> Result<bool> {
        self.pcall_with(nargs, nresults, 0)
    }
    /// As `pcall`, but the message handler in force sees the error first, as in functions of PUC Lua that protect a call
    /// without a handler of their own (`lua_load`).
    pub fn pcall_handled(&mut self, nargs: usize, nresults: i32) -> Result<bool> {
        let rec = self.rec();
        // SAFETY: the running coroutine.
        let handler = unsafe { (*rec.coroutine.get()).error_handler() };
        self.pcall_with(nargs, nresults, handler)
    }
    /// Shows an error that is in progress, and that the caller is going to catch, to the message handler in force.
    pub fn handle_error(&mut self, e: Error) -> Error {
        call::handle_error(self.rec());
        e
    }
    /// As `pcall` with a message handler, which lies at index `handler` of the running function's frame.
    pub fn xpcall(&mut self, nargs: usize, nresults: i32, handler: i32) -> Result<bool> {
        let rec = self.rec();
        // SAFETY: a slot of the frame.
        let at = unsafe { self.slot(handler).offset_from_unsigned(rec.stack.get()) };
        self.pcall_with(nargs, nresults, at as u32)
    }
    /// `handler` is a slot's offset, 0 for none.
    fn pcall_with(&mut self, nargs: usize, nresults: i32, handler: u32) -> Result<bool> {
        let rec = self.rec();
        assert!(self.top() > nargs, "call without a function");
        // SAFETY: the function lies below its arguments.
        unsafe {
            let offset = rec.top.get().offset_from_unsigned(rec.stack.get()) - nargs - 1;
            if call::call_with_handler(rec, offset, nresults as i16, handler, 0) {
                return Ok(true);
            }
            rec.top.set(rec.stack.get().add(offset));
        }
        self.push(Val::new(rec.error_value.replace(Value::NIL)));
        Ok(false)
    }
    /// `return th.tail_call(n)`: the running native function's results are those of this call, which may yield.
    pub fn tail_call(&mut self, nargs: usize) -> Result<u32> {
        crate::control::tail_call(self.rec(), nargs)
    }
    /// Key on top is replaced by `at(i)[key]`.
    pub fn get_table(&mut self, i: i32) -> Result<()> {
        use crate::interpreter::index::{Lookup, lookup};
        let key = self.at(-1).0;
        let object = self.at(i).0;
        match lookup(self.rec(), object, key) {
            Lookup::Found(v) => {
                self.set_at(-1, Val::new(v));
                Ok(())
            }
            Lookup::Call(f, o) => {
                self.call_meta(f, [o, key], 1)?;
                self.remove(-2);
                Ok(())
            }
            Lookup::NotIndexable(v) => {
                let mut text = b"attempt to index a ".to_vec();
                text.extend_from_slice(&debuginfo::type_name(self.rec(), v));
                text.extend_from_slice(b" value");
                if let Some(name) = Val::new(key).as_bytes() {
                    text.extend_from_slice(b" (field '");
                    text.extend_from_slice(name);
                    text.extend_from_slice(b"')");
                    // PUC names the indexed value, which lies in no register here: without the key.
                    text.truncate(text.len() - name.len() - 10);
                }
                Err(self.error_native(text))
            }
            Lookup::Loop => Err(self.error_native(b"'__index' chain too long; possible loop".to_vec())),
        }
    }
    /// An error of the machine inside native code: no position.
    fn error_native(&self, text: Vec<u8>) -> Error {
        error::set_message(self.rec(), &text);
        Error(())
    }
    fn absolute(&self, i: i32) -> i32 {
        if i > 0 { i } else { self.top() as i32 + i + 1 }
    }
    /// Pushes `at(i)[name]`.
    pub fn get_field(&mut self, i: i32, name: &str) -> Result<()> {
        let i = self.absolute(i);
        self.push(self.atom(name.as_bytes())?);
        self.get_table(i)
    }
    /// Pushes `at(i)[n]`.
    pub fn get_i(&mut self, i: i32, n: i64) -> Result<()> {
        let i = self.absolute(i);
        if let Some(t) = self.at(i).as_table() {
            let v = self.raw_get_int(t, n);
            if !v.is_nil() {
                self.push(v);
                return Ok(());
            }
        }
        self.push_int(n)?;
        self.get_table(i)
    }
    /// `at(i)[key] = value` for key and value at the top, both popped.
    pub fn set_table(&mut self, i: i32) -> Result<()> {
        let (object, key, v) = (self.at(i).0, self.at(-2).0, self.at(-1).0);
        self.assign(object, key, v)?;
        self.pop(2);
        Ok(())
    }
    /// `object[key] = v`; until a metamethod has them as arguments, the stack need not hold them.
    fn assign(&mut self, object: Value, key: Value, v: Value) -> Result<()> {
        use crate::interpreter::index::{Assign, assign};
        match assign(self.rec(), object, key, v) {
            Assign::Done => Ok(()),
            Assign::Call(f, o) => self.call_meta(f, [o, key, v], 0),
            Assign::NotIndexable(o) => {
                let mut text = b"attempt to index a ".to_vec();
                text.extend_from_slice(&debuginfo::type_name(self.rec(), o));
                text.extend_from_slice(b" value");
                Err(self.error_native(text))
            }
            Assign::Refused(SetError::Memory) => Err(error::memory(self.rec())),
            Assign::Refused(SetError::NilIndex) => Err(self.error_native(b"table index is nil".to_vec())),
            Assign::Refused(SetError::NaNIndex) => Err(self.error_native(b"table index is NaN".to_vec())),
            Assign::Loop => Err(self.error_native(b"'__newindex' chain too long; possible loop".to_vec())),
        }
    }
    /// `at(i)[name] = value` for the value at the top, popped.
    pub fn set_field(&mut self, i: i32, name: &str) -> Result<()> {
        let (object, key, v) = (self.at(i).0, self.atom(name.as_bytes())?.0, self.at(-1).0);
        self.assign(object, key, v)?;
        self.pop(1);
        Ok(())
    }
    /// `at(i)[n] = value` for the value at the top, popped.
    pub fn set_i(&mut self, i: i32, n: i64) -> Result<()> {
        let (object, key, v) = (self.at(i).0, self.new_int(n)?.0, self.at(-1).0);
        self.assign(object, key, v)?;
        self.pop(1);
        Ok(())
    }
    /// `#at(i)` as an integer; "object length is not an integer".
    pub fn len(&mut self, i: i32) -> Result<i64> {
        let v = self.at(i);
        if let Some(s) = v.as_bytes() {
            return Ok(s.len() as i64);
        }
        let v = v.0;
        let m = debuginfo::metamethod_of(self.rec(), v, Event::Len);
        if m.is_nil() {
            return match Val::new(v).as_table() {
                Some(t) => Ok(self.raw_len(t)),
                None => {
                    let mut text = b"attempt to get length of a ".to_vec();
                    text.extend_from_slice(&debuginfo::type_name(self.rec(), v));
                    text.extend_from_slice(b" value");
                    Err(self.error_native(text))
                }
            };
        }
        self.call_meta(m, [v, v], 1)?;
        let n = self.at(-1).to_int();
        self.pop(1);
        match n {
            Some(n) => Ok(n),
            None => Err(self.error("object length is not an integer")),
        }
    }
    /// Calls a metamethod; its `nresults` values are pushed.
    #[inline]
    fn call_meta<const N: usize>(&mut self, m: Value, args: [Value; N], nresults: i32) -> Result<()> {
        self.check_stack(N + 1)?;
        let top = self.rec().top.get();
        // SAFETY: there is room for the function and its arguments.
        unsafe {
            *top = m;
            for (i, v) in args.into_iter().enumerate() {
                *top.add(1 + i) = v;
            }
            self.rec().top.set(top.add(N + 1));
        }
        self.call(N, nresults)
    }
    /// `at(i) < at(j)`
    pub fn less_than(&mut self, i: i32, j: i32) -> Result<bool> {
        use crate::interpreter::compare::{Order, Outcome, ordered};
        let (a, b) = (self.at(i).0, self.at(j).0);
        match ordered(self.rec(), Order::Lt, a, b) {
            Outcome::Is(r) => Ok(r),
            Outcome::Call(m) => {
                self.call_meta(m, [a, b], 1)?;
                let r = self.at(-1).truthy();
                self.pop(1);
                Ok(r)
            }
            Outcome::Never | Outcome::Opposite(_) => {
                error::set_compare_error(self.rec(), a, b);
                Err(Error(()))
            }
        }
    }
    /// `at(i) == at(j)`
    pub fn equals(&mut self, i: i32, j: i32) -> Result<bool> {
        use crate::interpreter::compare::{eq_metamethod, raw_equal};
        let (a, b) = (self.at(i).0, self.at(j).0);
        if raw_equal(a, b) {
            return Ok(true);
        }
        let m = eq_metamethod(self.rec(), a, b);
        if m.is_nil() {
            return Ok(false);
        }
        self.call_meta(m, [a, b], 1)?;
        let r = self.at(-1).truthy();
        self.pop(1);
        Ok(r)
    }
    /// Replaces two operands at the top (one for unary operators) by the result, as the Lua operator does.
    pub fn arith(&mut self, op: Event) -> Result<()> {
        use crate::interpreter::arith::{Op, Outcome, operate};
        let op = Op::from_event(op).expect("an arithmetic event");
        let unary = matches!(op, Op::Unm | Op::BNot);
        let b = self.at(-1).0;
        let a = if unary { b } else { self.at(-2).0 };
        match operate(self.rec(), op, a, b) {
            Outcome::Value(v) => {
                self.pop(if unary { 1 } else { 2 });
                self.push(Val::new(v));
                Ok(())
            }
            Outcome::Call(m) => {
                self.call_meta(m, [a, b], 1)?;
                let v = self.at(-1).0;
                self.pop(if unary { 2 } else { 3 });
                self.push(Val::new(v));
                Ok(())
            }
            Outcome::Failed => Err(Error(())),
        }
    }
    /// Concatenates the `n` topmost values into one.
    pub fn concat(&mut self, n: usize) -> Result<()> {
        if n == 0 {
            return self.push_bytes(b"");
        }
        for _ in 1..n {
            let (a, b) = (self.at(-2).0, self.at(-1).0);
            let mut pair = [a, b];
            // SAFETY: two live values.
            let v = unsafe { crate::interpreter::concat::fast(self.rec(), pair.as_mut_ptr(), 2) };
            if v != Value::EMPTY {
                self.pop(2);
                self.push(Val::new(v));
                continue;
            }
            let mut m = debuginfo::metamethod_of(self.rec(), a, Event::Concat);
            if m.is_nil() {
                m = debuginfo::metamethod_of(self.rec(), b, Event::Concat);
            }
            if m.is_nil() {
                error::set_operand_error(
                    self.rec(),
                    "concatenate",
                    if Val::new(a).as_bytes().is_some() { b } else { a },
                );
                return Err(Error(()));
            }
            self.call_meta(m, [a, b], 1)?;
            let v = self.at(-1).0;
            self.pop(3);
            self.push(Val::new(v));
        }
        Ok(())
    }
    /// Pushes `tostring(at(i))` (with `__tostring` and `__name`); "'__tostring' must return a string".
    pub fn to_string(&mut self, i: i32) -> Result<()> {
        let v = self.at(i);
        let m = debuginfo::metamethod_of(self.rec(), v.0, Event::ToString);
        if v.as_bytes().is_some() && m.is_nil() {
            self.push(v);
            return Ok(());
        }
        let v = v.0;
        if !m.is_nil() {
            self.check_stack(2)?;
            self.push(Val::new(m));
            self.push(Val::new(v));
            self.call(1, 1)?;
            if self.at(-1).as_bytes().is_none() {
                let mut buffer = [0; 48];
                return match crate::number_text::write(self.at(-1).0, &mut buffer) {
                    Some(n) => {
                        self.pop(1);
                        self.push_bytes(&buffer[..n])
                    }
                    None => Err(self.error("'__tostring' must return a string")),
                };
            }
            return Ok(());
        }
        let mut buffer = [0; 48];
        if let Some(n) = crate::number_text::write(v, &mut buffer) {
            return self.push_bytes(&buffer[..n]);
        }
        match v {
            Value::NIL => self.push(self.atom(b"nil")?),
            Value::TRUE => self.push(self.atom(b"true")?),
            Value::FALSE => self.push(self.atom(b"false")?),
            _ => {
                let own = debuginfo::own_name(self.rec(), v);
                let mut text = own.unwrap_or_else(|| v.type_of().name().as_bytes().to_vec());
                text.extend_from_slice(format!(": {:#x}", Val::new(v).address()).as_bytes());
                self.push_bytes(&text)?;
            }
        }
        Ok(())
    }
    /// A safepoint: collections, stops, finalizers and interrupts happen here.
    #[inline]
    pub fn safepoint(&mut self) -> Result<()> {
        let rec = self.rec();
        if rec.poll.get() == 0 {
            return Ok(());
        }
        let left = rec.safepoint_slow();
        if left & crate::thread::POLL_FINALIZERS != 0 {
            call::run_finalizers(rec);
        }
        let rest = left & !(crate::thread::POLL_FINALIZERS | crate::thread::POLL_INTERRUPT);
        if rest != 0 {
            // The interpreter's business, at its next safepoint.
            rec.raise_poll(rest);
        }
        if left & crate::thread::POLL_INTERRUPT != 0 {
            return Err(self.error("interrupted!"));
        }
        Ok(())
    }
    /// Announces an allocation of about this many bytes; may collect now (contract 8). Error "not enough memory".
    pub fn reserve(&mut self, bytes: usize) -> Result<()> {
        if bytes > 1 << 20 {
            self.safepoint()?;
        }
        Ok(())
    }
    /// Runs `f` outside Lua: collections by other threads go on meanwhile (contract 10). `f` must not touch Lua values.
    pub fn blocking<R>(&mut self, f: impl FnOnce() -> R) -> R {
        struct Parked<'a>(&'a Record);
        impl Drop for Parked<'_> {
            fn drop(&mut self) {
                self.0.leave_parked();
            }
        }
        let rec = self.rec();
        rec.enter_parked();
        let _parked = Parked(rec);
        f()
    }
    /// As `blocking`, for code that mostly waits and goes back in now and then: through [`Outside::inside`].
    pub fn outside<R>(&mut self, f: impl FnOnce(&Outside) -> R) -> R {
        // SAFETY: this thread's record; `self` is borrowed, so it is no other handle in use until `outside` is dropped.
        let outside = Outside(unsafe { Thread::from_record(self.rec()) }.into());
        self.rec().enter_parked();
        f(&outside)
    }
    /// As `blocking`, with the payload of the userdata at index `i`; None without calling `f` when that is no `T`.
    pub fn blocking_on<T: Any + Sync, R>(&mut self, i: i32, f: impl FnOnce(&T) -> R) -> Option<R> {
        let payload: *const T = self.at(i).as_userdata::<T>()?;
        // SAFETY: payloads never move, and the stack slot keeps the userdata alive while the thread is parked.
        Some(self.blocking(|| f(unsafe { &*payload })))
    }
}

// ---- errors ---------------------------------------------------------------------------------------------------------
impl Thread {
    /// Raises `message` with the position of the caller in front ("chunk:line: "), as luaL_error.
    #[cold]
    pub fn error(&self, message: impl AsRef<[u8]>) -> Error {
        let mut text = self.where_(1);
        text.extend_from_slice(message.as_ref());
        self.error_plain(text)
    }
    /// Raises `message` as it is.
    #[cold]
    pub fn error_plain(&self, message: impl AsRef<[u8]>) -> Error {
        error::set_message(self.rec(), message.as_ref());
        Error(())
    }
    /// Raises any value.
    pub fn throw(&self, v: Val<'_>) -> Error {
        error::set_value(self.rec(), v.0);
        Error(())
    }
    /// "bad argument #n to 'f' (message)"
    #[cold]
    pub fn arg_error(&self, n: usize, message: impl AsRef<[u8]>) -> Error {
        let (known, function) = debuginfo::running_name(self);
        let mut n = n;
        let mut text = Vec::new();
        let name = match known {
            Some(("method", name)) => {
                n -= 1;
                if n == 0 {
                    text.extend_from_slice(b"calling '");
                    text.extend_from_slice(&name);
                    text.extend_from_slice(b"' on bad self (");
                    text.extend_from_slice(message.as_ref());
                    text.push(b')');
                    return self.error(text);
                }
                name
            }
            Some((_, name)) => name,
            None => debuginfo::global_name(self, function).unwrap_or_else(|| b"?".to_vec()),
        };
        text.extend_from_slice(format!("bad argument #{n} to '").as_bytes());
        text.extend_from_slice(&name);
        text.extend_from_slice(b"' (");
        text.extend_from_slice(message.as_ref());
        text.push(b')');
        self.error(text)
    }
    /// "bad argument #n to 'f' (expected expected, got type)"
    #[cold]
    pub fn type_error(&self, n: usize, expected: &str) -> Error {
        let beyond = n > self.arg_count() && n > self.top();
        let mut text = format!("{expected} expected, got ").into_bytes();
        if beyond {
            text.extend_from_slice(b"no value");
        } else {
            let v = if n > self.arg_count() { self.at(n as i32) } else { self.arg(n) };
            match debuginfo::own_name(self.rec(), v.0) {
                Some(name) => text.extend_from_slice(&name),
                None if v.type_of() == Type::LightUserdata => text.extend_from_slice(b"light userdata"),
                None => text.extend_from_slice(v.type_of().name().as_bytes()),
            }
        }
        self.arg_error(n, text)
    }
    /// Takes the raised error's value back (the error is then handled).
    pub fn error_value(&self, _e: Error) -> Val<'_> {
        let rec = self.rec();
        rec.error_handled.set(false);
        Val::new(rec.error_value.replace(Value::NIL))
    }
    /// "chunk:line: " of the function at `level` (0: the running one), or nothing.
    pub fn where_(&self, level: usize) -> Vec<u8> {
        error::position(self.rec(), level)
    }
    /// Name of the value's type, with `__name`.
    pub fn type_name(&self, v: Val<'_>) -> Vec<u8> {
        debuginfo::type_name(self.rec(), v.0)
    }
    /// The name of an event's field in metatables.
    pub fn event_name(event: Event) -> &'static str {
        EVENT_NAMES[event as usize]
    }
}
