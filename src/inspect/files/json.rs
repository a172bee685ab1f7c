//! The JSON files beside tensors: `config.json`, and the index that says which shard holds which tensor.

use std::collections::HashMap;
use std::fmt;
use std::path::{Component, Path};

use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::{TENSORS, fault, opened};
use crate::domain::position::read_exact_at;
use crate::inspect::fault::{InspectError, StoredFault};

/// Largest `config.json`, bytes; as values it takes up to 16 times as much memory.
const CONFIG: u64 = 4 << 20;
/// Largest index, bytes.
const INDEX: u64 = 64 << 20;
/// Most shards of a checkpoint: each is a file that is kept open.
pub(super) const SHARDS: usize = 1000;

/// What an index says: which shards there are, and which holds a tensor.
#[derive(Debug, Default)]
pub(super) struct ShardIndex {
    /// Names of files beside the index, in the order in which they are first named.
    pub(super) shards: Vec<String>,
    /// By tensor, the place of its shard.
    pub(super) shard_of: HashMap<String, usize>,
}

/// `config.json` in the folder of a file, if there is one.
pub(super) fn config_beside(path: &Path) -> Result<Option<Value>, InspectError> {
    let config = path.with_file_name("config.json");
    if !config.exists() {
        return Ok(None);
    }
    let text = read(&config, CONFIG)?;
    let wrong = |reason: String| fault(&config, StoredFault::Damaged(reason));
    let value: Value = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
    if value.is_object() { Ok(Some(value)) } else { Err(wrong("it is not an object of JSON".into())) }
}

/// Reads an index.
pub(super) fn index(path: &Path) -> Result<ShardIndex, InspectError> {
    let text = read(path, INDEX)?;
    let mut json = serde_json::Deserializer::from_slice(&text);
    let index = json.deserialize_map(Top).and_then(|index| json.end().map(|()| index));
    let index = index.map_err(|error| fault(path, StoredFault::Damaged(error.to_string())))?;
    if index.shard_of.len() > TENSORS {
        return Err(InspectError::TooManyTensors { limit: TENSORS });
    }
    if index.shards.is_empty() {
        return Err(fault(path, StoredFault::Damaged("its weight_map names no tensor".into())));
    }
    if index.shards.len() > SHARDS {
        return Err(fault(path, StoredFault::TooManyShards { limit: SHARDS }));
    }
    // A name that leads out of the folder is no shard of this model.
    let plain = |name: &String| {
        let mut parts = Path::new(name).components();
        matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None))
    };
    if let Some(elsewhere) = index.shards.iter().find(|name| !plain(name)) {
        return Err(fault(path, StoredFault::ShardElsewhere(elsewhere.clone())));
    }
    Ok(index)
}

/// All bytes of a small text file.
fn read(path: &Path, limit: u64) -> Result<Vec<u8>, InspectError> {
    let (file, bytes, first) = opened::regular(path)?;
    opened::not_the_file(&first).map_err(|found| fault(path, found))?;
    if bytes > limit {
        return Err(fault(path, StoredFault::TooLarge { found: bytes, limit }));
    }
    // At most the limit.
    let mut text = vec![0; bytes as usize];
    read_exact_at(&file, &mut text, 0).map_err(|error| fault(path, StoredFault::Unreadable(error)))?;
    Ok(text)
}

/// The index as a whole: of its entries only `weight_map` matters.
struct Top;

impl<'de> Visitor<'de> for Top {
    type Value = ShardIndex;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an object with a weight_map of tensors and their files")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ShardIndex, A::Error> {
        let mut index = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == "weight_map" {
                index = Some(map.next_value_seed(WeightMap)?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        index.ok_or_else(|| A::Error::custom("it has no weight_map of tensors and their files"))
    }
}

/// The entries of `weight_map`, read one by one so that a file's name is kept once.
struct WeightMap;

impl<'de> serde::de::DeserializeSeed<'de> for WeightMap {
    type Value = ShardIndex;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<ShardIndex, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for WeightMap {
    type Value = ShardIndex;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("tensors and their files")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ShardIndex, A::Error> {
        let mut index = ShardIndex::default();
        let mut places: HashMap<String, usize> = HashMap::new();
        while let Some((tensor, shard)) = map.next_entry::<String, String>()? {
            let place = *places.entry(shard).or_insert_with_key(|shard| {
                index.shards.push(shard.clone());
                index.shards.len() - 1
            });
            if index.shard_of.insert(tensor, place).is_some_and(|before| before != place) {
                return Err(A::Error::custom("it names two files for one tensor"));
            }
            // Whoever reads the index refuses it; no need to read on.
            if index.shards.len() > SHARDS || index.shard_of.len() > TENSORS {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            }
        }
        Ok(index)
    }
}
