//! Which tensors a mixture has: decided by the policy and form a run starts with, and what another policy would miss.

use std::fmt;

use super::{Config, Form, Knobs, Policy};

/// Dimensions of the light router of StableMoE: its word and expert vectors are this long.
pub(crate) const LIGHT_WIDTH: usize = 16;

/// One tensor of a mixture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MixturePart {
    /// Its name within the block, e.g. `router.weight`.
    pub name: &'static str,
    /// Sizes, outermost first.
    pub shape: Vec<usize>,
    /// Whether its first axis is the experts'.
    pub per_expert: bool,
    /// How it begins.
    pub start: Beginning,
    /// Who reads it on a router step.
    pub read: Read,
}

/// How a tensor begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// Zeros.
    Zeros,
    /// Normal, deviation (this number)^−½, times c = √(2 ÷ layers).
    Scaled(usize),
    /// Normal, rows of a mean length of 1.4: where the perturbed rescale comes to rest.
    Direction(usize),
}

/// What a policy reads that a run lacks: the run has the tensors of the policy and form it started with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LackingParts {
    /// The policy and form that were asked for.
    pub asked: (Policy, Form),
    /// Those that the run was started with.
    pub started: (Policy, Form),
    /// The tensors, at least one.
    pub parts: Vec<LackingPart>,
}

/// A tensor that is not there, or not in the shape that is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LackingPart {
    /// Its name within the block.
    pub name: &'static str,
    /// The shape needed and the one that is there; `None` if there is no tensor of this name.
    pub shapes: Option<[Vec<usize>; 2]>,
}

impl fmt::Display for LackingPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shapes {
            Some([needed, here]) => write!(f, "{} {needed:?} (here {here:?})", self.name),
            None => f.write_str(self.name),
        }
    }
}

impl LackingParts {
    /// The tensors by name.
    pub fn listed(&self) -> String {
        self.parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
}

/// Who reads a tensor on a router step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// Every token, all of it.
    Whole,
    /// A token reads the slices of its k experts.
    Chosen,
    /// A token reads one row.
    Row,
}

impl Config {
    /// The tensors of one mixture of this run with `experts` experts, in the order of the layout.
    pub fn parts(&self, experts: usize) -> Vec<MixturePart> {
        self.parts_for(self.knobs.policy, self.knobs.form, experts)
    }

    /// The tensors `policy` in `form` reads in one mixture.
    ///
    /// X-MoE's dimensions follow the number of experts at step 0 and stay when it changes.
    pub(crate) fn parts_for(&self, policy: Policy, form: Form, experts: usize) -> Vec<MixturePart> {
        self.model_spec().parts_for(policy, form, experts)
    }

    /// What `knobs` read that this run lacks, so that they cannot take effect; `None` if it lacks nothing.
    ///
    /// A run has the tensors of the policy and form it started with; a policy that needs no others can take over, and
    /// what it does not read stays as it is until another does.
    pub(crate) fn lacks(&self, knobs: &Knobs) -> Option<LackingParts> {
        let experts = self.model.experts;
        let own = self.parts(experts);
        let parts: Vec<LackingPart> = self
            .parts_for(knobs.policy, knobs.form, experts)
            .into_iter()
            .filter_map(|part| match own.iter().find(|o| o.name == part.name) {
                Some(have) if have.shape == part.shape => None,
                Some(have) => Some(LackingPart { name: part.name, shapes: Some([part.shape, have.shape.clone()]) }),
                None => Some(LackingPart { name: part.name, shapes: None }),
            })
            .collect();
        let of = |knobs: &Knobs| (knobs.policy, knobs.form);
        (!parts.is_empty()).then(|| LackingParts { asked: of(knobs), started: of(&self.knobs), parts })
    }

    /// Weights of the whole network with `experts` experts in each mixture.
    pub fn parameters(&self, experts: usize) -> usize {
        self.count(&self.parts(experts), |part| part.shape.iter().product())
    }

    /// Weights one token touches on a router step, when `top_k` of `experts` answer it.
    pub fn active_parameters(&self, experts: usize, top_k: usize) -> usize {
        self.count(&self.parts(experts), |part| {
            let all: usize = part.shape.iter().product();
            match part.read {
                Read::Whole => all,
                Read::Chosen => all / experts * top_k,
                Read::Row => all / part.shape[0],
            }
        })
    }

    fn count(&self, parts: &[MixturePart], of: impl Fn(&MixturePart) -> usize) -> usize {
        let mixture: usize = parts.iter().map(of).sum();
        self.model_spec().parameters_outside() + self.model.moe_count() * mixture
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Preset;

    fn started_as(policy: Policy, form: Form) -> Config {
        let mut config = Preset::Tiny.config();
        (config.knobs.policy, config.knobs.form) = (policy, form);
        config
    }

    #[test]
    fn policies_with_the_same_tensors_can_take_turns() {
        let linear = [
            Policy::CompeteSmoe,
            Policy::Smoe,
            Policy::SmoeRaw,
            Policy::SigmaMoe,
            Policy::SmoeDropout,
            Policy::BiasBalanced,
        ];
        for from in linear {
            for policy in linear {
                let knobs = Knobs { policy, ..Knobs::default() };
                assert_eq!(started_as(from, Form::Language).lacks(&knobs), None, "{from:?} to {policy:?}");
            }
        }
        let knobs = Knobs { policy: Policy::PerturbedCosine, form: Form::Vision, ..Knobs::default() };
        assert_eq!(started_as(Policy::XMoe, Form::Language).lacks(&knobs), None);
        let knobs = Knobs { policy: Policy::Smoe, ..Knobs::default() };
        assert_eq!(started_as(Policy::SharedV3, Form::Language).lacks(&knobs), None, "the shared expert rests");
    }

    #[test]
    fn what_is_missing_is_named() {
        let config = started_as(Policy::Smoe, Form::Language);
        let why = |policy, form| config.lacks(&Knobs { policy, form, ..Knobs::default() }).unwrap();
        let x_moe = why(Policy::XMoe, Form::Language);
        assert!(x_moe.listed().contains("router.reduction, router.embeddings"), "{x_moe:?}");
        assert_eq!((x_moe.asked.0, x_moe.started), (Policy::XMoe, (Policy::Smoe, Form::Language)));
        assert!(why(Policy::SharedV2, Form::Vision).listed().contains("shared.keys, shared.values"));
        assert!(why(Policy::CompeteSmoe, Form::Version1).listed().contains("router.bias"));
        let version1 = Knobs { policy: Policy::XMoe, form: Form::Version1, ..Knobs::default() };
        let other_rank = started_as(Policy::XMoe, Form::Language).lacks(&version1).unwrap();
        assert!(other_rank.listed().contains("router.reduction [8, 16] (here [2, 16])"), "{other_rank:?}");
    }

    #[test]
    fn active_parameters_leave_out_the_silent_experts() {
        let config = Preset::Medium.config();
        let one_expert = 2 * config.model.width * config.model.expert_width;
        assert_eq!(config.parameters(8) - config.active_parameters(8, 2), 4 * 6 * one_expert);
    }
}
