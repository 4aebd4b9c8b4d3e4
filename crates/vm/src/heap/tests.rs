//! Tests of the heap alone: objects made by hand, roots in `handles`, no code that runs.
// Each test is the thread of its record, and touches objects that it keeps rooted.
#![allow(clippy::undocumented_unsafe_blocks)]

use super::block::{BLOCK_SIZE, block_of};
use super::torture::Torture;
use super::{CLASS_SIZES, MAX_SMALL, class_of};
use crate::coroutine::{CallInfo, Coroutine, NORMAL, SUSPENDED};
use crate::metamethod::{EVENT_NAMES, Event};
use crate::native::Payload;
use crate::object::{BUFFER_HEADER, Bytes, Cell as LuaCell, Kind, Stack, Table, Userdata};
use crate::sync;
use crate::table::{self, raw_get, raw_set};
use crate::thread::Record;
use crate::value::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

mod harness;
use harness::Host;

fn check(torture: Torture, f: impl FnOnce(&Record)) {
    f(&Host::start(torture));
}

fn root(rec: &Record, v: Value) -> usize {
    // SAFETY: the test is the record's thread.
    unsafe {
        let handles = &mut *rec.handles.get();
        handles.push(v);
        handles.len() - 1
    }
}

fn unroot(rec: &Record, i: usize) {
    // SAFETY: as in `root`.
    unsafe { (&mut *rec.handles.get())[i] = Value::NIL };
}

fn new_table(rec: &Record) -> *mut Table {
    table::new_table(rec, 0, 0).unwrap()
}

fn set(rec: &Record, t: *mut Table, k: Value, v: Value) {
    // SAFETY: live objects of the test.
    unsafe { raw_set(rec, t, k, v).unwrap() }
}

fn get(rec: &Record, t: *mut Table, k: Value) -> Value {
    // SAFETY: live objects of the test.
    unsafe { raw_get(rec, t, k) }
}

fn of<T>(p: *mut T) -> Value {
    Value::object(p.cast())
}

fn int(i: i64) -> Value {
    Value::int_unchecked(i)
}

fn count(t: *mut Table) -> usize {
    let mut n = 0;
    // SAFETY: a live table; nothing runs beside the test.
    let s = unsafe { (*t).store.get() as *mut crate::object::Store };
    // SAFETY: indices within the store's capacities.
    unsafe {
        for i in 0..(*s).acap as usize {
            n += !Value(crate::object::Store::array(s, i).get()).is_nil_like() as usize;
        }
        for offset in (0..=(*s).mask as usize).step_by(16) {
            n += !Value(crate::object::Store::slot(s, offset).1.get()).is_nil_like() as usize;
        }
    }
    n
}

fn weak_table(rec: &Record, mode: &str) -> *mut Table {
    let t = new_table(rec);
    let i = root(rec, of(t));
    let meta = new_table(rec);
    set(rec, meta, rec.atom(b"__mode").unwrap(), rec.new_str(mode.as_bytes()).unwrap());
    // SAFETY: both tables are live: one is rooted, the other new.
    unsafe { table::set_meta(rec, t.cast(), meta) };
    unroot(rec, i);
    t
}

struct Counted(Arc<AtomicUsize>);
impl Payload for Counted {}
impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn new_userdata(rec: &Record, payload: Box<dyn Payload>) -> *mut Userdata {
    let u = rec.alloc(Kind::Userdata, size_of::<Userdata>(), 0).unwrap().cast::<Userdata>();
    // SAFETY: fresh memory of that kind and size.
    unsafe {
        (*u).meta.set(0);
        (*u).set_payload(payload);
    }
    assert!(rec.register_payload(u.cast()));
    u
}

fn new_cell(rec: &Record, v: Value) -> *mut LuaCell {
    let c = rec.alloc(Kind::Cell, size_of::<LuaCell>(), 0).unwrap().cast::<LuaCell>();
    // SAFETY: fresh memory of that kind and size.
    unsafe { (*c).value.set(v.0) };
    c
}

/// A list of cells; the last made is the head.
fn list(rec: &Record, n: usize) -> Value {
    let mut head = Value::NIL;
    for _ in 0..n {
        head = of(new_cell(rec, head));
    }
    head
}

