//! Files made by hand for tests: safetensors and GGUF, right or wrong in any place.

use std::fs;
use std::path::{Path, PathBuf};

/// A safetensors file of a header and so many bytes of data.
pub(in crate::inspect) fn framed(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend((0..data).map(|place| (place * 89 + 7) as u8));
    bytes
}

/// A safetensors file of tensors one after another: name, type, shape, bytes.
pub(in crate::inspect) fn safetensors(tensors: &[(&str, &str, &[u64], usize)]) -> Vec<u8> {
    let (mut entries, mut at) = (Vec::new(), 0);
    for (name, kind, shape, bytes) in tensors {
        let end = at + bytes;
        entries.push(format!(r#""{name}":{{"dtype":"{kind}","shape":{shape:?},"data_offsets":[{at},{end}]}}"#));
        at = end;
    }
    framed(&format!("{{{}}}", entries.join(",")), at)
}

/// A GGUF of version 3 that is put together piece by piece.
#[derive(Clone)]
pub(in crate::inspect) struct Gguf {
    pub(in crate::inspect) version: u32,
    keys: Vec<Vec<u8>>,
    tensors: Vec<Vec<u8>>,
    pub(in crate::inspect) data: usize,
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat()
}

impl Gguf {
    pub(in crate::inspect) fn new(data: usize) -> Self {
        Self { version: 3, keys: Vec::new(), tensors: Vec::new(), data }
    }

    /// With a key: the number of its type, and its value as bytes.
    pub(in crate::inspect) fn key(mut self, key: &str, kind: u32, value: &[u8]) -> Self {
        self.keys.push([&text(key)[..], &kind.to_le_bytes(), value].concat());
        self
    }

    /// With a key whose value is a text.
    pub(in crate::inspect) fn text(self, key: &str, value: &str) -> Self {
        self.key(key, 8, &text(value))
    }

    /// With a key whose value is a list of texts.
    pub(in crate::inspect) fn texts(self, key: &str, values: &[&str]) -> Self {
        let list: Vec<u8> = values.iter().flat_map(|value| text(value)).collect();
        let head = [&8u32.to_le_bytes()[..], &(values.len() as u64).to_le_bytes()].concat();
        self.key(key, 9, &[head, list].concat())
    }

    /// With a tensor: the axis that varies fastest first.
    pub(in crate::inspect) fn tensor(mut self, name: &str, axes: &[u64], kind: u32, offset: u64) -> Self {
        let mut info = text(name);
        info.extend((axes.len() as u32).to_le_bytes());
        axes.iter().for_each(|axis| info.extend(axis.to_le_bytes()));
        info.extend(kind.to_le_bytes());
        info.extend(offset.to_le_bytes());
        self.tensors.push(info);
        self
    }

    pub(in crate::inspect) fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(self.version.to_le_bytes());
        bytes.extend((self.tensors.len() as u64).to_le_bytes());
        bytes.extend((self.keys.len() as u64).to_le_bytes());
        self.keys.iter().chain(&self.tensors).for_each(|piece| bytes.extend(piece));
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        bytes.extend((0..self.data).map(|place| (place * 89 + 7) as u8));
        bytes
    }
}

/// A folder that goes away.
pub(in crate::inspect) struct Folder(tempfile::TempDir);

impl Folder {
    pub(in crate::inspect) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(in crate::inspect) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A file of that name in it.
    pub(in crate::inspect) fn with(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}
