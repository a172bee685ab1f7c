//! Puts vectors behind each other, six a launch.

use burn::backend::wgpu::CubeTensor;

use crate::engine::kernels::launch::{Shader, blank, groups_for, sizes, wgsl};

/// One thread per number.
const JOIN: Shader = Shader { name: "join", text: wgsl!("join"), group: [256, 1, 1], bindings: 8 };

pub(super) const SHADERS: [Shader; 1] = [JOIN];

/// Vectors one launch takes.
const AT_ONCE: usize = 6;

/// All `parts`, `[n]` each, in their order.
pub fn join(parts: &[CubeTensor]) -> CubeTensor {
    let lengths: Vec<usize> = parts.iter().map(|part| sizes(part).iter().product()).collect();
    let out = blank(&parts[0], &[lengths.iter().sum()]);
    let nothing = blank(&parts[0], &[1]);
    let mut first = 0;
    for (parts, lengths) in parts.chunks(AT_ONCE).zip(lengths.chunks(AT_ONCE)) {
        let mut buffers: Vec<&CubeTensor> = parts.iter().collect();
        buffers.resize(AT_ONCE, &nothing);
        buffers.push(&out);
        let mut numbers: Vec<u32> = lengths.iter().map(|&n| n as u32).collect();
        numbers.resize(AT_ONCE, 0);
        numbers.push(first as u32);
        let len: usize = lengths.iter().sum();
        JOIN.launch(&buffers, &numbers, groups_for(len, JOIN.group[0]));
        first += len;
    }
    out
}
