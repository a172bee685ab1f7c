//! The timeline: a lane per layer with a tick where it competed, what was changed, saves, now, and what is planned.

mod ahead;
mod alerts;
mod gaps;
mod kappa;
mod pins;

use eframe::egui::{Align2, Color32, CornerRadius, Pos2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::run::Snapshot;
use crate::store::history::{LayerMeasure, RunMeasure, SeriesKey};
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::panels::ghosts;
use crate::ui::view::derived::{Competed, Flagged, WINDOW};
use crate::ui::view::outbox::Ask;
use crate::ui::view::watched::{self, counts_dumps};
use crate::ui::view::{Outbox, ViewState, spoken};
use crate::ui::words::{self, timeline};

pub(crate) use alerts::show;

/// Height below which only the chosen layer has a lane.
const TALL: f32 = 100.0;

/// Height over the lanes: a row of flags, and one of alerts.
const HEAD: f32 = 30.0;
/// Middle of the row of flags, from the top.
const FLAGS: f32 = 10.0;
/// Flags nearer than this are one.
const APART: f32 = 13.0;

/// Where steps lie.
#[derive(Clone, Copy)]
struct Scale {
    left: f32,
    right: f32,
    last: u64,
}

impl Scale {
    /// The step at a place.
    fn step(&self, x: f32) -> u64 {
        let share = f64::from((x - self.left) / (self.right - self.left).max(1.0)).clamp(0.0, 1.0);
        (share * self.last as f64).round() as u64
    }

    fn x(&self, step: f64) -> f32 {
        self.left + (self.right - self.left) * (step / self.last as f64).clamp(0.0, 1.0) as f32
    }
}

/// Draws the strip.
pub fn timeline_ui(ui: &mut Ui, shot: &Snapshot, sight: &mut ViewState, out: &mut Outbox) {
    lanes_ui(ui, shot, sight, false, out);
}

/// Draws it where points are learnt with: one lane, and kappa below it.
pub(crate) fn learn_timeline_ui(ui: &mut Ui, shot: &Snapshot, sight: &mut ViewState, out: &mut Outbox) {
    lanes_ui(ui, shot, sight, true, out);
}

fn lanes_ui(ui: &mut Ui, shot: &Snapshot, sight: &mut ViewState, learns: bool, out: &mut Outbox) {
    let theme = theme::of(ui);
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, 0, theme.panel);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, theme.hair());
    let tall = rect.height() >= TALL;
    let gutter = if rect.width() > 1300.0 { 272.0 } else { (rect.width() * 0.19).clamp(90.0, 232.0) };
    let scale = Scale {
        left: rect.left() + gutter,
        right: (rect.right() - 16.0).max(rect.left() + gutter + 1.0),
        last: shot.config.steps.max(shot.step).max(gaps::newest_before(shot)).max(1),
    };
    // Flags stand over the row of alerts, and both over the lanes.
    let (head, foot) = (HEAD, if tall { 27.0 } else { 25.0 });
    let lanes = Rect::from_min_max(pos2(scale.left, rect.top() + head), pos2(scale.right, rect.bottom() - foot));
    let with_kappa = learns && !counts_dumps(shot) && tall && lanes.height() >= kappa::LEAST;
    let layers = if tall && !with_kappa {
        shown_layers(shot.model.rosters.len(), sight.layer, lanes.height())
    } else {
        sight.layer..sight.layer + 1
    };
    let y = rect.top() + if tall { head * 0.5 + 1.0 } else { FLAGS };
    let title = pos2(rect.left() + 16.0, y);
    let run = paint::text_in(
        ui,
        title,
        Align2::LEFT_CENTER,
        timeline::RUN.said(),
        fonts::strong(size::TITLE),
        theme.ink,
        60.0,
    );
    let room = scale.left - run.right() - 16.0;
    let ticks = if counts_dumps(shot) {
        [timeline::DUMPS_AND_GAPS, timeline::GAPS]
    } else if learns {
        [timeline::TICK_OF_ALL; 2]
    } else {
        [timeline::TICK; 2]
    };
    let font = fonts::regular(size::CAPTION);
    if let Some(tick) = paint::fitting(ui, &ticks.map(|words| words.said()), &font, room) {
        let at = pos2(run.right() + 10.0, y);
        paint::text_in(ui, at, Align2::LEFT_CENTER, tick, font, theme.ink3, room + 1.0);
    }
    let spot = Rect::from_min_max(pos2(rect.left() + 12.0, rect.top() + 2.0), pos2(scale.left - 8.0, lanes.top()));
    paint::say(ui, rect, "picture", &spoken::timeline(shot, sight));
    let about = if counts_dumps(shot) { words::watched::ABOUT_TIMELINE.said() } else { words::about_timeline() };
    paint::say(ui, spot, "timeline-about", timeline::ABOUT.said()).on_hover_text(about);
    let pitch = (lanes.height() / layers.len().max(1) as f32).min(if with_kappa { kappa::TICKS } else { 26.0 });
    warm_up_ui(ui, lanes, &scale, shot, pitch * layers.len() as f32);
    ahead::unknown_ui(ui, lanes.with_max_y(lanes.top() + pitch * layers.len() as f32), &scale, shot);
    let hidden = shot.model.rosters.len() - layers.len().min(shot.model.rosters.len());
    let (first, shown) = (layers.start, layers.len());
    for (row, layer) in layers.enumerate() {
        let lane =
            Rect::from_min_size(pos2(lanes.left(), lanes.top() + row as f32 * pitch), vec2(lanes.width(), pitch));
        if !with_kappa {
            let at = pos2(rect.left() + 16.0, lane.center().y);
            lane_label_ui(ui, at, scale.left - 16.0, shot, layer, layer == sight.layer);
        }
        match counts_dumps(shot) {
            true => gaps::dumps_ui(ui, lane, &scale, shot, layer, layer == sight.layer),
            false => lane_ui(ui, lane, &scale, shot, layer, layer == sight.layer),
        }
    }
    gaps::again_ui(ui, rect, lanes, &scale, shot);
    gaps::gaps_ui(ui, lanes.with_max_y(lanes.top() + pitch * shown as f32), &scale, shot);
    if with_kappa {
        kappa::kappa_ui(ui, lanes, (rect.left() + 16.0, scale.left - 24.0), &scale, shot, sight);
    }
    axis_ui(ui, lanes, &scale, hidden, rect.left() + 16.0);
    pins::pins_ui(ui, lanes, &scale, shot, sight);
    let rows = ahead::Rows { first, pitch };
    if !ahead::paint_ui(ui, lanes, &scale, shot, &rows, sight, out) {
        drag_ui(ui, lanes, &scale, shot, sight);
    }
    alerts::alerts_ui(ui, lanes, &scale, shot, sight);
    flags_ui(ui, rect, lanes, &scale, shot, sight, out);
    cursor_ui(ui, rect, lanes, &scale, shot, sight, out);
}

