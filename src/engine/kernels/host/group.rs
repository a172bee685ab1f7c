//! Tokens grouped by the expert they go to.

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

    /// Pieces of at most `most` rows, by how many an expert has, none across two experts, in order: expert, rows.
    pub(crate) fn pieces(&self, most: impl Fn(usize) -> usize) -> Vec<(usize, std::ops::Range<usize>)> {
        let mut pieces = Vec::new();
        for (expert, ends) in self.starts.windows(2).enumerate() {
            let rows = ends[1] - ends[0];
            let parts = rows.div_ceil(most(rows));
            for part in 0..parts {
                pieces.push((expert, ends[0] + rows * part / parts..ends[0] + rows * (part + 1) / parts));
            }
        }
        pieces
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
        assert_eq!(groups.pieces(|_| 2), [(0, 0..2), (1, 2..3), (2, 3..4), (2, 4..6)]);
    }

    #[test]
    #[should_panic(expected = "picks")]
    fn a_row_with_too_few_picks_is_refused() {
        Groups::of(&[1., 0., 0., 0.], 2, 1);
    }
}
