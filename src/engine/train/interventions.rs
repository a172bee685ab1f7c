//! Interventions in training: muted and frozen experts, and routers whose choice is replaced.

use burn::tensor::Tensor;

use super::refusal::TrainerRefusal;
use super::trainer::Trainer;
use crate::domain::interventions::{Forced, Intervention, LayerInterventions};
use crate::domain::state::Progress;
use crate::domain::state::Slot;
use crate::engine::model::{LogitOverride, NEVER};

/// Added to everybody else's logit to force a first pick: far beyond what a router says, yet p and ln p stay numbers.
const ASIDE: f32 = -30.0;

impl Progress {
    /// What is being done to a layer on purpose.
    pub fn interventions(&self, layer: usize) -> LayerInterventions {
        self.lab.get(layer).cloned().unwrap_or_default()
    }
}

impl Trainer {
    /// Does something to a layer on purpose, from the next step on. Copies and resets of experts are surgery, see
    /// [`crate::domain::state::reshape`]; here they change nothing.
    ///
    /// # Errors
    /// If there is no such layer or expert, too few would be left unmuted, or an update was cut off part-way; nothing changes
    /// then.
    pub fn intervention(&mut self, layer: usize, intervention: Intervention) -> Result<(), TrainerRefusal> {
        self.vectors().whole().map_err(|_| TrainerRefusal::CutOff)?;
        let layers = self.progress().rosters.len();
        let Some(roster) = self.progress().rosters.get(layer) else {
            return Err(TrainerRefusal::NoLayer { layer, layers });
        };
        let after = self.progress().interventions(layer).after(intervention, roster, self.progress().knobs.top_k)?;
        self.set_interventions(layer, after);
        if intervention == Intervention::PoisonRouter {
            self.rotate_router(layer);
        }
        Ok(())
    }

    /// Whether `k` experts can answer in every layer.
    ///
    /// # Errors
    /// The first layer where too many are muted.
    pub(super) fn enough_unmuted(&self, k: usize) -> Result<(), TrainerRefusal> {
        for (layer, roster) in self.progress().rosters.iter().enumerate() {
            let unmuted = self.progress().interventions(layer).active(roster).len();
            if unmuted < k {
                let muted = roster.len() - unmuted;
                return Err(TrainerRefusal::TooManyMuted { layer, muted, left: unmuted });
            }
        }
        Ok(())
    }

    /// Moves every row of a layer's router one expert on.
    fn rotate_router(&mut self, layer: usize) {
        let of_router = |slot: &&Slot| slot.expert_layer == Some(layer) && slot.part().starts_with("router.");
        let slots: Vec<Slot> = self.layout().slots.iter().filter(of_router).cloned().collect();
        for slot in slots {
            let (start, row) = (slot.range().start, slot.count() / slot.shape[0]);
            let rows = self.vectors().weights().clone().slice_dim(0, slot.range());
            let last = slot.count() - row;
            let turned = vec![rows.clone().slice_dim(0, last..slot.count()), rows.slice_dim(0, 0..last)];
            let turned = Tensor::cat(turned.into_iter().filter(|part| part.dims()[0] > 0).collect(), 0);
            self.vectors_mut().replace(start..start + slot.count(), turned);
        }
    }

    /// What is done to each layer's choice on a batch of `tokens` tokens; empty if nothing is.
    pub(super) fn overrides(&self, tokens: usize) -> Vec<LogitOverride> {
        if self.progress().lab.iter().all(|layer| layer.muted.is_empty() && layer.forced.is_none()) {
            return Vec::new();
        }
        (0..self.progress().rosters.len()).map(|layer| self.logit_override(layer, tokens)).collect()
    }

    fn logit_override(&self, layer: usize, tokens: usize) -> LogitOverride {
        let (interventions, roster) = (self.progress().interventions(layer), &self.progress().rosters[layer]);
        let unmuted = interventions.active(roster);
        let mut row = vec![NEVER; roster.len()];
        unmuted.iter().for_each(|&slot| row[slot] = 0.0);
        let muted = (unmuted.len() < roster.len()).then(|| {
            let muted: Vec<f32> =
                row.iter().map(|&logit_override| f32::from(u8::from(logit_override != 0.0))).collect();
            self.rows(&muted, 1)
        });
        let logits = match interventions.forced {
            None => muted.is_some().then(|| self.rows(&row, 1)),
            Some(Forced::Onto(id)) => {
                let others = roster.slots.iter().zip(&row);
                let row: Vec<f32> = others
                    .map(
                        |(&other, &logit_override)| {
                            if other == id || logit_override != 0.0 { logit_override } else { ASIDE }
                        },
                    )
                    .collect();
                Some(self.rows(&row, 1))
            }
            Some(Forced::Even) => {
                let k = self.progress().knobs.top_k;
                let mut dealt = vec![NEVER; tokens * roster.len()];
                for token in 0..tokens {
                    for pick in 0..k {
                        dealt[token * roster.len() + unmuted[(token * k + pick) % unmuted.len()]] = 0.0;
                    }
                }
                Some(self.rows(&dealt, tokens))
            }
        };
        LogitOverride { logits, muted }
    }

    pub(super) fn rows(&self, values: &[f32], rows: usize) -> Tensor<2> {
        Tensor::<1>::from_floats(values, self.device()).reshape([rows, values.len() / rows])
    }
}
