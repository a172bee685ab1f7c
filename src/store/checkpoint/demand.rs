//! Which tensors a checkpoint must hold, and whether a file holds exactly those; known from the header alone.

use std::collections::BTreeMap;

use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};

use super::{Manifest, OpenError};
use crate::store::history::SeriesLimits;

/// Prefixes of the tensors that are a trainer's: weights, first moments, second moments.
pub(super) const MODEL: &str = "model/";
pub(super) const MOMENT1: &str = "optimizer/m1/";
pub(super) const MOMENT2: &str = "optimizer/m2/";
/// Prefixes of the tensors that are the history's.
pub(super) const BUCKETS: &str = "history/buckets/";
pub(super) const RECENT: &str = "history/recent/";
pub(super) const COSINES: &str = "history/cosines/";

/// A size that is known, or bounded.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Size {
    Exactly(usize),
    AtMost(usize),
}

/// One tensor that must be there.
struct Demand {
    dtype: Dtype,
    shape: Vec<Size>,
}

impl Demand {
    fn exactly(dtype: Dtype, shape: &[usize]) -> Self {
        Self { dtype, shape: shape.iter().map(|&n| Size::Exactly(n)).collect() }
    }

    fn rows(at_most: usize, columns: usize) -> Self {
        Self { dtype: Dtype::F64, shape: vec![Size::AtMost(at_most), Size::Exactly(columns)] }
    }

    fn shape(&self) -> String {
        let sizes = self.shape.iter().map(|size| match size {
            Size::Exactly(n) => n.to_string(),
            Size::AtMost(n) => format!("at most {n}"),
        });
        format!("[{}]", sizes.collect::<Vec<_>>().join(", "))
    }

    fn meet(&self, name: &str, found: &TensorInfo) -> Result<(), OpenError> {
        if found.dtype != self.dtype {
            let (expected, found) = (format!("{:?}", self.dtype), format!("{:?}", found.dtype));
            return Err(OpenError::WrongType { name: name.into(), expected, found });
        }
        let fits = |(size, &n): (&Size, &usize)| match *size {
            Size::Exactly(m) => n == m,
            Size::AtMost(m) => n <= m,
        };
        if found.shape.len() != self.shape.len() || !self.shape.iter().zip(&found.shape).all(fits) {
            let (expected, found) = (self.shape(), format!("{:?}", found.shape));
            return Err(OpenError::WrongShape { name: name.into(), expected, found });
        }
        Ok(())
    }
}

/// Sees that a file holds exactly the tensors it must.
///
/// - `weights`: name and shape of every weight; `None` takes the file's word for them, moments must still match
pub(super) fn check(
    manifest: &Manifest,
    weights: Option<Vec<(String, Vec<usize>)>>,
    file: &Metadata,
) -> Result<(), OpenError> {
    let found = file.tensors();
    let weights = weights.unwrap_or_else(|| {
        let own = found.iter().filter_map(|(name, info)| Some((name.strip_prefix(MODEL)?.into(), info.shape.clone())));
        own.collect()
    });
    let demands = demands(manifest, &weights);
    // In order of names, so that the same fault always gives the same message.
    for (name, demand) in &demands {
        let Some(info) = found.get(name) else {
            let expected = format!("{:?} {}", demand.dtype, demand.shape());
            return Err(OpenError::MissingTensor { name: name.clone(), expected });
        };
        demand.meet(name, info)?;
    }
    let extra = found.iter().filter(|(name, _)| !demands.contains_key(*name)).min_by_key(|(name, _)| (*name).clone());
    match extra {
        Some((name, info)) => {
            let found = format!("{:?} {:?}", info.dtype, info.shape);
            Err(OpenError::ExtraTensor { name: name.clone(), found })
        }
        None => Ok(()),
    }
}

fn demands(manifest: &Manifest, weights: &[(String, Vec<usize>)]) -> BTreeMap<String, Demand> {
    let mut demands = BTreeMap::new();
    for (name, shape) in weights {
        for prefix in [MODEL, MOMENT1, MOMENT2] {
            demands.insert(format!("{prefix}{name}"), Demand::exactly(Dtype::F32, shape));
        }
    }
    for series in manifest.strides.keys() {
        demands.insert(format!("{BUCKETS}{series}"), Demand::rows(SeriesLimits::WIDE.buckets, 7));
        demands.insert(format!("{RECENT}{series}"), Demand::rows(SeriesLimits::WIDE.recent, 2));
    }
    for (layer, cosines) in manifest.cosines.iter().enumerate() {
        for (index, frame) in cosines.frames.iter().enumerate() {
            let experts = frame.experts.len();
            demands.insert(format!("{COSINES}{layer}/{index}"), Demand::exactly(Dtype::F32, &[experts, experts]));
        }
    }
    demands
}

/// Sees that two lists of names and shapes are the same, in any order.
pub(super) fn same_shapes(
    expected: impl Iterator<Item = (String, Vec<usize>)>,
    found: impl Iterator<Item = (String, Vec<usize>)>,
) -> Result<(), OpenError> {
    let mut found: BTreeMap<_, _> = found.collect();
    for (name, shape) in expected {
        match found.remove(&name) {
            None => return Err(OpenError::MissingTensor { name, expected: format!("F32 {shape:?}") }),
            Some(other) if other != shape => {
                return Err(OpenError::WrongShape {
                    name,
                    expected: format!("{shape:?}"),
                    found: format!("{other:?}"),
                });
            }
            Some(_) => {}
        }
    }
    match found.pop_first() {
        Some((name, shape)) => Err(OpenError::ExtraTensor { name, found: format!("F32 {shape:?}") }),
        None => Ok(()),
    }
}
