//! Journal entries in words: the flags on curves and timeline.

use super::retold;
use super::table::sentences;
use crate::domain::config::Text;
use crate::domain::quote;
use crate::run::{Ghost, Undoable};
use crate::store::history::What;

sentences! { "journal":
    fn experts(from, to);
    fn on_layer(layer, what);
    fn painted_to_compete[steps](steps: u64, layer: usize) { steps = steps, layer = layer };
    fn painted_not_to_compete[steps](steps: u64, layer: usize) { steps = steps, layer = layer };
    fn given_back[steps](steps: u64, layer: usize) { steps = steps, layer = layer };
    fn built_in_text();
    fn text(name);
    fn other_points();
    fn not_finite(place);
    fn cadence(from, to);
    fn rewound(from, to);
    fn ghost_of(what);
    fn ghost(from, to);
}

/// The text of a flag on a curve; `None` for what is not drawn as a flag.
pub fn flag(what: &What) -> Option<String> {
    match what {
        What::Started { .. } | What::Saved { .. } | What::Watch { .. } | What::Reference { .. } => None,
        What::Knobs { changes, .. } => Some(retold::changes(changes)),
        What::Experts { from, to, .. } => Some(experts(from, to)),
        What::Intervened { layer, intervention } => Some(on_layer(layer + 1, super::intervention(*intervention))),
        What::Painted { layer, from, to, compete } => Some(painted(*layer, *from, *to, *compete)),
        What::Text { text: Text::MobyDick, .. } => Some(built_in_text().to_owned()),
        What::Text { text: Text::File(path), .. } => {
            Some(text(quote::name(&path.file_name().unwrap_or_default().to_string_lossy())))
        }
        What::Data { .. } => Some(other_points().to_owned()),
        What::NotFinite { place } => Some(not_finite(retold::not_finite(place))),
    }
}

/// What can be undone or done again.
pub fn undoable(what: &Undoable) -> String {
    match what {
        Undoable::Change(entry) => tweak(&entry.what),
        Undoable::Rewind { from, to } => rewound(from, to),
    }
}

/// A branch that was left, by the first change in it.
pub fn left_branch(left: &Ghost) -> String {
    match &left.first {
        Some(entry) => ghost_of(tweak(&entry.what)),
        None => ghost(left.from, left.to),
    }
}

fn tweak(what: &What) -> String {
    match what {
        What::Watch { from, to } => cadence(from.every, to.every),
        what => flag(what).unwrap_or_default(),
    }
}

/// Steps of a layer painted by hand.
pub(super) fn painted(layer: usize, from: u64, to: u64, compete: Option<bool>) -> String {
    let said = match compete {
        Some(true) => painted_to_compete,
        Some(false) => painted_not_to_compete,
        None => given_back,
    };
    said(to.saturating_sub(from).saturating_add(1), layer + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::interventions::Intervention;
    use crate::domain::roster::ExpertId;
    use crate::tasks::text::TextIdentity;

    #[test]
    fn a_flag_says_what_was_done_and_where() {
        let painted = |from, to, compete| flag(&What::Painted { layer: 1, from, to, compete }).unwrap();
        assert_eq!(painted(3, 3, Some(true)), "L2: 1 step painted to compete");
        assert_eq!(painted(3, 14, Some(false)), "L2: 12 steps painted not to compete");
        assert_eq!(painted(3, 4, None), "L2: 2 steps given back to the schedule");
        let muted = Intervention::Mute { expert: ExpertId(2), on: true };
        assert_eq!(flag(&What::Intervened { layer: 0, intervention: muted }).unwrap(), "L1 expert 3 muted");
        let text = |text| flag(&What::Text { text, identity: TextIdentity::default() }).unwrap();
        assert_eq!(text(Text::MobyDick), "the built-in text");
        assert_eq!(text(Text::File("/a/notes.txt".into())), "text notes.txt");
        assert_eq!(flag(&What::Reference { probe: 3 }), None);
    }
}
