//! Root-mean-square normalisation on a graphics device: one launch forward, two backward.

use burn::backend::wgpu::CubeTensor;

use crate::kernels::launch::{Shader, blank, groups_for, sizes};

const FORWARD: Shader =
    Shader { name: "rms_norm", text: include_str!("../../../shaders/rms_norm.wgsl"), group: [64, 1, 1], bindings: 5 };

const BACKWARD: Shader = Shader {
    name: "rms_norm_gradient",
    text: include_str!("../../../shaders/rms_norm_gradient.wgsl"),
    group: [64, 1, 1],
    bindings: 7,
};

const COLUMNS: Shader = Shader {
    name: "column_sums",
    text: include_str!("../../../shaders/column_sums.wgsl"),
    group: [64, 1, 1],
    bindings: 3,
};

pub(super) const SHADERS: [Shader; 3] = [FORWARD, BACKWARD, COLUMNS];

/// Most groups of the backward pass: each leaves a part of the gain's gradient.
const PARTS: usize = 256;

/// Fewest rows of one of them.
const ROWS: usize = 8;

/// y = x ÷ √(mean x² + `epsilon`) · gain, row by row; also 1 ÷ √(…) of each row.
///
/// - `x`: `[T, D]`; `gain`: `[D]`
/// - returns `[T, D]` and `[T]`
pub fn forward(x: &CubeTensor, gain: &CubeTensor, epsilon: f32) -> (CubeTensor, CubeTensor) {
    let [rows, width] = sizes(x)[..] else { unreachable!("rows of a width") };
    let (y, inverse) = (blank(x, &[rows, width]), blank(x, &[rows]));
    let numbers = [rows as u32, width as u32, epsilon.to_bits()];
    FORWARD.launch(&[x, gain, &y, &inverse], &numbers, groups_for(rows, 1));
    (y, inverse)
}

/// Gradients of x `[T, D]` and gain `[D]` from that of y, `g` `[T, D]`.
pub fn backward(x: &CubeTensor, gain: &CubeTensor, inverse: &CubeTensor, g: &CubeTensor) -> (CubeTensor, CubeTensor) {
    let [rows, width] = sizes(x)[..] else { unreachable!("rows of a width") };
    let each = rows.div_ceil(PARTS).max(ROWS);
    let groups = rows.div_ceil(each);
    let (dx, parts, dgain) = (blank(x, &[rows, width]), blank(x, &[groups, width]), blank(x, &[width]));
    let numbers = [rows as u32, width as u32, each as u32];
    BACKWARD.launch(&[x, gain, inverse, g, &dx, &parts], &numbers, [groups as u32, 1, 1]);
    COLUMNS.launch(&[&parts, &dgain], &[groups as u32, width as u32], groups_for(width, COLUMNS.group[0]));
    (dx, dgain)
}
