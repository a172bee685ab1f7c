//! Agreement: how well the router predicts the competition, measured on the probe batch.

use eframe::egui::{Align2, Rect, Stroke, Ui, pos2, vec2};

use super::grown;
use crate::domain::readings::{Diagnosis, LayerProbe, square};
use crate::run::Snapshot;
use crate::store::history::{LayerMeasure, SeriesKey};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint, plots};
use crate::ui::panels::cards;
use crate::ui::panels::ghosts;
use crate::ui::panels::tile::{self, Tile};
use crate::ui::view::export::tables;
use crate::ui::view::watched::{self, WantedOfRun, trains};
use crate::ui::view::{Outbox, ViewState, spoken};
use crate::ui::words::measures::{self, MeasureWords};
use crate::ui::words::{self, tiles};

/// Steps the curve shows; competition at each of them is kept unmerged.
const CURVE_STEPS: u64 = 500;

/// Draws the tile.
pub(crate) fn agreement_ui(ui: &mut Ui, shot: &Snapshot, view: &mut ViewState, out: &mut Outbox) {
    let probe = view.seen(shot);
    let step = probe.map_or(0, |seen| seen.probe.step);
    let probe = probe.map(|seen| seen.layer);
    // A dump may hold no competition at all.
    let measured = |probe: &&LayerProbe| probe.diagnosis.agreement.top1.is_some();
    let none = probe.filter(|_| !trains(shot)).is_some_and(|probe| !measured(&probe));
    let probe = probe.filter(|_| !none);
    // Every probe lets all experts answer; only CompeteSMoE trains by it.
    let caption = watched::caption(shot, probe.map(|_| step));
    let caption =
        caption.unwrap_or_else(|| tiles::agreement_caption(shot.knobs.policy.competes(), probe.map(|_| step)));
    let tile = Tile { title: tiles::AGREEMENT.said(), caption: &caption, about: words::about_agreement(), beside: 0.0 };
    let shown = tile.show_offering(ui, |ui, body| match probe {
        None => {
            let wanted = if none { WantedOfRun::Agreement } else { WantedOfRun::Probe };
            tile::empty(ui, body, &tile::no_probe_of(shot, view, wanted));
        }
        Some(probe) => {
            paint::say(ui, body, "picture", &spoken::agreement(&probe.diagnosis));
            let (body, room) = grown::split(body);
            if let Some(room) = room {
                grown::agreement_ui(ui, room, shot, view);
            }
            let column = (body.width() * 0.3).clamp(100.0, 160.0);
            bars_ui(ui, Rect::from_min_size(body.min, vec2(column, body.height())), &probe.diagnosis, shot, view);
            let side = (body.height() - 34.0).min(body.width() * 0.34).max(0.0);
            let map = Rect::from_min_size(pos2(body.right() - side, body.top() + 14.0), vec2(side, side));
            let curve = Rect::from_min_max(
                pos2(body.left() + column + 14.0, body.top()),
                pos2(map.left() - 26.0, body.bottom()),
            );
            if curve.width() > 70.0 {
                curve_ui(ui, curve, shot, view);
            }
            if side > 50.0 && body.width() > 260.0 {
                confusion_ui(ui, map, probe, shot, view);
            }
        }
    });
    shown.offer(ui, out, (Some(view.layer), view.step(shot)), || tables::agreement(shot, view));
}

