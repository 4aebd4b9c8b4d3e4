//! The package library: `require` and where it looks.
//!
//! `package.loaded` and `package.preload` are the registry's tables `_LOADED` and `_PRELOAD`.
//! When several threads require one module, its loader runs once and the others wait; a failed load lets the next one
//! try ([`luas_vm::thread_control::loading`]).

use crate::base::load_file;
use crate::registry_table;
use crate::scratch::no_memory;
use luas_vm::ffi::stdio::{CFile, CText};
use luas_vm::native::{Error, NativeFn, Result, Table};
use luas_vm::thread::Thread;
use luas_vm::thread_control::loading::Claim;
use luas_vm::value::{Type, Val};

const LOADED: &str = crate::LOADED;
const PRELOAD: &str = "_PRELOAD";

/// Where Lua files are looked for: Debian's places.
const PATH: &str = "/usr/local/share/lua/5.4/?.lua;/usr/local/share/lua/5.4/?/init.lua;\
                    /usr/local/lib/lua/5.4/?.lua;/usr/local/lib/lua/5.4/?/init.lua;\
                    /usr/share/lua/5.4/?.lua;/usr/share/lua/5.4/?/init.lua;./?.lua;./?/init.lua";

/// Where C libraries are looked for.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
const CPATH: &str = if cfg!(target_arch = "x86_64") {
    "/usr/local/lib/lua/5.4/?.so;/usr/lib/x86_64-linux-gnu/lua/5.4/?.so;/usr/lib/lua/5.4/?.so;\
     /usr/local/lib/lua/5.4/loadall.so;./?.so"
} else {
    "/usr/local/lib/lua/5.4/?.so;/usr/lib/aarch64-linux-gnu/lua/5.4/?.so;/usr/lib/lua/5.4/?.so;\
     /usr/local/lib/lua/5.4/loadall.so;./?.so"
};
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
const CPATH: &str = "/usr/local/lib/lua/5.4/?.so;/usr/lib/lua/5.4/?.so;/usr/local/lib/lua/5.4/loadall.so;./?.so";

/// Directory separator, template separator, mark, program's directory, ignore mark.
const CONFIG: &str = "/\n;\n?\n!\n-\n";

/// What there is to say about C libraries.
const NO_LIBRARIES: &[u8] = b"dynamic libraries not enabled; check your Lua installation";

/// Makes the library and `require`.
pub fn open(th: &mut Thread) -> Result<()> {
    let library = th.new_table(0, 8)?;
    th.register(library, &[("searchpath", search_path), ("loadlib", load_lib)])?;
    th.raw_set_str(library, "config", th.new_bytes(CONFIG.as_bytes())?)?;
    th.raw_set_str(library, "path", th.new_bytes(&path_setting(th, "LUA_PATH", PATH))?)?;
    th.raw_set_str(library, "cpath", th.new_bytes(&path_setting(th, "LUA_CPATH", CPATH))?)?;
    th.raw_set_str(library, "loaded", registry_table(th, LOADED)?.into())?;
    th.raw_set_str(library, "preload", registry_table(th, PRELOAD)?.into())?;

    let searchers = th.new_table(4, 0)?;
    let list: [(&'static str, NativeFn); 4] =
        [("preload", find_preload), ("lua", find_lua), ("c", find_c), ("croot", find_c_root)];
    for (i, (name, searcher)) in (1..).zip(list) {
        th.raw_set_int(searchers, i, with_library(th, library, name, searcher)?)?;
    }
    th.raw_set_str(library, "searchers", searchers.into())?;
    th.raw_set_str(th.globals(), "require", with_library(th, library, "require", require)?)?;
    crate::publish_library(th, "package", library)
}

/// A function whose upvalue is the library.
fn with_library<'t>(th: &'t Thread, library: Table<'_>, name: &'static str, f: NativeFn) -> Result<Val<'t>> {
    th.push(library.into());
    th.new_native(name, f, 1)
}

/// A path from the environment (`NAME_5_4` before `NAME`) in which ";;" stands for the default, or the default.
/// With a true `LUA_NOENV` in the registry, the environment does not count.
fn path_setting(th: &Thread, name: &str, default: &str) -> Vec<u8> {
    let setting = std::env::var_os(format!("{name}_5_4")).or_else(|| std::env::var_os(name));
    let (Some(setting), false) = (setting, th.raw_get_str(th.registry(), "LUA_NOENV").truthy()) else {
        return default.into();
    };
    let setting = setting.into_encoded_bytes();
    let Some(mark) = setting.windows(2).position(|two| two == b";;") else { return setting };
    let (before, after) = (&setting[..mark], &setting[mark + 2..]);
    let mut path = Vec::with_capacity(setting.len() + default.len());
    if !before.is_empty() {
        path.extend_from_slice(before);
        path.push(b';');
    }
    path.extend_from_slice(default.as_bytes());
    if !after.is_empty() {
        path.push(b';');
        path.extend_from_slice(after);
    }
    path
}

