//! Lua 5.4 with real threads, to embed in Rust programs.
//!
//! This is the small beginning that the `luas` program and the tests use: a state, loading and running chunks,
//! globals, calling functions, natives in Rust. The full interface (handles to tables and functions, userdata) comes
//! later.
//!
//! ```
//! use luas::{Lua, Value};
//! let mut lua = Lua::new()?;
//! lua.set_global("limit", 10)?;
//! lua.load("function double(n) return 2 * math.min(n, limit) end").set_name("=setup").exec()?;
//! assert_eq!(lua.call("double", &[Value::from(21)])?, [Value::Integer(20)]);
//! assert_eq!(lua.eval("limit .. '!'")?, Value::from("10!"));
//! # Ok::<(), luas::LuaError>(())
//! ```
#![forbid(unsafe_code)]

use luas_vm::native::{ALL, Result as LuaResult};
use luas_vm::value::Val;
use std::fmt;

pub use luas_vm::native::{Error, NativeFn};
pub use luas_vm::thread::Thread;

/// One Lua universe and its first thread. Neither Send nor Sync: Lua's own threads are started by `threads.run`.
pub struct Lua {
    host: luas_vm::host::Host,
}

/// A Lua value copied out of the state, or to be copied into it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// nil
    Nil,
    /// false or true
    Boolean(bool),
    /// The integer subtype of numbers.
    Integer(i64),
    /// The float subtype of numbers.
    Number(f64),
    /// Any bytes.
    String(Vec<u8>),
    /// A value that has no copy in Rust yet (tables, functions, ...): what `tostring` says of it. It cannot be passed
    /// in.
    Other(String),
}

impl From<bool> for Value {
    fn from(b: bool) -> Value {
        Value::Boolean(b)
    }
}
impl From<i64> for Value {
    fn from(i: i64) -> Value {
        Value::Integer(i)
    }
}
impl From<f64> for Value {
    fn from(f: f64) -> Value {
        Value::Number(f)
    }
}
impl From<&str> for Value {
    fn from(s: &str) -> Value {
        Value::String(s.as_bytes().to_vec())
    }
}

/// An error that left a chunk or a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LuaError {
    /// The message, as `lua` prints it after its name: the error value when it is a string, otherwise a description.
    pub message: Vec<u8>,
}

impl fmt::Display for LuaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.message))
    }
}

impl std::error::Error for LuaError {}

/// A piece of source text on its way to run. Made by [`Lua::load`].
pub struct Chunk<'l> {
    lua: &'l mut Lua,
    source: Vec<u8>,
    name: Vec<u8>,
}

impl Chunk<'_> {
    /// The chunk's name in messages: `=name` as it is, `@file` a file's name; by default the text itself.
    pub fn set_name(mut self, name: impl AsRef<[u8]>) -> Self {
        self.name = name.as_ref().to_vec();
        self
    }

    /// Runs the chunk and drops its results. Errors: syntax errors and whatever the chunk raises.
    pub fn exec(self) -> Result<(), LuaError> {
        self.eval().map(drop)
    }

    /// Runs the chunk and copies its results. Errors: as [`Chunk::exec`].
    pub fn eval(self) -> Result<Vec<Value>, LuaError> {
        let Chunk { lua, source, name } = self;
        lua.with(|th| {
            let f = th.load(&source, &name)?;
            th.push(f);
            call_and_copy(th, 0)
        })
    }
}

impl Lua {
    /// A state with the standard library and the threads library. Errors: no memory.
    pub fn new() -> Result<Lua, LuaError> {
        let mut lua = Lua::bare()?;
        lua.with(luas_stdlib::open_all)?;
        Ok(lua)
    }

    /// A state without any library. Errors: no memory.
    pub fn bare() -> Result<Lua, LuaError> {
        match luas_vm::host::Host::new() {
            Some(host) => Ok(Lua { host }),
            None => Err(LuaError { message: b"cannot create state: not enough memory".to_vec() }),
        }
    }

    /// Runs native code on the state; a raised error becomes a [`LuaError`]. The stack is cut back afterwards.
    pub fn with<R>(&mut self, f: impl FnOnce(&mut Thread) -> LuaResult<R>) -> Result<R, LuaError> {
        let th = self.host.thread();
        let top = th.top();
        let r = f(th).map_err(|e| {
            let v = th.error_value(e);
            LuaError { message: luas_vm::host::describe_error(th, v) }
        });
        th.set_top(top);
        r
    }

