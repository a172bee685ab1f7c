//! Hand-made snapshots: a plausible run, and everything that can be odd about one.

use std::sync::Arc;

use egui_kittest::Harness;
use moe_arena::domain::config::{Cause, Config, KnobId, ModelConfig, PlaneConfig, PlaneTarget, Preset, TaskConfig};
use moe_arena::domain::measures::territory::{AnswerMap, PlaneMap};
use moe_arena::domain::readings::{
    AgreementNumbers, Evaluation, Item, LayerEvaluation, LayerStep, LossTerms, Metric, MetricKind, PlanePoint,
    ProbeItems, ProbeReading, StepReading, ValidationReading,
};
use moe_arena::domain::roster::{ExpertId, Roster};
use moe_arena::engine::device::DeviceWhy;
use moe_arena::run::{
    AppCommand, Command, DataBadge, DeviceBadge, Failure, FailureCause, Maps, Parameters, PausedBy, Reason, Saved,
    SessionId, Snapshot, SnapshotData, SnapshotInterventions, SnapshotMemory, SnapshotModel, SnapshotNewest,
    SnapshotPace, SnapshotRewind, SnapshotSaves, Status, Timing, Way, WayOn, Writer, channel,
};
use moe_arena::store::history::{History, LoadNumbers, What};
use moe_arena::ui::App;

use super::fixture_probe::{counts, lean, probe, unit};

/// How a made-up run looks.
#[derive(Clone, Copy)]
pub struct Shape {
    pub steps: u64,
    pub layers: usize,
    pub experts: usize,
    /// Every how many steps a step is pushed; 1 is all.
    pub stride: u64,
    pub bad_from: Option<u64>,
}

pub const USUAL: Shape = Shape { steps: 2138, layers: 4, experts: 8, stride: 1, bad_from: None };

/// A reason in these words: what a file system says.
pub fn reason(words: &str) -> Reason {
    std::io::Error::other(words).into()
}

/// The last save of a run, a good one.
pub fn saved(step: u64) -> Saved {
    let at = std::time::SystemTime::UNIX_EPOCH;
    Saved { step, path: "run.safetensors".into(), auto: true, at, loss: Some(2.31), good: true }
}

/// Tokens of a probe, as a real one's where it is to be looked at.
pub(super) fn tokens(shape: Shape) -> usize {
    if shape.experts * shape.layers > 64 { 32 } else { 128 }
}

