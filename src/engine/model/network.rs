//! The whole network, assembled from a flat vector of weights, and its forward pass.

use burn::tensor::{Int, Tensor};

use super::{Attention, ForwardInputs, ForwardSettings, LayerOutput, Mixture, Mode, Rotary, Router, moe_layer};
use crate::domain::config::{Activation, Config, Policy, VOCABULARY};
use crate::domain::state::{Layout, Slot};
use crate::engine::kernels::ExpertWeights;
use crate::engine::kernels::{activate, add_and_norm, embedding, linear, linear_by_rows, one_hot, rms_norm};

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
    Moe(Mixture),
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
    pub fn assemble(config: &Config, layout: &Layout, leaves: &[Tensor<1>]) -> Self {
        let model = &config.model;
        let mut next = Leaves { slots: layout.slots.iter().zip(leaves).peekable() };
        let embedding = next.take();
        let blocks = (0..model.layers)
            .map(|block| Block {
                attention_norm: next.take(),
                attention: Attention { qkv: next.take(), out: next.take(), heads: model.heads },
                feed_forward_norm: next.take(),
                feed_forward: if model.is_moe(block) {
                    FeedForward::Moe(next.mixture(model.activation))
                } else {
                    FeedForward::Dense { keys: next.take(), values: next.take(), activation: model.activation }
                },
            })
            .collect();
        Self { embedding, blocks, final_norm: next.take() }
    }

    /// Runs `tokens` (`[B, S]`, each a byte) through the network.
    ///
    /// `modes` says per layer with experts what it does, `orders` by which policy.
    pub fn forward(
        &self,
        tokens: Tensor<2, Int>,
        rotary: &Rotary,
        modes: &[Mode],
        orders: &ForwardSettings,
        extras: &ForwardInputs,
    ) -> Output {
        let [sequences, positions] = tokens.dims();
        let words = (orders.policy == Policy::StableMoe)
            .then(|| one_hot(tokens.clone().reshape([sequences * positions]), VOCABULARY));
        let mut x = embedding(tokens.reshape([sequences * positions]), self.embedding.clone());
        let (mut layers, mut entering) = (Vec::new(), Vec::new());
        // What the last block's feed-forward adds to x; the next norm does it.
        let mut pending: Option<Tensor<2>> = None;
        for block in &self.blocks {
            let gain = block.attention_norm.clone();
            let normed = match pending {
                None => rms_norm(x.clone(), gain),
                Some(y) => add_norm(&mut x, y, gain),
            };
            let attended = block.attention.attend(normed, sequences, rotary);
            let normed = add_norm(&mut x, attended, block.feed_forward_norm.clone());
            pending = Some(match &block.feed_forward {
                FeedForward::Moe(mixture) => {
                    entering.push(normed.clone());
                    let given = extras.of_layer(layers.len(), words.as_ref());
                    let output = moe_layer(mixture, normed, sequences, modes[layers.len()], orders, &given);
                    let y = output.y.clone();
                    layers.push(output);
                    y
                }
                FeedForward::Dense { keys, values, activation } => {
                    linear(activate(*activation, linear(normed, keys.clone())), values.clone())
                }
            });
        }
        let gain = self.final_norm.clone();
        let normed = match pending {
            None => rms_norm(x, gain),
            Some(y) => add_norm(&mut x, y, gain),
        };
        let logits = linear_by_rows(normed, self.embedding.clone());
        Output { logits, layers, entering }
    }
}

/// Adds `y` to `x` and gives back the norm of the sum: `[T, D]` each.
fn add_norm(x: &mut Tensor<2>, y: Tensor<2>, gain: Tensor<1>) -> Tensor<2> {
    let (sum, normed) = add_and_norm(x.clone(), y, gain);
    *x = sum;
    normed
}

/// The slots of a layout with their leaves, taken in order.
struct Leaves<'a, I: Iterator<Item = (&'a Slot, &'a Tensor<1>)>> {
    slots: std::iter::Peekable<I>,
}

impl<'a, I: Iterator<Item = (&'a Slot, &'a Tensor<1>)>> Leaves<'a, I> {
    fn take<const R: usize>(&mut self) -> Tensor<R> {
        let (slot, leaf) = self.slots.next().expect("a layout has a slot for every tensor of its network");
        let shape: [usize; R] = slot.shape.as_slice().try_into().expect("a slot has the rank of its tensor");
        leaf.clone().reshape(shape)
    }

    /// The next tensor if it is the part so called.
    fn part<const R: usize>(&mut self, name: &str) -> Option<Tensor<R>> {
        let is_next = self.slots.peek().is_some_and(|(slot, _)| slot.part() == name);
        is_next.then(|| self.take())
    }

    /// In the order of [`crate::domain::config::Config::parts_for`].
    fn mixture(&mut self, activation: Activation) -> Mixture {
        let (reduction, embeddings) = (self.part("router.reduction"), self.part("router.embeddings"));
        let weight = self.part("router.weight");
        let (light_words, light_experts) = (self.part("router.light_words"), self.part("router.light_experts"));
        let (noise, bias) = (self.part("router.noise"), self.part("router.bias"));
        let router = Router { weight, bias, reduction, embeddings, noise, light_words, light_experts };
        let mut experts = |keys: &str, values: &str, hidden: &str, answer: &str| {
            let (keys, values) = (self.part(keys)?, self.part(values)?);
            let biases = self.part(hidden).zip(self.part(answer));
            Some(ExpertWeights { keys, values, biases, activation })
        };
        Mixture {
            router,
            experts: experts("experts.keys", "experts.values", "experts.hidden_bias", "experts.answer_bias")
                .expect("a mixture has experts"),
            shared: experts("shared.keys", "shared.values", "shared.hidden_bias", "shared.answer_bias"),
        }
    }
}
