//! A step phase by phase: what is shown against loops in double precision, and a step taken so against one taken at once.

use std::sync::Arc;

use burn::tensor::Device;
use moe_arena::domain::config::{Config, Form, Knobs, PlaneConfig, PlaneTarget, Policy, Preset, TaskConfig};
use moe_arena::domain::readings::{
    LayerPhases, LossTermKind, NotCompeting, PartLengths, Phase, PhaseReading, StepReading,
};
use moe_arena::domain::state::State;
use moe_arena::engine::train::{Reading, Trainer};
use moe_arena::run::{Command, Fact, Notice, PausedBy, ShownPhases, Snapshot, Status};
use moe_arena::tasks::{self, BatchInput, BatchTarget};

use crate::network::twin::{Twin, softmax};
use crate::run::{Session, tiny};

fn trainer(config: &Config) -> Trainer {
    let task = tasks::open(config).unwrap();
    Trainer::new(Arc::new(config.clone()), task, &Device::flex(), &State::initial(config)).unwrap()
}

fn points(target: PlaneTarget) -> Config {
    let plane = PlaneConfig { target, points: 60, ..PlaneConfig::default() };
    let mut config = Preset::Tiny.config_for(TaskConfig::Plane(plane));
    config.knobs.competition_rate = 0.5;
    config
}

fn read(trainer: &mut Trainer) -> (Option<PhaseReading>, Option<StepReading>, Option<PartLengths>) {
    let mut found = (None, None, None);
    for reading in trainer.read().unwrap().readings {
        match reading {
            Reading::Phases(phases) => found.0 = Some(*phases),
            Reading::Step(step) => found.1 = Some(step),
            Reading::Update(update) => found.2 = Some(update),
            _ => {}
        }
    }
    found
}

fn close(found: f64, expected: f64, slack: f64) -> bool {
    (found - expected).abs() <= slack * (1.0 + expected.abs())
}

/// What holds of every layer: shares add up, the output is what the answers make, and the loss what its terms make.
fn check_sums(reading: &PhaseReading, layer: &LayerPhases, what: &str) {
    let choices = &layer.choices;
    for position in 0..reading.shown() {
        let p: f64 = choices.p(position).iter().map(|&p| f64::from(p)).sum();
        assert!(close(p, 1.0, 1e-5), "{what}: p adds up to {p}");
        assert_eq!(layer.answering(position).len(), choices.k, "{what}");
        assert_eq!(choices.winners(position).is_empty(), !layer.competes, "{what}");
        for component in 0..layer.components {
            let weights = layer.weights(position).iter().enumerate();
            let mixed: f64 =
                weights.map(|(place, &w)| f64::from(w) * f64::from(layer.answer(position, place)[component])).sum();
            let shared = layer.shared_answer(position).map_or(0.0, |(w, answer)| f64::from(w * answer[component]));
            let y = f64::from(layer.output(position)[component]);
            assert!(close(y, mixed + shared, 1e-4), "{what}: y is {y}, the answers make {}", mixed + shared);
        }
    }
}

/// Steps by phases and steps at once, with the same weights after each, and numbers that belong to them.
fn check_steps(config: &Config, what: &str) -> [bool; 2] {
    let (mut whole, mut phased) = (trainer(config), trainer(config));
    let mut competed = [false; 2];
    for step in 1..=6 {
        let before = phased.state().unwrap();
        whole.step().unwrap();
        let gradients = phased.phases().unwrap();
        let (reading, none, _) = read(&mut phased);
        let mut reading = reading.unwrap();
        assert!(none.is_none() && phased.state().unwrap() == before, "{what}: nothing is applied yet");
        assert_eq!((gradients.step(), reading.step), (step, step));
        phased.apply_measured(gradients).unwrap();
        let (_, taken, update) = read(&mut phased);
        let expected = read(&mut whole).1;
        assert_eq!(taken, expected, "{what}: what step {step} measured");
        let after = phased.state().unwrap();
        assert!(after == whole.state().unwrap(), "{what}: the bits of step {step}");
        reading.update = update;

        let taken = taken.unwrap();
        assert!(close(reading.gradients.norm(), taken.gradient_norm, 1e-5), "{what}");
        assert!(close(reading.task, taken.loss.task, 1e-12) && close(reading.total, taken.loss.total, 1e-12));
        let added: f64 = reading.layers.iter().map(|layer| layer.added).sum();
        assert!(close(reading.total, reading.task + added, 1e-5), "{what}: {} and {added}", reading.task);
        if reading.positions == reading.shown() {
            let mean = reading.losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / reading.positions as f64;
            assert!(close(mean, reading.task, 1e-5), "{what}: the positions' losses make the task's");
        }
        for (layer, (phases, taken)) in reading.layers.iter().zip(&taken.layers).enumerate() {
            competed[usize::from(phases.competes)] = true;
            assert_eq!(phases.competes, taken.competed, "{what}");
            check_sums(&reading, phases, what);
            let lengths = &reading.gradients.layers[layer];
            if let Some(measured) = &taken.gradients {
                let same = measured.iter().zip(&lengths.experts).all(|(&a, &b)| close(f64::from(a), b, 1e-6));
                assert!(same && measured.len() == lengths.experts.len(), "{what}: {measured:?} {lengths:?}");
            }
            if config.knobs.z_weight == 0.0 {
                assert!(phases.beside_terms().abs() < 1e-6, "{what}: {:?} {}", phases.terms, phases.added);
            }
        }
        check_update(&reading, &before, &after, what);
    }
    competed
}

