//! Plain values and pure functions: what a run is, who its experts are, what was measured. No tensors, threads or windows.

pub mod arithmetic;
pub mod config;
pub mod digits;
pub mod draw;
pub mod file_kind;
pub mod interventions;
pub mod language;
pub mod measures;
pub(crate) mod position;
pub(crate) mod product;
pub mod quote;
pub mod readings;
pub mod roster;
pub mod schedule;
pub mod state;
