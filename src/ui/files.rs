//! Opening and saving: a small panel with a path field, and the system's dialog behind a button.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::{Align2, Key, RichText, Sense, TextEdit, Ui, vec2};

use super::dialogs::{Dialogs, Purpose};
use super::export::{Export, Format};
use super::outbox::Ask;
use super::press::{Look, Press};
use super::strings::{self, questions};
use super::theme::{self, size};
use super::{Outbox, fonts};
use crate::config::{Config, Text};
use crate::run::{Command, Snapshot};

/// The panel that is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// Open a checkpoint.
    Open,
    /// Save one.
    Save,
    /// Begin a run on a file that was dropped.
    Text(PathBuf),
    /// Save what a tile shows.
    Export(Arc<Export>),
}

/// What is typed and asked.
#[derive(Debug, Default)]
pub struct FilesView {
    /// The panel that is shown, if one is.
    pub shown: Option<Shown>,
    path: String,
    /// Where the last export went.
    folder: PathBuf,
    /// What the open dialog is to save, if it is an export.
    browsing: Option<Arc<Export>>,
    fresh: bool,
    dialogs: Dialogs,
    trouble: Option<String>,
}

impl FilesView {
    /// Shows a panel; the path field begins with the last save's path or a name from the step.
    pub fn show(&mut self, shown: Shown, shot: &Snapshot) {
        if let Shown::Export(export) = &shown {
            self.path = self.folder.join(export.file_name()).display().to_string();
        } else if shown == Shown::Save || !self.path.ends_with(".safetensors") {
            self.path = match &shot.saved {
                Some(saved) if !saved.auto || shown == Shown::Open => saved.path.display().to_string(),
                _ => format!("step-{}.safetensors", shot.step),
            };
        }
        self.fresh = true;
        self.trouble = None;
        self.shown = Some(shown);
    }

    /// Takes an answered dialog and sends what it asks for.
    pub fn receive(&mut self, out: &mut Outbox) {
        let Some((purpose, path)) = self.dialogs.answer() else {
            return;
        };
        let export = self.browsing.take();
        if let Some(path) = path {
            self.path = path.display().to_string();
            self.send(purpose, export, out);
        }
    }

    /// What to do with a file that was dropped on the window.
    pub fn dropped(&mut self, path: &Path, shot: &Snapshot, out: &mut Outbox) {
        if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("safetensors")) {
            out.push(Command::Open(path.to_owned()));
        } else {
            self.show(Shown::Text(path.to_owned()), shot);
        }
    }

    /// Sends what the panel was for and puts it away.
    fn send(&mut self, purpose: Purpose, export: Option<Arc<Export>>, out: &mut Outbox) {
        let path = PathBuf::from(self.path.trim());
        match (purpose, export) {
            (Purpose::Open, _) => out.push(Command::Open(path)),
            (Purpose::Save, _) => out.push(Command::Save(path)),
            (Purpose::Export(_), Some(export)) => {
                self.folder = path.parent().map(Path::to_owned).unwrap_or_default();
                out.ask(Ask::Write(export, path));
            }
            (Purpose::Export(_), None) => {}
        }
        self.shown = None;
    }

    /// What the panel is to save, if it is an export.
    fn export(&self) -> Option<Arc<Export>> {
        if let Some(Shown::Export(export)) = &self.shown { Some(export.clone()) } else { None }
    }
}

/// Draws the panel that is shown.
pub fn files_ui(ui: &mut Ui, shot: &Snapshot, view: &mut FilesView, out: &mut Outbox) {
    ui.set_width(460.0);
    ui.spacing_mut().item_spacing = vec2(8.0, 10.0);
    match view.shown.clone() {
        Some(Shown::Open) => path_ui(ui, view, Purpose::Open, out),
        Some(Shown::Save) => path_ui(ui, view, Purpose::Save, out),
        Some(Shown::Export(export)) => path_ui(ui, view, Purpose::Export(export.format()), out),
        Some(Shown::Text(path)) => text_ui(ui, shot, view, &path, out),
        None => {}
    }
}

