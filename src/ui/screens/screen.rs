//! The screen of the window: the mode, what is looked at in all modes, and the bands around every one of them.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{Rect, Ui, pos2, vec2};

use super::compare::compare_ui;
use super::inspect::inspect_ui;
use super::inspected::{InspectedScene, InspectedScreen, inspected_ui};
use super::layout::compare::CompareLayout;
use super::layout::inspect::InspectLayout;
use super::layout::inspected::InspectedLayout;
use super::layout::learn::LearnLayout;
use super::layout::{Bands, Room, Screen};
use super::learn::{LearnView, learn_ui};
use super::tabs::Tabs;
use super::train::{TrainView, train_ui};
use crate::domain::config::TaskConfig;
use crate::lessons::{ControlId, Demonstration, Lesson, LessonProgress};
use crate::run::{Snapshot, WindowLanguage, WindowMode};
use crate::ui::kit::look::WindowLook;
use crate::ui::kit::paint::area;
use crate::ui::panels::inspect::InspectedFiles;
use crate::ui::panels::{
    DEMONSTRATION, DemonstrationView, LessonView, StatusView, StripView, demonstration_ui, lesson_ui, status_ui,
    strip_ui, trouble,
};
use crate::ui::view::drawing::PointDrawing;
use crate::ui::view::outbox::Ask;
use crate::ui::view::state::Cursor;
use crate::ui::view::watched::{counts_dumps, dump_beside};
use crate::ui::view::{Outbox, ViewState};
use crate::words::speak_of_shown;

/// What is open and looked at.
#[derive(Debug, Default)]
pub(crate) struct WindowScreen {
    sight: ViewState,
    strip: StripView,
    learn: LearnView,
    lesson: LessonView,
    train: TrainView,
    rail_open: bool,
    drawer: bool,
    inspect_tab: Tabs,
    inspected: InspectedScreen,
    compare_tab: Tabs,
    status: StatusView,
    demonstration: DemonstrationView,
}

impl WindowScreen {
    /// Shows this mode first.
    pub fn begin_in(&mut self, mode: WindowMode) {
        self.strip.mode = mode;
    }

    /// Draws everything so from now on.
    pub fn look(&mut self, look: WindowLook) {
        self.strip.look = look;
        self.sight.projector = look.projector;
    }

    /// Whether one tile is shown at a time, which the Tab key turns.
    pub fn turns(&self) -> bool {
        self.sight.projector
    }

    /// The mode that is shown.
    pub fn mode(&self) -> WindowMode {
        self.strip.mode
    }

    /// Speaks this language from now on.
    pub fn choose_language(&mut self, language: WindowLanguage) {
        self.strip.language = language;
    }

    /// The language that was chosen.
    pub fn language(&self) -> WindowLanguage {
        self.strip.language
    }

    /// The layer with experts that is shown, from 0.
    pub fn layer(&self) -> usize {
        self.sight.layer
    }

    /// Keeps in `file` which lessons were gone through.
    pub fn keep_lessons(&mut self, file: Option<PathBuf>) {
        self.lesson.keep_in(file);
    }

    /// Shows the list of lessons, or begins one.
    pub fn teach(&mut self, lesson: Option<Arc<Lesson>>) {
        match lesson {
            Some(lesson) => {
                self.strip.mode = WindowMode::Learn;
                self.lesson.begin(lesson);
            }
            None => self.lesson.list(),
        }
    }

    /// A demonstration was begun, or its line is to be put away. A lesson has another run, and is given up.
    fn demonstrate(&mut self, shown: Option<&'static Demonstration>) {
        if shown.is_some() {
            self.lesson.close();
        }
        self.demonstration.show(shown);
    }

    /// The controls that are not shown.
    pub fn hidden(&self) -> &[ControlId] {
        self.train.rail.hidden()
    }

    /// Hides these controls, and no others.
    pub fn hide(&mut self, hidden: Vec<ControlId>) {
        self.train.rail.hide(hidden);
    }

    /// How far somebody is in the lesson that is open.
    pub fn lesson(&self) -> Option<&LessonProgress> {
        self.lesson.progress()
    }

    /// Whether the lesson that is open takes the Space key.
    pub fn lesson_is_read(&self) -> bool {
        self.strip.mode == WindowMode::Learn && self.lesson.progress().is_some()
    }

    /// Lets the lesson that is open see the newest snapshot.
    pub fn feed(&mut self, shot: &Snapshot, out: &mut Outbox) {
        self.lesson.feed(shot, out);
    }

    /// Forgets what was asked of a run that is another one now.
    pub fn forget(&mut self) {
        self.train.rail.forget();
    }

    /// Keeps layer and step inside the run.
    pub fn fit(&mut self, shot: &Snapshot) {
        self.sight.fit(shot);
    }

