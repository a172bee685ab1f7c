//! Start of a run: its config or checkpoint, device, folder and autosaves.

use std::path::PathBuf;
use std::sync::Arc;

use super::{RunSetup, TextWish, WatchedFolder};
use crate::domain::config::Config;

/// How a run begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// A fresh run or a checkpoint.
    pub from: From,
    /// `auto`, `gpu`, `gpu:1`, `cpu`, a PCI address or part of an adapter's name.
    pub device: String,
    /// Folder for `config.toml`, `metrics.csv` and `events.jsonl`; `None` writes none of them.
    pub out: Option<PathBuf>,
    /// Whether the files of another run in `out` may be removed. Files that the program did not write never are.
    pub overwrite: bool,
    /// Where the run saves itself: by its cadence, before surgery, when it is left and at its end.
    pub autosave: Autosave,
}

/// What a run begins from.
#[derive(Clone, Debug, PartialEq)]
pub enum From {
    /// Step 0 of this config.
    Config(Box<Config>),
    /// Step 0 of a set-up, whose changes are made on the way.
    Setup(Box<RunSetup>),
    /// A checkpoint, with its own text or whatever is now in its place.
    File(PathBuf),
    /// None: the training of another process is watched, by what it leaves in a folder.
    Watched(WatchedFolder),
    /// A checkpoint, with the text that is wished for.
    FileOn {
        /// The checkpoint.
        file: PathBuf,
        /// Its text.
        text: TextWish,
    },
}

impl From {
    /// The config of the run, as long as it is not open: the default stands for that of a file.
    pub(super) fn config(&self) -> Arc<Config> {
        match self {
            Self::Config(config) => Arc::new(Config::clone(config)),
            Self::Setup(setup) => Arc::new(setup.config.clone()),
            Self::File(_) | Self::FileOn { .. } | Self::Watched(_) => Arc::new(Config::default()),
        }
    }
}

/// Where a run saves itself. Nothing is made there before the first autosave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Autosave {
    /// Nowhere: who starts such a run saves it by command, and a run that is left unsaved is gone.
    #[default]
    Never,
    /// This one file, as of a run that has a folder of its own. A run that is left is saved beside it.
    File(PathBuf),
    /// A file of its own for each run in this folder, named by date, time and seed. The newest stay; a file that is opened
    /// is never written.
    Folder(PathBuf),
}
