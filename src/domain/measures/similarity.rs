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
pub fn mean_of_pairs(matrix: &Matrix) -> Option<f64> {
    mean((0..matrix.len()).flat_map(|i| matrix[i][..i].iter().copied()))
}

/// The same, added up row by row above the diagonal. Sums differ in their last bits by the order, and a run that goes on
/// must give the bits it gave.
pub fn mean_of_pairs_above(matrix: &Matrix) -> Option<f64> {
    mean((0..matrix.len()).flat_map(|i| matrix[i][i + 1..].iter().copied()))
}

fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let (count, sum) = values.flatten().fold((0.0, 0.0), |(n, sum), value| (n + 1.0, sum + value));
    (count > 0.0).then(|| sum / count)
}

/// The pair of different slots with the largest value of a symmetric `[N × N]`, the lower slot first; what is not finite is
/// no value. `None` if no pair has one.
pub fn most_alike(matrix: &Matrix) -> Option<(usize, usize, f64)> {
    let experts = matrix.len();
    let pairs = (0..experts).flat_map(|a| (a + 1..experts).map(move |b| (a, b)));
    let values = pairs.filter_map(|(a, b)| Some((a, b, matrix[a].get(b).copied().flatten()?)));
    values.filter(|pair| pair.2.is_finite()).max_by(|a, b| a.2.total_cmp(&b.2))
}

