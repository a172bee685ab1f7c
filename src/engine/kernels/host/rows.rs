//! Rows of numbers as products read them: all of a matrix, or those of some tokens, wherever they lie.

use std::borrow::Cow;

/// Some rows of equal width: those that follow each other, or those named by `tokens`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<'a> {
    values: &'a [f32],
    width: usize,
    tokens: Option<&'a [u32]>,
}

impl<'a> Rows<'a> {
    /// All rows of `values` `[rows, width]`.
    pub fn all(values: &'a [f32], width: usize) -> Self {
        Self { values, width, tokens: None }
    }

    /// The rows of `values` `[T, width]` that belong to these tokens.
    pub fn of_tokens(values: &'a [f32], width: usize, tokens: &'a [u32]) -> Self {
        Self { values, width, tokens: Some(tokens) }
    }

    /// How many rows.
    pub fn len(self) -> usize {
        self.tokens.map_or(self.values.len() / self.width, <[u32]>::len)
    }

    /// Numbers of a row.
    pub fn width(self) -> usize {
        self.width
    }

    /// The rows `start..end`.
    pub fn part(self, start: usize, end: usize) -> Self {
        match self.tokens {
            Some(tokens) => Self { tokens: Some(&tokens[start..end]), ..self },
            None => Self { values: &self.values[start * self.width..end * self.width], ..self },
        }
    }

    /// Place of the first number of row `i` among all numbers.
    #[inline(always)]
    pub fn start(self, i: usize) -> usize {
        self.tokens.map_or(i, |tokens| tokens[i] as usize) * self.width
    }

    /// Row `i`, `[width]`.
    #[inline(always)]
    pub fn row(self, i: usize) -> &'a [f32] {
        &self.values[self.start(i)..][..self.width]
    }

    /// The numbers among which [`start`](Self::start) is a place.
    pub fn values(self) -> &'a [f32] {
        self.values
    }

    /// Copies one row after another into `into`, `[rows, width]`.
    #[inline(always)]
    pub fn copy_into(self, into: &mut [f32]) {
        for (i, into) in into.chunks_exact_mut(self.width).enumerate() {
            into.copy_from_slice(self.row(i));
        }
    }

    /// One row after another, `[rows, width]`: copied where they do not lie so.
    pub fn in_order(self) -> Cow<'a, [f32]> {
        if self.tokens.is_none() {
            return Cow::Borrowed(self.values);
        }
        let mut copy = Vec::with_capacity(self.len() * self.width);
        (0..self.len()).for_each(|i| copy.extend_from_slice(self.row(i)));
        Cow::Owned(copy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_tokens_are_those_that_copying_them_gives() {
        let numbers: Vec<f32> = (0..12).map(|i| i as f32).collect();
        let (all, some) = (Rows::all(&numbers, 3), Rows::of_tokens(&numbers, 3, &[2, 0, 2]));
        assert_eq!((all.len(), some.len(), some.width()), (4, 3, 3));
        assert_eq!(*some.in_order(), [6., 7., 8., 0., 1., 2., 6., 7., 8.]);
        assert_eq!(*some.part(1, 3).in_order(), [0., 1., 2., 6., 7., 8.]);
        assert_eq!(*all.part(1, 2).in_order(), [3., 4., 5.]);
        for i in 0..3 {
            assert_eq!(some.row(i), &some.in_order()[i * 3..][..3]);
            assert_eq!(some.row(i), &some.values()[some.start(i)..][..3]);
        }
        assert!(Rows::of_tokens(&numbers, 3, &[]).in_order().is_empty());
        let mut copy = [0.0; 9];
        some.copy_into(&mut copy);
        assert_eq!(copy, *some.in_order());
    }
}
