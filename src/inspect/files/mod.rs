//! Which files a checkpoint is, and what their headers say: safetensors, folders of shards, GGUF.

mod folder;
mod gguf;
mod json;
mod named;
mod opened;
mod safetensors;

use std::path::{Path, PathBuf};

pub(crate) use self::folder::may_be_public;
pub use self::gguf::GgufKeys;

use self::folder::Found;
use self::json::ShardIndex;
use self::opened::{Contents, Opened};
use super::fault::{EntryFault, InspectError, StoredFault};
use super::stored::{StoredFile, StoredFiles, StoredFormat, StoredTensor};

/// Most tensors of a checkpoint: ten times as many as the largest public ones have.
const TENSORS: usize = 1 << 20;
/// Largest header of a file, bytes, as in the safetensors format.
const HEADER: u64 = 100_000_000;
/// Largest number of axes; no model has more than five.
const AXES: usize = 16;
/// Longest name of a tensor, bytes.
const NAME: usize = 1024;

/// Opens the checkpoint at `path`.
pub(super) fn open(path: &Path) -> Result<StoredFiles, InspectError> {
    match folder::find(path)? {
        Found::File(opened) => {
            let mut gathered = Gathered::beginning(&opened)?;
            gathered.add(opened, None, |_| true)?;
            gathered.finish()
        }
        Found::Shards { index, of } => by_index(&index, &of),
        Found::Set(parts) => set(&parts),
    }
}

/// The shards that an index names.
fn by_index(path: &Path, index: &ShardIndex) -> Result<StoredFiles, InspectError> {
    let shards: Vec<PathBuf> = index.shards.iter().map(|name| path.with_file_name(name)).collect();
    // A tensor that the index does not name is not part of the model; one that it names elsewhere is there twice.
    let files = shards_of(&shards, false, |name| index.shard_of.contains_key(name))?;
    for (name, &shard) in &index.shard_of {
        if files.tensor(name).is_none_or(|tensor| tensor.file != shard) {
            let (index, name, shard) = (path.to_path_buf(), name.clone(), shards[shard].clone());
            return Err(InspectError::NotInShard { index, name, shard });
        }
    }
    Ok(files)
}

/// All files of a set that has no index: every tensor of each.
fn set(parts: &[PathBuf]) -> Result<StoredFiles, InspectError> {
    shards_of(parts, true, |_| true)
}

/// Those tensors of several files that belong to the checkpoint.
///
/// - `numbered`: whether the files are the parts 1, 2, … of a set
fn shards_of(paths: &[PathBuf], numbered: bool, belongs: impl Fn(&str) -> bool) -> Result<StoredFiles, InspectError> {
    let mut gathered: Option<Gathered> = None;
    for (place, path) in paths.iter().enumerate() {
        let opened = folder::open_shard(path, paths.len())?;
        let gathered = match &mut gathered {
            Some(gathered) => gathered,
            none => none.insert(Gathered::beginning(&opened)?),
        };
        gathered.add(opened, numbered.then_some((place + 1, paths.len())), &belongs)?;
    }
    gathered.unwrap_or_default().finish()
}

/// Tensors gathered from one file after another.
#[derive(Default)]
struct Gathered {
    format: StoredFormat,
    files: Vec<StoredFile>,
    tensors: Vec<StoredTensor>,
    config: Option<serde_json::Value>,
    gguf: Option<GgufKeys>,
}

impl Gathered {
    /// Nothing yet of the checkpoint that begins with this file.
    fn beginning(opened: &Opened) -> Result<Self, InspectError> {
        let (format, config) = match opened.contents {
            // What lies beside a checkpoint of our own says nothing about it, and a GGUF says everything itself.
            Contents::OwnCheckpoint => (StoredFormat::OwnCheckpoint, None),
            Contents::Gguf => (StoredFormat::Gguf, None),
            Contents::Safetensors => (StoredFormat::Safetensors, json::config_beside(&opened.path)?),
        };
        Ok(Self { format, config, ..Self::default() })
    }

    /// Adds those tensors of a file that belong to the checkpoint.
    ///
    /// - `part`: which of how many it is by its name, from 1
    fn add(
        &mut self,
        opened: Opened,
        part: Option<(usize, usize)>,
        belongs: impl Fn(&str) -> bool,
    ) -> Result<(), InspectError> {
        let file = self.files.len();
        let tensors = match (self.format, opened.contents) {
            (StoredFormat::Gguf, Contents::Gguf) => {
                let gguf::Header { keys, tensors } = gguf::header(&opened, file)?;
                keys.check_part(part).map_err(|found| fault(&opened.path, found))?;
                // The first part has all keys.
                self.gguf.get_or_insert(keys);
                tensors
            }
            (StoredFormat::Safetensors, Contents::Safetensors)
            | (StoredFormat::OwnCheckpoint, Contents::OwnCheckpoint) => safetensors::tensors(&opened, file)?,
            (_, other) => return Err(fault(&opened.path, StoredFault::OtherShard { found: other.words() })),
        };
        self.tensors.extend(tensors.into_iter().filter(|tensor| belongs(&tensor.name)));
        if self.tensors.len() > TENSORS {
            return Err(InspectError::TooManyTensors { limit: TENSORS });
        }
        self.files.push(opened.stored());
        Ok(())
    }

    /// The checkpoint, if every tensor is there once.
    fn finish(mut self) -> Result<StoredFiles, InspectError> {
        self.tensors.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some(twice) = self.tensors.windows(2).find(|pair| pair[0].name == pair[1].name) {
            let path = |tensor: &StoredTensor| self.files[tensor.file].path.clone();
            let (name, first, second) = (twice[0].name.clone(), path(&twice[0]), path(&twice[1]));
            return Err(InspectError::InTwoShards { name, first, second });
        }
        let Self { format, files, tensors, config, gguf } = self;
        Ok(StoredFiles { format, files, tensors, config, gguf })
    }
}

fn fault(path: &Path, fault: StoredFault) -> InspectError {
    InspectError::File { path: path.to_path_buf(), fault }
}

fn entry(name: &str, fault: EntryFault) -> StoredFault {
    StoredFault::Entry { name: name.to_owned(), fault }
}

#[cfg(test)]
pub(super) mod tests;
