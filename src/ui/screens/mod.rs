//! The screens: which panels a screen has, and where they lie.
//!
//! - `train` is the screen of a run that trains; `board` its middle, a picture of the layer over the tiles.
//! - [`layout`] cuts the window into areas that never overlap. Pure.

mod board;
pub mod layout;
pub(crate) mod train;
