//! The one place where training waits for the device: all queued numbers in one transaction, as plain readings.

use std::sync::Arc;

use burn::tensor::{Tensor, TensorData, Transaction};
use rayon::prelude::*;

use super::evaluate::EvaluationShape;
use super::phases::{PartField, PhasesShape, part_lengths};
use super::probe_numbers::{LayerField, LayerNumbers, layer_probe};
use super::readback_layout::ReadbackLayout;
use super::step_numbers::StepShape;
use super::trainer::Trainer;
use crate::domain::readings::{
    Counterfactual, Evaluation, KnockOut, PartLengths, PhaseReading, ProbeItems, ProbeReading, StepReading,
    ValidationReading,
};
use crate::engine::device::DeviceFailure;

/// Numbers on their way from the device, and what is needed to read them.
#[derive(Debug)]
pub(super) enum Pending {
    Step { shape: StepShape, numbers: Tensor<1> },
    Probe { step: u64, shape: ProbeShape, numbers: Tensor<1> },
    Validation { step: u64, layout: ReadbackLayout<ValidationField>, numbers: Tensor<1> },
    KnockOut { step: u64, layer: usize, slot: usize, numbers: Tensor<1> },
    Routes { shape: RoutesShape, numbers: Tensor<1> },
    Evaluation { shape: EvaluationShape, numbers: Tensor<1> },
    Phases { shape: Box<PhasesShape>, numbers: Tensor<1> },
    Update { layout: ReadbackLayout<PartField>, numbers: Tensor<1> },
}

impl Pending {
    fn numbers(&self) -> &Tensor<1> {
        match self {
            Self::Step { numbers, .. }
            | Self::Probe { numbers, .. }
            | Self::Validation { numbers, .. }
            | Self::KnockOut { numbers, .. }
            | Self::Routes { numbers, .. }
            | Self::Evaluation { numbers, .. }
            | Self::Phases { numbers, .. }
            | Self::Update { numbers, .. } => numbers,
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

/// A field of a validation's vector, `[1]` each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValidationField {
    /// Mean loss.
    Loss,
    /// Share of the positions whose class has the largest logit, where the task is scored by it.
    Hits,
}

/// A field of a probe's vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProbeField {
    /// `[T]` loss of each token.
    Losses,
    /// The vector of a layer with experts, see [`LayerField`].
    Layer(usize),
}

/// What the host knows of a probe without reading it.
#[derive(Debug)]
pub(super) struct ProbeShape {
    pub sizes: LayerNumbers,
    /// Dimensions that the states entering the first layer with experts may spread over.
    pub first: usize,
    pub layout: ReadbackLayout<ProbeField>,
    /// Of the vectors of the layers, in order.
    pub layers: Vec<ReadbackLayout<LayerField>>,
    pub context: usize,
    pub items: Arc<ProbeItems>,
    /// `[T]` label of each position; empty if the task has none.
    pub labels: Vec<u16>,
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
    /// Given inputs, without targets.
    Evaluation(Evaluation),
    /// What the next step computes, phase by phase.
    Phases(Box<PhaseReading>),
    /// How far the step before it moved the weights.
    Update(PartLengths),
}

/// Readings of one read from the device, and the step that was not finite, if one was.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ReadingsBatch {
    /// In order; nothing from a step that was not finite, or after it.
    pub readings: Vec<Reading>,
    /// The number (from 1) of a step that was not finite; the trainer stands before it.
    pub not_finite: Option<u64>,
}

/// Numbers that are queued on the device, in order, and what was read so far.
#[derive(Debug, Default)]
pub(super) struct ReadbackQueue {
    pending: Vec<Pending>,
    traffic: Traffic,
}

impl ReadbackQueue {
    /// How much is queued.
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// What was read so far.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// Queues numbers.
    pub fn push(&mut self, pending: Pending) {
        self.pending.push(pending);
    }

