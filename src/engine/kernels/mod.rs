//! The operations of a step, each with its backward pass, the same on every device.
//!
//! A file per operation: what it means, and an `Operation` (see `operation.rs`, the one door to device and gradient).
//! `host` computes on slices, over all threads and the widest vectors; `device` launches the shaders of `shaders/`.
//! Nothing here reads back, and no shape depends on values. Stock tensor operations serve where they are as good:
//! linear maps on a graphics device, and what is done once a probe. Letters are those of [`crate::engine::model`].

mod activation;
mod adamw;
mod attention;
mod balance;
mod choose;
mod competition_losses;
mod contest;
mod cross_entropy;
mod dense_products;
mod device;
mod embedding;
mod experts;
mod graph;
mod host;
mod join;
mod launch;
mod linear;
mod mix;
mod norm;
mod one_hot;
mod operation;
mod probe_ops;
mod softmax;
mod squared_error;
mod tallies;
mod top_k;

pub use activation::gelu;

pub(crate) use activation::softplus;
pub use adamw::{AdamW, gradient_norm};
pub(crate) use adamw::{OptimizerState, Tried, UpdateMasks, adamw, update_is_finite};
pub use attention::causal_attention;
pub use balance::{Balancing, Weighed, entropy_balance, router_losses};
pub use choose::{ChosenExperts, choose};
pub use competition_losses::{AffinityBalanceSource, CompetitionLossWeights, CompetitionLosses, competition_losses};
pub use contest::{Contest, Rules, affinity, contest};
pub use cross_entropy::cross_entropy;
pub(crate) use dense_products::{dense_products, stock_products};
#[doc(hidden)]
pub use device::shaders;
pub use embedding::embedding;
pub use experts::{ExpertWeights, activate};
#[cfg(test)]
pub(crate) use host::tiles_made;
pub use host::{
    CORES, KernelPass, KernelProfile, KernelTime, kernel_profile, product_rate, task_profile, threads, use_threads,
};
pub(crate) use host::{forget_buffers, on_computing_thread};
pub use join::join;
pub use launch::{launched, shaders_begun};
pub use linear::{linear, linear_by_rows};
pub use mix::mix;
pub(crate) use norm::unit_length;
pub use norm::{add_and_norm, rms_norm};
pub(crate) use one_hot::one_hot;
pub use probe_ops::affinity_and_mix;
pub(crate) use probe_ops::{alike_on_host, answers_and_affinity, row_distances, row_lengths, token_losses};
pub use softmax::{masked_softmax, softmax};
pub use squared_error::squared_error;
pub use tallies::tallies;
pub use top_k::{first_choice, top_k_mask};
