//! Diagnosis of a routing dump: a safetensors file of what a layer of experts saw and did, from any trainer.

use std::io;
use std::path::Path;

use serde_json::Value;

use super::tensors::{Floats, Tensor, TensorFile, below};
use crate::domain::measures::dump::{self, Dump, Input, NonFiniteInput, Picks};
use crate::domain::measures::rows::Rows;
use crate::domain::quote;
use crate::domain::readings::{Diagnosis, Matrices};

const LOGITS: &str = "router.logits";
const SCORES: &str = "affinity.scores";
const INDEX: &str = "topk.index";
const HIDDEN: &str = "hidden";
const OUTPUTS: &str = "expert_outputs";
const LABELS: &str = "labels";

/// The tensors of a dump, with their shapes: T tokens, N experts, k picks, D width.
pub(crate) const TENSORS: [(&str, &str); 6] = [
    (LOGITS, "[T, N]"),
    (SCORES, "[T, N]"),
    (INDEX, "[T, k]"),
    (HIDDEN, "[T, D]"),
    (OUTPUTS, "[T, N, D]"),
    (LABELS, "[T]"),
];

/// Most experts and most classes of labels: tables of them have to fit into memory.
const MOST_EXPERTS: usize = 1 << 12;
const MOST_CLASSES: usize = 1 << 18;

/// Why a dump has no diagnosis.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// There is nothing at the path.
    #[error("there is no such file; check the path")]
    Missing,
    /// A folder, a pipe, a device.
    #[error("it is {0}; expected a .safetensors file")]
    NotAFile(&'static str),
    /// The file system refuses.
    #[error("it cannot be read: {0}")]
    Unreadable(io::Error),
    /// The file was written to while it was read.
    #[error("it was changed while it was read; wait until whatever writes it is done, and ask again")]
    Changed,
    /// A checkpoint of this program.
    #[error(
        "it is the checkpoint of a run; expected a routing dump, with a tensor “{LOGITS}” [T, N]. A checkpoint opens with: \
         moe-arena FILE"
    )]
    Checkpoint,
    /// Another kind of file, or a damaged one.
    #[error("it is not a whole .safetensors file: {0}")]
    NotSafetensors(String),
    /// The one tensor that must be there is not.
    #[error("it has no tensor “{LOGITS}” [T, N]; it has {0}")]
    NoLogits(String),
    /// A tensor of a shape that does not fit.
    #[error("the tensor “{name}” has shape {found:?}; expected {expected}")]
    Shape {
        /// Its name.
        name: &'static str,
        /// The shape found.
        found: Vec<usize>,
        /// The shape expected, in words.
        expected: String,
    },
    /// A tensor of a number type that does not fit.
    #[error("the tensor “{name}” has type {found}; expected {expected}")]
    Type {
        /// Its name.
        name: &'static str,
        /// The type found.
        found: String,
        /// The types that are read.
        expected: &'static str,
    },
    /// A number that is none.
    #[error("the tensor “{name}” holds {value} at {place:?}; expected finite numbers")]
    NotFinite {
        /// Its name.
        name: &'static str,
        /// Where.
        place: Vec<usize>,
        /// What.
        value: f64,
    },
    /// A whole number out of range.
    #[error("the tensor “{name}” holds {value} at {place:?}; expected 0 to {largest}")]
    Range {
        /// Its name.
        name: &'static str,
        /// Where.
        place: Vec<usize>,
        /// What.
        value: i128,
        /// Largest that may stand there.
        largest: usize,
    },
    /// An expert picked twice for one token.
    #[error(
        "the tensor “{INDEX}” names expert {expert} twice in row {row}; expected {k} different experts for each token"
    )]
    Twice {
        /// Which expert.
        expert: u32,
        /// Which token.
        row: usize,
        /// Picks of a token.
        k: usize,
    },
    /// What was asked for does not fit the dump.
    #[error("--top-k is {asked}; expected {expected}")]
    TopK {
        /// What was asked for.
        asked: usize,
        /// What fits, in words.
        expected: String,
    },
}

/// Every measure of a dump.
#[derive(Clone, Debug, PartialEq)]
pub struct DumpReport {
    /// Numbers and lists.
    pub diagnosis: Diagnosis,
    /// Matrices.
    pub matrices: Matrices,
}

impl DumpReport {
    /// One JSON object, each matrix among the numbers of its family; its keys are `KEYS`.
    ///
    /// # Errors
    /// None that is known: every key is a text.
    pub fn json(&self) -> Result<Value, serde_json::Error> {
        let mut all = serde_json::to_value(&self.diagnosis)?;
        let matrices = &self.matrices;
        all["agreement"]["confusion"] = serde_json::to_value(&matrices.confusion)?;
        all["similarity"]["output_cosine"] = serde_json::to_value(&matrices.output_cosine)?;
        all["similarity"]["cka"] = serde_json::to_value(&matrices.cka)?;
        all["specialization"]["lift"] = serde_json::to_value(&matrices.lift)?;
        all["coactivation"] = serde_json::to_value(&matrices.coactivation)?;
        Ok(all)
    }
}

