//! `moe-arena train`: a headless run, from its arguments to its exit code.

use std::env;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use super::config_file::{in_folder, read_config, sound};
use super::course::{Act, Course, RunEnd};
use super::output::Output;
use super::progress::Progress;
use super::setup::{setup_of, shown};
use super::{Refusal, Spawn, TrainArguments, devices, place};
use crate::domain::config::{Config, Decay, PlaneTarget, TaskConfig};
use crate::domain::file_kind::FileKind;
use crate::domain::quote;
use crate::run::{
    Autosave, CHECKPOINT, Command, Ending, From, Notice, Reader, RunSetup, Snapshot, Start, Status, StopSignal,
    StopSignals, TextWish, abandon, exit_at_once,
};
use crate::words::{self, command, headless, speak_of};

/// Longest wait before signals are looked at.
const PATIENCE: Duration = Duration::from_millis(200);
/// Wait for the worker's last file before it is said that it is waited for.
const UNSAID: Duration = Duration::from_secs(5);
/// Longest wait for a worker that has nothing to save.
const LAST_PATIENCE: Duration = Duration::from_secs(1);

/// Trains as the arguments say. The exit code is 0 for a run that is done, and 128 and the signal's number for one that a
/// signal has cut off.
///
/// # Errors
/// Exit code 2 if it cannot begin, 1 if it fails on the way.
pub(super) fn train(arguments: &TrainArguments, spawn: Spawn) -> Result<u8, Refusal> {
    let signals =
        StopSignals::listen(|_| (), stopped_early).map_err(|error| Refusal::failure(command::no_signals(error)))?;
    let here = env::current_dir().map_err(|error| Refusal::usage(command::no_current_folder(error)))?;
    let begins = match (&arguments.resume, setup_of(arguments)?) {
        (Some(_), _) => None,
        (None, Some(setup)) => Some(From::Setup(Box::new(planned(setup.run, arguments)?))),
        (None, None) => Some(From::Config(Box::new(config(arguments, &here)?))),
    };
    let config = match &begins {
        Some(From::Setup(setup)) => Some(&setup.config),
        Some(From::Config(config)) => Some(&**config),
        _ => None,
    };
    config.iter().for_each(|config| speak_of(&config.task));
    let seed = config.map_or(0, |config| config.seed);
    let resume = arguments.resume.as_deref().map(|file| place::clean(file, &here));
    if let Some(file) = &resume {
        may_be_checkpoint(file)?;
    }
    let is_new = resume.is_none() && arguments.out.as_deref().is_none_or(|out| !place::clean(out, &here).exists());
    let folder = place::folder(&here, arguments.out.as_deref(), resume.as_deref(), seed)?;
    let file = folder.join(CHECKPOINT);
    let (from, end, overrides) = match (begins, resume) {
        (Some(from), _) => (from, arguments.stop_at, Default::default()),
        (None, resume) => {
            let path = resume.unwrap_or_default();
            let text = TextWish { at: arguments.overrides.text.clone(), any: arguments.overrides.text.is_some() };
            (From::FileOn { file: path, text }, arguments.stop_at.or(arguments.steps), arguments.overrides.clone())
        }
    };
    let start = Start {
        from,
        device: arguments.device.clone(),
        out: Some(folder.clone()),
        overwrite: arguments.overwrite,
        autosave: Autosave::File(file.clone()),
    };
    signals.begin_saving();
    let reader = spawn(start, Box::new(|| ()));
    let mut progress = Progress::new();
    if let Some(demonstration) = shown(arguments) {
        words::demonstration(&demonstration.id).iter().for_each(|line| progress.say(line));
    }
    let outcome = follow(&reader, Course::new(end, file, overrides), &signals, &mut progress);
    if matches!(outcome, RunEnd::CouldNotBegin(_) | RunEnd::NothingSaved) {
        abandon(&folder);
        if is_new {
            // It was made for this run. It and `runs` only go if they are empty.
            let _ = std::fs::remove_dir(&folder).and_then(|()| std::fs::remove_dir(here.join("runs")));
        }
    }
    report(outcome, &folder, signals.first(), progress)
}

