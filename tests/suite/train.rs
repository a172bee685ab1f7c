//! Training through the public library: it learns, it is the same on every device, and what goes wrong is noticed.

use std::sync::Arc;

use burn::tensor::Device;
use moe_arena::domain::config::{Cause, Config, KnobId, Policy, Preset, ProbeFamilies};
use moe_arena::domain::interventions::Intervention;
use moe_arena::domain::readings::StepReading;
use moe_arena::domain::roster::ExpertId;
use moe_arena::domain::state::State;
use moe_arena::engine::train::{NonFinite, Reading, Trainer};

use crate::devices;

pub fn trainer(config: &Config, device: &Device) -> Trainer {
    let task = moe_arena::tasks::open(config).unwrap();
    Trainer::new(Arc::new(config.clone()), task, device, &State::initial(config)).unwrap()
}

/// Trains `steps` steps, reading every eight, and returns their readings.
pub fn train(trainer: &mut Trainer, steps: usize) -> Vec<StepReading> {
    let mut readings = Vec::new();
    for step in 1..=steps {
        trainer.step().unwrap();
        if step % 8 == 0 || step == steps {
            let batch = trainer.read().unwrap();
            assert_eq!(batch.not_finite, None);
            readings.extend(
                batch.readings.into_iter().filter_map(|r| if let Reading::Step(s) = r { Some(s) } else { None }),
            );
        }
    }
    readings
}

#[test]
fn the_loss_falls_from_that_of_a_blind_guess() {
    let config = Preset::Tiny.config();
    let readings = train(&mut trainer(&config, &devices::cpu().device), 120);
    let mean = |part: &[StepReading]| part.iter().map(|r| r.loss.task).sum::<f64>() / part.len() as f64;
    let (first, last) = (mean(&readings[..5]), mean(&readings[110..]));
    assert!((first - 256f64.ln()).abs() < 0.8, "starts near ln 256: {first}");
    assert!(last < 3.2, "after 120 steps: {last}");
}

#[test]
fn readings_are_complete_and_consistent() {
    let mut config = Preset::Tiny.config();
    config.knobs.competition_rate = 0.4;
    config.model.moe_every = 1;
    let tokens = config.tokens_per_step() as u32;
    let k = config.knobs.top_k as u32;
    let readings = train(&mut trainer(&config, &devices::cpu().device), 24);
    assert_eq!(readings.iter().map(|r| r.step).collect::<Vec<_>>(), (1..=24).collect::<Vec<_>>());
    let (mut competed, mut routed) = (0, 0);
    for reading in &readings {
        for layer in &reading.layers {
            assert_eq!(layer.routed.iter().sum::<u32>(), tokens * k);
            assert_eq!(layer.won.as_ref().map(|w| w.iter().sum::<u32>()), layer.competed.then_some(tokens * k));
            if layer.competed { competed += 1 } else { routed += 1 }
        }
        let any = reading.layers.iter().any(|l| l.competed);
        let all = reading.layers.iter().all(|l| l.competed);
        assert_eq!((reading.loss.router.is_some(), reading.loss.balance.is_some()), (any, !all));
    }
    assert!(competed > 5 && routed > 5, "{competed} {routed}");
}

#[test]
fn a_total_is_its_terms_with_their_weights() {
    // One layer, so that means over layers are sums over layers.
    let mut config = Preset::Tiny.config();
    config.model.layers = 1;
    config.knobs.competition_rate = 0.5;
    config.knobs.router_weight = 30.0;
    let knobs = config.knobs.clone();
    for reading in train(&mut trainer(&config, &devices::cpu().device), 16) {
        let loss = reading.loss;
        let expected = loss.task
            + loss.balance.unwrap_or(0.0) * knobs.balance_weight
            + loss.router.unwrap_or(0.0) * knobs.router_weight
            + loss.affinity_balance.unwrap_or(0.0) * knobs.affinity_balance_weight / 2.0
            + loss.diversity.unwrap_or(0.0) * knobs.diversity_weight / 2.0;
        assert!((loss.total - expected).abs() < 2e-5, "step {}: {} {expected}", reading.step, loss.total);
    }
}

