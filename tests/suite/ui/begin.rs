//! Demonstrations and set-ups in the window: found, asked about before the run is left, shown while they last, copied and pasted.

use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers, OutputCommand};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use moe_arena::domain::config::{Knobs, Preset};
use moe_arena::lessons::{ControlId, Setup, demonstrations};
use moe_arena::run::{Command, From, RunSetup, WindowMode, Writer};
use moe_arena::ui::App;

use super::fixture::{self, USUAL, app, commands};
use super::journey::Window;

fn search(typed: &str) -> (Harness<'static, App>, Writer) {
    let (mut harness, writer) = app(fixture::running(USUAL), [1280.0, 720.0]);
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run();
    harness.event(Event::Text(typed.to_owned()));
    harness.run();
    (harness, writer)
}

fn enter(harness: &mut Harness<'static, App>) {
    harness.key_press(Key::Enter);
    harness.run();
}

fn line() -> (Setup, String) {
    let setup = Setup { run: RunSetup::plain(Preset::Learn.config()), hidden: Vec::new() };
    (setup.clone(), setup.line().unwrap())
}

#[test]
fn the_palette_finds_demonstrations_and_lessons_and_nothing_begins_unasked() {
    let (mut harness, writer) = search("twins");
    enter(&mut harness);
    harness.get_by_label_contains("replaced by a copy of expert 1");
    harness.get_by_label_contains("This closes the run now shown");
    harness.get_by_label("Cancel beginning").click();
    harness.run();
    assert_eq!(commands(&writer), []);

    let (mut harness, writer) = search("demonstration left behind");
    enter(&mut harness);
    harness.get_by_label("Begin this run").click();
    harness.run();
    let shown = demonstrations().iter().find(|shown| shown.id == "left-behind").unwrap();
    assert_eq!(commands(&writer), [Command::NewSetup(Box::new(shown.run.clone()))]);

    let (mut harness, _writer) = search("lesson 3");
    harness.get_by_label_contains("Lesson 3: Load collapse and balance");
    enter(&mut harness);
    harness.get_by_label("Lesson 3 of 9");
}

#[test]
fn a_pasted_line_asks_before_it_begins_and_a_damaged_one_is_told() {
    let (setup, line) = line();
    let (mut harness, writer) = app(fixture::paused(), [1280.0, 720.0]);
    harness.run();
    harness.event(Event::Paste("step,loss\n1,2.5\n".into()));
    harness.run();
    assert!(harness.query_by_label("Begin this run").is_none(), "what is no set-up is nobody's");
    harness.event(Event::Paste(line[..line.len() - 9].into()));
    harness.run();
    harness.get_by_label_contains("copy it again, whole");
    harness.event(Event::Paste(format!("{line}\n")));
    harness.run();
    harness.get_by_label("Begin this set-up?");
    harness.get_by_label_contains("4 experts, top-k 1, seed 2");
    assert_eq!(commands(&writer), []);
    harness.get_by_label("Begin this run").click();
    harness.run();
    assert_eq!(commands(&writer), [Command::NewSetup(Box::new(setup.run))]);
}

#[test]
fn the_field_says_what_is_wrong_with_a_line_and_what_a_whole_one_is() {
    let (setup, line) = line();
    let (mut harness, writer) = search("paste a set-up");
    enter(&mut harness);
    harness.get_by_role_and_label(Role::MultilineTextInput, "Line of a set-up");
    harness.event(Event::Paste(line.replacen(":1:", ":3:", 1)));
    harness.run();
    harness.get_by_label_contains("version 3");
    harness.get_by_label("Begin this run").click();
    harness.run();
    assert_eq!(commands(&writer), [], "nothing begins");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.event(Event::Paste(line));
    harness.run();
    harness.get_by_label_contains("seed 2");
    harness.get_by_label("Begin this run").click();
    harness.run();
    assert_eq!(commands(&writer), [Command::NewSetup(Box::new(setup.run))]);
}

