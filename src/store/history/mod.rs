//! The memory of a run: bounded series by name, marks, keyframe matrices, the journal of changes.
//!
//! Cheap to hand out: a clone shares every series until the run writes to it (copy on write).

mod csv;
mod effect;
mod events;
mod journal;
mod key;
mod keyframes;
mod measured;
mod packed;
mod probe_history;
mod recency;
mod series;
mod silence;
mod survey;
mod thinned;

pub use self::csv::{Row, columns};

pub(crate) use self::csv::MetricsFile;
pub(crate) use effect::WINDOW as EFFECT_WINDOW;
pub use effect::{Effect, EffectOf, Explanation};
pub(crate) use events::EventsFile;
pub use journal::{Journal, JournalEntry, ProbeSettings, What};
pub use key::{ExpertMeasure, LayerMeasure, RunMeasure, SeriesKey};
pub use keyframes::Keyframe;
pub(crate) use keyframes::Keyframes;
pub use measured::LoadNumbers;
use measured::measured;
pub use packed::PackedChange;
pub(crate) use probe_history::ProbeHistory;
pub use probe_history::ProbeRecord;
pub use series::{Bucket, Series, SeriesLimits};
pub use silence::{LastTokens, Silence};
pub use survey::Kept;
pub(crate) use survey::{NotKept, survey_events, survey_metrics};
pub use thinned::{Framed, Thinned};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::measures::load;
use crate::domain::measures::samples::median;
use crate::domain::measures::similarity::gradient_share;
use crate::domain::measures::window::{LOAD_WINDOW, WindowLoad};
use crate::domain::readings::{ProbeReading, StepReading, ValidationReading};
use crate::domain::roster::{ExpertId, Roster};

/// Everything a run remembers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    series: BTreeMap<SeriesKey, Arc<Series>>,
    /// Mean output cosine `[experts × experts]` per layer, over time.
    pub cosines: Vec<Arc<Keyframes>>,
    /// What was done to the run, in order.
    pub journal: Arc<Journal>,
    /// When each expert last got a token.
    pub last_tokens: Arc<LastTokens>,
    /// Probes to look back at.
    pub probes: Arc<ProbeHistory>,
    /// The probe that saturation is measured against; `None` is the first that was kept.
    pub reference: Option<ProbeRecord>,
}

impl History {
    /// Most experts of a layer that are no more and whose series are kept: those that went last.
    pub const GONE: usize = 32;

    /// One series, if anything was pushed to it.
    pub fn get(&self, key: SeriesKey) -> Option<&Series> {
        self.series.get(&key).map(Arc::as_ref)
    }

    /// One series as it is now, to be kept.
    pub fn shared(&self, key: SeriesKey) -> Option<Arc<Series>> {
        self.series.get(&key).cloned()
    }

    /// Bytes of curves and keyframes, which a clone has alone once this one has gone on; probes are shared by all clones.
    pub(crate) fn bytes(&self) -> usize {
        let series = self.series.values().map(|series| series.bytes()).sum::<usize>();
        let cosines = self.cosines.iter().flat_map(|frames| frames.frames());
        series + cosines.map(|frame| size_of_val(frame.values.as_slice())).sum::<usize>()
    }

    /// All series, by name.
    pub fn iter(&self) -> impl Iterator<Item = (SeriesKey, &Series)> {
        self.series.iter().map(|(&key, series)| (key, series.as_ref()))
    }

    /// Puts a whole series, as a checkpoint does.
    pub fn insert(&mut self, key: SeriesKey, series: Series) {
        self.series.insert(key, Arc::new(series));
    }

    /// The journal, to write to.
    pub fn journal_mut(&mut self) -> &mut Journal {
        Arc::make_mut(&mut self.journal)
    }

    /// Takes in what a history of the same run up to some step holds and this one lacks: curves as far as this one does not go on from
    /// their beginning, keyframes, the last tokens.
    pub(crate) fn complete_from(&mut self, saved: Self) {
        for (key, series) in saved.series {
            let Some(own) = self.series.get_mut(&key) else {
                self.series.insert(key, series);
                continue;
            };
            let begins = |series: &Series| series.buckets().first().map(|bucket| bucket.first_step);
            if begins(own) > begins(&series) {
                let mut whole = Arc::unwrap_or_clone(series);
                own.recent().for_each(|(step, value)| whole.push(step, value));
                *own = Arc::new(whole);
            } else if own.last_step() < series.last_step() {
                *own = series;
            }
        }
        (self.cosines, self.last_tokens) = (saved.cosines, saved.last_tokens);
        if self.journal.entries().is_empty() {
            self.journal = saved.journal;
        }
    }

