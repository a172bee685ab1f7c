//! Points of the plane task: point i of a split as a pure function of the config.

use crate::domain::config::{DrawnPoint, PlaneConfig, PlaneData};
use crate::domain::draw::{Draws, Purpose};
use crate::domain::readings::PlanePoint;
use crate::tasks::DataSplit;

use super::shapes;

/// All points of a split, in their order: those of a shape, or its share of those that were drawn.
pub(super) fn points(config: &PlaneConfig, split: DataSplit) -> Vec<PlanePoint> {
    let count = match split {
        _ if config.data == PlaneData::Drawn => return drawn(config, split),
        DataSplit::Training => config.points,
        DataSplit::Validation => config.held_out(),
    };
    (0..count).map(|index| point(config, split, index)).collect()
}

/// The drawn points of a split, with noise where the config asks for it. They have no value.
fn drawn(config: &PlaneConfig, split: DataSplit) -> Vec<PlanePoint> {
    let moved = |(index, point): (usize, DrawnPoint)| {
        let mut draws = Draws::new(config.seed, Purpose::Point, lane(split), index as u64);
        let at = point.at.map(|coordinate| (coordinate + config.noise * draws.normal()) as f32);
        PlanePoint { at, class: point.class, value: 0.0 }
    };
    config.drawn_part(split == DataSplit::Validation).into_iter().enumerate().map(moved).collect()
}

/// The lane of a split's draws.
fn lane(split: DataSplit) -> u64 {
    match split {
        DataSplit::Training => 0,
        DataSplit::Validation => 1,
    }
}

/// Point `index` of a split of a shape that is made by a formula.
///
/// The classes take turns, so that any first n points hold each class equally often, give or take one; and a data set
/// of more points begins with the points of a smaller one.
pub fn point(config: &PlaneConfig, split: DataSplit, index: usize) -> PlanePoint {
    let mut draws = Draws::new(config.seed, Purpose::Point, lane(split), index as u64);
    let class = index % config.classes;
    let clean = shapes::position(config.data, config.classes, class, std::array::from_fn(|_| draws.unit()));
    let at = clean.map(|coordinate| (coordinate + config.noise * draws.normal()) as f32);
    let value = shapes::value(config.data, config.classes, at.map(f64::from)) as f32;
    PlanePoint { at, class: class as u16, value }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    const SPLITS: [DataSplit; 2] = [DataSplit::Training, DataSplit::Validation];

    fn plane(data: PlaneData, classes: usize, noise: f64, seed: u64) -> PlaneConfig {
        let classes = classes.min(data.most_classes());
        PlaneConfig { data, classes, noise, seed, points: 500, ..PlaneConfig::default() }
    }

    fn bits(point: &PlanePoint) -> [u32; 2] {
        point.at.map(f32::to_bits)
    }

    proptest! {
        #[test]
        fn points_are_pure_balanced_and_apart(shape in 0usize..6, classes in 2usize..=8, noise in 0.0f64..0.3, seed: u64) {
            let config = plane(PlaneData::ALL[shape], classes, noise, seed);
            let mut all = HashSet::new();
            for split in SPLITS {
                let mut counts = vec![0usize; config.classes];
                for index in 0..200 {
                    let found = point(&config, split, index);
                    prop_assert_eq!(found, point(&config, split, index));
                    prop_assert!(all.insert(bits(&found)), "point {} of {:?} was there before", index, split);
                    prop_assert!(found.value.is_finite());
                    counts[usize::from(found.class)] += 1;
                    let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
                    prop_assert!(most - least <= 1, "{:?}", counts);
                }
            }
        }
    }

    #[test]
    fn another_seed_gives_other_points_and_more_points_begin_with_the_same() {
        for data in PlaneData::ALL {
            let config = plane(data, 2, 0.05, 1);
            let other = PlaneConfig { seed: 2, ..config.clone() };
            let more = PlaneConfig { points: 5000, ..config.clone() };
            for index in 0..50 {
                let here = point(&config, DataSplit::Training, index);
                assert_ne!(bits(&here), bits(&point(&other, DataSplit::Training, index)), "{data:?}");
                assert_eq!(here, point(&more, DataSplit::Training, index), "{data:?}");
            }
        }
    }

    #[test]
    fn noise_moves_each_coordinate_by_its_deviation() {
        for data in PlaneData::ALL {
            let (clean, noisy) = (plane(data, 4, 0.0, 9), plane(data, 4, 0.2, 9));
            let count = 4000;
            let moved = |axis: usize| -> Vec<f64> {
                (0..count)
                    .map(|index| {
                        let at = |config| f64::from(point(config, DataSplit::Training, index).at[axis]);
                        at(&noisy) - at(&clean)
                    })
                    .collect()
            };
            for moves in [moved(0), moved(1)] {
                let mean = moves.iter().sum::<f64>() / count as f64;
                let deviation = (moves.iter().map(|by| by * by).sum::<f64>() / count as f64).sqrt();
                // Five standard errors: 0.2 ÷ √4000 and 0.2 ÷ √8000.
                assert!(mean.abs() < 0.016 && (deviation - 0.2).abs() < 0.0112, "{data:?}: {mean} {deviation}");
            }
        }
    }

    #[test]
    fn points_fill_their_shape() {
        // Where coordinates are uniform in the class, their mean over many points is the middle of the shape.
        for (data, classes, class, middle) in [
            (PlaneData::Blobs, 4, 1, [0.0, 0.6]),
            (PlaneData::Rings, 4, 3, [0.0, 0.0]),
            (PlaneData::Checker, 4, 2, [0.0, 0.0]),
            (PlaneData::Checker, 2, 1, [0.0, 0.0]),
            (PlaneData::Xor, 2, 0, [0.0, 0.0]),
            // The centroid of the upper half circle lies 2⁄π above its foot.
            (PlaneData::Moons, 2, 0, [-1.0 / 3.0, (2.0 / std::f64::consts::PI - 0.25) / 1.5]),
        ] {
            let config = plane(data, classes, 0.0, 3);
            let count = 4000;
            let all = (0..count).map(|n| point(&config, DataSplit::Training, class + n * classes));
            let sum = all
                .inspect(|p| assert_eq!(usize::from(p.class), class))
                .fold([0.0; 2], |sum: [f64; 2], p| [sum[0] + f64::from(p.at[0]), sum[1] + f64::from(p.at[1])]);
            // No coordinate deviates by more than 1 from the middle: five standard errors are at most 5 ÷ √4000.
            for (sum, middle) in sum.iter().zip(middle) {
                assert!((sum / count as f64 - middle).abs() < 0.08, "{data:?}: {sum} over {count}, {middle}");
            }
        }
    }
}
