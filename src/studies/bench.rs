//! Benchmark, how fast this machine trains: whole steps, one layer alone, and what competitions, probes and maps cost.

use std::sync::Arc;
use std::time::Instant;

use super::Spread;
use super::bench_report::{AgainstProducts, LayerLine, MemoryLine, ProductsLine, Report, StepLine};
use super::bench_tasks::{bounds, operations, task_profile};
use super::rewind::rewinds;
use super::{diagnostics, maps};
use crate::domain::arithmetic::step_products;
use crate::domain::config::{Config, Preset};
use crate::domain::state::State;
use crate::engine::device::{self, DeviceFailure, DeviceKind, TrainingDevice};
use crate::engine::kernels;
use crate::engine::model::Mode;
use crate::engine::train::{LayerBench, LayerBenchSizes, ProductBench, ProductBenchSizes, ProfileError, Trainer};
use crate::tasks;

/// Steps between two reads, as in training.
pub(super) const READ_EVERY: usize = 8;

/// Sizes of the dense products that are timed: those of the presets tiny and medium, and larger ones.
const PRODUCTS: [ProductBenchSizes; 3] = [
    ProductBenchSizes { tokens: 512, width: 64, expert_width: 128, experts: 4 },
    ProductBenchSizes { tokens: 2048, width: 128, expert_width: 256, experts: 8 },
    ProductBenchSizes { tokens: 4096, width: 256, expert_width: 256, experts: 8 },
];

/// How much to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BenchSettings {
    /// Timed repeats of each whole step and each layer pass.
    pub repeats: usize,
    /// The run whose steps are timed.
    pub preset: Preset,
    /// Whether it is told what each operation takes of a step on the CPU.
    pub profile: bool,
}

/// A part of a benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BenchPart {
    /// Peak memory by competing layers.
    Memory,
    /// Whole training steps.
    Steps,
    /// One layer alone.
    Layers,
    /// The dense products of a competition alone.
    Products,
    /// Steps with and without probes.
    Probes,
    /// Maps of points in the plane.
    Maps,
    /// Going back in a run.
    Rewind,
}

/// What a benchmark measures at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measurement {
    /// Peak memory of the preset.
    Memory {
        /// Layers that compete.
        competing: usize,
        /// Layers with experts.
        layers: usize,
    },
    /// Whole steps of a preset.
    Steps {
        /// The preset.
        preset: Preset,
        /// `router` or `competition`.
        step: &'static str,
    },
    /// One layer alone.
    Layer {
        /// Its experts.
        experts: usize,
        /// `router` or `competition`.
        step: &'static str,
    },
    /// The dense products of a competition alone.
    Products {
        /// Tokens.
        tokens: usize,
        /// Experts.
        experts: usize,
    },
    /// Maps of points in the plane.
    Maps {
        /// The preset.
        preset: Preset,
    },
    /// Going back.
    Rewind,
    /// Steps with and without probes.
    Probes {
        /// The preset.
        preset: Preset,
    },
}

