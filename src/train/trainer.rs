//! The trainer: owns weights, moments and the schedule; queues steps on the device and reads them back in one go.
//!
//! Nothing waits for the device except [`Trainer::read`], [`Trainer::state`] and [`Trainer::locate`].

use std::sync::Arc;

use burn::tensor::{Device, Int, Tensor};

use super::optimizer::Moments;
use super::readback::{Pending, Traffic};
use super::state::{Array, Progress, State};
use crate::config::{AffinityBalance, Config, Knobs};
use crate::data::Corpus;
use crate::device::DeviceFailure;
use crate::model::{Layout, LossWeights, Network, Rotary};
use crate::schedule::Schedule;

/// A network in training.
#[derive(Debug)]
pub struct Trainer {
    pub(super) config: Arc<Config>,
    pub(super) corpus: Arc<Corpus>,
    pub(super) device: Device,
    pub(super) schedule: Schedule,
    pub(super) layout: Layout,
    pub(super) rotary: Rotary,
    pub(super) progress: Progress,
    /// All weights, `[P]`.
    pub(super) weights: Tensor<1>,
    pub(super) moments: Moments,
    /// 1 where weight decay applies: `[P]`.
    pub(super) decaying: Tensor<1>,
    /// 1 as long as every step since the last read was finite, else 0; a step that finds 0 changes nothing: `[1]`.
    pub(super) alive: Tensor<1>,
    pub(super) pending: Vec<Pending>,
    pub(super) traffic: Traffic,
}

/// Why a trainer could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The schedule cannot be drawn.
    #[error("{0}")]
    Schedule(String),
    /// The arrays are not those of this config's network.
    #[error("{0}")]
    Arrays(String),
}

