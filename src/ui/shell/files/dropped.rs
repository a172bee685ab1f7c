//! What was dropped on the window: one file at a time, looked at by a thread before anything is done with it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::Poll;

use eframe::egui::Context;

use crate::domain::config::{Config, ConfigFileError};
use crate::domain::file_kind::FileKind;
use crate::domain::quote;
use crate::dumps::WatchedKind;
use crate::inspect::may_be_public;
use crate::lessons::{Lesson, Setup, is_lesson_path, is_setup_path};
use crate::ui::shell::background::BackgroundWork;
use crate::ui::words::{begin, notices, questions};

/// What a file is taken for, by its name; a config also by what it holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum DroppedKind {
    /// To be opened.
    Checkpoint,
    /// A folder that another process writes, to be watched.
    Watched,
    /// To be learned.
    Text,
    /// A lesson, to be begun.
    Lesson(Arc<Lesson>),
    /// A set-up, to be begun after a look at it.
    Setup(Box<Setup>),
    /// A checkpoint to be looked at beside the run.
    Inspected,
    /// The config of a run, to be begun after a look at it.
    Config(Box<Config>),
}

/// The ending of a config.
const CONFIG_ENDING: &str = "toml";

/// The file that was dropped and what it is taken for; or why it is not taken.
type Looked = Result<(PathBuf, DroppedKind), String>;

/// What was dropped and is being looked at.
#[derive(Debug, Default)]
pub(crate) struct Drops(Option<BackgroundWork<Looked>>);

impl Drops {
    /// Looks at what was dropped: at the one file, or at none. `inspects`: where checkpoints are looked at, one of ours is not opened.
    ///
    /// # Errors
    /// Why nothing is taken, and what to do.
    pub fn take(&mut self, paths: &[&Path], inspects: bool, ctx: &Context) -> Result<(), String> {
        let path = match paths {
            [] => return Ok(()),
            [path] if path.as_os_str().is_empty() => return Err(questions::DROP_WITHOUT_PATH.into()),
            [path] => (*path).to_owned(),
            several => return Err(questions::one_drop(several.len())),
        };
        let work = BackgroundWork::start("drop", ctx, move || look(path, inspects))
            .map_err(|error| notices::no_thread(&error))?;
        self.0 = Some(work);
        Ok(())
    }

    /// What was found, once it is.
    pub fn answer(&mut self) -> Option<Looked> {
        let Poll::Ready(found) = self.0.as_ref()?.answer() else { return None };
        self.0 = None;
        found
    }
}

fn look(path: PathBuf, inspects: bool) -> Looked {
    let about = fs::metadata(&path).map_err(|error| questions::drop_unreadable(&path, &error))?;
    let is_ours = || FileKind::of(&path).is_ok_and(|kind| kind == FileKind::Checkpoint);
    if may_be_public(&path) || inspects && is_ours() {
        return Ok((path, DroppedKind::Inspected));
    }
    if about.is_dir() {
        let kind = WatchedKind::of(&path).map_err(|error| questions::drop_unreadable(&path, &error))?;
        return kind.map(|_| (path.clone(), DroppedKind::Watched)).ok_or_else(|| questions::drop_folder(&path));
    }
    if !about.is_file() {
        return Err(questions::drop_no_file(&path));
    }
    File::open(&path).map_err(|error| questions::drop_unreadable(&path, &error))?;
    let ends = |ending: &str| path.extension().is_some_and(|end| end.eq_ignore_ascii_case(ending));
    let kind = if is_lesson_path(&path) {
        let lesson = Lesson::read(&path).map_err(|error| questions::drop_lesson(&path, &error))?;
        DroppedKind::Lesson(Arc::new(lesson))
    } else if is_setup_path(&path) {
        let why = |error| begin::drop_setup(quote::path(&path), crate::words::setup_file_error(&error));
        DroppedKind::Setup(Box::new(Setup::read(&path).map_err(why)?))
    } else if ends(questions::CHECKPOINT_ENDING.said()) {
        DroppedKind::Checkpoint
    } else {
        match ends(CONFIG_ENDING).then(|| Config::read(&path)) {
            Some(Ok(config)) => DroppedKind::Config(Box::new(config)),
            // What holds no line of a config is a text, whatever its name ends in.
            Some(Err(error @ ConfigFileError::Toml(_))) => return Err(questions::drop_config(&path, &error)),
            _ => DroppedKind::Text,
        }
    };
    Ok((path, kind))
}
