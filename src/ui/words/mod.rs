//! All words of the window in one table, so that they can be read, weighed and translated without its code.
//!
//! - Here: what tooltips explain (formula, floor, source), and words that several areas share.
//! - One file per area for the rest: [`knobs`] and [`rail`], [`strip`] with the status line, [`flow`], [`selection`],
//!   [`timeline`], [`tiles`] and [`grown`] ones, [`notices`] with trouble, [`weights`], [`plane`], [`questions`] for
//!   what is asked over the window, [`entry`] for numbers that are typed.
//!
//! What is said of each measure is in [`measures`]; [`cards`] puts today's numbers in.
//!
//! Fixed text is a constant; a sentence with numbers in it is a function, which is given layers counted from 0 and tells
//! them from 1. Words that belong to another room (alerts, errors, names of policies) stay where they are defined.

pub mod cards;
pub mod entry;
pub mod flow;
pub mod grown;
pub mod knobs;
pub mod locate;
pub mod measures;
pub mod notices;
pub mod one;
pub mod plane;
pub mod questions;
pub mod rail;
pub mod selection;
pub mod strip;
pub mod tiles;
pub mod timeline;
pub mod weights;

use crate::ui::kit::numbers;

/// The program.
pub const PROGRAM: &str = "MoE Arena";
/// In the place of a number that is not known.
pub const UNKNOWN: &str = numbers::UNKNOWN;
/// Puts a question away.
pub const CANCEL: &str = "Cancel";
/// Shows the form of a new run.
pub const NEW_RUN: &str = "New run…";

/// The window's title.
pub fn window_title(policy: &str) -> String {
    format!("{PROGRAM} · {policy}")
}

/// A layer, told in few letters.
pub fn layer_short(layer: usize) -> String {
    format!("L{}", layer + 1)
}

/// What is said of a thing and its value.
pub fn named_value(name: &str, value: &str) -> String {
    format!("{name} {value}")
}

// The tiles.

/// The load tile.
pub const LOAD: &str = "Share of the router's picks per expert, averaged over the last 100 steps (filled), and share of \
the last probe's wins (outlined).\n\
CV = sample standard deviation ÷ mean of these shares; 0 is even, √N is all on one expert. Some tools take the \
population standard deviation, which is a little smaller.\n\
Effective experts = exp(−Σ f ln f); N is ideal, k (all tokens to the same k experts) the least.\n\
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
/// The collapse tile.
pub const COLLAPSE: &str = "Three kinds, kept apart.\n\
Load: exp(entropy of the router's load), of N. Low: few experts are used; raise balance β.\n\
Representation: effective rank = exp(−Σ p ln p), p = σ ÷ Σσ of the centred hidden states entering the layer (Roy and \
Vetterli 2007), of what this probe could show at most. Low: the states lie in few directions.\n\
Redundancy: largest cosine of two experts' outputs on the same tokens; 0 is unrelated, 1 the same. High: experts compute \
the same; raise diversity βc or merge them.\n\
The red zones are settings of this picture, not proven limits.";
/// The loss tile.
pub const LOSS: &str = "Next-byte cross-entropy of the training batch: mean line, band from least to most per bucket; rings \
are validations on fixed batches, router only. 5.55 nats (ln 256, 8 bits) is the uniform baseline. Bits = nats ÷ ln 2.\n\
Flags mark what was changed while it ran.";
/// The button of a tile's menu.
pub const EXPORT: &str = "Copy the values behind this tile or their history, or save both as CSV; save the tile as PNG or SVG. A right-click \
on the tile does the same.";
/// Where a picture would wait for the first step of a run that could not begin.
pub const NO_RUN: &str = "No run yet";
/// Where a picture waits for the first step.
pub const PRESS_RUN: &str = "Press Run (Space)";

// The rail.

/// The policy.
pub const POLICY: &str = "Who decides which experts answer a token. Switches at the next step and keeps every weight where \
the network has what the other policy reads; else the window says what is missing and offers to begin again.";
/// The form of a policy.
pub const FORM: &str = "Which of the papers' three programs the policy follows where they differ: balance loss, response, \
router bias, how a shared expert is added. The weights of the losses stay as they are; published are for v2 language \
α 0.001, β and βc 0.01; for v2 vision α 0.01, θ 0.1, βc 0.01; for v1 α 0.05, βc 0.05 or 0 and mostly a rate of 1.";
/// Added to it where no program has the policy in that form.
pub const UNPUBLISHED: &str =
    "\nNone of them has this policy in this form: the policy's routing goes with the form's losses.";
