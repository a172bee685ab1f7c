//! Tiles of products whose factors lie in the cache already: for attention, whose products are too small for a general one, and
//! triangular, and for weights that many tasks share.

/// Columns of a tile: two vectors of most processors.
pub(super) const LANES: usize = 16;

/// Two vectors of the widest processors (AVX-512), which have twice as many of them.
pub(super) const WIDE_LANES: usize = 32;

/// Rows of a tile: with two vectors each, as many sums as keep the units for multiply-adds busy (in attention six rows were measured: slower).
pub(super) const ROWS: usize = 4;

/// A tile of a product, L columns wide.
pub(super) type Tile<const L: usize> = [[f32; L]; ROWS];

/// x·b + sum, rounded once where the processor does that in one instruction, which `FMA` says.
#[inline(always)]
fn multiply_add<const FMA: bool>(x: f32, b: f32, sum: f32) -> f32 {
    if FMA { x.mul_add(b, sum) } else { x * b + sum }
}

/// Adds to `sums` the product of [`ROWS`] rows of `a`, `row` numbers apart, and `depth` rows of `b`, `step` apart.
#[inline(always)]
pub(super) fn by_rows<const L: usize, const FMA: bool>(
    a: &[f32],
    row: usize,
    b: &[f32],
    step: usize,
    depth: usize,
    mut sums: Tile<L>,
) -> Tile<L> {
    #[cfg(test)]
    count::<L>(depth);
    let rows: [&[f32]; ROWS] = std::array::from_fn(|r| &a[r * row..][..depth]);
    for k in 0..depth {
        let b: &[f32] = &b[k * step..][..L];
        for r in 0..ROWS {
            let x = rows[r][k];
            for j in 0..L {
                sums[r][j] = multiply_add::<FMA>(x, b[j], sums[r][j]);
            }
        }
    }
    sums
}

/// Adds to `sums` the product of the rows `a` and a panel, whose rows lie one after another: as many as each of `a` has numbers.
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn by_panel<const R: usize, const L: usize, const FMA: bool>(
    a: [&[f32]; R],
    panel: &[[f32; L]],
    mut sums: [[f32; L]; R],
) -> [[f32; L]; R] {
    let depth = panel.len();
    let mut rows = a;
    for row in &mut rows {
        *row = &row[..depth];
    }
    for (k, b) in panel.iter().enumerate() {
        for r in 0..R {
            // SAFETY: each row was cut to as many numbers as the panel has rows. Checked once more here, all sums went through memory at
            // every step: a third of the speed.
            let x = unsafe { *rows[r].get_unchecked(k) };
            for j in 0..L {
                sums[r][j] = multiply_add::<FMA>(x, b[j], sums[r][j]);
            }
        }
    }
    sums
}

/// As [`by_rows`] with `a` transposed, its `depth` rows `row` numbers apart: the rows of the tile are the first [`ROWS`] columns of `a`.
///
/// The inner loops stand three times on purpose: shared in a function of their own, these ways were a quarter to a third slower (measured
/// at 128 × 32 × 128 and the like).
#[inline(always)]
pub(super) fn by_columns<const L: usize, const FMA: bool>(
    a: &[f32],
    row: usize,
    b: &[f32],
    step: usize,
    depth: usize,
    mut sums: Tile<L>,
) -> Tile<L> {
    #[cfg(test)]
    count::<L>(depth);
    for k in 0..depth {
        let a: &[f32] = &a[k * row..][..ROWS];
        let b: &[f32] = &b[k * step..][..L];
        for r in 0..ROWS {
            for j in 0..L {
                sums[r][j] = multiply_add::<FMA>(a[r], b[j], sums[r][j]);
            }
        }
    }
    sums
}

/// The tile that stands in `from`, rows `step` apart.
#[inline(always)]
pub(super) fn read<const L: usize>(from: &[f32], step: usize) -> Tile<L> {
    let mut tile = [[0.0; L]; ROWS];
    for (r, row) in tile.iter_mut().enumerate() {
        row.copy_from_slice(&from[r * step..][..L]);
    }
    tile
}

/// Writes a tile into rows `step` apart.
#[inline(always)]
pub(super) fn write<const L: usize>(tile: &Tile<L>, into: &mut [f32], step: usize) {
    for (r, row) in tile.iter().enumerate() {
        into[r * step..][..L].copy_from_slice(row);
    }
}

#[cfg(test)]
thread_local! {
    /// Multiply-adds of the tiles made on this thread, those that fill them up included.
    static MADE: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

#[cfg(test)]
fn count<const L: usize>(depth: usize) {
    MADE.set(MADE.get() + (ROWS * L * depth) as u64);
}

/// Multiply-adds so far of tiles made on this thread.
#[cfg(test)]
pub(super) fn made() -> u64 {
    MADE.get()
}

/// Multiply-adds of all tiles that `work` makes on this thread, but for those of panels.
#[cfg(test)]
pub(crate) fn counted(work: impl FnOnce()) -> u64 {
    let before = made();
    work();
    made() - before
}

#[cfg(test)]
mod tests {
    use super::*;

    fn against_loops<const L: usize>() {
        let number = |i: usize| (i as f32 * 0.37).sin();
        for depth in [0, 1, 5, 32] {
            let (row, step) = (depth + 3, L + 2);
            let a: Vec<f32> = (0..ROWS * row).map(number).collect();
            let transposed: Vec<f32> =
                (0..depth * (ROWS + 1)).map(|i| a[(i % (ROWS + 1)).min(ROWS - 1) * row + i / (ROWS + 1)]).collect();
            let b: Vec<f32> = (0..(depth + 1) * step).map(|i| number(i + 7)).collect();
            let start: Tile<L> = read(&(0..ROWS * L).map(|i| number(i + 3)).collect::<Vec<_>>(), L);
            let panel: Vec<[f32; L]> = (0..depth).map(|k| b[k * step..][..L].try_into().unwrap()).collect();
            let of: [&[f32]; ROWS] = std::array::from_fn(|r| &a[r * row..][..depth]);
            let made = [
                by_panel::<ROWS, L, true>(of, &panel, start),
                by_panel::<ROWS, L, false>(of, &panel, start),
                by_rows::<L, true>(&a, row, &b, step, depth, start),
                by_rows::<L, false>(&a, row, &b, step, depth, start),
                by_columns::<L, true>(&transposed, ROWS + 1, &b, step, depth, start),
                by_columns::<L, false>(&transposed, ROWS + 1, &b, step, depth, start),
            ];
            for (r, j) in (0..ROWS).flat_map(|r| (0..L).map(move |j| (r, j))) {
                let sum: f64 = (0..depth).map(|k| f64::from(a[r * row + k]) * f64::from(b[k * step + j])).sum();
                let expected = f64::from(start[r][j]) + sum;
                assert!(made.iter().all(|tile| (f64::from(tile[r][j]) - expected).abs() < 1e-5), "{depth} {r} {j}");
            }
        }
    }

    #[test]
    fn every_way_to_read_a_factor_against_loops() {
        against_loops::<LANES>();
        against_loops::<WIDE_LANES>();
        let mut into = vec![9.0; ROWS * 20];
        let tile: Tile<LANES> = read(&into.iter().enumerate().map(|(i, _)| i as f32).collect::<Vec<_>>(), 20);
        write(&tile, &mut into, 20);
        assert_eq!((into[0], into[15], into[16], into[20], into[75]), (0.0, 15.0, 9.0, 20.0, 75.0));
    }
}
