//! The frame of a tile: title, caption, an “i” that explains, and a body placed by rectangle. `menu` copies and saves it.

mod menu;

use std::borrow::Cow;
use std::ops::Range;

use eframe::egui::text::LayoutJob;
use eframe::egui::{Align, Align2, Pos2, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use self::menu::{MenuEntry, Offer};
use crate::run::{Snapshot, Status};
use crate::ui::kit::export::png::Frame;
use crate::ui::kit::export::table::ExportTable;
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::theme::{self, RADIUS, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::view::watched::{WantedOfRun, lacks};
use crate::ui::view::{Outbox, ViewState, derived};
use crate::ui::words;

/// What its three buttons take of the head, on the right.
pub(crate) const BUTTONS: f32 = 68.0;

/// A tile to be drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tile<'a> {
    /// Its name.
    pub title: &'a str,
    /// What is shown, over which window.
    pub caption: &'a str,
    /// What the “i” says.
    pub about: &'a str,
    /// What the tile draws beside its buttons in the head takes, points.
    pub beside: f32,
}

impl<'a> Tile<'a> {
    /// Draws the frame over all of `ui` and hands the body's rectangle to `add`, with a menu that copies and saves what is
    /// shown. What it has to offer is said afterwards, by [`DrawnTile::offer`].
    pub fn show_offering(self, ui: &mut Ui, add: impl FnOnce(&mut Ui, Rect)) -> DrawnTile<'a> {
        self.show_marked(ui, 0.0, |_, _| {}, add)
    }

    /// The same with a mark before the title, which `mark` draws around the place it is given and which takes `room`.
    pub fn show_marked(
        self,
        ui: &mut Ui,
        room: f32,
        mark: impl FnOnce(&mut Ui, Pos2),
        add: impl FnOnce(&mut Ui, Rect),
    ) -> DrawnTile<'a> {
        let [grow, about, more] = [0, 1, 2].map(|place| button(ui.max_rect(), place));
        let drawn = self.offering(ui, grow.union(more), more, |ui| self.body_ui(ui, (room, mark), add));
        self.about_ui(ui, about.center());
        drawn
    }

    /// The same around what `draw` draws over all of `ui`, with a head of its own, which leaves room for the button of the menu in
    /// `more`.
    pub fn around(self, ui: &mut Ui, more: Rect, draw: impl FnOnce(&mut Ui)) -> DrawnTile<'a> {
        self.offering(ui, more, more, draw)
    }

    fn offering(self, ui: &mut Ui, buttons: Rect, more: Rect, draw: impl FnOnce(&mut Ui)) -> DrawnTile<'a> {
        let rect = ui.max_rect();
        // Before the body, so that it lies below whatever can be hovered or clicked there.
        let area = ui.interact(rect, ui.scope_id().with("whole"), Sense::hover());
        let before = menu::mark(ui);
        draw(ui);
        let drawn = before..menu::mark(ui);
        let chosen = menu::menu_ui(ui, &area, more, self.title);
        DrawnTile { tile: self, frame: Frame { rect, buttons }, drawn, chosen }
    }

    /// The same without its caption where that has no room as a whole beside a mark that takes `mark`.
    pub fn with_whole_caption(self, ui: &Ui, mark: f32) -> Self {
        let wide = |text: &str, font| paint::wide(ui, text, font);
        let rect = ui.max_rect();
        let title = wide(self.title, fonts::strong(size::TITLE));
        let room = rect.width() - 2.0 * pad(rect) - BUTTONS - title - 10.0 - self.beside - mark;
        let caption = if wide(self.caption, fonts::regular(size::BODY)) <= room { self.caption } else { "" };
        Self { caption, ..self }
    }

    /// Title, caption and body; they leave room for the buttons in the head.
    fn body_ui(&self, ui: &mut Ui, (taken, mark): (f32, impl FnOnce(&mut Ui, Pos2)), add: impl FnOnce(&mut Ui, Rect)) {
        let theme = theme::of(ui);
        let rect = ui.max_rect();
        ui.painter().rect_filled(rect, RADIUS, theme.tile);
        let pad = pad(rect);
        let start = pos2(rect.left() + pad, rect.top() + pad + 6.0);
        mark(ui, start + vec2(taken / 3.0, 0.0));
        let head = start + vec2(taken, 0.0);
        let room = rect.width() - 2.0 * pad - BUTTONS - taken;
        let title =
            paint::text_in(ui, head, Align2::LEFT_CENTER, self.title, fonts::strong(size::TITLE), theme.ink, room);
        let caption = pos2(title.right() + 10.0, head.y + 0.5);
        let left = room - title.width() - 10.0 - self.beside;
        let font = fonts::regular(size::BODY);
        // Of a caption in parts, those that fit; the tooltip says all of it.
        let whole = std::iter::successors(Some(self.caption), |words| words.rsplit_once(" · ").map(|(first, _)| first));
        let words = paint::fitting(ui, &whole.collect::<Vec<_>>(), &font, left).unwrap_or(self.caption);
        paint::text_in(ui, caption, Align2::LEFT_CENTER, words, font, theme.ink3, left + 1.0);
        let words =
            if self.caption.is_empty() { self.title.to_owned() } else { format!("{}, {}", self.title, self.caption) };
        let spot = Rect::from_min_max(rect.min, pos2(rect.right() - pad - BUTTONS, head.y + 12.0));
        paint::say(ui, spot, "title", &words);
        let top = head.y + 18.0;
        let body = Rect::from_min_max(pos2(rect.left() + pad, top), rect.max - vec2(pad, pad - 2.0));
        add(ui, paint::sound(body))
    }

    fn about_ui(&self, ui: &Ui, at: Pos2) -> Response {
        let theme = theme::of(ui);
        let spot = Rect::from_center_size(at, vec2(18.0, 18.0));
        let response = ui.interact(spot, ui.scope_id().with("about"), Sense::click());
        let name = words::tiles::about(self.title);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        let ink = if response.hovered() || response.has_focus() { theme.ink } else { theme.ink3 };
        icons::draw(ui.painter(), Icon::Info, at, 13.0, ink);
        response.on_hover_text(self.about)
    }
}

