//! Training: one step, its optimizer, and the surgery that changes the experts.

mod apply;
#[cfg(test)]
mod arithmetic_tests;
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
mod phases;
mod probe;
mod probe_numbers;
mod product_bench;
mod readback;
mod readback_layout;
mod refusal;
mod routed;
mod step_numbers;
mod step_profile;
mod trainer;
mod vectors;

pub use check::{CheckProgress, check, check_run};
pub use commit::StepError;
pub use gradients::Gradients;
pub(crate) use layer_bench::{LayerBench, LayerBenchSizes};
pub use locate::NonFinite;
pub use optimizer::learning_rate;
pub(crate) use product_bench::{ProductBench, ProductBenchSizes};
pub use readback::{Reading, ReadingsBatch, Traffic};
pub use refusal::TrainerRefusal;
pub(crate) use routed::{RoutedFailure, RoutedSequence, RoutedSequenceLayer};
pub use step_profile::ProfileError;
pub(crate) use step_profile::StepProfile;
pub use trainer::{BuildError, Trainer};
