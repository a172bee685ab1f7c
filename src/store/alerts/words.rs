//! Puts today's numbers into a rule's texts.

use crate::domain::roster::ExpertId;

/// What the places in a text stand for.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// `{layer}`, counted from 0 here and from 1 in the text.
    pub layer: Option<usize>,
    /// `{expert}`
    pub expert: Option<ExpertId>,
    /// `{other}`
    pub other: Option<ExpertId>,
    /// `{steps}`
    pub steps: u64,
    /// `{what}`: what only the reading itself can say.
    pub what: String,
    /// `{0}`, `{1}`, …; the first is the number that is watched.
    pub numbers: Vec<f64>,
}

/// The text with every place filled: `{1}` with two decimals, `{1.3}` with three, `{1%}` in per cent. A place that stands
/// for nothing stays empty.
pub fn filled(text: &str, facts: &Facts) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (place, tail) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(&told(place, facts));
        rest = tail;
    }
    out.push_str(rest);
    out
}

fn told(place: &str, facts: &Facts) -> String {
    let name = |id: Option<ExpertId>| id.map(|id| id.to_string()).unwrap_or_default();
    match place {
        "layer" => return facts.layer.map(|layer| format!("layer {}", layer + 1)).unwrap_or_default(),
        "expert" => return name(facts.expert),
        "other" => return name(facts.other),
        "steps" => return facts.steps.to_string(),
        "what" => return facts.what.clone(),
        _ => {}
    }
    let (index, decimals) = place.split_once('.').unwrap_or((place, "2"));
    let (index, percent) = index.strip_suffix('%').map_or((index, false), |index| (index, true));
    let number = index.parse::<usize>().ok().and_then(|index| facts.numbers.get(index));
    match (number, percent) {
        (None, _) => String::new(),
        (Some(number), true) => format!("{:.0} %", number * 100.0),
        (Some(number), false) => format!("{number:.*}", decimals.parse().unwrap_or(2)),
    }
}

/// With a capital first letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_by_hand() {
        let facts = Facts {
            layer: Some(1),
            expert: Some(ExpertId(4)),
            steps: 300,
            numbers: vec![0.125, 3.25],
            ..Facts::default()
        };
        let text = "{layer}: {expert}, {other}{what}, {steps}; {0} {1.1} {1.0} {0%} {7} end";
        assert_eq!(filled(text, &facts), "layer 2: 5, , 300; 0.12 3.2 3 12 %  end");
        assert_eq!((capital("layer 1"), capital("")), ("Layer 1".into(), String::new()));
    }
}
