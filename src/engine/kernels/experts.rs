//! Experts of a layer: their answers to the tokens sent to them, or of all of them to every token.
//!
//! g_i(x) = act(x·K_i + a_i)·V_i + c_i; the biases a and c are optional.

use burn::tensor::{Tensor, activation::relu};

use super::gelu;
use crate::domain::config::Activation;

/// The weights of the experts of one layer. The first axis of every tensor is the expert.
#[derive(Clone, Debug)]
pub struct ExpertWeights {
    /// `[N, D, H]`
    pub keys: Tensor<3>,
    /// `[N, H, D]`
    pub values: Tensor<3>,
    /// Biases of the hidden neurons `[N, H]` and of the answer `[N, D]`.
    pub biases: Option<(Tensor<2>, Tensor<2>)>,
    /// Between the two.
    pub activation: Activation,
}

/// `act(x)`, element by element.
pub fn activate<const R: usize>(activation: Activation, x: Tensor<R>) -> Tensor<R> {
    match activation {
        Activation::Relu => relu(x),
        Activation::Gelu => gelu(x),
    }
}

impl ExpertWeights {
    /// Every expert's answer to every token, unweighted: `[T, D]` to `[N, T, D]`. For looking at, not for training.
    pub fn answers(&self, x: Tensor<2>) -> Tensor<3> {
        let mut hidden = x.unsqueeze::<3>().matmul(self.keys.clone());
        if let Some((bias, _)) = &self.biases {
            hidden = hidden + bias.clone().unsqueeze_dim::<3>(1);
        }
        let answers = activate(self.activation, hidden).matmul(self.values.clone());
        match &self.biases {
            Some((_, bias)) => answers + bias.clone().unsqueeze_dim::<3>(1),
            None => answers,
        }
    }
}
