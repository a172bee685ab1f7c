//! The keys of a GGUF: what the file says about the model, typed. Long lists are kept as their bytes until they are asked for.

use std::collections::BTreeMap;

use super::Cursor;
use crate::inspect::fault::StoredFault;

/// Most keys of a file.
pub(super) const KEYS: u64 = 1 << 16;
/// Longest key, bytes, as in the format.
const KEY: u64 = (1 << 16) - 1;
/// How deep lists may stand in lists.
const DEPTH: usize = 4;
/// The numbers by which the format knows its types of values.
const TEXT: u32 = 8;
const LIST: u32 = 9;

/// What the keys of a GGUF say.
#[derive(Clone, Debug, Default)]
pub struct GgufKeys {
    values: BTreeMap<String, Value>,
}

#[derive(Clone, Debug)]
enum Value {
    /// A number or flag: its type and its bytes.
    Plain(u32, [u8; 8]),
    Text(String),
    /// A list of numbers, flags or texts: the type of its entries, and their bytes as they stand in the file.
    List(u32, Vec<u8>),
    /// A list of lists, which no model needs.
    Nested,
}

impl GgufKeys {
    /// Reads so many keys.
    pub(super) fn read(cursor: &mut Cursor<'_>, count: u64) -> Result<Self, StoredFault> {
        let mut values = BTreeMap::new();
        for _ in 0..count {
            let key = String::from_utf8_lossy(&cursor.text("the name of a key", KEY)?).into_owned();
            let kind = cursor.u32()?;
            let value = Value::read(cursor, kind, &key)?;
            if values.insert(key.clone(), value).is_some() {
                return Err(StoredFault::Key { key, reason: "it stands there twice".into() });
            }
        }
        Ok(Self { values })
    }

    /// Checks that a file is the part that its name says: which of how many, from 1; `None` of a name that says nothing.
    pub(in crate::inspect::files) fn check_part(&self, part: Option<(usize, usize)>) -> Result<(), StoredFault> {
        let count = self.whole("split.count").unwrap_or(1);
        let Some((expected, of)) = part else {
            return if count > 1 { Err(StoredFault::PartUnnamed { count }) } else { Ok(()) };
        };
        // Whoever names a file so need not have split it.
        let Some(number) = self.whole("split.no") else { return Ok(()) };
        if (number, count) == (expected as u64 - 1, of as u64) {
            return Ok(());
        }
        Err(StoredFault::OtherPart { number: number.saturating_add(1), count, expected, of })
    }

    /// All keys with their values but lists, which may be long: texts, numbers and flags.
    pub fn scalars(&self) -> impl Iterator<Item = (&str, serde_json::Value)> {
        self.values.iter().filter_map(|(key, value)| {
            let value = match value {
                Value::Text(text) => text.as_str().into(),
                Value::Plain(7, bytes) => (bytes[0] != 0).into(),
                Value::Plain(0 | 2 | 4 | 10, bytes) => u64::from_le_bytes(*bytes).into(),
                Value::Plain(kind @ (1 | 3 | 5 | 11), bytes) => signed(*kind, *bytes).into(),
                Value::Plain(kind, bytes) => number(*kind, *bytes)?.into(),
                Value::List(..) | Value::Nested => return None,
            };
            Some((key.as_str(), value))
        })
    }

    /// The text of a key.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.values.get(key)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number of a key, from 0.
    pub fn whole(&self, key: &str) -> Option<u64> {
        match self.values.get(key)? {
            Value::Plain(kind, bytes) => whole(*kind, *bytes),
            _ => None,
        }
    }

    /// The flag of a key.
    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.values.get(key)? {
            Value::Plain(7, bytes) => Some(bytes[0] != 0),
            _ => None,
        }
    }

    /// The list of texts of a key; of a text that is not UTF-8 what is.
    pub fn texts(&self, key: &str) -> Option<Vec<String>> {
        let Value::List(TEXT, bytes) = self.values.get(key)? else { return None };
        let mut texts = Vec::new();
        let mut rest = &bytes[..];
        // Lengths were checked when the file was read.
        while let Some((length, later)) = rest.split_first_chunk::<8>() {
            let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
            let (text, later) = later.split_at_checked(length)?;
            texts.push(String::from_utf8_lossy(text).into_owned());
            rest = later;
        }
        Some(texts)
    }

    /// The list of numbers of a key, whole or not.
    pub fn numbers(&self, key: &str) -> Option<Vec<f64>> {
        let Value::List(kind, bytes) = self.values.get(key)? else { return None };
        let width = width(*kind)?;
        let padded = |chunk: &[u8]| {
            let mut bytes = [0; 8];
            bytes[..width].copy_from_slice(chunk);
            bytes
        };
        bytes.chunks_exact(width).map(|chunk| number(*kind, padded(chunk))).collect()
    }
}

