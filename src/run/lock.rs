//! Lock files: a small file that one living process holds, so that two never write to the same folder or file.
//!
//! The operating system releases the lock when its process ends, however it ends: what a killed process leaves behind
//! never blocks. Where a file system knows no locks, the process and the host named in the file decide.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::utc::utc;
use crate::domain::quote;
use crate::store::checkpoint::RunId;

/// First line of every lock file of ours; a file that begins otherwise belongs to somebody else.
const FIRST_LINE: &str = "# A process of moe-arena writes here. This file goes when it ends.";
/// Most bytes of a lock file that are read.
const LIMIT: u64 = 4096;
/// Tries to take a lock before it counts as held: a process that only looks holds it for an instant.
const TRIES: u32 = 20;
/// Time between two tries.
const BETWEEN: Duration = Duration::from_millis(5);

/// The process that holds a lock, as its file tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Process id on its host.
    pub pid: u32,
    /// Name of the machine.
    pub host: String,
    /// Program and version.
    pub program: String,
    /// When the lock was taken, RFC 3339 in UTC.
    pub since: String,
    /// The run that is written, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
}

impl Holder {
    /// This process, from now on.
    fn this() -> Self {
        Self {
            pid: std::process::id(),
            host: host(),
            program: concat!("moe-arena ", env!("CARGO_PKG_VERSION")).into(),
            since: utc(SystemTime::now()),
            run: None,
        }
    }

    /// Whether it is a process of another machine.
    pub fn is_elsewhere(&self) -> bool {
        self.host != host()
    }

    /// Whether the process still lives; `None` where that cannot be found out.
    fn lives(&self) -> Option<bool> {
        if self.is_elsewhere() { None } else { lives(self.pid) }
    }

    /// Reads the contents of a lock file.
    fn read(text: &str) -> Option<Self> {
        let holder: Self = toml::from_str(text).ok()?;
        // The names are shown on a terminal.
        let plain = |name: &str| name.len() <= 255 && name.chars().all(|c| c.is_ascii_graphic() || c == ' ');
        let sound = plain(&holder.host) && plain(&holder.program) && plain(&holder.since);
        sound.then_some(holder)
    }

    fn write(&self) -> String {
        let fields = toml::to_string(self).unwrap_or_default();
        format!("{FIRST_LINE}\n{fields}")
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { pid, host, program, since, .. } = self;
        write!(f, "process {pid} on {host} ({program}, since {since})")
    }
}

/// Why a lock could not be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    /// Another process holds it.
    #[error("it is in use by {}", .0.as_ref().map_or("another process".to_owned(), ToString::to_string))]
    Held(Option<Holder>),
    /// The file system knows no locks, and the process named in the file cannot be looked at from here.
    #[error(
        "{} was left by {holder}, and this file system cannot tell whether that process still writes here. If it does \
         not, delete that file and start again", quote::path(.path)
    )]
    Unknown {
        /// The lock file.
        path: PathBuf,
        /// Who is named in it, in words.
        holder: String,
    },
    /// The file is not one of ours.
    #[error("{} is no lock file of moe-arena; it is left as it is. Move it away", quote::path(.0))]
    Foreign(PathBuf),
    /// The lock file cannot be made, read or written.
    #[error("{} cannot be written: {source}", quote::path(.path))]
    File {
        /// The lock file.
        path: PathBuf,
        /// What the file system says.
        source: io::Error,
    },
}

/// A lock that this process holds until the value is dropped; the file is removed then.
#[derive(Debug)]
pub(crate) struct LockFile {
    path: PathBuf,
    file: File,
    holder: Holder,
    /// Who held it before and was killed.
    left_by: Option<Holder>,
}

/// Asks the operating system for the lock of an open file.
type TryLock = fn(&File) -> Result<(), TryLockError>;

impl LockFile {
    /// Takes the lock whose file is `path`; the folder must be there. A second attempt, by this or another process, is
    /// refused for as long as the first holds it.
    ///
    /// # Errors
    /// See [`LockError`].
    pub fn take(path: &Path) -> Result<Self, LockError> {
        Self::take_by(path, File::try_lock)
    }

    /// Who holds the lock whose file is `path`: `None` if nobody does. A process that does not name itself in words that
    /// can be read is `Some(None)`.
    ///
    /// # Errors
    /// What the file system says.
    pub fn held_by(path: &Path) -> io::Result<Option<Option<Holder>>> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => Ok(Some(Holder::read(&contents(&mut file)?))),
            Err(TryLockError::Error(error)) if has_no_locks(&error) => {
                let holder = Holder::read(&contents(&mut file)?);
                let ended = holder.as_ref().is_some_and(|holder| holder.lives() == Some(false));
                Ok((!ended).then_some(holder))
            }
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Who held the lock before and was ended without letting go of it.
    pub fn left_by(&self) -> Option<&Holder> {
        self.left_by.as_ref()
    }

