//! What a lesson does to a run, one act after the other: fed with snapshots, it says what to send next. No clock, no thread.

use std::collections::VecDeque;

use super::lesson::{Lesson, LessonAct};
use super::setting::{config_with, knobs_with};
use crate::domain::config::{Config, Knobs};
use crate::run::{Command, PausedBy, RewindTo, RunMoment, Snapshot, Status};
use crate::store::history::{JournalEntry, What};

/// The acts that are still to be done.
#[derive(Clone, Debug, Default)]
pub(super) struct Performer {
    acts: VecDeque<LessonAct>,
    /// What was sent for the first of them.
    sent: Option<Sent>,
    /// Most steps that are asked for at once; `None` for all.
    stride: Option<u64>,
}

/// What was sent, and how it is known to be done.
#[derive(Clone, Debug, PartialEq)]
enum Sent {
    /// A run was to begin.
    Begin,
    /// Knobs were set.
    Knobs(Box<Knobs>),
    /// A run that trains was asked to pause, so that steps can be counted.
    Pause,
    /// Steps were asked for; where they end.
    Steps(u64),
    /// The run was to go back.
    Back,
    /// It is on its way back.
    GoingBack,
}

impl Performer {
    /// Asks for at most so many steps at once, so that the run stands still in between and may be looked at.
    pub fn in_strides(&mut self, stride: u64) {
        self.stride = Some(stride.max(1));
    }

    /// Does these after all others.
    pub fn add(&mut self, acts: impl IntoIterator<Item = LessonAct>) {
        self.acts.extend(acts);
    }

    /// Gives up what was to be done.
    pub fn clear(&mut self) {
        self.acts.clear();
        self.sent = None;
    }

    /// Whether all is done.
    pub fn is_done(&self) -> bool {
        self.acts.is_empty()
    }

    /// The step to which it trains now.
    pub fn until(&self) -> Option<u64> {
        if let Some(Sent::Steps(until)) = self.sent { Some(until) } else { None }
    }

    /// The run does something that takes its time, and trains no step meanwhile.
    pub fn wait(&mut self) {
        if self.sent == Some(Sent::Back) {
            self.sent = Some(Sent::GoingBack);
        }
    }

    /// Whether it waits because somebody has paused the run on its way, or stopped its going back.
    pub fn is_halted(&self, shot: &Snapshot) -> bool {
        if self.sent == Some(Sent::GoingBack) {
            return matches!(shot.status, Status::Paused(_));
        }
        let paused = matches!(shot.status, Status::Paused(PausedBy::Person | PausedBy::Moved));
        self.until().is_some_and(|until| shot.step < until) && paused
    }

    /// Goes on after that.
    pub fn resume(&mut self) {
        self.sent = None;
    }

    /// What to send about the newest snapshot, for acts of `lesson`.
    pub fn feed(&mut self, lesson: &Lesson, shot: &Snapshot) -> Vec<Command> {
        let mut commands = Vec::new();
        while let Some(act) = self.acts.front().cloned() {
            let done = match &act {
                LessonAct::Command(command) => {
                    commands.push(command.clone());
                    true
                }
                LessonAct::Begin(settings) => self.begin(config_with(settings, &lesson.config), shot, &mut commands),
                LessonAct::Set(settings) => self.set(knobs_with(settings, &shot.knobs), shot, &mut commands),
                LessonAct::Back(moment) => self.back(*moment, shot, &mut commands),
                LessonAct::Until(step) => self.train(*step, shot, &mut commands),
                LessonAct::Steps(count) => {
                    let until = self.until().unwrap_or(shot.step + count);
                    // Where it ends is known once it begins.
                    if matches!(shot.status, Status::Paused(_)) {
                        self.acts[0] = LessonAct::Until(until);
                    }
                    self.train(until, shot, &mut commands)
                }
            };
            if !done {
                break;
            }
            self.sent = None;
            self.acts.pop_front();
        }
        commands
    }

