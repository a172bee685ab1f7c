//! The update of all weights on the host: against Burn's own AdamW, by hand, and where something is not finite.

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

fn start(values: &[f32]) -> OptimizerState {
    let weights = Tensor::<1>::from_floats(values, &Device::flex());
    let zeros = weights.zeros_like();
    OptimizerState { weights, first: zeros.clone(), second: zeros, largest_first: 0.0 }
}

/// Nothing is frozen.
fn decay(decaying: &Tensor<1>) -> UpdateMasks<'_> {
    UpdateMasks { decaying, frozen: None }
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
        (ours, norm, _) = adamw(&set, ours, parts(), decay(&decaying), &one(), one());
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
    let (after, norm, _) = adamw(&set, start(&[0.0, 0.0]), vec![gradient], decay(&zeros), &one(), one());
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
        let (after, _, alive) = adamw(&set, start(&[1.0, 2.0]), of(gradient), decay(&ones), &loss, one());
        assert_eq!((values(&after.weights), values(&alive)), (vec![1.0, 2.0], vec![0.0]));
        let (after, _, alive) = adamw(&set, after, of([1.0, 1.0]), decay(&ones), &one(), alive);
        assert_eq!((values(&after.weights), values(&after.first)), (vec![1.0, 2.0], vec![0.0, 0.0]));
        assert_eq!(values(&alive), [0.0]);
    }
}

/// Frozen weights and moments keep their bits while the others move as without a mask; a part that is frozen whole, in some
/// places and nowhere.
#[test]
fn what_is_frozen_stays_and_the_rest_moves_as_it_would() {
    let of = |values: &[f32]| Tensor::<1>::from_floats(values, &Device::flex());
    let numbers = [0.3f32, -1.2, 0.7, 2.0, -0.4, 0.9, 1.1];
    let frozen = of(&[1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
    let before = || OptimizerState {
        weights: of(&numbers),
        first: of(&numbers.map(|x| 0.1 * x)),
        second: of(&numbers.map(|x| x * x)),
        largest_first: 1.0,
    };
    let parts = || vec![of(&[1.0, 2.0]), of(&[0.5, -0.5, 0.25]), of(&[3.0, -1.0])];
    let decaying = before().weights.ones_like();
    let mut set = AdamW { clip_norm: 1.0, ..settings(4, 0.05, 0.1) };
    let held = UpdateMasks { decaying: &decaying, frozen: Some(&frozen) };
    for tried in [false, true] {
        let of_bound =
            |state: OptimizerState| OptimizerState { largest_first: if tried { f64::INFINITY } else { 1.0 }, ..state };
        let (free, norm, _) = adamw(&set, of_bound(before()), parts(), decay(&decaying), &one(), one());
        let (after, same, alive) = adamw(&set, of_bound(before()), parts(), held, &one(), one());
        assert_eq!((values(&same), values(&alive)), (values(&norm), vec![1.0]));
        let start = before();
        let each = [(after.weights, free.weights, start.weights), (after.first, free.first, start.first)];
        for (after, free, start) in each.into_iter().chain([(after.second, free.second, start.second)]) {
            let (after, free, start) = (values(&after), values(&free), values(&start));
            for (i, &frozen) in values(&frozen).iter().enumerate() {
                assert!(free[i] != start[i]);
                assert_eq!(after[i].to_bits(), if frozen == 1.0 { start[i] } else { free[i] }.to_bits(), "{i}");
            }
        }
    }
    // What a frozen weight would become is not looked at.
    set.epsilon = 1e-46;
    let still = |second: [f32; 2]| OptimizerState {
        weights: of(&[1.0, 2.0]),
        first: of(&[0.0, 0.1]),
        second: of(&second),
        largest_first: f64::INFINITY,
    };
    let (ones, first_frozen) = (of(&[1.0, 1.0]), of(&[1.0, 0.0]));
    let alive = |frozen: Option<&Tensor<1>>| {
        let masks = UpdateMasks { decaying: &ones, frozen };
        values(&adamw(&set, still([0.0, 0.5]), vec![of(&[0.0, 1.0])], masks, &one(), one()).2)
    };
    assert_eq!((alive(None), alive(Some(&first_frozen))), (vec![0.0], vec![1.0]));
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
        let mut case = Self { what, settings, weights: [1.0, -2.0, 0.5], first, second, gradient: [0.3, -0.4, 0.0] };
        change(&mut case);
        case
    }

    /// All of it after an update, and whether it was made.
    fn updated(&self, largest_first: f64) -> ([Vec<f32>; 3], bool) {
        let of = |values: &[f32]| Tensor::<1>::from_floats(values, &Device::flex());
        let (weights, first, second) = (of(&self.weights), of(&self.first), of(&self.second));
        let decaying = weights.ones_like();
        let before = OptimizerState { weights, first, second, largest_first };
        let parts = vec![of(&self.gradient[..1]), of(&self.gradient[1..])];
        let (after, _, alive) = adamw(&self.settings, before, parts, decay(&decaying), &one(), one());
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