    /// Writes into the file which run is written under this lock.
    ///
    /// # Errors
    /// What the file system says; the lock is held even so.
    pub fn name_run(&mut self, run: &RunId) -> io::Result<()> {
        self.holder.run = Some(run.clone());
        self.write_holder()
    }

    fn take_by(path: &Path, try_lock: TryLock) -> Result<Self, LockError> {
        let fault = |source| LockError::File { path: path.into(), source };
        // A link, a pipe or a folder is none of ours, and opening it might write to or wait for something else.
        if fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
            return Err(LockError::Foreign(path.into()));
        }
        for attempt in 0.. {
            let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
            let mut file = options.map_err(fault)?;
            match try_lock(&file) {
                // Somebody may have removed the file between opening and locking: then it locks nothing.
                Ok(()) if !is_at(&file, path) => {}
                Ok(()) => return Self::hold(path, file),
                Err(TryLockError::WouldBlock) if attempt < TRIES => std::thread::sleep(BETWEEN),
                Err(TryLockError::WouldBlock) => {
                    let text = contents(&mut file).unwrap_or_default();
                    return Err(LockError::Held(Holder::read(&text)));
                }
                Err(TryLockError::Error(error)) if has_no_locks(&error) => {
                    drop(file);
                    if let Some(lock) = Self::take_without_locks(path)? {
                        return Ok(lock);
                    }
                }
                Err(TryLockError::Error(error)) => return Err(fault(error)),
            }
        }
        unreachable!("the loop ends by returning")
    }

    /// Without locks of the operating system: takes the place of a process that has ended. `None` if another process was
    /// faster; then it is to be looked at again.
    fn take_without_locks(path: &Path) -> Result<Option<Self>, LockError> {
        let fault = |source| LockError::File { path: path.into(), source };
        let text = File::open(path).and_then(|mut file| contents(&mut file)).map_err(fault)?;
        let left_by = Holder::read(&text);
        if !text.is_empty() {
            let unknown = |holder: String| LockError::Unknown { path: path.into(), holder };
            match left_by.as_ref().map(|holder| (holder.lives(), holder)) {
                _ if !text.starts_with(FIRST_LINE) => return Err(LockError::Foreign(path.into())),
                None => return Err(unknown("another process".into())),
                Some((None, holder)) => return Err(unknown(holder.to_string())),
                Some((Some(true), holder)) => return Err(LockError::Held(Some(holder.clone()))),
                Some((Some(false), _)) => {}
            }
        }
        let holder = Holder::this();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(fault)?;
        beside.write_all(holder.write().as_bytes()).map_err(fault)?;
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(fault(error)),
            _ => {}
        }
        // Whole from the first moment on, and never over the file of another process.
        match beside.persist_noclobber(path) {
            Ok(file) => Ok(Some(Self { path: path.into(), file, holder, left_by })),
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(fault(error.error)),
        }
    }

    /// The lock is ours: writes who we are.
    fn hold(path: &Path, mut file: File) -> Result<Self, LockError> {
        let fault = |source| LockError::File { path: path.into(), source };
        let text = contents(&mut file).map_err(fault)?;
        if !text.is_empty() && !text.starts_with(FIRST_LINE) {
            return Err(LockError::Foreign(path.into()));
        }
        let mut lock = Self { path: path.into(), file, holder: Holder::this(), left_by: Holder::read(&text) };
        lock.write_holder().map_err(fault)?;
        Ok(lock)
    }

    fn write_holder(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.set_len(0)?;
        self.file.write_all(self.holder.write().as_bytes())
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        // While it is still held, so that nobody can have taken it in between.
        if is_at(&self.file, &self.path)
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!("the lock file {} could not be removed: {error}", self.path.display());
        }
    }
}

/// The text of a lock file, from its beginning.
fn contents(file: &mut File) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    Read::by_ref(file).take(LIMIT).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether an error says that the file system knows no locks.
fn has_no_locks(error: &io::Error) -> bool {
    #[cfg(unix)]
    let no_locks = error.raw_os_error() == Some(rustix::io::Errno::NOLCK.raw_os_error());
    #[cfg(not(unix))]
    let no_locks = false;
    no_locks || error.kind() == ErrorKind::Unsupported
}

/// Whether `file` is the file that now stands at `path`.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(there)) => identity(ours) == identity(there),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

/// Whether a process of this machine lives; `None` where that cannot be asked.
fn lives(pid: u32) -> Option<bool> {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        use rustix::process::{Pid, test_kill_process};
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        // Another user's process may not be signalled, which says that it is there.
        Some(pid.is_some_and(|pid| !matches!(test_kill_process(pid), Err(Errno::SRCH))))
    }
    #[cfg(not(unix))]
    {
        let _ = pid;
        None
    }
}

/// Name of this machine, without characters that have no place in a file or on a terminal.
fn host() -> String {
    let name = gethostname::gethostname();
    name.to_string_lossy().chars().map(|c| if c.is_ascii_graphic() { c } else { '?' }).collect()
}

#[cfg(test)]
#[path = "lock_tests.rs"]
mod tests;
