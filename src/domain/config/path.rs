//! A path in a file: written as text, as its units in numbers where it is not Unicode, and read relative to a folder.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A path as it is written: text, or the units of a name that is no Unicode (bytes; 16-bit units on Windows).
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "a path as text")]
enum Written {
    Text(String),
    Units(Vec<u16>),
}

/// Writes a path so that it comes back as it is. For `#[serde(with = "…")]`.
///
/// # Errors
/// None of its own.
pub fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    let written = match path.to_str() {
        Some(text) => Written::Text(text.to_owned()),
        None => Written::Units(units(path)),
    };
    written.serialize(serializer)
}

/// Reads a path as [`serialize`] writes it.
///
/// # Errors
/// What is there is no path.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    match Written::deserialize(deserializer)? {
        Written::Text(text) => Ok(text.into()),
        Written::Units(units) => {
            name(units).map(PathBuf::from).ok_or_else(|| serde::de::Error::custom("these numbers are no path"))
        }
    }
}

/// The same for a path that may be left out. For `#[serde(default, with = "path::optional")]`.
pub mod optional {
    use std::path::PathBuf;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::WrittenPath;

    /// Writes a path as text, or nothing.
    ///
    /// # Errors
    /// None of its own.
    pub fn serialize<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
        path.clone().map(WrittenPath).serialize(serializer)
    }

    /// Reads it.
    ///
    /// # Errors
    /// What is there is no path.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
        Ok(Option::<WrittenPath>::deserialize(deserializer)?.map(|written| written.0))
    }
}

/// A path that is written as [`serialize`] does, for lists of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WrittenPath(#[serde(with = "self")] pub PathBuf);

/// The absolute form of `path`: a leading `~` is the home folder, what is relative is taken from the folder `base`.
pub fn absolute(path: &Path, base: &Path) -> PathBuf {
    let home = path.strip_prefix("~").ok().and_then(|rest| Some(dirs::home_dir()?.join(rest)));
    let from_base = home.unwrap_or_else(|| base.join(path));
    std::path::absolute(&from_base).unwrap_or(from_base)
}

#[cfg(unix)]
fn units(path: &Path) -> Vec<u16> {
    std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).iter().map(|&byte| byte.into()).collect()
}

#[cfg(unix)]
fn name(units: Vec<u16>) -> Option<OsString> {
    let bytes: Option<Vec<u8>> = units.into_iter().map(|unit| u8::try_from(unit).ok()).collect();
    bytes.map(std::os::unix::ffi::OsStringExt::from_vec)
}

#[cfg(windows)]
fn units(path: &Path) -> Vec<u16> {
    std::os::windows::ffi::OsStrExt::encode_wide(path.as_os_str()).collect()
}

#[cfg(windows)]
fn name(units: Vec<u16>) -> Option<OsString> {
    Some(std::os::windows::ffi::OsStringExt::from_wide(&units))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(path: PathBuf) {
        let json = serde_json::to_string(&WrittenPath(path.clone())).unwrap();
        assert_eq!(serde_json::from_str::<WrittenPath>(&json).unwrap().0, path, "{json}");
    }

    #[test]
    fn every_path_comes_back_as_it_is() {
        round_trip("/data/notes.txt".into());
        round_trip("Grüße \"x\"\\\n\u{1b}[31m.txt".into());
        #[cfg(unix)]
        {
            let latin: OsString = std::os::unix::ffi::OsStringExt::from_vec(b"/data/gr\xfc\xdfe.txt".to_vec());
            round_trip(latin.into());
            assert!(serde_json::from_str::<WrittenPath>("[47, 300]").is_err());
        }
        assert!(serde_json::from_str::<WrittenPath>("3").unwrap_err().to_string().contains("a path as text"));
    }

    #[test]
    #[cfg(unix)]
    fn a_path_is_taken_from_its_base_or_from_home() {
        let base = Path::new("/proj");
        assert_eq!(absolute(Path::new("notes.txt"), base), Path::new("/proj/notes.txt"));
        assert_eq!(absolute(Path::new("./data/notes.txt"), base), Path::new("/proj/data/notes.txt"));
        assert_eq!(absolute(Path::new("/else/notes.txt"), base), Path::new("/else/notes.txt"));
        assert_eq!(absolute(Path::new("~/notes.txt"), base), dirs::home_dir().unwrap().join("notes.txt"));
        assert_eq!(absolute(Path::new("~notes.txt"), base), Path::new("/proj/~notes.txt"), "a name like any other");
    }
}