fn bars_ui(ui: &Ui, rect: Rect, found: &Diagnosis, shot: &Snapshot, view: &ViewState) {
    let theme = theme::of(ui);
    let a = &found.agreement;
    let kappa = a.kappa.map_or(words::UNKNOWN.into(), |k| numbers::fit(k, 2, 6));
    let floor = if a.kappa.is_some() { measures::KAPPA.short } else { tiles::KAPPA_UNKNOWN };
    let top_k = view.seen(shot).map_or(shot.knobs.top_k, |seen| seen.top_k());
    let rows = [
        (tiles::recall(top_k), a.recall_at_k, a.recall_chance, LayerMeasure::Recall, &measures::RECALL),
        (measures::TOP1.name.said().to_owned(), a.top1, a.chance, LayerMeasure::Top1, &measures::TOP1),
        (
            measures::KEPT.name.said().to_owned(),
            a.response_captured,
            found.beside.captured_at_random,
            LayerMeasure::ResponseCaptured,
            &measures::KEPT,
        ),
        (measures::SKILL.name.said().to_owned(), a.skill, Some(0.0), LayerMeasure::Skill, &measures::SKILL),
    ];
    // Skill has no lower end; how far below a router that knows nothing is no news.
    let percent = |share: Option<f64>| share.map_or(words::UNKNOWN.into(), numbers::percent);
    let written = |share: Option<f64>| match share {
        Some(share) if share < 0.0 => tiles::BELOW_0.said().to_owned(),
        share => percent(share),
    };
    let each = rows.iter().map(|(name, share, chance, ..)| (name.as_str(), written(*share), percent(*chance)));
    paint::say(ui, rect, "agreement-numbers", &tiles::agreement_said(&kappa, floor.said(), each));
    let card = |measure| cards::of(SeriesKey::Layer(view.layer, measure), shot, view);
    let on = |top: f32, end: f32, explained: &'static MeasureWords, words: &str, measure: LayerMeasure| {
        let spot = Rect::from_min_max(pos2(rect.left(), top), pos2(rect.right(), end));
        cards::offer(ui, spot, explained, words, || card(measure));
    };
    let mut y = tile::headline(ui, rect.min, &kappa, tiles::KAPPA.said(), floor.said(), rect.width());
    on(rect.top(), y, &measures::KAPPA, &words::named_value(tiles::KAPPA.said(), &kappa), LayerMeasure::Kappa);
    let shown = if rect.bottom() - y > 130.0 { 4 } else { 3 };
    y += if shown == 4 { 8.0 } else { 0.0 };
    let pitch = ((rect.bottom() - y) / shown as f32).clamp(24.0, 44.0);
    for (name, share, chance, measure, explained) in rows {
        if y + 24.0 > rect.bottom() + 2.0 {
            continue;
        }
        let line = y + pitch / 2.0 - 3.0;
        let right = pos2(rect.right(), line);
        let value = written(share);
        let strong = fonts::strong(size::CAPTION);
        let place = paint::value_in(ui, right, Align2::RIGHT_CENTER, &value, strong, theme.ink, 60.0);
        let room = place.left() - rect.left() - 4.0;
        let (left, font) = (pos2(rect.left(), line), fonts::regular(size::CAPTION));
        let short = name.split_whitespace().next().unwrap_or_default();
        let said = paint::fitting(ui, &[&name, short], &font, room).unwrap_or(short);
        paint::text_in(ui, left, Align2::LEFT_CENTER, said, font, theme.ink2, room + 1.0);
        let bar = Rect::from_min_size(pos2(rect.left(), line + 9.0), vec2(rect.width(), 4.0));
        paint::floor_bar(ui.painter(), bar, share.unwrap_or(0.0), chance, theme.ink2, theme);
        on(line - 8.0, line + 15.0, explained, &format!("{name} {value}"), measure);
        y += pitch;
    }
}

