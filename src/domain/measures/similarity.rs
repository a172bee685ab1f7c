//! Similarity of experts: of their answers to the same tokens, their weights, and what the router makes of their strength.

use nalgebra::{DMatrix, DMatrixView};

use super::matching::{best_assignment, best_assignment_while};
use super::ranks::pearson;
use super::router::SMALLEST_LENGTH;
use super::rows::{NotFinite, Rows, in_parts, length, transpose};
use crate::domain::draw::Draws;
use crate::domain::readings::Matrix;

/// Experts whose cosines are computed together.
const TILE: usize = 16;

/// Output cosine: mean over tokens of cos(E_i(x), E_j(x)), `[N × N]`, −1 to 1, low is good; the diagonal is 1. Its mean off
/// the diagonal is the diversity loss of CompeteSMoE for all experts, divided by the number of pairs. An answer of zeros
/// has cosine 0 with all, itself included.
///
/// - `outputs`: `[T, N × D]`, every expert's answer to every token
///
/// # Errors
/// A number that is not finite.
pub fn output_cosine(outputs: &dyn Rows, experts: usize) -> Result<Vec<f64>, NotFinite> {
    let width = outputs.width() / experts;
    let parts = in_parts(
        outputs,
        usize::MAX,
        || (DMatrix::<f64>::zeros(experts, experts), vec![0.0; outputs.width()], Vec::new()),
        |(sum, units, turned): &mut (DMatrix<f64>, Vec<f64>, Vec<f64>), _, block| {
            for token in block.chunks_exact(experts * width) {
                for (unit, answer) in units.chunks_exact_mut(width).zip(token.chunks_exact(width)) {
                    let length = length(answer).max(SMALLEST_LENGTH);
                    unit.iter_mut().zip(answer).for_each(|(unit, value)| *unit = value / length);
                }
                transpose(turned, units, width);
                // As it lies, an expert is a column, and turned a row.
                let columns = DMatrixView::from_slice(units, width, experts);
                let rows = DMatrixView::from_slice(turned, experts, width);
                // Only the half on and below the diagonal, a tile of experts at a time.
                for from in (0..experts).step_by(TILE) {
                    let to = experts.min(from + TILE);
                    let tile = rows.rows(from, to - from);
                    sum.view_mut((from, 0), (to - from, to)).gemm(1.0, &tile, &columns.columns(0, to), 1.0);
                }
            }
        },
    )?;
    let whole = parts.into_iter().fold(DMatrix::zeros(experts, experts), |whole, part| whole + part.0);
    let count = outputs.count() as f64;
    let at = |i: usize, j: usize| whole[(i.max(j), i.min(j))] / count;
    Ok((0..experts * experts).map(|cell| at(cell / experts, cell % experts)).collect())
}

/// Mean over the pairs of different experts of a symmetric `[N × N]`, and nothing for the pairs that have no value.
/// `None` if no pair has one. Added up row by row below the diagonal.
pub(crate) fn mean_of_pairs(matrix: &Matrix) -> Option<f64> {
    mean((0..matrix.len()).flat_map(|i| matrix[i][..i].iter().copied()))
}

/// The same, added up row by row above the diagonal. Sums differ in their last bits by the order, and a run that goes on
/// must give the bits it gave.
pub(crate) fn mean_of_pairs_above(matrix: &Matrix) -> Option<f64> {
    mean((0..matrix.len()).flat_map(|i| matrix[i][i + 1..].iter().copied()))
}

fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let (count, sum) = values.flatten().fold((0.0, 0.0), |(n, sum), value| (n + 1.0, sum + value));
    (count > 0.0).then(|| sum / count)
}

/// The pair of different slots with the largest value of a symmetric `[N × N]`, the lower slot first; what is not finite is
/// no value. `None` if no pair has one.
pub(crate) fn most_alike(matrix: &Matrix) -> Option<(usize, usize, f64)> {
    let experts = matrix.len();
    let pairs = (0..experts).flat_map(|a| (a + 1..experts).map(move |b| (a, b)));
    let values = pairs.filter_map(|(a, b)| Some((a, b, matrix[a].get(b).copied().flatten()?)));
    values.filter(|pair| pair.2.is_finite()).max_by(|a, b| a.2.total_cmp(&b.2))
}

