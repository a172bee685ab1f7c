//! Opening and saving: a small panel with a path field, and the system's dialog behind a button. Whoever writes looks at
//! what stands at the path, in the same breath; the window asks only when it is told that a file stands there.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::{Align2, Key, Link, Rect, RichText, Sense, TextEdit, Ui, vec2};

use super::dialogs::{Dialogs, Purpose};
use super::export::{Export, Format};
use super::outbox::Ask;
use super::press::{Look, Press};
use super::strings::{self, questions};
use super::theme::{self, size};
use super::{Outbox, fonts, paths};
use crate::config::{Config, Text};
use crate::run::{Command, Snapshot, Standing};

/// Most files of one kind that are listed at once.
const MOST_LISTED: usize = 6;

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
    typed: String,
    /// A path that was chosen, not typed: its text in the field may not say all of it.
    chosen: Option<PathBuf>,
    /// Where the last file of each kind went: checkpoints, exports.
    folders: [PathBuf; 2],
    /// What the open dialog is for, if it is an export.
    browsing: Option<Arc<Export>>,
    fresh: bool,
    dialogs: Dialogs,
    trouble: Option<String>,
    /// Files opened and saved by hand in this window, the newest last.
    recent: Vec<PathBuf>,
    /// A file that would be replaced, and what it is.
    asking: Option<(PathBuf, Standing)>,
}

impl FilesView {
    /// Shows a panel. Saving begins with the last path saved to, or with a name from the step; opening with an empty field.
    pub fn show(&mut self, shown: Shown, shot: &Snapshot) {
        self.chosen = None;
        match &shown {
            Shown::Export(export) => {
                let path = self.folders[1].join(export.file_name());
                self.choose(std::path::absolute(&path).unwrap_or(path));
            }
            Shown::Save => {
                let own = shot.saved.as_ref().filter(|saved| !saved.auto).map(|saved| saved.path.clone());
                let named = || self.folders[0].join(questions::file_of_step(shot.step));
                let path = own.unwrap_or_else(named);
                self.choose(std::path::absolute(&path).unwrap_or(path));
            }
            Shown::Open | Shown::Text(_) => self.typed.clear(),
        }
        (self.fresh, self.trouble, self.asking) = (true, None, None);
        self.shown = Some(shown);
    }

    /// Remembers a file that was opened, or saved by hand.
    pub fn remember(&mut self, path: &Path) {
        self.recent.retain(|other| other != path);
        self.recent.push(path.to_owned());
        if self.recent.len() > 4 * MOST_LISTED {
            self.recent.remove(0);
        }
    }

    /// Puts the panel away.
    pub fn put_away(&mut self) {
        (self.shown, self.asking, self.trouble) = (None, None, None);
    }

    fn choose(&mut self, path: PathBuf) {
        self.typed = path.display().to_string();
        self.chosen = Some(path);
    }

    /// The whole path that stands in the field.
    fn path(&self) -> PathBuf {
        let chosen = self.chosen.as_ref().filter(|path| path.display().to_string() == self.typed);
        let ending = match &self.shown {
            Some(Shown::Save) => Some(questions::CHECKPOINT_ENDING),
            Some(Shown::Export(export)) => Some(export.format().ending()),
            _ => None,
        };
        chosen.map_or_else(|| paths::full(&self.typed, ending), |path| paths::ended(path.clone(), ending))
    }

    /// Takes an answered dialog and does what it asks for.
    pub fn receive(&mut self, out: &mut Outbox) {
        let Some((purpose, answer)) = self.dialogs.answer() else { return };
        let export = self.browsing.take();
        match answer {
            Ok(Some(path)) => {
                self.shown = match (purpose, export) {
                    (Purpose::Open, _) => Some(Shown::Open),
                    (Purpose::Save, _) => Some(Shown::Save),
                    (Purpose::Export(_), Some(export)) => Some(Shown::Export(export)),
                    (Purpose::Export(_), None) => None,
                };
                self.choose(path);
                self.go(out);
            }
            Ok(None) => {}
            Err(why) => self.trouble = Some(why),
        }
    }

    /// What was to be saved at `path` was not, for something stands there, or nothing can: asks, or says why.
    pub fn occupied(&mut self, what: Shown, path: PathBuf, standing: Standing) {
        let checkpoint = what == Shown::Save;
        (self.shown, self.fresh) = (Some(what), true);
        self.choose(path.clone());
        let may_go = match standing {
            Standing::Checkpoint { .. } => true,
            Standing::Other { .. } => !checkpoint,
            _ => false,
        };
        self.trouble = (!may_go).then(|| questions::occupied(&path, &standing));
        self.asking = may_go.then_some((path, standing));
    }

