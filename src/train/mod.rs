//! Training: one step, its optimizer, and the surgery that changes the experts.

mod state;

pub use state::{Array, Progress, State};
