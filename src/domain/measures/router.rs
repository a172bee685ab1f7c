//! Entropy, margin and z-loss of the router alone: how decided it is, and whether it decides differently for different tokens.
//!
//! z are its logits `[T, N]`, p = softmax z. Entropies that are shares of ln N are `None` for a single expert.

use serde::Serialize;

use super::choice::{entropy, log_sum_exp, relative, softmax};
use super::rows::{add_into, dot, length};

/// What a router's logits say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct RouterStatistics {
    /// mean_t H(p_t) ÷ ln N: 0 certain, 1 undecided.
    pub token_entropy: Option<f64>,
    /// H(mean_t p_t) ÷ ln N: 0 always the same expert, 1 all alike over the window. Not below `token_entropy`.
    pub marginal_entropy: Option<f64>,
    /// H(mean_t p_t) − mean_t H(p_t), nats: 0 (says nothing of the token) to ln N (decisive and balanced).
    pub information: Option<f64>,
    /// mean_t of the largest p minus the second largest: 0 undecided, 1 certain. `None` for a single expert.
    pub margin: Option<f64>,
    /// mean_t (ln Σ exp z_t)²: what the z-loss punishes, 0 and up (ST-MoE, arXiv 2202.08906).
    pub z_loss: f64,
}

/// Sums over tokens, from which [`RouterStatistics`] is computed.
#[derive(Clone, Debug)]
pub(crate) struct Decisions {
    tokens: f64,
    probability: Vec<f64>,
    entropy: f64,
    margin: f64,
    squared_total: f64,
}

impl Decisions {
    /// No token yet, of `experts` experts.
    pub fn new(experts: usize) -> Self {
        Self { tokens: 0.0, probability: vec![0.0; experts], entropy: 0.0, margin: 0.0, squared_total: 0.0 }
    }

    /// One token's logits `[N]`.
    pub fn add(&mut self, logits: &[f64]) {
        let shares = softmax(logits);
        self.tokens += 1.0;
        self.entropy += entropy(&shares);
        self.margin += margin(&shares);
        self.squared_total += log_sum_exp(logits).powi(2);
        add_into(&mut self.probability, &shares);
    }

    /// The means, `None` without any token.
    pub(crate) fn finish(&self) -> Option<RouterStatistics> {
        let experts = self.probability.len();
        let several = experts > 1;
        let marginal = entropy(&self.mean_probability()?);
        let token = self.entropy / self.tokens;
        Some(RouterStatistics {
            token_entropy: relative(token, experts),
            marginal_entropy: relative(marginal, experts),
            information: several.then(|| (marginal - token).max(0.0)),
            margin: several.then_some(self.margin / self.tokens),
            z_loss: self.squared_total / self.tokens,
        })
    }

    /// P = mean_t p_t, `[N]`; `None` without any token.
    pub(crate) fn mean_probability(&self) -> Option<Vec<f64>> {
        (self.tokens > 0.0).then(|| self.probability.iter().map(|sum| sum / self.tokens).collect())
    }
}

/// All of [`RouterStatistics`] from logits `[T × N]`, row-major; `None` without any token.
pub fn router(logits: &[f64], experts: usize) -> Option<RouterStatistics> {
    let mut decisions = Decisions::new(experts);
    logits.chunks_exact(experts).for_each(|row| decisions.add(row));
    decisions.finish()
}

/// The largest of a row of probabilities minus the second largest: 0 to 1. A single expert has no rival: 1.
pub fn margin<P: Copy + Into<f64>>(shares: &[P]) -> f64 {
    let (mut first, mut second) = (0.0, 0.0);
    for &share in shares {
        let share = share.into();
        if share > first {
            (first, second) = (share, first);
        } else if share > second {
            second = share;
        }
    }
    first - second
}

/// How many rows of probabilities `[T × N]` have a [`margin`] in each of `bins` bins of equal width from 0 to 1.
pub(crate) fn margin_histogram(rows: &[f32], experts: usize, bins: usize) -> Vec<usize> {
    let mut counts = vec![0; bins];
    for row in rows.chunks_exact(experts.max(1)) {
        counts[((margin(row).clamp(0.0, 1.0) * bins as f64) as usize).min(bins - 1)] += 1;
    }
    counts
}

/// Mean over rows of probabilities `[T × N]` of the largest: how sure the router is of its first choice. `None` without any.
pub(crate) fn mean_confidence(rows: &[f32], experts: usize) -> Option<f64> {
    let largest = |row: &[f32]| f64::from(row.iter().copied().fold(0.0f32, f32::max));
    let tokens = rows.len().checked_div(experts).filter(|&tokens| tokens > 0)?;
    Some(rows.chunks_exact(experts).map(largest).sum::<f64>() / tokens as f64)
}

/// Cosines of the router's rows `[N × D]`: `[N × N]`, −1 to 1, low is good. Random rows have 0 ± 1 ÷ √D (arXiv
/// 2406.18219, section 4.2). A row of zeros has 0 with all, itself included.
pub(crate) fn row_similarity(rows: &[f64], width: usize) -> Vec<f64> {
    let rows: Vec<&[f64]> = rows.chunks_exact(width).collect();
    rows.iter().flat_map(|a| rows.iter().map(|b| cosine(a, b))).collect()
}

/// Cosine of two vectors; 0 if one of them is (almost) zero.
pub fn cosine(a: &[f64], b: &[f64]) -> f64 {
    dot(a, b) / (length(a).max(SMALLEST_LENGTH) * length(b).max(SMALLEST_LENGTH))
}

