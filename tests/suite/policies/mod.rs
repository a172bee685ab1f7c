//! Every routing policy through the real run thread and the trainer: it learns, says its name, switches without touching
//! a weight, is saved and opened again, and holds still what it must not move.

mod faults;
mod layer;
mod learning;
mod muted;

use std::path::PathBuf;

use moe_arena::domain::config::{Config, Form, Knobs, Policy, Preset, ProbeFamilies};
use moe_arena::domain::roster::{Change, Origin};
use moe_arena::domain::state::Layout;
use moe_arena::domain::state::{Array, State, SurgeryInputs, reshape};
use moe_arena::engine::train::{Trainer, TrainerRefusal};
use moe_arena::run::{Command, From, Notice, PausedBy, Snapshot, Status};
use moe_arena::store::history::{RunMeasure, SeriesKey};
use moe_arena::words;

use crate::devices;
use crate::run::Session;
use crate::train::{train, trainer};

/// Every policy in a form some program has it in; those with several of their own in each.
const RUNS: [(Policy, Form); 18] = [
    (Policy::CompeteSmoe, Form::Language),
    (Policy::CompeteSmoe, Form::Vision),
    (Policy::CompeteSmoe, Form::Version1),
    (Policy::Smoe, Form::Language),
    (Policy::Smoe, Form::Vision),
    (Policy::Smoe, Form::Version1),
    (Policy::SmoeRaw, Form::Language),
    (Policy::SigmaMoe, Form::Vision),
    (Policy::SmoeDropout, Form::Version1),
    (Policy::XMoe, Form::Language),
    (Policy::XMoe, Form::Version1),
    (Policy::PerturbedCosine, Form::Vision),
    (Policy::StableMoe, Form::Version1),
    (Policy::NoisyTopK, Form::Version1),
    (Policy::SharedV2, Form::Language),
    (Policy::SharedV2, Form::Vision),
    (Policy::SharedV3, Form::Language),
    (Policy::BiasBalanced, Form::Language),
];

/// The tiny preset under a policy. Experts have biases where the program of that form gives them some.
pub fn tiny(policy: Policy, form: Form) -> Config {
    let mut config = Preset::Tiny.config();
    config.knobs = Knobs { policy, form, competition_rate: 0.3, freeze_step: 100, ..config.knobs };
    config.model.expert_bias = form != Form::Language;
    (config.cadence.probe_every, config.cadence.validate_every) = (50, 100);
    config
}

/// Mean task loss of steps `from` to `to`.
fn mean_loss(shot: &Snapshot, from: u64, to: u64) -> f64 {
    let series = shot.memory.history.get(SeriesKey::Run(RunMeasure::LossTask)).unwrap();
    let values: Vec<f64> =
        series.recent().filter(|(step, _)| (from..=to).contains(step)).map(|(_, value)| value).collect();
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn every_policy_learns_says_its_name_and_goes_on_from_its_checkpoint_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    for (policy, form) in RUNS {
        let config = tiny(policy, form);
        let mut session = Session::new(&config);
        let shot = session.steps(200);
        assert_eq!((shot.knobs.policy, shot.knobs.form), (policy, form));
        let said = moe_arena::words::policy_of((shot.knobs.policy, shot.knobs.form));
        assert_eq!(said, format!("{} ({})", policy.label(), form.label()));
        let (first, last) = (mean_loss(&shot, 1, 10), mean_loss(&shot, 191, 200));
        assert!(last < first - 1.0, "{policy:?} {form:?}: {first} to {last}");
        let competed =
            shot.memory.history.get(SeriesKey::Run(RunMeasure::LossRouter)).is_some_and(|s| s.last().is_some());
        assert_eq!(competed, policy.competes() || policy == Policy::StableMoe, "{policy:?} {form:?}");
        assert!(shot.newest.probe.is_some() && shot.newest.validation.is_some());
        let complaints: Vec<Notice> = session.reader.notices().into_iter().filter(Notice::is_bad).collect();
        assert_eq!(complaints, [], "{policy:?} {form:?}");

        let path = folder.path().join(format!("{}-{}.safetensors", policy.name(), form.name()));
        session.answer(Command::Save(path.clone()), |n| matches!(n, Notice::Saved { .. }));
        let on = session.steps(5);
        let again = Session::of(From::File(path), None, None);
        let opened = again.reader.latest();
        assert_eq!((opened.step, opened.knobs.policy, opened.knobs.form), (200, policy, form));
        let shot = again.steps(5);
        assert_eq!(shot.newest.step, on.newest.step, "{policy:?} {form:?}");
    }
}

