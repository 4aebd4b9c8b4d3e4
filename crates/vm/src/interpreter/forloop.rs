//! Numeric and generic loops: preparation, and the turns that the handlers do not do themselves.
//!
//! A numeric loop has its index in R[A], its limit in R[A+1], its step in R[A+2] and the visible variable in R[A+3].
//! Integer loops compare with the limit instead of counting turns, so that all three words stay inline (no raw word
//! in a register, contract 1); the index never passes the limit, so it cannot wrap around.

use super::{CONTINUE, Flow, call};
use crate::debuginfo;
use crate::error;
use crate::metamethod::Event;
use crate::object::{Header, Kind, Store, Table};
use crate::sync::Acquire;
use crate::table::{self, iterate};
use crate::thread::Record;
use crate::value::{INT_MAX, Val, Value};
use luas_compiler::number::float_to_integer;

/// What [`iterate`] did.
pub struct Iterated;
impl Iterated {
    /// The variables are set: another turn.
    pub const MORE: u64 = 0;
    /// The loop is over.
    pub const END: u64 = 1;
    /// Not a known iterator: call it.
    pub const UNKNOWN: u64 = 2;
}

unsafe fn skip_word(rec: &Record) {
    // SAFETY: caller: a Lua frame in an instruction with a second word.
    unsafe { (*rec.ci.get()).pc = (*rec.ci.get()).pc.add(1) }
}
unsafe fn jump(rec: &Record) {
    // SAFETY: caller: a Lua frame in an instruction whose second word is a jump distance.
    unsafe {
        let ci = rec.ci.get();
        (*ci).pc = (*ci).pc.add(1).offset(*(*ci).pc as i32 as isize);
    }
}

/// An integer limit for an integer loop: Ok(None) when the loop runs no turn.
fn limit_of(init: i64, limit: Value, step: i64) -> Result<Option<i64>, ()> {
    let v = Val::new(limit);
    let exact = match v.as_int() {
        Some(i) => Some(i),
        None => {
            let Some(f) = v.to_number() else { return Err(()) };
            if let Some(i) = v.to_int() {
                Some(i)
            } else {
                let rounded = if step < 0 { f.ceil() } else { f.floor() };
                match float_to_integer(rounded) {
                    Some(i) => Some(i),
                    None if f > 0.0 => {
                        if step < 0 {
                            return Ok(None);
                        }
                        Some(i64::MAX)
                    }
                    None => {
                        if step > 0 {
                            return Ok(None);
                        }
                        Some(i64::MIN)
                    }
                }
            }
        }
    };
    let limit = exact.unwrap_or(0);
    let empty = if step > 0 { init > limit } else { init < limit };
    Ok(if empty { None } else { Some(limit) })
}

fn for_error(rec: &Record, what: &str, v: Value) -> Flow {
    let message =
        format!("bad 'for' {what} (number expected, got {})", String::from_utf8_lossy(&debuginfo::type_name(rec, v)));
    error::runtime(rec, message)
}

/// FORPREP and FORPREP1.
#[inline(never)]
pub fn prepare(rec: &Record, a: usize, step_one: bool) -> Flow {
    // SAFETY: four registers of the current Lua frame.
    unsafe {
        let r = super::register(rec, a as u8);
        let init = *r;
        let limit = *r.add(1);
        let step = if step_one { Value::int_unchecked(1) } else { *r.add(2) };
        if let (Some(i), Some(s)) = (init.as_int(), step.as_int()) {
            if s == 0 {
                return error::runtime(rec, "'for' step is zero");
            }
            match limit_of(i, limit, s) {
                Err(()) => return for_error(rec, "limit", limit),
                Ok(None) => {
                    jump(rec);
                    return CONTINUE;
                }
                Ok(Some(l)) => {
                    if step_one {
                        // The limit is clipped to the inline range; the real one lies where the step would.
                        let Some(word) = rec.new_int(l) else { return call::no_memory(rec) };
                        *r.add(2) = word;
                        *r.add(1) = if i <= INT_MAX && l > INT_MAX { Value::int_unchecked(INT_MAX) } else { word };
                    } else {
                        let Some(word) = rec.new_int(l) else { return call::no_memory(rec) };
                        *r.add(1) = word;
                    }
                    *r.add(3) = init;
                }
            }
        } else {
            let Some(l) = Val::new(limit).to_number() else { return for_error(rec, "limit", limit) };
            let Some(s) = Val::new(step).to_number() else { return for_error(rec, "step", step) };
            let Some(i) = Val::new(init).to_number() else { return for_error(rec, "initial value", init) };
            if s == 0.0 {
                return error::runtime(rec, "'for' step is zero");
            }
            if if s > 0.0 { l < i } else { i < l } {
                jump(rec);
                return CONTINUE;
            }
            *r = Value::float(i);
            *r.add(1) = Value::float(l);
            *r.add(2) = Value::float(s);
            *r.add(3) = Value::float(i);
        }
        skip_word(rec);
        CONTINUE
    }
}

