//! A switch: several choices side by side, of which one holds.

use eframe::egui::{CursorIcon, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::theme::{self, FIELD_RADIUS, RADIUS, size};
use super::{fonts, paint};

/// Height of a switch.
const HEIGHT: f32 = 30.0;

/// Draws a switch in the middle of `rect`: choices of equal width, each with its name and what is said of it. Returns the place of
/// the one that was pressed.
pub(crate) fn switch_ui(ui: &Ui, rect: Rect, choices: &[(&str, &str)], chosen: usize) -> Option<usize> {
    let theme = theme::of(ui);
    let rect = Rect::from_center_size(rect.center(), vec2(rect.width(), HEIGHT.min(rect.height())));
    paint::boxed(ui.painter(), rect, RADIUS, theme.field, theme.line2);
    let wide = (rect.width() - 4.0) / choices.len() as f32;
    let mut pressed = None;
    for (place, &(name, about)) in choices.iter().enumerate() {
        let left = rect.left() + 2.0 + wide * place as f32;
        let spot = Rect::from_min_max(pos2(left, rect.top() + 2.0), pos2(left + wide, rect.bottom() - 2.0));
        let response = ui.interact(spot, ui.scope_id().with(("choice", place)), Sense::click());
        let is_chosen = place == chosen;
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, is_chosen, name));
        let lit = response.hovered() || response.has_focus();
        if is_chosen || lit {
            let border = if response.has_focus() { theme.ink } else { theme.line2 };
            paint::boxed(ui.painter(), spot, FIELD_RADIUS, theme.raised, border);
        }
        let (font, ink) = if is_chosen {
            (fonts::strong(size::TITLE), theme.ink)
        } else {
            (fonts::medium(size::TITLE), if lit { theme.ink } else { theme.ink2 })
        };
        let galley = paint::cut(ui, name, font, ink, spot.width() - 8.0);
        let at = spot.center() - galley.size() / 2.0;
        ui.painter().galley(at, galley, ink);
        if response.clicked() {
            pressed = Some(place);
        }
        response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(about);
    }
    pressed
}
