//! Root-mean-square normalisation on a graphics device: one launch forward, two backward.

use burn::backend::wgpu::CubeTensor;

use crate::engine::kernels::launch::{Shader, blank, groups_for, sizes, wgsl};

const FORWARD: Shader = Shader { name: "rms_norm", text: wgsl!("rms_norm"), group: [64, 1, 1], bindings: 7 };

const BACKWARD: Shader =
    Shader { name: "rms_norm_gradient", text: wgsl!("rms_norm_gradient", "rows"), group: [64, 1, 1], bindings: 8 };

const COLUMNS: Shader = Shader { name: "column_sums", text: wgsl!("column_sums"), group: [64, 1, 1], bindings: 3 };

pub(super) const SHADERS: [Shader; 3] = [FORWARD, BACKWARD, COLUMNS];

/// Most groups of the backward pass: each leaves a part of the gain's gradient.
const PARTS: usize = 256;

/// Fewest rows of one of them.
const ROWS: usize = 8;

/// What a forward pass makes.
#[derive(Clone, Debug)]
pub(crate) struct DeviceNormed {
    /// x and what was added, if something was: `[T, D]`
    pub sum: Option<CubeTensor>,
    /// `[T, D]`
    pub y: CubeTensor,
    /// 1 ÷ √(mean x² + ε) of each row, `[T]`.
    pub inverse: CubeTensor,
}

/// y = x ÷ √(mean x² + `epsilon`) · gain, row by row, of x or of the sum of x and `added`.
///
/// - `x`, `added`: `[T, D]`; `gain`: `[D]`
pub fn forward(x: &CubeTensor, added: Option<&CubeTensor>, gain: &CubeTensor, epsilon: f32) -> DeviceNormed {
    let [rows, width] = sizes(x)[..] else { unreachable!("rows of a width") };
    let (y, inverse, nothing) = (blank(x, &[rows, width]), blank(x, &[rows]), blank(x, &[1]));
    let sum = added.map(|_| blank(x, &[rows, width]));
    let unwritten = blank(x, &[1]);
    let numbers = [rows as u32, width as u32, epsilon.to_bits(), u32::from(added.is_some())];
    let buffers = [x, added.unwrap_or(&nothing), gain, sum.as_ref().unwrap_or(&unwritten), &y, &inverse];
    FORWARD.launch(&buffers, &numbers, groups_for(rows, 1));
    DeviceNormed { sum, y, inverse }
}

/// Gradients of what was normalised, `x` `[T, D]`, and of the gain `[D]` from that of y, `g` `[T, D]`, and, if x was a
/// result as well, from its own, `direct` `[T, D]`.
pub fn backward(
    x: &CubeTensor,
    gain: &CubeTensor,
    inverse: &CubeTensor,
    g: &CubeTensor,
    direct: Option<&CubeTensor>,
) -> (CubeTensor, CubeTensor) {
    let [rows, width] = sizes(x)[..] else { unreachable!("rows of a width") };
    let each = rows.div_ceil(PARTS).max(ROWS);
    let groups = rows.div_ceil(each);
    let (dx, parts, dgain) = (blank(x, &[rows, width]), blank(x, &[groups, width]), blank(x, &[width]));
    let nothing = blank(x, &[1]);
    let numbers = [rows as u32, width as u32, each as u32, u32::from(direct.is_some())];
    let buffers = [x, gain, inverse, g, direct.unwrap_or(&nothing), &dx, &parts];
    BACKWARD.launch(&buffers, &numbers, [groups as u32, 1, 1]);
    COLUMNS.launch(&[&parts, &dgain], &[groups as u32, width as u32], groups_for(width, COLUMNS.group[0]));
    (dx, dgain)
}
