//! Going back, from the window: keys, buttons, the menu of a flag, the branches that were left.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use eframe::egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use moe_arena::run::{
    AppCommand, Command, Ghost, GhostId, Preparation, Racer, RewindTo, RunMoment, SessionId, Snapshot, SnapshotRewind,
    Status, Undoable, WindowMode,
};
use moe_arena::store::history::{LayerMeasure, RunMeasure, SeriesKey};
use moe_arena::ui::kit::theme;
use moe_arena::ui::panels::{StripView, strip_ui};
use moe_arena::ui::view::Outbox;

use super::fixture::{self, USUAL, all_commands, app, commands};

const SIZE: [f32; 2] = [1600.0, 1000.0];

/// A run that can go back, and has left a branch.
pub fn rewound() -> Snapshot {
    let mut shot = fixture::running(USUAL);
    let history = shot.memory.history.clone();
    let entry = |place: usize| history.journal.entries()[place].clone();
    let kappa = |layer| history.shared(SeriesKey::Layer(layer, LayerMeasure::Kappa));
    let ghost = Ghost {
        id: GhostId(3),
        from: 1200,
        to: 2100,
        first: Some(entry(1)),
        loss: history.shared(SeriesKey::Run(RunMeasure::LossTask)),
        kappa: (0..USUAL.layers).map(kappa).collect(),
        held: true,
    };
    shot.rewind = SnapshotRewind {
        undo: Some(Undoable::Change(entry(1))),
        redo: Some(Undoable::Rewind { from: 2100, to: 1200 }),
        held: Arc::new(vec![RunMoment { step: 0, entries: 1 }]),
        bytes: 1 << 20,
        ghosts: Arc::new(vec![ghost]),
    };
    shot
}

#[test]
fn keys_undo_and_redo() {
    let redo = Modifiers::COMMAND | Modifiers::SHIFT;
    for (modifiers, key, command) in [
        (Modifiers::COMMAND, Key::Z, Command::Undo),
        (redo, Key::Z, Command::Redo),
        (Modifiers::COMMAND, Key::Y, Command::Redo),
    ] {
        let (mut harness, writer) = app(rewound(), SIZE);
        harness.run();
        harness.key_press_modifiers(modifiers, key);
        harness.run();
        assert_eq!(commands(&writer), [command]);
    }
}

#[test]
fn a_button_says_what_it_undoes() {
    let (mut harness, writer) = app(rewound(), SIZE);
    harness.run();
    harness.get_by_label_contains("Undo: learning rate").click();
    harness.run();
    harness.get_by_label("Redo: going back from step 2100 to 1200 (Ctrl Shift Z)").click();
    harness.run();
    assert_eq!(commands(&writer), [Command::Undo, Command::Redo]);
    let (mut harness, writer) = app(fixture::running(USUAL), SIZE);
    harness.run();
    harness.get_by_label("Nothing to undo (Ctrl Z)").click();
    harness.run();
    assert_eq!(commands(&writer), []);
}

#[test]
fn a_flag_leads_back_to_before_its_change_or_to_a_race_against_a_run_without_it() {
    let before = RunMoment { step: 812, entries: 1 };
    let at = Some(RewindTo::Before(before));
    let branch = Racer::Branch { session: Some(SessionId::FIRST), at, knobs: None };
    let race = AppCommand::Race(vec![Racer::Session(SessionId::FIRST), branch]);
    for (entry, wanted, mode) in [
        (
            "Go back to before this change",
            AppCommand::from(Command::Rewind(RewindTo::Before(before))),
            WindowMode::Train,
        ),
        ("Race against a run without this change", race, WindowMode::Compare),
    ] {
        let (mut harness, writer) = app(rewound(), SIZE);
        harness.run();
        harness.get_by_label_contains("Step 812: learning rate").click();
        harness.run();
        harness.get_by_label(entry).click();
        harness.run();
        assert_eq!(all_commands(&writer), [wanted]);
        assert_eq!(harness.state().mode(), mode);
    }
    // Nothing is held: it says so and sends nothing.
    let (mut harness, writer) = app(fixture::running(USUAL), SIZE);
    harness.run();
    harness.get_by_label_contains("Step 812: learning rate").click();
    harness.run();
    harness.get_by_label("Go back to before this change").click();
    harness.run();
    assert_eq!(commands(&writer), []);
}

#[test]
fn a_branch_that_was_left_is_in_the_menu_of_runs() {
    let (mut harness, writer) = app(rewound(), SIZE);
    harness.run();
    harness.get_by_label("Run menu").click();
    harness.run();
    harness.get_by_label_contains("Return to the branch with learning rate").click();
    harness.run();
    assert_eq!(commands(&writer), [Command::Rejoin(GhostId(3))]);
}

#[test]
fn while_steps_are_done_again_the_button_in_front_stops_it() {
    let mut shot = rewound();
    shot.status = Status::Preparing(Preparation::Rewinding(812));
    let out = Rc::new(RefCell::new(Outbox::default()));
    let (sent, mut view) = (out.clone(), StripView::default());
    let mut harness = Harness::builder()
        .with_size([1600.0, 60.0])
        .with_context_setup(theme::install)
        .build_ui(move |ui| strip_ui(ui, &shot, &mut view, &mut out.borrow_mut()));
    harness.run();
    harness.get_by_label("Cancel").click();
    harness.run();
    let sent: Vec<AppCommand> = sent.borrow().waiting().cloned().collect();
    assert_eq!(sent, [AppCommand::CancelRewind]);
}
