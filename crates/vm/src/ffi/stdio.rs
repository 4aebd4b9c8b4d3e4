//! C streams: what the io library, `print` and the messages of the program read and write.
//!
//! A [`CFile`] owns one `FILE*`. Promises: it may be used and closed by any thread at any time; what one call reads
//! or writes is contiguous; it is closed when dropped, unless it is a standard stream; these are the streams of the
//! C library, so output of C code and of Lua code appears in the order in which it was written (contract 6).
//! Leaves to others: parking while a call waits for the device ([`Thread::blocking`](crate::thread::Thread)).
//!
//! Two locks with two purposes. The C library's own lock of a stream (`flockfile`) keeps threads out of each other's
//! reads and writes. The reader-writer lock `users` keeps the stream alive: whoever uses the pointer holds it shared,
//! whoever takes the pointer away holds it alone. It is taken only once a second thread has started (contract 10).

use super::locale;
use crate::sync::threaded;
use core::ffi::{c_char, c_int, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};
use libc::FILE;
use parking_lot::{RwLock, RwLockReadGuard};
use std::cell::Cell;

/// A stream of the C library: a file, a pipe to a command, or a standard stream.
pub struct CFile {
    // Null once closed. Written under `users` alone, read under `users` shared; a plain load elsewhere is a hint.
    file: AtomicPtr<FILE>,
    users: RwLock<()>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Pipe,
    Standard,
}

/// What a use of a stream came to; `None` when the stream is closed.
pub type Used<T> = Option<Result<T, Errno>>;

/// What became of [`CFile::close`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// A file; everything is written.
    Done,
    /// Closed, but the last writes failed, or the command's status is unknown.
    Failed(Errno),
    /// The command on the other side of the pipe has ended.
    Ended(Exit),
    /// A standard stream: it stays open.
    Kept,
    /// It was closed before.
    Already,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this status.
    Code(i32),
    /// Ended by this signal.
    Signal(i32),
}

/// Where an offset of [`CFile::seek`] counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Start,
    Current,
    End,
}

/// When a stream passes on what is written to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buffering {
    /// At once.
    No,
    /// When the buffer is full.
    Full,
    /// At each newline.
    Line,
}

/// Longest string that reading may make, in bytes (contract 4); one that is longer fails with [`Errno::TOO_LONG`].
pub const MAX_READ: usize = i32::MAX as usize;

/// Longest numeral that [`CFile::read_numeral`] takes, in bytes.
const MAX_NUMERAL: usize = 200;

/// First and smallest piece when the size of what is to be read is unknown, in bytes.
const PIECE: usize = 64 << 10;

// ---- opening ---------------------------------------------------------------------------------------------------
impl CFile {
    /// Opens a file as C's `fopen`. The caller has checked the mode.
    pub fn open(name: &CText, mode: &CText) -> Result<CFile, Errno> {
        set_errno(0);
        // SAFETY: both are texts that end in NUL.
        CFile::new(unsafe { libc::fopen(name.pointer(), mode.pointer()) }, Kind::File)
    }

    /// Starts a command with the shell and opens a pipe: from it, or `to` it.
    ///
    /// Output that waits in streams is passed on first, so that it precedes the command's. While several threads
    /// run, that holds for standard output and error only, and not for one that a thread is using right now:
    /// waiting for all streams would wait for a thread that reads from a terminal.
    pub fn popen(command: &CText, to: bool) -> Result<CFile, Errno> {
        if threaded() {
            flush_free_standard_streams();
        } else {
            // SAFETY: null means all streams.
            unsafe { libc::fflush(null_mut()) };
        }
        set_errno(0);
        let mode = if to { c"w" } else { c"r" };
        // SAFETY: both are texts that end in NUL.
        CFile::new(unsafe { libc::popen(command.pointer(), mode.as_ptr()) }, Kind::Pipe)
    }

    /// A temporary file without a name, open for update, that vanishes when closed.
    pub fn temporary() -> Result<CFile, Errno> {
        set_errno(0);
        // SAFETY: no arguments.
        CFile::new(unsafe { libc::tmpfile() }, Kind::File)
    }

