//! A run in time: one worker thread that owns model, optimizer and history.
//!
//! Commands go in (bounded, few), snapshots come out (the newest wins) and notices (bounded, counted
//! if they overflow). Window and command line are two readers of this one producer.

mod command;
mod notice;
mod snapshot;

pub use command::{Command, Fault};
pub use notice::Notice;
pub use snapshot::{
    DeviceBadge, Failure, Parameters, PausedBy, Saved, Snapshot, Status, TextBadge, Timing, Way,
};

mod lanes;

pub use lanes::{Reader, Writer, lanes};

use std::path::PathBuf;

use crate::config::Config;

/// How a run begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// A fresh run or a checkpoint.
    pub from: From,
    /// `auto`, `gpu`, `cpu` or part of an adapter's name.
    pub device: String,
    /// Folder for `config.toml`, `metrics.csv`, `events.jsonl` and `checkpoint.safetensors`; `None` writes none of them.
    pub out: Option<PathBuf>,
    /// File the run saves itself to every `cadence.autosave_every` steps and before surgery; `None` never.
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
