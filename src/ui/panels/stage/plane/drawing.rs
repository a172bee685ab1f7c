//! What is drawn on the maps of the plane: borders, hatching where the router differs, the data, axes and the cross.

use eframe::egui::{Align2, Color32, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Ui, pos2, vec2};

use super::places::{MapSpot, SPOTS, on_map, on_screen};
use crate::domain::config::DrawnPoint;
use crate::domain::measures::borders::BorderLine;
use crate::domain::measures::heartland::Heart;
use crate::domain::measures::territory::{AnswerMap, TerritoryMap};
use crate::domain::readings::PlanePoint;
use crate::domain::roster::ExpertId;
use crate::ui::kit::fonts;
use crate::ui::kit::paint;
use crate::ui::kit::theme::{Theme, size};

/// Distance of two lines of hatching, points.
const HATCH: f32 = 7.0;
/// Most points of the data that are drawn.
const POINTS: usize = 400;
/// Dashes of a border along a side of the map.
const DASHES: f32 = 60.0;

/// Draws borders, whole or dashed.
pub(crate) fn borders(p: &Painter, map: Rect, lines: &[BorderLine], pen: Stroke, dashed: bool) {
    for [from, to] in lines {
        // The pieces are shorter than a dash.
        let dash = ((from[0] + from[1]) * DASHES) as i32;
        if !dashed || dash % 2 == 0 {
            p.line_segment([on_screen(map, *from), on_screen(map, *to)], pen);
        }
    }
}

/// A stretch of a diagonal line within one expert's cells: its ends, 0 to 1 from the left and top, and the expert's slot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct HatchLine {
    /// Lower left end.
    pub from: [f32; 2],
    /// Upper right end.
    pub to: [f32; 2],
    /// Who wins there.
    pub slot: u16,
}

/// Diagonal lines over the cells where the router picks another expert than the winner, `gap` apart (a share of the side).
pub(crate) fn hatching(territories: &TerritoryMap, side: usize, gap: f32) -> Vec<HatchLine> {
    let mut lines: Vec<HatchLine> = Vec::new();
    let count = (2.0 / gap.max(0.005)) as usize;
    for line in 1..count {
        // x + y = c, from the left or the bottom edge upwards, a cell at a time.
        let c = line as f32 * gap;
        let mut open: Option<HatchLine> = None;
        for step in 0..side {
            let x = (step as f32 + 0.5) / side as f32;
            let y = c - x;
            let cell = ((y * side as f32) as usize) * side + step;
            let differs = (0.0..1.0).contains(&y) && territories.differ(cell);
            let slot = differs.then(|| territories.cells.winners[cell]);
            if open.map(|open| open.slot) != slot {
                lines.extend(open.take());
            }
            if let Some(slot) = slot {
                let half = 0.5 / side as f32;
                // At an edge of the map the stretch is shorter, not steeper.
                let (above, below) = ((half - y).max(0.0), (y + half - 1.0).max(0.0));
                let to = [x + half - above, y - half + above];
                let from = [x - half + below, y + half - below];
                open = Some(HatchLine { from: open.map_or(from, |open| open.from), to, slot });
            }
        }
        lines.extend(open);
    }
    lines
}

/// Draws the hatching of a map in the hue of the expert that wins the cells.
pub(crate) fn hatch(p: &Painter, map: Rect, territories: &TerritoryMap, side: usize, pen: impl Fn(u16) -> Stroke) {
    for line in hatching(territories, side, HATCH / map.width().max(1.0)) {
        p.line_segment([on_screen(map, line.from), on_screen(map, line.to)], pen(line.slot));
    }
}

/// Depth of a territory, points, from which its number has room on it.
const ROOM: f32 = 14.0;

/// Writes the number of each expert at the heart of its territory, so that no territory is told by its colour alone.
pub(crate) fn numbers(
    p: &Painter,
    map: Rect,
    (hearts, side): (&[Option<Heart>], usize),
    ids: &[ExpertId],
    strength: impl Fn(ExpertId) -> f32,
    theme: &Theme,
) {
    let cell = map.width() / side.max(1) as f32;
    for (heart, &id) in hearts.iter().zip(ids) {
        let Some(heart) = heart.filter(|heart| f32::from(heart.depth) * cell >= ROOM) else { continue };
        let [x, y] = [heart.cell % side, heart.cell / side].map(|place| (place as f32 + 0.5) / side as f32);
        let at = on_screen(map, [x, y]);
        let frame = Rect::from_center_size(at, vec2(20.0, 18.0));
        // Points and borders do not shine through a number that is not lit.
        p.rect_filled(frame, 5, theme.bg);
        paint::chip(p, at, 14.0, id, theme, strength(id));
    }
}

/// Draws the data: the class by its mark, or the value by its colour.
pub(crate) fn data(p: &Painter, map: Rect, points: &[PlanePoint], classes: bool, theme: &Theme) {
    let most = if map.width() > 200.0 { POINTS } else { POINTS / 2 };
    let radius = (map.width() / 110.0).clamp(1.4, 2.6);
    for point in points.iter().take(most) {
        let Some(place) = on_map(point.at) else { continue };
        let at = on_screen(map, place);
        if classes {
            class_mark(p, at, point.class, radius, theme);
        } else {
            let fill = theme.diverging(f64::from(point.value));
            p.circle(at, radius + 0.4, fill, Stroke::new(0.8, theme.ink));
        }
    }
}

