//! Cards of the loss and its terms. Pure.

use super::Card;
use super::sums::small;
use crate::config::VOCABULARY;
use crate::history::{Key, RunMeasure as R};
use crate::run::Snapshot;
use crate::ui::strings::measures::{self as words, Measure};
use crate::ui::sums::WINDOW;
use crate::ui::{Sight, numbers};

fn steps_window(shot: &Snapshot, view: &Sight, steps: usize) -> String {
    let bytes = numbers::count((shot.config.sequences * shot.config.model.context) as u64);
    let step = numbers::count(view.step(shot));
    match steps {
        1 => format!("batch of {bytes} bytes at step {step}, each step"),
        steps => format!("last {steps} batches of {bytes} bytes up to step {step}"),
    }
}

/// The headline: the mean of a window.
pub fn task(shot: &Snapshot, view: &Sight) -> Card {
    let series = shot.history.get(Key::Run(R::LossTask));
    let mean = series.and_then(|series| series.mean_up_to(view.step(shot), WINDOW));
    let mut today = Vec::new();
    if let Some((mean, steps)) = mean {
        today.push(format!("mean of {steps} steps = {} nats", numbers::fixed(mean, 3)));
        let bits = numbers::fixed(mean / std::f64::consts::LN_2, 3);
        today.push(format!("{} ÷ ln 2 = {bits} bits per byte", numbers::fixed(mean, 3)));
        today.push(format!("exp({}) = as unsure as {} bytes", numbers::fixed(mean, 3), numbers::fixed(mean.exp(), 1)));
    }
    Card { measure: &words::TASK, window: steps_window(shot, view, mean.map_or(WINDOW, |m| m.1)), today, chance: None }
}

/// How it has changed.
pub fn change(shot: &Snapshot, view: &Sight) -> Card {
    let (series, step) = (shot.history.get(Key::Run(R::LossTask)), view.step(shot));
    let mean = |step| series.and_then(|series| series.mean_up_to(step, WINDOW)).map(|mean| mean.0);
    let today = match (mean(step), step.checked_sub(WINDOW as u64).and_then(mean)) {
        (Some(late), Some(early)) => {
            let [late_words, early_words] = [late, early].map(|mean| numbers::fixed(mean, 3));
            vec![format!("{late_words} − {early_words} = {}", numbers::signed(late - early, 3))]
        }
        _ => Vec::new(),
    };
    Card { measure: &words::CHANGE, window: steps_window(shot, view, 2 * WINDOW), today, chance: None }
}

/// The card of a series of the run.
pub fn series(measure: R, shot: &Snapshot, view: &Sight) -> Card {
    let step = view.step(shot);
    let value = |measure| shot.history.get(Key::Run(measure)).and_then(|series| series.at_or_before(step));
    let now = value(measure);
    let knobs = &shot.knobs;
    let each = steps_window(shot, view, 1);
    let plain = |measure: &'static Measure, weight: Option<(&str, f64)>| {
        let mut today: Vec<String> = now.map(|now| format!("= {}", small(now))).into_iter().collect();
        today.extend(weight.map(|(name, weight)| format!("weight {name} = {}", numbers::knob(weight))));
        Card { measure, window: each.clone(), today, chance: None }
    };
    match measure {
        R::Validation => {
            let blind = small((VOCABULARY as f64).ln());
            let at = shot.history.get(Key::Run(measure)).and_then(|series| series.buckets_up_to(step).last().copied());
            let window = at.map_or("none yet".into(), |at| format!("taken at step {}", numbers::count(at.last_step)));
            let today = now.map(|now| format!("= {} nats", numbers::fixed(now, 3))).into_iter().collect();
            let every = numbers::count(shot.config.cadence.validate_every);
            let window = format!("{window}, every {every} steps");
            Card { measure: &words::VALIDATION, window, today, chance: Some(format!("A blind guess: {blind} nats.")) }
        }
        R::LossTotal => {
            let mut today = Vec::new();
            if let (Some(total), Some(task)) = (now, value(R::LossTask)) {
                let [total_words, task_words] = [total, task].map(|loss| numbers::fixed(loss, 4));
                let terms = numbers::signed(total - task, 4);
                today.push(format!("loss {task_words}, weighted terms {terms}"));
                today.push(format!("= {total_words}"));
            }
            Card { measure: &words::TOTAL, window: each, today, chance: None }
        }
        R::LossRouter => plain(&words::DISTILLATION, Some(("α", knobs.router_weight))),
        R::LossBalance => plain(&words::BALANCE, Some(("β", knobs.balance_weight))),
        R::LossAffinityBalance => plain(&words::AFFINITY_BALANCE, Some(("βc", knobs.affinity_balance_weight))),
        R::LossDiversity => plain(&words::DIVERSITY, Some(("βc", knobs.diversity_weight))),
        R::GradientNorm => {
            let mut card = plain(&words::GRADIENT, None);
            card.chance = Some(format!("Clipped to {}.", numbers::knob(shot.config.optimizer.clip_norm)));
            card
        }
        R::LossTask | R::LearningRate | R::TokensPerSec => task(shot, view),
    }
}
