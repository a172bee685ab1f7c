//! Device checks that were passed, kept in a file so that a device is checked once for a driver, a build of the program and a network,
//! not once a start. What failed is not kept: it is tried again each time.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::atomic_file::AtomicFile;

/// Most checks that are kept, the newest.
const MOST: usize = 256;

/// A check that a device passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PassedCheck {
    /// Name of the adapter.
    pub adapter: String,
    /// Its driver, with its version.
    pub driver: String,
    /// Version of the program and its shaders.
    pub build: String,
    /// The network whose sizes were checked; empty for the check that every device gets.
    pub network: String,
}

#[derive(Default, Serialize, Deserialize)]
struct Kept {
    passed: Vec<PassedCheck>,
}

/// Whether `check` was passed, as far as the file at `path` knows. A file that cannot be read knows nothing.
pub(crate) fn is_passed(path: &Path, check: &PassedCheck) -> bool {
    read(path).passed.contains(check)
}

fn read(path: &Path) -> Kept {
    fs::read_to_string(path).ok().and_then(|text| toml::from_str(&text).ok()).unwrap_or_default()
}

/// Adds `check` to the file at `path`. Two programs that write at once may lose one of the two, which is then made again.
///
/// # Errors
/// What the file system says; then the file is as it was.
pub(crate) fn add(path: &Path, check: PassedCheck) -> io::Result<()> {
    let mut kept = read(path);
    kept.passed.retain(|passed| *passed != check);
    kept.passed.push(check);
    let surplus = kept.passed.len().saturating_sub(MOST);
    kept.passed.drain(..surplus);
    let text = toml::to_string(&kept).map_err(io::Error::other)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    AtomicFile::write(path, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(network: usize) -> PassedCheck {
        let (adapter, driver, build) = ("A \"card\"".into(), "driver 1.2".into(), "0.1 abc".into());
        PassedCheck { adapter, driver, build, network: format!("network {network}") }
    }

    #[test]
    fn what_was_passed_is_found_again_and_only_that() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("not yet").join("checks.toml");
        assert!(!is_passed(&path, &check(1)));
        add(&path, check(1)).unwrap();
        add(&path, check(2)).unwrap();
        assert!(is_passed(&path, &check(1)) && is_passed(&path, &check(2)) && !is_passed(&path, &check(3)));
        for other in [
            PassedCheck { adapter: "B".into(), ..check(1) },
            PassedCheck { driver: "driver 1.3".into(), ..check(1) },
            PassedCheck { build: "0.2 abc".into(), ..check(1) },
        ] {
            assert!(!is_passed(&path, &other), "{other:?}");
        }
    }

    #[test]
    fn a_file_of_anything_else_knows_nothing_and_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checks.toml");
        fs::write(&path, b"\xff passed = 3").unwrap();
        assert!(!is_passed(&path, &check(1)));
        add(&path, check(1)).unwrap();
        assert!(is_passed(&path, &check(1)));
    }

    #[test]
    fn the_newest_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checks.toml");
        let kept = Kept { passed: (0..MOST).map(check).collect() };
        fs::write(&path, toml::to_string(&kept).unwrap()).unwrap();
        add(&path, check(0)).unwrap();
        assert!(is_passed(&path, &check(0)) && is_passed(&path, &check(1)));
        add(&path, check(MOST)).unwrap();
        assert!(is_passed(&path, &check(MOST)) && is_passed(&path, &check(0)) && !is_passed(&path, &check(1)));
    }
}
