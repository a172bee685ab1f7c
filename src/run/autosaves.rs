//! Autosaves of the window: one file for each run in one folder, held by a lock while its run lives; the newest stay.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::folder::LOCK;
use super::folder_refusal::{FolderFault, FolderRefusal};
use super::saves::{beside, free};
use super::{Autosave, Holder, LockError, LockFile, Reason, utc};
use crate::domain::quote;
use crate::store::checkpoint::RunId;

/// Runs whose autosaves stay in the folder.
pub(super) const KEPT: usize = 20;
/// How the name of every autosave in a folder begins.
const PREFIX: &str = "autosave-";
/// Pieces of such a name that are of the run, between dashes: autosave, year, month, day, time, seed, its number, unique part.
const PIECES: usize = 8;

/// Where the present run saves itself.
#[derive(Debug)]
pub(super) struct AutosavePlace {
    wish: Autosave,
    /// The present run's own file, if it has one.
    own: Option<Held>,
    /// The file that the present run was opened from, if it lies in the folder of autosaves.
    opened: Option<Held>,
}

/// A file that other processes leave alone for as long as this lives.
#[derive(Debug)]
struct Held {
    path: PathBuf,
    _lock: LockFile,
}

impl AutosavePlace {
    pub fn new(wish: Autosave) -> Self {
        Self { wish, own: None, opened: None }
    }

    /// Whether runs are saved by themselves at all.
    pub fn is_never(&self) -> bool {
        self.wish == Autosave::Never
    }

    /// The folder of autosaves, if runs have files of their own there.
    pub fn folder(&self) -> Option<&Path> {
        if let Autosave::Folder(folder) = &self.wish { Some(folder) } else { None }
    }

    /// The file of the present run; `None` if it has none yet.
    pub fn own(&self) -> Option<&Path> {
        match &self.wish {
            Autosave::Never => None,
            Autosave::File(path) => Some(path),
            Autosave::Folder(_) => self.own.as_ref().map(|held| held.path.as_path()),
        }
    }

    /// The file of the present run, claimed for it if it has none yet; `None` if runs are never saved by themselves.
    ///
    /// # Errors
    /// What the file system says, and of which folder.
    pub fn claim(&mut self, seed: u64) -> Result<Option<PathBuf>, Reason> {
        if let (Autosave::Folder(folder), None) = (&self.wish, &self.own) {
            self.own = Some(Held::new(folder, seed)?);
        }
        if let Autosave::File(path) = &self.wish
            && let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty())
        {
            // The run's own folder, removed while it ran. What cannot be made is told by the save.
            let _ = fs::create_dir_all(folder);
        }
        Ok(self.own().map(Path::to_owned))
    }

    /// Where a run that is left is saved: its own file, unless that is about to be opened; or, where all runs of a worker
    /// share one file, a file beside it.
    ///
    /// # Errors
    /// As [`AutosavePlace::claim`].
    pub fn claim_to_leave(&mut self, seed: u64, step: u64, opening: Option<&Path>) -> Result<Option<PathBuf>, Reason> {
        if let Autosave::File(path) = &self.wish {
            return Ok(Some(free(beside(path, &format!("left-seed-{seed}-step-{step}")))));
        }
        let own = self.claim(seed)?;
        Ok(own.map(|own| if opening.is_some_and(|opening| same_file(opening, &own)) { left(&own, step) } else { own }))
    }

    /// Where `run`, which trains beside the present one, saves itself: never where another does.
    pub fn beside(&self, run: &RunId) -> Autosave {
        match &self.wish {
            Autosave::File(path) => Autosave::File(beside(path, &format!("run-{}", &run.as_str()[..8]))),
            wish => wish.clone(),
        }
    }

    /// Another run stands in the place of the last, perhaps opened from a file.
    pub fn renew(&mut self, opened: Option<&Path>) {
        self.own = None;
        let inside = |path: &&Path| {
            let folder = path.parent().map(fs::canonicalize);
            matches!((folder, self.folder().map(fs::canonicalize)), (Some(Ok(a)), Some(Ok(b))) if a == b)
        };
        let held = opened.filter(inside).and_then(|path| Held::of(path.to_owned()).ok());
        self.opened = held;
    }

    /// The present run gets another file of its own at its next save; the one it has stays as it is.
    pub fn let_go(&mut self) {
        self.own = None;
    }

    /// The process of another run that writes the file at `path` by itself: another window's autosave, or the file of a run
    /// in a folder of its own. `None` if there is none, `Some(None)` if its process is not known.
    pub fn writer_of(&self, path: &Path) -> Option<Option<Holder>> {
        let ours = [&self.own, &self.opened].into_iter().flatten().any(|held| same_file(&held.path, path));
        let file = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let locks = [lock_of(&file), file.with_file_name(LOCK)];
        locks.iter().filter(|_| !ours).find_map(|lock| LockFile::held_by(lock).ok().flatten())
    }

    /// Removes the oldest autosaves of the folder beyond [`KEPT`] runs, once a new save stands. What a living process has
    /// claimed or opened stays, and whatever has another name.
    pub fn prune(&self, keep: &[PathBuf]) {
        let Some(folder) = self.folder() else { return };
        let mut runs: Vec<(SystemTime, Vec<PathBuf>)> = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for (path, written) in saves_in(folder) {
            let Some(run) = run_of(&path) else { continue };
            match names.iter().position(|name| *name == run) {
                Some(place) => {
                    runs[place].0 = runs[place].0.max(written);
                    runs[place].1.push(path);
                }
                None => {
                    names.push(run);
                    runs.push((written, vec![path]));
                }
            }
        }
        runs.sort_by_key(|(written, _)| std::cmp::Reverse(*written));
        for path in runs.into_iter().skip(KEPT).filter(|(_, files)| !files.iter().any(|f| is_held(f))).flat_map(|r| r.1)
        {
            if keep.iter().any(|kept| same_file(kept, &path)) {
                continue;
            }
            // A killed process may have left its lock.
            let _ = fs::remove_file(lock_of(&path));
            if let Err(error) = fs::remove_file(&path) {
                tracing::debug!("the old autosave {} could not be removed: {error}", quote::path(&path));
            }
        }
    }
}

