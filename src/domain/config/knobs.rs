//! Knobs: what may change while a run runs, such as top-k, competition rate and learning rate. Those in force are in the last
//! snapshot.

use serde::{Deserialize, Serialize};

use super::{Form, KNOBS, KnobSpec, Policy, Response};

/// Everything a person may turn while the run runs; in force from the next step boundary.
///
/// Letters as in the paper (arXiv 2505.13380): the loss is
/// `task + Σ_layers aux`, where a router step adds `β·balance` and a competition step adds
/// `α·distillation + (β_c/2)·diversity + (β_c/2)·affinity balance`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Knobs {
    /// Who decides which experts answer a token.
    pub policy: Policy,
    /// Which of the papers' programs the policy follows.
    pub form: Form,
    /// Peak learning rate, positive; warm-up and decay scale it.
    pub learning_rate: f64,
    /// Experts that answer each token, 1 to the number of experts.
    pub top_k: usize,
    /// Chance that a layer competes at a step, 0 to 1.
    pub competition_rate: f64,
    /// At most this many layers compete at one step.
    pub max_competing_layers: usize,
    /// No competition before this step.
    pub competition_warmup: u64,
    /// How the response of an expert is measured in a competition; left out, as the form does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Response>,
    /// Whether a competition is decided half by the response and half by the router's logit (version 1).
    pub combine_gate: bool,
    /// StableMoE: from this step on the light router decides and no longer learns.
    pub freeze_step: u64,
    /// α: weight of the distillation loss (StableMoE: of the light router's), at least 0.
    pub router_weight: f64,
    /// θ: weight of the winners' (and, three-way, the router's) own term in it, at least 0.
    pub theta: f64,
    /// Which distillation loss.
    pub distillation: Distillation,
    /// β: weight of the router step's balance loss, at least 0.
    pub balance_weight: f64,
    /// Weight of the z-loss on router steps, at least 0; 0.001 in the published configs, whose language program never
    /// adds it.
    pub z_weight: f64,
    /// β_c of the competition step's balance loss, in language form taken half as published; at least 0.
    pub affinity_balance_weight: f64,
    /// β_c of the diversity loss, in language form taken half as published; at least 0.
    pub diversity_weight: f64,
}

/// Which entries the distillation loss compares (p router softmax, q competition softmax).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Distillation {
    /// Mean of (p − q)² over all experts.
    Plain,
    /// Plain plus θ times the mean over the winners; the published form.
    #[default]
    Hybrid,
    /// The mean over the winners alone.
    InTopK,
    /// Hybrid plus θ times the mean over the router's own picks (`tribrid`).
    ThreeWay,
    /// Kullback-Leibler divergence of the router's softmax from the target, mean over tokens; offered by version 1.
    Divergence,
}

impl Distillation {
    /// All forms, in the order of menus.
    pub const ALL: [Self; 5] = [Self::Plain, Self::Hybrid, Self::InTopK, Self::ThreeWay, Self::Divergence];

    /// The name in menus and journals.
    pub fn label(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Hybrid => "hybrid",
            Self::InTopK => "in top-k",
            Self::ThreeWay => "three-way",
            Self::Divergence => "divergence",
        }
    }
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            policy: Policy::CompeteSmoe,
            form: Form::Language,
            learning_rate: 3e-3,
            top_k: 2,
            competition_rate: 0.07,
            max_competing_layers: 3,
            competition_warmup: 0,
            response: None,
            combine_gate: false,
            freeze_step: 400,
            router_weight: 0.001,
            theta: 0.2,
            distillation: Distillation::Hybrid,
            balance_weight: 0.01,
            z_weight: 0.0,
            affinity_balance_weight: 0.01,
            diversity_weight: 0.01,
        }
    }
}

impl Knobs {
    /// The response in force: the one named, or the form's.
    pub fn response(&self) -> Response {
        self.response.unwrap_or_else(|| self.form.response())
    }

    /// What differs from `self` to `next`, one short line each: `competition rate 0.07 → 0.5`.
    pub fn changes(&self, next: &Self) -> Vec<String> {
        let change = |spec: &KnobSpec| {
            let [old, new] = [self, next].map(|knobs| spec.words(knobs));
            (old != new).then(|| format!("{} {old} → {new}", spec.name))
        };
        KNOBS.iter().filter_map(change).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_name_each_knob_once() {
        let old = Knobs::default();
        let new = Knobs { top_k: 3, competition_rate: 0.5, router_weight: 1e-5, ..old.clone() };
        assert_eq!(old.changes(&new), ["top-k 2 → 3", "competition rate 0.07 → 0.5", "router α 0.001 → 1e-5"]);
        assert!(old.changes(&old).is_empty());
    }
}
