//! The folder a headless run writes to: asked for, new, or that of the checkpoint it goes on from.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::Refusal;
use crate::quote;

/// The file a run saves itself to, in its folder.
pub(super) const CHECKPOINT: &str = "checkpoint.safetensors";

/// Finds or makes the folder.
///
/// - with `out`: that folder; if it already holds a run, only with `may_overwrite`
/// - without, going on from `resume`: the folder that file is in
/// - else the first of `runs/seed-S`, `runs/seed-S-2`, … that does not exist, in `here`
///
/// # Errors
/// Exit code 2 if the folder holds another run, or cannot be made.
pub(super) fn folder(
    here: &Path,
    out: Option<&Path>,
    resume: Option<&Path>,
    seed: u64,
    may_overwrite: bool,
) -> Result<PathBuf, Refusal> {
    match (out, resume) {
        (Some(out), _) => {
            let out = here.join(out);
            if out.to_str().is_none() {
                return Err(Refusal::usage(format!(
                    "the name of the folder {} is not UTF-8; choose another",
                    quote::path(&out)
                )));
            }
            let held = [CHECKPOINT, "metrics.csv"].into_iter().find(|name| out.join(name).exists());
            if let (Some(name), None, false) = (held, resume, may_overwrite) {
                let (out, file) = (quote::path(&out), out.join(CHECKPOINT));
                return Err(Refusal::usage(format!(
                    "the folder {out} already holds a run ({name}). Go on with --resume {}, choose another --out, \
                     or write over it with --overwrite",
                    quote::shell_path(&file)
                )));
            }
            fs::create_dir_all(&out).map_err(|error| cannot(&out, &error))?;
            Ok(out)
        }
        (None, Some(file)) => {
            let file = here.join(file);
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
            Err(Refusal::usage("every folder name in runs/ is taken; choose one with --out"))
        }
    }
}

fn cannot(folder: &Path, error: &std::io::Error) -> Refusal {
    Refusal::usage(format!("the folder {} cannot be made: {error}. Choose another with --out", quote::path(folder)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_runs_get_new_folders() {
        let here = tempfile::tempdir().unwrap();
        let made: Vec<_> = (0..3).map(|_| folder(here.path(), None, None, 18, false).unwrap()).collect();
        assert_eq!(made, ["seed-18", "seed-18-2", "seed-18-3"].map(|name| here.path().join("runs").join(name)));
        assert!(made.iter().all(|folder| folder.is_dir()));
    }

    #[test]
    fn a_resumed_run_goes_on_where_its_file_is() {
        let here = Path::new("/somewhere");
        assert_eq!(folder(here, None, Some(Path::new("a/run.safetensors")), 1, false).unwrap(), here.join("a"));
        assert_eq!(folder(here, None, Some(Path::new("run.safetensors")), 1, false).unwrap(), here);
    }

    #[test]
    fn a_folder_with_a_run_is_not_written_over_unasked() {
        let here = tempfile::tempdir().unwrap();
        let out = Some(Path::new("deep/out"));
        let made = folder(here.path(), out, None, 1, false).unwrap();
        folder(here.path(), out, None, 1, false).unwrap();
        fs::write(made.join("metrics.csv"), "step\n").unwrap();
        let refusal = folder(here.path(), out, None, 1, false).unwrap_err();
        assert!(refusal.code == 2 && refusal.says.contains("--overwrite"), "{}", refusal.says);
        assert_eq!(folder(here.path(), out, None, 1, true).unwrap(), made);
        assert_eq!(folder(here.path(), out, Some(Path::new("old.safetensors")), 1, false).unwrap(), made);
    }
}
