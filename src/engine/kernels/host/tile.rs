//! Tiles of products whose factors lie in the cache already: for attention, whose products are too small for a general one, and
//! triangular, and for weights that many tasks share.

/// Columns of a tile: two vectors of most processors.
pub(super) const LANES: usize = 16;

/// Two vectors of the widest processors (AVX-512), which have twice as many of them.
pub(super) const WIDE_LANES: usize = 32;

/// Rows of a tile in attention: with two vectors each, as many sums as keep the units for multiply-adds busy (six rows were measured:
/// slower).
pub(super) const ROWS: usize = 4;

/// Rows of a tile of [`WIDE_LANES`], wherever: the same number read from memory serves twelve of them.
pub(super) const WIDE_ROWS: usize = 12;

/// A tile of a product, R rows of L columns.
pub(super) type Tile<const R: usize, const L: usize> = [[f32; L]; R];

/// x·b + sum, rounded once where the processor does that in one instruction, which `FMA` says.
#[inline(always)]
fn multiply_add<const FMA: bool>(x: f32, b: f32, sum: f32) -> f32 {
    if FMA { x.mul_add(b, sum) } else { x * b + sum }
}

/// Adds to `sums` the product of R rows of `a`, `row` numbers apart, and `depth` rows of `b`, `step` apart.
///
/// Here and below what is read was checked before the loop: checked in it, the loop was half as fast.
///
/// # Panics
/// If the factors are shorter.
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn by_rows<const R: usize, const L: usize, const FMA: bool>(
    a: &[f32],
    row: usize,
    b: &[f32],
    step: usize,
    depth: usize,
    mut sums: Tile<R, L>,
) -> Tile<R, L> {
    #[cfg(test)]
    count(R * L * depth);
    assert!(depth == 0 || a.len() >= (R - 1) * row + depth && b.len() >= (depth - 1) * step + L);
    for k in 0..depth {
        // SAFETY: `k` is below `depth` and `r` below R, so both stay within what was asserted.
        let b: [f32; L] = unsafe { b.as_ptr().add(k * step).cast::<[f32; L]>().read() };
        for (r, sums) in sums.iter_mut().enumerate() {
            // SAFETY: as above.
            let x = unsafe { *a.get_unchecked(r * row + k) };
            for j in 0..L {
                sums[j] = multiply_add::<FMA>(x, b[j], sums[j]);
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
    mut sums: Tile<R, L>,
) -> Tile<R, L> {
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

/// As [`by_rows`] with `a` transposed, its `depth` rows `row` numbers apart: the rows of the tile are the first R columns of `a`. More than
/// four of them are no faster, and with twelve the compiler makes vectors of the wrong numbers.
///
/// The inner loops stand three times on purpose: shared in a function of their own, these ways were a quarter to a third slower (measured
/// at 128 × 32 × 128 and the like).
///
/// # Panics
/// If the factors are shorter.
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn by_columns<const R: usize, const L: usize, const FMA: bool>(
    a: &[f32],
    row: usize,
    b: &[f32],
    step: usize,
    depth: usize,
    mut sums: Tile<R, L>,
) -> Tile<R, L> {
    #[cfg(test)]
    count(R * L * depth);
    assert!(depth == 0 || a.len() >= (depth - 1) * row + R && b.len() >= (depth - 1) * step + L);
    for k in 0..depth {
        // SAFETY: `k` is below `depth` and `r` below R, so both stay within what was asserted.
        let b: [f32; L] = unsafe { b.as_ptr().add(k * step).cast::<[f32; L]>().read() };
        for (r, sums) in sums.iter_mut().enumerate() {
            // SAFETY: as above.
            let x = unsafe { *a.get_unchecked(k * row + r) };
            for j in 0..L {
                sums[j] = multiply_add::<FMA>(x, b[j], sums[j]);
            }
        }
    }
    sums
}

/// The tile that stands in `from`, rows `step` apart.
#[inline(always)]
pub(super) fn read<const R: usize, const L: usize>(from: &[f32], step: usize) -> Tile<R, L> {
    let mut tile = [[0.0; L]; R];
    for (r, row) in tile.iter_mut().enumerate() {
        *row = some(from, r * step);
    }
    tile
}

/// Writes a tile into rows `step` apart.
#[inline(always)]
pub(super) fn write<const R: usize, const L: usize>(tile: &Tile<R, L>, into: &mut [f32], step: usize) {
    for (r, &row) in tile.iter().enumerate() {
        put(row, into, r * step);
    }
}

/// M numbers of `from`, the first of them at `at`: a whole vector, not number by number.
///
/// # Panics
/// If there are fewer.
#[inline(always)]
pub(super) fn some<const M: usize>(from: &[f32], at: usize) -> [f32; M] {
    match from[at..].first_chunk() {
        Some(some) => *some,
        None => panic!("{M} numbers from {at} of {}", from.len()),
    }
}

/// Writes M numbers into `into`, the first of them at `at`.
///
/// # Panics
/// If there is no room for them.
#[inline(always)]
pub(super) fn put<const M: usize>(numbers: [f32; M], into: &mut [f32], at: usize) {
    match into[at..].first_chunk_mut() {
        Some(some) => *some = numbers,
        None => panic!("{M} numbers from {at} of {}", into.len()),
    }
}

#[cfg(test)]
thread_local! {
    /// Multiply-adds of the tiles made on this thread, those that fill them up included.
    static MADE: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

#[cfg(test)]
fn count(multiplications: usize) {
    MADE.set(MADE.get() + multiplications as u64);
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

    fn against_loops<const R: usize, const L: usize>() {
        let number = |i: usize| (i as f32 * 0.37).sin();
        for depth in [0, 1, 5, 32] {
            let (row, step) = (depth + 3, L + 2);
            let a: Vec<f32> = (0..R * row).map(number).collect();
            let transposed: Vec<f32> =
                (0..depth * (R + 1)).map(|i| a[(i % (R + 1)).min(R - 1) * row + i / (R + 1)]).collect();
            let b: Vec<f32> = (0..(depth + 1) * step).map(|i| number(i + 7)).collect();
            let start: Tile<R, L> = read(&(0..R * L).map(|i| number(i + 3)).collect::<Vec<_>>(), L);
            let panel: Vec<[f32; L]> = (0..depth).map(|k| some(&b, k * step)).collect();
            let of: [&[f32]; R] = std::array::from_fn(|r| &a[r * row..][..depth]);
            let made = [
                by_panel::<R, L, true>(of, &panel, start),
                by_panel::<R, L, false>(of, &panel, start),
                by_rows::<R, L, true>(&a, row, &b, step, depth, start),
                by_rows::<R, L, false>(&a, row, &b, step, depth, start),
                by_columns::<R, L, true>(&transposed, R + 1, &b, step, depth, start),
                by_columns::<R, L, false>(&transposed, R + 1, &b, step, depth, start),
            ];
            for (r, j) in (0..R).flat_map(|r| (0..L).map(move |j| (r, j))) {
                let sum: f64 = (0..depth).map(|k| f64::from(a[r * row + k]) * f64::from(b[k * step + j])).sum();
                let expected = f64::from(start[r][j]) + sum;
                assert!(made.iter().all(|tile| (f64::from(tile[r][j]) - expected).abs() < 1e-5), "{depth} {r} {j}");
            }
        }
    }

    #[test]
    fn every_way_to_read_a_factor_against_loops() {
        against_loops::<ROWS, LANES>();
        against_loops::<WIDE_ROWS, WIDE_LANES>();
        let mut into = vec![9.0; ROWS * 20];
        let tile: Tile<ROWS, LANES> = read(&into.iter().enumerate().map(|(i, _)| i as f32).collect::<Vec<_>>(), 20);
        write(&tile, &mut into, 20);
        assert_eq!((into[0], into[15], into[16], into[20], into[75]), (0.0, 15.0, 9.0, 20.0, 75.0));
    }

    #[test]
    fn a_factor_that_is_too_short_is_refused() {
        let numbers = [1.0f32; 40];
        let fails = |work: &dyn Fn() -> Tile<2, 4>| {
            assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err());
        };
        let zeros = [[0.0; 4]; 2];
        // As long as needed: two rows of five, seven apart; five rows of four, nine apart.
        by_rows::<2, 4, false>(&numbers[..12], 7, &numbers, 9, 5, zeros);
        fails(&|| by_rows::<2, 4, false>(&numbers[..11], 7, &numbers, 9, 5, zeros));
        fails(&|| by_rows::<2, 4, false>(&numbers[..12], 7, &numbers[..39], 9, 5, zeros));
        by_columns::<2, 4, false>(&numbers[..30], 7, &numbers, 9, 5, zeros);
        fails(&|| by_columns::<2, 4, false>(&numbers[..29], 7, &numbers, 9, 5, zeros));
        fails(&|| by_columns::<2, 4, false>(&numbers[..30], 7, &numbers[..39], 9, 5, zeros));
    }
}
