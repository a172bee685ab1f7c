//! The window on a folder that another process writes: what is watched, what came last, and what its files do not hold.

use crate::ui::kit::numbers;
use crate::words::constants::texts;
use crate::words::table::sentences;

texts! { "watched":
    /// Why nothing can be changed.
    pub(crate) ONLY;
    /// Below the list of keys.
    pub(crate) KEYS;
    /// The line above the tiles that are inspected, of dumps.
    pub(crate) INVITATION;
    /// The same of a run of this program.
    pub(crate) INVITATION_OF_RUN;
    /// Closes a checkpoint that is looked at.
    pub(crate) CLOSE;
    /// What resuming a checkpoint does.
    pub(crate) ABOUT_RESUME;
    /// On the screen that is learnt with: shows it in Train.
    pub(crate) SHOW_IN_TRAIN;
    /// The head of the rail.
    pub(crate) TITLE;
    /// Looks into the folder at once.
    pub(crate) LOOK_NOW;
    /// What that does.
    pub(crate) ABOUT_LOOK_NOW;
    /// Opens the newest save of the run.
    pub(crate) OPEN_SAVE;
    /// What that does.
    pub(crate) ABOUT_OPEN_SAVE;
    /// Why there is none.
    pub(crate) NO_SAVE;
    /// A fact: the folder.
    pub(crate) FOLDER;
    /// A fact: what it holds.
    pub(crate) HOLDS;
    /// It holds routing dumps.
    pub(crate) DUMPS;
    /// It holds a run of this program.
    pub(crate) OWN_RUN;
    /// It holds nothing yet.
    pub(crate) NOTHING_YET;
    /// A fact: the newest step.
    pub(crate) NEWEST;
    /// What the newest step is.
    pub(crate) ABOUT_NEWEST;
    /// A fact: when it was written.
    pub(crate) WRITTEN;
    /// What that is.
    pub(crate) ABOUT_WRITTEN;
    /// A fact: how many dumps or rows were taken.
    pub(crate) TAKEN;
    /// What that is.
    pub(crate) ABOUT_TAKEN;
    /// A fact: steps between two dumps.
    pub(crate) USUAL;
    /// What that is.
    pub(crate) ABOUT_USUAL;
    /// A fact: dumps that are missing.
    pub(crate) MISSING;
    /// What those are.
    pub(crate) ABOUT_MISSING;
    /// A fact: dumps that came late.
    pub(crate) LATE;
    /// What those are.
    pub(crate) ABOUT_LATE;
    /// A fact: how often the training began again.
    pub(crate) RESTARTS;
    /// What that is.
    pub(crate) ABOUT_RESTARTS;
    /// The name of a loss without a unit.
    pub(crate) LOSS;
    /// What the loss of a training that is watched is.
    pub(crate) LOSS_CAPTION;
    /// The same at length.
    pub(crate) ABOUT_LOSS;
    /// What the timeline shows of it.
    pub(crate) ABOUT_TIMELINE;
    /// A fact: the layer that is shown, by its key.
    pub(crate) LAYER;
    /// What a key is.
    pub(crate) ABOUT_LAYER;
    /// A fact: experts and picks of that layer.
    pub(crate) EXPERTS_AND_K;
    /// What those are.
    pub(crate) ABOUT_EXPERTS_AND_K;
    /// A fact: tokens of the newest dump.
    pub(crate) TOKENS;
    /// What those are.
    pub(crate) ABOUT_TOKENS;
    /// An empty tile before anything came.
    pub(crate) WAITING;
    /// The loss, of dumps.
    pub(crate) NO_LOSS;
    /// The load, of dumps.
    pub(crate) NO_PICKS;
    /// The load, of a run's rows.
    pub(crate) NO_LOADS_IN_ROWS;
    /// The agreement, of dumps.
    pub(crate) NO_RESPONSES;
    /// The collapse, of dumps.
    pub(crate) NO_STATES;
    /// The layer in the middle, of dumps.
    pub(crate) NO_TOKENS;
    /// The layer in the middle, of a run's rows.
    pub(crate) NO_BYTES_IN_ROWS;
    /// A probe tile, of a run's rows.
    pub(crate) NO_PROBE_IN_ROWS;
    /// The weights of experts.
    pub(crate) NO_WEIGHTS;
}

sentences! { "watched":
    /// How long ago something was.
    pub(crate) fn ago(secs: f64) { span = numbers::duration(secs) };
    /// The status line before anything came.
    pub(crate) fn waits_for_the_first(folder);
    /// The status line.
    pub(crate) fn waits_for_the_next(step: u64, ago: &str) { step = numbers::count(step), ago = ago };
    /// The same where nobody knows when it came.
    pub(crate) fn stands_at(step: u64) { step = numbers::count(step) };
    /// The status line while what was there is taken.
    pub(crate) fn catching_up(step: u64) { step = numbers::count(step) };
    /// The status line while the folder cannot be looked at.
    pub(crate) fn out_of_reach(error);
    /// Why a picture of a dump is empty.
    pub(crate) fn not_finite(tensor: &str, value: f64, place: &str) { tensor = tensor, value = value, place = place };
    /// What is watched, in the strip.
    pub(crate) fn watching(name);
    /// A caption: the dump that is shown.
    pub(crate) fn dump_of(step: u64) { step = numbers::count(step) };
    /// A caption of the load: of how many dumps it is the mean.
    pub(crate) fn load_of[dumps](dumps: u64) { dumps = dumps };
    /// The loss that a trainer tells, for those who cannot see it.
    pub(crate) fn loss_said[dumps](loss: &str, dumps: u64) { loss = loss, dumps = dumps };
    /// The same where it is not finite.
    pub(crate) fn loss_broken(step: u64) { step = numbers::count(step) };
    /// The same of its curve.
    pub(crate) fn loss_at(loss: f64, step: u64) { loss = numbers::fixed(loss, 3), step = numbers::count(step) };
    /// A mean over dumps.
    pub(crate) fn mean_of[dumps](dumps: u64, loss: f64) { dumps = dumps, loss = numbers::fixed(loss, 3) };
    /// Over how many dumps a mean goes.
    pub(crate) fn up_to[dumps](dumps: u64, step: u64) { dumps = dumps, step = numbers::count(step) };
    /// The timeline, for those who cannot see it.
    pub(crate) fn timeline_said[gaps](step: u64, gaps: u64) { step = numbers::count(step), gaps = gaps };
    /// Where the training began again, in the timeline.
    pub(crate) fn again(step: u64, newest: u64) { step = numbers::count(step), newest = numbers::count(newest) };
    /// A gap in the timeline.
    pub(crate) fn gap[missing](missing: u64, after: u64, usual: u64) { missing = missing, after = numbers::count(after), usual = numbers::count(usual) };
}
