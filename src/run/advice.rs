//! Advice on a run that is sound but cannot do what it looks like.

use super::worker::Worker;
use super::{Fact, Notice};
use crate::domain::config::Policy;

impl Worker {
    /// Says so if no loss reaches the router under the knobs in force: it stays at its random start.
    pub fn advise(&mut self) {
        let Some(engine) = &self.engine else { return };
        let knobs = &engine.trainer.progress().knobs;
        if self.config.router_learns(knobs) || knobs.policy == Policy::SmoeDropout {
            return;
        }
        let top_k = knobs.top_k;
        self.writer.notice(Notice::Fact(Fact::RouterStaysRandom { top_k }));
    }
}
