//! Training: one step, its optimizer, and the surgery that changes the experts.

mod apply;
mod blame;
mod check;
mod commit;
mod data;
mod evaluate;
mod forward;
mod frozen;
mod gradients;
mod interventions;
mod layer_bench;
mod locate;
mod neurons;
mod optimizer;
pub mod pairwise_similarity;
mod probe;
mod probe_numbers;
mod readback;
mod readback_layout;
mod refusal;
mod step_numbers;
mod step_profile;
mod trainer;
mod vectors;

pub use check::check;
pub use commit::StepError;
pub use gradients::Gradients;
pub use layer_bench::{LayerBench, LayerBenchSizes};
pub use locate::NonFinite;
pub use optimizer::{Moments, learning_rate};
pub use probe_numbers::{FromWeights, LayerField, LayerNumbers, layer_numbers, layer_probe};
pub use readback::{Reading, ReadingsBatch, Traffic};
pub use readback_layout::{ReadbackLayout, ReadbackWriter};
pub use refusal::TrainerRefusal;
pub use step_profile::{ProfileError, StepProfile};
pub use trainer::{BuildError, Trainer};
