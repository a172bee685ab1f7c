//! Hidden controls, kept in a file of the state folder for the next window.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::ids::ControlId;
use crate::store::atomic_file::AtomicFile;

/// Most bytes of the file that are read.
const LIMIT: u64 = 1 << 14;

/// The controls that are hidden, as the file has them; none if there is no such file, or not one that can be read. Names that no
/// control has are left out.
pub(crate) fn hidden_controls(file: &Path) -> Vec<ControlId> {
    let mut text = Vec::new();
    let read = File::open(file).and_then(|file| file.take(LIMIT).read_to_end(&mut text));
    let names: Vec<String> = read.ok().and_then(|_| serde_json::from_slice(&text).ok()).unwrap_or_default();
    names.iter().filter_map(|name| ControlId::of(name)).collect()
}

/// Keeps the controls that are hidden. Makes the folder of the file.
///
/// # Errors
/// What the file system says; then the file is as it was.
pub(crate) fn remember_hidden(file: &Path, hidden: &[ControlId]) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let names: Vec<String> = hidden.iter().map(ToString::to_string).collect();
    AtomicFile::write(file, &serde_json::to_vec(&names)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_hidden_is_hidden_again_and_a_name_that_is_gone_costs_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state/hidden-controls.json");
        assert_eq!(hidden_controls(&file), []);
        let hidden: Vec<ControlId> = ["noise", "top-k"].into_iter().filter_map(ControlId::of).collect();
        remember_hidden(&file, &hidden).unwrap();
        assert_eq!(hidden_controls(&file), hidden);
        fs::write(&file, "[\"noise\", \"volume\", \"top-k\"]").unwrap();
        assert_eq!(hidden_controls(&file), hidden);
        fs::write(&file, "{\"noise\"").unwrap();
        assert_eq!(hidden_controls(&file), []);
    }
}
