//! The roster: which Lua threads of a machine live, and who waits for whom without a deadline.
//!
//! It finds deadlocks. A wait without a deadline enters an [`Edge`]; the thread whose edge closes a cycle of mutex
//! owners, joins and loads of modules gets the error. When every living thread waits so, the main thread gets it.
//!
//! R-1 Edges change under the roster's lock only, and a waiter leaves its wait through that lock: while one thread
//! walks the edges nobody whose edge it sees can run Lua code. So a cycle whose waits are all undecided when looked
//! at is one that stays, and a thread whose wait is decided, or that is about to be cancelled, breaks it.
//! R-2 A thread outside a wait (running, reading a file, not yet started) has no edge, so it counts as able to wake.
//! R-3 The roster's lock is the last one taken but for a thread's token: no other lock is asked for under it.

use super::wait::On;
use super::{STATUS_RUNNING, ThreadCore};
use crate::sync::{Acquire, AtomicU64, Relaxed, Release};
use parking_lot::{Condvar, Mutex};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

/// The error of the main thread when nobody is left to wake anybody.
pub const ALL_BLOCKED: &str = "deadlock: all threads are blocked";
/// Id of the main thread; the others count up from there and ids are never reused.
pub const MAIN: u64 = 1;

/// A wait without a deadline.
pub struct Edge {
    /// What for.
    pub on: On,
    /// Number of the wait.
    pub seq: u32,
    /// A cancel does not end it.
    pub masked: bool,
}

/// The living threads of a machine.
pub struct Roster {
    graph: Mutex<Graph>,
    changed: Condvar,
    last_id: AtomicU64,
}

/// What the roster's lock protects.
#[derive(Default)]
pub struct Graph {
    live: BTreeMap<u64, Arc<ThreadCore>>,
    edges: HashMap<u64, Edge>,
    /// Threads that ended by an error which no join has seen.
    unseen_errors: usize,
    /// No more threads may start.
    closing: bool,
}

impl Default for Roster {
    fn default() -> Self {
        Self::new()
    }
}

impl Roster {
    /// Nobody.
    pub fn new() -> Roster {
        Roster { graph: Mutex::new(Graph::default()), changed: Condvar::new(), last_id: AtomicU64::new(MAIN) }
    }

    /// A fresh id, for a thread that is not the main one.
    pub(super) fn next_id(&self) -> u64 {
        self.last_id.fetch_add(1, Relaxed) + 1
    }

    /// Adds a thread; false when the program is ending.
    pub(super) fn enter(&self, core: &Arc<ThreadCore>) -> bool {
        let mut g = self.graph.lock();
        if g.closing {
            return false;
        }
        g.live.insert(core.id, core.clone());
        true
    }

    /// Removes a thread that will not run Lua any more.
    pub(crate) fn leave(&self, core: &ThreadCore) {
        let mut g = self.graph.lock();
        g.live.remove(&core.id);
        g.edges.remove(&core.id);
        g.wake_if_all_blocked();
        self.changed.notify_all();
    }

    /// The living threads, by id.
    pub(crate) fn live(&self) -> Vec<Arc<ThreadCore>> {
        self.graph.lock().live.values().cloned().collect()
    }

    /// From now on nobody starts.
    pub(crate) fn close(&self) {
        self.graph.lock().closing = true;
    }

    /// Counts errors that no join has seen.
    pub(super) fn unseen_error(&self, seen: bool) {
        let n = &mut self.graph.lock().unseen_errors;
        *n = if seen { n.saturating_sub(1) } else { *n + 1 };
    }

    /// How many errors no join has seen.
    pub(crate) fn unseen_errors(&self) -> usize {
        self.graph.lock().unseen_errors
    }

