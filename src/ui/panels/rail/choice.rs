//! One row of the rail with a menu: a live knob that is one of several named things.

use eframe::egui::{ComboBox, Rect, Ui, pos2, vec2};

use super::knob::{self, Name};
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::theme::size;
use crate::ui::kit::{fonts, paint};
use crate::ui::words;

/// A thing that can be chosen.
pub(crate) struct MenuOption<T> {
    /// What is chosen.
    pub value: T,
    /// Its name.
    pub label: &'static str,
    /// What it is, for its tooltip; may be empty.
    pub about: String,
}

/// The row.
pub(crate) struct ChoiceRow<'a, T> {
    /// Its name.
    pub name: &'a str,
    /// What it decides.
    pub about: &'a str,
    /// Asked for, or in force.
    pub shown: T,
    /// The value before the last change, if it was ever changed.
    pub old: Option<T>,
    /// How much of the row the menu takes, 0 to 1.
    pub share: f32,
    /// What can be chosen.
    pub all: &'a [MenuOption<T>],
}

impl<T: Copy + PartialEq> ChoiceRow<'_, T> {
    fn label(&self, value: T) -> &'static str {
        self.all.iter().find(|thing| thing.value == value).map_or("", |thing| thing.label)
    }

    /// Draws it; what was chosen now, if anything.
    pub fn show(&self, ui: &mut Ui) -> Option<T> {
        let width = ui.available_width() * self.share;
        let name = Name { name: self.name, about: self.about, live: true, beside: width };
        let (rect, undo) = name.show(ui, self.old.map(|old| self.label(old)));
        let mut chosen = self.shown;
        let spot =
            Rect::from_center_size(pos2(rect.right() - width / 2.0, rect.center().y), vec2(width, knob::PITCH - 4.0));
        paint::within(ui, spot.expand(1.0), self.name, |ui| {
            ui.style_mut().override_font_id = Some(fonts::regular(size::ROW));
            ui.spacing_mut().interact_size.y = 22.0;
            let response = ComboBox::from_id_salt(("choice", self.name))
                .width(width)
                .height(420.0)
                .truncate()
                .selected_text(self.label(self.shown))
                .icon(|ui, rect, look, _| {
                    icons::draw(ui.painter(), Icon::Down, rect.center(), 10.0, look.fg_stroke.color);
                })
                .show_ui(ui, |ui| {
                    for thing in self.all {
                        let entry = ui.selectable_value(&mut chosen, thing.value, thing.label);
                        if !thing.about.is_empty() {
                            entry.on_hover_text(&thing.about);
                        }
                    }
                })
                .response;
            response.accessible_name(words::knobs::menu(self.name));
        });
        if let Some(old) = self.old.filter(|_| undo) {
            chosen = old;
        }
        (chosen != self.shown).then_some(chosen)
    }
}
