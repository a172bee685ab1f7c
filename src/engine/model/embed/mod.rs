//! Embedding: what enters the network, turned into hidden states. Ids are looked up in a table, real numbers go through a
//! linear map.

use burn::tensor::{Int, Tensor};

use crate::engine::kernels::{embedding, linear, one_hot};

/// What enters the network: B examples (or groups of positions that do not see each other) of S positions.
#[derive(Clone, Debug)]
pub enum NetworkInput {
    /// `[B, S]`, each below the vocabulary.
    Ids(Tensor<2, Int>),
    /// `[B, S, W]`
    Values(Tensor<3>),
}

impl NetworkInput {
    /// B and S.
    pub fn sizes(&self) -> [usize; 2] {
        match self {
            Self::Ids(ids) => ids.dims(),
            Self::Values(values) => {
                let [examples, positions, _] = values.dims();
                [examples, positions]
            }
        }
    }

    /// The same as constants of a tracked forward pass.
    pub fn autodiff(self) -> Self {
        match self {
            Self::Ids(ids) => Self::Ids(ids.autodiff()),
            Self::Values(values) => Self::Values(values.autodiff()),
        }
    }

    /// A row per position, `[T, rows of the embedding]`: one-hot for ids, else the numbers themselves. Not tracked.
    pub fn rows(&self, rows: usize) -> Tensor<2> {
        match self {
            Self::Ids(ids) => {
                let [examples, positions] = ids.dims();
                one_hot(ids.clone().reshape([examples * positions]), rows)
            }
            Self::Values(values) => {
                let values = if values.is_autodiff() { values.clone().inner() } else { values.clone() };
                flat(values)
            }
        }
    }

    /// Hidden states by the weights of the embedding, `[vocabulary or W, D]`: `[T, D]`
    pub(crate) fn embed(self, weights: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Ids(ids) => {
                let [examples, positions] = ids.dims();
                embedding(ids.reshape([examples * positions]), weights)
            }
            Self::Values(values) => linear(flat(values), weights),
        }
    }
}

/// `[B, S, W]` as `[T, W]`.
fn flat(values: Tensor<3>) -> Tensor<2> {
    let [examples, positions, width] = values.dims();
    values.reshape([examples * positions, width])
}
