//! Alerts: what has been wrong for long enough not to be luck, as typed events of a rule with its numbers.
//!
//! A rule ([`Rule::terms`]) says which number it watches, how long it must hold and how it ends. Readings are taken in as
//! they come; nothing looks back at whole series. What is remembered between readings is a few numbers for each rule that
//! is under suspicion, and is saved with the history, so that a run that goes on from a file says the same.

mod context;
mod memory;
mod rules;
#[cfg(test)]
mod tests;
mod watch;
mod written;

pub use context::StepContext;
pub(crate) use context::{LoadContext, LoadReading};
pub use rules::{Cadence, Panel, Rule, RuleDefinition};
pub(crate) use watch::WatchedNumber;
pub use watch::{Hold, Side};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::measures::window::LOAD_WINDOW;
use crate::domain::measures::{choice, load, router};
use crate::domain::readings::{LayerProbe, ProbeReading, StepReading, ValidationReading};
use crate::domain::roster::{ExpertId, Roster};
use memory::Memory;
use written::WrittenAlert;

/// Something that is wrong, or was: which rule found it, where, and with which numbers. Words are made of it where it is
/// shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "WrittenAlert", into = "WrittenAlert")]
pub struct Alert {
    /// Which rule.
    pub rule: Rule,
    /// Layer with experts, from 0; `None` for what is wrong with the whole run.
    pub layer: Option<usize>,
    /// The expert it is about.
    pub expert: Option<ExpertId>,
    /// The second of a pair.
    pub other: Option<ExpertId>,
    /// Step of the first reading that showed it.
    pub since: u64,
    /// Steps done when it was raised.
    pub raised: u64,
    /// Steps done when it was over, or when its expert was gone.
    pub until: Option<u64>,
    /// The numbers of the moment it was raised, the watched one first: what each is stands with the rule
    /// ([`RuleDefinition::numbers`]).
    pub numbers: Vec<f64>,
    /// The sentence that a file from before alerts had numbers holds in their place.
    pub told: Option<String>,
}

/// What a watched number is about.
#[derive(Clone, Debug, Default)]
struct Facts {
    layer: Option<usize>,
    expert: Option<ExpertId>,
    other: Option<ExpertId>,
    /// As in [`Alert::numbers`].
    numbers: Vec<f64>,
}

/// What a number under watch belongs to.
type Place = (Rule, Option<usize>, Option<ExpertId>);

/// All alerts of a run, and what is under suspicion.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Alerts {
    list: Vec<Alert>,
    /// Alerts that no longer fit.
    pub dropped: u64,
    #[serde(with = "pairs")]
    watches: BTreeMap<Place, WatchedNumber>,
    memory: Memory,
}

impl Alerts {
    /// Most alerts held; beyond, those that ended first go first, then the oldest.
    pub(crate) const MOST: usize = 256;
    /// Competitions of a layer before its router is judged by them.
    pub(crate) const COMPETITIONS: u64 = 10;

    /// All alerts, in the order in which they were raised.
    pub fn all(&self) -> &[Alert] {
        &self.list
    }

    /// Those that are not over.
    pub fn active(&self) -> impl DoubleEndedIterator<Item = &Alert> {
        self.list.iter().filter(|alert| alert.until.is_none())
    }

    /// Takes in a training step.
    ///
    /// Returns the alerts that this raised.
    pub fn take_step(&mut self, reading: &StepReading, context: StepContext<'_>) -> Vec<Alert> {
        let (step, mut raised) = (reading.step, Vec::new());
        let StepContext { rosters, top_k, loads, loss, classes, clip_norm } = context;
        for (layer, measured) in reading.layers.iter().take(rosters.len()).enumerate() {
            self.memory.layer(layer).competitions += u64::from(measured.competed);
        }
        let average = |layer: usize| loads.get(layer).and_then(Option::as_ref);
        let layers = reading.layers.iter().enumerate();
        let loads =
            layers.map(|(layer, measured)| LoadReading { counts: &measured.routed, top_k, average: average(layer) });
        raised.extend(self.take_loads(&loads.collect::<Vec<_>>(), LoadContext { step, rosters, stride: 1 }));
        let (spikes, usual) = self.memory.gradient(step, reading.gradient_norm, clip_norm);
        let facts = Facts { numbers: vec![0.0, usual], ..Facts::default() };
        raised.extend(self.feed(Rule::GradientSpikes, step, 1, spikes, facts));
        if let Some((loss, classes)) = loss.zip(classes) {
            let chance = choice::largest_entropy(classes);
            let numbers = vec![0.0, loss, classes as f64, chance, LOAD_WINDOW as f64];
            let facts = Facts { numbers, ..Facts::default() };
            raised.extend(self.feed(Rule::LossAboveChance, step, 1, loss / chance, facts));
        }
        if let Some((errors, before, now)) = self.memory.loss(reading.loss.task) {
            let facts = Facts { numbers: vec![0.0, before, now], ..Facts::default() };
            raised.extend(self.feed(Rule::LossRising, step, 1, errors, facts));
        }
        raised
    }

