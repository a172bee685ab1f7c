//! Maps of the plane as tiles of their own, large; what is chosen at a marked place is said on each of them.

use eframe::egui::{Align2, Rect, Stroke, StrokeKind, Ui, pos2, vec2};

use super::places::{MapPlaces, SPOTS, cell_of, on_screen};
use super::{Shown, Which, ask, legend_ui, map_ui, mark, newest, titles};
use crate::run::Snapshot;
use crate::ui::kit::theme::{self, FIELD_RADIUS, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::panels::stage::lights::drawn;
use crate::ui::panels::tile::{self, Tile};
use crate::ui::view::export;
use crate::ui::view::{Outbox, ViewState};
use crate::ui::words::{learn, plane as words};

/// Room of a map's mark before its title.
const MARK: f32 = 15.0;

/// Draws the map of winners over all of `ui`.
pub(crate) fn competition_map_ui(ui: &mut Ui, shot: &Snapshot, view: &mut ViewState, out: &mut Outbox) {
    tile_ui(ui, Which::Competition, shot, view, out);
}

/// Draws the map of the router's picks over all of `ui`.
pub(crate) fn router_map_ui(ui: &mut Ui, shot: &Snapshot, view: &mut ViewState, out: &mut Outbox) {
    tile_ui(ui, Which::Router, shot, view, out);
}

/// Draws the map of what the network answers over all of `ui`.
pub(crate) fn decision_map_ui(ui: &mut Ui, shot: &Snapshot, view: &mut ViewState, out: &mut Outbox) {
    tile_ui(ui, Which::Answers, shot, view, out);
}

fn tile_ui(ui: &mut Ui, which: Which, shot: &Snapshot, view: &mut ViewState, out: &mut Outbox) {
    let ids = view.roster(shot).map(|roster| roster.slots.clone()).unwrap_or_default();
    let found = if view.is_live() {
        ask(ui, shot, view, out);
        newest(shot, view, &ids)
    } else {
        Err(words::ONLY_NEWEST.said())
    };
    let (title, caption) = titles(which, shot, found.ok(), view);
    let about = match which {
        Which::Answers => learn::ABOUT_DECISION.said(),
        Which::Competition | Which::Router => learn::ABOUT_MAPS.said(),
    };
    let tile = Tile { title: &title, caption: &caption, about, beside: 0.0 }.with_whole_caption(ui, MARK);
    let phases = view.seen_phases(shot);
    let shown = tile.show_marked(
        ui,
        MARK,
        |ui, at| mark(ui, at, which),
        |ui, body| match found {
            Err(why) => tile::empty(ui, body, why),
            Ok(maps) => {
                let places = MapPlaces::one(body);
                let shown = Shown { shot, maps, ids: &ids, phases: phases.as_ref() };
                drawn(ui, shown.light(which), |ui| {
                    if places.map.width() >= 24.0 {
                        map_ui(ui, places.map, which, true, shown, view);
                        says_ui(ui, places.map, which, shown, view);
                    }
                    legend_ui(ui, places.legend, which, shown, view);
                });
            }
        },
    );
    shown.offer(ui, out, (Some(view.layer), shot.step), || export::stage::maps(shot, view));
}

/// Beside the marked place: the expert that has it on this map, unless the pointer is here and says more.
fn says_ui(ui: &Ui, map: Rect, which: Which, Shown { maps, ids, .. }: Shown<'_>, view: &ViewState) {
    let Some(spot) = view.lit_spot().filter(|_| !ui.rect_contains_pointer(map)) else { return };
    let cells = &maps.map.territories.cells;
    let cell = cell_of(spot, maps.map.side);
    let (says, slot) = match which {
        Which::Competition => (learn::COMPETITION_SAYS.said(), cells.winners[cell]),
        Which::Router => (learn::ROUTER_SAYS.said(), cells.picks[cell]),
        Which::Answers => return,
    };
    let Some(&id) = ids.get(usize::from(slot)) else { return };
    let theme = theme::of(ui);
    let font = fonts::regular(size::CAPTION);
    let wide = paint::wide(ui, says, font.clone()) + 44.0;
    if map.width() < 2.0 * wide {
        return;
    }
    let at = on_screen(map, spot.map(|part| f32::from(part) / f32::from(SPOTS)));
    // At the side where there is more room.
    let left = if at.x > map.center().x { at.x - 14.0 - wide } else { at.x + 14.0 };
    let top = (at.y - 12.0).clamp(map.top() + 4.0, map.bottom() - 28.0);
    let rect = Rect::from_min_size(pos2(left, top), vec2(wide, 24.0));
    ui.painter().rect_filled(rect, FIELD_RADIUS, theme.raised);
    ui.painter().rect_stroke(rect, FIELD_RADIUS, Stroke::new(1.0, theme.line2), StrokeKind::Inside);
    let y = rect.center().y;
    ui.painter().text(pos2(rect.left() + 10.0, y), Align2::LEFT_CENTER, says, font, theme.ink2);
    paint::chip(ui.painter(), pos2(rect.right() - 18.0, y), 15.0, id, theme, 1.0);
    paint::say(ui, rect, "says", &learn::says(says, id));
}
