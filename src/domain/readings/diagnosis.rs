//! What is said of one routing dump: every measure that its inputs allow, `None` for what they do not.

use serde::Serialize;

/// A matrix by rows; `None` where a value cannot be said.
pub type Matrix = Vec<Vec<Option<f64>>>;

/// Every measure of a dump. What is skipped when written as JSON stands beside the numbers for a reader.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Diagnosis {
    /// Of the router's picks.
    pub load: Load,
    /// Of the router alone.
    pub router: RouterNumbers,
    /// Router against competition.
    pub agreement: AgreementNumbers,
    /// Of the hidden states.
    pub collapse: CollapseNumbers,
    /// Of the experts' answers.
    pub similarity: Similarity,
    /// Of classes of tokens.
    pub specialization: Specialization,
    /// N_ij ÷ N_i.
    pub coactivation: Option<Matrix>,
    /// Sizes, chance levels and what else a reader wants to know.
    #[serde(skip)]
    pub beside: DiagnosisContext,
}

/// How evenly tokens are spread (definitions: [`crate::domain::measures::load`]).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Load {
    /// f_i.
    pub fraction: Option<Vec<f64>>,
    /// Sample standard deviation ÷ mean.
    pub cv: Option<f64>,
    /// Population standard deviation ÷ mean.
    pub cv_population: Option<f64>,
    /// (max c − c̄) ÷ c̄.
    pub max_vio: Option<f64>,
    /// H(f) ÷ ln N.
    pub entropy_norm: Option<f64>,
    /// exp H(f).
    pub effective_experts: Option<f64>,
    /// Gini coefficient of f.
    pub gini: Option<f64>,
    /// Experts without a token.
    pub dead: Option<usize>,
    /// Which they are.
    pub dead_slots: Option<Vec<usize>>,
}

/// How decided the router is (definitions: [`crate::domain::measures::router::RouterStatistics`]).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RouterNumbers {
    /// mean H(p_t) ÷ ln N.
    pub token_entropy: Option<f64>,
    /// H(mean p_t) ÷ ln N.
    pub marginal_entropy: Option<f64>,
    /// The difference of the two, nats.
    pub information: Option<f64>,
    /// Mean of the largest p less the second.
    pub margin: Option<f64>,
    /// mean (ln Σ exp z)².
    pub z_loss: Option<f64>,
}

/// How well the router foresees the competition (definitions: [`crate::domain::measures::agreement`], [`crate::domain::measures::divergence`]).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AgreementNumbers {
    /// Share of equal first choices.
    pub top1: Option<f64>,
    /// What that would be by chance.
    pub chance: Option<f64>,
    /// Cohen's kappa.
    pub kappa: Option<f64>,
    /// |R ∩ C| ÷ k.
    pub recall_at_k: Option<f64>,
    /// k ÷ N.
    pub recall_chance: Option<f64>,
    /// |R ∩ C| ÷ |R ∪ C|.
    pub jaccard: Option<f64>,
    /// Σ_R s ÷ Σ_C s.
    pub response_captured: Option<f64>,
    /// KL(q‖p), nats.
    pub kl: Option<f64>,
    /// 1 − MSE(p, q) ÷ MSE(uniform, q).
    pub skill: Option<f64>,
    /// Rank correlation of z and s.
    pub spearman: Option<f64>,
    /// Expected calibration error.
    pub ece: Option<f64>,
    /// Winners in rows, the router's first choice in columns.
    pub confusion: Option<Vec<Vec<u32>>>,
}

/// Whether hidden states clump (definitions: [`crate::domain::measures::scatter`], [`crate::domain::measures::collapse`]).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CollapseNumbers {
    /// Tr(Σ_W Σ_B†).
    pub rc: Option<f64>,
    /// exp of the entropy of the singular values' shares.
    pub effective_rank: Option<f64>,
    /// Σ σ² ÷ σ₁².
    pub stable_rank: Option<f64>,
    /// (Σ σ²)² ÷ Σ σ⁴.
    pub participation_ratio: Option<f64>,
    /// Mean cosine of two centred states.
    pub anisotropy: Option<f64>,
    /// σ_i ÷ σ_1.
    pub spectrum: Option<Vec<f64>>,
}

/// Whether experts answer alike (definitions: [`crate::domain::measures::similarity`], [`crate::domain::measures::cka`]).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Similarity {
    /// Mean cosine of two experts' answers.
    pub output_cosine: Option<Matrix>,
    /// Linear CKA of two experts' answers.
    pub cka: Option<Matrix>,
    /// Mean over pairs of different experts.
    pub mean_output_cosine: Option<f64>,
    /// Mean over pairs of different experts.
    pub mean_cka: Option<f64>,
    /// Tokens that CKA was computed on.
    pub cka_tokens: Option<usize>,
}

/// Who answers what (definitions: [`crate::domain::measures::specialization`]).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Specialization {
    /// log₂ of class use ÷ overall use.
    pub lift: Option<Matrix>,
    /// Normalised mutual information of class and first choice.
    pub nmi: Option<f64>,
}

/// What stands beside the numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DiagnosisContext {
    /// T.
    pub tokens: usize,
    /// N.
    pub experts: usize,
    /// k, if it is known.
    pub top_k: Option<usize>,
    /// D of the hidden states.
    pub width: Option<usize>,
    /// Classes with at least one token.
    pub classes: Option<usize>,
    /// Tokens after which an expert's silence is not luck.
    pub silence_window: Option<u64>,
    /// Shares of the busiest and the idlest fifth.
    pub fifths: Option<Fifths>,
    /// N Σ f P.
    pub balance_loss: Option<f64>,
    /// What k picks at random would capture.
    pub captured_at_random: Option<f64>,
    /// The KL of a router that knows nothing.
    pub kl_of_uniform: Option<f64>,
    /// Jensen-Shannon divergence of p and q.
    pub js: Option<f64>,
    /// Mean squared error of p against q, and that of uniform: what skill is the quotient of. Squares are summed over experts.
    pub squared_errors: Option<[f64; 2]>,
    /// 1 − Brier ÷ Brier of uniform, on the winner.
    pub brier_skill: Option<f64>,
    /// The reliability diagram.
    pub reliability: Option<[Bin; BINS]>,
    /// Whether a response is below zero, so that what is captured is no share.
    pub negative_responses: bool,
    /// Share of neighbouring positions that k experts drawn at random would have in common.
    pub repetition_chance: Option<f64>,
    /// Co-activation if every set of k were as likely.
    pub coactivation_chance: Option<f64>,
}

/// Bins of equal width that confidences 0 to 1 are sorted into.
pub const BINS: usize = 10;

/// One bin of the reliability diagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Bin {
    /// Tokens in it.
    pub tokens: u64,
    /// Their mean confidence; 0 if there are none.
    pub confidence: f64,
    /// Share of them where what was foretold happened; 0 if there are none.
    pub accuracy: f64,
}

/// Shares of the tokens on the most and on the least used fifth of the experts: ⌈N ÷ 5⌉ of them (as fairseq does).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fifths {
    /// Of the most used.
    pub top: f64,
    /// Of the least used.
    pub bottom: f64,
    /// Of either at even load: ⌈N ÷ 5⌉ ÷ N.
    pub even: f64,
}
