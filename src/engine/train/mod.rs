//! Training: one step, its optimizer, and the surgery that changes the experts.

mod blame;
mod check;
mod commit;
mod frozen;
mod interventions;
mod layer_bench;
mod locate;
mod neurons;
mod optimizer;
pub mod pairwise_similarity;
mod probe;
mod probe_numbers;
mod readback;
mod stale_competition_loss;
mod step;
mod step_profile;
mod trainer;

pub use check::check;
pub use commit::StepError;
pub use layer_bench::{LayerBench, LayerBenchSizes};
pub use locate::NonFinite;
pub use optimizer::{Moments, learning_rate};
pub use probe_numbers::{FromWeights, LayerNumbers, layer_numbers, layer_probe, numbers_len};
pub use readback::{Reading, ReadingsBatch, Traffic};
pub use step_profile::{ProfileError, StepProfile};
pub use trainer::{BuildError, Trainer};
