//! A model as its checkpoint holds it: files, config and layout together. Reads routers and experts in one form, `[out, in]` with gate
//! and up apart, however they are stored.

mod parts;
mod rows;

use std::path::Path;

pub use parts::{ExpertMatrices, RouterWeights, SharedExpert, WeightMatrix};
pub(super) use rows::{ExpertRows, MatrixRows};

use super::config::CheckpointConfig;
use super::fault::InspectError;
use super::layout::{
    BiasPlace, CheckpointLayout, CorrectionPlace, ExpertPlaces, MatrixPlace, MixturePlan, RouterPlace, Slice,
};
use super::quantised;
use super::stored::{StoredFiles, StoredFormat};
use super::weight::Weight;
use crate::store::checkpoint;

/// Numbers that are read at once where not all that is stored is wanted: 1 MiB.
const AT_ONCE: usize = 1 << 18;

/// A checkpoint whose mixtures are known.
#[derive(Debug)]
pub struct Model {
    files: StoredFiles,
    config: CheckpointConfig,
    layout: CheckpointLayout,
    parameters: u64,
}

impl Model {
    /// Opens a checkpoint (what `path` may be: [`StoredFiles::open`]). Reads headers only.
    ///
    /// # Errors
    /// Files that cannot be read, or no mixture of experts in them.
    pub fn open(path: &Path) -> Result<Self, InspectError> {
        let files = StoredFiles::open(path)?;
        let is_own = files.format() == StoredFormat::OwnCheckpoint;
        let config = if is_own { own_config(path) } else { config_of(&files) };
        let mut parameters = 0u64;
        let mut logical = Vec::new();
        for tensor in files.tensors() {
            let name = tensor.name();
            // Beside the model an own checkpoint holds moments and curves.
            if (is_own && !name.starts_with("model/")) || is_beside(&files, name) {
                continue;
            }
            let (name, shape) = match unpacked(name) {
                Some(packed) => (packed.to_owned(), shape_of(&files, packed)?),
                None => (name.to_owned(), quantised::shape(&files, tensor)),
            };
            let count = shape.iter().fold(1u64, |count, axis| count.saturating_mul(*axis as u64));
            parameters = parameters.saturating_add(count);
            logical.push((name, shape));
        }
        let layout = CheckpointLayout::decide(logical.into_iter(), &config, is_own)?;
        Ok(Self { files, config, layout, parameters })
    }

    /// Its files.
    pub fn files(&self) -> &StoredFiles {
        &self.files
    }

    /// What it says of itself.
    pub fn config(&self) -> &CheckpointConfig {
        &self.config
    }

    /// Its layout.
    pub fn layout(&self) -> &CheckpointLayout {
        &self.layout
    }

    /// Its mixtures, in the order of [`CheckpointLayout::mixtures`].
    pub fn mixtures(&self) -> &[MixturePlan] {
        self.layout.mixtures()
    }

    /// Numbers in all its tensors, scales of quantised ones not counted.
    pub fn parameters(&self) -> u64 {
        self.parameters
    }

