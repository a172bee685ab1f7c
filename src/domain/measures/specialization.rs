//! Specialization: which expert answers which class of token (lift, normalised mutual information).
//!
//! A "crossing" is a table `[C × N]` of counts, a row for each class, a column for each expert.

use super::choice::entropy;

/// Counts how often a token of each class went to each expert, over all its picks: `[C × N]`.
///
/// - `classes`: `[T]`, each below `class_count`
/// - `picks`: `[T × k]`; with k = 1 first choices alone
pub(crate) fn crossing(classes: &[u32], class_count: usize, picks: &[u32], experts: usize) -> Vec<u32> {
    let mut table = vec![0; class_count * experts];
    let k = picks.len().checked_div(classes.len()).unwrap_or(0).max(1);
    for (&class, picks) in classes.iter().zip(picks.chunks_exact(k)) {
        picks.iter().for_each(|&expert| table[class as usize * experts + expert as usize] += 1);
    }
    table
}

/// Lift log₂(class use ÷ overall use), `[C × N]`: 0 is no preference, 1 twice as often as usual. One is added to each cell
/// first; class use is the cell ÷ its row, overall use the column ÷ the table, both of the table with ones added. A class
/// without tokens takes no part and has no values.
pub fn lift(crossing: &[u32], experts: usize) -> Vec<Option<f64>> {
    let rows = || crossing.chunks_exact(experts);
    let present = |row: &[u32]| row.iter().any(|&count| count > 0);
    let size = |row: &[u32]| row.iter().map(|&count| f64::from(count) + 1.0).sum::<f64>();
    let mut overall = vec![0.0; experts];
    for row in rows().filter(|row| present(row)) {
        overall.iter_mut().zip(row).for_each(|(sum, &count)| *sum += f64::from(count) + 1.0);
    }
    let total: f64 = overall.iter().sum();
    let cell = |count: u32, size: f64, column: f64| ((f64::from(count) + 1.0) / size / (column / total)).log2();
    let values = rows().flat_map(|row| {
        let size = present(row).then(|| size(row));
        row.iter().zip(&overall).map(move |(&count, &column)| size.map(|size| cell(count, size, column)))
    });
    values.collect()
}

/// Purity as normalised mutual information 2 I(class, expert) ÷ (H(class) + H(expert)) of first choices: 0 independent, 1
/// each tells the other. Chance is a little above 0, (C − 1)(N − 1) ÷ 2T nats of I. `None` if there is one class and one
/// expert only.
pub fn nmi(crossing: &[u32], experts: usize) -> Option<f64> {
    let total: f64 = crossing.iter().map(|&count| f64::from(count)).sum();
    if total == 0.0 {
        return None;
    }
    let shares: Vec<f64> = crossing.iter().map(|&count| f64::from(count) / total).collect();
    let classes: Vec<f64> = shares.chunks_exact(experts).map(|row| row.iter().sum()).collect();
    let used: Vec<f64> = (0..experts).map(|i| shares.iter().skip(i).step_by(experts).sum()).collect();
    let (of_class, of_expert) = (entropy(&classes), entropy(&used));
    // Summed term by term, since a difference of entropies would lose the digits of a small one.
    let information: f64 = shares
        .iter()
        .enumerate()
        .filter(|(_, share)| **share > 0.0)
        .map(|(cell, share)| share * (share / (classes[cell / experts] * used[cell % experts])).ln())
        .sum();
    (of_class + of_expert > 0.0).then(|| (2.0 * information.max(0.0) / (of_class + of_expert)).min(1.0))
}

/// How many times as often as in all a lift of so many bits is: 2^lift, 1 where there is no preference.
pub fn times_as_often(lift: f64) -> f64 {
    lift.exp2()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(found: &[Option<f64>], expected: &[f64]) -> bool {
        found.iter().zip(expected).all(|(a, b)| a.is_some_and(|a| (a - b).abs() < 1e-12))
            && found.len() == expected.len()
    }

    #[test]
    fn crossing_by_hand() {
        // Tokens of class 1, 0, 1 with picks {0 2}, {1 2}, {2 0}.
        assert_eq!(crossing(&[1, 0, 1], 2, &[0, 2, 1, 2, 2, 0], 3), [0, 1, 1, 2, 0, 2]);
        assert_eq!(crossing(&[], 2, &[], 3), [0; 6]);
    }

    #[test]
    fn lift_by_hand() {
        assert_eq!([0.0, 1.0, -2.0].map(times_as_often), [1.0, 2.0, 0.25]);
        // With ones added 4 1 / 1 2 and an absent class: rows of 5 and 3, columns 5 and 3 of 8.
        let found = lift(&[3, 0, 0, 0, 0, 1], 2);
        let log = |x: f64| x.log2();
        assert!(near(&found[..2], &[log(0.8 / 0.625), log(0.2 / 0.375)]));
        assert!(near(&found[4..], &[log(1.0 / 3.0 / 0.625), log(2.0 / 3.0 / 0.375)]));
        assert_eq!(found[2..4], [None; 2]);
    }

    #[test]
    fn nmi_by_hand() {
        assert_eq!(nmi(&[5, 0, 0, 5], 2), Some(1.0));
        assert_eq!((nmi(&[2, 2, 2, 2], 2), nmi(&[4, 4], 2)), (Some(0.0), Some(0.0)));
        assert_eq!((nmi(&[9], 1), nmi(&[0, 0], 2), nmi(&[0, 9, 0, 0], 2)), (None, None, None));
        // 3 1 / 1 3 of 8: I = ¾ ln(3/2) + ¼ ln(1/2), entropies ln 2 both.
        let expected = (0.75 * 1.5f64.ln() + 0.25 * 0.5f64.ln()) / 2f64.ln();
        assert!((nmi(&[3, 1, 1, 3], 2).unwrap() - expected).abs() < 1e-14);
    }

    proptest! {
        #[test]
        fn nmi_is_bounded_and_blind_to_names(table in prop::collection::vec(0u32..9, 12)) {
            prop_assume!(table.iter().any(|&c| c > 0));
            let found = nmi(&table, 4);
            prop_assert!(found.is_none_or(|v| (0.0..=1.0).contains(&v)));
            let turned: Vec<u32> = table.chunks(4).rev().flat_map(|r| [r[2], r[3], r[0], r[1]]).collect();
            prop_assert_eq!(nmi(&turned, 4).is_some(), found.is_some());
            if let Some(found) = found {
                prop_assert!((nmi(&turned, 4).unwrap() - found).abs() < 1e-12);
            }
        }

        #[test]
        fn lift_is_zero_on_average(table in prop::collection::vec(1u32..9, 12)) {
            // Weighted by class use, two to the lift times overall use adds up to 1.
            let overall: Vec<f64> = (0..4).map(|i| (0..3).map(|c| f64::from(table[c * 4 + i]) + 1.0).sum()).collect();
            let total: f64 = overall.iter().sum();
            for row in lift(&table, 4).chunks(4) {
                let sum: f64 = row.iter().zip(&overall).map(|(l, o)| l.unwrap().exp2() * o / total).sum();
                prop_assert!((sum - 1.0).abs() < 1e-12);
            }
        }
    }
}
