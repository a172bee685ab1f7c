//! Settings of the layers at a step: the policy in force, its hyperparameters, and the inputs of a layer besides its weights.

use burn::tensor::Tensor;

use super::LossWeights;
use crate::domain::config::{Config, Faults, Form, Knobs, Policy, RouterForm, Sharing};
use crate::engine::kernels::Rules;

/// What all layers go by at a step.
#[derive(Clone, Debug, PartialEq)]
pub struct ForwardSettings {
    /// Who decides.
    pub policy: Policy,
    /// Which program it follows.
    pub form: Form,
    /// Experts that answer a token.
    pub k: usize,
    /// How CompeteSMoE's router makes logits and weights, in version 2.
    pub router: RouterForm,
    /// How competitions are held.
    pub rules: Rules,
    /// What the losses weigh.
    pub weights: LossWeights,
    /// Faults to repeat.
    pub faults: Faults,
    /// StableMoE's second stage: the light router decides and no longer learns.
    pub frozen: bool,
}

impl ForwardSettings {
    /// The orders of `knobs` at `step`.
    pub fn of(config: &Config, knobs: &Knobs, step: u64) -> Self {
        let sharing = if knobs.form == Form::Version1 { Sharing::Softmax } else { Sharing::Ratio };
        Self {
            policy: knobs.policy,
            form: knobs.form,
            k: knobs.top_k,
            router: config.model.router,
            rules: Rules { k: knobs.top_k, response: knobs.response(), sharing, gated: knobs.combine_gate },
            weights: LossWeights::of(config, knobs),
            faults: config.faults,
            frozen: knobs.policy == Policy::StableMoe && step >= knobs.freeze_step,
        }
    }

    /// What answer of the shared expert and mixture of the chosen ones are multiplied with where they are added up; `None` if no
    /// expert is shared.
    pub(crate) fn share_of_shared(&self) -> Option<f64> {
        match (self.policy, self.form) {
            (Policy::SharedV2, Form::Vision) => Some(0.5),
            (Policy::SharedV2 | Policy::SharedV3, _) => Some(1.0),
            _ => None,
        }
    }

    /// What the auxiliary losses of a layer are multiplied with: distillation, balance, affinity balance and diversity, in the
    /// order of [`LossTermKind`](crate::domain::readings::LossTermKind). The language form takes half of the last two.
    pub(crate) fn term_weights(&self) -> [f64; 4] {
        let LossWeights { router, balance, affinity_balance, diversity, .. } = self.weights;
        let share = if self.form == Form::Language { 0.5 } else { 1.0 };
        [router, balance, affinity_balance * share, diversity * share]
    }

    /// Whether training moves a tensor of a mixture (named as in [`crate::domain::config::MixturePart`]) that the policy reads.
    pub fn learns(&self, part: &str) -> bool {
        match self.policy {
            Policy::SmoeDropout => !part.starts_with("router."),
            Policy::StableMoe => !(self.frozen && part.starts_with("router.light_")),
            _ => true,
        }
    }
}

/// What the layers of a network are given at a step besides weights and tokens.
#[derive(Clone, Debug, Default)]
pub struct ForwardInputs {
    /// Standard normal draws per layer, `[T, N]` each; noisy top-k in training.
    pub noise: Vec<Tensor<2>>,
    /// b of the bias-balanced policy, `[layers with experts, N]`.
    pub bias: Option<Tensor<2>>,
    /// Per layer what is done to its choice on purpose; empty if nothing is.
    pub overrides: Vec<LogitOverride>,
    /// A layer in which one expert answers every token, with weight 1, and that expert as a one: `[1, N]`. Not in training.
    pub alone: Option<(usize, Tensor<2>)>,
}

/// What is done to a layer's choice on purpose. Constant.
#[derive(Clone, Debug, Default)]
pub struct LogitOverride {
    /// Added to the router's logits: `[T or 1, N]`
    pub logits: Option<Tensor<2>>,
    /// 1 for muted experts, else 0: `[1, N]`
    pub muted: Option<Tensor<2>>,
}

/// Added to a logit so that it is never picked: no sum of a network's logits comes near.
pub const NEVER: f32 = -1e9;

/// The same for one layer. All of it constant.
#[derive(Clone, Debug, Default)]
pub struct LayerInputs {
    /// What each token is as it enters the network, one-hot rows of ids or real numbers: `[T, rows of the embedding]`;
    /// StableMoE's light router reads it.
    pub words: Option<Tensor<2>>,
    /// `[T, N]`
    pub noise: Option<Tensor<2>>,
    /// `[N]`
    pub bias: Option<Tensor<1>>,
    /// What is done on purpose.
    pub logit_override: LogitOverride,
    /// The expert that answers alone, as a one: `[1, N]`
    pub alone: Option<Tensor<2>>,
}

impl ForwardInputs {
    /// What layer `layer` is given of it.
    pub(crate) fn of_layer(&self, layer: usize, words: Option<&Tensor<2>>) -> LayerInputs {
        LayerInputs {
            words: words.cloned(),
            noise: self.noise.get(layer).cloned(),
            bias: self.bias.as_ref().map(|b| b.clone().slice_dim(0, layer..layer + 1).squeeze_dim(0)),
            logit_override: self.overrides.get(layer).cloned().unwrap_or_default(),
            alone: self.alone.as_ref().filter(|(place, _)| *place == layer).map(|(_, alone)| alone.clone()),
        }
    }
}