    /// Standard input; closing or dropping it leaves it open.
    pub fn standard_input() -> CFile {
        // SAFETY: the C library sets it before `main` and nobody here assigns it.
        CFile::from_raw(unsafe { stdin }, Kind::Standard)
    }

    /// Standard output; closing or dropping it leaves it open.
    pub fn standard_output() -> CFile {
        CFile::from_raw(standard_output(), Kind::Standard)
    }

    /// Standard error; closing or dropping it leaves it open.
    pub fn standard_error() -> CFile {
        CFile::from_raw(standard_error(), Kind::Standard)
    }

    fn new(file: *mut FILE, kind: Kind) -> Result<CFile, Errno> {
        if file.is_null() { Err(Errno::last()) } else { Ok(CFile::from_raw(file, kind)) }
    }

    fn from_raw(file: *mut FILE, kind: Kind) -> CFile {
        CFile { file: AtomicPtr::new(file), users: RwLock::new(()), kind }
    }
}

// ---- the life of a stream --------------------------------------------------------------------------------------
impl CFile {
    /// Whether the stream is open; another thread may close it right after.
    pub fn is_open(&self) -> bool {
        !self.file.load(Relaxed).is_null()
    }

    /// The address of the C stream, for display only; 0 when closed.
    pub fn address(&self) -> usize {
        self.file.load(Relaxed) as usize
    }

    /// Closes the stream, after waiting for its users; for a pipe, waits until the command has ended.
    pub fn close(&self) -> Closed {
        if self.kind == Kind::Standard {
            return Closed::Kept;
        }
        let file = {
            let _alone = threaded().then(|| self.users.write());
            let file = self.file.load(Relaxed);
            self.file.store(null_mut(), Relaxed);
            file
        };
        if file.is_null() {
            return Closed::Already;
        }
        set_errno(0);
        if self.kind == Kind::Pipe {
            // SAFETY: the pointer was taken out above while nobody used it, so this is its last use.
            match unsafe { libc::pclose(file) } {
                -1 => Closed::Failed(Errno::last()),
                status => Closed::Ended(Exit::from_status(status)),
            }
        } else {
            // SAFETY: as above.
            match unsafe { libc::fclose(file) } {
                0 => Closed::Done,
                _ => Closed::Failed(Errno::last()),
            }
        }
    }

    /// Runs `f` on the stream with both locks held, so that `f` may use the stream and nobody else does.
    fn with<R>(&self, f: impl FnOnce(&Held) -> R) -> Option<R> {
        let (_use, file) = self.enter()?;
        let held = Held::new(file);
        Some(f(&held))
    }

    /// The pointer, and what keeps it valid: the guard once threads exist, and before that the lack of other threads
    /// together with the fact that no code between here and the caller's last use can close the stream.
    #[inline(always)]
    fn enter(&self) -> Option<(Option<RwLockReadGuard<'_, ()>>, *mut FILE)> {
        let guard = threaded().then(|| self.users.read());
        let file = self.file.load(Relaxed);
        if file.is_null() { None } else { Some((guard, file)) }
    }
}

impl Drop for CFile {
    fn drop(&mut self) {
        self.close();
    }
}

/// An open stream, locked for this thread by the C library until dropped.
struct Held(*mut FILE);

impl Held {
    #[inline(always)]
    fn new(file: *mut FILE) -> Held {
        // SAFETY: the caller got `file` from `enter` and keeps the guard longer than this value.
        unsafe { flockfile(file) };
        Held(file)
    }

    /// Forgets an earlier end of file or error, when `fresh`.
    #[inline(always)]
    fn begin(&self, fresh: bool) {
        if fresh {
            // SAFETY: the stream is open, see `new`.
            unsafe { libc::clearerr(self.0) }
        }
        set_errno(0);
    }

