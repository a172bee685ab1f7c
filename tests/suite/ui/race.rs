//! The mode that compares: how a race begins, and what all of its runs are told at once.

use std::collections::BTreeSet;

use eframe::egui::accesskit::{Role, Toggled};
use eframe::egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use moe_arena::domain::config::{Config, Knobs, Policy, Preset};
use moe_arena::run::{AppCommand, Command, Racer, SessionId, WindowMode};
use moe_arena::ui::App;

use super::export::copy_history;
use super::fixture::{self, USUAL, all_commands, app};
use crate::run::{PATIENCE, Session};

const SIZE: [f32; 2] = [1600.0, 1000.0];

#[test]
fn a_race_begins_from_step_0_or_from_here() {
    for (button, first_begins) in [("CompeteSMoE against SMoE", true), ("From here, without competition", false)] {
        let (mut harness, writer) = app(fixture::running(USUAL), SIZE);
        harness.run();
        harness.key_press(Key::F4);
        harness.run();
        harness.get_by_label(button).click();
        harness.run();
        let sent = all_commands(&writer);
        let [AppCommand::Race(racers)] = &sent[..] else { panic!("{sent:?}") };
        let policy = |racer: &Racer| match racer {
            Racer::Begin(config) => Some(config.knobs.policy),
            Racer::Branch { knobs, .. } => knobs.as_ref().map(|knobs| knobs.policy),
            Racer::Session(_) => None,
        };
        assert_eq!(policy(&racers[0]), first_begins.then_some(Policy::CompeteSmoe));
        assert_eq!((racers.len(), policy(&racers[1])), (2, Some(Policy::Smoe)));
    }
}

#[test]
fn what_drives_the_run_that_is_shown_drives_all_runs_of_its_race() {
    let of_race = |races: bool, command: Command| {
        if races { AppCommand::OfRace(command) } else { command.into() }
    };
    for races in [false, true] {
        let (mut harness, writer) = app(fixture::running(USUAL), SIZE);
        if races {
            writer.set_race(&[SessionId(0), SessionId(1)]);
        }
        harness.run();
        for (modifiers, key, command) in [
            (Modifiers::NONE, Key::Space, Command::Pause),
            (Modifiers::NONE, Key::S, Command::Step(1)),
            (Modifiers::SHIFT, Key::S, Command::Phase),
        ] {
            harness.key_press_modifiers(modifiers, key);
            harness.run();
            assert_eq!(all_commands(&writer), [of_race(races, command)]);
        }
        for (button, command) in [("Pause", Command::Pause), ("Step", Command::Step(1))] {
            harness.get_by_label(button).click();
            harness.run();
            assert_eq!(all_commands(&writer), [of_race(races, command)]);
        }
        harness.key_press(Key::G);
        harness.run();
        harness.get_by_label("Run to it").click();
        harness.run();
        assert_eq!(all_commands(&writer), [of_race(races, Command::StopAt(2200))]);
        // What belongs to one run stays its own.
        harness.key_press(Key::R);
        harness.run();
        assert_eq!(all_commands(&writer), [AppCommand::from(Command::Reset { seed: None })]);
    }
}

/// A real race of two in the window, some steps long.
fn raced() -> Harness<'static, App> {
    raced_and(|_| ())
}

/// The same, and then something is sent.
fn raced_and(sent: impl FnOnce(&Session)) -> Harness<'static, App> {
    let mut config = Preset::Tiny.config();
    (config.knobs.competition_rate, config.cadence.probe_every) = (0.5, 10);
    let session = Session::new(&config);
    let smoe = Config { knobs: Knobs { policy: Policy::Smoe, ..config.knobs.clone() }, ..config.clone() };
    session.send(AppCommand::Race([config, smoe].map(|config| Racer::Begin(Box::new(config))).to_vec()));
    session.send(AppCommand::OfRace(Command::Step(90)));
    let there =
        |id: &SessionId| session.reader.latest_of(*id).is_some_and(|shot| shot.step == 90 && !shot.is_running());
    while session.reader.race().len() < 2 || !session.reader.race().iter().all(there) {
        session.reader.notices();
        assert!(session.reader.wait_for_news(PATIENCE), "the race stands still");
    }
    sent(&session);
    let reader = session.reader;
    Harness::builder()
        .with_size(SIZE)
        .with_max_steps(12)
        .build_eframe(move |cc| App::new(&cc.egui_ctx, reader, true).in_mode(WindowMode::Compare))
}

/// The rows of a tile's history as it is copied, without their heads: run, axis, place, mean.
fn copied(harness: &mut Harness<'static, App>, tile: &str) -> Vec<(String, String, f64, f64)> {
    let text = copy_history(harness, tile);
    let mut lines = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let head = lines.next().unwrap();
    let column =
        |name: &str| head.iter().position(|column| *column == name).unwrap_or_else(|| panic!("{name}: {head:?}"));
    let [run, axis, at, mean] = ["run", "axis", "at", "mean"].map(column);
    lines.map(|row| (row[run].into(), row[axis].into(), row[at].parse().unwrap(), row[mean].parse().unwrap())).collect()
}

