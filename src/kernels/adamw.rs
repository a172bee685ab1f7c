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
pub use super::host::adamw::Tried;
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
    pub fn surely_finite(&self, largest_first: f64) -> bool {
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
    pub(super) fn clip(&self, norm: f32) -> f32 {
        (self.clip_norm / (f64::from(norm) + 1e-6)).min(1.0) as f32
    }
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
    /// No number of `first` is larger than this, in size; infinite where that is not known, or where something in here is
    /// not finite.
    pub largest_first: f64,
}

/// Updates `weights` by the gradient; gives them back with the norm of the gradient before clipping, `[1]`, and `alive`.
///
/// - `parts`: the gradient, in parts that follow each other and make `[P]` together
/// - `decaying`: `[P]`, 1 where weight decay applies, else 0; the same within a part
/// - `loss`: `[1]`, looked at only to see whether it is finite
/// - `alive`: `[1]`, 1 or 0; becomes 0 where norm or loss is not finite or a weight or moment would not be, and where it
///   is 0 nothing else changes
pub fn adamw(
    settings: &AdamW,
    mut weights: Weights,
    parts: Vec<Tensor<1>>,
    decaying: &Tensor<1>,
    loss: &Tensor<1>,
    alive: Tensor<1>,
) -> (Weights, Tensor<1>, Tensor<1>) {
    let sure = settings.surely_finite(weights.largest_first);
    weights.largest_first = settings.bound_after(weights.largest_first);
    if on_host(&alive) {
        on_slices(settings, weights, parts, decaying, loss, alive, sure)
    } else {
        on_device(settings, weights, parts, decaying, loss, alive, sure)
    }
}

/// Whether an update of some weights would write finite numbers only. Writes nothing.
///
/// - `weights`, `first`, `second`, `gradient`: of equal length
/// - `decays`: whether weight decay applies to them
/// - `norm`: of the whole gradient, before clipping
pub fn update_is_finite(settings: &AdamW, tried: Tried<'_>, decays: bool, norm: f32) -> bool {
    host::adamw::is_finite(settings, tried, decays, settings.clip(norm))
}

/// Length of a gradient that comes in parts.
pub fn gradient_norm(parts: &[&[f32]]) -> f32 {
    host::adamw::squares(parts).sqrt() as f32
}

fn host_tensor(tensor: Tensor<1>) -> FlexTensor {
    let tensor = tensor.try_into_primitive::<Flex>().expect("all tensors of an update are on the host");
    if tensor.as_slice::<f32>().is_some() { tensor } else { tensor.to_contiguous() }
}

fn slice(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice::<f32>().expect("made contiguous, in f32")
}

/// In place where nobody else holds the vectors. If it is not `sure` that all stays finite, that is tried first.
fn on_slices(
    settings: &AdamW,
    weights: Weights,
    parts: Vec<Tensor<1>>,
    decaying: &Tensor<1>,
    loss: &Tensor<1>,
    alive: Tensor<1>,
    sure: bool,
) -> (Weights, Tensor<1>, Tensor<1>) {
    let parts: Vec<FlexTensor> = parts.into_iter().map(host_tensor).collect();
    let parts: Vec<&[f32]> = parts.iter().map(slice).collect();
    let norm = gradient_norm(&parts);
    let loss = slice(&host_tensor(loss.clone()))[0];
    let living = slice(&host_tensor(alive))[0] != 0.0 && norm.is_finite() && loss.is_finite();
    let largest_first = weights.largest_first;
    let [mut w, mut m, mut v] = [weights.weights, weights.first, weights.second].map(host_tensor);
    let decaying = host_tensor(decaying.clone());
    let decaying = slice(&decaying);
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
                host::adamw::is_finite(settings, Tried { weights, first, second, gradient }, decays, scale)
            })
        });
    let one = |value: f32| Tensor::from_primitive::<Flex>(hosted(Block::new([1], vec![value])));
    let (norm_tensor, alive) = (one(norm), one(f32::from(u8::from(living))));
    let finished = |[w, m, v]: [FlexTensor; 3]| {
        let [weights, first, second] = [w, m, v].map(Tensor::from_primitive::<Flex>);
        Weights { weights, first, second, largest_first }
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
        host::adamw::update(settings, w, m, v, gradient, decaying.get(start) == Some(&1.0), scale);
        rest = (w_rest, m_rest, v_rest);
        start += gradient.len();
    }
    (finished([w, m, v]), norm_tensor, alive)
}

