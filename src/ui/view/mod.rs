//! The view: what is looked at, what is computed from a snapshot to show it, and what a frame wants done.
//!
//! - [`mode`] is which screen is shown.
//! - [`ViewState`] says which layer, which step, which expert; [`Outbox`] takes the commands and requests of a frame.
//! - [`derived`] has the series and shares of the tiles, [`dials`] the knobs as data, [`export`] what tiles hold as tables.

pub mod derived;
pub mod dials;
pub(crate) mod experts;
pub mod export;
pub mod mode;
pub(crate) mod outbox;
pub(crate) mod race;
pub(crate) mod state;

pub use mode::WindowMode;
pub use outbox::Outbox;
pub use state::ViewState;
