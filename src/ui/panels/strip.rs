//! The top strip: run, pause, step, reset, speed; where the run stands; text, device, theme.

mod menu;
mod modes;
mod steps;
mod undo;

use eframe::egui::{Align2, Rect, Ui, pos2, vec2};

pub(super) use self::menu::device_ui;
pub(super) use self::modes::modes_ui;
use self::steps::StepsView;
use crate::run::{
    AppCommand, Command, PausedBy, Preparation, Snapshot, SnapshotWatched, Status, WindowLanguage, WindowMode,
};
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::look::WindowLook;
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::slider::{Reach, slider_ui};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::view::Outbox;
use crate::ui::view::derived::score;
use crate::ui::view::outbox::Ask;
use crate::ui::view::watched::{standing, trains};
use crate::ui::words::{self, strip, watched};

/// Steps a second at which the speed slider means “as fast as it goes”.
const FASTEST: f64 = 1000.0;

/// Width below which the badge says only that it is paused; the status line says why.
const SHORT_BADGE: f32 = 1240.0;

/// Width from which all modes stand side by side; below they are a menu.
const SWITCH: f32 = 1400.0;
/// The same where the seed has many digits.
const LONG_SEED_SWITCH: f32 = 1800.0;
/// Width from which undo and redo have buttons; below they are in the menu of runs.
const UNDO: f32 = 1280.0;
/// Width of a mode there.
const MODE: f32 = 70.0;

/// The speed under the hand.
#[derive(Debug, Default)]
pub struct StripView {
    /// Whether the selection is folded away, so that a button shows it.
    pub drawer: bool,
    /// The menu of steps.
    pub(crate) steps: StepsView,
    /// The screen that is shown.
    pub mode: WindowMode,
    /// Whether a lesson leads the run.
    pub lesson: bool,
    /// How the window is drawn.
    pub(crate) look: WindowLook,
    /// The language that was chosen.
    pub language: WindowLanguage,
    speed: Option<f64>,
}

/// Draws what every strip begins with: its ground, the mark from a width of `mark` points, and from 1,320 the program's name before a
/// line with `gap` points behind it. Returns where the strip goes on.
pub(super) fn begun_ui(ui: &Ui, mark: f32, gap: f32) -> f32 {
    let theme = theme::of(ui);
    let rect = ui.max_rect();
    let (y, wide) = (rect.center().y, rect.width());
    let painter = ui.painter();
    painter.rect_filled(rect, 0, theme.panel);
    painter.hline(rect.x_range(), rect.bottom() - 0.5, theme.hair());
    let mut x = rect.left() + 16.0;
    if wide > mark {
        icons::mark(painter, pos2(x + 9.0, y), 20.0, theme);
        x += 28.0;
    }
    if wide > 1320.0 {
        let font = fonts::strong(size::STRIP);
        x = painter.text(pos2(x, y), Align2::LEFT_CENTER, words::PROGRAM, font, theme.ink).right() + 12.0;
        painter.vline(x, y - 12.0..=y + 12.0, theme.hair());
        x += gap;
    }
    x
}

/// Draws the strip.
pub fn strip_ui(ui: &mut Ui, shot: &Snapshot, view: &mut StripView, out: &mut Outbox) {
    let rect = ui.max_rect();
    let (y, wide) = (rect.center().y, rect.width());
    let mut x = begun_ui(ui, 560.0, 8.0);
    x = buttons_ui(ui, pos2(x, y), shot, view, out);
    let right = right_ui(ui, rect, shot, view, out);
    if let Some(found) = &shot.watched {
        return watched_ui(ui, pos2(x + 16.0, y), right - 12.0, shot, found);
    }
    if wide > 1000.0 && x + 150.0 < right {
        x = speed_ui(ui, pos2(x + 14.0, y), shot, view, out);
    }
    facts_ui(ui, pos2(x + 16.0, y), right - 12.0, shot, view.mode);
}

/// What is watched, and what came last.
fn watched_ui(ui: &Ui, at: eframe::egui::Pos2, end: f32, shot: &Snapshot, found: &SnapshotWatched) {
    let theme = theme::of(ui);
    let (room, name, stands) = (end - at.x, watched::watching(&shot.data.badge.name), standing(found));
    if room < 80.0 {
        return;
    }
    let caption = fonts::regular(size::CAPTION);
    paint::text_in(ui, at - vec2(0.0, 9.0), Align2::LEFT_CENTER, &name, caption, theme.ink3, room);
    let ink = if found.unreachable.is_some() { theme.red } else { theme.ink };
    paint::text_in(ui, at + vec2(0.0, 8.0), Align2::LEFT_CENTER, &stands, fonts::medium(size::BODY), ink, room);
    let spot = Rect::from_min_max(at - vec2(0.0, 18.0), pos2(end, at.y + 18.0));
    let said = format!("{name}: {stands}");
    paint::say(ui, spot, "watched", &said).on_hover_text(&said);
}

