//! The status line: what the run is doing, where a step's time goes, the last save; with F12 the window's own work.

use eframe::egui::{Align2, Rect, Ui, pos2, vec2};

use super::strip::paused_words;
use crate::run::{Snapshot, Status};
use crate::ui::outbox::Ask;
use crate::ui::press::{Look, Press};
use crate::ui::theme::{self, size};
use crate::ui::{Outbox, fonts, numbers, paint, strings};

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
}

impl StatusView {
    /// Takes in the work of a frame.
    pub fn frame(&mut self, millis: f64) {
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
        Status::Running => (theme.ok, "Running".to_owned()),
        Status::Paused(by) => (theme.amber, paused_words(by)),
        Status::Preparing(stage) => (theme.amber, format!("Preparing: {stage}")),
        Status::Saving => (theme.amber, "Saving…".to_owned()),
        Status::Failed(failure) => (theme.red, format!("Failed: {}", failure.what)),
    };
    let end = right_ui(ui, rect, shot, view, out);
    ui.painter().circle_filled(pos2(rect.left() + 19.0, y), 3.2, color);
    let at = pos2(rect.left() + 29.0, y);
    let room = end - at.x - 12.0;
    let text = paint::text_in(ui, at, Align2::LEFT_CENTER, &word, fonts::medium(size::CAPTION), theme.ink, room);
    paint::say(ui, text, "status", &word);
    let policy = shot.knobs.policy_words();
    let at = pos2(text.right() + 18.0, y);
    let room = end - at.x - 12.0;
    let text = if room > 60.0 {
        let text =
            paint::text_in(ui, at, Align2::LEFT_CENTER, &policy, fonts::regular(size::CAPTION), theme.ink2, room);
        let about =
            format!("{}: {}.\n{}", shot.knobs.policy.label(), shot.knobs.policy.about(), shot.knobs.policy.source());
        paint::say(ui, text, "policy", &policy).on_hover_text(about);
        text
    } else {
        text
    };
    let parts = timing_words(shot);
    let at = pos2(text.right() + 18.0, y);
    let room = end - at.x - 12.0;
    if room > 80.0 && !parts.is_empty() {
        let text = paint::text_in(ui, at, Align2::LEFT_CENTER, &parts, fonts::regular(size::CAPTION), theme.ink3, room);
        paint::say(ui, text, "timing", &parts).on_hover_text("Means over the last read-back, milliseconds.");
    }
}

fn timing_words(shot: &Snapshot) -> String {
    let t = &shot.timing;
    if t.step_millis <= 0.0 {
        return String::new();
    }
    format!(
        "step {} ms — waiting for the device {}",
        numbers::fixed(t.step_millis, 1),
        numbers::fixed(t.wait_millis, 1)
    )
}

/// The right end, from the right; returns where it begins.
fn right_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, view: &StatusView, out: &mut Outbox) -> f32 {
    let theme = theme::of(ui);
    let y = rect.center().y;
    let font = fonts::regular(size::CAPTION);
    let mut x = rect.right() - 16.0;
    if rect.width() > 500.0 {
        let keys = paint::text_in(ui, pos2(x, y), Align2::RIGHT_CENTER, "keys", font.clone(), theme.ink3, 60.0);
        paint::say(ui, keys.expand(4.0), "keys", "Keys").on_hover_text(strings::KEYS);
        x = keys.left() - 18.0;
    }
    let log = format!("Log ({})", view.notices);
    let press = Press::words(&log).named("Log").look(Look::Ghost).size(size::CAPTION);
    let width = press.width(ui) - 8.0;
    let spot = Rect::from_min_size(pos2(x - width, y - 9.0), vec2(width, 18.0));
    if press.show(ui, spot).clicked() {
        out.ask(Ask::Log);
    }
    x = spot.left() - 14.0;
    let saved = match &shot.saved {
        Some(saved) => format!("saved at step {}", numbers::count(saved.step)),
        None => "not saved yet".into(),
    };
    if rect.width() > 700.0 {
        let text = paint::text_in(ui, pos2(x, y), Align2::RIGHT_CENTER, &saved, font.clone(), theme.ink3, 160.0);
        let path = shot.saved.as_ref().map_or(String::new(), |s| s.path.display().to_string());
        paint::say(ui, text, "saved", &saved).on_hover_text(path);
        x = text.left() - 18.0;
    }
    if view.debug {
        let words = format!(
            "window {} ms, worst {} ms, frame {}, {} waiting",
            numbers::fixed(view.frame_millis, 2),
            numbers::fixed(view.worst_millis, 2),
            view.frames,
            view.waiting
        );
        let text = paint::text_in(ui, pos2(x, y), Align2::RIGHT_CENTER, &words, font, theme.amber, 340.0);
        paint::say(ui, text, "debug", &words);
        x = text.left() - 18.0;
    }
    x
}
