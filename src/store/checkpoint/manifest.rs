//! What a checkpoint says about itself: the JSON in its header.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{OpenError, RunId};
use crate::domain::config::Config;
use crate::domain::config::path::WrittenPath;
use crate::domain::roster::{ExpertId, Roster};
use crate::domain::state::Progress;
use crate::store::alerts::Alerts;
use crate::store::history::{Journal, Keyframes, LastTokens};
use crate::tasks::TaskFingerprint;
use crate::tasks::text::TextIdentity;

/// The name of the format, in every manifest.
pub(crate) const FORMAT: &str = "moe-arena checkpoint";

/// The version of the format this program writes, and the newest it reads.
///
/// 1: before there was a policy to choose. 2: policy and form among the knobs, selection biases, faults, expert biases.
/// 3: the run's id; a text is known by its hash, where 1 and 2 have its length alone, and has a path relative to the
/// file beside the absolute one, where theirs may be relative to any folder. 4: the fingerprint of the task's data; alerts by
/// kind and numbers, where the older have sentences. 5: arithmetic spent.
pub const VERSION: u64 = 5;

/// Everything of a run that is not an array.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// SHA-256 over the file with these 64 digits as zeros; first, so that it has one place in every file.
    pub sha256: String,
    /// Always `FORMAT`.
    pub format: String,
    /// Version of the format.
    pub version: u64,
    /// Version of the program that wrote it.
    pub program: String,
    /// What the run is, seed included.
    pub config: Config,
    /// Where it stands.
    pub progress: Progress,
    /// `[layers with experts][experts]` biases of the bias-balanced policy; empty in files from before there was one.
    #[serde(default)]
    pub selection_bias: Vec<Vec<f32>>,
    /// Seconds spent training.
    pub seconds: f64,
    /// Floating-point operations of all its training steps; `None` in files from before they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flop: Option<u64>,
    /// Which run this is; in files from before there were ids, made from the file's own hash.
    #[serde(default)]
    pub run: RunId,
    /// The text it was trained on.
    #[serde(default)]
    pub text: TextIdentity,
    /// Fingerprint of the task's data; `None` in files from before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<TaskFingerprint>,
    /// Validation loss when it was saved, nats per byte; nothing where it was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
    /// Paths of the text relative to the folder of this file, as it was saved; the absolute one is in the config.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub text_beside: Vec<WrittenPath>,
    /// Length of the text in files of version 1 and 2, bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_bytes: Option<u64>,
    /// What was done to the run.
    pub journal: Journal,
    /// Alerts, and what is under suspicion; nothing in files from before there were any.
    #[serde(default)]
    pub alerts: Alerts,
    /// The last step with a token of each expert; in older files only as far as the series tell.
    #[serde(default)]
    pub last_tokens: LastTokens,
    /// Steps per bucket of each series, by its name: the list of all series in the file.
    pub strides: BTreeMap<String, u64>,
    /// Per layer, the keyframes of its output cosines in the file.
    pub cosines: Vec<CosineIndex>,
}

/// The keyframes of one layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CosineIndex {
    /// How many pushes make one frame that stays.
    pub every: u64,
    /// Pushes so far.
    pub pushes: u64,
    /// One entry per frame, in the order of its tensors.
    pub frames: Vec<FrameIndex>,
}

/// One keyframe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameIndex {
    /// Steps done when it was taken.
    pub step: u64,
    /// Who row and column i are.
    pub experts: Vec<ExpertId>,
}

/// The little that is read first, whatever the version.
#[derive(Deserialize)]
struct Kind {
    format: Option<String>,
    version: Option<u64>,
    program: Option<String>,
}

