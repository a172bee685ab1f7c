//! The real numbers of a config, each with how to put another in its place: what tests of extreme numbers go through.

use super::{Config, KNOBS, KnobKind, Knobs, RealRange, RouterForm};

/// A real number of a config that may be as large as [`LARGEST_REAL`](super::LARGEST_REAL), but for the betas.
#[allow(dead_code, reason = "the tests of the library and those of the program both go through it")]
#[derive(Clone, Copy, Debug)]
pub struct RealField {
    /// The field as spelled in TOML.
    pub field: &'static str,
    setter: RealSetter,
}

/// Puts a number into a config.
#[allow(dead_code, reason = "see RealField")]
type SetReal = fn(&mut Config, f64);

#[allow(dead_code, reason = "see RealField")]
#[derive(Clone, Copy, Debug)]
enum RealSetter {
    Knob(fn(&mut Knobs, f64)),
    Config(SetReal),
}

#[allow(dead_code, reason = "see RealField")]
impl RealField {
    /// All of them that training computes with: those of the knobs, then those of the config.
    pub fn all() -> Vec<Self> {
        let of_knobs = KNOBS.iter().filter_map(|spec| match spec.kind {
            KnobKind::Real { set, range: RealRange::Positive | RealRange::AtLeastZero, .. } => {
                Some(Self { field: spec.field, setter: RealSetter::Knob(set) })
            }
            _ => None,
        });
        let others: [(&'static str, SetReal); 6] = [
            ("model.router.sigmoid.scale", |config, value| {
                config.model.router = RouterForm::Sigmoid { scale: value };
            }),
            ("optimizer.epsilon", |config, value| config.optimizer.epsilon = value),
            ("optimizer.weight_decay", |config, value| config.optimizer.weight_decay = value),
            ("optimizer.clip_norm", |config, value| config.optimizer.clip_norm = value),
            ("optimizer.beta1", |config, value| config.optimizer.beta1 = value),
            ("optimizer.beta2", |config, value| config.optimizer.beta2 = value),
        ];
        of_knobs.chain(others.map(|(field, set)| Self { field, setter: RealSetter::Config(set) })).collect()
    }

    /// Puts a number in its place.
    pub fn set(&self, config: &mut Config, value: f64) {
        match self.setter {
            RealSetter::Knob(set) => set(&mut config.knobs, value),
            RealSetter::Config(set) => set(config, value),
        }
    }
}