/// FORLOOP and FORLOOP1 when a word is wide, at the end of the inline range, or a float in a loop without step.
#[inline(never)]
pub fn step(rec: &Record, a: usize, step_one: bool) -> Flow {
    // SAFETY: four registers of the current Lua frame, prepared.
    unsafe {
        let r = super::register(rec, a as u8);
        if (*r).is_double() {
            let step = (*r.add(2)).as_number().unwrap_or(1.0);
            let x = (*r).as_double() + step;
            let limit = (*r.add(1)).as_number().unwrap_or(0.0);
            if if step > 0.0 { x <= limit } else { x >= limit } {
                *r = Value::float(x);
                *r.add(3) = *r;
                jump(rec);
                if rec.poll.get() != 0 {
                    return call::safepoint(rec);
                }
            } else {
                skip_word(rec);
            }
            return CONTINUE;
        }
        let (Some(i), Some(third), Some(second)) = ((*r).as_int(), (*r.add(2)).as_int(), (*r.add(1)).as_int()) else {
            // Only the debug library can put such values there.
            return error::runtime(rec, "'for' state is no number");
        };
        let (step, limit) = if step_one { (1, third) } else { (third, second) };
        let more = match i.checked_add(step) {
            Some(n) => (if step > 0 { n <= limit } else { n >= limit }).then_some(n),
            None => None,
        };
        match more {
            Some(n) => {
                let Some(word) = rec.new_int(n) else { return call::no_memory(rec) };
                if step_one && n > INT_MAX {
                    // Beyond the inline range the clipped limit is in the way.
                    *r.add(1) = *r.add(2);
                }
                *r = word;
                *r.add(3) = word;
                jump(rec);
                if rec.poll.get() != 0 {
                    return call::safepoint(rec);
                }
            }
            None => skip_word(rec),
        }
        CONTINUE
    }
}

/// TFORPREP: marks the closing value.
#[inline(never)]
pub fn prepare_generic(rec: &Record, a: usize) -> Flow {
    // SAFETY: a Lua frame in TFORPREP. The jump comes first: an error of the mark goes on in another frame.
    unsafe {
        let ci = rec.ci.get();
        let start = (*ci).pc;
        jump(rec);
        let target = (*ci).pc;
        if (*super::register(rec, a as u8).add(3)).is_falsy() {
            return CONTINUE;
        }
        // For the message: the position of the loop's head.
        (*ci).pc = start;
        if debuginfo::metamethod_of(rec, *super::register(rec, a as u8).add(3), Event::Close).is_nil() {
            return call::mark_to_be_closed(rec, a + 3);
        }
        (*ci).pc = target;
        call::mark_to_be_closed(rec, a + 3)
    }
}