/// In the place of the competition's knobs.
pub const NO_COMPETITION: &str = "Only CompeteSMoE competes. Every probe lets all experts answer all the same, so Agreement \
shows what a competition would say of this router.";
/// The response of a competition.
pub const RESPONSE: &str = "Neural response of an expert, one number from its whole output: the strongest win. Default, as the form has it: mean \
softplus in version 2, the L2 norm in version 1.";
/// What a competition is won by.
pub const COMBINE_GATE: &str = "By the response alone, or half by it and half by the router's logit (combine_gate of \
version 1).";
/// The distillation loss.
pub const DISTILLATION: &str = "Which entries of the two softmaxes the distillation loss compares. Hybrid is the published \
form of version 2. Version 1 takes the plain mean whatever is chosen here, or the divergence.";
/// How to tell the two kinds of knob apart.
pub const LEGEND_LIVE: &str = "Live: acts at the next step.";
/// The other kind.
pub const LEGEND_STRUCTURAL: &str = "Structural: shows first what it would do, keeps the weights.";
/// How often the run is probed.
pub const PROBE_EVERY: &str = "Steps between two probes: all experts answer a fixed batch of text without learning from it. \
Training is the same whatever is chosen here.";
/// What a probe costs.
pub const PROBE_COST: &str = "Time of the last probe, and its share of training time at this cadence. Load, router and \
agreement are always measured; the families above can be switched off.";
/// Hidden states.
pub const MEASURE_STATES: &str = "Spectrum, effective rank, RC and the other measures of the states entering a layer.";
/// Similar answers.
pub const MEASURE_ALIKE: &str = "Output cosine and CKA of every two experts.";
/// Knock-out.
pub const MEASURE_KNOCK_OUT: &str =
    "The loss without an expert: one expert of up to four layers at each probe, in turn.";
/// What saturation is measured against.
pub const REFERENCE: &str = "Press to take the newest probe as reference. Router saturation is the mean share of a byte's \
picks that it also had then (OLMoE, arXiv 2409.02060): chance is k ÷ N, 1 is settled. Its curve is in the Load tile when it \
has grown.";

// The flow.

/// The flow's switch, first half.
pub const BY_ROUTER: &str = "Ribbons as on a router step: the router's picks carry the byte. A cross ends at a winner that \
the router missed. Rings come from the probe.";
/// Second half.
pub const BY_WINNERS: &str = "Ribbons as on a competition step: the winners carry the byte, weighted by their response. \
Dashed is what the router wanted and lost.";

// The selection.

/// The selection while nothing is selected.
pub const NO_SELECTION: &str = "Hover or click an expert or a byte.";
/// Other routes.
pub const ROUTES: &str = "Regret = loss by the route the router takes in this layer, less the loss by the best other set of \
k experts tried. Everything else stays as it is. All sets are tried up to 70, else 70 of them drawn at random.\n\
0: the router could not do better for this byte.";
/// Buttons of the fault lab.
pub const MUTE: &str =
    "The expert gets no tokens and wins no competition until it is unmuted. Its load and wins should fall to 0.";
/// Freezing.
pub const FREEZE: &str = "The expert no longer learns until it is thawed. Its movement should stop at the next probe.";
/// Cloning.
pub const CLONE: &str = "Puts a copy of the expert, with a hundredth of noise, in the place of another one. The most alike \
pair should rise to about 1.";
/// Resetting.
pub const RESET_EXPERT: &str = "Begins the expert anew with fresh weights and a new number. The loss should rise if it had \
learned something.";
/// The lab itself.
pub const FAULT_LAB: &str = "Break something on purpose and see which measure notices. What is done is flagged on the \
timeline and lasts until it is taken back; copies, resets and poison are done once.";
/// Poisoning.
pub const POISON: &str =
    "Gives every expert its neighbour's row of the router. Kappa, recall and response kept should fall.";
/// Even load by force.
pub const FORCE_EVEN: &str = "Assigns tokens to the experts evenly, whatever the router says. The busiest over ideal should fall to 0, and \
kappa with it: an even load is not a good one.";
/// Collapse by force.
pub const FORCE_COLLAPSE: &str = "Sends every token first to one expert: the one that is lit, else the first. \
Effective experts should fall, and the load-collapse alert should come up within 150 steps.";
/// What is wrong.
pub const ALERTS: &str = "What has been wrong for long enough not to be luck. Click one to see the panel it is about; it \
ends by itself when the measure has recovered.";

// Timeline and status line.

/// The timeline.
pub const TIMELINE: &str = "A tick: the layer competed at that step, so all its experts answered and the winners carried the \
token. The bar is the share of the last steps that competed, the notch the rate asked for; with more layers than “layers at \
once” the realised rate stays below it. Dim ticks lie ahead: the schedule is drawn by seed and known before.\n\
Drag to look back. Shift and drag over steps ahead: the layer competes there (with Alt: it does not); a right click gives \
its steps back to the schedule.";
/// All keys, for the tooltip in the status line.
pub const KEYS: &str = "Space  run, pause\nS  one step\nR  reset, same seed\nShift R  reset, new seed\n[ ]  previous, next layer\n\
1–9  highlight an expert\nI  selection, where it is folded away\nA  alerts\n← →  view a step back or on (Shift: a probe)\nEnd  newest step\nEsc  deselect\n\
Ctrl O  open\nCtrl S  save\nF12  numbers about this window";
