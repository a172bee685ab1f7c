//! Files that the program keeps for itself in the user's state folder: its log, the window's settings, recent files, passed checks.

use std::path::PathBuf;

/// The file `name` in the program's part of the user's state folder; `None` if there is no such folder. Nothing is made there.
pub(super) fn state_file(name: &str) -> Option<PathBuf> {
    let folder = dirs::state_dir().or_else(dirs::data_local_dir)?;
    Some(folder.join("moe-arena").join(name))
}
