//! Specialization and co-activation, grown: lift by class of bytes, experts picked together, the Lorenz curve, fluctuation.

use eframe::egui::{Align2, Rect, Stroke, StrokeKind, Ui, pos2, vec2};

use super::chart::head_ui;
use super::{blank, cell, halves};
use crate::domain::measures::load as measures;
use crate::domain::readings::Matrix;
use crate::run::Snapshot;
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint, plots};
use crate::ui::panels::agreement::matrix_labels_ui;
use crate::ui::panels::cards;
use crate::ui::panels::flags;
use crate::ui::view::ViewState;
use crate::ui::view::derived::{LayerLoad, at_a_fifth, label_names};
use crate::ui::words::{UNKNOWN, grown as said, measures as words, tiles};

/// Draws them.
pub(crate) fn who_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, view: &mut ViewState) {
    let (lift, rest) = halves(rect, 0.34);
    lift_ui(ui, lift, shot, view);
    let [together, uneven, settled] = [0, 1, 2].map(|place| cell(rest, (3, 1), place));
    together_ui(ui, together, shot, view);
    lorenz_ui(ui, uneven, shot, view);
    settled_ui(ui, settled, shot, view);
}

/// Bounds of a picture below its head: room for the names on the left, and below.
fn below(rect: Rect, head: f32, names: f32) -> Rect {
    Rect::from_min_max(pos2(rect.left() + names, head + 8.0), rect.max - vec2(0.0, 16.0))
}

/// Classes of bytes in rows, experts in columns.
fn lift_ui(ui: &Ui, rect: Rect, shot: &Snapshot, view: &mut ViewState) {
    let theme = theme::of(ui);
    let seen = view.seen(shot);
    let lift = seen.and_then(|seen| seen.layer.matrices.lift.as_ref());
    let strongest = lift.and_then(strongest);
    let value = strongest.map_or(UNKNOWN.into(), |(_, _, value)| said::bits(value));
    let bottom = head_ui(ui, rect, &words::LIFT, &value, || Some(cards::load::lift(shot, view)));
    let map = below(rect, bottom, 78.0);
    let (Some(lift), Some(seen)) = (lift.filter(|lift| !lift.is_empty()), seen) else {
        return blank(ui, map, tiles::NOT_YET.said());
    };
    let (ids, names) = (&seen.roster.slots, label_names(shot));
    let cell = map.size() / vec2(ids.len().max(1) as f32, lift.len() as f32);
    let font = fonts::regular(size::TICK);
    let at = |row: usize, column: usize| map.min + vec2(column as f32, row as f32) * cell;
    for (row, values) in lift.iter().enumerate() {
        for (column, value) in values.iter().enumerate() {
            let color = value.map_or(theme.track, |value| theme.diverging((value / 2.0).clamp(-1.0, 1.0)));
            let spot = Rect::from_min_size(at(row, column), cell - vec2(1.0, 1.0).min(cell * 0.2));
            ui.painter().rect_filled(spot, 0, color);
        }
        let name = names.get(row).map_or("", String::as_str);
        let place = pos2(map.left() - 6.0, at(row, 0).y + cell.y / 2.0);
        paint::text_in(ui, place, Align2::RIGHT_CENTER, name, font.clone(), theme.ink3, 76.0);
    }
    let every = (12.0 / cell.x).ceil().max(1.0) as usize;
    for (column, id) in ids.iter().enumerate().step_by(every) {
        let place = pos2(at(0, column).x + cell.x / 2.0, map.bottom() + 2.0);
        ui.painter().text(place, Align2::CENTER_TOP, id.to_string(), font.clone(), theme.ink3);
    }
    if let Some((row, column, _)) = strongest {
        let frame = Rect::from_min_size(at(row, column), cell).expand(0.5);
        ui.painter().rect_stroke(frame, 1, Stroke::new(1.4, theme.ink), StrokeKind::Middle);
    }
    let response = paint::say(ui, map, "lift-map", said::lift_map());
    if let Some(to) = response.hover_pos().map(|at| (at - map.min) / cell) {
        let (row, column) = (to.y.max(0.0) as usize, to.x.max(0.0) as usize);
        if let (Some(&id), Some(class)) = (ids.get(column), names.get(row)) {
            let value = lift.get(row).and_then(|row| row.get(column).copied()).flatten();
            view.hover(id);
            response.on_hover_text_at_pointer(said::lift_cell(id, class, value));
        }
    }
}

/// The cell with the most lift, up or down.
fn strongest(lift: &Matrix) -> Option<(usize, usize, f64)> {
    let rows = lift.iter().enumerate();
    let cells = rows.flat_map(|(row, values)| values.iter().enumerate().map(move |(at, value)| (row, at, *value)));
    cells.filter_map(|(row, at, value)| Some((row, at, value?))).max_by(|a, b| a.2.abs().total_cmp(&b.2.abs()))
}

