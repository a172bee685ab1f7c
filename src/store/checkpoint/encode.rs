//! A checkpoint as the bytes of its file: header with its seal, then the data, never all of it in memory at once.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};

use super::demand::{MODEL, MOMENT1, MOMENT2};
use super::seal::{self, Seal};
use super::{Checkpoint, FORMAT, Manifest, SaveError, VERSION, header, history, text};
use crate::domain::state::{Array, State};

/// Numbers turned into bytes at a time.
const CHUNK: usize = 16 * 1024;

/// The numbers of a tensor.
pub(super) enum Numbers<'a> {
    /// Weights, moments, cosines.
    F32(&'a [f32]),
    /// Curves.
    F64(Vec<f64>),
}

/// One tensor of the file.
pub(super) struct Tensor<'a> {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) numbers: Numbers<'a>,
}

impl Tensor<'_> {
    fn dtype(&self) -> Dtype {
        match self.numbers {
            Numbers::F32(_) => Dtype::F32,
            Numbers::F64(_) => Dtype::F64,
        }
    }

    fn bytes(&self) -> usize {
        match &self.numbers {
            Numbers::F32(numbers) => 4 * numbers.len(),
            Numbers::F64(numbers) => 8 * numbers.len(),
        }
    }

    /// Hands over the numbers as little-endian bytes, piece by piece.
    fn feed(&self, sink: &mut impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        match &self.numbers {
            Numbers::F32(numbers) => numbers
                .chunks(CHUNK)
                .try_for_each(|chunk| sink(&chunk.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())),
            Numbers::F64(numbers) => numbers
                .chunks(CHUNK)
                .try_for_each(|chunk| sink(&chunk.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())),
        }
    }
}

/// A checkpoint ready to be written.
pub(super) struct Encoded<'a> {
    head: Vec<u8>,
    tensors: Vec<Tensor<'a>>,
}

/// The three groups of arrays of a state with the prefix of their names.
pub(super) fn groups(state: &State) -> [(&'static str, &[Array]); 3] {
    [(MODEL, &state.weights), (MOMENT1, &state.moment1), (MOMENT2, &state.moment2)]
}

impl<'a> Encoded<'a> {
    /// Lays out a checkpoint that is to lie at `path` and seals it.
    ///
    /// # Errors
    /// [`SaveError::Unwritable`] if the file would not read back.
    pub(super) fn of(checkpoint: &'a Checkpoint, path: &Path) -> Result<Self, SaveError> {
        let state = &checkpoint.state;
        // Eight-byte numbers first: then everything is aligned. Weights stay in the network's order.
        let (mut tensors, strides) = history::series_out(&checkpoint.history)?;
        for (prefix, arrays) in groups(state) {
            tensors.extend(arrays.iter().map(|array| Tensor {
                name: format!("{prefix}{}", array.name),
                shape: array.shape.clone(),
                numbers: Numbers::F32(&array.values),
            }));
        }
        let (frames, cosines) = history::cosines_out(&checkpoint.history);
        tensors.extend(frames);
        let manifest = Manifest {
            sha256: seal::OPEN_SEAL.into(),
            format: FORMAT.into(),
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").into(),
            config: checkpoint.config.clone(),
            progress: state.progress.clone(),
            selection_bias: state.selection_bias.clone(),
            seconds: checkpoint.seconds,
            flop: checkpoint.flop,
            run: checkpoint.run.clone(),
            text: checkpoint.text.clone(),
            data: checkpoint.data.clone(),
            loss: checkpoint.loss.filter(|loss| loss.is_finite()),
            text_beside: checkpoint.config.task.text().map(|text| text::relative(text, path)).unwrap_or_default(),
            text_bytes: None,
            journal: checkpoint.history.journal.as_ref().clone(),
            alerts: checkpoint.alerts.clone(),
            last_tokens: checkpoint.history.last_tokens.as_ref().clone(),
            strides,
            cosines,
        };
        check_shapes(checkpoint, &tensors)?;
        let head = head(&manifest, &tensors)?;
        let mut encoded = Self { head, tensors };
        encoded.seal()?;
        Ok(encoded)
    }

    fn seal(&mut self) -> Result<(), SaveError> {
        let mut seal = Seal::over(&self.head);
        let mut update = |bytes: &[u8]| {
            seal.update(bytes);
            Ok(())
        };
        let fed = self.tensors.iter().try_for_each(|tensor| tensor.feed(&mut update));
        fed.map_err(|error| SaveError::Unwritable(error.to_string()))?;
        seal::close(&mut self.head, &seal.digits())
            .ok_or_else(|| SaveError::Unwritable("the checksum has no place in the header".into()))
    }

    /// Bytes of the whole file.
    pub(super) fn bytes(&self) -> u64 {
        self.head.len() as u64 + self.tensors.iter().map(|tensor| tensor.bytes() as u64).sum::<u64>()
    }

    /// Writes the whole file.
    pub(super) fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&self.head)?;
        self.tensors.iter().try_for_each(|tensor| tensor.feed(&mut |bytes| out.write_all(bytes)))
    }
}

