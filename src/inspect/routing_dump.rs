//! Routing dump of a text: what entered every router, what it chose and how strongly all experts answered, as one safetensors file.
//!
//! Sizes are known before the first number is, so the file is written while the model runs and never held.

use std::collections::HashMap;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::forward::{Decoder, ForwardError, MixtureAnswer};
use super::layout::MixturePlan;
use crate::store::atomic_file::AtomicFile;

/// In the place of a pick that a token does not have.
const NO_PICK: i64 = -1;
/// Numbers that are turned into bytes at once.
const AT_ONCE: usize = 1 << 14;

/// A dump that is being written; dropped without [`RoutingDump::finish`] it leaves nothing.
pub(super) struct RoutingDump {
    file: AtomicFile,
    path: PathBuf,
    /// First byte and length of every tensor.
    places: HashMap<String, (u64, u64)>,
    vocabulary: usize,
}

impl RoutingDump {
    /// Begins the dump of a text at `path`.
    ///
    /// # Errors
    /// A decoder whose tensors do not fit, or what the file system says.
    pub fn create(path: &Path, decoder: &Decoder<'_>, ids: &[u32]) -> Result<Self, ForwardError> {
        let (tokens, hidden, vocabulary) = (ids.len(), decoder.hidden(), decoder.logit_count()?);
        let mut tensors = vec![("input_ids".to_owned(), "I64", vec![tokens])];
        for plan in decoder.mixtures() {
            let mut add = |name: &str, kind, shape| tensors.push((format!("{}.{name}", plan.key()), kind, shape));
            add("input", "F32", vec![tokens, plan.hidden()]);
            add("router_logits", "F32", vec![tokens, plan.experts()]);
            add("topk_index", "I64", vec![tokens, picks(plan)]);
            add("topk_weight", "F32", vec![tokens, picks(plan)]);
            add("affinity", "F32", vec![tokens, plan.experts()]);
        }
        tensors.push(("hidden_states".into(), "F32", vec![decoder.layers() + 1, tokens, hidden]));
        tensors.push(("logits".into(), "F32", vec![tokens, vocabulary]));

        let (mut header, mut relative, mut end) = (Map::new(), Vec::new(), 0u64);
        for (name, kind, shape) in tensors {
            let width = if kind == "I64" { 8 } else { 4 };
            let bytes = shape.iter().try_fold(width, |bytes: u64, axis| bytes.checked_mul(*axis as u64));
            let next = bytes.and_then(|bytes| end.checked_add(bytes));
            let next =
                next.ok_or_else(|| ForwardError::Sizes { what: format!("the dump's tensor {name} has no size") })?;
            header.insert(name.clone(), json!({"dtype": kind, "shape": shape, "data_offsets": [end, next]}));
            relative.push((name, end, next - end));
            end = next;
        }
        header.insert("__metadata__".into(), json!({"format": "pt"}));
        let mut text = Value::Object(header).to_string().into_bytes();
        text.resize(text.len().next_multiple_of(8), b' ');
        let data = 8 + text.len() as u64;
        let places = relative.into_iter().map(|(name, from, bytes)| (name, (data + from, bytes))).collect();
        let fault = |error| ForwardError::Dump { path: path.to_owned(), error };
        let mut file = AtomicFile::create(path).map_err(fault)?;
        let begun = file.write_all(&(text.len() as u64).to_le_bytes()).and_then(|()| file.write_all(&text));
        begun.and_then(|()| file.file().set_len(data + end)).map_err(fault)?;
        let mut dump = Self { file, path: path.to_owned(), places, vocabulary };
        let ids: Vec<i64> = ids.iter().map(|id| i64::from(*id)).collect();
        dump.put("input_ids", 0, &ids, i64::to_le_bytes)?;
        Ok(dump)
    }

    /// The states after a layer.
    pub fn state(&mut self, index: usize, state: &[f32]) -> Result<(), ForwardError> {
        self.put("hidden_states", index * state.len(), state, f32::to_le_bytes)
    }

    /// A mixture with what entered it.
    pub fn mixture(&mut self, plan: &MixturePlan, input: &[f32], answer: &MixtureAnswer) -> Result<(), ForwardError> {
        let (k, key) = (picks(plan), plan.key());
        let mut index = Vec::with_capacity(answer.picks.len() * k);
        let mut weight = Vec::with_capacity(answer.picks.len() * k);
        for picks in &answer.picks {
            for place in 0..k {
                index.push(picks.get(place).map_or(NO_PICK, |pick| pick.expert as i64));
                weight.push(picks.get(place).map_or(0.0, |pick| pick.weight));
            }
        }
        self.put(&format!("{key}.input"), 0, input, f32::to_le_bytes)?;
        self.put(&format!("{key}.router_logits"), 0, &answer.logits, f32::to_le_bytes)?;
        self.put(&format!("{key}.topk_index"), 0, &index, i64::to_le_bytes)?;
        self.put(&format!("{key}.topk_weight"), 0, &weight, f32::to_le_bytes)?;
        if let Some(responses) = &answer.responses {
            self.put(&format!("{key}.affinity"), 0, &responses.softplus, f32::to_le_bytes)?;
        }
        Ok(())
    }

    /// Logits from id `first` on.
    pub fn logits(&mut self, first: usize, logits: &[f32], tokens: usize) -> Result<(), ForwardError> {
        let width = logits.len().checked_div(tokens).unwrap_or(0).max(1);
        for (token, row) in logits.chunks_exact(width).enumerate() {
            self.put("logits", token * self.vocabulary + first, row, f32::to_le_bytes)?;
        }
        Ok(())
    }

    /// Writes numbers from number `first` of a tensor on.
    fn put<X: Copy, const N: usize>(
        &mut self,
        name: &str,
        first: usize,
        numbers: &[X],
        bytes: fn(X) -> [u8; N],
    ) -> Result<(), ForwardError> {
        let fault = |error| ForwardError::Dump { path: self.path.clone(), error };
        let (from, room) = self.places.get(name).copied().unwrap_or_default();
        let (at, len) = ((first * N) as u64, (numbers.len() * N) as u64);
        if at + len > room {
            // A mixture of other sizes than its plan says.
            let error = io::Error::new(io::ErrorKind::InvalidInput, format!("{name} has no room for so many numbers"));
            return Err(fault(error));
        }
        let mut file = self.file.file();
        file.seek(SeekFrom::Start(from + at)).map_err(fault)?;
        for some in numbers.chunks(AT_ONCE) {
            let text: Vec<u8> = some.iter().flat_map(|number| bytes(*number)).collect();
            file.write_all(&text).map_err(fault)?;
        }
        Ok(())
    }

    /// Puts the file at its place.
    pub fn finish(self) -> Result<(), ForwardError> {
        let Self { file, path, .. } = self;
        file.commit().map_err(|error| ForwardError::Dump { path, error })
    }
}

/// Picks of a token.
fn picks(plan: &MixturePlan) -> usize {
    plan.top_k().unwrap_or(1).clamp(1, plan.experts().max(1))
}
