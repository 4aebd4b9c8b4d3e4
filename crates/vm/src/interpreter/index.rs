//! Indexing with metamethods, cells, and the allocating instructions.

use super::{CONTINUE, Flow, call, current_instruction, register};
use crate::debuginfo;
use crate::error;
use crate::metamethod::Event;
use crate::object::{self, Cell, Kind, LuaClosure, Store, Table, Userdata};
use crate::sync::{Acquire, AtomicU32, Release};
use crate::table::{self, AtomFound, Key, SetError, find_atom, list};
use crate::thread::Record;
use crate::value::{Type, Value};

/// Longest chain of `__index` or `__newindex` (MAXTAGLOOP).
const MAX_CHAIN: usize = 2000;

/// Checks, in checked builds, that an object is shared or ours (I-6): every access of a handler comes through here.
/// # Safety
/// `v` is an object, `rec` the current thread's record.
#[cfg(debug_assertions)]
#[inline(never)]
pub unsafe extern "C" fn owner_check(rec: *const Record, v: Value) {
    // SAFETY: caller.
    unsafe { (*rec).owner_assert(v.as_object()) }
}

/// Checks, in checked builds, that a word where code expects a cell is one, shared or ours (I-6, contract 19).
/// # Safety
/// As [`owner_check`], of any word that a register or closure of the current thread holds.
#[cfg(debug_assertions)]
#[inline(never)]
pub unsafe extern "C" fn cell_check(rec: *const Record, v: Value) {
    assert!(v.as_kind::<Cell>(Kind::Cell).is_some(), "contract 19: {v:?} is no cell");
    // SAFETY: caller.
    unsafe { (*rec).owner_assert(v.as_object()) }
}

/// What a lookup came to.
pub enum Lookup {
    /// The value.
    Found(Value),
    /// Call this metamethod with this object and the key.
    Call(Value, Value),
    /// The object cannot be indexed.
    NotIndexable(Value),
    /// The chain is too long.
    Loop,
}

/// `object[key]`, up to the first metamethod that is a function.
pub fn lookup(rec: &Record, object: Value, key: Value) -> Lookup {
    let mut o = object;
    for step in 0..=MAX_CHAIN {
        let m;
        if let Some(t) = o.as_table() {
            rec.owner_assert(t.cast());
            // SAFETY: a live table, its metatable likewise.
            unsafe {
                let v = table::raw_get(rec, t, key);
                if !v.is_nil() {
                    return Lookup::Found(v);
                }
                // Of the last table only the key counts.
                if step == MAX_CHAIN {
                    break;
                }
                let meta = (*t).meta.load(Acquire) as *const Table;
                if meta.is_null() {
                    return Lookup::Found(Value::NIL);
                }
                m = index_of(rec, meta);
                if m.is_nil() {
                    return Lookup::Found(Value::NIL);
                }
            }
        } else if step == MAX_CHAIN {
            break;
        } else {
            m = debuginfo::metamethod_of(rec, o, Event::Index);
            if m.is_nil() {
                return Lookup::NotIndexable(o);
            }
        }
        if m.type_of() == Type::Function {
            return Lookup::Call(m, o);
        }
        o = m;
    }
    Lookup::Loop
}

/// Completes an instruction that sets R[A]; steps over its second word.
unsafe fn complete(rec: &Record, a: usize, v: Value) -> Flow {
    // SAFETY: caller: the current Lua frame, pc saved.
    unsafe {
        *register(rec, a as u8) = v;
        let ci = rec.ci.get();
        if current_instruction(ci).op().has_extra() {
            (*ci).pc = (*ci).pc.add(1);
        }
        CONTINUE
    }
}

/// `R[a] := object[key]`
#[inline(never)]
pub fn get(rec: &Record, object: Value, key: Value, a: usize) -> Flow {
    // SAFETY: the current Lua frame, pc saved.
    unsafe {
        match lookup(rec, object, key) {
            Lookup::Found(v) => complete(rec, a, v),
            Lookup::Call(f, o) => call::call_meta(rec, f, &[o, key], 1, 0),
            Lookup::NotIndexable(v) => error::index_error(rec, v, key),
            Lookup::Loop => error::runtime(rec, "'__index' chain too long; possible loop"),
        }
    }
}

