//! Loss, grown: every term of the loss, and the gradient.

use eframe::egui::{Rect, Ui};

use super::chart::{charts_ui, single};
use crate::run::Snapshot;
use crate::store::history::{Key, RunMeasure as R};
use crate::ui::strings::measures as words;
use crate::ui::{Sight, theme};

/// Every term of the loss, the gradient.
pub fn loss_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, view: &mut Sight) {
    let theme = theme::of(ui);
    let charts = [
        single(&words::TOTAL, Key::Run(R::LossTotal), theme.ink),
        single(&words::DISTILLATION, Key::Run(R::LossRouter), theme.violet),
        single(&words::BALANCE, Key::Run(R::LossBalance), theme.ink),
        single(&words::AFFINITY_BALANCE, Key::Run(R::LossAffinityBalance), theme.violet),
        single(&words::DIVERSITY, Key::Run(R::LossDiversity), theme.violet),
        single(&words::GRADIENT, Key::Run(R::GradientNorm), theme.ink),
    ];
    charts_ui(ui, rect, &charts, shot, view, 3);
}
