//! Measures of two checkpoints beside each other, then and now, and whether the change is for the better.

use serde::Serialize;

use crate::domain::measures::load;
use crate::inspect::report::{InspectMeasure, LayerReport, LikenessOf};
use crate::inspect::text::{RoutedLayer, RoutedText};
use crate::store::history::{History, LayerMeasure, RunMeasure, SeriesKey};

/// A change smaller than this is none: half of what three decimals show.
const NEXT_TO_NOTHING: f64 = 5e-4;

/// A measure that two checkpoints are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComparedMeasure {
    /// Loss on the validation batches of a run, nats.
    ValidationLoss,
    /// Loss on a text that both routed, nats.
    TextLoss,
    /// Cohen's kappa of router and competition.
    Kappa,
    /// Share of the k strongest experts among the picks.
    Recall,
    /// Response of the picks ÷ response of the k strongest.
    ResponseCaptured,
    /// Standard deviation of the load ÷ its mean.
    LoadCv,
    /// Experts without a token.
    UnusedExperts,
    /// Effective number of experts: exp of the entropy of the load.
    ExpertsInUse,
    /// Largest cosine of two experts' outputs.
    WorstOutputCosine,
    /// Largest cosine of two experts' weights.
    WorstWeightCosine,
    /// Effective rank of the hidden states.
    EffectiveRank,
    /// Mean effective rank of the experts' matrices.
    WeightRank,
    /// Mean entropy of the router's probabilities ÷ ln N.
    RouterEntropy,
}

/// What a measure was taken on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MeasuredOn {
    /// What a run kept: its stored probe, its validation batches, its last training batch.
    Run,
    /// A text that both checkpoints routed.
    Text,
    /// The weights of the experts.
    Weights,
}

/// Whether a change is for the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeVerdict {
    /// For the better.
    Better,
    /// For the worse.
    Worse,
    /// No change, or one that is neither.
    Neither,
}

/// A measure then and now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MeasureChange {
    measure: ComparedMeasure,
    on: MeasuredOn,
    /// The mixture; absent for a measure of the whole model.
    layer: Option<String>,
    then: f64,
    now: f64,
    verdict: ChangeVerdict,
}

impl ComparedMeasure {
    /// Whether it counts something.
    pub fn is_count(self) -> bool {
        self == Self::UnusedExperts
    }

    /// Whether larger is better; `None` where neither is.
    fn is_better_larger(self) -> Option<bool> {
        match self {
            Self::Kappa | Self::Recall | Self::ResponseCaptured | Self::ExpertsInUse => Some(true),
            Self::EffectiveRank | Self::WeightRank => Some(true),
            Self::ValidationLoss | Self::TextLoss | Self::LoadCv | Self::UnusedExperts => Some(false),
            Self::WorstOutputCosine | Self::WorstWeightCosine => Some(false),
            Self::RouterEntropy => None,
        }
    }
}

impl MeasureChange {
    /// `None` where one of the numbers is not finite.
    pub(super) fn new(
        measure: ComparedMeasure,
        on: MeasuredOn,
        layer: Option<&str>,
        then: f64,
        now: f64,
    ) -> Option<Self> {
        let has_changed = (now - then).abs() >= NEXT_TO_NOTHING;
        let verdict = match measure.is_better_larger().filter(|_| has_changed) {
            Some(larger) if (now > then) == larger => ChangeVerdict::Better,
            Some(_) => ChangeVerdict::Worse,
            None => ChangeVerdict::Neither,
        };
        let is_told = then.is_finite() && now.is_finite();
        is_told.then(|| Self { measure, on, layer: layer.map(str::to_owned), then, now, verdict })
    }

    /// Which measure.
    pub fn measure(&self) -> ComparedMeasure {
        self.measure
    }

    /// What it was taken on.
    pub fn on(&self) -> MeasuredOn {
        self.on
    }

    /// Of which mixture, by its key; `None` for a measure of the whole model.
    pub fn layer(&self) -> Option<&str> {
        self.layer.as_deref()
    }

    /// Its value then.
    pub fn then(&self) -> f64 {
        self.then
    }

    /// Its value now.
    pub fn now(&self) -> f64 {
        self.now
    }

    /// Whether the change is for the better.
    pub fn verdict(&self) -> ChangeVerdict {
        self.verdict
    }
}

