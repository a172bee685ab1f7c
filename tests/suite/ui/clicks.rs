//! What a person clicks, by the name a screen reader would say, gives exactly one command.

use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use moe_arena::domain::config::{Cause, Config, Form, KnobId, Knobs, Policy, Preset, Response};
use moe_arena::domain::roster::Surgery;
use moe_arena::run::{Asked, Command, Notice, PausedBy, Snapshot, SnapshotSaves, Status};

use super::fixture::{self, USUAL, app, commands};

/// Tall enough for every knob of the rail to be in view.
const SIZE: [f32; 2] = [1600.0, 1060.0];

/// Clicks each name in turn and returns what the run was sent.
fn click(shot: Snapshot, names: &[&str]) -> Vec<Command> {
    let (mut harness, writer) = app(shot, SIZE);
    harness.run();
    for name in names {
        harness.get_by_label(name).click();
        harness.run();
    }
    commands(&writer)
}

#[test]
fn the_strip() {
    assert_eq!(click(fixture::running(USUAL), &["Pause"]), [Command::Pause]);
    assert_eq!(click(fixture::paused(), &["Run"]), [Command::Run]);
    assert_eq!(click(fixture::paused(), &["Step"]), [Command::Step(1)]);
    assert_eq!(click(fixture::paused(), &["Reset"]), [Command::Reset { seed: None }]);
    assert_eq!(click(fixture::running(USUAL), &["Device menu", "CPU, 16 threads"]), [Command::MoveTo("cpu".into())]);
    assert_eq!(click(fixture::running(USUAL), &["Device menu", "RTX 4060"]), [], "it is there already");
}

#[test]
fn while_preparing_nothing_can_be_run() {
    let status = moe_arena::run::Status::Preparing(moe_arena::run::Preparation::Weights);
    let shot = Snapshot { status, ..fixture::at_start() };
    assert_eq!(click(shot, &["Preparing…", "Step"]), []);
}

fn knob(change: impl FnOnce(&mut Knobs)) -> (Snapshot, Command) {
    let shot = fixture::running(USUAL);
    let mut knobs = shot.knobs.clone();
    change(&mut knobs);
    (shot, Command::SetKnobs(knobs))
}

#[test]
fn a_slider_sends_its_value_once_when_let_go() {
    let (shot, expected) = knob(|k| k.competition_rate = 0.5);
    let (mut harness, writer) = app(shot, SIZE);
    harness.run();
    harness.get_by_role_and_label(Role::Slider, "Competition rate").set_value_accesskit(0.5);
    harness.run();
    assert_eq!(commands(&writer), [expected]);
    // Until the run says otherwise, what is in force is said beside it.
    harness.get_by_label("Competition rate running 0.07");
}

#[test]
fn dragging_a_slider_sends_nothing_before_the_release() {
    let shot = fixture::running(USUAL);
    let (mut harness, writer) = app(shot, SIZE);
    harness.run();
    let rail = harness.get_by_role_and_label(Role::Slider, "Winners θ").rect();
    harness.drag_at(rail.center());
    harness.run();
    for part in [0.6, 0.7, 0.8] {
        harness.hover_at(eframe::egui::pos2(rail.left() + rail.width() * part, rail.center().y));
        harness.run();
        assert_eq!(commands(&writer), []);
    }
    harness.drop_at(eframe::egui::pos2(rail.left() + rail.width() * 0.8, rail.center().y));
    harness.run();
    let sent = commands(&writer);
    assert!(matches!(&sent[..], [Command::SetKnobs(k)] if k.theta > 1.0), "{sent:?}");
}

#[test]
fn two_knobs_in_a_row_do_not_undo_each_other() {
    let (shot, expected) = knob(|k| {
        k.competition_rate = 0.5;
        k.theta = 1.0;
    });
    let (mut harness, writer) = app(shot, SIZE);
    harness.run();
    harness.get_by_role_and_label(Role::Slider, "Competition rate").set_value_accesskit(0.5);
    harness.run();
    harness.get_by_role_and_label(Role::Slider, "Winners θ").set_value_accesskit(1.0);
    harness.run();
    assert_eq!(commands(&writer).last(), Some(&expected));
}

#[test]
fn a_refusal_gives_the_knob_its_value_back() {
    let (shot, _) = knob(|_| {});
    let (mut harness, writer) = app(shot, SIZE);
    harness.run();
    harness.get_by_role_and_label(Role::Slider, "Competition rate").set_value_accesskit(0.5);
    harness.run();
    writer.notice(Notice::Refused {
        asked: Asked::Knobs(vec!["rate 0.5".into()]),
        why: fixture::reason("the table is fixed"),
    });
    harness.run();
    assert!(harness.query_by_label("Competition rate running 0.07").is_none());
    let value = harness.get_by_role_and_label(Role::Slider, "Competition rate").accesskit_node().numeric_value();
    assert_eq!(value, Some(0.07));
}

#[test]
fn a_changed_knob_can_be_taken_back() {
    let (shot, expected) = knob(|k| k.balance_weight = 0.01);
    assert_eq!(click(shot, &["Undo balance β"]), [expected]);
}

