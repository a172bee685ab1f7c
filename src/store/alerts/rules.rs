//! Alert rules as data: what each watches, how long it must hold, when it is over, and what to say then.

use serde::{Deserialize, Serialize};

use super::watch::{Hold, Side};

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// An expert gets few of the router's picks.
    StarvingExpert,
    /// An expert gets none.
    DeadExpert,
    /// Load collapse: nearly every token goes to the same expert, or few experts do all the work.
    LoadCollapse,
    /// The hidden states clump.
    RepresentationCollapse,
    /// Two experts compute the same.
    Redundancy,
    /// The router does not foresee the competition.
    RouterAtChance,
    /// The router says the same of every expert.
    RouterUndecided,
    /// The router is surer than it is right.
    RouterOverconfident,
    /// The training loss is above the uniform baseline, that of a guess without knowledge.
    LossAboveChance,
    /// The training loss rises.
    LossRising,
    /// The gradient jumps.
    GradientSpikes,
    /// Overfitting: validation loss rises while training loss falls.
    ValidationGap,
}

/// Which panel shows what a rule watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Panel {
    /// How the router spreads tokens.
    Load,
    /// Router against competition.
    Agreement,
    /// The three collapses.
    Collapse,
    /// Losses and gradient.
    Loss,
}

/// What a rule is fed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cadence {
    /// Every step.
    Steps,
    /// Every 50 steps.
    Blocks,
    /// Every probe.
    Probes,
    /// Every validation.
    Validations,
}

/// A rule. In the texts `{0}`, `{1}`, … stand for the alert's numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RuleDefinition {
    /// Its name on screen.
    pub name: &'static str,
    /// Where its measure is drawn.
    pub panel: Panel,
    /// What is watched.
    pub watches: &'static str,
    /// What each of an alert's numbers is; the first is the watched one.
    pub numbers: &'static [&'static str],
    /// How often it is read.
    pub cadence: Cadence,
    /// When the alert goes up.
    pub raise: Hold,
    /// When it comes down; farther off than it went up, so that it does not flicker.
    pub clear: Hold,
    /// What is seen.
    pub words: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What to try.
    pub tries: &'static str,
}

impl Rule {
    /// All rules, in the order of menus.
    pub const ALL: [Self; 12] = [
        Self::StarvingExpert,
        Self::DeadExpert,
        Self::LoadCollapse,
        Self::RepresentationCollapse,
        Self::Redundancy,
        Self::RouterAtChance,
        Self::RouterUndecided,
        Self::RouterOverconfident,
        Self::LossAboveChance,
        Self::LossRising,
        Self::GradientSpikes,
        Self::ValidationGap,
    ];

