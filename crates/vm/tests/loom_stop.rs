//! A model of the stop handshake: every interleaving of a stopper, a thread at safepoints, and a thread that parks.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p luas-vm --release --test loom_stop`
//!
//! The handshake's own functions run, unchanged. What is checked: work under a stop is alone (S-1), sees what the
//! stopped threads wrote, and is seen by them; nobody waits for ever (S-3; loom reports a deadlock).
#![cfg(loom)]

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use luas_vm::handshake::{Handshake, POLL_STOP, RUNNING, Seat};
use luas_vm::sync::{AtomicU32, Relaxed};

struct Thread {
    poll: AtomicU32,
    state: AtomicU32,
}

impl Seat for Thread {
    fn poll(&self) -> &AtomicU32 {
        &self.poll
    }
    fn state(&self) -> &AtomicU32 {
        &self.state
    }
}

/// One word of heap for each thread, which only its thread writes while it runs, and the stopper under a stop.
struct Model {
    handshake: Handshake<Thread>,
    threads: Vec<Thread>,
    heaps: Vec<UnsafeCell<u32>>,
}

// SAFETY: that the cells are not raced for is what the model checks.
unsafe impl Sync for Model {}
// SAFETY: as above.
unsafe impl Send for Model {}

impl Model {
    fn new(n: usize) -> Arc<Model> {
        luas_vm::sync::set_threaded();
        let new = || Thread { poll: AtomicU32::new(0), state: AtomicU32::new(RUNNING) };
        let model = Arc::new(Model {
            handshake: Handshake::new(),
            threads: (0..n).map(|_| new()).collect(),
            heaps: (0..n).map(|_| UnsafeCell::new(0)).collect(),
        });
        for t in &model.threads {
            // SAFETY: the model outlives its threads.
            assert!(unsafe { model.handshake.join(t) });
        }
        model
    }

    fn touch(&self, i: usize) {
        assert_eq!(self.threads[i].state.load(Relaxed), RUNNING);
        // SAFETY: loom checks it.
        self.heaps[i].with_mut(|p| unsafe { *p += 1 });
    }

    fn stop(&self, i: usize) -> bool {
        let work = |_: &[*const Thread]| {
            for heap in &self.heaps {
                // SAFETY: loom checks it.
                heap.with_mut(|p| unsafe { *p += 1 });
            }
        };
        self.handshake.stop_others(&self.threads[i], work).is_some()
    }

    fn safepoint(&self, i: usize) {
        if self.threads[i].poll.load(Relaxed) & POLL_STOP != 0 {
            self.handshake.rest(&self.threads[i]);
        }
    }
}

fn explore(bound: usize, f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(bound);
    builder.check(f);
}

#[test]
fn a_stop_against_safepoints_and_parking() {
    explore(3, || {
        let model = Model::new(3);
        let runner = {
            let m = model.clone();
            loom::thread::spawn(move || {
                m.handshake.unpark(&m.threads[1]);
                m.touch(1);
                m.safepoint(1);
                m.touch(1);
                m.handshake.leave(&m.threads[1]);
            })
        };
        let parker = {
            let m = model.clone();
            loom::thread::spawn(move || {
                m.handshake.unpark(&m.threads[2]);
                m.touch(2);
                m.handshake.park(&m.threads[2]);
                m.handshake.unpark(&m.threads[2]);
                m.touch(2);
                m.handshake.leave(&m.threads[2]);
            })
        };
        model.handshake.unpark(&model.threads[0]);
        model.touch(0);
        assert!(model.stop(0));
        model.touch(0);
        model.handshake.leave(&model.threads[0]);
        runner.join().unwrap();
        parker.join().unwrap();
    });
}

#[test]
fn two_rest_and_are_let_go_at_once() {
    explore(2, || {
        let model = Model::new(3);
        let mut runners = Vec::new();
        for i in 1..3 {
            let m = model.clone();
            runners.push(loom::thread::spawn(move || {
                m.handshake.unpark(&m.threads[i]);
                for _ in 0..2 {
                    m.touch(i);
                    m.safepoint(i);
                }
                m.touch(i);
                m.handshake.leave(&m.threads[i]);
            }));
        }
        model.handshake.unpark(&model.threads[0]);
        assert!(model.stop(0));
        model.touch(0);
        model.handshake.leave(&model.threads[0]);
        for runner in runners {
            runner.join().unwrap();
        }
    });
}

#[test]
fn one_stop_follows_another_while_one_rests() {
    explore(3, || {
        let model = Model::new(2);
        let runner = {
            let m = model.clone();
            loom::thread::spawn(move || {
                m.handshake.unpark(&m.threads[1]);
                for _ in 0..2 {
                    m.touch(1);
                    m.safepoint(1);
                }
                m.touch(1);
                // Out and in again.
                m.handshake.park(&m.threads[1]);
                m.handshake.unpark(&m.threads[1]);
                m.touch(1);
                m.handshake.leave(&m.threads[1]);
            })
        };
        model.handshake.unpark(&model.threads[0]);
        for _ in 0..2 {
            assert!(model.stop(0));
            model.touch(0);
        }
        model.handshake.leave(&model.threads[0]);
        runner.join().unwrap();
    });
}

#[test]
fn one_joins_while_a_stop_begins() {
    explore(3, || {
        let model = Model::new(3);
        model.handshake.leave(&model.threads[2]);
        let starter = {
            let m = model.clone();
            loom::thread::spawn(move || {
                m.handshake.unpark(&m.threads[1]);
                // SAFETY: the model outlives its threads.
                assert!(unsafe { m.handshake.join(&m.threads[2]) });
                let started = {
                    let m = m.clone();
                    loom::thread::spawn(move || {
                        m.handshake.unpark(&m.threads[2]);
                        m.touch(2);
                        m.handshake.leave(&m.threads[2]);
                    })
                };
                m.touch(1);
                m.handshake.leave(&m.threads[1]);
                started.join().unwrap();
            })
        };
        model.handshake.unpark(&model.threads[0]);
        assert!(model.stop(0));
        model.touch(0);
        model.handshake.leave(&model.threads[0]);
        starter.join().unwrap();
    });
}

#[test]
fn two_stoppers_and_one_who_stays_parked() {
    explore(3, || {
        let model = Model::new(3);
        let other = {
            let m = model.clone();
            loom::thread::spawn(move || {
                m.handshake.unpark(&m.threads[1]);
                m.touch(1);
                m.stop(1);
                m.touch(1);
                m.handshake.leave(&m.threads[1]);
            })
        };
        // Thread 2 is PARKED all the time and keeps nobody waiting.
        model.handshake.unpark(&model.threads[0]);
        model.touch(0);
        model.stop(0);
        model.safepoint(0);
        model.touch(0);
        model.handshake.leave(&model.threads[0]);
        other.join().unwrap();
        model.heaps[2].with(|p| {
            // SAFETY: all threads have ended.
            let stops = unsafe { *p };
            assert!((1..=2).contains(&stops));
        });
    });
}

#[test]
fn one_who_parks_for_good_keeps_nobody_waiting() {
    explore(4, || {
        let model = Model::new(2);
        let parker = {
            let m = model.clone();
            loom::thread::spawn(move || {
                m.handshake.unpark(&m.threads[1]);
                m.touch(1);
                m.handshake.park(&m.threads[1]);
            })
        };
        model.handshake.unpark(&model.threads[0]);
        assert!(model.stop(0));
        assert!(model.stop(0));
        parker.join().unwrap();
    });
}
