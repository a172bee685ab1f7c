//! Surgery: changes the number of experts without losing what was learned.
//!
//! Works on plain arrays between two steps, all or nothing. Everything with an expert axis (first in every tensor)
//! is gathered by one [`Change`] per layer; the rest is untouched.

use super::initial::drawn;
use super::{Array, Layout, Neurons, Slot, State};
use crate::domain::config::Config;
use crate::domain::draw::{Draws, Purpose};
use crate::domain::measures::matching::MOST_NEURONS;
use crate::domain::measures::similarity::matched_neurons;
use crate::domain::roster::{Change, Origin, SurgeryRefusal};

/// Noise on the copy when an expert is split, as a share of the deviation of what is copied.
const SPLIT_NOISE: f64 = 0.01;

/// What surgery needs besides the state.
#[derive(Clone, Copy, Debug)]
pub struct SurgeryInputs<'a> {
    /// What the run is.
    pub config: &'a Config,
    /// The run's seed; noise and fresh weights are functions of it and of the step.
    pub seed: u64,
    /// One change per layer with experts, all to the same number of experts.
    pub changes: &'a [Change],
    /// `[layers][experts]` load by which merged experts are weighed.
    pub loads: &'a [Vec<f64>],
}

/// Applies the changes.
///
/// | what | kept | split | fresh | merged |
/// |---|---|---|---|---|
/// | weights, router row | copied | parent + 1 % noise | as at the start | neurons matched, mean by load |
/// | first moment | copied | zero | zero | the same mean |
/// | second moment | copied | parent's | mean over the kept | the same mean |
/// | selection bias | copied | parent's | mean over all | the kept one's |
///
/// A fresh expert takes the others' second moment because the bias correction is the whole tensor's: with 0 there, its
/// first update would be about three times the learning rate. Top-k is lowered if there are now fewer experts.
///
/// A split keeps the parent's function exactly for k = 1 and wherever the parent is not chosen; for k > 1 the twin
/// takes the place of the k-th choice where the parent is chosen.
///
/// # Errors
/// If the changes do not fit the state, or experts would be merged that have more neurons than are matched.
pub fn reshape(state: &State, operation: &SurgeryInputs<'_>) -> Result<State, SurgeryRefusal> {
    let SurgeryInputs { config, changes, .. } = *operation;
    let rosters = &state.progress.rosters;
    let target = changes.first().map_or(0, Change::experts);
    if changes.len() != rosters.len() || changes.iter().any(|c| c.experts() != target) || target == 0 {
        return Err(SurgeryRefusal::Uneven { changes: changes.len(), layers: rosters.len() });
    }
    let merges = |change: &Change| change.origins.iter().any(|origin| matches!(origin, Origin::Merged { .. }));
    let neurons = config.model.expert_width;
    if neurons > MOST_NEURONS && changes.iter().any(merges) {
        return Err(SurgeryRefusal::TooWide { neurons, most: MOST_NEURONS });
    }
    let before = Layout::of(config, rosters[0].len());
    let after = Layout::of(config, target);
    let matches: Vec<Matching> =
        changes.iter().enumerate().map(|(layer, c)| Matching::of(state, &before, layer, c)).collect();
    let mut next = state.clone();
    for (lane, (old, new)) in before.slots.iter().zip(&after.slots).enumerate() {
        let Some(layer) = old.expert_layer else { continue };
        let gather = Gather {
            operation,
            old,
            new,
            layer,
            lane: lane as u64,
            step: state.progress.step,
            matching: &matches[layer],
        };
        next.weights[lane] = gather.apply(&state.weights[lane], Kind::Weight);
        next.moment1[lane] = gather.apply(&state.moment1[lane], Kind::First);
        next.moment2[lane] = gather.apply(&state.moment2[lane], Kind::Second);
    }
    for (bias, change) in next.selection_bias.iter_mut().zip(changes) {
        *bias = carried(bias, change);
    }
    next.progress.rosters = rosters.iter().zip(changes).map(|(roster, change)| roster.after(change)).collect();
    next.progress.knobs.top_k = next.progress.knobs.top_k.min(target);
    let k = next.progress.knobs.top_k;
    for (lab, roster) in next.progress.lab.iter_mut().zip(&next.progress.rosters) {
        *lab = lab.in_roster(roster, k);
    }
    Ok(next)
}