/// The layers that have a lane: all, or as many as fit around the chosen one.
fn shown_layers(count: usize, chosen: usize, height: f32) -> std::ops::Range<usize> {
    let fit = ((height / 12.0) as usize).max(1);
    if count <= fit {
        return 0..count;
    }
    let first = chosen.saturating_sub(fit / 2).min(count - fit);
    first..first + fit
}

/// Dragging or clicking in the lanes looks at that step; the newest is live.
fn drag_ui(ui: &Ui, lanes: Rect, scale: &Scale, shot: &Snapshot, sight: &mut ViewState) {
    let response = ui.interact(paint::sound(lanes), ui.scope_id().with("cursor"), Sense::click_and_drag());
    let words = timeline::looked_at_of(sight.step(shot), shot.step);
    response.widget_info(|| WidgetInfo::labeled(Role::Slider, true, &words));
    if let Some(at) = response.interact_pointer_pos()
        && shot.step > 0
    {
        sight.look_at(scale.step(at.x), shot);
    }
}

fn lane_label_ui(ui: &Ui, at: Pos2, end: f32, shot: &Snapshot, layer: usize, chosen: bool) {
    let theme = theme::of(ui);
    let competed = Competed::of(shot, layer);
    let font = if chosen { fonts::strong(size::CAPTION) } else { fonts::regular(size::CAPTION) };
    let ink = if chosen { theme.ink } else { theme.ink2 };
    let name = words::layer_short(layer);
    let name = paint::text_in(ui, at + vec2(4.0, 0.0), Align2::LEFT_CENTER, &name, font.clone(), ink, 34.0);
    if counts_dumps(shot) {
        return key_ui(ui, (name.right() + 10.0, at.y), end, shot, layer, ink);
    }
    let steps = timeline::steps(competed.steps);
    let share = if competed.window == 0 { words::UNKNOWN.into() } else { numbers::percent(competed.rate) };
    let asked = shot.knobs.competition_rate;
    let said = timeline::layer_competed(layer, competed.steps, &share, competed.window, asked);
    let row = Rect::from_min_max(pos2(at.x, at.y - 6.0), pos2(end - 4.0, at.y + 6.0));
    // From the right: the bar, the share and of how many steps, the count of all.
    let mut right = end - 8.0;
    if end - at.x > 215.0 {
        let bar = Rect::from_min_max(pos2(right - 36.0, at.y - 2.0), pos2(right, at.y + 2.0));
        // The scale reaches twice what is asked, so that the notch stands in the middle and both sides can be seen.
        let full = (asked * 2.0).clamp(0.02, 1.0);
        paint::floor_bar(ui.painter(), bar, competed.rate / full, Some(asked / full), theme.violet, theme);
        right = bar.left() - 8.0;
    }
    let left = name.right() + 10.0;
    let rate = timeline::rate(&share, competed.window);
    let wide = |text: &str| paint::cut(ui, text, font.clone(), ink, 400.0).size().x;
    let (count_width, rate_width) = (wide(&steps), wide(&rate));
    if left + rate_width <= right {
        paint::text_in(ui, pos2(right, at.y), Align2::RIGHT_CENTER, &rate, font.clone(), ink, rate_width + 1.0);
        right -= rate_width + 10.0;
    }
    if left + count_width <= right {
        paint::text_in(ui, pos2(left, at.y), Align2::LEFT_CENTER, &steps, font, ink, count_width + 1.0);
    }
    paint::say(ui, row, ("lane", layer), &said).on_hover_text(said);
}

