//! Loss of the task, cross-entropy or squared error, over the whole run: its spread, validations and what was changed.

use eframe::egui::{Rect, Stroke, Ui, pos2, vec2};

use super::grown;
use crate::domain::readings::{MetricKind, bits};
use crate::run::Snapshot;
use crate::store::history::{Bucket, RunMeasure, Series, SeriesKey};
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{numbers, paint, plots};
use crate::ui::panels::cards;
use crate::ui::panels::flags;
use crate::ui::panels::ghosts;
use crate::ui::panels::tile::{self, BUTTONS, Tile};
use crate::ui::view::derived::{Flagged, WINDOW, baseline, loss_unit, score};
use crate::ui::view::export::tables;
use crate::ui::view::watched::{WantedOfRun, counts_dumps, lacks};
use crate::ui::view::{Outbox, ViewState, spoken};
use crate::ui::words::{self, measures, plane, tiles};

/// Draws the tile.
pub(crate) fn loss_ui(ui: &mut Ui, shot: &Snapshot, view: &mut ViewState, out: &mut Outbox) {
    let told = counts_dumps(shot);
    let (caption, about) = match MetricKind::of(&shot.config.task) {
        _ if told => (words::watched::LOSS_CAPTION, words::watched::ABOUT_LOSS),
        MetricKind::BitsPerByte => (tiles::CROSS_ENTROPY, words::LOSS),
        MetricKind::Accuracy => (plane::CLASS_CAPTION, plane::CLASS_LOSS),
        MetricKind::MeanSquaredError => (plane::VALUE_CAPTION, plane::VALUE_LOSS),
    };
    let tile = Tile {
        title: tiles::LOSS.said(),
        caption: caption.said(),
        about: about.said(),
        beside: if ui.max_rect().width() < 260.0 { 0.0 } else { 88.0 },
    };
    let series = shot.memory.history.get(SeriesKey::Run(RunMeasure::LossTask)).filter(|s| !s.is_empty());
    let shown = tile.show_offering(ui, |ui, body| match series {
        None => {
            let why = lacks(shot, view.layer, WantedOfRun::Loss);
            tile::empty(ui, body, &why.unwrap_or(tile::before_the_first_step(shot).into()));
        }
        Some(series) => {
            if let Some(said) = spoken::loss(series, shot, view) {
                paint::say(ui, body, "picture", &said);
            }
            // A dump tells one loss, and none of its terms.
            let (body, room) = if told { (body, None) } else { grown::split(body) };
            if let Some(room) = room {
                grown::loss_ui(ui, room, shot, view);
            }
            let column = (body.width() * 0.26).clamp(96.0, 130.0);
            numbers_ui(ui, Rect::from_min_size(body.min, vec2(column, body.height())), series, shot, view);
            looks_ui(ui, body, view);
            let plot = Rect::from_min_max(body.min + vec2(column + 14.0, 0.0), body.max + vec2(4.0, 4.0));
            plot_ui(ui, plot, series, shot, view, out);
        }
    });
    shown.offer(ui, out, (None, view.step(shot)), || tables::loss(shot, view));
}

/// How the curve is drawn: two switches in the tile's head.
fn looks_ui(ui: &mut Ui, body: Rect, view: &mut ViewState) {
    let mut right = body.right() - BUTTONS + 4.0;
    for (words, about, on) in
        [(tiles::LOG, tiles::LOG_ABOUT, &mut view.log_loss), (tiles::RAW, tiles::RAW_ABOUT, &mut view.raw_loss)]
    {
        let press = Press::words(words.said()).named(about.said()).look(Look::Ghost).selected(*on).size(size::CAPTION);
        let width = press.width(ui) - 8.0;
        let spot = Rect::from_min_size(pos2(right - width, body.top() - 27.0), vec2(width, 18.0));
        // The title and a few letters of the caption stay.
        if spot.left() < body.left() + 70.0 {
            return;
        }
        let response = press.show(ui, spot);
        if response.clicked() {
            *on = !*on;
        }
        response.on_hover_text(about.said());
        right = spot.left() - 2.0;
    }
}