/// `R[a] := object[key]` for a constant string key; sets the hint at `hint` when a plain lookup finds the key.
/// # Safety
/// `hint` is the second word of the instruction in progress.
#[inline(never)]
pub unsafe fn get_field(rec: &Record, object: Value, key: Value, a: usize, hint: *const u32) -> Flow {
    // SAFETY: caller.
    unsafe {
        if let Some(t) = object.as_table() {
            if key.is_atom() {
                match field(rec, t, key, hint) {
                    Field::Found(v) => return complete(rec, a, v),
                    Field::Call(f, o) => return call::call_meta(rec, f, &[Value::object(o.cast()), key], 1, 0),
                    Field::Other => {}
                }
            }
        } else if let Some(t) = debuginfo::metamethod_of(rec, object, Event::Index).as_table() {
            // Methods of strings and userdata.
            let v = field_fast(rec, t, key, hint);
            if v != Value::EMPTY {
                return complete(rec, a, v);
            }
        }
        get(rec, object, key, a)
    }
}

/// Bits of a hint word that hold the offset; the rest counts rewrites. The handlers mask the whole word with the size
/// of the table, so the count never leads out of bounds: in hash parts of more than 2^22 slots it only misses.
pub const HINT_OFFSET: u32 = (1 << 26) - 1;

/// Remembers where in a store a key was found, unless the hint leads there already. A key at the place where its
/// probing starts is remembered by its hash, which leads there in tables of any size. While threads share the code, each
/// hint has a budget of 63 rewrites, then it freezes (contract 22): a site that sees many shapes must not bounce its
/// cache line.
/// # Safety
/// `hint` is the second word of an instruction, `s` a live store, and `offset` the place of a key with this hash in it.
#[inline(always)]
pub unsafe fn set_hint(hint: *const u32, s: *const Store, hash: u32, offset: u32) {
    // SAFETY: caller; other threads use the word too.
    unsafe {
        let word = &*hint.cast::<AtomicU32>();
        let old = word.get();
        let mask = (*s).mask;
        if old & mask == offset {
            return;
        }
        let mut count = old & !HINT_OFFSET;
        if crate::sync::threaded() {
            if count == !HINT_OFFSET {
                return;
            }
            count += HINT_OFFSET + 1;
        }
        let place = if hash << 4 & mask == offset { hash << 4 } else { offset };
        word.set(place & HINT_OFFSET | count);
    }
}

/// The `__index` of a metatable, when its store knows the place; else nil-like.
/// # Safety
/// `meta` is live.
#[inline(always)]
pub unsafe fn index_event(meta: *const Table) -> Value {
    // SAFETY: caller; the place is that of a slot of this store.
    unsafe {
        let s = (*meta).store.load(Acquire) as *const Store;
        let place = (*s).header.lock.get() as usize;
        if place == 0 {
            return Value::NIL;
        }
        Value(Store::slot(s, place * 16 - 16).1.load(Acquire))
    }
}

/// As [`index_event`], the general way, which notes the place, or the absence.
#[cold]
unsafe fn find_index_event(rec: &Record, meta: *const Table) -> Value {
    // SAFETY: caller of `index_event`.
    unsafe {
        let s = (*meta).store.load(Acquire) as *const Store;
        let name = Value(rec.machine().event_names[Event::Index as usize].get());
        if let AtomFound::Value(m, offset) = find_atom(s, name, (*name.as_object()).aux.get()) {
            // Under another word it is not the place that a local store keeps up.
            if let Ok(place) = u8::try_from(offset / 16 + 1)
                && Store::slot(s, offset as usize).0.load(Acquire) == name.0
            {
                (*s).header.lock.set(place);
            }
            return m;
        }
        table::metamethod(rec, meta, Event::Index)
    }
}

/// The `__index` of a metatable; nil when it has none.
/// # Safety
/// `meta` is live.
#[inline(always)]
unsafe fn index_of(rec: &Record, meta: *const Table) -> Value {
    // SAFETY: caller.
    unsafe {
        if (*meta).absent.get() & 1 << Event::Index as u32 != 0 {
            return Value::NIL;
        }
        let m = index_event(meta);
        if m.is_nil_like() { find_index_event(rec, meta) } else { m }
    }
}

/// What a chain of tables has for an atom key.
enum Field {
    /// The value, or nil.
    Found(Value),
    /// A function to be called with this table and the key.
    Call(Value, *const Table),
    /// The chain leads to something else, or it is long.
    Other,
}

