//! The view: what is looked at, what is computed from a snapshot to show it, and what a frame wants done.
//!
//! - `mode` says what a mode of the window is called.
//! - [`ViewState`] says which layer, which step, which expert; [`Outbox`] takes the commands and requests of a frame.
//! - `watched` says what is known of a training of another process.
//! - `spoken` says what a picture shows now in one sentence.
//! - `inspected` is what is looked at of a checkpoint.
//! - [`derived`] has the series and shares of the tiles, [`dials`] the knobs as data, [`export`] what tiles hold as tables.

pub mod derived;
pub mod dials;
pub(crate) mod drawing;
pub(crate) mod experts;
pub mod export;
pub(crate) mod inspected;
mod mode;
pub(crate) mod outbox;
pub(crate) mod phases;
pub(crate) mod race;
pub(crate) mod recent_picture;
pub(crate) mod spoken;
pub(crate) mod state;
pub(crate) mod watched;

pub use outbox::Outbox;
pub use state::ViewState;
