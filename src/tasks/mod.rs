//! Tasks: what a run learns, as examples with targets; no tensors.

pub mod text;
