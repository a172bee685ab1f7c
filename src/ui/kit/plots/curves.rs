//! What is drawn over steps: lines that break where a value is missing, bands, rings.

use eframe::egui::{Color32, Pos2, Stroke};
use egui_plot::{FilledArea, Line, LineStyle, PlotUi, Points, VLine};

use crate::store::history::Bucket;
use crate::ui::kit::theme::Theme;

/// The mean of each bucket as a line, broken where a bucket has no finite value.
pub(crate) fn mean_line(plot: &mut PlotUi<'_>, name: &str, buckets: &[Bucket], pen: Stroke) {
    for run in runs(buckets) {
        let points: Vec<[f64; 2]> = run.iter().filter_map(|b| Some([b.middle(), b.mean()?])).collect();
        if points.len() == 1 {
            plot.points(Points::new(name, points).radius(pen.width * 1.2).color(pen.color));
        } else {
            plot.line(Line::new(name, points).stroke(pen));
        }
    }
}

/// The same in dashes so many points long: a curve that is not the run's own.
pub(crate) fn dashed_line(plot: &mut PlotUi<'_>, name: &str, buckets: &[Bucket], pen: Stroke, length: f32) {
    for run in runs(buckets).filter(|run| run.len() > 1) {
        let points: Vec<[f64; 2]> = run.iter().filter_map(|b| Some([b.middle(), b.mean()?])).collect();
        plot.line(Line::new(name, points).stroke(pen).style(LineStyle::Dashed { length }));
    }
}

/// Points as a line, drawn through or in dashes so many points long; a single one as a dot.
pub(crate) fn points_line(plot: &mut PlotUi<'_>, name: &str, points: Vec<[f64; 2]>, pen: Stroke, dash: Option<f32>) {
    if points.len() == 1 {
        return plot.points(Points::new(name, points).radius(pen.width * 1.2).color(pen.color));
    }
    let line = Line::new(name, points).stroke(pen);
    plot.line(match dash {
        Some(length) => line.style(LineStyle::Dashed { length }),
        None => line,
    });
}

/// A band between least and most: `[place, least, most]` each; of a single place an upright line.
pub(crate) fn points_band(plot: &mut PlotUi<'_>, name: &str, points: &[[f64; 3]], fill: Color32) {
    if let [[x, low, high]] = *points {
        return plot.line(Line::new(name, vec![[x, low], [x, high]]).stroke(Stroke::new(6.0, fill)).allow_hover(false));
    }
    let [x, low, high] = [0, 1, 2].map(|part| points.iter().map(|point| point[part]).collect::<Vec<f64>>());
    if !points.is_empty() {
        plot.add(FilledArea::new(name, &x, &low, &high).fill_color(fill).allow_hover(false));
    }
}

/// The mean around each bucket of about `steps` steps, half before and half after, as far as there are any: what batches
/// have in common. Near the beginning, where the curve is steep, it reaches no further than half the steps done; over a gap it
/// does not reach.
pub(crate) fn smoothed(buckets: &[Bucket], steps: u64) -> Vec<Bucket> {
    let mut out = Vec::with_capacity(buckets.len());
    for piece in buckets.chunk_by(|one, next| !one.is_gap() && !next.is_gap()) {
        let (mut from, mut to, mut sum, mut n) = (0, 0, 0.0, 0);
        for bucket in piece {
            let middle = bucket.middle();
            let reach = (steps as f64 / 2.0).min(middle / 4.0);
            while to < piece.len() && piece[to].middle() <= middle + reach {
                sum += piece[to].sum;
                n += piece[to].n;
                to += 1;
            }
            while piece[from].middle() < middle - reach {
                sum -= piece[from].sum;
                n -= piece[from].n;
                from += 1;
            }
            let mean = if n > 0 { sum / n as f64 } else { f64::NAN };
            // As many values as it had, so that the line breaks where the curve does.
            out.push(Bucket { sum: mean * bucket.n as f64, min: mean, max: mean, ..*bucket });
        }
    }
    out
}

/// Buckets at least so many steps apart: those nearer are merged with the one before, or a curve of few, crowded values
/// would turn back on itself within a point.
pub(crate) fn apart(buckets: &[Bucket], steps: f64) -> Vec<Bucket> {
    let mut out: Vec<Bucket> = Vec::with_capacity(buckets.len());
    for bucket in buckets {
        match out.last_mut() {
            Some(open) if bucket.middle() - open.first_step as f64 <= steps && (open.n == 0) == (bucket.n == 0) => {
                open.last_step = bucket.last_step;
                open.n += bucket.n;
                open.sum += bucket.sum;
                open.bad += bucket.bad;
                (open.min, open.max) = (open.min.min(bucket.min), open.max.max(bucket.max));
            }
            _ => out.push(*bucket),
        }
    }
    out
}

