//! The status line: what the run is doing, where a step's time goes, the last save; with F12 the window's own work.

use eframe::egui::{Align2, Pos2, Rect, Ui, pos2, vec2};

use super::strip::{is_led, paused_words};
use crate::domain::quote;
use crate::run::{Snapshot, Status};
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::view::Outbox;
use crate::ui::view::outbox::Ask;
use crate::ui::view::watched::{standing, trains};
use crate::ui::words::{self, inspected, rail, strip};

/// What the window measured of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StatusView {
    /// Whether the numbers about the window are shown.
    pub debug: bool,
    /// Milliseconds of work of the last frame.
    pub frame_millis: f64,
    /// The longest of the last hundred frames or so.
    pub worst_millis: f64,
    /// Frames drawn.
    pub frames: u64,
    /// Commands not taken by the run yet.
    pub waiting: usize,
    /// Notices in the log.
    pub notices: usize,
    /// Whether a lesson leads the run.
    pub lesson: bool,
    /// Whether a checkpoint is looked at beside the run.
    pub inspects: bool,
}

impl StatusView {
    /// Takes in the work of a frame.
    pub(crate) fn frame(&mut self, millis: f64) {
        self.frames += 1;
        self.frame_millis = millis;
        self.worst_millis = if self.frames % 100 == 1 { millis } else { self.worst_millis.max(millis) };
    }
}

/// Draws the line.
pub fn status_ui(ui: &mut Ui, shot: &Snapshot, view: &mut StatusView, out: &mut Outbox) {
    let theme = theme::of(ui);
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, 0, theme.panel);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, theme.hair());
    let y = rect.center().y;
    let (color, word) = match &shot.status {
        Status::Running => (theme.ok, strip::RUNNING.said().to_owned()),
        Status::Paused(by) if is_led(by, view.lesson) => (theme.amber, strip::lesson_stopped(shot.step)),
        Status::Paused(by) => (theme.amber, paused_words(by)),
        Status::Preparing(stage) => (theme.amber, strip::preparing(crate::words::preparation(stage))),
        Status::Watching => {
            let found = shot.watched.as_deref();
            let reached = found.is_none_or(|found| found.unreachable.is_none());
            (if reached { theme.ok } else { theme.red }, found.map(standing).unwrap_or_default())
        }
        Status::Saving => (theme.amber, strip::SAVING.said().to_owned()),
        Status::Failed(_) => (theme.red, strip::FAILED.said().to_owned()),
    };
    let (color, word) = match &shot.status {
        Status::Failed(_) => (color, word),
        Status::Paused(_) if view.inspects => (theme.ink3, inspected::looking().to_owned()),
        _ if view.inspects => (color, inspected::looking_beside().to_owned()),
        _ => (color, word),
    };
    let end = right_ui(ui, rect, shot, view, out);
    ui.painter().circle_filled(pos2(rect.left() + 19.0, y), 3.2, color);
    let at = pos2(rect.left() + 29.0, y);
    let room = end - at.x - 12.0;
    let text = paint::text_in(ui, at, Align2::LEFT_CENTER, &word, fonts::medium(size::CAPTION), theme.ink, room);
    paint::say(ui, text, "status", &word);
    if view.inspects {
        return;
    }
    // Of anybody's dumps nobody knows who decided.
    let own = shot.watched.as_ref().is_none_or(|watched| watched.own_run);
    let policy = if own { crate::words::policy_of((shot.knobs.policy, shot.knobs.form)) } else { String::new() };
    let at = pos2(text.right() + 18.0, y);
    let room = end - at.x - 12.0;
    let text = if room > 60.0 && own {
        let text =
            paint::text_in(ui, at, Align2::LEFT_CENTER, &policy, fonts::regular(size::CAPTION), theme.ink2, room);
        paint::say(ui, text, "policy", &policy).on_hover_text(rail::policy(shot.knobs.policy));
        text
    } else {
        text
    };
    let parts = timing_words(shot);
    let at = pos2(text.right() + 18.0, y);
    let room = end - at.x - 12.0;
    if room > 80.0 && !parts.is_empty() {
        let text = paint::text_in(ui, at, Align2::LEFT_CENTER, &parts, fonts::regular(size::CAPTION), theme.ink3, room);
        paint::say(ui, text, "timing", &parts).on_hover_text(strip::ABOUT_TIMING.said());
    }
}

