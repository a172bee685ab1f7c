//! Opening and saving: a small panel with a path field, and the system's dialog behind a button. Whoever writes looks at
//! what stands at the path, in the same breath; the window asks only when it is told that a file stands there.
//!
//! - `panel` draws it; `listed` the recent files and the runs that were left, each a button that opens it.
//! - `dropped` looks at what was dropped on the window, `recents` keeps the recent files.

mod dropped;
mod listed;
mod panel;
mod recents;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::Context;

use self::dropped::{DroppedKind, Drops};
pub(crate) use self::panel::files_ui;
use self::recents::Recents;
use super::dialogs::{DialogPurpose, Dialogs};
use crate::domain::quote;
use crate::run::{Command, InspectionCommand, RecentAbout, RecentFile, Snapshot, Standing};
use crate::ui::kit::paths;
use crate::ui::view::export::Export;
use crate::ui::view::outbox::Ask;
use crate::ui::view::{Outbox, recent_picture};
use crate::ui::words::questions;

/// The panel that is shown.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FilePanel {
    /// Open a checkpoint.
    Open,
    /// Save one.
    Save,
    /// Look at one beside the run, or at the one that it is compared with.
    Inspect(InspectedPlace),
    /// Begin a run on a file that was dropped.
    Text(PathBuf),
    /// Save what a tile shows.
    Export(Arc<Export>),
}

/// Which of two checkpoints that are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InspectedPlace {
    /// The one that is looked at.
    Now,
    /// The one that it is compared with.
    Then,
}

impl InspectedPlace {
    /// Puts a file there.
    pub fn command(self, path: PathBuf) -> InspectionCommand {
        match self {
            Self::Now => InspectionCommand::Open(path),
            Self::Then => InspectionCommand::Against(Some(path)),
        }
    }
}

/// What is typed and asked.
#[derive(Debug, Default)]
pub(crate) struct FilesView {
    /// The panel that is shown, if one is.
    pub shown: Option<FilePanel>,
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
    recents: Recents,
    drops: Drops,
    /// A file that would be replaced, and what it is.
    asking: Option<(PathBuf, Standing)>,
}

impl FilesView {
    /// A view that keeps the recent files in `list`; without one they are those of this window alone.
    pub fn with_list(list: Option<PathBuf>) -> Self {
        Self { recents: Recents::of(list), ..Self::default() }
    }

    /// Shows a panel. Saving begins with the last path saved to, or with a name from the step; opening with an empty field.
    pub fn show(&mut self, shown: FilePanel, shot: &Snapshot) {
        self.chosen = None;
        match &shown {
            FilePanel::Export(export) => {
                let path = self.folders[1].join(export.file_name());
                self.choose(std::path::absolute(&path).unwrap_or(path));
            }
            FilePanel::Save => {
                let own = shot.saves.newest.as_ref().filter(|saved| !saved.auto).map(|saved| saved.path.clone());
                let named = || self.folders[0].join(questions::file_of_step(shot.step));
                let path = own.unwrap_or_else(named);
                self.choose(std::path::absolute(&path).unwrap_or(path));
            }
            FilePanel::Open | FilePanel::Inspect(_) => {
                self.typed.clear();
                self.recents.look_again();
            }
            FilePanel::Text(_) => self.typed.clear(),
        }
        (self.fresh, self.trouble, self.asking) = (true, None, None);
        self.shown = Some(shown);
    }

    /// Remembers a file that was opened, or saved by hand.
    pub fn remember(&mut self, path: &Path, shot: &Snapshot, saved: bool) {
        self.recents.add(path, recent_picture::about(shot), saved);
    }

    /// Remembers a folder that is watched.
    pub fn remember_folder(&mut self, path: &Path) {
        self.recents.add_folder(path);
    }

    /// Remembers a checkpoint that is looked at; `anew` where what is known of it is to be replaced.
    pub fn remember_inspected(&mut self, path: &Path, about: RecentAbout, anew: bool) {
        self.recents.add(path, about, anew);
    }

    /// The recent files, newest first.
    pub fn recents(&self) -> &[RecentFile] {
        self.recents.files()
    }

    /// Puts the panel away.
    pub fn put_away(&mut self) {
        (self.shown, self.asking, self.trouble) = (None, None, None);
    }

    fn choose(&mut self, path: PathBuf) {
        self.typed = quote::path(&path);
        self.chosen = Some(path);
    }