/// The least and most of each bucket as a band.
pub(crate) fn band(plot: &mut PlotUi<'_>, name: &str, buckets: &[Bucket], fill: Color32) {
    for run in runs(buckets).filter(|run| run.len() > 1) {
        let x: Vec<f64> = run.iter().map(Bucket::middle).collect();
        let low: Vec<f64> = run.iter().map(|b| b.min).collect();
        let high: Vec<f64> = run.iter().map(|b| b.max).collect();
        plot.add(FilledArea::new(name, &x, &low, &high).fill_color(fill).allow_hover(false));
    }
}

/// Buckets that held values which are not finite: red lines.
pub(crate) fn bad(plot: &mut PlotUi<'_>, name: &str, buckets: &[Bucket], theme: &Theme) {
    for bucket in buckets.iter().filter(|b| b.bad > 0).take(64) {
        plot.vline(VLine::new(name, bucket.middle()).stroke(Stroke::new(1.5, theme.red)));
    }
}

/// Single values as rings.
pub(crate) fn rings(plot: &mut PlotUi<'_>, name: &str, buckets: &[Bucket], theme: &Theme) {
    let every = buckets.len().div_ceil(24).max(1);
    let points =
        || buckets.iter().rev().step_by(every).filter_map(|b| Some([b.middle(), b.mean()?])).collect::<Vec<_>>();
    plot.points(Points::new(name, points()).radius(3.6).color(theme.ink));
    plot.points(Points::new(name, points()).radius(2.2).color(theme.tile).allow_hover(false));
}

/// The lines of a curve that stands in no plot: one for each run of neighbouring buckets that all have a mean. `at` gives the place on
/// screen of a step and a value.
pub(crate) fn lines(buckets: &[Bucket], at: impl Fn(f64, f64) -> Pos2) -> Vec<Vec<Pos2>> {
    runs(buckets)
        .map(|run| run.iter().filter_map(|bucket| Some(at(bucket.middle(), bucket.mean()?))).collect())
        .collect()
}

/// Runs of neighbouring buckets that all have a mean.
fn runs(buckets: &[Bucket]) -> impl Iterator<Item = &[Bucket]> {
    buckets.split(|b| b.n == 0).filter(|run| !run.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::history::Series;

    #[test]
    fn a_line_breaks_where_nothing_was_finite() {
        let mut series = Series::default();
        [1.0, 2.0, f64::NAN, 4.0].iter().enumerate().for_each(|(i, &v)| series.push(i as u64, v));
        let lengths: Vec<usize> = runs(series.buckets()).map(<[Bucket]>::len).collect();
        assert_eq!(lengths, [2, 1]);
    }

    #[test]
    fn a_line_breaks_at_a_gap() {
        let mut series = Series::default();
        [(10, 1.0), (20, 2.0)].into_iter().for_each(|(step, value)| series.push(step, value));
        series.leave_gap_before(50);
        [(50, 5.0), (60, 6.0)].into_iter().for_each(|(step, value)| series.push(step, value));
        let drawn = lines(series.buckets(), |step, value| Pos2::new(step as f32, value as f32));
        let at = |points: [(f32, f32); 2]| points.map(|(x, y)| Pos2::new(x, y)).to_vec();
        assert_eq!(drawn, [at([(10.0, 1.0), (20.0, 2.0)]), at([(50.0, 5.0), (60.0, 6.0)])]);
        // The mean around a step does not fill it, and neither does a curve for which there is less room.
        let smooth = smoothed(series.buckets(), 100);
        let broken = |buckets: &[Bucket]| runs(buckets).map(<[Bucket]>::len).collect::<Vec<_>>();
        assert_eq!((broken(&smooth), broken(&apart(series.buckets(), 15.0))), (vec![2, 2], vec![1, 1]));
    }

    #[test]
    fn smoothing_does_not_reach_over_a_gap() {
        let mut series = Series::default();
        [(100, 1.0), (110, 2.0)].into_iter().for_each(|(step, value)| series.push(step, value));
        series.leave_gap_before(125);
        [(125, 5.0), (135, 6.0)].into_iter().for_each(|(step, value)| series.push(step, value));
        let means: Vec<f64> = smoothed(series.buckets(), 100).iter().filter_map(Bucket::mean).collect();
        // By hand: a quarter of the steps done to each side, and so every value, were it not for the gap.
        assert_eq!(means, [1.5, 1.5, 5.5, 5.5]);
    }

    #[test]
    fn smoothing_is_the_mean_around() {
        let mut series = Series::default();
        (1..=20).for_each(|step| series.push(step, (step * step) as f64));
        let means = |steps| smoothed(series.buckets(), steps).iter().filter_map(Bucket::mean).collect::<Vec<f64>>();
        let four = means(4);
        assert_eq!(four[0], 1.0, "nothing is before the first");
        assert_eq!(four[11], (100 + 121 + 144 + 169 + 196) as f64 / 5.0);
        assert_eq!(four[19], (324 + 361 + 400) as f64 / 3.0, "nothing is after the last");
        assert_eq!(means(100)[3], (9 + 16 + 25) as f64 / 3.0, "no further than a quarter of the steps to each side");
        series.push(21, f64::NAN);
        assert_eq!(smoothed(series.buckets(), 3)[20].mean(), None);
    }
}
