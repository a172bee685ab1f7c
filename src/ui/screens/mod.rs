//! The screens: which panels a screen has, and where they lie.
//!
//! - `screen` is the one value that the window draws: the mode, what is looked at, and the bands around every screen.
//! - `train` is the middle of a run that trains, `board` its picture of the layer over the tiles; `inspect` the middle that
//!   tells of its experts, `inspected` that of a checkpoint beside it, `learn` the one with large maps of points.
//! - `growing` lets a tile grow over the others, `tabs` chooses one where there is room for one.
//! - [`layout`] cuts the window into areas that never overlap. Pure.

mod board;
mod compare;
mod growing;
mod inspect;
pub(crate) mod inspected;
pub mod layout;
mod learn;
pub(crate) mod screen;
mod tabs;
mod train;