fn length(mut v: Value) -> usize {
    let mut n = 0;
    while v.is_object() {
        // SAFETY: only cells are linked here, and the first is reachable.
        v = Value(unsafe { (*v.as_object().cast::<LuaCell>()).value.get() });
        n += 1;
    }
    n
}

#[test]
fn sizes_have_classes() {
    for size in 8..=MAX_SMALL {
        let class = class_of(size);
        assert!(CLASS_SIZES[class] >= size && (class == 0 || CLASS_SIZES[class - 1] < size), "{size}");
    }
    assert!(CLASS_SIZES.is_sorted() && CLASS_SIZES.iter().all(|s| s % 16 == 0));
}

#[test]
fn allocation_is_aligned_and_disjoint() {
    check(Torture::off(), |rec| {
        let mut seen = Vec::new();
        for size in [8, 16, 17, 100, 256, 257, 1000, 8000, 10576, 10577, 40_000, 1_000_000, 5_000_000] {
            for _ in 0..40 {
                let p = rec.alloc(Kind::Bytes, size, 7).unwrap();
                // SAFETY: fresh memory of `size` bytes behind its header word.
                unsafe {
                    p.cast::<u8>().add(8).write_bytes(0xAB, size - 8);
                    assert_eq!((*p).kind(), Kind::Bytes);
                    assert_eq!((*block_of(p)).owner.get(), std::ptr::from_ref(rec) as usize);
                    assert!((*block_of(p)).is_cell_start(p));
                }
                assert_eq!(p.addr() % 16, 0);
                assert_eq!(block_of(p).addr() % BLOCK_SIZE, 0);
                seen.push((p.addr(), size));
            }
        }
        seen.sort_unstable();
        assert!(seen.windows(2).all(|w| w[0].0 + w[0].1 <= w[1].0));
        assert!(rec.alloc(Kind::Bytes, usize::MAX, 0).is_none());
        assert!(rec.alloc(Kind::Bytes, 1 << 60, 0).is_none());
    });
}

#[test]
fn a_local_collection_frees_what_is_not_rooted() {
    check(Torture::off(), |rec| {
        rec.collect_global();
        let before = rec.bytes_in_use();
        let keep = root(rec, list(rec, 1000));
        let _garbage = list(rec, 100_000);
        rec.collect_local();
        rec.verify_heap();
        assert_eq!(rec.bytes_in_use() - before, 1000 * 16);
        // SAFETY: the handles change only through the functions here.
        assert_eq!(length(unsafe { (&*rec.handles.get())[keep] }), 1000);
        unroot(rec, keep);
        rec.collect_local();
        rec.verify_heap();
        assert_eq!(rec.bytes_in_use(), before);
    });
}

#[test]
fn free_cells_are_used_again() {
    check(Torture::off(), |rec| {
        let mut kept = Vec::new();
        for round in 0..50 {
            for i in 0..5000 {
                let v = of(new_cell(rec, int(i)));
                if i % 7 == round % 7 {
                    kept.push(root(rec, v));
                }
            }
            for i in kept.drain(..kept.len() / 2) {
                unroot(rec, i);
            }
            rec.collect_local();
            rec.verify_heap();
        }
        let in_use = rec.bytes_in_use();
        let mapped = rec.machine().heap.pool.lock().mapped();
        assert!(mapped <= 4 << 20, "{mapped} bytes for {in_use}");
    });
}

#[test]
fn a_long_list_needs_no_stack() {
    let n = if cfg!(debug_assertions) { 1_000_000 } else { 10_000_000 };
    check(Torture::off(), |rec| {
        let head = list(rec, n);
        root(rec, head);
        rec.collect_local();
        rec.publish(head);
        rec.collect_global();
        rec.verify_heap();
        assert_eq!(length(head), n);
    });
}

#[test]
fn tiny_worklists_lose_nothing() {
    for global in [false, true] {
        check(Torture::with_tiny_lists(), |rec| {
            // Wider than the list, on several levels, with a store larger than a piece.
            let top = new_table(rec);
            root(rec, of(top));
            for i in 1..=3000 {
                let t = new_table(rec);
                set(rec, top, int(i), of(t));
                for j in 1..=5 {
                    set(rec, t, int(j), of(new_cell(rec, list(rec, 3))));
                }
                set(rec, t, of(new_table(rec)), of(new_table(rec)));
            }
            rec.collect_global();
            let before = rec.bytes_in_use();
            if global {
                rec.publish(of(top));
                rec.verify_heap();
                rec.collect_global();
            } else {
                rec.collect_local();
            }
            rec.verify_heap();
            assert_eq!(rec.bytes_in_use(), before);
        });
    }
}

