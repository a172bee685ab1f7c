//! The operations that deserve a name: stable forms, exact gradients, the same on every device.
//!
//! Everything here is written in stock tensor operations that stay on the device; none reads back, and
//! no shape depends on values. Letters are those of [`crate::model`].

mod activation;
mod choose;
mod cross_entropy;
mod norm;

pub use activation::{gelu, softplus};
pub use choose::{first_choice, one_hot, top_k_mask};
pub use cross_entropy::cross_entropy;
pub use norm::{rms_norm, unit_length};
