//! The only door to atomics, fences and locks.
//!
//! Promises: everything that another thread can touch goes through these names, so that the same protocol code runs
//! on the real atomics and under loom (`--cfg loom`); in checked builds every read-modify-write and every fence is
//! counted per OS thread, and a test asserts that a program which starts no thread executes none (contract 10).
//! Leaves to others: which ordering an access needs; that is said at each access, with its partner.

#[cfg(not(loom))]
use core::sync::atomic as imp;
#[cfg(loom)]
use loom::sync::atomic as imp;

pub use imp::Ordering;
pub use imp::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

#[cfg(all(debug_assertions, not(loom)))]
mod count {
    use std::cell::Cell;
    thread_local! { static EXPENSIVE: Cell<u64> = const { Cell::new(0) }; }
    pub fn bump() {
        EXPENSIVE.with(|c| c.set(c.get() + 1));
    }
    pub fn get() -> u64 {
        EXPENSIVE.with(Cell::get)
    }
}

#[inline(always)]
fn count_expensive() {
    #[cfg(all(debug_assertions, not(loom)))]
    count::bump();
}

/// How many read-modify-writes, fences and locks of ours this OS thread has executed; always 0 in unchecked builds.
pub fn expensive_operations() -> u64 {
    #[cfg(all(debug_assertions, not(loom)))]
    return count::get();
    #[cfg(not(all(debug_assertions, not(loom))))]
    return 0;
}

macro_rules! atomic {
    ($(#[$m:meta])* $name:ident $t:ty) => {
        $(#[$m])*
        #[derive(Debug)]
        #[cfg_attr(not(loom), repr(transparent))]
        pub struct $name(imp::$name);

        impl $name {
            /// A new atomic with this value.
            #[cfg(not(loom))]
            pub const fn new(v: $t) -> Self { Self(imp::$name::new(v)) }
            /// A new atomic with this value.
            #[cfg(loom)]
            pub fn new(v: $t) -> Self { Self(imp::$name::new(v)) }
            /// Reads.
            #[inline(always)]
            pub fn load(&self, order: Ordering) -> $t { self.0.load(order) }
            /// Writes.
            #[inline(always)]
            pub fn store(&self, v: $t, order: Ordering) { self.0.store(v, order) }
            /// Reads with no ordering: a plain load.
            #[inline(always)]
            pub fn get(&self) -> $t { self.0.load(Relaxed) }
            /// Writes with no ordering: a plain store.
            #[inline(always)]
            pub fn set(&self, v: $t) { self.0.store(v, Relaxed) }
            /// Compare and exchange.
            #[inline(always)]
            pub fn compare_exchange(&self, old: $t, new: $t, ok: Ordering, err: Ordering) -> Result<$t, $t> {
                count_expensive();
                self.0.compare_exchange(old, new, ok, err)
            }
            /// Exchange.
            #[inline(always)]
            pub fn swap(&self, v: $t, order: Ordering) -> $t { count_expensive(); self.0.swap(v, order) }
            /// Bitwise or; the old value.
            #[inline(always)]
            pub fn fetch_or(&self, v: $t, order: Ordering) -> $t { count_expensive(); self.0.fetch_or(v, order) }
            /// Bitwise and; the old value.
            #[inline(always)]
            pub fn fetch_and(&self, v: $t, order: Ordering) -> $t { count_expensive(); self.0.fetch_and(v, order) }
            /// Addition; the old value.
            #[inline(always)]
            pub fn fetch_add(&self, v: $t, order: Ordering) -> $t { count_expensive(); self.0.fetch_add(v, order) }
            /// Subtraction; the old value.
            #[inline(always)]
            pub fn fetch_sub(&self, v: $t, order: Ordering) -> $t { count_expensive(); self.0.fetch_sub(v, order) }
        }
    };
}

atomic!(
    /// One byte.
    AtomicU8 u8
);
atomic!(
    /// 32 bits.
    AtomicU32 u32
);
atomic!(
    /// 64 bits: a value word, a bitmap word.
    AtomicU64 u64
);
atomic!(
    /// An address or a count.
    AtomicUsize usize
);

/// A fence.
#[inline(always)]
pub fn fence(order: Ordering) {
    count_expensive();
    imp::fence(order);
}

/// Keeps the compiler, not the processor, from moving accesses: between a thread and its own signal handler.
#[inline(always)]
pub fn compiler_fence(order: Ordering) {
    core::sync::atomic::compiler_fence(order);
}

// Written once, by the thread that starts the first other thread, before that thread exists; so a plain load is
// enough everywhere: whoever runs beside another thread has seen it (spawning synchronises).
static THREADED: core::sync::atomic::AtomicBool = core::sync::atomic::AtomicBool::new(false);

/// Whether this process has ever started a second Lua thread.
#[inline(always)]
pub fn threaded() -> bool {
    THREADED.load(core::sync::atomic::Ordering::Relaxed)
}

/// Says that a second thread is about to start. Nobody may hold a [`Lock`] or be in a `blocking` section of the
/// calling thread then.
pub fn set_threaded() {
    THREADED.store(true, core::sync::atomic::Ordering::Release);
}

#[cfg(not(loom))]
mod lock {
    use super::{count_expensive, threaded};
    use parking_lot::lock_api::RawMutex as _;
    use std::cell::UnsafeCell;
    use std::ops::{Deref, DerefMut};

    /// A lock that costs nothing until a second thread has started. It is held for a few instructions only: no
    /// safepoint, no allocation that may block and no Lua code under it.
    pub struct Lock<T> {
        raw: parking_lot::RawMutex,
        data: UnsafeCell<T>,
    }

    // SAFETY: the data is only reached through a guard, and guards exclude each other: by the raw mutex once threads
    // exist, and before that because there is one thread.
    unsafe impl<T: Send> Sync for Lock<T> {}

    /// Access to the data of a [`Lock`].
    pub struct Guard<'a, T> {
        lock: &'a Lock<T>,
        locked: bool,
    }

    impl<T> Lock<T> {
        /// A free lock.
        pub const fn new(data: T) -> Self {
            Self { raw: parking_lot::RawMutex::INIT, data: UnsafeCell::new(data) }
        }

        /// Waits for the lock.
        pub fn lock(&self) -> Guard<'_, T> {
            let locked = threaded();
            if locked {
                count_expensive();
                self.raw.lock();
            }
            Guard { lock: self, locked }
        }
    }

    impl<T> Deref for Guard<'_, T> {
        type Target = T;
        fn deref(&self) -> &T {
            // SAFETY: the guard holds the lock.
            unsafe { &*self.lock.data.get() }
        }
    }

    impl<T> DerefMut for Guard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            // SAFETY: the guard holds the lock, and is borrowed mutably.
            unsafe { &mut *self.lock.data.get() }
        }
    }

    impl<T> Drop for Guard<'_, T> {
        fn drop(&mut self) {
            if self.locked {
                // SAFETY: `lock` took it.
                unsafe { self.lock.raw.unlock() }
            }
        }
    }
}
#[cfg(not(loom))]
pub use lock::{Guard, Lock};

