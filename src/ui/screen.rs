//! Where everything lies: the window's rectangle cut into areas that never overlap. Pure.

use eframe::egui::{Rect, pos2, vec2};

use super::paint::sound;

const GAP: f32 = 8.0;

/// The areas of the window.
#[derive(Clone, Debug, PartialEq)]
pub struct Screen {
    /// Run, pause, where it stands.
    pub strip: Rect,
    /// Knobs; `None` while folded away.
    pub rail: Option<Rect>,
    /// The red line; `None` if nothing failed.
    pub trouble: Option<Rect>,
    /// The layer chooser.
    pub layers: Rect,
    /// The tiles.
    pub tiles: Tiles,
    /// Lanes over all steps.
    pub timeline: Rect,
    /// The last line.
    pub status: Rect,
    /// Everything between strip, rail, timeline: where notices may lie.
    pub middle: Rect,
}

/// How the tiles lie.
#[derive(Clone, Debug, PartialEq)]
pub enum Tiles {
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
    /// Cuts `window`. `rail_open` matters only where the window is too narrow to show the rail always.
    pub fn of(window: Rect, rail_open: bool, trouble: bool) -> Self {
        let (w, h) = (window.width(), window.height());
        let strip_height = 52f32.min(h);
        let status_height = if h >= 160.0 { 24.0 } else { 0.0 };
        let timeline_height = match h {
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
        let inner = Rect::from_min_max(between.min + vec2(rail_width + GAP, GAP), between.max - vec2(GAP, GAP));
        let mut inner = sound(inner);
        let middle = inner;
        let trouble = trouble.then(|| cut_top(&mut inner, 44.0));
        let layers = cut_top(&mut inner, 44.0);
        let tiles = if inner.width() >= 780.0 && inner.height() >= 330.0 {
            let half = (inner.size() - vec2(GAP, GAP)) / 2.0;
            let at = |column: f32, row: f32| {
                Rect::from_min_size(inner.min + vec2(column, row) * (half + vec2(GAP, GAP)), half)
            };
            Tiles::Square([at(0.0, 0.0), at(1.0, 0.0), at(0.0, 1.0), at(1.0, 1.0)])
        } else {
            let row = cut_top(&mut inner, 30.0);
            Tiles::Tabs { row, tile: inner }
        };
        Self { strip, rail, trouble, layers, tiles, timeline, status, middle }
    }
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

    fn areas(screen: &Screen) -> Vec<Rect> {
        let mut all = vec![screen.strip, screen.layers, screen.timeline, screen.status];
        all.extend(screen.rail);
        all.extend(screen.trouble);
        match &screen.tiles {
            Tiles::Square(four) => all.extend(four),
            Tiles::Tabs { row, tile } => all.extend([*row, *tile]),
        }
        all
    }

    #[test]
    fn areas_lie_inside_and_never_overlap() {
        for (w, h) in [
            (1600.0, 1000.0),
            (1280.0, 720.0),
            (1024.0, 600.0),
            (800.0, 600.0),
            (320.0, 480.0),
            (0.0, 0.0),
            (200.0, 90.0),
        ] {
            for (open, trouble) in [(false, false), (true, true)] {
                let window = Rect::from_min_size(pos2(0.0, 0.0), vec2(w, h));
                let all: Vec<Rect> =
                    areas(&Screen::of(window, open, trouble)).into_iter().filter(|r| r.area() > 0.0).collect();
                for (i, a) in all.iter().enumerate() {
                    assert!(window.expand(0.5).contains_rect(*a), "{w}×{h}: {a:?}");
                    for b in &all[i + 1..] {
                        let both = a.intersect(*b);
                        assert!(both.width() < 0.5 || both.height() < 0.5, "{w}×{h}: {a:?} and {b:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn four_tiles_are_shown_at_the_two_sizes_that_must_look_right() {
        for (w, h) in [(1600.0, 1000.0), (1280.0, 720.0)] {
            let screen = Screen::of(Rect::from_min_size(pos2(0.0, 0.0), vec2(w, h)), false, false);
            let Tiles::Square(four) = screen.tiles else { panic!("{w}×{h} has tabs") };
            assert!(four.iter().all(|t| t.width() >= 500.0 && t.height() >= 190.0), "{four:?}");
            assert!(screen.rail.is_some());
        }
    }
}
