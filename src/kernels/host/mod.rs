//! Native kernels: plain functions on slices, over all threads and the widest vectors of the machine. No tensors here.

pub mod adamw;
pub mod attention;
pub mod balance;
pub mod contest;
pub mod cross_entropy;
pub mod expert;
pub mod group;
pub mod lanes;
pub mod linear;
pub mod mix;
pub mod norm;
pub mod pool;
pub mod product;
pub mod response;
mod settle;
pub mod softmax;