    /// Enters a wait; an error is the text of the deadlock that it would make, and the wait is then not entered.
    pub(crate) fn block(&self, id: u64, edge: Edge) -> Result<(), String> {
        let mut g = self.graph.lock();
        g.edges.insert(id, edge);
        if let Some(chain) = g.cycle(id) {
            g.edges.remove(&id);
            return Err(chain);
        }
        if g.all_blocked() {
            if id == MAIN {
                g.edges.remove(&id);
                return Err(ALL_BLOCKED.into());
            }
            g.wake_if_all_blocked();
            self.changed.notify_all();
        }
        Ok(())
    }

    /// Ends a wait.
    pub(crate) fn unblock(&self, core: &ThreadCore) {
        let mut g = self.graph.lock();
        g.edges.remove(&core.id);
        // Under the lock, so that no later finding is wiped out.
        core.deadlocked.store(0, Release);
    }

    /// Sleeps until something changes in the roster or `until`, unless `done` says there is nothing to wait for;
    /// returns what `done` said last. Caller: PARKED.
    pub(crate) fn watch(&self, until: Option<Instant>, done: impl Fn(&Graph) -> bool) -> bool {
        let mut g = self.graph.lock();
        if done(&g) {
            return true;
        }
        match until {
            None => self.changed.wait(&mut g),
            Some(t) => drop(self.changed.wait_until(&mut g, t)),
        }
        done(&g)
    }

    /// What `question` says of the threads now.
    pub(crate) fn ask(&self, question: impl Fn(&Graph) -> bool) -> bool {
        question(&self.graph.lock())
    }

    /// Tells whoever watches to look again.
    pub(crate) fn notify(&self) {
        drop(self.graph.lock());
        self.changed.notify_all();
    }
}

impl Graph {
    /// Whether somebody but `id` lives, and still counts: not waiting for the end of the process, and no daemon
    /// unless `daemons`.
    pub(crate) fn others(&self, id: u64, daemons: bool) -> bool {
        self.live.values().any(|c| c.id != id && c.away.get() == 0 && (daemons || !c.daemon))
    }

    fn stuck(&self, id: u64, edge: &Edge) -> bool {
        let Some(core) = self.live.get(&id) else { return false };
        if !edge.masked && core.cancel_requested() {
            return false;
        }
        match edge.on {
            On::End => self.others(id, false),
            _ => core.undecided(edge.seq),
        }
    }

    fn all_blocked(&self) -> bool {
        self.edges.len() >= self.live.len() && self.edges.iter().all(|(id, edge)| self.stuck(*id, edge))
    }

    fn wake_if_all_blocked(&self) {
        if self.edges.is_empty() || !self.all_blocked() {
            return;
        }
        // Without a main thread (a host's own threads), the oldest one is told.
        if let Some(victim) = self.live.values().next() {
            victim.deadlocked.store(1, Release);
            victim.unpark();
        }
    }

    /// The chain of waits that leads from thread `start` back to it, in words.
    fn cycle(&self, start: u64) -> Option<String> {
        let mut text = String::from("deadlock: ");
        let mut at = start;
        for step in 0..=self.live.len() {
            let edge = self.edges.get(&at)?;
            if !self.stuck(at, edge) {
                return None;
            }
            let name = |id: u64| self.live.get(&id).map_or_else(String::new, |c| c.name_text());
            if step == 0 {
                text += &format!("thread '{}' waits for ", name(at));
            } else {
                text += ", which waits for ";
            }
            let next = match &edge.on {
                On::Thread(t) if t.status.load(Acquire) == STATUS_RUNNING => {
                    text += &format!("thread '{}'", name(t.id));
                    t.id
                }
                On::Mutex(m) => {
                    let owner = m.owner();
                    if owner == at {
                        return None;
                    }
                    text += &format!("mutex '{}' held by thread '{}'", m.name_text(), name(owner));
                    owner
                }
                On::Load { loader, module } => {
                    text +=
                        &format!("module '{}' loaded by thread '{}'", String::from_utf8_lossy(module), name(*loader));
                    *loader
                }
                On::Anyone | On::End | On::Thread(_) => return None,
            };
            if next == start {
                return Some(text);
            }
            at = next;
        }
        None
    }
}
