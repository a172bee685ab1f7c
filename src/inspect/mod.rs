//! Inspects checkpoints of anybody, without training: their tensors by name, read by position; which experts they have and how healthy
//! those are. No tensors of Burn, no threads.
//!
//! - `fault`: why a checkpoint cannot be read.
//! - `files`: which files a checkpoint is, and what their headers say: safetensors, folders, GGUF.
//! - `numbers`: stored numbers as `f32`: floats, FP8, MXFP4, the blocks of GGUF.
//! - `stored`: all tensors of a checkpoint.
//! - `quantised`: which tensors beside a weight say what its numbers mean.
//! - `weight`: any stretch of a tensor as numbers.
//! - `config`: what config.json or GGUF keys say of sizes, under whichever name the family uses.
//! - `scoring`: by which rules routers choose and weigh experts.
//! - `layout`: names and shapes as routers, experts, shared experts.
//! - `model`: a checkpoint with its layout; reads one expert in one form, however it is stored.
//! - `health`: norms, ranks and likeness of experts and router rows, and what of it is out of the ordinary.
//! - `report`: all of it as one JSON object.
//! - `forward`: the whole decoder on the CPU, layer by layer.
//! - `tokens`: a text as tokens, by tokenizer.json or a GGUF's own vocabulary.
//! - `compete`: a router's picks against the answers of all experts.
//! - `routing_dump`: what routers saw and did, as a file.
//! - `text`: a text through the whole model: its routing, layer by layer.
//! - `difference`: what changed between two checkpoints of one model.

mod compete;
mod config;
mod difference;
mod fault;
mod files;
mod forward;
mod health;
mod layout;
mod model;
mod numbers;
mod quantised;
mod report;
mod routing_dump;
mod scoring;
mod stored;
mod text;
mod tokens;
mod weight;

pub use compete::{Agreement, RoutingCompetition};
pub use config::CheckpointConfig;
pub use difference::{
    ChangeVerdict, CheckpointDifference, ComparedMeasure, ExpertDifference, ExpertMatching, Incomparable,
    LayerDifference, MatchedBy, MeasureChange, MeasuredOn, MovedTokens, difference_work, moved_tokens,
    weights_difference,
};
pub use fault::{EntryFault, InspectError, StoredFault, TensorFault};
pub use files::GgufKeys;
pub(crate) use files::may_be_public;
pub use forward::{Decoder, DecoderStep, DecoderWatch, ForwardError, MixtureAnswer, Pick, Responses, answer_mixture};
pub use health::{
    ExpertsHealth, Finding, FindingRule, LikenessMatrix, MatrixHealth, MixtureHealth, RouterHealth, Watch,
};
pub use layout::{CheckpointLayout, Disagreement, Family, LayoutError, MixturePlan, MixtureRole};
pub use model::{ExpertMatrices, Model, RouterWeights, SharedExpert, WeightMatrix};
pub use report::{InspectMeasure, InspectReport, InspectScope, LayerReport, LayoutNames, LikenessOf, ParameterCounts};
pub use scoring::{ExpertGroups, Score, Scoring, Weighing};
pub use stored::{StoredFile, StoredFiles, StoredFormat, StoredTensor};
pub use text::{RoutedLayer, RoutedText, TextWishes, competition_factor, route_text};
pub use tokens::{TextToken, TokenError, Vocabulary, listed_ids};
pub use weight::Weight;

#[cfg(test)]
mod tests;
