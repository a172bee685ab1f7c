//! Co-activation: how often two experts are picked for the same token, against chance.

/// Counts over tokens of which experts are picked together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Together {
    /// `[N × N]`: tokens that have both; on the diagonal tokens that have the one.
    pairs: Vec<u64>,
    experts: usize,
}

impl Together {
    /// No token yet.
    pub fn new(experts: usize) -> Self {
        Self { pairs: vec![0; experts * experts], experts }
    }

    /// One token's picks `[k]`, all different. Every pair of them counts, not only neighbours in rank.
    pub fn add(&mut self, picks: &[u32]) {
        for &a in picks {
            picks.iter().for_each(|&b| self.pairs[a as usize * self.experts + b as usize] += 1);
        }
    }

    /// Co-activation N_ij ÷ N_i, `[N × N]`: of the tokens that have i, those that have j as well; 0 to 1, 1 on the diagonal
    /// (OLMoE, arXiv 2409.02060, section 5.2). Chance for even loads is (k − 1) ÷ (N − 1). An expert without tokens has no
    /// values beside the diagonal.
    pub fn shares(&self) -> Vec<Option<f64>> {
        let cell = |i: usize, j: usize| self.pairs[i * self.experts + j] as f64;
        let share =
            |i: usize, j: usize| if i == j { Some(1.0) } else { (cell(i, i) > 0.0).then(|| cell(i, j) / cell(i, i)) };
        (0..self.experts * self.experts).map(|at| share(at / self.experts, at % self.experts)).collect()
    }
}

/// What co-activation of two different experts is if every set of k is as likely: (k − 1) ÷ (N − 1). `None` for a single
/// expert.
pub fn chance(experts: usize, k: usize) -> Option<f64> {
    (experts > 1).then(|| (k - 1) as f64 / (experts - 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Co-activation of picks `[T × k]`.
    fn coactivation(picks: &[u32], k: usize, experts: usize) -> Vec<Option<f64>> {
        let mut together = Together::new(experts);
        picks.chunks_exact(k).for_each(|picks| together.add(picks));
        together.shares()
    }

    #[test]
    fn by_hand() {
        // {0 1}, {0 2}, {1 0}: 0 has three tokens, two with 1.
        let found = coactivation(&[0, 1, 0, 2, 1, 0], 2, 4);
        let third = 1.0 / 3.0;
        let expected = [
            [Some(1.0), Some(2.0 * third), Some(third), Some(0.0)],
            [Some(1.0), Some(1.0), Some(0.0), Some(0.0)],
            [Some(1.0), Some(0.0), Some(1.0), Some(0.0)],
            [None, None, None, Some(1.0)],
        ];
        assert_eq!(found, expected.concat());
    }

    #[test]
    fn all_pairs_count_not_only_neighbours() {
        // Picked 0, 1, 2 in this order: 0 and 2 are together too.
        assert_eq!(coactivation(&[0, 1, 2], 3, 3), [Some(1.0); 9]);
        assert_eq!(coactivation(&[0, 1], 1, 2), [Some(1.0), Some(0.0), Some(0.0), Some(1.0)]);
    }

    #[test]
    fn every_set_once_gives_chance() {
        let (n, k) = (6, 3);
        let sets = (0u32..1 << n).filter(|set| set.count_ones() == k);
        let picks: Vec<u32> = sets.flat_map(|set| (0..n).filter(move |slot| set >> slot & 1 == 1)).collect();
        let found = coactivation(&picks, k as usize, n as usize);
        let expected = chance(n as usize, k as usize).unwrap();
        for (at, value) in found.iter().enumerate().filter(|(at, _)| at / 6 != at % 6) {
            assert!((value.unwrap() - expected).abs() < 1e-12, "{at}");
        }
        assert_eq!((chance(1, 1), chance(8, 8)), (None, Some(1.0)));
    }
}
