//! The mode that compares: how a race begins, and what all of its runs are told at once.

use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use moe_arena::domain::config::Policy;
use moe_arena::run::{AppCommand, Command, Racer, SessionId};

use super::fixture::{self, USUAL, all_commands, app};

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