#[test]
fn a_run_switches_policy_at_a_step_and_the_journal_says_so() {
    let mut session = Session::new(&tiny(Policy::CompeteSmoe, Form::Language));
    session.steps(4);
    let policies = [Policy::Smoe, Policy::SmoeRaw, Policy::SigmaMoe, Policy::SmoeDropout, Policy::BiasBalanced];
    for (i, policy) in policies.into_iter().enumerate() {
        let knobs = Knobs { policy, ..session.reader.latest().knobs.clone() };
        session.send(Command::SetKnobs(knobs.clone()));
        let shot = session.wait("in force", |s| s.knobs == knobs);
        let flag = words::flag(&shot.memory.history.journal.entries().last().unwrap().what).unwrap();
        assert!(flag.starts_with("policy ") && flag.ends_with(&format!("→ {}", policy.label())), "{flag}");
        assert!(shot.model.ahead.iter().flatten().all(|&competes| !competes), "{policy:?} has no competition ahead");
        let shot = session.steps(4);
        assert_eq!(shot.step, 8 + 4 * i as u64);
        assert!(!shot.newest.step.as_ref().unwrap().layers.iter().any(|layer| layer.competed));
    }
    let before = session.reader.latest();
    let wanted = Knobs { policy: Policy::XMoe, ..before.knobs.clone() };
    let refused = words::notice(&session.answer(Command::SetKnobs(wanted), |n| matches!(n, Notice::Refused { .. })));
    for word in ["X-MoE", "router.reduction", "router.embeddings", "start again"] {
        assert!(refused.contains(word), "{refused}");
    }
    assert_eq!(session.reader.latest().knobs, before.knobs);
    // What the refusal says to do.
    let config = tiny(Policy::XMoe, Form::Language);
    session.send(Command::New(Box::new(config)));
    let shot = session.wait("begun again", |s| {
        s.knobs.policy == Policy::XMoe && s.step == 0 && s.status == Status::Paused(PausedBy::Start)
    });
    assert_eq!(shot.config.knobs.policy, Policy::XMoe);
    session.steps(2);
}

fn bits(arrays: &[Array]) -> Vec<u32> {
    arrays.iter().flat_map(|a| a.values.iter().map(|v| v.to_bits())).collect()
}

fn assert_same_arrays(a: &State, b: &State) {
    assert_eq!(bits(&a.weights), bits(&b.weights));
    assert_eq!((bits(&a.moment1), bits(&a.moment2)), (bits(&b.moment1), bits(&b.moment2)));
    assert_eq!(a.selection_bias, b.selection_bias);
}

fn switch(trainer: &mut Trainer, policy: Policy, form: Form) -> Result<(), TrainerRefusal> {
    let knobs = Knobs { policy, form, ..trainer.progress().knobs.clone() };
    trainer.set_knobs(knobs)
}

#[test]
fn switching_and_being_refused_touch_no_bit() {
    let device = devices::cpu().device;
    for (policy, form) in RUNS {
        let mut trainer = trainer(&tiny(policy, form), &device);
        train(&mut trainer, 6);
        let before = trainer.state().unwrap();
        let (mut done, mut refused) = (0, 0);
        for (other, other_form) in RUNS {
            match switch(&mut trainer, other, other_form) {
                Ok(()) => done += 1,
                Err(TrainerRefusal::Lacks(lacking)) => {
                    let why = moe_arena::words::lacking_parts(&lacking);
                    assert!(why.contains(other.label()) && why.contains("start again"), "{why}");
                    refused += 1;
                }
                Err(other) => panic!("{other:?}"),
            }
            assert_same_arrays(&trainer.state().unwrap(), &before);
        }
        assert!(done > 0 && refused > 0, "{policy:?} {form:?}: {done} {refused}");
        switch(&mut trainer, policy, form).unwrap();
        assert_eq!(trainer.state().unwrap(), before);
    }
}

