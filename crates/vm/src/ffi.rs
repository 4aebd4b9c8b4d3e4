//! Foreign functions behind safe ones (contract 6): C stdio, number formatting, time, environment.

pub mod cenv;
pub mod cformat;
pub mod collate;
pub mod ctime;
pub mod signal;
pub mod stdio;
