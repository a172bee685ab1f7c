//! Agreement, grown: every measure of it, whether the router is as right as it is sure, and whether it forgets.

use eframe::egui::{Align2, Rect, Stroke, Ui, pos2, vec2};

use super::chart::{Chart, chart, charts_ui, head_ui, single};
use super::router::router_ui;
use super::{blank, cell, halves, pages_ui};
use crate::domain::readings::BINS;
use crate::run::Snapshot;
use crate::store::history::{LayerMeasure as M, SeriesKey};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint, plots};
use crate::ui::panels::cards;
use crate::ui::view::ViewState;
use crate::ui::view::derived::{self, Stale};
use crate::ui::words::{UNKNOWN, grown as said, measures as words, tiles};
use crate::words::language::FixedText;

/// Every measure of agreement, reliability and staleness; or the router alone.
pub(crate) fn agreement_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, view: &mut ViewState) {
    let theme = theme::of(ui);
    let (page, rect) = pages_ui(ui, rect, &said::AGREEMENT_PAGES.map(FixedText::said), view);
    if page == 1 {
        return router_ui(ui, rect, shot, view);
    }
    let at = |measure| SeriesKey::Layer(view.layer, measure);
    let charts: [Chart; 7] = [
        chart(
            &words::TOP1,
            &[(said::CHANCE.said(), at(M::Chance), theme.ink3), (words::TOP1.name.said(), at(M::Top1), theme.ink)],
        ),
        chart(
            &words::KEPT,
            &[
                (said::AT_RANDOM.said(), at(M::ResponseChance), theme.ink3),
                (words::KEPT.name.said(), at(M::ResponseCaptured), theme.ink),
            ],
        ),
        chart(
            &words::RECALL,
            &[
                (words::JACCARD.name.said(), at(M::Jaccard), theme.ink3),
                (words::RECALL.name.said(), at(M::Recall), theme.ink),
            ],
        ),
        single(&words::SKILL, at(M::Skill), theme.ink),
        single(&words::SPEARMAN, at(M::Spearman), theme.ink),
        single(&words::KL, at(M::Kl), theme.ink),
        single(&words::INFORMATION, at(M::Information), theme.ink),
    ];
    let (left, right) = halves(rect, 0.26);
    reliability_ui(ui, left, shot, view);
    charts_ui(ui, right, &charts, shot, view, 4);
    // The eighth cell of the grid is of another kind.
    stale_ui(ui, cell(right, (4, 2), 7), shot, view);
}

/// How sure the router is against how often it is right; the diagonal is ideal.
fn reliability_ui(ui: &Ui, rect: Rect, shot: &Snapshot, view: &ViewState) {
    let theme = theme::of(ui);
    let beside = view.seen(shot).map(|seen| &seen.layer.diagnosis);
    let bins = beside.and_then(|found| found.beside.reliability.as_ref());
    let error = beside.and_then(|found| found.agreement.ece).map_or(UNKNOWN.into(), |ece| numbers::fixed(ece, 3));
    let bottom = head_ui(ui, rect, &words::ECE, &error, || cards::of(SeriesKey::Layer(view.layer, M::Ece), shot, view));
    let side = (rect.width() - 26.0).min(rect.bottom() - bottom - 34.0);
    if side < 40.0 {
        return;
    }
    let plot = Rect::from_min_size(pos2(rect.left() + 24.0, bottom + 8.0), vec2(side, side));
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
    ui.painter().text(foot, Align2::CENTER_TOP, said::RELIABILITY_AXES, font, theme.ink3);
    let response = paint::say(ui, plot, "reliability", said::RELIABILITY.said());
    if let Some(at) = response.hover_pos() {
        let place = (((at.x - plot.left()) / side) * BINS as f32).clamp(0.0, (BINS - 1) as f32) as usize;
        if let Some(bin) = bins.map(|bins| bins[place]) {
            let words = said::reliability_bin(place, bin);
            response.on_hover_text_at_pointer(words);
        }
    }
}

/// Kappa against the steps since the layer last competed: falling is forgetting.
fn stale_ui(ui: &Ui, rect: Rect, shot: &Snapshot, view: &ViewState) {
    let theme = theme::of(ui);
    let Stale { probes, means } = derived::stale(shot, view);
    let now = probes.last().map_or(UNKNOWN.into(), |&(since, _)| tiles::steps(since));
    let bottom = head_ui(ui, rect, &words::STALENESS, &now, || Some(cards::agreement::stale(&means, shot, view)));
    let plot = rect.with_min_y(bottom + 6.0).with_min_x(rect.left() + 26.0).with_max_y(rect.bottom() - 13.0);
    let font = fonts::regular(size::TICK);
    if probes.len() < 2 || plot.height() < 20.0 {
        return blank(ui, plot, tiles::NOT_YET.said());
    }
    let most = probes.iter().map(|p| p.0).max().unwrap_or(1).max(1);
    let (low, high) = probes.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| (l.min(p.1), h.max(p.1)));
    let pad = ((high - low) * 0.1).max(0.02);
    let (low, high) = (low - pad, high + pad);
    // Most probes come soon after a competition: the first steps get most of the room.
    let x = |since: f64| plot.left() + plot.width() * plots::log_place(since, most as f64) as f32;
    let y = |kappa: f64| plot.bottom() - plot.height() * ((kappa - low) / (high - low)) as f32;
    let ticks = numbers::ticks(low, high, 3);
    for (&kappa, words) in ticks.iter().zip(numbers::axis(&ticks)) {
        ui.painter().hline(plot.x_range(), y(kappa), theme.hair());
        let at = pos2(plot.left() - 5.0, y(kappa));
        let room = at.x - rect.left() + 4.0;
        paint::value_in(ui, at, Align2::RIGHT_CENTER, &words, font.clone(), theme.ink3, room);
    }
    let mut free = plot.left() - 6.0;
    for since in [0, most / 8, most] {
        let at = pos2(x(since as f64), plot.bottom() + 2.0);
        let align = if since == most { Align2::RIGHT_TOP } else { Align2::CENTER_TOP };
        let galley = paint::cut(ui, &numbers::count(since), font.clone(), theme.ink3, plot.width());
        let place = align.anchor_size(at, galley.size());
        if place.left() >= free {
            free = place.right() + 6.0;
            ui.painter().galley(place.min, galley, theme.ink3);
        }
    }
    for (place, &(since, kappa)) in probes.iter().enumerate() {
        let fresh = 0.25 + 0.75 * (place + 1) as f32 / probes.len() as f32;
        ui.painter().circle_filled(pos2(x(since as f64), y(kappa)), 1.8, theme.ink3.gamma_multiply(fresh));
    }
    let line: Vec<_> = means.iter().map(|m| pos2(x(m.since), y(m.kappa))).collect();
    ui.painter().line(line, Stroke::new(1.6, theme.violet));
    let response = paint::say(ui, plot, "staleness", &said::staleness(probes.len(), most));
    if let Some(at) = response.hover_pos()
        && let Some(near) = means.iter().min_by(|a, b| (x(a.since) - at.x).abs().total_cmp(&(x(b.since) - at.x).abs()))
    {
        response.on_hover_text_at_pointer(said::stale_bin(near));
    }
}