/// A file for the run as it is left, beside its own.
fn left(own: &Path, step: u64) -> PathBuf {
    free(beside(own, &format!("step-{step}")))
}

/// Whether two paths name one file, links and `..` followed.
pub(super) fn same_file(a: &Path, b: &Path) -> bool {
    a == b || matches!((fs::canonicalize(a), fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}

/// The checkpoints of a folder with the time they were written at, hidden files left out.
pub(super) fn saves_in(folder: &Path) -> Vec<(PathBuf, SystemTime)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let save = |entry: fs::DirEntry| {
        let path = entry.path();
        let name = path.file_name()?.to_str()?;
        let fits = !name.starts_with('.') && name.ends_with(".safetensors");
        let about = fs::metadata(&path).ok().filter(|about| fits && about.is_file())?;
        Some((path, about.modified().unwrap_or(UNIX_EPOCH)))
    };
    entries.flatten().filter_map(save).collect()
}

/// Which run an autosave is of, by its name; `None` for a file that is no autosave of this folder's.
fn run_of(path: &Path) -> Option<String> {
    let stem = path.file_stem()?.to_str()?.strip_prefix(PREFIX)?;
    let pieces: Vec<&str> = stem.split('-').take(PIECES - 1).collect();
    let digits = |piece: &str| !piece.is_empty() && piece.bytes().all(|b| b.is_ascii_digit());
    let ours = pieces.len() == PIECES - 1
        && pieces[..4].iter().all(|p| digits(p))
        && (pieces[4], digits(pieces[5])) == ("seed", true);
    ours.then(|| pieces.join("-"))
}

impl Held {
    /// A new name in `folder`, which is made if missing, and its lock.
    fn new(folder: &Path, seed: u64) -> Result<Self, FolderRefusal> {
        let refused = |why| FolderRefusal { folder: folder.into(), why };
        fs::create_dir_all(folder).map_err(|error| {
            refused(match error.kind() {
                ErrorKind::AlreadyExists | ErrorKind::NotADirectory => FolderFault::FileInPlace,
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => FolderFault::NoPermission,
                _ => FolderFault::AutosavesNotMade(error.into()),
            })
        })?;
        let unique = RunId::new();
        let name = format!("{PREFIX}{}-seed-{seed}-{}.safetensors", stamp(SystemTime::now()), &unique.as_str()[..8]);
        Self::of(folder.join(name)).map_err(|error| refused(FolderFault::TakesNoFiles(error.into())))
    }

    /// Holds a file, whether it is there yet or not.
    ///
    /// # Errors
    /// If another process holds it, or its lock cannot be made.
    fn of(path: PathBuf) -> Result<Self, LockError> {
        let lock = LockFile::take(&lock_of(&path))?;
        Ok(Self { path, _lock: lock })
    }
}

/// The lock of a file: hidden beside it.
fn lock_of(path: &Path) -> PathBuf {
    let name = path.file_name().map_or_else(|| "run".into(), |name| name.to_string_lossy());
    path.with_file_name(format!(".{name}.lock"))
}

/// Whether a living process holds a file, as far as can be told.
pub(super) fn is_held(path: &Path) -> bool {
    !matches!(LockFile::held_by(&lock_of(path)), Ok(None))
}

/// Date and time in UTC, for a name: `2026-11-28-195400`.
fn stamp(time: SystemTime) -> String {
    let digits = |part: &str| part.chars().filter(char::is_ascii_digit).collect::<String>();
    let text = utc(time);
    let (date, clock) = text.split_once('T').unwrap_or((&text, ""));
    format!("{date}-{}", digits(clock))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// A file of that name, written so many seconds after the epoch.
    fn old(folder: &Path, name: &str, seconds: u64) -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, "a run").unwrap();
        File::options().write(true).open(&path).unwrap().set_modified(at(seconds)).unwrap();
        path
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(stamp(at(0)), "1970-01-01-000000");
        assert_eq!(stamp(at(951_782_399)), "2000-02-28-235959");
        assert_eq!(stamp(at(951_782_400)), "2000-02-29-000000");
        assert_eq!(stamp(at(1_795_895_640)), "2026-11-28-195400");
    }

    #[test]
    fn nothing_is_made_before_a_file_is_claimed_and_every_run_has_its_own() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("moe-arena");
        let mut first = AutosavePlace::new(Autosave::Folder(folder.clone()));
        let mut second = AutosavePlace::new(Autosave::Folder(folder.clone()));
        assert!(!folder.exists() && first.own().is_none());
        let (a, b) = (first.claim(18).unwrap().unwrap(), second.claim(18).unwrap().unwrap());
        assert_ne!(a, b);
        assert_eq!(first.claim(18).unwrap(), Some(a.clone()), "it stays the run's");
        assert!(is_held(&a) && is_held(&b));
        first.renew(None);
        assert!(!is_held(&a));
        assert_ne!(first.claim(18).unwrap(), Some(a));
    }

    #[test]
    fn the_newest_runs_stay_and_what_is_held_opened_or_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let name = |n: u64| format!("autosave-2026-11-28-0000{n:02}-seed-18-0123456{:x}.safetensors", n % 16);
        let files: Vec<PathBuf> = (0..26).map(|n| old(folder, &name(n), 100 + n)).collect();
        let good = old(folder, "autosave-2026-11-28-000025-seed-18-01234569-last-good.safetensors", 1);
        let foreign: Vec<PathBuf> = ["last-run", "autosave", "autosave-mine", "autosave-1-2-3-4-seed-5"]
            .map(|name| old(folder, &format!("{name}.safetensors"), 2))
            .to_vec();
        let mut home = AutosavePlace::new(Autosave::Folder(folder.to_owned()));
        let mut other = AutosavePlace::new(Autosave::Folder(folder.to_owned()));
        other.renew(Some(&files[0]));
        home.renew(Some(&files[1]));
        home.prune(&files[2..3]);
        let left: Vec<bool> = files.iter().map(|file| file.exists()).collect();
        assert_eq!(left[..6], [true, true, true, false, false, false], "opened, opened, kept; three are too many");
        assert!(left[6..].iter().all(|&left| left) && good.exists() && foreign.iter().all(|file| file.exists()));
        drop((home, other));
        assert!(names(folder).iter().all(|name| !name.ends_with(".lock")), "{:?}", names(folder));
    }

    #[test]
    fn a_lock_that_a_killed_process_left_holds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = old(folder.path(), "autosave-2026-11-28-000000-seed-1-01234567.safetensors", 5);
        fs::write(lock_of(&path), "").unwrap();
        assert!(!is_held(&path));
        let held = Held::of(path.clone()).unwrap();
        assert!(is_held(&path));
        drop(held);
        assert!(!is_held(&path) && !lock_of(&path).exists());
    }

    #[test]
    fn the_file_that_is_being_opened_is_never_where_the_run_that_is_left_goes() {
        let folder = tempfile::tempdir().unwrap();
        let mut home = AutosavePlace::new(Autosave::Folder(folder.path().to_owned()));
        let own = home.claim(18).unwrap().unwrap();
        fs::write(&own, "a run").unwrap();
        let roundabout = folder.path().join(".").join(own.file_name().unwrap());
        let left = home.claim_to_leave(18, 900, Some(&roundabout)).unwrap().unwrap();
        assert!(left != own && left.to_string_lossy().ends_with("-step-900.safetensors"), "{}", left.display());
        assert_eq!(run_of(&left), run_of(&own));
        assert_eq!(home.claim_to_leave(18, 900, Some(Path::new("elsewhere"))).unwrap(), Some(own));
        let mut home = AutosavePlace::new(Autosave::File(folder.path().join("checkpoint.safetensors")));
        let left = home.claim_to_leave(18, 900, None).unwrap().unwrap();
        assert_eq!(left, folder.path().join("checkpoint-left-seed-18-step-900.safetensors"));
    }
}
