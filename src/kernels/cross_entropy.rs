//! Next-byte cross-entropy.

use burn::tensor::{Int, Tensor, activation::log_softmax};

/// Mean of −ln softmax(logits)\[target\] over the tokens, in nats.
///
/// - `logits`: `[T, V]`
/// - `targets`: `[T]`, each below V
/// - returns `[1]`
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    log_softmax(logits, 1).gather(1, targets.unsqueeze_dim(1)).mean().neg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn two_tokens_by_hand() {
        let device = Device::flex();
        // softmax([0, ln 3]) = [1/4, 3/4]: −(ln(3/4) + ln(1/4)) / 2.
        let logits = Tensor::<2>::from_data([[0.0, 3f32.ln()], [0.0, 3f32.ln()]], &device);
        let targets = Tensor::<1, Int>::from_data([1, 0], &device);
        let loss: f32 = cross_entropy(logits, targets).into_scalar();
        assert!((f64::from(loss) + (0.75f64.ln() + 0.25f64.ln()) / 2.0).abs() < 1e-6);
    }
}
