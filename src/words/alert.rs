//! Alerts in words: what is seen, with the numbers of the moment it was raised; why it matters; what to try.

use super::notation;
use super::table::sentences;
use crate::domain::roster::ExpertId;
use crate::store::alerts::{Alert, Rule};

sentences! { "alert":
    fn layer(layer);
    fn starving_expert(expert, layer, share, steps);
    fn starving_expert_why();
    fn starving_expert_tries();
    fn dead_expert(expert, layer, steps);
    fn dead_expert_why();
    fn dead_expert_tries();
    fn load_collapse(layer, what, steps, effective, experts);
    fn load_collapse_why();
    fn load_collapse_tries();
    fn every_token();
    fn nearly_every_token();
    fn few_take_most(experts);
    fn one_takes(expert, tokens, share, k);
    fn some_take[taking as u64](taking: f64, experts: f64, tokens: &str) {
        taking = taking, experts = experts, tokens = tokens
    };
    fn least_for_k(what, k);
    fn representation_collapse(layer, rank, best, limit);
    fn representation_collapse_why();
    fn representation_collapse_tries();
    fn redundancy(expert, other, layer, cosine);
    fn redundancy_why();
    fn redundancy_tries();
    fn router_at_chance(layer, kappa, competitions);
    fn router_at_chance_why();
    fn router_at_chance_tries();
    fn router_undecided(layer, entropy);
    fn router_undecided_why();
    fn router_undecided_tries();
    fn router_overconfident(layer, sure, right);
    fn router_overconfident_why();
    fn router_overconfident_tries();
    fn loss_above_chance(loss, steps, classes, baseline);
    fn loss_above_chance_why();
    fn loss_above_chance_tries();
    fn loss_rising(before, now, errors);
    fn loss_rising_why();
    fn loss_rising_tries();
    fn gradient_spikes(spikes, usual);
    fn gradient_spikes_why();
    fn gradient_spikes_tries();
    fn validation_gap(validation, above, training);
    fn validation_gap_why();
    fn validation_gap_tries();
    fn loss_not_finite(step);
    fn loss_not_finite_why();
    fn loss_not_finite_tries();
    fn layer_not_finite[tensors as u64](layer: &str, tensors: f64) { layer = layer, tensors = tensors };
    fn layer_not_finite_why();
    fn layer_not_finite_tries();
}

/// What is seen. An alert from a file of before alerts had numbers says what that file says.
pub fn alert(alert: &Alert) -> String {
    if let Some(told) = &alert.told {
        return told.clone();
    }
    let number = |index: usize, decimals: usize| match alert.numbers.get(index) {
        Some(number) => notation::decimals(*number, decimals),
        None => String::new(),
    };
    let percent = |index: usize| alert.numbers.get(index).map_or(String::new(), |share| per_cent(*share));
    let place = alert.layer.map_or(String::new(), |place| layer(place + 1));
    let [expert, other] = [alert.expert, alert.other].map(named);
    let steps = (alert.raised + 1).saturating_sub(alert.since);
    match alert.rule {
        Rule::StarvingExpert => starving_expert(expert, place, percent(0), steps),
        Rule::DeadExpert => dead_expert(expert, place, steps),
        Rule::LoadCollapse => {
            load_collapse(capital(&place), concentration(alert), number(3, 0), number(1, 1), number(2, 0))
        }
        Rule::RepresentationCollapse => representation_collapse(place, number(1, 1), number(2, 1), number(3, 0)),
        Rule::Redundancy => redundancy(expert, other, place, number(0, 2)),
        Rule::RouterAtChance => router_at_chance(place, number(0, 2), number(1, 0)),
        Rule::RouterUndecided => router_undecided(place, number(0, 2)),
        Rule::RouterOverconfident => router_overconfident(place, percent(1), percent(2)),
        Rule::LossAboveChance => loss_above_chance(number(1, 3), number(4, 0), number(2, 0), number(3, 2)),
        Rule::LossRising => loss_rising(number(1, 3), number(2, 3), number(0, 1)),
        Rule::GradientSpikes => gradient_spikes(
            number(0, 0),
            alert.numbers.get(1).map_or(String::new(), |usual| notation::sized(*usual, 2)),
        ),
        Rule::ValidationGap => validation_gap(number(1, 3), percent(0), number(2, 3)),
        Rule::LossNotFinite => loss_not_finite(alert.raised),
        Rule::LayerNotFinite => layer_not_finite(&capital(&place), alert.numbers.first().copied().unwrap_or(1.0)),
    }
}

