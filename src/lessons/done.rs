//! Lessons that were gone through, kept in a file of the state folder: what one window adds, another does not lose.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::store::atomic_file::AtomicFile;

/// Most bytes of the file that are read.
const LIMIT: u64 = 1 << 20;

/// Lessons that were gone through to their end, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LessonsDone(BTreeMap<String, LessonResult>);

/// How a lesson was gone through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LessonResult {
    /// How often.
    pub times: u32,
    /// Whether each goal was reached without a way being shown, at least once.
    pub alone: bool,
}

impl LessonsDone {
    /// What stands in a file; nothing if there is none, or not one that can be read.
    pub fn read(path: &Path) -> Self {
        let small = fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() <= LIMIT);
        let text = small.then(|| fs::read_to_string(path).ok()).flatten();
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    /// Whether a lesson was gone through.
    pub fn has(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// A lesson was gone through; `shown`: whether a way was shown.
    pub fn add(&mut self, id: &str, shown: bool) {
        let result = self.0.entry(id.to_owned()).or_default();
        result.times = result.times.saturating_add(1);
        result.alone |= !shown;
    }

    /// Adds what stands in the file by now, and writes all of it, whole or not at all. A file that cannot be written is
    /// told in the log alone: what is lost are marks in a list.
    pub fn write(&mut self, path: &Path) {
        for (id, theirs) in Self::read(path).0 {
            let ours = self.0.entry(id).or_default();
            (ours.times, ours.alone) = (ours.times.max(theirs.times), ours.alone | theirs.alone);
        }
        let text = serde_json::to_string_pretty(&self).unwrap_or_default();
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        if let Err(error) = made.and_then(|()| AtomicFile::write(path, text.as_bytes())) {
            tracing::warn!("the lessons that were done could not be written: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_windows_add_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/lessons.json");
        let (mut one, mut other) = (LessonsDone::read(&path), LessonsDone::read(&path));
        assert!(!one.has("loudest"));
        one.add("loudest", true);
        one.write(&path);
        other.add("split", false);
        other.add("loudest", false);
        other.write(&path);
        let read = LessonsDone::read(&path);
        assert_eq!(read, other);
        assert_eq!(read.0["loudest"], LessonResult { times: 1, alone: true });
        assert!(read.has("split") && read.0["split"].alone);
        fs::write(&path, "no json").unwrap();
        assert_eq!(LessonsDone::read(&path), LessonsDone::default());
    }
}
