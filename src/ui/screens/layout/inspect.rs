//! Layout of the screen that inspects: table of experts over loads and weights, facts at the left, selection at the right.

use eframe::egui::{Rect, vec2};

use super::{Bands, GAP, Room, TROUBLE, cut_right, cut_top, selection};

/// Least size of a tile that is shown beside others, points.
const LEAST: [f32; 2] = [300.0, 240.0];
/// Height of the line that invites, and of the room from which there is one.
const INVITATION: f32 = 36.0;
const INVITES: f32 = 320.0;

/// The areas of the window.
#[derive(Clone, Debug, PartialEq)]
pub struct InspectLayout {
    /// What all screens have; no timeline here.
    pub bands: Bands,
    /// The red line; `None` if nothing failed.
    pub trouble: Option<Rect>,
    /// The line that invites to open a checkpoint; `None` where it has no room.
    pub invitation: Option<Rect>,
    /// Table, loads, weights.
    pub tiles: InspectTiles,
    /// What is known of the byte and the expert that are lit; it may lie over the rest in a narrow window.
    pub selection: Option<Rect>,
}

/// How the three tiles lie.
#[derive(Clone, Debug, PartialEq)]
pub enum InspectTiles {
    /// The table over the two others.
    All([Rect; 3]),
    /// One at a time, with tabs.
    Tabs {
        /// The tabs.
        row: Rect,
        /// The tile that is shown.
        tile: Rect,
    },
}

impl InspectLayout {
    /// Cuts `window`. `rail_open` and `drawer` matter only where it is too narrow for rail and selection.
    pub fn of(room: impl Into<Room>, rail_open: bool, drawer: bool, trouble: bool) -> Self {
        let room = room.into();
        let bands = Bands::of(room, rail_open, false);
        let mut inner = bands.middle;
        let selection = selection(room.window, &mut inner, drawer);
        let trouble = trouble.then(|| cut_top(&mut inner, TROUBLE));
        let is_roomy = inner.height() >= INVITES && inner.width() >= 300.0;
        let invitation = is_roomy.then(|| cut_top(&mut inner, INVITATION));
        let [wide, high] = LEAST;
        let tiles = if !room.projector && inner.width() >= 2.0 * wide + GAP && inner.height() >= 2.0 * high + GAP {
            let [wide, high] = [inner.width(), inner.height()].map(|side| ((side - GAP) * 0.5).floor());
            let table = cut_top(&mut inner, high);
            let weights = cut_right(&mut inner, wide);
            InspectTiles::All([table, inner, weights])
        } else {
            let row = cut_top(&mut inner, 30.0);
            InspectTiles::Tabs { row, tile: Rect::from_min_size(inner.min, inner.size().max(vec2(0.0, 0.0))) }
        };
        Self { bands, trouble, invitation, tiles, selection }
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui::pos2;

    use super::super::tests::{SIZES, apart};
    use super::*;

    #[test]
    fn areas_lie_inside_and_never_overlap() {
        for (w, h) in SIZES {
            for (open, drawer, trouble) in [(false, false, false), (true, false, true), (false, w > 1000.0, false)] {
                let window = Rect::from_min_size(pos2(0.0, 0.0), vec2(w, h));
                let InspectLayout { bands, trouble, invitation, tiles, selection } =
                    InspectLayout::of(window, open, drawer, trouble);
                let mut all = vec![bands.strip, bands.status];
                all.extend(bands.rail.into_iter().chain(trouble).chain(invitation).chain(selection));
                match tiles {
                    InspectTiles::All(three) => all.extend(three),
                    InspectTiles::Tabs { row, tile } => all.extend([row, tile]),
                }
                apart(window, &all);
            }
        }
    }

    #[test]
    fn all_three_at_full_size_and_one_at_a_time_in_a_small_window() {
        let of = |w, h| InspectLayout::of(Rect::from_min_size(pos2(0.0, 0.0), vec2(w, h)), false, false, false).tiles;
        let InspectTiles::All([table, loads, weights]) = of(1600.0, 1000.0) else { panic!("there is room for all") };
        assert!(table.width() >= 1000.0 && (loads.width() - weights.width()).abs() < 2.0, "{table:?} {loads:?}");
        assert!(matches!(of(1280.0, 720.0), InspectTiles::All(_)));
        assert!(matches!(of(1024.0, 500.0), InspectTiles::Tabs { .. }));
        let large = Room::of(Rect::from_min_size(pos2(0.0, 0.0), vec2(1600.0, 1000.0)), true);
        assert!(matches!(InspectLayout::of(large, false, false, false).tiles, InspectTiles::Tabs { .. }));
    }
}