#[test]
fn the_curves_of_a_race_are_drawn_and_saved_over_steps_arithmetic_or_seconds() {
    let mut harness = raced();
    harness.run();
    let mut last = Vec::new();
    for (choice, axis) in [("Steps", "step"), ("Arithmetic", "flop"), ("Seconds", "seconds")] {
        harness.get_by_role_and_label(Role::RadioButton, choice).click();
        harness.run();
        for tile in ["Loss", "Agreement", "Load CV", "Difference"] {
            let rows = copied(&mut harness, tile);
            assert!(!rows.is_empty() && rows.iter().all(|row| row.1 == axis), "{tile} over {axis}: {rows:?}");
        }
        let loss = copied(&mut harness, "Loss");
        let runs: BTreeSet<String> = loss.iter().map(|row| row.0.clone()).collect();
        assert_eq!(runs.len(), 2, "{runs:?}");
        let end = |run: &String| loss.iter().filter(|row| row.0 == *run).map(|row| row.2).fold(0.0, f64::max);
        last.push(runs.iter().map(end).collect::<Vec<f64>>());
        for run in &runs {
            let places: Vec<f64> = loss.iter().filter(|row| row.0 == *run).map(|row| row.2).collect();
            assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{run} over {axis}: {places:?}");
        }
    }
    // The same losses, at other places: as many steps, and less arithmetic without competition.
    assert_eq!(last[0][0], last[0][1]);
    assert!(last[1][0] > last[1][1], "{last:?}");
}

#[test]
fn what_the_steps_of_a_run_cost_may_not_be_known_and_then_says_so() {
    let (mut harness, writer) = app(fixture::running(USUAL), SIZE);
    writer.set_race(&[SessionId(0), SessionId(1)]);
    harness.key_press(Key::F4);
    harness.run();
    harness.get_by_role_and_label(Role::RadioButton, "Arithmetic").click();
    harness.run();
    harness.get_by_label_contains("cost is not known");
}

#[test]
fn what_another_run_of_the_race_tells_names_that_run() {
    let told = |place: usize| {
        let mut harness = raced_and(|session| session.send(Command::Undo.to(session.reader.race()[place])));
        let begun = std::time::Instant::now();
        loop {
            harness.step();
            let label = |node: &egui_kittest::Node<'_>| node.accesskit_node().label().map(|label| label.to_string());
            let mut labels = harness.query_all_by(|node| node.label().is_some()).filter_map(|node| label(&node));
            if let Some(found) = labels.find(|label| label.contains("there is nothing to undo")) {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "nothing is told");
            std::thread::yield_now();
        }
    };
    let (first, second) = (told(0), told(1));
    assert_eq!(second, format!("Run 2 of the race: {first}"));
}

#[test]
fn a_race_is_ended_by_its_head_alone() {
    let (mut harness, writer) = app(fixture::running(USUAL), SIZE);
    writer.set_race(&[SessionId(0), SessionId(1)]);
    harness.key_press(Key::F4);
    harness.run();
    assert!(harness.query_by_label("CompeteSMoE against SMoE").is_none());
    harness.get_by_label("End the race").click();
    harness.run();
    assert_eq!(all_commands(&writer), [AppCommand::Race(Vec::new())]);
}

#[test]
fn a_run_is_added_to_the_race_up_to_four_and_any_of_them_can_be_shown() {
    let mut harness = raced();
    let runs = |harness: &Harness<'static, App>, count: usize| {
        harness
            .query_all_by_role(Role::RadioButton)
            .filter(|node| node.accesskit_node().label().is_some_and(|label| label.contains("step 90")))
            .count()
            == count
    };
    let until = |harness: &mut Harness<'static, App>, count: usize| {
        let begun = std::time::Instant::now();
        while !runs(harness, count) {
            assert!(begun.elapsed() < PATIENCE, "never {count} runs");
            std::thread::yield_now();
            harness.step();
        }
    };
    for (entry, count) in [("From here, as it is", 3), ("From here, without competition", 4)] {
        harness.get_by_label("Add a run").click();
        harness.run();
        harness.get_by_label(entry).click();
        until(&mut harness, count);
    }
    assert!(harness.query_by_label("Add a run").is_none(), "four are enough");
    let shown = |harness: &Harness<'static, App>| {
        let mut all = harness.query_all_by_role(Role::RadioButton).filter_map(|node| {
            let node = node.accesskit_node();
            let label = node.label().filter(|label| label.contains("step 90"))?;
            (node.toggled() == Some(Toggled::True)).then(|| label.to_string())
        });
        all.next().unwrap_or_default()
    };
    assert!(shown(&harness).starts_with("1 "), "{}", shown(&harness));
    let third = |node: &egui_kittest::Node<'_>| {
        node.accesskit_node().label().is_some_and(|label| label.starts_with("3 CompeteSMoE"))
    };
    harness.query_all_by_role(Role::RadioButton).find(third).expect("the third run").click();
    let begun = std::time::Instant::now();
    while !shown(&harness).starts_with("3 ") {
        assert!(begun.elapsed() < PATIENCE, "{}", shown(&harness));
        std::thread::yield_now();
        harness.step();
    }
}
