//! A checkpoint of this program, as it is inspected: what its manifest says, and the curves it holds.

use std::sync::Arc;

use crate::store::checkpoint::Manifest;
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
