//! Locating a text: which one is missing or another, and what becomes of the one that is given.

use std::path::Path;

use crate::domain::quote;

/// The panel, and the system's dialog behind it.
pub const TITLE: &str = "Locate the text";
/// What becomes of the file.
pub const ABOUT: &str = "It is known by its content: any file that holds the same bytes will do, under any name.";
/// Gives the file that is typed.
pub const USE: &str = "Use this text";
/// What that does.
pub const ABOUT_USE: &str = "Read the file and go on if it holds the same bytes";
/// Takes other bytes knowingly.
pub const USE_OTHER: &str = "Use the other text";
/// Puts the panel away, by name.
pub const CANCEL_NAMED: &str = "Cancel locating";
/// The way out of trouble that shows the panel.
pub const WAY: &str = "Locate text…";
/// The system's dialog.
pub const DIALOG: &str = "Choose the text of this run";

/// What taking the other text does.
pub fn about_other(other: &Path) -> String {
    format!(
        "Go on with {} although it holds other bytes; the run is then no longer the same bit for bit",
        quote::path(other)
    )
}
