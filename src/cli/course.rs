//! State machine of a headless run: fed with snapshots, notices and signals, it says what to send; no clock, no thread.

use std::path::PathBuf;

use super::overrides::Overrides;
use crate::domain::config::Cause;
use crate::domain::quote;
use crate::run::{Command, Failure, FailureCause, FileWork, Notice, PausedBy, Snapshot, Status, WantedText};
use crate::words::{self, headless};

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    /// Wait for news.
    Wait,
    /// Send these, in order.
    Send(Vec<Command>),
    /// It is over.
    End(RunEnd),
}

/// How it ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RunEnd {
    /// Trained up to this step and saved.
    Done(u64),
    /// Cut off by a signal: saved at this step.
    Stopped(u64),
    /// Cut off by a signal before there was anything to save.
    NothingSaved,
    /// The run had already reached the step where it was to end.
    AlreadyThere {
        /// Steps done.
        step: u64,
        /// Where it was to end.
        end: u64,
    },
    /// It never began; why, and what to do.
    CouldNotBegin(String),
    /// It failed on the way; why, and what to do.
    Failed(String),
}

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    /// Waiting until the run is ready.
    Preparing,
    /// Training; snapshots from before the first step may still come.
    Training,
    /// The save was asked for, after a signal or at the end.
    Saving { stopped: bool },
}

/// The course of one run.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    /// Step to end at; `None` is the plan of the run.
    end: Option<u64>,
    /// Where to save.
    file: PathBuf,
    /// Knobs to put in force before the first step.
    overrides: Overrides,
    stage: Stage,
    /// The newest file that failed, in words.
    file_failed: Option<String>,
}

impl Course {
    /// A course that ends at step `end` (`None`: where the run's plan ends) and saves to `file`.
    pub fn new(end: Option<u64>, file: PathBuf, overrides: Overrides) -> Self {
        Self { end, file, overrides, stage: Stage::Preparing, file_failed: None }
    }

    /// Where the run is to end.
    pub fn end(&self, shot: &Snapshot) -> u64 {
        self.end.unwrap_or(shot.config.steps)
    }

    /// What to do about the newest snapshot, the notices since the last call, and whether a signal asked for the end.
    pub fn next(&mut self, shot: &Snapshot, notices: &[Notice], interrupted: bool) -> Act {
        let failed = notices.iter().rfind(|notice| matches!(notice, Notice::FileFailed { .. }));
        self.file_failed = failed.map(words::notice).or_else(|| self.file_failed.take());
        match self.stage {
            Stage::Preparing => self.preparing(shot, notices, interrupted),
            Stage::Training => self.training(shot, notices, interrupted),
            Stage::Saving { stopped } => self.saving(shot, notices, stopped, interrupted),
        }
    }

    fn preparing(&mut self, shot: &Snapshot, notices: &[Notice], interrupted: bool) -> Act {
        if let Some(Notice::TextWanted(wanted)) = notices.iter().find(|n| matches!(n, Notice::TextWanted(_))) {
            return Act::End(RunEnd::CouldNotBegin(without_text(wanted)));
        }
        if let Some(why) = self.file_failed.take() {
            return Act::End(RunEnd::CouldNotBegin(why));
        }
        if let Status::Failed(failure) = &shot.status {
            return Act::End(RunEnd::CouldNotBegin(sentence(failure)));
        }
        if let Some(notice) = notices.iter().find(|notice| notice.is_bad()) {
            return Act::End(RunEnd::CouldNotBegin(words::notice(notice)));
        }
        if interrupted {
            return Act::End(RunEnd::NothingSaved);
        }
        if !matches!(shot.status, Status::Paused(_)) {
            return Act::Wait;
        }
        let (step, end) = (shot.step, self.end(shot));
        let Some(left) = end.checked_sub(step).filter(|&left| left > 0) else {
            return Act::End(RunEnd::AlreadyThere { step, end });
        };
        let knobs = self.overrides.knobs(&shot.knobs);
        let mut commands = Vec::new();
        if knobs != shot.knobs {
            let complaints = knobs.validate(shot.experts());
            let all: Vec<String> = {
                let lacking = shot.config.lacks(&knobs);
                complaints.iter().map(words::complaint_of).chain(lacking.as_ref().map(words::lacking_parts)).collect()
            };
            if !all.is_empty() {
                return Act::End(RunEnd::CouldNotBegin(all.join("\n  ")));
            }
            commands.push(Command::SetKnobs(knobs));
        }
        commands.push(Command::Step(left));
        self.stage = Stage::Training;
        Act::Send(commands)
    }

    fn training(&mut self, shot: &Snapshot, notices: &[Notice], interrupted: bool) -> Act {
        if let Some(why) = self.failure(shot, notices) {
            return Act::End(RunEnd::Failed(why));
        }
        if interrupted {
            self.stage = Stage::Saving { stopped: true };
            return Act::Send(vec![Command::Pause, Command::Save(self.file.clone())]);
        }
        match &shot.status {
            Status::Paused(_) if shot.step >= self.end(shot) => {
                self.stage = Stage::Saving { stopped: false };
                Act::Send(vec![Command::Save(self.file.clone())])
            }
            _ => Act::Wait,
        }
    }

