//! The words of an alert: the texts of its rule with its numbers put in.

use super::{Alert, Rule};

impl Alert {
    /// What is seen, with the numbers of the moment it was raised.
    pub fn sentence(&self) -> String {
        self.told.clone().unwrap_or_else(|| capital(&filled(self.rule.terms().words, self)))
    }

    /// Why it matters.
    pub fn why(&self) -> &'static str {
        self.rule.terms().why
    }

    /// What to try.
    pub fn tries(&self) -> &'static str {
        self.rule.terms().tries
    }
}

/// The text with every place filled: `{layer}`, counted from 1; `{expert}` and `{other}`; `{steps}` it has held; `{what}`
/// that only its rule can say; of its numbers `{1}` with two decimals, `{1.3}` with three, `{1%}` in per cent. A place that
/// stands for nothing stays empty.
fn filled(text: &str, alert: &Alert) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (place, tail) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(&told(place, alert));
        rest = tail;
    }
    out.push_str(rest);
    out
}

fn told(place: &str, alert: &Alert) -> String {
    let name = |id: Option<_>| id.map(|id: crate::domain::roster::ExpertId| id.to_string()).unwrap_or_default();
    match place {
        "layer" => return alert.layer.map(|layer| format!("layer {}", layer + 1)).unwrap_or_default(),
        "expert" => return name(alert.expert),
        "other" => return name(alert.other),
        "steps" => return (alert.raised + 1).saturating_sub(alert.since).to_string(),
        "what" if alert.rule == Rule::LoadCollapse => return concentration(alert),
        _ => {}
    }
    let (index, decimals) = place.split_once('.').unwrap_or((place, "2"));
    let (index, percent) = index.strip_suffix('%').map_or((index, false), |index| (index, true));
    let number = index.parse::<usize>().ok().and_then(|index| alert.numbers.get(index));
    match (number, percent) {
        (None, _) => String::new(),
        (Some(number), true) => format!("{:.0} %", number * 100.0),
        (Some(number), false) => format!("{number:.*}", decimals.parse().unwrap_or(2)),
    }
}

/// Who gets (nearly) every token of a layer whose load has collapsed.
fn concentration(alert: &Alert) -> String {
    let &[_, _, experts, _, taking, k, reach] = &alert.numbers[..] else { return String::new() };
    let every = if reach > 0.995 { "every token" } else { "nearly every token" };
    if taking == 0.0 {
        return format!("few of {experts} experts take most tokens");
    }
    if taking == 1.0 && k > 1.0 {
        let id = alert.expert.map(|id| id.to_string()).unwrap_or_default();
        return format!("expert {id} takes {every} ({:.0} % of the picks, the most that k = {k} allows)", 100.0 / k);
    }
    let verb = if taking == 1.0 { "takes" } else { "take" };
    let least = if taking == k { format!(" (the least that k = {k} allows)") } else { String::new() };
    format!("{taking} of {experts} experts {verb} {every}{least}")
}

/// With a capital first letter.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::roster::ExpertId;

    #[test]
    fn places_are_filled_by_hand() {
        let alert = Alert {
            rule: Rule::DeadExpert,
            layer: Some(1),
            expert: Some(ExpertId(4)),
            other: None,
            since: 1,
            raised: 300,
            until: None,
            numbers: vec![0.125, 3.25],
            told: None,
        };
        let text = "{layer}: {expert}, {other}{what}, {steps}; {0} {1.1} {1.0} {0%} {7} end";
        assert_eq!(filled(text, &alert), "layer 2: 5, , 300; 0.12 3.2 3 12 %  end");
        assert_eq!((capital("layer 1"), capital("")), ("Layer 1".into(), String::new()));
        assert_eq!(alert.sentence(), "Expert 5 of layer 2 has had no token for 300 steps");
    }

    #[test]
    fn every_place_in_the_words_of_a_rule_is_known() {
        for rule in Rule::ALL {
            let terms = rule.terms();
            for place in terms.words.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
                let known = ["layer", "expert", "other", "steps", "what"].contains(&place);
                let index = place.trim_end_matches('%').split('.').next().and_then(|index| index.parse::<usize>().ok());
                assert!(known || index.is_some_and(|index| index < terms.numbers.len()), "{rule:?}: {{{place}}}");
            }
        }
    }
}
