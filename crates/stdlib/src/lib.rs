//! The standard library of Lua 5.4, one file per library of the manual.
#![forbid(unsafe_code)]

use luas_vm::native::{Result, Table};
use luas_vm::thread::Thread;

mod scratch;

pub mod base;
pub mod coroutine;
pub mod debug;
pub mod math;
pub mod package;
pub mod table;
pub mod string;
pub mod utf8;
pub mod io;
pub mod os;
pub mod threads;

/// Makes all libraries, in the order in which `lua` opens them.
pub fn open_all(th: &mut Thread) -> Result<()> {
    base::open(th)?;
    package::open(th)?;
    coroutine::open(th)?;
    table::open(th)?;
    io::open(th)?;
    os::open(th)?;
    string::open(th)?;
    utf8::open(th)?;
    math::open(th)?;
    debug::open(th)?;
    threads::open(th)
}

/// Key of the table of loaded modules in the registry (`package.loaded`).
const LOADED: &str = "_LOADED";

/// The table of that name in the registry, made when absent.
pub(crate) fn registry_table<'t>(th: &'t Thread, name: &str) -> Result<Table<'t>> {
    if let Some(t) = th.raw_get_str(th.registry(), name).as_table() {
        return Ok(t);
    }
    let t = th.new_table(0, 16)?;
    th.raw_set_str(th.registry(), name, t.into())?;
    Ok(t)
}

/// Makes a library known: as a global variable and in `package.loaded`.
pub(crate) fn publish_library(th: &Thread, name: &str, library: Table<'_>) -> Result<()> {
    th.raw_set_str(th.globals(), name, library.into())?;
    th.raw_set_str(registry_table(th, LOADED)?, name, library.into())
}
