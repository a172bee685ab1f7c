//! Which files of a folder are the checkpoint: the index is the authority, strays beside it are left alone.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::fault;
use super::json::{self, ShardIndex};
use super::named::PartName;
use super::opened::{self, Opened, is_unfinished};
use crate::domain::file_kind::FileKind;
use crate::inspect::fault::{InspectError, StoredFault};

/// How the name of an index ends.
const INDEX: &str = ".safetensors.index.json";
/// How indexes and files of pickles end.
const PICKLES: [&str; 6] = [".bin", ".bin.index.json", ".pt", ".pth", ".ckpt", ".pkl"];

/// What a path leads to.
#[derive(Debug)]
pub(super) enum Found {
    /// A file that is a checkpoint by itself.
    File(Opened),
    /// The shards that an index names.
    Shards {
        /// The index.
        index: PathBuf,
        /// What it says.
        of: ShardIndex,
    },
    /// A set of numbered files without an index.
    Set(Vec<PathBuf>),
}

/// What the path leads to.
pub(super) fn find(path: &Path) -> Result<Found, InspectError> {
    if path.is_dir() {
        return in_folder(path);
    }
    if ends(path, ".index.json") {
        let of = json::index(path)?;
        // Its shards say themselves that they are pickles, but not what to do about all of them.
        if let Some(example) = of.shards.iter().find(|shard| is_pickle(Path::new(shard))) {
            return Err(InspectError::OnlyPickles { folder: parent(path).into(), example: example.clone() });
        }
        return Ok(Found::Shards { index: path.into(), of });
    }
    let opened = opened::open(path)?;
    // A shard is nothing by itself; it leads to the model that it is part of.
    let Some(part) = name_of(path).as_deref().and_then(PartName::of) else { return Ok(Found::File(opened)) };
    if let Some((index, of)) = index_beside(path)? {
        return Ok(Found::Shards { index, of });
    }
    Ok(Found::Set(part.all().map(|name| path.with_file_name(name)).collect()))
}

/// Whether a path may lead to the checkpoint of somebody else, by names and first bytes alone. What is wrong with it, opening it says.
pub(crate) fn may_be_public(path: &Path) -> bool {
    let belongs = |entry: &PathBuf| {
        let is_named = |name: &str| entry.file_name() == Some(OsStr::new(name));
        let is_part = || ends(entry, ".safetensors") && name_of(entry).as_deref().and_then(PartName::of).is_some();
        is_named("config.json")
            || is_named("model.safetensors")
            || ends(entry, INDEX)
            || ends(entry, ".gguf")
            || is_part()
    };
    match FileKind::of(path) {
        Ok(FileKind::Folder) => entries(path).is_ok_and(|entries| entries.iter().any(belongs)),
        Ok(FileKind::Safetensors) => true,
        Ok(FileKind::Text) => ends(path, INDEX),
        Ok(FileKind::Known(_)) => ends(path, ".gguf"),
        _ => false,
    }
}

/// Opens a shard; one that is missing is told as such.
pub(super) fn open_shard(path: &Path, of: usize) -> Result<Opened, InspectError> {
    opened::open(path).map_err(|error| match error {
        InspectError::File { fault: StoredFault::Missing, .. } => {
            let name = name_of(path).unwrap_or_default();
            let started =
                |found: &PathBuf| is_unfinished(found) && name_of(found).is_some_and(|found| found.starts_with(&name));
            let unfinished = entries(parent(path))
                .unwrap_or_default()
                .iter()
                .find(|found| started(found))
                .and_then(|found| name_of(found));
            InspectError::MissingShard { shard: path.into(), of, unfinished }
        }
        other => other,
    })
}

