//! Which files a checkpoint is, and what their headers say: safetensors, folders of shards.

mod folder;
mod json;
mod named;
mod opened;
mod safetensors;

use std::path::{Path, PathBuf};

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
        Found::File(opened) => alone(opened),
        Found::Shards { index, of } => by_index(&index, of),
        Found::Set(parts) => set(parts),
    }
}

/// A file that is a checkpoint by itself.
fn alone(opened: Opened) -> Result<StoredFiles, InspectError> {
    let format = match opened.contents {
        Contents::OwnCheckpoint => StoredFormat::OwnCheckpoint,
        Contents::Safetensors => StoredFormat::Safetensors,
    };
    let mut gathered = Gathered::new(format);
    // What lies beside a checkpoint of our own says nothing about it.
    if format == StoredFormat::Safetensors {
        gathered.config = json::config_beside(&opened.path)?;
    }
    gathered.add_safetensors(opened, |_| true)?;
    gathered.finish()
}

/// The shards that an index names.
fn by_index(path: &Path, index: ShardIndex) -> Result<StoredFiles, InspectError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut gathered = Gathered::new(StoredFormat::Safetensors);
    gathered.config = json::config_beside(path)?;
    let shards: Vec<PathBuf> = index.shards.iter().map(|name| folder.join(name)).collect();
    for (number, shard) in shards.iter().enumerate() {
        let opened = folder::open_shard(shard, shards.len())?;
        // A tensor that the index does not name is not part of the model; one that it names elsewhere is there twice.
        gathered.add_safetensors(opened, |name| index.shard_of.contains_key(name))?;
        debug_assert_eq!(gathered.files.len(), number + 1);
    }
    let files = gathered.finish()?;
    for (name, &shard) in &index.shard_of {
        if files.tensor(name).is_none_or(|tensor| tensor.file != shard) {
            let (index, name, shard) = (path.to_path_buf(), name.clone(), shards[shard].clone());
            return Err(InspectError::NotInShard { index, name, shard });
        }
    }
    Ok(files)
}

/// All files of a set that has no index: every tensor of each.
fn set(parts: Vec<PathBuf>) -> Result<StoredFiles, InspectError> {
    let mut gathered = Gathered::new(StoredFormat::Safetensors);
    for part in &parts {
        if gathered.config.is_none() {
            gathered.config = json::config_beside(part)?;
        }
        gathered.add_safetensors(folder::open_shard(part, parts.len())?, |_| true)?;
    }
    gathered.finish()
}

/// Tensors gathered from one file after another.
struct Gathered {
    format: StoredFormat,
    files: Vec<StoredFile>,
    tensors: Vec<StoredTensor>,
    config: Option<serde_json::Value>,
}

impl Gathered {
    fn new(format: StoredFormat) -> Self {
        Self { format, files: Vec::new(), tensors: Vec::new(), config: None }
    }

    /// Adds those tensors of a safetensors file that belong to the checkpoint.
    fn add_safetensors(&mut self, opened: Opened, belongs: impl Fn(&str) -> bool) -> Result<(), InspectError> {
        if !matches!(opened.contents, Contents::Safetensors | Contents::OwnCheckpoint) {
            return Err(fault(&opened.path, StoredFault::Foreign { found: opened.contents.words().into() }));
        }
        let entries = safetensors::entries(&opened, self.files.len())?;
        self.tensors.extend(entries.into_iter().filter(|tensor| belongs(&tensor.name)));
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
        let Self { format, files, tensors, config } = self;
        Ok(StoredFiles { format, files, tensors, config })
    }
}

fn fault(path: &Path, fault: StoredFault) -> InspectError {
    InspectError::File { path: path.to_path_buf(), fault }
}

fn entry(name: &str, fault: EntryFault) -> StoredFault {
    StoredFault::Entry { name: name.to_owned(), fault }
}