impl Trainer {
    /// A trainer that goes on from `state`.
    ///
    /// # Errors
    /// If the schedule cannot be drawn or the arrays do not fit the config.
    pub fn new(config: Arc<Config>, corpus: Arc<Corpus>, device: &Device, state: &State) -> Result<Self, BuildError> {
        let schedule = Schedule::of(&config).map_err(BuildError::Schedule)?;
        let experts = state.progress.rosters.first().map_or(config.model.experts, |r| r.len());
        let layout = Layout::new(&config.model, experts);
        let flat = |arrays: &[Array]| gathered(&layout, arrays, device).map_err(BuildError::Arrays);
        let decaying: Vec<f32> = layout
            .slots
            .iter()
            .flat_map(|slot| std::iter::repeat_n(f32::from(u8::from(slot.decays())), slot.len()))
            .collect();
        Ok(Self {
            schedule,
            rotary: Rotary::new(&config.model, device),
            progress: state.progress.clone(),
            weights: flat(&state.weights)?,
            moments: Moments { first: flat(&state.moment1)?, second: flat(&state.moment2)? },
            decaying: Tensor::from_floats(decaying.as_slice(), device),
            alive: Tensor::ones([1], device),
            pending: Vec::new(),
            traffic: Traffic::default(),
            layout,
            config,
            corpus,
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

    /// Where its tensors live.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// What it learns.
    pub fn corpus(&self) -> &Arc<Corpus> {
        &self.corpus
    }

    /// When its layers compete.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
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
    /// Every complaint about them, or that the schedule cannot follow; nothing changes then.
    pub fn set_knobs(&mut self, knobs: Knobs) -> Result<(), String> {
        let complaints = knobs.validate(self.experts());
        if !complaints.is_empty() {
            return Err(complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
        }
        if let Some(why) = self.schedule.refuses(&self.progress.knobs, &knobs) {
            return Err(why);
        }
        self.progress.knobs = knobs;
        Ok(())
    }

    /// Everything, on the host. Waits for the device.
    ///
    /// # Errors
    /// If the device cannot be read.
    pub fn state(&self) -> Result<State, DeviceFailure> {
        let data = burn::tensor::Transaction::default()
            .register(self.weights.clone())
            .register(self.moments.first.clone())
            .register(self.moments.second.clone())
            .try_execute()
            .map_err(|e| DeviceFailure::of(e.to_string()))?;
        let mut vectors =
            data.into_iter().map(|d| d.try_to_vec::<f32>().map_err(|e| DeviceFailure::Lost(format!("{e:?}"))));
        let mut next = || -> Result<Vec<Array>, DeviceFailure> {
            let flat = vectors.next().unwrap_or_else(|| Err(DeviceFailure::Lost("a tensor was not read".into())))?;
            Ok(scattered(&self.layout, &flat))
        };
        Ok(State { progress: self.progress.clone(), weights: next()?, moment1: next()?, moment2: next()? })
    }

    /// Makes one weight NaN, to see what happens then.
    #[doc(hidden)]
    pub fn poison(&mut self) {
        let router = self.layout.slots.iter().find(|s| s.name.ends_with("router.weight")).map_or(0, |s| s.start);
        let nan = Tensor::full([1], f32::NAN, &self.device);
        self.weights = self.weights.clone().slice_assign(router..router + 1, nan);
    }

    /// The network as it is, not tracked.
    pub(super) fn network(&self) -> Network {
        let leaves: Vec<Tensor<1>> = self.leaves();
        Network::assemble(&self.config.model, &self.layout, &leaves)
    }

    /// One flat tensor per slot of the layout.
    pub(super) fn leaves(&self) -> Vec<Tensor<1>> {
        self.layout.slots.iter().map(|slot| self.weights.clone().slice_dim(0, slot.range())).collect()
    }

    /// Loss weights in force.
    pub(super) fn loss_weights(&self) -> LossWeights {
        let form: AffinityBalance = self.config.competition.affinity_balance;
        LossWeights::of(&self.progress.knobs, form)
    }

    /// Windows of `context + 1` bytes as inputs `[B, S]` and targets `[B·S]`.
    pub(super) fn tensors(&self, windows: &[u8]) -> (Tensor<2, Int>, Tensor<1, Int>) {
        let context = self.config.model.context;
        let sequences = windows.len() / (context + 1);
        let rows = || windows.chunks_exact(context + 1);
        let inputs: Vec<i32> = rows().flat_map(|w| w[..context].iter().map(|&b| i32::from(b))).collect();
        let targets: Vec<i32> = rows().flat_map(|w| w[1..].iter().map(|&b| i32::from(b))).collect();
        let inputs = Tensor::<1, Int>::from_data(inputs.as_slice(), &self.device).reshape([sequences, context]);
        (inputs, Tensor::from_data(targets.as_slice(), &self.device))
    }
}

/// Arrays as one flat tensor in the layout's order; each is checked by name, shape and length.
fn gathered(layout: &Layout, arrays: &[Array], device: &Device) -> Result<Tensor<1>, String> {
    if arrays.len() != layout.slots.len() {
        return Err(format!("{} tensors; the network has {}", arrays.len(), layout.slots.len()));
    }
    let mut flat = Vec::with_capacity(layout.len);
    for (slot, array) in layout.slots.iter().zip(arrays) {
        if (&array.name, &array.shape) != (&slot.name, &slot.shape) || array.values.len() != slot.len() {
            return Err(format!("found {} {:?}, expected {} {:?}", array.name, array.shape, slot.name, slot.shape));
        }
        flat.extend_from_slice(&array.values);
    }
    Ok(Tensor::from_floats(flat.as_slice(), device))
}

/// The flat vector as named arrays.
fn scattered(layout: &Layout, flat: &[f32]) -> Vec<Array> {
    let array = |slot: &crate::model::Slot| Array {
        name: slot.name.clone(),
        shape: slot.shape.clone(),
        values: flat[slot.range()].to_vec(),
    };
    layout.slots.iter().map(array).collect()
}
