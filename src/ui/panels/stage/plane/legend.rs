//! Legends of the maps of the plane: whose how much is, how far both agree, how well the network answers; and what is said of
//! one place.

use eframe::egui::{Align2, Grid, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::drawing::class_mark;
use super::places::{MapSpot, cell_of};
use crate::domain::measures::territory::TerritoryMap;
use crate::domain::roster::ExpertId;
use crate::run::{Maps, Snapshot};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::view::ViewState;
use crate::ui::view::derived;
use crate::ui::words::{plane as words, tiles};
use crate::words::language::FixedText;

/// Most experts listed in a tooltip.
const LISTED: usize = 8;

/// Width of an expert's share with its chip, so that those of several rows stand below each other.
const SHARE: f32 = 54.0;
/// A legend that is this many rows high stands beside its map, with a row for each thing.
const BESIDE: f32 = 3.0 * ROW;

/// The slots of the largest shares, as many as there is room for, in their order.
fn listed(shares: &[f64], room: usize) -> Vec<usize> {
    let mut slots: Vec<usize> = (0..shares.len()).collect();
    slots.sort_by(|&a, &b| shares[b].total_cmp(&shares[a]).then(a.cmp(&b)));
    slots.truncate(room);
    slots.sort_unstable();
    slots
}

/// Lays items out in rows, as far as they fit.
struct Rows {
    rect: Rect,
    at: eframe::egui::Pos2,
}

/// Height of a row.
const ROW: f32 = 20.0;
/// Between two items of a row.
const GAP: f32 = 12.0;

impl Rows {
    fn new(rect: Rect) -> Self {
        Self { rect, at: rect.min }
    }

    /// How many items of a width there is room for at most.
    fn room(&self, width: f32) -> usize {
        let [across, down] = [(self.rect.width() + GAP) / (width + GAP), self.rect.height() / ROW];
        across.max(1.0) as usize * down.max(1.0) as usize
    }

    /// Room for an item of a width, in this row or the next; `None` if there is none.
    fn take(&mut self, width: f32) -> Option<Rect> {
        if self.at.x > self.rect.left() && self.at.x + width > self.rect.right() {
            self.at = pos2(self.rect.left(), self.at.y + ROW);
        }
        let spot = Rect::from_min_size(self.at, vec2(width, ROW));
        let fits = spot.right() <= self.rect.right() + 0.5 && spot.bottom() <= self.rect.bottom() + 0.5;
        self.at.x += width + GAP;
        fits.then_some(spot)
    }

    /// Begins another row, where the legend stands beside its map.
    fn next(&mut self) {
        if self.at.x > self.rect.left() && self.rect.height() >= BESIDE {
            self.at = pos2(self.rect.left(), self.at.y + ROW);
        }
    }

    /// Words, as far as there is room; in a row of their own where they are strong.
    fn words(&mut self, ui: &Ui, text: &str, strong: bool) -> Option<Rect> {
        let theme = theme::of(ui);
        let (font, ink) = if strong {
            (fonts::strong(size::CAPTION), theme.ink)
        } else {
            (fonts::regular(size::CAPTION), theme.ink3)
        };
        let spot = self.take(paint::wide(ui, text, font.clone()))?;
        ui.painter().text(spot.left_center(), Align2::LEFT_CENTER, text, font, ink);
        Some(spot)
    }
}

/// Share of the map that each expert has; a click keeps an expert lit.
pub(crate) fn shares_ui(ui: &Ui, rect: Rect, salt: &str, ids: &[ExpertId], shares: &[f64], view: &mut ViewState) {
    let theme = theme::of(ui);
    let mut rows = Rows::new(rect);
    let caption = || fonts::regular(size::CAPTION);
    let wide = |words: FixedText| paint::wide(ui, words.said(), caption());
    // Where all of it fits into one row, what the numbers are stands before them, and at the end what is dashed.
    let numbers = ids.len() as f32 * (SHARE + GAP);
    let (wins, border) = (wide(tiles::WINS), wide(words::ROUTER_BORDER) + 28.0);
    if wins + GAP + numbers <= rect.width()
        && let Some(spot) = rows.take(wins)
    {
        ui.painter().text(spot.left_center(), Align2::LEFT_CENTER, tiles::WINS, caption(), theme.violet);
    }
    if wins + GAP + numbers + border <= rect.width() {
        let at = pos2(rect.right(), rect.top() + ROW / 2.0);
        let text = ui.painter().text(at, Align2::RIGHT_CENTER, words::ROUTER_BORDER, caption(), theme.ink3);
        let dashes = [pos2(text.left() - 28.0, at.y), pos2(text.left() - 6.0, at.y)];
        paint::dashed(ui.painter(), dashes[0], dashes[1], Stroke::new(1.2, theme.ink2));
    }
    for slot in listed(shares, rows.room(SHARE)) {
        let (Some(&id), share) = (ids.get(slot), shares[slot]) else { break };
        let text = words::share_short(share);
        let font = fonts::medium(size::CAPTION);
        let Some(spot) = rows.take(SHARE) else { return };
        let strength = view.strength(id);
        paint::chip(ui.painter(), spot.left_center() + vec2(8.0, 0.0), 14.0, id, theme, strength);
        let at = spot.left_center() + vec2(21.0, 0.0);
        ui.painter().text(at, Align2::LEFT_CENTER, text, font, theme.ink2.gamma_multiply(strength.max(0.6)));
        let response = ui.interact(spot, ui.scope_id().with((salt, id.0)), Sense::click());
        let said = words::share(id, share);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &said));
        if response.hovered() || response.has_focus() {
            view.hover(id);
        }
        if response.clicked() {
            view.keep(id);
        }
        response.on_hover_text(said);
    }
}

