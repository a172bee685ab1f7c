//! Cards of one expert or one byte: what the selection says. Pure.

use super::Card;
use super::sums::written;
use crate::domain::measures::agreement::ResponseSums;
use crate::domain::measures::choice::probability;
use crate::domain::readings::{Choices, Counterfactual};
use crate::run::Snapshot;
use crate::store::history::{ExpertMeasure, Series, SeriesKey};
use crate::ui::kit::numbers::{self, small};
use crate::ui::view::ViewState;
use crate::ui::view::state::SeenLayer;
use crate::ui::words::cards::{less, mean_of_bytes, of_layer};
use crate::ui::words::{UNKNOWN, measures as words, one as said};

/// Both sums of what the router keeps of one byte's response.
pub(crate) fn quotient(sums: &ResponseSums) -> String {
    format!("{} ÷ {}", numbers::fixed(sums.picked, 3), numbers::fixed(sums.won, 3))
}

/// What the router keeps of one byte's response.
pub fn kept(choices: &Choices, token: usize) -> Card {
    let s = choices.s(token);
    let terms = |slots: &[u16]| {
        let each = slots.iter().map(|&slot| numbers::fixed(f64::from(s[usize::from(slot)]), 3));
        format!("({})", written(each))
    };
    let responses = ResponseSums::of(choices, token);
    let value = responses.captured().map_or(UNKNOWN.into(), numbers::percent);
    let sums = format!("{} ÷ {}", terms(choices.picks(token)), terms(choices.winners(token)));
    let today = vec![sums, format!("= {} = {value}", quotient(&responses))];
    let chance = responses.captured_at_random().map(|random| said::k_would_keep(choices.k, random));
    Card { measure: &words::KEPT_BYTE, window: said::THIS_BYTE.into(), today, chance }
}

/// What a byte cost.
pub fn byte_loss(loss: Option<f64>, shot: &Snapshot, view: &ViewState) -> Card {
    let today = loss.map_or(Vec::new(), |loss| {
        let p = probability(loss);
        vec![said::byte_loss(p, loss), said::probability(p)]
    });
    let classes = shot.config.task_shape().classes();
    let blind = classes.map(|classes| said::blind_probability(1.0 / classes as f64));
    Card::probed(&words::BYTE_LOSS, (today, blind), shot, view)
}

/// What other routes would have cost.
pub fn regret(found: &Counterfactual) -> Card {
    let mut today = Vec::new();
    if let (Some(taken), Some(best), Some(regret)) =
        (found.routes.get(found.taken), found.routes.first(), found.regret())
    {
        let [taken, best] = [taken.1, best.1].map(|loss| numbers::fixed(f64::from(loss), 3));
        today.push(less(&taken, &best, &numbers::fixed(regret, 3)));
    }
    let window = said::routes_tried(found.step, found.routes.len(), found.all);
    Card { measure: &words::REGRET, window, today, chance: None }
}

/// Which classes an expert answers: all of them, most first.
pub fn answers(classes: &[(String, f64)], shot: &Snapshot, view: &ViewState) -> Card {
    let each = classes.iter().map(|(class, lift)| said::answers(class, *lift));
    Card::probed(&words::ANSWERS, (each.collect(), None), shot, view)
}

/// What an expert is worth.
pub fn knock_out(series: Option<&Series>, shot: &Snapshot, view: &ViewState) -> Card {
    let at = series.and_then(|series| series.buckets_up_to(view.step(shot)).last().copied());
    let mut today = Vec::new();
    if let Some(more) = at.and_then(|at| at.mean()) {
        today.push(said::loss_without(more));
        if let Some(with) = view.seen(shot).and_then(|seen| seen.probe.mean_loss()) {
            today.push(said::of_probe_loss(more / with, with));
        }
    }
    let mut card = Card::probed(&words::KNOCK_OUT, (today, None), shot, view);
    if let Some(at) = at {
        card.window = of_layer(view.layer, &said::measured_at(at.last_step));
    }
    card
}

