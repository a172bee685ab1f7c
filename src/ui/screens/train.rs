//! The training screen: strip, rail, stage and tiles, selection, timeline and status of one run, and what is open there.

use eframe::egui::Ui;

use super::board::board_ui;
use super::layout::Screen;
use crate::run::Snapshot;
use crate::ui::kit::paint::area;
use crate::ui::panels::{
    RailView, SelectionView, StatusView, StripView, rail_ui, selection_ui, status_ui, strip_ui, timeline_ui, trouble,
    trouble_ui,
};
use crate::ui::view::outbox::Ask;
use crate::ui::view::state::Cursor;
use crate::ui::view::{Outbox, ViewState};
use crate::words::speak_of;

/// What is open and looked at.
#[derive(Debug, Default)]
pub(crate) struct TrainScreen {
    sight: ViewState,
    strip: StripView,
    rail: RailView,
    rail_open: bool,
    selection: SelectionView,
    drawer: bool,
    tab: usize,
    status: StatusView,
}

impl TrainScreen {
    /// Forgets what was asked of a run that is another one now.
    pub fn forget(&mut self) {
        self.rail.forget();
    }

    /// Keeps layer and step inside the run.
    pub fn fit(&mut self, shot: &Snapshot) {
        self.sight.fit(shot);
    }

    /// Draws it over all of `ui`; where everything lies. `notices` is how many the log has.
    pub fn show(&mut self, ui: &mut Ui, shot: &Snapshot, notices: usize, out: &mut Outbox) -> Screen {
        let window = ui.max_rect();
        speak_of(&shot.config.task);
        let screen = Screen::of(window, self.rail_open, self.drawer, trouble(shot).is_some());
        let narrow = window.width() < Screen::WIDE;
        self.strip.drawer = narrow;
        area(ui, screen.strip, "strip", |ui| strip_ui(ui, shot, &mut self.strip, out));
        if let Some(rail) = screen.rail {
            area(ui, rail, "rail", |ui| rail_ui(ui, shot, &mut self.rail, &self.sight, out));
        }
        if let Some(rect) = screen.trouble {
            area(ui, rect, "trouble", |ui| trouble_ui(ui, shot, &mut (), out));
        }
        board_ui(ui, &screen, shot, &mut self.sight, &mut self.tab, out);
        if let Some(rect) = screen.selection {
            self.selection.drawer = narrow;
            area(ui, rect, "selection", |ui| selection_ui(ui, shot, &mut self.selection, &mut self.sight, out));
        }
        area(ui, screen.timeline, "timeline", |ui| timeline_ui(ui, shot, &mut self.sight, out));
        self.status.waiting = out.waiting().count();
        self.status.notices = notices;
        area(ui, screen.status, "status", |ui| status_ui(ui, shot, &mut self.status, out));
        screen
    }

    /// Does what was asked of this screen; gives back what is asked of somebody else.
    pub fn answer(&mut self, ask: Ask, shot: &Snapshot) -> Option<Ask> {
        match ask {
            Ask::Debug => self.status.debug = !self.status.debug,
            Ask::Rail => self.rail_open = !self.rail_open,
            Ask::Layer(by) => self.sight.step_layer(by, shot),
            Ask::Drawer => self.drawer = !self.drawer,
            Ask::StopAt => self.strip.steps.asked = true,
            Ask::Alerts => {
                self.drawer = true;
                self.selection.to_alerts = true;
            }
            Ask::LetGo => self.let_go(),
            Ask::Live => self.sight.cursor = Cursor::Live,
            Ask::Cursor(by) => {
                let step = self.sight.step(shot).saturating_add_signed(by);
                self.sight.look_at(step, shot);
            }
            Ask::Expert(place) => {
                let id = self.sight.roster(shot).and_then(|roster| roster.slots.get(place).copied());
                if let Some(id) = id {
                    self.sight.keep(id);
                }
            }
            other => return Some(other),
        }
        None
    }

    /// Lets go of the last thing that is held: a question, what has grown, what is lit, the step looked at.
    fn let_go(&mut self) {
        if self.selection.copying.take().is_some() || self.sight.let_go() {
            return;
        }
        self.sight.cursor = Cursor::Live;
    }

    /// Ends a frame; whether it must be drawn once more, so that all panels agree on what is lit.
    pub fn end_frame(&mut self) -> bool {
        self.sight.end_frame()
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
