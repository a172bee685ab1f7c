//! Load: how the router spreads the tokens over the experts of one layer, beside what they win.

use eframe::egui::{Align2, Rect, Stroke, StrokeKind, Ui, pos2, vec2};

use super::grown;
use crate::run::Snapshot;
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::panels::cards::{self, Card};
use crate::ui::panels::tile::{self, Tile};
use crate::ui::view::derived::{self, LayerLoad};
use crate::ui::view::export::tables;
use crate::ui::view::watched::{WantedOfRun, counts_dumps, lacks};
use crate::ui::view::{Outbox, ViewState, spoken};
use crate::ui::words::{self, measures, tiles};

/// Width of a tile from which the head holds the legend.
const LEGEND: f32 = 450.0;

/// Explains a number of the load.
type CardOf = fn(&LayerLoad, &Snapshot, &ViewState) -> Card;

/// Heights of a number with one and with two lines below it.
const ONE_LINE: f32 = 44.0;
const TWO_LINES: f32 = 58.0;

/// Draws the tile.
pub(crate) fn load_ui(ui: &mut Ui, shot: &Snapshot, view: &mut ViewState, out: &mut Outbox) {
    let load = LayerLoad::seen(shot, view);
    let steps = load.as_ref().map_or(0, |l| l.steps);
    let up_to = (!view.is_live()).then(|| view.step(shot));
    let caption = match counts_dumps(shot) {
        true if load.is_none() => String::new(),
        true => words::watched::load_of(steps as u64),
        false => tiles::load_caption(view.layer, steps, up_to),
    };
    let tile = Tile {
        title: tiles::LOAD.said(),
        caption: &caption,
        about: words::about_load(),
        beside: if ui.max_rect().width() < LEGEND { 0.0 } else { 128.0 },
    };
    let shown = tile.show_offering(ui, |ui, body| match load {
        None => {
            let why = lacks(shot, view.layer, WantedOfRun::Loads);
            tile::empty(ui, body, &why.unwrap_or(tile::before_the_first_step(shot).into()));
        }
        Some(load) => {
            paint::say(ui, body, "picture", &spoken::load(&load));
            let (body, room) = grown::split(body);
            if let Some(room) = room {
                grown::load_ui(ui, room, shot, view);
            }
            let column = (body.width() * 0.26).clamp(84.0, 120.0);
            numbers_ui(ui, Rect::from_min_size(body.min, vec2(column, body.height())), &load, shot, view);
            let chart = Rect::from_min_max(body.min + vec2(column + 14.0, 0.0), body.max);
            if chart.width() > 60.0 && chart.height() > 60.0 {
                legend_ui(ui, body);
                bars_ui(ui, chart, &load, view);
            }
        }
    });
    shown.offer(ui, out, (Some(view.layer), view.step(shot)), || tables::load(shot, view));
}

fn numbers_ui(ui: &Ui, rect: Rect, load: &LayerLoad, shot: &Snapshot, view: &ViewState) {
    let n = load.experts.len();
    let cv = load.cv().map_or(words::UNKNOWN.into(), |cv| numbers::fit(cv, 2, 6));
    let floor = if n > 1 { measures::CV.short } else { tiles::NEEDS_TWO };
    let effective = tiles::of(load.effective_experts(), n);
    let over = numbers::per_cent(numbers::fit_signed(load.max_vio() * 100.0, 0, 7));
    let said = tiles::load_said(&cv, floor.said(), &effective, load.steps, &over);
    paint::say(ui, rect, "load-numbers", &said);
    let mut top = rect.top();
    let end = tile::headline(ui, rect.min, &cv, tiles::CV.said(), floor.said(), rect.width());
    let span = |top: f32, end: f32| Rect::from_min_max(pos2(rect.left(), top), pos2(rect.right(), end));
    let named = words::named_value(tiles::CV.said(), &cv);
    cards::on(ui, span(top, end), &measures::CV, &named, || cards::load::cv(load, shot, view));
    top = end;
    let window = match counts_dumps(shot) {
        true => tiles::EFFECTIVE_EXPERTS.said().to_owned(),
        false => tiles::effective_experts(load.steps),
    };
    // The window is in the tile's caption too, where there is room for one line only.
    let roomy = rect.bottom() - top >= TWO_LINES + ONE_LINE;
    let first: (&str, _) = if roomy { (&window, TWO_LINES) } else { (tiles::EFFECTIVE_EXPERTS.said(), ONE_LINE) };
    let facts: [(_, _, &str, _, CardOf); 2] = [
        (&effective, first, &window, &measures::EFFECTIVE_EXPERTS, cards::load::effective_experts),
        (
            &over,
            (tiles::OVER_IDEAL.said(), ONE_LINE),
            tiles::OVER_IDEAL.said(),
            &measures::OVER_IDEAL,
            cards::load::over_ideal,
        ),
    ];
    for (value, (caption, height), said, measure, card) in facts {
        if top + height <= rect.bottom() {
            let at = pos2(rect.left(), top + 12.0);
            top = tile::fact(ui, at, value, caption, rect.width());
            let words = format!("{value} {said}");
            cards::on(ui, span(at.y, top), measure, &words, || card(load, shot, view));
        }
    }
}

