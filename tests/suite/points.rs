//! Points in the plane through the public library: a network without attention learns classes and values, in blocks and as
//! one mixture alone, under every policy, and its probes and saves are as whole as those of a text.

use std::sync::Arc;

use moe_arena::domain::config::{
    Config, PlaneConfig, PlaneData, PlaneTarget, Policy, Preset, ProbeFamilies, TaskConfig,
};
use moe_arena::domain::readings::{Evaluation, Item, StepReading, ValidationReading};
use moe_arena::domain::state::State;
use moe_arena::engine::train::{Reading, Trainer};
use moe_arena::tasks::plane::grid;
use moe_arena::tasks::{self, BatchInput};

use crate::devices;
use crate::train::train;

fn config(data: PlaneData, target: PlaneTarget) -> Config {
    let mut config = Preset::Tiny.config_for(TaskConfig::Plane(PlaneConfig { data, target, ..PlaneConfig::default() }));
    config.knobs.competition_rate = 0.3;
    config.optimizer.warmup_steps = 5;
    config
}

fn trainer(config: &Config, state: &State) -> Trainer {
    assert_eq!(config.validate(), []);
    Trainer::new(Arc::new(config.clone()), tasks::open(config).unwrap(), &devices::cpu().device, state).unwrap()
}

fn validated(trainer: &mut Trainer) -> ValidationReading {
    trainer.validate().unwrap();
    let [Reading::Validation(found)] = trainer.read().unwrap().readings[..] else { panic!("one was asked for") };
    found
}

#[test]
fn classes_are_learnt_and_the_accuracy_is_that_of_every_step_and_validation() {
    for bare in [false, true] {
        let mut config = config(PlaneData::Blobs, PlaneTarget::Class);
        config.model.bare = bare;
        let mut trainer = trainer(&config, &State::initial(&config));
        let readings = train(&mut trainer, 150);
        let accuracy = |reading: &StepReading| reading.loss.accuracy.unwrap();
        assert!(readings.iter().all(|reading| (0.0..=1.0).contains(&accuracy(reading))));
        // Of 50 points.
        assert!(readings.iter().all(|reading| (accuracy(reading) * 50.0).fract().min(1.0) < 1.0));
        let last = readings[140..].iter().map(accuracy).sum::<f64>() / 10.0;
        let held_out = validated(&mut trainer);
        assert!(last > 0.97 && held_out.accuracy.unwrap() > 0.97, "bare {bare}: {last} {held_out:?}");
        assert!(readings[149].loss.task < 0.2 * readings[0].loss.task, "bare {bare}");
    }
}

#[test]
fn values_are_learnt_and_have_no_accuracy() {
    let config = config(PlaneData::Moons, PlaneTarget::Value);
    let mut trainer = trainer(&config, &State::initial(&config));
    let before = validated(&mut trainer);
    let readings = train(&mut trainer, 200);
    let after = validated(&mut trainer);
    assert!(readings.iter().all(|reading| reading.loss.accuracy.is_none()) && after.accuracy.is_none());
    let chance = trainer.task().metric().chance;
    assert!(before.loss > 0.5 * chance && after.loss < 0.2 * chance, "{before:?} {after:?} {chance}");
}

