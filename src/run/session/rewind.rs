//! Rewind: back to an earlier moment of the run, from the nearest held state and its journal; what is left becomes a ghost.

use super::Session;
use super::commands::SurgeryFailure;
use super::held::{HeldRun, Rejoined};
use crate::domain::config::Intervals;
use crate::run::held::HeldFor;
use crate::run::open_run::OpenRun;
use crate::run::snapshot::PausedBy;
use crate::run::{Asked, Fact, GhostId, Notice, Preparation, Reason, RewindTo, RunMoment};
use crate::store::history::{History, JournalEntry, RunMeasure, SeriesKey, What};

/// Steps between two reads while steps are done again.
const READ_STEPS: u64 = 8;
/// Steps that are done again before anybody could see that they are.
const UNSEEN: u64 = 64;

impl Session {
    /// Goes back as a person asked, or says why not.
    pub(super) fn rewind(&mut self, to: RewindTo) {
        self.flush_readings();
        let (RewindTo::Step(step) | RewindTo::Before(RunMoment { step, .. })) = to;
        let from = self.step_done();
        let gone = self.moment_of(to).and_then(|to| {
            let before = self.moment();
            if to == before { Ok(None) } else { self.go_back(to).map(Some) }
        });
        match gone {
            Ok(None) => {}
            Ok(Some(ghost)) => {
                let here = self.moment();
                let to = here.step;
                self.held.edits().cut(here);
                self.held.edits().went_back(from, to, ghost);
                self.tell_once_shown(Fact::WentBack { from, to });
            }
            Err(why) => {
                self.refuse(Asked::Rewind(step), why);
                self.publish(true);
            }
        }
    }

    /// Goes to the end of a branch that was left, as a person asked.
    pub(super) fn rejoin_as_asked(&mut self, id: GhostId) {
        let from = self.step_done();
        match self.rejoin(id) {
            Ok(ghost) => {
                let to = self.step_done();
                if let Some(ghost) = ghost {
                    self.held.edits().went_back(from, to, Some(ghost));
                }
                self.tell_once_shown(Fact::Rejoined(to));
            }
            Err(why) => {
                self.refuse(Asked::Rejoin, why);
                self.publish(true);
            }
        }
    }

    /// Tells of what has become of the run, once readers can see it.
    pub(super) fn tell_once_shown(&mut self, fact: Fact) {
        self.publish(true);
        self.out.notice(Notice::Fact(fact));
    }

    /// Where the run stands.
    pub(super) fn moment(&self) -> RunMoment {
        self.run.open().map(|run| run.moment()).unwrap_or_default()
    }

    /// The moment that is meant.
    ///
    /// # Errors
    /// That the run has not come to it, or is no run.
    pub(super) fn moment_of(&self, to: RewindTo) -> Result<RunMoment, Reason> {
        let run = self.run.open().ok_or(Reason::NoRun)?;
        let (now, journal) = (run.moment(), &run.history().journal);
        let moment = match to {
            RewindTo::Before(moment) => {
                // The entries split where it is: those before it were made by its step, those after it not before.
                let after = journal.since(moment.entries).first();
                let before = moment.entries.checked_sub(journal.dropped + 1);
                let before = before.and_then(|place| journal.entries().get(usize::try_from(place).ok()?));
                let splits = before.is_none_or(|entry| entry.step <= moment.step)
                    && after.is_none_or(|entry| entry.step >= moment.step);
                let is_kept = (journal.dropped..=journal.made()).contains(&moment.entries);
                if moment != now && !(splits && is_kept) {
                    return Err(Reason::NotThereYet);
                }
                moment
            }
            RewindTo::Step(step) => {
                let later = |entry: &JournalEntry| entry.step > step || entry.step == step && entry.what.is_tweak();
                let entries = journal.entries();
                let before = entries.iter().position(|entry| later(entry)).unwrap_or(entries.len());
                RunMoment { step, entries: journal.dropped + before as u64 }
            }
        };
        if moment > now { Err(Reason::NotThereYet) } else { Ok(moment) }
    }

    /// Goes back to a moment of the run. What is left stays as a ghost, if anything is; which.
    ///
    /// # Errors
    /// That nothing is held from which it could go there, why it cannot be done again, or that a person stopped it; the run then
    /// stands as it stood.
    pub(super) fn go_back(&mut self, to: RunMoment) -> Result<Option<GhostId>, Reason> {
        self.flush_readings();
        if self.control.has_failed() {
            return Err(Reason::RunFailed);
        }
        let (Some(here), Some(kept)) = (self.held_run(), self.held_run()) else { return Err(Reason::NoRun) };
        let nearest = self.held.nearest(to)?;
        let past = here.run.history().clone();
        self.stand_at(nearest);
        if let Err(why) = self.done_again(&past, to) {
            self.stand_at(kept);
            return Err(why);
        }
        Ok(self.leave_branch(here))
    }

