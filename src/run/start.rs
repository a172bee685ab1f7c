//! How a run begins.

use std::path::PathBuf;

use super::TextWish;
use crate::config::Config;

/// How a run begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// A fresh run or a checkpoint.
    pub from: From,
    /// `auto`, `gpu`, `cpu` or part of an adapter's name.
    pub device: String,
    /// Folder for `config.toml`, `metrics.csv` and `events.jsonl`; `None` writes none of them.
    pub out: Option<PathBuf>,
    /// File the run saves itself to every `cadence.autosave_every` steps, before surgery and at its end; `None` never.
    pub autosave: Option<PathBuf>,
}

/// What a run begins from.
#[derive(Clone, Debug, PartialEq)]
pub enum From {
    /// Step 0 of this config.
    Config(Box<Config>),
    /// A checkpoint, with its own text or whatever is now in its place.
    File(PathBuf),
    /// A checkpoint, with the text that is wished for.
    FileOn {
        /// The checkpoint.
        file: PathBuf,
        /// Its text.
        text: TextWish,
    },
}
