//! Time as C counts it: seconds since the epoch, and broken-down dates.
//!
//! Promises: the re-entrant functions only, so any thread may call these. Leaves to others: which fields a date table
//! has, and which conversions `os.date` accepts.

/// A broken-down date, in the fields and counting of C (months and days of the year from 0, years from 1900).
pub struct Date(libc::tm);

/// The fields of a [`Date`] that a program gives to [`Date::from_fields`], in C's counting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    pub year: i32,
    pub month: i32,
    pub day: i32,
    pub hour: i32,
    pub minute: i32,
    pub second: i32,
    /// Daylight saving time: yes (positive), no (0), or unknown (negative).
    pub daylight: i32,
}

/// Longest text that one conversion makes, in bytes.
pub const MAX_CONVERSION: usize = 250;

impl Date {
    /// The date in the local time zone; `None` when the year does not fit an `int`.
    pub fn local(time: i64) -> Option<Date> {
        let mut date = Date::empty();
        // SAFETY: both point to values of the right type that live through the call.
        let r = unsafe { libc::localtime_r(&time, &mut date.0) };
        if r.is_null() { None } else { Some(date) }
    }

    /// The date in universal time; `None` when the year does not fit an `int`.
    pub fn universal(time: i64) -> Option<Date> {
        let mut date = Date::empty();
        // SAFETY: as in `local`.
        let r = unsafe { libc::gmtime_r(&time, &mut date.0) };
        if r.is_null() { None } else { Some(date) }
    }

    /// A date as given, fields out of their usual ranges included; see [`Date::normalize`].
    pub fn from_fields(fields: Fields) -> Date {
        let mut date = Date::empty();
        date.0.tm_year = fields.year;
        date.0.tm_mon = fields.month;
        date.0.tm_mday = fields.day;
        date.0.tm_hour = fields.hour;
        date.0.tm_min = fields.minute;
        date.0.tm_sec = fields.second;
        date.0.tm_isdst = fields.daylight;
        date
    }

    /// Brings all fields into their ranges, taking them as local time; the time, or `None` when it cannot be
    /// represented (or is one second before the epoch, which C cannot tell from that).
    pub fn normalize(&mut self) -> Option<i64> {
        // SAFETY: points to a valid `tm`.
        let time = unsafe { libc::mktime(&mut self.0) };
        if time == -1 { None } else { Some(time) }
    }

    /// The fields.
    pub fn fields(&self) -> Fields {
        Fields {
            year: self.0.tm_year,
            month: self.0.tm_mon,
            day: self.0.tm_mday,
            hour: self.0.tm_hour,
            minute: self.0.tm_min,
            second: self.0.tm_sec,
            daylight: self.0.tm_isdst,
        }
    }

    /// Days since January 1.
    pub fn day_of_year(&self) -> i32 {
        self.0.tm_yday
    }

    /// Days since Sunday.
    pub fn day_of_week(&self) -> i32 {
        self.0.tm_wday
    }

    /// Writes one conversion of C's `strftime` (`specifier` is what follows the percent sign: one or two bytes),
    /// in the locale in force; how many bytes were written, 0 when the text is empty or would not fit.
    pub fn format(&self, specifier: &[u8], into: &mut [u8; MAX_CONVERSION]) -> usize {
        let mut format = [0u8; 4];
        format[0] = b'%';
        let n = specifier.len().min(2);
        format[1..=n].copy_from_slice(&specifier[..n]);
        // SAFETY: the buffer has the length that is given; the format ends in NUL; the date is a valid `tm` whose
        // zone name, if any, is a text that the C library keeps.
        unsafe { libc::strftime(into.as_mut_ptr().cast(), into.len(), format.as_ptr().cast(), &self.0) }
    }

    fn empty() -> Date {
        // SAFETY: zeros are a valid `tm`, with a null zone name.
        Date(unsafe { core::mem::zeroed() })
    }
}

/// Now, in seconds since the epoch.
pub fn now() -> i64 {
    // SAFETY: null asks for the result only.
    unsafe { libc::time(core::ptr::null_mut()) }
}

/// Seconds of processor time that the process has used, all its threads together.
pub fn processor_seconds() -> f64 {
    // SAFETY: no arguments.
    let ticks = unsafe { clock() };
    // POSIX counts millionths.
    ticks as f64 / 1e6
}

// What libc leaves undeclared.
unsafe extern "C" {
    fn clock() -> core::ffi::c_long;
}
