//! Columns in the order of the logits: what version 1's published program mistakes for the order of the experts.

use burn::tensor::Tensor;

/// Column j of the result is the value of the expert with the j-th largest logit: `[T, N]` by `[T, N]`.
///
/// Differentiable in `values`; ties go to the lower slot. Takes `[T, N, N]` numbers: it is there to show a fault.
pub(crate) fn in_logit_order(values: Tensor<2>, logits: &Tensor<2>) -> Tensor<2> {
    let z = logits.clone().inner();
    let ([tokens, experts], device) = (z.dims(), z.device());
    let own = z.clone().unsqueeze_dim::<3>(2).expand([tokens, experts, experts]); // [t, i, ·] = z_i
    let other = z.unsqueeze_dim::<3>(1).expand([tokens, experts, experts]); // [t, ·, j] = z_j
    let slots = Tensor::<1>::from_floats((0..experts).map(|i| i as f32).collect::<Vec<_>>().as_slice(), &device);
    let lower = slots.clone().unsqueeze_dim::<2>(0).lower(slots.clone().unsqueeze_dim::<2>(1)); // [i, j]: j before i
    let tied = other.clone().equal(own.clone()).float() * lower.float().unsqueeze::<3>();
    // How many experts come before expert i.
    let rank = (other.greater(own).float() + tied).sum_dim(2); // [T, N, 1]
    let places = slots.reshape([1, 1, experts]).expand([tokens, experts, experts]);
    let moved = rank.expand([tokens, experts, experts]).equal(places).float().swap_dims(1, 2); // [t, place, i]
    let moved = if values.is_autodiff() { moved.autodiff() } else { moved };
    moved.matmul(values.unsqueeze_dim::<3>(2)).squeeze_dim(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn columns_go_by_falling_logit_and_ties_by_slot() {
        let device = Device::flex();
        let logits = Tensor::<2>::from_data([[1.0, 3.0, 2.0, 3.0], [0.0, 0.0, 0.0, 0.0]], &device);
        let values = Tensor::<2>::from_data([[10.0, 11.0, 12.0, 13.0], [4.0, 5.0, 6.0, 7.0]], &device);
        let moved: Vec<f32> = in_logit_order(values, &logits).into_data().try_to_vec().unwrap();
        assert_eq!(moved, [11.0, 13.0, 12.0, 10.0, 4.0, 5.0, 6.0, 7.0]);
    }
}
