//! Routing policies by name: what each of the papers' policies is, which form of it, and which published faults to repeat.
//!
//! Section numbers in the words are those of the papers' formulas as this project writes them down; arXiv numbers name
//! the papers.

use serde::{Deserialize, Serialize};

use super::Response;

/// Who decides which experts answer a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// Router, trained by competitions.
    #[default]
    #[serde(rename = "competesmoe")]
    CompeteSmoe,
    /// Softmax router, weights renormalised.
    Smoe,
    /// Softmax router, raw probabilities as weights.
    SmoeRaw,
    /// Sigmoid router.
    SigmaMoe,
    /// Random router that never learns.
    SmoeDropout,
    /// Cosine router in few dimensions.
    XMoe,
    /// The same with a damped cosine.
    PerturbedCosine,
    /// Learns, then freezes a light router.
    StableMoe,
    /// Router with learned noise.
    NoisyTopK,
    /// One shared expert, softmax router.
    SharedV2,
    /// One shared expert, sigmoid router.
    SharedV3,
    /// Sigmoid router balanced by a bias instead of a loss.
    BiasBalanced,
}

impl Policy {
    /// All policies, in the order of menus.
    pub const ALL: [Self; 12] = [
        Self::CompeteSmoe,
        Self::Smoe,
        Self::SmoeRaw,
        Self::SigmaMoe,
        Self::SmoeDropout,
        Self::XMoe,
        Self::PerturbedCosine,
        Self::StableMoe,
        Self::NoisyTopK,
        Self::SharedV2,
        Self::SharedV3,
        Self::BiasBalanced,
    ];

    /// The name in TOML and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::CompeteSmoe => "competesmoe",
            Self::Smoe => "smoe",
            Self::SmoeRaw => "smoe-raw",
            Self::SigmaMoe => "sigma-moe",
            Self::SmoeDropout => "smoe-dropout",
            Self::XMoe => "x-moe",
            Self::PerturbedCosine => "perturbed-cosine",
            Self::StableMoe => "stable-moe",
            Self::NoisyTopK => "noisy-top-k",
            Self::SharedV2 => "shared-v2",
            Self::SharedV3 => "shared-v3",
            Self::BiasBalanced => "bias-balanced",
        }
    }

    /// The name in the papers, in menus and in journals.
    pub fn label(self) -> &'static str {
        match self {
            Self::CompeteSmoe => "CompeteSMoE",
            Self::Smoe => "SMoE",
            Self::SmoeRaw => "SMoE, raw weights",
            Self::SigmaMoe => "σ-MoE",
            Self::SmoeDropout => "SMoE-Dropout",
            Self::XMoe => "X-MoE",
            Self::PerturbedCosine => "Perturbed cosine",
            Self::StableMoe => "StableMoE",
            Self::NoisyTopK => "Noisy top-k",
            Self::SharedV2 => "SharedE-V2",
            Self::SharedV3 => "SharedE-V3",
            Self::BiasBalanced => "Bias-balanced",
        }
    }

    /// Whether its layers hold competitions.
    pub fn competes(self) -> bool {
        self == Self::CompeteSmoe
    }

    /// Whether the papers' code has it in this form. Where it has not, the form's losses go with the policy's routing.
    pub(crate) fn published_in(self, form: Form) -> bool {
        match self {
            Self::CompeteSmoe | Self::Smoe | Self::XMoe => true,
            Self::SmoeRaw | Self::BiasBalanced => form == Form::Language,
            Self::SigmaMoe | Self::PerturbedCosine | Self::SharedV2 | Self::SharedV3 => form != Form::Version1,
            Self::SmoeDropout | Self::StableMoe | Self::NoisyTopK => form == Form::Version1,
        }
    }
}

/// Which of the papers' three programs a policy follows where they differ: in losses and small details.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Version 2, language: balance by entropy.
    #[default]
    Language,
    /// Version 2, vision: Switch balance and z-loss; SharedE-V2 halves, SharedE-V3 takes the softmax.
    Vision,
    /// Version 1: routers have a bias, responses are norms, the winners' softmax is the target.
    #[serde(rename = "v1")]
    Version1,
}

impl Form {
    /// All forms, in the order of menus.
    pub const ALL: [Self; 3] = [Self::Language, Self::Vision, Self::Version1];

    /// The name in TOML and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Language => "language",
            Self::Vision => "vision",
            Self::Version1 => "v1",
        }
    }

    /// The name in menus and journals.
    pub fn label(self) -> &'static str {
        match self {
            Self::Language => "v2 language",
            Self::Vision => "v2 vision",
            Self::Version1 => "v1",
        }
    }

    /// The response its competitions are held by, unless the knobs name another.
    pub fn response(self) -> Response {
        match self {
            Self::Language | Self::Vision => Response::MeanSoftplus,
            Self::Version1 => Response::Norm,
        }
    }
}

/// Known faults of the published programs, repeated on purpose. Named after what they do; all off by default.
///
/// Two faults that version 2's published runs were trained with are forms of their own and on by default:
/// [`super::AffinityBalance::Published`] (a softmax of a softmax) and [`super::DiversityDivisor::AllEntries`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Version 1: the router's softmax is compared in descending order of its logits, the target in expert order.
    pub router_in_logit_order: bool,
    /// Version 1, `act_experts=shuffle`: the responses come in descending order of the logits and are taken for expert
    /// order.
    pub responses_in_logit_order: bool,
    /// Version 1: a router step adds its layer's last competition loss once more, with the gradient it had then.
    pub stale_competition_loss: bool,
    /// Version 1: policies without competition have no balance loss, whatever its weight.
    pub no_baseline_balance: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_toml() {
        #[derive(Serialize, Deserialize)]
        struct Both {
            policy: Policy,
            form: Form,
        }
        for policy in Policy::ALL {
            for form in Form::ALL {
                let text = toml::to_string(&Both { policy, form }).unwrap();
                assert_eq!(text, format!("policy = \"{}\"\nform = \"{}\"\n", policy.name(), form.name()));
                let back: Both = toml::from_str(&text).unwrap();
                assert_eq!((back.policy, back.form), (policy, form));
            }
        }
    }

    #[test]
    fn every_policy_is_published_in_some_form() {
        assert!(Policy::ALL.iter().all(|p| Form::ALL.iter().any(|&f| p.published_in(f))));
    }
}