/// A run in full flight.
pub fn running(shape: Shape) -> Snapshot {
    let mut config: Config = Preset::Medium.config();
    config.model.layers = shape.layers;
    config.model.experts = shape.experts;
    config.knobs.top_k = config.knobs.top_k.min(shape.experts);
    config.knobs.competition_warmup = 200;
    config.steps = config.steps.max(shape.steps * 3 / 2);
    let rosters = vec![Roster::new(shape.experts); shape.layers];
    let mut history = History::default();
    let tokens = config.tokens_per_step() as u64;
    let mut last = None;
    let mut last_probe = None;
    let mut validation = None;
    let mut step = 0;
    while step + shape.stride <= shape.steps {
        step += shape.stride;
        let fall = 1.58 + 3.9 * (-(step as f64) / 60.0).exp() + 1.0 * (-(step as f64) / 600.0).exp();
        let task = fall + 0.1 * (unit(step, 1) - 0.5);
        let task = if shape.bad_from.is_some_and(|bad| step >= bad) { f64::NAN } else { task };
        let layers = (0..shape.layers)
            .map(|layer| {
                let lane = 10 + layer as u64;
                let competed = step > 200 && unit(step, lane) < 0.07;
                let picks = tokens as u32 * 2;
                LayerStep {
                    competed,
                    routed: counts(&lean(shape.experts, layer), picks, step, lane),
                    won: competed.then(|| counts(&lean(shape.experts, layer), picks, step, lane + 500)),
                    gradients: None,
                }
            })
            .collect();
        let reading = StepReading {
            step,
            tokens: step * tokens,
            loss: LossTerms { total: task + 0.02, task, ..LossTerms::default() },
            learning_rate: 6e-4,
            gradient_norm: 0.8,
            layers,
        };
        let derived = vec![LoadNumbers { cv: 0.29, entropy: 0.97, dead: 0, max_vio: Some(0.35) }; shape.layers];
        history.push_step(&reading, &derived, &rosters, 88_300.0);
        if step.is_multiple_of(50.max(shape.stride * 10)) {
            let reading = Arc::new(probe(shape, step, config.knobs.top_k));
            history.push_probe(&reading, &rosters);
            last_probe = Some(reading);
        }
        if step.is_multiple_of(100.max(shape.stride * 20)) {
            let reading = ValidationReading { step, loss: fall + 0.04, accuracy: None };
            history.push_validation(&reading);
            validation = Some(reading);
        }
        last = Some(Arc::new(reading));
    }
    let mut now = config.knobs.clone();
    now.balance_weight = 0.02;
    now.learning_rate = 6e-4;
    let at = |share: f64| (shape.steps as f64 * share) as u64;
    let journal = history.journal_mut();
    journal.push(0, What::Started { device: "RTX 4060".into(), sequences: Some(16), text: None });
    let mut between = config.knobs.clone();
    between.learning_rate = 6e-4;
    journal.push(at(0.38), What::Knobs { now: between.clone(), changes: config.knobs.changes(&between) });
    for save in 1..=4 {
        journal.push(
            at(0.23 * f64::from(save)),
            What::Saved { path: "run.safetensors".into(), auto: true, last_good: None },
        );
    }
    journal.push(at(0.68), What::Knobs { now: now.clone(), changes: between.changes(&now) });
    let ahead = (0..config.steps - shape.steps.min(config.steps))
        .map(|i| (0..shape.layers).map(|l| unit(shape.steps + i, 40 + l as u64) < 0.07).collect())
        .take(2000)
        .collect();
    Snapshot {
        session: SessionId::FIRST,
        watched: None,
        status: Status::Running,
        step: shape.steps,
        knobs: now,
        pace: SnapshotPace {
            seconds: 49.0,
            tokens_per_sec: 88_300.0,
            timing: Timing { step_millis: 23.2, wait_millis: 8.1 },
            ..SnapshotPace::default()
        },
        data: SnapshotData {
            badge: DataBadge {
                name: "Moby-Dick".into(),
                bytes: 400_000,
                split: [360_000, 20_000, 20_000],
                metric: Some(Metric { kind: MetricKind::BitsPerByte, chance: 8.0 }),
            },
            wants_text: None,
        },
        model: SnapshotModel {
            rosters: Arc::new(rosters),
            parameters: Parameters {
                total: config.parameters(shape.experts),
                active: config.active_parameters(shape.experts, 2),
            },
            ahead: Arc::new(ahead),
        },
        newest: SnapshotNewest { step: last, probe: last_probe, validation, ..SnapshotNewest::default() },
        memory: SnapshotMemory { history: Arc::new(history), ..SnapshotMemory::default() },
        saves: SnapshotSaves {
            newest: Some(saved(at(0.92))),
            unsaved: true,
            ways_back: Arc::new(vec![saved(at(0.92))]),
            left: Arc::default(),
        },
        rewind: SnapshotRewind::default(),
        interventions: SnapshotInterventions::default(),
        device: DeviceBadge {
            name: "RTX 4060".into(),
            kind: "GPU".into(),
            why: Some(DeviceWhy::FirstHardware),
            choices: vec![("RTX 4060".into(), "RTX 4060".into()), ("cpu".into(), "CPU, 16 threads".into())],
            memory_bytes: Some(412_000_000),
        },
        config: Arc::new(config),
    }
}

/// Before the first step.
pub fn at_start() -> Snapshot {
    let mut shot = running(Shape { steps: 0, ..USUAL });
    shot.status = Status::Paused(PausedBy::Start);
    shot.memory.history = Arc::default();
    shot.knobs = shot.config.knobs.clone();
    shot.saves.newest = None;
    shot.pace.tokens_per_sec = 0.0;
    shot.pace.timing = Timing::default();
    shot
}