/// Whether the seed has so many digits that others make room for it.
fn has_long_seed(shot: &Snapshot) -> bool {
    shot.config.seed > 999_999_999
}

/// Reset, Run or Pause, Step. Returns where they end.
fn buttons_ui(ui: &mut Ui, at: eframe::egui::Pos2, shot: &Snapshot, view: &mut StripView, out: &mut Outbox) -> f32 {
    let place = |x: f32, w: f32, h: f32| Rect::from_min_size(pos2(x, at.y - h / 2.0), vec2(w, h));
    let mut x = at.x;
    let reset = Press::icon(Icon::Reset, strip::RESET.said()).enabled(trains(shot)).show(ui, place(x, 32.0, 32.0));
    let words = strip::about_reset(shot.config.seed, shot.config.seed.wrapping_add(1));
    if reset.on_hover_text(words).on_disabled_hover_text(watched::ONLY.said()).clicked() {
        let shift = ui.input(|i| i.modifiers.shift);
        out.push(Command::Reset { seed: shift.then(|| shot.config.seed.wrapping_add(1)) });
    }
    x += 40.0;
    x = run_ui(ui, place(x, 112.0, 36.0), shot, out) + 8.0;
    x = steps::steps_ui(ui, pos2(x, at.y), shot, &mut view.steps, out);
    if ui.max_rect().width() >= UNDO {
        x = undo::undo_ui(ui, pos2(x + 6.0, at.y), shot, out);
    }
    if let Status::Paused(by) = &shot.status
        && ui.max_rect().width() > 800.0
    {
        let words = if is_led(by, view.lesson) { strip::PAUSED_BY_LESSON.into() } else { paused_words(by) };
        x = badge_ui(ui, pos2(x + 10.0, at.y), &words, ui.max_rect().width() < SHORT_BADGE);
    }
    x
}

fn run_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, out: &mut Outbox) -> f32 {
    let (press, command) = match &shot.status {
        Status::Running => (Press::words(strip::PAUSE.said()).with_icon(Icon::Pause), Some(Command::Pause)),
        Status::Preparing(Preparation::Rewinding(_)) => {
            let press = Press::words(strip::CANCEL.said()).with_icon(Icon::Close);
            if press.show(ui, rect).on_hover_text(strip::ABOUT_CANCEL.said()).clicked() {
                out.push(AppCommand::CancelRewind);
            }
            return rect.right();
        }
        Status::Preparing(_) => (Press::words(strip::PREPARING.said()).enabled(false), None),
        Status::Failed(failure) => {
            let back = failure.ways.iter().find(|way| way.command == Command::GoBack);
            if let (Some(way), Some(saved)) = (back, shot.saves.ways_back.first()) {
                let words = strip::resume(saved.step);
                let press = Press::words(&words).look(Look::Ink);
                let rect = Rect::from_min_size(rect.min, vec2(press.width(ui), rect.height()));
                if press.show(ui, rect).clicked() {
                    out.push(way.command.clone());
                }
                return rect.right();
            }
            (Press::words(strip::RUN.said()).with_icon(Icon::Play).enabled(false), None)
        }
        Status::Watching => {
            let press = Press::words(watched::LOOK_NOW.said()).look(Look::Ink);
            if press.show(ui, rect).on_hover_text(watched::ABOUT_LOOK_NOW.said()).clicked() {
                out.push(Command::LookNow);
            }
            return rect.right();
        }
        Status::Paused(_) | Status::Saving => {
            (Press::words(strip::RUN.said()).with_icon(Icon::Play), Some(Command::Run))
        }
    };
    let response = press.look(Look::Ink).show(ui, rect).on_hover_text(strip::ABOUT_RUN.said());
    if response.clicked()
        && let Some(command) = command
    {
        out.drive(command);
    }
    rect.right()
}

/// The amber badge that says who paused.
fn badge_ui(ui: &Ui, at: eframe::egui::Pos2, words: &str, short: bool) -> f32 {
    let theme = theme::of(ui);
    let galley = paint::cut(
        ui,
        if short { strip::PAUSED.said() } else { words },
        fonts::medium(size::CAPTION),
        theme.amber,
        180.0,
    );
    let rect = Rect::from_min_size(at - vec2(0.0, 11.0), vec2(galley.size().x + 18.0, 22.0));
    ui.painter().rect_filled(rect, 11, theme.amber.gamma_multiply(0.15));
    ui.painter().galley(pos2(rect.left() + 9.0, at.y - galley.size().y / 2.0), galley, theme.amber);
    paint::say(ui, rect, "paused", words);
    rect.right()
}

