//! What a change did: means of the curves before it and after it, with their uncertainty, once enough steps have passed.

use std::sync::Arc;

use super::{History, JournalEntry, LayerMeasure, RunMeasure, SeriesKey, What};
use crate::domain::measures::blocks::{Estimate, LEAST, block_mean, plain_mean};

/// Steps before and after a change that are compared, where nothing else was changed within them.
pub(crate) const WINDOW: u64 = 100;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectOf {
    /// Training loss of the task, in its unit.
    Loss,
    /// Coefficient of variation of the load, mean over layers; 0 is even.
    LoadCv,
    /// Kappa of router and competition, mean over layers; 0 is chance.
    Kappa,
    /// Time of a step, relative to before: 0.5 is half as much again.
    StepTime,
}

/// One number before and after a change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// Of what.
    pub of: EffectOf,
    /// Mean before.
    pub before: f64,
    /// Mean after.
    pub after: f64,
    /// By how much it is more after than before, with its standard error; of the time of a step, as a share of before.
    pub change: Estimate,
}

/// What became of a run after something was changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// What was changed, all at one step.
    pub changes: Vec<Arc<JournalEntry>>,
    /// Steps compared before and after.
    pub steps: (u64, u64),
    /// What could be compared.
    pub effects: Vec<Effect>,
}

impl What {
    /// Whether what becomes of the run after it is worth comparing with what was before.
    pub(crate) fn has_effect(&self) -> bool {
        matches!(self, Self::Knobs { .. } | Self::Experts { .. } | Self::Intervened { .. })
    }
}

impl Explanation {
    /// What became of the run whose memory this is, up to `now` steps, after the changes at step `at`. Windows end at other
    /// changes. `None` if there were none at that step, or too few steps beside it.
    pub(crate) fn of(history: &History, at: u64, now: u64) -> Option<Self> {
        let entries = history.journal.entries();
        let changes: Vec<_> = entries.iter().filter(|e| e.step == at && e.what.has_effect()).cloned().collect();
        let others = || entries.iter().filter(|entry| entry.step != at && entry.what.has_effect()).map(|e| e.step);
        let from = others().filter(|&step| step < at).max().unwrap_or(0).max(at.saturating_sub(WINDOW));
        let to = others().filter(|&step| step > at).min().unwrap_or(u64::MAX).min(at + WINDOW).min(now);
        if changes.is_empty() || at - from < LEAST as u64 || to.saturating_sub(at) < LEAST as u64 {
            return None;
        }
        let of = [EffectOf::LoadCv, EffectOf::Kappa, EffectOf::StepTime, EffectOf::Loss];
        let effects = of.into_iter().filter_map(|of| {
            let means = [(from, at), (at, to)].map(|(from, to)| mean(history, of, from, to));
            let [Some(before), Some(after)] = means else { return None };
            let change = after.less(before);
            let change = match of {
                EffectOf::StepTime if before.value > 0.0 => {
                    let share = |number: f64| number / before.value;
                    Estimate { value: share(change.value), error: share(change.error) }
                }
                _ => change,
            };
            Some(Effect { of, before: before.value, after: after.value, change })
        });
        Some(Self { changes, steps: (at - from, to - at), effects: effects.collect() })
    }
}

/// The mean of the steps after `from` up to `to`; of measures of layers over all layers.
fn mean(history: &History, of: EffectOf, from: u64, to: u64) -> Option<Estimate> {
    let within = |key: SeriesKey| -> Option<Vec<f64>> {
        let series = history.get(key)?;
        // What is no longer held step by step cannot be compared.
        let oldest = series.recent().next()?.0;
        let whole = oldest <= from + 1 || series.buckets().first()?.first_step == oldest;
        whole.then(|| series.recent().filter(|(step, _)| (from + 1..=to).contains(step)).map(|at| at.1).collect())
    };
    let layers = |measure: LayerMeasure| -> Option<Vec<f64>> {
        let each: Vec<Vec<f64>> = (0..).map_while(|layer| within(SeriesKey::Layer(layer, measure))).collect();
        let least = each.iter().map(Vec::len).min()?;
        let mean = |place: usize| each.iter().map(|layer| layer[place]).sum::<f64>() / each.len() as f64;
        Some((0..least).map(mean).collect())
    };
    match of {
        EffectOf::Loss => block_mean(&within(SeriesKey::Run(RunMeasure::LossTask))?),
        EffectOf::LoadCv => block_mean(&layers(LayerMeasure::LoadCv)?),
        // One a probe, far apart.
        EffectOf::Kappa => plain_mean(&layers(LayerMeasure::Kappa)?),
        EffectOf::StepTime => {
            let speed = within(SeriesKey::Run(RunMeasure::TokensPerSec))?;
            block_mean(&speed.iter().map(|tokens| 1.0 / tokens).collect::<Vec<f64>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run whose loss falls from 3 to 2 at step 60, with another change at step 130.
    fn history() -> History {
        let mut history = History::default();
        for step in 1..=200 {
            let odd = f64::from(u8::from(step % 2 == 1)) * 0.1;
            history.push(SeriesKey::Run(RunMeasure::LossTask), step, if step <= 60 { 3.0 } else { 2.0 } + odd);
            history.push(SeriesKey::Run(RunMeasure::TokensPerSec), step, if step <= 60 { 100.0 } else { 50.0 });
            for layer in 0..2 {
                let cv = if step <= 60 { 0.4 } else { 0.2 } + 0.1 * layer as f64;
                history.push(SeriesKey::Layer(layer, LayerMeasure::LoadCv), step, cv);
            }
        }
        let muted = |on| crate::domain::interventions::Intervention::ForceBalance { on };
        history.journal_mut().push(0, What::Started { device: "CPU".into(), sequences: None, text: None });
        history.journal_mut().push(60, What::Intervened { layer: 0, intervention: muted(true) });
        history.journal_mut().push(130, What::Intervened { layer: 0, intervention: muted(false) });
        history
    }

    #[test]
    fn what_a_change_did_is_told_from_windows_without_other_changes() {
        let found = Explanation::of(&history(), 60, 200).unwrap();
        assert_eq!((found.steps, found.changes.len()), ((60, 70), 1));
        let effect = |of| *found.effects.iter().find(|effect| effect.of == of).unwrap();
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
        let loss = effect(EffectOf::Loss);
        near(loss.before, 3.05);
        near(loss.after, 2.05);
        near(loss.change.value, -1.0);
        near(effect(EffectOf::LoadCv).before, 0.45);
        near(effect(EffectOf::StepTime).change.value, 1.0);
        assert!(found.effects.iter().all(|effect| effect.of != EffectOf::Kappa), "there were no probes");
        assert!(Explanation::of(&history(), 60, 79).is_none(), "too early");
        assert!(Explanation::of(&history(), 61, 200).is_none(), "nothing was changed there");
    }
}
