//! Probe history: probes over time, so that a person can look back at any of them.

use std::sync::Arc;

use super::thinned::{Framed, Thinned};
use crate::domain::measures::change;
use crate::domain::readings::ProbeReading;
use crate::domain::roster::Roster;

/// A probe, and who the experts were.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeRecord {
    /// What was measured.
    pub probe: Arc<ProbeReading>,
    /// Per layer with experts.
    pub rosters: Arc<Vec<Roster>>,
}

impl ProbeRecord {
    /// Share of tokens of a layer whose first pick is another expert than in `before`. `None` if that is of other tokens.
    pub fn fluctuation(&self, before: &Self, layer: usize) -> Option<f64> {
        let (now, before) = (self.picks(layer)?, before.picks(layer)?);
        let first = |(picks, k): &(Vec<u32>, usize)| picks.iter().copied().step_by(*k).collect::<Vec<u32>>();
        let (now, before) = (first(&now), first(&before));
        (now.len() == before.len()).then(|| change::fluctuation(&before, &now)).flatten()
    }

    /// Mean share of a token's picks that it also has in `reference`. `None` if that is of other tokens or another k.
    pub(crate) fn saturation(&self, reference: &Self, layer: usize) -> Option<f64> {
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

impl Thinned<ProbeRecord> {
    /// Share of tokens of a layer that had not come to their final first pick, by step: of the probes kept up to `until`,
    /// oldest first. Probes of other tokens than the newest are left out. Empty with fewer than two.
    pub fn unsettled(&self, layer: usize, until: u64) -> Vec<(u64, f64)> {
        let kept = self.frames().iter().filter(|record| record.probe.step <= until);
        let firsts = |record: &ProbeRecord| {
            let (picks, k) = record.picks(layer)?;
            Some((record.probe.step, picks.iter().copied().step_by(k).collect::<Vec<u32>>()))
        };
        let looks: Vec<(u64, Vec<u32>)> = kept.filter_map(firsts).collect();
        let tokens = looks.last().map_or(0, |look| look.1.len());
        let (steps, looks): (Vec<u64>, Vec<Vec<u32>>) =
            looks.into_iter().filter(|look| look.1.len() == tokens && tokens > 0).unzip();
        if looks.len() < 2 {
            return Vec::new();
        }
        let last = change::last_fluctuation(&looks, &steps);
        steps.iter().filter_map(|&step| Some((step, change::unsettled(&last, step)?))).collect()
    }
}

/// The probes of a run. Not part of a checkpoint: they are large, and the newest is taken again when one is opened.
pub(crate) type ProbeHistory = Thinned<ProbeRecord>;

impl Framed for ProbeRecord {
    const FRAMES: usize = 128;
    /// 48 MiB of f32.
    const NUMBERS: usize = 12 << 20;

    fn step(&self) -> u64 {
        self.probe.step
    }

    fn numbers(&self) -> usize {
        let layers = self.probe.layers.iter();
        // Confusion, and four matrices whose cells are as large as four numbers.
        let matrices = |n: usize| (1 + 4 * 4) * n * n;
        self.probe.losses.len()
            + layers.map(|layer| layer.choices.len() + matrices(layer.choices.experts)).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::readings::{Choices, LayerProbe};

    fn record(step: u64, picks: [u16; 4]) -> ProbeRecord {
        let choices = Choices { experts: 3, k: 1, picks: picks.to_vec(), ..Choices::default() };
        let layer = LayerProbe { choices, ..LayerProbe::default() };
        let probe = ProbeReading { step, tokens: 4, layers: vec![layer], ..ProbeReading::default() };
        ProbeRecord { probe: Arc::new(probe), rosters: Arc::new(vec![Roster::new(3)]) }
    }

    #[test]
    fn routing_comes_to_rest_by_hand() {
        let mut probes = ProbeHistory::default();
        assert_eq!(probes.unsettled(0, 100), []);
        // The second token changes last before 20, the third before 30, the fourth never.
        for (step, picks) in [(10, [0, 0, 1, 2]), (20, [0, 1, 1, 2]), (30, [0, 1, 2, 2])] {
            probes.push(record(step, picks));
        }
        assert_eq!(probes.unsettled(0, 30), [(10, 0.5), (20, 0.25), (30, 0.0)]);
        assert_eq!(probes.unsettled(0, 29), [(10, 0.25), (20, 0.0)], "as it was known then");
        assert_eq!(probes.unsettled(7, 30), []);
    }
}