/// Sees that a file to go on from is there and is no folder; what else may be wrong with it is said when it is opened.
fn may_be_checkpoint(file: &Path) -> Result<(), Refusal> {
    let shown = quote::path(file);
    match FileKind::of(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(Refusal::usage(command::no_checkpoint(shown))),
        Ok(FileKind::Folder) => {
            let way = in_folder(file).unwrap_or_else(|| command::choose_the_file().to_owned());
            Err(Refusal::usage(command::checkpoint_is_folder(shown, way)))
        }
        _ => Ok(()),
    }
}

/// A signal before the run: ends the process.
fn stopped_early(signal: StopSignal) {
    Output::standard().line(command::nothing_saved());
    exit_at_once(signal.exit_code())
}

/// The config a fresh run begins with.
fn config(arguments: &TrainArguments, here: &Path) -> Result<Config, Refusal> {
    let base = match (&arguments.config, arguments.preset) {
        (Some(path), _) => arguments.task.changed(read_config(path)?)?,
        (None, Some(name)) => arguments.task.begun(name.into())?,
        (None, None) => arguments.task.begun(devices::preset_for(&arguments.device))?,
    };
    let of_text = arguments.overrides.of_text();
    if let Some(option) = of_text.filter(|_| base.task.text().is_none()) {
        return Err(Refusal::usage(command::option_of_text(option)));
    }
    let mut config = arguments.overrides.config(base);
    // A path of --text is relative to where it is typed; one of a config is absolute already.
    config.task = config.task.absolute(here);
    config.steps = arguments.steps.unwrap_or(config.steps);
    sound(config)
}

/// The run of a set-up, for as many steps as were asked for.
fn planned(mut setup: RunSetup, arguments: &TrainArguments) -> Result<RunSetup, Refusal> {
    setup.config.steps = arguments.steps.unwrap_or(setup.config.steps);
    setup.config = sound(setup.config)?;
    Ok(setup)
}

/// Follows the run to its end.
fn follow(reader: &Reader, mut course: Course, signals: &StopSignals, progress: &mut Progress) -> RunEnd {
    let mut greeted = false;
    let mut waiting: Vec<Command> = Vec::new();
    let mut told_later: Vec<Notice> = Vec::new();
    loop {
        // In this order: a notice is given before the snapshot that shows its cause, so none can be missing.
        let ended = reader.has_ended();
        let shot = reader.latest();
        let notices = reader.notices();
        // Until it stands, a snapshot shows defaults and not what a file holds.
        if !greeted
            && !matches!(shot.status, Status::Preparing(_) | Status::Failed(_))
            && shot.data.badge.metric.is_some()
        {
            greeted = true;
            speak_of(&shot.config.task);
            greet(progress, &shot);
            remarks(&shot, course.end(&shot)).iter().for_each(|remark| progress.say(remark));
        }
        let signal = signals.first();
        let act = course.next(&shot, &notices, signal.is_some());
        let over = matches!(act, Act::End(_));
        progress.show(&shot, course.end(&shot), over);
        // A run that never began has only its complaint to tell, and what ends a run is told at the end.
        told_later.extend(notices);
        match &act {
            Act::End(RunEnd::CouldNotBegin(_)) => told_later.clear(),
            Act::Wait if !greeted => {}
            _ => told_later.drain(..).filter(|told| !(over && told.is_bad())).for_each(|told| progress.notice(&told)),
        }
        match act {
            Act::Send(commands) => {
                if let Some(signal) = signal {
                    let interrupted = signal == StopSignal::Interrupt;
                    progress.say(if interrupted { headless::stopping_interrupted() } else { headless::stopping() });
                }
                waiting.extend(commands);
            }
            Act::End(outcome) => {
                finish(&reader.ending(), progress, &outcome);
                return outcome;
            }
            Act::Wait if ended => {
                progress.close();
                return RunEnd::Failed(headless::thread_ended().to_owned());
            }
            Act::Wait => {}
        }
        while let Some(command) = waiting.first() {
            if reader.send(command.clone()).is_err() {
                break;
            }
            waiting.remove(0);
        }
        reader.wait_for_news(PATIENCE);
    }
}

