//! Block of the network: attention if positions may look at each other, then a mixture of experts or a dense feed-forward.

mod attention;

use burn::tensor::Tensor;

pub use attention::Rotary;

pub(crate) use attention::Attention;

use super::Mixture;
use crate::domain::config::Activation;
use crate::engine::kernels::{activate, add_and_norm, linear, rms_norm};

/// x + attention(norm x) where there is attention, then x + feed-forward(norm x).
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// With the gain of its norm, `[D]`.
    pub attention: Option<(Tensor<1>, Attention)>,
    /// Gain, `[D]`.
    pub feed_forward_norm: Tensor<1>,
    pub feed_forward: FeedForward,
}

/// What stands after attention in a block.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "one per block, and tensors are handles")]
pub(super) enum FeedForward {
    Moe(Mixture),
    Dense(Dense),
}

/// A feed-forward that all tokens share.
#[derive(Clone, Debug)]
pub(super) struct Dense {
    /// `[D, F]`
    pub keys: Tensor<2>,
    /// `[F, D]`
    pub values: Tensor<2>,
    pub activation: Activation,
}

impl Dense {
    /// `[T, D]` to `[T, D]`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        linear(activate(self.activation, linear(x, self.keys.clone())), self.values.clone())
    }
}

impl Block {
    /// What enters the feed-forward: `[T, D]`. `x` is the residual stream, and `pending` what the block before adds to it.
    pub(crate) fn attend(
        &self,
        x: &mut Tensor<2>,
        pending: Option<Tensor<2>>,
        sequences: usize,
        rotary: &Rotary,
    ) -> Tensor<2> {
        let pending = match &self.attention {
            Some((gain, attention)) => {
                let normed = add_norm(x, pending, gain.clone());
                Some(attention.attend(normed, sequences, rotary))
            }
            None => pending,
        };
        add_norm(x, pending, self.feed_forward_norm.clone())
    }
}

/// Adds `y`, if there is one, to `x` and gives back the norm of the sum: `[T, D]` each.
pub(super) fn add_norm(x: &mut Tensor<2>, y: Option<Tensor<2>>, gain: Tensor<1>) -> Tensor<2> {
    let Some(y) = y else { return rms_norm(x.clone(), gain) };
    let (sum, normed) = add_and_norm(x.clone(), y, gain);
    *x = sum;
    normed
}