impl Value {
    fn read(cursor: &mut Cursor<'_>, kind: u32, key: &str) -> Result<Self, StoredFault> {
        let unknown = |kind: u32| StoredFault::Key { key: key.into(), reason: format!("its type {kind} is not known") };
        match kind {
            TEXT => Ok(Self::Text(String::from_utf8_lossy(&cursor.text("a text", u64::MAX)?).into_owned())),
            LIST => {
                let (kind, count) = (cursor.u32()?, cursor.u64()?);
                let mut bytes = Vec::new();
                match kind {
                    LIST => {
                        skip_lists(cursor, count, 1, &unknown)?;
                        return Ok(Self::Nested);
                    }
                    TEXT => append_texts(cursor, count, &mut bytes)?,
                    kind => {
                        let width = width(kind).ok_or_else(|| unknown(kind))? as u64;
                        cursor.append("a list", count.saturating_mul(width), &mut bytes)?;
                    }
                }
                Ok(Self::List(kind, bytes))
            }
            kind => {
                let width = width(kind).ok_or_else(|| unknown(kind))?;
                let mut bytes = Vec::new();
                cursor.append("a number", width as u64, &mut bytes)?;
                let mut plain = [0; 8];
                plain[..width].copy_from_slice(&bytes);
                Ok(Self::Plain(kind, plain))
            }
        }
    }
}

/// Appends so many texts as they stand in the file, each behind its length.
fn append_texts(cursor: &mut Cursor<'_>, count: u64, to: &mut Vec<u8>) -> Result<(), StoredFault> {
    for _ in 0..count {
        let length = cursor.u64()?;
        to.extend(length.to_le_bytes());
        cursor.append("a text of a list", length, to)?;
    }
    Ok(())
}

/// Passes over lists within a list.
fn skip_lists(
    cursor: &mut Cursor<'_>,
    count: u64,
    depth: usize,
    unknown: &impl Fn(u32) -> StoredFault,
) -> Result<(), StoredFault> {
    if depth == DEPTH {
        return Err(unknown(LIST));
    }
    for _ in 0..count {
        let (kind, count) = (cursor.u32()?, cursor.u64()?);
        match kind {
            LIST => skip_lists(cursor, count, depth + 1, unknown)?,
            TEXT => append_texts(cursor, count, &mut Vec::new())?,
            kind => {
                let width = width(kind).ok_or_else(|| unknown(kind))? as u64;
                cursor.append("a list", count.saturating_mul(width), &mut Vec::new())?;
            }
        }
    }
    Ok(())
}

/// Bytes of a number or flag of a type; `None` if it is neither.
fn width(kind: u32) -> Option<usize> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

/// A number of a type in the first of eight bytes.
fn number(kind: u32, bytes: [u8; 8]) -> Option<f64> {
    let [a, b, c, d, ..] = bytes;
    match kind {
        6 => Some(f64::from(f32::from_le_bytes([a, b, c, d]))),
        12 => Some(f64::from_le_bytes(bytes)),
        1 | 3 | 5 | 11 => Some(signed(kind, bytes) as f64),
        0 | 2 | 4 | 10 => Some(u64::from_le_bytes(bytes) as f64),
        _ => None,
    }
}

/// A whole number of a type; `None` below 0, and of what is not whole by its type.
fn whole(kind: u32, bytes: [u8; 8]) -> Option<u64> {
    match kind {
        0 | 2 | 4 | 10 => Some(u64::from_le_bytes(bytes)),
        1 | 3 | 5 | 11 => u64::try_from(signed(kind, bytes)).ok(),
        _ => None,
    }
}

fn signed(kind: u32, bytes: [u8; 8]) -> i64 {
    let [a, b, c, d, ..] = bytes;
    match kind {
        1 => i64::from(a as i8),
        3 => i64::from(i16::from_le_bytes([a, b])),
        5 => i64::from(i32::from_le_bytes([a, b, c, d])),
        _ => i64::from_le_bytes(bytes),
    }
}
