//! Whether a device computes what the CPU computes: a matrix product, and a step of small networks or of a run's own, forward,
//! backward and update.
//!
//! Drivers have been seen whose products are all zeros beyond a certain size, or whose results are simply wrong; a run
//! on them would look like learning that does not work.

mod compare;

use std::sync::Arc;

use burn::tensor::{Device, Tensor};

use self::compare::{CheckedPart, judge};
use super::optimizer::settings;
use super::trainer::Trainer;
use crate::domain::config::{Activation, Config, Preset};
use crate::domain::draw::{Draws, Purpose};
use crate::domain::schedule::Painted;
use crate::domain::state::State;
use crate::engine::kernels::{linear, shaders_begun};
use crate::tasks::{self, Task};

/// Learning rate of the update that is compared: large enough that a change of a weight is more than its rounding.
const RATE: f64 = 0.01;

/// Sequences of the batch on which a run's own network is compared.
const SEQUENCES: usize = 2;

/// How far a check has come. The first one on a graphics device takes as long as its driver needs to compile the kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckProgress {
    /// What is compared now, from 1.
    pub part: usize,
    /// How many comparisons there are.
    pub parts: usize,
    /// Kernels that were compiled so far.
    pub kernels: usize,
    /// How many kernels there are; a run may need fewer.
    pub of_kernels: usize,
}

/// Tells of one comparison after another.
struct Told<'a> {
    part: usize,
    parts: usize,
    tell: &'a mut dyn FnMut(CheckProgress),
}

impl Told<'_> {
    fn next(&mut self) {
        self.part += 1;
        let (kernels, of_kernels) = shaders_begun();
        (self.tell)(CheckProgress { part: self.part, parts: self.parts, kernels, of_kernels });
    }
}

/// Does a little of everything on `device` and compares it with the CPU. Takes a few seconds where shaders are compiled; `tell` hears
/// before each comparison how far it has come.
///
/// The networks are the tiny preset's, and one of sizes that divide nothing: several tiles in each direction, a head's width that is no
/// power of two, biases, GELU, more experts than a group has lanes.
///
/// # Errors
/// What is wrong, in words: which computation, what was found, what was expected.
pub fn check(device: &Device, tell: &mut dyn FnMut(CheckProgress)) -> Result<(), String> {
    let mut networks = Vec::new();
    for config in [Preset::Tiny.config(), uneven()] {
        let task = tasks::open(&config).map_err(|error| error.to_string())?;
        let mut state = State::initial(&config);
        fill_biases(&mut state);
        networks.push((config, task, state));
    }
    let parts = 1 + networks.iter().map(|(.., state)| steps_of(state).len()).sum::<usize>();
    let mut told = Told { part: 0, parts, tell };
    told.next();
    judge(&product(&Device::flex())?, &product(device)?)?;
    networks.iter().try_for_each(|(config, task, state)| check_network(config, task, state, device, &mut told))
}

/// Makes a router step and, where the policy has it, a competition step of a run on `device` as on the CPU: loss, gradients, update.
/// The run's own sizes, but for the batch, which is cut to two examples.
///
/// # Errors
/// As [`check`].
pub fn check_run(
    config: &Config,
    task: &Arc<dyn Task>,
    state: &State,
    device: &Device,
    tell: &mut dyn FnMut(CheckProgress),
) -> Result<(), String> {
    let mut told = Told { part: 0, parts: steps_of(state).len(), tell };
    check_network(config, task, state, device, &mut told)
}

fn steps_of(state: &State) -> &'static [CheckedStep] {
    match state.progress.knobs.policy.competes() {
        true => &[CheckedStep::Router, CheckedStep::Competition],
        false => &[CheckedStep::Router],
    }
}

fn check_network(
    config: &Config,
    task: &Arc<dyn Task>,
    state: &State,
    device: &Device,
    told: &mut Told<'_>,
) -> Result<(), String> {
    let mut config = config.clone();
    config.sequences = config.sequences.min(SEQUENCES);
    for step in steps_of(state) {
        told.next();
        // Two experts whose scores are the same but for rounding are ordered by it, and each device rounds its own way: a token that
        // goes elsewhere is no fault, and does not happen on two batches.
        let first = check_step(&config, task, state, *step, device);
        if first.is_err() {
            config.seed = config.seed.wrapping_add(1);
            check_step(&config, task, state, *step, device)?;
        }
    }
    Ok(())
}

/// A kind of step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CheckedStep {
    Router,
    Competition,
}

impl CheckedStep {
    fn name(self) -> &'static str {
        match self {
            Self::Router => "a router step",
            Self::Competition => "a competition step",
        }
    }
}

fn check_step(
    config: &Config,
    task: &Arc<dyn Task>,
    state: &State,
    step: CheckedStep,
    device: &Device,
) -> Result<(), String> {
    let mut state = state.clone();
    let knobs = &mut state.progress.knobs;
    knobs.competition_rate = if step == CheckedStep::Competition { 1.0 } else { 0.0 };
    knobs.max_competing_layers = config.model.moe_count().max(1);
    knobs.competition_warmup = 0;
    state.progress.painted = Painted::default();
    let trainer = |device: &Device| {
        let made = Trainer::new(Arc::new(config.clone()), task.clone(), device, &state);
        made.map_err(|error| error.to_string())
    };
    let host = step_of(trainer(&Device::flex())?, step.name(), None)?;
    let gradient = &host.gradient;
    let found = step_of(trainer(device)?, step.name(), Some(gradient))?;
    judge(&host.parts, &found.parts)
}

