//! The trainer: owns weights, moments and the schedule; queues steps on the device and reads them back in one go.
//!
//! Nothing waits for the device except [`Trainer::read`], [`Trainer::state`] and [`Trainer::locate`].

use std::sync::Arc;

use burn::tensor::{Device, Tensor};

use super::commit::Commit;
use super::frozen::FrozenMask;
use super::optimizer::Moments;
use super::readback::{Pending, Traffic};
use super::refusal::TrainerRefusal;
use crate::domain::config::{Config, Intervals, Knobs, ModelSpec, Policy};
use crate::domain::draw::{Draws, Purpose};
use crate::domain::readings::MetricKind;
use crate::domain::schedule::Schedule;
use crate::domain::state::Layout;
use crate::domain::state::{Array, Progress, State};
use crate::engine::device::DeviceFailure;
use crate::engine::kernels::forget_buffers;
use crate::engine::model::{
    ForwardInputs, ForwardSettings, Network, Rotary, StaleCompetitionLosses, rescaled, rescaled_part,
};
use crate::tasks::Task;

/// A network in training.
#[derive(Debug)]
pub struct Trainer {
    pub(super) config: Arc<Config>,
    pub(super) task: Arc<dyn Task>,
    pub(super) spec: ModelSpec,
    /// Whether accuracy is what the task is scored by, so that hits are counted.
    pub(super) counts_hits: bool,
    pub(super) device: Device,
    pub(super) schedule: Schedule,
    pub(super) layout: Layout,
    pub(super) rotary: Rotary,
    pub(super) progress: Progress,
    /// All weights, `[P]`.
    pub(super) weights: Tensor<1>,
    pub(super) moments: Moments,
    /// Whether weights and moments are those after whole updates.
    pub(super) commit: Commit,
    /// 1 where weight decay applies: `[P]`.
    pub(super) decaying: Tensor<1>,
    /// 1 as long as every step since the last read was finite, else 0; a step that finds 0 changes nothing: `[1]`.
    pub(super) alive: Tensor<1>,
    /// b of the bias-balanced policy: `[layers with experts, N]`.
    pub(super) bias: Tensor<2>,
    /// What the policy in force does not move.
    pub(super) still: FrozenMask,
    /// What the policy carries from step to step besides weights.
    pub(super) carried: StaleCompetitionLosses,
    /// The weights at the last probe that the run took at its cadence.
    pub(super) looked_at: Option<Tensor<1>>,
    pub(super) pending: Vec<Pending>,
    pub(super) traffic: Traffic,
}

/// Why a trainer could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The schedule cannot be drawn.
    #[error("{0}")]
    Schedule(String),
    /// The task is not the config's.
    #[error("what enters and leaves the task is not what the config says")]
    Task,
    /// The arrays are not those of this config's network.
    #[error("{0}")]
    Arrays(String),
}

impl Trainer {
    /// A trainer that goes on from `state`.
    ///
    /// # Errors
    /// If the schedule cannot be drawn, or task or arrays do not fit the config.
    pub fn new(config: Arc<Config>, task: Arc<dyn Task>, device: &Device, state: &State) -> Result<Self, BuildError> {
        let spec = config.model_spec();
        if task.shape() != spec.task {
            return Err(BuildError::Task);
        }
        // Other sizes than the last run's: memory kept for its steps would lie idle.
        forget_buffers();
        let schedule = Schedule::of(&config).map_err(BuildError::Schedule)?;
        let experts = state.progress.rosters.first().map_or(config.model.experts, |r| r.len());
        let layout = Layout::of(&config, experts);
        let layers = config.model.moe_count();
        let bias = biases(&state.selection_bias, layers, experts).map_err(BuildError::Arrays)?;
        if let Some(why) = config.lacks(&state.progress.knobs) {
            return Err(BuildError::Arrays(why));
        }
        let flat = |arrays: &[Array]| gathered(&layout, arrays, device).map_err(BuildError::Arrays);
        let decaying: Vec<f32> = layout
            .slots
            .iter()
            .flat_map(|slot| std::iter::repeat_n(f32::from(u8::from(slot.decays())), slot.count()))
            .collect();
        Ok(Self {
            schedule,
            rotary: Rotary::new(&spec, device),
            counts_hits: task.metric().kind == MetricKind::Accuracy,
            spec,
            progress: state.progress.clone(),
            weights: flat(&state.weights)?,
            moments: Moments {
                first: flat(&state.moment1)?,
                second: flat(&state.moment2)?,
                largest_first: largest_first(state),
            },
            commit: Commit::default(),
            decaying: Tensor::from_floats(decaying.as_slice(), device),
            alive: Tensor::ones([1], device),
            bias: Tensor::<1>::from_floats(bias.as_slice(), device).reshape([layers, experts]),
            still: FrozenMask::default(),
            carried: StaleCompetitionLosses::none(layers),
            looked_at: None,
            pending: Vec::new(),
            traffic: Traffic::default(),
            layout,
            config,
            task,
            device: device.clone(),
        })
    }

