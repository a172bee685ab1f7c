//! Agreement, grown, second page: the router alone.

use eframe::egui::{Align2, Rect, Ui, pos2, vec2};

use super::chart::{chart, charts_ui, head_ui, single};
use super::{blank, cell, halves};
use crate::domain::measures::router::margin_histogram;
use crate::domain::measures::similarity;
use crate::domain::readings::square;
use crate::run::Snapshot;
use crate::store::history::{LayerMeasure as M, SeriesKey};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::panels::agreement::matrix_labels_ui;
use crate::ui::panels::cards;
use crate::ui::view::ViewState;
use crate::ui::words::{UNKNOWN, grown as said, measures as words, tiles};

/// Bins of the histogram of margins.
const BINS: usize = 20;

/// Rows of the router, how sure it is, how it goes from byte to byte.
pub(crate) fn router_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, view: &mut ViewState) {
    let theme = theme::of(ui);
    let at = |measure| SeriesKey::Layer(view.layer, measure);
    let charts = [
        chart(
            &words::TOKEN_ENTROPY,
            &[
                (said::of_the_mean(), at(M::MarginalEntropy), theme.ink3),
                (words::TOKEN_ENTROPY.name.said(), at(M::TokenEntropy), theme.ink),
            ],
        ),
        single(&words::MARGIN, at(M::Margin), theme.ink),
        single(&words::Z_LOSS, at(M::ZLoss), theme.ink),
        single(&words::REPETITION, at(M::Repetition), theme.ink),
        single(&words::RESPONSE_CHOICE, at(M::ResponseChoice), theme.ink),
    ];
    let (left, right) = halves(rect, 0.3);
    rows_ui(ui, left, shot, view);
    charts_ui(ui, right, &charts, shot, view, 3);
    margins_ui(ui, cell(right, (3, 2), 5), shot, view);
}

/// Cosine of every two rows of the router.
fn rows_ui(ui: &Ui, rect: Rect, shot: &Snapshot, view: &mut ViewState) {
    let theme = theme::of(ui);
    let Some(seen) = view.seen(shot) else { return };
    let (ids, n) = (&seen.roster.slots, seen.roster.len());
    let cosine = seen.layer.matrices.row_cosine.as_ref();
    let most = cosine.and_then(similarity::most_alike).map_or(UNKNOWN.into(), |most| numbers::fixed(most.2, 2));
    let bottom = head_ui(ui, rect, &words::ROW_COSINE, &most, || Some(cards::router::rows(shot, view)));
    let side = (rect.width() - 22.0).min(rect.bottom() - bottom - 24.0);
    let Some(cosine) = square(&seen.layer.matrices.row_cosine, n).filter(|_| side >= 40.0 && n > 1) else {
        return blank(ui, rect, if n < 2 { tiles::NEEDS_TWO.said() } else { said::NO_ROWS.said() });
    };
    let map = Rect::from_min_size(pos2(rect.left() + 20.0, bottom + 8.0), vec2(side, side));
    let value = |row: usize, column: usize| cosine[row][column].unwrap_or(f64::NAN);
    paint::heat(ui.painter(), map, n, |row, column| match value(row, column) {
        v if row == column || !v.is_finite() => theme.track,
        v => theme.signed(v),
    });
    matrix_labels_ui(ui, map, ids);
    let response = paint::say(ui, map, "rows", said::ROWS_MAP.said());
    if let Some((row, column)) = paint::heat_cell(&response, map, n) {
        view.hover(ids[row]);
        response.on_hover_text_at_pointer(said::rows_cell(ids[row], ids[column], value(row, column)));
    }
}

/// How the margins of the probe's bytes lie.
fn margins_ui(ui: &Ui, rect: Rect, shot: &Snapshot, view: &ViewState) {
    let theme = theme::of(ui);
    let choices = view.seen(shot).map(|seen| &seen.layer.choices);
    let bins = choices.map(|of| margin_histogram(&of.p, of.experts, BINS)).unwrap_or_default();
    let all: usize = bins.iter().sum();
    let narrow = bins.iter().take(BINS / 10).sum::<usize>() as f64 / all.max(1) as f64;
    let value = if all > 0 { numbers::percent(narrow) } else { UNKNOWN.into() };
    let bottom = head_ui(ui, rect, &words::MARGINS, &value, || Some(cards::router::margin_card(shot, view)));
    let plot = rect.with_min_y(bottom + 8.0).with_max_y(rect.bottom() - 14.0);
    let most = bins.iter().copied().max().unwrap_or(0);
    if most == 0 || plot.height() < 16.0 {
        return blank(ui, plot, tiles::NOT_YET.said());
    }
    let wide = plot.width() / BINS as f32;
    for (place, &count) in bins.iter().enumerate() {
        let high = plot.height() * count as f32 / most as f32;
        let left = plot.left() + wide * place as f32;
        let bar = Rect::from_min_max(pos2(left, plot.bottom() - high), pos2(left + wide - 1.0, plot.bottom()));
        ui.painter().rect_filled(bar, 0, if place < BINS / 10 { theme.ink } else { theme.ink3 });
    }
    ui.painter().hline(plot.x_range(), plot.bottom(), theme.hair());
    let font = fonts::regular(size::TICK);
    for (share, words) in [(0.0, "0"), (0.5, ".5"), (1.0, "1")] {
        let at = pos2(plot.left() + plot.width() * share, plot.bottom() + 2.0);
        ui.painter().text(at, Align2::CENTER_TOP, words, font.clone(), theme.ink3);
    }
    let response = paint::say(ui, plot, "margins", &said::margins(narrow));
    if let Some(at) = response.hover_pos() {
        let place = (((at.x - plot.left()) / wide).max(0.0) as usize).min(BINS - 1);
        let [from, to] = [place, place + 1].map(|place| place as f64 / BINS as f64);
        response.on_hover_text_at_pointer(said::margin_bin(from, to, bins[place], all));
    }
}
