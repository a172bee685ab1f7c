//! What a tile shows besides when it has grown: small curves of every measure of its family, and pictures that need room.

use eframe::egui::{Align2, Color32, Rect, Stroke, Ui, pos2, vec2};

use crate::history::{Bucket, ExpertMeasure, Key, LayerMeasure as M, RunMeasure};
use crate::readings::{BINS, Bin};
use crate::run::Snapshot;
use crate::ui::theme::{self, size};
use crate::ui::{Sight, fonts, numbers, paint, plots};

/// Height of a body from which a tile has grown.
const GROWN: f32 = 420.0;
/// What the usual picture keeps of it.
const KEPT: f32 = 0.46;
/// Gap between small pictures.
const GAP: f32 = 18.0;

/// The body of the usual picture, and the room for more if the tile has grown.
pub fn split(body: Rect) -> (Rect, Option<Rect>) {
    if body.height() < GROWN {
        return (body, None);
    }
    let cut = body.top() + body.height() * KEPT;
    (body.with_max_y(cut), Some(body.with_min_y(cut + GAP)))
}

/// One small picture of curves.
struct Chart {
    title: &'static str,
    /// Chance or ideal.
    floor: &'static str,
    lines: Vec<(&'static str, Key, Color32)>,
    decimals: usize,
}

/// The load over time, and every measure of it.
pub fn load_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, view: &mut Sight) {
    let theme = theme::of(ui);
    let at = |measure| Key::Layer(view.layer, measure);
    let charts = [
        chart(
            "MaxVio",
            "0 is even; faint: one batch",
            &[("one batch", at(M::MaxVio), theme.ink3), ("100 steps", at(M::MaxVioGlobal), theme.ink)],
        ),
        chart("Load entropy ÷ ln N", "1 is even", &[("load entropy", at(M::LoadEntropy), theme.ink)]),
        chart("Dead experts", "0; silence that luck rules out", &[("dead experts", at(M::DeadExperts), theme.ink)]),
        chart("Byte class told by expert (NMI)", "0 is chance", &[("NMI", at(M::Nmi), theme.ink)]),
        chart(
            "First picks changed since the last probe",
            "falls as routing settles",
            &[("changed", at(M::Fluctuation), theme.ink)],
        ),
        chart("Picks shared with the reference", "k ÷ N is chance", &[("saturation", at(M::Saturation), theme.ink)]),
    ];
    let (left, right) = halves(rect, 0.42);
    heat_ui(ui, left, shot, view);
    charts_ui(ui, right, &charts, shot, view, 2);
}

/// Every measure of agreement, and whether the router is as right as it is sure.
pub fn agreement_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, view: &mut Sight) {
    let theme = theme::of(ui);
    let at = |measure| Key::Layer(view.layer, measure);
    let charts = [
        chart(
            "Top-1 match",
            "faint: chance at these loads",
            &[("chance", at(M::Chance), theme.ink3), ("top-1 match", at(M::Top1), theme.ink)],
        ),
        chart(
            "Response kept",
            "faint: picks at random",
            &[("at random", at(M::ResponseChance), theme.ink3), ("response kept", at(M::ResponseCaptured), theme.ink)],
        ),
        chart(
            "Recall@k and Jaccard",
            "faint: Jaccard",
            &[("Jaccard", at(M::Jaccard), theme.ink3), ("recall", at(M::Recall), theme.ink)],
        ),
        chart("Rank correlation of z and s", "0 is chance", &[("Spearman", at(M::Spearman), theme.ink)]),
        chart("KL of responses from router", "0 is equal, nats", &[("KL", at(M::Kl), theme.ink)]),
        chart(
            "Routing information",
            "0 useless, ln N decisive and even",
            &[("information", at(M::Information), theme.ink)],
        ),
    ];
    let (left, right) = halves(rect, 0.26);
    let bins = view.seen(shot).and_then(|seen| seen.layer.diagnosis.beside.reliability);
    let ece = view.seen(shot).and_then(|seen| seen.layer.diagnosis.agreement.ece);
    reliability_ui(ui, left, bins.as_ref(), ece);
    charts_ui(ui, right, &charts, shot, view, 3);
}

