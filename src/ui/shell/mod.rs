//! The shell around the screens: the application, its window, keys, files, dialogs, clipboard, and how it closes.
//!
//! - [`App`] receives, draws, sends; `questions` stand over it; `keys` and `closing` are what their names say.
//! - `files` opens, saves and takes what is dropped; `locate` finds a missing text; `exports` writes what a tile shows.
//! - `setups` copies and pastes what a run can be done again from; `background` is work on a thread of its own; `dialogs` are the system's; [`clipboard`] copies.

mod actions;
mod app;
mod background;
pub mod clipboard;
mod closing;
mod dialogs;
mod exports;
mod files;
mod inspections;
mod kept_file;
mod kept_hidden;
mod kept_settings;
mod keys;
mod locate;
mod palette;
mod questions;
mod report;
mod setups;
mod window;

pub use app::App;
pub use window::{WindowOptions, close, open};
