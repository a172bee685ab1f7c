//! Shapes of the plane task (blobs, moons, spirals, rings, checker, xor): where a point of a class lies before noise, and the
//! function that regression predicts.
//!
//! All shapes lie in the square from −1 to 1. n is the number of classes, c a class from 0 to n − 1, r = √(x² + y²),
//! and u are uniform draws in `[0, 1)`.
//!
//! | Shape | Points of class c | Value at (x, y) |
//! |---|---|---|
//! | blobs | disc of radius 0.15 around m_c = 0.6 (cos 2πc/n, sin 2πc/n) | Σ_c (−1)^c exp(−‖p − m_c‖² ÷ 0.05) |
//! | moons | ±(cos t − ½, sin t − ¼) ÷ 1.5, t from 0 to π; + for class 0 | tanh(2 (y + 4x/3 − 3x³)) |
//! | spirals | radius r from 0.1 to 1 at angle 2πc/n + 7πr/n | x cos φ + y sin φ with φ = 7πr/n |
//! | rings | circle of radius (c + ½) ÷ n | r sin(πnr) |
//! | checker | cells (column j, row i) of an m × m board with (i + j) mod n = c; m is n, or 4 for n = 2 | sin(πm(x + 1)/2) sin(πm(y + 1)/2) |
//! | xor | 0.1 ≤ \|x\|, \|y\| ≤ 1; xy > 0 for class 0, xy < 0 for class 1 | xy |
//!
//! At all points of the shapes the values lie between −1 and 1 (blobs: 1.01, where two bumps meet). They are smooth
//! everywhere, those of spirals but at the origin.

use std::f64::consts::{PI, TAU};

use crate::domain::config::PlaneData;

/// Distance of the blobs' centres from the origin, and the radius of a blob.
const BLOB_CENTRE: f64 = 0.6;
const BLOB_RADIUS: f64 = 0.15;

/// How far a spiral arm turns from the origin to radius 1, times the number of arms: the arms then lie 2 ÷ 7 apart along
/// every ray, however many there are.
const SPIRAL_TURN: f64 = 7.0 * PI;

/// Smallest radius of a spiral, and the smallest |x| and |y| of xor: the classes stay apart there.
const GAP: f64 = 0.1;

/// Uniform draws that place one point.
pub(super) const DRAWS: usize = 4;

/// Where a point of class `class` of `classes` lies before noise; the same `u` give the same point.
pub(super) fn position(data: PlaneData, classes: usize, class: usize, u: [f64; DRAWS]) -> [f64; 2] {
    let share = class as f64 / classes as f64;
    let spread = GAP + (1.0 - GAP) * u[0];
    match data {
        PlaneData::Blobs => {
            let (centre, offset) = (blob_centre(share), polar(BLOB_RADIUS * u[0].sqrt(), TAU * u[1]));
            [centre[0] + offset[0], centre[1] + offset[1]]
        }
        PlaneData::Moons => {
            let [x, y] = polar(1.0, PI * u[0]);
            let side = if class == 0 { 1.0 } else { -1.0 };
            [side * (x - 0.5) / 1.5, side * (y - 0.25) / 1.5]
        }
        PlaneData::Spirals => polar(spread, TAU * share + SPIRAL_TURN * spread / classes as f64),
        PlaneData::Rings => polar(share + 0.5 / classes as f64, TAU * u[0]),
        PlaneData::Checker => {
            let cells = board(classes);
            let row = index(u[0], cells);
            // Columns of this class in that row repeat every `classes` cells.
            let column = (class + classes - row % classes) % classes + classes * index(u[1], cells / classes);
            let within = |cell: usize, u: f64| 2.0 * (cell as f64 + u) / cells as f64 - 1.0;
            [within(column, u[2]), within(row, u[3])]
        }
        // These have no formula: the config holds them.
        PlaneData::Drawn => [0.0; 2],
        PlaneData::Xor => {
            let x = if u[1] < 0.5 { spread } else { -spread };
            let y = (GAP + (1.0 - GAP) * u[2]) * if class == 0 { x.signum() } else { -x.signum() };
            [x, y]
        }
    }
}