    /// `Err` when an error is marked on the stream, else `Ok(value)`.
    #[inline(always)]
    fn end<T>(&self, value: T) -> Result<T, Errno> {
        // SAFETY: the stream is open, see `new`.
        if unsafe { libc::ferror(self.0) } != 0 { Err(Errno::last()) } else { Ok(value) }
    }
}

impl Drop for Held {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: locked in `new`, and still open.
        unsafe { funlockfile(self.0) }
    }
}

// ---- reading ---------------------------------------------------------------------------------------------------
// All of these take `fresh` (forget an earlier end of file or error first: true for the first piece that a call of
// `read` takes) and, but for `at_end`, replace what is in the buffer.
impl CFile {
    /// Reads a line, with its newline when `keep`. `Ok(false)` at the end of the file.
    pub fn read_line(&self, fresh: bool, keep: bool, into: &mut Buffer) -> Used<bool> {
        self.with(|f| {
            f.begin(fresh);
            // SAFETY: the stream is open; pointer and capacity are those of a block of malloc, or null and 0.
            let n = unsafe { libc::getline(&mut into.data, &mut into.capacity, f.0) };
            into.len = usize::try_from(n).unwrap_or(0);
            f.end(())?;
            if n < 0 {
                // SAFETY: the stream is open.
                return if unsafe { libc::feof(f.0) } != 0 { Ok(false) } else { Err(Errno::last_or(Errno::NO_MEMORY)) };
            }
            if !keep && into.bytes().last() == Some(&b'\n') {
                into.len -= 1;
            }
            Ok(true)
        })
    }

    /// Reads up to `count` bytes. `Ok(false)` when there is none left.
    pub fn read_bytes(&self, fresh: bool, count: usize, into: &mut Buffer) -> Used<bool> {
        self.with(|f| {
            f.begin(fresh);
            into.len = 0;
            let mut piece = count.min(16 * PIECE);
            while into.len < count {
                if into.fill(f, piece)? < piece {
                    break;
                }
                piece = (count - into.len).min(into.next_piece());
            }
            f.end(into.len > 0)
        })
    }

    /// Reads the rest of the file; `Ok` also when nothing is left.
    pub fn read_all(&self, fresh: bool, into: &mut Buffer) -> Used<bool> {
        self.with(|f| {
            f.begin(fresh);
            into.len = 0;
            // One more than what is left, so that the first piece already meets the end.
            let mut piece = rest_of(f).map_or(PIECE, |n| n.saturating_add(1).clamp(256, MAX_READ));
            while into.fill(f, piece)? == piece {
                piece = into.next_piece();
            }
            f.end(true)
        })
    }

    /// Reads the longest prefix that may begin a numeral, spaces before it skipped; the decimal point of the locale
    /// becomes a dot. The text need not be a numeral; it is empty when it would exceed 200 bytes.
    pub fn read_numeral(&self, fresh: bool, into: &mut Buffer) -> Used<bool> {
        self.with(|f| {
            f.begin(fresh);
            into.len = 0;
            let mut text = Numeral { file: f, ahead: 0, text: [0; MAX_NUMERAL], len: 0, full: false };
            text.scan();
            if !text.full && !into.append(&text.text[..text.len]) {
                return Err(Errno::NO_MEMORY);
            }
            f.end(true)
        })
    }

    /// Whether a byte is left to read.
    pub fn has_more(&self, fresh: bool) -> Used<bool> {
        self.with(|f| {
            f.begin(fresh);
            let next = f.get();
            f.unget(next);
            f.end(next != libc::EOF)
        })
    }
}

impl Held {
    /// The next byte, or `EOF`.
    #[inline(always)]
    fn get(&self) -> c_int {
        // SAFETY: open and locked by this thread, see `new`.
        unsafe { getc_unlocked(self.0) }
    }

    /// Puts back what `get` returned last.
    fn unget(&self, c: c_int) {
        // SAFETY: open; one byte of pushback is guaranteed, and `EOF` is ignored.
        unsafe { libc::ungetc(c, self.0) };
    }
}

