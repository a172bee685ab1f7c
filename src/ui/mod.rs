//! The window: reads snapshots, sends commands, owns nothing but how things are looked at.
//!
//! Layers, each of which may use only those above it in this list:
//!
//! - [`kit`]: theme, fonts, icons, buttons, number fields, plots: pieces that know neither a run nor any words.
//! - [`words`]: what is said in the window: entries of the table of words, and how numbers are put into them.
//! - [`view`]: what is looked at, what is computed from a snapshot to show it, what a frame wants done. No drawing.
//! - [`panels`]: one question about the run each, drawn as a function of a snapshot.
//! - [`screens`]: which panels, and where.
//! - [`shell`]: the application around a screen: keys, files, dialogs, clipboard, closing.

pub mod kit;
pub mod words;

pub mod view;

pub mod panels;

pub mod screens;

pub mod shell;

pub use shell::{App, WindowOptions, close, open};
