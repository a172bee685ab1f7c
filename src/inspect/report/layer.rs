//! One mixture in the report of an inspection: how it is built, its router, its experts' health, what is out of the ordinary.

use serde::Serialize;

use crate::inspect::fault::InspectError;
use crate::inspect::health::{
    self, ExpertsHealth, Finding, LikenessMatrix, MatrixHealth, MixtureHealth, RouterHealth, Watch,
};
use crate::inspect::layout::MixturePlan;
use crate::inspect::model::Model;
use crate::inspect::scoring::{Scoring, Weighing};

/// What is measured of each expert of a mixture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InspectMeasure {
    /// Length of its row of the router.
    RouterNorm,
    /// Frobenius norm of its gate.
    GateNorm,
    /// Frobenius norm of its up matrix.
    UpNorm,
    /// Frobenius norm of its down matrix.
    DownNorm,
    /// Effective rank of its gate.
    GateEffectiveRank,
    /// Effective rank of its up matrix.
    UpEffectiveRank,
    /// Effective rank of its down matrix.
    DownEffectiveRank,
    /// Stable rank of its gate.
    GateStableRank,
    /// Stable rank of its up matrix.
    UpStableRank,
    /// Stable rank of its down matrix.
    DownStableRank,
}

/// Of what the likeness of every two experts of a mixture is measured: the cosine of the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LikenessOf {
    /// Weights, neurons matched first.
    #[default]
    Matched,
    /// Weights in the order in which they are stored.
    Stored,
    /// Rows of the router.
    RouterRows,
}

/// One mixture as it was inspected.
#[derive(Clone, Debug, Serialize)]
pub struct LayerReport {
    key: String,
    experts: usize,
    top_k: Option<usize>,
    scoring: Option<&'static str>,
    scoring_details: Option<ScoringDetails>,
    hidden: usize,
    expert_width: usize,
    missing: Vec<usize>,
    router: Option<RouterReport>,
    health: Option<HealthReport>,
    unread: Option<String>,
    shared: Option<SharedReport>,
    findings: Vec<Finding>,
    #[serde(skip)]
    is_likeness_left_out: bool,
}

/// What belongs to a rule of scoring.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct ScoringDetails {
    renormalised: Option<bool>,
    groups: Option<usize>,
    groups_kept: Option<usize>,
    factor: Option<f64>,
    epsilon: Option<f64>,
    capacity: Option<usize>,
}

impl ScoringDetails {
    fn of(scoring: &Scoring) -> Self {
        match scoring {
            Scoring::Scored { weighing, groups, factor, .. } => Self {
                renormalised: Some(*weighing != Weighing::Kept),
                groups: groups.map(|groups| groups.count),
                groups_kept: groups.map(|groups| groups.kept),
                factor: Some(*factor),
                ..Self::default()
            },
            Scoring::ChosenSoftmax => Self { renormalised: Some(true), ..Self::default() },
            Scoring::SparseMixer { epsilon } => Self { epsilon: Some(*epsilon), ..Self::default() },
            Scoring::TopOne { capacity } => Self { capacity: *capacity, renormalised: Some(false), ..Self::default() },
            Scoring::InputSigmoid => Self::default(),
        }
    }
}

