//! The application: receives in `logic`, draws in `ui`, sends at the end of the frame. Owns only how things are looked at.

mod answer;
mod begin;
mod receive;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{self, Context, Rect, Ui};

use super::clipboard::Clipboard;
use super::closing::Closing;
use super::exports::Exports;
use super::inspections::Inspections;
use super::kept_hidden::KeptHidden;
use super::kept_settings::KeptSettings;
use super::keys::{self, KeyState};
use super::questions::Questions;
use crate::domain::language::Language;
use crate::run::{Inspection, Reader, Snapshot, WindowMode};
use crate::ui::kit::fonts;
use crate::ui::kit::look::WindowLook;
use crate::ui::kit::paint::area;
use crate::ui::kit::theme::{self, size};
use crate::ui::panels::{NoticesView, ShownNotice, notices_ui};
use crate::ui::screens::inspected::InspectedScene;
use crate::ui::screens::screen::WindowScreen;
use crate::ui::view::Outbox;
use crate::ui::words;

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
    inspections: Inspections,
    /// A checkpoint to be looked at first.
    inspect_first: Option<PathBuf>,
    clipboard: Clipboard,
    closing: Closing,
    kept_hidden: KeptHidden,
    settings: KeptSettings,
    /// Whether nothing moves where nobody chose.
    still: bool,
    /// How it is drawn; `None` before it is drawn for the first time.
    look: Option<WindowLook>,
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
            inspections: Inspections::default(),
            inspect_first: None,
            clipboard: Clipboard::default(),
            closing: Closing::default(),
            kept_hidden: KeptHidden::default(),
            settings: KeptSettings::default(),
            still: false,
            look: None,
            system: Language::default(),
            dark,
            told_end: false,
            journal_seen,
            titled: String::new(),
        }
    }

    /// How it is to be drawn.
    fn chosen_look(&self) -> WindowLook {
        let settings = self.settings.settings();
        WindowLook { projector: settings.projector, still: settings.still.unwrap_or(self.still) }
    }

    /// Draws everything as it was chosen.
    fn apply_look(&mut self, ctx: &Context) {
        let look = self.chosen_look();
        if self.look != Some(look) {
            look.apply(ctx);
            self.screen.look(look);
            self.look = Some(look);
        }
    }

    /// The language that is spoken.
    pub fn language(&self) -> Language {
        self.screen.language().spoken(self.system)
    }

    /// This thread speaks it, and all threads that it begins from now on.
    fn speak(&self) {
        crate::words::speak(self.language());
    }

    /// The checkpoint that is looked at, where it is shown.
    fn inspected(&self) -> Option<Arc<Inspection>> {
        self.inspections.latest().filter(|_| self.mode() == WindowMode::Inspect).cloned()
    }

    /// The mode that is shown.
    pub fn mode(&self) -> WindowMode {
        self.screen.mode()
    }

    /// Milliseconds of work of the last frame: panels and layout, without what the GPU does.
    pub fn frame_millis(&self) -> f64 {
        self.screen.frame_millis()
    }

    /// Whether the dark theme is chosen.
    pub fn is_dark(&self) -> bool {
        self.dark
    }

    /// Draws everything into `ui`.
    fn draw(&mut self, ui: &mut Ui) {
        let shot = self.shot.clone();
        let theme = theme::of(ui);
        let window = ui.max_rect();
        ui.painter().rect_filled(window, 0, theme.bg);
        let covered = self.questions.cover();
        let state = KeyState { covered, lesson: self.screen.lesson_is_read(), turns: self.screen.turns() };
        keys::read(ui.ctx(), &shot, state, &mut self.out);
        // Below a question nothing has a pointer: a tooltip that was open when a key asked it would else stay over it.
        let pointer = covered.then(|| ui.input_mut(|input| std::mem::take(&mut input.pointer)));
        let scene = InspectedScene { inspection: self.inspections.latest(), recents: self.questions.recents() };
        let middle = self.screen.show(ui, &shot, &self.race, self.notices.log().len(), scene, &mut self.out);
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
