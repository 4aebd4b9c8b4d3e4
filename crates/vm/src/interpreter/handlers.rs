//! The bodies of all instructions; those of operators are in [`arithmetic`] and [`comparison`], those of tables in
//! [`tables`], the calls that switch coroutines in [`coroutines`]. See [`super`] for the rules.

use super::forms::{Form, HANDLER_COUNT, change, for_each_form, is_call};
use super::{CONTINUE, Flow, arith, call, compare, concat, feedback, finish, forloop, index};
use crate::control::{self, Continuation};
use crate::coroutine::{
    CALL_IN_PCALL, CALL_META, CALL_NATIVE, CALL_PROTECTED, CALL_RETURNING, CALL_SLOW_RETURN, CALL_TAIL, CALL_TO_NATIVE,
    CALL_VARARG,
};
use crate::frame::MIN_NATIVE;
use crate::hook;
use crate::metamethod::Event;
use crate::native::NativeFn;
use crate::object::{
    BOXED_INT, BoxedInt, CAPTURE_REGISTER, CELL_LOCAL, Cell, Header, Kind, LuaClosure, NativeClosure, STORE_HEADER,
    Store, Str, TABLE_LOCAL, Table,
};
use crate::string::same_bytes;
use crate::sync::{Acquire, AtomicU32, AtomicU64};
use crate::table::{ATOM_MASK, AtomFound, TOMB, filter_bit, find_atom};
use crate::thread::{Handler, Record};
use crate::value::{ATOM_BIT, INT_ZERO, TAG_BASE, TAG_INT, TAG_OBJECT, Type, Value, small_float};
use luas_compiler::bytecode::{OPCODE_COUNT, Opcode};

/// One handler for each operation code and then for each form of [`forms`](super::forms).
pub static TABLE: [Handler; HANDLER_COUNT] = {
    macro_rules! list {
        ($($name:ident)*) => { [$($name),*] };
    }
    let plain: [Handler; OPCODE_COUNT] = luas_compiler::for_each_opcode!(list);
    let forms: [Handler; HANDLER_COUNT - OPCODE_COUNT] = for_each_form!(list);
    let mut all = [plain[0]; HANDLER_COUNT];
    let mut i = 0;
    while i < HANDLER_COUNT {
        all[i] = if i < OPCODE_COUNT { plain[i] } else { forms[i - OPCODE_COUNT] };
        i += 1;
    }
    all
};

/// The double in a register or constant, loaded into a float register by itself: the word's way through an integer
/// register would lengthen the chain of dependent float instructions.
macro_rules! double_at {
    ($p:expr) => {
        std::ptr::read_volatile($p.cast::<f64>())
    };
}

/// The word of a register or constant, read again.
macro_rules! word_at {
    ($p:expr) => {
        std::ptr::read_volatile($p.cast::<u64>())
    };
}

/// Its argument. The compiler must have it in one register here: computed in another order, it would need more of
/// them than a handler has without saving some.
#[inline(always)]
fn in_order(mut x: u64) -> u64 {
    #[cfg(not(miri))]
    // SAFETY: no instruction at all.
    unsafe {
        std::arch::asm!("/* {0} */", inout(reg) x, options(pure, nomem, nostack, preserves_flags));
    }
    x
}

/// As [`in_order`]; the compiler does not remember the result either. What is short to compute shall not be kept in a
/// register from one use to the next.
#[inline(always)]
fn anew(mut x: u64) -> u64 {
    #[cfg(not(miri))]
    // SAFETY: no instruction at all.
    unsafe {
        std::arch::asm!("/* {0} */", inout(reg) x, options(nomem, nostack, preserves_flags));
    }
    x
}

/// Jumps to the handler of the instruction at `$pc`.
macro_rules! next {
    ($pc:expr, $base:expr, $th:expr, $k:expr) => {{
        let pc: *const u32 = $pc;
        #[cfg(luas_dispatch = "tail")]
        {
            // Another thread may give the instruction another form at this moment (F-1).
            let ins = (*pc.cast::<AtomicU32>()).get() as u64;
            let handler = *(&raw const (*$th).dispatch).cast::<Handler>().add((ins & 0xFF) as usize);
            return handler(pc.add(1), $base, ins, $th, $k);
        }
        #[cfg(luas_dispatch = "loop")]
        {
            (*$th).loop_state.set((pc, $base, $k));
            return CONTINUE;
        }
    }};
}

/// Ends a stub: goes on with the frame in the record, or leaves the run.
macro_rules! resume {
    ($flow:expr, $th:expr) => {{
        let flow: Flow = $flow;
        if flow != CONTINUE {
            return flow;
        }
        let ci = (*$th).ci.get();
        let base = (*$th).stack.get().add((*ci).base as usize);
        next!((*ci).pc, base, $th, (*ci).k)
    }};
}

