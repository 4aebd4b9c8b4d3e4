//! The differential fuzzer: generated programs run on luas and on the reference implementation, and every difference
//! in what they print is a finding. See README.md in this folder.
#![forbid(unsafe_code)]

pub mod random;
pub mod generator;
pub mod mutate;
pub mod worker;
pub mod known;
pub mod campaign;
pub mod minimise;
pub mod quality;