/// Measures of one text that both checkpoints routed.
pub(super) fn of_texts(now: &RoutedText, then: &RoutedText) -> Vec<MeasureChange> {
    let mut all = Vec::new();
    let loss = now.loss.zip(then.loss);
    all.extend(
        loss.and_then(|(now, then)| MeasureChange::new(ComparedMeasure::TextLoss, MeasuredOn::Text, None, then, now)),
    );
    for layer in &now.layers {
        let Some(was) = then.layers.iter().find(|was| was.key == layer.key) else { continue };
        for (measure, now, then) in
            of_layer(layer).into_iter().zip(of_layer(was)).map(|(now, then)| (now.0, now.1, then.1))
        {
            let both = now.zip(then);
            all.extend(
                both.and_then(|(now, then)| MeasureChange::new(measure, MeasuredOn::Text, Some(&layer.key), then, now)),
            );
        }
    }
    all
}

/// Measures that two saves of runs of this program keep: the newest of their curves.
///
/// - `keys`: of all mixtures of a run, in order
pub(super) fn of_histories(now: &History, then: &History, keys: &[&str]) -> Vec<MeasureChange> {
    let last = |history: &History, key: SeriesKey| history.get(key)?.last().map(|(_, value)| value);
    let change = |measure, layer: Option<&str>, key: SeriesKey| {
        MeasureChange::new(measure, MeasuredOn::Run, layer, last(then, key)?, last(now, key)?)
    };
    let mut all = Vec::new();
    all.extend(change(ComparedMeasure::ValidationLoss, None, SeriesKey::Run(RunMeasure::Validation)));
    for (layer, key) in keys.iter().enumerate() {
        let of_layer = RUN_MEASURES.iter();
        all.extend(of_layer.filter_map(|(measure, kept)| change(*measure, Some(key), SeriesKey::Layer(layer, *kept))));
    }
    all
}

/// Measures of the weights of a mixture.
pub(super) fn of_health(now: &LayerReport, then: &LayerReport) -> Vec<MeasureChange> {
    let worst = |report: &LayerReport| Some(report.likeness(LikenessOf::Stored)?.most_alike()?.2);
    let rank = |report: &LayerReport| {
        let ranks =
            [InspectMeasure::GateEffectiveRank, InspectMeasure::UpEffectiveRank, InspectMeasure::DownEffectiveRank];
        let told: Vec<f64> =
            ranks.iter().filter_map(|rank| report.measured(*rank)).flatten().flatten().copied().collect();
        (!told.is_empty()).then(|| told.iter().sum::<f64>() / told.len() as f64)
    };
    let both = [
        (ComparedMeasure::WorstWeightCosine, worst(now).zip(worst(then))),
        (ComparedMeasure::WeightRank, rank(now).zip(rank(then))),
    ];
    let told = both.into_iter().filter_map(|(measure, both)| both.map(|(now, then)| (measure, now, then)));
    told.filter_map(|(measure, is, was)| MeasureChange::new(measure, MeasuredOn::Weights, Some(now.key()), was, is))
        .collect()
}

/// What a run keeps of a layer, by the probe but for the load.
const RUN_MEASURES: [(ComparedMeasure, LayerMeasure); 7] = [
    (ComparedMeasure::Kappa, LayerMeasure::Kappa),
    (ComparedMeasure::Recall, LayerMeasure::Recall),
    (ComparedMeasure::ResponseCaptured, LayerMeasure::ResponseCaptured),
    (ComparedMeasure::LoadCv, LayerMeasure::LoadCv),
    (ComparedMeasure::WorstOutputCosine, LayerMeasure::WorstCosine),
    (ComparedMeasure::EffectiveRank, LayerMeasure::EffectiveRank),
    (ComparedMeasure::RouterEntropy, LayerMeasure::TokenEntropy),
];

fn of_layer(layer: &RoutedLayer) -> [(ComparedMeasure, Option<f64>); 6] {
    let agreement = layer.competition.as_ref().map(|competition| &competition.softplus);
    [
        (ComparedMeasure::Kappa, agreement.and_then(|agreement| agreement.kappa)),
        (ComparedMeasure::Recall, agreement.and_then(|agreement| agreement.recall_at_k)),
        (ComparedMeasure::ResponseCaptured, agreement.and_then(|agreement| agreement.response_captured)),
        (ComparedMeasure::LoadCv, Some(layer.load_cv)),
        (ComparedMeasure::UnusedExperts, Some(layer.unused as f64)),
        (ComparedMeasure::ExpertsInUse, Some(load::effective_experts(&layer.load))),
    ]
}
