//! Arithmetic of a training step: the floating-point operations (FLOP) of its matrix products, forward and backward, on a
//! router step and on a competition step.
//!
//! A multiply-add counts as two operations. Counted are the matrix products of the network in training, as the native code
//! runs them: what a run learns costs nothing else that grows with the product of two sizes. Not counted: what is done number by
//! number (activations, norms, softmax, losses, the optimizer), probes, validations and maps, what a muted expert and the stale
//! competition loss of version 1 make a layer compute once more. What fills attention up to whole tiles is not
//! counted. A graphics device makes the same products; it looks ids up by one more.
//!
//! With T tokens a step, S positions of an example, D width, H hidden width of an expert, F of a dense feed-forward, N experts,
//! k picks a token, multiply-adds of one forward pass:
//!
//! | part | forward | backward |
//! |---|---|---|
//! | a map of I to O numbers | T·I·O | twice that: of what enters and of the weights |
//! | attention | maps 4·D², and 2·P·D an example | maps, and 5·P·D an example: scores once more |
//! | router, most policies | map of D to N | as a map |
//! | experts, router step | T·k·2·D·H | twice that |
//! | experts, competition step | T·N·2·D·H: all of them answer, each once | twice that: through affinities and losses all are reached |
//! | shared expert | T·2·D·H | twice that |
//! | dense feed-forward | maps of D to F and back | as maps |
//! | embedding of numbers, head | maps | as maps |
//!
//! P are the pairs of a query and a key that it sees, S·(S + 1) ÷ 2.

use std::iter::Sum;
use std::ops::Add;

use super::config::{Config, InputShape, Knobs, LIGHT_WIDTH, ModelSpec, Policy};

/// Multiply-adds of a part of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PassProducts {
    /// From the batch to the loss.
    pub forward: u64,
    /// From the loss to the gradients.
    pub backward: u64,
}

impl PassProducts {
    /// Of a linear map, `products` multiply-adds forward: backward once for what enters and once for the weights.
    fn map(products: usize) -> Self {
        Self { forward: products as u64, backward: 2 * products as u64 }
    }

    /// Floating-point operations: two for each multiply-add.
    pub fn flop(self) -> u64 {
        2 * (self.forward + self.backward)
    }
}

impl Add for PassProducts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { forward: self.forward + other.forward, backward: self.backward + other.backward }
    }
}

impl Sum for PassProducts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

/// Floating-point operations of training step `step` (counted from 1) of a run.
///
/// - `experts`: N, in each layer with experts
/// - `competed`: whether each layer with experts competed
pub fn step_flop(config: &Config, knobs: &Knobs, experts: usize, step: u64, competed: &[bool]) -> u64 {
    step_products(config, knobs, experts, step, competed).flop()
}

/// The multiply-adds of the same, forward and backward apart.
pub fn step_products(config: &Config, knobs: &Knobs, experts: usize, step: u64, competed: &[bool]) -> PassProducts {
    let layers = competed.iter().map(|&competes| {
        router_products(config, knobs, experts, step) + expert_products(config, knobs, experts, competes)
    });
    outside_products(config) + layers.sum()
}

/// What the network computes outside its layers with experts: embedding, attention, dense feed-forwards, head.
pub fn outside_products(config: &Config) -> PassProducts {
    let (spec, model, tokens) = (config.model_spec(), &config.model, config.tokens_per_step());
    let embedding = match spec.task.input {
        InputShape::Ids { .. } => PassProducts::default(),
        InputShape::Values { width } => PassProducts::map(tokens * width * model.width),
    };
    let head = PassProducts::map(tokens * model.width * spec.task.outputs());
    let dense = (model.layers - model.moe_count()) * tokens * 2 * model.width * model.dense_width;
    let attention: PassProducts = (0..model.layers).map(|_| attention_products(config, &spec)).sum();
    embedding + attention + PassProducts::map(dense) + head
}

fn attention_products(config: &Config, spec: &ModelSpec) -> PassProducts {
    if !spec.attends() {
        return PassProducts::default();
    }
    let (width, positions) = (config.model.width, spec.task.positions);
    let mixed = (config.sequences * positions * (positions + 1) / 2 * width) as u64;
    let maps = PassProducts::map(config.tokens_per_step() * 4 * width * width);
    maps + PassProducts { forward: 2 * mixed, backward: 5 * mixed }
}