#[test]
fn publishing_reaches_everything() {
    check(Torture::off(), |rec| {
        let t = new_table(rec);
        let key = new_table(rec);
        let meta = new_table(rec);
        set(rec, t, of(key), list(rec, 10));
        set(rec, t, int(1), rec.new_str(b"a string that is no atom at all").unwrap());
        // SAFETY: both tables are live: nothing is collected in between.
        unsafe { table::set_meta(rec, t.cast(), meta) };
        rec.publish(of(t));
        // SAFETY: as above.
        unsafe { assert!((*t).header.is_shared() && (*key).header.is_shared() && (*meta).header.is_shared()) };
        root(rec, of(t));
        rec.collect_local();
        rec.verify_heap();
        rec.collect_global();
        rec.verify_heap();
        assert_eq!(length(get(rec, t, of(key))), 10);
    });
}

#[test]
fn shared_garbage_is_freed_by_global_collections_only() {
    check(Torture::off(), |rec| {
        rec.collect_global();
        let before = rec.bytes_in_use();
        rec.publish(list(rec, 10_000));
        rec.collect_local();
        assert_eq!(rec.bytes_in_use() - before, 160_000);
        rec.collect_global();
        rec.verify_heap();
        assert_eq!(rec.bytes_in_use(), before);
    });
}

#[test]
fn weak_values_and_keys_go() {
    for shared in [false, true] {
        check(Torture::off(), |rec| {
            for (mode, left) in [("v", 3), ("k", 3), ("kv", 2)] {
                let t = weak_table(rec, mode);
                root(rec, of(t));
                let kept = of(new_table(rec));
                root(rec, kept);
                set(rec, t, int(1), kept);
                set(rec, t, kept, int(1));
                // A string is a value: it stays.
                if mode != "kv" {
                    let s = rec.new_str(b"not an object, so it stays").unwrap();
                    if mode == "v" { set(rec, t, int(2), s) } else { set(rec, t, s, int(2)) }
                }
                for i in 0..100 {
                    let dead = of(new_table(rec));
                    if mode == "v" { set(rec, t, int(10 + i), dead) } else { set(rec, t, dead, int(i)) }
                }
                if shared {
                    rec.publish(of(t));
                    rec.collect_global();
                } else {
                    rec.collect_local();
                }
                rec.verify_heap();
                assert_eq!(count(t), left, "{mode}");
                // Dead keys hold their places: new entries still find theirs.
                for i in 0..100 {
                    set(rec, t, int(1000 + i), int(i));
                }
                assert_eq!(count(t), left + 100);
                assert_eq!(get(rec, t, kept), int(1));
            }
        });
    }
}

#[test]
fn ephemerons_converge() {
    for n in [3, 5000] {
        for rooted in [false, true] {
            check(Torture::off(), |rec| {
                // A chain of n keys, each the value of the one before, spread over tables in both directions.
                let tables: Vec<_> = (0..10).map(|_| weak_table(rec, "k")).collect();
                for &t in &tables {
                    root(rec, of(t));
                }
                let first = of(new_table(rec));
                let i = root(rec, first);
                let mut last = first;
                for i in 0..n {
                    let next = of(new_table(rec));
                    set(rec, tables[(i * 7) % 10], last, next);
                    last = next;
                }
                if !rooted {
                    unroot(rec, i);
                }
                rec.collect_local();
                rec.verify_heap();
                rec.collect_global();
                rec.verify_heap();
                let left: usize = tables.iter().map(|&t| count(t)).sum();
                assert_eq!(left, if rooted { n } else { 0 });
            });
        }
    }
}

#[test]
fn an_ephemeron_cycle_dies() {
    check(Torture::off(), |rec| {
        let t = weak_table(rec, "k");
        root(rec, of(t));
        let (a, b) = (of(new_table(rec)), of(new_table(rec)));
        set(rec, t, a, b);
        set(rec, t, b, a);
        rec.collect_local();
        rec.verify_heap();
        assert_eq!(count(t), 0);
    });
}

