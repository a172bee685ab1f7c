//! Linear layers whose weights are read while they are used: panels of rows, each by one processor, so that memory stays bounded.

use std::ops::Range;

use rayon::prelude::*;

use super::fault::ForwardError;
use crate::domain::product::{Into, MatrixView, product};
use crate::inspect::model::{MatrixRows, Model};
use crate::inspect::weight::Weight;

/// Numbers of a panel: 4 MiB of them.
const PANEL: usize = 1 << 20;
/// Most rows of a panel; narrow matrices are cut as well, so that all processors have some.
const ROWS: usize = 512;

/// x Wᵀ + b with the tensors `name.weight` and, if it is there, `name.bias`.
///
/// - `x`: `[T, columns]`
/// - returns `[T, rows]`
pub(super) fn linear(model: &Model, name: &str, x: &[f32], columns: usize) -> Result<Vec<f32>, ForwardError> {
    let weight = matrix(model, &format!("{name}.weight"), columns)?;
    let rows = rows_of(&weight);
    let bias = optional(model, &format!("{name}.bias"), rows)?;
    let weight = MatrixRows::whole(weight, rows, columns);
    let tokens = x.len().checked_div(columns).unwrap_or(0);
    let turned = times_turned(&weight, 0..rows, bias.as_deref(), &transposed(x, tokens, columns), tokens)?;
    Ok(transposed(&turned, rows, tokens))
}

/// W xᵀ + b of some rows of a matrix, with all that belongs to a number of a token's vector together: a product reads weights as they
/// lie only if the tokens lie across them, which makes it up to twice as fast.
///
/// - `turned`: `[columns, T]`
/// - returns `[rows, T]`
pub(super) fn times_turned(
    weights: &MatrixRows<'_>,
    rows: Range<usize>,
    bias: Option<&[f32]>,
    turned: &[f32],
    tokens: usize,
) -> Result<Vec<f32>, ForwardError> {
    let columns = weights.columns();
    let mut made = vec![0.0; rows.len() * tokens];
    if made.is_empty() {
        return Ok(made);
    }
    let x = MatrixView::new(turned, columns, tokens);
    let panel = panel(columns);
    let parts: Vec<(usize, &mut [f32])> = made.chunks_mut(panel * tokens).enumerate().collect();
    parts.into_par_iter().try_for_each(|(part, out)| {
        let (first, count) = (rows.start + part * panel, out.len() / tokens);
        let mut read = Vec::new();
        let values = match weights.in_memory(first..first + count) {
            Some(values) => values,
            None => {
                read.resize(count * columns, 0.0);
                weights.read(first..first + count, &mut read)?;
                &read[..]
            }
        };
        product(MatrixView::new(values, count, columns), x, 1.0, Into::Fresh, out, tokens);
        let bias = bias.and_then(|bias| bias.get(first..)).unwrap_or(&[]);
        out.chunks_exact_mut(tokens).zip(bias).for_each(|(row, b)| row.iter_mut().for_each(|y| *y += b));
        Ok::<(), ForwardError>(())
    })?;
    Ok(made)
}

/// Rows of a panel whose rows have so many numbers.
pub(super) fn panel(columns: usize) -> usize {
    (PANEL / columns.max(1)).clamp(1, ROWS)
}

/// `values` `[rows, columns]` with rows and columns exchanged.
pub(super) fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    /// Numbers of a side of what is turned at once.
    const TILE: usize = 32;
    let mut out = vec![0.0; values.len()];
    for from in (0..rows).step_by(TILE) {
        let to = rows.min(from + TILE);
        for column in 0..columns {
            let target = &mut out[column * rows + from..column * rows + to];
            target.iter_mut().zip(from..to).for_each(|(out, row)| *out = values[row * columns + column]);
        }
    }
    out
}

/// A matrix whose rows have `columns` numbers.
pub(super) fn matrix<'a>(model: &'a Model, name: &str, columns: usize) -> Result<Weight<'a>, ForwardError> {
    let weight = model.weight(name)?.ok_or_else(|| ForwardError::Missing { name: name.to_owned() })?;
    match *weight.shape() {
        [rows, found] if found == columns && rows > 0 => Ok(weight),
        _ => {
            let found = weight.shape().to_vec();
            Err(ForwardError::Shape { name: name.to_owned(), found, expected: format!("[rows, {columns}]") })
        }
    }
}

/// Rows of a matrix.
pub(super) fn rows_of(weight: &Weight<'_>) -> usize {
    weight.shape().first().copied().unwrap_or(0)
}

/// A vector of so many numbers.
pub(super) fn vector(model: &Model, name: &str, len: usize) -> Result<Vec<f32>, ForwardError> {
    optional(model, name, len)?.ok_or_else(|| ForwardError::Missing { name: name.to_owned() })
}

/// A vector of so many numbers, if it is there.
pub(super) fn optional(model: &Model, name: &str, len: usize) -> Result<Option<Vec<f32>>, ForwardError> {
    let Some(weight) = model.weight(name)? else { return Ok(None) };
    if weight.len() != len {
        let found = weight.shape().to_vec();
        return Err(ForwardError::Shape { name: name.to_owned(), found, expected: format!("{len} numbers") });
    }
    Ok(Some(weight.vector()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_columns() {
        let values: Vec<f32> = (0..37 * 41).map(|v| v as f32).collect();
        let out = transposed(&values, 37, 41);
        assert!((0..37 * 41).all(|i| out[i] == values[i % 37 * 41 + i / 37]));
        assert_eq!((panel(1), panel(4096), panel(1 << 22)), (512, 256, 1));
    }
}
