//! Probes over time, so that a person can look back at any of them.

use std::sync::Arc;

use super::frames::{Framed, Frames};
use crate::diagnostics::change;
use crate::readings::ProbeReading;
use crate::roster::Roster;

/// A probe, and who the experts were.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// What was measured.
    pub probe: Arc<ProbeReading>,
    /// Per layer with experts.
    pub rosters: Arc<Vec<Roster>>,
}

impl Scene {
    /// Share of tokens of a layer whose first pick is another expert than in `before`. `None` if that is of other tokens.
    pub fn fluctuation(&self, before: &Self, layer: usize) -> Option<f64> {
        let (now, before) = (self.picks(layer)?, before.picks(layer)?);
        let first = |(picks, k): &(Vec<u32>, usize)| picks.iter().copied().step_by(*k).collect::<Vec<u32>>();
        let (now, before) = (first(&now), first(&before));
        (now.len() == before.len()).then(|| change::fluctuation(&before, &now)).flatten()
    }

    /// Mean share of a token's picks that it also has in `reference`. `None` if that is of other tokens or another k.
    pub fn saturation(&self, reference: &Self, layer: usize) -> Option<f64> {
        let ((now, k), (then, then_k)) = (self.picks(layer)?, reference.picks(layer)?);
        (k == then_k && now.len() == then.len()).then(|| change::saturation(&now, &then, k)).flatten()
    }

    /// `[T, k]` who was picked, by name, and k.
    fn picks(&self, layer: usize) -> Option<(Vec<u32>, usize)> {
        let (choices, roster) = (&self.probe.layers.get(layer)?.choices, self.rosters.get(layer)?);
        let name = |&slot: &u16| roster.slots.get(usize::from(slot)).map(|id| id.0);
        let names: Option<Vec<u32>> = choices.picks.iter().map(name).collect();
        Some((names?, choices.k)).filter(|(_, k)| *k > 0)
    }
}

/// The probes of a run. Not part of a checkpoint: they are large, and the newest is taken again when one is opened.
pub type Reel = Frames<Scene>;

impl Framed for Scene {
    const FRAMES: usize = 128;
    /// 48 MiB of f32.
    const NUMBERS: usize = 12 << 20;

    fn step(&self) -> u64 {
        self.probe.step
    }

    fn numbers(&self) -> usize {
        let layers = self.probe.layers.iter();
        // Two matrices of f32, confusion twice, and three of the diagnosis whose cells are as large as four numbers.
        let matrices = |n: usize| (2 + 2 + 3 * 4) * n * n;
        self.probe.losses.len() + layers.map(|layer| layer.choices.len() + matrices(layer.routed.len())).sum::<usize>()
    }
}
