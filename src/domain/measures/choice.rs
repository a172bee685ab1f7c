//! Top-k, softmax and entropy of a row of scores: its first choice, its k best, and the distribution it stands for.
//!
//! Equal scores go to the lower slot, everywhere.

/// The slot of the largest score; the lowest of them if several are.
///
/// # Panics
/// If the row is empty.
pub fn first_choice(row: &[f64]) -> usize {
    (1..row.len()).fold(0, |best, slot| if row[slot] > row[best] { slot } else { best })
}

/// The slots of the k largest scores, best first. `k` is at most the length of the row.
pub fn top_k(row: &[f64], k: usize) -> Vec<u32> {
    let mut slots: Vec<u32> = (0..row.len() as u32).collect();
    // Plus zero, so that the zero below zero is the same zero.
    let score = |slot: u32| row[slot as usize] + 0.0;
    let order = |&a: &u32, &b: &u32| score(b).total_cmp(&score(a)).then(a.cmp(&b));
    if k > 0 && k < slots.len() {
        slots.select_nth_unstable_by(k - 1, order);
    }
    slots.truncate(k);
    slots.sort_unstable_by(order);
    slots
}

/// ln Σ exp of a row, whatever its size.
pub(crate) fn log_sum_exp(row: &[f64]) -> f64 {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + row.iter().map(|value| (value - largest).exp()).sum::<f64>().ln()
}

/// ln softmax of a row.
pub(crate) fn log_softmax(row: &[f64]) -> Vec<f64> {
    let total = log_sum_exp(row);
    row.iter().map(|value| value - total).collect()
}

/// Softmax of a row. Equal scores give exactly 1 ÷ N.
pub fn softmax(row: &[f64]) -> Vec<f64> {
    let (powers, total) = powers(row, row.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    powers.iter().map(|power| power / total).collect()
}

/// e^(value − shift) of a row, and their sum: what [`softmax`] divides. The shift is any number; the shares are the same.
pub(crate) fn powers(row: &[f64], shift: f64) -> (Vec<f64>, f64) {
    let powers: Vec<f64> = row.iter().map(|value| (value - shift).exp()).collect();
    let total = powers.iter().sum();
    (powers, total)
}

/// −Σ p ln p of a distribution, nats; zeros add nothing.
pub fn entropy(shares: &[f64]) -> f64 {
    -shares.iter().filter(|&&p| p > 0.0).map(|p| p * p.ln()).sum::<f64>() + 0.0
}

/// The largest entropy of N slots, and the cross-entropy of a blind guess among them: ln N, nats.
pub(crate) fn largest_entropy(slots: usize) -> f64 {
    (slots as f64).ln()
}

/// Entropy in nats as a share of its largest value ln N: 0 to 1. `None` for a single slot, which has nothing to decide.
pub fn relative(entropy: f64, slots: usize) -> Option<f64> {
    (slots > 1).then(|| entropy / largest_entropy(slots))
}

/// The probability that a cross-entropy of so many nats was given to the target: exp(−loss), 0 to 1.
pub fn probability(loss: f64) -> f64 {
    (-loss).exp()
}

/// Perplexity: among how many equally likely slots a guess has this cross-entropy or entropy, exp(nats).
pub(crate) fn perplexity(nats: f64) -> f64 {
    nats.exp()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ties_go_to_the_lower_slot() {
        let row = [1.0, 3.0, 3.0, 0.0, 3.0];
        assert_eq!(first_choice(&row), 1);
        assert_eq!(
            (top_k(&row, 2), top_k(&row, 4), top_k(&row, 5)),
            (vec![1, 2], vec![1, 2, 4, 0], vec![1, 2, 4, 0, 3])
        );
        assert_eq!((first_choice(&[-0.0, 0.0]), first_choice(&[7.0])), (0, 0));
        assert_eq!((top_k(&[-0.0, 0.0], 1), top_k(&[0.0; 3], 0)), (vec![0], vec![]));
    }

    #[test]
    fn softmax_by_hand_and_far_out() {
        let near = softmax(&[0.0, 3f64.ln()]);
        assert!((near[0] - 0.25).abs() < 1e-15 && (near[1] - 0.75).abs() < 1e-15);
        assert_eq!(softmax(&[1e300, 1e300]), [0.5, 0.5]);
        assert_eq!((log_softmax(&[0.0, 2000.0]), log_sum_exp(&[5.0])), (vec![-2000.0, 0.0], 5.0));
        assert!((log_sum_exp(&[-1e6; 4]) - (4f64.ln() - 1e6)).abs() < 1e-9);
    }

    #[test]
    fn entropy_by_hand() {
        assert_eq!((entropy(&[1.0, 0.0]), relative(0.0, 1)), (0.0, None));
        assert!((entropy(&[0.25, 0.75]) - 0.562_335_144_618_808_3).abs() < 1e-15);
        assert_eq!((relative(8f64.ln(), 8), largest_entropy(8)), (Some(1.0), 8f64.ln()));
        assert!((perplexity(4f64.ln()) - 4.0).abs() < 1e-12 && (probability(4f64.ln()) - 0.25).abs() < 1e-12);
        assert_eq!((perplexity(0.0), probability(0.0)), (1.0, 1.0));
    }

    proptest! {
        #[test]
        fn the_k_best_are_the_first_of_a_stable_sort(row in prop::collection::vec(-3i8..3, 1..12), k in 0usize..12) {
            let row: Vec<f64> = row.into_iter().map(f64::from).collect();
            let k = k.min(row.len());
            let mut slots: Vec<u32> = (0..row.len() as u32).collect();
            slots.sort_by(|&a, &b| row[b as usize].partial_cmp(&row[a as usize]).unwrap());
            prop_assert_eq!(&top_k(&row, k), &slots[..k]);
            prop_assert_eq!(first_choice(&row), slots[0] as usize);
        }
    }
}
