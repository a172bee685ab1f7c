//! Tests of which files a checkpoint is, and of what is said of files that are none.

mod damaged;
mod folders;
mod gguf;
mod headers;
pub(in crate::inspect) mod made;
mod strangers;

use std::path::Path;

use crate::inspect::{EntryFault, InspectError, StoredFault, StoredFiles};

/// Why a path cannot be opened.
fn refused(path: &Path) -> InspectError {
    let opened = StoredFiles::open(path);
    let error = opened.err().unwrap_or_else(|| panic!("{} was opened", path.display()));
    // Whatever is wrong, it is told in one line that says what to do.
    let told = error.to_string();
    assert!(!told.contains('\n') && told.len() > 30, "{told}");
    error
}

/// What is wrong with the file at a path.
fn wrong(path: &Path) -> StoredFault {
    match refused(path) {
        InspectError::File { path: named, fault } => {
            assert_eq!(named, path);
            fault
        }
        other => panic!("{other}"),
    }
}

/// What is wrong with a tensor of the file at a path.
fn wrong_entry(path: &Path) -> (String, EntryFault) {
    match wrong(path) {
        StoredFault::Entry { name, fault } => (name, fault),
        other => panic!("{other}"),
    }
}
