//! The whole network, assembled from a flat vector of weights, and its forward pass.

use burn::tensor::Tensor;

use super::block::{Block, Dense, FeedForward, add_norm};
use super::{
    Attention, ForwardInputs, ForwardSettings, Head, LayerOutput, Mixture, Mode, NetworkInput, Rotary, Router,
    moe_layer,
};
use crate::domain::config::{Activation, ModelSpec, Policy};
use crate::domain::state::{Layout, Slot};
use crate::engine::kernels::ExpertWeights;

/// A network ready to run. Its tensors are views of one flat vector; see [`Layout`].
#[derive(Clone, Debug)]
pub struct Network {
    /// Of ids, or of the numbers of a position: `[rows, D]`
    embedding: Tensor<2>,
    body: Body,
    head: Head,
}

/// What stands between embedding and head.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "one per network, and tensors are handles")]
enum Body {
    /// Blocks, and the gain of the last norm, `[D]`.
    Blocks(Vec<Block>, Tensor<1>),
    /// One mixture alone.
    Bare(Mixture),
}

/// What a forward pass gives back.
#[derive(Clone, Debug)]
pub struct Output {
    /// Logits of the classes, or predicted numbers: `[T, outputs]`
    pub logits: Tensor<2>,
    /// One per layer with experts.
    pub layers: Vec<LayerOutput>,
    /// Hidden states entering each layer with experts, after their norm: `[T, D]` each.
    pub entering: Vec<Tensor<2>>,
}

impl Network {
    /// Assembles the network of `spec` from its leaves, one flat tensor per slot of the layout, in order.
    pub fn assemble(spec: &ModelSpec, layout: &Layout, leaves: &[Tensor<1>]) -> Self {
        let model = &spec.model;
        let mut next = Leaves { slots: layout.slots.iter().zip(leaves).peekable() };
        let embedding = next.take();
        let body = if spec.is_bare() {
            Body::Bare(next.mixture(model.activation))
        } else {
            let blocks = (0..model.layers).map(|block| next.block(spec, block)).collect();
            Body::Blocks(blocks, next.take())
        };
        let head = if spec.ties_head() {
            Head::Tied(embedding.clone())
        } else {
            Head::Own { weight: next.take(), bias: next.take() }
        };
        Self { embedding, body, head }
    }

    /// The mixtures of the layers with experts, in order.
    pub(crate) fn mixtures(&self) -> Vec<&Mixture> {
        match &self.body {
            Body::Bare(mixture) => vec![mixture],
            Body::Blocks(blocks, _) => {
                let mixtures = blocks.iter().filter_map(|block| match &block.feed_forward {
                    FeedForward::Moe(mixture) => Some(mixture),
                    FeedForward::Dense(_) => None,
                });
                mixtures.collect()
            }
        }
    }

    /// Runs `input` through the network.
    ///
    /// `modes` says per layer with experts what it does, `orders` by which policy.
    pub fn forward(
        &self,
        input: NetworkInput,
        rotary: &Rotary,
        modes: &[Mode],
        orders: &ForwardSettings,
        extras: &ForwardInputs,
    ) -> Output {
        let [sequences, _] = input.sizes();
        let words = (orders.policy == Policy::StableMoe).then(|| input.rows(self.embedding.dims()[0]));
        let mut x = input.embed(self.embedding.clone());
        let (mut layers, mut entering) = (Vec::new(), Vec::new());
        let mut mixed = |mixture: &Mixture, states: Tensor<2>| {
            entering.push(states.clone());
            let given = extras.of_layer(layers.len(), words.as_ref());
            let output = moe_layer(mixture, states, sequences, modes[layers.len()], orders, &given);
            let y = output.y.clone();
            layers.push(output);
            y
        };
        let hidden = match &self.body {
            Body::Bare(mixture) => mixed(mixture, x),
            Body::Blocks(blocks, final_norm) => {
                // What the last block's feed-forward adds to x; the next norm does it.
                let mut pending: Option<Tensor<2>> = None;
                for block in blocks {
                    let normed = block.attend(&mut x, pending, sequences, rotary);
                    pending = Some(match &block.feed_forward {
                        FeedForward::Moe(mixture) => mixed(mixture, normed),
                        FeedForward::Dense(dense) => dense.forward(normed),
                    });
                }
                add_norm(&mut x, pending, final_norm.clone())
            }
        };
        Output { logits: self.head.outputs(hidden), layers, entering }
    }
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

    fn block(&mut self, spec: &ModelSpec, block: usize) -> Block {
        let model = &spec.model;
        Block {
            attention: spec.attends().then(|| {
                let gain = self.take();
                (gain, Attention { qkv: self.take(), out: self.take(), heads: model.heads })
            }),
            feed_forward_norm: self.take(),
            feed_forward: if model.is_moe(block) {
                FeedForward::Moe(self.mixture(model.activation))
            } else {
                FeedForward::Dense(Dense { keys: self.take(), values: self.take(), activation: model.activation })
            },
        }
    }

    /// In the order of [`crate::domain::config::ModelSpec::parts_for`].
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
