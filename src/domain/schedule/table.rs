//! The published schedule: a table of all steps, drawn before training.

use super::free::FreeSteps;

/// Bits of a word of the table.
const WORD: usize = u64::BITS as usize;

/// The published table: drawn for all layers and steps before training; a layer that finds a step
/// full moves its competition to the nearest free step, looking left first and then right.
///
/// Source: the language code of arXiv 2505.13380, as described step by step by its schedule routine.
///
/// A competition may move to any step, earlier or later, and the layers are drawn one after the other, so no step is certain
/// before all are drawn. A bit per layer and step; drawn in time linear in their number, up to a small factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleTable {
    warm_steps: usize,
    /// `[layers]`, each a bit per step after warm-up.
    rows: Vec<Vec<u64>>,
}

impl ScheduleTable {
    /// Draws the table. `draw` yields uniform numbers in `[0, 1)`, consumed layer by layer, one per cell, always.
    ///
    /// # Errors
    /// If `warm_steps` leaves no step to compete in.
    pub fn draw(
        layers: usize,
        total_steps: usize,
        warm_steps: usize,
        rate: f64,
        max_competing_layers: usize,
        mut draw: impl FnMut() -> f32,
    ) -> Result<Self, String> {
        let steps = total_steps.saturating_sub(warm_steps);
        if steps == 0 {
            return Err(format!(
                "a competition warm-up of {warm_steps} steps leaves none of {total_steps} to compete in; make it shorter"
            ));
        }
        let full = u8::try_from(max_competing_layers).unwrap_or(u8::MAX);
        let mut rows: Vec<Vec<u64>> = Vec::with_capacity(layers);
        // How many earlier layers compete at each step.
        let mut settled = vec![0u8; steps];
        for _ in 0..layers {
            let mut free = FreeSteps::of(steps, |i| settled[i] < full);
            let mut row = vec![0u64; steps.div_ceil(WORD)];
            for i in 0..steps {
                if f64::from(draw()) >= rate {
                    continue;
                }
                // A step that was filled from its left or right counts for itself too: hit while there is room, it stays one
                // competition, as published.
                let taken = row[i / WORD] >> (i % WORD) & 1 == 1;
                let busy = usize::from(settled[i]) + usize::from(taken);
                let place =
                    if busy < max_competing_layers { Some(i) } else { free.before(i).or_else(|| free.after(i)) };
                if let Some(j) = place {
                    row[j / WORD] |= 1 << (j % WORD);
                    free.remove(j);
                }
            }
            for (i, count) in settled.iter_mut().enumerate() {
                *count += (row[i / WORD] >> (i % WORD) & 1) as u8;
            }
            rows.push(row);
        }
        Ok(Self { warm_steps, rows })
    }

    /// Whether `layer` competes at `step`, counted from the start of the run, warm-up included.
    pub fn competes(&self, layer: usize, step: usize) -> bool {
        let Some(column) = step.checked_sub(self.warm_steps) else { return false };
        let word = self.rows.get(layer).and_then(|row| row.get(column / WORD));
        word.is_some_and(|word| word >> (column % WORD) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::draw::{Draws, Purpose};

    /// The routine in plain loops, a list of all cells and a search step by step.
    fn plain(layers: usize, steps: usize, rate: f64, cap: usize, mut draw: impl FnMut() -> f32) -> Vec<Vec<bool>> {
        let mut cells: Vec<Vec<bool>> = Vec::new();
        for _ in 0..layers {
            let mut busy: Vec<usize> = (0..steps).map(|i| cells.iter().filter(|row| row[i]).count()).collect();
            let mut row = vec![false; steps];
            for i in 0..steps {
                if f64::from(draw()) >= rate {
                    continue;
                }
                let free = |j: usize| busy[j] < cap && !row[j];
                let place = if busy[i] < cap {
                    Some(i)
                } else {
                    (0..i).rev().find(|&j| free(j)).or_else(|| (i + 1..steps).find(|&j| free(j)))
                };
                if let Some(j) = place {
                    row[j] = true;
                    busy[j] += 1;
                }
            }
            cells.push(row);
        }
        cells
    }

    fn draws(seed: u64) -> impl FnMut() -> f32 {
        let mut draws = Draws::new(seed, Purpose::Schedule, 0, 0);
        move || draws.unit() as f32
    }

    proptest! {
        #[test]
        fn the_table_is_that_of_plain_loops(
            seed: u64, rate in prop_oneof![Just(1.0), Just(0.0), 0.0..=1.0f64], cap in 0usize..4, layers in 1usize..6,
            warm in 0usize..9, steps in 1usize..300
        ) {
            let table = ScheduleTable::draw(layers, warm + steps, warm, rate, cap, draws(seed)).unwrap();
            let cells = plain(layers, steps, rate, cap, draws(seed));
            for (layer, row) in cells.iter().enumerate() {
                for (i, &competes) in row.iter().enumerate() {
                    prop_assert_eq!(table.competes(layer, warm + i), competes, "layer {} step {}", layer, i);
                }
            }
            prop_assert!((0..warm).all(|step| !table.competes(0, step)));
            prop_assert!(!table.competes(0, warm + steps) && !table.competes(layers, warm));
        }
    }

    #[test]
    fn a_plan_without_a_free_step_is_drawn_without_searching_all_of_it() {
        // Every step is full after the first layer: step by step, each of the others would search a million steps a million
        // times.
        let table = ScheduleTable::draw(4, 1_000_000, 0, 1.0, 1, || 0.0).unwrap();
        assert!(table.competes(0, 0) && table.competes(0, 999_999));
        assert!((1..4).all(|layer| !table.competes(layer, 0) && !table.competes(layer, 999_999)));
    }
}
