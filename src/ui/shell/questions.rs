//! Questions that stand over the window: opening and saving files, a missing text, a new run, leaving a run unsaved.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::{Context, Frame, Id, Modal, Stroke};

use super::files::{FilePanel, FilesView, files_ui};
use super::locate::{LocateView, locate_ui};
use crate::run::{Command, Notice, Snapshot, Standing};
use crate::ui::kit::theme;
use crate::ui::panels::{DraftView, LeavingView, draft_ui, leaving_ui};
use crate::ui::view::Outbox;
use crate::ui::view::export::Export;
use crate::ui::view::outbox::Ask;

/// What is asked over the window.
#[derive(Debug, Default)]
pub(crate) struct Questions {
    files: FilesView,
    locate: LocateView,
    draft: Option<DraftView>,
    /// What would lose the run.
    leaving: Option<LeavingView>,
}

impl Questions {
    /// Questions that keep the recent files in `list`: a file that all windows share.
    pub fn with_recent_files(list: Option<PathBuf>) -> Self {
        Self { files: FilesView::with_list(list), ..Self::default() }
    }

    /// Whether one of them covers the window.
    pub fn cover(&self) -> bool {
        let asked = self.leaving.as_ref().is_some_and(|leaving| !leaving.elsewhere);
        self.files.shown.is_some() || self.locate.shown.is_some() || self.draft.is_some() || asked
    }

    /// Asks what a notice of the run leads to, and remembers the files it names.
    pub fn hear(&mut self, notice: &Notice, out: &mut Outbox) {
        match notice {
            Notice::TextWanted(wanted) => self.locate.show(wanted.clone()),
            Notice::NotLeft { command, why } => {
                self.leaving = Some(LeavingView::of((**command).clone(), crate::words::reason(why)));
            }
            Notice::Saved { path, auto: false, .. } => {
                self.files.remember(path);
                if let Some(leaving) = self.leaving.take_if(|leaving| leaving.elsewhere) {
                    out.push(leaving.command);
                }
            }
            Notice::Opened { path, .. } => self.files.remember(path),
            Notice::FileFailed { why, .. } => self.ask_again(&crate::words::reason(why)),
            Notice::NoRoom { .. } => self.ask_again(&crate::words::notice(notice)),
            Notice::Occupied { path, standing } => {
                self.leaving.iter_mut().for_each(|leaving| leaving.saving = false);
                self.files.occupied(FilePanel::Save, path.clone(), standing.clone());
            }
            _ => {}
        }
    }

    /// Asks the leaving question again if the save elsewhere that it led to has failed.
    fn ask_again(&mut self, why: &str) {
        if let Some(leaving) = self.leaving.as_mut().filter(|leaving| leaving.saving) {
            *leaving = LeavingView::of(leaving.command.clone(), why.to_owned());
        }
    }

    /// Takes in what threads have found out since.
    pub fn receive(&mut self, ctx: &Context, shot: &Snapshot, out: &mut Outbox) {
        self.files.receive(ctx, shot, out);
        self.locate.receive(out);
    }

    /// What was to be saved at `path` was not, for something stands there, or nothing can: asks, or says why.
    pub fn occupied(&mut self, export: Arc<Export>, path: PathBuf, standing: Standing) {
        self.files.occupied(FilePanel::Export(export), path, standing);
    }

    /// Looks at what was dropped on the window.
    pub fn dropped(&mut self, paths: &[&Path], ctx: &Context) {
        self.files.dropped(paths, ctx);
    }

    /// What the window must tell, because the question that would is not shown.
    pub fn untold(&mut self) -> Option<String> {
        self.files.untold()
    }

    /// Shows the question that was asked for; gives back what is asked of somebody else.
    pub fn answer(&mut self, ask: Ask, shot: &Snapshot, ctx: &Context, out: &mut Outbox) -> Option<Ask> {
        match ask {
            Ask::Open => {
                out.push(Command::ListRuns);
                self.files.show(FilePanel::Open, shot);
            }
            Ask::Save => self.files.show(FilePanel::Save, shot),
            Ask::Locate => {
                if let Some(wanted) = shot.data.wants_text.clone() {
                    self.locate.show(wanted);
                    ctx.request_repaint();
                }
            }
            Ask::OpenLesson => self.files.open_lesson(ctx),
            Ask::NewRun => self.draft = Some(DraftView::of_run(shot)),
            Ask::NewConfig(config) => {
                self.draft = Some(DraftView::of(&config));
                ctx.request_repaint();
            }
            Ask::Export(export) => {
                self.files.show(FilePanel::Export(export), shot);
                ctx.request_repaint();
            }
            other => return Some(other),
        }
        None
    }

    /// Draws those that are asked.
    pub fn show(&mut self, ctx: &Context, shot: &Snapshot, dark: bool, out: &mut Outbox) {
        if self.files.shown.is_some() {
            let modal = modal("files", dark).show(ctx, |ui| files_ui(ui, shot, &mut self.files, out));
            if modal.should_close() {
                self.files.put_away();
            }
            if self.files.shown.is_none() {
                let saves = out.saves();
                // Put away without a save: what would have ended the run is not followed.
                self.leaving.take_if(|leaving| leaving.elsewhere && !saves && !leaving.saving);
                self.leaving.iter_mut().for_each(|leaving| leaving.saving |= saves);
            }
        }
        if self.locate.shown.is_some() {
            let modal = modal("locate", dark).show(ctx, |ui| locate_ui(ui, &mut self.locate, out));
            if modal.should_close() {
                self.locate.shown = None;
            }
        }
        if let Some(leaving) = self.leaving.as_mut().filter(|leaving| !leaving.elsewhere) {
            let unsaved = shot.unsaved_steps();
            let modal = modal("leaving", dark).show(ctx, |ui| leaving_ui(ui, unsaved, leaving, out));
            if (modal.should_close() || leaving.done) && !leaving.elsewhere {
                self.leaving = None;
            }
        }
        if let Some(draft) = &mut self.draft {
            let modal = modal("new-run", dark).show(ctx, |ui| draft_ui(ui, shot, draft, out));
            if modal.should_close() || draft.done {
                self.draft = None;
            }
        }
    }
}

fn modal(name: &str, dark: bool) -> Modal {
    let theme = if dark { &theme::DARK } else { &theme::LIGHT };
    let frame = Frame::new()
        .fill(theme.panel)
        .stroke(Stroke::new(1.0, theme.line2))
        .corner_radius(theme::RADIUS)
        .inner_margin(20);
    Modal::new(Id::unique(name)).frame(frame)
}
