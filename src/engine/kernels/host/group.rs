//! Tokens grouped by the expert they go to.

use std::ops::Range;

/// Which tokens each expert gets: rows sorted by expert, tokens ascending within.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Groups {
    /// First row of each expert, and the number of rows at the end: N + 1 numbers.
    pub starts: Vec<usize>,
    /// Token of each row: T·k numbers.
    pub token: Vec<u32>,
    /// Expert of each of a token's k rows, ascending: T·k numbers.
    pub expert: Vec<u32>,
    /// The rows themselves, in the same order: T·k numbers.
    pub row: Vec<u32>,
}

impl Groups {
    /// From `picks` `[T, N]`, exactly `k` nonzero entries a row.
    ///
    /// # Panics
    /// If a row has another number of picks.
    pub fn of(picks: &[f32], experts: usize, k: usize) -> Self {
        let tokens = picks.len() / experts;
        let mut expert = Vec::with_capacity(tokens * k);
        let mut starts = vec![0usize; experts + 1];
        for row in picks.chunks_exact(experts) {
            for (slot, &picked) in row.iter().enumerate() {
                if picked != 0.0 {
                    expert.push(slot as u32);
                    starts[slot + 1] += 1;
                }
            }
        }
        assert_eq!(expert.len(), tokens * k, "every token has {k} picks");
        for slot in 0..experts {
            starts[slot + 1] += starts[slot];
        }
        let mut next = starts.clone();
        let mut token = vec![0u32; tokens * k];
        let mut row = Vec::with_capacity(tokens * k);
        for (place, &slot) in expert.iter().enumerate() {
            let at = next[slot as usize];
            next[slot as usize] += 1;
            token[at] = (place / k) as u32;
            row.push(at as u32);
        }
        Self { starts, token, expert, row }
    }

    /// Rows in all.
    pub fn rows(&self) -> usize {
        self.token.len()
    }

    /// Rows of one expert.
    pub(crate) fn rows_of(&self, expert: usize) -> usize {
        self.starts[expert + 1] - self.starts[expert]
    }

    /// Rows of some experts that follow each other.
    pub(crate) fn rows_of_all(&self, experts: &Range<usize>) -> Range<usize> {
        self.starts[experts.start]..self.starts[experts.end]
    }

    /// The rows of these experts in pieces of at most `most`, by how many an expert has, none across two experts, in order: expert, rows.
    pub(crate) fn pieces(&self, experts: Range<usize>, most: impl Fn(usize) -> usize) -> Vec<(usize, Range<usize>)> {
        let mut pieces = Vec::new();
        for expert in experts {
            let (start, rows) = (self.starts[expert], self.rows_of(expert));
            let parts = rows.div_ceil(most(rows));
            for part in 0..parts {
                pieces.push((expert, start + rows * part / parts..start + rows * (part + 1) / parts));
            }
        }
        pieces
    }

    /// The experts in waves of at least so many rows each, the last as many as are left.
    pub(crate) fn waves(&self, least: usize) -> Vec<Range<usize>> {
        let (mut waves, mut first) = (Vec::new(), 0);
        for end in 1..self.starts.len() {
            if self.starts[end] - self.starts[first] >= least || end + 1 == self.starts.len() {
                waves.push(first..end);
                first = end;
            }
        }
        waves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_tokens_two_picks_by_hand() {
        let picks = [1., 0., 1., 0., 0., 1., 1., 0., 1., 0., 1., 0.]; // {0,2}, {1,2}, {0,2} of 4
        let groups = Groups::of(&picks, 4, 2);
        assert_eq!(groups.starts, [0, 2, 3, 6, 6]);
        assert_eq!(groups.token, [0, 2, 1, 0, 1, 2]);
        assert_eq!(groups.expert, [0, 2, 1, 2, 0, 2]);
        assert_eq!(groups.row, [0, 3, 2, 4, 1, 5]);
        assert_eq!(groups.pieces(0..4, |_| 2), [(0, 0..2), (1, 2..3), (2, 3..4), (2, 4..6)]);
        assert_eq!(groups.pieces(1..2, |_| 2), [(1, 2..3)]);
        assert_eq!(groups.waves(2), [0..1, 1..3, 3..4]);
        assert_eq!(groups.waves(1), [0..1, 1..2, 2..3, 3..4]);
        assert_eq!((groups.waves(7).len(), groups.waves(7)[0].clone()), (1, 0..4));
        assert_eq!(groups.rows_of_all(&(1..3)), 2..6);
    }

    #[test]
    #[should_panic(expected = "picks")]
    fn a_row_with_too_few_picks_is_refused() {
        Groups::of(&[1., 0., 0., 0.], 2, 1);
    }
}
