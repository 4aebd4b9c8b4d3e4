//! Lua 5.4 with real threads, to embed in Rust programs.
//!
//! This is the small beginning that the `luas` program and the tests use: a state, loading and running chunks,
//! globals, calling functions. The full interface comes later.
//!
//! ```
//! let mut lua = luas::Lua::new().unwrap();
//! lua.exec("x = 6 * 7").unwrap();
//! assert_eq!(lua.eval("return x, 'y'").unwrap(), ["42", "y"]);
//! ```
#![forbid(unsafe_code)]

use luas_vm::native::{ALL, Result as LuaResult};
pub use luas_vm::native::{Error, NativeFn};
pub use luas_vm::thread::Thread;
use std::fmt;

/// One Lua universe and its first thread.
pub struct Lua {
    host: luas_vm::host::Host,
}

/// An error that left a chunk: its message and, when it was asked for, a traceback.
#[derive(Debug)]
pub struct LuaError {
    /// The message as bytes: what `lua` prints after its name.
    pub message: Vec<u8>,
}

impl fmt::Display for LuaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.message))
    }
}

impl std::error::Error for LuaError {}

impl Lua {
    /// A state with the standard library and the threads library. Errors: no memory.
    pub fn new() -> Result<Lua, LuaError> {
        let mut lua = Lua::bare()?;
        lua.with(luas_stdlib::open_all)?;
        Ok(lua)
    }

    /// A state without any library.
    pub fn bare() -> Result<Lua, LuaError> {
        match luas_vm::host::Host::new() {
            Some(host) => Ok(Lua { host }),
            None => Err(LuaError { message: b"cannot create state: not enough memory".to_vec() }),
        }
    }

    /// Runs native code on the state; a raised error becomes a [`LuaError`].
    pub fn with<R>(&mut self, f: impl FnOnce(&mut Thread) -> LuaResult<R>) -> Result<R, LuaError> {
        let th = self.host.thread();
        let top = th.top();
        let r = f(th).map_err(|e| {
            let v = th.error_value(e);
            LuaError { message: message_of(th, v) }
        });
        th.set_top(top);
        r
    }

    /// The thread's handle, for code that needs more than [`Lua::with`].
    pub fn thread(&mut self) -> &mut Thread {
        self.host.thread()
    }

    /// Runs a chunk of source text.
    pub fn exec(&mut self, source: &str) -> Result<(), LuaError> {
        self.eval(source).map(drop)
    }

    /// Runs a chunk and gives its results as text (as `tostring` would).
    pub fn eval(&mut self, source: &str) -> Result<Vec<String>, LuaError> {
        self.with(|th| {
            let below = th.top();
            let f = th.load(source.as_bytes(), source.as_bytes())?;
            th.push(f);
            th.call(0, ALL)?;
            let n = th.top() - below;
            let mut results = Vec::new();
            for i in 0..n {
                th.check_stack(1)?;
                th.to_string((below + 1 + i) as i32)?;
                results.push(String::from_utf8_lossy(th.at(-1).as_bytes().unwrap_or_default()).into_owned());
                th.pop(1);
            }
            Ok(results)
        })
    }

    /// Calls a global function with string arguments and gives its results as text.
    pub fn call(&mut self, name: &str, arguments: &[&str]) -> Result<Vec<String>, LuaError> {
        self.with(|th| {
            let below = th.top();
            th.check_stack(arguments.len() + 2)?;
            let f = th.raw_get_str(th.globals(), name);
            th.push(f);
            for a in arguments {
                th.push_bytes(a.as_bytes())?;
            }
            th.call(arguments.len(), ALL)?;
            let n = th.top() - below;
            let mut results = Vec::new();
            for i in 0..n {
                th.check_stack(1)?;
                th.to_string((below + 1 + i) as i32)?;
                results.push(String::from_utf8_lossy(th.at(-1).as_bytes().unwrap_or_default()).into_owned());
                th.pop(1);
            }
            Ok(results)
        })
    }

    /// The text of a global variable; None when it is nil.
    pub fn global(&mut self, name: &str) -> Result<Option<String>, LuaError> {
        self.with(|th| {
            let v = th.raw_get_str(th.globals(), name);
            if v.is_nil() {
                return Ok(None);
            }
            th.push(v);
            th.to_string(-1)?;
            Ok(th.at(-1).as_bytes().map(|s| String::from_utf8_lossy(s).into_owned()))
        })
    }

    /// Makes a native function global.
    pub fn set_function(&mut self, name: &'static str, f: NativeFn) -> Result<(), LuaError> {
        self.with(|th| {
            let v = th.new_native(name, f, 0)?;
            th.raw_set_str(th.globals(), name, v)
        })
    }
}

/// The text of an error value, as the `lua` program reports it.
fn message_of(th: &Thread, v: luas_vm::value::Val<'_>) -> Vec<u8> {
    luas_vm::host::describe_error(th, v)
}
