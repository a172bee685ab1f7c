//! Headless runs in words: how `moe-arena train` greets, how it ends, and what can be typed to go on.

use super::table::sentences;

sentences! { "headless":
    /// What the run reported last, and where to go back to.
    pub(crate) fn go_back(step, path);
    /// The text is not there as it was.
    pub(crate) fn text_gone(why, path);
    /// A step is not finite.
    pub(crate) fn not_finite(step, place);
    /// What may help, as it is typed.
    pub(crate) fn what_may_help(ways);
    /// Two things that are to be done together.
    pub(crate) fn both(one, other);
    /// Two things of which one may help.
    pub(crate) fn either(one, other);
    /// A smaller or larger value of an option.
    pub(crate) fn another_value(remedy, option);
    /// The same of a field that only a config file has.
    pub(crate) fn another_config(remedy, field);
    /// The run paused before its end.
    pub(crate) fn paused(step);
    /// It was stopped while there was no room for its save.
    pub(crate) fn stopped_while_full(folder, bytes, step);
    /// The text to give, where another lies in its place.
    pub(crate) fn give_text_or_other(other);
    /// The text to give.
    pub(crate) fn give_text();
    /// A run on another device.
    pub(crate) fn on_the_cpu();
    /// A run with a smaller batch.
    pub(crate) fn smaller_batch();
    /// A signal came; the run saves itself.
    pub(crate) fn stopping();
    /// The same after Ctrl-C, which may be pressed again.
    pub(crate) fn stopping_interrupted();
    /// The worker ended without a word.
    pub(crate) fn thread_ended();
    /// The worker writes its last files.
    pub(crate) fn waiting_for_files();
    /// The device, why it was chosen.
    pub(crate) fn device(name, why);
    /// The device and its kind, why it was chosen.
    pub(crate) fn device_of_kind(name, kind, why);
    /// The text and its parts.
    pub(crate) fn text(name, bytes, training, validation, test);
    /// Points in the plane.
    pub(crate) fn points(name, noise, target, training, validation);
    /// Points that are told apart.
    pub(crate) fn classes(classes);
    /// Points that have a value.
    pub(crate) fn values();
    /// What the run is.
    pub(crate) fn model(policy, layers, experts, top_k, parameters, active, seed);
}
