//! Ranks of a large matrix of weights, estimated: stochastic Lanczos quadrature, which takes some products of the matrix with random
//! vectors where exact singular values take the cube of its side (Ubaru, Chen and Saad 2017, SIAM J. Matrix Anal. Appl. 38).
//!
//! Σ f(λ) over the eigenvalues of AᵀA is the trace of f(AᵀA), which is the mean of vᵀ f(AᵀA) v over vectors of random signs; and each of
//! these is a sum over the eigenvalues of the small tridiagonal matrix that Lanczos' recurrence makes of v.

use nalgebra::DMatrix;

use crate::domain::draw::{Draws, Purpose};
use crate::domain::product::{Into, MatrixView, product};

/// Steps of the recurrence.
const STEPS: usize = 32;
/// Random vectors times the shorter side: the error of a sum falls with the root of it, to some thousandths.
const SAMPLES: usize = 1 << 16;
/// Numbers of rows of the matrix that are multiplied at a time: they stay in the cache for both products.
const BLOCK: usize = 1 << 19;
/// Squared singular values below this share of the largest are rounding in single precision.
const ROUNDING: f64 = 1e-6;

/// Weight below which an eigenvalue of a recurrence is rounding.
const WEIGHTLESS: f64 = 1e-9;

/// What is estimated of a matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RankEstimate {
    /// exp(H(σ ÷ Σσ)), 1 to the shorter side; within some thousandths of itself for matrices without a steep spectrum.
    pub effective_rank: f64,
    /// The largest singular value, σ₁.
    pub largest: f64,
}

/// Estimates ranks. `None` of zeros, or if a number is not finite.
///
/// - `values`: `[rows × columns]`, row-major
pub(crate) fn estimate(values: &[f32], rows: usize, columns: usize) -> Option<RankEstimate> {
    let side = rows.min(columns);
    let length = rows.checked_mul(columns).filter(|length| *length == values.len() && side > 0)?;
    let largest = values.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
    if !values.iter().all(|value| value.is_finite()) || largest == 0.0 || length == 0 {
        return None;
    }
    let probes = SAMPLES.div_ceil(side).clamp(16, 128);
    let matrix = Scaled { values, rows, columns, scale: 1.0 / largest };
    let recurrences = recurrences(&matrix, probes, Draws::new(11, Purpose::Probe, side as u64, 0));
    let mut nodes: Vec<(f64, f64)> = recurrences.iter().flat_map(Recurrence::nodes).collect();
    // What rounding brings back on its way up weighs nothing.
    nodes.retain(|node| node.1 > WEIGHTLESS);
    nodes.sort_by(|a, b| b.0.total_cmp(&a.0));
    let top = nodes.first().map_or(0.0, |node| node.0);
    let (mut total, mut along) = (0.0, 0.0);
    let mut add = |value: f64, times: f64| {
        let sigma = value.sqrt();
        if value > ROUNDING * top {
            total += times * sigma;
            along += times * sigma * sigma.ln();
        }
    };
    // What stands apart above the rest every vector finds, and it is there once: it need not be estimated how often.
    let (apart, rest) = standing_apart(&nodes, probes);
    let left = side.saturating_sub(apart.len()) as f64;
    apart.iter().for_each(|value| add(*value, 1.0));
    let seen: f64 = rest.iter().map(|node| node.1).sum();
    if seen > 0.0 {
        rest.iter().for_each(|node| add(node.0, node.1 * left / seen));
    }
    // H = −Σ (σ/S) ln(σ/S) = ln S − Σ σ ln σ / S.
    let rank = (total.ln() - along / total).exp();
    let found = RankEstimate { effective_rank: rank.clamp(1.0, side as f64), largest: top.sqrt() * f64::from(largest) };
    (rank.is_finite() && found.largest.is_finite()).then_some(found)
}

