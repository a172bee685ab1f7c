//! What is said of the changes between two checkpoints, beside what `words::difference` says of them.

use crate::domain::roster::ExpertId;
use crate::words::constants::texts;
use crate::words::table::sentences;

texts! { "inspected_changes":
    /// The page.
    pub(crate) CHANGES;
    /// Where nothing is compared.
    pub(crate) COMPARED_WITH_NONE;
    /// Where it is under way.
    pub(crate) COMPARING;
    /// Where it could not be done.
    pub(crate) NOT_COMPARED;
    /// What the marks are.
    pub(crate) ABOUT_TOKENS_MOVED;
    /// A column.
    pub(crate) MEASURE;
    /// A column.
    pub(crate) THEN;
    /// A column.
    pub(crate) NOW;
    /// A column.
    pub(crate) CHANGE;
    /// Over the ribbons.
    pub(crate) GAVE;
    /// Where none moved.
    pub(crate) NONE_MOVED;
    /// Below the givers.
    pub(crate) FOOT_GAVE;
    /// Below the takers.
    pub(crate) FOOT_TOOK;
    /// Below the net.
    pub(crate) FOOT_NET;
    /// Over the bars.
    pub(crate) HOW_FAR;
    /// What the bars are.
    pub(crate) ABOUT_HOW_FAR;
    /// The router.
    pub(crate) ROUTER;
}

sentences! { "inspected_changes":
    /// A layer within a sentence.
    pub(crate) fn layer(place: usize) { layer = place + 1 };
    /// What the page is.
    pub(crate) fn about_changes();
    /// Both saves of a run.
    pub(crate) fn steps(then: u64, now: u64) { steps = then, to = now };
    /// Both files.
    pub(crate) fn files(then: &str, now: &str) { earlier = then, later = now };
    /// What the share is.
    pub(crate) fn about_moved();
    /// Beside the share.
    pub(crate) fn moved_unit();
    /// Below it.
    pub(crate) fn by_chance(chance: &str) { chance = chance };
    /// All of it in one sentence.
    pub(crate) fn share_said(share: &str, chance: &str) { share = share, chance = chance };
    /// The share of a layer.
    pub(crate) fn layer_moved(place: usize, share: &str) { layer = place + 1, share = share };
    /// Over the text.
    pub(crate) fn tokens_moved(place: usize) { layer = place + 1 };
    /// A measure of a layer.
    pub(crate) fn in_layer(measure: &str, place: usize) { measure = measure, layer = place + 1 };
    /// A measure in one sentence.
    pub(crate) fn measure_said(measure: &str, then: &str, now: &str, verdict: &str) { measure = measure, then = then, now = now, verdict = verdict };
    /// How many moved.
    pub(crate) fn of_tokens(moved: usize, tokens: usize) { moved = moved, tokens = tokens };
    /// What an expert gave and took.
    pub(crate) fn gave_and_took(id: ExpertId, gave: u32, took: u32, net: &str) { id = id, gave = gave, took = took, net = net };
    /// How far an expert went.
    pub(crate) fn expert_far(id: ExpertId, share: &str) { id = id, share = share };
}
