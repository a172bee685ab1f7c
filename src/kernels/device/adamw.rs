//! One AdamW step over the whole network as a flat vector: clipped, and skipped if anything is not finite. 3 launches.

use burn::backend::wgpu::CubeTensor;

/// The settings of one step.
pub use crate::kernels::AdamW as Numbers;
use crate::kernels::launch::{Shader, blank, groups_for, sizes};

const SQUARES: Shader = Shader {
    name: "square_sums",
    text: include_str!("../../../shaders/square_sums.wgsl"),
    group: [256, 1, 1],
    bindings: 5,
};

const MOMENTS: Shader = Shader {
    name: "adamw_moments",
    text: include_str!("../../../shaders/adamw_moments.wgsl"),
    group: [256, 1, 1],
    bindings: 8,
};

const WEIGHTS: Shader = Shader {
    name: "adamw_weights",
    text: include_str!("../../../shaders/adamw_weights.wgsl"),
    group: [256, 1, 1],
    bindings: 8,
};

pub(super) const SHADERS: [Shader; 3] = [SQUARES, MOMENTS, WEIGHTS];

/// Parts the sum of squares comes in: as many as the shaders that add them up have threads.
const PARTS: usize = 256;

/// Numbers a thread of the update works on.
const EACH: usize = 4;

/// What a step leaves.
#[derive(Clone, Debug)]
pub struct Updated {
    /// `[P]`
    pub weights: CubeTensor,
    /// First moment, `[P]`.
    pub first: CubeTensor,
    /// Second moment, `[P]`.
    pub second: CubeTensor,
    /// Length of the gradient before clipping, `[1]`.
    pub norm: CubeTensor,
    /// 1 if every step so far and this one were finite, else 0: `[1]`.
    pub alive: CubeTensor,
}

/// One step; if the loss `total`, the gradient's length or an earlier step was not finite, nothing changes.
///
/// - `weights`, `gradient`, `first`, `second`, `decaying` (1 where weight decay applies, else 0): `[P]`
/// - `total`, `alive`: `[1]`
#[expect(clippy::too_many_arguments, reason = "the inputs of one operation")]
pub fn update(
    weights: &CubeTensor,
    gradient: &CubeTensor,
    first: &CubeTensor,
    second: &CubeTensor,
    decaying: &CubeTensor,
    total: &CubeTensor,
    alive: &CubeTensor,
    numbers: Numbers,
) -> Updated {
    let [len] = sizes(weights)[..] else { unreachable!("a flat vector") };
    let parts = blank(weights, &[PARTS + 2]);
    SQUARES.launch(&[gradient, total, alive, &parts], &[len as u32], [PARTS as u32, 1, 1]);
    let bits = |number: f64| (number as f32).to_bits();
    let groups = groups_for(len.div_ceil(EACH), MOMENTS.group[0]);
    let vector = || blank(weights, &[len]);
    let (new_first, new_second, norm) = (vector(), vector(), blank(weights, &[1]));
    let n = numbers;
    let settings =
        [len as u32, bits(n.clip_norm), bits(n.beta1), bits(1.0 - n.beta1), bits(n.beta2), bits(1.0 - n.beta2)];
    MOMENTS.launch(&[gradient, first, second, &parts, &new_first, &new_second, &norm], &settings, groups);
    let (new_weights, new_alive) = (vector(), blank(weights, &[1]));
    let settings =
        [len as u32, bits(n.learning_rate / n.correction1), bits(n.correction2), bits(n.epsilon), bits(n.decay)];
    let buffers = [weights, &new_first, &new_second, decaying, &parts, &new_weights, &new_alive];
    WEIGHTS.launch(&buffers, &settings, groups);
    Updated { weights: new_weights, first: new_first, second: new_second, norm, alive: new_alive }
}
