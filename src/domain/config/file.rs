//! Reads a config file: TOML in UTF-8, its paths relative to it; another kind of file is named for what it is.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::Config;
use crate::domain::file_kind::FileKind;

/// Most bytes a config may have: 1 MiB.
pub(crate) const LARGEST: u64 = 1 << 20;

/// Why a config file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFileError {
    /// The file system refuses.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// It is a checkpoint of a run.
    #[error("is a checkpoint, not a config")]
    Checkpoint,
    /// It is a file of another kind.
    #[error("is {}; expected a config: TOML text of at most 1 MiB", .0.words())]
    Other(FileKind),
    /// It is too large.
    #[error("is larger than 1 MiB; expected a config: TOML text of at most 1 MiB")]
    TooLarge,
    /// It is text, and none of its lines is TOML.
    #[error("is a text without a line of TOML; expected a config, with lines like “seed = 18” and “[model]”")]
    NotToml,
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
pub(crate) fn in_plain_words(message: &str) -> String {
    let whole = [("u64", u64::MAX), ("usize", usize::MAX as u64)]
        .map(|(kind, largest)| (format!("expected {kind}"), format!("expected a whole number from 0 to {largest}")));
    let others =
        [("expected f64", "expected a number"), ("unknown variant", "unknown value"), ("unknown field", "unknown key")];
    let others = others.map(|(parser, plain)| (parser.to_owned(), plain.to_owned()));
    whole.iter().chain(&others).fold(message.to_owned(), |text, (kind, words)| text.replace(kind, words))
}

impl Config {
    /// Reads the config file at `path`; keys left out take their defaults, relative paths in it are taken from its folder.
    ///
    /// # Errors
    /// See [`ConfigFileError`]; it is to follow the file's name.
    pub fn read(path: &Path) -> Result<Self, ConfigFileError> {
        // A pipe is read, as a shell gives one for `<(…)`.
        match FileKind::of_entry(&fs::metadata(path)?) {
            None | Some(FileKind::Pipe) => {}
            Some(kind) => return Err(ConfigFileError::Other(kind)),
        }
        let mut bytes = Vec::new();
        File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
        let text = text_of(&bytes)?;
        let mut config = Self::from_toml(text).map_err(|error| match text.lines().any(is_toml) {
            true => ConfigFileError::Toml(error),
            false => ConfigFileError::NotToml,
        })?;
        let path = std::path::absolute(path)?;
        config.task = config.task.absolute(path.parent().unwrap_or(&path));
        Ok(config)
    }
}

/// The text of a config file, or of another file that is TOML of at most 1 MiB; a byte-order mark is left out.
///
/// # Errors
/// All but those of a TOML parser.
pub(crate) fn text_of(bytes: &[u8]) -> Result<&str, ConfigFileError> {
    let kind = FileKind::of_bytes(bytes);
    match kind {
        FileKind::Checkpoint => return Err(ConfigFileError::Checkpoint),
        FileKind::Safetensors => return Err(ConfigFileError::Other(kind)),
        _ => {}
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
    match kind {
        FileKind::Known(_) => return Err(ConfigFileError::Other(kind)),
        _ if bytes.contains(&0) => return Err(ConfigFileError::Other(FileKind::Unknown)),
        _ if bytes.len() as u64 > LARGEST => return Err(ConfigFileError::TooLarge),
        _ => {}
    }
    match std::str::from_utf8(bytes).map(|text| text.strip_prefix('\u{feff}').unwrap_or(text)) {
        // All keys would silently take their defaults, and a file that was cut off looks so.
        Ok(text) if text.trim().is_empty() => Err(ConfigFileError::Other(FileKind::Empty)),
        Ok(text) => Ok(text),
        Err(error) => encoding("Latin-1, Windows-1252 or another 8-bit encoding", at(error.valid_up_to())),
    }
}

/// Whether a line is a key with a value, or the name of a table.
pub(crate) fn is_toml(line: &str) -> bool {
    let line = line.trim();
    let is_key = |key: &str| {
        !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '"' | '\''))
    };
    let table = line.strip_prefix('[').map(|rest| rest.trim_start_matches('[').split(']').next().unwrap_or_default());
    table.or_else(|| Some(line.split_once('=')?.0)).is_some_and(|key| is_key(key.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::{TaskConfig, Text};

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
            (framed(r#"{"__metadata__":{"moe-arena":"…"}}"#), "a checkpoint, not a config"),
            (framed(r#"{"__metadata__":{"format":"pt"}}"#), "a safetensors file"),
            (b"\x7fELF\x02\x01\x01\0\0\0\0".to_vec(), "a program"),
            (b"\x01\x02\0\x03\xfe\0\0\x07\x08".to_vec(), "a binary file"),
            (vec![b'#'; 2 << 20], "larger than 1 MiB"),
            (b"".to_vec(), "an empty file"),
            (b"\r\n  \n".to_vec(), "an empty file"),
            ("\u{feff}\n".into(), "an empty file"),
            (b"\x89PNG\r\n\x1a\n".to_vec(), "a picture"),
            (b"Call me Ishmael. Some years ago\n".to_vec(), "a text without a line of TOML"),
            (b"step,loss\n1,2.5\n".to_vec(), "a text without a line of TOML"),
            (b"{\"seed\": 4}\n".to_vec(), "a text without a line of TOML"),
            (b"seed: 4\nsteps: 7\n".to_vec(), "a text without a line of TOML"),
            (b"it is so = because, all in all\n".to_vec(), "a text without a line of TOML"),
            (b"seed = 4\nso it goes\n".to_vec(), "line 2"),
            (b"[model\n".to_vec(), "line 1"),
            (b"[model]\nexpertz = 4\n".to_vec(), "expertz"),
            (b"seed = -1\n".to_vec(), "expected a whole number from 0 to 18446744073709551615"),
            (b"[model]\nexperts = -1\n".to_vec(), "expected a whole number from 0 to"),
            (b"[knobs]\nlearning_rate = \"fast\"\n".to_vec(), "expected a number"),
        ] {
            let error = read(&bytes).unwrap_err();
            assert!(error.contains(says), "“{says}” in: {error}");
        }
        assert!(Config::read(std::env::temp_dir().as_path()).is_err());
    }

    #[test]
    fn a_byte_order_mark_and_carriage_returns_are_no_fault() {
        assert_eq!(read("\u{feff}seed = 4\r\nsteps = 7\r\n".as_bytes()).unwrap().seed, 4);
        assert_eq!(read(b"# all as usual\n").unwrap(), Config::default());
    }

    #[test]
    fn a_text_is_relative_to_the_config_it_stands_in() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, "text = { file = \"data/notes.txt\" }\n").unwrap();
        let config = Config::read(&path).unwrap();
        assert_eq!(config.task, TaskConfig::Text(Text::File(folder.path().join("data/notes.txt"))));
    }
}
