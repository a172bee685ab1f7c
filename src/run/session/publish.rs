//! Makes snapshots: the run at one moment as plain numbers.

use std::sync::Arc;

use super::{Session, SessionId};
use crate::domain::config::Config;
use crate::domain::roster::Roster;
use crate::domain::state::ParameterCount;
use crate::run::Preparation;
use crate::run::SnapshotRewind;
use crate::run::snapshot::{
    DataBadge, DeviceBadge, Looks, Parameters, Snapshot, SnapshotData, SnapshotInterventions, SnapshotMemory,
    SnapshotModel, SnapshotNewest, SnapshotPace, SnapshotSaves, Status,
};
use crate::tasks::Task;

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
        rewind: SnapshotRewind::default(),
        device: DeviceBadge::default(),
        watched: None,
        config,
    }
}

/// Size of the network of `config` with so many experts.
pub(super) fn parameters(config: &Config, experts: usize, top_k: usize) -> Parameters {
    let count = ParameterCount::of(config, experts, top_k);
    Parameters { total: count.total, active: count.active }
}

impl Session {
    /// The run as it is now.
    pub(super) fn snapshot(&mut self) -> Snapshot {
        let mut shot = blank(self.id(), self.run.config().clone());
        shot.pace.speed = self.control.speed();
        shot.pace.timing = self.pace.timing();
        shot.saves = self.keep.snapshot(self.is_unsaved());
        shot.data.wants_text = self.run.wants_text().cloned();
        // A run without a window writes into a folder.
        shot.device = self.device.badge(!self.files.are_asked_for());
        self.watched.show(&mut shot);
        if !self.watched.is_under_way() || self.control.has_failed() {
            shot.status = self.control.status();
        }
        let Some(run) = self.run.open() else { return shot };
        let (trainer, progress) = (&run.trainer(), run.trainer().progress());
        shot.step = progress.step;
        shot.knobs = progress.knobs.clone();
        shot.pace.seconds = run.seconds();
        shot.pace.tokens_per_sec = self.pace.tokens_per_sec();
        let share = self.pace.look_share(self.run.config().cadence.probe_every);
        shot.pace.looks = Looks { probe_millis: self.pace.look_millis(), share };
        shot.data.badge = data_badge(trainer.task().as_ref());
        shot.model = self.shown.model(trainer);
        shot.newest = self.newest.snapshot();
        shot.newest.weights = self.comparing.found();
        shot.newest.maps = self.maps.newest();
        shot.newest.phases = self.phases.shown(progress.step);
        let (alerts, explained) = (run.alerts().clone(), self.explained.shared());
        shot.memory = SnapshotMemory { history: Arc::new(run.history().clone()), alerts, explained };
        shot.rewind = self.held.snapshot();
        let (layers, trials, planned) = (Arc::new(self.lab()), self.trials.shared(), self.plan.shared());
        shot.interventions = SnapshotInterventions { layers, trials, planned };
        shot
    }

    /// Says what is being prepared.
    pub(super) fn preparing(&mut self, what: Preparation) {
        let mut snapshot = self.snapshot();
        snapshot.status = Status::Preparing(what);
        self.out.publish(snapshot);
    }

    /// Shows how far a device's check and the building of its kernels have come.
    pub(super) fn preparation_shown(&mut self) -> impl FnMut(Preparation) + use<> {
        let (out, mut snapshot) = (self.out.clone(), self.snapshot());
        move |progress| {
            snapshot.status = Status::Preparing(progress);
            out.publish(snapshot.clone());
        }
    }

    /// Publishes a snapshot, unless one was published just now and `always` is not asked for.
    pub fn publish(&mut self, always: bool) {
        if always || self.shown.is_due() {
            self.shown.now();
            let snapshot = self.snapshot();
            self.out.publish(snapshot);
        }
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