/// Where a button of the head of a tile at `rect` is, counted from the right.
fn button(rect: Rect, place: u8) -> Rect {
    let pad = pad(rect);
    let at = pos2(rect.right() - pad - 7.0 - 22.0 * f32::from(place), rect.top() + pad + 6.0);
    Rect::from_center_size(at, vec2(18.0, 18.0))
}

/// The room of this size beside the buttons in the head of a tile at `rect`.
pub(crate) fn beside(rect: Rect, width: f32, height: f32) -> Rect {
    let right = rect.right() - pad(rect) - BUTTONS - 4.0;
    Rect::from_center_size(pos2(right - width / 2.0, rect.top() + pad(rect) + 6.0), vec2(width, height))
}

/// The button that lets a tile at `rect` grow over the others, or shrinks it again.
pub(crate) fn grow_ui(ui: &mut Ui, rect: Rect, title: &str, grown: bool) -> Response {
    let (icon, words) =
        if grown { (Icon::Shrink, words::tiles::shrink(title)) } else { (Icon::Grow, words::tiles::grow(title)) };
    let theme = theme::of(ui);
    let spot = button(rect, 0);
    let response = ui.interact(spot, ui.scope_id().with(("grow", title)), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &words));
    let ink = if response.hovered() || response.has_focus() { theme.ink } else { theme.ink3 };
    icons::draw(ui.painter(), icon, spot.center(), 13.0, ink);
    response.on_hover_text(words::tiles::GROW_ABOUT.said())
}

/// Space between a tile's edge and what is in it.
fn pad(rect: Rect) -> f32 {
    if rect.height() < 180.0 || rect.width() < 380.0 { 10.0 } else { 16.0 }
}

/// A tile that was drawn, and what was chosen from its menu, which does nothing until its values are offered.
#[must_use]
pub(crate) struct DrawnTile<'a> {
    tile: Tile<'a>,
    frame: Frame,
    drawn: Range<usize>,
    chosen: Option<MenuEntry>,
}

