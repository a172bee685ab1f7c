//! Tables of numbers that may be too large to hold: rows read in blocks, from memory or from a file.

use rayon::prelude::*;

/// Numbers of a block that is read at once: 2 MiB of them.
const BLOCK: usize = 1 << 18;
/// Parts a table is cut into for several processors. Fixed, so that their number changes no result.
const PARTS: usize = 16;

/// A number in a table that measures cannot use: NaN or infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NotFinite {
    /// Row, from 0.
    pub row: usize,
    /// Column, from 0.
    pub column: usize,
    /// What stands there.
    pub value: f64,
}

/// `count` rows of `width` numbers.
pub trait Rows: Sync {
    /// Rows.
    fn count(&self) -> usize;

    /// Numbers in a row.
    fn width(&self) -> usize;

    /// Reads whole rows from row `first` on, as many as `out` has room for.
    ///
    /// # Errors
    /// The first number that is not finite.
    fn read(&self, first: usize, out: &mut [f64]) -> Result<(), NotFinite>;
}

/// A table in memory, row-major.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a, X> {
    values: &'a [X],
    width: usize,
}

impl<'a, X> Table<'a, X> {
    /// The rows of `values`, each `width` long.
    ///
    /// # Panics
    /// If `width` is 0 or does not divide the number of values.
    pub fn new(values: &'a [X], width: usize) -> Self {
        assert!(width > 0 && values.len().is_multiple_of(width), "{} numbers in rows of {width}", values.len());
        Self { values, width }
    }
}

impl<X: Copy + Into<f64> + Sync> Rows for Table<'_, X> {
    fn count(&self) -> usize {
        self.values.len() / self.width
    }

    fn width(&self) -> usize {
        self.width
    }

    fn read(&self, first: usize, out: &mut [f64]) -> Result<(), NotFinite> {
        let from = &self.values[first * self.width..][..out.len()];
        out.iter_mut().zip(from).for_each(|(out, &value)| *out = value.into());
        all_finite(out, first, self.width)
    }
}

/// Says whether a block is finite throughout; it begins with row `first` and its rows are `width` long.
///
/// # Errors
/// The first number that is not.
pub(crate) fn all_finite(block: &[f64], first: usize, width: usize) -> Result<(), NotFinite> {
    match block.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => Err(NotFinite { row: first + at / width, column: at % width, value: block[at] }),
    }
}

/// Says whether a block holds nothing but finite numbers and −∞, with which a router masks an expert; it begins with row
/// `first` and its rows are `width` long.
///
/// # Errors
/// The first number that is neither.
pub(crate) fn all_finite_or_masked(block: &[f64], first: usize, width: usize) -> Result<(), NotFinite> {
    match block.iter().position(|&value| !value.is_finite() && value != f64::NEG_INFINITY) {
        None => Ok(()),
        Some(at) => Err(NotFinite { row: first + at / width, column: at % width, value: block[at] }),
    }
}

/// Some rows of a table, in its order.
pub(super) struct Chosen<'a> {
    rows: &'a dyn Rows,
    /// Which, ascending.
    places: &'a [usize],
}

impl<'a> Chosen<'a> {
    /// The rows at `places`, which ascend.
    pub(super) fn new(rows: &'a dyn Rows, places: &'a [usize]) -> Self {
        Self { rows, places }
    }
}

impl Rows for Chosen<'_> {
    fn count(&self) -> usize {
        self.places.len()
    }

    fn width(&self) -> usize {
        self.rows.width()
    }

    fn read(&self, first: usize, out: &mut [f64]) -> Result<(), NotFinite> {
        let width = self.width();
        let mut rest = out;
        let places = &self.places[first..][..rest.len() / width];
        // Rows that lie beside each other are read at once.
        for run in places.chunk_by(|a, b| a + 1 == *b) {
            let (now, later) = rest.split_at_mut(run.len() * width);
            self.rows.read(run[0], now)?;
            rest = later;
        }
        Ok(())
    }
}