#[test]
fn cpu_and_graphics_adapter_train_alike() {
    let Some(place) = devices::graphics("cpu_and_graphics_adapter_train_alike") else { return };
    let mut config = Preset::Tiny.config();
    config.knobs.competition_rate = 0.3;
    let cpu = train(&mut trainer(&config, &devices::cpu().device), 20);
    let gpu = train(&mut trainer(&config, &place.device), 20);
    for (a, b) in cpu.iter().zip(&gpu) {
        let difference = (a.loss.task - b.loss.task).abs();
        assert!(difference < 2e-4, "step {}: {} {} differ by {difference}", a.step, a.loss.task, b.loss.task);
        assert!((a.gradient_norm - b.gradient_norm).abs() < 1e-3 * a.gradient_norm.max(1.0));
    }
}

fn stops_before_what_is_not_finite(device: &Device) {
    let config = Preset::Tiny.config();
    let mut trainer = trainer(&config, device);
    train(&mut trainer, 3);
    trainer.poison();
    let before = trainer.state().unwrap();
    for _ in 0..4 {
        trainer.step().unwrap();
    }
    let batch = trainer.read().unwrap();
    assert_eq!((batch.not_finite, batch.readings.len()), (Some(4), 0));
    let after = trainer.state().unwrap();
    assert_eq!(after.progress, before.progress);
    assert!(bits(&after) == bits(&before), "weights and moments are as they were");
    assert_eq!(trainer.locate().unwrap().to_string(), "the weights blocks.0.router.weight");
}

#[test]
fn a_step_that_is_not_finite_changes_nothing_and_is_named() {
    stops_before_what_is_not_finite(&devices::cpu().device);
}

#[test]
fn the_graphics_adapter_stops_before_what_is_not_finite_too() {
    // Shader compilers may assume that NaN does not happen; the check must see it all the same.
    if let Some(place) = devices::graphics("the_graphics_adapter_stops_before_what_is_not_finite_too") {
        stops_before_what_is_not_finite(&place.device);
    }
}

#[test]
fn an_exploding_rate_is_stopped_before_it_spoils_the_weights() {
    let mut config = Preset::Tiny.config();
    config.knobs.learning_rate = 1e30;
    config.optimizer.warmup_steps = 0;
    let mut trainer = trainer(&config, &devices::cpu().device);
    let mut stopped = None;
    for _ in 0..5 {
        (0..4).for_each(|_| trainer.step().unwrap());
        stopped = trainer.read().unwrap().not_finite;
        if stopped.is_some() {
            break;
        }
    }
    assert!(stopped.is_some(), "a rate of 1e30 must overflow");
    assert_eq!(trainer.progress().step + 1, stopped.unwrap());
    let place = trainer.locate().unwrap().to_string();
    assert!(["block", "logits", "loss", "gradient"].iter().any(|part| place.contains(part)), "{place}");
}

/// Everything that training changes, as bits.
fn bits(state: &State) -> Vec<u32> {
    let arrays = [&state.weights, &state.moment1, &state.moment2].into_iter().flatten().flat_map(|array| &array.values);
    arrays.chain(state.selection_bias.iter().flatten()).map(|value| value.to_bits()).collect()
}

/// Three sound steps; then `spoil` puts something in force under which loss and gradient are as finite as before, and the
/// update is not. What the trainer says of it.
fn halted_by_its_update(policy: Policy, device: &Device, spoil: impl Fn(&mut Config)) -> NonFinite {
    let mut config = Preset::Tiny.config();
    config.knobs.policy = policy;
    config.optimizer.warmup_steps = 0;
    let mut sound = trainer(&config, device);
    // Nothing ever moves an expert that nobody hears: its gradient and moments are zeros.
    sound.intervention(0, Intervention::Mute { expert: ExpertId(0), on: true }).unwrap();
    train(&mut sound, 3);
    let before = sound.state().unwrap();
    spoil(&mut config);
    let task = moe_arena::tasks::open(&config).unwrap();
    let mut state = before.clone();
    state.progress.knobs = config.knobs.clone();
    let mut trainer = Trainer::new(Arc::new(config), task, device, &state).unwrap();
    (0..3).for_each(|_| trainer.step().unwrap());
    let batch = trainer.read().unwrap();
    assert_eq!((batch.not_finite, batch.readings.len()), (Some(4), 0), "{policy:?}");
    let after = trainer.state().unwrap();
    assert_eq!(after.progress, state.progress);
    assert!(bits(&after) == bits(&before), "{policy:?}: weights, moments and biases are as they were");
    trainer.locate().unwrap()
}

