//! Layers of a routing dump side by side: the numbers of each, and how far each measure is spread over them.

use serde::Serialize;
use serde_json::{Value, json};

use super::error::DumpError;
use super::file::{DumpFile, SpoiledTensor};
use super::keys::KEYS;
use crate::domain::readings::{Diagnosis, Matrices};

/// What is said of all layers of a dump: every measure that is a number or a list.
#[derive(Clone, Debug, PartialEq)]
pub struct LayersReport {
    layers: Vec<DumpLayer>,
}

/// One layer of a dump.
#[derive(Clone, Debug, PartialEq)]
pub struct DumpLayer {
    /// Its key in the dump.
    pub key: String,
    /// Its numbers and lists.
    pub diagnosis: Diagnosis,
    /// Its matrices, where they were asked for: of many experts in many layers they would not fit into memory.
    pub matrices: Matrices,
    /// Tensors of it that were left out, for they hold a number that is not finite.
    pub spoiled: Vec<SpoiledTensor>,
}

/// How far a measure is spread over layers.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct LayerSpread {
    /// Over the layers that have it.
    mean: f64,
    /// Sample standard deviation (layers − 1); `None` for one layer.
    sd: Option<f64>,
    /// The smallest.
    least: f64,
    /// The first layer that has it.
    least_layer: String,
    /// The largest.
    most: f64,
    /// The first layer that has it.
    most_layer: String,
}

impl DumpFile {
    /// Takes every measure of every layer, one layer after the other; `top_k` as in [`DumpFile::diagnose`].
    ///
    /// # Errors
    /// See [`DumpError`]: the first fault of the first layer that has one.
    pub fn diagnose_layers(&self, top_k: Option<usize>) -> Result<LayersReport, DumpError> {
        let numbers = |key: &String| {
            let diagnosis = self.diagnose(Some(key), top_k)?.diagnosis;
            Ok(DumpLayer { key: key.clone(), diagnosis, matrices: Matrices::default(), spoiled: Vec::new() })
        };
        Ok(LayersReport { layers: self.layers().iter().map(numbers).collect::<Result<_, DumpError>>()? })
    }
}

impl LayersReport {
    /// One JSON object: `layers`, each with its key, sizes and families; and `spread`, by the name of a measure.
    ///
    /// # Errors
    /// None that is known: every key is a text.
    pub fn json(&self) -> Result<Value, serde_json::Error> {
        let layers = self.layers.iter().map(|layer| {
            let mut value = serde_json::to_value(&layer.diagnosis)?;
            let beside = &layer.diagnosis.beside;
            value["key"] = json!(layer.key);
            value["tokens"] = json!(beside.tokens);
            value["experts"] = json!(beside.experts);
            value["top_k"] = json!(beside.top_k);
            Ok(value)
        });
        let layers: Vec<Value> = layers.collect::<Result<_, serde_json::Error>>()?;
        let spread: serde_json::Map<String, Value> = KEYS
            .iter()
            .filter_map(|key| Some((key.name.to_owned(), serde_json::to_value(self.spread(key.name, &layers)?).ok()?)))
            .collect();
        Ok(json!({ "layers": layers, "spread": spread }))
    }

    /// How far a measure is spread over layers, each as JSON; `None` if it is no number, or no layer has it.
    fn spread(&self, name: &str, layers: &[Value]) -> Option<LayerSpread> {
        let value = |layer: &Value| name.split('.').fold(layer, |value, step| &value[step]).as_f64();
        let found: Vec<(f64, &str)> = layers
            .iter()
            .zip(&self.layers)
            .filter_map(|(json, layer)| Some((value(json)?, layer.key.as_str())))
            .collect();
        let (&first, rest) = found.split_first()?;
        let least = rest.iter().fold(first, |least, &other| if other.0 < least.0 { other } else { least });
        let most = rest.iter().fold(first, |most, &other| if other.0 > most.0 { other } else { most });
        let count = found.len() as f64;
        // From the first, so that equal values have no spread at all.
        let mean = first.0 + found.iter().map(|(value, _)| value - first.0).sum::<f64>() / count;
        let squares: f64 = found.iter().map(|(value, _)| (value - mean).powi(2)).sum();
        Some(LayerSpread {
            mean,
            sd: (found.len() > 1).then(|| (squares / (count - 1.0)).sqrt()),
            least: least.0,
            least_layer: least.1.to_owned(),
            most: most.0,
            most_layer: most.1.to_owned(),
        })
    }
}