/// Draws all points that were drawn by hand.
pub(crate) fn drawn(p: &Painter, map: Rect, points: &[DrawnPoint], theme: &Theme) {
    let radius = (map.width() / 110.0).clamp(1.4, 2.6);
    for point in points {
        if let Some(place) = on_map(point.at.map(|part| part as f32)) {
            class_mark(p, on_screen(map, place), point.class, radius, theme);
        }
    }
}

/// The mark of a class: light and dark in turn, as a disc, square, triangle or diamond.
pub(crate) fn class_mark(p: &Painter, at: Pos2, class: u16, radius: f32, theme: &Theme) {
    let (light, dark) = if theme.dark { (theme.ink, theme.bg) } else { (theme.tile, theme.ink) };
    let (fill, edge) = if class.is_multiple_of(2) { (light, dark) } else { (dark, light) };
    let pen = Stroke::new(0.9, edge);
    let corners = |corners: &[(f32, f32)]| corners.iter().map(|&(x, y)| at + vec2(x, y) * radius).collect::<Vec<_>>();
    match class / 2 % 4 {
        0 => {
            p.circle(at, radius, fill, pen);
        }
        1 => {
            p.rect(Rect::from_center_size(at, vec2(1.8, 1.8) * radius), 0, fill, pen, StrokeKind::Middle);
        }
        2 => {
            p.add(Shape::convex_polygon(corners(&[(0.0, -1.2), (1.1, 0.9), (-1.1, 0.9)]), fill, pen));
        }
        _ => {
            p.add(Shape::convex_polygon(corners(&[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)]), fill, pen));
        }
    }
}

/// Draws the frame, with marks at −1, 0 and 1 below and, if asked, at the left.
pub(crate) fn axes(ui: &Ui, map: Rect, at_left: bool, theme: &Theme) {
    let p = ui.painter();
    p.rect_stroke(map, 0, Stroke::new(1.0, theme.line2), StrokeKind::Outside);
    let font = fonts::regular(size::TICK);
    for (share, words, along) in
        [(0.0, "−1", Align2::LEFT_TOP), (0.5, "0", Align2::CENTER_TOP), (1.0, "1", Align2::RIGHT_TOP)]
    {
        let x = map.left() + map.width() * share;
        p.text(pos2(x, map.bottom() + 1.0), along, words, font.clone(), theme.ink3);
        if at_left {
            let (y, up) =
                (map.bottom() - map.height() * share, [Align2::RIGHT_BOTTOM, Align2::RIGHT_CENTER, Align2::RIGHT_TOP]);
            let up = up[(share * 2.0) as usize];
            p.text(pos2(map.left() - 4.0, y), up, words, font.clone(), theme.ink3);
        }
    }
}

/// Draws the cross of a spot: the same place on every map.
pub(crate) fn cross(p: &Painter, map: Rect, spot: MapSpot, theme: &Theme) {
    let at = on_screen(map, spot.map(|part| f32::from(part) / f32::from(SPOTS)));
    for (radius, ink) in [(6.2, theme.bg), (5.0, theme.ink)] {
        p.circle_stroke(at, radius, Stroke::new(1.6, ink));
    }
    p.circle_filled(at, 1.4, theme.ink);
}

/// The colour of a cell of a map of answers.
pub(crate) fn answer_color(answers: &AnswerMap, cell: usize, theme: &Theme) -> Color32 {
    let Some(classes) = &answers.classes else {
        return theme.diverging(answers.outputs(cell).first().map_or(0.0, |&value| f64::from(value)));
    };
    theme.class(classes.class[cell], classes.lead[cell])
}

/// The colour of a cell of a territory.
pub(crate) fn territory_color(id: Option<ExpertId>, clarity: f32, strength: f32, theme: &Theme) -> Color32 {
    id.map_or(theme.track, |id| theme.territory(id, clarity, strength))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::readings::LayerEvaluation;

    #[test]
    fn hatching_covers_what_differs_and_nothing_else() {
        // Two columns: on the right the router picks 0 and 1 wins.
        let (affinities, scores) = ([1.0, 0.0, 0.0, 1.0], [1.0, 0.0, 1.0, 0.0]);
        let of = |affinities: [f32; 4]| {
            let table = |row: [f32; 4]| [row, row].concat();
            TerritoryMap::of(LayerEvaluation::of(&table(scores), &table(affinities), 2), 2)
        };
        let lines = hatching(&of(affinities), 2, 0.5);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines.iter().all(|line| line.slot == 1 && line.from[0] == 0.5 && line.to[0] == 1.0));
        // Where all agree there is none.
        assert!(hatching(&of([1.0, 0.0, 1.0, 0.0]), 2, 0.5).is_empty());
    }
}