/// Whether a run was paused by the lesson that leads it: it asks for so many steps.
pub(super) fn is_led(by: &PausedBy, lesson: bool) -> bool {
    lesson && matches!(by, PausedBy::Steps(_))
}

/// Why it is paused, in a few words.
pub(crate) fn paused_words(by: &PausedBy) -> String {
    match by {
        PausedBy::Start => strip::PAUSED_AT_START.into(),
        PausedBy::Person => strip::PAUSED_BY_YOU.into(),
        PausedBy::Steps(done) => strip::paused_steps_done(*done),
        PausedBy::Plan => strip::PAUSED_PLAN_DONE.into(),
        PausedBy::Opened => strip::PAUSED_OPENED.into(),
        PausedBy::Text { .. } => strip::PAUSED_TEXT.into(),
        PausedBy::NotFinite { .. } => strip::PAUSED_NOT_FINITE.into(),
        PausedBy::Rewound => strip::PAUSED_REWOUND.into(),
        PausedBy::Moved => strip::PAUSED_MOVED.into(),
        PausedBy::DiskFull { .. } => strip::PAUSED_DISK_FULL.into(),
    }
}

fn speed_ui(ui: &mut Ui, at: eframe::egui::Pos2, shot: &Snapshot, view: &mut StripView, out: &mut Outbox) -> f32 {
    let theme = theme::of(ui);
    let caption = fonts::regular(size::CAPTION);
    ui.painter().text(at - vec2(0.0, 9.0), Align2::LEFT_CENTER, strip::SPEED, caption, theme.ink3);
    let in_force = shot.pace.speed.unwrap_or(FASTEST).clamp(1.0, FASTEST);
    let mut value = view.speed.unwrap_or(in_force);
    let rect = Rect::from_min_size(at + vec2(0.0, 1.0), vec2(84.0, 14.0));
    let reach = Reach { low: 1.0, high: FASTEST, finest: Some(1.0), whole: false };
    let response = slider_ui(ui, rect, strip::SPEED.said(), reach, &mut value);
    if response.changed() {
        view.speed = Some(value);
    }
    if view.speed.is_some() && !response.dragged() && !response.is_pointer_button_down_on() {
        view.speed = None;
        if value != in_force {
            out.drive(Command::Speed((value < FASTEST * 0.97).then_some(value)));
        }
    }
    let words = if value >= FASTEST * 0.97 { strip::FASTEST.into() } else { strip::per_second(value) };
    let beside = pos2(rect.right() + 8.0, rect.center().y);
    paint::text_in(ui, beside, Align2::LEFT_CENTER, &words, fonts::medium(size::BODY), theme.ink2, 50.0);
    beside.x + 40.0
}

/// Step, tokens per second, time left, seed. Where there is little room the time left goes first, then the speed; the
/// menu of runs has the seed.
fn facts_ui(ui: &Ui, at: eframe::egui::Pos2, end: f32, shot: &Snapshot, mode: WindowMode) {
    let theme = theme::of(ui);
    let narrow = ui.max_rect().width() < 1400.0;
    let (tokens, tokens_wide) =
        if narrow { (strip::tokens_per_second_short(), 72.0) } else { (strip::tokens_per_second(), 112.0) };
    let of = strip::of_steps(shot.config.steps);
    let left = shot.seconds_left().map_or(words::UNKNOWN.into(), numbers::duration);
    let speed =
        if shot.pace.tokens_per_sec > 0.0 { numbers::short(shot.pace.tokens_per_sec) } else { words::UNKNOWN.into() };
    // Where points are learnt with, how well it goes is of more use than how fast.
    let learns = mode == WindowMode::Learn && shot.config.task.text().is_none();
    let score = || score(shot).map_or(words::UNKNOWN.into(), |(value, _)| words::plane::score(shot, value));
    let pace =
        if learns { (words::plane::score_name(shot), score(), "", 84.0) } else { (tokens, speed, "", tokens_wide) };
    // A seed of many digits takes the room of the planned steps, which the timeline tells as well.
    let (of, step_wide) = if has_long_seed(shot) { ("", 60.0) } else { (of.as_str(), 118.0) };
    let rows = [
        (strip::STEP.said(), numbers::count(shot.step), of, step_wide),
        pace,
        (strip::LEFT.said(), left, "", 56.0),
        (strip::SEED.said(), shot.config.seed.to_string(), "", 40.0),
    ];
    let strong = fonts::strong(size::STRIP);
    let room = |value: &str, beside: &str, width: f32| {
        let (value, beside) =
            (paint::wide(ui, value, strong.clone()), paint::wide(ui, beside, fonts::regular(size::BODY)));
        (value + if beside > 0.0 { beside + 6.0 } else { 0.0 } + 26.0).max(width)
    };
    let named = |name: &str| paint::wide(ui, name, fonts::regular(size::CAPTION)) + 16.0;
    let wide = rows.each_ref().map(|(name, value, beside, width)| room(value, beside, f32::max(*width, named(name))));
    let (mut kept, mut left_over) = ([false; 4], end - at.x + 26.0);
    // There the seed stands among the controls.
    for place in if learns { [0, 1, 2, 3] } else { [0, 3, 1, 2] } {
        kept[place] = wide[place] <= left_over;
        left_over -= if kept[place] { wide[place] } else { 0.0 };
    }
    let mut x = at.x;
    for (i, (name, value, beside, width)) in rows.iter().enumerate().filter(|(i, _)| kept[*i]) {
        let strong = strong.clone();
        let value_at = pos2(x, at.y + 8.0);
        if i == 1 {
            ui.painter().vline(x - 14.0, at.y - 14.0..=at.y + 14.0, theme.hair());
        }
        let caption = pos2(x, at.y - 9.0);
        paint::text_in(ui, caption, Align2::LEFT_CENTER, name, fonts::regular(size::CAPTION), theme.ink3, 140.0);
        let number = paint::text_in(ui, value_at, Align2::LEFT_CENTER, value, strong, theme.ink, end - x);
        let mut right = number.right();
        let font = fonts::regular(size::BODY);
        let beside_wide = paint::cut(ui, beside, font.clone(), theme.ink3, 200.0).size().x;
        if !beside.is_empty() && right + 6.0 + beside_wide <= end {
            let place = pos2(right + 6.0, value_at.y + 0.5);
            right = paint::text_in(ui, place, Align2::LEFT_CENTER, beside, font, theme.ink3, 200.0).right();
        }
        let spot = Rect::from_min_max(pos2(x, at.y - 18.0), pos2(right, at.y + 18.0));
        paint::say(ui, spot, ("strip", *name), format!("{name} {value} {beside}").trim_end());
        x += f32::max(*width, named(name)).max(right - x + 26.0);
    }
}

