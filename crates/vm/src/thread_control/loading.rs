//! Modules that are being loaded: each by one thread at a time, while others wait for it.
//!
//! Promises: of several threads that ask for one module, one loads it and the others wait, PARKED, until that is over;
//! a wait that could never end is an error, found by the [`roster`](super::roster).
//! Leaves to others: what a module is and where it is kept (stdlib's `require`).
//!
//! L-1 A ticket is in the list of a load, and undecided, only while that load goes on: it is entered under the lock
//! that the end of the load takes, and the loader, who meanwhile waits for nothing, then claims it.

use super::roster::MAIN;
use super::wait::{On, Ticket, Waked};
use crate::native::Result;
use crate::sync::{Lock, threaded};
use crate::thread::Thread;

/// The loads of a machine that go on.
pub struct Loading(Lock<Vec<Load>>);

struct Load {
    module: Box<[u8]>,
    /// Id of the thread that loads.
    loader: u64,
    waiters: Vec<Ticket>,
}

/// What [`Thread::begin_load`] came to.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The caller loads; it calls [`Thread::end_load`] when that is over, well or not.
    Mine,
    /// The caller loads it already: a module that requires itself.
    Nested,
    /// Another thread was loading it and has ended that, well or not.
    Over,
}

impl Default for Loading {
    fn default() -> Self {
        Self::new()
    }
}

impl Loading {
    /// No loads.
    pub const fn new() -> Loading {
        Loading(Lock::new(Vec::new()))
    }
}

impl Thread {
    fn loader_id(&self) -> u64 {
        // Before there are threads nobody asks who the main one is.
        if threaded() { self.core().id() } else { MAIN }
    }

    fn loading(&self) -> &Lock<Vec<Load>> {
        &self.rec().machine().loading.0
    }

    /// Becomes the loader of a module, or waits for the end of another thread's load. Raises a cancel, an interrupt,
    /// or "deadlock: ..." when the loader waits for the caller.
    pub fn begin_load(&mut self, module: &[u8]) -> Result<Claim> {
        let me = self.loader_id();
        let (ticket, loader) = {
            let mut loads = self.loading().lock();
            match loads.iter_mut().find(|l| *l.module == *module) {
                None => {
                    loads.push(Load { module: module.into(), loader: me, waiters: Vec::new() });
                    return Ok(Claim::Mine);
                }
                Some(load) if load.loader == me => return Ok(Claim::Nested),
                Some(load) => {
                    let ticket = self.begin_wait();
                    load.waiters.push(ticket.clone());
                    (ticket, load.loader)
                }
            }
        };
        match self.wait(&ticket, None, On::Load { loader, module: module.into() }) {
            Waked::Case(_) => Ok(Claim::Over),
            other => {
                if let Some(load) = self.loading().lock().iter_mut().find(|l| *l.module == *module) {
                    load.waiters.retain(|t| !t.is(&ticket));
                }
                Err(self.wake_error(other))
            }
        }
    }

    /// Ends a load that was the caller's ([`Claim::Mine`]); who waits for it goes on.
    pub fn end_load(&self, module: &[u8]) {
        let ended = {
            let mut loads = self.loading().lock();
            let at = loads.iter().position(|l| *l.module == *module);
            at.map(|at| loads.swap_remove(at))
        };
        for ticket in ended.into_iter().flat_map(|load| load.waiters) {
            if ticket.claim(0) {
                ticket.wake();
            }
        }
    }
}
