//! Token counts of experts, for several masks at once. A stock sum takes a launch per mask on a graphics device.

use burn::backend::Cube;
use burn::backend::wgpu::into_contiguous;
use burn::tensor::Tensor;

use super::device;
use super::operation::on_host;

/// How many rows of each of `masks`, `[T, N]` of 0 and 1, mark each column: `[masks · N]`, mask after mask. Carries no
/// gradient.
///
/// # Panics
/// If there is no mask.
pub fn tallies(masks: Vec<Tensor<2>>) -> Tensor<1> {
    let masks: Vec<Tensor<2>> = masks.into_iter().map(Tensor::inner).collect();
    if masks.first().is_none_or(on_host) {
        let sums = masks.into_iter().map(|mask| mask.sum_dim(0)).collect();
        return Tensor::cat(sums, 0).flatten(0, 1);
    }
    let masks: Vec<_> = masks
        .into_iter()
        .map(|mask| into_contiguous(mask.try_into_primitive::<Cube>().expect("all masks are on one device")))
        .collect();
    Tensor::from_primitive::<Cube>(device::tallies::tallies(&masks))
}