/// Takes every measure that a dump allows.
///
/// - `top_k`: picks of a token where the dump does not hold them; the largest logits then are the picks
///
/// Also gives the names of tensors that no measure reads.
///
/// # Errors
/// See [`DumpError`]; each fault of a dump has its own and names the tensor.
pub fn diagnose(path: &Path, top_k: Option<usize>) -> Result<(DumpReport, Vec<String>), DumpError> {
    let file = TensorFile::open(path)?;
    let mut names = file.names();
    let some = format!("[T, N] with at least one token and 1 to {MOST_EXPERTS} experts");
    let fits =
        |shape: &[usize]| matches!(*shape, [tokens, experts] if tokens > 0 && (1..=MOST_EXPERTS).contains(&experts));
    let Some(logits) = shaped(&file, LOGITS, &some, fits)? else { return Err(DumpError::NoLogits(list(&names))) };
    let (tokens, experts) = (logits.shape()[0], logits.shape()[1]);
    let logits = Floats::of(logits)?;

    let floats = |name, letters: &str, fits: &dyn Fn(&[usize]) -> bool| {
        let expected = format!("{letters}, {tokens} tokens and {experts} experts as in “{LOGITS}”");
        shaped(&file, name, &expected, fits)?.map(Floats::of).transpose()
    };
    let scores = floats(SCORES, "[T, N]", &|shape| *shape == [tokens, experts])?;
    let hidden = floats(HIDDEN, "[T, D] with D at least 1", &|shape| matches!(*shape, [t, d] if t == tokens && d > 0))?;
    let outputs = floats(
        OUTPUTS,
        "[T, N, D] with D at least 1",
        &|shape| matches!(*shape, [t, n, d] if t == tokens && n == experts && d > 0),
    )?;
    let index = index(&file, tokens, experts)?;
    let labels = labels(&file, tokens)?;
    let picks = match (&index, top_k) {
        (Some((_, k)), Some(asked)) if *k != asked => {
            return Err(DumpError::TopK { asked, expected: format!("{k}, as many as “{INDEX}” has in a row") });
        }
        (Some((index, k)), _) => Picks::Given { index, k: *k },
        (None, Some(asked)) if asked == 0 || asked > experts => {
            return Err(DumpError::TopK { asked, expected: format!("1 to {experts}, the number of experts") });
        }
        (None, Some(asked)) => Picks::Largest(asked),
        (None, None) => Picks::Unknown,
    };
    let diagnosis = dump::diagnose(&Dump {
        logits: &logits,
        scores: as_rows(&scores),
        picks,
        hidden: as_rows(&hidden),
        outputs: as_rows(&outputs),
        labels: labels.as_deref(),
    });
    file.check()?;
    let width = outputs.as_ref().map_or(1, |outputs| outputs.width() / experts);
    let (diagnosis, matrices) = diagnosis.map_err(|fault| not_finite(fault, width))?;
    names.retain(|name| TENSORS.iter().all(|(known, _)| known != name));
    Ok((DumpReport { diagnosis, matrices }, names))
}

fn as_rows<'a>(floats: &'a Option<Floats<'_>>) -> Option<&'a dyn Rows> {
    floats.as_ref().map(|floats| floats as &dyn Rows)
}

/// A tensor if it is there; its shape must fit.
fn shaped<'a>(
    file: &'a TensorFile,
    name: &'static str,
    expected: &str,
    fits: impl Fn(&[usize]) -> bool,
) -> Result<Option<Tensor<'a>>, DumpError> {
    let Some(tensor) = file.tensor(name) else { return Ok(None) };
    if !fits(tensor.shape()) {
        return Err(DumpError::Shape { name, found: tensor.shape().to_vec(), expected: expected.into() });
    }
    Ok(Some(tensor))
}

/// The router's picks as given, and how many a token has.
fn index(file: &TensorFile, tokens: usize, experts: usize) -> Result<Option<(Vec<u32>, usize)>, DumpError> {
    let expected = format!("[T, k], {tokens} tokens as in “{LOGITS}” and k from 1 to {experts}");
    let fits = |shape: &[usize]| matches!(*shape, [t, k] if t == tokens && (1..=experts).contains(&k));
    let Some(tensor) = shaped(file, INDEX, &expected, fits)? else { return Ok(None) };
    let k = tensor.shape()[1];
    let index = below(tensor, experts)?;
    for (row, picks) in index.chunks_exact(k).enumerate() {
        if let Some(at) = (1..k).find(|&at| picks[..at].contains(&picks[at])) {
            return Err(DumpError::Twice { expert: picks[at], row, k });
        }
    }
    Ok(Some((index, k)))
}

fn labels(file: &TensorFile, tokens: usize) -> Result<Option<Vec<u32>>, DumpError> {
    let expected = format!("[T], {tokens} tokens as in “{LOGITS}”");
    let tensor = shaped(file, LABELS, &expected, |shape| *shape == [tokens])?;
    tensor.map(|tensor| below(tensor, MOST_CLASSES)).transpose()
}

/// Names the tensor; `width` is that of one expert's answer.
fn not_finite(NonFiniteInput { input, at }: NonFiniteInput, width: usize) -> DumpError {
    let (name, place) = match input {
        Input::Logits => (LOGITS, vec![at.row, at.column]),
        Input::Scores => (SCORES, vec![at.row, at.column]),
        Input::Hidden => (HIDDEN, vec![at.row, at.column]),
        Input::Outputs => (OUTPUTS, vec![at.row, at.column / width, at.column % width]),
    };
    DumpError::NotFinite { name, place, value: at.value }
}

/// The first few of some names.
fn list(names: &[String]) -> String {
    const FEW: usize = 6;
    let names: Vec<String> = names.iter().map(|name| quote::name(name)).collect();
    match names.len() {
        0 => "none at all".into(),
        count if count <= FEW => names.join(", "),
        count => format!("{} and {} more", names[..FEW].join(", "), count - FEW),
    }
}