/// What the router of one layer computes; the same on both kinds of step.
pub fn router_products(config: &Config, knobs: &Knobs, experts: usize, step: u64) -> PassProducts {
    let (spec, tokens, width) = (config.model_spec(), config.tokens_per_step(), config.model.width);
    let scores = PassProducts::map(tokens * width * experts);
    match knobs.policy {
        Policy::XMoe | Policy::PerturbedCosine => {
            let parts = config.parts_for(knobs.policy, knobs.form, experts);
            let rank = parts.iter().find(|part| part.name == "router.reduction").map_or(0, |part| part.shape[0]);
            PassProducts::map(tokens * rank * (width + experts))
        }
        Policy::StableMoe => {
            let (words, light) = (tokens * spec.input_rows() * LIGHT_WIDTH, tokens * LIGHT_WIDTH * experts);
            // What enters the map of words is no tensor that learns; from its second stage on neither map is.
            let learns = step.saturating_sub(1) < knobs.freeze_step;
            let backward = if learns { words + 2 * light } else { 0 };
            scores + PassProducts { forward: (words + light) as u64, backward: backward as u64 }
        }
        Policy::NoisyTopK => scores + scores,
        Policy::CompeteSmoe
        | Policy::Smoe
        | Policy::SmoeRaw
        | Policy::SigmaMoe
        | Policy::SmoeDropout
        | Policy::BiasBalanced
        | Policy::SharedV2
        | Policy::SharedV3 => scores,
    }
}

/// What the experts of one layer compute: on a competition step all of them answer every token.
pub fn expert_products(config: &Config, knobs: &Knobs, experts: usize, competes: bool) -> PassProducts {
    let one = config.tokens_per_step() * 2 * config.model.width * config.model.expert_width;
    let answering = if competes && knobs.policy.competes() { experts } else { knobs.top_k.min(experts) };
    let shared = usize::from(matches!(knobs.policy, Policy::SharedV2 | Policy::SharedV3));
    PassProducts::map(one * (answering + shared))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::{Form, Preset};

    fn tiny(policy: Policy) -> (Config, Knobs) {
        let mut config = Preset::Tiny.config();
        config.knobs.policy = policy;
        let knobs = config.knobs.clone();
        (config, knobs)
    }

    #[test]
    fn the_tiny_preset_by_hand() {
        // 4 sequences of 16 bytes, width 16, 2 heads, 2 layers of 4 experts of width 16, 2 of them for a token; 256 bytes.
        let (config, knobs) = tiny(Policy::CompeteSmoe);
        let tokens = 4 * 16;
        let head = 3 * tokens * 16 * 256;
        let attention = 3 * tokens * 4 * 16 * 16 + (2 + 5) * 4 * (16 * 17 / 2) * 16;
        let router = 3 * tokens * 16 * 4;
        let one_expert = 3 * tokens * 2 * 16 * 16;
        let outside = head + 2 * attention;
        let of = |competed: [bool; 2]| step_flop(&config, &knobs, 4, 1, &competed);
        assert_eq!(of([false, false]), 2 * (outside + 2 * router + 2 * 2 * one_expert) as u64);
        assert_eq!(of([true, false]) - of([false, false]), 2 * 2 * one_expert as u64, "two experts more");
        assert_eq!(of([true, true]) - of([true, false]), of([true, false]) - of([false, false]));
        let smoe = Knobs { policy: Policy::Smoe, ..knobs.clone() };
        assert_eq!(step_flop(&config, &smoe, 4, 1, &[true, true]), of([false, false]), "it has no competition");
    }

    #[test]
    fn routers_that_are_more_than_one_map_by_hand() {
        let tokens = 4 * 16;
        let of = |policy, form, step| {
            let (mut config, mut knobs) = tiny(policy);
            (config.knobs.form, knobs.form) = (form, form);
            let PassProducts { forward, backward } = router_products(&config, &knobs, 4, step);
            (forward, backward)
        };
        let map = |products: u64| (products, 2 * products);
        assert_eq!(of(Policy::XMoe, Form::Language, 1), map(tokens * 2 * (16 + 4)));
        assert_eq!(of(Policy::XMoe, Form::Version1, 1), map(tokens * 8 * (16 + 4)));
        assert_eq!(of(Policy::NoisyTopK, Form::Language, 1), map(tokens * 2 * 16 * 4));
        let (words, light, full) = (tokens * 256 * 16, tokens * 16 * 4, tokens * 16 * 4);
        assert_eq!(of(Policy::StableMoe, Form::Language, 400), (full + words + light, 2 * full + words + 2 * light));
        assert_eq!(
            of(Policy::StableMoe, Form::Language, 401),
            (full + words + light, 2 * full),
            "frozen after step 400"
        );
        let (config, knobs) = tiny(Policy::SharedV2);
        let shared = expert_products(&config, &knobs, 4, true);
        assert_eq!(shared, PassProducts::map(tokens as usize * 2 * 16 * 16 * 3), "two of four, and the shared one");
    }
}
