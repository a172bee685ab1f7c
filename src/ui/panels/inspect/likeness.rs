//! How alike every two experts of a layer of a checkpoint are: neurons matched, as they are stored, or by rows of the router.

use eframe::egui::{Align2, Rect, Stroke, StrokeKind, Ui, pos2, vec2};

use super::InspectedSight;
use crate::inspect::{LikenessMatrix, LikenessOf};
use crate::ui::kit::bitmap::sharp_bitmap_ui;
use crate::ui::kit::switch::switch_ui;
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::panels::tile::{self, Tile};
use crate::ui::view::Outbox;
use crate::ui::view::inspected::pairs::{LikePairs, WAYS};
use crate::ui::view::inspected::{InspectedView, export, name};
use crate::ui::words::{self, inspected, inspected_columns as columns};

/// Heights of the switch, and of the two lines below the map.
const SWITCH: f32 = 26.0;
const FOOT: f32 = 40.0;
/// What the labels take at the left.
const LABELS: f32 = 22.0;
/// Draws the tile.
pub(crate) fn likeness_ui(ui: &mut Ui, sight: InspectedSight<'_>, view: &mut InspectedView, out: &mut Outbox) {
    let caption = inspected::of_layer(view.choice.layer, sight.seen.layers.len());
    let about = inspected::about_likeness();
    let tile = Tile { title: &inspected::LIKENESS, caption: &caption, about, beside: 0.0 };
    let shown = tile.show_offering(ui, |ui, body| {
        let choices = columns::WAYS.map(|(name, about)| (name.said(), about.said()));
        let chosen = WAYS.iter().position(|way| *way == view.likeness).unwrap_or_default();
        let spot = Rect::from_min_size(body.min, vec2(body.width(), SWITCH));
        if let Some(place) = switch_ui(ui, spot, &choices, chosen) {
            view.likeness = WAYS[place];
        }
        let room = paint::sound(body.with_min_y(spot.bottom() + 8.0));
        let report = sight.seen.layer(&view.choice).and_then(|layer| layer.report.as_ref());
        match report.and_then(|report| report.likeness(view.likeness)) {
            Some(matrix) if matrix.experts() > 0 => matrix_ui(ui, room, matrix, sight, view),
            _ => tile::empty(ui, room, why_none(sight, view)),
        }
    });
    shown.offer_file(ui, out, Some(view.choice.layer), || export::likeness(sight.of, sight.seen, view.choice.layer));
}

