//! The Luas machine: values, objects, heap, tables, interpreter, threads.
//!
//! Modules in reading order: what a value is, what objects look like, how memory works, how tables work, how code
//! runs, how threads live, and what native code sees of it. ARCHITECTURE.md at the root is the map.

pub mod sync;

pub mod handshake;
pub mod slot;

#[cfg(not(loom))]
pub mod value;
#[cfg(not(loom))]
pub mod object;
#[cfg(not(loom))]
pub mod string;
#[cfg(not(loom))]
pub mod metamethod;
#[cfg(not(loom))]
pub mod number_text;
#[cfg(not(loom))]
pub mod table;
#[cfg(not(loom))]
pub mod heap;
#[cfg(not(loom))]
pub mod collect;
#[cfg(not(loom))]
pub mod stop;
#[cfg(not(loom))]
pub mod machine;
#[cfg(not(loom))]
pub mod thread;
#[cfg(not(loom))]
pub mod coroutine;
#[cfg(not(loom))]
pub mod frame;
#[cfg(not(loom))]
pub mod interpreter;
#[cfg(not(loom))]
pub mod control;
#[cfg(not(loom))]
pub mod hook;
#[cfg(not(loom))]
pub mod error;
#[cfg(not(loom))]
pub mod debuginfo;
#[cfg(not(loom))]
pub mod load;
#[cfg(not(loom))]
pub mod native;
#[cfg(not(loom))]
pub mod thread_control;
#[cfg(not(loom))]
pub mod exit;
#[cfg(not(loom))]
pub mod host;
#[cfg(not(loom))]
pub mod ffi;
