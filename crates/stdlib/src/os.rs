//! The os library: time, dates, commands, files by name, the environment, the end of the process.

use crate::io::{check_text, exit_results, failure, no_memory, success};
use luas_vm::ffi::cenv;
use luas_vm::ffi::ctime::{self, Date, Fields, MAX_CONVERSION};
use luas_vm::ffi::locale::{self, Category};
use luas_vm::native::{Result, Table};
use luas_vm::sync::threaded;
use luas_vm::thread::Thread;
use luas_vm::value::{Type, Val};

/// Makes the library.
pub fn open(th: &mut Thread) -> Result<()> {
    let os = th.new_table(0, 16)?;
    th.register(
        os,
        &[
            ("clock", clock),
            ("date", date),
            ("difftime", difftime),
            ("execute", execute),
            ("exit", exit),
            ("getenv", getenv),
            ("remove", remove),
            ("rename", rename),
            ("setlocale", setlocale),
            ("time", time),
            ("tmpname", tmpname),
        ],
    )?;
    crate::publish_library(th, "os", os)
}

// ---- commands, files, environment ------------------------------------------------------------------------------

/// `os.execute([command])`: how the command ended; without one, whether there is a shell.
fn execute(th: &mut Thread) -> Result<u32> {
    if th.arg(1).is_nil() {
        let shell = th.blocking(cenv::has_shell);
        return th.ret_bool(shell);
    }
    let command = check_text(th, 1)?;
    match th.blocking(|| cenv::execute(&command)) {
        Ok(exit) => exit_results(th, exit),
        Err(errno) => failure(th, None, errno),
    }
}

/// `os.exit([code [, close]])`
fn exit(th: &mut Thread) -> Result<u32> {
    let code = match th.arg(1).as_bool() {
        Some(true) => 0,
        Some(false) => 1,
        // Cut to an int, as a C program does.
        None => th.opt_int(1, 0)? as i32,
    };
    let close = th.arg(2).truthy();
    luas_vm::exit::exit(th, code, close)
}

/// `os.getenv(name)`
fn getenv(th: &mut Thread) -> Result<u32> {
    let name = check_text(th, 1)?;
    match cenv::variable(&name) {
        Some(value) => th.ret_bytes(&value),
        None => th.ret_nil(),
    }
}

/// `os.remove(name)`
fn remove(th: &mut Thread) -> Result<u32> {
    let name = check_text(th, 1)?;
    let outcome = th.blocking(|| cenv::remove(&name));
    success(th, Some(name.bytes()), outcome)
}

/// `os.rename(from, to)`
fn rename(th: &mut Thread) -> Result<u32> {
    let from = check_text(th, 1)?;
    let to = check_text(th, 2)?;
    let outcome = th.blocking(|| cenv::rename(&from, &to));
    success(th, None, outcome)
}

/// `os.tmpname()`: the name of a file that was created empty.
fn tmpname(th: &mut Thread) -> Result<u32> {
    match th.blocking(cenv::temporary_name) {
        Ok(name) => th.ret_bytes(&name),
        Err(_) => Err(th.error("unable to generate a unique filename")),
    }
}

/// `os.setlocale([locale [, category]])`: the name of the locale, nil when it cannot be set. While several threads
/// run, a change is an error: all of them read the locale (contract 28).
fn setlocale(th: &mut Thread) -> Result<u32> {
    let name = if th.arg(1).is_nil() { None } else { Some(check_text(th, 1)?) };
    let categories =
        [Category::All, Category::Collate, Category::Ctype, Category::Monetary, Category::Numeric, Category::Time];
    let names = ["all", "collate", "ctype", "monetary", "numeric", "time"];
    let category = categories[th.check_option(2, Some("all"), &names)?];
    let outcome = match name {
        Some(name) if threaded() => {
            let current = locale::set(category, None);
            if current.as_deref() != Some(name.bytes()) {
                return Err(th.error("cannot change the locale while several threads run"));
            }
            current
        }
        name => locale::set(category, name.as_ref()),
    };
    match outcome {
        Some(locale) => th.ret_bytes(&locale),
        None => th.ret_nil(),
    }
}

// ---- time ------------------------------------------------------------------------------------------------------

/// `os.clock()`: processor time of the whole process, in seconds.
fn clock(th: &mut Thread) -> Result<u32> {
    th.ret_float(ctime::processor_seconds())
}

/// `os.difftime(t2, t1)`: seconds from `t1` to `t2`.
fn difftime(th: &mut Thread) -> Result<u32> {
    let later = th.check_int(1)?;
    let earlier = th.check_int(2)?;
    th.ret_float((i128::from(later) - i128::from(earlier)) as f64)
}

/// `os.time([table])`: now, or the time of a date table, whose fields are brought into their ranges.
fn time(th: &mut Thread) -> Result<u32> {
    let time = if th.arg(1).is_nil() {
        Some(ctime::now())
    } else {
        th.check_type(1, Type::Table)?;
        th.set_top(1);
        let mut date = Date::from_fields(Fields {
            year: date_field(th, "year", None, 1900)?,
            month: date_field(th, "month", None, 1)?,
            day: date_field(th, "day", None, 0)?,
            hour: date_field(th, "hour", Some(12), 0)?,
            minute: date_field(th, "min", Some(0), 0)?,
            second: date_field(th, "sec", Some(0), 0)?,
            daylight: daylight_field(th)?,
        });
        let time = date.normalize();
        for (name, value) in values(&date) {
            th.push_int(value)?;
            th.set_field(1, name)?;
        }
        if let Some(daylight) = daylight(&date) {
            th.push_bool(daylight);
            th.set_field(1, "isdst")?;
        }
        time
    };
    match time {
        Some(time) => th.ret_int(time),
        None => Err(th.error("time result cannot be represented in this installation")),
    }
}

