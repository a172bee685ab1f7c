//! Reads a config file: TOML in UTF-8, its paths relative to it; another kind of file is named for what it is.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::Config;
use crate::quote;

/// Most bytes a config may have: 1 MiB.
const LARGEST: u64 = 1 << 20;

/// Why a config file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFileError {
    /// The file system refuses.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// It is a folder.
    #[error("is a folder; expected a config (.toml)")]
    Folder,
    /// It is a checkpoint of a run.
    #[error("is a checkpoint, not a config; go on with it by: moe-arena train --resume {0}")]
    Checkpoint(String),
    /// It is a file of another kind.
    #[error("is {0}; expected a config: TOML text of at most 1 MiB")]
    Other(&'static str),
    /// It is text in another encoding than UTF-8.
    #[error("is text in {encoding}; expected UTF-8. Save it as UTF-8, in most editors under “Save as” (line {line})")]
    Encoding {
        /// The encoding it seems to be in.
        encoding: &'static str,
        /// The first line with a byte that is no UTF-8, from 1.
        line: usize,
    },
    /// The TOML, its keys or its values.
    #[error("cannot be understood:\n{}", in_plain_words(&.0.to_string()))]
    Toml(#[from] toml::de::Error),
}

/// A parser's message without the names of this program's own types.
fn in_plain_words(message: &str) -> String {
    [("u64", u64::MAX), ("usize", usize::MAX as u64)].iter().fold(message.to_owned(), |text, (kind, largest)| {
        text.replace(&format!("expected {kind}"), &format!("expected a whole number from 0 to {largest}"))
    })
}

impl Config {
    /// Reads the config file at `path`; keys left out take their defaults, relative paths in it are taken from its folder.
    ///
    /// # Errors
    /// See [`ConfigFileError`]; it is to follow the file's name.
    pub fn read(path: &Path) -> Result<Self, ConfigFileError> {
        let mut file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(ConfigFileError::Folder);
        }
        let mut bytes = Vec::new();
        file.by_ref().take(LARGEST + 1).read_to_end(&mut bytes)?;
        let mut config = Self::from_toml(text(&bytes, path)?)?;
        let path = std::path::absolute(path)?;
        config.text = config.text.absolute(path.parent().unwrap_or(&path));
        Ok(config)
    }
}

/// The text of a config file, a byte-order mark left out.
fn text<'a>(bytes: &'a [u8], path: &Path) -> Result<&'a str, ConfigFileError> {
    // A safetensors file begins with the length of its JSON header; ours carry this name in it.
    let framed = bytes.get(4..9) == Some(b"\0\0\0\0{");
    if framed {
        let ours = bytes.windows(9).any(|window| window == b"moe-arena");
        return Err(match ours {
            true => ConfigFileError::Checkpoint(quote::shell_path(path)),
            false => ConfigFileError::Other("a safetensors file"),
        });
    }
    let at = |place: usize| 1 + bytes[..place].iter().filter(|&&byte| byte == b'\n').count();
    let encoding = |encoding, line| Err(ConfigFileError::Encoding { encoding, line });
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => return encoding("UTF-32", 1),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => return encoding("UTF-16", 1),
        // ASCII in UTF-16 without a mark: every other byte is 0.
        [0, second, 0, _, ..] | [second, 0, _, 0, ..] if *second != 0 => return encoding("UTF-16", 1),
        _ => {}
    }
    if bytes.contains(&0) {
        return Err(ConfigFileError::Other("a binary file"));
    }
    if bytes.len() as u64 > LARGEST {
        return Err(ConfigFileError::Other("larger than 1 MiB"));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => encoding("Latin-1, Windows-1252 or another 8-bit encoding", at(error.valid_up_to())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Text;

    fn read(bytes: &[u8]) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, bytes).unwrap();
        Config::read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn another_kind_of_file_is_named_for_what_it_is() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let utf16_big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
        let framed = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
        for (bytes, says) in [
            (utf16("\u{feff}seed = 4\n"), "UTF-16"),
            (utf16("seed = 4\n"), "UTF-16"),
            (utf16("x = {}\n"), "UTF-16"),
            (utf16_big("\u{feff}seed = 4\n"), "UTF-16"),
            (utf16_big("seed = 4\n"), "UTF-16"),
            (b"seed = 4\n# Gr\xfc\xdfe\n".to_vec(), "Latin-1"),
            (b"seed = 4\n# Gr\xfc\xdfe\n".to_vec(), "line 2"),
            (framed(r#"{"__metadata__":{"moe-arena":"…"}}"#), "--resume"),
            (framed(r#"{"__metadata__":{"format":"pt"}}"#), "a safetensors file"),
            (b"\x7fELF\x02\x01\x01\0\0\0\0".to_vec(), "a binary file"),
            (vec![b'#'; 2 << 20], "larger than 1 MiB"),
            (b"[model]\nexpertz = 4\n".to_vec(), "expertz"),
            (b"seed = -1\n".to_vec(), "expected a whole number from 0 to 18446744073709551615"),
            (b"[model]\nexperts = -1\n".to_vec(), "expected a whole number from 0 to"),
        ] {
            let error = read(&bytes).unwrap_err();
            assert!(error.contains(says), "“{says}” in: {error}");
        }
        assert!(Config::read(std::env::temp_dir().as_path()).is_err());
    }

    #[test]
    fn a_byte_order_mark_and_carriage_returns_are_no_fault() {
        assert_eq!(read("\u{feff}seed = 4\r\nsteps = 7\r\n".as_bytes()).unwrap().seed, 4);
        assert_eq!(read(b"").unwrap(), Config::default());
    }

    #[test]
    fn a_text_is_relative_to_the_config_it_stands_in() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, "text = { file = \"data/notes.txt\" }\n").unwrap();
        let config = Config::read(&path).unwrap();
        assert_eq!(config.text, Text::File(folder.path().join("data/notes.txt")));
    }
}
