//! What a probe asks of the device and training never does: answers with their neural response, losses token by token, how alike
//! answers are, lengths of weights and gradients. Natively on the host; on a graphics device by stock operations, which
//! are as good there. Nothing here carries a gradient.

use burn::backend::Flex;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor};

use super::contest::{Rules, affinity};
use super::experts::ExpertWeights;
use super::host::{self, expert::ExpertViews, pool::Buffer};
use super::mix::mix;
use super::operation::{HostTensor, host_tensor, hosted, on_host, slice};

fn made<const R: usize>(shape: [usize; R], values: impl Into<Buffer>) -> Tensor<R> {
    Tensor::from_primitive::<Flex>(hosted(HostTensor::new(shape, values)))
}

/// Every expert's answer to every token `[N, T, D]`, and the affinity `[T, N]` that a competition by `rules` gives them; `z`
/// `[T, N]` are the router's logits.
pub(crate) fn answers_and_affinity(
    experts: &ExpertWeights,
    x: Tensor<2>,
    z: &Tensor<2>,
    rules: Rules,
) -> (Tensor<3>, Tensor<2>) {
    if !on_host(&x) {
        return stock::answers_and_affinity(experts, x, z, rules);
    }
    let ([tokens, width], count) = (x.dims(), experts.keys.dims()[0]);
    let (x, z) = (host_tensor(x), host_tensor(z.clone()));
    let (answers, scores) =
        on_slices(experts, |experts| host::affinity::answers_and_affinity(experts, slice(&x), slice(&z), rules));
    (made([count, tokens, width], answers), made([tokens, count], scores))
}

/// The affinity `[T, N]` alone, as `answers_and_affinity` gives it, and what [`mix`] makes of `weights`, `picks` and `k`,
/// `[T, D]`. Nothing of the size of all answers is kept, so that many tokens can be looked at; on the host an expert answers a
/// token once for both.
pub fn affinity_and_mix(
    experts: &ExpertWeights,
    x: Tensor<2>,
    z: &Tensor<2>,
    rules: Rules,
    (weights, picks): (Tensor<2>, &Tensor<2>),
    k: usize,
) -> (Tensor<2>, Tensor<2>) {
    if !on_host(&x) {
        return (affinity(experts, x.clone(), z, rules), mix(experts, x, weights, picks, k));
    }
    let ([tokens, width], count) = (x.dims(), experts.keys.dims()[0]);
    let [x, z, weights, picks] = [x, z.clone(), weights, picks.clone()].map(host_tensor);
    let routed = Some((slice(&weights), slice(&picks)));
    let (scores, mixed) =
        on_slices(experts, |experts| host::affinity::affinity(experts, slice(&x), slice(&z), rules, routed));
    (made([tokens, count], scores), made([tokens, width], mixed.expect("asked for")))
}

