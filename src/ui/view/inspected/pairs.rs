//! How alike the experts of a layer are in one way: the mean over all pairs, and the two that are most alike. Pure.

use super::layers::InspectedLayer;
use crate::inspect::LikenessOf;

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

fn of_matrix(matrix: &[Vec<Option<f64>>]) -> Option<LikePairs> {
    let rows = matrix.iter().enumerate();
    let pairs = rows
        .flat_map(|(row, cells)| cells.iter().enumerate().take(row).map(move |(column, cell)| (column, row, *cell)));
    let told = pairs.filter_map(|(one, other, cell)| Some((one, other, cell.filter(|cosine| cosine.is_finite())?)));
    let (mut sum, mut count): (f64, f64) = (0.0, 0.0);
    let mut most: Option<(usize, usize, f64)> = None;
    for (one, other, cosine) in told {
        (sum, count) = (sum + cosine, count + 1.0);
        if most.is_none_or(|(.., largest)| cosine > largest) {
            most = Some((one, other, cosine));
        }
    }
    Some(LikePairs { mean: sum / count, most: most? })
}
