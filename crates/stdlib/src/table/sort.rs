//! `table.sort`.
//!
//! Lists of small integers, of floats or of strings in their natural order are copied out, sorted and written back
//! (strings in the order of their bytes). Everything else is sorted by a quicksort that chooses pivots and compares
//! as PUC Lua's does, so that an order function sees the same calls, elements that it calls equal end up in the same
//! places, and the same inconsistent functions are found out.
//!
//! A table that other threads may see is sorted in a private copy, which is then written back.

use super::{LENGTH, READ, RUN, WRITE, check_like, plain, table_at};
use crate::scratch::no_memory;
use luas_vm::ffi::locale;
use luas_vm::native::{Error, Result};
use luas_vm::thread::Thread;
use luas_vm::value::{Type, Val};
use std::hash::{BuildHasher, RandomState};

/// Argument slots.
const LIST: i32 = 1;
const ORDER: i32 = 2;
/// The private copy of a shared table.
const COPY: i32 = 3;
/// Two elements that are being compared, and the pivot.
const LEFT: i32 = 4;
const RIGHT: i32 = 5;
const PIVOT: i32 = 6;

/// From this many elements on, sorting what holds no Lua values runs parked.
const PARKED: usize = 1 << 16;

/// From this distance on, the pivot may be chosen at random.
const RANDOM_PIVOT: i64 = 100;

/// `sort(t, less)`: sorts `t[1]` to `t[#t]` in place, by `<` when there is no function. Not stable.
pub(super) fn sort(th: &mut Thread) -> Result<u32> {
    let direct = plain(th, 1, &[READ, WRITE, LENGTH]).map(|t| th.raw_len(t));
    let n = match direct {
        Some(n) => n,
        None => {
            check_like(th, 1, &[READ, WRITE, LENGTH])?;
            th.len(LIST)?
        }
    };
    if n < 2 {
        return Ok(0);
    }
    if n >= i64::from(i32::MAX) {
        return Err(th.arg_error(1, "array too big"));
    }
    if !th.arg(2).is_nil() {
        th.check_type(2, Type::Function)?;
    }
    th.set_top(PIVOT as usize);
    if direct.is_none() {
        quicksort(th, Indexed, 1, n, 0)?;
    } else if th.at(ORDER).is_nil() && sort_uniform(th, n)? {
        // Done.
    } else if th.is_shared(th.at(LIST)) {
        copy(th, n)?;
        quicksort(th, Raw(COPY), 1, n, 0)?;
        install(th, n, |th, i| th.raw_get_int(table_at(th, COPY), i))?;
    } else {
        quicksort(th, Raw(LIST), 1, n, 0)?;
    }
    Ok(0)
}

/// Writes the sorted elements back; to a shared table in one step, if it is as long as it was when they were read.
fn install<'t>(th: &'t Thread, n: i64, item: impl Fn(&'t Thread, i64) -> Val<'t>) -> Result<()> {
    if th.list_install(table_at(th, LIST), n, |i| item(th, i))? {
        return Ok(());
    }
    Err(changed(th))
}

/// Copies the list to a fresh table in slot `COPY`.
fn copy(th: &mut Thread, n: i64) -> Result<()> {
    th.reserve(n as usize * 8)?;
    th.set_at(COPY, th.new_table(n as usize, 0)?.into());
    let (list, copy) = (table_at(th, LIST), table_at(th, COPY));
    let mut result = Ok(());
    // The copy has room for all.
    let read = th.list_read(list, n, |i, v| {
        if result.is_ok() {
            result = th.raw_set_int(copy, i, v);
        }
    });
    if read { result } else { Err(changed(th)) }
}

#[cold]
fn changed(th: &Thread) -> Error {
    th.error("table changed during sort")
}

/// Calls `run` for 1..=n in pieces, with a safepoint between them.
fn in_runs(th: &mut Thread, n: i64, mut run: impl FnMut(&Thread, i64, i64) -> Result<()>) -> Result<()> {
    let mut from = 1;
    while from <= n {
        let to = n.min(from + RUN - 1);
        run(th, from, to)?;
        from = to + 1;
        if from <= n {
            th.safepoint()?;
        }
    }
    Ok(())
}

// ---- lists of one kind ---------------------------------------------------------------------------------------------