/// Bytes between the position and the end of a regular file.
fn rest_of(f: &Held) -> Option<usize> {
    // SAFETY: zeros are a valid `stat`; the stream is open; `fstat` fills what it is given.
    let size = unsafe {
        let mut stat: libc::stat = core::mem::zeroed();
        if libc::fstat(libc::fileno(f.0), &mut stat) != 0 || stat.st_mode & libc::S_IFMT != libc::S_IFREG {
            return None;
        }
        stat.st_size
    };
    // SAFETY: the stream is open.
    let position = unsafe { libc::ftello(f.0) };
    if position < 0 {
        return None;
    }
    // A size of 0 says nothing in /proc and the like.
    usize::try_from(size - position).ok().filter(|_| size > 0)
}

/// The scanner of [`CFile::read_numeral`]: one byte of look-ahead.
struct Numeral<'a> {
    file: &'a Held,
    ahead: c_int,
    text: [u8; MAX_NUMERAL],
    len: usize,
    full: bool,
}

impl Numeral<'_> {
    fn scan(&mut self) {
        self.ahead = self.file.get();
        while u8::try_from(self.ahead).is_ok_and(|c| c.is_ascii_whitespace() || c == 0x0b) {
            self.ahead = self.file.get();
        }
        self.take(|c| c == b'-' || c == b'+');
        let mut hex = false;
        let mut digits = 0;
        if self.take(|c| c == b'0') {
            hex = self.take(|c| c == b'x' || c == b'X');
            digits = usize::from(!hex);
        }
        digits += self.take_digits(hex);
        let point = locale::decimal_point();
        if self.take(|c| c == b'.' || c == point && point != 0) {
            self.text[self.len - 1] = b'.';
            digits += self.take_digits(hex);
        }
        let mark = if hex { b'p' } else { b'e' };
        if digits > 0 && self.take(|c| c.to_ascii_lowercase() == mark) {
            self.take(|c| c == b'-' || c == b'+');
            self.take_digits(false);
        }
        self.file.unget(self.ahead);
    }

    /// Takes the next byte if it is wanted and there is room.
    fn take(&mut self, wanted: impl FnOnce(u8) -> bool) -> bool {
        let Ok(c) = u8::try_from(self.ahead) else {
            return false;
        };
        if self.full || !wanted(c) {
            return false;
        }
        if self.len == MAX_NUMERAL {
            self.full = true;
            return false;
        }
        self.text[self.len] = c;
        self.len += 1;
        self.ahead = self.file.get();
        true
    }

    fn take_digits(&mut self, hex: bool) -> usize {
        let mut n = 0;
        while self.take(|c| if hex { c.is_ascii_hexdigit() } else { c.is_ascii_digit() }) {
            n += 1;
        }
        n
    }
}

// ---- writing and the rest --------------------------------------------------------------------------------------
impl CFile {
    /// Writes all the bytes.
    pub fn write(&self, bytes: &[u8]) -> Used<()> {
        let (_use, file) = self.enter()?;
        set_errno(0);
        // SAFETY: open; `fwrite` takes the stream's own lock.
        let written = unsafe { libc::fwrite(bytes.as_ptr().cast(), 1, bytes.len(), file) };
        Some(if written == bytes.len() { Ok(()) } else { Err(Errno::last()) })
    }

