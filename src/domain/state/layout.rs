//! Layout of the weights: all weights of the network are one flat vector, and this is its table of contents.
//!
//! One vector makes the optimizer, the gradient norm and a save single operations, however deep the network.

use crate::domain::config::{Beginning, Config, InputShape, MixturePart, ModelSpec};

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
    /// All zeros: a bias.
    Zeros,
    /// Normal with mean 0 and this standard deviation.
    Normal(f64),
}

impl Slot {
    /// Numbers in it.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Its place in the vector.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.start..self.start + self.count()
    }

    /// Whether weight decay applies: to matrices, not to gains and biases.
    pub(crate) fn decays(&self) -> bool {
        matches!(self.init, Init::Normal(_))
    }

    /// Its name within its block, e.g. `router.weight`; the whole name outside the blocks.
    pub fn part(&self) -> &str {
        let tail = self.name.strip_prefix("blocks.").and_then(|rest| rest.split_once('.'));
        tail.map_or(&self.name, |(_, part)| part)
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
pub(crate) struct ParameterCount {
    /// All weights.
    pub total: usize,
    /// Weights one token touches on a router step.
    pub active: usize,
}

impl ParameterCount {
    /// Of a network as configured, with the top-k given.
    pub fn of(config: &Config, experts: usize, top_k: usize) -> Self {
        Self { total: config.parameters(experts), active: config.active_parameters(experts, top_k) }
    }
}

impl Layout {
    /// The layout of the network of a run whose mixtures have `experts` experts each.
    pub fn of(config: &Config, experts: usize) -> Self {
        Self::new(&config.model_spec(), &config.parts(experts))
    }

    /// The layout of a network whose mixtures have the tensors `parts`.
    ///
    /// Start values: gains 1, biases 0; embedding and query/key/value D^−½; experts and router as in `docs/algorithm.md` 1.1, keys
    /// and router D^−½·c and values (N·H)^−½·c with c = √(2 ÷ layers) for pre-norm; attention output and dense
    /// feed-forward by the same rule; expert directions of cosine routers with rows of length 1.4 in the mean. A map of real
    /// numbers to the model width has (numbers of a position)^−½, a head of its own D^−½.
    pub fn new(spec: &ModelSpec, parts: &[MixturePart]) -> Self {
        let model = &spec.model;
        let (d, f) = (model.width, model.dense_width);
        let c = (2.0 / model.layers as f64).sqrt();
        let normal = |fan: usize, scale: f64| Init::Normal((fan as f64).powf(-0.5) * scale);
        let mut layout = Self { slots: Vec::new(), len: 0 };
        let embedding = match spec.task.input {
            InputShape::Ids { .. } => normal(d, 1.0),
            InputShape::Values { width } => normal(width, 1.0),
        };
        layout.add("embedding".into(), vec![spec.input_rows(), d], embedding, None);
        let mut mixtures = 0;
        for block in 0..model.layers {
            let name = |tail: &str| format!("blocks.{block}.{tail}");
            if spec.attends() {
                layout.add(name("attention_norm.gain"), vec![d], Init::Ones, None);
                layout.add(name("attention.qkv"), vec![d, 3 * d], normal(d, 1.0), None);
                layout.add(name("attention.out"), vec![d, d], normal(d, c), None);
            }
            if !spec.is_bare() {
                layout.add(name("feed_forward_norm.gain"), vec![d], Init::Ones, None);
            }
            if model.is_moe(block) {
                for part in parts {
                    let init = match part.start {
                        Beginning::Zeros => Init::Zeros,
                        Beginning::Scaled(fan) => normal(fan, c),
                        Beginning::Direction(length) => normal(length, 1.4),
                    };
                    layout.add(name(part.name), part.shape.clone(), init, part.per_expert.then_some(mixtures));
                }
                mixtures += 1;
            } else {
                layout.add(name("dense.keys"), vec![d, f], normal(d, c), None);
                layout.add(name("dense.values"), vec![f, d], normal(f, c), None);
            }
        }
        if !spec.is_bare() {
            layout.add("final_norm.gain".into(), vec![d], Init::Ones, None);
        }
        if !spec.ties_head() {
            let outputs = spec.task.outputs();
            layout.add("head.weight".into(), vec![d, outputs], normal(d, 1.0), None);
            layout.add("head.bias".into(), vec![outputs], Init::Zeros, None);
        }
        layout
    }

    fn add(&mut self, name: String, shape: Vec<usize>, init: Init, expert_layer: Option<usize>) {
        let slot = Slot { name, shape, start: self.len, init, expert_layer };
        self.len += slot.count();
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
    use crate::domain::config::{Form, PlaneConfig, PlaneTarget, Policy, Preset, TaskConfig};

    #[test]
    fn the_vector_has_as_many_numbers_as_the_config_counts() {
        for (policy, form) in Policy::ALL.into_iter().flat_map(|p| Form::ALL.map(|f| (p, f))) {
            for (preset, moe_every, expert_bias) in [(Preset::Tiny, 1, true), (Preset::Medium, 2, false)] {
                let mut config = preset.config();
                (config.model.moe_every, config.model.expert_bias) = (moe_every, expert_bias);
                (config.knobs.policy, config.knobs.form) = (policy, form);
                let layout = Layout::of(&config, 5);
                assert_eq!(layout.len, config.parameters(5), "{preset:?} {policy:?} {form:?}");
                assert!(layout.slots.windows(2).all(|w| w[0].range().end == w[1].start));
                let by_expert = layout.slots.iter().filter(|s| s.expert_layer.is_some());
                assert!(by_expert.clone().all(|s| s.shape[0] == 5) && by_expert.count() > 0);
            }
        }
    }

    /// Every policy on points in the plane, classes and values, in blocks and as one mixture alone.
    #[test]
    fn a_network_for_points_has_no_attention_and_a_head_of_its_own() {
        for policy in Policy::ALL {
            for (target, outputs) in [(PlaneTarget::Class, 2), (PlaneTarget::Value, 1)] {
                let mut config =
                    Preset::Tiny.config_for(TaskConfig::Plane(PlaneConfig { target, ..PlaneConfig::default() }));
                config.knobs.policy = policy;
                for (layers, bare) in [(3, false), (1, false), (1, true)] {
                    (config.model.layers, config.model.bare) = (layers, bare);
                    assert_eq!(config.validate(), [], "{policy:?}");
                    let layout = Layout::of(&config, 5);
                    assert_eq!(layout.len, config.parameters(5), "{policy:?} {layers} {bare}");
                    let shape = |name: &str| layout.slots.iter().find(|s| s.name == name).map(|s| s.shape.clone());
                    let d = config.model.width;
                    assert_eq!(shape("embedding"), Some(vec![3, d]));
                    assert_eq!(
                        (shape("head.weight"), shape("head.bias")),
                        (Some(vec![d, outputs]), Some(vec![outputs]))
                    );
                    assert!(layout.slots.iter().all(|slot| !slot.name.contains("attention")));
                    let norms = layout.slots.iter().filter(|slot| slot.name.ends_with("norm.gain")).count();
                    assert_eq!(norms, if bare { 0 } else { layers + 1 });
                }
                config.model.layers = 2;
                assert_eq!(config.validate().iter().map(|c| c.field).collect::<Vec<_>>(), ["model.bare"]);
            }
        }
    }
}
