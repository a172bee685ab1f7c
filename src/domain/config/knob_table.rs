//! The table of knobs: [`KNOBS`] says of each how it is named, read, set, bounded and shown. A knob is added here and in
//! [`Knobs`]; complaints, journals, command line, dials and the causes of a step that is not finite follow.

use super::{KnobId, KnobKind, KnobSpec, Knobs, RealRange, Slider, WholeRange};

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
pub(crate) const KNOBS: &[KnobSpec] = &[
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
