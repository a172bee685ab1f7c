//! Tests of atomic files.

use super::*;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_is_the_old_one_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    AtomicFile::write(&path, b"old").unwrap();
    let mut file = AtomicFile::create(&path).unwrap();
    file.write_all(b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"old");
    drop(file);
    assert_eq!((fs::read(&path).unwrap(), names(folder.path())), (b"old".to_vec(), vec!["a.csv".to_owned()]));
    AtomicFile::write(&path, b"new").unwrap();
    assert_eq!((fs::read(&path).unwrap(), names(folder.path())), (b"new".to_vec(), vec!["a.csv".to_owned()]));
}

#[test]
fn leftovers_go_with_the_next_write_and_nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for left in [".moe-arena-Ab3dE6.part", ".saving-x9Yz01.safetensors"] {
        fs::write(at(left), "").unwrap();
    }
    fs::write(at(".saving-a1b2c3.safetensors"), b"\x40\0\0\0\0\0\0\0{\"__metadata__\":{\"moe-arena\":").unwrap();
    let others = [".saving-mywork.safetensors", ".saving-notes.safetensors", "moe-arena-1.part", "x.part"];
    others.iter().for_each(|name| fs::write(at(name), "mine").unwrap());
    let mut living = AtomicFile::create(&at("slow")).unwrap();
    living.write_all(b"slow").unwrap();
    AtomicFile::write(&at("quick"), b"quick").unwrap();
    let (written, rest): (Vec<_>, Vec<_>) = names(folder.path()).into_iter().partition(|name| name.starts_with(PREFIX));
    let mut expected = [&others[..], &["quick"]].concat();
    expected.sort_unstable();
    assert_eq!((written.len(), rest), (1, expected.iter().map(ToString::to_string).collect()));
    living.commit().unwrap();
    assert_eq!(fs::read(at("slow")).unwrap(), b"slow", "what a living process writes is no leftover");
}

#[test]
fn a_file_is_kept_beside_itself_and_leaves_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (path, beside) = (folder.path().join("a"), folder.path().join("a-good"));
    fs::write(&path, "good").unwrap();
    fs::write(&beside, "older").unwrap();
    // The second time both are one file.
    for _ in 0..2 {
        keep(&path, &beside).unwrap();
        assert_eq!(names(folder.path()), ["a", "a-good"]);
    }
    AtomicFile::write(&path, b"bad").unwrap();
    assert_eq!((fs::read(&path).unwrap(), fs::read(&beside).unwrap()), (b"bad".to_vec(), b"good".to_vec()));
    assert!(keep(&folder.path().join("none"), &beside).is_err());
    assert_eq!(fs::read(&beside).unwrap(), b"good");
}

#[test]
fn an_empty_folder_of_an_earlier_version_goes_and_a_full_one_stays() {
    let folder = tempfile::tempdir().unwrap();
    for name in [".saving-a1B2c3.safetensors", ".saving-d1E2f3.safetensors", ".saving-other", "mine"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join(".saving-d1E2f3.safetensors/good"), "mine").unwrap();
    assert_eq!(clear_leftovers(folder.path()), 1);
    assert_eq!(names(folder.path()), [".saving-d1E2f3.safetensors", ".saving-other", "mine"]);
}

#[test]
#[cfg(unix)]
fn a_replaced_file_keeps_its_permissions_and_a_link_its_target() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("a"), folder.path().join("link"));
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&path, &link).unwrap();
    AtomicFile::write(&link, b"new").unwrap();
    assert!(link.is_symlink() && fs::read(&path).unwrap() == b"new");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
}
