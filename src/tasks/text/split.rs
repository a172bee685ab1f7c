//! Which bytes are for training, which for validation, which are kept aside: 90/5/5 by position.

use std::fmt;
use std::ops::Range;

/// A part of the text that is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextPart {
    /// What the network learns from: the first nine tenths.
    Training,
    /// What validation and probes are drawn from: the twentieth after it.
    Validation,
}

impl fmt::Display for TextPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Training => "training",
            Self::Validation => "validation",
        })
    }
}

/// The three parts of a text, as byte ranges that follow one another and cover it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The first nine tenths, and what rounding leaves over.
    pub training: Range<usize>,
    /// The next twentieth.
    pub validation: Range<usize>,
    /// The last twentieth.
    pub test: Range<usize>,
}

impl Split {
    /// Splits a text of `bytes` bytes.
    pub fn of(bytes: usize) -> Self {
        let twentieth = bytes / 20;
        let (validation, test) = (bytes - 2 * twentieth, bytes - twentieth);
        Self { training: 0..validation, validation: validation..test, test: test..bytes }
    }

    /// The bytes of one part.
    pub fn range(&self, part: TextPart) -> Range<usize> {
        match part {
            TextPart::Training => self.training.clone(),
            TextPart::Validation => self.validation.clone(),
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
