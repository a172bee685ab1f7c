//! Representation collapse: effective rank, stable rank, participation ratio and anisotropy of hidden states, and their pull
//! towards router rows.

use super::choice::entropy;
use super::router::cosine;
use super::rows::{NotFinite, Rows, add_into, dot, in_parts, length};

/// exp(−Σ p ln p) of the singular values as shares: 1 to their number; 0 if all are zero (Roy and Vetterli 2007).
pub fn effective_rank<X: Copy + Into<f64>>(spectrum: &[X]) -> f64 {
    let total: f64 = spectrum.iter().map(|&v| v.into()).sum();
    if total == 0.0 {
        return 0.0;
    }
    let shares: Vec<f64> = spectrum.iter().map(|&v| v.into() / total).collect();
    entropy(&shares).exp()
}

/// Σ σ² and Σ σ⁴ of singular values: what the participation ratio is the quotient of.
pub(crate) fn power_sums<X: Copy + Into<f64>>(singular_values: &[X]) -> [f64; 2] {
    let squares = || singular_values.iter().map(|&value| value.into().powi(2));
    [squares().sum(), squares().map(|square| square * square).sum()]
}

/// Stable rank ‖H‖²_F ÷ σ₁² = Σ σ² ÷ σ₁²: 1 (all along one line) to the number of values. `None` if all are zero.
pub fn stable_rank(singular_values: &[f64]) -> Option<f64> {
    relative_spectrum(singular_values).map(|relative| power_sums(&relative)[0])
}

/// Participation ratio (Σ λ)² ÷ Σ λ² with λ = σ²: 1 to the number of values.
/// `None` if all are zero.
pub fn participation_ratio(singular_values: &[f64]) -> Option<f64> {
    let [squares, fourths] = power_sums(&relative_spectrum(singular_values)?);
    Some(squares.powi(2) / fourths)
}

/// Singular values ÷ the largest, 1 and falling; a cliff is collapse. `None` if all are zero.
pub(crate) fn relative_spectrum(singular_values: &[f64]) -> Option<Vec<f64>> {
    let largest = singular_values.iter().copied().fold(0.0, f64::max);
    (largest > 0.0).then(|| singular_values.iter().map(|s| s / largest).collect())
}

/// Anisotropy: mean cosine of two different states, both less `mean`: −1 ÷ (T − 1) if they point everywhere, 1 if they all
/// point one way. A state at the mean itself has cosine 0 with all. `None` with fewer than two states, or if none has a
/// direction.
///
/// # Errors
/// A number that is not finite.
pub fn anisotropy(states: &dyn Rows, mean: &[f64]) -> Result<Option<f64>, NotFinite> {
    let width = states.width();
    let parts = in_parts(
        states,
        usize::MAX,
        || (vec![0.0; width], vec![0.0; width], 0.0),
        |(sum, unit, pointing): &mut (Vec<f64>, Vec<f64>, f64), _, block| {
            for row in block.chunks_exact(width) {
                unit.iter_mut().zip(row).zip(mean).for_each(|((unit, value), mean)| *unit = value - mean);
                let length = length(unit);
                if length > 0.0 {
                    *pointing += 1.0;
                    sum.iter_mut().zip(unit.iter()).for_each(|(sum, value)| *sum += value / length);
                }
            }
        },
    )?;
    let mut whole = vec![0.0; width];
    parts.iter().for_each(|part| add_into(&mut whole, &part.0));
    let pointing: f64 = parts.iter().map(|part| part.2).sum();
    let count = states.count() as f64;
    // Σ over all pairs, less each state with itself.
    Ok((count > 1.0 && pointing > 0.0).then(|| (dot(&whole, &whole) - pointing) / (count * (count - 1.0))))
}