    /// Draws it over all of `ui`; the area where notices may lie. `race`: the runs of a race, in order. `notices` is how many
    /// the log has; `scene` is the checkpoint that is looked at beside the run.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        shot: &Snapshot,
        race: &[Arc<Snapshot>],
        notices: usize,
        scene: InspectedScene<'_>,
        out: &mut Outbox,
    ) -> Rect {
        let whole = ui.max_rect();
        let shown = self.demonstration.of(shot);
        self.lesson.light_beside(shown.map_or(&[], |shown| &shown.lights));
        // Its line lies between the strip and all that is below.
        let lowered = if shown.is_some() { DEMONSTRATION.min(whole.height()) } else { 0.0 };
        let window = whole.with_min_y(whole.top() + lowered);
        speak_of_shown(shot);
        let room = Room::of(window, self.sight.projector);
        let narrow = window.width() < Screen::WIDE;
        self.strip.drawer = narrow && self.strip.mode != WindowMode::Learn;
        self.strip.lesson = self.lesson_is_read();
        self.status.lesson = self.strip.lesson;
        self.train.selection.drawer = narrow;
        let trouble = trouble(shot).is_some();
        let (middle, status) = match self.strip.mode {
            WindowMode::Learn => {
                let layout = LearnLayout::of(room, self.rail_open, self.lesson.is_open(), trouble);
                self.strip_ui(ui, layout.bands.strip, shot, out);
                let views = (&mut self.learn, &mut self.train.rail, &self.lesson);
                learn_ui(ui, &layout, shot, views, &mut self.sight, out);
                if let Some(rect) = layout.lesson {
                    area(ui, rect, "lesson", |ui| lesson_ui(ui, shot, &mut self.lesson, out));
                }
                // Notices do not lie over the buttons of a lesson.
                let middle = layout.bands.middle;
                let free = layout.lesson.map_or(middle, |lesson| middle.with_max_x(lesson.left()));
                (free, layout.bands.status)
            }
            WindowMode::Train => {
                let screen = Screen::of(room, self.rail_open, self.drawer, trouble);
                self.strip_ui(ui, screen.strip, shot, out);
                train_ui(ui, &screen, shot, &mut self.train, &mut self.sight, out);
                (screen.middle, screen.status)
            }
            WindowMode::Inspect if scene.inspection.is_some() => {
                let layout = InspectedLayout::of(room, self.rail_open, trouble);
                let strip = layout.bands.strip.translate(vec2(0.0, whole.top() - layout.bands.strip.top()));
                if let Some(inspection) = scene.inspection {
                    let of = (inspection, scene.recents);
                    inspected_ui(ui, &layout, strip, shot, of, &mut self.inspected, out);
                }
                (layout.bands.middle, layout.bands.status)
            }
            WindowMode::Inspect => {
                let layout = InspectLayout::of(room, self.rail_open, self.drawer, trouble);
                self.strip_ui(ui, layout.bands.strip, shot, out);
                let files = InspectedFiles { recents: scene.recents };
                let views = (&mut self.train.selection, &mut self.inspect_tab, files);
                inspect_ui(ui, &layout, shot, views, &mut self.sight, out);
                (layout.bands.middle, layout.bands.status)
            }
            WindowMode::Compare => {
                let layout = CompareLayout::of(room);
                self.strip_ui(ui, layout.bands.strip, shot, out);
                compare_ui(ui, &layout, shot, (race, &mut self.compare_tab), &mut self.sight, out);
                (layout.bands.middle, layout.bands.status)
            }
        };
        if let Some(shown) = shown {
            let strip = window.top() - lowered + Bands::STRIP;
            let line = Rect::from_min_size(pos2(whole.left(), strip), vec2(whole.width(), lowered));
            area(ui, line, "demonstration", |ui| demonstration_ui(ui, shot, shown, out));
        }
        self.inspected.is_shown = scene.inspection.is_some();
        self.status.inspects = self.looks_at_a_checkpoint();
        self.status.waiting = out.waiting().count();
        self.status.notices = notices;
        area(ui, status, "status", |ui| status_ui(ui, shot, &mut self.status, out));
        middle
    }

    fn strip_ui(&mut self, ui: &mut Ui, rect: Rect, shot: &Snapshot, out: &mut Outbox) {
        let rect = rect.translate(vec2(0.0, ui.max_rect().top() - rect.top()));
        area(ui, rect, "strip", |ui| strip_ui(ui, shot, &mut self.strip, out));
    }

    /// Does what was asked of this screen; gives back what is asked of somebody else.
    pub fn answer(&mut self, ask: Ask, shot: &Snapshot) -> Option<Ask> {
        match ask {
            Ask::Mode(mode) => self.strip.mode = mode,
            Ask::Language(language) => self.choose_language(language),
            Ask::Draw => self.draw(shot),
            Ask::Debug => self.status.debug = !self.status.debug,
            Ask::Rail => self.rail_open = !self.rail_open,
            Ask::Layer(by) if self.looks_at_a_checkpoint() => self.inspected.view.step_layer(by),
            Ask::Expert(place) if self.looks_at_a_checkpoint() => self.inspected.view.keep(place),
            Ask::LetGo if self.looks_at_a_checkpoint() && self.inspected.view.let_go() => {}
            Ask::Layer(by) => self.sight.step_layer(by, shot),
            Ask::Drawer => self.drawer = !self.drawer,
            Ask::StopAt => self.strip.steps.asked = true,
            Ask::Alerts => {
                self.drawer = true;
                self.train.selection.to_alerts = true;
            }
            Ask::LetGo => self.let_go(),
            Ask::Live => self.sight.cursor = Cursor::Live,
            Ask::Cursor(by) => {
                let now = self.sight.step(shot);
                let step = if counts_dumps(shot) { dump_beside(shot, now, by) } else { now.saturating_add_signed(by) };
                self.sight.look_at(step, shot);
            }
            Ask::Expert(place) if self.drawing().is_some() => {
                if let (Some(drawing), Ok(class)) = (self.drawing(), u16::try_from(place)) {
                    (drawing.class, drawing.erases) = (class.min(PointDrawing::CLASSES - 1), false);
                }
            }
            Ask::Expert(place) => {
                let id = self.sight.roster(shot).and_then(|roster| roster.slots.get(place).copied());
                if let Some(id) = id {
                    self.sight.keep(id);
                }
            }
            Ask::Tile(by) => self.turn(by),
            Ask::Lesson(lesson) => self.teach(Some(lesson)),
            Ask::Lessons => self.teach(None),
            Ask::Demonstrated(shown) => self.demonstrate(shown),
            Ask::Hide(hidden) => self.hide(hidden),
            other => return Some(other),
        }
        None
    }

    /// Shows another tile of those of which one is shown at a time.
    fn turn(&mut self, by: isize) {
        let tabs = match self.strip.mode {
            WindowMode::Learn => &mut self.learn.tabs[0],
            WindowMode::Train => &mut self.train.tab,
            WindowMode::Inspect if self.inspected.is_shown => &mut self.inspected.tab,
            WindowMode::Inspect => &mut self.inspect_tab,
            WindowMode::Compare => &mut self.compare_tab,
        };
        tabs.turn(by);
        self.sight.grown = None;
    }

    /// Whether a checkpoint is shown in the place of the run.
    fn looks_at_a_checkpoint(&self) -> bool {
        self.inspected.is_shown && self.strip.mode == WindowMode::Inspect
    }

    /// The drawing under way, where it is seen.
    fn drawing(&mut self) -> Option<&mut PointDrawing> {
        self.sight.drawing.as_mut().filter(|_| self.strip.mode == WindowMode::Learn)
    }

    /// Begins to draw points where there are maps to draw on, or puts the drawing away.
    fn draw(&mut self, shot: &Snapshot) {
        if self.drawing().is_some() {
            self.sight.drawing = None;
        } else if let (WindowMode::Learn, TaskConfig::Plane(points)) = (self.strip.mode, &shot.config.task) {
            self.sight.drawing = Some(PointDrawing::of(points));
        }
    }

    /// Lets go of the last thing that is held: a question, what has grown, what is lit, the step looked at.
    fn let_go(&mut self) {
        if self.drawing().is_some() {
            self.sight.drawing = None;
            return;
        }
        if self.strip.mode == WindowMode::Learn && self.learn.shrink() {
            return;
        }
        if self.strip.mode == WindowMode::Inspect && self.inspected.shrink() {
            return;
        }
        // Of the other screens, tiles grow on the training screen only; elsewhere the one that has grown there is not seen.
        let grown = if self.strip.mode == WindowMode::Train { None } else { self.sight.grown.take() };
        if self.train.selection.copying.take().is_none() && !self.sight.let_go() {
            self.sight.cursor = Cursor::Live;
        }
        self.sight.grown = self.sight.grown.or(grown);
    }

    /// Goes on in the lesson that is open.
    pub fn go_on(&mut self, shot: &Snapshot, out: &mut Outbox) {
        self.lesson.go_on(shot, out);
    }

    /// Ends a frame; whether it must be drawn once more, so that all panels agree on what is lit.
    pub fn end_frame(&mut self) -> bool {
        let again = self.inspected.view.end_frame();
        self.sight.end_frame() || again
    }

    /// Milliseconds of work of the last frame.
    pub fn frame_millis(&self) -> f64 {
        self.status.frame_millis
    }

    /// Notes how many milliseconds a frame took.
    pub fn spent(&mut self, millis: f64) {
        self.status.frame(millis);
    }
}
