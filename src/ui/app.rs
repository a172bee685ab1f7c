//! The application: receives in `logic`, draws in `ui`, sends at the end of the frame. Owns only how things are looked at.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{self, Context, Frame, Id, Modal, Rect, Ui};

use super::board::{area, board_ui};
use super::clipboard::{Clipboard, PutText};
use super::closing::Closing;
use super::export::{Exports, Written};
use super::files::{FilePanel, FilesView, files_ui};
use super::locate::{LocateView, locate_ui};
use super::outbox::Ask;
use super::panels::{
    DraftView, LeavingView, NoticesView, RailView, SelectionView, StatusView, StripView, draft_ui, leaving_ui,
    notices_ui, rail_ui, selection_ui, status_ui, strip_ui, timeline_ui, trouble, trouble_ui,
};
use super::screen::Screen;
use super::theme::{self, size};
use super::view_state::Cursor;
use super::{Outbox, ViewState, keys, strings};
use crate::run::{Command, Notice, Reader, Snapshot};
use crate::words;

/// The window's state.
#[derive(Debug)]
pub struct App {
    reader: Reader,
    shot: Arc<Snapshot>,
    out: Outbox,
    sight: ViewState,
    strip: StripView,
    rail: RailView,
    rail_open: bool,
    selection: SelectionView,
    drawer: bool,
    tab: usize,
    notices: NoticesView,
    status: StatusView,
    files: FilesView,
    locate: LocateView,
    exports: Exports,
    clipboard: Clipboard,
    draft: Option<DraftView>,
    /// What would lose the run.
    leaving: Option<LeavingView>,
    closing: Closing,
    dark: bool,
    told_end: bool,
    /// Entries of the journal that are in the log, or older than the window.
    journal_seen: u64,
    /// The policy the window's title says.
    titled: String,
}

impl App {
    /// An app that reads `reader`. Puts fonts and themes into `ctx`.
    pub fn new(ctx: &Context, reader: Reader, dark: bool) -> Self {
        theme::install(ctx);
        theme::choose(ctx, dark);
        let shot = reader.latest();
        let journal = &shot.history.journal;
        let journal_seen = journal.dropped + journal.entries().len() as u64;
        Self {
            reader,
            shot,
            out: Outbox::default(),
            sight: ViewState::default(),
            strip: StripView::default(),
            rail: RailView::default(),
            rail_open: false,
            selection: SelectionView::default(),
            drawer: false,
            tab: 0,
            notices: NoticesView::default(),
            status: StatusView::default(),
            files: FilesView::default(),
            locate: LocateView::default(),
            exports: Exports::default(),
            clipboard: Clipboard::default(),
            draft: None,
            leaving: None,
            closing: Closing::default(),
            dark,
            told_end: false,
            journal_seen,
            titled: String::new(),
        }
    }

    /// The same app, which keeps the recent files in `list`: a file that all windows share.
    #[must_use]
    pub fn with_recent_files(self, list: Option<PathBuf>) -> Self {
        Self { files: FilesView::with_list(list), ..self }
    }

    /// The same app, whose copies are put into the system's clipboard by `put`, which tells whether they have arrived.
    #[must_use]
    pub fn with_clipboard(self, put: Option<PutText>) -> Self {
        Self { clipboard: Clipboard::of(put), ..self }
    }

    /// Milliseconds of work of the last frame: panels and layout, without what the GPU does.
    pub fn frame_millis(&self) -> f64 {
        self.status.frame_millis
    }

    /// Whether the dark theme is chosen.
    pub fn is_dark(&self) -> bool {
        self.dark
    }

