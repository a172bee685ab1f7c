//! Model spec: the network that a config and the shape of its task ask for.

use super::parts::LIGHT_WIDTH;
use super::{
    Beginning, Config, Form, InputShape, Mixing, MixturePart, ModelConfig, Policy, Read, TargetShape, TaskShape,
};

/// Dimensions in which version 1's X-MoE routes.
const VERSION1_RANK: usize = 8;

/// Which network is built: its sizes, and what enters and leaves it.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSpec {
    /// Sizes, activation, router form.
    pub model: ModelConfig,
    /// What enters and leaves the network.
    pub task: TaskShape,
}

impl ModelSpec {
    /// The network of `model` for a task of shape `task`.
    pub fn of(model: &ModelConfig, task: TaskShape) -> Self {
        Self { model: model.clone(), task }
    }

    /// Rows of the embedding: the vocabulary, or the numbers of a position.
    pub(crate) fn input_rows(&self) -> usize {
        match self.task.input {
            InputShape::Ids { vocabulary } => vocabulary,
            InputShape::Values { width } => width,
        }
    }

    /// Whether the head is the embedding once more (tied): where classes are the ids that enter.
    pub(crate) fn ties_head(&self) -> bool {
        match (self.task.input, self.task.target) {
            (InputShape::Ids { vocabulary }, TargetShape::Classes { count, .. }) => vocabulary == count,
            _ => false,
        }
    }

    /// Dimensions that the states entering the first mixture may spread over, at most the width. Without attention and
    /// without a block before it, there is but a linear map between it and the numbers of a position.
    pub(crate) fn first_mixture_dimensions(&self) -> usize {
        let linear = !self.attends() && self.model.is_moe(0);
        if linear { self.model.width.min(self.input_rows()) } else { self.model.width }
    }

    /// Whether blocks have attention.
    pub(crate) fn attends(&self) -> bool {
        self.task.mixing != Mixing::None
    }

    /// Whether the network is one mixture alone, without norms and without a residual sum.
    pub(crate) fn is_bare(&self) -> bool {
        self.model.bare
    }

    /// The tensors `policy` in `form` reads in one mixture of `experts` experts, in the order of the layout.
    ///
    /// X-MoE's dimensions follow the number of experts at step 0 and stay when it changes.
    pub(crate) fn parts_for(&self, policy: Policy, form: Form, experts: usize) -> Vec<MixturePart> {
        let (d, h) = (self.model.width, self.model.expert_width);
        let part = |name, shape: &[usize], per_expert, start, read| MixturePart {
            name,
            shape: shape.to_vec(),
            per_expert,
            start,
            read,
        };
        let each = |name, shape: &[usize], start| part(name, shape, true, start, Read::Whole);
        let mut parts = Vec::new();
        match policy {
            Policy::XMoe | Policy::PerturbedCosine => {
                let rank = if form == Form::Version1 { VERSION1_RANK } else { (self.model.experts / 2).max(1) };
                parts.push(part("router.reduction", &[rank, d], false, Beginning::Scaled(d), Read::Whole));
                parts.push(each("router.embeddings", &[experts, rank], Beginning::Direction(rank)));
            }
            _ => parts.push(each("router.weight", &[experts, d], Beginning::Scaled(d))),
        }
        match policy {
            Policy::StableMoe => {
                let light = Beginning::Direction(LIGHT_WIDTH);
                // A row for each id; a map of the numbers of a position is read whole.
                let read = match self.task.input {
                    InputShape::Ids { .. } => Read::Row,
                    InputShape::Values { .. } => Read::Whole,
                };
                parts.push(part("router.light_words", &[self.input_rows(), LIGHT_WIDTH], false, light, read));
                parts.push(each("router.light_experts", &[experts, LIGHT_WIDTH], light));
            }
            Policy::NoisyTopK => parts.push(each("router.noise", &[experts, d], Beginning::Scaled(d))),
            Policy::XMoe | Policy::PerturbedCosine => {}
            _ if form == Form::Version1 => parts.push(each("router.bias", &[experts], Beginning::Zeros)),
            _ => {}
        }
        let chosen = |name, shape: &[usize], start| part(name, shape, true, start, Read::Chosen);
        parts.push(chosen("experts.keys", &[experts, d, h], Beginning::Scaled(d)));
        parts.push(chosen("experts.values", &[experts, h, d], Beginning::Scaled(experts * h)));
        if self.model.expert_bias {
            parts.push(chosen("experts.hidden_bias", &[experts, h], Beginning::Zeros));
            parts.push(chosen("experts.answer_bias", &[experts, d], Beginning::Zeros));
        }
        if matches!(policy, Policy::SharedV2 | Policy::SharedV3) {
            let shared = |name, shape: &[usize], start| part(name, shape, false, start, Read::Whole);
            parts.push(shared("shared.keys", &[1, d, h], Beginning::Scaled(d)));
            parts.push(shared("shared.values", &[1, h, d], Beginning::Scaled(experts * h)));
            if self.model.expert_bias {
                parts.push(shared("shared.hidden_bias", &[1, h], Beginning::Zeros));
                parts.push(shared("shared.answer_bias", &[1, d], Beginning::Zeros));
            }
        }
        parts
    }

    /// Weights outside the mixtures.
    pub(super) fn parameters_outside(&self) -> usize {
        let m = &self.model;
        let (d, outputs) = (m.width, self.task.outputs());
        let head = if self.ties_head() { 0 } else { d * outputs + outputs };
        let norms = match (self.is_bare(), self.attends()) {
            (true, _) => 0,
            (false, attends) => d + m.layers * d * if attends { 2 } else { 1 },
        };
        let attention = if self.attends() { m.layers * 4 * d * d } else { 0 };
        let dense = (m.layers - m.moe_count()) * 2 * d * m.dense_width;
        self.input_rows() * d + head + norms + attention + dense
    }
}

impl Config {
    /// The network of this run.
    pub fn model_spec(&self) -> ModelSpec {
        ModelSpec::of(&self.model, self.task_shape())
    }
}
