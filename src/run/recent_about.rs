//! What is remembered of a recent file besides its path: seed, step, loss, time and a small picture, in a small file for each.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::store::atomic_file::AtomicFile;

/// Most bytes of such a file that are read.
const LIMIT: u64 = 1 << 18;
/// Most pixels of a picture's side.
const SIDE: usize = 256;

/// What a recent file held when it was saved or opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecentAbout {
    /// Seed of the run.
    pub seed: u64,
    /// Steps done.
    pub step: u64,
    /// The newest validation loss, else the newest training loss.
    #[serde(default)]
    pub loss: Option<f64>,
    /// When, in seconds since 1970.
    pub at: u64,
    /// What it is, if it is the model of somebody else: its family. Seed and step are 0 then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What it looked like.
    #[serde(default)]
    pub picture: Option<RecentPicture>,
}

/// A small picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "WrittenPicture", into = "WrittenPicture")]
pub struct RecentPicture {
    size: [usize; 2],
    rgb: Vec<u8>,
}

/// A picture as the file holds it.
#[derive(Serialize, Deserialize)]
struct WrittenPicture {
    size: [usize; 2],
    rgb: String,
}

/// A picture whose pixels are not as many as its size says.
#[derive(Debug, thiserror::Error)]
#[error("a picture of {0} × {1} pixels with {2} bytes; expected 3 for each pixel, and at most {SIDE} pixels a side")]
pub struct NoPicture(usize, usize, usize);

impl RecentPicture {
    /// A picture of pixels row by row from the top, red, green and blue each.
    ///
    /// # Errors
    /// If there are not as many as its size says, or it is too large.
    pub fn of(size: [usize; 2], rgb: Vec<u8>) -> Result<Self, NoPicture> {
        let [width, height] = size;
        let sound = (1..=SIDE).contains(&width) && (1..=SIDE).contains(&height) && rgb.len() == 3 * width * height;
        if sound { Ok(Self { size, rgb }) } else { Err(NoPicture(width, height, rgb.len())) }
    }

    /// Width and height, pixels.
    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Red, green and blue of each pixel, row by row from the top.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }
}

impl From<RecentPicture> for WrittenPicture {
    fn from(picture: RecentPicture) -> Self {
        Self { size: picture.size, rgb: STANDARD.encode(&picture.rgb) }
    }
}

impl TryFrom<WrittenPicture> for RecentPicture {
    type Error = NoPicture;

    fn try_from(written: WrittenPicture) -> Result<Self, NoPicture> {
        let [width, height] = written.size;
        let rgb = STANDARD.decode(&written.rgb).map_err(|_| NoPicture(width, height, 0))?;
        Self::of(written.size, rgb)
    }
}

/// The folder beside a list that holds what is remembered of its files.
fn folder(list: &Path) -> PathBuf {
    list.with_extension("about")
}

fn place(list: &Path, path: &Path) -> PathBuf {
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    let name: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    folder(list).join(name + ".json")
}

/// What is remembered of a file; nothing where there is none, or it cannot be read. A damaged picture leaves the rest.
pub(super) fn read(list: &Path, path: &Path) -> Option<RecentAbout> {
    let mut text = Vec::new();
    File::open(place(list, path)).ok()?.take(LIMIT).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok().or_else(|| {
        let mut value: serde_json::Value = serde_json::from_slice(&text).ok()?;
        value.as_object_mut()?.remove("picture");
        serde_json::from_value(value).ok()
    })
}

/// Writes what is to be remembered of a file; with `anew` in the place of what is there, else only if nothing is.
///
/// # Errors
/// What the file system says.
pub(super) fn write(list: &Path, path: &Path, about: &RecentAbout, anew: bool) -> io::Result<()> {
    let place = place(list, path);
    if !anew && place.exists() {
        return Ok(());
    }
    fs::create_dir_all(folder(list))?;
    AtomicFile::write(&place, &serde_json::to_vec(about)?)
}

/// Removes what is remembered of files that are not among `kept`.
pub(super) fn clear(list: &Path, kept: &[PathBuf]) {
    let kept: Vec<PathBuf> = kept.iter().map(|path| place(list, path)).collect();
    let Ok(entries) = fs::read_dir(folder(list)) else { return };
    let files = entries.flatten().map(|entry| entry.path());
    let ours = files.filter(|file| file.extension().is_some_and(|ending| ending == "json"));
    for file in ours.filter(|file| !kept.contains(file)) {
        let _ = fs::remove_file(file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> RecentAbout {
        let picture = RecentPicture::of([2, 1], vec![1, 2, 3, 250, 251, 252]).ok();
        RecentAbout { seed: u64::MAX, step: 7, loss: Some(0.25), at: 1_700_000_000, model: None, picture }
    }

    #[test]
    fn what_is_remembered_comes_back_and_goes_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("recent-files.json");
        let [one, other] = ["/runs/one", "/runs/other"].map(PathBuf::from);
        assert_eq!(read(&list, &one), None);
        for path in [&one, &other] {
            write(&list, path, &about(), true).unwrap();
        }
        let later = RecentAbout { step: 9, picture: None, ..about() };
        write(&list, &one, &later, false).unwrap();
        assert_eq!(read(&list, &one), Some(about()), "what is there stays");
        write(&list, &one, &later, true).unwrap();
        assert_eq!(read(&list, &one), Some(later));
        clear(&list, std::slice::from_ref(&one));
        assert!(read(&list, &one).is_some() && read(&list, &other).is_none());
    }

    #[test]
    fn a_damaged_picture_leaves_the_rest_and_a_damaged_file_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("recent-files.json");
        let path = Path::new("/runs/one");
        write(&list, path, &about(), true).unwrap();
        let text = fs::read_to_string(place(&list, path)).unwrap();
        for (from, to) in [("[2,1]", "[2,2]"), ("[2,1]", "[4294967296,4294967296]"), ("\"rgb\":\"", "\"rgb\":\"?")] {
            assert!(text.contains(from), "{text}");
            fs::write(place(&list, path), text.replace(from, to)).unwrap();
            assert_eq!(read(&list, path), Some(RecentAbout { picture: None, ..about() }), "{to}");
        }
        fs::write(place(&list, path), &text[..20]).unwrap();
        assert_eq!(read(&list, path), None);
    }
}