/// Sorts a list in which all elements are small integers, floats or strings; false (nothing done) for any other.
fn sort_uniform(th: &mut Thread, n: i64) -> Result<bool> {
    let first = th.raw_get_int(table_at(th, LIST), 1);
    if first.as_int().is_some() {
        let done = sort_copied(th, n, small_int, Val::small_int, |all| all.sort_unstable())?;
        // Wide integers are objects, which stay as they are.
        Ok(done || sort_values(th, n, Val::as_int, i64::cmp)?)
    } else if first.as_float().is_some() {
        // The order of floats, with NaN (which Lua leaves open) at the ends.
        sort_copied(th, n, |v| v.as_float(), Val::float, |all| all.sort_unstable_by(f64::total_cmp))
    } else if first.as_bytes().is_some() && locale::orders_by_bytes() {
        sort_values(
            th,
            n,
            |v| v.as_bytes().map(|bytes| (prefix(bytes), bytes)),
            |(p, x), (q, y)| p.cmp(q).then_with(|| x.cmp(y)),
        )
    } else {
        Ok(false)
    }
}

fn small_int(v: Val<'_>) -> Option<i64> {
    const LIMIT: i64 = 1 << 49;
    v.as_int().filter(|i| (-LIMIT..LIMIT).contains(i))
}

/// The first eight bytes as a number of the same order; it decides most comparisons of strings.
fn prefix(bytes: &[u8]) -> u64 {
    let mut first = [0; 8];
    let n = bytes.len().min(8);
    first[..n].copy_from_slice(&bytes[..n]);
    u64::from_be_bytes(first)
}

