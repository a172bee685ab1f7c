//! The kit: pieces every part of the window is drawn with, which know neither a run nor any words of the window.
//!
//! - [`theme`] is the one table of colours and sizes; `fonts`, `icons` and `paint` draw with it, `bitmap` a square of cells.
//! - `press` is a button, `switch` several of which one holds, `slider` a slider, [`entry`] a number that can be typed or dragged; what is said of a number
//!   that was refused is handed in.
//! - `plots` draws curves over steps, [`numbers`] says how numbers are written, `paths` what a typed path means.
//! - [`export`] writes a table, pixels or shapes as a file.

pub(crate) mod bitmap;
pub mod entry;
pub mod export;
pub(crate) mod fonts;
pub(crate) mod icons;
pub mod numbers;
pub(crate) mod paint;
pub(crate) mod paths;
pub(crate) mod plots;
pub(crate) mod press;
pub(crate) mod slider;
pub(crate) mod switch;
pub mod theme;