/// The lengths of an update, from the weights before and after it.
fn check_update(reading: &PhaseReading, before: &State, after: &State, what: &str) {
    let update = reading.update.as_ref().unwrap();
    let (mut all, mut expert, mut router) = (0.0, vec![0.0; reading.layers[0].choices.experts], 0.0);
    for (was, is) in before.weights.iter().zip(&after.weights) {
        let squares: Vec<f64> =
            was.values.iter().zip(&is.values).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).collect();
        all += squares.iter().sum::<f64>();
        if was.name.starts_with("blocks.0.experts.") {
            let each = squares.len() / expert.len();
            expert.iter_mut().zip(squares.chunks(each)).for_each(|(sum, part)| *sum += part.iter().sum::<f64>());
        } else if was.name.starts_with("blocks.0.router.") {
            router += squares.iter().sum::<f64>();
        }
    }
    assert!(close(update.norm(), all.sqrt(), 1e-6) && all > 0.0, "{what}: {} {}", update.norm(), all.sqrt());
    assert!(close(update.layers[0].router, router.sqrt(), 1e-6), "{what}");
    for (found, sum) in update.layers[0].experts.iter().zip(expert) {
        assert!(close(*found, sum.sqrt(), 1e-6), "{what}: {found} {}", sum.sqrt());
    }
}

#[test]
fn a_step_by_phases_is_bit_for_bit_a_step_taken_at_once() {
    let tasks = [Preset::Tiny.config(), points(PlaneTarget::Class), points(PlaneTarget::Value)];
    for (place, mut config) in tasks.into_iter().enumerate() {
        (config.knobs.competition_rate, config.cadence.probe_every) = (0.5, 2);
        let competed = check_steps(&config, &format!("task {place}"));
        assert_eq!(competed, [true; 2], "both kinds of steps are among them");
    }
    for (policy, form) in [
        (Policy::CompeteSmoe, Form::Vision),
        (Policy::CompeteSmoe, Form::Version1),
        (Policy::Smoe, Form::Language),
        (Policy::SmoeRaw, Form::Version1),
        (Policy::SigmaMoe, Form::Vision),
        (Policy::XMoe, Form::Language),
        (Policy::PerturbedCosine, Form::Vision),
        (Policy::StableMoe, Form::Language),
        (Policy::NoisyTopK, Form::Version1),
        (Policy::SharedV2, Form::Vision),
        (Policy::SharedV3, Form::Language),
        (Policy::BiasBalanced, Form::Language),
    ] {
        let mut config = crate::policies::tiny(policy, form);
        (config.knobs.competition_rate, config.knobs.freeze_step, config.knobs.z_weight) = (0.5, 3, 0.0);
        check_steps(&config, &format!("{policy:?} {form:?}"));
    }
}

