//! The table library.
//!
//! Each function has two ways. A table whose metatable has no say (no `__index`, `__newindex`, `__len`) is worked on
//! directly, where `insert` and `remove` are atomic against other threads. Everything else that can be indexed goes
//! through the same operations as Lua code, element by element.

mod sort;

use crate::scratch::Scratch;
use luas_vm::native::{Event, Result, Table};
use luas_vm::thread::Thread;
use luas_vm::value::{Type, Val};

/// Elements worked on between safepoints.
const RUN: i64 = 1 << 16;

/// So many elements are moved within a shared table in one step.
const ATOMIC_MOVE: i64 = 1 << 22;

/// Sizes above this announce their memory first, in bytes.
const LARGE: usize = 64 << 10;

/// Makes the library.
pub fn open(th: &mut Thread) -> Result<()> {
    let library = th.new_table(0, 8)?;
    th.register(
        library,
        &[
            ("insert", insert),
            ("remove", remove),
            ("concat", concat),
            ("unpack", unpack),
            ("pack", pack),
            ("move", move_),
            ("sort", sort::sort),
        ],
    )?;
    crate::publish_library(th, "table", library)
}

// ---- what counts as a table --------------------------------------------------------------------------------------

const READ: Event = Event::Index;
const WRITE: Event = Event::NewIndex;
const LENGTH: Event = Event::Len;

/// Argument `n`, if it is a table in which none of these events is redefined.
#[inline]
fn plain<'t>(th: &'t Thread, n: usize, events: &[Event]) -> Option<Table<'t>> {
    let t = th.arg(n).as_table()?;
    th.lacks(t, events).then_some(t)
}

/// Type error unless argument `n` is a table or has metamethods for all of these events.
fn check_like(th: &Thread, n: usize, events: &[Event]) -> Result<()> {
    let v = th.arg(n);
    let like = v.as_table().is_some()
        || th.metatable(v).is_some() && events.iter().all(|&event| th.metamethod(v, event).is_some());
    if like { Ok(()) } else { th.check_type(n, Type::Table) }
}

/// The table in slot `i`, which was seen to hold one.
#[inline]
fn table_at(th: &Thread, i: i32) -> Table<'_> {
    th.at(i).as_table().expect("the slot holds a table")
}

// ---- insert and remove -------------------------------------------------------------------------------------------

/// `insert(t, v)` appends, atomically; `insert(t, pos, v)` shifts up what is at `pos` in 1..=#t+1 and above.
fn insert(th: &mut Thread) -> Result<u32> {
    let Some(t) = plain(th, 1, &[READ, WRITE, LENGTH]) else { return insert_slow(th) };
    match th.arg_count() {
        2 => th.list_append(t, th.arg(2))?,
        3 => {
            if !th.list_insert(t, th.check_int(2)?, th.arg(3))? {
                return Err(th.arg_error(2, "position out of bounds"));
            }
        }
        _ => return Err(th.error("wrong number of arguments to 'insert'")),
    }
    Ok(0)
}

#[cold]
fn insert_slow(th: &mut Thread) -> Result<u32> {
    check_like(th, 1, &[READ, WRITE, LENGTH])?;
    let end = th.len(1)?.wrapping_add(1);
    let pos = match th.arg_count() {
        2 => end,
        3 => {
            let pos = th.check_int(2)?;
            if (pos as u64).wrapping_sub(1) >= end as u64 {
                return Err(th.arg_error(2, "position out of bounds"));
            }
            let mut i = end;
            while i > pos {
                th.get_i(1, i - 1)?;
                th.set_i(1, i)?;
                i -= 1;
            }
            pos
        }
        _ => return Err(th.error("wrong number of arguments to 'insert'")),
    };
    // The value is the last argument, at the top.
    th.set_i(1, pos)?;
    Ok(0)
}

