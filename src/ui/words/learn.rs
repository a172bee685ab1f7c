//! The screen that is learnt with: its few controls, what they do, and what it says of a run that it cannot show.

use crate::domain::roster::ExpertId;
use crate::words::constants::texts;
use crate::words::table::sentences;

texts! { "learn":
    /// What a change of the data does.
    pub(crate) BEGINS_AGAIN;
    /// What noise is.
    pub(crate) ABOUT_NOISE;
    /// The chips.
    pub(crate) EXPERTS;
    /// How to set them.
    pub(crate) ABOUT_EXPERTS;
    /// Top-k.
    pub(crate) WINNERS;
    /// Its letter.
    pub(crate) K;
    /// What it is.
    pub(crate) ABOUT_WINNERS;
    /// The competition rate.
    pub(crate) RATE;
    /// What it is.
    pub(crate) ABOUT_RATE;
    /// In its place under a policy without competitions.
    pub(crate) NO_COMPETITION;
    /// Begins to draw points, and the head of the drawing.
    pub(crate) DRAW;
    /// What that does.
    pub(crate) ABOUT_DRAW;
    /// How to draw.
    pub(crate) ABOUT_DRAWING;
    /// A map while points are drawn.
    pub(crate) DRAW_HERE;
    /// The eraser.
    pub(crate) ERASE;
    /// Takes all points away.
    pub(crate) CLEAR;
    /// Begins a run with the drawn points.
    pub(crate) BEGIN_WITH_THESE;
    /// Puts the drawing away.
    pub(crate) CANCEL_DRAWING;
    /// Why no run can begin with them.
    pub(crate) TOO_FEW;
    /// Shows all controls.
    pub(crate) SHOW_ALL;
    /// Shows the few again.
    pub(crate) SHOW_FEW;
    /// Begins again with another seed.
    pub(crate) NEW_SEED;
    /// What that does.
    pub(crate) ABOUT_NEW_SEED;
    /// In the place of the maps of a run on a text.
    pub(crate) POINTS_ONLY;
    /// Why.
    pub(crate) ABOUT_POINTS_ONLY;
    /// The same where somebody's training is watched.
    pub(crate) ABOUT_WATCHED;
    /// What becomes of the watch.
    pub(crate) WATCH_ENDS;
    /// Begins a run on points.
    pub(crate) BEGIN_WITH_POINTS;
    /// Shows the run where it can be shown.
    pub(crate) SHOW_IN_TRAIN;
    /// What the two maps of territories are.
    pub(crate) ABOUT_MAPS;
    /// What the map of decisions is.
    pub(crate) ABOUT_DECISION;
    /// Before the expert that wins at the place that is marked.
    pub(crate) COMPETITION_SAYS;
    /// Before the one that the router picks there.
    pub(crate) ROUTER_SAYS;
    /// A short name of the map of winners, for tabs.
    pub(crate) COMPETITION_TAB;
    /// A short name of the map of picks, for tabs.
    pub(crate) ROUTER_TAB;
}

sentences! { "learn":
    /// The shape of a thumbnail, by name.
    pub(crate) fn shape(name: &str) { name = name };
    /// A chip, by name.
    pub(crate) fn experts[n as u64](n: usize) { n = n };
    /// A number of winners, by name.
    pub(crate) fn winners[k as u64](k: usize) { k = k };
    /// How many of the controls are shown.
    pub(crate) fn some_controls(some: usize, all: usize) { some = some, all = all };
    /// The seed.
    pub(crate) fn seed(seed: u64) { seed = seed };
    /// How the drawn points are split.
    pub(crate) fn drawn_parts(training: usize, held_out: usize) { training = training, held_out = held_out };
    /// The class of the next points.
    pub(crate) fn class_to_draw(class: u16) { class = class, key = class + 1 };
    /// One of the two with its expert, said.
    pub(crate) fn says(says: &str, id: ExpertId) { says = says, id = id };
}
