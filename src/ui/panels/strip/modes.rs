//! The switch of modes in the top strip; where it has no room, a menu.

use eframe::egui::{CursorIcon, Popup, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::run::WindowMode;
use crate::ui::kit::icons::Icon;
use crate::ui::kit::press::Press;
use crate::ui::kit::theme::{self, FIELD_RADIUS, RADIUS, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::view::Outbox;
use crate::ui::view::outbox::Ask;
use crate::ui::words::strip;

/// Height of the switch.
const HEIGHT: f32 = 30.0;

/// Draws the switch in the middle of `rect`: all modes side by side, or the one that is shown with a menu of all.
pub(super) fn modes_ui(ui: &mut Ui, rect: Rect, whole: bool, shown: WindowMode, out: &mut Outbox) {
    if !whole {
        return menu_ui(ui, rect, shown, out);
    }
    let theme = theme::of(ui);
    let rect = Rect::from_center_size(rect.center(), vec2(rect.width(), HEIGHT));
    paint::boxed(ui.painter(), rect, RADIUS, theme.field, theme.line2);
    let wide = (rect.width() - 4.0) / WindowMode::ALL.len() as f32;
    for (place, mode) in WindowMode::ALL.into_iter().enumerate() {
        let left = rect.left() + 2.0 + wide * place as f32;
        let spot = Rect::from_min_max(pos2(left, rect.top() + 2.0), pos2(left + wide, rect.bottom() - 2.0));
        let response = ui.interact(spot, ui.scope_id().with(("mode", mode.name())), Sense::click());
        let chosen = mode == shown;
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, mode.name()));
        let lit = response.hovered() || response.has_focus();
        if chosen || lit {
            let border = if response.has_focus() { theme.ink } else { theme.line2 };
            paint::boxed(ui.painter(), spot, FIELD_RADIUS, theme.raised, border);
        }
        let (font, ink) = if chosen {
            (fonts::strong(size::TITLE), theme.ink)
        } else {
            (fonts::medium(size::TITLE), if lit { theme.ink } else { theme.ink2 })
        };
        let galley = paint::cut(ui, mode.name(), font, ink, spot.width() - 8.0);
        let at = spot.center() - galley.size() / 2.0;
        ui.painter().galley(at, galley, ink);
        if response.clicked() {
            out.ask(Ask::Mode(mode));
        }
        response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(mode.about());
    }
}

fn menu_ui(ui: &mut Ui, rect: Rect, shown: WindowMode, out: &mut Outbox) {
    let press = if rect.width() > 60.0 {
        Press::words(shown.name()).named(strip::MODES.said()).with_tail(Icon::Down)
    } else {
        Press::icon(Icon::Modes, strip::MODES.said())
    };
    let response = press.show(ui, rect).on_hover_text(shown.about());
    Popup::menu(&response).accessible_name(strip::MODE_ENTRIES.said()).show(|ui| {
        ui.set_min_width(110.0);
        for mode in WindowMode::ALL {
            if ui.selectable_label(mode == shown, mode.name()).clicked() {
                out.ask(Ask::Mode(mode));
                ui.close();
            }
        }
    });
}