/// Runs `look` over the weights of `experts` on the host.
fn on_slices<T>(experts: &ExpertWeights, look: impl FnOnce(&ExpertViews<'_>) -> T) -> T {
    let [count, width, hidden] = experts.keys.dims();
    let (keys, values) = (host_tensor(experts.keys.clone()), host_tensor(experts.values.clone()));
    let biases = experts.biases.clone().map(|(a, c)| (host_tensor(a), host_tensor(c)));
    look(&ExpertViews {
        keys: slice(&keys),
        values: slice(&values),
        biases: biases.as_ref().map(|(a, c)| (slice(a), slice(c))),
        activation: experts.activation,
        experts: count,
        width,
        hidden,
    })
}

/// −ln softmax(logits)\[target\] of each token, nats: `[T]`; NaN where the target is no class. `logits` are `[T, V]`,
/// `targets` `[T]`.
pub(crate) fn token_losses(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    let [tokens, classes] = logits.dims();
    if !on_host(&logits) {
        return stock::token_losses(logits, targets);
    }
    let (logits, targets) = (host_tensor(logits), host_tensor(targets.float()));
    made([tokens], host::cross_entropy::losses(slice(&logits), slice(&targets), classes))
}

/// Mean cosine `[N × N]`, then linear CKA `[N × N]` over every `stride`-th token, of answers `[N, T, D]` on the host; `None`
/// elsewhere.
pub(crate) fn alike_on_host(answers: &Tensor<3>, stride: usize) -> Option<Tensor<1>> {
    let [experts, _, width] = answers.dims();
    on_host(answers).then(|| {
        let answers = host_tensor(answers.clone());
        made([2 * experts * experts], host::probe_ops::alike(slice(&answers), experts, width, stride))
    })
}

/// Length of each of `count` equal parts of a vector, several vectors taken together: √Σ‖part‖², `[count]`. Each vector's
/// parts belong together by their place.
///
/// # Panics
/// If there is no vector.
pub(crate) fn row_lengths(vectors: Vec<Tensor<1>>, count: usize) -> Tensor<1> {
    if vectors.first().is_some_and(on_host) {
        let mut sums = vec![0.0; count];
        vectors.into_iter().map(host_tensor).for_each(|vector| host::probe_ops::row_squares(slice(&vector), &mut sums));
        return rooted(&sums);
    }
    stock::row_lengths(vectors, count)
}

/// How far each of `count` equal parts has moved from `before` to `now`, several vectors taken together: `[count]`, as
/// [`row_lengths`].
///
/// # Panics
/// If there is no vector.
pub(crate) fn row_distances(now: Vec<Tensor<1>>, before: Vec<Tensor<1>>, count: usize) -> Tensor<1> {
    if now.first().is_some_and(on_host) {
        let mut sums = vec![0.0; count];
        for (now, before) in now.into_iter().map(host_tensor).zip(before.into_iter().map(host_tensor)) {
            host::probe_ops::row_distances(slice(&now), slice(&before), &mut sums);
        }
        return rooted(&sums);
    }
    stock::row_distances(now, before, count)
}

/// The same by stock operations, on any device.
mod stock {
    use super::{ExpertWeights, Int, Rules, Tensor, affinity, log_softmax};

    /// See [`super::answers_and_affinity`].
    pub(crate) fn answers_and_affinity(
        experts: &ExpertWeights,
        x: Tensor<2>,
        z: &Tensor<2>,
        rules: Rules,
    ) -> (Tensor<3>, Tensor<2>) {
        (experts.answers(x.clone()), affinity(experts, x, z, rules))
    }

    /// See [`super::token_losses`].
    pub(crate) fn token_losses(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let [tokens, classes] = logits.dims();
        let stray = targets.clone().lower_elem(0).bool_or(targets.clone().greater_equal_elem(classes as i64));
        let place = targets.clamp(0, classes as i64 - 1).reshape([tokens, 1]);
        let losses = log_softmax(logits, 1).gather(1, place).reshape([tokens]).neg();
        losses.mask_fill(stray, f32::NAN)
    }

    /// See [`super::row_lengths`].
    pub(crate) fn row_lengths(vectors: Vec<Tensor<1>>, count: usize) -> Tensor<1> {
        let squares = vectors.into_iter().map(|vector| {
            let each = vector.dims()[0] / count;
            vector.inner().reshape([count, each]).square().sum_dim(1)
        });
        squares.reduce(|a, b| a + b).expect("there is a vector").sqrt().reshape([count])
    }

    /// See [`super::row_distances`].
    pub(crate) fn row_distances(now: Vec<Tensor<1>>, before: Vec<Tensor<1>>, count: usize) -> Tensor<1> {
        row_lengths(now.into_iter().zip(before).map(|(now, before)| now - before).collect(), count)
    }
}

fn rooted(sums: &[f64]) -> Tensor<1> {
    made([sums.len()], sums.iter().map(|sum| sum.sqrt() as f32).collect::<Vec<f32>>())
}

#[cfg(test)]
mod tests {
    use super::super::device::fixture::graphics;
    use super::*;
    use crate::domain::config::{Activation, Response, Sharing};
    use burn::tensor::Device;

    fn numbers<const R: usize>(device: &Device, shape: [usize; R], lane: f32) -> Tensor<R> {
        let len = shape.iter().product::<usize>();
        let values: Vec<f32> = (0..len).map(|i| (i as f32 * 0.7 + lane).sin()).collect();
        Tensor::<1>::from_floats(values.as_slice(), device).reshape(shape)
    }

    fn values<const R: usize>(tensor: Tensor<R>) -> Vec<f32> {
        tensor.into_data().try_to_vec().unwrap()
    }

    #[track_caller]
    fn near<const R: usize>(found: Tensor<R>, expected: Tensor<R>) {
        assert_eq!(found.dims(), expected.dims());
        for (place, (found, expected)) in values(found).into_iter().zip(values(expected)).enumerate() {
            // Not the largest of all: that leaves NaN out.
            assert!((found - expected).abs() < 1e-5, "{found} at place {place}, expected {expected}");
        }
    }

    /// What is looked at, by one way of computing it: answers, affinity, losses, lengths, ways.
    type Looked = (Tensor<3>, Tensor<2>, Tensor<1>, Tensor<1>, Tensor<1>);

    /// Everything on `device`, natively or as the device has it, or by stock operations there.
    fn looked(device: &Device, tokens: usize, biased: bool, by_stock: bool) -> Looked {
        let (n, d, h) = (3, 4, 7);
        let some = |shape: [usize; 2], lane| numbers(device, shape, lane);
        let biases = biased.then(|| (some([n, h], 3.0), some([n, d], 4.0)));
        let (keys, values) = (numbers(device, [n, d, h], 1.0), numbers(device, [n, h, d], 2.0));
        let activation = if biased { Activation::Gelu } else { Activation::Relu };
        let experts = ExpertWeights { keys, values, biases, activation };
        let rules = Rules { k: 2, response: Response::Norm, sharing: Sharing::Ratio, gated: biased };
        let (x, z) = (some([tokens, d], 5.0), some([tokens, n], 6.0));
        // A view whose memory is in another order, as a probe's tensors may be.
        let logits = some([11, tokens], 7.0).transpose() * 9.0;
        let targets: Vec<i32> = (0..tokens as i32).map(|token| token * 7 % 11).collect();
        let targets = Tensor::<1, Int>::from_data(targets.as_slice(), device);
        // Two tensors of three experts each, of another size.
        let parts = |lane| vec![numbers(device, [3 * 2050], lane), numbers(device, [3 * 5], lane + 0.5)];
        let (now, before) = (parts(8.0), parts(8.001));
        if by_stock {
            let (answers, scores) = stock::answers_and_affinity(&experts, x, &z, rules);
            let ways = stock::row_distances(now.clone(), before, 3);
            return (answers, scores, stock::token_losses(logits, targets), stock::row_lengths(now, 3), ways);
        }
        let (answers, scores) = answers_and_affinity(&experts, x, &z, rules);
        (answers, scores, token_losses(logits, targets), row_lengths(now.clone(), 3), row_distances(now, before, 3))
    }

    #[track_caller]
    fn all_near(found: Looked, expected: Looked) {
        near(found.0, expected.0);
        near(found.1, expected.1);
        near(found.2, expected.2);
        near(found.3 / 40.0, expected.3 / 40.0);
        near(found.4, expected.4);
    }

    #[test]
    fn natively_and_by_stock_operations_the_same_is_seen_on_the_host_and_on_a_graphics_device() {
        let host = Device::flex();
        let graphics = graphics("natively_and_by_stock_operations_the_same_is_seen");
        for (tokens, biased) in [(1, false), (5, false), (300, true)] {
            let native = || looked(&host, tokens, biased, false);
            all_near(looked(&host, tokens, biased, true), native());
            if let Some(device) = &graphics {
                all_near(looked(device, tokens, biased, false), native());
            }
        }
    }

    #[test]
    fn the_loss_of_a_target_that_is_no_class_is_nan_on_every_device() {
        let graphics = graphics("the_loss_of_a_target_that_is_no_class_is_nan_on_every_device");
        for device in std::iter::once(Device::flex()).chain(graphics) {
            let logits = Tensor::<2>::zeros([5, 3], &device);
            let targets = Tensor::<1, Int>::from_data([0, -1, 3, -100, 2], &device);
            let found = values(token_losses(logits, targets));
            assert_eq!(found.iter().map(|loss| loss.is_nan()).collect::<Vec<_>>(), [false, true, true, true, false]);
        }
    }

    #[test]
    fn losses_lengths_and_ways_by_hand() {
        let device = Device::flex();
        let logits = Tensor::<2>::from_data([[0.0, 3f32.ln()], [0.0, 3f32.ln()]], &device);
        let targets = Tensor::<1, Int>::from_data([1, 0], &device);
        near(token_losses(logits, targets), Tensor::from_floats([0.287_682_07, 1.386_294_4], &device));
        let one = Tensor::<1>::from_floats([3.0, 0.0, 1.0, 2.0], &device);
        let other = Tensor::<1>::from_floats([4.0, 2.0], &device);
        near(row_lengths(vec![one.clone(), other.clone()], 2), Tensor::from_floats([5.0, 3.0], &device));
        let before = vec![one.zeros_like(), other.clone()];
        near(row_distances(vec![one, other], before, 2), Tensor::from_floats([3.0, 5f32.sqrt()], &device));
    }
}
