//! Tiles of products whose factors lie in the cache already: for attention, whose products are too small for a general one, and
//! triangular, and for weights that many tasks share. They are made of vectors by name (crate `pulp`): left to the compiler, the same
//! loops were at times made of the wrong vectors, at a tenth of the speed.

use pulp::Simd;

/// Vectors of a row of a tile where they fit.
pub(super) const VECTORS: usize = 2;

/// Whether a processor has registers enough for tiles of twelve rows of two vectors; with half of them, four or six rows are as many as
/// keep its units for multiply-adds busy.
pub(super) fn many_registers<S: Simd>() -> bool {
    S::REGISTER_COUNT >= 32
}

/// Columns of a tile of rows of V vectors.
#[inline(always)]
pub(super) fn columns<S: Simd, const V: usize>() -> usize {
    V * S::F32_LANES
}

/// A tile of a product: R rows of V vectors.
pub(super) type Tile<S, const R: usize, const V: usize> = [[<S as Simd>::f32s; V]; R];

/// A tile of zeros.
#[inline(always)]
pub(super) fn zeros<S: Simd, const R: usize, const V: usize>(simd: S) -> Tile<S, R, V> {
    [[simd.splat_f32s(0.0); V]; R]
}

/// V vectors of `from`, the first number of them at `at`.
///
/// # Safety
/// `from` has them all.
#[inline(always)]
#[allow(unsafe_code)]
unsafe fn vectors<S: Simd, const V: usize>(from: &[f32], at: usize) -> [S::f32s; V] {
    // SAFETY: any bytes are numbers, and there are enough of them, as the caller says.
    unsafe { from.as_ptr().add(at).cast::<[S::f32s; V]>().read_unaligned() }
}

/// Adds x·b to `sums`, a row of a tile; rounded once where the processor does that in one instruction.
#[inline(always)]
fn add<S: Simd, const V: usize>(simd: S, x: f32, b: [S::f32s; V], sums: &mut [S::f32s; V]) {
    let x = simd.splat_f32s(x);
    for v in 0..V {
        sums[v] = simd.mul_add_e_f32s(x, b[v], sums[v]);
    }
}

/// Adds to `sums` the product of R rows of `a`, `row` numbers apart, and `depth` rows of `b`, `step` apart.
///
/// Here and below what is read was checked before the loop: checked in it, the loop was half as fast.
///
/// # Panics
/// If the factors are shorter.
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn by_rows<S: Simd, const R: usize, const V: usize>(
    simd: S,
    (a, row): (&[f32], usize),
    (b, step): (&[f32], usize),
    depth: usize,
    mut sums: Tile<S, R, V>,
) -> Tile<S, R, V> {
    assert!(depth == 0 || a.len() >= (R - 1) * row + depth && b.len() >= (depth - 1) * step + columns::<S, V>());
    for k in 0..depth {
        // SAFETY: `k` is below `depth` and `r` below R, so both stay within what was asserted.
        let b = unsafe { vectors::<S, V>(b, k * step) };
        for (r, sums) in sums.iter_mut().enumerate() {
            // SAFETY: as above.
            add(simd, unsafe { *a.get_unchecked(r * row + k) }, b, sums);
        }
    }
    sums
}

/// As [`by_rows`] with `a` transposed, its `depth` rows `row` numbers apart: the rows of the tile are the first R columns of `a`.
///
/// # Panics
/// If the factors are shorter.
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn by_columns<S: Simd, const R: usize, const V: usize>(
    simd: S,
    (a, row): (&[f32], usize),
    (b, step): (&[f32], usize),
    depth: usize,
    mut sums: Tile<S, R, V>,
) -> Tile<S, R, V> {
    assert!(depth == 0 || a.len() >= (depth - 1) * row + R && b.len() >= (depth - 1) * step + columns::<S, V>());
    for k in 0..depth {
        // SAFETY: `k` is below `depth` and `r` below R, so both stay within what was asserted.
        let b = unsafe { vectors::<S, V>(b, k * step) };
        for (r, sums) in sums.iter_mut().enumerate() {
            // SAFETY: as above.
            add(simd, unsafe { *a.get_unchecked(k * row + r) }, b, sums);
        }
    }
    sums
}

/// Columns of rows that lie anywhere: `width` numbers from each of `starts` on.
#[derive(Clone, Copy)]
pub(super) struct Scattered<'a> {
    values: &'a [f32],
    starts: &'a [usize],
    width: usize,
}

impl<'a> Scattered<'a> {
    /// # Panics
    /// If a row ends behind the last of the numbers.
    pub fn new(values: &'a [f32], starts: &'a [usize], width: usize) -> Self {
        assert!(starts.iter().all(|start| start + width <= values.len()), "rows of {width} in {}", values.len());
        Self { values, starts, width }
    }
}

