//! The fault lab: every fault moves the measures that should notice it, through a real run; and what it does, exactly.

use burn::tensor::Device;
use moe_arena::domain::config::{Config, Knobs, Preset, ProbeFamilies};
use moe_arena::domain::interventions::Intervention;
use moe_arena::domain::readings::{Counterfactual, KnockOut, ProbeReading};
use moe_arena::domain::roster::ExpertId;
use moe_arena::domain::state::State;
use moe_arena::engine::train::{Reading, Trainer, TrainerRefusal};
use moe_arena::run::{Command, ExpectedEffect, Indicator, InterventionTrial, Notice, Snapshot};
use moe_arena::words;

use crate::devices;
use crate::run::Session;
use crate::train::{train, trainer};

/// A small network that competes often, so that its router soon foresees something.
fn small() -> Config {
    let mut config = Preset::Tiny.config();
    config.model.moe_every = 1;
    config.cadence.probe_every = 20;
    config.knobs.competition_warmup = 0;
    config.knobs.competition_rate = 0.5;
    config.knobs.max_competing_layers = config.model.moe_count();
    config.knobs.router_weight = 1.0;
    config
}

fn done(session: &Session, layer: usize, intervention: Intervention) -> Snapshot {
    let before = session.reader.latest().interventions.trials.len();
    session.send(Command::Intervene { layer, intervention });
    session.wait("tampered with", |shot| shot.interventions.trials.len() > before)
}

fn trial(shot: &Snapshot) -> &InterventionTrial {
    shot.interventions.trials.last().unwrap()
}

#[test]
fn every_fault_moves_the_measures_that_should_notice_it() {
    let session = Session::new(&small());
    let shot = session.steps(200);
    let roster = &shot.model.rosters[0].slots;
    let probe = shot.newest.probe.clone().unwrap();
    let busiest =
        (0..roster.len()).max_by_key(|&slot| probe.layers[0].diagnosis.load.counts.as_ref().unwrap()[slot]).unwrap();
    let (busy, other) = (roster[busiest], roster[(busiest + 1) % roster.len()]);
    for (intervention, undo) in [
        (Intervention::Mute { expert: busy, on: true }, Some(Intervention::Mute { expert: busy, on: false })),
        (Intervention::ForceBalance { on: true }, Some(Intervention::ForceBalance { on: false })),
        (Intervention::ForceCollapse { onto: Some(other) }, Some(Intervention::ForceCollapse { onto: None })),
        (Intervention::Clone { of: busy, over: other }, None),
        (Intervention::PoisonRouter, None),
        (Intervention::Reset { expert: busy }, None),
    ] {
        let shot = done(&session, 0, intervention);
        assert_eq!(trial(&shot).noticed(), Some(true), "{:#?}", trial(&shot));
        assert_eq!(
            words::flag(&shot.memory.history.journal.entries().last().unwrap().what),
            Some(format!("L1 {}", words::intervention(intervention)))
        );
        if let Some(undo) = undo {
            assert!(!shot.interventions.layers[0].is_nothing());
            let shot = done(&session, 0, undo);
            assert_eq!(trial(&shot).noticed(), Some(true), "{:#?}", trial(&shot));
            assert!(shot.interventions.layers[0].is_nothing());
        }
    }
}

#[test]
fn a_frozen_expert_stops_moving_and_its_sign_says_so_at_the_next_probe() {
    let session = Session::new(&small());
    session.steps(40);
    let expert = ExpertId(1);
    let shot = done(&session, 0, Intervention::Freeze { expert, on: true });
    assert_eq!(trial(&shot).noticed(), None, "nothing moves without a step");
    session.steps(20);
    let shot = session.steps(20);
    assert_eq!(trial(&shot).noticed(), Some(true), "{:#?}", trial(&shot));
    let moved = shot.newest.probe.as_ref().unwrap().layers[0].diagnosis.weights.moved.as_ref().unwrap();
    let still: Vec<bool> = moved.iter().map(|&share| share == 0.0).collect();
    assert_eq!(still.iter().filter(|&&s| s).count(), 1, "{moved:?}");
    assert!(still[1]);
    done(&session, 0, Intervention::Freeze { expert, on: false });
    session.steps(20);
    let shot = session.steps(20);
    assert_eq!(trial(&shot).noticed(), Some(true), "{:#?}", trial(&shot));
}

