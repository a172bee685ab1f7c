//! Head: hidden states to what is predicted, a logit for each class or real numbers, and the loss and hits of it.

use burn::tensor::{Int, Tensor};

use crate::engine::kernels::{cross_entropy, linear, linear_by_rows, squared_error, token_losses};

/// The map from hidden states to the outputs.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a network has one head, so that a box would save nothing")]
pub(crate) enum Head {
    /// The embedding once more: `[V, D]`
    Tied(Tensor<2>),
    /// Weights of its own.
    Own {
        /// `[D, outputs]`
        weight: Tensor<2>,
        /// `[outputs]`
        bias: Tensor<1>,
    },
}

impl Head {
    /// `[T, D]` to `[T, outputs]`.
    pub fn outputs(&self, hidden: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Tied(embedding) => linear_by_rows(hidden, embedding.clone()),
            Self::Own { weight, bias } => linear(hidden, weight.clone()) + bias.clone().unsqueeze::<2>(),
        }
    }
}

/// What the network should predict at each of T positions. Constant.
#[derive(Clone, Debug)]
pub(crate) enum NetworkTarget {
    /// `[T]`, each below the number of classes.
    Classes(Tensor<1, Int>),
    /// `[T, W]`
    Values(Tensor<2>),
}

impl NetworkTarget {
    /// The loss of a batch: cross-entropy in nats, or squared error averaged over the W numbers; mean over positions by
    /// `weights` `[T]`. `[1]`, tracked if `outputs` `[T, outputs]` are.
    pub fn loss(&self, outputs: Tensor<2>, weights: Tensor<1>) -> Tensor<1> {
        let tracked = outputs.is_autodiff();
        match self {
            Self::Classes(classes) => {
                let classes = if tracked { classes.clone().autodiff() } else { classes.clone() };
                cross_entropy(outputs, classes, weights)
            }
            Self::Values(values) => {
                let values = if tracked { values.clone().autodiff() } else { values.clone() };
                squared_error(outputs, values, weights)
            }
        }
    }

    /// The loss of each position, `[T]`, not tracked.
    pub(crate) fn position_losses(&self, outputs: Tensor<2>) -> Tensor<1> {
        match self {
            Self::Classes(classes) => token_losses(outputs, classes.clone()),
            Self::Values(values) => (outputs - values.clone()).square().mean_dim(1).squeeze_dim(1),
        }
    }

    /// Share of the positions, by `weights` `[T]`, whose class has the largest of `outputs` `[T, classes]`: `[1]`, not
    /// tracked; `None` where no classes are predicted. NaN if none is scored.
    pub fn hits(&self, outputs: &Tensor<2>, weights: &Tensor<1>) -> Option<Tensor<1>> {
        let Self::Classes(classes) = self else { return None };
        let outputs = if outputs.is_autodiff() { outputs.clone().inner() } else { outputs.clone() };
        let found: Tensor<1, Int> = outputs.argmax(1).squeeze_dim(1);
        let hit = found.equal(classes.clone()).float() * weights.clone();
        Some(hit.sum() / weights.clone().sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    fn plain(tensor: Tensor<1>) -> Vec<f32> {
        tensor.into_data().try_to_vec().unwrap()
    }

    #[test]
    fn hits_and_losses_of_three_positions_by_hand() {
        let device = Device::flex();
        let outputs = Tensor::<2>::from_data([[0.0, 1.0], [3.0, -1.0], [0.5, 0.25]], &device);
        let classes = NetworkTarget::Classes(Tensor::from_data([1, 1, 0], &device));
        let weights = |weights: [f32; 3]| Tensor::<1>::from_floats(weights, &device);
        let hits = |of: [f32; 3]| plain(classes.hits(&outputs, &weights(of)).unwrap())[0];
        assert!((hits([1.0; 3]) - 2.0 / 3.0).abs() < 1e-6);
        assert_eq!([hits([1.0, 3.0, 0.0]), hits([0.0, 0.0, 2.0])], [0.25, 1.0]);
        let each = plain(classes.position_losses(outputs.clone()));
        let by_hand = [(1.0 + (-1f32).exp()).ln(), (1.0 + 4f32.exp()).ln(), (1.0 + (-0.25f32).exp()).ln()];
        assert!(each.iter().zip(by_hand).all(|(found, expected)| (found - expected).abs() < 1e-5), "{each:?}");
        let mean = plain(classes.loss(outputs.clone(), weights([1.0; 3])))[0];
        assert!((mean - by_hand.iter().sum::<f32>() / 3.0).abs() < 1e-5);

        let values = NetworkTarget::Values(Tensor::from_data([[0.0, 0.0], [1.0, -1.0], [0.5, 1.25]], &device));
        assert_eq!(plain(values.position_losses(outputs.clone())), [0.5, 2.0, 0.5]);
        assert_eq!(plain(values.loss(outputs.clone(), weights([1.0, 0.0, 3.0]))), [0.5]);
        assert!(values.hits(&outputs, &weights([1.0; 3])).is_none());
    }
}