    /// A tensor by its stored name; `None` if there is none.
    ///
    /// # Errors
    /// Numbers stored in a way that is not read.
    pub fn weight(&self, name: &str) -> Result<Option<Weight<'_>>, InspectError> {
        self.files.weight(name)
    }

    /// The router of a mixture; `None` if it has none.
    ///
    /// # Errors
    /// Numbers that cannot be read.
    pub fn router(&self, mixture: &MixturePlan) -> Result<Option<RouterWeights>, InspectError> {
        let Some(place) = mixture.router_place() else { return Ok(None) };
        let correction = |place: &CorrectionPlace| match place.part {
            None => self.there(&place.name)?.vector(),
            Some((first, count)) => {
                let mut values = vec![0.0; count];
                self.there(&place.name)?.read(first..first + count, &mut values)?;
                Ok(values)
            }
        };
        Ok(Some(RouterWeights {
            rows: self.router_rows(place)?,
            bias: place.bias.as_ref().map(|name| self.there(name)?.vector()).transpose()?,
            correction_bias: mixture.correction_place().map(correction).transpose()?,
        }))
    }

    fn router_rows(&self, place: &RouterPlace) -> Result<WeightMatrix, InspectError> {
        let [rows, columns] = place.stored;
        let of = MatrixPlace {
            name: place.name.clone(),
            is_each: true,
            first: 0,
            stored: [rows, columns],
            is_transposed: place.is_transposed,
            slice: Slice::Whole,
        };
        self.matrix(&of, 0)
    }

    /// An expert of a mixture, numbered from 0.
    ///
    /// # Errors
    /// A tensor of it that is missing, or numbers that cannot be read.
    pub fn expert(&self, mixture: &MixturePlan, expert: usize) -> Result<ExpertMatrices, InspectError> {
        self.matrices(mixture.places(), expert)
    }

    /// Biases of gate, up and down of an expert.
    pub(super) fn biases(&self, places: &ExpertPlaces, expert: usize) -> Result<[Option<Vec<f32>>; 3], InspectError> {
        let bias = |place: &Option<BiasPlace>| place.as_ref().map(|place| self.bias(place, expert)).transpose();
        let [gate, up, down] = &places.biases;
        Ok([bias(gate)?, bias(up)?, bias(down)?])
    }

    /// The shared expert of a mixture; `None` if it has none.
    ///
    /// # Errors
    /// As [`Self::expert`].
    pub fn shared(&self, mixture: &MixturePlan) -> Result<Option<SharedExpert>, InspectError> {
        let Some(place) = mixture.shared_place() else { return Ok(None) };
        let gate = place.gate.as_ref().map(|name| self.there(name)?.vector()).transpose()?;
        Ok(Some(SharedExpert { weights: self.matrices(&place.places, 0)?, gate }))
    }

    /// The bias that is added to the whole block's answer (JetMoE), `[H]`.
    ///
    /// # Errors
    /// Numbers that cannot be read.
    pub fn block_bias(&self, mixture: &MixturePlan) -> Result<Option<Vec<f32>>, InspectError> {
        mixture.block_bias_name().map(|name| self.there(name)?.vector()).transpose()
    }

    fn matrices(&self, places: &ExpertPlaces, expert: usize) -> Result<ExpertMatrices, InspectError> {
        let [gate_bias, up_bias, down_bias] = self.biases(places, expert)?;
        Ok(ExpertMatrices {
            gate: places.gate.as_ref().map(|place| self.matrix(place, expert)).transpose()?,
            up: self.matrix(&places.up, expert)?,
            down: self.matrix(&places.down, expert)?,
            gate_bias,
            up_bias,
            down_bias,
        })
    }

    /// The tensor of a name that the layout knows.
    fn there(&self, name: &str) -> Result<Weight<'_>, InspectError> {
        self.files.weight(name)?.ok_or_else(|| InspectError::MissingTensor { name: name.to_owned() })
    }

    /// Reads one matrix of one expert.
    pub(super) fn matrix(&self, place: &MatrixPlace, expert: usize) -> Result<WeightMatrix, InspectError> {
        let (name, at) = place.of(expert);
        let weight = self.there(&name)?;
        let ([outputs, inputs], [rows, columns]) = (place.shape(), place.stored);
        let mut values = vec![0.0; outputs * inputs];
        if values.is_empty() {
            return Ok(WeightMatrix { rows: outputs, columns: inputs, values });
        }
        let is_one_piece = !place.is_transposed && matches!(place.slice, Slice::Whole | Slice::First | Slice::Second);
        if is_one_piece {
            let from = at + place.slice.at(0, outputs) * inputs;
            weight.read(from..from + values.len(), &mut values)?;
            return Ok(WeightMatrix { rows: outputs, columns: inputs, values });
        }
        let together = (AT_ONCE / columns).clamp(1, rows);
        let mut block = vec![0.0; together * columns];
        for first in (0..rows).step_by(together) {
            let count = together.min(rows - first);
            let Some(block) = block.get_mut(..count * columns) else { continue };
            let from = at + first * columns;
            weight.read(from..from + block.len(), block)?;
            for (row, stored) in block.chunks_exact(columns).enumerate() {
                self::put(&mut values, place, first + row, stored);
            }
        }
        Ok(WeightMatrix { rows: outputs, columns: inputs, values })
    }

    fn bias(&self, place: &BiasPlace, expert: usize) -> Result<Vec<f32>, InspectError> {
        let (name, at) = place.of(expert);
        let mut stored = vec![0.0; place.stored];
        self.there(&name)?.read(at..at + place.stored, &mut stored)?;
        let outputs = if place.slice == Slice::Whole { place.stored } else { place.stored / 2 };
        Ok((0..outputs).filter_map(|output| stored.get(place.slice.at(output, outputs)).copied()).collect())
    }

    /// A stretch of what one tensor stores of an expert, in the order in which it lies.
    pub(super) fn stretch(
        &self,
        place: &MatrixPlace,
        expert: usize,
        from: usize,
        into: &mut [f32],
    ) -> Result<(), InspectError> {
        let (name, at) = place.of(expert);
        self.there(&name)?.read(at + from..at + from + into.len(), into)
    }
}