/// What regression predicts at a point: a fixed function of the shape.
pub(super) fn value(data: PlaneData, classes: usize, [x, y]: [f64; 2]) -> f64 {
    let radius = x.hypot(y);
    let count = classes as f64;
    match data {
        PlaneData::Blobs => (0..classes)
            .map(|class| {
                let [centre_x, centre_y] = blob_centre(class as f64 / count);
                let square = (x - centre_x).powi(2) + (y - centre_y).powi(2);
                let bump = (-square / 0.05).exp();
                if class % 2 == 0 { bump } else { -bump }
            })
            .sum(),
        PlaneData::Moons => (2.0 * (y + 4.0 / 3.0 * x - 3.0 * x.powi(3))).tanh(),
        PlaneData::Spirals => {
            let (sine, cosine) = (SPIRAL_TURN * radius / count).sin_cos();
            x * cosine + y * sine
        }
        PlaneData::Rings => radius * (PI * count * radius).sin(),
        PlaneData::Checker => {
            let wave = |at: f64| (PI * board(classes) as f64 * (at + 1.0) / 2.0).sin();
            wave(x) * wave(y)
        }
        PlaneData::Xor => x * y,
        PlaneData::Drawn => 0.0,
    }
}

/// Cells along a side of the checkerboard: a multiple of the classes, so that each class has equally many cells.
fn board(classes: usize) -> usize {
    if classes == 2 { 4 } else { classes }
}

fn blob_centre(share: f64) -> [f64; 2] {
    polar(BLOB_CENTRE, TAU * share)
}

fn polar(radius: f64, angle: f64) -> [f64; 2] {
    [radius * angle.cos(), radius * angle.sin()]
}

