//! Alert rules as data: which number each watches, how long it must hold, and when it is over.

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
    /// The router does not predict the competition.
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
    /// The loss that somebody's trainer tells is NaN or infinite.
    LossNotFinite,
    /// What a dump of somebody's training holds of a layer is NaN or infinite.
    LayerNotFinite,
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

/// A rule: the number it watches, and for how long it must stand on one side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RuleDefinition {
    /// Where its measure is drawn.
    pub panel: Panel,
    /// What each of an alert's numbers is; the first is the watched one.
    pub numbers: &'static [&'static str],
    /// How often it is read.
    pub cadence: Cadence,
    /// When the alert goes up.
    pub raise: Hold,
    /// When it comes down; farther off than it went up, so that it does not flicker.
    pub clear: Hold,
}

impl Rule {
    /// All rules, in the order of menus.
    pub const ALL: [Self; 14] = [
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
        Self::LossNotFinite,
        Self::LayerNotFinite,
    ];

    /// All about it.
    pub fn terms(self) -> RuleDefinition {
        use Side::{Above, Below};
        match self {
            Self::StarvingExpert => RuleDefinition {
                panel: Panel::Load,
                // Watched: an expert's share of the router's picks ÷ an even share, mean.
                numbers: &["share of an even share"],
                cadence: Cadence::Steps,
                raise: Hold::mean(Below, 0.25, 300),
                clear: Hold::mean(Above, 0.5, 50),
            },
            Self::DeadExpert => RuleDefinition {
                panel: Panel::Load,
                // Watched: whether an expert got a token at a step, 0 or 1.
                numbers: &["whether it got a token"],
                cadence: Cadence::Steps,
                raise: Hold::each(Below, 0.5, 100),
                clear: Hold::mean(Above, 0.5, 20),
            },
            Self::LoadCollapse => RuleDefinition {
                panel: Panel::Load,
                // Watched: load of the last 100 steps: the smaller of what the busiest expert misses of all tokens, as
                // a share of a tenth of what even routing would send past it, and of effective experts ÷ the larger of
                // N/2 and k + (N − k)/4.
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
            },
            Self::RepresentationCollapse => RuleDefinition {
                panel: Panel::Collapse,
                // Watched: effective rank ÷ the larger of a tenth of its limit and half of the best so far.
                numbers: &["quotient", "effective rank", "best so far", "limit"],
                cadence: Cadence::Probes,
                raise: Hold::each(Below, 1.0, 3),
                clear: Hold::each(Above, 1.2, 2),
            },
            Self::Redundancy => RuleDefinition {
                panel: Panel::Collapse,
                // Watched: largest mean cosine of two experts' answers to the same tokens.
                numbers: &["cosine"],
                cadence: Cadence::Probes,
                raise: Hold::each(Above, 0.9, 3),
                clear: Hold::each(Below, 0.85, 2),
            },
            Self::RouterAtChance => RuleDefinition {
                panel: Panel::Agreement,
                // Watched: Cohen's kappa of router and competition, after 10 competitions of the layer.
                numbers: &["kappa", "competitions"],
                cadence: Cadence::Probes,
                raise: Hold::each(Below, 0.05, 5),
                clear: Hold::each(Above, 0.1, 2),
            },
            Self::RouterUndecided => RuleDefinition {
                panel: Panel::Agreement,
                // Watched: mean entropy of the router's probabilities ÷ ln N.
                numbers: &["entropy"],
                cadence: Cadence::Probes,
                raise: Hold::each(Above, 0.98, 5),
                clear: Hold::each(Below, 0.96, 2),
            },
            Self::RouterOverconfident => RuleDefinition {
                panel: Panel::Agreement,
                // Watched: calibration error of the router's first choice, where it is surer than right, after 10
                // competitions.
                numbers: &["calibration error", "mean largest p", "top-1 match"],
                cadence: Cadence::Probes,
                raise: Hold::each(Above, 0.3, 3),
                clear: Hold::each(Below, 0.2, 2),
            },
            Self::LossAboveChance => RuleDefinition {
                panel: Panel::Loss,
                // Watched: median training loss of the last 100 steps, all after warm-up, ÷ the uniform baseline, ln
                // of the number of classes.
                numbers: &["quotient", "median loss", "classes", "uniform baseline", "steps"],
                cadence: Cadence::Steps,
                raise: Hold::each(Above, 1.0, 10),
                clear: Hold::each(Below, 0.98, 10),
            },
            Self::LossRising => RuleDefinition {
                panel: Panel::Loss,
                // Watched: mean loss of the last 200 steps less that of the 200 before, in standard errors.
                numbers: &["standard errors", "mean before", "mean now"],
                cadence: Cadence::Blocks,
                raise: Hold::each(Above, 3.0, 2),
                clear: Hold::each(Below, 1.0, 2),
            },
            Self::GradientSpikes => RuleDefinition {
                panel: Panel::Loss,
                // Watched: steps of the last 200 whose gradient was clipped and over 8 times the usual length.
                numbers: &["spikes", "usual length"],
                cadence: Cadence::Steps,
                raise: Hold::each(Above, 2.5, 1),
                clear: Hold::each(Below, 0.5, 1),
            },
            Self::ValidationGap => RuleDefinition {
                panel: Panel::Loss,
                // Watched: validation loss ÷ its best so far − 1, while the training loss is lower than it was then.
                numbers: &["share above the best", "validation loss", "training loss"],
                cadence: Cadence::Validations,
                raise: Hold::each(Above, 0.02, 3),
                clear: Hold::each(Below, 0.01, 2),
            },
            Self::LossNotFinite => RuleDefinition {
                panel: Panel::Loss,
                // Watched: whether the loss is no finite number, 0 or 1.
                numbers: &["whether it is not finite"],
                cadence: Cadence::Probes,
                raise: Hold::each(Above, 0.5, 1),
                clear: Hold::each(Below, 0.5, 2),
            },
            Self::LayerNotFinite => RuleDefinition {
                panel: Panel::Load,
                // Watched: tensors of a layer that hold a number that is not finite.
                numbers: &["tensors"],
                cadence: Cadence::Probes,
                raise: Hold::each(Above, 0.5, 1),
                clear: Hold::each(Below, 0.5, 2),
            },
        }
    }
}
