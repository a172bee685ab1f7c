//! Locating a text: which one is missing or another, and what becomes of the one that is given.

use std::path::Path;

use crate::domain::quote;
use crate::words::constants::texts;
use crate::words::table::sentences;

texts! { "locate":
    /// The panel, and the system's dialog behind it.
    pub TITLE;
    /// What becomes of the file.
    pub ABOUT;
    /// Gives the file that is typed.
    pub USE;
    /// What that does.
    pub ABOUT_USE;
    /// Takes other bytes knowingly.
    pub USE_OTHER;
    /// Puts the panel away, by name.
    pub CANCEL_NAMED;
    /// The way out of trouble that shows the panel.
    pub WAY;
    /// The system's dialog.
    pub DIALOG;
}

sentences! { "locate":
    /// What taking the other text does.
    pub fn about_other(other: &Path) { other = quote::path(other) };
}
