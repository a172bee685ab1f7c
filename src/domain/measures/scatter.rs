//! RC, the representation collapse measure of X-MoE: how much states differ within an expert's tokens, measured against how its
//! tokens differ from those of others.

use nalgebra::DMatrix;

use super::rows::{NotFinite, Rows, add_into, dot, in_parts};

/// Directions of the between-class scatter with less than this part of its largest eigenvalue are left out.
pub const TOLERANCE: f64 = 1e-6;

/// Tr(Σ_W Σ_B†), 0 and up; smaller is more collapsed (X-MoE, arXiv 2204.09179, eq. 11, after Zhu and others 2021). It also
/// falls when experts specialize sharply, so look at effective rank and output similarity beside it.
///
/// Classes are the tokens of one expert each. A class with fewer than 2 tokens takes no part at all; T, the mean and both
/// scatters are those of the tokens that remain:
///
///   Σ_W = (1/T) Σ_c Σ_{t∈c} (h_t − μ_c)(h_t − μ_c)ᵀ,   Σ_B = (1/T) Σ_c n_c (μ_c − μ)(μ_c − μ)ᵀ
///
/// † is the pseudo-inverse with relative tolerance [`TOLERANCE`]. T is in both and cancels.
///
/// - `states`: `[T, D]`
/// - `experts`: `[T]` each token's expert, below `count`
///
/// `None` with fewer than two classes, or if all class means are the same.
///
/// # Errors
/// A number that is not finite.
pub fn rc(states: &dyn Rows, experts: &[u32], count: usize) -> Result<Option<f64>, NotFinite> {
    let mut sizes = vec![0.0; count];
    experts.iter().for_each(|&expert| sizes[expert as usize] += 1.0);
    let kept: Vec<usize> = (0..count).filter(|&class| sizes[class] >= 2.0).collect();
    if kept.len() < 2 {
        return Ok(None);
    }
    let width = states.width();
    let mut origin = vec![0.0; width];
    states.read(0, &mut origin)?;
    let Means { means, spread } = class_means(states, &origin, experts, &sizes)?;
    let total: f64 = kept.iter().map(|&class| sizes[class]).sum();
    let mut middle = vec![0.0; width];
    for &class in &kept {
        let share = sizes[class] / total;
        middle.iter_mut().zip(&means[class * width..]).for_each(|(middle, mean)| *middle += share * mean);
    }
    // Row c is √n_c (μ_c − μ): the scatter between classes is this matrix's transpose times it.
    let between = DMatrix::from_fn(kept.len(), width, |row, column| {
        sizes[kept[row]].sqrt() * (means[kept[row] * width + column] - middle[column])
    });
    let Some(directions) = directions(&between, spread) else { return Ok(None) };
    let parts = in_parts(
        states,
        usize::MAX,
        || 0.0,
        |sum: &mut f64, first, block| {
            let deviation = DMatrix::from_fn(block.len() / width, width, |row, column| {
                let class = experts[first + row] as usize;
                let counts = sizes[class] >= 2.0;
                let own = block[row * width + column] - origin[column];
                if counts { own - means[class * width + column] } else { 0.0 }
            });
            let along = deviation * &directions;
            *sum += dot(along.as_slice(), along.as_slice());
        },
    )?;
    Ok(Some(parts.iter().sum()))
}

/// Means of the classes, relative to `origin`, and how far states are from there at all.
struct Means {
    /// `[classes × D]`; 0 for a class without tokens.
    means: Vec<f64>,
    /// Σ over tokens and widths of the squared distance from `origin`.
    spread: f64,
}

/// Taken from a state of the table, `origin`, so that states that are all the same have means of exactly 0.
fn class_means(states: &dyn Rows, origin: &[f64], experts: &[u32], sizes: &[f64]) -> Result<Means, NotFinite> {
    let width = origin.len();
    let parts = in_parts(
        states,
        usize::MAX,
        || (vec![0.0; sizes.len() * width], 0.0),
        |(sums, spread): &mut (Vec<f64>, f64), first, block| {
            for (row, &expert) in block.chunks_exact(width).zip(&experts[first..]) {
                let sum = &mut sums[expert as usize * width..][..width];
                for ((sum, value), origin) in sum.iter_mut().zip(row).zip(origin) {
                    let from = value - origin;
                    *sum += from;
                    *spread += from * from;
                }
            }
        },
    )?;
    let mut means = vec![0.0; sizes.len() * width];
    parts.iter().for_each(|part| add_into(&mut means, &part.0));
    for (mean, &size) in means.chunks_exact_mut(width).zip(sizes) {
        mean.iter_mut().for_each(|value| *value /= f64::max(size, 1.0));
    }
    Ok(Means { means, spread: parts.iter().map(|part| part.1).sum() })
}

