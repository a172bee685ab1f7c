//! The paths by which a checkpoint finds its text again: relative to itself and absolute, best first.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::domain::config::Text;
use crate::domain::config::path::WrittenPath;

/// The path of a text relative to the folder of a checkpoint at `checkpoint`: through the folders as they are named, and
/// through those behind links where these differ. Empty for the built-in text, and where there is no way between the two.
pub(super) fn relative(text: &Text, checkpoint: &Path) -> Vec<WrittenPath> {
    let Text::File(text) = text else { return Vec::new() };
    let folder = |path: &Path| std::path::absolute(path).ok()?.parent().map(plain);
    let named = folder(checkpoint).zip(std::path::absolute(text).ok()).map(|(from, to)| (from, plain(&to)));
    let behind = folder(checkpoint).and_then(|from| Some((fs::canonicalize(from).ok()?, fs::canonicalize(text).ok()?)));
    let mut paths: Vec<WrittenPath> = Vec::new();
    for (from, to) in [named, behind].into_iter().flatten() {
        let path = between(&from, &to).map(WrittenPath);
        paths.extend(path.filter(|path| !paths.contains(path)));
    }
    paths
}

/// Where the text of a checkpoint may lie, most likely first. What lies there has to be held against its hash.
///
/// - `text`: as the checkpoint has it, from before paths were absolute perhaps relative to a folder nobody knows
/// - `relative`: as `relative` made it when the checkpoint was saved
/// - `checkpoint`: where it lies now
pub(crate) fn places_of_text(text: &Text, relative: &[WrittenPath], checkpoint: &Path) -> Vec<PathBuf> {
    let Text::File(text) = text else { return Vec::new() };
    let checkpoint = std::path::absolute(checkpoint).unwrap_or_else(|_| checkpoint.to_owned());
    let named = checkpoint.parent().unwrap_or(&checkpoint);
    let behind = fs::canonicalize(named);
    let mut places = Vec::new();
    for WrittenPath(path) in relative {
        places.push(plain(&named.join(path)));
        places.extend(behind.iter().map(|folder| plain(&folder.join(path))));
    }
    if text.is_absolute() {
        places.push(text.clone());
    } else {
        // The run began in the working folder of then: the folder of the file, or one it was made in.
        places.extend(std::path::absolute(text));
        places.extend(named.ancestors().take(FOLDERS_UP).map(|folder| plain(&folder.join(text))));
    }
    // A text that was copied into the folder of its checkpoint.
    places.extend(text.file_name().map(|name| named.join(name)));
    let mut seen = Vec::new();
    places.retain(|place| {
        !seen.contains(place) && {
            seen.push(place.clone());
            true
        }
    });
    places
}

/// A checkpoint's folder and those above it in which a relative path is looked for: `runs/seed-18` has its working folder
/// two above it.
const FOLDERS_UP: usize = 3;

/// The path without `.`, and without `..` where a folder stands before it.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            Component::ParentDir if plain.has_root() => {}
            other => plain.push(other),
        }
    }
    plain
}

/// The way from the folder `from` to `to`, both absolute; `None` between two drives.
fn between(from: &Path, to: &Path) -> Option<PathBuf> {
    let (from, to): (Vec<_>, Vec<_>) = (from.components().collect(), to.components().collect());
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    if common == 0 {
        return None;
    }
    let up = from[common..].iter().map(|_| Component::ParentDir);
    Some(up.chain(to[common..].iter().copied()).collect())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn file(path: &str) -> Text {
        Text::File(path.into())
    }

    fn places(text: &Text, relative: &[WrittenPath], checkpoint: &str) -> Vec<PathBuf> {
        places_of_text(text, relative, Path::new(checkpoint))
    }

    #[test]
    fn a_text_is_looked_for_beside_its_checkpoint_before_where_it_was() {
        let text = file("/proj/data/notes.txt");
        let beside = relative(&text, Path::new("/proj/run/checkpoint.safetensors"));
        assert_eq!(beside, [WrittenPath("../data/notes.txt".into())]);
        let moved = places(&text, &beside, "/else/run/checkpoint.safetensors");
        assert_eq!(moved[..2], [Path::new("/else/data/notes.txt"), Path::new("/proj/data/notes.txt")]);
        assert!(moved.contains(&"/else/run/notes.txt".into()));
        assert!(relative(&Text::MobyDick, Path::new("/a/b")).is_empty());
        assert!(places(&Text::MobyDick, &beside, "/a/b").is_empty());
    }

    #[test]
    fn a_relative_path_of_an_older_checkpoint_is_looked_for_around_it() {
        let around = places(&file("notes.txt"), &[], "/proj/runs/seed-18/checkpoint.safetensors");
        for place in ["/proj/runs/seed-18/notes.txt", "/proj/runs/notes.txt", "/proj/notes.txt"] {
            assert!(around.contains(&place.into()), "{place} in {around:?}");
        }
    }

    #[test]
    fn links_are_kept_and_seen_through() {
        let here = tempfile::tempdir().unwrap();
        let here = fs::canonicalize(here.path()).unwrap();
        let at = |name: &str| here.join(name);
        fs::create_dir_all(at("proj")).unwrap();
        fs::create_dir_all(at("disk/run")).unwrap();
        fs::write(at("disk/notes.txt"), "x").unwrap();
        std::os::unix::fs::symlink(at("disk/run"), at("proj/run")).unwrap();
        std::os::unix::fs::symlink(at("disk/notes.txt"), at("proj/notes.txt")).unwrap();
        let (text, checkpoint) = (Text::File(at("proj/notes.txt")), at("proj/run/checkpoint.safetensors"));
        let beside = relative(&text, &checkpoint);
        assert_eq!(beside, [WrittenPath("../notes.txt".into())], "both ways are the same here");
        let found = places_of_text(&text, &beside, &checkpoint);
        assert_eq!(found[..2], [at("proj/notes.txt"), at("disk/notes.txt")]);
    }
}
