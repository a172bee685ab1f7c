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
use crate::domain::roster::{Change, Origin, Surgery};

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
pub fn reshape(state: &State, operation: &SurgeryInputs<'_>) -> Result<State, String> {
    let SurgeryInputs { config, changes, .. } = *operation;
    let rosters = &state.progress.rosters;
    let target = changes.first().map_or(0, Change::experts);
    if changes.len() != rosters.len() || changes.iter().any(|c| c.experts() != target) || target == 0 {
        return Err(format!(
            "{} changes for {} layers; all must lead to one number of experts",
            changes.len(),
            rosters.len()
        ));
    }
    let merges = |change: &Change| change.origins.iter().any(|origin| matches!(origin, Origin::Merged { .. }));
    let neurons = config.model.expert_width;
    if neurons > MOST_NEURONS && changes.iter().any(merges) {
        return Err(format!(
            "merging pairs the neurons of two experts one by one; an expert has {neurons} and up to {MOST_NEURONS} can \
             be paired. Choose “{}” instead",
            Surgery::DropLeastUsed.label()
        ));
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
mod tests {
    use super::*;
    use crate::domain::config::{Config, Preset};
    use crate::domain::measures::similarity::weight_cosine;

    fn lived_in() -> (Config, State) {
        let config = Preset::Tiny.config();
        let mut state = State::initial(&config);
        for (kind, arrays) in [&mut state.moment1, &mut state.moment2].into_iter().enumerate() {
            for (lane, array) in arrays.iter_mut().enumerate() {
                let mut draws = Draws::new(9, Purpose::Split, kind as u64, lane as u64);
                array.values = draws.normals(array.values.len(), 1.0).iter().map(|x| x.abs()).collect();
            }
        }
        (config, state)
    }

    fn operate(config: &Config, state: &State, change: &Change) -> State {
        let layers = config.model.moe_count();
        let loads = vec![vec![0.25; state.progress.rosters[0].len()]; layers];
        let changes = vec![change.clone(); layers];
        reshape(state, &SurgeryInputs { config, seed: config.seed, changes: &changes, loads: &loads }).unwrap()
    }

    fn plan(surgery: Surgery, target: usize, experts: usize) -> Change {
        Change::plan(surgery, target, &vec![0.5; experts], &vec![0.5; experts * experts], true).unwrap()
    }

    #[test]
    fn the_identity_changes_no_bit() {
        let (config, state) = lived_in();
        assert_eq!(operate(&config, &state, &Change::identity(4)), state);
    }

    #[test]
    fn growing_and_dropping_the_grown_gives_back_weights_and_moments() {
        let (config, state) = lived_in();
        for surgery in Surgery::GROW {
            let grown = operate(&config, &state, &plan(surgery, 7, 4));
            assert_eq!(grown.progress.rosters[0].len(), 7);
            let back = operate(&config, &grown, &Change::identity(4));
            assert_eq!(
                (back.weights, back.moment1, back.moment2),
                (state.weights.clone(), state.moment1.clone(), state.moment2.clone())
            );
        }
    }

    #[test]
    fn moments_travel_with_their_expert() {
        let (config, state) = lived_in();
        let moved = operate(&config, &state, &Change { origins: vec![Origin::Kept(3), Origin::Kept(1)] });
        for lane in 0..state.weights.len() {
            let (old, new) = (&state.moment1[lane], &moved.moment1[lane]);
            if !old.name.contains("experts") && !old.name.contains("router") {
                assert_eq!(old, new);
                continue;
            }
            let size = old.values.len() / 4;
            assert_eq!(new.values[..size], old.values[3 * size..]);
            assert_eq!(new.values[size..], old.values[size..2 * size]);
        }
        assert_eq!(moved.progress.rosters[0].slots.iter().map(|id| id.0).collect::<Vec<_>>(), [3, 1]);
    }

    #[test]
    fn a_split_is_near_its_parent_and_starts_with_its_second_moment_only() {
        let (config, state) = lived_in();
        let grown = operate(&config, &state, &plan(Surgery::SplitBusiest, 5, 4));
        let keys = state.weights.iter().position(|a| a.name == "blocks.0.experts.keys").unwrap();
        let size = state.weights[keys].values.len() / 4;
        let (parent, child) = (&grown.weights[keys].values[..size], &grown.weights[keys].values[4 * size..]);
        let distance: Vec<f32> = parent.iter().zip(child).map(|(a, b)| a - b).collect();
        let relative = deviation(&distance) / deviation(parent);
        assert!(relative > 0.005 && relative < 0.02, "{relative}");
        assert!(grown.moment1[keys].values[4 * size..].iter().all(|&m| m == 0.0));
        assert_eq!(grown.moment2[keys].values[4 * size..], state.moment2[keys].values[..size]);
    }

    /// Two experts of two neurons each where the best pair first is not the best of all: merging pairs them as the comparison
    /// of their weights does, which is what made them look alike.
    #[test]
    fn merging_pairs_neurons_as_the_comparison_that_recommends_it() {
        for biased in [false, true] {
            let mut config = Preset::Tiny.config();
            (config.model.expert_bias, config.model.expert_width) = (biased, 2);
            config.knobs.form = crate::domain::config::Form::Language;
            let mut state = State::initial(&config);
            let (d, h) = (config.model.width, 2);
            // Weights of the neurons' first two inputs, as angles. As they lie the first pair has a cosine of 0.96, the best
            // there is, and the second one of 0.37; crosswise both have 0.90. The biases weigh in too, for crosswise.
            let at = |degrees: f32| [degrees.to_radians().cos(), degrees.to_radians().sin()];
            let kept = [at(0.0), at(42.0)];
            let absorbed = [at(16.0), at(-26.0)];
            for array in &mut state.weights {
                let values = &mut array.values;
                if array.name == "blocks.0.experts.keys" {
                    for (expert, neurons) in [kept, absorbed].iter().enumerate() {
                        values[expert * d * h..(expert + 1) * d * h].fill(0.0);
                        for (neuron, weights) in neurons.iter().enumerate() {
                            (0..2).for_each(|i| values[(expert * d + i) * h + neuron] = weights[i]);
                        }
                    }
                } else if array.name == "blocks.0.experts.values" {
                    values[..2 * d * h].fill(0.0);
                } else if array.name == "blocks.0.experts.hidden_bias" {
                    values[..4].copy_from_slice(&[2.0, -2.0, -2.0, 2.0]);
                }
            }
            let of = |name: &str| state.weights.iter().find(|array| array.name == name);
            let (keys, values) = (of("blocks.0.experts.keys").unwrap(), of("blocks.0.experts.values").unwrap());
            let one = |expert| Neurons::of_one(keys, values, of("blocks.0.experts.hidden_bias"), expert);
            let order = matched_neurons(&one(0), &one(1), h);
            assert_eq!(order, [1, 0], "biased {biased}");
            let found = weight_cosine(&one(0), &one(1), h);
            assert!(found.matched > found.as_they_lie);
            let change =
                Change { origins: vec![Origin::Merged { kept: 0, absorbed: 1 }, Origin::Kept(2), Origin::Kept(3)] };
            let merged = operate(&config, &state, &change);
            let merged = &merged.weights.iter().find(|array| array.name == keys.name).unwrap().values;
            for (neuron, weights) in kept.iter().enumerate() {
                for i in 0..2 {
                    let mean = 0.5 * (weights[i] + absorbed[order[neuron]][i]);
                    assert!((merged[i * h + neuron] - mean).abs() < 1e-6, "biased {biased}: {:?}", &merged[..2 * h]);
                }
            }
        }
    }

    #[test]
    fn experts_of_more_neurons_than_are_paired_are_not_merged_and_it_is_said_before_anything_is_made() {
        let mut config = Preset::Tiny.config();
        let state = State::initial(&config);
        let merge = Change { origins: vec![Origin::Merged { kept: 0, absorbed: 1 }, Origin::Kept(2), Origin::Kept(3)] };
        let drop = Change { origins: (0..3).map(Origin::Kept).collect() };
        // Far more than fits into memory squared; the state is another's, and is not looked at.
        config.model.expert_width = 1 << 40;
        let refused = |change: &Change| {
            let changes = vec![change.clone(); config.model.moe_count()];
            let loads = vec![vec![0.25; 4]; config.model.moe_count()];
            reshape(&state, &SurgeryInputs { config: &config, seed: 1, changes: &changes, loads: &loads })
        };
        let why = refused(&merge).unwrap_err();
        assert!(why.contains("up to 4096") && why.contains("drop the least used"), "{why}");
        config.model.expert_width = Preset::Tiny.config().model.expert_width;
        assert!(operate(&config, &state, &drop).progress.rosters[0].len() == 3);
    }

    #[test]
    fn merging_an_expert_with_its_shuffled_twin_gives_the_expert() {
        let (config, mut state) = lived_in();
        let model = &config.model;
        let (d, h) = (model.width, model.expert_width);
        for lane in 0..state.weights.len() {
            let name = state.weights[lane].name.clone();
            let values = &mut state.weights[lane].values;
            // Slot 1 becomes slot 0 with its neurons in reverse order.
            if name.ends_with("experts.keys") {
                (0..d * h).for_each(|i| values[d * h + i] = values[i / h * h + (h - 1 - i % h)]);
            } else if name.ends_with("experts.values") {
                (0..d * h).for_each(|i| values[d * h + i] = values[(h - 1 - i / d) * d + i % d]);
            }
        }
        let change =
            Change { origins: vec![Origin::Merged { kept: 0, absorbed: 1 }, Origin::Kept(2), Origin::Kept(3)] };
        let merged = operate(&config, &state, &change);
        for lane in 0..state.weights.len() {
            if state.weights[lane].name.contains("experts") {
                for i in 0..d * h {
                    assert!((merged.weights[lane].values[i] - state.weights[lane].values[i]).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn top_k_is_lowered_with_the_experts() {
        let (config, mut state) = lived_in();
        state.progress.knobs.top_k = 4;
        let shrunk = operate(&config, &state, &plan(Surgery::DropLeastUsed, 3, 4));
        assert_eq!(shrunk.progress.knobs.top_k, 3);
    }
}
