//! Where everything lies: the window's rectangle cut into areas that never overlap. Pure.
//!
//! - Here: the screen that trains, and the bands that all screens have.
//! - [`inspect`]: the screen that inspects a run, [`inspected`] a checkpoint; [`learn`]: the one that is learnt with.

pub mod compare;
pub mod inspect;
pub mod inspected;
pub mod learn;

use eframe::egui::{Rect, pos2, vec2};

use crate::ui::kit::paint::sound;

const GAP: f32 = 8.0;
/// Width of the selection.
const SELECTION: f32 = 296.0;
/// Least width that is left beside the selection; else it lies over the rest.
const BESIDE: f32 = 440.0;
/// Height of the red line.
const TROUBLE: f32 = 44.0;
/// Height of the layer where only its head has room.
const HEAD: f32 = 44.0;

/// A window to be cut, and for what it is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    window: Rect,
    projector: bool,
}

impl Room {
    /// A window that is drawn for a projector: one tile at a time and no status line, if `projector`.
    pub(crate) fn of(window: Rect, projector: bool) -> Self {
        Self { window, projector }
    }
}

impl From<Rect> for Room {
    /// A window on a desk.
    fn from(window: Rect) -> Self {
        Self { window, projector: false }
    }
}

/// The areas of the window.
#[derive(Clone, Debug, PartialEq)]
pub struct Screen {
    /// Run, pause, where it stands.
    pub strip: Rect,
    /// Knobs; `None` while folded away.
    pub rail: Option<Rect>,
    /// The red line; `None` if nothing failed.
    pub trouble: Option<Rect>,
    /// The layer in the middle, with its chooser.
    pub flow: Rect,
    /// Whether only the layer's head has room there: its picture is then a page among the tiles.
    pub flow_folded: bool,
    /// The tiles.
    pub(crate) tiles: Tiles,
    /// Where a tile that has grown lies: over flow and tiles.
    pub grown: Rect,
    /// What is known of the byte and the expert that are lit; where the window is narrow it is `None` while folded away,
    /// and lies over the rest only if too little would be left beside it.
    pub selection: Option<Rect>,
    /// Lanes over all steps; without height if they have no room: they are then a page among the tiles.
    pub timeline: Rect,
    /// The last line.
    pub status: Rect,
    /// Everything between strip, rail, timeline: where notices may lie.
    pub middle: Rect,
}

/// How the tiles lie.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tiles {
    /// Two by two, in reading order.
    Square([Rect; 4]),
    /// One at a time, with tabs.
    Tabs {
        /// The tabs.
        row: Rect,
        /// The tile that is shown.
        tile: Rect,
    },
}

impl Screen {
    /// Width from which the selection is always shown.
    pub const WIDE: f32 = 1500.0;
    /// Cuts `window`. `rail_open` and `drawer` matter only where the window is too narrow to show rail and selection
    /// always.
    pub fn of(room: impl Into<Room>, rail_open: bool, drawer: bool, trouble: bool) -> Self {
        let room = room.into();
        let Bands { strip, rail, middle, timeline, status } = Bands::of(room, rail_open, true);
        let mut inner = middle;
        let selection = selection(room.window, &mut inner, drawer);
        let trouble = trouble.then(|| cut_top(&mut inner, TROUBLE));
        let flow_height = match inner.height() {
            _ if room.projector => HEAD,
            h if h >= 770.0 => 384.0,
            h if h >= 510.0 => 264.0,
            h if h >= 440.0 => 200.0,
            _ => HEAD,
        };
        let flow_folded = flow_height == HEAD;
        // Where the picture is a page, the tabs stand over all that they choose from.
        let row = flow_folded.then(|| cut_top(&mut inner, 30.0));
        let flow = cut_top(&mut inner, flow_height);
        let tiles = if let Some(row) = row {
            Tiles::Tabs { row, tile: inner }
        } else if inner.width() >= 780.0 && inner.height() >= 330.0 {
            let half = (inner.size() - vec2(GAP, GAP)) / 2.0;
            let at = |column: f32, row: f32| {
                Rect::from_min_size(inner.min + vec2(column, row) * (half + vec2(GAP, GAP)), half)
            };
            Tiles::Square([at(0.0, 0.0), at(1.0, 0.0), at(0.0, 1.0), at(1.0, 1.0)])
        } else {
            let row = cut_top(&mut inner, 30.0);
            Tiles::Tabs { row, tile: inner }
        };
        let grown = sound(Rect::from_min_max(flow.min, inner.max));
        Self { strip, rail, trouble, flow, flow_folded, tiles, grown, selection, timeline, status, middle }
    }
}

/// What all screens have around their middle.
#[derive(Clone, Debug, PartialEq)]
pub struct Bands {
    /// Run, pause, where it stands.
    pub strip: Rect,
    /// Knobs or facts; `None` while folded away.
    pub rail: Option<Rect>,
    /// What is left for the screen.
    pub middle: Rect,
    /// Lanes over all steps; without height if they have no room.
    pub timeline: Rect,
    /// The last line.
    pub status: Rect,
}

impl Bands {
    /// Height of the strip.
    pub const STRIP: f32 = 52.0;