fn an_update_is_halted(device: &Device) {
    let tensor = |found: NonFinite, expected: Cause| match found {
        NonFinite::Update { tensor, cause } => {
            assert_eq!(cause, Some(expected), "{tensor}");
            assert!(tensor.contains('.') || tensor == "embedding", "{tensor}");
        }
        other => panic!("{other:?}"),
    };
    // Two of them rescale weights before the update, one keeps biases beside them, one holds tensors still.
    let policies =
        [Policy::CompeteSmoe, Policy::PerturbedCosine, Policy::XMoe, Policy::BiasBalanced, Policy::SmoeDropout];
    for policy in policies {
        let found = halted_by_its_update(policy, device, |config| config.knobs.learning_rate = 1e39);
        tensor(found, Cause::Knob(KnobId::LearningRate, 1e39));
    }
    // 0 ÷ 0, where nothing moves.
    let found = halted_by_its_update(Policy::Smoe, device, |config| config.optimizer.epsilon = 1e-46);
    assert_eq!(found.to_string().split_once(": ").unwrap().1, "optimizer.epsilon 1e-46 is too small");
    let found = halted_by_its_update(Policy::Smoe, device, |config| config.optimizer.weight_decay = 1e42);
    tensor(found, Cause::WeightDecay(1e42));
    // What a config may hold, and yet too much together.
    let found = halted_by_its_update(Policy::Smoe, device, |config| {
        (config.knobs.learning_rate, config.optimizer.weight_decay) = (1e30, 1e12);
        assert_eq!(config.validate(), []);
    });
    tensor(found, Cause::Knob(KnobId::LearningRate, 1e30));
}

#[test]
fn an_update_that_would_not_be_finite_is_halted_before_it_writes_and_its_cause_named() {
    an_update_is_halted(&devices::cpu().device);
}

#[test]
fn the_graphics_adapter_halts_an_update_that_would_not_be_finite_too() {
    if let Some(place) = devices::graphics("the_graphics_adapter_halts_an_update_that_would_not_be_finite_too") {
        an_update_is_halted(&place.device);
    }
}

#[test]
fn going_on_from_a_state_is_bit_for_bit_the_same_run() {
    let mut config = Preset::Tiny.config();
    config.knobs.competition_rate = 0.3;
    let device = devices::cpu().device;
    let mut whole = trainer(&config, &device);
    let straight = train(&mut whole, 40);
    let mut first = trainer(&config, &device);
    train(&mut first, 20);
    let state = first.state().unwrap();
    let task = moe_arena::tasks::open(&config).unwrap();
    let mut second = Trainer::new(Arc::new(config.clone()), task, &device, &state).unwrap();
    assert_eq!(train(&mut second, 20), straight[20..]);
    assert_eq!(second.state().unwrap(), whole.state().unwrap());
}

#[test]
fn a_probe_takes_the_first_choice_from_what_the_policy_chooses_by() {
    let mut config = Preset::Tiny.config();
    config.knobs.policy = Policy::BiasBalanced;
    let task = moe_arena::tasks::open(&config).unwrap();
    let mut state = State::initial(&config);
    // A bias that no sigmoid outweighs: expert 2 is everybody's first choice, whatever the logits say.
    state.selection_bias = vec![
        (0..config.model.experts).map(|slot| f32::from(u8::from(slot == 1)) * 9.0).collect();
        config.model.moe_count()
    ];
    let device = devices::cpu().device;
    let mut trainer = Trainer::new(Arc::new(config), task, &device, &state).unwrap();
    trainer.probe(ProbeFamilies::default()).unwrap();
    let [Reading::Probe(probe)] = &trainer.read().unwrap().readings[..] else { panic!("one probe was asked for") };
    for layer in &probe.layers {
        let (confusion, choices) = (layer.matrices.confusion.as_ref().unwrap(), &layer.choices);
        assert!((0..choices.tokens()).all(|token| choices.picks(token)[0] == 1));
        let elsewhere = confusion
            .iter()
            .flat_map(|row| row.iter().enumerate().filter(|cell| cell.0 != 1))
            .map(|cell| cell.1)
            .sum::<u32>();
        assert_eq!((elsewhere, layer.diagnosis.load.counts.as_ref().unwrap()[1]), (0, probe.tokens as u32));
        assert!((0..choices.tokens()).any(|token| choices.p(token).iter().any(|&p| p > choices.p(token)[1])));
    }
}

