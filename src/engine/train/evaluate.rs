//! Evaluation of given inputs without targets: router, competition and outputs at each of them, in one forward pass.

use burn::tensor::Tensor;

use super::commit::StepError;
use super::readback::Pending;
use super::readback_layout::{ReadbackLayout, ReadbackWriter};
use super::trainer::Trainer;
use crate::domain::readings::{Evaluation, LayerEvaluation};
use crate::engine::model::{ForwardInputs, Mode};
use crate::tasks::BatchInput;

/// A field of an evaluation's vector; T positions, N experts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EvaluationField {
    /// `[T, outputs]`
    Outputs,
    /// s of the layer looked at: `[T, N]`
    Affinities,
    /// What its picks are the largest of: `[T, N]`
    Scores,
}

/// What the host knows of an evaluation without reading it.
#[derive(Debug)]
pub(super) struct EvaluationShape {
    step: u64,
    positions: usize,
    experts: usize,
    layout: ReadbackLayout<EvaluationField>,
}

impl EvaluationShape {
    /// The reading of an evaluation from its vector.
    pub fn reading(&self, numbers: &[f32]) -> Evaluation {
        let get = |field| self.layout.get(numbers, field);
        let affinities = self.layout.find(numbers, EvaluationField::Affinities);
        Evaluation {
            step: self.step,
            positions: self.positions,
            outputs: get(EvaluationField::Outputs).to_vec(),
            layer: affinities.map(|s| LayerEvaluation::of(get(EvaluationField::Scores), s, self.experts)),
        }
    }
}

impl Trainer {
    /// Queues an evaluation of `input`: the router routes, and in layer `layer` all experts compete beside it. It is read with
    /// everything else that is queued, and changes nothing.
    ///
    /// - `input`: any number of positions where positions do not look at each other; else whole examples of the task
    ///
    /// # Errors
    /// If it is no input of this task, there is no such layer, or an update was cut off part-way; nothing is queued then.
    pub fn evaluate(&mut self, input: &BatchInput, layer: usize) -> Result<(), StepError> {
        let mut modes = vec![Mode::Infer; self.config().model.moe_count()];
        *modes.get_mut(layer).ok_or(StepError::Input)? = Mode::Map;
        self.evaluate_by(input, &modes, None)
    }

    /// Queues an evaluation of `input` by the network in which one expert of a layer answers everywhere with weight 1,
    /// whatever the router says; other layers are as they are. Only what leaves the network is read.
    ///
    /// # Errors
    /// As [`Trainer::evaluate`]; or if there is no such layer or slot.
    pub fn evaluate_alone(&mut self, input: &BatchInput, layer: usize, slot: usize) -> Result<(), StepError> {
        if layer >= self.progress().rosters.len() || slot >= self.experts() {
            return Err(StepError::Input);
        }
        let one: Vec<f32> = (0..self.experts()).map(|other| f32::from(u8::from(other == slot))).collect();
        let modes = vec![Mode::Infer; self.config().model.moe_count()];
        self.evaluate_by(input, &modes, Some((layer, self.rows(&one, 1))))
    }

    fn evaluate_by(
        &mut self,
        input: &BatchInput,
        modes: &[Mode],
        alone: Option<(usize, Tensor<2>)>,
    ) -> Result<(), StepError> {
        self.vectors().whole()?;
        let positions = self.positions_of(input).ok_or(StepError::Input)?;
        let groups = if self.spec().attends() { positions / self.spec().task.positions } else { 1 };
        let extras = ForwardInputs { alone, ..self.extras(false, positions) };
        let input = self.device_input(input, groups);
        let output = self.network().forward(input, self.rotary(), modes, &self.orders(), &extras);
        let mut writer = ReadbackWriter::default();
        writer.push(EvaluationField::Outputs, output.logits);
        for trace in output.layers.iter().map(|layer| &layer.trace) {
            if let Some(competition) = &trace.competition {
                writer.push(EvaluationField::Affinities, competition.affinity.clone());
                writer.push(EvaluationField::Scores, trace.routing.choice.clone());
            }
        }
        let (layout, numbers) = writer.finish();
        let shape = EvaluationShape { step: self.progress().step, positions, experts: self.experts(), layout };
        self.queue(Pending::Evaluation { shape, numbers });
        Ok(())
    }

    /// How many positions an input has; `None` if it is none of this task.
    fn positions_of(&self, input: &BatchInput) -> Option<usize> {
        use crate::domain::config::InputShape::{Ids, Values};
        let positions = match (input, self.spec().task.input) {
            (BatchInput::Ids(ids), Ids { vocabulary }) => {
                ids.iter().all(|&id| (id as usize) < vocabulary).then_some(ids.len())?
            }
            (BatchInput::Values(values), Values { width }) => {
                values.len().is_multiple_of(width).then_some(values.len() / width)?
            }
            _ => return None,
        };
        let whole = !self.spec().attends() || positions.is_multiple_of(self.spec().task.positions);
        (positions > 0 && whole).then_some(positions)
    }
}