/// Which of `count` equal parts of `[0, 1)` holds `u`.
fn index(u: f64, count: usize) -> usize {
    ((u * count as f64) as usize).min(count - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn close(found: [f64; 2], expected: [f64; 2]) -> bool {
        found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12)
    }

    #[test]
    fn points_lie_where_they_do_by_hand() {
        let half = 0.5f64.sqrt();
        for (data, classes, class, u, expected) in [
            // The centre of the second of four blobs, and a quarter turn from the first at half the radius.
            (PlaneData::Blobs, 4, 1, [0.0; 4], [0.0, 0.6]),
            (PlaneData::Blobs, 4, 0, [0.25, 0.25, 0.0, 0.0], [0.6, 0.075]),
            // The top of the upper moon, and the feet of both.
            (PlaneData::Moons, 2, 0, [0.5, 0.0, 0.0, 0.0], [-1.0 / 3.0, 0.5]),
            (PlaneData::Moons, 2, 0, [0.0; 4], [1.0 / 3.0, -1.0 / 6.0]),
            (PlaneData::Moons, 2, 1, [0.0; 4], [-1.0 / 3.0, 1.0 / 6.0]),
            // Radius 0.55 of the second of two arms: π + 7π · 0.55 ÷ 2 = 2.925π.
            (PlaneData::Spirals, 2, 1, [0.5, 0.0, 0.0, 0.0], [0.55 * (2.925 * PI).cos(), 0.55 * (2.925 * PI).sin()]),
            (PlaneData::Rings, 2, 1, [0.125, 0.0, 0.0, 0.0], [0.75 * half, 0.75 * half]),
            // Two classes, four cells a side: row 1, so class 0 has columns 1 and 3; the middle of column 3.
            (PlaneData::Checker, 2, 0, [0.25, 0.5, 0.5, 0.5], [0.75, -0.25]),
            // Three classes: in row 2, class 1 has column 2.
            (PlaneData::Checker, 3, 1, [0.7, 0.9, 0.0, 0.0], [1.0 / 3.0, 1.0 / 3.0]),
            (PlaneData::Xor, 2, 0, [0.5, 0.6, 0.0, 0.0], [-0.55, -0.1]),
            (PlaneData::Xor, 2, 1, [0.0, 0.4, 0.5, 0.0], [0.1, -0.55]),
        ] {
            let found = position(data, classes, class, u);
            assert!(close(found, expected), "{data:?} {class} of {classes}: {found:?}, by hand {expected:?}");
        }
    }

    #[test]
    fn values_are_what_they_are_by_hand() {
        let e = std::f64::consts::E;
        for (data, classes, at, expected) in [
            // The centre of the first blob, 1.2 from the second: 1 − exp(−1.44 ÷ 0.05).
            (PlaneData::Blobs, 2, [0.6, 0.0], 1.0 - e.powf(-28.8)),
            // The top of the upper moon: ½ − 4⁄9 + 1⁄9 = 1⁄6.
            (PlaneData::Moons, 2, [-1.0 / 3.0, 0.5], (1.0f64 / 3.0).tanh()),
            // φ = 7π ÷ 2 · ½ = 7π⁄4.
            (PlaneData::Spirals, 2, [0.0, 0.5], -0.5 * 0.5f64.sqrt()),
            (PlaneData::Rings, 2, [0.0, -0.75], -0.75),
            (PlaneData::Checker, 2, [0.75, -0.25], 1.0),
            (PlaneData::Checker, 3, [0.0, 2.0 / 3.0], -1.0),
            (PlaneData::Xor, 2, [-0.5, 0.25], -0.125),
        ] {
            let found = value(data, classes, at);
            assert!((found - expected).abs() < 1e-12, "{data:?} at {at:?}: {found}, by hand {expected}");
        }
    }

    fn shapes() -> impl Strategy<Value = (PlaneData, usize, usize)> {
        (0..PlaneData::ALL.len(), 2usize..=8, 0usize..8).prop_map(|(shape, classes, class)| {
            let data = PlaneData::ALL[shape];
            let classes = classes.min(data.most_classes());
            (data, classes, class % classes)
        })
    }

    proptest! {
        /// Each shape by its own inequality, not by the formula that placed the point.
        #[test]
        fn points_without_noise_lie_on_the_shape_of_their_class(
            (data, classes, class) in shapes(), u in prop::array::uniform4(0.0f64..1.0),
        ) {
            let [x, y] = position(data, classes, class, u);
            prop_assert!(x.abs() <= 1.0 && y.abs() <= 1.0, "({}, {})", x, y);
            let (radius, count) = (x.hypot(y), classes as f64);
            let on_shape = match data {
                PlaneData::Blobs => {
                    let distance = |c: usize| {
                        let angle = TAU * c as f64 / count;
                        (x - 0.6 * angle.cos()).hypot(y - 0.6 * angle.sin())
                    };
                    distance(class) <= 0.15 + 1e-12 && (0..classes).all(|c| c == class || distance(c) > 0.15)
                }
                PlaneData::Moons => {
                    // In the frame where the upper moon is half of the unit circle.
                    let side = if class == 0 { 1.0 } else { -1.0 };
                    let (x, y) = (1.5 * side * x + 0.5, 1.5 * side * y + 0.25);
                    (x.hypot(y) - 1.0).abs() < 1e-12 && y >= 0.0
                }
                PlaneData::Spirals => {
                    // Wound back by its radius, a point lies on the ray of its class.
                    let turns = (y.atan2(x) - 7.0 * PI * radius / count) / TAU * count - class as f64;
                    let off = turns / count - (turns / count).round();
                    (0.1 - 1e-12..=1.0).contains(&radius) && off.abs() < 1e-9
                }
                PlaneData::Rings => (radius * count - class as f64 - 0.5).abs() < 1e-12,
                PlaneData::Checker => {
                    let cells = if classes == 2 { 4.0 } else { count };
                    let cell = |at: f64| ((at + 1.0) / 2.0 * cells + 1e-12).floor() as usize;
                    (cell(x) + cell(y)) % classes == class
                }
                PlaneData::Xor => (x * y > 0.0) == (class == 0) && x.abs() >= 0.1 && y.abs() >= 0.1,
                PlaneData::Drawn => false,
            };
            prop_assert!(on_shape, "({}, {}) of class {}", x, y, class);
        }

        /// Where a shape alternates between two signs, the sign of the value is that of the class.
        #[test]
        fn values_are_bounded_and_tell_alternating_classes_apart(
            (data, classes, class) in shapes(), u in prop::array::uniform4(0.0f64..1.0),
        ) {
            let found = value(data, classes, position(data, classes, class, u));
            prop_assert!(found.is_finite() && found.abs() <= 1.01);
            let sign = if class % 2 == 0 { found } else { -found };
            match data {
                PlaneData::Moons | PlaneData::Xor | PlaneData::Rings => prop_assert!(sign > 0.0, "{}", found),
                PlaneData::Checker if classes == 2 => prop_assert!(sign > -1e-12, "{}", found),
                PlaneData::Blobs if classes % 2 == 0 => prop_assert!(sign > 0.0, "{}", found),
                _ => {}
            }
        }
    }
}