/// Why a benchmark could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The device cannot be had.
    #[error("{0}")]
    Device(#[from] device::DeviceError),
    /// The trainer cannot be built.
    #[error("{0}")]
    Build(String),
    /// A step failed.
    #[error("{0}")]
    Clock(#[from] ProfileError),
    /// The device stopped answering.
    #[error("the device failed: {failure}")]
    Failed {
        /// How.
        failure: DeviceFailure,
    },
}

/// Computes with this many threads on the CPU from now on. Only before anything was computed.
///
/// # Errors
/// If threads are computing already.
pub fn use_threads(threads: usize) -> Result<(), String> {
    kernels::use_threads(threads)
}

/// Measures the parts `only`, or all if it is empty, on the device `wish`; `say` is told what is being measured.
///
/// # Errors
/// See [`BenchError`].
pub fn bench(
    wish: &str,
    measure: BenchSettings,
    only: &[BenchPart],
    mut say: impl FnMut(Measurement),
) -> Result<Report, BenchError> {
    let place = device::choose(wish)?;
    let wanted = |part| only.is_empty() || only.contains(&part);
    let config = measure.preset.config();
    let layers = config.model.moe_count();
    // Memory first: a peak is only told from what was not yet allocated.
    let mut memory = Vec::new();
    for competing_layers in (0..=layers).filter(|_| wanted(BenchPart::Memory)) {
        say(Measurement::Memory { competing: competing_layers, layers });
        memory.push(MemoryLine { competing_layers, peak_bytes: peak(&place, &config, competing_layers)? });
    }
    let mut steps = Vec::new();
    for (step, competing) in [("router", 0), ("competition", layers)].into_iter().filter(|_| wanted(BenchPart::Steps)) {
        say(Measurement::Steps { preset: measure.preset, step });
        steps.push(whole_steps(&place, measure, step, competing)?);
    }
    let mut alone = Vec::new();
    for experts in [8, 16, 32, 64].into_iter().filter(|_| wanted(BenchPart::Layers)) {
        for (step, mode) in [("router", Mode::Route), ("competition", Mode::Compete)] {
            say(Measurement::Layer { experts, step });
            alone.push(layer_alone(&place, measure, experts, step, mode)?);
        }
    }
    let mut products = Vec::new();
    for sizes in PRODUCTS.into_iter().filter(|_| wanted(BenchPart::Products)) {
        say(Measurement::Products { tokens: sizes.tokens, experts: sizes.experts });
        products.push(products_alone(&place, measure, sizes)?);
    }
    let mut part = |part, what| wanted(part).then(|| say(what));
    let probed = part(BenchPart::Probes, Measurement::Probes { preset: measure.preset });
    let probed = probed.map(|()| diagnostics::diagnostics(&place, measure)).transpose()?;
    let mapped = part(BenchPart::Maps, Measurement::Maps { preset: measure.preset });
    let mapped = mapped.map(|()| maps::maps(&place, measure)).transpose()?;
    let rewind = part(BenchPart::Rewind, Measurement::Rewind).map(|()| rewinds(wish, measure)).transpose()?;
    Ok(Report {
        version: env!("CARGO_PKG_VERSION"),
        device: place.name.clone(),
        kind: place.kind.label(),
        threads: kernels::threads(),
        steps,
        layers: alone,
        products,
        memory,
        diagnostics: probed,
        maps: mapped,
        rewind,
    })
}

/// A trainer of which so many layers compete at every step.
fn trainer(place: &TrainingDevice, config: &Config, competing: usize) -> Result<Trainer, BenchError> {
    let mut config = config.clone();
    config.knobs.competition_rate = if competing > 0 { 1.0 } else { 0.0 };
    config.knobs.max_competing_layers = competing.max(1);
    config.knobs.competition_warmup = 0;
    trainer_of(place, &config)
}

/// A trainer at step 0 of a config.
pub(super) fn trainer_of(place: &TrainingDevice, config: &Config) -> Result<Trainer, BenchError> {
    let state = State::initial(config);
    let task = tasks::open(config).map_err(|error| BenchError::Build(error.to_string()))?;
    Trainer::new(Arc::new(config.clone()), task, &place.device, &state)
        .map_err(|error| BenchError::Build(error.to_string()))
}

fn peak(place: &TrainingDevice, config: &Config, competing: usize) -> Result<Option<u64>, BenchError> {
    let mut trainer = trainer(place, config, competing)?;
    kernels::forget_buffers();
    device::forget_peak(place);
    for _ in 0..3 {
        trainer.step().map_err(ProfileError::from)?;
        trainer.read().map_err(|failure| BenchError::Failed { failure })?;
    }
    Ok(device::peak_bytes(place))
}

fn whole_steps(
    place: &TrainingDevice,
    measure: BenchSettings,
    step: &'static str,
    competing: usize,
) -> Result<StepLine, BenchError> {
    let config = measure.preset.config();
    let before = product_rate(place);
    let mut trainer = trainer(place, &config, competing)?;
    device::forget_peak(place);
    let start = Instant::now();
    trainer.step().map_err(ProfileError::from)?;
    trainer.read().map_err(|failure| BenchError::Failed { failure })?;
    let first_step_seconds = start.elapsed().as_secs_f64();
    for _ in 0..3 {
        trainer.step_by_parts()?;
    }
    let mut parts = Vec::with_capacity(measure.repeats);
    for _ in 0..measure.repeats {
        parts.push(trainer.step_by_parts()?);
    }
    // Whole steps are timed in groups of one read each, as training makes them.
    let groups = measure.repeats.div_ceil(READ_EVERY).max(3);
    let (mut seconds, launches, traffic) = (Vec::new(), kernels::launched(), trainer.traffic());
    let submissions = device::submissions(place);
    for _ in 0..groups {
        let start = Instant::now();
        for _ in 0..READ_EVERY {
            trainer.step().map_err(ProfileError::from)?;
        }
        trainer.read().map_err(|failure| BenchError::Failed { failure })?;
        seconds.push(start.elapsed().as_secs_f64() / READ_EVERY as f64);
    }
    let made = (groups * READ_EVERY) as f64;
    // Asking is a submission as well.
    let submitted = submissions.and_then(|before| device::submissions(place)?.checked_sub(before + 1));
    let seconds = Spread::of(seconds);
    let of = |part: fn(&crate::engine::train::StepProfile) -> std::time::Duration| {
        Spread::of(parts.iter().map(|p| part(p).as_secs_f64()).collect())
    };
    let (launches, after) = (kernels::launched() - launches, trainer.traffic());
    // Before the profiles, which keep memory of their own.
    let peak_bytes = device::peak_bytes(place);
    let (mut profile, mut cores) = (Vec::new(), Vec::new());
    if place.kind == DeviceKind::Cpu {
        let tasks = task_profile(&mut trainer)?;
        cores = bounds(&tasks);
        if measure.profile {
            profile = operations(&mut trainer, groups, &tasks)?;
        }
    }
    let competed = vec![competing > 0; config.model.moe_count()];
    let products = step_products(&config, &config.knobs, config.model.experts, 1, &competed);
    let (forward, backward) = (of(|p| p.forward), of(|p| p.backward));
    let against_products = before.zip(product_rate(place)).map(|(before, after)| {
        let rate = before.max(after);
        let share = |products: u64, spread: Spread| 2.0 * products as f64 / (spread.median * rate);
        AgainstProducts {
            product_flop_per_second: rate,
            step_share: share(products.forward + products.backward, seconds),
            forward_share: share(products.forward, forward),
            backward_share: share(products.backward, backward),
        }
    });
    Ok(StepLine {
        preset: measure.preset.label(),
        step,
        tokens_per_second: config.tokens_per_step() as f64 / seconds.median,
        seconds,
        forward_seconds: forward,
        backward_seconds: backward,
        optimizer_seconds: of(|p| p.optimizer),
        flop: products.flop(),
        against_products,
        profile,
        cores,
        first_step_seconds,
        shader_launches_per_step: launches as f64 / made,
        submissions_per_step: submitted.map(|submitted| submitted as f64 / made),
        readbacks_per_step: (after.reads - traffic.reads) as f64 / made,
        bytes_read_per_step: (after.bytes - traffic.bytes) as f64 / made,
        peak_bytes,
    })
}

/// The peak rate of matrix products on the threads that compute; `None` where a graphics device computes.
fn product_rate(place: &TrainingDevice) -> Option<f64> {
    (place.kind == DeviceKind::Cpu).then(kernels::product_rate)
}

fn layer_alone(
    place: &TrainingDevice,
    measure: BenchSettings,
    experts: usize,
    step: &'static str,
    mode: Mode,
) -> Result<LayerLine, BenchError> {
    let sizes = LayerBenchSizes { tokens: 2048, width: 128, expert_width: 256, experts, top_k: 2 };
    let solo = LayerBench::new(sizes, &place.device);
    for _ in 0..3 {
        solo.pass(mode)?;
    }
    let (mut forward, mut backward) = (Vec::new(), Vec::new());
    for _ in 0..measure.repeats {
        let (f, b) = solo.pass(mode)?;
        forward.push(f.as_secs_f64());
        backward.push(b.as_secs_f64());
    }
    let both = forward.iter().zip(&backward).map(|(f, b)| f + b).collect();
    Ok(LayerLine {
        experts,
        step,
        seconds: Spread::of(both),
        forward_seconds: Spread::of(forward),
        backward_seconds: Spread::of(backward),
    })
}

fn products_alone(
    place: &TrainingDevice,
    measure: BenchSettings,
    sizes: ProductBenchSizes,
) -> Result<ProductsLine, BenchError> {
    let bench = ProductBench::new(sizes, &place.device);
    for _ in 0..3 {
        bench.pass()?;
    }
    let (mut ours, mut stock) = (Vec::new(), Vec::new());
    for _ in 0..measure.repeats {
        let (a, b) = bench.pass()?;
        ours.push(a.as_secs_f64());
        stock.push(b.as_secs_f64());
    }
    let ProductBenchSizes { tokens, width, expert_width, experts } = sizes;
    let (seconds, stock_seconds) = (Spread::of(ours), Spread::of(stock));
    Ok(ProductsLine { tokens, width, expert_width, experts, flop: sizes.flop(), seconds, stock_seconds })
}