#[test]
fn probes_and_validations_disturb_nothing() {
    let config = Preset::Tiny.config();
    let device = devices::cpu().device;
    let straight = train(&mut trainer(&config, &device), 12);
    let mut probed = trainer(&config, &device);
    let mut readings = train(&mut probed, 6);
    probed.probe(ProbeFamilies::default()).unwrap();
    probed.validate().unwrap();
    let batch = probed.read().unwrap();
    let [Reading::Probe(probe), Reading::Validation(validation)] = &batch.readings[..] else { panic!("{batch:?}") };
    readings.extend(train(&mut probed, 6));
    assert_eq!(readings, straight);
    assert!((1.0..6.0).contains(&validation.loss));
    let (tokens, k) = (probe.tokens as u32, config.knobs.top_k as u32);
    for layer in &probe.layers {
        let (found, matrices) = (&layer.diagnosis, &layer.matrices);
        assert_eq!(matrices.confusion.iter().flatten().flatten().sum::<u32>(), tokens);
        let sum = |counts: &Option<Vec<u32>>| counts.as_ref().unwrap().iter().sum::<u32>();
        assert_eq!((sum(&found.load.counts), sum(&found.agreement.won)), (tokens * k, tokens * k));
        let cosine = matrices.output_cosine.as_ref().unwrap();
        (0..cosine.len()).for_each(|i| assert!((cosine[i][i].unwrap() - 1.0).abs() < 1e-4));
        assert_eq!(cosine.len(), layer.choices.experts);
        let captured = found.agreement.response_captured.unwrap();
        assert!(captured <= 1.0 + 1e-6 && captured >= found.beside.captured_at_random.unwrap() * 0.5);
        let (rank, limit) = (found.collapse.effective_rank.unwrap(), found.collapse.rank_limit.unwrap());
        assert!(rank >= 1.0 && rank <= limit as f64 + 1e-3);
        assert_eq!(found.collapse.spectrum.as_ref().unwrap()[0], 1.0);
    }
}

/// Looking is the run's own business: what somebody asks for in between is told, and changes nothing of what is told next.
#[test]
fn a_probe_somebody_asked_for_does_not_change_how_far_experts_have_moved_at_the_next() {
    let seen = |asked: bool| {
        let mut trainer = trainer(&Preset::Tiny.config(), &devices::cpu().device);
        let mut turn = 0;
        train(&mut trainer, 4);
        trainer.look(ProbeFamilies::default(), &mut turn).unwrap();
        train(&mut trainer, 3);
        if asked {
            trainer.probe(ProbeFamilies::default()).unwrap();
            trainer.knock_out(0, 0).unwrap();
        }
        train(&mut trainer, 2);
        trainer.look(ProbeFamilies::default(), &mut turn).unwrap();
        let probes = trainer.read().unwrap().readings.into_iter();
        let mut probes = probes.filter_map(|r| if let Reading::Probe(probe) = r { Some(probe) } else { None });
        probes
            .next_back()
            .unwrap()
            .layers
            .iter()
            .map(|layer| layer.diagnosis.weights.moved.clone().unwrap())
            .collect::<Vec<_>>()
    };
    let moved = seen(false);
    assert!(moved.iter().flatten().all(|&share| share > 0.0) && moved[0].len() == 4, "{moved:?}");
    assert_eq!(seen(true), moved);
}