/// The checkpoint in a folder.
fn in_folder(folder: &Path) -> Result<Found, InspectError> {
    let entries = entries(folder).map_err(|error| fault(folder, StoredFault::Unreadable(error)))?;
    let indexes: Vec<&PathBuf> = entries.iter().filter(|path| ends(path, INDEX)).collect();
    let usual = indexes.iter().find(|path| path.file_name() == Some(OsStr::new("model.safetensors.index.json")));
    if let Some(&index) = usual.or_else(|| indexes.first().filter(|_| indexes.len() == 1)) {
        return Ok(Found::Shards { index: index.clone(), of: json::index(index)? });
    }
    let whole = folder.join("model.safetensors");
    if entries.contains(&whole) {
        return Ok(Found::File(opened::open(&whole)?));
    }
    // A GGUF that begins so holds the part of a model that looks at pictures.
    let looks = |path: &Path| name_of(path).is_some_and(|name| name.to_ascii_lowercase().starts_with("mmproj"));
    for end in [".safetensors", ".gguf"] {
        let weights: Vec<&PathBuf> = entries.iter().filter(|path| ends(path, end) && !looks(path)).collect();
        if !weights.is_empty() {
            return one_of(folder, &weights);
        }
    }
    let named = |of: &dyn Fn(&Path) -> bool| entries.iter().find(|path| of(path)).and_then(|path| name_of(path));
    let folder = folder.to_path_buf();
    if let Some(example) = named(&is_pickle) {
        return Err(InspectError::OnlyPickles { folder, example });
    }
    if let Some(example) = named(&is_unfinished) {
        return Err(InspectError::OnlyUnfinished { folder, example });
    }
    Err(InspectError::NothingInFolder { folder })
}

/// The only file, or the only set of numbered files.
fn one_of(folder: &Path, weights: &[&PathBuf]) -> Result<Found, InspectError> {
    if let [only] = weights
        && name_of(only).as_deref().and_then(PartName::of).is_none()
    {
        return Ok(Found::File(opened::open(only)?));
    }
    let parts: Option<Vec<PartName>> =
        weights.iter().map(|path| name_of(path).as_deref().and_then(PartName::of)).collect();
    let all = |part: &PartName| part.all().map(|name| folder.join(name)).collect::<Vec<_>>();
    if let Some(set) = parts.as_ref().and_then(|parts| parts.first()).map(all)
        && weights.iter().all(|path| set.contains(path))
    {
        return Ok(Found::Set(set));
    }
    let name = |place: usize| weights.get(place).and_then(|path| name_of(path)).unwrap_or_default();
    let (first, second) = (name(0), name(1));
    let (folder, count) = (folder.to_path_buf(), weights.len());
    if weights.first().is_some_and(|path| ends(path, ".gguf")) {
        return Err(InspectError::SeveralGgufs { folder, count, first, second });
    }
    Err(InspectError::SeveralModels { folder, count, first, second })
}

/// The index beside a shard that names it.
fn index_beside(shard: &Path) -> Result<Option<(PathBuf, ShardIndex)>, InspectError> {
    let Some(name) = name_of(shard) else { return Ok(None) };
    let entries = entries(parent(shard)).map_err(|error| fault(parent(shard), StoredFault::Unreadable(error)))?;
    for index in entries.into_iter().filter(|path| ends(path, INDEX)) {
        let of = json::index(&index)?;
        if of.shards.contains(&name) {
            return Ok(Some((index, of)));
        }
    }
    Ok(None)
}

/// The files of a folder, by name.
fn entries(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    // An empty parent is the folder one is in.
    let at = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut paths = Vec::new();
    for entry in fs::read_dir(at)? {
        paths.push(folder.join(entry?.file_name()));
    }
    paths.sort();
    Ok(paths)
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

fn name_of(path: &Path) -> Option<String> {
    path.file_name().and_then(OsStr::to_str).map(ToOwned::to_owned)
}

fn ends(path: &Path, end: &str) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().to_ascii_lowercase().ends_with(end.as_bytes()))
}

fn is_pickle(path: &Path) -> bool {
    PICKLES.iter().any(|end| ends(path, end))
}
