//! The collector as programs see it: `collectgarbage`, and warnings.
//!
//! A collection asked for by the program is global: it frees what any thread has dropped. The parameters of PUC Lua's
//! collector are kept and returned; of them `pause` has a meaning here, the growth that triggers a local collection.

use crate::native::Result;
use crate::thread::Thread;
use std::io::Write;

/// States of [`crate::machine::Machine::warnings`].
const WARN_OFF: u32 = 0;
const WARN_ON: u32 = 1;
/// On, and in the middle of a message.
const WARN_CONTINUED: u32 = 2;

impl Thread {
    /// A full collection of all threads' garbage, and the finalizers that are due after it (`"collect"`).
    pub fn collect(&mut self) -> Result<()> {
        self.rec().collect_global();
        self.safepoint()
    }

    /// A step (`"step"`): true if it finished a cycle. Steps add up: a cycle ends when they have covered the heap.
    pub fn collect_step(&mut self, kib: usize) -> Result<bool> {
        let rec = self.rec();
        let global = &rec.machine().heap;
        if global.generational.get() != 0 {
            // A step of a generational collector is a young collection: programs expect young garbage to be gone. It
            // ends no cycle, as in PUC Lua.
            self.collect()?;
            return Ok(false);
        }
        let in_use = rec.bytes_in_use();
        let step = if kib == 0 { (in_use / 16).max(8 << 10) } else { kib.saturating_mul(1024) };
        let credit = global.step_credit.get().saturating_add(step);
        if credit < in_use {
            global.step_credit.set(credit);
            return Ok(false);
        }
        global.step_credit.set(0);
        self.collect()?;
        Ok(true)
    }

    /// Bytes in use by all threads' objects (`"count"`); no thread is stopped for it.
    pub fn bytes_in_use(&self) -> usize {
        self.rec().bytes_in_use()
    }

    /// Whether a finalizer is running on this thread: the collector does as little as PUC's then.
    pub fn in_finalizer(&self) -> bool {
        self.rec().in_finalizer.get()
    }

    /// Collections happen only when asked for (`"stop"`).
    pub fn gc_stop(&self) {
        self.rec().machine().heap.stopped.set(1);
    }

    /// Collections happen by themselves again (`"restart"`).
    pub fn gc_restart(&self) {
        self.rec().machine().heap.stopped.set(0);
    }

    /// Whether collections happen by themselves (`"isrunning"`).
    pub fn gc_is_running(&self) -> bool {
        self.rec().machine().heap.stopped.get() == 0
    }

    /// Sets the pause in percent; returns the previous one.
    pub fn gc_set_pause(&self, pause: i32) -> u32 {
        let word = &self.rec().machine().heap.pause;
        let old = word.get();
        word.set(kept_parameter(pause));
        old
    }

    /// Sets the step multiplier; returns the previous one.
    pub fn gc_set_step_multiplier(&self, multiplier: i32) -> u32 {
        let word = &self.rec().machine().heap.step_multiplier;
        let old = word.get();
        word.set(kept_parameter(multiplier));
        old
    }

    /// Names the mode, generational or incremental; whether it was generational. The collector is the same.
    pub fn gc_set_generational(&self, on: bool) -> bool {
        let word = &self.rec().machine().heap.generational;
        let old = word.get();
        word.set(on as u32);
        old != 0
    }

    /// Emits a warning, or a piece of one that goes on with the next call. `@on` and `@off` switch warnings.
    pub fn warn(&self, message: &[u8], to_continue: bool) {
        let state = &self.rec().machine().warnings;
        let now = state.get();
        if now != WARN_CONTINUED && !to_continue && message.first() == Some(&b'@') {
            match message {
                b"@on" => state.set(WARN_ON),
                b"@off" => state.set(WARN_OFF),
                _ => {}
            }
            return;
        }
        if now == WARN_OFF {
            return;
        }
        let mut line = Vec::new();
        if now == WARN_ON {
            line.extend_from_slice(b"Lua warning: ");
        }
        line.extend_from_slice(message);
        if !to_continue {
            line.push(b'\n');
        }
        state.set(if to_continue { WARN_CONTINUED } else { WARN_ON });
        // A warning that cannot be written is lost, as in PUC Lua.
        let _ = std::io::stderr().write_all(&line);
    }
}

/// What PUC Lua keeps of a parameter: its quarter, in one byte.
fn kept_parameter(parameter: i32) -> u32 {
    u32::from((parameter / 4) as u8) * 4
}
