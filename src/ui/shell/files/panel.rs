//! The panel of files: a path field with its buttons, the question before a file is replaced, and that before a dropped
//! text is learned.

use std::path::Path;

use eframe::egui::{Key, RichText, TextEdit, Ui, vec2};

use super::listed::listed_ui;
use super::{FilePanel, FilesView};
use crate::domain::config::{Config, Preset, TaskConfig, Text};
use crate::domain::quote;
use crate::run::{Command, Snapshot, Standing};
use crate::ui::kit::fonts;
use crate::ui::kit::press::{ButtonRow, Look, Press};
use crate::ui::kit::theme::{self, size};
use crate::ui::panels::closes;
use crate::ui::shell::dialogs::{DialogPurpose, inspect_title};
use crate::ui::view::Outbox;
use crate::ui::view::export::Format;
use crate::ui::words::{self, begin, lesson, locate, questions};

/// Draws the panel that is shown.
pub(crate) fn files_ui(ui: &mut Ui, shot: &Snapshot, view: &mut FilesView, out: &mut Outbox) {
    ui.set_width(520.0);
    ui.spacing_mut().item_spacing = vec2(8.0, 10.0);
    if let Some((path, standing)) = view.asking.clone() {
        return replace_ui(ui, view, &path, &standing, out);
    }
    match view.shown.clone() {
        Some(FilePanel::Open) => {
            path_ui(ui, shot, view, DialogPurpose::Open, out);
            listed_ui(ui, shot, view, out);
        }
        Some(FilePanel::Inspect(place)) => {
            path_ui(ui, shot, view, DialogPurpose::Inspect { place, folder: false }, out);
            listed_ui(ui, shot, view, out);
        }
        Some(FilePanel::Save) => path_ui(ui, shot, view, DialogPurpose::Save, out),
        Some(FilePanel::Export(export)) => path_ui(ui, shot, view, DialogPurpose::Export(export.format()), out),
        Some(FilePanel::Text(path)) => text_ui(ui, shot, view, &path, out),
        None => {}
    }
}

fn title(ui: &mut Ui, words: &str) {
    let theme = theme::of(ui);
    ui.label(RichText::new(words).font(fonts::strong(size::STRIP)).color(theme.ink));
}

/// What the panel is for: its title, what the field takes, what will be in the file.
fn about(purpose: DialogPurpose) -> (&'static str, &'static str, &'static str) {
    match purpose {
        DialogPurpose::Open => (questions::OPEN_TITLE.said(), questions::CHECKPOINT_PATH.said(), ""),
        DialogPurpose::Inspect { place, .. } => {
            (inspect_title(place), questions::INSPECT_PATH.said(), questions::ABOUT_INSPECT.said())
        }
        DialogPurpose::Lesson => (lesson::OPEN_FILE.said(), questions::TEXT_PATH.said(), ""),
        DialogPurpose::Setup => (begin::OPEN_FILE.said(), begin::SAVE_PATH.said(), ""),
        DialogPurpose::Text => (locate::TITLE.said(), questions::TEXT_PATH.said(), ""),
        DialogPurpose::Save => {
            (questions::SAVE_TITLE.said(), questions::CHECKPOINT_PATH.said(), questions::ABOUT_SAVE.said())
        }
        DialogPurpose::Export(Format::Csv) => {
            (questions::CSV_TITLE.said(), questions::CSV_PATH.said(), questions::ABOUT_CSV.said())
        }
        DialogPurpose::Export(Format::Png) => {
            (questions::PNG_TITLE.said(), questions::PNG_PATH.said(), questions::ABOUT_PNG.said())
        }
        DialogPurpose::Export(Format::Svg) => {
            (questions::SVG_TITLE.said(), questions::SVG_PATH.said(), questions::ABOUT_SVG.said())
        }
        DialogPurpose::Export(Format::Toml) => {
            (begin::SAVE_TITLE.said(), begin::SAVE_PATH.said(), begin::ABOUT_SAVE.said())
        }
        DialogPurpose::Export(Format::Html) => {
            (questions::REPORT_TITLE.said(), questions::REPORT_PATH.said(), questions::ABOUT_REPORT.said())
        }
    }
}