    /// The whole path that stands in the field.
    fn path(&self) -> PathBuf {
        let chosen = self.chosen.as_ref().filter(|path| quote::path(path) == self.typed);
        let ending = match &self.shown {
            Some(FilePanel::Save) => Some(questions::CHECKPOINT_ENDING.said()),
            Some(FilePanel::Export(export)) => Some(export.format().ending()),
            _ => None,
        };
        chosen.map_or_else(|| paths::full(&self.typed, ending), |path| paths::ended(path.clone(), ending))
    }

    /// Takes in what threads have found out since: an answered dialog, what was dropped, the recent files.
    pub fn receive(&mut self, ctx: &Context, shot: &Snapshot, out: &mut Outbox) {
        self.recents.pass(ctx);
        match self.drops.answer() {
            Some(Ok((path, DroppedKind::Checkpoint))) => out.push(Command::Open(path)),
            Some(Ok((path, DroppedKind::Watched))) => out.push(Command::WatchFolder(path)),
            Some(Ok((path, DroppedKind::Text))) => self.show(FilePanel::Text(path), shot),
            Some(Ok((path, DroppedKind::Inspected))) => out.ask(Ask::Inspect(InspectionCommand::Open(path))),
            Some(Ok((_, DroppedKind::Setup(setup)))) => out.ask(Ask::Setup(setup)),
            Some(Ok((_, DroppedKind::Lesson(lesson)))) => out.ask(Ask::Lesson(lesson)),
            Some(Ok((_, DroppedKind::Config(config)))) => out.ask(Ask::NewConfig(config)),
            Some(Err(why)) => self.trouble = Some(why),
            None => {}
        }
        let Some((purpose, answer)) = self.dialogs.answer() else { return };
        let export = self.browsing.take();
        match answer {
            Ok(Some(path)) if matches!(purpose, DialogPurpose::Lesson | DialogPurpose::Setup) => {
                self.dropped(&[&path], false, ctx)
            }
            Ok(Some(path)) => {
                self.shown = match (purpose, export) {
                    (DialogPurpose::Open, _) => Some(FilePanel::Open),
                    (DialogPurpose::Inspect { place, .. }, _) => Some(FilePanel::Inspect(place)),
                    (DialogPurpose::Save, _) => Some(FilePanel::Save),
                    (DialogPurpose::Export(_), Some(export)) => Some(FilePanel::Export(export)),
                    (
                        DialogPurpose::Export(_) | DialogPurpose::Text | DialogPurpose::Lesson | DialogPurpose::Setup,
                        _,
                    ) => None,
                };
                self.choose(path);
                self.go(out);
            }
            Ok(None) => {}
            Err(why) => self.trouble = Some(why),
        }
    }

    /// What was to be saved at `path` was not, for something stands there, or nothing can: asks, or says why.
    pub fn occupied(&mut self, what: FilePanel, path: PathBuf, standing: Standing) {
        let checkpoint = what == FilePanel::Save;
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

    /// Looks at what was dropped on the window, and says what is not taken; [`FilesView::receive`] does the rest.
    pub fn dropped(&mut self, paths: &[&Path], inspects: bool, ctx: &Context) {
        if let Err(why) = self.drops.take(paths, inspects, ctx) {
            self.trouble = Some(why);
        }
    }

    /// Asks for the file of a lesson or a set-up by the system's dialog; what is chosen is looked at as what is dropped.
    pub fn choose_file(&mut self, purpose: DialogPurpose, ctx: &Context) {
        if let Err(why) = self.dialogs.ask(purpose, Path::new(""), ctx) {
            self.trouble = Some(why);
        }
    }

    /// Does what the panel is for.
    fn go(&mut self, out: &mut Outbox) {
        let path = self.path();
        if self.shown == Some(FilePanel::Open) {
            out.push(Command::Open(path));
            return self.put_away();
        }
        if let Some(FilePanel::Inspect(place)) = self.shown {
            out.ask(Ask::Inspect(place.command(path)));
            return self.put_away();
        }
        self.write(path, false, out);
    }

    /// Sends what the panel was for and puts it away. `replace`: the file there was seen and may go.
    fn write(&mut self, path: PathBuf, replace: bool, out: &mut Outbox) {
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        match self.shown.clone() {
            Some(FilePanel::Save) => {
                self.folders[0] = folder;
                out.push(Command::SaveAs { path, replace });
            }
            Some(FilePanel::Export(export)) => {
                self.folders[1] = folder;
                out.ask(Ask::Write { export, path, replace });
            }
            Some(FilePanel::Open | FilePanel::Inspect(_) | FilePanel::Text(_)) | None => {}
        }
        self.put_away();
    }

    /// What the panel is to save, if it is an export.
    fn export(&self) -> Option<Arc<Export>> {
        if let Some(FilePanel::Export(export)) = &self.shown { Some(export.clone()) } else { None }
    }
}
