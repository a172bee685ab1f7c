//! The training screen: rail, stage and tiles, selection and timeline of one run, and what is open there.

use eframe::egui::Ui;

use super::board::board_ui;
use super::layout::Screen;
use super::tabs::Tabs;
use crate::run::Snapshot;
use crate::ui::kit::paint::area;
use crate::ui::panels::{RailView, SelectionView, rail_ui, selection_ui, timeline_ui, trouble_ui, watched_ui};
use crate::ui::view::{Outbox, ViewState};

/// What is open on the training screen, and the selection that other screens share.
#[derive(Debug, Default)]
pub(super) struct TrainView {
    /// The knobs: what is folded, held and asked for.
    pub rail: RailView,
    /// What the selection remembers.
    pub selection: SelectionView,
    /// The tile that is shown where there is room for one.
    pub tab: Tabs,
}

/// Draws everything between the strip and the status line.
pub(super) fn train_ui(
    ui: &mut Ui,
    screen: &Screen,
    shot: &Snapshot,
    view: &mut TrainView,
    sight: &mut ViewState,
    out: &mut Outbox,
) {
    if let Some(rail) = screen.rail {
        area(ui, rail, "rail", |ui| match &shot.watched {
            Some(watched) => watched_ui(ui, shot, watched, sight, out),
            None => rail_ui(ui, shot, &mut view.rail, sight, out),
        });
    }
    if let Some(rect) = screen.trouble {
        area(ui, rect, "trouble", |ui| trouble_ui(ui, shot, &mut (), out));
    }
    board_ui(ui, screen, shot, sight, &mut view.tab, out);
    if let Some(rect) = screen.selection {
        area(ui, rect, "selection", |ui| selection_ui(ui, shot, &mut view.selection, sight, out));
    }
    area(ui, screen.timeline, "timeline", |ui| timeline_ui(ui, shot, sight, out));
}