impl DrawnTile<'_> {
    /// Does what was chosen. A file is named after the tile, its layer, counted from 0, if it is about one, and the
    /// step shown. `table` is called only when the numbers are asked for.
    pub fn offer(
        self,
        ui: &Ui,
        out: &mut Outbox,
        (layer, step): (Option<usize>, u64),
        table: impl FnOnce() -> ExportTable,
    ) {
        self.offer_as(ui, out, layer, &format!("-step-{step}"), table);
    }

    /// The same of a checkpoint that is looked at, which has no step of its own.
    pub fn offer_file(self, ui: &Ui, out: &mut Outbox, layer: Option<usize>, table: impl FnOnce() -> ExportTable) {
        self.offer_as(ui, out, layer, "", table);
    }

    fn offer_as(
        self,
        ui: &Ui,
        out: &mut Outbox,
        layer: Option<usize>,
        step: &str,
        table: impl FnOnce() -> ExportTable,
    ) {
        let Some(entry) = self.chosen else {
            return;
        };
        let Tile { title, caption, .. } = self.tile;
        let layer = layer.map_or_else(String::new, |layer| format!("-layer-{}", layer + 1));
        let stem = format!("{}{layer}{step}", title.to_lowercase().replace(' ', "-"));
        Offer { title, caption, stem, frame: self.frame, drawn: self.drawn }.take(ui, entry, table, out);
    }
}

/// A headline with its unit and, below, its floor. Returns the bottom.
pub(crate) fn headline(ui: &Ui, at: Pos2, value: &str, unit: &str, floor: &str, width: f32) -> f32 {
    let theme = theme::of(ui);
    let font = fonts::regular(size::TITLE);
    let unit_width = paint::cut(ui, unit, font.clone(), theme.ink2, width).size().x + 6.0;
    let big = fonts::strong(size::HEADLINE);
    let room = (width - unit_width).max(width * 0.5);
    let number = paint::value_in(ui, at, Align2::LEFT_TOP, value, big, theme.ink, room);
    let beside = pos2(number.right() + 6.0, number.bottom() - 6.5 * number.height() / 33.0);
    paint::text_in(ui, beside, Align2::LEFT_BOTTOM, unit, font, theme.ink2, width - number.width() - 6.0);
    let below = pos2(at.x, number.bottom() + 1.0);
    below.y + paint::paragraph(ui, below, floor, fonts::regular(size::CAPTION), theme.ink3, width)
}

/// A second number: strong value, caption below. Returns the bottom.
pub(crate) fn fact(ui: &Ui, at: Pos2, value: &str, caption: &str, width: f32) -> f32 {
    let theme = theme::of(ui);
    let top = paint::value_in(ui, at, Align2::LEFT_TOP, value, fonts::strong(size::TITLE), theme.ink, width);
    let below = pos2(at.x, top.bottom() + 1.0);
    below.y + paint::paragraph(ui, below, caption, fonts::regular(size::CAPTION), theme.ink3, width)
}

/// Why a tile that draws a probe is empty.
pub(crate) fn no_probe(shot: &Snapshot, view: &ViewState) -> String {
    if !view.is_live() {
        return words::tiles::NO_PROBE_KEPT.into();
    }
    words::tiles::first_probe(derived::first_probe_at(shot))
}

/// The same, of a training that is watched too: what its files lack of what is `wanted`.
pub(crate) fn no_probe_of(shot: &Snapshot, view: &ViewState, wanted: WantedOfRun) -> Cow<'static, str> {
    let looks_back = wanted == WantedOfRun::Probe && !view.is_live();
    let lacking = lacks(shot, view.layer, wanted).filter(|_| !looks_back);
    lacking.unwrap_or_else(|| no_probe(shot, view).into())
}

/// What an empty tile says before the first step: how to get there, unless the run cannot.
pub(crate) fn before_the_first_step(shot: &Snapshot) -> &'static str {
    if matches!(shot.status, Status::Failed(_)) { words::NO_RUN.said() } else { words::PRESS_RUN.said() }
}

/// Words in the middle of an empty picture.
pub(crate) fn empty(ui: &Ui, rect: Rect, words: &str) {
    let theme = theme::of(ui);
    let font = fonts::regular(size::BODY);
    let mut lines = LayoutJob::simple(words.to_owned(), font.clone(), theme.ink3, rect.width());
    lines.halign = Align::Center;
    let lines = ui.painter().layout_job(lines);
    // On several lines where there is room for them.
    if lines.size().x <= rect.width() && lines.size().y <= rect.height() {
        let top = rect.center().y - lines.size().y / 2.0;
        ui.painter().galley(pos2(rect.center().x, top), lines, theme.ink3);
    } else {
        paint::text_in(ui, rect.center(), Align2::CENTER_CENTER, words, font, theme.ink3, rect.width());
    }
    paint::say(ui, rect, ("empty", words), words);
}
