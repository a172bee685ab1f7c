//! What the tiles compute from a snapshot's plain numbers: the load over a window, what a change would cost. Pure.

use crate::domain::config::TaskConfig;
use crate::domain::measures::choice::largest_entropy;
use crate::domain::measures::load;
use crate::domain::measures::staleness::{StalenessBin, staleness};
use crate::domain::readings::{ByteClass, MetricKind};
use crate::domain::roster::{ExpertId, Roster};
use crate::run::{RunMoment, Snapshot};
use crate::store::alerts::Alert;
use crate::store::history::{ExpertMeasure, Journal, LayerMeasure, RunMeasure, SeriesKey, What};
use crate::ui::view::ViewState;
use crate::ui::view::watched::counts_dumps;
use crate::ui::words;

/// Steps over which loads and losses are averaged.
pub(crate) const WINDOW: usize = crate::domain::measures::window::LOAD_WINDOW;
/// How long ago the ghost of the spectrum was alive.
pub(crate) const GHOST_STEPS: u64 = 1000;

/// The load of one layer over the last steps.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerLoad {
    /// Per slot: who, the router's share, the share of the last probe's wins.
    pub experts: Vec<(ExpertId, f64, Option<f64>)>,
    /// Steps averaged; the share of a newcomer covers fewer.
    pub steps: usize,
}

impl LayerLoad {
    /// The load of `layer`, if a step has been done with its present experts.
    pub(crate) fn of(shot: &Snapshot, layer: usize) -> Option<Self> {
        Self::up_to(shot.step, shot.model.rosters.get(layer)?, shot, layer)
    }

    /// The load of `layer` at a step, of its present experts.
    pub(crate) fn at(shot: &Snapshot, layer: usize, step: u64) -> Option<Self> {
        Self::up_to(step, shot.model.rosters.get(layer)?, shot, layer)
    }

    /// The load of the layer a sight looks at, where it looks.
    pub fn seen(shot: &Snapshot, view: &ViewState) -> Option<Self> {
        let now = view.roster(shot);
        let roster = if view.is_live() { now } else { view.seen(shot).map(|seen| seen.roster).or(now) };
        Self::up_to(view.step(shot), roster?, shot, view.layer)
    }

    fn up_to(step: u64, roster: &Roster, shot: &Snapshot, layer: usize) -> Option<Self> {
        let mut steps = 0;
        let experts = roster
            .slots
            .iter()
            .map(|&id| {
                let routed = shot.memory.history.get(SeriesKey::Expert(layer, id, ExpertMeasure::Routed));
                let mean = routed.and_then(|series| series.mean_up_to(step, shot.load_window()));
                steps = steps.max(mean.map_or(0, |mean| mean.1));
                let won = shot
                    .memory
                    .history
                    .get(SeriesKey::Expert(layer, id, ExpertMeasure::Won))
                    .and_then(|s| s.at_or_before(step));
                (id, mean.map_or(0.0, |mean| mean.0), won)
            })
            .collect();
        (steps > 0).then_some(Self { experts, steps })
    }

    /// The router's shares alone.
    pub(crate) fn shares(&self) -> Vec<f64> {
        self.experts.iter().map(|e| e.1).collect()
    }

    /// Coefficient of variation of the shares; `None` with one expert, or without any token.
    pub(crate) fn cv(&self) -> Option<f64> {
        let shares = self.shares();
        (shares.len() > 1 && shares.iter().any(|&share| share > 0.0)).then(|| load::cv(&shares))
    }

    /// Effective experts, 1 to N.
    pub(crate) fn effective_experts(&self) -> f64 {
        load::effective_experts(&self.shares())
    }

    /// MaxVio: how far the busiest is above an even share; 0 is even.
    pub(crate) fn max_vio(&self) -> f64 {
        load::max_vio(&self.shares()).unwrap_or(0.0)
    }
}