/// The directions in which classes differ, `[D, directions]`, each divided by the root of its eigenvalue. `None` if
/// classes differ by no more than rounding, beside the `spread` of the states.
fn directions(between: &DMatrix<f64>, spread: f64) -> Option<DMatrix<f64>> {
    // As many as there are classes at most, so the small product has all eigenvalues that are not 0.
    let eigen = (between * between.transpose()).symmetric_eigen();
    let largest = eigen.eigenvalues.max();
    let kept: Vec<usize> =
        (0..eigen.eigenvalues.len()).filter(|&i| eigen.eigenvalues[i] > TOLERANCE * largest).collect();
    let same = largest.is_nan() || largest <= 1e-24 * spread;
    (!same).then(|| {
        let mut directions = between.transpose() * eigen.eigenvectors.select_columns(&kept);
        for (mut column, &i) in directions.column_iter_mut().zip(&kept) {
            column /= eigen.eigenvalues[i];
        }
        directions
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::rows::Table;
    use super::*;

    fn rc_of(states: &[f64], width: usize, experts: &[u32], count: usize) -> Option<f64> {
        rc(&Table::new(states, width), experts, count).unwrap()
    }

    #[test]
    fn by_hand() {
        // One width: classes {0, 2} and {10, 12}: within 4·1/4 = 1, between 25.
        assert!((rc_of(&[0.0, 2.0, 10.0, 12.0], 1, &[0, 0, 1, 1], 2).unwrap() - 0.04).abs() < 1e-15);
        // Unequal classes {0, 2}, {9, 9, 9, 12}: means 1 and 9.75, 6.8333 over all;
        // within 2 + 6.75 = 8.75, between 2·(35/6)² + 4·(35/12)² = 102.08333.
        let found = rc_of(&[0.0, 2.0, 9.0, 9.0, 9.0, 12.0], 1, &[3, 3, 1, 1, 1, 1], 4).unwrap();
        assert!((found - 8.75 / 102.083_333_333_333_33).abs() < 1e-12);
        // Tokens of class 2, a single one, take no part, wherever it is.
        let with_one = rc_of(&[0.0, 2.0, 700.0, 10.0, 12.0], 1, &[0, 0, 2, 1, 1], 3).unwrap();
        assert!((with_one - 0.04).abs() < 1e-13);
    }

    #[test]
    fn only_directions_between_classes_count() {
        // Classes differ along x (between 25); along y they scatter at will.
        let states = [0.0, -7.0, 2.0, 7.0, 10.0, 90.0, 12.0, -90.0];
        let found = rc_of(&states, 2, &[0, 0, 1, 1], 2).unwrap();
        assert!((found - 0.04).abs() < 1e-12);
        // Classes without scatter: fully collapsed.
        assert_eq!(rc_of(&[1.0, 1.0, 2.0, 2.0], 1, &[0, 0, 1, 1], 2), Some(0.0));
    }

    #[test]
    fn what_cannot_be_said_is_none() {
        assert_eq!(rc_of(&[1.0, 2.0, 3.0], 1, &[0, 0, 0], 2), None);
        assert_eq!(rc_of(&[1.0, 2.0, 3.0], 1, &[0, 0, 1], 2), None);
        assert_eq!(rc_of(&[0.1; 40], 4, &[0, 0, 0, 1, 1, 1, 2, 2, 2, 2], 3), None);
        // Equal means: nothing between the classes.
        assert_eq!(rc_of(&[1.0, 3.0, 0.0, 4.0], 1, &[0, 0, 1, 1], 2), None);
    }

    proptest! {
        #[test]
        fn names_places_scale_and_order_change_nothing(
            states in prop::collection::vec(prop::array::uniform3(-3.0f64..3.0), 8..14), factor in 0.1f64..10.0, shift in -5.0f64..5.0
        ) {
            let experts: Vec<u32> = (0..states.len() as u32).map(|t| t % 3).collect();
            let before = rc_of(&states.concat(), 3, &experts, 3).unwrap();
            let mut tokens: Vec<([f64; 3], u32)> =
                states.iter().map(|h| h.map(|x| factor * x + shift)).zip(experts.iter().map(|e| [2, 0, 4][*e as usize])).collect();
            tokens.reverse();
            let (states, experts): (Vec<_>, Vec<_>) = tokens.into_iter().unzip();
            let after = rc_of(&states.concat(), 3, &experts, 5).unwrap();
            prop_assert!((before - after).abs() < 1e-6 * before.max(1e-9), "{before} {after}");
        }
    }
}
