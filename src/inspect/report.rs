//! Report of an inspection: the manifest of a checkpoint, its layers, their health and findings, as one JSON object.

use std::collections::BTreeMap;

use serde::Serialize;

use super::fault::InspectError;
use super::health::{self, ExpertsHealth, Finding, MatrixHealth, MixtureHealth, RouterHealth, Watch};
use super::layout::{BiasPlace, Disagreement, MatrixPlace, MixturePlan, MixtureRole, Slice};
use super::model::Model;
use super::scoring::{Scoring, Weighing};
use super::stored::StoredFormat;
use crate::domain::readings::Matrix;

/// What is inspected of a checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InspectScope {
    /// Keys of mixtures; all, if there is none.
    pub layers: Vec<String>,
    /// Headers and routers only.
    pub quick: bool,
}

/// A checkpoint as it was inspected.
#[derive(Clone, Debug, Serialize)]
pub struct InspectReport {
    format: &'static str,
    model_type: Option<String>,
    family: Option<String>,
    layout: Option<LayoutNames>,
    files: Vec<FileSize>,
    bytes: u64,
    dtypes: BTreeMap<String, u64>,
    parameters: ParameterCounts,
    disagreements: Vec<Disagreement>,
    layers: Vec<LayerReport>,
    attention_layers: Vec<LayerReport>,
    extra_layers: Vec<LayerReport>,
}

/// A file and its length.
#[derive(Clone, Debug, Serialize)]
struct FileSize {
    name: String,
    bytes: u64,
}

/// Numbers of a model by who uses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ParameterCounts {
    /// All.
    pub total: u64,
    /// Those that every token uses: all but the routed experts'.
    pub always_active: u64,
    /// Of one routed expert of one layer.
    pub per_expert: u64,
    /// Those that one token uses; `None` where k is not known.
    pub active: Option<u64>,
}

/// Names of the tensors of a mixture behind its block's; `{L}` is the layer, `{e}` the expert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LayoutNames {
    block: String,
    router: Option<String>,
    router_bias: Option<String>,
    correction: Option<String>,
    kind: &'static str,
    interleaved: bool,
    gate: Option<String>,
    up: Option<String>,
    gate_up: Option<String>,
    down: String,
    gate_bias: Option<String>,
    up_bias: Option<String>,
    gate_up_bias: Option<String>,
    down_bias: Option<String>,
    shared: Option<String>,
    shared_gate: Option<String>,
    block_bias: Option<String>,
}

impl LayoutNames {
    fn of(mixture: &MixturePlan) -> Self {
        let within = |name: &str| name.strip_prefix(mixture.block()).unwrap_or(name).to_owned();
        let (places, router) = (mixture.places(), mixture.router_place());
        let number = format!(".{}.", mixture.layer());
        let block = mixture.block().replacen(&number, ".{L}.", 1);
        let is_fused = places.up.slice != Slice::Whole;
        let name = |place: &MatrixPlace| within(&place.name);
        let [gate_bias, up_bias, down_bias] = &places.biases;
        let bias = |place: &Option<BiasPlace>| place.as_ref().map(|place| within(&place.name));
        let kind = match (places.up.is_each, is_fused, places.up.is_transposed != places.down.is_transposed) {
            (true, false, _) => "each",
            (true, true, _) => "each_fused",
            (false, _, true) => "flat",
            (false, true, false) if places.up.is_transposed => "fused_io",
            (false, true, false) => "fused_oi",
            (false, false, false) if places.up.is_transposed => "io",
            (false, false, false) => "oi",
        };
        Self {
            block,
            router: router.map(|router| within(&router.name)),
            router_bias: router.and_then(|router| router.bias.as_deref()).map(within),
            correction: mixture.correction_name().map(within),
            kind,
            interleaved: matches!(places.up.slice, Slice::Even | Slice::Odd),
            gate: places.gate.as_ref().filter(|_| !is_fused).map(name),
            up: (!is_fused).then(|| name(&places.up)),
            gate_up: is_fused.then(|| name(&places.up)),
            down: name(&places.down),
            gate_bias: bias(gate_bias).filter(|_| !is_fused),
            up_bias: bias(up_bias).filter(|_| !is_fused),
            gate_up_bias: bias(up_bias).filter(|_| is_fused),
            down_bias: bias(down_bias),
            shared: mixture.shared_place().map(|shared| name(&shared.places.down)),
            shared_gate: mixture.shared_place().and_then(|shared| shared.gate.as_deref()).map(within),
            block_bias: mixture.block_bias_name().map(within),
        }
    }
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
    row_cosine: Option<Matrix>,
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
    weight_cosine: Option<Matrix>,
    matched_cosine: Option<Matrix>,
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
            weight_cosine: experts.weight_cosine.clone(),
            matched_cosine: experts.matched_cosine.clone(),
        }
    }
}

