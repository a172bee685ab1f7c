//! Number fields: what may stand in one, and why a typed text was refused.

use crate::ui::kit::entry::{FieldLimits, FieldNumber, Unread};
use crate::ui::kit::numbers::{exact, knob};
use crate::words::table::sentences;

sentences! { "entry":
    fn at_least(low);
    fn whole_between(low, high);
    fn zero_or_between(least, high);
    fn zero_to(high);
    fn above_zero(least, high);
    fn empty(name, span, kept);
    fn ambiguous(name, typed, one, other, kept);
    fn not_taken(name, span, typed, kept);
}

/// Longest typed text that is repeated, in characters.
const REPEATED: usize = 24;

/// What may stand in a field.
pub(crate) fn span(limits: &FieldLimits) -> String {
    match *limits {
        FieldLimits::Whole { low, high: u64::MAX } => at_least(low),
        FieldLimits::Whole { low, high } => whole_between(low, high),
        FieldLimits::Real { low: 0.0, least, high } if least > 0.0 => zero_or_between(knob(least), exact(high)),
        FieldLimits::Real { low: 0.0, high, .. } => zero_to(exact(high)),
        FieldLimits::Real { low, high, .. } => above_zero(knob(low), exact(high)),
    }
}

/// Why a typed text is not taken: the field, what may stand there, what was typed, what is kept.
pub(crate) fn refused(name: &str, limits: &FieldLimits, typed: &str, why: &Unread, kept: FieldNumber) -> String {
    let typed = repeated(typed);
    match why {
        Unread::Empty => empty(name, span(limits), kept),
        Unread::Ambiguous(one, other) => ambiguous(name, typed, one, other, kept),
        Unread::NoNumber | Unread::NotWhole | Unread::OutOfRange => not_taken(name, span(limits), typed, kept),
    }
}

/// A typed text as it can be shown: control characters escaped, cut where it is long.
fn repeated(typed: &str) -> String {
    let mut shown: String = typed.trim().chars().take(REPEATED).flat_map(shown).collect();
    if typed.trim().chars().count() > REPEATED {
        shown.push('…');
    }
    shown
}

fn shown(letter: char) -> Vec<char> {
    let hidden = letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if hidden { letter.escape_unicode().collect() } else { vec![letter] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_was_typed_what_may_stand_there_and_what_is_kept() {
        let rate = FieldLimits::Real { low: 0.0, least: 0.0, high: 1.0 };
        let said = refused("Competition rate", &rate, "1000", &Unread::OutOfRange, FieldNumber::Real(0.001));
        assert_eq!(said, "Competition rate must be between 0 and 1 (you entered 1000). Kept at 0.001.");
        let seed = FieldLimits::Whole { low: 0, high: u64::MAX };
        let said = refused("Seed", &seed, " ", &Unread::Empty, FieldNumber::Whole(18));
        assert_eq!(said, "Seed must be a whole number, at least 0 (you entered nothing). Kept at 18.");
        let long = "x\u{1b}[31m".repeat(20);
        let said = refused("Seed", &seed, &long, &Unread::NoNumber, FieldNumber::Whole(18));
        assert!(!said.contains('\u{1b}') && said.contains('…'), "{said}");
    }
}