    /// Goes to the end of a branch that was left; the present one stays as a ghost, if there is anything in it; which.
    ///
    /// # Errors
    /// That its end is not held, or that the run has failed.
    pub(super) fn rejoin(&mut self, id: GhostId) -> Result<Option<GhostId>, Reason> {
        self.flush_readings();
        if self.control.has_failed() {
            return Err(Reason::RunFailed);
        }
        let here = self.held_run().ok_or(Reason::NoRun)?;
        let Rejoined { end, states, edits, files } = self.held.take(id)?;
        self.stand_at(end);
        let ghost = self.leave_branch(here);
        self.held.hold_again(states);
        *self.held.edits() = edits;
        if let Some(files) = files {
            self.put_files_back(&files);
        }
        self.open_files(self.step_done());
        self.hold(HeldFor::Change);
        Ok(ghost)
    }

    /// The run stands at another of its moments than `here`, and waits there. What was left stays as a ghost if there is
    /// anything in it; no file of it is written over.
    fn leave_branch(&mut self, here: HeldRun) -> Option<GhostId> {
        let run = self.run.open()?;
        let place = |run: &OpenRun| (run.history().journal.clone(), run.step());
        let (then, now) = (place(&here.run), place(run));
        let fork = RunMoment::common((&then.0, then.1), (&now.0, now.1));
        let files = if here.run.moment() > fork { self.files.keep(then.1) } else { None };
        if let Some(files) = &files {
            self.out.notice(Notice::Fact(Fact::Folder(files.fact())));
        }
        let ghost = self.held.leave(here, self.run.open()?, fork, files);
        match self.keep.leave_branch(fork.step) {
            Ok(()) => self.open_files(now.1),
            // What is there must not be written over.
            Err(why) => self.files_failed(why),
        }
        self.control.pause(PausedBy::Rewound);
        self.shown.outdate();
        ghost
    }

    /// Does everything again from where the run stands up to `to`, as `past` has it. Neither files nor notices tell of it.
    /// It has taken the time that it took then.
    ///
    /// # Errors
    /// Why it cannot be done again, or that a person stopped it; the run then stands anywhere between.
    pub(super) fn done_again(&mut self, past: &History, to: RunMoment) -> Result<(), Reason> {
        self.out.hear();
        if to.step > self.step_done() + UNSEEN {
            self.shown.now();
            self.preparing(Preparation::Rewinding(to.step));
        }
        loop {
            let here = self.moment();
            let next = past.journal.since(here.entries).first().filter(|_| here.entries < to.entries).cloned();
            match next {
                Some(entry) if entry.step <= here.step => {
                    let fault = |why| Reason::Entry { step: entry.step, why: Box::new(why) };
                    self.entry_again(&entry).map_err(fault)?;
                }
                Some(entry) => self.steps_again(entry.step.min(to.step), to.step, past)?,
                None if here.step < to.step => self.steps_again(to.step, to.step, past)?,
                None => return if here == to { Ok(()) } else { Err(Reason::JournalIncomplete) },
            }
        }
    }

    /// Trains until so many steps are done, with the probes and validations that fall due.
    fn steps_again(&mut self, until: u64, end: u64, past: &History) -> Result<(), Reason> {
        if self.step_done() >= until {
            return Err(Reason::JournalIncomplete);
        }
        while self.step_done() < until {
            if self.out.is_cancelled() {
                return Err(Reason::Cancelled);
            }
            let (step, looked) = self.queue_step()?;
            if let Some(run) = self.run.open_mut() {
                let then = past.get(SeriesKey::Run(RunMeasure::Seconds)).and_then(|spent| spent.at_or_before(step));
                run.spend(step, then.map_or(0.0, |then| (then - run.seconds()).max(0.0)));
            }
            if step == until || looked || step.is_multiple_of(READ_STEPS) {
                let run = self.run.open_mut().ok_or(Reason::NoRun)?;
                let batch = run.trainer_mut().read().map_err(Reason::Device)?;
                self.pace.forget_queued();
                self.put_down(batch.readings);
                if let Some(bad) = batch.not_finite {
                    return Err(Reason::StepNotFinite(bad));
                }
                if self.shown.is_due() {
                    self.shown.now();
                    self.preparing(Preparation::Rewinding(end));
                }
            }
        }
        Ok(())
    }

