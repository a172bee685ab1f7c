//! Run of this program that another process trains: rows of its `metrics.csv`, what was done to it and its saves, put down as the
//! run itself puts them down.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::memory::WatchedMemory;
use super::shown::NewestWatched;
use super::{WatchedFact, WatchedNews};
use crate::domain::config::Config;
use crate::domain::readings::{
    Choices, LayerProbe, LayerStep, LossTerms, MetricKind, ProbeReading, StepReading, ValidationReading, nats,
};
use crate::domain::roster::Roster;
use crate::domain::state::ParameterCount;
use crate::dumps::{OwnRow, RunWatch};
use crate::run::snapshot::Parameters;
use crate::store::alerts::{Alert, Rule, StepContext};
use crate::store::checkpoint;
use crate::store::history::{LoadNumbers, What};

/// The config of the run.
const CONFIG: &str = "config.toml";

/// Rules that rows alone feed; of the others a save says what stands.
const BY_ROWS: [Rule; 6] = [
    Rule::GradientSpikes,
    Rule::LossAboveChance,
    Rule::LossRising,
    Rule::ValidationGap,
    Rule::RouterAtChance,
    Rule::RepresentationCollapse,
];

/// A run folder.
#[derive(Debug)]
pub(super) struct OwnRunFollowed {
    folder: PathBuf,
    watch: RunWatch,
    /// Whether the config of the run is known.
    configured: bool,
}

impl OwnRunFollowed {
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.into(), watch: RunWatch::new(folder), configured: false }
    }

    /// Takes what has come since the last look. Whether there is more at once.
    pub fn work(&mut self, memory: &mut WatchedMemory, news: &mut WatchedNews) -> io::Result<bool> {
        let (found, more) = self.watch.look()?;
        if !self.configured
            && let Ok(config) = Config::read(&self.folder.join(CONFIG))
        {
            self.take_config(config, memory);
        }
        let written = self.watch.written();
        for row in found {
            match row {
                OwnRow::Step { step, before, numbers, competed } => {
                    if let Some(newest) = before {
                        memory.begin_again(step);
                        news.facts.push(WatchedFact::Again { step, newest });
                    }
                    news.raised.extend(take_row(&Cells { step, numbers, competed }, memory));
                    memory.took(NewestWatched { step, written }, false);
                }
                OwnRow::Event { entry, first } => {
                    let journal = memory.history.journal_mut();
                    if first {
                        *journal = Default::default();
                    }
                    if let What::Knobs { now, .. } = &entry.what {
                        memory.knobs = now.clone();
                    }
                    journal.push(entry.step, entry.what);
                }
                OwnRow::Saved { file, step, .. } => {
                    if self.take_save(&self.folder.join(&file), step, memory) {
                        news.facts.push(WatchedFact::Saved { file, step });
                    }
                }
            }
        }
        Ok(more)
    }

    fn take_config(&mut self, config: Config, memory: &mut WatchedMemory) {
        if memory.history.journal.entries().is_empty() {
            memory.knobs = config.knobs.clone();
        }
        if memory.rosters.len() != config.model.moe_count() {
            memory.rosters = Arc::new(vec![Roster::new(config.model.experts); config.model.moe_count()]);
        }
        let count = ParameterCount::of(&config, config.model.experts, config.knobs.top_k);
        memory.parameters = Parameters { total: count.total, active: count.active };
        memory.config = Arc::new(config);
        self.configured = true;
    }

    /// Takes what only a save holds: who the experts are, their curves, and what the rules say that need their loads. Whether it
    /// was whole; one that is still being copied here is taken when it is.
    fn take_save(&mut self, path: &Path, step: u64, memory: &mut WatchedMemory) -> bool {
        let newest = memory.shown().saved.as_ref().is_none_or(|(_, saved)| *saved <= step);
        // One of a run that was here before says nothing of this one.
        if !newest || step > memory.step() {
            return false;
        }
        let Ok((saved, history)) = checkpoint::peek_history(path) else { return false };
        let progress = &saved.progress;
        memory.rosters = Arc::new(progress.rosters.clone());
        if memory.history.journal.entries().is_empty() {
            memory.knobs = progress.knobs.clone();
        }
        if !self.configured {
            self.take_config(saved.config, memory);
        }
        Arc::make_mut(&mut memory.alerts).take_over(&saved.alerts, &BY_ROWS);
        memory.history.complete_from(history);
        memory.shown().saved = Some((path.into(), step));
        true
    }
}

/// The numbers of a row.
struct Cells {
    step: u64,
    numbers: BTreeMap<String, f64>,
    /// Layers that competed.
    competed: Vec<usize>,
}

impl Cells {
    fn get(&self, column: &str) -> Option<f64> {
        self.numbers.get(column).copied()
    }

    fn of_layer(&self, column: &str, layer: usize) -> Option<f64> {
        self.get(&format!("{column}_l{layer}"))
    }

    fn whole(&self, column: &str) -> Option<usize> {
        self.get(column).filter(|value| *value >= 0.0).map(|value| value as usize)
    }
}

