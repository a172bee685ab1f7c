//! The selection: what is known of the byte and of the expert that are lit or kept, and what may be done to them.

mod alerts;
mod byte;
mod expert;
mod faults;

use eframe::egui::{Align2, Color32, FontId, Rect, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

use crate::domain::roster::ExpertId;
use crate::run::Snapshot;
use crate::ui::kit::icons::Icon;
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::panels::cards::{self, Card};
use crate::ui::view::outbox::Ask;
use crate::ui::view::watched::trains;
use crate::ui::view::{Outbox, ViewState};
use crate::ui::words::{self, selection};

/// What the selection remembers of itself.
#[derive(Debug, Default)]
pub(crate) struct SelectionView {
    /// The expert that is to be copied, while it is asked which one it replaces.
    pub copying: Option<ExpertId>,
    /// Whether it can be put away: it then has a head with a button that does.
    pub drawer: bool,
    /// Whether the alerts are to be brought into view.
    pub to_alerts: bool,
    /// The byte and the expert looked at last, so that they stay when the pointer leaves.
    last: (Option<usize>, Option<ExpertId>),
}

/// A column of lines, from the top down, as long as it takes: it is scrolled where there is no room for all of it.
pub(super) struct Column {
    /// Where the next line begins.
    pub y: f32,
    /// Left and right end.
    pub left: f32,
    pub right: f32,
}

impl Column {
    fn width(&self) -> f32 {
        self.right - self.left
    }

    /// A name and its value on one line, or the value on lines of its own below where they are too long for that.
    /// Returns where they went.
    fn line(&mut self, ui: &Ui, name: &str, value: &str) -> Rect {
        let theme = theme::of(ui);
        let (font, strong) = (fonts::regular(size::BODY), fonts::strong(size::BODY));
        let wide =
            |text: &str, font: &FontId| ui.painter().layout_no_wrap(text.into(), font.clone(), theme.ink).size().x;
        let (name_wide, value_wide) = (wide(name, &font), wide(value, &strong));
        let rect = self.take(20.0);
        let y = rect.center().y;
        paint::text_in(ui, pos2(self.left, y), Align2::LEFT_CENTER, name, font, theme.ink2, self.width());
        if name_wide + value_wide + 6.0 <= self.width() {
            let right = pos2(self.right, y);
            paint::text_in(ui, right, Align2::RIGHT_CENTER, value, strong, theme.ink, value_wide + 1.0);
            return rect;
        }
        rect.union(self.words(ui, value, strong, theme.ink, 10.0))
    }

    /// Words on as many lines as they take, so far in from the left. Returns where they went.
    fn words(&mut self, ui: &Ui, words: &str, font: FontId, ink: Color32, indent: f32) -> Rect {
        let galley = ui.painter().layout(words.to_owned(), font, ink, (self.width() - indent).max(1.0));
        let rect = self.take(galley.size().y + 4.0);
        ui.painter().galley(rect.min + vec2(indent, 1.0), galley, ink);
        rect
    }

    /// A name and its value that explain themselves. Returns where they went.
    fn fact(&mut self, ui: &Ui, name: &str, value: &str, card: impl FnOnce() -> Card) -> Rect {
        let rect = self.line(ui, name, value);
        cards::explain(paint::say(ui, rect, name, &words::named_value(name, value)), card);
        rect
    }

    /// The next `height` points.
    fn take(&mut self, height: f32) -> Rect {
        let rect = Rect::from_min_size(pos2(self.left, self.y), vec2(self.width(), height));
        self.y += height;
        rect
    }
}

/// Draws the panel.
pub(crate) fn selection_ui(
    ui: &mut Ui,
    shot: &Snapshot,
    view: &mut SelectionView,
    sight: &mut ViewState,
    out: &mut Outbox,
) {
    let theme = theme::of(ui);
    let rect = ui.max_rect();
    // The line sets it apart where it lies over the tiles.
    paint::boxed(ui.painter(), rect, theme::RADIUS, theme.panel, theme.line);
    if rect.width() < 160.0 || rect.height() < 60.0 {
        return;
    }
    view.remember(shot, sight);
    let mut body = rect.shrink(1.0);
    if view.drawer {
        body.min.y += head_ui(ui, rect, out);
    }
    paint::within(ui, body, "column", |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let (top, left) = (ui.cursor().top(), ui.cursor().left() + 15.0);
            let mut column = Column { y: top + 8.0, left, right: left + rect.width() - 32.0 };
            let mut inner = ui.new_child(UiBuilder::new().max_rect(Rect::from_min_size(ui.cursor().min, rect.size())));
            column_ui(&mut inner, &mut column, shot, view, sight, out);
            let used = Rect::from_min_max(ui.cursor().min, pos2(column.right, column.y + 8.0));
            ui.allocate_rect(used, Sense::hover());
        });
    });
}