#[derive(Clone, Debug, Serialize)]
struct RouterReport {
    row_norm: Vec<Option<f64>>,
    bias: Option<Vec<f32>>,
    correction_bias: Option<Vec<f32>>,
    row_cosine: Option<LikenessMatrix>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct SharedReport {
    width: usize,
    parameters: u64,
    gated: bool,
}

#[derive(Clone, Debug, Serialize)]
struct HealthReport {
    gate_norm: Option<Vec<Option<f64>>>,
    up_norm: Vec<Option<f64>>,
    down_norm: Vec<Option<f64>>,
    gate_effective_rank: Option<Vec<Option<f64>>>,
    up_effective_rank: Vec<Option<f64>>,
    down_effective_rank: Vec<Option<f64>>,
    gate_stable_rank: Option<Vec<Option<f64>>>,
    up_stable_rank: Vec<Option<f64>>,
    down_stable_rank: Vec<Option<f64>>,
    ranks_estimated: bool,
    weight_cosine: Option<LikenessMatrix>,
    matched_cosine: Option<LikenessMatrix>,
}

impl HealthReport {
    fn of(experts: &ExpertsHealth) -> Self {
        let gate = |of: fn(&MatrixHealth) -> &Vec<Option<f64>>| experts.gate.as_ref().map(|gate| of(gate).clone());
        Self {
            gate_norm: gate(|gate| &gate.norm),
            up_norm: experts.up.norm.clone(),
            down_norm: experts.down.norm.clone(),
            gate_effective_rank: gate(|gate| &gate.effective_rank),
            up_effective_rank: experts.up.effective_rank.clone(),
            down_effective_rank: experts.down.effective_rank.clone(),
            gate_stable_rank: gate(|gate| &gate.stable_rank),
            up_stable_rank: experts.up.stable_rank.clone(),
            down_stable_rank: experts.down.stable_rank.clone(),
            ranks_estimated: experts.are_ranks_estimated(),
            weight_cosine: experts.weight_cosine.clone(),
            matched_cosine: experts.matched_cosine.clone(),
        }
    }
}

impl LayerReport {
    /// Measures one mixture; `quick` leaves its experts out. `None` if `watch` did not want to go on.
    ///
    /// # Errors
    /// A file that cannot be read. Numbers stored in an unknown way are no error but [`Self::unread`].
    pub fn measure(
        model: &Model,
        mixture: &MixturePlan,
        quick: bool,
        watch: Watch<'_>,
    ) -> Result<Option<Self>, InspectError> {
        let health = health::measure(model, mixture, !quick, watch)?;
        Ok(health.map(|health| Self::of(mixture, &health)))
    }

    fn of(mixture: &MixturePlan, health: &MixtureHealth) -> Self {
        let router = |router: &RouterHealth| RouterReport {
            row_norm: router.row_norm.clone(),
            bias: router.bias.clone(),
            correction_bias: router.correction_bias.clone(),
            row_cosine: router.row_cosine.clone(),
        };
        Self {
            key: mixture.key().to_owned(),
            experts: mixture.experts(),
            top_k: mixture.top_k(),
            scoring: mixture.scoring().map(Scoring::name),
            scoring_details: mixture.scoring().map(ScoringDetails::of),
            hidden: mixture.hidden(),
            expert_width: mixture.expert_width(),
            missing: mixture.missing().to_vec(),
            router: health.router().map(router),
            health: health.experts().map(HealthReport::of),
            unread: health.unread().map(str::to_owned),
            shared: mixture.shared_place().map(|shared| SharedReport {
                width: shared.places.width(),
                parameters: shared.places.parameters(),
                gated: shared.gate.is_some(),
            }),
            findings: health.findings().to_vec(),
            is_likeness_left_out: false,
        }
    }

    /// The mixture's key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// E.
    pub fn experts(&self) -> usize {
        self.experts
    }

    /// k; `None` where nothing names it.
    pub fn top_k(&self) -> Option<usize> {
        self.top_k
    }

    /// By which rule the router scores; `None` where nothing names it.
    pub fn scoring(&self) -> Option<&'static str> {
        self.scoring
    }

    /// `[E]` a measure of each expert, `None` for one that has none; `None` as a whole where it was not measured.
    pub fn measured(&self, measure: InspectMeasure) -> Option<&[Option<f64>]> {
        let health = self.health.as_ref();
        let values = match measure {
            InspectMeasure::RouterNorm => &self.router.as_ref()?.row_norm,
            InspectMeasure::GateNorm => health?.gate_norm.as_ref()?,
            InspectMeasure::UpNorm => &health?.up_norm,
            InspectMeasure::DownNorm => &health?.down_norm,
            InspectMeasure::GateEffectiveRank => health?.gate_effective_rank.as_ref()?,
            InspectMeasure::UpEffectiveRank => &health?.up_effective_rank,
            InspectMeasure::DownEffectiveRank => &health?.down_effective_rank,
            InspectMeasure::GateStableRank => health?.gate_stable_rank.as_ref()?,
            InspectMeasure::UpStableRank => &health?.up_stable_rank,
            InspectMeasure::DownStableRank => &health?.down_stable_rank,
        };
        Some(values)
    }

