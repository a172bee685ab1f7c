//! Words of the cards: what they put today's numbers into. What does not change is in [`super::measures`].

use crate::domain::measures::choice::perplexity;
use crate::domain::readings::bits;
use crate::domain::roster::ExpertId;
use crate::ui::kit::numbers::{count, counted, fixed, knob, percent, signed, small};
use crate::ui::words::tiles;

// Sums and windows.

/// What a long sum leaves out.
pub fn more_terms(terms: usize) -> String {
    format!("… ({terms} more)")
}

/// A term of an entropy.
pub fn entropy_term(share: f64) -> String {
    format!("{0}·ln {0}", fixed(share, 3))
}

/// An entropy, written out.
pub fn entropy(sum: &str) -> String {
    format!("H = {sum}")
}

/// What is said of one layer alone.
pub fn of_layer(layer: usize, window: &str) -> String {
    format!("layer {} · {window}", layer + 1)
}

/// How often something is done.
fn every_steps(every: u64) -> String {
    if every == 1 { "every step".into() } else { format!("every {} steps", count(every)) }
}

/// The window of a number of a probe.
pub fn probe(tokens: usize, step: u64, every: u64) -> String {
    format!("probe of {} at step {}, {}", counted(tokens, "byte"), count(step), every_steps(every))
}

/// The same before the first probe.
pub fn no_probe(every: u64) -> String {
    format!("probe {}, none yet", every_steps(every))
}

/// The window of a number of each step's batch, averaged over `steps`.
pub fn batches(steps: usize, bytes: usize, step: u64) -> String {
    let (bytes, step) = (counted(bytes, "byte"), count(step));
    match steps {
        1 => format!("batch of {bytes} at step {step}, each step"),
        steps => format!("last {steps} batches of {bytes} up to step {step}"),
    }
}

/// A mean over bytes.
pub fn mean_of_bytes(bytes: usize, value: &str) -> String {
    format!("mean of {} = {value}", counted(bytes, "byte"))
}

/// A mean over pairs.
pub fn mean_of_pairs(pairs: usize, mean: f64) -> String {
    format!("mean of {} pairs = {}", count(pairs as u64), small(mean))
}

/// One number less another, in nats.
pub fn less(from: &str, taken: &str, left: &str) -> String {
    format!("{from} − {taken} = {left} nats")
}

// Load.

/// All shares.
pub fn shares(listed: &str) -> String {
    format!("shares {listed}")
}

/// CV by the other deviation.
pub fn population(cv: f64) -> String {
    format!("population: {}", fixed(cv, 2))
}

/// The ends of a measure of spread.
pub fn all_on_one(most: &str, experts: usize) -> String {
    format!("All on one of {experts} would be {most}.")
}

/// Effective experts, from the entropy.
pub fn effective_experts(entropy: f64, value: f64, experts: usize) -> String {
    format!("exp({}) = {} of {experts}", small(entropy), fixed(value, 1))
}

/// The busiest expert.
pub fn busiest(id: ExpertId, share: f64, even: f64) -> String {
    format!("expert {id}: {}, even {}", percent(share), percent(even))
}

/// The Gini coefficient.
pub fn gini(gini: f64) -> String {
    format!("Gini = {}", fixed(gini, 3))
}

/// Lift: the expert's share of the class.
pub fn picks_of_class(id: ExpertId, class: &str, both: usize, picks: usize) -> String {
    format!("expert {id}, {class}: {both} of its {picks} picks")
}

/// Lift: everybody's.
pub fn bytes_of_class(bytes: usize, all: usize) -> String {
    format!("in all: {bytes} of {all} bytes")
}

/// Lift itself.
pub fn lift(bits: f64) -> String {
    format!("with one added to each count: {}", signed(bits, 2))
}

/// Co-activation of two experts.
pub fn together(one: ExpertId, other: ExpertId, both: usize, first: usize, share: &str) -> String {
    format!("experts {one} and {other}: {both} ÷ {first} = {share}")
}

