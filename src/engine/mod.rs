//! Tensors: devices, kernels, the network and its training. No threads, files or windows.

pub mod device;
pub mod kernels;
pub mod model;
pub mod train;
