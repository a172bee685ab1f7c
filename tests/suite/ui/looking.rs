//! Looking at the run: bytes and experts that are lit or kept, steps gone by, tiles that grow; and what may be done there.

use eframe::egui::{Event, Key, Modifiers, PointerButton, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use moe_arena::domain::config::ProbeFamilies;
use moe_arena::domain::interventions::Intervention;
use moe_arena::domain::readings::{Counterfactual, LayerStep, LossTerms, Similarity, StepReading};
use moe_arena::domain::roster::ExpertId;
use moe_arena::run::{Command, Snapshot, Writer, channel};
use moe_arena::store::alerts::StepContext;
use moe_arena::ui::App;

use super::fixture::{self, USUAL, app, commands};

const SIZE: [f32; 2] = [1600.0, 1000.0];

fn window(shot: Snapshot) -> (Harness<'static, App>, Writer) {
    let (mut harness, writer) = app(shot, SIZE);
    harness.run();
    (harness, writer)
}

/// Clicks the one whose name begins so.
fn click(harness: &mut Harness<'static, App>, name: &str) {
    let node = harness.query_all_by_label_contains(name).next();
    node.unwrap_or_else(|| panic!("nothing is called “{name}”")).click();
    harness.run();
}

fn says(harness: &Harness<'static, App>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

#[test]
fn a_byte_that_is_clicked_stays_and_shows_its_trace() {
    let (mut harness, writer) = window(fixture::running(USUAL));
    assert!(says(&harness, "Hover or click an expert or a byte"));
    click(&mut harness, "Byte “y” at 2:");
    for words in ["Byte “y”, 0x79 · sequence 1, place 3", "Response kept by the router: ", "Loss of this byte"] {
        assert!(says(&harness, words), "nobody says “{words}”");
    }
    assert!(says(&harness, "Expert 1: router probability "));
    click(&mut harness, "Try other routes");
    assert_eq!(commands(&writer), [Command::Explain { layer: 0, token: 2 }]);
}

#[test]
fn other_routes_stand_under_the_byte_they_were_tried_for() {
    let mut shot = fixture::running(USUAL);
    let step = shot.newest.probe.as_ref().unwrap().step;
    let routes = vec![(vec![0, 3], 0.91), (vec![1, 2], 1.125), (vec![4, 5], 1.3)];
    shot.newest.counterfactual =
        Some(std::sync::Arc::new(Counterfactual { step, layer: 0, token: 2, routes, taken: 1, all: 28 }));
    let (mut harness, _writer) = window(shot);
    click(&mut harness, "Byte “y” at 2:");
    assert!(says(&harness, "Regret of its route 0.215 nats, 3 of 28 routes"));
    click(&mut harness, "Byte “a” at 3:");
    assert!(!says(&harness, "Regret") && says(&harness, "Try other routes"));
}

#[test]
fn an_expert_that_is_clicked_can_be_tampered_with() {
    let expert = ExpertId(2);
    let intervention = |intervention| Command::Intervene { layer: 0, intervention };
    for (names, expected) in [
        (&["Mute expert 3"][..], intervention(Intervention::Mute { expert, on: true })),
        (&["Freeze expert 3"], intervention(Intervention::Freeze { expert, on: true })),
        (&["Reset expert 3"], intervention(Intervention::Reset { expert })),
        (
            &["Clone… expert 3", "Copy over expert 5"],
            intervention(Intervention::Clone { of: expert, over: ExpertId(4) }),
        ),
        (&["Poison the router"], intervention(Intervention::PoisonRouter)),
        (&["Force balance"], intervention(Intervention::ForceBalance { on: true })),
        (&["Force collapse onto expert 3"], intervention(Intervention::ForceCollapse { onto: Some(expert) })),
        (&["Loss change when ablated measure"], Command::KnockOut { layer: 0 }),
    ] {
        let (mut harness, writer) = window(fixture::running(USUAL));
        click(&mut harness, "Expert 3: ");
        assert!(says(&harness, "Expert 3, layer 1"));
        names.iter().for_each(|name| click(&mut harness, name));
        assert_eq!(commands(&writer), [expected], "{names:?}");
    }
}

#[test]
fn digits_light_experts_and_escape_lets_go() {
    let (mut harness, _writer) = window(fixture::running(USUAL));
    harness.key_press(Key::Num5);
    harness.run();
    assert!(says(&harness, "Expert 5, layer 1"));
    harness.key_press(Key::Escape);
    harness.run();
    // What was looked at stays to be read, but nothing is lit any more.
    harness.key_press(Key::Num2);
    harness.run();
    assert!(says(&harness, "Expert 2, layer 1") && !says(&harness, "Expert 5, layer 1"));
}

#[test]
fn looking_back_shows_what_was_then_and_live_returns() {
    let (mut harness, writer) = window(fixture::running(USUAL));
    assert!(says(&harness, "Now: step 2,138, live"));
    let channel = harness.get_by_label("Step viewed: 2,138 of 2,138").rect();
    let at = |share: f32| pos2(channel.left() + channel.width() * share, channel.center().y);
    harness.drag_at(at(0.3));
    harness.run();
    harness.hover_at(at(0.25));
    harness.run();
    harness.drop_at(at(0.25));
    harness.run();
    for words in ["Viewing step 1,000 of 2,138", "probe at step 1,000", "layer 1 · 100 steps up to 1,000"] {
        assert!(says(&harness, words), "nobody says “{words}”");
    }
    harness.key_press(Key::ArrowLeft);
    harness.run();
    assert!(says(&harness, "Viewing step 999 of 2,138") && says(&harness, "probe at step 950"));
    // Nothing can be done to the past.
    click(&mut harness, "Expert 3: ");
    click(&mut harness, "Mute expert 3");
    assert_eq!(commands(&writer), []);
    click(&mut harness, "Back to live");
    assert!(says(&harness, "Now: step 2,138, live") && says(&harness, "probe at step 2,100"));
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowLeft);
    harness.run();
    assert!(says(&harness, "Viewing step 2,088 of 2,138"));
}

#[test]
fn a_flag_is_a_way_back_to_its_step() {
    let (mut harness, _writer) = window(fixture::running(USUAL));
    click(&mut harness, "Step 812: learning rate");
    assert!(says(&harness, "Viewing step 812 of 2,138"));
}

#[test]
fn winners_carry_when_asked_to() {
    let (mut harness, _writer) = window(fixture::running(USUAL));
    assert!(says(&harness, "Carried by the router's picks; winners among"));
    click(&mut harness, "Carried by the winners");
    assert!(
        says(&harness, "Carried by the winners; winners among") && !says(&harness, "Carried by the router's picks;")
    );
}

#[test]
fn the_text_follows_a_slow_hand() {
    let (mut harness, _writer) = window(fixture::running(USUAL));
    let text = harness.get_by_label("Text of the probe, bytes 1 to 16 shown below").rect();
    let at = |left: f32| text.center() - vec2(left, 0.0);
    harness.drag_at(at(0.0));
    harness.run();
    // Two points a frame, a letter is 7.6 wide: ten letters in all.
    for frame in 1..=38 {
        harness.hover_at(at(2.0 * frame as f32));
        harness.run();
    }
    harness.drop_at(at(76.0));
    harness.run();
    assert!(says(&harness, "Text of the probe, bytes 11 to 26 shown below"));
}

#[test]
fn what_is_switched_off_is_said_to_be_so() {
    let mut shot = fixture::running(USUAL);
    for layer in &mut std::sync::Arc::make_mut(shot.newest.probe.as_mut().unwrap()).layers {
        layer.matrices.output_cosine = None;
        (layer.diagnosis.collapse.spectrum, layer.diagnosis.collapse.effective_rank) = (None, None);
        layer.diagnosis.similarity = Similarity::default();
    }
    let (harness, _writer) = window(shot);
    for words in ["Redundancy n/a not measured", "Representation n/a", "n/a, not measured", "spectrum not measured"] {
        assert!(says(&harness, words), "nobody says “{words}”");
    }
    assert!(!says(&harness, "needs 2 experts"));
}

#[test]
fn a_flag_says_what_became_of_the_loss() {
    let (mut harness, _writer) = window(fixture::running(USUAL));
    let at = harness.get_by_label("Step 812: learning rate 0.002 → 6e-4").rect().center();
    harness.hover_at(at);
    for _ in 0..6 {
        harness.step();
    }
    assert!(says(&harness, "Loss over 100 steps before: 1."));
}

#[test]
fn a_pin_is_a_way_to_the_step_of_its_save() {
    let (mut harness, _writer) = window(fixture::running(USUAL));
    click(&mut harness, "Saved at step 1,475: run.safetensors");
    assert!(says(&harness, "Viewing step 1,475 of 2,138"));
    assert!(says(&harness, "4 saves, the last at step 1,966"));
}

#[test]
fn a_tile_grows_by_two_clicks_and_shrinks_by_escape() {
    let (reader, _writer) = channel(fixture::running(USUAL), Box::new(|| {}));
    // Frames follow each other as fast as on a screen, or two clicks would be too far apart.
    let builder = Harness::builder().with_size(SIZE).with_max_steps(12).with_step_dt(1.0 / 60.0);
    let mut harness = builder.build_eframe(move |cc| App::new(&cc.egui_ctx, reader, true));
    harness.run();
    let width = |harness: &Harness<'static, App>| harness.get_by_label_contains("Loss curve").rect().width();
    let before = width(&harness);
    let at = harness.get_by_label("Loss, next-byte cross-entropy").rect().center();
    harness.hover_at(at);
    for pressed in [true, false, true, false] {
        let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
        harness.event(Event::PointerButton { pos: at, button, pressed, modifiers });
    }
    harness.run();
    assert!(width(&harness) > before * 1.5 && !says(&harness, "predicted"));
    harness.key_press(Key::Escape);
    harness.run();
    assert!((width(&harness) - before).abs() < 1.0 && says(&harness, "winners among"));
}

#[test]
fn on_a_small_screen_the_selection_is_a_drawer() {
    let (mut harness, _writer) = app(fixture::running(USUAL), [1280.0, 720.0]);
    harness.run();
    assert!(!says(&harness, "Fault lab"));
    harness.key_press(Key::I);
    harness.run();
    assert!(harness.query_all_by_label_contains("Break something on purpose").next().is_some());
}

#[test]
fn how_often_the_run_is_looked_at_can_be_chosen() {
    // The rail is longer than the screen; here all of it is seen.
    let (mut harness, writer) = app(fixture::running(USUAL), [1600.0, 1500.0]);
    harness.run();
    let measures = ProbeFamilies::default();
    for (menu, chosen, expected) in [
        ("Probe every menu", "200 steps", Command::Watch { every: 200, measures }),
        (
            "Ablation menu",
            "off",
            Command::Watch { every: 50, measures: ProbeFamilies { knock_out: false, ..measures } },
        ),
    ] {
        click(&mut harness, menu);
        harness.get_by_label(chosen).click();
        harness.run();
        assert_eq!(commands(&writer), [expected], "{menu}");
    }
}

#[test]
fn the_newest_probe_can_be_taken_as_reference() {
    let (mut harness, writer) = app(fixture::running(USUAL), [1600.0, 1500.0]);
    harness.run();
    click(&mut harness, "Take the newest probe as reference");
    assert_eq!(commands(&writer), [Command::Reference]);
}

#[test]
fn competitions_ahead_are_painted_with_shift() {
    let (mut harness, writer) = window(fixture::running(USUAL));
    let channel = harness.get_by_label("Step viewed: 2,138 of 2,138").rect();
    // The second of four lanes; 4,000 steps are planned.
    let at =
        |step: f32| pos2(channel.left() + channel.width() * step / 4000.0, channel.top() + channel.height() * 0.375);
    for (modifiers, compete) in [(Modifiers::SHIFT, true), (Modifiers::SHIFT | Modifiers::ALT, false)] {
        harness.event(Event::ModifiersChanged(modifiers));
        let button = |pos, pressed| Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers };
        harness.hover_at(at(3000.0));
        harness.event(button(at(3000.0), true));
        harness.run();
        harness.hover_at(at(3100.0));
        harness.run();
        harness.event(button(at(3100.0), false));
        harness.run();
        harness.event(Event::ModifiersChanged(Modifiers::NONE));
        let sent = commands(&writer);
        let [Command::Paint { layer: 1, from, to, compete: Some(found) }] = sent[..] else { panic!("{sent:?}") };
        assert!(from.abs_diff(3000) <= 4 && to.abs_diff(3100) <= 4 && found == compete, "{sent:?}");
    }
}