/// Lets the worker finish its files: as long as it takes, but for a run that has nothing to save.
fn finish(ending: &Ending, progress: &mut Progress, outcome: &RunEnd) {
    progress.close();
    // The worker may be gone already, which is as well.
    ending.ask();
    let nothing_to_save = *outcome == RunEnd::NothingSaved;
    if ending.wait(if nothing_to_save { LAST_PATIENCE } else { UNSAID }) || nothing_to_save {
        return;
    }
    progress.say(headless::waiting_for_files());
    while !ending.wait(UNSAID) {}
}

/// What the run is, before it begins.
fn greet(progress: &mut Progress, shot: &Snapshot) {
    let device = &shot.device;
    if !device.name.is_empty() {
        let why = device.why.as_ref().map(words::device_why).unwrap_or_default();
        let (name, why) = (quote::name(&device.name), quote::escaped(&why));
        let told = device.name == device.kind;
        progress.say(&if told {
            headless::device(name, why)
        } else {
            headless::device_of_kind(name, &device.kind, why)
        });
    }
    let (text, [training, validation, test]) = (&shot.data.badge, shot.data.badge.split);
    if text.bytes > 0 {
        let name = quote::escaped(&text.name);
        progress.say(&headless::text(name, text.bytes, training, validation, test));
    } else if let TaskConfig::Plane(plane) = &shot.config.task {
        let classes = match plane.target {
            PlaneTarget::Class => headless::classes(plane.classes),
            PlaneTarget::Value => headless::values().to_owned(),
        };
        progress.say(&headless::points(&text.name, plane.noise, classes, training, validation));
    }
    let (model, sizes) = (&shot.config.model, shot.model.parameters);
    progress.say(&headless::model(
        words::policy_of((shot.knobs.policy, shot.knobs.form)),
        model.layers,
        shot.experts(),
        shot.knobs.top_k,
        sizes.total,
        sizes.active,
        shot.config.seed,
    ));
}

/// What the plan of the learning rate means for a run that ends at step `end`, where that may surprise.
fn remarks(shot: &Snapshot, end: u64) -> Vec<String> {
    let (warmup, plan) = (shot.config.optimizer.warmup_steps, shot.config.steps);
    let mut remarks = Vec::new();
    if end > shot.step && end < warmup {
        remarks.push(command::rate_still_rises(warmup));
    }
    if end > plan && shot.config.optimizer.decay != Decay::Constant {
        remarks.push(command::beyond_plan(plan));
    }
    remarks
}

/// Says how it ended; the exit code. `signal` is what has cut it off, where something has.
fn report(outcome: RunEnd, folder: &Path, signal: Option<StopSignal>, mut progress: Progress) -> Result<u8, Refusal> {
    let where_to = quote::path(folder);
    let cut_off = signal.map_or(0, StopSignal::exit_code);
    let (code, says) = match outcome {
        RunEnd::Done(step) => (0, command::done(step, where_to)),
        RunEnd::Stopped(step) => (cut_off, command::stopped(step, quote::shell_path(&folder.join(CHECKPOINT)))),
        RunEnd::NothingSaved => (cut_off, command::nothing_saved().to_owned()),
        RunEnd::AlreadyThere { step, end } => (0, command::already_there(step, end)),
        RunEnd::CouldNotBegin(why) => return Err(Refusal::usage(why)),
        RunEnd::Failed(why) => return Err(Refusal::failure(why)),
    };
    progress.say(&says);
    progress.finish()?;
    Ok(code)
}
