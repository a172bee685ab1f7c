//! Softmax over rows, masked or not, on a graphics device: one launch each way.

use burn::backend::wgpu::CubeTensor;

use crate::engine::kernels::launch::{Shader, blank, groups_for, sizes, wgsl};

const FORWARD: Shader = Shader { name: "softmax", text: wgsl!("softmax", "rows"), group: [64, 1, 1], bindings: 4 };

const BACKWARD: Shader =
    Shader { name: "softmax_gradient", text: wgsl!("softmax_gradient", "rows"), group: [64, 1, 1], bindings: 4 };

const CHOOSE: Shader =
    Shader { name: "choose", text: wgsl!("choose", "order", "rows"), group: [64, 1, 1], bindings: 4 };

pub(super) const SHADERS: [Shader; 3] = [FORWARD, BACKWARD, CHOOSE];

/// Rows a group of these and the like shaders works on at a time.
pub(super) const ROWS: usize = 4;

/// Softmax over the marked entries of each row of `scores` `[T, N]`, or over all; 0 elsewhere. A row without a mark, or
/// whose marked scores are all −∞, is all 0.
pub fn forward(scores: &CubeTensor, mask: Option<&CubeTensor>) -> CubeTensor {
    let [rows, width] = sizes(scores)[..] else { unreachable!("rows of a width") };
    let (p, nothing) = (blank(scores, &[rows, width]), blank(scores, &[1]));
    let numbers = [rows as u32, width as u32, u32::from(mask.is_some())];
    FORWARD.launch(&[scores, mask.unwrap_or(&nothing), &p], &numbers, groups_for(rows.div_ceil(ROWS), 1));
    p
}

/// Softmax over the k largest of each row of `z` `[T, N]`, 0 elsewhere, and those as ones; one launch.
pub fn choose(z: &CubeTensor, k: usize) -> [CubeTensor; 2] {
    let [rows, width] = sizes(z)[..] else { unreachable!("rows of a width") };
    let (picks, shares) = (blank(z, &[rows, width]), blank(z, &[rows, width]));
    CHOOSE.launch(&[z, &picks, &shares], &[rows as u32, width as u32, k as u32], groups_for(rows.div_ceil(ROWS), 1));
    [shares, picks]
}

/// Gradient of the scores from the softmax `p` and its gradient `g`, `[T, N]` each.
pub fn backward(p: &CubeTensor, g: &CubeTensor) -> CubeTensor {
    let [rows, width] = sizes(p)[..] else { unreachable!("rows of a width") };
    let scores = blank(p, &[rows, width]);
    BACKWARD.launch(&[p, g, &scores], &[rows as u32, width as u32], groups_for(rows.div_ceil(ROWS), 1));
    scores
}
