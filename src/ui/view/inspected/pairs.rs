//! How alike the experts of a layer are in one way: the mean over all pairs, and the two that are most alike. Pure.

use super::layers::InspectedLayer;
use crate::inspect::{LikenessMatrix, LikenessOf};

/// The three ways, in the order of the switch.
pub(crate) const WAYS: [LikenessOf; 3] = [LikenessOf::Matched, LikenessOf::Stored, LikenessOf::RouterRows];

/// All pairs of a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LikePairs {
    /// Mean cosine.
    pub mean: f64,
    /// The two most alike, the smaller number first, and their cosine.
    pub most: (usize, usize, f64),
}

/// The pairs of a layer in each way; `None` where it was not measured, or no pair has a finite cosine.
pub(super) fn pairs(layer: Option<&InspectedLayer>) -> [Option<LikePairs>; 3] {
    WAYS.map(|way| of_matrix(layer?.report.as_ref()?.likeness(way)?))
}

fn of_matrix(matrix: &LikenessMatrix) -> Option<LikePairs> {
    let (sum, count) = matrix.pairs().fold((0.0, 0.0), |(sum, count), (.., cosine)| (sum + cosine, count + 1.0));
    matrix.most_alike().map(|most| LikePairs { mean: sum / count, most })
}
