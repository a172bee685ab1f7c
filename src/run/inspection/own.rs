//! A checkpoint of this program, as it is inspected: what its manifest says, and the curves it holds.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use crate::engine::device::{self, DeviceWhy};
use crate::run::Reason;
use crate::run::build::{shapes, sound};
use crate::run::memory::fits_into_memory;
use crate::store::checkpoint::{self, Checkpoint, Manifest};
use crate::store::history::History;

/// What a checkpoint of a run of ours says beside its weights.
#[derive(Clone, Debug)]
pub struct OwnCheckpoint {
    /// Config, progress, knobs, text, journal and alerts of the run.
    pub manifest: Arc<Manifest>,
    /// When the file was written, seconds since 1970; `None` where the file system does not say.
    pub saved: Option<u64>,
    /// Its length, bytes.
    pub bytes: u64,
    /// Tensors in it: weights, moments and curves.
    pub tensors: usize,
    /// Its curves, once the whole file is read and its checksum is right.
    pub history: Option<Arc<History>>,
}

impl OwnCheckpoint {
    /// What the header of a file says.
    ///
    /// - `tensors`: how many the file has
    ///
    /// # Errors
    /// That it is no checkpoint of this program, or why it cannot be read.
    pub(super) fn of(path: &Path, tensors: usize) -> Result<Self, Reason> {
        let manifest = Arc::new(checkpoint::peek(path)?);
        let about = fs::metadata(path)?;
        let since = about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let saved = since.map(|since| since.as_secs());
        Ok(Self { manifest, saved, bytes: about.len(), tensors, history: None })
    }
}

/// Reads a checkpoint of this program whole, if this machine can hold its run.
///
/// # Errors
/// What is wrong with the file or its config, or that memory does not suffice.
pub(super) fn whole(path: &Path) -> Result<Checkpoint, Reason> {
    let manifest = checkpoint::peek(path)?;
    let experts = manifest.progress.rosters.first().map_or(manifest.config.model.experts, |roster| roster.len());
    fits_into_memory(&manifest.config, experts, &device::cpu(DeviceWhy::ByName))?;
    let opened = checkpoint::open_expecting(path, shapes)?;
    sound(&opened.config)?;
    Ok(opened)
}