/// An integer field of the date table at stack index 1, less `delta`, which C counts from; `default` when absent.
fn date_field(th: &mut Thread, name: &str, default: Option<i32>, delta: i64) -> Result<i32> {
    th.get_field(1, name)?;
    let v = th.at(-1);
    let field = match (v.to_int(), default) {
        (Some(i), _) => i
            .checked_sub(delta)
            .and_then(|i| i32::try_from(i).ok())
            .ok_or_else(|| th.error(format!("field '{name}' is out-of-bound")))?,
        (None, _) if !v.is_nil() => {
            return Err(th.error(format!("field '{name}' is not an integer")));
        }
        (None, Some(default)) => default,
        (None, None) => return Err(th.error(format!("field '{name}' missing in date table"))),
    };
    th.pop(1);
    Ok(field)
}

/// Field "isdst" of the date table at stack index 1, in C's three values.
fn daylight_field(th: &mut Thread) -> Result<i32> {
    th.get_field(1, "isdst")?;
    let v = th.at(-1);
    let daylight = if v.is_nil() { -1 } else { i32::from(v.truthy()) };
    th.pop(1);
    Ok(daylight)
}

/// The integer fields of a date table, as Lua counts them.
fn values(date: &Date) -> [(&'static str, i64); 8] {
    let f = date.fields();
    [
        ("year", i64::from(f.year) + 1900),
        ("month", i64::from(f.month) + 1),
        ("day", i64::from(f.day)),
        ("hour", i64::from(f.hour)),
        ("min", i64::from(f.minute)),
        ("sec", i64::from(f.second)),
        ("yday", i64::from(date.day_of_year()) + 1),
        ("wday", i64::from(date.day_of_week()) + 1),
    ]
}

/// Field "isdst" of a date table; `None` when unknown.
fn daylight(date: &Date) -> Option<bool> {
    let daylight = date.fields().daylight;
    (daylight >= 0).then_some(daylight != 0)
}

// ---- dates -----------------------------------------------------------------------------------------------------

/// Conversions of `os.date` that are one letter.
const CONVERSIONS: &[u8] = b"aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%";
/// Letters that may follow the modifiers "E" and "O".
const E_CONVERSIONS: &[u8] = b"cCxXyY";
const O_CONVERSIONS: &[u8] = b"deHImMSuUVwWy";

/// `os.date([format [, time]])`
fn date(th: &mut Thread) -> Result<u32> {
    let mut format = th.opt_bytes(1, b"%c")?;
    let time = if th.arg(2).is_nil() { ctime::now() } else { th.check_int(2)? };
    let date = match format {
        [b'!', rest @ ..] => {
            format = rest;
            Date::universal(time)
        }
        _ => Date::local(time),
    };
    let Some(date) = date else {
        return Err(th.error("date result cannot be represented in this installation"));
    };
    if before_nul(format) == b"*t" {
        return th.ret(date_table(th, &date)?.into());
    }
    let mut out = Vec::new();
    out.try_reserve(format.len().saturating_add(MAX_CONVERSION)).map_err(|_| no_memory(th))?;
    let mut buffer = [0; MAX_CONVERSION];
    while let Some(percent) = format.iter().position(|&c| c == b'%') {
        let (plain, rest) = (&format[..percent], &format[percent + 1..]);
        let Some(len) = conversion_length(rest) else {
            let message = [b"invalid conversion specifier '%", before_nul(rest), b"'"].concat();
            return Err(th.arg_error(1, message));
        };
        let n = date.format(&rest[..len], &mut buffer);
        out.try_reserve(plain.len() + n).map_err(|_| no_memory(th))?;
        out.extend_from_slice(plain);
        out.extend_from_slice(&buffer[..n]);
        format = &rest[len..];
    }
    out.try_reserve(format.len()).map_err(|_| no_memory(th))?;
    out.extend_from_slice(format);
    th.ret_bytes(&out)
}

/// Length of the conversion that a text begins with (behind its percent sign).
fn conversion_length(text: &[u8]) -> Option<usize> {
    match text {
        [c, ..] if CONVERSIONS.contains(c) => Some(1),
        [b'E', c, ..] if E_CONVERSIONS.contains(c) => Some(2),
        [b'O', c, ..] if O_CONVERSIONS.contains(c) => Some(2),
        _ => None,
    }
}

fn before_nul(text: &[u8]) -> &[u8] {
    &text[..text.iter().position(|&c| c == 0).unwrap_or(text.len())]
}

fn date_table<'t>(th: &'t Thread, date: &Date) -> Result<Table<'t>> {
    let t = th.new_table(0, 9)?;
    for (name, value) in values(date) {
        th.raw_set_str(t, name, th.new_int(value)?)?;
    }
    if let Some(daylight) = daylight(date) {
        th.raw_set_str(t, "isdst", Val::bool(daylight))?;
    }
    Ok(t)
}
