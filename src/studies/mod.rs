//! What needs many steps or a whole file, measured without a window: the benchmark, the diagnosis of a routing dump.

mod bench;
mod diagnostics;
mod dump;
mod keys;
mod maps;
mod rewind;
mod tensors;
mod timing;

pub use bench::{BenchError, BenchSettings, LayerLine, Measurement, MemoryLine, Report, StepLine, bench, use_threads};
pub use diagnostics::{DiagnosticsLine, ProbeParts};
pub(crate) use dump::TENSORS;
pub use dump::{DumpError, DumpReport, diagnose};
pub(crate) use keys::{KEYS, ReportKey};
pub use maps::MapsLine;
pub use rewind::RewindLine;
pub use timing::Spread;
