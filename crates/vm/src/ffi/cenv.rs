//! What a process shares with its C code: environment variables, file names, commands.
//!
//! Promises: results are copied out before the call returns.

use super::stdio::{CText, Errno, Exit, set_errno};
use core::ffi::{CStr, c_char};
use core::ptr::null;

/// The value of an environment variable.
pub fn variable(name: &CText) -> Option<Vec<u8>> {
    // SAFETY: the name ends in NUL.
    let value = unsafe { libc::getenv(name.pointer()) };
    copy(value)
}

/// Removes a file or an empty directory.
pub fn remove(name: &CText) -> Result<(), Errno> {
    set_errno(0);
    // SAFETY: the name ends in NUL.
    if unsafe { libc::remove(name.pointer()) } == 0 { Ok(()) } else { Err(Errno::last()) }
}

/// Gives a file another name.
pub fn rename(from: &CText, to: &CText) -> Result<(), Errno> {
    set_errno(0);
    // SAFETY: both names end in NUL.
    if unsafe { libc::rename(from.pointer(), to.pointer()) } == 0 { Ok(()) } else { Err(Errno::last()) }
}

/// Creates an empty file for temporary use; its name.
pub fn temporary_name() -> Result<Vec<u8>, Errno> {
    let mut name = *b"/tmp/lua_XXXXXX\0";
    set_errno(0);
    // SAFETY: the template ends in NUL and may be written; the descriptor is ours to close.
    unsafe {
        let file = libc::mkstemp(name.as_mut_ptr().cast());
        if file == -1 {
            return Err(Errno::last());
        }
        libc::close(file);
    }
    Ok(name[..name.len() - 1].to_vec())
}

/// Runs a command with the shell and waits for its end.
pub fn execute(command: &CText) -> Result<Exit, Errno> {
    set_errno(0);
    // SAFETY: the command ends in NUL.
    match unsafe { libc::system(command.pointer()) } {
        -1 => Err(Errno::last()),
        status => Ok(Exit::from_status(status)),
    }
}

/// Whether there is a shell.
pub fn has_shell() -> bool {
    // SAFETY: null asks this question.
    unsafe { libc::system(null()) != 0 }
}

/// Makes a write to a broken pipe end the process again, as C programs expect and commands that are started inherit;
/// the Rust runtime has turned it into an error. For the program only: a host may have chosen otherwise.
pub fn restore_broken_pipe() {
    // SAFETY: the default action is no handler of ours.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}

fn copy(text: *const c_char) -> Option<Vec<u8>> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the C functions above return null or a text that ends in NUL, and nothing runs before the copy.
    Some(unsafe { CStr::from_ptr(text) }.to_bytes().to_vec())
}
