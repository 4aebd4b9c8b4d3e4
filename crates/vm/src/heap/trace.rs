//! What each kind of object refers to: the one list of fields that marking, publishing and verifying go by.
//!
//! Promises: [`children`] reports every reference in an object, also weak ones, keys of nil entries and the old and
//! new store of a table in migration (T-9, I-10). A coroutine's registers are reported by [`registers`].
//! Leaves to others: what is done with them.

use crate::coroutine::{CALL_NATIVE, CallInfo, Coroutine, NORMAL, RUNNING};
use crate::object::BUFFER_HEADER;
use crate::object::{Bytes, Cell, Header, Kind, LuaClosure, NativeClosure, Proto, Stack, Store, Table, Userdata};
use crate::sync::AtomicU64;
use crate::table::is_empty_store;
use crate::value::Value;

/// Calls `f` with each object that `p` refers to, except a coroutine's registers.
/// # Safety
/// `p` is a live object, complete, and of the calling thread, shared, or its owner is stopped.
#[inline(always)]
pub unsafe fn children(p: *mut Header, f: &mut impl FnMut(*mut Header)) {
    let value = |f: &mut dyn FnMut(*mut Header), v: Value| {
        if v.is_object() {
            f(v.as_object());
        }
    };
    let address = |f: &mut dyn FnMut(*mut Header), a: u64| {
        if a != 0 {
            f(a as *mut Header);
        }
    };
    // SAFETY: caller: the kind says which layout is there, and the counts in the objects bound the loops.
    unsafe {
        match (*p).kind() {
            Kind::Free | Kind::Str | Kind::BoxedInt | Kind::BoxedLight | Kind::Stack | Kind::Bytes => {}
            Kind::Table => {
                let t = p.cast::<Table>();
                address(f, (*t).meta.get());
                let s = (*t).store.get() as *mut Store;
                if !is_empty_store(s) {
                    f(s.cast());
                }
            }
            Kind::Store => {
                let s = p.cast::<Store>();
                for i in 0..(*s).acap as usize {
                    value(f, Value(Store::array(s, i).get()));
                }
                for offset in (0..=(*s).mask as usize).step_by(16) {
                    let (k, v) = Store::slot(s, offset);
                    value(f, Value(k.get()));
                    value(f, Value(v.get()));
                }
                address(f, (*s).next.get());
            }
            Kind::LuaClosure => {
                let c = p.cast::<LuaClosure>();
                f((*c).proto.cast());
                for i in 0..(*p).aux.get() as usize {
                    value(f, Value(LuaClosure::upval(c, i).get()));
                }
            }
            Kind::NativeClosure => {
                let c = p.cast::<NativeClosure>();
                for i in 0..(*p).aux.get() as usize {
                    value(f, Value(NativeClosure::upval(c, i).get()));
                }
            }
            Kind::Cell => value(f, Value((*p.cast::<Cell>()).value.get())),
            Kind::Userdata => {
                let u = p.cast::<Userdata>();
                address(f, (*u).meta.get());
                for i in 0..(*p).aux.get() as usize {
                    value(f, Value(Userdata::user_value(u, i).get()));
                }
                if let Some(payload) = (*u).payload() {
                    payload.trace(&mut |held| value(f, Value(held.0.get())));
                }
            }
            Kind::Coroutine => {
                let co = p.cast::<Coroutine>();
                address(f, (*co).stack.get() as u64);
                address(f, (*co).frames.get() as u64);
                address(f, (*co).tbc.get() as u64);
                value(f, (*co).hook.get().function);
            }
            Kind::Proto => {
                let proto = p.cast::<Proto>();
                if let Some(info) = (*proto).info.as_ref() {
                    for v in &info.constants {
                        value(f, *v);
                    }
                    for inner in &info.protos {
                        f((*inner).cast());
                    }
                }
            }
        }
    }
}

/// Whether the coroutine is on some thread's chain of resumed coroutines: its registers are its owner's business, and
/// may refer to local objects even if it is shared (I-24).
/// # Safety
/// `co` is a live coroutine.
#[inline]
pub unsafe fn is_active(co: *const Coroutine) -> bool {
    // SAFETY: caller.
    matches!(unsafe { (*co).status.get() }, RUNNING | NORMAL)
}

/// The registers of a coroutine that may be in use (contract 12): up to the last frame's extent. What lies above, up
/// to the high-water mark, is set to nil, so that a dead register may hold garbage but never dangles.
/// # Safety
/// `co` is a live coroutine whose fields are current (see [`crate::thread::Record::sync_coroutine`]) and which nobody
/// runs meanwhile; the result is used before anybody does.
pub unsafe fn registers<'a>(co: *const Coroutine) -> &'a [AtomicU64] {
    // SAFETY: caller; the extent is cut to the stack's length.
    unsafe {
        let stack: *mut Stack = (*co).stack.get();
        if stack.is_null() {
            return &[];
        }
        let len = (*stack).len as usize;
        let mut extent = (*co).top.get() as usize;
        let frames: *mut Bytes = (*co).frames.get();
        if !frames.is_null() {
            let ci = (*co).at.get();
            debug_assert!(
                ci >= (*co).first_frame()
                    && ci.addr() + std::mem::size_of::<CallInfo>()
                        <= frames.addr() + BUFFER_HEADER + (*frames).len as usize,
                "frame {ci:?} lies outside of the coroutine's frames at {frames:?}"
            );
            if (*ci).flags & CALL_NATIVE == 0 {
                extent = extent.max((*ci).top as usize);
            }
        }
        debug_assert!(extent <= len, "contract 12: frames reach beyond the stack: {extent} of {len}");
        let extent = extent.min(len);
        let slots = stack.cast::<u8>().add(BUFFER_HEADER).cast::<AtomicU64>();
        for i in extent..((*co).high_water.get() as usize).min(len) {
            (*slots.add(i)).set(Value::NIL.0);
        }
        std::slice::from_raw_parts(slots, extent)
    }
}