#[test]
fn finalizers_come_in_reverse_and_resurrect() {
    for publish in [false, true] {
        check(Torture::off(), |rec| {
            let values = weak_table(rec, "v");
            root(rec, of(values));
            let keys = weak_table(rec, "k");
            root(rec, of(keys));
            let mut objects = Vec::new();
            for i in 0..5 {
                let t = new_table(rec);
                set(rec, t, int(1), list(rec, i + 1));
                assert!(rec.register_finalizer(t.cast()) && rec.register_finalizer(t.cast()));
                set(rec, values, int(i as i64 + 1), of(t));
                set(rec, keys, of(t), int(i as i64));
                if publish {
                    rec.publish(of(t));
                }
                objects.push(of(t));
            }
            rec.collect_global();
            rec.verify_heap();
            assert_ne!(rec.poll.get() & crate::thread::POLL_FINALIZERS, 0);
            // A finalizer finds its object as a key, but not as a weak value.
            assert_eq!((count(values), count(keys)), (0, 5));
            for expected in objects.iter().rev() {
                let v = rec.take_pending_finalizer().unwrap();
                assert_eq!(v, *expected);
                root(rec, v);
            }
            assert_eq!(rec.take_pending_finalizer(), None);
            rec.collect_global();
            assert_eq!(rec.take_pending_finalizer(), None);
            assert_eq!(count(keys), 5);
            for (i, v) in objects.iter().enumerate() {
                assert_eq!(length(get(rec, v.as_object().cast(), int(1))), i + 1);
            }
            // SAFETY: the handles change only through the functions here.
            unsafe { (*rec.handles.get()).truncate(4) };
            rec.collect_global();
            rec.verify_heap();
            assert_eq!(count(keys), 0);
        });
    }
}

#[test]
fn payloads_are_dropped_once() {
    for publish in [false, true] {
        let drops = Arc::new(AtomicUsize::new(0));
        check(Torture::off(), |rec| {
            let kept = new_userdata(rec, Box::new(Counted(drops.clone())));
            let i = root(rec, of(kept));
            for _ in 0..10 {
                let u = new_userdata(rec, Box::new(Counted(drops.clone())));
                if publish {
                    rec.publish(of(u));
                }
            }
            // One waits for its finalizer.
            let u = new_userdata(rec, Box::new(Counted(drops.clone())));
            assert!(rec.register_finalizer(u.cast()));
            rec.collect_global();
            assert_eq!(drops.load(SeqCst), 10);
            assert_eq!(rec.take_pending_finalizer(), Some(of(u)));
            rec.collect_local();
            assert_eq!(drops.load(SeqCst), 11);
            rec.verify_heap();
            if publish {
                rec.publish(of(kept));
                unroot(rec, i);
            }
        });
        assert_eq!(drops.load(SeqCst), 12, "what is left is dropped with the heap");
    }
}

fn new_coroutine(rec: &Record, slots: usize, status: u32) -> *mut Coroutine {
    let co = rec.alloc(Kind::Coroutine, size_of::<Coroutine>(), 0).unwrap().cast::<Coroutine>();
    let stack = rec.alloc(Kind::Stack, BUFFER_HEADER + slots * 8, 0).unwrap().cast::<Stack>();
    let frames = rec.alloc(Kind::Bytes, BUFFER_HEADER + 4 * size_of::<CallInfo>(), 0).unwrap().cast::<Bytes>();
    // SAFETY: fresh memory of those kinds and sizes.
    unsafe {
        co.cast::<u8>().add(8).write_bytes(0, size_of::<Coroutine>() - 8);
        (*stack).len = slots as u64;
        (*frames).len = 4 * size_of::<CallInfo>() as u64;
        frames.cast::<u8>().add(BUFFER_HEADER).write_bytes(0, 4 * size_of::<CallInfo>());
        for i in 0..slots {
            slot(stack, i).write(Value::NIL);
        }
        (*co).status.set(status);
        (*co).stack.set(stack);
        (*co).frames.set(frames);
        (*co).at.set((*co).first_frame());
    }
    co
}

unsafe fn slot(stack: *mut Stack, i: usize) -> *mut Value {
    // SAFETY: caller: a slot of a live stack.
    unsafe { stack.cast::<u8>().add(BUFFER_HEADER).cast::<Value>().add(i) }
}

