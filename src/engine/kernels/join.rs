//! Concatenation of vectors. The stock one takes a launch per vector on a graphics device.

use burn::backend::Cube;
use burn::backend::wgpu::into_contiguous;
use burn::tensor::Tensor;

use super::device;
use super::operation::on_host;

/// `parts`, each `[n]`, as one vector. Carries no gradient.
///
/// # Panics
/// If there is no part.
pub fn join(parts: Vec<Tensor<1>>) -> Tensor<1> {
    let parts: Vec<Tensor<1>> = parts.into_iter().map(Tensor::inner).collect();
    if parts.first().is_none_or(on_host) {
        return Tensor::cat(parts, 0);
    }
    let parts: Vec<_> = parts
        .into_iter()
        .map(|part| into_contiguous(part.try_into_primitive::<Cube>().expect("all parts are on one device")))
        .collect();
    Tensor::from_primitive::<Cube>(device::join::join(&parts))
}
