//! What kind of file a path leads to, by its first bytes: so that a complaint can name what was given.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Bytes that are looked at.
const LOOKED_AT: u64 = 512;
/// How the JSON header of every checkpoint of this program begins.
const CHECKPOINT: &[u8] = br#"{"__metadata__":{"moe-arena":"#;
/// First bytes of common files.
const KNOWN: [(&[u8], &str); 16] = [
    (b"PK\x03\x04", "a zip archive, as PyTorch saves"),
    (b"GGUF", "a GGUF model"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x80", "a Python pickle"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"%PDF", "a PDF document"),
    (b"SQLite format 3", "a database"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\xff\xfe", "a text file in UTF-16"),
    (b"\xfe\xff", "a text file in UTF-16"),
];

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A folder.
    Folder,
    /// A pipe or a socket, which would be waited for.
    Pipe,
    /// A device, such as a terminal or `/dev/null`.
    Device,
    /// A file without a byte, or with nothing but blanks.
    Empty,
    /// A checkpoint of this program; it may be damaged further on.
    Checkpoint,
    /// Another safetensors file.
    Safetensors,
    /// Text, in UTF-8 or an 8-bit encoding.
    Text,
    /// A common kind of file, in words.
    Known(&'static str),
    /// Anything else.
    Unknown,
}

impl FileKind {
    /// What kind of file stands at `path`; a link is followed. Reads at most its first 512 bytes, and nothing of a pipe or a
    /// device.
    ///
    /// # Errors
    /// What the file system says.
    pub fn of(path: &Path) -> io::Result<Self> {
        // Asked before opening: opening a pipe would wait for its other end.
        if let Some(kind) = Self::of_entry(&fs::metadata(path)?) {
            return Ok(kind);
        }
        let mut first = Vec::new();
        File::open(path)?.take(LOOKED_AT).read_to_end(&mut first)?;
        Ok(Self::of_bytes(&first))
    }

    /// The kind of what is no regular file; `None` for one that is.
    pub(crate) fn of_entry(metadata: &fs::Metadata) -> Option<Self> {
        if metadata.is_file() {
            None
        } else if metadata.is_dir() {
            Some(Self::Folder)
        } else {
            Some(if is_device(metadata) { Self::Device } else { Self::Pipe })
        }
    }

    /// The kind of a file that begins with these bytes.
    pub(crate) fn of_bytes(first: &[u8]) -> Self {
        if first.iter().all(u8::is_ascii_whitespace) {
            return Self::Empty;
        }
        // A safetensors file begins with the length of its JSON header, in eight bytes.
        if first.get(4..9) == Some(b"\0\0\0\0{") {
            return if first[8..].starts_with(CHECKPOINT) { Self::Checkpoint } else { Self::Safetensors };
        }
        if let Some((_, name)) = KNOWN.iter().find(|(magic, _)| first.starts_with(magic)) {
            return Self::Known(name);
        }
        let is_text = |byte: &u8| matches!(byte, b' '..=0x7e | 0x80.. | b'\n' | b'\r' | b'\t' | 0x0c);
        // In an 8-bit encoding, most letters are ASCII; noise has as many bytes beyond it.
        let utf8 = std::str::from_utf8(first).map_or_else(|error| error.error_len().is_none(), |_| true);
        let ascii = first.iter().filter(|byte| byte.is_ascii()).count();
        if first.iter().all(is_text) && (utf8 || 4 * ascii > 3 * first.len()) { Self::Text } else { Self::Unknown }
    }

    /// The kind in words: “a folder”, “an empty file”.
    pub fn words(self) -> &'static str {
        match self {
            Self::Folder => "a folder",
            Self::Pipe => "a pipe",
            Self::Device => "a device",
            Self::Empty => "an empty file",
            Self::Checkpoint => "a checkpoint",
            Self::Safetensors => "a safetensors file",
            Self::Text => "a text file",
            Self::Known(words) => words,
            Self::Unknown => "a binary file",
        }
    }
}

#[cfg(unix)]
fn is_device(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    kind.is_char_device() || kind.is_block_device()
}

#[cfg(not(unix))]
fn is_device(_: &fs::Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_files_are_named() {
        let framed = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
        let noise: Vec<u8> = (0..=255u8).map(|place| place.wrapping_mul(89).wrapping_add(7)).collect();
        for (first, words) in [
            (b"".to_vec(), "an empty file"),
            (b" \n\t\r\n".to_vec(), "an empty file"),
            (b"PK\x03\x04\x00".to_vec(), "a zip archive, as PyTorch saves"),
            (b"GGUF\x03\0\0\0".to_vec(), "a GGUF model"),
            (b"\x89PNG\r\n\x1a\n".to_vec(), "a picture"),
            ("Grüße\n".into(), "a text file"),
            (b"Gr\xfc\xdfe an alle\n".to_vec(), "a text file"),
            ("東京".as_bytes()[..4].to_vec(), "a text file"),
            (b"{\"a\": 1}".to_vec(), "a text file"),
            (b"\xff\xfes\0e\0e\0d\0".to_vec(), "a text file in UTF-16"),
            (framed(r#"{"__metadata__":{"moe-arena":"…"}}"#), "a checkpoint"),
            (framed(r#"{"__metadata__":{"format":"pt"}}"#), "a safetensors file"),
            (b"\0\x01\x02\x03".to_vec(), "a binary file"),
            (noise, "a binary file"),
        ] {
            assert_eq!(FileKind::of_bytes(&first).words(), words, "{first:?}");
        }
    }

    #[test]
    fn what_is_no_regular_file_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(FileKind::of(folder.path()).unwrap(), FileKind::Folder);
        assert!(FileKind::of(&folder.path().join("none")).is_err());
        #[cfg(unix)]
        {
            assert_eq!(FileKind::of(Path::new("/dev/null")).unwrap(), FileKind::Device);
            let pipe = folder.path().join("pipe");
            std::os::unix::net::UnixListener::bind(&pipe).unwrap();
            assert_eq!(FileKind::of(&pipe).unwrap(), FileKind::Pipe);
        }
    }
}
