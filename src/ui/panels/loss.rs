//! Loss: next-byte cross-entropy over the whole run, with its spread, validations and what was changed.

use eframe::egui::{Rect, Stroke, Ui, pos2, vec2};

use super::more;
use crate::config::VOCABULARY;
use crate::history::{Bucket, Key, RunMeasure, Series};
use crate::run::Snapshot;
use crate::ui::export::tables;
use crate::ui::sums::WINDOW;
use crate::ui::theme;
use crate::ui::tile::{self, Tile};
use crate::ui::{Outbox, Sight, numbers, paint, plots, strings};

/// Draws the tile.
pub fn loss_ui(ui: &mut Ui, shot: &Snapshot, view: &mut Sight, out: &mut Outbox) {
    let tile = Tile { title: "Loss", caption: "next-byte cross-entropy", about: strings::LOSS };
    let series = shot.history.get(Key::Run(RunMeasure::LossTask)).filter(|s| !s.is_empty());
    let shown = tile.show_offering(ui, |ui, body| match series {
        None => tile::empty(ui, body, strings::PRESS_RUN),
        Some(series) => {
            let (body, room) = more::split(body);
            if let Some(room) = room {
                more::loss_ui(ui, room, shot, view);
            }
            let column = (body.width() * 0.26).clamp(96.0, 130.0);
            numbers_ui(ui, Rect::from_min_size(body.min, vec2(column, body.height())), series, shot, view);
            let plot = Rect::from_min_max(body.min + vec2(column + 14.0, 0.0), body.max + vec2(4.0, 4.0));
            plot_ui(ui, plot, series, shot, view);
        }
    });
    shown.offer(ui, out, (None, view.step(shot)), || tables::loss(shot, view));
}

fn numbers_ui(ui: &Ui, rect: Rect, series: &Series, shot: &Snapshot, view: &Sight) {
    let step = view.step(shot);
    let (now, steps) = series.mean_up_to(step, WINDOW).map_or((None, 0), |(mean, steps)| (Some(mean), steps));
    let nats = now.map_or("n/a".into(), |v| numbers::fixed(v, 2));
    let bits = now.map_or("n/a".into(), |v| format!("{} bits per byte", numbers::fixed(v / std::f64::consts::LN_2, 2)));
    let mut y = tile::headline(ui, rect.min, &nats, "nats", &bits, rect.width());
    let chance = numbers::fixed((VOCABULARY as f64).ln(), 2);
    let mut facts = Vec::new();
    let validations = shot.history.get(Key::Run(RunMeasure::Validation));
    if let Some(bucket) = validations.and_then(|series| series.buckets_up_to(step).last().copied())
        && let Some(loss) = bucket.mean()
    {
        facts.push((numbers::fixed(loss, 2), format!("validation at {}", numbers::count(bucket.last_step))));
    }
    if let Some(change) = change_over(series, step) {
        facts.push((numbers::signed(change, 2), format!("over the last {WINDOW} steps")));
    }
    facts.push((chance.clone(), "nats is a blind guess".to_owned()));
    let mut said = format!("Loss: {nats} nats, mean of {steps} steps, {bits}; {chance} nats is a blind guess");
    for (value, caption) in &facts {
        said.push_str(&format!("; {value} {caption}"));
        if y + 44.0 <= rect.bottom() {
            y = tile::fact(ui, pos2(rect.left(), y + 12.0), value, caption, rect.width());
        }
    }
    paint::say(ui, rect, "loss numbers", &said);
}

/// Mean of the window up to `step` less mean of the window before.
fn change_over(series: &Series, step: u64) -> Option<f64> {
    let (late, early) =
        (series.mean_up_to(step, WINDOW)?, series.mean_up_to(step.checked_sub(WINDOW as u64)?, WINDOW)?);
    (late.1 == WINDOW && early.1 == WINDOW).then_some(late.0 - early.0)
}

fn plot_ui(ui: &mut Ui, rect: Rect, series: &Series, shot: &Snapshot, view: &Sight) {
    let theme = theme::of(ui);
    // A bucket every three points: more would be one thick band.
    let buckets = series.merged((rect.width() / 3.0) as usize);
    let buckets = buckets.as_slice();
    let validation = shot.history.get(Key::Run(RunMeasure::Validation)).map_or(&[][..], Series::buckets);
    let last = shot.step.max(buckets.last().map_or(1, |b| b.last_step)).max(1);
    let (low, high) = window_of(buckets, validation, last);
    let history = &shot.history;
    plots::steps(ui, rect, "loss curve", ((0.0, last as f64), (low, high)), (1, true), |p| {
        plots::band(p, buckets, theme.ink3.gamma_multiply(0.35));
        plots::flags(p, &history.journal, theme, rect.width());
        plots::mean_line(p, "training loss", buckets, Stroke::new(1.6, theme.ink));
        plots::rings(p, "validation", validation, theme);
        plots::bad(p, buckets, theme);
        plots::cursor(p, view, theme);
    });
    let bad: u64 = buckets.iter().map(|b| b.bad).sum();
    let mut words = format!("Loss curve over {} steps with {} validations", numbers::count(last), validation.len());
    if bad > 0 {
        words.push_str(&format!(", {bad} values not finite"));
    }
    let head = Rect::from_min_size(rect.min, vec2(rect.width(), 1.0));
    paint::say(ui, head, "loss words", &words);
}

/// The values shown: all of them, but the fall of the first twentieth may run out at the top, where it says little.
fn window_of(buckets: &[Bucket], validation: &[Bucket], last: u64) -> (f64, f64) {
    let settled = if last > 200 { last / 20 } else { 0 };
    let shown = || buckets.iter().chain(validation).filter(|b| b.n > 0);
    let low = shown().map(|b| b.min).fold(f64::INFINITY, f64::min);
    let late = shown().filter(|b| b.first_step >= settled).filter_map(Bucket::mean);
    let high = late.fold(f64::NEG_INFINITY, f64::max);
    let high = if high.is_finite() { high } else { low + 1.0 };
    let pad = (high - low).abs() * 0.06;
    (low - pad, high + pad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_change_compares_two_full_windows() {
        let mut series = Series::default();
        (0..150).for_each(|s| series.push(s, 2.0));
        assert_eq!(change_over(&series, 149), None);
        (150..200).for_each(|s| series.push(s, 2.0));
        (200..300).for_each(|s| series.push(s, 1.5));
        assert_eq!(change_over(&series, 299), Some(-0.5));
        assert_eq!(change_over(&series, 199), Some(0.0));
    }
}
