//! The switch of modes in the top strip; where it has no room, a menu.

use eframe::egui::{Popup, Rect, Ui};

use crate::run::WindowMode;
use crate::ui::kit::icons::Icon;
use crate::ui::kit::press::Press;
use crate::ui::kit::switch::switch_ui;
use crate::ui::view::Outbox;
use crate::ui::view::outbox::Ask;
use crate::ui::words::strip;

/// Draws the switch in the middle of `rect`: all modes side by side, or the one that is shown with a menu of all.
pub(crate) fn modes_ui(ui: &mut Ui, rect: Rect, whole: bool, shown: WindowMode, out: &mut Outbox) {
    if !whole {
        return menu_ui(ui, rect, shown, out);
    }
    let choices = WindowMode::ALL.map(|mode| (mode.name(), mode.about()));
    let chosen = WindowMode::ALL.iter().position(|mode| *mode == shown).unwrap_or_default();
    if let Some(place) = switch_ui(ui, rect, &choices, chosen) {
        out.ask(Ask::Mode(WindowMode::ALL[place]));
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
