//! What needs many steps, measured without a window: the benchmark.

mod bench;
mod bench_report;
mod bench_tasks;
mod diagnostics;
mod maps;
mod rewind;
mod timing;

pub use bench::{BenchError, BenchPart, BenchSettings, Measurement, bench, use_threads};
pub use bench_report::{AgainstProducts, KernelLine, LayerLine, MemoryLine, Report, StepLine};
pub use diagnostics::{DiagnosticsLine, ProbeParts};
pub use maps::MapsLine;
pub use rewind::RewindLine;
pub use timing::Spread;