#[test]
fn a_step_of_a_text_shows_what_loops_compute() {
    let mut config = Preset::Tiny.config();
    (config.knobs.competition_rate, config.knobs.router_weight) = (0.5, 0.7);
    let mut trainer = trainer(&config);
    let (mut seen, context, k) = ([false; 2], config.model.context, config.knobs.top_k);
    for step in 0..4 {
        let state = trainer.state().unwrap();
        let competing = trainer.competing(step);
        let gradients = trainer.phases().unwrap();
        let reading = read(&mut trainer).0.unwrap();
        let batch = trainer.task().training_batch(config.seed, step, 0..config.sequences).unwrap();
        let (BatchInput::Ids(ids), BatchTarget::Classes(next)) = (&batch.input, &batch.target) else {
            panic!("a text")
        };
        for row in 0..(reading.shown() / context).min(2) {
            let from = row * context;
            let bytes: Vec<u8> = ids[from..from + context].iter().map(|&id| id as u8).collect();
            let twin = Twin::of(&config.model, &state);
            let (logits, _) = twin.sequence(&bytes, &competing, config.model.experts, &config.knobs);
            let tokens = twin.seen.borrow();
            for (place, token) in tokens.iter().enumerate() {
                let (layer, position) = (&reading.layers[place / context], from + place % context);
                seen[usize::from(layer.competes)] = true;
                let same = |found: &[f32], expected: &[f64], what: &str| {
                    let same = found.iter().zip(expected).all(|(&a, &b)| close(f64::from(a), b, 2e-5));
                    assert!(same && found.len() <= expected.len(), "{what} of {position}: {found:?} {expected:?}");
                };
                same(layer.logits(position), &token.z, "z");
                same(layer.choices.p(position), &token.p, "p");
                if layer.competes {
                    same(layer.choices.s(position), &token.scores, "s");
                }
                same(layer.output(position), &token.y, "y");
                let chosen: Vec<usize> = layer.answering(position).iter().map(|&slot| slot.into()).collect();
                assert_eq!(chosen, token.chosen, "who answers");
                let sum: f64 = chosen.iter().map(|&slot| token.scores[slot]).sum();
                for (place, &slot) in chosen.iter().enumerate() {
                    assert!(close(f64::from(layer.weights(position)[place]), token.scores[slot] / sum, 2e-5));
                    same(layer.answer(position, place), &token.answers[slot], "an answer");
                }
                assert_eq!(chosen.len(), k);
            }
            for (position, logits) in logits.iter().enumerate() {
                let loss = -softmax(logits)[next[from + position] as usize].ln();
                assert!(close(f64::from(reading.losses[from + position]), loss, 1e-5));
            }
        }
        trainer.apply(gradients).unwrap();
        trainer.read().unwrap();
    }
    assert_eq!(seen, [true; 2], "router and competition steps");
}

#[test]
fn a_step_of_points_shows_what_loops_compute() {
    let mut config = points(PlaneTarget::Class);
    (config.model.layers, config.model.bare) = (1, true);
    assert_eq!(config.validate(), []);
    let mut trainer = trainer(&config);
    let mut seen = [false; 2];
    for step in 0..6 {
        let state = trainer.state().unwrap();
        let values = |name: &str| -> Vec<f64> {
            let array = state.weights.iter().find(|array| array.name == name).unwrap();
            array.values.iter().map(|&value| f64::from(value)).collect()
        };
        let gradients = trainer.phases().unwrap();
        let reading = read(&mut trainer).0.unwrap();
        let layer = &reading.layers[0];
        seen[usize::from(layer.competes)] = true;
        let (d, h, n) = (config.model.width, config.model.expert_width, config.model.experts);
        let (embedding, router) = (values("embedding"), values("blocks.0.router.weight"));
        let (keys, answers) = (values("blocks.0.experts.keys"), values("blocks.0.experts.values"));
        let (head, bias) = (values("head.weight"), values("head.bias"));
        let batch = trainer.task().training_batch(config.seed, step, 0..config.sequences).unwrap();
        let (BatchInput::Values(inputs), BatchTarget::Classes(classes)) = (&batch.input, &batch.target) else {
            panic!("points")
        };
        for position in 0..reading.shown() {
            let times = |x: &[f64], matrix: &[f64], columns: usize| -> Vec<f64> {
                (0..columns).map(|c| x.iter().enumerate().map(|(r, v)| v * matrix[r * columns + c]).sum()).collect()
            };
            let input: Vec<f64> = inputs[position * 3..][..3].iter().map(|&v| f64::from(v)).collect();
            let x = times(&input, &embedding, d);
            let z: Vec<f64> = (0..n).map(|i| x.iter().zip(&router[i * d..]).map(|(a, b)| a * b).sum()).collect();
            let p = softmax(&z);
            let answer = |i: usize| {
                let hidden: Vec<f64> = times(&x, &keys[i * d * h..][..d * h], h).iter().map(|v| v.max(0.0)).collect();
                times(&hidden, &answers[i * d * h..][..d * h], d)
            };
            let s: Vec<f64> =
                (0..n).map(|i| answer(i).iter().map(|v| v.exp().ln_1p()).sum::<f64>() / d as f64).collect();
            let scores = if layer.competes { &s } else { &p };
            let chosen: Vec<usize> = layer.answering(position).iter().map(|&slot| slot.into()).collect();
            let least = chosen.iter().map(|&slot| scores[slot]).fold(f64::INFINITY, f64::min);
            assert!((0..n).all(|i| chosen.contains(&i) || scores[i] <= least), "{chosen:?} of {scores:?}");
            let sum: f64 = chosen.iter().map(|&slot| scores[slot]).sum();
            let y: Vec<f64> = (0..d).map(|c| chosen.iter().map(|&i| scores[i] / sum * answer(i)[c]).sum()).collect();
            let outputs = bias.len();
            let logits: Vec<f64> = times(&y, &head, outputs).iter().zip(&bias).map(|(a, b)| a + b).collect();
            let loss = -softmax(&logits)[classes[position] as usize].ln();
            for (found, expected) in layer.choices.p(position).iter().zip(&p) {
                assert!(close(f64::from(*found), *expected, 2e-5));
            }
            for (found, expected) in layer.choices.s(position).iter().zip(&s) {
                assert!(close(f64::from(*found), *expected, 2e-5));
            }
            for (found, expected) in layer.output(position).iter().zip(&y) {
                assert!(close(f64::from(*found), *expected, 2e-5));
            }
            assert!(close(f64::from(reading.losses[position]), loss, 1e-5), "{} {loss}", reading.losses[position]);
        }
        let kinds: Vec<LossTermKind> = layer.terms.iter().map(|term| term.kind).collect();
        let expected: &[LossTermKind] = if layer.competes {
            &[LossTermKind::Distillation, LossTermKind::AffinityBalance, LossTermKind::Diversity]
        } else {
            &[LossTermKind::Balance]
        };
        assert_eq!(kinds, expected);
        trainer.apply(gradients).unwrap();
        trainer.read().unwrap();
    }
    assert_eq!(seen, [true; 2], "router and competition steps");
}

