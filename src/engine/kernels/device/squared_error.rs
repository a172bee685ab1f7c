//! Squared error with a weight for each position, on a graphics device: two launches forward, one backward.

use burn::backend::wgpu::CubeTensor;

use super::Kept;
use super::cross_entropy::MEAN;
use crate::engine::kernels::launch::{Shader, blank, groups_for, sizes, wgsl};

const FORWARD: Shader = Shader { name: "squared_error", text: wgsl!("squared_error"), group: [256, 1, 1], bindings: 5 };

const BACKWARD: Shader =
    Shader { name: "squared_error_gradient", text: wgsl!("squared_error_gradient"), group: [256, 1, 1], bindings: 7 };

pub(super) const SHADERS: [Shader; 2] = [FORWARD, BACKWARD];

/// Mean by `weights` `[T]` of the rows' squared errors, each averaged over its W numbers.
///
/// - `outputs`, `targets`: `[T, W]`
/// - returns `[1]`; keeps the sum of the weights, `[1]`
pub fn forward(outputs: &CubeTensor, targets: &CubeTensor, weights: &CubeTensor) -> (CubeTensor, Kept) {
    let [rows, width] = sizes(outputs)[..] else { unreachable!("positions and the numbers of each") };
    let losses = blank(outputs, &[rows]);
    let groups = groups_for(rows, FORWARD.group[0]);
    FORWARD.launch(&[outputs, targets, weights, &losses], &[rows as u32, width as u32], groups);
    let (loss, whole) = (blank(outputs, &[1]), blank(outputs, &[1]));
    MEAN.launch(&[&losses, weights, &loss, &whole], &[rows as u32], [1, 1, 1]);
    (loss, vec![whole])
}

/// Gradient of the outputs from that of the loss, `g` `[1]`.
pub fn backward(
    outputs: &CubeTensor,
    targets: &CubeTensor,
    weights: &CubeTensor,
    kept: &[CubeTensor],
    g: &CubeTensor,
) -> CubeTensor {
    let [rows, width] = sizes(outputs)[..] else { unreachable!("positions and the numbers of each") };
    let doutputs = blank(outputs, &[rows, width]);
    let groups = groups_for(rows * width, BACKWARD.group[0]);
    let buffers = [outputs, targets, weights, &kept[0], g, &doutputs];
    BACKWARD.launch(&buffers, &[rows as u32, width as u32], groups);
    doutputs
}