#[test]
fn what_cannot_be_done_is_refused_with_a_reason() {
    let mut session = Session::new(&small());
    let mut refused = |intervention| {
        let notice =
            session.answer(Command::Intervene { layer: 0, intervention }, |n| matches!(n, Notice::Refused { .. }));
        words::notice(&notice)
    };
    assert!(refused(Intervention::Reset { expert: ExpertId(99) }).contains("there is no expert 100"));
    let copy = Intervention::Clone { of: ExpertId(0), over: ExpertId(0) };
    assert!(refused(copy).contains("cannot replace itself"));
    let notice =
        session.answer(Command::Intervene { layer: 9, intervention: Intervention::PoisonRouter }, Notice::is_bad);
    assert!(words::notice(&notice).contains("no such layer"), "{notice:?}");
    let notice = session.answer(Command::Explain { layer: 0, token: 0 }, Notice::is_bad);
    assert!(words::notice(&notice).contains("no probe yet"), "{notice:?}");
}

fn learned(device: &Device) -> Trainer {
    let mut trainer = trainer(&small(), device);
    train(&mut trainer, 24);
    trainer
}

/// Everything that was looked at: the probe, experts knocked out, routes.
fn looked(trainer: &mut Trainer) -> (Option<ProbeReading>, Vec<KnockOut>, Vec<Counterfactual>) {
    let (mut probe, mut knocked, mut routes) = (None, Vec::new(), Vec::new());
    for reading in trainer.read().unwrap().readings {
        match reading {
            Reading::Probe(found) => probe = Some(found),
            Reading::KnockOut(found) => knocked.push(found),
            Reading::Counterfactual(found) => routes.push(found),
            Reading::Step(_)
            | Reading::Validation(_)
            | Reading::Evaluation(_)
            | Reading::Phases(_)
            | Reading::Update(_) => {}
        }
    }
    (probe, knocked, routes)
}

#[test]
fn an_expert_knocked_out_costs_what_muting_it_costs() {
    let mut trainer = learned(&devices::cpu().device);
    for (layer, slot) in [(0, 0), (1, 2)] {
        trainer.knock_out(layer, slot).unwrap();
        let (_, knocked, _) = looked(&mut trainer);
        let expert = trainer.progress().rosters[layer].slots[slot];
        trainer.intervention(layer, Intervention::Mute { expert, on: true }).unwrap();
        trainer.probe(ProbeFamilies::default()).unwrap();
        let (probe, ..) = looked(&mut trainer);
        trainer.intervention(layer, Intervention::Mute { expert, on: false }).unwrap();
        let probe = probe.unwrap();
        let muted = &probe.layers[layer].diagnosis;
        let of_slot = |counts: &Option<Vec<u32>>| counts.as_ref().unwrap()[slot];
        assert_eq!((of_slot(&muted.load.counts), of_slot(&muted.agreement.won)), (0, 0));
        assert!((knocked[0].loss - probe.mean_loss().unwrap()).abs() < 1e-5, "{knocked:?}");
    }
    // With as many experts as answer, none can be spared.
    let k = trainer.experts();
    trainer.set_knobs(Knobs { top_k: k, ..trainer.progress().knobs.clone() }).unwrap();
    trainer.knock_out(0, 0).unwrap();
    assert_eq!(trainer.pending(), 0);
}

#[test]
fn the_route_taken_costs_what_the_token_costs_and_all_routes_are_tried() {
    let mut trainer = learned(&devices::cpu().device);
    trainer.probe(ProbeFamilies::default()).unwrap();
    let probe = looked(&mut trainer).0.unwrap();
    let (experts, k) = (trainer.experts(), trainer.progress().knobs.top_k);
    let ways = (0..k).fold(1, |ways, i| ways * (experts - i) / (i + 1));
    for (layer, token) in [(0, 0), (1, 5), (0, probe.context - 1), (1, probe.tokens - 1)] {
        let choices = &probe.layers[layer].choices;
        trainer.counterfactual(layer, token, choices.picks(token)).unwrap();
        let found = looked(&mut trainer).2.pop().unwrap();
        assert_eq!((found.routes.len(), found.all), (ways, ways as u64));
        let mut taken = choices.picks(token).to_vec();
        taken.sort_unstable();
        let (route, loss) = &found.routes[found.taken];
        assert_eq!(*route, taken);
        assert!((loss - probe.losses[token]).abs() < 2e-4, "token {token}: {loss}, not {}", probe.losses[token]);
        assert!(found.regret().unwrap() >= 0.0 && found.routes.is_sorted_by(|a, b| a.1 <= b.1));
        assert!(found.routes.iter().any(|other| (other.1 - loss).abs() > 1e-4), "routes differ: {found:?}");
    }
}

