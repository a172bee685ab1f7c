//! The thread of an inspection: chooses what is to be done next, does it, and publishes what has come of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::compared::Compared;
use super::shared::Shared;
use super::side::{Side, SideStep};
use super::typed::Typed;
use super::{Inspection, InspectionCommand, InspectionWork, InspectionWorkKind};
use crate::run::Reason;

/// Which of two checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Now,
    Then,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    Step(Place, SideStep),
    Text(Place),
    Compare,
}

/// What the thread holds.
#[derive(Debug)]
pub(super) struct Worker {
    shared: Arc<Shared>,
    now: Option<Side>,
    then: Option<Side>,
    typed: Typed,
    compared: Option<Compared>,
    /// Whether something has changed since the last publication.
    is_stale: bool,
}

impl Worker {
    pub fn new(shared: Arc<Shared>) -> Self {
        Self { shared, now: None, then: None, typed: Typed::default(), compared: None, is_stale: false }
    }

    /// Works until nobody will send another command.
    pub fn run(mut self) {
        loop {
            let job = self.next();
            if job.is_none() && self.is_stale {
                self.publish(None);
            }
            let Some(commands) = self.shared.take(job.is_none()) else { return };
            if commands.is_empty() {
                if let Some(job) = job {
                    self.perform(job);
                }
                continue;
            }
            for command in commands {
                self.obey(command);
            }
            let next = self.next().map(|job| self.work(job));
            self.publish(next);
        }
    }

    fn obey(&mut self, command: InspectionCommand) {
        match command {
            InspectionCommand::Open(path) => {
                (self.now, self.then, self.compared) = (Some(Side::at(path)), None, None);
                self.typed.begin();
            }
            InspectionCommand::Against(path) => {
                (self.then, self.compared) = (path.map(Side::at), None);
                self.typed.shown.then = None;
            }
            InspectionCommand::Text(text) => self.typed.type_text(&text),
            InspectionCommand::Compete(competes) => self.typed.compete(competes),
            InspectionCommand::Cancel => {
                self.typed.is_given_up = true;
                self.now.iter_mut().chain(&mut self.then).for_each(|side| side.is_given_up = true);
            }
            InspectionCommand::Close => {
                (self.now, self.then, self.compared) = (None, None, None);
                self.typed.begin();
            }
        }
    }

    fn side(&self, place: Place) -> Option<&Side> {
        match place {
            Place::Now => self.now.as_ref(),
            Place::Then => self.then.as_ref(),
        }
    }

    fn side_mut(&mut self, place: Place) -> Option<&mut Side> {
        match place {
            Place::Now => self.now.as_mut(),
            Place::Then => self.then.as_mut(),
        }
    }

    /// What somebody who waits sees first: headers, routers and the text of both, then the experts layer by layer.
    fn next(&self) -> Option<Job> {
        let sides = || [Place::Now, Place::Then].into_iter().filter_map(|place| Some((place, self.side(place)?)));
        for (place, side) in sides() {
            if let Some(step) = side.first_step() {
                return Some(Job::Step(place, step));
            }
            if side.wants_text(&self.typed) {
                return Some(Job::Text(place));
            }
        }
        if self.compared.is_none() && sides().filter(|(_, side)| side.is_comparable()).count() == 2 {
            return Some(Job::Compare);
        }
        let measured = sides().find(|(_, side)| side.wants_health());
        measured.map(|(place, _)| Job::Step(place, SideStep::Health))
    }

    /// What is said of a job before it begins.
    fn work(&self, job: Job) -> InspectionWork {
        let kind = match job {
            Job::Step(place, step) => self.side(place).map_or(InspectionWorkKind::Header, |side| side.kind(step)),
            Job::Text(place) => InspectionWorkKind::Text {
                layer: 0,
                layers: self.side(place).map_or(0, |side| side.file.planned.len()),
                competes: self.typed.shown.competes,
            },
            Job::Compare => InspectionWorkKind::Against,
        };
        InspectionWork { kind, done: 0, total: 0, seconds_left: None }
    }

    /// Does a job. A panic in it is a fault of the checkpoint or of the text, not the end of the thread.
    fn perform(&mut self, job: Job) {
        let done = catch_unwind(AssertUnwindSafe(|| self.attempt(job)));
        if let Err(why) = done.unwrap_or(Err(Reason::ThreadEnded)) {
            self.fail(job, why);
        }
        self.is_stale = true;
        // Small layers come faster than anybody looks; what comes before them takes its time, or is followed by what does.
        if self.shared.is_due() || !matches!(job, Job::Step(_, SideStep::Health)) {
            let next = self.next().map(|job| self.work(job));
            self.publish(next);
        }
    }

    fn attempt(&mut self, job: Job) -> Result<(), Reason> {
        let shared = self.shared.clone();
        match job {
            Job::Step(Place::Now, step) => {
                if let Some(side) = &mut self.now {
                    side.take(step, &shared, Some(&mut self.typed))?;
                }
            }
            Job::Step(Place::Then, step) => {
                if let Some(side) = &mut self.then {
                    side.take(step, &shared, None)?;
                }
            }
            Job::Text(place) => {
                // The other one comes after, and may need to be told what the tokens are.
                let ids = (place == Place::Then).then(|| self.typed.ids()).flatten();
                let Some(side) = self.side(place) else { return Ok(()) };
                let Some(found) = side.route(&shared, &self.typed, ids)? else { return Ok(()) };
                let version = self.typed.version();
                if let Some(side) = self.side_mut(place) {
                    side.text = Some(version);
                }
                match place {
                    Place::Now => self.typed.take(found),
                    Place::Then => {
                        let same = self.typed.shown.routed.as_ref().is_some_and(|now| now.ids == found.routed.ids);
                        self.typed.shown.then = same.then(|| Arc::new(found.routed));
                    }
                }
                self.tell_difference();
            }
            Job::Compare => {
                if let (Some(now), Some(then)) = (&self.now, &self.then) {
                    self.compared = Compared::of(now, then, &shared)?;
                    self.tell_difference();
                }
            }
        }
        let has_measured = matches!(job, Job::Step(_, SideStep::Health));
        if has_measured && [&self.now, &self.then].into_iter().flatten().all(Side::is_measured) {
            self.tell_difference();
        }
        Ok(())
    }

    /// What changed is told anew: of another text, or with the health of both.
    fn tell_difference(&mut self) {
        let Self { compared, now, then, typed, .. } = self;
        if let (Some(compared), Some(now), Some(then)) = (compared, now, then) {
            compared.tell(typed, &now.file, &then.file);
        }
    }

    /// A job cannot be done: it is said of the checkpoint or of the text, and not tried again.
    fn fail(&mut self, job: Job, why: Reason) {
        let version = self.typed.version();
        match job {
            Job::Step(place, _) => {
                if let Some(side) = self.side_mut(place) {
                    side.file.fault = Some(why);
                }
            }
            Job::Compare => {
                if let Some(then) = &mut self.then {
                    then.file.fault = Some(why);
                }
            }
            Job::Text(place) => {
                if let Some(side) = self.side_mut(place) {
                    side.text = Some(version);
                }
                if place == Place::Now {
                    self.typed.shown.fault = Some(why);
                }
            }
        }
    }

    fn publish(&mut self, work: Option<InspectionWork>) {
        self.is_stale = false;
        let value = self.now.as_ref().map(|now| Inspection {
            now: now.file.clone(),
            then: self.then.as_ref().map(|then| then.file.clone()),
            work,
            text: self.typed.shown.clone(),
            difference: self.compared.as_ref().map(|compared| compared.shown.clone()),
        });
        self.shared.publish(value);
    }
}
