//! Fluctuation, saturation and repetition: how routing changes between two looks at the same tokens, over a whole history, and from one position to the next.
//!
//! "Picks" are `[T × k]` slots, row-major: a token's k experts, in any order. Both looks are at the same T tokens.

/// Routing fluctuation: share of tokens whose first choice changed between two looks, 0 to 1, falling is good
/// (X-MoE, arXiv 2204.09179). Chance: `fluctuation_by_chance`. `None` without any token.
pub fn fluctuation(before: &[u32], now: &[u32]) -> Option<f64> {
    mean(before.iter().zip(now).map(|(a, b)| f64::from(u8::from(a != b))))
}

/// What [`fluctuation`] would be for first choices drawn anew at the rates of `counts`: 1 − Σ f². `None` without any token.
pub(crate) fn fluctuation_by_chance(counts: &[u32]) -> Option<f64> {
    let shares = super::load::fraction(counts)?;
    Some(1.0 - shares.iter().map(|f| f * f).sum::<f64>())
}

/// Router saturation: mean over tokens of |now ∩ reference| ÷ k, 0 to 1 (1 is settled). Chance k ÷ N (OLMoE, arXiv
/// 2409.02060). `None` without any token.
pub(crate) fn saturation(now: &[u32], reference: &[u32], k: usize) -> Option<f64> {
    let shared = now.chunks_exact(k).zip(reference.chunks_exact(k)).map(|(a, b)| shared(a, b) as f64 / k as f64);
    mean(shared)
}

/// Last fluctuation step of each token: the step of the last look at which its expert was not yet its final one; `None`
/// for a token that never changed (StableMoE, arXiv 2204.08396).
///
/// - `looks`: first choices `[T]` of each look, oldest first
/// - `steps`: when each look was taken
pub(crate) fn last_fluctuation(looks: &[Vec<u32>], steps: &[u64]) -> Vec<Option<u64>> {
    let Some((last, earlier)) = looks.split_last() else { return Vec::new() };
    let differs = |token: usize| earlier.iter().rposition(|look| look[token] != last[token]);
    (0..last.len()).map(|token| differs(token).map(|at| steps[at])).collect()
}

/// Share of tokens whose last fluctuation was at `step` or later: 0 to 1, falls from step to step to 0 at the last
/// look. BASE is told to have 0.409 at a fifth of its training (StableMoE).
pub fn unsettled(last: &[Option<u64>], step: u64) -> Option<f64> {
    mean(last.iter().map(|at| f64::from(u8::from(at.is_some_and(|at| at >= step)))))
}

/// Consecutive repetition: share of neighbouring positions of a sequence that have an expert in common, 0 to 1 (Mixtral,
/// arXiv 2401.04088, table 5). Chance: `repetition_chance`.
///
/// - `picks`: `[T × k]`, sequences of `context` positions one after another; the last may be shorter
///
/// `None` if no position has a neighbour.
pub fn repetition(picks: &[u32], k: usize, context: usize) -> Option<f64> {
    let sequences = picks.chunks(k * context);
    let pairs = sequences.flat_map(|sequence| sequence.chunks_exact(k).zip(sequence.chunks_exact(k).skip(1)));
    mean(pairs.map(|(a, b)| f64::from(u8::from(shared(a, b) > 0))))
}

/// What repetition would be for k of N experts at random: 1 − C(N − k, k) ÷ C(N, k). 12.5 % for one of eight, 46.4 % for
/// two of eight.
pub(crate) fn repetition_chance(experts: usize, k: usize) -> f64 {
    let none: f64 = (0..k).map(|i| experts.saturating_sub(k + i) as f64 / (experts - i) as f64).product();
    1.0 - none
}

/// How many slots two sets of picks have in common.
pub(super) fn shared(a: &[u32], b: &[u32]) -> usize {
    a.iter().filter(|slot| b.contains(slot)).count()
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0usize, 0.0), |(count, sum), value| (count + 1, sum + value));
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fluctuation_by_chance_by_hand() {
        assert_eq!((fluctuation_by_chance(&[4, 4]), fluctuation_by_chance(&[9, 0])), (Some(0.5), Some(0.0)));
        assert_eq!(fluctuation_by_chance(&[0, 0]), None);
    }

    #[test]
    fn two_looks_by_hand() {
        assert_eq!((fluctuation(&[0, 1, 2, 3], &[0, 1, 3, 2]), fluctuation(&[], &[])), (Some(0.5), None));
        // Sets {0,1} {2,3} against {1,0} {3,5}: 2 and 1 of 2.
        let (now, reference) = ([0, 1, 2, 3], [1, 0, 3, 5]);
        assert_eq!(saturation(&now, &reference, 2), Some(0.75));
    }

    #[test]
    fn the_last_fluctuation_is_the_last_look_before_settling() {
        let looks = [vec![0, 0, 0, 0], vec![0, 1, 2, 1], vec![0, 1, 0, 2], vec![0, 1, 0, 1]];
        let last = last_fluctuation(&looks, &[10, 20, 30, 40]);
        assert_eq!(last, [None, Some(10), Some(20), Some(30)]);
        assert_eq!([0, 10, 11, 30, 31].map(|step| unsettled(&last, step).unwrap()), [0.75, 0.75, 0.5, 0.25, 0.0]);
        assert_eq!((last_fluctuation(&[], &[]), unsettled(&[], 3)), (vec![], None));
    }

    #[test]
    fn neighbours_of_one_sequence_only() {
        // Sequences 0 1 1 | 1 1: pairs 0-1, 1-1, 1-1; the one across does not count.
        assert_eq!(repetition(&[0, 1, 1, 1, 1], 1, 3), Some(2.0 / 3.0));
        // {0,1} {1,2} {3,4}: one of two.
        assert_eq!((repetition(&[0, 1, 2, 1, 3, 4], 2, 8), repetition(&[0, 1], 2, 8)), (Some(0.5), None));
    }

    #[test]
    fn chance_of_repetition_as_the_source_gives_it() {
        assert!(
            (repetition_chance(8, 1) - 0.125).abs() < 1e-15 && (repetition_chance(8, 2) - 13.0 / 28.0).abs() < 1e-15
        );
        assert_eq!((repetition_chance(4, 3), repetition_chance(4, 4), repetition_chance(1, 1)), (1.0, 1.0, 1.0));
    }

    proptest! {
        #[test]
        fn chance_of_repetition_counted_out(n in 1usize..7, k in 1usize..7) {
            let k = k.min(n);
            let sets: Vec<u32> = (0u32..1 << n).filter(|set| set.count_ones() as usize == k).collect();
            let apart = sets.iter().filter(|&&set| set & sets[0] == 0).count() as f64;
            prop_assert!((repetition_chance(n, k) - (1.0 - apart / sets.len() as f64)).abs() < 1e-12);
        }
    }
}