/// Three launches of shaders, four where it is not `sure` that all stays finite, after the parts were put together.
fn on_device(
    settings: &AdamW,
    weights: Weights,
    parts: Vec<Tensor<1>>,
    decaying: &Tensor<1>,
    loss: &Tensor<1>,
    alive: Tensor<1>,
    sure: bool,
) -> (Weights, Tensor<1>, Tensor<1>) {
    let largest_first = weights.largest_first;
    let tensors = [weights.weights, join(parts), weights.first, weights.second, decaying.clone(), loss.clone(), alive];
    let [weights, gradient, first, second, decaying, loss, alive] = tensors.map(|tensor| {
        into_contiguous(tensor.try_into_primitive::<Cube>().expect("all tensors of an update are on one device"))
    });
    let before = device::adamw::Before {
        weights: &weights,
        gradient: &gradient,
        first: &first,
        second: &second,
        decaying: &decaying,
        total: &loss,
        alive: &alive,
    };
    let made = device::adamw::update(before, *settings, sure);
    let [weights, first, second, norm, alive] =
        [made.weights, made.first, made.second, made.norm, made.alive].map(Tensor::from_primitive::<Cube>);
    (Weights { weights, first, second, largest_first }, norm, alive)
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
        Weights { weights, first: zeros.clone(), second: zeros, largest_first: 0.0 }
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

    /// What goes into an update, and the settings it is made with.
    struct Case {
        what: &'static str,
        settings: AdamW,
        weights: [f32; 3],
        first: [f32; 3],
        second: [f32; 3],
        gradient: [f32; 3],
    }

    impl Case {
        fn of(what: &'static str, change: impl Fn(&mut Self)) -> Self {
            let settings = AdamW { clip_norm: 5.0, ..settings(3, 0.01, 0.1) };
            let (first, second) = ([0.1, -0.1, 0.0], [0.01, 0.02, 0.0]);
            let mut case =
                Self { what, settings, weights: [1.0, -2.0, 0.5], first, second, gradient: [0.3, -0.4, 0.0] };
            change(&mut case);
            case
        }

        /// All of it after an update, and whether it was made.
        fn updated(&self, largest_first: f64) -> ([Vec<f32>; 3], bool) {
            let of = |values: &[f32]| Tensor::<1>::from_floats(values, &Device::flex());
            let (weights, first, second) = (of(&self.weights), of(&self.first), of(&self.second));
            let decaying = weights.ones_like();
            let before = Weights { weights, first, second, largest_first };
            let parts = vec![of(&self.gradient[..1]), of(&self.gradient[1..])];
            let (after, _, alive) = adamw(&self.settings, before, parts, &decaying, &one(), one());
            ([after.weights, after.first, after.second].map(|tensor| values(&tensor)), values(&alive) == [1.0])
        }
    }

    /// Loss and gradient are finite in all of them; it is the update that is not.
    #[test]
    fn an_update_that_would_write_what_is_not_finite_writes_nothing() {
        let cases = [
            Case::of("a rate beyond f32", |case| case.settings.learning_rate = 1e39),
            Case::of("a rate that is NaN", |case| case.settings.learning_rate = f64::NAN),
            Case::of("a step beyond f32", |case| {
                (case.settings.learning_rate, case.settings.epsilon, case.second) = (1e37, 1e-30, [0.0; 3]);
                case.settings.beta2 = 1.0;
            }),
            // Where nothing moves, 0 ÷ 0.
            Case::of("an epsilon that rounds to 0", |case| case.settings.epsilon = 1e-46),
            Case::of("a decay beyond f32", |case| case.settings.decay = 1e39),
            Case::of("a decay that grows a weight past f32", |case| {
                (case.settings.decay, case.weights[1]) = (1e30, 1e30);
            }),
            Case::of("a second moment past the limit", |case| {
                (case.settings.clip_norm, case.gradient[1], case.second[1]) = (1e30, 1e19, 3.3e38);
            }),
            Case::of("a step onto a weight near the largest", |case| {
                (case.weights[0], case.settings.learning_rate, case.settings.decay) = (-3.3e38, 1e37, 0.0);
            }),
            Case::of("a first moment that is NaN", |case| case.first[2] = f32::NAN),
            Case::of("a second moment below 0", |case| case.second[2] = -1.0),
        ];
        for case in cases {
            // A moment that was not looked at, or is not finite, is known by an infinite bound.
            let known = case.first.iter().chain(&case.second).all(|&m| m.is_finite() && m >= -0.5);
            let (after, made) = case.updated(if known { 0.1 } else { f64::INFINITY });
            let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            let [weights, first, second] = after;
            assert!(!made, "{}: made of {weights:?} {first:?} {second:?}", case.what);
            assert_eq!(bits(&weights), bits(&case.weights), "{}", case.what);
            assert_eq!((bits(&first), bits(&second)), (bits(&case.first), bits(&case.second)), "{}", case.what);
        }
    }

    #[test]
    fn an_update_that_is_tried_first_writes_the_same_numbers() {
        let plain = Case::of("plain", |_| ());
        assert!(plain.settings.surely_finite(0.1) && !plain.settings.surely_finite(f64::INFINITY));
        assert_eq!(plain.updated(0.1), plain.updated(f64::INFINITY));
        assert!(plain.updated(f64::INFINITY).1);
        // Large, and finite all the same.
        let large = Case::of("large", |case| (case.settings.learning_rate, case.settings.decay) = (1e33, 0.0));
        assert!(!large.settings.surely_finite(0.1));
        let ([weights, ..], made) = large.updated(0.1);
        assert!(made && weights[0] < -1e32 && weights.iter().all(|w| w.is_finite()), "{weights:?}");
    }

    proptest::proptest! {
        /// Whatever is finite before stays so under settings of which that is said.
        #[test]
        fn what_is_surely_finite_is(
            logs in proptest::array::uniform6(-40.0f64..40.0),
            sign in proptest::prelude::any::<bool>(),
            share in proptest::array::uniform3(0.0f64..1.0),
        ) {
            let largest = if sign { f32::MAX } else { -f32::MAX };
            let [rate, epsilon, clip, gradient, decay, first] = logs.map(|log| 10f64.powf(log));
            let set = AdamW {
                beta1: share[0], beta2: share[1], epsilon, clip_norm: clip, learning_rate: rate, decay,
                correction1: 1.0 - share[0], correction2: share[2],
            };
            let case = Case {
                what: "", settings: set, weights: [largest, -largest, 0.0], first: [first as f32, -first as f32, 0.0],
                second: [f32::MAX, 0.0, 0.0], gradient: [gradient as f32, 0.0, -gradient as f32],
            };
            let bound = f64::from(first as f32);
            if set.surely_finite(bound) {
                // Made without a trial; and a trial would have let it through.
                let (after, made) = case.updated(bound);
                let finite = after.iter().flatten().all(|x| x.is_finite());
                // In the parts the update takes it in: their squares are summed one by one.
                let fits = gradient_norm(&[&case.gradient[..1], &case.gradient[1..]]).is_finite();
                proptest::prop_assert!(finite && made == fits, "{set:?} {after:?}");
            }
        }
    }
}