/// `remove(t)` takes the last element off, atomically; `remove(t, pos)` shifts down what is above. `pos` may be #t+1,
/// or 0 when #t is 0.
fn remove(th: &mut Thread) -> Result<u32> {
    let Some(t) = plain(th, 1, &[READ, WRITE, LENGTH]) else { return remove_slow(th) };
    if th.arg(2).is_nil() {
        let last = th.list_pop(t)?;
        if last.is_nil() {
            // An empty list may have an element 0, which is then the one at #t.
            let zero = th.raw_get_int(t, 0);
            if !zero.is_nil() && th.raw_len(t) == 0 {
                th.raw_set_int(t, 0, Val::NIL)?;
                return th.ret(zero);
            }
        }
        return th.ret(last);
    }
    match th.list_remove(t, th.check_int(2)?)? {
        Some(v) => th.ret(v),
        None => Err(th.arg_error(2, "position out of bounds")),
    }
}

#[cold]
fn remove_slow(th: &mut Thread) -> Result<u32> {
    check_like(th, 1, &[READ, WRITE, LENGTH])?;
    let size = th.len(1)?;
    let mut pos = th.opt_int(2, size)?;
    if pos != size && (pos as u64).wrapping_sub(1) > size as u64 {
        return Err(th.arg_error(2, "position out of bounds"));
    }
    th.get_i(1, pos)?;
    while pos < size {
        th.get_i(1, pos + 1)?;
        th.set_i(1, pos)?;
        pos += 1;
    }
    th.push_nil();
    th.set_i(1, pos)?;
    Ok(1)
}

// ---- concat ------------------------------------------------------------------------------------------------------

/// `concat(t, sep, i, j)`: the strings and numbers `t[i]` to `t[j]` with `sep` between them.
fn concat(th: &mut Thread) -> Result<u32> {
    let length = match plain(th, 1, &[READ, LENGTH]) {
        Some(t) => th.raw_len(t),
        None => {
            check_like(th, 1, &[READ, LENGTH])?;
            th.len(1)?
        }
    };
    th.opt_bytes(2, b"")?;
    let first = th.opt_int(3, 1)?;
    let last = th.opt_int(4, length)?;
    let mut text = Scratch::take();
    let mut next = (first <= last).then_some(first);
    while let Some(i) = next {
        next = if plain(th, 1, &[READ]).is_some() {
            let end = last.min(i.saturating_add(RUN - 1));
            concat_plain(th, &mut text, i, end, last)?;
            (end < last).then(|| end + 1)
        } else {
            th.get_i(1, i)?;
            append_element(th, &mut text, th.at(-1), i)?;
            th.pop(1);
            if i < last {
                text.append(th, th.opt_bytes(2, b"")?)?;
            }
            (i < last).then(|| i + 1)
        };
        if next.is_some() {
            th.safepoint()?;
        }
    }
    text.finish(th)
}

/// The elements `i` to `end` of the table in slot 1, each but element `last` with the separator behind it.
fn concat_plain(th: &Thread, text: &mut Scratch, i: i64, end: i64, last: i64) -> Result<()> {
    let t = table_at(th, 1);
    let separator = th.opt_bytes(2, b"")?;
    for k in i..=end {
        append_element(th, text, th.raw_get_int(t, k), k)?;
        if k < last {
            text.append(th, separator)?;
        }
    }
    Ok(())
}

#[inline]
fn append_element(th: &Thread, text: &mut Scratch, v: Val<'_>, i: i64) -> Result<()> {
    if text.append_value(th, v)? {
        return Ok(());
    }
    let message = format!("invalid value ({}) at index {i} in table for 'concat'", v.type_of().name());
    Err(th.error(message))
}

// ---- pack, unpack, move ------------------------------------------------------------------------------------------

/// A table with the arguments at 1, 2, ... and their number in field "n".
fn pack(th: &mut Thread) -> Result<u32> {
    let n = th.arg_count();
    if n > LARGE / 8 {
        th.reserve(n * 8)?;
    }
    let t = th.new_table(n, 1)?;
    th.set_arguments(t)?;
    th.raw_set(t, th.new_bytes(b"n")?, th.new_int(n as i64)?)?;
    th.ret(t.into())
}