/// Looks for an atom key in `t` and along its `__index` chain of tables.
/// # Safety
/// As [`field_fast`].
#[inline(always)]
unsafe fn field(rec: &Record, t: *mut Table, key: Value, hint: *const u32) -> Field {
    // SAFETY: caller.
    unsafe {
        let hash = (*key.as_object()).aux.get();
        let mut t: *const Table = t;
        for _ in 0..MAX_CHAIN {
            let s = (*t).store.load(Acquire) as *const Store;
            match find_atom(s, key, hash) {
                AtomFound::Value(v, offset) => {
                    set_hint(hint, s, hash, offset);
                    return Field::Found(v);
                }
                AtomFound::Absent => {}
                AtomFound::Moving => {
                    let v = table::get_key(t, &Key::Str(key, hash));
                    if !v.is_nil() {
                        return Field::Found(v);
                    }
                }
            }
            let meta = (*t).meta.load(Acquire) as *const Table;
            if meta.is_null() {
                return Field::Found(Value::NIL);
            }
            let m = index_of(rec, meta);
            match m.as_table() {
                Some(next) => t = next,
                None if m.is_nil() => return Field::Found(Value::NIL),
                None if m.type_of() == Type::Function => return Field::Call(m, t),
                None => return Field::Other,
            }
        }
        Field::Other
    }
}

/// The value of an atom key in `t` or along its `__index` chain of tables; EMPTY when the chain needs a call.
/// # Safety
/// `t` is live, `hint` is the second word of the instruction in progress.
#[inline(never)]
pub unsafe extern "C" fn field_fast(rec: &Record, t: *mut Table, key: Value, hint: *const u32) -> Value {
    // SAFETY: caller.
    unsafe {
        if key.is_atom()
            && let Field::Found(v) = field(rec, t, key, hint)
        {
            return v;
        }
        Value::EMPTY
    }
}

/// `v[key]` for an atom key when `v` is a string or userdata whose `__index` is a table: a method. Else EMPTY.
/// # Safety
/// `v` is an object, `key` is a constant string, `hint` is the second word of the instruction in progress.
#[inline(never)]
pub unsafe extern "C" fn method(rec: &Record, v: Value, key: Value, hint: *const u32) -> Value {
    // SAFETY: caller; a metatable and what its `__index` holds are live.
    unsafe {
        let meta = match (*v.as_object()).kind() {
            Kind::Str => rec.machine().type_meta[Type::String as usize].load(Acquire) as *const Table,
            Kind::Userdata => own_meta(v),
            _ => return Value::EMPTY,
        };
        if meta.is_null() {
            return Value::EMPTY;
        }
        let mut index = index_event(meta);
        if index.is_nil_like() {
            index = find_index_event(rec, meta);
        }
        let Some(t) = index.as_table() else { return Value::EMPTY };
        if key.is_atom() {
            let s = (*t).store.load(Acquire) as *const Store;
            let found = table::at_offset(s, key, (*hint.cast::<AtomicU32>()).get());
            if !found.is_nil_like() {
                return found;
            }
        }
        field_fast(rec, t, key, hint)
    }
}

/// Puts the call `f(o, key)` above the current frame, for the handler `enter_index`; EMPTY.
unsafe fn prepare(rec: &Record, f: Value, o: Value, key: Value) -> Value {
    // SAFETY: caller: a Lua frame; EXTRA_SLOTS cover the function and its arguments.
    unsafe {
        let func = rec.stack.get().add((*rec.ci.get()).top as usize);
        *func = f;
        *func.add(1) = o;
        *func.add(2) = key;
        Value::EMPTY
    }
}

/// As [`field_fast`], but EMPTY when there is a function to call, which then lies above the frame with its arguments,
/// and DEAD when the general way must look.
/// # Safety
/// As [`field_fast`], in a Lua frame.
#[inline(never)]
pub unsafe extern "C" fn field_or_call(rec: &Record, t: *mut Table, key: Value, hint: *const u32) -> Value {
    // SAFETY: caller.
    unsafe {
        if !key.is_atom() {
            return Value::DEAD;
        }
        match field(rec, t, key, hint) {
            Field::Found(v) => v,
            Field::Call(f, o) => prepare(rec, f, Value::object(o.cast_mut().cast()), key),
            Field::Other => Value::DEAD,
        }
    }
}

