//! Motion: how far something that comes or goes has come, at once where nothing is to move by itself (reduced motion).

use eframe::egui::Ui;

/// Whether nothing moves by itself where `ui` draws: no drifting, growing, blinking or fading.
pub(crate) fn is_still(ui: &Ui) -> bool {
    ui.style().animation_time == 0.0
}

/// How much of the way from 0 to 1 something has gone since it was `there`, in so many seconds; at once where nothing moves.
pub(crate) fn share(ui: &Ui, salt: impl std::hash::Hash + std::fmt::Debug, there: bool, seconds: f32) -> f32 {
    let seconds = if is_still(ui) { 0.0 } else { seconds };
    ui.ctx().animate_bool_with_time(ui.scope_id().with(salt), there, seconds)
}
