//! Diagnosis of a routing dump: a safetensors file of what one or several layers of experts saw and did, from any trainer.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::error::DumpError;
use super::names::{self, DumpPart, LayerNames, TENSORS};
use super::tensors::{Floats, Tensor, TensorFile, below};
use crate::domain::measures::dump::{self, Dump, Input, NO_LABEL, NO_PICK, NonFiniteInput, Picks};
use crate::domain::measures::rows::Rows;
use crate::domain::quote;
use crate::domain::readings::{Diagnosis, Matrices};

/// Most experts and most classes of labels: tables of them have to fit into memory.
const MOST_EXPERTS: usize = 1 << 12;
const MOST_CLASSES: usize = 1 << 18;
/// What trainers write in the place of a pick that was dropped, and of a label that is ignored.
const DROPPED: i128 = -1;
const IGNORED: i128 = -100;

/// Every measure of one layer of a dump.
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

/// An open routing dump: its header is read, its layers are measured when they are asked for.
pub struct DumpFile {
    file: TensorFile,
    names: Vec<String>,
    layers: Vec<String>,
}

/// A tensor that holds a number that is not finite where finite ones are expected.
#[derive(Clone, Debug, PartialEq)]
pub struct SpoiledTensor {
    /// What it holds.
    pub(crate) part: DumpPart,
    /// Its name as it is shown.
    pub name: String,
    /// Where the first of them stands.
    pub place: Vec<usize>,
    /// That number.
    pub value: f64,
}

impl DumpFile {
    /// Opens a dump and reads its header.
    ///
    /// # Errors
    /// See [`DumpError`].
    pub fn open(path: &Path) -> Result<Self, DumpError> {
        let file = TensorFile::open(path)?;
        let names = file.names();
        let one = names.iter().any(|name| name == names::LOGITS);
        let layers = if one { Vec::new() } else { names::layer_keys(&names) };
        Ok(Self { file, names, layers })
    }

    /// The keys of its layers in order; empty for a dump of one layer, whose tensors have no key.
    pub fn layers(&self) -> &[String] {
        &self.layers
    }

    /// Whether it has a router's logits, without which it is no dump.
    pub(super) fn has_logits(&self) -> bool {
        !self.layers.is_empty() || self.names.iter().any(|name| name == names::LOGITS)
    }

    /// The step that its metadata names, in an entry `step`.
    pub(crate) fn step(&self) -> Option<u64> {
        self.file.note("step")?.trim().parse().ok()
    }

    /// The trainer's loss at its step, in an entry `loss` of its metadata; whether it is finite or not.
    pub(crate) fn loss(&self) -> Option<f64> {
        self.file.note("loss")?.trim().parse().ok()
    }

    /// The names of tensors that no measure of any layer reads.
    pub(crate) fn unread(&self) -> Vec<String> {
        let of_layer = |key: Option<&str>| TENSORS.map(|tensor| LayerNames { key }.of(tensor.part));
        let keys: Vec<Option<&str>> = match self.layers.is_empty() {
            true => vec![None],
            false => self.layers.iter().map(|key| Some(key.as_str())).collect(),
        };
        let read: BTreeSet<String> = keys.into_iter().flat_map(of_layer).collect();
        self.names.iter().filter(|name| !read.contains(*name)).cloned().collect()
    }

    /// Takes every measure that a layer allows.
    ///
    /// - `layer`: its key, one of [`DumpFile::layers`]; `None` for the layer of a dump of one
    /// - `top_k`: picks of a token where the dump does not hold them; the largest logits then are the picks
    ///
    /// # Errors
    /// See [`DumpError`]; each fault of a dump has its own and names the tensor.
    pub fn diagnose(&self, layer: Option<&str>, top_k: Option<usize>) -> Result<DumpReport, DumpError> {
        if let Some(asked) = layer.filter(|asked| !self.layers.iter().any(|key| key == asked)) {
            let expected = match self.layers.is_empty() {
                true => "none: the dump is of one layer".into(),
                false => list(&self.layers),
            };
            return Err(DumpError::NoLayer { asked: quote::name(asked), expected });
        }
        let layer = Layer { file: &self.file, names: LayerNames { key: layer }, without: Vec::new() };
        layer.diagnose(&self.names, top_k)?.map_err(|SpoiledTensor { name, place, value, .. }| DumpError::NotFinite {
            name,
            place,
            value,
        })
    }

