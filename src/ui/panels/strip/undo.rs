//! Undo and redo in the strip and in the menu of runs, with what each of them does; and the branches that were left.

use eframe::egui::{Pos2, Rect, Ui, pos2, vec2};

use crate::run::{Command, Snapshot, Status};
use crate::ui::kit::icons::Icon;
use crate::ui::kit::press::{Look, Press};
use crate::ui::view::Outbox;
use crate::ui::view::watched::trains;
use crate::ui::words::{rewind as words, watched};

/// Width of a button.
const WIDE: f32 = 30.0;

/// What the two do: the name, what is said of it, the command, whether there is anything.
fn both(shot: &Snapshot) -> [(String, Command, Icon, bool); 2] {
    let ready = !matches!(shot.status, Status::Preparing(_) | Status::Failed(_)) && trains(shot);
    [
        (words::undo(shot.rewind.undo.as_ref()), Command::Undo, Icon::Undo, ready && shot.rewind.undo.is_some()),
        (words::redo(shot.rewind.redo.as_ref()), Command::Redo, Icon::Redo, ready && shot.rewind.redo.is_some()),
    ]
}

/// Two buttons from `at` on. Returns where they end.
pub(super) fn undo_ui(ui: &mut Ui, at: Pos2, shot: &Snapshot, out: &mut Outbox) -> f32 {
    let mut x = at.x;
    for (said, command, icon, enabled) in both(shot) {
        let spot = Rect::from_min_size(pos2(x, at.y - WIDE / 2.0), vec2(WIDE, WIDE));
        let press = Press::icon(icon, &said).look(Look::Ghost).enabled(enabled);
        let response = press.show(ui, spot).on_hover_text(&said);
        let why = if trains(shot) { said.as_str() } else { watched::ONLY.said() };
        if response.on_disabled_hover_text(why).clicked() {
            out.push(command);
        }
        x = spot.right() + 2.0;
    }
    x
}

/// Entries of the menu of runs: the same, and a way to every branch that was left.
pub(super) fn entries_ui(ui: &mut Ui, shot: &Snapshot, out: &mut Outbox) {
    ui.separator();
    for (said, command, _, enabled) in both(shot) {
        ui.add_enabled_ui(enabled, |ui| {
            let why = if trains(shot) { said.clone() } else { watched::ONLY.said().to_owned() };
            if ui.button(said).on_disabled_hover_text(why).clicked() {
                out.push(command);
                ui.close();
            }
        });
    }
    for ghost in shot.rewind.ghosts.iter().rev().filter(|ghost| ghost.held) {
        if ui.button(words::rejoin(ghost)).clicked() {
            out.push(Command::Rejoin(ghost.id));
            ui.close();
        }
    }
}