    /// Takes in what has arrived.
    fn receive(&mut self, ctx: &Context) {
        let latest = self.reader.latest();
        if !Arc::ptr_eq(&latest.config, &self.shot.config) {
            self.rail.forget();
        }
        self.log_done(&latest);
        self.shot = latest;
        let policy = self.shot.knobs.policy_words();
        if policy != self.titled {
            ctx.send_viewport_cmd(egui::ViewportCommand::Title(strings::window_title(&policy)));
            self.titled = policy;
        }
        for notice in self.reader.notices() {
            if matches!(
                notice,
                Notice::Refused { .. } | Notice::Opened { .. } | Notice::Failed(_) | Notice::Reshaped { .. }
            ) {
                self.rail.forget();
            }
            if let Notice::TextWanted(wanted) = &notice {
                self.locate.show(wanted.clone());
            }
            match &notice {
                Notice::NotLeft { command, why } => {
                    self.leaving = Some(LeavingView::of((**command).clone(), words::reason(why)));
                    self.closing.stays(ctx);
                }
                Notice::Saved { path, auto: false, .. } => {
                    self.files.remember(path);
                    if let Some(leaving) = self.leaving.take_if(|leaving| leaving.elsewhere) {
                        self.out.push(leaving.command);
                    }
                }
                Notice::Opened { path, .. } => self.files.remember(path),
                Notice::FileFailed { why, .. } => self.ask_again(&words::reason(why)),
                Notice::NoRoom { .. } => self.ask_again(&words::notice(&notice)),
                _ => {}
            }
            if let Notice::Occupied { path, standing } = &notice {
                self.leaving.iter_mut().for_each(|leaving| leaving.saving = false);
                self.files.occupied(FilePanel::Save, path.clone(), standing.clone());
            }
            self.take(notice);
        }
        let ended = self.reader.has_ended();
        if self.closing.receive(ctx, ended, &mut self.out) && self.shot.unsaved {
            self.take(strings::notices::fact(strings::notices::SAVING_TO_CLOSE.into()));
        }
        if ended && !self.told_end {
            self.told_end = true;
            self.take(Notice::Said { words: strings::notices::RUN_ENDED.into(), bad: true });
        }
        if let Some(secs) = self.notices.pass(ctx.input(|i| i.time)) {
            ctx.request_repaint_after_secs(secs as f32);
        }
        self.sight.fit(&self.shot);
        self.files.receive(ctx, &self.shot, &mut self.out);
        self.locate.receive(&mut self.out);
        match self.exports.picture(ctx) {
            Some(Ok(export)) => self.out.ask(Ask::Export(export.into())),
            Some(Err(notice)) => self.take(notice),
            None => {}
        }
        for notice in self.clipboard.done() {
            self.take(notice);
        }
        for written in self.exports.done() {
            match written {
                Written::Told(notice) => self.take(notice),
                Written::Occupied { export, path, standing } => {
                    self.files.occupied(FilePanel::Export(export), path, standing);
                }
            }
        }
        let dropped = ctx.input(|i| i.raw.dropped_files.clone());
        let dropped: Vec<&Path> = dropped.iter().map(|file| file.path()).collect();
        self.files.dropped(&dropped, ctx);
        if let Some(why) = self.files.untold() {
            self.take(strings::notices::fact(why));
        }
        theme::choose(ctx, self.dark);
    }

    /// Asks the leaving question again if the save elsewhere that it led to has failed.
    fn ask_again(&mut self, why: &str) {
        if let Some(leaving) = self.leaving.as_mut().filter(|leaving| leaving.saving) {
            *leaving = LeavingView::of(leaving.command.clone(), why.to_owned());
        }
    }

