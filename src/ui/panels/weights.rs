//! How alike the experts' weights are: a heat map of every two of a layer, neurons matched or not, on demand.

use eframe::egui::{Align2, Rect, Stroke, StrokeKind, Ui, pos2, vec2};

use super::agreement::matrix_labels_ui;
use crate::domain::readings::WeightLikeness;
use crate::run::{Command, Snapshot};
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::panels::tile;
use crate::ui::panels::tile::Tile;
use crate::ui::view::export::tables;
use crate::ui::view::watched::trains;
use crate::ui::view::{Outbox, ViewState};
use crate::ui::words::{inspect, watched, weights as words};
use crate::words::language::FixedText;

/// Height of the row of controls.
const ROW: f32 = 20.0;
/// What the labels take on the left of the map, and what they and the foot take below it.
const LABELS: (f32, f32) = (20.0, 30.0);

/// What is said with matching, and without.
const ABOUT: [FixedText; 2] = [words::ABOUT, words::AS_THEY_LIE_ABOUT];

/// Draws weight similarity as a tile of its own.
pub fn similarity_ui(ui: &mut Ui, shot: &Snapshot, view: &mut ViewState, out: &mut Outbox) {
    let caption = inspect::of_layer(view.layer, view.step(shot));
    let tile = Tile { title: &inspect::SIMILARITY, caption: &caption, about: inspect::about_similarity(), beside: 0.0 };
    let shown = tile.show_offering(ui, |ui, body| weights_ui(ui, body, shot, view, out));
    shown.offer(ui, out, (Some(view.layer), view.step(shot)), || tables::weights(shot, view));
}

/// Draws weight similarity into `rect`: title, switch, button or progress, map, floor.
pub fn weights_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, view: &mut ViewState, out: &mut Outbox) {
    let theme = theme::of(ui);
    let rect = paint::sound(rect);
    if !trains(shot) {
        return tile::empty(ui, rect, watched::NO_WEIGHTS.said());
    }
    let way = usize::from(view.as_they_lie);
    let font = fonts::medium(size::CAPTION);
    let title =
        paint::text_in(ui, rect.min, Align2::LEFT_TOP, words::TITLES[way].said(), font, theme.ink2, rect.width());
    paint::say(ui, title, "weights-title", words::TITLES[way].said()).on_hover_text(ABOUT[way].said());
    let found = shot.newest.weights.clone().filter(|found| found.layer == view.layer);
    let top = title.bottom() + 4.0;
    if top + ROW > rect.bottom() {
        return;
    }
    let experts = view.roster(shot).map_or(0, |roster| roster.len());
    let below = if experts < 2 { top } else { controls_ui(ui, rect.with_min_y(top), found.as_deref(), view, out) };
    let room = rect.with_min_y(below + 8.0);
    let side = (room.width() - LABELS.0 - 2.0).min(room.height() - LABELS.1);
    let map = Rect::from_min_size(pos2(room.left() + LABELS.0, room.top()), vec2(side, side));
    match found.filter(|found| found.experts.len() > 1) {
        Some(found) if side >= 40.0 => map_ui(ui, map, rect.right(), &found, view),
        Some(_) => {}
        None => {
            let why = if experts < 2 { words::NEEDS_TWO } else { words::NOT_YET };
            let font = fonts::regular(size::CAPTION);
            paint::text_in(ui, room.center(), Align2::CENTER_CENTER, why.said(), font, theme.ink3, room.width());
            paint::say(ui, room, "weights-empty", &words::none_said(why.said()));
        }
    }
}