#[test]
fn an_alert_says_what_is_wrong_and_leads_to_its_panel() {
    let mut shot = fixture::running(USUAL);
    let alerts = std::sync::Arc::make_mut(&mut shot.memory.alerts);
    let rosters = shot.model.rosters.clone();
    // Expert 3 of layer 2 gets next to nothing for long.
    for step in 1600..=2138u64 {
        let layer = |starving: bool| LayerStep {
            competed: false,
            routed: (0..8).map(|slot| if starving && slot == 2 { 9 } else { 583 }).collect(),
            won: None,
            gradients: None,
        };
        let layers = (0..4).map(|place| layer(place == 1)).collect();
        let (loss, learning_rate, gradient_norm) =
            (LossTerms { task: 1.6, total: 1.6, ..LossTerms::default() }, 1e-3, 1.0);
        let reading = StepReading { step, tokens: step * 2048, loss, learning_rate, gradient_norm, layers };
        let context =
            StepContext { rosters: &rosters, top_k: 2, loads: &[], loss: None, classes: Some(256), clip_norm: 0.0 };
        alerts.take_step(&reading, context);
    }
    let words = moe_arena::words::alert(alerts.active().next().expect("a starving expert is noticed"));
    let (mut harness, _writer) = window(shot);
    assert!(says(&harness, "1 alert") && says(&harness, &words));
    click(&mut harness, &format!("{words}\n"));
    assert!(says(&harness, "Load, layer 2") && says(&harness, "Load over time, a row per expert"));
    assert!(says(&harness, "Expert 3, layer 2"));
}