/// The key of a layer beside its lane, of a dump: no dump says when a layer competed.
fn key_ui(ui: &Ui, (left, y): (f32, f32), end: f32, shot: &Snapshot, layer: usize, ink: Color32) {
    if let Some(key) = watched::key(shot, &ViewState::of_layer(layer)) {
        let font = fonts::regular(size::CAPTION);
        let text = paint::text_in(ui, pos2(left, y), Align2::LEFT_CENTER, &key, font, ink, end - left - 8.0);
        paint::say(ui, text, ("lane", layer), &key);
    }
}

fn warm_up_ui(ui: &Ui, lanes: Rect, scale: &Scale, shot: &Snapshot, height: f32) {
    let theme = theme::of(ui);
    let end = shot.knobs.competition_warmup;
    let x = scale.x(end as f64);
    if end == 0 || x - scale.left < 2.0 {
        return;
    }
    let rect = Rect::from_min_max(lanes.min, pos2(x, lanes.top() + height));
    ui.painter().rect_filled(rect, 0, theme.track.gamma_multiply(0.5));
    if rect.width() > 54.0 && rect.height() > 12.0 {
        let font = fonts::regular(size::TICK);
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, timeline::WARM_UP, font, theme.ink3);
    }
}

fn lane_ui(ui: &Ui, lane: Rect, scale: &Scale, shot: &Snapshot, layer: usize, chosen: bool) {
    let theme = theme::of(ui);
    let span = lane.y_range().shrink(lane.height() * 0.2);
    let mut last_x = f32::NEG_INFINITY;
    let tick = |x: f32, last_x: &mut f32, strength: f32, ahead: bool| {
        if x - *last_x >= 0.7 {
            let color = if ahead { theme.ink3 } else { theme.violet };
            ui.painter().vline(x, span, Stroke::new(1.0, color.gamma_multiply(strength)));
            *last_x = x;
        }
    };
    let strength = if chosen { 1.0 } else { 0.72 };
    if let Some(series) = shot.memory.history.get(SeriesKey::Layer(layer, LayerMeasure::Competed)) {
        for bucket in series.buckets().iter().filter(|b| b.sum > 0.0) {
            let share = bucket.sum / (bucket.n.max(1)) as f64;
            let weight = if bucket.n <= 1 { 1.0 } else { (0.35 + share * 2.0).min(1.0) as f32 };
            tick(scale.x(bucket.middle()), &mut last_x, strength * weight, false);
        }
    }
    for (i, row) in shot.model.ahead.iter().enumerate() {
        if row.get(layer) == Some(&true) {
            let step = shot.step + i as u64 + 1;
            if step <= scale.last {
                tick(scale.x(step as f64), &mut last_x, 0.55, true);
            }
        }
    }
}

