//! The selection: what is known of the byte and of the expert that are lit or kept, and what may be done to them.

mod alerts;
mod byte;
mod expert;
mod faults;

use eframe::egui::{Align2, Rect, Ui, pos2, vec2};

use crate::roster::ExpertId;
use crate::run::Snapshot;
use crate::ui::cards::{self, Card};
use crate::ui::theme::{self, size};
use crate::ui::{Outbox, Sight, fonts, numbers, paint, strings};

/// What the selection remembers of itself.
#[derive(Debug, Default)]
pub struct SelectionView {
    /// The expert that is to be copied, while it is asked over whom.
    pub copying: Option<ExpertId>,
    /// The byte and the expert looked at last, so that they stay when the pointer leaves.
    last: (Option<usize>, Option<ExpertId>),
}

/// A column of lines, from the top down.
pub(super) struct Column {
    /// Where the next line begins.
    pub y: f32,
    /// Left and right end.
    pub left: f32,
    pub right: f32,
    /// Nothing is drawn below this.
    pub bottom: f32,
}

impl Column {
    fn width(&self) -> f32 {
        self.right - self.left
    }

    /// A line of a name and its value, unless there is no room. Returns where it went.
    fn line(&mut self, ui: &Ui, name: &str, value: &str) -> Option<Rect> {
        let theme = theme::of(ui);
        let rect = self.take(20.0)?;
        let y = rect.center().y;
        let right = pos2(self.right, y);
        let strong = fonts::strong(size::BODY);
        let value = paint::text_in(ui, right, Align2::RIGHT_CENTER, value, strong, theme.ink, self.width() * 0.6);
        let room = value.left() - self.left - 6.0;
        let font = fonts::regular(size::BODY);
        paint::text_in(ui, pos2(self.left, y), Align2::LEFT_CENTER, name, font, theme.ink2, room);
        Some(rect)
    }

    /// A line of a name and its value that explains itself, unless there is no room. Returns where it went.
    fn fact(&mut self, ui: &Ui, name: &str, value: &str, card: impl FnOnce() -> Card) -> Option<Rect> {
        let rect = self.line(ui, name, value)?;
        cards::explain(paint::say(ui, rect, name, &strings::named_value(name, value)), card);
        Some(rect)
    }

    /// The next `height` points, unless there is no room.
    fn take(&mut self, height: f32) -> Option<Rect> {
        (self.y + height <= self.bottom + 0.5).then(|| {
            let rect = Rect::from_min_size(pos2(self.left, self.y), vec2(self.width(), height));
            self.y += height;
            rect
        })
    }
}

/// Draws the panel.
pub fn selection_ui(ui: &mut Ui, shot: &Snapshot, view: &mut SelectionView, sight: &mut Sight, out: &mut Outbox) {
    let theme = theme::of(ui);
    let rect = ui.max_rect();
    // The line sets it apart where it lies over the tiles.
    paint::boxed(ui.painter(), rect, theme::RADIUS, theme.panel, theme.line);
    if rect.width() < 160.0 || rect.height() < 60.0 {
        return;
    }
    view.remember(shot, sight);
    let (token, expert) = view.last;
    let mut column = Column {
        y: rect.top() + 8.0,
        left: rect.left() + 16.0,
        right: rect.right() - 16.0,
        bottom: rect.bottom() - 8.0,
    };
    if token.is_none() && expert.is_none() {
        let font = fonts::regular(size::BODY);
        paint::paragraph(
            ui,
            pos2(column.left, column.y + 6.0),
            strings::NO_SELECTION,
            font,
            theme.ink3,
            column.width(),
        );
        paint::say(ui, rect, "selection", strings::NO_SELECTION);
        column.y += 44.0;
    }
    if let Some(token) = token {
        byte::byte_ui(ui, &mut column, shot, sight, token, out);
        column.y += 8.0;
    }
    if let Some(expert) = expert {
        rule_ui(ui, &column);
        expert::expert_ui(ui, &mut column, shot, sight, expert, view, out);
        column.y += 8.0;
    }
    if shot.step > 0 {
        rule_ui(ui, &column);
        faults::faults_ui(ui, &mut column, shot, sight, expert, out);
        column.y += 8.0;
        if shot.history.alerts.active().next().is_some() {
            rule_ui(ui, &column);
            alerts::alerts_ui(ui, &mut column, shot, sight);
        }
    }
}

impl SelectionView {
    /// What is lit stays shown when the pointer leaves it, as long as it is there.
    fn remember(&mut self, shot: &Snapshot, sight: &Sight) {
        if let Some(token) = sight.lit_token() {
            self.last.0 = Some(token);
        }
        if let Some(expert) = sight.lit() {
            self.last.1 = Some(expert);
        }
        let seen = sight.seen(shot);
        let tokens = seen.map_or(0, |seen| seen.layer.choices.tokens());
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
    value.filter(|value| value.is_finite()).map_or(strings::UNKNOWN.into(), |value| numbers::fixed(value, decimals))
}