    /// Draws everything into `ui`.
    fn draw(&mut self, ui: &mut Ui) {
        let shot = self.shot.clone();
        let theme = theme::of(ui);
        let window = ui.max_rect();
        ui.painter().rect_filled(window, 0, theme.bg);
        let asked = self.leaving.as_ref().is_some_and(|leaving| !leaving.elsewhere);
        let covered = self.files.shown.is_some() || self.locate.shown.is_some() || self.draft.is_some() || asked;
        keys::read(ui.ctx(), &shot, covered, &mut self.out);
        let screen = Screen::of(window, self.rail_open, self.drawer, trouble(&shot).is_some());
        let out = &mut self.out;
        area(ui, screen.strip, "strip", |ui| strip_ui(ui, &shot, &mut self.strip, out));
        if let Some(rail) = screen.rail {
            area(ui, rail, "rail", |ui| rail_ui(ui, &shot, &mut self.rail, &self.sight, out));
        }
        if let Some(rect) = screen.trouble {
            area(ui, rect, "trouble", |ui| trouble_ui(ui, &shot, &mut (), out));
        }
        board_ui(ui, &screen, &shot, &mut self.sight, &mut self.tab, out);
        if let Some(rect) = screen.selection {
            self.selection.drawer = window.width() < Screen::WIDE;
            area(ui, rect, "selection", |ui| selection_ui(ui, &shot, &mut self.selection, &mut self.sight, out));
        }
        area(ui, screen.timeline, "timeline", |ui| timeline_ui(ui, &shot, &mut self.sight, out));
        self.status.waiting = out.waiting().count();
        self.status.notices = self.notices.log().len();
        area(ui, screen.status, "status", |ui| status_ui(ui, &shot, &mut self.status, out));
        if !self.exports.is_posing() {
            area(ui, screen.middle, "notices", |ui| notices_ui(ui, &shot, &mut self.notices, out));
        }
        self.exports.restore_frozen(ui.ctx());
        self.questions(ui.ctx(), &shot);
        drop_hint(ui, window);
    }

    /// Lets go of the last thing that is held: a question, what has grown, what is lit, the step looked at.
    fn let_go(&mut self) {
        if self.selection.copying.take().is_some() || self.sight.let_go() {
            return;
        }
        self.sight.cursor = Cursor::Live;
    }

    /// The panels that stand over the window.
    fn questions(&mut self, ctx: &Context, shot: &Snapshot) {
        if self.files.shown.is_some() {
            let modal = modal("files", self.dark).show(ctx, |ui| files_ui(ui, shot, &mut self.files, &mut self.out));
            if modal.should_close() {
                self.files.put_away();
            }
            if self.files.shown.is_none() {
                let saves = self.out.saves();
                // Put away without a save: what would have ended the run is not followed.
                self.leaving.take_if(|leaving| leaving.elsewhere && !saves && !leaving.saving);
                self.leaving.iter_mut().for_each(|leaving| leaving.saving |= saves);
            }
        }
        if self.locate.shown.is_some() {
            let modal = modal("locate", self.dark).show(ctx, |ui| locate_ui(ui, &mut self.locate, &mut self.out));
            if modal.should_close() {
                self.locate.shown = None;
            }
        }
        if let Some(leaving) = self.leaving.as_mut().filter(|leaving| !leaving.elsewhere) {
            let unsaved = shot.unsaved_steps();
            let modal = modal("leaving", self.dark).show(ctx, |ui| leaving_ui(ui, unsaved, leaving, &mut self.out));
            if (modal.should_close() || leaving.done) && !leaving.elsewhere {
                self.leaving = None;
            }
        }
        if let Some(draft) = &mut self.draft {
            let modal = modal("new-run", self.dark).show(ctx, |ui| draft_ui(ui, shot, draft, &mut self.out));
            if modal.should_close() || draft.done {
                self.draft = None;
            }
        }
    }

    fn take(&mut self, notice: Notice) {
        self.notices.take(notice, self.shot.step);
    }

    /// Notes in the log what was done to the run since the snapshot before: knobs, experts, what the fault lab did.
    fn log_done(&mut self, latest: &Snapshot) {
        let journal = &latest.history.journal;
        let done = journal.dropped + journal.entries().len() as u64;
        let same = Arc::ptr_eq(&latest.config, &self.shot.config);
        if let Some(fresh) = done.checked_sub(self.journal_seen).filter(|_| same) {
            let fresh = usize::try_from(fresh).unwrap_or(usize::MAX).min(journal.entries().len());
            for entry in &journal.entries()[journal.entries().len() - fresh..] {
                if let Some(words) = words::flag(&entry.what) {
                    self.notices.note(entry.step, words, false);
                }
            }
        }
        self.journal_seen = done;
    }

    /// Takes in a notice of the window's own, at the end of a frame.
    fn tell(&mut self, notice: Notice, ctx: &Context) {
        self.take(notice);
        ctx.request_repaint();
    }

