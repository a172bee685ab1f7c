//! The table of knobs: [`KNOBS`] says of each how it is named, read, set, bounded and shown. A knob is added here and in
//! [`Knobs`]; complaints, journals, command line, dials and the causes of a step that is not finite follow.

use super::validate::{LARGEST, SMALLEST};
use super::{Config, Knobs, RouterForm};

/// A knob by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KnobId {
    /// [`Knobs::policy`]
    Policy,
    /// [`Knobs::form`]
    Form,
    /// [`Knobs::learning_rate`]
    LearningRate,
    /// [`Knobs::top_k`]
    TopK,
    /// [`Knobs::competition_rate`]
    CompetitionRate,
    /// [`Knobs::max_competing_layers`]
    MaxCompetingLayers,
    /// [`Knobs::competition_warmup`]
    CompetitionWarmup,
    /// [`Knobs::response`]
    Response,
    /// [`Knobs::combine_gate`]
    CombineGate,
    /// [`Knobs::freeze_step`]
    FreezeStep,
    /// [`Knobs::router_weight`], α
    RouterWeight,
    /// [`Knobs::theta`], θ
    Theta,
    /// [`Knobs::distillation`]
    Distillation,
    /// [`Knobs::balance_weight`], β
    BalanceWeight,
    /// [`Knobs::z_weight`]
    ZWeight,
    /// [`Knobs::affinity_balance_weight`], β_c of the affinity balance
    AffinityBalanceWeight,
    /// [`Knobs::diversity_weight`], β_c of the diversity loss
    DiversityWeight,
}

impl KnobId {
    /// Its row in [`KNOBS`].
    pub fn spec(self) -> &'static KnobSpec {
        &KNOBS[self as usize]
    }
}

/// What is known of a knob.
#[derive(Clone, Copy, Debug)]
pub struct KnobSpec {
    /// Which it is.
    pub id: KnobId,
    /// The field as spelled in TOML, e.g. `knobs.theta`.
    pub field: &'static str,
    /// The name in journals and changes.
    pub name: &'static str,
    /// The option of `moe-arena train` that sets it, if one does.
    pub option: Option<&'static str>,
    /// What it multiplies in the loss, if it is a weight there.
    pub term: Option<&'static str>,
    /// How it is read and set, and what it may be.
    pub kind: KnobKind,
}

/// How a knob is read and set, and what it may be.
#[derive(Clone, Copy, Debug)]
pub enum KnobKind {
    /// A real number.
    Real {
        /// Reads it.
        get: fn(&Knobs) -> f64,
        /// Sets it.
        set: fn(&mut Knobs, f64),
        /// What it may be.
        range: RealRange,
        /// What a slider offers of that.
        slider: Slider,
    },
    /// A whole number.
    Whole {
        /// Reads it.
        get: fn(&Knobs) -> u64,
        /// Sets it; a number too large for its type becomes the largest.
        set: fn(&mut Knobs, u64),
        /// What it may be.
        range: WholeRange,
    },
    /// One of a few, by its label.
    Choice {
        /// Reads the label.
        get: fn(&Knobs) -> &'static str,
    },
}

/// What a real number may be. Numbers are used in single precision, so that each is at least
/// [`SMALLEST_REAL`](super::SMALLEST_REAL) or 0, and at most [`LARGEST_REAL`](super::LARGEST_REAL).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RealRange {
    /// Above 0.
    Positive,
    /// 0 or above.
    AtLeastZero,
    /// 0 to 1.
    Share,
}

impl RealRange {
    /// Whether a number is in it.
    pub fn holds(self, value: f64) -> bool {
        let large = (SMALLEST..=LARGEST).contains(&value);
        match self {
            Self::Positive => large,
            Self::AtLeastZero => value == 0.0 || large,
            Self::Share => (0.0..=1.0).contains(&value),
        }
    }

    /// What would be in it, in words.
    pub fn expected(self) -> String {
        match self {
            Self::Positive => format!("a number from {SMALLEST:.1e} to {LARGEST:e}"),
            Self::AtLeastZero => format!("0, or a number from {SMALLEST:.1e} to {LARGEST:e}"),
            Self::Share => "0 to 1".into(),
        }
    }
}

/// What a whole number may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WholeRange {
    /// 1 to the number of experts.
    Experts,
    /// How many layers; 1 to the number of layers does something, a config may hold any.
    Layers,
    /// A step of the run, 0 and up.
    Step,
}

/// The scale of a slider.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slider {
    /// Least.
    pub low: f64,
    /// Most.
    pub high: f64,
    /// If the scale is logarithmic: the least value above `low` that it tells apart.
    pub finest: Option<f64>,
}

/// The slider of a weight: 0 to 1, most room for the small ones.
const WEIGHT: Slider = Slider { low: 0.0, high: 1.0, finest: Some(1e-5) };

