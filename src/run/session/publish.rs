//! Makes snapshots: the run at one moment as plain numbers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Session;
use crate::domain::config::Config;
use crate::domain::roster::Roster;
use crate::domain::state::ParameterCount;
use crate::engine::device::{self, TrainingDevice};
use crate::run::ahead::Horizon;
use crate::run::pace::Pace;
use crate::run::snapshot::{DataBadge, DeviceBadge, Looks, Parameters, Snapshot, Status};
use crate::store::history::History;

/// Time between two looks at the memory held; asking a driver is not free.
const WEIGH_EVERY: Duration = Duration::from_secs(1);

/// What snapshots share as long as it does not change.
#[derive(Default)]
pub(super) struct Shared {
    horizon: Horizon,
    rosters: Arc<Vec<Roster>>,
    parameters: Option<(Arc<Config>, usize, usize, Parameters)>,
}

impl Shared {
    fn rosters(&mut self, now: &[Roster]) -> Arc<Vec<Roster>> {
        if *self.rosters != now {
            self.rosters = Arc::new(now.to_vec());
        }
        self.rosters.clone()
    }

    fn parameters(&mut self, config: &Arc<Config>, experts: usize, top_k: usize) -> Parameters {
        let known = self.parameters.as_ref();
        let same = known.filter(|(of, n, k, _)| Arc::ptr_eq(of, config) && (*n, *k) == (experts, top_k));
        if let Some((.., parameters)) = same {
            return *parameters;
        }
        let parameters = parameters(config, experts, top_k);
        self.parameters = Some((config.clone(), experts, top_k, parameters));
        parameters
    }
}

/// What a reader sees before the worker has said anything.
pub(crate) fn before_anything(config: Arc<Config>) -> Snapshot {
    let rosters = Arc::new(vec![Roster::new(config.model.experts); config.model.moe_count()]);
    let parameters = parameters(&config, config.model.experts, config.knobs.top_k);
    blank(config, rosters, parameters)
}

/// A snapshot of a run that says nothing of itself yet.
fn blank(config: Arc<Config>, rosters: Arc<Vec<Roster>>, parameters: Parameters) -> Snapshot {
    Snapshot {
        status: Status::Preparing("starting".into()),
        step: 0,
        seconds: 0.0,
        tokens_per_sec: 0.0,
        timing: Pace::new().timing,
        knobs: config.knobs.clone(),
        speed: None,
        rosters,
        device: DeviceBadge::default(),
        text: DataBadge::default(),
        parameters,
        last: None,
        probe: None,
        validation: None,
        history: Arc::new(History::default()),
        alerts: Arc::default(),
        wants_text: None,
        saved: None,
        unsaved: false,
        ways_back: Arc::default(),
        left: Arc::default(),
        ahead: Arc::default(),
        looks: Looks::default(),
        counterfactual: None,
        weights: None,
        lab: Arc::default(),
        trials: Arc::default(),
        maps: None,
        config,
    }
}

fn parameters(config: &Config, experts: usize, top_k: usize) -> Parameters {
    let count = ParameterCount::of(config, experts, top_k);
    Parameters { total: count.total, active: count.active }
}

/// A device as snapshots show it; with what else could be chosen if a window shows it. Graphics drivers are asked for those, and may
/// complain aloud, so a run without a window, which offers no choice, leaves them alone.
fn badge(place: &TrainingDevice, has_window: bool) -> DeviceBadge {
    let mut choices = vec![("cpu".to_owned(), "CPU".to_owned())];
    if has_window {
        choices.extend(device::adapters().into_iter().map(|a| {
            let label = format!("{} ({}, {})", a.name, a.interface, a.kind.label());
            (a.name, label)
        }));
    }
    DeviceBadge {
        name: place.name.clone(),
        kind: place.kind.label().into(),
        why: place.why.clone(),
        choices,
        memory_bytes: device::memory_bytes(place),
    }
}

impl Session {
    /// The run as it is now.
    pub(super) fn snapshot(&mut self) -> Snapshot {
        let progress = self.engine.as_ref().map(|engine| engine.trainer.progress());
        let mut shot = match progress {
            None => before_anything(self.config.clone()),
            Some(progress) => {
                let rosters = self.shared.rosters(&progress.rosters);
                let experts = rosters.first().map_or(self.config.model.experts, Roster::len);
                let parameters = self.shared.parameters(&self.config, experts, progress.knobs.top_k);
                blank(self.config.clone(), rosters, parameters)
            }
        };
        shot.status = self.control.status();
        shot.speed = self.control.speed;
        shot.timing = self.pace.timing;
        shot.saved = self.saves.newest().cloned();
        shot.unsaved = self.is_unsaved();
        shot.ways_back = Arc::new(self.saves.best_first());
        shot.left = self.left.clone();
        shot.wants_text = self.wants_text.clone();
        if let Some(place) = &self.place {
            // A run without a window writes into a folder.
            let has_window = self.start.out.is_none();
            let known = self.badge.get_or_insert_with(|| badge(place, has_window));
            if known.name != place.name {
                *known = badge(place, has_window);
            }
            if self.weighed.elapsed() >= WEIGH_EVERY {
                self.weighed = Instant::now();
                known.memory_bytes = device::memory_bytes(place);
            }
            shot.device = known.clone();
        }
        let Some(engine) = &self.engine else { return shot };
        let progress = engine.trainer.progress();
        shot.step = progress.step;
        shot.seconds = engine.seconds;
        shot.tokens_per_sec = self.pace.tokens_per_sec();
        shot.knobs = progress.knobs.clone();
        let task = engine.trainer.task();
        let sizes = task.sizes();
        shot.text = DataBadge {
            name: task.name(),
            bytes: task.corpus().map_or(0, |corpus| corpus.bytes() as u64),
            split: [sizes.training, sizes.validation, sizes.test],
            metric: Some(task.metric()),
        };
        shot.last = self.seen.last.clone();
        shot.probe = self.seen.probe.clone();
        shot.validation = self.seen.validation;
        let share = self.pace.look_share(self.config.cadence.probe_every);
        shot.looks = Looks { probe_millis: self.pace.look_millis, share };
        shot.counterfactual = self.seen.counterfactual.clone();
        shot.weights = self.seen.weights.clone();
        shot.maps = self.maps.newest();
        shot.trials = self.seen.trials.clone();
        shot.lab = Arc::new(self.lab());
        shot.history = Arc::new(engine.history.clone());
        shot.alerts = engine.alerts.clone();
        shot.ahead = Arc::new(self.shared.horizon.of(&engine.trainer));
        shot
    }
}