    /// Waits for everything queued and takes it, in one transaction.
    ///
    /// # Errors
    /// If the device cannot be read.
    pub fn take(&mut self) -> Result<Vec<(Pending, Vec<f32>)>, DeviceFailure> {
        if self.pending.is_empty() {
            return Ok(Vec::new());
        }
        let mut transaction = Transaction::default();
        for pending in &self.pending {
            transaction = transaction.register(pending.numbers().clone());
        }
        let data = transaction.try_execute().map_err(|e| DeviceFailure::of(e.to_string()))?;
        self.traffic.reads += 1;
        self.traffic.bytes += data.iter().map(|d| d.bytes().len() as u64).sum::<u64>();
        let numbers = |(pending, data): (Pending, TensorData)| -> Result<(Pending, Vec<f32>), DeviceFailure> {
            let numbers = data.try_to_vec::<f32>().map_err(|e| DeviceFailure::Lost(format!("{e:?}")))?;
            Ok((pending, numbers))
        };
        std::mem::take(&mut self.pending).into_iter().zip(data).map(numbers).collect()
    }
}

impl Trainer {
    /// Waits for everything queued and gives it back in order.
    ///
    /// If a step was not finite, the trainer afterwards stands before that step, weights and moments as they were.
    ///
    /// # Errors
    /// If the device cannot be read, or an update was cut off part-way; the trainer should then be dropped.
    pub fn read(&mut self) -> Result<ReadingsBatch, DeviceFailure> {
        self.vectors().whole()?;
        let mut batch = ReadingsBatch::default();
        let queued = self.take_queued()?;
        if queued.is_empty() {
            return Ok(batch);
        }
        for (pending, numbers) in queued {
            match pending {
                Pending::Step { shape, numbers: _ } => {
                    if !shape.is_finite(&numbers) {
                        self.stand_before(shape.step, shape.tokens);
                        batch.not_finite = Some(shape.step);
                        break;
                    }
                    batch.readings.push(Reading::Step(shape.reading(&numbers)));
                }
                Pending::Probe { step, shape, .. } => {
                    batch.readings.push(Reading::Probe(probe_reading(step, &shape, &numbers)));
                }
                Pending::KnockOut { step, layer, slot, .. } => {
                    let loss = f64::from(numbers[0]);
                    batch.readings.push(Reading::KnockOut(KnockOut { step, layer, slot, loss }));
                }
                Pending::Evaluation { shape, .. } => {
                    batch.readings.push(Reading::Evaluation(shape.reading(&numbers)));
                }
                Pending::Phases { shape, .. } => {
                    batch.readings.push(Reading::Phases(Box::new(shape.reading(&numbers))));
                }
                Pending::Update { layout, .. } => {
                    batch.readings.push(Reading::Update(part_lengths(&layout, &numbers)));
                }
                Pending::Routes { shape, .. } => {
                    batch.readings.push(Reading::Counterfactual(counterfactual(shape, &numbers)));
                }
                Pending::Validation { step, layout, .. } => {
                    let find = |field| layout.find(&numbers, field).map(|value| f64::from(value[0]));
                    let loss = find(ValidationField::Loss).unwrap_or(f64::NAN);
                    let accuracy = find(ValidationField::Hits);
                    batch.readings.push(Reading::Validation(ValidationReading { step, loss, accuracy }));
                }
            }
        }
        self.forget_painted();
        Ok(batch)
    }
}

/// The reading of a probe from its vector.
fn probe_reading(step: u64, shape: &ProbeShape, numbers: &[f32]) -> ProbeReading {
    // Layers are measured side by side: each is a few milliseconds of one processor.
    let layer = |(place, layout): (usize, &ReadbackLayout<LayerField>)| {
        let dimensions = if place == 0 { shape.first } else { shape.sizes.dimensions };
        let sizes = LayerNumbers { dimensions, ..shape.sizes };
        layer_probe(layout, shape.layout.get(numbers, ProbeField::Layer(place)), &shape.labels, sizes)
    };
    ProbeReading {
        step,
        tokens: shape.sizes.tokens,
        context: shape.context,
        items: shape.items.clone(),
        losses: shape.layout.get(numbers, ProbeField::Losses).to_vec(),
        layers: shape.layers.par_iter().enumerate().map(layer).collect(),
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
