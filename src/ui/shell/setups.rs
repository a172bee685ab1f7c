//! Set-ups in the window: copied as a line, pasted again, saved as a file.

use std::sync::Arc;

use eframe::egui::{Align2, Event, RichText, Sense, TextEdit, Ui, vec2};
use eframe::egui::{Context, ViewportCommand};

use crate::lessons::{ControlId, Setup};
use crate::run::Snapshot;
use crate::ui::kit::fonts;
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, size};
use crate::ui::panels::{BeginView, closes};
use crate::ui::view::Outbox;
use crate::ui::view::export::{Content, Export};
use crate::ui::view::outbox::{Ask, Copied};
use crate::ui::words::notices::WindowNotice;
use crate::ui::words::{self, begin};

/// The set-up of the run that is shown as a line to be copied.
///
/// # Errors
/// Why there is none, to be told.
pub(super) fn copied(shot: &Snapshot, hidden: &[ControlId]) -> Result<Copied, WindowNotice> {
    let setup = of(shot, hidden)?;
    let text = setup.line().map_err(|why| failed(&crate::words::without_a_line(&why)))?;
    Ok(Copied { what: begin::THE_SETUP.said().to_owned(), told: begin::COPIED.said().to_owned(), text })
}

/// The same as a file to be saved.
///
/// # Errors
/// Why there is none, to be told.
pub(super) fn file(shot: &Snapshot, hidden: &[ControlId]) -> Result<Arc<Export>, WindowNotice> {
    let text = of(shot, hidden)?.to_toml().map_err(|error| failed(&error.to_string()))?;
    let stem = format!("seed-{}-step-{}", shot.config.seed, shot.step);
    Ok(Export { stem, content: Content::Setup(text) }.into())
}

fn of(shot: &Snapshot, hidden: &[ControlId]) -> Result<Setup, WindowNotice> {
    Setup::of(shot, hidden.to_vec()).map_err(|why| failed(&crate::words::reason(&why)))
}

fn failed(why: &str) -> WindowNotice {
    WindowNotice { words: begin::no_setup(why), bad: true }
}

/// The set-up in what is pasted into the window while nothing is typed; why it is none, to be told. Nothing if something else
/// is pasted.
pub(super) fn pasted(ctx: &Context) -> Option<Result<Box<Setup>, WindowNotice>> {
    let text = line_pasted(ctx)?;
    let why = |fault| WindowNotice { words: crate::words::sentence(&crate::words::line_fault(&fault)), bad: true };
    Some(Setup::from_line(&text).map(Box::new).map_err(why))
}

/// The line of a set-up that is pasted while nothing is typed.
fn line_pasted(ctx: &Context) -> Option<String> {
    if ctx.text_edit_focused() {
        return None;
    }
    ctx.input(|input| {
        let mut lines =
            input.events.iter().filter_map(|event| if let Event::Paste(text) = event { Some(text) } else { None });
        lines.rfind(|text| Setup::is_line(text)).cloned()
    })
}

/// The field that a line is pasted into.
#[derive(Debug, Default)]
pub(crate) struct PasteView {
    typed: String,
    /// What the text is, once there is one.
    read: Option<Result<Box<Setup>, String>>,
    asked: bool,
    /// Whether it is to be put away.
    pub done: bool,
}

/// Draws the field.
pub(crate) fn paste_ui(ui: &mut Ui, shot: &Snapshot, view: &mut PasteView, out: &mut Outbox) {
    let theme = theme::of(ui);
    ui.set_width(520.0);
    ui.spacing_mut().item_spacing = vec2(8.0, 10.0);
    ui.label(RichText::new(begin::PASTE.said()).font(fonts::strong(size::STRIP)).color(theme.ink));
    let field = TextEdit::multiline(&mut view.typed).hint_text(begin::PASTE_HINT.said()).desired_rows(4);
    let field = field.font(fonts::mono(size::CAPTION)).desired_width(f32::INFINITY);
    let height = 96.0;
    let area = eframe::egui::ScrollArea::vertical().max_height(height).min_scrolled_height(height);
    let field = area.show(ui, |ui| ui.add(field)).inner;
    let field = field.accessible_name(begin::LINE.said());
    if !std::mem::replace(&mut view.asked, true) {
        field.request_focus();
        // What is in the clipboard is most likely it.
        ui.ctx().send_viewport_cmd(ViewportCommand::RequestPaste);
    }
    // What is pasted beside the field is meant for it.
    let beside = line_pasted(ui.ctx());
    let changed = field.changed() || beside.is_some();
    view.typed = beside.unwrap_or_else(|| std::mem::take(&mut view.typed));
    if changed {
        let read = || Setup::from_line(&view.typed).map(Box::new).map_err(|fault| crate::words::line_fault(&fault));
        view.read = (!view.typed.trim().is_empty()).then(read);
    }
    match &view.read {
        None => drop(ui.label(RichText::new(begin::ABOUT_PASTE.said()).color(theme.ink3))),
        Some(Err(why)) => drop(ui.label(RichText::new(crate::words::sentence(why)).color(theme.red))),
        Some(Ok(setup)) => {
            for line in begin::setup(setup) {
                ui.label(RichText::new(line).color(theme.ink2));
            }
            ui.label(RichText::new(closes(shot)).color(theme.ink3));
        }
    }
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), Sense::hover());
    let button = |x: f32, w: f32| Align2::LEFT_TOP.anchor_size(row.min + vec2(x, 0.0), vec2(w, 32.0));
    let read = matches!(view.read, Some(Ok(_)));
    let begins = Press::words(begin::BEGIN.said()).named(begin::BEGIN_NAMED.said()).look(Look::Ink).enabled(read);
    if begins.show(ui, button(0.0, 120.0)).clicked()
        && let Some(Ok(setup)) = view.read.take()
    {
        BeginView::setup(setup).begin(out);
        view.done = true;
    }
    if Press::words(begin::OPEN_FILE.said()).show(ui, button(128.0, 130.0)).clicked() {
        out.ask(Ask::OpenSetup);
        view.done = true;
    }
    let cancel = Press::words(words::CANCEL.said()).named(begin::CANCEL_PASTE_NAMED.said());
    if cancel.show(ui, button(266.0, 100.0)).clicked() {
        view.done = true;
    }
}