/// Largest eigenvalues that stand apart, each found by every vector and well above the next one; and the nodes below them. Rounding
/// makes a vector find such a value again.
///
/// - `nodes`: of all vectors together, the largest first
fn standing_apart(nodes: &[(f64, f64)], probes: usize) -> (Vec<f64>, &[(f64, f64)]) {
    let (mut apart, mut rest) = (Vec::new(), nodes);
    while let Some((top, _)) = rest.first() {
        let same = rest.iter().take_while(|node| node.0 > 0.99 * top).count();
        let next = rest.get(same).map_or(0.0, |node| node.0);
        if same < probes || next > 0.9 * top || *top <= 0.0 || apart.len() == STEPS / 2 {
            break;
        }
        apart.push(*top);
        rest = rest.get(same..).unwrap_or(&[]);
    }
    (apart, rest)
}

/// The tridiagonal matrix of one vector's recurrence.
#[derive(Clone, Debug, Default)]
struct Recurrence {
    diagonal: Vec<f64>,
    beside: Vec<f64>,
    has_ended: bool,
}

impl Recurrence {
    /// Eigenvalues, and the squares of the first entries of their vectors, which add up to 1.
    fn nodes(&self) -> Vec<(f64, f64)> {
        let steps = self.diagonal.len();
        let matrix = DMatrix::from_fn(steps, steps, |row, column| match row.abs_diff(column) {
            0 => self.diagonal[row],
            1 => self.beside[row.min(column)],
            _ => 0.0,
        });
        let found = matrix.symmetric_eigen();
        let weights = found.eigenvectors.row(0).iter().map(|first| first * first).collect::<Vec<_>>();
        found.eigenvalues.iter().copied().zip(weights).collect()
    }
}

/// A matrix A and a factor.
struct Scaled<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    scale: f32,
}

impl Scaled<'_> {
    /// The smaller of AᵀA and A·Aᵀ, of A times the factor, times some vectors beside each other.
    ///
    /// - `now`, `next`: `[side, probes]`
    /// - `middle`: room that is kept between calls
    fn squared(&self, now: &[f32], probes: usize, middle: &mut Vec<f32>, next: &mut [f32]) {
        let (columns, scale) = (self.columns, self.scale);
        let together = (BLOCK / columns.max(1)).clamp(64, 256);
        let blocks = self.values.chunks(together * columns).map(|block| (block, block.len() / columns));
        if self.rows >= columns {
            middle.resize(together * probes, 0.0);
            next.fill(0.0);
            let now = MatrixView::new(now, columns, probes);
            for (block, rows) in blocks {
                let block = MatrixView::new(block, rows, columns);
                product(block, now, scale, Into::Fresh, middle, probes);
                let made = MatrixView::new(middle, rows, probes);
                product(block.transposed(), made, scale, Into::Added, next, probes);
            }
        } else {
            middle.clear();
            middle.resize(columns * probes, 0.0);
            for ((block, rows), now) in blocks.clone().zip(now.chunks(together * probes)) {
                let (block, now) = (MatrixView::new(block, rows, columns), MatrixView::new(now, rows, probes));
                product(block.transposed(), now, scale, Into::Added, middle, probes);
            }
            let made = MatrixView::new(middle, columns, probes);
            for ((block, rows), next) in blocks.zip(next.chunks_mut(together * probes)) {
                product(MatrixView::new(block, rows, columns), made, scale, Into::Fresh, next, probes);
            }
        }
    }
}