    /// Where it stands; steps still queued count as done.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// What it trains.
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// What it learns.
    pub fn task(&self) -> &Arc<dyn Task> {
        &self.task
    }

    /// Which layers with experts compete at `step` (from 0), as things stand: by the schedule, painted over by hand. A
    /// painted step is bound neither by the warm-up nor by the cap on layers at once, and counts for nobody else's cap.
    pub fn competing(&self, step: u64) -> Vec<bool> {
        let Progress { knobs, painted, .. } = &self.progress;
        let competing = self.schedule.competing(step, self.config.model.moe_count(), knobs);
        if knobs.policy.competes() { painted.over(step, competing) } else { competing }
    }

    /// Paints steps `from` to `to` of a layer, both included and counted from 0: it competes at them, or does not; `None`
    /// gives them back to the schedule.
    ///
    /// # Errors
    /// If a step is done already, there is no such layer, the policy does not compete, or too many would be painted
    /// ([`crate::domain::schedule::Painted::MOST`]); nothing changes then.
    pub fn paint(&mut self, layer: usize, from: u64, to: u64, compete: Option<bool>) -> Result<(), TrainerRefusal> {
        let (layers, done, policy) = (self.config.model.moe_count(), self.progress.step, self.progress.knobs.policy);
        if layer >= layers {
            return Err(TrainerRefusal::NoLayer { layer, layers });
        }
        if from < done {
            return Err(TrainerRefusal::StepDone { step: from, next: done });
        }
        if compete.is_some() && !policy.competes() {
            return Err(TrainerRefusal::NoCompetitions(policy));
        }
        Ok(self.progress.painted.paint(layer, from, to, compete)?)
    }

    /// Steps, probes and validations queued since the last read.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// What it has read from the device so far.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// Experts in each layer.
    pub fn experts(&self) -> usize {
        self.progress.rosters.first().map_or(self.config.model.experts, |r| r.len())
    }

    /// Puts knobs in force from the next step.
    ///
    /// # Errors
    /// Every complaint about them, that the schedule cannot follow, or which tensors their policy lacks; nothing changes
    /// then.
    pub fn set_knobs(&mut self, knobs: Knobs) -> Result<(), TrainerRefusal> {
        let complaints = knobs.validate(self.experts());
        if !complaints.is_empty() {
            return Err(TrainerRefusal::Complaints(complaints));
        }
        if self.schedule.refuses(&self.progress.knobs, &knobs) {
            return Err(TrainerRefusal::TableFixed);
        }
        if let Some(why) = self.config.lacks(&knobs) {
            return Err(TrainerRefusal::Lacks(why));
        }
        self.enough_unmuted(knobs.top_k)?;
        self.progress.knobs = knobs;
        Ok(())
    }

    /// Probes and validates at another cadence from now on. The probe batch stays the same.
    pub fn set_cadence(&mut self, cadence: Intervals) {
        let probe_sequences = self.config.cadence.probe_sequences;
        Arc::make_mut(&mut self.config).cadence = Intervals { probe_sequences, ..cadence };
    }

    /// Everything, on the host. Waits for the device.
    ///
    /// # Errors
    /// If the device cannot be read, or an update was cut off part-way.
    pub fn state(&self) -> Result<State, DeviceFailure> {
        self.commit.whole()?;
        let data = burn::tensor::Transaction::default()
            .register(self.weights.clone())
            .register(self.moments.first.clone())
            .register(self.moments.second.clone())
            .register(self.bias.clone())
            .try_execute()
            .map_err(|e| DeviceFailure::of(e.to_string()))?;
        let mut vectors =
            data.into_iter().map(|d| d.try_to_vec::<f32>().map_err(|e| DeviceFailure::Lost(format!("{e:?}"))));
        let mut next = || vectors.next().unwrap_or_else(|| Err(DeviceFailure::Lost("a tensor was not read".into())));
        let mut arrays = || next().map(|flat| scattered(&self.layout, &flat));
        let (weights, moment1, moment2) = (arrays()?, arrays()?, arrays()?);
        let selection_bias = next()?.chunks_exact(self.experts()).map(<[f32]>::to_vec).collect();
        Ok(State { progress: self.progress.clone(), weights, moment1, moment2, selection_bias })
    }

    /// Makes one weight NaN, to see what happens then.
    #[doc(hidden)]
    pub fn poison(&mut self) {
        let router = self.layout.slots.iter().find(|s| s.part().starts_with("router.")).map_or(0, |s| s.start);
        let nan = Tensor::full([1], f32::NAN, &self.device);
        self.weights = self.weights.clone().slice_assign(router..router + 1, nan);
    }