/// How often an expert's bytes also pick another one.
fn together_ui(ui: &Ui, rect: Rect, shot: &Snapshot, view: &mut ViewState) {
    let theme = theme::of(ui);
    let seen = view.seen(shot);
    let matrix = seen.and_then(|seen| seen.layer.matrices.coactivation.as_ref());
    let chance = seen.and_then(|seen| seen.layer.diagnosis.beside.coactivation_chance);
    let floor = chance.map_or(UNKNOWN.into(), said::even_share);
    let card = || Some(cards::load::together(shot, view));
    let bottom = head_ui(ui, rect, &words::COACTIVATION, &floor, card);
    let room = below(rect, bottom, 20.0);
    let side = room.width().min(room.height());
    let map = Rect::from_min_size(room.min, vec2(side, side));
    let (Some(matrix), Some(seen)) = (matrix, seen) else { return blank(ui, room, tiles::NOT_YET.said()) };
    let (n, ids) = (matrix.len(), &seen.roster.slots);
    if n < 2 || side < 30.0 || seen.layer.choices.k < 2 {
        return blank(ui, room, said::NEEDS_PAIRS.said());
    }
    let value = |row: usize, column: usize| matrix[row].get(column).copied().flatten();
    paint::heat(ui.painter(), map, n, |row, column| match value(row, column) {
        Some(share) if row != column => match chance {
            Some(even) => theme.times_even(share / even),
            None => theme.sequential(share),
        },
        _ => theme.track,
    });
    matrix_labels_ui(ui, map, ids);
    let response = paint::say(ui, map, "together", said::TOGETHER_MAP.said());
    if let Some((row, column)) = paint::heat_cell(&response, map, n)
        && let (Some(&one), Some(&other)) = (ids.get(row), ids.get(column))
    {
        view.hover(one);
        let words = said::together_cell(one, other, value(row, column), chance);
        response.on_hover_text_at_pointer(&words);
    }
}

/// The load of the window from the idlest expert to the busiest, added up.
fn lorenz_ui(ui: &Ui, rect: Rect, shot: &Snapshot, view: &ViewState) {
    let theme = theme::of(ui);
    let load = LayerLoad::seen(shot, view);
    let shares = load.as_ref().map(LayerLoad::shares).unwrap_or_default();
    let (curve, gini) = (measures::lorenz(&shares), measures::gini(&shares));
    let value = gini.map_or(UNKNOWN.into(), said::gini);
    let card = || load.as_ref().map(|load| cards::load::lorenz(load, shot, view));
    let bottom = head_ui(ui, rect, &words::LORENZ, &value, card);
    let room = below(rect, bottom, 22.0);
    let Some(curve) = curve else { return blank(ui, room, tiles::NOT_YET.said()) };
    let side = room.width().min(room.height());
    let plot = Rect::from_min_size(room.min, vec2(side, side));
    let at = |(x, y): (f64, f64)| pos2(plot.left() + side * x as f32, plot.bottom() - side * y as f32);
    ui.painter().rect_filled(plot, 0, theme.track.gamma_multiply(0.35));
    paint::dashed(ui.painter(), at((0.0, 0.0)), at((1.0, 1.0)), Stroke::new(1.0, theme.ink3));
    ui.painter().line(curve.iter().map(|&point| at(point)).collect(), Stroke::new(1.8, theme.ink));
    let font = fonts::regular(size::TICK);
    for (share, words) in [(0.0, "0"), (0.5, ".5"), (1.0, "1")] {
        let (x, y) = (at((share, 0.0)) + vec2(0.0, 3.0), at((0.0, share)) - vec2(5.0, 0.0));
        ui.painter().text(x, Align2::CENTER_TOP, words, font.clone(), theme.ink3);
        ui.painter().text(y, Align2::RIGHT_CENTER, words, font.clone(), theme.ink3);
    }
    let response = paint::say(ui, plot, "lorenz", said::LORENZ_CURVE.said());
    if let Some(to) = response.hover_pos() {
        let share = f64::from((to.x - plot.left()) / side);
        if let Some(&(x, y)) = curve.iter().min_by(|a, b| (a.0 - share).abs().total_cmp(&(b.0 - share).abs())) {
            response.on_hover_text_at_pointer(said::lorenz_point(x, y));
        }
    }
}

/// How many bytes had not yet come to the expert that they are sent to now.
fn settled_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, view: &ViewState) {
    let theme = theme::of(ui);
    let curve = shot.memory.history.probes.unsettled(view.layer, view.step(shot));
    let then = at_a_fifth(&curve, view.step(shot));
    let value = then.map_or(UNKNOWN.into(), |point| numbers::percent(point.1));
    let card = || Some(cards::load::settled(&curve, shot, view));
    let bottom = head_ui(ui, rect, &words::LAST_CHANGE, &value, card);
    let plot = rect.with_min_y(bottom + 4.0);
    let (Some(first), Some(last)) = (curve.first(), curve.last()) else {
        return blank(ui, plot, tiles::NOT_YET.said());
    };
    let x = (first.0 as f64, last.0.max(first.0 + 1) as f64);
    let points: Vec<[f64; 2]> = curve.iter().map(|&(step, share)| [step as f64, share]).collect();
    let axes = plots::Axes { x, y: (0.0, 1.0), decimals: 1, numbered: true, log: false };
    plots::steps(ui, plot, words::LAST_CHANGE.name.said(), axes, tiles::point, |p| {
        p.line(egui_plot::Line::new(words::LAST_CHANGE.short, points).stroke(Stroke::new(1.6, theme.ink)));
        flags::cursor(p, view, theme);
    });
}