    fn begin(&mut self, config: Config, shot: &Snapshot, commands: &mut Vec<Command>) -> bool {
        if stands_anew(&config, shot) {
            return true;
        }
        if self.sent.is_none() {
            commands.push(Command::New(Box::new(config)));
            self.sent = Some(Sent::Begin);
        }
        false
    }

    fn set(&mut self, wanted: Knobs, shot: &Snapshot, commands: &mut Vec<Command>) -> bool {
        match &self.sent {
            Some(Sent::Knobs(sent)) => **sent == shot.knobs,
            _ if wanted == shot.knobs => true,
            _ => {
                commands.push(Command::SetKnobs(wanted.clone()));
                self.sent = Some(Sent::Knobs(Box::new(wanted)));
                false
            }
        }
    }

    fn back(&mut self, moment: RunMoment, shot: &Snapshot, commands: &mut Vec<Command>) -> bool {
        let stands = RunMoment { step: shot.step, entries: shot.memory.history.journal.made() } == moment;
        match self.sent {
            _ if stands && matches!(shot.status, Status::Paused(_)) => return true,
            None => {
                commands.push(Command::Rewind(RewindTo::Before(moment)));
                self.sent = Some(Sent::Back);
            }
            _ => {}
        }
        false
    }

    fn train(&mut self, until: u64, shot: &Snapshot, commands: &mut Vec<Command>) -> bool {
        let paused = matches!(shot.status, Status::Paused(_));
        match self.sent {
            _ if paused && shot.step >= until => return true,
            // Steps are counted from where the run stands when it is asked: it must stand still.
            None if shot.is_running() => {
                commands.push(Command::Pause);
                self.sent = Some(Sent::Pause);
            }
            Some(Sent::Steps(end)) if paused && shot.step < end => {}
            _ if paused => {
                let count = (until - shot.step).min(self.stride.unwrap_or(u64::MAX));
                commands.push(Command::Step(count));
                self.sent = Some(Sent::Steps(shot.step + count));
            }
            Some(Sent::Steps(_)) if shot.is_running() && shot.step >= until => {
                commands.push(Command::Pause);
                self.sent = Some(Sent::Pause);
            }
            _ => {}
        }
        false
    }
}

/// Whether a run of this config stands at step 0 and nothing was done to it.
fn stands_anew(config: &Config, shot: &Snapshot) -> bool {
    let untouched = |entry: &std::sync::Arc<JournalEntry>| matches!(entry.what, What::Started { .. });
    matches!(shot.status, Status::Paused(_))
        && shot.step == 0
        && *shot.config == *config
        && shot.knobs == config.knobs
        && shot.memory.history.journal.entries().iter().all(untouched)
        && shot.data.badge.metric.is_some()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::config::Preset;
    use crate::lessons::shipped;
    use crate::run::before_anything;

    #[test]
    fn a_going_back_that_was_stopped_can_be_asked_for_again() {
        let mut shot = before_anything(Arc::new(Preset::Learn.config()));
        let lesson = &shipped()[0];
        let back = Command::Rewind(RewindTo::Before(RunMoment { step: 5, entries: 0 }));
        let mut performer = Performer::default();
        performer.add([LessonAct::Back(RunMoment { step: 5, entries: 0 })]);
        (shot.status, shot.step) = (Status::Paused(PausedBy::Person), 9);
        assert_eq!(performer.feed(lesson, &shot), std::slice::from_ref(&back));
        assert_eq!((performer.feed(lesson, &shot), performer.is_halted(&shot)), (vec![], false), "not begun yet");
        performer.wait();
        assert!(performer.is_halted(&shot), "it stands as it stood");
        performer.resume();
        assert_eq!(performer.feed(lesson, &shot), [back]);
        performer.wait();
        shot.step = 5;
        assert_eq!((performer.feed(lesson, &shot), performer.is_done()), (vec![], true));
    }
}
