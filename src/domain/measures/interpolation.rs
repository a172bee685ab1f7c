//! Interpolation: a curve read between its points on a straight line, so that two curves that were measured at different places
//! of an axis can be compared where both are known.

use super::blocks::Estimate;

/// The value of a curve at `at`: between two of its points on the straight line from one to the other.
///
/// - `points`: place and value, places ascending
///
/// `None` before the first point and after the last: nothing is known there.
pub fn interpolated(points: &[(f64, f64)], at: f64) -> Option<f64> {
    let after = points.partition_point(|point| point.0 < at);
    let (right, value) = *points.get(after)?;
    if right == at {
        return Some(value);
    }
    let (left, before) = *points.get(after.checked_sub(1)?)?;
    Some(before + (value - before) * ((at - left) / (right - left)))
}

/// The same of a curve of estimates. Where both neighbours are independent, the error of what lies between them is at most what
/// the straight line between their errors says.
pub fn interpolated_estimate(points: &[(f64, Estimate)], at: f64) -> Option<Estimate> {
    let part = |of: fn(Estimate) -> f64| {
        let points: Vec<(f64, f64)> = points.iter().map(|&(place, estimate)| (place, of(estimate))).collect();
        interpolated(&points, at)
    };
    Some(Estimate { value: part(|estimate| estimate.value)?, error: part(|estimate| estimate.error)? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn between_two_points_by_hand_and_nothing_outside() {
        let points = [(1.0, 4.0), (3.0, 8.0), (7.0, 0.0)];
        let at = |place| interpolated(&points, place);
        assert_eq!([1.0, 2.0, 3.0, 4.0, 7.0].map(at), [4.0, 6.0, 8.0, 6.0, 0.0].map(Some));
        assert_eq!([0.999, 7.001, f64::NAN].map(at), [None; 3]);
        assert_eq!((interpolated(&[], 1.0), interpolated(&[(2.0, 5.0)], 2.0)), (None, Some(5.0)));
        let estimate = |value, error| Estimate { value, error };
        let found = interpolated_estimate(&[(0.0, estimate(1.0, 0.1)), (10.0, estimate(2.0, 0.3))], 2.5);
        assert!(found.is_some_and(|e| (e.value - 1.25).abs() < 1e-12 && (e.error - 0.15).abs() < 1e-12), "{found:?}");
    }

    proptest! {
        #[test]
        fn a_straight_line_is_met_wherever_its_points_lie(
            steps in prop::collection::vec(0.01f64..5.0, 2..30), slope in -3.0f64..3.0, share in 0.0f64..1.0,
        ) {
            let mut place = 0.0;
            let points: Vec<(f64, f64)> =
                steps.iter().map(|step| { place += step; (place, 2.0 + slope * place) }).collect();
            let (first, last) = (points[0].0, points[points.len() - 1].0);
            let at = first + (last - first) * share;
            let found = interpolated(&points, at).unwrap();
            prop_assert!((found - (2.0 + slope * at)).abs() < 1e-9 * (1.0 + at));
        }
    }
}
