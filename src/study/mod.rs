//! What needs many steps or many runs, measured without a window: the benchmark.

mod bench;
mod timing;

pub use crate::kernels::use_threads;
pub use bench::{BenchError, LayerLine, Measure, MemoryLine, Report, StepLine, bench};
pub use timing::Spread;
