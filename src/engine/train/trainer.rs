//! The trainer: owns weights, moments and the schedule; queues steps on the device and reads them back in one go.
//!
//! Nothing waits for the device except [`Trainer::read`], [`Trainer::state`] and [`Trainer::locate`].

use std::sync::Arc;

use burn::tensor::{Device, Tensor};

use super::frozen::FrozenMask;
use super::readback::{Pending, ReadbackQueue, Traffic};
use super::refusal::TrainerRefusal;
use super::vectors::{Vectors, scattered};
use crate::domain::config::{Config, Intervals, Knobs, ModelSpec};
use crate::domain::interventions::LayerInterventions;
use crate::domain::readings::MetricKind;
use crate::domain::schedule::Schedule;
use crate::domain::state::{Layout, Progress, State};
use crate::engine::device::DeviceFailure;
use crate::engine::kernels::forget_buffers;
use crate::engine::model::{ForwardSettings, Rotary, StaleCompetitionLosses};
use crate::tasks::Task;

/// A network in training.
#[derive(Debug)]
pub struct Trainer {
    config: Arc<Config>,
    task: Arc<dyn Task>,
    spec: ModelSpec,
    /// Whether accuracy is what the task is scored by, so that hits are counted.
    counts_hits: bool,
    device: Device,
    schedule: Schedule,
    layout: Layout,
    rotary: Rotary,
    progress: Progress,
    vectors: Vectors,
    /// What the policy in force does not move.
    frozen: FrozenMask,
    /// What the policy carries from step to step besides weights.
    carried: StaleCompetitionLosses,
    /// The weights at the last probe that the run took at its cadence.
    anchored: Option<Tensor<1>>,
    queue: ReadbackQueue,
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
        if let Some(lacking) = config.lacks(&state.progress.knobs) {
            return Err(BuildError::Arrays(format!(
                "the knobs in force read tensors that the network lacks: {}",
                lacking.listed()
            )));
        }
        let vectors = Vectors::new(state, &layout, layers, experts, device).map_err(BuildError::Arrays)?;
        Ok(Self {
            schedule,
            rotary: Rotary::new(&spec, device),
            counts_hits: task.metric().kind == MetricKind::Accuracy,
            spec,
            progress: state.progress.clone(),
            vectors,
            frozen: FrozenMask::default(),
            carried: StaleCompetitionLosses::none(layers),
            anchored: None,
            queue: ReadbackQueue::default(),
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
    /// (`Painted::MOST`); nothing changes then.
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

    /// What enters and leaves the network, and its blocks.
    pub(super) fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    /// Whether accuracy is what the task is scored by.
    pub(super) fn counts_hits(&self) -> bool {
        self.counts_hits
    }

    /// Where it computes.
    pub(super) fn device(&self) -> &Device {
        &self.device
    }

    /// Where each tensor lies in the flat vectors.
    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The rotary position embedding's tables.
    pub(super) fn rotary(&self) -> &Rotary {
        &self.rotary
    }

    /// Weights, moments and biases.
    pub(super) fn vectors(&self) -> &Vectors {
        &self.vectors
    }

    /// The same, to move them.
    pub(super) fn vectors_mut(&mut self) -> &mut Vectors {
        &mut self.vectors
    }

    /// What the policy in force does not move, `[P]`; `None` if everything moves.
    pub(super) fn frozen(&mut self, settings: &ForwardSettings) -> Option<Tensor<1>> {
        self.frozen.of(&self.config, &self.layout, &self.progress, settings, &self.device).cloned()
    }

    /// What the policy carries from step to step besides weights.
    pub(super) fn carried(&self) -> &StaleCompetitionLosses {
        &self.carried
    }

    /// The step that is about to be counted carries this on.
    pub(super) fn carry(&mut self, carried: StaleCompetitionLosses) {
        self.carried = carried;
    }

    /// Everything that belongs to a step stands: counts it and its update, the tokens if it trained on any, and lets the
    /// weights be read again.
    pub(super) fn count_step(&mut self, tokens: u64) {
        self.progress.tokens += tokens;
        self.progress.step += 1;
        self.progress.updates += 1;
        self.vectors.finish();
    }

    /// Takes the count back to before a step that changed nothing, when so many tokens had been trained on after it.
    pub(super) fn stand_before(&mut self, step: u64, tokens: u64) {
        let undone = self.progress.step - (step - 1);
        self.progress.step -= undone;
        self.progress.updates -= undone;
        self.progress.tokens = tokens - self.config.tokens_per_step() as u64;
        self.vectors.revive(&self.device);
        // Taken at a step that was not; forgotten rather than trusted.
        self.carried.forget();
    }

    /// What was just read is done for good; before, it might have been taken back.
    pub(super) fn forget_painted(&mut self) {
        self.progress.painted.forget_before(self.progress.step);
    }

    /// What is done to a layer on purpose from the next step on.
    pub(super) fn set_interventions(&mut self, layer: usize, after: LayerInterventions) {
        self.progress.lab.resize_with(self.progress.rosters.len(), LayerInterventions::default);
        self.progress.lab[layer] = after;
    }

    /// From now on probes say how far experts have moved since here. Probes that a run takes at its cadence do it themselves;
    /// those that somebody asked for do not, or asking would change what is measured.
    pub(crate) fn anchor(&mut self) {
        self.anchored = self.vectors.whole().is_ok().then(|| self.vectors.weights().clone());
    }

    /// The weights at [`Trainer::anchor`].
    pub(super) fn anchored(&self) -> Option<&Tensor<1>> {
        self.anchored.as_ref()
    }

    /// Queues numbers to be read with everything else.
    pub(super) fn queue(&mut self, pending: Pending) {
        self.queue.push(pending);
    }

    /// Waits for everything queued: what it is, and its numbers.
    pub(super) fn take_queued(&mut self) -> Result<Vec<(Pending, Vec<f32>)>, DeviceFailure> {
        self.queue.take()
    }

    /// Steps, probes and validations queued since the last read.
    pub fn pending(&self) -> usize {
        self.queue.len()
    }

    /// What it has read from the device so far.
    pub fn traffic(&self) -> Traffic {
        self.queue.traffic()
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
        if let Some(lacking) = self.config.lacks(&knobs) {
            return Err(TrainerRefusal::Lacks(lacking));
        }
        self.enough_unmuted(knobs.top_k)?;
        self.progress.knobs = knobs;
        Ok(())
    }

    /// Probes and validates at another cadence from now on. The probe batch stays the same.
    pub(crate) fn set_cadence(&mut self, cadence: Intervals) {
        let probe_sequences = self.config.cadence.probe_sequences;
        Arc::make_mut(&mut self.config).cadence = Intervals { probe_sequences, ..cadence };
    }

    /// Everything, on the host. Waits for the device.
    ///
    /// # Errors
    /// If the device cannot be read, or an update was cut off part-way.
    pub fn state(&self) -> Result<State, DeviceFailure> {
        let [weights, moment1, moment2, bias] = self.vectors.read()?;
        let arrays = |flat: &[f32]| scattered(&self.layout, flat);
        let (weights, moment1, moment2) = (arrays(&weights), arrays(&moment1), arrays(&moment2));
        let selection_bias = bias.chunks_exact(self.experts()).map(<[f32]>::to_vec).collect();
        Ok(State { progress: self.progress.clone(), weights, moment1, moment2, selection_bias })
    }

    /// A second trainer that stands where this one does and goes on from there with the same bits. It shares every tensor with
    /// this one until either moves it: nothing is copied now and the device is not read. `None` while numbers wait to be
    /// read, or after an update that was cut off.
    pub(crate) fn fork(&self) -> Option<Self> {
        if self.pending() > 0 || self.vectors.whole().is_err() {
            return None;
        }
        Some(Self {
            config: self.config.clone(),
            task: self.task.clone(),
            spec: self.spec.clone(),
            counts_hits: self.counts_hits,
            device: self.device.clone(),
            schedule: self.schedule.clone(),
            layout: self.layout.clone(),
            rotary: self.rotary.clone(),
            progress: self.progress.clone(),
            vectors: self.vectors.clone(),
            frozen: self.frozen.clone(),
            carried: self.carried.clone(),
            anchored: self.anchored.clone(),
            queue: ReadbackQueue::default(),
        })
    }

    /// Bytes of tensors that a fork keeps alive once this trainer has gone on: weights, two moments, the weights at the
    /// anchor, and what the policy carries.
    pub(crate) fn fork_bytes(&self) -> usize {
        let vectors = 3 + usize::from(self.anchored.is_some()) + self.carried.vectors();
        vectors * self.layout.len * size_of::<f32>()
    }

    /// Makes one weight NaN, to see what happens then.
    #[doc(hidden)]
    pub fn poison(&mut self) {
        let router = self.layout.slots.iter().find(|s| s.part().starts_with("router.")).map_or(0, |s| s.start);
        let nan = Tensor::full([1], f32::NAN, &self.device);
        self.vectors.replace(router..router + 1, nan);
    }
}
