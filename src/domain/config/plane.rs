//! The plane task: which points of the plane a run learns, how many, with how much noise, and what it predicts of them.

use serde::{Deserialize, Serialize};

use super::drawn;
use super::validate::Complaints;
use super::{Complaint, DrawnPoint, InputShape, Mixing, ScoredPositions, TargetShape, TaskShape};

/// Fewest training points.
const FEWEST_POINTS: usize = 10;

/// Most training points: all of them stay in memory, 14 bytes each.
const MOST_POINTS: usize = 1_000_000;

/// A data set of points in the plane. Equal configs give equal points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlaneConfig {
    /// The shape on which the points lie.
    pub data: PlaneData,
    /// Standard deviation of the normal noise on both coordinates, 0 to 1; the shapes lie in the square from −1 to 1.
    pub noise: f64,
    /// Training points, 10 to 1,000,000. A fifth as many again are held out for validation.
    pub points: usize,
    /// Seed of the points. It is not the seed of the run, so that runs of different seeds can learn the same points.
    pub seed: u64,
    /// Classes, 2 to 8: blobs, rings, spiral arms, colours of the checkerboard. Moons and xor have 2.
    pub classes: usize,
    /// What is predicted of a point.
    pub target: PlaneTarget,
    /// The points themselves, for those that were drawn by hand; training points and held-out ones come from them, and
    /// `points` says nothing. Other shapes have none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drawn: Vec<DrawnPoint>,
}

/// Shapes of points in the plane. Their formulas are in `tasks::plane`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlaneData {
    /// Discs around a circle, one for each class.
    Blobs,
    /// Two half circles that reach into each other.
    #[default]
    Moons,
    /// Spiral arms around the origin, one for each class.
    Spirals,
    /// Circles around the origin, one for each class.
    Rings,
    /// A checkerboard whose cells take the classes in turn.
    Checker,
    /// Four squares; the class says whether the signs of x and y differ.
    Xor,
    /// Points that were drawn by hand, as the config holds them.
    Drawn,
}

/// What is predicted of a point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlaneTarget {
    /// Its class: classification, scored by accuracy.
    #[default]
    Class,
    /// The value of the shape's function there: regression, scored by the mean squared error.
    Value,
}

impl PlaneData {
    /// All shapes that are made by a formula, in the order of menus.
    pub const ALL: [Self; 6] = [Self::Blobs, Self::Moons, Self::Spirals, Self::Rings, Self::Checker, Self::Xor];

    /// The name in config files and on the command line.
    pub fn label(self) -> &'static str {
        match self {
            Self::Blobs => "blobs",
            Self::Moons => "moons",
            Self::Spirals => "spirals",
            Self::Rings => "rings",
            Self::Checker => "checker",
            Self::Xor => "xor",
            Self::Drawn => "drawn",
        }
    }

    /// Classes that show the shape at its best: as many as the newcomer's experts for blobs, else 2.
    pub fn usual_classes(self) -> usize {
        if self == Self::Blobs { 4 } else { 2 }
    }

    /// Most classes the shape can have; 2 is the fewest for all.
    pub(crate) fn most_classes(self) -> usize {
        match self {
            Self::Moons | Self::Xor => 2,
            Self::Blobs | Self::Spirals | Self::Rings | Self::Checker | Self::Drawn => 8,
        }
    }
}

impl Default for PlaneConfig {
    fn default() -> Self {
        Self {
            data: PlaneData::default(),
            noise: 0.05,
            points: 1000,
            seed: 0,
            classes: 2,
            target: PlaneTarget::default(),
            drawn: Vec::new(),
        }
    }
}

impl PlaneConfig {
    /// Numbers of a point that enter the network: x, y and a constant 1.
    pub(crate) const INPUT_WIDTH: usize = 3;

    /// What enters and leaves the network.
    pub fn shape(&self) -> TaskShape {
        let at = ScoredPositions::Every;
        TaskShape {
            input: InputShape::Values { width: Self::INPUT_WIDTH },
            positions: 1,
            target: match self.target {
                PlaneTarget::Class => TargetShape::Classes { count: self.classes, at },
                PlaneTarget::Value => TargetShape::Values { width: 1, at },
            },
            mixing: Mixing::None,
        }
    }

    /// Points held out for validation: a fifth of the training points, rounded up.
    pub fn held_out(&self) -> usize {
        if self.data == PlaneData::Drawn { self.drawn_part(true).len() } else { self.points.div_ceil(5) }
    }

    /// All that is wrong with this data set; empty if it can be made.
    pub fn validate(&self) -> Vec<Complaint> {
        let mut out = Complaints::default();
        let most = self.data.most_classes();
        let expected = match most {
            2 => format!("2 (the only number of classes of {})", self.data.label()),
            _ => format!("2 to {most}"),
        };
        out.require((2..=most).contains(&self.classes), "task.plane.classes", self.classes, expected);
        out.within("task.plane.noise", self.noise, 0.0, 1.0);
        out.within("task.plane.points", self.points, FEWEST_POINTS, MOST_POINTS);
        drawn::check(self, &mut out);
        out.into_list()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_a_plane_is_named_at_once() {
        let words = |config: &PlaneConfig| config.validate().iter().map(Complaint::to_string).collect::<Vec<_>>();
        let faulty = PlaneConfig { classes: 3, noise: f64::NAN, points: 9, ..PlaneConfig::default() };
        assert_eq!(
            words(&faulty),
            [
                "task.plane.classes is 3; expected 2 (the only number of classes of moons)",
                "task.plane.noise is NaN; expected 0 to 1",
                "task.plane.points is 9; expected 10 to 1000000",
            ]
        );
        let faulty = PlaneConfig { data: PlaneData::Rings, classes: 9, noise: -0.1, ..PlaneConfig::default() };
        assert_eq!(
            words(&faulty),
            ["task.plane.classes is 9; expected 2 to 8", "task.plane.noise is -0.1; expected 0 to 1"]
        );
    }

    #[test]
    fn every_shape_takes_the_classes_it_says() {
        for data in PlaneData::ALL {
            for classes in 0..=10 {
                let sound = PlaneConfig { data, classes, ..PlaneConfig::default() }.validate().is_empty();
                assert_eq!(sound, classes >= 2 && classes <= data.most_classes(), "{data:?} {classes}");
            }
        }
        assert_eq!(PlaneConfig { points: 11, ..PlaneConfig::default() }.held_out(), 3);
    }

    #[test]
    fn a_shape_is_written_by_its_label() {
        for data in PlaneData::ALL.into_iter().chain([PlaneData::Drawn]) {
            let config = PlaneConfig { data, ..PlaneConfig::default() };
            let text = toml::to_string(&config).unwrap();
            assert!(text.contains(&format!("data = \"{}\"\n", data.label())), "{text}");
            assert_eq!(toml::from_str::<PlaneConfig>(&text).unwrap(), config);
        }
        let error = toml::from_str::<PlaneConfig>("data = \"moon\"").unwrap_err().to_string();
        assert!(error.contains("moons") && error.contains("xor"), "{error}");
    }
}
