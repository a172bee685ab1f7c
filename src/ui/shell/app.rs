//! The application: receives in `logic`, draws in `ui`, sends at the end of the frame. Owns only how things are looked at.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{self, Context, Rect, Ui};

use super::clipboard::{Clipboard, PutText};
use super::closing::Closing;
use super::exports::{Exports, Written};
use super::kept_hidden::KeptHidden;
use super::kept_settings::KeptSettings;
use super::keys;
use super::questions::Questions;
use super::report::Reported;
use super::setups;
use crate::domain::language::Language;
use crate::lessons::{ControlId, Lesson};
use crate::run::{Fact, Notice, Reader, Snapshot, WindowLanguage, WindowMode, WindowSettings};
use crate::ui::kit::fonts;
use crate::ui::kit::paint::area;
use crate::ui::kit::theme::{self, size};
use crate::ui::panels::{NoticesView, ShownNotice, notices_ui};
use crate::ui::screens::screen::WindowScreen;
use crate::ui::view::Outbox;
use crate::ui::view::outbox::Ask;
use crate::ui::words;
use crate::ui::words::notices::WindowNotice;

/// The window's state.
#[derive(Debug)]
pub struct App {
    reader: Reader,
    shot: Arc<Snapshot>,
    /// The newest snapshots of the runs of a race.
    race: Vec<Arc<Snapshot>>,
    out: Outbox,
    screen: WindowScreen,
    notices: NoticesView,
    questions: Questions,
    exports: Exports,
    clipboard: Clipboard,
    closing: Closing,
    kept_hidden: KeptHidden,
    settings: KeptSettings,
    /// The language of the system.
    system: Language,
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
        let journal = &shot.memory.history.journal;
        let journal_seen = journal.dropped + journal.entries().len() as u64;
        Self {
            reader,
            shot,
            race: Vec::new(),
            out: Outbox::default(),
            screen: WindowScreen::default(),
            notices: NoticesView::default(),
            questions: Questions::default(),
            exports: Exports::default(),
            clipboard: Clipboard::default(),
            closing: Closing::default(),
            kept_hidden: KeptHidden::default(),
            settings: KeptSettings::default(),
            system: Language::default(),
            dark,
            told_end: false,
            journal_seen,
            titled: String::new(),
        }
    }

    /// The same app, which begins in this mode.
    #[must_use]
    pub fn in_mode(mut self, mode: WindowMode) -> Self {
        self.screen.begin_in(mode);
        self
    }

    /// The same app, which speaks this language; `system` is that of the system.
    #[must_use]
    pub fn in_language(mut self, language: WindowLanguage, system: Language) -> Self {
        self.screen.choose_language(language);
        self.system = system;
        self.speak();
        self
    }

    /// The same app, which keeps the mode and the language that are chosen in `file`, for the next window.
    #[must_use]
    pub fn with_settings_file(self, file: Option<PathBuf>) -> Self {
        Self { settings: KeptSettings::of(file), ..self }
    }

    /// The language that is spoken.
    pub fn language(&self) -> Language {
        self.screen.language().spoken(self.system)
    }

    /// This thread speaks it, and all threads that it begins from now on.
    fn speak(&self) {
        crate::words::speak(self.language());
    }

    /// The mode that is shown.
    pub fn mode(&self) -> WindowMode {
        self.screen.mode()
    }

    /// The same app, which begins this lesson, or offers all of them where it is to be learnt.
    #[must_use]
    pub fn with_lesson(mut self, lesson: Option<Arc<Lesson>>) -> Self {
        if lesson.is_some() || self.mode() == WindowMode::Learn {
            self.screen.teach(lesson);
        }
        self
    }

    /// The same app, which does not show these controls at first.
    #[must_use]
    pub fn with_hidden(mut self, hidden: Vec<ControlId>) -> Self {
        if !hidden.is_empty() {
            self.screen.hide(hidden);
        }
        self
    }

    /// The same app, which keeps the recent files in `list`: a file that all windows share. Beside it lies what else is kept: which
    /// lessons were gone through, and which controls are hidden, unless others are already.
    #[must_use]
    pub fn with_recent_files(mut self, list: Option<PathBuf>) -> Self {
        self.screen.keep_lessons(list.as_deref().map(|list| list.with_file_name(LESSONS)));
        let (kept_hidden, hidden) = KeptHidden::of(list.as_deref().map(|list| list.with_file_name(HIDDEN)));
        if self.screen.hidden().is_empty() {
            self.screen.hide(hidden);
        }
        Self { questions: Questions::with_recent_files(list), kept_hidden, ..self }
    }

    /// The same app, whose copies are put into the system's clipboard by `put`, which tells whether they have arrived.
    #[must_use]
    pub fn with_clipboard(self, put: Option<PutText>) -> Self {
        Self { clipboard: Clipboard::of(put), ..self }
    }

    /// Milliseconds of work of the last frame: panels and layout, without what the GPU does.
    pub fn frame_millis(&self) -> f64 {
        self.screen.frame_millis()
    }

    /// Whether the dark theme is chosen.
    pub fn is_dark(&self) -> bool {
        self.dark
    }

    /// Takes in what has arrived.
    fn receive(&mut self, ctx: &Context) {
        let latest = self.reader.latest();
        if !Arc::ptr_eq(&latest.config, &self.shot.config) {
            self.screen.forget();
        }
        self.log_done(&latest);
        self.shot = latest;
        self.race = self.reader.race().into_iter().filter_map(|id| self.reader.latest_of(id)).collect();
        self.out.set_races(self.race.iter().any(|racer| racer.session == self.shot.session));
        let policy = crate::words::policy_of((self.shot.knobs.policy, self.shot.knobs.form));
        if policy != self.titled {
            ctx.send_viewport_cmd(egui::ViewportCommand::Title(words::window_title(&policy)));
            self.titled = policy;
        }
        for notice in self.reader.notices() {
            if matches!(
                notice,
                Notice::Refused { .. }
                    | Notice::Opened { .. }
                    | Notice::Failed(_)
                    | Notice::Reshaped { .. }
                    | Notice::Fact(Fact::WentBack { .. } | Fact::Undone(_) | Fact::Redone(_) | Fact::Rejoined(_))
            ) {
                self.screen.forget();
            }
            if let Notice::NotLeft { .. } = &notice {
                self.closing.stays(ctx);
            }
            self.questions.hear(&notice, &self.shot, &mut self.out);
            self.take(notice);
        }
        let ended = self.reader.has_ended();
        if self.closing.receive(ctx, ended, &mut self.out) && self.shot.saves.unsaved {
            self.take(words::notices::fact(words::notices::SAVING_TO_CLOSE.into()));
        }
        if ended && !self.told_end {
            self.told_end = true;
            self.take(WindowNotice { words: words::notices::RUN_ENDED.into(), bad: true });
        }
        if let Some(secs) = self.notices.pass(ctx.input(|i| i.time)) {
            ctx.request_repaint_after_secs(secs as f32);
        }
        self.screen.fit(&self.shot);
        self.screen.feed(&self.shot, &mut self.out);
        self.questions.receive(ctx, &self.shot, &mut self.out);
        match self.exports.picture(ctx) {
            Some(Ok(export)) => self.out.ask(Ask::Export(export.into())),
            Some(Err(notice)) => self.take(notice),
            None => {}
        }
        for report in self.exports.reports() {
            match report {
                Ok(export) => self.out.ask(Ask::Export(export.into())),
                Err(notice) => self.take(notice),
            }
        }
        for notice in self.clipboard.done() {
            self.take(notice);
        }
        for written in self.exports.done() {
            match written {
                Written::Told(notice) => self.take(notice),
                Written::Occupied { export, path, standing } => {
                    self.questions.occupied(export, path, standing);
                }
            }
        }
        match setups::pasted(ctx).filter(|_| !self.questions.cover()) {
            Some(Ok(setup)) => self.out.ask(Ask::Setup(setup)),
            Some(Err(notice)) => self.take(notice),
            None => {}
        }
        self.kept_hidden.pass(ctx);
        self.settings.pass(ctx);
        let dropped = ctx.input(|i| i.raw.dropped_files.clone());
        let dropped: Vec<&Path> = dropped.iter().map(|file| file.path()).collect();
        self.questions.dropped(&dropped, ctx);
        if let Some(why) = self.questions.untold() {
            self.take(words::notices::fact(why));
        }
        theme::choose(ctx, self.dark);
    }

    /// Draws everything into `ui`.
    fn draw(&mut self, ui: &mut Ui) {
        let shot = self.shot.clone();
        let theme = theme::of(ui);
        let window = ui.max_rect();
        ui.painter().rect_filled(window, 0, theme.bg);
        let covered = self.questions.cover();
        keys::read(ui.ctx(), &shot, (covered, self.screen.lesson_is_read()), &mut self.out);
        // Below a question nothing has a pointer: a tooltip that was open when a key asked it would else stay over it.
        let pointer = covered.then(|| ui.input_mut(|input| std::mem::take(&mut input.pointer)));
        let middle = self.screen.show(ui, &shot, &self.race, self.notices.log().len(), &mut self.out);
        if !self.exports.is_posing() {
            area(ui, middle, "notices", |ui| notices_ui(ui, &shot, &mut self.notices, &mut self.out));
        }
        self.exports.restore_frozen(ui.ctx());
        if let Some(pointer) = pointer {
            ui.input_mut(|input| input.pointer = pointer);
        }
        self.questions.show(ui.ctx(), &shot, (self.screen.layer(), self.dark), &mut self.out);
        drop_hint(ui, window);
    }

    fn take(&mut self, notice: impl Into<ShownNotice>) {
        self.notices.take(notice, self.shot.step);
    }

    /// Notes in the log what was done to the run since the snapshot before: knobs, experts, what the fault lab did.
    fn log_done(&mut self, latest: &Snapshot) {
        let journal = &latest.memory.history.journal;
        let done = journal.dropped + journal.entries().len() as u64;
        let same = Arc::ptr_eq(&latest.config, &self.shot.config);
        if let Some(fresh) = done.checked_sub(self.journal_seen).filter(|_| same) {
            let fresh = usize::try_from(fresh).unwrap_or(usize::MAX).min(journal.entries().len());
            for entry in &journal.entries()[journal.entries().len() - fresh..] {
                if crate::words::flag(&entry.what).is_some() {
                    self.notices.note(entry.clone());
                }
            }
        }
        self.journal_seen = done;
    }

    /// Takes in a notice of the window's own, at the end of a frame.
    fn tell(&mut self, notice: WindowNotice, ctx: &Context) {
        self.take(notice);
        ctx.request_repaint();
    }

    /// Does what was asked of the window.
    fn answer(&mut self, ctx: &Context) {
        for ask in self.out.take_asks() {
            match &ask {
                Ask::Mode(mode) => {
                    self.settings.chosen(WindowSettings { mode: Some(*mode), ..WindowSettings::default() })
                }
                Ask::Language(language) => {
                    self.settings.chosen(WindowSettings { language: Some(*language), ..WindowSettings::default() });
                    ctx.request_repaint();
                }
                Ask::Hide(hidden) => self.kept_hidden.chosen(hidden),
                _ => {}
            }
            let Some(ask) = self.screen.answer(ask, &self.shot) else { continue };
            let Some(ask) = self.questions.answer(ask, &self.shot, ctx, &mut self.out) else { continue };
            match ask {
                Ask::GoOn => self.screen.go_on(&self.shot, &mut self.out),
                Ask::Theme => self.dark = !self.dark,
                Ask::Log => self.notices.open = !self.notices.open,
                Ask::Tell(notice) => self.tell(notice, ctx),
                Ask::Copy(copied) => {
                    if let Some(notice) = self.clipboard.copy(copied, ctx) {
                        self.tell(notice, ctx);
                    }
                }
                Ask::Report => {
                    let reported = Reported {
                        shot: self.shot.clone(),
                        layer: self.screen.layer(),
                        lesson: self.screen.lesson().cloned(),
                        dark: self.dark,
                    };
                    if let Some(notice) = self.exports.report(reported, ctx) {
                        self.tell(notice, ctx);
                    }
                }
                Ask::CopySetup => match setups::copied(&self.shot, self.screen.hidden()) {
                    Ok(copied) => self.out.ask(Ask::Copy(copied)),
                    Err(notice) => self.tell(notice, ctx),
                },
                Ask::SaveSetup => match setups::file(&self.shot, self.screen.hidden()) {
                    Ok(export) => self.out.ask(Ask::Export(export)),
                    Err(notice) => self.tell(notice, ctx),
                },
                Ask::Picture(stem, frame) => self.exports.pose(stem, frame, ctx),
                Ask::Write { export, path, replace } => {
                    if let Some(notice) = self.exports.write(export, path, replace, ctx) {
                        self.tell(notice, ctx);
                    }
                }
                // The screen and the questions have answered the others.
                Ask::Debug
                | Ask::Mode(_)
                | Ask::Language(_)
                | Ask::Palette
                | Ask::Keys
                | Ask::Measure(_)
                | Ask::Draw
                | Ask::Rail
                | Ask::Lesson(_)
                | Ask::Lessons
                | Ask::OpenLesson
                | Ask::OpenSetup
                | Ask::PasteSetup
                | Ask::Demonstration { .. }
                | Ask::Demonstrated(_)
                | Ask::Setup(_)
                | Ask::Hide(_)
                | Ask::Layer(_)
                | Ask::Drawer
                | Ask::StopAt
                | Ask::Alerts
                | Ask::LetGo
                | Ask::Live
                | Ask::Cursor(_)
                | Ask::Expert(_)
                | Ask::Open
                | Ask::Save
                | Ask::Locate
                | Ask::NewRun
                | Ask::NewConfig(_)
                | Ask::Export(_) => {}
            }
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.speak();
        self.receive(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let begun = Instant::now();
        self.draw(ui);
        self.answer(ui.ctx());
        self.closing.watch(&self.out, ui.ctx().input(|i| i.time));
        self.out.send(&self.reader);
        if self.screen.end_frame() {
            // What is lit is known only after all panels were drawn; once more, so that they agree.
            ui.ctx().request_repaint();
        }
        self.screen.spent(begun.elapsed().as_secs_f64() * 1e3);
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

/// The file beside the recent ones in which it is kept which lessons were gone through.
const LESSONS: &str = "lessons.json";

/// The file beside the recent ones in which it is kept which controls are hidden.
const HIDDEN: &str = "hidden-controls.json";

/// Time between two looks at whether the run has ended when the window closes.
const LAST_SAVE: Duration = Duration::from_secs(1);

/// While a file hovers over the window: what dropping it would do.
fn drop_hint(ui: &Ui, window: Rect) {
    if ui.input(|i| i.raw.hovered_files.is_empty()) {
        return;
    }
    let theme = theme::of(ui);
    ui.painter().rect_filled(window, 0, theme.bg.gamma_multiply(0.8));
    let words = words::notices::DROP;
    let font = fonts::strong(size::STRIP);
    ui.painter().text(window.center(), egui::Align2::CENTER_CENTER, words, font, theme.ink);
}
