//! One AdamW update of all weights: norm of the gradient, clipping, decay and both moments, refused whole if anything
//! is not finite.

use burn::backend::flex::FlexTensor;
use burn::backend::wgpu::into_contiguous;
use burn::backend::{Cube, Flex};
use burn::tensor::Tensor;

use super::host;
use super::operation::{Block, hosted, on_host};
use super::{device, join};

/// Settings of one update (arXiv 1711.05101, algorithm 2).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Largest global norm of the gradient; a larger gradient is scaled down to it.
    pub clip_norm: f64,
    /// Learning rate of this update.
    pub learning_rate: f64,
    /// Learning rate times weight decay.
    pub decay: f64,
    /// 1 − beta1ⁿ after n updates, this one included.
    pub correction1: f64,
    /// 1 − beta2ⁿ.
    pub correction2: f64,
}

/// What an optimizer holds, `[P]` each.
#[derive(Clone, Debug)]
pub struct Weights {
    /// The weights.
    pub weights: Tensor<1>,
    /// Running mean of the gradient.
    pub first: Tensor<1>,
    /// Running mean of its square.
    pub second: Tensor<1>,
}

/// Updates `weights` by the gradient; gives them back with the norm of the gradient before clipping, `[1]`, and `alive`.
///
/// - `parts`: the gradient, in parts that follow each other and make `[P]` together
/// - `decaying`: `[P]`, 1 where weight decay applies, else 0; the same within a part
/// - `loss`: `[1]`, looked at only to see whether it is finite
/// - `alive`: `[1]`, 1 or 0; becomes 0 where norm or loss is not finite, and where it is 0 nothing else changes
pub fn adamw(
    settings: &AdamW,
    weights: Weights,
    parts: Vec<Tensor<1>>,
    decaying: &Tensor<1>,
    loss: &Tensor<1>,
    alive: Tensor<1>,
) -> (Weights, Tensor<1>, Tensor<1>) {
    if on_host(&alive) {
        on_slices(settings, weights, parts, decaying, loss, alive)
    } else {
        on_device(settings, weights, parts, decaying, loss, alive)
    }
}

fn host_tensor(tensor: Tensor<1>) -> FlexTensor {
    let tensor = tensor.try_into_primitive::<Flex>().expect("all tensors of an update are on the host");
    if tensor.as_slice::<f32>().is_some() { tensor } else { tensor.to_contiguous() }
}

fn slice(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice::<f32>().expect("made contiguous, in f32")
}

/// In place where nobody else holds the vectors.
fn on_slices(
    settings: &AdamW,
    weights: Weights,
    parts: Vec<Tensor<1>>,
    decaying: &Tensor<1>,
    loss: &Tensor<1>,
    alive: Tensor<1>,
) -> (Weights, Tensor<1>, Tensor<1>) {
    let parts: Vec<FlexTensor> = parts.into_iter().map(host_tensor).collect();
    let parts: Vec<&[f32]> = parts.iter().map(slice).collect();
    let norm = host::adamw::squares(&parts).sqrt() as f32;
    let loss = slice(&host_tensor(loss.clone()))[0];
    let living = slice(&host_tensor(alive))[0] != 0.0 && norm.is_finite() && loss.is_finite();
    let one = |value: f32| Tensor::from_primitive::<Flex>(hosted(Block::new([1], vec![value])));
    let (norm_tensor, alive) = (one(norm), one(f32::from(u8::from(living))));
    if !living {
        return (weights, norm_tensor, alive);
    }
    let scale = (settings.clip_norm / (f64::from(norm) + 1e-6)).min(1.0) as f32;
    let [mut w, mut m, mut v] = [weights.weights, weights.first, weights.second].map(host_tensor);
    let decaying = host_tensor(decaying.clone());
    let decaying = slice(&decaying);
    let mut rest = (w.storage_mut::<f32>(), m.storage_mut::<f32>(), v.storage_mut::<f32>());
    let mut start = 0;
    for gradient in parts {
        let (w, w_rest) = rest.0.split_at_mut(gradient.len());
        let (m, m_rest) = rest.1.split_at_mut(gradient.len());
        let (v, v_rest) = rest.2.split_at_mut(gradient.len());
        host::adamw::update(settings, w, m, v, gradient, decaying.get(start) == Some(&1.0), scale);
        rest = (w_rest, m_rest, v_rest);
        start += gradient.len();
    }
    let [weights, first, second] = [w, m, v].map(Tensor::from_primitive::<Flex>);
    (Weights { weights, first, second }, norm_tensor, alive)
}