#[test]
fn a_router_step_says_why_nobody_competes() {
    let why = |change: &dyn Fn(&mut Config), paint: Option<bool>| {
        let mut config = Preset::Tiny.config();
        (config.knobs.competition_rate, config.knobs.competition_warmup) = (0.0, 0);
        change(&mut config);
        let mut trainer = trainer(&config);
        if paint.is_some() {
            trainer.paint(0, 0, 0, paint).unwrap();
        }
        trainer.phases().unwrap();
        read(&mut trainer).0.unwrap().layers[0].not_competing
    };
    assert_eq!(why(&|_| (), None), Some(NotCompeting::Schedule));
    assert_eq!(why(&|_| (), Some(false)), Some(NotCompeting::Painted));
    assert_eq!(why(&|_| (), Some(true)), None);
    assert_eq!(why(&|config| config.knobs.competition_warmup = 3, None), Some(NotCompeting::WarmUp));
    assert_eq!(why(&|config| config.knobs.policy = Policy::Smoe, None), Some(NotCompeting::Policy));
}

#[test]
fn a_run_stops_at_the_step_named_and_refuses_one_that_is_done() {
    let mut session = Session::new(&tiny());
    session.send(Command::StopAt(6));
    session.wait("there", |shot| shot.step == 6 && shot.status == Status::Paused(PausedBy::Steps(6)));
    for done in [0, 6] {
        session.answer(Command::StopAt(done), |notice| matches!(notice, Notice::Refused { .. }));
    }
    session.close();
}

fn phase(shot: &Snapshot) -> Option<(Phase, u64)> {
    shot.newest.phases.as_ref().map(|shown| (shown.phase, shown.reading.step))
}

/// Asks for the next phase and waits for it.
fn next(session: &Session, expected: (Phase, u64)) -> Snapshot {
    session.send(Command::Phase);
    session.wait("the next phase", |shot| phase(shot) == Some(expected) && !shot.is_running())
}

/// What stays the same from phase to phase.
fn untouched(shown: &Option<ShownPhases>) -> PhaseReading {
    PhaseReading { update: None, ..PhaseReading::clone(&shown.as_ref().unwrap().reading) }
}

