//! Which files of a folder are the checkpoint, and what is said where some are not there.

use std::fs;

use super::made::{Folder, safetensors};
use super::{refused, wrong};
use crate::inspect::{InspectError, StoredFault, StoredFiles, StoredFormat};

const A: (&str, &str, &[u64], usize) = ("a", "F32", &[2], 8);
const B: (&str, &str, &[u64], usize) = ("b", "BF16", &[2], 4);
const FIRST: &str = "model-00001-of-00002.safetensors";
const SECOND: &str = "model-00002-of-00002.safetensors";
const INDEX: &str = "model.safetensors.index.json";

fn index(entries: &[(&str, &str)]) -> String {
    let map: Vec<_> = entries.iter().map(|(tensor, shard)| format!(r#""{tensor}":"{shard}""#)).collect();
    format!(r#"{{"metadata":{{"total_size":12}},"weight_map":{{{}}}}}"#, map.join(","))
}

/// A folder of two shards and their index.
fn sharded() -> Folder {
    let folder = Folder::new();
    folder.with(FIRST, safetensors(&[A]));
    folder.with(SECOND, safetensors(&[B]));
    folder.with(INDEX, index(&[("a", FIRST), ("b", SECOND)]));
    folder.with("config.json", r#"{"model_type":"mixtral"}"#);
    folder
}

fn names(files: &StoredFiles) -> Vec<&str> {
    files.tensors().map(|tensor| tensor.name()).collect()
}

#[test]
fn the_index_is_the_authority() {
    let folder = sharded();
    // Strays, one of them with a tensor of the same name.
    folder.with("model.safetensors", safetensors(&[A, ("c", "U8", &[1], 1)]));
    folder.with("consolidated.safetensors", safetensors(&[A]));
    folder.with("pytorch_model.bin", b"PK\x03\x04");
    for path in [folder.path().to_path_buf(), folder.path().join(INDEX), folder.path().join(SECOND)] {
        let files = StoredFiles::open(&path).unwrap();
        assert_eq!(names(&files), ["a", "b"], "{}", path.display());
        assert_eq!(files.format(), StoredFormat::Safetensors);
        assert_eq!(files.config().unwrap()["model_type"], "mixtral");
        let lengths = [FIRST, SECOND].map(|name| fs::metadata(folder.path().join(name)).unwrap().len());
        assert_eq!(files.files().iter().map(|file| file.bytes()).collect::<Vec<_>>(), lengths);
    }
    // A file that is named is that file.
    assert_eq!(names(&StoredFiles::open(&folder.path().join("model.safetensors")).unwrap()), ["a", "c"]);
}

#[test]
fn without_an_index_a_whole_set_or_the_only_file_is_taken() {
    let folder = sharded();
    fs::remove_file(folder.path().join(INDEX)).unwrap();
    for path in [folder.path().to_path_buf(), folder.path().join(FIRST)] {
        assert_eq!(names(&StoredFiles::open(&path).unwrap()), ["a", "b"]);
    }
    fs::remove_file(folder.path().join(FIRST)).unwrap();
    for path in [folder.path().to_path_buf(), folder.path().join(SECOND)] {
        let InspectError::MissingShard { shard, of: 2, unfinished: None } = refused(&path) else { panic!() };
        assert_eq!(shard, folder.path().join(FIRST));
    }
    let folder = Folder::new();
    folder.with("weights.safetensors", safetensors(&[A]));
    assert_eq!(names(&StoredFiles::open(folder.path()).unwrap()), ["a"]);
    folder.with("other.safetensors", safetensors(&[B]));
    assert!(matches!(refused(folder.path()), InspectError::SeveralModels { count: 2, .. }));
    folder.with("model.safetensors", safetensors(&[B]));
    assert_eq!(names(&StoredFiles::open(folder.path()).unwrap()), ["b"]);
}

#[test]
fn a_half_download_names_what_is_missing() {
    let folder = sharded();
    fs::remove_file(folder.path().join(SECOND)).unwrap();
    let InspectError::MissingShard { shard, of: 2, unfinished: None } = refused(folder.path()) else { panic!() };
    assert_eq!(shard, folder.path().join(SECOND));
    let part = folder.with(&format!("{SECOND}.incomplete"), b"1234");
    let InspectError::MissingShard { unfinished: Some(name), .. } = refused(folder.path()) else { panic!() };
    assert_eq!(name, format!("{SECOND}.incomplete"));
    assert!(matches!(wrong(&part), StoredFault::Unfinished));

    let folder = Folder::new();
    folder.with("config.json", "{}");
    assert!(matches!(refused(folder.path()), InspectError::NothingInFolder { .. }));
    folder.with("model.safetensors.part", b"1234");
    assert!(matches!(refused(folder.path()), InspectError::OnlyUnfinished { .. }));
    folder.with("pytorch_model-00001-of-00002.bin", b"PK\x03\x04");
    folder.with("pytorch_model.bin.index.json", index(&[("a", "pytorch_model-00001-of-00002.bin")]));
    assert!(matches!(refused(folder.path()), InspectError::OnlyPickles { .. }));
    let pickles = refused(&folder.path().join("pytorch_model.bin.index.json"));
    assert!(matches!(pickles, InspectError::OnlyPickles { .. }));
}

#[test]
fn index_and_shards_must_agree() {
    let folder = sharded();
    folder.with(INDEX, index(&[("a", FIRST), ("b", SECOND), ("c", SECOND)]));
    let InspectError::NotInShard { name, shard, .. } = refused(folder.path()) else { panic!() };
    assert_eq!((name.as_str(), shard), ("c", folder.path().join(SECOND)));
    folder.with(INDEX, index(&[("a", SECOND), ("b", SECOND)]));
    let InspectError::NotInShard { name, shard, .. } = refused(folder.path()) else { panic!() };
    assert_eq!((name.as_str(), shard), ("a", folder.path().join(SECOND)));
    folder.with(INDEX, index(&[("a", FIRST), ("b", SECOND)]));
    folder.with(SECOND, safetensors(&[A, B]));
    let InspectError::InTwoShards { name, first, second } = refused(folder.path()) else { panic!() };
    assert_eq!((name.as_str(), first, second), ("a", folder.path().join(FIRST), folder.path().join(SECOND)));
    // What the index does not name is not part of the model.
    folder.with(INDEX, index(&[("b", SECOND)]));
    assert_eq!(names(&StoredFiles::open(folder.path()).unwrap()), ["b"]);
}

#[test]
fn an_index_that_is_none_is_refused() {
    let folder = sharded();
    let path = folder.path().join(INDEX);
    for (text, part) in [
        ("{", "EOF"),
        ("[]", "expected an object"),
        (r#"{"metadata":{}}"#, "no weight_map"),
        (r#"{"weight_map":{}}"#, "names no tensor"),
        (r#"{"weight_map":{"a":1}}"#, "expected a string"),
        (&index(&[("a", FIRST), ("a", SECOND)]), "two files for one tensor"),
    ] {
        fs::write(&path, text).unwrap();
        let StoredFault::Damaged(reason) = wrong(&path) else { panic!() };
        assert!(reason.contains(part), "{reason}");
    }
    for elsewhere in ["../x.safetensors", "/etc/passwd", "", "deep/x.safetensors", "."] {
        fs::write(&path, index(&[("a", elsewhere)])).unwrap();
        let StoredFault::ShardElsewhere(named) = wrong(&path) else { panic!() };
        assert_eq!(named, elsewhere);
    }
    let many: Vec<String> = (0..1002).map(|shard| format!("s{shard}.safetensors")).collect();
    let entries: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), name.as_str())).collect();
    fs::write(&path, index(&entries)).unwrap();
    assert!(matches!(wrong(&path), StoredFault::TooManyShards { limit: 1000 }));
    fs::File::create(&path).unwrap().set_len(1 << 30).unwrap();
    assert!(matches!(wrong(&path), StoredFault::TooLarge { found: 0x4000_0000, .. }));
}

#[test]
fn a_config_that_is_none_is_told_as_such() {
    let folder = sharded();
    let path = folder.with("config.json", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n");
    for (text, is) in [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n", "Git LFS"),
        ("<!DOCTYPE html><html>", "web page"),
        (r#"{"a":"#, "damaged"),
        ("[]", "not an object"),
        (&"[".repeat(100_000), "damaged"),
    ] {
        fs::write(&path, text).unwrap();
        let InspectError::File { path: named, fault } = refused(folder.path()) else { panic!() };
        assert_eq!(named, path);
        assert!(fault.to_string().contains(is), "{fault}");
    }
}

#[test]
fn what_lies_beside_an_own_checkpoint_says_nothing_about_it() {
    let folder = Folder::new();
    folder.with("config.json", "not even JSON");
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/checkpoints/version_5.safetensors");
    let path = folder.with("last.safetensors", fs::read(own).unwrap());
    let files = StoredFiles::open(&path).unwrap();
    assert_eq!(files.format(), StoredFormat::OwnCheckpoint);
    assert!(files.config().is_none() && files.gguf().is_none());
    assert!(files.tensors().any(|tensor| tensor.name().starts_with("model/")));
}
