//! Advice on a run whose config is valid but whose router cannot learn.

use super::Session;
use crate::domain::config::Policy;
use crate::run::{Fact, Notice};

impl Session {
    /// Says so if no loss reaches the router under the knobs in force: it stays at its random start.
    pub(super) fn advise(&mut self) {
        let Some(run) = self.run.open() else { return };
        let knobs = &run.trainer().progress().knobs;
        if self.run.config().router_learns(knobs) || knobs.policy == Policy::SmoeDropout {
            return;
        }
        let top_k = knobs.top_k;
        self.out.notice(Notice::Fact(Fact::RouterStaysRandom { top_k }));
    }
}