fn axis_ui(ui: &Ui, lanes: Rect, scale: &Scale, hidden: usize, left: f32) {
    let theme = theme::of(ui);
    let y = lanes.bottom() + 11.0;
    let font = fonts::regular(size::TICK);
    let mut free = lanes.left() - 6.0;
    if hidden > 0 {
        let words = timeline::hidden_layers(hidden);
        let at = pos2(lanes.left() - 12.0, y);
        paint::text_in(ui, at, Align2::RIGHT_TOP, &words, font.clone(), theme.ink3, lanes.left() - left - 12.0);
    }
    let about = ((lanes.width() / 130.0) as usize).clamp(2, 10);
    let ticks = numbers::whole_ticks(0.0, scale.last as f64, about);
    for (step, words) in ticks.iter().zip(numbers::axis(&ticks)) {
        let x = scale.x(*step);
        let align = if x + 24.0 > scale.right { Align2::RIGHT_TOP } else { Align2::CENTER_TOP };
        let galley = paint::cut(ui, &words, font.clone(), theme.ink3, 90.0);
        let place = align.anchor_size(pos2(x, y), galley.size());
        if place.left() >= free {
            free = place.right() + 8.0;
            ui.painter().galley(place.min, galley, theme.ink3);
        }
    }
}

fn flags_ui(ui: &Ui, rect: Rect, lanes: Rect, scale: &Scale, shot: &Snapshot, sight: &mut ViewState, out: &mut Outbox) {
    let theme = theme::of(ui);
    let y = rect.top() + FLAGS;
    let flagged = Flagged::of(&shot.memory.history.journal, |a, b| scale.x(b as f64) - scale.x(a as f64) < APART);
    let now = scale.x(shot.step as f64);
    // Newest first, so that of two that collide the newer keeps its words.
    let mut free = now - 8.0;
    for (i, change) in flagged.iter().enumerate().rev().take(64) {
        let x = scale.x(change.last as f64);
        let color = if change.bad { theme.red } else { theme.ink2 };
        ui.painter().vline(x, y - 6.0..=lanes.bottom(), Stroke::new(1.0, color.gamma_multiply(0.7)));
        icons::draw(ui.painter(), Icon::Flag, pos2(x + 4.0, y), 10.0, color);
        let galley = paint::cut(ui, &change.words(), fonts::regular(size::CAPTION), theme.ink2, 190.0);
        if x + 14.0 + galley.size().x < free {
            ui.painter().galley(pos2(x + 12.0, y - galley.size().y / 2.0), galley, theme.ink2);
        }
        free = free.min(x - 4.0);
        let said = timeline::flag(change.first, change.last, &change.all());
        let spot = Rect::from_min_max(pos2(x - 4.0, y - 8.0), pos2(x + 12.0, y + 8.0));
        let response = ui.interact(spot, ui.scope_id().with(("flag", i)), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &said));
        if response.clicked() {
            sight.look_at(change.last, shot);
        }
        ghosts::flag_menu(&response, change, shot, sight, out);
        response.on_hover_ui(|ui| {
            ui.label(match change.explained(shot) {
                Some(explained) => timeline::explained(&said, &explained),
                None => effect(change.last, shot).map_or(said.clone(), |[b, a]| timeline::effect(&said, b, a)),
            });
        });
    }
}