/// A run that is paused in the middle.
pub fn paused() -> Snapshot {
    Snapshot { status: Status::Paused(PausedBy::Person), ..running(USUAL) }
}

/// A run that failed and can go on.
pub fn failed() -> Snapshot {
    let ways = vec![
        Way { on: WayOn::GoBack(1966), command: Command::GoBack },
        Way { on: WayOn::Cpu, command: Command::MoveTo("cpu".into()) },
    ];
    let cause = FailureCause::CannotBegin(reason("The device was lost while reading step 2,139."));
    Snapshot { status: Status::Failed(Failure { cause, ways }), ..running(USUAL) }
}

/// A run that paused before a step that is not finite.
pub fn not_finite() -> Snapshot {
    let place = "layer 2, experts.keys".into();
    let causes = vec![Cause::Knob(KnobId::LearningRate, 3e-3)];
    Snapshot { status: Status::Paused(PausedBy::NotFinite { step: 2138, place, causes }), ..running(USUAL) }
}

/// Every snapshot there is, by name.
pub fn all() -> Vec<(&'static str, Snapshot)> {
    let small = Shape { steps: 400, ..USUAL };
    let mut bad = running(Shape { steps: 300, bad_from: Some(120), ..USUAL });
    if let Some(probe) = bad.newest.probe.as_mut().map(Arc::make_mut) {
        for layer in &mut probe.layers {
            let found = &mut layer.diagnosis;
            let won = found.agreement.won.take();
            let (top1, chance) = (Some(f64::NAN), Some(f64::NAN));
            found.agreement = AgreementNumbers { won, top1, chance, ..AgreementNumbers::default() };
            found.collapse.effective_rank = Some(f64::INFINITY);
            found.collapse.spectrum = Some(vec![f64::NAN; 128]);
            layer.matrices.output_cosine.iter_mut().flatten().for_each(|row| row.fill(None));
        }
    }
    vec![
        ("running", running(small)),
        ("at start", at_start()),
        ("paused", paused()),
        (
            "preparing",
            Snapshot {
                status: Status::Preparing(moe_arena::run::Preparation::Kernels { begun: 0, of: 0 }),
                ..running(small)
            },
        ),
        ("saving", Snapshot { status: Status::Saving, ..running(small) }),
        ("failed", failed()),
        ("not finite", not_finite()),
        ("one expert", running(Shape { steps: 120, experts: 1, ..USUAL })),
        ("64 experts", running(Shape { steps: 60, experts: 64, ..USUAL })),
        ("NaN", bad),
        ("100,000 steps", running(Shape { steps: 100_000, stride: 50, layers: 2, ..USUAL })),
        ("16 layers", running(Shape { steps: 120, layers: 16, ..USUAL })),
        ("points", plane(Shape { steps: 120, layers: 2, ..USUAL }, PlaneTarget::Class)),
        ("values", plane(Shape { steps: 120, layers: 1, experts: 3, ..USUAL }, PlaneTarget::Value)),
        ("points without maps", without_maps(plane(Shape { steps: 120, ..USUAL }, PlaneTarget::Class))),
    ]
}

/// An app that shows `shot`, and the worker's end of its channel.
pub fn app(shot: Snapshot, size: [f32; 2]) -> (Harness<'static, App>, Writer) {
    let (reader, writer) = channel(shot, Box::new(|| {}));
    let harness = Harness::builder()
        .with_size(size)
        .with_max_steps(12)
        .build_eframe(move |cc| App::new(&cc.egui_ctx, reader, true));
    (harness, writer)
}

/// All commands that have arrived, of the run and of the program.
pub fn all_commands(writer: &Writer) -> Vec<AppCommand> {
    std::iter::from_fn(|| writer.try_command().unwrap()).collect()
}

/// The command of the run that it is.
pub fn of_run(asked: AppCommand) -> Command {
    asked.of_run().cloned().unwrap_or_else(|| panic!("not of the run: {asked:?}"))
}

