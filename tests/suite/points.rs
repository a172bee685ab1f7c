//! Points in the plane through the public library: a network without attention learns classes and values, in blocks and as
//! one mixture alone, under every policy, and its probes and saves are as whole as those of a text.

use std::sync::Arc;

use moe_arena::domain::config::{
    Config, PlaneConfig, PlaneData, PlaneTarget, Policy, Preset, ProbeFamilies, TaskConfig,
};
use moe_arena::domain::readings::{Item, StepReading, ValidationReading};
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
        trainer.evaluate(&batch.input).unwrap();
        trainer.evaluate(&grid(24)).unwrap();
        let reads = trainer.traffic().reads;
        let readings = trainer.read().unwrap().readings;
        assert_eq!(trainer.traffic().reads, reads + 1, "all in one read");
        let [Reading::Probe(probe), Reading::Evaluation(same), Reading::Evaluation(map)] = &readings[..] else {
            panic!("{policy:?}: {readings:?}")
        };
        assert_eq!((same.step, same.positions, same.outputs.len()), (4, 200, 400));
        for (layer, probed) in same.layers.iter().zip(&probe.layers) {
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
        assert_eq!((map.positions, map.layers.len(), map.outputs.len()), (576, config.model.layers, 1152));
        assert!(map.layers.iter().all(|layer| layer.winner_margin.iter().all(|margin| *margin >= 0.0)));
        assert!(trainer.evaluate(&BatchInput::Ids(vec![1, 2])).is_err());
        assert!(trainer.evaluate(&BatchInput::Values(vec![0.0; 4])).is_err());
        assert!(trainer.evaluate(&BatchInput::Values(Vec::new())).is_err());
        assert!(trainer.state().unwrap() == before, "{policy:?}");
    }
}

fn classes(target: &tasks::BatchTarget) -> &[u32] {
    let tasks::BatchTarget::Classes(classes) = target else { panic!("classes were asked for") };
    classes
}
