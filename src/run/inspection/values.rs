//! Values of an inspection, as its thread publishes them: plain, and cheap to clone.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::own::OwnCheckpoint;
use crate::inspect::{CheckpointDifference, InspectReport, LayerReport, RoutedText};
use crate::run::Reason;

/// Everything that is known of the checkpoint that is looked at.
#[derive(Clone, Debug, Default)]
pub struct Inspection {
    /// The checkpoint.
    pub now: InspectedFile,
    /// The one it is compared with.
    pub then: Option<InspectedFile>,
    /// What is under way; `None` once everything is done, or was given up.
    pub work: Option<InspectionWork>,
    /// The text that is routed.
    pub text: InspectedText,
    /// What changed since `then`, once both are read.
    pub difference: Option<Arc<CheckpointDifference>>,
}

/// A checkpoint, as far as it has been read.
#[derive(Clone, Debug, Default)]
pub struct InspectedFile {
    /// The file or folder.
    pub path: PathBuf,
    /// What headers and config say: format, family, types, parameters, disagreements. There are no layers in it.
    pub report: Option<Arc<InspectReport>>,
    /// Mixtures as far as they are measured, in the order of `planned`: the routers of all come first, then the experts of one layer
    /// after the other.
    pub layers: Arc<Vec<Arc<LayerReport>>>,
    /// How many of `layers`, from the first, have their experts measured as well.
    pub measured: usize,
    /// Keys of all mixtures.
    pub planned: Arc<Vec<String>>,
    /// What only a checkpoint of this program says.
    pub own: Option<Arc<OwnCheckpoint>>,
    /// Why it cannot be read, or not on from here.
    pub fault: Option<Reason>,
}

/// Work that is under way.
#[derive(Clone, Debug, PartialEq)]
pub struct InspectionWork {
    /// Which.
    pub kind: InspectionWorkKind,
    /// Units that are done.
    pub done: u64,
    /// Units in all; 0 where that is not known.
    pub total: u64,
    /// Seconds that the rest may take; `None` where nothing can be said yet.
    pub seconds_left: Option<f64>,
}

/// A kind of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InspectionWorkKind {
    /// Headers and config are read.
    Header,
    /// The routers are read.
    Routers,
    /// The experts of a mixture are measured.
    Health {
        /// Its key.
        layer: String,
    },
    /// A text is routed, and is in a layer.
    Text {
        /// The layer, from 0.
        layer: usize,
        /// Layers in all.
        layers: usize,
        /// Whether all experts answer.
        competes: bool,
    },
    /// Two checkpoints are compared.
    Against,
}

/// A text, and how it was routed.
#[derive(Clone, Debug, Default)]
pub struct InspectedText {
    /// The text that is wanted.
    pub typed: Arc<str>,
    /// Whether all experts are to answer.
    pub competes: bool,
    /// Whether `typed` was chosen by the inspection itself, as nobody has typed anything: the probe's bytes, or a passage.
    pub is_default: bool,
    /// How the checkpoint routes it; of the text before, as long as the new one is under way.
    pub routed: Option<Arc<RoutedText>>,
    /// The text that `routed` is of; `typed` may be newer.
    pub routed_of: Arc<str>,
    /// `[T]` the bytes of `routed_of` that each token of `routed` stands for; `None` for one that the model adds.
    pub spans: Arc<Vec<Option<Range<usize>>>>,
    /// `[T]` what each token of `routed` shows: a byte, or the text of a token; escaped.
    pub pieces: Arc<Vec<String>>,
    /// How the other checkpoint routes it; nothing where its tokens are others.
    pub then: Option<Arc<RoutedText>>,
    /// What the checkpoint takes for a text.
    pub takes: TextTaken,
    /// Why the text that is wanted is not routed.
    pub fault: Option<Reason>,
    /// E ÷ k: how much more arithmetic of experts a competition costs; the largest of all layers.
    pub cost: Option<f64>,
}

/// What a checkpoint takes for a text.
#[derive(Clone, Debug, Default)]
pub enum TextTaken {
    /// Words, or bytes.
    #[default]
    Words,
    /// Ids of tokens, as nothing says how it cuts a text.
    Ids {
        /// Why not.
        why: Reason,
    },
    /// Nothing, whatever is typed.
    Nothing {
        /// Why not.
        why: Reason,
    },
}

impl Inspection {
    /// A checkpoint of which nothing is known but where it is.
    pub(super) fn of(path: PathBuf) -> Self {
        Self { now: InspectedFile::at(path), ..Self::default() }
    }
}

impl InspectedFile {
    /// A file of which nothing is known but where it is.
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path, ..Self::default() }
    }
}
