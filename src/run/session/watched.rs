//! A session that trains nothing: it follows the training of another process in a folder, and refuses what would need a trainer.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Session;
use crate::dumps::WatchedKind;
use crate::run::watched::{WatchedFact, WatchedFolder, WatchedNews, WatchedRun};
use crate::run::{Asked, Command, Fact, From, Notice, Reason, Snapshot};

/// Facts told after a piece of work; beyond, the panels show what there is.
const TOLD: usize = 4;

/// The watch of a session, if it holds one, and when it began.
#[derive(Default)]
pub(super) struct SessionWatched(Option<(WatchedRun, Instant)>);

impl SessionWatched {
    /// Follows this folder from now on.
    fn begin(&mut self, folder: WatchedFolder) {
        self.0 = Some((WatchedRun::new(folder), Instant::now()));
    }

    /// Another run stands.
    pub fn end(&mut self) {
        self.0 = None;
    }

    /// Whether a training is watched.
    pub fn is_under_way(&self) -> bool {
        self.0.is_some()
    }

    /// Time until the next piece of work; `None` where nothing is watched.
    pub fn due_in(&self) -> Option<Duration> {
        self.0.as_ref().map(|(run, began)| run.due_in(began.elapsed()))
    }

    fn work(&mut self) -> WatchedNews {
        self.0.as_mut().map(|(run, began)| run.work(began.elapsed())).unwrap_or_default()
    }

    /// Puts into a snapshot what is known of the training.
    pub fn show(&self, shot: &mut Snapshot) {
        if let Some((run, _)) = &self.0 {
            run.show(shot);
        }
    }
}

/// Whether a path is a folder of dumps or of a run, which can be watched.
pub(super) fn holds_watched(path: &Path) -> bool {
    WatchedKind::of(path).is_ok_and(|kind| kind.is_some())
}

impl Session {
    /// Whether it follows a training of another process.
    pub fn is_watching(&self) -> bool {
        self.watched.is_under_way()
    }

    /// Follows a folder in the place of the present run, which is saved and left; the folder that the session began with is
    /// looked at for the first time.
    pub(super) fn begin_watch(&mut self, folder: WatchedFolder) {
        if !self.leave(None) {
            return self.publish(true);
        }
        self.run.close();
        self.run.wish(From::Watched(folder.clone()));
        self.newest.forget();
        self.trials.forget();
        self.comparing.forget();
        self.maps.forget();
        self.phases.forget();
        self.plan.forget();
        self.held.forget();
        self.keep.begin(None);
        self.keep.list_left();
        self.files.release();
        self.control.renew(crate::run::snapshot::PausedBy::Opened);
        self.out.notice(Notice::Fact(Fact::Watched(WatchedFact::Began(folder.folder.clone()))));
        self.watched.begin(folder);
        self.publish(true);
    }

    /// Does the next piece of work of the watch that is under way.
    pub(super) fn follow_watched(&mut self) {
        let WatchedNews { mut facts, raised } = self.watched.work();
        facts.truncate(TOLD);
        for fact in facts {
            self.out.notice(Notice::Fact(Fact::Watched(fact)));
        }
        self.tell(raised);
        self.publish(false);
    }

    /// Follows a command, as far as it is one for a session that watches; gives it back if it is for one that trains and may be
    /// followed here as well.
    pub(super) fn obey_watching(&mut self, command: Command) -> Option<Command> {
        match command {
            Command::Open(ref path) if holds_watched(path) => Some(command),
            Command::New(_) | Command::NewSetup(_) | Command::Open(_) => self.has_device().then_some(command),
            Command::WatchFolder(_) | Command::ListRuns => Some(command),
            Command::LookNow => {
                if let Some((run, _)) = &mut self.watched.0 {
                    run.look_now();
                }
                None
            }
            // Asked for by whoever shows a plane, which is none here.
            Command::Maps(_) => None,
            _ => {
                self.refuse(Asked::OfWatched, Reason::OnlyWatched);
                self.publish(true);
                None
            }
        }
    }

    /// Chooses a device, where none was needed until now; whether there is one. If not, that is said.
    fn has_device(&mut self) -> bool {
        if self.device.place().is_some() {
            return true;
        }
        let mut tell = self.preparation_shown();
        match crate::run::device_check::choose(self.device.wish(), &mut tell) {
            Ok(place) => {
                self.device.stand_on(place);
                true
            }
            Err(error) => {
                self.refuse(Asked::AnotherRun, error.into());
                self.publish(true);
                false
            }
        }
    }

    /// Watches the folder that a command names.
    pub(super) fn watch_folder(&mut self, folder: PathBuf) {
        match crate::dumps::can_be_watched(&folder) {
            Ok(()) => self.begin_watch(WatchedFolder::new(folder)),
            Err(error) => {
                self.refuse(Asked::Watch(folder), error.into());
                self.publish(true);
            }
        }
    }
}
