//! The longer words of the window: what tooltips explain. Formula, floor, source; one place to read them all.

/// The load tile.
pub const LOAD: &str = "Share of the router's picks per expert, averaged over the last 100 steps (filled), and share of \
the last probe's wins (outlined).\n\
CV = sample standard deviation ÷ mean of these shares; 0 is even, √N is all on one expert. Some tools take the \
population standard deviation, which is a little smaller.\n\
Experts in use = exp(−Σ f ln f); N is ideal.\n\
Busiest over ideal = max f ÷ (1 ÷ N) − 1 (MaxVio, arXiv 2408.15664); 0 is even.";

/// The agreement tile.
pub const AGREEMENT: &str = "How well the router foresees the competition, on a fixed probe batch that all experts answer.\n\
kappa = (a − pₑ) ÷ (1 − pₑ), a the share of tokens with the same first choice, pₑ = Σ f_router · f_winner what chance \
would give at these loads. A raw match deceives when loads collapse: with 93 % on one expert a match of 93 % is a kappa \
of 0.48.\n\
Recall@k: winners among the picks ÷ k; chance k ÷ N.\n\
Response kept: Σ responses of the picks ÷ Σ responses of the winners; the notch is k experts at random.\n\
Router skill: 1 − MSE(p, q) ÷ MSE(uniform, q); 0 knows nothing, and a router sharper than the nearly even \
competition falls below it. The raw distillation loss looks solved from step 0, for q is \
almost uniform.\n\
Competition and neural response: CompeteSMoE, arXiv 2505.13380. Kappa: Cohen 1960.\n\
A policy that holds no competitions is judged by the one it would have had: the probe lets all experts answer.";

/// The policy.
pub const POLICY: &str = "Who decides which experts answer a token. Switches at the next step and keeps every weight where \
the network has what the other policy reads; else the window says what is missing and offers to begin again.";

/// The form of a policy.
pub const FORM: &str = "Which of the papers' three programs the policy follows where they differ: balance loss, response, \
router bias, how a shared expert is added. The weights of the losses stay as they are; published are for v2 language \
α 0.001, β and βc 0.01; for v2 vision α 0.01, θ 0.1, βc 0.01; for v1 α 0.05, βc 0.05 or 0 and mostly a rate of 1.";
/// Added where no program has the policy in that form.
pub const UNPUBLISHED: &str =
    "\nNone of them has this policy in this form: the policy's routing goes with the form's losses.";

/// In the place of the competition's knobs.
pub const NO_COMPETITION: &str = "Only CompeteSMoE competes. Every probe lets all experts answer all the same, so Agreement \
shows what a competition would say of this router.";

/// The response of a competition.
pub const RESPONSE: &str = "How loudly an expert answers, one number from its whole answer. As the form: mean softplus in \
version 2, the L2 norm in version 1.";

/// What a competition is won by.
pub const COMBINE_GATE: &str = "By the response alone, or half by it and half by the router's logit (combine_gate of \
version 1).";

/// The distillation loss.
pub const DISTILLATION: &str = "Which entries of the two softmaxes the distillation loss compares. Hybrid is the published \
form of version 2. Version 1 takes the plain mean whatever is chosen here, or the divergence.";

/// The collapse tile.
pub const COLLAPSE: &str = "Three kinds, kept apart.\n\
Load: exp(entropy of the router's load), of N. Low: few experts are used; raise balance β.\n\
Representation: effective rank = exp(−Σ p ln p), p = σ ÷ Σσ of the centred hidden states entering the layer (Roy and \
Vetterli 2007), of what this probe could show at most. Low: states clump.\n\
Redundancy: largest cosine of two experts' outputs on the same tokens; 0 is unrelated, 1 the same. High: experts compute \
the same; raise diversity βc or merge them.\n\
The red zones are settings of this picture, not truths.";

/// The loss tile.
pub const LOSS: &str = "Next-byte cross-entropy of the training batch: mean line, band from least to most per bucket; rings \
are validations on fixed batches, router only. 5.55 nats (ln 256, 8 bits) is a guess without knowledge. Bits = nats ÷ ln 2.\n\
Flags mark what was changed while it ran.";

/// The timeline.
pub const TIMELINE: &str = "A tick: the layer competed at that step, so all its experts answered and the winners carried the \
token. The bar is the share of the last steps that competed, the notch the rate asked for; with more layers than “layers at \
once” the realised rate stays below it. Dim ticks lie ahead: the schedule is drawn by seed and known before.";

/// The button of a tile's menu.
pub const EXPORT: &str = "Copy the values behind this tile, or save them as CSV; save the tile as PNG or SVG. A right-click \
on the tile does the same.";

/// How to tell the two kinds of knob apart.
pub const LEGEND_LIVE: &str = "Live: acts at the next step.";
/// The other kind.
pub const LEGEND_STRUCTURAL: &str = "Structural: shows first what it would do, keeps the weights.";

/// Where a picture waits for the first step.
pub const PRESS_RUN: &str = "Press Run (Space)";

/// All keys, for the tooltip in the status line.
pub const KEYS: &str = "Space  run, pause\nS  one step\nR  reset, same seed\nShift R  reset, new seed\n[ ]  layer down, up\n\
Ctrl O  open\nCtrl S  save\nF12  numbers about this window";
