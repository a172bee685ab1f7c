//! One AdamW update of all weights: norm of the gradient, clipping, decay and both moments, refused whole if anything
//! is not finite, be it what goes in or what would be written.
//!
//! Whether something would be written that is not finite is told from the settings alone, which is free, wherever they
//! are not extreme ([`AdamW::surely_finite`]); only where they are, the update is first tried without writing.

use burn::backend::flex::FlexTensor;
use burn::backend::wgpu::into_contiguous;
use burn::backend::{Cube, Flex};
use burn::tensor::Tensor;

use super::host;
pub(crate) use super::host::adamw::Tried;
use super::operation::{HostTensor, host_tensor, hosted, on_host, slice};
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

/// What an update may write: weights and moments up to this size, in single precision. Short of the largest f32, so that a
/// device that rounds otherwise while it writes stays finite too.
pub(super) const LARGEST: f32 = 3e38;

/// What is added to a number below [`LARGEST`] and smaller than this is rounded away or leaves it finite.
const HARMLESS: f64 = 1e30;

impl AdamW {
    /// Whether this update, whatever its gradient, writes finite numbers in the place of finite ones. `false` only says
    /// that this cannot be told from the settings.
    ///
    /// - `largest_first`: no first moment is larger, in size
    ///
    /// Both moments are weighed means of what they were and of numbers that the clip norm bounds, and a weight only
    /// shrinks by its decay; so it is enough that what is added to each is small against the largest f32.
    pub(crate) fn surely_finite(&self, largest_first: f64) -> bool {
        // As the kernels use them.
        let [beta1, beta2, epsilon, rate, decay] =
            [self.beta1, self.beta2, self.epsilon, self.rate(), self.decay].map(|x| f64::from(x as f32));
        let share = |x: f64| (0.0..=1.0).contains(&x);
        let moment = self.bound_after(largest_first);
        let quotient = moment / epsilon;
        // NaN is in no range.
        share(beta1)
            && share(beta2)
            && share(decay)
            && (0.0..1e15).contains(&self.clip_norm)
            && (1e-30..HARMLESS).contains(&epsilon)
            && (1e-30..=1.0).contains(&self.correction1)
            && (1e-30..=1.0).contains(&self.correction2)
            && (0.0..HARMLESS).contains(&quotient)
            && (0.0..HARMLESS).contains(&rate)
            && (0.0..HARMLESS).contains(&(quotient * rate))
    }

    /// What no first moment exceeds after this update, if none was larger than `largest_first`: it is a weighed mean of the
    /// moment before and a clipped gradient, up to rounding.
    fn bound_after(&self, largest_first: f64) -> f64 {
        // Not max, which would drop a NaN.
        let bound = if self.clip_norm <= largest_first { largest_first } else { self.clip_norm };
        if largest_first.is_nan() { f64::INFINITY } else { bound * (1.0 + 1e-6) }
    }

    /// Learning rate ÷ correction of the first moment.
    pub(super) fn rate(&self) -> f64 {
        self.learning_rate / self.correction1
    }

    /// Factor that clips a gradient of length `norm`.
    pub(crate) fn clip(&self, norm: f32) -> f32 {
        (self.clip_norm / (f64::from(norm) + 1e-6)).min(1.0) as f32
    }
}

/// What an optimizer holds, `[P]` each.
#[derive(Clone, Debug)]
pub(crate) struct OptimizerState {
    /// The weights.
    pub weights: Tensor<1>,
    /// Running mean of the gradient.
    pub first: Tensor<1>,
    /// Running mean of its square.
    pub second: Tensor<1>,
    /// No number of `first` is larger than this, in size; infinite where that is not known, or where something in here is
    /// not finite.
    pub largest_first: f64,
}

/// Which weights decay and which are frozen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UpdateMasks<'a> {
    /// `[P]`, 1 where weight decay applies, else 0; the same within a part.
    pub decaying: &'a Tensor<1>,
    /// `[P]`, 1 where weight and moments stay as they are, else 0; `None` if nothing is frozen. The gradient's norm counts
    /// frozen weights as well.
    pub frozen: Option<&'a Tensor<1>>,
}

/// Updates `weights` by the gradient; gives them back with the norm of the gradient before clipping, `[1]`, and `alive`.
///
/// - `parts`: the gradient, in parts that follow each other and make `[P]` together
/// - `masks`: which weights decay and which are frozen
/// - `loss`: `[1]`, looked at only to see whether it is finite
/// - `alive`: `[1]`, 1 or 0; becomes 0 where norm or loss is not finite or a weight or moment would not be, and where it
///   is 0 nothing else changes. What is frozen is not looked at
pub(crate) fn adamw(
    settings: &AdamW,
    mut weights: OptimizerState,
    parts: Vec<Tensor<1>>,
    masks: UpdateMasks<'_>,
    loss: &Tensor<1>,
    alive: Tensor<1>,
) -> (OptimizerState, Tensor<1>, Tensor<1>) {
    let sure = settings.surely_finite(weights.largest_first);
    weights.largest_first = settings.bound_after(weights.largest_first);
    if on_host(&alive) {
        let update = || on_slices(settings, weights, parts, masks, loss, alive, sure);
        host::profile::timed("optimizer", host::KernelPass::Update, update)
    } else {
        on_device(settings, weights, parts, masks, loss, alive, sure)
    }
}

