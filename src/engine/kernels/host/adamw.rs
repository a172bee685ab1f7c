//! AdamW over one flat vector of weights, in place and in one pass, on slices.

use multiversion::multiversion;
use rayon::prelude::*;

use super::simd_math::dot;
use super::tasks::Tasks;
use crate::engine::kernels::AdamW;
use crate::engine::kernels::adamw::LARGEST;

/// Numbers one task takes; part of the numbers (the norm is added up chunk by chunk), so the same for any threads.
const CHUNK: usize = 1 << 14;

/// Σ g² over all parts.
#[multiversion(targets = "simd")]
pub(crate) fn squares(parts: &[&[f32]]) -> f64 {
    let chunks: Vec<&[f32]> = parts.iter().flat_map(|part| part.chunks(CHUNK)).collect();
    let sums: Vec<f64> = chunks.into_par_iter().results(|chunk| f64::from(dot(chunk, chunk)));
    sums.iter().sum()
}

/// The settings of an update as its loop uses them.
#[derive(Clone, Copy)]
struct Rule {
    beta1: f32,
    beta2: f32,
    share1: f32,
    share2: f32,
    rate: f32,
    unbias: f32,
    epsilon: f32,
    kept: f32,
    scale: f32,
}

impl Rule {
    fn of(settings: &AdamW, decays: bool, scale: f32) -> Self {
        Self {
            beta1: settings.beta1 as f32,
            beta2: settings.beta2 as f32,
            share1: (1.0 - settings.beta1) as f32,
            share2: (1.0 - settings.beta2) as f32,
            rate: settings.rate() as f32,
            unbias: (1.0 / settings.correction2) as f32,
            epsilon: settings.epsilon as f32,
            kept: if decays { (1.0 - settings.decay) as f32 } else { 1.0 },
            scale,
        }
    }

    /// A weight and its moments after the update.
    #[inline(always)]
    fn moved(self, w: f32, m: f32, v: f32, g: f32) -> [f32; 3] {
        let g = g * self.scale;
        let m = m * self.beta1 + g * self.share1;
        let v = v * self.beta2 + g * g * self.share2;
        [w * self.kept - m / ((v * self.unbias).sqrt() + self.epsilon) * self.rate, m, v]
    }
}

/// Updates `weights`, `first` and `second` (all of one part) from the gradient times `scale`.
#[multiversion(targets = "simd")]
pub fn update(
    settings: &AdamW,
    weights: &mut [f32],
    first: &mut [f32],
    second: &mut [f32],
    gradient: &[f32],
    decays: bool,
    scale: f32,
) {
    let rule = Rule::of(settings, decays, scale);
    weights
        .par_chunks_mut(CHUNK)
        .zip(first.par_chunks_mut(CHUNK).zip(second.par_chunks_mut(CHUNK)))
        .zip(gradient.par_chunks(CHUNK))
        .tasks(|((weights, (first, second)), gradient)| {
            for (((w, m), v), &g) in weights.iter_mut().zip(first).zip(second).zip(gradient) {
                [*w, *m, *v] = rule.moved(*w, *m, *v, g);
            }
        });
}

/// The same for what is not frozen; where `frozen` is 1, weight and moments stay as they are.
///
/// - `vectors`: weights, first and second moments
#[multiversion(targets = "simd")]
pub(crate) fn update_where_free(
    settings: &AdamW,
    vectors: [&mut [f32]; 3],
    gradient: &[f32],
    frozen: &[f32],
    decays: bool,
    scale: f32,
) {
    let rule = Rule::of(settings, decays, scale);
    let [weights, first, second] = vectors;
    weights
        .par_chunks_mut(CHUNK)
        .zip(first.par_chunks_mut(CHUNK).zip(second.par_chunks_mut(CHUNK)))
        .zip(gradient.par_chunks(CHUNK).zip(frozen.par_chunks(CHUNK)))
        .tasks(|((weights, (first, second)), (gradient, frozen))| {
            let moments = first.iter_mut().zip(second);
            for ((w, (m, v)), (&g, &frozen)) in weights.iter_mut().zip(moments).zip(gradient.iter().zip(frozen)) {
                let moved = rule.moved(*w, *m, *v, g);
                [*w, *m, *v] = if frozen == 1.0 { [*w, *m, *v] } else { moved };
            }
        });
}

/// What an update is tried on: weights, both moments and the gradient, of equal length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tried<'a> {
    /// The weights.
    pub weights: &'a [f32],
    /// Running mean of the gradient.
    pub first: &'a [f32],
    /// Running mean of its square.
    pub second: &'a [f32],
    /// The gradient, not clipped.
    pub gradient: &'a [f32],
    /// 1 where weight and moments stay as they are, if anything does.
    pub frozen: Option<&'a [f32]>,
}

/// Whether [`update`] would write nothing larger than [`LARGEST`] and no NaN. What is frozen is not written.
#[multiversion(targets = "simd")]
pub fn is_finite(settings: &AdamW, tried: Tried<'_>, decays: bool, scale: f32) -> bool {
    let rule = Rule::of(settings, decays, scale);
    if let Some(frozen) = tried.frozen {
        let moments = tried.first.par_iter().zip(tried.second);
        let numbers = tried.weights.par_iter().zip(moments).zip(tried.gradient.par_iter().zip(frozen));
        return numbers.with_min_len(CHUNK).all(|((&w, (&m, &v)), (&g, &frozen))| {
            frozen == 1.0 || rule.moved(w, m, v, g).iter().all(|x| x.abs() <= LARGEST)
        });
    }
    tried
        .weights
        .par_chunks(CHUNK)
        .zip(tried.first.par_chunks(CHUNK).zip(tried.second.par_chunks(CHUNK)))
        .zip(tried.gradient.par_chunks(CHUNK))
        .all(|((weights, (first, second)), gradient)| {
            let mut all = true;
            for (((&w, &m), &v), &g) in weights.iter().zip(first).zip(second).zip(gradient) {
                // NaN is not smaller than anything.
                all &= rule.moved(w, m, v, g).iter().all(|x| x.abs() <= LARGEST);
            }
            all
        })
}
