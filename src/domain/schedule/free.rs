//! A set of free steps that finds the nearest one to either side in a few operations, however long the plan.

/// Bits of a word.
const WORD: usize = u64::BITS as usize;

/// Numbers from 0 to below a length, each in or out. A tree of words: a bit of a level says whether a word of the level below
/// has any bit, so that a neighbour is found in a step or two per level. About `length ÷ 8` bytes.
#[derive(Clone, Debug)]
pub(super) struct FreeSteps {
    /// The numbers themselves first, the summary of summaries last.
    levels: Vec<Vec<u64>>,
}

impl FreeSteps {
    /// The numbers below `length` of which `free` holds.
    pub(super) fn of(length: usize, free: impl Fn(usize) -> bool) -> Self {
        // A place more than there are numbers, so that one can look down from above the last.
        let mut levels = vec![words(length + 1, |number| number < length && free(number))];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let above = words(below.len(), |word| below[word] != 0);
            levels.push(above);
        }
        Self { levels }
    }

    /// Takes a number out.
    pub(super) fn remove(&mut self, number: usize) {
        let mut place = number;
        for level in &mut self.levels {
            let word = &mut level[place / WORD];
            *word &= !(1 << (place % WORD));
            if *word != 0 {
                return;
            }
            place /= WORD;
        }
    }

    /// The largest number in the set below `number`.
    pub(super) fn before(&self, number: usize) -> Option<usize> {
        let mut place = number;
        for (height, level) in self.levels.iter().enumerate() {
            let (word, bit) = (place / WORD, place % WORD);
            let left = level.get(word).map_or(0, |bits| bits & ((1u64 << bit) - 1));
            if left != 0 {
                return Some(self.down(height, word * WORD + left.ilog2() as usize, |bits| bits.ilog2()));
            }
            place = word;
        }
        None
    }

    /// The smallest number in the set above `number`.
    pub(super) fn after(&self, number: usize) -> Option<usize> {
        let mut place = number;
        for (height, level) in self.levels.iter().enumerate() {
            let (word, bit) = (place / WORD, place % WORD);
            // All bits above `bit`; none above the last.
            let mask = (!0u64 << bit) << 1;
            let right = level.get(word).map_or(0, |bits| bits & mask);
            if right != 0 {
                return Some(self.down(height, word * WORD + right.trailing_zeros() as usize, u64::trailing_zeros));
            }
            place = word;
        }
        None
    }

    /// From a word of one level to a number, taking the bit that `choose` names at each level on the way.
    fn down(&self, height: usize, place: usize, choose: impl Fn(u64) -> u32) -> usize {
        self.levels[..height].iter().rev().fold(place, |place, level| place * WORD + choose(level[place]) as usize)
    }
}

fn words(length: usize, holds: impl Fn(usize) -> bool) -> Vec<u64> {
    let word = |first: usize| {
        (first..length.min(first + WORD)).fold(0u64, |bits, place| bits | u64::from(holds(place)) << (place - first))
    };
    (0..length).step_by(WORD).map(word).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_empty_set_has_no_neighbours() {
        for length in [0, 1, 64, 65, 5000] {
            let set = FreeSteps::of(length, |_| false);
            assert_eq!((set.before(length), set.after(0)), (None, None), "{length}");
        }
    }

    #[test]
    fn the_last_number_of_full_words_is_below_their_length() {
        for length in [64, 64 * 64, 64 * 64 * 64] {
            assert_eq!(FreeSteps::of(length, |_| true).before(length), Some(length - 1), "{length}");
        }
    }

    proptest! {
        #[test]
        fn neighbours_are_those_of_an_ordered_set(
            length in 1usize..9000, holes in prop::collection::vec(any::<prop::sample::Index>(), 0..400), sparse: bool
        ) {
            let mut expected: BTreeSet<usize> = if sparse { BTreeSet::new() } else { (0..length).collect() };
            let chosen: Vec<usize> = holes.iter().map(|hole| hole.index(length)).collect();
            if sparse {
                expected.extend(chosen.iter().copied());
            }
            let mut set = FreeSteps::of(length, |i| expected.contains(&i));
            for &at in &chosen {
                prop_assert_eq!(set.before(at), expected.range(..at).next_back().copied());
                prop_assert_eq!(set.after(at), expected.range(at + 1..).next().copied());
                set.remove(at);
                expected.remove(&at);
                prop_assert_eq!(set.before(length), expected.last().copied());
            }
        }
    }
}
