//! Top-k shader: the declaration that tests hold against its text; its launcher is `src/engine/kernels/top_k.rs`.

use crate::engine::kernels::launch::{Shader, wgsl};

/// One thread per score.
pub(crate) const SHADER: Shader =
    Shader { name: "top_k", text: wgsl!("top_k", "order"), group: [64, 1, 1], bindings: 3 };
