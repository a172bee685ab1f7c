//! Drawn points of the plane task: points that stand in the config one by one, with their classes, and how they are split.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::validate::Complaints;
use super::{PlaneConfig, PlaneData, PlaneTarget};

/// Most points that may be drawn.
pub const MOST_DRAWN: usize = 2000;
/// Fewest points that may be drawn: two of ten are held out.
const FEWEST_DRAWN: usize = 10;
/// Of so many drawn points one is held out for validation.
const ONE_OF: usize = 5;

/// A point that was drawn. In a config it is `[x, y, class]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "(f64, f64, u16)", into = "(f64, f64, u16)")]
pub struct DrawnPoint {
    /// Coordinates, −1 to 1 each.
    pub at: [f64; 2],
    /// Its class, from 0.
    pub class: u16,
}

impl From<(f64, f64, u16)> for DrawnPoint {
    fn from((x, y, class): (f64, f64, u16)) -> Self {
        Self { at: [x, y], class }
    }
}

impl From<DrawnPoint> for (f64, f64, u16) {
    fn from(DrawnPoint { at: [x, y], class }: DrawnPoint) -> Self {
        (x, y, class)
    }
}

impl PlaneConfig {
    /// The drawn points of the training part (`held_out` false) or of those held out, class by class, each in the order in
    /// which they were drawn: every fifth of that order is held out, so that each class is held out by about its share.
    pub fn drawn_part(&self, held_out: bool) -> Vec<DrawnPoint> {
        let mut all = self.drawn.clone();
        all.sort_by_key(|point| point.class);
        let chosen = |place: usize| (place % ONE_OF == ONE_OF / 2) == held_out;
        all.into_iter().enumerate().filter(|(place, _)| chosen(*place)).map(|(_, point)| point).collect()
    }
}

/// Complains of what is wrong with the drawn points of `config`, and of such points where the shape is another one.
pub(super) fn check(config: &PlaneConfig, out: &mut Complaints) {
    const FIELD: &str = "task.plane.drawn";
    let (points, count) = (&config.drawn, config.drawn.len());
    if config.data != PlaneData::Drawn {
        out.require(count == 0, FIELD, format!("{count} points"), "none (only data = \"drawn\" has them)");
        return;
    }
    let enough = (FEWEST_DRAWN..=MOST_DRAWN).contains(&count);
    out.require(enough, FIELD, format!("{count} points"), format!("{FEWEST_DRAWN} to {MOST_DRAWN} points"));
    if !enough {
        return;
    }
    for (place, point) in points.iter().enumerate() {
        let ([x, y], number) = (point.at, place + 1);
        let inside = point.at.iter().all(|part| (-1.0..=1.0).contains(part));
        out.require(inside, FIELD, format!("({x}, {y}) at point {number}"), "coordinates from -1 to 1");
        let known = usize::from(point.class) < config.classes;
        let expected = || format!("a class from 0 to {}", config.classes.saturating_sub(1));
        out.require(known, FIELD, format!("class {} at point {number}", point.class), expected());
    }
    let classes: BTreeSet<u16> = points.iter().map(|point| point.class).collect();
    let found = format!("points of {} class", classes.len());
    out.require(classes.len() != 1, FIELD, found, "points of at least 2 classes");
    let target = config.target == PlaneTarget::Class;
    out.require(target, "task.plane.target", "value", "class (drawn points have no value)");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Complaint;

    fn drawn(points: &[(f64, f64, u16)]) -> PlaneConfig {
        let drawn = points.iter().copied().map(DrawnPoint::from).collect();
        PlaneConfig { data: PlaneData::Drawn, classes: 2, drawn, noise: 0.0, ..PlaneConfig::default() }
    }

    fn ten() -> Vec<(f64, f64, u16)> {
        (0..10).map(|place| (f64::from(place) / 10.0, -0.5, (place % 2) as u16)).collect()
    }

    #[test]
    fn a_fifth_of_each_class_is_held_out_and_no_point_twice() {
        let config = drawn(&ten());
        assert_eq!(config.validate(), []);
        let [training, held_out] = [false, true].map(|part| config.drawn_part(part));
        assert_eq!((training.len(), held_out.len()), (8, 2));
        // Of each class the third in the order in which they were drawn: 0.4 and 0.5.
        assert_eq!(held_out.iter().map(|point| (point.at[0], point.class)).collect::<Vec<_>>(), [(0.4, 0), (0.5, 1)]);
        assert!(training.iter().all(|point| !held_out.contains(point)));
        assert_eq!(config.held_out(), 2);
    }

    #[test]
    fn what_is_wrong_with_drawn_points_is_named() {
        let words = |config: &PlaneConfig| config.validate().iter().map(Complaint::to_string).collect::<Vec<_>>();
        let few = drawn(&ten()[..9]);
        assert_eq!(words(&few), ["task.plane.drawn is 9 points; expected 10 to 2000 points"]);
        let mut far = ten();
        (far[3], far[4]) = ((1.5, 0.0, 1), (0.0, f64::NAN, 7));
        assert_eq!(
            words(&drawn(&far)),
            [
                "task.plane.drawn is (1.5, 0) at point 4; expected coordinates from -1 to 1",
                "task.plane.drawn is (0, NaN) at point 5; expected coordinates from -1 to 1",
                "task.plane.drawn is class 7 at point 5; expected a class from 0 to 1",
            ]
        );
        let one: Vec<_> = ten().into_iter().map(|(x, y, _)| (x, y, 1)).collect();
        assert_eq!(
            words(&drawn(&one)),
            ["task.plane.drawn is points of 1 class; expected points of at least 2 classes"]
        );
        let value = PlaneConfig { target: PlaneTarget::Value, ..drawn(&ten()) };
        assert_eq!(words(&value), ["task.plane.target is value; expected class (drawn points have no value)"]);
        let formula = PlaneConfig { data: PlaneData::Moons, ..drawn(&ten()) };
        assert_eq!(words(&formula), ["task.plane.drawn is 10 points; expected none (only data = \"drawn\" has them)"]);
    }

    #[test]
    fn drawn_points_are_written_and_read_as_they_are() {
        let config = drawn(&ten());
        let text = toml::to_string(&config).unwrap();
        assert!(text.contains("data = \"drawn\"") && text.contains("[0.1, -0.5, 1]"), "{text}");
        assert_eq!(toml::from_str::<PlaneConfig>(&text).unwrap(), config);
        let json = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<PlaneConfig>(&json).unwrap(), config);
        assert!(!toml::to_string(&PlaneConfig::default()).unwrap().contains("drawn"), "other shapes have none");
    }
}
