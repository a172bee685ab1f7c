//! Going back: moments of a run, what can be undone, and the branches that were left, as commands and snapshots name them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::store::history::{History, Journal, JournalEntry, LayerMeasure, RunMeasure, Series, SeriesKey};

/// A moment of a run: after so many steps, and after so many entries of its journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunMoment {
    /// Steps done.
    pub step: u64,
    /// Entries of the journal made so far, those that it has dropped included.
    pub entries: u64,
}

impl RunMoment {
    /// The last moment that two runs have in common which began as one: the journal of each and its steps done. What they
    /// did up to there is the same, and so is, on the CPU, every bit of them.
    pub(super) fn common(one: (&Journal, u64), other: (&Journal, u64)) -> Self {
        let from = one.0.dropped.max(other.0.dropped);
        let (a, b) = (one.0.since(from), other.0.since(from));
        let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        let next = [a.get(same), b.get(same)].into_iter().flatten().map(|entry| entry.step);
        let step = next.chain([one.1, other.1]).min().unwrap_or(0);
        Self { step, entries: from + same as u64 }
    }
}

/// Where a run goes back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RewindTo {
    /// To when so many steps were done and nothing had been changed at that step yet.
    Step(u64),
    /// To right before an entry of the journal was made, or to any other moment of the run.
    Before(RunMoment),
}

/// Names a branch that was left; never used for another of the same session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GhostId(pub u32);

/// A branch of the run that was left by going back: what its curves were, to be drawn beside those of the run, and the way to
/// its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Ghost {
    /// Its name.
    pub id: GhostId,
    /// Steps done where it parts from the run.
    pub from: u64,
    /// Steps done at its end.
    pub to: u64,
    /// The first change that is in it and not in the run.
    pub first: Option<Arc<JournalEntry>>,
    /// Its loss, from the beginning of the run on.
    pub loss: Option<Arc<Series>>,
    /// Its kappa by layer with experts, from the beginning of the run on.
    pub kappa: Vec<Option<Arc<Series>>>,
    /// Whether its end is still held, so that the run can go there.
    pub held: bool,
}

impl Ghost {
    /// The branch whose memory is `history`, left at `to` steps; it parts from the run at `from`.
    pub(super) fn of(id: GhostId, history: &History, from: RunMoment, to: u64, layers: usize) -> Self {
        let kappa = |layer| history.shared(SeriesKey::Layer(layer, LayerMeasure::Kappa));
        Self {
            id,
            from: from.step,
            to,
            first: history.journal.since(from.entries).iter().find(|entry| entry.what.is_tweak()).cloned(),
            loss: history.shared(SeriesKey::Run(RunMeasure::LossTask)),
            kappa: (0..layers).map(kappa).collect(),
            held: true,
        }
    }
}

/// Something that can be undone or done again.
#[derive(Clone, Debug, PartialEq)]
pub enum Undoable {
    /// A change of the run.
    Change(Arc<JournalEntry>),
    /// Going back.
    Rewind {
        /// Steps done before.
        from: u64,
        /// Steps done after.
        to: u64,
    },
}

/// What a run can go back to.
#[derive(Clone, Debug, Default)]
pub struct SnapshotRewind {
    /// What [`Command::Undo`](super::Command::Undo) undoes.
    pub undo: Option<Undoable>,
    /// What [`Command::Redo`](super::Command::Redo) does again.
    pub redo: Option<Undoable>,
    /// The moments held, oldest first: from the first of them on the run can go back to any.
    pub held: Arc<Vec<RunMoment>>,
    /// Bytes that the held states take at most.
    pub bytes: usize,
    /// The branches that were left, oldest first.
    pub ghosts: Arc<Vec<Ghost>>,
}

impl SnapshotRewind {
    /// Whether the run can go back to a moment.
    pub fn reaches(&self, moment: RunMoment) -> bool {
        self.held.first().is_some_and(|first| *first <= moment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::history::What;

    fn journal(entries: &[(u64, u64)]) -> Journal {
        let mut journal = Journal::default();
        entries.iter().for_each(|&(step, probe)| journal.push(step, What::Reference { probe }));
        journal
    }

    #[test]
    fn two_branches_part_at_the_first_thing_that_only_one_did() {
        let common = |a: &[(u64, u64)], at: u64, b: &[(u64, u64)], to: u64| {
            let RunMoment { step, entries } = RunMoment::common((&journal(a), at), (&journal(b), to));
            (step, entries)
        };
        assert_eq!(common(&[(0, 1), (5, 2), (9, 3)], 20, &[(0, 1), (5, 2), (7, 4)], 30), (7, 2));
        assert_eq!(common(&[(0, 1), (5, 2)], 20, &[(0, 1)], 30), (5, 1), "one did something where the other went on");
        assert_eq!(common(&[(0, 1)], 20, &[(0, 1)], 30), (20, 1), "one is where the other was");
        assert_eq!(common(&[(4, 1), (4, 2)], 4, &[(4, 1), (4, 3)], 4), (4, 1));
    }
}
