//! What is said of each measure: its name, formula, chance or ideal, and where it comes from. `ui::panels::cards` puts today's
//! numbers in.

/// What does not change from step to step.
#[derive(Debug, PartialEq, Eq)]
pub struct MeasureWords {
    /// What it is called.
    pub name: &'static str,
    /// Chance or ideal in a few words, for the line below a picture's title.
    pub short: &'static str,
    /// Its formula.
    pub formula: &'static str,
    /// Chance or ideal, and what misleads.
    pub reading: &'static str,
    /// Whose definition it is.
    pub source: &'static str,
}

/// Declares measures.
macro_rules! measures {
    ($($(#[$doc:meta])* $id:ident: $name:literal, $short:literal, $formula:literal, $reading:literal, $source:literal;)+) => {
        $($(#[$doc])* pub const $id: MeasureWords =
            MeasureWords { name: $name, short: $short, formula: $formula, reading: $reading, source: $source };)+

        /// All of them.
        pub const ALL: &[&MeasureWords] = &[$(&$id,)+];
    };
}

measures! {
    /// Spread of the load.
    CV: "CV of the load", "spread, 0 is even",
        "standard deviation (n − 1) ÷ mean of the experts' shares",
        "0 is even, √N is all on one expert. Some tools take the population standard deviation, which is a little \
         smaller.",
        "NeMo; squared in Shazeer et al., arXiv 1701.06538";
    /// Effective experts.
    EFFECTIVE_EXPERTS: "Effective experts", "of N is ideal",
        "exp(H), H = −Σ f ln f, f the shares of the load",
        "N is ideal. All tokens to the same k experts is the least, k; with k = 2 half the load is elsewhere even if one \
         expert gets every token. Low: raise balance β.",
        "NeMo, expert diversity";
    /// Of the window.
    OVER_IDEAL: "Busiest over ideal", "0 is even",
        "max f ÷ (1 ÷ N) − 1, f averaged over the window",
        "0 is even. Over a window it says what one batch cannot: whether the same expert is always the busiest.",
        "MaxVio, arXiv 2408.15664";
    /// Both.
    MAX_VIO: "MaxVio", "0 is even; faint: one batch",
        "(max c − m) ÷ m, c the picks of each expert, m their mean",
        "0 is even. One batch is noisy and above 0 by luck alone; over 100 steps luck averages out.",
        "arXiv 2408.15664, equation 4";
    /// Of one batch.
    LOAD_ENTROPY: "Load entropy", "1 is even",
        "H(f) ÷ ln N, H(f) = −Σ f ln f",
        "1 is even, 0 is all on one expert.",
        "NeMo";
    /// Silent.
    DEAD: "Dead experts", "no tokens for longer than chance allows",
        "experts whose last T tokens all went elsewhere, T so many that N · (1 − k ÷ N)^T < 0.001",
        "0 is ideal. A shorter silence may be luck: at even load a step counts an expert of the layer as dead by luck \
         once in a thousand steps.",
        "NeMo; fairseq counts them per batch";
    /// What bytes say of experts.
    NMI: "Mutual information, expert and byte class", "0 is chance",
        "I(class, expert) ÷ mean of H(class) and H(expert), first picks of the probe",
        "0 is chance, 1 is one class per expert. With few tokens it lies a little above 0 by luck.",
        "normalised mutual information, arithmetic mean";
    /// Unrest.
    FLUCTUATION: "Routing fluctuation", "falls as routing settles",
        "bytes whose first pick is another than at the probe before ÷ all bytes",
        "Falls as routing settles. Routing drawn anew at these loads would change 1 − Σ f² of them.",
        "X-MoE, arXiv 2204.09179";
    /// Against a reference.
    SATURATION: "Router saturation", "faint: chance, k ÷ N",
        "mean over bytes of |picks ∩ picks of the reference| ÷ k",
        "1 is settled. The reference is the first probe kept, until one is taken (Diagnostics in the rail).",
        "OLMoE, arXiv 2409.02060";
    /// How unevenly.
    LORENZ: "Lorenz curve", "diagonal: even",
        "share of the tokens that the least used share of the experts gets; Gini = 1 − 2 · area below",
        "The diagonal is even, Gini 0. One expert with everything: Gini (N − 1) ÷ N.",
        "standard";
    /// Agreement in one number.
    KAPPA: "Kappa", "0 is chance, 1 is perfect",
        "(a − pe) ÷ (1 − pe), a the share of equal first choices, pe = Σ f router · f winner",
        "0 is chance at these loads, 1 is perfect. A raw match deceives when loads collapse: 93 % on one expert \
         and 93 % equal is a kappa of 0.48.",
        "Cohen 1960; competition: CompeteSMoE, arXiv 2505.13380";
    /// Winners among the picks.
    RECALL: "Recall@k", "faint: Jaccard",
        "mean over bytes of |picks ∩ winners| ÷ k",
        "k experts at random reach k ÷ N.",
        "against the competition of CompeteSMoE, arXiv 2505.13380";
    /// Equal first choices.
    TOP1: "Top-1 match", "faint: chance at these loads",
        "bytes whose most likely expert also has the strongest response ÷ all bytes",
        "Read it against its chance, which is high when loads are uneven.",
        "against the competition of CompeteSMoE, arXiv 2505.13380";
    /// Response captured.
    KEPT: "Response kept", "faint: picks at random",
        "mean over bytes of Σ s of the picks ÷ Σ s of the winners",
        "Read it against the floor, not against 0: responses lie close together.",
        "neural response: CompeteSMoE, arXiv 2505.13380";
    /// Response captured, of one byte.
    KEPT_BYTE: "Response kept", "of one byte",
        "Σ s of the router's picks ÷ Σ s of the winners",
        "Read it against that floor, not against 0.",
        "neural response: CompeteSMoE, arXiv 2505.13380";
    /// Of the router loss.
    SKILL: "Router skill", "0 knows nothing",
        "1 − MSE(p, q) ÷ MSE(uniform, q), q = softmax of the responses",
        "0 knows nothing, 1 is perfect. Responses are almost even, so the raw distillation loss looks solved from \
         the first step, and a router sharper than the competition falls below 0.",
        "distillation: CompeteSMoE, arXiv 2505.13380";
    /// Overlap.
    JACCARD: "Jaccard", "1 is the same",
        "mean over bytes of |picks ∩ winners| ÷ |picks ∪ winners|",
        "1 is the same experts. Below recall wherever they differ.",
        "standard";
    /// Ranks.
    SPEARMAN: "Rank correlation", "0 is chance",
        "mean over bytes of the correlation of the ranks of z and s",
        "0 is chance, 1 the same order, −1 the opposite one.",
        "Spearman 1904";
    /// Divergence.
    KL: "KL of responses", "0 is equal, nats",
        "mean over bytes of Σ q ln(q ÷ p), q = softmax of the responses",
        "0 is equal. A router that knows nothing has the value above; a sharp one lies higher though it may \
         choose better.",
        "standard";
    /// What routing says.
    INFORMATION: "Routing information", "0 useless, ln N decisive and even",
        "H(mean p) − mean H(p)",
        "0 is useless, ln N is decided on every byte and even over all.",
        "mutual information of byte and expert";
    /// Calibration.
    ECE: "Calibration error", "0 is perfectly calibrated",
        "Σ over ten bins of p: share of bytes · |mean p − share that won|, first picks",
        "0: an expert picked at p = 0.6 wins 60 % of the time.",
        "ECE, ten bins of equal width";
    /// Staleness.
    STALENESS: "Staleness", "steps since the layer competed →",
        "mean kappa of the probes taken so many steps after the layer last competed",
        "Flat: the router holds what it learned. Falling: it forgets between competitions, so compete more often.",
        "own measure; competition: CompeteSMoE, arXiv 2505.13380";
    /// Clumping.
    RC: "RC", "smaller is more collapsed",
        "trace of (scatter within experts · pseudo-inverse of the scatter between them), by first pick",
        "Smaller is more collapsed, or more specialised: read it with effective rank. Experts with fewer than 2 \
         bytes are left out; axes below 1e-6 of the largest count as none.",
        "X-MoE, arXiv 2204.09179, equation 11";
    /// Axes in use.
    EFFECTIVE_RANK: "Effective rank", "1 is collapsed",
        "exp(−Σ p ln p), p = σ ÷ Σ σ of the centred hidden states",
        "As many axes as it can be is ideal, 1 is collapsed. Low: the states lie in few directions.",
        "Roy and Vetterli 2007";
    /// Axes again.
    STABLE_RANK: "Stable rank", "faint: participation ratio",
        "Σ σ² ÷ σ1²",
        "1 is collapsed. Small next to effective rank when one axis leads.",
        "standard";
    /// And again.
    PARTICIPATION: "Participation ratio", "1 is collapsed",
        "(Σ σ²)² ÷ Σ σ⁴",
        "1 is collapsed, the width is even.",
        "standard";
    /// One way.
    ANISOTROPY: "Anisotropy", "0 isotropic, 1 one direction",
        "mean cosine of two different centred hidden states",
        "About 0 is isotropic, 1 is all in one direction.",
        "standard";
    /// The most alike.
    WORST: "Redundancy", "0 unrelated; faint: mean of pairs",
        "largest over pairs of experts of the mean cosine of their answers to the same bytes",
        "0 is unrelated, 1 the same. High: raise diversity βc, or merge them.",
        "diversity loss of CompeteSMoE, arXiv 2505.13380";
    /// All pairs.
    OUTPUT_COSINE: "Output cosine", "0 unrelated",
        "mean over bytes of cos(answer of one expert, answer of the other)",
        "0 is unrelated, 1 the same. The program of the paper divides by k², so that equal winners score (k − 1) \
         ÷ k there; here it is k (k − 1).",
        "arXiv 2406.18219; CompeteSMoE, arXiv 2505.13380";
    /// In any basis.
    CKA: "CKA", "mean of pairs; floor beside",
        "‖Y'X‖² ÷ (‖X'X‖ ‖Y'Y‖), X and Y the centred answers of two experts",
        "1 is the same up to rotation and scale. Unrelated answers have about width ÷ bytes, not 0.",
        "Kornblith et al. 2019; SimSMoE";
    /// Whose bytes.
    LIFT: "Lift", "log₂: 0 no preference",
        "log2 of (share of a class among an expert's picks ÷ share of the class in all), one added to each count",
        "0 is no preference, +1 twice as often, −1 half as often. An expert's number means nothing across layers.",
        "moe-vis; specialization: OLMoE, arXiv 2409.02060";
    /// Who works with whom.
    COACTIVATION: "Co-activation", "row also picks column",
        "bytes that pick both i and j ÷ bytes that pick i, all pairs of a byte's k picks",
        "(k − 1) ÷ (N − 1) if every set of k were as likely. One row is not its column: a busy expert is beside \
         everyone.",
        "OLMoE, arXiv 2409.02060, section 5.2";
    /// When routing came to rest.
    LAST_CHANGE: "Last fluctuation", "share of bytes not settled yet",
        "share of bytes whose first pick changed at this probe or a later one, to its final one",
        "Falls to 0 at the newest probe. Early is settled; BASE still had 40.9 % at a fifth of its training. Of \
         the probes that are kept.",
        "StableMoE, arXiv 2204.08396";
    /// What is learned.
    TASK: "Loss", "nats",
        "mean over bytes of −ln p(next byte)",
        "ln 256 = 5.55 nats, 8 bits, is the uniform baseline. Bits = nats ÷ ln 2.",
        "cross-entropy";
    /// What is learned of classes.
    CLASS_TASK: "Loss", "nats",
        "mean over points of −ln p(class)",
        "ln of the number of classes is the uniform baseline. Accuracy says how often the likeliest class is the right one.",
        "cross-entropy";
    /// What is learned of values.
    VALUE_TASK: "Loss", "mean squared error",
        "mean over points of (value − predicted value)²",
        "The variance of the values is what always answering their mean would cost.",
        "mean squared error";
    /// On unseen text.
    VALIDATION: "Validation", "nats",
        "the same on fixed batches of text kept apart, by the router alone",
        "Above training while training falls: overfitting.",
        "cross-entropy";
    /// How it goes.
    CHANGE: "Change of the loss", "below 0 is learning",
        "mean of the last 100 steps less mean of the 100 before",
        "Below 0 is learning. Batches differ: the least and most of the window say by how much.",
        "difference of means";
    /// What is minimised.
    TOTAL: "Total loss", "nats, weighted terms included",
        "loss + α · distillation + β · balance + βc · diversity + …, as the policy and its form have them",
        "Only comparable while no weight is changed.",
        "CompeteSMoE, arXiv 2505.13380";
    /// Of the router.
    DISTILLATION: "Distillation loss", "starts small; see Router skill",
        "distance of p from q = softmax of the responses, mean over competing layers",
        "Tiny from the start, because q is almost even: read router skill instead.",
        "CompeteSMoE, arXiv 2505.13380";
    /// Of the router's load.
    BALANCE: "Router balance", "−ln N is even (language form)",
        "balance loss of the router as the form has it, mean over routing layers",
        "Language form: −ln N is even, 0 is one expert. Vision form: 1 is even.",
        "CompeteSMoE, arXiv 2505.13380";
    /// Of the responses.
    AFFINITY_BALANCE: "Affinity balance", "−ln N is even (language form)",
        "balance loss of the responses as the form has it, mean over competing layers",
        "Language form: −ln N is even. Vision form: 1 is even, N one expert. Version 1: 1 ÷ k is even.",
        "CompeteSMoE, arXiv 2505.13380";
    /// Of the winners.
    DIVERSITY: "Diversity loss", "0 unrelated winners",
        "Σ over pairs of winners of the cosine of their answers ÷ k², mean over competing layers",
        "0 is unrelated. Equal winners reach (k − 1) ÷ k where the form divides by k², 1 where it divides by k (k \
         − 1).",
        "CompeteSMoE, arXiv 2505.13380";
    /// Of all weights.
    GRADIENT: "Gradient norm", "before clipping",
        "√Σ g² over all weights, before clipping",
        "Steady is healthy. Far above the clipping norm at every step: lower the learning rate.",
        "Pascanu et al. 2013";
    /// Of one byte.
    BYTE_LOSS: "Loss of this byte", "nats",
        "−ln p(the byte that follows), by the router's choice in every layer",
        "ln 256 = 5.55 nats is the uniform baseline.",
        "cross-entropy";
    /// Of one byte's route.
    REGRET: "Regret of its route", "0: the best route tried",
        "loss by the route taken − loss by the best other set of k experts tried, all else as it is",
        "0: the router could not do better for this byte. All sets are tried up to 70, else 70 drawn at random.",
        "counterfactual routes";
    /// Of one expert.
    ANSWERS: "Specializes in", "log₂: 0 no preference",
        "log2 of (share of a class among its picks ÷ share of the class in all), one added to each count",
        "0 is no preference, +1 is twice as often. With few bytes of a class, luck alone moves it.",
        "moe-vis; specialization: OLMoE, arXiv 2409.02060";
    /// The causal check.
    KNOCK_OUT: "Loss change when ablated", "above 0: it is needed",
        "mean loss of the probe with this expert's logit at −∞ − mean loss with it",
        "What the network would lose without it. Experts are measured in turn at each probe; press to measure all \
         of this layer now.",
        "ablation";
    /// How much it learns from a step.
    GRADIENT_SHARE: "Share of gradient", "1 ÷ N is even",
        "‖∇W‖ of this expert ÷ Σ over all experts of the layer, at the step before the probe",
        "0: it gets no bytes and does not learn.",
        "standard";
    /// How much it has learned.
    MOVED: "Weights moved", "0: it does not learn",
        "‖W now − W at the last probe‖ ÷ ‖W at the last probe‖, over all its weights",
        "0 does not learn; compare it with the others'.",
        "standard";
    /// How near its tokens lie to its row of the router.
    PULL: "Cosine of its tokens with its router row", "0 is chance",
        "mean cosine of the hidden states of its bytes with its row of the router",
        "Rising while RC falls is the collapse that X-MoE describes.",
        "X-MoE, arXiv 2204.09179";
    /// The most similar one.
    NEAREST: "Nearest expert", "0 unrelated, 1 the same",
        "largest over the others of the mean cosine of both answers to the same bytes",
        "0 is unrelated, 1 the same: then one of them could go.",
        "arXiv 2406.18219";
    /// How undecided the router is.
    TOKEN_ENTROPY: "Entropy of the router", "faint: of its mean over bytes",
        "mean H(p) ÷ ln N; beside it H(mean p) ÷ ln N",
        "1 is undecided on every byte, 0 certain. Their distance, times ln N, is routing information.",
        "fairseq, entropy_gating";
    /// How clear its choice is.
    MARGIN: "Margin", "0 is a tie",
        "mean over bytes of the largest p − the second",
        "Small: a little training moves many bytes to another expert.", "standard";
    /// How the margins lie.
    MARGINS: "Margins of the bytes", "share of bytes, by largest p − second →",
        "bytes whose margin falls into a bin ÷ all bytes",
        "Many bytes at the left: a small change of the router sends them to another expert.", "boundary mass, arXiv 2605.02124";
    /// How far logits run.
    Z_LOSS: "Router z-loss", "steady is healthy",
        "mean over bytes of (ln Σ exp z)²",
        "Grows when logits run away; then softmax says 0 or 1 and the router stops learning.",
        "ST-MoE, arXiv 2202.08906";
    /// From byte to byte.
    REPETITION: "Consecutive repetition", "neighbours that share an expert",
        "neighbouring bytes that share an expert ÷ all neighbours",
        "Above chance: neighbours go to the same experts.", "Mixtral, arXiv 2401.04088, table 5";
    /// Whether experts with strong responses are chosen.
    RESPONSE_CHOICE: "Response-choice link", "0 is chance",
        "mean over bytes of the correlation, over experts, of ‖answer‖ and p",
        "1: the router picks the experts with the largest outputs, which is what competition teaches it.",
        "arXiv 2406.18219, section 5.2";
    /// Whether the router can tell experts apart.
    ROW_COSINE: "Rows of the router", "cosine of two rows, 0 unrelated",
        "cos(row of one expert, row of the other)",
        "Near 1: the router cannot tell the two apart.", "arXiv 2406.18219, section 4.2";
}
