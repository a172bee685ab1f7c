//! Command handlers of a session, called between two steps.

use std::path::PathBuf;

use super::Session;
use super::planned::SessionPlan;
use super::watched::holds_watched;
use crate::domain::config::{Config, Intervals, Knobs, ProbeFamilies};
use crate::domain::roster::Surgery;
use crate::engine::device;
use crate::run::open_run::OpenRun;
use crate::run::snapshot::PausedBy;
use crate::run::{AppCommand, Asked, Command, FileWork, From, InjectedFault, Notice, Preparation, Reason, Standing};
use crate::store::checkpoint::Over;
use crate::store::history::{ProbeSettings, What};

impl Session {
    /// Follows a command that was asked for as `asked`. `discard`: whether what no save holds may be lost by it.
    pub fn follow(&mut self, command: Command, asked: AppCommand, discard: bool) {
        self.shown.outdate();
        self.followed.begin(asked, discard);
        self.obey(command);
        self.followed.end();
    }

    /// Follows a command, or says why not.
    pub(super) fn obey(&mut self, command: Command) {
        let command = match self.watched.is_under_way() {
            true => self.obey_watching(command),
            false => Some(command),
        };
        let Some(command) = command else { return };
        if !matches!(command, Command::Maps(_)) {
            // It may change the network between two steps.
            self.maps.outdate();
        }
        self.hold_before(&command);
        let (step, plan) = (self.step_done(), self.run.config().steps);
        match command {
            Command::Run => {
                self.pace.resume();
                self.control.run(step, plan);
            }
            Command::Pause => {
                self.flush_readings();
                self.control.pause(PausedBy::Person);
            }
            Command::Step(count) => {
                self.pace.resume();
                self.control.step(step, count);
            }
            Command::StopAt(target) if target <= step => {
                self.refuse(Asked::StopAt(target), Reason::StepsDone { done: step });
            }
            Command::StopAt(target) => {
                self.pace.resume();
                self.control.stop_at(step, target);
            }
            Command::Phase => {
                self.do_planned();
                self.next_phase();
            }
            Command::Speed(speed) => self.control.set_speed(speed),
            Command::SetKnobs(knobs) => self.set_knobs(knobs),
            Command::Watch { every, measures } => self.watch(every, measures),
            Command::Intervene { layer, intervention } => self.intervention(layer, intervention),
            Command::Paint { layer, from, to, compete } => self.paint(What::Painted { layer, from, to, compete }),
            Command::Rewind(to) => self.rewind(to),
            Command::Undo => self.undo(),
            Command::Redo => self.redo(),
            Command::Rejoin(ghost) => self.rejoin_as_asked(ghost),
            Command::KnockOut { layer } => self.knock_out_all(layer),
            Command::Explain { layer, token } => self.explain(layer, token),
            Command::CompareWeights { layer } => self.compare_weights(layer),
            Command::Maps(request) => self.maps.ask(request),
            Command::Reference => self.take_reference(),
            Command::Experts { target, surgery } => self.reshape(target, surgery),
            Command::Reset { seed } => {
                let config = self.config_as_it_is(seed);
                let _ = self.replace(SessionPlan::default(), |place| OpenRun::fresh(config, place));
            }
            Command::New(config) => self.new_run(config),
            Command::NewSetup(setup) => self.new_setup(*setup),
            Command::MoveTo(name) => self.move_to(&name, None),
            Command::HalveBatch => {
                let sequences = (self.run.config().sequences / 2).max(1);
                let name = self.device.wish().to_owned();
                self.move_to(&name, Some(sequences));
            }
            Command::Save(path) => self.save_here(path),
            Command::SaveAs { path, replace } => self.save_as(path, replace),
            // A folder of dumps or of a run is none that could be trained on.
            Command::Open(path) if holds_watched(&path) => self.watch_folder(path),
            Command::Open(path) => self.open(path),
            Command::WatchFolder(folder) => self.watch_folder(folder),
            Command::LookNow => self.refuse(Asked::OfWatched, Reason::NotWatched),
            Command::Locate { file, text, any } => self.locate(file, text, any),
            Command::ListRuns => {
                self.keep.list_left();
                self.publish(true);
            }
            Command::GoBack => match self.keep.saves().best().cloned() {
                Some(saved) => self.open(saved.path),
                None => self.refuse(Asked::GoBack, Reason::NeverSaved),
            },
            Command::Inject(InjectedFault::NotFinite) => {
                self.discard_phases();
                if let Some(run) = self.run.open_mut() {
                    run.trainer_mut().poison();
                }
            }
            Command::Inject(fault) => self.fault.plan(fault),
        }
    }

    pub fn step_done(&self) -> u64 {
        self.run.step()
    }

    pub(super) fn refuse(&mut self, asked: Asked, why: Reason) {
        self.out.notice(Notice::Refused { asked, why });
    }

