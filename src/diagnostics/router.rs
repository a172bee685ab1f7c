//! The router alone: how decided it is.

/// Mean over rows of −Σ w ln(w + 1e-18), nats: 0 decided, ln N undecided.
///
/// `rows`: `[T × N]` row-major, each row summing to 1; zeros add nothing, so combining weights work as well as the
/// whole softmax.
pub fn mean_entropy(rows: &[f32], experts: usize) -> f64 {
    let tokens = rows.len() / experts;
    let terms = rows.iter().map(|&w| f64::from(w)).filter(|&w| w > 0.0);
    -terms.map(|w| w * (w + 1e-18).ln()).sum::<f64>() / tokens as f64 + 0.0
}

#[cfg(test)]
mod tests {
    use super::mean_entropy;

    #[test]
    fn decided_and_undecided() {
        assert_eq!(mean_entropy(&[1.0, 0.0, 0.0, 1.0], 2), 0.0);
        assert!((mean_entropy(&[0.5; 4], 2) - 2f64.ln()).abs() < 1e-12);
    }
}