    /// Takes in which experts got tokens at a training step, `top_k` experts a token. Call it once a step, before
    /// [`History::push_step`]. Returns the number of dead experts per layer: see [`LastTokens::take_step`].
    pub(crate) fn take_tokens(&mut self, reading: &StepReading, rosters: &[Roster], top_k: usize) -> Vec<usize> {
        let mut last_tokens = std::mem::take(&mut self.last_tokens);
        let before = |layer, id| self.last_token_in_series(layer, id, reading.step);
        let dead = Arc::make_mut(&mut last_tokens).take_step(reading, rosters, top_k, before);
        self.last_tokens = last_tokens;
        dead
    }

    /// Experts have come and gone: forgets the series of those that went first,
    /// so that each layer has those of at most [`History::GONE`] experts that are no more.
    pub(crate) fn take_rosters(&mut self, rosters: &[Roster]) {
        Arc::make_mut(&mut self.last_tokens).take_rosters(rosters);
        let mut gone: BTreeMap<(usize, ExpertId), u64> = BTreeMap::new();
        for (&key, series) in &self.series {
            let SeriesKey::Expert(layer, id, _) = key else { continue };
            if rosters.get(layer).is_none_or(|roster| !roster.slots.contains(&id)) {
                let newest = gone.entry((layer, id)).or_default();
                *newest = series.last_step().unwrap_or(0).max(*newest);
            }
        }
        for layer in 0..rosters.len() {
            let of_layer = gone.iter().filter(|((other, _), _)| *other == layer);
            let mut oldest: Vec<(u64, ExpertId)> = of_layer.map(|(&(_, id), &newest)| (newest, id)).collect();
            oldest.sort_unstable();
            for &(_, id) in &oldest[..oldest.len().saturating_sub(Self::GONE)] {
                for &measure in ExpertMeasure::ALL {
                    self.series.remove(&SeriesKey::Expert(layer, id, measure));
                }
            }
        }
    }

    fn push(&mut self, key: SeriesKey, step: u64, value: f64) {
        let series = self.series.entry(key).or_insert_with(|| Arc::new(Series::new(key.limits())));
        Arc::make_mut(series).push(step, value);
    }

    fn push_some(&mut self, key: SeriesKey, step: u64, value: Option<f64>) {
        if let Some(value) = value {
            self.push(key, step, value);
        }
    }

    /// Takes in what a run has spent once `step` steps are done: seconds of training, and floating-point operations if they are
    /// known.
    pub(crate) fn push_spent(&mut self, step: u64, seconds: f64, flop: Option<u64>) {
        self.push(SeriesKey::Run(RunMeasure::Seconds), step, seconds);
        self.push_some(SeriesKey::Run(RunMeasure::Flop), step, flop.map(|flop| flop as f64));
    }

