//! Training: one step, its optimizer, and the surgery that changes the experts.

mod blame;
mod check;
mod clock;
mod commit;
mod initial;
mod locate;
mod neurons;
mod optimizer;
mod probing;
mod readback;
mod reshape;
mod solo;
mod stale;
mod state;
mod step;
mod still;
mod tampering;
mod trainer;

pub use check::check;
pub use clock::{ClockError, Parts};
pub use commit::StepError;
pub use locate::NonFinite;
pub use neurons::Neurons;
pub use optimizer::{Moments, learning_rate};
pub use readback::{Batch, Reading, Traffic};
pub use reshape::{Operation, reshape};
pub use solo::{Solo, SoloSizes};
pub use state::{Array, Progress, State};
pub use trainer::{BuildError, Trainer};