    /// `[E × E]` how alike every two experts are; `None` where it was not measured.
    pub fn likeness(&self, of: LikenessOf) -> Option<&LikenessMatrix> {
        let health = self.health.as_ref();
        match of {
            LikenessOf::Matched => health?.matched_cosine.as_ref(),
            LikenessOf::Stored => health?.weight_cosine.as_ref(),
            LikenessOf::RouterRows => self.router.as_ref()?.row_cosine.as_ref(),
        }
    }

    /// Memory that its likenesses take, bytes.
    pub(crate) fn likeness_bytes(&self) -> usize {
        let all = [LikenessOf::Matched, LikenessOf::Stored, LikenessOf::RouterRows];
        all.into_iter().filter_map(|of| self.likeness(of)).map(LikenessMatrix::bytes).sum()
    }

    /// The same without likenesses, for those who cannot keep them of all layers.
    pub(crate) fn without_likeness(mut self) -> Self {
        self.is_likeness_left_out = true;
        self.router.iter_mut().for_each(|router| router.row_cosine = None);
        self.health.iter_mut().for_each(|health| (health.weight_cosine, health.matched_cosine) = (None, None));
        self
    }

    /// Whether likenesses were measured and are not kept.
    pub fn is_likeness_left_out(&self) -> bool {
        self.is_likeness_left_out
    }

    /// What is out of the ordinary in it.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Why the experts' numbers cannot be read.
    pub fn unread(&self) -> Option<&str> {
        self.unread.as_deref()
    }

    /// Whether ranks are estimated: the shorter side of the experts' matrices is longer than 512.
    pub fn are_ranks_estimated(&self) -> bool {
        self.health.as_ref().is_some_and(|health| health.ranks_estimated)
    }

    /// Sizes and rule in a few words and numbers, the same for layers that are built alike: experts, k, rule, width, width of
    /// the shared expert.
    pub fn built(&self) -> (usize, Option<usize>, Option<&'static str>, usize, Option<usize>) {
        (self.experts, self.top_k, self.scoring, self.expert_width, self.shared.map(|shared| shared.width))
    }

    /// Smallest and largest value over the experts of what is measured of each, by name; without what was not measured.
    pub fn ranges(&self) -> Vec<(&'static str, f64, f64)> {
        let health = self.health.as_ref();
        let of = |name, values: Option<&Vec<Option<f64>>>| {
            let told: Vec<f64> = values?.iter().flatten().copied().collect();
            let low = told.iter().copied().min_by(f64::total_cmp)?;
            Some((name, low, told.iter().copied().max_by(f64::total_cmp)?))
        };
        let apart = |matrix: Option<&LikenessMatrix>| {
            Some(matrix?.pairs().map(|(.., cosine)| Some(cosine)).collect::<Vec<_>>())
        };
        let row_cosine = apart(self.router.as_ref().and_then(|router| router.row_cosine.as_ref()));
        let cosine = apart(health.and_then(|health| health.weight_cosine.as_ref()));
        let matched = apart(health.and_then(|health| health.matched_cosine.as_ref()));
        [
            of("router row norm", self.router.as_ref().map(|router| &router.row_norm)),
            of("router row cosine", row_cosine.as_ref()),
            of("gate norm", health.and_then(|health| health.gate_norm.as_ref())),
            of("up norm", health.map(|health| &health.up_norm)),
            of("down norm", health.map(|health| &health.down_norm)),
            of("gate effective rank", health.and_then(|health| health.gate_effective_rank.as_ref())),
            of("up effective rank", health.map(|health| &health.up_effective_rank)),
            of("down effective rank", health.map(|health| &health.down_effective_rank)),
            of("weight cosine", cosine.as_ref()),
            of("matched cosine", matched.as_ref()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