/// How far the router and the competition agree on the map.
pub(crate) fn agreement_ui(ui: &Ui, rect: Rect, territories: &TerritoryMap) {
    let theme = theme::of(ui);
    let agreement = territories.agreement;
    let mut rows = Rows::new(rect);
    let kappa = agreement.kappa.map_or(numbers::UNKNOWN.into(), |kappa| numbers::fixed(kappa, 2));
    let said = words::agreement(agreement.top1, agreement.chance, &kappa);
    rows.words(ui, &words::agree(agreement.top1), true);
    rows.words(ui, &words::by_chance(agreement.chance), false);
    rows.words(ui, &words::kappa(&kappa), true);
    let width = 28.0 + paint::wide(ui, words::DIFFER.said(), fonts::regular(size::CAPTION));
    if let Some(spot) = rows.take(width) {
        let swatch = Rect::from_center_size(spot.left_center() + vec2(11.0, 0.0), vec2(22.0, 12.0));
        ui.painter().rect_filled(swatch, 2, theme.track);
        let p = ui.painter().with_clip_rect(swatch.intersect(ui.clip_rect()));
        for place in 0..6 {
            let x = swatch.left() - 8.0 + 6.0 * place as f32;
            p.line_segment([pos2(x, swatch.bottom()), pos2(x + 12.0, swatch.top())], Stroke::new(1.4, theme.ink2));
        }
        let at = spot.left_center() + vec2(28.0, 0.0);
        ui.painter().text(at, Align2::LEFT_CENTER, words::DIFFER, fonts::regular(size::CAPTION), theme.ink3);
    }
    paint::say(ui, rect, "map-agreement", &said).on_hover_text(words::ABOUT_AGREEMENT.said());
}

/// How well the network answers, beside chance, and the marks of the classes.
pub(crate) fn score_ui(ui: &Ui, rect: Rect, shot: &Snapshot, classes: usize) {
    let theme = theme::of(ui);
    let mut rows = Rows::new(rect);
    let score = derived::score(shot);
    let now = score.map_or(numbers::UNKNOWN.into(), |(value, _)| words::score(shot, value));
    let said = words::score_said(shot, &now, score.map(|(_, held_out)| held_out));
    rows.words(ui, words::score_name(shot), false);
    rows.words(ui, &now, true);
    rows.next();
    if let Some(chance) = words::chance(shot) {
        rows.words(ui, &chance, false);
    }
    rows.next();
    for class in 0..classes {
        let text = words::class_short(class);
        let Some(spot) = rows.take(14.0 + paint::wide(ui, &text, fonts::regular(size::CAPTION))) else { break };
        let at = spot.left_center() + vec2(5.0, 0.0);
        ui.painter().circle_filled(at, 6.0, theme.class(class as u16, 0.8));
        class_mark(ui.painter(), at, class as u16, 2.6, theme);
        let beside = spot.left_center() + vec2(14.0, 0.0);
        ui.painter().text(beside, Align2::LEFT_CENTER, text, fonts::regular(size::CAPTION), theme.ink3);
    }
    paint::say(ui, rect, "map-score", &said).on_hover_text(said);
}

/// What is said of one place: who wins and is picked there, affinities and scores, and what the network answers.
pub(crate) fn place_ui(ui: &mut Ui, maps: &Maps, ids: &[ExpertId], spot: MapSpot) {
    let theme = theme::of(ui);
    let map = &maps.map;
    let (cell, cells) = (cell_of(spot, map.side), &map.territories.cells);
    ui.strong(words::place(super::places::in_plane(spot)));
    let whose = |slot: u16| ids.get(usize::from(slot)).copied();
    if let (Some(winner), Some(pick)) = (whose(cells.winners[cell]), whose(cells.picks[cell])) {
        ui.label(words::whose(winner, pick, cells.winner_margin[cell], cells.pick_margin[cell]));
    }
    Grid::new("place").num_columns(3).spacing([14.0, 2.0]).show(ui, |ui| {
        for title in [words::EXPERT, words::AFFINITY, words::SCORE] {
            ui.weak(title.said());
        }
        ui.end_row();
        let (affinities, scores) = (cells.affinities(cell), cells.scores(cell));
        let mut order: Vec<usize> = (0..ids.len()).collect();
        order.sort_by(|&a, &b| affinities[b].total_cmp(&affinities[a]));
        order.truncate(LISTED);
        order.sort_unstable();
        for slot in order {
            let (chip, _) = ui.allocate_exact_size(vec2(18.0, 16.0), Sense::hover());
            paint::chip(ui.painter(), chip.center(), 14.0, ids[slot], theme, 1.0);
            for (value, chosen) in [(affinities[slot], cells.winners[cell]), (scores[slot], cells.picks[cell])] {
                let text = numbers::fixed(f64::from(value), 3);
                if usize::from(chosen) == slot {
                    ui.strong(text)
                } else {
                    ui.label(text)
                };
            }
            ui.end_row();
        }
    });
    for line in words::answers(map.answers.probabilities(cell).as_deref(), map.answers.outputs(cell)) {
        ui.label(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_shares_are_listed_in_the_order_of_their_slots() {
        assert_eq!(listed(&[0.1, 0.0, 0.5, 0.0, 0.4], 3), [0, 2, 4]);
        assert_eq!(listed(&[0.5, 0.5], 8), [0, 1]);
        assert_eq!(listed(&[f64::NAN, 1.0], 0), Vec::<usize>::new());
    }
}
