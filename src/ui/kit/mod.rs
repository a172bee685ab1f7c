//! The kit: pieces every part of the window is drawn with, which know neither a run nor any words of the window.
//!
//! - [`theme`] is the one table of colours and sizes; [`fonts`], [`icons`] and [`paint`] draw with it, [`bitmap`] a square of cells.
//! - [`press`] is a button, [`slider`] a slider, [`entry`] a number that can be typed or dragged; what is said of a number
//!   that was refused is handed in.
//! - [`plots`] draws curves over steps, [`numbers`] says how numbers are written, [`paths`] what a typed path means.
//! - [`export`] writes a table, pixels or shapes as a file.

pub mod bitmap;
pub mod entry;
pub mod export;
pub mod fonts;
pub mod icons;
pub mod numbers;
pub mod paint;
pub mod paths;
pub mod plots;
pub mod press;
pub mod slider;
pub mod theme;
