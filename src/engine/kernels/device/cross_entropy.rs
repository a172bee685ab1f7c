//! Softmax and cross-entropy in one, on a graphics device: two launches forward, one backward.

use burn::backend::wgpu::CubeTensor;

use super::Kept;
use super::softmax::ROWS;
use crate::engine::kernels::launch::{Shader, bits, blank, groups_for, sizes, wgsl};

const FORWARD: Shader = Shader {
    name: "cross_entropy",
    text: wgsl!("cross_entropy", "rows", "target_class", "finite"),
    group: [64, 1, 1],
    bindings: 6,
};

/// Mean of losses by weights, for any loss.
pub(super) const MEAN: Shader =
    Shader { name: "cross_entropy_mean", text: wgsl!("cross_entropy_mean"), group: [256, 1, 1], bindings: 5 };

const BACKWARD: Shader = Shader {
    name: "cross_entropy_gradient",
    text: wgsl!("cross_entropy_gradient", "target_class", "finite"),
    group: [256, 1, 1],
    bindings: 8,
};

pub(super) const SHADERS: [Shader; 3] = [FORWARD, MEAN, BACKWARD];

/// T and V as the shaders want them, and what they write where a target is no class.
fn numbers(rows: usize, width: usize) -> [u32; 3] {
    [rows as u32, width as u32, bits(f64::NAN)]
}

/// Mean of −ln softmax(logits)\[target\] over the tokens by their weights, in nats.
///
/// - `logits`: `[T, V]`; `targets`: `[T]`, whole numbers below V, anything else makes the mean NaN; `weights`: `[T]`, 0 where
///   a token is not scored
/// - returns `[1]`; keeps each row's largest logit and sum of exponentials, `[T, 2]`, and the sum of the weights, `[1]`
pub fn forward(logits: &CubeTensor, targets: &CubeTensor, weights: &CubeTensor) -> (CubeTensor, Kept) {
    let [rows, width] = sizes(logits)[..] else { unreachable!("tokens and the vocabulary") };
    let (scale, losses) = (blank(logits, &[rows, 2]), blank(logits, &[rows]));
    let groups = groups_for(rows.div_ceil(ROWS), 1);
    FORWARD.launch(&[logits, targets, weights, &scale, &losses], &numbers(rows, width), groups);
    let (loss, whole) = (blank(logits, &[1]), blank(logits, &[1]));
    MEAN.launch(&[&losses, weights, &loss, &whole], &[rows as u32], [1, 1, 1]);
    (loss, vec![scale, whole])
}

/// Gradient of the logits from that of the loss, `g` `[1]`.
pub fn backward(
    logits: &CubeTensor,
    targets: &CubeTensor,
    weights: &CubeTensor,
    kept: &[CubeTensor],
    g: &CubeTensor,
) -> CubeTensor {
    let [rows, width] = sizes(logits)[..] else { unreachable!("tokens and the vocabulary") };
    let [scale, whole] = kept else { unreachable!("scale and the sum of the weights") };
    let dlogits = blank(logits, &[rows, width]);
    let groups = groups_for(rows * width, BACKWARD.group[0]);
    BACKWARD.launch(&[logits, targets, weights, scale, whole, g, &dlogits], &numbers(rows, width), groups);
    dlogits
}
