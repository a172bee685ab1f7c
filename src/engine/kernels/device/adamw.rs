//! One AdamW step over the whole network as a flat vector: clipped, and skipped if anything is not finite. 4 launches, and
//! one more where it cannot be told beforehand that what would be written is.

use burn::backend::wgpu::CubeTensor;

/// The settings of one step.
pub use crate::engine::kernels::AdamW as Numbers;
use crate::engine::kernels::adamw::LARGEST;
use crate::engine::kernels::launch::{Shader, bits, blank, groups_for, sizes, wgsl};

const SQUARES: Shader =
    Shader { name: "square_sums", text: wgsl!("square_sums", "group_sum"), group: [256, 1, 1], bindings: 5 };

const TRIAL: Shader =
    Shader { name: "adamw_trial", text: wgsl!("adamw_trial", "group_sum"), group: [256, 1, 1], bindings: 8 };

const MOMENTS: Shader = Shader {
    name: "adamw_moments",
    text: wgsl!("adamw_moments", "group_sum", "finite"),
    group: [256, 1, 1],
    bindings: 8,
};

const WEIGHTS: Shader = Shader {
    name: "adamw_weights",
    text: wgsl!("adamw_weights", "group_sum", "finite"),
    group: [256, 1, 1],
    bindings: 8,
};

const OUTCOME: Shader = Shader {
    name: "adamw_outcome",
    text: wgsl!("adamw_outcome", "group_sum", "finite"),
    group: [256, 1, 1],
    bindings: 4,
};

pub(super) const SHADERS: [Shader; 5] = [SQUARES, TRIAL, MOMENTS, WEIGHTS, OUTCOME];

/// Parts the sum of squares comes in: as many as the shaders that add them up have threads.
const PARTS: usize = 256;

/// Numbers a thread of the update works on.
const EACH: usize = 4;

/// What a step leaves.
#[derive(Clone, Debug)]
pub(crate) struct Updated {
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

/// What goes into a step.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    /// `[P]`
    pub weights: &'a CubeTensor,
    /// `[P]`, not clipped.
    pub gradient: &'a CubeTensor,
    /// First moment, `[P]`.
    pub first: &'a CubeTensor,
    /// Second moment, `[P]`.
    pub second: &'a CubeTensor,
    /// 1 where weight decay applies, else 0: `[P]`.
    pub decaying: &'a CubeTensor,
    /// 1 where weight and moments stay as they are, else 0: `[P]`; `None` if nothing is frozen.
    pub frozen: Option<&'a CubeTensor>,
    /// The loss, `[1]`.
    pub total: &'a CubeTensor,
    /// 1 if every step so far was finite, else 0: `[1]`.
    pub alive: &'a CubeTensor,
}

/// One step; if the loss, the gradient's length, an earlier step or anything it would write is not finite, nothing changes.
/// What it would write is looked at unless it is `sure` to be finite ([`Numbers::surely_finite`]).
pub fn update(before: Before<'_>, numbers: Numbers, sure: bool) -> Updated {
    let Before { weights, gradient, first, second, decaying, frozen, total, alive } = before;
    let [len] = sizes(weights)[..] else { unreachable!("a flat vector") };
    let parts = blank(weights, &[PARTS + 2]);
    SQUARES.launch(&[gradient, total, alive, &parts], &[len as u32], [PARTS as u32, 1, 1]);
    let groups = groups_for(len.div_ceil(EACH), MOMENTS.group[0]);
    // A shader binds all its buffers: where nothing is frozen this one is not read.
    let (mask, masked) = (frozen.unwrap_or(alive), u32::from(frozen.is_some()));
    if !sure {
        let buffers = [weights, gradient, first, second, decaying, mask, &parts];
        TRIAL.launch(&buffers, &trial_settings(len, &numbers, masked), groups);
    }
    let vector = || blank(weights, &[len]);
    let (new_first, new_second, new_weights) = (vector(), vector(), vector());
    let n = numbers;
    let [beta1, beta2] = [n.beta1, n.beta2];
    let settings =
        [len as u32, bits(n.clip_norm), bits(beta1), bits(1.0 - beta1), bits(beta2), bits(1.0 - beta2), masked];
    MOMENTS.launch(&[gradient, first, second, mask, &parts, &new_first, &new_second], &settings, groups);
    let settings = [len as u32, bits(n.rate()), bits(n.correction2), bits(n.epsilon), bits(n.decay), masked];
    WEIGHTS.launch(&[weights, &new_first, &new_second, decaying, mask, &parts, &new_weights], &settings, groups);
    let (norm, new_alive) = (blank(weights, &[1]), blank(weights, &[1]));
    OUTCOME.launch(&[&parts, &norm, &new_alive], &[PARTS as u32], [1, 1, 1]);
    Updated { weights: new_weights, first: new_first, second: new_second, norm, alive: new_alive }
}

fn trial_settings(len: usize, n: &Numbers, masked: u32) -> [u32; 12] {
    let moments = [n.clip_norm, n.beta1, 1.0 - n.beta1, n.beta2, 1.0 - n.beta2].map(bits);
    let weights = [n.rate(), n.correction2, n.epsilon, n.decay, f64::from(LARGEST)].map(bits);
    let mut settings = [len as u32; 12];
    settings[1..6].copy_from_slice(&moments);
    settings[6..11].copy_from_slice(&weights);
    settings[11] = masked;
    settings
}
