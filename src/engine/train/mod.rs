//! Training: one step, its optimizer, and the surgery that changes the experts.

mod blame;
mod check;
mod clock;
mod commit;
mod locate;
mod neurons;
mod optimizer;
pub mod pairwise_similarity;
mod probe_numbers;
mod probing;
mod readback;
mod solo;
mod stale;
mod step;
mod still;
mod tampering;
mod trainer;

pub use check::check;
pub use clock::{ClockError, Parts};
pub use commit::StepError;
pub use locate::NonFinite;
pub use optimizer::{Moments, learning_rate};
pub use probe_numbers::{FromWeights, LayerNumbers, layer_numbers, layer_probe, numbers_len};
pub use readback::{Batch, Reading, Traffic};
pub use solo::{Solo, SoloSizes};
pub use trainer::{BuildError, Trainer};