    /// What the window must tell, because the panel that would is not shown.
    pub fn untold(&mut self) -> Option<String> {
        if self.shown.is_some() { None } else { self.trouble.take() }
    }

    /// What to do with a file that was dropped on the window.
    pub fn dropped(&mut self, path: &Path, shot: &Snapshot, out: &mut Outbox) {
        if path.as_os_str().is_empty() {
            self.trouble = Some(questions::DROP_WITHOUT_PATH.into());
            return;
        }
        if path.extension().is_some_and(|end| end.eq_ignore_ascii_case(questions::CHECKPOINT_ENDING)) {
            out.push(Command::Open(path.to_owned()));
        } else {
            self.show(Shown::Text(path.to_owned()), shot);
        }
    }

    /// Does what the panel is for.
    fn go(&mut self, out: &mut Outbox) {
        let path = self.path();
        if self.shown == Some(Shown::Open) {
            out.push(Command::Open(path));
            return self.put_away();
        }
        self.write(path, false, out);
    }

    /// Sends what the panel was for and puts it away. `replace`: the file there was seen and may go.
    fn write(&mut self, path: PathBuf, replace: bool, out: &mut Outbox) {
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        match self.shown.clone() {
            Some(Shown::Save) => {
                self.folders[0] = folder;
                out.push(Command::SaveAs { path, replace });
            }
            Some(Shown::Export(export)) => {
                self.folders[1] = folder;
                out.ask(Ask::Write { export, path, replace });
            }
            Some(Shown::Open | Shown::Text(_)) | None => {}
        }
        self.put_away();
    }

    /// What the panel is to save, if it is an export.
    fn export(&self) -> Option<Arc<Export>> {
        if let Some(Shown::Export(export)) = &self.shown { Some(export.clone()) } else { None }
    }
}

/// Draws the panel that is shown.
pub fn files_ui(ui: &mut Ui, shot: &Snapshot, view: &mut FilesView, out: &mut Outbox) {
    ui.set_width(520.0);
    ui.spacing_mut().item_spacing = vec2(8.0, 10.0);
    if let Some((path, standing)) = view.asking.clone() {
        return replace_ui(ui, view, &path, &standing, out);
    }
    match view.shown.clone() {
        Some(Shown::Open) => {
            path_ui(ui, shot, view, Purpose::Open, out);
            left_ui(ui, shot, view, out);
        }
        Some(Shown::Save) => path_ui(ui, shot, view, Purpose::Save, out),
        Some(Shown::Export(export)) => path_ui(ui, shot, view, Purpose::Export(export.format()), out),
        Some(Shown::Text(path)) => text_ui(ui, shot, view, &path, out),
        None => {}
    }
}

fn title(ui: &mut Ui, words: &str) {
    let theme = theme::of(ui);
    ui.label(RichText::new(words).font(fonts::strong(size::STRIP)).color(theme.ink));
}

/// A row for buttons: gives the place of one from its left end and width.
fn row(ui: &mut Ui) -> impl Fn(f32, f32) -> Rect + use<> {
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), Sense::hover());
    move |x: f32, w: f32| Align2::LEFT_TOP.anchor_size(row.min + vec2(x, 0.0), vec2(w, 32.0))
}

/// What the panel is for: its title, what the field takes, what will be in the file.
fn about(purpose: Purpose) -> (&'static str, &'static str, &'static str) {
    match purpose {
        Purpose::Open => (questions::OPEN_TITLE, questions::CHECKPOINT_PATH, ""),
        Purpose::Save => (questions::SAVE_TITLE, questions::CHECKPOINT_PATH, questions::ABOUT_SAVE),
        Purpose::Export(Format::Csv) => (questions::CSV_TITLE, questions::CSV_PATH, questions::ABOUT_CSV),
        Purpose::Export(Format::Png) => (questions::PNG_TITLE, questions::PNG_PATH, questions::ABOUT_PNG),
        Purpose::Export(Format::Svg) => (questions::SVG_TITLE, questions::SVG_PATH, questions::ABOUT_SVG),
    }
}

