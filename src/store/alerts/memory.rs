//! Running statistics of the alerts: means, spreads and spikes in few numbers, whatever the length of the run.

use serde::{Deserialize, Serialize};

use crate::domain::measures::samples::SampleSums;

/// Steps in a block of losses.
const BLOCK: u32 = 50;
/// Blocks held: half of them against the other half, 200 steps each.
const BLOCKS: usize = 8;
/// A gradient is a spike if it is longer than the usual one times this, and clipped.
const SPIKE: f64 = 8.0;
/// Spikes are counted over this many steps.
const SPIKE_WINDOW: u64 = 200;
/// The usual gradient is known after so many.
const KNOWN: u64 = 50;
/// Most spikes remembered.
const SPIKES: usize = 16;
/// How fast the usual gradient follows: about 100 steps.
const FOLLOWS: f64 = 0.01;

/// What is remembered of the run and its layers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Memory {
    layers: Vec<LayerMemory>,
    /// Newest last; the last one may be open.
    losses: Vec<SampleSums>,
    /// Mean of ln ‖gradient‖, the newest counting most, and gradients seen.
    usual: (f64, u64),
    /// Steps of the newest spikes, oldest first.
    spikes: Vec<u64>,
    /// The best validation loss, and the training loss at that time.
    best: Option<(f64, f64)>,
}

/// What is remembered of a layer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LayerMemory {
    /// Competitions it held under the present policy.
    pub competitions: u64,
    /// Largest effective rank so far.
    pub best_rank: Option<f64>,
}

impl Memory {
    /// What is remembered of a layer.
    pub fn layer(&mut self, layer: usize) -> &mut LayerMemory {
        if self.layers.len() <= layer {
            self.layers.resize_with(layer + 1, LayerMemory::default);
        }
        &mut self.layers[layer]
    }

    /// Forgets what the layers have competed.
    pub(crate) fn forget_competitions(&mut self) {
        self.layers.iter_mut().for_each(|layer| layer.competitions = 0);
    }

    /// Takes in a loss. At the end of a block with as many before it as are compared: by how many standard errors the mean
    /// of the newer half is above that of the older, and the two means, older first.
    pub fn loss(&mut self, loss: f64) -> Option<(f64, f64, f64)> {
        if !loss.is_finite() {
            return None;
        }
        if self.losses.last().is_none_or(|block| block.n >= BLOCK) {
            if self.losses.len() == BLOCKS {
                self.losses.remove(0);
            }
            self.losses.push(SampleSums::default());
        }
        let open = self.losses.last_mut()?;
        open.push(loss);
        if open.n < BLOCK || self.losses.len() < BLOCKS {
            return None;
        }
        let (older, newer) = self.losses.split_at(BLOCKS / 2);
        let (older, newer) = (SampleSums::of(older), SampleSums::of(newer));
        Some((newer.rise_over(&older), older.mean(), newer.mean()))
    }

    /// Mean training loss of the newest one to two blocks.
    fn training_loss(&self) -> Option<f64> {
        let newest = SampleSums::of(&self.losses[self.losses.len().saturating_sub(2)..]);
        (newest.n > 0).then(|| newest.mean())
    }

    /// Takes in the length of a gradient: how many of the last steps were spikes, and the usual length. One that is not
    /// clipped, being no longer than `clip_norm`, is no spike: where next to nothing is usual, anything is many times that.
    pub fn gradient(&mut self, step: u64, norm: f64, clip_norm: f64) -> (f64, f64) {
        let (mean, seen) = self.usual;
        let usual = mean.exp();
        if norm.is_finite() && norm > 0.0 {
            let long = seen >= KNOWN && norm > SPIKE * usual;
            let spike = long && norm > clip_norm;
            if spike {
                if self.spikes.len() == SPIKES {
                    self.spikes.remove(0);
                }
                self.spikes.push(step);
            }
            // A long one moves what is usual no more than the longest gradient that is not.
            let own = if long { (SPIKE * usual).ln() } else { norm.ln() };
            let pace = FOLLOWS.max(1.0 / (seen + 1) as f64);
            self.usual = (mean + pace * (own - mean), seen.saturating_add(1));
        }
        self.spikes.retain(|&spike| spike + SPIKE_WINDOW > step);
        (self.spikes.len() as f64, usual)
    }

    /// Takes in a validation loss: how far it is above its best as a share of it, 0 if the training loss did not go on
    /// falling; and the training loss. `None` before there is one.
    pub fn validation(&mut self, loss: f64) -> Option<(f64, f64)> {
        let train = self.training_loss()?;
        if !loss.is_finite() {
            return None;
        }
        let (best, train_then) = self.best.filter(|best| best.0 <= loss).unwrap_or((loss, train));
        self.best = Some((best, train_then));
        let over = if train < train_then && best > 0.0 { loss / best - 1.0 } else { 0.0 };
        Some((over, train))
    }

    /// Whether it could have come from a run with so many layers.
    pub(crate) fn is_sound(&self, layers: usize) -> bool {
        self.layers.len() <= layers && self.losses.len() <= BLOCKS && self.spikes.len() <= SPIKES
    }
}
