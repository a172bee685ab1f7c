//! Experts in plain loops, f64.

use burn::tensor::Tensor;
use moe_arena::domain::config::Activation;
use moe_arena::engine::kernels::ExpertWeights;

use super::{Input, gelu, input, relu};

/// Sizes and kind of a layer of experts.
#[derive(Clone, Copy, Debug)]
pub struct Layer {
    pub tokens: usize,
    pub experts: usize,
    pub width: usize,
    pub hidden: usize,
    pub k: usize,
    pub activation: Activation,
    pub biases: bool,
}

impl Layer {
    pub const fn new([tokens, experts, width, hidden, k]: [usize; 5], activation: Activation, biases: bool) -> Self {
        Self { tokens, experts, width, hidden, k, activation, biases }
    }

    /// x, keys, values and, if there are any, biases.
    pub fn inputs(&self) -> Vec<Input> {
        let (n, d, h) = (self.experts, self.width, self.hidden);
        let mut inputs = vec![
            input("x", self.tokens * d, 1.0, 1),
            input("keys", n * d * h, (d as f64).powf(-0.5), 2),
            input("values", n * h * d, 1.5 * (h as f64).powf(-0.5), 3),
        ];
        if self.biases {
            inputs.extend([input("hidden biases", n * h, 0.3, 4), input("answer biases", n * d, 0.3, 5)]);
        }
        inputs
    }

    /// The experts of `inputs`, as tensors.
    pub fn weights(&self, inputs: &[Tensor<1>]) -> ExpertWeights {
        let (n, d, h) = (self.experts, self.width, self.hidden);
        let biases = self.biases.then(|| (inputs[3].clone().reshape([n, h]), inputs[4].clone().reshape([n, d])));
        ExpertWeights {
            keys: inputs[1].clone().reshape([n, d, h]),
            values: inputs[2].clone().reshape([n, h, d]),
            biases,
            activation: self.activation,
        }
    }

    /// Expert `e`'s answer to token `t`.
    pub fn answer(&self, inputs: &[Vec<f64>], t: usize, e: usize) -> Vec<f64> {
        let (d, h) = (self.width, self.hidden);
        let act = match self.activation {
            Activation::Relu => relu,
            Activation::Gelu => gelu,
        };
        let bias = |of: usize, i: usize, len: usize| if self.biases { inputs[of][e * len + i] } else { 0.0 };
        let hidden: Vec<f64> = (0..h)
            .map(|j| {
                let sum: f64 = (0..d).map(|i| inputs[0][t * d + i] * inputs[1][(e * d + i) * h + j]).sum();
                act(sum + bias(3, j, h))
            })
            .collect();
        (0..d)
            .map(|i| (0..h).map(|j| hidden[j] * inputs[2][(e * h + j) * d + i]).sum::<f64>() + bias(4, i, d))
            .collect()
    }
}
