//! One `.safetensors` file that holds a whole run: weights, moments, history, journal, config.
//!
//! No threads, no tensors: it takes and gives plain arrays. What stands in the file:
//!
//! | Tensor | Type and shape | Holds |
//! |---|---|---|
//! | `model/<name>` | F32 | a weight; the experts of a layer are one tensor whose first axis is the expert |
//! | `optimizer/m1/<name>`, `optimizer/m2/<name>` | F32, as the weight | the moments of AdamW |
//! | `history/buckets/<series>` | F64 `[buckets, 7]` | first step, last step, n, min, max, sum, bad |
//! | `history/recent/<series>` | F64 `[values, 2]` | step and value of the newest values, unmerged |
//! | `history/cosines/<layer>/<i>` | F32 `[experts, experts]` | keyframe i of the mean output cosines |
//!
//! The header's metadata has one entry, `moe-arena`: the [`Manifest`] as JSON. Its first field is a SHA-256 over the
//! whole file, taken with its own 64 digits as zeros, so that no byte of header or data can change unnoticed.
//!
//! In Python: `safetensors.numpy.load_file("checkpoint.safetensors")["model/…"]`.

mod demand;
mod encode;
mod error;
mod foreign;
mod header;
mod history;
mod manifest;
mod open;
mod run_id;
mod save;
mod seal;
mod text;

pub use error::{OpenError, SaveError};
pub(crate) use manifest::FORMAT;
pub use manifest::{CosineIndex, FrameIndex, Manifest, VERSION};
pub(crate) use open::{begins_as_checkpoint, open_expecting};
pub use open::{open, peek, peek_history};
pub use run_id::RunId;
pub use save::save;
pub(crate) use save::{Over, save_over};
pub(crate) use text::places_of_text;

use crate::domain::config::Config;
use crate::domain::config::path::WrittenPath;
use crate::domain::state::{Array, State};
use crate::store::alerts::Alerts;
use crate::store::history::History;
use crate::tasks::TaskFingerprint;
use crate::tasks::text::TextIdentity;

/// A whole run between two steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// What the run is; its knobs are those of step 0.
    pub config: Config,
    /// Weights, moments, progress.
    pub state: State,
    /// Everything remembered.
    pub history: History,
    /// What is or was wrong for long enough to be said.
    pub alerts: Alerts,
    /// Seconds spent training, pauses left out.
    pub seconds: f64,
    /// Floating-point operations of all its training steps; `None` in files from before they were counted.
    pub flop: Option<u64>,
    /// Which run this is.
    pub run: RunId,
    /// The text it was trained on; a run goes on exactly only on the same text.
    pub text: TextIdentity,
    /// Fingerprint of the data it was trained on; `None` before its task is open, and in files from before it was kept.
    pub data: Option<TaskFingerprint>,
    /// Validation loss at this step, nats per byte; `None` if it was not measured.
    pub loss: Option<f64>,
    /// In an opened file, paths of the text relative to the folder of that file; made anew at each save.
    pub text_beside: Vec<WrittenPath>,
}

impl Checkpoint {
    /// A new run at its beginning, before its text is open.
    pub(crate) fn beginning(config: Config, state: State) -> Self {
        let (history, alerts) = (History::default(), Alerts::default());
        let (run, text) = (RunId::new(), TextIdentity::default());
        Self {
            config,
            state,
            history,
            alerts,
            seconds: 0.0,
            flop: Some(0),
            run,
            text,
            data: None,
            loss: None,
            text_beside: Vec::new(),
        }
    }

    /// The first tensor of weights or moments with a number that is not finite, if there is one: such a run cannot go on,
    /// and is not worth a file.
    pub fn not_finite(&self) -> Option<String> {
        let bad = |array: &Array| array.values.iter().any(|value| !value.is_finite());
        let arrays = encode::groups(&self.state).into_iter().flat_map(|(prefix, arrays)| {
            arrays.iter().filter(|array| bad(array)).map(move |array| format!("{prefix}{}", array.name))
        });
        let mut biases = self.state.selection_bias.iter().enumerate();
        let biased = biases.find(|(_, row)| row.iter().any(|bias| !bias.is_finite()));
        arrays.chain(biased.map(|(layer, _)| format!("the selection bias of layer {}", layer + 1))).next()
    }

    /// Whether weights and moments are exactly those a trainer expects, in any order.
    ///
    /// - `expected`: name and shape of every weight
    ///
    /// # Errors
    /// [`OpenError::MissingTensor`], [`OpenError::ExtraTensor`] or [`OpenError::WrongShape`] for the first that differs.
    pub fn check(&self, expected: &[(String, Vec<usize>)]) -> Result<(), OpenError> {
        for (prefix, arrays) in encode::groups(&self.state) {
            let found = arrays.iter().map(|array| (format!("{prefix}{}", array.name), array.shape.clone()));
            demand::same_shapes(
                expected.iter().map(|(name, shape)| (format!("{prefix}{name}"), shape.clone())),
                found,
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
