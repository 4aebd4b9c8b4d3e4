//! Foreign functions behind safe ones (contract 6): C stdio, number formatting, time, locale, environment.

pub mod cenv;
pub mod cformat;
pub mod ctime;
pub mod locale;
pub mod signal;
pub mod stdio;
