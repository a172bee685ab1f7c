//! AdamW over one flat vector of weights, in place and in one pass, on slices.

use multiversion::multiversion;
use rayon::prelude::*;

use super::lanes::dot;
use crate::kernels::AdamW;

/// Numbers one task takes; part of the numbers (the norm is added up chunk by chunk), so the same for any threads.
const CHUNK: usize = 1 << 14;

/// Σ g² over all parts.
#[multiversion(targets = "simd")]
pub fn squares(parts: &[&[f32]]) -> f64 {
    let chunks: Vec<&[f32]> = parts.iter().flat_map(|part| part.chunks(CHUNK)).collect();
    let sums: Vec<f64> = chunks.into_par_iter().map(|chunk| f64::from(dot(chunk, chunk))).collect();
    sums.iter().sum()
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
    let (b1, b2) = (settings.beta1 as f32, settings.beta2 as f32);
    let (c1, c2) = ((1.0 - settings.beta1) as f32, (1.0 - settings.beta2) as f32);
    let rate = (settings.learning_rate / settings.correction1) as f32;
    let unbias = (1.0 / settings.correction2) as f32;
    let epsilon = settings.epsilon as f32;
    let kept = if decays { (1.0 - settings.decay) as f32 } else { 1.0 };
    weights
        .par_chunks_mut(CHUNK)
        .zip(first.par_chunks_mut(CHUNK).zip(second.par_chunks_mut(CHUNK)))
        .zip(gradient.par_chunks(CHUNK))
        .for_each(|((weights, (first, second)), gradient)| {
            for (((w, m), v), &g) in weights.iter_mut().zip(first).zip(second).zip(gradient) {
                let g = g * scale;
                *m = *m * b1 + g * c1;
                *v = *v * b2 + g * g * c2;
                *w = *w * kept - *m / ((*v * unbias).sqrt() + epsilon) * rate;
            }
        });
}