fn legend_ui(ui: &Ui, body: Rect) {
    let theme = theme::of(ui);
    if ui.max_rect().width() < LEGEND {
        return;
    }
    let y = body.top() - 18.0;
    let mut x = body.right() - tile::BUTTONS - 6.0;
    for (words, competition) in [(tiles::WINS, true), (tiles::ROUTER, false)] {
        let font = fonts::regular(size::CAPTION);
        let text = paint::text_in(ui, pos2(x, y), Align2::RIGHT_CENTER, words.said(), font, theme.ink2, 60.0);
        let key = Rect::from_center_size(pos2(text.left() - 11.0, y), vec2(9.0, 9.0));
        if competition {
            ui.painter().rect_stroke(key, 1, Stroke::new(1.4, theme.violet), StrokeKind::Inside);
        } else {
            ui.painter().rect_filled(key, 1, theme.ink3);
        }
        x = key.left() - 14.0;
    }
}

fn bars_ui(ui: &mut Ui, rect: Rect, load: &LayerLoad, view: &mut ViewState) {
    let theme = theme::of(ui);
    let n = load.experts.len();
    let even = 1.0 / n as f64;
    let (shown, rest) = derived::shown_slots(&load.shares());
    let printed = numbers::tenths(&load.shares());
    let strip = if rest.is_empty() { 0.0 } else { 16.0 };
    let plot = Rect::from_min_max(rect.min + vec2(30.0, 12.0), rect.max - vec2(0.0, 20.0 + strip));
    let most = load.experts.iter().flat_map(|e| [e.1, e.2.unwrap_or(0.0)]).filter(|v| v.is_finite());
    let top = most.fold(even * 1.4, f64::max) * 1.02;
    let y = |share: f64| {
        let share = if share.is_finite() { share.clamp(0.0, top) } else { 0.0 };
        plot.bottom() - plot.height() * (share / top) as f32
    };
    let p = ui.painter();
    let tick = fonts::regular(size::TICK);
    let ticks = numbers::ticks(0.0, top * 100.0, 3);
    for (percent, words) in ticks.iter().zip(numbers::axis(&ticks)) {
        let share = percent / 100.0;
        p.hline(plot.x_range(), y(share), theme.hair());
        if (y(share) - y(even)).abs() > 13.0 {
            let at = pos2(plot.left() - 6.0, y(share));
            p.text(at, Align2::RIGHT_CENTER, words, tick.clone(), theme.ink3);
        }
    }
    let pitch = plot.width() / shown.len().max(1) as f32;
    let bar = (pitch * 0.36).clamp(1.0, 26.0);
    // Where the bars stand closer than their numbers are wide, every other one has its own, or fewer.
    let every = (19.0 / pitch.max(0.1)).ceil().max(1.0) as usize;
    let (mut hovered, mut labels) = (None, Vec::new());
    for (place, &slot) in shown.iter().enumerate() {
        let (id, routed, won) = load.experts[slot];
        let middle = plot.left() + pitch * (place as f32 + 0.5);
        let strength = view.strength(id);
        let pair = if won.is_some() { bar + 1.0 } else { bar / 2.0 };
        let left = Rect::from_min_max(pos2(middle - pair, y(routed)), pos2(middle - pair + bar, plot.bottom()));
        paint::fill_expert(ui.painter(), left, 0, id, theme, strength);
        if let Some(won) = won {
            let right = Rect::from_min_max(pos2(middle + 1.0, y(won)), pos2(middle + 1.0 + bar, plot.bottom()));
            ui.painter().rect_filled(right, 0, theme.expert(id).gamma_multiply(0.22 * strength));
            let edge = Stroke::new(1.4, theme.violet.gamma_multiply(strength));
            ui.painter().rect_stroke(right, 0, edge, StrokeKind::Inside);
        }
        if pitch > 30.0 {
            // Beside a higher outline the number keeps to its own bar.
            let crowded = won.is_some_and(|won| won > routed);
            let at = pos2(if crowded { left.right() } else { left.center().x }, y(routed) - 2.0);
            let align = if crowded { Align2::RIGHT_BOTTOM } else { Align2::CENTER_BOTTOM };
            let text = numbers::fixed(printed[slot], 1);
            labels.push((at, align, text, theme.ink2.gamma_multiply(strength.max(0.5))));
        }
        if place % every == 0 {
            let chip = pos2(middle, plot.bottom() + 11.0);
            paint::chip(ui.painter(), chip, (pitch * 0.7).clamp(12.0, 15.0), id, theme, strength);
        }
        let column = Rect::from_min_max(
            pos2(middle - pitch / 2.0, plot.top()),
            pos2(middle + pitch / 2.0, rect.bottom() - strip),
        );
        let words = tiles::load_bar(id, printed[slot], won, even);
        let response = paint::say(ui, column, ("load", id.0), &words);
        if response.hovered() {
            hovered = Some(id);
        }
        response.on_hover_text_at_pointer(words);
    }
    let pen = Stroke::new(1.0, theme.ink2);
    paint::dashed(ui.painter(), pos2(plot.left(), y(even)), pos2(plot.right(), y(even)), pen);
    for (at, align, text, ink) in labels {
        // The ideal line stops short of a number instead of striking it through.
        let galley = ui.painter().layout_no_wrap(text, tick.clone(), ink);
        let place = align.anchor_size(at, galley.size());
        if place.y_range().contains(y(even)) {
            ui.painter().rect_filled(place.expand2(vec2(1.0, 0.0)), 0, theme.tile);
        }
        ui.painter().galley(place.min, galley, ink);
    }
    let ideal = numbers::fixed(even * 100.0, 1);
    ui.painter().text(
        pos2(plot.left() - 6.0, y(even)),
        Align2::RIGHT_CENTER,
        ideal,
        fonts::strong(size::TICK),
        theme.ink,
    );
    if !rest.is_empty() {
        let strip = Rect::from_min_max(pos2(plot.left(), rect.bottom() - 12.0), rect.max);
        rest_ui(ui, strip, load, &rest, even);
    }
    if let Some(id) = hovered {
        view.hover(id);
    }
}

/// The experts between the busiest and the quietest, as a strip of cells.
fn rest_ui(ui: &Ui, rect: Rect, load: &LayerLoad, rest: &[usize], even: f64) {
    let theme = theme::of(ui);
    let cell = rect.width() / rest.len() as f32;
    for (place, &slot) in rest.iter().enumerate() {
        let (_, share, _) = load.experts[slot];
        let color = theme.times_even(share / even);
        let at = pos2(rect.left() + cell * place as f32, rect.top());
        ui.painter().rect_filled(Rect::from_min_size(at, vec2((cell - 1.0).max(1.0), rect.height())), 0, color);
    }
    let words = tiles::rest(rest.len());
    paint::say(ui, rect, "load-rest", &words).on_hover_text(words);
}
