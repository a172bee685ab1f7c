//! Cards of the loss and its terms. Pure.

use super::Card;
use super::sums::run_window;
use crate::domain::readings::MetricKind;
use crate::run::Snapshot;
use crate::store::history::{RunMeasure as R, SeriesKey};
use crate::ui::kit::numbers::{self, small};
use crate::ui::view::ViewState;
use crate::ui::view::derived::{WINDOW, baseline};
use crate::ui::view::watched::counts_dumps;
use crate::ui::words::cards as said;
use crate::ui::words::measures::{self as words, MeasureWords};
use crate::ui::words::tiles;
use crate::ui::words::watched as said_of_dumps;

/// The headline: the mean of a window.
pub fn task(shot: &Snapshot, view: &ViewState) -> Card {
    let series = shot.memory.history.get(SeriesKey::Run(R::LossTask));
    let mean = series.and_then(|series| series.mean_up_to(view.step(shot), WINDOW));
    if counts_dumps(shot) {
        let today = mean.map(|(mean, dumps)| said_of_dumps::mean_of(dumps as u64, mean)).into_iter().collect();
        let window = run_window(shot, view, mean.map_or(0, |mean| mean.1));
        return Card { measure: &words::TOLD_TASK, window, today, chance: None };
    }
    let kind = MetricKind::of(&shot.config.task);
    let today = mean.map_or(Vec::new(), |(mean, steps)| {
        let mut today = vec![said::mean_of_steps(steps, mean, tiles::loss_unit(kind))];
        match kind {
            MetricKind::BitsPerByte => today.extend([said::in_bits(mean), said::as_unsure(mean, said::BYTES.said())]),
            MetricKind::Accuracy => today.push(said::as_unsure(mean, said::CLASSES.said())),
            MetricKind::MeanSquaredError => {}
        }
        today
    });
    let (measure, chance) = match kind {
        MetricKind::BitsPerByte => (&words::TASK, None),
        MetricKind::Accuracy => (&words::CLASS_TASK, blind(shot)),
        MetricKind::MeanSquaredError => (&words::VALUE_TASK, blind(shot)),
    };
    Card { measure, window: run_window(shot, view, mean.map_or(WINDOW, |m| m.1)), today, chance }
}

/// What knowing nothing would cost.
fn blind(shot: &Snapshot) -> Option<String> {
    let loss = baseline(shot)?;
    Some(match shot.config.task_shape().classes() {
        Some(classes) => said::blind_guess(loss, classes),
        None => said::always_the_mean(loss),
    })
}

/// How it has changed.
pub fn change(shot: &Snapshot, view: &ViewState) -> Card {
    let (series, step) = (shot.memory.history.get(SeriesKey::Run(R::LossTask)), view.step(shot));
    let mean = |step| series.and_then(|series| series.mean_up_to(step, WINDOW)).map(|mean| mean.0);
    let today = match (mean(step), step.checked_sub(WINDOW as u64).and_then(mean)) {
        (Some(late), Some(early)) => {
            let [late_words, early_words] = [late, early].map(|mean| numbers::fixed(mean, 3));
            vec![format!("{late_words} − {early_words} = {}", numbers::signed(late - early, 3))]
        }
        _ => Vec::new(),
    };
    Card { measure: &words::CHANGE, window: run_window(shot, view, 2 * WINDOW), today, chance: None }
}

/// The card of a series of the run.
pub(crate) fn series(measure: R, shot: &Snapshot, view: &ViewState) -> Card {
    let step = view.step(shot);
    let value = |measure| shot.memory.history.get(SeriesKey::Run(measure)).and_then(|series| series.at_or_before(step));
    let now = value(measure);
    let knobs = &shot.knobs;
    let each = run_window(shot, view, 1);
    let plain = |measure: &'static MeasureWords, weight: Option<(&str, f64)>| {
        let mut today: Vec<String> = now.map(|now| format!("= {}", small(now))).into_iter().collect();
        // What it was then is not kept.
        today.extend(weight.filter(|_| view.is_live()).map(|(name, weight)| said::weight(name, weight)));
        Card { measure, window: each.clone(), today, chance: None }
    };
    match measure {
        R::Validation => {
            let at = shot
                .memory
                .history
                .get(SeriesKey::Run(measure))
                .and_then(|series| series.buckets_up_to(step).last().copied());
            let taken = at.map_or(said::NONE_YET.into(), |at| said::taken_at(at.last_step));
            let unit = tiles::loss_unit(MetricKind::of(&shot.config.task));
            let today = now.map(|loss| said::validation(loss, unit)).into_iter().collect();
            let window = said::validated(&taken, shot.config.cadence.validate_every);
            Card { measure: &words::VALIDATION, window, today, chance: blind(shot) }
        }
        R::LossTotal => {
            let mut today = Vec::new();
            if let (Some(total), Some(task)) = (now, value(R::LossTask)) {
                today.push(said::loss_and_terms(task, total - task));
                today.push(format!("= {}", numbers::fixed(total, 4)));
            }
            Card { measure: &words::TOTAL, window: each, today, chance: None }
        }
        R::LossRouter => plain(&words::DISTILLATION, Some(("α", knobs.router_weight))),
        R::LossBalance => plain(&words::BALANCE, Some(("β", knobs.balance_weight))),
        R::LossAffinityBalance => plain(&words::AFFINITY_BALANCE, Some(("βc", knobs.affinity_balance_weight))),
        R::LossDiversity => plain(&words::DIVERSITY, Some(("βc", knobs.diversity_weight))),
        R::GradientNorm => {
            let mut card = plain(&words::GRADIENT, None);
            card.chance = Some(said::clipped(shot.config.optimizer.clip_norm));
            card
        }
        R::Flop => {
            let today = now.map(said::flop_spent).into_iter().collect();
            Card { measure: &words::ARITHMETIC, window: said::whole_run(step), today, chance: None }
        }
        R::LossTask | R::LearningRate | R::TokensPerSec | R::Seconds => task(shot, view),
    }
}