/// The values of all tensors of a state whose name has `part` in it.
fn values<'a>(arrays: &'a [Array], part: &str) -> Vec<&'a f32> {
    arrays.iter().filter(|a| a.name.contains(part)).flat_map(|a| &a.values).collect()
}

#[test]
fn a_frozen_router_keeps_every_bit_and_so_do_its_moments() {
    let device = devices::cpu().device;
    // It has learned something first, so that momentum would carry it on.
    let mut dropout = trainer(&tiny(Policy::Smoe, Form::Language), &device);
    train(&mut dropout, 8);
    switch(&mut dropout, Policy::SmoeDropout, Form::Language).unwrap();
    let mut stable = trainer(&tiny(Policy::StableMoe, Form::Version1), &device);
    let start = stable.state().unwrap();
    train(&mut stable, 100);
    assert_ne!(values(&stable.state().unwrap().weights, "router.light_"), values(&start.weights, "router.light_"));
    let mut shared = trainer(&tiny(Policy::SharedV3, Form::Language), &device);
    train(&mut shared, 8);
    switch(&mut shared, Policy::Smoe, Form::Language).unwrap();
    for (trainer, still, moving) in [
        (&mut dropout, "router.weight", "experts.keys"),
        (&mut stable, "router.light_", "router.weight"),
        (&mut shared, "shared.", "router.weight"),
    ] {
        let before = trainer.state().unwrap();
        train(trainer, 10);
        let after = trainer.state().unwrap();
        for (old, new) in
            [(&before.weights, &after.weights), (&before.moment1, &after.moment1), (&before.moment2, &after.moment2)]
        {
            assert!(!values(old, still).is_empty());
            assert_eq!(values(old, still), values(new, still), "{still}");
            assert_ne!(values(old, moving), values(new, moving), "{moving}");
        }
    }
}

#[test]
fn selection_biases_move_by_a_thousandth_a_step_and_follow_their_expert() {
    let config = tiny(Policy::BiasBalanced, Form::Language);
    let mut trainer = trainer(&config, &devices::cpu().device);
    let mut expected = vec![vec![0.0f32; 4]; 2];
    for reading in train(&mut trainer, 12) {
        for (bias, layer) in expected.iter_mut().zip(&reading.layers) {
            let mean = layer.routed.iter().sum::<u32>() as f32 / 4.0;
            bias.iter_mut().zip(&layer.routed).for_each(|(b, &n)| {
                let towards = mean - n as f32;
                *b += if towards == 0.0 { 0.0 } else { towards.signum() * 0.001 };
            });
        }
    }
    let state = trainer.state().unwrap();
    assert!(state.selection_bias.iter().flatten().any(|b| *b != 0.0));
    for (ours, expected) in state.selection_bias.iter().flatten().zip(expected.iter().flatten()) {
        assert!((ours - expected).abs() < 1e-6, "{:?}, expected {expected:?}", state.selection_bias);
    }
    let change = Change { origins: vec![Origin::Kept(2), Origin::Split { parent: 0 }, Origin::Fresh, Origin::Kept(0)] };
    let changes = vec![change; 2];
    let loads = vec![vec![0.25; 4]; 2];
    let moved = reshape(&state, &SurgeryInputs { config: &config, seed: 3, changes: &changes, loads: &loads }).unwrap();
    for (old, new) in state.selection_bias.iter().zip(&moved.selection_bias) {
        let mean = old.iter().sum::<f32>() / 4.0;
        assert_eq!(new, &[old[2], old[0], mean, old[0]]);
    }
    // Under another policy they rest.
    switch(&mut trainer, Policy::SigmaMoe, Form::Language).unwrap();
    train(&mut trainer, 4);
    assert_eq!(trainer.state().unwrap().selection_bias, state.selection_bias);
}

