//! How long ago something last happened, from the series that hold it.

use super::{ExpertMeasure, History, Key, LayerMeasure, Limits, Series};
use crate::roster::{ExpertId, Roster};

impl History {
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

    /// Steps from the last one at which an expert got a token until `step`: exact among the newest 128 steps, beyond them
    /// counted from the end of the bucket that holds the token; since the expert's beginning if it never got one. `None` for
    /// one that is not known.
    pub fn steps_since_token(&self, layer: usize, expert: ExpertId, step: u64) -> Option<u64> {
        let series = self.get(Key::Expert(layer, expert, ExpertMeasure::Routed))?;
        let last = last_above_zero(series, step);
        let last = last.or_else(|| series.buckets().first().map(|bucket| bucket.first_step.saturating_sub(1)))?;
        Some(step.saturating_sub(last))
    }

    /// Steps from the last one at which a layer competed until `step`: exact among the newest 512 steps, beyond them counted
    /// from the end of the bucket that holds it. `None` before the first.
    pub fn steps_since_competition(&self, layer: usize, step: u64) -> Option<u64> {
        let series = self.get(Key::Layer(layer, LayerMeasure::Competed))?;
        Some(step.saturating_sub(last_above_zero(series, step)?))
    }
}

/// The last step up to `until` with a value above 0: exact among the newest ones, else the end of the bucket that holds it.
fn last_above_zero(series: &Series, until: u64) -> Option<u64> {
    let above = |&(step, value): &(u64, f64)| value > 0.0 && step <= until;
    let recent = series.recent().rev().find(above).map(|(step, _)| step);
    // A bucket that reaches into the newest steps, or beyond the step asked for, got its value before them.
    let first = series.recent().next().map_or(u64::MAX, |(first, _)| first);
    let latest = first.saturating_sub(1).min(until);
    let buckets = series.buckets().iter().rev();
    let earlier = || buckets.clone().find(|bucket| bucket.max > 0.0 && bucket.first_step <= latest);
    recent.or_else(|| earlier().map(|bucket| bucket.last_step.min(latest)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::LoadNumbers;
    use crate::readings::{LayerStep, LossTerms, StepReading};

    fn take(history: &mut History, step: u64, routed: [u32; 2], competed: bool) {
        let layers = vec![LayerStep { competed, routed: routed.to_vec(), won: None, gradients: None }];
        let (loss, learning_rate, gradient_norm) = (LossTerms::default(), 0.1, 1.0);
        let reading = StepReading { step, tokens: step, loss, learning_rate, gradient_norm, layers };
        history.push_step(&reading, &[LoadNumbers::default()], &[Roster::new(2)], 1.0);
    }

    #[test]
    fn who_never_got_a_token_is_idle_since_its_beginning() {
        let mut history = History::default();
        (11..=20).for_each(|step| take(&mut history, step, [1, 0], false));
        assert_eq!(history.steps_since_token(0, ExpertId(1), 20), Some(10));
    }

    #[test]
    fn a_competition_is_found_however_long_ago() {
        let mut history = History::default();
        assert_eq!(history.steps_since_competition(0, 4), None);
        (1..=9).for_each(|step| take(&mut history, step, [1, 1], false));
        assert_eq!(history.steps_since_competition(0, 9), None);
        take(&mut history, 10, [1, 1], true);
        assert_eq!(history.steps_since_competition(0, 10), Some(0));
        (11..=500).for_each(|step| take(&mut history, step, [1, 1], false));
        assert_eq!(history.steps_since_competition(0, 500), Some(490));
        assert_eq!(history.steps_since_competition(0, 12), Some(2), "looking back");
        assert_eq!(history.steps_since_competition(0, 9), None);
        (501..=3000).for_each(|step| take(&mut history, step, [1, 1], false));
        // Merged by now, into buckets of four steps.
        let since = history.steps_since_competition(0, 3000).unwrap();
        assert!((2988..=2990).contains(&since), "{since}");
    }
}
