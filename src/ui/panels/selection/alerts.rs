//! What is wrong now and has been for a while: in words, with what to try.

use eframe::egui::{Align2, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::Column;
use crate::run::Snapshot;
use crate::ui::icons::{self, Icon};
use crate::ui::panels::timeline;
use crate::ui::theme::{self, size};
use crate::ui::{Sight, fonts, paint, strings};

pub(super) fn alerts_ui(ui: &Ui, column: &mut Column, shot: &Snapshot, sight: &mut Sight) {
    let theme = theme::of(ui);
    let active: Vec<_> = shot.history.alerts.active().rev().collect();
    if active.is_empty() {
        return;
    }
    let Some(rect) = column.take(28.0) else { return };
    let title = strings::selection::alerts(active.len());
    paint::text_in(ui, rect.left_center(), Align2::LEFT_CENTER, &title, fonts::strong(size::TITLE), theme.ink, 200.0);
    paint::say(ui, rect, "alerts", &title).on_hover_text(strings::ALERTS);
    for (place, alert) in active.into_iter().enumerate() {
        let Some(rect) = column.take(36.0) else { return };
        icons::draw(ui.painter(), Icon::Warning, pos2(rect.left() + 6.0, rect.top() + 9.0), 11.0, theme.amber);
        let font = fonts::regular(size::CAPTION);
        let clipped = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        let words = clipped.layout(alert.words.clone(), font, theme.ink2, rect.width() - 18.0);
        clipped.galley(rect.min + vec2(18.0, 2.0), words, theme.ink2);
        let said = strings::selection::alert(&alert.words, &alert.why, &alert.tries);
        let response = ui.interact(rect, ui.scope_id().with(("active-alert", place)), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &said));
        if response.clicked() {
            timeline::show(alert, sight);
        }
        response.on_hover_text(said);
    }
}
