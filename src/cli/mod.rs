//! The program without a window: arguments, the headless run, the benchmark, the diagnosis of a dump, the watch over a folder of
//! them, the inspection of a checkpoint, the list of devices.
//!
//! Standard output carries what was asked for; complaints go to standard error. Exit codes: 0 done, 1 something
//! failed on the way, 2 it could not begin (a bad argument, a bad config, a file that does not open), 128 and the number of
//! a signal that has cut a run off: 129 for SIGHUP, 130 for SIGINT (Ctrl-C), 143 for SIGTERM, 152 for SIGXCPU.

pub mod allocator;
mod arguments;
mod bench;
mod config_file;
mod course;
mod devices;
mod diagnose;
mod display;
pub mod environment;
mod inspect;
mod lesson;
pub mod log;
mod output;
mod overrides;
mod place;
mod policy;
mod progress;
mod setup;
mod state_file;
mod task;
mod train;
mod watch;
mod window;

pub(crate) use arguments::{Arguments, TrainArguments};

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use crate::domain::language::Language;
use crate::domain::quote;
use crate::lessons::{ControlId, Lesson};
use crate::run::{self, Ending, Reader, Start, WindowLanguage, WindowMode, WindowSettings};
use arguments::ProgramCommand;
use output::{Output, complain};

/// Starts a run: the library's `run::spawn`.
pub(crate) type Spawn = fn(Start, Box<dyn Fn() + Send>) -> Reader;

/// What the command line cannot name itself, handed in by `main`.
#[derive(Clone, Copy, Debug)]
pub struct EntryPoints {
    /// Starts the worker of a run.
    pub spawn: Spawn,
    /// Opens the window on a run and returns when it is closed.
    pub window: fn(Window) -> Result<(), String>,
}

/// How to open the window.
pub struct Window {
    /// The run it opens on.
    pub start: Start,
    /// Whether X11 is to be taken where the environment names a Wayland compositor, which does not answer.
    pub x11: bool,
    /// The file in which all windows keep the recent files; `None` where there is no place for it.
    pub recent_files: Option<PathBuf>,
    /// What it shows of the run at first.
    pub mode: WindowMode,
    /// Controls that are not shown at first.
    pub hidden: Vec<ControlId>,
    /// The checkpoint that is looked at first.
    pub inspects: Option<PathBuf>,
    /// The lesson that was given.
    pub lesson: Option<Arc<Lesson>>,
    /// What was chosen in the window before.
    pub settings: WindowSettings,
    /// Whether nothing moves by itself in it where nobody has chosen.
    pub still: bool,
    /// The language that it speaks.
    pub language: WindowLanguage,
    /// The language of the system.
    pub system: Language,
    /// The file in which what is chosen is kept for the next window; `None` where there is no place for it.
    pub settings_file: Option<PathBuf>,
    /// To be called as soon as the run is started, with its end and with what closes the window from any thread.
    pub opened: Opened,
}

/// Takes the end of a run and what closes its window, once both stand.
pub(crate) type Opened = Box<dyn FnOnce(Ending, Close)>;

/// Closes the window; may be called from any thread.
pub(crate) type Close = Box<dyn Fn() + Send>;

/// A sentence for standard error and the exit code that goes with it.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// Exit code: 1 or 2.
    pub code: u8,
    /// What is wrong, what was expected, what to do.
    pub says: String,
}

impl Refusal {
    /// It could not begin.
    pub fn usage(says: impl Into<String>) -> Self {
        Self { code: 2, says: says.into() }
    }

    /// It failed on the way.
    pub fn failure(says: impl Into<String>) -> Self {
        Self { code: 1, says: says.into() }
    }
}

/// Reads the arguments and does what they say.
pub fn run(entry: EntryPoints) -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(said) => return told(&said),
    };
    if let Some(checks) = state_file::state_file("device-checks.toml") {
        run::keep_device_checks(checks);
    }
    let threads = match &arguments.command {
        Some(ProgramCommand::Train(train)) => train.threads,
        Some(ProgramCommand::Bench(bench)) => bench.threads,
        _ => None,
    };
    let done = environment::use_threads(threads).and_then(|()| match arguments.command {
        Some(ProgramCommand::Train(train)) => train::train(&train, entry.spawn),
        Some(ProgramCommand::Bench(arguments)) => bench::bench(&arguments).map(|()| 0),
        Some(ProgramCommand::Diagnose(arguments)) => diagnose::diagnose(&arguments).map(|()| 0),
        Some(ProgramCommand::Watch(arguments)) if arguments.window => window::watch(&arguments, entry.window),
        Some(ProgramCommand::Watch(arguments)) => watch::watch(&arguments),
        Some(ProgramCommand::Inspect(arguments)) => inspect::inspect(&arguments).map(|()| 0),
        Some(ProgramCommand::Lesson(command)) => lesson::lesson(&command, entry.spawn).map(|()| 0),
        Some(ProgramCommand::Devices { json }) => devices::list(json).map(|()| 0),
        None => window::open(&arguments.window, entry.window),
    });
    match done {
        Ok(code) => ExitCode::from(code),
        Err(refusal) => {
            complain(&refusal.says);
            ExitCode::from(refusal.code)
        }
    }
}

/// Help, the version, or what is wrong with the arguments; the exit code.
fn told(said: &clap::Error) -> ExitCode {
    let text = said.render();
    if said.use_stderr() {
        // What was typed stands in it. Where that is not plain, it is read again as it may be shown.
        let typed: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
        let shown: Vec<String> = typed.iter().map(|word| quote::escaped(word).into_owned()).collect();
        if shown == typed {
            said.exit()
        }
        let again = Arguments::try_parse_from(shown).map_or_else(|again| again.render(), |_| text);
        output::aside(again.to_string().trim_end());
        return ExitCode::from(2);
    }
    let mut output = Output::standard();
    output.line(text.to_string().trim_end());
    match output.finish() {
        Ok(()) => ExitCode::SUCCESS,
        Err(refusal) => {
            complain(&refusal.says);
            ExitCode::from(refusal.code)
        }
    }
}
