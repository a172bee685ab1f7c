//! The cause of a step that is not finite: which number of the config is at fault.

use std::fmt;

use super::{Config, Knobs, RouterForm};

/// A number of the config that makes a step not finite, with its value; the step is finite with a usual one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    /// `knobs.learning_rate`
    LearningRate(f64),
    /// `knobs.router_weight`, α of the distillation loss.
    RouterWeight(f64),
    /// `knobs.theta`, θ of the winners' own term in the distillation loss.
    Theta(f64),
    /// `knobs.balance_weight`, β of a router step's balance loss.
    BalanceWeight(f64),
    /// `knobs.z_weight`, of the z-loss.
    ZWeight(f64),
    /// `knobs.affinity_balance_weight`, β_c of a competition step's balance loss.
    AffinityBalanceWeight(f64),
    /// `knobs.diversity_weight`, β_c of the diversity loss.
    DiversityWeight(f64),
    /// `model.router.sigmoid.scale`, by which logits are divided; too small.
    RouterScale(f64),
    /// `optimizer.epsilon`: so small that a moment of next to nothing is divided by next to nothing.
    Epsilon(f64),
    /// `optimizer.weight_decay`
    WeightDecay(f64),
    /// `optimizer.beta1`: the first moment remembers a gradient that the second has forgotten.
    Beta1(f64),
    /// `optimizer.beta2`: the second moment forgets a gradient that the first remembers; too small.
    Beta2(f64),
}

impl Cause {
    /// The numbers of `config` that multiply a term of the loss, or logits, and are not usual: weights above their
    /// defaults and a scale below 1.
    pub fn in_loss(config: &Config) -> Vec<Self> {
        let (knobs, usual) = (&config.knobs, Knobs::default());
        let scale = match config.model.router {
            RouterForm::Sigmoid { scale } => scale,
            _ => 1.0,
        };
        // What multiplies another comes before it, so that of two that are large together the inner one is named.
        let all = [
            (Self::RouterWeight(knobs.router_weight), knobs.router_weight > usual.router_weight),
            (Self::Theta(knobs.theta), knobs.theta > usual.theta),
            (Self::BalanceWeight(knobs.balance_weight), knobs.balance_weight > usual.balance_weight),
            (Self::ZWeight(knobs.z_weight), knobs.z_weight > usual.z_weight),
            (
                Self::AffinityBalanceWeight(knobs.affinity_balance_weight),
                knobs.affinity_balance_weight > usual.affinity_balance_weight,
            ),
            (Self::DiversityWeight(knobs.diversity_weight), knobs.diversity_weight > usual.diversity_weight),
            (Self::RouterScale(scale), scale < 1.0),
        ];
        all.into_iter().filter(|(_, unusual)| *unusual).map(|(cause, _)| cause).collect()
    }

    /// Puts the usual number into `config`, its knobs included, in the place of this one.
    pub fn make_usual(self, config: &mut Config) {
        self.make_usual_in(&mut config.knobs);
        let (optimizer, usual) = (&mut config.optimizer, Config::default().optimizer);
        match self {
            Self::RouterScale(_) => config.model.router = RouterForm::Sigmoid { scale: 1.0 },
            Self::Epsilon(_) => optimizer.epsilon = usual.epsilon,
            Self::WeightDecay(_) => optimizer.weight_decay = usual.weight_decay,
            Self::Beta1(_) => optimizer.beta1 = usual.beta1,
            Self::Beta2(_) => optimizer.beta2 = usual.beta2,
            _ => {}
        }
    }

    /// Puts the usual number into `knobs` in the place of this one, or half of it if it is the learning rate; nothing if it
    /// is no knob.
    pub fn make_usual_in(self, knobs: &mut Knobs) {
        let usual = Knobs::default();
        match self {
            Self::LearningRate(_) => knobs.learning_rate /= 2.0,
            Self::RouterWeight(_) => knobs.router_weight = usual.router_weight,
            Self::Theta(_) => knobs.theta = usual.theta,
            Self::BalanceWeight(_) => knobs.balance_weight = usual.balance_weight,
            Self::ZWeight(_) => knobs.z_weight = usual.z_weight,
            Self::AffinityBalanceWeight(_) => knobs.affinity_balance_weight = usual.affinity_balance_weight,
            Self::DiversityWeight(_) => knobs.diversity_weight = usual.diversity_weight,
            Self::RouterScale(_) | Self::Epsilon(_) | Self::WeightDecay(_) | Self::Beta1(_) | Self::Beta2(_) => {}
        }
    }

    /// The field as spelled in TOML, e.g. `knobs.theta`.
    pub fn field(self) -> &'static str {
        match self {
            Self::LearningRate(_) => "knobs.learning_rate",
            Self::RouterWeight(_) => "knobs.router_weight",
            Self::Theta(_) => "knobs.theta",
            Self::BalanceWeight(_) => "knobs.balance_weight",
            Self::ZWeight(_) => "knobs.z_weight",
            Self::AffinityBalanceWeight(_) => "knobs.affinity_balance_weight",
            Self::DiversityWeight(_) => "knobs.diversity_weight",
            Self::RouterScale(_) => "model.router.sigmoid.scale",
            Self::Epsilon(_) => "optimizer.epsilon",
            Self::WeightDecay(_) => "optimizer.weight_decay",
            Self::Beta1(_) => "optimizer.beta1",
            Self::Beta2(_) => "optimizer.beta2",
        }
    }

    /// What helps: a `smaller` or a `larger` number.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::RouterScale(_) | Self::Epsilon(_) | Self::Beta2(_) => "larger",
            _ => "smaller",
        }
    }

    /// What the number multiplies in the loss, if it is a weight there.
    fn term(self) -> Option<&'static str> {
        match self {
            Self::RouterWeight(_) => Some("the distillation loss"),
            Self::Theta(_) => Some("the winners' term in the distillation loss"),
            Self::BalanceWeight(_) => Some("the balance loss"),
            Self::ZWeight(_) => Some("the z-loss"),
            Self::AffinityBalanceWeight(_) => Some("the affinity balance loss"),
            Self::DiversityWeight(_) => Some("the diversity loss"),
            _ => None,
        }
    }

    fn value(self) -> f64 {
        match self {
            Self::LearningRate(x)
            | Self::RouterWeight(x)
            | Self::Theta(x)
            | Self::BalanceWeight(x)
            | Self::ZWeight(x)
            | Self::AffinityBalanceWeight(x)
            | Self::DiversityWeight(x)
            | Self::RouterScale(x)
            | Self::Epsilon(x)
            | Self::WeightDecay(x)
            | Self::Beta1(x)
            | Self::Beta2(x) => x,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value();
        let value =
            if value != 0.0 && !(1e-4..1e6).contains(&value) { format!("{value:e}") } else { value.to_string() };
        let size = if self.remedy() == "larger" { "small" } else { "large" };
        match (self, self.term()) {
            (Self::LearningRate(_), _) => write!(f, "the learning rate {value} is too {size}"),
            (_, Some(term)) => write!(f, "{} {value}, the weight of {term}, is too {size}", self.field()),
            (_, None) => write!(f, "{} {value} is too {size}", self.field()),
        }
    }
}
