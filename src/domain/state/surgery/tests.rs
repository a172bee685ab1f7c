//! Tests of surgery.

use super::*;
use crate::domain::config::{Config, Preset};
use crate::domain::measures::similarity::weight_cosine;
use crate::domain::roster::Surgery;

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
    assert!(matches!(why, SurgeryRefusal::TooWide { most: 4096, .. }), "{why:?}");
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
    let change = Change { origins: vec![Origin::Merged { kept: 0, absorbed: 1 }, Origin::Kept(2), Origin::Kept(3)] };
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