    /// Does what was asked of the window.
    fn answer(&mut self, ctx: &Context) {
        for ask in self.out.take_asks() {
            match ask {
                Ask::Open => {
                    self.out.push(Command::ListRuns);
                    self.files.show(FilePanel::Open, &self.shot);
                }
                Ask::Save => self.files.show(FilePanel::Save, &self.shot),
                Ask::Locate => {
                    if let Some(wanted) = self.shot.wants_text.clone() {
                        self.locate.show(wanted);
                        ctx.request_repaint();
                    }
                }
                Ask::NewRun => self.draft = Some(DraftView::of_run(&self.shot)),
                Ask::NewText(path) => self.files.show(FilePanel::Text(path), &self.shot),
                Ask::Theme => self.dark = !self.dark,
                Ask::Debug => self.status.debug = !self.status.debug,
                Ask::Log => self.notices.open = !self.notices.open,
                Ask::Rail => self.rail_open = !self.rail_open,
                Ask::Layer(by) => self.sight.step_layer(by, &self.shot),
                Ask::Drawer => self.drawer = !self.drawer,
                Ask::Alerts => {
                    self.drawer = true;
                    self.selection.to_alerts = true;
                }
                Ask::LetGo => self.let_go(),
                Ask::Live => self.sight.cursor = Cursor::Live,
                Ask::Cursor(by) => {
                    let step = self.sight.step(&self.shot).saturating_add_signed(by);
                    self.sight.look_at(step, &self.shot);
                }
                Ask::Expert(place) => {
                    let id = self.sight.roster(&self.shot).and_then(|roster| roster.slots.get(place).copied());
                    if let Some(id) = id {
                        self.sight.keep(id);
                    }
                }
                Ask::Tell(notice) => self.tell(notice, ctx),
                Ask::Copy(copied) => {
                    if let Some(notice) = self.clipboard.copy(copied, ctx) {
                        self.tell(notice, ctx);
                    }
                }
                Ask::Export(export) => {
                    self.files.show(FilePanel::Export(export), &self.shot);
                    ctx.request_repaint();
                }
                Ask::Picture(stem, frame) => self.exports.pose(stem, frame, ctx),
                Ask::Write { export, path, replace } => {
                    if let Some(notice) = self.exports.write(export, path, replace, ctx) {
                        self.tell(notice, ctx);
                    }
                }
            }
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.receive(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let begun = Instant::now();
        self.draw(ui);
        self.answer(ui.ctx());
        self.closing.watch(&self.out, ui.ctx().input(|i| i.time));
        self.out.send(&self.reader);
        let changed = self.sight.end_frame();
        if changed {
            // What is lit is known only after all panels were drawn; once more, so that they agree.
            ui.ctx().request_repaint();
        }
        self.status.frame(begun.elapsed().as_secs_f64() * 1e3);
    }

    fn on_exit(&mut self) {
        // The run saves itself before it ends; whoever opened the window waits for that, without taking notices from it.
        let ending = self.reader.ending();
        ending.ask();
        // There the program may end with its last window.
        while cfg!(target_os = "macos") && !ending.wait(LAST_SAVE) {}
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        let theme = if visuals.dark_mode { &theme::DARK } else { &theme::LIGHT };
        theme.bg.to_normalized_gamma_f32()
    }
}

/// Time between two looks at whether the run has ended when the window closes.
const LAST_SAVE: Duration = Duration::from_secs(1);

fn modal(name: &str, dark: bool) -> Modal {
    let theme = if dark { &theme::DARK } else { &theme::LIGHT };
    let frame = Frame::new()
        .fill(theme.panel)
        .stroke(egui::Stroke::new(1.0, theme.line2))
        .corner_radius(theme::RADIUS)
        .inner_margin(20);
    Modal::new(Id::unique(name)).frame(frame)
}

/// While a file hovers over the window: what dropping it would do.
fn drop_hint(ui: &Ui, window: Rect) {
    if ui.input(|i| i.raw.hovered_files.is_empty()) {
        return;
    }
    let theme = theme::of(ui);
    ui.painter().rect_filled(window, 0, theme.bg.gamma_multiply(0.8));
    let words = strings::notices::DROP;
    let font = super::fonts::strong(size::STRIP);
    ui.painter().text(window.center(), egui::Align2::CENTER_CENTER, words, font, theme.ink);
}
