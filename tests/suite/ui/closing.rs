//! Closing the window: the run is saved first, and a run that cannot be saved is asked about.

use std::path::PathBuf;

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, ViewportCommand, ViewportEvent, ViewportId};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use moe_arena::domain::interventions::Intervention;
use moe_arena::run::{AppCommand, Command, FileWork, Notice, Writer};
use moe_arena::ui::App;

use super::fixture::{self, all_commands, app};

const SIZE: [f32; 2] = [1280.0, 720.0];
type Window = Harness<'static, App>;

/// Draws one frame; what it asked of the window.
fn frame(harness: &mut Window) -> Vec<ViewportCommand> {
    harness.step();
    harness.output().viewport_output[&ViewportId::ROOT].commands.clone()
}

/// Presses the window's cross; what the window asks for then.
fn press_cross(harness: &mut Window) -> Vec<ViewportCommand> {
    harness.input_mut().viewports.entry(ViewportId::ROOT).or_default().events.push(ViewportEvent::Close);
    let asked = frame(harness);
    harness.input_mut().viewports.entry(ViewportId::ROOT).or_default().events.clear();
    asked
}

fn is_kept_open(asked: &[ViewportCommand]) -> bool {
    asked.contains(&ViewportCommand::CancelClose)
}

/// A window that was closed, and whose run could not be saved.
fn refused() -> (Window, Writer) {
    let (mut harness, writer) = app(fixture::paused(), SIZE);
    harness.run();
    assert!(is_kept_open(&press_cross(&mut harness)));
    assert_eq!(all_commands(&writer), [AppCommand::Close]);
    writer.notice(Notice::NotLeft {
        command: Box::new(AppCommand::Close),
        why: fixture::reason("the disk of /runs is full"),
    });
    harness.run();
    (harness, writer)
}

fn click(harness: &mut Window, name: &str) {
    harness.get_by_label(name).click();
    harness.run();
}

#[test]
fn the_window_closes_once_its_run_is_saved() {
    let (mut harness, writer) = app(fixture::paused(), SIZE);
    harness.run();
    assert!(is_kept_open(&press_cross(&mut harness)));
    assert_eq!(all_commands(&writer), [AppCommand::Close]);
    assert!(is_kept_open(&press_cross(&mut harness)), "a second click that comes at once changes nothing");
    assert_eq!(all_commands(&writer), []);
    assert!(!frame(&mut harness).contains(&ViewportCommand::Close));
    drop(writer);
    assert!(frame(&mut harness).contains(&ViewportCommand::Close));
    assert!(!is_kept_open(&press_cross(&mut harness)));
}

#[test]
fn a_window_whose_run_does_not_answer_can_be_closed() {
    let (mut harness, _writer) = app(fixture::paused(), SIZE);
    harness.run();
    assert!(is_kept_open(&press_cross(&mut harness)));
    let later = harness.ctx.input(|i| i.time) + 60.0;
    harness.input_mut().time = Some(later);
    assert!(!is_kept_open(&press_cross(&mut harness)), "the program waits for the run then");
}

#[test]
fn a_window_whose_run_cannot_be_saved_asks_and_stays() {
    let (mut harness, writer) = refused();
    assert!(harness.query_all_by_label_contains("The disk of /runs is full.").next().is_some());
    harness.key_press_modifiers(Modifiers::NONE, Key::R);
    harness.run();
    assert_eq!(all_commands(&writer), [], "keys do not reach the run beneath the question");
    click(&mut harness, "Cancel leaving");
    assert_eq!(all_commands(&writer), []);
    assert!(is_kept_open(&press_cross(&mut harness)), "closing asks again");
    assert_eq!(all_commands(&writer), [AppCommand::Close]);

    let (mut harness, writer) = refused();
    click(&mut harness, "Close anyway");
    assert_eq!(all_commands(&writer), [AppCommand::Discarding(Box::new(AppCommand::Close))]);
    drop(writer);
    assert!(frame(&mut harness).contains(&ViewportCommand::Close));

    let (mut harness, writer) = refused();
    click(&mut harness, "Save elsewhere…");
    harness.get_by_role_and_label(Role::TextInput, "Path").set_text_value_accesskit("/elsewhere/run.safetensors");
    harness.run();
    click(&mut harness, "Save file");
    let path = PathBuf::from("/elsewhere/run.safetensors");
    assert_eq!(all_commands(&writer), [Command::SaveAs { path: path.clone(), replace: false }.into()]);
    writer.notice(Notice::Saved { step: 2138, path, auto: false });
    harness.run();
    assert_eq!(all_commands(&writer), [AppCommand::Close], "saved, and then closed");
}

#[test]
fn a_save_elsewhere_that_fails_asks_again_and_no_later_save_closes_the_window() {
    let room = Notice::NoRoom { path: "/elsewhere/run.safetensors".into(), folder: "/elsewhere".into(), bytes: 4096 };
    let denied = Notice::FileFailed {
        work: FileWork::SavingTheRun,
        why: fixture::reason("no permission to write in /elsewhere"),
    };
    for (failed, says) in [(room, "No room to save the run"), (denied, "No permission to write in /elsewhere.")] {
        let (mut harness, writer) = refused();
        click(&mut harness, "Save elsewhere…");
        harness.get_by_role_and_label(Role::TextInput, "Path").set_text_value_accesskit("/elsewhere/run.safetensors");
        harness.run();
        click(&mut harness, "Save file");
        all_commands(&writer);
        writer.notice(failed);
        harness.run();
        assert!(harness.query_all_by_label_contains(says).next().is_some(), "{says}");
        click(&mut harness, "Cancel leaving");
        writer.notice(Notice::Saved { step: 2138, path: "/runs/later.safetensors".into(), auto: false });
        harness.run();
        assert_eq!(all_commands(&writer), [], "the window stays open after another save");
    }
}

#[test]
fn what_only_a_save_can_undo_says_so_when_there_is_none() {
    let (mut harness, writer) = app(fixture::paused(), SIZE);
    harness.run();
    let poison = Command::Intervene { layer: 0, intervention: Intervention::PoisonRouter };
    writer
        .notice(Notice::NotLeft { command: Box::new(poison.clone().into()), why: fixture::reason("the disk is full") });
    harness.run();
    assert!(harness.query_all_by_label_contains("Without a save the change cannot be undone.").next().is_some());
    click(&mut harness, "Change anyway");
    assert_eq!(all_commands(&writer), [AppCommand::Discarding(Box::new(poison.into()))]);
}
