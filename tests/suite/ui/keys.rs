//! Keys do what their buttons do, and nothing while something is typed.

use eframe::egui::{Key, Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use moe_arena::run::Command;
use moe_arena::ui::App;

use super::fixture::{self, USUAL, app, commands};

const SIZE: [f32; 2] = [1600.0, 1000.0];

fn press(shot: moe_arena::run::Snapshot, keys: &[(Modifiers, Key)]) -> Vec<Command> {
    let (mut harness, writer) = app(shot, SIZE);
    harness.run();
    for &(modifiers, key) in keys {
        harness.key_press_modifiers(modifiers, key);
        harness.run();
    }
    commands(&writer)
}

#[test]
fn keys_send_what_their_buttons_send() {
    let none = Modifiers::NONE;
    assert_eq!(press(fixture::running(USUAL), &[(none, Key::Space)]), [Command::Pause]);
    assert_eq!(press(fixture::paused(), &[(none, Key::Space)]), [Command::Run]);
    assert_eq!(press(fixture::paused(), &[(none, Key::S)]), [Command::Step(1)]);
    assert_eq!(press(fixture::paused(), &[(none, Key::R)]), [Command::Reset { seed: None }]);
    assert_eq!(press(fixture::paused(), &[(Modifiers::SHIFT, Key::R)]), [Command::Reset { seed: Some(19) }]);
    assert_eq!(press(fixture::failed(), &[(none, Key::Space), (none, Key::S)]), []);
}

#[test]
fn brackets_choose_the_layer() {
    let (mut harness, _writer) = app(fixture::running(USUAL), SIZE);
    harness.run();
    for (key, expected) in [(Key::CloseBracket, "2"), (Key::CloseBracket, "3"), (Key::OpenBracket, "2")] {
        harness.key_press(key);
        harness.run();
        let words = format!("Layer {expected}:");
        assert!(harness.query_all_by_label_contains(&words).next().is_some(), "{words}");
    }
}

#[test]
fn nothing_acts_while_a_path_is_typed() {
    let (mut harness, writer) = app(fixture::paused(), SIZE);
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
    harness.run();
    harness.get_by_label("Save file");
    for key in [Key::Space, Key::S, Key::R] {
        harness.key_press(key);
        harness.run();
    }
    assert_eq!(commands(&writer), []);
    harness.key_press(Key::Escape);
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::O);
    harness.run();
    harness.get_by_label("Open file");
}

/// Labels that are tooltips of the button “Step”.
fn tooltips(harness: &Harness<'static, App>) -> usize {
    harness.query_all_by_label_contains("Train one step, then pause").count()
}

#[test]
fn a_tooltip_goes_when_a_key_opens_a_question() {
    let (mut harness, _writer) = app(fixture::paused(), SIZE);
    harness.run();
    let at = harness.get_by_label("Step").rect().center();
    assert_eq!(tooltips(&harness), 0);
    harness.hover_at(at);
    (0..6).for_each(|_| harness.step());
    assert_eq!(tooltips(&harness), 1);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::O);
    harness.run();
    harness.get_by_label("Open file");
    assert_eq!(tooltips(&harness), 0);
    // And comes again once the question is put away.
    harness.key_press(Key::Escape);
    harness.run();
    harness.hover_at(at + vec2(1.0, 0.0));
    (0..6).for_each(|_| harness.step());
    assert_eq!(tooltips(&harness), 1);
}
