//! Curves and keyframes as tensors, and back.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::demand::{BUCKETS, COSINES, RECENT};
use super::encode::{Numbers, Tensor};
use super::manifest::{CosineIndex, FrameIndex, Manifest};
use super::{OpenError, SaveError};
use crate::store::history::{Bucket, History, Keyframe, Keyframes, Series, SeriesKey};

/// Whole numbers below this are exact as 64-bit floats.
const EXACT: u64 = 1 << 53;

/// All curves: two tensors each, and the steps per bucket by name.
pub(super) fn series_out(history: &History) -> Result<(Vec<Tensor<'_>>, BTreeMap<String, u64>), SaveError> {
    let (mut tensors, mut strides) = (Vec::new(), BTreeMap::new());
    for (key, series) in history.iter() {
        let (buckets, stride, recent) = series.parts();
        let whole = |number: u64| {
            let reason = || SaveError::Unwritable(format!("{number} in the curve {key} is beyond 2⁵³"));
            (number < EXACT).then_some(number as f64).ok_or_else(reason)
        };
        let mut rows = Vec::with_capacity(buckets.len() * 7);
        for b in buckets {
            rows.extend([whole(b.first_step)?, whole(b.last_step)?, whole(b.n)?, b.min, b.max, b.sum, whole(b.bad)?]);
        }
        let mut pairs = Vec::with_capacity(recent.len() * 2);
        for (step, value) in recent.iter().copied() {
            pairs.extend([whole(step)?, value]);
        }
        let tensor = |prefix: &str, shape: [usize; 2], numbers| Tensor {
            name: format!("{prefix}{key}"),
            shape: shape.to_vec(),
            numbers: Numbers::F64(numbers),
        };
        tensors.push(tensor(BUCKETS, [buckets.len(), 7], rows));
        tensors.push(tensor(RECENT, [recent.len(), 2], pairs));
        strides.insert(key.to_string(), stride);
    }
    Ok((tensors, strides))
}

/// All keyframes: a tensor each, and what else is known of them.
pub(super) fn cosines_out(history: &History) -> (Vec<Tensor<'_>>, Vec<CosineIndex>) {
    let mut tensors = Vec::new();
    let index = history.cosines.iter().enumerate().map(|(layer, keyframes)| {
        let (every, pushes) = keyframes.pace();
        for (index, frame) in keyframes.frames().iter().enumerate() {
            tensors.push(Tensor {
                name: format!("{COSINES}{layer}/{index}"),
                shape: vec![frame.experts.len(); 2],
                numbers: Numbers::F32(&frame.values),
            });
        }
        let frames = keyframes.frames().iter().map(|f| FrameIndex { step: f.step, experts: f.experts.clone() });
        CosineIndex { every, pushes, frames: frames.collect() }
    });
    let index = index.collect();
    (tensors, index)
}

/// The tensors of a history as they were read; every one the manifest asks for is there.
#[derive(Default)]
pub(super) struct Parts {
    /// Curves, by full tensor name.
    pub(super) curves: BTreeMap<String, Vec<f64>>,
    /// Keyframes, by full tensor name.
    pub(super) frames: BTreeMap<String, Vec<f32>>,
}

impl Parts {
    /// Puts the curves together.
    pub(super) fn curves_of(&mut self, manifest: &Manifest) -> Result<History, OpenError> {
        let mut history = History::default();
        history.journal = Arc::new(manifest.journal.clone());
        history.last_tokens = Arc::new(manifest.last_tokens.clone());
        for (name, &stride) in &manifest.strides {
            let bad = |reason: String| OpenError::BadHistory { series: name.clone(), reason };
            let key: SeriesKey = name.parse().map_err(bad)?;
            let mut take = |prefix: &str| self.curves.remove(&format!("{prefix}{name}")).unwrap_or_default();
            let buckets = take(BUCKETS).chunks_exact(7).map(bucket).collect::<Result<_, _>>().map_err(bad)?;
            let pairs = take(RECENT);
            let recent = pairs.chunks_exact(2).map(|pair| Ok((whole(pair[0])?, pair[1])));
            let recent = recent.collect::<Result<_, String>>().map_err(bad)?;
            history.insert(key, Series::from_parts(key.limits(), buckets, stride, recent).map_err(bad)?);
        }
        Ok(history)
    }

    /// Puts the history together.
    pub(super) fn into_history(mut self, manifest: &Manifest) -> Result<History, OpenError> {
        let mut history = self.curves_of(manifest)?;
        for (layer, index) in manifest.cosines.iter().enumerate() {
            let frames = index.frames.iter().enumerate().map(|(i, frame)| Keyframe {
                step: frame.step,
                experts: frame.experts.clone(),
                values: self.frames.remove(&format!("{COSINES}{layer}/{i}")).unwrap_or_default(),
            });
            let keyframes = Keyframes::from_parts(frames.collect(), index.every, index.pushes);
            let bad = |reason| OpenError::BadHistory { series: format!("{COSINES}{layer}"), reason };
            history.cosines.push(Arc::new(keyframes.map_err(bad)?));
        }
        Ok(history)
    }
}

fn bucket(row: &[f64]) -> Result<Bucket, String> {
    Ok(Bucket {
        first_step: whole(row[0])?,
        last_step: whole(row[1])?,
        n: whole(row[2])?,
        min: row[3],
        max: row[4],
        sum: row[5],
        bad: whole(row[6])?,
    })
}

fn whole(number: f64) -> Result<u64, String> {
    let fits = number >= 0.0 && number < EXACT as f64 && number.fract() == 0.0;
    fits.then_some(number as u64).ok_or_else(|| format!("{number} where a whole number was expected"))
}
