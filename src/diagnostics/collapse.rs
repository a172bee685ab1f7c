//! The three collapses, kept apart: few experts used, hidden states clumped, experts computing the same.

use nalgebra::DMatrix;

use super::load;
use crate::readings::Collapse;

/// Singular values of a centred matrix from its Gram matrix (`side × side`, symmetric), descending, ÷ the largest.
/// All zero if the matrix is; values a rounding error below zero count as zero.
pub fn spectrum(gram: &[f32], side: usize) -> Vec<f32> {
    let gram = DMatrix::from_row_iterator(side, side, gram.iter().map(|&x| f64::from(x)));
    if !gram.iter().all(|x| x.is_finite()) {
        return Vec::new();
    }
    let mut values: Vec<f64> = gram.symmetric_eigenvalues().iter().map(|&l| l.max(0.0).sqrt()).collect();
    values.sort_by(|a, b| b.total_cmp(a));
    let largest = values.first().copied().unwrap_or(0.0);
    values.iter().map(|v| if largest > 0.0 { (v / largest) as f32 } else { 0.0 }).collect()
}

/// exp(−Σ p ln p) of the singular values as shares: 1 to their number; 0 if all are zero (Roy and Vetterli 2007).
pub fn effective_rank(spectrum: &[f32]) -> f64 {
    let total: f64 = spectrum.iter().map(|&v| f64::from(v)).sum();
    if total == 0.0 {
        return 0.0;
    }
    let shares = spectrum.iter().map(|&v| f64::from(v) / total).filter(|&p| p > 0.0);
    (-shares.map(|p| p * p.ln()).sum::<f64>()).exp()
}

/// The gauges of a layer from the router's counts, the spectrum and the mean output cosines `[N × N]`.
pub fn collapse(routed: &[u32], spectrum: &[f32], rank_limit: usize, cosine: &[f32]) -> Collapse {
    let experts = routed.len();
    let pairs = || (0..experts).flat_map(|i| (i + 1..experts).map(move |j| (i, j, f64::from(cosine[i * experts + j]))));
    let count = experts * (experts - 1) / 2;
    Collapse {
        effective_experts: load::effective_experts(routed),
        load_entropy: load::normalised_entropy(routed),
        effective_rank: effective_rank(spectrum),
        rank_limit,
        mean_output_cosine: (count > 0).then(|| pairs().map(|p| p.2).sum::<f64>() / count as f64),
        worst_pair: pairs().max_by(|a, b| a.2.total_cmp(&b.2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spectrum_of_a_diagonal_gram_matrix() {
        assert_eq!(spectrum(&[4.0, 0.0, 0.0, 16.0], 2), [1.0, 0.5]);
        assert_eq!(spectrum(&[0.0; 4], 2), [0.0, 0.0]);
        assert!(spectrum(&[f32::NAN; 4], 2).is_empty());
    }

    #[test]
    fn effective_rank_at_the_extremes_and_between() {
        assert!((effective_rank(&[1.0; 5]) - 5.0).abs() < 1e-9);
        assert!((effective_rank(&[1.0, 0.0, 0.0]) - 1.0).abs() < 1e-12);
        // Shares 2/3, 1/3: entropy 0.636514, exp 1.889882.
        assert!((effective_rank(&[1.0, 0.5]) - 1.889_881_574_842_309).abs() < 1e-9);
        assert_eq!(effective_rank(&[0.0; 3]), 0.0);
    }

    #[test]
    fn identical_experts_have_cosine_one_and_a_worst_pair() {
        let gauges = collapse(&[4, 4, 0], &[1.0], 1, &[1.0, 0.9, 0.1, 0.9, 1.0, 0.2, 0.1, 0.2, 1.0]);
        assert!((gauges.mean_output_cosine.unwrap() - 0.4).abs() < 1e-6);
        let (i, j, value) = gauges.worst_pair.unwrap();
        assert!((i, j) == (0, 1) && (value - 0.9).abs() < 1e-6);
        assert!((gauges.effective_experts - 2.0).abs() < 1e-12);
        let alone = collapse(&[4], &[1.0], 1, &[1.0]);
        assert_eq!((alone.mean_output_cosine, alone.worst_pair), (None, None));
    }
}
