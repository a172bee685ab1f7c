//! The memory of a run: bounded series by name, marks, keyframe matrices, the journal of changes.
//!
//! Cheap to hand out: a clone shares every series until the run writes to it (copy on write).

mod csv;
mod journal;
mod key;
mod keyframes;
mod series;

pub use self::csv::{MetricsFile, Row, columns};
pub use journal::{Entry, EventsFile, Journal, What};
pub use key::{ExpertMeasure, Key, LayerMeasure, RunMeasure};
pub use keyframes::{Keyframe, Keyframes};
pub use series::{Bucket, Limits, Series};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::readings::{ProbeReading, StepReading, ValidationReading};
use crate::roster::Roster;

/// Everything a run remembers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    series: BTreeMap<Key, Arc<Series>>,
    /// Mean output cosine `[experts × experts]` per layer, over time.
    pub cosines: Vec<Arc<Keyframes>>,
    /// What was done to the run, in order.
    pub journal: Arc<Journal>,
}

impl History {
    /// One series, if anything was pushed to it.
    pub fn get(&self, key: Key) -> Option<&Series> {
        self.series.get(&key).map(Arc::as_ref)
    }

    /// All series, by name.
    pub fn iter(&self) -> impl Iterator<Item = (Key, &Series)> {
        self.series.iter().map(|(&key, series)| (key, series.as_ref()))
    }

    /// Puts a whole series, as a checkpoint does.
    pub fn insert(&mut self, key: Key, series: Series) {
        self.series.insert(key, Arc::new(series));
    }

    /// The journal, to write to.
    pub fn journal_mut(&mut self) -> &mut Journal {
        Arc::make_mut(&mut self.journal)
    }

    fn push(&mut self, key: Key, step: u64, value: f64) {
        let series = self.series.entry(key).or_insert_with(|| Arc::new(Series::new(key.limits())));
        Arc::make_mut(series).push(step, value);
    }

    fn push_some(&mut self, key: Key, step: u64, value: Option<f64>) {
        if let Some(value) = value {
            self.push(key, step, value);
        }
    }

    /// Takes in one training step. `derived` holds per layer what a step's counts say, `rosters` who sat where.
    pub fn push_step(
        &mut self,
        reading: &StepReading,
        derived: &[LoadNumbers],
        rosters: &[Roster],
        tokens_per_sec: f64,
    ) {
        let step = reading.step;
        let loss = &reading.loss;
        self.push(Key::Run(RunMeasure::LossTotal), step, loss.total);
        self.push(Key::Run(RunMeasure::LossTask), step, loss.task);
        self.push_some(Key::Run(RunMeasure::LossRouter), step, loss.router);
        self.push_some(Key::Run(RunMeasure::LossBalance), step, loss.balance);
        self.push_some(Key::Run(RunMeasure::LossAffinityBalance), step, loss.affinity_balance);
        self.push_some(Key::Run(RunMeasure::LossDiversity), step, loss.diversity);
        self.push(Key::Run(RunMeasure::LearningRate), step, reading.learning_rate);
        self.push(Key::Run(RunMeasure::GradientNorm), step, reading.gradient_norm);
        self.push(Key::Run(RunMeasure::TokensPerSec), step, tokens_per_sec);
        for (layer, ((measured, numbers), roster)) in reading.layers.iter().zip(derived).zip(rosters).enumerate() {
            self.push(Key::Layer(layer, LayerMeasure::Competed), step, f64::from(u8::from(measured.competed)));
            self.push(Key::Layer(layer, LayerMeasure::LoadCv), step, numbers.cv);
            self.push(Key::Layer(layer, LayerMeasure::LoadEntropy), step, numbers.entropy);
            self.push(Key::Layer(layer, LayerMeasure::DeadExperts), step, numbers.dead as f64);
            self.push_shares(layer, ExpertMeasure::Routed, step, &measured.routed, roster);
        }
    }

    /// Takes in one probe.
    pub fn push_probe(&mut self, reading: &ProbeReading, rosters: &[Roster]) {
        let step = reading.step;
        for (layer, (probe, roster)) in reading.layers.iter().zip(rosters).enumerate() {
            let agreement = &probe.agreement;
            for (measure, value) in [
                (LayerMeasure::Kappa, agreement.kappa),
                (LayerMeasure::Top1, Some(agreement.top1)),
                (LayerMeasure::Chance, Some(agreement.chance)),
                (LayerMeasure::Recall, Some(agreement.recall_at_k)),
                (LayerMeasure::ResponseCaptured, Some(agreement.response_captured)),
                (LayerMeasure::Skill, agreement.skill),
                (LayerMeasure::OutputCosine, probe.collapse.mean_output_cosine),
                (LayerMeasure::EffectiveRank, Some(probe.collapse.effective_rank)),
            ] {
                self.push_some(Key::Layer(layer, measure), step, value);
            }
            self.push_shares(layer, ExpertMeasure::Won, step, &probe.won, roster);
            if self.cosines.len() <= layer {
                self.cosines.resize_with(layer + 1, Arc::default);
            }
            Arc::make_mut(&mut self.cosines[layer]).push(step, &roster.slots, &probe.output_cosine);
        }
    }

    /// Takes in one validation.
    pub fn push_validation(&mut self, reading: &ValidationReading) {
        self.push(Key::Run(RunMeasure::Validation), reading.step, reading.loss);
    }

    /// Experts of a layer without a token over the newest `window` steps, the present one with `counts` included. An
    /// expert younger than the window is not counted: its silence may be luck.
    pub fn silent_experts(&self, layer: usize, roster: &Roster, counts: &[u32], window: usize) -> usize {
        let silent_before = |&id| {
            let series = self.get(Key::Expert(layer, id, ExpertMeasure::Routed));
            let before = window.saturating_sub(1).min(Limits::NARROW.recent);
            before == 0
                || series
                    .is_some_and(|s| s.recent().len() >= before && s.recent().rev().take(before).all(|(_, v)| v == 0.0))
        };
        counts.iter().zip(&roster.slots).filter(|(count, id)| **count == 0 && silent_before(id)).count()
    }

    fn push_shares(&mut self, layer: usize, measure: ExpertMeasure, step: u64, counts: &[u32], roster: &Roster) {
        let total: u64 = counts.iter().map(|&c| u64::from(c)).sum();
        for (&count, &id) in counts.iter().zip(&roster.slots) {
            let share = if total == 0 { 0.0 } else { f64::from(count) / total as f64 };
            self.push(Key::Expert(layer, id, measure), step, share);
        }
    }
}

/// What one step's counts say about the load of one layer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LoadNumbers {
    /// Sample standard deviation ÷ mean of the router's counts; 0 is even.
    pub cv: f64,
    /// Entropy ÷ ln N; 1 is even.
    pub entropy: f64,
    /// Experts without a token over a window that rules out luck.
    pub dead: usize,
}