/// Lanczos' recurrence of several random vectors at a time.
fn recurrences(matrix: &Scaled<'_>, probes: usize, mut draws: Draws) -> Vec<Recurrence> {
    let side = matrix.rows.min(matrix.columns);
    let unit = (1.0 / (side as f64).sqrt()) as f32;
    // A row has one number of each vector; they are drawn one vector after another.
    let mut now = vec![0.0f32; side * probes];
    for probe in 0..probes {
        now.iter_mut().skip(probe).step_by(probes).for_each(|v| *v = if draws.bits() & 1 == 0 { unit } else { -unit });
    }
    let (mut before, mut next, mut middle) = (vec![0.0f32; side * probes], vec![0.0f32; side * probes], Vec::new());
    let mut found = vec![Recurrence::default(); probes];
    let rows = |values: &[f32], other: &[f32]| -> Vec<f64> {
        let mut sums = vec![0.0; probes];
        for (a, b) in values.chunks_exact(probes).zip(other.chunks_exact(probes)) {
            sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += f64::from(*a) * f64::from(*b));
        }
        sums
    };
    for _ in 0..STEPS.min(side) {
        matrix.squared(&now, probes, &mut middle, &mut next);
        let along = rows(&now, &next);
        let last: Vec<f32> = found.iter().map(|one| one.beside.last().copied().unwrap_or(0.0) as f32).collect();
        let here: Vec<f32> = along.iter().map(|along| *along as f32).collect();
        let both = now.chunks_exact(probes).zip(before.chunks_exact(probes));
        for (next, (now, before)) in next.chunks_exact_mut(probes).zip(both) {
            for (probe, next) in next.iter_mut().enumerate() {
                *next -= here[probe] * now[probe] + last[probe] * before[probe];
            }
        }
        let lengths: Vec<f64> = rows(&next, &next).into_iter().map(f64::sqrt).collect();
        let mut factors = vec![0.0f32; probes];
        for (probe, recurrence) in found.iter_mut().enumerate().filter(|(_, one)| !one.has_ended) {
            recurrence.diagonal.push(along[probe]);
            // What is left is rounding: all that the vector reaches has been seen.
            let reached =
                recurrence.diagonal.iter().chain(&recurrence.beside).fold(0.0f64, |most, value| most.max(value.abs()));
            if lengths[probe] <= ROUNDING * reached {
                recurrence.has_ended = true;
            } else {
                recurrence.beside.push(lengths[probe]);
                factors[probe] = (1.0 / lengths[probe]) as f32;
            }
        }
        // A vector that has ended stays 0.
        for next in next.chunks_exact_mut(probes) {
            next.iter_mut().zip(&factors).for_each(|(next, factor)| *next *= factor);
        }
        std::mem::swap(&mut before, &mut now);
        std::mem::swap(&mut now, &mut next);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::{collapse, gram};
    use super::*;

    /// A matrix whose k-th direction is weighed by `weigh(k)`.
    fn weighed(rows: usize, columns: usize, weigh: impl Fn(usize) -> f64) -> Vec<f32> {
        let mut draws = Draws::new(3, Purpose::Probe, 0, 0);
        (0..rows * columns).map(|at| (draws.normal() * weigh(at % columns)) as f32).collect()
    }

    /// Against exact singular values, of even, falling and steep spectra, upright and lying.
    #[test]
    fn estimates_are_close_to_what_singular_values_say() {
        for (rows, columns) in [(700, 530), (530, 700)] {
            for (name, values) in [
                ("even", weighed(rows, columns, |_| 1.0)),
                ("falling", weighed(rows, columns, |k| 1.0 / (1.0 + k as f64 / 50.0))),
                ("one large", weighed(rows, columns, |k| if k == 0 { 30.0 } else { 1.0 })),
                ("few", weighed(rows, columns, |k| if k < 7 { 1.0 } else { 0.0 })),
            ] {
                let exact = gram::singular_values(&values, rows, columns).unwrap();
                let rank = collapse::effective_rank(&exact);
                let found = estimate(&values, rows, columns).unwrap();
                let off = (found.effective_rank - rank).abs() / rank;
                assert!(off < 0.02, "{name} {rows} × {columns}: {}, not {rank}", found.effective_rank);
                assert!(
                    (found.largest - exact[0]).abs() < 1e-3 * exact[0],
                    "{name}: {}, not {}",
                    found.largest,
                    exact[0]
                );
            }
        }
    }

    #[test]
    fn one_direction_has_rank_one_and_nothing_none() {
        let one: Vec<f32> =
            (0..600 * 520).map(|at| (((at / 520) % 7) as f32 - 2.0) * (((at % 520) % 5) as f32 - 1.5)).collect();
        let found = estimate(&one, 600, 520).unwrap();
        assert!((found.effective_rank - 1.0).abs() < 0.05, "{found:?}");
        assert_eq!(estimate(&[0.0; 6], 2, 3), None);
        assert_eq!(estimate(&[f32::NAN; 6], 2, 3), None);
        assert_eq!(estimate(&[], 0, 3), None);
    }
}
