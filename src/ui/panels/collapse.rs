//! Collapse: the three kinds, one gauge each; the spectrum of the hidden states and who computes alike.

use eframe::egui::{Align2, Rect, Shape, Stroke, StrokeKind, Ui, pos2, vec2};

use super::agreement::matrix_labels_ui;
use super::grown;
use crate::domain::readings::{Diagnosis, LayerProbe, square};
use crate::run::Snapshot;
use crate::store::history::{LayerMeasure, SeriesKey};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint, plots};
use crate::ui::panels::cards::{self, Card};
use crate::ui::panels::tile::{self, Tile};
use crate::ui::view::derived::GHOST_STEPS;
use crate::ui::view::export::tables;
use crate::ui::view::watched::{self, WantedOfRun, trains};
use crate::ui::view::{Outbox, ViewState, spoken};
use crate::ui::words::{self, measures, tiles};

/// Where the red zones end, from collapsed (0) to healthy (1). Settings of the picture.
const ZONES: [f64; 3] = [0.33, 0.10, 0.30];
/// The least the spectrum shows, relative to the largest singular value.
const SPECTRUM_FLOOR: f64 = 1e-3;

/// Draws the tile.
pub(crate) fn collapse_ui(ui: &mut Ui, shot: &Snapshot, view: &mut ViewState, out: &mut Outbox) {
    let probe = view.seen(shot);
    let step = probe.map_or(0, |seen| seen.probe.step);
    // A dump may hold nothing of this, or numbers that are not finite.
    let known = |layer: &LayerProbe| {
        let all = &layer.diagnosis;
        all.load.effective_experts.or(all.collapse.effective_rank).or(all.similarity.mean_output_cosine).is_some()
    };
    let (probe, bare) = match probe.map(|seen| seen.layer) {
        Some(layer) if !trains(shot) && !known(layer) => (None, true),
        layer => (layer, false),
    };
    let caption = watched::caption(shot, probe.map(|_| step));
    let caption = caption.unwrap_or_else(|| tiles::collapse_caption(probe.map(|_| step)));
    let tile = Tile { title: tiles::COLLAPSE.said(), caption: &caption, about: words::about_collapse(), beside: 0.0 };
    let shown = tile.show_offering(ui, |ui, body| match probe {
        None => {
            let wanted = if bare { WantedOfRun::States } else { WantedOfRun::Probe };
            tile::empty(ui, body, &tile::no_probe_of(shot, view, wanted));
        }
        Some(probe) => {
            let ids = view.seen(shot).map(|seen| seen.roster.slots.clone()).unwrap_or_default();
            paint::say(ui, body, "picture", &spoken::collapse(&probe.diagnosis, &ids));
            let (body, room) = grown::split(body);
            if let Some(room) = room {
                grown::collapse_ui(ui, room, shot, view, out);
            }
            let side = (body.height() - 44.0).min(body.width() * 0.34).max(0.0);
            let map = Rect::from_min_size(pos2(body.right() - side, body.top() + 14.0), vec2(side, side));
            let column = (body.width() * 0.34).clamp(110.0, 200.0);
            gauges_ui(ui, Rect::from_min_size(body.min, vec2(column, body.height())), &probe.diagnosis, shot, view);
            let left = pos2(body.left() + column + 38.0, body.top() + 4.0);
            let spectrum = Rect::from_min_max(left, pos2(map.left() - 28.0, body.bottom() - 16.0));
            if spectrum.width() > 50.0 {
                let ghost =
                    view.seen_before(GHOST_STEPS, shot).map(|seen| seen.layer.diagnosis.collapse.spectrum.as_deref());
                let own = probe.diagnosis.collapse.spectrum.as_deref();
                spectrum_ui(ui, spectrum, own.unwrap_or_default(), ghost.flatten().unwrap_or_default());
            }
            if side > 50.0 && body.width() > 260.0 {
                cosine_ui(ui, map, probe, shot, view);
            }
        }
    });
    shown.offer(ui, out, (Some(view.layer), view.step(shot)), || tables::collapse(shot, view));
}

/// Why nothing is said of pairs of experts.
fn unknown(experts: usize) -> &'static str {
    if experts < 2 { tiles::NEEDS_TWO.said() } else { tiles::NOT_MEASURED.said() }
}

