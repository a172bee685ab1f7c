//! Alerts on the timeline, and the way from one to what it is about.

use eframe::egui::{Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2};

use super::Scale;
use crate::run::Snapshot;
use crate::store::alerts::{Alert, Panel};
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::theme;
use crate::ui::view::ViewState;
use crate::ui::words::timeline as words;

/// What was or is wrong, as bars over the lanes.
pub(super) fn alerts_ui(ui: &Ui, lanes: Rect, scale: &Scale, shot: &Snapshot, sight: &mut ViewState) {
    let theme = theme::of(ui);
    for (place, alert) in shot.memory.alerts.all().iter().enumerate() {
        let end = alert.until.unwrap_or(shot.step);
        let (from, to) = (scale.x(alert.since as f64), scale.x(end as f64).max(scale.x(alert.since as f64) + 4.0));
        let over = alert.until.is_some();
        let color = theme.amber.gamma_multiply(if over { 0.5 } else { 1.0 });
        let y = lanes.top() - 3.0;
        ui.painter().hline(from..=to, y, Stroke::new(2.0, color));
        icons::draw(ui.painter(), Icon::Warning, pos2(from + 2.0, y - 3.0), 10.0, color);
        let spot = Rect::from_min_max(pos2(from - 4.0, y - 7.0), pos2(to.max(from + 10.0), y + 3.0));
        let response = ui.interact(spot, ui.scope_id().with(("alert", place)), Sense::click());
        let words = {
            use crate::words::{alert as said, alert_tries, alert_why};
            words::alert(alert.since, alert.until, &said(alert), alert_why(alert), alert_tries(alert))
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &words));
        if response.clicked() {
            show(alert, sight);
        }
        response.on_hover_text(words);
    }
}

/// Turns to what an alert is about.
pub(crate) fn show(alert: &Alert, sight: &mut ViewState) {
    if let Some(layer) = alert.layer {
        sight.layer = layer;
    }
    if let Some(id) = alert.expert.filter(|&id| sight.lit() != Some(id)) {
        sight.keep(id);
    }
    sight.grown = match alert.rule.terms().panel {
        Panel::Load => Some(0),
        Panel::Agreement => Some(1),
        Panel::Collapse => Some(2),
        Panel::Loss => Some(3),
    };
}
