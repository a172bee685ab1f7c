//! Layout of the screen that compares runs of a race: a row of buttons and names over four tiles.

use eframe::egui::{Rect, pos2};

use super::{Bands, GAP, Room, cut_right, cut_top};

/// Height of the row over the tiles.
const HEAD: f32 = 38.0;
/// Least size of a tile that is shown beside others, points.
const LEAST: [f32; 2] = [260.0, 150.0];

/// The areas of the window.
#[derive(Clone, Debug, PartialEq)]
pub struct CompareLayout {
    /// What all screens have; no rail and no timeline here.
    pub bands: Bands,
    /// Buttons and names.
    pub head: Rect,
    /// The tabs, where one curve is shown at a time.
    pub row: Option<Rect>,
    /// The curves, in reading order: all four, or one.
    pub tiles: Vec<Rect>,
}

impl CompareLayout {
    /// Cuts a window.
    pub fn of(room: impl Into<Room>) -> Self {
        let room = room.into();
        let (bands, window) = (Bands::of(room, false, false), room.window);
        let left = pos2(window.left() + GAP, bands.middle.top());
        let mut inner = Rect::from_min_max(left, bands.middle.max.max(left));
        let head = cut_top(&mut inner, HEAD);
        let [wide, high] = LEAST;
        if room.projector || inner.width() < 2.0 * wide + GAP || inner.height() < 2.0 * high + GAP {
            let row = Some(cut_top(&mut inner, 30.0));
            return Self { bands, head, row, tiles: vec![inner] };
        }
        let [wide, high] = [inner.width(), inner.height()].map(|side| ((side - GAP) * 0.5).floor());
        let mut upper = cut_top(&mut inner, high);
        let [upper_right, right] = [cut_right(&mut upper, wide), cut_right(&mut inner, wide)];
        Self { bands, head, row: None, tiles: vec![upper, upper_right, inner, right] }
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui::vec2;

    use super::super::tests::{SIZES, apart};
    use super::*;

    #[test]
    fn areas_lie_inside_and_never_overlap() {
        for (w, h) in SIZES {
            let window = Rect::from_min_size(pos2(0.0, 0.0), vec2(w, h));
            for projector in [false, true] {
                let CompareLayout { bands, head, row, tiles } = CompareLayout::of(Room::of(window, projector));
                apart(window, &[vec![bands.strip, bands.status, head], tiles, row.into_iter().collect()].concat());
            }
        }
        let window = Rect::from_min_size(pos2(0.0, 0.0), vec2(1280.0, 720.0));
        assert_eq!(CompareLayout::of(window).tiles.len(), 4);
    }
}