/// Why there is nothing to be seen.
fn why_none(sight: InspectedSight<'_>, view: &InspectedView) -> &'static str {
    let report = sight.seen.layer(&view.choice).and_then(|layer| layer.report.as_ref());
    let measured = report.is_some_and(|report| report.likeness(LikenessOf::Stored).is_some());
    match (view.likeness, measured) {
        _ if report.is_some_and(|report| report.is_likeness_left_out()) => inspected::LIKENESS_NOT_KEPT.said(),
        (LikenessOf::Matched, true) => inspected::TOO_MANY_TO_MATCH.said(),
        _ if sight.of.work.is_some() => inspected::NOT_READ_YET.said(),
        _ => inspected::NOT_MEASURED.said(),
    }
}

fn matrix_ui(ui: &mut Ui, room: Rect, matrix: &LikenessMatrix, sight: InspectedSight<'_>, view: &mut InspectedView) {
    let theme = theme::of(ui);
    let n = matrix.experts();
    let side = (room.width() - LABELS).min(room.height() - FOOT).max(0.0);
    if side < 40.0 {
        return;
    }
    let left = room.left() + LABELS + ((room.width() - LABELS - side) / 2.0).max(0.0);
    let map = Rect::from_min_size(pos2(left, room.top()), vec2(side, side));
    let color = |cell: usize| match matrix.at(cell / n, cell % n) {
        _ if cell / n == cell % n => theme.track,
        Some(cosine) if cosine < 0.0 => theme.signed(cosine),
        Some(cosine) => theme.faint(cosine),
        None => theme.red.gamma_multiply(0.5),
    };
    let shown = (sight.seen.count, view.likeness, view.choice.layer, theme.dark);
    sharp_bitmap_ui(ui, map, "cosines", shown, [n, n], color);
    let cell = side / n as f32;
    if n <= 32 {
        let pen = Stroke::new(1.0, theme.tile);
        for line in 1..n {
            let by = cell * line as f32;
            ui.painter().vline(map.left() + by, map.y_range(), pen);
            ui.painter().hline(map.x_range(), map.top() + by, pen);
        }
    }
    if cell >= 24.0 {
        for (row, column) in (0..n * n).map(|cell| (cell / n, cell % n)).filter(|(row, column)| row != column) {
            let Some(cosine) = matrix.at(row, column) else { continue };
            let centre = map.min + vec2(column as f32 + 0.5, row as f32 + 0.5) * cell;
            let text = numbers::fixed(cosine, 2);
            paint::value_in(
                ui,
                centre,
                Align2::CENTER_CENTER,
                &text,
                fonts::regular(size::TICK),
                theme.ink,
                cell - 4.0,
            );
        }
    }
    let every = (16.0 / cell).ceil().max(1.0) as usize;
    for expert in (0..n).filter(|expert| expert % every == 0) {
        let centre = pos2(map.left() - 12.0, map.top() + cell * (expert as f32 + 0.5));
        paint::chip(ui.painter(), centre, 13.0, name(expert), theme, view.strength(expert));
    }
    let way = WAYS.iter().position(|way| *way == view.likeness).unwrap_or_default();
    let pairs = sight.seen.pairs[way];
    let most = pairs.map(|pairs| pairs.most);
    if let Some((row, column, _)) = most {
        for (row, column) in [(row, column), (column, row)] {
            let place = Rect::from_min_size(map.min + vec2(column as f32, row as f32) * cell, vec2(cell, cell));
            ui.painter().rect_stroke(place.expand(0.5), 1, Stroke::new(1.6, theme.ink), StrokeKind::Outside);
        }
    }
    foot_ui(ui, room.with_min_y(map.bottom() + 8.0), pairs);
    let said = inspected::likeness_said(most.map(|(one, other, cosine)| (name(one), name(other), cosine)));
    let response = paint::say(ui, map, "likeness", &said);
    if let Some((row, column)) = paint::heat_cell(&response, map, n) {
        view.hover(row);
        let value = matrix.at(row, column).map_or(words::UNKNOWN.into(), |cosine| numbers::fixed(cosine, 3));
        response.on_hover_text_at_pointer(inspected::pair(name(row), name(column), &value));
    }
}

/// The mean of all pairs, and the two that are most alike.
fn foot_ui(ui: &Ui, rect: Rect, pairs: Option<LikePairs>) {
    let theme = theme::of(ui);
    let number = |value: f64| numbers::fixed(value, 2);
    let lines = [
        (inspected::MEAN_OF_PAIRS, pairs.map_or(words::UNKNOWN.into(), |pairs| number(pairs.mean))),
        (inspected::MOST_ALIKE, pairs.map_or(words::UNKNOWN.into(), |pairs| number(pairs.most.2))),
    ];
    for (place, (name_of, value)) in lines.iter().enumerate() {
        let y = rect.top() + 7.0 + 17.0 * place as f32;
        let font = fonts::regular(size::BODY);
        let at = pos2(rect.left(), y);
        paint::text_in(ui, at, Align2::LEFT_CENTER, name_of, font, theme.ink2, rect.width() * 0.6);
        let at = pos2(rect.right(), y);
        let number = paint::text_in(
            ui,
            at,
            Align2::RIGHT_CENTER,
            value,
            fonts::strong(size::BODY),
            theme.ink,
            rect.width() * 0.4,
        );
        if let (1, Some(LikePairs { most: (one, other, _), .. })) = (place, pairs) {
            for (beside, expert) in [(36.0, one), (14.0, other)] {
                paint::chip(ui.painter(), pos2(number.left() - beside, y), 14.0, name(expert), theme, 1.0);
            }
        }
    }
}
