//! Likeness of the experts then to those now, and the order by which they are matched: as they are stored, unless another order makes
//! them clearly more alike.

use super::matching::{Evidence, ExpertMatching, MatchedBy};
use crate::domain::measures::gram;
use crate::domain::measures::matching::best_assignment;

/// Another order has to gain this many times the scatter of the cosine of unrelated weights.
const CLEARLY: f64 = 4.0;

/// Likeness of every expert then (rows) to every one now (columns).
pub(super) struct Likeness {
    /// `[E then × E now]`; `None` where one has no numbers.
    cells: Vec<Option<f64>>,
    then: usize,
    now: usize,
    /// Numbers that each is of.
    numbers: usize,
}

impl Likeness {
    /// - `cells`: `[E then × E now]`
    /// - `numbers`: of how many numbers each cosine is
    pub fn new(cells: Vec<Option<f64>>, then: usize, now: usize, numbers: usize) -> Self {
        Self { cells, then, now, numbers }
    }

    /// Cosines of rows: `[(E then + E now) × width]`, those then first.
    pub fn of_rows(rows: &[f32], then: usize, now: usize, width: usize) -> Self {
        let all = then + now;
        let products = gram::row_products(rows, all, width);
        let square = |row: usize| products.get((row, row)).copied().unwrap_or(f64::NAN);
        let cosine = |was: usize, is: usize| {
            let lengths = (square(was) * square(then + is)).sqrt();
            let cosine = products.get((was, then + is)).copied().unwrap_or(f64::NAN) / lengths;
            (lengths > 0.0 && cosine.is_finite()).then_some(cosine)
        };
        let cells = (0..then * now).map(|cell| cosine(cell / now, cell % now)).collect();
        Self::new(cells, then, now, width)
    }

    fn at(&self, then: usize, now: usize) -> Option<f64> {
        self.cells.get(then * self.now + now).copied().flatten().filter(|_| then < self.then && now < self.now)
    }

    /// Mean along pairs that have a likeness.
    fn mean(&self, then_of: &[Option<usize>]) -> Option<f64> {
        let pairs = then_of.iter().enumerate().filter_map(|(now, then)| self.at((*then)?, now));
        let (count, sum) = pairs.fold((0usize, 0.0), |(count, sum), likeness| (count + 1, sum + likeness));
        (count > 0).then(|| sum / count as f64)
    }

    /// The best order, less what it moves for next to nothing.
    ///
    /// - `by`: what to call it where it differs from how experts are stored
    pub fn matching(&self, by: MatchedBy, is_estimated: bool, by_chance: Option<f64>) -> ExpertMatching {
        let side = self.then.max(self.now);
        let gain = |then: usize, now: usize| self.at(then, now).unwrap_or(0.0);
        let gains: Vec<f64> = (0..side * side).map(|cell| gain(cell / side, cell % side)).collect();
        let best = best_assignment(&gains, side);
        // A ring of experts that take each other's places is one decision.
        let mut order: Vec<usize> = (0..side).collect();
        let mut is_seen = vec![false; side];
        for first in 0..side {
            let mut ring = Vec::new();
            let mut slot = first;
            while let (Some(seen @ false), Some(next)) = (is_seen.get_mut(slot), best.get(slot)) {
                *seen = true;
                ring.push(slot);
                slot = *next;
            }
            let told: Vec<usize> = ring.iter().copied().filter(|&slot| slot < self.then.min(self.now)).collect();
            let count = ring.len().max(1) as f64;
            let mean = |of: &dyn Fn(usize) -> usize| ring.iter().map(|&then| gain(then, of(then))).sum::<f64>() / count;
            let (stays, moves) = (mean(&|then| then), mean(&|then| best.get(then).copied().unwrap_or(then)));
            let scatter = (1.0 - stays.powi(2)).max(0.0) / (self.numbers.max(1) as f64).sqrt();
            if told.is_empty() || moves - stays > (CLEARLY * scatter).max(1e-9) {
                for then in ring {
                    if let (Some(place), Some(now)) = (order.get_mut(then), best.get(then)) {
                        *place = *now;
                    }
                }
            }
        }
        let mut then_of = vec![None; self.now];
        for (then, &now) in order.iter().enumerate().take(self.then) {
            if let Some(place) = then_of.get_mut(now) {
                *place = Some(then);
            }
        }
        let as_stored = ExpertMatching::as_stored(self.now, self.then);
        let stays: Vec<Option<usize>> = (0..self.now).map(|now| as_stored.then_of(now)).collect();
        let by = if then_of == stays { MatchedBy::AsStored } else { by };
        let evidence =
            Evidence { likeness: self.mean(&then_of), as_stored: self.mean(&stays), by_chance, is_estimated };
        ExpertMatching::new(by, then_of, self.then).told_by(evidence)
    }
}