fn timing_words(shot: &Snapshot) -> String {
    let t = &shot.pace.timing;
    if t.step_millis <= 0.0 {
        return String::new();
    }
    strip::timing(t.step_millis, t.wait_millis)
}

/// The right end, from the right; returns where it begins.
fn right_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, view: &StatusView, out: &mut Outbox) -> f32 {
    let theme = theme::of(ui);
    let y = rect.center().y;
    let font = fonts::regular(size::CAPTION);
    let mut x = rect.right() - 16.0;
    if rect.width() > 500.0 {
        let press = Press::words(strip::KEYS.said()).named(strip::KEYS_NAMED.said()).look(Look::Ghost);
        let press = press.size(size::CAPTION);
        let width = press.width(ui) - 8.0;
        let spot = Rect::from_min_size(pos2(x - width + 6.0, y - 9.0), vec2(width, 18.0));
        if press.show(ui, spot).on_hover_text(strip::ABOUT_KEYS.said()).clicked() {
            out.ask(Ask::Keys);
        }
        x = spot.left() - 8.0;
    }
    let log = strip::log(view.notices);
    let press = Press::words(&log).named(strip::LOG.said()).look(Look::Ghost).size(size::CAPTION);
    let width = press.width(ui) - 8.0;
    let spot = Rect::from_min_size(pos2(x - width, y - 9.0), vec2(width, 18.0));
    if press.show(ui, spot).clicked() {
        out.ask(Ask::Log);
    }
    x = spot.left() - 14.0;
    x = alerts_ui(ui, pos2(x, y), shot, out);
    let saved = match &shot.saves.newest {
        Some(saved) => strip::saved_at(saved.step),
        None => strip::NOT_SAVED.into(),
    };
    if rect.width() > 700.0 && trains(shot) {
        let text = paint::text_in(ui, pos2(x, y), Align2::RIGHT_CENTER, &saved, font.clone(), theme.ink3, 160.0);
        let path = shot.saves.newest.as_ref().map_or(String::new(), |s| quote::path(&s.path));
        paint::say(ui, text, "saved", &saved).on_hover_text(path);
        x = text.left() - 18.0;
    }
    if view.debug {
        let words = strip::window_work(view.frame_millis, view.worst_millis, view.frames, view.waiting);
        let text = paint::text_in(ui, pos2(x, y), Align2::RIGHT_CENTER, &words, font, theme.amber, 340.0);
        paint::say(ui, text, "debug", &words);
        x = text.left() - 18.0;
    }
    x
}

/// How many alerts stand: at every size, and the way to them. Ends at `at`; returns where it begins.
fn alerts_ui(ui: &mut Ui, at: Pos2, shot: &Snapshot, out: &mut Outbox) -> f32 {
    let count = shot.memory.alerts.active().count();
    if count == 0 {
        return at.x;
    }
    let theme = theme::of(ui);
    let words = words::selection::alerts(count, None);
    let press = Press::words(&words).look(Look::Ghost).size(size::CAPTION);
    let width = press.width(ui) - 8.0;
    let spot = Rect::from_min_size(pos2(at.x - width, at.y - 9.0), vec2(width, 18.0));
    if press.show(ui, spot).on_hover_text(strip::ABOUT_ALERTS.said()).clicked() {
        out.ask(Ask::Alerts);
    }
    icons::draw(ui.painter(), Icon::Warning, pos2(spot.left() - 5.0, at.y - 0.5), 11.0, theme.amber);
    spot.left() - 22.0
}