/// Its share of the gradient; idle is how long it has been without a byte.
pub fn gradient(key: impl Fn(ExpertMeasure) -> SeriesKey, experts: usize, shot: &Snapshot, view: &ViewState) -> Card {
    let at = |measure| shot.memory.history.get(key(measure)).and_then(|series| series.at_or_before(view.step(shot)));
    let mut today: Vec<String> =
        at(ExpertMeasure::GradientShare).map(|share| format!("= {}", numbers::percent(share))).into_iter().collect();
    today.extend(at(ExpertMeasure::Idle).map(|idle| match idle as u64 {
        0 => said::got_bytes().into(),
        steps => said::without_a_byte(steps),
    }));
    Card::probed(&words::GRADIENT_SHARE, (today, Some(said::even(experts))), shot, view)
}

/// How far it has moved, beside the others of its layer.
pub fn moved(seen: &SeenLayer<'_>, slot: usize, shot: &Snapshot, view: &ViewState) -> Card {
    let all = seen.layer.diagnosis.weights.moved.as_deref().unwrap_or_default();
    let today = all.get(slot).map(|&share| {
        let mean = all.iter().map(|&share| f64::from(share)).sum::<f64>() / all.len() as f64;
        vec![format!("= {}", percent2(f64::from(share))), said::mean_of_layer(&percent2(mean))]
    });
    Card::probed(&words::MOVED, (today.unwrap_or_default(), None), shot, view)
}

fn percent2(share: f64) -> String {
    numbers::percent_with(share, 2)
}

/// The pull of its row.
pub fn pull(seen: &SeenLayer<'_>, slot: usize, shot: &Snapshot, view: &ViewState) -> Card {
    let pull = seen.layer.diagnosis.collapse.pull.as_ref();
    let cosine = pull.and_then(|all| all.get(slot).copied().flatten()).filter(|cosine| cosine.is_finite());
    let choices = &seen.layer.choices;
    let own = |token: &usize| choices.picks(*token).first().is_some_and(|&first| usize::from(first) == slot);
    let bytes = (0..choices.tokens()).filter(own).count();
    let today = cosine.map(|cosine| mean_of_bytes(bytes, &small(cosine)));
    Card::probed(&words::PULL, (today.into_iter().collect(), None), shot, view)
}

/// Who answers most like it.
pub fn nearest(nearest: Option<(usize, f64)>, seen: &SeenLayer<'_>, shot: &Snapshot, view: &ViewState) -> Card {
    let today = nearest.and_then(|(other, cosine)| {
        let &id = seen.roster.slots.get(other)?;
        Some(said::nearest(id, cosine, seen.roster.len() - 1))
    });
    Card::probed(&words::NEAREST, (today.into_iter().collect(), None), shot, view)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_byte_by_hand() {
        let choices = Choices {
            experts: 4,
            k: 2,
            p: vec![0.4, 0.3, 0.2, 0.1],
            s: vec![1.0, 2.0, 3.0, 2.0],
            picks: vec![0, 1],
            weights: vec![0.5; 2],
            winners: vec![2, 1],
        };
        let card = kept(&choices, 0);
        assert_eq!(card.today, ["(1.000 + 2.000) ÷ (3.000 + 2.000)", "= 3.000 ÷ 5.000 = 60.0 %"]);
        assert_eq!(card.chance.as_deref(), Some("2 experts at random would keep 80.0 %."));
    }

    #[test]
    fn regret_by_hand() {
        let routes = vec![(vec![0, 3], 0.91), (vec![1, 2], 1.125), (vec![4, 5], 1.3)];
        let found = Counterfactual { step: 2100, layer: 0, token: 2, routes, taken: 1, all: 28 };
        let card = regret(&found);
        assert_eq!(card.today, ["1.125 − 0.910 = 0.215 nats"]);
        assert_eq!(card.window, "this byte, tried at step 2,100: 3 of 28 routes");
    }
}
