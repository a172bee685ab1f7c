//! Report of an inspection: the manifest of a checkpoint, and its layers with their health and findings, measured one after another.

mod layer;
mod names;

use std::collections::BTreeMap;

use serde::Serialize;

pub use layer::{InspectMeasure, LayerReport, LikenessOf};
pub use names::LayoutNames;

use super::fault::InspectError;
use super::health::{self, Watch};
use super::layout::{Disagreement, MixturePlan, MixtureRole};
use super::model::Model;
use super::stored::StoredFormat;

/// What is inspected of a checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InspectScope {
    /// Keys of mixtures; all, if there is none.
    pub layers: Vec<String>,
    /// Headers and routers only.
    pub quick: bool,
}

/// What headers and config of a checkpoint say: its manifest.
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

impl InspectReport {
    /// Numbers that [`Self::measure`] reads of the experts.
    pub fn work(model: &Model, scope: &InspectScope) -> u64 {
        if scope.quick {
            return 0;
        }
        chosen(model, scope).map(health::work).fold(0, u64::saturating_add)
    }

    /// Measures the mixtures of a model one after another: those of the stack, then experts for pictures, those of attention, extra
    /// layers. Nothing is
    /// kept of a layer that was handed over. Says whether `watch` wanted to go on until the end.
    ///
    /// - `begun`: is told of each mixture before it is read
    /// - `take`: is given each one as it was measured
    ///
    /// # Errors
    /// A layer that is not there, a file that cannot be read, or what hinders `take`.
    pub fn measure(
        model: &Model,
        scope: &InspectScope,
        mut begun: impl FnMut(&MixturePlan),
        watch: Watch<'_>,
        mut take: impl FnMut(MixtureRole, LayerReport) -> Result<(), InspectError>,
    ) -> Result<bool, InspectError> {
        check(model, scope)?;
        for role in [MixtureRole::Main, MixtureRole::Vision, MixtureRole::Attention, MixtureRole::Extra] {
            for mixture in chosen(model, scope).filter(|mixture| mixture.role() == role) {
                begun(mixture);
                let Some(layer) = LayerReport::measure(model, mixture, scope.quick, watch)? else { return Ok(false) };
                take(role, layer)?;
            }
        }
        Ok(true)
    }

    /// What headers and config say, without any layer.
    pub fn manifest(model: &Model) -> Self {
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
}

/// Sees that all layers of a scope are there.
pub(super) fn check(model: &Model, scope: &InspectScope) -> Result<(), InspectError> {
    let lacks = |key: &&String| model.mixtures().iter().all(|mixture| mixture.key() != **key);
    scope.layers.iter().find(lacks).map_or(Ok(()), |layer| {
        let layers = model.mixtures().iter().map(|mixture| mixture.key().to_owned()).collect();
        Err(InspectError::NoLayer { layer: layer.clone(), layers })
    })
}

/// The mixtures that are inspected.
pub(super) fn chosen<'a>(model: &'a Model, scope: &'a InspectScope) -> impl Iterator<Item = &'a MixturePlan> {
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
    // A token of a text goes through the stack; layers that only predict further tokens answer none.
    let answers = |mixture: &&MixturePlan| !matches!(mixture.role(), MixtureRole::Extra | MixtureRole::Vision);
    let stack = model.mixtures().iter().filter(answers);
    let mut chosen = stack.map(|mixture| Some(mixture.expert_parameters().saturating_mul(mixture.top_k()? as u64)));
    let always_active = total.saturating_sub(all);
    ParameterCounts {
        total,
        always_active,
        per_expert: model.mixtures().first().map_or(0, MixturePlan::expert_parameters),
        active: chosen.try_fold(always_active, |sum, chosen| Some(sum.saturating_add(chosen?))),
    }
}
