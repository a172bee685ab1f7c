//! Mode of a window, and the file in which all windows keep the one that was shown last.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::store::atomic_file::AtomicFile;

/// Most bytes of the file that are read.
const LIMIT: u64 = 1 << 12;

/// What a window shows of its run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WindowMode {
    /// Points in the plane: few controls, large maps of who wins where.
    Learn,
    /// All controls, the layer, four tiles and the selection.
    #[default]
    Train,
    /// The run as it stands: every expert in a table, loads of all layers, similarity of weights.
    Inspect,
    /// Runs of a race side by side.
    Compare,
}

/// What the file holds.
#[derive(Serialize, Deserialize)]
struct Kept {
    mode: WindowMode,
}

/// The mode that was shown last; `None` the first time, or if the file cannot be read.
pub fn last_mode(file: &Path) -> Option<WindowMode> {
    let mut text = Vec::new();
    File::open(file).ok()?.take(LIMIT).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok().map(|kept: Kept| kept.mode)
}

/// Keeps the mode that is shown now, for the next window. Makes the folder of the file.
///
/// # Errors
/// What the file system says; then the file is as it was.
pub(crate) fn remember_mode(file: &Path, mode: WindowMode) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    AtomicFile::write(file, &serde_json::to_vec(&Kept { mode })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_that_was_kept_is_found_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state").join("window.json");
        assert_eq!(last_mode(&file), None, "the first time");
        for mode in [WindowMode::Learn, WindowMode::Inspect, WindowMode::Train] {
            remember_mode(&file, mode).unwrap();
            assert_eq!(last_mode(&file), Some(mode));
        }
        for damaged in ["", "{}", "{\"mode\":\"party\"}", "learn"] {
            fs::write(&file, damaged).unwrap();
            assert_eq!(last_mode(&file), None, "{damaged}");
        }
    }
}