fn path_ui(ui: &mut Ui, shot: &Snapshot, view: &mut FilesView, purpose: Purpose, out: &mut Outbox) {
    let theme = theme::of(ui);
    let (words, hint, about) = about(purpose);
    let (verb, named) = match purpose {
        Purpose::Open => (questions::OPEN, questions::OPEN_NAMED),
        Purpose::Save | Purpose::Export(_) => (questions::SAVE, questions::SAVE_NAMED),
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
    if can && path.display().to_string() != view.typed.trim() {
        ui.label(RichText::new(questions::full_path(&path)).color(theme.ink2));
    }
    let about = if purpose == Purpose::Open { closes(shot) } else { about.to_owned() };
    let note = view.trouble.clone().unwrap_or(about);
    let ink = if view.trouble.is_some() { theme.red } else { theme.ink3 };
    ui.label(RichText::new(note).color(ink));
    let button = row(ui);
    let go = Press::words(verb).named(named).look(Look::Ink).enabled(can);
    if go.show(ui, button(0.0, 100.0)).clicked() || (entered && can) {
        view.go(out);
    }
    let browse = Press::words(questions::BROWSE).enabled(!view.dialogs.is_open());
    if browse.show(ui, button(108.0, 100.0)).on_hover_text(questions::ABOUT_BROWSE).clicked() {
        view.browsing = view.export();
        view.trouble = None;
        if let Err(error) = view.dialogs.ask(purpose, &path, ui.ctx()) {
            view.trouble = Some(error);
        }
    }
    if Press::words(strings::CANCEL).named(questions::CANCEL_FILE_NAMED).show(ui, button(216.0, 90.0)).clicked() {
        view.put_away();
    }
}

/// What becomes of the run now shown if another takes its place.
pub fn closes(shot: &Snapshot) -> String {
    questions::closes_the_run(shot.unsaved.then(|| shot.unsaved_steps()), shot.left.folder.as_deref())
}

/// The files of this window, and the runs that were left: each a button that opens it.
fn left_ui(ui: &mut Ui, shot: &Snapshot, view: &mut FilesView, out: &mut Outbox) {
    let theme = theme::of(ui);
    let mut chosen = None;
    let heading = |ui: &mut Ui, words: &str| ui.label(RichText::new(words).color(theme.ink3));
    ui.spacing_mut().item_spacing.y = 4.0;
    if !view.recent.is_empty() {
        heading(ui, questions::RECENT);
        for path in view.recent.iter().rev().take(MOST_LISTED) {
            if ui.link(path.display().to_string()).clicked() {
                chosen = Some(path.clone());
            }
        }
    }
    if let Some(folder) = shot.left.folder.as_deref().filter(|_| !shot.left.runs.is_empty()) {
        heading(ui, &questions::left_runs(folder));
        for run in shot.left.runs.iter().take(MOST_LISTED) {
            let words = questions::left_run(run);
            if ui.add_enabled(!run.in_use, Link::new(words)).on_hover_text(run.path.display().to_string()).clicked() {
                chosen = Some(run.path.clone());
            }
        }
        if !shot.left.damaged.is_empty() {
            heading(ui, &questions::damaged(shot.left.damaged.len()));
        }
    }
    if let Some(path) = chosen {
        out.push(Command::Open(path));
        view.put_away();
    }
}

/// Whether the file that stands there may be replaced.
fn replace_ui(ui: &mut Ui, view: &mut FilesView, path: &Path, standing: &Standing, out: &mut Outbox) {
    let theme = theme::of(ui);
    title(ui, questions::OVERWRITES);
    ui.label(RichText::new(path.display().to_string()).font(fonts::mono(size::BODY)).color(theme.ink));
    ui.label(RichText::new(questions::standing(standing)).color(theme.ink2));
    let button = row(ui);
    if Press::words(questions::OVERWRITE).look(Look::Red).show(ui, button(0.0, 110.0)).clicked() {
        return view.write(path.to_owned(), true, out);
    }
    let other = Press::words(questions::ANOTHER_NAME).look(Look::Ink).show(ui, button(118.0, 180.0));
    if other.clicked() {
        (view.asking, view.fresh) = (None, true);
    }
    if Press::words(strings::CANCEL).named(questions::CANCEL_FILE_NAMED).show(ui, button(306.0, 90.0)).clicked() {
        view.put_away();
    }
}

fn text_ui(ui: &mut Ui, shot: &Snapshot, view: &mut FilesView, path: &Path, out: &mut Outbox) {
    let theme = theme::of(ui);
    title(ui, questions::TEXT_TITLE);
    ui.label(RichText::new(path.display().to_string()).font(fonts::mono(size::BODY)).color(theme.ink));
    ui.label(RichText::new(questions::ABOUT_TEXT).color(theme.ink3));
    ui.label(RichText::new(closes(shot)).color(theme.ink3));
    let button = row(ui);
    if Press::words(questions::START_ON_TEXT).look(Look::Ink).show(ui, button(0.0, 160.0)).clicked() {
        let config = Config { text: Text::File(path.to_owned()), ..(*shot.config).clone() };
        out.push(Command::New(Box::new(config)));
        view.put_away();
    }
    if Press::words(strings::CANCEL).named(questions::CANCEL_TEXT_NAMED).show(ui, button(168.0, 90.0)).clicked() {
        view.put_away();
    }
}