#[test]
fn every_policy_steps_probes_and_goes_on_from_its_state_bit_for_bit() {
    for policy in Policy::ALL {
        let mut config = config(PlaneData::Xor, PlaneTarget::Class);
        (config.knobs.policy, config.model.layers) = (policy, 2);
        let mut whole = trainer(&config, &State::initial(&config));
        let straight = train(&mut whole, 12);
        let mut first = trainer(&config, &State::initial(&config));
        assert_eq!(train(&mut first, 6), straight[..6], "{policy:?}");
        first.probe(ProbeFamilies { knock_out: true, ..ProbeFamilies::default() }).unwrap();
        first.knock_out(0, 1).unwrap();
        first.counterfactual(1, 7, &[0, 1]).unwrap();
        let readings = first.read().unwrap().readings;
        let [Reading::Probe(probe), Reading::KnockOut(knocked), Reading::Counterfactual(routes)] = &readings[..] else {
            panic!("{policy:?}: {readings:?}")
        };
        assert_eq!((probe.tokens, probe.context, probe.layers.len()), (200, 1, 2));
        assert!(probe.items.bytes().is_empty());
        assert!(
            probe.items.all().iter().all(|item| matches!(item, Item::Point(at) if at.iter().all(|x| x.abs() < 2.0)))
        );
        assert!(probe.mean_loss().unwrap().is_finite() && knocked.loss.is_finite(), "{policy:?}");
        // The route a point takes costs what the probe says of it, where the weights of its experts do not hang on the others.
        let taken = routes.routes[routes.taken].1;
        assert_eq!(routes.routes.len(), 6);
        let shared_out = matches!(policy, Policy::CompeteSmoe | Policy::Smoe);
        if shared_out && probe.layers[1].choices.picks(7).iter().all(|slot| *slot < 2) {
            assert!((taken - probe.losses[7]).abs() < 1e-4, "{policy:?}: {taken} {}", probe.losses[7]);
        }
        let mut second = trainer(&config, &first.state().unwrap());
        assert_eq!(train(&mut second, 6), straight[6..], "{policy:?}");
        assert!(second.state().unwrap() == whole.state().unwrap(), "{policy:?}");
    }
}

/// A map is a forward pass like any other: at the points of the probe it says what the probe says, and it changes nothing.
#[test]
fn a_map_of_the_square_says_what_the_probe_says_and_changes_nothing() {
    for (policy, bare) in
        [(Policy::CompeteSmoe, false), (Policy::XMoe, false), (Policy::StableMoe, false), (Policy::Smoe, true)]
    {
        let mut config = config(PlaneData::Rings, PlaneTarget::Class);
        (config.knobs.policy, config.model.bare) = (policy, bare);
        config.model.layers = if bare { 1 } else { 2 };
        let mut trainer = trainer(&config, &State::initial(&config));
        train(&mut trainer, 4);
        let before = trainer.state().unwrap();
        trainer.probe(ProbeFamilies::default()).unwrap();
        let batch = trainer.task().probe_batch(config.seed, config.cadence.probe_sequences).unwrap();
        (0..config.model.layers).for_each(|layer| trainer.evaluate(&batch.input, layer).unwrap());
        trainer.evaluate(&grid(24), 0).unwrap();
        let reads = trainer.traffic().reads;
        let readings = trainer.read().unwrap().readings;
        assert_eq!(trainer.traffic().reads, reads + 1, "all in one read");
        let Reading::Probe(probe) = &readings[0] else { panic!("{policy:?}: {readings:?}") };
        let found: Vec<&Evaluation> = evaluations(&readings[1..]).collect();
        let (same, map) = (found[0], found[config.model.layers]);
        assert_eq!((same.step, same.positions, same.outputs.len()), (4, 200, 400));
        for (found, probed) in found.iter().zip(&probe.layers) {
            assert_eq!(found.outputs, same.outputs, "{policy:?}");
            let layer = found.layer.as_ref().unwrap();
            for position in 0..same.positions {
                assert_eq!(layer.picks[position], probed.choices.picks(position)[0], "{policy:?}");
                assert_eq!(layer.winners[position], probed.choices.winners(position)[0], "{policy:?}");
            }
            assert_eq!(layer.affinities, probed.choices.s, "{policy:?}");
        }
        let softmax_loss = |position: usize| {
            let classes = classes(&batch.target);
            let row = &same.outputs[2 * position..2 * position + 2];
            let own = row[classes[position] as usize];
            row.iter().map(|z| (z - own).exp()).sum::<f32>().ln()
        };
        assert!((0..200).all(|at| (softmax_loss(at) - probe.losses[at]).abs() < 1e-4), "{policy:?}");
        assert_eq!((map.positions, map.outputs.len()), (576, 1152));
        assert!(map.layer.as_ref().unwrap().winner_margin.iter().all(|margin| *margin >= 0.0));
        assert!(trainer.evaluate(&BatchInput::Ids(vec![1, 2]), 0).is_err());
        assert!(trainer.evaluate(&BatchInput::Values(vec![0.0; 4]), 0).is_err());
        assert!(trainer.evaluate(&BatchInput::Values(Vec::new()), 0).is_err());
        assert!(trainer.evaluate(&grid(2), config.model.layers).is_err());
        assert!(trainer.state().unwrap() == before, "{policy:?}");
    }
}