fn curve_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, view: &ViewState) {
    let theme = theme::of(ui);
    let layer = view.layer;
    let Some(series) = shot.memory.history.get(SeriesKey::Layer(layer, LayerMeasure::Kappa)) else {
        return;
    };
    let left = ghosts::curves(shot, CURVE_STEPS as usize, |ghost| ghost.kappa.get(layer)?.as_deref());
    // A training that began again may have come further before: of that its newest steps are no part.
    let ghost = if view.is_live() && trains(shot) { ghosts::last(&left) } else { 0 };
    let last = view.step(shot).max(ghost).max(1);
    let first = last.saturating_sub(CURVE_STEPS.max(shot.load_window() as u64));
    let buckets = series.buckets_up_to(last);
    let from = buckets.partition_point(|b| b.last_step < first);
    let buckets = &buckets[from..];
    let values = || buckets.iter().filter_map(|b| b.mean());
    let low = values().fold(f64::INFINITY, f64::min).min(1.0);
    let high = values().fold(f64::NEG_INFINITY, f64::max).max(low);
    // A narrower range would make noise look like news.
    let pad = (high - low).max(0.2) * 0.2 + (0.2 - (high - low)).max(0.0) / 2.0;
    let (low, high) = ((low - pad).max(-1.0), (high + pad).min(1.02));
    // With more room the lane shows how long ago the layer competed as well: a saw.
    let tall = if rect.height() > 170.0 { 26.0 } else { 8.0 };
    let plot = Rect::from_min_max(rect.min, rect.max - vec2(0.0, 22.0 + tall));
    let pen = Stroke::new(1.6, theme.ink);
    let newest = buckets.last().copied();
    // A little room on the right, so that the newest mark is whole.
    let end = last as f64 + (last - first) as f64 * 0.03;
    let axes = plots::Axes { x: (first as f64, end), y: (low, high), decimals: 2, numbered: false, log: false };
    let Some(frame) = plots::steps(ui, plot, "kappa-curve", axes, tiles::point, |p| {
        ghosts::draw(p, &left, &axes, theme);
        plots::mean_line(p, measures::KAPPA.name.said(), buckets, pen);
        plots::bad(p, tiles::NOT_FINITE.said(), buckets, theme);
        if let Some(newest) = newest {
            plots::mean_line(p, measures::KAPPA.name.said(), &[newest], Stroke::new(2.6, theme.ink));
        }
    }) else {
        return;
    };
    let lane =
        Rect::from_min_max(pos2(frame.left(), plot.bottom() + 4.0), pos2(frame.right(), plot.bottom() + 4.0 + tall));
    saw_ui(ui, lane, (first, last, end), shot, layer);
    let font = fonts::regular(size::TICK);
    let foot = lane.bottom() + 3.0;
    let window = tiles::last_steps(last - first);
    let now = pos2(lane.right(), foot);
    let now = paint::text_in(ui, now, Align2::RIGHT_TOP, tiles::NOW.said(), font.clone(), theme.ink3, lane.width());
    let room = now.left() - lane.left() - 6.0;
    paint::text_in(ui, pos2(lane.left(), foot), Align2::LEFT_TOP, &window, font, theme.ink3, room);
    let words = tiles::kappa_ticks(last - first, shot.memory.history.steps_since_competition(layer, last));
    paint::say(ui, lane, "kappa-ticks", &words).on_hover_text(words);
}

/// A tick where the layer competed; between them, if the lane is tall, a saw that rises until the next.
fn saw_ui(ui: &Ui, lane: Rect, (first, last, end): (u64, u64, f64), shot: &Snapshot, layer: usize) {
    let theme = theme::of(ui);
    let x = |step: u64| {
        let share = (step.saturating_sub(first)) as f64 / (end - first as f64).max(1.0);
        lane.left() + lane.width() * share as f32
    };
    let competed = shot.memory.history.get(SeriesKey::Layer(layer, LayerMeasure::Competed));
    let ticks: Vec<u64> = competed
        .iter()
        .flat_map(|series| series.recent())
        .filter(|&(step, value)| value > 0.0 && (first..=last).contains(&step))
        .map(|(step, _)| step)
        .collect();
    let saw = lane.height() > 12.0;
    let gaps = ticks.windows(2).map(|pair| pair[1] - pair[0]).chain(ticks.last().map(|tick| last - tick));
    let most = gaps.max().unwrap_or(1).max(1) as f32;
    for (place, &tick) in ticks.iter().enumerate() {
        let pen = Stroke::new(1.0, theme.violet);
        let foot = if saw { lane.bottom() - 6.0 } else { lane.top() };
        ui.painter().vline(x(tick), foot..=lane.bottom(), pen);
        if saw {
            let next = ticks.get(place + 1).copied().unwrap_or(last);
            let peak = foot - (foot - lane.top()) * ((next - tick) as f32 / most);
            let tooth = vec![pos2(x(tick), foot), pos2(x(next), peak), pos2(x(next), foot)];
            ui.painter().line(tooth, Stroke::new(1.0, theme.violet.gamma_multiply(0.55)));
        }
    }
}

