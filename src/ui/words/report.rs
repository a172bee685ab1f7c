//! The report of a run: its headings and facts.

use crate::ui::kit::numbers;
use crate::words::constants::texts;
use crate::words::table::sentences;

texts! { "report":
    /// Program and version.
    pub(crate) PROGRAM;
    /// Seed of all draws.
    pub(crate) SEED;
    /// Steps done of those planned.
    pub(crate) STEPS;
    /// What is learned.
    pub(crate) DATA;
    /// What it is scored by.
    pub(crate) SCORE;
    /// Size of the network.
    pub(crate) PARAMETERS;
    /// How many there are.
    pub(crate) EXPERTS;
    /// Where it trained.
    pub(crate) DEVICE;
    /// How long.
    pub(crate) TIME;
    /// What an even load has.
    pub(crate) EVEN;
    /// Heading of the pictures.
    pub(crate) PICTURES;
    /// Heading of what was changed.
    pub(crate) CHANGES;
    /// There is nothing under it.
    pub(crate) NO_CHANGES;
    /// Heading of what was wrong.
    pub(crate) ALERTS;
    /// There is nothing under it.
    pub(crate) NO_ALERTS;
    /// A guess whose answer was not shown yet.
    pub(crate) NOT_REVEALED;
    /// A goal that was not reached yet.
    pub(crate) NOT_REACHED;
    /// Heading of the config.
    pub(crate) CONFIG;
    /// How to use it.
    pub(crate) ABOUT_CONFIG;
}

sentences! { "report":
    /// Its title.
    pub(crate) fn title(policy: &str, data: &str, step: u64) { policy = policy, data = data, step = numbers::count(step) };
    /// The title of somebody's training that is watched.
    pub(crate) fn title_of_dumps(data: &str, step: u64) { data = data, step = numbers::count(step) };
    /// The program, its version, and that of its files.
    pub(crate) fn version(program: &str, version: &str, format: u64) { program = program, version = version, format = format };
    /// Heading of a lesson's results.
    pub(crate) fn lesson(title);
    /// The sentence that was chosen.
    pub(crate) fn chosen(said);
    /// The sentence that was right.
    pub(crate) fn right(said);
    /// Heading of the measures.
    pub(crate) fn measures(layer: usize) { layer = layer + 1 };
    /// Beside a measure: what chance would give.
    pub(crate) fn chance(value);
    /// Beside it: the most there can be.
    pub(crate) fn of(most);
    /// Beside the most alike pair: all pairs.
    pub(crate) fn mean_pair(value);
    /// A network's size.
    pub(crate) fn parameters(total: usize, active: usize) { total = numbers::count(total as u64), active = numbers::count(active as u64) };
    /// Its experts.
    pub(crate) fn experts(experts: usize, layers: usize, k: usize) { experts = experts, layers = layers, k = k };
    /// Steps done of those planned.
    pub(crate) fn step_of(step: u64, steps: u64) { step = numbers::count(step), steps = numbers::count(steps) };
    fn until_now(since);
    fn from_to(since, until);
    /// When something was changed.
    pub(crate) fn at_step(step: u64) { step = numbers::count(step) };
}

/// When something was wrong: from a step to another, or until now.
pub(crate) fn span(since: u64, until: Option<u64>) -> String {
    let since = numbers::count(since);
    until.map_or_else(|| until_now(&since), |until| from_to(&since, numbers::count(until)))
}