/// Root of the mean square, and the largest distance from 0, of all numbers of a table with at least one.
pub(super) fn size(rows: &dyn Rows) -> Result<(f64, f64), NotFinite> {
    let parts = in_parts(
        rows,
        PARTS,
        || (0.0, 0.0),
        |(squares, largest): &mut (f64, f64), _, block| {
            *squares += dot(block, block);
            *largest = block.iter().fold(*largest, |largest, value| value.abs().max(largest));
        },
    )?;
    let squares: f64 = parts.iter().map(|part| part.0).sum();
    let numbers = rows.count() as f64 * rows.width() as f64;
    Ok(((squares / numbers).sqrt(), parts.iter().fold(0.0, |largest, part| part.1.max(largest))))
}

/// Rows of `width` numbers that are read at once.
pub(super) fn block_rows(width: usize) -> usize {
    (BLOCK / width).clamp(1, 1 << 12)
}

/// Gives the rows from `from` to `to` in order, `at_once` a block: the number of the first row, and the rows.
pub(super) fn each_block(
    rows: &dyn Rows,
    (from, to): (usize, usize),
    at_once: usize,
    mut each: impl FnMut(usize, &[f64]),
) -> Result<(), NotFinite> {
    let width = rows.width();
    let mut block = vec![0.0; at_once.min(to - from) * width];
    let mut first = from;
    while first < to {
        let taken = at_once.min(to - first);
        let block = &mut block[..taken * width];
        rows.read(first, block)?;
        each(first, block);
        first += taken;
    }
    Ok(())
}

/// Cuts the table into at most `most` parts, goes through each of them on its own, and gives what became of them in order.
pub(super) fn in_parts<A: Send>(
    rows: &dyn Rows,
    most: usize,
    start: impl Fn() -> A + Sync,
    each: impl Fn(&mut A, usize, &[f64]) + Sync,
) -> Result<Vec<A>, NotFinite> {
    let at_once = block_rows(rows.width());
    let parts = rows.count().div_ceil(at_once).clamp(1, most.clamp(1, PARTS));
    let bound = |part: usize| rows.count() * part / parts;
    let results: Vec<Result<A, NotFinite>> = (0..parts)
        .into_par_iter()
        .map(|part| {
            let mut state = start();
            each_block(rows, (bound(part), bound(part + 1)), at_once, |first, block| each(&mut state, first, block))?;
            Ok(state)
        })
        .collect();
    // In order, so that the first fault of the table is the one that is told.
    results.into_iter().collect()
}

/// Column sums of rows, part by part.
pub(super) fn add_into(sum: &mut [f64], row: &[f64]) {
    sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
}

/// Scalar product.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    // Eight sums side by side, which a processor adds at once.
    let (head_a, tail_a) = a.as_chunks::<8>();
    let (head_b, tail_b) = b.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (a, b) in head_a.iter().zip(head_b) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f64>() + tail_a.iter().zip(tail_b).map(|(a, b)| a * b).sum::<f64>()
}

