//! What is wrong where one looks and has been for a while: in words, with what to try.

use eframe::egui::{Align, Align2, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{Column, SelectionView, rule_ui};
use crate::run::Snapshot;
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::panels::timeline;
use crate::ui::view::{ViewState, derived};
use crate::ui::words;

pub(super) fn alerts_ui(
    ui: &Ui,
    column: &mut Column,
    shot: &Snapshot,
    view: &mut SelectionView,
    sight: &mut ViewState,
) {
    let theme = theme::of(ui);
    let to_alerts = std::mem::take(&mut view.to_alerts);
    let standing = derived::alerts(shot, sight);
    if standing.is_empty() {
        return;
    }
    rule_ui(ui, column);
    let rect = column.take(28.0);
    let then = (!sight.is_live()).then(|| sight.step(shot));
    let title = words::selection::alerts(standing.len(), then);
    let font = fonts::strong(size::TITLE);
    paint::text_in(ui, rect.left_center(), Align2::LEFT_CENTER, &title, font, theme.ink, rect.width());
    paint::say(ui, rect, "alerts", &title).on_hover_text(words::ALERTS.said());
    if to_alerts {
        ui.scroll_to_rect(rect, Some(Align::TOP));
    }
    for (place, alert) in standing.into_iter().enumerate() {
        // A row is as high as its words.
        let font = fonts::regular(size::CAPTION);
        let sentence = crate::words::alert(alert);
        let words = ui.painter().layout(sentence.clone(), font, theme.ink2, column.width() - 18.0);
        let rect = column.take(words.size().y + 9.0);
        icons::draw(ui.painter(), Icon::Warning, pos2(rect.left() + 6.0, rect.top() + 9.0), 11.0, theme.amber);
        ui.painter().galley(rect.min + vec2(18.0, 2.0), words, theme.ink2);
        let said = words::selection::alert(&sentence, crate::words::alert_why(alert), crate::words::alert_tries(alert));
        let response = ui.interact(rect, ui.scope_id().with(("active-alert", place)), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &said));
        if response.clicked() {
            timeline::show(alert, sight);
        }
        response.on_hover_text(said);
    }
}
