//! Tiles that grow in place over their neighbours, by two clicks or a button, and shrink again.

use std::cell::Cell;

use eframe::egui::{PointerButton, Rect, Ui};

use crate::ui::kit::motion;
use crate::ui::kit::paint::area;
use crate::ui::panels::tile;

/// Seconds in which a tile grows.
const GROWS: f32 = 0.15;

/// A tile at its place, and where it lies once it has grown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Growing<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its place beside the others.
    pub home: Rect,
    /// Where it lies over them; `None` while it has not grown.
    pub over: Option<Rect>,
}

impl Growing<'_> {
    /// Draws it with `draw`; whether the button or two clicks asked for it to grow, or to shrink again.
    pub fn show(self, ui: &mut Ui, draw: impl FnOnce(&mut Ui)) -> bool {
        let (rect, under_pointer, clicked) = self.drawn(ui, draw);
        let twice = ui.input(|i| i.pointer.button_double_clicked(PointerButton::Primary));
        clicked || (twice && !under_pointer && ui.rect_contains_pointer(rect))
    }

    /// The same for a tile in which two clicks mean something else: whether the button asked for it.
    pub fn show_by_button(self, ui: &mut Ui, draw: impl FnOnce(&mut Ui)) -> bool {
        self.drawn(ui, draw).2
    }

    /// Where it was drawn, whether its button is under the pointer, and whether it was clicked.
    fn drawn(self, ui: &mut Ui, draw: impl FnOnce(&mut Ui)) -> (Rect, bool, bool) {
        let share = motion::share(ui, ("grown", self.name), self.over.is_some(), GROWS);
        let rect = self.over.map_or(self.home, |over| {
            Rect::from_min_max(self.home.min.lerp(over.min, share), self.home.max.lerp(over.max, share))
        });
        let on_button = Cell::new((false, false));
        area(ui, rect, self.name, |ui| {
            draw(ui);
            let button = tile::grow_ui(ui, rect, self.name, self.over.is_some());
            on_button.set((button.contains_pointer(), button.clicked()));
        });
        let (under_pointer, clicked) = on_button.get();
        (rect, under_pointer, clicked)
    }
}
