//! Loss, grown: every term of the loss, and the gradient.

use eframe::egui::{Rect, Ui};

use super::chart::{charts_ui, single};
use crate::run::Snapshot;
use crate::store::history::{RunMeasure as R, SeriesKey};
use crate::ui::kit::theme;
use crate::ui::view::ViewState;
use crate::ui::words::measures as words;

/// Every term of the loss, the gradient.
pub(crate) fn loss_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, view: &mut ViewState) {
    let theme = theme::of(ui);
    let charts = [
        single(&words::TOTAL, SeriesKey::Run(R::LossTotal), theme.ink),
        single(&words::DISTILLATION, SeriesKey::Run(R::LossRouter), theme.violet),
        single(&words::BALANCE, SeriesKey::Run(R::LossBalance), theme.ink),
        single(&words::AFFINITY_BALANCE, SeriesKey::Run(R::LossAffinityBalance), theme.violet),
        single(&words::DIVERSITY, SeriesKey::Run(R::LossDiversity), theme.violet),
        single(&words::GRADIENT, SeriesKey::Run(R::GradientNorm), theme.ink),
    ];
    charts_ui(ui, rect, &charts, shot, view, 3);
}
