//! Explanations of a session: what became of the run after each change, told once enough steps have passed.

use std::sync::Arc;

use super::Session;
use crate::run::open_run::OpenRun;
use crate::run::{Fact, Notice};
use crate::store::history::{EFFECT_WINDOW, Explanation};

/// Explanations that are remembered.
const MOST: usize = 64;

/// What was explained, oldest first, and the entry of the journal that is looked at next.
#[derive(Clone, Debug, Default)]
pub(super) struct Explained {
    told: Arc<Vec<Explanation>>,
    next: u64,
}

impl Explained {
    /// As snapshots show them.
    pub fn shared(&self) -> Arc<Vec<Explanation>> {
        self.told.clone()
    }

    /// Another run is open: what was done to it before is not explained.
    pub fn begin(&mut self, run: &OpenRun) {
        *self = Self { told: Arc::default(), next: run.history().journal.made() };
    }

    /// The explanation of the next change of `run` that enough steps have passed of.
    fn next(&mut self, run: &OpenRun) -> Option<Explanation> {
        let (journal, now) = (&run.history().journal, run.step());
        loop {
            let rest = journal.since(self.next);
            let entry = rest.first()?;
            let at = entry.step;
            if !entry.what.has_effect() {
                self.next += 1;
                continue;
            }
            let later = rest.iter().any(|entry| entry.step > at && entry.what.has_effect());
            if !later && now < at + EFFECT_WINDOW {
                return None;
            }
            self.next += rest.iter().take_while(|entry| entry.step == at).count() as u64;
            if let Some(found) = Explanation::of(run.history(), at, now) {
                return Some(found);
            }
        }
    }

    fn push(&mut self, explanation: Explanation) {
        let told = Arc::make_mut(&mut self.told);
        if told.len() == MOST {
            told.remove(0);
        }
        told.push(explanation);
    }
}

impl Session {
    /// Tells what has become of changes, where enough steps have passed.
    pub(super) fn explain_changes(&mut self) {
        let Some(run) = self.run.open() else { return };
        while let Some(found) = self.explained.next(run) {
            self.explained.push(found.clone());
            self.out.notice(Notice::Fact(Fact::Explained(Box::new(found))));
        }
    }
}