/// Mean loss of the window before a step and of the one after it, if both are full.
fn effect(step: u64, shot: &Snapshot) -> Option<[f64; 2]> {
    let series = shot.memory.history.get(SeriesKey::Run(RunMeasure::LossTask))?;
    let full = |until: u64| series.mean_up_to(until, WINDOW).filter(|mean| mean.1 == WINDOW).map(|mean| mean.0);
    let after = (step + WINDOW as u64 <= shot.step).then(|| full(step + WINDOW as u64)).flatten();
    Some([full(step)?, after?])
}

/// The step that is looked at, and where the run stands if that is another one.
fn cursor_ui(
    ui: &mut Ui,
    rect: Rect,
    lanes: Rect,
    scale: &Scale,
    shot: &Snapshot,
    sight: &mut ViewState,
    out: &mut Outbox,
) {
    let theme = theme::of(ui);
    let (shown, live) = (sight.step(shot), sight.is_live());
    let y = rect.top() + FLAGS - 1.0;
    if !live {
        let now = scale.x(shot.step as f64);
        ui.painter().vline(now, lanes.top()..=lanes.bottom() + 2.0, Stroke::new(1.0, theme.ink3));
    }
    let x = scale.x(shown as f64);
    ui.painter().vline(x, y..=lanes.bottom() + 2.0, Stroke::new(1.5, theme.ink));
    // Who watches and looks at the newest dump follows the training.
    let running = shot.is_running() || shot.watched.is_some();
    let words = match (live, running) {
        (true, true) => timeline::live(shown),
        (true, false) => numbers::count(shown),
        (false, _) => timeline::looked_at(shown),
    };
    let galley = paint::cut(ui, &words, fonts::strong(size::CAPTION), theme.tile, 140.0);
    let back = if live { 0.0 } else { 84.0 };
    let width = galley.size().x + 26.0;
    let left = (x - 1.0).min(rect.right() - width - back - 4.0).max(rect.left());
    let flag = Rect::from_min_size(pos2(left, y - 9.0), vec2(width, 18.0));
    ui.painter().rect_filled(flag, CornerRadius::same(4), theme.ink);
    icons::cursor_state(ui.painter(), pos2(flag.left() + 10.0, flag.center().y), live && running, theme.tile);
    ui.painter().galley(pos2(flag.left() + 18.0, flag.center().y - galley.size().y / 2.0), galley, theme.tile);
    let said = if live { timeline::now(shown, running) } else { timeline::looking_at(shown, shot.step) };
    paint::say(ui, flag, "cursor-flag", &said);
    if !live {
        let spot = Rect::from_min_size(pos2(flag.right() + 6.0, flag.top()), vec2(back - 8.0, 18.0));
        let press = Press::words(timeline::BACK_TO_LIVE.said()).look(Look::Raised).size(size::CAPTION);
        if press.show(ui, spot).clicked() {
            out.ask(Ask::Live);
        }
    }
    let end = pos2(scale.right, y);
    if !shot.model.ahead.is_empty() && flag.right() + back + 60.0 < scale.right {
        ui.painter().text(end, Align2::RIGHT_CENTER, timeline::PLANNED, fonts::regular(size::CAPTION), theme.ink3);
    }
}
