//! The shader that marks the k largest, as declared to the tests; its launcher is `src/engine/kernels/top_k.rs`.

use crate::engine::kernels::launch::{Shader, wgsl};

/// One thread per score.
pub const SHADER: Shader = Shader { name: "top_k", text: wgsl!("top_k", "order"), group: [64, 1, 1], bindings: 3 };
