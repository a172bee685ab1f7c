//! Leaving a run: before another takes its place, it is saved, and it is said where.

use std::path::Path;

use super::autosaves::same_file;
use super::saving::Unsaved;
use super::worker::Worker;
use super::{Command, Notice};

impl Worker {
    /// Saves the run that another is about to take the place of, if it has work that no save holds. `opening` is the file
    /// that the other comes from; it is never written.
    ///
    /// `false` if the run cannot be saved and nobody said that it may be lost: then it must stay. A run whose weights are
    /// broken, or whose device is gone, has nothing that could be saved.
    pub fn leave(&mut self, opening: Option<&Path>) -> bool {
        self.settle();
        let seed = self.config.seed;
        if self.discard || self.home.is_never() || self.control.has_failed() || !self.is_at_risk(opening) {
            return true;
        }
        let written = match self.home.claim_to_leave(seed, self.step_done(), opening) {
            Ok(Some(path)) => self.write(&path, true),
            Ok(None) => return true,
            Err(why) => Err(Unsaved::Other(why)),
        };
        match written {
            Ok(saved) => {
                self.writer.notice(Notice::Left { seed, step: saved.step, path: saved.path });
                true
            }
            Err(Unsaved::NotFinite(why)) => {
                self.writer.notice(Notice::Info(format!("The run you left was not saved: {why}")));
                true
            }
            Err(Unsaved::Device(failure)) => {
                self.writer.notice(Notice::Info(format!("The run you left could not be saved. {failure}")));
                true
            }
            Err(why @ (Unsaved::NoRoom { .. } | Unsaved::Other(_))) => {
                self.cannot_leave(&why);
                false
            }
        }
    }

    /// Saves the run before it moves to another device, where it might not come up. `false` as for [`Worker::leave`].
    pub fn save_to_move(&mut self) -> bool {
        if self.discard {
            return true;
        }
        match self.autosave() {
            Err(why @ (Unsaved::NoRoom { .. } | Unsaved::Other(_))) => {
                self.cannot_leave(&why);
                false
            }
            _ => true,
        }
    }

    /// Whether something would be lost: work that no save holds, or a save in a file that the next run writes.
    fn is_at_risk(&self, opening: Option<&Path>) -> bool {
        let shared = self.home.folder().is_none();
        let standing = self.home.own().filter(|own| shared && !opening.is_some_and(|opening| same_file(opening, own)));
        let overwritten = standing.is_some_and(|own| self.saves.newest().is_some_and(|saved| saved.path == own));
        self.step_done() > 0 && (self.is_unsaved() || overwritten)
    }

    fn cannot_leave(&mut self, why: &Unsaved) {
        let command = self.asked.clone().unwrap_or(Command::Quit);
        self.writer.notice(Notice::NotLeft { command: Box::new(command), why: why.words() });
    }
}
