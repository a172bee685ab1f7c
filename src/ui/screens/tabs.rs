//! Tabs: a row of names to choose from, where a screen has room for one tile at a time.

use eframe::egui::{Rect, Ui, pos2, vec2};

use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::size;
use crate::ui::words;

/// Which of several tiles is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tabs {
    chosen: usize,
    /// How many further was asked for, until it is known how many there are.
    turned: isize,
}

impl Tabs {
    /// Turns so many further, or back.
    pub fn turn(&mut self, by: isize) {
        self.turned += by;
    }

    /// The place of the one that is shown of `count`, which follow each other in a circle.
    pub fn of(&mut self, count: usize) -> usize {
        let count = count.max(1);
        let turned = std::mem::take(&mut self.turned).rem_euclid(count as isize).unsigned_abs();
        self.chosen = (self.chosen.min(count - 1) + turned) % count;
        self.chosen
    }

    /// Draws the names of `pages` over all of `ui`.
    pub fn show(&mut self, ui: &mut Ui, pages: &[&str]) {
        let rect = ui.max_rect();
        let chosen = self.of(pages.len());
        let width = (rect.width() / pages.len().max(1) as f32).min(120.0);
        for (place, name) in pages.iter().enumerate() {
            let spot = Rect::from_min_size(
                pos2(rect.left() + place as f32 * width, rect.top()),
                vec2((width - 4.0).max(0.0), rect.height()),
            );
            let label = words::tiles::show(name);
            let press = Press::words(name).named(&label).look(Look::Ghost).selected(chosen == place).size(size::BODY);
            if press.show(ui, spot).clicked() {
                self.chosen = place;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_follow_each_other_in_a_circle() {
        let mut tabs = Tabs::default();
        let mut at = |by: isize, count: usize| {
            tabs.turn(by);
            tabs.of(count)
        };
        assert_eq!([at(0, 3), at(1, 3), at(1, 3), at(1, 3), at(-1, 3)], [0, 1, 2, 0, 2]);
        assert_eq!([at(0, 2), at(-3, 2), at(0, 0)], [1, 0, 0]);
    }
}