/// Whether a layer competed at a step; `None` before the first, and where steps are merged.
pub(crate) fn competed_at(shot: &Snapshot, layer: usize, step: u64) -> Option<bool> {
    if let Some(last) = shot.newest.step.as_ref().filter(|last| last.step == step) {
        return last.layers.get(layer).map(|layer| layer.competed);
    }
    let series = shot.memory.history.get(SeriesKey::Layer(layer, LayerMeasure::Competed))?;
    let bucket = series.buckets_up_to(step).last()?;
    let unmerged = series.recent().find(|&(s, _)| s == step).map(|(_, value)| value > 0.0);
    unmerged.or_else(|| (bucket.first_step == bucket.last_step).then_some(bucket.sum > 0.0))
}

/// The loss of knowing nothing, in its own unit: of an even guess among the classes, or of always answering the mean; `None`
/// while the data is not open yet, and of the loss that somebody's trainer tells.
pub(crate) fn baseline(shot: &Snapshot) -> Option<f64> {
    if counts_dumps(shot) {
        return None;
    }
    match shot.config.task_shape().classes() {
        Some(classes) => Some(largest_entropy(classes)),
        None => shot.data.badge.metric.map(|metric| metric.chance),
    }
}

/// The unit of the loss; none of what has none, and of what somebody's trainer tells: only that knows.
pub(crate) fn loss_unit(shot: &Snapshot) -> &'static str {
    if counts_dumps(shot) { "" } else { words::tiles::loss_unit(MetricKind::of(&shot.config.task)) }
}

/// The names of the labels against which the specialization of experts is measured.
pub(crate) fn label_names(shot: &Snapshot) -> Vec<String> {
    match &shot.config.task {
        TaskConfig::Text(_) => {
            ByteClass::ALL.iter().map(|class| crate::words::named(class.name()).to_owned()).collect()
        }
        TaskConfig::Plane(plane) => (0..plane.classes).map(words::plane::class).collect(),
    }
}

/// Training loss of the newest step that is remembered, nats; also of a run that was just opened.
pub(crate) fn training_loss(shot: &Snapshot) -> Option<f64> {
    shot.memory.history.get(SeriesKey::Run(RunMeasure::LossTask))?.last().map(|(_, loss)| loss)
}

/// The task's metric as it is now, and whether it was measured on held-out data: by the newest validation, else by the
/// batch of the last step.
pub(crate) fn score(shot: &Snapshot) -> Option<(f64, bool)> {
    let kind = MetricKind::of(&shot.config.task);
    let held_out = shot.newest.validation.and_then(|reading| reading.metric(kind));
    let trained = || shot.newest.step.as_ref().and_then(|step| step.loss.metric(kind));
    held_out.map(|value| (value, true)).or_else(|| trained().map(|value| (value, false)))
}

/// What an empty probe tile says: when the first probe will be.
pub(crate) fn first_probe_at(shot: &Snapshot) -> u64 {
    let every = shot.config.cadence.probe_every.max(1);
    (shot.step / every + 1) * every
}

/// What was changed at a step, or at several that lie together in a picture.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Flagged {
    /// The first step at which something was changed.
    pub first: u64,
    /// The last.
    pub last: u64,
    /// Right before the first of them.
    pub before: RunMoment,
    /// What, oldest first.
    pub changes: Vec<String>,
    /// Whether it tells of a number that was not finite.
    pub bad: bool,
}

