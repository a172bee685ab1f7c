//! What readers of a session were shown: when, whether that is all there is, and what snapshots share.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::publish::parameters;
use crate::domain::config::Config;
use crate::domain::roster::Roster;
use crate::engine::train::Trainer;
use crate::run::ahead::Horizon;
use crate::run::snapshot::{Parameters, SnapshotModel};

/// Least time between two snapshots while training.
const PUBLISH_EVERY: Duration = Duration::from_millis(50);

/// The newest snapshot, seen from the session.
pub(super) struct Shown {
    at: Instant,
    /// Whether all that was done has been read and published.
    complete: bool,
    horizon: Horizon,
    rosters: Arc<Vec<Roster>>,
    parameters: Option<(Arc<Config>, usize, usize, Parameters)>,
}

impl Shown {
    /// Nothing yet.
    pub fn new() -> Self {
        Self {
            at: Instant::now(),
            complete: false,
            horizon: Horizon::default(),
            rosters: Arc::default(),
            parameters: None,
        }
    }

    /// Whether it is time for the next snapshot while training.
    pub fn is_due(&self) -> bool {
        self.at.elapsed() >= PUBLISH_EVERY
    }

    /// A snapshot is published.
    pub fn now(&mut self) {
        self.at = Instant::now();
    }

    /// Whether all that was done has been read and published.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// All that was done has been read and published.
    pub fn complete(&mut self) {
        self.complete = true;
    }

    /// There is more to be shown.
    pub fn outdate(&mut self) {
        self.complete = false;
    }

    /// The network as snapshots show it; what did not change is shared by them.
    pub fn model(&mut self, trainer: &Trainer) -> SnapshotModel {
        let progress = trainer.progress();
        let rosters = self.rosters(&progress.rosters);
        let parameters = self.parameters(trainer.config(), trainer.experts(), progress.knobs.top_k);
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
