//! Layout of the screen of a checkpoint that is looked at: text over table over all layers and likeness, findings at the right.

use eframe::egui::Rect;

use super::{Bands, GAP, Room, TROUBLE, cut_right, cut_top};

/// Least width and height of the middle for all tiles at once.
const ALL: [f32; 2] = [1100.0, 660.0];
/// Heights of the text, at least and at most, and where it lies over tabs.
const TEXT: [f32; 2] = [176.0, 230.0];
/// Height of the middle from which the text lies over the tabs.
const OVER: f32 = 560.0;

/// The areas of the window.
#[derive(Clone, Debug, PartialEq)]
pub struct InspectedLayout {
    /// What all screens have; no timeline here.
    pub bands: Bands,
    /// The red line; `None` if nothing failed.
    pub trouble: Option<Rect>,
    /// The tiles.
    pub tiles: InspectedTiles,
}

/// How the five tiles lie: text, experts, all layers, likeness, findings.
#[derive(Clone, Debug, PartialEq)]
pub enum InspectedTiles {
    /// All at once.
    All([Rect; 5]),
    /// One at a time, with tabs; the text over them where it has room.
    Tabs {
        /// The text, if it is always shown.
        text: Option<Rect>,
        /// The tabs.
        row: Rect,
        /// The tile that is shown.
        tile: Rect,
    },
}

impl InspectedTiles {
    /// Where a tile lies that has grown over the others; `None` where one is shown at a time.
    pub fn whole(&self) -> Option<Rect> {
        match self {
            Self::All([first, rest @ ..]) => Some(rest.iter().fold(*first, |all, rect| all.union(*rect))),
            Self::Tabs { text, tile, .. } => text.map(|text| text.union(*tile)),
        }
    }
}

impl InspectedLayout {
    /// Cuts a window. `rail_open` matters only where it is too narrow to show the rail always.
    pub fn of(room: impl Into<Room>, rail_open: bool, trouble: bool) -> Self {
        let room = room.into();
        let bands = Bands::of(room, rail_open, false);
        let mut inner = bands.middle;
        let trouble = trouble.then(|| cut_top(&mut inner, TROUBLE));
        let [wide, high] = ALL;
        let tiles = if !room.projector && inner.width() >= wide && inner.height() >= high {
            let width = (inner.width() * 0.34).clamp(400.0, 580.0).floor();
            let aside = cut_right(&mut inner, width);
            let height = inner.height();
            let text = cut_top(&mut inner, (height * 0.24).clamp(TEXT[0], TEXT[1]).floor());
            let table = cut_top(&mut inner, (height * 0.35).floor());
            let width = ((inner.width() - GAP) * 0.41).floor();
            let likeness = cut_right(&mut inner, width);
            InspectedTiles::All([text, table, inner, likeness, aside])
        } else {
            let over = !room.projector && inner.height() >= OVER;
            let text = over.then(|| cut_top(&mut inner, TEXT[0]));
            let row = cut_top(&mut inner, 30.0);
            InspectedTiles::Tabs { text, row, tile: inner }
        };
        Self { bands, trouble, tiles }
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui::{pos2, vec2};

    use super::super::tests::{SIZES, apart};
    use super::*;

    #[test]
    fn areas_lie_inside_and_never_overlap() {
        for (w, h) in SIZES {
            for (open, trouble, projector) in [(false, false, false), (true, true, false), (false, false, true)] {
                let window = Rect::from_min_size(pos2(0.0, 0.0), vec2(w, h));
                let layout = InspectedLayout::of(Room::of(window, projector), open, trouble);
                let InspectedLayout { bands, trouble, tiles } = layout;
                let mut all = vec![bands.strip, bands.status];
                all.extend(bands.rail.into_iter().chain(trouble));
                if let Some(whole) = tiles.whole() {
                    assert!(bands.middle.contains_rect(whole) && whole.area() > 0.5 * bands.middle.area(), "{whole:?}");
                }
                match tiles {
                    InspectedTiles::All(five) => all.extend(five),
                    InspectedTiles::Tabs { text, row, tile } => all.extend(text.into_iter().chain([row, tile])),
                }
                apart(window, &all);
            }
        }
    }

    #[test]
    fn all_five_at_full_size_and_tabs_below_the_text_in_a_small_window() {
        let of = |w, h| InspectedLayout::of(Rect::from_min_size(pos2(0.0, 0.0), vec2(w, h)), false, false).tiles;
        let InspectedTiles::All([text, table, ..]) = of(1600.0, 1000.0) else { panic!("there is room for all") };
        assert!(text.height() < table.height() && text.width() > 700.0, "{text:?} {table:?}");
        assert!(matches!(of(1280.0, 720.0), InspectedTiles::Tabs { text: Some(_), .. }));
        assert!(matches!(of(1024.0, 500.0), InspectedTiles::Tabs { text: None, .. }));
    }
}
