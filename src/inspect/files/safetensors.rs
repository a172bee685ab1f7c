//! The header of a safetensors file: names, types, shapes and places, checked against the length of the file.
//!
//! Eight bytes of length, that many bytes of JSON, then the data. Offsets count from the first byte of the data; the tensors
//! fill it without overlap and without gap. A type that is not known refuses nothing: its bytes are what its offsets say.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::opened::Opened;
use super::{AXES, HEADER, NAME, TENSORS, entry, fault};
use crate::domain::position::read_exact_at;
use crate::inspect::fault::{EntryFault, InspectError, StoredFault};
use crate::inspect::numbers::StoredKind;
use crate::inspect::stored::StoredTensor;

/// The tensors of a file, which becomes number `file` of its checkpoint.
pub(super) fn tensors(opened: &Opened, file: usize) -> Result<Vec<StoredTensor>, InspectError> {
    let wrong = |found: StoredFault| fault(&opened.path, found);
    let (text, data) = text(opened).map_err(wrong)?;
    let mut json = serde_json::Deserializer::from_slice(&text);
    let written = json.deserialize_map(Header).and_then(|written| json.end().map(|()| written));
    let written = written.map_err(|error| wrong(StoredFault::Damaged(error.to_string())))?;
    if written.len() > TENSORS {
        return Err(InspectError::TooManyTensors { limit: TENSORS });
    }
    let place = Place { file, data, bytes: opened.bytes - data };
    let tensors: Result<Vec<_>, _> = written.into_iter().map(|(name, written)| place.tensor(name, written)).collect();
    let mut tensors = tensors.map_err(wrong)?;
    place.check_all(&mut tensors).map_err(wrong)?;
    Ok(tensors)
}

/// The JSON of the header, and where the data begins.
fn text(opened: &Opened) -> Result<(Vec<u8>, u64), StoredFault> {
    let mut size = [0; 8];
    if opened.bytes < 10 {
        return Err(StoredFault::CutShort { expected: 10, found: opened.bytes });
    }
    read_exact_at(&opened.file, &mut size, 0)?;
    let size = u64::from_le_bytes(size);
    if size > HEADER {
        return Err(StoredFault::HeaderTooLarge { found: size, limit: HEADER });
    }
    if opened.bytes - 8 < size {
        return Err(StoredFault::CutShort { expected: 8 + size, found: opened.bytes });
    }
    // Not larger than the file, and not larger than the limit.
    let mut text = vec![0; size as usize];
    read_exact_at(&opened.file, &mut text, 8)?;
    Ok((text, 8 + size))
}

/// Where the data of a file is.
struct Place {
    file: usize,
    /// Its first byte in the file.
    data: u64,
    /// Bytes of it in the file.
    bytes: u64,
}

impl Place {
    fn tensor(&self, name: String, written: Written<'_>) -> Result<StoredTensor, StoredFault> {
        let wrong = |fault| entry(&name, fault);
        let Written { dtype, shape: Axes(shape), data_offsets: (begin, end) } = written;
        if name.len() > NAME {
            return Err(wrong(EntryFault::LongName { found: name.len(), limit: NAME }));
        }
        let Some(bytes) = end.checked_sub(begin) else {
            return Err(wrong(EntryFault::Backwards { begin, end }));
        };
        let kind = StoredKind::of_safetensors(&dtype);
        let sized = || shape.iter().map(|&axis| usize::try_from(axis).ok()).collect::<Option<Vec<usize>>>();
        let count = shape.iter().try_fold(1u64, |count, &axis| count.checked_mul(axis));
        let (Some(count), Some(sizes)) = (count.filter(|&count| usize::try_from(count).is_ok()), sized()) else {
            return Err(wrong(EntryFault::Uncountable { shape }));
        };
        if let Some((elements, size)) = kind.block() {
            let kind = || kind.name().to_owned();
            if count % elements != 0 {
                return Err(wrong(EntryFault::Unfilled { shape, kind: kind(), elements }));
            }
            let Some(expected) = (count / elements).checked_mul(size) else {
                return Err(wrong(EntryFault::Uncountable { shape }));
            };
            if expected != bytes {
                return Err(wrong(EntryFault::Size { shape, kind: kind(), expected, found: bytes }));
            }
        }
        // Within the file or not is told below, where the whole length is known.
        let at = self.data.checked_add(begin).filter(|at| at.checked_add(bytes).is_some());
        let Some(at) = at else { return Err(wrong(EntryFault::Beyond { end, data: self.bytes })) };
        Ok(StoredTensor { name, kind, shape: sizes, bytes, file: self.file, at })
    }

    /// Checks that the tensors fill the data exactly.
    fn check_all(&self, tensors: &mut [StoredTensor]) -> Result<(), StoredFault> {
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some(twice) = tensors.windows(2).find(|pair| pair[0].name == pair[1].name) {
            return Err(entry(&twice[0].name, EntryFault::Twice));
        }
        tensors.sort_by_key(|tensor| (tensor.at, tensor.bytes));
        let mut before: Option<&StoredTensor> = None;
        let mut filled = self.data;
        for tensor in tensors.iter() {
            let begin = tensor.at - self.data;
            if tensor.at < filled {
                let other = before.map_or_else(String::new, |before| before.name.clone());
                return Err(entry(&tensor.name, EntryFault::Overlap { other, begin, end: filled - self.data }));
            }
            if tensor.at > filled {
                return Err(entry(&tensor.name, EntryFault::Gap { begin, expected: filled - self.data }));
            }
            filled = tensor.at + tensor.bytes;
            before = Some(tensor);
        }
        let found = self.data + self.bytes;
        if filled > found {
            return Err(StoredFault::CutShort { expected: filled, found });
        }
        if filled < found {
            return Err(StoredFault::TooLong { expected: filled, found });
        }
        Ok(())
    }
}

/// A tensor as the header writes it.
#[derive(Deserialize)]
struct Written<'a> {
    #[serde(borrow)]
    dtype: Cow<'a, str>,
    shape: Axes,
    data_offsets: (u64, u64),
}

/// A shape of not too many axes.
struct Axes(Vec<u64>);

impl<'de> Deserialize<'de> for Axes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(AxesVisitor)
    }
}

struct AxesVisitor;

impl<'de> Visitor<'de> for AxesVisitor {
    type Value = Axes;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "a shape of at most {AXES} axes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Axes, A::Error> {
        let mut axes = Vec::new();
        while let Some(axis) = seq.next_element()? {
            if axes.len() == AXES {
                return Err(A::Error::custom(format!("a shape has more than {AXES} axes")));
            }
            axes.push(axis);
        }
        Ok(Axes(axes))
    }
}

/// The header as a whole: its tensors, in the order of the text; a name may stand there twice.
struct Header;

impl<'de> Visitor<'de> for Header {
    type Value = Vec<(String, Written<'de>)>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an object of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut tensors = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == "__metadata__" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            // Whoever reads the header refuses it; no need to keep more.
            if tensors.len() > TENSORS {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            tensors.push((name, map.next_value()?));
        }
        Ok(tensors)
    }
}