impl LayerReport {
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
        }
    }

    /// The mixture's key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What is out of the ordinary in it.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Why the experts' numbers cannot be read.
    pub fn unread(&self) -> Option<&str> {
        self.unread.as_deref()
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
        let apart = |matrix: Option<&Matrix>| {
            let rows = matrix?.iter().enumerate();
            let cells = rows.flat_map(|(row, cells)| cells.iter().enumerate().filter(move |(column, _)| *column < row));
            Some(cells.map(|(_, cell)| *cell).collect::<Vec<_>>())
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

impl InspectReport {
    /// Numbers that [`Self::of`] reads of the experts.
    pub fn work(model: &Model, scope: &InspectScope) -> u64 {
        if scope.quick {
            return 0;
        }
        chosen(model, scope).map(health::work).fold(0, u64::saturating_add)
    }

    /// Inspects a model. `begun` is told of each mixture before it is read. `None` if `watch` did not want to go on.
    ///
    /// # Errors
    /// A layer that is not there, or a file that cannot be read.
    pub fn of(
        model: &Model,
        scope: &InspectScope,
        mut begun: impl FnMut(&MixturePlan),
        watch: Watch<'_>,
    ) -> Result<Option<Self>, InspectError> {
        if let Some(layer) =
            scope.layers.iter().find(|key| model.mixtures().iter().all(|mixture| mixture.key() != **key))
        {
            let layers = model.mixtures().iter().map(|mixture| mixture.key().to_owned()).collect();
            return Err(InspectError::NoLayer { layer: layer.clone(), layers });
        }
        let mut report = Self::manifest(model);
        for mixture in chosen(model, scope) {
            begun(mixture);
            let Some(health) = health::measure(model, mixture, !scope.quick, watch)? else { return Ok(None) };
            let layers = match mixture.role() {
                MixtureRole::Main => &mut report.layers,
                MixtureRole::Attention => &mut report.attention_layers,
                MixtureRole::Extra => &mut report.extra_layers,
            };
            layers.push(LayerReport::of(mixture, &health));
        }
        Ok(Some(report))
    }

    /// What headers and config say, without any layer.
    fn manifest(model: &Model) -> Self {
        let files = model.files();
        let mut dtypes = BTreeMap::new();
        for tensor in files.tensors() {
            let bytes: &mut u64 = dtypes.entry(tensor.kind().to_owned()).or_default();
            *bytes = bytes.saturating_add(tensor.bytes());
        }
        let sizes = files.files().iter().map(|file| FileSize {
            name: file.path().file_name().unwrap_or(file.path().as_os_str()).to_string_lossy().into_owned(),
            bytes: file.bytes(),
        });
        let first = model.mixtures().first();
        Self {
            format: match files.format() {
                StoredFormat::OwnCheckpoint => "moe-arena",
                StoredFormat::Safetensors => "safetensors",
                StoredFormat::Gguf => "gguf",
            },
            model_type: model.config().model_type().map(str::to_owned),
            family: model.layout().family_name().map(str::to_owned),
            layout: first.map(LayoutNames::of),
            bytes: files.files().iter().map(|file| file.bytes()).fold(0, u64::saturating_add),
            files: sizes.collect(),
            dtypes,
            parameters: parameters(model),
            disagreements: model.layout().disagreements().to_vec(),
            layers: Vec::new(),
            attention_layers: Vec::new(),
            extra_layers: Vec::new(),
        }
    }

    /// How it is stored: `moe-arena`, `safetensors` or `gguf`.
    pub fn format(&self) -> &'static str {
        self.format
    }

    /// The family, and what the config calls it; `None` where nothing names it.
    pub fn family(&self) -> (Option<&str>, Option<&str>) {
        (self.family.as_deref(), self.model_type.as_deref())
    }

    /// Files, and bytes in all of them.
    pub fn sizes(&self) -> (usize, u64) {
        (self.files.len(), self.bytes)
    }

    /// Bytes of tensors by type.
    pub fn dtypes(&self) -> &BTreeMap<String, u64> {
        &self.dtypes
    }

    /// How experts lie, in one word, and what their names begin with.
    pub fn layout(&self) -> Option<(&'static str, &str)> {
        self.layout.as_ref().map(|layout| (layout.kind, layout.block.as_str()))
    }

    /// Numbers by who uses them.
    pub fn parameters(&self) -> ParameterCounts {
        self.parameters
    }

    /// Where config and files disagree, or something was assumed.
    pub fn disagreements(&self) -> &[Disagreement] {
        &self.disagreements
    }

    /// All mixtures: layers of the stack, then those of attention, then extra layers.
    pub fn layers(&self) -> impl Iterator<Item = &LayerReport> {
        self.layers.iter().chain(&self.attention_layers).chain(&self.extra_layers)
    }
}

/// The mixtures that are inspected.
fn chosen<'a>(model: &'a Model, scope: &'a InspectScope) -> impl Iterator<Item = &'a MixturePlan> {
    model
        .mixtures()
        .iter()
        .filter(|mixture| scope.layers.is_empty() || scope.layers.iter().any(|key| key == mixture.key()))
}

fn parameters(model: &Model) -> ParameterCounts {
    let total = model.parameters();
    let routed = |mixture: &MixturePlan| {
        let there = mixture.experts().saturating_sub(mixture.missing().len());
        mixture.expert_parameters().saturating_mul(there as u64)
    };
    let all: u64 = model.mixtures().iter().map(routed).fold(0, u64::saturating_add);
    // A token goes through the stack; layers that only predict further tokens answer none.
    let stack = model.mixtures().iter().filter(|mixture| mixture.role() != MixtureRole::Extra);
    let mut chosen = stack.map(|mixture| Some(mixture.expert_parameters().saturating_mul(mixture.top_k()? as u64)));
    let always_active = total.saturating_sub(all);
    ParameterCounts {
        total,
        always_active,
        per_expert: model.mixtures().first().map_or(0, MixturePlan::expert_parameters),
        active: chosen.try_fold(always_active, |sum, chosen| Some(sum.saturating_add(chosen?))),
    }
}
