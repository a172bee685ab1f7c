//! What pictures show now, each in one sentence, for those who hear it.

use crate::domain::roster::ExpertId;
use crate::ui::kit::numbers::{count, fixed, percent};
use crate::ui::words::units;
use crate::words::table::sentences;

sentences! { "spoken":
    /// The load of a layer: the busiest and the idlest expert.
    pub(crate) fn load(most: (ExpertId, f64), least: (ExpertId, f64), even: f64) { most = most.0, most_share = percent(most.1), least = least.0, least_share = percent(least.1), even = percent(even) };
    /// The load of a layer of one expert.
    pub(crate) fn load_of_one();
    /// The table of experts, likewise.
    pub(crate) fn experts(all: usize, most: (ExpertId, f64), least: (ExpertId, f64)) { all = units::expert(all), most = most.0, most_share = percent(most.1), least = least.0, least_share = percent(least.1) };
    /// Agreement.
    pub(crate) fn agreement(kappa: Option<f64>, same: Option<f64>, chance: Option<f64>) { kappa = known(kappa, 2), same = share(same), chance = share(chance) };
    /// The three collapses.
    pub(crate) fn collapse(used: Option<f64>, experts: usize, rank: Option<f64>, alike: String) { used = known(used, 1), experts = experts, rank = known(rank, 0), alike = alike };
    /// The two experts that answer most alike.
    pub(crate) fn alike(one: ExpertId, other: ExpertId, cosine: f64) { one = one, other = other, cosine = fixed(cosine, 2) };
    /// In its place.
    pub(crate) fn alike_unknown();
    /// The loss now, and what a blind guess has.
    pub(crate) fn loss(now: f64, step: u64, chance: Option<f64>) { now = fixed(now, 3), step = count(step), chance = known(chance, 3) };
    /// The same with what it was before.
    pub(crate) fn loss_since(now: f64, step: u64, before: (u64, f64), chance: Option<f64>) { now = fixed(now, 3), step = count(step), before = fixed(before.1, 3), earlier = count(before.0), chance = known(chance, 3) };
    /// What the network answers over the square: classes.
    pub(crate) fn decision(title: &str, each: String) { title = title, each = each };
    /// One of them.
    pub(crate) fn decision_class(class: usize, of_square: f64) { class = class, share = percent(of_square) };
    /// Values.
    pub(crate) fn decision_values(title: &str, low: f64, high: f64) { title = title, low = fixed(low, 2), high = fixed(high, 2) };
    /// The flow: who carries most of what is shown, and how many winners were foreseen.
    pub(crate) fn flow(shown: usize, most: ExpertId, carried: usize, foreseen: (usize, usize)) { shown = shown, most = most, carried = carried, right = foreseen.0, winners = foreseen.1 };
    /// The same where nobody competed.
    pub(crate) fn flow_routed(shown: usize, most: ExpertId, carried: usize) { shown = shown, most = most, carried = carried };
    /// Loads of all layers: the least even and the most even one.
    pub(crate) fn loads(most: (usize, f64), least: (usize, f64)) { uneven = most.0 + 1, high = fixed(most.1, 2), even = least.0 + 1, low = fixed(least.1, 2) };
    /// Of one layer.
    pub(crate) fn loads_of_one(layer: usize, cv: f64) { layer = layer + 1, cv = fixed(cv, 2) };
    /// The timeline.
    pub(crate) fn timeline(step: u64, planned: u64, layer: usize, competed: u64, changes: usize) { step = count(step), planned = count(planned), layer = layer + 1, competed = units::step(competed), changes = units::change(changes) };
    /// A curve of a race: where each run stands.
    pub(crate) fn race(title: &str, each: String) { title = title, each = each };
    /// One of them.
    pub(crate) fn race_run(name: &str, value: f64, step: u64) { name = name, value = fixed(value, 3), step = count(step) };
}

fn known(value: Option<f64>, decimals: usize) -> String {
    fixed(value.unwrap_or(f64::NAN), decimals)
}

fn share(value: Option<f64>) -> String {
    percent(value.unwrap_or(f64::NAN))
}