#[test]
fn a_demonstration_is_shown_with_its_alert_until_another_run_begins() {
    let mut window = Window::open_in(From::Config(Box::new(Preset::Learn.config())), WindowMode::Learn);
    window.see("Step 0");
    window.click("Demonstrations");
    window.click("Twins");
    window.click("Begin this run");
    window.see("Twins. At step 200 expert 2");
    window.see("Seen by step 320.");
    window.see_button("Run to step 320");
    window.click("Run to step 320");
    window.see("Its alert was raised at step ");
    window.click("Without the cause");
    window.see("Twins, without the cause");
    window.click("Begin this run");
    window.see("Seen by step 320.");
    window.see_button("Run to step 320");
    window.click("Put the demonstration's line away");
    assert!(window.harness.query_all_by_label_contains("Seen by step 320.").next().is_none());
}

#[test]
fn a_copied_set_up_says_what_was_done_to_the_run() {
    let mut window = Window::open_in(From::Config(Box::new(Preset::Learn.config())), WindowMode::Learn);
    window.see("Step 0");
    window.harness.get_by_role_and_label(Role::Slider, "Competition rate").set_value_accesskit(0.5);
    window.see("competition rate ");
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    window.harness.run();
    window.harness.event(Event::Text("copy the set-up".into()));
    window.harness.run();
    window.harness.key_press(Key::Enter);
    window.harness.step();
    let copied = window.harness.output().platform_output.commands.iter().find_map(|command| match command {
        OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    let setup = Setup::from_line(&copied.expect("a line was copied")).unwrap();
    let knobs = Preset::Learn.config().knobs;
    let [change] = &setup.run.changes[..] else { panic!("{:?}", setup.run.changes) };
    let wanted = Command::SetKnobs(Knobs { competition_rate: 0.5, ..knobs });
    assert_eq!((change.at, &change.what), (0, &moe_arena::run::Planned::Ask(wanted)));
}

#[test]
fn controls_are_hidden_one_by_one_and_shown_again() {
    let (mut harness, writer) = app(fixture::paused(), [1600.0, 1000.0]);
    harness.run();
    let slider =
        |harness: &Harness<'static, App>, name: &str| harness.query_by_role_and_label(Role::Slider, name).is_some();
    assert!(slider(&harness, "Competition rate") && slider(&harness, "Learning rate"));
    harness.get_by_role_and_label(Role::Slider, "Competition rate").click_secondary();
    harness.run();
    harness.get_by_label("Hide this control").click();
    harness.run();
    assert!(!slider(&harness, "Competition rate") && slider(&harness, "Learning rate"));
    // The list has all of them, and says which are hidden.
    harness.get_by_label("Choose controls").click();
    harness.run();
    harness.get_by_role_and_label(Role::CheckBox, "Learning rate").click();
    harness.run();
    assert!(!slider(&harness, "Learning rate"));
    harness.get_by_role_and_label(Role::CheckBox, "Competition rate").click();
    harness.run();
    assert!(slider(&harness, "Competition rate") && !slider(&harness, "Learning rate"));
    harness.get_by_label("Show all controls").click();
    harness.run();
    assert!(slider(&harness, "Competition rate") && slider(&harness, "Learning rate"));
    assert_eq!(commands(&writer), [], "the run knows nothing of it");
}

#[test]
fn a_set_up_brings_the_controls_that_it_hides() {
    let hidden: Vec<ControlId> = ["learning-rate", "noise"].into_iter().filter_map(ControlId::of).collect();
    let line = Setup { hidden, ..line().0 }.line().unwrap();
    let (mut harness, writer) = app(fixture::paused(), [1600.0, 1000.0]);
    harness.run();
    harness.event(Event::Paste(line));
    harness.run();
    harness.get_by_label("2 controls are hidden");
    harness.get_by_label("Begin this run").click();
    harness.run();
    assert!(harness.query_by_role_and_label(Role::Slider, "Learning rate").is_none());
    harness.get_by_role_and_label(Role::Slider, "Competition rate");
    assert!(matches!(&commands(&writer)[..], [Command::NewSetup(_)]));
}
