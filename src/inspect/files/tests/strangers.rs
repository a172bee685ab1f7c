//! What often stands where a checkpoint should: pickles, pointers of Git LFS, web pages, texts, devices.

use super::made::Folder;
use super::wrong;
use crate::inspect::StoredFault;

#[test]
fn each_stranger_has_its_own_sentence() {
    let folder = Folder::new();
    let lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 4995584424\n";
    for (name, bytes, told) in [
        ("pytorch_model.bin", b"PK\x03\x04\x00\x00".to_vec(), "pickles can run any code"),
        ("old.pt", b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.".to_vec(), "a Python pickle"),
        ("model.safetensors", b"\x80\x04\x95\x12\x00\x00".to_vec(), "cut short"),
        ("weights.pth", b"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a".to_vec(), "by its name a file of PyTorch"),
        (
            "model.safetensors",
            lfs.into(),
            "Git LFS pointer, not the file itself (4995584424 bytes); run `git lfs pull`",
        ),
        ("model.gguf", lfs.into(), "git lfs pull"),
        ("model.safetensors", b"<!DOCTYPE html>\n<html><head>".to_vec(), "web page"),
        ("model.gguf", b"\xef\xbb\xbf\n  <HTML lang=en>".to_vec(), "web page"),
        ("model.gguf", b"<?xml version=\"1.0\"?><Error><Code>AccessDenied".to_vec(), "web page"),
        (
            "model.safetensors",
            b"Access to model x is restricted.\n".to_vec(),
            "begins “Access to model x is restricted.”",
        ),
        ("model.safetensors", Vec::new(), "empty file"),
        ("model.safetensors", vec![0; 4096], "all zero"),
        ("model.gguf", b"\x89PNG\r\n\x1a\n0000".to_vec(), "a picture"),
        ("config.json", b"{\n \"model_type\": 1}".to_vec(), "the folder of a model"),
        ("model.gguf", vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "a binary file"),
        ("model.safetensors.part", b"\x10\0\0\0\0\0\0\0{".to_vec(), "unfinished download"),
        ("model.gguf.crdownload", b"GGUF\x03\0\0\0".to_vec(), "unfinished download"),
    ] {
        let said = wrong(&folder.with(name, &bytes)).to_string();
        assert!(said.contains(told), "{name} {bytes:?}: {said}");
    }
    assert!(matches!(wrong(&folder.path().join("none")), StoredFault::Missing));
    #[cfg(unix)]
    assert!(matches!(wrong(std::path::Path::new("/dev/null")), StoredFault::NotAFile { found: "a device" }));
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_for() {
    let folder = Folder::new();
    let path = folder.path().join("model.safetensors");
    std::os::unix::net::UnixListener::bind(&path).unwrap();
    assert!(matches!(wrong(&path), StoredFault::NotAFile { found: "a pipe" }));
}

#[test]
fn names_from_files_cannot_move_the_cursor() {
    let folder = Folder::new();
    let said = wrong(&folder.with("model.safetensors", "\u{9b}31m red \n")).to_string();
    assert!(said.chars().all(|letter| !letter.is_control()), "{said:?}");
}