/// Puts a row that is stored where it belongs in the matrix.
fn put(values: &mut [f32], place: &MatrixPlace, row: usize, stored: &[f32]) {
    let [outputs, inputs] = place.shape();
    if place.is_transposed {
        let column = values.iter_mut().skip(row).step_by(inputs);
        for (output, value) in column.enumerate() {
            if let Some(stored) = stored.get(place.slice.at(output, outputs)) {
                *value = *stored;
            }
        }
        return;
    }
    let output = match (place.slice, row % 2) {
        (Slice::Even, 0) | (Slice::Odd, 1) => row / 2,
        _ => return,
    };
    if let Some(values) = values.get_mut(output * inputs..(output + 1) * inputs) {
        values.copy_from_slice(stored);
    }
}

/// The run that a checkpoint of this program holds; says nothing where it does not read.
fn own_config(path: &Path) -> CheckpointConfig {
    let config = checkpoint::peek(path).ok().and_then(|manifest| serde_json::to_value(manifest.config).ok());
    config.as_ref().map(CheckpointConfig::of_json).unwrap_or_default()
}

/// What a checkpoint of anybody else says of itself.
fn config_of(files: &StoredFiles) -> CheckpointConfig {
    match files.gguf() {
        Some(keys) => {
            let architecture = keys.text("general.architecture").unwrap_or("");
            CheckpointConfig::of_gguf(architecture, keys.scalars().map(|(key, value)| (key.to_owned(), value)))
        }
        None => files.config().map(CheckpointConfig::of_json).unwrap_or_default(),
    }
}

/// The name of what is packed in a tensor of blocks.
fn unpacked(name: &str) -> Option<&str> {
    name.strip_suffix("_blocks").or_else(|| name.strip_suffix(".blocks"))
}

/// Whether a tensor holds scales of another one. What is just called `scale` may be a weight, as in a norm.
fn is_beside(files: &StoredFiles, name: &str) -> bool {
    let of_weight =
        || name.strip_suffix(".scale").is_some_and(|stem| files.tensor(&format!("{stem}.weight")).is_some());
    ["_scales", ".scales", "_scale_inv", "_scale", "_scale_2"].iter().any(|end| name.ends_with(end)) || of_weight()
}

fn shape_of(files: &StoredFiles, name: &str) -> Result<Vec<usize>, InspectError> {
    let weight = files.weight(name)?.ok_or_else(|| InspectError::MissingTensor { name: name.to_owned() })?;
    Ok(weight.shape().to_vec())
}

#[cfg(test)]
mod tests;
