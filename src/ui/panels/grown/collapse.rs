//! Collapse, grown: every measure of it, and CKA of every two experts.

use eframe::egui::{Rect, Ui, pos2, vec2};

use super::chart::{chart, charts_ui, head_ui, single};
use super::{blank, halves, pages_ui};
use crate::domain::readings::square;
use crate::run::Snapshot;
use crate::store::history::{LayerMeasure as M, SeriesKey};
use crate::ui::kit::{numbers, paint, theme};
use crate::ui::panels::agreement::matrix_labels_ui;
use crate::ui::panels::cards;
use crate::ui::panels::weights_ui;
use crate::ui::view::{Outbox, ViewState};
use crate::ui::words::{UNKNOWN, grown as said, measures as words, tiles};
use crate::words::language::FixedText;

/// Every measure of collapse, and CKA of every two experts; or their weights compared.
pub(crate) fn collapse_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, view: &mut ViewState, out: &mut Outbox) {
    let theme = theme::of(ui);
    let (page, rect) = pages_ui(ui, rect, &said::COLLAPSE_PAGES.map(FixedText::said), view);
    let (left, right) = halves(rect, 0.28);
    if page == 1 {
        // Beside them, what CKA says of the answers: alike in weights and alike in what they do are two things.
        let (wide, narrow) = halves(rect, 0.62);
        weights_ui(ui, wide, shot, view, out);
        return cka_ui(ui, narrow, shot, view);
    }
    let at = |measure| SeriesKey::Layer(view.layer, measure);
    let charts = [
        single(&words::RC, at(M::Rc), theme.ink),
        single(&words::EFFECTIVE_RANK, at(M::EffectiveRank), theme.ink),
        chart(
            &words::STABLE_RANK,
            &[
                (words::PARTICIPATION.name.said(), at(M::ParticipationRatio), theme.ink3),
                (words::STABLE_RANK.name.said(), at(M::StableRank), theme.ink),
            ],
        ),
        single(&words::ANISOTROPY, at(M::Anisotropy), theme.ink),
        chart(
            &words::WORST,
            &[
                (said::MEAN_OF_PAIRS.said(), at(M::OutputCosine), theme.ink3),
                (said::WORST.said(), at(M::WorstCosine), theme.ink),
            ],
        ),
        single(&words::CKA, at(M::Cka), theme.ink),
    ];
    cka_ui(ui, left, shot, view);
    charts_ui(ui, right, &charts, shot, view, 3);
}

/// Linear CKA of every two experts.
fn cka_ui(ui: &Ui, rect: Rect, shot: &Snapshot, view: &mut ViewState) {
    let theme = theme::of(ui);
    let Some(seen) = view.seen(shot) else { return };
    let (ids, n) = (&seen.roster.slots, seen.roster.len());
    let tokens = seen.layer.diagnosis.similarity.cka_tokens.unwrap_or(0);
    let mean = seen.layer.diagnosis.similarity.mean_cka.map_or(UNKNOWN.into(), |mean| numbers::fixed(mean, 2));
    let bottom = head_ui(ui, rect, &words::CKA, &mean, || cards::of(SeriesKey::Layer(view.layer, M::Cka), shot, view));
    let side = (rect.width() - 22.0).min(rect.bottom() - bottom - 24.0);
    let Some(cka) = square(&seen.layer.matrices.cka, n).filter(|_| side >= 40.0 && n > 1) else {
        return blank(ui, rect, tiles::NOT_MEASURED.said());
    };
    let map = Rect::from_min_size(pos2(rect.left() + 20.0, bottom + 8.0), vec2(side, side));
    let value = |row: usize, column: usize| cka[row][column].unwrap_or(f64::NAN);
    paint::heat(ui.painter(), map, n, |row, column| match value(row, column) {
        v if row == column || !v.is_finite() => theme.track,
        v => theme.sequential(v),
    });
    matrix_labels_ui(ui, map, ids);
    let response = paint::say(ui, map, "cka", said::CKA_PAIRS.said());
    if let Some((row, column)) = paint::heat_cell(&response, map, n) {
        view.hover(ids[row]);
        let value = numbers::fixed(value(row, column), 3);
        let words = said::cka_pair(ids[row], ids[column], &value, tokens);
        response.on_hover_text_at_pointer(words);
    }
}
