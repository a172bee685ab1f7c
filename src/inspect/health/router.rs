//! Health of a router: lengths of its rows, how alike they are, and its biases.

use super::LikenessMatrix;
use crate::domain::measures::gram::row_cosines;
use crate::inspect::model::RouterWeights;

/// The health of a router.
#[derive(Clone, Debug)]
pub struct RouterHealth {
    /// Length of each expert's row, `[E]`; `None` where a number is not finite.
    pub row_norm: Vec<Option<f64>>,
    /// Cosines of the rows, `[E × E]`, 0 for a row of zeros; `None` above 2,048 rows.
    pub row_cosine: Option<LikenessMatrix>,
    /// Added to the logits, `[E]`.
    pub bias: Option<Vec<f32>>,
    /// Added to the scores when experts are chosen, `[E]`.
    pub correction_bias: Option<Vec<f32>>,
}

impl RouterHealth {
    pub(super) fn of(weights: &RouterWeights) -> Self {
        let (count, width) = (weights.rows.rows(), weights.rows.columns());
        let finite = |value: f64| value.is_finite().then_some(value);
        let length =
            |row: usize| weights.rows.row(row).iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
        let row_cosine = (count <= super::MOST_COMPARED && width > 0).then(|| {
            let cosines = row_cosines(weights.rows.values(), count, width);
            LikenessMatrix::of(count, |one, other| finite(*cosines.get(one * count + other)?))
        });
        Self {
            row_norm: (0..count).map(|row| finite(length(row))).collect(),
            row_cosine,
            bias: weights.bias.clone(),
            correction_bias: weights.correction_bias.clone(),
        }
    }
}
