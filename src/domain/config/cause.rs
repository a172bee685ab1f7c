//! The cause of a step that is not finite: which number of the config is at fault.

use std::fmt;

use super::{Config, KNOBS, KnobId, KnobSpec, Knobs, RouterForm};

/// A number of the config that makes a step not finite, with its value; the step is finite with a usual one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    /// A knob: the learning rate, or a weight of the loss.
    Knob(KnobId, f64),
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
    /// Between several, where a journal lists them.
    pub(crate) const BETWEEN: &'static str = ", and ";

    /// The numbers of `config` that multiply a term of the loss, or logits, and are not usual: weights above their
    /// defaults and a scale below 1.
    pub(crate) fn in_loss(config: &Config) -> Vec<Self> {
        let (knobs, usual) = (&config.knobs, Knobs::default());
        let scale = match config.model.router {
            RouterForm::Sigmoid { scale } => scale,
            _ => 1.0,
        };
        let unusual = |spec: &&KnobSpec| spec.term.is_some() && spec.real(knobs) > spec.real(&usual);
        let weights = KNOBS.iter().filter(unusual);
        let weights = weights.filter_map(|spec| Some(Self::Knob(spec.id, spec.real(knobs)?)));
        weights.chain((scale < 1.0).then_some(Self::RouterScale(scale))).collect()
    }

    /// Puts the usual number into `config`, its knobs included, in the place of this one.
    pub(crate) fn make_usual(self, config: &mut Config) {
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
    pub(crate) fn make_usual_in(self, knobs: &mut Knobs) {
        match self {
            Self::Knob(KnobId::LearningRate, _) => knobs.learning_rate /= 2.0,
            Self::Knob(id, _) => {
                if let Some(usual) = id.spec().real(&Knobs::default()) {
                    id.spec().set_real(knobs, usual);
                }
            }
            Self::RouterScale(_) | Self::Epsilon(_) | Self::WeightDecay(_) | Self::Beta1(_) | Self::Beta2(_) => {}
        }
    }

    /// The field as spelled in TOML, e.g. `knobs.theta`.
    pub fn field(self) -> &'static str {
        match self {
            Self::Knob(id, _) => id.spec().field,
            Self::RouterScale(_) => "model.router.sigmoid.scale",
            Self::Epsilon(_) => "optimizer.epsilon",
            Self::WeightDecay(_) => "optimizer.weight_decay",
            Self::Beta1(_) => "optimizer.beta1",
            Self::Beta2(_) => "optimizer.beta2",
        }
    }

    /// What helps: a `smaller` or a `larger` number.
    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Self::RouterScale(_) | Self::Epsilon(_) | Self::Beta2(_) => "larger",
            _ => "smaller",
        }
    }

    /// What the number multiplies in the loss, if it is a weight there.
    fn term(self) -> Option<&'static str> {
        if let Self::Knob(id, _) = self { id.spec().term } else { None }
    }

    fn value(self) -> f64 {
        match self {
            Self::Knob(_, x)
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
            (Self::Knob(KnobId::LearningRate, _), _) => write!(f, "the learning rate {value} is too {size}"),
            (_, Some(term)) => write!(f, "{} {value}, the weight of {term}, is too {size}", self.field()),
            (_, None) => write!(f, "{} {value} is too {size}", self.field()),
        }
    }
}