    /// Takes in one training step. `derived` holds per layer what a step's counts say, `rosters` who sat where.
    ///
    /// Returns per layer the load over the newest `LOAD_WINDOW` steps, this one included.
    pub fn push_step(
        &mut self,
        reading: &StepReading,
        derived: &[LoadNumbers],
        rosters: &[Roster],
        tokens_per_sec: f64,
    ) -> Vec<Option<WindowLoad>> {
        let step = reading.step;
        let loss = &reading.loss;
        self.push(SeriesKey::Run(RunMeasure::LossTotal), step, loss.total);
        self.push(SeriesKey::Run(RunMeasure::LossTask), step, loss.task);
        self.push_some(SeriesKey::Run(RunMeasure::LossRouter), step, loss.router);
        self.push_some(SeriesKey::Run(RunMeasure::LossBalance), step, loss.balance);
        self.push_some(SeriesKey::Run(RunMeasure::LossAffinityBalance), step, loss.affinity_balance);
        self.push_some(SeriesKey::Run(RunMeasure::LossDiversity), step, loss.diversity);
        self.push(SeriesKey::Run(RunMeasure::LearningRate), step, reading.learning_rate);
        self.push(SeriesKey::Run(RunMeasure::GradientNorm), step, reading.gradient_norm);
        self.push(SeriesKey::Run(RunMeasure::TokensPerSec), step, tokens_per_sec);
        let mut loads = Vec::with_capacity(rosters.len());
        for (layer, ((measured, numbers), roster)) in reading.layers.iter().zip(derived).zip(rosters).enumerate() {
            self.push(SeriesKey::Layer(layer, LayerMeasure::Competed), step, f64::from(u8::from(measured.competed)));
            self.push_load(layer, step, numbers, (&measured.routed, roster));
            if let Some(lengths) = &measured.gradients {
                self.push_gradients(layer, step, lengths, roster);
            }
            let load = self.window_load(layer, roster);
            self.push_some(
                SeriesKey::Layer(layer, LayerMeasure::MaxVioGlobal),
                step,
                load.as_ref().and_then(WindowLoad::max_vio),
            );
            loads.push(load);
        }
        loads
    }

    /// Takes in the load of one layer at a step: what its counts say, and the counts of the experts of a roster.
    pub(crate) fn push_load(
        &mut self,
        layer: usize,
        step: u64,
        numbers: &LoadNumbers,
        (routed, roster): (&[u32], &Roster),
    ) {
        self.push(SeriesKey::Layer(layer, LayerMeasure::LoadCv), step, numbers.cv);
        self.push(SeriesKey::Layer(layer, LayerMeasure::LoadEntropy), step, numbers.entropy);
        self.push(SeriesKey::Layer(layer, LayerMeasure::DeadExperts), step, numbers.dead as f64);
        self.push_some(SeriesKey::Layer(layer, LayerMeasure::MaxVio), step, numbers.max_vio);
        self.push_shares(layer, ExpertMeasure::Routed, step, routed, roster);
    }

    /// Takes in one probe.
    pub fn push_probe(&mut self, reading: &Arc<ProbeReading>, rosters: &[Roster]) {
        let step = reading.step;
        let record = ProbeRecord { probe: reading.clone(), rosters: Arc::new(rosters.to_vec()) };
        let probes = self.probes.clone();
        let reference = self.reference.clone();
        let reference = reference.as_ref().or_else(|| probes.frames().first());
        for layer in 0..rosters.len() {
            let fluctuation = probes.frames().last().and_then(|before| record.fluctuation(before, layer));
            let saturation = reference.and_then(|reference| record.saturation(reference, layer));
            self.push_some(SeriesKey::Layer(layer, LayerMeasure::Fluctuation), step, fluctuation);
            self.push_some(SeriesKey::Layer(layer, LayerMeasure::Saturation), step, saturation);
            let since = self.steps_since_competition(layer, step).map(|steps| steps as f64);
            self.push_some(SeriesKey::Layer(layer, LayerMeasure::Staleness), step, since);
        }
        drop(probes);
        Arc::make_mut(&mut self.probes).push(record);
        for (layer, (probe, roster)) in reading.layers.iter().zip(rosters).enumerate() {
            for (measure, value) in measured(probe) {
                self.push_some(SeriesKey::Layer(layer, measure), step, value);
            }
            if let Some(won) = &probe.diagnosis.agreement.won {
                self.push_shares(layer, ExpertMeasure::Won, step, won, roster);
            }
            if self.cosines.len() <= layer {
                self.cosines.resize_with(layer + 1, Arc::default);
            }
            if let Some(cosine) = &probe.matrices.output_cosine {
                let values = cosine.iter().flatten().map(|cell| cell.map_or(f32::NAN, |cell| cell as f32)).collect();
                let frame = Keyframe { step, experts: roster.slots.clone(), values };
                Arc::make_mut(&mut self.cosines[layer]).push(frame);
            }
        }
    }

    /// Gives a run that was just opened the probe to look back at first, for a file holds none: what the next one is
    /// compared with is then what it would have been. A run that has probes keeps those.
    pub(crate) fn begin_probes(&mut self, reading: &Arc<ProbeReading>, rosters: &[Roster]) {
        if self.probes.frames().is_empty() {
            let record = ProbeRecord { probe: reading.clone(), rosters: Arc::new(rosters.to_vec()) };
            Arc::make_mut(&mut self.probes).push(record);
        }
    }