/// What it is, and the button that puts it away. Returns its height.
fn head_ui(ui: &mut Ui, rect: Rect, out: &mut Outbox) -> f32 {
    let theme = theme::of(ui);
    let height = 30.0;
    let y = rect.top() + height / 2.0 + 1.0;
    let font = fonts::strong(size::TITLE);
    let at = pos2(rect.left() + 16.0, y);
    paint::text_in(ui, at, Align2::LEFT_CENTER, selection::SELECTION.said(), font, theme.ink, rect.width() - 60.0);
    let spot = Rect::from_center_size(pos2(rect.right() - 20.0, y), vec2(24.0, 24.0));
    let press = Press::icon(Icon::Close, selection::PUT_AWAY.said()).look(Look::Ghost).size(size::TICK);
    if press.show(ui, spot).on_hover_text(selection::PUT_AWAY_ABOUT.said()).clicked() {
        out.ask(Ask::Drawer);
    }
    height
}

fn column_ui(
    ui: &mut Ui,
    column: &mut Column,
    shot: &Snapshot,
    view: &mut SelectionView,
    sight: &mut ViewState,
    out: &mut Outbox,
) {
    let theme = theme::of(ui);
    let (token, expert) = view.last;
    if token.is_none() && expert.is_none() {
        let what = if shot.config.task.text().is_some() { words::NO_SELECTION } else { words::plane::NO_SELECTION };
        let rect = column.words(ui, what.said(), fonts::regular(size::BODY), theme.ink3, 0.0);
        paint::say(ui, rect, "selection", what.said());
        column.y += 12.0;
    }
    if let Some(token) = token {
        byte::byte_ui(ui, column, shot, sight, token, out);
        column.y += 8.0;
    }
    if let Some(expert) = expert {
        rule_ui(ui, column);
        expert::expert_ui(ui, column, shot, sight, expert, view, out);
        column.y += 8.0;
    }
    if shot.step > 0 && trains(shot) {
        rule_ui(ui, column);
        faults::faults_ui(ui, column, shot, sight, expert, out);
        column.y += 8.0;
    }
    alerts::alerts_ui(ui, column, shot, view, sight);
}

impl SelectionView {
    /// What is lit stays shown when the pointer leaves it, as long as it is there.
    fn remember(&mut self, shot: &Snapshot, sight: &ViewState) {
        if let Some(token) = sight.lit_token() {
            self.last.0 = Some(token);
        }
        if let Some(expert) = sight.lit() {
            self.last.1 = Some(expert);
        }
        let seen = sight.seen(shot);
        // Only of bytes is anything said one by one.
        let tokens = seen.map_or(0, |seen| seen.layer.choices.tokens().min(seen.probe.items.bytes().len()));
        self.last.0 = self.last.0.filter(|&token| token < tokens);
        let there = |id: &ExpertId| sight.roster(shot).is_some_and(|roster| roster.slots.contains(id));
        self.last.1 = self.last.1.filter(there);
        self.copying = self.copying.filter(|id| self.last.1 == Some(*id));
    }
}

fn rule_ui(ui: &Ui, column: &Column) {
    let theme = theme::of(ui);
    ui.painter().hline(column.left - 16.0..=column.right + 16.0, column.y - 2.0, theme.hair());
}

/// A number that may not be known.
pub(super) fn known(value: Option<f64>, decimals: usize) -> String {
    value.filter(|value| value.is_finite()).map_or(words::UNKNOWN.into(), |value| numbers::fixed(value, decimals))
}
