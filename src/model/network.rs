//! The whole network, assembled from a flat vector of weights, and its forward pass.

use burn::tensor::{Device, Int, Tensor};

use super::layout::Layout;
use super::{Attention, Experts, LayerOutput, LossWeights, Mode, Rotary, Router, moe_layer};
use crate::config::{Activation, ModelConfig};
use crate::kernels::{activate, embedding, linear, linear_by_rows, rms_norm};

/// A network ready to run. Its tensors are views of one flat vector; see [`Layout`].
#[derive(Clone, Debug)]
pub struct Network {
    /// Bytes in, and (tied) bytes out: `[256, D]`
    embedding: Tensor<2>,
    blocks: Vec<Block>,
    /// `[D]`
    final_norm: Tensor<1>,
}

/// x + attention(norm x), then x + feed-forward(norm x).
#[derive(Clone, Debug)]
struct Block {
    attention_norm: Tensor<1>,
    attention: Attention,
    feed_forward_norm: Tensor<1>,
    feed_forward: FeedForward,
}

/// What stands after attention in a block.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "one per block, and tensors are handles")]
enum FeedForward {
    Moe { router: Router, experts: Experts },
    Dense { keys: Tensor<2>, values: Tensor<2>, activation: Activation },
}

/// What a forward pass gives back.
#[derive(Clone, Debug)]
pub struct Output {
    /// `[T, 256]`
    pub logits: Tensor<2>,
    /// One per layer with experts.
    pub layers: Vec<LayerOutput>,
    /// Hidden states entering each layer with experts, after their norm: `[T, D]` each.
    pub entering: Vec<Tensor<2>>,
}

impl Network {
    /// Assembles the network from its leaves, one flat tensor per slot of the layout, in order.
    pub fn assemble(config: &ModelConfig, layout: &Layout, leaves: &[Tensor<1>]) -> Self {
        let mut next = layout.slots.iter().zip(leaves).map(|(slot, leaf)| (slot.shape.as_slice(), leaf.clone()));
        let mut take = || next.next().expect("a layout has a slot for every tensor of its network");
        fn shaped<const R: usize>((shape, leaf): (&[usize], Tensor<1>)) -> Tensor<R> {
            let shape: [usize; R] = shape.try_into().expect("a slot has the rank of its tensor");
            leaf.reshape(shape)
        }
        let embedding = shaped(take());
        let blocks = (0..config.layers)
            .map(|block| Block {
                attention_norm: shaped(take()),
                attention: Attention { qkv: shaped(take()), out: shaped(take()), heads: config.heads },
                feed_forward_norm: shaped(take()),
                feed_forward: if config.is_moe(block) {
                    let router = Router { weight: shaped(take()), form: config.router };
                    let (keys, values) = (shaped(take()), shaped(take()));
                    FeedForward::Moe {
                        router,
                        experts: Experts { keys, values, biases: None, activation: config.activation },
                    }
                } else {
                    FeedForward::Dense { keys: shaped(take()), values: shaped(take()), activation: config.activation }
                },
            })
            .collect();
        Self { embedding, blocks, final_norm: shaped(take()) }
    }

    /// Runs `tokens` (`[B, S]`, each a byte) through the network.
    ///
    /// `modes` says per layer with experts what it does; `k` how many experts answer a token.
    pub fn forward(
        &self,
        tokens: Tensor<2, Int>,
        rotary: &Rotary,
        modes: &[Mode],
        k: usize,
        weights: &LossWeights,
    ) -> Output {
        let [sequences, positions] = tokens.dims();
        let mut x = embedding(tokens.reshape([sequences * positions]), self.embedding.clone());
        let (mut layers, mut entering) = (Vec::new(), Vec::new());
        for block in &self.blocks {
            let normed = rms_norm(x.clone(), block.attention_norm.clone());
            x = x + block.attention.attend(normed, sequences, rotary);
            let normed = rms_norm(x.clone(), block.feed_forward_norm.clone());
            let y = match &block.feed_forward {
                FeedForward::Moe { router, experts } => {
                    entering.push(normed.clone());
                    let mode = modes[layers.len()];
                    let output = moe_layer(router, experts, normed, sequences, k, mode, weights);
                    let y = output.y.clone();
                    layers.push(output);
                    y
                }
                FeedForward::Dense { keys, values, activation } => {
                    linear(activate(*activation, linear(normed, keys.clone())), values.clone())
                }
            };
            x = x + y;
        }
        let x = rms_norm(x, self.final_norm.clone());
        let logits = linear_by_rows(x, self.embedding.clone());
        Output { logits, layers, entering }
    }

    /// Where its tensors live.
    pub fn device(&self) -> Device {
        self.embedding.device()
    }
}
