//! Panels of a matrix: as many of its columns as a tile has. Where they lie in rows, tiles read them as they are; where they lie in
//! columns, or fill no panel, they are copied side by side first.

use pulp::{Arch, Simd, WithSimd};

use super::fetch::fetch;
use super::linear::WeightLayout;
use super::tile::{VECTORS, by_rows, columns, load, many_registers, read, row_into, store, write, zeros};
use super::transpose::transpose;
use crate::domain::product::Into;

/// Tells how wide a panel is: as a tile.
struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        columns::<S, VECTORS>()
    }
}

/// L: columns of a panel on this processor.
pub(super) fn lanes() -> usize {
    Arch::new().dispatch(Lanes)
}

/// The part of a matrix `[I, O]` that a panel holds.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    /// `[I, O]` or `[O, I]`, as `lie` says.
    pub matrix: &'a [f32],
    pub lie: WeightLayout,
    /// I
    pub depth: usize,
    /// O
    pub columns: usize,
    /// The first of its columns.
    pub column: usize,
}

/// Copies a part of a matrix into its panel `[I, L]`, with zeros where that is wider than the matrix.
pub(super) fn fill(panel: &mut [f32], part: Part<'_>) {
    Arch::new().dispatch(Fill { panel, part });
}

struct Fill<'a> {
    panel: &'a mut [f32],
    part: Part<'a>,
}

impl WithSimd for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { panel, part: Part { matrix, lie, depth, columns: width, column } } = self;
        let lanes = columns::<S, VECTORS>();
        let count = lanes.min(width - column);
        if count < lanes {
            panel.fill(0.0);
        }
        match lie {
            WeightLayout::InOut if count == lanes => {
                for (row, from) in panel.chunks_exact_mut(lanes).zip(matrix.chunks_exact(width)) {
                    for v in 0..VECTORS {
                        let at = v * S::F32_LANES;
                        store(simd, row, at, load(simd, from, column + at));
                    }
                }
            }
            WeightLayout::InOut => {
                for (row, from) in panel.chunks_exact_mut(lanes).zip(matrix.chunks_exact(width)) {
                    row[..count].copy_from_slice(&from[column..column + count]);
                }
            }
            WeightLayout::OutIn => transpose((&matrix[column * depth..], depth), (count, depth), panel, lanes),
        }
    }
}

/// The right factor of a product, `[I, O]`, or some of its columns, in panels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Panels<'a> {
    values: &'a [f32],
    /// Numbers from one row of a panel to the next, and from one panel to the next.
    steps: (usize, usize),
    /// How many panels, and the first of the columns they hold.
    count: usize,
    first: usize,
    /// O
    columns: usize,
    /// Whether they are read for few rows, and then not again: from memory.
    far: bool,
}

impl<'a> Panels<'a> {
    /// Of copies `[panels, I, L]` of the columns from `first` on, with I = `depth`.
    pub fn copied(values: &'a [f32], depth: usize, columns: usize, first: usize) -> Self {
        let steps = (lanes(), depth * lanes());
        Self { values, steps, count: values.len() / steps.1.max(1), first, columns, far: false }
    }

    /// Of a matrix `[I, O]` itself, if its columns fill panels; `far` if it is for few rows.
    pub fn lying(values: &'a [f32], columns: usize, far: bool) -> Option<Self> {
        let (count, steps) = (columns / lanes(), (columns, lanes()));
        (count * lanes() == columns).then_some(Self { values, steps, count, first: 0, columns, far })
    }

    /// Fetches of panel `number`, if there is one, what tiles of so many of `rows` rows, from `row` on, are to fetch of it.
    #[inline(always)]
    fn fetch(self, number: usize, depth: usize, (row, tile, rows): (usize, usize, usize)) {
        if self.far && number < self.count {
            for k in depth * row / rows..depth * (row + tile).min(rows) / rows {
                fetch(self.values, number * self.steps.1 + k * self.steps.0, self.steps.1);
            }
        }
    }
}

