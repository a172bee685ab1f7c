//! Tabs: a row of names to choose from, where a screen has room for one tile at a time.

use eframe::egui::{Rect, Ui, pos2, vec2};

use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::size;
use crate::ui::words;

/// Draws the names of `pages` over all of `ui`; `chosen` is the place of the one that is shown.
pub(super) fn tabs_ui(ui: &mut Ui, pages: &[&str], chosen: &mut usize) {
    let rect = ui.max_rect();
    let width = (rect.width() / pages.len().max(1) as f32).min(120.0);
    for (i, name) in pages.iter().enumerate() {
        let spot = Rect::from_min_size(
            pos2(rect.left() + i as f32 * width, rect.top()),
            vec2((width - 4.0).max(0.0), rect.height()),
        );
        let label = words::tiles::show(name);
        let press = Press::words(name).named(&label).look(Look::Ghost).selected(*chosen == i).size(size::BODY);
        if press.show(ui, spot).clicked() {
            *chosen = i;
        }
    }
}