/// Its even share.
pub fn together_even(k: usize, experts: usize, even: f64) -> String {
    format!("Even: ({k} − 1) ÷ ({experts} − 1) = {}.", percent(even))
}

/// What had not come to rest.
pub fn not_settled(step: u64, share: f64) -> String {
    format!("not settled at step {}, a fifth of the way: {}", count(step), percent(share))
}

/// Its window.
pub fn probes_kept(probes: usize) -> String {
    format!("{probes} probes kept")
}

/// MaxVio of one batch.
pub fn max_vio(most: f64, mean: f64, vio: f64) -> String {
    let mean = small(mean);
    format!("this batch: ({} − {mean}) ÷ {mean} = {}", fixed(most, 0), fixed(vio, 2))
}

/// MaxVio of the window.
pub fn max_vio_of_window(vio: f64) -> String {
    format!("100 steps: {}", fixed(vio, 2))
}

/// The entropy of the load, as a share of the most.
pub fn load_entropy(share: f64, most: f64, experts: usize) -> String {
    let entropy = small(share * most);
    format!("{entropy} ÷ ln {experts} = {entropy} ÷ {} = {}", small(most), small(share))
}

/// Experts that get nothing.
pub fn dead(dead: f64, experts: usize) -> String {
    format!("{} of {experts}", fixed(dead, 0))
}

/// How likely an expert is silent so long by luck.
pub fn luck(silent: u64, k: usize, experts: usize, luck: f64) -> String {
    format!("T = {}: (1 − {k} ÷ {experts})^T = {}", count(silent), small(luck))
}

/// A window and the steps that it looks back.
pub fn over_steps(window: &str, steps: u64) -> String {
    format!("{window}, over {}", tiles::steps(steps))
}

/// Routing drawn by lot.
pub fn drawn_anew(share: f64) -> String {
    format!("Drawn anew at these loads: {}.", percent(share))
}

/// Picks that are still the same.
pub fn picks_shared(share: f64, k: usize) -> String {
    format!("{} of {k} picks shared = {}", small(share * k as f64), percent(share))
}

/// The same as in which probe.
pub fn reference(step: u64) -> String {
    format!("reference: probe at step {}", count(step))
}

/// The same by luck.
pub fn picks_by_chance(k: usize, experts: usize) -> String {
    format!("Chance: {k} ÷ {experts} = {}.", percent(k as f64 / experts as f64))
}

/// Entropies of class and expert.
pub fn entropies(class: f64, expert: f64, mean: f64) -> String {
    format!("H(class) = {}, H(expert) = {}, mean {}", small(class), small(expert), small(mean))
}

// Agreement.

/// In the place of kappa.
pub const CHANCE_IS_1: &str = "n/a: chance is already 1";

/// How much chance would give.
pub fn chance(sum: &str) -> String {
    format!("pe = {sum}")
}

/// The share of equal first choices.
pub fn equal_share(share: f64) -> String {
    format!("a = {}", fixed(share, 3))
}

/// The same from how many there are.
pub fn equal(same: u64, all: u64, share: f64) -> String {
    format!("a = {} ÷ {} = {}", count(same), count(all), fixed(share, 3))
}

/// Chance of the same first choice.
pub fn chance_at_loads(share: f64) -> String {
    format!("Chance at these loads: {}.", percent(share))
}

/// Recall.
pub fn winners_picked(shared: u64, all: u64, share: f64) -> String {
    let picked = if all == 1 { "winner is a pick" } else { "winners are picks" };
    format!("{} of {} {picked} = {}", count(shared), count(all), percent(share))
}

/// Recall by chance.
pub fn recall_by_chance(k: usize, experts: usize, share: f64) -> String {
    format!("{k} of {} at random: {}.", counted(experts, "expert"), percent(share))
}

/// Response kept of the first byte.
pub fn first_byte(quotient: &str, share: f64) -> String {
    format!("byte 1: {quotient} = {}", percent(share))
}

/// Least response kept of any byte.
pub fn least_of_a_byte(share: f64) -> String {
    format!("least of a byte: {}", percent(share))
}

