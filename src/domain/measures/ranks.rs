//! Spearman's rank correlation of the router's and the competition's scores, one token at a time.

/// Ranks from 1 on, smallest first; equal values share the mean of their places.
pub(crate) fn average_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| (values[a] + 0.0).total_cmp(&(values[b] + 0.0)));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for tied in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let shared = before as f64 + (tied.len() + 1) as f64 / 2.0;
        tied.iter().for_each(|&at| ranks[at] = shared);
        before += tied.len();
    }
    ranks
}

/// Pearson correlation, −1 to 1, chance 0. `None` if one side is constant.
pub(crate) fn pearson(a: &[f64], b: &[f64]) -> Option<f64> {
    let n = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    let constant = |values: &[f64]| values.windows(2).all(|pair| pair[0] == pair[1]);
    (!constant(a) && !constant(b) && aa > 0.0 && bb > 0.0).then(|| (ab / aa.sqrt() / bb.sqrt()).clamp(-1.0, 1.0))
}

/// Spearman correlation: Pearson of the average ranks, −1 to 1, chance 0. `None` if one side is constant.
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    pearson(&average_ranks(a), &average_ranks(b))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ties_share_their_places() {
        assert_eq!(average_ranks(&[5.0, 1.0, 5.0, 0.0, 5.0]), [4.0, 2.0, 4.0, 1.0, 4.0]);
        assert_eq!(average_ranks(&[-0.0, 0.0]), [1.5, 1.5]);
        assert!(average_ranks(&[]).is_empty());
    }

    #[test]
    fn by_hand() {
        // Ranks 1 2 3 4 and 2 1 4 3: 1 − 6·4 ÷ (4·15) = 0.6.
        let (a, b) = ([0.1, 0.2, 7.0, 9.0], [2.0, 1.0, 4.0, 3.0]);
        assert!((spearman(&a, &b).unwrap() - 0.6).abs() < 1e-15);
        // A tie in one side. Ranks 1 2 3 and 1.5 1.5 3: covariance 1.5 over √(2 · 1.5).
        let tied = [4.0, 4.0, 9.0];
        assert!((spearman(&[1.0, 2.0, 3.0], &tied).unwrap() - 1.5 / 3f64.sqrt()).abs() < 1e-15);
        assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!((spearman(&[1.0], &[1.0]), pearson(&[0.1; 7], &[0.1; 7])), (None, None));
    }

    proptest! {
        #[test]
        fn laws(pairs in prop::collection::vec((-4i8..4, -4i8..4), 2..9)) {
            let a: Vec<f64> = pairs.iter().map(|p| f64::from(p.0)).collect();
            let b: Vec<f64> = pairs.iter().map(|p| f64::from(p.1)).collect();
            let found = spearman(&a, &b);
            prop_assert!(found.is_none_or(|r| r.abs() <= 1.0 + 1e-12));
            // A growing function of one side changes nothing, a falling one the sign.
            let cubed: Vec<f64> = a.iter().map(|a| a.powi(3) + a).collect();
            let turned: Vec<f64> = a.iter().map(|a| -a).collect();
            prop_assert_eq!(spearman(&cubed, &b).is_some(), found.is_some());
            if let Some(r) = found {
                prop_assert!((spearman(&cubed, &b).unwrap() - r).abs() < 1e-12);
                prop_assert!((spearman(&turned, &b).unwrap() + r).abs() < 1e-12);
                prop_assert!((spearman(&a, &a).unwrap() - 1.0).abs() < 1e-12);
            }
        }
    }
}
