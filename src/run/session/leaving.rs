//! Leaving a run: it is saved before another takes its place, before it ends and before what only a save can undo. If the
//! save fails, nothing is done and the window asks.

use std::path::{Path, PathBuf};

use super::Session;
use super::saving::Unsaved;
use crate::run::autosaves::same_file;
use crate::run::{AppCommand, Fact, Notice};

impl Session {
    /// Saves the run that another is about to take the place of, if it has work that no save holds. `opening` is the file
    /// that the other comes from; it is never written.
    ///
    /// `false` if the run cannot be saved and nobody said that it may be lost: then it must stay. A run whose weights are
    /// broken or cannot be read has nothing that could be saved.
    pub(super) fn leave(&mut self, opening: Option<&Path>) -> bool {
        self.flush_readings();
        let seed = self.run.config().seed;
        if self.followed.may_lose()
            || self.keep.autosave_place().is_never()
            || !self.is_at_risk(opening)
            || self.is_out_of_reach()
        {
            return true;
        }
        let written = match self.keep.claim_to_leave(seed, self.step_done(), opening) {
            Ok(Some(path)) => self.write(&path, true),
            Ok(None) => return true,
            Err(why) => Err(Unsaved::Other(why)),
        };
        match written {
            Ok(saved) => {
                self.out.notice(Notice::Left { seed, step: saved.step, path: saved.path });
                true
            }
            Err(Unsaved::NotFinite(tensor)) => {
                self.out.notice(Notice::Fact(Fact::LeftBroken(tensor)));
                true
            }
            Err(Unsaved::Device(failure)) => {
                self.out.notice(Notice::Fact(Fact::LeftUnreadable(failure)));
                true
            }
            Err(why @ (Unsaved::NoRoom { .. } | Unsaved::Other(_))) => {
                self.cannot_leave(&why);
                false
            }
        }
    }

    /// Saves the run to its own file before something that only this save can undo: surgery, a move to another device, the
    /// end. `false` as for [`Session::leave`], and if the device failed meanwhile, which is said.
    pub(super) fn save_first(&mut self) -> bool {
        if self.followed.may_lose() {
            return true;
        }
        let written = match self.last_file() {
            Ok(Some(path)) => self.write(&path, true),
            Ok(None) => return true,
            Err(why) => Err(why),
        };
        match written {
            Ok(saved) => {
                self.stands(&saved);
                true
            }
            Err(Unsaved::NotFinite(tensor)) => {
                self.out.notice(Notice::Fact(Fact::NotSavedFirst(tensor)));
                true
            }
            Err(Unsaved::Device(failure)) => {
                self.device_failed(&failure);
                false
            }
            Err(why @ (Unsaved::NoRoom { .. } | Unsaved::Other(_))) => {
                self.cannot_leave(&why);
                false
            }
        }
    }

    /// Whether the run may end, as `asked`: it is saved, or there is nothing that could be.
    pub fn may_close(&mut self, asked: AppCommand) -> bool {
        self.followed.begin(asked, false);
        self.flush_readings();
        let saved = self.save_first();
        self.publish(true);
        saved || self.is_out_of_reach()
    }

    /// Where the run is saved before it goes: as [`Session::own_file`], but a run that failed and can be read as well.
    pub(super) fn last_file(&mut self) -> Result<Option<PathBuf>, Unsaved> {
        if !self.control.has_failed() {
            return self.own_file();
        }
        if self.keep.autosave_place().is_never() || !self.is_unsaved() || self.is_out_of_reach() {
            return Ok(None);
        }
        self.keep.claim(self.run.config().seed).map_err(Unsaved::Other)
    }

    /// Whether the run failed in a way that left nothing to be read.
    fn is_out_of_reach(&self) -> bool {
        self.control.has_failed() && self.whole().is_err()
    }

    /// Whether something would be lost: work that no save holds, or a save in a file that the next run writes.
    fn is_at_risk(&self, opening: Option<&Path>) -> bool {
        let shared = self.keep.autosave_place().folder().is_none();
        let standing = self
            .keep
            .autosave_place()
            .own()
            .filter(|own| shared && !opening.is_some_and(|opening| same_file(opening, own)));
        let overwritten = standing.is_some_and(|own| self.keep.saves().newest().is_some_and(|saved| saved.path == own));
        self.step_done() > 0 && (self.is_unsaved() || overwritten)
    }

    fn cannot_leave(&mut self, why: &Unsaved) {
        self.out.notice(Notice::NotLeft { command: Box::new(self.followed.command()), why: why.reason() });
    }
}