/// Puts a row down as the run does; the alerts that it raised.
fn take_row(cells: &Cells, memory: &mut WatchedMemory) -> Vec<Alert> {
    let step = cells.step;
    let counted = (0..).take_while(|&layer| cells.of_layer("load_cv", layer).is_some()).count();
    let experts = cells.whole("experts").unwrap_or(memory.config.model.experts);
    if memory.rosters.len() != counted || memory.rosters.iter().any(|roster| roster.len() != experts) {
        // Who is who after surgery the next save says.
        memory.rosters = Arc::new(vec![Roster::new(experts); counted]);
    }
    let rosters = memory.rosters.clone();
    let kind = MetricKind::of(&memory.config.task);
    let top_k = cells.whole("top_k").unwrap_or(memory.knobs.top_k);
    memory.knobs.top_k = top_k;
    let loss = LossTerms {
        total: cells.get("loss_total").unwrap_or(f64::NAN),
        task: cells.get("loss_task").unwrap_or(f64::NAN),
        accuracy: cells.get(MetricKind::Accuracy.column()),
        router: cells.get("loss_router"),
        balance: cells.get("loss_balance"),
        affinity_balance: cells.get("loss_affinity_balance"),
        diversity: cells.get("loss_diversity"),
    };
    // No row holds how many tokens each expert got.
    let layer = |layer: usize| LayerStep {
        competed: cells.competed.contains(&layer),
        routed: Vec::new(),
        won: None,
        gradients: None,
    };
    let reading = Arc::new(StepReading {
        step,
        tokens: cells.get("tokens").map_or(0, |tokens| tokens as u64),
        loss,
        learning_rate: cells.get("lr").unwrap_or(f64::NAN),
        gradient_norm: cells.get("gradient_norm").unwrap_or(f64::NAN),
        layers: (0..counted).map(layer).collect(),
    });
    let numbers = |layer: usize| LoadNumbers {
        cv: cells.of_layer("load_cv", layer).unwrap_or(f64::NAN),
        entropy: cells.of_layer("load_entropy", layer).unwrap_or(f64::NAN),
        dead: cells.of_layer("dead_experts", layer).map_or(0, |dead| dead as usize),
        max_vio: None,
    };
    let numbers: Vec<LoadNumbers> = (0..counted).map(numbers).collect();
    (memory.seconds, memory.tokens_per_sec) =
        (cells.get("seconds").unwrap_or(memory.seconds), cells.get("tokens_per_sec").unwrap_or(0.0));
    memory.history.push_spent(step, memory.seconds, None);
    memory.history.push_step(&reading, &numbers, &rosters, memory.tokens_per_sec);
    let config = memory.config.clone();
    let context = StepContext {
        rosters: &rosters,
        top_k,
        loads: &[],
        loss: memory.history.window_loss(config.optimizer.warmup_steps),
        classes: config.task_shape().classes(),
        clip_norm: config.optimizer.clip_norm,
    };
    let alerts = Arc::make_mut(&mut memory.alerts);
    let mut raised = alerts.take_step(&reading, context);
    memory.newest.step = Some(reading);
    if let Some(loss) = cells.get(&format!("val_{}", kind.column())).and_then(|value| loss_of(value, kind)) {
        let validation = ValidationReading { step, loss, accuracy: None };
        memory.history.push_validation(&validation);
        raised.extend(alerts.take_validation(&validation));
        memory.newest.validation = Some(validation);
    }
    if let Some(probe) = probe(cells, counted, experts, &config) {
        let probe = Arc::new(probe);
        memory.history.push_probe(&probe, &rosters);
        raised.extend(alerts.take_probe(&probe, &rosters));
        memory.newest.probe = Some(probe);
    }
    raised
}

/// The loss of a validation whose metric is `value`; `None` where a row holds the metric alone, and that is no loss.
fn loss_of(value: f64, kind: MetricKind) -> Option<f64> {
    match kind {
        MetricKind::BitsPerByte => Some(nats(value)),
        MetricKind::MeanSquaredError => Some(value),
        MetricKind::Accuracy => None,
    }
}

/// What a row says of the probe that was taken after its step, if one was.
fn probe(cells: &Cells, layers: usize, experts: usize, config: &Config) -> Option<ProbeReading> {
    let positions = if config.task.text().is_some() { config.model.context } else { 1 };
    let tokens = config.cadence.probe_sequences * positions;
    let limit = (!config.model.bare).then(|| config.model.width.min(tokens.saturating_sub(1)));
    let mut probed = false;
    let mut layer = |layer: usize| {
        let of = |column: &str| cells.of_layer(column, layer);
        let mut probe = LayerProbe { choices: Choices { experts, ..Choices::default() }, ..LayerProbe::default() };
        let all = &mut probe.diagnosis;
        (all.beside.tokens, all.beside.experts, all.beside.top_k) = (tokens, experts, cells.whole("top_k"));
        (all.agreement.top1, all.agreement.chance) = (of("agreement_top1"), of("agreement_chance"));
        (all.agreement.kappa, all.agreement.recall_at_k) = (of("agreement_kappa"), of("agreement_recall"));
        all.agreement.response_captured = of("response_captured");
        all.similarity.mean_output_cosine = of("output_cosine");
        (all.collapse.effective_rank, all.collapse.rank_limit) = (of("effective_rank"), limit);
        probed |= all.agreement.top1.or(all.similarity.mean_output_cosine).or(all.collapse.effective_rank).is_some();
        probe
    };
    let layers = (0..layers).map(&mut layer).collect();
    probed.then(|| ProbeReading { step: cells.step, tokens, context: positions, layers, ..ProbeReading::default() })
}
