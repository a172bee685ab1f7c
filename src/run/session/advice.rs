//! Advice on a run that is sound but cannot do what it looks like.

use super::Session;
use crate::domain::config::Policy;
use crate::run::Notice;

impl Session {
    /// Says so if no loss reaches the router under the knobs in force: it stays at its random start.
    pub(super) fn advise(&mut self) {
        let Some(engine) = &self.engine else { return };
        let knobs = &engine.trainer.progress().knobs;
        if self.config.router_learns(knobs) || knobs.policy == Policy::SmoeDropout {
            return;
        }
        let words = format!(
            "No loss reaches the router: with top-k {} the chosen expert's weight is 1 whatever the router says, and balance \
             weight, z-loss and competition are off. It stays at its random start; raise top-k or one of them to train it",
            knobs.top_k
        );
        self.out.notice(Notice::Info(words));
    }
}
