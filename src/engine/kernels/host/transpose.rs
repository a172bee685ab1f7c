//! Transposes matrices into panels, in blocks: one number after another takes several times as long.

/// Rows and columns that are transposed at once.
const BLOCK: usize = 8;

/// Writes `count` rows of `depth` numbers, `step` apart in `from`, as columns: number `k` of row `j` to `into[k · lanes + j]`.
pub(super) fn transpose((from, step): (&[f32], usize), (count, depth): (usize, usize), into: &mut [f32], lanes: usize) {
    let (rows, columns) = (count - count % BLOCK, depth - depth % BLOCK);
    in_blocks(Blocks { from, step, rows, columns, into: &mut *into, lanes });
    for k in 0..depth {
        for j in if k < columns { rows } else { 0 }..count {
            into[k * lanes + j] = from[j * step + k];
        }
    }
}

/// What is transposed: whole blocks of rows `step` apart, into rows `lanes` apart.
struct Blocks<'a> {
    from: &'a [f32],
    step: usize,
    rows: usize,
    columns: usize,
    into: &'a mut [f32],
    lanes: usize,
}

#[cfg(target_arch = "x86_64")]
fn in_blocks(blocks: Blocks<'_>) {
    match pulp::x86::V3::try_new() {
        Some(simd) => simd.vectorize(Shuffled { simd, blocks }),
        None => one_by_one(blocks),
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn in_blocks(blocks: Blocks<'_>) {
    one_by_one(blocks);
}

fn one_by_one(Blocks { from, step, rows, columns, into, lanes }: Blocks<'_>) {
    for k in 0..columns {
        for j in 0..rows {
            into[k * lanes + j] = from[j * step + k];
        }
    }
}

/// The same by shuffles of vectors: neighbouring rows, then pairs of rows, then halves change places.
#[cfg(target_arch = "x86_64")]
struct Shuffled<'a> {
    simd: pulp::x86::V3,
    blocks: Blocks<'a>,
}

#[cfg(target_arch = "x86_64")]
impl pulp::NullaryFnOnce for Shuffled<'_> {
    type Output = ();

    /// In loops by index, and arrays given whole: closures, what takes them, and copies of slices stayed calls.
    #[inline(always)]
    fn call(self) {
        let Self { simd, blocks: Blocks { from, step, rows, columns, into, lanes } } = self;
        let (avx, zero) = (simd.avx, simd.avx._mm256_setzero_ps());
        for k in (0..columns).step_by(BLOCK) {
            for j in (0..rows).step_by(BLOCK) {
                let mut a = [zero; BLOCK];
                for i in 0..BLOCK {
                    let row: [f32; BLOCK] = from[(j + i) * step + k..][..BLOCK].try_into().expect("a row of the block");
                    a[i] = pulp::cast(row);
                }
                let mut b = a;
                for i in [0, 2, 4, 6] {
                    b[i] = avx._mm256_unpacklo_ps(a[i], a[i + 1]);
                    b[i + 1] = avx._mm256_unpackhi_ps(a[i], a[i + 1]);
                }
                for i in [0, 4] {
                    a[i] = avx._mm256_shuffle_ps::<0b01_00_01_00>(b[i], b[i + 2]);
                    a[i + 1] = avx._mm256_shuffle_ps::<0b11_10_11_10>(b[i], b[i + 2]);
                    a[i + 2] = avx._mm256_shuffle_ps::<0b01_00_01_00>(b[i + 1], b[i + 3]);
                    a[i + 3] = avx._mm256_shuffle_ps::<0b11_10_11_10>(b[i + 1], b[i + 3]);
                }
                for i in 0..BLOCK / 2 {
                    let (low, high) = (a[i], a[i + 4]);
                    a[i] = avx._mm256_permute2f128_ps::<0x20>(low, high);
                    a[i + 4] = avx._mm256_permute2f128_ps::<0x31>(low, high);
                }
                for i in 0..BLOCK {
                    let place: &mut [f32; BLOCK] =
                        (&mut into[(k + i) * lanes + j..][..BLOCK]).try_into().expect("a row of the block");
                    *place = pulp::cast(a[i]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_goes_to_its_place_whatever_the_blocks() {
        let (step, lanes) = (43, 40);
        let from: Vec<f32> = (0..40 * step).map(|i| i as f32).collect();
        for (count, depth) in [(8, 8), (32, 24), (40, 43), (7, 9), (9, 7), (1, 1), (0, 5), (5, 0), (16, 3)] {
            let right = |into: &[f32]| {
                into.iter().enumerate().all(|(at, &number)| {
                    let (k, j) = (at / lanes, at % lanes);
                    number == if j < count && k < depth { from[j * step + k] } else { -1.0 }
                })
            };
            let mut into = vec![-1.0; depth.max(1) * lanes];
            transpose((&from, step), (count, depth), &mut into, lanes);
            assert!(right(&into), "{count} rows of {depth}");
            into.fill(-1.0);
            one_by_one(Blocks { from: &from, step, rows: count, columns: depth, into: &mut into, lanes });
            assert!(right(&into), "{count} rows of {depth}, one by one");
        }
    }
}
