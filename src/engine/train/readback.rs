//! The one place where training waits for the device: all queued numbers in one transaction, as plain readings.

use std::sync::Arc;

use burn::tensor::{Tensor, Transaction};
use rayon::prelude::*;

use super::probe_numbers::{LayerNumbers, layer_probe, numbers_len};
use super::trainer::Trainer;
use crate::domain::readings::{
    Counterfactual, KnockOut, LayerStep, LossTerms, ProbeReading, StepReading, ValidationReading,
};
use crate::engine::device::DeviceFailure;

/// Numbers on their way from the device, and what is needed to read them.
#[derive(Debug)]
pub(super) enum Pending {
    Step { shape: StepShape, numbers: Tensor<1> },
    Probe { step: u64, shape: ProbeShape, numbers: Tensor<1> },
    Validation { step: u64, numbers: Tensor<1> },
    KnockOut { step: u64, layer: usize, slot: usize, numbers: Tensor<1> },
    Routes { shape: RoutesShape, numbers: Tensor<1> },
}

impl Pending {
    fn numbers(&self) -> &Tensor<1> {
        match self {
            Self::Step { numbers, .. }
            | Self::Probe { numbers, .. }
            | Self::Validation { numbers, .. }
            | Self::KnockOut { numbers, .. }
            | Self::Routes { numbers, .. } => numbers,
        }
    }
}

/// What the host knows of a token's routes without reading what they cost.
#[derive(Debug)]
pub(super) struct RoutesShape {
    pub step: u64,
    pub layer: usize,
    pub token: usize,
    pub routes: Vec<Vec<u16>>,
    /// The route the router takes, in ascending order.
    pub taken: Vec<u16>,
    pub all: u64,
}

/// What the host knows of a step without reading it.
#[derive(Debug)]
pub(super) struct StepShape {
    pub step: u64,
    pub tokens: u64,
    pub learning_rate: f64,
    pub competed: Vec<bool>,
    /// Which of its terms each layer had: router, balance, affinity balance, diversity.
    pub had: Vec<[bool; 4]>,
    pub experts: usize,
    /// Whether the lengths of the experts' gradients follow.
    pub gradients: bool,
}

/// What the host knows of a probe without reading it.
#[derive(Debug)]
pub(super) struct ProbeShape {
    pub sizes: LayerNumbers,
    pub context: usize,
    pub bytes: Arc<Vec<u8>>,
}

/// What was read from the device so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Reads; each waits for the device once.
    pub reads: u64,
    /// Bytes they brought.
    pub bytes: u64,
}

/// One thing that was measured, in the order in which it was queued.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// A training step.
    Step(StepReading),
    /// A probe.
    Probe(ProbeReading),
    /// A validation.
    Validation(ValidationReading),
    /// The probe without an expert.
    KnockOut(KnockOut),
    /// Other routes of a token.
    Counterfactual(Counterfactual),
}

/// What a read brought.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ReadingsBatch {
    /// In order; nothing from a step that was not finite, or after it.
    pub readings: Vec<Reading>,
    /// The number (from 1) of a step that was not finite; the trainer stands before it.
    pub not_finite: Option<u64>,
}

impl Trainer {
    /// Waits for everything queued and gives it back in order.
    ///
    /// If a step was not finite, the trainer afterwards stands before that step, weights and moments as they were.
    ///
    /// # Errors
    /// If the device cannot be read, or an update was cut off part-way; the trainer should then be dropped.
    pub fn read(&mut self) -> Result<ReadingsBatch, DeviceFailure> {
        self.commit.whole()?;
        let mut transaction = Transaction::default();
        for pending in &self.pending {
            transaction = transaction.register(pending.numbers().clone());
        }
        if self.pending.is_empty() {
            return Ok(ReadingsBatch::default());
        }
        let data = transaction.try_execute().map_err(|e| DeviceFailure::of(e.to_string()))?;
        self.traffic.reads += 1;
        self.traffic.bytes += data.iter().map(|d| d.bytes().len() as u64).sum::<u64>();
        let mut batch = ReadingsBatch::default();
        for (pending, data) in std::mem::take(&mut self.pending).into_iter().zip(data) {
            let numbers = data.try_to_vec::<f32>().map_err(|e| DeviceFailure::Lost(format!("{e:?}")))?;
            match pending {
                Pending::Step { shape, numbers: _ } => {
                    if numbers[3] == 0.0 {
                        self.stand_before(&shape);
                        batch.not_finite = Some(shape.step);
                        break;
                    }
                    batch.readings.push(Reading::Step(step_reading(&shape, &numbers)));
                }
                Pending::Probe { step, shape, .. } => {
                    batch.readings.push(Reading::Probe(probe_reading(step, &shape, &numbers)));
                }
                Pending::KnockOut { step, layer, slot, .. } => {
                    let loss = f64::from(numbers[0]);
                    batch.readings.push(Reading::KnockOut(KnockOut { step, layer, slot, loss }));
                }
                Pending::Routes { shape, .. } => {
                    batch.readings.push(Reading::Counterfactual(counterfactual(shape, &numbers)));
                }
                Pending::Validation { step, .. } => {
                    batch.readings.push(Reading::Validation(ValidationReading {
                        step,
                        loss: f64::from(numbers[0]),
                        accuracy: None,
                    }));
                }
            }
        }
        // What was just read is done for good; before, it might have been taken back.
        self.progress.painted.forget_before(self.progress.step);
        Ok(batch)
    }