/// Whether an update of some weights would write finite numbers only. Writes nothing.
///
/// - `weights`, `first`, `second`, `gradient`: of equal length
/// - `decays`: whether weight decay applies to them
/// - `norm`: of the whole gradient, before clipping
pub(crate) fn update_is_finite(settings: &AdamW, tried: Tried<'_>, decays: bool, norm: f32) -> bool {
    host::adamw::is_finite(settings, tried, decays, settings.clip(norm))
}

/// Length of a gradient that comes in parts.
pub fn gradient_norm(parts: &[&[f32]]) -> f32 {
    host::adamw::squares(parts).sqrt() as f32
}

/// In place where nobody else holds the vectors. If it is not `sure` that all stays finite, that is tried first.
fn on_slices(
    settings: &AdamW,
    weights: OptimizerState,
    parts: Vec<Tensor<1>>,
    masks: UpdateMasks<'_>,
    loss: &Tensor<1>,
    alive: Tensor<1>,
    sure: bool,
) -> (OptimizerState, Tensor<1>, Tensor<1>) {
    let parts: Vec<FlexTensor> = parts.into_iter().map(host_tensor).collect();
    let parts: Vec<&[f32]> = parts.iter().map(slice).collect();
    let norm = gradient_norm(&parts);
    let loss = slice(&host_tensor(loss.clone()))[0];
    let living = slice(&host_tensor(alive))[0] != 0.0 && norm.is_finite() && loss.is_finite();
    let largest_first = weights.largest_first;
    let [mut w, mut m, mut v] = [weights.weights, weights.first, weights.second].map(host_tensor);
    let (decaying, frozen) = (host_tensor(masks.decaying.clone()), masks.frozen.cloned().map(host_tensor));
    let (decaying, frozen) = (slice(&decaying), frozen.as_ref().map(slice));
    let scale = settings.clip(norm);
    let living = living
        && (sure || {
            let (weights, first, second) = (slice(&w), slice(&m), slice(&v));
            let mut start = 0;
            parts.iter().all(|&gradient| {
                let own = start..start + gradient.len();
                start = own.end;
                let decays = decaying.get(own.start) == Some(&1.0);
                let [weights, first, second] = [weights, first, second].map(|vector| &vector[own.clone()]);
                let frozen = frozen.map(|frozen| &frozen[own]);
                host::adamw::is_finite(settings, Tried { weights, first, second, gradient, frozen }, decays, scale)
            })
        });
    let one = |value: f32| Tensor::from_primitive::<Flex>(hosted(HostTensor::new([1], vec![value])));
    let (norm_tensor, alive) = (one(norm), one(f32::from(u8::from(living))));
    let finished = |[w, m, v]: [FlexTensor; 3]| {
        let [weights, first, second] = [w, m, v].map(Tensor::from_primitive::<Flex>);
        OptimizerState { weights, first, second, largest_first }
    };
    if !living {
        return (finished([w, m, v]), norm_tensor, alive);
    }
    let mut rest = (w.storage_mut::<f32>(), m.storage_mut::<f32>(), v.storage_mut::<f32>());
    let mut start = 0;
    for gradient in parts {
        let (w, w_rest) = rest.0.split_at_mut(gradient.len());
        let (m, m_rest) = rest.1.split_at_mut(gradient.len());
        let (v, v_rest) = rest.2.split_at_mut(gradient.len());
        let decays = decaying.get(start) == Some(&1.0);
        match frozen.map(|frozen| &frozen[start..start + gradient.len()]) {
            Some(frozen) if frozen.contains(&1.0) => {
                host::adamw::update_where_free(settings, [w, m, v], gradient, frozen, decays, scale);
            }
            _ => host::adamw::update(settings, w, m, v, gradient, decays, scale),
        }
        rest = (w_rest, m_rest, v_rest);
        start += gradient.len();
    }
    (finished([w, m, v]), norm_tensor, alive)
}

/// Four launches of shaders, five where it is not `sure` that all stays finite, after the parts were put together.
fn on_device(
    settings: &AdamW,
    weights: OptimizerState,
    parts: Vec<Tensor<1>>,
    masks: UpdateMasks<'_>,
    loss: &Tensor<1>,
    alive: Tensor<1>,
    sure: bool,
) -> (OptimizerState, Tensor<1>, Tensor<1>) {
    let largest_first = weights.largest_first;
    let on_cube = |tensor: Tensor<1>| {
        into_contiguous(tensor.try_into_primitive::<Cube>().expect("all tensors of an update are on one device"))
    };
    let decaying = masks.decaying.clone();
    let tensors = [weights.weights, join(parts), weights.first, weights.second, decaying, loss.clone(), alive];
    let [weights, gradient, first, second, decaying, loss, alive] = tensors.map(on_cube);
    let frozen = masks.frozen.cloned().map(on_cube);
    let before = device::adamw::Before {
        weights: &weights,
        gradient: &gradient,
        first: &first,
        second: &second,
        decaying: &decaying,
        frozen: frozen.as_ref(),
        total: &loss,
        alive: &alive,
    };
    let made = device::adamw::update(before, *settings, sure);
    let [weights, first, second, norm, alive] =
        [made.weights, made.first, made.second, made.norm, made.alive].map(Tensor::from_primitive::<Cube>);
    (OptimizerState { weights, first, second, largest_first }, norm, alive)
}

#[cfg(test)]
#[path = "adamw_tests.rs"]
mod tests;
