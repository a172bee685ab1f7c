//! Weight similarity of a layer's experts: compared on demand, pair by pair, while training goes on.

use crate::domain::roster::ExpertId;

/// Weight similarity of every two experts of one layer, as far as it is known.
///
/// Cosines of the weights into and out of the hidden neurons, −1 to 1 (definition:
/// `similarity::WeightCosine`). Matrices are symmetric, `[experts × experts]` by rows, NaN where a
/// pair has not been compared, 1 on the diagonal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WeightLikeness {
    /// Steps done when the weights were copied.
    pub step: u64,
    /// Layer with experts, from 0.
    pub layer: usize,
    /// Who row and column i are.
    pub experts: Vec<ExpertId>,
    /// In the order in which the neurons lie, which means nothing by itself.
    pub as_they_lie: Vec<f32>,
    /// In the order of neurons that makes the two most alike.
    pub matched: Vec<f32>,
    /// What `matched` comes to for two experts that have nothing in common; `None` before it is known. Above 0, for the
    /// best order of many neurons always finds something.
    pub chance: Option<f32>,
    /// Pairs compared so far.
    pub done: usize,
    /// Pairs in all: N · (N − 1) ÷ 2.
    pub pairs: usize,
}

impl WeightLikeness {
    /// Of these experts, nothing compared yet.
    pub fn begun(step: u64, layer: usize, experts: Vec<ExpertId>) -> Self {
        let n = experts.len();
        let cell = |i: usize| if i / n == i % n { 1.0 } else { f32::NAN };
        let blank: Vec<f32> = (0..n * n).map(cell).collect();
        let pairs = n * n.saturating_sub(1) / 2;
        Self { step, layer, experts, as_they_lie: blank.clone(), matched: blank, chance: None, done: 0, pairs }
    }

    /// Puts down what a pair of slots came to.
    pub fn take(&mut self, [one, other]: [usize; 2], as_they_lie: f32, matched: f32) {
        let n = self.experts.len();
        for cell in [one * n + other, other * n + one] {
            (self.as_they_lie[cell], self.matched[cell]) = (as_they_lie, matched);
        }
        self.done += 1;
    }

    /// Whether every pair has been compared.
    pub fn is_done(&self) -> bool {
        self.done == self.pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_stand_on_both_sides_of_the_diagonal() {
        let mut found = WeightLikeness::begun(7, 1, vec![ExpertId(0), ExpertId(4), ExpertId(2)]);
        assert_eq!((found.pairs, found.is_done()), (3, false));
        found.take([0, 2], -0.25, 0.5);
        assert_eq!(
            [found.matched[2], found.matched[6], found.as_they_lie[6], found.matched[4]],
            [0.5, 0.5, -0.25, 1.0]
        );
        assert!(found.matched[1].is_nan() && found.done == 1);
        let alone = WeightLikeness::begun(0, 0, vec![ExpertId(3)]);
        assert!(alone.is_done() && alone.matched == [1.0] && WeightLikeness::begun(0, 0, Vec::new()).is_done());
    }
}
