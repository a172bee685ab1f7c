//! The menu of a tile: copy its values, save them as CSV, save it as PNG or SVG. By right-click anywhere on the tile,
//! and by a small button, which the keyboard reaches.

use std::ops::Range;

use eframe::egui::epaint::ClippedShape;
use eframe::egui::{Popup, Rect, Response, Role, Sense, SetOpenCommand, Ui, WidgetInfo};

use crate::domain::language::Language;
use crate::ui::kit::bitmap::images_of;
use crate::ui::kit::export::png;
use crate::ui::kit::export::svg::Drawing;
use crate::ui::kit::export::table::ExportTable;
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::theme;
use crate::ui::view::Outbox;
use crate::ui::view::export::{Content, Export};
use crate::ui::view::outbox::{Ask, Copied};
use crate::ui::words::{self, notices, questions};
use crate::words::in_language;
use crate::words::language::FixedText;

/// What can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MenuEntry {
    /// The values of the moment as tab-separated text.
    Copy,
    /// How they went over the run.
    History,
    /// The values as a file.
    Csv,
    /// The pixels.
    Png,
    /// The shapes.
    Svg,
}

impl MenuEntry {
    const ALL: [(Self, FixedText); 5] = [
        (Self::Copy, questions::COPY_SEEN),
        (Self::History, questions::COPY_HISTORY),
        (Self::Csv, questions::SAVE_CSV),
        (Self::Png, questions::SAVE_PNG),
        (Self::Svg, questions::SAVE_SVG),
    ];
}

/// How many shapes the layer of `ui` holds so far.
pub(crate) fn mark(ui: &Ui) -> usize {
    ui.ctx().graphics(|g| g.get(ui.layer_id()).map_or(0, |list| list.all_entries().len()))
}

/// The shapes of the layer of `ui` between two marks.
fn shapes(ui: &Ui, range: Range<usize>) -> Vec<ClippedShape> {
    ui.ctx().graphics(|g| {
        let all = g.get(ui.layer_id()).into_iter().flat_map(|list| list.all_entries());
        all.skip(range.start).take(range.len()).cloned().collect()
    })
}

/// Draws the button in `spot` and whichever menu is open; what was chosen. `area` is the response of the whole tile.
pub(crate) fn menu_ui(ui: &Ui, area: &Response, spot: Rect, title: &str) -> Option<MenuEntry> {
    let theme = theme::of(ui);
    let mut chosen = None;
    let mut entries = |ui: &mut Ui| {
        ui.set_min_width(120.0);
        for (entry, words) in MenuEntry::ALL {
            if ui.button(words.said()).clicked() {
                chosen = Some(entry);
                ui.close();
            }
        }
    };
    let open = if area.container_secondary_clicked() {
        Some(SetOpenCommand::Bool(true))
    } else if area.container_clicked() {
        Some(SetOpenCommand::Bool(false))
    } else {
        None
    };
    let words = questions::tile_menu_entries(title);
    Popup::menu(area).open_memory(open).at_pointer_fixed().accessible_name(&words).show(&mut entries);
    let button = ui.interact(spot, ui.scope_id().with("export"), Sense::click());
    let name = questions::tile_menu(title);
    button.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    let ink = if button.hovered() || button.has_focus() { theme.ink } else { theme.ink3 };
    icons::draw(ui.painter(), Icon::More, spot.center(), 13.0, ink);
    let button = button.on_hover_text(words::EXPORT.said());
    Popup::menu(&button).accessible_name(&words).show(&mut entries);
    chosen
}

/// What a tile has to offer.
pub(crate) struct Offer<'a> {
    /// Its name.
    pub title: &'a str,
    /// What is shown, over which window.
    pub caption: &'a str,
    /// Name of a file about it, without its end.
    pub stem: String,
    /// Where it lies and where its buttons are.
    pub frame: png::Frame,
    /// Its shapes, between two marks of its layer.
    pub drawn: Range<usize>,
}

impl Offer<'_> {
    /// Does what was chosen; `table` is called only if it is needed.
    pub fn take(self, ui: &Ui, entry: MenuEntry, table: impl FnOnce() -> ExportTable, out: &mut Outbox) {
        // A table is for programs; it is the same in every window.
        let table = || in_language(Language::English, table);
        let export = |content| Export { stem: self.stem.clone(), content };
        match entry {
            MenuEntry::Copy => out.ask(copy(self.title, &table().part(false), false)),
            MenuEntry::History => out.ask(copy(self.title, &table().part(true), true)),
            MenuEntry::Csv => out.ask(Ask::Export(export(Content::ExportTable(table())).into())),
            MenuEntry::Png => out.ask(Ask::Picture(self.stem, self.frame)),
            MenuEntry::Svg => {
                let shapes = shapes(ui, self.drawn.clone());
                let drawing = Drawing {
                    title: questions::drawing(self.title, self.caption),
                    rect: self.frame.rect,
                    background: theme::of(ui).tile,
                    images: images_of(ui.ctx(), &shapes),
                    shapes,
                };
                out.ask(Ask::Export(export(Content::Drawing(drawing)).into()));
            }
        }
    }
}

fn copy(title: &str, table: &ExportTable, history: bool) -> Ask {
    if table.is_empty() {
        return Ask::Tell(notices::fact(notices::nothing_to_copy(title, history)));
    }
    match table.tabbed() {
        Ok(text) => {
            Ask::Copy(Copied { told: notices::copied(table.len(), title, history), what: title.to_owned(), text })
        }
        Err(why) => Ask::Tell(notices::failed(&notices::copying(title), &why)),
    }
}
