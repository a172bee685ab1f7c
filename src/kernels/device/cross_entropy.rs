//! Softmax and cross-entropy in one, on a graphics device: two launches forward, one backward.

use burn::backend::wgpu::CubeTensor;

use super::Kept;
use super::softmax::ROWS;
use crate::kernels::launch::{Shader, blank, groups_for, sizes};

const FORWARD: Shader = Shader {
    name: "cross_entropy",
    text: include_str!("../../../shaders/cross_entropy.wgsl"),
    group: [64, 1, 1],
    bindings: 5,
};

const TOTAL: Shader =
    Shader { name: "total", text: include_str!("../../../shaders/total.wgsl"), group: [256, 1, 1], bindings: 3 };

const BACKWARD: Shader = Shader {
    name: "cross_entropy_gradient",
    text: include_str!("../../../shaders/cross_entropy_gradient.wgsl"),
    group: [256, 1, 1],
    bindings: 6,
};

pub(super) const SHADERS: [Shader; 3] = [FORWARD, TOTAL, BACKWARD];

/// Mean of −ln softmax(logits)\[target\] over the tokens, in nats.
///
/// - `logits`: `[T, V]`; `targets`: `[T]`, whole numbers below V (a larger one counts as V − 1)
/// - returns `[1]`; keeps each row's largest logit and sum of exponentials, `[T, 2]`
pub fn forward(logits: &CubeTensor, targets: &CubeTensor) -> (CubeTensor, Kept) {
    let [rows, width] = sizes(logits)[..] else { unreachable!("tokens and the vocabulary") };
    let (scale, losses) = (blank(logits, &[rows, 2]), blank(logits, &[rows]));
    let numbers = [rows as u32, width as u32];
    FORWARD.launch(&[logits, targets, &scale, &losses], &numbers, groups_for(rows.div_ceil(ROWS), 1));
    let loss = blank(logits, &[1]);
    let share = (1.0 / rows as f64) as f32;
    TOTAL.launch(&[&losses, &loss], &[rows as u32, share.to_bits()], [1, 1, 1]);
    (loss, vec![scale])
}

/// Gradient of the logits from that of the loss, `g` `[1]`.
pub fn backward(logits: &CubeTensor, targets: &CubeTensor, kept: &[CubeTensor], g: &CubeTensor) -> CubeTensor {
    let [rows, width] = sizes(logits)[..] else { unreachable!("tokens and the vocabulary") };
    let dlogits = blank(logits, &[rows, width]);
    let groups = groups_for(rows * width, BACKWARD.group[0]);
    BACKWARD.launch(&[logits, targets, &kept[0], g, &dlogits], &[rows as u32, width as u32], groups);
    dlogits
}