/// Why it matters.
pub(crate) fn alert_why(alert: &Alert) -> &'static str {
    match alert.rule {
        Rule::StarvingExpert => starving_expert_why(),
        Rule::DeadExpert => dead_expert_why(),
        Rule::LoadCollapse => load_collapse_why(),
        Rule::RepresentationCollapse => representation_collapse_why(),
        Rule::Redundancy => redundancy_why(),
        Rule::RouterAtChance => router_at_chance_why(),
        Rule::RouterUndecided => router_undecided_why(),
        Rule::RouterOverconfident => router_overconfident_why(),
        Rule::LossAboveChance => loss_above_chance_why(),
        Rule::LossRising => loss_rising_why(),
        Rule::GradientSpikes => gradient_spikes_why(),
        Rule::ValidationGap => validation_gap_why(),
        Rule::LossNotFinite => loss_not_finite_why(),
        Rule::LayerNotFinite => layer_not_finite_why(),
    }
}

/// What to try.
pub(crate) fn alert_tries(alert: &Alert) -> &'static str {
    match alert.rule {
        Rule::StarvingExpert => starving_expert_tries(),
        Rule::DeadExpert => dead_expert_tries(),
        Rule::LoadCollapse => load_collapse_tries(),
        Rule::RepresentationCollapse => representation_collapse_tries(),
        Rule::Redundancy => redundancy_tries(),
        Rule::RouterAtChance => router_at_chance_tries(),
        Rule::RouterUndecided => router_undecided_tries(),
        Rule::RouterOverconfident => router_overconfident_tries(),
        Rule::LossAboveChance => loss_above_chance_tries(),
        Rule::LossRising => loss_rising_tries(),
        Rule::GradientSpikes => gradient_spikes_tries(),
        Rule::ValidationGap => validation_gap_tries(),
        Rule::LossNotFinite => loss_not_finite_tries(),
        Rule::LayerNotFinite => layer_not_finite_tries(),
    }
}