/// A handler: its body sees `pc`, `base`, `ins`, `th`, `k`.
macro_rules! op {
    ($(#[$m:meta])* $name:ident($pc:ident, $base:ident, $ins:ident, $th:ident, $k:ident) $body:block) => {
        $(#[$m])*
        #[allow(non_snake_case, unused_variables, clippy::needless_return)]
        pub(super) unsafe extern "C" fn $name(
            $pc: *const u32,
            $base: *mut Value,
            $ins: u64,
            $th: *const Record,
            $k: *const Value,
        ) -> u64 {
            // SAFETY: handlers run verified code of the current frame: operands are in range of its registers,
            // constants and captured words, and the five arguments are the frame's.
            unsafe { $body }
        }
    };
}

/// A stub: saves the pc, runs `$body` (a Flow), and goes on from the record.
macro_rules! stub {
    ($name:ident($pc:ident, $base:ident, $ins:ident, $th:ident, $k:ident) $body:expr) => {
        op! {
            #[cold]
            #[inline(never)]
            $name($pc, $base, $ins, $th, $k) {
                (*(*$th).ci.get()).pc = $pc;
                resume!($body, $th)
            }
        }
    };
}

/// A handler that counts, and goes on as `$done` does, which the instruction becomes when that was enough.
macro_rules! counted {
    ($name:ident($count:path, $done:ident)) => {
        op! {
            #[cold]
            #[inline(never)]
            $name(pc, base, ins, th, k) {
                (*(*th).ci.get()).pc = pc;
                $count(&*th, pc, Form::$done);
                let ci = (*th).ci.get();
                let pc = (*ci).pc;
                let ins = (*pc.sub(1).cast::<AtomicU32>()).get();
                let base = (*th).stack.get().add((*ci).base as usize);
                return $done(pc, base, ins as u64, th, (*ci).k);
            }
        }
    };
}

macro_rules! a {
    ($ins:expr) => {
        ($ins >> 8) as u8 as usize
    };
}
/// Operand A where it is needed first. The short form of [`a`] wants one of four registers, all in use there.
macro_rules! a_first {
    ($ins:expr) => {
        (in_order($ins >> 8) & 0xFF) as usize
    };
}
macro_rules! b {
    ($ins:expr) => {
        ($ins >> 16) as u8 as usize
    };
}
macro_rules! c {
    ($ins:expr) => {
        ($ins >> 24) as u8 as usize
    };
}
macro_rules! bx {
    ($ins:expr) => {
        ($ins >> 16) as u16 as usize
    };
}
macro_rules! sb {
    ($ins:expr) => {
        ($ins >> 16) as i8 as i64
    };
}
macro_rules! sc {
    ($ins:expr) => {
        ($ins >> 24) as i8 as i64
    };
}
/// The address of an object word.
macro_rules! address {
    ($v:expr, $t:ty) => {
        ($v.0 ^ TAG_OBJECT) as *mut $t
    };
}
/// The running closure.
macro_rules! closure {
    ($base:expr) => {
        address!(*$base.sub(1), LuaClosure)
    };
}
/// The cell whose word this is.
macro_rules! cell {
    ($word:expr, $th:expr) => {{
        let word: Value = $word;
        #[cfg(debug_assertions)]
        index::cell_check($th, word);
        address!(word, Cell)
    }};
}
/// The value in a cell.
macro_rules! cell_get {
    ($word:expr, $th:expr) => {
        Value((*cell!($word, $th)).value.load(Acquire))
    };
}
/// The address of an object word; of another word, a number with upper bits.
macro_rules! object_bits {
    ($v:expr) => {
        in_order($v.0 ^ TAG_OBJECT)
    };
}
/// Whether these are the bits of an object whose kind byte `$test` accepts. The byte is read plainly: only an owner
/// changes the kind of an object, and only while no other thread can reach it.
macro_rules! is_kind {
    ($p:expr, $th:expr, $kind:ident => $test:expr) => {
        $p >> 48 == 0 && {
            #[cfg(debug_assertions)]
            index::owner_check($th, Value($p ^ TAG_OBJECT));
            let $kind = *($p as *const u8);
            $test
        }
    };
}
/// Whether these are the bits of a table (local or shared).
macro_rules! is_table {
    ($p:expr, $th:expr) => {
        is_kind!($p, $th, kind => kind & !3 == TABLE_LOCAL)
    };
}
/// Whether these are the bits of a local table: a table, mine, and without write barrier, in one compare.
macro_rules! is_local_table {
    ($p:expr, $th:expr) => {
        is_kind!($p, $th, kind => kind == TABLE_LOCAL)
    };
}
/// Whether a value is nil to Lua. In this form, for the compiler's own one takes a register more.
macro_rules! is_nil_like {
    ($v:expr) => {
        in_order($v.0.wrapping_sub(Value::NIL.0)) < 4
    };
}
/// The hash slot that the hint word at pc names in a store: in bounds by construction.
macro_rules! hinted {
    ($pc:expr, $s:expr) => {{
        let hint = (*$pc.cast::<AtomicU32>()).get();
        let offset = (hint & (*$s).mask) as usize;
        in_order($s as u64 + ((*$s).acap as usize * 8 + offset) as u64) as *const u8
    }};
}
/// The address of the atom whose word this is.
macro_rules! atom_address {
    ($word:expr) => {
        ($word ^ (TAG_OBJECT | ATOM_BIT)) as *const Header
    };
}
/// A conditional jump: W words when `$cond`; a backward one polls.
macro_rules! jump_if {
    ($cond:expr, $pc:expr, $base:expr, $ins:expr, $th:expr, $k:expr) => {{
        let pc = $pc.add(1);
        if $cond {
            // It may change while the code runs (`feedback::repeat`).
            let distance = (*pc.sub(1).cast::<AtomicU32>()).get() as i32 as isize;
            let pc = pc.offset(distance);
            if distance < 0 && (*$th).poll.get() != 0 {
                return safepoint(pc, $base, $ins, $th, $k);
            }
            next!(pc, $base, $th, $k)
        }
        next!(pc, $base, $th, $k)
    }};
}
/// The integer in a word, inline or boxed; with anything else the instruction goes on in `$rest`. The two constants are
/// [`TAG_INT`] and [`TAG_OBJECT`], each loaded once for all that a handler compares with it ([`in_order`]).
macro_rules! integer {
    ($v:expr, $limit:ident, $tag:ident, $rest:ident, $pc:expr, $base:expr, $ins:expr, $th:expr, $k:expr) => {{
        let v: u64 = ($v).0;
        if v >= $limit {
            v.wrapping_sub(INT_ZERO) as i64
        } else {
            // An object, or less than one. Of an atom the byte behind that of its kind is read.
            if v < $tag || *((v ^ $tag) as *const u8) < BOXED_INT {
                return $rest($pc, $base, $ins, $th, $k);
            }
            (*((v ^ $tag) as *const BoxedInt)).value
        }
    }};
}

mod arithmetic;
mod comparison;
mod tables;
use arithmetic::*;
use comparison::*;
use tables::*;

// At a jump target: a safepoint, then the instruction there.
stub! { safepoint(pc, base, ins, th, k) call::safepoint(&*th) }
// ---- loads and moves ------------------------------------------------------------------------------------------------

op! { Move(pc, base, ins, th, k) { *base.add(a!(ins)) = *base.add(b!(ins)); next!(pc, base, th, k) } }
op! { LoadI(pc, base, ins, th, k) {
    *base.add(a!(ins)) = Value(INT_ZERO.wrapping_add((ins >> 16) as i16 as i64 as u64));
    next!(pc, base, th, k)
} }
op! { LoadF(pc, base, ins, th, k) {
    *base.add(a!(ins)) = Value(((ins >> 16) as i16 as f64).to_bits());
    next!(pc, base, th, k)
} }
op! { LoadK(pc, base, ins, th, k) { *base.add(a!(ins)) = *k.add(bx!(ins)); next!(pc, base, th, k) } }
op! { LoadKX(pc, base, ins, th, k) { *base.add(a!(ins)) = *k.add(*pc as usize); next!(pc.add(1), base, th, k) } }
op! { LoadFalse(pc, base, ins, th, k) { *base.add(a!(ins)) = Value::FALSE; next!(pc, base, th, k) } }
op! { LFalseSkip(pc, base, ins, th, k) { *base.add(a!(ins)) = Value::FALSE; next!(pc.add(1), base, th, k) } }
op! { LoadTrue(pc, base, ins, th, k) { *base.add(a!(ins)) = Value::TRUE; next!(pc, base, th, k) } }
op! { LoadNil(pc, base, ins, th, k) {
    let first = base.add(a!(ins));
    let mut i = 0;
    while i <= b!(ins) {
        *first.add(i) = Value::NIL;
        i += 1;
    }
    next!(pc, base, th, k)
} }

// ---- captured variables -----------------------------------------------------------------------------------------------

op! { GetUpval(pc, base, ins, th, k) {
    let word = Value(LuaClosure::upval(closure!(base), b!(ins)).load(Acquire));
    *base.add(a!(in_order(ins))) = word;
    next!(pc, base, th, k)
} }
op! { GetUpCell(pc, base, ins, th, k) {
    let cell = Value(LuaClosure::upval(closure!(base), b!(ins)).load(Acquire));
    *base.add(a!(in_order(ins))) = cell_get!(cell, th);
    next!(pc, base, th, k)
} }
op! { SetUpCell(pc, base, ins, th, k) {
    let cell = Value(LuaClosure::upval(closure!(base), b!(ins)).load(Acquire));
    let p = cell!(cell, th);
    let v = *base.add(a_first!(ins));
    if (*p).header.kind.get() != CELL_LOCAL {
        return set_shared_cell(pc, base, ins, th, k);
    }
    (*p).value.set(v.0);
    next!(pc, base, th, k)
} }
op! {
    #[cold]
    #[inline(never)]
    set_shared_cell(pc, base, ins, th, k) {
        let cell = Value(LuaClosure::upval(closure!(base), b!(ins)).load(Acquire));
        index::set_cell(&*th, cell!(cell, th), *base.add(a!(ins)));
        next!(pc, base, th, k)
    }
}
op! { NewCell(pc, base, ins, th, k) {
    if let Some(p) = (*th).bump(std::mem::size_of::<Cell>()) {
        p.cast::<u64>().write(Header::word(Kind::Cell, 0));
        let r = base.add(a!(ins));
        (*p.cast::<Cell>()).value.set((*r).0);
        *r = (*th).born(Value::object(p.cast()));
        next!(pc, base, th, k)
    }
    return new_cell_slow(pc, base, ins, th, k);
} }
op! {
    #[inline(never)]
    new_cell_slow(pc, base, ins, th, k) {
        let cell = index::new_cell(&*th, *base.add(a!(ins)));
        if cell.is_nil_like() {
            return no_memory(pc, base, ins, th, k);
        }
        *base.add(a!(ins)) = cell;
        next!(pc, base, th, k)
    }
}
op! { GetCell(pc, base, ins, th, k) {
    *base.add(a!(ins)) = cell_get!(*base.add(b!(ins)), th);
    next!(pc, base, th, k)
} }
op! { SetCell(pc, base, ins, th, k) {
    let p = cell!(*base.add(a!(ins)), th);
    if (*p).header.kind.get() != CELL_LOCAL {
        return set_cell_shared(pc, base, ins, th, k);
    }
    (*p).value.set((*base.add(b!(ins))).0);
    next!(pc, base, th, k)
} }
op! {
    #[cold]
    #[inline(never)]
    set_cell_shared(pc, base, ins, th, k) {
        index::set_cell(&*th, cell!(*base.add(a!(ins)), th), *base.add(b!(ins)));
        next!(pc, base, th, k)
    }
}
stub! { no_memory(pc, base, ins, th, k) call::no_memory(&*th) }

// ---- other operators ---------------------------------------------------------------------------------------------------

op! { Not(pc, base, ins, th, k) {
    *base.add(a!(ins)) = Value::bool((*base.add(b!(ins))).is_falsy());
    next!(pc, base, th, k)
} }
op! { Concat(pc, base, ins, th, k) {
    let r = concat::fast(&*th, base.add(a!(ins)), b!(ins));
    if r != Value::EMPTY {
        *base.add(a!(ins)) = r;
        next!(pc, base, th, k)
    }
    return concat_slow(pc, base, ins, th, k);
} }
stub! { concat_slow(pc, base, ins, th, k) concat::general(&*th, a!(ins), b!(ins)) }

// ---- jumps and tests --------------------------------------------------------------------------------------------------------

op! { Jmp(pc, base, ins, th, k) { next!(pc.offset((ins as u32 as i32 >> 8) as isize), base, th, k) } }
counted! { JmpBack(feedback::turn, JmpBackH) }
op! { JmpBackH(pc, base, ins, th, k) {
    let pc = pc.offset((ins as u32 as i32 >> 8) as isize);
    if (*th).poll.get() != 0 {
        return safepoint(pc, base, ins, th, k);
    }
    next!(pc, base, th, k)
} }

stub! { Loop(pc, base, ins, th, k) {
    feedback::repeat(&*th, pc);
    CONTINUE
} }
op! { LoopH(pc, base, ins, th, k) { next!(pc, base, th, k) } }

op! { Test(pc, base, ins, th, k) {
    jump_if!(!(*base.add(a!(ins))).is_falsy(), pc, base, ins, th, k)
} }
op! { NotTest(pc, base, ins, th, k) {
    jump_if!((*base.add(a!(ins))).is_falsy(), pc, base, ins, th, k)
} }
op! { TestSet(pc, base, ins, th, k) {
    let v = *base.add(b!(ins));
    if v.is_falsy() != (c!(ins) != 0) {
        *base.add(a!(ins)) = v;
        jump_if!(true, pc, base, ins, th, k)
    }
    next!(pc.add(1), base, th, k)
} }

// ---- calls and returns --------------------------------------------------------------------------------------------------------

/// Enters the Lua function `$proto`: its frame, at `$frame`, is `$above` slots above the caller's; `$word` is the frame's
/// `wanted`, `flags` and `extra`. It starts at `$code`.
macro_rules! enter {
    ($proto:expr, $frame:expr, $above:expr, $word:expr, $code:expr, $ci:expr, $th:expr) => {{
        let callee = $ci.add(1);
        let offset = (*$ci).base + $above as u32;
        (*callee).base = offset;
        (*callee).top = offset + (*$proto).max_stack;
        *(&raw mut (*callee).wanted).cast::<u64>() = $word;
        (*$th).ci.set(callee);
        let constants = (*$proto).constants;
        (*callee).k = constants;
        next!($code, $frame, $th, constants)
    }};
}
/// Whether a frame of the Lua function `$proto` at `$frame` fits above that of `$ci`.
macro_rules! fits {
    ($proto:expr, $frame:expr, $ci:expr, $th:expr) => {
        $frame.add((*$proto).max_stack as usize) <= (*$th).stack_limit.get() && $ci < (*$th).ci_last.get()
    };
}
/// Moves `$n` results down from `$first` to `$to`, adjusted to `$count`.
macro_rules! move_results {
    ($first:expr, $n:expr, $to:expr, $count:expr) => {{
        let mut i = 0;
        while i < $n && i < $count {
            *$to.add(i) = *$first.add(i);
            i = in_order(i as u64 + 1) as usize;
        }
        while i < $count {
            *$to.add(i) = Value::NIL;
            i = in_order(i as u64 + 1) as usize;
        }
    }};
}
/// Goes on in the frame below that of `$ci`.
macro_rules! leave {
    ($ci:expr, $th:expr) => {{
        let caller = $ci.sub(1);
        (*$th).ci.set(caller);
        next!((*caller).pc, (*$th).stack.get().add((*caller).base as usize), $th, (*caller).k)
    }};
}

// The first call of a site is not counted: most code runs once.
op! {
    #[cold]
    #[inline(never)]
    Call(pc, base, ins, th, k) {
        change(pc, ins, Form::CallC);
        return CallH(pc, base, ins, th, k);
    }
}
counted! { CallC(feedback::call_site, CallH) }
// What was a native function at last.
op! { CallN(pc, base, ins, th, k) {
    if (*th).poll.get() != 0 {
        return safepoint_and_call(pc, base, ins, th, k);
    }
    let p = object_bits!(*base.add(a_first!(ins)));
    if is_kind!(p, th, kind => kind >> 2 == Kind::NativeClosure as u8) {
        return ((*(p as *const NativeClosure)).entry)(pc, base, ins, th, p as *const Value);
    }
    change(pc, ins, Form::CallH);
    return CallH(pc, base, ins, th, k);
} }
op! { CallH(pc, base, ins, th, k) {
    if (*th).poll.get() != 0 {
        return safepoint_and_call(pc, base, ins, th, k);
    }
    let a = a_first!(ins);
    let p = object_bits!(*base.add(a));
    if !is_kind!(p, th, kind => kind >> 2 == Kind::LuaClosure as u8) {
        return call_other(pc, base, ins, th, p as *const Value);
    }
    let proto = (*(p as *const LuaClosure)).proto;
    // B counts the function too, and is 0 in an open call.
    if (ins >> 16) as u8 <= (*proto).plain_params {
        return call_adjusted(pc, base, ins, th, k);
    }
    let frame = base.add(a + 1);
    let ci = (*th).ci.get();
    if !fits!(proto, frame, ci, th) {
        return call_slow(pc, base, ins, th, k);
    }
    (*ci).pc = pc;
    enter!(proto, frame, a + 1, (ins as u32 >> 24) as u64, (*proto).code, ci, th)
} }
// A call of a Lua function that is open, gives too few arguments, or goes to a vararg function.
op! {
    #[inline(never)]
    call_adjusted(pc, base, ins, th, k) {
        let a = a_first!(ins);
        let frame = base.add(a + 1);
        let proto = (*address!(*base.add(a), LuaClosure)).proto;
        if (*proto).is_vararg {
            return call_vararg(pc, base, ins, th, k);
        }
        let ci = (*th).ci.get();
        if !fits!(proto, frame, ci, th) {
            return call_slow(pc, base, ins, th, k);
        }
        let mut end = frame.add(b!(ins)).sub(1);
        if b!(ins) == 0 {
            end = (*th).top.get();
        }
        let params = frame.add((*proto).num_params as usize);
        while end < params {
            *end = Value::NIL;
            end = in_order(end.add(1) as u64) as *mut Value;
        }
        (*ci).pc = pc;
        enter!(proto, frame, a + 1, c!(ins) as u64, (*proto).code, ci, th)
    }
}
// A call of a vararg function: what its VARARGPREP does is done here.
op! {
    #[inline(never)]
    call_vararg(pc, base, ins, th, k) {
        let a = a_first!(ins);
        let args = base.add(a + 1);
        let f = *base.add(a);
        let proto = (*address!(f, LuaClosure)).proto;
        let params = (*proto).num_params as usize;
        let mut nargs = b!(ins).wrapping_sub(1);
        if nargs == usize::MAX {
            nargs = (*th).top.get().offset_from_unsigned(args);
        }
        let ci = (*th).ci.get();
        let above = nargs.max(params) + 1;
        let frame = args.add(above);
        if !fits!(proto, frame, ci, th) {
            return call_slow(pc, base, ins, th, k);
        }
        *frame.sub(1) = f;
        let mut i = 0;
        while i < params {
            let mut v = Value::NIL;
            if i < nargs {
                v = *args.add(i);
            }
            *frame.add(i) = v;
            *args.add(i) = Value::NIL;
            i = in_order(i as u64 + 1) as usize;
        }
        (*ci).pc = pc;
        let extra = (above - 1 - params) as u64;
        let word = c!(ins) as u64 | (CALL_VARARG as u64) << 16 | extra << 32;
        enter!(proto, frame, a + 1 + above, word, (*proto).code.add(1), ci, th)
    }
}

// A call of something else, whose `object_bits!` are in the place of the constants.
op! {
    #[inline(never)]
    call_other(pc, base, ins, th, p) {
        if is_kind!(p as u64, th, kind => kind >> 2 == Kind::NativeClosure as u8) {
            return ((*p.cast::<NativeClosure>()).entry)(pc, base, ins, th, p);
        }
        if is_table!(p as u64, th) && b!(ins) != 0 && b!(ins) != 255 {
            return call_table(pc, base, ins, th, p);
        }
        return call_slow(pc, base, ins, th, p);
    }
}
// A call of a table: its `__call` is called with the table and the arguments.
op! {
    #[inline(never)]
    call_table(pc, base, ins, th, p) {
        let meta = (*p.cast::<Table>()).meta.load(Acquire) as *const Table;
        let m = index::call_event(&*th, meta);
        if is_kind!(object_bits!(m), th, kind => kind >> 2 == Kind::LuaClosure as u8) {
            // EXTRA_SLOTS cover one slot more.
            let func = base.add(a!(ins));
            let mut i = b!(ins);
            while i > 0 {
                *func.add(i) = *func.add(i - 1);
                i = in_order(i as u64 - 1) as usize;
            }
            *func = m;
            return call_adjusted(pc, base, ins + (1 << 16), th, p);
        }
        return call_slow(pc, base, ins, th, p);
    }
}

// The call of an `__index` that lies above the frame with its two arguments.
op! {
    #[inline(never)]
    enter_index(pc, base, ins, th, k) {
        let ci = (*th).ci.get();
        let above = ((*ci).top - (*ci).base) as usize + 1;
        let frame = base.add(above);
        let p = object_bits!(*frame.sub(1));
        if is_kind!(p, th, kind => kind >> 2 == Kind::LuaClosure as u8) && (*th).hook_mask.get() == 0 {
            let proto = (*(p as *const LuaClosure)).proto;
            if (*proto).plain_params < 3 && fits!(proto, frame, ci, th) {
                (*ci).pc = pc;
                enter!(proto, frame, above, 2 | (CALL_META as u64) << 16, (*proto).code, ci, th)
            }
        }
        return enter_index_slow(pc, base, ins, th, k);
    }
}
// The call of a `__newindex` that lies above the frame with its three arguments.
op! {
    #[inline(never)]
    enter_newindex(pc, base, ins, th, k) {
        let ci = (*th).ci.get();
        let above = ((*ci).top - (*ci).base) as usize + 1;
        let frame = base.add(above);
        let p = object_bits!(*frame.sub(1));
        if is_kind!(p, th, kind => kind >> 2 == Kind::LuaClosure as u8) && (*th).hook_mask.get() == 0 {
            let proto = (*(p as *const LuaClosure)).proto;
            if (*proto).plain_params < 4 && fits!(proto, frame, ci, th) {
                (*ci).pc = pc;
                enter!(proto, frame, above, 1 | (CALL_META as u64) << 16, (*proto).code, ci, th)
            }
        }
        return enter_newindex_slow(pc, base, ins, th, k);
    }
}
stub! { enter_newindex_slow(pc, base, ins, th, k) {
    let func = (*th).stack.get().add((*(*th).ci.get()).top as usize);
    (*th).top.set(func.add(4));
    call::call(&*th, func, 0, CALL_META)
} }
stub! { enter_index_slow(pc, base, ins, th, k) {
    let func = (*th).stack.get().add((*(*th).ci.get()).top as usize);
    (*th).top.set(func.add(3));
    call::call(&*th, func, 1, CALL_META)
} }
/// The handler that calls the native function `f`: all have the closure in the place of the constants.
pub fn native_entry(f: NativeFn) -> Handler {
    let special: [(NativeFn, Handler); 4] = [
        (control::pcall, call_pcall),
        (control::co_resume, call_resume),
        (control::wrapped, call_wrapped),
        (control::co_yield, call_yield),
    ];
    special.into_iter().find(|&(known, _)| std::ptr::fn_addr_eq(known, f)).map_or(call_native, |(_, entry)| entry)
}
op! {
    #[inline(never)]
    call_native(pc, base, ins, th, native) {
        let frame = base.add(a!(ins) + 1);
        let mut end = frame.add(b!(ins)).sub(1);
        if b!(ins) == 0 {
            end = (*th).top.get();
        }
        let ci = (*th).ci.get();
        if end.add(MIN_NATIVE) > (*th).stack_limit.get() || ci >= (*th).ci_last.get() {
            return call_slow(pc, base, ins, th, native);
        }
        (*ci).pc = pc;
        (*th).top.set(end);
        let callee = ci.add(1);
        let nargs = end.offset_from_unsigned(frame);
        let offset = (*ci).base + a!(ins) as u32 + 1;
        (*callee).k = std::ptr::null();
        (*callee).base = offset;
        (*callee).top = offset + (nargs + MIN_NATIVE) as u32;
        let word = c!(ins) as u64 | (CALL_NATIVE as u64) << 16 | (nargs as u64) << 32;
        *(&raw mut (*callee).wanted).cast::<u64>() = word;
        (*th).ci.set(callee);
        let n = call::run_native(&*th, (*native.cast::<NativeClosure>()).function);
        if n >= call::SWITCHED {
            resume!((*th).pending_flow.get(), th)
        }
        // The function may have set a hook.
        if (*th).hook_mask.get() != 0 {
            resume!(call::return_native(&*th, n as usize), th)
        }
        let callee = (*th).ci.get();
        let first = (*th).top.get().sub(n as usize);
        if (*callee).wanted != 2 || n == 0 {
            return leave_native(pc, first, n as u64, th, native);
        }
        *(*th).stack.get().add((*callee).base as usize).sub(1) = *first;
        leave!(callee, th)
    }
}
// The end of a native function with any number of results: `n`, at `first`.
op! {
    #[inline(never)]
    leave_native(pc, first, n, th, k) {
        let callee = (*th).ci.get();
        let result = (*th).stack.get().add((*callee).base as usize).sub(1);
        let mut count = ((*callee).wanted as usize).wrapping_sub(1);
        if count == usize::MAX {
            count = n as usize;
            (*th).top.set(result.add(n as usize));
        }
        move_results!(first, n as usize, result, count);
        leave!(callee, th)
    }
}
// `pcall(f, ...)` of a Lua function: two frames, as `control::protect` makes them.
op! {
    #[inline(never)]
    call_pcall(pc, base, ins, th, native) {
        let frame = base.add(a_first!(ins) + 1);
        let p = object_bits!(*frame);
        if b!(ins) < 2 || !is_kind!(p, th, kind => kind >> 2 == Kind::LuaClosure as u8) {
            return call_native(pc, base, ins, th, native);
        }
        let proto = (*(p as *const LuaClosure)).proto;
        if (ins >> 16) as u8 - 1 <= (*proto).plain_params {
            return call_pcall_adjusted(pc, base, ins, th, native);
        }
        let ci = (*th).ci.get();
        let own = ci.add(1);
        let co = (*th).coroutine.get();
        if !fits!(proto, frame.add(1), own, th)
            || (*co).protected() + (*th).run_depth.get() >= call::MAX_NATIVE_DEPTH
        {
            return call_native(pc, base, ins, th, native);
        }
        (*ci).pc = pc;
        (*own).pc = (*co).enter_protected(0) as *const u32;
        (*own).k = Continuation::Pcall as usize as *const Value;
        // The number of its arguments is not asked for any more.
        let word = (ins as u32 >> 24) as u64 | ((CALL_NATIVE | CALL_PROTECTED) as u64) << 16;
        *(&raw mut (*own).wanted).cast::<u64>() = word;
        let offset = in_order((*ci).base as u64 + a_first!(ins) as u64 + 1) as u32;
        (*own).base = offset;
        (*own).top = offset + MIN_NATIVE as u32;
        let word = ((CALL_TO_NATIVE | CALL_IN_PCALL) as u64) << 16;
        enter!(proto, frame.add(1), 1, word, (*proto).code, own, th)
    }
}
// With too few arguments, or of a vararg function.
op! {
    #[inline(never)]
    call_pcall_adjusted(pc, base, ins, th, native) {
        let frame = base.add(a!(ins) + 2);
        let proto = (*address!(*frame.sub(1), LuaClosure)).proto;
        let params = (*proto).num_params as usize;
        if (*proto).is_vararg || !fits!(proto, frame, (*th).ci.get(), th) || params > 200 {
            return call_native(pc, base, ins, th, native);
        }
        let mut i = b!(ins) - 2;
        while i < params {
            *frame.add(i) = Value::NIL;
            i = in_order(i as u64 + 1) as usize;
        }
        return call_pcall(pc, base, ins & 0xFF00_FFFF | (params as u64 + 2) << 16, th, native);
    }
}
/// Whether the function of the frame `$ci` was called by pcall, and returns to it alone.
macro_rules! returns_to_pcall {
    ($ci:expr) => {
        (*$ci).flags == CALL_TO_NATIVE | CALL_IN_PCALL
    };
}
/// The protected call of the frame `$own` is over.
macro_rules! end_pcall {
    ($own:expr, $th:expr) => {{
        (*(*$th).coroutine.get()).protection.set((*$own).pc as u64);
    }};
}
// The end of a protected call without error: `n` results of its function start at `first`.
op! {
    #[inline(never)]
    leave_pcall(pc, first, n, th, k) {
        let own = (*th).ci.get().sub(1);
        end_pcall!(own, th);
        let result = (*th).stack.get().add((*own).base as usize);
        *result.sub(1) = Value::TRUE;
        let mut count = ((*own).wanted as usize).saturating_sub(2);
        if (*own).wanted == 0 {
            count = n as usize;
            (*th).top.set(result.add(n as usize));
        }
        move_results!(first, n as usize, result, count);
        leave!(own, th)
    }
}
mod coroutines;
use coroutines::*;
stub! { call_slow(pc, base, ins, th, k) {
    let func = base.add(a!(ins));
    if b!(ins) != 0 {
        (*th).top.set(func.add(b!(ins)));
    }
    call::call(&*th, func, c!(ins) as i16 - 1, 0)
} }
// A call whose poll asks for something: it is not tried again, for the poll may ask at every safepoint.
stub! { safepoint_and_call(pc, base, ins, th, k) {
    if call::safepoint_raises(&*th) {
        call::throw(&*th)
    } else {
        // The stack may have moved.
        let func = (*th).stack.get().add((*(*th).ci.get()).base as usize + a!(ins));
        if b!(ins) != 0 {
            (*th).top.set(func.add(b!(ins)));
        }
        call::call(&*th, func, c!(ins) as i16 - 1, 0)
    }
} }
counted! { TailCall(feedback::call, TailCallH) }
op! { TailCallH(pc, base, ins, th, k) {
    if (*th).poll.get() != 0 {
        return safepoint_and_tail_call(pc, base, ins, th, k);
    }
    let args = base.add(a!(ins) + 1);
    let f = *args.sub(1);
    let p = object_bits!(f);
    if !is_kind!(p, th, kind => kind >> 2 == Kind::LuaClosure as u8) {
        return tail_call_other(pc, base, ins, th, k);
    }
    let proto = (*(p as *const LuaClosure)).proto;
    let mut nargs = b!(ins).wrapping_sub(1);
    if nargs == usize::MAX {
        nargs = (*th).top.get().offset_from_unsigned(args);
    }
    let ci = (*th).ci.get();
    if nargs < (*proto).num_params as usize
        || (*ci).flags & CALL_VARARG != 0
        || base.add((*proto).max_stack as usize) > (*th).stack_limit.get()
    {
        return tail_call_other(pc, base, ins, th, k);
    }
    // The frame becomes the callee's.
    *base.sub(1) = f;
    let mut i = 0;
    while i < nargs {
        *base.add(i) = *args.add(i);
        i += 1;
    }
    // Where the arguments end, for VARARGPREP.
    (*th).top.set(base.add(nargs));
    let (code, constants) = ((*proto).code, (*proto).constants);
    (*ci).k = constants;
    (*ci).top = (*ci).base + (*proto).max_stack;
    (*ci).flags = (*ci).flags & CALL_SLOW_RETURN | CALL_TAIL;
    next!(code, base, th, constants)
} }
// A tail call of a native function, from a vararg function, or with too few arguments.
op! {
    #[inline(never)]
    tail_call_other(pc, base, ins, th, k) {
        let args = base.add(a!(ins) + 1);
        let f = *args.sub(1);
        let p = object_bits!(f);
        if is_kind!(p, th, kind => kind >> 2 == Kind::NativeClosure as u8) {
            // It needs no frame of ours: an ordinary call with all results, and the code returns them next.
            let native = p as *const NativeClosure;
            return ((*native).entry)(pc, base, ins & 0x00FF_FFFF, th, native.cast());
        }
        if !is_kind!(p, th, kind => kind >> 2 == Kind::LuaClosure as u8) {
            return tail_call_slow(pc, base, ins, th, k);
        }
        let proto = (*(p as *const LuaClosure)).proto;
        let mut nargs = b!(ins).wrapping_sub(1);
        if nargs == usize::MAX {
            nargs = (*th).top.get().offset_from_unsigned(args);
        }
        let ci = (*th).ci.get();
        let mut below = 0;
        if (*ci).flags & CALL_VARARG != 0 {
            // Back below the extra arguments.
            below = (*ci).extra + (*(*closure!(base)).proto).num_params as u32 + 1;
        }
        let base = base.sub(below as usize);
        if base.add((*proto).max_stack as usize) > (*th).stack_limit.get() {
            return tail_call_slow(pc, base.add(below as usize), ins, th, k);
        }
        *base.sub(1) = f;
        let mut i = 0;
        while i < nargs {
            *base.add(i) = *args.add(i);
            i = in_order(i as u64 + 1) as usize;
        }
        while i < (*proto).num_params as usize {
            *base.add(i) = Value::NIL;
            i = in_order(i as u64 + 1) as usize;
        }
        (*th).top.set(base.add(i));
        let (code, constants) = ((*proto).code, (*proto).constants);
        (*ci).base -= below;
        (*ci).k = constants;
        (*ci).top = (*ci).base + (*proto).max_stack;
        (*ci).flags = (*ci).flags & CALL_SLOW_RETURN | CALL_TAIL;
        (*ci).extra = 0;
        next!(code, base, th, constants)
    }
}
stub! { tail_call_slow(pc, base, ins, th, k) {
    let func = base.add(a!(ins));
    if b!(ins) != 0 {
        (*th).top.set(func.add(b!(ins)));
    }
    call::tail_call(&*th, func)
} }
stub! { safepoint_and_tail_call(pc, base, ins, th, k) {
    if call::safepoint_raises(&*th) {
        call::throw(&*th)
    } else {
        let func = (*th).stack.get().add((*(*th).ci.get()).base as usize + a!(ins));
        if b!(ins) != 0 {
            (*th).top.set(func.add(b!(ins)));
        }
        call::tail_call(&*th, func)
    }
} }
op! { Return(pc, base, ins, th, k) {
    let ci = (*th).ci.get();
    let flags = (*ci).flags;
    let first = base.add(a!(ins));
    let mut n = b!(ins).wrapping_sub(1);
    if n == usize::MAX {
        n = (*th).top.get().offset_from_unsigned(first);
    }
    if flags & (CALL_SLOW_RETURN | CALL_RETURNING) != 0 || ins as u32 >> 24 != 0 {
        if returns_to_pcall!(ci) && ins as u32 >> 24 == 0 {
            return leave_pcall(pc, first, n as u64, th, k);
        }
        return return_slow(pc, base, ins, th, k);
    }
    let mut result = base.sub(1);
    if flags & CALL_VARARG != 0 {
        // Back below the extra arguments.
        result = result.sub((*ci).extra as usize + (*(*closure!(base)).proto).num_params as usize + 1);
    }
    let mut count = ((*ci).wanted as usize).wrapping_sub(1);
    if count == usize::MAX {
        count = n;
        (*th).top.set(result.add(n));
    }
    move_results!(first, n, result, count);
    leave!(ci, th)
} }
stub! { return_slow(pc, base, ins, th, k) call::return_values(&*th, a!(ins), b!(ins), c!(ins)) }
/// `wanted` and `flags` of a frame together.
macro_rules! wanted_and_flags {
    ($ci:expr) => {
        *(&raw const (*$ci).wanted).cast::<u32>()
    };
}
op! { Return0(pc, base, ins, th, k) {
    let ci = (*th).ci.get();
    // No result wanted, no flags.
    if wanted_and_flags!(ci) != 1 {
        return return0_adjusted(pc, base, ins, th, k);
    }
    leave!(ci, th)
} }
op! {
    #[inline(never)]
    return0_adjusted(pc, base, ins, th, k) {
        let ci = (*th).ci.get();
        if (*ci).flags & CALL_SLOW_RETURN != 0 {
            if returns_to_pcall!(ci) {
                return return0_to_pcall(pc, base, ins, th, k);
            }
            if (*ci).flags & CALL_SLOW_RETURN == CALL_META {
                (*th).ci.set(ci.sub(1));
                resume!(finish::metamethod(&*th, Value::NIL), th)
            }
            return return0_slow(pc, base, ins, th, k);
        }
        let mut result = base.sub(1);
        let mut wanted = (*ci).wanted;
        if wanted == 0 {
            (*th).top.set(result);
        }
        while wanted > 1 {
            *result = Value::NIL;
            result = result.add(1);
            wanted = in_order(wanted as u64 - 1) as u16;
        }
        leave!(ci, th)
    }
}
// As in most calls of pcall: at most `local ok = pcall(f)`. Its frame is next to the function's.
op! {
    #[inline(never)]
    return0_to_pcall(pc, base, ins, th, k) {
        let own = (*th).ci.get().sub(1);
        if (*own).wanted.wrapping_sub(1) > 1 {
            return leave_pcall(pc, base, 0, th, k);
        }
        end_pcall!(own, th);
        *base.sub(2) = Value::TRUE;
        leave!(own, th)
    }
}
stub! { return0_slow(pc, base, ins, th, k) call::return_values(&*th, 0, 1, 0) }
op! { Return1(pc, base, ins, th, k) {
    let ci = (*th).ci.get();
    // One result wanted, no flags.
    if wanted_and_flags!(ci) != 2 {
        return return1_adjusted(pc, base, ins, th, k);
    }
    *base.sub(1) = *base.add(a!(ins));
    leave!(ci, th)
} }
op! {
    #[inline(never)]
    return1_adjusted(pc, base, ins, th, k) {
        let ci = (*th).ci.get();
        if (*ci).flags & CALL_SLOW_RETURN != 0 {
            if returns_to_pcall!(ci) {
                return return1_to_pcall(pc, base, ins, th, k);
            }
            if (*ci).flags & CALL_SLOW_RETURN == CALL_META {
                let value = *base.add(a!(ins));
                (*th).ci.set(ci.sub(1));
                resume!(finish::metamethod(&*th, value), th)
            }
            return return1_slow(pc, base, ins, th, k);
        }
        let mut result = base.sub(1);
        *result = *base.add(a!(ins));
        let mut wanted = (*ci).wanted;
        if wanted == 0 {
            (*th).top.set(result.add(1));
        }
        while wanted > 2 {
            result = result.add(1);
            *result = Value::NIL;
            wanted = in_order(wanted as u64 - 1) as u16;
        }
        leave!(ci, th)
    }
}
// As in most calls of pcall: `local ok, value = pcall(f)`. Its frame is next to the function's.
op! {
    #[inline(never)]
    return1_to_pcall(pc, base, ins, th, k) {
        let own = (*th).ci.get().sub(1);
        let value = base.add(a!(ins));
        if (*own).wanted != 3 {
            return leave_pcall(pc, value, 1, th, k);
        }
        end_pcall!(own, th);
        *base.sub(2) = Value::TRUE;
        *base.sub(1) = *value;
        leave!(own, th)
    }
}
stub! { return1_slow(pc, base, ins, th, k) call::return_values(&*th, a!(ins), 2, 0) }
stub! { Close(pc, base, ins, th, k) call::close_instruction(&*th, a!(ins)) }
stub! { Tbc(pc, base, ins, th, k) call::mark_to_be_closed(&*th, a!(ins)) }

// ---- loops ----------------------------------------------------------------------------------------------------------------------

op! { ForPrep(pc, base, ins, th, k) {
    let r = base.add(a!(ins));
    let (i, limit, step) = (*r, (*r.add(1)).0, (*r.add(2)).0);
    if i.0 & limit & step >= TAG_INT && step != INT_ZERO {
        if if step > INT_ZERO { i.0 > limit } else { i.0 < limit } {
            next!(pc.add(1).offset(*pc as i32 as isize), base, th, k)
        }
        *r.add(3) = i;
        next!(pc.add(1), base, th, k)
    }
    return for_prep_slow(pc, base, ins, th, k);
} }
stub! { for_prep_slow(pc, base, ins, th, k) forloop::prepare(&*th, a!(ins), false) }
op! { ForPrep1(pc, base, ins, th, k) {
    let r = base.add(a!(ins));
    let (i, limit) = (*r, *r.add(1));
    if i.0 & limit.0 >= TAG_INT {
        if i.0 > limit.0 {
            next!(pc.add(1).offset(*pc as i32 as isize), base, th, k)
        }
        *r.add(2) = limit;
        *r.add(3) = i;
        next!(pc.add(1), base, th, k)
    }
    return for_prep_1_slow(pc, base, ins, th, k);
} }
stub! { for_prep_1_slow(pc, base, ins, th, k) forloop::prepare(&*th, a!(ins), true) }
counted! { ForLoop1(feedback::turn, ForLoop1H) }
op! { ForLoop1H(pc, base, ins, th, k) {
    let r = base.add(a!(ins));
    let i = *r;
    let limit = *r.add(1);
    if i.0 & limit.0 >= TAG_INT {
        if i.0 < limit.0 {
            let i = Value(i.0 + 1);
            *r = i;
            *r.add(3) = i;
            let pc = pc.add(1).offset(*pc as i32 as isize);
            if (*th).poll.get() != 0 {
                return safepoint(pc, base, ins, th, k);
            }
            next!(pc, base, th, k)
        }
        if i.as_small_int() != crate::value::INT_MAX {
            next!(pc.add(1), base, th, k)
        }
    }
    return for_loop_1_slow(pc, base, ins, th, k);
} }
stub! { for_loop_1_slow(pc, base, ins, th, k) forloop::step(&*th, a!(ins), true) }
/// The next turn of the numeric loop at `$r`, with this index.
macro_rules! next_turn {
    ($r:expr, $i:expr, $pc:expr, $base:expr, $ins:expr, $th:expr, $k:expr) => {{
        *$r = Value($i);
        *$r.add(3) = Value($i);
        let pc = $pc.add(1).offset(*$pc as i32 as isize);
        if (*$th).poll.get() != 0 {
            return safepoint(pc, $base, $ins, $th, $k);
        }
        next!(pc, $base, $th, $k)
    }};
}
counted! { ForLoop(feedback::turn, ForLoopH) }
op! { ForLoopH(pc, base, ins, th, k) {
    let r = base.add(a!(ins));
    let i = in_order(int_add(word_at!(r), word_at!(r.add(2))));
    if word_at!(r) & word_at!(r.add(1)) & word_at!(r.add(2)) & i >= TAG_INT {
        if word_at!(r.add(2)) > INT_ZERO {
            if i <= word_at!(r.add(1)) {
                next_turn!(r, i, pc, base, ins, th, k)
            }
        } else if i >= word_at!(r.add(1)) {
            next_turn!(r, i, pc, base, ins, th, k)
        }
        next!(pc.add(1), base, th, k)
    }
    return for_loop_float(pc, base, ins, th, k);
} }
op! {
    #[inline(never)]
    for_loop_float(pc, base, ins, th, k) {
    let r = base.add(a!(ins));
    let (i, limit, step) = (*r, *r.add(1), *r.add(2));
    if i.0 < TAG_BASE && limit.0 < TAG_BASE && step.0 < TAG_BASE {
        let step = step.as_double();
        let x = i.as_double() + step;
        if if step > 0.0 { x <= limit.as_double() } else { x >= limit.as_double() } {
            *r = Value(x.to_bits());
            *r.add(3) = *r;
            let pc = pc.add(1).offset(*pc as i32 as isize);
            if (*th).poll.get() != 0 {
                return safepoint(pc, base, ins, th, k);
            }
            next!(pc, base, th, k)
        }
        next!(pc.add(1), base, th, k)
    }
    return for_loop_slow(pc, base, ins, th, k);
}
}

stub! { for_loop_slow(pc, base, ins, th, k) forloop::step(&*th, a!(ins), false) }
stub! { TForPrep(pc, base, ins, th, k) forloop::prepare_generic(&*th, a!(ins)) }
counted! { TForCall(feedback::call, TForCallH) }
op! { TForCallH(pc, base, ins, th, k) {
    let r = base.add(a!(ins));
    if c!(ins) <= 2 && is_table!(object_bits!(*r.add(1)), th) {
        // The loop's TFORLOOP follows: `next` and the iterator of `ipairs` need no call.
        let flow = forloop::iterate(&*th, r);
        if flow == forloop::Iterated::MORE {
            let pc = pc.add(2);
            let pc = pc.offset(*pc.sub(1) as i32 as isize);
            if (*th).poll.get() != 0 {
                return safepoint(pc, base, ins, th, k);
            }
            next!(pc, base, th, k)
        }
        if flow == forloop::Iterated::END {
            next!(pc.add(2), base, th, k)
        }
    }
    return tfor_call_other(pc, base, ins, th, k);
} }
// A turn that calls its iterator, as CALL A+4 3 C+1 does.
op! {
    #[inline(never)]
    tfor_call_other(pc, base, ins, th, k) {
        let r = base.add(a!(ins));
        let (f, state, control) = (*r, *r.add(1), *r.add(2));
        *r.add(4) = f;
        *r.add(5) = state;
        *r.add(6) = control;
        let ins = (ins & 0xFF00_FF00) + (0x0103_0400 | Opcode::Call as u64);
        return CallH(pc, base, ins, th, k);
    }
}
stub! { tfor_call_slow(pc, base, ins, th, k) forloop::call_iterator(&*th, a!(ins), c!(ins)) }
op! { TForLoop(pc, base, ins, th, k) {
    let r = base.add(a!(ins));
    let v = *r.add(4);
    let distance = *pc as i32 as isize;
    let pc = pc.add(1);
    if !v.is_nil() {
        *r.add(2) = v;
        let pc = pc.offset(distance);
        if (*th).poll.get() != 0 {
            return safepoint(pc, base, ins, th, k);
        }
        next!(pc, base, th, k)
    }
    next!(pc, base, th, k)
} }

// ---- closures and varargs -----------------------------------------------------------------------------------------------------------

/// Stores a closure in R[A], then the words that it captures: a function may capture itself. Its memory is not met by
/// anybody before all of them are there.
macro_rules! capture {
    ($p:expr, $proto:expr, $pc:expr, $base:expr, $ins:expr, $th:expr, $k:expr) => {{
        let c = $p as *mut LuaClosure;
        let v = Value::object(c.cast());
        *$base.add(a!($ins)) = v;
        let captures = (*$proto).captures;
        let mut i = (*$proto).num_captures as usize;
        while i > 0 {
            i -= 1;
            let from = *captures.add(i) as usize;
            let word = if from & CAPTURE_REGISTER as usize != 0 {
                (*$base.add(from & 0xFF)).0
            } else {
                LuaClosure::upval(closure!($base), from).load(Acquire)
            };
            LuaClosure::upval(c, i).set(word);
        }
        (*$th).born(v);
        next!($pc, $base, $th, $k)
    }};
}
op! { Closure(pc, base, ins, th, k) {
    let proto = *(*(*closure!(base)).proto).protos.add(bx!(ins));
    let n = (*proto).num_captures as usize;
    if let Some(p) = (*th).bump_closure(n) {
        (*p).proto = proto;
        capture!(p, proto, pc, base, ins, th, k)
    }
    return closure_slow(pc, base, ins, th, k);
} }
op! {
    #[inline(never)]
    closure_slow(pc, base, ins, th, k) {
        let v = index::alloc_closure(&*th, base, bx!(ins));
        if v.is_nil_like() {
            return no_memory(pc, base, ins, th, k);
        }
        let p = address!(v, LuaClosure);
        capture!(p, (*p).proto, pc, base, ins, th, k)
    }
}
op! { Vararg(pc, base, ins, th, k) {
    let n = (*(*th).ci.get()).extra as usize;
    let to = base.add(a!(ins));
    if ins as u32 >> 24 != 0 {
        return vararg_some(pc, base, ins, th, k);
    }
    let end = to.add(n);
    if end > (*th).stack_limit.get() {
        return vararg_slow(pc, base, ins, th, k);
    }
    // The arguments of a call `f(x, ...)`.
    if (*pc.cast::<AtomicU32>()).get() as u64 & 0x00FF_FF00 == (ins & 0xFF00).wrapping_sub(0x200)
        && (*to.sub(2)).0 == (*th).machine().select_function.get()
    {
        return vararg_select(pc, base, ins, th, k);
    }
    (*th).top.set(end);
    // By twos: one more, which is the function, does no harm.
    let from = base.sub(n + 1);
    let mut i = 0;
    while i < n {
        *to.add(i).cast::<[u64; 2]>() = *from.add(i).cast::<[u64; 2]>();
        i = in_order(i as u64 + 2) as usize;
    }
    next!(pc, base, th, k)
} }
op! {
    #[inline(never)]
    vararg_some(pc, base, ins, th, k) {
        let n = (*(*th).ci.get()).extra as usize;
        let to = base.add(a!(ins));
        let from = base.sub(n + 1);
        let wanted = c!(ins) - 1;
        let mut i = 0;
        while i < wanted {
            let mut v = Value::NIL;
            if i < n {
                v = *from.add(i);
            }
            *to.add(i) = v;
            i = in_order(i as u64 + 1) as usize;
        }
        next!(pc, base, th, k)
    }
}
// VARARG and the CALL behind it, which is `select(x, ...)`: without a copy of the arguments, and without a call.
op! {
    #[inline(never)]
    vararg_select(pc, base, ins, th, k) {
        let to = base.add(a!(ins)).sub(2);
        let x = *to.add(1);
        let n = (*(*th).ci.get()).extra as i64;
        let next = (*pc.cast::<AtomicU32>()).get();
        if (*th).poll.get() == 0 && is_call(next) {
            let wanted = next >> 24;
            if x.is_small_int() {
                let mut i = x.as_small_int();
                if i < 0 {
                    i += n + 1;
                }
                if i > 0 && wanted == 2 {
                    let mut v = Value::NIL;
                    if i <= n {
                        v = *base.offset((i - n - 2) as isize);
                    }
                    *to = v;
                    next!(pc.add(1), base, th, k)
                }
            } else if wanted == 2 {
                // A string ends in a NUL: it has a first byte.
                let first = x.as_kind::<Str>(Kind::Str).map_or(0, |s| *Str::bytes_ptr(s));
                if first == b'#' {
                    *to = Value::int_unchecked(n);
                    next!(pc.add(1), base, th, k)
                }
            }
        }
        return vararg_slow(pc, base, ins, th, k);
    }
}
stub! { vararg_slow(pc, base, ins, th, k) call::varargs(&*th, a!(ins), c!(ins)) }
stub! { VarargPrep(pc, base, ins, th, k) call::vararg_prepare(&*th, a!(ins)) }

// ---- hooks ------------------------------------------------------------------------------------------------------------------------

/// The handlers for a hook that wants no line or count events: calls and returns take the way through [`call`], which
/// knows of hooks, and iterators are really called.
pub static HOOKED: [Handler; HANDLER_COUNT] = {
    let mut t = TABLE;
    t[Opcode::Call as usize] = hooked_call;
    t[Opcode::TailCall as usize] = hooked_tail_call;
    t[Opcode::TForCall as usize] = hooked_tfor_call;
    t[OPCODE_COUNT + Form::CallC as usize] = hooked_call;
    t[OPCODE_COUNT + Form::CallN as usize] = hooked_call;
    t[OPCODE_COUNT + Form::CallH as usize] = hooked_call;
    t[OPCODE_COUNT + Form::TailCallH as usize] = hooked_tail_call;
    t[OPCODE_COUNT + Form::TForCallH as usize] = hooked_tfor_call;
    t[Opcode::Return as usize] = return_slow;
    t[Opcode::Return0 as usize] = return0_slow;
    t[Opcode::Return1 as usize] = return1_slow;
    t[Opcode::Vararg as usize] = vararg_slow;
    t
};
/// The handlers for a hook that wants line or count events: those of [`HOOKED`] behind one that looks first.
pub static TRACED: [Handler; HANDLER_COUNT] = [traced; HANDLER_COUNT];

op! {
    #[cold]
    #[inline(never)]
    traced(pc, base, ins, th, k) {
        (*(*th).ci.get()).pc = pc;
        let flow = hook::trace(&*th);
        if flow == hook::PROCEED {
            // The stack may have moved.
            let base = (*th).stack.get().add((*(*th).ci.get()).base as usize);
            return HOOKED[(ins & 0xFF) as usize](pc, base, ins, th, k);
        }
        resume!(flow, th)
    }
}
op! {
    #[cold]
    #[inline(never)]
    hooked_call(pc, base, ins, th, k) {
        if (*th).poll.get() != 0 {
            return safepoint_and_call(pc, base, ins, th, k);
        }
        return call_slow(pc, base, ins, th, k);
    }
}
op! {
    #[cold]
    #[inline(never)]
    hooked_tail_call(pc, base, ins, th, k) {
        if (*th).poll.get() != 0 {
            return safepoint_and_tail_call(pc, base, ins, th, k);
        }
        return tail_call_slow(pc, base, ins, th, k);
    }
}
op! {
    #[cold]
    #[inline(never)]
    hooked_tfor_call(pc, base, ins, th, k) {
        forloop::forget_cursor(&*th, base.add(a!(ins)));
        return tfor_call_slow(pc, base, ins, th, k);
    }
}