/// One turn of a loop over `next` or the iterator of `ipairs`, without a call. `r` is R[A].
///
/// The hidden cursor lies in R[A+3], which only TFORPREP reads otherwise: the store that the loop walks, the position of
/// the last entry being in R[A+2] in place of its key. A store that was replaced is walked on if the table was shared
/// then, for it leads to the newer one (I-19); that of a local table is not, and the last key is looked up in the newer
/// one. The store of a local weak table would keep its entries, so there R[A+3] has the position, checked against the
/// key in R[A+2]. A loop with a closing value has no cursor.
/// # Safety
/// `r` is R[A] of a generic loop in the current Lua frame.
#[inline(never)]
pub unsafe extern "C" fn iterate(rec: &Record, r: *mut Value) -> u64 {
    // SAFETY: caller; R[A..A+5] are registers.
    unsafe {
        let machine = rec.machine();
        let f = *r;
        let Some(t) = (*r.add(1)).as_table() else { return Iterated::UNKNOWN };
        if f.0 == machine.next_function.get() {
            return next_entry(rec, t, r);
        }
        if f.0 == machine.ipairs_function.get() {
            let control = *r.add(2);
            if !control.is_small_int() || control.as_small_int() == INT_MAX {
                return Iterated::UNKNOWN;
            }
            let i = control.as_small_int() + 1;
            let v = table::raw_get_int(t, i);
            if v.is_nil() {
                if (*t).meta.load(Acquire) != 0 {
                    return Iterated::UNKNOWN;
                }
                return Iterated::END;
            }
            let i = Value::int_unchecked(i);
            *r.add(2) = i;
            *r.add(4) = i;
            *r.add(5) = v;
            return Iterated::MORE;
        }
        Iterated::UNKNOWN
    }
}

#[inline]
unsafe fn next_entry(rec: &Record, t: *mut Table, r: *mut Value) -> u64 {
    // SAFETY: caller: `iterate`.
    unsafe {
        let cursor = *r.add(3);
        if let Some(pinned) = cursor.as_kind::<Store>(Kind::Store) {
            let store = pinned.cast_const();
            let position = *r.add(2);
            if position.is_small_int()
                && ((*t).store.load(Acquire) as *const Store == store || (*store).next.load(Acquire) != 0)
            {
                return match iterate::entry_from(rec, t, store, (position.as_small_int() as usize).wrapping_add(1)) {
                    None => {
                        *r.add(3) = Value::NIL;
                        Iterated::END
                    }
                    Some(e) => {
                        *r.add(2) = Value::int_unchecked(e.position as i64);
                        *r.add(4) = e.key;
                        *r.add(5) = e.value;
                        Iterated::MORE
                    }
                };
            }
            unpin(r);
        }
        begin(rec, t, r)
    }
}

/// The first turn of a loop, and any whose cursor is not a pinned store.
#[inline(never)]
unsafe fn begin(rec: &Record, t: *mut Table, r: *mut Value) -> u64 {
    // SAFETY: caller: `iterate`.
    unsafe {
        let control = *r.add(2);
        let cursor = *r.add(3);
        if !(cursor.is_nil() || cursor.is_small_int() && !is_closing_value(rec, r)) {
            // The slot holds a closing value.
            return Iterated::UNKNOWN;
        }
        let shared = (*t).header.is_shared();
        let mut store = (*t).store.load(Acquire) as *const Store;
        let from = if control.is_nil() {
            if !cursor.is_nil() {
                return Iterated::UNKNOWN;
            }
            if shared && (*store).next.load(Acquire) != 0 {
                // Wait for the migration, so that keys born in the next store are seen.
                drop(table::shared::TableLock::take(t));
                store = (*t).store.load(Acquire) as *const Store;
            }
            0
        } else if cursor.is_small_int()
            && (key_at(store, cursor.as_small_int() as usize) == control
                || key_at(store, cursor.as_small_int() as usize) == table::TOMB)
        {
            // A TOMB: the entry was removed, and its key replaced by an equal string that was collected.
            cursor.as_small_int() as usize + 1
        } else {
            match iterate::position_of(rec, store, control) {
                Some(p) => p + 1,
                // The general way raises, or goes on from somewhere.
                None => return Iterated::UNKNOWN,
            }
        };
        let Some(e) = iterate::entry_from(rec, t, store, from) else { return Iterated::END };
        let position = Value::int_unchecked(e.position as i64);
        if !shared && has_mode(rec, t) {
            *r.add(2) = e.key;
            *r.add(3) = position;
        } else {
            *r.add(2) = position;
            *r.add(3) = Value::object(store.cast::<Header>());
        }
        *r.add(4) = e.key;
        *r.add(5) = e.value;
        Iterated::MORE
    }
}

