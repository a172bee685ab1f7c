//! `moe-arena train`: the run of the window without a window.

use std::env;
use std::path::Path;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::arguments::{read_config, sound};
use super::course::{Act, Course, Outcome};
use super::progress::Progress;
use super::{Refusal, Spawn, TrainArguments, devices, place};
use crate::config::Config;
use crate::run::{Autosave, Command, From, Reader, Snapshot, Start, TextWish};

/// Longest wait before Ctrl-C is looked at.
const PATIENCE: Duration = Duration::from_millis(200);
/// Longest wait for the worker at the end.
const LAST_PATIENCE: Duration = Duration::from_secs(20);

/// Trains as the arguments say.
///
/// # Errors
/// Exit code 2 if it cannot begin, 1 if it fails on the way.
pub(super) fn train(arguments: &TrainArguments, spawn: Spawn) -> Result<(), Refusal> {
    let here =
        env::current_dir().map_err(|error| Refusal::usage(format!("the present folder cannot be found: {error}")))?;
    let config = match &arguments.resume {
        Some(_) => None,
        None => Some(config(arguments, &here)?),
    };
    let seed = config.as_ref().map_or(0, |config| config.seed);
    let resume = arguments.resume.as_deref();
    if let Some(file) = resume.filter(|file| !file.exists()) {
        return Err(Refusal::usage(format!("there is no checkpoint {}; check the path", file.display())));
    }
    let folder = place::folder(&here, arguments.out.as_deref(), resume, seed, arguments.overwrite)?;
    let file = folder.join(place::CHECKPOINT);
    let (from, end, overrides) = match (config, &arguments.resume) {
        (Some(config), _) => (From::Config(Box::new(config)), arguments.stop_at, Default::default()),
        (None, resume) => {
            let path = resume.as_deref().map(|file| here.join(file)).unwrap_or_default();
            let text = TextWish { at: arguments.overrides.text.clone(), any: arguments.overrides.text.is_some() };
            (From::FileOn { file: path, text }, arguments.stop_at.or(arguments.steps), arguments.overrides.clone())
        }
    };
    let start = Start {
        from,
        device: arguments.device.clone(),
        out: Some(folder.clone()),
        autosave: Autosave::File(file.clone()),
    };
    let interrupts = listen()?;
    let reader = spawn(start, Box::new(|| ()));
    let outcome = follow(&reader, Course::new(end, file, overrides), &interrupts);
    if arguments.out.is_none() && arguments.resume.is_none() && matches!(outcome, Outcome::CouldNotBegin(_)) {
        // The folder was made for this run. Only goes if it is empty.
        let _ = std::fs::remove_dir(&folder);
    }
    report(outcome, &folder)
}

/// The config a fresh run begins with.
fn config(arguments: &TrainArguments, here: &Path) -> Result<Config, Refusal> {
    let base = match (&arguments.config, arguments.preset) {
        (Some(path), _) => read_config(path)?,
        (None, Some(name)) => crate::config::Preset::from(name).config(),
        (None, None) => devices::preset_for(&arguments.device).config(),
    };
    let mut config = arguments.overrides.config(base);
    // A path of --text is relative to where it is typed; one of a config is absolute already.
    config.text = config.text.absolute(here);
    config.steps = arguments.steps.unwrap_or(config.steps);
    sound(config)
}

/// Counts Ctrl-C. The second ends the program at once.
fn listen() -> Result<Arc<AtomicUsize>, Refusal> {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let handler = move || {
        if counted.fetch_add(1, Ordering::SeqCst) > 0 {
            process::exit(130);
        }
    };
    ctrlc::set_handler(handler).map_err(|error| Refusal::failure(format!("Ctrl-C cannot be listened for: {error}")))?;
    Ok(count)
}

/// Follows the run to its end.
fn follow(reader: &Reader, mut course: Course, interrupts: &AtomicUsize) -> Outcome {
    let mut progress = Progress::new();
    let mut greeted = false;
    let mut waiting: Vec<Command> = Vec::new();
    loop {
        // In this order: a notice is given before the snapshot that shows its cause, so none can be missing.
        let ended = reader.has_ended();
        let shot = reader.latest();
        let notices = reader.notices();
        if !greeted && !matches!(shot.status, crate::run::Status::Preparing(_)) {
            greeted = true;
            greet(&progress, &shot);
        }
        let act = course.next(&shot, &notices, interrupts.load(Ordering::SeqCst) > 0);
        let over = matches!(act, Act::End(_));
        progress.show(&shot, course.end(&shot), over);
        // What ends the run is told at the end.
        notices.iter().filter(|notice| !(over && notice.is_bad())).for_each(|notice| progress.notice(notice));
        match act {
            Act::Send(commands) => waiting.extend(commands),
            Act::End(outcome) => {
                progress.close();
                // The worker may be gone already, which is as well; else it may still have a file to finish.
                let _ = reader.send(Command::Quit);
                reader.wait(LAST_PATIENCE, |_| false);
                return outcome;
            }
            Act::Wait if ended => {
                progress.close();
                return Outcome::Failed("the training thread ended unexpectedly; the log says more".into());
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

/// What the run is, before it begins.
fn greet(progress: &Progress, shot: &Snapshot) {
    let device = &shot.device;
    if !device.name.is_empty() {
        let kind = if device.name == device.kind { String::new() } else { format!(" ({})", device.kind) };
        progress.say(&format!("device: {}{kind}, {}", device.name, device.why));
    }
    let (text, [training, validation, test]) = (&shot.text, shot.text.split);
    if text.bytes > 0 {
        progress.say(&format!(
            "text: {}, {} bytes: {training} to train, {validation} to validate, {test} kept aside",
            text.name, text.bytes
        ));
    }
    let (model, sizes) = (&shot.config.model, shot.parameters);
    progress.say(&format!(
        "policy: {}; model: {} layers, {} experts, top-{}, {} parameters, {} of them active per token; seed {}",
        shot.knobs.policy_words(),
        model.layers,
        shot.experts(),
        shot.knobs.top_k,
        sizes.total,
        sizes.active,
        shot.config.seed
    ));
}

fn report(outcome: Outcome, folder: &Path) -> Result<(), Refusal> {
    let where_to = folder.display();
    match outcome {
        Outcome::Done(step) => super::progress::line(&format!("done: {step} steps, in {where_to}")),
        Outcome::Stopped(step) => super::progress::line(&format!(
            "stopped and saved at step {step}; go on with moe-arena train --resume {}",
            folder.join(place::CHECKPOINT).display()
        )),
        Outcome::NothingSaved => super::progress::line("stopped before the first step; nothing to save"),
        Outcome::AlreadyThere { step, end } => super::progress::line(&format!(
            "nothing to do: the run is at step {step} and was to end at {end}; go further with --steps n"
        )),
        Outcome::CouldNotBegin(why) => return Err(Refusal::usage(why)),
        Outcome::Failed(why) => return Err(Refusal::failure(why)),
    }
    Ok(())
}