/// `t[key]`; EMPTY when there is a function to call, which then lies above the frame with its arguments; DEAD when a
/// chain of tables must be looked through for one.
/// # Safety
/// `t` and `key` are live; in a Lua frame.
#[inline(never)]
pub unsafe extern "C" fn get_or_call(rec: &Record, t: *mut Table, key: Value) -> Value {
    // SAFETY: caller.
    unsafe {
        if key.is_atom() {
            let s = (*t).store.load(Acquire) as *const Store;
            if let AtomFound::Value(v, _) = find_atom(s, key, (*key.as_object()).aux.get()) {
                return v;
            }
        }
        let v = if key.is_small_int() { table::raw_get_hashed(t, key) } else { table::raw_get(rec, t, key) };
        let meta = (*t).meta.load(Acquire) as *const Table;
        if !v.is_nil() || meta.is_null() {
            return v;
        }
        let m = index_of(rec, meta);
        if m.is_nil() {
            return m;
        }
        if m.type_of() == Type::Function {
            return prepare(rec, m, Value::object(t.cast()), key);
        }
        match lookup(rec, Value::object(t.cast()), key) {
            Lookup::Found(v) => v,
            _ => Value::DEAD,
        }
    }
}

// ---- assignment ------------------------------------------------------------------------------------------------------------------

/// What an assignment came to.
pub enum Assign {
    /// It is done.
    Done,
    /// Call this metamethod with this object, the key and the value.
    Call(Value, Value),
    /// The object cannot be indexed.
    NotIndexable(Value),
    /// The table refused.
    Refused(SetError),
    /// The chain is too long.
    Loop,
}

/// `object[key] = v`, up to the first metamethod that is a function. "Absent" is decided by one read; the raw store
/// that follows is a step of its own (I-16).
pub fn assign(rec: &Record, object: Value, key: Value, v: Value) -> Assign {
    let mut o = object;
    for _ in 0..MAX_CHAIN {
        let m;
        if let Some(t) = o.as_table() {
            // SAFETY: a live table, its metatable likewise.
            unsafe {
                let meta = (*t).meta.load(Acquire) as *const Table;
                if meta.is_null() {
                    return raw(rec, t, key, v);
                }
                m = table::metamethod(rec, meta, Event::NewIndex);
                if m.is_nil() || !get_raw(rec, t, key).is_nil() {
                    return raw(rec, t, key, v);
                }
            }
        } else {
            m = debuginfo::metamethod_of(rec, o, Event::NewIndex);
            if m.is_nil() {
                return Assign::NotIndexable(o);
            }
        }
        if m.type_of() == Type::Function {
            return Assign::Call(m, o);
        }
        o = m;
    }
    Assign::Loop
}

/// `t[key]`, raw, where lists are common.
#[inline(always)]
unsafe fn get_raw(rec: &Record, t: *const Table, key: Value) -> Value {
    // SAFETY: caller: live values.
    unsafe { if key.is_small_int() { table::raw_get_int(t, key.as_small_int()) } else { table::raw_get(rec, t, key) } }
}

#[inline(always)]
unsafe fn raw(rec: &Record, t: *mut Table, key: Value, v: Value) -> Assign {
    // SAFETY: caller: live values.
    let result = unsafe {
        if key.is_small_int() {
            table::set_key(rec, t, Key::Int(key.as_small_int()), v)
        } else {
            table::raw_set(rec, t, key, v)
        }
    };
    match result {
        Ok(()) => Assign::Done,
        Err(e) => Assign::Refused(e),
    }
}

/// `t[key] = v` in a local table: NIL when it was done; EMPTY when there is a function to call, which then lies above the
/// frame with its arguments; DEAD when the general way must look.
/// # Safety
/// `t` is a live local table of this thread, key and value are live; in a Lua frame.
#[inline(never)]
pub unsafe extern "C" fn set_or_call(rec: &Record, t: *mut Table, key: Value, v: Value) -> Value {
    // SAFETY: caller.
    unsafe {
        let meta = (*t).meta.get() as *const Table;
        if !meta.is_null() && (*meta).absent.get() & 1 << Event::NewIndex as u32 == 0 {
            let m = table::metamethod(rec, meta, Event::NewIndex);
            if !m.is_nil() && get_raw(rec, t, key).is_nil() {
                if m.type_of() != Type::Function {
                    return Value::DEAD;
                }
                prepare(rec, m, Value::object(t.cast()), key);
                *rec.stack.get().add((*rec.ci.get()).top as usize + 3) = v;
                return Value::EMPTY;
            }
        }
        let done =
            if key.is_small_int() { table::local::set_int(rec, t, key, v) } else { table::raw_set(rec, t, key, v) };
        if done.is_ok() { Value::NIL } else { Value::DEAD }
    }
}