    /// The thread's handle, for code that needs more than [`Lua::with`].
    pub fn thread(&mut self) -> &mut Thread {
        self.host.thread()
    }

    /// Source text to run.
    pub fn load(&mut self, source: impl AsRef<[u8]>) -> Chunk<'_> {
        let source = source.as_ref().to_vec();
        Chunk { lua: self, name: source.clone(), source }
    }

    /// Runs a chunk of source text. Errors: as [`Chunk::exec`].
    pub fn exec(&mut self, source: &str) -> Result<(), LuaError> {
        self.load(source).exec()
    }

    /// The value of an expression (the first one of several; nil for none). Errors: as [`Chunk::exec`].
    pub fn eval(&mut self, expression: &str) -> Result<Value, LuaError> {
        let results = self.load(format!("return {expression}")).set_name(expression).eval()?;
        Ok(results.into_iter().next().unwrap_or(Value::Nil))
    }

    /// Calls a global function and copies its results. Errors: what it raises; no function of that name.
    pub fn call(&mut self, name: &str, arguments: &[Value]) -> Result<Vec<Value>, LuaError> {
        self.with(|th| {
            th.check_stack(arguments.len() + 2)?;
            let f = th.raw_get_str(th.globals(), name);
            if f.is_nil() {
                return Err(th.error_plain(format!("attempt to call a nil value (global '{name}')")));
            }
            th.push(f);
            for a in arguments {
                push(th, a)?;
            }
            call_and_copy(th, arguments.len())
        })
    }

    /// A copy of a global variable. Errors: no memory.
    pub fn global(&mut self, name: &str) -> Result<Value, LuaError> {
        self.with(|th| {
            let v = th.raw_get_str(th.globals(), name);
            th.push(v);
            copy(th, -1)
        })
    }

    /// Sets a global variable. Errors: no memory; [`Value::Other`].
    pub fn set_global(&mut self, name: &str, value: impl Into<Value>) -> Result<(), LuaError> {
        let value = value.into();
        self.with(|th| {
            push(th, &value)?;
            th.raw_set_str(th.globals(), name, th.at(-1))
        })
    }

    /// Makes a native function global. Errors: no memory.
    pub fn set_function(&mut self, name: &'static str, f: NativeFn) -> Result<(), LuaError> {
        self.with(|th| {
            let v = th.new_native(name, f, 0)?;
            th.raw_set_str(th.globals(), name, v)
        })
    }
}

impl From<i32> for Value {
    fn from(i: i32) -> Value {
        Value::Integer(i.into())
    }
}

/// Calls the function below its arguments and copies all results.
fn call_and_copy(th: &mut Thread, nargs: usize) -> LuaResult<Vec<Value>> {
    let below = th.top() - nargs - 1;
    th.call(nargs, ALL)?;
    (below..th.top()).map(|i| copy(th, i as i32 + 1)).collect()
}

fn push(th: &Thread, v: &Value) -> LuaResult<()> {
    let v = match v {
        Value::Nil => Val::NIL,
        Value::Boolean(b) => Val::bool(*b),
        Value::Integer(i) => th.new_int(*i)?,
        Value::Number(f) => Val::float(*f),
        Value::String(s) => th.new_bytes(s)?,
        Value::Other(_) => return Err(th.error_plain("this value cannot be passed to Lua")),
    };
    th.push(v);
    Ok(())
}

fn copy(th: &mut Thread, i: i32) -> LuaResult<Value> {
    let v = th.at(i);
    if v.is_nil() {
        return Ok(Value::Nil);
    }
    if let Some(b) = v.as_bool() {
        return Ok(Value::Boolean(b));
    }
    if let Some(i) = v.as_int() {
        return Ok(Value::Integer(i));
    }
    if let Some(f) = v.as_float() {
        return Ok(Value::Number(f));
    }
    if let Some(s) = v.as_bytes() {
        return Ok(Value::String(s.to_vec()));
    }
    let at = if i > 0 { i } else { th.top() as i32 + i + 1 };
    th.check_stack(1)?;
    th.to_string(at)?;
    let text = String::from_utf8_lossy(th.at(-1).as_bytes().unwrap_or_default()).into_owned();
    th.pop(1);
    Ok(Value::Other(text))
}
