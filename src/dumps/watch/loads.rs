//! Recent loads of a watched run: the shares of its experts over the last few dumps, and their averages.

use std::collections::VecDeque;

use super::super::layers::DumpLayer;
use crate::domain::measures::window::{LOAD_WINDOW, WindowLoad};

/// Dumps that an average is made of at least, however far apart they are.
const LEAST: usize = 5;

/// Loads of the newest dumps, oldest first.
#[derive(Debug, Default)]
pub(super) struct RecentLoads(VecDeque<Load>);

/// The loads of one dump.
#[derive(Debug)]
struct Load {
    step: u64,
    /// Per layer `[N]`; empty where the picks are not known.
    shares: Vec<Vec<f64>>,
}

impl RecentLoads {
    /// Takes in a dump, `stride` steps after the one before, and gives the average of each layer over as many steps as a load is judged
    /// by, and as few dumps as make an average; `None` before as many have come.
    pub fn take(&mut self, step: u64, stride: u64, layers: &[DumpLayer]) -> Vec<Option<WindowLoad>> {
        let shares = layers.iter().map(|layer| layer.diagnosis.load.fraction.clone().unwrap_or_default());
        self.0.push_back(Load { step, shares: shares.collect() });
        let window = LOAD_WINDOW as u64;
        while self.0.len() > LEAST && self.0.front().is_some_and(|oldest| oldest.step + window <= step) {
            self.0.pop_front();
        }
        let first = self.0.front().map_or(step, |oldest| oldest.step);
        // A dump stands for the steps since the one before it.
        let steps = (step - first.min(step)).saturating_add(stride);
        (0..layers.len())
            .map(|layer| {
                let of_dumps: Vec<&[f64]> =
                    self.0.iter().filter_map(|load| load.shares.get(layer)).map(Vec::as_slice).collect();
                let experts = of_dumps.last().map_or(0, |shares| shares.len());
                let known = of_dumps.iter().filter(|shares| shares.len() == experts).count();
                if known < LEAST || experts == 0 || steps < window {
                    return None;
                }
                let of_expert = |expert: usize| of_dumps.iter().filter_map(|shares| shares.get(expert)).sum::<f64>();
                let means = (0..experts).map(|expert| of_expert(expert) / known as f64).collect();
                WindowLoad::new(usize::try_from(steps).unwrap_or(usize::MAX), means)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::readings::{Diagnosis, Load as LoadNumbers, Matrices};

    fn layer(fraction: [f64; 2]) -> DumpLayer {
        let load = LoadNumbers { fraction: Some(fraction.to_vec()), ..LoadNumbers::default() };
        DumpLayer {
            key: String::new(),
            diagnosis: Diagnosis { load, ..Diagnosis::default() },
            matrices: Matrices::default(),
            spoiled: Vec::new(),
        }
    }

    #[test]
    fn an_average_needs_some_dumps_and_some_steps() {
        // Every 1000 steps: five dumps are enough, and no more are kept.
        let mut loads = RecentLoads::default();
        for dump in 1..=4 {
            assert_eq!(loads.take(1000 * dump, 1000, &[layer([0.5, 0.5])]), [None]);
        }
        let found = loads.take(5000, 1000, &[layer([1.0, 0.0])]).remove(0).unwrap();
        assert_eq!(found, WindowLoad::new(5000, vec![0.6, 0.4]).unwrap());
        (6..50).for_each(|dump| drop(loads.take(1000 * dump, 1000, &[layer([1.0, 0.0])])));
        assert_eq!(loads.0.len(), LEAST);
        // Every step: a hundred of them.
        let mut loads = RecentLoads::default();
        let found: Vec<bool> = (1..=300).map(|step| loads.take(step, 1, &[layer([1.0, 0.0])])[0].is_some()).collect();
        assert_eq!((found.iter().position(|&known| known), loads.0.len()), (Some(99), 100));
    }
}
