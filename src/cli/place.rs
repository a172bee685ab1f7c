//! The folder a headless run writes to: asked for, new, or that of the checkpoint it goes on from.
//!
//! Whether it may write there is seen by the run itself, which takes the folder first.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::Refusal;
use crate::domain::config::path::absolute;
use crate::domain::quote;
use crate::words::command;

/// Finds the folder; makes it where its name says that it is new.
///
/// - with `out`: that folder
/// - without, going on from `resume`: the folder that file is in
/// - else the first of `runs/seed-S`, `runs/seed-S-2`, … that does not exist, in `here`
///
/// # Errors
/// Exit code 2 if it cannot be made.
pub(super) fn folder(here: &Path, out: Option<&Path>, resume: Option<&Path>, seed: u64) -> Result<PathBuf, Refusal> {
    match (out, resume) {
        (Some(out), _) => Ok(clean(out, here)),
        (None, Some(file)) => {
            let file = clean(file, here);
            Ok(file.parent().map_or_else(|| here.to_owned(), Path::to_owned))
        }
        (None, None) => {
            let runs = here.join("runs");
            fs::create_dir_all(&runs).map_err(|error| cannot(&runs, &error))?;
            let first = runs.join(format!("seed-{seed}"));
            let later = (2u64..).map(|count| runs.join(format!("seed-{seed}-{count}")));
            for candidate in std::iter::once(first).chain(later) {
                match fs::create_dir(&candidate) {
                    Ok(()) => return Ok(candidate),
                    Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                    Err(error) => return Err(cannot(&candidate, &error)),
                }
            }
            Err(Refusal::usage(command::every_folder_taken()))
        }
    }
}

/// The absolute path that was meant, as a person would write it: `~` is the home folder, and neither `.` nor a slash at its
/// end stays.
pub(super) fn clean(path: &Path, here: &Path) -> PathBuf {
    absolute(path, here).components().collect()
}

fn cannot(folder: &Path, error: &std::io::Error) -> Refusal {
    Refusal::usage(command::folder_not_made(quote::path(folder), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_runs_get_new_folders() {
        let here = tempfile::tempdir().unwrap();
        let made: Vec<_> = (0..3).map(|_| folder(here.path(), None, None, 18).unwrap()).collect();
        assert_eq!(made, ["seed-18", "seed-18-2", "seed-18-3"].map(|name| here.path().join("runs").join(name)));
        assert!(made.iter().all(|folder| folder.is_dir()));
    }

    #[test]
    fn a_resumed_run_goes_on_where_its_file_is() {
        let here = Path::new("/somewhere");
        assert_eq!(folder(here, None, Some(Path::new("a/run.safetensors")), 1).unwrap(), here.join("a"));
        assert_eq!(folder(here, None, Some(Path::new("run.safetensors")), 1).unwrap(), here);
    }
}