/// Whether a table's metatable has a `__mode`.
unsafe fn has_mode(rec: &Record, t: *const Table) -> bool {
    // SAFETY: caller: `t` is live, and so is its metatable.
    unsafe { !table::metamethod(rec, (*t).meta.load(Acquire) as *const Table, Event::Mode).is_nil() }
}

/// Puts the key of the last entry back into R[A+2], where its position was while R[A+3] had a store.
/// # Safety
/// `r` is R[A] of a loop whose R[A+3] holds a store.
pub unsafe fn unpin(r: *mut Value) {
    // SAFETY: caller.
    unsafe {
        *r.add(2) = last_key(r);
        *r.add(3) = Value::NIL;
    }
}

/// The key of the last entry; `false`, which `next` refuses, if a program that must not add keys meanwhile has done so
/// and the entry's slot was emptied.
/// # Safety
/// As [`unpin`].
pub unsafe fn last_key(r: *const Value) -> Value {
    // SAFETY: caller.
    unsafe {
        let store = (*r.add(3)).as_object().cast::<Store>();
        let position = *r.add(2);
        if !position.is_small_int() {
            // Only code that was not made by our compiler writes there.
            return position;
        }
        let key = key_at(store, position.as_small_int() as usize);
        let is_key = key != Value::EMPTY && key != Value::DEAD && key != table::TOMB;
        if is_key { key } else { Value::FALSE }
    }
}

/// The key at a position, EMPTY when there is none.
#[inline]
unsafe fn key_at(s: *const Store, position: usize) -> Value {
    // SAFETY: `s` is live; the position is checked.
    unsafe {
        let acap = (*s).acap as usize;
        if position < acap {
            return Value::int_unchecked(position as i64 + 1);
        }
        if position - acap > (*s).mask as usize / 16 {
            return Value::EMPTY;
        }
        let offset = (position - acap) * 16;
        Value(Store::slot(s, offset).0.load(Acquire))
    }
}

/// Whether the integer in R[A+3] is no cursor but the loop's closing value (of a program that gives numbers a
/// `__close`). At the head of a loop no variable above it is to be closed, so it would be the last on the list.
/// # Safety
/// As [`iterate`].
#[inline]
unsafe fn is_closing_value(rec: &Record, r: *mut Value) -> bool {
    // SAFETY: caller; R[A+3] lies in the stack.
    unsafe {
        let slot = r.add(3).offset_from_unsigned(rec.stack.get()) as u32;
        Record::tbc_last(rec.coroutine.get(), slot).is_some()
    }
}

/// The loop's next turn calls its iterator: a cursor would not follow.
/// # Safety
/// As [`iterate`].
pub unsafe fn forget_cursor(rec: &Record, r: *mut Value) {
    // SAFETY: caller.
    unsafe {
        let cursor = r.add(3);
        if (*cursor).as_kind::<Store>(Kind::Store).is_some() {
            unpin(r);
        } else if (*cursor).is_small_int() && !is_closing_value(rec, r) {
            *cursor = Value::NIL;
        }
    }
}

/// TFORCALL of any other iterator.
#[inline(never)]
pub fn call_iterator(rec: &Record, a: usize, c: usize) -> Flow {
    // SAFETY: the registers of a generic loop.
    unsafe {
        let r = super::register(rec, a as u8);
        let func = r.add(4);
        *func.add(2) = *r.add(2);
        *func.add(1) = *r.add(1);
        *func = *r;
        rec.top.set(func.add(3));
        call::call(rec, func, c as i16, 0)
    }
}