#[test]
fn a_policy_with_the_same_tensors_is_switched_at_once() {
    let (shot, expected) = knob(|k| k.policy = Policy::Smoe);
    assert_eq!(click(shot, &["Policy menu", "SMoE"]), [expected]);
    let (shot, expected) = knob(|k| k.response = Some(Response::Norm));
    assert_eq!(click(shot, &["Response menu", "L2 norm"]), [expected]);
    let (shot, expected) = knob(|k| k.form = Form::Vision);
    assert_eq!(click(shot, &["Form menu", "v2 vision"]), [expected]);
}

#[test]
fn a_policy_that_needs_another_network_says_what_is_missing_and_asks() {
    let shot = fixture::running(USUAL);
    let (mut harness, writer) = app(shot.clone(), SIZE);
    harness.run();
    for name in ["Policy menu", "X-MoE"] {
        harness.get_by_label(name).click();
        harness.run();
    }
    assert_eq!(commands(&writer), [], "nothing is sent before Apply");
    harness.get_by_label_contains("X-MoE (v2 language) needs router.reduction, router.embeddings");
    harness.get_by_label_contains("begins again at step 0");
    harness.get_by_label("Apply policy").click();
    harness.run();
    let mut config = Config { knobs: shot.knobs.clone(), ..Config::clone(&shot.config) };
    config.knobs.policy = Policy::XMoe;
    config.model.experts = shot.experts();
    assert_eq!(commands(&writer), [Command::New(Box::new(config))]);
    assert_eq!(click(shot, &["Policy menu", "StableMoE", "Keep CompeteSMoE policy"]), []);
}

#[test]
fn every_policy_is_in_the_menu_and_none_breaks_the_window() {
    for policy in Policy::ALL {
        let mut shot = fixture::running(USUAL);
        shot.knobs.policy = policy;
        shot.config = std::sync::Arc::new(Config { knobs: shot.knobs.clone(), ..Config::clone(&shot.config) });
        let (mut harness, _) = app(shot.clone(), SIZE);
        harness.run();
        let words = moe_arena::words::policy_of((shot.knobs.policy, shot.knobs.form));
        assert!(harness.query_all_by_label(&words).count() > 0, "the status line says {words}");
        let competes = harness.query_by_role_and_label(Role::Slider, "Competition rate").is_some();
        assert_eq!(competes, policy.competes(), "knobs of the competition");
        harness.get_by_label("Policy menu").click();
        harness.run();
        for other in Policy::ALL {
            assert!(harness.query_all_by_label(other.label()).count() > 0, "{}", other.label());
        }
    }
}

#[test]
fn top_k_asks_first() {
    let (shot, expected) = knob(|k| k.top_k = 3);
    assert_eq!(click(shot.clone(), &["Top-k: one more"]), [], "nothing is sent before Apply");
    assert_eq!(click(shot.clone(), &["Top-k: one more", "Keep 2 top-k"]), []);
    assert_eq!(click(shot, &["Top-k: one more", "Apply top-k"]), [expected]);
}

#[test]
fn experts_grow_and_shrink_as_previewed() {
    let more = ["Experts: one more"; 4];
    let shot = fixture::running(USUAL);
    let (mut harness, writer) = app(shot, SIZE);
    harness.run();
    for name in more {
        harness.get_by_label(name).click();
        harness.run();
    }
    harness.get_by_label("Experts running 8");
    assert!(harness.query_all_by_label_contains("Layer 1 by its load now: +9 from").next().is_some());
    harness.get_by_label("Apply experts").click();
    harness.run();
    assert_eq!(commands(&writer), [Command::Experts { target: 12, surgery: Surgery::SplitBusiest }]);
    let names = ["Experts: one fewer", "Experts: one fewer", "merge the most alike", "Apply experts"];
    let expected = Command::Experts { target: 6, surgery: Surgery::MergeMostAlike };
    assert_eq!(click(fixture::running(USUAL), &names), [expected]);
}

#[test]
fn merging_waits_for_a_probe_and_says_so_or_what_to_switch_on() {
    for (measured, words, other) in [
        (true, "has not been measured yet; wait for the next probe", "is not measured. Set"),
        (false, "experts is not measured. Set “Expert similarity” to “on” under Diagnostics", "measured yet"),
    ] {
        let mut shot = fixture::running(USUAL);
        shot.newest.probe = None;
        std::sync::Arc::make_mut(&mut shot.config).cadence.measures.similarity = measured;
        let (mut harness, writer) = app(shot, SIZE);
        harness.run();
        for name in ["Experts: one fewer", "merge the most alike", "Apply experts"] {
            harness.get_by_label(name).click();
            harness.run();
        }
        assert_eq!(commands(&writer), []);
        assert!(harness.query_all_by_label_contains(words).next().is_some(), "nobody says “{words}”");
        assert!(harness.query_all_by_label_contains(other).next().is_none());
    }
}

