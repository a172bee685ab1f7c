//! Evaluation of given inputs without targets: router, competition and outputs at each of them, in one forward pass.

use super::commit::StepError;
use super::readback::Pending;
use super::readback_layout::{ReadbackLayout, ReadbackWriter};
use super::trainer::Trainer;
use crate::domain::readings::{Evaluation, LayerEvaluation};
use crate::engine::model::Mode;
use crate::tasks::BatchInput;

/// A field of an evaluation's vector; T positions, N experts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EvaluationField {
    /// `[T, outputs]`
    Outputs,
    /// z of a layer: `[T, N]`
    Logits(usize),
    /// s of a layer: `[T, N]`
    Affinities(usize),
    /// What the picks of a layer are the largest of: `[T, N]`
    Choice(usize),
}

/// What the host knows of an evaluation without reading it.
#[derive(Debug)]
pub(super) struct EvaluationShape {
    step: u64,
    positions: usize,
    experts: usize,
    layers: usize,
    layout: ReadbackLayout<EvaluationField>,
}

impl EvaluationShape {
    /// The reading of an evaluation from its vector.
    pub fn reading(&self, numbers: &[f32]) -> Evaluation {
        let get = |field| self.layout.get(numbers, field);
        let layer = |layer| {
            let [logits, affinities, choice] =
                [EvaluationField::Logits(layer), EvaluationField::Affinities(layer), EvaluationField::Choice(layer)]
                    .map(get);
            LayerEvaluation::of(logits, affinities, choice, self.experts)
        };
        Evaluation {
            step: self.step,
            positions: self.positions,
            outputs: get(EvaluationField::Outputs).to_vec(),
            layers: (0..self.layers).map(layer).collect(),
        }
    }
}

impl Trainer {
    /// Queues an evaluation of `input`: in every layer the router routes and, beside it, all experts compete. It is read with
    /// everything else that is queued, and changes nothing.
    ///
    /// - `input`: any number of positions where positions do not look at each other; else whole examples of the task
    ///
    /// # Errors
    /// If it is no input of this task, or an update was cut off part-way; nothing is queued then.
    #[allow(dead_code, reason = "for maps of the plane, which the window does not draw yet")]
    pub fn evaluate(&mut self, input: &BatchInput) -> Result<(), StepError> {
        self.commit.whole()?;
        let positions = self.positions_of(input).ok_or(StepError::Input)?;
        let groups = if self.spec.attends() { positions / self.spec.task.positions } else { 1 };
        let modes = vec![Mode::Probe; self.config.model.moe_count()];
        let extras = self.extras(false, positions);
        let input = self.device_input(input, groups);
        let output = self.network().forward(input, &self.rotary, &modes, &self.orders(), &extras);
        let mut writer = ReadbackWriter::default();
        writer.push(EvaluationField::Outputs, output.logits);
        for (place, layer) in output.layers.iter().enumerate() {
            writer.push(EvaluationField::Logits(place), layer.trace.routing.logits.clone());
            if let Some(competition) = &layer.trace.competition {
                writer.push(EvaluationField::Affinities(place), competition.affinity.clone());
            }
            writer.push(EvaluationField::Choice(place), layer.trace.routing.choice.clone());
        }
        let (layout, numbers) = writer.finish();
        let (step, experts, layers) = (self.progress.step, self.experts(), output.layers.len());
        let shape = EvaluationShape { step, positions, experts, layers, layout };
        self.pending.push(Pending::Evaluation { shape, numbers });
        Ok(())
    }

    /// How many positions an input has; `None` if it is none of this task.
    fn positions_of(&self, input: &BatchInput) -> Option<usize> {
        use crate::domain::config::InputShape::{Ids, Values};
        let positions = match (input, self.spec.task.input) {
            (BatchInput::Ids(ids), Ids { vocabulary }) => {
                ids.iter().all(|&id| (id as usize) < vocabulary).then_some(ids.len())?
            }
            (BatchInput::Values(values), Values { width }) => {
                values.len().is_multiple_of(width).then_some(values.len() / width)?
            }
            _ => return None,
        };
        let whole = !self.spec.attends() || positions.is_multiple_of(self.spec.task.positions);
        (positions > 0 && whole).then_some(positions)
    }
}