/// The `__call` of a metatable.
/// # Safety
/// `meta` is live, or null.
#[inline(never)]
pub unsafe extern "C" fn call_event(rec: &Record, meta: *const Table) -> Value {
    // SAFETY: caller.
    unsafe { table::metamethod(rec, meta, Event::Call) }
}

/// Raises what a table refused.
pub fn set_error(rec: &Record, e: SetError) -> Flow {
    match e {
        SetError::Memory => call::no_memory(rec),
        SetError::NilIndex => error::runtime(rec, "table index is nil"),
        SetError::NaNIndex => error::runtime(rec, "table index is NaN"),
    }
}

/// `object[key] := v` of the instruction in progress.
#[inline(never)]
pub fn set(rec: &Record, object: Value, key: Value, v: Value) -> Flow {
    // SAFETY: the current Lua frame, pc saved.
    unsafe {
        match assign(rec, object, key, v) {
            Assign::Done => {
                let ci = rec.ci.get();
                if current_instruction(ci).op().has_extra() {
                    (*ci).pc = (*ci).pc.add(1);
                }
                CONTINUE
            }
            Assign::Call(f, o) => call::call_meta(rec, f, &[o, key, v], 0, 0),
            Assign::NotIndexable(o) => error::index_error(rec, o, key),
            Assign::Refused(e) => set_error(rec, e),
            Assign::Loop => error::runtime(rec, "'__newindex' chain too long; possible loop"),
        }
    }
}

/// `object[key] := v` for a constant string key; sets the hint when the key is in the table.
/// # Safety
/// `hint` is the second word of the instruction in progress.
#[inline(never)]
pub unsafe fn set_field(rec: &Record, object: Value, key: Value, v: Value, hint: *const u32) -> Flow {
    // SAFETY: caller.
    unsafe {
        let hash = if key.is_atom() { (*key.as_object()).aux.get() } else { return set(rec, object, key, v) };
        let full = Key::Str(key, hash);
        let mut o = object;
        for _ in 0..MAX_CHAIN {
            let Some(t) = o.as_table() else { break };
            let s = (*t).store.load(Acquire) as *const Store;
            let present = match find_atom(s, key, hash) {
                AtomFound::Value(_, offset) => {
                    set_hint(hint, s, hash, offset);
                    if !(*t).header.is_shared() {
                        Store::slot(s, offset as usize).1.set(v.0);
                        (*rec.ci.get()).pc = hint.add(1);
                        return CONTINUE;
                    }
                    true
                }
                AtomFound::Absent => false,
                AtomFound::Moving => break,
            };
            let meta = (*t).meta.load(Acquire) as *const Table;
            let m = if present { Value::NIL } else { table::metamethod(rec, meta, Event::NewIndex) };
            if m.is_nil() {
                if let Err(e) = table::set_key(rec, t, full, v) {
                    return set_error(rec, e);
                }
                (*rec.ci.get()).pc = hint.add(1);
                return CONTINUE;
            }
            if m.type_of() == Type::Function {
                return call::call_meta(rec, m, &[o, key, v], 0, 0);
            }
            o = m;
        }
        set(rec, object, key, v)
    }
}

// ---- length ------------------------------------------------------------------------------------------------------------------------

/// The border of a table without metatable; EMPTY when it is a wide integer (a table with few items may have one far
/// out).
/// # Safety
/// `t` is live.
pub unsafe extern "C" fn len_raw(t: *mut Table) -> Value {
    // SAFETY: caller.
    unsafe { Value::small_int(list::len(t)).unwrap_or(Value::EMPTY) }
}

/// `R[a] := #v`
#[inline(never)]
pub fn len(rec: &Record, v: Value, a: usize) -> Flow {
    // SAFETY: the current Lua frame, pc saved.
    unsafe {
        if let Some(s) = v.as_str() {
            return complete(rec, a, Value::int_unchecked((*s).len as i64));
        }
        let m = debuginfo::metamethod_of(rec, v, Event::Len);
        if !m.is_nil() {
            return call::call_meta(rec, m, &[v, v], 1, 0);
        }
        match v.as_table() {
            Some(t) => match rec.new_int(list::len(t)) {
                Some(n) => complete(rec, a, n),
                None => call::no_memory(rec),
            },
            None => error::operand_error(rec, "get length of", v),
        }
    }
}

