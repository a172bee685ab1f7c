//! The tensors of a checkpoint as its files store them, and any stretch of one as numbers.
//!
//! Only headers are read when a checkpoint is opened; numbers are read by position when they are asked for, so that a
//! checkpoint may be larger than memory.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::fault::{InspectError, TensorFault};
use super::files;
use super::numbers::{self, Codec, StoredKind};

/// Most numbers that [`Weight::vector`] holds at once: 8 GiB.
const LARGEST: usize = 1 << 31;

/// How a checkpoint is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredFormat {
    /// A checkpoint of this program.
    OwnCheckpoint,
    /// Safetensors of anybody.
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

    /// Its tensors, by name.
    pub fn tensors(&self) -> impl Iterator<Item = &StoredTensor> {
        self.tensors.iter()
    }

    /// The tensor of that name.
    pub fn tensor(&self, name: &str) -> Option<&StoredTensor> {
        let place = self.tensors.binary_search_by(|tensor| tensor.name.as_str().cmp(name)).ok()?;
        self.tensors.get(place)
    }

    /// The tensor of that name as numbers; `None` if there is none.
    ///
    /// # Errors
    /// [`InspectError::Tensor`] if its numbers are stored in a way that is not known.
    pub fn weight(&self, name: &str) -> Result<Option<Weight<'_>>, InspectError> {
        let Some(tensor) = self.tensor(name) else { return Ok(None) };
        let Some(codec) = tensor.kind.codec() else {
            let fault = TensorFault::UnknownKind { kind: tensor.kind.name().to_owned() };
            return Err(self.tensor_error(tensor, fault));
        };
        let shape = tensor.shape.clone();
        let len = shape.iter().product();
        Ok(Some(Weight { files: self, tensor, codec, shape, len }))
    }

    fn file_of(&self, tensor: &StoredTensor) -> &StoredFile {
        &self.files[tensor.file]
    }

    fn tensor_error(&self, tensor: &StoredTensor, fault: TensorFault) -> InspectError {
        InspectError::Tensor { name: tensor.name.clone(), path: self.file_of(tensor).path.clone(), fault }
    }
}

/// A tensor as numbers: its shape, and any stretch of it.
#[derive(Debug)]
pub struct Weight<'a> {
    files: &'a StoredFiles,
    tensor: &'a StoredTensor,
    codec: Codec,
    shape: Vec<usize>,
    len: usize,
}

impl Weight<'_> {
    /// Its shape as numbers, the axis that varies fastest last.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// How many numbers it has.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has no number.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Reads the numbers `elements`, counted along its shape, scales applied.
    ///
    /// - `into`: as many places as numbers are asked for; undefined after an error
    ///
    /// # Errors
    /// [`InspectError::Tensor`] if the stretch is not in the tensor, or the file cannot be read.
    pub fn read(&self, elements: Range<usize>, into: &mut [f32]) -> Result<(), InspectError> {
        let (begin, end) = (elements.start, elements.end);
        if begin > end || end > self.len || end - begin != into.len() {
            let fault = TensorFault::Outside { begin, end, room: into.len(), len: self.len };
            return Err(self.files.tensor_error(self.tensor, fault));
        }
        let file = &self.files.file_of(self.tensor).file;
        numbers::read(file, self.tensor.at, self.codec, begin, into)
            .map_err(|error| self.files.tensor_error(self.tensor, TensorFault::Unreadable(error)))
    }

    /// All its numbers.
    ///
    /// # Errors
    /// [`InspectError::Tensor`] if there are more than 2^31, or the file cannot be read.
    pub fn vector(&self) -> Result<Vec<f32>, InspectError> {
        if self.len > LARGEST {
            let fault = TensorFault::TooLarge { found: self.len as u64, limit: LARGEST as u64 };
            return Err(self.files.tensor_error(self.tensor, fault));
        }
        let mut numbers = vec![0.0; self.len];
        self.read(0..self.len, &mut numbers)?;
        Ok(numbers)
    }
}
