//! Scoring of routers: by which rule logits become chosen experts and their weights, as the families of public models do it.

/// The rule by which a router chooses k of its E experts and weighs them.
///
/// z are the router's logits, its own bias included. A correction bias belongs to the router's weights: it is added to the
/// scores when experts are chosen, never to the weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scoring {
    /// Every expert has a score; the k best are chosen, and weighed by their scores.
    Scored {
        /// The score of one logit.
        score: Score,
        /// What becomes of the k scores.
        weighing: Weighing,
        /// Experts in groups of which only some may be chosen from.
        groups: Option<ExpertGroups>,
        /// The weights are multiplied by this in the end.
        factor: f64,
    },
    /// The k largest logits; weights are the softmax over these k (GPT-OSS, Granite, JetMoE).
    ChosenSoftmax,
    /// The k largest logits; the expert sees σ(z)·x, and its answer is added as it is (Llama 4).
    InputSigmoid,
    /// SparseMixer-v2 (Phi-3.5-MoE): the two largest logits, each weighed by a softmax over those near it.
    SparseMixer {
        /// ε, the jitter of the router: logits further than 2ε from the largest, relative to themselves, are left out.
        epsilon: f64,
    },
    /// The largest probability alone, and only so many tokens for one expert (Switch).
    TopOne {
        /// Most tokens of a sequence that one expert takes; later ones get no answer.
        capacity: Option<usize>,
    },
}

/// The score of a logit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Score {
    /// Softmax over all experts.
    Softmax,
    /// σ(z).
    Sigmoid,
    /// √softplus(z).
    SqrtSoftplus,
}

/// What becomes of the scores of the chosen experts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Weighing {
    /// They are the weights.
    Kept,
    /// Divided by max(their sum, `at_least`) + `plus`.
    Renormalised {
        /// Smallest divisor.
        at_least: f64,
        /// Added to the divisor.
        plus: f64,
    },
    /// Divided by their Lᵖ norm (DBRX).
    Norm {
        /// p, 1 and up.
        p: f64,
    },
}

/// Experts in groups of equal size, neighbours together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpertGroups {
    /// ExpertGroups, a divisor of E.
    pub count: usize,
    /// ExpertGroups that may be chosen from.
    pub kept: usize,
    /// A group's score is the sum of so many of its best scores: 1 (DeepSeek V2) or 2 (V3).
    pub best: usize,
}

impl Scoring {
    /// Its name in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Scored { score: Score::Softmax, .. } => "softmax",
            Self::Scored { score: Score::Sigmoid, .. } => "sigmoid",
            Self::Scored { score: Score::SqrtSoftplus, .. } => "sqrt-softplus",
            Self::ChosenSoftmax => "softmax-over-chosen",
            Self::InputSigmoid => "sigmoid-on-input",
            Self::SparseMixer { .. } => "sparsemixer",
            Self::TopOne { .. } => "top-1",
        }
    }
}