fn numbers_ui(ui: &Ui, rect: Rect, series: &Series, shot: &Snapshot, view: &ViewState) {
    let step = view.step(shot);
    let (now, steps) = series.mean_up_to(step, WINDOW).map_or((None, 0), |(mean, steps)| (Some(mean), steps));
    let nats = now.map_or(words::UNKNOWN.into(), |v| numbers::fit(v, 2, 6));
    let kind = MetricKind::of(&shot.config.task);
    let decimals = if kind == MetricKind::MeanSquaredError { 4 } else { 2 };
    let told = counts_dumps(shot);
    // The newest is what counts then, whatever the mean of those before it is.
    let broken = told && series.at(step).is_some_and(|loss| !loss.is_finite());
    let (now, nats) = if broken { (None, words::UNKNOWN.into()) } else { (now, nats) };
    let nats = if decimals == 2 { nats } else { now.map_or(words::UNKNOWN.into(), |v| numbers::fit(v, decimals, 6)) };
    let bits = match kind {
        _ if told => String::new(),
        MetricKind::BitsPerByte => now.map_or(words::UNKNOWN.into(), |v| tiles::bits_per_byte(bits(v))),
        // What it was at an earlier step is not kept.
        MetricKind::Accuracy if view.is_live() => {
            let score = score(shot).map_or(words::UNKNOWN.into(), |(value, _)| plane::score(shot, value));
            plane::score_beside_chance(shot, &score)
        }
        MetricKind::Accuracy | MetricKind::MeanSquaredError => String::new(),
    };
    let chance = baseline(shot).map_or(words::UNKNOWN.into(), |chance| numbers::fixed(chance, decimals));
    let mut facts = Vec::new();
    let validations = shot.memory.history.get(SeriesKey::Run(RunMeasure::Validation));
    if let Some(bucket) = validations.and_then(|series| series.buckets_up_to(step).last().copied())
        && let Some(loss) = bucket.mean()
    {
        facts.push((numbers::fit(loss, decimals, 7), tiles::validation_at(bucket.last_step), &measures::VALIDATION));
    }
    if let Some(change) = change_over(series, step) {
        facts.push((numbers::fit_signed(change, decimals, 8), tiles::over_the_last(WINDOW), &measures::CHANGE));
    }
    let blind = if kind == MetricKind::MeanSquaredError { plane::VARIANCE } else { tiles::BLIND_GUESS };
    if !told {
        facts.push((chance.clone(), blind.said().to_owned(), &measures::TASK));
    }
    let unit = loss_unit(shot);
    let guess = tiles::loss_baseline(shot.config.task_shape().classes());
    let each = facts.iter().map(|(value, caption, _)| (value.as_str(), caption.as_str()));
    let said = match told {
        true if broken => words::watched::loss_broken(step),
        true => words::watched::loss_said(&nats, steps as u64),
        false => tiles::loss_said((&nats, unit), steps, &bits, &chance, &guess, each),
    };
    paint::say(ui, rect, "loss-numbers", &said);
    let span = |top: f32, end: f32| Rect::from_min_max(pos2(rect.left(), top), pos2(rect.right(), end));
    // What has no unit is still named.
    let (beside, below) = match told {
        true if broken => (words::watched::LOSS.said(), tiles::NOT_FINITE.said().to_owned()),
        true => (words::watched::LOSS.said(), words::watched::load_of(steps as u64)),
        false => (unit, bits),
    };
    let mut y = tile::headline(ui, rect.min, &nats, beside, &below, rect.width());
    let said = format!("{nats} {beside}");
    let measure = if told { &measures::TOLD_TASK } else { &measures::TASK };
    cards::on(ui, span(rect.top(), y), measure, &said, || cards::loss::task(shot, view));
    for (value, caption, measure) in &facts {
        if y + 44.0 > rect.bottom() {
            continue;
        }
        let top = y + 12.0;
        y = tile::fact(ui, pos2(rect.left(), top), value, caption, rect.width());
        if *measure != &measures::TASK {
            cards::on(ui, span(top, y), measure, &format!("{value} {caption}"), || match *measure {
                measure if measure == &measures::CHANGE => cards::loss::change(shot, view),
                _ => cards::loss::series(RunMeasure::Validation, shot, view),
            });
        }
    }
}

/// Mean of the window up to `step` less mean of the window before.
fn change_over(series: &Series, step: u64) -> Option<f64> {
    let (late, early) =
        (series.mean_up_to(step, WINDOW)?, series.mean_up_to(step.checked_sub(WINDOW as u64)?, WINDOW)?);
    (late.1 == WINDOW && early.1 == WINDOW).then_some(late.0 - early.0)
}