    /// Does once more what an entry of the journal says, and enters it.
    fn entry_again(&mut self, entry: &JournalEntry) -> Result<(), Reason> {
        let run = self.run.open_mut().ok_or(Reason::NoRun)?;
        match &entry.what {
            What::Knobs { now, .. } => {
                let before = run.trainer().progress().knobs.policy;
                run.trainer_mut().set_knobs(now.clone())?;
                if now.policy != before {
                    run.took_policy();
                }
            }
            What::Painted { layer, from, to, compete } => run.trainer_mut().paint(*layer, *from, *to, *compete)?,
            What::Watch { to, .. } => {
                let before = run.trainer().config().cadence.clone();
                run.trainer_mut().set_cadence(Intervals { probe_every: to.every, measures: to.measures, ..before });
            }
            What::Reference { .. } => {
                if let Some(probe) = self.newest.probe().cloned() {
                    run.set_reference(probe);
                }
            }
            What::Experts { changes, .. } => {
                self.reshape_again(changes).map_err(SurgeryFailure::reason)?;
            }
            What::Intervened { layer, intervention } => {
                let before = self.seen_before(*intervention);
                let done = self.intervene(*layer, *intervention, before.as_deref());
                let trial = done.map_err(SurgeryFailure::reason)?;
                self.watch_from_now(trial, *intervention);
            }
            What::Saved { .. } | What::NotFinite { .. } => {}
            What::Started { .. } | What::Text { .. } | What::Data { .. } => return Err(Reason::NotHeld(None)),
        }
        let run = self.run.open_mut().ok_or(Reason::NoRun)?;
        run.journal(entry.what.clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, OnceLock};

    use super::*;
    use crate::domain::config::Preset;
    use crate::run::session::before_anything;
    use crate::run::snapshot::Status;
    use crate::run::{AppCommand, Autosave, From, Reader, SessionId, Start, channel};

    /// A run at its beginning. When it tells that it is being done again, its reader asks it to stop, as often as it is to.
    fn impatient() -> (Arc<OnceLock<Reader>>, Arc<AtomicBool>, Session) {
        let config = Box::new(Preset::Tiny.config());
        let reader: Arc<OnceLock<Reader>> = Arc::default();
        let asks: Arc<AtomicBool> = Arc::default();
        let (heard, asked) = (reader.clone(), asks.clone());
        let stop = move || {
            let Some(reader) = heard.get() else { return };
            let is_going_back = matches!(reader.latest().status, Status::Preparing(Preparation::Rewinding(_)));
            if is_going_back && asked.swap(false, Ordering::Relaxed) {
                reader.send(AppCommand::CancelRewind).unwrap();
            }
        };
        let (end, writer) = channel(before_anything(Arc::new(config.as_ref().clone())), Box::new(stop));
        let (from, device) = (From::Config(config), "cpu".into());
        let start = Start { from, device, out: None, overwrite: false, autosave: Autosave::Never };
        let mut session = Session::new(writer.outlet(SessionId::FIRST), start);
        session.begin();
        reader.set(end).unwrap();
        (reader, asks, session)
    }

    #[test]
    fn a_run_that_is_stopped_while_it_is_done_again_stands_as_it_stood() {
        let (reader, asks, mut session) = impatient();
        // Nothing is held on the way, so that going back is a long one.
        session.steps_again(100, 100, &History::default()).unwrap();
        let state = |session: &Session| session.run.open().unwrap().trainer().state().unwrap();
        let (before, moment) = (state(&session), session.moment());
        session.control.run(100, 1000);
        asks.store(true, Ordering::Relaxed);
        session.rewind(RewindTo::Step(99));
        assert_eq!((session.moment(), session.control.status()), (moment, Status::Running));
        assert!(state(&session) == before && session.held.snapshot().ghosts.is_empty());
        let notices = reader.get().unwrap().notices();
        let stopped = Notice::Refused { asked: Asked::Rewind(99), why: Reason::Cancelled };
        assert!(notices.contains(&stopped) && !stopped.is_bad(), "{notices:?}");
        assert_eq!(reader.get().unwrap().latest().step, 100, "and is shown so");
        // Who is not stopped arrives.
        session.rewind(RewindTo::Step(60));
        assert_eq!(session.step_done(), 60);
        // A wish to stop that came too late stops nothing later.
        reader.get().unwrap().send(AppCommand::CancelRewind).unwrap();
        session.rewind(RewindTo::Step(30));
        assert_eq!(session.step_done(), 30);
    }
}
