//! Train, validation and test split of a text: 90, 5 and 5 per cent by position.

use std::ops::Range;

use crate::tasks::DataSplit;

/// The three parts of a text, as byte ranges that follow one another and cover it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The first nine tenths, and what rounding leaves over.
    pub training: Range<usize>,
    /// The next twentieth.
    pub validation: Range<usize>,
    /// The last twentieth: held-out test set, never trained or selected on.
    pub test: Range<usize>,
}

impl Split {
    /// Splits a text of `bytes` bytes.
    pub fn of(bytes: usize) -> Self {
        let twentieth = bytes / 20;
        let (validation, test) = (bytes - 2 * twentieth, bytes - twentieth);
        Self { training: 0..validation, validation: validation..test, test: test..bytes }
    }

    /// The bytes of the part that is drawn from for training or for validation.
    pub fn range(&self, part: DataSplit) -> Range<usize> {
        match part {
            DataSplit::Training => self.training.clone(),
            DataSplit::Validation => self.validation.clone(),
        }
    }

    /// Bytes in the training, validation and test parts.
    pub fn sizes(&self) -> [u64; 3] {
        [&self.training, &self.validation, &self.test].map(|range| range.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_follow_one_another_and_cover_the_text(bytes in 0usize..10_000_000) {
            let split = Split::of(bytes);
            prop_assert_eq!(split.training.start, 0);
            prop_assert_eq!(split.training.end, split.validation.start);
            prop_assert_eq!(split.validation.end, split.test.start);
            prop_assert_eq!(split.test.end, bytes);
            prop_assert_eq!(split.validation.len(), bytes / 20);
            prop_assert_eq!(split.test.len(), bytes / 20);
        }
    }

    #[test]
    fn largest_text_does_not_overflow() {
        assert_eq!(Split::of(usize::MAX).test.end, usize::MAX);
    }
}
