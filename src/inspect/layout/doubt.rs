//! Doubts about a layout: why names and shapes are no mixture of experts, and where the config says something else than the files.

use serde::Serialize;

use crate::domain::quote;

/// Why the tensors of a checkpoint are not read as mixtures of experts.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// No router and no experts in it.
    #[error(
        "it has no mixture of experts: none of its {tensors} tensors is named like a router or an expert. Expected a model with experts \
         (Mixtral, Qwen-MoE, DeepSeek, GPT-OSS and others), or a checkpoint of MoE Arena"
    )]
    NoMixture {
        /// Tensors it has.
        tensors: usize,
    },
    /// Experts, but none with all its projections.
    #[error(
        "the experts of “{}” are incomplete: there is no tensor for {lacks}. If this is one file of several, open their folder or its \
         model.safetensors.index.json",
        quote::name(.block)
    )]
    Incomplete {
        /// The layer.
        block: String,
        /// What is not there.
        lacks: &'static str,
    },
    /// Experts of different sizes.
    #[error(
        "the experts of “{}” have different shapes: expert {first} has {first_shape:?} and expert {second} has {second_shape:?}; \
         expected the same for all. The file is damaged, or its experts differ in size, which is not read",
        quote::name(.name)
    )]
    ExpertShapes {
        /// Pattern of the tensors' names.
        name: String,
        /// An expert.
        first: usize,
        /// Its shape.
        first_shape: Vec<usize>,
        /// Another one.
        second: usize,
        /// Its shape.
        second_shape: Vec<usize>,
    },
    /// A tensor whose shape does not go with the others of its layer.
    #[error("the tensor “{}” has shape {found:?}; expected {expected}. The file is damaged, or its layout is not known", quote::name(.name))]
    Shape {
        /// Its name, `{e}` in the place of an expert's number.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// What would have gone with the others.
        expected: String,
    },
    /// The same projection twice.
    #[error(
        "the experts of “{}” are stored twice, as “{}” and as “{}”; expected one form. Remove the files of one of them",
        quote::name(.block),
        quote::name(.first),
        quote::name(.second)
    )]
    TwoForms {
        /// The layer.
        block: String,
        /// A name.
        first: String,
        /// Another one.
        second: String,
    },
    /// More experts than any model has.
    #[error("“{}” has {found} experts; expected at most {limit}. The file is damaged", quote::name(.block))]
    TooMany {
        /// The layer.
        block: String,
        /// Experts, or rows of the router.
        found: usize,
        /// Most that are read.
        limit: usize,
    },
}

/// Where config and files say different things, or something had to be assumed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "about", rename_all = "kebab-case")]
pub enum Disagreement {
    /// Another number of experts.
    #[error("{key}: the config says {config} experts, the files have {found}")]
    Experts {
        /// The layer.
        key: String,
        /// What the config says.
        config: usize,
        /// What is there.
        found: usize,
    },
    /// Another width of the experts.
    #[error("{key}: the config says experts of width {config}, the files have {found}")]
    ExpertWidth {
        /// The layer.
        key: String,
        /// What the config says.
        config: usize,
        /// What is there.
        found: usize,
    },
    /// Another width of the model.
    #[error("{key}: the config says a width of {config}, the files have {found}")]
    Hidden {
        /// The layer.
        key: String,
        /// What the config says.
        config: usize,
        /// What is there.
        found: usize,
    },
    /// More experts a token than there are.
    #[error("{key}: the config says {config} experts a token, there are {found} experts")]
    TopK {
        /// The layer.
        key: String,
        /// What the config says.
        config: usize,
        /// Experts that are there.
        found: usize,
    },
    /// A router with rows for experts that have no weights.
    #[error("{key}: the router has {rows} rows for {experts} experts")]
    RouterRows {
        /// The layer.
        key: String,
        /// Rows of the router.
        rows: usize,
        /// Experts with weights.
        experts: usize,
    },
    /// Experts without tensors.
    #[error("{key}: experts without tensors: {experts:?}. If this is one file of several, open their folder")]
    MissingExperts {
        /// The layer.
        key: String,
        /// Their numbers.
        experts: Vec<usize>,
    },
    /// Experts without a router.
    #[error("{key}: there are experts and no router")]
    NoRouter {
        /// The layer.
        key: String,
    },
    /// A layer that lacks a projection and is left out.
    #[error("{key} is left out: there is no tensor for {lacks}")]
    Incomplete {
        /// The layer.
        key: String,
        /// What is not there.
        lacks: &'static str,
    },
    /// Other layers with experts.
    #[error("the config has experts in layers {config:?} of this stack, the files in {found:?}")]
    Layers {
        /// What the config says and the files lack, or the other way round.
        config: Vec<usize>,
        /// What is there.
        found: Vec<usize>,
    },
    /// Matrices whose shapes do not show which axis is which.
    #[error("{key}: the shapes do not show which axis is the input's; assumed rows of outputs")]
    OrientationAssumed {
        /// The layer.
        key: String,
    },
    /// Numbers that are packed in a way that is not read.
    #[error("{key}: the experts' numbers are packed (GPTQ, AWQ or such), which is not read: sizes only")]
    Packed {
        /// The layer.
        key: String,
    },
    /// A scoring rule that the config does not name.
    #[error("the family “{}” is not known; the rule of its router is taken from the config's keys", quote::name(.family))]
    ScoringAssumed {
        /// What the config calls it.
        family: String,
    },
}
