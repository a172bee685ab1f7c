//! The experts of one layer, stacked: g_i(x) = act(x·K_i)·V_i, without biases.

use burn::tensor::{Tensor, activation::relu};

use crate::config::Activation;
use crate::kernels::gelu;

/// All experts of one layer. The first axis of every tensor is the expert.
#[derive(Clone, Debug)]
pub struct Experts {
    /// `[N, D, H]`
    pub keys: Tensor<3>,
    /// `[N, H, D]`
    pub values: Tensor<3>,
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

impl Experts {
    /// What every expert's hidden neurons say: `[T, D]` to `[T, N, H]`. One matrix product for all experts.
    fn hidden(&self, x: Tensor<2>) -> Tensor<3> {
        let [experts, width, hidden] = self.keys.dims();
        let [tokens, _] = x.dims();
        let keys = self.keys.clone().permute([1, 0, 2]).reshape([width, experts * hidden]);
        activate(self.activation, x.matmul(keys)).reshape([tokens, experts, hidden])
    }

    /// Every expert's answer to every token, unweighted: `[T, D]` to `[N, T, D]`.
    pub fn answers(&self, x: Tensor<2>) -> Tensor<3> {
        self.hidden(x).swap_dims(0, 1).matmul(self.values.clone())
    }

    /// Σ_i w_i g_i(x): `[T, D]` and weights `[T, N]` to `[T, D]`.
    ///
    /// Computes all experts and lets zero weights silence them, so that no shape depends on the routing. The weights
    /// are applied to the hidden neurons, which makes the sum over experts one matrix product. An expert whose weight
    /// is zero for every token gets a gradient of exactly zero.
    pub fn mix(&self, x: Tensor<2>, weights: Tensor<2>) -> Tensor<2> {
        let [experts, hidden, width] = self.values.dims();
        let [tokens, _] = x.dims();
        let weighted = self.hidden(x) * weights.unsqueeze_dim(2); // [T, N, H]
        let values = self.values.clone().reshape([experts * hidden, width]);
        weighted.reshape([tokens, experts * hidden]).matmul(values)
    }
}