fn path_ui(ui: &mut Ui, shot: &Snapshot, view: &mut FilesView, purpose: DialogPurpose, out: &mut Outbox) {
    let theme = theme::of(ui);
    let (words, hint, about) = about(purpose);
    let (verb, named) = match purpose {
        DialogPurpose::Open
        | DialogPurpose::Inspect { .. }
        | DialogPurpose::Text
        | DialogPurpose::Lesson
        | DialogPurpose::Setup => (questions::OPEN, questions::OPEN_NAMED),
        DialogPurpose::Save | DialogPurpose::Export(_) => (questions::SAVE, questions::SAVE_NAMED),
    };
    title(ui, words);
    let field = TextEdit::singleline(&mut view.typed).hint_text(hint).desired_width(f32::INFINITY);
    let response = ui.add(field).accessible_name(questions::PATH);
    if std::mem::take(&mut view.fresh) {
        response.request_focus();
    }
    if response.changed() {
        view.trouble = None;
    }
    let entered = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    let can = !view.typed.trim().is_empty();
    let path = view.path();
    if can && quote::path(&path) != view.typed.trim() {
        ui.label(RichText::new(questions::full_path(&path)).color(theme.ink2));
    }
    let about = if purpose == DialogPurpose::Open { closes(shot) } else { about.to_owned() };
    let note = view.trouble.clone().unwrap_or(about);
    let ink = if view.trouble.is_some() { theme.red } else { theme.ink3 };
    ui.label(RichText::new(note).color(ink));
    let mut row = ButtonRow::new(ui);
    let go = Press::words(verb.said()).named(named.said()).look(Look::Ink).enabled(can);
    if row.show(ui, go, 100.0).clicked() || (entered && can) {
        view.go(out);
    }
    let browse = Press::words(questions::BROWSE.said()).enabled(!view.dialogs.is_open());
    if row.show(ui, browse, 100.0).on_hover_text(questions::ABOUT_BROWSE.said()).clicked() {
        view.browsing = view.export();
        view.trouble = None;
        if let Err(error) = view.dialogs.ask(purpose, &path, ui.ctx()) {
            view.trouble = Some(error);
        }
    }
    if let DialogPurpose::Inspect { place, .. } = purpose {
        let folder = Press::words(questions::BROWSE_FOLDER.said()).enabled(!view.dialogs.is_open());
        if row.show(ui, folder, 100.0).on_hover_text(questions::ABOUT_BROWSE.said()).clicked() {
            let asked = view.dialogs.ask(DialogPurpose::Inspect { place, folder: true }, &path, ui.ctx());
            view.trouble = asked.err();
        }
    }
    let cancel = Press::words(words::CANCEL.said()).named(questions::CANCEL_FILE_NAMED.said());
    if row.show(ui, cancel, 90.0).clicked() {
        view.put_away();
    }
}

/// Whether the file that stands there may be replaced.
fn replace_ui(ui: &mut Ui, view: &mut FilesView, path: &Path, standing: &Standing, out: &mut Outbox) {
    let theme = theme::of(ui);
    title(ui, questions::OVERWRITES.said());
    ui.label(RichText::new(quote::path(path)).font(fonts::mono(size::BODY)).color(theme.ink));
    ui.label(RichText::new(questions::standing(standing)).color(theme.ink2));
    let mut row = ButtonRow::new(ui);
    if row.show(ui, Press::words(questions::OVERWRITE.said()).look(Look::Red), 110.0).clicked() {
        return view.write(path.to_owned(), true, out);
    }
    let other = row.show(ui, Press::words(questions::ANOTHER_NAME.said()).look(Look::Ink), 180.0);
    if other.clicked() {
        (view.asking, view.fresh) = (None, true);
    }
    let cancel = Press::words(words::CANCEL.said()).named(questions::CANCEL_FILE_NAMED.said());
    if row.show(ui, cancel, 90.0).clicked() {
        view.put_away();
    }
}

fn text_ui(ui: &mut Ui, shot: &Snapshot, view: &mut FilesView, path: &Path, out: &mut Outbox) {
    let theme = theme::of(ui);
    title(ui, questions::TEXT_TITLE.said());
    ui.label(RichText::new(quote::path(path)).font(fonts::mono(size::BODY)).color(theme.ink));
    let same = shot.config.task.text().is_some();
    let about = if same { questions::ABOUT_TEXT } else { questions::ABOUT_FIRST_TEXT };
    ui.label(RichText::new(about).color(theme.ink3));
    ui.label(RichText::new(closes(shot)).color(theme.ink3));
    let mut row = ButtonRow::new(ui);
    if row.show(ui, Press::words(questions::START_ON_TEXT.said()).look(Look::Ink), 160.0).clicked() {
        let task = TaskConfig::Text(Text::File(path.to_owned()));
        let config = match &shot.config.task {
            TaskConfig::Text(_) => Config { task, ..(*shot.config).clone() },
            // Sizes for points are none for a text.
            TaskConfig::Plane(_) => Config { seed: shot.config.seed, ..Preset::Small.config_for(task) },
        };
        out.push(Command::New(Box::new(config)));
        view.put_away();
    }
    let cancel = Press::words(words::CANCEL.said()).named(questions::CANCEL_TEXT_NAMED.said());
    if row.show(ui, cancel, 90.0).clicked() {
        view.put_away();
    }
}