/// Euclidean length.
pub(super) fn length(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// `out` becomes `values`, `[rows × columns]` row-major, with rows and columns exchanged.
pub(super) fn transpose(out: &mut Vec<f64>, values: &[f64], columns: usize) {
    let rows = values.len() / columns;
    out.resize(values.len(), 0.0);
    // Eight rows at once, so that what is written lies beside each other as what is read does.
    for from in (0..rows).step_by(8) {
        let to = rows.min(from + 8);
        for column in 0..columns {
            let written = &mut out[column * rows + from..column * rows + to];
            written.iter_mut().zip(from..to).for_each(|(out, row)| *out = values[row * columns + column]);
        }
    }
}

/// The mean of the rows, `[width]`. Deviations are summed from the first row, so that equal rows have exactly it.
pub(super) fn mean(rows: &dyn Rows) -> Result<Vec<f64>, NotFinite> {
    let width = rows.width();
    let mut origin = vec![0.0; width];
    rows.read(0, &mut origin)?;
    let parts = in_parts(
        rows,
        PARTS,
        || vec![0.0; width],
        |sum: &mut Vec<f64>, _, block| {
            for row in block.chunks_exact(width) {
                for ((sum, value), origin) in sum.iter_mut().zip(row).zip(&origin) {
                    *sum += value - origin;
                }
            }
        },
    )?;
    let mut total = vec![0.0; width];
    parts.iter().for_each(|part| add_into(&mut total, part));
    let count = rows.count() as f64;
    Ok(total.iter().zip(&origin).map(|(sum, origin)| origin + sum / count).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_never_goes_past_the_end_and_a_fault_is_placed() {
        let values: Vec<f32> = (0..14).map(|v| v as f32).collect();
        let table = Table::new(&values, 2);
        let mut seen = Vec::new();
        each_block(&table, (1, 7), 4, |first, block| seen.push((first, block.to_vec()))).unwrap();
        assert_eq!(seen[0], (1, (2..10).map(f64::from).collect()));
        assert_eq!(seen[1], (5, (10..14).map(f64::from).collect()));
        let broken = [0.0, 1.0, 2.0, f64::NEG_INFINITY, f64::NAN, 5.0];
        let fault = mean(&Table::new(&broken, 3)).unwrap_err();
        assert_eq!((fault.row, fault.column, fault.value), (1, 0, f64::NEG_INFINITY));
    }

    #[test]
    fn chosen_rows_are_read_in_order_and_faults_keep_their_place() {
        let mut values: Vec<f64> = (0..16).map(f64::from).collect();
        let places = [0, 1, 4, 6, 7];
        let read = |values: &[f64], first: usize, count: usize| {
            let (table, mut out) = (Table::new(values, 2), vec![-1.0; count * 2]);
            Chosen::new(&table, &places).read(first, &mut out).map(|()| out)
        };
        assert_eq!(read(&values, 0, 5).unwrap(), [0., 1., 2., 3., 8., 9., 12., 13., 14., 15.]);
        assert_eq!(read(&values, 2, 2).unwrap(), [8., 9., 12., 13.]);
        // What is not chosen may be anything.
        values[4] = f64::NAN;
        assert!(read(&values, 0, 5).is_ok());
        values[13] = f64::NAN;
        assert_eq!(read(&values, 0, 5).map_err(|fault| (fault.row, fault.column)), Err((6, 1)));
    }

    #[test]
    fn masks_are_no_fault_of_logits() {
        assert_eq!(all_finite_or_masked(&[0.0, f64::NEG_INFINITY], 3, 2), Ok(()));
        for bad in [f64::INFINITY, f64::NAN] {
            let fault = all_finite_or_masked(&[0.0, f64::NEG_INFINITY, 1.0, bad], 3, 2).unwrap_err();
            assert_eq!((fault.row, fault.column), (4, 1));
        }
    }

    #[test]
    fn size_by_hand() {
        let values = [3.0, -4.0, 0.0, 0.0];
        assert_eq!(size(&Table::new(&values, 2)).unwrap(), (2.5, 4.0));
        assert_eq!(size(&Table::new(&[0.0f32; 9], 3)).unwrap(), (0.0, 0.0));
    }

    #[test]
    fn the_mean_of_equal_rows_is_exactly_the_row() {
        let rows: Vec<f32> = [0.1f32, -3.3, 7e-9].repeat(10_007);
        assert_eq!(mean(&Table::new(&rows, 3)).unwrap(), [0.1f32, -3.3, 7e-9].map(f64::from));
    }

    #[test]
    fn rows_become_columns() {
        let mut out = vec![7.0; 99];
        transpose(&mut out, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3);
        assert_eq!(out, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        let values: Vec<f64> = (0..11 * 13).map(f64::from).collect();
        transpose(&mut out, &values, 13);
        assert!((0..11 * 13).all(|i| out[i] == values[i % 11 * 13 + i / 11]));
    }

    #[test]
    fn products_of_any_length() {
        for n in [0usize, 1, 7, 8, 9, 37] {
            let a: Vec<f64> = (0..n).map(|v| v as f64).collect();
            let squares = (n * n.saturating_sub(1) * (2 * n).saturating_sub(1) / 6) as f64;
            assert_eq!((dot(&a, &a), length(&a)), (squares, squares.sqrt()));
        }
    }
}
