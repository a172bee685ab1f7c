//! Counts the marks in the columns of masks, six masks a launch.

use burn::backend::wgpu::CubeTensor;

use crate::engine::kernels::launch::{Shader, blank, groups_for, sizes, wgsl};

/// One group per mask and column.
const TALLIES: Shader = Shader { name: "tallies", text: wgsl!("tallies"), group: [256, 1, 1], bindings: 8 };

pub(super) const SHADERS: [Shader; 1] = [TALLIES];

/// Masks one launch takes.
const AT_ONCE: usize = 6;

/// Marked rows of each column of each of `masks`, `[T, N]`: `[masks · N]`
pub fn tallies(masks: &[CubeTensor]) -> CubeTensor {
    let [rows, width] = sizes(&masks[0])[..] else { unreachable!("tokens and experts") };
    let counts = blank(&masks[0], &[masks.len() * width]);
    let nothing = blank(&masks[0], &[1]);
    for (number, masks) in masks.chunks(AT_ONCE).enumerate() {
        let mut buffers: Vec<&CubeTensor> = masks.iter().collect();
        buffers.resize(AT_ONCE, &nothing);
        buffers.push(&counts);
        let numbers = [rows as u32, width as u32, masks.len() as u32, (number * AT_ONCE) as u32];
        TALLIES.launch(&buffers, &numbers, groups_for(masks.len() * width, 1));
    }
    counts
}