/// Sorts by copies of the elements which are not Lua values; false when `read` refuses one.
fn sort_copied<T: Copy + Send>(
    th: &mut Thread,
    n: i64,
    read: fn(Val<'_>) -> Option<T>,
    write: fn(T) -> Val<'static>,
    sort: fn(&mut [T]),
) -> Result<bool> {
    let mut all = Vec::new();
    all.try_reserve_exact(n as usize).map_err(|_| no_memory(th))?;
    if th.is_shared(th.at(LIST)) {
        let list = table_at(th, LIST);
        if !th.list_read(list, n, |i, v| all.extend(read(v).filter(|_| all.len() as i64 == i - 1))) {
            return Err(changed(th));
        }
    } else {
        in_runs(th, n, |th, from, to| {
            let list = table_at(th, LIST);
            if all.len() as i64 == from - 1 {
                all.extend((from..=to).map_while(|i| read(th.raw_get_int(list, i))));
            }
            Ok(())
        })?;
    }
    if all.len() as i64 != n {
        return Ok(false);
    }
    if all.len() >= PARKED {
        th.blocking(|| sort(&mut all));
    } else {
        sort(&mut all);
    }
    if th.is_shared(th.at(LIST)) {
        install(th, n, |_, i| write(all[i as usize - 1]))?;
        return Ok(true);
    }
    in_runs(th, n, |th, from, to| {
        let list = table_at(th, LIST);
        (from..=to).try_for_each(|i| th.raw_set_int(list, i, write(all[i as usize - 1])))
    })?;
    Ok(true)
}

/// Sorts the elements themselves by a key of each; false when one has none. No safepoint is reached meanwhile.
fn sort_values<'t, K>(
    th: &'t Thread,
    n: i64,
    key: impl Fn(Val<'t>) -> Option<K>,
    compare: impl Fn(&K, &K) -> std::cmp::Ordering,
) -> Result<bool> {
    let list = table_at(th, LIST);
    let mut all: Vec<(K, Val<'t>)> = Vec::new();
    all.try_reserve_exact(n as usize).map_err(|_| no_memory(th))?;
    let read = th.list_read(list, n, |i, v| {
        if all.len() as i64 == i - 1
            && let Some(k) = key(v)
        {
            all.push((k, v));
        }
    });
    if !read {
        return Err(changed(th));
    }
    if all.len() as i64 != n {
        return Ok(false);
    }
    all.sort_unstable_by(|(x, _), (y, _)| compare(x, y));
    install(th, n, |_, i| all[i as usize - 1].1)?;
    Ok(true)
}

// ---- quicksort -----------------------------------------------------------------------------------------------------

/// How elements are read to and written from the slots in which they are compared.
trait Elements: Copy {
    fn load(self, th: &mut Thread, i: i64, slot: i32) -> Result<()>;
    fn store(self, th: &mut Thread, i: i64, slot: i32) -> Result<()>;
}

/// The table in this slot, directly.
#[derive(Clone, Copy)]
struct Raw(i32);

impl Elements for Raw {
    #[inline]
    fn load(self, th: &mut Thread, i: i64, slot: i32) -> Result<()> {
        th.set_at(slot, th.raw_get_int(table_at(th, self.0), i));
        Ok(())
    }

    #[inline]
    fn store(self, th: &mut Thread, i: i64, slot: i32) -> Result<()> {
        th.raw_set_int(table_at(th, self.0), i, th.at(slot))
    }
}

/// Argument 1, with its metamethods.
#[derive(Clone, Copy)]
struct Indexed;

impl Elements for Indexed {
    fn load(self, th: &mut Thread, i: i64, slot: i32) -> Result<()> {
        th.get_i(LIST, i)?;
        th.set_at(slot, th.at(-1));
        th.pop(1);
        Ok(())
    }

    fn store(self, th: &mut Thread, i: i64, slot: i32) -> Result<()> {
        th.push(th.at(slot));
        th.set_i(LIST, i)
    }
}

/// Whether the value in slot `a` comes before the one in slot `b`.
#[inline]
fn before(th: &mut Thread, a: i32, b: i32) -> Result<bool> {
    if th.at(ORDER).is_nil() {
        return th.less_than(a, b);
    }
    th.push(th.at(ORDER));
    th.push(th.at(a));
    th.push(th.at(b));
    th.call(2, 1)?;
    let result = th.at(-1).truthy();
    th.pop(1);
    Ok(result)
}

/// Sorts the elements `low` to `high`. Recursion takes the smaller part, so it is at most 31 deep.
/// `noise` shifts the pivots of wide ranges; 0 leaves them in the middle.
fn quicksort<E: Elements>(th: &mut Thread, list: E, mut low: i64, mut high: i64, mut noise: u64) -> Result<()> {
    while low < high {
        if order_ends(th, list, low, high, noise)? {
            return Ok(());
        }
        let middle = partition(th, list, low, high)?;
        let smaller = if middle - low < high - middle {
            quicksort(th, list, low, middle - 1, noise)?;
            let size = middle - low;
            low = middle + 1;
            size
        } else {
            quicksort(th, list, middle + 1, high, noise)?;
            let size = high - middle;
            high = middle - 1;
            size
        };
        if (high - low) / 128 > smaller {
            // Far out of balance: the middle is a bad choice for this list.
            noise = RandomState::new().hash_one(low) | 1;
        }
    }
    Ok(())
}

/// Puts the first, the last and an element between them in order; true when these are all. Else the one between is
/// the pivot: it lies in slot `PIVOT` and in the last place but one.
fn order_ends<E: Elements>(th: &mut Thread, list: E, low: i64, high: i64, noise: u64) -> Result<bool> {
    list.load(th, low, LEFT)?;
    list.load(th, high, RIGHT)?;
    if before(th, RIGHT, LEFT)? {
        list.store(th, low, RIGHT)?;
        list.store(th, high, LEFT)?;
    }
    if high - low == 1 {
        return Ok(true);
    }
    let middle = if high - low < RANDOM_PIVOT || noise == 0 {
        (low + high) / 2
    } else {
        // Somewhere in the second and third quarter.
        let quarter = (high - low) / 4;
        low + quarter + (noise % (quarter as u64 * 2)) as i64
    };
    list.load(th, middle, PIVOT)?;
    list.load(th, low, LEFT)?;
    if before(th, PIVOT, LEFT)? {
        list.store(th, middle, LEFT)?;
        list.store(th, low, PIVOT)?;
    } else {
        list.load(th, high, RIGHT)?;
        if before(th, RIGHT, PIVOT)? {
            list.store(th, middle, RIGHT)?;
            list.store(th, high, PIVOT)?;
        }
    }
    if high - low == 2 {
        return Ok(true);
    }
    list.load(th, middle, PIVOT)?;
    list.load(th, high - 1, RIGHT)?;
    list.store(th, middle, RIGHT)?;
    list.store(th, high - 1, PIVOT)?;
    Ok(false)
}

/// Moves what comes before the pivot to the left and the rest to the right; the place of the pivot between them.
/// The ends and the last place but one are as `order_ends` leaves them, and stop both scans unless the order lies.
fn partition<E: Elements>(th: &mut Thread, list: E, low: i64, high: i64) -> Result<i64> {
    let (mut left, mut right) = (low, high - 1);
    loop {
        loop {
            left += 1;
            list.load(th, left, LEFT)?;
            if !before(th, LEFT, PIVOT)? {
                break;
            }
            if left == high - 1 {
                return Err(invalid_order(th));
            }
        }
        loop {
            right -= 1;
            list.load(th, right, RIGHT)?;
            if !before(th, PIVOT, RIGHT)? {
                break;
            }
            if right < left {
                return Err(invalid_order(th));
            }
        }
        if right < left {
            list.store(th, high - 1, LEFT)?;
            list.store(th, left, PIVOT)?;
            return Ok(left);
        }
        list.store(th, left, RIGHT)?;
        list.store(th, right, LEFT)?;
    }
}

#[cold]
fn invalid_order(th: &Thread) -> Error {
    th.error("invalid order function for sorting")
}
