//! Where the maps of the plane lie, and which place of the plane is where on them. Pure.

use eframe::egui::{Pos2, Rect, pos2, vec2};

/// Height of a map's title.
const TITLE: f32 = 20.0;
/// Height of the marks of an axis.
const MARKS: f32 = 13.0;
/// Height of a legend below a map.
const LEGEND: f32 = 20.0;
/// Left of the first map: the marks of its axis.
const LEFT: f32 = 20.0;
/// Between two maps.
const GAP: f32 = 20.0;
/// Least width of a legend beside a map.
const BESIDE: f32 = 120.0;
/// Below this side a map is left out if there are others.
const LEAST: f32 = 110.0;

/// A map with what stands around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct MapPlaces {
    /// Its title.
    pub title: Rect,
    /// The square.
    pub map: Rect,
    /// Its legend: below it, or beside it.
    pub legend: Rect,
}

impl MapPlaces {
    /// Cuts `body` for three maps, or for as many as are large enough to be seen. Legends lie below the maps, or beside them
    /// where that leaves more room.
    pub fn cut(body: Rect) -> Vec<Self> {
        let side = |count: usize, beside: bool| {
            let wide = (body.width() - LEFT - GAP * (count - 1) as f32) / count as f32;
            let (wide, high) = if beside { (wide - BESIDE, 0.0) } else { (wide, LEGEND) };
            wide.min(body.height() - TITLE - MARKS - high).floor().max(0.0)
        };
        let ways = [3, 2, 1].map(|count| {
            let beside = side(count, true) > side(count, false);
            (count, beside, side(count, beside))
        });
        let (count, beside, side) = ways.into_iter().find(|way| way.2 >= LEAST).unwrap_or(ways[2]);
        let column = (body.width() - LEFT - GAP * (count - 1) as f32) / count as f32;
        let pitch = if beside { column + GAP } else { (column + GAP).min(side + GAP * 2.0) };
        let used = pitch * (count - 1) as f32 + if beside { column } else { side } + LEFT;
        let left = body.left() + LEFT + ((body.width() - used) / 2.0).max(0.0);
        let place = |place: usize| {
            let min = pos2(left + pitch * place as f32, body.top() + TITLE);
            let map = Rect::from_min_size(min, vec2(side, side));
            let legend = if beside {
                Rect::from_min_size(map.right_top() + vec2(12.0, 0.0), vec2(column - side - 12.0, side))
            } else {
                Rect::from_min_size(map.left_bottom() + vec2(0.0, MARKS), vec2(pitch - 6.0, LEGEND))
            };
            let title = Rect::from_min_size(pos2(map.left(), body.top()), vec2(pitch - 6.0, TITLE));
            let [title, legend] = [title, legend].map(|rect| rect.with_max_x(rect.right().min(body.right())));
            Self { title, map, legend }
        };
        (0..count).map(place).collect()
    }
}

impl MapPlaces {
    /// Cuts `body` for one map as large as it can be, its legend below it, or beside it where that leaves more room.
    pub fn one(body: Rect) -> Self {
        let side = |wide: f32, high: f32| wide.min(high).floor().max(0.0);
        let below = side(body.width() - LEFT, body.height() - MARKS - LEGEND);
        let beside = side(body.width() - LEFT - BESIDE - 12.0, body.height() - MARKS);
        let title = body.with_max_y(body.top());
        if beside > below {
            let map = Rect::from_min_size(body.min + vec2(LEFT, 0.0), vec2(beside, beside));
            let legend = Rect::from_min_max(map.right_top() + vec2(12.0, 0.0), pos2(body.right(), map.bottom()));
            return Self { title, map, legend };
        }
        let left = body.left() + LEFT + ((body.width() - LEFT - below) / 2.0).max(0.0).floor();
        let map = Rect::from_min_size(pos2(left, body.top()), vec2(below, below));
        let legend = Rect::from_min_size(
            pos2(body.left() + LEFT, map.bottom() + MARKS),
            vec2((body.width() - LEFT).max(0.0), LEGEND),
        );
        Self { title, map, legend }
    }
}

/// Where a place of the map, 0 to 1 from its left and top, is on the screen.
pub(crate) fn on_screen(map: Rect, [x, y]: [f32; 2]) -> Pos2 {
    map.min + map.size() * vec2(x, y)
}

/// Where a point of the plane, −1 to 1, is on the map; `None` outside.
pub(crate) fn on_map([x, y]: [f32; 2]) -> Option<[f32; 2]> {
    let place = [(x + 1.0) / 2.0, (1.0 - y) / 2.0];
    place.iter().all(|part| (0.0..=1.0).contains(part)).then_some(place)
}

