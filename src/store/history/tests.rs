//! Shares of the gradient and steps without a token.

use super::*;
use crate::domain::readings::{LayerStep, LossTerms};

fn take(history: &mut History, step: u64, routed: [u32; 2], gradients: Option<Vec<f32>>) {
    let layers = vec![LayerStep { competed: false, routed: routed.to_vec(), won: None, gradients }];
    let (loss, learning_rate, gradient_norm) = (LossTerms::default(), 0.1, 1.0);
    let reading = StepReading { step, tokens: step, loss, learning_rate, gradient_norm, layers };
    history.push_step(&reading, &[LoadNumbers::default()], &[Roster::new(2)], 1.0);
}

#[test]
fn gradients_become_shares_and_silence_is_counted() {
    let mut history = History::default();
    (1..=3).for_each(|step| take(&mut history, step, [1, 1], None));
    take(&mut history, 4, [2, 0], Some(vec![3.0, 1.0]));
    let read = |history: &History, expert, measure| {
        history.get(SeriesKey::Expert(0, ExpertId(expert), measure)).unwrap().last()
    };
    assert_eq!(read(&history, 0, ExpertMeasure::GradientShare), Some((4, 0.75)));
    assert_eq!(read(&history, 1, ExpertMeasure::GradientShare), Some((4, 0.25)));
    assert_eq!([0, 1].map(|e| read(&history, e, ExpertMeasure::Idle)), [Some((4, 0.0)), Some((4, 1.0))]);
    (5..=300).for_each(|step| take(&mut history, step, [2, 0], None));
    // Beyond the newest 128 steps to within a bucket, here of two steps.
    let since = history.steps_since_token(0, ExpertId(1), 300).unwrap();
    assert!((296..=297).contains(&since), "{since}");
    assert_eq!(history.steps_since_token(0, ExpertId(7), 300), None);
}
