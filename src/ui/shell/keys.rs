//! Keys: what each one asks for. None of them acts while something is being typed.

use eframe::egui::{Context, Key, Modifiers, Popup};

use crate::run::{Command, Snapshot, Status, WindowMode};
use crate::ui::view::Outbox;
use crate::ui::view::outbox::Ask;

/// Reads the keys of this frame. `covered`: a question stands over the window; `lesson`: one is open,
/// which takes the Space key.
pub(crate) fn read(ctx: &Context, shot: &Snapshot, (covered, lesson): (bool, bool), out: &mut Outbox) {
    if ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::F12)) {
        out.ask(Ask::Debug);
    }
    if covered || ctx.text_edit_focused() {
        return;
    }
    // Space presses the button that has the focus; only without a focus is it the run's.
    let focused = ctx.memory(|m| m.focused().is_some());
    if !focused && ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Space)) {
        match shot.status {
            _ if lesson => out.ask(Ask::GoOn),
            Status::Running => out.push(Command::Pause),
            Status::Paused(_) | Status::Saving => out.push(Command::Run),
            Status::Preparing(_) | Status::Failed(_) => {}
        }
    }
    let pressed = |modifiers: Modifiers, key: Key| ctx.input_mut(|i| i.consume_key(modifiers, key));
    for (key, mode) in [
        (Key::F1, WindowMode::Learn),
        (Key::F2, WindowMode::Train),
        (Key::F3, WindowMode::Inspect),
        (Key::F4, WindowMode::Compare),
    ] {
        if pressed(Modifiers::NONE, key) {
            out.ask(Ask::Mode(mode));
        }
    }
    if pressed(Modifiers::COMMAND, Key::O) {
        out.ask(Ask::Open);
    }
    if pressed(Modifiers::COMMAND, Key::S) {
        out.ask(Ask::Save);
    }
    // The longer one first: the shorter is part of it.
    for (modifiers, key, command) in [
        (Modifiers::COMMAND | Modifiers::SHIFT, Key::Z, Command::Redo),
        (Modifiers::COMMAND, Key::Y, Command::Redo),
        (Modifiers::COMMAND, Key::Z, Command::Undo),
    ] {
        if pressed(modifiers, key) {
            out.push(command);
        }
    }
    let ready = !matches!(shot.status, Status::Preparing(_) | Status::Failed(_));
    if pressed(Modifiers::SHIFT, Key::S) && ready {
        out.push(Command::Phase);
    }
    if pressed(Modifiers::NONE, Key::G) && ready {
        out.ask(Ask::StopAt);
    }
    if pressed(Modifiers::NONE, Key::S) && ready {
        out.push(Command::Step(1));
    }
    if pressed(Modifiers::SHIFT, Key::R) {
        out.push(Command::Reset { seed: Some(shot.config.seed.wrapping_add(1)) });
    }
    if pressed(Modifiers::NONE, Key::R) {
        out.push(Command::Reset { seed: None });
    }
    if pressed(Modifiers::NONE, Key::OpenBracket) {
        out.ask(Ask::Layer(-1));
    }
    if pressed(Modifiers::NONE, Key::CloseBracket) {
        out.ask(Ask::Layer(1));
    }
    if pressed(Modifiers::NONE, Key::D) {
        out.ask(Ask::Draw);
    }
    if pressed(Modifiers::NONE, Key::I) {
        out.ask(Ask::Drawer);
    }
    if pressed(Modifiers::NONE, Key::A) {
        out.ask(Ask::Alerts);
    }
    // A menu that is open takes Escape itself.
    if !Popup::is_any_open(ctx) && pressed(Modifiers::NONE, Key::Escape) {
        out.ask(Ask::LetGo);
    }
    const DIGITS: [Key; 9] =
        [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9];
    for (place, key) in DIGITS.into_iter().enumerate() {
        if pressed(Modifiers::NONE, key) {
            out.ask(Ask::Expert(place));
        }
    }
    // Arrows move what has the focus; only without a focus do they move the cursor.
    if !focused {
        for (key, by) in [(Key::ArrowLeft, -1), (Key::ArrowRight, 1)] {
            if pressed(Modifiers::SHIFT, key) {
                out.ask(Ask::Cursor(by * tick(shot)));
            }
            if pressed(Modifiers::NONE, key) {
                out.ask(Ask::Cursor(by));
            }
        }
        if pressed(Modifiers::NONE, Key::End) {
            out.ask(Ask::Live);
        }
    }
}

/// Steps between two probes: what the panels can tell apart.
fn tick(shot: &Snapshot) -> i64 {
    i64::try_from(shot.config.cadence.probe_every).unwrap_or(1)
}