fn gauges_ui(ui: &Ui, rect: Rect, found: &Diagnosis, shot: &Snapshot, view: &ViewState) {
    let theme = theme::of(ui);
    let n = view.seen(shot).map_or(1, |seen| seen.roster.len());
    let (load, c, similarity) = (&found.load, &found.collapse, &found.similarity);
    let limit = c.rank_limit.unwrap_or(1).max(1);
    let along = |value: Option<f64>, low: f64, high: f64| match value {
        _ if high <= low => 1.0,
        value => value.map_or(f64::NAN, |value| (value - low) / (high - low)),
    };
    let fit = |value: Option<f64>, decimals| value.map_or(words::UNKNOWN.into(), |v| numbers::fit(v, decimals, 6));
    let (worst, worst_place) = match similarity.worst_pair {
        Some((_, _, cosine)) => (numbers::fit(cosine, 2, 6), 1.0 - cosine.clamp(0.0, 1.0)),
        None => (words::UNKNOWN.into(), if n < 2 { 1.0 } else { f64::NAN }),
    };
    let worst_floor = if similarity.worst_pair.is_some() { tiles::WORST_PAIR.said() } else { unknown(n) };
    let rows = [
        (
            tiles::LOAD,
            fit(load.effective_experts, 1),
            tiles::of_experts(n),
            along(load.effective_experts, 1.0, n as f64),
        ),
        (
            tiles::REPRESENTATION,
            fit(c.effective_rank, 0),
            c.rank_limit.map_or_else(String::new, |_| tiles::of_axes(limit)),
            along(c.effective_rank, 1.0, limit as f64),
        ),
        (tiles::REDUNDANCY, worst, worst_floor.into(), worst_place),
    ];
    let captions = [
        tiles::EFFECTIVE_EXPERTS_PROBE.said().to_owned(),
        tiles::EFFECTIVE_RANK.said().to_owned(),
        similarity.mean_output_cosine.map_or(String::new(), tiles::mean_cosine),
    ];
    let each =
        rows.iter().zip(&captions).map(|((name, value, floor, _), caption)| (name.said(), value, floor, caption));
    paint::say(ui, rect, "collapse-gauges", &tiles::collapse_said(each));
    let foot = if rect.height() > 130.0 { 16.0 } else { 0.0 };
    let pitch = ((rect.height() - foot) / 3.0).clamp(30.0, 74.0);
    for (i, (name, value, floor, place)) in rows.iter().enumerate() {
        let line = rect.top() + pitch * i as f32 + 8.0;
        let (body, caption) = (fonts::regular(size::BODY), fonts::regular(size::CAPTION));
        let left = pos2(rect.left(), line);
        let strong = fonts::strong(size::TITLE);
        let wide = paint::cut(ui, value, strong.clone(), theme.ink, rect.width()).size().x;
        let room = rect.width() - wide - 6.0;
        let name_end = paint::text_in(ui, left, Align2::LEFT_CENTER, name, body, theme.ink2, room).right();
        let room = rect.right() - name_end - wide - 7.0;
        let right = pos2(rect.right(), line);
        // Whole or not at all: the caption below and the tooltip say it too.
        let short = if i == 2 && similarity.worst_pair.is_some() { tiles::WORST_SHORT.said() } else { floor.as_str() };
        let floor = paint::fitting(ui, &[floor.as_str(), short], &caption, room).unwrap_or_default();
        let floor = paint::text_in(ui, right, Align2::RIGHT_CENTER, floor, caption, theme.ink3, room);
        let value_at = pos2(if floor.width() > 0.0 { floor.left() - 4.0 } else { rect.right() }, line);
        let left = value_at.x - name_end - 2.0;
        paint::value_in(ui, value_at, Align2::RIGHT_CENTER, value, strong, theme.ink, left);
        let bar = Rect::from_min_size(pos2(rect.left(), line + 12.0), vec2(rect.width(), 5.0));
        paint::gauge(ui.painter(), bar, ZONES[i], *place, theme);
        // The last caption stands below the words at the ends of the scale.
        let below = pos2(rect.left(), if i == 2 { line + 38.0 } else { line + 21.0 });
        if pitch > 50.0 && below.y + 12.0 <= rect.bottom() {
            let font = fonts::regular(size::TICK);
            paint::text_in(ui, below, Align2::LEFT_TOP, &captions[i], font, theme.ink3, rect.width());
        }
        let spot = Rect::from_min_max(pos2(rect.left(), line - 8.0), pos2(rect.right(), line + 18.0));
        let key = |measure| cards::of(SeriesKey::Layer(view.layer, measure), shot, view);
        let (measure, card): (_, &dyn Fn() -> Option<Card>) = match i {
            0 => (&measures::EFFECTIVE_EXPERTS, &|| Some(cards::collapse::effective_experts(shot, view))),
            1 => (&measures::EFFECTIVE_RANK, &|| key(LayerMeasure::EffectiveRank)),
            _ => (&measures::WORST, &|| key(LayerMeasure::WorstCosine)),
        };
        cards::offer(ui, spot, measure, &format!("{name} {value}"), card);
    }
    if foot > 0.0 {
        let y = rect.top() + pitch * 2.0 + 30.0;
        let font = fonts::regular(size::TICK);
        ui.painter().text(pos2(rect.left(), y), Align2::LEFT_TOP, tiles::COLLAPSED, font.clone(), theme.ink3);
        ui.painter().text(pos2(rect.right(), y), Align2::RIGHT_TOP, tiles::HEALTHY, font, theme.ink3);
    }
}