// ---- require -----------------------------------------------------------------------------------------------------

/// Slots of `require`: the name, `package.loaded`, `package.searchers`, the message of the searchers (or the data of
/// the one that found a loader).
const NAME: i32 = 1;
const MODULES: i32 = 2;
const SEARCHERS: i32 = 3;

/// `require(name)`: the module, and what the searcher said about it when this call loaded it.
fn require(th: &mut Thread) -> Result<u32> {
    th.check_bytes(1)?;
    th.set_top(1);
    th.push(registry_table(th, LOADED)?.into());
    loop {
        if push_module(th)? {
            return Ok(1);
        }
        th.pop(1);
        let name = th.check_bytes(NAME as usize)?.to_vec();
        let claim = th.begin_load(&name)?;
        if claim == Claim::Over {
            // Loaded, or it is this thread's turn to try.
            continue;
        }
        // Others may have loaded it between the look and the claim.
        let loaded = if luas_vm::sync::threaded() { push_module(th) } else { Ok(false) };
        // No `?` before the load has ended: the look may call an `__index` that raises.
        let outcome = match loaded {
            Ok(true) => Ok(1),
            Ok(false) => {
                th.set_top(MODULES as usize);
                load_module(th)
            }
            Err(e) => Err(e),
        };
        if claim == Claim::Mine {
            th.end_load(&name);
        }
        return outcome;
    }
}

/// Pushes `package.loaded[name]`; whether that is true.
fn push_module(th: &mut Thread) -> Result<bool> {
    th.push(th.at(NAME));
    th.get_table(MODULES)?;
    Ok(th.at(-1).truthy())
}

/// Finds the loader, runs it, and notes the module.
fn load_module(th: &mut Thread) -> Result<u32> {
    find_loader(th)?;
    // At the top: the loader and its data, which is also the second result.
    th.push(th.at(-1));
    th.insert(-3);
    th.push(th.at(NAME));
    th.insert(-2);
    th.call(2, 1)?;
    if !th.at(-1).is_nil() {
        th.push(th.at(NAME));
        th.insert(-2);
        th.set_table(MODULES)?;
    } else {
        th.pop(1);
    }
    push_module(th)?;
    if th.at(-1).is_nil() {
        // The module has set no value: true stands for it.
        th.pop(1);
        th.push(th.at(NAME));
        th.push_bool(true);
        th.set_table(MODULES)?;
        th.push_bool(true);
    }
    th.insert(-2);
    Ok(2)
}

/// Pushes a loader and its data, from the first searcher that has one.
fn find_loader(th: &mut Thread) -> Result<()> {
    th.push(th.upvalue(1));
    th.get_field(-1, "searchers")?;
    th.remove(-2);
    if th.at(SEARCHERS).as_table().is_none() {
        return Err(th.error("'package.searchers' must be a table"));
    }
    let mut message = Vec::new();
    for i in 1.. {
        let Some(searchers) = th.at(SEARCHERS).as_table() else { break };
        let searcher = th.raw_get_int(searchers, i);
        if searcher.is_nil() {
            break;
        }
        th.push(searcher);
        th.push(th.at(NAME));
        th.call(1, 2)?;
        if th.at(-2).is_function() {
            return Ok(());
        }
        if matches!(th.at(-2).type_of(), Type::String | Type::Number) {
            th.pop(1);
            th.to_string(-1)?;
            message.extend_from_slice(b"\n\t");
            message.extend_from_slice(th.at(-1).as_bytes().unwrap_or_default());
        }
        th.pop(2);
    }
    let mut whole = b"module '".to_vec();
    whole.extend_from_slice(th.check_bytes(1)?);
    whole.extend_from_slice(b"' not found:");
    whole.extend_from_slice(&message);
    Err(th.error(whole))
}

// ---- searchers -------------------------------------------------------------------------------------------------------

fn find_preload(th: &mut Thread) -> Result<u32> {
    th.check_bytes(1)?;
    th.push(registry_table(th, PRELOAD)?.into());
    th.push(th.arg(1));
    th.get_table(-2)?;
    if th.at(-1).is_nil() {
        return ret_joined(th, &[b"no field package.preload['", th.check_bytes(1)?, b"']"]);
    }
    th.push_bytes(b":preload:")?;
    Ok(2)
}