    /// Starts several writes that appear contiguous: the stream is locked until the writer is dropped. Only for code
    /// that does nothing else meanwhile that may wait.
    pub fn writer(&self) -> Option<Writer<'_>> {
        let (guard, file) = self.enter()?;
        let held = Held::new(file);
        set_errno(0);
        Some(Writer { held, failure: None, _use: guard })
    }

    /// Passes on what was written.
    pub fn flush(&self) -> Used<()> {
        let (_use, file) = self.enter()?;
        set_errno(0);
        // SAFETY: open.
        Some(if unsafe { libc::fflush(file) } == 0 { Ok(()) } else { Err(Errno::last()) })
    }

    /// Moves the position; the new one, in bytes from the start.
    pub fn seek(&self, origin: Origin, offset: i64) -> Used<i64> {
        let origin = match origin {
            Origin::Start => libc::SEEK_SET,
            Origin::Current => libc::SEEK_CUR,
            Origin::End => libc::SEEK_END,
        };
        self.with(|f| {
            set_errno(0);
            // SAFETY: open.
            if unsafe { libc::fseeko(f.0, offset, origin) } != 0 {
                return Err(Errno::last());
            }
            // SAFETY: open.
            Ok(unsafe { libc::ftello(f.0) })
        })
    }

    /// Chooses when writes are passed on. The C library may take `size` (bytes of buffer) as advice.
    pub fn set_buffering(&self, mode: Buffering, size: usize) -> Used<()> {
        let mode = match mode {
            Buffering::No => libc::_IONBF,
            Buffering::Full => libc::_IOFBF,
            Buffering::Line => libc::_IOLBF,
        };
        let (_use, file) = self.enter()?;
        set_errno(0);
        // SAFETY: open; a null buffer is allocated by the C library.
        Some(if unsafe { libc::setvbuf(file, null_mut(), mode, size) } == 0 { Ok(()) } else { Err(Errno::last()) })
    }
}

/// Several writes to one stream; see [`CFile::writer`].
pub struct Writer<'a> {
    // Dropped first: the guard keeps the stream alive.
    held: Held,
    failure: Option<Errno>,
    _use: Option<RwLockReadGuard<'a, ()>>,
}

impl Writer<'_> {
    /// Writes all the bytes; a failure is told by `finish`.
    pub fn write(&mut self, bytes: &[u8]) {
        // SAFETY: open and locked by this thread.
        let written = unsafe { libc::fwrite(bytes.as_ptr().cast(), 1, bytes.len(), self.held.0) };
        if written != bytes.len() {
            self.failure = Some(Errno::last());
        }
    }

    /// Ends the writes: the last failure, if any.
    pub fn finish(self) -> Result<(), Errno> {
        self.failure.map_or(Ok(()), Err)
    }
}

/// Writes to the C library's standard output, all bytes under one lock; failures are ignored.
pub fn write_stdout(bytes: &[u8]) {
    // SAFETY: standard streams are open for the life of the process.
    unsafe { libc::fwrite(bytes.as_ptr().cast(), 1, bytes.len(), standard_output()) };
}

/// Passes on what was written to standard output.
pub fn flush_stdout() {
    // SAFETY: as in `write_stdout`.
    unsafe { libc::fflush(standard_output()) };
}

/// Passes on what was written to standard output and error, but for one that another thread is using right now.
pub fn flush_free_standard_streams() {
    for stream in [standard_output(), standard_error()] {
        // SAFETY: standard streams are open for the life of the process; unlocked only when locked here.
        unsafe {
            if ftrylockfile(stream) == 0 {
                libc::fflush(stream);
                funlockfile(stream);
            }
        }
    }
}

/// Writes to the C library's standard error, all bytes under one lock, and passes them on.
pub fn write_stderr(bytes: &[u8]) {
    // SAFETY: as in `write_stdout`.
    unsafe {
        libc::fwrite(bytes.as_ptr().cast(), 1, bytes.len(), standard_error());
        libc::fflush(standard_error());
    }
}

// ---- numbers as text -------------------------------------------------------------------------------------------

/// The text of a number as `io.write` writes it: C's "%lld" and "%.14g".
pub struct NumberText {
    text: [u8; 48],
    start: usize,
    end: usize,
}

