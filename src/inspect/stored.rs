//! The tensors of a checkpoint as its files store them, and any stretch of one as numbers.
//!
//! Only headers are read when a checkpoint is opened; numbers are read by position when they are asked for, so that a
//! checkpoint may be larger than memory.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::fault::{InspectError, TensorFault};
use super::files::{self, GgufKeys};
use super::numbers::{Codec, StoredKind, Stretch};
use super::weight::Weight;

/// How a checkpoint is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoredFormat {
    /// A checkpoint of this program.
    OwnCheckpoint,
    /// Safetensors of anybody.
    #[default]
    Safetensors,
    /// GGUF, as llama.cpp writes it.
    Gguf,
}

/// A file of a checkpoint.
#[derive(Debug)]
pub struct StoredFile {
    pub(super) path: PathBuf,
    pub(super) file: File,
    pub(super) bytes: u64,
}

impl StoredFile {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its length, bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// A tensor as a file stores it: type, shape and place.
#[derive(Clone, Debug)]
pub struct StoredTensor {
    pub(super) name: String,
    pub(super) kind: StoredKind,
    pub(super) shape: Vec<usize>,
    pub(super) bytes: u64,
    /// Index of its file.
    pub(super) file: usize,
    /// Its first byte in that file.
    pub(super) at: u64,
}

impl StoredTensor {
    /// Its name in the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its type as the format names it, such as `BF16` or `Q4_K`.
    pub fn kind(&self) -> &str {
        self.kind.name()
    }

    /// Its shape, the axis that varies fastest last (a GGUF lists it first). Of packed types the shape of what is packed.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Bits of a number, rounded up; `None` of a type that is not known.
    pub(super) fn bits(&self) -> Option<u64> {
        self.kind.block().map(|(elements, bytes)| (8 * bytes).div_ceil(elements))
    }

    /// Bytes it takes in its file.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// All tensors of a checkpoint: their headers. Numbers are read by position.
#[derive(Debug)]
pub struct StoredFiles {
    pub(super) format: StoredFormat,
    pub(super) files: Vec<StoredFile>,
    /// By name.
    pub(super) tensors: Vec<StoredTensor>,
    pub(super) config: Option<serde_json::Value>,
    pub(super) gguf: Option<GgufKeys>,
}

impl StoredFiles {
    /// Opens a checkpoint: one of this program, a `.safetensors`, the folder of a model, its `model.safetensors.index.json`, or a
    /// `.gguf` (of a split one any part). Reads headers only.
    ///
    /// # Errors
    /// [`InspectError`], naming the file or tensor that is wrong.
    pub fn open(path: &Path) -> Result<Self, InspectError> {
        files::open(path)
    }

    /// How it is written.
    pub fn format(&self) -> StoredFormat {
        self.format
    }

    /// Its files.
    pub fn files(&self) -> &[StoredFile] {
        &self.files
    }

    /// What `config.json` beside public safetensors says.
    pub fn config(&self) -> Option<&serde_json::Value> {
        self.config.as_ref()
    }

    /// What the keys of a GGUF say.
    pub fn gguf(&self) -> Option<&GgufKeys> {
        self.gguf.as_ref()
    }

    /// Its tensors, by name.
    pub fn tensors(&self) -> impl Iterator<Item = &StoredTensor> {
        self.tensors.iter()
    }

    /// The tensor of that name.
    pub fn tensor(&self, name: &str) -> Option<&StoredTensor> {
        let place = self.tensors.binary_search_by(|tensor| tensor.name.as_str().cmp(name)).ok()?;
        self.tensors.get(place)
    }

    /// The tensor of that name as numbers, scales applied; `None` if there is none.
    ///
    /// `X` may be stored as `X`, as FP8 with `X_scale_inv`, or as MXFP4 in `X_blocks` and `X_scales`.
    ///
    /// # Errors
    /// [`InspectError::Tensor`] if its numbers are stored in a way that is not known, or its scales do not fit.
    pub fn weight(&self, name: &str) -> Result<Option<Weight<'_>>, InspectError> {
        Weight::of(self, name)
    }

    /// The numbers of a tensor; `None` if its type is not read.
    pub(super) fn stretch(&self, tensor: &StoredTensor) -> Option<Stretch<'_>> {
        let (file, at) = self.place(tensor);
        tensor.kind.codec().map(|codec| Stretch { file, at, codec })
    }

    /// The scales in a tensor, where bytes are powers of two; `None` if its type is not read.
    pub(super) fn powers(&self, tensor: &StoredTensor) -> Option<Stretch<'_>> {
        let (file, at) = self.place(tensor);
        if tensor.kind() == "U8" { Some(Stretch { file, at, codec: Codec::F8E8m0 }) } else { self.stretch(tensor) }
    }

    /// The file of a tensor, and its first byte there.
    pub(super) fn place(&self, tensor: &StoredTensor) -> (&File, u64) {
        (&self.file_of(tensor).file, tensor.at)
    }

    fn file_of(&self, tensor: &StoredTensor) -> &StoredFile {
        &self.files[tensor.file]
    }

    pub(super) fn error(&self, tensor: &StoredTensor, fault: TensorFault) -> InspectError {
        InspectError::Tensor { name: tensor.name.clone(), path: self.file_of(tensor).path.clone(), fault }
    }
}
