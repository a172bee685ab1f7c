//! Says what a file is that is not one of ours.

use std::path::Path;

use safetensors::tensor::Metadata;

use crate::config::{Config, ConfigFileError};
use crate::quote;

/// What a file is that is no safetensors file, from its first bytes.
pub(super) fn kind_of(first: &[u8]) -> String {
    let known: [(&[u8], &str); 8] = [
        (b"PK\x03\x04", "a zip archive, as PyTorch saves"),
        (b"GGUF", "a GGUF model"),
        (b"\x89HDF", "an HDF5 file"),
        (b"\x93NUMPY", "a NumPy array"),
        (b"\x80", "a Python pickle"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"\x89PNG", "a picture"),
        (b"\x7fELF", "a program"),
    ];
    if first.is_empty() {
        return "an empty file".into();
    }
    if let Some((_, name)) = known.iter().find(|(magic, _)| first.starts_with(magic)) {
        return (*name).into();
    }
    let text = first.iter().all(|&b| b >= b' ' || matches!(b, b'\n' | b'\r' | b'\t'));
    if text && String::from_utf8_lossy(first).chars().filter(|&c| c == char::REPLACEMENT_CHARACTER).count() <= 1 {
        return "a text file".into();
    }
    "a file of a kind we do not know".into()
}

/// Whether the file at `path` is the config of a run.
pub(super) fn is_config(path: &Path) -> bool {
    let named = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("toml"));
    match Config::read(path) {
        // A text without any key would be a config as well.
        Ok(config) => named || config != Config::default(),
        Err(ConfigFileError::Toml(_) | ConfigFileError::Encoding { .. }) => named,
        Err(_) => false,
    }
}

/// What a safetensors file holds that is not ours.
pub(super) fn contents_of(header: &Metadata) -> String {
    let names = header.offset_keys();
    let example = names.first().and_then(|name| header.info(name).map(|info| (name, info)));
    let example = example.map_or(String::new(), |(name, info)| {
        format!(", for example \"{}\" {:?} {:?}", quote::name(name), info.dtype, info.shape)
    });
    let format = header.metadata().as_ref().and_then(|metadata| metadata.get("format"));
    let format = format.map_or(String::new(), |name| format!(", format \"{}\"", quote::name(name)));
    format!("a safetensors file with {} tensors{example}{format}", names.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_files_are_named() {
        for (first, name) in [
            (&b""[..], "an empty file"),
            (b"PK\x03\x04\x00", "a zip archive, as PyTorch saves"),
            (b"GGUF\x03\0\0\0", "a GGUF model"),
            ("Grüße\n".as_bytes(), "a text file"),
            (b"\0\x01\x02\x03", "a file of a kind we do not know"),
        ] {
            assert_eq!(kind_of(first), name);
        }
    }
}
