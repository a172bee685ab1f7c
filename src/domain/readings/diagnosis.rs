//! Diagnosis of one layer: every measure of a probe or of a routing dump, `None` for what was not measured.

use serde::Serialize;

/// A matrix by rows; `None` where a value cannot be said.
pub type Matrix = Vec<Vec<Option<f64>>>;

/// Every measure of one layer that is a number or a list; matrices are in [`Matrices`]. `None` is what was not measured or
/// cannot be said. What is skipped when written as JSON is not a measure of a dump, or is there for a reader only.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Diagnosis {
    /// Of the router's picks.
    pub load: Load,
    /// Of the router alone.
    pub router: RouterNumbers,
    /// Router against competition.
    pub agreement: AgreementNumbers,
    /// Of the numbers that enter the router.
    pub input: InputNumbers,
    /// Of the hidden states.
    pub collapse: CollapseNumbers,
    /// Of the experts' answers.
    pub similarity: Similarity,
    /// Of classes of tokens.
    pub specialization: Specialization,
    /// What a dump holds and no measure took.
    pub left_out: LeftOut,
    /// Of the experts' weights; a dump holds none.
    #[serde(skip)]
    pub weights: WeightNumbers,
    /// Sizes, chance levels and what else a reader wants to know.
    #[serde(skip)]
    pub beside: DiagnosisContext,
}

/// How evenly tokens are spread (definitions: [`crate::domain::measures::load`]).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Load {
    /// `[N]` c_i, tokens the router sends to each expert.
    #[serde(skip)]
    pub counts: Option<Vec<u32>>,
    /// f_i.
    pub fraction: Option<Vec<f64>>,
    /// G_i ÷ Σ G, G_i the sum of the weights with which expert i answers; dumps only.
    pub gate_mass: Option<Vec<f64>>,
    /// exp H(gate mass); dumps only.
    pub gate_effective_experts: Option<f64>,
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
    /// Share of neighbouring positions of a sequence that have an expert in common; probes only.
    #[serde(skip)]
    pub repetition: Option<f64>,
    /// Mean over tokens of the correlation of ‖E_i(x)‖ and p_i; probes only.
    #[serde(skip)]
    pub response_choice: Option<f64>,
}

/// How well the router predicts the competition (definitions: [`crate::domain::measures::agreement`], [`crate::domain::measures::divergence`]).
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
    /// `[N]` tokens each expert wins, as many winners a token as it has picks.
    #[serde(skip)]
    pub won: Option<Vec<u32>>,
}

/// How large the numbers are that enter the router; dumps only.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct InputNumbers {
    /// √(mean h²) over all tokens and widths.
    pub rms: Option<f64>,
    /// max |h|.
    pub largest: Option<f64>,
}

/// What a dump holds that no measure takes, because it stands for nothing: counted, never guessed. 0 for a probe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Tokens whose logits are all −∞: padding.
    pub masked_tokens: u64,
    /// Logits of −∞ of the other tokens.
    pub masked_logits: u64,
    /// Picks of −1 of those tokens: dropped or padded.
    pub dropped_picks: u64,
    /// Labels of −100 of those tokens.
    pub ignored_labels: u64,
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
    /// σ_i ÷ σ_1, descending.
    pub spectrum: Option<Vec<f64>>,
    /// Largest effective rank that could have been found: min(width, tokens − 1), and no more
    /// than the numbers of a position in a first layer that takes them as they are; probes only.
    #[serde(skip)]
    pub rank_limit: Option<usize>,
    /// `[N]` mean cosine of a token's state and the router's row of its first pick, `None` for an expert without tokens;
    /// probes of a router with such rows only.
    #[serde(skip)]
    pub pull: Option<Vec<Option<f64>>>,
}

/// Whether experts answer alike (definitions: [`crate::domain::measures::similarity`], [`crate::domain::measures::cka`]).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Similarity {
    /// Mean over pairs of different experts of the cosine of their answers.
    pub mean_output_cosine: Option<f64>,
    /// Mean over pairs of different experts of their CKA.
    pub mean_cka: Option<f64>,
    /// Tokens that CKA was computed on; unrelated experts have about width ÷ this.
    pub cka_tokens: Option<usize>,
    /// The pair of slots whose answers are most alike, the lower first, and its cosine.
    #[serde(skip)]
    pub worst_pair: Option<(usize, usize, f64)>,
}

/// What the experts' weights say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WeightNumbers {
    /// `[N]` how far each expert's weights have moved since the last probe, as a share of their length; `None` at a run's
    /// first probe. 0 is an expert that does not learn.
    pub moved: Option<Vec<f32>>,
}

/// Who answers what (definitions: [`crate::domain::measures::specialization`]).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Specialization {
    /// Normalised mutual information of class and first choice.
    pub nmi: Option<f64>,
}

/// Every measure of one layer that is a matrix, each beside its numbers in [`Diagnosis`]. `None` is what was not measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrices {
    /// `[N × N]` tokens whose first winner is the row and first router pick the column.
    pub confusion: Option<Vec<Vec<u32>>>,
    /// `[N × N]` mean over tokens of the cosine of two experts' answers.
    pub output_cosine: Option<Matrix>,
    /// `[N × N]` linear CKA of two experts' answers.
    pub cka: Option<Matrix>,
    /// `[classes × N]` log₂ of class use ÷ overall use.
    pub lift: Option<Matrix>,
    /// `[N × N]` N_ij ÷ N_i: tokens of both ÷ tokens of the row's expert.
    pub coactivation: Option<Matrix>,
    /// `[N × N]` cosine of two rows of the router; probes of a router with such rows only.
    pub row_cosine: Option<Matrix>,
}

impl Matrices {
    /// How many numbers they hold, all together.
    pub fn numbers(&self) -> usize {
        let matrices = [&self.output_cosine, &self.cka, &self.lift, &self.coactivation, &self.row_cosine];
        let rows = matrices.into_iter().flatten().flatten().map(Vec::len);
        rows.chain(self.confusion.iter().flatten().map(Vec::len)).sum()
    }
}

/// A matrix, if it was measured of so many experts.
pub fn square<T>(matrix: &Option<Vec<Vec<T>>>, experts: usize) -> Option<&[Vec<T>]> {
    let matrix = matrix.as_deref()?;
    (matrix.len() == experts && matrix.iter().all(|row| row.len() == experts)).then_some(matrix)
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
pub(crate) const BINS: usize = 10;

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