impl Flagged {
    /// The changes that a journal tells of, oldest first. Two are one where `together` says that their steps are.
    pub fn of(journal: &Journal, together: impl Fn(u64, u64) -> bool) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for (place, entry) in journal.entries().iter().enumerate() {
            let Some(words) = crate::words::flag(&entry.what) else { continue };
            let before = RunMoment { step: entry.step, entries: journal.dropped + place as u64 };
            let bad = matches!(entry.what, What::NotFinite { .. });
            match all.last_mut() {
                Some(flagged) if flagged.last == entry.step || together(flagged.last, entry.step) => {
                    flagged.last = entry.step;
                    flagged.changes.push(words);
                    flagged.bad |= bad;
                }
                _ => all.push(Self { first: entry.step, last: entry.step, before, changes: vec![words], bad }),
            }
        }
        all
    }

    /// The change, or how many there are.
    pub fn words(&self) -> String {
        match &self.changes[..] {
            [one] => one.clone(),
            all => words::timeline::changes(all.len()),
        }
    }

    /// Every change, one a line; at most a dozen, the newest.
    pub fn all(&self) -> String {
        let left_out = self.changes.len().saturating_sub(12);
        let mut lines = self.changes[left_out..].to_vec();
        if left_out > 0 {
            lines.insert(0, words::timeline::earlier_changes(left_out));
        }
        lines.join("\n")
    }

    /// What became of the run after these changes, a line each; `None` if nothing is known of it yet.
    pub fn explained(&self, shot: &Snapshot) -> Option<String> {
        let told =
            shot.memory.explained.iter().filter(|explained| {
                explained.changes.iter().any(|entry| (self.first..=self.last).contains(&entry.step))
            });
        let lines: Vec<String> = told.map(crate::words::explanation).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

/// How often a layer competed: in all, and as a share of the last steps.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Competed {
    /// Steps at which it competed, in all.
    pub steps: u64,
    /// Share of the last `window` steps.
    pub rate: f64,
    /// Steps `rate` is taken over: the newest, but none before the competition rate became what it is.
    pub window: usize,
}

impl Competed {
    /// Of `layer`.
    pub fn of(shot: &Snapshot, layer: usize) -> Self {
        let Some(series) = shot.memory.history.get(SeriesKey::Layer(layer, LayerMeasure::Competed)) else {
            return Self::default();
        };
        let steps = series.buckets().iter().map(|b| b.sum).sum::<f64>().round() as u64;
        let from = rate_since(shot);
        let window = series.recent().filter(|&(step, _)| step > from).count();
        Self { steps, rate: series.recent_mean(window).unwrap_or(0.0), window }
    }
}

/// Steps done when the competition rate became what it is now, or when its warm-up ended.
fn rate_since(shot: &Snapshot) -> u64 {
    let (mut rate, mut since) = (shot.config.knobs.competition_rate, 0);
    for entry in shot.memory.history.journal.entries() {
        if let What::Knobs { now, .. } = &entry.what
            && now.competition_rate != rate
        {
            (rate, since) = (now.competition_rate, entry.step);
        }
    }
    since.max(shot.knobs.competition_warmup)
}

/// Alerts that stood where a sight looks, newest first: raised by then and not over.
pub(crate) fn alerts<'a>(shot: &'a Snapshot, view: &ViewState) -> Vec<&'a Alert> {
    let step = view.step(shot);
    let stood = |alert: &&Alert| match view.is_live() {
        true => alert.until.is_none(),
        false => alert.raised <= step && alert.until.is_none_or(|until| until > step),
    };
    shot.memory.alerts.all().iter().rev().filter(stood).collect()
}

/// Kappa of probes by how long ago their layer had competed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stale {
    /// Steps since the last competition, kappa; oldest probe first.
    pub probes: Vec<(u64, f64)>,
    /// Their means over spans of steps that double.
    pub means: Vec<StalenessBin>,
}

/// Staleness of the layer shown: the newest probes up to the step looked at, those after the layer first competed.
pub fn stale(shot: &Snapshot, view: &ViewState) -> Stale {
    let at = |measure| shot.memory.history.get(SeriesKey::Layer(view.layer, measure));
    let (Some(since), Some(kappa)) = (at(LayerMeasure::Staleness), at(LayerMeasure::Kappa)) else {
        return Stale::default();
    };
    let last = view.step(shot);
    let kappas: std::collections::BTreeMap<u64, f64> = kappa.recent().collect();
    let pairs = since.recent().filter(|&(step, _)| step <= last);
    let probes: Vec<(u64, f64)> = pairs
        .filter_map(|(step, since)| Some((since as u64, *kappas.get(&step)?)))
        .filter(|(_, kappa)| kappa.is_finite())
        .collect();
    let means = staleness(&probes);
    Stale { probes, means }
}

/// The point of a curve at a fifth of the way to `step`.
pub(crate) fn at_a_fifth(curve: &[(u64, f64)], step: u64) -> Option<(u64, f64)> {
    curve.iter().copied().find(|point| point.0 >= step / 5)
}

