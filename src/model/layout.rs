//! Where every weight lies: all weights of the network are one flat vector, and this is its table of contents.
//!
//! One vector makes the optimizer, the gradient norm and a save single operations, however deep the network.

use crate::config::{ModelConfig, VOCABULARY};

/// One named tensor within the flat vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// Path, e.g. `blocks.0.experts.keys`.
    pub name: String,
    /// Sizes, outermost first. Tensors with an expert axis have it first.
    pub shape: Vec<usize>,
    /// Place of its first number in the vector.
    pub start: usize,
    /// How it begins.
    pub init: Init,
    /// The layer with experts (counted among those) whose experts are this tensor's first axis.
    pub expert_layer: Option<usize>,
}

/// How a tensor begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// All ones: a gain.
    Ones,
    /// Normal with mean 0 and this standard deviation.
    Normal(f64),
}

impl Slot {
    /// Numbers in it.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it holds nothing; never so in a layout.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its place in the vector.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.start..self.start + self.len()
    }

    /// Whether weight decay applies: to matrices, not to gains.
    pub fn decays(&self) -> bool {
        self.shape.len() > 1
    }
}

/// The table of contents.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// In the order of the vector.
    pub slots: Vec<Slot>,
    /// Numbers in the vector.
    pub len: usize,
}

/// How large a network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterCount {
    /// All weights.
    pub total: usize,
    /// Weights one token touches on a router step.
    pub active: usize,
}

impl ParameterCount {
    /// Of a network as configured, with the top-k given.
    pub fn of(config: &ModelConfig, experts: usize, top_k: usize) -> Self {
        Self { total: config.parameters(experts), active: config.active_parameters(experts, top_k) }
    }
}

impl Layout {
    /// The layout of a network with `experts` experts a layer.
    ///
    /// Start values: gains 1; embedding, router and query/key/value D^−½ (router times c); experts as in section 1.1,
    /// keys D^−½·c and values (N·H)^−½·c with c = √(2 ÷ layers) for pre-norm; attention output and dense
    /// feed-forward by the same rule.
    pub fn new(config: &ModelConfig, experts: usize) -> Self {
        let (d, h, f) = (config.width, config.expert_width, config.dense_width);
        let c = (2.0 / config.layers as f64).sqrt();
        let normal = |fan: usize, scale: f64| Init::Normal((fan as f64).powf(-0.5) * scale);
        let mut layout = Self { slots: Vec::new(), len: 0 };
        layout.add("embedding".into(), vec![VOCABULARY, d], normal(d, 1.0), None);
        let mut mixtures = 0;
        for block in 0..config.layers {
            let name = |tail: &str| format!("blocks.{block}.{tail}");
            layout.add(name("attention_norm.gain"), vec![d], Init::Ones, None);
            layout.add(name("attention.qkv"), vec![d, 3 * d], normal(d, 1.0), None);
            layout.add(name("attention.out"), vec![d, d], normal(d, c), None);
            layout.add(name("feed_forward_norm.gain"), vec![d], Init::Ones, None);
            if config.is_moe(block) {
                let layer = Some(mixtures);
                layout.add(name("router.weight"), vec![experts, d], normal(d, c), layer);
                layout.add(name("experts.keys"), vec![experts, d, h], normal(d, c), layer);
                layout.add(name("experts.values"), vec![experts, h, d], normal(experts * h, c), layer);
                mixtures += 1;
            } else {
                layout.add(name("dense.keys"), vec![d, f], normal(d, c), None);
                layout.add(name("dense.values"), vec![f, d], normal(f, c), None);
            }
        }
        layout.add("final_norm.gain".into(), vec![d], Init::Ones, None);
        layout
    }

    fn add(&mut self, name: String, shape: Vec<usize>, init: Init, expert_layer: Option<usize>) {
        let slot = Slot { name, shape, start: self.len, init, expert_layer };
        self.len += slot.len();
        self.slots.push(slot);
    }

    /// Names and shapes, in order.
    pub fn shapes(&self) -> Vec<(String, Vec<usize>)> {
        self.slots.iter().map(|slot| (slot.name.clone(), slot.shape.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Preset;

    #[test]
    fn the_vector_has_as_many_numbers_as_the_config_counts() {
        for moe_every in [1, 2] {
            for preset in Preset::ALL {
                let model = ModelConfig { moe_every, ..preset.config().model };
                let layout = Layout::new(&model, 5);
                assert_eq!(layout.len, model.parameters(5), "{preset:?}");
                assert!(layout.slots.windows(2).all(|w| w[0].range().end == w[1].start));
            }
        }
    }

    #[test]
    fn active_parameters_leave_out_the_silent_experts() {
        let model = Preset::Medium.config().model;
        let one_expert = 2 * model.width * model.expert_width;
        assert_eq!(model.parameters(8) - model.active_parameters(8, 2), 4 * 6 * one_expert);
    }
}
