//! Cross-entropy with a weight for each position, on slices.

use multiversion::multiversion;
use rayon::prelude::*;

use super::pool::Buffer;
use super::simd_math::{exp, largest, sum_of};
use super::tasks::Tasks;

/// Rows one task takes.
const ROWS: usize = 32;

/// The class a target means; `None` if it is none of `classes`: below 0, too large or NaN.
#[inline(always)]
fn class(target: f32, classes: usize) -> Option<usize> {
    (target >= 0.0 && target < classes as f32).then_some(target as usize)
}

/// ln Σ eˡ of a row.
#[inline(always)]
fn log_sum(row: &[f32]) -> f32 {
    let most = largest(row);
    most + sum_of(row, |v| exp(v - most)).ln()
}

/// What counts in a row for its target; NaN if that is no class, so that it is noticed.
#[inline(always)]
fn target_logit(row: &[f32], target: f32) -> f32 {
    class(target, row.len()).map_or(f32::NAN, |class| row[class])
}

/// Mean of −ln softmax(logits)\[target\] over rows of `classes`, by `weights`, and ln Σ eˡ of each row for the backward
/// pass. A row of weight 0 is not looked at; if all are, the mean is 0.
#[multiversion(targets = "simd")]
pub fn forward(logits: &[f32], targets: &[f32], weights: &[f32], classes: usize) -> (f32, Buffer) {
    let mut lse = Buffer::dirty(targets.len());
    let rows = logits.par_chunks(ROWS * classes).zip(targets.par_chunks(ROWS).zip(weights.par_chunks(ROWS)));
    let losses: Vec<f64> = lse.par_chunks_mut(ROWS).zip(rows).results(|(lse, (logits, (targets, weights)))| {
        let mut loss = 0.0f64;
        let rows = logits.chunks_exact(classes).zip(targets).zip(weights);
        for (lse, ((row, &target), &weight)) in lse.iter_mut().zip(rows) {
            if weight == 0.0 {
                *lse = 0.0;
                continue;
            }
            *lse = log_sum(row);
            loss += f64::from(weight) * f64::from(*lse - target_logit(row, target));
        }
        loss
    });
    let whole = whole(weights);
    let mean = if whole == 0.0 { 0.0 } else { losses.iter().sum::<f64>() / whole };
    (mean as f32, lse)
}

/// Σ of the weights.
fn whole(weights: &[f32]) -> f64 {
    weights.iter().map(|&weight| f64::from(weight)).sum()
}

/// Gradient of the logits, `g` being that of the loss: (softmax − one-hot)·g·weight ÷ Σ weights; zeros in a row of weight 0,
/// NaN in one whose target is no class.
#[multiversion(targets = "simd")]
pub fn backward(logits: &[f32], targets: &[f32], weights: &[f32], classes: usize, lse: &[f32], g: f32) -> Buffer {
    let mut out = Buffer::dirty(logits.len());
    let whole = whole(weights) as f32;
    let rows = logits.par_chunks(ROWS * classes).zip(targets.par_chunks(ROWS).zip(weights.par_chunks(ROWS)));
    out.par_chunks_mut(ROWS * classes).zip(rows.zip(lse.par_chunks(ROWS))).tasks(
        |(out, ((logits, (targets, weights)), lse))| {
            let rows = logits.chunks_exact(classes).zip(targets.iter().zip(weights)).zip(lse);
            for (out, ((row, (&target, &weight)), &lse)) in out.chunks_exact_mut(classes).zip(rows) {
                if weight == 0.0 {
                    out.fill(0.0);
                    continue;
                }
                let scale = g * weight / whole;
                for (out, &v) in out.iter_mut().zip(row) {
                    *out = scale * exp(v - lse);
                }
                match class(target, classes) {
                    Some(class) => out[class] -= scale,
                    None => out.fill(f32::NAN),
                }
            }
        },
    );
    out
}

/// −ln softmax(logits)\[target\] of each row of `classes`; NaN where the target is no class.
#[multiversion(targets = "simd")]
pub fn losses(logits: &[f32], targets: &[f32], classes: usize) -> Buffer {
    let mut losses = Buffer::dirty(targets.len());
    let rows = logits.par_chunks(ROWS * classes).zip(targets.par_chunks(ROWS));
    losses.par_chunks_mut(ROWS).zip(rows).tasks(|(losses, (logits, targets))| {
        for ((loss, row), &target) in losses.iter_mut().zip(logits.chunks_exact(classes)).zip(targets) {
            *loss = log_sum(row) - target_logit(row, target);
        }
    });
    losses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_numbers_below_the_classes_are_classes() {
        for (target, expected) in [(0.0, Some(0)), (-0.0, Some(0)), (4.0, Some(4)), (5.0, None), (-1.0, None)] {
            assert_eq!(class(target, 5), expected, "{target}");
        }
        for target in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -100.0, -1e-30, 3e38] {
            assert_eq!(class(target, 5), None, "{target}");
        }
    }

    #[test]
    fn a_target_that_is_no_class_is_noticed_where_it_is_scored_and_nowhere_else() {
        let logits: Vec<f32> = (0..12).map(|i| (i as f32 * 0.7).sin()).collect();
        for bad in [3.0, -1.0, -100.0, f32::NAN, f32::INFINITY] {
            let (loss, lse) = forward(&logits, &[0.0, bad, 2.0, 1.0], &[1.0; 4], 3);
            let back = backward(&logits, &[0.0, bad, 2.0, 1.0], &[1.0; 4], 3, &lse, 1.0);
            assert!(loss.is_nan() && back[3..6].iter().all(|g| g.is_nan()), "{bad}: {loss} {:?}", &back[..]);
            assert!(back[..3].iter().chain(&back[6..]).all(|g| g.is_finite()), "{bad}: {:?}", &back[..]);
            assert!(losses(&logits, &[bad], 3)[0].is_nan());

            let skipped = [1.0, 0.0, 1.0, 1.0];
            let (loss, lse) = forward(&logits, &[0.0, bad, 2.0, 1.0], &skipped, 3);
            let (same, _) = forward(&logits, &[0.0, 0.0, 2.0, 1.0], &skipped, 3);
            assert_eq!(loss, same);
            assert_eq!(backward(&logits, &[0.0, bad, 2.0, 1.0], &skipped, 3, &lse, 1.0)[3..6], [0.0; 3]);
        }
    }
}
