//! The whole decoder on a text, layer by layer: embeddings, attention, experts, logits. Every weight is read once and dropped; only the
//! states of the text are kept, so that a model may be larger than memory.

use std::ops::ControlFlow;

use super::architecture::Architecture;
use super::fault::ForwardError;
use super::layer::Running;
use super::linear::{matrix, optional, panel, rows_of, times_turned, transposed};
use super::mixture::{MixtureAnswer, answer_mixture};
use super::names::{Names, Part};
use super::rope::Rotation;
use crate::inspect::layout::{MixturePlan, MixtureRole};
use crate::inspect::model::{MatrixRows, Model};

/// Most tokens of a text.
const MOST_TOKENS: usize = 1 << 14;

/// Where a run of a decoder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecoderStep {
    /// Layers that are done.
    pub layer: usize,
    /// Layers there are.
    pub layers: usize,
    /// Experts of this layer that have answered.
    pub experts: usize,
    /// Experts of this layer that answer.
    pub of: usize,
}

/// Who watches a decoder: takes what it makes as it is made, and may stop it.
pub trait DecoderWatch {
    /// States `[T, H]`: 0 after the embeddings, then after each layer; the last after the last norm as well.
    ///
    /// # Errors
    /// Whatever hinders the watcher.
    fn state(&mut self, index: usize, state: &[f32]) -> Result<(), ForwardError>;

    /// A mixture: what entered it, `[T, H]`, and what it made of it.
    ///
    /// # Errors
    /// Whatever hinders the watcher.
    fn mixture(&mut self, plan: &MixturePlan, input: &[f32], answer: &MixtureAnswer) -> Result<(), ForwardError>;

    /// Logits of the vocabulary from id `first` on, `[T, n]`.
    ///
    /// # Errors
    /// Whatever hinders the watcher.
    fn logits(&mut self, first: usize, logits: &[f32]) -> Result<(), ForwardError>;

    /// Is told often where the run is; may stop it.
    fn step(&mut self, step: DecoderStep) -> ControlFlow<()>;
}

/// A decoder that can be run: what its config says, checked.
pub struct Decoder<'a> {
    model: &'a Model,
    shape: Architecture,
    names: Names,
}

impl<'a> Decoder<'a> {
    /// Of a model; reads its config alone.
    ///
    /// # Errors
    /// A family that is not run, or a config that does not say enough.
    pub fn new(model: &'a Model) -> Result<Self, ForwardError> {
        let (layout, config) = (model.layout(), model.config());
        let shape =
            Architecture::of(config, layout.family(), layout.family_name().unwrap_or("a model without a config"))?;
        let names = Names::new(layout.prefix(), layout.family(), config.is_gguf());
        Ok(Self { model, shape, names })
    }

    /// Layers.
    pub fn layers(&self) -> usize {
        self.shape.layers.len()
    }

    /// Width of a state, H.
    pub fn hidden(&self) -> usize {
        self.shape.hidden
    }

    /// Logits there are for a token.
    ///
    /// # Errors
    /// No such matrix, or one of another width.
    pub fn logit_count(&self) -> Result<usize, ForwardError> {
        Ok(rows_of(&matrix(self.model, &self.head(), self.shape.hidden)?))
    }

