//! The watch over somebody's training in words: what `moe-arena watch` says of dumps, gaps, restarts and files.

use super::table::sentences;
use crate::domain::quote;
use crate::dumps::{NotFiniteDump, SpoiledTensor, StepGap, WatchEvent};
use crate::run::WatchedFact;

sentences! { "watch":
    /// No time between two looks.
    pub(crate) fn every();
    /// A folder that cannot be watched.
    pub(crate) fn no_folder(folder, error);
    /// The table of dumps cannot be written.
    pub(crate) fn no_table(file, error);
    /// A table is asked for of a run that has one.
    pub(crate) fn own_needs_no_table(folder);
    /// The watch over dumps begins.
    pub(crate) fn dumps(folder, seconds);
    /// The watch over a run folder begins.
    pub(crate) fn own_run(folder, seconds);
    /// The folder is out of reach for now.
    pub(crate) fn look_failed(folder, error);
    /// Which layer an alert means by a number.
    pub(crate) fn layers(layers);
    /// One of them.
    pub(crate) fn layer_is(place, key);
    /// The step of a dump, before its numbers.
    pub(crate) fn step(step: u64) { step = step };
    /// Effective experts of one layer.
    pub(crate) fn effective(value, experts);
    /// Effective experts of several layers.
    pub(crate) fn effective_of_layers(value, experts, fewest, layer);
    /// Experts without a token in the dump.
    pub(crate) fn silent[experts](experts: u64) { experts = experts };
    /// How undecided the router is.
    pub(crate) fn token_entropy(value);
    /// Agreement of router and competition.
    pub(crate) fn kappa(value);
    /// A number of several layers, of which the lowest is the worst.
    pub(crate) fn of_layers(value, lowest, layer);
    fn gap[missing](missing: u64, step: u64, usual: u64) { missing = missing, step = step, usual = usual };
    fn late(step: u64) { step = step };
    fn again(step: u64, last: u64) { step = step, last = last };
    fn not_finite[tensors as u64](step: u64, tensor: &str, value: f64, place: &str, tensors: usize) { step = step, tensor = tensor, value = value, place = place, tensors = tensors };
    fn not_whole(file, why);
    fn aside(file, why);
    fn alert_in(layer, alert);
    /// A run of this program was saved.
    pub(crate) fn saved(file: &str, step: u64) { file = file, step = step };
    /// What was wrong with it then.
    pub(crate) fn standing(step: u64, alert: &str) { step = step, alert = alert };
    /// The end of the watch over dumps.
    pub(crate) fn told[count](count: u64, step: u64) { count = count, step = step };
    /// The end of the watch over a run.
    pub(crate) fn own_told(step: u64) { step = step };
    /// The end, without anything.
    pub(crate) fn nothing();
    fn began(folder);
    fn caught_up[count](count: u64, step: u64) { count = count, step = step };
    fn late_and_uncounted(step: u64) { step = step };
    fn again_as_ghost(step: u64, last: u64) { step = step, last = last };
    fn reached();
    fn out_of_reach(error);
}

/// Which tensors of a dump are not finite.
fn spoiled(found: &NotFiniteDump) -> String {
    let NotFiniteDump { step, first: SpoiledTensor { name, place, value, .. }, tensors } = found;
    not_finite(*step, name, *value, &format!("{place:?}"), *tensors)
}

/// What happened in a watched folder, but for a dump, which is numbers.
pub(crate) fn watched(event: &WatchEvent) -> Option<String> {
    Some(match event {
        WatchEvent::Dump(_) => return None,
        WatchEvent::Gap(StepGap { after, usual, missing }) => gap(*missing, *after, *usual),
        WatchEvent::Late(step) => late(*step),
        WatchEvent::Again { step, newest } => again(*step, *newest),
        WatchEvent::Alert { layer: Some(key), alert } => alert_in(quote::name(key), super::alert(alert)),
        WatchEvent::Alert { layer: None, alert } => super::alert(alert),
        WatchEvent::NotFinite(found) => spoiled(found),
        WatchEvent::NotWhole { file, why } => not_whole(quote::name(file), why),
        WatchEvent::Aside { file, why } => aside(quote::name(file), why),
    })
}

/// What a window is told of a training that it watches.
pub(super) fn fact(fact: &WatchedFact) -> String {
    match fact {
        WatchedFact::Began(folder) => began(quote::path(folder)),
        WatchedFact::CaughtUp { taken, step } => caught_up(*taken, *step),
        WatchedFact::Gap(StepGap { after, usual, missing }) => gap(*missing, *after, *usual),
        WatchedFact::Late(step) => late_and_uncounted(*step),
        WatchedFact::Again { step, newest } => again_as_ghost(*step, *newest),
        WatchedFact::Saved { file, step } => saved(&quote::name(file), *step),
        WatchedFact::NotFinite(found) => spoiled(found),
        WatchedFact::NotWhole { file, why } => not_whole(quote::name(file), why),
        WatchedFact::Aside { file, why } => aside(quote::name(file), why),
        WatchedFact::Unreachable(error) => out_of_reach(error),
        WatchedFact::Reached => reached().to_owned(),
    }
}