// ---- cells, closures, tables ---------------------------------------------------------------------------------------------------------

/// A fresh cell; EMPTY when there is no memory.
/// # Safety
/// `v` is live.
#[inline(never)]
pub unsafe extern "C" fn new_cell(rec: &Record, v: Value) -> Value {
    let Some(p) = rec.alloc(Kind::Cell, std::mem::size_of::<Cell>(), 0) else { return Value::EMPTY };
    let p = p.cast::<Cell>();
    // SAFETY: fresh memory.
    unsafe { (*p).value.set(v.0) };
    rec.born(Value::object(p.cast()))
}

/// Stores into a cell, publishing when it is shared.
/// # Safety
/// `p` and `v` are live.
#[inline(never)]
pub unsafe extern "C" fn set_cell(rec: &Record, p: *mut Cell, v: Value) {
    // SAFETY: caller.
    unsafe {
        if (*p).header.is_shared() {
            rec.publish(v);
        }
        // Release: pairs with the acquire load of every read of a cell (I-11).
        (*p).value.store(v.0, Release);
    }
}

/// NEWTABLE; EMPTY when there is no memory.
/// # Safety
/// The current thread's record.
#[inline(never)]
pub unsafe extern "C" fn new_table(rec: &Record, hash_log: u32, array: u32) -> Value {
    let hash = if hash_log > 0 { 1usize << (hash_log - 1) } else { 0 };
    match table::new_table(rec, array as usize, hash) {
        Some(t) => Value::object(t.cast()),
        None => Value::EMPTY,
    }
}

/// CLOSURE: memory for a closure of function `bx` of the running one, without its captured words; EMPTY when there is
/// none. The caller fills it at once.
/// # Safety
/// `base` is the current frame's, `bx` the number of one of its functions.
#[inline(never)]
pub unsafe extern "C" fn alloc_closure(rec: &Record, base: *mut Value, bx: usize) -> Value {
    // SAFETY: caller; fresh memory.
    unsafe {
        let outer = (*base.sub(1)).as_object().cast::<LuaClosure>();
        let proto = *(*(*outer).proto).protos.add(bx);
        let n = (*proto).num_captures as usize;
        let Some(p) = rec.alloc(Kind::LuaClosure, LuaClosure::size(n), n as u32) else { return Value::EMPTY };
        (*p.cast::<LuaClosure>()).proto = proto;
        Value::object(p)
    }
}

/// SETLIST: into the array part directly when the table is local and has room.
#[inline(never)]
pub fn set_list(rec: &Record, a: usize, b: usize, from: usize) -> Flow {
    // SAFETY: the current Lua frame, pc saved; R[a] is the table of a constructor.
    unsafe {
        let r = register(rec, a as u8);
        let n = if b == 0 { rec.top.get().offset_from_unsigned(r) - 1 } else { b };
        // Only a binary chunk of somebody else's making comes here with anything else.
        let Some(t) = (*r).as_table() else { return error::operand_error(rec, "index", *r) };
        if !(*t).header.is_shared() {
            if let Err(e) = table::local::reserve_array(rec, t, from + n) {
                return set_error(rec, e);
            }
            let s = (*t).store.get() as *const Store;
            for i in 0..n {
                Store::array(s, from + i).set((*r.add(1 + i)).0);
            }
        } else {
            if let Err(e) = table::shared::reserve_array(rec, t, from + n) {
                return set_error(rec, e);
            }
            for i in 0..n {
                if let Err(e) = table::set_key(rec, t, Key::Int((from + i) as i64 + 1), *r.add(1 + i)) {
                    return set_error(rec, e);
                }
            }
        }
        (*rec.ci.get()).pc = (*rec.ci.get()).pc.add(1);
        CONTINUE
    }
}

/// Metatable word of a table or userdata.
/// # Safety
/// `v` is live.
pub unsafe fn own_meta(v: Value) -> *mut Table {
    // SAFETY: both kinds have the word at the same place.
    unsafe {
        let p = v.as_object();
        match (*p).kind() {
            object::Kind::Table => (*p.cast::<Table>()).meta.load(Acquire) as *mut Table,
            object::Kind::Userdata => (*p.cast::<Userdata>()).meta.load(Acquire) as *mut Table,
            _ => std::ptr::null_mut(),
        }
    }
}
