//! What Open offers: the recent files and the runs that were left, each a button that opens it.

use eframe::egui::{Link, RichText, Ui};

use super::FilesView;
use crate::domain::quote;
use crate::run::{Command, Snapshot};
use crate::ui::kit::theme;
use crate::ui::view::Outbox;
use crate::ui::words::questions;

/// Most files of one kind that are listed at once.
const MOST_LISTED: usize = 6;

/// Draws both lists; files that are gone, and runs that another window has open, cannot be chosen.
pub(crate) fn listed_ui(ui: &mut Ui, shot: &Snapshot, view: &mut FilesView, out: &mut Outbox) {
    let theme = theme::of(ui);
    let mut chosen = None;
    let heading = |ui: &mut Ui, words: &str| ui.label(RichText::new(words).color(theme.ink3));
    ui.spacing_mut().item_spacing.y = 4.0;
    if !view.recents.files().is_empty() {
        heading(ui, questions::RECENT.said());
        for file in view.recents.files().iter().take(MOST_LISTED) {
            let words = questions::recent(file);
            let link = ui.add_enabled(!file.is_gone, Link::new(words));
            if link.on_hover_text(quote::path(&file.path)).clicked() {
                chosen = Some(file.path.clone());
            }
        }
    }
    if let Some(folder) = shot.saves.left.folder.as_deref().filter(|_| !shot.saves.left.runs.is_empty()) {
        heading(ui, &questions::left_runs(folder));
        for run in shot.saves.left.runs.iter().take(MOST_LISTED) {
            let words = questions::left_run(run);
            if ui.add_enabled(!run.in_use, Link::new(words)).on_hover_text(quote::path(&run.path)).clicked() {
                chosen = Some(run.path.clone());
            }
        }
        if !shot.saves.left.damaged.is_empty() {
            heading(ui, &questions::damaged(shot.saves.left.damaged.len()));
        }
    }
    if let Some(path) = chosen {
        out.push(Command::Open(path));
        view.put_away();
    }
}