/// Pull to the expert: the mean over an expert's tokens of the cosine of the state with the expert's router row, −1 to 1,
/// `[N]`; `None` for an expert without tokens. Rising while RC falls is the collapse that X-MoE describes (arXiv
/// 2204.09179). Random rows have 0.
///
/// - `states`: `[T × D]`, not centred
/// - `router_rows`: `[N × D]`
/// - `experts`: `[T]` each token's expert
pub fn pull(states: &[f64], router_rows: &[f64], width: usize, experts: &[u32]) -> Vec<Option<f64>> {
    let rows: Vec<&[f64]> = router_rows.chunks_exact(width).collect();
    let mut sums = vec![(0.0, 0.0); rows.len()];
    for (state, &expert) in states.chunks_exact(width).zip(experts) {
        let (count, sum) = &mut sums[expert as usize];
        *count += 1.0;
        *sum += cosine(state, rows[expert as usize]);
    }
    sums.into_iter().map(|(count, sum)| (count > 0.0).then(|| sum / count)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::rows::Table;
    use super::*;

    #[test]
    fn effective_rank_at_the_extremes_and_between() {
        assert!((effective_rank(&[1.0; 5]) - 5.0).abs() < 1e-9);
        assert!((effective_rank(&[1.0, 0.0, 0.0]) - 1.0).abs() < 1e-12);
        // Shares 2/3, 1/3: entropy 0.636514, exp 1.889882.
        assert!((effective_rank(&[1.0, 0.5]) - 1.889_881_574_842_309).abs() < 1e-9);
        assert_eq!(effective_rank(&[0.0; 3]), 0.0);
    }

    #[test]
    fn ranks_by_hand() {
        // σ = 2, 1, 1: squares 4, 1, 1.
        let values = [2.0, 1.0, 1.0];
        assert_eq!((stable_rank(&values), participation_ratio(&values)), (Some(1.5), Some(2.0)));
        assert_eq!(relative_spectrum(&values), Some(vec![1.0, 0.5, 0.5]));
        assert_eq!(
            (stable_rank(&[0.0; 2]), participation_ratio(&[0.0; 2]), relative_spectrum(&[0.0])),
            (None, None, None)
        );
        assert_eq!(power_sums(&values), [6.0, 18.0]);
        let even = [3.0; 7];
        assert!((stable_rank(&even).unwrap() - 7.0).abs() < 1e-12 && (effective_rank(&even) - 7.0).abs() < 1e-12);
        assert!((participation_ratio(&even).unwrap() - 7.0).abs() < 1e-12);
    }

    fn anisotropy_of(rows: &[f64], mean: &[f64]) -> Option<f64> {
        anisotropy(&Table::new(rows, mean.len()), mean).unwrap()
    }

    #[test]
    fn anisotropy_by_hand() {
        // Along +x, +x, +y: cosines 1, 0, 0.
        let rows = [2.0, 0.0, 5.0, 0.0, 0.0, 1.0];
        assert!((anisotropy_of(&rows, &[0.0, 0.0]).unwrap() - 1.0 / 3.0).abs() < 1e-15);
        // The third state at the mean points nowhere: one pair of three.
        assert!((anisotropy_of(&[1.0, 0.0, 2.0, 0.0, 0.0, 0.0], &[0.0, 0.0]).unwrap() - 1.0 / 3.0).abs() < 1e-15);
        // Opposite pairs, centred: −1 ÷ (T − 1).
        let cross = [1.0, 0.0, -1.0, 0.0, 0.0, 1.0, 0.0, -1.0];
        assert!((anisotropy_of(&cross, &[0.0, 0.0]).unwrap() + 1.0 / 3.0).abs() < 1e-15);
        assert_eq!((anisotropy_of(&[4.0, 4.0], &[0.0, 0.0]), anisotropy_of(&[4.0; 6], &[4.0, 4.0])), (None, None));
    }

    #[test]
    fn pull_by_hand() {
        let (states, rows) = ([3.0, 4.0, 0.0, 2.0, 1.0, 0.0], [1.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
        let found = pull(&states, &rows, 2, &[0, 1, 1]);
        assert_eq!(found, [Some(0.6), Some(0.5), None]);
    }

    proptest! {
        #[test]
        fn ranks_are_bounded_and_blind_to_scale(mut values in prop::collection::vec(0.0f64..10.0, 1..9), factor in 0.01f64..100.0) {
            values[0] += 1.0;
            let n = values.len() as f64;
            let all = |v: &[f64]| [effective_rank(v), stable_rank(v).unwrap(), participation_ratio(v).unwrap()];
            let before = all(&values);
            prop_assert!(before.iter().all(|r| (1.0 - 1e-12..=n + 1e-9).contains(r)));
            values.reverse();
            values.iter_mut().for_each(|v| *v *= factor);
            prop_assert!(all(&values).iter().zip(before).all(|(a, b)| (a - b).abs() < 1e-9));
        }

        #[test]
        fn anisotropy_is_the_mean_cosine_of_pairs(rows in prop::collection::vec(prop::array::uniform3(-3i8..3), 2..9)) {
            let flat: Vec<f64> = rows.concat().into_iter().map(f64::from).collect();
            prop_assume!(flat.iter().any(|&x| x != 0.0));
            let rows: Vec<&[f64]> = flat.chunks(3).collect();
            let pairs: Vec<f64> = (0..rows.len()).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| cosine(rows[i], rows[j])).collect();
            let expected = pairs.iter().sum::<f64>() / pairs.len() as f64;
            prop_assert!((anisotropy_of(&flat, &[0.0; 3]).unwrap() - expected).abs() < 1e-12);
        }
    }
}