impl NumberText {
    /// Decimal digits.
    pub fn of_int(i: i64) -> NumberText {
        let mut text = [0; 48];
        let mut start = text.len();
        let mut rest = i.unsigned_abs();
        loop {
            start -= 1;
            text[start] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if i < 0 {
            start -= 1;
            text[start] = b'-';
        }
        NumberText { end: text.len(), text, start }
    }

    /// 14 significant digits, without ".0" for integral values.
    pub fn of_float(f: f64) -> NumberText {
        let mut text = [0u8; 48];
        // SAFETY: the buffer has the length that is given; the format takes one double.
        let n = unsafe { libc::snprintf(text.as_mut_ptr().cast(), text.len(), c"%.14g".as_ptr(), f) };
        NumberText { end: usize::try_from(n).unwrap_or(0).min(text.len() - 1), text, start: 0 }
    }

    /// The text.
    pub fn bytes(&self) -> &[u8] {
        &self.text[self.start..self.end]
    }
}

// ---- the buffer ------------------------------------------------------------------------------------------------

/// Bytes on their way between a stream and Lua. Each OS thread keeps one for reuse ([`Buffer::take`]); it lies in a
/// block of malloc, since `getline` grows it.
pub struct Buffer {
    data: *mut c_char,
    capacity: usize,
    len: usize,
}

/// The largest block that is kept for reuse, in bytes.
const KEPT: usize = 1 << 20;

thread_local! {
    static SPARE: Cell<Option<Spare>> = const { Cell::new(None) };
}

/// A block of malloc that waits for reuse.
struct Spare {
    data: *mut c_char,
    capacity: usize,
}

impl Drop for Spare {
    fn drop(&mut self) {
        // SAFETY: a block of malloc that belongs to this value alone.
        unsafe { libc::free(self.data.cast::<c_void>()) }
    }
}

impl Buffer {
    /// An empty buffer, with the memory of the last one that this OS thread dropped.
    pub fn take() -> Buffer {
        match SPARE.try_with(Cell::take).ok().flatten() {
            Some(spare) => {
                let spare = core::mem::ManuallyDrop::new(spare);
                Buffer { data: spare.data, capacity: spare.capacity, len: 0 }
            }
            None => Buffer { data: null_mut(), capacity: 0, len: 0 },
        }
    }

    /// The content.
    pub fn bytes(&self) -> &[u8] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: the first `len` bytes of the block are written.
        unsafe { core::slice::from_raw_parts(self.data.cast::<u8>(), self.len) }
    }

    /// Adds bytes at the end; false when memory is short.
    #[must_use]
    pub fn append(&mut self, bytes: &[u8]) -> bool {
        if !self.reserve(bytes.len()) {
            return false;
        }
        // SAFETY: `reserve` made room behind `len`, and a block of ours does not overlap a slice from elsewhere.
        unsafe { self.data.cast::<u8>().add(self.len).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        self.len += bytes.len();
        true
    }

    /// Makes room for `more` bytes behind the content; false when memory is short.
    fn reserve(&mut self, more: usize) -> bool {
        let Some(need) = self.len.checked_add(more) else {
            return false;
        };
        need <= self.capacity || self.reserve_slow(need)
    }

    #[cold]
    fn reserve_slow(&mut self, need: usize) -> bool {
        let capacity = need.max(256).max(self.capacity.saturating_add(self.capacity / 2));
        // SAFETY: null or a block of malloc that belongs to this buffer.
        let data = unsafe { libc::realloc(self.data.cast::<c_void>(), capacity) };
        if data.is_null() {
            return false;
        }
        self.data = data.cast();
        self.capacity = capacity;
        true
    }

    /// How much to read next: as much as there is, but no more than proves the content too long.
    fn next_piece(&self) -> usize {
        self.len.max(PIECE).min((MAX_READ + 1).saturating_sub(self.len)).max(1)
    }

    /// Reads up to `count` (at least 1) bytes behind the content; how many came.
    fn fill(&mut self, f: &Held, count: usize) -> Result<usize, Errno> {
        if self.len > MAX_READ {
            return Err(Errno::TOO_LONG);
        }
        if !self.reserve(count) {
            return Err(Errno::NO_MEMORY);
        }
        // SAFETY: there is room for `count` bytes behind `len`; the stream is open.
        let n = unsafe { libc::fread(self.data.add(self.len).cast(), 1, count, f.0) };
        self.len += n;
        Ok(n)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if !self.data.is_null() {
            let spare = Spare { data: self.data, capacity: self.capacity };
            if spare.capacity <= KEPT {
                // A failure (the OS thread is ending) drops it.
                let _ = SPARE.try_with(|cell| cell.set(Some(spare)));
            }
        }
    }
}

// ---- texts and error numbers -----------------------------------------------------------------------------------

/// A text as C functions take it: up to the first NUL of the bytes it was made of.
pub struct CText(Vec<u8>);

impl CText {
    /// A copy of the bytes before the first NUL; `None` when memory is short.
    pub fn new(bytes: &[u8]) -> Option<CText> {
        let len = bytes.iter().position(|&c| c == 0).unwrap_or(bytes.len());
        let mut text = Vec::new();
        text.try_reserve_exact(len + 1).ok()?;
        text.extend_from_slice(&bytes[..len]);
        text.push(0);
        Some(CText(text))
    }