    /// The same without the tensors that hold a number that is not finite, and those: a training that breaks down is to be seen doing so.
    /// Without logits a layer has sizes only.
    ///
    /// # Errors
    /// As [`DumpFile::diagnose`], but for [`DumpError::NotFinite`].
    pub(super) fn diagnose_finite(
        &self,
        layer: Option<&str>,
        top_k: Option<usize>,
    ) -> Result<(DumpReport, Vec<SpoiledTensor>), DumpError> {
        let mut layer = Layer { file: &self.file, names: LayerNames { key: layer }, without: Vec::new() };
        let mut spoiled = Vec::new();
        loop {
            let tensor = match layer.diagnose(&self.names, top_k)? {
                Ok(report) => return Ok((report, spoiled)),
                Err(found) => found,
            };
            layer.without.push(tensor.part);
            spoiled.push(tensor);
            if layer.without.last() == Some(&DumpPart::Logits) {
                layer.without.clear();
                return Ok((layer.sizes(&self.names)?, spoiled));
            }
        }
    }
}

/// One layer of a dump.
struct Layer<'a> {
    file: &'a TensorFile,
    names: LayerNames<'a>,
    /// What is left out of it.
    without: Vec<DumpPart>,
}

impl Layer<'_> {
    /// Sizes alone.
    fn sizes(&self, names: &[String]) -> Result<DumpReport, DumpError> {
        let logits = self.logits(names)?;
        let mut diagnosis = Diagnosis::default();
        let index = self.file.tensor(&self.names.of(DumpPart::Index));
        diagnosis.beside.top_k = index.and_then(|index| index.shape().get(1).copied());
        (diagnosis.beside.tokens, diagnosis.beside.experts) = (logits.shape()[0], logits.shape()[1]);
        Ok(DumpReport { diagnosis, matrices: Matrices::default() })
    }

    fn logits(&self, names: &[String]) -> Result<Tensor<'_>, DumpError> {
        let some = format!("[T, N] with at least one token and 1 to {MOST_EXPERTS} experts");
        let fits = |shape: &[usize]| matches!(*shape, [tokens, experts] if tokens > 0 && (1..=MOST_EXPERTS).contains(&experts));
        self.shaped(DumpPart::Logits, &some, fits)?.ok_or_else(|| DumpError::NoLogits(list(names)))
    }

    /// Its measures, or the first tensor that is not finite.
    fn diagnose(&self, names: &[String], top_k: Option<usize>) -> Result<Result<DumpReport, SpoiledTensor>, DumpError> {
        let logits = self.logits(names)?;
        let (tokens, experts) = (logits.shape()[0], logits.shape()[1]);
        let logits = Floats::of(logits)?.with_masks();

        let index = self.index(tokens, experts)?;
        let scores = self.floats(DumpPart::Scores, (tokens, experts), "[T, N]", &|rest| *rest == [experts])?;
        let width = "[T, D] with D at least 1";
        let hidden = self.floats(DumpPart::Hidden, (tokens, experts), width, &|rest| matches!(*rest, [d] if d > 0))?;
        let outputs = self.floats(
            DumpPart::Outputs,
            (tokens, experts),
            "[T, N, D] with D at least 1",
            &|rest| matches!(*rest, [n, d] if n == experts && d > 0),
        )?;
        let labels = self.labels(tokens)?;
        let k = index.as_ref().map(|(_, k)| *k);
        let expected = format!("[T, k] as “{}”", self.shown(DumpPart::Index));
        let weights =
            self.floats(DumpPart::Weights, (tokens, experts), &expected, &|rest| k.is_none_or(|k| *rest == [k]))?;
        if weights.is_some() && k.is_none() {
            return Err(DumpError::WeightsAlone {
                weights: self.shown(DumpPart::Weights),
                index: self.shown(DumpPart::Index),
            });
        }
        let dump = Dump {
            logits: &logits,
            scores: as_rows(&scores),
            picks: self.picks(&index, experts, top_k)?,
            weights: as_rows(&weights),
            hidden: as_rows(&hidden),
            outputs: as_rows(&outputs),
            labels: labels.as_deref(),
        };
        let diagnosis = dump::diagnose(&dump);
        self.file.check()?;
        let width = outputs.as_ref().map_or(1, |outputs| outputs.width() / experts);
        Ok(match diagnosis {
            Ok((diagnosis, matrices)) => Ok(DumpReport { diagnosis, matrices }),
            Err(NonFiniteInput { input: Input::Logits, at }) if at.value == f64::NEG_INFINITY => {
                return Err(DumpError::AllMasked { name: self.shown(DumpPart::Logits) });
            }
            Err(fault) => Err(self.spoiled(fault, width)),
        })
    }

    /// The name of a tensor as it is shown.
    fn shown(&self, part: DumpPart) -> String {
        quote::name(&self.names.of(part))
    }

    /// A tensor if it is there; its shape must fit.
    fn shaped(
        &self,
        part: DumpPart,
        expected: &str,
        fits: impl Fn(&[usize]) -> bool,
    ) -> Result<Option<Tensor<'_>>, DumpError> {
        let named = self.file.tensor(&self.names.of(part));
        let Some(tensor) = named.filter(|_| !self.without.contains(&part)) else { return Ok(None) };
        if !fits(tensor.shape()) {
            let found = tensor.shape().to_vec();
            return Err(DumpError::Shape { name: self.shown(part), found, expected: expected.into() });
        }
        Ok(Some(tensor))
    }

    /// Measured numbers for each token; `fits` sees the shape without its first axis.
    fn floats(
        &self,
        part: DumpPart,
        (tokens, experts): (usize, usize),
        letters: &str,
        fits: &dyn Fn(&[usize]) -> bool,
    ) -> Result<Option<Floats<'_>>, DumpError> {
        let logits = self.shown(DumpPart::Logits);
        let expected = format!("{letters}, {tokens} tokens and {experts} experts as in “{logits}”");
        let fits = |shape: &[usize]| shape.split_first().is_some_and(|(&count, rest)| count == tokens && fits(rest));
        self.shaped(part, &expected, fits)?.map(Floats::of).transpose()
    }

    /// The router's picks as given, and how many a token has.
    fn index(&self, tokens: usize, experts: usize) -> Result<Option<(Vec<u32>, usize)>, DumpError> {
        let logits = self.shown(DumpPart::Logits);
        let expected = format!("[T, k], {tokens} tokens as in “{logits}” and k from 1 to {experts}");
        let fits = |shape: &[usize]| matches!(*shape, [t, k] if t == tokens && (1..=experts).contains(&k));
        let Some(tensor) = self.shaped(DumpPart::Index, &expected, fits)? else { return Ok(None) };
        let k = tensor.shape()[1];
        let index = below(tensor, experts, (DROPPED, NO_PICK))?;
        for (row, picks) in index.chunks_exact(k).enumerate() {
            let twice = |&at: &usize| picks[at] != NO_PICK && picks[..at].contains(&picks[at]);
            if let Some(at) = (1..k).find(twice) {
                return Err(DumpError::Twice { name: self.shown(DumpPart::Index), expert: picks[at], row, k });
            }
        }
        Ok(Some((index, k)))
    }

    fn labels(&self, tokens: usize) -> Result<Option<Vec<u32>>, DumpError> {
        let expected = format!("[T], {tokens} tokens as in “{}”", self.shown(DumpPart::Logits));
        let tensor = self.shaped(DumpPart::Labels, &expected, |shape| *shape == [tokens])?;
        tensor.map(|tensor| below(tensor, MOST_CLASSES, (IGNORED, NO_LABEL))).transpose()
    }

    fn picks<'a>(
        &self,
        index: &'a Option<(Vec<u32>, usize)>,
        experts: usize,
        top_k: Option<usize>,
    ) -> Result<Picks<'a>, DumpError> {
        Ok(match (index, top_k) {
            (Some((_, k)), Some(asked)) if *k != asked => {
                let expected = format!("{k}, as many as “{}” has in a row", self.shown(DumpPart::Index));
                return Err(DumpError::TopK { asked, expected });
            }
            (Some((index, k)), _) => Picks::Given { index, k: *k },
            (None, Some(asked)) if asked == 0 || asked > experts => {
                return Err(DumpError::TopK { asked, expected: format!("1 to {experts}, the number of experts") });
            }
            (None, Some(asked)) => Picks::Largest(asked),
            (None, None) => Picks::Unknown,
        })
    }

    /// Names the tensor; `width` is that of one expert's answer.
    fn spoiled(&self, NonFiniteInput { input, at }: NonFiniteInput, width: usize) -> SpoiledTensor {
        let (part, place) = match input {
            Input::Logits => (DumpPart::Logits, vec![at.row, at.column]),
            Input::Scores => (DumpPart::Scores, vec![at.row, at.column]),
            Input::Weights => (DumpPart::Weights, vec![at.row, at.column]),
            Input::Hidden => (DumpPart::Hidden, vec![at.row, at.column]),
            Input::Outputs => (DumpPart::Outputs, vec![at.row, at.column / width, at.column % width]),
        };
        SpoiledTensor { part, name: self.shown(part), place, value: at.value }
    }
}

fn as_rows<'a>(floats: &'a Option<Floats<'_>>) -> Option<&'a dyn Rows> {
    floats.as_ref().map(|floats| floats as &dyn Rows)
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
