//! Demonstrations in words: their names, why what they show happens, and what to watch.

use super::constants::texts;
use super::language::FixedText;

texts! { "demonstrations":
    HEALTHY;
    HEALTHY_REASON;
    HEALTHY_WATCH;
    LOAD_COLLAPSE;
    LOAD_COLLAPSE_REASON;
    LOAD_COLLAPSE_WATCH;
    FROZEN_ROUTER;
    FROZEN_ROUTER_REASON;
    FROZEN_ROUTER_WATCH;
    TWINS;
    TWINS_REASON;
    TWINS_WATCH;
    LEFT_BEHIND;
    LEFT_BEHIND_REASON;
    LEFT_BEHIND_WATCH;
}

/// What is said of each, by its name for the program: name, reason, what to watch.
const SAID: [(&str, [FixedText; 3]); 5] = [
    ("healthy", [HEALTHY, HEALTHY_REASON, HEALTHY_WATCH]),
    ("load-collapse", [LOAD_COLLAPSE, LOAD_COLLAPSE_REASON, LOAD_COLLAPSE_WATCH]),
    ("frozen-router", [FROZEN_ROUTER, FROZEN_ROUTER_REASON, FROZEN_ROUTER_WATCH]),
    ("twins", [TWINS, TWINS_REASON, TWINS_WATCH]),
    ("left-behind", [LEFT_BEHIND, LEFT_BEHIND_REASON, LEFT_BEHIND_WATCH]),
];

/// Name, reason and what to watch of the demonstration of this name; nothing of one that is not there.
pub fn demonstration(id: &str) -> [&'static str; 3] {
    SAID.iter().find(|(name, _)| *name == id).map_or([""; 3], |(_, said)| said.map(FixedText::said))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lessons::demonstrations;

    #[test]
    fn every_demonstration_has_its_words() {
        assert_eq!(demonstrations().len(), SAID.len());
        for shown in demonstrations() {
            let [name, reason, watch] = demonstration(&shown.id);
            assert!(!name.is_empty() && reason.ends_with('.') && watch.ends_with('.'), "{}", shown.id);
        }
    }
}
