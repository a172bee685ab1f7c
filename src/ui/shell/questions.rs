//! Questions that stand over the window: opening and saving files, a missing text, a new run, leaving a run unsaved.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::{Align2, Context, Frame, Id, Modal, Stroke, vec2};

use super::dialogs::DialogPurpose;
use super::files::{FilePanel, FilesView, InspectedPlace, files_ui};
use super::locate::{LocateView, locate_ui};
use super::palette::{PaletteView, keys_ui, measure_ui, palette_ui};
use super::setups::{PasteView, paste_ui};
use crate::run::{Command, Fact, Notice, RecentAbout, RecentFile, Snapshot, Standing, WatchedFact};
use crate::ui::kit::theme;
use crate::ui::panels::{BeginView, DraftView, LeavingView, begin_ui, draft_ui, leaving_ui};
use crate::ui::view::Outbox;
use crate::ui::view::export::Export;
use crate::ui::view::outbox::Ask;
use crate::ui::words::measures::MeasureWords;
use crate::words::in_terms_of;

/// What is asked over the window.
#[derive(Debug, Default)]
pub(crate) struct Questions {
    files: FilesView,
    locate: LocateView,
    draft: Option<DraftView>,
    begins: Option<BeginView>,
    paste: Option<PasteView>,
    /// What would lose the run.
    leaving: Option<LeavingView>,
    palette: Option<PaletteView>,
    /// Whether the list of keys is shown.
    keys: bool,
    /// The measure whose card is shown.
    measure: Option<&'static MeasureWords>,
}

impl Questions {
    /// Questions that keep the recent files in `list`: a file that all windows share.
    pub fn with_recent_files(list: Option<PathBuf>) -> Self {
        Self { files: FilesView::with_list(list), ..Self::default() }
    }

    /// Whether one of them covers the window.
    pub fn cover(&self) -> bool {
        let asked = self.leaving.as_ref().is_some_and(|leaving| !leaving.elsewhere);
        let found = self.palette.is_some() || self.keys || self.measure.is_some();
        let begins = self.draft.is_some() || self.begins.is_some() || self.paste.is_some();
        self.files.shown.is_some() || self.locate.shown.is_some() || begins || asked || found
    }

    /// Asks what a notice of the run leads to, and remembers the files it names.
    pub fn hear(&mut self, notice: &Notice, shot: &Snapshot, out: &mut Outbox) {
        match notice {
            Notice::TextWanted(wanted) => self.locate.show(wanted.clone()),
            Notice::NotLeft { command, why } => {
                self.leaving = Some(LeavingView::of((**command).clone(), crate::words::reason(why)));
            }
            Notice::Saved { path, auto: false, .. } => {
                self.files.remember(path, shot, true);
                if let Some(leaving) = self.leaving.take_if(|leaving| leaving.elsewhere) {
                    out.push(leaving.command);
                }
            }
            Notice::Opened { path, .. } => self.files.remember(path, shot, false),
            Notice::Fact(Fact::Watched(WatchedFact::Began(folder))) => self.files.remember_folder(folder),
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

    /// Remembers a checkpoint that is looked at; `anew` where what is known of it is to be replaced.
    pub fn remember_inspected(&mut self, path: &Path, about: RecentAbout, anew: bool) {
        self.files.remember_inspected(path, about, anew);
    }

    /// The recent files, newest first.
    pub fn recents(&self) -> &[RecentFile] {
        self.files.recents()
    }

    /// Looks at what was dropped on the window. `inspects`: it shows checkpoints, so that one of ours is looked at as well.
    pub fn dropped(&mut self, paths: &[&Path], inspects: bool, ctx: &Context) {
        self.files.dropped(paths, inspects, ctx);
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
            Ask::OpenInspection | Ask::OpenOther => {
                let is_other = ask == Ask::OpenOther;
                let place = if is_other { InspectedPlace::Then } else { InspectedPlace::Now };
                self.files.show(FilePanel::Inspect(place), shot);
                ctx.request_repaint();
            }
            Ask::Save => self.files.show(FilePanel::Save, shot),
            Ask::Locate => {
                if let Some(wanted) = shot.data.wants_text.clone() {
                    self.locate.show(wanted);
                    ctx.request_repaint();
                }
            }
            Ask::Palette => self.palette = Some(PaletteView::default()),
            Ask::Keys => self.keys = true,
            Ask::Measure(measure) => self.measure = Some(measure),
            Ask::OpenLesson => self.files.choose_file(DialogPurpose::Lesson, ctx),
            Ask::OpenSetup => self.files.choose_file(DialogPurpose::Setup, ctx),
            Ask::PasteSetup => {
                self.paste = Some(PasteView::default());
                ctx.request_repaint();
            }
            Ask::Demonstration { shown, control } => {
                self.begins = Some(BeginView::demonstration(shown, control));
                ctx.request_repaint();
            }
            Ask::Setup(setup) => {
                self.begins = Some(BeginView::setup(setup));
                ctx.request_repaint();
            }
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
    pub fn show(&mut self, ctx: &Context, shot: &Snapshot, (layer, dark): (usize, bool), out: &mut Outbox) {
        self.found_ui(ctx, shot, layer, dark, out);
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
        if let Some(begins) = &mut self.begins {
            let task = begins.task();
            let modal = in_terms_of(&task, || modal("begin", dark).show(ctx, |ui| begin_ui(ui, shot, begins, out)));
            if modal.should_close() || begins.done {
                self.begins = None;
            }
        }
        if let Some(paste) = &mut self.paste {
            let modal = modal("paste", dark).show(ctx, |ui| paste_ui(ui, shot, paste, out));
            if modal.should_close() || paste.done {
                self.paste = None;
            }
        }
        if let Some(draft) = &mut self.draft {
            let task = draft.task().clone();
            let modal = in_terms_of(&task, || modal("new-run", dark).show(ctx, |ui| draft_ui(ui, shot, draft, out)));
            if modal.should_close() || draft.done {
                self.draft = None;
            }
        }
    }
}

impl Questions {
    /// Draws the palette, the list of keys and the card of a measure.
    fn found_ui(&mut self, ctx: &Context, shot: &Snapshot, layer: usize, dark: bool, out: &mut Outbox) {
        if let Some(palette) = &mut self.palette {
            // At the top, so that the field stays where it is while the list grows and shrinks.
            let area = Modal::default_area(Id::unique("palette")).anchor(Align2::CENTER_TOP, vec2(0.0, 72.0));
            let modal = modal("palette", dark).area(area).show(ctx, |ui| palette_ui(ui, shot, palette, out));
            if modal.should_close() || palette.done {
                self.palette = None;
            }
        }
        if self.keys && modal("keys", dark).show(ctx, |ui| keys_ui(ui, shot)).should_close() {
            self.keys = false;
        }
        if let Some(measure) = self.measure
            && modal("measure", dark).show(ctx, |ui| measure_ui(ui, measure, layer, shot)).should_close()
        {
            self.measure = None;
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
