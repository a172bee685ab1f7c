//! Steps since a layer last competed and an expert last got a token, from the series that hold it.

use super::{ExpertMeasure, History, LayerMeasure, Series, SeriesKey};
use crate::domain::roster::ExpertId;

impl History {
    /// Steps from the last one at which an expert got a token until `step`; since the expert's beginning if it never got one.
    /// Exact for the newest step; looking back, among the newest 128 steps, and beyond them counted from the end of the
    /// bucket that holds the token. `None` for one that is not known.
    pub(crate) fn steps_since_token(&self, layer: usize, expert: ExpertId, step: u64) -> Option<u64> {
        let last = self.last_tokens.of(layer, expert).map(|silence| silence.last).filter(|&last| last <= step);
        Some(step.saturating_sub(last.or_else(|| self.last_token_in_series(layer, expert, step))?))
    }

    /// The last step until `step` at which an expert got a token, as far as its series tells; the step before its first if
    /// it had got none by then.
    pub(super) fn last_token_in_series(&self, layer: usize, expert: ExpertId, step: u64) -> Option<u64> {
        let series = self.get(SeriesKey::Expert(layer, expert, ExpertMeasure::Routed))?;
        let begun = || series.buckets().first().map(|bucket| bucket.first_step.saturating_sub(1));
        last_above_zero(series, step).or_else(begun)
    }

    /// Steps from the last one at which a layer competed until `step`: exact among the newest 512 steps, beyond them counted
    /// from the end of the bucket that holds it. `None` before the first.
    pub fn steps_since_competition(&self, layer: usize, step: u64) -> Option<u64> {
        let series = self.get(SeriesKey::Layer(layer, LayerMeasure::Competed))?;
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
    use crate::domain::readings::{LayerStep, LossTerms, StepReading};
    use crate::domain::roster::Roster;
    use crate::store::history::LoadNumbers;

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
    fn a_token_is_remembered_to_the_step_beyond_the_unmerged_values() {
        let mut history = History::default();
        for step in 1..=5000 {
            let routed = if step == 1234 { [1, 1] } else { [2, 0] };
            let layers = vec![LayerStep { competed: false, routed: routed.to_vec(), won: None, gradients: None }];
            let loss = LossTerms::default();
            let reading = StepReading { step, tokens: step, loss, learning_rate: 0.1, gradient_norm: 1.0, layers };
            history.take_tokens(&reading, &[Roster::new(2)], 1);
            history.push_step(&reading, &[LoadNumbers::default()], &[Roster::new(2)], 1.0);
        }
        assert_eq!(history.steps_since_token(0, ExpertId(1), 5000), Some(5000 - 1234));
        assert_eq!(history.steps_since_token(0, ExpertId(1), 4999), Some(4999 - 1234));
        assert_eq!(history.steps_since_token(0, ExpertId(1), 1000), Some(1000), "looking back to before it");
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
