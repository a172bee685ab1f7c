//! Undo and redo: what was done to a run, newest last, and what was undone of it.

use std::sync::Arc;

use super::Session;
use crate::domain::config::Knobs;
use crate::run::{Asked, Fact, GhostId, Reason, RewindTo, RunMoment, Undoable};
use crate::store::history::{JournalEntry, ProbeSettings, What};

/// Most changes that can be undone.
const MOST: usize = 256;

/// Something that was done.
#[derive(Clone, Debug)]
enum Edit {
    /// A setting, which is undone by its opposite now.
    Turned {
        /// Right before it.
        at: RunMoment,
        entry: Arc<JournalEntry>,
        before: Setting,
        after: Setting,
    },
    /// Anything else, which is undone by going back to right before it.
    Changed { at: RunMoment, entry: Arc<JournalEntry> },
    /// Going back, which is undone by going to the end of what was left.
    WentBack { from: u64, to: u64, ghost: Option<GhostId> },
}

/// What a setting is.
#[derive(Clone, Debug)]
pub(super) enum Setting {
    /// All knobs.
    Knobs(Box<Knobs>),
    /// The cadence of probes.
    Watch(ProbeSettings),
}

/// Something that was undone, and the branch that was left by it.
#[derive(Clone, Debug)]
struct Undone {
    edit: Edit,
    ghost: Option<GhostId>,
}

/// What can be undone and done again.
#[derive(Clone, Debug, Default)]
pub(super) struct Edits {
    done: Vec<Edit>,
    undone: Vec<Undone>,
    /// While something is undone or done again: what is journalled then is not done anew.
    quiet: bool,
}

impl Edit {
    fn shown(&self) -> Undoable {
        match self {
            Self::Turned { entry, .. } | Self::Changed { entry, .. } => Undoable::Change(entry.clone()),
            Self::WentBack { from, to, .. } => Undoable::Rewind { from: *from, to: *to },
        }
    }
}

impl Edits {
    /// Takes in an entry of the journal, the newest; `knobs` are those before it, if it turned them.
    pub fn take(&mut self, at: RunMoment, entry: Arc<JournalEntry>, knobs: Option<Knobs>) {
        if self.quiet || !entry.what.is_tweak() {
            return;
        }
        let setting = match (&entry.what, knobs) {
            (What::Knobs { now, .. }, Some(before)) => {
                Some([before, now.clone()].map(|knobs| Setting::Knobs(Box::new(knobs))))
            }
            (What::Watch { from, to }, _) => Some([*from, *to].map(Setting::Watch)),
            _ => None,
        };
        self.push(match setting {
            Some([before, after]) => Edit::Turned { at, entry, before, after },
            None => Edit::Changed { at, entry },
        });
        self.undone.clear();
    }

    /// The run went back as a person asked.
    pub fn went_back(&mut self, from: u64, to: u64, ghost: Option<GhostId>) {
        self.push(Edit::WentBack { from, to, ghost });
        self.undone.clear();
    }

    fn push(&mut self, edit: Edit) {
        if self.done.len() == MOST {
            self.done.remove(0);
        }
        self.done.push(edit);
    }

    /// The run stands at an earlier moment: what was done after it was not done.
    pub fn cut(&mut self, to: RunMoment) {
        self.done.retain(|edit| match edit {
            Edit::Turned { at, .. } | Edit::Changed { at, .. } => at.entries < to.entries,
            Edit::WentBack { .. } => true,
        });
    }

    /// What would be undone.
    pub fn undo(&self) -> Option<Undoable> {
        self.done.last().map(Edit::shown)
    }

    /// What would be done again.
    pub fn redo(&self) -> Option<Undoable> {
        self.undone.last().map(|undone| undone.edit.shown())
    }
}

/// `now` with every setting in which `from` and `to` differ as in `to`.
pub(super) fn turned(now: &Knobs, from: &Knobs, to: &Knobs) -> Option<Knobs> {
    let [mut now, from, to] = [now, from, to].map(|knobs| serde_json::to_value(knobs).unwrap_or_default());
    let (fields, from, to) = (now.as_object_mut()?, from.as_object()?, to.as_object()?);
    for key in from.keys().chain(to.keys()).filter(|key| from.get(*key) != to.get(*key)) {
        match to.get(key) {
            Some(value) => fields.insert(key.clone(), value.clone()),
            None => fields.remove(key),
        };
    }
    serde_json::from_value(now).ok()
}