/// A real knob that is a weight of the loss.
const fn weight(
    id: KnobId,
    [field, name, option, term]: [&'static str; 4],
    get: fn(&Knobs) -> f64,
    set: fn(&mut Knobs, f64),
    slider: Slider,
) -> KnobSpec {
    let kind = KnobKind::Real { get, set, range: RealRange::AtLeastZero, slider };
    KnobSpec { id, field, name, option: Some(option), term: Some(term), kind }
}

/// A knob that is no weight.
const fn knob(id: KnobId, [field, name]: [&'static str; 2], option: Option<&'static str>, kind: KnobKind) -> KnobSpec {
    KnobSpec { id, field, name, option, term: None, kind }
}

/// Every knob, in the order of changes and complaints. Of two weights of which one multiplies the other, the outer comes
/// first: of two that are large together the inner one is named.
pub const KNOBS: &[KnobSpec] = &[
    knob(
        KnobId::Policy,
        ["knobs.policy", "policy"],
        Some("--policy"),
        KnobKind::Choice { get: |knobs| knobs.policy.label() },
    ),
    knob(KnobId::Form, ["knobs.form", "form"], Some("--form"), KnobKind::Choice { get: |knobs| knobs.form.label() }),
    knob(
        KnobId::LearningRate,
        ["knobs.learning_rate", "learning rate"],
        Some("--lr"),
        KnobKind::Real {
            get: |knobs| knobs.learning_rate,
            set: |knobs, value| knobs.learning_rate = value,
            range: RealRange::Positive,
            slider: Slider { low: 1e-5, high: 1e-1, finest: Some(1e-5) },
        },
    ),
    knob(
        KnobId::TopK,
        ["knobs.top_k", "top-k"],
        Some("--top-k"),
        KnobKind::Whole {
            get: |knobs| knobs.top_k as u64,
            set: |knobs, value| knobs.top_k = capped(value),
            range: WholeRange::Experts,
        },
    ),
    knob(
        KnobId::CompetitionRate,
        ["knobs.competition_rate", "competition rate"],
        Some("--rate"),
        KnobKind::Real {
            get: |knobs| knobs.competition_rate,
            set: |knobs, value| knobs.competition_rate = value,
            range: RealRange::Share,
            slider: Slider { low: 0.0, high: 1.0, finest: Some(0.005) },
        },
    ),
    knob(
        KnobId::MaxCompetingLayers,
        ["knobs.max_competing_layers", "layers at once"],
        None,
        KnobKind::Whole {
            get: |knobs| knobs.max_competing_layers as u64,
            set: |knobs, value| knobs.max_competing_layers = capped(value),
            range: WholeRange::Layers,
        },
    ),
    knob(
        KnobId::CompetitionWarmup,
        ["knobs.competition_warmup", "competition warm-up"],
        None,
        KnobKind::Whole {
            get: |knobs| knobs.competition_warmup,
            set: |knobs, value| knobs.competition_warmup = value,
            range: WholeRange::Step,
        },
    ),
    knob(
        KnobId::Response,
        ["knobs.response", "response"],
        None,
        KnobKind::Choice { get: |knobs| knobs.response().label() },
    ),
    knob(
        KnobId::CombineGate,
        ["knobs.combine_gate", "half by the gate"],
        None,
        KnobKind::Choice { get: |knobs| if knobs.combine_gate { "on" } else { "off" } },
    ),
    knob(
        KnobId::FreezeStep,
        ["knobs.freeze_step", "freeze at"],
        Some("--freeze-step"),
        KnobKind::Whole {
            get: |knobs| knobs.freeze_step,
            set: |knobs, value| knobs.freeze_step = value,
            range: WholeRange::Step,
        },
    ),
    weight(
        KnobId::RouterWeight,
        ["knobs.router_weight", "router α", "--router-weight", "the distillation loss"],
        |knobs| knobs.router_weight,
        |knobs, value| knobs.router_weight = value,
        WEIGHT,
    ),
    weight(
        KnobId::Theta,
        ["knobs.theta", "winners θ", "--theta", "the winners' term in the distillation loss"],
        |knobs| knobs.theta,
        |knobs, value| knobs.theta = value,
        Slider { low: 0.0, high: 2.0, finest: None },
    ),
    knob(
        KnobId::Distillation,
        ["knobs.distillation", "distillation"],
        None,
        KnobKind::Choice { get: |knobs| knobs.distillation.label() },
    ),
    weight(
        KnobId::BalanceWeight,
        ["knobs.balance_weight", "balance β", "--balance-weight", "the balance loss"],
        |knobs| knobs.balance_weight,
        |knobs, value| knobs.balance_weight = value,
        WEIGHT,
    ),
    weight(
        KnobId::ZWeight,
        ["knobs.z_weight", "z-loss", "--z-weight", "the z-loss"],
        |knobs| knobs.z_weight,
        |knobs, value| knobs.z_weight = value,
        WEIGHT,
    ),
    weight(
        KnobId::AffinityBalanceWeight,
        ["knobs.affinity_balance_weight", "affinity βc", "--affinity-balance-weight", "the affinity balance loss"],
        |knobs| knobs.affinity_balance_weight,
        |knobs, value| knobs.affinity_balance_weight = value,
        WEIGHT,
    ),
    weight(
        KnobId::DiversityWeight,
        ["knobs.diversity_weight", "diversity βc", "--diversity-weight", "the diversity loss"],
        |knobs| knobs.diversity_weight,
        |knobs, value| knobs.diversity_weight = value,
        WEIGHT,
    ),
];

fn capped(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

impl KnobSpec {
    /// Its value in `knobs`, as journals write it: `0.07`, `3e-5`, `CompeteSMoE`.
    pub fn words(&self, knobs: &Knobs) -> String {
        match self.kind {
            KnobKind::Real { get, .. } => number(get(knobs)),
            KnobKind::Whole { get, .. } => get(knobs).to_string(),
            KnobKind::Choice { get } => get(knobs).to_owned(),
        }
    }

    /// Its value, if it is a real number.
    pub fn real(&self, knobs: &Knobs) -> Option<f64> {
        if let KnobKind::Real { get, .. } = self.kind { Some(get(knobs)) } else { None }
    }

    /// Sets it, if it is a real number.
    pub fn set_real(&self, knobs: &mut Knobs, value: f64) {
        if let KnobKind::Real { set, .. } = self.kind {
            set(knobs, value);
        }
    }

    /// Sets it, if it is a whole number.
    pub fn set_whole(&self, knobs: &mut Knobs, value: u64) {
        if let KnobKind::Whole { set, .. } = self.kind {
            set(knobs, value);
        }
    }
}

/// Shows a weight or rate without trailing noise: `0.07`, `0.001`, `3e-5`.
fn number(value: f64) -> String {
    if value != 0.0 && (value.abs() < 1e-3 || value.abs() >= 1e5) { format!("{value:e}") } else { format!("{value}") }
}

/// A real number of a config that may be as large as [`LARGEST_REAL`](super::LARGEST_REAL), but for the betas.
#[derive(Clone, Copy, Debug)]
pub struct RealField {
    /// The field as spelled in TOML.
    pub field: &'static str,
    setter: RealSetter,
}

#[derive(Clone, Copy, Debug)]
enum RealSetter {
    Knob(fn(&mut Knobs, f64)),
    Config(fn(&mut Config, f64)),
}

impl RealField {
    /// All of them that training computes with: those of the knobs, then those of the config.
    pub fn all() -> Vec<Self> {
        let of_knobs = KNOBS.iter().filter_map(|spec| match spec.kind {
            KnobKind::Real { set, range: RealRange::Positive | RealRange::AtLeastZero, .. } => {
                Some(Self { field: spec.field, setter: RealSetter::Knob(set) })
            }
            _ => None,
        });
        let others: [(&'static str, fn(&mut Config, f64)); 6] = [
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_the_knobs_has_one_row_in_its_place() {
        let filled = Knobs { response: Some(super::super::Response::Norm), ..Knobs::default() };
        let written = serde_json::to_value(filled).unwrap();
        let mut fields: Vec<String> = written.as_object().unwrap().keys().map(|key| format!("knobs.{key}")).collect();
        let mut rows: Vec<String> = KNOBS.iter().map(|spec| spec.field.to_owned()).collect();
        fields.sort();
        rows.sort();
        assert_eq!(rows, fields);
        assert!(KNOBS.iter().enumerate().all(|(place, spec)| spec.id as usize == place));
    }

    #[test]
    fn every_row_reads_what_it_wrote_and_touches_its_own_field_alone() {
        for spec in KNOBS {
            let mut knobs = Knobs::default();
            match spec.kind {
                KnobKind::Real { get, set, .. } => {
                    set(&mut knobs, 0.625);
                    assert_eq!(get(&knobs), 0.625, "{}", spec.field);
                }
                KnobKind::Whole { get, set, .. } => {
                    set(&mut knobs, 7);
                    assert_eq!(get(&knobs), 7, "{}", spec.field);
                }
                KnobKind::Choice { .. } => continue,
            }
            let [before, after] = [Knobs::default(), knobs].map(|knobs| serde_json::to_value(knobs).unwrap());
            let (before, after) = (before.as_object().unwrap(), after.as_object().unwrap());
            let moved: Vec<String> =
                after.keys().filter(|key| before[*key] != after[*key]).map(|key| format!("knobs.{key}")).collect();
            assert_eq!(moved, [spec.field]);
        }
    }
}
