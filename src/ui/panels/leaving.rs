//! The question before a run is lost: it could not be saved, and what was asked for would end it, or change it for good.

use eframe::egui::{RichText, Ui, vec2};

use crate::run::AppCommand;
use crate::ui::kit::fonts;
use crate::ui::kit::press::{ButtonRow, Look, Press};
use crate::ui::kit::theme::{self, size};
use crate::ui::view::Outbox;
use crate::ui::view::outbox::Ask;
use crate::ui::words::{self, questions};

/// What was asked for and not done, since the present run would be lost by it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LeavingView {
    /// What was asked for.
    pub command: AppCommand,
    /// Why the run could not be saved.
    pub why: String,
    /// Whether the question is answered.
    pub done: bool,
    /// Whether the run is to be saved elsewhere first, and the command followed then.
    pub elsewhere: bool,
    /// Whether that save is under way.
    pub saving: bool,
}

impl LeavingView {
    /// The question about `command`.
    pub fn of(command: AppCommand, why: String) -> Self {
        Self { command, why, done: false, elsewhere: false, saving: false }
    }
}

/// Draws the question.
pub(crate) fn leaving_ui(ui: &mut Ui, unsaved: u64, view: &mut LeavingView, out: &mut Outbox) {
    let theme = theme::of(ui);
    ui.set_width(460.0);
    ui.spacing_mut().item_spacing = vec2(8.0, 10.0);
    let title = RichText::new(questions::NOT_LEFT).font(fonts::strong(size::STRIP)).color(theme.ink);
    ui.label(title);
    ui.label(RichText::new(crate::words::sentence(&view.why)).color(theme.red));
    ui.label(RichText::new(questions::would_be_lost(&view.command, unsaved)).color(theme.ink2));
    let mut row = ButtonRow::new(ui);
    if row.show(ui, Press::words(questions::SAVE_ELSEWHERE.said()).look(Look::Ink), 150.0).clicked() {
        (view.done, view.elsewhere) = (true, true);
        out.ask(Ask::Save);
    }
    let unsaved = questions::go_on_unsaved(&view.command);
    if row.show(ui, Press::words(unsaved).look(Look::Red), 130.0).clicked() {
        view.done = true;
        out.push(AppCommand::Discarding(Box::new(view.command.clone())));
    }
    let cancel = Press::words(words::CANCEL.said()).named(questions::CANCEL_LEAVING_NAMED.said());
    if row.show(ui, cancel, 90.0).clicked() {
        view.done = true;
    }
}
