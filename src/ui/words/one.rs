//! Words of the cards of one expert or one byte.

use crate::domain::roster::ExpertId;
use crate::ui::kit::numbers::{count, counted, fixed, percent, signed, small};

/// The window of one byte.
pub const THIS_BYTE: &str = "this byte";

/// Response kept of a byte by chance.
pub fn k_would_keep(k: usize, share: f64) -> String {
    format!("{k} experts at random would keep {}.", percent(share))
}

/// What a byte cost, from its probability.
pub fn byte_loss(p: f64, nats: f64) -> String {
    format!("−ln {} = {} nats", fixed(p, 4), small(nats))
}

/// Its probability.
pub fn probability(p: f64) -> String {
    format!("p = {}", percent(p))
}

/// The probability without knowledge.
pub fn blind_probability(p: f64) -> String {
    format!("Uniform baseline: p = {}.", percent(p))
}

/// Which routes were tried, when.
pub fn routes_tried(step: u64, tried: usize, all: u64) -> String {
    format!("{THIS_BYTE}, tried at step {}: {} of {} routes", count(step), count(tried as u64), count(all))
}

/// A class that an expert answers.
pub fn answers(class: &str, lift: f64) -> String {
    format!("{class:>12}: {:>5} = {} times as often", signed(lift, 2), fixed(lift.exp2(), 2))
}

/// What is lost without an expert.
pub fn loss_without(nats: f64) -> String {
    format!("Δ loss = {} nats", signed(nats, 4))
}

/// The same as a share of the loss.
pub fn of_probe_loss(share: f64, loss: f64) -> String {
    format!("{} of the probe's loss of {}", percent(share), fixed(loss, 3))
}

/// When it was tried.
pub fn measured_at(step: u64) -> String {
    format!("measured at step {}", count(step))
}

/// The expert had work.
pub const GOT_BYTES: &str = "got bytes at that step";

/// It had none.
pub fn without_a_byte(steps: u64) -> String {
    format!("without a byte for {}", counted(steps, "step"))
}

/// An even share of the gradient.
pub fn even(experts: usize) -> String {
    format!("Even: 1 ÷ {experts} = {}.", percent(1.0 / experts.max(1) as f64))
}

/// How far its layer moved.
pub fn mean_of_layer(share: &str) -> String {
    format!("mean of the layer: {share}")
}

/// Who is most alike, of how many.
pub fn nearest(id: ExpertId, cosine: f64, others: usize) -> String {
    format!("expert {id}: {}, the most of {others}", small(cosine))
}