fn title(ui: &mut Ui, words: &str) {
    let theme = theme::of(ui);
    ui.label(RichText::new(words).font(fonts::strong(size::STRIP)).color(theme.ink));
}

/// What the panel is for: its title, what the field takes, what will be in the file.
fn about(purpose: Purpose) -> (&'static str, &'static str, &'static str) {
    match purpose {
        Purpose::Open => (questions::OPEN_TITLE, questions::CHECKPOINT_PATH, questions::ABOUT_OPEN),
        Purpose::Save => (questions::SAVE_TITLE, questions::CHECKPOINT_PATH, questions::ABOUT_SAVE),
        Purpose::Export(Format::Csv) => (questions::CSV_TITLE, questions::CSV_PATH, questions::ABOUT_CSV),
        Purpose::Export(Format::Png) => (questions::PNG_TITLE, questions::PNG_PATH, questions::ABOUT_PNG),
        Purpose::Export(Format::Svg) => (questions::SVG_TITLE, questions::SVG_PATH, questions::ABOUT_SVG),
    }
}

fn path_ui(ui: &mut Ui, view: &mut FilesView, purpose: Purpose, out: &mut Outbox) {
    let theme = theme::of(ui);
    let (words, hint, about) = about(purpose);
    let (verb, named) = match purpose {
        Purpose::Open => (questions::OPEN, questions::OPEN_NAMED),
        Purpose::Save | Purpose::Export(_) => (questions::SAVE, questions::SAVE_NAMED),
    };
    title(ui, words);
    let field = TextEdit::singleline(&mut view.path).hint_text(hint).desired_width(f32::INFINITY);
    let response = ui.add(field).accessible_name(questions::PATH);
    if std::mem::take(&mut view.fresh) {
        response.request_focus();
    }
    let entered = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    let note = view.trouble.clone().unwrap_or_else(|| about.to_owned());
    let ink = if view.trouble.is_some() { theme.red } else { theme.ink3 };
    ui.label(RichText::new(note).color(ink));
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), Sense::hover());
    let button = |x: f32, w: f32| Align2::LEFT_TOP.anchor_size(row.min + vec2(x, 0.0), vec2(w, 32.0));
    let can = !view.path.trim().is_empty();
    let go = Press::words(verb).named(named).look(Look::Ink).enabled(can);
    if go.show(ui, button(0.0, 100.0)).clicked() || (entered && can) {
        view.send(purpose, view.export(), out);
    }
    let browse = Press::words(questions::BROWSE).enabled(!view.dialogs.is_open());
    if browse.show(ui, button(108.0, 100.0)).on_hover_text(questions::ABOUT_BROWSE).clicked() {
        let name = Path::new(&view.path).file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        view.browsing = view.export();
        if let Err(error) = view.dialogs.ask(purpose, &name, ui.ctx()) {
            view.trouble = Some(questions::no_dialog(&error));
        }
    }
    if Press::words(strings::CANCEL).named(questions::CANCEL_FILE_NAMED).show(ui, button(216.0, 90.0)).clicked() {
        view.shown = None;
    }
}

fn text_ui(ui: &mut Ui, shot: &Snapshot, view: &mut FilesView, path: &Path, out: &mut Outbox) {
    let theme = theme::of(ui);
    title(ui, questions::TEXT_TITLE);
    ui.label(RichText::new(path.display().to_string()).font(fonts::mono(size::BODY)).color(theme.ink));
    ui.label(RichText::new(questions::ABOUT_TEXT).color(theme.ink3));
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), Sense::hover());
    let button = |x: f32, w: f32| Align2::LEFT_TOP.anchor_size(row.min + vec2(x, 0.0), vec2(w, 32.0));
    if Press::words(questions::START_ON_TEXT).look(Look::Ink).show(ui, button(0.0, 160.0)).clicked() {
        let config = Config { text: Text::File(path.to_owned()), ..(*shot.config).clone() };
        out.push(Command::New(Box::new(config)));
        view.shown = None;
    }
    if Press::words(strings::CANCEL).named(questions::CANCEL_TEXT_NAMED).show(ui, button(168.0, 90.0)).clicked() {
        view.shown = None;
    }
}