impl Session {
    /// Undoes the newest thing done, or says why not.
    pub(super) fn undo(&mut self) {
        self.flush_readings();
        let Some(edit) = self.held.edits().done.last().cloned() else {
            return self.refuse(Asked::Undo, Reason::NothingToUndo);
        };
        let shown = edit.shown();
        let mut undone = std::mem::take(&mut self.held.edits().undone);
        let outcome = match &edit {
            Edit::Turned { before, after, .. } => {
                let turned = self.turn(after, before);
                if turned.is_ok() {
                    self.held.edits().done.pop();
                }
                turned.map(|()| None)
            }
            Edit::Changed { at, .. } => self.go_back(*at).inspect(|_| self.held.edits().cut(*at)),
            Edit::WentBack { ghost: Some(ghost), .. } => self.rejoin(*ghost),
            Edit::WentBack { ghost: None, .. } => Err(Reason::BranchGone),
        };
        match outcome {
            Ok(ghost) => {
                undone.push(Undone { edit, ghost });
                self.held.edits().undone = undone;
                self.tell_once_shown(Fact::Undone(shown));
            }
            Err(why) => {
                self.held.edits().undone = undone;
                self.refuse(Asked::Undo, why);
                self.publish(true);
            }
        }
    }

    /// Does again what was undone last, or says why not.
    pub(super) fn redo(&mut self) {
        self.flush_readings();
        let Some(Undone { edit, ghost }) = self.held.edits().undone.last().cloned() else {
            return self.refuse(Asked::Redo, Reason::NothingToRedo);
        };
        let shown = edit.shown();
        let mut undone = std::mem::take(&mut self.held.edits().undone);
        let outcome = match (&edit, ghost) {
            (Edit::Turned { before, after, .. }, _) => {
                let turned = self.turn(before, after);
                if turned.is_ok() {
                    self.held.edits().push(edit.clone());
                }
                turned
            }
            (Edit::WentBack { from, to, .. }, None) => self.back_again(*from, *to),
            (_, Some(ghost)) => self.rejoin(ghost).map(|left| {
                // What could be undone at its end came with it; of going back, what is left now is new.
                if let Edit::WentBack { from, to, .. } = &edit {
                    self.held.edits().done.pop();
                    self.held.edits().went_back(*from, *to, left);
                }
            }),
            (Edit::Changed { .. }, None) => Err(Reason::BranchGone),
        };
        match outcome {
            Ok(()) => {
                undone.pop();
                self.held.edits().undone = undone;
                self.tell_once_shown(Fact::Redone(shown));
            }
            Err(why) => {
                self.held.edits().undone = undone;
                self.refuse(Asked::Redo, why);
                self.publish(true);
            }
        }
    }

    /// Goes back once more to when `to` steps were done.
    fn back_again(&mut self, from: u64, to: u64) -> Result<(), Reason> {
        let moment = self.moment_of(RewindTo::Step(to))?;
        let ghost = self.go_back(moment)?;
        self.held.edits().cut(moment);
        self.held.edits().went_back(from, to, ghost);
        Ok(())
    }

    /// Puts what was turned from one setting to another the other way, now.
    fn turn(&mut self, from: &Setting, to: &Setting) -> Result<(), Reason> {
        let run = self.run.open().ok_or(Reason::NoRun)?;
        let knobs = run.trainer().progress().knobs.clone();
        self.held.edits().quiet = true;
        let done = match (from, to) {
            (Setting::Knobs(from), Setting::Knobs(to)) => {
                turned(&knobs, from, to).ok_or(Reason::NothingToUndo).and_then(|knobs| self.try_knobs(knobs))
            }
            (_, Setting::Watch(settings)) => {
                self.watch(settings.every, settings.measures);
                Ok(())
            }
            (Setting::Watch(_), Setting::Knobs(_)) => Err(Reason::NothingToUndo),
        };
        self.held.edits().quiet = false;
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_turned_is_turned_back() {
        let before = Knobs { top_k: 1, ..Knobs::default() };
        let after = Knobs { top_k: 2, response: Some(Default::default()), ..before.clone() };
        let now = Knobs { learning_rate: 0.5, ..after.clone() };
        let back = turned(&now, &after, &before).unwrap();
        assert_eq!(back, Knobs { learning_rate: 0.5, ..before.clone() });
        assert_eq!(turned(&back, &before, &after).unwrap(), now);
    }
}
