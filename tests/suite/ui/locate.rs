//! A text that is missing: the window asks for it, tells another text from the right one, and opens on the right one.

use std::path::Path;

use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable;
use moe_arena::domain::config::{Config, Preset, TaskConfig, Text};
use moe_arena::run::{
    Command, Failure, FailureCause, From, Notice, PausedBy, Snapshot, Status, WantedText, Way, WayOn,
};
use moe_arena::words;

use super::fixture::{self, app, commands};
use super::journey::Window;

const SIZE: [f32; 2] = [1280.0, 720.0];

fn wanted(other: Option<&str>) -> WantedText {
    let why =
        fixture::reason("this checkpoint was trained on notes.txt, which is no longer there: not at /data/notes.txt");
    WantedText { file: Some("run.safetensors".into()), why, other: other.map(Into::into) }
}

fn with_text_wanted(mut shot: Snapshot, status: Status, wants: WantedText) -> Snapshot {
    (shot.status, shot.data.wants_text) = (status, Some(wants));
    shot
}

fn without_text() -> Snapshot {
    let example = Way { on: WayOn::Example, command: Command::GoBack };
    let wants = wanted(None);
    let status = Status::Failed(Failure { cause: FailureCause::NoText(wants.why.clone()), ways: vec![example] });
    with_text_wanted(fixture::at_start(), status, wants)
}

#[test]
fn a_missing_text_is_located_from_the_line_that_says_so() {
    let (mut harness, writer) = app(without_text(), SIZE);
    harness.run();
    harness.get_by_label(&words::sentence(&words::reason(&wanted(None).why)));
    harness.get_by_label("Start the built-in example");
    harness.get_by_label("Locate text…").click();
    harness.run();
    harness.get_by_role_and_label(Role::TextInput, "Path").set_text_value_accesskit(" /else/notes.txt ");
    harness.run();
    harness.get_by_label("Use this text").click();
    harness.run();
    let (file, text) = (Some("run.safetensors".into()), "/else/notes.txt".into());
    assert_eq!(commands(&writer), [Command::Locate { file, text, any: false }]);
}

#[test]
fn a_text_is_located_by_a_path_with_a_home_in_it() {
    let (mut harness, writer) = app(without_text(), SIZE);
    harness.run();
    harness.get_by_label("Locate text…").click();
    harness.run();
    harness.get_by_role_and_label(Role::TextInput, "Path").set_text_value_accesskit("~/notes.txt");
    harness.run();
    harness.get_by_label("Use this text").click();
    harness.run();
    let text = std::env::home_dir().unwrap().join("notes.txt");
    assert_eq!(commands(&writer), [Command::Locate { file: Some("run.safetensors".into()), text, any: false }]);
}

#[test]
fn another_text_is_taken_only_by_its_own_button() {
    let (mut harness, writer) = app(fixture::paused(), SIZE);
    harness.run();
    writer.notice(Notice::TextWanted(wanted(None)));
    harness.run();
    assert!(harness.query_by_label("Use the other text").is_none());
    harness.get_by_label("Cancel locating").click();
    harness.run();
    assert!(harness.query_by_label("Use this text").is_none());
    writer.notice(Notice::TextWanted(wanted(Some("/else/wrong.txt"))));
    harness.run();
    harness.get_by_label("Use the other text").click();
    harness.run();
    let (file, text) = (Some("run.safetensors".into()), "/else/wrong.txt".into());
    assert_eq!(commands(&writer), [Command::Locate { file, text, any: true }]);
}

#[test]
fn a_run_that_lost_its_text_offers_to_try_again() {
    let why = fixture::reason("notes.txt had 8400 bytes when it was opened and has 0 now");
    let wants = WantedText { file: None, why: why.clone(), other: None };
    let status = Status::Paused(PausedBy::Text { why });
    let (mut harness, writer) = app(with_text_wanted(fixture::paused(), status, wants), SIZE);
    harness.run();
    harness.get_by_label("Locate text…");
    harness.get_by_label("Try again").click();
    harness.run();
    assert_eq!(commands(&writer), [Command::Run]);
}

#[test]
fn a_checkpoint_whose_text_moved_is_opened_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let well = "All is well that ends well. ".repeat(300);
    std::fs::write(at("notes.txt"), &well).unwrap();
    let config = Config { task: TaskConfig::Text(Text::File(at("notes.txt"))), ..Preset::Tiny.config() };
    let give = |window: &mut Window, path: &Path| {
        let field = window.harness.get_by_role_and_label(Role::TextInput, "Path");
        field.set_text_value_accesskit(&path.to_string_lossy());
        window.harness.run();
    };
    let mut window = Window::open(From::Config(Box::new(config)));
    window.see("Step 0");
    window.click("Step");
    window.see("Step 1");
    window.click("Run menu");
    window.click("Save checkpoint…");
    give(&mut window, &at("run.safetensors"));
    window.click("Save file");
    window.see("saved at step");
    drop(window);
    std::fs::rename(at("notes.txt"), at("moved.txt")).unwrap();
    std::fs::write(at("wrong.txt"), well.replace("well", "lost")).unwrap();

    let mut window = Window::open(From::File(at("run.safetensors")));
    window.see("trained on notes.txt, which is no longer there");
    // It asks by itself.
    window.see("Use this text");
    give(&mut window, &at("wrong.txt"));
    window.click("Use this text");
    window.see("is a different text from the one of this run");
    window.see("Use the other text");
    give(&mut window, &at("moved.txt"));
    window.click("Use this text");
    window.see("Opened");
    window.see("Step 1");
    window.click("Step");
    window.see("Step 2");
}