#[test]
fn registers_are_scanned_to_the_frames_extent() {
    // SAFETY: all objects are rooted or new, and the slots within the stack.
    check(Torture::off(), |rec| unsafe {
        let co = new_coroutine(rec, 64, SUSPENDED);
        root(rec, of(co));
        let ci = (*co).frames.get().cast::<u8>().add(BUFFER_HEADER).cast::<CallInfo>();
        (*ci).top = 20;
        (*co).top.set(10);
        (*co).high_water.set(40);
        let stack = (*co).stack.get();
        for i in 0..40 {
            *slot(stack, i) = list(rec, 3);
        }
        rec.collect_local();
        rec.verify_heap();
        for i in 0..40 {
            assert_eq!(length(*slot(stack, i)), if i < 20 { 3 } else { 0 }, "slot {i}");
        }
        // Published while running: the registers stay local, until the yield.
        let running = rec.coroutine.get();
        (*co).status.set(NORMAL);
        (*running).resumer.set(co);
        rec.publish(of(co));
        assert!((*stack).header.is_shared() && !(*(*slot(stack, 0)).as_object()).is_shared());
        *slot(stack, 5) = list(rec, 7);
        rec.collect_local();
        rec.verify_heap();
        rec.collect_global();
        rec.verify_heap();
        assert_eq!(length(*slot(stack, 5)), 7);
        (*co).status.set(SUSPENDED);
        (*running).resumer.set(std::ptr::null_mut());
        rec.publish_coroutine_stack(co);
        rec.collect_global();
        rec.verify_heap();
        assert!((*(*slot(stack, 5)).as_object()).is_shared());
        assert_eq!(length(*slot(stack, 5)), 7);
    });
}

#[test]
fn a_retired_heap_leaves_its_shared_objects() {
    let drops = Arc::new(AtomicUsize::new(0));
    let host = Host::start(Torture::off());
    host.publish_object(host.globals().cast());
    host.publish_object(host.machine().registry.get().cast());
    let second = host.invite(Torture::off()).enter();
    let shared = list(&second, 1000);
    second.publish(shared);
    let big = second.alloc(Kind::Bytes, 100_000, 0).unwrap();
    second.publish_object(big);
    let _local = list(&second, 100_000);
    new_userdata(&second, Box::new(Counted(drops.clone())));
    drop(second);
    assert_eq!(drops.load(SeqCst), 1);
    let i = root(&host, shared);
    let j = root(&host, of(big));
    host.collect_global();
    host.verify_heap();
    assert_eq!(length(shared), 1000);
    // SAFETY: the list's first cell is reachable.
    unsafe { assert_eq!((*block_of(shared.as_object())).owner.get(), 0) };
    let with = host.bytes_in_use();
    unroot(&host, i);
    unroot(&host, j);
    host.collect_global();
    assert!(with - host.bytes_in_use() >= 116_000);
    assert_eq!(host.machine().heap.dead.lock().live, 0);
}

#[test]
fn short_threads_adopt_what_others_left() {
    let host = Host::start(Torture::off());
    host.publish_object(host.globals().cast());
    host.publish_object(host.machine().registry.get().cast());
    let mut kept = Vec::new();
    let mut mapped = 0;
    for i in 0..1000 {
        let short = host.invite(Torture::off()).enter();
        let shared = list(&short, 3);
        short.publish(shared);
        kept.push(root(&host, shared));
        let _local = list(&short, 20);
        drop(short);
        if i == 10 {
            mapped = host.machine().heap.pool.lock().mapped();
        }
    }
    assert_eq!(host.machine().heap.pool.lock().mapped(), mapped, "each thread took fresh blocks");
    host.collect_global();
    host.verify_heap();
    // An adopted block is the adopter's: its shared objects are counted and freed there.
    let living = host.invite(Torture::off()).enter();
    let dead = host.machine().heap.dead.lock().live;
    let own = list(&living, 1);
    let adopted = dead - host.machine().heap.dead.lock().live;
    assert!(adopted > 0, "nothing was adopted");
    assert!(living.heap.bytes() >= adopted);
    root(&living, own);
    for i in kept {
        unroot(&host, i);
    }
    drop(living);
    host.collect_global();
    host.verify_heap();
    assert_eq!(host.machine().heap.dead.lock().live, 0);
}

