//! Locating a text: a small panel that says which text is missing or is another, with a path field and the system's dialog.

use std::path::PathBuf;

use eframe::egui::{Key, RichText, TextEdit, Ui, vec2};

use super::dialogs::{DialogPurpose, Dialogs};
use crate::domain::quote;
use crate::run::{Command, WantedText};
use crate::ui::kit::press::{ButtonRow, Look, Press};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, paths};
use crate::ui::view::Outbox;
use crate::ui::words::{self, locate, questions};

/// What is wanted and typed.
#[derive(Debug, Default)]
pub(crate) struct LocateView {
    /// The text that is asked for while the panel is shown.
    pub shown: Option<WantedText>,
    path: String,
    fresh: bool,
    dialogs: Dialogs,
    trouble: Option<String>,
}

impl LocateView {
    /// Shows the panel; the path field keeps what was typed before, so that a slip can be put right.
    pub fn show(&mut self, wanted: WantedText) {
        self.fresh = true;
        self.trouble = None;
        self.shown = Some(wanted);
    }

    /// Takes an answered dialog and sends what was chosen, or says why there was none.
    pub fn receive(&mut self, out: &mut Outbox) {
        match self.dialogs.answer() {
            Some((_, Ok(Some(path)))) => {
                if let Some(wanted) = self.shown.clone() {
                    self.path = quote::path(&path);
                    self.send(&wanted, path, false, out);
                }
            }
            Some((_, Err(why))) => self.trouble = Some(why),
            Some((_, Ok(None))) | None => {}
        }
    }

    /// Sends a text for what wants one and puts the panel away; it comes back if the text is another.
    fn send(&mut self, wanted: &WantedText, text: PathBuf, any: bool, out: &mut Outbox) {
        out.push(Command::Locate { file: wanted.file.clone(), text, any });
        self.shown = None;
    }
}

/// Draws the panel that is shown.
pub(crate) fn locate_ui(ui: &mut Ui, view: &mut LocateView, out: &mut Outbox) {
    let Some(wanted) = view.shown.clone() else { return };
    let theme = theme::of(ui);
    ui.set_width(520.0);
    ui.spacing_mut().item_spacing = vec2(8.0, 10.0);
    ui.label(RichText::new(locate::TITLE).font(fonts::strong(size::STRIP)).color(theme.ink));
    ui.label(RichText::new(crate::words::sentence(&crate::words::reason(&wanted.why))).color(theme.red));
    let field =
        TextEdit::singleline(&mut view.path).hint_text(questions::TEXT_PATH.said()).desired_width(f32::INFINITY);
    let response = ui.add(field).accessible_name(questions::PATH);
    if std::mem::take(&mut view.fresh) {
        response.request_focus();
    }
    let entered = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    let note = view.trouble.clone().unwrap_or_else(|| locate::ABOUT.said().to_owned());
    ui.label(RichText::new(note).color(if view.trouble.is_some() { theme.red } else { theme.ink3 }));
    let mut row = ButtonRow::new(ui);
    let can = !view.path.trim().is_empty();
    let typed = paths::full(&view.path, None);
    let go = Press::words(locate::USE.said()).look(Look::Ink).enabled(can);
    if row.show(ui, go, 120.0).on_hover_text(locate::ABOUT_USE.said()).clicked() || (entered && can) {
        view.send(&wanted, typed.clone(), false, out);
    }
    let browse = Press::words(questions::BROWSE.said()).enabled(!view.dialogs.is_open());
    if row.show(ui, browse, 90.0).on_hover_text(questions::ABOUT_BROWSE.said()).clicked() {
        view.trouble = view.dialogs.ask(DialogPurpose::Text, &typed, ui.ctx()).err();
    }
    if let Some(other) = &wanted.other {
        let any = Press::words(locate::USE_OTHER.said());
        if row.show(ui, any, 180.0).on_hover_text(locate::about_other(other)).clicked() {
            view.send(&wanted, other.clone(), true, out);
        }
    }
    let cancel = Press::words(words::CANCEL.said()).named(locate::CANCEL_NAMED.said());
    if row.show(ui, cancel, 80.0).clicked() {
        view.shown = None;
    }
}
