//! Makes snapshots: the run at one moment as plain numbers.

use std::sync::Arc;

use super::{Session, SessionId};
use crate::domain::config::Config;
use crate::domain::roster::Roster;
use crate::domain::state::ParameterCount;
use crate::engine::train::Trainer;
use crate::run::Preparation;
use crate::run::ahead::Horizon;
use crate::run::snapshot::{
    DataBadge, DeviceBadge, Looks, Parameters, Snapshot, SnapshotData, SnapshotInterventions, SnapshotMemory,
    SnapshotModel, SnapshotNewest, SnapshotPace, SnapshotSaves, Status,
};
use crate::tasks::Task;

/// What snapshots share as long as it does not change.
#[derive(Default)]
pub(super) struct Shared {
    horizon: Horizon,
    rosters: Arc<Vec<Roster>>,
    parameters: Option<(Arc<Config>, usize, usize, Parameters)>,
}

impl Shared {
    fn model(&mut self, config: &Arc<Config>, trainer: &Trainer) -> SnapshotModel {
        let progress = trainer.progress();
        let rosters = self.rosters(&progress.rosters);
        let parameters = self.parameters(config, trainer.experts(), progress.knobs.top_k);
        SnapshotModel { rosters, parameters, ahead: Arc::new(self.horizon.of(trainer)) }
    }

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

/// What a reader sees of the first session before the worker has said anything.
pub(crate) fn before_anything(config: Arc<Config>) -> Snapshot {
    blank(SessionId::FIRST, config)
}

/// A snapshot of a run that does not stand yet.
fn blank(session: SessionId, config: Arc<Config>) -> Snapshot {
    let rosters = Arc::new(vec![Roster::new(config.model.experts); config.model.moe_count()]);
    let parameters = parameters(&config, config.model.experts, config.knobs.top_k);
    Snapshot {
        session,
        status: Status::Preparing(Preparation::Starting),
        step: 0,
        knobs: config.knobs.clone(),
        pace: SnapshotPace::default(),
        data: SnapshotData::default(),
        model: SnapshotModel { rosters, parameters, ahead: Arc::default() },
        newest: SnapshotNewest::default(),
        memory: SnapshotMemory::default(),
        saves: SnapshotSaves::default(),
        interventions: SnapshotInterventions::default(),
        device: DeviceBadge::default(),
        config,
    }
}

fn parameters(config: &Config, experts: usize, top_k: usize) -> Parameters {
    let count = ParameterCount::of(config, experts, top_k);
    Parameters { total: count.total, active: count.active }
}

impl Session {
    /// The run as it is now.
    pub(super) fn snapshot(&mut self) -> Snapshot {
        let mut shot = blank(self.id(), self.config.clone());
        shot.status = self.control.status();
        shot.pace.speed = self.control.speed;
        shot.pace.timing = self.pace.timing;
        shot.saves = self.keep.snapshot(self.is_unsaved());
        shot.data.wants_text = self.wants_text.clone();
        // A run without a window writes into a folder.
        shot.device = self.device.badge(self.start.out.is_none());
        let Some(engine) = &self.engine else { return shot };
        let (trainer, progress) = (&engine.trainer, engine.trainer.progress());
        shot.step = progress.step;
        shot.knobs = progress.knobs.clone();
        shot.pace.seconds = engine.seconds;
        shot.pace.tokens_per_sec = self.pace.tokens_per_sec();
        let share = self.pace.look_share(self.config.cadence.probe_every);
        shot.pace.looks = Looks { probe_millis: self.pace.look_millis, share };
        shot.data.badge = data_badge(trainer.task().as_ref());
        shot.model = self.shared.model(&self.config, trainer);
        shot.newest = self.seen.clone();
        shot.newest.weights = self.comparing.found();
        shot.newest.maps = self.maps.newest();
        shot.memory = SnapshotMemory { history: Arc::new(engine.history.clone()), alerts: engine.alerts.clone() };
        shot.interventions = SnapshotInterventions { layers: Arc::new(self.lab()), trials: self.trials.shared() };
        shot
    }
}

/// The data of a task as snapshots show it.
fn data_badge(task: &dyn Task) -> DataBadge {
    let sizes = task.sizes();
    DataBadge {
        name: task.name(),
        bytes: task.corpus().map_or(0, |corpus| corpus.bytes() as u64),
        split: [sizes.training, sizes.validation, sizes.test],
        metric: Some(task.metric()),
    }
}
