//! Every key of a diagnosis: what it is, its range, its chance or ideal level. One table for the help, the printed table and
//! the tests.

/// One key of the JSON that a diagnosis is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReportKey {
    /// Path in the JSON.
    pub name: &'static str,
    /// Formula, and what is left out.
    pub what: &'static str,
    /// Ideal or chance level, in few words.
    pub level: &'static str,
}

const fn key(name: &'static str, what: &'static str, level: &'static str) -> ReportKey {
    ReportKey { name, what, level }
}

/// All keys, in the order of the JSON.
pub(crate) const KEYS: &[ReportKey] = &[
    key(
        "load.fraction",
        "f_i = c_i ÷ Σ c, c_i the tokens sent to expert i; Σ c = T·k where no pick was dropped",
        "even 1/N",
    ),
    key(
        "load.gate_mass",
        "G_i ÷ Σ G, G_i the sum of the weights with which expert i was picked; null without topk.weight or with a weight below \
         zero",
        "even 1/N; load.fraction if all weights are alike",
    ),
    key("load.gate_effective_experts", "exp H(gate mass)", "even N, all to one 1"),
    key("load.cv", "sample standard deviation (N − 1) of c ÷ mean of c; 0 for one expert", "even 0"),
    key("load.cv_population", "population standard deviation (N) of c ÷ mean of c", "even 0, all to one √(N−1)"),
    key("load.max_vio", "(max c − c̄) ÷ c̄ with c̄ = Σ c ÷ N, over the whole dump", "even 0, all to one N/k − 1"),
    key("load.entropy_norm", "H(f) ÷ ln N with H(f) = −Σ f ln f; 1 for one expert", "even 1, all to one 0"),
    key("load.effective_experts", "effective experts, exp H(f)", "even N, all to one 1"),
    key("load.gini", "Σ_i Σ_j |f_i − f_j| ÷ (2N)", "even 0, all to one 1 − 1/N"),
    key(
        "load.dead",
        "number of experts with no token in the dump; luck is ruled out once (1 − k/N)^T < 1/1000",
        "ideal 0",
    ),
    key("load.dead_slots", "which experts those are", "ideal none"),
    key("router.token_entropy", "mean over tokens of H(p_t) ÷ ln N", "certain 0, undecided 1"),
    key("router.marginal_entropy", "H(mean over tokens of p_t) ÷ ln N", "balanced 1"),
    key("router.information", "H(mean p_t) − mean H(p_t), nats", "useless 0, decisive and balanced ln N"),
    key("router.margin", "mean over tokens of the largest p minus the second largest", "undecided 0, certain 1"),
    key("router.z_loss", "mean over tokens of (ln Σ_i exp z_i)²", "low; all z = 0 give (ln N)²"),
    key("agreement.top1", "share of tokens with argmax z = argmax s", "chance is agreement.chance, best 1"),
    key(
        "agreement.chance",
        "Σ_i f_i^R f_i^C, the shares of first choices of router and competition",
        "level of agreement.top1",
    ),
    key("agreement.kappa", "Cohen: (top1 − chance) ÷ (1 − chance); null if chance is 1", "chance 0, best 1"),
    key(
        "agreement.recall_at_k",
        "mean over tokens of |R ∩ C| ÷ k; R the picks, C the k largest s; k of a token with dropped picks is what is left, and \
         one without any takes no part",
        "chance is agreement.recall_chance, best 1",
    ),
    key("agreement.recall_chance", "mean over those tokens of k ÷ N", "level of agreement.recall_at_k"),
    key("agreement.jaccard", "mean over tokens of |R ∩ C| ÷ (2k − |R ∩ C|)", "best 1"),
    key(
        "agreement.response_captured",
        "mean over tokens of Σ_R s ÷ Σ_C s; tokens whose Σ_C s is 0 are left out",
        "best 1",
    ),
    key(
        "agreement.kl",
        "mean over tokens of KL(q‖p) = Σ q ln(q/p), nats; tokens with a masked logit are left out: it would be infinite",
        "best 0",
    ),
    key(
        "agreement.skill",
        "1 − MSE(p, q) ÷ MSE(uniform, q), over all tokens and experts; null if q is uniform",
        "uniform 0, best 1",
    ),
    key(
        "agreement.spearman",
        "mean over tokens of the rank correlation of z and s, ties sharing their mean rank; tokens where z or s is constant \
         or a logit is masked are left out",
        "chance 0, best 1",
    ),
    key(
        "agreement.ece",
        "Σ_b n_b/T · |share right − mean confidence| over 10 equal bins of the largest p, right if argmax z = argmax s; a bin \
         holds its lower edge, the last one both",
        "best 0",
    ),
    key(
        "agreement.confusion",
        "tokens by winner argmax s (rows) and router's first choice argmax z (columns), N × N",
        "best diagonal; chance row sum × column sum ÷ T",
    ),
    key("input.rms", "√(mean h²) over all tokens and widths of hidden", "1 behind an RMS norm whose weights are 1"),
    key("input.largest", "max |h|", "a few times input.rms; far more is an outlier that low precision suffers from"),
    key(
        "collapse.rc",
        "Tr(Σ_W Σ_B†), classes are tokens by argmax z; classes with fewer than 2 tokens take no part, nor in the mean; \
         Σ_W = 1/T Σ (h−μ_c)(h−μ_c)ᵀ, Σ_B = 1/T Σ n_c (μ_c−μ)(μ_c−μ)ᵀ; † leaves out eigenvalues up to 1e-6 of the largest; \
         null with fewer than 2 classes or equal class means",
        "smaller is more collapsed",
    ),
    key(
        "collapse.effective_rank",
        "exp(−Σ p ln p), p = σ ÷ Σσ, σ the singular values of the states less their mean over the dump",
        "collapsed 1, most min(T − 1, D)",
    ),
    key("collapse.stable_rank", "Σ σ² ÷ σ_1²", "collapsed 1, most min(T − 1, D)"),
    key("collapse.participation_ratio", "(Σ σ²)² ÷ Σ σ⁴", "collapsed 1, most min(T − 1, D)"),
    key(
        "collapse.anisotropy",
        "mean cosine of two different states less their mean over the dump; a state at the mean has 0 with all",
        "everywhere −1/(T − 1), collapsed 1",
    ),
    key("collapse.spectrum", "σ_i ÷ σ_1, descending, min(T, D) of them", "flat 1; a cliff is collapse"),
    key(
        "similarity.output_cosine",
        "mean over tokens of cos(E_i(x), E_j(x)), N × N; an answer of zeros has 0 with all, itself included",
        "unrelated 0, the same 1",
    ),
    key(
        "similarity.cka",
        "‖YᵀX‖² ÷ (‖XᵀX‖ ‖YᵀY‖), Frobenius norms, of answers less their means, N × N; null for an expert that always answers \
         the same",
        "unrelated about D/T, the same 1",
    ),
    key("similarity.mean_output_cosine", "mean over pairs of different experts", "unrelated 0, the same 1"),
    key("similarity.mean_cka", "mean over pairs of different experts that have one", "unrelated about D/T, the same 1"),
    key(
        "similarity.cka_tokens",
        "tokens that CKA was computed on: all, or where that is too much work as many as possible, evenly spread",
        "T",
    ),
    key(
        "specialization.lift",
        "log₂(class use ÷ overall use) over all picks, row i the tokens of label i, a column for each expert; 1 is added to \
         each cell, then class use is cell ÷ row sum and overall use column sum ÷ total; labels without tokens take no part \
         and are null",
        "no preference 0",
    ),
    key(
        "specialization.nmi",
        "2 I(class; argmax z) ÷ (H(class) + H(argmax z)); null if both are constant",
        "chance about 0, each tells the other 1",
    ),
    key(
        "coactivation",
        "N_ij ÷ N_i over all pairs of a token's picks, N × N, diagonal 1; null beside it for an expert without tokens",
        "even loads (k − 1)/(N − 1)",
    ),
    key(
        "left_out.masked_tokens",
        "tokens whose logits are all −∞: padding, which takes part in nothing",
        "0 where there is no padding",
    ),
    key(
        "left_out.masked_logits",
        "logits of −∞ of the other tokens: the expert has p = 0 and is never among the --top-k",
        "0 where no expert is masked",
    ),
    key("left_out.dropped_picks", "picks of −1 in topk.index: dropped or padded; they are no picks", "ideal 0"),
    key(
        "left_out.ignored_labels",
        "labels of −100: the token has no class, and takes part in all but specialization",
        "0 where all tokens have a class",
    ),
];
