//! Words of the cards: what they put today's numbers into. What does not change is in [`super::measures`].

use crate::domain::measures::choice::perplexity;
use crate::domain::readings::bits;
use crate::domain::roster::ExpertId;
use crate::ui::kit::numbers::{self, count, fixed, knob, percent, signed, small};
use crate::ui::words::tiles;
use crate::ui::words::units;
use crate::words::constants::texts;
use crate::words::table::sentences;

texts! { "cards":
    /// What is guessed among: bytes.
    pub(crate) BYTES;
    /// Classes.
    pub(crate) CLASSES;
    /// In the place of kappa.
    pub(crate) CHANCE_IS_1;
    /// Nothing has been validated.
    pub(crate) NONE_YET;
    EVERY_STEP;
    WINNER_IS_A_PICK;
    WINNERS_ARE_PICKS;
}

sentences! { "cards":
    /// What a long sum leaves out.
    pub(crate) fn more_terms(terms: usize) { terms = terms };
    /// A term of an entropy.
    pub(crate) fn entropy_term(share: f64) { share = fixed(share, 3) };
    /// An entropy, written out.
    pub(crate) fn entropy(sum: &str) { sum = sum };
    /// What is said of one layer alone.
    pub(crate) fn of_layer(layer: usize, window: &str) { layer = layer + 1, window = window };
    /// The window of a number of a probe.
    pub(crate) fn probe(tokens: usize, step: u64, every: u64) { tokens = units::byte(tokens), step = count(step), every = every_steps(every) };
    /// The same before the first probe.
    pub(crate) fn no_probe(every: u64) { every = every_steps(every) };
    /// A mean over bytes.
    pub(crate) fn mean_of_bytes(bytes: usize, value: &str) { bytes = units::byte(bytes), value = value };
    /// A mean over pairs.
    pub(crate) fn mean_of_pairs(pairs: usize, mean: f64) { pairs = count(pairs as u64), mean = small(mean) };
    /// One number less another, in nats.
    pub(crate) fn less(from: &str, taken: &str, left: &str) { from = from, taken = taken, left = left };
    /// All shares.
    pub(crate) fn shares(listed: &str) { listed = listed };
    /// CV by the other deviation.
    pub(crate) fn population(cv: f64) { cv = fixed(cv, 2) };
    /// The ends of a measure of spread.
    pub(crate) fn all_on_one(most: &str, experts: usize) { experts = experts, most = most };
    /// Effective experts, from the entropy.
    pub(crate) fn effective_experts(entropy: f64, value: f64, experts: usize) { entropy = small(entropy), value = fixed(value, 1), experts = experts };
    /// The busiest expert.
    pub(crate) fn busiest(id: ExpertId, share: f64, even: f64) { id = id, share = percent(share), even = percent(even) };
    /// The Gini coefficient.
    pub(crate) fn gini(gini: f64) { gini = fixed(gini, 3) };
    /// Lift: the expert's share of the class.
    pub(crate) fn picks_of_class(id: ExpertId, class: &str, both: usize, picks: usize) { id = id, class = class, both = both, picks = picks };
    /// Lift: everybody's.
    pub(crate) fn bytes_of_class(bytes: usize, all: usize) { bytes = bytes, all = all };
    /// Lift itself.
    pub(crate) fn lift(bits: f64) { bits = signed(bits, 2) };
    /// Co-activation of two experts.
    pub(crate) fn together(one: ExpertId, other: ExpertId, both: usize, first: usize, share: &str) { one = one, other = other, both = both, first = first, share = share };
    /// Its even share.
    pub(crate) fn together_even(k: usize, experts: usize, even: f64) { k = k, experts = experts, even = percent(even) };
    /// What had not come to rest.
    pub(crate) fn not_settled(step: u64, share: f64) { step = count(step), share = percent(share) };
    /// Its window.
    pub(crate) fn probes_kept(probes: usize) { probes = probes };
    /// MaxVio of the window.
    pub(crate) fn max_vio_of_window(vio: f64) { vio = fixed(vio, 2) };
    /// Experts that get nothing.
    pub(crate) fn dead(dead: f64, experts: usize) { dead = fixed(dead, 0), experts = experts };
    /// How likely an expert is silent so long by luck.
    pub(crate) fn luck(silent: u64, k: usize, experts: usize, luck: f64) { silent = count(silent), k = k, experts = experts, luck = small(luck) };
    /// A window and the steps that it looks back.
    pub(crate) fn over_steps(window: &str, steps: u64) { window = window, steps = tiles::steps(steps) };
    /// Routing drawn by lot.
    pub(crate) fn drawn_anew(share: f64) { share = percent(share) };
    /// Picks that are still the same.
    pub(crate) fn picks_shared(share: f64, k: usize) { share = small(share * k as f64), k = k, share_2 = percent(share) };
    /// The same as in which probe.
    pub(crate) fn reference(step: u64) { step = count(step) };
    /// The same by luck.
    pub(crate) fn picks_by_chance(k: usize, experts: usize) { k = k, experts = experts, share = percent(k as f64 / experts as f64) };
    /// Entropies of class and expert.
    pub(crate) fn entropies(class: f64, expert: f64, mean: f64) { class = small(class), expert = small(expert), mean = small(mean) };
    /// How much chance would give.
    pub(crate) fn chance(sum: &str) { sum = sum };
    /// The share of equal first choices.
    pub(crate) fn equal_share(share: f64) { share = fixed(share, 3) };
    /// The same from how many there are.
    pub(crate) fn equal(same: u64, all: u64, share: f64) { same = count(same), all = count(all), share = fixed(share, 3) };
    /// Chance of the same first choice.
    pub(crate) fn chance_at_loads(share: f64) { share = percent(share) };
    /// Recall by chance.
    pub(crate) fn recall_by_chance(k: usize, experts: usize, share: f64) { k = k, experts = units::expert(experts), share = percent(share) };
    /// Response kept of the first byte.
    pub(crate) fn first_byte(quotient: &str, share: f64) { quotient = quotient, share = percent(share) };
    /// Least response kept of any byte.
    pub(crate) fn least_of_a_byte(share: f64) { share = percent(share) };
    /// Response kept by chance.
    pub(crate) fn random_would_keep(share: f64) { share = percent(share) };
    /// The divergence of a router without knowledge.
    pub(crate) fn knows_nothing(kl: f64) { kl = small(kl) };
    /// The most that a choice can tell.
    pub(crate) fn most_information(experts: usize, most: f64) { experts = experts, most = small(most) };
    /// The two that are most alike.
    pub(crate) fn most_alike(one: ExpertId, other: ExpertId, cosine: f64, pairs: usize) { one = one, other = other, cosine = fixed(cosine, 3), pairs = count(pairs as u64) };
    /// All pairs beside them.
    pub(crate) fn mean_of_all(mean: f64) { mean = small(mean) };
    /// CKA of what has nothing in common.
    pub(crate) fn unrelated(width: usize, tokens: usize, about: f64) { width = width, tokens = tokens, about = small(about) };
    /// RC, and how many experts have the bytes for it.
    pub(crate) fn rc(used: usize, experts: usize, rc: f64) { used = used, experts = units::expert(experts), rc = small(rc) };
    /// The effective rank, from the entropy.
    pub(crate) fn effective_rank(entropy: f64, rank: f64) { entropy = small(entropy), rank = fixed(rank, 1) };
    /// The most it could be.
    pub(crate) fn most_rank(limit: usize) { limit = limit };
    /// The participation ratio.
    pub(crate) fn participation(squares: f64, fourths: f64, ratio: f64) { squares = small(squares), fourths = small(fourths), ratio = small(ratio) };
    /// The mean of a window, in its unit if it has one.
    pub(crate) fn mean_of_steps(steps: usize, loss: f64, unit: &str) {
        steps = units::step(steps), loss = tiles::with_unit(&fixed(loss, 3), unit)
    };
    /// The same in bits.
    pub(crate) fn in_bits(nats: f64) { nats = fixed(nats, 3), value = fixed(bits(nats), 3) };
    /// Among how many bytes, or classes, one would have to guess for it.
    pub(crate) fn as_unsure(nats: f64, what: &str) { nats = fixed(nats, 3), among = fixed(perplexity(nats), 1), what = what };
    /// How much a term counts.
    pub(crate) fn weight(name: &str, weight: f64) { name = name, weight = knob(weight) };
    /// When it was validated.
    pub(crate) fn taken_at(step: u64) { step = count(step) };
    /// How often it is.
    pub(crate) fn validated(taken: &str, every: u64) { taken = taken, every = every_steps(every) };
    /// A loss of validation, in its unit if it has one.
    pub(crate) fn validation(loss: f64, unit: &str) { loss = tiles::with_unit(&fixed(loss, 3), unit) };
    /// The loss of a uniform prediction among so many classes.
    pub(crate) fn blind_guess(nats: f64, classes: usize) { classes = classes, nats = small(nats) };
    /// The squared error of always answering the mean.
    pub(crate) fn always_the_mean(variance: f64) { variance = small(variance) };
    /// What the total is made of.
    pub(crate) fn loss_and_terms(task: f64, terms: f64) { task = fixed(task, 4), terms = signed(terms, 4) };
    /// What training has cost.
    pub(crate) fn flop_spent(flop: f64) { flop = numbers::flop(flop) };
    /// From the first step on.
    pub(crate) fn whole_run(step: u64) { step = count(step) };
    /// The longest gradient.
    pub(crate) fn clipped(norm: f64) { norm = knob(norm) };
    fn every_n_steps(every);
    fn one_batch(bytes, step);
    fn last_batches(steps, bytes, step);
    fn max_vio_of_batch(most, mean, vio);
    fn entropy_of_most(entropy, experts, most, share);
    fn picked_of(shared, all, picked, share);
}

/// How often something is done.
fn every_steps(every: u64) -> String {
    if every == 1 { EVERY_STEP.into() } else { every_n_steps(count(every)) }
}

/// The window of a number of each step's batch, averaged over `steps`.
pub(crate) fn batches(steps: usize, bytes: usize, step: u64) -> String {
    let (bytes, step) = (units::byte(bytes), count(step));
    match steps {
        1 => one_batch(bytes, step),
        steps => last_batches(steps, bytes, step),
    }
}

/// MaxVio of one batch.
pub(crate) fn max_vio(most: f64, mean: f64, vio: f64) -> String {
    let mean = small(mean);
    max_vio_of_batch(fixed(most, 0), mean, fixed(vio, 2))
}

/// The entropy of the load, as a share of the most.
pub(crate) fn load_entropy(share: f64, most: f64, experts: usize) -> String {
    let entropy = small(share * most);
    entropy_of_most(entropy, experts, small(most), small(share))
}

/// Recall.
pub(crate) fn winners_picked(shared: u64, all: u64, share: f64) -> String {
    let picked = if all == 1 { WINNER_IS_A_PICK } else { WINNERS_ARE_PICKS };
    picked_of(count(shared), count(all), picked, percent(share))
}
