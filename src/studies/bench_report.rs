//! What a benchmark found, as its JSON names it.

use serde::Serialize;

use super::Spread;
use super::diagnostics::DiagnosticsLine;
use super::maps::MapsLine;
use super::rewind::RewindLine;

/// Everything that was measured; of the other parts, lists are empty.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Version of this program.
    pub version: &'static str,
    /// Name of the device.
    pub device: String,
    /// GPU, CPU or software.
    pub kind: &'static str,
    /// Threads that compute on the CPU.
    pub threads: usize,
    /// Whole steps.
    pub steps: Vec<StepLine>,
    /// One layer alone.
    pub layers: Vec<LayerLine>,
    /// The dense products of a competition alone.
    pub products: Vec<ProductsLine>,
    /// Peak memory by competing layers.
    pub memory: Vec<MemoryLine>,
    /// What looking at a run costs.
    pub diagnostics: Option<DiagnosticsLine>,
    /// What the maps of a run on points in the plane cost.
    pub maps: Option<MapsLine>,
    /// How long it takes to go back.
    pub rewind: Option<RewindLine>,
}

/// Whole training steps of a preset in one mode.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepLine {
    /// Name of the preset.
    pub preset: &'static str,
    /// `router` or `competition`: then every layer competes.
    pub step: &'static str,
    /// Seconds of a step, the reads of every eighth included.
    pub seconds: Spread,
    /// Tokens of a step ÷ median seconds.
    pub tokens_per_second: f64,
    /// Seconds from the batch to the loss, by a clock that waits for the device.
    pub forward_seconds: Spread,
    /// From the loss to the gradients.
    pub backward_seconds: Spread,
    /// From the gradients to the new weights.
    pub optimizer_seconds: Spread,
    /// Floating-point operations of a step's matrix products, forward and backward.
    pub flop: u64,
    /// Against large matrix products alone, on the same threads; `None` on a graphics device.
    pub against_products: Option<AgainstProducts>,
    /// Where a step's time goes, the longest first; empty if not asked for, and on a graphics device.
    pub profile: Vec<KernelLine>,
    /// How much faster more cores could make a step, at the most; empty on a graphics device.
    pub cores: Vec<CoresLine>,
    /// Seconds of the very first step in this mode, compilation included.
    pub first_step_seconds: f64,
    /// Launches of our own shaders in a step; 0 on the CPU.
    pub shader_launches_per_step: f64,
    /// Submissions to the device's queue in a step; `None` on the CPU.
    pub submissions_per_step: Option<f64>,
    /// Reads from the device in a step.
    pub readbacks_per_step: f64,
    /// Bytes they brought.
    pub bytes_read_per_step: f64,
    /// Most memory held: of the process on the CPU, of the device's pool on a graphics device. `None` if not told.
    pub peak_bytes: Option<u64>,
}

/// What one operation takes of a step on the CPU.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KernelLine {
    /// The operation, such as “attention”; “between operations” is what is left of the step.
    pub operation: &'static str,
    /// `forward`, `backward` or `update`; `step` for what is between operations.
    pub pass: &'static str,
    /// How often it runs in a step.
    pub calls_per_step: f64,
    /// How long, all calls of a step together.
    pub seconds_per_step: f64,
    /// Tasks a call is cut into, which cores share.
    pub tasks_per_call: f64,
    /// How much faster more cores could make it, at the most.
    pub cores: Vec<CoresLine>,
}

/// What so many cores could make of a step: how its time on one falls into tasks, each timed by itself. What cores take from each other
/// (memory, clock) is not in it, so a machine stays below.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CoresLine {
    /// How many.
    pub cores: usize,
    /// Times as fast as one core, at the most.
    pub at_most: f64,
}

/// A step's arithmetic against the peak rate of matrix products, measured just before and just after: 1 would be a step that does
/// nothing else, and does it as fast as large products.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AgainstProducts {
    /// Floating-point operations a second of large matrix products.
    pub product_flop_per_second: f64,
    /// Share of it that a whole step reaches, its median.
    pub step_share: f64,
    /// The forward pass.
    pub forward_share: f64,
    /// The backward pass.
    pub backward_share: f64,
}

/// One layer alone: 2048 tokens, width 128, expert width 256, k 2.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerLine {
    /// Experts N.
    pub experts: usize,
    /// `router` or `competition`.
    pub step: &'static str,
    /// Seconds of forward and backward together.
    pub seconds: Spread,
    /// Forward.
    pub forward_seconds: Spread,
    /// Backward.
    pub backward_seconds: Spread,
}

/// The dense products of a competition alone: all tokens times the first matrix of every expert.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProductsLine {
    /// Tokens T.
    pub tokens: usize,
    /// Width D.
    pub width: usize,
    /// Expert width H.
    pub expert_width: usize,
    /// Experts N.
    pub experts: usize,
    /// Floating-point operations.
    pub flop: u64,
    /// Seconds they take.
    pub seconds: Spread,
    /// Seconds that Burn's batched product of the same matrices takes.
    pub stock_seconds: Spread,
}

/// Peak memory of training when so many layers compete at every step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MemoryLine {
    /// Layers that compete.
    pub competing_layers: usize,
    /// Most memory held. `None` if not told.
    pub peak_bytes: Option<u64>,
}
