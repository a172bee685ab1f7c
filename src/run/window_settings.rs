//! Settings of the window: the mode that was shown last and how everything is drawn, and the file in which all windows keep them.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{WindowLanguage, WindowMode};
use crate::store::atomic_file::AtomicFile;

/// Most bytes of the file that are read.
const LIMIT: u64 = 1 << 14;

/// What a person has chosen for all windows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowSettings {
    /// The mode that was shown last; `None` the first time.
    pub mode: Option<WindowMode>,
    /// The language it speaks; `None` until somebody chose.
    pub language: Option<WindowLanguage>,
    /// Whether everything is drawn for a projector: large, with thicker lines, one tile at a time.
    pub projector: bool,
    /// Whether nothing moves by itself (reduced motion); `None` until somebody chose.
    pub still: Option<bool>,
}

/// The settings in a file. What is not there or cannot be read is as it is the first time; the rest is taken.
pub fn window_settings(file: &Path) -> WindowSettings {
    let mut text = Vec::new();
    let read = File::open(file).and_then(|file| file.take(LIMIT).read_to_end(&mut text));
    let fields: Map<String, Value> = read.ok().and_then(|_| serde_json::from_slice(&text).ok()).unwrap_or_default();
    WindowSettings {
        mode: field(&fields, "mode"),
        language: field(&fields, "language"),
        projector: field(&fields, "projector").unwrap_or_default(),
        still: field(&fields, "still"),
    }
}

fn field<T: DeserializeOwned>(fields: &Map<String, Value>, name: &str) -> Option<T> {
    serde_json::from_value(fields.get(name)?.clone()).ok()
}

/// Keeps the settings for the next window. Makes the folder of the file.
///
/// # Errors
/// What the file system says; then the file is as it was.
pub(crate) fn remember_settings(file: &Path, settings: &WindowSettings) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    AtomicFile::write(file, &serde_json::to_vec(settings)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state").join("window.json");
        assert_eq!(window_settings(&file), WindowSettings::default(), "the first time");
        for mode in [WindowMode::Learn, WindowMode::Inspect, WindowMode::Train] {
            for (projector, still) in [(true, None), (false, Some(true)), (false, Some(false))] {
                let settings =
                    WindowSettings { mode: Some(mode), language: Some(WindowLanguage::System), projector, still };
                remember_settings(&file, &settings).unwrap();
                assert_eq!(window_settings(&file), settings);
            }
        }
    }

    #[test]
    fn what_cannot_be_read_costs_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("window.json");
        let read = |text: &str| {
            fs::write(&file, text).unwrap();
            window_settings(&file)
        };
        for damaged in ["", "{}", "{\"mode\":\"party\"}", "learn", "[1]"] {
            assert_eq!(read(damaged), WindowSettings::default(), "{damaged}");
        }
        let as_it_was = WindowSettings { mode: Some(WindowMode::Learn), ..WindowSettings::default() };
        assert_eq!(read("{\"mode\":\"learn\"}"), as_it_was, "a file of an earlier version");
        assert_eq!(read("{\"mode\":\"learn\",\"projector\":7,\"other\":1}"), as_it_was);
        let projector = WindowSettings { projector: true, ..WindowSettings::default() };
        assert_eq!(read("{\"mode\":3,\"projector\":true,\"still\":\"perhaps\"}"), projector);
    }
}