fn confusion_ui(ui: &Ui, rect: Rect, probe: &LayerProbe, shot: &Snapshot, view: &mut ViewState) {
    let theme = theme::of(ui);
    let n = probe.choices.experts;
    let Some(confusion) = square(&probe.matrices.confusion, n).filter(|_| n > 0) else { return };
    let total = |row: usize| confusion[row].iter().map(|&c| u64::from(c)).sum::<u64>();
    let totals: Vec<u64> = (0..n).map(total).collect();
    let share = |row: usize, column: usize| {
        let all = totals[row];
        if all == 0 { 0.0 } else { f64::from(confusion[row][column]) / all as f64 }
    };
    paint::heat(ui.painter(), rect, n, |row, column| theme.faint(share(row, column)));
    let ids = view.seen(shot).map(|seen| seen.roster.slots.clone()).unwrap_or_default();
    matrix_labels_ui(ui, rect, &ids);
    let font = fonts::regular(size::TICK);
    ui.painter().text(
        pos2(rect.center().x, rect.top() - 3.0),
        Align2::CENTER_BOTTOM,
        tiles::WINNER_DOWN,
        font.clone(),
        theme.ink3,
    );
    let foot = pos2(rect.center().x, rect.bottom() + if n <= 16 { 13.0 } else { 3.0 });
    ui.painter().text(foot, Align2::CENTER_TOP, tiles::PICKS_RIGHT, font, theme.ink3);
    let diagonal = (0..n).map(|i| u64::from(confusion[i][i])).sum::<u64>();
    let all = totals.iter().sum::<u64>().max(1);
    let words = tiles::confusion(diagonal as f64 / all as f64);
    let response = paint::say(ui, rect, "confusion", &words);
    if let Some((row, column)) = paint::heat_cell(&response, rect, n)
        && let (Some(&winner), Some(&pick)) = (ids.get(row), ids.get(column))
    {
        view.hover(if row == column { winner } else { pick });
        let count = confusion[row][column];
        let words = tiles::confusion_cell(winner, pick, count, totals[row], share(row, column));
        response.on_hover_text_at_pointer(words);
    }
}

/// The experts' numbers beside the rows and below the columns, where they fit.
pub(super) fn matrix_labels_ui(ui: &Ui, rect: Rect, ids: &[crate::domain::roster::ExpertId]) {
    let theme = theme::of(ui);
    let cell = rect.width() / ids.len().max(1) as f32;
    let wide = if ids.iter().any(|id| id.0 >= 9) { 15.0 } else { 10.0 };
    let every = (wide / cell).ceil().max(1.0) as usize;
    let font = fonts::regular(size::TICK);
    for (i, id) in ids.iter().enumerate().step_by(every) {
        let along = cell * (i as f32 + 0.5);
        let row = pos2(rect.left() - 5.0, rect.top() + along);
        ui.painter().text(row, Align2::RIGHT_CENTER, id.to_string(), font.clone(), theme.ink3);
        let column = pos2(rect.left() + along, rect.bottom() + 2.0);
        if ids.len() <= 16 {
            ui.painter().text(column, Align2::CENTER_TOP, id.to_string(), font.clone(), theme.ink3);
        }
    }
}