    /// The text without its NUL.
    pub fn bytes(&self) -> &[u8] {
        &self.0[..self.0.len() - 1]
    }

    /// The address of the first byte; a NUL ends the text.
    pub(super) fn pointer(&self) -> *const c_char {
        self.0.as_ptr().cast()
    }
}

impl Exit {
    /// From what `system` and `pclose` return.
    pub(super) fn from_status(status: c_int) -> Exit {
        if libc::WIFEXITED(status) {
            Exit::Code(libc::WEXITSTATUS(status))
        } else if libc::WIFSIGNALED(status) {
            Exit::Signal(libc::WTERMSIG(status))
        } else {
            Exit::Code(status)
        }
    }
}

/// An error number of the C library; 0 when a function failed without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub i32);

impl Errno {
    /// Memory is short.
    pub const NO_MEMORY: Errno = Errno(libc::ENOMEM);
    /// The text read is longer than a string may be.
    pub const TOO_LONG: Errno = Errno(libc::EOVERFLOW);

    /// The number that the last C function of this OS thread left.
    pub(super) fn last() -> Errno {
        Errno(std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
    }

    fn last_or(other: Errno) -> Errno {
        match Errno::last() {
            Errno(0) => other,
            e => e,
        }
    }

    /// The C library's text for it.
    pub fn message(self) -> Vec<u8> {
        if self.0 == 0 {
            return b"(no extra info)".to_vec();
        }
        let mut text = [0u8; 256];
        // SAFETY: the buffer has the length that is given, and gets a text that ends in NUL.
        unsafe { libc::strerror_r(self.0, text.as_mut_ptr().cast(), text.len()) };
        let len = text.iter().position(|&c| c == 0).unwrap_or(text.len());
        text[..len].to_vec()
    }
}

/// Sets the error number of this OS thread, so that a failure without one can be told.
#[inline(always)]
pub(super) fn set_errno(number: c_int) {
    // SAFETY: the address of this OS thread's variable.
    #[cfg(target_os = "linux")]
    unsafe {
        *libc::__errno_location() = number;
    }
    // SAFETY: as above.
    #[cfg(target_os = "macos")]
    unsafe {
        *libc::__error() = number;
    }
}

fn standard_output() -> *mut FILE {
    // SAFETY: the C library sets it before `main` and nobody here assigns it.
    unsafe { stdout }
}

fn standard_error() -> *mut FILE {
    // SAFETY: as above.
    unsafe { stderr }
}

// What libc leaves undeclared. All follow POSIX.
unsafe extern "C" {
    #[cfg_attr(target_os = "macos", link_name = "__stdinp")]
    static mut stdin: *mut FILE;
    #[cfg_attr(target_os = "macos", link_name = "__stdoutp")]
    static mut stdout: *mut FILE;
    #[cfg_attr(target_os = "macos", link_name = "__stderrp")]
    static mut stderr: *mut FILE;
    fn flockfile(file: *mut FILE);
    fn ftrylockfile(file: *mut FILE) -> c_int;
    fn funlockfile(file: *mut FILE);
    fn getc_unlocked(file: *mut FILE) -> c_int;
}