#[test]
fn save_and_open_take_a_typed_path() {
    let whole = std::env::current_dir().unwrap().join("runs/mine.safetensors");
    for (button, go, expected) in [
        ("Save checkpoint…", "Save file", Command::SaveAs { path: whole.clone(), replace: false }),
        ("Open checkpoint…", "Open file", Command::Open(whole)),
    ] {
        let (mut harness, writer) = app(fixture::paused(), SIZE);
        harness.run();
        for name in ["Run menu", button] {
            harness.get_by_label(name).click();
            harness.run();
        }
        let field = harness.get_by_role_and_label(Role::TextInput, "Path");
        field.set_text_value_accesskit("runs/mine.safetensors");
        harness.run();
        harness.get_by_label(go).click();
        harness.run();
        assert_eq!(commands(&writer).last(), Some(&expected));
        assert!(harness.query_by_label(go).is_none(), "the panel is put away");
    }
}

#[test]
fn a_new_run_is_drafted_and_started() {
    let sent = click(fixture::paused(), &["New run…", "tiny", "Start new run"]);
    assert_eq!(sent, [Command::New(Box::new(Preset::Tiny.config()))]);
    assert_eq!(click(fixture::paused(), &["New run…", "tiny", "Cancel new run"]), []);
}

#[test]
fn light_and_dark() {
    let (mut harness, writer) = app(fixture::paused(), SIZE);
    harness.run();
    harness.get_by_label("Light theme").click();
    harness.run();
    assert!(!harness.state().is_dark());
    harness.get_by_label("Dark theme").click();
    harness.run();
    assert!(harness.state().is_dark());
    assert_eq!(commands(&writer), []);
}

#[test]
fn failures_offer_their_ways_on() {
    assert_eq!(click(fixture::failed(), &["Use the CPU"]), [Command::MoveTo("cpu".into())]);
    let back = "Go back to step 1,966 (00:00 UTC, loss 2.31)";
    assert_eq!(click(fixture::not_finite(), &[back]), [Command::GoBack]);
    let mut knobs = fixture::not_finite().knobs;
    knobs.learning_rate /= 2.0;
    assert_eq!(click(fixture::not_finite(), &["Halve the learning rate"]), [Command::SetKnobs(knobs)]);
    let unsaved = Snapshot { saves: SnapshotSaves::default(), ..fixture::not_finite() };
    let (mut harness, _writer) = app(unsaved, SIZE);
    harness.run();
    assert!(harness.query_all_by_label_contains("Go back").next().is_none());
}

#[test]
fn a_step_that_a_knob_makes_not_finite_offers_that_knob_and_not_the_learning_rate() {
    let stopped = |causes: Vec<Cause>| {
        let mut shot = fixture::not_finite();
        shot.knobs.theta = 1e29;
        shot.knobs.diversity_weight = 1e28;
        let place = "the gradient norm, which overflowed".into();
        shot.status = Status::Paused(PausedBy::NotFinite { step: 2138, place, causes });
        shot
    };
    let one = stopped(vec![Cause::Knob(KnobId::Theta, 1e29)]);
    let knobs = Knobs { theta: Knobs::default().theta, ..one.knobs.clone() };
    assert_eq!(click(one, &["Set winners θ 1e29 → 0.2"]), [Command::SetKnobs(knobs)]);
    let both = stopped(vec![Cause::Knob(KnobId::Theta, 1e29), Cause::Knob(KnobId::DiversityWeight, 1e28)]);
    let usual = Knobs::default();
    let knobs = Knobs { theta: usual.theta, diversity_weight: usual.diversity_weight, ..both.knobs.clone() };
    assert_eq!(click(both, &["Set winners θ 1e29 → 0.2, diversity βc 1e28 → 0.01"]), [Command::SetKnobs(knobs)]);
    // What is no knob, or nobody's fault, is not turned.
    for causes in [vec![Cause::WeightDecay(1e30)], Vec::new()] {
        let (mut harness, _writer) = app(stopped(causes), SIZE);
        harness.run();
        assert!(harness.query_all_by_label_contains("Halve").next().is_none());
        assert!(harness.query_all_by_label_contains("Set winners").next().is_none());
    }
}

#[test]
fn layers_are_chosen_by_their_picture() {
    let (mut harness, _writer) = app(fixture::running(USUAL), SIZE);
    harness.run();
    harness.get_by_label("Show layer 3").click();
    harness.run();
    assert_eq!(
        harness.get_by_label("Show layer 3").accesskit_node().toggled(),
        Some(eframe::egui::accesskit::Toggled::True)
    );
}

#[test]
fn commands_the_run_cannot_take_yet_wait_in_order() {
    let (mut harness, writer) = app(fixture::paused(), SIZE);
    harness.run();
    for _ in 0..70 {
        harness.get_by_label("Step").click();
        harness.run();
    }
    let first = commands(&writer).len();
    harness.run();
    let rest = commands(&writer).len();
    assert_eq!(first + rest, 70, "the lane held {first}, the outbox the rest");
    assert!(rest > 0);
}
