//! Dead experts: the last step with a token of every expert, and whether its silence since then can be luck.

use serde::{Deserialize, Serialize};

use crate::domain::measures::load;
use crate::domain::readings::StepReading;
use crate::domain::roster::{ExpertId, Roster};

/// How long an expert has had no token.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// The last step at which it got a token; of one that never got any, the step before its first.
    pub last: u64,
    /// −ln of the chance, under even routing, of no token at any step since; 0 right after a token. Steps count as they
    /// were taken, whatever became of the batch, of k or of the number of experts later.
    pub surprise: f64,
}

/// The last step with a token of every expert of every layer. Holds the present experts only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LastTokens {
    /// Per layer with experts, from 0.
    layers: Vec<Vec<(ExpertId, Silence)>>,
}

impl LastTokens {
    /// What is known of an expert of a layer.
    pub fn of(&self, layer: usize, expert: ExpertId) -> Option<Silence> {
        let layer = self.layers.get(layer)?;
        layer.iter().find(|(id, _)| *id == expert).map(|(_, silence)| *silence)
    }

    /// Takes in one training step whose tokens went to `top_k` experts each; `before` says of an expert not seen yet when
    /// it last got a token, if that is known. Returns the number of dead experts per layer.
    ///
    /// An expert is dead if its silence is longer than luck allows: under even routing, the chance that any expert of its
    /// layer is silent for so long is below `load::FALSE_ALARM`. One younger than that cannot be dead yet.
    pub fn take_step(
        &mut self,
        reading: &StepReading,
        rosters: &[Roster],
        top_k: usize,
        before: impl Fn(usize, ExpertId) -> Option<u64>,
    ) -> Vec<usize> {
        self.layers.resize_with(rosters.len(), Vec::new);
        let each = reading.layers.iter().zip(rosters).zip(&mut self.layers).enumerate();
        each.map(|(layer, ((measured, roster), silences))| {
            let known = std::mem::take(silences);
            let of = |slot: usize, id: ExpertId| {
                // Slots change only with surgery.
                let same = known.get(slot).filter(|(other, _)| *other == id);
                same.or_else(|| known.iter().find(|(other, _)| *other == id)).map(|(_, silence)| *silence)
            };
            let picks: u64 = measured.routed.iter().map(|&count| u64::from(count)).sum();
            let tokens = picks as f64 / top_k.max(1) as f64;
            let more = tokens * load::surprise_of_silence(roster.len(), top_k);
            for (slot, (&count, &id)) in measured.routed.iter().zip(&roster.slots).enumerate() {
                let newcomer = || {
                    let last = before(layer, id).unwrap_or(reading.step.saturating_sub(1));
                    // What is known of a file from before this was counted: as if all its steps had been like this one.
                    let steps = reading.step.saturating_sub(1).saturating_sub(last) as f64;
                    Silence { last, surprise: (steps * more).min(load::CERTAIN) }
                };
                let silence = of(slot, id).unwrap_or_else(newcomer);
                let surprise = (silence.surprise + more).min(load::CERTAIN);
                let silence = match count {
                    0 => Silence { surprise, ..silence },
                    _ => Silence { last: reading.step, surprise: 0.0 },
                };
                silences.push((id, silence));
            }
            let luck = load::longest_luck(roster.len());
            silences.iter().filter(|(_, silence)| silence.surprise > luck).count()
        })
        .collect()
    }

    /// Forgets the experts that are gone.
    pub(crate) fn take_rosters(&mut self, rosters: &[Roster]) {
        self.layers.truncate(rosters.len());
        for (silences, roster) in self.layers.iter_mut().zip(rosters) {
            silences.retain(|(id, _)| roster.slots.contains(id));
        }
    }

    /// What is wrong with what a file says of the experts in `rosters`, if something is.
    pub fn fault(&self, rosters: &[Roster]) -> Option<String> {
        let sound = |silences: &[(ExpertId, Silence)], roster: &Roster| {
            silences.len() <= roster.len()
                && silences
                    .iter()
                    .all(|(id, s)| roster.slots.contains(id) && (0.0..=load::CERTAIN).contains(&s.surprise))
        };
        let all = self.layers.len() <= rosters.len()
            && self.layers.iter().zip(rosters).all(|(silences, roster)| sound(silences, roster));
        (!all).then(|| "the last steps with a token are not those of the experts there are".into())
    }
}

#[cfg(test)]
mod tests;
