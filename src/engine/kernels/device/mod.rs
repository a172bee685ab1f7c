//! Every kernel on a graphics device: plain functions on contiguous tensors in f32, each a few launches of `shaders/`.
//!
//! Nothing here reads back, and no shape depends on values. Sums run in a fixed order, so a result is the same on every
//! run of one device. Buffers come from a pool and are never zero to begin with: every function writes all it makes.

use burn::backend::wgpu::CubeTensor;

use super::launch::Shader;
use crate::domain::config::Activation;

pub(super) mod adamw;
pub(super) mod attention;
pub(super) mod balance;
pub(super) mod competition_losses;
pub(super) mod contest;
pub(super) mod cross_entropy;
pub(super) mod experts;
pub(super) mod grouping;
pub(super) mod join;
pub(super) mod mix;
pub(super) mod norm;
pub(super) mod softmax;
pub(super) mod squared_error;
pub(super) mod tallies;
pub(super) mod top_k;

#[cfg(test)]
mod adamw_tests;
#[cfg(test)]
mod attention_tests;
#[cfg(test)]
mod competition_losses_tests;
#[cfg(test)]
mod contest_tests;
#[cfg(test)]
pub(super) mod fixture;
#[cfg(test)]
mod mix_tests;
#[cfg(test)]
mod parts_tests;
#[cfg(test)]
mod rows_tests;
#[cfg(test)]
mod twin;

/// What a backward pass wants to see again; only the function that made it knows what is in it.
pub(super) type Kept = Vec<CubeTensor>;

/// Biases of the hidden neurons `[N, H]` and of the answer `[N, D]`.
pub(super) type Biases<'a> = Option<(&'a CubeTensor, &'a CubeTensor)>;

/// Every shader there is.
pub fn shaders() -> Vec<Shader> {
    [
        grouping::SHADERS.as_slice(),
        &experts::SHADERS,
        &mix::SHADERS,
        &contest::SHADERS,
        &competition_losses::SHADERS,
        &adamw::SHADERS,
        &attention::SHADERS,
        &softmax::SHADERS,
        &balance::SHADERS,
        &cross_entropy::SHADERS,
        &squared_error::SHADERS,
        &norm::SHADERS,
        &join::SHADERS,
        &tallies::SHADERS,
        &[top_k::SHADER],
    ]
    .concat()
}

/// Number of an activation in the shaders.
fn code(activation: Activation) -> u32 {
    match activation {
        Activation::Relu => 1,
        Activation::Gelu => 2,
    }
}