    /// Takes the count back to before a step that changed nothing.
    fn stand_before(&mut self, shape: &StepShape) {
        let undone = self.progress.step - (shape.step - 1);
        self.progress.step -= undone;
        self.progress.updates -= undone;
        self.progress.tokens = shape.tokens - self.config.tokens_per_step() as u64;
        self.alive = Tensor::ones([1], &self.device);
        // Taken at a step that was not; forgotten rather than trusted.
        self.stale.fill(None);
    }
}

/// Reads a probe's vector: the loss of each token, then each layer's numbers.
fn probe_reading(step: u64, shape: &ProbeShape, numbers: &[f32]) -> ProbeReading {
    let sizes = shape.sizes;
    let (losses, layers) = numbers.split_at(sizes.tokens);
    // Layers are measured side by side: each is a few milliseconds of one processor.
    let layers: Vec<&[f32]> = layers.chunks_exact(numbers_len(sizes)).collect();
    ProbeReading {
        step,
        tokens: sizes.tokens,
        context: shape.context,
        bytes: shape.bytes.clone(),
        losses: losses.to_vec(),
        layers: layers.into_par_iter().map(|numbers| layer_probe(numbers, &shape.bytes, sizes)).collect(),
    }
}

/// What each route costs, lowest first.
fn counterfactual(shape: RoutesShape, losses: &[f32]) -> Counterfactual {
    let RoutesShape { step, layer, token, routes, taken, all } = shape;
    let mut routes: Vec<(Vec<u16>, f32)> = routes.into_iter().zip(losses.iter().copied()).collect();
    routes.sort_by(|a, b| a.1.total_cmp(&b.1));
    let taken = routes.iter().position(|route| route.0 == taken).unwrap_or(0);
    Counterfactual { step, layer, token, routes, taken, all }
}

/// Reads a step's vector: total, task, norm, alive; the terms each layer had; then each layer's counts, the router's and,
/// if it competed, the winners'; then, at the step before a probe, the lengths of each layer's experts' gradients.
fn step_reading(shape: &StepShape, numbers: &[f32]) -> StepReading {
    let head: Vec<f64> = numbers[..4].iter().map(|&x| f64::from(x)).collect();
    let mut rest = &numbers[4..];
    let mut take = |len: usize| {
        let (head, tail) = rest.split_at(len);
        rest = tail;
        head
    };
    let counts = |values: &[f32]| values.iter().map(|&x| x.round() as u32).collect::<Vec<u32>>();
    let (mut terms, mut layers) = ([Mean::default(); 4], Vec::new());
    for had in &shape.had {
        for (term, _) in terms.iter_mut().zip(had).filter(|(_, had)| **had) {
            term.add(take(1)[0]);
        }
    }
    for &competed in &shape.competed {
        let routed = counts(take(shape.experts));
        let won = competed.then(|| counts(take(shape.experts)));
        layers.push(LayerStep { competed, routed, won, gradients: None });
    }
    for layer in layers.iter_mut().filter(|_| shape.gradients) {
        layer.gradients = Some(take(shape.experts).to_vec());
    }
    let [router, balance, affinity_balance, diversity] = terms.map(|t| t.value());
    StepReading {
        step: shape.step,
        tokens: shape.tokens,
        loss: LossTerms { total: head[0], task: head[1], accuracy: None, router, balance, affinity_balance, diversity },
        learning_rate: shape.learning_rate,
        gradient_norm: head[2],
        layers,
    }
}

/// Mean over the layers that had a term.
#[derive(Clone, Copy, Default)]
struct Mean {
    sum: f64,
    n: u32,
}

impl Mean {
    fn add(&mut self, value: f32) {
        self.sum += f64::from(value);
        self.n += 1;
    }

    fn value(self) -> Option<f64> {
        (self.n > 0).then(|| self.sum / f64::from(self.n))
    }
}