    /// The network as it is, not tracked.
    pub(super) fn network(&self) -> Network {
        Network::assemble(&self.spec, &self.layout, &self.leaves(&self.ready()))
    }

    /// All weights as a forward pass reads them: where the policy rescales a tensor outside the graph, after that.
    pub(super) fn ready(&self) -> Tensor<1> {
        let policy = self.progress.knobs.policy;
        let Some(part) = rescaled_part(policy) else { return self.weights.clone() };
        let leaves = self.layout.slots.iter().zip(self.leaves(&self.weights)).map(|(slot, leaf)| {
            if slot.part() != part {
                return leaf;
            }
            rescaled(policy, leaf.reshape([slot.shape[0], slot.shape[1]])).reshape([slot.count()])
        });
        Tensor::cat(leaves.collect(), 0)
    }

    /// One flat tensor per slot of the layout.
    pub(super) fn leaves(&self, weights: &Tensor<1>) -> Vec<Tensor<1>> {
        self.layout.slots.iter().map(|slot| weights.clone().slice_dim(0, slot.range())).collect()
    }

    /// What the layers go by at the next step.
    pub(super) fn orders(&self) -> ForwardSettings {
        ForwardSettings::of(&self.config, &self.progress.knobs, self.progress.step)
    }

    /// What the layers are given at the next step, `training` or looking, on a batch of so many positions.
    pub(super) fn extras(&self, training: bool, positions: usize) -> ForwardInputs {
        let (policy, step) = (self.progress.knobs.policy, self.progress.step);
        let (tokens, experts) = (self.config.tokens_per_step(), self.experts());
        let noise = |layer: usize| {
            let mut draws = Draws::new(self.config.seed, Purpose::Noise, step, layer as u64);
            let noise = draws.normals(tokens * experts, 1.0);
            Tensor::<1>::from_floats(noise.as_slice(), &self.device).reshape([tokens, experts])
        };
        let noisy = training && policy == Policy::NoisyTopK;
        ForwardInputs {
            noise: if noisy { (0..self.config.model.moe_count()).map(noise).collect() } else { Vec::new() },
            bias: (policy == Policy::BiasBalanced).then(|| self.bias.clone()),
            overrides: self.overrides(positions),
            alone: None,
        }
    }
}

/// What no first moment exceeds in size; infinite if a weight or moment is not finite, or a second moment below 0.
fn largest_first(state: &State) -> f64 {
    let all = |arrays: &[Array], sound: fn(f32) -> bool| arrays.iter().flat_map(|a| &a.values).all(|&x| sound(x));
    let sound = all(&state.weights, f32::is_finite) && all(&state.moment2, |v| v.is_finite() && v >= 0.0);
    let first = state.moment1.iter().flat_map(|array| &array.values);
    let largest =
        first.fold(0.0f64, |most, &m| if m.is_finite() { most.max(f64::from(m.abs())) } else { f64::INFINITY });
    if sound { largest } else { f64::INFINITY }
}

/// Arrays as one flat tensor in the layout's order; each is checked by name, shape and length.
fn gathered(layout: &Layout, arrays: &[Array], device: &Device) -> Result<Tensor<1>, String> {
    if arrays.len() != layout.slots.len() {
        return Err(format!("{} tensors; the network has {}", arrays.len(), layout.slots.len()));
    }
    let mut flat = Vec::with_capacity(layout.len);
    for (slot, array) in layout.slots.iter().zip(arrays) {
        if (&array.name, &array.shape) != (&slot.name, &slot.shape) || array.values.len() != slot.count() {
            return Err(format!("found {} {:?}, expected {} {:?}", array.name, array.shape, slot.name, slot.shape));
        }
        flat.extend_from_slice(&array.values);
    }
    Ok(Tensor::from_floats(flat.as_slice(), device))
}

/// The selection biases in one row; zeros where none were kept.
fn biases(kept: &[Vec<f32>], layers: usize, experts: usize) -> Result<Vec<f32>, String> {
    if kept.is_empty() {
        return Ok(vec![0.0; layers * experts]);
    }
    if kept.len() != layers || kept.iter().any(|row| row.len() != experts) {
        return Err(format!("selection biases of {} layers; expected {layers} of {experts} experts", kept.len()));
    }
    Ok(kept.concat())
}

/// The flat vector as named arrays.
fn scattered(layout: &Layout, flat: &[f32]) -> Vec<Array> {
    let array = |slot: &crate::domain::state::Slot| Array {
        name: slot.name.clone(),
        shape: slot.shape.clone(),
        values: flat[slot.range()].to_vec(),
    };
    layout.slots.iter().map(array).collect()
}