fn spectrum_ui(ui: &Ui, rect: Rect, spectrum: &[f64], ghost: &[f64]) {
    if spectrum.is_empty() {
        return tile::empty(ui, rect, tiles::NO_SPECTRUM.said());
    }
    let theme = theme::of(ui);
    let p = ui.painter();
    let y = |v: f64| rect.top() + rect.height() * plots::fall_place(v, SPECTRUM_FLOOR) as f32;
    let tick = fonts::regular(size::TICK);
    for (value, words) in [(1.0, "1"), (0.1, ".1"), (0.01, ".01"), (0.001, ".001")] {
        p.hline(rect.x_range(), y(value), theme.hair());
        p.text(pos2(rect.left() - 5.0, y(value)), Align2::RIGHT_CENTER, words, tick.clone(), theme.ink3);
    }
    let foot = pos2(rect.center().x, rect.bottom() + 3.0);
    p.text(foot, Align2::CENTER_TOP, tiles::SPECTRUM, tick, theme.ink3);
    let x = |i: usize| rect.left() + rect.width() * i as f32 / spectrum.len().saturating_sub(1).max(1) as f32;
    let clipped = p.with_clip_rect(rect.expand(2.0));
    let points = |values: &[f64]| values.iter().enumerate().map(|(i, &v)| pos2(x(i), y(v))).collect::<Vec<_>>();
    if ghost.len() == spectrum.len() {
        clipped.extend(Shape::dashed_line(&points(ghost), Stroke::new(1.0, theme.ink3), 3.0, 3.0));
        let words = tiles::ghost(GHOST_STEPS);
        let font = fonts::regular(size::TICK);
        paint::text_in(
            ui,
            rect.left_bottom() + vec2(4.0, -4.0),
            Align2::LEFT_BOTTOM,
            &words,
            font,
            theme.ink3,
            rect.width(),
        );
    }
    clipped.line(points(spectrum), Stroke::new(1.6, theme.ink));
    let above = spectrum.iter().filter(|v| **v > 0.1).count();
    let words = tiles::spectrum(above, spectrum.len());
    let response = paint::say(ui, rect, "spectrum", &words);
    if let Some(at) = response.hover_pos() {
        let i =
            ((at.x - rect.left()) / rect.width() * spectrum.len().saturating_sub(1) as f32).round().max(0.0) as usize;
        if let Some(value) = spectrum.get(i) {
            response.on_hover_text_at_pointer(tiles::axis(i, *value));
        }
    }
}

fn cosine_ui(ui: &Ui, rect: Rect, probe: &LayerProbe, shot: &Snapshot, view: &mut ViewState) {
    let theme = theme::of(ui);
    let n = probe.choices.experts;
    let ids = view.seen(shot).map(|seen| seen.roster.slots.clone()).unwrap_or_default();
    let tick = fonts::regular(size::TICK);
    let p = ui.painter();
    p.text(
        pos2(rect.center().x, rect.top() - 3.0),
        Align2::CENTER_BOTTOM,
        tiles::OUTPUT_COSINE,
        tick.clone(),
        theme.ink3,
    );
    let Some(matrix) = square(&probe.matrices.output_cosine, n).filter(|_| n > 1) else {
        tile::empty(ui, rect, &tiles::unknown(unknown(n)));
        return;
    };
    let cosine = |row: usize, column: usize| matrix[row][column].unwrap_or(f64::NAN);
    let blank = theme.track.lerp_to_gamma(theme.tile, 0.5);
    paint::heat(p, rect, n, |row, column| match (row == column, cosine(row, column)) {
        (true, _) => blank,
        (_, v) if !v.is_finite() => theme.red,
        (_, v) => theme.signed(v),
    });
    matrix_labels_ui(ui, rect, &ids);
    let cell = rect.width() / n as f32;
    let mut said = tiles::COSINES.said().to_owned();
    if let Some((a, b, value)) = probe.diagnosis.similarity.worst_pair.filter(|&(a, b, _)| a < n && b < n) {
        let (row, column) = (a.max(b), a.min(b));
        let at = rect.min + vec2(column as f32, row as f32) * cell;
        let frame = Rect::from_min_size(at, vec2(cell, cell)).expand(0.5);
        p.rect_stroke(frame, 1, Stroke::new(1.6, theme.ink), StrokeKind::Middle);
        if let (Some(one), Some(other)) = (ids.get(column), ids.get(row)) {
            let pair = tiles::alike(*one, *other, value);
            let foot = pos2(rect.center().x, rect.bottom() + if n <= 16 { 14.0 } else { 4.0 });
            let font = fonts::regular(size::CAPTION);
            paint::value_in(ui, foot, Align2::CENTER_TOP, &pair, font, theme.ink2, rect.width() + 16.0);
            said = tiles::most(&said, &pair);
        }
    }
    let response = paint::say(ui, rect, "cosine", &said);
    if let Some((row, column)) = paint::heat_cell(&response, rect, n)
        && let (Some(&one), Some(&other)) = (ids.get(row), ids.get(column))
    {
        view.hover(one);
        response.on_hover_text_at_pointer(tiles::cosine_cell(one, other, cosine(row, column)));
    }
}
