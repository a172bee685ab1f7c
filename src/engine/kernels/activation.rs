//! Activation functions (GELU, softplus) whose stock form is inexact or unstable on one of the devices.

use burn::tensor::{Tensor, activation::log_sigmoid};

/// softplus(x) = ln(1 + eˣ), finite for every finite x, with its exact gradient sigmoid(x) also at 0.
///
/// Written as −ln σ(−x), which the backend computes without overflow.
pub(crate) fn softplus<const R: usize>(x: Tensor<R>) -> Tensor<R> {
    log_sigmoid(x.neg()).neg()
}

/// gelu(x) = x·Φ(x) with the exact error function, forward and backward.
///
/// The stock GELU's backward on wgpu is that of the tanh approximation, off by up to 1e-3.
pub fn gelu<const R: usize>(x: Tensor<R>) -> Tensor<R> {
    let phi = (x.clone() / std::f64::consts::SQRT_2).erf().add_scalar(1.0).mul_scalar(0.5);
    x * phi
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    /// Value and derivative of `f` at each of `points`.
    fn with_slope(f: impl Fn(Tensor<1>) -> Tensor<1>, points: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let x = Tensor::<1>::from_floats(points, &Device::flex()).autodiff().require_grad();
        let y = f(x.clone());
        let slopes = x.grad(&y.clone().sum().backward()).unwrap();
        (y.inner().into_data().try_to_vec().unwrap(), slopes.into_data().try_to_vec().unwrap())
    }

    #[test]
    fn softplus_at_zero_at_both_ends_and_between() {
        let (value, slope) = with_slope(softplus, &[-100.0, -2.0, 0.0, 2.0, 100.0]);
        for (i, x) in [-100.0f64, -2.0, 0.0, 2.0, 100.0].into_iter().enumerate() {
            let expected = if x > 30.0 { x } else { x.exp().ln_1p() };
            assert!((f64::from(value[i]) - expected).abs() < 1e-6 * (1.0 + x.abs()), "{x}: {}", value[i]);
            let expected = 1.0 / (1.0 + (-x).exp());
            assert!((f64::from(slope[i]) - expected).abs() < 1e-6, "slope at {x}: {}", slope[i]);
        }
    }

    #[test]
    fn gelu_and_its_slope_by_hand() {
        // Φ(1) = 0.841344746, φ(1) = 0.241970725: gelu(1) = Φ(1), gelu'(1) = Φ(1) + φ(1).
        let (value, slope) = with_slope(gelu, &[1.0, 0.0]);
        assert!((value[0] - 0.841_344_7).abs() < 1e-6 && value[1] == 0.0);
        assert!((slope[0] - 1.083_315_5).abs() < 1e-5 && (slope[1] - 0.5).abs() < 1e-6);
    }
}