/// How alike two experts' weights are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeightCosine {
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
pub fn weight_cosine_while(a: &[f64], b: &[f64], neurons: usize, go_on: impl FnMut() -> bool) -> Option<WeightCosine> {
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
pub fn matched_neurons(a: &[f64], b: &[f64], neurons: usize) -> Vec<usize> {
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
pub fn gradient_share(norms: &[f64]) -> Option<Vec<f64>> {
    let total: f64 = norms.iter().sum();
    (total > 0.0).then(|| norms.iter().map(|norm| norm / total).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::router::cosine;
    use super::super::rows::Table;
    use super::*;

    #[test]
    fn the_most_alike_pair_is_no_diagonal() {
        let matrix = [[1.0, 0.5, -0.5], [0.5, 1.0, 0.75], [-0.5, 0.75, 1.0]].map(|row| row.map(Some).to_vec()).to_vec();
        assert_eq!(most_alike(&matrix), Some((1, 2, 0.75)));
        assert_eq!((most_alike(&vec![]), most_alike(&vec![vec![Some(1.0)]])), (None, None));
        assert_eq!(most_alike(&vec![vec![Some(1.0), None], vec![None, Some(1.0)]]), None);
    }
    use crate::domain::draw::Purpose;

    fn cosines(outputs: &[f64], experts: usize, width: usize) -> Vec<f64> {
        output_cosine(&Table::new(outputs, experts * width), experts).unwrap()
    }

    #[test]
    fn output_cosine_by_hand() {
        // Token 1: (3 4), (4 3), (0 0); token 2: (1 0), (−1 0), (0 2).
        let outputs = [3.0, 4.0, 4.0, 3.0, 0.0, 0.0, 1.0, 0.0, -1.0, 0.0, 0.0, 2.0];
        let found = cosines(&outputs, 3, 2);
        let expected = [1.0, -0.02, 0.0, -0.02, 1.0, 0.0, 0.0, 0.0, 0.5];
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15), "{found:?}");
        let known: Vec<_> = found.into_iter().map(Some).collect();
        let known: Matrix = known.chunks_exact(3).map(<[Option<f64>]>::to_vec).collect();
        assert!((mean_of_pairs(&known).unwrap() + 0.02 / 3.0).abs() < 1e-15);
        assert!((mean_of_pairs_above(&known).unwrap() + 0.02 / 3.0).abs() < 1e-15);
        assert_eq!((mean_of_pairs(&vec![vec![Some(1.0)]]), mean_of_pairs(&vec![vec![None; 2]; 2])), (None, None));
        let one = vec![vec![None; 3], vec![Some(0.5), None, None], vec![None; 3]];
        assert_eq!((mean_of_pairs(&one), mean_of_pairs_above(&one)), (Some(0.5), None));
    }

    #[test]
    fn tiles_and_plain_pairs_agree() {
        let (experts, width, tokens) = (37, 9, 5);
        let outputs: Vec<f64> = (0..experts * width * tokens).map(|i| ((i * i % 1009) as f64 * 0.7).sin()).collect();
        let found = cosines(&outputs, experts, width);
        for i in 0..experts {
            for j in 0..experts {
                let answer = |t: usize, e: usize| &outputs[(t * experts + e) * width..][..width];
                let mean = (0..tokens).map(|t| cosine(answer(t, i), answer(t, j))).sum::<f64>() / tokens as f64;
                assert!((found[i * experts + j] - mean).abs() < 1e-14);
            }
        }
    }

    #[test]
    fn the_same_expert_in_another_order_is_found_out() {
        let a = [1.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 3.0];
        let b = [0.0, 0.0, 3.0, 1.0, 0.0, 0.0, 0.0, 2.0, 0.0];
        assert_eq!(weight_cosine(&a, &b, 3), WeightCosine { as_they_lie: 0.0, matched: 1.0 });
        let opposite = b.map(|x| -x);
        assert_eq!(weight_cosine(&a, &opposite, 3).matched, 0.0);
        assert_eq!(weight_cosine(&[0.0; 4], &[1.0; 4], 2), WeightCosine { as_they_lie: 0.0, matched: 0.0 });
    }

    /// The largest cosine of `a` and `b` over all orders of `b`'s neurons, by trying them all (Heap 1963).
    fn by_trying(a: &[f64], b: &mut [Vec<f64>], open: usize) -> f64 {
        if open <= 1 {
            return cosine(a, &b.concat());
        }
        let mut best = f64::NEG_INFINITY;
        for i in 0..open {
            best = best.max(by_trying(a, b, open - 1));
            b.swap(if open.is_multiple_of(2) { i } else { 0 }, open - 1);
        }
        best
    }

    #[test]
    fn matching_finds_the_best_of_all_orders() {
        for (lane, neurons, width) in [(0, 1, 3), (1, 2, 1), (2, 3, 4), (3, 5, 6), (4, 6, 3)] {
            let normals = |lane| Draws::new(4, Purpose::Weights, 0, lane).normals(neurons * width, 1.0);
            let [a, b] = [lane, lane + 10].map(|l| normals(l).into_iter().map(f64::from).collect::<Vec<f64>>());
            let found = weight_cosine(&a, &b, neurons);
            let mut others: Vec<Vec<f64>> = b.chunks(width).map(<[f64]>::to_vec).collect();
            assert!((found.as_they_lie - cosine(&a, &b)).abs() < 1e-12);
            assert!(
                (found.matched - by_trying(&a, &mut others, neurons)).abs() < 1e-12,
                "{neurons} neurons: {found:?}"
            );
        }
    }

    #[test]
    fn an_unrelated_expert_is_as_long_and_unlike() {
        let (neurons, width) = (24, 200);
        let mut draws = Draws::new(4, Purpose::Weights, 1, 0);
        let a: Vec<f64> = draws.normals(neurons * width, 1.0).into_iter().map(f64::from).collect();
        let other = unrelated(&a, &mut draws);
        assert!(a.iter().zip(&other).all(|(a, b)| a.abs() == b.abs()));
        let found = weight_cosine(&a, &other, neurons);
        // √(2 ln 24 ÷ 200) = 0.18 is what the best of so many neurons comes to by luck.
        assert!(found.as_they_lie.abs() < 0.06 && found.matched > 0.08 && found.matched < 0.18, "{found:?}");
        assert_eq!(weight_cosine_while(&a, &other, neurons, || false), None);
    }

    #[test]
    fn links_and_shares() {
        let (strengths, p) = ([1.0, 2.0, 3.0, 5.0, 5.0, 5.0], [0.1, 0.2, 0.3, 0.9, 0.0, 0.1]);
        assert!((response_choice(&strengths, &p, 3).unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(response_choice(&strengths[3..], &p[3..], 3), None);
        assert_eq!((gradient_share(&[1.0, 3.0, 0.0]), gradient_share(&[0.0; 2])), (Some(vec![0.25, 0.75, 0.0]), None));
    }

    proptest! {
        #[test]
        fn any_order_of_neurons_matches_the_same(a in prop::collection::vec(-2.0f64..2.0, 12), b in prop::collection::vec(-2.0f64..2.0, 12)) {
            let before = weight_cosine(&a, &b, 4);
            prop_assert!(before.matched >= before.as_they_lie - 1e-12 && before.matched <= 1.0 + 1e-12);
            let turned: Vec<f64> = b.chunks(3).rev().flatten().copied().collect();
            prop_assert!((weight_cosine(&a, &turned, 4).matched - before.matched).abs() < 1e-12);
            prop_assert!((weight_cosine(&b, &a, 4).matched - before.matched).abs() < 1e-12);
        }
    }
}
