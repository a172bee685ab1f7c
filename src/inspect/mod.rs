//! Inspection.
pub mod forward;
pub mod scoring;