#[cfg(loom)]
use loom::sync as locks;
#[cfg(not(loom))]
use parking_lot as locks;

/// A lock with a condition to wait for. Like [`Lock`] it costs nothing until a second thread has started; unlike it,
/// it may be held for long, and waiting for it must count as stopped.
pub struct Monitor<T> {
    mutex: locks::Mutex<T>,
    condition: locks::Condvar,
}

/// Access to the data of a [`Monitor`].
pub struct Inside<'a, T> {
    monitor: &'a Monitor<T>,
    // None before a second thread exists: nobody can be met then.
    guard: Option<locks::MutexGuard<'a, T>>,
}

impl<T> Monitor<T> {
    /// A free monitor.
    pub fn new(data: T) -> Self {
        Self { mutex: locks::Mutex::new(data), condition: locks::Condvar::new() }
    }

    /// Waits for the lock.
    pub fn lock(&self) -> Inside<'_, T> {
        if !threaded() {
            return Inside { monitor: self, guard: None };
        }
        count_expensive();
        #[cfg(not(loom))]
        let guard = self.mutex.lock();
        #[cfg(loom)]
        let guard = self.mutex.lock().unwrap();
        Inside { monitor: self, guard: Some(guard) }
    }
}

impl<T> Inside<'_, T> {
    /// Lets others in until somebody calls [`Inside::notify`] (or for no reason), then has the lock again.
    pub fn wait(&mut self) {
        #[cfg(not(loom))]
        if let Some(guard) = &mut self.guard {
            self.monitor.condition.wait(guard);
        } else {
            unreachable!("waiting for another thread when there is none");
        }
        #[cfg(loom)]
        {
            let guard = self.guard.take().unwrap();
            self.guard = Some(self.monitor.condition.wait(guard).unwrap());
        }
    }

    /// Wakes one who waits.
    pub fn notify(&self) {
        if self.guard.is_some() {
            self.monitor.condition.notify_one();
        }
    }

    /// Wakes everybody who waits.
    pub fn notify_all(&self) {
        if self.guard.is_some() {
            self.monitor.condition.notify_all();
        }
    }
}

/// A place to wait for something that is decided elsewhere, by atomics. All who wait are let go at once: none has to
/// take a lock that another one of them holds, beyond a look. (The locks above pass from one to the next.)
pub struct Gate {
    mutex: gates::Mutex<()>,
    condition: gates::Condvar,
}

#[cfg(loom)]
use loom::sync as gates;
#[cfg(not(loom))]
use std::sync as gates;

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

impl Gate {
    /// Nobody waits.
    pub fn new() -> Self {
        Self { mutex: gates::Mutex::new(()), condition: gates::Condvar::new() }
    }

    /// Waits until `open` says yes.
    pub fn wait(&self, open: impl Fn() -> bool) {
        count_expensive();
        let mut guard = self.mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        while !open() {
            guard = self.condition.wait(guard).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    }

    /// Lets everybody look again, after what they look at has changed.
    pub fn notify_all(&self) {
        count_expensive();
        // Whoever has looked and found it shut waits by now.
        drop(self.mutex.lock());
        self.condition.notify_all();
    }
}

impl<T> std::ops::Deref for Inside<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        match &self.guard {
            Some(guard) => guard,
            #[cfg(loom)]
            None => unreachable!("models run with threads"),
            // SAFETY: there is one thread, and it holds no second guard (see `Lock`).
            #[cfg(not(loom))]
            None => unsafe { &*self.monitor.mutex.data_ptr() },
        }
    }
}

impl<T> std::ops::DerefMut for Inside<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        match &mut self.guard {
            Some(guard) => guard,
            #[cfg(loom)]
            None => unreachable!("models run with threads"),
            // SAFETY: as in `deref`, and the guard is borrowed mutably.
            #[cfg(not(loom))]
            None => unsafe { &mut *self.monitor.mutex.data_ptr() },
        }
    }
}