/// Three launches of shaders, after the parts were put together.
fn on_device(
    settings: &AdamW,
    weights: Weights,
    parts: Vec<Tensor<1>>,
    decaying: &Tensor<1>,
    loss: &Tensor<1>,
    alive: Tensor<1>,
) -> (Weights, Tensor<1>, Tensor<1>) {
    let tensors = [weights.weights, join(parts), weights.first, weights.second, decaying.clone(), loss.clone(), alive];
    let [weights, gradient, first, second, decaying, loss, alive] = tensors.map(|tensor| {
        into_contiguous(tensor.try_into_primitive::<Cube>().expect("all tensors of an update are on one device"))
    });
    let made = device::adamw::update(&weights, &gradient, &first, &second, &decaying, &loss, &alive, *settings);
    let [weights, first, second, norm, alive] =
        [made.weights, made.first, made.second, made.norm, made.alive].map(Tensor::from_primitive::<Cube>);
    (Weights { weights, first, second }, norm, alive)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::optim::{AdamWConfig, Optimizer};
    use burn::tensor::Device;

    fn settings(update: u64, learning_rate: f64, weight_decay: f64) -> AdamW {
        let (beta1, beta2) = (0.9, 0.95);
        AdamW {
            beta1,
            beta2,
            epsilon: 1e-6,
            clip_norm: 1e9,
            learning_rate,
            decay: learning_rate * weight_decay,
            correction1: 1.0 - f64::powi(beta1, update as i32),
            correction2: 1.0 - f64::powi(beta2, update as i32),
        }
    }

    fn start(values: &[f32]) -> Weights {
        let weights = Tensor::<1>::from_floats(values, &Device::flex());
        let zeros = weights.zeros_like();
        Weights { weights, first: zeros.clone(), second: zeros }
    }

    fn one() -> Tensor<1> {
        Tensor::from_floats([1.0], &Device::flex())
    }

    fn values(tensor: &Tensor<1>) -> Vec<f32> {
        tensor.clone().into_data().try_to_vec().unwrap()
    }

    #[test]
    fn agrees_with_burns_own_adamw_over_five_updates() {
        let theirs =
            AdamWConfig::new().with_beta_1(0.9).with_beta_2(0.95).with_epsilon(1e-6).with_weight_decay(0.1).build();
        let mut ours = start(&[1.0, -2.0, 0.5, 3.0]);
        let (mut other, mut state) = (ours.weights.clone(), None);
        let decaying = ours.weights.ones_like();
        for update in 1..=5u64 {
            let gradient = Tensor::<1>::from_floats([0.1, -0.3, 2.0, 0.0], &Device::flex()) * (update as f64).sin();
            let parts = || vec![gradient.clone().slice_dim(0, 0..1), gradient.clone().slice_dim(0, 1..4)];
            let set = settings(update, 0.01, 0.1);
            let norm;
            (ours, norm, _) = adamw(&set, ours, parts(), &decaying, &one(), one());
            let expected = 4.1f64.sqrt() * (update as f64).sin().abs();
            assert!((f64::from(values(&norm)[0]) - expected).abs() < 1e-5);
            let (next, kept) = theirs.step(0.01, other, gradient, state);
            (other, state) = (next, kept);
        }
        let difference: f32 = (ours.weights - other).abs().max().into_scalar();
        assert!(difference < 2e-6, "{difference}");
    }

    #[test]
    fn first_update_moves_by_the_rate_and_a_long_gradient_is_clipped_in_its_moments() {
        let set = AdamW { clip_norm: 5.0, ..settings(1, 0.5, 0.0) };
        let gradient = Tensor::<1>::from_floats([30.0, -40.0], &Device::flex());
        let zeros = gradient.zeros_like();
        let (after, norm, _) = adamw(&set, start(&[0.0, 0.0]), vec![gradient], &zeros, &one(), one());
        assert_eq!(values(&norm), [50.0]);
        let weights = values(&after.weights);
        assert!((weights[0] + 0.5).abs() < 1e-4 && (weights[1] - 0.5).abs() < 1e-4, "{weights:?}");
        let first = values(&after.first);
        assert!((first[0] - 0.3).abs() < 1e-5 && (first[1] + 0.4).abs() < 1e-5, "{first:?}");
    }

    #[test]
    fn nothing_changes_where_something_is_not_finite_nor_afterwards() {
        let set = settings(1, 0.5, 0.1);
        let ones = start(&[1.0, 2.0]).weights.ones_like();
        let of = |g: [f32; 2]| vec![Tensor::<1>::from_floats(g, &Device::flex())];
        let bad = [([f32::NAN, 0.0], 1.0), ([f32::INFINITY, 0.0], 1.0), ([1.0, 1.0], f32::NAN)];
        for (gradient, loss) in bad {
            let loss = Tensor::<1>::from_floats([loss], &Device::flex());
            let (after, _, alive) = adamw(&set, start(&[1.0, 2.0]), of(gradient), &ones, &loss, one());
            assert_eq!((values(&after.weights), values(&alive)), (vec![1.0, 2.0], vec![0.0]));
            let (after, _, alive) = adamw(&set, after, of([1.0, 1.0]), &ones, &one(), alive);
            assert_eq!((values(&after.weights), values(&after.first)), (vec![1.0, 2.0], vec![0.0, 0.0]));
            assert_eq!(values(&alive), [0.0]);
        }
    }
}