#[test]
fn looking_disturbs_nothing_and_what_lasts_is_saved() {
    let device = devices::cpu().device;
    let interventions =
        [Intervention::Mute { expert: ExpertId(1), on: true }, Intervention::Freeze { expert: ExpertId(0), on: true }];
    let begin = || {
        let mut trainer = trainer(&small(), &device);
        train(&mut trainer, 8);
        interventions.iter().for_each(|&intervention| trainer.intervention(1, intervention).unwrap());
        trainer
    };
    let straight = train(&mut begin(), 16);
    let mut watched = begin();
    let mut readings = train(&mut watched, 8);
    watched.probe(ProbeFamilies::default()).unwrap();
    watched.knock_out(0, 0).unwrap();
    watched.counterfactual(0, 3, &[0, 1]).unwrap();
    watched.neurons(1).unwrap().unwrap();
    watched.read().unwrap();
    let state: State = watched.state().unwrap();
    let mut resumed = Trainer::new(watched.config().clone(), watched.task().clone(), &device, &state).unwrap();
    readings.extend(train(&mut resumed, 8));
    assert_eq!(readings, straight);
    assert!(readings.iter().all(|reading| reading.layers[1].routed[1] == 0));
    let frozen = |state: &State| -> Vec<f32> {
        let keys = state.weights.iter().filter(|array| array.name.ends_with("experts.keys")).nth(1).unwrap();
        keys.values[..keys.values.len() / keys.shape[0]].to_vec()
    };
    assert_eq!(frozen(&resumed.state().unwrap()), frozen(&state));
}

#[test]
fn signs_are_read_the_way_they_should_go() {
    let sign =
        |measure, rises, before, after| ExpectedEffect { measure, rises, before, after, certain: true }.reacted();
    let kappa = |rises, before, after| sign(Indicator::Kappa, rises, Some(before), Some(after));
    assert_eq!(
        [kappa(false, 0.9, 0.2), kappa(false, 0.2, 0.9), kappa(true, 0.2, 0.9)].map(Option::unwrap),
        [true, false, true]
    );
    // Less than what training alone does in a few steps is no sign.
    assert_eq!(kappa(false, 0.9, 0.89), Some(false));
    assert_eq!(
        (sign(Indicator::Kappa, true, None, Some(1.0)), sign(Indicator::Kappa, true, Some(1.0), None)),
        (None, None)
    );
    // Movement is judged by itself: none at all, or some.
    let moved = |rises, after| sign(Indicator::Moved(ExpertId(0)), rises, Some(0.5), Some(after)).unwrap();
    assert_eq!(
        [moved(false, 0.0), moved(false, 1e-9), moved(true, 1e-9), moved(true, 0.0)],
        [true, false, true, false]
    );
    // A loss that does not rise settles nothing.
    let doubtful =
        ExpectedEffect { measure: Indicator::Loss, rises: true, before: Some(2.0), after: Some(1.9), certain: false };
    let poison =
        |signs| InterventionTrial { step: 1, layer: 0, intervention: Intervention::PoisonRouter, signs }.noticed();
    assert_eq!(poison(vec![doubtful.clone()]), None);
    let fell =
        ExpectedEffect { measure: Indicator::Recall, rises: false, before: Some(0.7), after: Some(0.4), certain: true };
    assert_eq!(poison(vec![doubtful.clone(), fell.clone()]), Some(true));
    assert_eq!(poison(vec![fell.clone(), ExpectedEffect { after: Some(0.7), ..fell }]), Some(false));
}

#[test]
fn other_routes_are_those_of_the_network_as_it_is() {
    let session = Session::new(&small());
    // Between two probes.
    session.steps(27);
    session.send(Command::Explain { layer: 1, token: 4 });
    let shot = session.wait("explained", |shot| shot.newest.counterfactual.is_some());
    let (found, probe) = (shot.newest.counterfactual.unwrap(), shot.newest.probe.unwrap());
    assert_eq!((found.step, probe.step, found.layer, found.token), (27, 27, 1, 4));
    let mut picks = probe.layers[1].choices.picks(4).to_vec();
    picks.sort_unstable();
    assert_eq!(found.routes[found.taken].0, picks);
    assert!((found.routes[found.taken].1 - probe.losses[4]).abs() < 2e-4);
    // Neither is one of the run's own: those are at 20, 40, …
    let steps: Vec<u64> = shot.memory.history.probes.frames().iter().map(|scene| scene.probe.step).collect();
    assert_eq!(steps, [20]);
}

#[test]
fn as_many_experts_as_answer_are_always_heard() {
    let mut trainer = learned(&devices::cpu().device);
    let n = trainer.experts();
    trainer.intervention(0, Intervention::Mute { expert: ExpertId(0), on: true }).unwrap();
    let all = Knobs { top_k: n, ..trainer.progress().knobs.clone() };
    let why = trainer.set_knobs(all.clone()).unwrap_err();
    assert!(matches!(why, TrainerRefusal::TooManyMuted { layer: 0, muted: 1, .. }), "{why:?}");
    trainer.intervention(0, Intervention::Mute { expert: ExpertId(0), on: false }).unwrap();
    trainer.set_knobs(all).unwrap();
}
