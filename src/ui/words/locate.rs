//! Locating a text: which one is missing or another, and what becomes of the one that is given.

use std::path::Path;

use crate::domain::quote;
use crate::words::constants::texts;
use crate::words::table::sentences;

texts! { "locate":
    /// The panel, and the system's dialog behind it.
    pub(crate) TITLE;
    /// What becomes of the file.
    pub(crate) ABOUT;
    /// Gives the file that is typed.
    pub(crate) USE;
    /// What that does.
    pub(crate) ABOUT_USE;
    /// Takes other bytes knowingly.
    pub(crate) USE_OTHER;
    /// Puts the panel away, by name.
    pub(crate) CANCEL_NAMED;
    /// The way out of trouble that shows the panel.
    pub(crate) WAY;
    /// The system's dialog.
    pub(crate) DIALOG;
}

sentences! { "locate":
    /// What taking the other text does.
    pub(crate) fn about_other(other: &Path) { other = quote::path(other) };
}
