//! Layout of the screen that is learnt with: two large maps over decision, load and loss; a lesson at the right. Pure.

use eframe::egui::{Rect, pos2};

use super::{Bands, GAP, Room, TROUBLE, cut_right, cut_top};

/// Width of a lesson.
const LESSON: f32 = 344.0;
/// Least width of everything else beside it; below, it lies over the rest.
const BESIDE: f32 = 400.0;
/// Least width of a map that stands beside another one.
const MAP: f32 = 230.0;
/// Least width and most height of a tile below the maps.
const BELOW: [f32; 2] = [220.0, 262.0];
/// Least height of maps over tiles, and of a tile below them, which takes a good quarter where there is room.
const HIGH: [f32; 2] = [230.0, 168.0];
/// What a map takes besides its square: the head of its tile, marks and legend.
const AROUND: [f32; 2] = [52.0, 88.0];

/// The areas of the window.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnLayout {
    /// What all screens have.
    pub bands: Bands,
    /// The red line; `None` if nothing failed.
    pub trouble: Option<Rect>,
    /// Maps and tiles.
    pub tiles: LearnTiles,
    /// The lesson, if one is open; in a narrow window it lies over the rest.
    pub lesson: Option<Rect>,
}

/// How the maps and the tiles lie.
#[derive(Clone, Debug, PartialEq)]
pub enum LearnTiles {
    /// The maps of competition and router over decision, load and loss.
    All {
        /// The two maps.
        maps: [Rect; 2],
        /// The three tiles below.
        below: [Rect; 3],
    },
    /// The two maps, and one tile below at a time.
    Tabs {
        /// The two maps.
        maps: [Rect; 2],
        /// The tabs.
        row: Rect,
        /// The tile that is shown.
        tile: Rect,
    },
    /// One of all five at a time.
    One {
        /// The tabs.
        row: Rect,
        /// The map or tile that is shown.
        tile: Rect,
    },
}

impl LearnLayout {
    /// Cuts `window`. `rail_open` matters only where it is too narrow to show the controls always; `lesson`: whether one is
    /// open.
    pub fn of(room: impl Into<Room>, rail_open: bool, lesson: bool, trouble: bool) -> Self {
        let room = room.into();
        let bands = Bands::of(room, rail_open, true);
        let mut inner = bands.middle;
        let width = LESSON.min(inner.width());
        let lesson = match (lesson, inner.width() - width - GAP >= BESIDE) {
            (false, _) => None,
            (true, true) => Some(cut_right(&mut inner, width)),
            (true, false) => Some(inner.with_min_x(inner.right() - width)),
        };
        let trouble = trouble.then(|| cut_top(&mut inner, TROUBLE));
        Self { tiles: LearnTiles::of(inner, room.projector), bands, trouble, lesson }
    }
}

impl LearnTiles {
    /// Cuts `inner`: the maps as large as their width allows, but so that something is left below them.
    fn of(mut inner: Rect, one: bool) -> Self {
        let half = ((inner.width() - GAP) / 2.0).floor();
        if one || half < MAP || inner.height() < HIGH[0] + GAP + HIGH[1] {
            let row = cut_top(&mut inner, 30.0);
            return Self::One { row, tile: inner };
        }
        let tabs = inner.width() < 3.0 * BELOW[0] + 2.0 * GAP;
        let least = (inner.height() * 0.28).clamp(HIGH[1], BELOW[1]) + if tabs { 30.0 + GAP } else { 0.0 };
        let high = (half - AROUND[0] + AROUND[1]).min(inner.height() - GAP - least);
        // Where the maps are as large as they can be, the tiles below take the rest, up to their most.
        let high = high.max(inner.height() - GAP - BELOW[1].max(inner.height() * 0.34)).floor();
        let mut top = cut_top(&mut inner, high);
        let right = cut_right(&mut top, half);
        let maps = [top, right];
        if tabs {
            let row = cut_top(&mut inner, 30.0);
            return Self::Tabs { maps, row, tile: inner };
        }
        // The map of decisions is a square; the others take what is left.
        let square = (inner.height() - 42.0).min(inner.width() * 0.3).max(BELOW[0]).floor();
        let decision = Rect::from_min_max(inner.min, pos2(inner.left() + square, inner.bottom()));
        let mut rest = inner.with_min_x(decision.right() + GAP);
        let wide = ((rest.width() - GAP) / 2.0).floor();
        let loss = cut_right(&mut rest, wide);
        Self::All { maps, below: [decision, rest, loss] }
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui::vec2;

    use super::super::tests::{SIZES, apart};
    use super::*;

    fn window((w, h): (f32, f32)) -> Rect {
        Rect::from_min_size(pos2(0.0, 0.0), vec2(w, h))
    }

    #[test]
    fn areas_lie_inside_and_never_overlap() {
        for size in SIZES.into_iter().chain([(640.0, 400.0), (1450.0, 900.0), (2560.0, 1440.0), (700.0, 1200.0)]) {
            for (open, lesson, trouble) in [(false, false, false), (true, false, true), (false, size.0 > 1000.0, false)]
            {
                let projector = open != lesson;
                let layout = LearnLayout::of(Room::of(window(size), projector), open, lesson, trouble);
                assert!(!projector || matches!(layout.tiles, LearnTiles::One { .. }));
                let LearnLayout { bands, trouble, tiles, lesson } = layout;
                let mut all = vec![bands.strip, bands.status, bands.timeline];
                all.extend(bands.rail.into_iter().chain(trouble).chain(lesson));
                match tiles {
                    LearnTiles::All { maps, below } => all.extend(maps.into_iter().chain(below)),
                    LearnTiles::Tabs { maps, row, tile } => all.extend(maps.into_iter().chain([row, tile])),
                    LearnTiles::One { row, tile } => all.extend([row, tile]),
                }
                apart(window(size), &all);
            }
        }
    }

    #[test]
    fn maps_are_large_with_and_without_a_lesson() {
        let of = |size, lesson| LearnLayout::of(window(size), false, lesson, false);
        let maps = |layout: &LearnLayout| match &layout.tiles {
            LearnTiles::All { maps, .. } | LearnTiles::Tabs { maps, .. } => *maps,
            LearnTiles::One { .. } => panic!("there is room for maps"),
        };
        let lesson = of((1600.0, 1000.0), true);
        assert!((lesson.lesson.unwrap().width() - LESSON).abs() < 0.5);
        assert!(matches!(lesson.tiles, LearnTiles::All { .. }));
        let [left, right] = maps(&lesson);
        assert!(left.width() >= 468.0 && left.height() >= 500.0 && (left.width() - right.width()).abs() < 1.5);
        let [alone, _] = maps(&of((1600.0, 1000.0), false));
        assert!(alone.width() > left.width());
        assert!(matches!(of((1280.0, 720.0), false).tiles, LearnTiles::All { .. }));
        assert!(maps(&of((1280.0, 720.0), true))[0].width() >= 300.0);
        assert!(matches!(of((640.0, 400.0), false).tiles, LearnTiles::One { .. }));
    }
}