fn find_lua(th: &mut Thread) -> Result<u32> {
    let name = th.check_bytes(1)?.to_vec();
    match find_file(th, &name, "path")? {
        Err(message) => th.ret_bytes(&message),
        Ok(file) => {
            if let Err(e) = load_file(th, Some(&file), b"bt") {
                th.push(th.error_value(e));
                th.to_string(-1)?;
                return Err(load_error(th, &name, file.bytes(), th.at(-1).as_bytes().unwrap_or_default()));
            }
            th.push_bytes(file.bytes())?;
            Ok(2)
        }
    }
}

fn find_c(th: &mut Thread) -> Result<u32> {
    let name = th.check_bytes(1)?.to_vec();
    find_c_file(th, &name)
}

/// Looks for the library of the root of a name with dots.
fn find_c_root(th: &mut Thread) -> Result<u32> {
    let name = th.check_bytes(1)?;
    match name.iter().position(|&c| c == b'.') {
        None => Ok(0),
        Some(dot) => {
            let root = name[..dot].to_vec();
            find_c_file(th, &root)
        }
    }
}

/// A C library that is there cannot be loaded.
fn find_c_file(th: &mut Thread, name: &[u8]) -> Result<u32> {
    match find_file(th, name, "cpath")? {
        Err(message) => th.ret_bytes(&message),
        Ok(file) => Err(load_error(th, th.check_bytes(1)?, file.bytes(), NO_LIBRARIES)),
    }
}

/// What the loader of a file failed with.
fn load_error(th: &Thread, name: &[u8], file: &[u8], why: &[u8]) -> Error {
    th.error([b"error loading module '", name, b"' from file '", file, b"':\n\t", why].concat())
}

/// The first readable file for a module in the path of that name, or the text about all that are not.
fn find_file(th: &mut Thread, name: &[u8], path_name: &str) -> Result<core::result::Result<CText, Vec<u8>>> {
    th.push(th.upvalue(1));
    th.get_field(-1, path_name)?;
    th.remove(-2);
    if !matches!(th.at(-1).type_of(), Type::String | Type::Number) {
        return Err(th.error(format!("'package.{path_name}' must be a string")));
    }
    th.to_string(-1)?;
    let path = th.at(-1).as_bytes().unwrap_or_default().to_vec();
    th.pop(2);
    search(th, name, &path, b".", b"/")
}

/// `searchpath(name, path, separator, replacement)`: the first readable file, or nil and the text about all that are
/// not.
fn search_path(th: &mut Thread) -> Result<u32> {
    let name = th.check_bytes(1)?.to_vec();
    let path = th.check_bytes(2)?.to_vec();
    let separator = th.opt_bytes(3, b".")?.to_vec();
    let replacement = th.opt_bytes(4, b"/")?.to_vec();
    match search(th, &name, &path, &separator, &replacement)? {
        Ok(file) => th.ret_bytes(file.bytes()),
        Err(message) => {
            th.push_nil();
            th.push_bytes(&message)?;
            Ok(2)
        }
    }
}

fn search(
    th: &mut Thread,
    name: &[u8],
    path: &[u8],
    separator: &[u8],
    replacement: &[u8],
) -> Result<core::result::Result<CText, Vec<u8>>> {
    let name = replace(th, name, separator, replacement)?;
    let files = replace(th, path, b"?", &name)?;
    let found = th.blocking(|| files.split(|&c| c == b';').filter_map(CText::new).find(readable));
    Ok(match found {
        Some(file) => Ok(file),
        None => {
            let mut message = b"no file '".to_vec();
            message.extend_from_slice(&replace(th, &files, b";", b"'\n\tno file '")?);
            message.push(b'\'');
            Err(message)
        }
    })
}

fn readable(file: &CText) -> bool {
    CText::new(b"r").is_some_and(|mode| CFile::open(file, &mode).is_ok())
}

/// `text` with each `what` (unless that is empty) replaced by `with`.
fn replace(th: &Thread, text: &[u8], what: &[u8], with: &[u8]) -> Result<Vec<u8>> {
    let mut result = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, step) =
            if !what.is_empty() && rest.starts_with(what) { (with, what.len()) } else { (&rest[..1], 1) };
        result.try_reserve(piece.len()).map_err(|_| no_memory(th))?;
        result.extend_from_slice(piece);
        rest = &rest[step..];
    }
    Ok(result)
}

/// `loadlib(path, function)`: nil, a message, and "absent", as where C libraries cannot be loaded.
fn load_lib(th: &mut Thread) -> Result<u32> {
    th.check_bytes(1)?;
    th.check_bytes(2)?;
    th.push_nil();
    th.push_bytes(NO_LIBRARIES)?;
    th.push_bytes(b"absent")?;
    Ok(3)
}

/// Returns the pieces as one string.
fn ret_joined(th: &Thread, pieces: &[&[u8]]) -> Result<u32> {
    th.ret_bytes(&pieces.concat())
}
