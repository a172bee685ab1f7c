//! The mode that compares: how a race begins, and what all of its runs are told at once.

use eframe::egui::Key;
use egui_kittest::kittest::Queryable;
use moe_arena::domain::config::Policy;
use moe_arena::run::{AppCommand, Racer};

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
