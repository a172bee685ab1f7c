//! Drawing of points by hand on a map: which there are so far, and of which class the next ones are. Pure.

use crate::domain::config::{DrawnPoint, MOST_DRAWN, PlaneConfig, PlaneData};

/// Least distance of two points that are drawn.
const APART: f64 = 0.03;
/// Radius of the eraser.
const ERASER: f64 = 0.06;

/// The points drawn so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PointDrawing {
    points: Vec<DrawnPoint>,
    /// Where the hand was last, while it is down.
    last: Option<[f64; 2]>,
    /// The class of the next points, from 0.
    pub class: u16,
    /// Whether the hand erases.
    pub erases: bool,
}

impl PointDrawing {
    /// Classes that can be drawn.
    pub const CLASSES: u16 = 4;

    /// A drawing that begins with the points of a run, if those were drawn.
    pub fn of(config: &PlaneConfig) -> Self {
        Self { points: config.drawn.clone(), ..Self::default() }
    }

    /// The points, in the order in which they were drawn.
    pub fn points(&self) -> &[DrawnPoint] {
        &self.points
    }

    /// The hand is down at a place of the plane, −1 to 1: points are drawn on the way there, none near another one, or those
    /// near the way are erased.
    pub fn touch(&mut self, at: [f64; 2]) {
        let from = self.last.replace(at).unwrap_or(at);
        let steps = ((at[0] - from[0]).hypot(at[1] - from[1]) / APART).floor().max(1.0) as usize;
        for step in 1..=steps {
            let share = step as f64 / steps as f64;
            self.put([0, 1].map(|axis| from[axis] + (at[axis] - from[axis]) * share));
        }
    }

    /// The hand is up.
    pub fn lift(&mut self) {
        self.last = None;
    }

    fn put(&mut self, at: [f64; 2]) {
        let far = |point: &DrawnPoint, least: f64| (point.at[0] - at[0]).hypot(point.at[1] - at[1]) >= least;
        if self.erases {
            self.points.retain(|point| far(point, ERASER));
        } else if self.points.len() < MOST_DRAWN && self.points.iter().all(|point| far(point, APART)) {
            let at = at.map(|part| (part * 1000.0).round() / 1000.0);
            self.points.push(DrawnPoint { at, class: self.class });
        }
    }

    /// Takes all points away.
    pub fn clear(&mut self) {
        self.points.clear();
    }

    /// The data of a run on these points; the rest is as in `like`.
    pub fn config(&self, like: &PlaneConfig) -> PlaneConfig {
        let classes = self.points.iter().map(|point| usize::from(point.class) + 1).max().unwrap_or(0).max(2);
        PlaneConfig { data: PlaneData::Drawn, drawn: self.points.clone(), classes, noise: 0.0, ..like.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_keep_apart_and_are_erased_near_the_hand() {
        let mut drawing = PointDrawing::default();
        for place in 0..100 {
            drawing.touch([f64::from(place) * 0.01 - 0.5, 0.25]);
        }
        drawing.lift();
        let count = drawing.points().len();
        assert!((25..=34).contains(&count), "{count} points over a stroke of 0.99");
        (drawing.class, drawing.erases) = (1, true);
        drawing.touch([0.0, 0.25]);
        assert!((2..=5).contains(&(count - drawing.points().len())), "{}", drawing.points().len());
        drawing.erases = false;
        drawing.lift();
        drawing.touch([0.0, 0.25]);
        assert_eq!(drawing.points().last(), Some(&DrawnPoint { at: [0.0, 0.25], class: 1 }));
        drawing.clear();
        assert!(drawing.points().is_empty());
        // A hand that is quick leaves no gaps.
        drawing.touch([0.0, -0.6]);
        assert!((26..=29).contains(&drawing.points().len()), "{}", drawing.points().len());
    }

    #[test]
    fn a_run_has_the_classes_that_were_drawn() {
        let mut drawing = PointDrawing::default();
        let like = PlaneConfig { noise: 0.2, seed: 7, ..PlaneConfig::default() };
        for place in 0..12 {
            drawing.class = if place < 6 { 0 } else { 2 };
            drawing.touch([f64::from(place) / 12.0, 0.0]);
            drawing.lift();
        }
        let config = drawing.config(&like);
        assert_eq!((config.data, config.classes, config.noise, config.seed), (PlaneData::Drawn, 3, 0.0, 7));
        assert_eq!((config.validate(), PointDrawing::of(&config).points().len()), (Vec::new(), 12));
    }
}
