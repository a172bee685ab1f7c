//! Words of the cards of one expert or one byte.

use crate::domain::measures::specialization;
use crate::domain::roster::ExpertId;
use crate::ui::kit::numbers::{count, fixed, percent, signed, small};
use crate::ui::words::units;
use crate::words::constants::texts;
use crate::words::table::sentences;

texts! { "one":
    /// The window of one byte.
    pub(crate) THIS_BYTE;
}

sentences! { "one":
    /// The expert had work.
    pub(crate) fn got_bytes();
    /// Response kept of a byte by chance.
    pub(crate) fn k_would_keep(k: usize, share: f64) { k = k, share = percent(share) };
    /// What a byte cost, from its probability.
    pub(crate) fn byte_loss(p: f64, nats: f64) { p = fixed(p, 4), nats = small(nats) };
    /// Its probability.
    pub(crate) fn probability(p: f64) { p = percent(p) };
    /// The probability without knowledge.
    pub(crate) fn blind_probability(p: f64) { p = percent(p) };
    /// Which routes were tried, when.
    pub(crate) fn routes_tried(step: u64, tried: usize, all: u64) { this_byte = THIS_BYTE, step = count(step), tried = count(tried as u64), all = count(all) };
    /// What is lost without an expert.
    pub(crate) fn loss_without(nats: f64) { nats = signed(nats, 4) };
    /// The same as a share of the loss.
    pub(crate) fn of_probe_loss(share: f64, loss: f64) { share = percent(share), loss = fixed(loss, 3) };
    /// When it was tried.
    pub(crate) fn measured_at(step: u64) { step = count(step) };
    /// It had none.
    pub(crate) fn without_a_byte(steps: u64) { steps = units::step(steps) };
    /// An even share of the gradient.
    pub(crate) fn even(experts: usize) { experts = experts, share = percent(1.0 / experts.max(1) as f64) };
    /// How far its layer moved.
    pub(crate) fn mean_of_layer(share: &str) { share = share };
    /// Who is most alike, of how many.
    pub(crate) fn nearest(id: ExpertId, cosine: f64, others: usize) { id = id, cosine = small(cosine), others = others };
    fn times_as_often(class, lift, times);
}

/// A class that an expert answers.
pub(crate) fn answers(class: &str, lift: f64) -> String {
    let (class, lift, times) =
        (format!("{class:>12}"), format!("{:>5}", signed(lift, 2)), fixed(specialization::times_as_often(lift), 2));
    times_as_often(class, lift, times)
}