fn plot_ui(ui: &mut Ui, rect: Rect, series: &Series, shot: &Snapshot, view: &mut ViewState, out: &mut Outbox) {
    let theme = theme::of(ui);
    let told = counts_dumps(shot);
    // A bucket every three points: more would be one thick band.
    let buckets = series.merged((rect.width() / 3.0) as usize);
    let validation = shot.memory.history.get(SeriesKey::Run(RunMeasure::Validation)).map_or(&[][..], Series::buckets);
    let left = ghosts::curves(shot, (rect.width() / 3.0) as usize, |ghost| ghost.loss.as_deref());
    let last = shot.step.max(buckets.last().map_or(1, |b| b.last_step)).max(ghosts::last(&left)).max(1);
    let bad: u64 = buckets.iter().map(|b| b.bad).sum();
    let axes = plots::Axes {
        x: (0.0, last as f64),
        y: window_of(&buckets, validation, last, if told { ghosts::range(&left) } else { None }),
        decimals: 1,
        numbered: true,
        log: view.log_loss,
    };
    let (merged, around) = (&buckets, plots::smoothed(&buckets, WINDOW as u64));
    let [buckets, validation, smooth] = [merged, validation, &around].map(|buckets| axes.placed(buckets));
    let changes = Flagged::of(&shot.memory.history.journal, |_, _| false);
    let unit = loss_unit(shot);
    let reading: plots::HoverText<'_> = Box::new(|step| read(merged, &around, step, unit));
    let frame = plots::steps_read(ui, rect, "loss-curve", axes, tiles::point, Some(reading), |p| {
        plots::band(p, tiles::LEAST_TO_MOST.said(), &buckets, theme.ink3.gamma_multiply(0.35));
        ghosts::draw(p, &left, &axes, theme);
        flags::flags(p, &changes, theme);
        if view.raw_loss {
            plots::mean_line(p, tiles::TRAINING_LOSS.said(), &buckets, Stroke::new(1.6, theme.ink));
        } else {
            plots::mean_line(p, tiles::TRAINING_LOSS.said(), &buckets, Stroke::new(1.0, theme.ink3));
            plots::mean_line(p, tiles::SMOOTHED.said(), &smooth, Stroke::new(1.8, theme.ink));
        }
        plots::rings(p, tiles::VALIDATION.said(), &validation, theme);
        plots::bad(p, tiles::NOT_FINITE.said(), &buckets, theme);
        flags::cursor(p, view, theme);
    });
    if let Some(frame) = frame.filter(|frame| frame.width() > 266.0) {
        flags::flag_words(ui, frame, axes.x, &changes, theme, |response, change| {
            ghosts::flag_menu(response, change, shot, view, out);
        });
    }
    let words = tiles::loss_curve(last, validation.len(), bad);
    let head = Rect::from_min_size(rect.min, vec2(rect.width(), 1.0));
    paint::say(ui, head, "loss-words", &words);
}

/// What is said of a step: its bucket's mean, least and most, and the mean around it.
fn read(buckets: &[Bucket], around: &[Bucket], step: u64, unit: &str) -> Option<String> {
    let at = buckets.partition_point(|bucket| bucket.last_step < step).min(buckets.len().checked_sub(1)?);
    let (bucket, mean) = (&buckets[at], buckets[at].mean()?);
    let spread = [mean, bucket.min, bucket.max];
    Some(tiles::loss_at((bucket.first_step, bucket.last_step), spread, around[at].mean(), unit))
}

/// The values shown: all of them, but the fall of the first twentieth may run out at the top, where it says little. `left` is the range
/// of curves that were left.
fn window_of(buckets: &[Bucket], validation: &[Bucket], last: u64, left: Option<(f64, f64)>) -> (f64, f64) {
    let settled = if last > 200 { last / 20 } else { 0 };
    let shown = || buckets.iter().chain(validation).filter(|b| b.n > 0);
    let low = shown().map(|b| b.min).fold(f64::INFINITY, f64::min);
    let late = shown().filter(|b| b.first_step >= settled).filter_map(Bucket::mean);
    let high = late.fold(f64::NEG_INFINITY, f64::max);
    let high = if high.is_finite() { high } else { low + 1.0 };
    let (low, high) = left.map_or((low, high), |left| (low.min(left.0), high.max(left.1)));
    let pad = (high - low).abs() * 0.06;
    (low - pad, high + pad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn under_the_pointer_a_bucket_says_its_spread() {
        let mut series = Series::default();
        [3.0, 1.0, 2.0, 6.0].into_iter().enumerate().for_each(|(i, loss)| series.push(i as u64 + 1, loss));
        let buckets = series.merged(2);
        let around = plots::smoothed(&buckets, 2);
        let said = read(&buckets, &around, 3, "nats").unwrap();
        assert!(said.starts_with("steps 1 to 3: mean 2.000 nats\nleast 1.000, most 3.000"), "{said}");
        assert!(read(&buckets, &around, 4, "nats").unwrap().starts_with("step 4: 6.000 nats"));
        assert_eq!(read(&[], &[], 1, "nats"), None);
    }

    #[test]
    fn curves_that_were_left_are_in_the_window_but_not_their_spikes() {
        let mut series = Series::default();
        (0..3).for_each(|step| series.push(step, 2.0 + step as f64));
        let (low, high) = window_of(series.buckets(), &[], 3, Some((1.0, 9.0)));
        // By hand: 6 % of the span beyond each end.
        assert!((low - 0.52).abs() < 1e-9 && (high - 9.48).abs() < 1e-9, "{low} to {high}");
        assert!(window_of(series.buckets(), &[], 3, None).1 < 4.2);
    }

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