/// How alike two experts' weights are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct WeightCosine {
    /// Cosine of all weights in the order in which they lie, −1 to 1: two experts that are the same up to the order of
    /// their neurons may have 0.
    pub as_they_lie: f64,
    /// The largest that any order of one expert's neurons gives; not below the other. Found by linear assignment (arXiv
    /// 2406.18219, section 4.1). Chance is a little above 0, the more so the fewer weights a neuron has.
    pub matched: f64,
}

/// Weight similarity of two experts of equal size (definitions: [`WeightCosine`]).
///
/// - `a`, `b`: `[neurons × weights]`, the weights into and out of a hidden neuron beside each other
#[cfg(test)]
pub(crate) fn weight_cosine(a: &[f64], b: &[f64], neurons: usize) -> WeightCosine {
    weight_cosine_while(a, b, neurons, || true).unwrap_or(WeightCosine { as_they_lie: f64::NAN, matched: f64::NAN })
}

/// The same as long as `go_on` holds; `None` if it did not. The work grows with the cube of `neurons`.
pub(crate) fn weight_cosine_while(
    a: &[f64],
    b: &[f64],
    neurons: usize,
    go_on: impl FnMut() -> bool,
) -> Option<WeightCosine> {
    let products = neuron_products(a, b, neurons);
    let lengths = length(a).max(SMALLEST_LENGTH) * length(b).max(SMALLEST_LENGTH);
    let partner = best_assignment_while(products.as_slice(), neurons, go_on)?;
    let of = |partner: &dyn Fn(usize) -> usize| (0..neurons).map(|i| products[(partner(i), i)]).sum::<f64>() / lengths;
    Some(WeightCosine { as_they_lie: of(&|i| i), matched: of(&|i| partner[i]) })
}

/// Which neuron of `b` goes with each of `a`, so that the two experts are as alike as [`WeightCosine`] says: for each of
/// a's neurons its partner. The work grows with the cube of `neurons`, the memory with their square.
///
/// - `a`, `b`: as there
pub(crate) fn matched_neurons(a: &[f64], b: &[f64], neurons: usize) -> Vec<usize> {
    best_assignment(neuron_products(a, b, neurons).as_slice(), neurons)
}

/// Products of every neuron of `b` (rows) with every one of `a` (columns): in memory, `[a × b]` by rows.
fn neuron_products(a: &[f64], b: &[f64], neurons: usize) -> DMatrix<f64> {
    // As they lie, each neuron is a column.
    let columns = |values| DMatrixView::from_slice(values, a.len() / neurons, neurons);
    columns(b).transpose() * columns(a)
}

/// An expert's weights with signs drawn at random: as long, of the same sizes weight by weight, and related to no other
/// expert. What matching makes of it is what it makes of nothing.
pub fn unrelated(weights: &[f64], draws: &mut Draws) -> Vec<f64> {
    weights.iter().map(|&weight| if draws.bits() & 1 == 0 { weight } else { -weight }).collect()
}

/// Response-choice link: mean over tokens of the correlation, over experts, of strength ‖E_i(x)‖ and router probability
/// p_i: −1 to 1, chance 0 (arXiv 2406.18219, section 5.2). Tokens on which one side is constant are left out; `None` if
/// all are.
///
/// - `strengths`, `probabilities`: `[T × N]`
pub fn response_choice(strengths: &[f64], probabilities: &[f64], experts: usize) -> Option<f64> {
    let rows = strengths.chunks_exact(experts).zip(probabilities.chunks_exact(experts));
    let links: Vec<f64> = rows.filter_map(|(s, p)| pearson(s, p)).collect();
    (!links.is_empty()).then(|| links.iter().sum::<f64>() / links.len() as f64)
}

/// Gradient share ‖∇W_i‖ ÷ Σ_j ‖∇W_j‖ of each expert: even is 1 ÷ N, 0 starves. `None` if no expert has any gradient.
pub(crate) fn gradient_share(norms: &[f64]) -> Option<Vec<f64>> {
    let total: f64 = norms.iter().sum();
    (total > 0.0).then(|| norms.iter().map(|norm| norm / total).collect())
}

#[cfg(test)]
mod tests;