    /// Cuts `window`. `rail_open` matters only where it is too narrow to show the rail always.
    pub fn of(room: impl Into<Room>, rail_open: bool, timeline: bool) -> Self {
        let Room { window, projector } = room.into();
        let (w, h) = (window.width(), window.height());
        let strip_height = Self::STRIP.min(h);
        let status_height = if h >= 160.0 && !projector { 24.0 } else { 0.0 };
        let timeline_height = match h {
            _ if !timeline => 0.0,
            h if h >= 840.0 => 128.0,
            h if h >= 420.0 => 72.0,
            _ => 0.0,
        };
        let strip = Rect::from_min_size(window.min, vec2(w, strip_height));
        let status = Rect::from_min_max(pos2(window.left(), window.bottom() - status_height), window.max);
        let timeline =
            Rect::from_min_max(pos2(window.left(), status.top() - timeline_height), pos2(window.right(), status.top()));
        let between = sound(Rect::from_min_max(strip.left_bottom(), pos2(window.right(), timeline.top())));
        let rail_width = match w {
            w if w >= 1500.0 => 264.0,
            w if w >= 1024.0 => 240.0,
            w if rail_open => 240f32.min(w),
            _ => 0.0,
        };
        let rail = (rail_width > 0.0).then(|| Rect::from_min_size(between.min, vec2(rail_width, between.height())));
        let middle = Rect::from_min_max(between.min + vec2(rail_width + GAP, GAP), between.max - vec2(GAP, GAP));
        Self { strip, rail, middle: sound(middle), timeline, status }
    }
}

/// Cuts the selection off the right of `inner`: always in a wide window, else where it is asked for; where too little would
/// be left beside it, it lies over the rest.
fn selection(window: Rect, inner: &mut Rect, drawer: bool) -> Option<Rect> {
    let wide = window.width() >= Screen::WIDE;
    let width = SELECTION.min(inner.width());
    let beside = wide || inner.width() - width - GAP >= BESIDE;
    match (drawer || wide, beside) {
        (false, _) => None,
        (true, true) => Some(cut_right(inner, width)),
        (true, false) => Some(inner.with_min_x(inner.right() - width)),
    }
}

/// Cuts a piece and a gap off the right.
fn cut_right(rect: &mut Rect, width: f32) -> Rect {
    let piece = Rect::from_min_max(pos2(rect.right() - width, rect.top()), rect.max);
    rect.max.x = (piece.left() - GAP).max(rect.min.x);
    piece
}

/// Cuts a piece and a gap off the top.
fn cut_top(rect: &mut Rect, height: f32) -> Rect {
    let height = height.min(rect.height());
    let piece = Rect::from_min_size(rect.min, vec2(rect.width(), height));
    rect.min.y = (piece.bottom() + GAP).min(rect.max.y);
    piece
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes of windows, points.
    pub(super) const SIZES: [(f32, f32); 7] =
        [(1600.0, 1000.0), (1280.0, 720.0), (1024.0, 600.0), (800.0, 600.0), (320.0, 480.0), (0.0, 0.0), (200.0, 90.0)];

    /// Fails unless all areas that have any size lie inside `window` and none of them on another.
    pub(super) fn apart(window: Rect, all: &[Rect]) {
        let all: Vec<&Rect> = all.iter().filter(|rect| rect.area() > 0.0).collect();
        for (i, a) in all.iter().enumerate() {
            assert!(window.expand(0.5).contains_rect(**a), "{window:?}: {a:?}");
            for b in &all[i + 1..] {
                let both = a.intersect(**b);
                assert!(both.width() < 0.5 || both.height() < 0.5, "{window:?}: {a:?} and {b:?}");
            }
        }
    }

    fn areas(screen: &Screen) -> Vec<Rect> {
        let mut all = vec![screen.strip, screen.flow, screen.timeline, screen.status];
        all.extend(screen.rail);
        all.extend(screen.trouble);
        all.extend(screen.selection);
        match &screen.tiles {
            Tiles::Square(four) => all.extend(four),
            Tiles::Tabs { row, tile } => all.extend([*row, *tile]),
        }
        all
    }

    #[test]
    fn areas_lie_inside_and_never_overlap() {
        for (w, h) in SIZES {
            for (open, drawer, trouble) in [(false, false, false), (true, false, true), (false, w > 1000.0, false)] {
                let window = Rect::from_min_size(pos2(0.0, 0.0), vec2(w, h));
                for projector in [false, true] {
                    apart(window, &areas(&Screen::of(Room::of(window, projector), open, drawer, trouble)));
                }
            }
        }
    }

    #[test]
    fn four_tiles_at_full_size_and_one_at_a_time_on_a_small_screen() {
        let of = |w, h, drawer| Screen::of(Rect::from_min_size(pos2(0.0, 0.0), vec2(w, h)), false, drawer, false);
        let screen = of(1600.0, 1000.0, false);
        let Tiles::Square(four) = screen.tiles else { panic!("no tabs where there is room") };
        assert!(four.iter().all(|t| t.width() >= 500.0 && t.height() >= 190.0), "{four:?}");
        assert!((screen.flow.height() - 384.0).abs() < 0.5 && screen.flow.width() >= 1010.0);
        assert!(screen.rail.is_some() && screen.selection.is_some());
        let screen = of(1280.0, 720.0, false);
        let Tiles::Tabs { tile, .. } = screen.tiles else { panic!("tabs where there is none") };
        assert!(tile.height() >= 210.0 && (screen.flow.height() - 264.0).abs() < 0.5, "{tile:?}");
        assert!(screen.rail.is_some() && screen.selection.is_none());
        let screen = of(1280.0, 720.0, true);
        let drawn = screen.selection.unwrap();
        assert!(!screen.grown.intersects(drawn) && screen.grown.width() >= 700.0, "beside the tiles, not over them");
        let screen = of(640.0, 400.0, true);
        assert!(screen.grown.intersects(screen.selection.unwrap()), "over them where little would be left");
    }
}
