//! What needs many steps, measured without a window: the benchmark.

mod bench;
mod diagnostics;
mod maps;
mod rewind;
mod timing;

pub use bench::{BenchError, BenchSettings, LayerLine, Measurement, MemoryLine, Report, StepLine, bench, use_threads};
pub use diagnostics::{DiagnosticsLine, ProbeParts};
pub use maps::MapsLine;
pub use rewind::RewindLine;
pub use timing::Spread;