    /// The mixtures it runs, in the order of its layers.
    pub fn mixtures(&self) -> impl Iterator<Item = &'a MixturePlan> {
        let layers = self.layers();
        self.model.mixtures().iter().filter(move |plan| plan.role() == MixtureRole::Main && plan.layer() < layers)
    }

    /// Name of the matrix that makes logits.
    fn head(&self) -> String {
        let own = self.names.heads().into_iter().map(|name| format!("{name}.weight"));
        own.into_iter().find(|name| self.model.files().tensor(name).is_some()).unwrap_or_else(|| self.names.embedding())
    }

    /// Runs a text.
    ///
    /// - `compete`: whether every expert answers every token
    ///
    /// # Errors
    /// Ids that are not the model's, tensors that lack or do not fit, or what the watcher says.
    pub fn run(&self, ids: &[u32], compete: bool, watch: &mut dyn DecoderWatch) -> Result<(), ForwardError> {
        let (shape, layers) = (&self.shape, self.layers());
        let mut state = self.embed(ids)?;
        let rotation = Rotation::new(&shape.rope, ids.len());
        let running = Running { model: self.model, shape, names: &self.names, rotation: &rotation };
        watch.state(0, &state)?;
        for layer in 0..layers {
            let step = |experts, of| DecoderStep { layer, layers, experts, of };
            if watch.step(step(0, 0)).is_break() {
                return Err(ForwardError::Stopped);
            }
            self.around(&running, layer, Part::AttentionNorm, &mut state, |x| running.attention(layer, x))?;
            self.around(&running, layer, Part::ExpertNorm, &mut state, |x| {
                let Some(plan) = self.mixtures().find(|plan| plan.layer() == layer) else {
                    return running.dense(layer, x);
                };
                let mut progress = |experts, of| watch.step(step(experts, of));
                let answer = answer_mixture(self.model, plan, x, compete, &mut progress)?;
                watch.mixture(plan, x, &answer)?;
                Ok(answer.output)
            })?;
            if let Some(at) = state.iter().position(|x| !x.is_finite()) {
                return Err(ForwardError::NotFinite { place: format!("layer.{layer}"), token: at / shape.hidden });
            }
            if layer + 1 == layers {
                running.norm(&self.names.last_norm(), &mut state)?;
            }
            watch.state(layer + 1, &state)?;
        }
        self.logits(&state, watch)
    }

    /// Adds to the state what a part of a layer makes of it, with its norm before or behind.
    fn around(
        &self,
        running: &Running<'_>,
        layer: usize,
        norm: Part,
        state: &mut [f32],
        part: impl FnOnce(&[f32]) -> Result<Vec<f32>, ForwardError>,
    ) -> Result<(), ForwardError> {
        let norm = self.names.part(layer, norm);
        let added = if self.shape.norms_behind {
            let mut made = part(state)?;
            running.norm(&norm, &mut made)?;
            made
        } else {
            let mut x = state.to_vec();
            running.norm(&norm, &mut x)?;
            part(&x)?
        };
        state.iter_mut().zip(&added).for_each(|(x, y)| *x += self.shape.residual * y);
        Ok(())
    }

    /// The embeddings of a text, `[T, H]`.
    fn embed(&self, ids: &[u32]) -> Result<Vec<f32>, ForwardError> {
        match ids.len() {
            0 => return Err(ForwardError::NoTokens),
            found if found > MOST_TOKENS => return Err(ForwardError::TooManyTokens { found, limit: MOST_TOKENS }),
            _ => {}
        }
        let hidden = self.shape.hidden;
        let table = matrix(self.model, &self.names.embedding(), hidden)?;
        let rows = rows_of(&table);
        let mut state = vec![0.0; ids.len() * hidden];
        for (&id, row) in ids.iter().zip(state.chunks_exact_mut(hidden)) {
            let at = id as usize;
            if at >= rows {
                return Err(ForwardError::Id { id, last: rows - 1 });
            }
            table.read(at * hidden..(at + 1) * hidden, row)?;
            row.iter_mut().for_each(|x| *x *= self.shape.embedding);
        }
        Ok(state)
    }

    /// Logits, some panels of the vocabulary at a time.
    fn logits(&self, state: &[f32], watch: &mut dyn DecoderWatch) -> Result<(), ForwardError> {
        let hidden = self.shape.hidden;
        let head = matrix(self.model, &self.head(), hidden)?;
        let count = rows_of(&head);
        let head = MatrixRows::whole(head, count, hidden);
        // Where the embeddings make logits, there may be a bias all the same.
        let [outer, plain] = self.names.heads().map(|name| format!("{name}.bias"));
        let bias = match optional(self.model, &outer, count)? {
            Some(bias) => Some(bias),
            None => optional(self.model, &plain, count)?,
        };
        // As many as all processors make at once, of a text of any length at most 64 MiB.
        let tokens = state.len() / hidden;
        let some = (panel(hidden) * 2 * rayon::current_num_threads()).min(((16 << 20) / tokens.max(1)).max(1));
        let turned = transposed(state, tokens, hidden);
        for first in (0..count).step_by(some) {
            let rows = first..count.min(first + some);
            let made = times_turned(&head, rows.clone(), bias.as_deref(), &turned, tokens)?;
            let mut logits = transposed(&made, rows.len(), tokens);
            if self.shape.logits_divisor != 1.0 {
                logits.iter_mut().for_each(|logit| *logit /= self.shape.logits_divisor);
            }
            watch.logits(first, &logits)?;
            let layers = self.layers();
            if watch.step(DecoderStep { layer: layers, layers, experts: rows.end, of: count }).is_break() {
                return Err(ForwardError::Stopped);
            }
        }
        Ok(())
    }
}