/// With one pick a position, the network answers where an expert is picked as it does when that expert answers alone.
#[test]
fn an_expert_alone_answers_as_the_network_does_where_it_is_the_only_pick() {
    let mut config = config(PlaneData::Moons, PlaneTarget::Class);
    (config.model.layers, config.knobs.top_k) = (2, 1);
    let mut trainer = trainer(&config, &State::initial(&config));
    train(&mut trainer, 8);
    let (before, cells) = (trainer.state().unwrap(), grid(12));
    (0..2).for_each(|layer| trainer.evaluate(&cells, layer).unwrap());
    let experts = config.model.experts;
    for place in 0..2 * experts {
        trainer.evaluate_alone(&cells, place / experts, place % experts).unwrap();
    }
    assert!(trainer.evaluate_alone(&cells, 2, 0).is_err() && trainer.evaluate_alone(&cells, 0, experts).is_err());
    let readings = trainer.read().unwrap().readings;
    let found: Vec<&Evaluation> = evaluations(&readings).collect();
    let (whole, alone) = found.split_at(2);
    let mut differ = 0;
    for layer in 0..2 {
        for cell in 0..144 {
            for slot in 0..experts {
                let of = |found: &Evaluation| found.outputs[2 * cell..2 * cell + 2].to_vec();
                let (of_whole, of_alone) = (of(whole[layer]), of(alone[layer * experts + slot]));
                let off = of_whole.iter().zip(&of_alone).any(|(a, b)| (a - b).abs() > 1e-5);
                let picked = usize::from(whole[layer].layer.as_ref().unwrap().picks[cell]) == slot;
                assert!(!picked || !off, "layer {layer}, cell {cell}, expert {slot}: {of_whole:?} {of_alone:?}");
                differ += usize::from(off);
            }
        }
    }
    assert!(differ > 144, "experts answer alike: {differ}");
    assert!(alone.iter().all(|found| found.layer.is_none()));
    assert!(trainer.state().unwrap() == before);
}

fn evaluations(readings: &[Reading]) -> impl Iterator<Item = &Evaluation> {
    readings.iter().map(|reading| match reading {
        Reading::Evaluation(found) => found,
        other => panic!("{other:?}"),
    })
}

fn classes(target: &tasks::BatchTarget) -> &[u32] {
    let tasks::BatchTarget::Classes(classes) = target else { panic!("classes were asked for") };
    classes
}

#[test]
fn states_of_the_first_layer_spread_over_no_more_dimensions_than_a_point_has_numbers() {
    let mut config = config(PlaneData::Moons, PlaneTarget::Class);
    config.model.layers = 2;
    let mut trainer = trainer(&config, &State::initial(&config));
    trainer.probe(ProbeFamilies::default()).unwrap();
    let readings = trainer.read().unwrap().readings;
    let [Reading::Probe(probe)] = &readings[..] else { panic!("one was asked for") };
    let found: Vec<_> = probe.layers.iter().map(|layer| &layer.diagnosis.collapse).collect();
    // x, y and 1; the layer after it has the experts' answers as well.
    assert_eq!(found.iter().map(|c| c.rank_limit.unwrap()).collect::<Vec<_>>(), [3, config.model.width]);
    assert!(found[0].effective_rank.unwrap() <= 3.0 + 1e-3, "{:?}", found[0].effective_rank);
}