    /// Takes in what an expert is worth: the loss of the probe without it, `more` nats above the loss with it.
    pub(crate) fn push_knock_out(&mut self, step: u64, layer: usize, expert: ExpertId, more: f64) {
        self.push(SeriesKey::Expert(layer, expert, ExpertMeasure::KnockOut), step, more);
    }

    /// Says that before `step`, which comes next, readings are missing: no curve goes on over them.
    pub(crate) fn leave_gap_before(&mut self, step: u64) {
        self.series.values_mut().for_each(|series| Arc::make_mut(series).leave_gap_before(step));
    }

    /// Says that at `step` what curves of a layer would hold is not finite: of those that got no value.
    pub(crate) fn push_not_finite(&mut self, layer: usize, step: u64) {
        let of_layer =
            |key: &SeriesKey| matches!(*key, SeriesKey::Layer(of, _) | SeriesKey::Expert(of, ..) if of == layer);
        for (_, series) in self.series.iter_mut().filter(|(key, _)| of_layer(key)) {
            Arc::make_mut(series).push(step, f64::NAN);
        }
    }

    /// Takes in the loss of a step of a training that says no more of itself.
    pub(crate) fn push_loss(&mut self, step: u64, loss: f64) {
        self.push(SeriesKey::Run(RunMeasure::LossTask), step, loss);
    }

    /// Takes in one validation.
    pub fn push_validation(&mut self, reading: &ValidationReading) {
        self.push(SeriesKey::Run(RunMeasure::Validation), reading.step, reading.loss);
    }

    /// Load of a layer over the newest [`LOAD_WINDOW`] steps; fewer where its youngest expert has seen fewer.
    fn window_load(&self, layer: usize, roster: &Roster) -> Option<WindowLoad> {
        let routed = |&id| self.get(SeriesKey::Expert(layer, id, ExpertMeasure::Routed));
        let series: Vec<&Series> = roster.slots.iter().filter_map(routed).collect();
        let shares = series.iter().filter_map(|series| series.recent_mean(LOAD_WINDOW)).collect();
        let steps = series.iter().map(|series| series.recent().len()).min().unwrap_or(0);
        WindowLoad::new(steps.min(LOAD_WINDOW), shares)
    }

    /// Median of the training loss over the newest [`LOAD_WINDOW`] steps, nats. `None` before as many have been taken after
    /// step `warmup`.
    pub(crate) fn window_loss(&self, warmup: u64) -> Option<f64> {
        let series = self.get(SeriesKey::Run(RunMeasure::LossTask))?;
        let newest = series.recent().rev().take(LOAD_WINDOW).filter(|&(step, _)| step > warmup);
        let losses: Vec<f64> = newest.map(|(_, loss)| loss).filter(|loss| loss.is_finite()).collect();
        if losses.len() == LOAD_WINDOW { median(losses) } else { None }
    }

    fn push_gradients(&mut self, layer: usize, step: u64, lengths: &[f32], roster: &Roster) {
        let norms: Vec<f64> = lengths.iter().map(|&length| length.into()).collect();
        let shares = gradient_share(&norms);
        for (slot, &id) in roster.slots.iter().enumerate() {
            let share = shares.as_ref().and_then(|shares| shares.get(slot).copied());
            self.push_some(SeriesKey::Expert(layer, id, ExpertMeasure::GradientShare), step, share);
            let idle = self.steps_since_token(layer, id, step).map(|steps| steps as f64);
            self.push_some(SeriesKey::Expert(layer, id, ExpertMeasure::Idle), step, idle);
        }
    }

    fn push_shares(&mut self, layer: usize, measure: ExpertMeasure, step: u64, counts: &[u32], roster: &Roster) {
        let shares = load::fraction(counts).unwrap_or_else(|| vec![0.0; counts.len()]);
        for (share, &id) in shares.into_iter().zip(&roster.slots) {
            self.push(SeriesKey::Expert(layer, id, measure), step, share);
        }
    }
}

#[cfg(test)]
mod tests;
