//! The palette finds commands, measures and presets by a part of their name; the list of keys has them all.

use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use moe_arena::run::{Command, Writer};
use moe_arena::ui::App;
use moe_arena::ui::words::measures;

use super::fixture::{self, USUAL, app, commands};

const FIELD: &str = "Type a part of a name";

fn open() -> (Harness<'static, App>, Writer) {
    let (mut harness, writer) = app(fixture::running(USUAL), [1280.0, 720.0]);
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run();
    harness.get_by_role_and_label(Role::TextInput, FIELD);
    (harness, writer)
}

fn type_and_enter(harness: &mut Harness<'static, App>, text: &str) {
    harness.event(Event::Text(text.to_owned()));
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
}

fn is_open(harness: &Harness<'static, App>) -> bool {
    harness.query_by_role_and_label(Role::TextInput, FIELD).is_some()
}

#[test]
fn a_command_is_done_by_a_part_of_its_name_and_the_palette_is_put_away() {
    for (typed, command) in [
        ("undo", Command::Undo),
        ("RUN or", Command::Pause),
        ("next seed", Command::Reset { seed: Some(19) }),
        ("one step", Command::Step(1)),
    ] {
        let (mut harness, writer) = open();
        type_and_enter(&mut harness, typed);
        assert_eq!(commands(&writer), [command], "{typed}");
        assert!(!is_open(&harness), "{typed}");
    }
}

#[test]
fn the_list_has_its_room_again_after_little_was_found() {
    let (mut harness, writer) = open();
    harness.event(Event::Text("begin again".into()));
    harness.run();
    for _ in "begin again".chars() {
        harness.key_press(Key::Backspace);
        harness.run();
    }
    // The eighth of the list; a click beside the list would put the palette away and do nothing.
    let rows = harness.get_all_by(|node| node.label().is_some_and(|label| label.starts_with("Undo the last change")));
    rows.last().expect("in the list").click();
    harness.run();
    assert_eq!(commands(&writer), [Command::Undo]);
}

#[test]
fn arrows_choose_and_what_no_name_holds_does_nothing() {
    let (mut harness, writer) = open();
    harness.event(Event::Text("begin again".into()));
    harness.run();
    harness.key_press(Key::ArrowDown);
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(commands(&writer), [Command::Reset { seed: Some(19) }], "the second of two");
    let (mut harness, writer) = open();
    type_and_enter(&mut harness, "no such thing");
    harness.get_by_label_contains("Nothing has a name like that");
    assert!(is_open(&harness) && commands(&writer).is_empty());
    harness.key_press(Key::Escape);
    harness.run();
    assert!(!is_open(&harness));
}

#[test]
fn letters_typed_there_are_no_keys() {
    let (mut harness, writer) = open();
    for (key, letter) in [(Key::S, "s"), (Key::R, "r"), (Key::Space, " ")] {
        harness.key_press(key);
        harness.event(Event::Text(letter.into()));
        harness.run();
    }
    assert!(commands(&writer).is_empty() && is_open(&harness));
}

#[test]
fn every_measure_shows_its_card_and_every_preset_its_form() {
    let (mut harness, _writer) = open();
    type_and_enter(&mut harness, "kappa");
    harness.get_by_label(measures::KAPPA.formula.said());
    harness.get_by_label_contains("÷ (1 − 0.");
    harness.key_press(Key::Escape);
    harness.run();
    assert!(harness.query_by_label(measures::KAPPA.formula.said()).is_none());
    let (mut harness, _writer) = open();
    type_and_enter(&mut harness, "tiny");
    harness.get_by_label("Cancel new run");
}

#[test]
fn a_question_mark_lists_the_keys_and_what_they_do() {
    let (mut harness, writer) = app(fixture::paused(), [1280.0, 720.0]);
    harness.run();
    harness.key_press_modifiers(Modifiers::SHIFT, Key::Questionmark);
    harness.run();
    for (keys, what) in
        [("Space", "Run or pause"), ("1 – 9", "Highlight an expert, or clear the highlight"), ("F3", "Mode: Inspect")]
    {
        let row = |label: &str| harness.get_by_label(label).rect().center().y;
        assert!((row(keys) - row(what)).abs() < 2.0, "{keys} stands beside “{what}”");
    }
    harness.key_press(Key::Escape);
    harness.run();
    assert!(harness.query_by_label("Highlight an expert, or clear the highlight").is_none());
    assert!(commands(&writer).is_empty());
}
