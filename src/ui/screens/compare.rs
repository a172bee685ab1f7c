//! The comparing screen: the runs of a race side by side, their curves and how they differ.

use std::sync::Arc;

use eframe::egui::Ui;

use super::layout::compare::CompareLayout;
use crate::run::Snapshot;
use crate::ui::kit::paint::area;
use crate::ui::panels::{plot_name, race_curve_ui, race_head_ui};
use crate::ui::view::race::RaceCurve;
use crate::ui::view::{Outbox, ViewState};

/// Draws everything between the strip and the status line.
pub(super) fn compare_ui(
    ui: &mut Ui,
    layout: &CompareLayout,
    shot: &Snapshot,
    race: &[Arc<Snapshot>],
    sight: &mut ViewState,
    out: &mut Outbox,
) {
    area(ui, layout.head, "race", |ui| race_head_ui(ui, shot, race, sight, out));
    for (of, &rect) in RaceCurve::ALL.into_iter().zip(&layout.tiles) {
        area(ui, rect, plot_name(of), |ui| race_curve_ui(ui, of, shot, race, sight, out));
    }
}