    /// Why training cannot go on, if it cannot.
    fn failure(&self, shot: &Snapshot, notices: &[Notice]) -> Option<String> {
        let resume = match shot.saves.ways_back.first() {
            Some(saved) => format!(" {}", headless::go_back(saved.step, quote::shell_path(&saved.path))),
            None => String::new(),
        };
        if let Some(notice) = notices.iter().find(|notice| matches!(notice, Notice::Refused { .. })) {
            return Some(words::notice(notice));
        }
        match &shot.status {
            Status::Failed(failure) => Some(sentence(failure) + &resume),
            Status::Paused(PausedBy::Text { why }) => {
                Some(headless::text_gone(words::reason(why), quote::shell_path(&self.file)))
            }
            Status::Paused(PausedBy::NotFinite { step, place, causes }) => {
                let (next, advice) = (step + 1, advice(causes));
                Some(headless::not_finite(next, place) + &advice + &resume)
            }
            // The snapshot from before the command was taken.
            Status::Paused(PausedBy::Start | PausedBy::Opened) => None,
            // The run waits for room on its disk and goes on by itself, or is stopped by a signal.
            Status::Paused(PausedBy::DiskFull { .. }) => None,
            Status::Paused(_) if shot.step < self.end(shot) => {
                let why = self.file_failed.clone().unwrap_or_else(|| headless::paused(shot.step));
                Some(format!("{}.{resume}", why.trim_end_matches('.')))
            }
            _ => None,
        }
    }

    fn saving(&self, shot: &Snapshot, notices: &[Notice], stopped: bool, interrupted: bool) -> Act {
        for notice in notices {
            match notice {
                Notice::Saved { step, auto: false, .. } => {
                    let cut_off = stopped && *step < self.end(shot);
                    return Act::End(if cut_off { RunEnd::Stopped(*step) } else { RunEnd::Done(*step) });
                }
                // The run tries again until there is room; who has asked it to stop does not wait.
                Notice::NoRoom { .. } if stopped => return Act::End(RunEnd::Failed(words::notice(notice))),
                Notice::FileFailed { work: FileWork::Saving(path), .. } if *path == self.file => {
                    return Act::End(RunEnd::Failed(words::notice(notice)));
                }
                _ => {}
            }
        }
        match &shot.status {
            Status::Failed(failure) => Act::End(RunEnd::Failed(sentence(failure))),
            Status::Paused(PausedBy::DiskFull { folder, bytes }) if interrupted && !stopped => {
                Act::End(RunEnd::Failed(headless::stopped_while_full(quote::path(folder), bytes, shot.step)))
            }
            _ => Act::Wait,
        }
    }
}

/// What may help against the causes of a step that is not finite, as it is typed: ` A smaller --theta may help.`
fn advice(causes: &[Cause]) -> String {
    let typed = |cause: &Cause| {
        let remedy = cause.remedy();
        match cause {
            Cause::Knob(id, _) => headless::another_value(remedy, id.spec().option.unwrap_or(id.spec().field)),
            Cause::RouterScale(_) | Cause::Epsilon(_) | Cause::WeightDecay(_) | Cause::Beta1(_) | Cause::Beta2(_) => {
                headless::another_config(remedy, cause.field())
            }
        }
    };
    match causes.iter().map(typed).reduce(headless::both) {
        None => String::new(),
        Some(ways) => format!(" {}", headless::what_may_help(ways)),
    }
}

/// Why a checkpoint has no text to go on with, and what can be typed.
fn without_text(wanted: &WantedText) -> String {
    let file = wanted.file.as_ref().map_or_else(String::new, |file| format!("{}: ", quote::path(file)));
    let ways = match &wanted.other {
        Some(other) => {
            let other = quote::shell_path(other);
            headless::give_text_or_other(other)
        }
        None => headless::give_text().to_owned(),
    };
    format!("{file}{}. {ways}", words::reason(&wanted.why))
}

/// What failed and the ways on that can be typed, as one line.
fn sentence(failure: &Failure) -> String {
    if matches!(failure.cause, FailureCause::NoDevice(_)) {
        return format!("{}. {}", words::failure(&failure.cause).trim_end_matches('.'), words::choose_another());
    }
    let typed = failure.ways.iter().filter_map(|way| match &way.command {
        Command::MoveTo(name) if name == "cpu" => Some(headless::on_the_cpu()),
        Command::HalveBatch => Some(headless::smaller_batch()),
        _ => None,
    });
    let ways = typed.map(str::to_owned).reduce(headless::either);
    let what = words::failure(&failure.cause);
    let what = what.trim_end_matches('.');
    match ways {
        None => format!("{what}."),
        Some(ways) => format!("{what}. {}", headless::what_may_help(ways)),
    }
}

#[cfg(test)]
#[path = "course_tests.rs"]
mod tests;
