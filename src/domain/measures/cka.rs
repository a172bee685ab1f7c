//! Linear CKA: whether two experts arrange the same tokens alike, whatever rotation lies between their answers.
//!
//! X, Y are two experts' answers `[T, D]` less their means over the tokens:
//!
//!   CKA = ‖YᵀX‖²_F ÷ (‖XᵀX‖_F ‖YᵀY‖_F) = tr(KL) ÷ √(tr(KK) tr(LL)),   K = XXᵀ, L = YYᵀ
//!
//! The first form costs T·(N·D)², the second T²·N·D; whichever is cheaper is computed, and they are equal. Where both
//! cost too much, the second is computed on tokens spread evenly over the table, and `Cka::tokens` says how many.

use nalgebra::{DMatrix, DMatrixView, DMatrixViewMut};
use rayon::prelude::*;

use super::rows::{NotFinite, Rows, block_rows, mean, transpose};

/// Multiplications that a comparison of all experts over all tokens may cost: some ten seconds of two processors.
const BUDGET: f64 = 2e11;
/// What it may cost on some of the tokens, where all are too dear.
const SAMPLE: f64 = 5e10;
/// Most numbers kept of products between features: 256 MiB.
const PRODUCTS: usize = 1 << 25;
/// Most tokens along a side of a tile of the token-by-token products.
const TILE: usize = 256;
/// Numbers of a tile's answers, as long as that leaves it a side of 16: 64 MiB.
const BLOCK: usize = 1 << 23;
/// Numbers of a row of tiles that are multiplied together.
const PIECE: usize = 1 << 12;

/// Linear CKA of every pair of experts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cka {
    /// `[N × N]`, 0 (nothing alike) to 1 (the same up to rotation and size), symmetric, 1 on the diagonal. Unrelated answers
    /// have about D ÷ T, not 0. `None` for an expert whose answers are all the same.
    pub matrix: Vec<Option<f64>>,
    /// How many tokens it was computed on.
    pub tokens: usize,
}

/// What the CKA of unrelated answers of width D comes to on T tokens: about D ÷ T, 1 at most.
pub fn unrelated(width: usize, tokens: usize) -> f64 {
    (width as f64 / tokens.max(1) as f64).min(1.0)
}

/// Linear CKA (Kornblith and others 2019; for experts SimSMoE, arXiv 2406.15883).
///
/// - `outputs`: `[T, N × D]`, every expert's answer to every token
///
/// # Errors
/// A number that is not finite.
pub(crate) fn linear_cka(outputs: &dyn Rows, experts: usize) -> Result<Cka, NotFinite> {
    linear_cka_within(outputs, experts, BUDGET, SAMPLE)
}

fn linear_cka_within(outputs: &dyn Rows, experts: usize, budget: f64, sample: f64) -> Result<Cka, NotFinite> {
    let (tokens, all) = (outputs.count() as f64, outputs.width() as f64);
    let by_features = tokens * all * all / 2.0;
    // What one pair of tokens costs: its products for every expert, and those products for every pair of experts.
    let by_pair = all / 2.0 + (experts * experts) as f64 / 4.0;
    let by_tokens = tokens * tokens * by_pair;
    if by_features <= by_tokens.min(budget) && outputs.width().pow(2) / 2 <= PRODUCTS {
        let products = products_of_features(outputs, experts)?;
        return Ok(Cka { matrix: normalised(&products, experts), tokens: outputs.count() });
    }
    let affordable = if by_tokens <= budget { outputs.count() } else { (sample / by_pair).sqrt() as usize };
    let sample = Evenly { rows: outputs, count: outputs.count().min(affordable.max(2)) };
    let products = products_of_tokens(&sample, experts)?;
    Ok(Cka { matrix: normalised(&products, experts), tokens: sample.count })
}

/// `count` rows spread evenly over a table.
struct Evenly<'a> {
    rows: &'a dyn Rows,
    count: usize,
}

impl Rows for Evenly<'_> {
    fn count(&self) -> usize {
        self.count
    }

    fn width(&self) -> usize {
        self.rows.width()
    }

    fn read(&self, first: usize, out: &mut [f64]) -> Result<(), NotFinite> {
        if self.count == self.rows.count() {
            return self.rows.read(first, out);
        }
        let place = |row: usize| (row as u128 * self.rows.count() as u128 / self.count as u128) as usize;
        out.chunks_exact_mut(self.width()).enumerate().try_for_each(|(i, row)| self.rows.read(place(first + i), row))
    }
}