/// `out` `[rows, O]` becomes, or grows by, the product of `a` `[rows, I]`, I = `depth`, and the panels, in their columns; on this thread
/// alone.
pub(super) fn times(a: &[f32], depth: usize, by: Panels<'_>, how: Into, out: &mut [f32]) {
    Arch::new().dispatch(ByPanels { a, depth, by, how, out });
}

/// A product by panels.
struct ByPanels<'a> {
    a: &'a [f32],
    depth: usize,
    by: Panels<'a>,
    how: Into,
    out: &'a mut [f32],
}

impl WithSimd for ByPanels<'_> {
    type Output = ();

    /// With 128 and more numbers to add up, six rows keep a processor with 16 registers busier than four, and twelve one with 32.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match (many_registers::<S>(), self.how) {
            (true, Into::Fresh) => self.in_tiles::<S, 12, false>(simd),
            (true, Into::Added) => self.in_tiles::<S, 12, true>(simd),
            (false, Into::Fresh) => self.in_tiles::<S, 6, false>(simd),
            (false, Into::Added) => self.in_tiles::<S, 6, true>(simd),
        }
    }
}

/// Rows of the last tiles where twelve would leave eight over, as of 32: two tiles of four are slower than two of ten.
const MANY: usize = 10;

impl ByPanels<'_> {
    #[inline(always)]
    fn in_tiles<S: Simd, const R: usize, const ADDED: bool>(self, simd: S) {
        let Self { a, depth, by, out, .. } = self;
        let (rows, lanes, wide) = (a.len() / depth, columns::<S, VECTORS>(), by.columns);
        #[cfg(test)]
        crate::domain::product::count(rows * depth * (by.count * lanes).min(wide - by.first));
        for number in 0..by.count {
            let (b, column) = ((&by.values[number * by.steps.1..], by.steps.0), by.first + number * lanes);
            let mut row = 0;
            while row < rows {
                by.fetch(number + 1, depth, (row, R, rows));
                let (a, into, left) = ((&a[row * depth..], depth), &mut out[row * wide + column..], rows - row);
                row += match left {
                    _ if R > MANY && left.is_multiple_of(MANY) && left <= 2 * MANY => {
                        in_tile::<S, MANY, ADDED>(simd, a, b, into, (column, wide))
                    }
                    _ if left >= R && left != 8 => in_tile::<S, R, ADDED>(simd, a, b, into, (column, wide)),
                    4.. => in_tile::<S, 4, ADDED>(simd, a, b, into, (column, wide)),
                    2.. => in_tile::<S, 2, ADDED>(simd, a, b, into, (column, wide)),
                    _ => in_tile::<S, 1, ADDED>(simd, a, b, into, (column, wide)),
                };
            }
        }
    }
}

/// Makes a tile from as many rows of `a` as it has, into a result from whose `column` on it stands and whose rows are `wide`. Returns R.
#[inline(always)]
fn in_tile<S: Simd, const R: usize, const ADDED: bool>(
    simd: S,
    a: (&[f32], usize),
    b: (&[f32], usize),
    into: &mut [f32],
    (column, wide): (usize, usize),
) -> usize {
    let count = columns::<S, VECTORS>().min(wide - column);
    let whole = count == columns::<S, VECTORS>();
    let mut sums = zeros::<S, R, VECTORS>(simd);
    if ADDED && whole {
        sums = read(simd, into, wide);
    } else if ADDED {
        for (r, sums) in sums.iter_mut().enumerate() {
            for (v, sum) in sums.iter_mut().enumerate() {
                let from = count.min(v * S::F32_LANES)..count.min((v + 1) * S::F32_LANES);
                *sum = simd.partial_load_f32s(&into[r * wide..][from]);
            }
        }
    }
    let made = by_rows(simd, a, b, a.1, sums);
    if whole {
        write(simd, &made, into, wide);
    } else {
        for (r, row) in made.iter().enumerate() {
            row_into(simd, row, &mut into[r * wide..][..count]);
        }
    }
    R
}
