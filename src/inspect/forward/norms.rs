//! Normalisation of rows in public models: RMSNorm, LayerNorm, and the plain length of Llama 4's queries and keys.

/// Which of them a model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Norm {
    /// x ÷ √(mean x² + ε) · w.
    Rms,
    /// (x − mean) ÷ √(variance + ε) · w + b.
    Layer,
}

/// Normalises every row of `rows` `[n, width]`, `width` being the length of `weight`; `bias` counts for LayerNorm alone.
pub(super) fn normalise(norm: Norm, rows: &mut [f32], weight: &[f32], bias: Option<&[f32]>, epsilon: f64) {
    if weight.is_empty() {
        return;
    }
    for row in rows.chunks_exact_mut(weight.len()) {
        if norm == Norm::Layer {
            let mean = (row.iter().map(|&x| f64::from(x)).sum::<f64>() / weight.len() as f64) as f32;
            row.iter_mut().for_each(|x| *x -= mean);
        }
        by_length(row, epsilon);
        row.iter_mut().zip(weight).for_each(|(x, w)| *x *= w);
        if let (Norm::Layer, Some(bias)) = (norm, bias) {
            row.iter_mut().zip(bias).for_each(|(x, b)| *x += b);
        }
    }
}

/// x ÷ √(mean x² + ε), no weights.
pub(super) fn by_length(row: &mut [f32], epsilon: f64) {
    let square = row.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>() / row.len() as f64;
    let factor = (1.0 / (square + epsilon).sqrt()) as f32;
    row.iter_mut().for_each(|x| *x *= factor);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // Mean square of 1 and 7 is 25.
        let mut row = [1.0, 7.0, 0.0, 0.0];
        normalise(Norm::Rms, &mut row, &[2.0, 0.5], None, 0.0);
        assert_eq!(row[..2], [0.4, 0.7]);
        assert!(row[2].is_nan(), "nothing over nothing without ε");
        // 2 and 8: mean 5, variance 9; ε = 16 makes the root 5.
        let mut row = [2.0, 8.0];
        normalise(Norm::Layer, &mut row, &[1.0, 10.0], Some(&[0.5, 1.0]), 16.0);
        assert!((row[0] + 0.1).abs() < 1e-6 && (row[1] - 7.0).abs() < 1e-6, "{row:?}");
        let mut row = [0.0, 0.0];
        by_length(&mut row, 1e-6);
        assert_eq!(row, [0.0, 0.0]);
    }
}