/// The same where nothing but commands of the run may have arrived.
pub fn commands(writer: &Writer) -> Vec<Command> {
    all_commands(writer).into_iter().map(of_run).collect()
}

/// Maps of a layer of `experts` experts: each likes a place of its own, and the router judges by a straight line.
pub fn maps(experts: usize, step: u64, values: bool) -> Maps {
    let side = 32;
    let (mut affinities, mut scores, mut outputs) = (Vec::new(), Vec::new(), Vec::new());
    for cell in 0..side * side {
        let at = |place: usize| (2.0 * place as f32 + 1.0) / side as f32 - 1.0;
        let (x, y) = (at(cell % side), -at(cell / side));
        for expert in 0..experts {
            let turn = expert as f32 / experts as f32 * std::f32::consts::TAU;
            let (far_x, far_y) = (x - 0.6 * turn.cos(), y - 0.6 * turn.sin());
            affinities.push(1.0 / (1.0 + far_x * far_x + far_y * far_y));
            scores.push(x * (turn + 0.5).cos() + y * (turn + 0.5).sin());
        }
        outputs.extend(if values { vec![(3.0 * x).sin() * y] } else { vec![x + y, x * x] });
    }
    let layer = Some(LayerEvaluation::of(&scores, &affinities, experts));
    let width = if values { 1 } else { 2 };
    let alone = AnswerMap::of(outputs.iter().map(|output| -output).collect(), side, width, !values);
    let evaluation = Evaluation { step, positions: side * side, outputs, layer };
    let point = |place: u64| {
        let at = [0, 1].map(|lane| (2.0 * unit(place, lane) - 1.0) as f32 * 1.05);
        PlanePoint { at, class: (place % 2) as u16, value: at[0] * at[1] }
    };
    Maps {
        layer: 0,
        map: PlaneMap::of(evaluation, side, width, !values).unwrap(),
        alone: Some((ExpertId(1), alone)),
        points: Arc::new((0..150).map(point).collect()),
        millis: 12.0,
    }
}

/// A run on points in the plane, in full flight.
pub fn plane(shape: Shape, target: PlaneTarget) -> Snapshot {
    let mut shot = running(shape);
    let plane = PlaneConfig { target, ..PlaneConfig::default() };
    let config = Arc::make_mut(&mut shot.config);
    let sizes = Preset::Small.config_for(TaskConfig::Plane(plane));
    *config =
        Config { model: ModelConfig { layers: shape.layers, experts: shape.experts, ..sizes.model.clone() }, ..sizes };
    let kind = MetricKind::of(&config.task);
    shot.data.badge =
        DataBadge { name: "moons".into(), bytes: 0, split: [1000, 200, 0], metric: Some(Metric { kind, chance: 0.5 }) };
    let accuracy = (target == PlaneTarget::Class).then_some(0.982);
    if let Some(reading) = shot.newest.validation.as_mut() {
        reading.accuracy = accuracy;
    }
    if let Some(last) = shot.newest.step.as_mut().map(Arc::make_mut) {
        last.loss.accuracy = accuracy;
    }
    let with_points = |probe: &ProbeReading| {
        let items = (0..probe.tokens).map(|token| Item::Point([0, 1].map(|lane| unit(token as u64, 40 + lane) as f32)));
        let mut probe = ProbeReading { context: 1, items: Arc::new(ProbeItems::new(items.collect())), ..probe.clone() };
        for layer in &mut probe.layers {
            let lift = layer.matrices.lift.take().unwrap_or_default();
            layer.matrices.lift = Some(lift.into_iter().take(2).collect());
        }
        Arc::new(probe)
    };
    shot.newest.probe = shot.newest.probe.as_deref().map(with_points);
    shot.newest.maps = Some(Arc::new(maps(shape.experts, shot.step, target == PlaneTarget::Value)));
    shot
}

/// The same before any map is drawn.
pub fn without_maps(mut shot: Snapshot) -> Snapshot {
    shot.newest.maps = None;
    shot
}