/// Which experts a crowded tile shows: all up to 16, else the four busiest and the four quietest.
/// Returns the slots shown one by one and those that go into the strip of the rest.
pub(crate) fn shown_slots(shares: &[f64]) -> (Vec<usize>, Vec<usize>) {
    let n = shares.len();
    if n <= 16 {
        return ((0..n).collect(), Vec::new());
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| shares[b].total_cmp(&shares[a]).then(a.cmp(&b)));
    let shown = order[..4].iter().chain(&order[n - 4..]).copied().collect();
    (shown, order[4..n - 4].to_vec())
}

/// Which experts of a position are listed one by one, at most `most`: all where they fit, else those that `matter` and of
/// the others the largest by `by`; in the order of their slots.
pub(crate) fn listed_slots(
    experts: usize,
    most: usize,
    matter: impl IntoIterator<Item = u16>,
    by: impl Fn(usize) -> f64,
) -> Vec<usize> {
    if experts <= most {
        return (0..experts).collect();
    }
    let mut rest: Vec<usize> = (0..experts).collect();
    rest.sort_by(|&a, &b| by(b).total_cmp(&by(a)));
    let mut kept = Vec::new();
    for slot in matter.into_iter().map(usize::from).chain(rest) {
        if !kept.contains(&slot) && kept.len() < most {
            kept.push(slot);
        }
    }
    kept.sort_unstable();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(shares: &[f64]) -> LayerLoad {
        let experts = shares.iter().enumerate().map(|(i, &s)| (ExpertId(i as u32), s, None)).collect();
        LayerLoad { experts, steps: WINDOW }
    }

    #[test]
    fn an_even_load_has_no_spread_and_all_in_use() {
        let even = load(&[0.25; 4]);
        assert_eq!((even.cv(), even.max_vio()), (Some(0.0), 0.0));
        assert!((even.effective_experts() - 4.0).abs() < 1e-9);
    }

    #[test]
    fn a_collapsed_load_by_hand() {
        let one = load(&[1.0, 0.0, 0.0, 0.0]);
        assert!((one.effective_experts() - 1.0).abs() < 1e-9);
        assert!((one.cv().unwrap() - 2.0).abs() < 1e-9, "std of (1,0,0,0) with n − 1 is 0.5, mean 0.25");
        assert_eq!((one.max_vio(), load(&[1.0]).cv(), load(&[0.0, 0.0]).cv()), (3.0, None, None));
    }

    #[test]
    fn changes_at_one_step_are_one_flag() {
        let mut journal = Journal::default();
        for step in [3, 7, 7, 40, 41] {
            journal.push(step, What::NotFinite { place: format!("at {step}") });
        }
        let steps = |all: &[Flagged]| all.iter().map(|f| (f.first, f.last, f.changes.len())).collect::<Vec<_>>();
        let apart = Flagged::of(&journal, |_, _| false);
        assert_eq!(steps(&apart), [(3, 3, 1), (7, 7, 2), (40, 40, 1), (41, 41, 1)]);
        assert_eq!((apart[0].words().as_str(), apart[1].words().as_str()), ("not finite: at 3", "2 changes"));
        assert_eq!(steps(&Flagged::of(&journal, |a, b| b - a < 10)), [(3, 7, 3), (40, 41, 2)]);
    }

    #[test]
    fn many_experts_are_shown_by_their_ends() {
        let shares: Vec<f64> = (0..20).map(|i| i as f64 / 190.0).collect();
        let (shown, rest) = shown_slots(&shares);
        assert_eq!(shown, [19, 18, 17, 16, 3, 2, 1, 0]);
        assert_eq!(rest.len(), 12);
        assert_eq!(shown_slots(&shares[..16]).0.len(), 16);
    }

    #[test]
    fn those_that_matter_are_listed_and_then_the_largest() {
        let size = |slot: usize| [0.1, 0.2, 0.9, 0.3, 0.8, 0.0][slot];
        assert_eq!(listed_slots(6, 6, [5], size), [0, 1, 2, 3, 4, 5]);
        assert_eq!(listed_slots(6, 4, [5, 0, 5], size), [0, 2, 4, 5]);
        assert_eq!(listed_slots(6, 2, [3, 1, 0], size), [1, 3], "no more than there is room for");
    }
}
