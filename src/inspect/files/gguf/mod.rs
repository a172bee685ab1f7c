//! The header of a GGUF file: keys, then names, types, shapes and places of the tensors, checked against the file's length.
//!
//! Little-endian: “GGUF”, version, number of tensors, number of keys, the keys, the tensors; then padding and the data. A file
//! lists the axis that varies fastest first. A type that is not known refuses nothing: its bytes reach to the next tensor.
//! Source: ggml-org/ggml `docs/gguf.md`.

mod cursor;
mod keys;

pub use keys::GgufKeys;

use self::cursor::Cursor;
use super::opened::Opened;
use super::{NAME, TENSORS, entry, fault};
use crate::inspect::fault::{EntryFault, InspectError, StoredFault};
use crate::inspect::numbers::StoredKind;
use crate::inspect::stored::StoredTensor;

/// Versions that are read: 2 and 3 differ in the order of bytes only.
const VERSIONS: [u32; 2] = [2, 3];
/// Most axes of a tensor, as in the format.
const GGUF_AXES: u32 = 4;
/// Where tensors begin is a multiple of this, unless a key says otherwise.
const ALIGNMENT: u64 = 32;

/// What the header of a file says.
pub(super) struct Header {
    pub(super) keys: GgufKeys,
    pub(super) tensors: Vec<StoredTensor>,
}

/// Reads the header of a file, which becomes number `file` of its checkpoint.
pub(super) fn header(opened: &Opened, file: usize) -> Result<Header, InspectError> {
    read(opened, file).map_err(|found| fault(&opened.path, found))
}

fn read(opened: &Opened, file: usize) -> Result<Header, StoredFault> {
    let mut cursor = Cursor::new(&opened.file, opened.bytes);
    cursor.array::<4>()?;
    let version = cursor.u32()?;
    if !VERSIONS.contains(&version) {
        let swapped = version.swap_bytes() <= 0xff;
        return Err(if swapped && version > 0xff {
            StoredFault::BigEndian
        } else {
            StoredFault::GgufVersion { found: version }
        });
    }
    let tensors = cursor.count("tensors", TENSORS as u64)?;
    let keys = cursor.count("keys", keys::KEYS)?;
    let keys = GgufKeys::read(&mut cursor, keys)?;
    let alignment = keys.whole("general.alignment").unwrap_or(ALIGNMENT);
    if !alignment.is_power_of_two() || alignment > 1 << 20 {
        let reason = format!("it is {alignment}; expected a power of two up to {}", 1 << 20);
        return Err(StoredFault::Key { key: "general.alignment".into(), reason });
    }
    let infos = (0..tensors).map(|_| Info::read(&mut cursor)).collect::<Result<Vec<_>, _>>()?;
    // Both are below the limit of a header.
    let data = cursor.at().next_multiple_of(alignment);
    let place = Place { file, data, bytes: opened.bytes.saturating_sub(data), alignment };
    Ok(Header { keys, tensors: place.tensors(infos)? })
}

/// A tensor as the header writes it.
struct Info {
    name: String,
    /// The axis that varies fastest first.
    axes: Vec<u64>,
    kind: StoredKind,
    offset: u64,
}

impl Info {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, StoredFault> {
        let name = String::from_utf8_lossy(&cursor.text("the name of a tensor", NAME as u64)?).into_owned();
        let axes = cursor.u32()?;
        if axes > GGUF_AXES {
            return Err(entry(&name, EntryFault::Axes { limit: GGUF_AXES as usize }));
        }
        let axes = (0..axes).map(|_| cursor.u64()).collect::<Result<_, _>>()?;
        let (kind, offset) = (StoredKind::of_gguf(cursor.u32()?), cursor.u64()?);
        Ok(Self { name, axes, kind, offset })
    }

    /// Its shape, the axis that varies fastest last, and its bytes if its type is known.
    fn size(&self) -> Result<(Vec<usize>, Option<u64>), EntryFault> {
        let shape: Vec<u64> = self.axes.iter().rev().copied().collect();
        let uncountable = || EntryFault::Uncountable { shape: shape.clone() };
        let sizes = shape.iter().map(|&axis| usize::try_from(axis).ok()).collect::<Option<Vec<usize>>>();
        let count = shape.iter().try_fold(1u64, |count, &axis| count.checked_mul(axis));
        let (Some(sizes), Some(count)) = (sizes, count.filter(|&count| usize::try_from(count).is_ok())) else {
            return Err(uncountable());
        };
        let Some((elements, size)) = self.kind.block() else { return Ok((sizes, None)) };
        // A row begins with a block of its own.
        if self.axes.first().copied().unwrap_or(1) % elements != 0 {
            return Err(EntryFault::Unfilled { shape, kind: self.kind.name().to_owned(), elements });
        }
        let bytes = (count / elements).checked_mul(size).ok_or_else(uncountable)?;
        Ok((sizes, Some(bytes)))
    }
}

/// Where the data of a file is.
struct Place {
    file: usize,
    /// Its first byte in the file.
    data: u64,
    /// Bytes of it in the file.
    bytes: u64,
    alignment: u64,
}

impl Place {
    /// The tensors, none within another and all within the file.
    fn tensors(&self, mut infos: Vec<Info>) -> Result<Vec<StoredTensor>, StoredFault> {
        infos.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some(twice) = infos.windows(2).find(|pair| pair[0].name == pair[1].name) {
            return Err(entry(&twice[0].name, EntryFault::Twice));
        }
        infos.sort_by_key(|info| info.offset);
        let ends: Vec<u64> = infos.iter().skip(1).map(|info| info.offset).chain([self.bytes]).collect();
        let mut tensors: Vec<StoredTensor> = Vec::with_capacity(infos.len());
        let mut filled = 0;
        for (info, next) in infos.into_iter().zip(ends) {
            let (name, begin) = (&info.name, info.offset);
            let wrong = |fault| entry(name, fault);
            let (shape, bytes) = info.size().map_err(wrong)?;
            if begin % self.alignment != 0 {
                return Err(wrong(EntryFault::Unaligned { begin, alignment: self.alignment }));
            }
            if begin < filled {
                let other = tensors.last().map_or_else(String::new, |before| before.name.clone());
                return Err(wrong(EntryFault::Overlap { other, begin, end: filled }));
            }
            let bytes = bytes.unwrap_or(next.saturating_sub(begin));
            let end = begin.checked_add(bytes).filter(|&end| end <= self.bytes && begin <= self.bytes);
            let Some(end) = end else {
                let end = begin.saturating_add(bytes);
                return Err(wrong(EntryFault::Beyond { end, data: self.bytes }));
            };
            filled = end;
            let at = self.data + begin;
            tensors.push(StoredTensor { name: info.name, kind: info.kind, shape, bytes, file: self.file, at });
        }
        Ok(tensors)
    }
}
