//! The numbers of a training step: written to one vector on the device when it is applied, and read from it as a reading.

use burn::tensor::Tensor;

use super::gradients::LayerStepTensors;
use super::readback_layout::{ReadbackLayout, ReadbackWriter};
use crate::domain::readings::{LayerStep, LossTermKind, LossTerms, StepReading};
use crate::engine::kernels::tallies;

/// A field of a step's vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StepField {
    /// Task plus weighted auxiliary losses.
    Total,
    /// Loss of the task.
    Task,
    /// Length of the gradient before clipping.
    GradientNorm,
    /// 1 if every step so far and this one were finite, else 0.
    Alive,
    /// Share of the positions whose class has the largest logit, where the task is scored by it.
    Hits,
    /// A loss term of a layer, before its weight.
    Term(usize, LossTermKind),
    /// `[N]` tokens that the router of a layer picked each expert for.
    Routed(usize),
    /// `[N]` tokens that each expert won in a layer.
    Won(usize),
    /// `[N]` length of the gradient of each expert of a layer.
    ExpertGradient(usize),
}

/// What a step measured as a whole, `[1]` each.
pub(super) struct StepTotals {
    pub total: Tensor<1>,
    pub task: Tensor<1>,
    pub norm: Tensor<1>,
    pub alive: Tensor<1>,
    pub hits: Option<Tensor<1>>,
}

/// The vector of a step.
///
/// - `layers`: what each layer with experts left
/// - `lengths`: `[N]` lengths of the gradients of its experts, for each layer, if they are measured at this step
pub(super) fn step_numbers(
    totals: StepTotals,
    layers: Vec<LayerStepTensors>,
    lengths: Vec<Tensor<1>>,
) -> (ReadbackLayout<StepField>, Tensor<1>) {
    let mut writer = ReadbackWriter::default();
    let StepTotals { total, task, norm, alive, hits } = totals;
    writer.push(StepField::Total, total);
    writer.push(StepField::Task, task);
    writer.push(StepField::GradientNorm, norm);
    writer.push(StepField::Alive, alive);
    if let Some(hits) = hits {
        writer.push(StepField::Hits, hits);
    }
    let (mut counted, mut masks) = (Vec::new(), Vec::new());
    for (layer, LayerStepTensors { terms, picks, winners }) in layers.into_iter().enumerate() {
        for (term, value) in LossTermKind::ALL.into_iter().zip(terms) {
            if let Some(value) = value {
                writer.push(StepField::Term(layer, term), value);
            }
        }
        counted.push(StepField::Routed(layer));
        masks.push(picks);
        if let Some(winners) = winners {
            counted.push(StepField::Won(layer));
            masks.push(winners);
        }
    }
    if !masks.is_empty() {
        writer.push_fields(counted, tallies(masks));
    }
    for (layer, lengths) in lengths.into_iter().enumerate() {
        writer.push(StepField::ExpertGradient(layer), lengths);
    }
    writer.finish()
}

/// What the host knows of a step without reading it.
#[derive(Debug)]
pub(super) struct StepShape {
    pub step: u64,
    pub tokens: u64,
    pub learning_rate: f64,
    /// Layers with experts.
    pub layers: usize,
    pub layout: ReadbackLayout<StepField>,
}

impl StepShape {
    /// Whether the step changed anything: it and all steps before it were finite.
    pub fn is_finite(&self, numbers: &[f32]) -> bool {
        self.layout.get(numbers, StepField::Alive) != [0.0]
    }

    /// The reading of a step from its vector.
    pub fn reading(&self, numbers: &[f32]) -> StepReading {
        let find = |field| self.layout.find(numbers, field);
        let one = |field| f64::from(self.layout.get(numbers, field)[0]);
        let counts = |values: &[f32]| values.iter().map(|&x| x.round() as u32).collect::<Vec<u32>>();
        let layer = |layer: usize| {
            let won = find(StepField::Won(layer)).map(counts);
            LayerStep {
                competed: won.is_some(),
                routed: counts(self.layout.get(numbers, StepField::Routed(layer))),
                won,
                gradients: find(StepField::ExpertGradient(layer)).map(<[f32]>::to_vec),
            }
        };
        // Over the layers that had the term.
        let mean = |term: LossTermKind| {
            let values: Vec<f64> = (0..self.layers)
                .filter_map(|layer| find(StepField::Term(layer, term)))
                .map(|value| f64::from(value[0]))
                .collect();
            (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
        };
        let [router, balance, affinity_balance, diversity] = LossTermKind::ALL.map(mean);
        let (total, task) = (one(StepField::Total), one(StepField::Task));
        let accuracy = find(StepField::Hits).map(|hits| f64::from(hits[0]));
        StepReading {
            step: self.step,
            tokens: self.tokens,
            loss: LossTerms { total, task, accuracy, router, balance, affinity_balance, diversity },
            learning_rate: self.learning_rate,
            gradient_norm: one(StepField::GradientNorm),
            layers: (0..self.layers).map(layer).collect(),
        }
    }
}