/// `unpack(t, i, j)`: the elements `t[i]` to `t[j]`, by default all up to `#t`.
fn unpack(th: &mut Thread) -> Result<u32> {
    let first = th.opt_int(2, 1)?;
    let last = if !th.arg(3).is_nil() {
        th.check_int(3)?
    } else if let Some(t) = plain(th, 1, &[LENGTH]) {
        th.raw_len(t)
    } else {
        th.len(1)?
    };
    if first > last {
        return Ok(0);
    }
    let above = (last as u64).wrapping_sub(first as u64);
    if above >= i32::MAX as u64 {
        return Err(too_many_results(th));
    }
    let count = above as u32 + 1;
    if let Err(e) = th.check_stack(count as usize) {
        // The stack's error is handled here: this one is more to the point.
        th.error_value(e);
        return Err(too_many_results(th));
    }
    if let Some(t) = plain(th, 1, &[READ]) {
        th.push_items(t, first, last);
    } else {
        for i in first..=last {
            th.get_i(1, i)?;
        }
    }
    Ok(count)
}

#[cold]
fn too_many_results(th: &Thread) -> luas_vm::native::Error {
    th.error("too many results to unpack")
}

/// `move(a, f, e, t, b)`: copies `a[f]` to `a[e]` to `b[t]` and above, as if all were read first; returns `b`, which
/// is `a` when absent.
fn move_(th: &mut Thread) -> Result<u32> {
    let first = th.check_int(2)?;
    let last = th.check_int(3)?;
    let to = th.check_int(4)?;
    let target: usize = if th.arg(5).is_nil() { 1 } else { 5 };
    check_like(th, 1, &[READ])?;
    check_like(th, target, &[WRITE])?;
    if last >= first {
        if first <= 0 && last >= i64::MAX + first {
            return Err(th.arg_error(3, "too many elements to move"));
        }
        let count = last - first + 1;
        if to > i64::MAX - count + 1 {
            return Err(th.arg_error(4, "destination wrap around"));
        }
        // Upwards is better for a growing table, but would overwrite elements not yet read when the target overlaps.
        let upwards = to > last || to <= first || target != 1 && !th.equals(1, target as i32)?;
        if let (Some(source), Some(_)) = (plain(th, 1, &[READ]), plain(th, target, &[WRITE])) {
            let bytes = count.min(th.raw_len(source)) as usize * 8;
            if bytes > LARGE {
                th.reserve(bytes)?;
            }
            // Within a shared table in one step, unless it is of a size that no list has.
            let within = target == 1 || th.arg(1).same(th.arg(target));
            let at_once = if within && th.is_shared(th.arg(1)) { ATOMIC_MOVE } else { RUN };
            let mut done = 0;
            while done < count {
                let run = at_once.min(count - done);
                let start = if upwards { done } else { count - done - run };
                if within {
                    th.list_copy(table_at(th, 1), first + start, to + start, run, upwards)?;
                } else {
                    move_plain(th, target, first + start, to + start, run, upwards)?;
                }
                done += run;
                if done < count {
                    th.safepoint()?;
                }
            }
        } else {
            for done in 0..count {
                let offset = if upwards { done } else { count - 1 - done };
                th.get_i(1, first + offset)?;
                th.set_i(target as i32, to + offset)?;
            }
        }
    }
    th.ret(th.arg(target))
}

/// Copies `count` elements from `from` of argument 1 to `to` of argument `target`.
fn move_plain(th: &Thread, target: usize, from: i64, to: i64, count: i64, upwards: bool) -> Result<()> {
    let (source, target) = (table_at(th, 1), table_at(th, target as i32));
    if upwards {
        for i in 0..count {
            th.raw_set_int(target, to + i, th.raw_get_int(source, from + i))?;
        }
    } else {
        for i in (0..count).rev() {
            th.raw_set_int(target, to + i, th.raw_get_int(source, from + i))?;
        }
    }
    Ok(())
}