/// What one device made of a step.
struct StepDone {
    /// Loss, gradients and changes of the weights, tensor by tensor.
    parts: Vec<CheckedPart>,
    /// The gradients, in the order of the layout.
    gradient: Vec<Vec<f32>>,
}

/// Makes a step. The update goes by `gradient`, if it is given, so that devices are compared on the same one: the first update of
/// AdamW divides a gradient by its size, and of a gradient that is all rounding would make a whole step either way.
fn step_of(mut trainer: Trainer, step: &str, gradient: Option<&[Vec<f32>]>) -> Result<StepDone, String> {
    let tracked = trainer.tracked(&trainer.ready()).map_err(|error| error.to_string())?;
    let total = tracked.total.clone().inner();
    let mut parts = vec![CheckedPart::read(format!("the loss of {step}"), total.clone())?];
    let names: Vec<String> = trainer.layout().slots.iter().map(|slot| slot.name.clone()).collect();
    let mut made = Vec::with_capacity(names.len());
    for (name, part) in names.iter().zip(tracked.backward()) {
        let part = CheckedPart::read(format!("the gradient of {name} on {step}"), part)?;
        made.push(part.numbers.clone());
        parts.push(part);
    }
    let device = total.device();
    let given = gradient.unwrap_or(&made);
    let given = given.iter().map(|part| Tensor::<1>::from_floats(part.as_slice(), &device)).collect();
    let before = trainer.vectors().weights().clone();
    let settings = settings(&trainer.config().optimizer, RATE, 1);
    trainer.vectors_mut().begin();
    let _ = trainer.vectors_mut().update(&settings, given, None, &total);
    trainer.vectors_mut().finish();
    let change = trainer.vectors().weights().clone() - before;
    for slot in &trainer.layout().slots {
        let part = change.clone().slice_dim(0, slot.range());
        parts.push(CheckedPart::read(format!("the update of {} after {step}", slot.name), part)?);
    }
    Ok(StepDone { parts, gradient: made })
}

fn product(device: &Device) -> Result<Vec<CheckedPart>, String> {
    let (rows, depth, columns) = (640, 96, 80);
    let random = |len: usize, lane: u64| {
        let values = Draws::new(7, Purpose::Weights, 0, lane).normals(len, 1.0);
        Tensor::<1>::from_floats(values.as_slice(), device)
    };
    let product =
        linear(random(rows * depth, 1).reshape([rows, depth]), random(depth * columns, 2).reshape([depth, columns]));
    Ok(vec![CheckedPart::read("a matrix product".into(), product.reshape([rows * columns]))?])
}

/// Sizes that divide nothing.
fn uneven() -> Config {
    let mut config = Preset::Tiny.config();
    let model = &mut config.model;
    (model.context, model.width, model.heads, model.layers) = (80, 96, 2, 1);
    (model.experts, model.expert_width, model.expert_bias, model.activation) = (65, 200, true, Activation::Gelu);
    config.knobs.top_k = 3;
    config
}

/// Biases begin at 0, and one that is never added would not be seen.
fn fill_biases(state: &mut State) {
    for (lane, array) in state.weights.iter_mut().enumerate().filter(|(_, array)| array.name.ends_with("bias")) {
        let mut draws = Draws::new(7, Purpose::Weights, 1, lane as u64);
        array.values = draws.normals(array.values.len(), 0.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_agrees_with_itself() {
        let mut told = Vec::new();
        assert_eq!(check(&Device::flex(), &mut |progress| told.push(progress)), Ok(()));
        let parts: Vec<(usize, usize)> = told.iter().map(|progress| (progress.part, progress.parts)).collect();
        assert_eq!(parts, [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]);
        assert!(told.iter().all(|progress| progress.kernels <= progress.of_kernels && progress.of_kernels > 30));
    }

    #[test]
    fn a_weight_that_is_off_is_named() {
        let config = uneven();
        let task = tasks::open(&config).unwrap();
        let state = State::initial(&config);
        let trainer =
            |state: &State| Trainer::new(Arc::new(config.clone()), task.clone(), &Device::flex(), state).unwrap();
        let right = step_of(trainer(&state), "a router step", None).unwrap();
        let mut wrong = state.clone();
        wrong.weights.last_mut().unwrap().values.fill(0.0);
        let found = step_of(trainer(&wrong), "a router step", Some(&right.gradient)).unwrap();
        let why = judge(&right.parts, &found.parts).unwrap_err();
        assert!(why.starts_with("the loss of a router step is "), "{why}");
        // The update goes by the gradient it is given.
        let updates = |done: &StepDone| done.parts.iter().filter(|p| p.what.starts_with("the update")).count();
        assert_eq!((updates(&right), updates(&found)), (state.weights.len(), state.weights.len()));
        let update =
            |done: &StepDone| done.parts.iter().find(|p| p.what.starts_with("the update")).unwrap().numbers.clone();
        assert_eq!(update(&right), update(&found), "of a tensor that is the same");
    }
}