/// Theme, device, text menu, open and save, right-aligned. Returns where they begin.
fn right_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, view: &StripView, out: &mut Outbox) -> f32 {
    let theme = theme::of(ui);
    let y = rect.center().y;
    let mut x = rect.right() - 12.0;
    let mut take = |w: f32| {
        x -= w;
        let spot = Rect::from_min_size(pos2(x, y - 16.0), vec2(w, 32.0));
        x -= 8.0;
        spot
    };
    let (icon, name) = if theme.dark { (Icon::Sun, strip::LIGHT_THEME) } else { (Icon::Moon, strip::DARK_THEME) };
    if Press::icon(icon, name.said()).look(Look::Ghost).show(ui, take(32.0)).on_hover_text(name.said()).clicked() {
        out.ask(Ask::Theme);
    }
    if rect.width() < 1024.0 {
        let spot = take(32.0);
        if Press::icon(Icon::Knobs, strip::KNOBS.said())
            .show(ui, spot)
            .on_hover_text(strip::ABOUT_KNOBS.said())
            .clicked()
        {
            out.ask(Ask::Rail);
        }
    }
    if view.drawer {
        let spot = take(32.0);
        let press = Press::icon(Icon::Side, strip::SELECTION.said());
        if press.show(ui, spot).on_hover_text(strip::ABOUT_SELECTION.said()).clicked() {
            out.ask(Ask::Drawer);
        }
        if shot.memory.alerts.active().next().is_some() {
            ui.painter().circle_filled(spot.right_top() + vec2(-3.0, 3.0), 3.5, theme.amber);
        }
    }
    // A seed of many digits needs the room.
    let switch = rect.width() >= if has_long_seed(shot) { LONG_SEED_SWITCH } else { SWITCH };
    let width = match rect.width() {
        _ if switch => MODE * WindowMode::ALL.len() as f32,
        w if w >= 640.0 => 96.0,
        _ => 32.0,
    };
    modes_ui(ui, take(width), switch, view.mode, out);
    if rect.width() > 900.0 && trains(shot) {
        device_ui(ui, take(150.0), shot, out);
    }
    if rect.width() > 1800.0 {
        for (words, ask) in [(strip::SAVE, Ask::Save), (strip::OPEN, Ask::Open)] {
            if Press::words(words.said()).look(Look::Ghost).show(ui, take(66.0)).clicked() {
                out.ask(ask);
            }
        }
    }
    if rect.width() > 480.0 {
        let spot = take(if rect.width() > 1400.0 { 116.0 } else { 100.0 });
        let name = Some(words::plane::data_name(shot)).filter(|name| !name.is_empty()).unwrap_or(strip::FILE.said());
        menu::run_menu_ui(ui, spot, name, shot, view, out);
    }
    x
}
