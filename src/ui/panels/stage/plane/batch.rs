//! The points of the batch of one step on the maps, phase by phase: each in the colour of the expert that takes it.

use eframe::egui::{Painter, Rect, Stroke, pos2};

use super::Which;
use super::places::{MapSpot, SPOTS, on_map, on_screen};
use crate::domain::readings::{Item, Phase};
use crate::ui::kit::theme::Theme;
use crate::ui::view::ViewState;
use crate::ui::view::phases::SeenPhases;

/// Where a position of the batch is on a map, 0 to 1 from its left and top; `None` outside.
fn place(seen: &SeenPhases<'_>, position: usize) -> Option<[f32; 2]> {
    match seen.reading.items.all().get(position) {
        Some(Item::Point(at)) => on_map(*at),
        _ => None,
    }
}

/// The slot that takes a position first, as far as the phase that is looked at knows it.
fn first(seen: &SeenPhases<'_>, which: Which, position: usize) -> Option<u16> {
    let choices = &seen.layer.choices;
    let routed = which == Which::Router || seen.phase == Phase::Route;
    let slots = if routed { choices.picks(position) } else { seen.layer.answering(position) };
    slots.first().copied()
}

/// Draws the points of the batch; the one whose numbers are shown has a ring.
pub(super) fn points(p: &Painter, map: Rect, which: Which, seen: &SeenPhases<'_>, view: &ViewState, theme: &Theme) {
    let radius = (map.width() / 80.0).clamp(2.2, 3.8);
    let mark = |position: usize| {
        let Some(at) = place(seen, position).map(|place| on_screen(map, place)) else { return };
        let id = first(seen, which, position).map(|slot| seen.roster.slots[usize::from(slot)]);
        let fill = id.map_or(theme.track, |id| theme.expert(id).gamma_multiply(view.strength(id)));
        p.circle(at, radius, fill, Stroke::new(1.0, theme.bg));
    };
    (0..seen.reading.shown()).filter(|&position| position != seen.position).for_each(mark);
    mark(seen.position);
    for (position, wide) in [(view.lit_position(), 1.0), (Some(seen.position), 2.0)] {
        if let Some(place) = position.and_then(|position| place(seen, position)) {
            let at = on_screen(map, place);
            p.circle_stroke(at, radius + 3.0, Stroke::new(wide + 1.4, theme.bg));
            p.circle_stroke(at, radius + 3.0, Stroke::new(wide, theme.ink));
        }
    }
}

/// The position of the batch that is nearest to a spot of the map.
pub(super) fn nearest(seen: &SeenPhases<'_>, spot: MapSpot) -> Option<usize> {
    let [x, y] = spot.map(|part| f32::from(part) / f32::from(SPOTS));
    let distance = |position: usize| place(seen, position).map(|at| pos2(at[0], at[1]).distance_sq(pos2(x, y)));
    let far = (0..seen.reading.shown()).filter_map(|position| Some((position, distance(position)?)));
    far.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(position, _)| position)
}
