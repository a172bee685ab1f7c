//! Tests of lock files.

use super::*;

/// A folder that is removed at the end, and the path of a lock in it.
fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.lock");
    (folder, path)
}

/// A file system that knows no locks.
fn without_locks(_: &File) -> Result<(), TryLockError> {
    Err(TryLockError::Error(ErrorKind::Unsupported.into()))
}

/// The contents of a lock file that `pid` on `host` left.
fn left(pid: u32, host: &str) -> String {
    Holder { pid, host: host.into(), ..Holder::this() }.write()
}

/// The id of a process that has ended.
#[cfg(unix)]
fn ended() -> u32 {
    let mut child = std::process::Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    child.id()
}

#[test]
fn a_lock_is_held_once_and_its_file_goes_with_it() {
    let (_folder, path) = place();
    let mut lock = LockFile::take(&path).unwrap();
    let run = RunId::new();
    lock.name_run(&run).unwrap();
    let Err(LockError::Held(Some(holder))) = LockFile::take(&path) else { panic!("taken twice") };
    assert_eq!((holder.pid, holder.host.clone(), holder.run.clone()), (std::process::id(), host(), Some(run)));
    let words = LockError::Held(Some(holder.clone())).to_string();
    assert!(
        words.contains(&format!("process {} on {}", holder.pid, host())) && words.contains(&holder.since),
        "{words}"
    );
    assert_eq!(LockFile::held_by(&path).unwrap(), Some(Some(holder)));
    drop(lock);
    assert!(!path.exists());
    assert_eq!(LockFile::held_by(&path).unwrap(), None);
    assert_eq!(LockFile::take(&path).unwrap().left_by(), None);
}

#[test]
fn what_a_killed_process_left_never_blocks() {
    let (_folder, path) = place();
    // A living process number, but nobody holds the lock: the number was given to another process since.
    fs::write(&path, left(std::process::id(), &host())).unwrap();
    assert_eq!(LockFile::held_by(&path).unwrap(), None);
    let lock = LockFile::take(&path).unwrap();
    assert_eq!(lock.left_by().map(|holder| holder.pid), Some(std::process::id()));
    drop(lock);
    fs::write(&path, "").unwrap();
    drop(LockFile::take(&path).unwrap());
    fs::write(&path, format!("{FIRST_LINE}\npid = 3\nhost = \"a\\u001Bb\"")).unwrap();
    assert_eq!(LockFile::take(&path).unwrap().left_by(), None, "torn, or with what has no place on a terminal");
}

#[test]
fn a_file_of_somebody_else_is_left_as_it_is() {
    let (_folder, path) = place();
    fs::write(&path, "mine\n").unwrap();
    for try_lock in [File::try_lock as TryLock, without_locks] {
        let Err(LockError::Foreign(named)) = LockFile::take_by(&path, try_lock) else { panic!("taken") };
        assert_eq!(named, path);
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine\n");
    }
}

#[test]
#[cfg(unix)]
fn what_is_no_regular_file_is_no_lock_file() {
    let (folder, path) = place();
    let target = folder.path().join("mine");
    for target in [Some(&target), None] {
        match target {
            Some(target) => std::os::unix::fs::symlink(target, &path).unwrap(),
            None => drop(std::os::unix::net::UnixListener::bind(&path).unwrap()),
        }
        assert!(matches!(LockFile::take(&path), Err(LockError::Foreign(_))));
        assert!(path.symlink_metadata().is_ok(), "it stays");
        fs::remove_file(&path).unwrap();
    }
    // An empty file of the user's behind a link would be written into.
    fs::write(&target, "").unwrap();
    std::os::unix::fs::symlink(&target, &path).unwrap();
    assert!(matches!(LockFile::take(&path), Err(LockError::Foreign(_))));
    assert_eq!(fs::read_to_string(&target).unwrap(), "");
}

#[test]
fn a_lock_whose_file_was_removed_does_not_remove_that_of_the_next() {
    let (_folder, path) = place();
    let first = LockFile::take(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let second = LockFile::take(&path).unwrap();
    drop(first);
    assert!(matches!(LockFile::take(&path), Err(LockError::Held(_))), "the second still holds");
    drop(second);
    assert!(!path.exists());
}

#[test]
fn a_folder_that_is_not_there_is_said() {
    let (folder, _) = place();
    let path = folder.path().join("none/run.lock");
    let Err(error) = LockFile::take(&path) else { panic!("taken") };
    assert!(matches!(error, LockError::File { .. }) && error.to_string().contains("none/run.lock"), "{error}");
    assert_eq!(LockFile::held_by(&path).unwrap(), None);
}

#[test]
#[cfg(unix)]
fn without_locks_process_and_host_decide() {
    let (_folder, path) = place();
    let lock = LockFile::take_by(&path, without_locks).unwrap();
    assert!(matches!(LockFile::take_by(&path, without_locks), Err(LockError::Held(Some(_)))), "we live");
    drop(lock);
    assert!(!path.exists());
    fs::write(&path, left(ended(), &host())).unwrap();
    assert!(LockFile::take_by(&path, without_locks).unwrap().left_by().is_some(), "an ended process does not block");
    fs::write(&path, left(std::process::id(), "elsewhere")).unwrap();
    let Err(error) = LockFile::take_by(&path, without_locks) else { panic!("taken") };
    let words = error.to_string();
    assert!(words.contains("elsewhere") && words.contains("delete that file"), "what to do is said: {words}");
    fs::write(&path, FIRST_LINE).unwrap();
    assert!(matches!(LockFile::take_by(&path, without_locks), Err(LockError::Unknown { .. })), "torn");
}
