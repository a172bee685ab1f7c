//! What a change did, in a sentence: each number before and after it where they differ clearly, else that they do not yet.

use super::journal::flag;
use super::notation;
use super::table::sentences;
use crate::store::history::{Effect, EffectOf, Explanation};

sentences! { "effect":
    fn whole(changes, clear, unclear);
    fn only_clear(changes, clear);
    fn only_unclear(changes, unclear);
    fn nothing(changes);
    fn from_to(of, before, after);
    fn step_time(change);
    fn no_difference(of, change, margin);
    fn load_cv();
    fn kappa();
    fn time();
    fn loss();
}

/// What became of a run after something was changed.
pub fn explanation(explanation: &Explanation) -> String {
    let changes: Vec<String> = explanation.changes.iter().filter_map(|entry| flag(&entry.what)).collect();
    let changes = changes.join(", ");
    let (clear, unclear): (Vec<&Effect>, Vec<&Effect>) =
        explanation.effects.iter().partition(|effect| effect.change.is_clear());
    let list = |effects: &[&Effect], said: fn(&Effect) -> String| {
        effects.iter().map(|effect| said(effect)).collect::<Vec<_>>().join(", ")
    };
    let (said, unsaid) = (list(&clear, told), list(&unclear, untold));
    match (clear.is_empty(), unclear.is_empty()) {
        (false, false) => whole(changes, said, unsaid),
        (false, true) => only_clear(changes, said),
        (true, false) => only_unclear(changes, unsaid),
        (true, true) => nothing(changes),
    }
}

fn name(of: EffectOf) -> &'static str {
    match of {
        EffectOf::Loss => loss(),
        EffectOf::LoadCv => load_cv(),
        EffectOf::Kappa => kappa(),
        EffectOf::StepTime => time(),
    }
}

fn told(effect: &Effect) -> String {
    match effect.of {
        EffectOf::StepTime => step_time(percent(effect.change.value)),
        of => from_to(name(of), number(effect.before), number(effect.after)),
    }
}

fn untold(effect: &Effect) -> String {
    let Effect { of, change, .. } = effect;
    match of {
        EffectOf::StepTime => {
            no_difference(name(*of), percent(change.value), percent(change.margin()).trim_start_matches('+'))
        }
        of => no_difference(name(*of), signed(change.value), number(change.margin())),
    }
}

/// Two or three digits after the point; a power of ten for next to nothing.
fn number(value: f64) -> String {
    notation::sized(value, if value.abs() < 1.0 { 3 } else { 2 })
}

fn signed(value: f64) -> String {
    let digits = number(value.abs());
    if value < 0.0 { format!("−{digits}") } else { format!("+{digits}") }
}

fn percent(share: f64) -> String {
    let digits = notation::whole_percent(share.abs());
    if share < 0.0 { format!("−{digits}") } else { format!("+{digits}") }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::config::Knobs;
    use crate::domain::measures::blocks::Estimate;
    use crate::store::history::{JournalEntry, What};

    #[test]
    fn what_differs_is_told_by_both_numbers_and_what_does_not_by_its_margin() {
        let knobs = What::Knobs { now: Knobs::default(), changes: vec!["top-k 1 → 2".into()] };
        let effect = |of, before, after, value, error| Effect { of, before, after, change: Estimate { value, error } };
        let mut found = Explanation {
            changes: vec![Arc::new(JournalEntry { step: 100, what: knobs })],
            steps: (100, 100),
            effects: vec![
                effect(EffectOf::LoadCv, 0.41, 0.18, -0.23, 0.01),
                effect(EffectOf::StepTime, 0.1, 0.138, 0.38, 0.02),
                effect(EffectOf::Loss, 2.51, 2.5, -0.01, 0.015),
            ],
        };
        assert_eq!(
            explanation(&found),
            "top-k 1 → 2: load CV 0.410 → 0.180, step time +38 %; no difference yet: loss (−0.010 ± 0.030)"
        );
        found.effects = vec![effect(EffectOf::Loss, 1.26e-5, 3e-8, -1.257e-5, 1e-7)];
        assert_eq!(explanation(&found), "top-k 1 → 2: loss 1.3e-5 → 3.0e-8");
        found.effects = vec![effect(EffectOf::LoadCv, 0.41, 0.18, -0.23, 0.01)];
        assert_eq!(explanation(&found), "top-k 1 → 2: load CV 0.410 → 0.180");
    }
}
