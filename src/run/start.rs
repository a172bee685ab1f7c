//! How a run begins.

use std::path::PathBuf;

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
    /// A checkpoint.
    File(PathBuf),
}