/// Every measure of collapse, and CKA of every two experts.
pub fn collapse_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, view: &mut Sight) {
    let theme = theme::of(ui);
    let at = |measure| Key::Layer(view.layer, measure);
    let charts = [
        chart("RC", "smaller is more collapsed", &[("RC", at(M::Rc), theme.ink)]),
        chart("Effective rank", "1 is collapsed", &[("effective rank", at(M::EffectiveRank), theme.ink)]),
        chart(
            "Stable rank, participation",
            "faint: participation",
            &[
                ("participation ratio", at(M::ParticipationRatio), theme.ink3),
                ("stable rank", at(M::StableRank), theme.ink),
            ],
        ),
        chart("Anisotropy", "0 everywhere, 1 one way", &[("anisotropy", at(M::Anisotropy), theme.ink)]),
        chart(
            "Output cosine",
            "0 unrelated; faint: mean of pairs",
            &[("mean of pairs", at(M::OutputCosine), theme.ink3), ("most alike pair", at(M::WorstCosine), theme.ink)],
        ),
        chart("CKA, mean of pairs", "see the floor beside", &[("CKA", at(M::Cka), theme.ink)]),
    ];
    let (left, right) = halves(rect, 0.28);
    cka_ui(ui, left, shot, view);
    charts_ui(ui, right, &charts, shot, view, 3);
}

/// Every term of the loss, the gradient, the rate.
pub fn loss_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, view: &mut Sight) {
    let theme = theme::of(ui);
    let run = Key::Run;
    let charts = [
        chart("Minimised in all", "nats, weighted terms included", &[("total", run(RunMeasure::LossTotal), theme.ink)]),
        chart(
            "Distillation of the router",
            "small from the start: see skill",
            &[("router loss", run(RunMeasure::LossRouter), theme.violet)],
        ),
        chart(
            "Router balance",
            "−ln N is even (language form)",
            &[("balance", run(RunMeasure::LossBalance), theme.ink)],
        ),
        chart(
            "Affinity balance",
            "−ln N is even (language form)",
            &[("affinity balance", run(RunMeasure::LossAffinityBalance), theme.violet)],
        ),
        chart("Diversity", "0 unrelated winners", &[("diversity", run(RunMeasure::LossDiversity), theme.violet)]),
        chart("Gradient length", "before clipping", &[("gradient", run(RunMeasure::GradientNorm), theme.ink)]),
    ];
    charts_ui(ui, rect, &charts, shot, view, 3);
}

