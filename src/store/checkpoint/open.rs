//! Opens a checkpoint: the header first, then every tensor, then the seal; nothing is given out before all three hold.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use safetensors::Dtype;

use super::demand::{self, MODEL, MOMENT1, MOMENT2};
use super::header::Header;
use super::history::Parts;
use super::seal::{self, Seal};
use super::{Checkpoint, Manifest, OpenError};
use crate::domain::file_kind::FileKind;
use crate::domain::state::{Array, State};
use crate::store::history::History;

/// Bytes taken from the file at a time.
const CHUNK: usize = 64 * 1024;

/// Reads what a checkpoint says about itself, and whether its length is right. The data are not read, so the checksum
/// is not looked at.
///
/// # Errors
/// See [`OpenError`].
pub fn peek(path: &Path) -> Result<Manifest, OpenError> {
    Header::read(path).map(|header| header.manifest)
}

/// Reads what a checkpoint says about itself, and its curves, but no weight. As not all is read, the checksum is not looked at.
///
/// # Errors
/// See [`OpenError`].
pub fn peek_history(path: &Path) -> Result<(Manifest, History), OpenError> {
    let Header { mut file, head, tensors, manifest } = Header::read(path)?;
    demand::check(&manifest, None, &tensors)?;
    let mut seal = Seal::over(&head);
    let mut parts = Parts::default();
    for name in tensors.offset_keys() {
        let Some(info) = tensors.info(&name) else { continue };
        let (begin, end) = info.data_offsets;
        if info.dtype == Dtype::F64 {
            let at = (head.len() as u64).saturating_add(begin as u64);
            file.seek(SeekFrom::Start(at))?;
            let numbers = numbers(&mut file, &mut seal, &name, end - begin, f64::from_le_bytes)?;
            parts.curves.insert(name, numbers);
        }
    }
    let history = parts.curves_of(&manifest)?;
    Ok((manifest, history))
}

/// Whether the file at `path` begins as every checkpoint of this program does; it may be damaged further on.
pub(crate) fn begins_as_checkpoint(path: &Path) -> bool {
    FileKind::of(path).is_ok_and(|kind| kind == FileKind::Checkpoint)
}

/// Opens a checkpoint whole. Takes the file's word for names and shapes of the weights; see `open_expecting`.
///
/// # Errors
/// See [`OpenError`]; each fault has its own.
#[allow(dead_code, reason = "for readers that know no network, as the tests do")]
pub fn open(path: &Path) -> Result<Checkpoint, OpenError> {
    open_as(path, |_| None)
}

/// Opens a checkpoint whose weights must be exactly those that `expected` names, with their shapes. Looked at
/// before any of them is read.
///
/// # Errors
/// See [`OpenError`]; each fault has its own.
pub(crate) fn open_expecting(
    path: &Path,
    expected: impl FnOnce(&Manifest) -> Vec<(String, Vec<usize>)>,
) -> Result<Checkpoint, OpenError> {
    open_as(path, |manifest| Some(expected(manifest)))
}

fn open_as(
    path: &Path,
    expected: impl FnOnce(&Manifest) -> Option<Vec<(String, Vec<usize>)>>,
) -> Result<Checkpoint, OpenError> {
    let Header { mut file, head, tensors, manifest } = Header::read(path)?;
    demand::check(&manifest, expected(&manifest), &tensors)?;
    let mut seal = Seal::over(&head);
    let mut parts = Parts::default();
    let [mut weights, mut moment1, mut moment2] = [const { Vec::new() }; 3];
    for name in tensors.offset_keys() {
        // Every key of the list has an entry: both come from one table.
        let Some(info) = tensors.info(&name) else { continue };
        let shape = info.shape.clone();
        let bytes = info.data_offsets.1 - info.data_offsets.0;
        match info.dtype {
            Dtype::F64 => {
                let numbers = numbers(&mut file, &mut seal, &name, bytes, f64::from_le_bytes)?;
                parts.curves.insert(name, numbers);
            }
            _ => {
                let values = numbers(&mut file, &mut seal, &name, bytes, f32::from_le_bytes)?;
                let groups = [(MODEL, &mut weights), (MOMENT1, &mut moment1), (MOMENT2, &mut moment2)];
                match groups.into_iter().find_map(|(prefix, group)| Some((name.strip_prefix(prefix)?, group))) {
                    Some((short, group)) => group.push(Array { name: short.into(), shape, values }),
                    None => drop(parts.frames.insert(name, values)),
                }
            }
        }
    }
    let found = seal.digits();
    let expected = seal::digits(&head).unwrap_or("not in its place; another program has rewritten the file");
    if found != expected {
        return Err(OpenError::Checksum { expected: expected.into(), found });
    }
    let history = parts.into_history(&manifest)?;
    let (progress, selection_bias) = (manifest.progress, manifest.selection_bias);
    let state = State { progress, weights, moment1, moment2, selection_bias };
    Ok(Checkpoint {
        config: manifest.config,
        state,
        history,
        alerts: manifest.alerts,
        seconds: manifest.seconds,
        flop: manifest.flop,
        run: manifest.run,
        text: manifest.text,
        data: manifest.data,
        loss: manifest.loss,
        text_beside: manifest.text_beside,
    })
}

/// Reads one tensor. `bytes` is not more than the file has.
fn numbers<T, const WIDTH: usize>(
    file: &mut impl Read,
    seal: &mut Seal,
    name: &str,
    bytes: usize,
    number: impl Fn([u8; WIDTH]) -> T,
) -> Result<Vec<T>, OpenError> {
    let mut numbers = Vec::new();
    let refused = |_| OpenError::NoMemory { name: name.into(), bytes };
    numbers.try_reserve_exact(bytes / WIDTH).map_err(refused)?;
    let mut buffer = vec![0; CHUNK.min(bytes)];
    let mut left = bytes;
    while left > 0 {
        let piece = &mut buffer[..CHUNK.min(left)];
        file.read_exact(piece)?;
        seal.update(piece);
        numbers.extend(piece.as_chunks::<WIDTH>().0.iter().map(|&chunk| number(chunk)));
        left -= piece.len();
    }
    Ok(numbers)
}