    /// The config with the knobs and the number of experts in force: what a reset begins with, so that nothing on
    /// screen jumps back.
    fn config_as_it_is(&self, seed: Option<u64>) -> Config {
        let mut config = Config::clone(self.run.config());
        if let Some(run) = self.run.open() {
            config.knobs = run.trainer().progress().knobs.clone();
            config.model.experts = run.trainer().experts();
        }
        config.seed = seed.unwrap_or(config.seed);
        config
    }

    fn set_knobs(&mut self, knobs: Knobs) {
        self.flush_readings();
        let Some(run) = self.run.open_mut() else { return };
        let changes = run.trainer().progress().knobs.changes(&knobs);
        if changes.is_empty() {
            return;
        }
        if let Err(why) = self.try_knobs(knobs) {
            self.refuse(Asked::Knobs(changes), why);
        }
        self.publish(true);
    }

    /// Puts knobs in force.
    ///
    /// # Errors
    /// Why they cannot be; nothing changes then.
    pub(super) fn try_knobs(&mut self, knobs: Knobs) -> Result<(), Reason> {
        let run = self.run.open_mut().ok_or(Reason::NoRun)?;
        let before = run.trainer().progress().knobs.clone();
        let changes = before.changes(&knobs);
        run.trainer_mut().set_knobs(knobs.clone())?;
        if knobs.policy != before.policy {
            run.took_policy();
        }
        self.journal_turned(What::Knobs { now: knobs, changes }, Some(before));
        self.advise();
        Ok(())
    }

    /// Paints steps ahead, or says why not.
    fn paint(&mut self, what: What) {
        self.flush_readings();
        let (What::Painted { layer, from, to, compete }, Some(run)) = (&what, self.run.open_mut()) else { return };
        match run.trainer_mut().paint(*layer, *from, *to, *compete) {
            Ok(()) => self.journal(what),
            Err(why) => {
                let asked = Asked::Paint { layer: *layer, from: *from, to: *to, compete: *compete };
                self.refuse(asked, why.into());
            }
        }
        self.publish(true);
    }

    /// Looks at the run at another cadence.
    pub(super) fn watch(&mut self, every: u64, measures: ProbeFamilies) {
        self.flush_readings();
        let Some(run) = self.run.open_mut() else { return };
        let before = run.trainer().config().cadence.clone();
        let from = ProbeSettings { every: before.probe_every, measures: before.measures };
        let to = ProbeSettings { every: every.max(1), measures };
        run.trainer_mut().set_cadence(Intervals { probe_every: to.every, measures, ..before });
        if from != to {
            self.journal(What::Watch { from, to });
        }
        self.publish(true);
    }

    fn reshape(&mut self, target: usize, surgery: Surgery) {
        self.flush_readings();
        let asked = Asked::Experts { surgery, target };
        let Some(from) = self.run.open().map(|run| run.trainer().experts()) else { return };
        if target == from {
            return self.refuse(asked, Reason::SameExperts(from));
        }
        if !self.save_first() {
            return self.publish(true);
        }
        self.preparing(Preparation::Experts { surgery, target });
        match self.operate(target, surgery) {
            Ok(()) => {}
            Err(SurgeryFailure::Refused(why)) => self.refuse(asked, why),
            Err(SurgeryFailure::Device(failure)) => self.device_failed(&failure),
        }
        self.publish(true);
    }

    /// Another run. Where none stands yet it is the one that was asked for, should the device be the trouble.
    fn new_run(&mut self, config: Box<Config>) {
        self.run.wish(From::Config(config.clone()));
        let _ = self.replace(SessionPlan::default(), |place| OpenRun::fresh(*config, place));
    }

    fn save_here(&mut self, path: PathBuf) {
        if !self.run.is_open() {
            return self.refuse(Asked::Save, Reason::NoRun);
        }
        // What became of it was said.
        let _ = self.save(path, false);
    }

    /// Saves where a person said. What stands there goes only if it is a checkpoint and was said to go: looked at before, so
    /// that it can be asked for, and held to when the file is put there, should another come meanwhile.
    fn save_as(&mut self, path: PathBuf, replace: bool) {
        let path = std::path::absolute(&path).unwrap_or(path);
        let standing = Standing::at(&path);
        let may = matches!(standing, Standing::Nothing) || replace && matches!(standing, Standing::Checkpoint { .. });
        if !may {
            return self.out.notice(Notice::Occupied { path, standing });
        }
        if let Some(writer) = self.keep.autosave_place().writer_of(&path) {
            return self.out.notice(Notice::FileFailed {
                work: FileWork::Saving(path),
                why: Reason::Written(writer.map(Box::new)),
            });
        }
        self.keep.set_over(Some(if replace { Over::Checkpoint } else { Over::Nothing }));
        self.save_here(path);
        self.keep.set_over(None);
    }
}

/// Why surgery did not happen.
pub(super) enum SurgeryFailure {
    Refused(Reason),
    Device(device::DeviceFailure),
}

impl SurgeryFailure {
    /// As a reason.
    pub fn reason(self) -> Reason {
        match self {
            Self::Refused(why) => why,
            Self::Device(failure) => Reason::Device(failure),
        }
    }
}