/// Matched or not; and the button, or how far a comparison has come. Returns the bottom.
fn controls_ui(ui: &mut Ui, rect: Rect, found: Option<&WeightLikeness>, view: &mut ViewState, out: &mut Outbox) -> f32 {
    let theme = theme::of(ui);
    let mut left = rect.left();
    for (way, about) in ABOUT.into_iter().enumerate() {
        let press = Press::words(words::WAYS[way].said())
            .named(words::WAYS_SAID[way].said())
            .look(Look::Ghost)
            .size(size::CAPTION);
        let press = press.selected(usize::from(view.as_they_lie) == way);
        let width = press.width(ui).min(rect.right() - left);
        let response = press.show(ui, Rect::from_min_size(pos2(left, rect.top()), vec2(width, ROW)));
        if response.clicked() {
            view.as_they_lie = way == 1;
        }
        response.on_hover_text(about.said());
        left += width;
    }
    let press = Press::words(words::COMPARE.said())
        .named(words::COMPARE_SAID.said())
        .enabled(view.is_live())
        .size(size::CAPTION);
    let width = press.width(ui).min(rect.width());
    // Where there is no room beside the switch, it stands below.
    let top = if left + 6.0 + width > rect.right() { rect.top() + ROW + 4.0 } else { rect.top() };
    let spot = Rect::from_min_size(pos2(rect.right() - width, top), vec2(width, ROW));
    if let Some(found) = found.filter(|found| !found.is_done()) {
        let progress = words::progress(found.done, found.pairs);
        let (at, font) = (spot.right_center(), fonts::regular(size::CAPTION));
        let place = paint::text_in(ui, at, Align2::RIGHT_CENTER, &progress, font, theme.amber, width);
        paint::say(ui, place, "weights-progress", &words::progress_said(&progress));
    } else {
        let response = press.show(ui, spot);
        if response.clicked() {
            out.push(Command::CompareWeights { layer: view.layer });
        }
        response.on_hover_text(words::ABOUT.said());
    }
    spot.bottom()
}

/// The map, and below it when it was taken and what unrelated experts come to, up to `right`.
fn map_ui(ui: &mut Ui, map: Rect, right: f32, found: &WeightLikeness, view: &mut ViewState) {
    let theme = theme::of(ui);
    let (ids, n) = (&found.experts, found.experts.len());
    let shown = if view.as_they_lie { &found.as_they_lie } else { &found.matched };
    // What unrelated experts come to has no colour.
    let none = f64::from(found.chance.filter(|_| !view.as_they_lie).unwrap_or(0.0)).clamp(0.0, 0.99);
    paint::heat(ui.painter(), map, n, |row, column| match f64::from(shown[row * n + column]) {
        v if row == column || !v.is_finite() => theme.track,
        v => theme.signed((v - none) / (1.0 - none)),
    });
    matrix_labels_ui(ui, map, ids);
    let foot = words::foot(found.step, view.as_they_lie, found.chance);
    let at = pos2(map.left() - LABELS.0, map.bottom() + LABELS.1 - 14.0);
    let font = fonts::regular(size::TICK);
    paint::text_in(ui, at, Align2::LEFT_TOP, &foot, font, theme.ink3, right - at.x);
    let most = (0..n * n).filter(|cell| cell / n < cell % n && shown[*cell].is_finite());
    let most = most.max_by(|&a, &b| shown[a].total_cmp(&shown[b]));
    let most = most.map(|cell| {
        let (row, column) = (cell / n, cell % n);
        let at = map.min + vec2(row as f32, column as f32) * (map.width() / n as f32);
        let frame = Rect::from_min_size(at, vec2(map.width(), map.width()) / n as f32).expand(0.5);
        ui.painter().rect_stroke(frame, 1, Stroke::new(1.6, theme.ink), StrokeKind::Middle);
        (ids[row], ids[column], shown[cell])
    });
    let response = paint::say(ui, map, "weights", &words::map_said(&foot, most));
    if let Some((row, column)) = paint::heat_cell(&response, map, n) {
        view.hover(ids[row]);
        response.on_hover_text_at_pointer(pair_words(found, row, column));
    }
}

/// What is said of two slots.
fn pair_words(found: &WeightLikeness, row: usize, column: usize) -> String {
    let (ids, cell) = (&found.experts, row * found.experts.len() + column);
    if row == column {
        return words::itself(ids[row]);
    }
    let values = Some([found.matched[cell], found.as_they_lie[cell]]).filter(|values| values[0].is_finite());
    words::pair(ids[row], ids[column], values, found.is_done())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::roster::ExpertId;

    #[test]
    fn a_pair_is_told_both_ways_as_soon_as_it_is_known() {
        let mut found = WeightLikeness::begun(9, 0, vec![ExpertId(2), ExpertId(5)]);
        assert_eq!(pair_words(&found, 0, 1), "Experts 3 and 6: not compared yet");
        found.take([0, 1], 0.021, 0.414);
        assert_eq!(pair_words(&found, 1, 0), "Experts 6 and 3: matched 0.41, unmatched 0.02");
        assert_eq!(pair_words(&found, 1, 1), "Expert 6 with itself");
    }
}