#[test]
fn experts_come_and_go_under_every_policy() {
    for (policy, form) in RUNS {
        let config = tiny(policy, form);
        let state = State::initial(&config);
        for (origins, experts) in [
            (vec![Origin::Kept(1), Origin::Fresh, Origin::Split { parent: 0 }, Origin::Kept(3), Origin::Fresh], 5),
            (vec![Origin::Merged { kept: 2, absorbed: 0 }, Origin::Kept(1)], 2),
        ] {
            let changes = vec![Change { origins }; 2];
            let loads = vec![vec![0.25; 4]; 2];
            let operation = SurgeryInputs { config: &config, seed: 3, changes: &changes, loads: &loads };
            let changed = reshape(&state, &operation).unwrap();
            let shapes: Vec<_> = changed.weights.iter().map(|a| (a.name.clone(), a.shape.clone())).collect();
            assert_eq!(shapes, Layout::of(&config, experts).shapes(), "{policy:?} {form:?}");
            let task = moe_arena::tasks::open(&config).unwrap();
            let device = devices::cpu().device;
            let mut trainer = Trainer::new(std::sync::Arc::new(config.clone()), task, &device, &changed).unwrap();
            assert_eq!(train(&mut trainer, 3)[2].layers[0].routed.len(), experts);
        }
    }
}

#[test]
fn a_poisoned_router_stops_every_policy_before_anything_changes() {
    for (policy, form) in RUNS {
        let mut trainer = trainer(&tiny(policy, form), &devices::cpu().device);
        train(&mut trainer, 3);
        trainer.poison();
        let before = trainer.state().unwrap();
        for _ in 0..3 {
            trainer.step().unwrap();
        }
        assert_eq!(trainer.read().unwrap().not_finite, Some(4), "{policy:?} {form:?}");
        assert_same_arrays(&trainer.state().unwrap(), &before);
        assert_eq!(trainer.progress().step, 3);
        assert!(!trainer.locate().unwrap().to_string().is_empty());
    }
}

#[test]
fn every_policy_trains_the_same_on_the_graphics_adapter() {
    let Some(place) = devices::graphics("every_policy_trains_the_same_on_the_graphics_adapter") else { return };
    for (policy, form) in RUNS {
        let mut config = tiny(policy, form);
        config.knobs.competition_rate = 0.6;
        let losses = |device| {
            let mut trainer = trainer(&config, device);
            let losses: Vec<f64> = train(&mut trainer, 4).iter().map(|r| r.loss.total).collect();
            trainer.probe(ProbeFamilies::default()).unwrap();
            trainer.validate().unwrap();
            assert_eq!(trainer.read().unwrap().readings.len(), 2);
            losses
        };
        let (host, graphics) = (losses(&devices::cpu().device), losses(&place.device));
        for (a, b) in host.iter().zip(&graphics) {
            assert!((a - b).abs() < 1e-3 * a.abs(), "{policy:?} {form:?}: {host:?} {graphics:?}");
        }
    }
}

#[test]
fn noise_is_a_function_of_seed_and_step_and_absent_from_validation() {
    let device = devices::cpu().device;
    let config = tiny(Policy::NoisyTopK, Form::Version1);
    let readings = train(&mut trainer(&config, &device), 5);
    assert_eq!(readings, train(&mut trainer(&config, &device), 5));
    let validated = |config: &Config| {
        let mut trainer = trainer(config, &device);
        trainer.validate().unwrap();
        trainer.read().unwrap().readings
    };
    // Another policy with the same router weights and no noise validates the same.
    let mut plain = trainer(&config, &device);
    switch(&mut plain, Policy::Smoe, Form::Language).unwrap();
    plain.validate().unwrap();
    assert_eq!(plain.read().unwrap().readings, validated(&config));
}

#[test]
fn a_checkpoint_from_before_there_were_policies_opens_and_trains() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/checkpoints/version_1.safetensors");
    let session = Session::of(From::File(path), None, None);
    let shot = session.reader.latest();
    assert_eq!(shot.step, 12);
    assert_eq!(shot.knobs, Knobs { competition_rate: 0.3, learning_rate: 0.01, ..Knobs::default() });
    assert_eq!((shot.knobs.policy, shot.config.model.expert_bias), (Policy::CompeteSmoe, false));
    let shot = session.steps(4);
    assert!(shot.newest.step.unwrap().loss.task < 6.4);
}