    /// All about it.
    pub fn terms(self) -> RuleDefinition {
        use Side::{Above, Below};
        match self {
            Self::StarvingExpert => RuleDefinition {
                name: "expert starving",
                panel: Panel::Load,
                watches: "an expert's share of the router's picks ÷ an even share, mean",
                numbers: &["share of an even share"],
                cadence: Cadence::Steps,
                raise: Hold::mean(Below, 0.25, 300),
                clear: Hold::mean(Above, 0.5, 50),
                words: "Expert {expert} of {layer} gets {0%} of an even share, over {steps} steps",
                why: "An expert learns only from the tokens it is sent, so one that is rarely picked falls further behind and \
                      is picked even less.",
                tries: "Raise the balance weight β, or the competition rate: in a competition every expert may answer.",
            },
            Self::DeadExpert => RuleDefinition {
                name: "dead expert",
                panel: Panel::Load,
                watches: "whether an expert got a token at a step, 0 or 1",
                numbers: &["whether it got a token"],
                cadence: Cadence::Steps,
                raise: Hold::each(Below, 0.5, 100),
                clear: Hold::mean(Above, 0.5, 20),
                words: "Expert {expert} of {layer} has had no token for {steps} steps",
                why: "Without tokens it has no gradient: it will not come back by itself, and its weights are carried along \
                      for nothing.",
                tries: "Let the layer compete (paint a few steps ahead, or raise the rate), reset the expert, or drop it. If \
                        it was muted in the fault lab, unmute it.",
            },
            Self::LoadCollapse => RuleDefinition {
                name: "load collapse",
                panel: Panel::Load,
                watches: "load of the last 100 steps: the smaller of what the busiest expert misses of all tokens, as a share of \
                          a tenth of what even routing would send past it, and of effective experts ÷ the larger of N/2 and \
                          k + (N − k)/4",
                numbers: &[
                    "distance",
                    "effective experts",
                    "experts N",
                    "steps averaged",
                    "experts with nearly every token",
                    "k",
                    "smallest share of the tokens that one of those gets",
                ],
                cadence: Cadence::Steps,
                raise: Hold::each(Below, 1.0, 50),
                clear: Hold::each(Above, 1.2, 20),
                words: "{layer}: load collapse, {what}; effective experts, last {3.0} steps: {1.1} of {2.0}",
                why: "A few experts get nearly all tokens; the others add to the size of the model and not to what it can do.",
                tries: "Raise the balance weight β. If it has just begun, a lower learning rate keeps the router from running \
                        ahead of the experts. If it was forced in the fault lab, free the router again.",
            },
            Self::RepresentationCollapse => RuleDefinition {
                name: "representation collapse",
                panel: Panel::Collapse,
                watches: "effective rank ÷ the larger of a tenth of its limit and half of the best so far",
                numbers: &["quotient", "effective rank", "best so far", "limit"],
                cadence: Cadence::Probes,
                raise: Hold::each(Below, 1.0, 3),
                clear: Hold::each(Above, 1.2, 2),
                words: "Hidden states entering {layer} spread over {1.1} directions; the best so far was {2.1} of at most {3.0}",
                why: "States that lie in few directions look alike to the router and to the experts, so there is little left \
                      to choose by.",
                tries: "Lower the learning rate, or the weight of the balance losses if they are large beside the task loss.",
            },
            Self::Redundancy => RuleDefinition {
                name: "experts alike",
                panel: Panel::Collapse,
                watches: "largest mean cosine of two experts' answers to the same tokens",
                numbers: &["cosine"],
                cadence: Cadence::Probes,
                raise: Hold::each(Above, 0.9, 3),
                clear: Hold::each(Below, 0.85, 2),
                words: "Experts {expert} and {other} of {layer} answer almost alike: cosine {0}",
                why: "Two experts that compute the same do the work of one.",
                tries: "Raise the diversity weight, merge the pair, or reset one of the two.",
            },
            Self::RouterAtChance => RuleDefinition {
                name: "router at chance",
                panel: Panel::Agreement,
                watches: "Cohen's kappa of router and competition, after 10 competitions of the layer",
                numbers: &["kappa", "competitions"],
                cadence: Cadence::Probes,
                raise: Hold::each(Below, 0.05, 5),
                clear: Hold::each(Above, 0.1, 2),
                words: "The router of {layer} foresees the winner no better than chance: kappa {0} after {1.0} competitions",
                why: "Competitions cost time so that the router can learn from them; here it has not.",
                tries: "Raise the router weight α or the competition rate. If all responses are nearly equal there is nothing \
                        to foresee: look at the response, or choose the other one.",
            },
            Self::RouterUndecided => RuleDefinition {
                name: "router undecided",
                panel: Panel::Agreement,
                watches: "mean entropy of the router's probabilities ÷ ln N",
                numbers: &["entropy"],
                cadence: Cadence::Probes,
                raise: Hold::each(Above, 0.98, 5),
                clear: Hold::each(Below, 0.96, 2),
                words: "The router of {layer} gives every expert nearly the same chance: entropy {0} of 1",
                why: "Its choice then hangs on tiny differences and changes from step to step, so no expert can specialize.",
                tries: "Give it time early in a run. Later: lower the balance weight β, or raise the router weight α.",
            },
            Self::RouterOverconfident => RuleDefinition {
                name: "router overconfident",
                panel: Panel::Agreement,
                watches: "calibration error of the router's first choice, where it is surer than right, after 10 competitions",
                numbers: &["calibration error", "mean largest p", "top-1 match"],
                cadence: Cadence::Probes,
                raise: Hold::each(Above, 0.3, 3),
                clear: Hold::each(Below, 0.2, 2),
                words: "The router of {layer} is {1%} sure of its first choice and right in {2%}",
                why: "A router that is too sure keeps sending tokens the same way and hears little from the experts it leaves out.",
                tries: "Let the layer compete more often, or add some z-loss, which keeps logits small.",
            },
            Self::LossAboveChance => RuleDefinition {
                name: "loss above chance",
                panel: Panel::Loss,
                watches: "median training loss of the last 100 steps, all after warm-up, ÷ the uniform baseline, ln of the number of classes",
                numbers: &["quotient", "median loss", "classes", "uniform baseline", "steps"],
                cadence: Cadence::Steps,
                raise: Hold::each(Above, 1.0, 10),
                clear: Hold::each(Below, 0.98, 10),
                words: "Loss above chance: {1.3} nats, median of the last {4.0} steps; the uniform baseline is ln {2.0} = {3}",
                why: "A guess without any knowledge does better: what was learned is lost, and other measures of this network \
                      say little.",
                tries: "Go back to a save from before it, then lower the learning rate.",
            },
            Self::LossRising => RuleDefinition {
                name: "loss rising",
                panel: Panel::Loss,
                watches: "mean loss of the last 200 steps less that of the 200 before, in standard errors",
                numbers: &["standard errors", "mean before", "mean now"],
                cadence: Cadence::Blocks,
                raise: Hold::each(Above, 3.0, 2),
                clear: Hold::each(Below, 1.0, 2),
                words: "The loss rose from {1.3} to {2.3} over 400 steps, {0.1} standard errors",
                why: "That is more than the luck of the batches: training is undoing what it learned.",
                tries: "Lower the learning rate. If something was just changed, see whether undoing it helps.",
            },
            Self::GradientSpikes => RuleDefinition {
                name: "gradient spikes",
                panel: Panel::Loss,
                watches: "steps of the last 200 whose gradient is over 8 times the usual length",
                numbers: &["spikes", "usual length"],
                cadence: Cadence::Steps,
                raise: Hold::each(Above, 2.5, 1),
                clear: Hold::each(Below, 0.5, 1),
                words: "{0.0} gradients of the last 200 steps were over 8 times the usual length of {1}",
                why: "Clipping keeps one from doing harm, but several in a row are often the first sign that training runs away.",
                tries: "Lower the learning rate, or the weights of the auxiliary losses.",
            },
            Self::ValidationGap => RuleDefinition {
                name: "overfitting",
                panel: Panel::Loss,
                watches: "validation loss ÷ its best so far − 1, while the training loss is lower than it was then",
                numbers: &["share above the best", "validation loss", "training loss"],
                cadence: Cadence::Validations,
                raise: Hold::each(Above, 0.02, 3),
                clear: Hold::each(Below, 0.01, 2),
                words: "Validation loss is {1.3}, {0%} above its best, while training loss fell to {2.3}",
                why: "The model gets better on the text it has seen and worse on the text it has not.",
                tries: "Stop here or go back to a save, use more text, or a smaller model.",
            },
        }
    }
}