#[test]
fn one_thread_pays_nothing() {
    if sync::threaded() {
        return; // Another test of this process has started threads.
    }
    check(Torture::off(), |rec| {
        let before = sync::expensive_operations();
        let v = list(rec, 500_000);
        root(rec, v);
        rec.safepoint_slow();
        rec.enter_parked();
        rec.leave_parked();
        rec.publish(v);
        rec.collect_local();
        rec.collect_global();
        if !sync::threaded() {
            assert_eq!(sync::expensive_operations(), before, "contract 10");
        }
    });
}

#[test]
fn torture_collects_at_safepoints() {
    check(Torture::collect_every(1), |rec| {
        if cfg!(debug_assertions) {
            for i in 0..100 {
                let t = new_table(rec);
                root(rec, of(t));
                set(rec, t, of(new_table(rec)), list(rec, i));
                assert_ne!(rec.poll.get(), 0);
                rec.safepoint_slow();
            }
        }
    });
}

/// Threads that allocate, publish to a shared table, take from it, collect, park and end, all at once.
#[test]
fn threads_collect_together() {
    let seed = 1;
    sync::set_threaded();
    let host = Host::start(Torture::off());
    let board = table::new_table(&host, 64, 0).unwrap();
    for i in 1..=64 {
        set(&host, board, int(i), int(0));
    }
    host.publish(of(board));
    // Contract 13.
    host.publish_object(host.globals().cast());
    host.publish_object(host.machine().registry.get().cast());
    root(&host, of(board));
    let board = board.addr();
    let rounds = if cfg!(debug_assertions) { 300 } else { 3000 };
    std::thread::scope(|scope| {
        for t in 0..4u64 {
            let lives: Vec<_> =
                (0..3).map(|_| host.invite(if t == 0 { Torture::collect_every(5) } else { Torture::off() })).collect();
            scope.spawn(move || {
                for (life, guest) in lives.into_iter().enumerate() {
                    live(&guest.enter(), board as *mut Table, rounds, seed * 1000 + t * 10 + life as u64 + 1);
                }
            });
        }
        host.enter_parked();
    });
    host.leave_parked();
    host.collect_global();
    host.verify_heap();
    assert_eq!(host.machine().world.thread_count(), 1);
}

fn live(rec: &Record, board: *mut Table, rounds: u32, mut seed: u64) {
    let mut random = |n: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % n
    };
    for _ in 0..rounds {
        let n = random(50) as usize;
        let mine = list(rec, n);
        let i = root(rec, mine);
        let at = int(random(64) as i64 + 1);
        let seen = get(rec, board, at);
        let j = root(rec, seen);
        match random(20) {
            0 => rec.collect_local(),
            1 => rec.collect_global(),
            2 => {
                rec.enter_parked();
                std::thread::yield_now();
                rec.leave_parked();
            }
            _ => {
                rec.safepoint_slow();
            }
        }
        assert_eq!(length(mine), n);
        length(seen);
        rec.publish(mine);
        set(rec, board, at, mine);
        unroot(rec, i);
        unroot(rec, j);
        if random(8) == 0 {
            // SAFETY: the record's thread.
            unsafe { (*rec.handles.get()).clear() };
        }
    }
}

#[test]
fn event_names_are_atoms() {
    check(Torture::off(), |rec| {
        let name = Value(rec.machine().event_names[Event::Mode as usize].get());
        assert!(name.is_atom() && name == rec.atom(EVENT_NAMES[Event::Mode as usize].as_bytes()).unwrap());
        rec.collect_global();
        assert_eq!(name, rec.atom(b"__mode").unwrap());
    });
}

#[test]
fn atoms_that_are_gone_take_no_room() {
    check(Torture::off(), |rec| {
        let atoms = &rec.machine().atoms;
        for round in 0..20 {
            for i in 0..1000 {
                rec.atom(format!("passing {round} {i}").as_bytes()).unwrap();
            }
            rec.collect_global();
        }
        assert!(atoms.slots() <= 8192, "{} slots for the atoms of one round", atoms.slots());
        let hash = |i| crate::string::hash_bytes(&rec.machine().secrets, format!("passing 3 {i}").as_bytes());
        let known = (0..1000).filter(|&i| atoms.may_contain(hash(i))).count();
        assert!(known < 100, "the filter remembers {known} of 1000");
    });
}