/// The selection biases of a layer after a change.
fn carried(bias: &[f32], change: &Change) -> Vec<f32> {
    let mean = bias.iter().sum::<f32>() / bias.len().max(1) as f32;
    let of = |slot: usize| bias.get(slot).copied().unwrap_or(0.0);
    let origin = |origin: &Origin| match *origin {
        Origin::Kept(slot) | Origin::Split { parent: slot } | Origin::Merged { kept: slot, .. } => of(slot),
        Origin::Fresh => mean,
    };
    change.origins.iter().map(origin).collect()
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Weight,
    First,
    Second,
}

/// One tensor's way through a change.
struct Gather<'a> {
    operation: &'a SurgeryInputs<'a>,
    old: &'a Slot,
    new: &'a Slot,
    layer: usize,
    lane: u64,
    step: u64,
    matching: &'a Matching,
}

impl Gather<'_> {
    fn apply(&self, array: &Array, kind: Kind) -> Array {
        let size = self.old.count() / self.old.shape[0];
        let of = |slot: usize| &array.values[slot * size..(slot + 1) * size];
        let change = &self.operation.changes[self.layer];
        let mut values = Vec::with_capacity(self.new.count());
        for (place, origin) in change.origins.iter().enumerate() {
            let draws = |purpose| Draws::new(self.operation.seed, purpose, self.step, self.lane << 16 | place as u64);
            match (*origin, kind) {
                (Origin::Kept(slot), _) => values.extend_from_slice(of(slot)),
                (Origin::Merged { kept, absorbed }, _) => {
                    let load = &self.operation.loads[self.layer];
                    values.extend(self.merge(of(kept), of(absorbed), load[kept], load[absorbed], place));
                }
                (Origin::Split { parent }, Kind::Weight) => {
                    let parent = of(parent);
                    let noise = draws(Purpose::Split).normals(size, SPLIT_NOISE * deviation(parent));
                    values.extend(parent.iter().zip(noise).map(|(p, n)| p + n));
                }
                (Origin::Split { parent }, Kind::Second) => values.extend_from_slice(of(parent)),
                (Origin::Fresh, Kind::Weight) => values.extend(drawn(self.new.init, size, &mut draws(Purpose::Fresh))),
                (Origin::Fresh, Kind::Second) => {
                    let experts = self.old.shape[0];
                    values.extend(
                        (0..size).map(|i| {
                            (0..experts).map(|slot| f64::from(of(slot)[i])).sum::<f64>() as f32 / experts as f32
                        }),
                    );
                }
                (Origin::Split { .. } | Origin::Fresh, Kind::First) => values.resize(values.len() + size, 0.0),
            }
        }
        Array { name: array.name.clone(), shape: self.new.shape.clone(), values }
    }

    /// Mean of two experts' slices by load, the absorbed one's neurons put in the order of the kept one's.
    fn merge(&self, kept: &[f32], absorbed: &[f32], kept_load: f64, absorbed_load: f64, place: usize) -> Vec<f32> {
        let total = kept_load + absorbed_load;
        let share = if total > 0.0 { kept_load / total } else { 0.5 };
        let partner = |i: usize| match (self.old.name.rsplit('.').next(), &self.matching.order[place]) {
            (Some("keys" | "hidden_bias"), Some(order)) => {
                let hidden = order.len();
                i / hidden * hidden + order[i % hidden]
            }
            (Some("values"), Some(order)) => {
                let width = self.old.shape[2];
                order[i / width] * width + i % width
            }
            _ => i,
        };
        let mean = |i: usize| (share * f64::from(kept[i]) + (1.0 - share) * f64::from(absorbed[partner(i)])) as f32;
        (0..kept.len()).map(mean).collect()
    }
}

fn deviation(values: &[f32]) -> f64 {
    (values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}

/// For each merged slot of a layer: which neuron of the absorbed expert goes with each neuron of the kept one. It is the
/// order in which the comparison of weights found the two as alike as it says.
struct Matching {
    order: Vec<Option<Vec<usize>>>,
}

impl Matching {
    fn of(state: &State, layout: &Layout, layer: usize, change: &Change) -> Self {
        let find = |tail: &str| {
            let at = |slot: &Slot| slot.expert_layer == Some(layer) && slot.name.ends_with(tail);
            layout.slots.iter().position(at).map(|i| &state.weights[i])
        };
        let biases = find("experts.hidden_bias");
        let order = change
            .origins
            .iter()
            .map(|origin| match (*origin, find("experts.keys"), find("experts.values")) {
                (Origin::Merged { kept, absorbed }, Some(keys), Some(values)) => {
                    let neurons = |expert| Neurons::of_one(keys, values, biases, expert);
                    Some(matched_neurons(&neurons(kept), &neurons(absorbed), keys.shape[2]))
                }
                _ => None,
            })
            .collect();
        Self { order }
    }
}

#[cfg(test)]
mod tests;