/// Response kept by chance.
pub fn random_would_keep(share: f64) -> String {
    format!("Experts at random would keep {}.", percent(share))
}

/// The divergence of a router without knowledge.
pub fn knows_nothing(kl: f64) -> String {
    format!("A router that knows nothing: {} nats.", small(kl))
}

/// The most that a choice can tell.
pub fn most_information(experts: usize, most: f64) -> String {
    format!("ln {experts} = {} at most.", small(most))
}

// Collapse.

/// The two that are most alike.
pub fn most_alike(one: ExpertId, other: ExpertId, cosine: f64, pairs: usize) -> String {
    format!("experts {one} and {other}: {} = the most of {} pairs", fixed(cosine, 3), count(pairs as u64))
}

/// All pairs beside them.
pub fn mean_of_all(mean: f64) -> String {
    format!("mean of all: {}", small(mean))
}

/// CKA of what has nothing in common.
pub fn unrelated(width: usize, tokens: usize, about: f64) -> String {
    format!("Unrelated: about {width} ÷ {tokens} = {}.", small(about))
}

/// RC, and how many experts have the bytes for it.
pub fn rc(used: usize, experts: usize, rc: f64) -> String {
    format!("by {used} of {} = {}", counted(experts, "expert"), small(rc))
}

/// The effective rank, from the entropy.
pub fn effective_rank(entropy: f64, rank: f64) -> String {
    format!("exp({}) = {}", small(entropy), fixed(rank, 1))
}

/// The most it could be.
pub fn most_rank(limit: usize) -> String {
    format!("This probe could show {limit} at most.")
}

/// The participation ratio.
pub fn participation(squares: f64, fourths: f64, ratio: f64) -> String {
    format!("{}² ÷ {} = {}, with σ1 = 1", small(squares), small(fourths), small(ratio))
}

// Loss.

/// The mean of a window, in its unit if it has one.
pub fn mean_of_steps(steps: usize, loss: f64, unit: &str) -> String {
    format!("mean of {} = {} {unit}", counted(steps, "step"), fixed(loss, 3)).trim_end().to_owned()
}

/// The same in bits.
pub fn in_bits(nats: f64) -> String {
    format!("{} ÷ ln 2 = {} bits per byte", fixed(nats, 3), fixed(bits(nats), 3))
}

/// Among how many bytes, or classes, one would have to guess for it.
pub fn as_unsure(nats: f64, what: &str) -> String {
    format!("exp({}) = as unsure as a guess among {} {what}", fixed(nats, 3), fixed(perplexity(nats), 1))
}

/// What is guessed among: bytes.
pub const BYTES: &str = "bytes";
/// Classes.
pub const CLASSES: &str = "classes";

/// How much a term counts.
pub fn weight(name: &str, weight: f64) -> String {
    format!("weight {name} = {}", knob(weight))
}

/// Nothing has been validated.
pub const NONE_YET: &str = "none yet";

/// When it was validated.
pub fn taken_at(step: u64) -> String {
    format!("taken at step {}", count(step))
}

/// How often it is.
pub fn validated(taken: &str, every: u64) -> String {
    format!("{taken}, {}", every_steps(every))
}

/// A loss of validation, in its unit if it has one.
pub fn validation(loss: f64, unit: &str) -> String {
    format!("= {} {unit}", fixed(loss, 3)).trim_end().to_owned()
}

/// The loss of a uniform prediction among so many classes.
pub fn blind_guess(nats: f64, classes: usize) -> String {
    format!("Uniform baseline, ln {classes}: {} nats.", small(nats))
}

/// The squared error of always answering the mean.
pub fn always_the_mean(variance: f64) -> String {
    format!("Always answering the mean: {}.", small(variance))
}

/// What the total is made of.
pub fn loss_and_terms(task: f64, terms: f64) -> String {
    format!("loss {}, weighted terms {}", fixed(task, 4), signed(terms, 4))
}

/// The longest gradient.
pub fn clipped(norm: f64) -> String {
    format!("Clipped to {}.", knob(norm))
}