/// ‖X_iᵀX_j‖²_F of every pair, `[N × N]`, symmetric.
fn products_of_features(outputs: &dyn Rows, experts: usize) -> Result<DMatrix<f64>, NotFinite> {
    let (count, all) = (outputs.count(), outputs.width());
    let width = all / experts;
    let mean = mean(outputs)?;
    // Of expert i with the experts from i on.
    let mut sums: Vec<DMatrix<f64>> = (0..experts).map(|i| DMatrix::zeros(width, all - i * width)).collect();
    let at_once = block_rows(all).max(64);
    let (mut block, mut turned) = (Vec::new(), Vec::new());
    for start in (0..count).step_by(at_once) {
        let taken = at_once.min(count - start);
        read_centred(outputs, &mean, start, taken, &mut block)?;
        transpose(&mut turned, &block, all);
        // As it lies, a token is a column, and turned a row.
        let (columns, rows) =
            (DMatrixView::from_slice(&block, all, taken), DMatrixView::from_slice(&turned, taken, all));
        sums.par_iter_mut().enumerate().for_each(|(i, sum)| {
            let (own, others) = (columns.rows(i * width, width), rows.columns(i * width, all - i * width));
            sum.gemm(1.0, &own, &others, 1.0);
        });
    }
    Ok(symmetric(experts, |i, j| sums[i].columns((j - i) * width, width).norm_squared()))
}

/// tr(K_i K_j) of every pair, `[N × N]`, symmetric; K_i is never kept whole.
fn products_of_tokens(outputs: &dyn Rows, experts: usize) -> Result<DMatrix<f64>, NotFinite> {
    let (count, all) = (outputs.count(), outputs.width());
    let width = all / experts;
    let mean = mean(outputs)?;
    let side = (BLOCK / all).clamp(16, TILE);
    let (mut own, mut turned, mut others, mut tiles) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut whole = DMatrix::zeros(experts, experts);
    for start in (0..count).step_by(side) {
        let rows = side.min(count - start);
        read_centred(outputs, &mean, start, rows, &mut own)?;
        transpose(&mut turned, &own, all);
        let turned = DMatrixView::from_slice(&turned, rows, all);
        for other in (start..count).step_by(side) {
            let columns = side.min(count - other);
            read_centred(outputs, &mean, other, columns, &mut others)?;
            let others = DMatrixView::from_slice(&others, all, columns);
            // Each expert's tile of K_i, flat, one after another.
            tiles.resize(rows * columns * experts, 0.0);
            tiles.par_chunks_exact_mut(rows * columns).enumerate().for_each(|(i, tile)| {
                let (own, others) = (turned.columns(i * width, width), others.rows(i * width, width));
                DMatrixViewMut::from_slice(tile, rows, columns).gemm(1.0, &own, &others, 0.0);
            });
            // A tile off the diagonal stands for its mirror image as well.
            whole += products(&tiles, experts) * if other == start { 1.0 } else { 2.0 };
        }
    }
    Ok(whole)
}

/// Products of rows with each other: `[N × N]` of `values`, `[N × anything]` row-major.
fn products(values: &[f64], count: usize) -> DMatrix<f64> {
    let width = values.len() / count;
    let parts: Vec<DMatrix<f64>> = (0..width)
        .into_par_iter()
        .step_by(PIECE)
        .map(|from| {
            let columns =
                DMatrixView::from_slice(values, width, count).rows(from, PIECE.min(width - from)).into_owned();
            columns.transpose() * columns
        })
        .collect();
    parts.into_iter().fold(DMatrix::zeros(count, count), |whole, part| whole + part)
}

/// `out` = `taken` rows from `start` on, less `mean`.
fn read_centred(
    outputs: &dyn Rows,
    mean: &[f64],
    start: usize,
    taken: usize,
    out: &mut Vec<f64>,
) -> Result<(), NotFinite> {
    const TOGETHER: usize = 8;
    out.resize(taken * mean.len(), 0.0);
    out.par_chunks_mut(TOGETHER * mean.len()).enumerate().try_for_each(|(piece, rows)| {
        outputs.read(start + piece * TOGETHER, rows)?;
        for row in rows.chunks_exact_mut(mean.len()) {
            row.iter_mut().zip(mean).for_each(|(value, mean)| *value -= mean);
        }
        Ok(())
    })
}

fn symmetric(side: usize, value: impl Fn(usize, usize) -> f64) -> DMatrix<f64> {
    DMatrix::from_fn(side, side, |i, j| value(i.min(j), i.max(j)))
}

/// Products divided by the roots of those with themselves.
fn normalised(products: &DMatrix<f64>, experts: usize) -> Vec<Option<f64>> {
    let cka = |i: usize, j: usize| {
        let own = (products[(i, i)], products[(j, j)]);
        // What is the same up to rounding is the same: nothing is left of it but the rounding of its mean.
        (own.0 > 0.0 && own.1 > 0.0).then(|| products[(i.min(j), i.max(j))] / own.0.sqrt() / own.1.sqrt())
    };
    (0..experts * experts).map(|cell| cka(cell / experts, cell % experts)).collect()
}

#[cfg(test)]
mod tests;