#[test]
fn four_phases_make_a_step_and_the_fifth_begins_the_next() {
    for config in [tiny(), points(PlaneTarget::Class)] {
        let (phased, whole) = (Session::new(&config), Session::new(&config));
        for step in 1..=5 {
            let shot = next(&phased, (Phase::Route, step));
            let first = untouched(&shot.newest.phases);
            for phase in [Phase::Compete, Phase::Combine] {
                let shot = next(&phased, (phase, step));
                assert_eq!((shot.step, untouched(&shot.newest.phases) == first), (step - 1, true));
            }
            let shot = next(&phased, (Phase::Learn, step));
            assert_eq!(shot.status, Status::Paused(PausedBy::Steps(1)));
            assert!(shot.step == step && untouched(&shot.newest.phases) == first);
            let update = shot.newest.phases.as_ref().unwrap().reading.update.clone().unwrap();
            assert!(update.norm() > 0.0);
            let expected = whole.steps(1);
            assert_eq!(shot.newest.step, expected.newest.step, "what the step measured");
            assert_eq!(
                (&shot.newest.probe, shot.newest.validation),
                (&expected.newest.probe, expected.newest.validation)
            );
        }
        phased.close();
        whole.close();
    }
}

#[test]
fn a_step_or_a_run_in_between_applies_what_was_shown() {
    let (phased, whole) = (Session::new(&tiny()), Session::new(&tiny()));
    next(&phased, (Phase::Route, 1));
    let shot = phased.steps(1);
    assert_eq!(phase(&shot), Some((Phase::Learn, 1)), "the step is the one that was shown");
    next(&phased, (Phase::Route, 2));
    next(&phased, (Phase::Compete, 2));
    let found = phased.steps(6);
    assert_eq!(phase(&found), None, "other steps came after it");
    let expected = whole.steps(7);
    assert_eq!(found.newest.step, expected.newest.step);
    assert_eq!(found.newest.probe, expected.newest.probe);
    next(&phased, (Phase::Route, 8));
    phased.send(Command::Run);
    phased.wait("running", |shot| shot.is_running() && shot.step > 9);
    // Asked for while it trains: it pauses, and shows the step after the last.
    phased.send(Command::Phase);
    let shot = phased.wait("paused", |shot| shot.newest.phases.is_some());
    assert_eq!(
        (shot.status.clone(), phase(&shot)),
        (Status::Paused(PausedBy::Person), Some((Phase::Route, shot.step + 1)))
    );
    let found = phased.steps(1);
    let expected = whole.steps(found.step - 7);
    assert_eq!(found.newest.step, expected.newest.step);
    phased.close();
    whole.close();
}

#[test]
fn a_change_in_between_discards_what_was_shown_and_says_so() {
    let (mut phased, whole) = (Session::new(&tiny()), Session::new(&tiny()));
    let discarded =
        |step| move |notice: &Notice| matches!(notice, Notice::Fact(Fact::PhasesDiscarded { step: of }) if *of == step);
    phased.steps(2);
    next(&phased, (Phase::Route, 3));
    let shot = next(&phased, (Phase::Compete, 3));
    let knobs = Knobs { learning_rate: 0.02, top_k: 1, ..shot.knobs.clone() };
    phased.answer(Command::SetKnobs(knobs.clone()), discarded(3));
    let shot = phased.wait("changed", |shot| shot.knobs == knobs);
    assert_eq!((phase(&shot), shot.step), (None, 2), "nothing was applied");
    // What is refused, saved or only looked at changes nothing.
    let shot = next(&phased, (Phase::Route, 3));
    let refused = Knobs { top_k: 99, ..shot.knobs.clone() };
    phased.answer(Command::SetKnobs(refused), |notice| matches!(notice, Notice::Refused { .. }));
    phased.send(Command::Paint { layer: 0, from: 5, to: 6, compete: Some(true) });
    phased.send(Command::Watch { every: 4, measures: shot.config.cadence.measures });
    let shot = phased.wait("watched", |shot| shot.config.cadence.probe_every == 4);
    assert_eq!(phase(&shot), Some((Phase::Route, 3)));
    phased.answer(Command::Paint { layer: 0, from: 2, to: 2, compete: Some(true) }, discarded(3));
    next(&phased, (Phase::Route, 3));
    phased.send(Command::Reset { seed: None });
    let shot = phased.wait("begun again", |shot| shot.step == 0 && shot.status == Status::Paused(PausedBy::Start));
    assert_eq!(phase(&shot), None);

    // And the run goes on as one that was never shown.
    whole.steps(2);
    whole.send(Command::SetKnobs(knobs.clone()));
    whole.wait("changed", |shot| shot.knobs == knobs);
    let mut again = Session::new(&tiny());
    again.steps(2);
    next(&again, (Phase::Route, 3));
    again.answer(Command::SetKnobs(knobs), discarded(3));
    assert_eq!(again.steps(3).newest.step, whole.steps(3).newest.step);
    for session in [phased, whole, again] {
        session.close();
    }
}