/// As [`by_columns`], with the rows of `a` wherever they lie; the rows of the tile are its columns from `first` on.
///
/// # Panics
/// If the factors are shorter.
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn by_scattered_columns<S: Simd, const R: usize, const V: usize>(
    simd: S,
    (a, first): (Scattered<'_>, usize),
    (b, step): (&[f32], usize),
    mut sums: Tile<S, R, V>,
) -> Tile<S, R, V> {
    let depth = a.starts.len();
    assert!(first + R <= a.width && (depth == 0 || b.len() >= (depth - 1) * step + columns::<S, V>()));
    for (k, &start) in a.starts.iter().enumerate() {
        // SAFETY: `k` is below `depth`, for which `b` has rows, as asserted.
        let b = unsafe { vectors::<S, V>(b, k * step) };
        for (r, sums) in sums.iter_mut().enumerate() {
            // SAFETY: every start has `width` numbers behind it, as was asserted when they were put together, and `first + r` is less.
            add(simd, unsafe { *a.values.get_unchecked(start + first + r) }, b, sums);
        }
    }
    sums
}

/// The tile that stands in `from`, rows `step` apart.
///
/// # Panics
/// If there are fewer numbers.
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn read<S: Simd, const R: usize, const V: usize>(simd: S, from: &[f32], step: usize) -> Tile<S, R, V> {
    assert!(from.len() >= (R - 1) * step + columns::<S, V>());
    let mut tile = zeros(simd);
    for (r, row) in tile.iter_mut().enumerate() {
        // SAFETY: as asserted.
        *row = unsafe { vectors::<S, V>(from, r * step) };
    }
    tile
}

/// Writes a tile into rows `step` apart.
///
/// # Panics
/// If there is no room for it.
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn write<S: Simd, const R: usize, const V: usize>(
    _: S,
    tile: &Tile<S, R, V>,
    into: &mut [f32],
    step: usize,
) {
    assert!(into.len() >= (R - 1) * step + columns::<S, V>());
    for (r, row) in tile.iter().enumerate() {
        // SAFETY: as asserted, and vectors are numbers one after another.
        unsafe { into.as_mut_ptr().add(r * step).cast::<[S::f32s; V]>().write_unaligned(*row) };
    }
}

/// The vector of `from` whose first number is at `at`.
///
/// # Panics
/// If there are fewer numbers.
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn load<S: Simd>(_: S, from: &[f32], at: usize) -> S::f32s {
    assert!(at + S::F32_LANES <= from.len());
    // SAFETY: as asserted.
    unsafe { from.as_ptr().add(at).cast::<S::f32s>().read_unaligned() }
}

/// Writes a vector into `into`, its first number at `at`.
///
/// # Panics
/// If there is no room for it.
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn store<S: Simd>(_: S, into: &mut [f32], at: usize, vector: S::f32s) {
    assert!(at + S::F32_LANES <= into.len());
    // SAFETY: as asserted.
    unsafe { into.as_mut_ptr().add(at).cast::<S::f32s>().write_unaligned(vector) };
}

/// The first numbers of a row of a tile, as many as `into` has.
#[inline(always)]
pub(super) fn row_into<S: Simd, const V: usize>(simd: S, row: &[S::f32s; V], into: &mut [f32]) {
    for (v, &vector) in row.iter().enumerate() {
        let at = v * S::F32_LANES;
        if at + S::F32_LANES <= into.len() {
            store(simd, into, at, vector);
        } else if at < into.len() {
            simd.partial_store_f32s(&mut into[at..], vector);
        }
    }
}

#[cfg(test)]
thread_local! {
    /// Multiply-adds that were counted on this thread.
    static MADE: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Counts the multiply-adds of so many rows of a tile, those that fill it up included, for tests.
#[inline(always)]
pub(super) fn count<S: Simd, const V: usize>(rows: usize) {
    let made = (rows * columns::<S, V>()) as u64;
    #[cfg(test)]
    MADE.set(MADE.get() + made);
    #[cfg(not(test))]
    let _ = made;
}

/// Multiply-adds of tiles counted so far on this thread.
#[cfg(test)]
pub(super) fn made() -> u64 {
    MADE.get()
}

/// Multiply-adds of all tiles that `work` counts on this thread.
#[cfg(test)]
pub(crate) fn counted(work: impl FnOnce()) -> u64 {
    let before = made();
    work();
    made() - before
}

#[cfg(test)]
mod tests {
    use pulp::{Arch, Scalar, WithSimd};

    use super::*;

    struct EveryWay;

    impl WithSimd for EveryWay {
        type Output = ();

        fn with_simd<S: Simd>(self, simd: S) {
            against_loops::<S, 4, 2>(simd);
            against_loops::<S, 6, 2>(simd);
            against_loops::<S, 12, 2>(simd);
            against_loops::<S, 12, 1>(simd);
        }
    }

    fn against_loops<S: Simd, const R: usize, const V: usize>(simd: S) {
        let (number, columns) = (|i: usize| (i as f32 * 0.37).sin(), columns::<S, V>());
        for depth in [0, 1, 5, 32] {
            let (row, step) = (depth + 3, columns + 2);
            let a: Vec<f32> = (0..R * row).map(number).collect();
            let transposed: Vec<f32> =
                (0..depth * (R + 1)).map(|i| a[(i % (R + 1)).min(R - 1) * row + i / (R + 1)]).collect();
            let b: Vec<f32> = (0..(depth + 1) * step).map(|i| number(i + 7)).collect();
            let start: Vec<f32> = (0..R * columns).map(|i| number(i + 3)).collect();
            let sums: Tile<S, R, V> = read(simd, &start, columns);
            // Rows of the transposed factor, the last first.
            let (mut turned, starts): (Vec<f32>, Vec<usize>) =
                (Vec::new(), (0..depth).map(|k| (depth - 1 - k) * (R + 1)).collect());
            (0..depth).rev().for_each(|k| turned.extend(&transposed[k * (R + 1)..][..R + 1]));
            let made = [
                by_scattered_columns(simd, (Scattered::new(&turned, &starts, R), 0), (&b, step), sums),
                by_rows(simd, (&a, row), (&b, step), depth, sums),
                by_columns(simd, (&transposed, R + 1), (&b, step), depth, sums),
            ];
            for tile in made {
                // A column more than the tile has, and one row by itself, cut short.
                let (mut whole, mut cut) = (vec![9.0; R * (columns + 1)], vec![9.0; columns - 1]);
                write(simd, &tile, &mut whole, columns + 1);
                row_into(simd, &tile[R - 1], &mut cut);
                for (r, j) in (0..R).flat_map(|r| (0..columns).map(move |j| (r, j))) {
                    let sum: f64 = (0..depth).map(|k| f64::from(a[r * row + k]) * f64::from(b[k * step + j])).sum();
                    let (made, expected) = (whole[r * (columns + 1) + j], f64::from(start[r * columns + j]) + sum);
                    assert!((f64::from(made) - expected).abs() < 1e-5, "{depth} {r} {j}: {made}, not {expected}");
                    assert!(r + 1 < R || j + 1 == columns || cut[j] == made);
                }
                assert!((1..R).all(|r| whole[r * (columns + 1) - 1] == 9.0));
            }
        }
    }

    #[test]
    fn every_way_to_read_a_factor_against_loops() {
        Arch::new().dispatch(EveryWay);
        EveryWay.with_simd(Scalar);
    }

    fn fails<T>(work: impl FnOnce() -> T) {
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err());
    }

    #[test]
    fn what_is_too_short_is_refused() {
        // Tiles of two rows of two columns. Rows are nine apart, or seven.
        let (simd, numbers) = (Scalar, [1.0f32; 40]);
        let made = |a: usize, b: usize| {
            let sums: Tile<Scalar, 2, 2> = zeros(simd);
            by_rows(simd, (&numbers[..a], 7), (&numbers[..b], 9), 4, sums)
        };
        made(11, 29);
        fails(|| made(10, 29));
        fails(|| made(11, 28));
        let made = |a: usize, b: usize| {
            let sums: Tile<Scalar, 2, 2> = zeros(simd);
            by_columns(simd, (&numbers[..a], 7), (&numbers[..b], 9), 4, sums)
        };
        made(23, 29);
        fails(|| made(22, 29));
        fails(|| made(23, 28));
        let made = |starts: &[usize], first: usize, b: usize| {
            let sums: Tile<Scalar, 2, 2> = zeros(simd);
            let a = Scattered::new(&numbers[..20], starts, 5);
            by_scattered_columns(simd, (a, first), (&numbers[..b], 9), sums)
        };
        made(&[15, 0], 3, 11);
        fails(|| made(&[16, 0], 3, 11));
        fails(|| made(&[15, 0], 4, 11));
        fails(|| made(&[15, 0], 3, 10));
        fails(|| -> Tile<Scalar, 2, 2> { read(simd, &numbers[..10], 9) });
        fails(|| write(simd, &made(&[0], 0, 2), &mut [0.0; 10], 9));
        fails(|| load(simd, &numbers, 40));
        fails(|| store(simd, &mut [0.0; 3], 3, 1.0));
    }
}