fn named(id: Option<ExpertId>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

fn per_cent(share: f64) -> String {
    notation::whole_percent(share)
}

/// Who gets (nearly) every token of a layer whose load has collapsed.
fn concentration(alert: &Alert) -> String {
    let &[_, _, experts, _, taking, k, reach] = &alert.numbers[..] else { return String::new() };
    let tokens = if reach > 0.995 { every_token() } else { nearly_every_token() };
    if taking == 0.0 {
        return few_take_most(experts);
    }
    if taking == 1.0 && k > 1.0 {
        return one_takes(named(alert.expert), tokens, per_cent(1.0 / k), k);
    }
    let some = some_take(taking, experts, tokens);
    if taking == k { least_for_k(some, k) } else { some }
}

/// With a capital first letter.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raised(rule: Rule, numbers: Vec<f64>) -> Alert {
        Alert {
            rule,
            layer: Some(0),
            expert: Some(ExpertId(2)),
            other: Some(ExpertId(4)),
            since: 51,
            raised: 150,
            until: None,
            numbers,
            told: None,
        }
    }

    #[test]
    fn an_alert_says_its_numbers_as_they_were() {
        for (rule, numbers, said) in [
            (Rule::StarvingExpert, vec![0.24], "Expert 3 of layer 1 gets 24 % of an even share, over 100 steps"),
            (Rule::DeadExpert, vec![0.0], "Expert 3 of layer 1 has had no token for 100 steps"),
            (
                Rule::RepresentationCollapse,
                vec![0.8, 3.25, 20.0, 63.0],
                "Hidden states entering layer 1 spread over 3.2 directions; the best so far was 20.0 of at most 63",
            ),
            (Rule::Redundancy, vec![0.93], "Experts 3 and 5 of layer 1 have nearly the same outputs: cosine 0.93"),
            (
                Rule::RouterAtChance,
                vec![0.04, 10.0],
                "The router of layer 1 predicts the winner no better than chance: kappa 0.04 after 10 competitions",
            ),
            (
                Rule::RouterUndecided,
                vec![0.99],
                "The router of layer 1 gives every expert nearly the same probability: entropy 0.99 of 1",
            ),
            (
                Rule::RouterOverconfident,
                vec![0.4, 0.6, 0.2],
                "The router of layer 1 is 60 % sure of its first choice and right in 20 %",
            ),
            (
                Rule::LossAboveChance,
                vec![16_000.0, 88_709.0, 256.0, 5.545, 100.0],
                "Loss above chance: 88709.000 nats, median of the last 100 steps; the uniform baseline is ln 256 = 5.54",
            ),
            (
                Rule::LossRising,
                vec![3.12, 2.0, 2.5],
                "The loss rose from 2.000 to 2.500 over 400 steps, 3.1 standard errors",
            ),
            (
                Rule::GradientSpikes,
                vec![3.0, 0.5],
                "3 gradients of the last 200 steps were clipped and over 8 times the usual norm of 0.50",
            ),
            (
                Rule::ValidationGap,
                vec![0.02, 2.5, 1.25],
                "Validation loss is 2.500, 2 % above its best, while training loss fell to 1.250",
            ),
            (Rule::LossNotFinite, vec![1.0], "The loss that the trainer tells is not finite since step 150"),
            (Rule::LayerNotFinite, vec![1.0], "Layer 1: 1 tensor of its dump holds NaN or infinity"),
            (Rule::LayerNotFinite, vec![3.0], "Layer 1: 3 tensors of its dump hold NaN or infinity"),
        ] {
            assert_eq!(alert(&raised(rule, numbers)), said);
        }
    }

    #[test]
    fn load_collapse_says_who_takes_the_tokens() {
        let said = |taking: f64, k: f64, reach: f64| {
            alert(&raised(Rule::LoadCollapse, vec![0.5, 2.0, 8.0, 100.0, taking, k, reach]))
        };
        assert_eq!(
            said(2.0, 2.0, 1.0),
            "Layer 1: load collapse, 2 of 8 experts take every token (the least that k = 2 allows); effective experts, last \
             100 steps: 2.0 of 8"
        );
        for (taking, k, reach, part) in [
            (1.0, 2.0, 1.0, "expert 3 takes every token (50 % of the picks, the most that k = 2 allows);"),
            (1.0, 1.0, 1.0, "1 of 8 experts takes every token (the least that k = 1 allows);"),
            (3.0, 2.0, 0.99, "3 of 8 experts take nearly every token;"),
            (0.0, 2.0, 0.9, "few of 8 experts take most tokens;"),
        ] {
            assert!(said(taking, k, reach).contains(part), "{}", said(taking, k, reach));
        }
    }

    #[test]
    fn what_a_file_says_stands_and_numbers_it_lacks_stay_empty() {
        let told = Alert { told: Some("Expert 9 sulks".into()), ..raised(Rule::DeadExpert, vec![]) };
        assert_eq!(alert(&told), "Expert 9 sulks");
        for rule in Rule::ALL {
            let (bare, whole) = (raised(rule, vec![]), raised(rule, vec![1.0; rule.terms().numbers.len()]));
            assert!(!alert(&bare).is_empty());
            for text in [&alert(&whole), alert_why(&whole), alert_tries(&whole)] {
                assert!(!text.contains(['{', '}', '\n']) && !text.contains("  "), "{rule:?}: {text}");
            }
            assert!(alert_why(&whole).ends_with('.') && alert_tries(&whole).ends_with('.'), "{rule:?}");
        }
    }
}