/// Sees that names are unique, shapes fit their numbers and moments their weights.
fn check_shapes(checkpoint: &Checkpoint, tensors: &[Tensor<'_>]) -> Result<(), SaveError> {
    let mut names = BTreeSet::new();
    for tensor in tensors {
        let numbers = tensor.shape.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
        let width = tensor.dtype().bitsize() / 8;
        if numbers.and_then(|n| n.checked_mul(width)) != Some(tensor.bytes()) {
            let found = tensor.bytes() / width;
            return Err(SaveError::Unwritable(format!(
                "{} has shape {:?} and {found} numbers",
                tensor.name, tensor.shape
            )));
        }
        if !names.insert(&tensor.name) {
            return Err(SaveError::Unwritable(format!("two tensors are called {}", tensor.name)));
        }
    }
    let expected: Vec<_> = checkpoint.state.weights.iter().map(|a| (a.name.clone(), a.shape.clone())).collect();
    checkpoint.check(&expected).map_err(|error| SaveError::Unwritable(error.to_string()))
}

/// The file up to its data: eight bytes of length, then the header, padded so that the data are aligned.
fn head(manifest: &Manifest, tensors: &[Tensor<'_>]) -> Result<Vec<u8>, SaveError> {
    let unwritable = |error: String| SaveError::Unwritable(error);
    let json = serde_json::to_string(manifest).map_err(|error| unwritable(error.to_string()))?;
    // Numbers that JSON cannot say (NaN in a knob, say) would come back as something else.
    match Manifest::read(&json) {
        Ok(again) if again == *manifest => {}
        Ok(_) => return Err(unwritable("its manifest does not read back as it is".into())),
        Err(error) => return Err(unwritable(error.to_string())),
    }
    let mut end = 0;
    let infos = tensors.iter().map(|tensor| {
        let start = end;
        end += tensor.bytes();
        (
            tensor.name.clone(),
            TensorInfo { dtype: tensor.dtype(), shape: tensor.shape.clone(), data_offsets: (start, end) },
        )
    });
    let infos: Vec<_> = infos.collect();
    let entries = HashMap::from([(seal::ENTRY.to_owned(), json)]);
    let metadata = Metadata::new(Some(entries), infos).map_err(|error| unwritable(error.to_string()))?;
    let mut text = serde_json::to_vec(&metadata).map_err(|error| unwritable(error.to_string()))?;
    text.resize(text.len().next_multiple_of(8), b' ');
    if text.len() as u64 > header::LIMIT {
        let reason = format!("its journal and curves need a header of {} bytes; at most {}", text.len(), header::LIMIT);
        return Err(unwritable(reason));
    }
    Ok([&(text.len() as u64).to_le_bytes()[..], &text].concat())
}
