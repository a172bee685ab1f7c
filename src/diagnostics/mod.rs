//! Load, agreement and collapse: pure functions of plain numbers, and the probe that feeds them from the device.
//!
//! Each measure is one file with its formula, its chance level and tests computed by hand.

pub mod agreement;
pub mod collapse;
pub mod load;
mod probe;
pub mod router;

pub use probe::{LayerNumbers, layer_numbers, layer_probe, numbers_len};