impl Manifest {
    /// Reads a manifest and sees that it can be one.
    pub(super) fn read(json: &str) -> Result<Self, OpenError> {
        let bad = |error: serde_json::Error| OpenError::BadManifest(error.to_string());
        let kind: Kind = serde_json::from_str(json).map_err(bad)?;
        if kind.format.as_deref() != Some(FORMAT) {
            let found = kind.format.map_or("no name".into(), |name| format!("{name:?}"));
            return Err(OpenError::BadManifest(format!("the format is {found}; expected {FORMAT:?}")));
        }
        match kind.version {
            Some(found) if found > VERSION => {
                let program = kind.program.unwrap_or_else(|| "of unknown version".into());
                return Err(OpenError::Newer { found, known: VERSION, program });
            }
            Some(1..=VERSION) => {}
            other => return Err(OpenError::BadManifest(format!("format version {other:?}; expected 1 to {VERSION}"))),
        }
        let mut manifest: Self = serde_json::from_str(json).map_err(bad)?;
        if kind.version < Some(3) {
            // The same file is the same run whenever it is opened.
            let digits = manifest.sha256.get(..16).unwrap_or_default().to_owned();
            manifest.run = RunId::try_from(digits).unwrap_or_default();
        }
        if let Some(bytes) = manifest.text_bytes.take() {
            manifest.text = TextIdentity { bytes, sha256: None };
        }
        manifest.check()?;
        Ok(manifest)
    }

    /// Whether a run could be as it says; everything later code relies on.
    fn check(&self) -> Result<(), OpenError> {
        let complaints = self.config.validate();
        if !complaints.is_empty() {
            return Err(OpenError::BadConfig(complaints));
        }
        let bad = |reason: String| Err(OpenError::BadManifest(reason));
        let (rosters, layers) = (&self.progress.rosters, self.config.model.moe_count());
        if rosters.len() != layers {
            return bad(format!("{} rosters; expected one per layer with experts, {layers}", rosters.len()));
        }
        if !self.progress.lab.is_empty() && self.progress.lab.len() != layers {
            return bad(format!("a fault lab of {} layers; expected {layers}", self.progress.lab.len()));
        }
        if let Some(fault) = self.progress.painted.fault(layers) {
            return bad(fault);
        }
        for (layer, roster) in rosters.iter().enumerate() {
            let ids: BTreeSet<_> = roster.slots.iter().collect();
            let known = ids.last().is_none_or(|id| id.0 < roster.next);
            if !(1..=256).contains(&roster.len()) || ids.len() != roster.len() || !known {
                return bad(format!("the roster of layer {layer} has {} slots, {} experts", roster.len(), ids.len()));
            }
            let complaints = self.progress.knobs.validate(roster.len());
            if !complaints.is_empty() {
                return Err(OpenError::BadConfig(complaints));
            }
        }
        if let Some(lacking) = self.config.lacks(&self.progress.knobs) {
            return bad(format!("the knobs in force read tensors that the network lacks: {}", lacking.listed()));
        }
        let fits = |(row, roster): (&Vec<f32>, &Roster)| row.len() == roster.len() && row.iter().all(|b| b.is_finite());
        let biases = &self.selection_bias;
        let sound = biases.is_empty() || (biases.len() == layers && biases.iter().zip(rosters).all(fits));
        if !sound {
            return bad("the selection biases are not one finite number for each expert of each layer".into());
        }
        if let Some(fault) = self.alerts.fault(layers) {
            return bad(fault);
        }
        if let Some(fault) = self.last_tokens.fault(rosters) {
            return bad(fault);
        }
        if self.cosines.len() > layers {
            return bad(format!("output cosines of {} layers; expected at most {layers}", self.cosines.len()));
        }
        let crowded =
            |c: &CosineIndex| c.frames.len() > Keyframes::FRAMES || c.frames.iter().any(|f| f.experts.len() > 256);
        if let Some(layer) = self.cosines.iter().position(crowded) {
            return bad(format!("too many output cosines of layer {layer}"));
        }
        if let Some(fault) = self.journal.fault() {
            return bad(fault);
        }
        if !(self.seconds >= 0.0 && self.seconds.is_finite()) {
            return bad(format!("{} seconds of training", self.seconds));
        }
        Ok(())
    }
}
