//! What is believed of the shader that marks the k largest; its launcher is `src/kernels/top_k.rs`.

use crate::kernels::launch::Shader;

/// One thread per score.
pub const SHADER: Shader =
    Shader { name: "top_k", text: include_str!("../../../shaders/top_k.wgsl"), group: [64, 1, 1], bindings: 3 };
