//! Points in the plane through the public library: a network without attention learns classes and values, in blocks and as
//! one mixture alone, under every policy, and its probes and saves are as whole as those of a text.

use std::sync::Arc;

use moe_arena::domain::config::{
    Config, PlaneConfig, PlaneData, PlaneTarget, Policy, Preset, ProbeFamilies, TaskConfig,
};
use moe_arena::domain::readings::{Item, StepReading, ValidationReading};
use moe_arena::domain::state::State;
use moe_arena::engine::train::{Reading, Trainer};
use moe_arena::tasks;

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
