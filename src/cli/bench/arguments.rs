//! What `moe-arena bench` takes: where, whose steps, how often, which parts; and the keys of its JSON.

use clap::{Args, ValueEnum};

use crate::cli::arguments::PresetName;
use crate::cli::overrides::whole;
use crate::studies::BenchPart;

/// What the JSON of a benchmark holds.
pub(crate) const KEYS: &str = "\
JSON keys; of what --only leaves out, lists are empty and objects null. All times are in seconds; a spread is {median, low, high, repeats}, low and high being quartiles.
  version, device, kind, threads
  steps[]: whole training steps
    preset, step             step is `router`, or `competition`: then every layer competes
    seconds                  spread of a step, with one read every eighth step as in training
    tokens_per_second        tokens of a step ÷ median seconds
    forward_seconds, backward_seconds, optimizer_seconds
                             spreads of the parts, by a clock that waits for the device after each
    flop                     floating-point operations of its matrix products, forward and backward
    against_products: product_flop_per_second, step_share, forward_share, backward_share
                             large matrix products on the same threads, and the share of their rate that is reached;
                             null on a graphics device
    profile[]: operation, pass, calls_per_step, seconds_per_step, tasks_per_call
                             with --profile, on the CPU: what each operation takes of a step, and what is between them;
                             into how many tasks, which threads share, a call is cut; with cores[] as below
    cores[]: cores, at_most  how much faster than one core so many could make a step, by the times of its tasks, were
                             memory and clock no bound; empty on a graphics device
    first_step_seconds       the very first step in this mode, compilation included
    shader_launches_per_step launches of the program's own shaders; 0 on the CPU
    submissions_per_step     times that work was handed to the device's queue; null on the CPU
    readbacks_per_step, bytes_read_per_step
    peak_bytes               of the process on the CPU, of the device's pool on a graphics device; null if not told
  layers[]: one layer alone, 2048 tokens, width 128, expert width 256, k 2
    experts, step, seconds, forward_seconds, backward_seconds
  products[]: the dense products of a competition, all tokens times the first matrix of every expert
    tokens, width, expert_width, experts, flop
    seconds, stock_seconds   spreads of the program's own, and of Burn's batched product of the same matrices
  memory[]: three steps of the preset
    competing_layers, peak_bytes
  diagnostics: the same steps trained without and with probes, in turn; seconds are medians
    seconds_per_step_without, seconds_per_step_with
    share                    of the time with probes that they take
    probe_seconds            one probe with its knock-outs, and reading it
    probe_every              steps between two probes
    probe_parts: answers_seconds, similarity_seconds, host_seconds, knock_out_seconds
                             the network over the probe's tokens; how alike the answers are; measures on the host;
                             the passes without one expert each
  maps: the preset's network on points in the plane, as the window draws it
    side                     cells of a side
    seconds                  spread of a map: territories of the first layer with experts, and the answers
    alone_seconds            spread of the answers of one expert alone
  rewind: going back in a run of the preset for learning, as the window does
    preset, steps            of the run
    held                     states of it in memory
    seconds                  spread until the run stands at an earlier step: the state before it, and the steps since
    longest_seconds          the slowest of them";

/// How to measure.
#[derive(Debug, Args)]
pub(crate) struct BenchArguments {
    /// Print JSON; the keys are listed below.
    #[arg(long)]
    pub json: bool,
    /// Where to measure: auto, gpu, gpu:1, cpu, a PCI address or part of an adapter's name.
    #[arg(long, default_value = "auto")]
    pub device: String,
    /// Threads that compute on the CPU; without it, one for each core.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub threads: Option<usize>,
    /// Whose steps are timed.
    #[arg(long, value_enum, default_value = "medium")]
    pub preset: PresetName,
    /// Timed repeats of each measurement.
    #[arg(long, default_value_t = 40, allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub repeats: usize,
    /// Say what each operation takes of a step on the CPU.
    #[arg(long)]
    pub profile: bool,
    /// Measure these parts alone; without it, all.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PART")]
    pub only: Vec<BenchPartName>,
}

/// The parts of a benchmark by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BenchPartName {
    /// Whole training steps.
    Steps,
    /// One layer alone.
    Layers,
    /// The dense products of a competition, beside Burn's own.
    Products,
    /// Peak memory by competing layers.
    Memory,
    /// What probes cost.
    Probes,
    /// Maps of points in the plane.
    Maps,
    /// Going back in a run.
    Rewind,
}

impl From<BenchPartName> for BenchPart {
    fn from(name: BenchPartName) -> Self {
        match name {
            BenchPartName::Steps => Self::Steps,
            BenchPartName::Layers => Self::Layers,
            BenchPartName::Products => Self::Products,
            BenchPartName::Memory => Self::Memory,
            BenchPartName::Probes => Self::Probes,
            BenchPartName::Maps => Self::Maps,
            BenchPartName::Rewind => Self::Rewind,
        }
    }
}
