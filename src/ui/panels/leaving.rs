//! The question before a run is lost: it could not be saved, and what was asked for would end it, or change it for good.

use eframe::egui::{Align2, RichText, Sense, Ui, vec2};

use crate::run::AppCommand;
use crate::ui::kit::fonts;
use crate::ui::kit::press::{Look, Press};
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
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), Sense::hover());
    let button = |x: f32, w: f32| Align2::LEFT_TOP.anchor_size(row.min + vec2(x, 0.0), vec2(w, 32.0));
    if Press::words(questions::SAVE_ELSEWHERE.said()).look(Look::Ink).show(ui, button(0.0, 150.0)).clicked() {
        (view.done, view.elsewhere) = (true, true);
        out.ask(Ask::Save);
    }
    let unsaved = questions::go_on_unsaved(&view.command);
    if Press::words(unsaved).look(Look::Red).show(ui, button(158.0, 130.0)).clicked() {
        view.done = true;
        out.push(AppCommand::Discarding(Box::new(view.command.clone())));
    }
    let cancel = Press::words(words::CANCEL.said()).named(questions::CANCEL_LEAVING_NAMED.said());
    if cancel.show(ui, button(296.0, 90.0)).clicked() {
        view.done = true;
    }
}