/// A place of the map in thousandths of its side, from its left and top.
pub(crate) type MapSpot = [u16; 2];

/// Steps of a [`MapSpot`] along a side.
pub(crate) const SPOTS: u16 = 1000;

/// The spot below a position on the screen; `None` outside.
pub(crate) fn spot_at(map: Rect, at: Pos2) -> Option<MapSpot> {
    let part = |offset: f32, side: f32| {
        let share = offset / side.max(1.0);
        (0.0..1.0).contains(&share).then_some((share * f32::from(SPOTS)) as u16)
    };
    Some([part(at.x - map.left(), map.width())?, part(at.y - map.top(), map.height())?])
}

/// The cell of a map of `side` cells a side in which a spot lies.
pub(crate) fn cell_of(spot: MapSpot, side: usize) -> usize {
    let [column, row] = spot.map(|part| (usize::from(part) * side / usize::from(SPOTS)).min(side - 1));
    row * side + column
}

/// The coordinates of a spot in the plane, −1 to 1.
pub(crate) fn in_plane(spot: MapSpot) -> [f64; 2] {
    let [x, y] = spot.map(|part| 2.0 * f64::from(part) / f64::from(SPOTS) - 1.0);
    [x, -y]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_square_inside_and_apart_at_any_size() {
        for (width, height, count) in [
            (984.0, 334.0, 3),
            (992.0, 214.0, 3),
            (736.0, 390.0, 3),
            (360.0, 300.0, 2),
            (180.0, 400.0, 1),
            (30.0, 10.0, 1),
        ] {
            let body = Rect::from_min_size(pos2(10.0, 20.0), vec2(width, height));
            let places = MapPlaces::cut(body);
            assert_eq!(places.len(), count, "{width} × {height}");
            for (place, one) in places.iter().enumerate() {
                assert!((one.map.width() - one.map.height()).abs() < 0.01 && one.map.width() >= 0.0);
                if width > 100.0 {
                    assert!(
                        body.expand(1.0).contains_rect(one.map) && one.legend.right() <= body.right(),
                        "{width} × {height}: {one:?}"
                    );
                    assert!(one.legend.width() > 60.0 && one.legend.height() >= 20.0, "{one:?}");
                }
                for other in &places[place + 1..] {
                    assert!(!one.map.intersects(other.map) && !one.legend.intersects(other.map), "{one:?} {other:?}");
                }
            }
        }
        let side = |width, height| MapPlaces::cut(Rect::from_min_size(Pos2::ZERO, vec2(width, height)))[0].map.width();
        assert!(side(984.0, 334.0) >= 270.0 && side(992.0, 214.0) >= 170.0);
    }

    #[test]
    fn one_map_is_as_large_as_its_room_and_has_its_legend_beside_it() {
        for (width, height) in [(436.0, 472.0), (280.0, 200.0), (480.0, 220.0), (230.0, 130.0), (20.0, 10.0)] {
            let body = Rect::from_min_size(pos2(10.0, 20.0), vec2(width, height));
            let MapPlaces { map, legend, .. } = MapPlaces::one(body);
            assert!((map.width() - map.height()).abs() < 0.01 && !map.intersects(legend), "{width} × {height}");
            if width > 100.0 {
                assert!(body.contains_rect(map) && body.expand(0.5).contains_rect(legend), "{map:?} {legend:?}");
                let room = (width - LEFT).min(height - MARKS - LEGEND);
                assert!(map.width() >= room.floor(), "{map:?} of {room}");
            }
        }
    }

    #[test]
    fn places_by_hand() {
        let map = Rect::from_min_size(pos2(100.0, 50.0), vec2(200.0, 200.0));
        assert_eq!(on_screen(map, [0.25, 0.5]), pos2(150.0, 150.0));
        assert_eq!(
            (on_map([-1.0, 1.0]), on_map([0.0, -1.0]), on_map([1.1, 0.0])),
            (Some([0.0, 0.0]), Some([0.5, 1.0]), None)
        );
        assert_eq!((spot_at(map, pos2(150.0, 151.0)), spot_at(map, pos2(99.0, 60.0))), (Some([250, 505]), None));
        assert_eq!((cell_of([250, 505], 4), cell_of([999, 999], 4), cell_of([1000, 0], 4)), (9, 15, 3));
        assert_eq!(in_plane([250, 500]), [-0.5, 0.0]);
    }
}