fn chart(title: &'static str, floor: &'static str, lines: &[(&'static str, Key, Color32)]) -> Chart {
    Chart { title, floor, lines: lines.to_vec(), decimals: 2 }
}

fn halves(rect: Rect, share: f32) -> (Rect, Rect) {
    let cut = rect.left() + rect.width() * share;
    (rect.with_max_x(cut - GAP / 2.0), rect.with_min_x(cut + GAP / 2.0))
}

/// Curves in a grid of so many columns.
fn charts_ui(ui: &mut Ui, rect: Rect, charts: &[Chart], shot: &Snapshot, view: &Sight, columns: usize) {
    let rows = charts.len().div_ceil(columns);
    let cell = vec2(
        (rect.width() - GAP * (columns - 1) as f32) / columns as f32,
        (rect.height() - GAP * (rows - 1) as f32) / rows as f32,
    );
    for (place, chart) in charts.iter().enumerate() {
        let (column, row) = (place % columns, place / columns);
        let min = rect.min + vec2(column as f32 * (cell.x + GAP), row as f32 * (cell.y + GAP));
        chart_ui(ui, Rect::from_min_size(min, cell), chart, shot, view);
    }
}

fn chart_ui(ui: &mut Ui, rect: Rect, chart: &Chart, shot: &Snapshot, view: &Sight) {
    let theme = theme::of(ui);
    let last = shot.step.max(1);
    let series: Vec<_> = chart.lines.iter().map(|&(name, key, color)| (name, shot.history.get(key), color)).collect();
    let now = series.last().and_then(|(_, series, _)| series.as_ref()?.at_or_before(view.step(shot)));
    let now = now.filter(|value| value.is_finite()).map_or("n/a".into(), |value| numbers::fixed(value, chart.decimals));
    let value = fonts::strong(size::BODY);
    let value = paint::text_in(ui, rect.right_top(), Align2::RIGHT_TOP, &now, value, theme.ink, rect.width() * 0.4);
    let room = value.left() - rect.left() - 6.0;
    let title = fonts::medium(size::CAPTION);
    let title = paint::text_in(ui, rect.min, Align2::LEFT_TOP, chart.title, title, theme.ink2, room);
    let below = pos2(rect.left(), title.bottom() + 1.0);
    let floor = fonts::regular(size::TICK);
    let floor = paint::text_in(ui, below, Align2::LEFT_TOP, chart.floor, floor, theme.ink3, rect.width());
    let words = format!("{}: {now}; {}", chart.title, chart.floor);
    paint::say(ui, Rect::from_min_max(rect.min, pos2(rect.right(), floor.bottom())), chart.title, &words);
    let plot = rect.with_min_y(floor.bottom() + 4.0);
    let buckets: Vec<Vec<Bucket>> = series
        .iter()
        .map(|(_, series, _)| {
            series.map_or_else(Vec::new, |series| series.merged((plot.width() / 3.0).max(1.0) as usize))
        })
        .collect();
    let means = || buckets.iter().flatten().filter_map(Bucket::mean);
    if means().next().is_none() {
        let font = fonts::regular(size::CAPTION);
        paint::text_in(ui, plot.center(), Align2::CENTER_CENTER, "not measured yet", font, theme.ink3, plot.width());
        return;
    }
    let (low, high) = means().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    // What never moved is a line in the middle, not noise.
    let pad = if high - low > 1e-9 { (high - low) * 0.08 } else { (high.abs() * 0.1).max(0.5) };
    let range = ((0.0, last as f64), (low - pad, high + pad));
    let decimals = if high - low + pad < 0.1 { 3 } else { 1 };
    plots::steps(ui, plot, chart.title, range, (decimals, true), |p| {
        for ((name, _, color), buckets) in series.iter().zip(&buckets) {
            plots::mean_line(p, name, buckets, Stroke::new(1.4, *color));
        }
        plots::cursor(p, view, theme);
    });
}

/// Share of picks per expert over the run: a row each, in log₂ of load ÷ ideal.
fn heat_ui(ui: &Ui, rect: Rect, shot: &Snapshot, view: &mut Sight) {
    let theme = theme::of(ui);
    let Some(roster) = view.roster(shot) else { return };
    let ids = &roster.slots;
    let font = fonts::regular(size::TICK);
    let title = fonts::medium(size::CAPTION);
    let title = paint::text_in(ui, rect.min, Align2::LEFT_TOP, "Load over time", title, theme.ink2, rect.width() * 0.5);
    let key = "blue: less than even · brown: more";
    paint::text_in(ui, rect.right_top(), Align2::RIGHT_TOP, key, font.clone(), theme.ink3, rect.width() * 0.5);
    let map = Rect::from_min_max(pos2(rect.left() + 22.0, title.bottom() + 6.0), rect.max - vec2(0.0, 14.0));
    if map.height() < 20.0 || ids.is_empty() {
        return;
    }
    let (even, last) = (1.0 / ids.len() as f64, shot.step.max(1));
    let row = map.height() / ids.len() as f32;
    let x = |step: f64| map.left() + map.width() * (step / last as f64).clamp(0.0, 1.0) as f32;
    let color = |share: f64| theme.diverging(((share / even).max(1e-3).log2() / 2.0).clamp(-1.0, 1.0));
    for (place, &id) in ids.iter().enumerate() {
        let top = map.top() + row * place as f32;
        let series = shot.history.get(Key::Expert(view.layer, id, ExpertMeasure::Routed));
        for b in series.map_or_else(Vec::new, |series| series.merged((map.width() / 3.0) as usize)) {
            let Some(share) = b.mean() else { continue };
            let cell = Rect::from_min_max(
                pos2(x(b.first_step as f64 - 1.0), top),
                pos2(x(b.last_step as f64) + 0.5, top + (row - 1.0).max(0.5)),
            );
            ui.painter().rect_filled(cell, 0, color(share));
        }
        if row >= 9.0 {
            let at = pos2(map.left() - 5.0, top + row / 2.0);
            ui.painter().text(at, Align2::RIGHT_CENTER, id.to_string(), font.clone(), theme.ink3);
        }
    }
    let foot = pos2(map.left(), map.bottom() + 2.0);
    ui.painter().text(foot, Align2::LEFT_TOP, "0", font.clone(), theme.ink3);
    let end = pos2(map.right(), map.bottom() + 2.0);
    ui.painter().text(end, Align2::RIGHT_TOP, numbers::count(last), font, theme.ink3);
    let response = paint::say(ui, map, "load over time", "Load over time, a row per expert");
    if let Some(at) = response.hover_pos() {
        let place = ((at.y - map.top()) / row).max(0.0) as usize;
        let step = (f64::from((at.x - map.left()) / map.width()).clamp(0.0, 1.0) * last as f64).round() as u64;
        if let Some(&id) = ids.get(place) {
            view.hover(id);
            let share = shot.history.get(Key::Expert(view.layer, id, ExpertMeasure::Routed));
            let share =
                share.and_then(|series| series.mean_up_to(step, 1)).map_or("n/a".into(), |m| numbers::percent(m.0));
            let words = format!(
                "Expert {id} around step {}: {share}; even is {}",
                numbers::count(step),
                numbers::percent(even)
            );
            response.on_hover_text_at_pointer(words);
        }
    }
}

/// How sure the router is against how often it is right; the diagonal is ideal.
fn reliability_ui(ui: &Ui, rect: Rect, bins: Option<&[Bin; BINS]>, ece: Option<f64>) {
    let theme = theme::of(ui);
    let title = fonts::medium(size::CAPTION);
    let error = ece.map_or("n/a".into(), |ece| numbers::fixed(ece, 3));
    let words = format!("Reliability · error (ECE) {error}");
    let title = paint::text_in(ui, rect.min, Align2::LEFT_TOP, &words, title, theme.ink2, rect.width());
    let side = (rect.width() - 26.0).min(rect.bottom() - title.bottom() - 34.0);
    if side < 40.0 {
        return;
    }
    let plot = Rect::from_min_size(pos2(rect.left() + 24.0, title.bottom() + 8.0), vec2(side, side));
    let font = fonts::regular(size::TICK);
    let at = |x: f64, y: f64| pos2(plot.left() + side * x as f32, plot.bottom() - side * y as f32);
    ui.painter().rect_filled(plot, 0, theme.track.gamma_multiply(0.35));
    paint::dashed(ui.painter(), at(0.0, 0.0), at(1.0, 1.0), Stroke::new(1.0, theme.ink3));
    let all: u64 = bins.map_or(0, |bins| bins.iter().map(|bin| bin.tokens).sum());
    for (place, bin) in bins.into_iter().flatten().enumerate().filter(|(_, bin)| bin.tokens > 0) {
        let left = place as f64 / BINS as f64;
        let bar = Rect::from_two_pos(at(left + 0.005, 0.0), at(left + 1.0 / BINS as f64 - 0.005, bin.accuracy));
        let weight = (bin.tokens as f64 / all.max(1) as f64 * 3.0).clamp(0.25, 1.0);
        ui.painter().rect_filled(bar, 0, theme.violet.gamma_multiply(weight as f32));
        ui.painter().circle_filled(at(bin.confidence, bin.accuracy), 2.6, theme.ink);
    }
    for (share, words) in [(0.0, "0"), (0.5, ".5"), (1.0, "1")] {
        ui.painter().text(at(share, 0.0) + vec2(0.0, 3.0), Align2::CENTER_TOP, words, font.clone(), theme.ink3);
        ui.painter().text(at(0.0, share) - vec2(5.0, 0.0), Align2::RIGHT_CENTER, words, font.clone(), theme.ink3);
    }
    let foot = pos2(plot.center().x, plot.bottom() + 15.0);
    ui.painter().text(foot, Align2::CENTER_TOP, "router's p → share it wins ↑", font, theme.ink3);
    let response = paint::say(ui, plot, "reliability", &format!("{words}; the diagonal is ideal"));
    if let Some(at) = response.hover_pos() {
        let place = (((at.x - plot.left()) / side) * BINS as f32).clamp(0.0, (BINS - 1) as f32) as usize;
        if let Some(bin) = bins.map(|bins| bins[place]) {
            let words = format!(
                "p from {} to {}: {} tokens, mean p {}, won {}",
                numbers::fixed(place as f64 / 10.0, 1),
                numbers::fixed((place + 1) as f64 / 10.0, 1),
                bin.tokens,
                numbers::fixed(bin.confidence, 3),
                numbers::percent(bin.accuracy)
            );
            response.on_hover_text_at_pointer(words);
        }
    }
}

/// Linear CKA of every two experts.
fn cka_ui(ui: &Ui, rect: Rect, shot: &Snapshot, view: &mut Sight) {
    let theme = theme::of(ui);
    let Some(seen) = view.seen(shot) else { return };
    let (ids, cka) = (&seen.roster.slots, &seen.layer.cka);
    let (n, tokens) = (ids.len(), seen.layer.cka_tokens);
    let title = fonts::medium(size::CAPTION);
    let floor = shot.config.model.width as f64 / tokens.max(1) as f64;
    let words = format!("CKA · unrelated about {}", numbers::fixed(floor.min(1.0), 2));
    let title = paint::text_in(ui, rect.min, Align2::LEFT_TOP, &words, title, theme.ink2, rect.width());
    let side = (rect.width() - 22.0).min(rect.bottom() - title.bottom() - 24.0);
    if side < 40.0 || n < 2 || cka.len() != n * n {
        let font = fonts::regular(size::CAPTION);
        paint::text_in(ui, rect.center(), Align2::CENTER_CENTER, "not measured", font, theme.ink3, rect.width());
        return;
    }
    let map = Rect::from_min_size(pos2(rect.left() + 20.0, title.bottom() + 8.0), vec2(side, side));
    let value = |row: usize, column: usize| f64::from(cka[row * n + column]);
    paint::heat(ui.painter(), map, n, |row, column| match value(row, column) {
        v if row == column || !v.is_finite() => theme.track,
        v => theme.sequential(v),
    });
    super::agreement::matrix_labels_ui(ui, map, ids);
    let response = paint::say(ui, map, "cka", "CKA of every two experts");
    if let Some((row, column)) = paint::heat_cell(&response, map, n) {
        view.hover(ids[row]);
        let value = numbers::fixed(value(row, column), 3);
        let words = format!("Experts {} and {}: CKA {value}, on {tokens} tokens", ids[row], ids[column]);
        response.on_hover_text_at_pointer(words);
    }
}