/// A vector shorter than this has no direction, as in the published diversity loss.
pub(super) const SMALLEST_LENGTH: f64 = 1e-12;

/// Mean over rows of −Σ w ln(w + 1e-18), nats: 0 decided, ln N undecided.
///
/// `rows`: `[T × N]` row-major, each row summing to 1; zeros add nothing, so combining weights work as well as the
/// whole softmax.
#[allow(dead_code, reason = "the measure as the golden files hold it")]
pub fn mean_entropy(rows: &[f32], experts: usize) -> f64 {
    let tokens = rows.len() / experts;
    let terms = rows.iter().map(|&w| f64::from(w)).filter(|&w| w > 0.0);
    -terms.map(|w| w * (w + 1e-18).ln()).sum::<f64>() / tokens as f64 + 0.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn margins_and_confidence_by_hand() {
        let p = [0.5, 0.25, 0.25, 0.15, 0.15, 0.7, 1.0, 0.0, 0.0];
        // 0.25, 0.55, 1.0
        assert_eq!(margin_histogram(&p, 3, 5), [0, 1, 1, 0, 1]);
        assert_eq!((margin_histogram(&[], 3, 2), margin_histogram(&[], 0, 2)), (vec![0, 0], vec![0, 0]));
        assert!((mean_confidence(&p, 3).unwrap() - (0.5 + 0.7 + 1.0) / 3.0).abs() < 1e-7);
        assert_eq!((mean_confidence(&[], 3), mean_confidence(&[], 0)), (None, None));
    }

    fn near(a: Option<f64>, b: f64) -> bool {
        a.is_some_and(|a| (a - b).abs() < 1e-12)
    }

    #[test]
    fn decided_and_undecided() {
        assert_eq!(mean_entropy(&[1.0, 0.0, 0.0, 1.0], 2), 0.0);
        assert!((mean_entropy(&[0.5; 4], 2) - 2f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn three_routers_told_apart() {
        // Undecided, always the same, and decisive with balance.
        let undecided = router(&[0.0; 8], 2).unwrap();
        assert!(near(undecided.token_entropy, 1.0) && near(undecided.marginal_entropy, 1.0));
        assert_eq!((undecided.information, undecided.margin), (Some(0.0), Some(0.0)));
        assert!((undecided.z_loss - 2f64.ln().powi(2)).abs() < 1e-15);
        let stuck = router(&[900.0, 0.0, 900.0, 0.0], 2).unwrap();
        assert_eq!((stuck.token_entropy, stuck.marginal_entropy, stuck.margin), (Some(0.0), Some(0.0), Some(1.0)));
        assert_eq!(stuck.z_loss, 810_000.0);
        let decisive = router(&[900.0, 0.0, 0.0, 900.0], 2).unwrap();
        assert_eq!(decisive.token_entropy, Some(0.0));
        assert!(near(decisive.marginal_entropy, 1.0) && near(decisive.information, 2f64.ln()));
    }

    #[test]
    fn by_hand() {
        // p = (1/4, 3/4) and (3/4, 1/4): entropies 0.562335, mean (1/2, 1/2), margins 1/2, ln Σ exp = ln 4 twice.
        let logits = [0.0, 3f64.ln(), 3f64.ln(), 0.0];
        let found = router(&logits, 2).unwrap();
        let nats = 0.562_335_144_618_808_3;
        assert!(near(found.token_entropy, nats / 2f64.ln()) && near(found.marginal_entropy, 1.0));
        assert!(near(found.information, 2f64.ln() - nats) && near(found.margin, 0.5));
        assert!((found.z_loss - 4f64.ln().powi(2)).abs() < 1e-12);
    }

    #[test]
    fn a_single_expert_decides_nothing() {
        let alone = router(&[2.0, -4.0], 1).unwrap();
        assert_eq!((alone.token_entropy, alone.information, alone.margin, alone.z_loss), (None, None, None, 10.0));
        assert_eq!(router(&[], 4), None);
    }

    #[test]
    fn margins_and_rows() {
        assert_eq!((margin(&[0.25, 0.5, 0.25]), margin(&[0.5, 0.5]), margin(&[1.0])), (0.25, 0.0, 1.0));
        let cosines = row_similarity(&[3.0, 4.0, -6.0, -8.0, 4.0, -3.0, 0.0, 0.0], 2);
        assert_eq!(cosines, [1., -1., 0., 0., -1., 1., 0., 0., 0., 0., 1., 0., 0., 0., 0., 0.]);
    }

    proptest! {
        #[test]
        fn bounds_and_permutation(rows in prop::collection::vec(prop::array::uniform4(-9.0f64..9.0), 1..8), shift in -50.0f64..50.0) {
            let flat = rows.concat();
            let found = router(&flat, 4).unwrap();
            let (token, marginal) = (found.token_entropy.unwrap(), found.marginal_entropy.unwrap());
            prop_assert!(token >= 0.0 && token <= marginal + 1e-12 && marginal <= 1.0 + 1e-12);
            prop_assert!((found.information.unwrap() - (marginal - token) * 4f64.ln()).abs() < 1e-9);
            // Another order of the experts, and a constant added to all logits of a token, decide the same.
            let other: Vec<f64> = rows.iter().flat_map(|r| [r[2], r[0], r[3], r[1]].map(|z| z + shift)).collect();
            let again = router(&other, 4).unwrap();
            prop_assert!(near(again.token_entropy, token) && near(again.marginal_entropy, marginal));
            prop_assert!(near(again.margin, found.margin.unwrap()));
        }
    }
}
