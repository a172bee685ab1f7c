//! Native kernels: plain functions on slices, over all threads and the widest vectors of the machine. No tensors here.

pub mod lanes;
pub mod norm;
pub mod product;