    /// Takes in the loads of all layers at one reading; returns the alerts that this raised.
    ///
    /// Rules count steps: where a reading stands for several of them, as many fewer are asked for, though never a single one.
    pub(crate) fn take_loads(&mut self, loads: &[LoadReading<'_>], context: LoadContext<'_>) -> Vec<Alert> {
        let (LoadContext { step, rosters, stride }, mut raised) = (context, Vec::new());
        for (layer, (&LoadReading { counts, top_k, average }, roster)) in loads.iter().zip(rosters).enumerate() {
            let experts = roster.len();
            let picks: u32 = counts.iter().sum();
            if picks == 0 || experts < 2 {
                continue;
            }
            // Silence is no luck only after so many tokens.
            let tokens = u64::from(picks).div_ceil(top_k.max(1) as u64);
            let least = load::silence_window(experts, top_k).div_ceil(tokens.max(1)).min(u64::from(u32::MAX)) as u32;
            for (&count, &id) in counts.iter().zip(&roster.slots) {
                let share = f64::from(count) / f64::from(picks) * experts as f64;
                let facts = Facts { layer: Some(layer), expert: Some(id), ..Facts::default() };
                let got = f64::from(u8::from(count > 0));
                raised.extend(self.feed_every(stride, Rule::DeadExpert, step, least, got, facts.clone()));
                // Who is dead is not said to starve as well.
                let starving = (Rule::StarvingExpert, Some(layer), Some(id));
                if !self.is_up((Rule::DeadExpert, Some(layer), Some(id))) || self.is_up(starving) {
                    raised.extend(self.feed_every(stride, Rule::StarvingExpert, step, least, share, facts));
                } else {
                    self.watches.remove(&starving);
                }
            }
            let load = average.filter(|load| load.steps >= LOAD_WINDOW);
            if let Some((load, seen)) = load.and_then(|load| Some((load, load.concentration(top_k)?))) {
                let taking = seen.everywhere.len() as f64;
                let (n, k) = (experts as f64, top_k as f64);
                let numbers = vec![seen.distance, seen.effective, n, load.steps as f64, taking, k, seen.reach];
                // Of one expert, whoever clicks the alert wants to see that one.
                let one = (seen.everywhere.len() == 1).then(|| roster.slots.get(seen.everywhere[0]).copied());
                let facts = Facts { layer: Some(layer), expert: one.flatten(), numbers, other: None };
                raised.extend(self.feed_every(stride, Rule::LoadCollapse, step, 1, seen.distance, facts));
            }
        }
        raised
    }

    /// Takes in a probe; returns the alerts that this raised.
    pub(crate) fn take_probe(&mut self, reading: &ProbeReading, rosters: &[Roster]) -> Vec<Alert> {
        let mut raised = Vec::new();
        for (layer, (probe, roster)) in reading.layers.iter().zip(rosters).enumerate() {
            raised.extend(self.take_layer(reading.step, layer, probe, roster));
        }
        raised
    }

    fn take_layer(&mut self, step: u64, layer: usize, probe: &LayerProbe, roster: &Roster) -> Vec<Alert> {
        let mut raised = Vec::new();
        let of_layer = |numbers: Vec<f64>| Facts { layer: Some(layer), numbers, ..Facts::default() };
        let (agreement, collapse) = (&probe.diagnosis.agreement, &probe.diagnosis.collapse);
        let memory = self.memory.layer(layer);
        let competitions = memory.competitions;
        let rank = collapse.effective_rank.filter(|rank| rank.is_finite());
        if let (Some(rank), Some(limit)) = (rank, collapse.rank_limit) {
            let limit = limit as f64;
            let best = memory.best_rank.map_or(rank, |best| best.max(rank));
            memory.best_rank = Some(best);
            let floor = (0.1 * limit).max(0.5 * best);
            let facts = of_layer(vec![0.0, rank, best, limit]);
            raised.extend(self.feed(Rule::RepresentationCollapse, step, 1, rank / floor, facts));
        }
        if let Some((one, two, cosine)) = probe.diagnosis.similarity.worst_pair {
            let name = |slot: usize| roster.slots.get(slot).copied();
            let facts = Facts { expert: name(one), other: name(two), ..of_layer(vec![]) };
            raised.extend(self.feed(Rule::Redundancy, step, 1, cosine, facts));
        }
        if let Some(kappa) = agreement.kappa.filter(|_| competitions >= Self::COMPETITIONS) {
            let facts = of_layer(vec![0.0, competitions as f64]);
            raised.extend(self.feed(Rule::RouterAtChance, step, 1, kappa, facts));
        }
        if let Some(entropy) = probe.diagnosis.router.token_entropy.filter(|_| roster.len() > 1) {
            raised.extend(self.feed(Rule::RouterUndecided, step, 1, entropy, of_layer(vec![])));
        }
        // What a router that has not learned from competitions says of them is neither right nor wrong.
        let judged = competitions >= Self::COMPETITIONS;
        let error = agreement.ece.filter(|_| judged);
        let sure = router::mean_confidence(&probe.choices.p, probe.choices.experts);
        if let (Some(error), Some(sure), Some(right)) = (error, sure, agreement.top1) {
            let over = if sure > right { error } else { 0.0 };
            raised.extend(self.feed(Rule::RouterOverconfident, step, 1, over, of_layer(vec![0.0, sure, right])));
        }
        raised
    }

    /// Takes in the loss that somebody's trainer tells; returns the alert that this raised.
    pub(crate) fn take_told_loss(&mut self, step: u64, loss: f64) -> Option<Alert> {
        let bad = f64::from(u8::from(!loss.is_finite()));
        self.feed(Rule::LossNotFinite, step, 1, bad, Facts::default())
    }

    /// Takes in how many tensors of each layer hold a number that is not finite; returns the alerts that this raised.
    pub(crate) fn take_not_finite(&mut self, step: u64, tensors: impl Iterator<Item = usize>) -> Vec<Alert> {
        let of_layer = |(layer, tensors): (usize, usize)| {
            let facts = Facts { layer: Some(layer), ..Facts::default() };
            self.feed(Rule::LayerNotFinite, step, 1, tensors as f64, facts)
        };
        tensors.enumerate().filter_map(of_layer).collect()
    }

    /// Takes in a validation; returns the alert that this raised.
    pub(crate) fn take_validation(&mut self, reading: &ValidationReading) -> Option<Alert> {
        let (over, train) = self.memory.validation(reading.loss)?;
        let facts = Facts { numbers: vec![0.0, reading.loss, train], ..Facts::default() };
        self.feed(Rule::ValidationGap, reading.step, 1, over, facts)
    }

    /// Experts have come and gone: what was said of one that is gone is over at `step`.
    pub(crate) fn take_rosters(&mut self, step: u64, rosters: &[Roster]) {
        let there = |layer: Option<usize>, id: Option<ExpertId>| {
            let roster = layer.and_then(|layer| rosters.get(layer));
            id.is_none_or(|id| roster.is_some_and(|roster| roster.slots.contains(&id)))
        };
        self.watches.retain(|(_, layer, id), _| there(*layer, *id));
        let gone = |a: &Alert| a.until.is_none() && !(there(a.layer, a.expert) && there(a.layer, a.other));
        for alert in self.list.iter_mut().filter(|alert| gone(alert)) {
            alert.until = Some(step);
            self.watches.remove(&(alert.rule, alert.layer, None));
        }
    }

    /// Another policy decides from `step` on: competitions held before say nothing of its router.
    pub(crate) fn take_policy(&mut self, step: u64) {
        self.memory.forget_competitions();
        let by_competitions = |rule: Rule| matches!(rule, Rule::RouterAtChance | Rule::RouterOverconfident);
        self.watches.retain(|(rule, ..), _| !by_competitions(*rule));
        let said = |a: &Alert| a.until.is_none() && by_competitions(a.rule);
        self.list.iter_mut().filter(|alert| said(alert)).for_each(|alert| alert.until = Some(step));
    }

    /// Takes over what the alerts of a save of the same run say, but for those of rules that are fed here as well.
    pub(crate) fn take_over(&mut self, saved: &Self, fed: &[Rule]) {
        self.list.retain(|alert| fed.contains(&alert.rule));
        self.list.extend(saved.list.iter().filter(|alert| !fed.contains(&alert.rule)).cloned());
        self.list.sort_by_key(|alert| alert.raised);
        let most = self.list.len().saturating_sub(Self::MOST);
        self.list.drain(..most);
    }

    /// What is wrong with what a file holds of a run with so many layers, if something is.
    pub fn fault(&self, layers: usize) -> Option<String> {
        let outside = |layer: Option<usize>| layer.is_some_and(|layer| layer >= layers);
        let outside = self.list.iter().any(|a| outside(a.layer)) || self.watches.keys().any(|key| outside(key.1));
        let sound = self.list.len() <= Self::MOST && !outside && self.memory.is_sound(layers);
        (!sound).then(|| format!("{} alerts; expected at most {} in {layers} layers", self.list.len(), Self::MOST))
    }

    fn is_up(&self, place: Place) -> bool {
        self.watches.get(&place).is_some_and(|watch| watch.up)
    }

    /// Takes in the number a rule watches; it must hold for at least `least` readings. `facts.numbers[0]` is filled in.
    fn feed(&mut self, rule: Rule, step: u64, least: u32, value: f64, facts: Facts) -> Option<Alert> {
        self.feed_every(1, rule, step, least, value, facts)
    }

    /// The same of a number that is read every `stride` steps, of a rule that counts steps.
    fn feed_every(
        &mut self,
        stride: u64,
        rule: Rule,
        step: u64,
        least: u32,
        value: f64,
        mut facts: Facts,
    ) -> Option<Alert> {
        let terms = rule.terms();
        let stride = u32::try_from(stride).unwrap_or(u32::MAX).max(1);
        let readings = |hold: Hold| Hold { count: hold.count.div_ceil(stride).max(stride.min(2)), ..hold };
        let (raise, clear) = (readings(terms.raise), readings(terms.clear));
        let raise = Hold { count: raise.count.max(least), ..raise };
        let of_expert = matches!(rule, Rule::StarvingExpert | Rule::DeadExpert);
        let key: Place = (rule, facts.layer, facts.expert.filter(|_| of_expert));
        let mut watch = self.watches.get(&key).copied().unwrap_or_default();
        let (said, since) = (watch.mean_with(value), watch.since);
        let (row, was_up) = (watch.n, watch.up);
        let turned = watch.take(step, value, raise, clear);
        if watch.is_idle() {
            self.watches.remove(&key);
        } else {
            self.watches.insert(key, watch);
        }
        if !turned {
            return None;
        }
        if was_up {
            let same = |a: &&mut Alert| a.until.is_none() && (a.rule, a.layer, a.expert.filter(|_| of_expert)) == key;
            self.list.iter_mut().rev().find(same)?.until = Some(step);
            return None;
        }
        let since = if row == 0 { step } else { since };
        let value = if raise.mean { said } else { value };
        if let Some(first) = facts.numbers.first_mut() {
            *first = value;
        } else {
            facts.numbers.push(value);
        }
        let alert = Alert {
            rule,
            layer: facts.layer,
            expert: facts.expert,
            other: facts.other,
            since,
            raised: step,
            until: None,
            numbers: facts.numbers,
            told: None,
        };
        self.push(alert.clone());
        Some(alert)
    }

    fn push(&mut self, alert: Alert) {
        if self.list.len() >= Self::MOST {
            let ended = self.list.iter().enumerate().filter_map(|(place, a)| Some((a.until?, place))).min();
            self.list.remove(ended.map_or(0, |(_, place)| place));
            self.dropped += 1;
        }
        self.list.push(alert);
    }
}

/// A map whose keys are no text, as a list of pairs.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::{Place, WatchedNumber};

    pub fn serialize<S: Serializer>(map: &BTreeMap<Place, WatchedNumber>, out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(map)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<Place, WatchedNumber>, D::Error> {
        Ok(Vec::<(Place, WatchedNumber)>::deserialize(from)?.into_iter().collect())
    }
}
